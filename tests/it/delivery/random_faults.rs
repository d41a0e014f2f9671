//! Faults at random places of merged writes: nothing is done twice, and what an answer reports is true.
//!
//! Each case is a seed. A failing case is reported with its seed and its faults.

mod external_changes;
mod generator;
mod known_sequences;

use std::time::Duration;

use linear_ops::sandbox::Act;
use serde_json::Value;

use self::generator::{Dice, Fault, Found, NEW, Report, fault, found};
use crate::support::{Answer, TestWorkspace};

/// Returns the seeds that each scenario runs with. `RANDOM_FAULT_SEEDS` sets another number of them.
fn seeds() -> std::ops::Range<u64> {
    let requested = std::env::var("RANDOM_FAULT_SEEDS").ok();
    0..requested.and_then(|seeds| seeds.parse().ok()).unwrap_or(16)
}

/// How long a case may take before it is taken to hang.
const PATIENCE: Duration = Duration::from_secs(20);

/// Scripts these faults for the next requests.
fn put(workspace: &TestWorkspace, faults: &[Fault]) {
    for (target, act) in faults {
        match act {
            Act::Refuse { .. }
            | Act::SuccessFalse { .. }
            | Act::NullEntity { .. }
            | Act::FieldError { .. } => {
                workspace.sandbox.script().next(act.clone());
            }
            _ => workspace.sandbox.script().next_for(target, act.clone()),
        }
    }
}

/// Scripts the faults, runs the request, and asserts what is true of every answer.
async fn run_with_faults(
    workspace: &TestWorkspace,
    faults: &[Fault],
    operation: &str,
    params: &str,
) -> (Answer, Found) {
    put(workspace, faults);
    workspace.take_requests();
    let call = workspace.call(operation, params);
    let answer = tokio::time::timeout(PATIENCE, call).await.unwrap();
    assert_eq!(
        answer.calls(),
        workspace.take_requests().len() as u64,
        "{:#}",
        answer.0
    );
    let found = found(workspace);
    found.check();
    (answer, found)
}

/// Returns a test workspace whose cache has all names already.
async fn warm() -> TestWorkspace {
    let workspace = TestWorkspace::new().await;
    workspace.call("list_labels", "{team: ENG}").await.data();
    let look = "{team: ENG, labels: [fault-a, fault-b, fault-c], title: x, dry_run: true}";
    workspace.call("create_issue", look).await.data();
    workspace
}

const CREATE: &str = "{team: ENG, title: Fault, labels: [fault-a, backend, fault-b], \
    links: [{url: 'https://a.example', title: A}, {url: 'https://b.example', title: B}]}";

fn created_as_said(report: &Report, found: &Found, title: &str, labels: &[&str], urls: &[&str]) {
    let issue = found.titled(title);
    if report.succeeded {
        let (_, _, ids) = issue.unwrap();
        for name in labels {
            let has = found
                .label(name)
                .is_some_and(|id| ids.iter().any(|own_id| own_id == id));
            let reported = report.text.contains(&format!("label '{name}' left out"));
            assert!(has != reported, "label {name}");
            let listed = report.data["labels"]
                .to_string()
                .contains(&format!("\"{name}\""));
            // Labels are compared with the answer only where the issue could be read back.
            let is_read = !report.data["identifier"].is_null();
            assert!(!is_read || has == listed, "label {name} in the answer");
        }
        for url in urls {
            let reported = report.text.contains(&format!("link '{url}' not attached"));
            let open = report
                .text
                .contains(&format!("link '{url}' may not be attached"));
            assert!(open || found.is_linked(url) != reported, "link {url}");
        }
        return;
    }
    assert!(
        issue.is_none() || report.is_unknown(),
        "it says that there is no issue"
    );
}

/// Asserts that an issue that is reported as created exists, with the reported identifier where it could be read.
fn is_named(row: &Value, issue: Option<&(String, String, Vec<String>)>, title: &str) {
    let Some((identifier, ..)) = issue else {
        panic!("{title} is not there: {row}");
    };
    let reported = row["identifier"].as_str();
    let is_right = reported == Some(identifier) || (reported.is_none() && row["id"].is_string());
    assert!(is_right, "{title} is {identifier}: {row}");
}

const WRITES: [&str; 3] = ["issueLabelCreate", "issueCreate", "attachmentCreate"];
const LOOKS: [&str; 4] = ["issues", "issueLabels", "issueLabelCreate", "issueCreate"];

/// Returns one to three faults: the first for a write, the others for the requests after it.
fn faults(dice: &mut Dice, first: &[&'static str], then: &[&'static str]) -> Vec<Fault> {
    let mut faults = vec![fault(dice, first)];
    for _ in 0..dice.below(3) {
        let roots = dice.match_name(&[first, then]);
        faults.push(fault(dice, roots));
    }
    faults
}

/// Returns by how many requests reads lag behind writes: in half of the cases by none.
fn lag(dice: &mut Dice) -> usize {
    dice.below(8).saturating_sub(3)
}

/// Runs a case. A failure is reported with the seed and the faults.
async fn case<F: Future<Output = ()> + Send + 'static>(seed: u64, faults: &[Fault], run: F) {
    if let Err(failed) = tokio::spawn(run).await {
        panic!("seed {seed}, faults {faults:?}: {failed}");
    }
}

#[tokio::test]
async fn an_issue_with_labels_and_links() {
    for seed in seeds() {
        let mut dice = Dice::new(seed);
        let faults = faults(&mut dice, &WRITES, &LOOKS);
        let lag = lag(&mut dice);
        case(seed, &faults.clone(), async move {
            let workspace = warm().await;
            workspace.sandbox.script().reads_lag(lag);
            let (answer, found) =
                run_with_faults(&workspace, &faults, "create_issue", CREATE).await;
            let urls = ["https://a.example", "https://b.example"];
            created_as_said(&Report::of(&answer), &found, "Fault", &NEW[..2], &urls);
            labels_as_said(&[(Report::of(&answer), &NEW)], &found);
        })
        .await;
    }
}

fn updated_as_said(report: &Report, found: &Found, was: &Found, labels: &[&str]) {
    let issue = |found: &Found| {
        let mut issues = found.issues.iter();
        issues
            .find(|(identifier, ..)| identifier == "ENG-231")
            .cloned()
            .unwrap()
    };
    let (now, before) = (issue(found), issue(was));
    if report.succeeded {
        assert_eq!(now.1, "Faulty", "it says that the issue was changed");
        for name in labels {
            let is_on = |id: &str| now.2.iter().any(|own_id| own_id == id);
            let left_out = report.text.contains(&format!("label '{name}' left out"));
            assert!(
                found.label(name).is_some_and(is_on) || left_out,
                "label {name}"
            );
        }
    } else {
        let as_it_was = now == before;
        assert!(
            as_it_was || report.is_unknown(),
            "it says that nothing was changed"
        );
    }
}

/// Asserts that a label exists only where an operation that asked for it reports it as created or as unknown.
fn labels_as_said(report: &[(Report, &[&str])], found: &Found) {
    for name in NEW.iter().filter(|name| found.label(name).is_some()) {
        let reported = report.iter().any(|(report, requested)| {
            let requested = requested.contains(name);
            requested && (report.succeeded || report.is_unknown() || report.tells_of_label(name))
        });
        assert!(reported, "label {name} stays unsaid");
    }
}

#[tokio::test]
async fn an_update_with_labels() {
    for seed in seeds() {
        let mut dice = Dice::new(seed);
        let writes = ["issueLabelCreate", "issueUpdate"];
        let faults = faults(&mut dice, &writes, &["issueLabels", "issueUpdate"]);
        let blind = dice.below(2) == 0;
        let lag = lag(&mut dice);
        case(seed, &faults.clone(), async move {
            let workspace = warm().await;
            workspace.sandbox.script().reads_lag(lag);
            let was = found(&workspace);
            let params = format!(
                "{{issue_id: ENG-231, title: Faulty, add_labels: [fault-a, fault-b], changes: {}}}",
                !blind
            );
            let (answer, found) =
                run_with_faults(&workspace, &faults, "update_issue", &params).await;
            updated_as_said(&Report::of(&answer), &found, &was, &NEW[..2]);
            labels_as_said(&[(Report::of(&answer), &NEW)], &found);
        })
        .await;
    }
}

fn ensured_as_said(report: &Report, found: &Found, labels: &[&str]) {
    let rows = report.data["labels"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    for name in labels {
        let there = found.label(name);
        match rows.iter().find(|row| row["name"] == *name) {
            Some(row) if row["error"].is_null() => assert_eq!(row["id"].as_str(), there, "{name}"),
            Some(row) => {
                let open = row["error"].to_string().contains("not known");
                assert!(there.is_none() || open, "label {name} is there: {row}");
            }
            None => assert!(
                there.is_none() || report.is_unknown(),
                "label {name} is there"
            ),
        }
    }
}

#[tokio::test]
async fn labels_alone() {
    for seed in seeds() {
        let mut dice = Dice::new(seed);
        let faults = faults(&mut dice, &["issueLabelCreate"], &["issueLabels"]);
        let lag = lag(&mut dice);
        case(seed, &faults.clone(), async move {
            let workspace = warm().await;
            workspace.sandbox.script().reads_lag(lag);
            let params = "{team: ENG, labels: [fault-a, fault-b, fault-c]}";
            let (answer, found) =
                run_with_faults(&workspace, &faults, "ensure_labels_exist", params).await;
            ensured_as_said(&Report::of(&answer), &found, &NEW);
        })
        .await;
    }
}

const BATCH: &str = "{operations: [
    {operation: create_issue, params: {team: ENG, title: One, labels: [fault-a, fault-b], links: [{url: 'https://a.example', title: A}]}},
    {operation: ensure_labels_exist, params: {team: ENG, labels: [Fault-B, fault-c]}},
    {operation: update_issue, params: {issue_id: ENG-231, title: Faulty, add_labels: [fault-a, fault-c], changes: false}},
    {operation: create_issue, params: {team: ENG, title: Two, labels: [fault-c, FAULT-A]}},
    {operation: create_issue, params: {team: ENG, title: Three}}]}";

#[tokio::test]
async fn a_batch_of_all_these() {
    for seed in seeds() {
        let mut dice = Dice::new(seed);
        let writes = [
            "issueLabelCreate",
            "issueCreate",
            "issueUpdate",
            "attachmentCreate",
        ];
        let faults = faults(&mut dice, &writes, &LOOKS);
        let lag = lag(&mut dice);
        case(seed, &faults.clone(), async move {
            let workspace = warm().await;
            workspace.sandbox.script().reads_lag(lag);
            let was = found(&workspace);
            let (answer, found) = run_with_faults(&workspace, &faults, "batch", BATCH).await;
            // Where all items failed in the same way, the error of the batch stands for each item.
            let rows = [
                answer.at("/data/results"),
                answer.at("/error/details/results"),
            ];
            let rows = rows.into_iter().find_map(Value::as_array).cloned();
            let report = |place: usize| match rows.as_ref().map(|rows| &rows[place]) {
                Some(row) => Report {
                    succeeded: row["code"].is_null(),
                    code: row["code"].as_str().unwrap_or_default().to_owned(),
                    data: row.clone(),
                    text: row.to_string(),
                },
                None => Report::of(&answer),
            };
            updated_as_said(&report(2), &found, &was, &["fault-a", "fault-c"]);
            let [a, b, c] = NEW;
            let requested: [&[&str]; 4] = [&[a, b], &[b, c], &[a, c], &[a, c]];
            let all: Vec<_> = (0..4)
                .map(|place| (report(place), requested[place]))
                .collect();
            labels_as_said(&all, &found);
            for (place, title) in [(0, "One"), (3, "Two"), (4, "Three")] {
                let report = report(place);
                let issue = found.titled(title);
                if report.succeeded {
                    is_named(&report.data, issue, title);
                } else {
                    assert!(issue.is_none() || report.is_unknown(), "{title}");
                }
            }
        })
        .await;
    }
}

/// Two batches write to the same issues in opposite order, at the same time as each other and as reads.
#[tokio::test]
async fn batches_side_by_side_over_one_request_at_a_time() {
    let writes = ["issueUpdate", "issueCreate", "issueRelationCreate"];
    for seed in seeds() {
        let mut dice = Dice::new(seed);
        let faults = faults(&mut dice, &writes, &["issue", "issues"]);
        let lag = lag(&mut dice);
        case(seed, &faults.clone(), async move {
            let workspace = TestWorkspace::one_request_at_a_time().await;
            workspace.sandbox.script().reads_lag(lag);
            put(&workspace, &faults);
            let batch = |one: &str, other: &str| {
                format!(
                    "{{operations: [\
                     {{operation: update_issue, params: {{issue_id: {one}, title: 'By {one}'}}}}, \
                     {{operation: create_relation, params: {{issue_id: {one}, related_issue_id: PSN-123, type: related}}}}, \
                     {{operation: create_issue, params: {{team: ENG, title: 'With {one}'}}}}, \
                     {{operation: update_issue, params: {{issue_id: {other}, priority: low}}}}]}}"
                )
            };
            let (forth, back) = (batch("ENG-231", "ENG-232"), batch("ENG-232", "ENG-231"));
            let all = futures::future::join4(
                workspace.call("batch", &forth),
                workspace.call("batch", &back),
                workspace.call("get_issue", "{issue_id: ENG-231}"),
                workspace.call("update_issue", "{issue_id: ENG-232, estimate: 3}"),
            );
            let (one, other, _, _) = tokio::time::timeout(PATIENCE, all).await.unwrap();
            let found = found(&workspace);
            found.check();
            for (answer, title) in [(one, "With ENG-231"), (other, "With ENG-232")] {
                let row = answer.at("/data/results/2");
                let issue = found.titled(title);
                if answer.at("/success") == true && row["code"].is_null() {
                    is_named(row, issue, title);
                } else {
                    let open = answer.0.to_string().contains("OUTCOME_UNKNOWN");
                    assert!(issue.is_none() || open, "{title}: {:#}", answer.0);
                }
            }
        })
        .await;
    }
}

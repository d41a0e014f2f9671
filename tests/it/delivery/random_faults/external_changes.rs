//! Random faults while another client changes the workspace: batches of all kinds of creates, and names that change.

use linear_ops::sandbox::Act;
use linear_ops::sandbox::store::text;

use super::generator::{Dice, Fault, fault};
use super::{PATIENCE, case, lag, put, seeds};
use crate::delivery::outcomes::{CREATES, ReportedOutcome};
use crate::support::external_changes::set;
use crate::support::failures::records;
use crate::support::{Answer, TestWorkspace};

/// The reply to the first comment on PSN-123, which a batch deletes.
const REPLY: &str = "5eed0000-0000-4000-8000-000000000196";

/// Runs a request that must not hang.
async fn call(workspace: &TestWorkspace, operation: &str, params: &str) -> Answer {
    let call = workspace.call(operation, params);
    tokio::time::timeout(PATIENCE, call).await.unwrap()
}

/// Returns one to four faults.
fn faults(dice: &mut Dice, roots: &[&'static str]) -> Vec<Fault> {
    let count = 1 + dice.below(4);
    (0..count).map(|_| fault(dice, roots)).collect()
}

/// A batch of five creates of any kinds, at most two of one kind, around a removal.
#[tokio::test]
async fn a_batch_of_any_creates() {
    let roots: Vec<&'static str> = CREATES.iter().map(|create| create.root).collect();
    let looks: Vec<&'static str> = CREATES.iter().map(|create| create.look).collect();
    for seed in seeds() {
        let mut dice = Dice::new(seed);
        // Each variant of a create occurs once, because the labels of two operations would be the same.
        let mut items: Vec<(usize, usize)> = Vec::new();
        while items.len() < 5 {
            let item = (dice.below(CREATES.len()), dice.below(3));
            let is_new = |other: &(usize, usize)| {
                CREATES[other.0].root != CREATES[item.0].root || other.1 != item.1
            };
            if items.iter().all(is_new) {
                items.push(item);
            }
        }
        let mut used: Vec<&'static str> = items.iter().map(|item| roots[item.0]).collect();
        used.extend(["commentDelete"]);
        let mut faults = faults(&mut dice, &used);
        if dice.below(3) == 0 {
            let look = looks[items[0].0];
            faults.push(fault(&mut dice, &[look]));
        }
        let others_link = dice.below(3) == 0;
        let lag = lag(&mut dice);
        case(seed, &faults.clone(), async move {
            let workspace = TestWorkspace::deleting().await;
            workspace.call("list_labels", "{team: ENG}").await.data();
            workspace.sandbox.script().reads_lag(lag);
            if others_link {
                let attached =
                    Act::attached("ENG-231", "https://github.com/acme/amber/pull/7", "Theirs");
                workspace
                    .sandbox
                    .script()
                    .next_for("attachmentLinkGitHubPR", attached);
            }
            put(&workspace, &faults);
            let mut rows: Vec<String> = items
                .iter()
                .map(|(create, variant)| {
                    let create = &CREATES[*create];
                    let params = (create.params)(*variant);
                    format!("{{operation: {}, params: {params}}}", create.operation)
                })
                .collect();
            rows.insert(
                2,
                format!("{{operation: delete_comment, params: {{comment_id: {REPLY}}}}}"),
            );
            let params = format!("{{operations: [{}]}}", rows.join(", "));
            workspace.take_requests();
            let answer = call(&workspace, "batch", &params).await;
            assert_eq!(
                answer.calls(),
                workspace.take_requests().len() as u64,
                "{:#}",
                answer.0
            );
            let mut reported = ReportedOutcome::rows(&answer);
            if reported.len() == 1 {
                reported = vec![reported[0].clone(); rows.len()];
            }
            let removal = reported.remove(2);
            let what = format!("lag {lag} {params}: {:#}", answer.0);
            let is_gone = records(&workspace, "Comment", "id", REPLY) == 0;
            match removal {
                ReportedOutcome::Done => assert!(is_gone, "called deleted: {what}"),
                ReportedOutcome::Failed(_) => assert!(!is_gone, "not called deleted: {what}"),
                ReportedOutcome::Unknown => {}
            }
            for ((create, variant), reported) in items.iter().zip(reported) {
                let create = &CREATES[*create];
                let there = (create.count)(&workspace, *variant);
                let what = format!("{} {variant} {reported:?} {what}", create.operation);
                assert!(there <= 1, "{there} times: {what}");
                match reported {
                    ReportedOutcome::Done => assert_eq!(there, 1, "called done: {what}"),
                    // Another user may have attached the link.
                    ReportedOutcome::Failed(_) if others_link && create.operation == "link_url" => {
                    }
                    ReportedOutcome::Failed(_) => assert_eq!(there, 0, "called failed: {what}"),
                    ReportedOutcome::Unknown => {}
                }
            }
        })
        .await;
    }
}

/// The names that the issue is created with, some of which another client changes.
const NAMED: [(&str, &str, &str); 4] = [
    ("WorkflowState", "Done", "Canceled"),
    ("IssueLabel", "backend", "planning"),
    ("User", "Jane Smith", "John Roe"),
    ("ProjectMilestone", "Beta", "GA"),
];

/// Returns the names of what the issue with this title has.
fn names_on(workspace: &TestWorkspace, title: &str) -> Vec<String> {
    let mut names = Vec::new();
    workspace.sandbox.edit(|store| {
        let Some(issue) = store
            .all("Issue")
            .find(|issue| text(issue, "title") == Some(title))
        else {
            return;
        };
        let mut ids: Vec<(&str, &str)> = Vec::new();
        for (kind, field) in [
            ("WorkflowState", "stateId"),
            ("User", "assigneeId"),
            ("ProjectMilestone", "projectMilestoneId"),
        ] {
            ids.extend(text(issue, field).map(|id| (kind, id)));
        }
        let labels = issue["labelIds"].as_array().into_iter().flatten();
        ids.extend(labels.filter_map(|id| Some(("IssueLabel", id.as_str()?))));
        for (kind, id) in ids {
            names.push(
                text(store.get(kind, id).unwrap(), "name")
                    .unwrap()
                    .to_owned(),
            );
        }
    });
    names
}

/// Names change before the write, or just before it is executed: the issue has what was asked for, or the answer says
/// what it lacks.
#[tokio::test]
async fn an_issue_whose_names_are_changed_meanwhile() {
    for seed in seeds() {
        let mut dice = Dice::new(seed);
        let mut faults = faults(&mut dice, &["issueCreate", "issueUpdate"]);
        if dice.below(3) > 0 {
            faults.truncate(1);
        }
        let changed: Vec<usize> = NAMED.iter().map(|_| dice.below(4)).collect();
        let updates = dice.below(2) == 0;
        let lag = lag(&mut dice);
        case(seed, &faults.clone(), async move {
            let workspace = TestWorkspace::new().await;
            let named = "state: Done, assignee: Jane Smith, project: Auth System, milestone: Beta";
            let warm = format!("{{team: ENG, title: Warm, labels: [backend], {named}}}");
            workspace.call("create_issue", &warm).await.data();
            let ids: Vec<String> = NAMED
                .iter()
                .map(|(kind, name, _)| {
                    let mut id = None;
                    workspace.sandbox.edit(|store| {
                        let issue = store.find("Issue", "title", "Warm").unwrap();
                        let label_ids: Vec<&str> = issue
                            .values()
                            .chain(issue["labelIds"].as_array().into_iter().flatten())
                            .filter_map(|value| value.as_str())
                            .collect();
                        let mut all = store.all(kind);
                        let found = all.find(|record| {
                            text(record, "name") == Some(name)
                                && text(record, "id").is_some_and(|id| label_ids.contains(&id))
                        });
                        id = found
                            .and_then(|record| text(record, "id"))
                            .map(str::to_owned);
                    });
                    id.unwrap()
                })
                .collect();
            for ((how, (kind, name, other)), id) in changed.iter().zip(NAMED).zip(&ids) {
                match how {
                    0 => workspace.sandbox.edit(|store| {
                        set(store, kind, name, "name", format!("{name} as it was"));
                    }),
                    1 => workspace.sandbox.edit(|store| {
                        set(store, kind, name, "name", "Elsewhere");
                        set(store, kind, other, "name", name);
                        set(store, kind, "Elsewhere", "name", other);
                    }),
                    2 => {
                        let renamed = Act::renamed(kind, id.clone(), &format!("{name} since"));
                        let root = if updates {
                            "issueUpdate"
                        } else {
                            "issueCreate"
                        };
                        workspace.sandbox.script().next_for(root, renamed);
                    }
                    _ => {}
                }
            }
            workspace.sandbox.script().reads_lag(lag);
            put(&workspace, &faults);
            let (operation, params) = if updates {
                (
                    "update_issue",
                    format!("{{issue_id: ENG-233, title: Named, add_labels: [backend], {named}}}"),
                )
            } else {
                (
                    "create_issue",
                    format!("{{team: ENG, title: Named, labels: [backend], {named}}}"),
                )
            };
            workspace.take_requests();
            let answer = call(&workspace, operation, &params).await;
            assert_eq!(
                answer.calls(),
                workspace.take_requests().len() as u64,
                "{:#}",
                answer.0
            );
            let there = records(&workspace, "Issue", "title", "Named");
            let what = format!("{changed:?} lag {lag} {params}: {:#}", answer.0);
            assert!(there <= 1, "{what}");
            match ReportedOutcome::of(&answer) {
                ReportedOutcome::Done => assert_eq!(there, 1, "{what}"),
                ReportedOutcome::Failed(_) => assert_eq!(there, 0, "{what}"),
                ReportedOutcome::Unknown => return,
            }
            let warnings = answer.texts("/warnings").join("\n");
            let is_read = !answer.at("/data/state").is_null();
            let was_renamed_later = workspace.sandbox.script().pending() > 0;
            for name in names_on(&workspace, "Named") {
                // After the rename, the only state of the type is what `Done` means as an alias.
                let requested = ["Done", "Done as it was", "backend", "Jane Smith", "Beta"];
                let requested = requested.contains(&name.as_str());
                let was_there =
                    updates && ["bug", "feature", "frontend", "planning"].contains(&name.as_str());
                let reported = warnings.contains(&format!("'{name}'"));
                let open = !is_read || was_renamed_later;
                assert!(requested || was_there || reported || open, "{name}: {what}");
            }
        })
        .await;
    }
}

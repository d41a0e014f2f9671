//! `dry_run: true`: everything is resolved and checked, the answer says what would be sent, nothing is written.

use std::collections::BTreeSet;

use linear_ops::engine::catalog::TABLE;
use linear_ops::request;

use crate::support::{Answer, TestWorkspace, mutations, snapshot};

/// Everything that the stand-in keeps.
fn kept(workspace: &TestWorkspace) -> String {
    let mut all = String::new();
    workspace.sandbox.edit(|store| {
        for kind in KINDS {
            for record in store.all(kind) {
                all.push_str(&format!("{kind} {record:?}\n"));
            }
        }
    });
    assert!(all.len() > 10_000, "where is the workspace?");
    all
}

const KINDS: [&str; 16] = [
    "Issue",
    "IssueLabel",
    "IssueRelation",
    "IssueHistory",
    "Comment",
    "Document",
    "DocumentContent",
    "Attachment",
    "Project",
    "ProjectMilestone",
    "ProjectStatus",
    "Cycle",
    "Team",
    "User",
    "WorkflowState",
    "Initiative",
];

/// A row's example, to be run dry.
async fn dry(workspace: &TestWorkspace, example: &str) -> Answer {
    let mut request = request::read(example, &linear_ops::engine::Catalog).unwrap();
    request.params.insert("dryRun".to_owned(), true.into());
    let cancel = tokio_util::sync::CancellationToken::new();
    Answer(
        linear_ops::engine::run(&workspace.session, request, cancel)
            .await
            .to_value(),
    )
}

#[tokio::test]
async fn nothing_is_written_by_whatever_runs_dry() {
    let mut planned = BTreeSet::new();
    let mut idle = BTreeSet::new();
    for entry in TABLE.iter().filter(|entry| entry.spec.effect.writes()) {
        let workspace = TestWorkspace::deleting().await;
        let before = kept(&workspace);
        // The first run has an empty cache, and the second a filled one.
        for _ in 0..2 {
            let answer = dry(&workspace, entry.example).await;
            let data = answer.data();
            assert!(answer.texts("/warnings").is_empty(), "{:#}", answer.0);
            if data["dry_run"] == true {
                let reported = ["would_send", "results"].iter().any(|key| {
                    let list = data[*key].as_array();
                    list.is_some_and(|list| !list.is_empty())
                });
                assert!(reported, "{:#}", answer.0);
                planned.insert(entry.spec.name);
            } else {
                idle.insert(entry.spec.name);
            }
        }
        assert_eq!(
            mutations(&workspace.take_requests()),
            0,
            "{}",
            entry.spec.name
        );
        assert_eq!(kept(&workspace), before, "{}", entry.spec.name);
    }
    // The label that this operation ensures exists in the seed, so that it answers as usual.
    let there = BTreeSet::from(["get_or_create_label"]);
    assert_eq!(idle, there);
    assert!(planned.is_disjoint(&there));
    let writing = TABLE.iter().filter(|entry| entry.spec.effect.writes());
    assert_eq!(planned.len() + there.len(), writing.count());
}

#[tokio::test]
async fn what_is_planned_is_what_is_sent() {
    let more = [
        "operation: ensure_labels_exist\nparams: {team: ENG, labels: [a1, a2, a3, a4, a5, a6, a7, a8, a9, b1, b2, b3, b4, b5, b6, b7, b8, b9, c1, c2, c3, c4, c5]}",
        "operation: create_issue\nparams: {team: ENG, title: T, labels: [brand-new], links: ['https://a.example', 'https://b.example']}",
        "operation: update_issue\nparams: {issue_id: ENG-232, labels: [brand-new], state: Done}",
        "operation: create_relation\nparams: {issue_id: ENG-231, related_issue_id: ENG-232, type: duplicate}",
        "operation: create_label\nparams: {name: brand-new, team: ENG, group: Type}",
    ];
    let writing = TABLE.iter().filter(|entry| entry.spec.effect.writes());
    // A text that is edited, and the labels of an issue, are first read by a mutation that sets nothing, which the plan
    // does not list.
    let others = [
        "batch",
        "update_checklist_items",
        "update_issue_description",
        "upsert_comment",
        "remove_label",
    ];
    let examples = writing.filter(|entry| !others.contains(&entry.spec.name));
    for example in examples.map(|entry| entry.example).chain(more) {
        let answer = dry(&TestWorkspace::deleting().await, example).await;
        let planned: Vec<String> = match answer.data()["would_send"].as_array() {
            Some(sent) => {
                let root =
                    |sent: &serde_json::Value| sent.as_object().unwrap().keys().next().cloned();
                sent.iter().filter_map(root).collect()
            }
            None => Vec::new(),
        };
        let workspace = TestWorkspace::deleting().await;
        let done = Answer(workspace.run(example).await.to_value());
        done.data();
        let writes = workspace.take_requests().into_iter();
        let writes = writes.filter(|sent| sent.mutation);
        let sent: Vec<String> = writes.flat_map(|sent| sent.roots).collect();
        assert_eq!(planned, sent, "{example}");
    }
}

#[tokio::test]
async fn the_plan_of_an_issue_names_what_it_would_get() {
    let workspace = TestWorkspace::new().await;
    let create = "{dry_run: true, team: Engineering, title: Plan, state: In Progress, labels: [planning, backend], \
        assignee: john@example.com, project: Auth System, priority: 2, due_date: 2025-02-15, parent_id: ENG-230}";
    let text = workspace.yaml("create_issue", create).await;
    snapshot("dry_run_create_issue", &text);
}

#[tokio::test]
async fn the_plan_of_a_change_says_what_was_what_before() {
    let workspace = TestWorkspace::new().await;
    let change = "{issue_id: ENG-232, title: New, state: In Review, labels: [planning], assignee: null, \
        project: Auth System, priority: urgent, cycle: next, estimate: 5, due_date: 2025-02-01, description: Other}";
    let dry = format!("{{dry_run: true, {}", change.trim_start_matches('{'));
    let text = workspace.yaml("update_issue", &dry).await;
    snapshot("dry_run_update_issue", &text);
    // The dry run reports the same changes as the update.
    let foretold = workspace.call("update_issue", &dry).await;
    let done = workspace.call("update_issue", change).await;
    assert_eq!(foretold.data()["dry_run"], true);
    let sorted = |answer: &Answer| -> BTreeSet<String> {
        let lines = answer.texts("/metadata/changes").into_iter();
        lines.map(str::to_owned).collect()
    };
    assert_eq!(sorted(&foretold), sorted(&done));
}

#[tokio::test]
async fn labels_that_change_are_told_by_their_names() {
    let workspace = TestWorkspace::new().await;
    let change =
        "{dry_run: true, issue_id: ENG-232, add_labels: [Type/Chore], remove_labels: [frontend]}";
    let answer = workspace.call("update_issue", change).await;
    let plan = &answer.data()["would_send"][0]["issueUpdate"];
    assert_eq!(plan["id"], "ENG-232");
    assert_eq!(plan["added_labels"][0], "Type/Chore");
    assert_eq!(plan["removed_labels"][0], "frontend");
    assert_eq!(
        answer.texts("/metadata/changes"),
        ["labels: +Type/Chore -frontend"]
    );
}

#[tokio::test]
async fn what_would_fail_fails_dry_too() {
    let workspace = TestWorkspace::new().await;
    for (operation, params, code) in [
        (
            "create_issue",
            "{dry_run: true, team: ENG, title: T, state: nonsense}",
            "STATUS_NOT_FOUND",
        ),
        (
            "create_issue",
            "{dry_run: true, team: ENG}",
            "MISSING_REQUIRED_PARAM",
        ),
        (
            "update_issue",
            "{dry_run: true, issue_id: ENG-99999, title: T}",
            "ISSUE_NOT_FOUND",
        ),
        (
            "delete_issue",
            "{dry_run: true, issue_id: ENG-232}",
            "CONFIG_ERROR",
        ),
        (
            "create_issue",
            "{dry_run: perhaps, team: ENG, title: T}",
            "INVALID_PARAM",
        ),
    ] {
        let answer = workspace.call(operation, params).await;
        assert_eq!(answer.code(), code, "{operation} {params}");
    }
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn long_texts_are_cut_unless_everything_is_asked_for() {
    let workspace = TestWorkspace::new().await;
    let long = "word ".repeat(100);
    let params = format!("{{dry_run: true, issue_id: PSN-123, body: '{long}'}}");
    let body = "/data/would_send/0/commentCreate/body";
    let answer = workspace.call("create_comment", &params).await;
    assert!(answer.text(body).ends_with("[cut: 200 of 500 characters]"));
}

#[tokio::test]
async fn nothing_to_do_is_answered_as_usual() {
    let workspace = TestWorkspace::new().await;
    let ensure = "{dry_run: true, team: ENG, labels: [planning, bug]}";
    let answer = workspace.call("ensure_labels_exist", ensure).await;
    assert_eq!(answer.data()["labels"][0]["created"], false);
    assert!(answer.data().get("dry_run").is_none());
}

/// A dry run releases its lock on the issue.
#[tokio::test]
async fn a_dry_run_leaves_the_way_free_for_real_ones() {
    let workspace = TestWorkspace::new().await;
    workspace
        .call(
            "update_issue",
            "{dry_run: true, issue_id: ENG-232, title: New}",
        )
        .await
        .data();
    let done = workspace
        .call(
            "update_issue",
            "{dry_run: no, issue_id: ENG-232, title: New}",
        )
        .await;
    assert_eq!(done.data()["title"], "New");
}

#[tokio::test]
async fn it_goes_by_other_names_too() {
    let workspace = TestWorkspace::new().await;
    for name in ["dryRun", "dry-run", "preview", "validate_only"] {
        let params = format!("{{{name}: true, issue_id: ENG-232, title: New}}");
        let answer = workspace.call("update_issue", &params).await;
        assert_eq!(answer.data()["dry_run"], true, "{name}");
    }
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn a_read_does_not_know_it() {
    let workspace = TestWorkspace::new().await;
    let answer = workspace
        .call("get_issue", "{dry_run: true, issue_id: PSN-123}")
        .await;
    assert_eq!(answer.data()["identifier"], "PSN-123");
    assert_eq!(
        answer.texts("/warnings"),
        ["'dry_run' changes nothing in get_issue and was ignored"]
    );
}

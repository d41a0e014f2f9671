//! The sub-issues of `create_issue`.

use linear_ops::sandbox::Act;
use linear_ops::sandbox::refusal::Refusal;
use linear_ops::sandbox::store::{Record, text};
use serde_json::json;

use crate::support::failures::{assert_acts_used, records, script_acts, with_root};
use crate::support::{Answer, TestWorkspace, mutations};

const EVERYTHING: &str = "{team: Engineering, title: Epic, description: text, state: In Progress, \
    labels: [planning, brand-new], assignee: john@example.com, project: Auth System, milestone: Beta, cycle: current, \
    priority: 2, estimate: 8, parent_id: ENG-230, due_date: 2025-02-01, links: ['https://a.example'], \
    blocks: [ENG-231], blocked_by: [ENG-232], related_to: [ENG-233], sub_issues: [One, \
    {title: Two, description: '- [ ] x', status: In Review, assignee: me, tags: [brand-new, other-new], priority: high, \
     points: 3, dueDate: 2025-03-01}]}";

/// Returns the stored issue of that title.
fn stored(workspace: &TestWorkspace, title: &str) -> Record {
    let mut found = None;
    workspace
        .sandbox
        .edit(|store| found = store.find("Issue", "title", title).cloned());
    found.unwrap_or_else(|| panic!("no issue is called {title}"))
}

#[tokio::test]
async fn an_issue_is_created_with_everything_in_one_mutation() {
    for warm in [false, true] {
        let workspace = TestWorkspace::new().await;
        if warm {
            workspace
                .call(
                    "create_issue",
                    &EVERYTHING
                        .replace("brand-new", "planning")
                        .replace("other-new", "bug"),
                )
                .await
                .data();
            workspace.sandbox.edit(|store| {
                let ids: Vec<String> = ["Epic", "One", "Two"]
                    .iter()
                    .map(|title| {
                        text(store.find("Issue", "title", title).unwrap(), "id")
                            .unwrap()
                            .to_owned()
                    })
                    .collect();
                for id in ids {
                    store.remove("Issue", &id);
                }
            });
            workspace.take_requests();
        }
        let answer = workspace.call("create_issue", EVERYTHING).await;
        assert!(answer.texts("/warnings").is_empty(), "{:#}", answer.0);
        // New labels let the issues that the request names be read even where all names are known.
        assert_eq!(answer.calls(), 2, "{warm}");
        assert_eq!(mutations(&workspace.take_requests()), 1);
        assert_eq!(answer.column("sub_issues", "title"), ["One", "Two"]);
        assert_eq!(answer.at("/data/sub_issues/1/state/name"), "In Review");
        assert_eq!(answer.at("/data/sub_issues/1/assignee/name"), "John Doe");
        let epic = stored(&workspace, "Epic");
        for title in ["One", "Two"] {
            let sub_issue = stored(&workspace, title);
            assert_eq!(sub_issue["parentId"], epic["id"]);
            for field in ["teamId", "projectId", "projectMilestoneId", "cycleId"] {
                assert_eq!(sub_issue[field], epic[field], "{title}: {field}");
            }
        }
        let two = stored(&workspace, "Two");
        assert_eq!(
            (&two["priority"], &two["estimate"]),
            (&json!(2.0), &json!(3.0))
        );
        assert_eq!(two["dueDate"], "2025-03-01");
        assert_eq!(two["labelIds"].as_array().unwrap().len(), 2);
        // The label that both issues have was created once.
        for name in ["brand-new", "other-new"] {
            assert_eq!(records(&workspace, "IssueLabel", "name", name), 1);
        }
    }
}

#[tokio::test]
async fn with_known_labels_everything_takes_one_request() {
    let workspace = TestWorkspace::new().await;
    let params = EVERYTHING
        .replace("brand-new", "backend")
        .replace("other-new", "bug");
    for calls in [2, 1] {
        let answer = workspace.call("create_issue", &params).await;
        assert!(answer.texts("/warnings").is_empty(), "{:#}", answer.0);
        assert_eq!(answer.calls(), calls);
    }
}

#[tokio::test]
async fn a_name_that_means_nothing_creates_nothing() {
    let workspace = TestWorkspace::new().await;
    for (sub_issue, code) in [
        ("{title: S, state: Blocked}", "STATUS_NOT_FOUND"),
        ("{title: S, assignee: nobody@example.com}", "USER_NOT_FOUND"),
        ("{title: S, labels: ['a/b/c/']}", "INVALID_LABEL_NAME"),
        ("{title: S, priority: 9}", "INVALID_PARAM"),
        ("{title: S, due_date: 2025-02-30}", "INVALID_PARAM"),
        ("{title: S, project: Auth System}", "INVALID_PARAM"),
        ("{state: Todo}", "INVALID_PARAM"),
        ("''", "INVALID_PARAM"),
    ] {
        let params = format!(
            "{{team: ENG, title: T, labels: [brand-new], sub_issues: [Fine, {sub_issue}]}}"
        );
        let answer = workspace.call("create_issue", &params).await;
        assert_eq!(answer.code(), code, "{sub_issue}: {:#}", answer.0);
        let param = answer.text("/error/details/param");
        if !["INVALID_LABEL_NAME"].contains(&code) {
            assert!(param.starts_with("sub_issues[1]"), "{param}");
        }
    }
    let many = vec!["T"; 21].join(", ");
    let params = format!("{{team: ENG, title: T, sub_issues: [{many}]}}");
    let answer = workspace.call("create_issue", &params).await;
    assert_eq!(answer.code(), "INVALID_PARAM");
    assert_eq!(mutations(&workspace.take_requests()), 0);
    assert_eq!(records(&workspace, "IssueLabel", "name", "brand-new"), 0);
}

/// Lets Linear refuse the second of the `issueCreate`s of the next document that has this many.
fn refuse_second(workspace: &TestWorkspace, alias: &str) {
    let refusal = Refusal::invalid("Not on a Sunday");
    script_acts(workspace, "issueCreate", [Act::refuse(alias, refusal)]);
}

#[tokio::test]
async fn a_sub_issue_that_linear_refuses_is_a_warning_that_names_it() {
    let workspace = TestWorkspace::new().await;
    workspace.call("list_labels", "{team: ENG}").await.data();
    let params = "{team: ENG, title: Epic, sub_issues: [One, Two, Three]}";
    // A refusal behind a dependency in the same document is tried once more.
    refuse_second(&workspace, "p2_issueCreate");
    refuse_second(&workspace, "issueCreate");
    refuse_second(&workspace, "p0_issueCreate");
    let answer = workspace.call("create_issue", params).await;
    assert_eq!(answer.data()["title"], "Epic");
    let warnings = answer.texts("/warnings");
    let created = answer.column("sub_issues", "title");
    assert_eq!(created.len() + warnings.len(), 3, "{:#}", answer.0);
    for warning in &warnings {
        assert!(warning.starts_with("sub-issue '"), "{warning}");
        assert!(
            warning.contains("not created: Not on a Sunday (ISSUE_CREATION_FAILED)"),
            "{warning}"
        );
    }
    for title in ["Epic", "One", "Two", "Three"] {
        let is_shown = title == "Epic" || created.contains(&title.to_owned());
        assert_eq!(
            records(&workspace, "Issue", "title", title),
            usize::from(is_shown),
            "{title}"
        );
    }
}

#[tokio::test]
async fn a_lost_answer_creates_no_sub_issue_twice() {
    for act in [Act::DropAfterCommit, Act::Truncated, Act::Drop] {
        for lag in [0_usize, 2] {
            let workspace = TestWorkspace::new().await;
            workspace.call("list_labels", "{team: ENG}").await.data();
            script_acts(&workspace, "issueCreate", [act.clone()]);
            workspace.sandbox.script().reads_lag(lag);
            let params =
                "{team: ENG, title: Epic, sub_issues: [One, {title: Two, labels: [fresh]}]}";
            let answer = workspace.call("create_issue", params).await;
            assert_acts_used(&workspace, &answer);
            assert_eq!(
                answer.column("sub_issues", "title"),
                ["One", "Two"],
                "{:#}",
                answer.0
            );
            for title in ["Epic", "One", "Two"] {
                assert_eq!(records(&workspace, "Issue", "title", title), 1, "{act:?}");
            }
        }
    }
}

#[tokio::test]
async fn nothing_is_created_where_the_issue_is_refused() {
    let workspace = TestWorkspace::new().await;
    script_acts(
        &workspace,
        "issueCreate",
        vec![Act::refuse("p0_issueCreate", Refusal::invalid("No")); 2],
    );
    let params = "{team: ENG, title: Epic, sub_issues: [One]}";
    let answer = workspace.call("create_issue", params).await;
    assert_eq!(answer.code(), "ISSUE_CREATION_FAILED");
    for title in ["Epic", "One"] {
        assert_eq!(records(&workspace, "Issue", "title", title), 0);
    }
}

#[tokio::test]
async fn a_label_that_cannot_be_created_is_left_out_of_all() {
    let workspace = TestWorkspace::new().await;
    let refusal = || Refusal::invalid("Not on a Sunday");
    script_acts(
        &workspace,
        "issueLabelCreate",
        [Act::refuse("issueLabelCreate", refusal())],
    );
    let params = "{team: ENG, title: Epic, labels: [backend], sub_issues: [{title: One, labels: [fresh, bug]}]}";
    let answer = workspace.call("create_issue", params).await;
    let warnings = answer.texts("/warnings");
    assert_eq!(warnings.len(), 1, "{:#}", answer.0);
    assert!(
        warnings[0].starts_with("label 'fresh' left out"),
        "{warnings:?}"
    );
    assert_eq!([answer.text("/data/sub_issues/0/labels/0/name")], ["bug"]);
}

#[tokio::test]
async fn a_renamed_state_is_corrected_on_a_sub_issue() {
    let workspace = TestWorkspace::new().await;
    workspace.call("list_statuses", "{team: ENG}").await.data();
    let [todo, review] = ["Todo", "In Review"].map(|name| {
        let mut id = String::new();
        let team = workspace.id("Team", "key", "ENG");
        workspace.sandbox.edit(|store| {
            let state = store.all("WorkflowState").find(|state| {
                text(state, "name") == Some(name) && text(state, "teamId") == Some(&team)
            });
            id = text(state.unwrap(), "id").unwrap().to_owned();
        });
        id
    });
    workspace.sandbox.edit(|store| {
        for (id, name) in [(&todo, "In Review"), (&review, "Todo")] {
            let mut state = store.get("WorkflowState", id).unwrap().clone();
            state.insert("name".to_owned(), json!(name));
            store.put("WorkflowState", state);
        }
    });
    let params = "{team: ENG, title: Epic, sub_issues: [{title: One, state: Todo}]}";
    let answer = workspace.call("create_issue", params).await;
    assert_eq!(
        answer.at("/data/sub_issues/0/state/name"),
        "Todo",
        "{:#}",
        answer.0
    );
    assert_eq!(stored(&workspace, "One")["stateId"], review.as_str());
    assert_eq!(answer.texts("/warnings").len(), 1);
}

#[tokio::test]
async fn a_dry_run_shows_the_sub_issues_and_a_batch_refers_to_them() {
    let workspace = TestWorkspace::new().await;
    let params = "{dry_run: true, team: ENG, title: Epic, sub_issues: [One, Two]}";
    let answer = workspace.call("create_issue", params).await;
    let sent = answer.data()["would_send"].as_array().unwrap();
    assert_eq!(sent.len(), 3);
    assert_eq!(sent[1]["issueCreate"]["parent"], "Epic");
    assert_eq!(mutations(&workspace.take_requests()), 0);
    let params = "{operations: [\
        {as: epic, operation: create_issue, params: {team: ENG, title: Epic, sub_issues: [One]}}, \
        {operation: create_issue, params: {team: ENG, title: After, \
         blocked_by: ['${epic.sub_issues[0].identifier}']}}]}";
    let answer = workspace.call("batch", params).await;
    assert_eq!(answer.data()["succeeded"], 2, "{:#}", answer.0);
    assert_eq!(
        with_root(&workspace.take_requests(), "issueRelationCreate"),
        1
    );
}

#[tokio::test]
async fn a_text_of_several_lines_is_one_title_in_a_list() {
    let workspace = TestWorkspace::new().await;
    let yaml = "operation: create_issue\nparams:\n  team: ENG\n  title: Epic\n  sub_issues:\n    - Write the docs, twice\n    - title: Ship it\n      description: |\n        ## Steps\n        - [ ] one\n      labels: [bug]\n";
    let answer: Answer = workspace.answer(yaml).await;
    let titles = answer.column("sub_issues", "title");
    assert_eq!(titles, ["Write the docs, twice", "Ship it"]);
    assert!(
        stored(&workspace, "Ship it")["labelIds"]
            .as_array()
            .unwrap()
            .len()
            == 1
    );
}

#[tokio::test]
async fn what_is_meant_otherwise_than_it_is_written_is_refused() {
    let workspace = TestWorkspace::new().await;
    for sub_issue in [
        "ENG-230",
        "{title: S, assignee: {name: John Doe, email: jane@example.com}}",
        "{title: S, state: {name: Todo, type: completed}}",
    ] {
        let params = format!("{{team: ENG, title: T, sub_issues: [{sub_issue}]}}");
        let answer = workspace.call("create_issue", &params).await;
        assert_eq!(answer.code(), "INVALID_PARAM", "{sub_issue}");
        assert_eq!(mutations(&workspace.take_requests()), 0, "{sub_issue}");
    }
}

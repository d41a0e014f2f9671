//! `subscribers`, `add_subscribers` and `remove_subscribers` of `create_issue` and `update_issue`.

use linear_ops::sandbox::Act;
use serde_json::{Value, json};

use crate::support::failures::{assert_acts_used, refuse, script_acts, with_root};
use crate::support::{TestWorkspace, mutations, variable};

/// Returns the names of the subscribers of an issue in the stand-in.
fn subscribers(workspace: &TestWorkspace, identifier: &str) -> Vec<String> {
    let mut names = Vec::new();
    workspace.sandbox.edit(|store| {
        let issue = store.find("Issue", "identifier", identifier).unwrap();
        let ids = issue["subscriberIds"].as_array().unwrap();
        let name = |id: &Value| {
            let user = store.get("User", id.as_str().unwrap()).unwrap();
            user["name"].as_str().unwrap().to_owned()
        };
        names = ids.iter().map(name).collect();
    });
    names
}

/// Subscribes exactly these users to ENG-231.
fn set_subscribers(workspace: &TestWorkspace, names: &[&str]) {
    let ids: Vec<String> = names
        .iter()
        .map(|name| workspace.id("User", "name", name))
        .collect();
    let issue = workspace.id("Issue", "identifier", "ENG-231");
    workspace.sandbox.edit(|store| {
        let issue = store.get_mut("Issue", &issue).unwrap();
        issue.insert("subscriberIds".to_owned(), json!(ids));
    });
}

#[tokio::test]
async fn a_new_issue_gets_its_subscribers_cold_and_warm() {
    let workspace = TestWorkspace::new().await;
    let params =
        "{team: ENG, title: T, subscribers: [me, '@jane', john.roe@example.com, Jane Smith]}";
    for calls in [2, 1] {
        workspace.take_requests();
        let answer = workspace.call("create_issue", params).await;
        assert_eq!(answer.calls(), calls, "{:#}", answer.0);
        let identifier = answer.text("/data/identifier");
        assert_eq!(
            subscribers(&workspace, identifier),
            ["John Doe", "Jane Smith", "John Roe"]
        );
        assert_eq!(mutations(&workspace.take_requests()), 1);
    }
    let one = "{team: ENG, title: T, subscribers: Jane Smith}";
    let answer = workspace.call("create_issue", one).await;
    assert_eq!(
        subscribers(&workspace, answer.text("/data/identifier")),
        ["Jane Smith"]
    );
}

#[tokio::test]
async fn users_are_added_and_removed_one_by_one() {
    let workspace = TestWorkspace::new().await;
    set_subscribers(&workspace, &["John Doe", "John Roe"]);
    let params =
        "{issue_id: ENG-231, add_subscribers: [Jane Smith, me], remove_subscribers: [John Roe]}";
    let answer = workspace.call("update_issue", params).await;
    assert_eq!(answer.data()["identifier"], "ENG-231");
    assert_eq!(
        answer.texts("/metadata/changes"),
        ["subscribers: +Jane Smith -John Roe"]
    );
    assert_eq!(answer.calls(), 2);
    assert_eq!(
        subscribers(&workspace, "ENG-231"),
        ["John Doe", "Jane Smith"]
    );
    assert!(answer.texts("/warnings").is_empty());
    workspace.take_requests();
    let again = workspace.call("update_issue", params).await;
    assert_eq!(
        again.texts("/warnings"),
        ["nothing changed: the issue had these values already"]
    );
    assert_eq!(again.calls(), 2);
    let received = workspace.take_requests();
    assert_eq!(with_root(&received, "issueUpdate"), 0);
}

/// What somebody else changes between the read and the write stays, because the set is not written whole.
#[tokio::test]
async fn subscribers_whom_somebody_else_adds_meanwhile_stay() {
    let workspace = TestWorkspace::new().await;
    set_subscribers(&workspace, &["John Doe"]);
    let issue = workspace.id("Issue", "identifier", "ENG-231");
    let both = ["John Doe", "John Roe"].map(|name| workspace.id("User", "name", name));
    let act = Act::Meanwhile {
        kind: "Issue",
        id: issue,
        fields: [("subscriberIds".to_owned(), json!(both))]
            .into_iter()
            .collect(),
    };
    script_acts(&workspace, "issueSubscribe", [act]);
    let params = "{issue_id: ENG-231, title: New, add_subscribers: [Jane Smith]}";
    let answer = workspace.call("update_issue", params).await;
    assert_acts_used(&workspace, &answer);
    let mut names = subscribers(&workspace, "ENG-231");
    names.sort();
    assert_eq!(names, ["Jane Smith", "John Doe", "John Roe"]);
}

#[tokio::test]
async fn the_whole_set_is_replaced_or_emptied() {
    let workspace = TestWorkspace::new().await;
    set_subscribers(&workspace, &["John Doe", "John Roe"]);
    for (given, changes, after) in [
        (
            "[Jane Smith, John Doe]",
            "subscribers: +Jane Smith -John Roe",
            &["Jane Smith", "John Doe"][..],
        ),
        ("null", "subscribers: -Jane Smith -John Doe", &[]),
        ("[me]", "subscribers: +John Doe", &["John Doe"]),
        ("[]", "subscribers: -John Doe", &[]),
    ] {
        let params = format!("{{issue_id: ENG-231, subscribers: {given}}}");
        let answer = workspace.call("update_issue", &params).await;
        assert_eq!(
            answer.texts("/metadata/changes"),
            [changes],
            "{:#}",
            answer.0
        );
        assert_eq!(answer.calls(), 2);
        assert_eq!(subscribers(&workspace, "ENG-231"), after);
    }
    let params = "{issue_id: ENG-231, subscribers: [Jane Smith], changes: false}";
    workspace.take_requests();
    let answer = workspace.call("update_issue", params).await;
    assert_eq!(answer.calls(), 1);
    let input = variable(&workspace.take_requests(), "issueUpdate", "input").clone();
    let jane = workspace.id("User", "name", "Jane Smith");
    assert_eq!(input, json!({ "subscriberIds": [jane] }));
}

#[tokio::test]
async fn names_that_mean_nobody_and_contradictions_send_nothing() {
    let workspace = TestWorkspace::new().await;
    for (operation, params, code) in [
        (
            "create_issue",
            "team: ENG, title: T, labels: [brand-new], subscribers: [me, Nobody]",
            "USER_NOT_FOUND",
        ),
        (
            "create_issue",
            "team: ENG, title: T, subscribers: [joh]",
            "AMBIGUOUS_IDENTIFIER",
        ),
        (
            "update_issue",
            "issue_id: ENG-231, title: X, add_subscribers: [Nobody]",
            "USER_NOT_FOUND",
        ),
        (
            "update_issue",
            "issue_id: ENG-231, title: X, remove_subscribers: [Nobody]",
            "USER_NOT_FOUND",
        ),
        (
            "update_issue",
            "issue_id: ENG-231, subscribers: [me], add_subscribers: [Jane Smith]",
            "INVALID_PARAM",
        ),
        (
            "update_issue",
            "issue_id: ENG-231, add_subscribers: [me], remove_subscribers: [John Doe]",
            "INVALID_PARAM",
        ),
    ] {
        workspace.take_requests();
        let answer = workspace.call(operation, &format!("{{{params}}}")).await;
        assert_eq!(answer.code(), code, "{params}");
        assert_eq!(mutations(&workspace.take_requests()), 0, "{params}");
    }
}

#[tokio::test]
async fn a_subscriber_who_has_left_can_be_removed() {
    let workspace = TestWorkspace::new().await;
    set_subscribers(&workspace, &["John Doe", "Old Timer"]);
    let params = "{issue_id: ENG-231, remove_subscribers: [old timer]}";
    let answer = workspace.call("update_issue", params).await;
    assert_eq!(
        answer.texts("/metadata/changes"),
        ["subscribers: -Old Timer"]
    );
    assert_eq!(subscribers(&workspace, "ENG-231"), ["John Doe"]);
}

#[tokio::test]
async fn a_refused_subscription_is_a_warning_beside_the_update_and_an_error_alone() {
    let workspace = TestWorkspace::new().await;
    set_subscribers(&workspace, &["John Doe"]);
    refuse(&workspace, "issueSubscribe", 1);
    let params = "{issue_id: ENG-231, title: Renamed, add_subscribers: [Jane Smith], remove_subscribers: [me]}";
    let answer = workspace.call("update_issue", params).await;
    assert_eq!(answer.data()["title"], "Renamed");
    let warnings = answer.texts("/warnings");
    assert_eq!(warnings.len(), 1, "{:#}", answer.0);
    assert!(
        warnings[0].starts_with("subscriber 'Jane Smith' not added: "),
        "{warnings:?}"
    );
    assert!(
        answer
            .texts("/metadata/changes")
            .contains(&"subscribers: -John Doe")
    );
    assert!(subscribers(&workspace, "ENG-231").is_empty());
    refuse(&workspace, "issueSubscribe", 1);
    let alone = "{issue_id: ENG-231, add_subscribers: [Jane Smith]}";
    let answer = workspace.call("update_issue", alone).await;
    assert_eq!(answer.code(), "ISSUE_UPDATE_FAILED");
}

#[tokio::test]
async fn nothing_is_subscribed_where_the_update_is_refused() {
    let workspace = TestWorkspace::new().await;
    set_subscribers(&workspace, &["John Doe"]);
    refuse(&workspace, "issueUpdate", 1);
    let params = "{issue_id: ENG-231, title: Renamed, add_subscribers: [Jane Smith]}";
    let answer = workspace.call("update_issue", params).await;
    assert_eq!(answer.code(), "ISSUE_UPDATE_FAILED");
    assert_eq!(subscribers(&workspace, "ENG-231"), ["John Doe"]);
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_a_look_at_the_subscribers() {
    for act in [Act::DropAfterCommit, Act::Drop] {
        let workspace = TestWorkspace::new().await;
        set_subscribers(&workspace, &["John Doe"]);
        script_acts(&workspace, "issueSubscribe", [act]);
        let params = "{issue_id: ENG-231, title: Renamed, add_subscribers: [Jane Smith], remove_subscribers: [me]}";
        let answer = workspace.call("update_issue", params).await;
        assert_acts_used(&workspace, &answer);
        assert_eq!(answer.data()["title"], "Renamed");
        assert!(answer.texts("/warnings").is_empty(), "{:#}", answer.0);
        assert_eq!(subscribers(&workspace, "ENG-231"), ["Jane Smith"]);
    }
}

#[tokio::test]
async fn a_dry_run_names_the_subscribers() {
    let workspace = TestWorkspace::new().await;
    set_subscribers(&workspace, &["John Doe"]);
    let params = "{issue_id: ENG-231, add_subscribers: [Jane Smith], remove_subscribers: [me], dry_run: true}";
    let answer = workspace.call("update_issue", params).await;
    assert_eq!(
        answer.data()["would_send"],
        json!([
            {"issueSubscribe": {"id": "ENG-231", "user": "Jane Smith"}},
            {"issueUnsubscribe": {"id": "ENG-231", "user": "John Doe"}},
        ])
    );
    let replaced = "{issue_id: ENG-231, subscribers: [Jane Smith], dry_run: true}";
    let answer = workspace.call("update_issue", replaced).await;
    assert_eq!(
        answer.texts("/metadata/changes"),
        ["subscribers: +Jane Smith -John Doe"]
    );
    assert_eq!(subscribers(&workspace, "ENG-231"), ["John Doe"]);
}

#[tokio::test]
async fn several_updates_in_a_batch_share_their_requests() {
    let workspace = TestWorkspace::new().await;
    set_subscribers(&workspace, &["John Doe"]);
    let answer = workspace
        .call(
            "batch",
            "{operations: [\
               {operation: update_issue, params: {issue_id: ENG-231, add_subscribers: [Jane Smith]}}, \
               {operation: update_issue, params: {issue_id: ENG-232, subscribers: [John Roe], delegate: CI Bot}}, \
               {operation: create_issue, params: {team: ENG, title: T, subscribers: [me], reminder_at: PT1H}}]}",
        )
        .await;
    assert_eq!(answer.at("/data/succeeded"), 3, "{:#}", answer.0);
    assert_eq!(answer.calls(), 2, "{:#}", answer.0);
    assert_eq!(
        subscribers(&workspace, "ENG-231"),
        ["John Doe", "Jane Smith"]
    );
    assert_eq!(subscribers(&workspace, "ENG-232"), ["John Roe"]);
}

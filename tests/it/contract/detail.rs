//! The least detail, `ack`, and the settings that give the detail and the form of answers where the request does not.

use std::collections::BTreeSet;

use linear_ops::engine;
use linear_ops::engine::catalog::TABLE;
use linear_ops::operation::{CommonParam, Effect, Entry};
use linear_ops::params::{AnswerDefaults, Detail};
use linear_ops::request;
use linear_ops::sandbox::Act;
use linear_ops::sandbox::refusal::Refusal;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::failures::script_acts;
use crate::support::{Answer, TestWorkspace};

/// The operations that take `detail`, except `batch`, with whether they write.
fn operations() -> impl Iterator<Item = (&'static Entry, bool)> {
    let takes = |entry: &&Entry| entry.spec.shared.contains(&CommonParam::Detail);
    let entries = TABLE.iter().filter(takes);
    let entries = entries.filter(|entry| entry.spec.effect != Effect::Composite);
    entries.map(|entry| (entry, entry.spec.effect.writes()))
}

/// Runs the example of an operation in a new test workspace, with a `detail` where one is given.
async fn run_example(entry: &Entry, defaults: AnswerDefaults, detail: Option<&str>) -> Answer {
    let mut workspace = TestWorkspace::deleting().await;
    workspace.session.answer_defaults = defaults;
    let mut request = request::read(entry.example, &engine::Catalog).unwrap();
    if let Some(detail) = detail {
        request.params.insert("detail".to_owned(), detail.into());
    }
    let answer = engine::run(&workspace.session, request, CancellationToken::new()).await;
    Answer(answer.to_value())
}

/// The defaults of a session with `LINEAR_OPS_DETAIL`.
fn with_detail(detail: Detail) -> AnswerDefaults {
    AnswerDefaults {
        detail: Some(detail),
        table: false,
    }
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[tokio::test]
async fn a_write_is_acknowledged_by_what_names_it() {
    let names = ["identifier", "slug", "id"];
    let outcomes = [
        "created",
        "deleted",
        "resolved",
        "linked",
        "changes",
        "text_sha256",
        "key",
    ];
    let mut named = 0;
    for (entry, _) in operations().filter(|(_, writes)| *writes) {
        let name = entry.spec.name;
        let answer = run_example(entry, AnswerDefaults::default(), Some("ack")).await;
        assert_eq!(answer.0.get("metadata"), None, "{:#}", answer.0);
        let data = answer.data();
        if name == "ensure_labels_exist" {
            for row in data["labels"].as_array().unwrap() {
                assert_eq!(keys(row), BTreeSet::from(["created", "name"]), "{row}");
            }
            continue;
        }
        let keys = keys(data);
        let shown = keys.iter().filter(|key| names.contains(*key)).count();
        assert!(shown <= 1, "{name}: {data}");
        named += shown;
        for key in keys {
            let may_create = matches!(entry.spec.effect, Effect::Add | Effect::Save);
            let is_address = key == "url" && may_create;
            let is_known = names.contains(&key) || outcomes.contains(&key);
            assert!(is_known || is_address, "{name}: {data}");
        }
    }
    assert!(named > 15, "{named}");
}

#[tokio::test]
async fn creates_and_updates_say_where_it_is_and_what_changed() {
    let workspace = TestWorkspace::new().await;
    let made = workspace
        .yaml(
            "create_issue",
            "{team: ENG, title: Rotate keys, labels: [brand-new], detail: ack}",
        )
        .await;
    let expected = "success: true
data:
 identifier: ENG-234
 url: https://linear.app/acme/issue/ENG-234/rotate-keys
 changes: [\"new label: brand-new\"]
";
    assert_eq!(made, expected);
    let changed = workspace
        .yaml(
            "update_issue",
            "{issue_id: ENG-234, state: In Progress, remove_labels: [brand-new], detail: ack}",
        )
        .await;
    let expected = r#"success: true
data:
 identifier: ENG-234
 changes: ["state: Backlog → In Progress", "labels: -brand-new"]
"#;
    assert_eq!(changed, expected);
    let same = workspace
        .yaml(
            "update_issue",
            "{issue_id: ENG-234, state: In Progress, detail: ack}",
        )
        .await;
    let expected = "success: true
data:
 identifier: ENG-234
warnings: [\"nothing changed: the issue had these values already\"]
";
    assert_eq!(same, expected);
}

#[tokio::test]
async fn a_list_is_reduced_to_names_and_titles() {
    let names = ["identifier", "slug", "name", "id"];
    let mut lists = 0;
    for (entry, _) in operations().filter(|(_, writes)| !writes) {
        let name = entry.spec.name;
        let answer = run_example(entry, AnswerDefaults::default(), Some("ack")).await;
        let rows = answer.data().as_object().unwrap().values();
        let is_list = entry.spec.shared.contains(&CommonParam::Format);
        let Some(rows) = rows.filter_map(Value::as_array).next().filter(|_| is_list) else {
            // A single entity is brief.
            let brief = run_example(entry, AnswerDefaults::default(), Some("brief")).await;
            if name != "cache_status" {
                assert_eq!(answer.data(), brief.data(), "{name}");
            }
            assert!(!answer.at("/metadata").is_null(), "{name}");
            continue;
        };
        lists += 1;
        assert_eq!(answer.0.get("metadata"), None, "{name}");
        // A change in the history has no name.
        for row in rows.iter().filter(|_| name != "get_issue_history") {
            let keys = keys(row);
            let shown = keys.iter().filter(|key| names.contains(*key)).count();
            assert_eq!(shown, 1, "{name}: {row}");
            let rest: Vec<&&str> = keys.iter().filter(|key| !names.contains(*key)).collect();
            assert!(rest.is_empty() || rest == [&"title"], "{name}: {row}");
        }
    }
    assert!(lists >= 9, "{lists}");
    let workspace = TestWorkspace::new().await;
    let answer = workspace
        .call(
            "list_issues",
            "{team: ENG, detail: ack, format: table, limit: 2}",
        )
        .await;
    assert_eq!(answer.data()["columns"], json!(["identifier", "title"]));
    assert_eq!(answer.data()["has_more"], true);
    assert!(!answer.text("/data/cursor").is_empty());
}

#[tokio::test]
async fn chosen_fields_go_before_the_least_detail() {
    let workspace = TestWorkspace::new().await;
    let answer = workspace
        .call(
            "list_issues",
            "{team: ENG, limit: 1, detail: ack, fields: [identifier, state]}",
        )
        .await;
    let row = &answer.data()["issues"][0];
    assert_eq!(keys(row), BTreeSet::from(["identifier", "state"]));
}

#[tokio::test]
async fn an_error_is_as_long_as_at_any_detail() {
    let workspace = TestWorkspace::new().await;
    let mut errors = Vec::new();
    for detail in ["", ", detail: ack"] {
        let params = format!("{{team: Nowhere, title: T{detail}}}");
        let mut answer = workspace.call("create_issue", &params).await;
        assert_eq!(answer.code(), "TEAM_NOT_FOUND");
        answer.0["metadata"]["duration_ms"] = Value::Null;
        // The second answer comes from the cache of the first.
        answer.0["metadata"]["mcp_calls"] = Value::Null;
        errors.push(answer);
    }
    assert_eq!(errors[0], errors[1]);
}

#[tokio::test]
async fn what_became_of_a_write_is_told_in_full() {
    let create = "{team: ENG, title: T, detail: ack}";
    // Linear did the write, and did not answer with the issue.
    let workspace = TestWorkspace::new().await;
    let unreadable = Act::field_error("*.entity.id", Refusal::internal());
    script_acts(&workspace, "issueCreate", [unreadable]);
    script_acts(&workspace, "issues", std::iter::repeat_n(Act::Drop, 3));
    let answer = workspace.call("create_issue", create).await;
    let warnings = answer.texts("/warnings").join(" ");
    assert!(warnings.contains("do not repeat it"), "{:#}", answer.0);
    assert!(!answer.text("/data/id").is_empty(), "{:#}", answer.0);
    // Nobody knows whether Linear did it.
    let workspace = TestWorkspace::new().await;
    script_acts(&workspace, "issueCreate", [Act::Drop]);
    script_acts(&workspace, "issues", std::iter::repeat_n(Act::Drop, 3));
    let answer = workspace.call("create_issue", create).await;
    assert_eq!(answer.code(), "OUTCOME_UNKNOWN", "{:#}", answer.0);
    assert!(!answer.at("/metadata/mcp_calls").is_null());
    // One part failed.
    let workspace = TestWorkspace::new().await;
    let refusal = Refusal::invalid("Argument Validation Error").saying("Invalid label name");
    workspace.sandbox.script().next(Act::Refuse {
        field: "p1_issueLabelCreate".to_owned(),
        refusal,
    });
    let answer = workspace
        .call(
            "ensure_labels_exist",
            "{team: ENG, labels: [one, two@, three], detail: ack}",
        )
        .await;
    let rows = answer.data()["labels"].as_array().unwrap();
    assert_eq!(rows[0], json!({"name": "one", "created": true}));
    assert_eq!(rows[1]["error"], "Invalid label name");
    let warnings = answer.texts("/warnings");
    assert_eq!(warnings, ["Failed to create 1 of 3 labels: two@"]);
}

#[tokio::test]
async fn a_dry_run_is_told_without_metadata() {
    let workspace = TestWorkspace::new().await;
    let answer = workspace
        .call(
            "update_issue",
            "{issue_id: ENG-232, state: Done, dry_run: true, detail: ack}",
        )
        .await;
    let expected = json!({
        "dry_run": true,
        "would_send": [{"issueUpdate": {"id": "ENG-232", "state": "Done"}}],
        "changes": ["state: Todo → Done"],
    });
    assert_eq!(answer.data(), &expected);
    assert_eq!(answer.0.get("metadata"), None);
}

#[tokio::test]
async fn the_setting_acknowledges_writes_and_shortens_what_is_read() {
    let ack = with_detail(Detail::Ack);
    for (entry, writes) in operations() {
        let name = entry.spec.name;
        let expected = if writes { "ack" } else { "brief" };
        let asked = run_example(entry, AnswerDefaults::default(), Some(expected)).await;
        let answer = run_example(entry, ack, None).await;
        assert_eq!(answer.0.get("metadata").is_none(), writes, "{name}");
        // What a session did, and when, differs from run to run.
        if !["cache_status", "create_comment", "list_comments"].contains(&name) {
            assert_eq!(answer.data(), asked.data(), "{name}");
        }
        let own = run_example(entry, ack, Some("standard")).await;
        assert!(!own.at("/metadata").is_null(), "{name}");
    }
}

#[tokio::test]
async fn a_setting_brings_back_no_text_that_was_just_sent() {
    let mut workspace = TestWorkspace::new().await;
    let create = |more: &str| format!("{{team: ENG, title: T, description: Long{more}}}");
    for (detail, shows_id) in [(Detail::Brief, false), (Detail::Standard, true)] {
        workspace.session.answer_defaults = with_detail(detail);
        let answer = workspace.call("create_issue", &create("")).await;
        assert_eq!(answer.data().get("description"), None, "{detail:?}");
        assert_eq!(answer.data().get("id").is_some(), shows_id, "{detail:?}");
    }
    let asked = create(", detail: standard");
    let answer = workspace.call("create_issue", &asked).await;
    assert_eq!(answer.data()["description"], "Long");
}

#[tokio::test]
async fn the_setting_makes_tables_of_lists_unless_a_request_wants_rows() {
    let mut workspace = TestWorkspace::new().await;
    workspace.session.answer_defaults.table = true;
    for list in ["list_issues", "list_teams", "list_labels", "list_users"] {
        let answer = workspace.call(list, "{}").await;
        assert!(answer.data()["columns"].is_array(), "{list}");
        let answer = workspace.call(list, "{format: yaml}").await;
        assert_eq!(answer.data().get("columns"), None, "{list}");
    }
    let answer = workspace.call("get_team", "{team: ENG}").await;
    assert_eq!(answer.data()["key"], "ENG");
}

/// Returns the data of a batch that creates an issue, comments on it, and lists and reads issues.
async fn batch(workspace: &TestWorkspace, detail: &str) -> Answer {
    let operations = "operations: [
        {as: new, operation: create_issue, params: {team: ENG, title: New}},
        {operation: create_comment, params: {issue_id: '${new.id}', body: 'About ${new.title}'}},
        {operation: create_issue_label, params: {team: ENG, name: fresh}},
        {as: found, operation: list_issues, params: {team: ENG, query: Login form}},
        {as: seen, operation: get_issue, params: {issue_id: '${found.issues[0].identifier}'}},
        {operation: create_comment, params: {issue_id: '${seen.id}', body: x}},
        {operation: get_issue, params: {issue_id: ENG-232}},
        {operation: list_issues, params: {team: ENG, limit: 1, detail: ack}},
        ]";
    let request = format!("operation: batch\nparams: {{{operations}{detail}}}\n");
    workspace.answer(&request).await
}

#[tokio::test]
async fn the_items_of_a_batch_are_acknowledged_and_may_refer_to_all_that_they_could() {
    let mut workspace = TestWorkspace::new().await;
    let answer = batch(&workspace, ", detail: ack").await;
    assert_eq!(answer.data()["succeeded"], 8, "{:#}", answer.0);
    assert_eq!(answer.0.get("metadata"), None);
    let rows = answer.data()["results"].as_array().unwrap();
    let written = json!({"index": 0, "as": "new", "identifier": "ENG-234"});
    assert_eq!(rows[0], written);
    assert_eq!(keys(&rows[1]), BTreeSet::from(["id", "index"]));
    assert_eq!(rows[2], json!({"index": 2, "name": "fresh"}));
    // An item to which others refer has all that its operation shows.
    assert!(rows[4]["data"]["branch_name"].is_string());
    assert_eq!(rows[6]["data"].get("branch_name"), None);
    assert_eq!(
        keys(&rows[7]["data"]["issues"][0]),
        BTreeSet::from(["identifier", "title"])
    );
    // So it is where settings say so.
    workspace = TestWorkspace::new().await;
    workspace.session.answer_defaults = AnswerDefaults {
        detail: Some(Detail::Ack),
        table: true,
    };
    let by_setting = batch(&workspace, "").await;
    assert_eq!(by_setting.data()["succeeded"], 8, "{:#}", by_setting.0);
    assert_eq!(by_setting.0.get("metadata"), None);
    let rows = by_setting.data()["results"].as_array().unwrap();
    assert_eq!(rows[0], written);
    assert_eq!(rows[6]["data"].get("branch_name"), None);
    let columns = &rows[7]["data"]["columns"];
    assert_eq!(columns, &json!(["identifier", "title"]));
}

#[tokio::test]
async fn a_batch_that_fails_in_part_says_so_without_metadata() {
    let workspace = TestWorkspace::new().await;
    let answer = workspace
        .call(
            "batch",
            "{detail: ack, operations: [
                {operation: update_issue, params: {issue_id: ENG-232, state: Done}},
                {operation: update_issue, params: {issue_id: ENG-99999, state: Done}}]}",
        )
        .await;
    let data = answer.data();
    assert_eq!(
        (&data["succeeded"], &data["failed"], &data["unknown"]),
        (&1.into(), &1.into(), &0.into())
    );
    assert_eq!(answer.at("/data/results/1/code"), "ISSUE_NOT_FOUND");
    assert!(!answer.texts("/data/results/1/suggestions").is_empty());
    let warnings = answer.texts("/warnings");
    assert_eq!(warnings, ["item 1 (update_issue): ISSUE_NOT_FOUND"]);
}

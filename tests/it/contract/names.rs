//! How names are compared, how much of a name a write takes, and the forms in which a label of a group is named.

use linear_ops::sandbox::store::{Record, Store};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::failures::records;
use crate::support::{Answer, TestWorkspace, mutations, variable};

/// Renames the record of a type that has the name `old`.
fn rename(workspace: &TestWorkspace, kind: &'static str, old: &str, new: &str) {
    workspace.sandbox.edit(|store| {
        let id = store.find(kind, "name", old).unwrap()["id"].clone();
        let record = store.get_mut(kind, id.as_str().unwrap()).unwrap();
        record.insert("name".into(), new.into());
    });
}

/// Adds a copy of the record with the name `like`, with these fields changed, and returns its id.
fn add(store: &mut Store, kind: &'static str, like: &str, fields: Value) -> String {
    let mut record: Record = store.find(kind, "name", like).unwrap().clone();
    let id = store.new_id();
    record.insert("id".into(), id.as_str().into());
    record.extend(fields.as_object().unwrap().clone());
    store.put(kind, record);
    id
}

/// Adds a state of the team ENG.
fn add_state(workspace: &TestWorkspace, name: &str, kind: &str, position: f64) {
    let team = workspace.id("Team", "key", "ENG");
    workspace.sandbox.edit(|store| {
        let fields = json!({"name": name, "type": kind, "position": position, "teamId": team});
        add(store, "WorkflowState", "In Progress", fields);
    });
}

/// Adds a group `Area` with the labels `api` and `web` to a team or to the workspace, and returns the id of the group.
fn add_area(workspace: &TestWorkspace, team: Option<&str>, kind: &str) -> String {
    let team = team.map(|key| workspace.id("Team", "key", key));
    let mut group = String::new();
    workspace.sandbox.edit(|store| {
        let fields = json!({"name": "Area", "isGroup": true, "groupType": kind, "teamId": team, "parentId": null});
        group = add(store, "IssueLabel", "backend", fields);
        for name in ["api", "web"] {
            let fields = json!({"name": name, "teamId": team, "parentId": group});
            add(store, "IssueLabel", "backend", fields);
        }
    });
    group
}

/// The names of an issue's labels, with their groups.
fn labels(answer: &Answer) -> Vec<String> {
    let rows = answer.data()["labels"].as_array();
    let name = |row: &Value| match row["group"].as_str() {
        Some(group) => format!("{group}/{}", row["name"].as_str().unwrap()),
        None => row["name"].as_str().unwrap().to_owned(),
    };
    let mut names: Vec<String> = rows.into_iter().flatten().map(name).collect();
    names.sort();
    names
}

/// Pairs of names that look the same, or differ in case alone.
const SAME: [(&str, &str); 9] = [
    ("Café Launch", "Cafe\u{301} Launch"),
    ("Cafe\u{301} Launch", "Café Launch"),
    ("Große Straße", "GROSSE STRASSE"),
    ("Grosse Strasse", "große straße"),
    ("Launch  Day", "launch day"),
    ("Launch\u{a0}Day", "launch  day"),
    ("Lau\u{200b}nch", "launch"),
    ("Launch", "\u{feff}lau\u{ad}nch\u{200e}"),
    ("ΟΔΟΣ", "οδος"),
];

#[tokio::test]
async fn names_that_look_the_same_are_the_same_for_every_kind() {
    for (kept, requested) in SAME {
        for (kind, old, operation, param) in [
            ("Project", "Design System", "get_project", "project"),
            ("Project", "Design System", "list_issues", "project"),
            ("User", "Jane Smith", "get_user", "user"),
            ("User", "Jane Smith", "list_issues", "assignee"),
            ("Team", "Design", "get_team", "team"),
            ("IssueLabel", "bug", "list_issues", "labels"),
        ] {
            let workspace = TestWorkspace::new().await;
            rename(&workspace, kind, old, kept);
            for warmth in ["cold", "warm"] {
                let params = format!("{{{param}: \"{requested}\"}}");
                let answer = workspace.call(operation, &params).await;
                assert_eq!(
                    answer.at("/success"),
                    true,
                    "{warmth} {kind} {params}: {:#}",
                    answer.0
                );
            }
        }
    }
}

#[tokio::test]
async fn a_list_by_a_name_that_is_kept_in_another_form_has_its_issues() {
    let workspace = TestWorkspace::new().await;
    let issues = |answer: &Answer| answer.data()["issues"].as_array().unwrap().len();
    let before = workspace
        .call("list_issues", "{project: Auth System}")
        .await;
    assert!(issues(&before) > 0);
    rename(&workspace, "Project", "Auth System", "Café Launch");
    let params = "{project: \"Cafe\u{301} Launch\"}";
    for session in [&workspace.session, &workspace.another_session()] {
        let answer = crate::support::call(session, "list_issues", params).await;
        assert_eq!(issues(&answer), issues(&before));
    }
}

#[tokio::test]
async fn what_is_asked_by_a_name_in_another_form_is_found_beyond_the_first_page() {
    for (kept, requested) in SAME {
        let workspace = TestWorkspace::new().await;
        rename(&workspace, "IssueLabel", "service-001", kept);
        let params = format!("{{team: OPS, name: \"{requested}\"}}");
        let answer = workspace.call("get_or_create_label", &params).await;
        assert_eq!(answer.data()["created"], false, "{kept} {requested}");
        assert_eq!(answer.data()["name"], kept);
        assert_eq!(answer.calls(), 1, "{kept} {requested}");
    }
}

#[tokio::test]
async fn no_label_is_made_beside_one_that_is_the_same() {
    for (kept, requested) in SAME {
        for (operation, params) in [
            (
                "create_issue",
                format!("{{team: OPS, title: T, labels: [\"{requested}\"]}}"),
            ),
            (
                "ensure_labels_exist",
                format!("{{team: OPS, labels: [\"{requested}\"]}}"),
            ),
            (
                "create_issue_label",
                format!("{{team: OPS, name: \"{requested}\"}}"),
            ),
        ] {
            let workspace = TestWorkspace::new().await;
            rename(&workspace, "IssueLabel", "service-001", kept);
            let labels = records(
                &workspace,
                "IssueLabel",
                "teamId",
                &workspace.id("Team", "key", "OPS"),
            );
            let answer = workspace.call(operation, &params).await;
            if operation == "create_issue_label" {
                assert_eq!(answer.code(), "LABEL_CREATION_FAILED", "{params}");
            } else {
                answer.data();
            }
            let now = records(
                &workspace,
                "IssueLabel",
                "teamId",
                &workspace.id("Team", "key", "OPS"),
            );
            assert_eq!(now, labels, "{operation} {params}");
        }
    }
}

#[tokio::test]
async fn letters_inside_a_word_are_no_part_of_a_name() {
    let workspace = TestWorkspace::new().await;
    rename(&workspace, "Project", "Auth System", "Capital Raise");
    for (operation, params) in [
        ("get_project", "{project: api}"),
        ("list_issues", "{project: api}"),
        ("update_issue", "{issue_id: ENG-232, project: api}"),
    ] {
        let answer = workspace.call(operation, params).await;
        assert_eq!(answer.code(), "PROJECT_NOT_FOUND", "{operation}");
    }
    let answer = workspace.call("get_project", "{project: raise}").await;
    assert_eq!(answer.data()["name"], "Capital Raise");
}

#[tokio::test]
async fn a_write_takes_the_only_name_that_begins_so_and_says_which() {
    let workspace = TestWorkspace::new().await;
    let write = |project: &str| format!("{{issue_id: ENG-232, project: {project}}}");
    // A read accepts any word of a name; a write accepts only the beginning.
    workspace
        .call("list_issues", "{project: system}")
        .await
        .code();
    let answer = workspace.call("get_project", "{project: auth}").await;
    assert_eq!(answer.text("/metadata/resolution/method"), "partial_match");
    assert_eq!(answer.at("/warnings"), &Value::Null);
    let answer = workspace.call("update_issue", &write("auth sys")).await;
    assert_eq!(answer.data()["project"]["name"], "Auth System");
    let warning =
        "project 'auth sys' taken to mean 'Auth System', the only one whose name begins so";
    assert!(answer.texts("/warnings").contains(&warning));
    workspace.take_requests();
    let answer = workspace
        .call("update_issue", "{issue_id: ENG-232, assignee: roe}")
        .await;
    assert_eq!(answer.code(), "USER_NOT_FOUND");
    let hints = answer.texts("/error/suggestions");
    assert!(hints.contains(&"Use 'John Roe'"), "{hints:?}");
    // A dry run of a write resolves names as the write does.
    let params = "{issue_id: ENG-232, assignee: roe, dry_run: true}";
    assert_eq!(
        workspace.call("update_issue", params).await.code(),
        "USER_NOT_FOUND"
    );
    // Each item of a batch resolves names as its own operation does.
    let params = "{operations: [{operation: get_user, params: {user: roe}}, {operation: update_issue, params: {issue_id: ENG-232, assignee: roe}}]}";
    let answer = workspace.call("batch", params).await;
    let text = answer.0.to_string();
    assert!(
        text.contains("John Roe") && text.contains("USER_NOT_FOUND"),
        "{text}"
    );
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn two_statuses_are_called_statuses() {
    let workspace = TestWorkspace::new().await;
    add_state(&workspace, "Ready for Dev", "unstarted", 1.5);
    add_state(&workspace, "Ready for QA", "unstarted", 1.6);
    let answer = workspace
        .call("get_valid_state_id", "{team: ENG, state: ready for}")
        .await;
    assert_eq!(answer.code(), "AMBIGUOUS_IDENTIFIER");
    assert_eq!(
        answer.text("/error/message"),
        "'ready for' could mean 2 of the statuses"
    );
}

#[tokio::test]
async fn a_stage_that_two_states_have_is_ambiguous_and_one_that_none_has_is_not_found() {
    let workspace = TestWorkspace::new().await;
    rename_state(&workspace, "In Review", "Code Review");
    let answer = workspace
        .call("update_issue", "{issue_id: ENG-231, state: review}")
        .await;
    assert_eq!(answer.data()["state"]["name"], "Code Review");
    let issues = workspace
        .call("list_issues", "{team: ENG, state: in review}")
        .await;
    assert_eq!(issues.data()["issues"][0]["state"]["name"], "Code Review");
    add_state(&workspace, "Design Review", "started", 3.5);
    let workspace = Afresh(workspace);
    for (operation, params) in [
        ("update_issue", "{issue_id: ENG-231, state: review}"),
        ("get_valid_state_id", "{team: ENG, state: In Review}"),
        ("list_issues", "{team: ENG, state: review}"),
    ] {
        let answer = workspace.call(operation, params).await;
        assert_eq!(answer.code(), "AMBIGUOUS_IDENTIFIER", "{operation}");
        let names: Vec<&str> = answer
            .at("/error/details/candidates")
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["Code Review", "Design Review"], "{operation}");
    }
    for (operation, params) in [
        ("update_issue", "{issue_id: ENG-231, state: qa}"),
        ("get_valid_state_id", "{team: ENG, state: testing}"),
        ("list_issues", "{team: ENG, state: testing}"),
    ] {
        let answer = workspace.call(operation, params).await;
        assert_eq!(answer.code(), "STATUS_NOT_FOUND", "{operation}");
        let listed = answer
            .at("/error/details/available_statuses")
            .as_array()
            .unwrap();
        assert!(
            listed.iter().all(|row| row["type"] == "started"),
            "{:#}",
            answer.0
        );
        assert_eq!(listed.len(), 3);
    }
}

/// Renames a state of the team ENG.
fn rename_state(workspace: &TestWorkspace, old: &str, new: &str) {
    let team = workspace.id("Team", "key", "ENG");
    workspace.sandbox.edit(|store| {
        let is = |state: &&Record| state["teamId"] == team.as_str() && state["name"] == old;
        let id = store.all("WorkflowState").find(is).unwrap()["id"].clone();
        let state = store
            .get_mut("WorkflowState", id.as_str().unwrap())
            .unwrap();
        state.insert("name".into(), new.into());
    });
}

/// A test workspace in which each call runs in a new session.
struct Afresh(TestWorkspace);

impl Afresh {
    async fn call(&self, operation: &str, params: &str) -> Answer {
        crate::support::call(&self.0.another_session(), operation, params).await
    }
}

#[tokio::test]
async fn a_state_that_begins_with_the_word_for_another_is_ambiguous_beside_it() {
    let workspace = TestWorkspace::new().await;
    rename_state(&workspace, "Done", "Completed");
    add_state(&workspace, "Done in staging", "started", 3.5);
    let workspace = Afresh(workspace);
    for (operation, params) in [
        ("update_issue", "{issue_id: ENG-231, state: done}"),
        ("get_valid_state_id", "{team: ENG, state: done}"),
        ("list_issues", "{team: ENG, state: done}"),
    ] {
        let answer = workspace.call(operation, params).await;
        assert_eq!(answer.code(), "AMBIGUOUS_IDENTIFIER", "{operation}");
        assert_eq!(
            answer
                .at("/error/details/candidates")
                .as_array()
                .unwrap()
                .len(),
            2
        );
    }
    let answer = workspace
        .call("get_valid_state_id", "{team: ENG, state: completed}")
        .await;
    assert_eq!(answer.data()["name"], "Completed");
}

/// The forms in which the label `api` of the group `Area` may be named, as YAML within a list.
const AREA_API: [&str; 12] = [
    "Area/api",
    "Area → api",
    "Area > api",
    "\"Area: api\"",
    "Area: api",
    "{name: api, group: Area}",
    "{id: null, name: API, group: area, color: '#ffffff'}",
    "area -> API",
    "{name: api, group: {name: Area}}",
    "api",
    "{\"Area\": \"api\"}",
    "Area / api",
];

/// A form as the value of a parameter within a mapping on one line.
fn alone(form: &str) -> String {
    if form.contains(": ") && !form.starts_with(['{', '"']) {
        format!("{{{form}}}")
    } else {
        form.to_owned()
    }
}

#[tokio::test]
async fn a_label_of_a_group_is_one_label_in_every_form() {
    for team in [Some("ENG"), None] {
        for form in AREA_API {
            let workspace = TestWorkspace::new().await;
            add_area(&workspace, team, "singleSelect");
            for (operation, params) in [
                (
                    "create_issue",
                    format!("{{team: PLT, title: T, labels: [{form}]}}"),
                ),
                (
                    "update_issue",
                    format!("{{issue_id: ENG-232, labels: [{form}]}}"),
                ),
                (
                    "update_issue",
                    "{issue_id: ENG-232, labels: [], priority: 1}".to_owned(),
                ),
                (
                    "update_issue",
                    format!("{{issue_id: ENG-232, add_labels: [{form}]}}"),
                ),
            ] {
                let answer = workspace.call(operation, &params).await;
                let expected = if params.contains("[]") {
                    vec![]
                } else {
                    vec!["Area/api"]
                };
                assert_eq!(labels(&answer), expected, "{params}");
            }
            let answer = workspace
                .call("list_issues", &format!("{{labels: [{form}]}}"))
                .await;
            assert_eq!(
                answer.data()["issues"].as_array().unwrap().len(),
                2,
                "{form}"
            );
            let answer = workspace
                .call(
                    "ensure_labels_exist",
                    &format!("{{team: ENG, labels: [{form}]}}"),
                )
                .await;
            assert_eq!(answer.data()["labels"][0]["created"], false, "{form}");
            let answer = workspace
                .call(
                    "get_or_create_label",
                    &format!("{{team: ENG, name: {}}}", alone(form)),
                )
                .await;
            assert_eq!(answer.data()["created"], false, "{form}");
            let answer = workspace
                .call(
                    "update_label",
                    &format!("{{team: ENG, label: {}, color: '#123456'}}", alone(form)),
                )
                .await;
            assert_eq!(answer.data()["name"], "api", "{form}");
            let answer = workspace
                .call(
                    "update_issue",
                    &format!("{{issue_id: ENG-232, remove_labels: [{form}]}}"),
                )
                .await;
            assert_eq!(labels(&answer), [""; 0], "{form}");
            let made = workspace
                .take_requests()
                .into_iter()
                .filter(|request| request.roots.iter().any(|root| root == "issueLabelCreate"));
            assert_eq!(made.count(), 0, "{form}");
        }
    }
}

#[tokio::test]
async fn a_label_is_taken_back_as_an_answer_shows_it() {
    let workspace = TestWorkspace::new().await;
    add_area(&workspace, Some("ENG"), "singleSelect");
    let params = "{issue_id: ENG-232, labels: [Area/api, planning], detail: full}";
    let shown = workspace.call("update_issue", params).await.data()["labels"].to_string();
    for params in [
        format!("{{issue_id: ENG-231, labels: {shown}}}"),
        format!("{{issue_id: ENG-231, remove_labels: {shown}}}"),
    ] {
        workspace.call("update_issue", &params).await.data();
    }
    let listed = workspace
        .call("list_labels", "{team: ENG, detail: full}")
        .await;
    let rows = listed.data()["labels"].clone();
    let row = rows
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["name"] == "web")
        .unwrap();
    let params = format!("{{issue_id: ENG-231, labels: [{row}]}}");
    assert_eq!(
        labels(&workspace.call("update_issue", &params).await),
        ["Area/web"]
    );
}

#[tokio::test]
async fn a_new_label_is_made_where_its_group_is() {
    for (team, owner) in [(Some("ENG"), Some("ENG")), (None, None)] {
        for form in [
            "Area/new",
            "Area → new",
            "{name: new, group: Area}",
            "Area: new",
        ] {
            for (operation, params) in [
                (
                    "create_issue",
                    format!("{{team: PLT, title: T, labels: [{form}]}}"),
                ),
                (
                    "update_issue",
                    format!("{{issue_id: PLT-3, add_labels: [{form}]}}"),
                ),
                (
                    "ensure_labels_exist",
                    format!("{{team: PLT, labels: [{form}]}}"),
                ),
                (
                    "get_or_create_label",
                    format!("{{team: PLT, name: {}}}", alone(form)),
                ),
                (
                    "create_issue_label",
                    format!("{{team: PLT, name: {}}}", alone(form)),
                ),
                (
                    "create_issue_label",
                    "{team: PLT, name: new, group: Area}".to_owned(),
                ),
            ] {
                let workspace = TestWorkspace::new().await;
                let group = add_area(&workspace, team, "singleSelect");
                let input = workspace
                    .input("issueLabelCreate", operation, &params)
                    .await;
                assert_eq!(input["name"], "new", "{operation} {params}");
                assert_eq!(input["parentId"], group.as_str());
                let owner = owner.map(|key| workspace.id("Team", "key", key));
                assert_eq!(
                    input["teamId"].as_str(),
                    owner.as_deref(),
                    "{operation} {params}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_whole_name_wins_and_without_a_group_the_whole_is_a_name() {
    let workspace = TestWorkspace::new().await;
    for name in [
        "type of work: bug",
        "kind/feature",
        "a > b",
        "design // ux",
        "type: bug",
    ] {
        let team = if name == "type: bug" { "DES" } else { "ENG" };
        let params = format!("{{team: {team}, labels: ['{name}']}}");
        let answer = workspace.call("ensure_labels_exist", &params).await;
        assert_eq!(answer.data()["labels"][0]["name"], name);
        assert_eq!(answer.data()["labels"][0]["created"], true);
    }
    add_area(&workspace, Some("ENG"), "singleSelect");
    workspace.sandbox.edit(|store| {
        add(store, "IssueLabel", "bug", json!({"name": "Area > api"}));
    });
    let workspace = Afresh(workspace);
    let answer = workspace
        .call(
            "update_issue",
            "{issue_id: ENG-232, labels: ['Area > api']}",
        )
        .await;
    assert_eq!(labels(&answer), ["Area > api"]);
    let params = "{team: ENG, title: T, labels: [{name: api, group: Area}]}";
    workspace.call("create_issue", params).await.data();
    for (filter, count) in [("'Area > api'", 1), ("{name: api, group: Area}", 1)] {
        let params = format!("{{labels: [{filter}]}}");
        let answer = workspace.call("list_issues", &params).await;
        let rows = answer.data()["issues"].as_array().unwrap();
        assert_eq!(rows.len(), count, "{filter}");
    }
    let answer = workspace
        .call(
            "update_issue",
            "{issue_id: ENG-232, labels: ['Area / api']}",
        )
        .await;
    assert_eq!(labels(&answer), ["Area/api"]);
    let answer = workspace
        .call(
            "update_issue",
            "{issue_id: ENG-232, add_labels: [{name: x, group: Nowhere}]}",
        )
        .await;
    assert_eq!(answer.code(), "LABEL_NOT_FOUND");
}

#[tokio::test]
async fn a_text_that_is_no_name_makes_no_label() {
    let workspace = TestWorkspace::new().await;
    for name in [
        "a\\nb",
        "[[backend]]",
        "{api}",
        "(api)",
        "'api'",
        "`api`",
        "/api",
        "api/",
        "Type/(api)",
        "[backend",
        "\\u200b",
    ] {
        for (operation, params) in [
            (
                "create_issue",
                format!("{{team: ENG, title: T, labels: [\"{name}\"]}}"),
            ),
            (
                "update_issue",
                format!("{{issue_id: ENG-232, add_labels: [\"{name}\"]}}"),
            ),
            (
                "ensure_labels_exist",
                format!("{{team: ENG, labels: [\"{name}\"]}}"),
            ),
            (
                "get_or_create_label",
                format!("{{team: ENG, name: \"{name}\"}}"),
            ),
            (
                "create_issue_label",
                format!("{{team: ENG, name: \"{name}\"}}"),
            ),
            (
                "update_label",
                format!("{{team: ENG, label: backend, name: \"{name}\"}}"),
            ),
        ] {
            let answer = workspace.call(operation, &params).await;
            // A single name in braces is read as an object, which is invalid.
            let single = !params.contains("[\"");
            let code = match name.starts_with('{') && single {
                true => "INVALID_PARAM",
                false => "INVALID_LABEL_NAME",
            };
            assert_eq!(answer.code(), code, "{operation} {params}");
        }
    }
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn a_name_in_a_great_many_brackets_is_refused() {
    let workspace = TestWorkspace::new().await;
    let name = format!("{}x{}", "(".repeat(50_000), ")".repeat(50_000));
    let params = format!("{{team: ENG, title: T, labels: [\"{name}\"]}}");
    assert_eq!(
        workspace.call("create_issue", &params).await.code(),
        "INVALID_LABEL_NAME"
    );
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn linear_says_whether_a_group_gives_an_issue_several_labels() {
    for (kind, holds) in [("multiSelect", true), ("singleSelect", false)] {
        let workspace = TestWorkspace::new().await;
        add_area(&workspace, Some("ENG"), kind);
        workspace
            .call("update_issue", "{issue_id: ENG-231, labels: [Area/api]}")
            .await
            .data();
        workspace.take_requests();
        for changes in ["", ", changes: false"] {
            let params = format!("{{issue_id: ENG-231, add_labels: [Area/web]{changes}}}");
            let answer = workspace.call("update_issue", &params).await;
            assert_eq!(mutations(&workspace.take_requests()), 1);
            if holds {
                assert_eq!(labels(&answer), ["Area/api", "Area/web"]);
                continue;
            }
            assert_eq!(answer.code(), "ISSUE_UPDATE_FAILED");
            assert_eq!(
                answer.texts("/error/details/same_group_on_issue"),
                ["Area/api"]
            );
            assert!(
                answer
                    .text("/error/suggestions/0")
                    .contains("remove_labels: [Area/api]")
            );
        }
        let answer = workspace
            .call(
                "create_issue",
                "{team: ENG, title: T, labels: [Area/api, planning, Area/web]}",
            )
            .await;
        if holds {
            assert_eq!(labels(&answer), ["Area/api", "Area/web", "planning"]);
            assert_eq!(answer.at("/warnings"), &Value::Null);
        } else {
            assert_eq!(labels(&answer), ["Area/api", "planning"]);
            assert!(answer.text("/warnings/0").contains("'Area/web' left out"));
        }
        assert_eq!(
            mutations(&workspace.take_requests()),
            if holds { 1 } else { 2 }
        );
        // A new label of the group costs one more attempt, too.
        let answer = workspace
            .call(
                "create_issue",
                "{team: ENG, title: T, labels: [Area/api, Area/new]}",
            )
            .await;
        assert_eq!(labels(&answer).len(), if holds { 2 } else { 1 });
        let sent = workspace
            .take_requests()
            .into_iter()
            .filter(|request| request.roots.iter().any(|root| root == "issueCreate"));
        assert_eq!(sent.count(), if holds { 1 } else { 2 });
        assert_eq!(records(&workspace, "IssueLabel", "name", "new"), 1);
    }
    let workspace = TestWorkspace::new().await;
    add_area(&workspace, Some("ENG"), "singleSelect");
    workspace
        .call("update_issue", "{issue_id: ENG-231, labels: [Area/api]}")
        .await
        .data();
    let params = "{issue_id: ENG-231, add_labels: [Area/web], remove_labels: [Area/api]}";
    assert_eq!(
        labels(&workspace.call("update_issue", params).await),
        ["Area/web"]
    );
}

#[tokio::test]
async fn a_label_cannot_be_added_and_taken_off_at_once() {
    let workspace = TestWorkspace::new().await;
    let id = workspace.id("IssueLabel", "name", "backend");
    for (add, remove) in [
        ("backend", "Backend".to_owned()),
        ("backend", id),
        ("Type/Chore", "Chore".to_owned()),
        ("Chore", "{name: Chore, group: Type}".to_owned()),
        ("brand-new", "BRAND-NEW".to_owned()),
    ] {
        let params =
            format!("{{issue_id: ENG-232, add_labels: [{add}], remove_labels: ['x', {remove}]}}");
        let answer = workspace.call("update_issue", &params).await;
        assert_eq!(answer.code(), "INVALID_PARAM", "{params}");
        assert_eq!(answer.text("/error/details/param"), "remove_labels");
    }
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn a_group_of_several_teams_means_any_of_their_labels() {
    let workspace = TestWorkspace::new().await;
    for team in ["ENG", "DES"] {
        add_area(&workspace, Some(team), "singleSelect");
    }
    for (issue, label) in [("ENG-231", "Area/api"), ("DES-12", "Area/web")] {
        let params = format!("{{issue_id: {issue}, labels: [{label}]}}");
        workspace.call("update_issue", &params).await.data();
    }
    let workspace = Afresh(workspace);
    for (filters, count) in [
        ("{labels: [Area]}", 2),
        ("{team: ENG, labels: [Area]}", 1),
        ("{labels: [{name: api, group: Area}]}", 1),
        ("{labels: [Area/web]}", 1),
    ] {
        let answer = workspace.call("list_issues", filters).await;
        assert_eq!(
            answer.data()["issues"].as_array().unwrap().len(),
            count,
            "{filters}"
        );
    }
    workspace.0.sandbox.edit(|store| {
        add(store, "IssueLabel", "Type", json!({"name": "Void"}));
    });
    for filters in [
        "{labels: [Void]}",
        "{team: ENG, labels: [Void]}",
        "{labels: [Void/x]}",
    ] {
        let answer = workspace.call("list_issues", filters).await;
        assert_eq!(answer.code(), "LABEL_NOT_FOUND", "{filters}");
    }
}

#[tokio::test]
async fn who_has_left_can_be_looked_for_and_gets_nothing_to_do() {
    let workspace = TestWorkspace::new().await;
    let old = workspace.id("User", "name", "Old Timer");
    workspace.sandbox.edit(|store| {
        let id = store
            .find("Issue", "number", "")
            .map(|issue| issue["id"].clone());
        assert!(id.is_none());
        let id = store.all("Issue").next().unwrap()["id"].clone();
        let issue = store.get_mut("Issue", id.as_str().unwrap()).unwrap();
        issue.insert("assigneeId".into(), old.as_str().into());
    });
    for name in [
        "Old Timer",
        "oldtimer",
        "old.timer@example.com",
        "timer",
        old.as_str(),
    ] {
        let params = format!("{{assignee: '{name}'}}");
        let answer = workspace.call("list_issues", &params).await;
        assert_eq!(
            answer.data()["issues"].as_array().unwrap().len(),
            1,
            "{name}"
        );
    }
    let warm = workspace.call("list_issues", "{assignee: Old Timer}").await;
    assert_eq!(warm.calls(), 1);
    for (operation, params) in [
        ("update_issue", "{issue_id: ENG-232, assignee: Old Timer}"),
        ("create_issue", "{team: ENG, title: T, assignee: oldtimer}"),
    ] {
        let answer = workspace.call(operation, params).await;
        assert_eq!(answer.code(), "USER_NOT_FOUND", "{operation}");
        let hints = answer.texts("/error/suggestions").join(" ");
        assert!(
            !hints.contains("John") && !hints.contains("CI Bot"),
            "{hints}"
        );
    }
    workspace
        .call("list_projects", "{lead: Old Timer}")
        .await
        .data();
}

#[tokio::test]
async fn a_project_label_of_a_group_is_one_label_in_every_form() {
    let workspace = TestWorkspace::new().await;
    workspace.sandbox.edit(|store| {
        let group = add(
            store,
            "ProjectLabel",
            "Q1",
            json!({"name": "Area", "isGroup": true}),
        );
        add(
            store,
            "ProjectLabel",
            "Q1",
            json!({"name": "api", "parentId": group}),
        );
    });
    let label = workspace.id("ProjectLabel", "name", "api");
    for form in AREA_API {
        let params = format!("{{project: Auth System, labels: [{form}]}}");
        workspace.take_requests();
        let answer = workspace.call("update_project", &params).await;
        answer.data();
        let received = workspace.take_requests();
        if mutations(&received) > 0 {
            let input = variable(&received, "projectUpdate", "input");
            assert_eq!(input["labelIds"], json!([label]), "{form}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Except for ids, types and documented aliases, a write resolves a name only to names that begin with it.
    #[test]
    fn a_write_goes_to_a_name_that_begins_as_given(
        name in "(Auth|API|Capital|Mobile|Café) (System|Raise|App|api)( [0-9]{1,2})?",
        given in "[A-Za-z]{3,4}|(auth|api|cap|mob|raise|sys|café|cafe\u{301}|app)( (s|r|app))?",
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let workspace = TestWorkspace::new().await;
            rename(&workspace, "Project", "Auth System", &name);
            let params = format!("{{issue_id: ENG-232, project: \"{given}\"}}");
            let answer = workspace.call("update_issue", &params).await;
            let fold = linear_ops::cache::fold;
            let taken = answer.text("/data/project/name");
            if answer.at("/success") == true {
                assert!(fold(taken).starts_with(&fold(&given)), "{given} → {taken}");
                let warned = answer.texts("/warnings").iter().any(|text| text.contains(taken));
                assert!(warned || fold(taken) == fold(&given));
            } else {
                // Several projects of the workspace may begin with this text; none of them is used then.
                let candidates = answer.at("/error/details/candidates").as_array();
                let begin = |one: &serde_json::Value| fold(one["name"].as_str().unwrap_or_default()).starts_with(&fold(&given));
                let several = candidates.is_some_and(|all| all.len() > 1 && all.iter().all(begin));
                assert!(several || !fold(&name).starts_with(&fold(&given)), "{given} → {name}: {:#}", answer.0);
            }
        });
    }
}

#[tokio::test]
async fn a_label_to_take_off_means_something() {
    let workspace = TestWorkspace::new().await;
    add_area(&workspace, Some("ENG"), "singleSelect");
    let params = "{issue_id: ENG-232, add_labels: [Area/api]}";
    workspace.call("update_issue", params).await.data();
    workspace.take_requests();
    let uuid = workspace.id("Issue", "title", "Login form");
    for issue in ["ENG-232", uuid.as_str()] {
        for session in [&workspace.session, &workspace.another_session()] {
            for (remove, code, hint) in [
                (
                    "nonsense",
                    "LABEL_NOT_FOUND",
                    "Call list_labels to see all of them",
                ),
                ("frontnd", "LABEL_NOT_FOUND", "Use 'frontend'"),
                ("Area", "INVALID_LABEL_NAME", "Use 'Area/api'"),
            ] {
                let params = format!(
                    "{{issue_id: {issue}, remove_labels: [frontend, {remove}], state: Done}}"
                );
                let answer = crate::support::call(session, "update_issue", &params).await;
                assert_eq!(answer.code(), code, "{remove}");
                assert_eq!(answer.text("/error/details/param"), "remove_labels");
                let hints = answer.texts("/error/suggestions");
                assert!(hints.contains(&hint), "{remove}: {hints:?}");
                assert_eq!(mutations(&workspace.take_requests()), 0, "{remove}");
            }
        }
        // A label that exists but is not on the issue causes a warning.
        let params = format!("{{issue_id: {issue}, remove_labels: [planning]}}");
        let answer = workspace.call("update_issue", &params).await;
        answer.data();
        let warnings = answer.texts("/warnings");
        assert!(
            warnings.contains(&"label 'planning' is not on the issue"),
            "{warnings:?}"
        );
        workspace.take_requests();
    }
    let params = format!("{{issue_id: {uuid}, remove_labels: [frontend]}}");
    let answer = crate::support::call(&workspace.another_session(), "update_issue", &params).await;
    assert_eq!(labels(&answer), ["Area/api", "feature"]);
    assert_eq!(answer.calls(), 2);
}

#[tokio::test]
async fn a_label_that_was_made_elsewhere_is_known_before_it_is_called_nothing() {
    let workspace = TestWorkspace::new().await;
    linear_ops::resolve::prefetch::prefetch(&workspace.session).await;
    let team = workspace.id("Team", "key", "ENG");
    workspace.sandbox.edit(|store| {
        add(
            store,
            "IssueLabel",
            "backend",
            json!({"name": "newest", "teamId": team}),
        );
    });
    let params = "{issue_id: ENG-232, remove_labels: [newest]}";
    let answer = workspace.call("update_issue", params).await;
    answer.data();
    assert!(
        answer
            .texts("/warnings")
            .contains(&"label 'newest' is not on the issue")
    );
}

#[tokio::test]
async fn a_label_does_not_get_the_name_of_another() {
    for (kept, requested) in SAME {
        for params in [
            format!("{{team: OPS, label: service-002, name: \"{requested}\"}}"),
            format!("{{label: service-002, name: \"{requested}\"}}"),
        ] {
            let workspace = TestWorkspace::new().await;
            rename(&workspace, "IssueLabel", "service-001", kept);
            for warmth in ["cold", "warm"] {
                let answer = workspace.call("update_label", &params).await;
                assert_eq!(answer.code(), "LABEL_UPDATE_FAILED", "{warmth} {params}");
                assert!(answer.text("/error/details/reason").contains("already"));
            }
            // Names that Linear itself recognises as equal are left to Linear to refuse.
            let is_odd = kept.to_lowercase() != requested.to_lowercase();
            assert!(!is_odd || mutations(&workspace.take_requests()) == 0);
        }
        // A label's own name in another case does not belong to another label.
        let workspace = TestWorkspace::new().await;
        rename(&workspace, "IssueLabel", "service-001", kept);
        let params = format!("{{label: \"{kept}\", name: \"{requested}\"}}");
        workspace.call("update_label", &params).await.data();
        // For a label without a team, the labels of the workspace must not have the name.
        let workspace = TestWorkspace::new().await;
        rename(&workspace, "IssueLabel", "bug", kept);
        workspace.call("list_labels", "{}").await.data();
        let params = format!("{{name: \"{requested}\"}}");
        let answer = workspace.call("create_issue_label", &params).await;
        assert_eq!(answer.code(), "LABEL_CREATION_FAILED", "{kept} {requested}");
    }
    let workspace = TestWorkspace::new().await;
    rename(&workspace, "IssueLabel", "bug", "b\u{200b}ug");
    workspace.call("list_labels", "{}").await.data();
    let answer = workspace.call("create_issue_label", "{name: bug}").await;
    assert_eq!(answer.code(), "LABEL_CREATION_FAILED");
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn a_label_is_not_made_in_two_groups() {
    for name in ["Area/x", "{name: x, group: Area}"] {
        for team in ["team: ENG, ", ""] {
            let workspace = TestWorkspace::new().await;
            for key in [Some("ENG"), None] {
                add_area(&workspace, key, "singleSelect");
            }
            workspace.sandbox.edit(|store| {
                add(
                    store,
                    "IssueLabel",
                    "Type",
                    json!({"name": "Kind", "teamId": null}),
                );
            });
            let params = format!("{{{team}name: {name}, group: Kind}}");
            let answer = workspace.call("create_issue_label", &params).await;
            assert_eq!(
                answer.code(),
                if team.is_empty() {
                    "INVALID_PARAM"
                } else {
                    answer.text("/error/code")
                },
                "{params}: {:#}",
                answer.0
            );
            assert_eq!(mutations(&workspace.take_requests()), 0);
            let params = format!("{{{team}name: {name}, group: area}}");
            let answer = workspace.call("create_issue_label", &params).await;
            assert_eq!(answer.data()["name"], "x", "{params}");
            assert_eq!(answer.data()["group"], "Area", "{params}");
        }
    }
}

#[tokio::test]
async fn a_label_that_no_issue_can_get_is_told_of_when_it_is_asked_for() {
    let workspace = TestWorkspace::new().await;
    add_area(&workspace, Some("ENG"), "singleSelect");
    workspace
        .call("retire_label", "{team: ENG, label: planning}")
        .await
        .data();
    for (name, reported) in [("Area", "is a group"), ("planning", "is retired")] {
        let answer = workspace
            .call(
                "get_or_create_label",
                &format!("{{team: ENG, name: {name}}}"),
            )
            .await;
        assert_eq!(answer.data()["created"], false);
        assert!(
            answer
                .texts("/warnings")
                .iter()
                .any(|text| text.contains(reported)),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_piece_of_a_label_is_no_filter() {
    let workspace = TestWorkspace::new().await;
    add_area(&workspace, Some("ENG"), "singleSelect");
    for name in ["/api", "api/", "[api", "(api)"] {
        let answer = workspace
            .call("list_issues", &format!("{{labels: [\"{name}\"]}}"))
            .await;
        assert_eq!(answer.code(), "INVALID_LABEL_NAME", "{name}");
    }
    let answer = workspace.call("list_issues", "{labels: ['/api']}").await;
    assert_eq!(answer.texts("/error/suggestions"), ["Use 'api'"]);
}

/// Requests with a name that is not quite right, by operation, parameter and value, with what else they have.
const MISSES: [(&str, &str, &str, &str); 21] = [
    ("update_issue", "assignee", "ohn", "issue_id: ENG-232"),
    ("update_issue", "assignee", "roe", "issue_id: ENG-232"),
    ("update_issue", "assignee", "Jon Doe", "issue_id: ENG-232"),
    (
        "update_issue",
        "assignee",
        "jane@exmple.com",
        "issue_id: ENG-232",
    ),
    (
        "update_issue",
        "assignee",
        "example.com",
        "issue_id: ENG-232",
    ),
    ("update_issue", "assignee", "jhon", "issue_id: ENG-232"),
    ("list_issues", "assignee", "jhon", "limit: 3"),
    ("update_issue", "state", "Dne", "issue_id: ENG-232"),
    ("update_issue", "state", "Reviw", "issue_id: ENG-232"),
    ("update_issue", "state", "In Progrss", "issue_id: ENG-231"),
    (
        "update_issue",
        "project",
        "Auth Sistem",
        "issue_id: ENG-232",
    ),
    ("update_issue", "project", "Mobil Ap", "issue_id: ENG-232"),
    ("get_project", "project", "Mobil Ap", "detail: brief"),
    ("get_team", "team", "Enginering", "detail: brief"),
    ("create_issue", "team", "EGN", "title: T"),
    (
        "update_issue",
        "remove_labels",
        "fronted",
        "issue_id: ENG-232",
    ),
    ("update_issue", "milestone", "Bta", "issue_id: ENG-232"),
    ("list_issues", "labels", "frontnd", "team: ENG"),
    (
        "update_label",
        "label",
        "fronted",
        "color: '#123456', team: ENG",
    ),
    ("update_project", "lead", "jhon", "project: Auth System"),
    ("get_user", "user", "Jon Do", "detail: brief"),
];

#[tokio::test]
async fn each_name_that_a_miss_suggests_is_accepted_in_its_place() {
    let mut suggested = 0;
    for (operation, param, wrong, rest) in MISSES {
        let params = |name: &str| format!("{{{rest}, {param}: '{name}'}}");
        let workspace = TestWorkspace::new().await;
        let answer = workspace.call(operation, &params(wrong)).await;
        if answer.at("/success") == true {
            assert_eq!(operation, "list_issues", "{wrong}");
            continue;
        }
        answer.code();
        assert_eq!(mutations(&workspace.take_requests()), 0);
        for hint in answer.texts("/error/suggestions") {
            let Some(name) = hint.strip_prefix("Use '") else {
                continue;
            };
            let name = name.strip_suffix('\'').unwrap();
            let workspace = TestWorkspace::new().await;
            let again = workspace.call(operation, &params(name)).await;
            assert_eq!(
                again.at("/success"),
                true,
                "{operation} {param}: {wrong} → {name}: {:#}",
                again.0
            );
            suggested += 1;
        }
    }
    assert!(suggested > MISSES.len() / 2, "{suggested}");
}

#[tokio::test]
async fn a_domain_is_near_to_nobody() {
    let workspace = TestWorkspace::new().await;
    let answer = workspace
        .call("update_issue", "{issue_id: ENG-232, assignee: example.com}")
        .await;
    let hints = answer.texts("/error/suggestions").join(" ");
    assert!(!hints.contains('@'), "{hints}");
    let answer = workspace
        .call("update_issue", "{issue_id: ENG-232, assignee: ohn}")
        .await;
    let hints = answer.texts("/error/suggestions");
    assert_eq!(
        &hints[..2],
        ["Use 'john.roe@example.com'", "Use 'john@example.com'"]
    );
}

#[tokio::test]
async fn a_word_that_other_operations_take_is_not_taken_for_a_misspelt_one() {
    let workspace = TestWorkspace::new().await;
    let answer = workspace.call("list_users", "{team: ENG}").await;
    assert_eq!(answer.code(), "INVALID_PARAM");
    let hints = answer.texts("/error/suggestions").join(" ");
    assert!(
        !hints.contains("'query'") && hints.contains("Leave out 'team'"),
        "{hints}"
    );
    let parameters = answer.texts("/error/details/parameters");
    assert!(parameters.contains(&"query"));
}

#[tokio::test]
async fn a_number_sign_in_front_of_a_name_is_none_of_it_unless_the_name_has_it() {
    for (operation, params) in [
        ("update_issue", "{issue_id: ENG-232, state: '# Done'}"),
        ("update_issue", "{issue_id: ENG-232, state: '#done'}"),
        ("update_issue", "{issue_id: ENG-232, state: '# started'}"),
        ("update_issue", "{issue_id: ENG-232, assignee: '#jane'}"),
        (
            "update_issue",
            "{issue_id: ENG-232, assignee: '# jane@example.com'}",
        ),
        (
            "update_issue",
            "{issue_id: ENG-232, project: '#Auth System'}",
        ),
        ("create_issue", "{title: T, team: '# ENG'}"),
        ("create_issue", "{title: T, team: '#ENG'}"),
        ("list_issues", "{team: '#ENG', state: '# Done'}"),
        ("list_issues", "{state: '# Done'}"),
        ("list_issues", "{assignee: '#jane'}"),
        ("list_projects", "{lead: '#jane'}"),
        ("get_project", "{project: '# Auth System'}"),
    ] {
        for warm in [false, true] {
            let workspace = TestWorkspace::new().await;
            if warm {
                linear_ops::resolve::prefetch::prefetch(&workspace.session).await;
            }
            workspace.call(operation, params).await.data();
        }
    }
    let workspace = TestWorkspace::new().await;
    let answer = workspace
        .call("update_issue", "{issue_id: ENG-232, assignee: '#john'}")
        .await;
    assert_eq!(answer.code(), "AMBIGUOUS_IDENTIFIER");
    workspace.sandbox.edit(|store| {
        add(
            store,
            "Project",
            "Auth System",
            json!({"name": "#Auth System", "slugId": "00000000ffff"}),
        );
    });
    let answer = workspace
        .call("get_project", "{project: '#Auth System'}")
        .await;
    assert_eq!(answer.data()["name"], "#Auth System");
    let done = workspace
        .call("list_issues", "{team: ENG, state: Done}")
        .await;
    let same = workspace
        .call("list_issues", "{team: ENG, state: '# Done'}")
        .await;
    assert_eq!(done.data(), same.data());
}

#[tokio::test]
async fn two_characters_are_enough_where_each_is_a_word() {
    let workspace = TestWorkspace::new().await;
    rename(&workspace, "Project", "Auth System", "日本語プロジェクト");
    let answer = workspace
        .call("update_issue", "{issue_id: ENG-232, project: 日本}")
        .await;
    assert_eq!(answer.data()["project"]["name"], "日本語プロジェクト");
    let answer = workspace
        .call("update_issue", "{issue_id: ENG-232, project: In}")
        .await;
    assert_eq!(answer.code(), "PROJECT_NOT_FOUND");
    for name in ["日本", "In", "Jo", "X"] {
        let workspace = TestWorkspace::new().await;
        rename(&workspace, "Project", "Auth System", name);
        let answer = workspace
            .call(
                "update_issue",
                &format!("{{issue_id: ENG-232, project: {name}}}"),
            )
            .await;
        assert_eq!(answer.data()["project"]["name"], name);
    }
}

#[tokio::test]
async fn the_end_of_a_projects_address_names_it() {
    let workspace = TestWorkspace::new().await;
    for operation in ["update_issue", "get_project"] {
        for session in [&workspace.session, &workspace.another_session()] {
            let rest = if operation == "update_issue" {
                "issue_id: ENG-232, "
            } else {
                ""
            };
            let params = format!("{{{rest}project: auth-system-000000000176}}");
            crate::support::call(session, operation, &params)
                .await
                .data();
        }
    }
}

#[tokio::test]
async fn a_list_or_an_address_is_no_name_of_a_new_label() {
    let workspace = TestWorkspace::new().await;
    for name in [
        "a, b",
        "a\\tb",
        "https://linear.app/acme/settings/labels",
        "linear.app/acme/label/x",
    ] {
        for (operation, params) in [
            (
                "create_issue",
                format!("{{team: ENG, title: T, labels: [\"{name}\"]}}"),
            ),
            (
                "update_issue",
                format!("{{issue_id: ENG-232, add_labels: [\"{name}\"]}}"),
            ),
            (
                "create_issue_label",
                format!("{{team: ENG, name: \"{name}\"}}"),
            ),
        ] {
            let answer = workspace.call(operation, &params).await;
            assert_eq!(answer.code(), "INVALID_LABEL_NAME", "{operation} {params}");
        }
    }
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn an_integration_is_no_suggestion_for_an_assignee() {
    for wanted in ["CI Bott", "cibott", "ci-bot@exampel.com", "ci"] {
        let workspace = TestWorkspace::new().await;
        let params = format!("{{issue_id: ENG-231, assignee: {wanted}}}");
        let answer = workspace.call("update_issue", &params).await;
        assert_eq!(answer.code(), "USER_NOT_FOUND", "{wanted}");
        let text = answer.0.to_string();
        let named = text.contains("ci-bot@example.com") || text.contains("'CI Bot'");
        assert!(!named, "{text}");
        assert_eq!(answer.calls(), 1);
    }
    // A read finds the integration among the users.
    let workspace = TestWorkspace::new().await;
    let answer = workspace.call("get_user", "{user: bot}").await;
    assert_eq!(answer.data()["name"], "CI Bot");
}

#[tokio::test]
async fn an_object_that_names_two_issues_changes_neither() {
    const OTHER: &str = "5eed0000-0000-4000-8000-00000000018f";
    let other = format!("id: {OTHER}, identifier: ENG-231");
    for object in [
        other.as_str(),
        "identifier: ENG-231, url: 'https://linear.app/acme/issue/ENG-232/x'",
        "identifier: ENG-231, key: eng-232",
    ] {
        for (operation, more) in [
            ("update_issue", "priority: 2"),
            ("create_comment", "body: x"),
        ] {
            let workspace = TestWorkspace::new().await;
            let params = format!("{{issue_id: {{{object}}}, {more}}}");
            let answer = workspace.call(operation, &params).await;
            assert_eq!(answer.code(), "INVALID_PARAM", "{params}");
            assert_eq!(mutations(&workspace.take_requests()), 0, "{params}");
            assert_eq!(answer.texts("/error/suggestions").len(), 2);
        }
    }
    for object in [
        format!("id: {OTHER}, identifier: ENG-232, title: An older title"),
        "identifier: ENG-232, url: 'https://linear.app/acme/issue/ENG-232/x'".to_owned(),
        format!("id: {OTHER}"),
    ] {
        let workspace = TestWorkspace::new().await;
        let params = format!("{{issue_id: {{{object}}}, priority: 2, fields: [identifier]}}");
        let answer = workspace.call("update_issue", &params).await;
        assert_eq!(answer.data()["identifier"], "ENG-232", "{params}");
    }
}

#[tokio::test]
async fn a_word_for_none_is_near_no_name() {
    let workspace = TestWorkspace::new().await;
    let answer = workspace
        .call("update_issue", "{issue_id: ENG-231, state: none}")
        .await;
    assert_eq!(answer.code(), "STATUS_NOT_FOUND");
    assert!(!answer.texts("/error/suggestions").contains(&"Use 'Done'"));
}

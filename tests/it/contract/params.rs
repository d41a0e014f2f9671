//! Parameters as callers write them: unknown ones are refused before anything is sent, lists are read in every
//! notation, and a field is cleared only by the documented words.

use linear_ops::engine::catalog::TABLE;
use linear_ops::error::Code;
use linear_ops::params::{Form, NullMeaning};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::support::{Answer, TestWorkspace, mutations, variable};

/// The names of the labels of an issue in an answer, sorted.
fn labels(answer: &Answer) -> Vec<String> {
    let labels = answer.data()["labels"].as_array().cloned();
    let mut names: Vec<String> = labels
        .unwrap_or_default()
        .iter()
        .map(|label| label["name"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn an_unknown_parameter_is_refused_before_anything_is_sent() {
    let workspace = TestWorkspace::new().await;
    for (operation, params, unknown, nearest) in [
        (
            "get_issue",
            "{issue_id: PSN-123, include_coments: true}",
            "include_coments",
            Some("include_comments"),
        ),
        (
            "list_issues",
            "{team: ENG, asignee: me}",
            "asignee",
            Some("assignee"),
        ),
        (
            "list_issues",
            "{team: ENG, filters: {exclude_milestone: Beta}}",
            "exclude_milestone",
            None,
        ),
        (
            "create_issue",
            "{team: ENG, title: T, lables: [bug]}",
            "lables",
            Some("labels"),
        ),
        (
            "create_issue",
            "{team: ENG, title: T, custom_fields: {ccpmPhase: PLANNED}}",
            "custom_fields",
            None,
        ),
        (
            "update_issue",
            "{issue_id: ENG-232, asignee: null}",
            "asignee",
            Some("assignee"),
        ),
        ("cache_status", "{zzyzx: true}", "zzyzx", None),
    ] {
        let answer = workspace.call(operation, params).await;
        assert_eq!(answer.code(), "INVALID_PARAM", "{params}");
        assert_eq!(answer.text("/error/details/param"), unknown);
        assert!(answer.text("/error/message").contains(unknown));
        assert_eq!(answer.calls(), 0);
        let ways = answer.texts("/error/suggestions");
        if let Some(nearest) = nearest {
            assert_eq!(ways[0], format!("Use '{nearest}' in place of '{unknown}'"));
        } else {
            assert_eq!(ways[0], format!("Leave out '{unknown}'"));
        }
        let entry = TABLE
            .iter()
            .find(|entry| entry.spec.name == operation)
            .unwrap();
        let fields = entry.signature().fields.iter();
        let known: Vec<&str> = fields.map(|field| field.name.as_str()).collect();
        assert_eq!(answer.texts("/error/details/parameters"), known);
    }
    assert!(workspace.take_requests().is_empty());
}

#[tokio::test]
async fn every_operation_refuses_what_it_does_not_know() {
    let workspace = TestWorkspace::deleting().await;
    for entry in TABLE.iter() {
        let name = entry.spec.name;
        let answer = workspace.call(name, "{zzyzx: 1}").await;
        assert_eq!(answer.code(), "INVALID_PARAM", "{name}");
        let item = json!({"operations": [{"operation": name, "params": {"zzyzx": 1}}]});
        if name != "batch" {
            assert_eq!(
                workspace.call_json("batch", item).await.code(),
                "INVALID_PARAM",
                "{name}"
            );
        }
    }
    assert!(workspace.take_requests().is_empty());
}

#[tokio::test]
async fn what_callers_send_and_means_nothing_is_warned_about() {
    let workspace = TestWorkspace::new().await;
    let params = "{issue_id: PSN-123, include_custom_fields: true, cache: true, purpose: p, toolCallId: t, sessionId: s}";
    let answer = workspace.call("get_issue", params).await;
    assert_eq!(answer.data()["identifier"], "PSN-123");
    let warnings = answer.texts("/warnings");
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    for key in ["include_custom_fields", "cache", "purpose"] {
        assert!(
            warnings
                .iter()
                .any(|text| text.starts_with(&format!("'{key}'")))
        );
    }
}

#[tokio::test]
async fn lists_that_arrive_as_text_make_no_new_labels() {
    let workspace = TestWorkspace::new().await;
    for text in [
        "['backend', 'frontend']",
        "[backend, frontend]",
        "[\"backend\", \"frontend\",]",
        "[\"backend\", \"frontend\"]",
        "- backend\n- frontend",
        "backend, frontend",
        "'backend', 'frontend'",
        "[{'name': 'backend'}, {'name': 'frontend'}]",
    ] {
        let params = json!({"team": "ENG", "title": "Two labels", "labels": text});
        let answer = workspace.call_json("create_issue", params).await;
        assert_eq!(labels(&answer), ["backend", "frontend"], "{text}");
    }
    workspace.take_requests();
    for items in [
        json!(["['backend', 'frontend']"]),
        json!(["[backend"]),
        json!(["{name: backend"]),
    ] {
        let params = json!({"team": "ENG", "title": "Two labels", "labels": items});
        let answer = workspace.call_json("create_issue", params).await;
        assert_eq!(answer.code(), "INVALID_LABEL_NAME", "{items}");
        assert_eq!(answer.text("/error/details/param"), "labels[0]");
    }
    for text in [
        "[backend",
        "backend]",
        "['backend', 'frontend'",
        "backend\nfrontend",
        "none",
        "['backend]",
    ] {
        let params = json!({"team": "ENG", "title": "Two labels", "labels": text});
        let answer = workspace.call_json("create_issue", params).await;
        assert_eq!(answer.code(), "INVALID_LABEL_NAME", "{text}");
        assert_eq!(answer.text("/error/details/param"), "labels");
    }
    assert!(workspace.take_requests().is_empty());
}

#[tokio::test]
async fn every_list_parameter_is_read_by_the_same_rules() {
    let workspace = TestWorkspace::new().await;
    let params = json!({
        "team": "ENG", "title": "Links", "links": "https://x.org/a, https://x.org/b", "fields": "['attachments', 'title']",
    });
    let answer = workspace.call_json("create_issue", params).await;
    assert_eq!(
        answer.data()["attachments"].as_array().map(Vec::len),
        Some(2)
    );
    assert_eq!(answer.data()["title"], "Links");
    let params = json!({
        "team": "ENG", "title": "Links", "links": "[{'url': 'https://x.org', 'title': 'It\\'s'}]", "fields": "attachments",
    });
    let answer = workspace.call_json("create_issue", params).await;
    assert_eq!(answer.at("/data/attachments/0/title"), "It's");
    let items = "[{'operation': 'get_team', 'params': {'team': 'ENG'}}, {'operation': 'help', 'params': None}]";
    let answer = workspace
        .call_json("batch", json!({"operations": items}))
        .await;
    assert_eq!(answer.data()["succeeded"], 2);
    let items = "- operation: get_team\n  params: {team: ENG}\n- operation: help";
    let answer = workspace
        .call_json("batch", json!({"operations": items}))
        .await;
    assert_eq!(answer.data()["succeeded"], 2);
    let labels = "[{name: api-v2, color: #f2994a}, backend]";
    let params = json!({"team": "{'key': 'ENG'}", "labels": labels});
    let answer = workspace.call_json("ensure_labels_exist", params).await;
    assert_eq!(answer.data()["labels"].as_array().map(Vec::len), Some(2));
    let params = json!({"issue_id": "PSN-123", "indices": "[0, 1.0]", "detail": "full"});
    workspace
        .call_json("update_checklist_items", params)
        .await
        .data();
    let answer = workspace
        .call_json(
            "list_issues",
            json!({"filters": "{'team': 'ENG', 'status': 'started'}"}),
        )
        .await;
    answer.data();
}

#[tokio::test]
async fn a_reference_or_date_is_cleared_by_the_words_for_none() {
    for word in ["\"\"", "none", "None", "unassigned", "\"null\"", "null"] {
        let workspace = TestWorkspace::new().await;
        for (field, sent) in [
            ("assignee", "assigneeId"),
            ("due_date", "dueDate"),
            ("cycle", "cycleId"),
            ("project", "projectId"),
            ("milestone", "projectMilestoneId"),
            ("parent_id", "parentId"),
            ("estimate", "estimate"),
        ] {
            let params = format!("{{issue_id: ENG-230, {field}: {word}}}");
            let input = workspace
                .input("issueUpdate", "update_issue", &params)
                .await;
            assert_eq!(input, json!({sent: null}), "{params}");
        }
        let params = format!("{{issue_id: ENG-231, priority: {word}}}");
        let input = workspace
            .input("issueUpdate", "update_issue", &params)
            .await;
        assert_eq!(input, json!({"priority": 0}), "{params}");
        let params = format!("{{project: Auth System, lead: {word}, target_date: {word}}}");
        let input = workspace
            .input("projectUpdate", "update_project", &params)
            .await;
        assert_eq!(
            input,
            json!({"leadId": null, "targetDate": null}),
            "{params}"
        );
    }
}

#[tokio::test]
async fn clear_names_the_fields_to_clear() {
    let workspace = TestWorkspace::new().await;
    let params =
        "{issue_id: ENG-230, title: T, clear: [assignee, dueDate, description, labels, priority]}";
    let input = workspace.input("issueUpdate", "update_issue", params).await;
    let expected = json!({
        "title": "T", "assigneeId": null, "dueDate": null, "description": null, "labelIds": [], "priority": 0,
    });
    assert_eq!(input, expected);
    let input = workspace
        .input(
            "issueUpdate",
            "update_issue",
            "{issue_id: ENG-231, labels: []}",
        )
        .await;
    assert_eq!(input, json!({"labelIds": []}));
    workspace.take_requests();
    for (operation, params, param) in [
        (
            "update_issue",
            "{issue_id: ENG-230, clear: [state]}",
            "clear",
        ),
        (
            "update_issue",
            "{issue_id: ENG-230, clear: [nothing]}",
            "clear",
        ),
        (
            "update_issue",
            "{issue_id: ENG-230, clear: [assignee], assignee: me}",
            "clear",
        ),
        ("update_issue", "{issue_id: ENG-230, title: null}", "title"),
        (
            "update_issue",
            "{issue_id: ENG-230, description: ''}",
            "description",
        ),
        ("update_issue", "{issue_id: ENG-230, labels: ''}", "labels"),
        (
            "update_issue",
            "{issue_id: ENG-230, labels: none}",
            "labels",
        ),
        ("update_issue", "{issue_id: ENG-230, state: null}", "state"),
        ("update_issue", "{issue_id: ENG-230, team: ~}", "team"),
        (
            "update_project",
            "{project: Auth System, name: null}",
            "name",
        ),
        ("update_label", "{label: backend, color: null}", "color"),
        ("update_document", "{document_id: x, title: null}", "title"),
    ] {
        let answer = workspace.call(operation, params).await;
        answer.code();
        assert_eq!(answer.text("/error/details/param"), param, "{params}");
    }
    let answer = workspace
        .call("update_issue", "{issue_id: ENG-230, description: ' '}")
        .await;
    assert_eq!(
        answer.texts("/error/suggestions")[0],
        "Set 'description' to null to clear it"
    );
    assert!(workspace.take_requests().is_empty());
}

#[tokio::test]
async fn nothing_is_cleared_where_something_is_made() {
    let workspace = TestWorkspace::new().await;
    let params = "{team: ENG, title: T, description: '', assignee: '', project: none, due_date: 'null', parent_id: unassigned, \
        labels: '', estimate: null, cycle: '', priority: ''}";
    let input = workspace.input("issueCreate", "create_issue", params).await;
    let given: Vec<&String> = input.as_object().unwrap().keys().collect();
    assert_eq!(given, ["id", "teamId", "title"]);
    for params in [
        "{team: '', title: T}",
        "{team: ENG, title: ''}",
        "{team: none, title: T}",
    ] {
        workspace.call("create_issue", params).await.code();
    }
    let answer = workspace
        .call("create_issue_label", "{name: new, team: ''}")
        .await;
    assert_eq!(answer.code(), "INVALID_TEAM_IDENTIFIER");
}

#[tokio::test]
async fn a_title_is_one_line_from_any_scalar() {
    let workspace = TestWorkspace::new().await;
    for title in [
        "|\n    Block title",
        ">\n    Block\n    title",
        "\"Block title \\n\"",
        "Block\n    title",
    ] {
        let request = format!("operation: create_issue\nparams:\n  team: ENG\n  title: {title}\n");
        assert!(workspace.run(&request).await.is_success(), "{title}");
        let received = workspace.take_requests();
        assert_eq!(
            variable(&received, "issueCreate", "input")["title"],
            "Block title"
        );
    }
    let params = json!({"team": "ENG", "title": "two\nlines"});
    assert_eq!(
        workspace.call_json("create_issue", params).await.code(),
        "INVALID_PARAM"
    );
    let params = json!({"label": "backend", "name": "two\nlines"});
    assert_eq!(
        workspace.call_json("update_label", params).await.code(),
        "INVALID_LABEL_NAME"
    );
    let link = json!({"url": "https://x.org", "title": " Design \n"});
    let params = json!({"team": "ENG", "title": "T", "links": [link], "fields": ["attachments"]});
    let answer = workspace.call_json("create_issue", params).await;
    assert_eq!(answer.at("/data/attachments/0/title"), "Design");
    assert_eq!(mutations(&workspace.take_requests()), 1);
}

#[tokio::test]
async fn numbers_are_digits() {
    let workspace = TestWorkspace::new().await;
    for estimate in ["5", "5.0", "'5'", "'5.0'", "' 5 '"] {
        let params = format!("{{issue_id: ENG-232, estimate: {estimate}}}");
        let input = workspace
            .input("issueUpdate", "update_issue", &params)
            .await;
        assert_eq!(input, json!({"estimate": 5}), "{estimate}");
    }
    workspace.take_requests();
    for estimate in [
        "+5",
        "'+5'",
        "5.5",
        "5e0",
        "0x5",
        "0_5",
        "-5",
        "five",
        "'5,0'",
        "'5 points'",
    ] {
        let params = format!("{{issue_id: ENG-232, estimate: {estimate}}}");
        let answer = workspace.call("update_issue", &params).await;
        assert_eq!(answer.code(), "INVALID_PARAM", "{estimate}");
    }
    assert!(workspace.take_requests().is_empty());
    let params = "{team: ENG, title: T, estimate: 10}";
    let answer = workspace.call("create_issue", params).await;
    assert_eq!(answer.data()["estimate"], 10);
    assert!(answer.texts("/warnings")[0].ends_with("the nearest value is 8"));
}

#[tokio::test]
async fn a_field_that_hangs_on_an_issue_is_brought_by_its_name() {
    let workspace = TestWorkspace::new().await;
    let expansions = [
        "children",
        "comments",
        "relations",
        "attachments",
        "checklist",
    ];
    for name in expansions {
        let answer = workspace
            .call(
                "get_issue",
                &format!("{{issue_id: PSN-123, fields: [identifier, {name}]}}"),
            )
            .await;
        assert!(!answer.data()[name].is_null(), "{name}: {:#}", answer.0);
        assert_eq!(answer.at("/warnings"), &Value::Null, "{name}");
        assert_eq!(answer.calls(), 1);
    }
    let answer = workspace
        .call(
            "get_issue",
            "{issue_id: PSN-123, fields: [comments.body], include_comments: false}",
        )
        .await;
    assert_eq!(answer.data()["comments"].as_array().map(Vec::len), Some(3));
    let made = workspace
        .call("create_issue", "{team: ENG, title: Bare}")
        .await;
    let bare = made.data()["identifier"].as_str().unwrap();
    let params = format!("{{issue_id: {bare}, fields: [{}]}}", expansions.join(", "));
    let answer = workspace.call("get_issue", &params).await;
    let empty: Map<String, Value> = expansions
        .iter()
        .map(|name| ((*name).to_owned(), json!([])))
        .collect();
    assert_eq!(answer.data(), &Value::from(empty));
    let params =
        format!("{{issue_id: {bare}, title: Barer, fields: [identifier, comments, checklist]}}");
    let answer = workspace.call("update_issue", &params).await;
    assert_eq!(answer.data(), &json!({"identifier": bare, "checklist": []}));
    assert_eq!(
        answer.texts("/warnings"),
        ["'comments' is not part of this answer; get_issue with fields: [comments] brings it"]
    );
}

#[tokio::test]
async fn a_path_that_leads_nowhere_is_told() {
    let workspace = TestWorkspace::new().await;
    for (path, warning) in [
        (
            "state.nme",
            "no field 'nme' in 'state' here; did you mean 'name'?",
        ),
        (
            "labels.colour",
            "no field 'colour' in 'labels' here; did you mean 'color'?",
        ),
        ("titel", "no field 'titel' here; did you mean 'title'?"),
        (
            "coments",
            "no field 'coments' here; did you mean 'comments'?",
        ),
        (
            "comments.user.nam",
            "no field 'nam' in 'comments.user' here; did you mean 'name'?",
        ),
    ] {
        let answer = workspace
            .call(
                "get_issue",
                &format!("{{issue_id: PSN-123, fields: [identifier, {path}]}}"),
            )
            .await;
        answer.data();
        assert_eq!(answer.texts("/warnings"), [warning]);
    }
    let answer = workspace
        .call(
            "list_issues",
            "{team: ENG, fields: [identifier, state.name, assignee.nope]}",
        )
        .await;
    let warnings = answer.texts("/warnings");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].starts_with("no field 'nope' in 'assignee' here"));
}

/// Checks that a schema and all below it have one type each and no combinators.
fn check_plain(schema: &Value, place: &str) {
    let schema = schema.as_object().unwrap();
    assert!(
        schema.get("type").is_some_and(Value::is_string),
        "{place}: {schema:?}"
    );
    for key in schema.keys() {
        let known = [
            "type",
            "description",
            "items",
            "enum",
            "properties",
            "required",
        ];
        assert!(known.contains(&key.as_str()), "{place} has {key}");
    }
    if let Some(items) = schema.get("items") {
        check_plain(items, place);
    }
    for (name, property) in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        check_plain(property, &format!("{place}.{name}"));
    }
}

#[test]
fn each_property_of_a_tool_has_one_type() {
    for entry in TABLE.iter() {
        let schema = entry.signature().input_schema(|_| false);
        check_plain(&schema.into(), entry.spec.name);
    }
    let kind = |operation: &str, name: &str| {
        let entry = TABLE
            .iter()
            .find(|entry| entry.spec.name == operation)
            .unwrap();
        entry.signature().field(name).unwrap().kind()
    };
    assert_eq!(kind("create_issue", "priority"), "integer");
    assert_eq!(kind("create_issue", "labels"), "list of string");
    assert_eq!(kind("update_issue", "add_labels"), "list of string");
    assert_eq!(kind("update_issue", "clear"), "list of string");
    assert_eq!(kind("ensure_labels_exist", "labels"), "list of object");
    assert_eq!(kind("create_issue", "links"), "list of object");
}

/// Generates texts that resemble a word for none, and other texts.
fn any_value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "(none|nil|null|NULL|None|unassigned|nobody|nothing|empty|n/a|-|~|0|no|false)?",
        " ?(None|null|) ?",
        "[a-z\\[\\]{},'\" -]{0,8}",
        any::<String>(),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::vec(("(id|name|null|none)", inner), 0..3)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// Whether a value is one of the documented words for none, in a field whose words those are.
fn says_none(value: &Value, form: Form, list: bool, reads: bool) -> bool {
    match value {
        Value::Null => true,
        // In a list that is written, the word may be the name of an item.
        Value::String(text) if (!list || reads) && !matches!(form, Form::Markdown | Form::Line) => {
            let word = text.trim().to_ascii_lowercase();
            ["none", "unassigned", "null"].contains(&word.as_str()) || (word.is_empty() && !reads)
        }
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_cleared_without_one_of_the_words(value in any_value()) {
        for entry in TABLE.iter() {
            let (spec, signature) = (&entry.spec, entry.signature());
            let required = || signature.fields.iter().filter(|field| field.required);
            for field in signature.fields.iter().filter(|field| !field.required) {
                let mut params: Map<String, Value> =
                    required().map(|field| (field.name.clone(), "x".into())).collect();
                params.insert(field.name.clone(), value.clone());
                let list = field.schema["type"] == "array";
                match signature.canonical(spec, params, 250) {
                    Ok((read, _)) => {
                        // Canonical parameters stay unchanged.
                        let again = signature.canonical(spec, read.clone(), 250);
                        prop_assert_eq!(again, Ok((read.clone(), Vec::new())), "{}", spec.name);
                        let cleared = read.iter().any(|(_, value)| value.is_null());
                        let means = field.null == NullMeaning::Clears && says_none(&value, field.form, list, field.reads);
                        let by_name = field.name == "clear" && cleared;
                        prop_assert_eq!(cleared, means || by_name, "{} {} {}", spec.name, field.name, value);
                        if by_name {
                            let text = value.to_string();
                            prop_assert!(read.iter().all(|(name, value)| !value.is_null() || text.contains(name.as_str())));
                        }
                    }
                    Err(error) => {
                        prop_assert!(!error.suggestions().is_empty(), "{}", error);
                        prop_assert_ne!(error.code(), Code::MissingRequiredParam);
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn a_filter_takes_null_for_those_without_one_or_refuses_it() {
    let workspace = TestWorkspace::new().await;
    for (operation, params) in [
        ("list_issues", "{state: null}"),
        ("list_issues", "{state: ~, labels: [bug]}"),
        ("list_issues", "{team: null}"),
        ("list_issues", "{labels: []}"),
        ("list_issues", "{labels: '[]'}"),
        ("search_issues", "{query: login, state: null}"),
        ("search_issues", "{query: login, labels: []}"),
        ("list_projects", "{initiative: null}"),
        ("list_projects", "{state: null}"),
        ("list_projects", "{team: null}"),
        ("list_documents", "{project: null}"),
        ("list_documents", "{issue_id: null}"),
    ] {
        let answer = workspace.call(operation, params).await;
        assert!(answer.code().starts_with("INVALID_"), "{params}");
        assert!(!answer.texts("/error/suggestions").is_empty());
        assert!(workspace.take_requests().is_empty(), "{params}");
    }
    let all = workspace.call("list_issues", "{limit: 250}").await;
    let params = "{labels: null, limit: 250}";
    let without = workspace.call("list_issues", params).await;
    let rows = |answer: &Answer| answer.data()["issues"].as_array().unwrap().clone();
    let unlabelled: Vec<Value> = rows(&all)
        .into_iter()
        .filter(|row| row.get("labels").is_none())
        .collect();
    assert!(!unlabelled.is_empty() && unlabelled.len() < rows(&all).len());
    assert_eq!(rows(&without), unlabelled);
    for cold in [&TestWorkspace::new().await, &workspace] {
        let all = cold.call("list_projects", "{detail: full}").await;
        let answer = cold
            .call("list_projects", "{detail: full, lead: none}")
            .await;
        let projects = |answer: &Answer| answer.data()["projects"].as_array().unwrap().clone();
        let led: Vec<Value> = projects(&all)
            .into_iter()
            .filter(|row| row.get("lead").is_none())
            .collect();
        assert!(!led.is_empty() && led.len() < projects(&all).len());
        assert_eq!(projects(&answer), led);
    }
}

#[tokio::test]
async fn a_key_that_adds_to_a_text_is_not_taken_for_the_one_that_replaces_it() {
    for key in [
        "description_append",
        "appendDescription",
        "description_prepend",
    ] {
        let workspace = TestWorkspace::new().await;
        let params = format!("{{issue_id: ENG-231, {key}: more}}");
        let answer = workspace.call("update_issue", &params).await;
        assert_eq!(answer.code(), "INVALID_PARAM");
        let hints = answer.texts("/error/suggestions").join("\n");
        assert!(!hints.contains("'description'"), "{hints}");
        assert!(workspace.take_requests().is_empty());
    }
}

#[tokio::test]
async fn a_switch_is_no_label() {
    for labels in ["{bug: true}", "[{bug: false}]", "'{bug: true}'"] {
        let workspace = TestWorkspace::new().await;
        let params = format!("{{issue_id: ENG-231, labels: {labels}}}");
        let answer = workspace.call("update_issue", &params).await;
        assert!(!answer.code().is_empty());
        assert!(workspace.take_requests().is_empty(), "{labels}");
    }
}

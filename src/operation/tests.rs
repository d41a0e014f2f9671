mod spellings;

use proptest::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::*;
use crate::error::{Code, Error};
use crate::operation::{CommonParam, Effect, Touches};
use crate::params::{Flag, Patch, Ref, Refs, Text};

/// Changes an issue.
///
/// Only what is given changes.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema matters")]
struct UpdateIssue {
    /// The issue: identifier, UUID
    /// or URL.
    issue_id: Ref,
    #[schemars(extend("null" = "refused"))]
    title: Option<Text>,
    state: Option<Ref>,
    labels: Option<Refs>,
    /// `null` removes it.
    #[serde(default)]
    assignee: Patch<Ref>,
    #[serde(default)]
    changes: Flag,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema matters")]
struct UpdateComment {
    comment_id: Ref,
    body: Text,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema matters")]
struct GetLabel {
    team: Option<Ref>,
    name: Ref,
}

const fn spec(name: &'static str, subject: &'static str) -> Spec {
    Spec {
        name,
        title: "",
        effect: Effect::Change,
        subject: Some(subject),
        aliases: &[],
        shared: &[CommonParam::Detail, CommonParam::RefreshCache],
        touches: Touches::NoIssue,
    }
}

const ISSUE: Spec = spec("update_issue", "issue_id");

type Canonical = Result<(Value, Vec<String>), Error>;

fn canonical<P: JsonSchema>(spec: &Spec, params: Value) -> Canonical {
    let Value::Object(params) = params else {
        panic!("an object")
    };
    let signature = Signature::read(&params::schema::<P>(), spec);
    let (params, warnings) = signature.canonical(spec, params, 250)?;
    Ok((params.into(), warnings))
}

fn issue(params: Value) -> Canonical {
    canonical::<UpdateIssue>(&ISSUE, params)
}

/// The canonical form, when there is nothing to warn about.
fn quiet(canonical: Canonical) -> Value {
    let (params, warnings) = canonical.unwrap();
    assert_eq!(warnings, [""; 0]);
    params
}

#[test]
fn it_is_read_from_the_type() {
    let signature = Signature::read(&params::schema::<UpdateIssue>(), &ISSUE);
    assert_eq!(
        signature.description,
        "Changes an issue.\n\nOnly what is given changes."
    );
    let names: Vec<&str> = signature.fields.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "issue_id",
            "title",
            "state",
            "labels",
            "assignee",
            "changes",
            // It can empty fields.
            "clear",
            "detail",
            "refresh_cache",
            // It writes.
            "dry_run"
        ]
    );
    let id = signature.field("issue_id").unwrap();
    assert_eq!(id.description, "The issue: identifier, UUID or URL.");
    assert_eq!(id.schema, json!({ "type": "string" }));
    let required: Vec<&Field> = signature.fields.iter().filter(|f| f.required).collect();
    assert_eq!(required, [id]);
    let clearable: Vec<&Field> = signature.fields.iter().filter(|f| f.clearable()).collect();
    assert_eq!(clearable, [signature.field("assignee").unwrap()]);
}

#[test]
fn shared_parameters_are_taken_out_unless_they_are_the_operations_own() {
    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema matters")]
    struct Export {
        /// The file's format.
        format: Text,
    }
    let spec = Spec {
        shared: &[CommonParam::Format, CommonParam::RefreshCache],
        effect: Effect::Read,
        ..ISSUE
    };
    let signature = Signature::read(&params::schema::<Export>(), &spec);
    let kinds: Vec<_> = signature
        .fields
        .iter()
        .map(|field| (field.name.as_str(), field.shared))
        .collect();
    assert_eq!(kinds, [("format", false), ("refresh_cache", true)]);

    let Value::Object(mut params) = json!({ "format": "csv", "refresh_cache": true, "detail": 1 })
    else {
        panic!("an object")
    };
    let shape = signature
        .shared(&mut params, AnswerDefaults::default())
        .unwrap();
    assert!(shape.refresh_cache && !shape.table);
    assert_eq!(Value::from(params), json!({ "format": "csv", "detail": 1 }));
}

#[test]
fn every_shared_parameter_is_described() {
    let all = [
        CommonParam::Detail,
        CommonParam::Fields,
        CommonParam::MaxDescriptionChars,
        CommonParam::TextOffset,
        CommonParam::Format,
        CommonParam::RefreshCache,
        CommonParam::DryRun,
    ];
    let written = params::schema::<CommonParamsInput>();
    let described = written.get("properties").unwrap().as_object().unwrap();
    assert!(described.keys().eq(all.map(CommonParam::name).iter()));
}

#[test]
fn the_tool_schema_states_what_is_required() {
    let signature = Signature::read(&params::schema::<GetLabel>(), &spec("get_label", "name"));
    let expected = json!({
        "type": "object",
        "properties": {
            "team": { "type": "string" },
            "name": { "type": "string" },
        },
        "required": ["name"],
    });
    assert_eq!(Value::from(signature.input_schema(|_| false)), expected);
    assert!(!signature.tool_description().contains('\n'));
}

#[test]
fn null_counts_only_where_it_means_something() {
    assert_eq!(
        quiet(issue(
            json!({ "id": "PSN-1", "changes": null, "assignee": null })
        )),
        json!({ "issue_id": "PSN-1", "assignee": null })
    );
    let error = issue(json!({ "id": null })).unwrap_err();
    assert_eq!(error.code(), Code::MissingRequiredParam);
}

/// The error of parameters that are refused.
fn refusal(params: Value) -> Error {
    let error = issue(params).unwrap_err();
    assert_eq!(error.code(), Code::InvalidParam, "{error}");
    error
}

#[test]
fn an_unknown_name_is_refused_with_its_neighbour() {
    let error = refusal(json!({ "id": "PSN-1", "asignee": "me", "statuss": "Done", "zzz": 1 }));
    assert_eq!(
        error.message(),
        "update_issue has no parameters 'asignee', 'statuss', 'zzz'"
    );
    assert_eq!(
        error.suggestions(),
        [
            "Use 'assignee' in place of 'asignee'",
            "Use 'state' in place of 'statuss'",
            "Leave out 'zzz'",
            "Call help with operation: update_issue to see its parameters",
        ]
    );
    let details = error.details();
    assert_eq!(details.get("param").unwrap(), "asignee");
    let parameters = details.get("parameters").unwrap().as_array().unwrap();
    assert!(parameters.contains(&json!("assignee")));
}

#[test]
fn a_neighbour_is_not_suggested_where_it_means_something_else() {
    for (key, near) in [
        ("except_labels", "labels"),
        ("exceptLabels", "labels"),
        ("not_label", "labels"),
        ("no_assignee", "assignee"),
    ] {
        let error = refusal(json!({ "id": "PSN-1", key: "x" }));
        assert_eq!(
            error.details().get("nearest"),
            Some(&json!({ key: near })),
            "{key}"
        );
        assert_eq!(
            error.suggestions().first().unwrap(),
            &format!("Leave out '{key}'")
        );
    }
    // Nor where it is given already.
    let error = refusal(json!({ "id": "PSN-1", "assignee": "me", "asignee": "you" }));
    assert_eq!(error.suggestions().first().unwrap(), "Leave out 'asignee'");
}

#[test]
fn many_unknown_names_are_counted() {
    let mut params: Map<String, Value> = (0..5_000).map(|n| (format!("zz{n}"), n.into())).collect();
    params.insert("x".repeat(1 << 16), 1.into());
    params.insert("id".to_owned(), "PSN-1".into());
    let error = refusal(params.into());
    assert!(error.message().ends_with(" and 4993 more"), "{error}");
    assert!(error.message().len() < 300);
    assert!(Value::from(error.details().clone()).to_string().len() < 1_000);
    assert!(error.suggestions().iter().map(String::len).sum::<usize>() < 300);
}

#[test]
fn hostile_names_are_read_as_one() {
    let params: Map<String, Value> = (0..5_000)
        .map(|n| {
            (
                format!("id{}", "-".repeat(n % 40)) + &" ".repeat(n / 40),
                "PSN-1".into(),
            )
        })
        .collect();
    assert_eq!(quiet(issue(params.into())), json!({ "issue_id": "PSN-1" }));
    let error = refusal(json!({ "id": "PSN-1", "-".repeat(1 << 20): 1 }));
    assert!(error.message().len() < 100, "{error}");
}

#[test]
fn a_key_that_means_nothing_is_warned_about() {
    let (params, warnings) = issue(json!({
        "id": "PSN-1", "includeCustomFields": true, "cache": true, "command": "plan", "trace_id": "t",
    }))
    .unwrap();
    assert_eq!(params, json!({ "issue_id": "PSN-1" }));
    assert_eq!(warnings.len(), 4, "{warnings:?}");
    for (key, warning) in ["includeCustomFields", "cache", "command", "trace_id"]
        .iter()
        .zip(warnings)
    {
        assert!(
            warning.starts_with(&format!("'{key}' means nothing")),
            "{warning}"
        );
    }
    // Among filters it would narrow a list, and what holds something to store is never passed over.
    refusal(json!({ "id": "PSN-1", "filters": { "mode": "x" } }));
    let error = refusal(json!({ "id": "PSN-1", "custom_fields": { "phase": 2 } }));
    assert!(
        error
            .suggestions()
            .iter()
            .any(|way| way.contains("no custom fields"))
    );
}

#[test]
fn a_key_that_says_not_to_use_the_cache_is_heard() {
    for given in [
        json!({ "id": "PSN-1", "cache": false }),
        json!({ "id": "PSN-1", "context": { "command": "plan", "cache": "no" } }),
    ] {
        let (params, warnings) = issue(given).unwrap();
        assert_eq!(
            params,
            json!({ "issue_id": "PSN-1", "refresh_cache": true })
        );
        assert_eq!(warnings, ["took 'cache: false' as 'refresh_cache: true'"]);
    }
}

#[test]
fn what_hosts_add_is_passed_over_in_silence() {
    let given = json!({
        "id": "PSN-1", "toolCallId": "t", "sessionId": "s", "action": "sendMessage", "chatInput": "hi", "_meta": {},
    });
    assert_eq!(quiet(issue(given)), json!({ "issue_id": "PSN-1" }));
    refusal(json!({ "id": "PSN-1", "filter": { "action": "x" } }));
}

#[test]
fn a_common_parameter_is_passed_over_where_it_changes_nothing() {
    for (key, value) in [
        ("format", json!("yaml")),
        ("fields", json!([])),
        ("cursor", json!("")),
        ("include_archived", json!(false)),
    ] {
        let (params, warnings) = issue(json!({ "id": "PSN-1", key: value })).unwrap();
        assert_eq!(params, json!({ "issue_id": "PSN-1" }));
        assert_eq!(
            warnings,
            [format!(
                "'{key}' changes nothing in update_issue and was ignored"
            )]
        );
    }
    assert_eq!(
        quiet(issue(json!({ "id": "PSN-1", "limit": null }))),
        json!({ "issue_id": "PSN-1" })
    );
    for (key, value) in [
        // How much a write is to do is no matter of taste.
        ("limit", json!(1)),
        ("first", json!("50")),
        ("limit", json!("all")),
        ("format", json!("table")),
        ("fields", json!(["title"])),
        ("cursor", json!("c1")),
        ("include_archived", json!(true)),
        ("max_description_chars", json!(200)),
    ] {
        refusal(json!({ "id": "PSN-1", key: value }));
    }
}

#[test]
fn a_read_has_nothing_to_hold_back() {
    let read = Spec {
        name: "list_things",
        effect: Effect::Read,
        shared: &[CommonParam::Format],
        ..spec("", "name")
    };
    let params = json!({ "name": "x", "dry_run": true, "refreshCache": true, "limit": 50 });
    let (params, warnings) = canonical::<GetLabel>(&read, params).unwrap();
    assert_eq!(params, json!({ "name": "x" }));
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    let error = canonical::<GetLabel>(&read, json!({ "name": "x", "limit": 10 })).unwrap_err();
    assert_eq!(error.code(), Code::InvalidParam);
}

#[test]
fn fields_are_cleared_by_null_by_the_words_and_by_name() {
    let cleared = json!({ "issue_id": "PSN-1", "assignee": null });
    for given in [
        json!({ "id": "PSN-1", "assignee": null }),
        json!({ "id": "PSN-1", "assignee": "" }),
        json!({ "id": "PSN-1", "assignee": " None " }),
        json!({ "id": "PSN-1", "assignee": "unassigned" }),
        json!({ "id": "PSN-1", "assignee": "null" }),
        json!({ "id": "PSN-1", "clear": ["assignee"] }),
        json!({ "id": "PSN-1", "clear": "assigneeId" }),
        json!({ "id": "PSN-1", "clear": "[assignee, assignee,]" }),
        json!({ "id": "PSN-1", "assignee": null, "clear": ["assignee"] }),
    ] {
        assert_eq!(quiet(issue(given)), cleared);
    }
    for (given, message) in [
        (json!({ "clear": ["title"] }), "'title' cannot be cleared"),
        (
            json!({ "clear": ["zzz"] }),
            "There is no field 'zzz' to clear",
        ),
        (json!({ "clear": [3] }), "'clear' takes names of fields"),
        (
            json!({ "clear": ["assignee"], "assignee": "me" }),
            "'assignee' is both set and named in 'clear'",
        ),
        (
            json!({ "title": null }),
            "Parameter 'title' cannot be cleared",
        ),
    ] {
        let Value::Object(mut given) = given else {
            panic!("an object")
        };
        given.insert("id".to_owned(), "PSN-1".into());
        let error = refusal(given.into());
        assert_eq!(error.message(), message);
        assert!(!error.suggestions().is_empty());
    }
    assert_eq!(
        quiet(issue(json!({ "id": "PSN-1", "clear": null }))),
        json!({ "issue_id": "PSN-1" })
    );
}

#[test]
fn what_is_missing_is_listed_beside_what_is_unknown() {
    let comment = spec("update_comment", "comment_id");
    let error = canonical::<UpdateComment>(&comment, json!({})).unwrap_err();
    assert_eq!(error.code(), Code::MissingRequiredParam);
    assert_eq!(error.message(), "update_comment needs 'comment_id', 'body'");
    let details = json!({ "missing": ["comment_id", "body"], "required": ["comment_id", "body"] });
    assert_eq!(Value::from(error.details().clone()), details);
    let error = canonical::<UpdateComment>(&comment, json!({ "bdy": "x" })).unwrap_err();
    assert_eq!(error.code(), Code::InvalidParam);
    assert_eq!(
        error.suggestions().first().unwrap(),
        "Use 'body' in place of 'bdy'"
    );
    assert_eq!(
        error.details().get("missing").unwrap(),
        &json!(["comment_id", "body"])
    );
}

fn any_params() -> impl Strategy<Value = Map<String, Value>> {
    let key = prop_oneof![
        "(issue_id|issueId|id|status|state|label|labels|name|title|asignee|filters|detail)",
        any::<String>(),
    ];
    let value = prop_oneof![
        Just(Value::Null),
        Just(json!("a")),
        Just(json!("b")),
        Just(json!({ "status": "Done", "id": "a" })),
    ];
    proptest::collection::vec((key, value), 0..6).prop_map(|entries| entries.into_iter().collect())
}

proptest! {
    #[test]
    fn canonical_names_stay_as_they_are(params in any_params()) {
        let signature = Signature::read(&params::schema::<UpdateIssue>(), &ISSUE);
        let Ok((read, _)) = signature.canonical(&ISSUE, params, 250) else { return Ok(()) };
        prop_assert!(read.keys().all(|name| signature.field(name).is_some()));
        let (again, warnings) = signature.canonical(&ISSUE, read.clone(), 250).unwrap();
        prop_assert_eq!(again, read);
        prop_assert!(warnings.is_empty());
    }
}

#[test]
fn the_summary_is_the_first_sentence() {
    for (description, summary) in [
        ("Gets an issue. And more.", "Gets an issue"),
        ("Gets PSN-1.5 now.\nMore", "Gets PSN-1.5 now"),
        ("", ""),
    ] {
        let signature = Signature {
            description: description.to_owned(),
            fields: Vec::new(),
        };
        assert_eq!(signature.summary(), summary);
    }
}

#[test]
fn types_are_told_in_words() {
    for (schema, words) in [
        (json!({"type": "string"}), "string"),
        (json!({"type": ["integer", "null"]}), "integer"),
        (
            json!({"type": "array", "items": {"type": "string"}}),
            "list of string",
        ),
        (json!({"enum": ["brief", "full"]}), "brief | full"),
        (
            json!({"anyOf": [{"type": "string"}, {"type": "object"}]}),
            "string or object",
        ),
        (json!({}), "any value"),
    ] {
        assert_eq!(type_in_words(&schema), words, "{schema}");
    }
}

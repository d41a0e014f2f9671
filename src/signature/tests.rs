#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing test may panic"
)]

mod spellings;

use proptest::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::*;
use crate::error::{Code, Error};
use crate::operation::{Effect, Shared};
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
        shared: &[Shared::Detail, Shared::RefreshCache],
    }
}

const ISSUE: Spec = spec("update_issue", "issue_id");

type Canonical = Result<(Value, Vec<String>), Error>;

fn canonical<P: JsonSchema>(spec: &Spec, params: Value) -> Canonical {
    let Value::Object(params) = params else {
        panic!("an object")
    };
    let signature = Signature::read(&params::schema::<P>(), spec);
    let (params, warnings) = signature.canonical(spec, params)?;
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
        shared: &[Shared::Format, Shared::RefreshCache],
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
    let shape = signature.shared(&mut params).unwrap();
    assert!(shape.refresh_cache && !shape.table);
    assert_eq!(Value::from(params), json!({ "format": "csv", "detail": 1 }));
}

#[test]
fn every_shared_parameter_is_described() {
    let all = [
        Shared::Detail,
        Shared::Fields,
        Shared::MaxDescriptionChars,
        Shared::Format,
        Shared::RefreshCache,
        Shared::DryRun,
    ];
    let written = params::schema::<Written>();
    let described = written.get("properties").unwrap().as_object().unwrap();
    assert!(described.keys().eq(all.map(Shared::name).iter()));
}

#[test]
fn the_tool_schema_lets_a_whole_request_pass() {
    let signature = Signature::read(&params::schema::<GetLabel>(), &spec("get_label", "name"));
    let expected = json!({
        "type": "object",
        "properties": {
            "team": { "type": "string" },
            "name": { "type": "string" },
        },
    });
    assert_eq!(Value::from(signature.input_schema(|_| false)), expected);
    assert!(signature.tool_description().ends_with(" Required: name."));
}

#[test]
fn null_counts_only_where_it_means_something() {
    assert_eq!(
        quiet(issue(
            json!({ "id": "PSN-1", "title": null, "changes": null, "assignee": null })
        )),
        json!({ "issue_id": "PSN-1", "assignee": null })
    );
    let error = issue(json!({ "id": null })).unwrap_err();
    assert_eq!(error.code(), Code::MissingRequiredParam);
}

#[test]
fn an_unknown_name_is_told_with_its_neighbour() {
    let (params, warnings) =
        issue(json!({ "id": "PSN-1", "asignee": "me", "statuss": "Done", "zzz": 1 })).unwrap();
    assert_eq!(params, json!({ "issue_id": "PSN-1" }));
    assert_eq!(
        warnings,
        [
            "unknown parameter 'asignee' ignored; did you mean 'assignee'?",
            "unknown parameter 'statuss' ignored; did you mean 'state'?",
            "unknown parameter 'zzz' ignored",
        ]
    );
}

#[test]
fn many_unknown_names_are_counted() {
    let mut params: Map<String, Value> = (0..5_000).map(|n| (format!("zz{n}"), n.into())).collect();
    params.insert("x".repeat(1 << 16), 1.into());
    params.insert("id".to_owned(), "PSN-1".into());
    let (_, warnings) = issue(params.into()).unwrap();
    assert_eq!(warnings.len(), 9);
    assert_eq!(
        warnings.last().unwrap(),
        "4993 more unknown parameters ignored"
    );
}

#[test]
fn hostile_names_are_read_as_one() {
    let long = "-".repeat(1 << 20);
    let mut params: Map<String, Value> = (0..5_000)
        .map(|n| {
            (
                format!("id{}", "-".repeat(n % 40)) + &" ".repeat(n / 40),
                "PSN-1".into(),
            )
        })
        .collect();
    params.insert(long, 1.into());
    let (read, warnings) = issue(params.into()).unwrap();
    assert_eq!(read, json!({ "issue_id": "PSN-1" }));
    assert_eq!(warnings.len(), 1);
}

#[test]
fn what_is_missing_is_listed_with_what_may_have_been_meant() {
    let error =
        canonical::<UpdateComment>(&spec("update_comment", "comment_id"), json!({ "bdy": "x" }))
            .unwrap_err();
    assert_eq!(error.code(), Code::MissingRequiredParam);
    assert_eq!(error.message(), "update_comment needs 'comment_id', 'body'");
    let details = json!({ "missing": ["comment_id", "body"], "required": ["comment_id", "body"] });
    assert_eq!(Value::from(error.details().clone()), details);
    assert_eq!(
        error.suggestions(),
        [
            "unknown parameter 'bdy' ignored; did you mean 'body'?",
            "Call help with operation: update_comment to see its parameters"
        ]
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
        let Ok((read, _)) = signature.canonical(&ISSUE, params) else { return Ok(()) };
        prop_assert!(read.keys().all(|name| signature.field(name).is_some()));
        let (again, warnings) = signature.canonical(&ISSUE, read.clone()).unwrap();
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

mod common;
mod edits;
mod forms;

use proptest::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::*;
use crate::error::{Code, Error};

/// Every type once, under names that have codes of their own where there are such.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct All {
    team: Option<Ref>,
    cycle: Option<CycleRef>,
    labels: Option<Refs>,
    title: Option<Text>,
    limit: Option<Count>,
    estimate: Patch<Estimate>,
    assignee: Patch<Ref>,
    indices: Indices,
    include: Flag,
    priority: Option<Priority>,
    due_date: Patch<Day>,
    updated_after: Option<Moment>,
    specs: LabelSpecs,
    links: Links,
    patch: Option<TextEdits>,
    color: Option<Color>,
    order_by: Option<Order>,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Order {
    /// Newest first.
    CreatedAt,
    /// Changed last first.
    UpdatedAt,
}

fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other} is no object"),
    }
}

fn all(value: Value) -> Result<All, Error> {
    decode(map(value))
}

fn ok(value: Value) -> All {
    all(value).unwrap()
}

fn message(value: Value) -> String {
    all(value).unwrap_err().message().to_owned()
}

/// What is wrong, and the way out of it.
fn told(value: Value) -> String {
    let error = all(value).unwrap_err();
    format!("{}. {}", error.message(), error.suggestions().join("; "))
}

#[test]
fn an_item_is_named_by_its_place() {
    let error = all(json!({ "labels": ["bug", null] })).unwrap_err();
    assert_eq!(error.code(), Code::InvalidLabelName);
    assert_eq!(error.message(), "Parameter 'labels[1]' cannot be null");
    let details = json!({ "param": "labels[1]" });
    assert_eq!(Value::from(error.details().clone()), details);
}

#[test]
fn each_error_says_a_way_out() {
    for (given, way_out) in [
        (
            json!({ "labels": [" "] }),
            "Set 'labels[0]' to a name or id",
        ),
        (
            json!({ "due_date": "2025-02-30" }),
            "Set 'due_date' to a date that exists, as YYYY-MM-DD",
        ),
        (
            json!({ "specs": [{ "color": "#fff" }] }),
            "Add 'name' to 'specs[0]'",
        ),
        (json!({ "specs": [{ "colr": "#fff" }] }), "Use 'color'"),
        (json!({ "order_by": "updated" }), "Use 'updated_at'"),
        (
            json!({ "order_by": "zzz" }),
            "Use one of created_at, updated_at",
        ),
    ] {
        let error = all(given).unwrap_err();
        assert_eq!(error.suggestions().first().unwrap(), way_out, "{error}");
        // What would be right stands in one place alone.
        assert!(!error.message().contains("expected"), "{error}");
    }
}

#[test]
fn long_values_are_cut_in_errors() {
    let error = all(json!({ "priority": "ü".repeat(1 << 16) })).unwrap_err();
    assert!(error.message().len() < 300);
    assert!(Value::from(error.details().clone()).to_string().len() < 300);
}

#[test]
fn a_missing_field_has_the_code_for_it() {
    #[derive(Debug, Deserialize)]
    struct Needs {
        #[expect(dead_code, reason = "only its absence matters")]
        issue_id: Ref,
    }
    let error = decode::<Needs>(Map::new()).unwrap_err();
    assert_eq!(error.code(), Code::MissingRequiredParam);
    assert_eq!(error.message(), "Parameter 'issue_id' is missing");
    assert_eq!(error.suggestions(), ["Give a value in 'issue_id'"]);
}

#[test]
fn schemas_are_short() {
    let schema = schema::<All>();
    let mut properties = schema.get("properties").unwrap().clone();
    let properties = &mut properties;
    for property in properties.as_object_mut().unwrap().values_mut() {
        Form::remove_keyword(property);
        NullMeaning::remove_keyword(property);
    }
    let expected = json!({
        "team": { "type": "string" },
        "cycle": { "type": "string" },
        "labels": { "type": "array", "items": { "type": "string" } },
        "title": { "type": "string" },
        "limit": { "type": "integer" },
        "estimate": { "type": "integer" },
        "assignee": { "type": "string" },
        "indices": { "type": "array", "items": { "type": "integer" } },
        "include": { "type": "boolean" },
        "priority": { "type": "integer" },
        "due_date": { "type": "string" },
        "updated_after": { "type": "string" },
        "specs": { "type": "array", "items": { "type": "string" } },
        "links": { "type": "array", "items": { "type": "object" } },
        "patch": {
            "type": "array",
            "items": { "type": "object" },
            "description": "Edits {op, anchor|heading, text}: append, insert_after, replace, remove, append_to_section, replace_section, …",
        },
        "color": { "type": "string" },
        "order_by": { "type": "string", "enum": ["created_at", "updated_at"] },
    });
    assert_eq!(properties, &expected);
    assert!(schema.get("$schema").is_none());
    assert!(schema.get("$defs").is_none());
}

#[test]
fn each_type_states_what_its_value_can_hold() {
    let schema = schema::<All>();
    let form = |name: &str| Form::from_schema(&schema.get("properties").unwrap()[name]);
    for (name, expected) in [
        ("team", Form::Name),
        ("labels", Form::Name),
        ("title", Form::Line),
        ("assignee", Form::Name),
        ("indices", Form::Word),
        ("due_date", Form::Word),
        ("specs", Form::Label),
        ("links", Form::Link),
        ("patch", Form::Edits),
        ("color", Form::Color),
        ("order_by", Form::Word),
    ] {
        assert_eq!(form(name), expected, "{name}");
    }
}

#[test]
fn each_type_states_what_null_means() {
    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema matters")]
    struct Update {
        #[schemars(extend("null" = "refused"))]
        title: Option<Title>,
        #[schemars(extend("null" = "unset"))]
        parent_id: Option<Identifier>,
        #[serde(default)]
        assignee: Patch<Ref>,
        #[serde(default)]
        labels: Patch<Refs>,
        limit: Option<Count>,
    }
    let schema = schema::<Update>();
    let null = |name: &str| NullMeaning::from_schema(&schema.get("properties").unwrap()[name]);
    for (name, expected) in [
        ("title", NullMeaning::Refused),
        ("parent_id", NullMeaning::Unset),
        ("assignee", NullMeaning::Clears),
        ("labels", NullMeaning::Clears),
        ("limit", NullMeaning::Absent),
    ] {
        assert_eq!(null(name), expected, "{name}");
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[-+]?[0-9PTDMY:. -]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec(("(id|name|key|url|title|color|[a-z]{1,3})", inner), 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_value_panics_and_errors_name_their_parameter(value in any_value()) {
        let names: Vec<String> = schema::<All>().get("properties").unwrap().as_object().unwrap().keys().cloned().collect();
        for name in names {
            let mut params = Map::new();
            params.insert(name.clone(), value.clone());
            if let Err(error) = decode::<All>(params) {
                prop_assert!(error.message().contains(&format!("'{name}")), "{}", error);
                prop_assert_eq!(error.code(), Code::for_param(&name));
                prop_assert!(!error.suggestions().is_empty(), "{}", error);
            }
        }
    }

    #[test]
    fn a_name_is_the_same_in_every_case(words in proptest::collection::vec("[a-z]{1,5}", 1..4)) {
        let snake = words.join("_");
        let camel: String = words.iter().map(|word| word[..1].to_uppercase() + &word[1..]).collect();
        prop_assert_eq!(plain_name(&snake), plain_name(&camel));
        let other = format!("{camel}x");
        prop_assert_ne!(plain_name(&snake), plain_name(&other));
    }
}

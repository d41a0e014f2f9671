//! The whole schema against the seeded workspace: every list, every field, two relations deep.

use apollo_compiler::schema::FieldDefinition;
use serde_json::json;

use super::{column, data, read, send};
use crate::sandbox::Sandbox;
use crate::sandbox::schema::{LinearSchema, TypeShape};

/// Returns a selection of all fields of an object that take no required argument, with relations down to `depth`.
fn selection(api: &LinearSchema, kind: &str, depth: usize) -> String {
    let object = api.parsed().get_object(kind).unwrap();
    let fields = object.fields.values().filter(|field| is_free(field));
    let parts: Vec<String> = fields.filter_map(|field| part(api, field, depth)).collect();
    parts.join(" ")
}

fn part(api: &LinearSchema, field: &FieldDefinition, depth: usize) -> Option<String> {
    let name = field.name.as_str();
    let inner = field.ty.inner_named_type().as_str();
    match api.shape(inner) {
        TypeShape::Leaf => Some(name.to_owned()),
        TypeShape::Abstract => None,
        _ if depth == 0 => None,
        TypeShape::Page(node) if api.shape(node) == TypeShape::Abstract => None,
        TypeShape::Object => Some(format!(
            "{name} {{ __typename {} }}",
            selection(api, inner, depth - 1)
        )),
        TypeShape::Page(node) => {
            let nodes = selection(api, node, depth - 1);
            let size = field.argument_by_name("first").map_or("", |_| "(first: 1)");
            Some(format!(
                "{name}{size} {{ nodes {{ __typename {nodes} }} pageInfo {{ endCursor }} }}"
            ))
        }
    }
}

fn is_free(field: &FieldDefinition) -> bool {
    field
        .arguments
        .iter()
        .all(|argument| !argument.is_required())
}

/// Queries every root field of a schema that needs no argument, one document each. Returns the number of documents.
fn ask_for_everything(sandbox: &Sandbox, api: &LinearSchema) -> usize {
    let query = api.parsed().get_object("Query").unwrap();
    let by_id = |field: &FieldDefinition| field.argument_by_name("id").is_some();
    let fields = query
        .fields
        .values()
        .filter(|field| is_free(field) && !by_id(field));
    let documents: Vec<String> = fields.filter_map(|field| part(api, field, 3)).collect();
    for document in &documents {
        let answer = read(&send(sandbox, &format!("{{ {document} }}"), &json!({})));
        assert_eq!(answer.get("errors"), None, "{document}");
    }
    documents.len()
}

#[test]
fn every_list_answers_every_field_of_the_embedded_schema() {
    let api = LinearSchema::embedded();
    assert!(ask_for_everything(&Sandbox::new(), &api) >= 20);
}

#[test]
fn the_look_up_before_a_create_is_one_request() {
    let sandbox = Sandbox::new();
    let query = r#"query Lookup($team: String!, $state: String!, $user: String!, $labels: [IssueLabelFilter!]!) {
      teams(first: 2, filter: {or: [{key: {eqIgnoreCase: $team}}, {name: {eqIgnoreCase: $team}}]}) {
        nodes { id key name triageEnabled issueEstimationType } }
      states: workflowStates(first: 5, filter: {name: {eqIgnoreCase: $state},
          team: {or: [{key: {eqIgnoreCase: $team}}, {name: {eqIgnoreCase: $team}}]}}) { nodes { name type team { key } } }
      labels: issueLabels(first: 20, filter: {and: [{or: $labels},
          {or: [{team: {null: true}}, {team: {key: {eqIgnoreCase: $team}}}, {team: {name: {eqIgnoreCase: $team}}}]}]}) {
        nodes { name isGroup retiredAt parent { name } team { key } } }
      users(first: 3, filter: {or: [{email: {eqIgnoreCase: $user}}, {displayName: {eqIgnoreCase: $user}}]}) {
        nodes { name displayName email active app } }
    }"#;
    let variables = json!({ "team": "engineering", "state": "in progress", "user": "JOHN",
                            "labels": [{ "name": { "eqIgnoreCase": "BUG" } }, { "name": { "eqIgnoreCase": "frontend" } }] });
    let answer = read(&send(&sandbox, query, &variables));
    assert_eq!(answer.get("errors"), None, "{answer}");
    let found = &answer["data"];
    assert_eq!(found["teams"]["nodes"][0]["key"], "ENG");
    assert_eq!(
        found["states"]["nodes"],
        json!([{ "name": "In Progress", "type": "started", "team": { "key": "ENG" } }])
    );
    let labels = found["labels"]["nodes"].as_array().unwrap();
    assert_eq!(
        labels.len(),
        2,
        "the workspace's bug and the frontend of ENG alone: {labels:?}"
    );
    assert_eq!(found["users"]["nodes"][0]["email"], "john@example.com");
    assert_eq!(found["users"]["nodes"].as_array().unwrap().len(), 1);
    assert_eq!(
        data(&sandbox, "{ viewer { name } }")["viewer"]["name"],
        "John Doe"
    );
}

#[test]
fn relations_of_the_seed_are_found_from_both_ends() {
    let found = data(
        &Sandbox::new(),
        r#"{ projects(first: 1, filter: { name: { eq: "Auth System" } }) { nodes {
               lead { name } status { type } teams(first: 2) { nodes { key } } documents(first: 2) { nodes { title } }
               projectMilestones(first: 2) { nodes { name project { name } } } } }
             team(id: "ENG") { activeCycle { number team { key } } defaultIssueState { type team { key } }
               members(first: 9, filter: { app: { eq: true } }) { nodes { name teams(first: 2) { nodes { key } } } } }
             issue(id: "PSN-123") { parent { identifier children(first: 5) { nodes { identifier } } }
               attachments(first: 5) { nodes { issue { identifier } sourceType } }
               labels(first: 5) { nodes { name issues(first: 1) { nodes { identifier } } } } } }"#,
    );
    assert_eq!(
        found["projects"]["nodes"][0],
        json!({
            "lead": { "name": "John Doe" }, "status": { "type": "planned" },
            "teams": { "nodes": [{ "key": "ENG" }] },
            "documents": { "nodes": [{ "title": "Auth System Spec" }] },
            "projectMilestones": { "nodes": [{ "name": "GA", "project": { "name": "Auth System" } },
                                             { "name": "Beta", "project": { "name": "Auth System" } }] },
        })
    );
    assert_eq!(
        found["team"],
        json!({
            "activeCycle": { "number": 12, "team": { "key": "ENG" } },
            "defaultIssueState": { "type": "backlog", "team": { "key": "ENG" } },
            "members": { "nodes": [{ "name": "CI Bot", "teams": { "nodes": [{ "key": "ENG" }] } }] },
        })
    );
    let issue = &found["issue"];
    assert_eq!(
        column(&issue["parent"]["children"], "identifier"),
        ["PSN-124", "PSN-123"]
    );
    assert_eq!(
        column(&issue["attachments"], "sourceType"),
        ["github", "figma"]
    );
    assert_eq!(column(&issue["labels"], "name"), ["planning", "bug"]);
}

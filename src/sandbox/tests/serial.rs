//! Point 6 for mutations (they run one after the other, and the first refusal ends the document), and what the
//! stand-in says where it models nothing.

use serde_json::{Value, json};

use super::{ask, column, data, error, fixture, read, send};
use crate::sandbox::Sandbox;

/// The titles of ENG-1, ENG-2 and ENG-3.
fn titles(sandbox: &Sandbox) -> Vec<Value> {
    let answer = data(
        sandbox,
        "{ issues(filter: { number: { lte: 3 } }) { nodes { title } } }",
    );
    let mut titles = column(&answer["issues"], "title");
    titles.reverse();
    titles
}

#[test]
fn point_6_a_refused_mutation_nulls_the_answer_and_stops_those_after_it() {
    let sandbox = fixture::sandbox();
    let query = "mutation($a: String!, $b: String!, $c: String!) {
        a: issueUpdate(id: $a, input: { title: \"one\" }) { success }
        b: issueUpdate(id: $b, input: { title: \"two\" }) { success }
        c: issueUpdate(id: $c, input: { title: \"three\" }) { success }
    }";
    let missing = "99999999-9999-4999-8999-999999999999";
    let variables = json!({ "a": fixture::issue_id(1), "b": missing, "c": fixture::issue_id(3) });
    let answer = read(&send(&sandbox, query, &variables));
    assert_eq!(answer["data"], json!(null));
    assert_eq!(answer["errors"].as_array().unwrap().len(), 1);
    assert_eq!(error(&answer)["path"], json!(["b"]));
    assert_eq!(titles(&sandbox), ["one", "fix logout", "Café menu"]);
}

#[test]
fn a_mutation_sees_what_the_one_before_it_did() {
    let sandbox = fixture::sandbox();
    let query = "mutation($label: String!, $id: String!) {
        issueLabelCreate(input: { id: $label, name: \"fresh\" }) { issueLabel { name } }
        issueAddLabel(id: $id, labelId: $label) { issue { identifier labels { nodes { name } } } }
    }";
    let label = "22222222-2222-4222-8222-222222222222";
    let variables = json!({ "label": label, "id": fixture::issue_id(3) });
    let answer = read(&send(&sandbox, query, &variables));
    assert_eq!(
        answer["data"]["issueAddLabel"]["issue"],
        json!({ "identifier": "ENG-3", "labels": { "nodes": [{ "name": "fresh" }] } })
    );
}

#[test]
fn a_mutation_that_is_not_modelled_says_so() {
    let sandbox = Sandbox::with_schema(
        "type Query { viewer: User! } type User { id: ID! }
         type Mutation { webhookDelete(id: String!): DeletePayload! } type DeletePayload { success: Boolean! }",
    )
    .unwrap();
    let answer = ask(
        &sandbox,
        "mutation { webhookDelete(id: \"x\") { success } }",
    );
    assert_eq!(
        error(&answer)["message"],
        "webhookDelete is not modelled by the stand-in"
    );
    assert_eq!(answer["data"], json!(null));
}

#[test]
fn what_is_not_kept_is_answered_in_the_right_type() {
    let sandbox = Sandbox::with_schema(
        "type Query { viewer: User! widgetCount: Int! widgets(first: Int): WidgetConnection! box: Box! }
         type User { id: ID! shoes: Shoes! hat: Shoes size: Float! mood: Mood! tags: [String!]! at: DateTime! }
         type Shoes { colour: String! left: Boolean! } enum Mood { calm cross } scalar DateTime
         type Box { owner: User! }
         type Widget { id: ID! } type WidgetConnection { nodes: [Widget!]! pageInfo: PageInfo! }
         type PageInfo { hasNextPage: Boolean! endCursor: String }",
    )
    .unwrap();
    let answer = data(
        &sandbox,
        "{ viewer { id shoes { colour left } hat { left } size mood tags at } widgetCount
           widgets { nodes { id } pageInfo { hasNextPage endCursor } } box { owner { id } } }",
    );
    let me = &answer["viewer"]["id"];
    assert_eq!(
        answer,
        json!({
            "viewer": { "id": me, "shoes": { "colour": "", "left": false }, "hat": null, "size": 0,
                        "mood": "calm", "tags": [], "at": "1970-01-01T00:00:00.000Z" },
            "widgetCount": 0,
            "widgets": { "nodes": [], "pageInfo": { "hasNextPage": false, "endCursor": null } },
            "box": { "owner": { "id": me } },
        })
    );
    assert!(Sandbox::with_schema("type Query {").is_err());
}

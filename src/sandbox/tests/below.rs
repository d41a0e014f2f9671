//! Point 17: errors below a root field, entities that are null beside `success: true`, and one root field among several
//! that is refused or rate limited. Point 6 for mutations: they run one after the other, and the first refusal ends the
//! document. And the answers about what the stand-in does not model.

use serde_json::{Value, json};

use super::{ask, column, data, error, fixture, read, send};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::{Act, Sandbox};

/// Retitles ENG-1, ENG-2 and ENG-3 in one document, and comments on ENG-1 after the first of these mutations.
const FOUR: &str = "mutation($a: String!, $b: String!, $c: String!) {
    a: issueUpdate(id: $a, input: { title: \"one\" }) { success made: issue { id title state { name } } }
    note: commentCreate(input: { issueId: $a, body: \"note\" }) { success comment { id body } }
    b: issueUpdate(id: $b, input: { title: \"two\" }) { success made: issue { title } }
    c: issueUpdate(id: $c, input: { title: \"three\" }) { success made: issue { title } }
}";

fn four(sandbox: &Sandbox) -> Value {
    let ids =
        json!({ "a": fixture::issue_id(1), "b": fixture::issue_id(2), "c": fixture::issue_id(3) });
    read(&send(sandbox, FOUR, &ids))
}

/// Returns which of the four mutations were executed, in their order.
fn executed(sandbox: &Sandbox) -> [bool; 4] {
    let answer = data(
        sandbox,
        "{ issues(filter: { number: { lte: 3 } }) { nodes { title } } comments { nodes { body } } }",
    );
    let titles = column(&answer["issues"], "title");
    let bodies = column(&answer["comments"], "body");
    let has_title = |title: &str| titles.contains(&json!(title));
    [
        has_title("one"),
        bodies.contains(&json!("note")),
        has_title("two"),
        has_title("three"),
    ]
}

fn broken() -> Refusal {
    Refusal::internal()
}

#[test]
fn a_field_that_cannot_be_read_nulls_the_entity_beside_success() {
    for field in ["a.made.title", "a.issue.title", "issueUpdate.made.title"] {
        let sandbox = fixture::sandbox();
        sandbox.script().next(Act::field_error(field, broken()));
        let answer = four(&sandbox);
        assert_eq!(
            answer["data"]["a"],
            json!({ "success": true, "made": null })
        );
        assert_eq!(answer["data"]["b"]["made"]["title"], "two");
        assert_eq!(answer["errors"].as_array().unwrap().len(), 1);
        assert_eq!(error(&answer)["path"], json!(["a", "made", "title"]));
        assert_eq!(
            error(&answer)["extensions"]["code"],
            "INTERNAL_SERVER_ERROR"
        );
        assert_eq!(executed(&sandbox), [true; 4]);
        assert_eq!(sandbox.script().pending(), 0);
    }
}

#[test]
fn a_field_deeper_down_nulls_the_nearest_that_may_be_null() {
    let sandbox = fixture::sandbox();
    let act = Act::field_error("a.made.state.name", broken());
    sandbox.script().next(act);
    let answer = four(&sandbox);
    assert_eq!(answer["data"]["a"]["made"], json!(null));
    assert_eq!(
        error(&answer)["path"],
        json!(["a", "made", "state", "name"])
    );
    // An assignee may be null, so nothing around the assignee becomes null.
    let act = Act::field_error("issue.assignee.name", broken());
    sandbox.script().next(act);
    let answer = ask(
        &sandbox,
        "{ issue(id: \"ENG-1\") { title assignee { name } } }",
    );
    assert_eq!(
        answer["data"]["issue"],
        json!({ "title": "one", "assignee": null })
    );
}

#[test]
fn a_mutation_whose_entity_may_not_be_null_is_executed_and_voids_the_answer() {
    let sandbox = fixture::sandbox();
    let act = Act::field_error("note.comment.body", broken());
    sandbox.script().next(act);
    let answer = four(&sandbox);
    assert_eq!(answer["data"], json!(null));
    assert_eq!(answer["errors"].as_array().unwrap().len(), 1);
    assert_eq!(error(&answer)["path"], json!(["note", "comment", "body"]));
    // The mutation itself and the one before it were executed; the ones after it were not begun.
    assert_eq!(executed(&sandbox), [true, true, false, false]);
}

#[test]
fn one_root_of_a_document_is_refused_or_limited() {
    let limited = Refusal::rate_limited(2_500, 3_600_000);
    for (act, code) in [
        (
            Act::refuse("b", Refusal::invalid("Not today")),
            "INPUT_ERROR",
        ),
        (Act::limit("b"), "RATELIMITED"),
        (Act::refuse("b", limited), "RATELIMITED"),
    ] {
        let sandbox = fixture::sandbox();
        sandbox.script().next(act);
        let answer = four(&sandbox);
        assert_eq!(answer["data"], json!(null));
        assert_eq!(answer["errors"].as_array().unwrap().len(), 1);
        assert_eq!(error(&answer)["path"], json!(["b"]));
        assert_eq!(error(&answer)["extensions"]["code"], code);
        assert_eq!(executed(&sandbox), [true, true, false, false]);
    }
}

#[test]
fn a_query_is_answered_where_null_does_not_spread() {
    let sandbox = fixture::sandbox();
    let query = "{ issue(id: \"ENG-1\") { title labels { nodes { name } } } viewer { name } }";
    let act = Act::field_error("issue.labels.nodes.name", broken());
    sandbox.script().next(act);
    let answer = ask(&sandbox, query);
    assert_eq!(answer["data"], json!(null));
    assert_eq!(
        error(&answer)["path"],
        json!(["issue", "labels", "nodes", 0, "name"])
    );
    let act = Act::field_error("issues.nodes.assignee.name", broken());
    sandbox.script().next(act);
    let answer = ask(
        &sandbox,
        "{ viewer { name } issues { nodes { title assignee { name } } } }",
    );
    assert_eq!(answer["data"]["viewer"]["name"], "Ann");
    assert_eq!(answer["errors"].as_array().unwrap().len(), 1);
    assert_eq!(
        answer["data"]["issues"]["nodes"].as_array().unwrap().len(),
        4
    );
}

#[test]
fn a_field_that_is_not_asked_for_fails_nothing() {
    let sandbox = fixture::sandbox();
    for field in ["a.made.dueDate", "a.nothing.title", "a"] {
        sandbox.script().next(Act::field_error(field, broken()));
        assert_eq!(four(&sandbox).get("errors"), None, "{field}");
    }
    assert_eq!(sandbox.script().pending(), 0);
}

#[test]
fn an_entity_can_be_null_beside_success() {
    let sandbox = fixture::sandbox();
    let id = json!({ "id": fixture::issue_id(1) });
    for field in ["issueArchive", "gone"] {
        sandbox.script().next(Act::null_entity(field));
        let query =
            "mutation($id: String!) { gone: issueArchive(id: $id) { success entity { id } } }";
        let answer = read(&send(&sandbox, query, &id));
        assert_eq!(
            answer,
            json!({ "data": { "gone": { "success": true, "entity": null } } })
        );
        let query = "{ issue(id: \"ENG-1\") { archivedAt } }";
        assert_ne!(data(&sandbox, query)["issue"]["archivedAt"], json!(null));
    }
    sandbox.script().next(Act::null_entity("b"));
    let answer = four(&sandbox);
    assert_eq!(
        answer["data"]["b"],
        json!({ "success": true, "made": null })
    );
    assert_eq!(answer["data"]["c"]["made"]["title"], "three");
    // A comment may not be null in its payload, so it stays.
    sandbox.script().next(Act::null_entity("commentCreate"));
    let answer = four(&sandbox);
    assert_eq!(answer["data"]["note"]["comment"]["body"], "note");
}

#[test]
fn acts_find_the_first_mutation_by_themselves() {
    let first = Act::FIRST;
    for (act, expected) in [
        (
            Act::refuse(first, Refusal::invalid("Not today")),
            json!(["a"]),
        ),
        (Act::limit(first), json!(["a"])),
        (Act::field_error("*.*", broken()), json!(["a", "success"])),
        (
            Act::field_error("*.*.*", broken()),
            json!(["a", "made", "id"]),
        ),
        (
            Act::field_error("*.*.*.*", broken()),
            json!(["a", "made", "state", "name"]),
        ),
    ] {
        let sandbox = fixture::sandbox();
        sandbox.script().next(act.clone());
        // A query in between does not take the act.
        assert_eq!(
            data(&sandbox, "{ viewer { name } }")["viewer"]["name"],
            "Ann"
        );
        let answer = four(&sandbox);
        assert_eq!(error(&answer)["path"], expected, "{act:?}");
        assert_eq!(answer["errors"].as_array().unwrap().len(), 1);
    }
    for (act, expected) in [
        (
            Act::success_false(first),
            json!({ "success": false, "made": null }),
        ),
        (
            Act::null_entity(first),
            json!({ "success": true, "made": null }),
        ),
    ] {
        let sandbox = fixture::sandbox();
        sandbox.script().next(act);
        let answer = four(&sandbox);
        assert_eq!(answer["data"]["a"], expected);
        assert_eq!(answer["data"]["b"]["success"], true);
    }
}

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

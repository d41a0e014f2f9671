//! Points 3, 6, 7 and 12: reading.

use serde_json::{Value, json};

use super::fixture::{self, ANN, BUG, ENG, issue_id};
use super::{ask, column, data, error, read, send};
use crate::sandbox::Sandbox;

/// The numbers of the issues that pass a filter, newest first.
fn numbers(sandbox: &Sandbox, filter: &Value) -> Vec<i64> {
    let query = "query($f: IssueFilter) { issues(filter: $f) { nodes { number } } }";
    let answer = read(&send(sandbox, query, &json!({ "f": filter })));
    assert_eq!(answer.get("errors"), None, "{answer}");
    column(&answer["data"]["issues"], "number")
        .iter()
        .map(|number| number.as_i64().unwrap())
        .collect()
}

#[test]
fn any_document_is_answered_by_its_schema() {
    let sandbox = fixture::sandbox();
    let answer = data(
        &sandbox,
        r#"query {
            me: viewer { name isMe assignedIssues { nodes { ...Short } } }
            issue(id: "ENG-1") {
                ...Short state { name type } labels { nodes { name } } parent { id } children { nodes { ...Short } }
                relations { nodes { type relatedIssue { number } } } inverseRelations { nodes { id } }
                comments { nodes { body user { name } issue { number } } }
            }
            teams { nodes { key parent { key } children { key } states { nodes { name } } labels { nodes { name } } } }
        }
        fragment Short on Issue { __typename number title }"#,
    );
    let short = |number: u8, title: &str| json!({ "__typename": "Issue", "number": number, "title": title });
    assert_eq!(
        answer["me"],
        json!({ "name": "Ann", "isMe": true, "assignedIssues": { "nodes": [short(1, "Fix login")] } })
    );
    assert_eq!(
        answer["issue"],
        json!({
            "__typename": "Issue", "number": 1, "title": "Fix login",
            "state": { "name": "Todo", "type": "unstarted" },
            "labels": { "nodes": [{ "name": "api" }, { "name": "Bug" }] },
            "parent": null,
            "children": { "nodes": [short(2, "fix logout")] },
            "relations": { "nodes": [{ "type": "blocks", "relatedIssue": { "number": 2 } }] },
            "inverseRelations": { "nodes": [] },
            "comments": { "nodes": [{ "body": "Züge", "user": { "name": "Bob" }, "issue": { "number": 1 } }] },
        })
    );
    assert_eq!(
        answer["teams"]["nodes"],
        json!([
            { "key": "DES", "parent": { "key": "ENG" }, "children": [], "states": { "nodes": [] },
              "labels": { "nodes": [{ "name": "api" }] } },
            { "key": "ENG", "parent": null, "children": [{ "key": "DES" }],
              "states": { "nodes": [{ "name": "Done" }, { "name": "Todo" }] },
              "labels": { "nodes": [{ "name": "api" }] } },
        ])
    );
}

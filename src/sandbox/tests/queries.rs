//! Points 3 and 6: single entities, and what happens when they do not exist.

use serde_json::{Value, json};

use super::fixture::{self, ENG, issue_id};
use super::{ask, column, data, error, read, send};
use crate::sandbox::Sandbox;

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

#[test]
fn point_3_issues_are_found_by_identifier_and_everything_else_by_uuid() {
    let sandbox = fixture::sandbox();
    let by_id = format!("{{ issue(id: \"{}\") {{ title }} }}", issue_id(5));
    for query in [
        by_id.as_str(),
        r#"{ issue(id: "ENG-5") { title } }"#,
        r#"{ issue(id: "DES-9") { title } }"#,
    ] {
        assert_eq!(
            data(&sandbox, query)["issue"]["title"],
            "Report login times",
            "{query}"
        );
    }
    assert_eq!(
        data(&sandbox, r#"{ team(id: "ENG") { id } }"#)["team"]["id"],
        ENG
    );
    assert_eq!(
        data(&sandbox, r#"{ user(id: "me") { name } }"#)["user"]["name"],
        "Ann"
    );
    let answer = ask(&sandbox, r#"{ issueLabel(id: "Bug") { id } }"#);
    let refused = error(&answer);
    assert_eq!(refused["message"], "Argument Validation Error");
    assert_eq!(refused["extensions"]["code"], "INVALID_INPUT");
    assert_eq!(
        refused["extensions"]["validationErrors"][0]["constraints"]["isUuid"],
        "id must be a UUID"
    );
}

#[test]
fn point_3_ids_in_filters_must_be_uuids_even_when_nothing_is_compared() {
    let sandbox = fixture::sandbox();
    let query =
        r#"{ issues(filter: { project: { null: true, id: { eq: "ENG" } } }) { nodes { id } } }"#;
    let answer = ask(&sandbox, query);
    let entry = &error(&answer)["extensions"]["validationErrors"][0];
    assert_eq!(entry["property"], "eq");
    assert_eq!(entry["constraints"]["isUuid"], "eq must be a UUID");
    let list = ask(
        &sandbox,
        r#"{ teams(filter: { id: { in: ["ENG"] } }) { nodes { id } } }"#,
    );
    assert_eq!(
        error(&list)["extensions"]["validationErrors"][0]["property"],
        "in"
    );
}

#[test]
fn point_6_a_missing_entity_is_an_error_under_200_or_400() {
    let sandbox = fixture::sandbox();
    let query = r#"{ issue(id: "ENG-99") { id } }"#;
    let reply = send(&sandbox, query, &json!({}));
    assert_eq!(reply.status, 200);
    assert_eq!(
        read(&reply),
        json!({
            "errors": [{
                "message": "Entity not found: Issue",
                "extensions": {
                    "type": "invalid input", "code": "INPUT_ERROR", "statusCode": 400, "userError": true,
                    "userPresentableMessage": "Could not find referenced Issue.",
                    "http": { "headers": {}, "status": 200 },
                },
                "path": ["issue"],
                "locations": [{ "line": 1, "column": 3 }],
            }],
            "data": null,
        })
    );
    sandbox.script().error_status(400);
    let reply = send(&sandbox, query, &json!({}));
    assert_eq!(reply.status, 400);
    assert_eq!(error(&read(&reply))["extensions"]["http"]["status"], 400);
}

#[test]
fn point_6_one_bad_alias_of_a_non_null_field_takes_all_data_with_it() {
    let sandbox = fixture::sandbox();
    let answer = ask(
        &sandbox,
        r#"{ good: issue(id: "ENG-1") { id } bad: issue(id: "ENG-99") { id } }"#,
    );
    assert_eq!(answer["data"], json!(null));
    assert_eq!(error(&answer)["path"], json!(["bad"]));
}

#[test]
fn point_6_a_nullable_field_that_fails_leaves_the_rest() {
    let sandbox = fixture::sandbox();
    sandbox.script().feature_off("issueVcsBranchSearch");
    let answer = ask(
        &sandbox,
        r#"{ viewer { name } issueVcsBranchSearch(branchName: "x") { id } }"#,
    );
    assert_eq!(
        answer["data"],
        json!({ "viewer": { "name": "Ann" }, "issueVcsBranchSearch": null })
    );
    assert_eq!(error(&answer)["path"], json!(["issueVcsBranchSearch"]));
}

#[test]
fn branches_lead_to_their_issue() {
    let sandbox = fixture::sandbox();
    for branch in ["ann/eng-2-x", "eng-2", "someone/ENG-2-fix-it"] {
        let query = "query($b: String!) { issueVcsBranchSearch(branchName: $b) { number } }";
        let answer = read(&send(&sandbox, query, &json!({ "b": branch })));
        assert_eq!(
            answer["data"]["issueVcsBranchSearch"]["number"], 2,
            "{branch}"
        );
    }
    let none = data(
        &sandbox,
        r#"{ issueVcsBranchSearch(branchName: "main") { id } }"#,
    );
    assert_eq!(none["issueVcsBranchSearch"], json!(null));
}

#[test]
fn search_ranks_titles_above_bodies_and_counts() {
    let sandbox = fixture::sandbox();
    let answer = data(
        &sandbox,
        r#"{ login: searchIssues(term: "login") { totalCount nodes { number } }
             text: searchIssues(term: "sign USERS") { nodes { number } }
             comments: searchIssues(term: "züge", includeComments: true) { nodes { number } }
             bodies: searchIssues(term: "züge") { totalCount } }"#,
    );
    assert_eq!(answer["login"]["totalCount"], 2);
    assert_eq!(column(&answer["login"], "number"), [5, 1]);
    assert_eq!(column(&answer["text"], "number"), [1]);
    assert_eq!(column(&answer["comments"], "number"), [1]);
    assert_eq!(answer["bodies"]["totalCount"], 0);
}

#[test]
fn numbers_are_written_as_javascript_writes_them() {
    let sandbox = fixture::sandbox();
    let reply = send(
        &sandbox,
        r#"{ issue(id: "ENG-1") { number priority sortOrder } }"#,
        &json!({}),
    );
    let text = String::from_utf8(reply.body).unwrap();
    assert_eq!(
        text,
        r#"{"data":{"issue":{"number":1,"priority":1,"sortOrder":0}}}"#
    );
}

#[test]
fn the_states_of_an_issue_follow_from_its_history() {
    let sandbox = fixture::sandbox();
    let spans = |sandbox: &Sandbox| {
        let query = r#"{ issue(id: "ENG-1") { id history(first: 1) { nodes { id createdAt } }
            stateHistory(first: 2) { nodes { id stateId startedAt endedAt state { name } }
                edges { cursor } pageInfo { hasNextPage } } } }"#;
        data(sandbox, query)["issue"].clone()
    };
    let issue = spans(&sandbox);
    let first = json!({ "id": issue["id"], "stateId": fixture::TODO, "startedAt": "2025-01-06T10:00:00.000Z",
                        "endedAt": null, "state": { "name": "Todo" } });
    assert_eq!(issue["stateHistory"]["nodes"], json!([first]));
    for state in [fixture::DONE, fixture::TODO, fixture::DONE] {
        let change = format!(
            "mutation {{ issueUpdate(id: \"{}\", input: {{ stateId: \"{state}\" }}) {{ success }} }}",
            issue_id(1)
        );
        data(&sandbox, &change);
    }
    let issue = spans(&sandbox);
    let page = &issue["stateHistory"];
    assert_eq!(page["pageInfo"]["hasNextPage"], true);
    assert_eq!(page["edges"].as_array().unwrap().len(), 2);
    let entry = &issue["history"]["nodes"][0];
    let newest = json!({ "id": entry["id"], "stateId": fixture::DONE, "startedAt": entry["createdAt"],
                         "endedAt": null, "state": { "name": "Done" } });
    assert_eq!(page["nodes"][0], newest);
    assert_eq!(page["nodes"][1]["endedAt"], entry["createdAt"]);
    assert_eq!(page["nodes"][1]["state"]["name"], "Todo");
}

#[test]
fn templates_are_listed_whole_and_by_their_owner() {
    let sandbox = Sandbox::new();
    let found = data(
        &sandbox,
        "{ templates { id name type templateData team { key } }
           organization { templates { nodes { name } } labels(first: 9) { nodes { name } } }
           team(id: \"ENG\") { templates { nodes { name } } } }",
    );
    let templates = found["templates"].as_array().unwrap();
    assert_eq!(templates.len(), 7);
    let first = &templates[0];
    assert_eq!(
        (&first["name"], &first["team"]["key"], &first["type"]),
        (&json!("Bug report"), &json!("ENG"), &json!("issue"))
    );
    let encoded = first["templateData"].as_str().unwrap();
    let attributes: Value = serde_json::from_str(encoded).unwrap();
    assert_eq!(attributes["title"], "Bug: ");
    assert_eq!(
        column(&found["team"]["templates"], "name"),
        ["Feature request", "Bug report"]
    );
    assert_eq!(
        column(&found["organization"]["templates"], "name"),
        ["Quarterly plan", "Feature request", "Incident"]
    );
    assert_eq!(
        column(&found["organization"]["labels"], "name"),
        ["feature", "bug"]
    );
    let id = first["id"].as_str().unwrap();
    let one = data(
        &sandbox,
        &format!("{{ template(id: \"{id}\") {{ name }} }}"),
    );
    assert_eq!(one["template"]["name"], "Bug report");
    let unknown = "{ template(id: \"0b8f7c1a-3d52-4e6f-9a7b-1c2d3e4f5a6b\") { name } }";
    let answer = ask(&sandbox, unknown);
    assert_eq!(error(&answer)["message"], "Entity not found: Template");
}

#[test]
fn lists_of_users_leave_out_the_deactivated_ones_unless_asked() {
    let sandbox = Sandbox::new();
    sandbox.edit(|store| {
        let old = store.find("User", "displayName", "oldtimer").unwrap()["id"].clone();
        let issue = store.find("Issue", "identifier", "ENG-231").unwrap();
        let mut issue = issue.clone();
        issue.insert("subscriberIds".into(), json!([old]));
        store.put("Issue", issue);
    });
    let found = data(
        &sandbox,
        "{ issue(id: \"ENG-231\") { subscribers { nodes { name } }
             all: subscribers(includeDisabled: true) { nodes { name } } } }",
    );
    assert_eq!(
        column(&found["issue"]["subscribers"], "name"),
        Vec::<Value>::new()
    );
    assert_eq!(column(&found["issue"]["all"], "name"), ["Old Timer"]);
}

//! Points 10, 16 and 17: the script.

use std::time::Duration;

use serde_json::{Value, json};

use super::{ask, data, error, fixture, read, send};
use crate::linear::transport::{Fault, Reply};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::text;
use crate::sandbox::{Act, Request, Sandbox};

const VIEWER: &str = "{ viewer { name } }";

/// Sends one query to which the act is applied.
fn query_with(act: Act) -> Result<Reply, Fault> {
    let sandbox = fixture::sandbox();
    sandbox.script().next(act);
    exchange(&sandbox, VIEWER, &json!({}))
}

fn exchange(sandbox: &Sandbox, query: &str, variables: &Value) -> Result<Reply, Fault> {
    let request = Request {
        authorization: Some("lin_api_x".to_owned()),
        body: json!({ "query": query, "variables": variables })
            .to_string()
            .into_bytes(),
    };
    sandbox.handle(request).reply
}

/// Comments on ENG-1 under an id that the client made.
fn comment(sandbox: &Sandbox) -> Result<Reply, Fault> {
    let query =
        "mutation($input: CommentCreateInput!) { commentCreate(input: $input) { success } }";
    let input = json!({ "issueId": fixture::issue_id(1), "body": "once",
                        "id": "11111111-1111-4111-8111-111111111111" });
    exchange(sandbox, query, &json!({ "input": input }))
}

fn comments(sandbox: &Sandbox) -> usize {
    let answer = data(
        sandbox,
        "{ issue(id: \"ENG-1\") { comments { nodes { body } } } }",
    );
    let nodes = answer["issue"]["comments"]["nodes"].as_array().unwrap();
    nodes
        .iter()
        .filter(|comment| comment["body"] == "once")
        .count()
}

#[test]
fn point_17_answers_that_are_not_json() {
    let unavailable = query_with(Act::ServiceUnavailableHtml).unwrap();
    assert_eq!(unavailable.status, 503);
    assert_eq!(unavailable.header("content-type"), Some("text/html"));
    let odd = query_with(Act::NotJson).unwrap();
    assert_eq!(odd.status, 200);
    let truncated = query_with(Act::Truncated).unwrap();
    assert!(truncated.body.starts_with(b"{\"data\""));
    for reply in [unavailable, odd, truncated] {
        assert!(serde_json::from_slice::<Value>(&reply.body).is_err());
    }
}

#[test]
fn point_17_errors_without_their_usual_parts() {
    let empty = read(&query_with(Act::EmptyErrors).unwrap());
    assert_eq!(empty, json!({ "errors": [] }));
    let bare = read(&query_with(Act::BareError("Something".into())).unwrap());
    assert_eq!(bare, json!({ "errors": [{ "message": "Something" }] }));
    let both = read(&query_with(Act::ErrorsWithData(Refusal::internal())).unwrap());
    assert_eq!(both["data"], json!({ "viewer": { "name": "Ann" } }));
    assert_eq!(error(&both)["extensions"]["code"], "INTERNAL_SERVER_ERROR");
    let internal = query_with(Act::InternalError { status: 500 }).unwrap();
    assert_eq!(internal.status, 500);
    assert_eq!(
        error(&read(&internal))["extensions"]["type"],
        "internal error"
    );
}

#[test]
fn point_17_slow_answers_tell_their_delay_and_are_whole() {
    let sandbox = fixture::sandbox();
    sandbox.script().next(Act::Slow(Duration::from_secs(3)));
    let request = Request {
        authorization: Some("lin_api_x".to_owned()),
        body: json!({ "query": VIEWER }).to_string().into_bytes(),
    };
    let outcome = sandbox.handle(request.clone());
    assert_eq!(outcome.delay, Duration::from_secs(3));
    assert_eq!(
        read(&outcome.reply.unwrap())["data"]["viewer"]["name"],
        "Ann"
    );
    assert_eq!(sandbox.handle(request).delay, Duration::ZERO);
}

#[test]
fn point_10_a_request_can_be_executed_and_its_answer_lost() {
    let voided = || Act::VoidedAfterCommit(Refusal::internal());
    for act in [Act::DropAfterCommit, Act::UnavailableAfterCommit, voided()] {
        let sandbox = fixture::sandbox();
        sandbox.script().next(act.clone());
        let lost = comment(&sandbox);
        if act == Act::DropAfterCommit {
            assert!(matches!(lost, Err(Fault::Interrupted(_))), "{lost:?}");
        } else if act == voided() {
            let answer = read(&lost.unwrap());
            assert_eq!(answer["data"], Value::Null);
            assert_eq!(error(&answer).get("path"), None);
            assert_eq!(
                error(&answer)["extensions"]["code"],
                "INTERNAL_SERVER_ERROR"
            );
        } else {
            assert_eq!(lost.unwrap().status, 503);
        }
        assert_eq!(comments(&sandbox), 1);
        let again = read(&comment(&sandbox).unwrap());
        assert_eq!(error(&again)["message"], "conflict on insert of Comment");
        assert_eq!(comments(&sandbox), 1);
    }
}

#[test]
fn point_10_a_dropped_request_is_not_executed() {
    for act in [
        Act::Drop,
        Act::ServiceUnavailableHtml,
        Act::InternalError { status: 200 },
    ] {
        let sandbox = fixture::sandbox();
        sandbox.script().next(act);
        drop(comment(&sandbox));
        assert_eq!(comments(&sandbox), 0);
        assert_eq!(
            read(&comment(&sandbox).unwrap())["data"]["commentCreate"]["success"],
            true
        );
    }
}

#[test]
fn point_16_a_mutation_can_answer_success_false_and_do_nothing() {
    let sandbox = fixture::sandbox();
    sandbox.script().next(Act::SuccessFalse {
        field: "issueUpdate".into(),
    });
    let query = "mutation($id: String!) { issueUpdate(id: $id, input: { title: \"New\" }) { success issue { id } } }";
    let id = json!({ "id": fixture::issue_id(1) });
    // A query in between does not take an act that is about a mutation.
    assert_eq!(data(&sandbox, VIEWER)["viewer"]["name"], "Ann");
    let answer = read(&send(&sandbox, query, &id));
    assert_eq!(
        answer["data"]["issueUpdate"],
        json!({ "success": false, "issue": null })
    );
    assert_eq!(
        data(&sandbox, "{ issue(id: \"ENG-1\") { title } }")["issue"]["title"],
        "Fix login"
    );
    assert_eq!(
        read(&send(&sandbox, query, &id))["data"]["issueUpdate"]["success"],
        true
    );
}

#[test]
fn acts_are_taken_in_order_by_the_requests_they_are_for() {
    let sandbox = fixture::sandbox();
    sandbox
        .script()
        .next_for("Wanted", Act::BareError("named".into()));
    sandbox
        .script()
        .next_for("teams", Act::BareError("rooted".into()));
    let refusal = Refusal::not_found("Team");
    sandbox.script().next(Act::Refuse {
        field: "team".into(),
        refusal,
    });
    assert_eq!(sandbox.script().pending(), 3);
    assert_eq!(data(&sandbox, VIEWER)["viewer"]["name"], "Ann");
    let rooted = ask(&sandbox, "{ t: teams { nodes { id } } }");
    assert_eq!(error(&rooted)["message"], "rooted");
    let named = ask(&sandbox, "query Wanted { viewer { id } }");
    assert_eq!(error(&named)["message"], "named");
    let refused = ask(&sandbox, "{ viewer { id } eng: team(id: \"ENG\") { id } }");
    assert_eq!(error(&refused)["message"], "Entity not found: Team");
    assert_eq!(error(&refused)["path"], json!(["eng"]));
    assert_eq!(sandbox.script().pending(), 0);
}

/// The id of the first record of this type.
fn first_id(sandbox: &Sandbox, kind: &str) -> String {
    let mut id = None;
    sandbox.edit(|store| {
        let record = store.all(kind).next();
        id = record.and_then(|record| text(record, "id").map(str::to_owned));
    });
    id.unwrap()
}

#[test]
fn somebody_else_renames_a_record_a_moment_before() {
    for (kind, root) in [
        ("WorkflowState", "workflowState"),
        ("IssueLabel", "issueLabel"),
        ("Project", "project"),
        ("User", "user"),
        ("Team", "team"),
        ("ProjectMilestone", "projectMilestone"),
        ("Cycle", "cycle"),
    ] {
        let sandbox = Sandbox::new();
        let id = first_id(&sandbox, kind);
        let ask = json!({ "id": id });
        let query = format!("query($id: String!) {{ {root}(id: $id) {{ name updatedAt }} }}");
        let asked = || read(&exchange(&sandbox, &query, &ask).unwrap())["data"][root].clone();
        let before = asked();
        sandbox.script().next(Act::renamed(kind, &id, "Renamed"));
        let after = asked();
        assert_ne!(before["name"], "Renamed", "{kind}");
        assert_eq!(after["name"], "Renamed", "{kind}");
        assert_ne!(before["updatedAt"], after["updatedAt"], "{kind}");
        assert_eq!(asked(), after, "{kind}");
    }
}

#[test]
fn a_name_that_changes_before_a_mutation_stands_in_its_answer() {
    let sandbox = fixture::sandbox();
    let query =
        "mutation($id: String!, $input: IssueUpdateInput!) { issueUpdate(id: $id, input: $input) {
        issue { state { name } assignee { name } team { name } labels { nodes { name } } } } }";
    let input =
        json!({ "stateId": fixture::DONE, "assigneeId": fixture::BOB, "labelIds": [fixture::BUG] });
    let variables = json!({ "id": fixture::issue_id(1), "input": input });
    for (kind, id) in [
        ("WorkflowState", fixture::DONE),
        ("User", fixture::BOB),
        ("Team", fixture::ENG),
        ("IssueLabel", fixture::BUG),
    ] {
        let act = Act::renamed(kind, id, "Renamed");
        sandbox.script().next_for("issueUpdate", act);
        data(&sandbox, VIEWER);
        send(&sandbox, query, &variables);
    }
    let answer = read(&send(&sandbox, query, &variables));
    let issue = json!({ "state": { "name": "Renamed" }, "assignee": { "name": "Renamed" },
                        "team": { "name": "Renamed" }, "labels": { "nodes": [{ "name": "Renamed" }] } });
    assert_eq!(answer["data"]["issueUpdate"]["issue"], issue);
}

#[test]
fn linears_integration_attaches_a_pull_request_a_moment_before() {
    let sandbox = fixture::sandbox();
    let url = "https://github.com/acme/app/pull/7";
    let act = Act::attached("ENG-1", url, "#7 Sign in");
    sandbox.script().next_for("attachmentLinkGitHubPR", act);
    let query = "mutation($url: String!, $id: String!) {
        link: attachmentLinkGitHubPR(issueId: \"ENG-1\", url: $url, id: $id, title: \"Mine\") { success attachment { id } } }";
    let id = "11111111-1111-4111-8111-111111111111";
    let answer = read(&send(&sandbox, query, &json!({ "url": url, "id": id })));
    assert_eq!(answer["data"], json!(null));
    let refusal = error(&answer);
    assert_eq!(refusal["message"], "Duplicate attachment for duplicate url");
    assert_eq!(refusal["path"], json!(["link"]));
    assert_eq!(
        refusal["extensions"],
        json!({ "type": "invalid input", "code": "INPUT_ERROR", "statusCode": 400, "userError": true,
                "userPresentableMessage": "An attachment with the same URL already exists.",
                "http": { "headers": {}, "status": 200 } })
    );
    let query =
        "{ issue(id: \"ENG-1\") { attachments { nodes { title url sourceType metadata } } } }";
    assert_eq!(
        data(&sandbox, query)["issue"]["attachments"]["nodes"],
        json!([{ "title": "#7 Sign in", "url": url, "sourceType": "github",
                 "metadata": { "url": url, "status": "open" } }])
    );
}

#[test]
fn somebody_else_comes_a_moment_before() {
    let sandbox = fixture::sandbox();
    let id = first_id(&sandbox, "User");
    let ask = json!({ "id": id });
    let query = "query($id: String!) { user(id: $id) { name } }";
    sandbox.script().next(Act::Meanwhile {
        kind: "User",
        id,
        fields: crate::sandbox::store::Record::from_iter([("name".to_owned(), json!("Renamed"))]),
    });
    for _ in 0..2 {
        let reply = exchange(&sandbox, query, &ask).unwrap();
        let body: Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(body["data"]["user"]["name"], "Renamed");
    }
}

//! Points 1, 2, 4, 5 and 16: the checks before anything is executed.

use serde_json::{Value, json};

use super::{KEY, ask, data, error, fixture, read, send};
use crate::linear::transport::Reply;
use crate::sandbox::{Act, Request, Sandbox};

const MUTATION: &str = "mutation($id: String!) { issueArchive(id: $id) { success } }";

/// Sends a query (or a mutation that would archive ENG-1) under an Authorization header.
fn under(authorization: Option<&str>, query: &str) -> Reply {
    let body = json!({ "query": query, "variables": { "id": fixture::issue_id(1) } });
    let request = Request {
        authorization: authorization.map(str::to_owned),
        body: body.to_string().into_bytes(),
    };
    fixture::sandbox().handle(request).reply.unwrap()
}

fn code(reply: &Reply) -> Value {
    error(&read(reply))["extensions"]["code"].clone()
}

#[test]
fn point_1_documents_and_variables_that_do_not_fit_the_schema_are_refused() {
    let sandbox = fixture::sandbox();
    let issues =
        "query($f: IssueFilter, $n: Int) { issues(filter: $f, first: $n) { nodes { id } } }";
    let wrong: [(&str, Value); 9] = [
        ("{ viewer { nonsense } }", json!({})),
        ("{ viewer }", json!({})),
        ("{ viewer { id }", json!({})),
        (
            "query($id: Int!) { issue(id: $id) { id } }",
            json!({ "id": 1 }),
        ),
        (
            "mutation { issueCreate(input: { title: \"no team\" }) { success } }",
            json!({}),
        ),
        ("query($id: String!) { issue(id: $id) { id } }", json!({})),
        (
            "query($id: String!) { issue(id: $id) { id } }",
            json!({ "id": null }),
        ),
        (issues, json!({ "f": { "number": { "eq": "1" } } })),
        (issues, json!({ "n": "ten" })),
    ];
    for (query, variables) in wrong {
        let reply = send(&sandbox, query, &variables);
        assert_eq!(reply.status, 400, "{query}");
        assert_eq!(code(&reply), "GRAPHQL_VALIDATION_FAILED", "{query}");
        assert_eq!(read(&reply).get("data"), None, "{query}");
    }
    let unknown = ask(&sandbox, "{ viewer { id\n nonsense } }");
    assert_eq!(
        error(&unknown)["message"],
        "Cannot query field \"nonsense\" on type \"User\"."
    );
    assert_eq!(
        error(&unknown)["locations"],
        json!([{ "line": 2, "column": 2 }])
    );
}

#[test]
fn point_1_a_body_that_is_no_graphql_request_is_refused() {
    for body in ["", "[]", "{}", "{\"query\": 1}", "not json"] {
        let request = Request {
            authorization: Some(KEY.to_owned()),
            body: body.as_bytes().to_vec(),
        };
        let reply = fixture::sandbox().handle(request).reply.unwrap();
        assert_eq!(reply.status, 400, "{body}");
    }
}

#[test]
fn point_1_the_operation_is_chosen_by_its_name() {
    let sandbox = fixture::sandbox();
    let named = |name: Option<&str>| {
        let query = "query A { a: viewer { name } } query B { b: viewer { name } }";
        let request = Request {
            authorization: Some(KEY.to_owned()),
            body: json!({ "query": query, "operationName": name })
                .to_string()
                .into_bytes(),
        };
        read(&sandbox.handle(request).reply.unwrap())
    };
    assert_eq!(named(Some("B"))["data"], json!({ "b": { "name": "Ann" } }));
    assert_eq!(
        error(&named(None))["extensions"]["code"],
        "GRAPHQL_VALIDATION_FAILED"
    );
    assert_eq!(
        error(&named(Some("C")))["extensions"]["code"],
        "GRAPHQL_VALIDATION_FAILED"
    );
}

#[test]
fn point_2_keys_are_checked_before_everything_else() {
    for header in [
        None,
        Some(""),
        Some("nonsense"),
        Some("lin_api_"),
        Some("lin_api_revoked"),
        Some("Bearer "),
    ] {
        for query in ["{ viewer { id } }", "{ nonsense"] {
            let reply = under(header, query);
            assert_eq!(reply.status, 401, "{header:?}");
            assert_eq!(code(&reply), "AUTHENTICATION_ERROR", "{header:?}");
        }
    }
    for header in ["lin_api_anything", "Bearer some-oauth-token"] {
        assert_eq!(
            under(Some(header), "{ viewer { id } }").status,
            200,
            "{header}"
        );
    }
}

#[test]
fn point_2_a_personal_key_is_not_a_bearer_token() {
    let reply = under(Some("Bearer lin_api_x"), "{ viewer { id } }");
    assert_eq!(reply.status, 400);
    let answer = read(&reply);
    assert_eq!(error(&answer)["extensions"]["code"], "INPUT_ERROR");
    assert!(
        error(&answer)["message"]
            .as_str()
            .unwrap()
            .contains("Remove the Bearer prefix")
    );
}

#[test]
fn point_2_a_key_with_the_read_scope_cannot_write() {
    let key = Some("lin_api_read_only_x");
    assert_eq!(under(key, "{ viewer { id } }").status, 200);
    let reply = under(key, MUTATION);
    assert_eq!(reply.status, 403);
    assert_eq!(code(&reply), "FORBIDDEN");
    assert_eq!(
        error(&read(&reply))["message"],
        "Invalid scope: `write` required"
    );
}

#[test]
fn point_4_complexity_is_counted_by_the_size_asked_for() {
    let sandbox = fixture::sandbox();
    let points = |query: &str, variables: &Value| {
        let reply = send(&sandbox, query, variables);
        reply.header("x-complexity").unwrap().to_owned()
    };
    let three = "createdAt title id";
    // The two examples that Linear documents.
    assert_eq!(
        points(
            &format!("{{ viewer {{ createdIssues {{ nodes {{ {three} }} }} }} }}"),
            &json!({})
        ),
        "66"
    );
    let ten = format!("{{ viewer {{ createdIssues(first: 10) {{ nodes {{ {three} }} }} }} }}");
    assert_eq!(points(&ten, &json!({})), "14");
    let sized = "query($n: Int, $on: Boolean!) { issues(last: $n) { nodes { ...F } } viewer @include(if: $on) { id } }
                 fragment F on Issue { id ... on Issue { title } }";
    assert_eq!(points(sized, &json!({ "n": 5, "on": false })), "6");
    assert_eq!(points(sized, &json!({ "n": 5, "on": true })), "8");
}

#[test]
fn point_4_more_than_ten_thousand_points_are_refused() {
    let sandbox = fixture::sandbox();
    let query = "{ issues(first: 250) { nodes { id children(first: 40) { nodes { id } } } } }";
    let reply = send(&sandbox, query, &json!({}));
    assert_eq!(reply.status, 400);
    let answer = read(&reply);
    assert_eq!(error(&answer)["message"], "Query too complex");
    assert_eq!(error(&answer)["extensions"]["code"], "INPUT_ERROR");
    assert_eq!(answer.get("data"), None);
}

#[test]
fn point_4_every_reply_tells_the_limits() {
    let sandbox = fixture::sandbox();
    sandbox.script().wall_clock_ms(Some(1_000));
    for query in ["{ viewer { id } }", "{ nonsense }"] {
        let reply = send(&sandbox, query, &json!({}));
        assert_eq!(reply.header("x-ratelimit-requests-limit"), Some("2500"));
        assert_eq!(reply.header("x-ratelimit-requests-remaining"), Some("2499"));
        assert_eq!(reply.header("x-ratelimit-requests-reset"), Some("3601000"));
        assert_eq!(
            reply.header("x-ratelimit-complexity-limit"),
            Some("3000000")
        );
        assert_eq!(reply.header("x-ratelimit-endpoint-name"), None);
    }
    let search = send(
        &sandbox,
        "{ searchIssues(term: \"x\") { totalCount } }",
        &json!({}),
    );
    assert!(
        search
            .header("x-ratelimit-endpoint-requests-limit")
            .is_some()
    );
}

#[test]
fn point_5_a_rate_limited_request_is_not_executed() {
    let sandbox = fixture::sandbox();
    sandbox.script().wall_clock_ms(Some(1_000));
    let act = |status| Act::RateLimited {
        status,
        reset_in_ms: 5_000,
        retry_after: Some(5),
    };
    for status in [400, 200, 429] {
        sandbox.script().next(act(status));
        let reply = send(&sandbox, MUTATION, &json!({ "id": fixture::issue_id(1) }));
        assert_eq!(reply.status, status);
        assert_eq!(reply.header("retry-after"), Some("5"));
        assert_eq!(reply.header("x-ratelimit-requests-remaining"), Some("0"));
        assert_eq!(reply.header("x-ratelimit-requests-reset"), Some("6000"));
        let answer = read(&reply);
        assert_eq!(error(&answer)["extensions"]["code"], "RATELIMITED");
        assert_eq!(error(&answer)["extensions"]["type"], "ratelimited");
        assert_eq!(
            error(&answer)["extensions"]["meta"]["rateLimitResult"]["remaining"],
            0
        );
    }
    let issue = data(&sandbox, "{ issue(id: \"ENG-1\") { archivedAt } }");
    assert_eq!(issue["issue"]["archivedAt"], json!(null));
}

#[test]
fn point_5_the_limit_comes_by_itself_when_requests_run_out() {
    let sandbox = fixture::sandbox();
    sandbox.script().requests_remaining(Some(2));
    let next = || send(&sandbox, "{ viewer { id } }", &json!({}));
    assert_eq!(next().header("x-ratelimit-requests-remaining"), Some("1"));
    assert_eq!(next().header("x-ratelimit-requests-remaining"), Some("0"));
    assert_eq!(code(&next()), "RATELIMITED");
    sandbox.script().requests_remaining(None);
    assert_eq!(next().status, 200);
}

#[test]
fn point_16_a_feature_the_plan_lacks_is_refused_by_type() {
    let sandbox = fixture::sandbox();
    sandbox.script().feature_off("cycles");
    let answer = ask(&sandbox, "{ cycles { nodes { id } } }");
    assert_eq!(
        error(&answer)["extensions"]["type"],
        "feature not accessible"
    );
    assert_eq!(
        data(&sandbox, "{ teams { nodes { key } } }")["teams"]["nodes"][1]["key"],
        "ENG"
    );
}

#[test]
fn the_log_tells_what_was_asked() {
    let sandbox = Sandbox::new();
    ask(
        &sandbox,
        "query Two { a: viewer { id } b: teams { nodes { id } } }",
    );
    send(&sandbox, MUTATION, &json!({ "id": "x" }));
    ask(&sandbox, "{ nonsense");
    let log = sandbox.requests();
    assert_eq!(log[0].operation.as_deref(), Some("Two"));
    assert_eq!(log[0].roots, ["viewer", "teams"]);
    assert!(!log[0].mutation);
    assert!(log[1].mutation);
    assert_eq!(log[1].variables, json!({ "id": "x" }));
    assert_eq!(log[1].document, MUTATION);
    assert_eq!(log[2].roots, [""; 0]);
    sandbox.forget_requests();
    assert_eq!(sandbox.requests(), []);
}

#[test]
fn point_4_fragments_within_fragments_are_counted_without_walking_every_path() {
    let mut document = "{ viewer { ...F0 } }".to_owned();
    for level in 0..40 {
        let next = level + 1;
        let fragment =
            format!(" fragment F{level} on User {{ ...F{next} ... on User {{ ...F{next} }} }}");
        document.push_str(&fragment);
    }
    document.push_str(" fragment F40 on User { id }");
    let answer = ask(&fixture::sandbox(), &document);
    assert_eq!(error(&answer)["message"], "Query too complex");
}

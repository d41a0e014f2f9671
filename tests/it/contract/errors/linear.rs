//! Errors that come from Linear, from the connection to it, and from this server's settings.

use std::time::Duration;

use linear_ops::clock::Clock;
use linear_ops::engine::catalog::TABLE;
use linear_ops::linear::transport::WrongSetting;
use linear_ops::sandbox::Act;
use linear_ops::sandbox::refusal::Refusal;
use tokio::net::TcpSocket;

use crate::support::failures::{all_records, mutations, records, refused, script_acts, snapshot};
use crate::support::{Answer, TestWorkspace};

const READ: (&str, &str) = ("list_teams", "{}");
const WRITE: (&str, &str) = ("create_issue", "{team: ENG, title: Refused}");

/// Runs a read whose requests are answered by these acts, in order.
async fn read_against(workspace: &TestWorkspace, acts: impl IntoIterator<Item = Act>) -> Answer {
    script_acts(workspace, "teams", acts);
    let answer = workspace.call(READ.0, READ.1).await;
    assert_eq!(workspace.sandbox.script().pending(), 0, "{:#}", answer.0);
    answer
}

fn limited(status: u16, reset_in_ms: u64) -> Act {
    Act::RateLimited {
        status,
        reset_in_ms,
        retry_after: None,
    }
}

#[tokio::test]
async fn a_key_that_linear_does_not_accept_is_told_once() {
    // The last case is recognised by its sentence alone, because Linear gives it the code of an invalid input.
    for (header, code, word) in [
        ("wrong", "LINEAR_API_UNAUTHORIZED", "authenticate"),
        ("lin_api_revoked", "LINEAR_API_UNAUTHORIZED", "authenticate"),
        (
            "Bearer lin_api_sandbox",
            "LINEAR_API_ERROR",
            "Remove the Bearer prefix",
        ),
    ] {
        let workspace = TestWorkspace::with_key(header).await;
        for (operation, params) in [READ, WRITE] {
            let answer = workspace.call(operation, params).await;
            assert_eq!(answer.code(), code, "{header}");
            assert_eq!(answer.calls(), 1, "{header}");
            let reason = answer.text("/error/details/reason");
            assert!(reason.contains(word), "{reason}");
        }
    }
    let workspace = TestWorkspace::with_key("wrong").await;
    snapshot("errors_unauthorized", &workspace.call(READ.0, READ.1).await);
}

#[tokio::test]
async fn a_key_that_may_only_read_reads_and_does_not_write() {
    let workspace = TestWorkspace::with_key("lin_api_read_only_key").await;
    workspace.call(READ.0, READ.1).await.data();
    for (operation, params) in [
        WRITE,
        ("update_issue", "{issue_id: ENG-231, title: Refused}"),
        ("create_comment", "{issue_id: ENG-231, body: Refused}"),
        ("get_or_create_label", "{team: ENG, name: refused}"),
    ] {
        let answer = workspace.call(operation, params).await;
        assert_eq!(answer.code(), "LINEAR_API_FORBIDDEN", "{operation}");
        assert_eq!(mutations(&workspace.take_requests()), 1, "{operation}");
    }
    assert_eq!(records(&workspace, "Issue", "title", "Refused"), 0);
    snapshot("errors_forbidden", &workspace.call(WRITE.0, WRITE.1).await);
}

#[tokio::test]
async fn a_feature_that_the_plan_lacks_is_forbidden() {
    let workspace = TestWorkspace::new().await;
    workspace.sandbox.script().feature_off("commentCreate");
    let params = "{issue_id: ENG-231, body: Refused}";
    let answer = workspace.call("create_comment", params).await;
    assert_eq!(answer.code(), "LINEAR_API_FORBIDDEN");
    let reason = answer.text("/error/details/reason");
    assert!(reason.contains("Feature not accessible"), "{reason}");
    assert_eq!(records(&workspace, "Comment", "body", "Refused"), 0);
}

#[tokio::test]
async fn a_workspace_that_is_full_says_so_and_names_the_labels_made() {
    let workspace = TestWorkspace::new().await;
    let before = all_records(&workspace, "Issue");
    workspace
        .sandbox
        .edit(|store| store.set_issue_limit(Some(1)));
    let params = "{team: ENG, title: Refused, labels: [brand-new]}";
    let answer = workspace.call("create_issue", params).await;
    assert_eq!(answer.code(), "USAGE_LIMIT_EXCEEDED");
    assert_eq!(answer.texts("/error/details/created_labels"), ["brand-new"]);
    assert_eq!(all_records(&workspace, "Issue"), before);
    snapshot("errors_usage_limit", &answer);
}

#[tokio::test]
async fn a_comment_that_linear_refuses_says_why() {
    let workspace = TestWorkspace::new().await;
    workspace
        .sandbox
        .script()
        .next(refused("commentCreate", "Not on a Sunday"));
    let params = "{issue_id: ENG-231, body: Refused}";
    let answer = workspace.call("create_comment", params).await;
    assert_eq!(answer.code(), "COMMENT_CREATION_FAILED");
    assert_eq!(answer.text("/error/details/reason"), "Not on a Sunday");
    assert_eq!(records(&workspace, "Comment", "body", "Refused"), 0);
}

#[tokio::test]
async fn a_rate_limit_that_ends_soon_is_waited_for_whatever_the_status() {
    for status in [400, 200, 429] {
        let workspace = TestWorkspace::new().await;
        let answer = read_against(&workspace, [limited(status, 5)]).await;
        answer.data();
        assert_eq!(answer.calls(), 2, "{status}");
        script_acts(&workspace, "issueCreate", [limited(status, 5)]);
        workspace.call(WRITE.0, WRITE.1).await.data();
        assert_eq!(mutations(&workspace.take_requests()), 2, "{status}");
        assert_eq!(records(&workspace, "Issue", "title", "Refused"), 1);
    }
}

#[tokio::test]
async fn a_rate_limit_that_ends_late_is_answered_as_the_contract_has_it() {
    const NOW: i64 = 1_737_043_200_000;
    for status in [400, 200, 429] {
        let clock = Clock::new(|| NOW, || Clock::system().new_id());
        let workspace = TestWorkspace::with_clock(clock, |_| {}).await;
        let script = workspace.sandbox.script();
        script.wall_clock_ms(u64::try_from(NOW).ok());
        let answer = read_against(&workspace, [limited(status, 300_000)]).await;
        assert_eq!(answer.code(), "LINEAR_API_RATE_LIMIT", "{status}");
        assert_eq!(answer.calls(), 1);
        let envelope = linear_ops::envelope::yaml::write(&answer.0);
        crate::support::snapshot("errors_rate_limit", &envelope);
        script_acts(&workspace, "issueCreate", [limited(status, 300_000)]);
        let answer = workspace.call(WRITE.0, WRITE.1).await;
        assert_eq!(answer.code(), "LINEAR_API_RATE_LIMIT", "{status}");
        assert_eq!(records(&workspace, "Issue", "title", "Refused"), 0);
    }
}

#[tokio::test]
async fn a_rate_limit_after_a_write_does_not_say_that_nothing_was_done() {
    let workspace = TestWorkspace::new().await;
    script_acts(&workspace, "issueCreate", [limited(400, 3_600_000)]);
    // The labels fill one request, and the issue goes out in the next.
    let labels: Vec<String> = (1..=20)
        .map(|number| format!("brand-new-{number}"))
        .collect();
    let params = format!(
        "{{team: ENG, title: Refused, labels: [{}]}}",
        labels.join(", ")
    );
    let answer = workspace.call("create_issue", &params).await;
    assert_eq!(answer.code(), "LINEAR_API_RATE_LIMIT");
    assert_eq!(answer.texts("/error/details/created_labels"), labels);
    assert_eq!(
        answer.text("/error/message"),
        "Failed to create issue 'Refused': Linear API rate limit exceeded"
    );
}

#[tokio::test]
async fn a_retry_after_header_is_obeyed_too() {
    let workspace = TestWorkspace::new().await;
    let act = Act::RateLimited {
        status: 429,
        reset_in_ms: 5,
        retry_after: Some(120),
    };
    let answer = read_against(&workspace, [act]).await;
    assert_eq!(answer.code(), "LINEAR_API_RATE_LIMIT");
    assert_eq!(answer.at("/error/details/retry_after_seconds"), 120);
}

#[tokio::test]
async fn a_read_is_sent_three_times_and_no_more() {
    let faults = [
        ("unavailable", Act::ServiceUnavailableHtml),
        ("not_json", Act::NotJson),
        ("truncated", Act::Truncated),
        ("dropped", Act::Drop),
        ("empty_errors", Act::EmptyErrors),
        ("internal", Act::InternalError { status: 200 }),
        ("internal", Act::InternalError { status: 500 }),
    ];
    for (name, act) in faults {
        let workspace = TestWorkspace::new().await;
        let answer = read_against(&workspace, vec![act.clone(); 3]).await;
        assert_eq!(answer.code(), "LINEAR_API_ERROR", "{act:?}");
        assert_eq!(answer.calls(), 3, "{act:?}");
        assert_eq!(workspace.take_requests().len(), 3, "{act:?}");
        let reason = answer.text("/error/details/reason").to_owned();
        assert!(!reason.is_empty(), "{act:?}");
        if name == "unavailable" {
            snapshot("errors_unavailable", &answer);
        }
        let answer = read_against(&workspace, vec![act.clone(); 2]).await;
        answer.data();
        assert_eq!(answer.calls(), 3, "{act:?}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_a_timeout() {
    let workspace =
        TestWorkspace::with_endpoint(|endpoint| endpoint.timeout = Duration::from_millis(150))
            .await;
    let answer = read_against(&workspace, vec![Act::Slow(Duration::from_secs(60)); 3]).await;
    assert_eq!(answer.code(), "LINEAR_API_TIMEOUT");
    assert_eq!(answer.calls(), 3);
    snapshot("errors_timeout", &answer);
}

/// The port is taken by a socket that does not listen, so that nobody else can.
#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}/graphql", socket.local_addr().unwrap());
    let workspace = TestWorkspace::with_endpoint(|endpoint| endpoint.url = url).await;
    for (operation, params) in [READ, WRITE] {
        let answer = workspace.call(operation, params).await;
        assert_eq!(answer.code(), "LINEAR_API_UNREACHABLE", "{operation}");
        assert_eq!(answer.calls(), 0, "{operation}");
        assert!(answer.text("/error/message").contains("nothing was"));
    }
    assert!(workspace.take_requests().is_empty());
}

#[tokio::test]
async fn an_error_of_an_unknown_kind_is_passed_on_and_not_repeated() {
    let workspace = TestWorkspace::new().await;
    let answer = read_against(&workspace, [Act::BareError("Out of cheese".into())]).await;
    assert_eq!(answer.code(), "LINEAR_API_ERROR");
    assert_eq!(answer.text("/error/details/reason"), "Out of cheese");
    assert_eq!(answer.calls(), 1);
    snapshot("errors_bare", &answer);
}

#[tokio::test]
async fn an_error_beside_complete_data_is_a_warning() {
    let workspace = TestWorkspace::new().await;
    let act = Act::ErrorsWithData(Refusal::invalid("A view is stale"));
    let answer = read_against(&workspace, [act.clone()]).await;
    assert_eq!(answer.data()["total"], all_records(&workspace, "Team"));
    assert_eq!(answer.texts("/warnings"), ["Linear: A view is stale"]);
    script_acts(&workspace, "issueCreate", [act]);
    let answer = workspace.call(WRITE.0, WRITE.1).await;
    assert_eq!(answer.data()["title"], "Refused");
    assert_eq!(answer.texts("/warnings"), ["Linear: A view is stale"]);
    assert_eq!(records(&workspace, "Issue", "title", "Refused"), 1);
}

#[tokio::test]
async fn without_a_key_nothing_is_sent() {
    let why = "LINEAR_API_KEY is not set";
    let mut workspace = TestWorkspace::with_endpoint(|endpoint| {
        endpoint.authorization = Err(WrongSetting::no_key(why))
    })
    .await;
    workspace.session.guards.allowed = linear_ops::effect::Allowed::Deleting;
    for entry in TABLE.iter() {
        let answer = Answer(workspace.run(entry.example).await.to_value());
        if entry.category == "server" && !entry.spec.effect.writes() {
            // This operation reports on the server itself, and needs no key.
            answer.data();
            continue;
        }
        assert_eq!(answer.code(), "CONFIG_ERROR", "{}", entry.spec.name);
        assert_eq!(answer.text("/error/message"), why);
        assert_eq!(answer.calls(), 0);
    }
    assert!(workspace.take_requests().is_empty());
}

#[tokio::test]
async fn a_read_only_session_refuses_every_operation_that_writes() {
    let mut workspace = TestWorkspace::new().await;
    workspace.session.guards.allowed = linear_ops::effect::Allowed::Reading;
    let mut refused = 0;
    for entry in TABLE.iter() {
        let answer = Answer(workspace.run(entry.example).await.to_value());
        if !entry.spec.effect.writes() {
            answer.data();
            continue;
        }
        assert_eq!(answer.code(), "READ_ONLY", "{}", entry.spec.name);
        assert!(answer.text("/error/message").contains(entry.spec.name));
        assert_eq!(answer.calls(), 0);
        refused += 1;
    }
    assert!(refused > 0 && refused < TABLE.len());
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

//! Every error code of the table is produced by a request, with its number, its name and a suggestion.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::BoxFuture;
use linear_ops::clock::Clock;
use linear_ops::effect::Allowed;
use linear_ops::error::Code;
use linear_ops::linear::transport::WrongSetting;
use linear_ops::sandbox::Act;
use tokio::net::TcpSocket;
use tokio_util::sync::CancellationToken;

use crate::operations::issue::checklists::meanwhile;
use crate::support::failures::{cancellable, far_limit, refuse, script_acts};
use crate::support::{Answer, TestWorkspace};

/// How a code comes about.
enum Scenario {
    /// This operation with these parameters fails in the standard workspace.
    Call(&'static str, &'static str),
    /// The request with this text fails.
    Text(&'static str),
    /// The operation fails because Linear refuses its mutation with this root field.
    Refused(&'static str, &'static str, &'static str),
    /// The operation fails because each request with this root field meets this act.
    Meets(&'static str, fn() -> Act, &'static str, &'static str),
    /// A function causes the error.
    In(fn() -> BoxFuture<'static, Answer>),
}
use Scenario::{Call, In, Meets, Refused, Text};

const READ: (&str, &str) = ("list_teams", "{}");
const WRITE: (&str, &str) = ("create_issue", "{team: ENG, title: T}");

/// The numbers of `contract.md`, "Error codes", and what brings each about.
const SCENARIOS: &[(u16, &str, Scenario)] = &[
    (1001, "TEAM_NOT_FOUND", Call("get_team", "{team: Nobody}")),
    (
        1002,
        "PROJECT_NOT_FOUND",
        Call("create_issue", "{team: ENG, title: T, project: Nothing}"),
    ),
    (
        1003,
        "LABEL_NOT_FOUND",
        Call("list_issues", "{team: ENG, labels: [nowhere]}"),
    ),
    (
        1004,
        "STATUS_NOT_FOUND",
        Call("validate_state", "{team: ENG, state: nowhere}"),
    ),
    (
        1005,
        "ISSUE_NOT_FOUND",
        Call("get_issue", "{issue_id: ENG-99999}"),
    ),
    (
        1006,
        "USER_NOT_FOUND",
        Call("list_issues", "{assignee: Nemo Nowhere}"),
    ),
    (
        1007,
        "DOCUMENT_NOT_FOUND",
        Call("get_document", "{document_id: 0123456789ab}"),
    ),
    (
        1008,
        "CYCLE_NOT_FOUND",
        Call("list_issues", "{team: ENG, cycle: 99}"),
    ),
    (
        1009,
        "COMMENT_NOT_FOUND",
        Call(
            "create_comment",
            "{issue_id: ENG-231, body: B, parent_id: 00000000-0000-4000-8000-00000000dead}",
        ),
    ),
    (
        1010,
        "MILESTONE_NOT_FOUND",
        Call(
            "create_issue",
            "{team: ENG, title: T, project: Auth System, milestone: Gamma}",
        ),
    ),
    (
        1011,
        "INITIATIVE_NOT_FOUND",
        Call("list_projects", "{initiative: Nowhere}"),
    ),
    (
        1012,
        "VIEW_NOT_FOUND",
        Call("list_issues", "{view: Nowhere}"),
    ),
    (
        1013,
        "TEMPLATE_NOT_FOUND",
        Call("create_issue", "{team: ENG, title: T, template: Nothing}"),
    ),
    (
        1101,
        "INVALID_TEAM_IDENTIFIER",
        Call("get_team", "{team: {a: b}}"),
    ),
    (
        1102,
        "INVALID_STATE_NAME",
        Call("get_valid_state_id", "{team: ENG, state: [a, b]}"),
    ),
    (
        1103,
        "INVALID_LABEL_NAME",
        Call("update_issue", "{issue_id: ENG-231, add_labels: [Type]}"),
    ),
    (
        1104,
        "INVALID_PRIORITY",
        Call("create_issue", "{team: ENG, title: T, priority: 5}"),
    ),
    (
        1105,
        "INVALID_DATE_FORMAT",
        Call("create_issue", "{team: ENG, title: T, due_date: soon}"),
    ),
    (1106, "MISSING_REQUIRED_PARAM", Call("get_team", "{}")),
    (
        1107,
        "INVALID_PARAM",
        Call("create_issue", "{team: ENG, title: ' '}"),
    ),
    (1108, "UNKNOWN_OPERATION", Call("make_coffee", "{}")),
    (1109, "INVALID_REQUEST", Text("Please make an issue")),
    (
        1110,
        "AMBIGUOUS_IDENTIFIER",
        Call("update_label", "{label: frontend, color: '#123456'}"),
    ),
    (
        1111,
        "INVALID_INDICES",
        Call(
            "update_checklist_items",
            "{issue_id: PSN-123, indices: [9]}",
        ),
    ),
    (
        1112,
        "NO_CHECKLIST",
        Call(
            "update_checklist_items",
            "{issue_id: PSN-125, indices: [0]}",
        ),
    ),
    (1113, "EDIT_CONFLICT", In(|| Box::pin(contested()))),
    (
        1114,
        "PATCH_FAILED",
        Call(
            "update_issue",
            "{issue_id: PSN-123, patch: [{op: remove, anchor: No such line}]}",
        ),
    ),
    (
        1115,
        "UNSUPPORTED_OPERATION",
        Call(
            "update_issue_custom_fields",
            "{issue_id: ENG-231, ccpmPhase: DONE}",
        ),
    ),
    (
        1201,
        "LABEL_CREATION_FAILED",
        Call("create_issue_label", "{team: ENG, name: bug}"),
    ),
    (
        1202,
        "ISSUE_CREATION_FAILED",
        Refused("issueCreate", WRITE.0, WRITE.1),
    ),
    (
        1203,
        "COMMENT_CREATION_FAILED",
        Refused(
            "commentCreate",
            "create_comment",
            "{issue_id: ENG-231, body: B}",
        ),
    ),
    (
        1204,
        "PROJECT_CREATION_FAILED",
        Refused("projectCreate", "create_project", "{team: ENG, name: P}"),
    ),
    (
        1205,
        "DOCUMENT_CREATION_FAILED",
        Refused(
            "documentCreate",
            "create_document",
            "{project: Auth System, title: D}",
        ),
    ),
    (
        1206,
        "ATTACHMENT_CREATION_FAILED",
        Refused(
            "attachmentCreate",
            "link_url",
            "{issue_id: ENG-231, url: 'https://example.com'}",
        ),
    ),
    (
        1301,
        "ISSUE_UPDATE_FAILED",
        Refused(
            "issueUpdate",
            "update_issue",
            "{issue_id: ENG-231, title: T}",
        ),
    ),
    (
        1302,
        "PROJECT_UPDATE_FAILED",
        Refused(
            "projectUpdate",
            "update_project",
            "{project: Auth System, name: P}",
        ),
    ),
    (
        1303,
        "LABEL_UPDATE_FAILED",
        Call("update_label", "{label: backend, name: bug}"),
    ),
    (
        1304,
        "COMMENT_UPDATE_FAILED",
        Refused(
            "commentUpdate",
            "update_comment",
            "{comment_id: 5eed0000-0000-4000-8000-000000000195, body: B}",
        ),
    ),
    (
        1305,
        "DOCUMENT_UPDATE_FAILED",
        Refused(
            "documentUpdate",
            "update_document",
            "{document_id: '000000000182', title: D}",
        ),
    ),
    (
        1401,
        "LINEAR_API_ERROR",
        Meets(
            "teams",
            || Act::BareError("Out of cheese".into()),
            READ.0,
            READ.1,
        ),
    ),
    (
        1402,
        "LINEAR_API_RATE_LIMIT",
        Meets("teams", far_limit, READ.0, READ.1),
    ),
    (1403, "LINEAR_API_TIMEOUT", In(|| Box::pin(slow()))),
    (
        1404,
        "LINEAR_API_UNAUTHORIZED",
        In(|| Box::pin(keyed("wrong"))),
    ),
    (
        1405,
        "LINEAR_API_FORBIDDEN",
        In(|| Box::pin(keyed("lin_api_read_only_key"))),
    ),
    (1406, "LINEAR_API_UNREACHABLE", In(|| Box::pin(unreached()))),
    (
        1407,
        "OUTCOME_UNKNOWN",
        Meets(
            "issueUpdate",
            || Act::Drop,
            "update_issue",
            "{issue_id: ENG-231, title: T}",
        ),
    ),
    (1408, "USAGE_LIMIT_EXCEEDED", In(|| Box::pin(full()))),
    (1501, "CONFIG_ERROR", In(|| Box::pin(keyless()))),
    (1502, "READ_ONLY", In(|| Box::pin(read_only()))),
    (1503, "CANCELLED", In(|| Box::pin(cancelled()))),
    (1504, "INTERNAL_ERROR", In(|| Box::pin(defective()))),
    (1505, "NOT_ALLOWED", In(|| Box::pin(spent()))),
];

impl Scenario {
    async fn run(&self) -> Answer {
        match self {
            Call(operation, params) => TestWorkspace::new().await.call(operation, params).await,
            Text(text) => Answer(TestWorkspace::new().await.run(text).await.to_value()),
            Refused(field, operation, params) => {
                let workspace = TestWorkspace::new().await;
                refuse(&workspace, field, 20);
                workspace.call(operation, params).await
            }
            Meets(root, act, operation, params) => {
                let workspace = TestWorkspace::new().await;
                // A request is sent three times at most.
                script_acts(&workspace, root, [act(), act(), act()]);
                workspace.call(operation, params).await
            }
            In(circumstances) => circumstances().await,
        }
    }
}

async fn slow() -> Answer {
    let workspace =
        TestWorkspace::with_endpoint(|endpoint| endpoint.timeout = Duration::from_millis(150))
            .await;
    script_acts(
        &workspace,
        "teams",
        vec![Act::Slow(Duration::from_secs(60)); 3],
    );
    workspace.call(READ.0, READ.1).await
}

async fn keyed(key: &str) -> Answer {
    TestWorkspace::with_key(key)
        .await
        .call(WRITE.0, WRITE.1)
        .await
}

/// The port is taken by a socket that does not listen.
async fn unreached() -> Answer {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}/graphql", socket.local_addr().unwrap());
    let workspace = TestWorkspace::with_endpoint(|endpoint| endpoint.url = url).await;
    workspace.call(READ.0, READ.1).await
}

async fn full() -> Answer {
    let workspace = TestWorkspace::new().await;
    workspace
        .sandbox
        .edit(|store| store.set_issue_limit(Some(1)));
    workspace.call(WRITE.0, WRITE.1).await
}

async fn keyless() -> Answer {
    let why = WrongSetting::no_key("LINEAR_API_KEY is not set");
    let workspace =
        TestWorkspace::with_endpoint(|endpoint| endpoint.authorization = Err(why)).await;
    workspace.call(READ.0, READ.1).await
}

async fn read_only() -> Answer {
    let mut workspace = TestWorkspace::new().await;
    workspace.session.guards.allowed = Allowed::Reading;
    workspace.call(WRITE.0, WRITE.1).await
}

async fn spent() -> Answer {
    let mut workspace = TestWorkspace::new().await;
    workspace.session.guards.most_writes = Some(0);
    workspace.call(WRITE.0, WRITE.1).await
}

async fn cancelled() -> Answer {
    let cancel = CancellationToken::new();
    cancel.cancel();
    let workspace = TestWorkspace::new().await;
    cancellable(&workspace, "operation: list_teams\n", cancel).await
}

/// Somebody takes the item off between the look and the write.
async fn contested() -> Answer {
    let workspace = TestWorkspace::new().await;
    meanwhile(&workspace, "All is different");
    let params = "{issue_id: PSN-123, indices: [1]}";
    workspace.call("update_checklist_items", params).await
}

async fn defective() -> Answer {
    let clock = Clock::new(|| Clock::system().now_ms(), || panic!("no ids today"));
    let workspace = TestWorkspace::with_clock(clock, |_| {}).await;
    workspace.call(WRITE.0, WRITE.1).await
}

#[tokio::test]
async fn every_code_is_produced_by_a_request_and_says_a_way_out() {
    let mut seen = BTreeSet::new();
    for (number, name, scenario) in SCENARIOS {
        let answer = scenario.run().await;
        assert_eq!(answer.code(), *name, "{:#}", answer.0);
        assert!(answer.text("/error/message").len() > 10, "{:#}", answer.0);
        for suggestion in answer.texts("/error/suggestions") {
            assert!(!suggestion.trim().is_empty(), "{:#}", answer.0);
        }
        let code = Code::ALL.iter().find(|code| code.name() == *name).unwrap();
        assert_eq!(code.number(), *number, "{name}");
        assert!(seen.insert(*code), "{name} stands twice");
    }
    assert!(seen.iter().eq(Code::ALL));
}

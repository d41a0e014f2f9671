//! `linear-ops doctor` through the real binary, against the stand-in over HTTP.

mod client;
mod registered;

use std::path::Path;

use linear_ops::sandbox::{Act, Sandbox};
use linear_ops::settings::TABLE;
use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::binary;
use crate::support::{serve, snapshot_but_for};

/// The result of a run of `doctor`.
#[derive(Debug)]
struct Visit {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Visit {
    /// The lines about a subject, each beginning with its level.
    fn about(&self, subject: &str) -> Vec<&str> {
        let lines = self.out.lines();
        lines
            .filter(|line| {
                line.get(9..)
                    .is_some_and(|rest| rest.starts_with(&format!("{subject} ")))
            })
            .collect()
    }

    /// The one line about a subject.
    fn only(&self, subject: &str) -> &str {
        let lines = self.about(subject);
        assert_eq!(lines.len(), 1, "{subject}\n{}", self.out);
        lines[0]
    }

    /// Asserts that the one line about a subject has that in it.
    fn says(&self, subject: &str, part: &str) {
        assert!(self.only(subject).contains(part), "{part}\n{}", self.out);
    }

    /// Asserts that the one line about a subject is of that level.
    fn is(&self, subject: &str, level: &str) {
        assert!(
            self.only(subject).starts_with(level),
            "{level}\n{}",
            self.out
        );
    }
}

/// Runs the doctor in a folder, under an environment that has only these variables.
fn visit(folder: &Path, args: &[&str], vars: &[(&str, &str)]) -> Visit {
    let output = binary::command()
        .arg("doctor")
        .args(args)
        .current_dir(folder)
        .envs(vars.iter().copied())
        .output()
        .unwrap();
    Visit {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// As [`visit`], in an empty folder and without holding up what serves Linear.
async fn ask(
    server: &MockServer,
    key: &'static str,
    more: &[(&'static str, &'static str)],
) -> Visit {
    let url = format!("{}/graphql", server.uri());
    let more = more.to_vec();
    let run = move || {
        let folder = tempfile::tempdir().unwrap();
        let mut vars = vec![("LINEAR_API_URL", url.as_str()), ("LINEAR_API_KEY", key)];
        vars.extend(more);
        visit(folder.path(), &[], &vars)
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

fn snapshot(name: &str, text: &str) {
    let these = [
        (r"127\.0\.0\.1:\d+", "[address]"),
        (r"in \d+ ms", "in [ms] ms"),
    ];
    snapshot_but_for(&these, name, text);
}

#[tokio::test]
async fn all_is_well_with_two_requests() {
    let sandbox = Sandbox::new();
    let server = serve(&sandbox).await;
    let report = ask(&server, "lin_api_sandbox", &[]).await;
    assert_eq!((report.code, report.err.as_str()), (Some(0), ""));
    snapshot("doctor_well", &report.out);
    let received = sandbox.requests();
    assert_eq!(received.len(), 2);
    assert_eq!((received[0].mutation, received[1].mutation), (false, true));
}

#[test]
fn the_stand_in_needs_neither_key_nor_network() {
    let folder = tempfile::tempdir().unwrap();
    let report = visit(folder.path(), &["--sandbox"], &[]);
    assert_eq!((report.code, report.err.as_str()), (Some(0), ""));
    assert!(report.only("key").contains("none is needed"));
    assert!(report.only("connection").contains("stand-in"));
    let unregistered = report.only("registration");
    assert!(unregistered.starts_with("warning"), "{unregistered}");
    assert!(
        report.out.ends_with("8 ok, 1 warning, 0 failures\n"),
        "{}",
        report.out
    );
}

#[tokio::test]
async fn a_probe_changes_nothing_and_read_only_does_not_probe() {
    let sandbox = Sandbox::new();
    let server = serve(&sandbox).await;
    let relations = || {
        let mut all = Vec::new();
        sandbox.edit(|store| all = store.all("IssueRelation").cloned().collect());
        all
    };
    let before = relations();
    assert!(!before.is_empty());
    ask(&server, "lin_api_sandbox", &[]).await;
    assert_eq!(relations(), before);
    sandbox.forget_requests();
    let report = ask(&server, "lin_api_sandbox", &[("LINEAR_OPS_READ_ONLY", "1")]).await;
    assert_eq!(report.code, Some(0));
    assert!(report.only("permissions").contains("writes were not tried"));
    assert!(report.only("settings").contains("read-only"));
    assert_eq!(sandbox.requests().len(), 1);
}

#[tokio::test]
async fn a_key_that_only_reads_is_a_failure_unless_nothing_is_to_be_written() {
    let server = serve(&Sandbox::new()).await;
    let report = ask(&server, "lin_api_read_only", &[]).await;
    assert_eq!(report.code, Some(1));
    snapshot("doctor_read_only_key", report.only("permissions"));
    let report = ask(
        &server,
        "lin_api_read_only",
        &[("LINEAR_OPS_READ_ONLY", "1")],
    )
    .await;
    assert_eq!(report.code, Some(0), "{}", report.out);
}

#[tokio::test]
async fn a_key_that_is_not_accepted_is_told_beside_a_connection_that_works() {
    let server = serve(&Sandbox::new()).await;
    let report = ask(&server, "lin_api_revoked", &[]).await;
    assert_eq!(report.code, Some(4));
    snapshot("doctor_revoked_key", &report.out);
}

#[test]
fn without_a_key_linear_is_not_asked_and_what_looks_like_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let vars = [
        ("LINEAR_TOKEN", "lin_api_secret"),
        ("LINEAR_OPS_LOG", "warn"),
    ];
    let report = visit(folder.path(), &[], &vars);
    assert_eq!(report.code, Some(4));
    snapshot("doctor_no_key", &report.out);
    assert!(!report.out.contains("secret"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_key_that_has_to_be_fetched_is_told_by_its_setting() {
    let sandbox = Sandbox::new();
    let server = serve(&sandbox).await;
    for (command, code, part) in [
        ("echo lin''_api_sandbox", 0, "LINEAR_API_KEY_COMMAND is set"),
        ("echo my_secret; exit 7", 4, "exit code 7"),
        (
            "echo wrong_secret_key",
            4,
            "LINEAR_API_KEY_COMMAND finds it",
        ),
    ] {
        let vars = [("LINEAR_API_KEY_COMMAND", command)];
        let report = ask(&server, "", &vars).await;
        assert_eq!(report.code, Some(code), "{}", report.out);
        let lines = report.about("key").join("\n");
        assert!(lines.contains(part), "{lines}");
        assert!(!report.out.contains("secret") && !report.err.contains("secret"));
    }
}

#[test]
fn an_address_where_nobody_answers_is_told_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let vars = [
        ("LINEAR_API_URL", "http://127.0.0.1:1/graphql"),
        ("LINEAR_API_KEY", "lin_api_secret"),
    ];
    let report = visit(folder.path(), &[], &vars);
    assert_eq!(report.code, Some(1));
    let line = report.only("connection");
    assert!(line.starts_with("failure"), "{line}");
    assert!(line.contains("LINEAR_API_URL"), "{line}");
    assert!(!report.out.contains("secret"));
    assert!(report.about("account").is_empty() && report.about("clock").is_empty());
}

#[test]
fn a_proxy_is_named_where_one_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let vars = |url| {
        [
            ("LINEAR_API_URL", url),
            ("LINEAR_API_KEY", "lin_api_secret"),
            ("HTTPS_PROXY", "http://ann:secret@127.0.0.1:1"),
        ]
    };
    let report = visit(folder.path(), &[], &vars("https://linear.example/graphql"));
    let line = report.only("connection");
    assert!(line.contains("(HTTPS_PROXY is set)"), "{line}");
    assert!(!report.out.contains("secret"), "{line}");
    let report = visit(folder.path(), &[], &vars("http://127.0.0.1:1/graphql"));
    assert!(!report.out.contains("PROXY"), "{}", report.out);
}

#[tokio::test]
async fn every_guard_in_force_is_named() {
    let sandbox = Sandbox::new();
    let server = serve(&sandbox).await;
    let vars = [
        ("LINEAR_OPS_OPERATIONS", "issue, comment, batch"),
        ("LINEAR_OPS_DENY", "archive_issue"),
        ("LINEAR_OPS_TEAMS", "ENG"),
        ("LINEAR_OPS_PROJECTS", "Auth System"),
        ("LINEAR_OPS_MAX_WRITES", "7"),
        ("LINEAR_OPS_ALLOW_DESTRUCTIVE", "1"),
    ];
    let report = ask(&server, "lin_api_sandbox", &vars).await;
    assert_eq!(report.code, Some(0), "{}", report.out);
    let guards = report.about("guard").join("\n");
    for (setting, value) in vars {
        assert!(guards.contains(setting), "{guards}");
        assert!(value == "1" || guards.contains(value), "{guards}");
    }
    assert!(report.only("places").starts_with("ok"), "{}", report.out);
    let report = ask(&server, "lin_api_sandbox", &[("LINEAR_OPS_READ_ONLY", "1")]).await;
    assert!(report.only("guard").contains("LINEAR_OPS_READ_ONLY"));
}

#[tokio::test]
async fn a_place_that_is_not_there_fails_with_what_there_is() {
    let sandbox = Sandbox::new();
    let server = serve(&sandbox).await;
    for (setting, there_is) in [
        ("LINEAR_OPS_TEAMS", "ENG (Engineering)"),
        ("LINEAR_OPS_PROJECTS", "Auth System"),
    ] {
        let report = ask(&server, "lin_api_sandbox", &[(setting, "Nowhere")]).await;
        assert_eq!(report.code, Some(1), "{}", report.out);
        let line = report.only("places");
        assert!(
            line.contains(setting) && line.contains("'Nowhere'"),
            "{line}"
        );
        assert!(line.contains(there_is), "{line}");
    }
}

#[tokio::test]
async fn guards_that_let_no_write_through_are_warned_about() {
    let sandbox = Sandbox::new();
    let server = serve(&sandbox).await;
    for (setting, value) in [
        ("LINEAR_OPS_MAX_WRITES", "0"),
        ("LINEAR_OPS_OPERATIONS", "get_issue"),
    ] {
        let report = ask(&server, "lin_api_sandbox", &[(setting, value)]).await;
        let guards = report.about("guard").join("\n");
        assert!(
            guards.contains("warning") && guards.contains("every write is refused"),
            "{guards}"
        );
        if value == "0" {
            assert!(
                report.only("settings").contains("no writes allowed"),
                "{}",
                report.out
            );
        }
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_told() {
    let sandbox = Sandbox::new();
    sandbox
        .script()
        .next(Act::Slow(std::time::Duration::from_secs(20)));
    let server = serve(&sandbox).await;
    let report = ask(&server, "lin_api_x", &[("LINEAR_OPS_TIMEOUT_MS", "150")]).await;
    assert_eq!(report.code, Some(1));
    let line = report.only("connection");
    assert!(line.contains("did not answer within 0.15 s"), "{line}");
}

#[tokio::test]
async fn what_is_not_linear_is_told() {
    let server = MockServer::start().await;
    let page = ResponseTemplate::new(200).set_body_string("<html>Welcome</html>");
    Mock::given(any()).respond_with(page).mount(&server).await;
    let report = ask(&server, "lin_api_x", &[]).await;
    assert_eq!(report.code, Some(1));
    assert!(report.only("connection").starts_with("ok"));
    let line = report.only("answer");
    assert!(line.contains("not a GraphQL answer"), "{line}");
    assert!(line.contains("LINEAR_API_URL"), "{line}");
}

#[tokio::test]
async fn a_probe_without_a_usable_answer_is_no_verdict() {
    let sandbox = Sandbox::new();
    sandbox
        .script()
        .next_for("issueRelationUpdate", Act::InternalError { status: 500 });
    let server = serve(&sandbox).await;
    let report = ask(&server, "lin_api_x", &[]).await;
    assert_eq!(report.code, Some(0));
    let line = report.only("permissions");
    assert!(
        line.starts_with("warning") && line.contains("is not known"),
        "{line}"
    );
}

#[tokio::test]
async fn a_budget_that_is_used_up_is_a_failure() {
    let sandbox = Sandbox::new();
    sandbox.script().requests_remaining(Some(0));
    let server = serve(&sandbox).await;
    let report = ask(&server, "lin_api_x", &[]).await;
    assert_eq!(report.code, Some(1));
    let line = report.only("rate limit");
    assert!(
        line.starts_with("failure") && line.contains("Wait 3"),
        "{line}"
    );
}

/// A Linear that answers the doctor's read, with these headers.
async fn answering(headers: &[(&str, String)]) -> MockServer {
    let server = MockServer::start().await;
    let body = json!({"data": {
        "p0_viewer": {"name": "Ann", "email": "ann@acme.test", "admin": false, "guest": true},
        "p1_organization": {"name": "Acme", "urlKey": "acme"},
    }});
    let mut answer = ResponseTemplate::new(200).set_body_json(body);
    for (name, value) in headers {
        answer = answer.insert_header(*name, value.as_str());
    }
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

const READ_ONLY: [(&str, &str); 1] = [("LINEAR_OPS_READ_ONLY", "1")];

fn limits(left: u32) -> Vec<(&'static str, String)> {
    vec![
        ("x-ratelimit-requests-limit", "2500".to_owned()),
        ("x-ratelimit-requests-remaining", left.to_string()),
        ("x-ratelimit-requests-reset", "0".to_owned()),
    ]
}

#[tokio::test]
async fn a_budget_that_runs_low_is_a_warning() {
    for (left, level) in [(2500, "ok"), (249, "warning"), (0, "failure")] {
        let server = answering(&limits(left)).await;
        let report = ask(&server, "lin_api_x", &READ_ONLY).await;
        let line = report.only("rate limit");
        assert!(line.starts_with(level), "{line}");
        assert!(line.contains(&format!("{left} of 2500 requests")), "{line}");
        assert_eq!(report.code, Some(i32::from(level == "failure")));
    }
}

#[tokio::test]
async fn a_clock_that_is_off_is_a_warning() {
    for (date, part) in [
        ("Sun, 06 Nov 1994 08:49:37 GMT", "s ahead of the server's"),
        ("Fri, 06 Nov 2099 08:49:37 GMT", "s behind the server's"),
    ] {
        let server = answering(&[("date", date.to_owned())]).await;
        let report = ask(&server, "lin_api_x", &READ_ONLY).await;
        assert_eq!(report.code, Some(0), "{}", report.out);
        let line = report.only("clock");
        assert!(line.starts_with("warning") && line.contains(part), "{line}");
        assert!(report.only("account").contains("a guest"), "{}", report.out);
    }
}

#[test]
fn settings_are_all_told_before_anything_else_is_tried() {
    let folder = tempfile::tempdir().unwrap();
    let vars = [
        ("LINEAR_OPS_TIMEOUT_MS", "5s"),
        ("LINEAR_API_URL", "http://example.com"),
        ("LINEAR_API_KEY", "lin_api_secret"),
    ];
    let report = visit(folder.path(), &[], &vars);
    assert_eq!(report.code, Some(1));
    snapshot("doctor_settings", &report.out);
}

#[test]
fn settings_that_are_misspelt_are_told_with_the_nearest() {
    let folder = tempfile::tempdir().unwrap();
    let vars = [
        ("LINEAR_OPS_READONLY", "1"),
        ("LINEAR_OPS_TOOLS", "get_isue"),
    ];
    let report = visit(folder.path(), &["--sandbox"], &vars);
    assert_eq!(report.code, Some(1));
    let lines = report.about("settings").join("\n");
    assert!(
        lines.contains("did you mean LINEAR_OPS_READ_ONLY?"),
        "{lines}"
    );
    assert!(lines.contains("the nearest is 'get_issue'"), "{lines}");
}

#[test]
fn no_setting_that_holds_a_key_shows_it() {
    let folder = tempfile::tempdir().unwrap();
    for setting in TABLE.iter().filter(|row| row.name != "LINEAR_API_URL") {
        let vars = [(setting.name, "lin_api_very_secret")];
        let report = visit(folder.path(), &["--sandbox"], &vars);
        assert!(!report.out.contains("very_secret"), "{}", report.out);
        assert!(!report.err.contains("very_secret"), "{}", report.err);
    }
}

#[test]
fn wrong_usage_is_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    let report = visit(folder.path(), &["--nonsense"], &[]);
    assert_eq!((report.code, report.out.as_str()), (Some(2), ""));
}

#[test]
fn the_time_of_an_operation_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let vars = [("LINEAR_OPS_DEADLINE_MS", "9500")];
    let visit = visit(folder.path(), &["--sandbox"], &vars);
    let settings = visit.only("settings");
    assert!(settings.contains("an operation 9.5 s"), "{settings}");
}

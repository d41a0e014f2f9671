//! The key is in no answer, no debug output and no log, whatever goes wrong.

use std::io::{self, Write};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use linear_ops::linear::http::{Endpoint, Http};
use linear_ops::sandbox::Act;
use linear_ops::sandbox::refusal::Refusal;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::filter::LevelFilter;

use crate::support::failures::script_acts;
use crate::support::{TestWorkspace, serve};

/// What no text may hold. A header of this server's own making starts with `lin_api_` or `Bearer `.
const SECRET: &str = "Xyzzy4711Unmistakable";

/// Everything that is logged on this thread, at every level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn begin(&self) -> DefaultGuard {
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(move || log.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn acts() -> Vec<Act> {
    let limit = |reset_in_ms| Act::RateLimited {
        status: 400,
        reset_in_ms,
        retry_after: None,
    };
    vec![
        limit(1),
        limit(3_600_000),
        Act::ServiceUnavailableHtml,
        Act::NotJson,
        Act::Truncated,
        Act::Slow(Duration::from_secs(60)),
        Act::Drop,
        Act::DropAfterCommit,
        Act::UnavailableAfterCommit,
        Act::EmptyErrors,
        Act::BareError("Something".to_owned()),
        Act::ErrorsWithData(Refusal::internal()),
        Act::InternalError { status: 500 },
    ]
}

fn secretless(what: &str, text: &str) {
    assert!(!text.contains(SECRET), "{what}: {text}");
}

/// Runs a read and a write, each of whose requests meets that act, and collects everything that can be printed of them.
async fn exercise(workspace: &TestWorkspace, act: Option<&Act>) -> Vec<String> {
    let mut codes = Vec::new();
    for yaml in [
        "operation: list_teams\nparams: {refresh_cache: true}\n",
        "operation: create_issue\nparams: {team: ENG, title: T, labels: [brand-new], links: ['https://a.example']}\n",
        "operation: update_issue\nparams: {issue_id: ENG-231, title: T}\n",
    ] {
        for root in ["teams", "issueCreate", "issueUpdate"] {
            script_acts(
                workspace,
                root,
                std::iter::repeat_n(act, 3).flatten().cloned(),
            );
        }
        let envelope = workspace.run(yaml).await;
        secretless("envelope", &envelope.to_yaml());
        secretless("debug", &format!("{envelope:?} {envelope:#?}"));
        secretless(
            "session",
            &format!("{:?} {:#?}", workspace.session, workspace.session),
        );
        if let Err(error) = &envelope.outcome {
            secretless("error", &error.to_string());
            codes.push(error.code().name().to_owned());
        }
    }
    codes
}

#[tokio::test]
async fn no_failure_tells_the_key() {
    let log = Log::default();
    let guard = log.begin();
    let mut codes = Vec::new();
    for header in [format!("lin_api_{SECRET}"), format!("Bearer {SECRET}")] {
        for act in acts() {
            let workspace = TestWorkspace::with_endpoint(|endpoint| {
                endpoint.authorization = Ok(header.clone().into());
                if matches!(act, Act::Slow(_)) {
                    endpoint.timeout = Duration::from_millis(100);
                }
            })
            .await;
            codes.extend(exercise(&workspace, Some(&act)).await);
        }
    }
    drop(guard);
    for code in [
        "LINEAR_API_RATE_LIMIT",
        "LINEAR_API_ERROR",
        "LINEAR_API_TIMEOUT",
        "OUTCOME_UNKNOWN",
        "ISSUE_UPDATE_FAILED",
    ] {
        assert!(codes.iter().any(|known| known == code), "{code}: {codes:?}");
    }
    let text = log.text();
    // The log has events of this program and of the HTTP client.
    assert!(text.contains("sending again"));
    assert!(text.contains("TRACE"));
    secretless("log", &text);
}

#[tokio::test]
async fn no_refusal_of_the_key_and_no_wrong_address_tells_it() {
    let log = Log::default();
    let guard = log.begin();
    for (header, url, code) in [
        (SECRET.to_owned(), None, "LINEAR_API_UNAUTHORIZED"),
        (format!("Bearer lin_api_{SECRET}"), None, "LINEAR_API_ERROR"),
        (
            format!("lin_api_read_only{SECRET}"),
            None,
            "LINEAR_API_FORBIDDEN",
        ),
        (format!("lin_api_{SECRET}\nx"), None, "CONFIG_ERROR"),
        (format!("lin_api_{SECRET}"), Some("http://"), "CONFIG_ERROR"),
        (
            format!("lin_api_{SECRET}"),
            Some("http://127.0.0.1:1/"),
            "LINEAR_API_UNREACHABLE",
        ),
    ] {
        let workspace = TestWorkspace::with_endpoint(|endpoint| {
            endpoint.authorization = Ok(header.clone().into());
            if let Some(url) = url {
                endpoint.url = url.to_owned();
            }
        })
        .await;
        let codes = exercise(&workspace, None).await;
        assert!(codes.iter().any(|known| known == code), "{code}: {codes:?}");
    }
    drop(guard);
    secretless("log", &log.text());
}

#[test]
fn no_debug_output_of_the_connection_tells_the_key() {
    let endpoint = Endpoint {
        url: "http://127.0.0.1:1/graphql".to_owned(),
        authorization: Ok(SECRET.into()),
        timeout: Duration::from_secs(1),
        loopback: true,
        proxy: Ok(()),
    };
    let http = Http::new(endpoint.clone());
    let text = format!("{endpoint:?} {endpoint:#?} {http:?}");
    assert!(text.contains("127.0.0.1:1"));
    secretless("debug", &text);
}

/// The query of the address may be a secret, too, and what stands between here and Linear may repeat the key, whatever
/// it looks like.
#[tokio::test]
async fn nothing_tells_the_addresss_query_or_a_key_that_is_repeated() {
    let body = format!(
        r#"{{"errors": [{{"message": "No {SECRET} at ?token={SECRET}2", "extensions": {{"userPresentableMessage": "Bearer {SECRET} is bad"}}}}]}}"#
    );
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = format!("http://{}/graphql", silent.local_addr().unwrap());
    for (status, body, code) in [
        (200, body.as_str(), "LINEAR_API_ERROR"),
        (502, "<html>", "LINEAR_API_ERROR"),
        (404, "", "CONFIG_ERROR"),
        (0, "", "LINEAR_API_"),
    ] {
        let server = wiremock::MockServer::start().await;
        wiremock::Mock::given(wiremock::matchers::any())
            .respond_with(wiremock::ResponseTemplate::new(status.max(200)).set_body_string(body))
            .mount(&server)
            .await;
        let address = if status == 0 {
            silent.clone()
        } else {
            server.uri()
        };
        let example = format!("{}/examples/list_teams.yaml", env!("CARGO_MANIFEST_DIR"));
        let run = move || {
            Command::new(env!("CARGO_BIN_EXE_linear-ops"))
                .args(["run", &example])
                .env(
                    "LINEAR_API_URL",
                    format!("{address}?token={SECRET}2#{SECRET}"),
                )
                .env_remove("LINEAR_API_KEY")
                .env("LINEAR_ACCESS_TOKEN", SECRET)
                .env("LINEAR_OPS_TIMEOUT_MS", "500")
                .env("LINEAR_OPS_LOG", "trace")
                .output()
                .unwrap()
        };
        let output = tokio::task::spawn_blocking(run).await.unwrap();
        let answer = String::from_utf8(output.stdout).unwrap();
        assert!(answer.contains(code), "{answer}");
        secretless("answer", &answer);
        secretless("log", &String::from_utf8(output.stderr).unwrap());
    }
}

#[tokio::test]
async fn the_command_tells_the_key_nowhere_when_it_logs_everything() {
    let sandbox = linear_ops::sandbox::Sandbox::new();
    sandbox.script().next(Act::Drop);
    let server = serve(&sandbox).await;
    let url = format!("{}/graphql", server.uri());
    let example = format!("{}/examples/get_team.yaml", env!("CARGO_MANIFEST_DIR"));
    let run = move || {
        Command::new(env!("CARGO_BIN_EXE_linear-ops"))
            .args(["run", &example])
            .env("LINEAR_API_URL", url)
            .env("LINEAR_API_KEY", format!("lin_api_{SECRET}"))
            .env("LINEAR_OPS_LOG", "trace")
            .output()
            .unwrap()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let (answer, log) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    assert!(answer.contains("name: Engineering"), "{answer}");
    assert!(log.contains("sending again"), "{log}");
    secretless("answer", &answer);
    secretless("log", &log);
}

//! The snapshot through the real binary: what it writes to the user's cache folder, and which requests that saves the
//! next run.

use std::path::Path;
use std::process::Command;

use linear_ops::sandbox::Sandbox;
use serde_json::json;

use crate::mcp::raw::{Server, envelope};
use crate::support::binary;
use crate::support::{self, mutations};

const REQUEST: &str =
    "operation: create_issue\nparams: {team: ENG, title: T, state: Done, assignee: me}\n";

pub fn command(url: &str, cache: &Path) -> Command {
    let mut command = binary::command();
    command
        .env("LINEAR_API_URL", url)
        .env("LINEAR_API_KEY", "lin_api_sandbox")
        .env("LINEAR_OPS_CACHE", "disk")
        .env("XDG_CACHE_HOME", cache)
        .env("HOME", cache);
    command
}

/// Runs one request, and returns what the program printed and said.
pub async fn run(mut command: Command, folder: &Path) -> (String, String) {
    let file = folder.join("request.yaml");
    std::fs::write(&file, REQUEST).unwrap();
    command.arg("run").arg(file);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = output.await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, errors) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{out}{errors}");
    (out, errors)
}

#[cfg(not(windows))]
#[tokio::test]
async fn a_second_run_creates_in_one_request() {
    let sandbox = Sandbox::new();
    let server = support::serve(&sandbox).await;
    let url = format!("{}/graphql", server.uri());
    let (folder, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut requests = Vec::new();
    for _ in 0..2 {
        let (_, errors) = run(command(&url, cache.path()), folder.path()).await;
        assert_eq!(errors, "");
        requests.push(sandbox.requests().len());
        sandbox.forget_requests();
    }
    assert_eq!(requests, [2, 1]);
    let files = std::fs::read_dir(cache.path().join("linear-ops")).unwrap();
    let files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    let [file] = &files[..] else {
        panic!("{files:?}");
    };
    let mut doctor = command(&url, cache.path());
    doctor.arg("doctor");
    let report = tokio::task::spawn_blocking(move || doctor.output().unwrap());
    let report = String::from_utf8(report.await.unwrap().stdout).unwrap();
    let name = file.file_name().unwrap().to_str().unwrap();
    assert!(
        report.contains("on disk, of ") && report.contains(name),
        "{report}"
    );
    sandbox.forget_requests();
    // A corrupt file is reported, and costs no more requests than a missing file.
    std::fs::write(file, "{}").unwrap();
    let (_, errors) = run(command(&url, cache.path()), folder.path()).await;
    assert!(
        errors.contains("the snapshot of names is ignored"),
        "{errors}"
    );
    assert!(!errors.contains("lin_api"), "{errors}");
    assert_eq!(sandbox.requests().len(), 2);
}

#[cfg(not(windows))]
#[tokio::test]
async fn with_memory_alone_or_in_the_sandbox_nothing_is_left() {
    let server = support::serve(&Sandbox::new()).await;
    let url = format!("{}/graphql", server.uri());
    let (folder, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut memory = command(&url, cache.path());
    memory.env("LINEAR_OPS_CACHE", "memory");
    run(memory, folder.path()).await;
    let mut sandboxed = command(&url, cache.path());
    sandboxed.arg("run").arg("--sandbox");
    sandboxed.arg(folder.path().join("request.yaml"));
    let output = tokio::task::spawn_blocking(move || sandboxed.output().unwrap());
    assert!(output.await.unwrap().status.success());
    assert_eq!(std::fs::read_dir(cache.path()).unwrap().count(), 0);
}

#[cfg(not(windows))]
#[tokio::test]
async fn a_second_server_answers_its_first_create_with_one_request() {
    let sandbox = Sandbox::new();
    let http = support::serve(&sandbox).await;
    let url = format!("{}/graphql", http.uri());
    let cache = tempfile::tempdir().unwrap();
    let mut requests = Vec::new();
    for _ in 0..2 {
        let mut server = Server::start(command(&url, cache.path()).into());
        server.initialize().await;
        let issue = json!({"team": "ENG", "title": "T", "state": "Done", "assignee": "me"});
        server.call(1, "create_issue", issue).await;
        let answer = server.answer(1).await;
        assert!(envelope(&answer).contains("success: true"), "{answer}");
        drop(server.input.take());
        let (status, _, errors) = server.end().await;
        assert_eq!((status.code(), errors.as_str()), (Some(0), ""));
        let received = sandbox.requests();
        requests.push((received.len(), mutations(&received)));
        sandbox.forget_requests();
    }
    // The first process sends a prefetch, and perhaps a look-up that did not wait for it.
    let (first, second) = (requests[0], requests[1]);
    assert!(first.0 >= 2, "{requests:?}");
    assert_eq!(second, (1, 1), "{requests:?}");
}

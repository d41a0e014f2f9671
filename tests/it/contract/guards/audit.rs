//! The audit log of writes.

use std::fs;
use std::path::{Path, PathBuf};

use linear_ops::effect::Effect;
use linear_ops::engine::catalog::TABLE;
use linear_ops::sandbox::Act;
use linear_ops::sandbox::refusal::Refusal;
use linear_ops::session::guards::Audit;
use serde_json::Value;

use super::writing;
use crate::support::{TestWorkspace, mutations};

async fn recorded(path: PathBuf) -> TestWorkspace {
    let mut workspace = TestWorkspace::deleting().await;
    workspace.session.guards.audit = Some(Audit::new(path));
    workspace
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test]
async fn every_operation_that_writes_is_recorded_before_and_after() {
    for entry in writing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let workspace = recorded(path.clone()).await;
        workspace.run(entry.example).await;
        let sent = mutations(&workspace.take_requests());
        let lines = lines(&path);
        let name = entry.spec.name;
        assert_eq!(
            lines.len(),
            if sent > 0 { 2 } else { 0 },
            "{name}: {lines:#?}"
        );
        for (line, outcome) in lines.iter().zip(["begun", "done"]) {
            assert_eq!(line["operation"], name);
            assert_eq!(line["outcome"], outcome, "{name}");
            assert_eq!(line["write"], lines[0]["write"]);
            assert!(!line["entities"].as_array().unwrap().is_empty(), "{name}");
        }
    }
}

#[tokio::test]
async fn what_a_line_repeats_of_a_request_is_escaped_and_without_passwords() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let workspace = recorded(path.clone()).await;
    let request = "operation: update_issue\nparams: {issue_id: ENG-231, title: T}\n\
                   context: {command: \"a\\u202eb\", trace_id: 'x postgres://me:word@a.example'}\n";
    assert!(workspace.run(request).await.is_success());
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        !text.contains('\u{202e}') && !text.contains("word"),
        "{text}"
    );
    let lines = lines(&path);
    assert_eq!(lines.len(), 2);
    for line in lines {
        assert_eq!(line["command"], "a\\u202eb");
        assert_eq!(line["trace_id"], "x postgres://…@a.example");
    }
}

#[tokio::test]
async fn what_reads_or_only_plans_is_not_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let workspace = recorded(path.clone()).await;
    for entry in TABLE
        .iter()
        .filter(|entry| entry.spec.effect == Effect::Read)
    {
        workspace.run(entry.example).await;
    }
    let plan = "{issue_id: ENG-231, title: T, dry_run: true}";
    workspace.call("update_issue", plan).await.data();
    assert!(lines(&path).is_empty());
}

#[tokio::test]
async fn a_line_says_who_what_and_how_it_went_and_no_text() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let workspace = recorded(path.clone()).await;
    let secret = "Unmistakable words";
    let request = format!(
        "operation: update_issue\nparams: {{issue_id: ENG-231, title: '{secret}'}}\n\
         context: {{command: /ccpm:work, trace_id: t-1}}\n"
    );
    assert!(workspace.run(&request).await.is_success());
    let refusal = Refusal::invalid("wrong house").saying("No");
    workspace.sandbox.script().next_for(
        "issueUpdate",
        Act::Refuse {
            field: "issueUpdate".to_owned(),
            refusal,
        },
    );
    workspace
        .run(&request.replace("Unmistakable", "Other"))
        .await;
    for _ in 0..3 {
        workspace
            .sandbox
            .script()
            .next_for("issueUpdate", Act::Drop);
    }
    let address = "https://linear.app/acme/issue/ENG-231/four-words-of-title";
    let third = request.replace("Unmistakable", "Third");
    workspace.run(&third.replace("ENG-231", address)).await;
    let text = fs::read_to_string(&path).unwrap();
    assert!(!text.contains("words"), "{text}");
    assert_eq!(text.matches("\"issue\":\"ENG-231\"").count(), 6, "{text}");
    let lines = lines(&path);
    let ended: Vec<&Value> = lines
        .iter()
        .filter(|line| line["outcome"] != "begun")
        .collect();
    let outcomes: Vec<&Value> = ended.iter().map(|line| &line["outcome"]).collect();
    assert_eq!(outcomes, ["done", "refused", "unknown"]);
    let line = ended[0];
    assert_eq!(line["issue"], "ENG-231");
    assert_eq!(line["command"], "/ccpm:work");
    assert_eq!(line["trace_id"], "t-1");
    assert_eq!(line["requests"], 2);
    assert!(line["time"].as_str().unwrap().contains('T'));
    let issue = workspace.id("Issue", "identifier", "ENG-231");
    assert_eq!(
        line["entities"],
        serde_json::json!([format!("issueUpdate {issue}")])
    );
    assert_eq!(ended[1]["code"], "ISSUE_UPDATE_FAILED");
}

#[tokio::test]
async fn of_a_batch_every_item_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let workspace = recorded(path.clone()).await;
    let params = "{operations: [
        {operation: create_issue, params: {team: ENG, title: A}},
        {operation: create_issue, params: {team: ENG, title: B}},
        {operation: get_issue, params: {issue_id: ENG-231}},
        {operation: create_issue, params: {team: Nowhere, title: C}}]}";
    workspace.call("batch", params).await;
    let lines = lines(&path);
    let count = |outcome: &str| {
        lines
            .iter()
            .filter(|line| line["outcome"] == outcome)
            .count()
    };
    assert_eq!(
        (count("begun"), count("done"), lines.len()),
        (2, 2, 4),
        "{lines:#?}"
    );
    for line in lines.iter().filter(|line| line["outcome"] == "done") {
        assert!(line["issue"].as_str().unwrap().starts_with("ENG-"));
    }
}

#[tokio::test]
async fn what_cannot_be_recorded_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("no-such-folder").join("audit.jsonl");
    let mut paths = vec![folder.path().to_owned(), missing.clone()];
    if Path::new("/dev/full").exists() {
        paths.push("/dev/full".into());
    }
    for path in paths {
        let mut workspace = recorded(path.clone()).await;
        workspace.session.guards.most_writes = Some(1);
        for dry in ["", ", dry_run: true"] {
            let params = format!("{{issue_id: ENG-231, title: T{dry}}}");
            let answer = workspace.call("update_issue", &params).await;
            assert_eq!(answer.code(), "CONFIG_ERROR", "{}", path.display());
            assert_eq!(answer.at("/error/details/setting"), "LINEAR_OPS_AUDIT");
        }
        assert_eq!(mutations(&workspace.take_requests()), 0);
        workspace
            .call("get_issue", "{issue_id: ENG-231}")
            .await
            .data();
        if path == missing {
            // The write that was not sent is not counted, and the next write succeeds once the folder of the record
            // exists.
            fs::create_dir(missing.parent().unwrap()).unwrap();
            let params = "{issue_id: ENG-231, title: T}";
            workspace.call("update_issue", params).await.data();
            assert_eq!(lines(&missing).len(), 2);
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let workspace = recorded(path.clone()).await;
    let params = "{issue_id: ENG-231, title: T}";
    workspace.call("update_issue", params).await.data();
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[tokio::test]
async fn a_record_that_fails_after_the_write_is_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).unwrap();
    let path = inner.join("audit.jsonl");
    let workspace = recorded(path).await;
    let gone = tokio::spawn({
        let sandbox = workspace.sandbox.clone();
        let inner = inner.clone();
        async move {
            // Once the mutation is under way, the first line is on disk.
            loop {
                if sandbox.requests().iter().any(|request| request.mutation) {
                    fs::remove_dir_all(&inner).unwrap();
                    return;
                }
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
        }
    });
    let slow = Act::Slow(std::time::Duration::from_millis(300));
    workspace.sandbox.script().next_for("issueUpdate", slow);
    let params = "{issue_id: ENG-231, title: T}";
    let answer = workspace.call("update_issue", params).await;
    gone.await.unwrap();
    answer.data();
    let warnings = answer.texts("/warnings");
    assert!(
        warnings
            .iter()
            .any(|warning| warning.contains("LINEAR_OPS_AUDIT")),
        "{:#}",
        answer.0
    );
}

//! What answers may cost at most, in tokens.

use std::fs;
use std::path::{Path, PathBuf};

use linear_ops::engine;
use linear_ops::engine::catalog::TABLE;
use linear_ops::operation::Effect;
use linear_ops::request;
use linear_ops::resolve::is_uuid;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{tokens, typical};
use crate::support::TestWorkspace;

/// Counts the tokens of the texts in a value: everything that a person wrote or named, and addresses. Keys, ids, times
/// and numbers are not counted: they are what the answer adds to the texts.
fn own_texts(value: &Value) -> usize {
    match value {
        Value::String(text) if is_uuid(text) => 0,
        Value::String(text) => tokens(text),
        Value::Array(items) => items.iter().map(own_texts).sum(),
        Value::Object(map) => {
            let texts = map.iter().filter(|(key, _)| !key.ends_with("_at"));
            texts.map(|(_, value)| own_texts(value)).sum()
        }
        _ => 0,
    }
}

/// Returns the number of tokens of an answer about an issue, the number of tokens of its texts, and the number of its comments.
async fn issue(params: &str) -> [usize; 3] {
    let workspace = TestWorkspace::new().await;
    let request = format!("operation: get_issue\nparams: {params}\n");
    let answer = workspace.run(&request).await;
    let data = answer.to_value()["data"].clone();
    assert!(data.is_object(), "{params}");
    let comments = data["comments"].as_array().map_or(0, Vec::len);
    [tokens(&answer.to_yaml()), own_texts(&data), comments]
}

/// The one id in the answer comes from the stand-in and has 20 tokens; the ids of Linear have about 35.
#[tokio::test]
async fn an_issue_costs_little_more_than_its_own_texts() {
    for identifier in [
        "PSN-123", "PSN-100", "PSN-130", "ENG-230", "ENG-231", "ENG-232", "DES-12", "SUP-7",
    ] {
        let [cost, texts, _] = issue(&format!("{{issue_id: {identifier}}}")).await;
        let budget = texts * 115 / 100 + 180;
        assert!(cost <= budget, "{identifier}: {cost} > {budget} ({texts})");
    }
}

/// The tokens of a comment's author and time.
const COMMENT: usize = 28;

#[tokio::test]
async fn comments_cost_little_more_than_their_texts() {
    let [cost, texts, comments] = issue("{issue_id: PSN-123, include_comments: true}").await;
    assert_eq!(comments, 3);
    let budget = texts * 115 / 100 + 180 + comments * COMMENT;
    assert!(cost <= budget, "{cost} > {budget} ({texts})");
}

#[tokio::test]
async fn a_new_issue_costs_no_more_than_it_has_to() {
    let entry = TABLE
        .iter()
        .find(|entry| entry.spec.name == "create_issue")
        .unwrap();
    let workspace = TestWorkspace::new().await;
    let cost = tokens(&workspace.run(entry.example).await.to_yaml());
    assert!(cost <= 350, "{cost}");
}

/// Titles as people write them.
const TITLES: [&str; 10] = [
    "Rate-limit the login form",
    "Search misses archived projects",
    "Export invoices as CSV",
    "Crash when the network drops",
    "Upgrade the payment client",
    "Dark mode for settings",
    "Flaky test: session expires too early",
    "Document webhook retries",
    "Slow query on the activity feed",
    "Merge duplicate customers",
];

/// Returns a test workspace with this many more issues in Engineering. All are assigned and have a priority, and none to two
/// labels.
pub async fn busy(issues: usize) -> TestWorkspace {
    let workspace = TestWorkspace::new().await;
    let states = ["Backlog", "Todo", "In Progress", "In Review", "Done"];
    let people = [
        "john@example.com",
        "jane@example.com",
        "john.roe@example.com",
    ];
    let labels = [
        "[backend]",
        "[frontend, bug]",
        "[planning]",
        "[feature]",
        "[]",
    ];
    for (at, title) in TITLES.iter().cycle().take(issues).enumerate() {
        let state = states[at / 2 % 5];
        let labels = labels[at % 5];
        let mut params = format!("team: ENG, title: \"{title}\", state: {state}, labels: {labels}");
        let person = people[at % 3];
        params += &format!(", assignee: {person}, priority: {}", 1 + at % 4);
        let made = workspace
            .call("create_issue", &format!("{{{params}}}"))
            .await;
        made.data();
    }
    workspace
}

#[tokio::test]
async fn a_list_of_fifty_costs_little_for_each_row() {
    let workspace = busy(50).await;
    for (shape, rows, budget) in [
        ("detail: brief", "issues", 2_550),
        ("format: table", "rows", 1_400),
        ("format: table, detail: ack", "rows", 800),
    ] {
        let request = format!("operation: list_issues\nparams: {{team: ENG, {shape}}}\n");
        check(&workspace, &request, rows, (50, budget)).await;
    }
}

#[tokio::test]
async fn a_search_for_twenty_costs_little_for_each_row() {
    let workspace = busy(50).await;
    for (detail, budget) in [("brief", 600), ("ack", 450)] {
        let request = format!(
            "operation: search_issues\nparams: {{query: the, limit: 20, format: table, detail: {detail}}}\n"
        );
        check(&workspace, &request, "rows", (20, budget)).await;
    }
}

/// Asserts that the answer to a request has so many rows, and costs at most so many tokens.
async fn check(
    workspace: &TestWorkspace,
    request: &str,
    list: &str,
    (rows, budget): (usize, usize),
) {
    let answer = workspace.run(request).await;
    let shown = answer.to_value()["data"][list].as_array().map(Vec::len);
    assert_eq!(shown, Some(rows), "{request}");
    let text = typical(answer);
    let cost = tokens(&text);
    assert!(cost <= budget, "{request}: {cost}\n{text}");
}

/// What several names need is left out: `ensure_labels_exist` has a row for each of its labels, and `batch` a row for
/// each of its items.
#[tokio::test]
async fn an_acknowledgement_costs_sixty_tokens_for_what_is_new_and_forty_for_a_change() {
    let mut counted = 0;
    for entry in TABLE.iter().filter(|entry| entry.spec.effect.writes()) {
        if ["ensure_labels_exist", "batch"].contains(&entry.spec.name) {
            continue;
        }
        let workspace = TestWorkspace::deleting().await;
        let mut request = request::read(entry.example, &engine::Catalog).unwrap();
        request.params.insert("detail".to_owned(), "ack".into());
        let answer = engine::run(&workspace.session, request, CancellationToken::new()).await;
        assert!(answer.is_success(), "{}", answer.to_yaml());
        let data = answer.to_value()["data"].take();
        let changes = data["changes"].as_array().map_or(0, Vec::len);
        let budget = match entry.spec.effect {
            Effect::Add | Effect::Save => 60,
            // An id has that many tokens more than an identifier.
            _ if data.get("id").is_some() => 60,
            _ => 40,
        };
        // So many has a change beyond the first.
        let budget = budget + 8 * changes.saturating_sub(1);
        let text = typical(answer);
        let cost = tokens(&text);
        assert!(cost <= budget, "{}: {cost}\n{text}", entry.spec.name);
        counted += 1;
    }
    assert!(counted >= 20, "{counted}");
}

/// The keys under which an error lists the values to choose from.
const CHOICES: &[&str] = &["candidates:", "available_"];

/// An id as long as those that the snapshots leave out.
const ID: &str = "5eed0000-0000-4000-8000-000000000185";

/// Returns the snapshot files below a folder.
fn snapshots(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(snapshots(&path));
        } else if path.extension().is_some_and(|end| end == "snap") {
            files.push(path);
        }
    }
    files
}

/// Checks every snapshot of an error in this suite.
#[test]
fn an_error_is_short_unless_it_lists_what_could_be_meant() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let mut errors = 0;
    for path in snapshots(&folder) {
        let text = fs::read_to_string(&path).unwrap();
        let Some((_, answer)) = text.split_once("\n---\n") else {
            continue;
        };
        if !answer.starts_with("success: false") || CHOICES.iter().any(|key| answer.contains(key)) {
            continue;
        }
        errors += 1;
        let answer = answer.replace("[id]", ID);
        let cost = tokens(&answer);
        assert!(cost <= 160, "{}: {cost}\n{answer}", path.display());
    }
    assert!(errors > 60, "{errors}");
}

//! `examples/TOKENS.md`: what answers, and the list of tools, cost in tokens and bytes.

use std::fmt::Write as _;

use linear_ops::engine::catalog::Toolset;
use linear_ops::engine::{self, catalog};
use linear_ops::operation::{CommonParam, Effect, Entry};
use linear_ops::params::Detail;
use linear_ops::request;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::check_table;
use crate::budgets::tokens::budgets::busy;
use crate::budgets::tokens::{tokens, typical};
use crate::mcp::tokens::listed;
use crate::support::TestWorkspace;

const PAGE: &str = "examples/TOKENS.md";

/// A piece of work: its name, its operation, and its parameters without braces.
type Work = (&'static str, &'static str, &'static str);

/// Work that writes, each piece in a new workspace.
const WRITES: &[Work] = &[
    (
        "create an issue by names",
        "create_issue",
        "team: Engineering, title: Rotate the signing keys, description: 'Keys older than ninety days are to be \
         replaced, and the old ones kept for a week.', state: In Progress, labels: [planning, backend], \
         assignee: john@example.com, project: Auth System",
    ),
    (
        "change its state and a label",
        "update_issue",
        "issue_id: ENG-232, state: In Review, add_labels: [backend]",
    ),
    (
        "tick an item of a checklist",
        "update_checklist_items",
        "issue_id: PSN-123, indices: [2]",
    ),
    (
        "comment",
        "create_comment",
        "issue_id: PSN-123, body: The new keys are in place.",
    ),
    (
        "create five issues in a batch",
        "batch",
        "operations: [{operation: create_issue, params: {team: ENG, title: One}}, \
         {operation: create_issue, params: {team: ENG, title: Two}}, \
         {operation: create_issue, params: {team: ENG, title: Three}}, \
         {operation: create_issue, params: {team: ENG, title: Four}}, \
         {operation: create_issue, params: {team: ENG, title: Five}}]",
    ),
];

/// Work that writes nothing, in a workspace with 50 issues more.
const READS: &[Work] = &[
    (
        "a name that means nothing",
        "create_issue",
        "team: Enginering, title: T",
    ),
    ("read an issue", "get_issue", "issue_id: PSN-123"),
    (
        "… with its comments",
        "get_issue",
        "issue_id: PSN-123, include_comments: true",
    ),
    ("list 50 issues", "list_issues", "team: ENG"),
    ("… as a table", "list_issues", "team: ENG, format: table"),
    (
        "search for 20 issues",
        "search_issues",
        "query: the, limit: 20",
    ),
    (
        "… as a table",
        "search_issues",
        "query: the, limit: 20, format: table",
    ),
    ("list the labels of a team", "list_labels", "team: ENG"),
    ("… as a table", "list_labels", "team: ENG, format: table"),
];

/// The details of the columns: that of an operation where nothing is said, and each that may be asked for.
fn details() -> impl Iterator<Item = Option<Detail>> {
    std::iter::once(None).chain(Detail::ALL.map(Some))
}

/// Returns the answer to a request with a detail, in a workspace.
async fn answer(workspace: &TestWorkspace, yaml: &str, detail: Option<Detail>) -> String {
    let mut request = request::read(yaml, &engine::Catalog).unwrap();
    if let Some(detail) = detail {
        request
            .params
            .insert("detail".to_owned(), detail.word().into());
    }
    typical(engine::run(&workspace.session, request, CancellationToken::new()).await)
}

/// The row of a piece of work: the tokens and the bytes of its answers.
async fn row(name: &str, yaml: &str, workspace: Option<&TestWorkspace>) -> String {
    let mut row = format!("| {name} | {} |", tokens(yaml));
    for detail in details() {
        let text = match workspace {
            Some(workspace) => answer(workspace, yaml, detail).await,
            // What was written for one column is not there for the next.
            None => answer(&TestWorkspace::deleting().await, yaml, detail).await,
        };
        let _ = write!(row, " {} / {} |", tokens(&text), text.len());
    }
    row + "\n"
}

const COLUMNS: &str = "request | as it comes | `ack` | `brief` | `standard` | `full` |
|---|--:|--:|--:|--:|--:|--:|
";

async fn work_table() -> String {
    let mut table = format!("| work | {COLUMNS}");
    let yaml =
        |(_, operation, params): &Work| format!("operation: {operation}\nparams: {{{params}}}\n");
    for work in WRITES {
        table += &row(work.0, &yaml(work), None).await;
    }
    let workspace = busy(50).await;
    for work in READS {
        table += &row(work.0, &yaml(work), Some(&workspace)).await;
    }
    table
}

/// The tokens of the answer to each operation's example. What `cache_status` returns grows with the session.
async fn operation_table() -> String {
    let mut table = format!("| operation | {COLUMNS}");
    let entries = catalog::TABLE.iter();
    let reader = TestWorkspace::new().await;
    for entry in entries.filter(|entry| entry.spec.name != "cache_status") {
        let mut row = format!("| `{}` | {} |", entry.spec.name, tokens(entry.example));
        for detail in details() {
            match detail {
                Some(_) if !takes_detail(entry) => row += " |",
                detail => {
                    let text = if entry.spec.effect == Effect::Read {
                        answer(&reader, entry.example, detail).await
                    } else {
                        answer(&TestWorkspace::deleting().await, entry.example, detail).await
                    };
                    let _ = write!(row, " {} |", tokens(&text));
                }
            }
        }
        table += &(row + "\n");
    }
    table
}

fn takes_detail(entry: &Entry) -> bool {
    entry.spec.shared.contains(&CommonParam::Detail)
}

/// The tokens and bytes of the JSON array of the tools of each toolset, and of `linear` alone.
async fn tool_table() -> String {
    let mut table =
        "| `--tools` | tools | tokens | tokens a tool | bytes |\n|---|--:|--:|--:|--:|\n"
            .to_owned();
    for listing in Toolset::names().chain(["yaml", "linear"]) {
        let tools = listed(&["--sandbox", "--tools", listing]).await;
        let count = tools.len();
        let text = Value::from(tools).to_string();
        let (total, bytes) = (tokens(&text), text.len());
        let _ = writeln!(
            table,
            "| `{listing}` | {count} | {total} | {} | {bytes} |",
            total / count
        );
    }
    table
}

#[tokio::test]
async fn the_page_says_what_answers_cost() {
    check_table(PAGE, "work", &work_table().await);
    check_table(PAGE, "operations", &operation_table().await);
    check_table(PAGE, "tools", &tool_table().await);
}

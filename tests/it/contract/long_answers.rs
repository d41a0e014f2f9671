//! Answers that exceed the maximum length: what is cut can be read with further requests, and the outcome of every item
//! of a batch is always reported.

use linear_ops::engine::{self, Catalog};
use linear_ops::envelope::fit::length;
use linear_ops::request;
use linear_ops::sandbox::store::{Record, Store};
use linear_ops::session::Session;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::support::TestWorkspace;
use crate::support::binary;

/// The shortest that answers may be set to be.
const LEAST: usize = 2_000;

/// The answer to requests as a caller of the server reads it.
async fn ask(session: &Session, text: &str) -> Value {
    let request = request::read_all(text, &Catalog);
    let answer = engine::answer(session, request, CancellationToken::new()).await;
    if let Some(most) = session.answer_chars {
        let length = length(&answer.text);
        assert!(length <= most, "{length} > {most}: {}", answer.text);
    }
    serde_yaml::from_str(&answer.text).unwrap()
}

async fn call(workspace: &TestWorkspace, operation: &str, params: &str) -> Value {
    let text = format!("operation: {operation}\nparams: {{{params}}}\n");
    ask(&workspace.session, &text).await
}

/// A text of so many lines, each of which says where it stands.
fn lines(count: usize) -> String {
    let line = |number: usize| match number % 7 {
        0 => String::new(),
        1 => format!("## Part {number}"),
        2 => format!("- [ ] item {number}: \"quoted\" # and not 🚀"),
        _ => format!("Line {number} of the text, with some words."),
    };
    (1..=count).map(|number| line(number) + "\n").collect()
}

/// Puts copies of a record beside it, each changed by its number.
fn copy(
    store: &mut Store,
    kind: &'static str,
    field: &str,
    value: &str,
    count: u64,
    change: impl Fn(u64, &mut Record),
) {
    let original = store.find(kind, field, value).unwrap().clone();
    for number in 1..=count {
        let mut record = original.clone();
        record.insert("id".into(), store.new_id().into());
        change(number, &mut record);
        store.put(kind, record);
    }
}

/// A different time for each record.
fn moment(number: u64) -> Value {
    format!(
        "2026-01-{:02}T10:{:02}:00.000Z",
        1 + number / 60,
        number % 60
    )
    .into()
}

/// A workspace with more than fits into a short answer, of everything that there are lists of.
async fn crowded(most: Option<usize>) -> TestWorkspace {
    let mut workspace = TestWorkspace::new().await;
    workspace.sandbox.edit(|store| {
        copy(
            store,
            "Issue",
            "title",
            "Login form",
            25,
            |number, issue| {
                issue.insert("number".into(), (1000 + number).into());
                issue.insert("identifier".into(), format!("ENG-{}", 1000 + number).into());
                issue.insert("title".into(), format!("Copy {number}").into());
                issue.insert("updatedAt".into(), moment(number));
                let length = usize::try_from(number * 7 % 40).unwrap();
                let text = format!("See PSN-100.\n{}", lines(length));
                issue.insert("description".into(), text.into());
            },
        );
        copy(
            store,
            "Project",
            "name",
            "Auth System",
            20,
            |number, project| {
                project.insert("name".into(), format!("Project {number}").into());
                project.insert("slugId".into(), format!("project-{number}").into());
                project.insert("createdAt".into(), moment(number));
            },
        );
        copy(
            store,
            "IssueLabel",
            "name",
            "planning",
            40,
            |number, label| {
                label.insert("name".into(), format!("label {number}").into());
            },
        );
        copy(
            store,
            "User",
            "email",
            "jane@example.com",
            30,
            |number, user| {
                user.insert("name".into(), format!("Person {number}").into());
                user.insert("displayName".into(), format!("person{number}").into());
                user.insert("email".into(), format!("person{number}@example.com").into());
            },
        );
        copy(
            store,
            "WorkflowState",
            "name",
            "In Review",
            30,
            |number, state| {
                state.insert("name".into(), format!("Review {number}").into());
            },
        );
        copy(store, "Team", "key", "DES", 30, |number, team| {
            team.insert("name".into(), format!("Team {number}").into());
            team.insert("key".into(), format!("T{number}").into());
        });
    });
    for number in 1..=20 {
        let body = format!("Comment {number}. {}", "Some words. ".repeat(number % 9));
        let params = format!("issue_id: ENG-231, body: '{body}'");
        assert_eq!(
            call(&workspace, "create_comment", &params).await["success"],
            true
        );
        let params = format!("project: Auth System, title: Document {number}, content: '{body}'");
        assert_eq!(
            call(&workspace, "create_document", &params).await["success"],
            true
        );
    }
    workspace.session.answer_chars = most;
    workspace
}

/// Whatever a row is known by.
fn name(row: &Value) -> String {
    let keys = ["identifier", "id", "slug", "email", "name"];
    let cell = match row {
        Value::Array(cells) => cells.first(),
        row => keys.iter().find_map(|key| row.get(key)),
    };
    cell.unwrap().to_string()
}

/// The lists, what asks for all of each, the key of the rows, and whether its pages lead to earlier rows.
const LISTS: [(&str, &str, &str, bool); 16] = [
    ("list_issues", "limit: 250", "issues", false),
    (
        "list_issues",
        "limit: 250, detail: standard",
        "issues",
        false,
    ),
    ("list_issues", "limit: 250, format: table", "rows", false),
    (
        "list_issues",
        "limit: 250, order_by: createdAt, fields: [identifier, description]",
        "issues",
        false,
    ),
    ("search_issues", "query: Copy, limit: 250", "issues", false),
    (
        "search_issues",
        "query: PSN-100, limit: 250, detail: full",
        "issues",
        false,
    ),
    (
        "list_projects",
        "limit: 250, detail: standard, include_archived: true",
        "projects",
        false,
    ),
    // Without a cursor in the request, the session's cache has all projects, but no cursors.
    (
        "list_projects",
        "limit: 250, fields: [slug, name, url, status, teams, lead]",
        "projects",
        false,
    ),
    (
        "list_documents",
        "limit: 250, detail: standard",
        "documents",
        false,
    ),
    (
        "list_documents",
        "limit: 250, query: document, project: Auth System",
        "documents",
        false,
    ),
    (
        "list_comments",
        "issue_id: ENG-231, limit: 250",
        "comments",
        true,
    ),
    ("list_users", "limit: 250", "users", false),
    ("list_labels", "team: ENG, detail: full", "labels", false),
    (
        "list_labels",
        "team: ENG, format: table, fields: [id, name]",
        "rows",
        false,
    ),
    ("list_teams", "detail: full", "teams", false),
    (
        "list_statuses",
        "team: ENG, detail: full",
        "statuses",
        false,
    ),
];

#[tokio::test]
async fn the_pages_of_every_list_have_each_row_once() {
    let whole = crowded(None).await;
    let short = crowded(Some(LEAST)).await;
    for (operation, params, key, goes_on_before) in LISTS {
        let rows = |answer: &Value| {
            let rows = answer["data"][key].as_array();
            let rows = rows.unwrap_or_else(|| panic!("{operation} {params}: {answer:#}"));
            let mut rows: Vec<Value> = rows.clone();
            if goes_on_before {
                rows.reverse();
            }
            rows
        };
        let all = rows(&call(&whole, operation, params).await);
        let mut found: Vec<Value> = Vec::new();
        let mut cursor = String::new();
        let mut pages = 0;
        loop {
            let answer = call(&short, operation, &format!("{params}{cursor}")).await;
            found.extend(rows(&answer));
            pages += 1;
            let Some(next) = answer["data"]["cursor"].as_str() else {
                assert_eq!(answer["data"]["has_more"], false, "{answer:#}");
                break;
            };
            assert_eq!(answer["data"]["has_more"], true);
            assert!(pages <= all.len());
            cursor = format!(", cursor: '{next}'");
        }
        assert!(pages > 1, "{operation} {params}: {pages}");
        // The pages together have the same rows as the whole list; the names are always comparable.
        let names = |rows: &[Value]| rows.iter().map(name).collect::<Vec<String>>();
        assert_eq!(
            names(&found).len(),
            names(&all).len(),
            "{operation} {params}"
        );
        // Generated ids differ between the two workspaces.
        if !params.contains("[id")
            && !matches!(
                operation,
                "list_comments" | "list_labels" | "list_teams" | "list_statuses"
            )
        {
            assert_eq!(names(&found), names(&all), "{operation} {params}");
        }
        let unique: std::collections::BTreeSet<String> = names(&found).into_iter().collect();
        assert_eq!(unique.len(), found.len(), "{operation} {params}");
    }
}

#[tokio::test]
async fn a_cut_list_says_so_and_counts_what_is_shown() {
    let workspace = crowded(Some(4_000)).await;
    let answer = call(&workspace, "list_issues", "limit: 250").await;
    let data = &answer["data"];
    let shown = data["issues"].as_array().unwrap().len();
    assert!(shown > 10);
    assert_eq!(
        (&data["count"], &data["has_more"]),
        (&shown.into(), &true.into())
    );
    let all = data["total"].as_u64().unwrap();
    let expected =
        format!("{shown} of {all} issues are shown: an answer has at most 4000 characters");
    let warning = answer["warnings"][0].as_str().unwrap();
    assert!(warning.starts_with(&expected), "{warning}");
}

/// Reads a long text to its end, in as many answers as it takes.
async fn read_on(workspace: &TestWorkspace, operation: &str, params: &str, at: &str) -> String {
    let mut text = String::new();
    let mut offset = String::new();
    loop {
        let answer = call(workspace, operation, &format!("{params}{offset}")).await;
        let piece = answer.pointer(at).and_then(Value::as_str);
        text.push_str(piece.unwrap_or_else(|| panic!("{answer:#}")));
        let Some(next) = answer["data"]["next_offset"].as_u64() else {
            return text;
        };
        assert_eq!(next, text.chars().count() as u64);
        let warning = answer["warnings"][0].as_str().unwrap();
        let on = format!("go on with {operation} and text_offset: {next}");
        assert!(warning.ends_with(&on), "{warning}");
        offset = format!(", text_offset: {next}");
    }
}

#[tokio::test]
async fn a_long_text_is_read_on_to_its_end() {
    let text = lines(400);
    let mut workspace = TestWorkspace::new().await;
    let comment = call(
        &workspace,
        "create_comment",
        "issue_id: ENG-231, body: Long",
    )
    .await;
    assert_eq!(comment["success"], true);
    workspace.sandbox.edit(|store| {
        for (kind, field, value, long) in [
            ("Issue", "title", "Login form", "description"),
            ("Project", "name", "Auth System", "content"),
            ("Document", "title", "Auth System Spec", "content"),
            ("Comment", "body", "Long", "body"),
        ] {
            let record = store.find(kind, field, value);
            let mut record = record.unwrap_or_else(|| panic!("{kind} {value}")).clone();
            record.insert(long.into(), text.as_str().into());
            store.put(kind, record);
        }
    });
    let document = workspace.id("Document", "title", "Auth System Spec");
    for most in [LEAST, 7_000, 50_000] {
        workspace.session.answer_chars = Some(most);
        let document = format!("document_id: {document}");
        for (operation, params, at) in [
            ("get_issue", "issue_id: ENG-232", "/data/description"),
            (
                "get_issue",
                "issue_id: ENG-232, fields: [description]",
                "/data/description",
            ),
            (
                "get_issue",
                "issue_id: ENG-232, detail: full, include_comments: true",
                "/data/description",
            ),
            (
                "get_project",
                "project: Auth System, detail: full",
                "/data/content",
            ),
            ("get_document", document.as_str(), "/data/content"),
            (
                "list_comments",
                "issue_id: ENG-231",
                "/data/comments/0/body",
            ),
        ] {
            let read = read_on(&workspace, operation, params, at).await;
            assert_eq!(read, text, "{operation} {params} {most}");
        }
    }
    // The rest of a text is returned with the issue that it belongs to, and without other fields.
    let answer = call(
        &workspace,
        "get_issue",
        "issue_id: ENG-232, text_offset: 30",
    )
    .await;
    let keys: Vec<&String> = answer["data"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["identifier", "title", "description", "updated_at"]);
    let behind = call(
        &workspace,
        "get_issue",
        "issue_id: ENG-232, text_offset: 1000000",
    )
    .await;
    assert_eq!(behind["data"]["description"], "");
    assert!(
        behind["warnings"][0]
            .as_str()
            .unwrap()
            .contains("behind the end"),
        "{behind:#}"
    );
}

/// In a list, a text that is too long for any answer is cut, and a warning says how to read the rest.
#[tokio::test]
async fn a_row_that_is_too_long_by_itself_is_cut_and_the_warning_says_what_reads_it() {
    let mut workspace = crowded(Some(LEAST)).await;
    let text = lines(300);
    workspace.sandbox.edit(|store| {
        let mut issue = store.find("Issue", "title", "Copy 7").unwrap().clone();
        issue.insert("description".into(), text.as_str().into());
        issue.insert("updatedAt".into(), "2026-09-01T10:00:00.000Z".into());
        store.put("Issue", issue);
    });
    let answer = call(&workspace, "list_issues", "query: Copy 7, detail: standard").await;
    let row = &answer["data"]["issues"][0];
    let shown = row["description"].as_str().unwrap();
    assert!(
        text.starts_with(shown) && shown.ends_with('\n'),
        "{answer:#}"
    );
    let reported = format!(
        "go on with get_issue and text_offset: {}",
        shown.chars().count()
    );
    let warnings = answer["warnings"].as_array().unwrap();
    assert!(
        warnings
            .iter()
            .any(|warning| warning.as_str().unwrap().ends_with(&reported)),
        "{answer:#}"
    );
    workspace.session.answer_chars = None;
    let whole = call(&workspace, "list_issues", "query: Copy 7, detail: standard").await;
    assert_eq!(whole["data"]["issues"][0]["description"], text.as_str());
    assert!(whole.get("warnings").is_none());
}

#[tokio::test]
async fn the_outcome_of_each_item_of_a_batch_is_reported_however_short_the_answer_may_be() {
    let workspace = crowded(Some(LEAST)).await;
    let item = |index: usize| match index % 4 {
        0 => "operation: list_issues\nparams: {fields: [identifier, title]}\n".to_owned(),
        1 => format!(
            "operation: create_comment\nparams: {{issue_id: ENG-231, body: Made {index}}}\n"
        ),
        2 => format!(
            "operation: get_issue\nparams: {{issue_id: ENG-{}}}\n",
            100_000 + index
        ),
        _ => format!(
            "operation: get_issue\nparams: {{issue_id: ENG-{}}}\n",
            1001 + index % 20
        ),
    };
    for count in [4, 20, 100] {
        let stream: Vec<String> = (0..count).map(item).collect();
        let answer = ask(&workspace.session, &stream.join("---\n")).await;
        let data = &answer["data"];
        assert_eq!(data["failed"], count / 4, "{answer:#}");
        assert_eq!(data["succeeded"], count - count / 4);
        if let Some(outcomes) = data.get("outcomes") {
            assert!(count > 4, "{answer:#}");
            let failed = outcomes["ISSUE_NOT_FOUND"].as_str().unwrap();
            assert_eq!(failed.split(' ').count(), count / 4, "{outcomes}");
            continue;
        }
        let rows = data["results"].as_array().unwrap();
        assert_eq!(rows.len(), count);
        for (index, row) in rows.iter().enumerate() {
            assert_eq!(row["index"], index);
            assert_eq!(row.get("code").is_some(), index % 4 == 2, "{row}");
        }
        if count == 4 {
            assert!(rows[0]["data"]["cursor"].is_string(), "{answer:#}");
        }
    }
}

#[tokio::test]
async fn whatever_is_answered_keeps_within_the_bound() {
    let workspace = crowded(Some(LEAST)).await;
    let long = "x".repeat(5_000);
    for text in [
        "operation: help".to_owned(),
        "operation: help\nparams: {operation: create_issue}".to_owned(),
        "operation: help\nparams: {operation: codes}".to_owned(),
        "operation: list_labels\nparams: {team: Nowhere}".to_owned(),
        "operation: get_valid_state_id\nparams: {team: ENG, state: Reviewing it}".to_owned(),
        "operation: create_issue\nparams: {team: ENG, title: x, labels: [planing], assignee: Person}".to_owned(),
        format!("operation: create_issue\nparams: {{team: ENG, title: x, description: {long}, dry_run: true}}"),
        format!("operation: {long}"),
        format!("operation: [{long}"),
        format!("operation: get_issue\nparams: {{issue_id: ENG-232, {long}: 1}}"),
        "operation: cache_status".to_owned(),
        "operation: batch\nparams: {operations: []}".to_owned(),
    ] {
        let answer = ask(&workspace.session, &text).await;
        assert!(answer["success"].is_boolean(), "{answer}");
        if answer["success"] == false {
            assert!(answer["error"]["code"].is_string(), "{answer}");
        }
    }
}

/// A program's output is read by programs, and by people who scroll.
#[test]
fn run_prints_everything() {
    use std::io::Write as _;
    use std::process::Stdio;

    let mut command = binary::command();
    command.args(["run", "--sandbox"]);
    command.env("LINEAR_OPS_MAX_ANSWER_CHARS", "2000");
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut process = command.spawn().unwrap();
    let text = b"operation: list_issues\nparams: {detail: full}\n";
    process.stdin.take().unwrap().write_all(text).unwrap();
    let output = process.wait_with_output().unwrap();
    let answer: Value = serde_yaml::from_slice(&output.stdout).unwrap();
    assert!(output.stdout.len() > 5_000);
    assert_eq!(answer["data"]["total"], 15);
    assert!(answer.get("warnings").is_none());
}

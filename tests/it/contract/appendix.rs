//! The tools of Linear's own server that the contract lists: each has an operation of the same name or with that alias,
//! which answers from the cache where the contract says so.

use std::collections::BTreeSet;

use linear_ops::engine;

use crate::support::{TestWorkspace, mutations};

/// The column "Cached".
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cached {
    /// The second answer costs no request.
    Yes,
    /// Each is asked of Linear.
    No,
    /// What is written is known from then on: this look-up costs no request.
    Updates(&'static str, &'static str),
}

/// A tool, parameters that serve its purpose, and whether it says cached.
type Row = (&'static str, &'static str, Cached);

const ROWS: &[Row] = &[
    ("get_team", "{team: Engineering}", Cached::Yes),
    ("list_teams", "{}", Cached::Yes),
    ("list_issue_labels", "{team: Engineering}", Cached::Yes),
    (
        "create_issue_label",
        "{team: Engineering, name: appendix}",
        Cached::Updates("get_or_create_label", "{team: Engineering, name: appendix}"),
    ),
    ("list_issue_statuses", "{team: Engineering}", Cached::Yes),
    (
        "get_issue_status",
        "{team: Engineering, name: In Progress}",
        Cached::Yes,
    ),
    ("get_issue", "{id: ENG-231}", Cached::No),
    ("create_issue", "{team: Engineering, title: T}", Cached::No),
    ("update_issue", "{id: ENG-231, title: T}", Cached::No),
    ("list_issues", "{team: Engineering}", Cached::No),
    (
        "create_comment",
        "{issueId: ENG-231, body: Seen}",
        Cached::No,
    ),
    ("get_project", "{project: Auth System}", Cached::Yes),
    ("list_projects", "{team: Engineering}", Cached::Yes),
    ("list_comments", "{issueId: ENG-231}", Cached::No),
    ("get_document", "{id: DOCUMENT}", Cached::No),
    ("list_documents", "{}", Cached::No),
    ("get_user", "{query: john@example.com}", Cached::Yes),
    ("list_users", "{}", Cached::Yes),
];

/// The parameters, with the id of a document of the seed where one is needed.
fn filled(workspace: &TestWorkspace, params: &str) -> String {
    if !params.contains("DOCUMENT") {
        return params.to_owned();
    }
    let mut id = String::new();
    workspace.sandbox.edit(|store| {
        let first = store.all("Document").next().unwrap();
        id = first["id"].as_str().unwrap().to_owned();
    });
    params.replace("DOCUMENT", &id)
}

async fn serves((tool, params, cached): &Row) {
    let workspace = TestWorkspace::new().await;
    let params = filled(&workspace, params);
    let first = workspace.call(tool, &params).await;
    first.data();
    assert_eq!(first.at("/metadata/cached"), false, "{tool}");
    assert!(first.calls() > 0, "{tool}");
    let (operation, params) = match cached {
        Cached::Updates(operation, params) => (*operation, (*params).to_owned()),
        Cached::Yes | Cached::No => (*tool, params),
    };
    workspace.take_requests();
    let second = workspace.call(operation, &params).await;
    second.data();
    let free = *cached != Cached::No;
    assert_eq!(second.at("/metadata/cached"), free, "{tool}");
    assert_eq!(second.calls() == 0, free, "{tool}");
    let received = workspace.take_requests();
    assert_eq!(received.is_empty(), free, "{tool}");
    let writes = engine::find(operation).unwrap().spec.effect.writes();
    assert_eq!(mutations(&received) > 0, writes && !free, "{tool}");
}

#[tokio::test]
async fn each_tools_purpose_is_answered_and_cached_where_it_says_so() {
    for row in ROWS {
        serves(row).await;
    }
}

#[test]
fn the_table_has_the_appendixs_rows() {
    let names: BTreeSet<&str> = ROWS.iter().map(|row| row.0).collect();
    assert_eq!((names.len(), ROWS.len()), (18, 18));
}

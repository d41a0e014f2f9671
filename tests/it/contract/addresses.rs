//! Addresses of pages: read in every form where they are Linear's and of this workspace, refused where they are not.

use linear_ops::resolve::prefetch::prefetch;
use serde_json::{Value, json};

use crate::operations::server::batch::{batch, title};
use crate::support::{TestWorkspace, mutations};

/// The forms in which an address with that path is written.
fn forms(path: &str) -> Vec<String> {
    vec![
        format!("https://linear.app/{path}"),
        format!("http://linear.app/{path}?utm=x#top"),
        format!("linear.app/{path}"),
        format!("https://eu.linear.app/{path}/"),
        format!("linear://{path}"),
        format!("<https://linear.app/{path}>"),
        format!("[A title](https://linear.app/{path})"),
    ]
}

/// Asserts that a request is refused as INVALID_PARAM, and that nothing is written for it.
async fn refused(workspace: &TestWorkspace, operation: &str, params: Value, reported: &str) {
    workspace.take_requests();
    let answer = workspace.call_json(operation, params.clone()).await;
    assert_eq!(answer.code(), "INVALID_PARAM", "{operation} {params}");
    let message = answer.text("/error/message");
    assert!(
        message.contains(reported),
        "{operation} {params}: {message}"
    );
    assert_eq!(
        mutations(&workspace.take_requests()),
        0,
        "{operation} {params}"
    );
}

#[tokio::test]
async fn an_issues_address_is_read_in_every_form() {
    let workspace = TestWorkspace::new().await;
    let mut forms = forms("acme/issue/ENG-232/login-form");
    forms.extend(
        [
            "eng-232",
            "<ENG-232>",
            "/acme/issue/ENG-232",
            "https://linear.app/issue/ENG-232",
            "https://linear.app/acme-labs/issue/ENG-232/login-form",
            "https://linear.app/ACME/issue/eng-232#comment-1a2b3c4d",
            "[ENG-232](https://linear.app/acme/issue/ENG-232)",
            "john.smith/eng-232-login-form",
            "feature/eng-232-login",
        ]
        .map(str::to_owned),
    );
    for session in ["cold", "prefetched"] {
        for form in &forms {
            let params = json!({"issue_id": form, "fields": ["identifier"]});
            let answer = workspace.call_json("get_issue", params).await;
            assert_eq!(answer.data()["identifier"], "ENG-232", "{session} {form}");
            assert_eq!(answer.calls(), 1, "{session} {form}");
        }
        prefetch(&workspace.session).await;
    }
}

#[tokio::test]
async fn other_things_go_by_their_addresses_too() {
    let workspace = TestWorkspace::new().await;
    let project = workspace
        .stored(
            "Project",
            &workspace.id("Project", "name", "Auth System"),
            "slugId",
        )
        .unwrap();
    for form in forms(&format!("acme/project/auth-system-{project}")) {
        let answer = workspace
            .call_json("get_project", json!({"project": form}))
            .await;
        assert_eq!(answer.data()["name"], "Auth System", "{form}");
    }
    let document = workspace
        .stored(
            "Document",
            &workspace.id("Document", "title", "Auth System Spec"),
            "slugId",
        )
        .unwrap();
    for form in forms(&format!("acme/document/auth-system-spec-{document}")) {
        let answer = workspace
            .call_json("get_document", json!({"document_id": form}))
            .await;
        assert_eq!(answer.data()["title"], "Auth System Spec", "{form}");
    }
    for form in forms("acme/team/ENG/all") {
        let answer = workspace.call_json("get_team", json!({"team": form})).await;
        assert_eq!(answer.data()["key"], "ENG", "{form}");
    }
    for form in forms("acme/profiles/jane") {
        let answer = workspace.call_json("get_user", json!({"user": form})).await;
        assert_eq!(answer.data()["email"], "jane@example.com", "{form}");
    }
}

/// Requests that take an address of each kind, with its name for the kind and a path to such a page.
fn takers() -> Vec<(&'static str, &'static str, &'static str, Value)> {
    vec![
        ("issue", "get_issue", "issue_id", json!({})),
        (
            "issue",
            "update_issue",
            "issue_id",
            json!({"state": "Done"}),
        ),
        (
            "issue",
            "update_issue",
            "parent_id",
            json!({"issue_id": "ENG-231"}),
        ),
        (
            "issue",
            "create_issue",
            "parent_id",
            json!({"team": "ENG", "title": "T"}),
        ),
        ("issue", "create_comment", "issue_id", json!({"body": "B"})),
        ("issue", "archive_issue", "issue_id", json!({})),
        ("issue", "list_issues", "parent_id", json!({})),
        (
            "issue",
            "create_relation",
            "related_issue_id",
            json!({"issue_id": "ENG-231", "type": "blocks"}),
        ),
        ("issue", "list_documents", "issue_id", json!({})),
        ("document", "get_document", "document_id", json!({})),
        (
            "document",
            "update_document",
            "document_id",
            json!({"title": "T"}),
        ),
        (
            "document",
            "link_document",
            "document_id",
            json!({"issue_id": "ENG-231"}),
        ),
        ("project", "get_project", "project", json!({})),
        ("project", "update_project", "project", json!({"name": "N"})),
        (
            "project",
            "create_issue",
            "project",
            json!({"team": "ENG", "title": "T"}),
        ),
        ("project", "list_issues", "project", json!({})),
        (
            "project",
            "create_document",
            "project",
            json!({"title": "T"}),
        ),
        ("initiative", "list_projects", "initiative", json!({})),
        ("team", "create_issue", "team", json!({"title": "T"})),
        ("team", "list_labels", "team", json!({})),
        (
            "profiles",
            "create_issue",
            "assignee",
            json!({"team": "ENG", "title": "T"}),
        ),
        ("profiles", "list_issues", "assignee", json!({})),
    ]
}

#[tokio::test]
async fn what_is_no_address_of_linear_is_refused_before_anything_is_sent() {
    let workspace = TestWorkspace::new().await;
    for (kind, operation, param, rest) in takers() {
        for address in [
            format!("https://tracker.example.net/{kind}/ENG-232"),
            format!("tracker.example.net/{kind}/ENG-232"),
            format!("https://linear.app.example.net/acme/{kind}/auth-000000000176"),
            format!("https://notlinear.app/acme/{kind}/auth-000000000176"),
            format!("https://acme@example.net/acme/{kind}/ENG-232"),
            format!("ftp://linear.app/acme/{kind}/ENG-232"),
            format!("<https://tracker.example.net/{kind}/ENG-232>"),
            format!("[x](https://tracker.example.net/{kind}/ENG-232)"),
        ] {
            let mut params = rest.clone();
            params[param] = json!(address);
            let answer = workspace.call_json(operation, params).await;
            let reported = format!("{operation} {param} {address}: {:#}", answer.0);
            assert_eq!(answer.code(), "INVALID_PARAM", "{reported}");
            assert_eq!(answer.at("/error/details/param"), param, "{reported}");
            assert!(
                answer
                    .text("/error/message")
                    .contains("not an address of Linear"),
                "{reported}"
            );
            assert_eq!(workspace.take_requests().len(), 0, "{reported}");
        }
    }
}

#[tokio::test]
async fn the_address_of_another_kind_of_thing_is_refused_and_says_what_it_is() {
    let workspace = TestWorkspace::new().await;
    for (kind, operation, param, rest) in takers() {
        for (other, noun) in [
            ("issue/ENG-232", "an issue"),
            ("document/auth-000000000182", "a document"),
            ("project/auth-000000000176/overview", "a project"),
            ("initiative/auth-000000000176", "an initiative"),
            ("team/ENG/all", "a team"),
            ("profiles/jane", "a user"),
            ("settings/api", "another page"),
        ] {
            if other.starts_with(kind) {
                continue;
            }
            let mut params = rest.clone();
            params[param] = json!(format!("https://linear.app/acme/{other}"));
            refused(
                &workspace,
                operation,
                params,
                &format!("is the address of {noun}"),
            )
            .await;
        }
    }
    assert_eq!(workspace.take_requests().len(), 0);
}

#[tokio::test]
async fn the_address_of_another_workspace_is_refused() {
    let workspace = TestWorkspace::new().await;
    prefetch(&workspace.session).await;
    for (kind, operation, param, rest) in takers() {
        let name = match kind {
            "issue" => "ENG-232",
            "team" => "ENG/all",
            "profiles" => "jane",
            _ => "auth-000000000176",
        };
        let mut params = rest.clone();
        params[param] = json!(format!("https://linear.app/other/{kind}/{name}"));
        workspace.take_requests();
        let answer = workspace.call_json(operation, params.clone()).await;
        assert_eq!(answer.code(), "INVALID_PARAM", "{operation} {params}");
        let message = answer.text("/error/message");
        assert!(
            message.contains("the workspace 'other'") && message.contains("'acme'"),
            "{message}"
        );
        assert_eq!(answer.at("/error/details/param"), param);
        assert_eq!(workspace.take_requests().len(), 0, "{operation} {params}");
    }
}

#[tokio::test]
async fn without_a_prefetch_the_first_read_tells_the_workspace() {
    let foreign = "https://linear.app/other/issue/ENG-232/login-form";
    for (operation, rest) in [
        ("get_issue", json!({})),
        ("update_issue", json!({"title": "Other"})),
        ("update_issue", json!({"state": "Done", "changes": false})),
        ("update_checklist_items", json!({"indices": [1]})),
        ("delete_relation", json!({"related_issue_id": "ENG-231"})),
    ] {
        let workspace = TestWorkspace::new().await;
        let mut params = rest;
        params["issue_id"] = json!(foreign);
        refused(
            &workspace,
            operation,
            params.clone(),
            "the workspace 'other'",
        )
        .await;
        // The workspace of the key is known from then on.
        let answer = workspace.call_json(operation, params).await;
        assert_eq!(
            (answer.code(), answer.calls()),
            ("INVALID_PARAM", 0),
            "{operation}"
        );
    }
    let workspace = TestWorkspace::new().await;
    assert_eq!(title(&workspace, "ENG-232").await, "Login form");
    let params = json!({"issue_id": foreign, "title": "Other", "dry_run": true});
    refused(&workspace, "update_issue", params, "the workspace 'other'").await;
}

#[tokio::test]
async fn where_the_workspace_is_not_known_an_address_costs_no_request_more_than_a_look_before_a_first_write()
 {
    let ours = "https://linear.app/acme/issue/ENG-232/login-form";
    for (operation, rest, more) in [
        ("get_issue", json!({}), 0),
        ("update_issue", json!({"title": "Other"}), 0),
        (
            "update_issue",
            json!({"title": "Other", "changes": false}),
            1,
        ),
        ("create_comment", json!({"body": "B"}), 1),
        ("archive_issue", json!({}), 0),
    ] {
        let calls = async |issue: &str| {
            let workspace = TestWorkspace::new().await;
            let mut params = rest.clone();
            params["issue_id"] = json!(issue);
            let answer = workspace.call_json(operation, params).await;
            answer.data();
            answer.calls()
        };
        assert_eq!(
            calls(ours).await,
            calls("ENG-232").await + more,
            "{operation}"
        );
    }
}

#[tokio::test]
async fn nothing_is_written_to_what_the_address_of_another_workspace_names() {
    let theirs = "https://linear.app/other/issue/ENG-232/login-form";
    for (operation, rest) in [
        ("create_comment", json!({"body": "B"})),
        ("archive_issue", json!({})),
        ("update_issue", json!({"title": "T", "changes": false})),
        ("update_issue", json!({"title": "T", "dry_run": true})),
        (
            "create_relation",
            json!({"related_issue_id": "ENG-231", "type": "blocks"}),
        ),
        ("link_url", json!({"url": "https://example.com"})),
    ] {
        let mut params = rest.clone();
        params["issue_id"] = json!(theirs);
        for in_batch in [false, true] {
            let workspace = TestWorkspace::new().await;
            let answer = match in_batch {
                false => workspace.call_json(operation, params.clone()).await,
                true => batch(&workspace, json!([{"operation": operation, "params": params}, {"operation": "create_comment", "params": {"issue_id": "ENG-231", "body": "B"}}])).await,
            };
            if in_batch {
                assert_eq!(
                    answer.at("/data/results/0/code"),
                    "INVALID_PARAM",
                    "{operation}: {:#}",
                    answer.0
                );
                answer.at("/data/results/1/data");
                assert_eq!(mutations(&workspace.take_requests()), 1, "{operation}");
            } else {
                assert_eq!(answer.code(), "INVALID_PARAM", "{operation}");
                assert_eq!(mutations(&workspace.take_requests()), 0, "{operation}");
            }
        }
    }
}

#[tokio::test]
async fn a_workspace_that_was_renamed_is_looked_at_again_when_that_is_asked_for() {
    let workspace = TestWorkspace::new().await;
    prefetch(&workspace.session).await;
    let id = workspace.id("Organization", "urlKey", "acme");
    workspace.sandbox.edit(|store| {
        let record = store.get_mut("Organization", &id).unwrap();
        record.insert("urlKey".to_owned(), json!("apex"));
        record.insert("previousUrlKeys".to_owned(), json!(["acme"]));
    });
    let params = json!({"project": "https://linear.app/apex/project/auth-system-000000000176"});
    refused(
        &workspace,
        "get_project",
        params.clone(),
        "the workspace 'apex'",
    )
    .await;
    let mut fresh = params;
    fresh["refresh_cache"] = json!(true);
    let answer = workspace.call_json("get_project", fresh).await;
    assert_eq!(answer.data()["name"], "Auth System");
}

#[tokio::test]
async fn a_cycles_address_is_refused_with_its_number() {
    let workspace = TestWorkspace::new().await;
    let cycle = "https://linear.app/acme/team/ENG/cycle/12";
    for (operation, params, own) in [
        ("list_issues", json!({"team": "PSN"}), false),
        ("list_issues", json!({"team": "ENG"}), true),
        ("list_issues", json!({}), false),
        ("update_issue", json!({"issue_id": "ENG-232"}), true),
        ("update_issue", json!({"issue_id": "PSN-1"}), false),
    ] {
        let mut params = params;
        params["cycle"] = json!(cycle);
        let answer = workspace.call_json(operation, params).await;
        assert_eq!(answer.code(), "INVALID_PARAM");
        let hints = answer.texts("/error/suggestions");
        match own {
            true => assert_eq!(hints, ["Use '12'"], "{operation}"),
            // In another team, the number would mean another cycle.
            false => assert!(hints[0].contains("where the team is 'ENG'"), "{hints:?}"),
        }
        assert_eq!(workspace.take_requests().len(), 0);
    }
}

#[tokio::test]
async fn a_branch_with_two_identifiers_is_refused_with_both() {
    let workspace = TestWorkspace::new().await;
    let params = json!({"issue_id": "feature/eng-231-and-eng-232", "state": "Done"});
    let answer = workspace.call_json("update_issue", params).await;
    assert_eq!(answer.code(), "INVALID_PARAM");
    assert_eq!(
        answer.texts("/error/suggestions"),
        ["Use 'ENG-231'", "Use 'ENG-232'"]
    );
    assert_eq!(workspace.take_requests().len(), 0);
}

#[tokio::test]
async fn a_search_for_an_address_finds_the_issue_only_where_it_is_ours() {
    let workspace = TestWorkspace::new().await;
    prefetch(&workspace.session).await;
    let first = async |query: &str| {
        let answer = workspace
            .call_json("search_issues", json!({"query": query}))
            .await;
        answer.data()["issues"][0]["identifier"].clone()
    };
    assert_eq!(
        first("https://linear.app/acme/issue/ENG-232/x").await,
        "ENG-232"
    );
    assert_eq!(
        first("https://linear.app/other/issue/ENG-232/x").await,
        Value::Null
    );
    assert_eq!(
        first("https://tracker.example.net/issue/ENG-232").await,
        Value::Null
    );
}

#[tokio::test]
async fn items_of_a_batch_that_name_one_issue_in_different_forms_are_told_apart_from_none() {
    for (one, other) in [
        (
            "https://linear.app/acme/issue/ENG-232/x",
            "feature/eng-232-login",
        ),
        ("<ENG-232>", "[x](linear://acme/issue/eng-232)"),
        ("ENG-232", "john.smith/eng-232-x"),
    ] {
        let workspace = TestWorkspace::new().await;
        let rename = |issue: &str, title: &str| json!({"operation": "update_issue", "params": {"issue_id": issue, "title": title}});
        let answer = batch(&workspace, json!([rename(one, "a"), rename(other, "b")])).await;
        assert_eq!(answer.code(), "INVALID_PARAM", "{one} {other}");
        assert_eq!(answer.at("/error/details/indices"), &json!([0, 1]));
        assert_eq!(workspace.take_requests().len(), 0);
    }
    // The address of another workspace fails alone.
    let workspace = TestWorkspace::new().await;
    prefetch(&workspace.session).await;
    let items = json!([
        {"operation": "update_issue", "params": {"issue_id": "https://linear.app/other/issue/ENG-232", "title": "a"}},
        {"operation": "update_issue", "params": {"issue_id": "https://linear.app/acme/issue/ENG-231", "title": "b"}},
    ]);
    let answer = batch(&workspace, items).await;
    assert_eq!(
        answer.at("/data/results/0/code"),
        "INVALID_PARAM",
        "{:#}",
        answer.0
    );
    assert_eq!(title(&workspace, "ENG-231").await, "b");
    assert_eq!(title(&workspace, "ENG-232").await, "Login form");
}

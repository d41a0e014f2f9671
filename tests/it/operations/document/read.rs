//! `get_document`, `list_documents`.

use linear_ops::clock::Clock;
use linear_ops::sandbox::Act;
use serde_json::json;

use crate::support::failures::{NOTHING, script_acts};
use crate::support::{Answer, TestWorkspace, call, snapshot};

fn titles(answer: &Answer) -> Vec<String> {
    answer.data();
    let rows = answer.at("/data/documents").as_array().unwrap();
    rows.iter()
        .map(|row| row["title"].as_str().unwrap().to_owned())
        .collect()
}

/// The seed's spec in project Auth System, and beside it documents in another project, on an issue and in a team.
async fn library() -> TestWorkspace {
    let workspace = TestWorkspace::new().await;
    for params in [
        "{project: Design System, title: Tokens, content: Colours and spacing}",
        "{issue_id: ENG-231, title: Findings, content: The TOKEN leaks}",
        "{team: Operations, title: Runbook}",
    ] {
        workspace.call("create_document", params).await.data();
    }
    workspace.take_requests();
    workspace
}

#[tokio::test]
async fn a_document_as_it_is_shown() {
    let workspace = TestWorkspace::new().await;
    for (name, params) in [
        ("document", "{document_id: '000000000182'}"),
        (
            "document_brief",
            "{document_id: '000000000182', detail: brief}",
        ),
        (
            "document_full",
            "{document_id: '000000000182', detail: full, max_description_chars: 40}",
        ),
        (
            "document_picked",
            "{document_id: '000000000182', fields: [title, project.name, tilte]}",
        ),
        ("document_missing", "{document_id: doc-abc-123}"),
    ] {
        snapshot(name, &workspace.yaml("get_document", params).await);
        assert_eq!(workspace.take_requests().len(), 1, "{name}");
    }
    let title = "{document_id: Auth System Spec}";
    snapshot(
        "document_title",
        &workspace.yaml("get_document", title).await,
    );
    assert!(workspace.take_requests().is_empty());
}

#[tokio::test]
async fn every_form_of_a_document_is_taken() {
    let workspace = TestWorkspace::new().await;
    let id = workspace.id("Document", "title", "Auth System Spec");
    for params in [
        format!("{{document_id: {id}}}"),
        format!("{{documentId: {}}}", id.to_uppercase()),
        format!("{{id: {id}}}"),
        "{slug: 000000000182}".to_owned(),
        "{document: auth-system-spec-000000000182}".to_owned(),
        "{doc: 'https://linear.app/acme/document/auth-system-spec-000000000182#flow'}".to_owned(),
        format!("{{document: {{id: {id}, title: Spec}}}}"),
    ] {
        let answer = workspace.call("get_document", &params).await;
        assert_eq!(answer.data()["id"], id.as_str(), "{params}");
        assert_eq!(answer.calls(), 1);
    }
    let answer = workspace
        .call("get_document", &format!("{{id: {NOTHING}}}"))
        .await;
    assert_eq!(answer.code(), "DOCUMENT_NOT_FOUND");
}

#[tokio::test]
async fn documents_as_they_are_listed() {
    let workspace = library().await;
    for (name, params) in [
        ("documents", "{}"),
        (
            "documents_standard",
            "{issue_id: ENG-231, detail: standard}",
        ),
        ("documents_table", "{format: table}"),
        ("documents_no_project", "{project: Auth Sistem}"),
        ("documents_no_issue", "{issue_id: PSN-999}"),
    ] {
        let yaml = workspace.yaml("list_documents", params).await;
        let made = [(r"2025-01-16T[\d:.]+Z", "[time]")];
        crate::support::snapshot_but_for(&made, name, &yaml);
        assert_eq!(workspace.take_requests().len(), 1, "{name}");
    }
}

#[tokio::test]
async fn every_filter_matches_what_it_says() {
    // A list has the last changed document first; a search has the best match first, which is a match in the title.
    let workspace = library().await;
    for (params, expected) in [
        (
            "{}",
            vec!["Runbook", "Findings", "Tokens", "Auth System Spec"],
        ),
        ("{project: Auth System}", vec!["Auth System Spec"]),
        ("{project_id: design system}", vec!["Tokens"]),
        ("{issue_id: eng-231}", vec!["Findings"]),
        ("{issue_id: PSN-123}", vec![]),
        (
            "{query: token}",
            vec!["Tokens", "Findings", "Auth System Spec"],
        ),
        (
            "{query: toke}",
            vec!["Tokens", "Findings", "Auth System Spec"],
        ),
        ("{query: spacing}", vec!["Tokens"]),
        ("{query: nowhere to be found}", vec![]),
        (
            "{query: '  '}",
            vec!["Runbook", "Findings", "Tokens", "Auth System Spec"],
        ),
        (
            "{query: token, project: Auth System}",
            vec!["Auth System Spec"],
        ),
        ("{query: spacing, project: Auth System}", vec![]),
        ("{query: token, issue_id: ENG-231}", vec!["Findings"]),
        ("{project: Auth System, issue_id: ENG-231}", vec![]),
    ] {
        for _ in 0..2 {
            let answer = workspace.call("list_documents", params).await;
            assert_eq!(titles(&answer), expected, "{params}");
            assert_eq!(answer.calls(), 1, "{params}");
            assert_eq!(answer.data()["total"], expected.len(), "{params}");
        }
    }
}

#[tokio::test]
async fn a_part_of_a_projects_name_is_asked_once_more_and_then_known() {
    let workspace = TestWorkspace::new().await;
    for calls in [2, 1] {
        let answer = workspace
            .call("list_documents", "{project: Auth Sys}")
            .await;
        assert_eq!(titles(&answer), ["Auth System Spec"]);
        assert_eq!(answer.calls(), calls);
    }
    let id = workspace.id("Project", "name", "Auth System");
    for project in [
        &id,
        "https://linear.app/acme/project/auth-system-000000000176",
    ] {
        let params = format!("{{project: '{project}'}}");
        let cold = workspace.another_session();
        let answer = crate::support::call(&cold, "list_documents", &params).await;
        assert_eq!(titles(&answer), ["Auth System Spec"], "{project}");
        assert_eq!(answer.calls(), 1, "{project}");
    }
}

/// Linear compares letters with composed accents and their decomposed forms as different names.
#[tokio::test]
async fn a_project_whose_name_is_kept_in_another_form_has_its_documents() {
    let workspace = TestWorkspace::new().await;
    let auth = workspace.id("Project", "name", "Auth System");
    workspace.sandbox.edit(|store| {
        let mut project = store.get("Project", &auth).unwrap().clone();
        project.insert("name".to_owned(), "Café Launch".into());
        store.put("Project", project);
    });
    for session in [&workspace.session, &workspace.another_session()] {
        let params = "{project: \"Cafe\u{301} Launch\"}";
        let answer = crate::support::call(session, "list_documents", params).await;
        assert_eq!(titles(&answer), ["Auth System Spec"]);
    }
}

#[tokio::test]
async fn the_documents_of_an_archived_project_of_the_same_name_are_not_listed() {
    let workspace = TestWorkspace::new().await;
    let legacy = workspace.id("Project", "name", "Legacy Portal");
    let auth = workspace.id("Project", "name", "Auth System");
    workspace.sandbox.edit(|store| {
        let mut namesake = store.get("Project", &legacy).unwrap().clone();
        namesake.insert("name".to_owned(), "Auth System".into());
        store.put("Project", namesake);
        let mut old = store.find("Document", "projectId", &auth).unwrap().clone();
        old.insert("id".to_owned(), NOTHING.into());
        old.insert("title".to_owned(), "Old spec".into());
        old.insert("projectId".to_owned(), legacy.as_str().into());
        store.put("Document", old);
    });
    for calls in [2, 1] {
        let answer = workspace
            .call("list_documents", "{project: Auth System}")
            .await;
        assert_eq!(titles(&answer), ["Auth System Spec"]);
        assert_eq!(answer.calls(), calls);
    }
}

#[tokio::test]
async fn a_project_that_means_nothing_or_two_things_is_never_an_empty_list() {
    let workspace = TestWorkspace::new().await;
    let answer = workspace.call("list_documents", "{project: Nothing}").await;
    assert_eq!(answer.code(), "PROJECT_NOT_FOUND");
    let answer = workspace
        .call("list_documents", "{project: Mobile App}")
        .await;
    assert_eq!(answer.code(), "AMBIGUOUS_IDENTIFIER");
    // The session has cached both projects by now, so that nothing is sent.
    let answer = workspace
        .call("list_documents", "{project: Mobile App}")
        .await;
    assert_eq!(answer.code(), "AMBIGUOUS_IDENTIFIER");
    assert_eq!(answer.calls(), 0);
    for params in ["{issue_id: PSN-999}", "{issue_id: PSN-999, cursor: x}"] {
        let answer = workspace.call("list_documents", params).await;
        assert_eq!(answer.code(), "ISSUE_NOT_FOUND", "{params}");
    }
    let answer = workspace.call("list_documents", "{cursor: nonsense}").await;
    assert_eq!(answer.code(), "LINEAR_API_ERROR");
}

#[tokio::test]
async fn a_page_leads_to_the_next() {
    let workspace = library().await;
    let answer = workspace.call("list_documents", "{limit: 3}").await;
    assert_eq!(titles(&answer), ["Runbook", "Findings", "Tokens"]);
    assert_eq!(answer.data()["count"], 3);
    let cursor = answer.text("/data/cursor").to_owned();
    let params = format!("{{limit: 3, cursor: '{cursor}'}}");
    let answer = workspace.call("list_documents", &params).await;
    assert_eq!(titles(&answer), ["Auth System Spec"]);
    assert_eq!(answer.data()["count"], 1);
    assert_eq!(answer.data()["has_more"], false);
    let answer = workspace.call("list_documents", "{limit: 251}").await;
    assert_eq!(answer.code(), "INVALID_PARAM");
}

#[tokio::test]
async fn archived_documents_are_listed_when_asked_for() {
    let workspace = library().await;
    let id = workspace.id("Document", "title", "Runbook");
    workspace.sandbox.edit(|store| {
        let runbook = store.get_mut("Document", &id).unwrap();
        runbook.insert("archivedAt".to_owned(), "2025-01-15T00:00:00.000Z".into());
    });
    let answer = workspace.call("list_documents", "{}").await;
    assert_eq!(titles(&answer).len(), 3);
    let answer = workspace
        .call("list_documents", "{include_archived: true}")
        .await;
    assert_eq!(titles(&answer).len(), 4);
}

#[tokio::test]
async fn content_is_fetched_only_where_it_is_shown() {
    let workspace = library().await;
    for (params, fetched) in [
        ("{}", false),
        ("{detail: standard}", true),
        ("{fields: [content]}", true),
    ] {
        let answer = workspace.call("list_documents", params).await;
        let shown = answer.at("/data/documents/1/content").is_string();
        assert_eq!(shown, fetched, "{params}");
        let received = workspace.take_requests();
        let requested = &received[0].variables["withContent"];
        assert_eq!(requested, fetched, "{params}");
    }
}

#[tokio::test]
async fn a_read_is_asked_for_again_when_its_answer_is_lost() {
    let workspace = library().await;
    script_acts(&workspace, "document", [Act::Drop]);
    let answer = workspace
        .call("get_document", "{document_id: '000000000182'}")
        .await;
    assert_eq!(answer.data()["title"], "Auth System Spec");
    script_acts(&workspace, "documents", [Act::Truncated]);
    assert_eq!(
        titles(&workspace.call("list_documents", "{}").await).len(),
        4
    );
    assert_eq!(workspace.sandbox.script().pending(), 0);
}

#[tokio::test]
async fn a_search_within_a_project_continues_after_the_last_row_shown() {
    let workspace = TestWorkspace::new().await;
    for number in 1..=5 {
        for project in ["Auth System", "Design System"] {
            let params =
                format!("{{project: {project}, title: 'Plan {number}', content: {project}}}");
            workspace.call("create_document", &params).await.data();
        }
    }
    workspace.take_requests();
    let (mut cursor, mut all) = (String::new(), Vec::new());
    for (count, more) in [(2, true), (2, true), (1, false)] {
        let after = if cursor.is_empty() {
            String::new()
        } else {
            format!(", cursor: '{cursor}'")
        };
        let params = format!("{{project: Design System, query: plan, limit: 2{after}}}");
        let answer = workspace.call("list_documents", &params).await;
        assert_eq!(answer.calls(), 1);
        assert_eq!(answer.data()["count"], count);
        assert_eq!(answer.data()["has_more"], more);
        for row in answer.at("/data/documents").as_array().unwrap() {
            assert_eq!(row["project"]["name"], "Design System");
        }
        all.extend(titles(&answer));
        cursor = answer.text("/data/cursor").to_owned();
    }
    all.sort();
    assert_eq!(all, ["Plan 1", "Plan 2", "Plan 3", "Plan 4", "Plan 5"]);
    let answer = workspace.call("list_documents", "{query: plan}").await;
    assert_eq!(answer.data()["total"], 10);
}

#[tokio::test]
async fn a_search_tells_what_is_not_there_too() {
    let workspace = TestWorkspace::new().await;
    for (params, code, calls) in [
        ("{query: token, project: Nothing}", "PROJECT_NOT_FOUND", 1),
        (
            "{query: token, project: Mobile App}",
            "AMBIGUOUS_IDENTIFIER",
            // Every project is cached by now, so that nothing is sent.
            0,
        ),
        ("{query: token, issue_id: PSN-999}", "ISSUE_NOT_FOUND", 1),
        ("{query: token, cursor: nonsense}", "LINEAR_API_ERROR", 1),
    ] {
        let answer = workspace.call("list_documents", params).await;
        assert_eq!(answer.code(), code, "{params}");
        assert_eq!(answer.calls(), calls, "{params}");
    }
    let params = "{query: token, project: Auth Sys}";
    let answer = workspace.call("list_documents", params).await;
    assert_eq!(titles(&answer), ["Auth System Spec"]);
}

/// Values of each filter, with the documents that it finds. A pair of filters finds the documents that both find.
const FILTERS: &[(&str, &[&str])] = &[
    ("project: Auth System", &["Auth System Spec"]),
    ("issue_id: ENG-231", &["Findings"]),
    ("team: [Operations, ENG]", &["Runbook"]),
    ("team: DES", &[]),
    ("initiative: Trustworthy accounts", &["Charter"]),
    ("creator: Jane Smith", &["Charter", "Tokens"]),
    (
        "author: [me, jane@example.com]",
        &[
            "Auth System Spec",
            "Charter",
            "Findings",
            "Runbook",
            "Tokens",
        ],
    ),
    (
        "created_after: 2025-01-05",
        &["Findings", "Runbook", "Tokens"],
    ),
    (
        "created_before: -P7D",
        &["Auth System Spec", "Charter", "Tokens"],
    ),
    (
        "updated_after: '2025-01-06T13:00:00+01:00'",
        &["Findings", "Runbook", "Tokens"],
    ),
    (
        "updated_before: 2025-01-11",
        &["Auth System Spec", "Charter", "Tokens"],
    ),
];

/// A workspace at ten o'clock on 2025-01-16 with documents of a project, another project, an issue, a team and an
/// initiative, which all contain the word "token".
async fn archive() -> TestWorkspace {
    let clock = Clock::new(|| 1_737_021_600_000, || Clock::system().new_id());
    let workspace = TestWorkspace::with_clock(clock, |_| {}).await;
    for params in [
        "{project: Design System, title: Tokens, content: Colours and spacing}",
        "{issue_id: ENG-231, title: Findings, content: The TOKEN leaks}",
        "{team: Operations, title: Runbook, content: Token rotation}",
        "{team: Operations, title: Charter, content: One token}",
    ] {
        workspace.call("create_document", params).await.data();
    }
    let jane = workspace.id("User", "name", "Jane Smith");
    let accounts = workspace.id("Initiative", "name", "Trustworthy accounts");
    workspace.sandbox.edit(|store| {
        for (title, created, updated, fields) in [
            ("Auth System Spec", "2024-12-27", "2025-01-03T00", json!({})),
            (
                "Tokens",
                "2025-01-05",
                "2025-01-06T12",
                json!({"creatorId": jane}),
            ),
            ("Findings", "2025-01-10", "2025-01-11T00", json!({})),
            ("Runbook", "2025-01-15", "2025-01-15T00", json!({})),
            (
                "Charter",
                "2024-11-01",
                "2024-11-02T00",
                json!({"creatorId": jane, "teamId": null, "initiativeId": accounts}),
            ),
        ] {
            let id = store.find("Document", "title", title).unwrap()["id"].clone();
            let document = store.get_mut("Document", id.as_str().unwrap()).unwrap();
            document.insert(
                "createdAt".into(),
                format!("{created}T00:00:00.000Z").into(),
            );
            document.insert("updatedAt".into(), format!("{updated}:00:00.000Z").into());
            document.extend(fields.as_object().unwrap().clone());
        }
    });
    workspace
}

fn sorted_titles(answer: &Answer) -> Vec<String> {
    let mut titles = titles(answer);
    titles.sort();
    titles
}

#[tokio::test]
async fn each_filter_finds_its_documents_in_one_request_with_a_query_and_without() {
    let workspace = archive().await;
    let mut wrong = Vec::new();
    for (filter, expected) in FILTERS {
        for params in [
            format!("{{{filter}}}"),
            format!("{{{filter}, query: token}}"),
        ] {
            let session = workspace.another_session();
            for _ in ["cold", "warm"] {
                let answer = call(&session, "list_documents", &params).await;
                let (found, calls) = (sorted_titles(&answer), answer.calls());
                if found != *expected || calls != 1 {
                    wrong.push(format!("{params}: {found:?} in {calls} requests"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let charter = workspace
        .call("list_documents", "{initiative: Trustworthy accounts}")
        .await;
    let place = charter.text("/data/documents/0/initiative/name");
    assert_eq!(place, "Trustworthy accounts");
}

#[tokio::test]
async fn a_pair_of_filters_finds_the_documents_that_both_find() {
    let workspace = archive().await;
    for (index, (one, ones)) in FILTERS.iter().enumerate() {
        for (other, others) in FILTERS.iter().skip(index + 1) {
            let key = |filter: &str| {
                filter
                    .replace("author", "creator")
                    .split(':')
                    .next()
                    .unwrap()
                    .to_owned()
            };
            if key(one) == key(other) {
                continue;
            }
            let both = ones.iter().filter(|title| others.contains(title));
            let expected: Vec<&str> = both.copied().collect();
            for params in [
                format!("{{{one}, {other}}}"),
                format!("{{{one}, {other}, query: token}}"),
            ] {
                let answer = workspace.call("list_documents", &params).await;
                assert_eq!(sorted_titles(&answer), expected, "{params}");
                assert_eq!(answer.calls(), 1, "{params}");
            }
        }
    }
}

#[tokio::test]
async fn a_name_that_means_nothing_fails_in_each_filter_of_documents() {
    let workspace = archive().await;
    workspace.take_requests();
    for (filter, code, calls) in [
        ("team: [ENG, Nowhere]", "TEAM_NOT_FOUND", 1),
        ("initiative: Nothing", "INITIATIVE_NOT_FOUND", 1),
        ("creator: [me, nobody@example.com]", "USER_NOT_FOUND", 1),
        ("team: []", "INVALID_PARAM", 0),
        ("team: null", "INVALID_TEAM_IDENTIFIER", 0),
        ("initiative: []", "INVALID_PARAM", 0),
        ("creator: []", "INVALID_PARAM", 0),
        ("creator: null", "INVALID_PARAM", 0),
        ("created_after: P7D", "INVALID_DATE_FORMAT", 0),
        ("updated_before: soon", "INVALID_DATE_FORMAT", 0),
    ] {
        for params in [
            format!("{{{filter}}}"),
            format!("{{{filter}, query: token}}"),
        ] {
            let session = workspace.another_session();
            let answer = call(&session, "list_documents", &params).await;
            assert_eq!((answer.code(), answer.calls()), (code, calls), "{params}");
        }
    }
}

#[tokio::test]
async fn a_search_whose_results_cannot_be_filtered_is_an_error() {
    let workspace = archive().await;
    let id = workspace.id("Document", "title", "Tokens");
    workspace.sandbox.edit(|store| {
        let tokens = store.get_mut("Document", &id).unwrap();
        tokens.insert("createdAt".into(), "a while ago".into());
    });
    let params = "{query: token, created_after: 2025-01-01}";
    let answer = workspace.call("list_documents", params).await;
    assert_eq!(answer.code(), "LINEAR_API_ERROR");
    assert!(!answer.text("/error/details/document").is_empty());
}

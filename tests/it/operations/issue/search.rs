//! `search_issues`.

use crate::support::failures::{far_limit, script_acts, with_root};
use crate::support::{Answer, TestWorkspace, mutations, snapshot};

fn identifiers(answer: &Answer) -> Vec<String> {
    answer.column("issues", "identifier")
}

#[tokio::test]
async fn searches_as_they_are_shown() {
    let workspace = TestWorkspace::new().await;
    for (name, params) in [
        ("search", "{query: sign}"),
        (
            "search_list",
            "{filters: {status: In Progress, assignee: me, recent: false}}",
        ),
        ("search_standard", "{query: kid, detail: standard}"),
        (
            "search_fields",
            "{query: sign, fields: [identifier, state.name], format: table}",
        ),
        ("search_page", "{query: the, limit: 2}"),
        ("search_empty", "{query: nothing of the kind}"),
        (
            "search_no_label",
            "{query: sign, filters: {label: planing, team: ENG}}",
        ),
        (
            "search_contradiction",
            "{filters: {mine: true, assignee: Jane Smith}}",
        ),
    ] {
        snapshot(name, &workspace.yaml("search_issues", params).await);
    }
}

#[tokio::test]
async fn every_filter_narrows_the_search_in_one_request_cold_and_warm() {
    let warm = TestWorkspace::new().await;
    for (params, expected) in [
        ("{query: signing}", &["ENG-230", "PSN-100"] as &[_]),
        ("{query: signing, team: ENG}", &["ENG-230"]),
        ("{q: signing, filters: {status: In Progress}}", &["PSN-100"]),
        ("{search: signing, filter: {label: backend}}", &["ENG-230"]),
        ("{query: signing, filter: {mine: true}}", &["PSN-100"]),
        (
            "{query: signing, filters: {mine: false, assignee: '@johnr'}}",
            &["ENG-230"],
        ),
        ("{query: signing, filters: {recent: true}}", &[]),
        ("{query: signing, project: Auth System}", &["ENG-230"]),
        (
            "{query: signing, priority: high, created_after: 2025-01-01}",
            &["ENG-230"],
        ),
        (
            "{query: passwords, parent_id: PSN-100}",
            &["PSN-124", "PSN-123"],
        ),
        ("{query: ' ', team: DES}", &["DES-12"]),
        (
            "{filters: {mine: true, status: started}}",
            &["ENG-231", "PSN-123", "PSN-100"],
        ),
    ] {
        for (workspace, most) in [(&TestWorkspace::new().await, 1), (&warm, 1)] {
            let answer = workspace.call("search_issues", params).await;
            assert_eq!(identifiers(&answer), expected, "{params}");
            assert!(answer.calls() <= most, "{params}: {}", answer.calls());
            assert!(answer.texts("/warnings").is_empty(), "{:#}", answer.0);
            assert_eq!(mutations(&workspace.take_requests()), 0);
        }
    }
}

#[tokio::test]
async fn only_a_search_by_relevance_claims_to_be_ranked() {
    let workspace = TestWorkspace::new().await;
    for (params, ranked) in [
        ("{query: signing}", true),
        ("{query: signing, order_by: createdAt}", false),
        ("{team: ENG}", false),
        ("{query: ''}", false),
    ] {
        let answer = workspace.call("search_issues", params).await;
        let claim = answer.data().get("ranked").cloned();
        assert_eq!(claim, ranked.then_some(true.into()), "{params}");
        assert_eq!(
            with_root(&workspace.take_requests(), "searchIssues") == 1,
            params.contains("signing")
        );
    }
}

#[tokio::test]
async fn an_identifier_finds_its_issue_first() {
    let workspace = TestWorkspace::new().await;
    // The title of another issue contains the identifier.
    let naming = "{issue_id: PSN-130, title: Follows psn-123}";
    workspace.call("update_issue", naming).await.data();
    for query in [
        "PSN-123",
        "psn-123",
        "https://linear.app/acme/issue/PSN-123/x",
    ] {
        let answer = workspace
            .call("search_issues", &format!("{{query: '{query}'}}"))
            .await;
        assert_eq!(identifiers(&answer)[0], "PSN-123", "{query}");
        assert_eq!((answer.calls(), answer.data()["ranked"] == true), (1, true));
    }
    let both = workspace.call("search_issues", "{query: PSN-123}").await;
    assert_eq!(identifiers(&both), ["PSN-123", "PSN-130"]);
    let other_team = workspace
        .call(
            "search_issues",
            "{query: PSN-123, team: ENG, detail: standard}",
        )
        .await;
    assert_eq!(identifiers(&other_team), [""; 0]);
    // The issue is only on the first page.
    let first = workspace
        .call("search_issues", "{query: PSN-123, limit: 1}")
        .await;
    assert_eq!(identifiers(&first), ["PSN-123"]);
    assert_eq!(first.data()["has_more"], true);
    assert_eq!(first.data().get("cursor"), None);
    let nobody = workspace.call("search_issues", "{query: PSN-999}").await;
    assert_eq!(identifiers(&nobody), [""; 0]);
}

#[tokio::test]
async fn every_filter_at_once_stays_within_linears_complexity() {
    let params = "{query: PSN-123, team: PSN, state: In Progress, assignee: John Doe, labels: [bug, planning], \
        project: Auth System, cycle: current, priority: 3, parent_id: PSN-100, updated_after: 2024-01-01, \
        created_after: 2024-01-01, include_archived: true, limit: 250, detail: full}";
    for operation in ["search_issues", "list_issues"] {
        let workspace = TestWorkspace::new().await;
        let answer = workspace.call(operation, params).await;
        assert_ne!(
            answer.text("/error/code"),
            "LINEAR_API_ERROR",
            "{:#}",
            answer.0
        );
        let most = workspace
            .take_requests()
            .iter()
            .map(|request| request.roots.len())
            .max();
        assert!(most > Some(7), "{most:?}");
    }
}

#[tokio::test]
async fn pages_lead_on_and_the_total_is_told() {
    let workspace = TestWorkspace::new().await;
    let whole = workspace.call("search_issues", "{query: the}").await;
    let all: Vec<String> = identifiers(&whole)
        .iter()
        .map(|id| (*id).to_owned())
        .collect();
    assert!(all.len() > 2, "{all:?}");
    let mut received = Vec::new();
    let mut cursor = String::new();
    loop {
        let params = format!("{{query: the, limit: 2{cursor}}}");
        let answer = workspace.call("search_issues", &params).await;
        received.extend(identifiers(&answer).iter().map(|id| (*id).to_owned()));
        if answer.data()["has_more"] == false {
            break;
        }
        assert_eq!(answer.data()["total"], all.len());
        cursor = format!(", cursor: '{}'", answer.text("/data/cursor"));
    }
    assert_eq!(received, all);
}

#[tokio::test]
async fn when_searches_are_used_up_the_filter_answers_and_says_so() {
    let workspace = TestWorkspace::new().await;
    script_acts(&workspace, "searchIssues", [far_limit()]);
    let answer = workspace
        .call("search_issues", "{query: signing, team: ENG, limit: 1}")
        .await;
    assert_eq!(identifiers(&answer), ["ENG-230"]);
    assert_eq!(answer.data().get("ranked"), None);
    let warnings = answer.texts("/warnings");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("not ranked"));
    assert_eq!(answer.calls(), 2);

    script_acts(&workspace, "searchIssues", [far_limit()]);
    let answer = workspace.call("search_issues", "{query: PSN-123}").await;
    assert_eq!(identifiers(&answer), ["PSN-123"]);
    assert!(!answer.texts("/warnings").is_empty());
}

#[tokio::test]
async fn when_everything_is_used_up_that_is_the_answer() {
    let workspace = TestWorkspace::new().await;
    script_acts(&workspace, "searchIssues", [far_limit()]);
    script_acts(&workspace, "issues", [far_limit()]);
    let answer = workspace.call("search_issues", "{query: signing}").await;
    assert_eq!(answer.code(), "LINEAR_API_RATE_LIMIT");
    script_acts(&workspace, "searchIssues", [far_limit()]);
    let answer = workspace
        .call("search_issues", "{query: signing, cursor: anything}")
        .await;
    assert_eq!(answer.code(), "LINEAR_API_RATE_LIMIT");
    assert_eq!(with_root(&workspace.take_requests(), "issues"), 1);
}

#[tokio::test]
async fn the_short_words_narrow_a_list_too() {
    let workspace = TestWorkspace::new().await;
    let mine = workspace
        .call("list_issues", "{mine: true, team: PSN}")
        .await;
    assert_eq!(identifiers(&mine), ["PSN-123", "PSN-100"]);
    let recent = workspace
        .call("list_issues", "{recent: true, team: ENG}")
        .await;
    assert_eq!(identifiers(&recent), ["ENG-233", "ENG-232", "ENG-231"]);
    let both = workspace
        .call("list_issues", "{recent: true, updated_after: 2025-01-01}")
        .await;
    assert_eq!(both.code(), "INVALID_PARAM");
}

#[tokio::test]
async fn mine_and_nobodys_cannot_both_be_meant() {
    let workspace = TestWorkspace::new().await;
    for operation in ["search_issues", "list_issues"] {
        for nobody in ["null", "none"] {
            let params = format!("{{mine: true, assignee: {nobody}}}");
            let answer = workspace.call(operation, &params).await;
            assert_eq!(answer.code(), "INVALID_PARAM", "{operation} {nobody}");
        }
    }
    assert!(workspace.take_requests().is_empty());
}

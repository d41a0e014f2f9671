//! An issue that is named by a text with its identifier in it, or by the name of its branch.

use crate::support::{TestWorkspace, mutations};

#[tokio::test]
async fn a_branch_names_its_issue_in_any_case_without_another_request() {
    let workspace = TestWorkspace::new().await;
    for branch in [
        "john/eng-231-sign-in",
        "John/ENG-231-Sign-In",
        "feature/eng-231",
        "ENG-231-UTF8",
    ] {
        let params = format!("{{issue_id: '{branch}'}}");
        let answer = workspace.call("get_issue", &params).await;
        assert_eq!(answer.data()["identifier"], "ENG-231", "{branch}");
        assert_eq!(answer.calls(), 1, "{branch}");
    }
}

#[tokio::test]
async fn a_text_means_the_only_identifier_of_a_team_in_it() {
    for text in [
        "see ENG-231",
        "the bug (eng-231), please",
        "Fix UTF-8 and ISO-8601 in ENG-231: sha-256",
        "feature/iso-8601-eng-231",
        "utf-8/eng-231-title",
        "it is https://linear.app/acme/issue/ENG-231/x",
        "ENG-231 and again eng-231!",
    ] {
        let workspace = TestWorkspace::new().await;
        let params = format!("{{issue_id: '{text}'}}");
        for calls in [2, 1] {
            let answer = workspace.call("get_issue", &params).await;
            assert_eq!(answer.data()["identifier"], "ENG-231", "{text}");
            assert_eq!(answer.calls(), calls, "{text}");
            assert!(answer.texts("/warnings").is_empty(), "{:#}", answer.0);
        }
        let params = format!("{{issue_id: '{text}', title: New}}");
        let answer = workspace.call("update_issue", &params).await;
        assert_eq!(answer.data()["identifier"], "ENG-231", "{text}");
        let warning = format!("'{text}' taken to mean ENG-231, the only issue named in it");
        assert_eq!(answer.texts("/warnings")[0], warning);
    }
}

#[tokio::test]
async fn texts_that_mean_no_issue_or_several_are_refused() {
    let workspace = TestWorkspace::new().await;
    for (text, code) in [
        ("UTF-8 is broken", "INVALID_PARAM"),
        ("feature/iso-8601-sha-256", "INVALID_PARAM"),
        ("the login", "INVALID_PARAM"),
        ("ENG-231 and ENG-232", "AMBIGUOUS_IDENTIFIER"),
        ("ENG-231, PSN-123", "AMBIGUOUS_IDENTIFIER"),
        (
            "ENG-231 is https://tracker.example.net/issue/ENG-231",
            "INVALID_PARAM",
        ),
        ("ENG-231-2 or ENG-1.5", "INVALID_PARAM"),
    ] {
        for (operation, more) in [("get_issue", ""), ("update_issue", ", title: New")] {
            workspace.take_requests();
            let params = format!("{{issue_id: '{text}'{more}}}");
            let answer = workspace.call(operation, &params).await;
            assert_eq!(answer.code(), code, "{text}");
            assert_eq!(mutations(&workspace.take_requests()), 0, "{text}");
        }
    }
    let answer = workspace
        .call("get_issue", "{issue_id: 'ENG-231 and ENG-232'}")
        .await;
    assert_eq!(
        answer.texts("/error/suggestions"),
        ["Use 'ENG-231'", "Use 'ENG-232'"]
    );
}

/// A team that the session does not know yet is looked for before its key is called no team's.
#[tokio::test]
async fn a_team_may_be_newer_than_the_cache() {
    let workspace = TestWorkspace::new().await;
    workspace.call("list_teams", "{}").await.data();
    let team = workspace.id("Team", "key", "ENG");
    let issue = workspace.id("Issue", "identifier", "ENG-231");
    workspace.sandbox.edit(|store| {
        let team = store.get_mut("Team", &team).unwrap();
        team.insert("key".to_owned(), "UTF".into());
        let issue = store.get_mut("Issue", &issue).unwrap();
        issue.insert("identifier".to_owned(), "UTF-231".into());
    });
    let answer = workspace.call("get_issue", "{issue_id: see UTF-231}").await;
    assert_eq!(answer.data()["identifier"], "UTF-231");
}

#[tokio::test]
async fn other_parameters_for_issues_take_texts_too() {
    let workspace = TestWorkspace::new().await;
    let params = "{team: ENG, title: T, parent_id: 'below eng-231, as agreed'}";
    let answer = workspace.call("create_issue", params).await;
    assert_eq!(answer.data()["parent"]["identifier"], "ENG-231");
    let params = "{issue_id: john/eng-231-x, body: B, dry_run: true}";
    let answer = workspace.call("create_comment", params).await;
    assert!(answer.texts("/warnings").is_empty(), "{:#}", answer.0);
}

#[tokio::test]
async fn an_item_of_a_batch_is_named_by_a_text() {
    let workspace = TestWorkspace::new().await;
    let answer = workspace
        .call(
            "batch",
            "{operations: [{operation: update_issue, params: {issue_id: see ENG-231, title: A}}, \
               {operation: update_issue, params: {issue_id: ENG-231, title: B}}]}",
        )
        .await;
    assert_eq!(answer.code(), "INVALID_PARAM", "{:#}", answer.0);
}

#[tokio::test]
async fn two_identifiers_that_a_character_joins_are_not_one_issue() {
    let workspace = TestWorkspace::new().await;
    for text in [
        "ENG-230+ENG-231",
        "ENG-230&ENG-231",
        "ENG-230!ENG-231",
        "ENG-230=PSN-123",
        "ENG-230..232",
        "see ENG-230+ENG-231 please",
        "from ENG-230..ENG-232 on",
    ] {
        let params = format!("{{issue_id: '{text}', priority: 4}}");
        let answer = workspace.call("update_issue", &params).await;
        assert!(
            ["INVALID_PARAM", "AMBIGUOUS_IDENTIFIER"].contains(&answer.code()),
            "{text}: {}",
            answer.code()
        );
        assert_eq!(mutations(&workspace.take_requests()), 0, "{text}");
    }
}

//! The settings that limit writes to some teams and projects: what counts is where Linear has the records that are
//! written.

use linear_ops::sandbox::Act;
use linear_ops::session::guards::Places;

use super::{ask, params, refused, writing};
use crate::support::{Answer, TestWorkspace, mutations};

fn list(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A test workspace in which only these teams and projects may be written to.
async fn within(teams: &[&str], projects: &[&str]) -> TestWorkspace {
    let mut workspace = TestWorkspace::deleting().await;
    workspace.session.guards.places = Places::new(list(teams), list(projects));
    workspace
}

/// Returns the code of an operation, and asserts that it sends no mutation unless it succeeds.
async fn code(workspace: &TestWorkspace, operation: &str, params: &str) -> String {
    workspace.take_requests();
    let answer = workspace.call(operation, params).await;
    let sent = mutations(&workspace.take_requests());
    if answer.at("/success") == true {
        return String::new();
    }
    assert_eq!(sent, 0, "{operation} {params}");
    answer.code().to_owned()
}

#[tokio::test]
async fn every_operation_that_writes_is_kept_out_of_other_places() {
    for (teams, projects) in [(&["SUP"][..], &[][..]), (&[], &["Design System"])] {
        for entry in writing() {
            let name = entry.spec.name;
            let workspace = within(teams, projects).await;
            let answer = ask(&workspace, entry.example, false).await;
            // An operation that ensures something sends nothing where the thing exists.
            if answer.at("/success") == true {
                assert_eq!(mutations(&workspace.take_requests()), 0, "{name}");
                continue;
            }
            refused(&workspace, answer, "NOT_ALLOWED", name).await;
            let mut params = params(entry);
            params["dry_run"] = true.into();
            let request = format!("operation: {name}\nparams: {params}\n");
            let dry = ask(&workspace, &request, false).await;
            refused(&workspace, dry, "NOT_ALLOWED", name).await;
        }
    }
}

#[tokio::test]
async fn where_it_is_allowed_everything_goes_on_with_one_request_more_at_most() {
    for entry in writing() {
        let name = entry.spec.name;
        let mut costs = Vec::new();
        for teams in [&[][..], &["engineering", "PSN", "DES", "SUP"]] {
            let workspace = within(teams, &[]).await;
            // The teams are cached before the call, as a server's prefetch caches them.
            workspace.call("list_teams", "{}").await.data();
            workspace.take_requests();
            let answer = ask(&workspace, entry.example, false).await;
            assert_eq!(answer.at("/success"), true, "{name}: {:#}", answer.0);
            let received = workspace.take_requests();
            costs.push((received.len(), mutations(&received)));
        }
        let [(free, sent), (guarded, same)] = costs[..] else {
            panic!("two worlds");
        };
        assert!(guarded <= free + 1, "{name}: {guarded} > {free} + 1");
        assert_eq!(sent, same, "{name}");
    }
}

#[tokio::test]
async fn what_is_known_costs_no_request() {
    let workspace = within(&["ENG"], &[]).await;
    workspace
        .call("create_issue", "{team: ENG, title: T}")
        .await
        .data();
    workspace.take_requests();
    for (operation, params) in [
        ("create_issue", "{team: ENG, title: T}"),
        ("update_issue", "{issue_id: ENG-231, title: U}"),
        ("create_issue_label", "{team: ENG, name: quite-new}"),
    ] {
        let free = TestWorkspace::new().await;
        free.call("create_issue", "{team: ENG, title: T}")
            .await
            .data();
        let expected = free.call(operation, params).await.calls();
        let answer = workspace.call(operation, params).await;
        answer.data();
        assert_eq!(answer.calls(), expected, "{operation}");
    }
}

#[tokio::test]
async fn an_issue_is_judged_where_it_is_and_where_it_goes() {
    let workspace = within(&["Engineering"], &[]).await;
    for (params, expected) in [
        ("{issue_id: ENG-231, title: T}", ""),
        ("{issue_id: ENG-231, title: U, changes: false}", ""),
        ("{issue_id: DES-12, title: T}", "NOT_ALLOWED"),
        (
            "{issue_id: DES-12, title: T, changes: false}",
            "NOT_ALLOWED",
        ),
        ("{issue_id: ENG-231, team: DES}", "NOT_ALLOWED"),
        ("{issue_id: DES-12, team: ENG}", "NOT_ALLOWED"),
        ("{issue_id: ENG-231, parent_id: DES-12}", "NOT_ALLOWED"),
    ] {
        assert_eq!(
            code(&workspace, "update_issue", params).await,
            expected,
            "{params}"
        );
    }
    let create = "{team: ENG, title: T, parent_id: DES-12}";
    assert_eq!(
        code(&workspace, "create_issue", create).await,
        "NOT_ALLOWED"
    );
    for (operation, params) in [
        ("create_issue", "{team: ENG, title: T, sub_issues: [S], "),
        ("update_issue", "{issue_id: ENG-232, "),
    ] {
        let outside = format!("{params}blocks: [DES-12]}}");
        assert_eq!(code(&workspace, operation, &outside).await, "NOT_ALLOWED");
        let inside = format!("{params}blocks: [ENG-231], links: ['https://a.example']}}");
        assert_eq!(code(&workspace, operation, &inside).await, "");
    }
    let removal = "{issue_id: ENG-232, remove_blocked_by: [ENG-230]}";
    assert_eq!(code(&workspace, "update_issue", removal).await, "");
    let both = "{issue_id: ENG-231, related_issue_id: DES-12, type: related}";
    assert_eq!(
        code(&workspace, "create_relation", both).await,
        "NOT_ALLOWED"
    );
    let turned = "{issue_id: DES-12, related_issue_id: ENG-231, type: blocks}";
    assert_eq!(
        code(&workspace, "create_relation", turned).await,
        "NOT_ALLOWED"
    );
}

#[tokio::test]
async fn a_project_is_left_and_entered_only_where_both_are_allowed() {
    let workspace = within(&[], &["Auth System"]).await;
    let project = "{team: ENG, title: T, project: Auth System}";
    assert_eq!(code(&workspace, "create_issue", project).await, "");
    for (operation, params, expected) in [
        ("create_issue", "{team: ENG, title: T}", "NOT_ALLOWED"),
        (
            "create_issue",
            "{team: ENG, title: T, project: Auth System, labels: [not-there-yet]}",
            "NOT_ALLOWED",
        ),
        ("update_issue", "{issue_id: ENG-232, title: T}", ""),
        (
            "update_issue",
            "{issue_id: ENG-232, project: null}",
            "NOT_ALLOWED",
        ),
        (
            "update_issue",
            "{issue_id: ENG-232, project: Mobile App}",
            "NOT_ALLOWED",
        ),
        ("update_project", "{project: Auth System, priority: 1}", ""),
        (
            "update_project",
            "{project: Design System, priority: 1}",
            "NOT_ALLOWED",
        ),
        (
            "create_project",
            "{name: Auth System, teams: [ENG]}",
            "NOT_ALLOWED",
        ),
        ("create_document", "{title: D, project: Auth System}", ""),
        ("create_document", "{title: D, team: ENG}", "NOT_ALLOWED"),
    ] {
        assert_eq!(
            code(&workspace, operation, params).await,
            expected,
            "{operation} {params}"
        );
    }
}

#[tokio::test]
async fn what_belongs_to_a_team_is_judged_by_it() {
    let workspace = within(&["ENG"], &[]).await;
    for (operation, params, expected) in [
        ("create_project", "{name: P, teams: [ENG]}", ""),
        (
            "create_project",
            "{name: P, teams: [ENG, DES]}",
            "NOT_ALLOWED",
        ),
        ("update_project", "{project: Auth System, priority: 2}", ""),
        (
            "update_project",
            "{project: Auth System, teams: [ENG, DES]}",
            "NOT_ALLOWED",
        ),
        (
            "update_project",
            "{project: Design System, priority: 2}",
            "NOT_ALLOWED",
        ),
        ("create_document", "{title: D, project: Auth System}", ""),
        (
            "create_document",
            "{title: D, project: Design System}",
            "NOT_ALLOWED",
        ),
        (
            "create_document",
            "{title: D, issue_id: DES-12}",
            "NOT_ALLOWED",
        ),
        ("create_document", "{title: D, team: DES}", "NOT_ALLOWED"),
        (
            "update_document",
            "{document_id: '000000000182', project: Design System}",
            "NOT_ALLOWED",
        ),
        (
            "update_document",
            "{document_id: '000000000182', title: D}",
            "",
        ),
        ("create_issue_label", "{name: for-all}", "NOT_ALLOWED"),
        (
            "create_issue_label",
            "{team: DES, name: theirs}",
            "NOT_ALLOWED",
        ),
        ("create_issue_label", "{team: ENG, name: ours}", ""),
        (
            "update_label",
            "{label: bug, color: '#123456'}",
            "NOT_ALLOWED",
        ),
        (
            "link_url",
            "{issue_id: DES-12, url: 'https://a.example'}",
            "NOT_ALLOWED",
        ),
        (
            "create_comment",
            "{issue_id: DES-12, body: B}",
            "NOT_ALLOWED",
        ),
    ] {
        assert_eq!(
            code(&workspace, operation, params).await,
            expected,
            "{operation} {params}"
        );
    }
}

#[tokio::test]
async fn what_was_judged_is_what_is_written() {
    let workspace = within(&["ENG"], &[]).await;
    let issue = workspace.id("Issue", "identifier", "ENG-231");
    for (operation, params, root, name) in [
        (
            "create_comment",
            "{issue_id: ENG-231, body: B}",
            "commentCreate",
            "input",
        ),
        (
            "link_url",
            "{issue_id: eng-231, url: 'https://b.example'}",
            "attachmentCreate",
            "input",
        ),
        (
            "update_issue",
            "{issue_id: ENG-231, title: T, changes: false}",
            "issueUpdate",
            "id",
        ),
    ] {
        workspace.take_requests();
        workspace.call(operation, params).await.data();
        let value = crate::support::variable(&workspace.take_requests(), root, name).clone();
        let id = value.get("issueId").unwrap_or(&value);
        assert_eq!(id, issue.as_str(), "{operation}");
    }
}

#[tokio::test]
async fn a_look_up_that_fails_sends_nothing() {
    let workspace = within(&["ENG"], &[]).await;
    workspace.call("list_teams", "{}").await.data();
    workspace.take_requests();
    let missing = "{issue_id: ENG-99999, body: B}";
    assert_eq!(
        code(&workspace, "create_comment", missing).await,
        "NOT_ALLOWED"
    );
    for _ in 0..3 {
        workspace.sandbox.script().next(Act::Drop);
    }
    let answer = workspace
        .call("create_comment", "{issue_id: ENG-231, body: B}")
        .await;
    assert_ne!(answer.code(), "NOT_ALLOWED");
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

/// A setting names a team or a project in every form in which a request does, but whole.
#[tokio::test]
async fn a_setting_names_a_place_in_every_whole_form() {
    const PROJECT: &str = "https://linear.app/acme/project/auth-system-000000000176";
    let workspace = TestWorkspace::new().await;
    let (team, project) = (
        workspace.id("Team", "key", "ENG"),
        workspace.id("Project", "name", "Auth System"),
    );
    let overview = format!("{PROJECT}/overview");
    let teams = ["eng", "Engineering", &team];
    let projects = ["auth system", "000000000176", PROJECT, &overview, &project];
    let of_team = teams.map(|name| (list(&[name]), Vec::new()));
    let of_project = projects.map(|name| (Vec::new(), list(&[name])));
    for (teams, projects) in of_team.into_iter().chain(of_project) {
        for warm in [false, true] {
            let mut workspace = TestWorkspace::deleting().await;
            workspace.session.guards.places = Places::new(teams.clone(), projects.clone());
            if warm {
                workspace.call("list_teams", "{}").await.data();
                workspace.call("list_projects", "{}").await.data();
            }
            let what = format!("{teams:?} {projects:?} {warm}");
            let issue = "{team: ENG, project: Auth System, title: In place}";
            assert_eq!(code(&workspace, "create_issue", issue).await, "", "{what}");
            let issue = "{team: SUP, title: Elsewhere}";
            let refused = code(&workspace, "create_issue", issue).await;
            assert_eq!(refused, "NOT_ALLOWED", "{what}");
        }
    }
}

#[tokio::test]
async fn a_setting_that_names_nothing_or_several_keeps_every_write_back() {
    for (teams, projects, part) in [
        (&["Engineers"][..], &[][..], "no such team"),
        (&["Eng"][..], &["Mobile App"][..], "several projects"),
        (&[], &["Nothing"], "no such project"),
    ] {
        let workspace = within(teams, projects).await;
        let answer: Answer = workspace
            .call("create_issue", "{team: ENG, title: T}")
            .await;
        assert_eq!(answer.code(), "CONFIG_ERROR", "{:#}", answer.0);
        assert!(
            answer.text("/error/message").contains(part),
            "{:#}",
            answer.0
        );
        assert_eq!(mutations(&workspace.take_requests()), 0);
        workspace.call("list_issues", "{}").await.data();
    }
}

#[tokio::test]
async fn a_batch_writes_what_is_allowed_and_tells_the_rest() {
    let workspace = within(&["ENG"], &[]).await;
    let answer = workspace
        .call(
            "batch",
            "{operations: [
                {operation: create_issue, params: {team: ENG, title: A}},
                {operation: create_issue, params: {team: DES, title: B}},
                {operation: create_comment, params: {issue_id: DES-12, body: B}},
                {as: c, operation: create_comment, params: {issue_id: ENG-231, body: B}}]}",
        )
        .await;
    assert_eq!(answer.data()["succeeded"], 2, "{:#}", answer.0);
    let text = answer.0.to_string();
    assert_eq!(
        text.matches("\"code\":\"NOT_ALLOWED\"").count(),
        2,
        "{text}"
    );
}

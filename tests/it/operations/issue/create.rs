//! `create_issue`.

use serde_json::{Value, json};

use crate::support::{Answer, TestWorkspace, mutations, snapshot, variable};

/// Returns the input of the mutation that these parameters lead to.
async fn input(workspace: &TestWorkspace, params: &str) -> Value {
    workspace.input("issueCreate", "create_issue", params).await
}

#[tokio::test]
async fn an_issue_as_it_is_shown_after_it_was_created() {
    let workspace = TestWorkspace::new().await;
    let example = linear_ops::engine::find("create_issue").unwrap().example;
    snapshot("created_cold", &workspace.run(example).await.to_yaml());
    snapshot("created_warm", &workspace.run(example).await.to_yaml());
    let plain = "{team: ENG, title: Nothing but a title}";
    snapshot(
        "created_plain",
        &workspace.yaml("create_issue", plain).await,
    );
    let full = "{team: ENG, title: All of it, description: '- [ ] one', detail: full}";
    snapshot("created_full", &workspace.yaml("create_issue", full).await);
    let picked = "{team: ENG, title: Short, fields: [identifier, url]}";
    snapshot(
        "created_picked",
        &workspace.yaml("create_issue", picked).await,
    );
}

#[tokio::test]
async fn every_field_reaches_linear_as_an_id_or_a_value() {
    let workspace = TestWorkspace::new().await;
    let params = "{team: Engineering, title: 'T', description: 'D', state: in review, labels: [bug, Type/Spike], \
        assignee: Jane Smith, project: auth system, milestone: ga, cycle: 13, priority: High, estimate: 5, \
        parent_id: eng-230, due_date: 2025-02-01}";
    let sent = input(&workspace, params).await;
    assert_eq!(
        sent,
        json!({
            "id": "c11e0000-0000-4000-8000-000000000001",
            "teamId": workspace.id("Team", "key", "ENG"),
            "title": "T",
            "description": "D",
            "stateId": workspace.id("WorkflowState", "name", "In Review"),
            "labelIds": [workspace.id("IssueLabel", "name", "bug"), workspace.id("IssueLabel", "name", "Spike")],
            "assigneeId": workspace.id("User", "name", "Jane Smith"),
            "projectId": workspace.id("Project", "name", "Auth System"),
            "projectMilestoneId": workspace.id("ProjectMilestone", "name", "GA"),
            "cycleId": workspace.id("Cycle", "name", "Hardening"),
            "parentId": "ENG-230",
            "priority": 2,
            "estimate": 5,
            "dueDate": "2025-02-01",
        })
    );
}

#[tokio::test]
async fn what_is_not_given_is_not_sent() {
    let workspace = TestWorkspace::new().await;
    let params =
        "{team: ENG, title: T, description: null, state: null, labels: null, assignee: null}";
    let sent = input(&workspace, params).await;
    let keys: Vec<_> = sent.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["id", "teamId", "title"]);
}

#[tokio::test]
async fn other_spellings_mean_the_same() {
    let workspace = TestWorkspace::new().await;
    let expected = input(
        &workspace,
        "{team: ENG, title: T, state: Todo, labels: [bug], assignee: me, due_date: 2025-02-01, priority: 1, \
         parent_id: PSN-100, project: Auth System, estimate: 3, description: D}",
    )
    .await;
    for params in [
        "{teamId: eng, name: T, status: todo, label: bug, assignedTo: me, dueDate: '2025-02-01T12:00:00Z', \
          prio: urgent, parent: 'https://linear.app/acme/issue/psn-100/x', projectName: auth system, points: '3', \
          body: D}",
        "{team_key: ENG, summary: T, stateName: unstarted, labelNames: 'bug', assigneeEmail: JOHN@example.com, \
          deadline: 2025-02-01, priority: '1', parentId: psn-100, project_id: Auth System, story_points: 3, text: D}",
        "{team: {key: ENG}, title: T, workflow_state: planned, tags: [{name: bug}], assignee_id: '@john', \
          due: 2025-02-01, priorityLevel: URGENT, parent_issue: PSN-100, project: {name: Auth System}, \
          estimate: 3, markdown: D}",
    ] {
        let mut sent = input(&workspace, params).await;
        sent["id"] = expected["id"].clone();
        assert_eq!(sent, expected, "{params}");
    }
}

#[tokio::test]
async fn a_user_is_found_by_each_of_their_names() {
    let workspace = TestWorkspace::new().await;
    let [john, roe] = ["John Doe", "John Roe"].map(|name| workspace.id("User", "name", name));
    for (name, expected) in [
        ("me", &john),
        ("ME", &john),
        ("@me", &john),
        ("John Doe", &john),
        ("'@john'", &john),
        ("john@example.com", &john),
        ("JOHN.ROE@EXAMPLE.COM", &roe),
        ("johnr", &roe),
        ("john r", &roe),
        (roe.as_str(), &roe),
    ] {
        let params = format!(
            "{{team: ENG, title: T, assignee: '{}'}}",
            name.trim_matches('\'')
        );
        for workspace in [&workspace, &TestWorkspace::new().await] {
            let sent = input(workspace, &params).await;
            assert_eq!(sent["assigneeId"], expected.as_str(), "{name}");
        }
    }
}

#[tokio::test]
async fn names_that_mean_nothing_or_too_much_create_nothing() {
    let workspace = TestWorkspace::new().await;
    for (params, code) in [
        ("team: Nowhere", "TEAM_NOT_FOUND"),
        ("team: ENG, state: Blocked", "STATUS_NOT_FOUND"),
        ("team: ENG, assignee: nobody@example.com", "USER_NOT_FOUND"),
        ("team: ENG, assignee: Old Timer", "USER_NOT_FOUND"),
        ("team: ENG, assignee: joh", "AMBIGUOUS_IDENTIFIER"),
        ("team: ENG, project: Nothing", "PROJECT_NOT_FOUND"),
        ("team: PSN, project: Mobile App", "AMBIGUOUS_IDENTIFIER"),
        ("team: ENG, project: Legacy Portal", "PROJECT_NOT_FOUND"),
        (
            "team: ENG, project: Auth System, milestone: Gamma",
            "MILESTONE_NOT_FOUND",
        ),
        ("team: ENG, milestone: Beta", "MISSING_REQUIRED_PARAM"),
        ("team: ENG, cycle: 99", "CYCLE_NOT_FOUND"),
        ("team: DES, cycle: current", "CYCLE_NOT_FOUND"),
        ("team: ENG, estimate: 4.5", "INVALID_PARAM"),
        ("team: ENG, priority: 7", "INVALID_PRIORITY"),
        ("team: ENG, due_date: 2025-02-30", "INVALID_DATE_FORMAT"),
        ("team: ENG, parent_id: ENG-999", "ISSUE_NOT_FOUND"),
        ("team: ENG, parent_id: the epic", "INVALID_PARAM"),
    ] {
        let params = format!("{{title: T, labels: [brand-new], {params}}}");
        let answer = workspace.call("create_issue", &params).await;
        assert_eq!(answer.code(), code, "{params}");
        let says_how = !answer.texts("/error/suggestions").is_empty()
            || answer.at("/error/details/expected").is_string();
        assert!(says_how, "{:#}", answer.0);
    }
    workspace.sandbox.edit(|store| {
        assert!(store.find("Issue", "title", "T").is_none());
        assert!(store.find("IssueLabel", "name", "brand-new").is_none());
    });
}

#[tokio::test]
async fn a_parent_is_looked_for_before_a_label_is_made_and_only_then() {
    let workspace = TestWorkspace::new().await;
    let warm = "{team: ENG, title: T, labels: [planning], parent_id: PSN-100}";
    workspace.call("list_labels", "{team: ENG}").await.data();
    assert_eq!(workspace.call("create_issue", warm).await.calls(), 1);
    let wrong = "{team: ENG, title: T, labels: [planning], parent_id: PSN-999}";
    assert_eq!(
        workspace.call("create_issue", wrong).await.code(),
        "ISSUE_NOT_FOUND"
    );
    workspace.take_requests();
    let wrong = "{team: ENG, title: T, labels: [brand-new], parent_id: PSN-999}";
    assert_eq!(
        workspace.call("create_issue", wrong).await.code(),
        "ISSUE_NOT_FOUND"
    );
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn errors_as_they_are_shown() {
    let workspace = TestWorkspace::new().await;
    for (name, params) in [
        ("create_no_team", "team: Enginering"),
        ("create_no_state", "team: ENG, state: Blocked"),
        ("create_no_user", "team: ENG, assignee: jon"),
        ("create_two_users", "team: ENG, assignee: joh"),
        ("create_no_project", "team: ENG, project: Auth Sistem"),
        ("create_two_projects", "team: PSN, project: Mobile App"),
        (
            "create_no_milestone",
            "team: ENG, project: Auth System, milestone: Gamma",
        ),
        ("create_no_cycle", "team: ENG, cycle: 99"),
        ("create_no_cycles", "team: DES, cycle: current"),
        ("create_no_estimate", "team: ENG, estimate: 4.5"),
        ("create_no_parent", "team: ENG, parent_id: ENG-999"),
        ("create_no_title", "team: ENG, title: ''"),
    ] {
        let title = if params.contains("title") {
            ""
        } else {
            "title: T, "
        };
        let params = format!("{{{title}{params}}}");
        snapshot(name, &workspace.yaml("create_issue", &params).await);
    }
}

#[tokio::test]
async fn of_two_projects_with_one_name_the_teams_own_is_meant() {
    let workspace = TestWorkspace::new().await;
    for team in ["ENG", "DES"] {
        let params = format!("{{team: {team}, title: T, project: mobile app}}");
        let sent = input(&workspace, &params).await;
        let project = sent["projectId"].as_str().unwrap();
        let team = workspace.id("Team", "key", team);
        workspace.sandbox.edit(|store| {
            let project = store.get("Project", project).unwrap();
            assert_eq!(project["teamIds"], json!([team]));
        });
    }
}

#[tokio::test]
async fn a_project_is_found_by_name_part_slug_address_and_id() {
    let workspace = TestWorkspace::new().await;
    let id = workspace.id("Project", "name", "Auth System");
    let mut slug = String::new();
    let mut url = String::new();
    workspace.sandbox.edit(|store| {
        let project = store.get("Project", &id).unwrap();
        slug = project["slugId"].as_str().unwrap().to_owned();
        url = project["url"].as_str().unwrap().to_owned();
    });
    for name in ["Auth System", "auth system", "auth", &id, &slug, &url] {
        let params = format!("{{team: ENG, title: T, project: '{name}'}}");
        for workspace in [&workspace, &TestWorkspace::new().await] {
            assert_eq!(
                input(workspace, &params).await["projectId"],
                id.as_str(),
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn a_cycle_is_found_by_number_name_and_place() {
    let workspace = TestWorkspace::new().await;
    for (cycle, number) in [
        ("current", 12.0),
        ("next", 13.0),
        ("previous", 11.0),
        ("12", 12.0),
        ("'#13'", 13.0),
        ("Cycle 11", 11.0),
        ("hardening", 13.0),
        ("hard", 13.0),
    ] {
        let params = format!("{{team: ENG, title: T, cycle: {cycle}}}");
        for workspace in [&workspace, &TestWorkspace::new().await] {
            let sent = input(workspace, &params).await;
            let cycle_id = sent["cycleId"].as_str().unwrap();
            workspace.sandbox.edit(|store| {
                assert_eq!(
                    store.get("Cycle", cycle_id).unwrap()["number"],
                    number,
                    "{cycle}"
                );
            });
        }
    }
}

#[tokio::test]
async fn without_a_state_linear_chooses_in_a_team_with_triage_too() {
    let workspace = TestWorkspace::new().await;
    for (team, state) in [("SUP", "Triage"), ("ENG", "Backlog")] {
        let params = format!("{{team: {team}, title: T}}");
        let answer = workspace.call("create_issue", &params).await;
        assert_eq!(answer.data()["state"]["name"], state);
        let received = workspace.take_requests();
        assert_eq!(
            variable(&received, "issueCreate", "input").get("stateId"),
            None
        );
    }
}

#[tokio::test]
async fn a_sub_team_uses_its_parents_labels_and_each_team_its_own_of_a_shared_name() {
    let workspace = TestWorkspace::new().await;
    let label = |answer: &Answer| answer.data()["labels"][0]["id"].clone();
    let create = |params: &'static str| workspace.call("create_issue", params);
    let platform = create("{team: PLT, title: T, labels: [backend], fields: [labels]}").await;
    assert_eq!(
        label(&platform),
        workspace.id("IssueLabel", "name", "backend")
    );
    let eng = create("{team: ENG, title: T, labels: [frontend], fields: [labels]}").await;
    let des = create("{team: DES, title: T, labels: [frontend], fields: [labels]}").await;
    assert_ne!(label(&eng), label(&des));
    assert_eq!(mutations(&workspace.take_requests()), 3);
}

#[tokio::test]
async fn missing_labels_are_made_with_the_consumers_colours_before_the_issue() {
    let workspace = TestWorkspace::new().await;
    let params = "{team: OPS, title: T, labels: [service-007, epic, {name: odd, color: '#010203'}], fields: [labels]}";
    let answer = workspace.call("create_issue", params).await;
    let labels = answer.data()["labels"].as_array().unwrap();
    let mut shown: Vec<_> = labels
        .iter()
        .map(|label| {
            (
                label["name"].as_str().unwrap(),
                label["color"].as_str().unwrap(),
            )
        })
        .collect();
    shown.sort_unstable();
    assert_eq!(
        shown,
        [
            ("epic", "#f7c8c1"),
            ("odd", "#010203"),
            ("service-007", "#95a2b3")
        ]
    );
    // The next issue finds the new labels in the cache.
    let answer = workspace.call("create_issue", params).await;
    assert_eq!(answer.calls(), 1);
}

#[tokio::test]
async fn labels_that_cannot_be_applied_are_left_out_with_a_warning() {
    let workspace = TestWorkspace::new().await;
    let params =
        "{team: ENG, title: T, labels: [legacy, Type, Type/Chore, Spike, planning, PLANNING]}";
    snapshot(
        "created_labels_left_out",
        &workspace.yaml("create_issue", params).await,
    );
}

#[tokio::test]
async fn links_are_attached_and_one_without_a_title_has_its_address() {
    let workspace = TestWorkspace::new().await;
    let params = "{team: ENG, title: T, links: ['https://a.example/1', {url: 'https://b.example/2', title: Two}]}";
    let answer = workspace.call("create_issue", params).await;
    let expected = json!([
        {"title": "https://a.example/1", "url": "https://a.example/1"},
        {"title": "Two", "url": "https://b.example/2"},
    ]);
    assert_eq!(answer.data()["attachments"], expected);
}

#[tokio::test]
async fn an_estimate_off_the_teams_scale_is_sent_with_a_warning() {
    let workspace = TestWorkspace::new().await;
    for (team, points, nearest) in [
        ("ENG", 13, None),
        ("ENG", 21, None),
        ("ENG", 0, Some(1)),
        ("ENG", 34, Some(21)),
        ("PLT", 16, None),
        ("PLT", 3, Some(2)),
        ("DES", 4, None),
        ("DES", 6, Some(5)),
        ("SUP", 8, None),
        ("SUP", 13, Some(8)),
    ] {
        let params = format!("{{team: {team}, title: T, estimate: {points}}}");
        let answer = workspace.call("create_issue", &params).await;
        assert_eq!(answer.data()["estimate"], points, "{team}");
        let warnings = answer.texts("/warnings");
        match nearest {
            None => assert_eq!(warnings, [""; 0], "{team} {points}"),
            Some(nearest) => {
                let ending = format!("the nearest value is {nearest}");
                assert!(
                    warnings[0].ends_with(&ending),
                    "{team} {points}: {warnings:?}"
                );
            }
        }
    }
    let answer = workspace
        .call("create_issue", "{team: OPS, title: T, estimate: 42}")
        .await;
    assert_eq!(
        answer.texts("/warnings"),
        ["Team 'Operations' uses no estimates; Linear shows this one nowhere"]
    );
}

#[tokio::test]
async fn a_long_awkward_text_arrives_as_it_was_written() {
    let workspace = TestWorkspace::new().await;
    let request = "operation: create_issue\nparams:\n  team: ENG\n  title: 'He said: \"no\" #1 — 100% {x} [y] 😀'\n  \
        description: |\n    ## A\n\n    - [ ] one: two\n    ```\n    # not a comment\n    ---\n    ```\n";
    assert!(workspace.run(request).await.is_success());
    let received = workspace.take_requests();
    let sent = variable(&received, "issueCreate", "input");
    assert_eq!(sent["title"], "He said: \"no\" #1 — 100% {x} [y] 😀");
    assert_eq!(
        sent["description"],
        "## A\n\n- [ ] one: two\n```\n# not a comment\n---\n```\n"
    );
}

//! `template` of `create_issue`.

use serde_json::json;

use crate::support::failures::{refuse, with_root};
use crate::support::{TestWorkspace, mutations, variable};

#[tokio::test]
async fn a_template_gives_what_the_request_leaves_out() {
    let workspace = TestWorkspace::new().await;
    let params = "{team: ENG, template: Feature request, detail: full}";
    for calls in [2, 1] {
        workspace.take_requests();
        let answer = workspace.call("create_issue", params).await;
        assert_eq!(answer.calls(), calls, "{:#}", answer.0);
        assert_eq!(answer.data()["title"], "Feature:");
        assert_eq!(answer.data()["state"]["name"], "Todo");
        assert_eq!(answer.data()["assignee"]["name"], "Jane Smith");
        assert_eq!(answer.data()["project"]["name"], "Auth System");
        assert_eq!(answer.data()["estimate"], 3);
        assert_eq!(answer.data()["labels"].as_array().unwrap().len(), 2);
        assert!(answer.texts("/warnings").is_empty(), "{:#}", answer.0);
        let input = variable(&workspace.take_requests(), "issueCreate", "input").clone();
        let mut keys: Vec<_> = input.as_object().unwrap().keys().collect();
        keys.sort();
        assert_eq!(keys, ["id", "teamId", "templateId"]);
        let id = answer.text("/data/id");
        assert_eq!(
            workspace.stored("Issue", id, "lastAppliedTemplateId"),
            input["templateId"].as_str().map(str::to_owned)
        );
    }
}

#[tokio::test]
async fn what_the_request_gives_wins_over_the_template() {
    let workspace = TestWorkspace::new().await;
    let params = "{team: ENG, template: feature request, title: Mine, description: D, state: In Progress, \
        labels: [bug], assignee: me, estimate: 5, priority: low}";
    let answer = workspace.call("create_issue", params).await;
    let data = answer.data();
    assert_eq!(data["title"], "Mine");
    assert_eq!(data["state"]["name"], "In Progress");
    assert_eq!(data["assignee"]["name"], "John Doe");
    assert_eq!(data["labels"], json!([{ "name": "bug" }]));
    assert_eq!(data["estimate"], 5);
    assert_eq!(data["priority"], 4);
    assert_eq!(data["project"]["name"], "Auth System");
    assert!(answer.texts("/warnings").is_empty(), "{:#}", answer.0);
}

#[tokio::test]
async fn the_teams_own_template_comes_before_the_workspaces() {
    let workspace = TestWorkspace::new().await;
    let input = async |team: &str, template: &str| {
        let params = format!("{{team: {team}, title: T, template: '{template}'}}");
        let input = workspace
            .input("issueCreate", "create_issue", &params)
            .await;
        input["templateId"].as_str().unwrap().to_owned()
    };
    let owner = |id: &str| workspace.stored("Template", id, "teamId");
    let own = input("ENG", "Feature request").await;
    assert_eq!(owner(&own), Some(workspace.id("Team", "key", "ENG")));
    let common = input("PSN", "Feature request").await;
    assert_eq!(owner(&common), None);
    assert_eq!(input("PSN", &common).await, common);
    assert_eq!(input("ENG", &common).await, common);
    assert_eq!(input("ENG", "feature").await, own);
    let design = input("DES", "bug report").await;
    assert_eq!(owner(&design), Some(workspace.id("Team", "key", "DES")));
}

#[tokio::test]
async fn templates_that_cannot_be_used_create_nothing() {
    let workspace = TestWorkspace::new().await;
    for (params, code, told) in [
        (
            "team: ENG, title: T, template: Nothing",
            "TEMPLATE_NOT_FOUND",
            "not found",
        ),
        (
            "team: ENG, title: T, template: Quarterly plan",
            "INVALID_PARAM",
            "of type 'project'",
        ),
        (
            "team: ENG, title: T, template: Customer request",
            "INVALID_PARAM",
            "belongs to team 'Support'",
        ),
        ("team: ENG", "MISSING_REQUIRED_PARAM", "needs 'title'"),
        (
            "team: ENG, title: null, labels: [x]",
            "MISSING_REQUIRED_PARAM",
            "needs 'title'",
        ),
    ] {
        for _ in 0..2 {
            workspace.take_requests();
            let answer = workspace
                .call("create_issue", &format!("{{{params}}}"))
                .await;
            assert_eq!(answer.code(), code, "{params}");
            assert!(
                answer.text("/error/message").contains(told),
                "{:#}",
                answer.0
            );
            assert_eq!(mutations(&workspace.take_requests()), 0, "{params}");
        }
    }
}

#[tokio::test]
async fn a_template_without_a_title_is_linears_to_refuse() {
    let workspace = TestWorkspace::new().await;
    let params = "{team: SUP, template: Customer request}";
    let answer = workspace.call("create_issue", params).await;
    assert_eq!(answer.code(), "ISSUE_CREATION_FAILED");
    assert!(
        answer
            .texts("/error/suggestions")
            .contains(&"Give 'title', in case the template has none"),
        "{:#}",
        answer.0
    );
    let params = "{team: SUP, template: Customer request, title: T}";
    let answer = workspace.call("create_issue", params).await;
    assert_eq!(answer.data()["priority"], 2);
}

/// Linear refuses the template that the session knows, because the name belongs to another one now.
#[tokio::test]
async fn a_template_that_was_replaced_meanwhile_is_looked_up_again() {
    let workspace = TestWorkspace::new().await;
    let params = "{team: PSN, title: T, template: Incident}";
    workspace.call("create_issue", params).await.data();
    let old = workspace.id("Template", "name", "Incident");
    let new = old.replace("5eed", "5eee");
    workspace.sandbox.edit(|store| {
        let mut twin = store.get("Template", &old).unwrap().clone();
        twin.insert("id".to_owned(), new.clone().into());
        store.put("Template", twin);
        store.remove("Template", &old);
    });
    let answer = workspace.call("create_issue", params).await;
    let id = answer.text("/data/id").to_owned();
    answer.data();
    assert_eq!(
        workspace.stored("Issue", &id, "lastAppliedTemplateId"),
        Some(new)
    );
}

#[tokio::test]
async fn a_dry_run_names_the_template_and_a_refusal_is_told() {
    let workspace = TestWorkspace::new().await;
    let params = "{team: ENG, template: Feature request, dry_run: true}";
    let answer = workspace.call("create_issue", params).await;
    assert_eq!(
        answer.data()["would_send"],
        json!([{"issueCreate": {"team": "Engineering", "template": "Feature request"}}])
    );
    refuse(&workspace, "issueCreate", 2);
    workspace.take_requests();
    let params = "{team: ENG, template: Feature request}";
    let answer = workspace.call("create_issue", params).await;
    assert_eq!(answer.code(), "ISSUE_CREATION_FAILED");
    assert!(with_root(&workspace.take_requests(), "issueCreate") > 0);
}

//! The manual order: `sort_order` of `create_issue` and `update_issue`.

use linear_ops::sandbox::Act;
use linear_ops::sandbox::store::text;
use serde_json::json;

use crate::support::failures::{assert_acts_used, script_acts};
use crate::support::{Answer, TestWorkspace, mutations};

/// Gives the issues of the team ENG the places 10, 20, 30, … in the order of their numbers.
fn number_issues(workspace: &TestWorkspace) -> Vec<String> {
    let mut names = Vec::new();
    workspace.sandbox.edit(|store| {
        let mut issues: Vec<_> = store
            .all("Issue")
            .filter(|issue| text(issue, "identifier").unwrap().starts_with("ENG-"))
            .cloned()
            .collect();
        issues.sort_by_key(|issue| issue["number"].as_f64().unwrap() as u32);
        for (place, issue) in issues.iter_mut().enumerate() {
            issue.insert("sortOrder".to_owned(), json!(10.0 * (place as f64 + 1.0)));
            names.push(text(issue, "identifier").unwrap().to_owned());
            store.put("Issue", issue.clone());
        }
    });
    names
}

/// The open issues of the team ENG from the top.
fn order(workspace: &TestWorkspace) -> Vec<String> {
    let mut issues = Vec::new();
    workspace.sandbox.edit(|store| {
        for issue in store.all("Issue") {
            let state = store
                .get("WorkflowState", text(issue, "stateId").unwrap())
                .unwrap();
            let is_open =
                !["completed", "canceled", "duplicate"].contains(&text(state, "type").unwrap());
            let identifier = text(issue, "identifier").unwrap();
            if identifier.starts_with("ENG-") && is_open && issue["archivedAt"].is_null() {
                issues.push((issue["sortOrder"].as_f64().unwrap(), identifier.to_owned()));
            }
        }
    });
    issues.sort_by(|one, other| one.0.total_cmp(&other.0));
    issues
        .into_iter()
        .map(|(_, identifier)| identifier)
        .collect()
}

fn position(workspace: &TestWorkspace, issue: &str) -> usize {
    order(workspace)
        .iter()
        .position(|name| name == issue)
        .unwrap()
}

fn identifier(answer: &Answer) -> String {
    answer.text("/data/identifier").to_owned()
}

#[tokio::test]
async fn a_new_issue_gets_its_place_with_one_request_more() {
    let workspace = TestWorkspace::new().await;
    number_issues(&workspace);
    for (place, calls) in [
        ("top", 2),
        ("bottom", 2),
        ("{before: ENG-232}", 2),
        ("after ENG-232", 2),
    ] {
        let params = format!("{{team: ENG, title: T, sort_order: {place}}}");
        let answer = workspace.call("create_issue", &params).await;
        assert_eq!(answer.calls(), calls, "{place}");
        let name = identifier(&answer);
        let all = order(&workspace);
        let at = position(&workspace, &name);
        match place {
            "top" => assert_eq!(at, 0),
            "bottom" => assert_eq!(at, all.len() - 1),
            "{before: ENG-232}" => assert_eq!(all[at + 1], "ENG-232"),
            _ => assert_eq!(all[at - 1], "ENG-232"),
        }
    }
    let answer = workspace
        .call("create_issue", "{team: ENG, title: T, sort_order: -7.5}")
        .await;
    assert_eq!(answer.calls(), 1);
    let id = workspace.id("Issue", "identifier", answer.text("/data/identifier"));
    workspace.sandbox.edit(|store| {
        assert_eq!(store.get("Issue", &id).unwrap()["sortOrder"], -7.5);
    });
}

#[tokio::test]
async fn an_update_moves_an_issue_in_two_requests_and_tells_where() {
    for (place, told) in [
        ("top", "sort_order: top"),
        ("bottom", "sort_order: bottom"),
        ("{before: ENG-230}", "sort_order: before ENG-230"),
        ("'after: eng-230'", "sort_order: after ENG-230"),
        ("12.5", "sort_order: 12.5"),
    ] {
        let workspace = TestWorkspace::new().await;
        number_issues(&workspace);
        let params = format!("{{issue_id: ENG-232, sort_order: {place}, changes: false}}");
        let answer = workspace.call("update_issue", &params).await;
        let reads = u64::from(place != "12.5");
        assert_eq!(answer.calls(), 1 + reads, "{place}");
        if reads == 1 {
            assert_eq!(answer.texts("/metadata/changes"), [told]);
        }
        let (all, at) = (order(&workspace), position(&workspace, "ENG-232"));
        match place {
            "top" => assert_eq!(at, 0),
            "bottom" => assert_eq!(at, all.len() - 1),
            "{before: ENG-230}" => assert_eq!(all[at + 1], "ENG-230"),
            "'after: eng-230'" => assert_eq!(all[at - 1], "ENG-230"),
            _ => {}
        }
        // The issue has this place now.
        workspace.take_requests();
        if reads == 1 {
            let answer = workspace.call("update_issue", &params).await;
            assert_eq!(
                (answer.calls(), mutations(&workspace.take_requests())),
                (1, 0),
                "{place}"
            );
        }
    }
}

/// The neighbour is found by its id with a request more, and so is a closed one.
#[tokio::test]
async fn a_neighbour_may_be_named_by_its_id_or_be_closed() {
    let workspace = TestWorkspace::new().await;
    number_issues(&workspace);
    let id = workspace.id("Issue", "identifier", "ENG-230");
    let params = format!("{{issue_id: ENG-233, sort_order: {{before: {id}}}}}");
    let answer = workspace.call("update_issue", &params).await;
    assert_eq!(answer.calls(), 3);
    assert_eq!(
        order(&workspace)[position(&workspace, "ENG-233") + 1],
        "ENG-230"
    );
    workspace
        .call("close_issue", "{issue_id: ENG-231}")
        .await
        .data();
    let params = "{issue_id: ENG-233, sort_order: {after: ENG-231}}";
    let answer = workspace.call("update_issue", params).await;
    assert_eq!(
        answer.texts("/metadata/changes"),
        ["sort_order: after ENG-231"]
    );
}

#[tokio::test]
async fn a_place_that_means_nothing_is_refused() {
    let workspace = TestWorkspace::new().await;
    for (operation, params, code) in [
        (
            "create_issue",
            "team: ENG, title: T, sort_order: middle",
            "INVALID_PARAM",
        ),
        (
            "create_issue",
            "team: ENG, title: T, sort_order: before the epic",
            "INVALID_PARAM",
        ),
        (
            "create_issue",
            "team: ENG, title: T, sort_order: {before: ENG-999}",
            "ISSUE_NOT_FOUND",
        ),
        (
            "update_issue",
            "issue_id: ENG-232, sort_order: after ENG-999",
            "ISSUE_NOT_FOUND",
        ),
        (
            "update_issue",
            "issue_id: ENG-232, sort_order: after eng-232",
            "INVALID_PARAM",
        ),
        (
            "update_issue",
            "issue_id: ENG-232, sort_order: null",
            "INVALID_PARAM",
        ),
    ] {
        let answer = workspace.call(operation, &format!("{{{params}}}")).await;
        assert_eq!(answer.code(), code, "{params}: {:#}", answer.0);
    }
    let url = "https://linear.app/elsewhere/issue/ENG-231/x";
    for place in [format!("'before {url}'"), format!("{{after: '{url}'}}")] {
        let params = format!("{{issue_id: ENG-232, sort_order: {place}}}");
        let answer = workspace.call("update_issue", &params).await;
        assert_eq!(answer.code(), "INVALID_PARAM", "{place}");
    }
    let id = workspace.id("Issue", "identifier", "ENG-232");
    let params = format!("{{issue_id: ENG-232, sort_order: {{after: {id}}}}}");
    assert_eq!(
        workspace.call("update_issue", &params).await.code(),
        "INVALID_PARAM"
    );
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn a_place_without_room_is_refused() {
    let workspace = TestWorkspace::new().await;
    number_issues(&workspace);
    let [one, two] = ["ENG-230", "ENG-231"].map(|name| workspace.id("Issue", "identifier", name));
    workspace.sandbox.edit(|store| {
        for (id, order) in [(one, 1.0_f64), (two, 1.0_f64.next_up())] {
            let mut issue = store.get("Issue", &id).unwrap().clone();
            issue.insert("sortOrder".to_owned(), json!(order));
            store.put("Issue", issue);
        }
    });
    let params = "{issue_id: ENG-233, sort_order: {before: ENG-231}}";
    let answer = workspace.call("update_issue", params).await;
    assert_eq!(answer.code(), "INVALID_PARAM", "{:#}", answer.0);
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn a_lost_answer_places_the_issue_once() {
    for act in [Act::DropAfterCommit, Act::Drop] {
        let workspace = TestWorkspace::new().await;
        number_issues(&workspace);
        script_acts(&workspace, "issueUpdate", [act]);
        let params = "{issue_id: ENG-233, title: Lost, sort_order: top}";
        let answer = workspace.call("update_issue", params).await;
        assert_acts_used(&workspace, &answer);
        assert_eq!(answer.data()["title"], "Lost");
        assert_eq!(position(&workspace, "ENG-233"), 0);
    }
}

#[tokio::test]
async fn a_dry_run_shows_the_number_of_the_place() {
    let workspace = TestWorkspace::new().await;
    number_issues(&workspace);
    let params = "{dry_run: true, team: ENG, title: T, sort_order: top}";
    let answer = workspace.call("create_issue", params).await;
    let sent = &answer.data()["would_send"][0]["issueCreate"];
    assert!(sent["sort_order"].as_f64().unwrap() < 10.0, "{sent}");
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn the_places_of_a_batch_are_taken_one_after_another() {
    let workspace = TestWorkspace::new().await;
    let items = ["A", "B"].map(|title| {
        format!(
            "{{operation: create_issue, params: {{team: DES, title: {title}, sort_order: top}}}}"
        )
    });
    let params = format!("{{operations: [{}]}}", items.join(", "));
    workspace.call("batch", &params).await.data();
    let listed = workspace
        .call("list_issues", "{team: DES, order_by: manual}")
        .await;
    assert_eq!(listed.column("issues", "title")[..2], ["B", "A"]);
}

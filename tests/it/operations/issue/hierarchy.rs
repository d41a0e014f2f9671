//! `get_issue_hierarchy`.

use linear_ops::sandbox::Act;
use linear_ops::sandbox::refusal::Refusal;
use serde_json::{Value, json};

use crate::support::failures::{assert_acts_used, script_acts};
use crate::support::{Answer, TestWorkspace, mutations, snapshot};

const OPERATION: &str = "get_issue_hierarchy";

/// Adds sub-issues to PSN-100, each with this number and created on this day of February 2025.
fn add_siblings(workspace: &TestWorkspace, siblings: impl Iterator<Item = (u32, u32)>) {
    workspace.sandbox.edit(|store| {
        let issue = store.find("Issue", "identifier", "PSN-124").unwrap();
        let issue = issue.clone();
        for (number, day) in siblings {
            let mut copy = issue.clone();
            copy.insert("id".into(), store.new_id().into());
            copy.insert("identifier".into(), format!("PSN-{number}").into());
            copy.insert("title".into(), format!("Sibling {number}").into());
            copy.insert("number".into(), number.into());
            let moment = format!("2025-02-{day:02}T00:00:00.000Z");
            copy.insert("createdAt".into(), moment.into());
            store.put("Issue", copy);
        }
    });
}

/// Writes a field of an issue in the stand-in.
fn set(workspace: &TestWorkspace, identifier: &str, field: &str, value: Value) {
    let id = workspace.id("Issue", "identifier", identifier);
    workspace.sandbox.edit(|store| {
        let issue = store.get_mut("Issue", &id).unwrap();
        issue.insert(field.to_owned(), value);
    });
}

/// Returns the object `hierarchy` in the answer about an issue.
async fn place(workspace: &TestWorkspace, identifier: &str) -> Value {
    let params = format!("{{issue_id: {identifier}}}");
    let answer = workspace.call(OPERATION, &params).await;
    answer.data()["hierarchy"].clone()
}

#[tokio::test]
async fn a_hierarchy_as_it_is_shown() {
    let workspace = TestWorkspace::new().await;
    for (name, params) in [
        ("hierarchy", "{issue_id: PSN-123}"),
        ("hierarchy_brief", "{issue_id: PSN-123, detail: brief}"),
        ("hierarchy_full", "{issue_id: PSN-124, detail: full}"),
        ("hierarchy_of_a_parent", "{issue_id: PSN-100}"),
        ("hierarchy_of_none", "{issue_id: PSN-125}"),
        ("hierarchy_missing", "{issue_id: PSN-999}"),
    ] {
        snapshot(name, &workspace.yaml(OPERATION, params).await);
    }
}

/// What CCPM sends in planning and in working, and what it reads.
#[tokio::test]
async fn ccpms_two_calls_read_what_they_look_for() {
    let workspace = TestWorkspace::new().await;
    let params = "{issueId: PSN-123, includeParent: true, includeSiblings: true, siblingLimit: 10}";
    let request = |command: &str, purpose: &str| {
        format!(
            "operation: get_issue_hierarchy\nparams: {params}\ncontext:\n  command: {command}\n  purpose: {purpose}\n  cache: true\n"
        )
    };
    for request in [
        request("planning:plan", "Looking at the issues around it"),
        request("implementation:work", "Context of the parent"),
    ] {
        let answer = workspace.answer(&request).await;
        assert_eq!(answer.calls(), 1);
        let data = answer.data();
        assert_eq!(data["issue"]["identifier"], "PSN-123");
        let parent = &data["parent"];
        assert_eq!(parent["identifier"], "PSN-100");
        assert_eq!(parent["title"], "Authentication epic");
        assert_eq!(parent["description"], "All that signing in needs.");
        let sibling = &data["siblings"][0];
        assert_eq!(sibling["identifier"], "PSN-124");
        assert_eq!(sibling["state"]["name"], "Todo");
        assert_eq!(sibling["checklist"]["progress"], 67);
        assert_eq!(sibling["checklist"]["completed"], 2);
        assert_eq!(sibling["checklist"]["total"], 3);
        let place = json!({
            "isSubissue": true, "parentIdentifier": "PSN-100", "siblingCount": 1, "position": 1,
        });
        assert_eq!(data["hierarchy"], place);
        assert_eq!(answer.at("/warnings"), &Value::Null);
        assert_eq!(mutations(&workspace.take_requests()), 0);
    }
}

#[tokio::test]
async fn an_issue_without_a_parent_has_no_position() {
    let workspace = TestWorkspace::new().await;
    let answer = workspace.call(OPERATION, "{issue_id: PSN-100}").await;
    let data = answer.data().as_object().unwrap();
    let place = json!({"isSubissue": false, "siblingCount": 0});
    assert_eq!(data["hierarchy"], place);
    assert_eq!(data["siblings"], json!([]));
    assert!(!data.contains_key("parent"));
    let children = answer.column("children", "identifier");
    assert_eq!(children, ["PSN-123", "PSN-124"]);
}

#[tokio::test]
async fn the_position_is_by_creation_and_then_by_number() {
    let workspace = TestWorkspace::new().await;
    add_siblings(&workspace, [(201, 9), (200, 9), (202, 3)].into_iter());
    for (identifier, position) in [
        ("PSN-123", 1),
        ("PSN-124", 2),
        ("PSN-202", 3),
        ("PSN-200", 4),
        ("PSN-201", 5),
    ] {
        let place = place(&workspace, identifier).await;
        assert_eq!(place["position"], position, "{identifier}");
        assert_eq!(place["siblingCount"], 4, "{identifier}");
    }
    // Archived siblings do not count, and an archived issue has the place that it would have.
    set(
        &workspace,
        "PSN-123",
        "archivedAt",
        json!("2025-03-01T00:00:00.000Z"),
    );
    set(
        &workspace,
        "PSN-202",
        "archivedAt",
        json!("2025-03-01T00:00:00.000Z"),
    );
    let live = place(&workspace, "PSN-200").await;
    assert_eq!(
        (&live["position"], &live["siblingCount"]),
        (&json!(2), &json!(2))
    );
    let archived = place(&workspace, "PSN-202").await;
    assert_eq!(
        (&archived["position"], &archived["siblingCount"]),
        (&json!(2), &json!(3))
    );
}

#[tokio::test]
async fn the_newest_siblings_are_shown_and_all_are_counted() {
    let workspace = TestWorkspace::new().await;
    add_siblings(&workspace, (1..=24).map(|day| (200 + day, day)));
    let answer = workspace.call(OPERATION, "{issue_id: PSN-123}").await;
    let shown: Vec<String> = (15..=24).map(|day| format!("PSN-{}", 200 + day)).collect();
    assert_eq!(answer.column("siblings", "identifier"), shown);
    assert_eq!(answer.data()["hierarchy"]["siblingCount"], 25);
    assert_eq!(
        answer.texts("/warnings"),
        ["Showing 10 of 25 siblings (most recent); list_issues with parent_id: PSN-100 lists all"]
    );
    // The newest issue is not among its own siblings, and does not take the place of one.
    let params = "{issue_id: PSN-224, sibling_limit: 2}";
    let answer = workspace.call(OPERATION, params).await;
    assert_eq!(
        answer.column("siblings", "identifier"),
        ["PSN-222", "PSN-223"]
    );
    assert_eq!(answer.data()["hierarchy"]["position"], 26);
    let all = workspace
        .call(OPERATION, "{issue_id: PSN-224, siblingLimit: 50}")
        .await;
    assert_eq!(all.column("siblings", "identifier").len(), 25);
    assert_eq!(all.at("/warnings"), &Value::Null);
    // The same number bounds the sub-issues.
    let answer = workspace
        .call(OPERATION, "{issue_id: PSN-100, sibling_limit: 3}")
        .await;
    assert_eq!(
        answer.column("children", "identifier"),
        ["PSN-222", "PSN-223", "PSN-224"]
    );
    assert_eq!(
        answer.texts("/warnings"),
        ["Showing 3 sub-issues (most recent); list_issues with parent_id: PSN-100 lists all"]
    );
}

#[tokio::test]
async fn more_siblings_than_a_page_holds_are_not_counted_wrongly() {
    let workspace = TestWorkspace::new().await;
    add_siblings(&workspace, (1..=248).map(|number| (200 + number, 1)));
    let counted = place(&workspace, "PSN-123").await;
    assert_eq!(
        (&counted["siblingCount"], &counted["position"]),
        (&json!(249), &json!(1))
    );
    add_siblings(&workspace, [(900, 2)].into_iter());
    let answer = workspace.call(OPERATION, "{issue_id: PSN-123}").await;
    let place = json!({"isSubissue": true, "parentIdentifier": "PSN-100"});
    assert_eq!(answer.data()["hierarchy"], place);
    assert_eq!(
        answer.texts("/warnings"),
        [
            "Showing 10 siblings (most recent); PSN-100 has more than 250 sub-issues, so siblingCount and position are not known"
        ]
    );
    let without = "{issue_id: PSN-123, include_siblings: false}";
    let answer = workspace.call(OPERATION, without).await;
    assert_eq!(
        answer.texts("/warnings"),
        ["PSN-100 has more than 250 sub-issues, so siblingCount and position are not known"]
    );
}

#[tokio::test]
async fn parts_can_be_left_out_and_the_place_stays_right() {
    let workspace = TestWorkspace::new().await;
    let params = "{issue_id: PSN-123, include_parent: false, include_siblings: false, include_children: false}";
    let answer = workspace.call(OPERATION, params).await;
    let keys: Vec<_> = answer.data().as_object().unwrap().keys().collect();
    assert_eq!(keys, ["issue", "hierarchy"]);
    assert_eq!(answer.data()["hierarchy"]["siblingCount"], 1);
    assert_eq!(answer.data()["hierarchy"]["parentIdentifier"], "PSN-100");
    let params = "{issue_id: PSN-123, fields: [siblings.title, hierarchy.position]}";
    let answer = workspace.call(OPERATION, params).await;
    let expected = json!({
        "siblings": [{"title": "Reset forgotten passwords"}],
        "hierarchy": {"position": 1},
    });
    assert_eq!(answer.data(), &expected);
}

#[tokio::test]
async fn texts_and_checklists_are_shown_in_part() {
    let workspace = TestWorkspace::new().await;
    let items: String = (0..12)
        .map(|number| format!("* [ ] item {number}\n"))
        .collect();
    let text = format!("{items}{}", "ü".repeat(1000));
    set(&workspace, "PSN-100", "description", json!(text));
    set(&workspace, "PSN-124", "description", json!(text));
    let answer = workspace.call(OPERATION, "{issue_id: PSN-123}").await;
    let total = text.chars().count();
    let cut = |pointer| {
        let (shown, note) = answer.text(pointer).split_once("… ").unwrap();
        (shown.chars().count(), note.to_owned())
    };
    let note = |shown| format!("[cut: {shown} of {total} characters]");
    assert_eq!(cut("/data/parent/description"), (800, note(800)));
    assert_eq!(cut("/data/siblings/0/description"), (200, note(200)));
    let checklist = &answer.data()["parent"]["checklist"];
    assert_eq!(checklist["total"], 12);
    assert_eq!(checklist["items"].as_array().unwrap().len(), 10);
    assert_eq!(
        checklist["items"][9],
        json!({"checked": false, "content": "item 9"})
    );
    assert_eq!(checklist["more_items"], 2);
    assert_eq!(answer.data()["siblings"][0]["checklist"].get("items"), None);
    let params = "{issue_id: PSN-123, include_descriptions: false}";
    let answer = workspace.call(OPERATION, params).await;
    assert_eq!(answer.data()["parent"].get("description"), None);
    assert_eq!(answer.data()["siblings"][0].get("description"), None);
    assert_eq!(answer.data()["parent"]["checklist"]["total"], 12);
    let params = "{issue_id: PSN-123, detail: brief, includeDescriptions: true}";
    let answer = workspace.call(OPERATION, params).await;
    assert_eq!(cut_of(&answer, "/data/parent/description"), 800);
}

/// Returns how many characters of a text are shown in front of the note that it is cut.
fn cut_of(answer: &Answer, pointer: &str) -> usize {
    let (shown, _) = answer.text(pointer).split_once("… ").unwrap();
    shown.chars().count()
}

#[tokio::test]
async fn a_parent_that_cannot_be_read_is_a_warning() {
    let workspace = TestWorkspace::new().await;
    for field in ["issue.parent", "issue.parent.order"] {
        let hidden = Refusal::invalid("Entity not accessible");
        script_acts(
            &workspace,
            "IssueHierarchy",
            [Act::field_error(field, hidden)],
        );
        let answer = workspace.call(OPERATION, "{issue_id: PSN-123}").await;
        assert_acts_used(&workspace, &answer);
        assert_eq!(answer.data()["hierarchy"], json!({"isSubissue": true}));
        assert_eq!(answer.data().get("parent"), None);
        assert_eq!(answer.data()["siblings"], json!([]));
        let path = field.strip_prefix("issue.").unwrap();
        let warning = format!("Linear: {path}: Entity not accessible");
        assert_eq!(answer.texts("/warnings"), [warning]);
        assert_eq!(answer.calls(), 1);
    }
}

#[tokio::test]
async fn a_limit_out_of_bounds_is_refused() {
    let workspace = TestWorkspace::new().await;
    for limit in [0, 51] {
        let params = format!("{{issue_id: PSN-123, sibling_limit: {limit}}}");
        let answer = workspace.call(OPERATION, &params).await;
        assert_eq!(answer.code(), "INVALID_PARAM");
        assert_eq!(
            answer.texts("/error/suggestions"),
            ["Use a sibling_limit of 1 to 50"]
        );
    }
    assert_eq!(workspace.take_requests(), []);
}

//! `create_relation`, `delete_relation`, and get_issue's relations.

use linear_ops::sandbox::Act;
use linear_ops::sandbox::store::Record;
use serde_json::json;

use crate::support::failures::{
    NOTHING, all_records, assert_acts_used, refuse_once, script_acts, snapshot, with_root,
};
use crate::support::{TestWorkspace, mutations};

const CREATE: &str = "{issue_id: ENG-231, related_issue_id: ENG-232, type: blocks}";
const DELETE: &str = "{issue_id: ENG-230, related_issue_id: ENG-232}";

/// What an issue is to others: `blocks ENG-232`.
async fn relations(workspace: &TestWorkspace, issue: &str) -> Vec<String> {
    let params = format!("{{issue_id: {issue}, include_relations: true}}");
    let answer = workspace.call("get_issue", &params).await;
    assert_eq!(answer.calls(), 1);
    workspace.take_requests();
    let groups = answer.data()["relations"].as_object().unwrap().clone();
    let mut reported = Vec::new();
    for (kind, others) in groups {
        for other in others.as_array().unwrap() {
            reported.push(format!("{kind} {}", other["identifier"].as_str().unwrap()));
        }
    }
    reported
}

#[tokio::test]
async fn a_duplicate_is_shown_in_the_state_that_it_has_now() {
    for (kind, place) in [("duplicate", "issue"), ("duplicated_by", "related_issue")] {
        let workspace = TestWorkspace::new().await;
        let params = format!("{{issue_id: ENG-231, related_issue_id: ENG-232, type: {kind}}}");
        let answer = workspace.call("create_relation", &params).await;
        let ends = ["issue", "related_issue"].map(|end| answer.data()[end]["identifier"].clone());
        assert_eq!(ends, ["ENG-231", "ENG-232"]);
        assert_eq!(answer.data()[place]["state"]["type"], "duplicate", "{kind}");
        assert_eq!(answer.calls(), 2);
    }
}

#[tokio::test]
async fn relations_as_they_are_shown() {
    let workspace = TestWorkspace::new().await;
    let call = async |name: &str, operation: &str, params: &str| {
        snapshot(name, &workspace.call(operation, params).await);
    };
    call("relation", "create_relation", CREATE).await;
    call("relation_again", "create_relation", CREATE).await;
    let other = "{issue: eng-232, to: ENG-231, relation_type: related to, detail: brief}";
    call("relation_replaced", "create_relation", other).await;
    call("relation_deleted", "delete_relation", DELETE).await;
    call("relation_deleted_again", "delete_relation", DELETE).await;
    for (name, params) in [
        (
            "relation_no_issue",
            "{issue_id: ENG-999, related_issue_id: ENG-232, type: blocks}",
        ),
        (
            "relation_no_other",
            "{issue_id: ENG-232, related_issue_id: ENG-999, type: blocks}",
        ),
        (
            "relation_itself",
            "{issue_id: ENG-232, related_issue_id: eng-232, type: blocks}",
        ),
        (
            "relation_no_kind",
            "{issue_id: ENG-231, related_issue_id: ENG-232, type: parent}",
        ),
    ] {
        call(name, "create_relation", params).await;
    }
    call("relation_missing", "delete_relation", "{issue_id: ENG-232}").await;
    let nothing = format!("{{relation_id: {NOTHING}}}");
    call("relation_no_relation", "delete_relation", &nothing).await;
}

#[tokio::test]
async fn an_issue_shows_its_relations_when_asked() {
    let workspace = TestWorkspace::new().await;
    let params = "{issue_id: ENG-232, include_relations: true, detail: brief}";
    snapshot(
        "issue_relations",
        &workspace.call("get_issue", params).await,
    );
    assert_eq!(relations(&workspace, "ENG-230").await, ["blocks ENG-232"]);
    assert_eq!(relations(&workspace, "SUP-6").await, ["duplicate SUP-7"]);
    assert_eq!(
        relations(&workspace, "SUP-7").await,
        ["duplicated_by SUP-6"]
    );
    assert_eq!(relations(&workspace, "PSN-123").await, [""; 0]);
    let unasked = workspace.call("get_issue", "{issue_id: ENG-232}").await;
    assert_eq!(unasked.data().get("relations"), None);
}

#[tokio::test]
async fn each_kind_leads_the_right_way_and_costs_two_requests() {
    for (kind, one, other) in [
        ("blocks", "blocks ENG-233", "blocked_by PSN-130"),
        ("blocked_by", "blocked_by ENG-233", "blocks PSN-130"),
        ("blockedBy", "blocked_by ENG-233", "blocks PSN-130"),
        ("duplicate_of", "duplicate ENG-233", "duplicated_by PSN-130"),
        (
            "duplicated_by",
            "duplicated_by ENG-233",
            "duplicate PSN-130",
        ),
        ("related", "related ENG-233", "related PSN-130"),
    ] {
        let workspace = TestWorkspace::new().await;
        let params = format!("{{issueId: PSN-130, relatedIssueId: ENG-233, type: {kind}}}");
        let answer = workspace.call("create_relation", &params).await;
        assert_eq!(answer.data()["created"], true, "{kind}");
        assert_eq!(answer.calls(), 2);
        assert_eq!(mutations(&workspace.take_requests()), 1);
        assert_eq!(relations(&workspace, "PSN-130").await, [one], "{kind}");
        assert_eq!(relations(&workspace, "ENG-233").await, [other], "{kind}");
        let again = workspace.call("create_relation", &params).await;
        assert_eq!(again.data()["created"], false, "{kind}");
        assert_eq!(
            (again.calls(), mutations(&workspace.take_requests())),
            (1, 0)
        );
        assert_eq!(again.data()["id"], answer.data()["id"]);
    }
}

#[tokio::test]
async fn a_relation_is_taken_away_from_either_side_by_kind_or_by_id() {
    let id = TestWorkspace::new()
        .await
        .id("IssueRelation", "type", "blocks");
    for (params, gone) in [
        (
            "{issue_id: ENG-230, related_issue_id: ENG-232}".to_owned(),
            true,
        ),
        (
            "{issue_id: ENG-232, target: ENG-230, type: blocked_by}".to_owned(),
            true,
        ),
        (
            "{issue_id: ENG-232, target: ENG-230, type: blocks}".to_owned(),
            false,
        ),
        ("{issue_id: ENG-231, target: ENG-232}".to_owned(), false),
        (format!("{{relation_id: {id}}}"), true),
    ] {
        let workspace = TestWorkspace::new().await;
        let answer = workspace.call("delete_relation", &params).await;
        assert_eq!(answer.data()["deleted"], gone, "{params}");
        assert_eq!(answer.calls(), 1 + u64::from(gone), "{params}");
        assert_eq!(mutations(&workspace.take_requests()), usize::from(gone));
        assert_eq!(answer.texts("/warnings").is_empty(), gone);
        assert_eq!(
            all_records(&workspace, "IssueRelation"),
            2 - usize::from(gone)
        );
    }
    let workspace = TestWorkspace::new().await;
    let nonsense = workspace
        .call("delete_relation", "{relation_id: blocks}")
        .await;
    assert_eq!((nonsense.code(), nonsense.calls()), ("INVALID_PARAM", 0));
}

/// Linear keeps one relation a pair today; it may have kept more of them once.
#[tokio::test]
async fn of_several_relations_none_is_chosen() {
    let workspace = TestWorkspace::new().await;
    let ends = ["ENG-230", "ENG-232"].map(|name| workspace.id("Issue", "identifier", name));
    workspace.sandbox.edit(|store| {
        let mut second = Record::new();
        let known = store.find("IssueRelation", "type", "blocks").unwrap();
        second.extend(known.clone());
        second.extend([
            (
                "id".to_owned(),
                json!("5eed0000-0000-4000-8000-0000000000ee"),
            ),
            ("type".to_owned(), json!("related")),
            ("issueId".to_owned(), json!(ends[1])),
            ("relatedIssueId".to_owned(), json!(ends[0])),
        ]);
        store.put("IssueRelation", second);
    });
    let answer = workspace.call("delete_relation", DELETE).await;
    assert_eq!(answer.code(), "AMBIGUOUS_IDENTIFIER");
    snapshot("relation_ambiguous", &answer);
    let one = "{issue_id: ENG-230, related_issue_id: ENG-232, type: related}";
    let answer = workspace.call("delete_relation", one).await;
    assert_eq!(answer.data()["deleted"], true);
    assert_eq!(relations(&workspace, "ENG-230").await, ["blocks ENG-232"]);
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_looking() {
    for (operation, root, params, left) in [
        ("create_relation", "issueRelationCreate", CREATE, 3),
        ("delete_relation", "issueRelationDelete", DELETE, 1),
    ] {
        for act in [Act::DropAfterCommit, Act::Truncated, Act::Drop] {
            let workspace = TestWorkspace::new().await;
            script_acts(&workspace, root, [act.clone()]);
            let answer = workspace.call(operation, params).await;
            assert_acts_used(&workspace, &answer);
            answer.data();
            assert_eq!(all_records(&workspace, "IssueRelation"), left, "{act:?}");
        }
        let workspace = TestWorkspace::new().await;
        script_acts(&workspace, root, vec![Act::Drop; 3]);
        script_acts(
            &workspace,
            "IssueRelations",
            [Act::Slow(std::time::Duration::ZERO)],
        );
        script_acts(&workspace, "IssueRelations", vec![Act::Drop; 3]);
        let answer = workspace.call(operation, params).await;
        assert_eq!(answer.code(), "OUTCOME_UNKNOWN", "{operation}");
    }
}

#[tokio::test]
async fn a_refusal_is_told_with_its_reason() {
    for (operation, root, params) in [
        ("create_relation", "issueRelationCreate", CREATE),
        ("delete_relation", "issueRelationDelete", DELETE),
    ] {
        let workspace = TestWorkspace::new().await;
        refuse_once(&workspace, root, "Not on a Sunday");
        let answer = workspace.call(operation, params).await;
        assert_eq!(answer.code(), "ISSUE_UPDATE_FAILED", "{operation}");
        assert_eq!(answer.text("/error/details/reason"), "Not on a Sunday");
        assert_eq!(all_records(&workspace, "IssueRelation"), 2);
    }
}

#[tokio::test]
async fn two_that_relate_the_same_issues_do_not_wait_for_each_other() {
    let workspace = TestWorkspace::new().await;
    let back = "{issue_id: ENG-232, related_issue_id: ENG-231, type: blocked_by}";
    let (one, two) = tokio::join!(
        workspace.call("create_relation", CREATE),
        workspace.call("create_relation", back),
    );
    assert_ne!(one.data()["created"], two.data()["created"]);
    assert_eq!(
        with_root(&workspace.take_requests(), "issueRelationCreate"),
        1
    );
}

#[tokio::test]
async fn what_is_said_beside_a_relations_id_has_to_be_so() {
    let workspace = TestWorkspace::new().await;
    let made = workspace.call("create_relation", CREATE).await;
    let id = made.text("/data/id").to_uppercase();
    for wrong_field in [
        "type: related",
        "issue_id: ENG-230",
        "issue_id: ENG-232, type: blocks",
        "issue_id: ENG-231, related_issue_id: ENG-231",
    ] {
        let params = format!("{{relation_id: {id}, {wrong_field}}}");
        let answer = workspace.call("delete_relation", &params).await;
        assert_eq!(answer.code(), "INVALID_PARAM", "{wrong_field}");
    }
    assert_eq!(relations(&workspace, "ENG-231").await, ["blocks ENG-232"]);
    let params = format!("{{relation_id: {id}, issue_id: eng-232, type: blocked_by}}");
    let answer = workspace.call("delete_relation", &params).await;
    assert_eq!(answer.data()["type"], "blocked_by");
    assert_eq!(answer.data()["issue"]["identifier"], "ENG-232");
    assert!(relations(&workspace, "ENG-231").await.is_empty());
}

//! The relations of `create_issue` and `update_issue`.

use linear_ops::sandbox::Act;

use crate::support::failures::{
    all_records, assert_acts_used, refuse_once, script_acts, with_root,
};
use crate::support::{Answer, TestWorkspace, mutations};

/// What an issue is to others, in alphabetical order: `blocks ENG-232`.
async fn relations(workspace: &TestWorkspace, issue: &str) -> Vec<String> {
    let params = format!("{{issue_id: {issue}, include_relations: true}}");
    let answer = workspace.call("get_issue", &params).await;
    workspace.take_requests();
    let mut reported = Vec::new();
    for (kind, others) in answer.data()["relations"].as_object().unwrap() {
        for other in others.as_array().unwrap() {
            reported.push(format!("{kind} {}", other["identifier"].as_str().unwrap()));
        }
    }
    reported.sort();
    reported
}

/// Fills the cache with the names of the team ENG.
async fn warm_up(workspace: &TestWorkspace) {
    workspace.call("list_labels", "{team: ENG}").await.data();
    workspace.take_requests();
}

/// The identifiers of the issues that an answer shows under one kind of relation.
fn ends(answer: &Answer, kind: &str) -> Vec<String> {
    let ends = answer.data()["relations"][kind].as_array().unwrap();
    let identifiers = ends.iter().map(|end| end["identifier"].as_str().unwrap());
    identifiers.map(str::to_owned).collect()
}

fn identifier(answer: &Answer) -> String {
    answer.text("/data/identifier").to_owned()
}

#[tokio::test]
async fn each_relation_of_a_new_issue_leads_the_right_way() {
    for (param, relation, seen_from_there) in [
        ("blocks: [ENG-231]", "blocks ENG-231", "blocked_by"),
        ("blockedBy: ENG-231", "blocked_by ENG-231", "blocks"),
        ("depends_on: [eng-231]", "blocked_by ENG-231", "blocks"),
        ("relatedTo: 'ENG-231'", "related ENG-231", "related"),
        (
            "duplicate_of: ENG-231",
            "duplicate ENG-231",
            "duplicated_by",
        ),
    ] {
        let workspace = TestWorkspace::new().await;
        for calls in [2, 1] {
            let params = format!("{{team: ENG, title: T, {param}}}");
            let answer = workspace.call("create_issue", &params).await;
            answer.data();
            assert_eq!(answer.calls(), calls, "{param}");
            assert_eq!(mutations(&workspace.take_requests()), 1);
            let name = identifier(&answer);
            let step = format!("create_relation: {name} {relation}");
            assert!(
                answer
                    .texts("/metadata/operations")
                    .contains(&step.as_str())
            );
            assert_eq!(relations(&workspace, &name).await, [relation]);
            let there = relations(&workspace, "ENG-231").await;
            assert!(
                there.contains(&format!("{seen_from_there} {name}")),
                "{param}"
            );
        }
    }
}

#[tokio::test]
async fn a_new_issue_shows_its_relations_and_the_state_of_a_duplicate() {
    let workspace = TestWorkspace::new().await;
    let params = "{team: ENG, title: T, blocks: [ENG-231, ENG-232], related_to: ENG-233, duplicate_of: ENG-230}";
    let answer = workspace.call("create_issue", params).await;
    assert_eq!(ends(&answer, "blocks"), ["ENG-231", "ENG-232"]);
    assert_eq!(ends(&answer, "related"), ["ENG-233"]);
    assert_eq!(ends(&answer, "duplicate"), ["ENG-230"]);
    assert_eq!(answer.data()["state"]["type"], "duplicate");
    assert!(answer.texts("/warnings").is_empty(), "{:#}", answer.0);
}

#[tokio::test]
async fn a_relation_that_means_nothing_is_refused_before_anything_is_sent() {
    let workspace = TestWorkspace::new().await;
    for (operation, params) in [
        ("create_issue", "team: ENG, title: T, blocks: [the epic]"),
        (
            "create_issue",
            "team: ENG, title: T, duplicate_of: 'https://example.com/ENG-1'",
        ),
        (
            "create_issue",
            "team: ENG, title: T, blocks: ENG-231, related_to: eng-231",
        ),
        ("update_issue", "issue_id: ENG-232, blocks: ENG-232"),
        (
            "update_issue",
            "issue_id: ENG-232, blocks: [ENG-231], remove_blocks: [ENG-231]",
        ),
        (
            "update_issue",
            "issue_id: ENG-232, remove_blocks: [nonsense]",
        ),
    ] {
        let answer = workspace.call(operation, &format!("{{{params}}}")).await;
        assert_eq!(
            (answer.code(), answer.calls()),
            ("INVALID_PARAM", 0),
            "{params}"
        );
        assert!(!answer.texts("/error/suggestions").is_empty(), "{params}");
    }
    assert_eq!(workspace.take_requests(), []);
}

#[tokio::test]
async fn an_issue_that_does_not_exist_is_found_out_where_anything_is_read() {
    for params in ["blocks: [ENG-231, ENG-999]", "duplicate_of: ENG-999"] {
        let workspace = TestWorkspace::new().await;
        let params = format!("{{team: ENG, title: T, {params}}}");
        let answer = workspace.call("create_issue", &params).await;
        assert_eq!(answer.code(), "ISSUE_NOT_FOUND", "{params}");
        assert_eq!(mutations(&workspace.take_requests()), 0);
    }
    for param in ["related_to", "remove_related_to", "remove_duplicate_of"] {
        let workspace = TestWorkspace::new().await;
        let params = format!("{{issue_id: ENG-232, title: T, {param}: ENG-999}}");
        let answer = workspace.call("update_issue", &params).await;
        assert_eq!(answer.code(), "ISSUE_NOT_FOUND", "{param}");
        assert_eq!(answer.at("/error/details/param"), param);
        assert_eq!(mutations(&workspace.take_requests()), 0);
    }
}

/// With all names in the cache, only Linear knows that the issue is missing.
#[tokio::test]
async fn a_relation_that_linear_refuses_is_a_warning() {
    let workspace = TestWorkspace::new().await;
    warm_up(&workspace).await;
    let params = "{team: ENG, title: T, blocks: [ENG-999, ENG-231]}";
    let answer = workspace.call("create_issue", params).await;
    let name = identifier(&answer);
    let warnings = answer.texts("/warnings");
    assert_eq!(warnings.len(), 1, "{:#}", answer.0);
    assert!(
        warnings[0].starts_with("relation 'blocks ENG-999' not created: "),
        "{warnings:?}"
    );
    assert_eq!(relations(&workspace, &name).await, ["blocks ENG-231"]);
    for (change, left) in [
        ("blocks: [ENG-231], title: New", 0),
        ("remove_blocked_by: ENG-230, title: New", 1),
    ] {
        let workspace = TestWorkspace::new().await;
        let root = if left == 0 {
            "issueRelationCreate"
        } else {
            "issueRelationDelete"
        };
        refuse_once(&workspace, root, "Not on a Sunday");
        let params = format!("{{issue_id: ENG-232, {change}}}");
        let answer = workspace.call("update_issue", &params).await;
        assert_eq!(answer.data()["title"], "New");
        assert!(
            answer.texts("/warnings")[0].contains("Not on a Sunday"),
            "{:#}",
            answer.0
        );
        assert_eq!(answer.texts("/metadata/changes").len(), 1);
    }
}

/// An update of which nothing was done is an error, and not a success with a warning.
#[tokio::test]
async fn an_update_whose_only_relation_is_refused_fails() {
    let workspace = TestWorkspace::new().await;
    refuse_once(&workspace, "issueRelationCreate", "Not on a Sunday");
    let params = "{issue_id: ENG-232, blocks: [ENG-231]}";
    let answer = workspace.call("update_issue", params).await;
    assert_eq!(answer.code(), "ISSUE_UPDATE_FAILED");
    assert_eq!(answer.text("/error/details/reason"), "Not on a Sunday");
}

#[tokio::test]
async fn an_update_adds_and_takes_away_in_two_requests_and_tells_both() {
    let workspace = TestWorkspace::new().await;
    let params = "{issue_id: ENG-232, priority: 1, blocks: [ENG-231], related_to: [ENG-233], \
        remove_blocked_by: [ENG-230]}";
    let answer = workspace.call("update_issue", params).await;
    assert_eq!(answer.calls(), 2);
    let changes = answer.texts("/metadata/changes");
    assert_eq!(
        changes[1..],
        [
            "blocks: +ENG-231",
            "blocked_by: -ENG-230",
            "related_to: +ENG-233"
        ]
    );
    assert_eq!(
        relations(&workspace, "ENG-232").await,
        ["blocks ENG-231", "related ENG-233"]
    );
    let again = params.replace("remove_blocked_by: [ENG-230]", "remove_blocked_by: []");
    let answer = workspace.call("update_issue", &again).await;
    assert_eq!(
        with_root(&workspace.take_requests(), "issueRelationCreate"),
        0
    );
    let steps = answer.texts("/metadata/operations");
    assert!(
        steps.contains(&"create_relation: ENG-232 blocks ENG-231 (already there)"),
        "{steps:?}"
    );
}

#[tokio::test]
async fn what_is_there_already_or_not_there_changes_nothing() {
    let workspace = TestWorkspace::new().await;
    let there = "{issue_id: ENG-232, blocked_by: [ENG-230], changes: false}";
    let answer = workspace.call("update_issue", there).await;
    assert_eq!(
        (answer.calls(), mutations(&workspace.take_requests())),
        (1, 0)
    );
    assert_eq!(
        answer.texts("/warnings"),
        ["nothing changed: the issue had these values already"]
    );
    let missing = "{issue_id: ENG-232, remove_related_to: [ENG-230], remove_duplicate_of: ENG-231}";
    let answer = workspace.call("update_issue", missing).await;
    answer.data();
    assert_eq!(mutations(&workspace.take_requests()), 0);
    let warnings = answer.texts("/warnings");
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    assert!(
        warnings[0].starts_with("'related_to ENG-230' not taken away"),
        "{warnings:?}"
    );
    assert_eq!(all_records(&workspace, "IssueRelation"), 2);
}

#[tokio::test]
async fn another_kind_takes_the_place_of_a_relation_with_a_warning_unless_it_is_removed() {
    let workspace = TestWorkspace::new().await;
    let replace = "{issue_id: ENG-232, related_to: [ENG-230]}";
    let answer = workspace.call("update_issue", replace).await;
    assert_eq!(
        answer.texts("/metadata/changes"),
        ["blocked_by: -ENG-230", "related_to: +ENG-230"]
    );
    assert_eq!(answer.texts("/warnings").len(), 1);
    assert_eq!(relations(&workspace, "ENG-232").await, ["related ENG-230"]);
    let asked = "{issue_id: ENG-232, remove_related_to: [ENG-230], blocks: [ENG-230]}";
    let answer = workspace.call("update_issue", asked).await;
    assert!(answer.texts("/warnings").is_empty(), "{:#}", answer.0);
    assert_eq!(relations(&workspace, "ENG-232").await, ["blocks ENG-230"]);
}

#[tokio::test]
async fn a_duplicate_is_shown_in_its_new_state_and_stays_there_when_it_is_none() {
    let workspace = TestWorkspace::new().await;
    let params = "{issue_id: ENG-232, duplicate_of: ENG-231, title: Twice}";
    let answer = workspace.call("update_issue", params).await;
    assert_eq!(answer.data()["state"]["type"], "duplicate");
    assert_eq!(answer.calls(), 2);
    let changes = answer.texts("/metadata/changes");
    assert!(changes.contains(&"duplicate_of: +ENG-231"), "{changes:?}");
    assert!(changes.iter().any(|change| change.starts_with("state: ")));
    for (params, left) in [
        (
            "{issue_id: ENG-232, duplicate_of: null}",
            "duplicate_of: -ENG-231",
        ),
        (
            "{issue_id: ENG-232, duplicate_of: ENG-231}",
            "duplicate_of: +ENG-231",
        ),
        (
            "{issue_id: ENG-232, remove_duplicate_of: ENG-231}",
            "duplicate_of: -ENG-231",
        ),
    ] {
        let answer = workspace.call("update_issue", params).await;
        assert!(
            answer.texts("/metadata/changes").contains(&left),
            "{:#}",
            answer.0
        );
        assert_eq!(answer.data()["state"]["type"], "duplicate");
    }
    for (operation, params) in [
        ("create_issue", "team: ENG, title: T"),
        ("update_issue", "issue_id: ENG-233"),
    ] {
        let params = format!("{{{params}, state: Todo, duplicate_of: ENG-231}}");
        let answer = workspace.call(operation, &params).await;
        assert_eq!(answer.code(), "INVALID_PARAM", "{operation}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_settled_and_nothing_is_done_twice() {
    let create = "{team: ENG, title: Lost, blocks: [ENG-231], blocked_by: [ENG-233]}";
    let update =
        "{issue_id: ENG-232, title: Lost, blocks: [ENG-231], remove_blocked_by: [ENG-230]}";
    for (operation, params, root, left) in [
        ("create_issue", create, "issueCreate", 4),
        ("update_issue", update, "issueUpdate", 2),
    ] {
        for act in [Act::DropAfterCommit, Act::Truncated, Act::Drop] {
            for lag in [0_usize, 2] {
                let workspace = TestWorkspace::new().await;
                warm_up(&workspace).await;
                script_acts(&workspace, root, [act.clone()]);
                workspace.sandbox.script().reads_lag(lag);
                let answer = workspace.call(operation, params).await;
                assert_acts_used(&workspace, &answer);
                assert_eq!(answer.data()["title"], "Lost", "{act:?}");
                assert!(answer.texts("/warnings").is_empty(), "{:#}", answer.0);
                assert_eq!(all_records(&workspace, "IssueRelation"), left, "{act:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_relation_of_unknown_outcome_is_told_as_unknown() {
    let workspace = TestWorkspace::new().await;
    warm_up(&workspace).await;
    // The first request creates the issue and is refused at the relation; the second is lost for good.
    refuse_once(&workspace, "issueRelationCreate", "later");
    script_acts(&workspace, "issueRelationCreate", vec![Act::Drop; 3]);
    script_acts(&workspace, "IssueRelations", vec![Act::Drop; 12]);
    let params = "{team: ENG, title: T, blocks: [ENG-231]}";
    let answer = workspace.call("create_issue", params).await;
    assert_eq!(answer.data()["title"], "T");
    let warnings = answer.texts("/warnings");
    assert!(
        warnings
            .iter()
            .any(|warning| warning.starts_with("relation 'blocks ENG-231' may not be created")),
        "{warnings:?}"
    );
}

#[tokio::test]
async fn a_dry_run_shows_the_relations() {
    let workspace = TestWorkspace::new().await;
    let create = "{dry_run: true, team: ENG, title: Plan, blocks: [ENG-231]}";
    let answer = workspace.call("create_issue", create).await;
    let relation = &answer.data()["would_send"][1]["issueRelationCreate"];
    assert_eq!(relation["issue"], "Plan");
    assert_eq!(relation["related_issue"], "ENG-231");
    let update =
        "{dry_run: true, issue_id: ENG-232, duplicate_of: ENG-231, remove_blocked_by: ENG-230}";
    let answer = workspace.call("update_issue", update).await;
    let sent = answer.data()["would_send"].as_array().unwrap();
    let roots: Vec<&String> = sent
        .iter()
        .flat_map(|sent| sent.as_object().unwrap().keys())
        .collect();
    assert_eq!(roots, ["issueRelationDelete", "issueRelationCreate"]);
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn items_of_a_batch_refer_to_each_other_and_may_add_to_one_issue() {
    let workspace = TestWorkspace::new().await;
    let params = "{operations: [\
        {as: one, operation: create_issue, params: {team: ENG, title: One}}, \
        {operation: create_issue, params: {team: ENG, title: Two, blocked_by: ['${one.identifier}']}}, \
        {operation: update_issue, params: {issue_id: ENG-232, blocks: ['${one.identifier}']}}, \
        {operation: update_issue, params: {issue_id: ENG-232, blocks: [ENG-231]}}]}";
    let answer = workspace.call("batch", params).await;
    assert_eq!(answer.data()["succeeded"], 4, "{:#}", answer.0);
    assert_eq!(all_records(&workspace, "IssueRelation"), 5);
}

#[tokio::test]
async fn an_object_that_names_two_issues_is_refused() {
    let workspace = TestWorkspace::new().await;
    let id = workspace.id("Issue", "identifier", "ENG-231");
    let params = format!("{{issue_id: ENG-232, blocks: [{{id: {id}, identifier: ENG-233}}]}}");
    let answer = workspace.call("update_issue", &params).await;
    assert_eq!(answer.code(), "INVALID_PARAM");
    let params = format!("{{issue_id: ENG-232, blocks: [{id}], related_to: [ENG-231]}}");
    let answer = workspace.call("update_issue", &params).await;
    assert_eq!(answer.code(), "INVALID_PARAM");
    assert_eq!(mutations(&workspace.take_requests()), 0);
    let foreign = "{issue_id: ENG-232, blocks: ['https://linear.app/elsewhere/issue/ENG-231/x']}";
    let answer = workspace.call("update_issue", foreign).await;
    assert_eq!(answer.code(), "INVALID_PARAM", "{:#}", answer.0);
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn a_new_original_takes_the_place_of_the_old_one() {
    let workspace = TestWorkspace::new().await;
    for original in ["ENG-230", "ENG-232"] {
        let params = format!("{{issue_id: ENG-231, duplicate_of: {original}}}");
        workspace.call("update_issue", &params).await.data();
    }
    let reported = relations(&workspace, "ENG-231").await;
    assert_eq!(reported, ["duplicate ENG-232"]);
    for state in ["Canceled", "Todo"] {
        let params = format!("{{issue_id: ENG-231, duplicate_of: ENG-230, state: {state}}}");
        let answer = workspace.call("update_issue", &params).await;
        assert_eq!(answer.code(), "INVALID_PARAM", "{state}");
    }
}

#[tokio::test]
async fn one_issue_under_two_names_has_one_relation_to_a_new_issue() {
    let workspace = TestWorkspace::new().await;
    warm_up(&workspace).await;
    let id = workspace.id("Issue", "identifier", "ENG-231");
    let params = format!("{{team: ENG, title: T, blocks: [ENG-231], related_to: [{id}]}}");
    let answer = workspace.call("create_issue", &params).await;
    assert_eq!(answer.code(), "INVALID_PARAM");
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

//! The budget (`contract.md`, "Budget"): how many requests each operation costs with an empty and with a filled cache,
//! and that reads send no mutation.

use linear_ops::effect::Effect;
use linear_ops::engine::catalog::TABLE;

use crate::support::{TestWorkspace, mutations, variable};

/// How many requests each operation's example costs in a new session, and when it is sent once more. By then the cache
/// has the names, and what the example sets, archives or deletes is done already.
const EXAMPLES: &[(&str, [u32; 2])] = &[
    ("get_issue", [1, 1]),
    ("get_issue_hierarchy", [1, 1]),
    ("get_issue_history", [1, 1]),
    // The first request looks up the names; the second creates a new label, the issue and its link.
    ("create_issue", [2, 1]),
    // The first request reads the issue and looks up the names; the second creates a new label and updates the issue.
    ("update_issue", [2, 2]),
    ("list_issues", [1, 1]),
    ("search_issues", [1, 1]),
    ("archive_issue", [2, 1]),
    ("unarchive_issue", [2, 1]),
    ("delete_issue", [2, 1]),
    ("update_checklist_items", [2, 1]),
    ("update_issue_description", [2, 1]),
    ("add_label", [2, 1]),
    ("remove_label", [2, 1]),
    ("assign_issue", [2, 1]),
    ("move_issue", [2, 1]),
    ("close_issue", [2, 1]),
    ("reopen_issue", [2, 1]),
    ("save_issue", [2, 2]),
    // The second time Linear refuses the link because it exists, and the link is read.
    ("link_url", [1, 2]),
    ("create_relation", [2, 1]),
    ("delete_relation", [2, 1]),
    ("get_or_create_label", [1, 0]),
    ("ensure_labels_exist", [2, 0]),
    ("list_labels", [1, 0]),
    // The second time the name is taken, and a look-up checks whether the team still exists.
    ("create_issue_label", [2, 2]),
    ("update_label", [2, 2]),
    ("retire_label", [2, 1]),
    ("get_valid_state_id", [1, 0]),
    ("list_statuses", [1, 0]),
    ("get_issue_status", [1, 0]),
    ("get_team", [1, 0]),
    ("list_teams", [1, 0]),
    ("get_project", [1, 0]),
    ("list_projects", [1, 0]),
    ("create_project", [2, 1]),
    ("update_project", [2, 2]),
    ("list_project_labels", [1, 0]),
    ("save_project", [2, 2]),
    ("get_user", [1, 0]),
    ("list_users", [1, 0]),
    ("list_comments", [1, 1]),
    ("create_comment", [1, 1]),
    ("update_comment", [1, 1]),
    // Linear keeps list items in another form than the example sends, so the text is set again.
    ("upsert_comment", [2, 2]),
    // The second time Linear declines the deletion, and a look-up checks whether the comment is gone.
    ("delete_comment", [1, 2]),
    ("resolve_comment", [1, 1]),
    ("save_comment", [1, 1]),
    ("get_document", [1, 1]),
    ("list_documents", [1, 1]),
    ("create_document", [2, 1]),
    ("update_document", [2, 2]),
    ("link_document", [2, 2]),
    ("save_document", [2, 1]),
    // The requests are a look-up, three creates in one request, and a read and a write of an issue.
    ("batch", [3, 3]),
    ("help", [0, 0]),
    ("cache_status", [0, 0]),
];

/// Operation, parameters, requests cold, requests warm.
type Row = (&'static str, &'static str, u64, u64);

const LOOK_UPS: &[Row] = &[
    ("get_team", "{team: Engineering}", 1, 0),
    ("list_teams", "{}", 1, 0),
    (
        "get_valid_state_id",
        "{team: Engineering, state: todo}",
        1,
        0,
    ),
    ("list_statuses", "{team: ENG}", 1, 0),
    ("list_labels", "{team: ENG}", 1, 0),
    ("list_labels", "{}", 1, 0),
    ("get_project", "{project: Auth System, team: ENG}", 1, 0),
    (
        "list_projects",
        "{team: ENG, state: planned, lead: me}",
        1,
        0,
    ),
    ("get_user", "{user: jane}", 1, 0),
    ("list_users", "{query: john}", 1, 0),
    ("get_or_create_label", "{team: ENG, name: planning}", 1, 0),
    (
        "ensure_labels_exist",
        "{team: ENG, labels: [planning, backend, bug]}",
        1,
        0,
    ),
];

const ISSUES: &[Row] = &[
    ("get_issue", "{issue_id: PSN-123}", 1, 1),
    (
        "get_issue",
        "{issue_id: PSN-100, include_comments: true, include_children: true}",
        1,
        1,
    ),
    (
        "get_issue_history",
        "{issue_id: PSN-123, include_comments: true, time_in_state: true}",
        1,
        1,
    ),
    ("list_issues", "{}", 1, 1),
    ("list_issues", ALL_FILTERS, 1, 1),
    (
        "list_issues",
        "{view: Open bugs, team: ENG, labels: [bug], order_by: priority, group_by: cycle, limit: 250}",
        1,
        1,
    ),
    (
        "list_issues",
        "{view: Open bugs, team: ENG, group_by: label, count_only: true}",
        1,
        1,
    ),
    ("create_issue", "{team: ENG, title: Plain}", 2, 1),
    ("create_issue", ALL_FIELDS, 2, 1),
    ("update_issue", "{issue_id: ENG-232, title: New}", 2, 2),
    ("update_issue", ALL_CHANGES, 2, 2),
    (
        "update_issue",
        "{issue_id: ENG-232, title: New, changes: false}",
        1,
        1,
    ),
    (
        "update_issue",
        "{issue_id: ENG-232, state: In Review, add_labels: [brand-new, backend], assignee: jane@example.com, \
         project: Auth System, cycle: next, estimate: 5, changes: false}",
        2,
        1,
    ),
    (
        "create_issue",
        "{team: ENG, title: T, labels: [brand-new, other, backend], \
         links: ['https://a.example/1', 'https://github.com/acme/portal/pull/42']}",
        2,
        1,
    ),
    ("create_comment", "{issue_id: PSN-123, body: hello}", 1, 1),
    ("list_comments", "{issue_id: PSN-123}", 1, 1),
    ("create_issue", EVERYTHING, 2, 1),
    (
        "create_issue",
        "{team: ENG, title: T, sort_order: before ENG-232}",
        2,
        2,
    ),
    (
        "update_issue",
        "{issue_id: ENG-232, state: In Review, blocks: [ENG-231], remove_blocked_by: [ENG-230], sort_order: top, \
         links: ['https://a.example/1', 'https://github.com/acme/portal/pull/42'], delegate: CI Bot, \
         add_subscribers: [me], remove_subscribers: [Jane Smith], snooze_until: P7D, reminder_at: P1D}",
        2,
        2,
    ),
    (
        "search_issues",
        "{query: login, team: ENG, state: Done, labels: [backend]}",
        1,
        1,
    ),
];

const ALL_FILTERS: &str = "{team: ENG, state: In Review, assignee: John Roe, labels: [backend, feature], \
    project: Auth System, cycle: 12, priority: high, query: kid, updated_after: 2024-01-01, \
    created_after: 2024-01-01, include_archived: true, order_by: createdAt, limit: 250, exclude_states: [Canceled], \
    creator: me, subscriber: me, any_labels: [bug], exclude_labels: [frontend], milestone: Beta, \
    initiative: Trustworthy accounts, open: true, has_parent: false, blocking: true}";

const ALL_FIELDS: &str = "{team: Engineering, title: Everything, description: text, state: In Progress, \
    labels: [planning, backend, Type/Chore], assignee: john@example.com, project: Auth System, milestone: Beta, \
    cycle: current, priority: 2, estimate: 8, parent_id: ENG-230, due_date: 2025-02-01}";

/// A new issue with all that can be created together with it, except a place among other issues, which has to be read.
const EVERYTHING: &str = "{team: Engineering, title: Everything, state: In Progress, labels: [planning, backend], \
    assignee: john@example.com, project: Auth System, milestone: Beta, cycle: current, parent_id: ENG-230, \
    links: ['https://a.example/1', 'https://github.com/acme/portal/pull/42'], blocks: [ENG-231], blocked_by: [ENG-232], \
    related_to: [ENG-233], sub_issues: [One, {title: Two, state: In Review, assignee: me, labels: [bug]}], \
    template: Bug report, delegate: CI Bot, subscribers: [Jane Smith, me], snooze_until: P7D, reminder_at: P1D}";

const ALL_CHANGES: &str = "{issue_id: ENG-232, title: T, description: D, state: In Review, labels: [planning], \
    assignee: jane@example.com, project: Auth System, milestone: Beta, cycle: next, priority: 1, estimate: 5, \
    parent_id: ENG-230, due_date: 2025-02-01}";

/// Runs an operation twice in a new test workspace, and returns how many requests each run cost. The envelope and the stand-in
/// have to agree.
async fn costs(operation: &str, params: &str) -> [u64; 2] {
    let workspace = TestWorkspace::new().await;
    let mut costs = [0; 2];
    for cost in &mut costs {
        let answer = workspace.call(operation, params).await;
        answer.data();
        *cost = answer.calls();
        let received = u64::try_from(workspace.take_requests().len()).unwrap();
        assert_eq!(*cost, received, "{operation} {params}: {:#}", answer.0);
    }
    costs
}

/// Also, that reads send no mutation, and that whatever does is said to write.
#[tokio::test]
async fn every_operation_keeps_to_its_budget_and_to_its_effect() {
    let mut costs = Vec::new();
    for entry in TABLE.iter() {
        let workspace = TestWorkspace::deleting().await;
        let mut cost = [0; 2];
        let mut changed = 0;
        for cost in &mut cost {
            let answer = workspace.run(entry.example).await;
            let received = workspace.take_requests();
            *cost = answer.report.requests;
            assert_eq!(*cost as usize, received.len(), "{}", answer.to_yaml());
            changed += mutations(&received);
        }
        costs.push((entry.spec.name, cost));
        match entry.spec.effect {
            Effect::Read => assert_eq!(changed, 0, "{}", entry.spec.name),
            // An operation that ensures something writes nothing where the thing exists.
            Effect::Ensure => {}
            _ => assert_ne!(changed, 0, "{}", entry.spec.name),
        }
    }
    assert_eq!(costs, EXAMPLES);
}

#[tokio::test]
async fn look_ups_cost_one_request_cold_and_none_warm() {
    for (operation, params, cold, warm) in LOOK_UPS {
        let costs = costs(operation, params).await;
        assert_eq!(costs, [*cold, *warm], "{operation} {params}");
    }
}

#[tokio::test]
async fn work_on_issues_costs_one_look_up_at_most_and_one_write() {
    for (operation, params, cold, warm) in ISSUES {
        let costs = costs(operation, params).await;
        assert_eq!(costs, [*cold, *warm], "{operation} {params}");
    }
}

#[tokio::test]
async fn the_labels_of_a_sub_team_take_a_second_look_when_the_team_is_new() {
    let costs = costs("list_labels", "{team: PLT}").await;
    assert_eq!(costs, [2, 0]);
}

#[tokio::test]
async fn an_issue_named_by_its_id_does_not_tell_its_team_so_names_wait_for_it_once() {
    let workspace = TestWorkspace::new().await;
    let id = workspace.id("Issue", "title", "Login form");
    let params = format!("{{issue_id: {id}, state: started, add_labels: [backend]}}");
    assert_eq!(costs("update_issue", &params).await, [3, 2]);
    let params = format!("{{issue_id: {id}, title: New, priority: 1}}");
    assert_eq!(costs("update_issue", &params).await, [2, 2]);
    let milestone = "{issue_id: ENG-232, milestone: Beta}";
    assert_eq!(costs("update_issue", milestone).await, [3, 2]);
}

#[tokio::test]
async fn new_labels_and_links_are_sent_together_with_what_they_are_for() {
    let labels = "{team: ENG, labels: [one, two, planning]}";
    assert_eq!(costs("ensure_labels_exist", labels).await, [2, 0]);
    let issue = "{team: ENG, title: T, labels: [one, two], links: [{url: 'https://a.example/1'}, {url: 'https://a.example/2'}]}";
    assert_eq!(costs("create_issue", issue).await, [2, 1]);
    let change = "{issue_id: ENG-232, add_labels: [one, two]}";
    assert_eq!(costs("update_issue", change).await, [2, 2]);
}

#[tokio::test]
async fn a_request_writes_twenty_things_at_most() {
    let names = |number: usize| {
        (1..=number)
            .map(|number| format!("label {number}"))
            .collect::<Vec<_>>()
    };
    for (number, requests) in [(20, 1), (21, 2), (45, 3)] {
        let workspace = TestWorkspace::new().await;
        workspace.call("list_labels", "{team: ENG}").await.data();
        let params = format!("{{team: ENG, labels: [{}]}}", names(number).join(", "));
        let answer = workspace.call("ensure_labels_exist", &params).await;
        answer.data();
        assert_eq!(answer.calls(), requests, "{number}");
    }
}

#[tokio::test]
async fn labels_that_all_exist_are_ensured_without_a_mutation() {
    let workspace = TestWorkspace::new().await;
    workspace
        .call(
            "ensure_labels_exist",
            "{team: ENG, labels: [Planning, BUG, type/spike]}",
        )
        .await
        .data();
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn a_refused_request_names_what_is_wrong_before_anything_is_sent() {
    let workspace = TestWorkspace::new().await;
    for (operation, params, code) in [
        ("create_issue", "{team: ENG, title: ' '}", "INVALID_PARAM"),
        ("create_issue", "{title: T}", "MISSING_REQUIRED_PARAM"),
        ("get_issue", "{issue_id: nonsense}", "INVALID_PARAM"),
        (
            "update_issue",
            "{issue_id: ENG-1}",
            "MISSING_REQUIRED_PARAM",
        ),
        ("list_issues", "{limit: 251}", "INVALID_PARAM"),
        ("list_issues", "{limit: 0}", "INVALID_PARAM"),
        ("list_issues", "{cycle: 12}", "MISSING_REQUIRED_PARAM"),
        (
            "create_comment",
            "{issue_id: ENG-1, body: ''}",
            "INVALID_PARAM",
        ),
        ("get_teem", "{}", "UNKNOWN_OPERATION"),
    ] {
        let answer = workspace.call(operation, params).await;
        assert_eq!(answer.code(), code, "{operation} {params}");
        assert_eq!(answer.calls(), 0);
    }
    assert_eq!(workspace.take_requests(), []);
}

#[tokio::test]
async fn the_longest_list_with_every_filter_stays_within_what_one_request_may_cost() {
    // The second call does not ask for the names that the session has cached.
    for (detail, limit) in [("brief", 250), ("standard", 100), ("full", 100)] {
        let params =
            ALL_FILTERS.replace("limit: 250", &format!("limit: {limit}, detail: {detail}"));
        assert_eq!(costs("list_issues", &params).await, [1, 1], "{detail}");
        let params = params.replace("{team", "{view: Open bugs, group_by: cycle, team");
        assert_eq!(costs("list_issues", &params).await, [1, 1], "{detail}");
    }
    // A list of so many whole issues may need more than one page.
    let workspace = TestWorkspace::new().await;
    workspace
        .call("list_issues", "{detail: full, limit: 250}")
        .await
        .data();
    assert_eq!(variable(&workspace.take_requests(), "issues", "first"), 100);
}

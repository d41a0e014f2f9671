//! Each filter alone, in pairs, cold and warm, and with names that mean nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// Values of each filter, with the issues that it finds in the order of the answer. A pair of filters finds the issues that both
/// find.
const FILTERS: &[(&str, &[&str])] = &[
    (
        "team: [Engineering, DES]",
        &[
            "ENG-233", "DES-12", "ENG-232", "ENG-231", "ENG-230", "ENG-227", "ENG-226",
        ],
    ),
    ("state: [In Review, canceled]", &["ENG-230", "ENG-227"]),
    (
        "open: true",
        &[
            "SUP-7", "ENG-233", "PSN-130", "DES-12", "ENG-232", "ENG-231", "PLT-3", "PSN-123",
            "PSN-124", "ENG-230", "PSN-100",
        ],
    ),
    ("open: false", &["SUP-6", "PSN-125", "ENG-227", "ENG-226"]),
    (
        "exclude_states: [Done, started, Backlog, Canceled, Triage, Duplicate]",
        &["ENG-232", "PLT-3", "PSN-124"],
    ),
    (
        "assignee: [me, nobody]",
        &[
            "SUP-6", "SUP-7", "ENG-233", "PSN-130", "PSN-125", "ENG-231", "PSN-123", "PSN-124",
            "PSN-100", "ENG-227",
        ],
    ),
    (
        "assignee: ['@johnr', jane@example.com]",
        &["DES-12", "ENG-232", "PLT-3", "ENG-230", "ENG-226"],
    ),
    ("creator: [Jane Smith]", &["PLT-3"]),
    (
        "delegate: null",
        &[
            "SUP-6", "SUP-7", "ENG-233", "PSN-130", "DES-12", "PSN-125", "ENG-232", "PLT-3",
            "PSN-123", "PSN-124", "ENG-230", "PSN-100", "ENG-227", "ENG-226",
        ],
    ),
    ("delegate: [CI Bot]", &["ENG-231"]),
    ("subscriber: [Jane Smith]", &["DES-12"]),
    (
        "any_labels: [bug, planning]",
        &["SUP-6", "SUP-7", "ENG-233", "ENG-231", "PSN-123"],
    ),
    (
        "any_labels: [Type/Spike, frontend]",
        &["DES-12", "ENG-232", "ENG-230", "ENG-227"],
    ),
    (
        "exclude_labels: [bug, backend]",
        &[
            "ENG-233", "PSN-130", "DES-12", "PSN-125", "ENG-232", "PSN-124", "PSN-100", "ENG-227",
            "ENG-226",
        ],
    ),
    (
        "no_labels: true",
        &["PSN-130", "PSN-125", "PSN-124", "PSN-100"],
    ),
    (
        "no_labels: false",
        &[
            "SUP-6", "SUP-7", "ENG-233", "DES-12", "ENG-232", "ENG-231", "PLT-3", "PSN-123",
            "ENG-230", "ENG-227", "ENG-226",
        ],
    ),
    (
        "initiative: Trustworthy accounts",
        &["ENG-232", "ENG-230", "ENG-226"],
    ),
    (
        "initiative: null",
        &[
            "SUP-6", "SUP-7", "ENG-233", "PSN-130", "DES-12", "PSN-125", "ENG-231", "PLT-3",
            "PSN-123", "PSN-124", "PSN-100", "ENG-227",
        ],
    ),
    (
        "project: Auth System, milestone: Beta",
        &["ENG-230", "ENG-226"],
    ),
    (
        "milestone: null",
        &[
            "SUP-6", "SUP-7", "ENG-233", "PSN-130", "DES-12", "PSN-125", "ENG-231", "PLT-3",
            "PSN-123", "PSN-124", "PSN-100", "ENG-227",
        ],
    ),
    (
        "cycle: [previous, current]",
        &["ENG-232", "ENG-231", "ENG-230", "ENG-226"],
    ),
    ("cycle: previous", &["ENG-226"]),
    ("priority: [urgent, 2]", &["ENG-231", "ENG-230", "PSN-100"]),
    ("estimate: [3, 5]", &["ENG-232", "PSN-123"]),
    (
        "estimate: null",
        &[
            "SUP-6", "SUP-7", "ENG-233", "PSN-130", "DES-12", "PSN-125", "ENG-231", "PLT-3",
            "PSN-124", "PSN-100", "ENG-227",
        ],
    ),
    ("has_parent: true", &["PSN-123", "PSN-124"]),
    (
        "has_parent: false",
        &[
            "SUP-6", "SUP-7", "ENG-233", "PSN-130", "DES-12", "PSN-125", "ENG-232", "ENG-231",
            "PLT-3", "ENG-230", "PSN-100", "ENG-227", "ENG-226",
        ],
    ),
    ("has_children: true", &["PSN-100"]),
    (
        "has_children: false",
        &[
            "SUP-6", "SUP-7", "ENG-233", "PSN-130", "DES-12", "PSN-125", "ENG-232", "ENG-231",
            "PLT-3", "PSN-123", "PSN-124", "ENG-230", "ENG-227", "ENG-226",
        ],
    ),
    ("blocked: true", &["ENG-232"]),
    (
        "blocked: false",
        &[
            "SUP-6", "SUP-7", "ENG-233", "PSN-130", "DES-12", "PSN-125", "ENG-231", "PLT-3",
            "PSN-123", "PSN-124", "ENG-230", "PSN-100", "ENG-227", "ENG-226",
        ],
    ),
    ("blocking: true", &["ENG-230"]),
    (
        "updated_before: 2025-01-09",
        &["PSN-124", "ENG-230", "PSN-100", "ENG-227", "ENG-226"],
    ),
    (
        "created_before: 2025-01-05",
        &["ENG-230", "PSN-100", "ENG-227", "ENG-226"],
    ),
    (
        "created_after: 2025-01-05, created_before: 2025-01-10",
        &["PSN-125", "ENG-231", "PSN-123", "PSN-124"],
    ),
    ("completed_after: 2025-01-10", &["PSN-125"]),
    ("completed_before: 2025-01-10", &["ENG-226"]),
    ("started_after: 2025-01-10", &["DES-12", "ENG-231"]),
    (
        "started_before: 2025-01-10",
        &["PSN-125", "PSN-123", "ENG-230", "PSN-100", "ENG-226"],
    ),
    ("due_after: 2025-02-01", &["PSN-130"]),
    ("due_before: 2025-02-01", &["ENG-230"]),
    ("due_before: P20D", &["PSN-130", "ENG-230"]),
    ("due_before: P1D", &[]),
    ("overdue: true", &["PSN-130", "ENG-230"]),
    (
        "overdue: false",
        &[
            "SUP-6", "SUP-7", "ENG-233", "DES-12", "PSN-125", "ENG-232", "ENG-231", "PLT-3",
            "PSN-123", "PSN-124", "PSN-100", "ENG-227", "ENG-226",
        ],
    ),
];

/// A workspace in which one issue is delegated to an app user, one was made by somebody else, and one has a further subscriber.
async fn workspace() -> TestWorkspace {
    let workspace = TestWorkspace::new().await;
    let (bot, jane) = (
        workspace.id("User", "name", "CI Bot"),
        workspace.id("User", "name", "Jane Smith"),
    );
    workspace.sandbox.edit(|store| {
        for (identifier, field, value) in [
            ("ENG-231", "delegateId", Value::from(bot)),
            ("PLT-3", "creatorId", jane.as_str().into()),
            ("DES-12", "subscriberIds", vec![jane.clone()].into()),
        ] {
            let id = store.find("Issue", "identifier", identifier).unwrap()["id"].clone();
            let issue = store.get_mut("Issue", id.as_str().unwrap()).unwrap();
            issue.insert(field.to_owned(), value);
        }
    });
    workspace
}

#[tokio::test]
async fn each_filter_finds_its_issues_in_one_request_cold_and_warm() {
    let warm = workspace().await;
    let mut wrong = Vec::new();
    for (filter, expected) in FILTERS {
        let cold = warm.another_session();
        // Linear cannot compare the name of an alias.
        let most_cold = if filter.contains("started,") { 2 } else { 1 };
        for most in [most_cold, 1] {
            let answer = call(&cold, "list_issues", &format!("{{{filter}}}")).await;
            let found = identifiers(&answer);
            if found != *expected || answer.calls() > most {
                wrong.push(format!(
                    "{filter}: {found:?} in {} requests",
                    answer.calls()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(mutations(&warm.take_requests()), 0);
}

#[tokio::test]
async fn a_pair_of_filters_finds_what_both_find() {
    let workspace = workspace().await;
    let keys = |filter: &str| -> BTreeSet<String> {
        let entries = filter
            .split(", ")
            .filter_map(|entry| entry.split_once(": "));
        entries.map(|(key, _)| key.to_owned()).collect()
    };
    let mut found: BTreeMap<usize, usize> = BTreeMap::new();
    for (index, (one, ones)) in FILTERS.iter().enumerate() {
        for (other, others) in FILTERS.iter().skip(index + 1) {
            if !keys(one).is_disjoint(&keys(other)) {
                continue;
            }
            let expected: Vec<_> = ones.iter().filter(|name| others.contains(name)).collect();
            let filters = format!("{{{one}, {other}}}");
            let answer = workspace.call("list_issues", &filters).await;
            assert_eq!(
                identifiers(&answer).iter().collect::<Vec<_>>(),
                expected,
                "{filters}"
            );
            *found.entry(expected.len().min(3)).or_default() += 1;
        }
    }
    assert!(found.values().all(|pairs| *pairs > 100), "{found:?}");
}

#[tokio::test]
async fn an_excluded_group_excludes_its_labels() {
    let workspace = TestWorkspace::new().await;
    let all = workspace.call("list_issues", "{limit: 100}").await;
    for (filter, excluded) in [
        ("exclude_labels: [Type]", &["ENG-230", "ENG-226"] as &[_]),
        ("exclude_labels: [Type/Spike]", &["ENG-230"]),
        (
            "exclude_labels: [Type, bug]",
            &["SUP-6", "SUP-7", "ENG-231", "PSN-123", "ENG-230", "ENG-226"],
        ),
        ("team: ENG, exclude_labels: [type/spike]", &["ENG-230"]),
        ("exclude_labels: backe", &["PLT-3", "ENG-231", "ENG-230"]),
    ] {
        let cold = workspace.another_session();
        for most in [2, 1] {
            let answer = call(&cold, "list_issues", &format!("{{{filter}}}")).await;
            let expected: Vec<_> = identifiers(&all)
                .into_iter()
                .filter(|name| !excluded.contains(&name.as_str()))
                .filter(|name| !filter.contains("ENG") || name.starts_with("ENG"))
                .collect();
            assert_eq!(identifiers(&answer), expected, "{filter}");
            assert!(answer.calls() <= most, "{filter}: {}", answer.calls());
        }
    }
}

#[tokio::test]
async fn sub_teams_are_included_where_that_is_asked_for() {
    let workspace = TestWorkspace::new().await;
    workspace.sandbox.edit(|store| {
        let id = |key: &str| store.find("Team", "key", key).unwrap()["id"].clone();
        let (parent, child) = (id("ENG"), id("PLT"));
        let team = store.get_mut("Team", child.as_str().unwrap()).unwrap();
        team.insert("parentId".into(), parent.clone());
        team.insert("ancestorIds".into(), vec![parent].into());
    });
    for (filters, expected) in [
        (
            "{team: ENG, open: true}",
            &["ENG-233", "ENG-232", "ENG-231", "ENG-230"] as &[_],
        ),
        (
            "{team: ENG, include_sub_teams: true, open: true}",
            &["ENG-233", "ENG-232", "ENG-231", "PLT-3", "ENG-230"],
        ),
        (
            "{team: [PLT, DES], include_sub_teams: true}",
            &["DES-12", "PLT-3"],
        ),
    ] {
        let cold = workspace.another_session();
        for _ in 0..2 {
            let answer = call(&cold, "list_issues", filters).await;
            assert_eq!(identifiers(&answer), expected, "{filters}");
            assert_eq!(answer.calls(), 1, "{filters}");
        }
    }
}

#[tokio::test]
async fn names_are_looked_up_in_the_one_team_whose_sub_teams_are_included() {
    let workspace = TestWorkspace::new().await;
    for filters in ["project: Mobile App", "cycle: 11"] {
        let team = format!("{{team: ENG, {filters}}}");
        let with_sub_teams = format!("{{team: ENG, include_sub_teams: true, {filters}}}");
        let expected = workspace.call("list_issues", &team).await;
        for session in [&workspace.another_session(), &workspace.session] {
            let answer = call(session, "list_issues", &with_sub_teams).await;
            assert_eq!(identifiers(&answer), identifiers(&expected), "{filters}");
        }
    }
}

#[tokio::test]
async fn none_means_those_without_one() {
    let workspace = TestWorkspace::new().await;
    for (word, null) in [
        ("cycle: none", "cycle: null"),
        ("team: ENG, cycle: none", "team: ENG, cycle: null"),
        ("estimate: none", "estimate: null"),
        ("labels: none", "labels: null"),
    ] {
        let answer = workspace.call("list_issues", &format!("{{{word}}}")).await;
        let expected = workspace.call("list_issues", &format!("{{{null}}}")).await;
        assert_eq!(identifiers(&answer), identifiers(&expected), "{word}");
    }
    for filters in [
        "{cycle: [current, none]}",
        "{team: ENG, cycle: [12, none], open: true}",
    ] {
        let answer = workspace.call("list_issues", filters).await;
        let found = identifiers(&answer);
        assert!(found.contains(&"ENG-231".to_owned()), "{filters}");
        assert!(found.contains(&"ENG-233".to_owned()), "{filters}");
    }
}

#[tokio::test]
async fn a_name_that_means_nothing_fails_in_each_filter() {
    let workspace = TestWorkspace::new().await;
    for (filters, code) in [
        ("team: [ENG, Nowhere]", "TEAM_NOT_FOUND"),
        ("team: [Nowhere], include_sub_teams: true", "TEAM_NOT_FOUND"),
        ("state: [Todo, Blocked]", "STATUS_NOT_FOUND"),
        ("exclude_states: [Blocked]", "STATUS_NOT_FOUND"),
        ("assignee: [me, nobody@example.com]", "USER_NOT_FOUND"),
        ("creator: nobody@example.com", "USER_NOT_FOUND"),
        ("delegate: [Nobody Bot]", "USER_NOT_FOUND"),
        ("subscriber: nobody@example.com", "USER_NOT_FOUND"),
        ("any_labels: [bug, nothing]", "LABEL_NOT_FOUND"),
        ("exclude_labels: [bug, nothing]", "LABEL_NOT_FOUND"),
        (
            "project: Auth System, milestone: Nothing",
            "MILESTONE_NOT_FOUND",
        ),
        ("initiative: Nothing", "INITIATIVE_NOT_FOUND"),
        ("team: ENG, cycle: [current, 99]", "CYCLE_NOT_FOUND"),
    ] {
        for session in [&workspace.another_session(), &workspace.session] {
            let answer = call(session, "list_issues", &format!("{{{filters}}}")).await;
            assert_eq!(answer.code(), code, "{filters}");
            assert_eq!(answer.calls(), 1, "{filters}");
        }
    }
}

#[tokio::test]
async fn filters_that_mean_nothing_are_refused_before_anything_is_sent() {
    let workspace = TestWorkspace::new().await;
    for (filters, code) in [
        ("team: []", "INVALID_PARAM"),
        ("state: []", "INVALID_PARAM"),
        ("exclude_states: []", "INVALID_PARAM"),
        ("assignee: []", "INVALID_PARAM"),
        ("creator: []", "INVALID_PARAM"),
        ("delegate: []", "INVALID_PARAM"),
        ("subscriber: []", "INVALID_PARAM"),
        ("any_labels: []", "INVALID_PARAM"),
        ("exclude_labels: []", "INVALID_PARAM"),
        ("cycle: []", "INVALID_PARAM"),
        ("priority: []", "INVALID_PRIORITY"),
        ("priority: [1, 7]", "INVALID_PRIORITY"),
        ("estimate: []", "INVALID_PARAM"),
        ("estimate: many", "INVALID_PARAM"),
        ("milestone: Beta", "MISSING_REQUIRED_PARAM"),
        ("cycle: [current, 12]", "MISSING_REQUIRED_PARAM"),
        ("team: [ENG, DES], cycle: 12", "MISSING_REQUIRED_PARAM"),
        ("include_sub_teams: true", "MISSING_REQUIRED_PARAM"),
        ("created_before: P7D", "INVALID_DATE_FORMAT"),
        ("due_before: soon", "INVALID_DATE_FORMAT"),
        ("open: perhaps", "INVALID_PARAM"),
        ("order_by: -due_date", "INVALID_PARAM"),
        ("mine: true, assignee: [me, Jane Smith]", "INVALID_PARAM"),
        ("exclude_project: Auth System", "INVALID_PARAM"),
    ] {
        let answer = workspace
            .call("list_issues", &format!("{{{filters}}}"))
            .await;
        assert_eq!(answer.code(), code, "{filters}");
        assert_eq!(answer.calls(), 0, "{filters}");
    }
}

#[tokio::test]
async fn other_words_for_the_filters_mean_the_same() {
    let workspace = TestWorkspace::new().await;
    for (words, canonical) in [
        ("{states: [Done], teams: ENG}", "{state: Done, team: ENG}"),
        (
            "{isOpen: true, notLabels: bug}",
            "{open: true, exclude_labels: bug}",
        ),
        (
            "{excludeStatus: Done, priorities: [1, 2]}",
            "{exclude_states: Done, priority: [1, 2]}",
        ),
        (
            "{labelsAny: [bug, planning]}",
            "{any_labels: [bug, planning]}",
        ),
        (
            "{assignees: [me, none], created_by: me}",
            "{assignee: [me, none], creator: me}",
        ),
        ("{isBlocked: true}", "{blocked: true}"),
        ("{hasSubIssues: true}", "{has_children: true}"),
        ("{dueDateBefore: 2025-02-01}", "{due_before: 2025-02-01}"),
    ] {
        let answer = workspace.call("list_issues", words).await;
        let expected = workspace.call("list_issues", canonical).await;
        assert!(!identifiers(&expected).is_empty(), "{canonical}");
        assert_eq!(identifiers(&answer), identifiers(&expected), "{words}");
        assert_eq!(answer.at("/warnings"), &Value::Null, "{words}");
    }
}

#[tokio::test]
async fn all_filters_with_names_fit_into_one_request() {
    let workspace = TestWorkspace::new().await;
    let filters = "team: ENG, state: [Todo, Done], exclude_states: [Canceled], assignee: [me, Jane Smith], creator: me, delegate: CI Bot, \
        subscriber: me, labels: [backend], any_labels: [bug], exclude_labels: [frontend], project: Auth System, milestone: Beta, \
        initiative: Trustworthy accounts, cycle: [11, 12], parent_id: PSN-100, limit: 250";
    for detail in ["brief", "full"] {
        let cold = workspace.another_session();
        for _ in 0..2 {
            let params = format!("{{{filters}, detail: {detail}}}");
            let answer = call(&cold, "list_issues", &params).await;
            assert_eq!(answer.data()["total"], 0);
            assert_eq!(answer.calls(), 1);
        }
    }
}

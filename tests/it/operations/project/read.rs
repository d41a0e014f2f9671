//! `get_project`, `list_projects`, and how issues are listed by project.

use std::collections::BTreeSet;

use linear_ops::clock::Clock;
use serde_json::json;

use crate::support::{Answer, TestWorkspace, call, mutations, snapshot};

#[tokio::test]
async fn a_project_as_it_is_shown() {
    let workspace = TestWorkspace::new().await;
    let auth = "{project: Auth System, team: Engineering}";
    snapshot("project_cold", &workspace.yaml("get_project", auth).await);
    snapshot("project_warm", &workspace.yaml("get_project", auth).await);
    let brief = "{project: Auth System, detail: brief}";
    snapshot("project_brief", &workspace.yaml("get_project", brief).await);
    let full = "{project: Auth System, detail: full}";
    snapshot("project_full", &workspace.yaml("get_project", full).await);
}

#[tokio::test]
async fn the_whole_of_a_project_is_one_request_cold_or_warm_and_a_part_of_it_is_none() {
    let workspace = TestWorkspace::new().await;
    let full = "{project: auth system, detail: full}";
    assert_eq!(workspace.call("get_project", full).await.calls(), 1);
    let again = workspace.call("get_project", full).await;
    assert_eq!(again.calls(), 1);
    assert_eq!(again.data()["milestones"][1]["name"], "GA");
    let kept = workspace
        .call(
            "get_project",
            "{project: Auth System, fields: [url, lead.name]}",
        )
        .await;
    assert_eq!(kept.calls(), 0);
    assert_eq!(kept.data()["lead"]["name"], "John Doe");
    let requested = workspace
        .call("get_project", "{project: Auth System, fields: [content]}")
        .await;
    assert_eq!(requested.calls(), 1);
    assert!(requested.data()["content"].is_string());
    // A part of a name may match any project, so that the project is known only after the look-up.
    let other = TestWorkspace::new().await;
    let part = other
        .call("get_project", "{project: Auth, detail: full}")
        .await;
    assert_eq!((part.calls(), part.text("/data/name")), (2, "Auth System"));
}

#[tokio::test]
async fn a_project_is_found_by_everything_that_names_it() {
    let workspace = TestWorkspace::new().await;
    let auth = workspace
        .call("get_project", "{project: Auth System, detail: full}")
        .await;
    let (id, slug) = (auth.text("/data/id"), auth.text("/data/slug"));
    let url = auth.text("/data/url");
    for (spelling, value) in [
        ("project", "auth system"),
        ("id", id),
        ("project_id", slug),
        ("name", url),
    ] {
        let found = workspace
            .call("get_project", &format!("{{{spelling}: '{value}'}}"))
            .await;
        assert_eq!(found.data()["id"], id, "{value}");
        let again = workspace
            .call("get_project", &format!("{{{spelling}: '{value}'}}"))
            .await;
        assert_eq!(again.calls(), 0, "{value}");
    }
}

#[tokio::test]
async fn the_team_tells_projects_of_one_name_apart() {
    let workspace = TestWorkspace::new().await;
    let any = "{project: Mobile App}";
    snapshot(
        "project_ambiguous",
        &workspace.yaml("get_project", any).await,
    );
    for (team, described) in [("ENG", "The app itself"), ("Design", "How the app looks")] {
        let params = format!("{{project: Mobile App, team: {team}}}");
        let found = workspace.call("get_project", &params).await;
        assert_eq!(found.data()["description"], described);
    }
    let elsewhere = "{project: Design System, team: ENG}";
    snapshot(
        "project_of_another_team",
        &workspace.yaml("get_project", elsewhere).await,
    );
    let missing = "{project: Auht System}";
    snapshot(
        "project_missing",
        &workspace.yaml("get_project", missing).await,
    );
    let full = "{project: Nothing Like It, detail: full}";
    let answer = workspace.call("get_project", full).await;
    assert_eq!((answer.code(), answer.calls()), ("PROJECT_NOT_FOUND", 1));
}

#[tokio::test]
async fn a_project_that_has_been_archived_since_is_not_found_and_forgotten() {
    let workspace = TestWorkspace::new().await;
    workspace.call("list_projects", "{}").await.data();
    let id = workspace.id("Project", "name", "Auth System");
    workspace.sandbox.edit(|store| {
        let mut gone = store.get("Project", &id).unwrap().clone();
        gone.insert("archivedAt".to_owned(), "2025-01-20T00:00:00.000Z".into());
        store.put("Project", gone);
    });
    let remembered = "{project: Auth System}";
    assert_eq!(workspace.call("get_project", remembered).await.calls(), 0);
    let whole = "{project: Auth System, detail: full}";
    let answer = workspace.call("get_project", whole).await;
    // The name is looked up once more, which returns the existing projects for the error.
    assert_eq!((answer.code(), answer.calls()), ("PROJECT_NOT_FOUND", 2));
    let there = answer.texts("/error/details/available_projects");
    assert_eq!(there, ["Mobile App", "Design System"]);
    let rest = workspace.call("list_projects", "{}").await;
    assert_eq!(
        (rest.at("/data/total").as_u64(), rest.calls()),
        (Some(3), 0)
    );
}

fn names(answer: &Answer) -> Vec<String> {
    answer.column("projects", "name")
}

#[tokio::test]
async fn projects_as_they_are_listed() {
    let workspace = TestWorkspace::new().await;
    let planned = "{team: Engineering, state: planned}";
    snapshot(
        "projects_cold",
        &workspace.yaml("list_projects", planned).await,
    );
    snapshot(
        "projects_warm",
        &workspace.yaml("list_projects", "{}").await,
    );
    let full = "{team: ENG, detail: full}";
    snapshot(
        "projects_full",
        &workspace.yaml("list_projects", full).await,
    );
    let table = "{format: table, include_archived: true}";
    snapshot(
        "projects_table",
        &workspace.yaml("list_projects", table).await,
    );
    let none = "{state: paused}";
    snapshot(
        "projects_none",
        &workspace.yaml("list_projects", none).await,
    );
}

#[tokio::test]
async fn every_filter_is_one_request_cold_and_says_the_same_warm() {
    for (filter, found, warm_calls) in [
        (
            "{}",
            vec!["Mobile App", "Mobile App", "Design System", "Auth System"],
            0,
        ),
        ("{team: ENG}", vec!["Mobile App", "Auth System"], 0),
        (
            "{team: Design, state: In Progress}",
            vec!["Design System"],
            0,
        ),
        ("{state: started}", vec!["Mobile App", "Design System"], 0),
        ("{state: backlog}", vec!["Mobile App"], 0),
        (
            "{lead: jane@example.com}",
            vec!["Mobile App", "Design System"],
            0,
        ),
        ("{lead: me}", vec!["Auth System"], 0),
        ("{query: system}", vec!["Design System", "Auth System"], 0),
        ("{query: zebra}", vec![], 0),
        ("{initiative: trustworthy accounts}", vec!["Auth System"], 1),
        ("{initiative: Trustworthy accounts, team: DES}", vec![], 1),
        (
            "{include_archived: true, team: ENG}",
            vec!["Legacy Portal", "Mobile App", "Auth System"],
            1,
        ),
        (
            "{detail: full, team: DES}",
            vec!["Mobile App", "Design System"],
            1,
        ),
    ] {
        let workspace = TestWorkspace::new().await;
        let cold = workspace.call("list_projects", filter).await;
        let sorted = |answer: &Answer| {
            let mut names = names(answer);
            names.sort();
            names
        };
        let mut expected = found.clone();
        expected.sort_unstable();
        assert_eq!(sorted(&cold), expected, "{filter}");
        assert_eq!(cold.calls(), 1, "{filter}");
        let warm = workspace.call("list_projects", filter).await;
        assert_eq!(warm.data(), cold.data(), "{filter}");
        assert_eq!(warm.calls(), warm_calls, "{filter}");
        assert_eq!(mutations(&workspace.take_requests()), 0);
    }
}

#[tokio::test]
async fn another_word_for_a_name_finds_the_same_among_the_projects_that_came_along() {
    for (filter, found) in [
        ("{state: in-progress}", vec!["Mobile App", "Design System"]),
        ("{team: Engin}", vec!["Mobile App", "Auth System"]),
        ("{state: todo, lead: doe}", vec!["Auth System"]),
    ] {
        let workspace = TestWorkspace::new().await;
        let answer = workspace.call("list_projects", filter).await;
        assert_eq!(
            (names(&answer).len(), answer.calls()),
            (found.len(), 1),
            "{filter}"
        );
        assert!(
            found
                .iter()
                .all(|name| names(&answer).contains(&(*name).to_owned()))
        );
    }
    // The cursor of the next page is known to Linear alone.
    let workspace = TestWorkspace::new().await;
    let first = workspace
        .call("list_projects", "{state: active, limit: 1}")
        .await;
    assert_eq!((names(&first).len(), first.calls()), (1, 2));
    assert_eq!(first.at("/data/has_more"), true);
}

#[tokio::test]
async fn a_list_goes_on_where_its_cursor_says() {
    let workspace = TestWorkspace::new().await;
    let mut found = Vec::new();
    let mut cursor = String::new();
    for _ in 0..4 {
        let params = format!("{{limit: 1{cursor}}}");
        let page = workspace.call("list_projects", &params).await;
        assert_eq!(page.calls(), 1);
        found.extend(names(&page));
        cursor = format!(", cursor: '{}'", page.text("/data/cursor"));
    }
    let all = workspace.call("list_projects", "{}").await;
    assert_eq!((names(&all), all.calls()), (found, 0));
}

#[tokio::test]
async fn a_list_makes_the_names_on_it_known() {
    let workspace = TestWorkspace::new().await;
    workspace.call("list_projects", "{team: DES}").await.data();
    for project in ["Auth System", "design system"] {
        let params = format!("{{project: {project}}}");
        assert_eq!(workspace.call("get_project", &params).await.calls(), 0);
    }
    let fresh = "{refresh_cache: true}";
    assert_eq!(workspace.call("list_projects", fresh).await.calls(), 1);
}

#[tokio::test]
async fn every_filter_at_once_costs_less_than_linear_allows() {
    let workspace = TestWorkspace::new().await;
    let params = "{team: Engineering, state: planned, lead: me, member: me, labels: Q1, query: auth, \
        initiative: Trustworthy accounts, health: [onTrack, none], created_after: 2024-01-01, \
        due_before: 2026-01-01, limit: 250, include_archived: true, detail: full}";
    let answer = workspace.call("list_projects", params).await;
    assert_eq!(
        (names(&answer), answer.calls()),
        (vec!["Auth System".to_owned()], 1)
    );
}

#[tokio::test]
async fn a_filter_that_means_nothing_is_an_error_of_its_own() {
    let workspace = TestWorkspace::new().await;
    for (params, name) in [
        (
            "{initiative: Trustworthy acounts}",
            "projects_initiative_missing",
        ),
        ("{state: Shipped}", "projects_status_missing"),
        ("{lead: jon}", "projects_lead_missing"),
    ] {
        snapshot(name, &workspace.yaml("list_projects", params).await);
    }
    let team = workspace.call("list_projects", "{team: Sales}").await;
    assert_eq!(team.code(), "TEAM_NOT_FOUND");
}

#[tokio::test]
async fn the_issues_of_an_archived_project_of_the_same_name_are_not_listed() {
    let workspace = TestWorkspace::new().await;
    let legacy = workspace.id("Project", "name", "Legacy Portal");
    let auth = workspace.id("Project", "name", "Auth System");
    let mut moved = None;
    workspace.sandbox.edit(|store| {
        let mut namesake = store.get("Project", &legacy).unwrap().clone();
        namesake.insert("name".to_owned(), "Auth System".into());
        store.put("Project", namesake);
        let mut issue = store.find("Issue", "projectId", &auth).unwrap().clone();
        issue.insert("projectId".to_owned(), legacy.as_str().into());
        moved = issue.get("title").cloned();
        store.put("Issue", issue);
    });
    let moved = moved.unwrap();
    let params = "{project: Auth System, include_archived: true}";
    let cold = workspace.call("list_issues", params).await;
    let warm = workspace.call("list_issues", params).await;
    let rows = cold.data()["issues"].as_array().unwrap();
    assert!(!rows.is_empty() && rows.iter().all(|row| row["title"] != moved));
    assert_eq!(cold.data(), warm.data());
    assert_eq!((cold.calls(), warm.calls()), (2, 1));
}

/// Values of each filter, with the projects that it finds and the number of requests that it takes once the session cache
/// has the names and the list of all projects. A pair of filters finds the projects that both find.
const FILTERS: &[(&str, &[&str], u64)] = &[
    ("team: [ENG, Operations]", &["Auth System", "Mobile App"], 0),
    (
        "state: [planned, Backlog]",
        &["Auth System", "Mobile Look"],
        0,
    ),
    ("lead: [me, none]", &["Auth System", "Mobile App"], 0),
    (
        "lead: jane@example.com",
        &["Design System", "Mobile Look"],
        0,
    ),
    ("member: [John Doe]", &["Auth System", "Design System"], 1),
    (
        "members: [me, Jane Smith]",
        &["Auth System", "Design System", "Mobile Look"],
        1,
    ),
    ("labels: Q1", &["Auth System", "Design System"], 0),
    ("labels: [q1, Quarter/Q2]", &["Design System"], 0),
    ("label: quarter", &["Design System"], 1),
    ("labels: null", &["Mobile App", "Mobile Look"], 0),
    ("initiative: design for all", &["Design System"], 1),
    (
        "initiative: [Trustworthy accounts, Design for all]",
        &["Auth System", "Design System"],
        1,
    ),
    ("health: on track", &["Auth System"], 1),
    (
        "health: [at_risk, OFF-TRACK]",
        &["Design System", "Mobile App"],
        1,
    ),
    ("health: null", &["Mobile Look"], 1),
    (
        "health: [none, onTrack]",
        &["Auth System", "Mobile Look"],
        1,
    ),
    ("query: mobile", &["Mobile App", "Mobile Look"], 0),
    ("created_after: 2025-01-01", &["Design System"], 0),
    (
        "created_before: -P30D",
        &["Auth System", "Mobile App", "Mobile Look"],
        0,
    ),
    ("updated_after: -P7D", &["Design System", "Mobile App"], 1),
    (
        "updated_before: '2025-01-02T12:00:00Z'",
        &["Auth System", "Mobile Look"],
        1,
    ),
    ("started_after: 2025-01-10", &["Mobile App"], 1),
    ("started_before: 2025-01-10", &["Design System"], 1),
    ("completed_after: 2025-01-01", &["Mobile Look"], 1),
    ("completed_before: 2025-01-01", &[], 1),
    (
        "due_after: 2025-02-01",
        &["Auth System", "Design System"],
        0,
    ),
    ("target_date_before: P30D", &["Design System"], 0),
];

/// A workspace at ten o'clock on 2025-01-16 with projects that differ in everything that filters are about. The label
/// `Q2` is retired.
async fn various() -> TestWorkspace {
    let clock = Clock::new(|| 1_737_021_600_000, || Clock::system().new_id());
    let workspace = TestWorkspace::with_clock(clock, |_| {}).await;
    let jane = workspace.id("User", "name", "Jane Smith");
    let john = workspace.id("User", "name", "John Doe");
    let quarter = "00000000-0000-4000-8000-00000000f001";
    let q2 = "00000000-0000-4000-8000-00000000f002";
    workspace.sandbox.edit(|store| {
        let q1 = store.find("ProjectLabel", "name", "Q1").unwrap().clone();
        for (id, name, is_group, parent, retired_at) in [
            (quarter, "Quarter", true, None, None),
            (q2, "Q2", false, Some(quarter), Some("2025-01-10T00:00:00.000Z")),
        ] {
            let mut label = q1.clone();
            for (field, value) in [
                ("id", json!(id)),
                ("name", json!(name)),
                ("isGroup", json!(is_group)),
                ("parentId", json!(parent)),
                ("retiredAt", json!(retired_at)),
            ] {
                label.insert(field.to_owned(), value);
            }
            store.put("ProjectLabel", label);
        }
        let design = store.find("Project", "name", "Design System").unwrap()["id"].clone();
        let mut initiative = store
            .find("Initiative", "name", "Trustworthy accounts")
            .unwrap()
            .clone();
        for (field, value) in [
            ("id", json!("00000000-0000-4000-8000-00000000f003")),
            ("name", json!("Design for all")),
            ("projectIds", json!([design])),
        ] {
            initiative.insert(field.to_owned(), value);
        }
        store.put("Initiative", initiative);
        for (field, value, fields) in [
            (
                "name",
                "Auth System",
                json!({"updatedAt": "2024-12-20T00:00:00.000Z"}),
            ),
            (
                "name",
                "Design System",
                json!({
                    "createdAt": "2025-01-01T00:00:00.000Z", "updatedAt": "2025-01-12T00:00:00.000Z",
                    "targetDate": "2025-02-01", "health": "atRisk",
                    "memberIds": [jane, john], "labelIds": [q1["id"], q2],
                }),
            ),
            (
                "description",
                "The app itself",
                json!({
                    "updatedAt": "2025-01-15T00:00:00.000Z", "startedAt": "2025-01-10T00:00:00.000Z",
                    "health": "offTrack",
                }),
            ),
            (
                "description",
                "How the app looks",
                json!({
                    "name": "Mobile Look", "updatedAt": "2025-01-02T08:00:00.000Z",
                    "completedAt": "2025-01-05T00:00:00.000Z",
                }),
            ),
        ] {
            let id = store.find("Project", field, value).unwrap()["id"].clone();
            let project = store.get_mut("Project", id.as_str().unwrap()).unwrap();
            project.extend(fields.as_object().unwrap().clone());
        }
    });
    workspace
}

fn sorted_names(answer: &Answer) -> Vec<String> {
    let mut names = names(answer);
    names.sort();
    names
}

#[tokio::test]
async fn each_filter_finds_its_projects_in_one_request_cold_and_at_most_one_warm() {
    let workspace = various().await;
    let mut wrong = Vec::new();
    for (filter, expected, warm_calls) in FILTERS {
        let session = workspace.another_session();
        for calls in [1, *warm_calls] {
            let answer = call(&session, "list_projects", &format!("{{{filter}}}")).await;
            let found = sorted_names(&answer);
            if found != *expected || answer.calls() != calls {
                let calls = answer.calls();
                wrong.push(format!("{filter}: {found:?} in {calls} requests"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_pair_of_filters_finds_the_projects_that_both_find() {
    let workspace = various().await;
    for (filter, ..) in FILTERS {
        workspace
            .call("list_projects", &format!("{{{filter}}}"))
            .await
            .data();
    }
    let key = |filter: &str| {
        filter
            .split(':')
            .next()
            .unwrap()
            .trim_end_matches('s')
            .to_owned()
    };
    let mut sizes = BTreeSet::new();
    for (index, (one, ones, one_calls)) in FILTERS.iter().enumerate() {
        for (other, others, other_calls) in FILTERS.iter().skip(index + 1) {
            if key(one) == key(other) {
                continue;
            }
            let both = ones.iter().filter(|name| others.contains(name));
            let expected: Vec<&str> = both.copied().collect();
            let filters = format!("{{{one}, {other}}}");
            let answer = workspace.call("list_projects", &filters).await;
            assert_eq!(sorted_names(&answer), expected, "{filters}");
            assert_eq!(answer.calls(), *one_calls.max(other_calls), "{filters}");
            sizes.insert(expected.len());
        }
        // A cold session looks the names of both filters up.
        let (other, others, _) = &FILTERS[(index + 5) % FILTERS.len()];
        if key(one) != key(other) {
            let both = ones.iter().filter(|name| others.contains(name));
            let expected: Vec<&str> = both.copied().collect();
            let filters = format!("{{{one}, {other}}}");
            let answer = call(&workspace.another_session(), "list_projects", &filters).await;
            assert_eq!(sorted_names(&answer), expected, "{filters}");
            assert_eq!(answer.calls(), 1, "{filters}");
        }
    }
    assert_eq!(sizes, BTreeSet::from([0, 1, 2]));
}

#[tokio::test]
async fn a_name_that_means_nothing_fails_in_each_filter_of_projects() {
    let workspace = various().await;
    for (filter, code) in [
        ("team: [ENG, Nowhere]", "TEAM_NOT_FOUND"),
        ("state: [planned, Shipped]", "STATUS_NOT_FOUND"),
        ("lead: [me, nobody@example.com]", "USER_NOT_FOUND"),
        ("member: nobody@example.com", "USER_NOT_FOUND"),
        ("labels: [Q1, bug]", "LABEL_NOT_FOUND"),
        ("labels: [Quarter/Q9]", "LABEL_NOT_FOUND"),
        (
            "initiative: [Trustworthy accounts, Nothing]",
            "INITIATIVE_NOT_FOUND",
        ),
    ] {
        for session in [&workspace.another_session(), &workspace.session] {
            let answer = call(session, "list_projects", &format!("{{{filter}}}")).await;
            assert_eq!(answer.code(), code, "{filter}");
            assert!(!answer.texts("/error/suggestions").is_empty(), "{filter}");
            assert!(answer.calls() <= 1, "{filter}");
        }
    }
    workspace.take_requests();
    for (filter, code) in [
        ("team: []", "INVALID_PARAM"),
        ("state: []", "INVALID_PARAM"),
        ("lead: []", "INVALID_PARAM"),
        ("member: []", "INVALID_PARAM"),
        ("member: null", "INVALID_PARAM"),
        ("initiative: []", "INVALID_PARAM"),
        ("health: []", "INVALID_PARAM"),
        ("health: green", "INVALID_PARAM"),
        ("health: [onTrack, outdated]", "INVALID_PARAM"),
        ("created_before: P7D", "INVALID_DATE_FORMAT"),
        ("due_after: soon", "INVALID_DATE_FORMAT"),
    ] {
        let answer = workspace
            .call("list_projects", &format!("{{{filter}}}"))
            .await;
        assert_eq!(answer.code(), code, "{filter}");
    }
    assert!(workspace.take_requests().is_empty());
}

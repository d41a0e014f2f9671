use std::collections::BTreeSet;

use serde_json::Value;

use super::{Size, measure_size, workspace};
use crate::sandbox::input::is_uuid_v4;
use crate::sandbox::store::{Record, Store, text};
use crate::sandbox::{identifier, markdown};

const KINDS: [&str; 19] = [
    "Organization",
    "User",
    "Team",
    "WorkflowState",
    "IssueLabel",
    "ProjectLabel",
    "ProjectStatus",
    "Project",
    "ProjectMilestone",
    "ProjectUpdate",
    "Initiative",
    "Cycle",
    "Document",
    "Template",
    "Issue",
    "Comment",
    "Attachment",
    "IssueHistory",
    "CustomView",
];

fn everything(store: &Store) -> impl Iterator<Item = &Record> {
    KINDS
        .into_iter()
        .chain(["IssueRelation"])
        .flat_map(|kind| store.all(kind))
}

/// Returns all ids in the foreign keys of a record.
fn mentioned(record: &Record) -> Vec<String> {
    let keys = record
        .iter()
        .filter(|(field, _)| field.ends_with("Id") || field.ends_with("Ids"))
        .filter(|(field, _)| !matches!(field.as_str(), "slugId" | "documentContentId"));
    keys.flat_map(|(_, value)| match value {
        Value::Array(ids) => ids.clone(),
        other => vec![other.clone()],
    })
    .filter(|id| !id.is_null())
    .map(|id| id.as_str().unwrap_or("not a text").to_owned())
    .collect()
}

fn standard() -> Store {
    workspace(Size::STANDARD)
}

/// A workspace of the size that the prefetch has to cope with.
const LARGE: Size = Size {
    teams: 60,
    labels: 1_200,
    users: 600,
    projects: 400,
    issues: 500,
};

#[test]
fn every_reference_names_a_record() {
    check_references(&standard());
    check_references(&workspace(LARGE));
}

fn check_references(store: &Store) {
    let ids: BTreeSet<&str> = everything(store)
        .filter_map(|record| text(record, "id"))
        .collect();
    assert!(ids.iter().all(|id| is_uuid_v4(id)));
    for record in everything(store) {
        for id in mentioned(record) {
            assert!(ids.contains(id.as_str()), "{id:?} in {record:?}");
        }
    }
}

#[test]
fn two_runs_are_the_same() {
    let (one, other) = (standard(), standard());
    assert!(everything(&one).eq(everything(&other)));
    assert!(everything(&one).count() > 390);
}

#[test]
fn texts_are_stored_as_linear_gives_them_back() {
    let store = standard();
    let fields = [
        ("Issue", "description"),
        ("Comment", "body"),
        ("Document", "content"),
    ];
    for (kind, field) in fields {
        for record in store.all(kind) {
            let stored = text(record, field).unwrap_or_default();
            assert_eq!(markdown::normalise(stored), stored);
        }
    }
    let issue = identifier::issue(&store, "PSN-123").unwrap();
    let description = text(issue, "description").unwrap();
    assert!(
        description.contains("<!-- ccpm-checklist-start -->\n* [X] Design the session table\n")
    );
}

#[test]
fn a_workspace_is_as_large_as_it_was_ordered_and_keeps_what_the_standard_one_has() {
    assert_eq!(measure_size(&standard()), Size::STANDARD);
    for size in [LARGE, Size::STANDARD.times(10)] {
        let store = workspace(size);
        assert_eq!(measure_size(&store), size);
        for record in everything(&standard()) {
            let id = text(record, "id").unwrap();
            let same = everything(&store).any(|other| text(other, "id") == Some(id));
            assert!(same, "{record:?}");
        }
    }
    let less = Size {
        teams: 0,
        issues: 0,
        ..LARGE
    };
    let standard = Size::STANDARD;
    let expected = Size {
        teams: standard.teams,
        issues: standard.issues,
        ..LARGE
    };
    assert_eq!(measure_size(&workspace(less)), expected);
}

#[test]
fn no_two_records_of_a_larger_workspace_share_a_name_that_must_be_ones_own() {
    let store = workspace(LARGE);
    for (kind, field) in [("Team", "key"), ("User", "email"), ("Issue", "identifier")] {
        let names: BTreeSet<&str> = store.all(kind).filter_map(|one| text(one, field)).collect();
        assert_eq!(names.len(), store.all(kind).count(), "{kind}.{field}");
    }
}

#[test]
fn nothing_was_made_after_the_clock() {
    check_moments(standard());
    check_moments(workspace(LARGE));
}

fn check_moments(mut store: Store) {
    let now = crate::sandbox::time::now(&mut store);
    for record in everything(&store) {
        for field in [
            "createdAt",
            "updatedAt",
            "startedAt",
            "completedAt",
            "canceledAt",
        ] {
            let moment = text(record, field).unwrap_or_default();
            assert!(moment < now.as_str(), "{field} {moment} of {record:?}");
        }
        assert!(
            text(record, "createdAt").unwrap() <= text(record, "updatedAt").unwrap(),
            "{record:?}"
        );
    }
}

#[test]
fn the_cycle_of_the_clocks_day_is_on() {
    let store = standard();
    let flag = |cycle: &Record, field: &str| cycle.get(field) == Some(&Value::Bool(true));
    let number = |field: &str| {
        let cycle = store.all("Cycle").find(|cycle| flag(cycle, field)).unwrap();
        cycle.get("number").and_then(Value::as_f64)
    };
    assert_eq!(number("isPrevious"), Some(11.0));
    assert_eq!(number("isActive"), Some(12.0));
    assert_eq!(number("isNext"), Some(13.0));
    let engineering = store.find("Team", "key", "ENG").unwrap();
    let active = store
        .all("Cycle")
        .find(|cycle| flag(cycle, "isActive"))
        .unwrap();
    assert_eq!(text(engineering, "activeCycleId"), text(active, "id"));
}

#[test]
fn the_awkward_cases_are_there() {
    let store = standard();
    let named = |kind: &str, name: &str| {
        let has_name = |record: &&Record| text(record, "name") == Some(name);
        store.all(kind).filter(has_name).count()
    };
    assert_eq!(named("IssueLabel", "frontend"), 2);
    assert_eq!(named("Project", "Mobile App"), 2);
    let labels = store.all("IssueLabel").count();
    assert!(labels > 250, "{labels} labels fit on one page");
    let johns = store
        .all("User")
        .filter(|user| text(user, "name").unwrap().starts_with("John "));
    assert_eq!(johns.count(), 2);
}

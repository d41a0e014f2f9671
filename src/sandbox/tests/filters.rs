//! Point 7: filters, on any entity and as deep as the schema allows.

use serde_json::{Value, json};

use super::fixture::{self, ANN, API, BOB, BUG, DONE, issue_id};
use super::{ask, column, data, error, read, send};
use crate::sandbox::Sandbox;
use crate::sandbox::schema::LinearSchema;

/// The numbers of the issues that pass a filter, newest first.
fn numbers(filter: &Value) -> Vec<i64> {
    numbers_in(&fixture::sandbox(), filter)
}

/// The numbers of the issues of a workspace that pass a filter, newest first.
fn numbers_in(sandbox: &Sandbox, filter: &Value) -> Vec<i64> {
    let query = "query($f: IssueFilter) { issues(filter: $f) { nodes { number } } }";
    let answer = read(&send(sandbox, query, &json!({ "f": filter })));
    assert_eq!(answer.get("errors"), None, "{answer}");
    let numbers = column(&answer["data"]["issues"], "number");
    numbers
        .iter()
        .map(|number| number.as_i64().unwrap())
        .collect()
}

#[test]
fn point_7_eq_and_in_tell_upper_from_lower_case() {
    assert_eq!(numbers(&json!({ "title": { "eq": "Fix login" } })), [1]);
    assert_eq!(
        numbers(&json!({ "title": { "eq": "fix login" } })),
        [0_i64; 0]
    );
    assert_eq!(
        numbers(&json!({ "title": { "in": ["Fix login", "FIX LOGOUT"] } })),
        [1]
    );
    assert_eq!(
        numbers(&json!({ "title": { "eqIgnoreCase": "FIX LOGOUT" } })),
        [2]
    );
    assert_eq!(numbers(&json!({ "title": { "startsWith": "Fix" } })), [1]);
    assert_eq!(
        numbers(&json!({ "title": { "startsWithIgnoreCase": "Fix" } })),
        [2, 1]
    );
    assert_eq!(
        numbers(&json!({ "title": { "contains": "Login" } })),
        [0_i64; 0]
    );
    assert_eq!(
        numbers(&json!({ "title": { "containsIgnoreCase": "Login" } })),
        [5, 1]
    );
    assert_eq!(
        numbers(&json!({ "title": { "containsIgnoreCaseAndAccent": "cafe" } })),
        [3]
    );
    assert_eq!(numbers(&json!({ "title": { "notContains": "o" } })), [3]);
    assert_eq!(
        numbers(&json!({ "title": { "nin": ["Fix login", "fix logout"] } })),
        [5, 3]
    );
    assert_eq!(numbers(&json!({ "title": { "endsWith": "n" } })), [1]);
}

#[test]
fn point_7_numbers_are_compared_as_numbers() {
    assert_eq!(numbers(&json!({ "number": { "in": [1, 3, 99] } })), [3, 1]);
    assert_eq!(
        numbers(&json!({ "priority": { "gte": 1, "lt": 3 } })),
        [2, 1]
    );
    assert_eq!(numbers(&json!({ "priority": { "neq": 0 } })), [5, 2, 1]);
}

#[test]
fn point_7_and_or_and_their_nesting() {
    let or = json!({ "or": [{ "number": { "eq": 1 } }, { "number": { "eq": 3 } }] });
    assert_eq!(numbers(&or), [3, 1]);
    let and = json!({ "and": [or, { "or": [{ "priority": { "eq": 0 } }] }] });
    assert_eq!(numbers(&and), [3]);
    assert_eq!(numbers(&json!({ "or": [], "number": { "eq": 2 } })), [2]);
}

#[test]
fn point_7_null_asks_whether_a_relation_or_a_value_is_there() {
    assert_eq!(numbers(&json!({ "assignee": { "null": true } })), [5, 3]);
    assert_eq!(numbers(&json!({ "assignee": { "null": false } })), [2, 1]);
    assert_eq!(numbers(&json!({ "dueDate": { "null": false } })), [1]);
    let nobody_or_ann =
        json!({ "assignee": { "or": [{ "null": true }, { "id": { "eq": ANN } }] } });
    assert_eq!(numbers(&nobody_or_ann), [5, 3, 1]);
    assert_eq!(
        numbers(&json!({ "parent": { "id": { "eq": issue_id(1) } } })),
        [2]
    );
    assert_eq!(
        numbers(&json!({ "assignee": { "id": { "neq": ANN } } })),
        [2]
    );
    // A client may write the options that it leaves out as null; they filter nothing.
    assert_eq!(
        numbers(&json!({ "assignee": null, "title": { "eq": null } })),
        [5, 3, 2, 1]
    );
}

#[test]
fn point_7_some_every_length_and_bare_keys_of_collections() {
    assert_eq!(
        numbers(&json!({ "labels": { "name": { "eq": "Bug" } } })),
        [2, 1]
    );
    assert_eq!(
        numbers(&json!({ "labels": { "some": { "id": { "eq": API } } } })),
        [5, 1]
    );
    let both = json!({ "labels": { "and": [{ "some": { "id": { "eq": API } } }, { "some": { "id": { "eq": BUG } } }] } });
    assert_eq!(numbers(&both), [1]);
    assert_eq!(
        numbers(&json!({ "labels": { "every": { "name": { "neq": "Bug" } } } })),
        [5, 3]
    );
    assert_eq!(
        numbers(&json!({ "labels": { "length": { "eq": 0 } } })),
        [3]
    );
    // Keys beside each other are about the same label, and no label without a team is called api.
    let filter = json!({ "labels": { "name": { "eq": "api" }, "team": { "null": true } } });
    assert_eq!(numbers(&filter), [0_i64; 0]);
    assert_eq!(
        numbers(&json!({ "children": { "number": { "eq": 2 } } })),
        [1]
    );
}

#[test]
fn point_7_dates_and_durations_from_now() {
    // The clock stands at 2025-01-16T10:00; ENG-1 was created on the 6th, ENG-5 on the 10th.
    assert_eq!(
        numbers(&json!({ "createdAt": { "gt": "-P8DT1H" } })),
        [5, 3]
    );
    assert_eq!(
        numbers(&json!({ "createdAt": { "lte": "2025-01-06T10:00:00Z" } })),
        [1]
    );
    assert_eq!(numbers(&json!({ "dueDate": { "lt": "P1W" } })), [1]);
    assert_eq!(numbers(&json!({ "dueDate": { "eq": "2025-01-20" } })), [1]);
    let answer = ask(
        &fixture::sandbox(),
        r#"{ issues(filter: { createdAt: { gt: "soon" } }) { nodes { id } } }"#,
    );
    assert_eq!(
        error(&answer)["extensions"]["validationErrors"][0]["property"],
        "gt"
    );
}

#[test]
fn point_7_relations_content_and_ancestors() {
    assert_eq!(
        numbers(&json!({ "hasBlockingRelations": { "eq": true } })),
        [1]
    );
    assert_eq!(
        numbers(&json!({ "hasBlockedByRelations": { "eq": true } })),
        [2]
    );
    assert_eq!(
        numbers(&json!({ "searchableContent": { "contains": "züge" } })),
        [1]
    );
    assert_eq!(
        numbers(&json!({ "searchableContent": { "notContains": "login" } })),
        [3, 2]
    );
    let answer = data(
        &fixture::sandbox(),
        r#"{ teams(filter: { ancestors: { some: { key: { eq: "ENG" } } } }) { nodes { key } }
             users(filter: { isMe: { eq: true } }) { nodes { name } }
             workflowStates(filter: { team: { key: { eqIgnoreCase: "eng" } }, type: { eq: "completed" } }) { nodes { name } } }"#,
    );
    assert_eq!(column(&answer["teams"], "key"), ["DES"]);
    assert_eq!(column(&answer["users"], "name"), ["Ann"]);
    assert_eq!(column(&answer["workflowStates"], "name"), ["Done"]);
}

#[test]
fn point_7_an_unknown_key_is_a_validation_error() {
    let sandbox = fixture::sandbox();
    let inline = send(
        &sandbox,
        r#"{ issues(filter: { identifier: { eq: "ENG-1" } }) { nodes { id } } }"#,
        &json!({}),
    );
    assert_eq!(inline.status, 400);
    assert_eq!(
        error(&read(&inline))["extensions"]["code"],
        "GRAPHQL_VALIDATION_FAILED"
    );
    let query = "query($f: IssueFilter) { issues(filter: $f) { nodes { id } } }";
    let variable = send(
        &sandbox,
        query,
        &json!({ "f": { "title": { "inIgnoreCase": ["x"] } } }),
    );
    assert_eq!(variable.status, 400);
    assert_eq!(
        error(&read(&variable))["extensions"]["code"],
        "GRAPHQL_VALIDATION_FAILED"
    );
}

#[test]
fn point_7_a_key_the_stand_in_cannot_answer_is_refused_by_name() {
    let query = "{ issues(filter: { or: [{ ageTime: { lt: \"P1D\" } }] }) { nodes { id } } }";
    let answer = ask(&fixture::sandbox(), query);
    assert_eq!(
        error(&answer)["message"],
        "IssueFilter.ageTime is not modelled by the stand-in"
    );
}

#[test]
fn projects_are_filtered_by_health_and_by_having_none() {
    let sandbox = Sandbox::new();
    let query = "query($f: ProjectFilter) { projects(filter: $f) { nodes { name } } }";
    let send = |filter: &Value| read(&send(&sandbox, query, &json!({ "f": filter })));
    let names = |filter: &Value| column(&send(filter)["data"]["projects"], "name");
    assert_eq!(
        names(&json!({ "health": { "in": ["onTrack", "atRisk"] } })),
        ["Auth System"]
    );
    assert_eq!(
        names(&json!({ "healthWithAge": { "eq": "noUpdate" } })),
        ["Mobile App", "Mobile App", "Design System"]
    );
    assert_eq!(
        names(&json!({ "healthWithAge": { "neq": "noUpdate" } })),
        ["Auth System"]
    );
    let outdated = send(&json!({ "healthWithAge": { "in": ["outdated"] } }));
    assert_eq!(
        error(&outdated)["message"],
        "ProjectFilter.healthWithAge: outdated is not modelled by the stand-in"
    );
}

/// Writes a field of the issue with this number.
fn set(sandbox: &Sandbox, number: u32, field: &str, value: Value) {
    sandbox.edit(|store| {
        let issue = store.get_mut("Issue", &issue_id(number)).unwrap();
        issue.insert(field.to_owned(), value);
    });
}

#[test]
fn a_blocker_counts_while_it_is_open() {
    let sandbox = fixture::sandbox();
    let blocked = |is_blocked: bool| json!({ "hasBlockedByRelations": { "eq": is_blocked } });
    assert_eq!(numbers_in(&sandbox, &blocked(true)), [2]);
    assert_eq!(numbers_in(&sandbox, &blocked(false)), [5, 3, 1]);
    let not_blocked = json!({ "hasBlockedByRelations": { "neq": true } });
    assert_eq!(numbers_in(&sandbox, &not_blocked), [5, 3, 1]);
    set(&sandbox, 1, "stateId", json!(DONE));
    assert_eq!(numbers_in(&sandbox, &blocked(true)), [0_i64; 0]);
    let blocking = json!({ "hasBlockingRelations": { "eq": true } });
    assert_eq!(numbers_in(&sandbox, &blocking), [1]);
}

#[test]
fn related_issues_count_at_both_ends_and_duplicates_at_their_own() {
    let sandbox = fixture::sandbox();
    let set_type = |name: &str| {
        sandbox.edit(|store| {
            let id = "00000000-0000-4000-8000-0000000000f1";
            let relation = store.get_mut("IssueRelation", id).unwrap();
            relation.insert("type".to_owned(), json!(name));
        });
    };
    let related = json!({ "hasRelatedRelations": { "eq": true } });
    let duplicate = json!({ "hasDuplicateRelations": { "eq": true } });
    assert_eq!(numbers_in(&sandbox, &related), [0_i64; 0]);
    set_type("related");
    assert_eq!(numbers_in(&sandbox, &related), [2, 1]);
    assert_eq!(numbers_in(&sandbox, &duplicate), [0_i64; 0]);
    set_type("duplicate");
    assert_eq!(numbers_in(&sandbox, &duplicate), [1]);
    assert_eq!(numbers_in(&sandbox, &related), [0_i64; 0]);
}

#[test]
fn people_and_families_are_filtered_by() {
    let sandbox = fixture::sandbox();
    set(&sandbox, 3, "subscriberIds", json!([ANN, BOB]));
    set(&sandbox, 5, "subscriberIds", json!([BOB]));
    set(&sandbox, 5, "delegateId", json!(BOB));
    for (filter, expected) in [
        (
            json!({ "subscribers": { "id": { "eq": BOB } } }),
            vec![5, 3],
        ),
        (
            json!({ "subscribers": { "some": { "isMe": { "eq": true } } } }),
            vec![3],
        ),
        (
            json!({ "subscribers": { "length": { "eq": 0 } } }),
            vec![2, 1],
        ),
        (json!({ "delegate": { "name": { "eq": "Bob" } } }), vec![5]),
        (json!({ "delegate": { "null": true } }), vec![3, 2, 1]),
        (json!({ "children": { "length": { "gt": 0 } } }), vec![1]),
        (
            json!({ "children": { "some": { "assignee": { "name": { "eq": "Bob" } } } } }),
            vec![1],
        ),
        (json!({ "parent": { "null": true } }), vec![5, 3, 1]),
        (
            json!({ "parent": { "children": { "length": { "eq": 1 } } } }),
            vec![2],
        ),
    ] {
        assert_eq!(numbers_in(&sandbox, &filter), expected, "{filter}");
    }
}

#[test]
fn a_duration_leads_to_a_day_where_dates_have_no_time() {
    // The clock stands at 2025-01-16T10:00, and ENG-1 is due on the 20th.
    let due =
        |operator: &str, duration: &str| numbers(&json!({ "dueDate": { operator: duration } }));
    assert_eq!(due("eq", "P4D"), [1]);
    assert_eq!(due("gte", "P4D"), [1]);
    assert_eq!(due("gt", "P4D"), [0_i64; 0]);
    assert_eq!(due("lte", "P7D"), [1]);
    assert_eq!(due("gt", "-P1D"), [1]);
    let sandbox = fixture::sandbox();
    set(&sandbox, 1, "dueDate", json!("2025-01-16"));
    let overdue = json!({ "dueDate": { "lt": "P0D" } });
    assert_eq!(numbers_in(&sandbox, &overdue), [0_i64; 0]);
    let snoozed = json!("2025-01-18T10:00:00.000Z");
    set(&sandbox, 2, "snoozedUntilAt", snoozed);
    let wakes = |duration: &str| json!({ "snoozedUntilAt": { "gt": "P0D", "lte": duration } });
    assert_eq!(numbers_in(&sandbox, &wakes("P1D")), [0_i64; 0]);
    assert_eq!(numbers_in(&sandbox, &wakes("P2D")), [2]);
}

#[test]
fn the_status_of_an_agreement_follows_from_its_moments() {
    let sandbox = fixture::sandbox();
    set(
        &sandbox,
        1,
        "slaBreachesAt",
        json!("2025-01-15T10:00:00.000Z"),
    );
    set(
        &sandbox,
        2,
        "slaBreachesAt",
        json!("2025-01-17T10:00:00.000Z"),
    );
    set(
        &sandbox,
        2,
        "slaHighRiskAt",
        json!("2025-01-16T09:00:00.000Z"),
    );
    let status = |name: &str| json!({ "slaStatus": { "eq": name } });
    assert_eq!(numbers_in(&sandbox, &status("Breached")), [1]);
    assert_eq!(numbers_in(&sandbox, &status("HighRisk")), [2]);
    assert_eq!(
        numbers_in(&sandbox, &json!({ "slaStatus": { "null": true } })),
        [5, 3]
    );
}

#[test]
fn every_key_of_the_issue_filter_is_evaluated_or_refused_by_name() {
    let api = LinearSchema::embedded();
    let sandbox = fixture::sandbox();
    let query = "query($f: IssueFilter) { issues(filter: $f) { nodes { id } } }";
    let mut refused = Vec::new();
    for (key, field) in &api.parsed().get_input_object("IssueFilter").unwrap().fields {
        let inner = field.ty.inner_named_type().as_str();
        let operand = match api.input_type(inner, "null") {
            Some(_) => json!({ "null": true }),
            None => json!({}),
        };
        let answer = read(&send(
            &sandbox,
            query,
            &json!({ "f": { key.as_str(): operand } }),
        ));
        if answer.get("errors").is_some() {
            let refusal = format!("IssueFilter.{key} is not modelled by the stand-in");
            assert_eq!(error(&answer)["message"], refusal);
            refused.push(key.as_str());
        }
    }
    let expected = [
        "accumulatedStateUpdatedAt",
        "addedToCyclePeriod",
        "ageTime",
        "customerCount",
        "customerImportantCount",
        "cycleTime",
        "leadTime",
        "sharedWith",
        "sourceMetadata",
        "triageTime",
    ];
    assert_eq!(refused, expected);
}

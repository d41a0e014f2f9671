//! `get_issue_history`.

use linear_ops::clock::Clock;
use linear_ops::engine::{self, Catalog};
use linear_ops::request;
use linear_ops::sandbox::Act;
use linear_ops::sandbox::refusal::Refusal;
use linear_ops::sandbox::store::Record;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::failures::script_acts;
use crate::support::{Answer, TestWorkspace, snapshot};

/// Returns a workspace whose session takes the moment of the seed, 2025-01-16T10:00:00Z, for the present.
async fn at_the_seed() -> TestWorkspace {
    let clock = Clock::new(|| 1_737_021_600_000, || Clock::system().new_id());
    TestWorkspace::with_clock(clock, |_| {}).await
}

/// Calls the operation.
async fn history(workspace: &TestWorkspace, params: &str) -> Answer {
    workspace.call("get_issue_history", params).await
}

/// The changed fields, oldest first.
fn fields(answer: &Answer) -> Vec<String> {
    answer.column("history", "field")
}

/// Writes entries into the history of an issue, each with these fields and a minute after the one before.
fn write(workspace: &TestWorkspace, identifier: &str, entries: impl IntoIterator<Item = Value>) {
    workspace.sandbox.edit(|store| {
        let issue = store.find("Issue", "identifier", identifier).unwrap();
        let issue_id = issue["id"].clone();
        for (minute, entry) in entries.into_iter().enumerate() {
            let at = format!("2025-01-15T{:02}:{:02}:00.000Z", minute / 60, minute % 60);
            let mut record: Record = entry.as_object().unwrap().clone();
            record.insert("id".into(), store.new_id().into());
            record.insert("issueId".into(), issue_id.clone());
            record
                .entry("createdAt")
                .or_insert_with(|| at.clone().into());
            record.insert("updatedAt".into(), at.into());
            store.put("IssueHistory", record);
        }
    });
}

#[tokio::test]
async fn the_history_as_it_is_shown() {
    let workspace = at_the_seed().await;
    for (name, params) in [
        ("history", "{issue_id: PSN-123}"),
        (
            "history_everything",
            "{issue_id: PSN-123, include_comments: true, time_in_state: true, detail: full}",
        ),
        ("history_path", "{issue_id: ENG-226, time_in_state: true}"),
        (
            "history_table",
            "{issue_id: ENG-226, format: table, include_comments: true}",
        ),
        (
            "history_brief",
            "{issue_id: ENG-226, detail: brief, limit: 2}",
        ),
        ("history_picked", "{issue_id: PSN-123, fields: [field, to]}"),
        (
            "history_states_only",
            "{issue_id: ENG-226, include_history: false, time_in_state: true}",
        ),
        ("history_none", "{issue_id: DES-12}"),
        ("history_issue_missing", "{issue_id: PSN-999}"),
    ] {
        snapshot(name, &workspace.yaml("get_issue_history", params).await);
        assert_eq!(workspace.take_requests().len(), 1, "{name}");
    }
}

/// CCPM shows a history with comments, and looks for the state before the last change of the state to go back to it.
#[tokio::test]
async fn the_consumer_reads_a_history_and_rolls_a_state_back() {
    let workspace = TestWorkspace::new().await;
    let request = "operation: get_issue_history\nparams:\n  issueId: \"psn-123\"\n  includeComments: true\n  \
                   includeHistory: true\n  detail: full\ncontext:\n  cache: false\n  command: \"history\"\n";
    let answer = workspace.answer(request).await;
    assert_eq!(answer.data()["issue"]["creator"]["name"], "John Doe");
    assert_eq!(answer.data()["issue"]["created_at"], "2025-01-06T09:49:48Z");
    let comments = workspace
        .call("list_comments", "{issue_id: PSN-123, detail: full}")
        .await;
    assert_eq!(answer.data()["comments"], comments.data()["comments"]);
    let rows = answer.data()["history"].as_array().unwrap();
    let of_state = rows.iter().filter(|row| row["field"] == "state");
    let told: Vec<_> = of_state
        .map(|row| (&row["fromValue"], &row["toValue"], &row["actor"]["name"]))
        .collect();
    let names = ["Backlog", "Todo", "In Progress", "John Doe"].map(Value::from);
    let [backlog, todo, progress, john] = &names;
    assert_eq!(told, [(backlog, todo, john), (todo, progress, john)]);
    assert!(rows.iter().all(|row| row["createdAt"] == row["at"]));

    let request =
        "operation: get_issue_history\nparams:\n  issueId: PSN-123\n  includeHistory: true\n";
    let answer = workspace.answer(request).await;
    assert!(answer.data().get("comments").is_none());
    let rows = answer.data()["history"].as_array().unwrap();
    let last = rows.iter().rfind(|row| row["field"] == "state").unwrap();
    let back = format!(
        "{{issue_id: PSN-123, state: '{}'}}",
        last["from"].as_str().unwrap()
    );
    let answer = workspace.call("update_issue", &back).await;
    assert_eq!(answer.data()["state"]["name"], "Todo");
    let answer = history(&workspace, "{issue_id: PSN-123, limit: 1}").await;
    let row = &answer.data()["history"][0];
    assert_eq!((&row["from"], &row["to"]), (progress, todo));
}

#[tokio::test]
async fn every_change_is_recorded_with_names() {
    let workspace = TestWorkspace::new().await;
    for (operation, params) in [
        (
            "update_issue",
            "{issue_id: ENG-232, title: Sign-in form, state: Done, assignee: null, priority: none, estimate: null, \
             project: null, cycle: null, due_date: 2025-03-01, parent: ENG-230, description: New, labels: [bug, feature]}",
        ),
        (
            "link_url",
            "{issue_id: ENG-232, url: 'https://example.com/x', title: X}",
        ),
        (
            "create_relation",
            "{issue_id: ENG-232, type: blocks, related_issue_id: ENG-231}",
        ),
        ("archive_issue", "{issue_id: ENG-232}"),
    ] {
        workspace.call(operation, params).await.data();
    }
    let answer = history(&workspace, "{issue_id: ENG-232}").await;
    let rows: Vec<Value> = answer.data()["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let mut row = row.clone();
            let row_fields = row.as_object_mut().unwrap();
            row_fields.shift_remove("at").unwrap();
            assert_eq!(
                row_fields.shift_remove("actor").unwrap()["name"],
                "John Doe"
            );
            row
        })
        .collect();
    assert_eq!(
        rows,
        [
            json!({"field": "state", "from": "Todo", "to": "Done"}),
            json!({"field": "assignee", "from": "Jane Smith"}),
            json!({"field": "priority", "from": "medium", "to": "none"}),
            json!({"field": "estimate", "from": 3}),
            json!({"field": "project", "from": "Auth System"}),
            json!({"field": "milestone", "from": "GA"}),
            json!({"field": "cycle", "from": 12}),
            json!({"field": "parent", "to": "ENG-230"}),
            json!({"field": "title", "from": "Login form", "to": "Sign-in form"}),
            json!({"field": "due_date", "to": "2025-03-01"}),
            json!({"field": "description"}),
            json!({"field": "labels", "added": ["bug"], "removed": ["frontend"]}),
            json!({"field": "attachment", "to": "X"}),
            json!({"field": "relations", "added": ["blocks ENG-231"]}),
            json!({"field": "archived", "to": true}),
        ]
    );
    let other = history(&workspace, "{issue_id: ENG-231}").await;
    assert_eq!(
        other.data()["history"][0]["added"],
        json!(["blocked_by ENG-232"])
    );
}

#[tokio::test]
async fn a_new_issue_says_why_it_has_no_history() {
    let workspace = TestWorkspace::new().await;
    let params = "{team: ENG, title: New}";
    let made = workspace.call("create_issue", params).await;
    let identifier = made.text("/data/identifier").to_owned();
    let params = format!("{{issue_id: {identifier}, priority: high}}");
    workspace.call("update_issue", &params).await.data();
    let params = format!("{{issue_id: {identifier}}}");
    let why =
        "history: no changes; Linear records none in the three minutes after an issue is created";
    let answer = history(&workspace, &params).await;
    assert_eq!(answer.data()["total"], 0);
    assert_eq!(answer.texts("/warnings"), [why]);
    // Linear may have an entry for the creation.
    let created = made.text("/data/created_at").to_owned();
    write(&workspace, &identifier, [json!({ "createdAt": created })]);
    let answer = history(&workspace, &params).await;
    assert_eq!(fields(&answer), ["created"]);
    assert_eq!(answer.texts("/warnings"), [why]);
    write(
        &workspace,
        &identifier,
        [json!({ "createdAt": "2025-01-17T10:00:00.000Z", "toTitle": "Newer" })],
    );
    let answer = history(&workspace, &params).await;
    assert_eq!(fields(&answer), ["created", "title"]);
    assert!(answer.at("/warnings").is_null());
}

/// Entries for DES-12 with one change, or with two.
fn numbered(count: usize) -> impl Iterator<Item = Value> {
    (1..=count).map(|number| {
        let mut entry = json!({ "toTitle": format!("Title {number}") });
        if number % 3 == 0 {
            entry["toDueDate"] = "2025-02-01".into();
        }
        entry
    })
}

#[tokio::test]
async fn a_long_history_is_read_in_pages() {
    let workspace = TestWorkspace::new().await;
    write(&workspace, "DES-12", numbered(300));
    let mut titles: Vec<String> = Vec::new();
    let mut cursor = String::new();
    let mut pages = Vec::new();
    loop {
        let params = format!("{{issue_id: DES-12, limit: 130, fields: [field, to]{cursor}}}");
        let answer = history(&workspace, &params).await;
        assert_eq!(answer.calls(), 1);
        let rows = answer.data()["history"].as_array().unwrap();
        pages.push(rows.len());
        let of_page = rows.iter().filter(|row| row["field"] == "title");
        let of_page = of_page.map(|row| row["to"].as_str().unwrap().to_owned());
        titles = of_page.chain(titles).collect();
        assert_eq!(answer.data()["count"], rows.len());
        assert!(answer.at("/data/total").is_null());
        if answer.data()["has_more"] == false {
            assert!(answer.at("/data/cursor").is_null());
            break;
        }
        cursor = format!(", cursor: '{}'", answer.text("/data/cursor"));
    }
    let expected: Vec<String> = (1..=300).map(|number| format!("Title {number}")).collect();
    assert_eq!(titles, expected);
    // Each third entry has two changes.
    assert_eq!(pages, [174, 173, 53]);
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_cut_between_entries() {
    let mut workspace = TestWorkspace::new().await;
    write(&workspace, "DES-12", numbered(60));
    workspace.session.answer_chars = Some(2_000);
    let mut found: Vec<(String, String)> = Vec::new();
    let mut cursor = String::new();
    let mut pages = 0;
    loop {
        let text = format!("operation: get_issue_history\nparams: {{issue_id: DES-12{cursor}}}\n");
        let asked = request::read_all(&text, &Catalog);
        let answer = engine::answer(&workspace.session, asked, CancellationToken::new()).await;
        let answer: Value = serde_yaml::from_str(&answer.text).unwrap();
        let rows = answer["data"]["history"].as_array().unwrap();
        let of_page = rows.iter().map(|row| {
            let text = |key: &str| row[key].as_str().unwrap().to_owned();
            (text("field"), text("to"))
        });
        found = of_page.chain(found).collect();
        pages += 1;
        let Some(next) = answer["data"]["cursor"].as_str() else {
            break;
        };
        assert!(pages < 60, "{answer:#}");
        cursor = format!(", cursor: '{next}'");
    }
    assert!(pages > 3, "{pages}");
    let mut expected = Vec::new();
    for number in 1..=60 {
        expected.push(("title".to_owned(), format!("Title {number}")));
        if number % 3 == 0 {
            expected.push(("due_date".to_owned(), "2025-02-01".to_owned()));
        }
    }
    assert_eq!(found, expected);
}

#[tokio::test]
async fn the_time_in_each_state_is_summed_over_all_stays() {
    let workspace = at_the_seed().await;
    let state = |name: &str| {
        let mut id = String::new();
        workspace.sandbox.edit(|store| {
            let team = store.find("Team", "key", "DES").unwrap()["id"].clone();
            let mut states = store.all("WorkflowState");
            let is_it = |state: &&Record| state["teamId"] == team && state["name"] == name;
            id = states.find(is_it).unwrap()["id"]
                .as_str()
                .unwrap()
                .to_owned();
        });
        id
    };
    let (todo, progress) = (state("Todo"), state("In Progress"));
    let moved = |at: &str, from: &str, to: &str| json!({ "createdAt": at, "fromStateId": from, "toStateId": to });
    write(
        &workspace,
        "DES-12",
        [
            moved("2025-01-13T10:00:00.000Z", &todo, &progress),
            moved("2025-01-13T12:00:00.000Z", &progress, &todo),
            moved("2025-01-14T09:30:30.000Z", &todo, &progress),
        ],
    );
    let params = "{issue_id: DES-12, include_history: false, time_in_state: true}";
    let answer = history(&workspace, params).await;
    assert!(answer.data().get("history").is_none());
    let created = answer.text("/data/issue/created_at").to_owned();
    let states = &answer.data()["time_in_state"];
    assert_eq!(states[0]["state"], "Todo");
    assert_eq!(states[0]["since"], created);
    assert_eq!(states[0]["until"], "2025-01-14T09:30:30Z");
    assert_eq!(states[0]["times"], 2);
    // From the creation on the 12th to 10:00 on the 13th, and from 12:00 on the 13th to 9:30:30 on the 14th.
    assert_eq!(
        (created.as_str(), states[0]["duration"].as_str()),
        ("2025-01-12T09:50:01Z", Some("P1DT21H40M29S"))
    );
    assert_eq!(
        states[1],
        json!({ "state": "In Progress", "duration": "P2DT2H29M30S", "since": "2025-01-13T10:00:00Z", "times": 2 })
    );
    assert_eq!(states.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn no_duration_is_told_when_not_all_states_were_read() {
    let workspace = TestWorkspace::new().await;
    let todo = workspace.id("WorkflowState", "name", "Todo");
    let moves = (0..250).map(|_| json!({ "fromStateId": todo, "toStateId": todo }));
    write(&workspace, "DES-12", moves);
    let params = "{issue_id: DES-12, limit: 1, time_in_state: true}";
    let answer = history(&workspace, params).await;
    assert!(answer.data().get("time_in_state").is_none());
    let warning = "time_in_state: left out; the issue changed its state more often than the 250 times that are read";
    assert_eq!(answer.texts("/warnings"), [warning]);
}

#[tokio::test]
async fn more_comments_than_are_shown_are_told() {
    let workspace = TestWorkspace::new().await;
    for number in 1..=51 {
        let params = format!("{{issue_id: ENG-231, body: 'Comment {number}'}}");
        workspace.call("create_comment", &params).await.data();
    }
    let params = "{issue_id: ENG-231, include_comments: true, include_history: false, max_description_chars: 9}";
    let answer = history(&workspace, params).await;
    let bodies = answer.column("comments", "body");
    assert_eq!(bodies.len(), 50);
    assert_eq!(
        (&*bodies[0], &*bodies[49]),
        ("Comment 2", "Comment 5… [cut: 9 of 10 characters]")
    );
    let warning = "comments: only the newest 50 are shown; call list_comments for all";
    assert_eq!(answer.texts("/warnings"), [warning]);
}

#[tokio::test]
async fn faults_are_told_and_lost_answers_are_asked_for_again() {
    let workspace = TestWorkspace::new().await;
    for limit in ["0", "251", "many"] {
        let answer = history(
            &workspace,
            &format!("{{issue_id: PSN-123, limit: {limit}}}"),
        )
        .await;
        assert_eq!(answer.code(), "INVALID_PARAM", "{limit}");
    }
    assert!(workspace.take_requests().is_empty());
    let answer = history(&workspace, "{issue_id: PSN-123, cursor: nonsense}").await;
    assert_eq!(answer.code(), "LINEAR_API_ERROR");
    let answer = history(&workspace, "{issue_id: PSN-999, cursor: nonsense}").await;
    assert_eq!(answer.code(), "ISSUE_NOT_FOUND");
    script_acts(&workspace, "issue", [Act::Drop, Act::Truncated]);
    let answer = history(&workspace, "{issue_id: PSN-123}").await;
    assert_eq!((fields(&answer).len(), answer.calls()), (5, 3));
    script_acts(
        &workspace,
        "issue",
        [Act::refuse("issue", Refusal::forbidden("admin"))],
    );
    let answer = history(&workspace, "{issue_id: PSN-123}").await;
    assert_eq!(answer.code(), "LINEAR_API_FORBIDDEN");
}

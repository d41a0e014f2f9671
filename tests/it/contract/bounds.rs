//! Lists and new labels are bounded: what is too long is refused before anything is sent.

use linear_ops::engine::catalog::TABLE;
use linear_ops::error::Code;
use linear_ops::operation::Entry;
use linear_ops::operation::Field;
use linear_ops::params::Form;
use serde_json::{Map, Value, json};

use crate::support::{TestWorkspace, mutations};

/// How many items a list may have.
const MOST: usize = 250;

/// The list parameters of every operation; the items of a batch and the edits of a text have bounds of their own.
fn lists() -> Vec<(&'static Entry, &'static Field)> {
    let fields = TABLE.iter().flat_map(|entry| {
        let fields = entry.signature().fields.iter();
        fields.map(move |field| (entry, field))
    });
    let bounded_apart = [Form::Operations, Form::Edits];
    let lists = fields.filter(|(_, field)| field.is_list() && !bounded_apart.contains(&field.form));
    lists.collect()
}

/// An item of such a list.
fn item(field: &Field, number: usize) -> String {
    match field.form {
        Form::Link => format!("https://example.com/{number}"),
        _ if field.name == "indices" => number.to_string(),
        _ => format!("n{number}"),
    }
}

/// A list of so many items in each form in which it may be written.
fn written(field: &Field, count: usize) -> Vec<Value> {
    let items: Vec<String> = (0..count).map(|number| item(field, number)).collect();
    let quoted: Vec<String> = items.iter().map(|item| format!("\"{item}\"")).collect();
    let mut forms = vec![
        json!(items),
        format!("[{}]", quoted.join(", ")).into(),
        format!("[{}]", quoted.join(", ").replace('"', "'")).into(),
        format!("- {}", quoted.join("\n- ")).into(),
    ];
    // In a field that takes one text, or a title, commas do not separate items.
    if !matches!(field.form, Form::Markdown | Form::Line | Form::SubIssue) {
        forms.push(items.join(", ").into());
    }
    forms
}

/// The parameters of an operation with that list.
fn params(entry: &Entry, field: &Field, list: Value) -> Map<String, Value> {
    let required = entry
        .signature()
        .fields
        .iter()
        .filter(|field| field.required);
    let mut params: Map<String, Value> = required
        .map(|field| (field.name.clone(), "PSN-123".into()))
        .collect();
    params.insert(field.name.clone(), list);
    params
}

#[tokio::test]
async fn every_list_is_bounded_in_every_form() {
    let workspace = TestWorkspace::deleting().await;
    assert!(lists().len() > 40, "{}", lists().len());
    for (entry, field) in lists() {
        for list in written(field, MOST + 1) {
            let params = params(entry, field, list);
            let request = json!({"operation": entry.spec.name, "params": params});
            let answer = workspace.run(&request.to_string()).await.to_value();
            let place = format!("{} {}: {answer:#}", entry.spec.name, field.name);
            assert_eq!(answer["error"]["code"], "INVALID_PARAM", "{place}");
            let details = &answer["error"]["details"];
            assert_eq!(details["param"], field.name.as_str(), "{place}");
            assert_eq!(details["given"], MOST + 1, "{place}");
            assert_eq!(details["expected"], "at most 250 items", "{place}");
            let reported = answer["error"]["suggestions"].to_string();
            assert!(reported.contains("Split the list"), "{place}");
        }
    }
    assert!(workspace.take_requests().is_empty());
}

#[test]
fn a_list_of_as_many_as_may_be_is_not_too_long() {
    for (entry, field) in lists() {
        for list in written(field, MOST) {
            let params = params(entry, field, list);
            let read = entry.signature().canonical(&entry.spec, params, MOST);
            if let Err(error) = read {
                assert!(!error.details().contains_key("given"), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn the_rest_of_a_replaced_list_is_to_be_added() {
    let workspace = TestWorkspace::new().await;
    let labels: Vec<String> = (0..=MOST).map(|number| format!("n{number}")).collect();
    let params = json!({"issue_id": "PSN-123", "labels": labels}).to_string();
    let answer = workspace.call("update_issue", &params).await;
    let hint = "Split the list: the first 250 in 'labels', then the others in 'add_labels' of further requests";
    assert_eq!(answer.texts("/error/suggestions"), [hint]);
}

#[tokio::test]
async fn the_bound_of_lists_can_be_set() {
    let mut workspace = TestWorkspace::new().await;
    workspace.session.list_items = 2;
    let params = "{issue_id: PSN-123, fields: 'title, state, labels'}";
    let answer = workspace.call("get_issue", params).await;
    assert_eq!(answer.code(), "INVALID_PARAM");
    let answer = workspace
        .call("get_issue", "{issue_id: PSN-123, fields: 'title, state'}")
        .await;
    assert_eq!(answer.text("/data/state/name"), "In Progress");
}

/// So many names that no label has, as YAML.
fn new_names(range: std::ops::Range<usize>) -> String {
    let names: Vec<String> = range.map(|number| format!("fresh {number}")).collect();
    format!("[{}]", names.join(", "))
}

#[tokio::test]
async fn more_new_labels_than_one_call_may_make_are_refused_with_nothing_written() {
    for (operation, rest) in [
        ("ensure_labels_exist", "team: ENG"),
        ("create_issue", "team: ENG, title: New"),
        ("update_issue", "issue_id: PSN-123"),
        ("update_issue", "issue_id: PSN-123, changes: false"),
    ] {
        let workspace = TestWorkspace::new().await;
        let params = format!("{{{rest}, labels: {}}}", new_names(0..51));
        let answer = workspace.call(operation, &params).await;
        assert_eq!(answer.code(), "INVALID_PARAM", "{operation} {:#}", answer.0);
        assert_eq!(
            answer.text("/error/message"),
            "The call would make 51 new labels, and the most is 50"
        );
        assert!(!answer.texts("/error/suggestions").is_empty());
        assert_eq!(mutations(&workspace.take_requests()), 0, "{operation}");

        let params = format!("{{{rest}, labels: {}}}", new_names(0..50));
        workspace.call(operation, &params).await.data();
    }
}

#[tokio::test]
async fn labels_that_are_there_and_repeated_ones_do_not_count() {
    let mut workspace = TestWorkspace::new().await;
    workspace.session.new_labels = 2;
    let params = "{team: ENG, labels: [bug, backend, one, ONE, two, ' one']}";
    workspace.call("ensure_labels_exist", params).await.data();
    let params = "{team: ENG, labels: [one, two, three, four]}";
    workspace.call("ensure_labels_exist", params).await.data();
}

#[tokio::test]
async fn a_batch_is_one_call() {
    let mut workspace = TestWorkspace::new().await;
    workspace.session.new_labels = 3;
    let ensure = |names: &str| {
        format!("{{operation: ensure_labels_exist, params: {{team: ENG, labels: {names}}}}}")
    };
    let items = [
        ensure("[one, two]"),
        ensure("[two, three, four]"),
        ensure("[two, three]"),
        "{operation: create_issue_label, params: {team: ENG, name: five}}".to_owned(),
    ];
    let params = format!("{{operations: [{}]}}", items.join(", "));
    let answer = workspace.call("batch", &params).await;
    let codes: Vec<&Value> = answer.data()["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["code"])
        .collect();
    let refused = json!(Code::InvalidParam.name());
    assert_eq!(
        codes,
        [&Value::Null, &refused, &Value::Null, &refused],
        "{:#}",
        answer.0
    );
    let listed = workspace
        .call("list_labels", "{team: ENG, refresh_cache: true}")
        .await
        .0
        .to_string();
    for (name, made) in [("three", true), ("four", false), ("five", false)] {
        assert_eq!(listed.contains(&format!("\"{name}\"")), made, "{name}");
    }
}

/// Planning takes linear time, even where the bounds are lifted. Eight times as many labels may take up to thirty-two
/// times as long on a busy machine; a quadratic plan would take sixty-four times as long.
#[tokio::test]
async fn planning_new_labels_takes_no_longer_than_in_proportion() {
    let mut workspace = TestWorkspace::new().await;
    (workspace.session.list_items, workspace.session.new_labels) = (usize::MAX, usize::MAX);
    workspace.call("list_labels", "{team: ENG}").await.data();
    for (operation, rest) in [
        ("ensure_labels_exist", "team: ENG"),
        ("create_issue", "team: ENG, title: New"),
    ] {
        let mut times = Vec::new();
        for count in [250, 2_000] {
            let names = new_names(0..count);
            let params = format!("{{{rest}, labels: {names}, dry_run: true}}");
            let mut least = std::time::Duration::MAX;
            for _ in 0..3 {
                let begun = std::time::Instant::now();
                workspace.call(operation, &params).await.data();
                least = least.min(begun.elapsed());
            }
            times.push(least);
        }
        assert!(times[1] < times[0] * 32, "{operation}: {times:?}");
    }
}

#[tokio::test]
async fn fields_that_there_are_not_are_one_warning() {
    let workspace = TestWorkspace::new().await;
    let fields: Vec<String> = (0..MOST).map(|number| format!("no{number}")).collect();
    let params = json!({"issue_id": "PSN-123", "fields": fields}).to_string();
    let answer = workspace.call("get_issue", &params).await;
    answer.data();
    let warnings = answer.texts("/warnings");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    let reported = "no fields 'no0', 'no1', 'no2', 'no3', 'no4' and 245 more here; there are ";
    assert!(warnings[0].starts_with(reported), "{warnings:?}");
}

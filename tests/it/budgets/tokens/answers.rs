//! What no answer contains, whatever the operation and the detail.

use linear_ops::engine;
use linear_ops::engine::catalog::TABLE;
use linear_ops::operation::{CommonParam, Entry};
use linear_ops::request;
use linear_ops::resolve::is_uuid;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::support::TestWorkspace;

/// Returns the envelope of the example of every operation that takes `detail`, at this detail.
async fn answers(detail: &str) -> Vec<(&'static str, Value)> {
    let takes = |entry: &&Entry| entry.spec.shared.contains(&CommonParam::Detail);
    let mut answers = Vec::new();
    for entry in TABLE.iter().filter(takes) {
        let workspace = TestWorkspace::deleting().await;
        let mut request = request::read(entry.example, &linear_ops::engine::Catalog).unwrap();
        request.params.insert("detail".to_owned(), detail.into());
        let answer = engine::run(&workspace.session, request, CancellationToken::new()).await;
        assert!(answer.is_success(), "{}", answer.to_yaml());
        answers.push((entry.spec.name, answer.to_value()));
    }
    assert!(answers.len() > 30);
    answers
}

/// Calls `look` with every value in a value, and with its path.
fn walk(value: &Value, path: &str, look: &mut impl FnMut(&str, &Value)) {
    look(path, value);
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                walk(value, &format!("{path}.{key}"), look);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, path, look)),
        _ => {}
    }
}

#[tokio::test]
async fn no_key_is_null_at_any_detail() {
    for detail in ["ack", "brief", "standard", "full"] {
        for (name, answer) in answers(detail).await {
            walk(&answer, name, &mut |path, value| {
                assert!(!value.is_null(), "{path} at {detail}");
            });
        }
    }
}

/// Returns the first UUID in a text.
fn uuid_in(text: &str) -> Option<&str> {
    let ends = (0..text.len()).map(|at| at..at + 36);
    ends.filter_map(|range| text.get(range))
        .find(|part| is_uuid(part))
}

#[tokio::test]
async fn a_brief_answer_has_no_uuid() {
    assert!(uuid_in("at 5eed0000-0000-4000-8000-000000000185!").is_some());
    for (name, answer) in answers("brief").await {
        let text = answer.to_string();
        assert_eq!(uuid_in(&text), None, "{name}: {text}");
    }
}

/// An entity inside another one is shown by its name; its id is only in an answer with full detail.
#[tokio::test]
async fn what_stands_inside_an_issue_has_an_id_in_the_whole_issue_alone() {
    let workspace = TestWorkspace::new().await;
    let ids = async |detail: &str| {
        let params = format!("{{issue_id: ENG-230, detail: {detail}}}");
        let answer = workspace.call("get_issue", &params).await;
        let mut ids = Vec::new();
        walk(answer.data(), "", &mut |path, value| {
            if value.as_str().is_some_and(is_uuid) {
                ids.push(path.to_owned());
            }
        });
        ids.dedup();
        ids
    };
    assert_eq!(ids("brief").await, Vec::<String>::new());
    assert_eq!(ids("standard").await, [".id"]);
    let whole = [
        ".id",
        ".state.id",
        ".team.id",
        ".project.id",
        ".milestone.id",
        ".cycle.id",
        ".labels.id",
        ".assignee.id",
        ".creator.id",
    ];
    assert_eq!(ids("full").await, whole);
}

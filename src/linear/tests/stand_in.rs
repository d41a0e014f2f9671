//! Helpers that send documents to the stand-in and read its workspace.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::super::compose::{Part, compose};
use crate::sandbox::store::{Record, text};
use crate::sandbox::{Request, Sandbox};

/// The answer to one document.
#[derive(Debug)]
pub(super) struct Answer {
    /// The root fields of each part, under the names that the part has in a document of its own; `None` when there is no
    /// data.
    pub(super) data: Option<Vec<Map<String, Value>>>,
    /// The number of root fields that belong to no part.
    pub(super) left_over: usize,
    /// The message of each error, with the part that the error's path leads to.
    pub(super) errors: Vec<(Option<usize>, String)>,
    /// The complexity of the document as the stand-in counts it.
    pub(super) points: u32,
}

impl Answer {
    /// Returns the answer to a part that was sent alone, or the error's message when it was rejected.
    pub(super) fn alone(mut self) -> Result<Map<String, Value>, String> {
        match self.errors.pop() {
            Some((_, message)) => Err(message),
            None => Ok(self.data.unwrap().remove(0)),
        }
    }
}

/// Sends the parts as one document.
pub(super) fn ask(sandbox: &Sandbox, parts: &[Part]) -> Answer {
    let composed = compose(parts);
    let body = json!({"query": composed.query, "variables": composed.variables});
    let reply = sandbox.handle(Request {
        authorization: Some("lin_api_test".to_owned()),
        body: body.to_string().into_bytes(),
    });
    let reply = reply.reply.unwrap();
    let points = reply.header("x-complexity");
    let points = points.map_or(0, |points| points.parse().unwrap());
    let mut answer: Value = serde_json::from_slice(&reply.body).unwrap();
    let errors = answer["errors"].as_array().into_iter().flatten();
    let errors = errors.map(|error| {
        let root = error.pointer("/path/0").and_then(Value::as_str);
        let slot = root.and_then(|root| composed.slot_of(root));
        (slot, error["message"].as_str().unwrap().to_owned())
    });
    let errors = errors.collect();
    let (data, left_over) = match answer["data"].take() {
        Value::Object(data) => {
            let roots = data.len();
            let split = composed.split(data);
            let taken: usize = split.iter().map(Map::len).sum();
            (Some(split), roots - taken)
        }
        _ => (None, 0),
    };
    Answer {
        data,
        left_over,
        errors,
        points,
    }
}

/// A workspace to which no test writes.
pub(super) static READ_ONLY: LazyLock<Sandbox> = LazyLock::new(Sandbox::new);

/// Returns the values of a field of all seeded records of a type that `is_wanted` accepts.
pub(super) fn column(kind: &str, field: &str, is_wanted: impl Fn(&Record) -> bool) -> Vec<String> {
    let mut column = Vec::new();
    READ_ONLY.edit(|store| {
        let records = store.all(kind).filter(|record| is_wanted(record));
        let values = records.filter_map(|record| text(record, field));
        column.extend(values.map(str::to_owned));
    });
    assert!(!column.is_empty(), "no {kind} has a {field}");
    column
}

/// Returns the ids of all seeded records of a type.
pub(super) fn ids(kind: &str) -> Vec<String> {
    column(kind, "id", |_| true)
}

/// Returns the whole state of a workspace as text, including its generated ids and its clock.
pub(super) fn state(sandbox: &Sandbox) -> String {
    let mut state = String::new();
    sandbox.edit(|store| state = format!("{store:?}"));
    state
}

//! Asking the stand-in, and what its workspace holds.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::super::compose::{Part, compose};
use crate::sandbox::store::{Record, text};
use crate::sandbox::{Request, Sandbox};

/// What came back for one document.
#[derive(Debug)]
pub(super) struct Answer {
    /// The root fields, part by part under the names that each part alone has; `None` when there is no data.
    pub(super) data: Option<Vec<Map<String, Value>>>,
    /// Root fields that belong to no part.
    pub(super) left_over: usize,
    /// Each error's message, with the part that its path leads to.
    pub(super) errors: Vec<(Option<usize>, String)>,
    /// What it was counted at.
    pub(super) points: u32,
}

impl Answer {
    /// The answer to a part that was sent alone; the message when it was declined.
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

/// A workspace that nothing is written to.
pub(super) static READ_ONLY: LazyLock<Sandbox> = LazyLock::new(Sandbox::new);

/// The values of a field of all records of a type that the workspace is planted with.
pub(super) fn column(kind: &str, field: &str, of: impl Fn(&Record) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    READ_ONLY.edit(|store| {
        let records = store.all(kind).filter(|record| of(record));
        let values = records.filter_map(|record| text(record, field));
        found.extend(values.map(str::to_owned));
    });
    assert!(!found.is_empty(), "no {kind} has a {field}");
    found
}

/// The ids of all records of a type.
pub(super) fn ids(kind: &str) -> Vec<String> {
    column(kind, "id", |_| true)
}

/// Everything that is known of a workspace, ids made and clock included, as text.
pub(super) fn state(sandbox: &Sandbox) -> String {
    let mut state = String::new();
    sandbox.edit(|store| state = format!("{store:?}"));
    state
}

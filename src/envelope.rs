//! The envelope that every answer has (`contract.md`, "Envelope"), and the only writer of YAML.
//!
//! ```yaml
//! success: true
//! data: {…}              # or `error: {code, message, details, suggestions}`
//! warnings: […]          # left out when there are none
//! metadata: {cached: false, duration_ms: 143, mcp_calls: 1}
//! ```
//!
//! An acknowledgement (`detail: ack`) has no `metadata`, and the changes that a write made stand in `data`.
//!
//! In `data` and `details`, entries of objects that are null are left out at every depth: an absent key and null mean
//! the same to a reader, and an absent key costs nothing. A null in a list keeps its place. Empty lists stay, because
//! the view of an entity decides whether they are worth a line.

pub mod fit;
pub mod yaml;

use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::session::Report;

/// The outcome of one operation, with everything that its answer says about it.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// The data that the operation returned, or its error.
    pub outcome: Result<Value, Error>,
    /// What the operation reported on its way: warnings, steps, changes, requests.
    pub report: Report,
    /// Whether all data came from the session's cache.
    pub cached: bool,
    /// Milliseconds from the reading of the request to the outcome.
    pub duration_ms: u64,
}

/// The notation in which an envelope is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// YAML over several lines.
    #[default]
    Yaml,
    /// JSON on one line.
    Json,
}

impl Envelope {
    /// Whether the operation succeeded, with or without warnings.
    pub fn is_success(&self) -> bool {
        self.outcome.is_ok()
    }

    /// Returns the envelope as a JSON object with its fields in the contract's order.
    pub fn to_value(&self) -> Value {
        let mut map = Map::new();
        map.insert("success".to_owned(), self.is_success().into());
        match &self.outcome {
            Ok(data) => map.insert("data".to_owned(), self.shown_data(data)),
            Err(error) => {
                let mut fields = Map::new();
                fields.insert("code".to_owned(), error.code().name().into());
                fields.insert("message".to_owned(), error.message().into());
                let details = without_nulls(&Value::Object(error.details().clone()));
                if details != json!({}) {
                    fields.insert("details".to_owned(), details);
                }
                fields.insert("suggestions".to_owned(), error.suggestions().into());
                map.insert("error".to_owned(), fields.into())
            }
        };
        put_list(&mut map, "warnings", &self.report.all_warnings());
        if !self.is_acknowledgement() {
            map.insert("metadata".to_owned(), self.metadata().into());
        }
        Value::Object(map)
    }

    /// Whether the envelope acknowledges a success without metadata. An error always has metadata: it says whether
    /// something was sent.
    fn is_acknowledgement(&self) -> bool {
        self.is_success() && self.report.acknowledged
    }

    /// Returns the operation's data as the answer shows it. In an acknowledgement it has the `changes` and the new
    /// labels, which otherwise stand in the metadata, the labels among its steps.
    fn shown_data(&self, data: &Value) -> Value {
        let mut data = without_nulls(data);
        if let Value::Object(fields) = &mut data
            && self.is_acknowledgement()
        {
            let new_labels = self.report.new_labels.iter();
            let new_labels = new_labels.map(|name| format!("new label: {name}"));
            let changes: Vec<String> = new_labels.chain(self.report.changes.clone()).collect();
            put_list(fields, "changes", &changes);
        }
        data
    }

    /// Returns the envelope as YAML text that ends with a line break.
    pub fn to_yaml(&self) -> String {
        yaml::write(&self.to_value())
    }

    /// Returns the envelope as text that ends with a line break, in at most `max_chars` characters of YAML. Its
    /// warnings say which rows and texts are left out to fit. The outcomes of a batch's items are never left out, even
    /// where they alone need more. JSON is for programs that read all of it, and has no bound.
    pub fn write(&self, format: Format, max_chars: Option<usize>) -> String {
        match (format, max_chars) {
            (Format::Yaml, Some(max_chars)) => fit::write(self, max_chars),
            (Format::Yaml, None) => self.to_yaml(),
            (Format::Json, _) => format!("{}\n", self.to_value()),
        }
    }

    /// The fields of the envelope's `metadata`.
    fn metadata(&self) -> Map<String, Value> {
        let report = &self.report;
        let mut map = Map::new();
        if self.is_success() {
            map.insert("cached".to_owned(), self.cached.into());
        }
        map.insert("duration_ms".to_owned(), self.duration_ms.into());
        map.insert("mcp_calls".to_owned(), report.requests.into());
        if self.is_success() {
            // A single step is the operation itself, whose result stands in the data.
            if report.operations.len() > 1 || !report.retried_names.is_empty() {
                let steps = [report.retried_names.as_slice(), &report.operations].concat();
                put_list(&mut map, "operations", &steps);
            }
            if let Some(resolution) = &report.resolution {
                map.insert("resolution".to_owned(), without_nulls(resolution));
            }
            put_list(&mut map, "changes", &report.changes);
            if let Some(rate) = report.parts.rate() {
                map.insert("success_rate".to_owned(), rate.into());
            }
        }
        map
    }
}

/// Adds a list to an object unless the list is empty.
fn put_list(map: &mut Map<String, Value>, key: &str, items: &[String]) {
    if !items.is_empty() {
        map.insert(key.to_owned(), items.into());
    }
}

/// Returns a value without the entries of its objects that are null.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), without_nulls(value)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;
    use crate::session::Parts;

    fn envelope(outcome: Result<Value, Error>) -> Envelope {
        Envelope {
            outcome,
            report: Report {
                requests: 2,
                ..Report::default()
            },
            cached: false,
            duration_ms: 143,
        }
    }

    #[test]
    fn a_success_leaves_out_what_is_not_there() {
        let data = json!({"id": "i-1", "parent": null, "labels": [], "items": [{"id": null, "name": "x"}, null]});
        assert_eq!(
            envelope(Ok(data)).to_value(),
            json!({
                "success": true,
                "data": {"id": "i-1", "labels": [], "items": [{"name": "x"}, null]},
                "metadata": {"cached": false, "duration_ms": 143, "mcp_calls": 2},
            })
        );
    }

    #[test]
    fn a_success_is_written_in_the_contracts_order() {
        let mut envelope = envelope(Ok(json!({
            "identifier": "PSN-1",
            "title": "Say \"hi\": now",
            "description": "# Plan\n\n- [ ] one\n",
            "state": {"name": "Todo", "type": "unstarted"},
            "labels": [{"name": "planning", "color": "#f7c8c1"}, {"name": "on", "color": "#95a2b3"}],
        })));
        envelope.report.warnings = vec!["label 'x' was created".to_owned()];
        envelope.report.operations = vec!["resolve_team".to_owned(), "create_issue".to_owned()];
        envelope.report.changes = vec!["labels".to_owned()];
        envelope.report.resolution = Some(json!({"input": "todo", "method": "alias_match"}));
        envelope.report.parts = Parts { done: 2, total: 3 };
        let expected = r##"success: true
data:
 identifier: PSN-1
 title: 'Say "hi": now'
 description: |
  # Plan

  - [ ] one
 state: {name: Todo, type: unstarted}
 labels: [{name: planning, color: "#f7c8c1"}, {name: "on", color: "#95a2b3"}]
warnings: [label 'x' was created]
metadata:
 cached: false
 duration_ms: 143
 mcp_calls: 2
 operations: [resolve_team, create_issue]
 resolution: {input: todo, method: alias_match}
 changes: [labels]
 success_rate: 66.7%
"##;
        assert_eq!(envelope.to_yaml(), expected);
    }

    #[test]
    fn a_single_step_is_not_told() {
        let mut envelope = envelope(Ok(json!({})));
        envelope.report.operations = vec!["archive_issue: PSN-1".to_owned()];
        let value = envelope.to_value();
        assert!(value.pointer("/metadata/mcp_calls").is_some());
        assert_eq!(value.pointer("/metadata/operations"), None);
    }

    #[test]
    fn an_acknowledgement_has_its_changes_and_warnings_and_no_metadata() {
        let mut envelope = envelope(Ok(json!({"identifier": "PSN-1"})));
        envelope.report.acknowledged = true;
        envelope.report.changes = vec!["state: Todo → Done".to_owned()];
        envelope.report.new_labels = vec!["x".to_owned()];
        envelope.report.warnings = vec!["the issue is in the trash".to_owned()];
        envelope.report.parts = Parts { done: 2, total: 3 };
        let expected = r#"success: true
data:
 identifier: PSN-1
 changes: ["new label: x", "state: Todo → Done"]
warnings: [the issue is in the trash]
"#;
        assert_eq!(envelope.to_yaml(), expected);
        assert_eq!(envelope.write(Format::Yaml, Some(expected.len())), expected);
        // Below that bound, something is left out, and nothing is added.
        let cut = envelope.write(Format::Yaml, Some(60));
        assert!(!cut.contains("metadata"), "{cut}");
    }

    #[test]
    fn the_error_of_an_acknowledged_operation_has_its_metadata() {
        let error = Error::new(Code::TeamNotFound, "Team 'X' not found");
        let mut envelope = envelope(Err(error));
        let whole = envelope.to_yaml();
        envelope.report.acknowledged = true;
        assert_eq!(envelope.to_yaml(), whole);
    }

    #[test]
    fn an_error_always_has_suggestions() {
        let error = Error::new(Code::TeamNotFound, "Team 'X' not found").detail("input", "X");
        let expected = "success: false
error:
 code: TEAM_NOT_FOUND
 message: Team 'X' not found
 details: {input: X}
 suggestions: []
metadata:
 duration_ms: 143
 mcp_calls: 2
";
        assert_eq!(envelope(Err(error)).to_yaml(), expected);
    }
}

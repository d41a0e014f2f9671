//! From a tool call to the request it makes.

use rmcp::model::JsonObject;
use serde_json::Value;

use super::tools::Asked;
use crate::dispatch::{self, Operations};
use crate::error::{Code, Error};
use crate::operation::Entry;
use crate::operation::is_added_by_host;
use crate::request::{self, Request};

/// The argument that holds a whole request.
const REQUEST: &str = "request";

/// The request that a call makes.
///
/// `linear` and `linear_read` take it as YAML text or as an object under `request`, or as `operation`, `params` and `context`
/// themselves. A typed tool takes its fields, with an optional `context` beside them, or a whole request for its own
/// operation in any of those forms. A text of several requests is a `batch` of them. What hosts add to every call is left
/// out.
///
/// # Errors
/// INVALID_REQUEST when it cannot be read, when there is something beside `request`, and when a typed tool is given a
/// request for another operation; UNKNOWN_OPERATION when such a request names none.
pub fn request(asked: Asked, arguments: JsonObject) -> Result<Request, Error> {
    let mut request = read_arguments(asked, arguments)?;
    request.reads_only = matches!(asked, Asked::Reading);
    Ok(request)
}

fn read_arguments(asked: Asked, mut arguments: JsonObject) -> Result<Request, Error> {
    arguments.retain(|key, _| {
        let is_field = match asked {
            Asked::Any | Asked::Reading => false,
            Asked::One(entry) => entry.signature().field(key).is_some(),
        };
        is_field || !is_added_by_host(key)
    });
    let whole = arguments
        .shift_remove(REQUEST)
        .filter(|value| !value.is_null());
    match (asked, whole) {
        (_, Some(_)) if !arguments.is_empty() => Err(beside(&arguments)),
        (Asked::Any | Asked::Reading, Some(value)) => read(value),
        (Asked::Any | Asked::Reading, None) => {
            request::from_value(Value::Object(arguments), &Operations)
        }
        (Asked::One(entry), Some(value)) => own(entry, read(value)?),
        (Asked::One(entry), None) => fields(entry, arguments),
    }
}

fn read(value: Value) -> Result<Request, Error> {
    match value {
        Value::String(text) => request::read_all(&text, &Operations),
        other => request::from_value(other, &Operations),
    }
}

/// Typed arguments, or the parts of a request in their place, which some callers send to any tool.
fn fields(entry: &Entry, mut arguments: JsonObject) -> Result<Request, Error> {
    let is_field = |name: &str| entry.signature().field(name).is_some();
    let name = Value::from(entry.spec.name);
    if !is_field("operation") && arguments.contains_key("operation") {
        return own(
            entry,
            request::from_value(Value::Object(arguments), &Operations)?,
        );
    }
    if !is_field("params") && arguments.contains_key("params") {
        arguments.insert("operation".to_owned(), name);
        return request::from_value(Value::Object(arguments), &Operations);
    }
    let context = if is_field("context") {
        None
    } else {
        arguments.shift_remove("context")
    };
    let mut parts = JsonObject::new();
    parts.insert("operation".to_owned(), name);
    parts.insert("params".to_owned(), Value::Object(arguments));
    parts.extend(context.map(|context| ("context".to_owned(), context)));
    request::from_value(Value::Object(parts), &Operations)
}

/// The request, if it is one for this operation. Running another one than the tool says would go behind the back of
/// whoever allowed this tool and no other.
fn own(entry: &Entry, request: Request) -> Result<Request, Error> {
    let wanted = dispatch::find(&request.operation)?;
    if wanted.spec.name == entry.spec.name {
        return Ok(request);
    }
    let (tool, asked) = (entry.spec.name, wanted.spec.name);
    let message = format!("The tool '{tool}' was given a request for '{asked}'");
    Err(Error::new(Code::InvalidRequest, message)
        .detail("tool", tool)
        .detail("operation", asked)
        .suggest(format!(
            "Call the tool '{asked}', or 'linear', which takes every operation"
        )))
}

fn beside(arguments: &JsonObject) -> Error {
    let names: Vec<&str> = arguments.keys().map(String::as_str).take(10).collect();
    let message = format!("There are arguments beside 'request': {}", names.join(", "));
    Error::new(Code::InvalidRequest, message)
        .suggest("Put them into the request's params, or leave 'request' out")
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::unwrap_used,
        reason = "a test that cannot go on should say where"
    )]

    use serde_json::json;

    use super::super::tools::find;
    use super::*;

    fn ask(tool: &str, arguments: Value) -> Result<Request, Error> {
        let Value::Object(arguments) = arguments else {
            unreachable!("arguments are objects")
        };
        request(find(tool).unwrap(), arguments)
    }

    #[test]
    fn one_request_has_many_forms() {
        let text = "operation: get_issue\nparams: {issue_id: PSN-1}\ncontext: {cache: false}";
        let object = json!({
            "operation": "get_issue", "params": {"issue_id": "PSN-1"}, "context": {"cache": false},
        });
        let expected = request::read(text, &Operations).unwrap();
        let fields = json!({"issue_id": "PSN-1", "context": {"cache": false}});
        let params = json!({"params": {"issue_id": "PSN-1"}, "context": {"cache": false}});
        for (tool, arguments) in [
            ("linear", json!({"request": text})),
            ("linear", json!({"request": object})),
            ("linear", object.clone()),
            ("get_issue", json!({"request": text})),
            ("get_issue", json!({"request": object})),
            ("get_issue", object),
            ("get_issue", fields),
            ("get_issue", params),
        ] {
            assert_eq!(
                ask(tool, arguments.clone()).unwrap(),
                expected,
                "{tool} {arguments}"
            );
        }
    }

    #[test]
    fn help_on_an_operation_is_no_request_for_it() {
        let expected = request::read(
            "operation: help\nparams: {operation: get_issue}",
            &Operations,
        )
        .unwrap();
        for (tool, arguments) in [
            ("help", json!({"operation": "get_issue"})),
            ("help", json!({"params": {"operation": "get_issue"}})),
            (
                "help",
                json!({"operation": "help", "params": {"operation": "get_issue"}}),
            ),
            (
                "linear",
                json!({"operation": "help", "params": {"operation": "get_issue"}}),
            ),
        ] {
            assert_eq!(
                ask(tool, arguments.clone()).unwrap(),
                expected,
                "{tool} {arguments}"
            );
        }
    }

    #[test]
    fn a_typed_tool_runs_its_own_operation_only() {
        let error = ask("get_issue", json!({"request": "operation: create_issue"})).unwrap_err();
        assert_eq!(error.code(), Code::InvalidRequest);
        assert!(error.message().contains("'get_issue'"));
        assert!(error.message().contains("'create_issue'"));
        let unknown = ask("get_issue", json!({"operation": "get_isue"})).unwrap_err();
        assert_eq!(unknown.code(), Code::UnknownOperation);
    }

    #[test]
    fn several_requests_in_one_text_are_a_batch() {
        let text = "as: a\noperation: get_team\nparams: {team: ENG}\n---\noperation: get_issue\nparams: {issue_id: PSN-1}\ncontext: {cache: false}\n";
        let expected = json!({"operations": [
            {"as": "a", "operation": "get_team", "params": {"team": "ENG"}},
            {"operation": "get_issue", "params": {"issue_id": "PSN-1"}, "context": {"cache": false}},
        ]});
        for tool in ["linear", "batch"] {
            let read = ask(tool, json!({ "request": text })).unwrap();
            assert_eq!(read.operation, "batch");
            assert_eq!(Value::Object(read.params), expected);
            assert!(read.warnings.is_empty());
        }
        let error = ask("get_team", json!({ "request": text })).unwrap_err();
        assert!(error.message().contains("'batch'"), "{error}");
    }

    #[test]
    fn what_hosts_add_to_a_call_is_left_out() {
        let expected = request::read(
            "operation: get_issue\nparams: {issue_id: PSN-1}",
            &Operations,
        )
        .unwrap();
        for (tool, mut arguments) in [
            (
                "linear",
                json!({"request": "operation: get_issue\nparams: {issue_id: PSN-1}"}),
            ),
            (
                "linear",
                json!({"operation": "get_issue", "params": {"issue_id": "PSN-1"}}),
            ),
            ("get_issue", json!({"issue_id": "PSN-1"})),
            ("get_issue", json!({"params": {"issue_id": "PSN-1"}})),
        ] {
            for key in ["toolCallId", "sessionId", "action", "chatInput", "_meta"] {
                if let Value::Object(arguments) = &mut arguments {
                    arguments.insert(key.to_owned(), "x".into());
                }
            }
            assert_eq!(ask(tool, arguments).unwrap(), expected, "{tool}");
        }
    }

    #[test]
    fn nothing_stands_beside_a_request() {
        let arguments = json!({"request": "operation: get_issue", "issue_id": "PSN-1"});
        let error = ask("get_issue", arguments).unwrap_err();
        assert_eq!(error.code(), Code::InvalidRequest);
        assert!(error.message().contains("issue_id"));
    }

    #[test]
    fn no_arguments_are_no_parameters() {
        assert!(ask("get_issue", json!({})).unwrap().params.is_empty());
        let error = ask("linear", json!({})).unwrap_err();
        assert_eq!(error.code(), Code::InvalidRequest);
    }
}

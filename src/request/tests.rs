//! What the reader takes, mends and refuses.
#![expect(clippy::unwrap_used, reason = "a failing test may panic")]

use serde_json::json;

use super::*;

#[test]
fn a_request_is_read() {
    let request = read("operation: get_issue\nparams:\n  issue_id: PSN-1\ncontext:\n  command: work\n  cache: false\n  traceId: t-1\n").unwrap();
    assert_eq!(request.operation, "get_issue");
    assert_eq!(Value::Object(request.params), json!({"issue_id": "PSN-1"}));
    assert_eq!(request.context.command.as_deref(), Some("work"));
    assert_eq!(request.context.trace_id.as_deref(), Some("t-1"));
    assert!(request.context.refresh_cache);
    assert_eq!(request.warnings, [""; 0]);
}

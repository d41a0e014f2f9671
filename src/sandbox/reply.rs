//! The replies of the stand-in: bodies with the headers of Linear's rate limits (`linear/api.md` §3), and what the acts
//! of the script put in their place or make of them.

use serde_json::{Value, json};

use super::refusal::Refusal;
use super::schema::as_javascript;
use super::script::{Act, Script};
use super::store::Record;
use super::{execution, time};
use crate::linear::transport::{Fault, Reply};

/// The requests that a personal key may make in an hour.
pub(super) const REQUESTS: u64 = 2_500;
/// The points that a personal key may spend in an hour.
const POINTS: u64 = 3_000_000;
/// The searches that a personal key may make in a minute.
const SEARCHES: u64 = 30;
/// The length of the window for requests and points.
pub(super) const HOUR_MS: u64 = 3_600_000;

/// A reply before its body is written out.
pub(super) struct ReplyDraft {
    status: u16,
    body: Value,
    /// The requests that are left in the window.
    pub(super) remaining: u64,
    /// When the window ends, in milliseconds since the epoch.
    reset_ms: u64,
    /// The points of the document, when it came as far as being counted.
    pub(super) complexity: Option<f64>,
    /// Whether a search field was asked for, which has a limit of its own.
    pub(super) has_search: bool,
    /// The `Date` header: when the reply was made.
    date: String,
}

impl ReplyDraft {
    /// Returns a reply with one error and no data.
    pub(super) fn refused(script: &Script, refusal: &Refusal, status: u16) -> Self {
        let body = json!({ "errors": [execution::error_entry(refusal, status)] });
        Self::new(script, status, body)
    }

    /// Returns the reply to one request of a window that is otherwise unused.
    pub(super) fn new(script: &Script, status: u16, body: Value) -> Self {
        Self {
            status,
            body,
            remaining: REQUESTS - 1,
            reset_ms: script.reset_ms(HOUR_MS),
            complexity: None,
            has_search: false,
            date: time::http_date(script.now_ms()),
        }
    }

    /// Returns the reply to a request that is one too many, in a window that ends in `reset_in_ms`.
    pub(super) fn rate_limited(script: &Script, status: u16, reset_in_ms: u64) -> Self {
        let mut reply = Self::refused(script, &Refusal::rate_limited(REQUESTS, HOUR_MS), status);
        reply.remaining = 0;
        reply.reset_ms = script.reset_ms(reset_in_ms);
        reply
    }

    fn write(self) -> Reply {
        let mut headers = self.rate_limit_headers();
        let json = "application/json; charset=utf-8".to_owned();
        headers.push(("content-type".to_owned(), json));
        headers.push(("date".to_owned(), self.date));
        Reply {
            status: self.status,
            headers,
            body: as_javascript(self.body).to_string().into_bytes(),
            key: None,
        }
    }

    /// Returns the headers of the rate limits, with names in lower case.
    fn rate_limit_headers(&self) -> Vec<(String, String)> {
        let reset = self.reset_ms.to_string();
        let complexity = self.complexity.unwrap_or_default().ceil();
        let mut headers = vec![
            ("x-ratelimit-requests-limit", REQUESTS.to_string()),
            ("x-ratelimit-requests-remaining", self.remaining.to_string()),
            ("x-ratelimit-requests-reset", reset.clone()),
            ("x-ratelimit-complexity-limit", POINTS.to_string()),
            (
                "x-ratelimit-complexity-remaining",
                format!("{}", POINTS as f64 - complexity),
            ),
            ("x-ratelimit-complexity-reset", reset.clone()),
        ];
        if self.complexity.is_some() {
            headers.push(("x-complexity", format!("{complexity}")));
        }
        if self.has_search {
            headers.push(("x-ratelimit-endpoint-requests-limit", SEARCHES.to_string()));
            headers.push((
                "x-ratelimit-endpoint-requests-remaining",
                (SEARCHES - 1).to_string(),
            ));
            headers.push(("x-ratelimit-endpoint-requests-reset", reset));
            headers.push(("x-ratelimit-endpoint-name", "search".into()));
        }
        headers
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}

/// Returns the value of the root field `rateLimitStatus`. The windows of the stand-in are always full unless the script
/// says otherwise, so the field reports the limits themselves.
pub(super) fn rate_limit_status() -> Record {
    let limit = |kind: &str, allowed: u64| {
        json!({
            "type": kind, "requestedAmount": 1, "allowedAmount": allowed,
            "period": HOUR_MS, "remainingAmount": allowed - 1, "reset": HOUR_MS,
        })
    };
    let limits = [limit("requests", REQUESTS), limit("complexity", POINTS)];
    Record::from_iter([
        ("identifier".to_owned(), "lin_api".into()),
        ("kind".to_owned(), "apiKey".into()),
        ("limits".to_owned(), limits.into_iter().collect()),
    ])
}

/// Returns the reply of an act that keeps the request from being executed; `None` for any other act.
pub(super) fn reply_instead(script: &Script, act: &Act) -> Option<Result<Reply, Fault>> {
    Some(match act {
        Act::RateLimited {
            status,
            reset_in_ms,
            retry_after,
        } => {
            let mut reply = ReplyDraft::rate_limited(script, *status, *reset_in_ms).write();
            if let Some(seconds) = retry_after {
                let header = ("retry-after".to_owned(), seconds.to_string());
                reply.headers.push(header);
            }
            Ok(reply)
        }
        Act::ServiceUnavailableHtml => Ok(html_page(503, "Service Unavailable")),
        Act::NotJson => Ok(html_page(200, "One moment, please")),
        Act::Drop => Err(connection_closed()),
        Act::EmptyErrors => Ok(ReplyDraft::new(script, 200, json!({ "errors": [] })).write()),
        Act::BareError(message) => {
            let status = script.status_of_errors();
            let body = json!({ "errors": [{ "message": message }] });
            Ok(ReplyDraft::new(script, status, body).write())
        }
        Act::InternalError { status } => {
            Ok(ReplyDraft::refused(script, &Refusal::internal(), *status).write())
        }
        _ => return None,
    })
}

/// Returns the reply to a request that was executed, as the act changes it.
pub(super) fn reply_after(
    script: &Script,
    mut draft: ReplyDraft,
    act: Option<&Act>,
) -> Result<Reply, Fault> {
    match act {
        Some(Act::DropAfterCommit) => return Err(connection_closed()),
        Some(Act::UnavailableAfterCommit) => return Ok(html_page(503, "Service Unavailable")),
        Some(Act::VoidedAfterCommit(refusal)) => {
            draft.status = script.status_of_errors();
            let errors = [execution::error_entry(refusal, draft.status)];
            draft.body = json!({ "errors": errors, "data": null });
        }
        Some(Act::ErrorsWithData(refusal)) => {
            let entry = execution::error_entry(refusal, draft.status);
            if let Some(body) = draft.body.as_object_mut() {
                let errors = body.entry("errors").or_insert_with(|| json!([]));
                if let Some(errors) = errors.as_array_mut() {
                    errors.push(entry);
                }
            }
        }
        _ => {}
    }
    let mut reply = draft.write();
    if act == Some(&Act::Truncated) {
        reply.body.truncate(reply.body.len() / 2);
    }
    Ok(reply)
}

/// Returns a page of HTML, as gateways send it.
fn html_page(status: u16, title: &str) -> Reply {
    Reply {
        status,
        headers: vec![("content-type".to_owned(), "text/html".to_owned())],
        body: format!("<!doctype html><html><head><title>{title}</title></head></html>")
            .into_bytes(),
        key: None,
    }
}

fn connection_closed() -> Fault {
    Fault::Interrupted("connection closed by the server".to_owned())
}

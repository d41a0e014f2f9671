//! How the script's acts are played, and the answers they stand in the place of.

use serde_json::{Value, json};

use super::limits::{Budget, HOUR_MS, REQUESTS};
use super::refusal::Refusal;
use super::script::{Act, Script};
use super::{defaults, engine, time};
use crate::linear::transport::{Fault, Reply};

/// An answer before it is written out.
pub(super) struct Answer {
    status: u16,
    body: Value,
    pub(super) budget: Budget,
    /// The `Date` header: when it was written.
    date: String,
}

impl Answer {
    /// An answer with one error and no data.
    pub(super) fn refused(script: &Script, refusal: &Refusal, status: u16) -> Self {
        let body = json!({ "errors": [engine::error(refusal, status)] });
        Self::sent(script, status, body)
    }

    /// An answer to one request of a window that is otherwise unused.
    pub(super) fn sent(script: &Script, status: u16, body: Value) -> Self {
        Self {
            status,
            body,
            budget: Budget {
                remaining: REQUESTS - 1,
                reset_ms: script.reset_ms(None),
                ..Budget::default()
            },
            date: time::http_date(script.now_ms()),
        }
    }

    /// The answer to a request that is one too many; the window ends in `reset_in_ms` (an hour unless given).
    pub(super) fn rate_limited(script: &Script, status: u16, reset_in_ms: Option<u64>) -> Self {
        let mut answer = Self::refused(script, &Refusal::rate_limited(REQUESTS, HOUR_MS), status);
        answer.budget.remaining = 0;
        answer.budget.reset_ms = script.reset_ms(reset_in_ms);
        answer
    }

    fn reply(self) -> Reply {
        let body = defaults::as_javascript(self.body);
        let mut headers = self.budget.headers();
        let json = "application/json; charset=utf-8".to_owned();
        headers.push(("content-type".to_owned(), json));
        headers.push(("date".to_owned(), self.date));
        Reply {
            status: self.status,
            headers,
            body: body.to_string().into_bytes(),
            key: None,
        }
    }
}

/// The answer of acts that keep the request from being executed.
pub(super) fn instead(script: &Script, act: &Act) -> Option<Result<Reply, Fault>> {
    Some(match act {
        Act::RateLimited {
            status,
            reset_in_ms,
            retry_after,
        } => {
            let answer = Answer::rate_limited(script, *status, Some(*reset_in_ms));
            let mut reply = answer.reply();
            if let Some(seconds) = retry_after {
                let header = ("retry-after".to_owned(), seconds.to_string());
                reply.headers.push(header);
            }
            Ok(reply)
        }
        Act::ServiceUnavailableHtml => Ok(page(503, "Service Unavailable")),
        Act::NotJson => Ok(page(200, "One moment, please")),
        Act::Drop => Err(dropped()),
        Act::EmptyErrors => Ok(Answer::sent(script, 200, json!({ "errors": [] })).reply()),
        Act::BareError(message) => {
            let status = script.status_of_errors();
            let body = json!({ "errors": [{ "message": message }] });
            Ok(Answer::sent(script, status, body).reply())
        }
        Act::InternalError { status } => {
            Ok(Answer::refused(script, &Refusal::internal(), *status).reply())
        }
        _ => return None,
    })
}

/// What acts make of an answer after the request was executed.
pub(super) fn afterwards(
    script: &Script,
    mut answer: Answer,
    act: Option<&Act>,
) -> Result<Reply, Fault> {
    match act {
        Some(Act::DropAfterCommit) => return Err(dropped()),
        Some(Act::UnavailableAfterCommit) => return Ok(page(503, "Service Unavailable")),
        Some(Act::VoidedAfterCommit(refusal)) => {
            answer.status = script.status_of_errors();
            let errors = [engine::error(refusal, answer.status)];
            answer.body = json!({ "errors": errors, "data": null });
        }
        Some(Act::ErrorsWithData(refusal)) => {
            let entry = engine::error(refusal, answer.status);
            if let Some(body) = answer.body.as_object_mut() {
                let errors = body.entry("errors").or_insert_with(|| json!([]));
                if let Some(errors) = errors.as_array_mut() {
                    errors.push(entry);
                }
            }
        }
        _ => {}
    }
    let mut reply = answer.reply();
    if act == Some(&Act::Truncated) {
        reply.body.truncate(reply.body.len() / 2);
    }
    Ok(reply)
}

/// A page for people, as gateways send it.
fn page(status: u16, title: &str) -> Reply {
    Reply {
        status,
        headers: vec![("content-type".to_owned(), "text/html".to_owned())],
        body: format!("<!doctype html><html><head><title>{title}</title></head></html>")
            .into_bytes(),
        key: None,
    }
}

fn dropped() -> Fault {
    Fault::Interrupted("connection closed by the server".to_owned())
}

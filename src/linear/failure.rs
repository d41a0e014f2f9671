//! What became of a request that did not succeed: one typed value, and the only place that picks 14xx codes.
//!
//! Linear's HTTP statuses are not dependable and its sentences change, so kinds come from `extensions.type` and
//! `extensions.code` alone (`linear/api.md` §4).

mod wire;

use std::time::Duration;

use jiff::fmt::rfc2822;
use serde_json::Value;

pub use self::wire::{GraphQlAnswer, GraphQlError};
use super::key::{API_KEY, API_KEY_COMMAND, API_KEY_FILE};
use super::transport::{Fault, Reply, WrongSetting};
use crate::error::{Code, Error};

/// The way out of a request that was cancelled.
const IF_STILL_WANTED: &str = "Repeat the request if it is still wanted";

/// The setting of how long one operation may take.
const DEADLINE: &str = "LINEAR_OPS_DEADLINE_MS";

/// Why a request did not bring what was asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// Nothing was sent: the connection cannot be built.
    Unconfigured(String),
    /// Nothing was sent: there is no key.
    NoKey(WrongSetting),
    /// A setting keeps the request from reaching Linear; nothing was executed.
    WrongSetting(WrongSetting),
    /// The caller cancelled before anything was sent.
    Cancelled,
    /// The server's settings do not allow a write, after other writes of the same operation; it was not sent.
    Guarded(Error),
    /// The time that one operation may take, which is this long, was over before there was an answer to a read, or before
    /// a write was sent. A write that was sent is [`Failure::Timeout`].
    OutOfTime(Duration),
    /// No connection; nothing was executed.
    Unreachable(String),
    /// No answer in time; it may have been executed.
    Timeout(Duration),
    /// The connection broke, or the server behind Linear's gateway failed; it may have been executed.
    Interrupted(String),
    /// An answer that is no GraphQL answer, or not one to our question; it may have been executed.
    Malformed(String),
    /// An answer that is larger than what is read of one; it may have been executed.
    TooLarge(Excess),
    /// A budget is used up; nothing was executed.
    RateLimited(RateLimit),
    /// Linear does not accept the key.
    Unauthorized(RefusedKey),
    /// The key's scope or the workspace's plan forbids it.
    Forbidden(Refusal),
    /// The plan allows no more of these.
    UsageLimit(Refusal),
    /// Linear read the request and declined it; what is named was not executed.
    Refused(Refusal),
}

/// A key that Linear does not accept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefusedKey {
    /// Linear's reason.
    pub reason: String,
    /// The setting that gave the key, where that is known.
    pub setting: Option<&'static str>,
}

/// What an answer has more of than is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excess {
    /// More than this many bytes.
    Bytes(usize),
    /// More than this many JSON values.
    Values(usize),
}

/// The budget that ran out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimit {
    /// How many are allowed in the window, where Linear says so.
    pub limit: Option<u64>,
    /// When the latest of the exhausted windows is reset, in milliseconds since the epoch by Linear's clock.
    pub reset_ms: Option<i64>,
    /// What a `retry-after` header asked for.
    pub retry_after: Option<Duration>,
    /// When the answer was written, in milliseconds since the epoch by Linear's clock.
    pub now_ms: i64,
}

/// Linear's own reason for declining.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// Linear's sentence for people, else its message.
    pub reason: String,
    /// The part of the batch that it is about, where Linear says so.
    pub slot: Option<usize>,
    /// The field below that part's root that could not be answered, `state.name`; `None` where the root itself failed.
    pub field: Option<String>,
    /// Whether the input is at fault (rather than Linear's own workings).
    pub input: bool,
    /// The constraints that inputs broke, as Linear words them.
    pub constraints: Vec<String>,
}

impl Failure {
    /// What a broken exchange means.
    pub fn of_fault(fault: Fault) -> Self {
        match fault {
            Fault::Unusable(why) => Self::Unconfigured(why),
            Fault::NoKey(wrong) => Self::NoKey(wrong),
            Fault::WrongSetting(wrong) => Self::WrongSetting(wrong),
            Fault::Unreachable(why) => Self::Unreachable(why),
            Fault::Interrupted(why) => Self::Interrupted(why),
            Fault::Timeout(after) => Self::Timeout(after),
            Fault::TooLarge(bytes) => Self::TooLarge(Excess::Bytes(bytes)),
        }
    }

    /// What an error of an answer means. `slot` finds the batch's part by the root field in the error's path.
    pub fn of_error(
        error: &GraphQlError,
        reply: &Reply,
        now_ms: i64,
        slot: impl Fn(&str) -> Option<usize>,
    ) -> Self {
        let extensions = &error.extensions;
        let refusal = || Refusal {
            reason: error.reason(),
            slot: error.root().and_then(&slot),
            field: error.field(),
            input: extensions.blames_input(),
            constraints: extensions.constraints(),
        };
        match (extensions.kind.as_deref(), extensions.code.as_deref()) {
            (Some("ratelimited"), _) | (_, Some("RATELIMITED")) => {
                Self::RateLimited(RateLimit::read(error, reply, now_ms))
            }
            (Some("authentication error"), _) | (_, Some("AUTHENTICATION_ERROR")) => {
                Self::Unauthorized(RefusedKey {
                    reason: error.reason(),
                    setting: reply.key,
                })
            }
            (Some("forbidden" | "feature not accessible"), _) | (_, Some("FORBIDDEN")) => {
                Self::Forbidden(refusal())
            }
            (Some("usage limit exceeded"), _) | (_, Some("USAGE_LIMIT_EXCEEDED")) => {
                Self::UsageLimit(refusal())
            }
            (Some("internal error" | "lock timeout" | "network error" | "bootstrap error"), _)
            | (_, Some("INTERNAL_SERVER_ERROR")) => Self::Interrupted(error.reason()),
            _ => Self::Refused(refusal()),
        }
    }

    /// What an answer without a readable error means, by its status: all that is left to go by.
    pub fn of_status(reply: &Reply, now_ms: i64) -> Self {
        match reply.status {
            401 => Self::Unauthorized(RefusedKey {
                reason: "Linear answered 401".to_owned(),
                setting: reply.key,
            }),
            403 => Self::Forbidden(Refusal {
                reason: "Linear answered 403".to_owned(),
                ..Refusal::default()
            }),
            429 => Self::RateLimited(RateLimit::from_headers(reply, now_ms)),
            status @ 500.. => Self::Interrupted(format!("Linear answered {status}")),
            status => Self::Malformed(format!(
                "Linear answered {status} with a body that is not a GraphQL answer"
            )),
        }
    }

    /// Whether the request may have been executed although no answer says so.
    pub fn is_ambiguous(&self) -> bool {
        matches!(
            self,
            Self::Timeout(_) | Self::Interrupted(_) | Self::Malformed(_) | Self::TooLarge(_)
        )
    }

    /// Whether nothing has left this machine, so that there is no request to count.
    pub fn is_unsent(&self) -> bool {
        let wrong_before = matches!(self, Self::WrongSetting(wrong) if !wrong.sent);
        wrong_before
            || matches!(
                self,
                Self::Unconfigured(_) | Self::NoKey(_) | Self::Unreachable(_)
            )
    }

    /// Whether there is no key, or none that Linear accepts.
    pub fn lacks_key(&self) -> bool {
        matches!(self, Self::NoKey(_) | Self::Unauthorized(_))
    }

    /// Whether sending the same again at once can help.
    pub fn is_transient(&self) -> bool {
        let passes = !matches!(self, Self::TooLarge(_));
        (self.is_ambiguous() && passes) || matches!(self, Self::Unreachable(_))
    }

    /// The part of the batch that Linear declined, where it says so. Those before it were executed, though no answer
    /// brings them: a refused mutation voids the whole answer (`linear/api.md` §2).
    pub fn slot(&self) -> Option<usize> {
        match self {
            Self::Refused(refusal) | Self::Forbidden(refusal) | Self::UsageLimit(refusal) => {
                refusal.slot
            }
            _ => None,
        }
    }

    /// The same failure of the part at that place of another batch, or of none that can be told.
    #[must_use]
    pub fn at(mut self, slot: Option<usize>) -> Self {
        if let Self::Refused(refusal) | Self::Forbidden(refusal) | Self::UsageLimit(refusal) =
            &mut self
        {
            refusal.slot = slot;
        }
        self
    }

    /// Whether Linear read the request and refused it, or one part of it, for what is in it.
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::UsageLimit(_))
    }

    /// Whether Linear read the request and declined it, or one part of it.
    pub fn is_declined(&self) -> bool {
        matches!(
            self,
            Self::Refused(_) | Self::Forbidden(_) | Self::UsageLimit(_)
        )
    }

    /// Whether Linear declined the root of that part of the batch because of what it was given: for a look-up by id,
    /// that there is no such thing. An error below a root says nothing of the thing itself.
    pub fn declines(&self, part: usize) -> bool {
        let Self::Refused(refusal) = self else {
            return false;
        };
        refusal.input && refusal.slot == Some(part) && refusal.field.is_none()
    }

    /// The error as the caller is told it, when reading.
    pub fn reading(self) -> Error {
        match self {
            Self::Unconfigured(why) => Error::new(Code::ConfigError, why).suggest(
                "Check LINEAR_API_URL, and run linear-ops doctor where the server is started",
            ),
            Self::NoKey(wrong) => Error::new(Code::ConfigError, wrong.why)
                .suggest(wrong.remedy)
                .suggest("Start the server with --sandbox to try it without a key"),
            Self::WrongSetting(wrong) => {
                Error::new(Code::ConfigError, wrong.why).suggest(wrong.remedy)
            }
            Self::Cancelled => {
                Error::new(Code::Cancelled, "The request was cancelled").suggest(IF_STILL_WANTED)
            }
            Self::Guarded(error) => error,
            Self::OutOfTime(after) => Error::new(
                Code::LinearApiTimeout,
                format!(
                    "The operation did not come to its end within its time ({} s)",
                    seconds(after)
                ),
            )
            .detail("setting", DEADLINE)
            .suggest("Repeat the request"),
            Self::Unreachable(why) => {
                unreachable("Linear cannot be reached; nothing was executed", why)
            }
            Self::Timeout(after) => Error::new(
                Code::LinearApiTimeout,
                format!("Linear did not answer within {} s", seconds(after)),
            )
            .suggest("Repeat the request"),
            Self::TooLarge(_) => Error::new(Code::LinearApiError, self.to_string())
                .suggest("Ask for fewer at once: a smaller `limit`, or fewer fields"),
            Self::Interrupted(why) | Self::Malformed(why) => {
                Error::new(Code::LinearApiError, "Linear did not give a usable answer")
                    .detail("reason", why)
                    .suggest("Repeat the request")
            }
            Self::RateLimited(limit) => {
                limit.error("Linear API rate limit exceeded; nothing was executed")
            }
            Self::Unauthorized(refused) => refused.error(),
            Self::Forbidden(refusal) => Error::new(
                Code::LinearApiForbidden,
                "Linear does not allow this with the key in use",
            )
            .detail("reason", refusal.reason)
            .suggest("Use a key that has the scope for it and can see the team"),
            Self::UsageLimit(refusal) => Error::new(
                Code::UsageLimitExceeded,
                "The workspace's plan allows no more of these",
            )
            .detail("reason", refusal.reason)
            .suggest("Archive what is no longer needed, or upgrade the workspace"),
            Self::Refused(refusal) => {
                refusal.error(Code::LinearApiError, "Linear declined the request")
            }
        }
    }

    /// The error as the caller is told it, when a write failed: `code` for what Linear declined, `what` was tried
    /// (`create issue 'T'`), and what to `check` when it is not known whether it was done. It says what was not done,
    /// and not that nothing was: another write may have come before.
    pub fn writing(self, code: Code, what: &str, check: &str) -> Error {
        let message = format!("Failed to {what}");
        match self {
            Self::Refused(refusal) => refusal.error(code, &message),
            failure if failure.is_ambiguous() => Error::new(
                Code::OutcomeUnknown,
                format!("The answer was lost, so it is not known whether this was done: {what}"),
            )
            .detail("reason", failure.to_string())
            .suggest(check),
            Self::Cancelled => Error::new(
                Code::Cancelled,
                format!("{message}: the request was cancelled before this was sent"),
            )
            .suggest(IF_STILL_WANTED),
            Self::Guarded(error) => error.detail("not_done", what),
            Self::OutOfTime(_) => Error::new(
                Code::LinearApiTimeout,
                format!("{message}: {self} before this was sent"),
            )
            .detail("setting", DEADLINE)
            .suggest("Repeat the request: what was not sent was not done"),
            Self::RateLimited(limit) => {
                limit.error(&format!("{message}: Linear API rate limit exceeded"))
            }
            Self::Unreachable(why) => {
                unreachable(&format!("{message}: Linear cannot be reached"), why)
            }
            other => other.reading(),
        }
    }
}

/// An error of an operation that was to write something and had sent no write when it failed: where its time ran out or
/// it was cancelled, it says that nothing was written.
pub fn nothing_written(error: Error) -> Error {
    if matches!(error.code(), Code::LinearApiTimeout | Code::Cancelled) {
        error.detail("written", "nothing")
    } else {
        error
    }
}

fn unreachable(message: &str, why: String) -> Error {
    Error::new(Code::LinearApiUnreachable, message)
        .detail("reason", why)
        .suggest("Check the network and LINEAR_API_URL, then repeat the request")
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Timeout(after) => write!(f, "no answer within {} s", seconds(*after)),
            Self::OutOfTime(after) => write!(
                f,
                "the time for one operation ({} s) was over",
                seconds(*after)
            ),
            Self::WrongSetting(wrong) | Self::NoKey(wrong) => f.write_str(&wrong.why),
            Self::Unauthorized(refused) => f.write_str(&refused.reason),
            Self::Unconfigured(why)
            | Self::Unreachable(why)
            | Self::Interrupted(why)
            | Self::Malformed(why) => f.write_str(why),
            Self::TooLarge(Excess::Bytes(most)) => {
                write!(f, "the answer is larger than {most} bytes")
            }
            Self::TooLarge(Excess::Values(most)) => {
                write!(f, "the answer has more than {most} values")
            }
            Self::Cancelled => f.write_str("cancelled"),
            Self::Guarded(error) => f.write_str(error.message()),
            Self::RateLimited(_) => f.write_str("rate limited"),
            Self::Refused(refusal) | Self::Forbidden(refusal) | Self::UsageLimit(refusal) => {
                f.write_str(&refusal.reason)
            }
        }
    }
}

/// A length of time in seconds, to a hundredth: `0.15`, `30`.
fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 100.0).round() / 100.0
}

impl RefusedKey {
    fn error(self) -> Error {
        let make = "Make a new key in Linear under Settings > Account > Security & access";
        let put = match self.setting.unwrap_or(API_KEY) {
            API_KEY_FILE => format!("put it into the file that {API_KEY_FILE} names"),
            API_KEY_COMMAND => format!("store it where the command of {API_KEY_COMMAND} finds it"),
            setting => format!("set {setting} to it"),
        };
        Error::new(
            Code::LinearApiUnauthorized,
            "Linear does not accept the key",
        )
        .detail("reason", self.reason)
        .suggest(format!("{make}, {put}, then restart this server"))
    }
}

impl Refusal {
    fn error(self, code: Code, message: &str) -> Error {
        let mut error = Error::new(code, message).detail("reason", self.reason);
        if let Some(field) = self.field {
            error = error.detail("field", field);
        }
        if !self.constraints.is_empty() {
            error = error.detail("constraints", self.constraints);
        }
        if self.input {
            error.suggest("Change what the reason names, then repeat the request")
        } else {
            error.suggest("Repeat the request")
        }
    }
}

/// The time by Linear's clock when it answered, in milliseconds since the epoch, so that waits do not depend on how this
/// machine's clock is set. The `Date` header has whole seconds only: where this machine's time, `now_ms`, agrees with it,
/// that is taken, because it is finer.
fn server_time(reply: &Reply, now_ms: i64) -> i64 {
    /// How far behind and ahead of the header this machine's clock may be: the part of a second that the header leaves
    /// out, and half a second for the way.
    const AGREES: std::ops::RangeInclusive<i64> = -500..=1_500;
    let read = |text: &str| rfc2822::DateTimeParser::new().parse_timestamp(text).ok();
    let date = reply.header("date").and_then(read);
    let date = date.map(jiff::Timestamp::as_millisecond);
    date.filter(|date| !AGREES.contains(&now_ms.saturating_sub(*date)))
        .unwrap_or(now_ms)
}

impl RateLimit {
    fn read(error: &GraphQlError, reply: &Reply, now_ms: i64) -> Self {
        let mut limit = Self::from_headers(reply, now_ms);
        let stated = error
            .extensions
            .meta
            .pointer("/rateLimitResult/limit")
            .and_then(Value::as_u64);
        limit.limit = stated.or(limit.limit);
        limit
    }

    /// The latest reset among the windows with nothing left (`linear/api.md` §3).
    fn from_headers(reply: &Reply, now_ms: i64) -> Self {
        let number = |name: &str| {
            reply
                .header(name)
                .and_then(|text| text.trim().parse::<i64>().ok())
        };
        let windows = ["requests", "complexity", "endpoint-requests"];
        let exhausted = windows.iter().filter(|window| {
            number(&format!("x-ratelimit-{window}-remaining")).is_some_and(|left| left <= 0)
        });
        let reset_ms = exhausted
            .filter_map(|window| number(&format!("x-ratelimit-{window}-reset")))
            .max();
        Self {
            limit: number("x-ratelimit-requests-limit").and_then(|limit| u64::try_from(limit).ok()),
            reset_ms,
            retry_after: number("retry-after")
                .and_then(|seconds| u64::try_from(seconds).ok())
                .map(Duration::from_secs),
            now_ms: server_time(reply, now_ms),
        }
    }

    /// How long to wait; an hour at most, Linear's longest window. `None` where nothing was said.
    pub fn wait(&self) -> Option<Duration> {
        let until_reset = self.reset_ms.map(|reset| {
            Duration::from_millis(u64::try_from(reset.saturating_sub(self.now_ms)).unwrap_or(0))
        });
        self.retry_after
            .into_iter()
            .chain(until_reset)
            .max()
            .map(|wait| wait.min(Duration::from_secs(3600)))
    }

    fn error(self, message: &str) -> Error {
        let mut error = Error::new(Code::LinearApiRateLimit, message);
        if let Some(limit) = self.limit {
            error = error.detail("rate_limit", limit);
        }
        let Some(wait) = self.wait() else {
            return error.suggest("Wait some minutes before repeating the request");
        };
        let seconds = wait.as_millis().div_ceil(1000);
        let seconds = i64::try_from(seconds).unwrap_or(3600);
        let reset = jiff::Timestamp::from_millisecond(self.now_ms.saturating_add(seconds * 1000));
        if let Ok(reset) = reset.and_then(|reset| reset.round(jiff::Unit::Second)) {
            error = error.detail("reset_at", reset.to_string());
        }
        error
            .detail("retry_after_seconds", seconds)
            .suggest(format!("Wait {seconds} s before repeating the request"))
    }
}

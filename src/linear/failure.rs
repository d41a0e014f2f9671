//! The failure of a request as one typed value. This is the only module that chooses error codes 14xx.
//!
//! Linear's HTTP statuses are not dependable and its messages change, so the kind of a failure comes from
//! `extensions.type` and `extensions.code` alone (`linear/api.md` §4).

use std::time::Duration;

use jiff::fmt::rfc2822;
use serde::Deserialize;
use serde_json::Value;

use super::key::{API_KEY, API_KEY_COMMAND, API_KEY_FILE};
use super::transport::{Fault, Reply, WrongSetting};
use crate::error::{Code, Error};

/// The suggestion for a request that was cancelled.
const IF_STILL_WANTED: &str = "Repeat the request if it is still wanted";

/// The setting that limits how long one operation may take.
const DEADLINE: &str = "LINEAR_OPS_DEADLINE_MS";

/// The reason why a request got no answer, or was rejected.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// Nothing was sent: the HTTP client or the request cannot be built.
    Unconfigured(String),
    /// Nothing was sent: there is no API key.
    NoKey(WrongSetting),
    /// A setting keeps the request from reaching Linear; nothing was executed.
    WrongSetting(WrongSetting),
    /// The caller cancelled before anything was sent.
    Cancelled,
    /// The server's settings do not allow a write, so this write was not sent. Earlier writes of the same operation
    /// were sent.
    Guarded(Error),
    /// The time limit of the operation was reached before a read was answered or before a write was sent. The value is
    /// this time limit. A write that was sent fails as [`Failure::Timeout`].
    OutOfTime(Duration),
    /// No connection could be made; nothing was executed.
    Unreachable(String),
    /// No answer came within this time; the request may have been executed.
    Timeout(Duration),
    /// The connection broke, or the server behind Linear's gateway failed; the request may have been executed.
    Interrupted(String),
    /// The answer is not a GraphQL answer, or does not fit the document; the request may have been executed.
    Malformed(String),
    /// The answer is larger than the client accepts; the request may have been executed.
    TooLarge(Excess),
    /// A rate limit is used up; nothing was executed.
    RateLimited(RateLimit),
    /// Linear does not accept the key.
    Unauthorized(RefusedKey),
    /// The key's scope or the workspace's plan forbids the request.
    Forbidden(Refusal),
    /// The workspace's plan allows no more entities of this kind.
    UsageLimit(Refusal),
    /// Linear read the request and rejected it, or one part of it; the part was not executed.
    Refused(Refusal),
}

/// A key that Linear does not accept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefusedKey {
    /// The reason that Linear gives.
    pub reason: String,
    /// The setting that the key came from, where that is known.
    pub setting: Option<&'static str>,
}

/// The limit that an answer exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excess {
    /// More than this many bytes.
    Bytes(usize),
    /// More than this many JSON values.
    Values(usize),
}

/// The rate limit that is used up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimit {
    /// How many requests the window allows, where Linear says so.
    pub limit: Option<u64>,
    /// When the last of the exhausted windows is reset, in milliseconds since the epoch by Linear's clock.
    pub reset_ms: Option<i64>,
    /// The wait that a `retry-after` header asks for.
    pub retry_after: Option<Duration>,
    /// When Linear answered, in milliseconds since the epoch by Linear's clock.
    pub now_ms: i64,
}

/// The details of a rejection by Linear.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// Linear's message for people, or else its technical message.
    pub reason: String,
    /// The part of the request that was rejected, where Linear names it.
    pub slot: Option<usize>,
    /// The path of the failed field below the part's root, like `state.name`; `None` when the root itself failed.
    pub field: Option<String>,
    /// Whether the input is at fault, and not Linear itself.
    pub input: bool,
    /// The constraints that the input violates, in Linear's words.
    pub constraints: Vec<String>,
}

impl Failure {
    /// Returns the failure that a fault of the transport stands for.
    pub fn from_fault(fault: Fault) -> Self {
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

    /// Returns the failure that an error in an answer stands for. `slot` maps the root field in the error's path to the
    /// part of the request.
    pub fn from_graphql_error(
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
                Self::RateLimited(RateLimit::from_error(error, reply, now_ms))
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

    /// Returns the failure of an answer without a readable error. Only the HTTP status of the answer tells what the
    /// failure is.
    pub fn from_status(reply: &Reply, now_ms: i64) -> Self {
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

    /// Whether the request may have been executed although no answer confirms it.
    pub fn is_ambiguous(&self) -> bool {
        matches!(
            self,
            Self::Timeout(_) | Self::Interrupted(_) | Self::Malformed(_) | Self::TooLarge(_)
        )
    }

    /// Whether the request never left this machine, so that it does not count as sent.
    pub fn is_unsent(&self) -> bool {
        let is_unsent_setting = matches!(self, Self::WrongSetting(wrong) if !wrong.sent);
        is_unsent_setting
            || matches!(
                self,
                Self::Unconfigured(_) | Self::NoKey(_) | Self::Unreachable(_)
            )
    }

    /// Whether there is no API key, or Linear does not accept the key.
    pub fn lacks_key(&self) -> bool {
        matches!(self, Self::NoKey(_) | Self::Unauthorized(_))
    }

    /// Whether it can help to send the same request again at once.
    pub fn is_transient(&self) -> bool {
        let can_pass = !matches!(self, Self::TooLarge(_));
        (self.is_ambiguous() && can_pass) || matches!(self, Self::Unreachable(_))
    }

    /// Returns the part of the request that Linear rejected, where Linear names it. Mutations in front of this part
    /// were executed although their answers are missing: a rejected mutation voids the whole answer (`linear/api.md`
    /// §2).
    pub fn slot(&self) -> Option<usize> {
        match self {
            Self::Refused(refusal) | Self::Forbidden(refusal) | Self::UsageLimit(refusal) => {
                refusal.slot
            }
            _ => None,
        }
    }

    /// Returns the same failure with `slot` as the part of the request that it is about.
    #[must_use]
    pub fn with_slot(mut self, slot: Option<usize>) -> Self {
        if let Self::Refused(refusal) | Self::Forbidden(refusal) | Self::UsageLimit(refusal) =
            &mut self
        {
            refusal.slot = slot;
        }
        self
    }

    /// Whether Linear read the request and rejected it, or one part of it, because of its content.
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::UsageLimit(_))
    }

    /// Whether Linear read the request and rejected it, or one part of it, because of its content or because the key
    /// does not permit it.
    pub fn is_declined(&self) -> bool {
        matches!(
            self,
            Self::Refused(_) | Self::Forbidden(_) | Self::UsageLimit(_)
        )
    }

    /// Whether Linear rejected the root field of this part of the request because of its input. For a look-up by id
    /// this means that no such entity exists. An error below the root field says nothing about the entity itself.
    pub fn rejects(&self, part: usize) -> bool {
        let Self::Refused(refusal) = self else {
            return false;
        };
        refusal.input && refusal.slot == Some(part) && refusal.field.is_none()
    }

    /// Returns the error that reports a failed read to the caller.
    pub fn into_read_error(self) -> Error {
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
                limit.into_error("Linear API rate limit exceeded; nothing was executed")
            }
            Self::Unauthorized(refused) => refused.into_error(),
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
                refusal.into_error(Code::LinearApiError, "Linear declined the request")
            }
        }
    }

    /// Returns the error that reports a failed write to the caller. `code` is its code when Linear has rejected the
    /// write, `what` names the write (`create issue 'T'`), and `check` is the suggestion when it is not known whether
    /// the write was executed. The error names the write that was not done. It does not say that nothing was done,
    /// because other writes may have been executed before.
    pub fn into_write_error(self, code: Code, what: &str, check: &str) -> Error {
        let message = format!("Failed to {what}");
        match self {
            Self::Refused(refusal) => refusal.into_error(code, &message),
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
                limit.into_error(&format!("{message}: Linear API rate limit exceeded"))
            }
            Self::Unreachable(why) => {
                unreachable(&format!("{message}: Linear cannot be reached"), why)
            }
            other => other.into_read_error(),
        }
    }
}

/// Returns the error of an operation that failed before it sent its first write. An error that reports a timeout or a
/// cancellation gets the detail that nothing was written.
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

/// Returns a duration in seconds, rounded to hundredths: `0.15`, `30`.
fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 100.0).round() / 100.0
}

impl RefusedKey {
    fn into_error(self) -> Error {
        let make_key = "Make a new key in Linear under Settings > Account > Security & access";
        let store_key = match self.setting.unwrap_or(API_KEY) {
            API_KEY_FILE => format!("put it into the file that {API_KEY_FILE} names"),
            API_KEY_COMMAND => format!("store it where the command of {API_KEY_COMMAND} finds it"),
            setting => format!("set {setting} to it"),
        };
        Error::new(
            Code::LinearApiUnauthorized,
            "Linear does not accept the key",
        )
        .detail("reason", self.reason)
        .suggest(format!("{make_key}, {store_key}, then restart this server"))
    }
}

impl Refusal {
    fn into_error(self, code: Code, message: &str) -> Error {
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

/// Returns the time of the answer by Linear's clock, in milliseconds since the epoch, so that waits do not depend on
/// how this machine's clock is set. The `Date` header has whole seconds only. When this machine's time `now_ms` agrees
/// with the header, the function returns `now_ms`, because it is more precise.
fn server_time(reply: &Reply, now_ms: i64) -> i64 {
    /// By how many milliseconds this machine's clock may differ from the header: the fraction of a second that the
    /// header leaves out, and half a second for the transfer.
    const TOLERANCE: std::ops::RangeInclusive<i64> = -500..=1_500;
    let parse = |text: &str| rfc2822::DateTimeParser::new().parse_timestamp(text).ok();
    let date = reply.header("date").and_then(parse);
    let date = date.map(jiff::Timestamp::as_millisecond);
    date.filter(|date| !TOLERANCE.contains(&now_ms.saturating_sub(*date)))
        .unwrap_or(now_ms)
}

impl RateLimit {
    /// Reads the limit from the headers of a reply, and the number of allowed requests from the `error` where it states
    /// this number.
    fn from_error(error: &GraphQlError, reply: &Reply, now_ms: i64) -> Self {
        let mut limit = Self::from_headers(reply, now_ms);
        let stated = error
            .extensions
            .meta
            .pointer("/rateLimitResult/limit")
            .and_then(Value::as_u64);
        limit.limit = stated.or(limit.limit);
        limit
    }

    /// Reads the limit from the headers of a reply. Its reset is the latest reset among the exhausted windows
    /// (`linear/api.md` §3).
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

    /// Returns how long to wait until the limit is reset, or `None` when Linear does not say. The wait is at most an
    /// hour, which is Linear's longest window.
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

    fn into_error(self, message: &str) -> Error {
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

/// The body of a GraphQL answer. Linear may leave out any key of it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct GraphQlAnswer {
    /// The root fields, or null. `None` when the key `data` is missing, which means that nothing was executed (GraphQL
    /// specification, §7.1).
    #[serde(deserialize_with = "some_value")]
    pub data: Option<Value>,
    /// The errors of the request.
    pub errors: Option<Vec<GraphQlError>>,
}

/// Deserializes the value of a key that is present, so that null becomes `Some(Value::Null)` and not `None`.
fn some_value<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// An error in an answer (`linear/api.md` §4).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct GraphQlError {
    message: Option<String>,
    path: Option<Vec<Value>>,
    extensions: Extensions,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Extensions {
    #[serde(rename = "type")]
    kind: Option<String>,
    code: Option<String>,
    user_presentable_message: Option<String>,
    meta: Value,
    validation_errors: Value,
}

impl GraphQlError {
    /// Returns the reason of the error: Linear's message for people, else its technical message, else the error's kind
    /// (`linear/api.md` §4).
    pub fn reason(&self) -> String {
        let extensions = &self.extensions;
        extensions
            .user_presentable_message
            .as_ref()
            .or(self.message.as_ref())
            .or(extensions.kind.as_ref())
            .cloned()
            .unwrap_or_else(|| "Linear gave no reason".to_owned())
    }

    /// Returns every text in which Linear may name the entity that the error is about.
    pub(crate) fn texts(&self) -> Vec<String> {
        let presentable = self.extensions.user_presentable_message.as_ref();
        let texts = self.message.iter().chain(presentable);
        texts.cloned().collect()
    }

    /// Returns the dotted path of the failed field below the root field, without list indices, or `None` when the root
    /// field itself failed or the error has no path.
    pub(crate) fn field(&self) -> Option<String> {
        let below = self.path.as_ref()?.get(1..)?;
        let names: Vec<&str> = below.iter().filter_map(Value::as_str).collect();
        (!names.is_empty()).then(|| names.join("."))
    }

    /// Returns the root field that the error belongs to.
    pub(crate) fn root(&self) -> Option<&str> {
        self.path.as_ref()?.first()?.as_str()
    }
}

impl Extensions {
    /// Whether the input is at fault (`linear/api.md` §4).
    fn blames_input(&self) -> bool {
        let kind = self.kind.as_deref();
        matches!(kind, Some("invalid input" | "user error" | "graphql error"))
            || matches!(self.code.as_deref(), Some("INPUT_ERROR" | "INVALID_INPUT"))
    }

    /// Returns the messages under `validationErrors[].constraints`.
    fn constraints(&self) -> Vec<String> {
        let errors = self.validation_errors.as_array().into_iter().flatten();
        errors
            .filter_map(|error| error.get("constraints")?.as_object())
            .flat_map(|constraints| constraints.values())
            .filter_map(|sentence| sentence.as_str().map(str::to_owned))
            .collect()
    }
}

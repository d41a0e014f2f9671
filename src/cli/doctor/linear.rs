//! The checks against Linear: whether Linear can be reached, who owns the key, what the key may do, what is left of the rate limits
//! (`linear/api.md` §3), and whether this machine's clock agrees with Linear's. Times in filters such as `-P7D` rely on the clock.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::fmt::rfc2822;

use super::{Diagnostic, KEY};
use crate::clock::Clock;
use crate::linear::client::{Client, RequestScope, RetryLimits, RetryPolicy};
use crate::linear::compose::Part;
use crate::linear::documents::{
    DoctorProbe, DoctorViewer, DoctorWorkspace, Listing as _, Projects, Teams, doctor_probe,
    doctor_viewer, doctor_workspace,
};
use crate::linear::failure::Failure;
use crate::linear::model::{Viewer, Workspace};
use crate::linear::transport::{Fault, Reply, Transport};
use crate::resolve::places::{found, questions};
use crate::session::guards::Places;
use crate::settings::Settings;

/// How many existing teams or projects are listed where a setting names a team or project that does not exist.
const MOST_LISTED: i64 = 20;

/// Asks Linear, or the stand-in, through the transport: what the key can see; whether the key may write, unless the settings refuse
/// writes; and whether the teams and projects that settings name exist. The diagnostics call Linear or the stand-in by `name`.
pub(super) async fn check(
    settings: &Settings,
    name: &str,
    transport: Arc<dyn Transport>,
) -> Vec<Diagnostic> {
    let clock = Clock::system();
    let recording = Arc::new(RecordingTransport::new(transport, clock.clone()));
    // No request is sent again, because the doctor is to report all faults, also passing ones.
    let retry_limits = RetryLimits {
        attempts: 1,
        ..settings.retry_limits()
    };
    let client = Client::new(Arc::clone(&recording) as _, retry_limits, clock.clone());
    let identity = read_identity(&client).await;
    let has_access = identity.is_ok();
    let access = match identity {
        Ok((viewer, workspace)) => vec![
            account(&viewer, &workspace),
            check_permissions(settings, &client, &clock).await,
        ]
        .into_iter()
        .chain(check_places(settings, &client).await)
        .collect(),
        Err(failure) => vec![no_access(name, failure, recording.exchanges().is_empty())],
    };
    let exchanges = recording.exchanges();
    let duration_ms = |exchange: &Exchange| exchange.received_ms - exchange.sent_ms;
    let connection = match exchanges.as_slice() {
        [] => None,
        [only] => Some(format!("{name} answered in {} ms", duration_ms(only))),
        [first, .., last] => Some(format!(
            "{name} answered in {} ms (connecting included), then in {} ms",
            duration_ms(first),
            duration_ms(last)
        )),
    };
    let connection = connection.map(|text| Diagnostic::ok("connection", text));
    let mut diagnostics: Vec<Diagnostic> = connection.into_iter().chain(access).collect();
    if let Some(exchange) = exchanges.last() {
        if has_access {
            diagnostics.push(check_budgets(exchange));
        }
        diagnostics.push(check_clock(exchange));
    }
    diagnostics
}

/// Asks Linear for the user and the workspace that the key belongs to.
async fn read_identity(client: &Client) -> Result<(Viewer, Workspace), Failure> {
    let parts = [
        Part::of::<DoctorViewer>(doctor_viewer::Variables),
        Part::of::<DoctorWorkspace>(doctor_workspace::Variables),
    ];
    let mut answers = client
        .send(&parts, RetryPolicy::Idempotent, &RequestScope::default())
        .await?;
    let viewer = answers.take::<DoctorViewer>(0)?.viewer;
    let workspace = answers.take::<DoctorWorkspace>(1)?.organization;
    Ok((viewer, workspace))
}

/// The diagnostic that names the user and the workspace that the key belongs to.
fn account(viewer: &Viewer, workspace: &Workspace) -> Diagnostic {
    let role = match (viewer.admin, viewer.guest) {
        (true, _) => "an admin",
        (false, true) => "a guest, who sees some teams only,",
        (false, false) => "a member",
    };
    let text = format!(
        "{} <{}>, {role} of {} (linear.app/{})",
        viewer.name, viewer.email, workspace.name, workspace.url_key
    );
    Diagnostic::ok("account", text)
}

/// Checks whether the key may write.
///
/// The probe updates a relation between issues under a new id, and sets none of its fields: there is no such relation, and an
/// existing relation would stay unchanged. The probe needs the scope `write`, which a key for creating issues alone does not have
/// (`linear/api.md` §5). Linear is known to report a missing scope before a missing relation. Because this order is not
/// documented, the diagnostic repeats Linear's answer.
async fn check_permissions(settings: &Settings, client: &Client, clock: &Clock) -> Diagnostic {
    const SUBJECT: &str = "permissions";
    if settings.read_only {
        let text = "reads are allowed; writes were not tried, this server refuses them (read-only)";
        return Diagnostic::ok(SUBJECT, text);
    }
    let allowed = "reads and writes are allowed";
    let probe = async {
        let variables = doctor_probe::Variables { id: clock.new_id() };
        let parts = [Part::of::<DoctorProbe>(variables)];
        let mut answers = client
            .send(&parts, RetryPolicy::NotAfterSend, &RequestScope::default())
            .await?;
        answers.take::<DoctorProbe>(0)
    };
    match probe.await {
        Ok(answer) if answer.issue_relation_update.success => Diagnostic::ok(SUBJECT, allowed),
        Ok(_) => Diagnostic::warning(
            SUBJECT,
            "reads are allowed; Linear did a write without success, and did not say why",
        ),
        Err(failure) if failure.rejects(0) => {
            let text = format!(
                "{allowed} (a change to something that does not exist was declined as that: {failure})"
            );
            Diagnostic::ok(SUBJECT, text)
        }
        Err(failure @ Failure::Forbidden(_)) => {
            let text = format!(
                "reads are allowed, writes are not ({failure}): every operation that writes will answer LINEAR_API_FORBIDDEN. \
                 Make a key with the permission Write, or start the server with --read-only"
            );
            Diagnostic::failure(SUBJECT, text)
        }
        Err(failure) => {
            let text = format!(
                "reads are allowed; whether writes are is not known ({failure}). Run this again later"
            );
            Diagnostic::warning(SUBJECT, text)
        }
    }
}

/// Checks whether the teams and projects that may be written to exist; `None` where the settings name none. Where one of them does
/// not exist, the server writes nothing, and the diagnostic lists the existing ones.
async fn check_places(settings: &Settings, client: &Client) -> Option<Diagnostic> {
    const SUBJECT: &str = "places";
    let places = Places::new(settings.teams.clone(), settings.projects.clone());
    if places.is_everywhere() {
        return None;
    }
    let request_scope = RequestScope::default();
    let questions = questions(&places);
    let response = client
        .send(&questions, RetryPolicy::Idempotent, &request_scope)
        .await;
    let mut answers = match response {
        Ok(answers) => answers,
        Err(failure) => {
            let text = format!(
                "whether there are the teams and projects that the settings name is not known ({failure}). Run this again later"
            );
            return Some(Diagnostic::warning(SUBJECT, text));
        }
    };
    let error = match found(&places, &mut answers) {
        Ok(_) => {
            let text = "the teams and projects that LINEAR_OPS_TEAMS and LINEAR_OPS_PROJECTS name are there";
            return Some(Diagnostic::ok(SUBJECT, text));
        }
        Err(error) => error,
    };
    let mut text = error.message().to_owned();
    let pages = [
        Teams::page(None, MOST_LISTED, None),
        Projects::page(None, MOST_LISTED, None),
    ];
    if let Ok(mut answers) = client
        .send(&pages, RetryPolicy::Idempotent, &request_scope)
        .await
    {
        if let (false, Ok(teams)) = (settings.teams.is_empty(), answers.take::<Teams>(0)) {
            let teams = Teams::connection(teams).nodes;
            let teams = teams
                .iter()
                .map(|team| format!("{} ({})", team.key, team.name));
            text.push_str(&existing("teams", teams.collect()));
        }
        if let (false, Ok(projects)) = (settings.projects.is_empty(), answers.take::<Projects>(1)) {
            let projects = Projects::connection(projects).nodes;
            let projects = projects.into_iter().map(|project| project.name);
            text.push_str(&existing("projects", projects.collect()));
        }
    }
    Some(Diagnostic::failure(SUBJECT, text))
}

/// Lists the names of existing teams or projects, as the end of a sentence.
fn existing(kind: &str, names: Vec<String>) -> String {
    format!(
        "; the first {} {kind} that there are: {}",
        names.len(),
        names.join(", ")
    )
}

/// The diagnostic that says why Linear did not name the owner of the key. `is_unanswered` says that no answer came at all, which is
/// a fault of the connection.
fn no_access(name: &str, failure: Failure, is_unanswered: bool) -> Diagnostic {
    let subject = match &failure {
        failure if failure.lacks_key() => KEY,
        _ if is_unanswered => "connection",
        Failure::Forbidden(_) => "permissions",
        Failure::RateLimited(_) => "rate limit",
        _ => "answer",
    };
    let may_not_be_linear = matches!(failure, Failure::Malformed(_) | Failure::Interrupted(_));
    let error = failure.into_read_error();
    let mut text = if is_unanswered && subject != KEY {
        format!("{name}: {}", error.message())
    } else {
        error.message().to_owned()
    };
    if let Some(reason) = error.details().get("reason").and_then(|why| why.as_str()) {
        text.push_str(&format!(" ({reason})"));
    }
    for suggestion in error.suggestions() {
        text.push_str(&format!(". {suggestion}"));
    }
    if may_not_be_linear {
        text.push_str(
            "; when it stays so, look at LINEAR_API_URL and at what stands between here and Linear",
        );
    }
    Diagnostic::failure(subject, text)
}

/// A request to Linear that was answered.
#[derive(Clone, Debug)]
struct Exchange {
    /// When the request was sent, in milliseconds since the epoch by this machine's clock.
    sent_ms: i64,
    /// When the answer was received, by the same clock.
    received_ms: i64,
    reply: Reply,
}

/// A transport that records every exchange. The doctor needs the duration and the headers of an answer, which the client does not
/// return.
struct RecordingTransport {
    inner: Arc<dyn Transport>,
    clock: Clock,
    exchanges: Mutex<Vec<Exchange>>,
}

impl RecordingTransport {
    fn new(inner: Arc<dyn Transport>, clock: Clock) -> Self {
        Self {
            inner,
            clock,
            exchanges: Mutex::default(),
        }
    }

    /// The exchanges so far, oldest first.
    fn exchanges(&self) -> Vec<Exchange> {
        let exchanges = self.exchanges.lock();
        exchanges.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends a request through the inner transport, and records the exchange.
    async fn exchange(&self, body: Vec<u8>, limit: Option<Duration>) -> Result<Reply, Fault> {
        let sent_ms = self.clock.now_ms();
        let reply = self.inner.send(body, limit).await?;
        let exchange = Exchange {
            sent_ms,
            received_ms: self.clock.now_ms(),
            reply: reply.clone(),
        };
        let exchanges = self.exchanges.lock();
        exchanges
            .unwrap_or_else(PoisonError::into_inner)
            .push(exchange);
        Ok(reply)
    }
}

impl Transport for RecordingTransport {
    fn send(&self, body: Vec<u8>, limit: Option<Duration>) -> BoxFuture<'_, Result<Reply, Fault>> {
        self.exchange(body, limit).boxed()
    }
}

/// The share of a budget below which the diagnostic warns, because other tools use the key heavily then.
const LOW_SHARE: f64 = 0.1;

/// The budgets of a key: the name of each in Linear's headers, and what it counts.
const BUDGETS: [(&str, &str); 2] = [
    ("requests", "requests"),
    ("complexity", "complexity points"),
];

/// Checks what is left of each budget after an answer.
fn check_budgets(exchange: &Exchange) -> Diagnostic {
    let budgets: Vec<Budget> = BUDGETS
        .iter()
        .filter_map(|(name, unit)| Budget::read(&exchange.reply, name, unit))
        .collect();
    if budgets.is_empty() {
        return Diagnostic::ok("rate limit", "the answer does not say what is left");
    }
    let each: Vec<String> = budgets
        .iter()
        .map(|budget| format!("{} of {} {}", budget.left, budget.limit, budget.unit))
        .collect();
    let text = format!("{} left", each.join(" and "));
    let is_low = |budget: &&Budget| budget.left < budget.limit * LOW_SHARE;
    let Some(low) = budgets.iter().find(is_low) else {
        let text = format!("{text}; what is used comes back within the hour");
        return Diagnostic::ok("rate limit", text);
    };
    // The budgets are those of an hour.
    let minutes = ((low.reset_ms - exchange.received_ms).max(0) / 60_000 + 1).min(60);
    let text = format!(
        "{text}; what is used comes back within {minutes} min. All keys of one user share it: \
         see which other tools use them, and send fewer requests"
    );
    if low.left < 1.0 {
        Diagnostic::failure("rate limit", text)
    } else {
        Diagnostic::warning("rate limit", text)
    }
}

/// What is left of a budget until it is reset.
struct Budget {
    unit: &'static str,
    left: f64,
    limit: f64,
    reset_ms: i64,
}

impl Budget {
    /// Reads a budget from the headers of an answer; `None` where any of its numbers is missing.
    fn read(reply: &Reply, name: &str, unit: &'static str) -> Option<Self> {
        let number = |part: &str| {
            let header = reply.header(&format!("x-ratelimit-{name}-{part}"))?;
            header.trim().parse::<f64>().ok()
        };
        Some(Self {
            unit,
            left: number("remaining")?,
            limit: number("limit")?,
            reset_ms: number("reset")? as i64,
        })
    }
}

/// By how many seconds the clocks may differ without a warning.
const TOLERATED_S: i64 = 5;

/// Compares this machine's clock with the `Date` header of an answer.
fn check_clock(exchange: &Exchange) -> Diagnostic {
    let Some(server_ms) = exchange.reply.header("date").and_then(read_http_date) else {
        let text = "not compared: the answer does not say when it was written";
        return Diagnostic::ok("clock", text);
    };
    let seconds_ahead = seconds_ahead(exchange.sent_ms, exchange.received_ms, server_ms);
    if seconds_ahead.abs() <= TOLERATED_S {
        let text = format!("within {TOLERATED_S} s of the server's");
        return Diagnostic::ok("clock", text);
    }
    let direction = if seconds_ahead > 0 {
        "ahead of"
    } else {
        "behind"
    };
    let seconds = seconds_ahead.abs();
    let text = format!(
        "{seconds} s {direction} the server's, so times in filters are wrong by as much. \
         Set this machine's clock, best by a time service"
    );
    Diagnostic::warning("clock", text)
}

/// Reads an HTTP date, in milliseconds since the epoch.
fn read_http_date(header: &str) -> Option<i64> {
    let moment = rfc2822::DateTimeParser::new().parse_timestamp(header);
    moment.ok().map(|moment| moment.as_millisecond())
}

/// The least number of whole seconds by which this machine's clock is ahead of the server's; negative where it is behind. The
/// server's date is cut to a second, and was written at some moment between sending and receiving.
fn seconds_ahead(sent_ms: i64, received_ms: i64, server_ms: i64) -> i64 {
    let latest_ms = server_ms + 999;
    let ahead_ms = if latest_ms < sent_ms {
        sent_ms - latest_ms
    } else {
        (received_ms - server_ms).min(0)
    };
    ahead_ms / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_within_the_exchange_is_no_difference() {
        for (sent, received, theirs) in [(10_500, 10_600, 10_000), (10_900, 11_100, 11_000)] {
            assert_eq!(seconds_ahead(sent, received, theirs), 0);
        }
        // A slow answer says little: the date may have been written at any moment of it.
        assert_eq!(seconds_ahead(10_000, 40_000, 38_000), 0);
    }

    #[test]
    fn clocks_that_differ_are_told_apart() {
        assert_eq!(seconds_ahead(70_000, 70_100, 9_000), 60);
        assert_eq!(seconds_ahead(9_000, 9_100, 70_000), -60);
    }

    #[test]
    fn http_dates_are_read() {
        assert_eq!(
            read_http_date("Sun, 06 Nov 1994 08:49:37 GMT"),
            Some(784_111_777_000)
        );
        assert_eq!(read_http_date("yesterday"), None);
    }
}

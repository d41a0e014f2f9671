//! What Linear answers: whether it is reached, whose the key is, and what the key may do.

use std::sync::Arc;

use super::finding::{Finding, KEY};
use super::witness::{Exchange, Witness};
use super::{budget, clock};
use crate::clock::Clock;
use crate::linear::client::{Client, Errand, Patience, Repeat};
use crate::linear::compose::Part;
use crate::linear::documents::{
    DoctorProbe, DoctorViewer, DoctorWorkspace, Listing as _, Projects, Teams, doctor_probe,
    doctor_viewer, doctor_workspace,
};
use crate::linear::failure::Failure;
use crate::linear::model::{Viewer, Workspace};
use crate::linear::transport::Transport;
use crate::resolve::places::{found, questions};
use crate::session::guards::Places;
use crate::settings::Settings;

/// How many teams or projects are told where one that a setting names is not there.
const TOLD: i64 = 20;

/// Asks Linear (or `whom` stands in for it), once what the key can see, once, unless writes are refused anyway, whether
/// it may write, and where settings name teams or projects, whether there are such.
pub(super) async fn check(
    settings: &Settings,
    whom: &str,
    transport: Arc<dyn Transport>,
) -> Vec<Finding> {
    let time = Clock::system();
    let witness = Arc::new(Witness::new(transport, time.clone()));
    // Sent once: a fault that passes is what the doctor is asked about.
    let patience = Patience {
        attempts: 1,
        ..settings.patience()
    };
    let client = Client::new(Arc::clone(&witness) as _, patience, time.clone());
    let seen = look(&client).await;
    let able = seen.is_ok();
    let told = match seen {
        Ok((viewer, workspace)) => vec![
            account(&viewer, &workspace),
            permissions(settings, &client, &time).await,
        ]
        .into_iter()
        .chain(places(settings, &client).await)
        .collect(),
        Err(failure) => vec![refused(whom, failure, witness.seen().is_empty())],
    };
    let seen = witness.seen();
    let mut findings = reached(whom, &seen);
    findings.extend(told);
    if let Some(exchange) = seen.last() {
        if able {
            findings.push(budget::check(exchange));
        }
        findings.push(clock::check(exchange));
    }
    findings
}

/// Whose key it is, and which workspace's.
async fn look(client: &Client) -> Result<(Viewer, Workspace), Failure> {
    let parts = [
        Part::of::<DoctorViewer>(doctor_viewer::Variables),
        Part::of::<DoctorWorkspace>(doctor_workspace::Variables),
    ];
    let mut answers = client
        .send(&parts, Repeat::Always, &Errand::default())
        .await?;
    let viewer = answers.take::<DoctorViewer>(0)?.viewer;
    let workspace = answers.take::<DoctorWorkspace>(1)?.organization;
    Ok((viewer, workspace))
}

/// That answers came, and how fast: the first one after connecting.
fn reached(whom: &str, seen: &[Exchange]) -> Vec<Finding> {
    let took = |exchange: &Exchange| exchange.received_ms - exchange.sent_ms;
    let text = match seen {
        [] => return Vec::new(),
        [only] => format!("{whom} answered in {} ms", took(only)),
        [first, .., last] => format!(
            "{whom} answered in {} ms (connecting included), then in {} ms",
            took(first),
            took(last)
        ),
    };
    vec![Finding::ok("connection", text)]
}

fn account(viewer: &Viewer, workspace: &Workspace) -> Finding {
    let role = match (viewer.admin, viewer.guest) {
        (true, _) => "an admin",
        (false, true) => "a guest, who sees some teams only,",
        (false, false) => "a member",
    };
    let text = format!(
        "{} <{}>, {role} of {} (linear.app/{})",
        viewer.name, viewer.email, workspace.name, workspace.url_key
    );
    Finding::ok("account", text)
}

/// Sends the change that cannot be made, and answers whether Linear says that it was.
async fn probe(client: &Client, id: String) -> Result<bool, Failure> {
    let parts = [Part::of::<DoctorProbe>(doctor_probe::Variables { id })];
    let mut answers = client
        .send(&parts, Repeat::UnlessSent, &Errand::default())
        .await?;
    let answer = answers.take::<DoctorProbe>(0)?;
    Ok(answer.issue_relation_update.success)
}

/// Whether the key may write.
///
/// The probe changes a relation between issues under an id that was made a moment ago, to nothing new: there is no such
/// relation, and if there were one it would stay as it is. It takes the scope `write`, which a key for creating issues
/// alone does not have (`linear/api.md` §5). That a missing scope is told before a missing relation is how Linear is
/// known to answer, and is not documented: so what comes is told as it came.
async fn permissions(settings: &Settings, client: &Client, time: &Clock) -> Finding {
    const SUBJECT: &str = "permissions";
    if settings.read_only {
        let text = "reads are allowed; writes were not tried, this server refuses them (read-only)";
        return Finding::ok(SUBJECT, text);
    }
    let allowed = "reads and writes are allowed";
    match probe(client, time.new_id()).await {
        Ok(true) => Finding::ok(SUBJECT, allowed),
        Ok(false) => Finding::warning(
            SUBJECT,
            "reads are allowed; Linear did a write without success, and did not say why",
        ),
        Err(failure) if failure.declines(0) => {
            let text = format!(
                "{allowed} (a change to something that does not exist was declined as that: {failure})"
            );
            Finding::ok(SUBJECT, text)
        }
        Err(failure @ Failure::Forbidden(_)) => {
            let text = format!(
                "reads are allowed, writes are not ({failure}): every operation that writes will answer LINEAR_API_FORBIDDEN. \
                 Make a key with the permission Write, or start the server with --read-only"
            );
            Finding::failure(SUBJECT, text)
        }
        Err(failure) => {
            let text = format!(
                "reads are allowed; whether writes are is not known ({failure}). Run this again later"
            );
            Finding::warning(SUBJECT, text)
        }
    }
}

/// Whether the teams and projects that may be written to are there; nothing where the settings name none. Where one is
/// not, nothing is written, and what there is is told.
async fn places(settings: &Settings, client: &Client) -> Option<Finding> {
    const SUBJECT: &str = "places";
    let places = Places::new(settings.teams.clone(), settings.projects.clone());
    if places.is_everywhere() {
        return None;
    }
    let errand = Errand::default();
    let questions = questions(&places);
    let asked = client.send(&questions, Repeat::Always, &errand).await;
    let mut answers = match asked {
        Ok(answers) => answers,
        Err(failure) => {
            let text = format!(
                "whether there are the teams and projects that the settings name is not known ({failure}). Run this again later"
            );
            return Some(Finding::warning(SUBJECT, text));
        }
    };
    let wrong = match found(&places, &mut answers) {
        Ok(_) => {
            let text = "the teams and projects that LINEAR_OPS_TEAMS and LINEAR_OPS_PROJECTS name are there";
            return Some(Finding::ok(SUBJECT, text));
        }
        Err(wrong) => wrong,
    };
    let mut text = wrong.message().to_owned();
    let pages = [
        Teams::page(None, TOLD, None),
        Projects::page(None, TOLD, None),
    ];
    if let Ok(mut answers) = client.send(&pages, Repeat::Always, &errand).await {
        if let (false, Ok(teams)) = (settings.teams.is_empty(), answers.take::<Teams>(0)) {
            let teams = Teams::connection(teams).nodes;
            let teams = teams
                .iter()
                .map(|team| format!("{} ({})", team.key, team.name));
            text.push_str(&there_are("teams", teams.collect()));
        }
        if let (false, Ok(projects)) = (settings.projects.is_empty(), answers.take::<Projects>(1)) {
            let projects = Projects::connection(projects).nodes;
            let projects = projects.into_iter().map(|project| project.name);
            text.push_str(&there_are("projects", projects.collect()));
        }
    }
    Some(Finding::failure(SUBJECT, text))
}

fn there_are(kind: &str, names: Vec<String>) -> String {
    format!(
        "; the first {} {kind} that there are: {}",
        names.len(),
        names.join(", ")
    )
}

/// Why Linear did not say who the key belongs to: about the connection when no answer came at all.
fn refused(whom: &str, failure: Failure, unanswered: bool) -> Finding {
    let subject = match &failure {
        failure if failure.lacks_key() => KEY,
        _ if unanswered => "connection",
        Failure::Forbidden(_) => "permissions",
        Failure::RateLimited(_) => "rate limit",
        _ => "answer",
    };
    let is_no_linear = matches!(failure, Failure::Malformed(_) | Failure::Interrupted(_));
    let error = failure.reading();
    let mut text = if unanswered && subject != KEY {
        format!("{whom}: {}", error.message())
    } else {
        error.message().to_owned()
    };
    if let Some(reason) = error.details().get("reason").and_then(|why| why.as_str()) {
        text.push_str(&format!(" ({reason})"));
    }
    for suggestion in error.suggestions() {
        text.push_str(&format!(". {suggestion}"));
    }
    if is_no_linear {
        text.push_str(
            "; when it stays so, look at LINEAR_API_URL and at what stands between here and Linear",
        );
    }
    Finding::failure(subject, text)
}

//! The settings in force, and the key.

use std::collections::BTreeMap;

use super::super::start;
use super::finding::Finding;
use crate::server;
use crate::session::guards::Audit;
use crate::settings::{Listing, Settings, TABLE};

/// What the settings come to, what is odd about them, and whether there is a key.
pub(super) fn check(
    settings: &Settings,
    environment: &BTreeMap<String, String>,
    sandbox: bool,
) -> Vec<Finding> {
    let mut findings = vec![in_force(settings)];
    findings.extend(guards(settings));
    for warning in &settings.warnings {
        findings.push(Finding::warning("settings", warning));
    }
    for misnamed in &settings.misnamed {
        let text = format!("{misnamed} Every write is refused until that is put right");
        findings.push(Finding::failure("settings", text));
    }
    match start::guards(settings) {
        Err(wrong) => {
            let text = format!("{wrong}, which stops the server from starting");
            findings.push(Finding::failure("settings", text));
        }
        Ok(guards) => {
            if let Err(why) = server::listable(&settings.tools, &guards) {
                let text = format!("LINEAR_OPS_TOOLS stops the server from starting: {why}");
                findings.push(Finding::failure("settings", text));
            }
            if let Some(Err(why)) = guards.audit.as_ref().map(Audit::check) {
                let text = format!("{why}, so every write is refused");
                findings.push(Finding::failure("settings", text));
            }
        }
    }
    findings.push(key(settings, environment, sandbox));
    findings
}

/// The settings that change what callers see.
fn in_force(settings: &Settings) -> Finding {
    let writes = match (settings.read_only, settings.allow_destructive) {
        (true, _) => "read-only",
        (false, true) => "writes and deletions allowed",
        (false, false) => "writes allowed, deletions refused",
    };
    let tools = match &settings.tools {
        Listing::All => "all".to_owned(),
        Listing::Yaml => "yaml".to_owned(),
        Listing::Names(names) => names.join(", "),
    };
    let text = format!(
        "{writes}; tools: {tools}; names remembered {} s; a request may take {} s, an operation {} s",
        settings.cache_age.as_secs(),
        settings.timeout.as_secs_f32(),
        settings.deadline.as_secs_f32()
    );
    Finding::ok("settings", text)
}

/// The guards that are set beside those on writing and deleting; `None` where there are none.
fn guards(settings: &Settings) -> Option<Finding> {
    let listed = |what: &str, names: &[String]| {
        (!names.is_empty()).then(|| format!("{what} {}", names.join(", ")))
    };
    let most = settings
        .max_writes
        .map(|most| format!("at most {most} writes"));
    let record = settings.audit.as_ref();
    let record = record.map(|path| format!("writes are recorded in {}", path.display()));
    let set = [
        listed("operations that run:", &settings.operations),
        listed("operations that do not run:", &settings.deny),
        listed("writes only in the teams:", &settings.teams),
        listed("writes only in the projects:", &settings.projects),
        most,
        record,
    ];
    let set: Vec<String> = set.into_iter().flatten().collect();
    let text = settings.secrets().hide(&set.join("; "));
    (!set.is_empty()).then(|| Finding::ok("guards", text))
}

/// Whether there is a key to ask Linear with.
fn key(settings: &Settings, environment: &BTreeMap<String, String>, sandbox: bool) -> Finding {
    if sandbox {
        return Finding::ok("key", "none is needed with --sandbox");
    }
    let Err(why) = &settings.authorization else {
        let from = if is_set(environment, "LINEAR_API_KEY") {
            "LINEAR_API_KEY"
        } else {
            "LINEAR_ACCESS_TOKEN"
        };
        return Finding::ok("key", format!("{from} is set"));
    };
    let mut text = format!("{why}, so Linear was not asked.");
    let strangers = strangers(environment);
    if !strangers.is_empty() {
        text.push_str(&format!(" Not read here: {}.", strangers.join(", ")));
    }
    text.push_str(
        " Make a key in Linear under Settings > Account > Security & access, \
         and export it as LINEAR_API_KEY in the shell that starts the client",
    );
    Finding::failure("key", text)
}

/// The variables that may be meant for the key: Linear's by their name, and no setting.
fn strangers(environment: &BTreeMap<String, String>) -> Vec<&str> {
    let names = environment.keys().map(String::as_str);
    names
        .filter(|name| name.starts_with("LINEAR") && !name.starts_with("LINEAR_OPS_"))
        .filter(|name| TABLE.iter().all(|setting| setting.name != *name))
        .collect()
}

fn is_set(environment: &BTreeMap<String, String>, name: &str) -> bool {
    environment
        .get(name)
        .is_some_and(|value| !value.trim().is_empty())
}

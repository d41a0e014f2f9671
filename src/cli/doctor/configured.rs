//! The settings in force, and the key.

use std::collections::BTreeMap;

use super::super::start;
use super::finding::{Finding, KEY};
use super::names;
use crate::engine::catalog;
use crate::server;
use crate::session::guards::{Audit, Guards};
use crate::settings::{Listing, Settings, TABLE};

/// What the settings come to, what is odd about them, and whether there is a key.
pub(super) fn check(
    settings: &Settings,
    environment: &BTreeMap<String, String>,
    sandbox: bool,
) -> Vec<Finding> {
    let mut findings = vec![in_force(settings)];
    findings.extend(
        guards(settings)
            .into_iter()
            .map(|text| Finding::ok("guard", settings.secrets().hide(&text))),
    );
    for warning in &settings.warnings {
        findings.push(Finding::warning("settings", warning));
    }
    for misnamed in &settings.misnamed {
        let text = format!("{misnamed} Every write is refused until that is put right");
        findings.push(Finding::failure("settings", text));
    }
    match start::guards(settings) {
        Err(wrong) => {
            let text = format!("{wrong}, so that a server runs nothing, and says so in each call");
            findings.push(Finding::failure("settings", text));
        }
        Ok(guards) => {
            if let Some(why) = writes_nothing(settings, &guards) {
                findings.push(Finding::warning(
                    "guard",
                    format!("every write is refused: {why}"),
                ));
            }
            if let Err(why) = server::listable(&settings.tools, &guards) {
                let text = format!(
                    "LINEAR_OPS_TOOLS: {why}, so that a server runs nothing, and says so in each call"
                );
                findings.push(Finding::failure("settings", text));
            }
            if let Some(Err(why)) = guards.audit.as_ref().map(Audit::check) {
                let text = format!("{why}, so every write is refused");
                findings.push(Finding::failure("settings", text));
            }
        }
    }
    findings.extend(names::check(settings, sandbox));
    findings.push(key(settings, environment, sandbox));
    findings
}

/// The settings that change what callers see.
fn in_force(settings: &Settings) -> Finding {
    let writes = if settings.read_only {
        "read-only"
    } else if settings.max_writes == Some(0) {
        "no writes allowed"
    } else if settings.allow_destructive {
        "writes and deletions allowed"
    } else {
        "writes allowed, deletions refused"
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

/// The guards in force, each with its setting.
fn guards(settings: &Settings) -> Vec<String> {
    let mut told = Vec::new();
    if settings.read_only {
        told.push(
            "read-only (--read-only or LINEAR_OPS_READ_ONLY): every write is refused".to_owned(),
        );
    }
    if settings.allow_destructive {
        told.push("LINEAR_OPS_ALLOW_DESTRUCTIVE: deletions are allowed".to_owned());
    }
    for (setting, names, what) in [
        (
            "LINEAR_OPS_OPERATIONS",
            &settings.operations,
            "these alone run",
        ),
        ("LINEAR_OPS_DENY", &settings.deny, "these do not run"),
        (
            "LINEAR_OPS_TEAMS",
            &settings.teams,
            "these alone are written to",
        ),
        (
            "LINEAR_OPS_PROJECTS",
            &settings.projects,
            "these alone are written to",
        ),
    ] {
        if !names.is_empty() {
            told.push(format!("{setting}: {what}: {}", names.join(", ")));
        }
    }
    if let Some(most) = settings.max_writes {
        told.push(format!("LINEAR_OPS_MAX_WRITES: {most} writes a session"));
    }
    if let Some(path) = &settings.audit {
        told.push(format!(
            "LINEAR_OPS_AUDIT: writes are recorded in {}",
            path.display()
        ));
    }
    told
}

/// Why no write goes through, where the guards keep all of them back although the server is not said to be read-only.
fn writes_nothing(settings: &Settings, guards: &Guards) -> Option<&'static str> {
    if settings.read_only {
        return None;
    }
    if settings.max_writes == Some(0) {
        return Some("LINEAR_OPS_MAX_WRITES is 0");
    }
    let may_write = catalog::TABLE.iter().any(|entry| {
        let (name, effect) = (entry.spec.name, entry.spec.effect);
        effect.writes_itself() && guards.offers(name, effect)
    });
    (!may_write)
        .then_some("LINEAR_OPS_OPERATIONS and LINEAR_OPS_DENY leave no operation that writes")
}

/// Whether there is a key to ask Linear with.
fn key(settings: &Settings, environment: &BTreeMap<String, String>, sandbox: bool) -> Finding {
    if sandbox {
        return Finding::ok(KEY, "none is needed with --sandbox");
    }
    let wrong = match &settings.authorization {
        Ok(key) => return Finding::ok(KEY, format!("{} is set", key.setting())),
        Err(wrong) => wrong,
    };
    let mut text = format!("{}, so Linear was not asked.", wrong.why);
    let strangers = strangers(environment);
    if !strangers.is_empty() {
        text.push_str(&format!(" Not read here: {}.", strangers.join(", ")));
    }
    text.push_str(&format!(" {}", wrong.remedy));
    Finding::failure(KEY, text)
}

/// The variables that may be meant for the key: Linear's by their name, and no setting.
fn strangers(environment: &BTreeMap<String, String>) -> Vec<&str> {
    let names = environment.keys().map(String::as_str);
    names
        .filter(|name| name.starts_with("LINEAR") && !name.starts_with("LINEAR_OPS_"))
        .filter(|name| TABLE.iter().all(|setting| setting.name != *name))
        .collect()
}

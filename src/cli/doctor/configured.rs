//! The checks of the settings: the settings in force, the guards, the names on disk, and the key.

use std::collections::BTreeMap;

use super::super::start;
use super::{Diagnostic, KEY};
use crate::cache::{Cache, Found, LONGEST_AGE};
use crate::clock::Clock;
use crate::engine::catalog;
use crate::server;
use crate::session::guards::{Audit, Guards};
use crate::settings::{Settings, TABLE};

/// Checks the settings under an environment. The diagnostics name the settings that matter to callers and the guards, repeat every
/// warning about the settings, and say whether there is a key.
pub(super) fn check(
    settings: &Settings,
    environment: &BTreeMap<String, String>,
    sandbox: bool,
) -> Vec<Diagnostic> {
    let mut diagnostics = vec![in_force(settings)];
    diagnostics.extend(
        active_guards(settings)
            .into_iter()
            .map(|text| Diagnostic::ok("guard", settings.secrets().hide(&text))),
    );
    for warning in &settings.warnings {
        diagnostics.push(Diagnostic::warning("settings", warning));
    }
    for misnamed in &settings.misnamed {
        let text = format!("{misnamed} Every write is refused until that is put right");
        diagnostics.push(Diagnostic::failure("settings", text));
    }
    match start::guards(settings) {
        Err(error) => {
            let text = format!("{error}, so that a server runs nothing, and says so in each call");
            diagnostics.push(Diagnostic::failure("settings", text));
        }
        Ok(guards) => {
            if let Some(why) = unintended_read_only(settings, &guards) {
                diagnostics.push(Diagnostic::warning(
                    "guard",
                    format!("every write is refused: {why}"),
                ));
            }
            if let Err(why) = server::listable(&settings.tools, &guards) {
                let text = format!(
                    "LINEAR_OPS_TOOLS: {why}, so that a server runs nothing, and says so in each call"
                );
                diagnostics.push(Diagnostic::failure("settings", text));
            }
            if let Some(Err(why)) = guards.audit.as_ref().map(Audit::check) {
                let text = format!("{why}, so every write is refused");
                diagnostics.push(Diagnostic::failure("settings", text));
            }
        }
    }
    diagnostics.extend(check_names(settings, sandbox));
    diagnostics.push(check_key(settings, environment, sandbox));
    diagnostics
}

/// Names the settings that change what callers see.
fn in_force(settings: &Settings) -> Diagnostic {
    let writes = if settings.read_only {
        "read-only"
    } else if settings.max_writes == Some(0) {
        "no writes allowed"
    } else if settings.allow_destructive {
        "writes and deletions allowed"
    } else {
        "writes allowed, deletions refused"
    };
    let answers = settings.answer_defaults;
    let detail = answers
        .detail
        .map_or("by operation", |detail| detail.word());
    let form = if answers.table { "tables" } else { "rows" };
    let text = format!(
        "{writes}; tools: {}; detail {detail}, lists as {form}; names remembered {} s; a request may take {} s, an operation {} s",
        settings.tools,
        settings.cache_age.as_secs(),
        settings.timeout.as_secs_f32(),
        settings.deadline.as_secs_f32()
    );
    Diagnostic::ok("settings", text)
}

/// One sentence for each guard in force, with its setting.
fn active_guards(settings: &Settings) -> Vec<String> {
    let mut sentences = Vec::new();
    if settings.read_only {
        sentences.push(
            "read-only (--read-only or LINEAR_OPS_READ_ONLY): every write is refused".to_owned(),
        );
    }
    if settings.allow_destructive {
        sentences.push("LINEAR_OPS_ALLOW_DESTRUCTIVE: deletions are allowed".to_owned());
    }
    for (setting, names, meaning) in [
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
            sentences.push(format!("{setting}: {meaning}: {}", names.join(", ")));
        }
    }
    if let Some(most) = settings.max_writes {
        sentences.push(format!("LINEAR_OPS_MAX_WRITES: {most} writes a session"));
    }
    if let Some(path) = &settings.audit {
        sentences.push(format!(
            "LINEAR_OPS_AUDIT: writes are recorded in {}",
            path.display()
        ));
    }
    sentences
}

/// Says why the guards refuse every write although the server was not made read-only; `None` where some write is allowed.
fn unintended_read_only(settings: &Settings, guards: &Guards) -> Option<&'static str> {
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

/// Checks whether there is a key for requests to Linear.
fn check_key(
    settings: &Settings,
    environment: &BTreeMap<String, String>,
    sandbox: bool,
) -> Diagnostic {
    if sandbox {
        return Diagnostic::ok(KEY, "none is needed with --sandbox");
    }
    let error = match &settings.authorization {
        Ok(key) => return Diagnostic::ok(KEY, format!("{} is set", key.setting())),
        Err(error) => error,
    };
    let mut text = format!("{}, so Linear was not asked.", error.why);
    // These variables may have been meant for the key.
    let names = environment.keys().map(String::as_str);
    let unread: Vec<&str> = names
        .filter(|name| name.starts_with("LINEAR") && !name.starts_with("LINEAR_OPS_"))
        .filter(|name| TABLE.iter().all(|setting| setting.name != *name))
        .collect();
    if !unread.is_empty() {
        text.push_str(&format!(" Not read here: {}.", unread.join(", ")));
    }
    text.push_str(&format!(" {}", error.remedy));
    Diagnostic::failure(KEY, text)
}

/// Checks the names that are on disk for this address and key: whether there are any, how old they are, and in which file. Returns
/// `None` where names are not kept on disk.
fn check_names(settings: &Settings, sandbox: bool) -> Option<Diagnostic> {
    let disk = start::disk(settings, sandbox, &Clock::system())?;
    disk.load(&Cache::lasting(
        settings.cache_age,
        LONGEST_AGE,
        settings.cache_entries,
    ));
    let path = disk.path();
    let path = path.display();
    Some(match disk.status().found {
        Found::None => Diagnostic::ok(
            "names",
            format!("none are on disk yet; they will be in {path}"),
        ),
        Found::Used(age) => {
            let seconds = age.as_secs();
            Diagnostic::ok("names", format!("on disk, of {seconds} s ago, in {path}"))
        }
        Found::Ignored(why) => Diagnostic::warning(
            "names",
            format!("{path} is ignored: {why}. The next server puts a good one in its place"),
        ),
    })
}

//! `doctor`: checks everything that this server needs, and prints a diagnostic for each check, with advice where something does not
//! work.
//!
//! The doctor asks Linear what the key can see, tries one change that cannot be made, and where settings name teams or
//! projects, asks whether they exist. It looks at every place in which Claude Code registers servers. It reads
//! `.mcp.json` without using the addresses in it: that file comes with a folder, and a key must not be sent to an address in it.
//! `--sandbox` replaces only Linear; the other checks are the same.

mod agent;
mod configured;
mod launch;
mod linear;
mod registered;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value, json};

use super::arguments::Access;
use super::claude_code::Locations;
use super::{DONE, FAILED, NO_KEY, UsageError, log, print, start};
use crate::linear::address::shown;
use crate::settings::{PROXIES, Settings};
use crate::text::secret::{Secrets, redact};

/// The subject of diagnostics about the key.
const KEY: &str = "key";

/// The variables that name certificates to trust instead of those of the system.
const CERTIFICATES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// Makes all checks under an environment, prints the diagnostics as lines or as JSON, and returns the exit code.
///
/// # Errors
/// When the checks themselves cannot be made: the runtime does not start, no stand-in is built in, or standard output cannot be
/// written.
pub(super) fn run(
    access: &Access,
    json: bool,
    vars: Vec<(String, String)>,
) -> Result<u8, UsageError> {
    let environment: BTreeMap<String, String> = vars.iter().cloned().collect();
    let mut report = Report::default();
    let mut secrets = Secrets::default();
    match Settings::from_env(vars) {
        Err(problems) => {
            for problem in problems.each() {
                report.add(Diagnostic::failure("settings", problem));
            }
            let text = "not checked: with the settings above a server runs nothing, and says so in each call";
            report.add(Diagnostic::warning("connection", text));
        }
        Ok(mut settings) => {
            settings.read_only |= access.read_only;
            log::begin(&settings.log, settings.log_format, settings.secrets());
            secrets = settings.secrets();
            report.extend(configured::check(&settings, &environment, access.sandbox));
            if !access.sandbox {
                report.add(check_network(&settings, &environment));
            }
            if access.sandbox || settings.authorization.is_ok() {
                let transport = start::transport(&settings, access.sandbox)?;
                let name = if access.sandbox {
                    "the stand-in in this process".to_owned()
                } else {
                    address(&settings, &environment)
                };
                let check = linear::check(&settings, &name, transport);
                report.extend(start::block_on(check)?);
            }
        }
    }
    report.extend(check_claude_code(&environment));
    let text = if json {
        report.to_json()
    } else {
        report.to_string()
    };
    print(&secrets.hide(&text))?;
    Ok(if report.lacks_key() {
        NO_KEY
    } else if report.has_failed() {
        FAILED
    } else {
        DONE
    })
}

/// Checks how Claude Code reaches this server: the registration, the subagent and the permission rules.
fn check_claude_code(environment: &BTreeMap<String, String>) -> Vec<Diagnostic> {
    let locations = match Locations::find(environment) {
        Ok(locations) => locations,
        Err(why) => {
            return vec![Diagnostic::warning(
                "registration",
                format!("not looked at: {why}"),
            )];
        }
    };
    let registered = registered::check(&locations, environment);
    let mut diagnostics = registered.diagnostics;
    diagnostics.extend(agent::check(&locations, &registered.servers));
    diagnostics.extend(agent::check_rules(
        &locations,
        registered.is_trusted,
        &registered.servers,
    ));
    diagnostics
}

/// The address of Linear's API as it is shown, with the variable of the proxy that leads there, if any.
fn address(settings: &Settings, environment: &BTreeMap<String, String>) -> String {
    let url = shown(&settings.address.url);
    let is_set = |name: &&str| {
        environment
            .get(*name)
            .is_some_and(|proxy| !proxy.is_empty())
    };
    match PROXIES.into_iter().find(is_set) {
        Some(name) if !settings.address.loopback => format!("{url} ({name} is set)"),
        _ => url,
    }
}

/// Checks the certificates, and names the proxy through which Linear is reached.
fn check_network(settings: &Settings, environment: &BTreeMap<String, String>) -> Diagnostic {
    const SUBJECT: &str = "network";
    if settings.address.loopback {
        return Diagnostic::ok(SUBJECT, "this machine itself, without a proxy");
    }
    let variable = |name: &str| environment.get(name).filter(|value| !value.is_empty());
    let mut missing = Vec::new();
    let mut certificates = Vec::new();
    for name in CERTIFICATES {
        let Some(path) = variable(name) else {
            continue;
        };
        if std::env::split_paths(path).any(|path| path.exists()) {
            certificates.push(format!("{name} ({path})"));
        } else {
            missing.push(format!(
                "{name} names {path}, which is not there: mend or unset it"
            ));
        }
    }
    let certificates = match certificates.as_slice() {
        [] => "the system's".to_owned(),
        named => named.join(" and "),
    };
    let proxy = PROXIES
        .into_iter()
        .find_map(|name| Some((name, variable(name)?)));
    let proxy = match proxy {
        Some((name, url)) => {
            let exceptions = ["NO_PROXY", "no_proxy"].into_iter().find_map(variable);
            let exceptions = exceptions.map(|hosts| format!(", but for {hosts}"));
            format!(
                "the proxy of {name} ({}){}",
                shown(url),
                exceptions.unwrap_or_default()
            )
        }
        None => "no proxy".to_owned(),
    };
    let text = format!("{proxy}; certificates: {certificates}");
    if missing.is_empty() {
        Diagnostic::ok(SUBJECT, text)
    } else {
        Diagnostic::warning(SUBJECT, format!("{text}. {}", missing.join(". ")))
    }
}

/// How serious a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    /// The subject is as it should be.
    Ok,
    /// The subject works, and somebody should look at it.
    Warning,
    /// The subject does not work.
    Failure,
}

impl Level {
    /// The word for the level in a report.
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failure => "failure",
        }
    }
}

/// One line of the report.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Diagnostic {
    level: Level,
    /// The thing that was checked, in a word or two.
    subject: &'static str,
    /// The result of the check, and what to do about it.
    text: String,
}

impl Diagnostic {
    /// Makes a diagnostic that `subject` is as it should be.
    fn ok(subject: &'static str, text: impl Into<String>) -> Self {
        Self::new(Level::Ok, subject, text)
    }

    /// Makes a diagnostic that `subject` works, but somebody should look at it.
    fn warning(subject: &'static str, text: impl Into<String>) -> Self {
        Self::new(Level::Warning, subject, text)
    }

    /// Makes a diagnostic that `subject` does not work.
    fn failure(subject: &'static str, text: impl Into<String>) -> Self {
        Self::new(Level::Failure, subject, text)
    }

    fn new(level: Level, subject: &'static str, text: impl Into<String>) -> Self {
        Self {
            level,
            subject,
            text: text.into(),
        }
    }
}

/// The diagnostics, in the order in which the checks were made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Report(Vec<Diagnostic>);

impl Report {
    fn add(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    fn extend(&mut self, diagnostics: Vec<Diagnostic>) {
        self.0.extend(diagnostics);
    }

    /// Whether any diagnostic is a failure.
    fn has_failed(&self) -> bool {
        self.count(Level::Failure) > 0
    }

    /// Whether any diagnostic about the key is a failure.
    fn lacks_key(&self) -> bool {
        let mut about_key = self.0.iter().filter(|diagnostic| diagnostic.subject == KEY);
        about_key.any(|diagnostic| diagnostic.level == Level::Failure)
    }

    /// The number of diagnostics with that level.
    fn count(&self, level: Level) -> usize {
        let diagnostics = self.0.iter();
        diagnostics
            .filter(|diagnostic| diagnostic.level == level)
            .count()
    }

    /// The diagnostics as a JSON array, for programs.
    fn to_json(&self) -> String {
        let lines = self.0.iter().map(|diagnostic| {
            json!({
                "level": diagnostic.level.word(),
                "subject": diagnostic.subject,
                "text": line(&diagnostic.text),
            })
        });
        format!("{:#}\n", Value::from_iter(lines))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self
            .0
            .iter()
            .map(|diagnostic| diagnostic.subject.len())
            .max();
        let width = width.unwrap_or_default();
        for diagnostic in &self.0 {
            let (word, subject) = (diagnostic.level.word(), diagnostic.subject);
            writeln!(f, "{word:7}  {subject:width$}  {}", line(&diagnostic.text))?;
        }
        let (warnings, failures) = (self.count(Level::Warning), self.count(Level::Failure));
        writeln!(
            f,
            "\n{} ok, {warnings} warning{}, {failures} failure{}",
            self.count(Level::Ok),
            plural(warnings),
            plural(failures)
        )
    }
}

/// The ending of a noun after a number.
fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// The text of a diagnostic on one line, without what looks like a key and without characters that control a terminal. Parts of
/// such texts come from Linear and from files.
fn line(text: &str) -> String {
    redact(text)
        .chars()
        .map(|char| if is_control(char) { ' ' } else { char })
        .collect()
}

/// Whether a character controls the terminal, ends a line, or changes the direction of the text behind it.
fn is_control(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_aligned_counted_and_safe_to_print() {
        let mut report = Report::default();
        report.add(Diagnostic::ok("key", "set"));
        report.extend(vec![
            Diagnostic::warning("account", "a\u{1b}[31m\n\u{202e}name"),
            Diagnostic::failure(".mcp.json", "holds lin_api_secret"),
        ]);
        assert!(report.has_failed());
        assert_eq!(
            report.to_string(),
            "ok       key        set\n\
             warning  account    a [31m  name\n\
             failure  .mcp.json  holds lin_api_…\n\
             \n1 ok, 1 warning, 1 failure\n"
        );
    }

    #[test]
    fn a_report_for_programs_is_an_array() {
        let mut report = Report::default();
        report.add(Diagnostic::failure("key", "lin_api_secret\n"));
        let wanted = json!([{"level": "failure", "subject": "key", "text": "lin_api_… "}]);
        assert_eq!(
            serde_json::from_str::<Value>(&report.to_json()).ok(),
            Some(wanted)
        );
    }

    #[test]
    fn warnings_are_no_failure() {
        let mut report = Report::default();
        report.add(Diagnostic::warning("clock", "late"));
        assert!(!report.has_failed());
    }
}

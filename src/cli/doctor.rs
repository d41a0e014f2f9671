//! `doctor`: what is well with this server, what is not, and what to do about it, a line each.
//!
//! Linear is asked twice: what the key can see, and one change that cannot be made; and where settings name teams or
//! projects, whether there are such, or which there are. Of Claude Code every place is looked at in which it registers
//! servers. `.mcp.json` is read and never acted upon: it comes with a folder, and an address in it is no place to send a
//! key to. `--sandbox` stands in for Linear alone.

mod agent;
mod budget;
mod clock;
mod configured;
mod finding;
mod launch;
mod linear;
mod names;
mod registered;
mod witness;

use std::collections::BTreeMap;

use self::finding::{Finding, KEY, Report};
pub(super) use self::registered::{
    KEYS, Program, fetches_key, find_program, gives_key, has_value, is_of_this_program, starts_this,
};
use super::arguments::Access;
use super::claude_code::Locations;
use super::{DONE, FAILED, NO_KEY, Wrong, log, output, start};
use crate::linear::address::shown;
use crate::settings::{PROXIES, Settings};
use crate::text::secret::Secrets;

/// The variables that name certificates to be trusted instead of the system's.
const CERTIFICATES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// Checks everything under that environment, prints what was found, and answers the exit code.
///
/// # Errors
/// When the checks themselves cannot be made: no runtime, no stand-in built in, nowhere to print.
pub(super) fn run(access: &Access, json: bool, vars: Vec<(String, String)>) -> Result<u8, Wrong> {
    let environment: BTreeMap<String, String> = vars.iter().cloned().collect();
    let mut report = Report::default();
    let mut secrets = Secrets::default();
    match Settings::from_env(vars) {
        Err(problems) => {
            for problem in problems.each() {
                report.add(Finding::failure("settings", problem));
            }
            let after = "not checked: with the settings above a server runs nothing, and says so in each call";
            report.add(Finding::warning("connection", after));
        }
        Ok(mut settings) => {
            settings.read_only |= access.read_only;
            log::begin(&settings.log, settings.log_format, settings.secrets());
            secrets = settings.secrets();
            report.extend(configured::check(&settings, &environment, access.sandbox));
            if !access.sandbox {
                report.add(network(&settings, &environment));
            }
            if access.sandbox || settings.authorization.is_ok() {
                let transport = start::transport(&settings, access.sandbox)?;
                let whom = if access.sandbox {
                    "the stand-in in this process".to_owned()
                } else {
                    address(&settings, &environment)
                };
                let asked = linear::check(&settings, &whom, transport);
                report.extend(start::block_on(asked)?);
            }
        }
    }
    report.extend(client(&environment));
    let text = if json {
        report.to_json()
    } else {
        report.to_string()
    };
    output::print(&secrets.hide(&text))?;
    Ok(if report.has_failed_about(KEY) {
        NO_KEY
    } else if report.has_failed() {
        FAILED
    } else {
        DONE
    })
}

/// How Claude Code gets to this server: registration, subagent, permission rules.
fn client(environment: &BTreeMap<String, String>) -> Vec<Finding> {
    let here = match Locations::find(environment) {
        Ok(here) => here,
        Err(why) => {
            return vec![Finding::warning(
                "registration",
                format!("not looked at: {why}"),
            )];
        }
    };
    let registered = registered::check(&here, environment);
    let mut findings = registered.findings;
    findings.extend(agent::check(&here, &registered.servers));
    findings.extend(agent::rules(&here, registered.trusted, &registered.servers));
    findings
}

/// Where Linear is asked, and by which variable's proxy, if any.
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

/// The certificates and the proxy by which Linear is reached.
fn network(settings: &Settings, environment: &BTreeMap<String, String>) -> Finding {
    const SUBJECT: &str = "network";
    if settings.address.loopback {
        return Finding::ok(SUBJECT, "this machine itself, without a proxy");
    }
    let set = |name: &str| environment.get(name).filter(|value| !value.is_empty());
    let mut missing = Vec::new();
    let mut certificates = Vec::new();
    for name in CERTIFICATES {
        let Some(path) = set(name) else {
            continue;
        };
        let there = std::env::split_paths(path).any(|path| path.exists());
        if there {
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
        .find_map(|name| Some((name, set(name)?)));
    let proxy = match proxy {
        Some((name, url)) => {
            let except = ["NO_PROXY", "no_proxy"].into_iter().find_map(set);
            let except = except.map(|hosts| format!(", but for {hosts}"));
            format!(
                "the proxy of {name} ({}){}",
                shown(url),
                except.unwrap_or_default()
            )
        }
        None => "no proxy".to_owned(),
    };
    let text = format!("{proxy}; certificates: {certificates}");
    if missing.is_empty() {
        Finding::ok(SUBJECT, text)
    } else {
        Finding::warning(SUBJECT, format!("{text}. {}", missing.join(". ")))
    }
}

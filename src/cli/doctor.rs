//! `doctor`: what is well with this server, what is not, and what to do about it, a line each.
//!
//! Linear is asked twice: what the key can see, and one change that cannot be made; and where settings name teams or
//! projects, whether there are such, or which there are. `.mcp.json` is read and
//! never acted upon: it comes with a folder, and an address in it is no place to send a key to.

mod budget;
mod clock;
mod configured;
mod finding;
mod linear;
mod mcp_json;
mod names;
mod witness;

use std::collections::BTreeMap;

use self::finding::{Finding, KEY, Report};
use super::arguments::Access;
use super::{DONE, FAILED, NO_KEY, Wrong, log, output, start};
use crate::linear::address::shown;
use crate::settings::{PROXIES, Settings};
use crate::text::secret::Secrets;

/// Checks everything under that environment, prints what was found, and answers the exit code.
///
/// # Errors
/// When the checks themselves cannot be made: no runtime, no stand-in built in, nowhere to print.
pub(super) fn run(access: &Access, vars: Vec<(String, String)>) -> Result<u8, Wrong> {
    let environment: BTreeMap<String, String> = vars.iter().cloned().collect();
    let mut report = Report::default();
    let mut secrets = Secrets::default();
    match Settings::from_env(vars) {
        Err(problems) => {
            for problem in problems.each() {
                report.add(Finding::failure("settings", problem));
            }
            let after = "not checked: the settings above stop the server from starting";
            report.add(Finding::warning("connection", after));
        }
        Ok(mut settings) => {
            settings.read_only |= access.read_only;
            log::begin(&settings.log, settings.log_format, settings.secrets());
            secrets = settings.secrets();
            report.extend(configured::check(&settings, &environment, access.sandbox));
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
    report.extend(mcp_json::check(&environment));
    output::print(&secrets.hide(&report.to_string()))?;
    Ok(if report.has_failed_about(KEY) {
        NO_KEY
    } else if report.has_failed() {
        FAILED
    } else {
        DONE
    })
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

//! The names that are kept on disk between processes.

use super::super::start;
use super::finding::Finding;
use crate::clock::Clock;
use crate::directory::{Directory, Found, LONGEST_AGE};
use crate::settings::Settings;

/// Whether there is a snapshot of names for this address and key, how old it is, and where; nothing where none is kept.
pub(super) fn check(settings: &Settings, sandbox: bool) -> Option<Finding> {
    let disk = start::disk(settings, sandbox, &Clock::system())?;
    disk.load(&Directory::lasting(
        settings.cache_age,
        LONGEST_AGE,
        settings.cache_entries,
    ));
    let path = disk.path();
    let path = path.display();
    Some(match disk.status().found {
        Found::None => Finding::ok(
            "names",
            format!("none are on disk yet; they will be in {path}"),
        ),
        Found::Used(age) => {
            let seconds = age.as_secs();
            Finding::ok("names", format!("on disk, of {seconds} s ago, in {path}"))
        }
        Found::Ignored(why) => Finding::warning(
            "names",
            format!("{path} is ignored: {why}. The next server puts a good one in its place"),
        ),
    })
}

//! A key in a file.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::{LONGEST, only_line};

/// Reads the key in a file, on a thread for blocking work: a network's file may take its time.
///
/// # Errors
/// When it cannot be read, is not a regular file, is open to others than its owner, or does not hold one line. The error
/// is to follow the name of the setting and repeats nothing of the file.
pub(super) async fn read(path: PathBuf) -> Result<String, String> {
    let reading = tokio::task::spawn_blocking(move || read_now(&at_home(path)));
    reading.await.unwrap_or_else(|error| Err(error.to_string()))
}

/// The path with the home folder in place of `~` at its beginning.
fn at_home(path: PathBuf) -> PathBuf {
    match (path.strip_prefix("~"), etcetera::home_dir()) {
        (Ok(rest), Ok(home)) => home.join(rest),
        _ => path,
    }
}

fn read_now(path: &Path) -> Result<String, String> {
    let named = format!("names '{}', which", path.display());
    let unreadable = |error: io::Error| format!("{named} cannot be read: {error}");
    // Before it is opened: opening a pipe waits for somebody who writes into it.
    check(&fs::metadata(path).map_err(unreadable)?, &named)?;
    let file = File::open(path).map_err(unreadable)?;
    // It may be another file by now.
    check(&file.metadata().map_err(unreadable)?, &named)?;
    let mut bytes = Vec::with_capacity(LONGEST + 1);
    let most = u64::try_from(LONGEST + 1).unwrap_or(u64::MAX);
    file.take(most)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    only_line(bytes, &format!("{named} holds"))
}

fn check(metadata: &Metadata, named: &str) -> Result<(), String> {
    if !metadata.is_file() {
        return Err(format!("{named} is not a regular file"));
    }
    match open_mode(metadata) {
        Some(mode) => Err(format!(
            "{named} is open to others than its owner (mode {mode:04o})"
        )),
        None => Ok(()),
    }
}

/// The permissions of a file that its group or others may use.
#[cfg(unix)]
fn open_mode(metadata: &Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = metadata.permissions().mode() & 0o7777;
    (mode & 0o077 != 0).then_some(mode)
}

/// Elsewhere, files have no such permissions.
#[cfg(not(unix))]
fn open_mode(_: &Metadata) -> Option<u32> {
    None
}

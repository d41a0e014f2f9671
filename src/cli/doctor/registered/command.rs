//! The program that an entry starts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::OWN;
use super::expand::expand;

/// Where a command leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Program {
    /// To the program that is running now.
    This(PathBuf),
    /// To another one.
    Another(PathBuf),
    /// To a file that cannot be run.
    Unfit(PathBuf),
    /// To nothing.
    Nowhere,
}

/// Whether a command is this program by its name, wherever it lies.
pub(super) fn is_own_name(command: &str) -> bool {
    Path::new(command)
        .file_stem()
        .is_some_and(|stem| stem == OWN)
}

/// Whether a command, with its variables filled in, leads to the program that is running now.
pub(in crate::cli) fn starts_this(command: &str, environment: &BTreeMap<String, String>) -> bool {
    let command = expand(command, environment).text;
    matches!(find(&command, environment), Program::This(_))
}

/// Whether a server's entry starts this program, by its name or by its file.
pub(in crate::cli) fn is_of_this_program(
    entry: &Value,
    environment: &BTreeMap<String, String>,
) -> bool {
    let command = entry.get("command").and_then(Value::as_str);
    command.is_some_and(|command| is_own_name(command) || starts_this(command, environment))
}

/// Finds a command as a client does: a path as it is, a name on the `PATH`.
pub(in crate::cli) fn find(command: &str, environment: &BTreeMap<String, String>) -> Program {
    let path = environment.get("PATH").map_or("", String::as_str);
    let candidates: Vec<PathBuf> = if Path::new(command).components().count() > 1 {
        vec![PathBuf::from(command)]
    } else {
        std::env::split_paths(path)
            .map(|folder| folder.join(command))
            .collect()
    };
    let files: Vec<PathBuf> = candidates.into_iter().filter_map(with_extension).collect();
    match files.iter().find(|file| is_executable(file)) {
        Some(file) if is_this(file) => Program::This(file.clone()),
        Some(file) => Program::Another(file.clone()),
        None => match files.into_iter().next() {
            Some(file) => Program::Unfit(file),
            None => Program::Nowhere,
        },
    }
}

/// The file itself, or with the extension of programs where there is one.
fn with_extension(file: PathBuf) -> Option<PathBuf> {
    let longer = file.with_extension(std::env::consts::EXE_EXTENSION);
    [file, longer].into_iter().find(|file| file.is_file())
}

/// Whether it is the file that is running, links followed.
fn is_this(file: &Path) -> bool {
    let own = std::env::current_exe().and_then(|own| own.canonicalize());
    matches!((own, file.canonicalize()), (Ok(own), Ok(file)) if own == file)
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    file.metadata()
        .is_ok_and(|data| data.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(_file: &Path) -> bool {
    true
}

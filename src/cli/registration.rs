//! Reads the entry of a server in a client's file: which program the entry starts, which variables of the environment it refers
//! to, and where the server gets its key. `setup` writes such entries and `doctor` checks them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::claude_code::SERVER;
use crate::linear::key::{ACCESS_TOKEN, API_KEY, API_KEY_COMMAND, API_KEY_FILE};

/// The program that a command starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Program {
    /// The program that is running now.
    This(PathBuf),
    /// Another program.
    Other(PathBuf),
    /// A file that cannot be run.
    NotExecutable(PathBuf),
    /// Nothing: there is no such file.
    NotFound,
}

/// Whether a command has the name of this program, in whatever folder it is.
pub(super) fn has_own_name(command: &str) -> bool {
    Path::new(command)
        .file_stem()
        .is_some_and(|stem| stem == SERVER)
}

/// Whether a command, with its variables filled in, starts the program that is running now.
pub(super) fn starts_this(command: &str, environment: &BTreeMap<String, String>) -> bool {
    let command = expand(command, environment).text;
    matches!(find_program(&command, environment), Program::This(_))
}

/// Whether the entry of a server starts this program, by its name or by its file.
pub(super) fn is_of_this_program(entry: &Value, environment: &BTreeMap<String, String>) -> bool {
    let command = entry.get("command").and_then(Value::as_str);
    command.is_some_and(|command| has_own_name(command) || starts_this(command, environment))
}

/// Finds the program of a command as a client does: a path is taken as it is written, and a name is looked for on the `PATH`.
pub(super) fn find_program(command: &str, environment: &BTreeMap<String, String>) -> Program {
    let path = environment.get("PATH").map_or("", String::as_str);
    let candidates: Vec<PathBuf> = if Path::new(command).components().count() > 1 {
        vec![PathBuf::from(command)]
    } else {
        std::env::split_paths(path)
            .map(|folder| folder.join(command))
            .collect()
    };
    // On Windows, the name of a program may lack its extension.
    let existing = |file: PathBuf| {
        let with_extension = file.with_extension(std::env::consts::EXE_EXTENSION);
        [file, with_extension]
            .into_iter()
            .find(|file| file.is_file())
    };
    let files: Vec<PathBuf> = candidates.into_iter().filter_map(existing).collect();
    match files.iter().find(|file| is_executable(file)) {
        Some(file) => {
            let running = std::env::current_exe().and_then(|running| running.canonicalize());
            // Links are followed, because an installed program may be a link to this one.
            if matches!((running, file.canonicalize()), (Ok(running), Ok(file)) if running == file)
            {
                Program::This(file.clone())
            } else {
                Program::Other(file.clone())
            }
        }
        None => match files.into_iter().next() {
            Some(file) => Program::NotExecutable(file),
            None => Program::NotFound,
        },
    }
}

/// Whether the permissions of a file let somebody run it.
#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    file.metadata()
        .is_ok_and(|data| data.permissions().mode() & 0o111 != 0)
}

/// Returns true, because files have no such permissions on this platform.
#[cfg(not(unix))]
fn is_executable(_file: &Path) -> bool {
    true
}

/// The settings that hold a key.
pub(super) const KEYS: [&str; 2] = [API_KEY, ACCESS_TOKEN];

/// The settings that say where a key is fetched.
const KEY_SOURCES: [&str; 2] = [API_KEY_FILE, API_KEY_COMMAND];

/// Whether a setting holds a key, or says where the key is fetched.
pub(super) fn gives_key(name: &str) -> bool {
    KEYS.contains(&name) || KEY_SOURCES.contains(&name)
}

/// Whether the variables of an entry say where the key is fetched. Such an entry may also set a key to an empty value, to unset the
/// key that the shell exports.
pub(super) fn fetches_key(variables: &Map<String, Value>) -> bool {
    KEY_SOURCES.iter().any(|name| {
        let value = variables.get(*name).and_then(Value::as_str);
        value.is_some_and(|value| !value.trim().is_empty())
    })
}

/// Whether a variable of the environment is set to more than white space.
pub(super) fn has_value(environment: &BTreeMap<String, String>, name: &str) -> bool {
    environment
        .get(name)
        .is_some_and(|value| !value.trim().is_empty())
}

/// A text in which the variables are replaced by their values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Expanded {
    /// The text. A reference to a variable that is not set and has no default stays as it is written.
    pub text: String,
    /// The variables that are not set and have no default.
    pub unset: Vec<String>,
    /// Whether the text refers to any variable.
    pub has_references: bool,
}

/// Replaces `${NAME}` and `${NAME:-default}` in a text by their values, as Claude Code does from its own environment.
pub(super) fn expand(text: &str, environment: &BTreeMap<String, String>) -> Expanded {
    let mut expanded = Expanded::default();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((reference, remainder)) = after.split_once('}') else {
            break;
        };
        let (name, default) = match reference.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (reference, None),
        };
        expanded.has_references = true;
        expanded.text.push_str(before);
        match environment.get(name).map(String::as_str).or(default) {
            Some(value) => expanded.text.push_str(value),
            None => {
                expanded.text.push_str(&format!("${{{reference}}}"));
                expanded.unset.push(name.to_owned());
            }
        }
        rest = remainder;
    }
    expanded.text.push_str(rest);
    expanded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand_at_home(text: &str) -> Expanded {
        let set = [("HOME".to_owned(), "/home/ann".to_owned())];
        expand(text, &BTreeMap::from(set))
    }

    #[test]
    fn variables_are_filled_in() {
        for (text, filled) in [
            ("${HOME}/bin", "/home/ann/bin"),
            ("${HOME:-/root}", "/home/ann"),
            ("${TOOLS:-yaml}", "yaml"),
            ("plain $HOME", "plain $HOME"),
            ("${HOME", "${HOME"),
        ] {
            assert_eq!(expand_at_home(text).text, filled);
            assert!(expand_at_home(text).unset.is_empty(), "{text}");
        }
        assert!(
            expand_at_home("${TOOLS:-x}").has_references && !expand_at_home("$HOME").has_references
        );
    }

    #[test]
    fn what_is_not_set_is_named() {
        let expanded = expand_at_home("a ${KEY} b ${HOME}");
        assert_eq!(expanded.text, "a ${KEY} b /home/ann");
        assert_eq!(expanded.unset, ["KEY"]);
    }
}

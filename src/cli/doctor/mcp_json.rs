//! The `.mcp.json` of the current folder, which tells a client such as Claude Code how to start this server. It is read,
//! and nothing in it is run or sent anywhere.

mod command;
mod entry;
mod expand;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Error, ErrorKind, Read as _};

use serde_json::{Map, Value};

use self::entry::Entry;
use super::finding::Finding;

/// The file, and the subject of every line about it.
const FILE: &str = ".mcp.json";

/// What this server is called, as a program and in the README's entry.
const OWN: &str = "linear-ops";

/// How many bytes of it are read; one that names a thousand servers has fewer.
const LONGEST: u64 = 1 << 20;

/// How many other servers are named.
const NAMED: usize = 10;

/// What the file says of this server, as a client would read it that is started under this environment.
pub(super) fn check(environment: &BTreeMap<String, String>) -> Vec<Finding> {
    let text = match read() {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let text = "none in this folder, so this server is registered elsewhere or not at all";
            return vec![Finding::ok(FILE, text)];
        }
        Err(error) => return vec![Finding::failure(FILE, format!("cannot be read: {error}"))],
    };
    match servers(&text) {
        Ok(servers) => entries(&servers, environment),
        Err(finding) => vec![finding],
    }
}

/// The text of the file. It comes with the folder: a pipe would never end, and neither would a device.
fn read() -> std::io::Result<String> {
    if !std::fs::metadata(FILE)?.is_file() {
        return Err(Error::new(ErrorKind::InvalidInput, "it is no regular file"));
    }
    let mut text = String::new();
    let file = File::open(FILE)?.take(LONGEST + 1);
    BufReader::new(file).read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST {
        let why = format!("it is longer than {LONGEST} bytes");
        return Err(Error::new(ErrorKind::FileTooLarge, why));
    }
    Ok(text)
}

/// The servers that the file names.
fn servers(text: &str) -> Result<Map<String, Value>, Finding> {
    let file: Value = serde_json::from_str(text)
        .map_err(|error| Finding::failure(FILE, format!("is no JSON: {error}")))?;
    match file.get("mcpServers") {
        Some(Value::Object(servers)) => Ok(servers.clone()),
        _ => Err(Finding::failure(
            FILE,
            "has no object `mcpServers`, in which clients look for servers",
        )),
    }
}

fn entries(servers: &Map<String, Value>, environment: &BTreeMap<String, String>) -> Vec<Finding> {
    let ours: Vec<Entry<'_>> = servers
        .iter()
        .filter(|(name, entry)| name.as_str() == OWN || command::names_this_program(entry))
        .map(|(name, entry)| Entry::new(name, entry, environment))
        .collect();
    if ours.is_empty() {
        let others: Vec<&str> = servers.keys().map(String::as_str).take(NAMED).collect();
        let others = match servers.len().saturating_sub(NAMED) {
            _ if others.is_empty() => "no server".to_owned(),
            0 => others.join(", "),
            more => format!("{} and {more} more", others.join(", ")),
        };
        let text = format!("names {others}, and not this server");
        return vec![Finding::ok(FILE, text)];
    }
    ours.iter().flat_map(Entry::check).collect()
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::unwrap_used,
        reason = "a test that cannot go on should say where"
    )]

    use super::*;
    use crate::cli::doctor::finding::Level;

    /// The level and text of each line about that file.
    fn told(text: &str, environment: &[(&str, &str)]) -> Vec<(Level, String)> {
        let environment = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let findings = match servers(text) {
            Ok(servers) => entries(&servers, &environment),
            Err(finding) => vec![finding],
        };
        let lines = findings.into_iter();
        lines.map(|line| (line.level, line.text)).collect()
    }

    /// The one line about that file.
    fn only(text: &str) -> (Level, String) {
        let mut told = told(text, &[]);
        assert_eq!(told.len(), 1, "{told:?}");
        told.pop().unwrap()
    }

    #[test]
    fn what_is_no_json_is_told_with_its_place() {
        let (level, text) = only("{\n  \"mcpServers\": {,}\n}");
        assert_eq!(level, Level::Failure);
        assert!(text.contains("line 2 column 18"), "{text}");
    }

    #[test]
    fn a_file_without_servers_is_told() {
        for text in ["{}", "[]", r#"{"mcpServers": []}"#] {
            let (level, text) = only(text);
            assert_eq!(level, Level::Failure);
            assert!(text.contains("`mcpServers`"), "{text}");
        }
    }

    #[test]
    fn other_servers_are_left_alone() {
        let file = r#"{"mcpServers": {"github": {"command": "gh-mcp"}, "far": {"url": "https://a.example"}}}"#;
        let (level, text) = only(file);
        assert_eq!(
            (level, text.as_str()),
            (Level::Ok, "names github, far, and not this server")
        );
        let (_, text) = only(r#"{"mcpServers": {}}"#);
        assert_eq!(text, "names no server, and not this server");
    }

    #[test]
    fn an_entry_is_known_by_its_name_or_its_command() {
        let file = r#"{"mcpServers": {"linear-ops": {"command": "nowhere-at-all"},
            "tracker": {"command": "/nowhere/bin/linear-ops"}}}"#;
        let lines = told(file, &[]);
        for name in ["'linear-ops'", "'tracker'"] {
            assert!(
                lines.iter().any(|(_, text)| text.starts_with(name)),
                "{lines:?}"
            );
        }
    }
}

//! The checks of the subagent that hands requests on to the server, and of the permission rules that allow its tool.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::Diagnostic;
use super::registered::Server;
use crate::cli::claude_code::{
    self, Locations, PLUGIN_SERVER, SERVER, allows, covers, front_matter, object, tool,
};
use crate::cli::setup::placed_by;
use crate::server::LINEAR;

const SUBJECT: &str = "agent";
const RULE: &str = "rule";

/// How many files of a folder of subagents are read.
const MOST_FILES: usize = 500;
/// The size up to which such a file is read, in bytes.
const LONGEST_FILE: u64 = 1 << 20;

/// Checks the subagents of these servers, and the subagent of the default name, which commands may ask for without any server.
pub(super) fn check(locations: &Locations, servers: &[Server]) -> Vec<Diagnostic> {
    let mut agents = vec![claude_code::agent(SERVER)];
    let registered = servers.iter().filter(|server| server.name != PLUGIN_SERVER);
    agents.extend(registered.map(|server| claude_code::agent(&server.name)));
    agents.sort();
    agents.dedup();
    let files: Vec<AgentFile> = locations
        .agents()
        .iter()
        .flat_map(|folder| read_agents(folder))
        .collect();
    let mut diagnostics = Vec::new();
    for name in &agents {
        // Without a name in its front matter, a subagent has the name of its file.
        let mut candidates = files.iter().filter(|file| match &file.name {
            Some(front_name) => front_name == name,
            None => file
                .path
                .file_stem()
                .is_some_and(|stem| stem == name.as_str()),
        });
        match candidates.next() {
            Some(file) => {
                diagnostics.extend(file.check(servers));
                diagnostics.extend(candidates.map(|other| {
                    let text = format!("is passed over: {} comes before it", file.path.display());
                    let text = other.sentence(&text);
                    if other.text == file.text {
                        Diagnostic::ok(SUBJECT, format!("{text}, which is the same"))
                    } else {
                        Diagnostic::warning(SUBJECT, text)
                    }
                }));
            }
            None => diagnostics.extend(check_missing(name, locations, servers)),
        }
    }
    diagnostics
}

/// The diagnostic for a subagent without a file; `None` where no server needs the subagent.
fn check_missing(agent: &str, locations: &Locations, servers: &[Server]) -> Option<Diagnostic> {
    let server = servers.iter().find(|server| {
        claude_code::agent(&server.name) == agent
            || (server.name == PLUGIN_SERVER && agent == claude_code::agent(SERVER))
    })?;
    if server.name == PLUGIN_SERVER {
        let text = format!(
            "the plugin's is {SERVER}:{agent}; for commands that say {agent} alone, linear-ops setup --plugin places it under that name, too"
        );
        return Some(Diagnostic::ok(SUBJECT, text));
    }
    let text = format!(
        "there is no '{agent}' in {}, so that no command can ask for it: linear-ops setup places it",
        locations.config.join("agents").display()
    );
    Some(Diagnostic::warning(SUBJECT, text))
}

/// The file of a subagent, as Claude Code reads it.
struct AgentFile {
    path: PathBuf,
    text: String,
    name: Option<String>,
    tools: Option<Vec<String>>,
}

/// Reads the subagents in a folder, in the order of their files' names.
fn read_agents(folder: &Path) -> Vec<AgentFile> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let is_markdown = |path: &PathBuf| path.extension().is_some_and(|end| end == "md");
    let mut paths: Vec<PathBuf> = paths.filter(is_markdown).take(MOST_FILES).collect();
    paths.sort();
    let files = paths.into_iter().filter_map(|path| {
        if path.metadata().ok()?.len() > LONGEST_FILE {
            return None;
        }
        let text = claude_code::read(&path).ok()?;
        let front = front_matter(&text).unwrap_or_default();
        let name = values(front, "name").and_then(|names| names.into_iter().next());
        let tools = values(front, "tools");
        Some(AgentFile {
            name,
            tools,
            path,
            text,
        })
    });
    files.collect()
}

impl AgentFile {
    /// Checks the front matter of the file, and whether the subagent has the tool of one of these servers.
    fn check(&self, servers: &[Server]) -> Vec<Diagnostic> {
        let failure = |text: &str| vec![Diagnostic::failure(SUBJECT, self.sentence(text))];
        let Some(front) = front_matter(&self.text) else {
            return failure(
                "has no front matter, so Claude Code does not take it for a subagent: linear-ops setup --force places it anew",
            );
        };
        // Claude Code ends the front matter at three dashes even where the line goes on.
        let cut_line = front.rsplit('\n').next().unwrap_or_default();
        if !cut_line.is_empty() {
            let line = front.lines().count() + 1;
            let text = format!(
                "has three dashes within line {line}. Claude Code ends the front matter there, and what is behind it is lost: \
                 without `tools` the subagent has every tool, without `model` it runs on the main one. Take the dashes out, \
                 or place it anew with linear-ops setup --force"
            );
            return failure(&text);
        }
        if self.name.is_none() {
            return failure(
                "has no `name` in its front matter, so Claude Code does not take it for a subagent",
            );
        }
        let Some(tools) = &self.tools else {
            let text =
                "names no `tools`, so that the subagent has every tool, not the server's alone";
            return vec![Diagnostic::warning(SUBJECT, self.sentence(text))];
        };
        let is_allowed = |server: &&Server| {
            let server = &server.name;
            let all_tools = [format!("mcp__{server}"), format!("mcp__{server}__*")];
            tools
                .iter()
                .any(|name| name == "*" || *name == tool(server) || all_tools.contains(name))
        };
        let Some(server) = servers.iter().find(is_allowed) else {
            let registered: Vec<String> = servers.iter().map(|server| tool(&server.name)).collect();
            let registered = match registered.as_slice() {
                [] => "no such server is registered here: linear-ops setup registers it".to_owned(),
                names => format!("the servers that are registered have {}", names.join(", ")),
            };
            let text = format!("has the tools {}, and {registered}", tools.join(", "));
            return failure(&text);
        };
        if server
            .tools
            .as_ref()
            .is_some_and(|tools| tools.iter().all(|name| name != LINEAR))
        {
            let text = format!(
                "calls {}, which the server does not list: register it with --tools yaml",
                tool(&server.name)
            );
            return failure(&text);
        }
        let text = self.sentence(&format!("calls {}", tool(&server.name)));
        let version = env!("CARGO_PKG_VERSION");
        match placed_by(&self.text) {
            Some((placed, true)) if placed != version => {
                let text = format!(
                    "{text}; it was placed by linear-ops {placed}, and this is {version}: run linear-ops setup"
                );
                vec![Diagnostic::warning(SUBJECT, text)]
            }
            _ => vec![Diagnostic::ok(SUBJECT, text)],
        }
    }

    /// A sentence that begins with the path of this file.
    fn sentence(&self, text: &str) -> String {
        format!("{} {text}", self.path.display())
    }
}

/// The values of a key of the front matter, which are separated by commas or are a list below the key. Invalid YAML is read, too,
/// because Claude Code quotes what it cannot read.
fn values(front: &str, key: &str) -> Option<Vec<String>> {
    let mut lines = front.lines();
    let value = lines.by_ref().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name == key).then(|| value.trim())
    })?;
    let clean = |text: &str| {
        text.trim()
            .trim_matches(['"', '\'', '[', ']'])
            .trim()
            .to_owned()
    };
    let values: Vec<String> = if value.is_empty() {
        let items = lines.map_while(|line| line.trim_start().strip_prefix("- "));
        items.map(clean).collect()
    } else {
        value.split(',').map(clean).collect()
    };
    let values: Vec<String> = values
        .into_iter()
        .filter(|value| !value.is_empty())
        .collect();
    (!values.is_empty()).then_some(values)
}

/// Checks whether the subagents may call the tools of these servers without a question to the user. `is_trusted` says whether Claude
/// Code trusts the folder. The permissions in the settings of a folder count only where it does.
pub(super) fn check_rules(
    locations: &Locations,
    is_trusted: bool,
    servers: &[Server],
) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let user = locations.settings();
    let mut files = Vec::new();
    for (path, counts) in std::iter::once((user.clone(), true)).chain(
        locations
            .project_settings()
            .into_iter()
            .map(|path| (path, is_trusted)),
    ) {
        match object(&path) {
            Ok(Some(settings)) => files.push((path, counts, settings)),
            Ok(None) => {}
            Err(why) => {
                let text = format!(
                    "{} {why}. Claude Code passes over all that it says",
                    path.display()
                );
                diagnostics.push(Diagnostic::failure(RULE, text));
            }
        }
    }
    let mut tools: Vec<String> = servers.iter().map(|server| tool(&server.name)).collect();
    tools.sort();
    // A server of the folder that waits for approval may have the same name as one of the user's.
    tools.dedup();
    diagnostics.extend(tools.iter().map(|tool| check_rule(tool, &user, &files)));
    diagnostics
}

/// A settings file of Claude Code: its path, whether its permissions count, and its contents.
type SettingsFile = (PathBuf, bool, Map<String, Value>);

/// Checks the rules about one tool.
fn check_rule(tool: &str, user: &Path, files: &[SettingsFile]) -> Diagnostic {
    // A denial counts before a question, and a question before a permission, in whichever files they are.
    if let Some((path, _, rule)) = find_rule(files, "deny", tool, covers) {
        let text = format!(
            "{tool} is denied by \"{rule}\" in {}: take that rule out",
            path.display()
        );
        return Diagnostic::failure(RULE, text);
    }
    if let Some((path, _, rule)) = find_rule(files, "ask", tool, covers) {
        let text = format!(
            "\"{rule}\" in {} has Claude Code ask before each call of {tool}, and claude -p cannot ask",
            path.display()
        );
        return Diagnostic::warning(RULE, text);
    }
    let permitted: Vec<&SettingsFile> = files.iter().filter(|(_, counts, _)| *counts).collect();
    let bypasses = permitted.iter().find(|(_, _, settings)| {
        let mode = settings
            .get("permissions")
            .and_then(|all| all.get("defaultMode"));
        mode.and_then(Value::as_str) == Some("bypassPermissions")
    });
    match find_rule(files, "allow", tool, allows) {
        Some((path, true, _)) => {
            Diagnostic::ok(RULE, format!("{tool} is allowed in {}", path.display()))
        }
        _ if bypasses.is_some() => Diagnostic::ok(
            RULE,
            format!("{tool} is allowed, as everything is (bypassPermissions)"),
        ),
        Some((path, false, _)) => Diagnostic::warning(
            RULE,
            format!(
                "{tool} is allowed in {} alone, which counts only once Claude Code trusts the folder: linear-ops setup allows it in {}",
                path.display(),
                user.display()
            ),
        ),
        None => Diagnostic::warning(
            RULE,
            format!(
                "{tool} is not allowed, so that the first call asks, and is denied where nobody can be asked (claude -p): \
                 linear-ops setup adds it to permissions.allow in {}",
                user.display()
            ),
        ),
    }
}

/// Finds the first rule of a kind that is about the tool, and returns it with its file and with whether the file's permissions count.
/// A rule in a file whose permissions count comes before all others.
fn find_rule<'f>(
    files: &'f [SettingsFile],
    kind: &str,
    tool: &str,
    is_about: fn(&str, &str) -> bool,
) -> Option<(&'f Path, bool, &'f str)> {
    let all = files.iter().flat_map(|(path, counts, settings)| {
        let rules = settings.get("permissions").and_then(|all| all.get(kind));
        let rules = rules.and_then(Value::as_array).into_iter().flatten();
        rules.filter_map(move |rule| Some((path.as_path(), *counts, rule.as_str()?)))
    });
    let about: Vec<_> = all.filter(|(_, _, rule)| is_about(rule, tool)).collect();
    let counting = about.iter().find(|(_, counts, _)| *counts);
    counting.or(about.first()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_matter_s_values_are_read_in_each_form() {
        for front in [
            "name: a\ntools: x, mcp__y\nmodel: b\n",
            "tools:\n  - x\n  - mcp__y\nmodel: b\n",
            "tools: [\"x\", 'mcp__y']\n",
        ] {
            let tools = values(front, "tools");
            assert_eq!(
                tools,
                Some(vec!["x".to_owned(), "mcp__y".to_owned()]),
                "{front}"
            );
        }
        for front in ["name: a\n", "tools:\nmodel: b\n", ""] {
            assert_eq!(values(front, "tools"), None, "{front}");
        }
    }
}

//! The subagent that carries requests to the server, and the permission rules that let it.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::finding::Finding;
use super::registered::Server;
use crate::cli::claude_code::{
    self, Locations, PLUGIN_SERVER, SERVER, allows, covers, front_matter, object, tool,
};
use crate::cli::setup::placed_by;
use crate::server::LINEAR;

const SUBJECT: &str = "agent";
const RULE: &str = "rule";

/// How many files of a folder of subagents are read, and how long one may be, in bytes.
const MOST_FILES: usize = 500;
const LONGEST_FILE: u64 = 1 << 20;

/// The subagents of these servers.
pub(super) fn check(here: &Locations, servers: &[Server]) -> Vec<Finding> {
    let mut wanted = vec![claude_code::agent(SERVER)];
    let named = servers.iter().filter(|server| server.name != PLUGIN_SERVER);
    wanted.extend(named.map(|server| claude_code::agent(&server.name)));
    wanted.sort();
    wanted.dedup();
    let files: Vec<AgentFile> = here
        .agents()
        .iter()
        .flat_map(|folder| files(folder))
        .collect();
    let mut findings = Vec::new();
    for name in &wanted {
        let mut of_name = files.iter().filter(|file| file.is_of(name));
        match of_name.next() {
            Some(file) => {
                findings.extend(file.check(servers));
                findings.extend(of_name.map(|other| {
                    let text = format!("is passed over: {} comes before it", file.path.display());
                    let text = other.told(&text);
                    if other.text == file.text {
                        Finding::ok(SUBJECT, format!("{text}, which is the same"))
                    } else {
                        Finding::warning(SUBJECT, text)
                    }
                }));
            }
            None => findings.extend(missing(name, here, servers)),
        }
    }
    findings
}

/// What is to be said where there is no file of a subagent.
fn missing(agent: &str, here: &Locations, servers: &[Server]) -> Option<Finding> {
    let server = servers.iter().find(|server| {
        claude_code::agent(&server.name) == agent
            || (server.name == PLUGIN_SERVER && agent == claude_code::agent(SERVER))
    })?;
    if server.name == PLUGIN_SERVER {
        let text = format!(
            "the plugin's is {SERVER}:{agent}; for commands that say {agent} alone, linear-ops setup --plugin places it under that name, too"
        );
        return Some(Finding::ok(SUBJECT, text));
    }
    let text = format!(
        "there is no '{agent}' in {}, so that no command can ask for it: linear-ops setup places it",
        here.config.join("agents").display()
    );
    Some(Finding::warning(SUBJECT, text))
}

/// A subagent's file, as Claude Code reads it.
struct AgentFile {
    path: PathBuf,
    text: String,
    name: Option<String>,
    tools: Option<Vec<String>>,
}

/// The subagents of a folder, in the order of their names.
fn files(folder: &Path) -> Vec<AgentFile> {
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
    /// Whether it is, or is meant to be, the subagent of that name.
    fn is_of(&self, agent: &str) -> bool {
        self.name.as_deref() == Some(agent)
            || (self.name.is_none() && self.path.file_stem().is_some_and(|stem| stem == agent))
    }

    fn check(&self, servers: &[Server]) -> Vec<Finding> {
        let failure = |text: &str| vec![Finding::failure(SUBJECT, self.told(text))];
        let Some(front) = front_matter(&self.text) else {
            return failure(
                "has no front matter, so Claude Code does not take it for a subagent: linear-ops setup --force places it anew",
            );
        };
        if let Some(line) = cut_within_a_line(front) {
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
            return vec![Finding::warning(SUBJECT, self.told(text))];
        };
        let of_tools = |server: &&Server| {
            tools
                .iter()
                .any(|name| *name == tool(&server.name) || allows_all(name, &server.name))
        };
        let Some(server) = servers.iter().find(of_tools) else {
            let there_are: Vec<String> = servers.iter().map(|server| tool(&server.name)).collect();
            let there_are = match there_are.as_slice() {
                [] => "no such server is registered here: linear-ops setup registers it".to_owned(),
                names => format!("the servers that are registered have {}", names.join(", ")),
            };
            let text = format!("has the tools {}, and {there_are}", tools.join(", "));
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
        let text = self.told(&format!("calls {}", tool(&server.name)));
        let version = env!("CARGO_PKG_VERSION");
        match placed_by(&self.text) {
            Some((placed, true)) if placed != version => {
                let text = format!(
                    "{text}; it was placed by linear-ops {placed}, and this is {version}: run linear-ops setup"
                );
                vec![Finding::warning(SUBJECT, text)]
            }
            _ => vec![Finding::ok(SUBJECT, text)],
        }
    }

    fn told(&self, text: &str) -> String {
        format!("{} {text}", self.path.display())
    }
}

/// Whether a name among an agent's tools stands for all tools of a server.
fn allows_all(name: &str, server: &str) -> bool {
    name == "*" || name == format!("mcp__{server}") || name == format!("mcp__{server}__*")
}

/// The line, from 1, within which Claude Code ends the front matter although it goes on, where there is one.
fn cut_within_a_line(front: &str) -> Option<usize> {
    let last = front.rsplit('\n').next().unwrap_or_default();
    (!last.is_empty()).then(|| front.lines().count() + 1)
}

/// What stands behind a key of the front matter: texts parted by commas, or a list below it. YAML that Claude Code could
/// not read is still read here, as Claude Code does by quoting what it cannot read.
fn values(front: &str, key: &str) -> Option<Vec<String>> {
    let mut lines = front.lines();
    let written = lines.by_ref().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name == key).then(|| value.trim())
    })?;
    let clean = |text: &str| {
        text.trim()
            .trim_matches(['"', '\'', '[', ']'])
            .trim()
            .to_owned()
    };
    let values: Vec<String> = if written.is_empty() {
        let items = lines.map_while(|line| line.trim_start().strip_prefix("- "));
        items.map(clean).collect()
    } else {
        written.split(',').map(clean).collect()
    };
    let values: Vec<String> = values
        .into_iter()
        .filter(|value| !value.is_empty())
        .collect();
    (!values.is_empty()).then_some(values)
}

/// Whether the subagents may call the tools of these servers without a question.
pub(super) fn rules(here: &Locations, trusted: bool, servers: &[Server]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let user = here.settings();
    let mut files = Vec::new();
    for (path, counts) in std::iter::once((user.clone(), true)).chain(
        here.project_settings()
            .into_iter()
            .map(|path| (path, trusted)),
    ) {
        match object(&path) {
            Ok(Some(settings)) => files.push((path, counts, settings)),
            Ok(None) => {}
            Err(why) => {
                let text = format!(
                    "{} {why}. Claude Code passes over all that it says",
                    path.display()
                );
                findings.push(Finding::failure(RULE, text));
            }
        }
    }
    let mut tools: Vec<String> = servers.iter().map(|server| tool(&server.name)).collect();
    tools.sort();
    // A folder's server that waits for approval may have the name of the user's.
    tools.dedup();
    findings.extend(tools.iter().map(|tool| rule(tool, &user, &files)));
    findings
}

/// A settings file: its path, whether what it allows counts, and what it holds.
type Settings = (PathBuf, bool, Map<String, Value>);

fn rule(tool: &str, user: &Path, files: &[Settings]) -> Finding {
    // A denial wins over a question, and that over a permission, wherever they stand.
    if let Some((path, _, rule)) = found(files, "deny", tool, covers) {
        let text = format!(
            "{tool} is denied by \"{rule}\" in {}: take that rule out",
            path.display()
        );
        return Finding::failure(RULE, text);
    }
    if let Some((path, _, rule)) = found(files, "ask", tool, covers) {
        let text = format!(
            "\"{rule}\" in {} has Claude Code ask before each call of {tool}, and claude -p cannot ask",
            path.display()
        );
        return Finding::warning(RULE, text);
    }
    let permitted: Vec<&Settings> = files.iter().filter(|(_, counts, _)| *counts).collect();
    let bypasses = permitted.iter().find(|(_, _, settings)| {
        let mode = settings
            .get("permissions")
            .and_then(|all| all.get("defaultMode"));
        mode.and_then(Value::as_str) == Some("bypassPermissions")
    });
    match found(files, "allow", tool, allows) {
        Some((path, true, _)) => {
            Finding::ok(RULE, format!("{tool} is allowed in {}", path.display()))
        }
        _ if bypasses.is_some() => Finding::ok(
            RULE,
            format!("{tool} is allowed, as everything is (bypassPermissions)"),
        ),
        Some((path, false, _)) => Finding::warning(
            RULE,
            format!(
                "{tool} is allowed in {} alone, which counts only once Claude Code trusts the folder: linear-ops setup allows it in {}",
                path.display(),
                user.display()
            ),
        ),
        None => Finding::warning(
            RULE,
            format!(
                "{tool} is not allowed, so that the first call asks, and is denied where nobody can be asked (claude -p): \
                 linear-ops setup adds it to permissions.allow in {}",
                user.display()
            ),
        ),
    }
}

/// The first rule of a kind that is about the tool, those first that count.
fn found<'f>(
    files: &'f [Settings],
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

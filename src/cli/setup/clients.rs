//! The instructions for other clients than Claude Code. They are printed for the user to follow, because the files of these clients
//! have other formats, which may hold comments, and most of these clients have a command that registers a server.

use std::collections::BTreeMap;

use serde_json::json;

use super::json::pretty;
use super::start_command;
use crate::cli::UsageError;
use crate::cli::arguments::{Client, Scope, Setup};

/// Returns the instructions for the client in the options: the command to run, or the text to write into a file. They were tried with
/// Codex 0.171, Gemini 0.61 and opencode 1.18; the files of Cursor and Visual Studio Code follow the manuals of these clients.
///
/// # Errors
/// When an option is given that works with Claude Code alone.
pub(super) fn instructions(
    options: &Setup,
    environment: &BTreeMap<String, String>,
) -> Result<String, UsageError> {
    if !options.variables.is_empty() || options.force {
        return Err(UsageError::new(
            "--env and --force go with Claude Code alone: other clients' files are not written",
        ));
    }
    let name = &options.name;
    let is_user = options.scope == Scope::User;
    let scope = if is_user { "user" } else { "project" };
    if options.remove {
        return Ok(match options.client {
            Client::Codex if is_user => format!("Run:\n\ncodex mcp remove {name}\n"),
            Client::Gemini => format!("Run:\n\ngemini mcp remove --scope {scope} {name}\n"),
            Client::Claude | Client::Codex | Client::Opencode | Client::Cursor | Client::Vscode => {
                format!("Take the entry '{name}' out of the file that it was added to.\n")
            }
        });
    }
    let (command, _) = start_command(environment);
    let args = options.args();
    let line: Vec<String> = std::iter::once(&command)
        .chain(&args)
        .map(|word| shell_quoted(word))
        .collect();
    let line = line.join(" ");
    Ok(match options.client {
        Client::Claude => String::new(),
        Client::Codex => {
            let file = if is_user {
                "~/.codex/config.toml"
            } else {
                ".codex/config.toml, in a folder that Codex trusts"
            };
            format!(
                "Codex passes no key on to its servers unless it is told to, and codex mcp add cannot tell it. \
                 Add this to {file}:\n\n[mcp_servers.{name}]\ncommand = {}\nargs = {}\nenv_vars = [\"LINEAR_API_KEY\"]\n\n\
                 Then look with: codex mcp list\n",
                json!(command),
                json!(args),
            )
        }
        Client::Gemini => {
            format!(
                "Gemini takes variables with KEY in their names away from its servers unless they are named. Run, with these quotes:\n\n\
                 gemini mcp add --scope {scope} {name} -e 'LINEAR_API_KEY=$LINEAR_API_KEY' {line}\n\n\
                 Then look with: gemini mcp list (in a folder that Gemini trusts)\n"
            )
        }
        Client::Opencode if is_user => format!(
            "Run:\n\nopencode mcp add {name} -- {line}\n\nThen look with: opencode mcp list\n"
        ),
        Client::Opencode => {
            let command: Vec<&String> = std::iter::once(&command).chain(&args).collect();
            let file = json!({"mcp": {name: {"type": "local", "command": command}}});
            format!(
                "Add this to opencode.json in this folder:\n\n{}\n",
                pretty(&file, "  ")
            )
        }
        Client::Cursor => {
            let path = if is_user {
                "~/.cursor/mcp.json"
            } else {
                ".cursor/mcp.json in this folder"
            };
            let file = json!({"mcpServers": {name: {
                "command": command, "args": args, "env": {"LINEAR_API_KEY": "${env:LINEAR_API_KEY}"},
            }}});
            format!("Add this to {path}:\n\n{}\n", pretty(&file, "  "))
        }
        Client::Vscode => {
            let path = if is_user {
                "mcp.json of your profile (command: MCP: Open User Configuration)"
            } else {
                ".vscode/mcp.json in this folder"
            };
            let file = json!({
                "inputs": [{
                    "type": "promptString", "id": "linear-api-key",
                    "description": "Linear API key", "password": true,
                }],
                "servers": {name: {
                    "type": "stdio", "command": command, "args": args,
                    "env": {"LINEAR_API_KEY": "${input:linear-api-key}"},
                }},
            });
            format!(
                "Add this to {path}. Visual Studio Code asks for the key once and keeps it:\n\n{}\n",
                pretty(&file, "  ")
            )
        }
    })
}

/// A word of a command line, quoted for a shell where that is needed.
fn shell_quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./,:=@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

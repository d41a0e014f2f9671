//! The files that users copy: the subagent and the `.mcp.json`.

use std::fs;
use std::path::Path;

use linear_ops::server::LINEAR;
use linear_ops::{operations, request, settings};
use serde_json::Value;

use crate::binary;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn agent() -> String {
    read("examples/agents/linear-ops-agent.md")
}

/// The subagent's front matter and what it is told, split as Claude Code does: the front matter ends at the first
/// `---` anywhere, within a line too.
fn parts(agent: &str) -> (Value, &str) {
    let (front, body) = agent
        .strip_prefix("---\n")
        .unwrap()
        .split_once("---")
        .unwrap();
    (serde_yaml::from_str(front).unwrap(), body)
}

fn mcp_json() -> Value {
    serde_json::from_str(&read("examples/mcp.json")).unwrap()
}

/// The names and entries of the servers in the example.
fn servers() -> serde_json::Map<String, Value> {
    mcp_json()["mcpServers"].as_object().unwrap().clone()
}

#[test]
fn the_agent_is_short_and_its_front_matter_is_whole() {
    let agent = agent();
    assert!(agent.lines().count() < 40);
    let (front, _) = parts(&agent);
    assert_eq!(front["name"], "linear-ops-agent");
    assert_eq!(front["model"], "haiku");
    assert!(front["description"].as_str().unwrap().len() < 300);
    assert_eq!(front.as_object().unwrap().len(), 4);
}

#[test]
fn the_agent_has_the_one_tool_of_the_server_that_is_registered() {
    let agent = agent();
    let (front, body) = parts(&agent);
    let servers = servers();
    let [name] = servers.keys().collect::<Vec<_>>()[..] else {
        panic!("one server is registered")
    };
    let tool = format!("mcp__{name}__{LINEAR}");
    assert_eq!(front["tools"], tool);
    assert!(body.contains(&format!("`{tool}`")));
}

#[test]
fn what_the_agent_is_shown_is_a_request_that_exists() {
    let agent = agent();
    let (_, body) = parts(&agent);
    let requests: Vec<&str> = body
        .split("```yaml\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("```"))
        .map(|(example, _)| example)
        .collect();
    assert!(!requests.is_empty());
    for example in requests {
        let request = request::read(example, &linear_ops::dispatch::Operations).unwrap();
        let mut names = operations::TABLE.iter().map(|entry| entry.spec.name);
        assert!(names.any(|name| name == request.operation));
        assert!(request.warnings.is_empty(), "{:?}", request.warnings);
    }
}

#[test]
fn the_example_of_the_file_sets_settings_and_holds_no_key() {
    for (name, entry) in servers() {
        assert_eq!(entry["command"], "linear-ops", "{name}");
        for (variable, value) in entry["env"].as_object().unwrap() {
            assert!(settings::TABLE.iter().any(|row| row.name == variable));
            assert_eq!(value.as_str().unwrap(), format!("${{{variable}}}"));
        }
    }
}

#[test]
fn the_example_of_the_file_is_the_readmes() {
    let readme = read("README.md");
    let (_, rest) = readme.split_once("```json\n").unwrap();
    let (shown, _) = rest.split_once("```").unwrap();
    assert_eq!(serde_json::from_str::<Value>(shown).unwrap(), mcp_json());
}

#[test]
fn the_doctor_finds_nothing_wrong_with_the_example_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".mcp.json"), read("examples/mcp.json")).unwrap();
    let bin = Path::new(env!("CARGO_BIN_EXE_linear-ops"));
    let output = binary::command()
        .args(["doctor", "--sandbox"])
        .current_dir(folder.path())
        .env("PATH", bin.parent().unwrap())
        .env("LINEAR_API_KEY", "lin_api_x")
        .output()
        .unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    let line = out.lines().find(|line| line.contains(".mcp.json"));
    let line = line.unwrap();
    assert!(line.starts_with("ok"), "{line}");
    assert!(line.contains("'linear-ops' starts this program"), "{line}");
    assert!(line.ends_with("lists linear, linear_read"), "{line}");
    assert!(out.contains("0 failures"), "{out}");
    assert!(output.status.success());
}

//! The files that users copy or install: the subagent, the skill, the `.mcp.json` and the plugin.

use std::fs;
use std::path::Path;

use linear_ops::engine::catalog;
use linear_ops::server::LINEAR;
use linear_ops::{request, settings};
use serde_json::{Value, json};

use crate::docs::readme::examples::fenced;
use crate::support::TestWorkspace;
use crate::support::binary;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn agent() -> String {
    read("examples/agents/linear-ops-agent.md")
}

/// The subagent's front matter and its instructions, split as Claude Code does: the front matter ends at the first
/// `---` anywhere, within a line too.
fn parts(agent: &str) -> (Value, &str) {
    let (front, body) = agent
        .strip_prefix("---\n")
        .unwrap()
        .split_once("---")
        .unwrap();
    (serde_yaml::from_str(front).unwrap(), body)
}

fn json(path: &str) -> Value {
    serde_json::from_str(&read(path)).unwrap()
}

fn mcp_json() -> Value {
    json("examples/mcp.json")
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
    assert_eq!(front["maxTurns"], 3);
    assert_eq!(front.as_object().unwrap().len(), 5);
}

#[test]
fn the_agent_has_the_one_tool_by_the_name_of_every_way_to_install_it() {
    let agent = agent();
    let (front, body) = parts(&agent);
    let servers = servers();
    let [name] = servers.keys().collect::<Vec<_>>()[..] else {
        panic!("one server is registered")
    };
    let plugin = json(".plugin/.claude-plugin/plugin.json");
    let plugin = plugin["name"].as_str().unwrap();
    assert_eq!(
        front["tools"],
        format!("mcp__{name}__{LINEAR}, mcp__plugin_{plugin}_{name}__{LINEAR}")
    );
    assert!(body.contains(&format!("the tool `{LINEAR}`")));
    assert!(!body.contains("mcp__"));
}

#[test]
fn the_plugin_holds_what_the_examples_hold() {
    for file in ["agents/linear-ops-agent.md", "skills/linear/SKILL.md"] {
        assert_eq!(
            read(&format!(".plugin/{file}")),
            read(&format!("examples/{file}")),
            "{file}: copy it from examples/ to .plugin/"
        );
    }
    let (mut registered, mut by_hand) = (json(".plugin/.mcp.json"), mcp_json());
    let key = |file: &mut Value| file["mcpServers"]["linear-ops"]["env"].take();
    assert_eq!(
        key(&mut registered),
        json!({"LINEAR_API_KEY": "${user_config.api_key}"})
    );
    key(&mut by_hand);
    assert_eq!(registered, by_hand);
    let plugin = json(".plugin/.claude-plugin/plugin.json");
    assert_eq!(plugin["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(plugin["userConfig"]["api_key"]["sensitive"], true);
    assert_eq!(plugin["userConfig"]["api_key"]["required"], true);
    let market = json(".claude-plugin/marketplace.json");
    let listed = &market["plugins"][0];
    assert_eq!(listed["source"], "./.plugin");
    for field in ["name", "description"] {
        assert_eq!(listed[field], plugin[field]);
    }
}

#[tokio::test]
async fn every_request_of_the_skill_is_carried_out() {
    let skill = read("examples/skills/linear/SKILL.md");
    let body = skill
        .strip_prefix("---\n")
        .unwrap()
        .split_once("---\n")
        .unwrap()
        .1;
    assert!(skill.lines().count() <= 120);
    let requests = fenced(body, "yaml");
    assert!(requests.len() >= 6);
    let workspace = TestWorkspace::new().await;
    for request in requests {
        let answer = workspace.run(&request).await.to_value();
        assert_eq!(answer["success"], true, "{request}\n{answer}");
        assert!(answer.get("warnings").is_none(), "{request}\n{answer}");
    }
}

#[test]
fn what_the_agent_is_shown_is_a_request_that_exists() {
    let agent = agent();
    let (_, body) = parts(&agent);
    let requests = fenced(body, "yaml");
    assert!(!requests.is_empty());
    for example in requests {
        let request = request::read(&example, &linear_ops::engine::Catalog).unwrap();
        let mut names = catalog::TABLE.iter().map(|entry| entry.spec.name);
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
fn the_example_of_the_file_is_that_of_the_set_up_page() {
    let page = read("examples/SETUP.md");
    let (_, rest) = page.split_once("```json\n").unwrap();
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

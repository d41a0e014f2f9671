//! How many tokens the list of tools costs a client.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::client::connect;
use crate::budgets::tokens::tokens;

/// Returns the tools that a server lists, each as the object that a model reads: its name, description and input schema.
pub async fn listed(args: &[&str]) -> Vec<Value> {
    let client = connect(args, &[("LINEAR_OPS_ALLOW_DESTRUCTIVE", "1")]).await;
    let tools = client.list_all_tools().await.unwrap();
    client.cancel().await.unwrap();
    let shown = |tool: &rmcp::model::Tool| {
        json!({
            "name": tool.name,
            "description": tool.description,
            "inputSchema": tool.input_schema,
        })
    };
    tools.iter().map(shown).collect()
}

/// Returns the tools of a listing and the tokens of the JSON array of them.
async fn cost(names: &str) -> (Vec<Value>, usize) {
    let tools = listed(&["--sandbox", "--tools", names]).await;
    let total = tokens(&Value::from(tools.clone()).to_string());
    (tools, total)
}

#[tokio::test]
async fn the_list_of_tools_costs_little() {
    let (tools, total) = cost("all").await;
    let mut table = String::new();
    for tool in &tools {
        let name = tool["name"].as_str().unwrap();
        writeln!(table, "{name:24} {}", tokens(&tool.to_string())).unwrap();
    }
    writeln!(table, "{:24} {total}", "all").unwrap();
    insta::assert_snapshot!("tokens_of_tools", table);
    assert!(total <= 110 * tools.len(), "{total}");
    let list_issues = tools.iter().find(|tool| tool["name"] == "list_issues");
    let parameters = &list_issues.unwrap()["inputSchema"]["properties"];
    assert!(parameters.as_object().unwrap().len() <= 20, "{parameters}");
    let default = Value::from(listed(&["--sandbox"]).await).to_string();
    let (core, core_total) = cost("core").await;
    assert_eq!(default, Value::from(core).to_string());
    assert!(core_total <= 4_700, "{core_total}");
    let (yaml, yaml_total) = cost("yaml").await;
    assert_eq!(yaml.len(), 2);
    assert!(yaml_total <= 400, "{yaml_total}");
}

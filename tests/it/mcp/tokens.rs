//! How many tokens the list of tools costs a client.

use std::fmt::Write as _;

use serde_json::json;

use super::client::connect;
use crate::budgets::tokens::tokens;

/// The names of the tools, each with the text that a model reads of it.
pub async fn listed(args: &[&str]) -> Vec<(String, String)> {
    let client = connect(args, &[("LINEAR_OPS_ALLOW_DESTRUCTIVE", "1")]).await;
    let tools = client.list_all_tools().await.unwrap();
    client.cancel().await.unwrap();
    let text = |tool: &rmcp::model::Tool| {
        let shown = json!({
            "name": tool.name,
            "description": tool.description,
            "inputSchema": tool.input_schema,
        });
        shown.to_string()
    };
    tools
        .iter()
        .map(|tool| (tool.name.to_string(), text(tool)))
        .collect()
}

#[tokio::test]
async fn the_list_of_tools_costs_little() {
    let costs = async |args: &[&str]| -> Vec<(String, usize)> {
        let tools = listed(args).await.into_iter();
        tools.map(|(name, text)| (name, tokens(&text))).collect()
    };
    let tools = costs(&["--sandbox"]).await;
    let total: usize = tools.iter().map(|(_, tokens)| tokens).sum();
    let mut table = String::new();
    for (name, tokens) in &tools {
        writeln!(table, "{name:24} {tokens}").unwrap();
    }
    writeln!(table, "{:24} {total}", "all").unwrap();
    insta::assert_snapshot!("tokens_of_tools", table);
    assert!(total <= 5_000, "{total}");
    assert!(total <= 110 * tools.len(), "{total}");
    let yaml = costs(&["--sandbox", "--tools", "yaml"]).await;
    assert_eq!(yaml.len(), 2);
    let door: usize = yaml.iter().map(|(_, tokens)| tokens).sum();
    assert!(door <= 400, "{yaml:?}");
}

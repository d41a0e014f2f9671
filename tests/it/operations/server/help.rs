//! `help`: the description of each operation, made from the table of operations; and that its example runs.

use linear_ops::engine::catalog;
use linear_ops::error::{Code, Retry};
use linear_ops::request;
use serde_json::Value;

use crate::budgets::tokens::tokens;
use crate::support::{TestWorkspace, snapshot};

#[tokio::test]
async fn an_operation_is_told_as_it_is_called() {
    let workspace = TestWorkspace::new().await;
    snapshot(
        "help_of_create_comment",
        &workspace.yaml("help", "{operation: create_comment}").await,
    );
    let unknown = workspace.call("help", "{operation: create_coment}").await;
    assert_eq!(unknown.code(), "UNKNOWN_OPERATION");
    assert_eq!(
        unknown.texts("/error/suggestions").first(),
        Some(&"Use 'create_comment'")
    );
    assert!(workspace.take_requests().is_empty());
}

#[tokio::test]
async fn every_operation_is_told_with_its_parameters_and_an_example_that_can_be_sent_as_it_is() {
    let workspace = TestWorkspace::new().await;
    for entry in catalog::TABLE.iter() {
        let name = entry.spec.name;
        let answer = workspace
            .call("help", &format!("{{operation: {name}}}"))
            .await;
        let data = answer.data();
        assert_eq!(data["operation"], name);
        assert_eq!(data["description"], entry.signature().description);
        assert_eq!(data["effect"], entry.spec.effect.meaning());
        let rows = data["parameters"].as_array().unwrap();
        let named: Vec<&str> = rows
            .iter()
            .map(|row| row["name"].as_str().unwrap())
            .collect();
        let fields = &entry.signature().fields;
        assert!(
            named
                .iter()
                .copied()
                .eq(fields.iter().map(|field| field.name.as_str()))
        );
        for (row, field) in rows.iter().zip(fields) {
            assert_eq!(
                row["required"] == true,
                field.required,
                "{name} {}",
                field.name
            );
            assert_eq!(row["description"], field.description.as_str());
        }
        let example = request::read(
            data["example"].as_str().unwrap(),
            &linear_ops::engine::Catalog,
        )
        .unwrap();
        assert_eq!(example.operation, name);
        assert_eq!(
            (answer.calls(), answer.at("/metadata/cached")),
            (0, &Value::from(true))
        );
    }
}

#[tokio::test]
async fn other_names_of_an_operation_and_of_the_parameter_are_understood() {
    let workspace = TestWorkspace::new().await;
    let expected = workspace.call("help", "{operation: get_issue}").await;
    for params in [
        "{name: get_issue}",
        "{id: get_issue}",
        "{topic: ' get_issue '}",
        "{command: get_issue}",
    ] {
        assert_eq!(
            workspace.call("help", params).await.data(),
            expected.data(),
            "{params}"
        );
    }
    let label = workspace.call("help", "{operation: ensure_label}").await;
    assert_eq!(label.text("/data/operation"), "get_or_create_label");
    let help = workspace
        .call("describe_operation", "{operation: help}")
        .await;
    assert_eq!(help.text("/data/operation"), "help");
}

#[tokio::test]
async fn the_overview_has_every_operation_under_its_toolset_and_the_codes_are_all_there() {
    let workspace = TestWorkspace::new().await;
    let overview = workspace.call("help", "{}").await;
    let yaml = workspace.yaml("help", "{}").await;
    let listed = overview.data()["operations"].as_object().unwrap();
    for category in catalog::CATEGORIES.iter() {
        let rows = &listed[category.toolset.as_str()];
        assert_eq!(rows.as_object().unwrap().len(), category.operations.len());
        for entry in category.operations {
            let summary = &rows[entry.spec.name];
            assert_eq!(summary, entry.signature().summary(), "{}", entry.spec.name);
        }
    }
    assert_eq!(listed.len(), catalog::CATEGORIES.len());
    let cost = tokens(&yaml);
    assert!(cost <= 2_000, "{cost}");
    // A line for each operation at most.
    assert!(
        yaml.lines().count() <= catalog::TABLE.len() + listed.len() + 10,
        "{yaml}"
    );

    let codes = workspace.call("help", "{operation: codes}").await;
    let rows = codes.data()["codes"].as_array().unwrap();
    assert_eq!(rows.len(), Code::ALL.len());
    for (row, code) in rows.iter().zip(Code::ALL) {
        assert_eq!(
            (&row["code"], &row["number"]),
            (&code.name().into(), &code.number().into())
        );
        let repeat = (code.retry() != Retry::No).then(|| code.retry().word());
        assert_eq!(row.get("repeat").and_then(Value::as_str), repeat);
    }
}

#[tokio::test]
async fn the_operations_of_a_toolset_are_listed_by_its_name() {
    let workspace = TestWorkspace::new().await;
    let expected = workspace.call("help", "{operation: labels}").await;
    let listed = expected.data()["operations"].as_object().unwrap();
    let labels = listed["labels"].as_object().unwrap();
    assert_eq!((listed.len(), labels.len()), (1, 6));
    assert_eq!(
        labels["list_labels"],
        catalog::get("list_labels").unwrap().signature().summary()
    );
    for name in ["label", "Labels"] {
        let params = format!("{{operation: {name}}}");
        let answer = workspace.call("help", &params).await;
        assert_eq!(answer.data(), expected.data(), "{name}");
    }
    let core = workspace.call("help", "{operation: core}").await;
    let core = core.data()["operations"].as_object().unwrap().clone();
    assert!(core["issues"].get("get_issue").is_some());
    assert!(core["issues"].get("archive_issue").is_none() && !core.contains_key("users"));
    let all = workspace.call("help", "{operation: all}").await;
    assert_eq!(all.data(), workspace.call("help", "{}").await.data());
    assert!(workspace.take_requests().is_empty());
}

#[tokio::test]
async fn every_operation_runs_its_example() {
    for entry in catalog::TABLE.iter() {
        let workspace = TestWorkspace::deleting().await;
        let cold = workspace.run(entry.example).await;
        assert!(cold.is_success(), "{}", cold.to_yaml());
        assert!(cold.report.warnings.is_empty(), "{}", cold.to_yaml());
        let warm = workspace.run(entry.example).await;
        // A second label of the same name is refused, and a deleted comment cannot be deleted again.
        let once = matches!(entry.spec.name, "create_issue_label" | "delete_comment");
        assert_eq!(warm.is_success(), !once, "{}", warm.to_yaml());
    }
}

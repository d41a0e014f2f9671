//! Requests as people and agents write them, with a `#`, a `//`, a fence or a line break that can be misread: carried
//! out as they were meant, or refused before anything is sent.

use serde_json::Value;

use crate::support::{TestWorkspace, mutations};

/// A refusal that sent nothing. Each of its corrected forms, written in place of the line, is accepted.
async fn refused(yaml: &str, line: &str) {
    let workspace = TestWorkspace::new().await;
    let answer = workspace.answer(yaml).await;
    assert_eq!(answer.code(), "INVALID_REQUEST", "{yaml}");
    assert!(workspace.take_requests().is_empty(), "{yaml}");
    let readings = answer.texts("/error/suggestions").into_iter();
    let readings: Vec<&str> = readings
        .filter_map(|hint| Some(hint.split_once("write: ")?.1))
        .collect();
    assert_eq!(readings.len(), 2, "{answer:?}");
    for reading in readings {
        let corrected = yaml.replace(line, reading);
        assert_ne!(corrected, yaml, "{line}");
        TestWorkspace::new().await.answer(&corrected).await.data();
    }
}

/// The text that an operation stored, and what it warned of.
async fn stored(yaml: &str, root: &str, field: &str) -> (Value, Vec<String>) {
    let workspace = TestWorkspace::new().await;
    let answer = workspace.answer(yaml).await;
    answer.data();
    let received = workspace.take_requests();
    assert_eq!(mutations(&received), 1, "{yaml}");
    let input = crate::support::variable(&received, root, "input").clone();
    let warnings = answer.texts("/warnings").into_iter().map(str::to_owned);
    (input[field].clone(), warnings.collect())
}

#[tokio::test]
async fn a_value_that_yaml_takes_for_a_comment_clears_nothing() {
    for value in ["# Overview", "## Plan", "#42 is the cause"] {
        let line = format!("description: {value}");
        refused(
            &format!("operation: update_issue\nparams:\n  issue_id: ENG-231\n  {line}\n"),
            &line,
        )
        .await;
    }
    for line in [
        "labels: #frontend",
        "summary: Plan # now",
        "labels:\n    # - frontend",
    ] {
        refused(
            &format!("operation: update_issue\nparams:\n  issue_id: ENG-231\n  {line}\n"),
            line,
        )
        .await;
    }
}

#[tokio::test]
async fn several_such_values_are_refused_together_with_both_readings_of_all() {
    let lines = "assignee: #john.smith\n  cycle: #2\n  due_date: #2030-01-31\n  estimate: #3\n  labels: #frontend";
    let yaml = format!("operation: update_issue\nparams:\n  issue_id: ENG-231\n  {lines}\n");
    let workspace = TestWorkspace::new().await;
    let answer = workspace.answer(&yaml).await;
    assert_eq!(answer.code(), "INVALID_REQUEST");
    assert!(workspace.take_requests().is_empty());
    let hints = answer.texts("/error/suggestions");
    assert_eq!(
        hints,
        [
            "To keep it, write: assignee: \"#john.smith\"\ndue_date: 2030-01-31\nestimate: 3\nlabels: [\"frontend\"]",
            "To set it to none, write: assignee: null\ndue_date: null\nestimate: null\nlabels: null",
        ]
    );
    // `#2` is a valid value for a cycle, so that it is not refused as a comment.
    let yaml = "operation: update_issue\nparams:\n  issue_id: ENG-231\n  cycle: #2\n";
    let input = workspace.run(yaml).await.to_value();
    assert_ne!(input["error"]["code"], "INVALID_REQUEST", "{input}");
}

#[tokio::test]
async fn lines_that_can_only_be_text_are_the_text() {
    let head = "operation: create_issue\nparams:\n  team: ENG\n  title: Login page\n";
    for (below, text) in [
        (
            "  description:\n    ## Overview\n    # Add login.\n",
            "## Overview\n# Add login.",
        ),
        (
            "  description:\n    # Overview\n    Some text\n    - more\n",
            "# Overview\nSome text\n- more",
        ),
    ] {
        let (description, warnings) =
            stored(&format!("{head}{below}"), "issueCreate", "description").await;
        assert_eq!(description, text);
        assert!(
            warnings
                .iter()
                .any(|warning| warning.contains("yaml_repaired")),
            "{warnings:?}"
        );
    }
}

#[tokio::test]
async fn a_number_sign_in_a_text_is_not_cut_whatever_the_parameter_is_called() {
    for key in ["body", "comment", "text", "message"] {
        let yaml = format!(
            "operation: create_comment\nparams:\n  issue_id: ENG-232\n  {key}: Fixed in PR #12, see notes\n"
        );
        let (body, warnings) = stored(&yaml, "commentCreate", "body").await;
        assert_eq!(body, "Fixed in PR #12, see notes", "{key}");
        assert_eq!(warnings, [""; 0]);
    }
    for key in ["title", "summary", "name"] {
        let yaml =
            format!("operation: create_issue\nparams:\n  team: ENG\n  {key}: Fix login #42\n");
        assert_eq!(
            stored(&yaml, "issueCreate", "title").await.0,
            "Fix login #42",
            "{key}"
        );
    }
}

#[tokio::test]
async fn a_label_keeps_its_number_sign_and_its_slashes() {
    for (label, yaml) in [
        (
            "sprint #12",
            "operation: update_issue\nparams:\n  issue_id: ENG-232\n  add_labels:\n    - sprint #12\n",
        ),
        (
            "sprint #12",
            "operation: update_issue\nparams:\n  issue_id: ENG-232\n  add_labels: [sprint #12]\n",
        ),
        (
            "design // ux",
            "operation: create_issue\nparams:\n  team: ENG\n  title: Palette\n  labels: [design // ux]\n",
        ),
    ] {
        let workspace = TestWorkspace::new().await;
        workspace.answer(yaml).await.data();
        workspace.id("IssueLabel", "name", label);
    }
}

#[tokio::test]
async fn a_fence_in_the_description_does_not_end_the_request() {
    let yaml = "```yaml\noperation: update_issue\nparams:\n  issue_id: ENG-232\n  description: |\n    Run:\n    ```sh\n    make\n    ```\n    then deploy.\n  state: In Review\n  add_labels: [backend]\n";
    for end in ["", "```\n"] {
        let workspace = TestWorkspace::new().await;
        workspace.answer(&format!("{yaml}{end}")).await.data();
        let received = workspace.take_requests();
        let input = crate::support::variable(&received, "issueUpdate", "input");
        assert_eq!(
            input["description"],
            "Run:\n```sh\nmake\n```\nthen deploy.\n"
        );
        assert!(
            input["stateId"].is_string() && input["addedLabelIds"].is_array(),
            "{input}"
        );
    }
}

#[tokio::test]
async fn what_stands_behind_the_fence_is_no_part_of_the_request() {
    let yaml = "```yaml\noperation: create_issue\nparams:\n  team: ENG\n  title: Deploy\n  description: |\n    Steps below.\n```\n\nRun it with:\n\n```sh\nmake deploy\n```\n";
    let (description, warnings) = stored(yaml, "issueCreate", "description").await;
    assert_eq!(description, "Steps below.\n");
    assert!(
        warnings
            .iter()
            .any(|warning| warning.contains("Run it with:")),
        "{warnings:?}"
    );
    let two = "```yaml\noperation: list_teams\n```\n\nand\n\n```yaml\noperation: delete_issue\nparams: {issue_id: ENG-232}\n```\n";
    let workspace = TestWorkspace::new().await;
    assert_eq!(workspace.answer(two).await.code(), "INVALID_REQUEST");
    assert!(workspace.take_requests().is_empty());
}

#[tokio::test]
async fn a_folded_list_keeps_its_lines() {
    let yaml = "operation: create_comment\nparams:\n  issue_id: ENG-232\n  body: >\n    Done:\n    - login\n    - logout\n";
    let (body, warnings) = stored(yaml, "commentCreate", "body").await;
    assert_eq!(body, "Done:\n- login\n- logout\n");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
}

#[tokio::test]
async fn a_title_is_one_line_however_it_is_written() {
    for written in [
        "|\n    Block title",
        "|+\n    Block title\n",
        ">\n    Block\n    title",
        "\"  Block title \"",
        "Block\n    title",
    ] {
        let yaml = format!("operation: create_issue\nparams:\n  team: ENG\n  title: {written}\n");
        assert_eq!(
            stored(&yaml, "issueCreate", "title").await.0,
            "Block title",
            "{written}"
        );
    }
    let workspace = TestWorkspace::new().await;
    let two = "operation: create_issue\nparams:\n  team: ENG\n  title: |\n    One\n    Two\n";
    assert_eq!(workspace.answer(two).await.code(), "INVALID_PARAM");
    assert!(workspace.take_requests().is_empty());
}

#[tokio::test]
async fn an_items_comment_in_a_batch_is_refused_before_any_item_runs() {
    let yaml = "operation: batch\nparams:\n  operations:\n    - operation: create_comment\n      params: {issue_id: ENG-232, body: one}\n    - operation: update_issue\n      params:\n        issue_id: ENG-231\n        description: # Overview\n";
    let workspace = TestWorkspace::new().await;
    let answer = workspace.answer(yaml).await;
    assert_eq!(answer.code(), "INVALID_REQUEST");
    assert_eq!(answer.text("/error/details/param"), "description");
    assert!(workspace.take_requests().is_empty());
}

#[tokio::test]
async fn an_object_that_says_two_things_or_has_something_to_store_names_nothing() {
    let workspace = TestWorkspace::new().await;
    for (operation, params) in [
        (
            "ensure_labels_exist",
            "{team: ENG, labels: [{name: zed, id: x}]}",
        ),
        ("ensure_labels_exist", "{team: ENG, labels: [{id: zed}]}"),
        (
            "update_issue",
            "{issue_id: ENG-232, add_labels: [{title: bug}]}",
        ),
        (
            "update_issue",
            "{issue_id: ENG-232, add_labels: [{labelId: bug}]}",
        ),
        ("update_issue", "{issue_id: ENG-232, labels: {\"0\": bug}}"),
        (
            "update_issue",
            "{issue_id: ENG-232, state: {name: Done, note: because}}",
        ),
        (
            "update_issue",
            "{issue_id: ENG-232, project: {name: Auth System, description: new}}",
        ),
        (
            "update_issue",
            "{issue_id: {id: ENG-232, identifier: ENG-231}, state: Done}",
        ),
        (
            "update_issue",
            "{issue_id: ENG-232, state: {id: Done, name: Todo}}",
        ),
        ("update_issue", "{issue_id: PSN-100/5, state: Done}"),
        ("update_issue", "{issue_id: PSN-100_5, state: Done}"),
        (
            "update_issue",
            "{issue_id: \"PSN-100\u{200b}5\", state: Done}",
        ),
        ("update_issue", "{issue_id: PSN-100+5, state: Done}"),
        ("update_issue", "{issue_id: ENG-232, limit: 5}"),
    ] {
        assert!(
            !workspace.call(operation, params).await.code().is_empty(),
            "{params}"
        );
        assert_eq!(mutations(&workspace.take_requests()), 0, "{params}");
    }
    // Values in the form in which an answer shows them are accepted, and a label group may have the name of a type.
    for params in [
        "{issue_id: ENG-232, state: {name: Done, type: completed}}",
        "{issue_id: ENG-232, add_labels: [{type: Chore}]}",
    ] {
        workspace.call("update_issue", params).await.data();
    }
}

#[tokio::test]
async fn a_filter_for_no_priority_is_one() {
    let workspace = TestWorkspace::new().await;
    let none = workspace
        .call("list_issues", "{team: ENG, priority: 0}")
        .await
        .data()
        .clone();
    for priority in ["null", "none", "~"] {
        let params = format!("{{team: ENG, priority: {priority}}}");
        assert_eq!(
            workspace.call("list_issues", &params).await.data(),
            &none,
            "{priority}"
        );
    }
}

#[tokio::test]
async fn what_stands_outside_of_a_fence_is_told_of_a_stream_too() {
    let text = "Look:\n\n```yaml\noperation: list_teams\n---\noperation: get_team\nparams: {team: ENG}\n```\nThanks!\n".replace("Look:", "Look");
    for requests in [
        linear_ops::request::read_run(&text, &linear_ops::engine::Catalog),
        vec![linear_ops::request::read_all(
            &text,
            &linear_ops::engine::Catalog,
        )],
    ] {
        let first = requests.into_iter().next().unwrap().unwrap();
        assert!(
            first
                .warnings
                .iter()
                .any(|warning| warning.contains("Thanks!")),
            "{:?}",
            first.warnings
        );
    }
}

#[tokio::test]
async fn an_items_unknown_key_is_refused_before_any_item_is_carried_out() {
    let workspace = TestWorkspace::new().await;
    let params = "{operations: [{operation: create_comment, params: {issue_id: ENG-232, body: one}}, {operation: update_issue, params: {issue_id: ENG-231, titel: x}}]}";
    let answer = workspace.call("batch", params).await;
    assert_eq!(answer.code(), "INVALID_PARAM");
    assert_eq!(answer.at("/error/details/index"), 1);
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn a_group_that_just_got_its_first_label_is_a_filter() {
    let workspace = TestWorkspace::new().await;
    for params in ["{name: Area, is_group: true}", "{name: api, group: Area}"] {
        workspace.call("create_issue_label", params).await.data();
    }
    let params = "{issue_id: ENG-232, add_labels: [Area/api]}";
    workspace.call("update_issue", params).await.data();
    for params in ["{labels: [Area]}", "{team: ENG, labels: [Area]}"] {
        let answer = workspace.call("list_issues", params).await;
        let issues = answer.data()["issues"].as_array().unwrap();
        assert_eq!(issues.len(), 1, "{params}");
        // A name that is not in the cache is looked up before the list is empty.
        assert!(answer.calls() <= 2, "{params}");
    }
}

#[tokio::test]
async fn a_label_like_a_number_stays_as_it_is_written_in_a_list_that_arrives_as_text() {
    for labels in [
        "\"[1.10]\"",
        "'[\"1.10\"]'",
        "\"- 1.10\"",
        "\"1.10\"",
        "[1.10]",
    ] {
        let workspace = TestWorkspace::new().await;
        let params = format!("{{issue_id: ENG-232, add_labels: {labels}}}");
        workspace.call("update_issue", &params).await.data();
        workspace.id("IssueLabel", "name", "1.10");
    }
}

#[tokio::test]
async fn the_params_and_the_context_of_an_item_are_read_as_those_of_a_request() {
    for params in [
        "'{\"issue_id\": \"ENG-232\", \"body\": \"PR #12\"}'",
        "|\n        issue_id: ENG-232\n        body: PR #12",
        "\"issue_id: ENG-232 // the one\\nbody: PR #12\"",
    ] {
        let yaml = format!(
            "operation: batch\nparams:\n  operations:\n    - operation: create_comment\n      params: {params}\n"
        );
        let (body, _) = stored(&yaml, "commentCreate", "body").await;
        assert_eq!(body, "PR #12", "{yaml}");
    }
    let workspace = TestWorkspace::new().await;
    let batch = |context: &str| {
        format!(
            "operation: batch\nparams:\n  operations:\n    - operation: get_team\n      params: {{team: ENG}}\n      context: {context}\n"
        )
    };
    workspace.answer(&batch("{}")).await.data();
    assert_eq!(workspace.answer(&batch("{}")).await.calls(), 0);
    for context in [
        "{cache: \"false\"}",
        "{Cache: no}",
        "{refreshCache: \"true\"}",
    ] {
        assert!(
            workspace.answer(&batch(context)).await.calls() > 0,
            "{context}"
        );
    }
    let get_team = "operation: get_team\nparams: {team: ENG}\n";
    assert!(
        workspace
            .answer(&format!("{get_team}Cache: false\n"))
            .await
            .calls()
            > 0
    );
    assert_eq!(workspace.answer(get_team).await.calls(), 0);
}

#[tokio::test]
async fn every_value_that_can_be_read_in_two_ways_is_mended_by_one_suggestion() {
    for lines in [
        "title: Fix # now\n  labels: [a # b, c]",
        "title: one\n    two # x\n    three\n  description: a: b # c",
        "title: Fix: it # now\n  description: # Plan",
    ] {
        let head = "operation: create_issue\nparams:\n  team: ENG\n";
        let workspace = TestWorkspace::new().await;
        let answer = workspace.answer(&format!("{head}  {lines}\n")).await;
        assert_eq!(answer.code(), "INVALID_REQUEST", "{lines}");
        assert!(workspace.take_requests().is_empty());
        let hints = answer.texts("/error/suggestions").into_iter();
        let readings: Vec<&str> = hints
            .filter_map(|hint| Some(hint.split_once("write: ")?.1))
            .collect();
        assert!(!readings.is_empty(), "{answer:?}");
        for reading in readings {
            let reading = reading.replace('\n', "\n  ");
            TestWorkspace::new()
                .await
                .answer(&format!("{head}  {reading}\n"))
                .await
                .data();
        }
    }
    let workspace = TestWorkspace::new().await;
    let two = "operation: create_issue\nparams:\n  team: ENG\n  title: |\n    One\n    Two\n";
    let answer = workspace.answer(two).await;
    assert!(
        answer.texts("/error/suggestions")[0].contains("\"One Two\""),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_comment_right_below_a_key_that_is_cleared_is_told() {
    let yaml = "operation: update_issue\nparams:\n  issue_id: ENG-231\n  due_date:\n  # 2030-01-31\n  priority: 1\n";
    let workspace = TestWorkspace::new().await;
    let answer = workspace.answer(yaml).await;
    answer.data();
    let warnings = answer.texts("/warnings");
    assert!(
        warnings
            .iter()
            .any(|warning| warning.contains("'# 2030-01-31' below it")),
        "{warnings:?}"
    );
}

#[tokio::test]
async fn an_escaped_reference_is_told() {
    let yaml = "operation: batch\nparams:\n  operations:\n    - {as: a, operation: get_team, params: {team: ENG}}\n    - operation: create_comment\n      params: {issue_id: ENG-232, body: \"$${a.key}\"}\n";
    let (body, warnings) = stored(yaml, "commentCreate", "body").await;
    assert_eq!(body, "${a.key}");
    assert!(
        warnings
            .iter()
            .any(|warning| warning.contains("'$${a.key}' was read as")),
        "{warnings:?}"
    );
}

#[tokio::test]
async fn what_stands_behind_an_id_or_an_address_is_a_comment() {
    for (operation, line, reported) in [
        ("get_document", "document_id: 000000000182 # x", true),
        (
            "get_document",
            "document: auth-system-spec-000000000182 # the spec",
            true,
        ),
        ("get_user", "user: jane@example.com # dev", true),
        ("get_user", "user: jane@example.com // dev", true),
        ("list_issues", "assignee: jane@example.com #dev", true),
        (
            "get_team",
            "team: 5eed0000-0000-4000-8000-000000000009 # ours",
            true,
        ),
        ("list_teams", "fields:\n    - name # shown", false),
        ("help", "operation: get_team # what it takes", false),
    ] {
        let workspace = TestWorkspace::new().await;
        let answer = workspace
            .answer(&format!("operation: {operation}\nparams:\n  {line}\n"))
            .await;
        assert_ne!(answer.0["error"]["code"], "INVALID_REQUEST", "{line}");
        let warnings = answer.texts("/warnings");
        assert_eq!(
            warnings.iter().any(|reported| reported.contains("comment")),
            reported,
            "{line}"
        );
    }
    // A new name may hold any characters.
    for line in ["name: jane@example.com # dev", "name: \"# x\" # dev"] {
        let yaml = format!("operation: update_label\nparams:\n  label: bug\n  {line}\n");
        let answer = TestWorkspace::new().await.answer(&yaml).await;
        let refuses = answer.0["error"]["code"] == "INVALID_REQUEST";
        assert_eq!(refuses, !line.contains('"'), "{line}");
    }
}

#[tokio::test]
async fn a_required_value_is_not_suggested_to_be_null() {
    let yaml = "operation: create_comment\nparams:\n  issue_id: ENG-231\n  body: null # x\n";
    let workspace = TestWorkspace::new().await;
    let answer = workspace.answer(yaml).await;
    assert_eq!(answer.code(), "INVALID_REQUEST");
    let hints = answer.texts("/error/suggestions");
    assert!(
        hints.iter().all(|hint| !hint.ends_with(": null")),
        "{hints:?}"
    );
    assert!(workspace.take_requests().is_empty());
}

//! Several requests in one text.

use serde_json::json;

use super::{read, read_all, read_stream};
use crate::error::Code;
use crate::request::Request;

#[test]
fn a_stream_is_read_request_by_request() {
    let text = "# a comment\n---\noperation: a\nparams:\n  body: |\n    one\n---\nstill one\n---\n{operation: b}\n--- # next\noperation: [\n---\nlist_teams\n---\n";
    let names: Vec<_> = read_stream(text)
        .into_iter()
        .map(|found| {
            found
                .map(|request| request.operation)
                .map_err(|error| error.code())
        })
        .collect();
    assert_eq!(
        names,
        [
            Ok("a".to_owned()),
            Ok("b".to_owned()),
            Err(Code::InvalidRequest),
            Ok("list_teams".to_owned())
        ]
    );
    assert!(read_stream("# nothing\n---\n").is_empty());
}

#[test]
fn a_text_without_indentation_is_not_parted() {
    let head = "operation: create_comment\nparams:\n  issue_id: PSN-1\n  body: |\n    one\n";
    for rest in [
        "---\n- two\n",
        "---\nDone\n",
        "- two\n---\n# Heading\n",
        "---\nTags: {a}\n---\n\n---\nparams are fine\n",
    ] {
        let text = format!("{head}{rest}---\noperation: list_teams\n");
        let found: Vec<Request> = read_stream(&text).into_iter().map(Result::unwrap).collect();
        assert_eq!(found.len(), 2, "{text}");
        assert_eq!(found[0].params["body"], format!("one\n{rest}"));
        assert_eq!(found[1].operation, "list_teams");
    }
    let text = format!("{head}two\n---\ncontext:\n  purpose: x\n");
    let found: Vec<Request> = read_stream(&text).into_iter().map(Result::unwrap).collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].params["body"], "one\ntwo\n---\n");
    assert_eq!(found[0].context.purpose.as_deref(), Some("x"));
}

#[test]
fn several_requests_are_a_batch_and_one_is_itself() {
    let one = "operation: get_team\nparams: {team: ENG}\n";
    assert_eq!(read_all(one), read(one));
    assert_eq!(read_all(&format!("---\n{one}---\n")), read(one));
    let two = format!(
        "{one}context: {{command: a, cache: false}}\n---\nas: b\n{one}context: {{command: b}}\n"
    );
    let batch = read_all(&two).unwrap();
    assert_eq!(batch.operation, "batch");
    assert_eq!(batch.context.command.as_deref(), Some("a"));
    assert!(!batch.context.refresh_cache);
    let team = json!({"operation": "get_team", "params": {"team": "ENG"}});
    let mut fresh = team.clone();
    fresh["context"] = json!({"cache": false});
    let mut named = json!({"as": "b"});
    for (key, value) in team.as_object().unwrap() {
        named[key] = value.clone();
    }
    assert_eq!(batch.params["operations"], json!([fresh, named]));
}

#[test]
fn a_stream_is_as_large_as_a_request_at_most() {
    let large = format!("operation: help\nparams: {{x: {}}}\n", "y".repeat(600_000));
    assert!(read_all(&large).is_ok());
    let error = read_all(&format!("{large}---\n{large}")).unwrap_err();
    assert!(error.message().contains("1 MiB together"), "{error}");
}

#[test]
fn a_request_within_a_text_that_lost_its_indentation_is_not_run() {
    let text = "operation: create_comment\nparams:\n  issue_id: PSN-1\n  body: |\nSee this:\n\n---\noperation: delete_issue\nparams: {issue_id: PSN-2}\n";
    let error = read_all(text).unwrap_err();
    assert_eq!(error.code(), Code::InvalidRequest);
    assert!(error.message().contains("lost its indentation"), "{error}");
    assert_eq!(error.details()["index"], 0);
}

#[test]
fn the_last_of_a_stream_is_mended_as_any_request_is() {
    let text = "operation: get_team\nparams: {team: ENG}\n---\noperation: create_comment\nparams:\n  issue_id: PSN-1\n  body: |\nSee this:\n";
    let batch = read_all(text).unwrap();
    assert_eq!(batch.params["operations"].as_array().unwrap().len(), 2);
    assert_eq!(batch.warnings.len(), 1, "{:?}", batch.warnings);
    assert!(batch.warnings[0].starts_with("item 1: yaml_repaired"));
}

#[test]
fn a_stream_keeps_its_documents_apart() {
    let text = "operation: create_comment\nparams:\n  issue_id: PSN-1\n  body: |\n    one\n---\noperation: create_comment\nparams:\n  issue_id: PSN-2\n  body: |\n    two\n";
    let batch = read_all(text).unwrap();
    let items = batch.params["operations"].as_array().unwrap();
    let bodies: Vec<_> = items.iter().map(|item| &item["params"]["body"]).collect();
    assert_eq!(bodies, ["one\n", "two\n"]);
    assert!(batch.warnings.is_empty());
}

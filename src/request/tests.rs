//! What the reader takes, mends and refuses.

mod fences;
mod hostile;
mod meant;
mod pieces;
mod properties;
mod streams;

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{Grammar, Parameter, Request, RequestContext};
use crate::error::{Code, Error};
use crate::params::{Form, NullMeaning, is_context_key, plain_name};

/// Parameters as operations have them, for every operation alike.
struct Known;

impl Grammar for Known {
    fn parameters(&self, _: &str, keys: &[&str]) -> Vec<Option<Parameter>> {
        let form = |key: &str| {
            Some(match key {
                "body" | "description" | "content" | "text" => Form::Markdown,
                "title" | "query" => Form::Line,
                "team" | "state" | "name" | "project" | "assignee" => Form::Name,
                "labels" => Form::Label,
                "color" => Form::Color,
                "cycle" => Form::Cycle,
                "links" => Form::Link,
                "patch" => Form::Edits,
                "issue_id" => Form::Identifier,
                "operations" => Form::Operations,
                "toolCallId" | "chatInput" | "_meta" => return None,
                key if is_context_key(&plain_name(key)) => return None,
                _ => Form::Word,
            })
        };
        let parameter = |key: &&str| {
            Some(Parameter {
                form: form(key)?,
                list: matches!(*key, "labels" | "links" | "patch" | "operations"),
                null: NullMeaning::Clears,
            })
        };
        keys.iter().map(parameter).collect()
    }

    fn markdown_keys(&self, _: &str) -> HashSet<String> {
        ["body", "description", "content", "text", "anchor"]
            .map(str::to_owned)
            .into()
    }
}

fn read(text: &str) -> Result<Request, Error> {
    super::read(text, &Known)
}

fn read_stream(text: &str) -> Vec<Result<Request, Error>> {
    super::read_stream(text, &Known)
}

fn read_all(text: &str) -> Result<Request, Error> {
    super::read_all(text, &Known)
}

/// Reads a text that must be taken as it stands.
fn plain(text: &str) -> Request {
    let request = read(text).unwrap();
    assert_eq!(request.warnings, [""; 0], "{text}");
    request
}

/// Reads a text that must be mended, and answers its parameters. The warning must hold `what`.
fn mended(what: &str, text: &str) -> Value {
    let request = read(text).unwrap();
    let told = |warning: &String| warning.starts_with("yaml_repaired: ") && warning.contains(what);
    assert!(
        request.warnings.iter().any(told),
        "{text}\n{:?}",
        request.warnings
    );
    Value::Object(request.params)
}

fn refused(text: &str) -> Error {
    let error = read(text).unwrap_err();
    assert_eq!(error.code(), Code::InvalidRequest);
    assert!(!error.suggestions().is_empty(), "{text}");
    error
}

#[test]
fn a_request_is_read() {
    let request = plain(
        "operation: get_issue\nparams:\n  issue_id: PSN-1\ncontext:\n  command: work\n  purpose: look\n  cache: false\n  traceId: t-1\n  mode: fast\n",
    );
    assert_eq!(request.operation, "get_issue");
    assert_eq!(Value::Object(request.params), json!({"issue_id": "PSN-1"}));
    let expected = RequestContext {
        command: Some("work".to_owned()),
        purpose: Some("look".to_owned()),
        trace_id: Some("t-1".to_owned()),
        refresh_cache: true,
    };
    assert_eq!(request.context, expected);
}

#[test]
fn json_yaml_and_a_bare_word_are_the_same_to_it() {
    let yaml = plain("---\noperation: get_team\nparams: {team: Work}\n...\n");
    let json =
        plain("{\"operation\": \"get_team\", \"params\": {\"team\": \"Work\"}, \"context\": null}");
    let nested =
        plain("{\"operation\": \"get_team\", \"params\": \"{\\\"team\\\": \\\"Work\\\"}\"}");
    let block = plain(
        "operation: get_team // by name\nparams: |\n  team: Work\ncontext: undefined\n"
            .replace(" // by name", "")
            .as_str(),
    );
    for other in [json, nested, block] {
        assert_eq!(other, yaml);
    }
    for text in [
        "list_teams",
        "list_teams\n",
        "\"list_teams\"",
        "operation: list_teams\nparams: {}",
        "operation: list_teams\nparams:\n",
    ] {
        assert_eq!(plain(text).operation, "list_teams");
    }
    assert_eq!(
        read("operation: get_team // by name").unwrap().operation,
        "get_team"
    );
}

#[test]
fn keys_in_the_wrong_place_are_told() {
    let request = read("operation: get_issue\nissue_id: PSN-1").unwrap();
    assert_eq!(Value::Object(request.params), json!({"issue_id": "PSN-1"}));
    assert!(
        request
            .warnings
            .iter()
            .any(|warning| warning.contains("'params' is missing"))
    );
    let request = read("operation: get_issue\ncontext: [a]").unwrap();
    assert!(
        request
            .warnings
            .iter()
            .any(|warning| warning.contains("'context'"))
    );
}

#[test]
fn a_key_beside_params_is_a_parameter() {
    let text = "operation: create_issue\nparams:\n  team: ENG\n  title: T\n  description: |\n    line one\nstate: In Progress\nteam: ENG\n";
    let request = read(text).unwrap();
    assert_eq!(
        Value::Object(request.params),
        json!({"team": "ENG", "title": "T", "description": "line one\n", "state": "In Progress"})
    );
    assert_eq!(
        request.warnings,
        ["took 'state', which stands beside 'params', as a parameter"]
    );
    let error = refused(&text.replace("\nteam: ENG", "\nteam: OPS"));
    assert!(
        error
            .message()
            .contains("'team' stands in 'params' and beside"),
        "{error}"
    );
}

#[test]
fn a_fence_or_backticks_are_taken_off() {
    let params = json!({"team": "Work"});
    for text in [
        "```yaml\noperation: get_team\nparams: {team: Work}\n```",
        "Here it is:\n\n```\noperation: get_team\nparams:\n  team: Work\n```\nThanks!",
        "```json\n{\"operation\": \"get_team\", \"params\": {\"team\": \"Work\"}}\n```\n",
        "~~~\noperation: get_team\nparams: {team: Work}\n",
        "`{operation: get_team, params: {team: Work}}`",
    ] {
        assert_eq!(mended("fence", text), params);
    }
}

#[test]
fn comments_of_other_languages_are_left_out() {
    let text = "// first\noperation: \"get_issue\"  // the operation\nparams: // these\n  issue_id: 'PSN-1'   // its id\n  labels: [a, \"b // c\"] // two\n  url: https://x.y // plain\n  // last\n";
    assert_eq!(
        mended("comments", text),
        json!({"issue_id": "PSN-1", "labels": ["a", "b // c"], "url": "https://x.y"})
    );
    let json = "{\n  \"operation\": \"x\", // op\n  \"params\": { // these\n    // none\n    \"a\": 1, // one\n    \"b\": \"x // y\", // two\n    \"c\": [2] // three\n  } // end\n}\n";
    assert_eq!(
        mended("comments", json),
        json!({"a": 1, "b": "x // y", "c": [2]})
    );
}

#[test]
fn a_comment_is_none_between_quotes() {
    let quoted =
        "operation: x\nparams:\n  labels: [\"CI // CD\", 'a // b']\n  team: \"ENG // Web\"\n";
    let json = "{\"operation\": \"x\", \"params\": {\"labels\": [\"CI // CD\", \"a // b\"], \"team\": \"ENG // Web\"}}";
    for text in [quoted, json] {
        let expected = json!({"labels": ["CI // CD", "a // b"], "team": "ENG // Web"});
        assert_eq!(Value::Object(plain(text).params), expected);
    }
    let text = "operation: x // now\nparams: {labels: [CI // CD]}";
    assert_eq!(mended("after 'x'", text), json!({"labels": ["CI // CD"]}));
    assert_eq!(
        read("\"x // now\"").unwrap_err().code(),
        Code::InvalidRequest
    );
}

#[test]
fn the_one_line_form_is_read() {
    let text = "operation: get_team, params: {team: \"Engineering\"}, context: {command: x}";
    assert_eq!(mended("one-line", text), json!({"team": "Engineering"}));
}

#[test]
fn values_that_yaml_cannot_read_are_quoted() {
    for (line, meant) in [
        ("title: \"say \"hi\" now\"", "say \"hi\" now"),
        (
            "title: \"say \\\"hi\\\" and \"ho\"\"",
            "say \"hi\" and \"ho\"",
        ),
        ("title: \"hi\" is said", "\"hi\" is said"),
        ("title: 'it's here'", "it's here"),
        ("title: [bug] crash", "[bug] crash"),
        ("title: {x} is broken", "{x} is broken"),
        ("title: `x` fails", "`x` fails"),
        ("title: @me", "@me"),
        ("title: *bold* move", "*bold* move"),
        ("title: &all", "&all"),
        ("title: !important", "!important"),
        ("title: %d items", "%d items"),
        ("title: | a pipe", "| a pipe"),
        ("title: > than 5", "> than 5"),
        ("title: - dashed", "- dashed"),
        ("title: fix: the crash", "fix: the crash"),
        ("title: the crash:", "the crash:"),
        ("\"title\": @me", "@me"),
    ] {
        let text = format!(
            "operation: create_issue\nparams:\n  {line}\n  body: |\n    a: b: c\n    \"x\" y\n"
        );
        let expected = json!({"title": meant, "body": "a: b: c\n\"x\" y\n"});
        assert_eq!(mended("quoted", &text), expected, "{line}");
    }
    let list = "operation: x\nparams:\n  labels:\n    - [bug] crash\n    - @me\n    - plain";
    assert_eq!(
        mended("quoted", list),
        json!({"labels": ["[bug] crash", "@me", "plain"]})
    );
    let json = "{\"operation\": \"x\",\n \"params\": {\n  \"title\": \"say \"hi\", then go\",\n  \"b\": 1}}";
    assert_eq!(
        mended("quoted", json),
        json!({"title": "say \"hi\", then go", "b": 1})
    );
}

#[test]
fn unquoted_colours_are_values() {
    let text = "operation: x\nparams:\n  labels:\n    - name: a\n      color: #f2994a\n    - {name: b, color: #FFF}\n";
    assert_eq!(
        mended("quoted", text),
        json!({"labels": [{"name": "a", "color": "#f2994a"}, {"name": "b", "color": "#FFF"}]})
    );
}

#[test]
fn tabs_are_indentation() {
    let text = "operation: x\nparams:\n\ttitle: a\n\tbody: |\n\t\tone\n\t\t\ttwo\n";
    assert_eq!(
        mended("tabs", text),
        json!({"title": "a", "body": "one\n\ttwo\n"})
    );
}

#[test]
fn a_text_gets_its_indentation_back() {
    let body = "## Done\n\n- all: of it\n  - nested\n---\n*emphasis*\n+++ More\n```rust\nlet x = 1; // why\n    indented\n```\n\"quoted\" text: here\n# Heading\nNote: x\n";
    for (head, tail) in [
        (
            "operation: create_comment\nparams:\n  issue_id: PSN-1\n  body: |\n",
            "context:\n  command: x\n",
        ),
        (
            "operation: create_comment\nparams:\n  body: |\n",
            "  issue_id: PSN-1\n",
        ),
        (
            "operation: create_comment\nparams:\n  issue_id: PSN-1\n  body: |\n",
            "",
        ),
    ] {
        let text = format!("{head}{body}{tail}");
        assert_eq!(
            mended("indented", &text),
            json!({"issue_id": "PSN-1", "body": body}),
            "{text}"
        );
        let template = format!("{head}    {body}{tail}");
        assert_eq!(mended("indented", &template)["body"], body, "{template}");
    }
}

#[test]
fn texts_of_a_list_get_their_indentation_back() {
    let text = "operation: create_issues\nparams:\n  team: Work\n  issues:\n    - title: One\n      description: |\n        first\nsecond\n    - title: Two\n      description: >-\nthird\n\nfourth\n  dry_run: false\n";
    assert_eq!(
        mended("indented", text),
        json!({"team": "Work", "issues": [
            {"title": "One", "description": "first\nsecond\n"},
            {"title": "Two", "description": "third\nfourth"},
        ], "dry_run": false})
    );
}

#[test]
fn a_value_of_several_lines_without_a_block_is_a_text() {
    for value in [
        "## Plan\n\n- [ ] one: two\n- [x] three",
        "\"## Plan\n\n- [ ] one: two\n- [x] three\"",
    ] {
        let text = format!(
            "operation: update_issue_description\nparams:\n  issue_id: PSN-1\n  description: {value}\ncontext:\n  command: x\n"
        );
        let expected =
            json!({"issue_id": "PSN-1", "description": "## Plan\n\n- [ ] one: two\n- [x] three"});
        assert_eq!(mended("indented", &text), expected, "{text}");
    }
}

#[test]
fn a_text_that_parses_beside_its_key_is_still_put_back() {
    let text = "operation: create_comment\nparams:\n  issue_id: PSN-1\n  body: |\n    First\nSummary: all of it\ncontext:\n  command: x\n";
    assert_eq!(
        mended("indented", text),
        json!({"issue_id": "PSN-1", "body": "First\nSummary: all of it\n"})
    );
}

#[test]
fn several_faults_are_mended_together() {
    let text = "```yaml\noperation: create_issue // now\nparams:\n  title: \"a \"b\" c\"\n  body: |\n    One\ntwo: \"x\" // y\n  labels: [a] // l\n```";
    assert_eq!(
        mended("quoted", text),
        json!({"title": "a \"b\" c", "body": "One\ntwo: \"x\" // y\n", "labels": ["a"]})
    );
}

#[test]
fn what_parses_is_not_touched() {
    let body = "// not a comment\n`x`: \"a \"b\" c\"\ncolor: #fff\n\tTab\n```\ncode\n```\n";
    let indented: String = body.lines().map(|line| format!("    {line}\n")).collect();
    let request = plain(&format!(
        "operation: create_comment\nparams:\n  body: |\n{indented}"
    ));
    assert_eq!(request.params["body"], body);
}

#[test]
fn an_unreadable_request_is_shown_where_it_breaks() {
    let error = refused("operation: x\nparams:\n  a: [1, 2\n  b: }\n");
    assert_eq!(error.details()["line"], 4, "{error}");
    assert_eq!(error.details()["text"], "  b: }");
    let error = refused(&format!(
        "operation: x\nparams: {{a: {}]}}",
        "y".repeat(500)
    ));
    let shown = error.details()["text"].as_str().unwrap();
    assert!(
        shown.contains("yyy") && shown.chars().count() < 130,
        "{shown}"
    );
    for (text, word) in [
        ("", "empty"),
        ("# nothing\n---\n", "empty"),
        ("- a", "mapping"),
        ("3", "mapping"),
        ("what is this", "operation"),
        ("params: {a: 1}", "operation"),
        ("operation: 5", "operation"),
        ("operation:", "operation"),
        ("operation: x\nparams: [1]", "params"),
        ("operation: x\nparams: true", "params"),
        ("operation: x\nparams: {a: 1, a: 2}", "twice"),
        ("operation: x\n---\noperation: y\n", "2 documents"),
    ] {
        let error = refused(text);
        assert!(error.message().contains(word), "{text}: {error}");
    }
}

#[test]
fn headings_that_lost_their_indentation_are_no_comments() {
    let lost = mended(
        "indented",
        "operation: x\nparams:\n  description: |\n    ## Overview\n## More\n### Most\n  title: T\ncontext:\n  command: y\n",
    );
    assert_eq!(lost["description"], "## Overview\n## More\n### Most\n");
    assert_eq!(lost["title"], "T");
    // A comment stands where the keys do.
    let commented = plain("operation: x\nparams:\n  body: |\n    text\n  # who: me\n  title: T\n");
    assert_eq!(commented.params["body"], "text\n");
}

//! What a `#`, a `//` and a line break mean, by what the parameter can hold.

use serde_json::{Value, json};

use super::{read, refused};

/// The parameter of that line, with the warnings.
fn line(line: &str) -> (Value, Vec<String>) {
    let request = read(&format!("operation: x\nparams:\n  {line}\n")).unwrap();
    let (_, value) = request.params.into_iter().next().unwrap();
    (value, request.warnings)
}

/// The parameter of that line, which must be read without a word.
fn quiet(text: &str) -> Value {
    let (value, warnings) = line(text);
    assert_eq!(warnings, [""; 0], "{text}");
    value
}

/// The parameter of that line, of which one warning must tell these words.
fn told(text: &str, words: &str) -> Value {
    let (value, warnings) = line(text);
    assert_eq!(warnings.len(), 1, "{text}: {warnings:?}");
    assert!(warnings[0].contains(words), "{text}: {warnings:?}");
    value
}

/// The two readings that a refusal proposes for a line, and which of them are read without a word when they are written.
fn readings(text: &str) -> Vec<String> {
    let error = refused(&format!("operation: x\nparams:\n  {text}\n"));
    assert!(error.message().contains("two ways"), "{text}: {error}");
    let mut readings = Vec::new();
    for suggestion in error.suggestions() {
        if let Some((_, yaml)) = suggestion.split_once("write: ") {
            let yaml = yaml.replace('\n', "\n  ");
            let corrected = if yaml.starts_with('-') {
                format!("labels:\n  {yaml}")
            } else {
                yaml.clone()
            };
            quiet(&corrected);
            readings.push(yaml);
        }
    }
    readings
}

#[test]
fn a_number_sign_behind_one_space_is_text_before_a_letter_or_digit() {
    for (text, value) in [
        (
            "body: Fixed in PR #12, see notes",
            "Fixed in PR #12, see notes",
        ),
        ("title: Fix login #42", "Fix login #42"),
        ("state: Phase #2", "Phase #2"),
        ("query: crash #42 and #43", "crash #42 and #43"),
        ("cycle: Sprint #9", "Sprint #9"),
        ("title: C# and F#", "C# and F#"),
        ("title: a#b", "a#b"),
    ] {
        assert_eq!(quiet(text), value, "{text}");
    }
    assert_eq!(
        quiet("labels:\n    - sprint #12\n    - api"),
        json!(["sprint #12", "api"])
    );
    assert_eq!(
        told("labels: [sprint #12, api, 'x #1']", "quoted"),
        json!(["sprint #12", "api", "x #1"])
    );
    assert_eq!(
        quiet("labels:\n    - {name: \"sprint #12\"}"),
        json!([{"name": "sprint #12"}])
    );
}

#[test]
fn two_spaces_make_a_comment_which_is_told_of_behind_texts_and_names() {
    for (text, value) in [
        ("team: Engineering      # Required", "Engineering"),
        ("title: Fix login  #42", "Fix login"),
        ("body: Done\t# really", "Done"),
    ] {
        let (_, comment) = text.split_once('#').unwrap();
        assert_eq!(told(text, comment.trim()), value, "{text}");
    }
    let labels = told("labels:\n    - api   # ours", "labels[0]");
    assert_eq!(labels, json!(["api"]));
    for (text, value) in [
        ("priority: 2   # high", json!(2)),
        ("issue_id: PSN-1   # Required", json!("PSN-1")),
    ] {
        assert_eq!(quiet(text), value, "{text}");
    }
}

#[test]
fn a_comment_behind_one_space_is_one_where_no_text_can_stand() {
    for (text, value) in [
        ("priority: 2 # high", json!(2)),
        ("issue_id: PSN-1 # the one", json!("PSN-1")),
        ("due_date: 2030-01-31 # end", json!("2030-01-31")),
        ("include: true # yes", json!(true)),
        ("cycle: 12 # the next", json!(12)),
        ("title: \"Fix # it\" # now", json!("Fix # it")),
        ("title: 'Fix' #now", json!("Fix")),
        ("labels: [a, b] # two", json!(["a", "b"])),
        ("labels: {name: a} #one", json!({"name": "a"})),
    ] {
        assert_eq!(quiet(text), value, "{text}");
    }
    assert_eq!(told("priority: 2 #high", "high"), json!(2));
    for (text, kept, dropped) in [
        ("title: Fix # now", "title: \"Fix # now\"", "title: \"Fix\""),
        (
            "state: Done # ok",
            "state: \"Done # ok\"",
            "state: \"Done\"",
        ),
        ("labels:\n    - api # ours", "- \"api # ours\"", "- \"api\""),
        ("body: a #", "body: \"a #\"", "body: \"a\""),
        ("body: a ## b", "body: \"a ## b\"", "body: \"a\""),
    ] {
        assert_eq!(readings(text), [kept, dropped], "{text}");
    }
}

#[test]
fn a_value_that_is_all_comment_is_refused_with_both_readings() {
    for (text, kept) in [
        ("description: # Overview", "description: \"# Overview\""),
        ("description: ## Plan", "description: \"## Plan\""),
        (
            "description: #42 is the cause",
            "description: \"#42 is the cause\"",
        ),
        ("assignee: #john", "assignee: \"#john\""),
        ("project: #Billing", "project: \"#Billing\""),
        ("labels: #frontend", "labels: [\"frontend\"]"),
        (
            "labels:\n    # - frontend\n    # - api",
            "labels: [\"frontend\", \"api\"]",
        ),
        ("due_date: #2030-01-31", "due_date: 2030-01-31"),
        ("estimate: #3", "estimate: 3"),
        ("issue_id: #PSN-3", "issue_id: PSN-3"),
    ] {
        let (key, _) = text.split_once(':').unwrap();
        assert_eq!(
            readings(text),
            [kept.to_owned(), format!("{key}: null")],
            "{text}"
        );
    }
    assert_eq!(
        readings("due_date: # tomorrow, I think"),
        ["due_date: null"]
    );
    assert_eq!(readings("labels:\n    - #api\n    - b"), ["- \"#api\""]);
    let all = readings("assignee: #john\n  estimate: #3\n  issue_id: PSN-1");
    assert_eq!(
        all,
        [
            "assignee: \"#john\"\n  estimate: 3",
            "assignee: null\n  estimate: null"
        ]
    );
}

#[test]
fn what_can_only_be_the_value_is_taken_as_it() {
    assert_eq!(told("color: #f2994a", "colour #f2994a"), "#f2994a");
    assert_eq!(told("color: #F90  # orange", "colour #F90"), "#F90");
    assert_eq!(told("color:\n    #f2994a", "colour #f2994a"), "#f2994a");
    assert_eq!(told("cycle: #12", "#12"), "#12");
    assert_eq!(told("cycle: #12 # the next", "#12"), "#12");
    assert_eq!(
        told(
            "description:\n    ## Overview\n    # Add login.",
            "lines below"
        ),
        "## Overview\n# Add login."
    );
    assert_eq!(
        told(
            "description:\n    ## Overview\n\n      ### Deeper\n  title: T",
            "lines below"
        ),
        "## Overview\n\n  ### Deeper"
    );
    assert_eq!(
        readings("cycle: #next"),
        ["cycle: \"#next\"", "cycle: null"]
    );
    assert_eq!(readings("color: # red"), ["color: null"]);
}

#[test]
fn a_comment_above_a_value_is_one() {
    assert_eq!(
        quiet("labels:        # Optional\n    - a\n    - b"),
        json!(["a", "b"])
    );
    assert_eq!(
        quiet("labels: # Optional\n    # the first\n    - a"),
        json!(["a"])
    );
    assert_eq!(
        quiet(
            "labels:\n    - name: a\n      # color auto-assigned\n    - name: \"b\"  # no color\n      color: \"#fff\""
        )[0],
        json!({"name": "a"})
    );
    assert_eq!(
        told("description: # Optional\n    It is\n    prose.", "Optional"),
        "It is prose."
    );
    assert_eq!(told("body: |  # Markdown\n    text", "Markdown"), "text\n");
}

#[test]
fn null_is_nothing_behind_a_key_and_nothing_below_it() {
    for text in [
        "due_date:",
        "due_date: null",
        "due_date: ~",
        "description:\n\n  # who: me\n  title: T",
    ] {
        assert_eq!(quiet(text), Value::Null, "{text}");
    }
    for text in [
        "assignee:\n  # john\n  title: T",
        "description:\n  # john\n  title: T",
    ] {
        assert_eq!(told(text, "'# john' below it"), Value::Null, "{text}");
    }
}

#[test]
fn headings_at_the_margin_below_an_empty_text_are_no_reason_to_clear_it() {
    let error = refused(
        "operation: x\nparams:\n  description:\n## Plan\n## More\ncontext:\n  command: y\n",
    );
    assert!(error.message().contains("two ways"), "{error}");
}

#[test]
fn slashes_are_a_comment_only_where_no_text_can_stand() {
    for (text, value) in [
        ("title: Fix // in paths", json!("Fix // in paths")),
        ("labels: [design // ux]", json!(["design // ux"])),
        ("team: ENG // Web", json!("ENG // Web")),
        ("body: // TODO", json!("// TODO")),
        ("url: https://x.y//z", json!("https://x.y//z")),
    ] {
        assert_eq!(quiet(text), value, "{text}");
    }
    for (text, value) in [
        ("issue_id: PSN-1 // the id", json!("PSN-1")),
        ("limit: 5 // most", json!(5)),
        ("include: true // yes", json!(true)),
        ("url: https://x.y // here", json!("https://x.y")),
    ] {
        assert_eq!(told(text, "// comment"), value, "{text}");
    }
    let list = read(
        "operation: x // op\nparams: // these\n  labels: // optional\n    - a\n    - b // c\n",
    )
    .unwrap();
    assert_eq!(list.params["labels"], json!(["a", "b // c"]));
    assert_eq!(list.operation, "x");
}

#[test]
fn markdown_keeps_its_lines_however_it_is_written() {
    let meant = "# Overview\nSome text\n- more";
    for text in [
        "description:\n    # Overview\n    Some text\n    - more",
        "description: # Overview\n\n    # Overview\n    Some text\n    - more",
    ] {
        let (value, warnings) = line(text);
        assert_eq!(value, meant, "{text}");
        assert!(
            warnings
                .iter()
                .any(|warning| warning.contains("kept the lines")),
            "{warnings:?}"
        );
    }
    for (text, value) in [
        (
            "body: >\n    Done:\n    - login\n    - logout",
            "Done:\n- login\n- logout\n",
        ),
        (
            "body: >-\n    Done:\n    - login\n      - deeper",
            "Done:\n- login\n  - deeper",
        ),
        (
            "body: Done\n    - login\n    # Next\n    1. out",
            "Done\n- login\n# Next\n1. out",
        ),
        (
            "body: Done\n    Note: x\n    # Next",
            "Done\nNote: x\n# Next",
        ),
        ("body:\n    - one\n    - two", "- one\n- two"),
        ("body:\n  - one\n  - two\n  title: T", "- one\n- two"),
        (
            "body:\n    Note: one\n    More: two",
            "Note: one\nMore: two",
        ),
        (
            "body: Look\n    > said\n    | a | b |",
            "Look\n> said\n| a | b |",
        ),
        (
            "body: Run\n    ```\n    make # all\n    ```",
            "Run\n```\nmake # all\n```",
        ),
    ] {
        assert_eq!(told(text, "kept the lines"), value, "{text}");
    }
    assert_eq!(
        quiet("body: >\n    One long\n    sentence.\n\n    Another."),
        "One long sentence.\nAnother.\n"
    );
    assert_eq!(quiet("body: One long\n    sentence."), "One long sentence.");
}

#[test]
fn escapes_without_double_quotes_are_told_of() {
    for text in [r"body: one\ntwo", r"body: 'one\ntwo'"] {
        assert_eq!(told(text, "\"one\\ntwo\""), r"one\ntwo", "{text}");
    }
    assert_eq!(quiet("body: \"one\\ntwo\""), "one\ntwo");
    assert_eq!(quiet(r"title: C:\new"), r"C:\new");
}

#[test]
fn nothing_is_refused_for_what_stands_in_the_context() {
    let text = "operation: get_issue # read\nparams: # these\n  issue_id: PSN-1\ncontext: # who\n  command: # nobody\n  purpose: look # around\n  cache: false // now\n";
    let request = read(text).unwrap();
    assert_eq!(request.operation, "get_issue");
    assert_eq!(request.context.purpose.as_deref(), Some("look"));
    assert!(request.context.refresh_cache);
}

#[test]
fn context_beside_params_is_context() {
    for text in [
        "operation: x\nparams: {issue_id: PSN-1}\ncommand: work\ntraceId: t\nmode: fast",
        "operation: x\nissue_id: PSN-1\ncommand: work\ntraceId: t\nmode: fast",
    ] {
        let request = read(text).unwrap();
        assert_eq!(Value::Object(request.params), json!({"issue_id": "PSN-1"}));
        assert_eq!(request.context.command.as_deref(), Some("work"));
        assert!(
            request
                .warnings
                .iter()
                .any(|warning| warning.contains("'command' as context"))
        );
    }
}

#[test]
fn a_comment_behind_a_text_with_a_number_sign_is_still_one() {
    assert_eq!(told("title: PR #12  # keep short", "keep short"), "PR #12");
    let (value, _) = line("title: Set color: #ff0000 for buttons");
    assert_eq!(value, "Set color: #ff0000 for buttons");
    assert_eq!(
        quiet("cycle: {name: \"Sprint\"}"),
        json!({"name": "Sprint"})
    );
    assert_eq!(
        quiet("cycle:\n    name: Sprint #12"),
        json!({"name": "Sprint #12"})
    );
}

#[test]
fn what_cannot_be_parsed_is_refused_with_both_readings_too() {
    for text in [
        "body: Status: done # really",
        "title: Fix: it # now",
        "body: @john # now",
        "body: - one # two",
    ] {
        let error = refused(&format!("operation: x\nparams:\n  {text}\n"));
        let readings: Vec<&str> = error
            .suggestions()
            .iter()
            .filter_map(|hint| Some(hint.split_once("write: ")?.1))
            .collect();
        assert_eq!(readings.len(), 2, "{text}: {error:?}");
        for reading in readings {
            quiet(reading);
        }
    }
    assert_eq!(
        readings("body: null # Overview"),
        ["body: \"null # Overview\"", "body: null"]
    );
}

#[test]
fn a_context_that_yaml_cannot_read_is_no_reason_to_refuse() {
    for context in [
        "context:\n  purpose: Fix: it # now",
        "context:\n  command: @x # y",
        "purpose: Fix: a # c",
    ] {
        let request = read(&format!(
            "operation: x\nparams:\n  issue_id: PSN-1\n{context}\n"
        ))
        .unwrap();
        assert_eq!(
            Value::Object(request.params),
            json!({"issue_id": "PSN-1"}),
            "{context}"
        );
    }
}

#[test]
fn items_that_are_commented_out_where_their_key_stands_clear_nothing() {
    assert_eq!(
        readings("labels:\n  # - bug\n  title: T"),
        ["labels: [\"bug\"]", "labels: null"]
    );
}

#[test]
fn what_hosts_add_is_dropped_without_a_word() {
    for text in [
        "operation: x\nparams: {issue_id: PSN-1}\ntoolCallId: c\nchatInput: {a: 1}",
        "operation: x\nparams:\n  issue_id: PSN-1\n_meta: {progressToken: 1}",
    ] {
        let request = read(text).unwrap();
        assert_eq!(Value::Object(request.params), json!({"issue_id": "PSN-1"}));
        assert_eq!(request.warnings, [""; 0], "{text}");
    }
}

#[test]
fn anchors_and_aliases_are_read() {
    let request = read("operation: x\nparams:\n  description: &text |\n    one # two\n  body: *text # again\n  labels: &l [a]\n  more: *l\n").unwrap();
    assert_eq!(request.params["body"], "one # two\n");
    assert_eq!(request.params["more"], json!(["a"]));
    assert_eq!(request.warnings, [""; 0]);
}

#[test]
fn a_comment_behind_a_value_that_is_quoted_for_yaml_stays_one() {
    let (value, warnings) = line("title: fix: the crash  # note");
    assert_eq!(value, "fix: the crash");
    assert!(
        warnings.iter().any(|warning| warning.contains("# note")),
        "{warnings:?}"
    );
    assert_eq!(line("title: fix: PR #12").0, "fix: PR #12");
    refused("operation: x\nparams:\n  title: fix: the crash # note\n");
}

#[test]
fn a_quoted_text_of_several_lines_is_not_touched_by_the_repair_of_something_else() {
    let lines = "one\n\n// two\n\ncolor: #fff\n\nbody: x\n\n  - [bug] three\n\nend";
    let lines = lines.replace("\n\n", "\n\n          ");
    let meant = "one\n// two\ncolor: #fff\nbody: x\n- [bug] three\nend";
    for quote in ["\"", "'"] {
        for (head, tail) in [
            ("body: ", "\n  title: fix: the crash"),
            ("title: @me\n  body: ", " // the last\n  state: [bug] x"),
            ("body:\n    ", "\n  state: [bug] x\n  // last"),
            (
                "body: ",
                "   // the last\n  text: One\n    ## Two: three\n    four",
            ),
            (
                "links: // none\n    - https://x.y\n  more:\n    - name: ",
                " // c",
            ),
        ] {
            let text = format!("operation: x\nparams:\n  {head}{quote}{lines}{quote}{tail}\n");
            let request = read(&text).unwrap();
            let found = request
                .params
                .get("body")
                .unwrap_or_else(|| &request.params["more"][0]["name"]);
            assert_eq!(found, meant, "{text}");
            assert!(!request.warnings.is_empty(), "{text}");
        }
        for tail in [" // end\n", "\n  // c\n  , \"state\": 1} // more\n"] {
            let close = if tail.contains('}') { "" } else { "}" };
            let text = format!(
                "{{\"operation\": \"x\", // one\n\"params\": {{\"title\": 'a', \"body\": {quote}{lines}{quote}{tail}{close}}}\n"
            );
            assert_eq!(read(&text).unwrap().params["body"], meant, "{text}");
        }
    }
    let text =
        "operation: x\nparams:\n  labels: [{name: 'x color: #fff', color: #000}]\n  title: @me\n";
    let labels = &read(text).unwrap().params["labels"];
    assert_eq!(labels, &json!([{"name": "x color: #fff", "color": "#000"}]));
}

#[test]
fn quoted_lines_that_yaml_joins_are_told_of() {
    for (text, value) in [
        (
            "body: \"## Plan\n    - one\n    - two\"",
            "## Plan - one - two",
        ),
        ("body: 'Plan\n    # Next\n    two'", "Plan # Next two"),
        ("body:\n    \"# Plan\n    two\"", "# Plan two"),
    ] {
        assert_eq!(told(text, "joined the lines of 'body'"), value, "{text}");
    }
    for text in [
        "body: \"One long\n    line.\n\n    - one\n\n    - two\"",
        "body: \"One long \\\n    - line\"",
        "title: 'One\n    - two'",
    ] {
        quiet(text);
    }
}

#[test]
fn the_params_of_an_item_may_be_text_as_those_of_a_request() {
    for (params, value) in [
        ("'{\"title\": \"PR #12\"}'", json!({"title": "PR #12"})),
        (
            "\"title: PR #12\\nbody: |\\n  one\\n\"",
            json!({"title": "PR #12", "body": "one\n"}),
        ),
        (
            "|\n        title: fix: the crash",
            json!({"title": "fix: the crash"}),
        ),
        ("''", json!({})),
    ] {
        let items =
            format!("- operation: y\n      params: {params}\n      context: {{Cache: \"false\"}}");
        let text = format!("operation: x\nparams:\n  operations:\n    {items}\n");
        let request = read(&text).unwrap();
        assert_eq!(request.params["operations"][0]["params"], value, "{text}");
        let quoted = format!("operation: x\nparams:\n  operations: |\n    {items}\n");
        let request = read(&quoted).unwrap();
        assert_eq!(request.params["operations"][0]["params"], value, "{quoted}");
    }
    let text = "operation: x\nparams:\n  operations:\n    - {operation: y}\n    - operation: y\n      params: \"title: Fix # now\"\n";
    assert_eq!(refused(text).details()["index"], 1);
    let text = "operation: x\nparams: {operations: [{operation: y, context: fast}]}";
    let warnings = read(text).unwrap().warnings;
    assert_eq!(
        warnings,
        ["item 0: 'context' is not a mapping and was ignored"]
    );
}

#[test]
fn context_acts_in_any_spelling_and_what_contradicts_it_is_told() {
    for text in [
        "operation: x\nparams: {issue_id: PSN-1}\nCache: false",
        "operation: x\nparams: {issue_id: PSN-1}\ncontext: {Cache: \"No\"}",
        "operation: x\nparams: {issue_id: PSN-1}\ncontext: {refreshCache: true}",
        "operation: x\nparams: {issue_id: PSN-1}\ncontext: {cache: true}\nCACHE: off",
    ] {
        let request = read(text).unwrap();
        assert!(request.context.refresh_cache, "{text}");
        assert_eq!(Value::Object(request.params), json!({"issue_id": "PSN-1"}));
    }
    let text = "operation: x\nparams: {issue_id: PSN-1}\ncontext: {command: a, Purpose: why}\nCommand: b\npurpose: why\ntraceId: t";
    let request = read(text).unwrap();
    assert_eq!(request.context.command.as_deref(), Some("a"));
    assert_eq!(request.context.purpose.as_deref(), Some("why"));
    assert_eq!(
        request.warnings,
        [
            "left out 'Command', for which 'context' has another value",
            "took 'traceId' as context: it is no parameter of x"
        ]
    );
}

#[test]
fn what_is_repeated_of_a_request_is_bounded() {
    let long = "k".repeat(1_000);
    let many: String = (0..2_000).map(|at| format!("key{at}: 1\n")).collect();
    let colons: String = (0..2_000)
        .map(|at| format!("  t{at}: a: b  # c\n"))
        .collect();
    for text in [
        format!("operation: x\nparams: {{a: 1}}\n{many}{long}: 1"),
        format!("operation: x\nparams:\n{colons}"),
        format!("operation: x\nparams:\n  {long}: 2 #high"),
        format!("operation: x\nparams:\n  color:\n    {long}: 2 #high"),
        format!("operation: {long}\nparams: {{a: 1}}\nmode: 1"),
    ] {
        let request = read(&text).unwrap();
        let told: usize = request.warnings.iter().map(String::len).sum();
        assert!(!request.warnings.is_empty() && told < 20_000, "{told}");
        assert!(request.warnings.iter().all(|warning| warning.len() < 8_000));
    }
    for text in [
        format!("operation: x\nparams: {{{long}: 1, {long}: 2}}"),
        format!("operation: x\nparams:\n  {long}: 1\n{long}: 2"),
        format!("{long}: 1\nother: 2"),
        format!("operation: x\nparams:\n  {long}: # john"),
    ] {
        let error = refused(&text);
        assert!(error.message().len() < 1_000, "{}", error.message());
        assert!(Value::from(error.details().clone()).to_string().len() < 2_000);
    }
}

#[test]
fn an_anchor_that_no_alias_uses_is_read_where_it_can_be_nothing_else() {
    for (text, value) in [
        ("labels: &l\n    - a\n    - b", json!(["a", "b"])),
        ("labels: &l [a, b]", json!(["a", "b"])),
        ("cycle: &c\n    name: Sprint", json!({"name": "Sprint"})),
        ("body: &b |\n    one # two", json!("one # two\n")),
    ] {
        assert_eq!(quiet(text), value, "{text}");
    }
    refused("operation: x\nparams:\n  title: &all \"the text\"\n");
}

#[test]
fn a_comment_is_quoted_as_it_was_written() {
    told("title: Fix  #12", "'#12' behind 'title'");
    told(
        "body: |  # Markdown\n    text",
        "'# Markdown' behind 'body'",
    );
    told("title: PR #12  #  keep", "'#  keep' behind 'title'");
}

/// What a request becomes when each of its suggestions is written in place of its parameters.
fn corrected(text: &str) -> Vec<Value> {
    let error = refused(&format!("operation: x\nparams:\n{text}\n"));
    let hints = error.suggestions().iter();
    let readings = hints.filter_map(|hint| Some(hint.split_once("write: ")?.1));
    let read = |yaml: &str| {
        let params = yaml.replace('\n', "\n  ");
        Value::Object(
            read(&format!("operation: x\nparams:\n  {params}\n"))
                .unwrap()
                .params,
        )
    };
    readings.map(read).collect()
}

#[test]
fn each_suggestion_is_accepted_as_it_stands() {
    // What has neither reading is for the caller to fill in, and then no suggestion would be accepted as it stands.
    let error =
        refused("operation: x\nparams:\n  name: x # y\n  links:\n    - url: # none at all\n");
    assert!(
        !error
            .suggestions()
            .iter()
            .any(|hint| hint.contains("write: ")),
        "{error:?}"
    );
    let error = refused("operation: x\nparams:\n  title: Fix: it # now\n");
    assert_eq!(error.details()["line"], 3);
    assert_eq!(error.details()["text"], "title: Fix: it # now");
    assert_eq!(
        corrected("  labels: [a # b, c]"),
        [json!({"labels": ["a # b", "c"]})]
    );
    assert_eq!(
        corrected("  body: one\n    two # x\n    three"),
        [
            json!({"body": "one two # x three"}),
            json!({"body": "one two three"})
        ]
    );
    assert_eq!(
        corrected("  title:\n    one\n    # x\n    three\n"),
        [
            json!({"title": "one # x three"}),
            json!({"title": "one three"})
        ]
    );
    assert_eq!(
        corrected("  name: x # y\n  color: #zzz"),
        [
            json!({"name": "x # y", "color": null}),
            json!({"name": "x", "color": null})
        ]
    );
    assert_eq!(
        corrected("  title: Fix: it # now\n  body: a: b # c\n  name: x # y\n  team: [a] b # c"),
        [
            json!({"title": "Fix: it # now", "body": "a: b # c", "name": "x # y", "team": "[a] b # c"}),
            json!({"title": "Fix: it", "body": "a: b", "name": "x", "team": "[a] b"}),
        ]
    );
}

#[test]
fn the_mark_of_a_text_may_stand_below_its_key() {
    for mark in ["|", "|-", "|2-", "> # so", ">", ">-"] {
        let text = format!("body:\n    {mark}\n      - a\n      - b");
        let (value, _) = line(&text);
        let value = value.as_str().unwrap().trim_end();
        assert_eq!(value.replace("  - ", "- "), "- a\n- b", "{text}");
    }
}

#[test]
fn a_mark_with_no_text_below_it_is_told_of_or_refused() {
    for mark in ["|", ">", "|-", "\n    |", "\n    >-"] {
        let empty = told(&format!("body: {mark}"), "'body' is empty");
        assert_eq!(empty, "", "{mark}");
        let kept = readings(&format!("assignee: {mark}"));
        let mark = if mark.contains('|') { "|" } else { ">" };
        assert_eq!(kept[0], format!("assignee: \"{mark}\""));
    }
}

#[test]
fn a_number_sign_in_the_block_text_of_an_item_is_no_comment() {
    assert_eq!(
        quiet("labels:\n    - |\n      bug #12"),
        json!(["bug #12\n"])
    );
}

#[test]
fn what_is_kept_of_a_comment_is_something_that_can_be_meant() {
    for (text, kept) in [
        ("assignee: # jane  # really", "assignee: \"# jane\""),
        ("title: #5 broken  # said jane", "title: \"#5 broken\""),
        ("labels:\n    - # bug", "- \"bug\""),
        ("labels: #bug", "labels: [\"bug\"]"),
    ] {
        assert_eq!(readings(text)[0], kept, "{text}");
    }
    let error = refused("operation: x\nparams:\n  project: #\n");
    let hints = error.suggestions();
    assert!(hints.iter().all(|hint| !hint.contains('#')), "{hints:?}");
}

/// The edits that a text of lines means, and the warnings.
fn edits(lines: &str) -> (Value, Vec<String>) {
    let request = read(&format!("operation: x\nparams:\n  patch:\n{lines}\n")).unwrap();
    (request.params["patch"].clone(), request.warnings)
}

#[test]
fn the_texts_of_edits_are_markdown_and_their_headings_are_no_comments() {
    // The heading of an edit may be written as it stands in the text.
    for (given, heading) in [
        ("heading: ## Plan", "## Plan"),
        ("heading: # Plan of 3 steps", "# Plan of 3 steps"),
    ] {
        let (read, warnings) = edits(&format!(
            "    - op: replace_section\n      {given}\n      text: x"
        ));
        assert_eq!(read[0]["heading"], heading);
        assert_eq!(warnings.len(), 1);
        assert!(
            warnings[0].contains("as a heading, not as a comment"),
            "{warnings:?}"
        );
        assert_eq!(read[0]["text"], "x");
    }
    for right in [
        "heading: \"## Plan\"",
        "heading: Plan",
        "heading: |\n        ## Plan",
    ] {
        let (read, warnings) = edits(&format!(
            "    - op: replace_section\n      {right}\n      text: x"
        ));
        assert!(
            read[0]["heading"].as_str().unwrap().contains("Plan"),
            "{right}"
        );
        assert_eq!(warnings, [""; 0], "{right}");
    }
    // A comment behind a heading, or one that is none, is not guessed at.
    for unclear in ["heading: ## Plan # the second", "heading: #plan"] {
        let text =
            format!("operation: x\nparams:\n  patch:\n    - op: remove_section\n      {unclear}\n");
        assert!(read(&text).is_err(), "{unclear}");
    }
    // Lists and headings below a key are text.
    let (read, _) =
        edits("    - op: append\n      text:\n        ## Done\n        - [x] all: of it");
    assert_eq!(read[0]["text"], "## Done\n- [x] all: of it");
    let (read, warnings) = edits(
        "    - op: insert_after\n      anchor: \"- [ ] one\"\n      text: |\n        - [ ] two\n- [ ] three\n\n## Next\n    - op: append\n      text: x",
    );
    assert_eq!(read[0]["text"], "- [ ] two\n- [ ] three\n\n## Next\n");
    assert_eq!(read[1], json!({"op": "append", "text": "x"}));
    assert!(!warnings.is_empty());
}

//! What holds for every text.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{read, read_stream};
use crate::envelope::yaml::write;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Pieces of requests, in any order: what a careless template or model can make of them.
fn broken() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        proptest::sample::select(
            &[
                "operation: x",
                "params:",
                "context:",
                "body: |",
                "description: ",
                "- ",
                "  ",
                "\n",
                "\n  ",
                "\n    ",
                "\t",
                "\"",
                "'",
                "`",
                "```",
                "---",
                "[",
                "]",
                "{",
                "}",
                ", ",
                ": ",
                " #",
                "//",
                "color: #fff",
                "*",
                "&a",
                "!",
                "|",
                ">-",
                "2",
                "\\",
                "\r\n",
                "é",
                "\u{2028}",
            ][..]
        )
        .prop_map(str::to_owned),
        "[a-z ]{0,6}",
    ];
    proptest::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

/// Lines of markdown as comments have them; none looks like a key of the request.
fn markdown() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        "#{1,3} [A-Z][a-z ]{0,12}[a-z]",
        "( {2}){0,3}- (\\[[ x]\\] )?[A-Z][a-z:#\"' ]{0,12}[a-z]",
        "[A-Z][a-z]{0,5}: [a-z ]{0,12}[a-z:]",
        "\\*\\*[A-Z][a-z ]{0,6}\\*\\*:? [ -~]{0,20}[a-z]",
        proptest::sample::select(
            &[
                "",
                "",
                "---",
                "+++",
                "+++ More",
                "***",
                "\t tabbed",
                "> said",
                "| a | b |",
                "@me",
                "// no",
                "<!-- x -->",
                "[link](https://x.y)",
                "{x}",
                "\"q\"",
                "'q'",
                "%d",
                "`code`",
                "&",
                "* item",
                "1. One"
            ][..]
        )
        .prop_map(str::to_owned),
    ];
    proptest::collection::vec(line, 1..12)
        .prop_map(|lines| lines.join("\n"))
        .prop_filter("the text has something in it", |text| {
            !text.trim().is_empty()
        })
}

/// What is left of a text that a block scalar carries: one line break at its end.
fn clipped(text: &str) -> String {
    format!("{}\n", text.trim_end_matches('\n'))
}

proptest! {
    #![proptest_config(config(2000))]

    #[test]
    fn reading_never_panics(text in prop_oneof![any::<String>(), "[ -~\\n\\t]{0,200}", broken()]) {
        let _ = read(&text);
        let _ = read_stream(&text);
    }
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn a_text_without_its_indentation_is_restored(body in markdown(), nested in any::<bool>(), context in any::<bool>()) {
        let tail = if context { "context:\n  command: work\n" } else { "" };
        let labels = if nested { "  labels: [a]\n" } else { "" };
        let request = format!("operation: create_comment\nparams:\n  issue_id: PSN-1\n  body: |\n{body}\n{labels}{tail}");
        // A text whose lines all stand deep enough, are comments, or open a new document, is read as it stands.
        let first = body.lines().find(|line| !line.trim().is_empty()).unwrap();
        prop_assume!(!first.starts_with([' ', '#', '\t']) && first != "---");
        let found = read(&request).unwrap();
        prop_assert_eq!(&found.params["body"], &json!(clipped(&body)), "{}", request);
        prop_assert_eq!(found.params.contains_key("labels"), nested);
        prop_assert_eq!(found.context.command.is_some(), context);
    }

    #[test]
    fn a_text_of_which_only_the_first_line_is_indented_is_restored(lines in markdown()) {
        // Lines as deep as the template's first could be the template's too.
        let lines = lines.replace("\n    ", "\n");
        let body = format!("# First\n{}\nLast", lines.trim_start());
        let request = format!("operation: create_comment\nparams:\n  body: |\n    {body}\ncontext:\n  command: work\n");
        let found = read(&request).unwrap();
        prop_assert_eq!(&found.params["body"], &json!(clipped(&body)), "{}", request);
    }

    #[test]
    fn a_written_request_reads_back(params in proptest::collection::vec(("[a-z_]{1,8}", "\\PC{0,30}(\n\\PC{0,10})?"), 0..5)) {
        let params: Map<String, Value> = params.into_iter().map(|(key, text)| (key, Value::from(text))).collect();
        let text = write(&json!({"operation": "x", "params": params}));
        let found = read(&text).unwrap();
        prop_assert_eq!(found.params, params);
        prop_assert_eq!(found.warnings, [""; 0]);
    }
}

//! No text of a request is lost: whatever form the request is written in, its parameters arrive as they were meant, or
//! a warning says how they were changed, or the request is refused.

use std::collections::BTreeMap;

use linear_ops::engine::Catalog;
use linear_ops::engine::catalog;
use linear_ops::operation::Entry;
use linear_ops::operation::Field;
use linear_ops::params::Form;
use linear_ops::request::{self, Request};
use proptest::prelude::*;
use serde_json::Value;

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Style {
    Double,
    Single,
    Plain,
    /// Plain, on the line below its key.
    Below,
    Literal,
    Folded,
}

/// What stands behind a value on its line.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Comment {
    None,
    /// Two spaces, as in the contract.
    Apart,
    /// One space, and a space behind the `#`.
    Near,
    /// One space, and a word right behind the `#`.
    Word,
}

impl Comment {
    fn text(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Apart => "   # Required",
            Self::Near => " # later",
            Self::Word => " #12",
        }
    }
}

/// What surrounds the request.
#[derive(Clone, Copy, Debug)]
struct Frame {
    /// The character of the fence, and how often it stands there; 0 for none.
    fence: (char, usize),
    crlf: bool,
    mark: bool,
}

/// A parameter: the name of its field, its value, and how that is written.
#[derive(Clone, Debug)]
struct Written {
    name: String,
    form: Form,
    value: String,
    style: Style,
    comment: Comment,
}

impl Written {
    fn holds_text(&self) -> bool {
        matches!(
            self.form,
            Form::Markdown | Form::Line | Form::Name | Form::Label
        )
    }

    /// The lines of YAML, the key two spaces deep.
    fn yaml(&self) -> String {
        let Self { name, value, .. } = self;
        let comment = self.comment.text();
        let block = |margin: &str| -> String {
            let lines = value.lines().map(|line| {
                if line.is_empty() {
                    "\n".to_owned()
                } else {
                    format!("{margin}{line}\n")
                }
            });
            lines.collect()
        };
        match self.style {
            Style::Double => format!("  {name}: {}{comment}\n", Value::from(value.as_str())),
            Style::Single if value.contains('\n') => format!("  {name}: |-\n{}", block("    ")),
            Style::Single => format!("  {name}: '{}'{comment}\n", value.replace('\'', "''")),
            Style::Plain => {
                let (first, rest) = value.split_once('\n').unwrap_or((value, ""));
                let rest: String = rest.lines().map(|line| format!("    {line}\n")).collect();
                let behind = if rest.is_empty() { comment } else { "" };
                format!("  {name}: {first}{behind}\n{rest}")
            }
            Style::Below => format!("  {name}:\n{}", block("    ")),
            Style::Literal => format!("  {name}: |\n{}", block("    ")),
            Style::Folded => format!("  {name}: >-\n{}", block("    ")),
        }
    }

    /// Whether something is written behind the value.
    fn is_commented(&self) -> bool {
        let lines = matches!(self.style, Style::Below | Style::Literal | Style::Folded);
        self.comment != Comment::None && !lines && !self.value.contains('\n')
    }
}

fn in_frame(request: &str, frame: Frame) -> String {
    let (mark, length) = frame.fence;
    let fence: String = std::iter::repeat_n(mark, length).collect();
    let mut text = match length {
        0 => request.to_owned(),
        _ => format!("{fence}yaml\n{request}{fence}\n"),
    };
    if frame.crlf {
        text = text.replace('\n', "\r\n");
    }
    if frame.mark {
        text.insert(0, '\u{feff}');
    }
    text
}

/// Words as people write them, with what YAML and repairs look at among them.
fn words() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        4 => "[A-Za-z]{1,7}",
        1 => "[0-9]{1,3}",
        3 => prop::sample::select(&[
            "#12", "#", "# x", "##", "//", "// ux", "a: b", "key:", "- x", "it's", "\"q\"", "[x]", "{y}", "`z`", "@me", "*b*",
            "&c", "|", ">", "%", "null", "~", "\\n", "é", "${a}", "a,b", "---", "```", "~~~", "!", "?",
        ][..]).prop_map(str::to_owned),
    ];
    prop::collection::vec(word, 1..5).prop_map(|words| words.join(" "))
}

fn markdown() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        3 => words(),
        1 => words().prop_map(|text| format!("## {text}")),
        1 => words().prop_map(|text| format!("- {text}")),
        1 => words().prop_map(|text| format!("  - {text}")),
        1 => Just(String::new()),
        1 => Just("```".to_owned()),
        1 => Just("~~~".to_owned()),
    ];
    let text = prop::collection::vec(line, 1..6).prop_map(|lines| lines.join("\n"));
    text.prop_map(|text| text.trim_matches('\n').to_owned())
        .prop_filter("a text that says something", |text| {
            !text.trim().is_empty() && !text.starts_with(' ')
        })
}

fn value(field: &Field) -> BoxedStrategy<String> {
    let kind = field
        .schema
        .get("type")
        .map(Value::to_string)
        .unwrap_or_default();
    let choices = field.schema.get("enum").and_then(Value::as_array);
    match field.form {
        Form::Markdown => prop_oneof![words(), markdown()].boxed(),
        Form::Line | Form::Name | Form::Label => words().boxed(),
        Form::Identifier => Just("PSN-1".to_owned()).boxed(),
        Form::Color => Just("#f2994a".to_owned()).boxed(),
        Form::Cycle => prop_oneof![Just("12"), Just("#12"), Just("next")]
            .prop_map(str::to_owned)
            .boxed(),
        Form::Link => Just("https://example.com/a#b".to_owned()).boxed(),
        _ if kind.contains("integer") => "[1-4]".boxed(),
        _ if kind.contains("boolean") => prop_oneof![Just("true"), Just("false")]
            .prop_map(str::to_owned)
            .boxed(),
        _ => match choices.and_then(|words| words.first()?.as_str().map(str::to_owned)) {
            Some(word) => Just(word).boxed(),
            None => Just("2030-01-31".to_owned()).boxed(),
        },
    }
}

fn style() -> impl Strategy<Value = Style> {
    prop::sample::select(
        &[
            Style::Double,
            Style::Single,
            Style::Plain,
            Style::Below,
            Style::Literal,
            Style::Folded,
        ][..],
    )
}

fn comment() -> impl Strategy<Value = Comment> {
    prop::sample::select(
        &[
            Comment::None,
            Comment::None,
            Comment::Apart,
            Comment::Near,
            Comment::Word,
        ][..],
    )
}

fn frame() -> impl Strategy<Value = Frame> {
    let fence = (
        prop_oneof![Just('`'), Just('~')],
        prop_oneof![2 => Just(0), 1 => 3..7_usize],
    );
    (fence, any::<bool>(), any::<bool>()).prop_map(|(fence, crlf, mark)| Frame {
        fence,
        crlf,
        mark,
    })
}

/// An operation of the table, with some of its parameters.
fn written() -> impl Strategy<Value = (&'static Entry, Vec<Written>)> {
    let entries: Vec<&Entry> = catalog::TABLE
        .iter()
        .filter(|entry| !entry.signature().fields.is_empty())
        .collect();
    prop::sample::select(entries).prop_flat_map(|entry| {
        let fields = &entry.signature().fields;
        let scalar = |field: &&Field| field.form != Form::Operations;
        let fields: Vec<&'static Field> = fields.iter().filter(scalar).collect();
        let most = fields.len().min(5);
        let chosen = prop::sample::subsequence(fields, 1..=most);
        let written = chosen.prop_flat_map(|fields| {
            let each: Vec<_> = fields
                .into_iter()
                .map(|field| {
                    (value(field), style(), comment()).prop_map(|(value, style, comment)| Written {
                        name: field.name.clone(),
                        form: field.form,
                        // A plain text that begins like the header of a block scalar would be read as one.
                        style: match style {
                            Style::Plain if value.starts_with(['|', '>']) => Style::Double,
                            style => style,
                        },
                        value,
                        comment,
                    })
                })
                .collect();
            each
        });
        (Just(entry), written)
    })
}

fn read(
    entry: &Entry,
    written: &[Written],
    frame: Frame,
) -> (String, Result<Request, linear_ops::error::Error>) {
    let params: String = written.iter().map(Written::yaml).collect();
    let text = in_frame(
        &format!("operation: {}\nparams:\n{params}", entry.spec.name),
        frame,
    );
    let found = request::read(&text, &Catalog);
    (text, found)
}

/// Whether a value is what YAML makes of words that look like entries or items, with every scalar in it.
fn is_structure(value: &Value, written: &str) -> bool {
    match value {
        Value::Object(entries) => {
            let held = |(key, value): (&String, &Value)| {
                written.contains(key) && is_structure(value, written)
            };
            entries.iter().all(held)
        }
        Value::Array(items) => items.iter().all(|item| is_structure(item, written)),
        scalar => written.contains(&text(scalar).unwrap_or_default()),
    }
}

/// A scalar as it was written; a list of one as its item.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        Value::Array(items) if items.len() == 1 => items.first().and_then(text),
        other => Some(other.to_string()),
    }
}

/// So many cases, or as many as `PROPTEST_CASES` says.
fn config(cases: u32) -> ProptestConfig {
    let wanted = std::env::var("PROPTEST_CASES").ok();
    ProptestConfig {
        cases: wanted.and_then(|text| text.parse().ok()).unwrap_or(cases),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(1000))]

    /// Every parameter arrives as it was written, is named in a warning, or the request is refused; and none is null
    /// that was not written as null.
    #[test]
    fn every_text_arrives_or_is_told_of((entry, written) in written(), frame in frame()) {
        let (text_read, found) = read(entry, &written, frame);
        let Ok(found) = found else { return Ok(()) };
        let got: BTreeMap<&str, Option<String>> =
            found.params.iter().map(|(key, value)| (key.as_str(), text(value))).collect();
        for one in &written {
            let reported = found.warnings.iter().any(|warning| warning.contains(&one.name));
            let repaired = found.warnings.iter().any(|warning| {
                ["quoted values", "kept the lines", "lost its indentation", "// comment", "unquoted", "number of a cycle"]
                    .iter()
                    .any(|word| warning.contains(word))
            });
            let got = got.get(one.name.as_str());
            prop_assert!(got.is_some(), "'{}' is gone\n{text_read}\n{found:?}", one.name);
            let Some(Some(got)) = got else {
                let null = one.style != Style::Double && one.style != Style::Single && matches!(one.value.trim(), "null" | "~");
                prop_assert!(null, "'{}' is null\n{text_read}\n{found:?}", one.name);
                continue;
            };
            let below = one.style == Style::Below || one.style == Style::Plain;
            if below && one.value.starts_with(['"', '\'']) {
                // A value that begins with a quote is a quoted scalar when it is written plainly.
                continue;
            }
            let value = found.params.get(&one.name).unwrap_or(&Value::Null);
            if below && !value.is_string() && is_structure(value, &one.value) {
                continue;
            }
            let got = got.trim_end();
            let whole = format!("{}{}", one.value, one.comment.text());
            let is_value = got == one.value.trim_end();
            let commented = one.is_commented() && one.style == Style::Plain && one.holds_text();
            let fine = reported || repaired || (is_value && !commented) || (one.is_commented() && got == whole);
            // The line breaks of these styles may be joined to spaces.
            let joined = matches!(one.style, Style::Folded | Style::Plain | Style::Below)
                && got.split_whitespace().eq(one.value.split_whitespace());
            prop_assert!(fine || joined, "'{}' is {got:?}, not {:?}\n{text_read}\n{found:?}", one.name, one.value);
        }
    }

    /// Of a request that is refused, each suggestion is accepted where it is written in place of its parameters.
    #[test]
    fn every_suggestion_is_accepted((entry, written) in written(), frame in frame()) {
        let (text_read, found) = read(entry, &written, frame);
        let Err(error) = found else { return Ok(()) };
        for hint in error.suggestions() {
            let Some((_, reading)) = hint.split_once("write: ") else { continue };
            let entries: Vec<&str> = reading.lines().collect();
            let key = |line: &str| line.split_once(':').map_or(String::new(), |(key, _)| key.to_owned());
            if !entries.iter().all(|line| written.iter().any(|one| one.name == key(line))) {
                // The mutated line is an item of a list, or an entry of an object within a value.
                continue;
            }
            let params: String = written.iter().map(|one| {
                let given = entries.iter().find(|line| key(line) == one.name);
                given.map_or_else(|| one.yaml(), |line| format!("  {line}\n"))
            }).collect();
            let corrected = in_frame(&format!("operation: {}\nparams:\n{params}", entry.spec.name), frame);
            let again = request::read(&corrected, &Catalog);
            prop_assert!(again.is_ok(), "{text_read}\n{corrected}\n{again:?}\n{error:?}");
        }
    }

    /// What can be read in one way only is read in that way, whatever frame is round it.
    #[test]
    fn what_is_unambiguous_is_read((entry, mut written) in written(), frame in frame()) {
        for one in &mut written {
            one.style = match one.style {
                Style::Plain | Style::Below | Style::Folded => Style::Double,
                style => style,
            };
        }
        let (text_read, found) = read(entry, &written, frame);
        let found = match found {
            Ok(found) => found,
            Err(error) => return Err(TestCaseError::fail(format!("{error}\n{text_read}"))),
        };
        for one in &written {
            let got = found.params.get(&one.name).and_then(text).unwrap_or_default();
            prop_assert_eq!(got.trim_end_matches('\n'), one.value.as_str(), "{}\n{}", one.name, text_read);
        }
    }

    /// A `#` one space behind words, with a letter or digit right behind it, is text; two spaces make a comment.
    #[test]
    fn number_signs_go_by_the_space_in_front_of_them(
        words in prop::collection::vec("[A-Za-z]{1,8}", 1..4),
        behind in "[A-Za-z0-9][A-Za-z0-9 ]{0,8}[a-z0-9]",
        gap in 1..6_usize,
        frame in frame(),
    ) {
        let words = words.join(" ");
        prop_assume!(!matches!(words.as_str(), "null" | "true" | "false" | "Null" | "NULL"));
        for (operation, key, head) in [
            ("create_issue", "title", ""), ("create_issue", "summary", ""), ("create_comment", "body", ""),
            ("create_comment", "comment", ""), ("search_issues", "q", ""), ("update_issue", "state", ""),
            ("update_issue", "assignee", ""), ("update_issue", "add_labels", "\n    - "), ("create_project", "name", ""),
        ] {
            let space = " ".repeat(gap);
            let params = format!("  {key}: {head}{words}{space}#{behind}\n");
            let request = in_frame(&format!("operation: {operation}\nparams:\n{params}"), frame);
            let found = request::read(&request, &Catalog).map_err(|error| TestCaseError::fail(format!("{error}")))?;
            let got = found.params.get(key).and_then(text).unwrap_or_default();
            if gap == 1 {
                prop_assert_eq!(got, format!("{words} #{behind}"), "{}", request);
            } else {
                prop_assert_eq!(got, words.clone(), "{}", request);
                prop_assert!(found.warnings.iter().any(|warning| warning.contains(behind.trim())), "{:?}", found.warnings);
            }
        }
    }
}

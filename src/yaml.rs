//! YAML and JSON text → values, within bounds. The only module that knows the YAML parser.
//!
//! The reader takes the parser's events rather than serde's data model, because a request must keep what a caller
//! wrote: `title: 1.10`, `name: 007`, `label: on` and dates stay text. A plain scalar becomes a number or a boolean
//! only when JSON would write that value with the very same characters, so nothing is lost by it. Every JSON text is
//! YAML, so there is one reader for both.
//!
//! Anchors, aliases, tags, merge keys and directives are refused: no request needs them, and they are what makes YAML
//! dangerous.

use std::borrow::Cow;

use serde_json::{Map, Number, Value};
use serde_yaml::granit_parser::{Event, Options, Parser, ScalarStyle, ScanError, Span, StrInput};

use crate::text::cut::start;

/// The most text that is read: 1 MiB.
pub const MAX_BYTES: usize = 1 << 20;
/// The deepest nesting of lists and mappings.
const MAX_DEPTH: usize = 64;
/// The most scalars, lists and mappings in one text.
const MAX_NODES: usize = 100_000;

/// Parameters whose value is prose: nothing is cut from it, and a ` #` in it was hardly meant as a comment.
const PROSE: &[&str] = &[
    "body",
    "content",
    "description",
    "heading",
    "name",
    "purpose",
    "query",
    "text",
    "title",
];

/// How much of a value a warning repeats, in characters.
const SHOWN: usize = 120;

/// Why a text cannot be read, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The line, from 1; 0 when the fault is the text as a whole.
    pub line: usize,
    /// The character within the line, from 1; 0 when the fault is the text as a whole.
    pub column: usize,
    /// What is wrong, in the parser's words or ours.
    pub reason: String,
    /// Whether a bound was passed: no repair can help then, and none is tried.
    pub bound: bool,
}

/// What a text holds.
#[derive(Debug, Default)]
pub struct Documents {
    /// Its documents in order; empty ones are left out.
    pub values: Vec<Value>,
    /// What was read otherwise than YAML says, or is likely to have been meant otherwise.
    pub warnings: Vec<String>,
}

/// Reads all documents of a text.
///
/// # Errors
/// The first fault: the syntax's, a duplicate key, something refused (see the module), or a bound passed
/// ([`MAX_BYTES`], 64 levels, 100,000 nodes).
pub fn parse(text: &str) -> Result<Documents, Fault> {
    if text.len() > MAX_BYTES {
        return Err(whole(format!(
            "the request is {} bytes long; the most is {MAX_BYTES}",
            text.len()
        )));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader {
        parser: Parser::new_from_str_with_options(text, options()),
        text,
        nodes: 0,
        warnings: Vec::new(),
    };
    let values = reader.documents()?;
    Ok(Documents {
        values,
        warnings: reader.warnings,
    })
}

/// The one value that a text holds as YAML or JSON, without any repair; `None` for a text that cannot be read, is empty
/// or holds several documents.
pub fn value(text: &str) -> Option<Value> {
    let mut values = parse(text).ok()?.values;
    let value = values.pop()?;
    values.is_empty().then_some(value)
}

fn options() -> Options {
    let mut options = Options::default();
    options.disallow_directives = true;
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    options.set_emit_comments(false);
    options
}

fn whole(reason: String) -> Fault {
    Fault {
        line: 0,
        column: 0,
        reason,
        bound: true,
    }
}

impl From<ScanError> for Fault {
    fn from(error: ScanError) -> Self {
        use serde_yaml::granit_parser::ErrorKind;
        Self {
            line: error.marker().line(),
            column: error.marker().col() + 1,
            reason: error.info(),
            bound: matches!(error.kind(), ErrorKind::RecursionLimitExceeded),
        }
    }
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    text: &'t str,
    nodes: usize,
    warnings: Vec<String>,
}

/// The key whose value is being read.
#[derive(Clone, Copy)]
struct Key<'k> {
    name: &'k str,
    /// Where the key ends in the text, in bytes.
    end: Option<usize>,
}

impl<'t> Reader<'t> {
    fn documents(&mut self) -> Result<Vec<Value>, Fault> {
        let mut values = Vec::new();
        while let Some(next) = self.parser.next_event() {
            let (event, span) = next?;
            if matches!(
                event,
                Event::StreamStart
                    | Event::StreamEnd
                    | Event::DocumentStart(..)
                    | Event::DocumentEnd
            ) {
                continue;
            }
            let value = self.node(event, span, None, 0)?;
            if !value.is_null() {
                values.push(value);
            }
        }
        Ok(values)
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), Fault> {
        match self.parser.next_event() {
            Some(next) => Ok(next?),
            None => Err(whole("the text ends too early".to_owned())),
        }
    }

    fn node(
        &mut self,
        event: Event<'t>,
        span: Span,
        key: Option<Key<'_>>,
        depth: usize,
    ) -> Result<Value, Fault> {
        self.count(span, depth)?;
        refuse(&event, span)?;
        match event {
            Event::Scalar(text, ScalarStyle::Plain, ..) => Ok(self.plain(&text, span, key)),
            Event::Scalar(text, ..) => Ok(Value::String(text.into_owned())),
            Event::SequenceStart(..) => self.sequence(key, depth),
            Event::MappingStart(..) => self.mapping(depth),
            other => Err(fault(span, format!("{other:?} was not expected here"))),
        }
    }

    fn count(&mut self, span: Span, depth: usize) -> Result<(), Fault> {
        self.nodes += 1;
        let reason = if self.nodes > MAX_NODES {
            format!("more than {MAX_NODES} values")
        } else if depth > MAX_DEPTH {
            format!("nested deeper than {MAX_DEPTH} levels")
        } else {
            return Ok(());
        };
        Err(Fault {
            bound: true,
            ..fault(span, reason)
        })
    }

    fn sequence(&mut self, key: Option<Key<'_>>, depth: usize) -> Result<Value, Fault> {
        // The key's place says nothing about the items' places, its name does: `labels: [a // x]`.
        let key = key.map(|key| Key { end: None, ..key });
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(Value::Array(items));
            }
            items.push(self.node(event, span, key, depth + 1)?);
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Value, Fault> {
        let mut map = Map::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(Value::Object(map));
            }
            self.count(span, depth + 1)?;
            let name = key_name(event, span)?;
            if map.contains_key(name.as_ref()) {
                return Err(fault(span, format!("the key '{name}' stands here twice")));
            }
            let key = Key {
                name: &name,
                end: span.end.byte_offset(),
            };
            let (event, span) = self.next()?;
            let value = self.node(event, span, Some(key), depth + 1)?;
            map.insert(name.into_owned(), value);
        }
    }

    /// A plain scalar's value: YAML's core schema, but text wherever the characters would not survive.
    fn plain(&mut self, text: &str, span: Span, key: Option<Key<'_>>) -> Value {
        if let Some(color) = key.and_then(|key| self.color(text, key)) {
            self.warnings.push(format!(
                "yaml_repaired: read the unquoted colour {color} as a value, not as a comment"
            ));
            return Value::String(color.to_owned());
        }
        let prose = key.is_some_and(|key| PROSE.contains(&key.name));
        if prose && let Some(key) = key {
            self.warn_about_comment(key.name, span);
        }
        match without_comment(text) {
            Some(word) if !prose => {
                self.warnings.push(format!(
                    "yaml_repaired: left out the // comment after '{}'",
                    start(word, SHOWN)
                ));
                scalar(word)
            }
            _ => scalar(text),
        }
    }

    /// The colour of `color: #f2994a`, whose value is a comment for YAML.
    fn color(&self, text: &str, key: Key<'_>) -> Option<&'t str> {
        // The parser gives an empty value as `~`.
        if !matches!(text, "" | "~") || !matches!(key.name, "color" | "colour") {
            return None;
        }
        let rest = self.text.get(key.end?..)?.lines().next()?;
        let (before, rest) = rest.split_once(':')?;
        hex_color(rest.trim_start()).filter(|_| before.trim().is_empty())
    }

    fn warn_about_comment(&mut self, name: &str, span: Span) {
        let rest = span
            .end
            .byte_offset()
            .and_then(|end| self.text.get(end..))
            .and_then(|rest| rest.lines().next());
        if rest.is_some_and(|rest| rest.trim_start().starts_with('#')) {
            self.warnings.push(format!(
                "what follows ' #' in '{name}' is a YAML comment and was left out; quote the value to keep it"
            ));
        }
    }
}

/// The `#rgb` … `#rrggbbaa` that a text starts with.
pub(crate) fn hex_color(text: &str) -> Option<&str> {
    let digits = text.strip_prefix('#')?;
    let length = digits
        .find(|c: char| !c.is_ascii_hexdigit())
        .unwrap_or(digits.len());
    let ends = digits
        .get(length..)?
        .starts_with(|c: char| c.is_alphanumeric());
    (matches!(length, 3 | 4 | 6 | 8) && !ends)
        .then(|| text.get(..=length))
        .flatten()
}

/// The one word before a `// comment`, as JavaScript writers put after ids. Prose is left alone.
fn without_comment(text: &str) -> Option<&str> {
    let (word, _) = text.split_once(" //")?;
    let word = word.trim_end();
    (!word.is_empty() && !word.contains(char::is_whitespace)).then_some(word)
}

fn scalar(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => match number(text) {
            Some(number) => Value::Number(number),
            None => Value::String(text.to_owned()),
        },
    }
}

/// The number that JSON would write exactly like `text`.
pub fn number(text: &str) -> Option<Number> {
    if text.len() > 40 || !text.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        return None;
    }
    // Not by serde_json, whose floats are off by one in the last place now and then.
    let number = if let Ok(number) = text.parse::<u64>() {
        Number::from(number)
    } else if let Ok(number) = text.parse::<i64>() {
        Number::from(number)
    } else {
        Number::from_f64(text.parse().ok()?)?
    };
    (number.to_string() == text).then_some(number)
}

fn fault(span: Span, reason: impl Into<String>) -> Fault {
    Fault {
        line: span.start.line(),
        column: span.start.col() + 1,
        reason: reason.into(),
        bound: false,
    }
}

fn refuse(event: &Event<'_>, span: Span) -> Result<(), Fault> {
    if event.is_alias() || event.anchor_id().is_some() {
        return Err(fault(span, "anchors and aliases are not accepted"));
    }
    if event.tag().is_some() {
        return Err(fault(span, "tags are not accepted"));
    }
    Ok(())
}

fn key_name<'t>(event: Event<'t>, span: Span) -> Result<Cow<'t, str>, Fault> {
    refuse(&event, span)?;
    match event {
        Event::Scalar(text, ScalarStyle::Plain, ..) if text == "<<" => {
            Err(fault(span, "merge keys are not accepted"))
        }
        // Between brackets such a comment would join the key after it.
        Event::Scalar(text, ScalarStyle::Plain, ..) if text.starts_with("//") => Err(fault(
            span,
            "a // comment is no comment here; YAML's start with #",
        )),
        Event::Scalar(text, ..) => Ok(text),
        _ => Err(fault(span, "a key must be one word or text")),
    }
}

#[cfg(test)]
mod tests;

//! Parses YAML and JSON text into a tree of nodes, within bounds. This is the only module that knows the YAML parser.
//!
//! The reader uses the parser's events and not serde's data model, because a request must keep what the caller wrote:
//! `title: 1.10`, `name: 007`, `label: on` and dates stay text. A plain scalar becomes a number or a boolean only where
//! JSON would write that value with exactly the same characters, so that nothing is lost. Every JSON text is YAML, so
//! one reader serves both. Each node knows its position in the text, so that a caller that knows the meaning of a value
//! can look at the comments after it ([`crate::request`]).
//!
//! Anchors and aliases are accepted within bounds, because programs that write YAML produce them. An anchor before a
//! text on one line that no alias uses is refused, because a person who wrote `&` may have meant text. Tags, merge keys
//! and directives are refused: no request needs them.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use serde_json::{Map, Number, Value};
use serde_yaml::granit_parser::{
    Event, Options, Parser, ScalarStyle, ScanError, Span, StrInput, StructureStyle,
};

/// The most text that is read: 1 MiB.
pub const MAX_BYTES: usize = 1 << 20;
/// The deepest nesting of lists and mappings.
const MAX_DEPTH: usize = 64;
/// The most scalars, lists and mappings in one text.
const MAX_NODES: usize = 100_000;
/// The most aliases in one text, and the most anchors.
const MAX_ALIASES: usize = 256;
/// The most text that the aliases of one text may stand for together, in bytes, and the most that its anchors may hold:
/// 1 MiB.
const MAX_EXPANDED: usize = 1 << 20;
/// The most characters of a key that an error repeats.
const MAX_KEY_CHARS: usize = 60;

/// Why a text cannot be read, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct YamlError {
    /// The line, from 1; 0 where the error concerns the text as a whole.
    pub line: usize,
    /// The character within the line, from 1; 0 where the error concerns the text as a whole.
    pub column: usize,
    /// What is wrong, in the words of the parser or of this module.
    pub reason: String,
    /// Whether a bound was exceeded. No repair is tried then, because none can help.
    pub bound: bool,
}

/// A scalar, list or mapping, with its place in the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The content.
    pub content: Content,
    /// The node's bytes in the text. The span of an absent value is the empty range after its key. For lists and
    /// mappings only the start is meaningful.
    pub span: Range<usize>,
    /// Whether an alias put the node here, so that its content was written elsewhere.
    pub aliased: bool,
}

/// The content of a node.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// A scalar's text, after YAML's own escapes and folding.
    Scalar(String, Style),
    /// A list.
    List(Vec<Node>, Layout),
    /// A mapping in the order of the text; its keys are unique.
    Map(Vec<Entry>, Layout),
}

/// An entry of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The key's bytes in the text, including quotes.
    pub key_span: Range<usize>,
    /// The value.
    pub value: Node,
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In single quotes.
    Single,
    /// In double quotes.
    Double,
    /// Block text after `|`.
    Literal,
    /// Block text after `>`.
    Folded,
}

/// How a list or mapping is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// By indentation.
    Block,
    /// Between brackets or braces.
    Flow,
}

impl Node {
    /// The node's value by YAML's core schema, except that a scalar stays text where a number would be written
    /// differently.
    pub fn value(&self) -> Value {
        match &self.content {
            Content::Scalar(text, Style::Plain) => scalar(text),
            Content::Scalar(text, _) => Value::from(text.as_str()),
            Content::List(items, _) => items.iter().map(Self::value).collect(),
            Content::Map(entries, _) => {
                let entries = entries.iter();
                let map: Map<String, Value> = entries
                    .map(|entry| (entry.key.clone(), entry.value.value()))
                    .collect();
                map.into()
            }
        }
    }

    /// The entry of a mapping that has this key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.content {
            Content::Map(entries, _) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// Whether the node is the value of a key, or the item of a list, for which the text has nothing.
    pub fn is_absent(&self) -> bool {
        self.span.is_empty() && matches!(&self.content, Content::Scalar(_, Style::Plain))
    }

    /// Whether a comment follows any plain scalar in the node.
    fn has_comment(&self, text: &str) -> bool {
        match &self.content {
            Content::Scalar(_, Style::Plain) => {
                let rest = text.get(self.span.end..).unwrap_or_default();
                let is_item = || {
                    let before = text.get(..self.span.start).unwrap_or_default();
                    let line = before.rsplit('\n').next().unwrap_or_default();
                    line.trim_start_matches([' ', '-']).starts_with('#')
                };
                (self.is_absent() && is_item())
                    || rest.trim_start_matches([' ', '\t', ':']).starts_with('#')
            }
            Content::Scalar(..) => false,
            Content::List(items, _) => items.iter().any(|item| item.has_comment(text)),
            Content::Map(entries, _) => {
                let mut values = entries.iter().map(|entry| &entry.value);
                values.any(|value| value.has_comment(text))
            }
        }
    }

    /// Whether the node is null, written or absent.
    pub fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar(text, Style::Plain) if scalar(text).is_null())
    }

    /// How much memory a copy of the node takes: the bytes of its texts, plus one for each node.
    fn weight(&self) -> usize {
        1 + match &self.content {
            Content::Scalar(text, _) => text.len(),
            Content::List(items, _) => items.iter().map(Self::weight).sum(),
            Content::Map(entries, _) => entries
                .iter()
                .map(|entry| entry.key.len() + entry.value.weight())
                .sum(),
        }
    }

    /// The number of nodes in the node, including itself.
    fn count(&self) -> usize {
        1 + match &self.content {
            Content::Scalar(..) => 0,
            Content::List(items, _) => items.iter().map(Self::count).sum(),
            Content::Map(entries, _) => entries.iter().map(|entry| 1 + entry.value.count()).sum(),
        }
    }

    /// The number of levels of lists and mappings in the node.
    fn depth(&self) -> usize {
        let deepest =
            |depths: &mut dyn Iterator<Item = usize>| depths.max().map_or(0, |most| most + 1);
        match &self.content {
            Content::Scalar(..) => 0,
            Content::List(items, _) => deepest(&mut items.iter().map(Self::depth)),
            Content::Map(entries, _) => {
                deepest(&mut entries.iter().map(|entry| entry.value.depth()))
            }
        }
    }
}

/// Reads all documents of a text in their order, without the empty ones. Positions are counted from after a byte order
/// mark, as [`without_mark`] removes it.
///
/// # Errors
/// The first error: of the syntax, a duplicate key, something that is refused (see the module), or an exceeded bound
/// ([`MAX_BYTES`], 64 levels, 100,000 nodes, 256 anchors with 1 MiB, 256 aliases for 1 MiB).
pub fn parse(text: &str) -> Result<Vec<Node>, YamlError> {
    if text.len() > MAX_BYTES {
        return Err(text_error(format!(
            "the request is {} bytes long; the most is {MAX_BYTES}",
            text.len()
        )));
    }
    let text = without_mark(text);
    let mut options = Options::default();
    options.disallow_directives = true;
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    options.set_emit_comments(false);
    let mut reader = Reader {
        parser: Parser::new_from_str_with_options(text, options),
        node_count: 0,
        anchors: HashMap::new(),
        unused_anchors: HashMap::new(),
        alias_count: 0,
        anchored_weight: 0,
        alias_weight: 0,
    };
    let mut documents = Vec::new();
    while let Some(next) = reader.parser.next_event() {
        let (event, span) = next?;
        if matches!(
            event,
            Event::StreamStart | Event::StreamEnd | Event::DocumentStart(..) | Event::DocumentEnd
        ) {
            continue;
        }
        let node = reader.node(event, span, 0)?;
        if !node.is_null() {
            documents.push(node);
        }
    }
    let first_unused = reader
        .unused_anchors
        .values()
        .min_by_key(|span| span.start.index());
    match first_unused {
        Some(span) => Err(error_at(
            *span,
            "an anchor (&) that no alias (*) uses is not accepted",
        )),
        None => Ok(documents),
    }
}

/// The text without a leading byte order mark.
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// The single value that a text holds as YAML or JSON, without any repair. Returns `None` for a text that cannot be
/// parsed, is empty, holds several documents, or has a comment after a value, because the comment may be meant as
/// text.
pub fn single_value(text: &str) -> Option<Value> {
    let mut nodes = parse(text).ok()?;
    let node = nodes.pop()?;
    let plain = nodes.is_empty() && !node.has_comment(without_mark(text));
    plain.then(|| node.value())
}

/// The error for a text that exceeds a bound as a whole.
fn text_error(reason: String) -> YamlError {
    YamlError {
        line: 0,
        column: 0,
        reason,
        bound: true,
    }
}

impl From<ScanError> for YamlError {
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

/// Builds nodes from the events of the parser, and counts what the bounds limit.
struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    node_count: usize,
    /// The nodes that have an anchor, by the number of the anchor.
    anchors: HashMap<usize, Node>,
    /// The positions of the anchors that no alias has used yet.
    unused_anchors: HashMap<usize, Span>,
    alias_count: usize,
    /// The weight of all anchored nodes.
    anchored_weight: usize,
    /// The weight of all copies that aliases made.
    alias_weight: usize,
}

impl<'t> Reader<'t> {
    /// The next event.
    ///
    /// # Errors
    /// The error of the syntax, or that the text has ended.
    fn next(&mut self) -> Result<(Event<'t>, Span), YamlError> {
        match self.parser.next_event() {
            Some(next) => Ok(next?),
            None => Err(YamlError {
                bound: false,
                ..text_error("the text ends too early".to_owned())
            }),
        }
    }

    /// Builds the node that begins with an event.
    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Node, YamlError> {
        self.count(1, span, depth)?;
        refuse_tag(&event, span)?;
        if let Event::Alias(anchor) = event {
            return self.alias(anchor, span, depth);
        }
        let anchor = event.anchor_id();
        let content = match event {
            Event::Scalar(text, style, ..) => Content::Scalar(text.into_owned(), style.into()),
            Event::SequenceStart(layout, ..) => {
                let mut items = Vec::new();
                loop {
                    let (event, span) = self.next()?;
                    if event == Event::SequenceEnd {
                        break;
                    }
                    items.push(self.node(event, span, depth + 1)?);
                }
                Content::List(items, layout.into())
            }
            Event::MappingStart(layout, ..) => Content::Map(self.mapping(depth)?, layout.into()),
            other => return Err(error_at(span, format!("{other:?} was not expected here"))),
        };
        let node = Node {
            content,
            span: byte_range(span),
            aliased: false,
        };
        if let Some(anchor) = anchor {
            self.anchored_weight += node.weight();
            if self.anchors.len() >= MAX_ALIASES || self.anchored_weight > MAX_EXPANDED {
                let reason = format!("more than {MAX_ALIASES} anchors, or more than 1 MiB in them");
                return Err(bound_error(span, reason));
            }
            // Only a text on one line can be meant to begin with `&`.
            if let Content::Scalar(_, Style::Plain | Style::Single | Style::Double) = &node.content
            {
                self.unused_anchors.insert(anchor, span);
            }
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    /// Copies the node that an alias stands for. An anchor becomes known when its node is complete, so that no node
    /// can contain itself.
    fn alias(&mut self, anchor: usize, span: Span, depth: usize) -> Result<Node, YamlError> {
        let Some(node) = self.anchors.get(&anchor) else {
            return Err(error_at(
                span,
                "an alias (*) stands within what it stands for",
            ));
        };
        self.unused_anchors.remove(&anchor);
        self.alias_count += 1;
        self.alias_weight += node.weight();
        if self.alias_count > MAX_ALIASES || self.alias_weight > MAX_EXPANDED {
            let reason = format!("more than {MAX_ALIASES} aliases, or more than 1 MiB in them");
            return Err(bound_error(span, reason));
        }
        let mut node = node.clone();
        self.count(node.count(), span, depth + node.depth())?;
        node.span = byte_range(span);
        node.aliased = true;
        Ok(node)
    }

    /// Counts nodes against the bounds.
    fn count(&mut self, nodes: usize, span: Span, depth: usize) -> Result<(), YamlError> {
        self.node_count += nodes;
        if self.node_count > MAX_NODES {
            return Err(bound_error(span, format!("more than {MAX_NODES} values")));
        }
        if depth > MAX_DEPTH {
            return Err(bound_error(
                span,
                format!("nested deeper than {MAX_DEPTH} levels"),
            ));
        }
        Ok(())
    }

    /// Builds the entries of a mapping whose start was read.
    fn mapping(&mut self, depth: usize) -> Result<Vec<Entry>, YamlError> {
        let mut entries = Vec::new();
        let mut keys = HashSet::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(entries);
            }
            self.count(1, span, depth + 1)?;
            let key = key_name(event, span)?.into_owned();
            if !keys.insert(key.clone()) {
                let shown: String = key.chars().take(MAX_KEY_CHARS).collect();
                return Err(error_at(
                    span,
                    format!("the key '{shown}' stands here twice"),
                ));
            }
            let (event, value_span) = self.next()?;
            let value = self.node(event, value_span, depth + 1)?;
            entries.push(Entry {
                key,
                key_span: byte_range(span),
                value,
            });
        }
    }
}

impl From<ScalarStyle> for Style {
    fn from(style: ScalarStyle) -> Self {
        match style {
            ScalarStyle::Plain => Self::Plain,
            ScalarStyle::SingleQuoted => Self::Single,
            ScalarStyle::DoubleQuoted => Self::Double,
            ScalarStyle::Literal => Self::Literal,
            ScalarStyle::Folded => Self::Folded,
        }
    }
}

impl From<StructureStyle> for Layout {
    fn from(style: StructureStyle) -> Self {
        match style {
            StructureStyle::Block => Self::Block,
            StructureStyle::Flow => Self::Flow,
        }
    }
}

/// A span as byte offsets. The parser counts bytes for every input that is a string.
fn byte_range(span: Span) -> Range<usize> {
    let offset =
        |marker: serde_yaml::granit_parser::Marker| marker.byte_offset().unwrap_or_default();
    offset(span.start)..offset(span.end)
}

/// The error for an exceeded bound.
fn bound_error(span: Span, reason: String) -> YamlError {
    YamlError {
        bound: true,
        ..error_at(span, reason)
    }
}

/// The colour `#rgb` … `#rrggbbaa` that a text begins with.
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

/// The value of a plain scalar.
fn scalar(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => match json_number(text) {
            Some(number) => Value::Number(number),
            None => Value::String(text.to_owned()),
        },
    }
}

/// The number that JSON would write with exactly the characters of `text`.
pub fn json_number(text: &str) -> Option<Number> {
    if text.len() > 40 || !text.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        return None;
    }
    // serde_json is not used for this, because its floats can be off by one in the last place.
    let number = if let Ok(number) = text.parse::<u64>() {
        Number::from(number)
    } else if let Ok(number) = text.parse::<i64>() {
        Number::from(number)
    } else {
        Number::from_f64(text.parse().ok()?)?
    };
    (number.to_string() == text).then_some(number)
}

/// The error at the start of a span.
fn error_at(span: Span, reason: impl Into<String>) -> YamlError {
    YamlError {
        line: span.start.line(),
        column: span.start.col() + 1,
        reason: reason.into(),
        bound: false,
    }
}

/// Refuses a tag.
///
/// # Errors
/// Where the event has a tag.
fn refuse_tag(event: &Event<'_>, span: Span) -> Result<(), YamlError> {
    match event.tag() {
        Some(_) => Err(error_at(span, "tags are not accepted")),
        None => Ok(()),
    }
}

/// The key of an entry.
///
/// # Errors
/// For anything but a scalar without an anchor, and for merge keys and comments of another language.
fn key_name<'t>(event: Event<'t>, span: Span) -> Result<Cow<'t, str>, YamlError> {
    refuse_tag(&event, span)?;
    if event.is_alias() || event.anchor_id().is_some() {
        return Err(error_at(span, "a key has no anchor and is no alias"));
    }
    match event {
        Event::Scalar(text, ScalarStyle::Plain, ..) if text == "<<" => {
            Err(error_at(span, "merge keys are not accepted"))
        }
        // Between brackets, a comment of another language would become part of the key after it.
        Event::Scalar(text, ScalarStyle::Plain, ..) if text.starts_with("//") => Err(error_at(
            span,
            "a // comment is no comment here; YAML's start with #",
        )),
        Event::Scalar(text, style, ..)
            if style != ScalarStyle::Plain || !byte_range(span).is_empty() =>
        {
            Ok(text)
        }
        _ => Err(error_at(span, "a key must be one word or text")),
    }
}

#[cfg(test)]
mod tests;

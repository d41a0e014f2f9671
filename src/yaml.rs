//! YAML and JSON text → a tree of nodes, within bounds. The only module that knows the YAML parser.
//!
//! The reader takes the parser's events rather than serde's data model, because a request must keep what a caller
//! wrote: `title: 1.10`, `name: 007`, `label: on` and dates stay text. A plain scalar becomes a number or a boolean
//! only when JSON would write that value with the very same characters, so nothing is lost by it. Every JSON text is
//! YAML, so there is one reader for both. Each node knows where it stands in the text, so that who knows what a value
//! is for can look at the comments behind it ([`crate::request`]).
//!
//! Anchors and aliases are read within bounds, since programs that write YAML make them; an anchor in front of a text on
//! one line that no alias uses is refused, since a person who wrote `&` may have meant text. Tags, merge keys and directives are refused: no request needs
//! them.

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
/// How much of a key a fault repeats, in characters.
const SHOWN: usize = 60;

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

/// A scalar, list or mapping, with its place in the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it holds.
    pub content: Content,
    /// Its bytes in the text, from its first character to behind its last one. An absent value is the empty range
    /// behind its key. For lists and mappings only the start counts.
    pub span: Range<usize>,
    /// Whether it stands here by an alias, so that its content was written elsewhere.
    pub aliased: bool,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// A scalar's text after YAML's own escapes and folding.
    Scalar(String, Style),
    /// A list.
    List(Vec<Node>, Layout),
    /// A mapping in the order in which it was written; its keys are unique.
    Map(Vec<Entry>, Layout),
}

/// An entry of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The key's bytes in the text, quotes included.
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
    /// Behind `|`.
    Literal,
    /// Behind `>`.
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

impl Style {
    /// Whether it is block text, behind `|` or `>`.
    fn is_block(self) -> bool {
        matches!(self, Self::Literal | Self::Folded)
    }
}

impl Node {
    /// The value that the node has by YAML alone: the core schema, but text wherever the characters would not survive.
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

    /// Whether it is the value of a key, or the item of a list, that nothing was written for.
    pub fn is_absent(&self) -> bool {
        self.span.is_empty() && matches!(&self.content, Content::Scalar(_, Style::Plain))
    }

    /// Whether a comment stands behind a plain scalar in it.
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

    /// Whether it is null, written or not.
    pub fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar(text, Style::Plain) if scalar(text).is_null())
    }

    /// How much a copy of it adds: the bytes of its texts, and one for each node.
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

    /// How many nodes it is.
    fn count(&self) -> usize {
        1 + match &self.content {
            Content::Scalar(..) => 0,
            Content::List(items, _) => items.iter().map(Self::count).sum(),
            Content::Map(entries, _) => entries.iter().map(|entry| 1 + entry.value.count()).sum(),
        }
    }
}

/// Reads all documents of a text in their order; empty ones are left out. Positions are counted from behind a byte
/// order mark, which [`without_mark`] takes off.
///
/// # Errors
/// The first fault: the syntax's, a duplicate key, something refused (see the module), or a bound passed
/// ([`MAX_BYTES`], 64 levels, 100,000 nodes, 256 anchors with 1 MiB, 256 aliases for 1 MiB).
pub fn parse(text: &str) -> Result<Vec<Node>, Fault> {
    if text.len() > MAX_BYTES {
        return Err(whole(format!(
            "the request is {} bytes long; the most is {MAX_BYTES}",
            text.len()
        )));
    }
    let text = without_mark(text);
    let mut reader = Reader {
        parser: Parser::new_from_str_with_options(text, options()),
        nodes: 0,
        anchors: HashMap::new(),
        unused: HashMap::new(),
        aliases: 0,
        held: 0,
        expanded: 0,
    };
    reader.documents()
}

/// The text without the byte order mark that it may begin with.
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// The one value that a text holds as YAML or JSON, without any repair; `None` for a text that cannot be read, is empty,
/// holds several documents, or holds a value with a comment behind it, since what stands there may be meant as text.
pub fn value(text: &str) -> Option<Value> {
    let mut nodes = parse(text).ok()?;
    let node = nodes.pop()?;
    let plain = nodes.is_empty() && !node.has_comment(without_mark(text));
    plain.then(|| node.value())
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
    nodes: usize,
    /// The nodes that have an anchor, by its number.
    anchors: HashMap<usize, Node>,
    /// Where the anchors stand that no alias has used yet.
    unused: HashMap<usize, Span>,
    aliases: usize,
    /// How much the anchors hold.
    held: usize,
    /// How much the aliases stand for.
    expanded: usize,
}

impl<'t> Reader<'t> {
    fn documents(&mut self) -> Result<Vec<Node>, Fault> {
        let mut nodes = Vec::new();
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
            let node = self.node(event, span, 0)?;
            if !node.is_null() {
                nodes.push(node);
            }
        }
        let first = self.unused.values().min_by_key(|span| span.start.index());
        match first {
            Some(span) => Err(fault(
                *span,
                "an anchor (&) that no alias (*) uses is not accepted",
            )),
            None => Ok(nodes),
        }
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), Fault> {
        match self.parser.next_event() {
            Some(next) => Ok(next?),
            None => Err(Fault {
                bound: false,
                ..whole("the text ends too early".to_owned())
            }),
        }
    }

    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Node, Fault> {
        self.count(1, span, depth)?;
        refuse_tag(&event, span)?;
        if let Event::Alias(anchor) = event {
            return self.alias(anchor, span, depth);
        }
        let anchor = event.anchor_id();
        let content = match event {
            Event::Scalar(text, style, ..) => Content::Scalar(text.into_owned(), style.into()),
            Event::SequenceStart(layout, ..) => Content::List(self.sequence(depth)?, layout.into()),
            Event::MappingStart(layout, ..) => Content::Map(self.mapping(depth)?, layout.into()),
            other => return Err(fault(span, format!("{other:?} was not expected here"))),
        };
        let node = Node {
            content,
            span: bytes(span),
            aliased: false,
        };
        if let Some(anchor) = anchor {
            self.held += node.weight();
            if self.anchors.len() >= MAX_ALIASES || self.held > MAX_EXPANDED {
                let reason = format!("more than {MAX_ALIASES} anchors, or more than 1 MiB in them");
                return Err(bound(span, reason));
            }
            // Only a text on one line can be meant to begin with `&`.
            if matches!(&node.content, Content::Scalar(_, style) if !style.is_block()) {
                self.unused.insert(anchor, span);
            }
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    /// A copy of what an alias stands for. An anchor is known once its node is whole, so that none holds itself.
    fn alias(&mut self, anchor: usize, span: Span, depth: usize) -> Result<Node, Fault> {
        let Some(node) = self.anchors.get(&anchor) else {
            return Err(fault(span, "an alias (*) stands within what it stands for"));
        };
        self.unused.remove(&anchor);
        self.aliases += 1;
        self.expanded += node.weight();
        if self.aliases > MAX_ALIASES || self.expanded > MAX_EXPANDED {
            let reason = format!("more than {MAX_ALIASES} aliases, or more than 1 MiB in them");
            return Err(bound(span, reason));
        }
        let mut node = node.clone();
        self.count(node.count(), span, depth + node.depth())?;
        node.span = bytes(span);
        node.aliased = true;
        Ok(node)
    }

    fn count(&mut self, nodes: usize, span: Span, depth: usize) -> Result<(), Fault> {
        self.nodes += nodes;
        if self.nodes > MAX_NODES {
            return Err(bound(span, format!("more than {MAX_NODES} values")));
        }
        if depth > MAX_DEPTH {
            return Err(bound(
                span,
                format!("nested deeper than {MAX_DEPTH} levels"),
            ));
        }
        Ok(())
    }

    fn sequence(&mut self, depth: usize) -> Result<Vec<Node>, Fault> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(items);
            }
            items.push(self.node(event, span, depth + 1)?);
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Vec<Entry>, Fault> {
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
                let shown: String = key.chars().take(SHOWN).collect();
                return Err(fault(span, format!("the key '{shown}' stands here twice")));
            }
            let (event, value_span) = self.next()?;
            let value = self.node(event, value_span, depth + 1)?;
            entries.push(Entry {
                key,
                key_span: bytes(span),
                value,
            });
        }
    }
}

impl Node {
    /// How many levels of lists and mappings it holds.
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

/// A span as bytes of the text. The parser counts them for every input that is a string.
fn bytes(span: Span) -> Range<usize> {
    let offset =
        |marker: serde_yaml::granit_parser::Marker| marker.byte_offset().unwrap_or_default();
    offset(span.start)..offset(span.end)
}

fn bound(span: Span, reason: String) -> Fault {
    Fault {
        bound: true,
        ..fault(span, reason)
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

fn refuse_tag(event: &Event<'_>, span: Span) -> Result<(), Fault> {
    match event.tag() {
        Some(_) => Err(fault(span, "tags are not accepted")),
        None => Ok(()),
    }
}

fn key_name<'t>(event: Event<'t>, span: Span) -> Result<Cow<'t, str>, Fault> {
    refuse_tag(&event, span)?;
    if event.is_alias() || event.anchor_id().is_some() {
        return Err(fault(span, "a key has no anchor and is no alias"));
    }
    match event {
        Event::Scalar(text, ScalarStyle::Plain, ..) if text == "<<" => {
            Err(fault(span, "merge keys are not accepted"))
        }
        // Between brackets such a comment would join the key after it.
        Event::Scalar(text, ScalarStyle::Plain, ..) if text.starts_with("//") => Err(fault(
            span,
            "a // comment is no comment here; YAML's start with #",
        )),
        Event::Scalar(text, style, ..)
            if style != ScalarStyle::Plain || !bytes(span).is_empty() =>
        {
            Ok(text)
        }
        _ => Err(fault(span, "a key must be one word or text")),
    }
}

#[cfg(test)]
mod tests;

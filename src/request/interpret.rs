//! Turns the nodes of a parsed text into the values of a request. YAML decides most values; the meaning of a `#`, a `//`
//! or a line break depends on what the parameter can hold ([`Form`]):
//!
//! | written | read |
//! |---|---|
//! | `body: Fixed in PR #12` | text: one space before the `#`, a letter or digit after it |
//! | `team: ENG   # Required` | a comment: two spaces or more; a warning names it where the value is a text or a name |
//! | `priority: 2 # high` | a comment: no number holds a `#` |
//! | `title: Fix # now` | refused with both readings |
//! | `description: # Overview`, and nothing below | refused with both readings |
//! | `color: #f2994a`, `cycle: #12` | the value: its form has a `#` |
//! | `description:` above lines with headings or lists | text with its lines |
//!
//! Everything that is left out is named in a warning, except comments after values that cannot contain a `#`.

use serde_json::{Map, Value};

use super::repair::LoadedDocument;
use super::repair::lines::{self, HashKind, indent, is_part, literal};
use super::{Grammar, MAX_SHOWN_CHARS, Parameter, bounded, failure, shown};
use crate::error::Error;
use crate::params::{Form, NullMeaning, is_filter_key, plain_name};
use crate::text::abbreviate;
use crate::yaml::{Content, Entry, Layout, Node, Style, hex_color};

/// Reads the request from the node of a text, or the parameters of `operation` where that is given.
///
/// The returned value is the request as an object. Every reading that differs from YAML's, and everything left out, is
/// added to the warnings of the text.
///
/// # Errors
/// INVALID_REQUEST where a value in the parameters can be read in two ways, with both readings as YAML in the
/// suggestions.
pub(super) fn interpret(
    loaded: &mut LoadedDocument,
    operation: Option<&str>,
    grammar: &dyn Grammar,
) -> Result<Value, Error> {
    let LoadedDocument { text, node, .. } = &*loaded;
    let mut interpreter = Interpreter {
        text,
        grammar,
        warnings: Vec::new(),
        comments: Vec::new(),
        ambiguities: loaded.ambiguities.clone(),
    };
    let value = match (operation, &node.content) {
        (Some(operation), Content::Map(entries, layout)) => {
            let entries: Vec<&Entry> = entries.iter().collect();
            Value::Object(interpreter.read_parameters(operation, &entries, *layout))
        }
        (Some(_), _) => node.value(),
        (None, _) => interpreter.read_request(node),
    };
    interpreter
        .ambiguities
        .sort_by_key(|ambiguity| ambiguity.offset);
    if let Some(error) = failure::ambiguous(text, &interpreter.ambiguities) {
        return Err(error);
    }
    let mut warnings = bounded(interpreter.warnings, "warnings of this kind");
    if !interpreter.comments.is_empty() {
        let comments = bounded(interpreter.comments, "comments").join(", ");
        warnings.push(format!(
            "left out YAML comments: {comments}; quote a value to keep what stands behind it"
        ));
    }
    loaded.warnings.append(&mut warnings);
    Ok(value)
}

/// A value that can be read in two ways.
#[derive(Clone, Debug)]
pub struct Ambiguity {
    /// The parameter with the place inside it: `labels[1]`.
    pub name: String,
    /// The byte offset of the value in the text.
    pub offset: usize,
    /// The line as the caller wrote it, where the text was changed to one of the readings.
    pub line: Option<String>,
    /// Corrected YAML that keeps the part after the `#`; `None` where that cannot be a value.
    pub kept: Option<String>,
    /// Corrected YAML without the part after the `#`; `None` where the parameter needs a value.
    pub dropped: Option<String>,
    /// Whether the reading without that part clears the present value.
    pub clears: bool,
}

/// Turns nodes into values, and collects what the caller has to know about it.
struct Interpreter<'t> {
    text: &'t str,
    grammar: &'t dyn Grammar,
    warnings: Vec<String>,
    /// The comments that were left out, each with the parameter before it.
    comments: Vec<String>,
    ambiguities: Vec<Ambiguity>,
}

/// The position of a value in the text, with the parameter that the value belongs to.
struct Slot<'s> {
    /// The parameter with the place inside it, for messages: `labels[1]`.
    name: String,
    /// What stands before the value in corrected YAML: `title: `, or `- `.
    head: &'s str,
    /// The column of the key or the dash.
    column: usize,
    /// The byte offset at which the value begins, after the colon or the dash.
    from: usize,
    layout: Layout,
    parameter: Parameter,
}

/// The rest of a value's line that begins with a `#`.
struct TrailingHash<'t> {
    /// The number of columns between the value and the `#`.
    gap: usize,
    /// The rest of the line, from the `#` on.
    rest: &'t str,
}

impl TrailingHash<'_> {
    /// What the `#` means after a text.
    fn kind(&self) -> HashKind {
        HashKind::new(self.gap, self.rest)
    }

    /// Whether the `#` belongs to the words before it: `PR #12`.
    fn is_text(&self) -> bool {
        self.kind() == HashKind::Text
    }
}

impl<'t> Interpreter<'t> {
    /// Reads a request from its node.
    fn read_request(&mut self, node: &Node) -> Value {
        let Content::Map(entries, layout) = &node.content else {
            return self.without_slash_comment(node);
        };
        let operation = node
            .entry("operation")
            .map(|entry| self.without_slash_comment(&entry.value));
        let name = operation
            .as_ref()
            .and_then(Value::as_str)
            .unwrap_or_default()
            .trim()
            .to_owned();
        let (parts, beside): (Vec<&Entry>, Vec<&Entry>) =
            entries.iter().partition(|entry| is_part(&entry.key));
        let mut map = Map::new();
        for Entry { key, value, .. } in parts {
            let value = match (key.as_str(), &value.content) {
                ("operation", _) => operation.clone().unwrap_or_default(),
                ("params", Content::Map(inner, layout)) => {
                    let inner: Vec<&Entry> = inner.iter().collect();
                    Value::Object(self.read_parameters(&name, &inner, *layout))
                }
                ("params", _) => value.value(),
                // Nothing in the context is ever refused.
                (_, Content::Map(inner, _)) => inner
                    .iter()
                    .map(|Entry { key, value, .. }| {
                        (key.clone(), self.without_slash_comment(value))
                    })
                    .collect::<Map<_, _>>()
                    .into(),
                _ => self.without_slash_comment(value),
            };
            map.insert(key.clone(), value);
        }
        map.extend(self.read_parameters(&name, &beside, *layout));
        Value::Object(map)
    }

    /// Reads the parameters of an operation from these entries.
    fn read_parameters(
        &mut self,
        operation: &str,
        entries: &[&Entry],
        layout: Layout,
    ) -> Map<String, Value> {
        let keys: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
        let parameters = self.grammar.parameters(operation, &keys);
        let mut map = Map::new();
        for (entry, parameter) in entries.iter().zip(parameters) {
            let value = match (parameter, &entry.value.content) {
                (Some(parameter), _) => {
                    let head = format!("{}: ", entry.key);
                    let slot = self.slot(shown(&entry.key), &head, entry, layout, parameter);
                    self.read_value(&slot, &entry.value)
                }
                (None, Content::Map(inner, layout)) if is_filter_key(&plain_name(&entry.key)) => {
                    let inner: Vec<&Entry> = inner.iter().collect();
                    Value::Object(self.read_parameters(operation, &inner, *layout))
                }
                (None, _) => entry.value.value(),
            };
            map.insert(entry.key.clone(), value);
        }
        map
    }

    /// The position of the value of an entry.
    fn slot<'s>(
        &self,
        name: String,
        head: &'s str,
        entry: &Entry,
        layout: Layout,
        parameter: Parameter,
    ) -> Slot<'s> {
        let behind = self.text.get(entry.key_span.end..).unwrap_or_default();
        let spaces = behind.len() - behind.trim_start_matches([' ', '\t']).len();
        let colon = behind
            .get(spaces..)
            .is_some_and(|rest| rest.starts_with(':'));
        Slot {
            name,
            head,
            // Columns mean nothing between brackets, and everything may be on one long line.
            column: match layout {
                Layout::Block => self.column(entry.key_span.start),
                Layout::Flow => 0,
            },
            from: entry.key_span.end + if colon { spaces + 1 } else { 0 },
            layout,
            parameter,
        }
    }

    /// Reads the value of a parameter, or a value inside it.
    fn read_value(&mut self, slot: &Slot<'_>, node: &Node) -> Value {
        if node.aliased {
            return node.value();
        }
        let form = slot.parameter.form;
        match &node.content {
            Content::Scalar(text, style) => self.read_scalar(slot, node, text, *style),
            Content::List(_, Layout::Block) | Content::Map(_, Layout::Block)
                if form == Form::Markdown && slot.layout == Layout::Block =>
            {
                self.markdown_lines(slot, node)
                    .unwrap_or_else(|| node.value())
            }
            Content::List(items, layout) => {
                let items = items.iter().enumerate();
                items
                    .map(|(index, item)| self.read_item(slot, index, item, *layout))
                    .collect()
            }
            Content::Map(_, _) if form == Form::Operations => self.read_request(node),
            Content::Map(entries, layout) => {
                let mut map = Map::new();
                for entry in entries {
                    let name = shown(&format!("{}.{}", slot.name, shown(&entry.key)));
                    let head = format!("{}: ", entry.key);
                    let parameter = Parameter {
                        form: form.of_entry(&entry.key),
                        list: false,
                        null: match entry.key.as_str() {
                            "name" | "url" | "heading" | "anchor" | "text" => NullMeaning::Refused,
                            _ => NullMeaning::Absent,
                        },
                    };
                    let slot = self.slot(name, &head, entry, *layout, parameter);
                    map.insert(entry.key.clone(), self.read_value(&slot, &entry.value));
                }
                Value::Object(map)
            }
        }
    }

    /// Reads an item of a list.
    fn read_item(&mut self, slot: &Slot<'_>, index: usize, item: &Node, layout: Layout) -> Value {
        let (column, from) = match layout {
            Layout::Block => {
                let line = self.line_start(item.span.start);
                let margin = self.text.get(line..).unwrap_or_default();
                let dashes = margin.len() - margin.trim_start_matches([' ', '\t', '-']).len();
                let from = match item.is_absent() {
                    true => (line + dashes).min(item.span.start),
                    false => item.span.start,
                };
                (indent(margin), from)
            }
            Layout::Flow => (0, item.span.start),
        };
        let slot = Slot {
            name: shown(&format!("{}[{index}]", slot.name)),
            head: if layout == Layout::Block { "- " } else { "" },
            column,
            from,
            layout,
            parameter: Parameter {
                list: false,
                null: NullMeaning::Refused,
                ..slot.parameter
            },
        };
        self.read_value(&slot, item)
    }

    /// Reads a scalar in any style.
    fn read_scalar(&mut self, slot: &Slot<'_>, node: &Node, text: &str, style: Style) -> Value {
        let markdown = slot.parameter.form == Form::Markdown;
        match style {
            Style::Plain if node.is_absent() => return self.read_absent(slot),
            Style::Plain => {
                if markdown
                    && slot.layout == Layout::Block
                    && let Some(value) = self.markdown_lines(slot, node)
                {
                    return value;
                }
                return self.read_plain(slot, node, text);
            }
            Style::Folded if markdown => {
                if let Some(value) = self.folded_markdown(slot) {
                    return value;
                }
            }
            Style::Single | Style::Double if markdown => {
                if style == Style::Single {
                    self.warn_about_escapes(slot, text);
                }
                self.warn_about_joined(slot, node);
            }
            _ => {}
        }
        if matches!(style, Style::Folded | Style::Literal) {
            let header = self.line_from(self.block_mark(slot.from)).trim();
            // For an item of a list, this is the text itself and not a header.
            if lines::opens_block_text(header) {
                if text.trim().is_empty() {
                    // The mark may be meant as the value.
                    let (mark, _) = header.split_at(1);
                    if markdown {
                        self.warnings.push(format!(
                            "'{}' is empty: '{mark}' opens a text, and none stands below it",
                            slot.name
                        ));
                    } else {
                        self.add_absent_ambiguity(slot, Some(literal(mark)));
                    }
                }
                if let Some(comment) = header.find(" #").and_then(|at| header.get(at + 1..)) {
                    self.warn_about_comment(slot, comment);
                }
            }
        }
        Value::from(text)
    }

    /// Reads a plain scalar that is not empty, with the rest of its line.
    fn read_plain(&mut self, slot: &Slot<'_>, node: &Node, text: &str) -> Value {
        let form = slot.parameter.form;
        let holds_text = match form {
            Form::Markdown
            | Form::Line
            | Form::Heading
            | Form::Name
            | Form::Label
            | Form::SubIssue => true,
            Form::Cycle => !text.bytes().all(|byte| byte.is_ascii_digit()),
            Form::Identifier
            | Form::Word
            | Form::Color
            | Form::Link
            | Form::Edits
            | Form::Operations => false,
        };
        let exact = form.is_exact(
            text.split_once(" //")
                .map_or(text, |(word, _)| word.trim_end()),
        );
        let holds_text = holds_text && !exact;
        let value = if holds_text {
            node.value()
        } else {
            self.without_slash_comment(node)
        };
        let Some(hash) = self.trailing_hash(node.span.end) else {
            if form == Form::Markdown {
                self.warn_about_escapes(slot, text);
            }
            return value;
        };
        if !holds_text {
            if hash.is_text() || exact {
                self.warn_about_comment(slot, hash.rest);
            }
            return value;
        }
        if hash.kind() == HashKind::Comment {
            self.warn_about_comment(slot, hash.rest);
            return value;
        }
        // After a `#` that belongs to the text, a comment may follow as after any text.
        let at = hash.rest.find("  #").unwrap_or(hash.rest.len());
        let (rest, comment) = hash.rest.split_at(at);
        if hash.is_text() && !comment.is_empty() {
            self.warn_about_comment(slot, comment.trim_start());
        }
        let rest = if hash.is_text() {
            rest.trim_end()
        } else {
            hash.rest
        };
        let whole = format!("{text} {rest}");
        if hash.is_text() && slot.layout == Layout::Block {
            return Value::from(whole);
        }
        self.ambiguities.push(Ambiguity {
            name: slot.name.clone(),
            offset: node.span.start,
            line: None,
            kept: Some(format!("{}{}", slot.head, literal(&whole))),
            dropped: match value.is_null() {
                true if slot.parameter.null == NullMeaning::Refused => None,
                true => Some(format!("{}null", slot.head)),
                false => Some(format!("{}{}", slot.head, literal(text))),
            },
            clears: value.is_null() && slot.parameter.null == NullMeaning::Clears,
        });
        value
    }

    /// Reads a value for which the text has nothing, or only what YAML takes for comments, on its line or below it.
    fn read_absent(&mut self, slot: &Slot<'_>) -> Value {
        let form = slot.parameter.form;
        let rest = self.text.get(slot.from..).unwrap_or_default();
        let is_comment = rest.trim_start_matches([' ', '\t']).starts_with('#');
        let behind = match slot.layout {
            // Between brackets, the rest of the line may be very long; only a comment matters.
            Layout::Flow if !is_comment => "",
            _ => self.line_from(slot.from).trim(),
        };
        let below = match slot.layout {
            Layout::Block if form == Form::Markdown && behind.is_empty() => {
                self.headings_below(slot)
            }
            Layout::Block => self.hashes_below(slot),
            Layout::Flow => Vec::new(),
        };
        if !behind.starts_with('#') && below.is_empty() {
            // A comment right below the key, in its column, may be meant as the value that the empty one clears.
            // Between brackets, everything may be on one long line.
            let clears = slot.parameter.null == NullMeaning::Clears;
            if clears && slot.layout == Layout::Block {
                let next = self.lines_after(slot.from).next().unwrap_or_default();
                let comment = next.trim();
                if comment.starts_with('#') && indent(next) == slot.column {
                    self.warnings.push(format!(
                        "'{}' is empty, which means none: '{}' below it was read as a comment",
                        slot.name,
                        abbreviate(comment, MAX_SHOWN_CHARS)
                    ));
                }
            }
            return Value::Null;
        }
        match form {
            Form::Color => {
                let only = match (behind.is_empty(), below.as_slice()) {
                    (true, [only]) => only.trim(),
                    _ => behind,
                };
                if let Some(color) = hex_color(only) {
                    self.warn(format!(
                        "read the unquoted colour {color} as a value, not as a comment"
                    ));
                    return Value::from(color);
                }
            }
            Form::Cycle => {
                if let Some(cycle) = cycle_number(behind) {
                    self.warn(format!(
                        "read {cycle} as the number of a cycle, not as a comment"
                    ));
                    return Value::from(cycle);
                }
            }
            Form::Heading if below.is_empty() && is_heading(behind) => {
                self.warn(format!(
                    "read '{}' as a heading, not as a comment",
                    abbreviate(behind, MAX_SHOWN_CHARS)
                ));
                return Value::from(behind);
            }
            Form::Markdown
                if behind.is_empty()
                    && below
                        .iter()
                        .all(|line| indent(line) > slot.column || line.trim().is_empty()) =>
            {
                let text = dedented(&below);
                self.warn(format!(
                    "read the lines below '{}' as text, not as comments",
                    slot.name
                ));
                return Value::from(text);
            }
            _ => {}
        }
        let mut hidden: Vec<&str> = Vec::with_capacity(below.len() + 1);
        hidden.extend((!behind.is_empty()).then_some(behind));
        hidden.extend(below.iter().map(|line| line.trim()));
        self.add_absent_ambiguity(slot, yaml_to_keep(slot.parameter, &hidden));
        Value::Null
    }

    /// Records a value that is empty in YAML but may be meant as the YAML `kept`.
    fn add_absent_ambiguity(&mut self, slot: &Slot<'_>, kept: Option<String>) {
        let nullable = slot.parameter.null != NullMeaning::Refused;
        self.ambiguities.push(Ambiguity {
            name: slot.name.clone(),
            offset: slot.from,
            line: None,
            kept: kept.map(|value| format!("{}{value}", slot.head)),
            dropped: nullable.then(|| format!("{}null", slot.head)),
            clears: slot.parameter.null == NullMeaning::Clears,
        });
    }

    /// Returns the lines of a Markdown value that is not block text, where YAML would lose its line breaks or take a
    /// line for a comment or an entry; `None` where YAML reads the value as it is meant.
    fn markdown_lines(&mut self, slot: &Slot<'_>, node: &Node) -> Option<Value> {
        let first = self.line_from(slot.from).trim();
        let list = matches!(node.content, Content::List(..));
        let below = self.lines_below(slot.from, slot.column, list);
        if below.iter().all(|line| line.trim().is_empty()) {
            return None;
        }
        let comment = first.starts_with('#');
        let prose = matches!(node.content, Content::Scalar(..))
            && !below.iter().any(|line| lines::is_markdown(line))
            && (comment || !lines::is_markdown(first));
        if comment {
            self.warn_about_comment(slot, first);
        }
        if prose {
            return None;
        }
        self.warn_about_lines(slot);
        let text = dedented(&below);
        Some(Value::from(if first.is_empty() || comment {
            text
        } else {
            format!("{first}\n{text}")
        }))
    }

    /// Returns the lines of a folded Markdown value that contains more than prose; `None` for prose, whose lines YAML
    /// may join.
    fn folded_markdown(&mut self, slot: &Slot<'_>) -> Option<Value> {
        let from = self.block_mark(slot.from);
        let below = self.lines_below(from, slot.column, false);
        if !below.iter().any(|line| lines::is_markdown(line)) {
            return None;
        }
        self.warn_about_lines(slot);
        let header = self.line_from(from).trim();
        let explicit = header
            .chars()
            .find_map(|c| c.to_digit(10))
            .filter(|_| !header.contains('#'));
        let text = match explicit.and_then(|depth| usize::try_from(depth).ok()) {
            Some(depth) => without_indents(&below, slot.column + depth),
            None => dedented(&below),
        };
        let text = text.trim_end_matches('\n');
        let strip = header.starts_with(">-") || header.get(2..3) == Some("-");
        Some(Value::from(if strip {
            text.to_owned()
        } else {
            format!("{text}\n")
        }))
    }

    /// The byte offset of the mark (`|` or `>`) of a block text: after the key or dash, an anchor and comments, on
    /// that line or below it.
    fn block_mark(&self, from: usize) -> usize {
        let text = self.text.get(from..).unwrap_or_default();
        let mut rest = text;
        loop {
            rest = rest.trim_start();
            rest = match rest.bytes().next() {
                Some(b'#') => rest.split_once('\n').map_or("", |(_, below)| below),
                Some(b'&') => rest.trim_start_matches(|c: char| !c.is_whitespace()),
                _ => return from + text.len() - rest.len(),
            };
        }
    }

    /// The value of a scalar that cannot contain ` //`: what follows it is a comment of another language.
    fn without_slash_comment(&mut self, node: &Node) -> Value {
        let Content::Scalar(text, Style::Plain) = &node.content else {
            return node.value();
        };
        let Some((word, _)) = text
            .split_once(" //")
            .filter(|(word, _)| !word.trim().is_empty())
        else {
            return node.value();
        };
        let word = word.trim_end();
        self.warn(format!(
            "left out the // comment after '{}'",
            abbreviate(word, MAX_SHOWN_CHARS)
        ));
        Node {
            content: Content::Scalar(word.to_owned(), Style::Plain),
            ..node.clone()
        }
        .value()
    }

    /// The `#` and what follows it on the line, after a plain scalar that ends at `end`.
    fn trailing_hash(&self, end: usize) -> Option<TrailingHash<'t>> {
        let rest = self.text.get(end..)?;
        let hash = rest.trim_start_matches([' ', '\t']);
        let margin = rest.get(..rest.len() - hash.len())?;
        // The end of the line is searched only where there is a `#`, because the line may be long.
        (!margin.is_empty() && hash.starts_with('#')).then(|| TrailingHash {
            gap: indent(margin),
            rest: hash.lines().next().unwrap_or_default().trim_end(),
        })
    }

    /// The comments right below a key that stand deeper than the key.
    fn hashes_below(&self, slot: &Slot<'_>) -> Vec<&'t str> {
        self.lines_while(slot.from, |line| {
            let comment = line.trim_start();
            // The items of a list may stand in the column of the key, and so may items that are commented out.
            let item = slot.parameter.list
                && indent(line) == slot.column
                && lines::is_item(comment.trim_start_matches('#').trim_start());
            comment.starts_with('#') && (indent(line) > slot.column || item)
        })
    }

    /// The comments below the key of a text: those deeper than the key, otherwise headings at the margin right below
    /// it, where a text lost its indentation.
    fn headings_below(&self, slot: &Slot<'_>) -> Vec<&'t str> {
        let deeper = self.hashes_below(slot);
        if !deeper.is_empty() || slot.column == 0 {
            return deeper;
        }
        let headings = self.lines_while(slot.from, |line| {
            let text = line.trim_start_matches('#');
            text.len() < line.len() && text.starts_with(' ')
        });
        match headings.first() {
            // A comment between two parts of the request has a blank line before it.
            Some(first) if first.trim().is_empty() => Vec::new(),
            _ => headings,
        }
    }

    /// The lines below `from` that stand deeper than the column of the key; with `list`, items may stand in that
    /// column.
    fn lines_below(&self, from: usize, column: usize, list: bool) -> Vec<&'t str> {
        self.lines_while(from, |line| {
            let depth = indent(line);
            let item = list && depth == column && line.trim_start().starts_with('-');
            depth > column || item
        })
    }

    /// The lines below `from` up to the first that does not belong to the value. Blank lines count between lines that
    /// belong to it.
    fn lines_while(&self, from: usize, belongs: impl Fn(&str) -> bool) -> Vec<&'t str> {
        let lines = self.lines_after(from);
        let mut kept: Vec<&str> = lines
            .take_while(|line| line.trim().is_empty() || belongs(line))
            .collect();
        while kept.last().is_some_and(|line| line.trim().is_empty()) {
            kept.pop();
        }
        kept
    }

    /// The lines below the line of `at`.
    fn lines_after(&self, at: usize) -> impl Iterator<Item = &'t str> + use<'t> {
        let rest = self.text.get(at..).unwrap_or_default();
        rest.split_once('\n').map_or("", |(_, below)| below).lines()
    }

    /// The rest of the line from `at` on.
    fn line_from(&self, at: usize) -> &'t str {
        let rest = self.text.get(at..).unwrap_or_default();
        rest.lines().next().unwrap_or_default()
    }

    /// The byte offset at which the line of `at` begins.
    fn line_start(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or_default();
        before.rfind('\n').map_or(0, |end| end + 1)
    }

    /// The column of `at` in its line; a tab counts as two.
    fn column(&self, at: usize) -> usize {
        let margin = self.text.get(self.line_start(at)..at).unwrap_or_default();
        margin.chars().map(|c| if c == '\t' { 2 } else { 1 }).sum()
    }

    /// Adds a warning about a repair.
    fn warn(&mut self, what: String) {
        self.warnings.push(format!("yaml_repaired: {what}"));
    }

    /// Notes a comment that is left out after the value of a slot.
    fn warn_about_comment(&mut self, slot: &Slot<'_>, comment: &str) {
        let comment = abbreviate(comment.trim_end(), MAX_SHOWN_CHARS);
        self.comments
            .push(format!("'{comment}' behind '{}'", slot.name));
    }

    /// Warns that a text keeps lines that YAML would join or drop.
    fn warn_about_lines(&mut self, slot: &Slot<'_>) {
        self.warn(format!(
            "kept the lines of '{}', which YAML would join or drop; write such a text behind '|'",
            slot.name
        ));
    }

    /// Warns of a quoted text whose lines YAML joins although their ends have a meaning in Markdown. Programs that
    /// write YAML break long lines between quotes, so the value stays as YAML says.
    fn warn_about_joined(&mut self, slot: &Slot<'_>, node: &Node) {
        let written = self.text.get(node.span.clone()).unwrap_or_default();
        let mut lines = written.trim_matches(['"', '\'']).lines();
        let mut before = lines.next().unwrap_or_default();
        let joins = lines.any(|line| {
            let above = std::mem::replace(&mut before, line).trim();
            let joined = !above.is_empty() && !line.trim().is_empty() && !above.ends_with('\\');
            let ends = above.starts_with(['#', '|', '~', '`']) && lines::is_markdown(above);
            joined && (ends || lines::is_markdown(line))
        });
        if joins {
            self.warnings.push(format!(
                "joined the lines of '{}', as YAML does between quotes; to keep them, write the text behind '|'",
                slot.name
            ));
        }
    }

    /// Warns of a `\n` or `\t` that stays two characters, because only double quotes turn it into one.
    fn warn_about_escapes(&mut self, slot: &Slot<'_>, text: &str) {
        let Some(at) = [text.find("\\n"), text.find("\\t")]
            .into_iter()
            .flatten()
            .min()
        else {
            return;
        };
        let from = text.get(..at).map_or(0, |before| {
            before.char_indices().rev().nth(20).map_or(0, |(at, _)| at)
        });
        let shown =
            abbreviate(text.get(from..).unwrap_or_default(), MAX_SHOWN_CHARS).replace('"', "\\\"");
        self.warnings.push(format!(
            "'{}' holds \\n or \\t as two characters each; in double quotes they are a line break and a tab: {}\"{shown}\"",
            slot.name, slot.head
        ));
    }
}

/// The number of a cycle that is written as a comment, such as `#12`, with nothing after it but another comment.
fn cycle_number(comment: &str) -> Option<&str> {
    let digits = comment.strip_prefix('#')?;
    let length = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    let rest = digits.get(length..)?;
    let ends = rest.is_empty() || (rest.starts_with(' ') && rest.trim_start().starts_with('#'));
    (length > 0 && ends)
        .then(|| comment.get(..=length))
        .flatten()
}

/// Whether what YAML takes for a comment is a heading such as `## Plan`, with no comment behind it.
fn is_heading(comment: &str) -> bool {
    let title = comment.trim_start_matches('#');
    let level = comment.len() - title.len();
    (1..=6).contains(&level)
        && title.starts_with(' ')
        && !title.trim().is_empty()
        && !title.contains(" #")
}

/// Corrected YAML in which the lines that YAML takes for comments are the value.
fn yaml_to_keep(parameter: Parameter, hidden: &[&str]) -> Option<String> {
    let bare = |line: &str| line.trim_start_matches('#').trim().to_owned();
    if parameter.list {
        let items: Vec<String> = hidden
            .iter()
            .map(|line| bare(line))
            .map(|line| literal(line.strip_prefix("- ").unwrap_or(&line).trim()))
            .collect();
        return Some(format!("[{}]", items.join(", ")));
    }
    match parameter.form {
        Form::Markdown => Some(literal(&hidden.join("\n"))),
        Form::Line | Form::Heading | Form::Name | Form::Label | Form::Cycle => {
            let whole = hidden.join(" ");
            // After the text, a comment may follow as after any text.
            let text = whole.split("  #").next().unwrap_or(&whole).trim_end();
            let text = match parameter.form {
                Form::Label if !lines::begins_word(text) => bare(text),
                _ => text.to_owned(),
            };
            (!bare(&text).is_empty()).then(|| literal(&text))
        }
        Form::Color | Form::Link | Form::Edits | Form::SubIssue | Form::Operations => None,
        Form::Identifier | Form::Word => {
            let [only] = hidden else { return None };
            let word = bare(only);
            let fits = match parameter.form {
                Form::Identifier => {
                    word.contains('-') && word.ends_with(|c: char| c.is_ascii_alphanumeric())
                }
                _ => true,
            };
            let plain = word
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_.+:".contains(c));
            (fits && plain && !word.is_empty()).then_some(word)
        }
    }
}

/// The lines without their common indentation, and without leading blank lines.
fn dedented(lines: &[&str]) -> String {
    let blank = lines
        .iter()
        .take_while(|line| line.trim().is_empty())
        .count();
    let lines = lines.get(blank..).unwrap_or_default();
    let filled = lines.iter().filter(|line| !line.trim().is_empty());
    let depth = filled.map(|line| indent(line)).min().unwrap_or_default();
    without_indents(lines, depth)
}

/// The lines without their first `depth` columns.
fn without_indents(lines: &[&str], depth: usize) -> String {
    let cut: Vec<&str> = lines
        .iter()
        .map(|line| lines::without_indent(line, depth))
        .collect();
    cut.join("\n")
}

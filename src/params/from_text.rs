//! Parses lists and objects that arrive as text: as JSON, as Python prints them, as YAML on one or several lines, or
//! as items with commas between them. Some clients can send only texts.

use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::Form;
use crate::yaml;

/// The deepest nesting of lists and objects in one text.
const MAX_DEPTH: usize = 32;

/// Why a text that begins like a list or an object is neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// A bracket or brace has no counterpart.
    Bracket,
    /// A quote has no counterpart, or something follows it directly.
    Quote,
    /// An item is missing between two commas, or before the first.
    Comma,
    /// The text has several lines and is not a list.
    Lines,
    /// A `#` may begin a comment or belong to an item.
    Hash,
    /// A comma may separate two addresses or belong to the first.
    Addresses,
    /// The text is neither JSON nor YAML.
    Syntax,
}

impl Malformed {
    /// The reason as the end of a sentence that begins with the value.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Bracket => "a bracket in it has no partner",
            Self::Quote => "a quote in it has no partner",
            Self::Comma => "an item is missing before a comma",
            Self::Lines => "it has several lines and is no list",
            Self::Hash => "a '#' in it may begin a comment or belong to an item",
            Self::Addresses => "a comma in it may part two addresses or belong to one",
            Self::Syntax => "it cannot be read as a list or an object",
        }
    }

    /// What would be right, and why the text is not that.
    pub fn expectation(self) -> String {
        format!(
            "a list such as [\"a\", \"b\"], each item in quotes: {}",
            self.reason()
        )
    }
}

/// Parses a text as a list whose items have the form `form`; returns `None` where the text is one plain item.
///
/// Without brackets, commas separate names and numbers, and a comma with a space separates addresses. In a list of
/// texts, a text without brackets is one item, since its commas belong to it. A text that begins with a word in
/// brackets and goes on (`[bug] crash`, `[page](https://…)`) is one item, too.
///
/// # Errors
/// For a malformed list, and for a text that can be read in two ways.
pub(crate) fn list(text: &str, form: Form) -> Result<Option<Vec<Value>>, Malformed> {
    let text = text.trim();
    if text.starts_with('[') {
        return match parse_flow(text) {
            Ok(Value::Array(items)) => Ok(Some(items)),
            Ok(_) => Err(Malformed::Syntax),
            Err(_) if begins_with_a_bracketed_word(text, form) => Ok(None),
            Err(malformed) => Err(malformed),
        };
    }
    if text.starts_with("- ") || text.starts_with("-\n") || text.starts_with("-\r\n") {
        return parse_block(text, form).map(Some);
    }
    if text.starts_with('{') && has_objects(form) {
        return FlowParser::new(text).items_to_the_end().map(Some);
    }
    match form {
        Form::Markdown | Form::Line | Form::Heading | Form::SubIssue if is_balanced(text) => {
            Ok(None)
        }
        Form::Markdown | Form::Line | Form::Heading | Form::SubIssue => Err(Malformed::Bracket),
        Form::Link => parse_addresses(text),
        Form::Operations | Form::Edits => Err(Malformed::Syntax),
        Form::Name | Form::Identifier | Form::Word | Form::Label | Form::Cycle | Form::Color => {
            parse_comma_separated(text, form)
        }
    }
}

/// Parses a text as an object; returns `None` where the text does not begin with a brace.
///
/// # Errors
/// For a malformed object.
pub(crate) fn object(text: &str) -> Result<Option<Map<String, Value>>, Malformed> {
    let text = text.trim();
    if !text.starts_with('{') {
        return Ok(None);
    }
    match parse_flow(text)? {
        Value::Object(map) => Ok(Some(map)),
        _ => Err(Malformed::Syntax),
    }
}

/// Whether an item of the form may be an object.
pub(crate) fn has_objects(form: Form) -> bool {
    matches!(
        form,
        Form::Name
            | Form::Identifier
            | Form::Label
            | Form::Link
            | Form::Cycle
            | Form::Edits
            | Form::SubIssue
    )
}

/// Parses one list or object that fills the whole text. Booleans stay booleans only in JSON, and so do numbers, unless
/// JSON would write them with other characters: `1.10` is text.
fn parse_flow(text: &str) -> Result<Value, Malformed> {
    let mut flow = FlowParser::new(text);
    flow.json = serde_json::from_str::<IgnoredAny>(text).is_ok();
    let value = flow.value(Container::Nothing)?;
    if flow.rest.trim().is_empty() {
        Ok(value)
    } else {
        Err(Malformed::Bracket)
    }
}

/// Whether a text only begins with something in brackets, as `[bug] crash` does, and is not a malformed list.
fn begins_with_a_bracketed_word(text: &str, form: Form) -> bool {
    let Some((word, rest)) = text.split_once(']') else {
        return false;
    };
    let one_word = !word.contains([',', '"', '\'', '\n']) && is_balanced(text);
    let rest = rest.trim_start();
    match form {
        Form::Markdown | Form::Line => {
            one_word && !rest.is_empty() && !rest.starts_with([',', '#'])
        }
        // The address of a Markdown link follows.
        _ if rest.starts_with('(') => one_word,
        Form::Link => false,
        _ => {
            one_word
                && rest.starts_with(char::is_alphanumeric)
                && !rest.contains([',', '#', '[', '\n'])
        }
    }
}

/// Parses a YAML list whose lines begin with dashes.
fn parse_block(text: &str, form: Form) -> Result<Vec<Value>, Malformed> {
    if matches!(form, Form::Markdown | Form::Line) {
        // Each item is the text behind a dash, without the quotes around it.
        return text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| {
                let item = line.strip_prefix("- ").ok_or(Malformed::Lines)?.trim();
                if item.starts_with(['"', '\'']) {
                    let mut flow = FlowParser::new(item);
                    let unquoted = flow.quoted()?;
                    if flow.rest.trim().is_empty() {
                        return Ok(Value::String(unquoted));
                    }
                }
                Ok(Value::String(item.to_owned()))
            })
            .collect();
    }
    if has_ambiguous_hash(text) {
        return Err(Malformed::Hash);
    }
    match yaml::single_value(text) {
        Some(Value::Array(items)) => Ok(items),
        _ => Err(Malformed::Syntax),
    }
}

/// Whether a `#` outside quotes may begin a comment.
fn has_ambiguous_hash(text: &str) -> bool {
    let mut quote = None;
    let mut before = ' ';
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', Some('"')) => {
                chars.next();
            }
            (c, Some(open)) if c == open => quote = None,
            (_, Some(_)) => {}
            ('"' | '\'', None) if !before.is_alphanumeric() => quote = Some(c),
            ('#', None) if before.is_whitespace() => return true,
            _ => {}
        }
        before = c;
    }
    false
}

/// Parses addresses that a comma with a space separates, or that stand on lines of their own. An address never
/// contains a space, but may contain a comma.
fn parse_addresses(text: &str) -> Result<Option<Vec<Value>>, Malformed> {
    let mut parts: Vec<&str> = Vec::new();
    for line in text.lines() {
        parts.extend(
            line.split(", ")
                .map(|part| part.trim().trim_end_matches(',')),
        );
    }
    parts.retain(|part| !part.is_empty());
    let is_glued = |part: &str| part.split(',').skip(1).any(|after| after.contains("://"));
    if parts.iter().any(|part| is_glued(part)) {
        return Err(Malformed::Addresses);
    }
    // Any other text is left to the address type, which refuses it.
    let are_addresses = parts.len() > 1 && parts.iter().all(|part| part.contains("://"));
    Ok(are_addresses.then(|| parts.into_iter().map(Value::from).collect()))
}

/// Parses names or numbers that commas separate.
fn parse_comma_separated(text: &str, form: Form) -> Result<Option<Vec<Value>>, Malformed> {
    if text.is_empty() {
        return Ok(None);
    }
    let parts: Vec<&str> = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    if parts.iter().any(|part| part.starts_with(['"', '\''])) {
        return FlowParser::new(text).items_to_the_end().map(Some);
    }
    if parts.iter().any(|part| part.contains(['\n', '\r'])) {
        // Lines of `key: value` are an object.
        return match yaml::single_value(text) {
            Some(object @ Value::Object(_)) if has_objects(form) && !has_ambiguous_hash(text) => {
                Ok(Some(vec![object]))
            }
            _ => Err(Malformed::Lines),
        };
    }
    for part in &parts {
        check_plain(part)?;
    }
    match parts.as_slice() {
        // A text of nothing but commas has one empty item, which the item's type refuses.
        [] => Ok(Some(vec!["".into()])),
        [item] if *item == text => Ok(None),
        parts => Ok(Some(parts.iter().map(|part| Value::from(*part)).collect())),
    }
}

/// Checks that a plain item is not the rest of a malformed list.
fn check_plain(part: &str) -> Result<(), Malformed> {
    if !is_balanced(part) {
        return Err(Malformed::Bracket);
    }
    let ends_a_quote = |quote: char| part.ends_with(quote) && part.matches(quote).count() % 2 == 1;
    if ends_a_quote('"') || ends_a_quote('\'') {
        return Err(Malformed::Quote);
    }
    // Python's tuples are refused; parentheses inside a name belong to the name.
    let is_cut = part.matches('(').count() != part.matches(')').count();
    if is_cut && (part.starts_with('(') || part.ends_with(')')) {
        return Err(Malformed::Bracket);
    }
    Ok(())
}

/// Whether every bracket and brace has its counterpart.
fn is_balanced(text: &str) -> bool {
    let mut open = Vec::new();
    for c in text.chars() {
        match c {
            '[' => open.push(']'),
            '{' => open.push('}'),
            ']' | '}' if open.pop() != Some(c) => return false,
            _ => {}
        }
    }
    open.is_empty()
}

/// The collection that contains a value, which decides where a plain value ends.
#[derive(Clone, Copy, PartialEq)]
enum Container {
    /// No collection: the value is the whole text, or one of several values with commas between them.
    Nothing,
    /// A list.
    List,
    /// An object.
    Object,
}

/// A parser of lists and objects in brackets, with strings quoted as in JSON, Python or YAML. Plain values stay text,
/// except `null`, `~` and `None`.
struct FlowParser<'t> {
    rest: &'t str,
    depth: usize,
    /// Whether the text is JSON, so that a value without quotes is a number, a boolean or `null`.
    json: bool,
}

impl<'t> FlowParser<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            rest: text,
            depth: 0,
            json: false,
        }
    }

    /// Returns the next character after white space.
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    /// Skips the character if it comes next, and returns whether it did.
    fn skip(&mut self, wanted: char) -> bool {
        self.peek();
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Parses items with commas between them up to the end of the text.
    fn items_to_the_end(mut self) -> Result<Vec<Value>, Malformed> {
        let mut items = Vec::new();
        while self.peek().is_some() {
            items.push(self.value(Container::Nothing)?);
            if !self.skip(',') && self.peek().is_some() {
                return Err(Malformed::Quote);
            }
        }
        Ok(items)
    }

    fn value(&mut self, container: Container) -> Result<Value, Malformed> {
        match self.peek() {
            None => Err(Malformed::Bracket),
            Some('[') => self.nested(Self::list),
            Some('{') => self.nested(Self::object),
            Some('"' | '\'') => self.quoted().map(Value::String),
            Some(_) => self.plain(container),
        }
    }

    /// Parses a list or an object one level deeper.
    ///
    /// # Errors
    /// `Syntax` where the text is nested deeper than [`MAX_DEPTH`].
    fn nested(
        &mut self,
        read: fn(&mut Self) -> Result<Value, Malformed>,
    ) -> Result<Value, Malformed> {
        if self.depth == MAX_DEPTH {
            return Err(Malformed::Syntax);
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn list(&mut self) -> Result<Value, Malformed> {
        self.skip('[');
        let mut items = Vec::new();
        while !self.skip(']') {
            items.push(self.value(Container::List)?);
            if !self.skip(',') {
                return if self.skip(']') {
                    Ok(items.into())
                } else {
                    Err(self.unfinished())
                };
            }
        }
        Ok(items.into())
    }

    fn object(&mut self) -> Result<Value, Malformed> {
        self.skip('{');
        let mut map = Map::new();
        while !self.skip('}') {
            let key = match self.peek() {
                Some('"' | '\'') => self.quoted()?,
                _ => {
                    let end = self.rest.find([':', ',', '{', '}', '[', ']', '"']);
                    let (key, rest) = self.rest.split_at(end.ok_or(Malformed::Bracket)?);
                    self.rest = rest;
                    key.trim().to_owned()
                }
            };
            if key.is_empty() || !self.skip(':') {
                return Err(Malformed::Syntax);
            }
            let value = self.value(Container::Object)?;
            if map.insert(key, value).is_some() {
                return Err(Malformed::Syntax);
            }
            if !self.skip(',') {
                return if self.skip('}') {
                    Ok(map.into())
                } else {
                    Err(self.unfinished())
                };
            }
        }
        Ok(map.into())
    }

    /// The error for a value that neither a comma nor the end follows.
    fn unfinished(&mut self) -> Malformed {
        match self.peek() {
            None | Some(']' | '}') => Malformed::Bracket,
            Some(_) => Malformed::Quote,
        }
    }

    /// Parses a value without quotes, up to the comma or bracket that ends it.
    fn plain(&mut self, container: Container) -> Result<Value, Malformed> {
        let mut end = self.rest.len();
        let mut chars = self.rest.char_indices();
        while let Some((at, c)) = chars.next() {
            match (c, container) {
                (',', _) | (']', Container::List) | ('}', Container::Object) => {
                    end = at;
                    break;
                }
                // A reference to an earlier item of a batch, `${name.id}`.
                ('$', _) if chars.as_str().starts_with('{') => {
                    chars
                        .by_ref()
                        .find(|(_, c)| *c == '}')
                        .ok_or(Malformed::Bracket)?;
                }
                ('[' | ']' | '{' | '}', _) => return Err(Malformed::Bracket),
                _ => {}
            }
        }
        let (plain, rest) = self.rest.split_at(end);
        self.rest = rest;
        let plain = plain.trim();
        if plain.is_empty() {
            return Err(Malformed::Comma);
        }
        if plain.contains(['\n', '\r']) {
            return Err(Malformed::Lines);
        }
        check_plain(plain)?;
        if plain.starts_with("# ")
            || plain.ends_with(" #")
            || plain.contains(" # ")
            || plain.contains("  #")
        {
            return Err(Malformed::Hash);
        }
        Ok(match plain {
            "null" | "~" | "None" => Value::Null,
            "true" if self.json => true.into(),
            "false" if self.json => false.into(),
            text => match yaml::json_number(text).filter(|_| self.json) {
                Some(number) => number.into(),
                None => text.into(),
            },
        })
    }

    /// Parses a string in quotes of either kind, and skips the quotes.
    fn quoted(&mut self) -> Result<String, Malformed> {
        let mut chars = self.rest.chars();
        let quote = chars.next().ok_or(Malformed::Quote)?;
        let mut text = String::new();
        loop {
            match chars.next().ok_or(Malformed::Quote)? {
                // YAML doubles a single quote inside single quotes.
                '\'' if quote == '\'' && chars.as_str().starts_with('\'') => {
                    chars.next();
                    text.push('\'');
                }
                c if c == quote => break,
                '\\' => read_escape(&mut chars, quote, &mut text)?,
                c => text.push(c),
            }
        }
        self.rest = chars.as_str();
        Ok(text)
    }
}

/// Reads what follows a backslash, as JSON and Python mean it. In single quotes, an unknown escape is a backslash and
/// a character, in Python as in YAML.
fn read_escape(
    chars: &mut std::str::Chars<'_>,
    quote: char,
    text: &mut String,
) -> Result<(), Malformed> {
    let c = chars.next().ok_or(Malformed::Quote)?;
    let plain = match c {
        '\\' | '\'' | '"' | '/' => c,
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'x' => hex_code(chars, 2)
            .and_then(char::from_u32)
            .ok_or(Malformed::Syntax)?,
        'u' => utf16_escape(chars).ok_or(Malformed::Syntax)?,
        'U' => hex_code(chars, 8)
            .and_then(char::from_u32)
            .ok_or(Malformed::Syntax)?,
        other if quote == '\'' => {
            text.push('\\');
            other
        }
        _ => return Err(Malformed::Syntax),
    };
    text.push(plain);
    Ok(())
}

/// Reads a number of that many hexadecimal digits.
fn hex_code(chars: &mut std::str::Chars<'_>, digits: usize) -> Option<u32> {
    (0..digits).try_fold(0, |code, _| Some(code * 16 + chars.next()?.to_digit(16)?))
}

/// Reads the character of an escape `\u`, which may need a second escape.
fn utf16_escape(chars: &mut std::str::Chars<'_>) -> Option<char> {
    let first = hex_code(chars, 4)?;
    if !(0xd800..0xdc00).contains(&first) {
        return char::from_u32(first);
    }
    let pair = chars.next() == Some('\\') && chars.next() == Some('u');
    let second = pair.then(|| hex_code(chars, 4)).flatten()?;
    let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
    char::from_u32(0x10000 + ((first - 0xd800) << 10) + low)
}

#[cfg(test)]
mod tests;

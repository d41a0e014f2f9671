//! Lists and objects that arrive as text: as JSON, as Python prints them, as YAML in one line or in several, or with
//! commas between the items. Some clients send nothing but texts.

use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::Form;
use crate::yaml;

/// The deepest nesting of lists and objects in one text.
const MAX_DEPTH: usize = 32;

/// Why a text that begins as a list or an object is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// A bracket or a brace has no partner.
    Bracket,
    /// A quote has no partner, or something stands right behind it.
    Quote,
    /// Nothing stands between two commas, or before the first.
    Comma,
    /// It has several lines and is no list.
    Lines,
    /// A `#` in it may begin a comment, or belong to the text.
    Hash,
    /// A comma in it may part two addresses, or belong to the first.
    Addresses,
    /// It is neither JSON nor YAML.
    Syntax,
}

impl Broken {
    /// What is wrong, as the end of a sentence that begins with the value.
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

    /// What would be right.
    pub fn instead(self) -> String {
        format!(
            "a list such as [\"a\", \"b\"], each item in quotes: {}",
            self.reason()
        )
    }
}

/// The items of a list that arrives as text, where its items have that form; nothing where the text is one plain item.
///
/// Without brackets, names and numbers are joined by commas, addresses by a comma and a blank; a text of a list of texts
/// is one text, since its commas are its own. What begins with a bracketed word and goes on (`[bug] crash`) is a text.
///
/// # Errors
/// For a list that is damaged, and for a text that could be read in two ways.
pub(crate) fn list(text: &str, form: Form) -> Result<Option<Vec<Value>>, Broken> {
    let text = text.trim();
    if text.starts_with('[') {
        return bracketed(text, form);
    }
    if text.starts_with("- ") || text.starts_with("-\n") || text.starts_with("-\r\n") {
        return block(text, form).map(Some);
    }
    if text.starts_with('{') && has_objects(form) {
        return Flow::new(text).items_to_the_end().map(Some);
    }
    match form {
        Form::Markdown | Form::Line if is_balanced(text) => Ok(None),
        Form::Markdown | Form::Line => Err(Broken::Bracket),
        Form::Link => addresses(text),
        Form::Operations => Err(Broken::Syntax),
        Form::Name | Form::Identifier | Form::Word | Form::Label | Form::Cycle | Form::Color => {
            joined(text, form)
        }
    }
}

/// The object that arrives as text; nothing where the text does not begin with a brace.
///
/// # Errors
/// For an object that is damaged.
pub(crate) fn object(text: &str) -> Result<Option<Map<String, Value>>, Broken> {
    let text = text.trim();
    if !text.starts_with('{') {
        return Ok(None);
    }
    match whole(text)? {
        Value::Object(map) => Ok(Some(map)),
        _ => Err(Broken::Syntax),
    }
}

/// Whether an item of that form may be written as an object.
pub(crate) fn has_objects(form: Form) -> bool {
    matches!(
        form,
        Form::Name | Form::Identifier | Form::Label | Form::Link | Form::Cycle
    )
}

/// One list or object to the end of the text. Of JSON, booleans stay what they are, and so do the numbers that JSON
/// would write with the same characters: `1.10` is text.
fn whole(text: &str) -> Result<Value, Broken> {
    let mut flow = Flow::new(text);
    flow.json = serde_json::from_str::<IgnoredAny>(text).is_ok();
    let value = flow.value(Within::Nothing)?;
    if flow.rest.trim().is_empty() {
        Ok(value)
    } else {
        Err(Broken::Bracket)
    }
}

/// A text that begins with a bracket.
fn bracketed(text: &str, form: Form) -> Result<Option<Vec<Value>>, Broken> {
    match whole(text) {
        Ok(Value::Array(items)) => Ok(Some(items)),
        Ok(_) => Err(Broken::Syntax),
        Err(_) if begins_with_a_bracketed_word(text, form) => Ok(None),
        Err(broken) => Err(broken),
    }
}

/// Whether a text only begins with something in brackets, as `[bug] crash` does, and is no list that is damaged.
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
        Form::Link => one_word && rest.starts_with('('),
        _ => {
            one_word
                && rest.starts_with(char::is_alphanumeric)
                && !rest.contains([',', '#', '[', '\n'])
        }
    }
}

/// A YAML list in lines that begin with dashes.
fn block(text: &str, form: Form) -> Result<Vec<Value>, Broken> {
    if matches!(form, Form::Markdown | Form::Line) {
        return text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(dashed)
            .collect();
    }
    if has_doubtful_hash(text) {
        return Err(Broken::Hash);
    }
    match yaml::value(text) {
        Some(Value::Array(items)) => Ok(items),
        _ => Err(Broken::Syntax),
    }
}

/// The text behind a dash, without the quotes round it.
fn dashed(line: &str) -> Result<Value, Broken> {
    let text = line.strip_prefix("- ").ok_or(Broken::Lines)?.trim();
    if text.starts_with(['"', '\'']) {
        let mut flow = Flow::new(text);
        let unquoted = flow.quoted()?;
        if flow.rest.trim().is_empty() {
            return Ok(Value::String(unquoted));
        }
    }
    Ok(Value::String(text.to_owned()))
}

/// Whether a `#` outside quotes may begin a comment.
fn has_doubtful_hash(text: &str) -> bool {
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

/// Addresses joined by a comma and a blank, or one to a line: an address has no blank in it, but may have a comma.
fn addresses(text: &str) -> Result<Option<Vec<Value>>, Broken> {
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
        return Err(Broken::Addresses);
    }
    // Anything else is for the address itself to be refused.
    let all = parts.len() > 1 && parts.iter().all(|part| part.contains("://"));
    Ok(all.then(|| parts.into_iter().map(Value::from).collect()))
}

/// Names or numbers joined by commas.
fn joined(text: &str, form: Form) -> Result<Option<Vec<Value>>, Broken> {
    if text.is_empty() {
        return Ok(None);
    }
    let parts: Vec<&str> = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    if parts.iter().any(|part| part.starts_with(['"', '\''])) {
        return Flow::new(text).items_to_the_end().map(Some);
    }
    if parts.iter().any(|part| part.contains(['\n', '\r'])) {
        // Lines of `key: value` are an object.
        return match yaml::value(text) {
            Some(object @ Value::Object(_)) if has_objects(form) && !has_doubtful_hash(text) => {
                Ok(Some(vec![object]))
            }
            _ => Err(Broken::Lines),
        };
    }
    for part in &parts {
        check_plain(part)?;
    }
    match parts.as_slice() {
        // Nothing but commas: an item that says nothing.
        [] => Ok(Some(vec!["".into()])),
        [one] if *one == text => Ok(None),
        parts => Ok(Some(parts.iter().map(|part| Value::from(*part)).collect())),
    }
}

/// Checks that a plain item is not the rest of a list that was damaged.
fn check_plain(part: &str) -> Result<(), Broken> {
    if !is_balanced(part) {
        return Err(Broken::Bracket);
    }
    let ends_a_quote = |quote: char| part.ends_with(quote) && part.matches(quote).count() % 2 == 1;
    if ends_a_quote('"') || ends_a_quote('\'') {
        return Err(Broken::Quote);
    }
    // Python's tuples; within a name, brackets of this kind are a name's own.
    let is_cut = part.matches('(').count() != part.matches(')').count();
    if is_cut && (part.starts_with('(') || part.ends_with(')')) {
        return Err(Broken::Bracket);
    }
    Ok(())
}

/// Whether each bracket and brace has its partner.
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

/// What a value stands in, which tells where a plain one ends.
#[derive(Clone, Copy, PartialEq)]
enum Within {
    /// Nothing: it is the whole text, or one of several with commas between them.
    Nothing,
    /// A list.
    List,
    /// An object.
    Object,
}

/// A reader of lists and objects in brackets, with strings as JSON, Python and YAML quote them. Plain values stay text,
/// but for `null`, `~` and `None`.
struct Flow<'t> {
    rest: &'t str,
    depth: usize,
    /// Whether the text is JSON, so that a value without quotes is a number, a boolean or `null`.
    json: bool,
}

impl<'t> Flow<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            rest: text,
            depth: 0,
            json: false,
        }
    }

    /// The next character, past white space.
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    /// Passes that character, if it comes next.
    fn pass(&mut self, wanted: char) -> bool {
        self.peek();
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Items with commas between them, to the end of the text.
    fn items_to_the_end(mut self) -> Result<Vec<Value>, Broken> {
        let mut items = Vec::new();
        while self.peek().is_some() {
            items.push(self.value(Within::Nothing)?);
            if !self.pass(',') && self.peek().is_some() {
                return Err(Broken::Quote);
            }
        }
        Ok(items)
    }

    fn value(&mut self, within: Within) -> Result<Value, Broken> {
        match self.peek() {
            None => Err(Broken::Bracket),
            Some('[') => self.nested(Self::list),
            Some('{') => self.nested(Self::object),
            Some('"' | '\'') => self.quoted().map(Value::String),
            Some(_) => self.plain(within),
        }
    }

    /// A list or an object, one level deeper.
    fn nested(&mut self, read: fn(&mut Self) -> Result<Value, Broken>) -> Result<Value, Broken> {
        if self.depth == MAX_DEPTH {
            return Err(Broken::Syntax);
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn list(&mut self) -> Result<Value, Broken> {
        self.pass('[');
        let mut items = Vec::new();
        while !self.pass(']') {
            items.push(self.value(Within::List)?);
            if !self.pass(',') {
                return if self.pass(']') {
                    Ok(items.into())
                } else {
                    Err(self.unfinished())
                };
            }
        }
        Ok(items.into())
    }

    fn object(&mut self) -> Result<Value, Broken> {
        self.pass('{');
        let mut map = Map::new();
        while !self.pass('}') {
            let key = match self.peek() {
                Some('"' | '\'') => self.quoted()?,
                _ => {
                    let end = self.rest.find([':', ',', '{', '}', '[', ']', '"']);
                    let (key, rest) = self.rest.split_at(end.ok_or(Broken::Bracket)?);
                    self.rest = rest;
                    key.trim().to_owned()
                }
            };
            if key.is_empty() || !self.pass(':') {
                return Err(Broken::Syntax);
            }
            let value = self.value(Within::Object)?;
            if map.insert(key, value).is_some() {
                return Err(Broken::Syntax);
            }
            if !self.pass(',') {
                return if self.pass('}') {
                    Ok(map.into())
                } else {
                    Err(self.unfinished())
                };
            }
        }
        Ok(map.into())
    }

    /// What is wrong where neither a comma nor the end follows.
    fn unfinished(&mut self) -> Broken {
        match self.peek() {
            None | Some(']' | '}') => Broken::Bracket,
            Some(_) => Broken::Quote,
        }
    }

    /// A value without quotes.
    fn plain(&mut self, within: Within) -> Result<Value, Broken> {
        let mut end = self.rest.len();
        let mut chars = self.rest.char_indices();
        while let Some((at, c)) = chars.next() {
            match (c, within) {
                (',', _) | (']', Within::List) | ('}', Within::Object) => {
                    end = at;
                    break;
                }
                // A reference to an earlier item of a batch.
                ('$', _) if chars.as_str().starts_with('{') => {
                    chars
                        .by_ref()
                        .find(|(_, c)| *c == '}')
                        .ok_or(Broken::Bracket)?;
                }
                ('[' | ']' | '{' | '}', _) => return Err(Broken::Bracket),
                _ => {}
            }
        }
        let (plain, rest) = self.rest.split_at(end);
        self.rest = rest;
        let plain = plain.trim();
        if plain.is_empty() {
            return Err(Broken::Comma);
        }
        if plain.contains(['\n', '\r']) {
            return Err(Broken::Lines);
        }
        check_plain(plain)?;
        if plain.starts_with("# ")
            || plain.ends_with(" #")
            || plain.contains(" # ")
            || plain.contains("  #")
        {
            return Err(Broken::Hash);
        }
        Ok(match plain {
            "null" | "~" | "None" => Value::Null,
            "true" if self.json => true.into(),
            "false" if self.json => false.into(),
            text => match yaml::number(text).filter(|_| self.json) {
                Some(number) => number.into(),
                None => text.into(),
            },
        })
    }

    /// A string in quotes of either kind, which are passed.
    fn quoted(&mut self) -> Result<String, Broken> {
        let mut chars = self.rest.chars();
        let quote = chars.next().ok_or(Broken::Quote)?;
        let mut text = String::new();
        loop {
            match chars.next().ok_or(Broken::Quote)? {
                // YAML doubles a single quote within single quotes.
                '\'' if quote == '\'' && chars.as_str().starts_with('\'') => {
                    chars.next();
                    text.push('\'');
                }
                c if c == quote => break,
                '\\' => escape(&mut chars, quote, &mut text)?,
                c => text.push(c),
            }
        }
        self.rest = chars.as_str();
        Ok(text)
    }
}

/// Reads what stands behind a backslash, as JSON and Python mean it. In single quotes, an unknown escape is a backslash
/// and a character, to Python as to YAML.
fn escape(chars: &mut std::str::Chars<'_>, quote: char, text: &mut String) -> Result<(), Broken> {
    let c = chars.next().ok_or(Broken::Quote)?;
    let plain = match c {
        '\\' | '\'' | '"' | '/' => c,
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'x' => code(chars, 2)
            .and_then(char::from_u32)
            .ok_or(Broken::Syntax)?,
        'u' => utf16(chars).ok_or(Broken::Syntax)?,
        'U' => code(chars, 8)
            .and_then(char::from_u32)
            .ok_or(Broken::Syntax)?,
        other if quote == '\'' => {
            text.push('\\');
            other
        }
        _ => return Err(Broken::Syntax),
    };
    text.push(plain);
    Ok(())
}

/// A number of that many hexadecimal digits.
fn code(chars: &mut std::str::Chars<'_>, digits: usize) -> Option<u32> {
    (0..digits).try_fold(0, |code, _| Some(code * 16 + chars.next()?.to_digit(16)?))
}

/// A character behind `\u`, which may take two of them.
fn utf16(chars: &mut std::str::Chars<'_>) -> Option<char> {
    let first = code(chars, 4)?;
    if !(0xd800..0xdc00).contains(&first) {
        return char::from_u32(first);
    }
    let pair = chars.next() == Some('\\') && chars.next() == Some('u');
    let second = pair.then(|| code(chars, 4)).flatten()?;
    let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
    char::from_u32(0x10000 + ((first - 0xd800) << 10) + low)
}

#[cfg(test)]
mod tests;

//! Edits a JSON text and keeps every other byte of it: members are inserted and removed in place, and the text is not serialised
//! anew. The file belongs to the user, who may have reasons for the order of its members, its numbers and its line breaks.

use std::ops::Range;

use serde::Serialize as _;
use serde_json::Value;
use serde_json::ser::{PrettyFormatter, Serializer};

/// Why a text cannot be changed, in words that follow the name of its file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct EditError(String);

/// Sets the member at a path of keys, and returns the new text. Missing objects on the way are inserted.
///
/// # Errors
/// When the text is not JSON, or something on the way is not an object.
pub(super) fn set(text: &str, path: &[&str], value: &Value) -> Result<String, EditError> {
    let mut object = root(text)?;
    let mut keys = path.iter();
    while let Some(key) = keys.next() {
        let Some(member) = last_member(text, object, key) else {
            let nested = keys.rev().fold(value.clone(), |value, key| {
                Value::Object([((*key).to_owned(), value)].into_iter().collect())
            });
            return Ok(insert(text, object, Some(key), &nested));
        };
        if keys.len() == 0 {
            let style = Style::detect(text);
            let written = style.render(value, indent_of_line(text, member.start));
            return Ok(splice(text, member.value, &written));
        }
        object = start_of(text, &member, b'{', "an object", key)?;
    }
    Ok(text.to_owned())
}

/// Appends a value to the array at a path of keys, and returns the new text. A missing array is inserted.
///
/// # Errors
/// When the text is not JSON, a value on the way is not an object, or the value at the end of the path is not an array.
pub(super) fn push(text: &str, path: &[&str], value: &Value) -> Result<String, EditError> {
    match find(text, path)? {
        None => set(text, path, &Value::from(vec![value.clone()])),
        Some(member) => {
            let key = path.last().copied().unwrap_or_default();
            let array = start_of(text, &member, b'[', "an array", key)?;
            Ok(insert(text, array, None, value))
        }
    }
}

/// Removes the member at a path of keys, and returns the new text. Without such a member the text is unchanged.
///
/// # Errors
/// When the text is not JSON, or something on the way is not an object.
pub(super) fn remove(text: &str, path: &[&str]) -> Result<String, EditError> {
    let Some((key, parents)) = path.split_last() else {
        return Ok(text.to_owned());
    };
    let mut text = text.to_owned();
    // Where a key occurs twice, removing only the last member would bring the first into effect, so all of them are removed.
    while let Some(object) = find_object(&text, parents)? {
        let parts = parts(&text, object);
        let Some(index) = parts
            .iter()
            .rposition(|part| part.key.as_deref() == Some(key))
        else {
            break;
        };
        text = cut(&text, object, &parts, index);
    }
    Ok(text)
}

/// Removes a value from the array at a path of keys, however often it occurs there, and returns the new text.
///
/// # Errors
/// Fails where [`push`] fails.
pub(super) fn pull(text: &str, path: &[&str], value: &Value) -> Result<String, EditError> {
    let mut text = text.to_owned();
    while let Some(member) = find(&text, path)? {
        let key = path.last().copied().unwrap_or_default();
        let array = start_of(&text, &member, b'[', "an array", key)?;
        let parts = parts(&text, array);
        let is_value = |part: &Part| {
            serde_json::from_str::<Value>(slice(&text, &part.value))
                .is_ok_and(|item| item == *value)
        };
        let Some(index) = parts.iter().position(is_value) else {
            break;
        };
        text = cut(&text, array, &parts, index);
    }
    Ok(text)
}

/// A member of an object, or an item of an array.
struct Part {
    /// The key of a member.
    key: Option<String>,
    /// The offset at which the part begins: the offset of its key, or of its value where it has no key.
    start: usize,
    /// The range of its value.
    value: Range<usize>,
}

/// The offset of the object that is the whole text.
fn root(text: &str) -> Result<usize, EditError> {
    let value: Value =
        serde_json::from_str(text).map_err(|error| EditError(format!("is not JSON: {error}")))?;
    if value.is_object() {
        Ok(past_space(text, 0))
    } else {
        Err(EditError("holds no JSON object".to_owned()))
    }
}

/// Finds the member at a path of keys.
fn find(text: &str, path: &[&str]) -> Result<Option<Part>, EditError> {
    let Some((key, parents)) = path.split_last() else {
        return Ok(None);
    };
    Ok(find_object(text, parents)?.and_then(|object| last_member(text, object, key)))
}

/// Finds the offset of the object at a path of keys.
fn find_object(text: &str, path: &[&str]) -> Result<Option<usize>, EditError> {
    let mut object = root(text)?;
    for key in path {
        let Some(member) = last_member(text, object, key) else {
            return Ok(None);
        };
        object = start_of(text, &member, b'{', "an object", key)?;
    }
    Ok(Some(object))
}

/// The last member of that key in the object at an offset. Where a key occurs several times, its last member counts, as in
/// JavaScript.
fn last_member(text: &str, object: usize, key: &str) -> Option<Part> {
    let parts = parts(text, object).into_iter();
    parts.rev().find(|part| part.key.as_deref() == Some(key))
}

/// The offset of a member's value.
///
/// # Errors
/// When the value does not begin with the bracket `opens`. `kind` names such values in the error.
fn start_of(text: &str, part: &Part, opens: u8, kind: &str, key: &str) -> Result<usize, EditError> {
    if byte(text, part.value.start) == Some(opens) {
        Ok(part.value.start)
    } else {
        Err(EditError(format!("has a `{key}` that is not {kind}")))
    }
}

/// Lists the parts of the object or array at an offset.
fn parts(text: &str, container: usize) -> Vec<Part> {
    let is_object = byte(text, container) == Some(b'{');
    let mut parts = Vec::new();
    let mut next = past_space(text, container + 1);
    while !matches!(byte(text, next), None | Some(b'}' | b']')) {
        let start = next;
        let mut key = None;
        if is_object {
            let end = past_value(text, start);
            key = serde_json::from_str(slice(text, &(start..end))).ok();
            // The value begins behind the colon.
            next = past_space(text, past_space(text, end) + 1);
        }
        let end = past_value(text, next);
        parts.push(Part {
            key,
            start,
            value: next..end,
        });
        next = past_space(text, end);
        if byte(text, next) == Some(b',') {
            next = past_space(text, next + 1);
        }
    }
    parts
}

/// Inserts a part at the end of the object or array at an offset, in the layout of the parts before it.
fn insert(text: &str, container: usize, key: Option<&str>, value: &Value) -> String {
    let style = Style::detect(text);
    let colon = if style.is_tight { ":" } else { ": " };
    let key = key.map(|key| format!("{}{colon}", Value::from(key)));
    let written = |indent: &str| {
        format!(
            "{}{}",
            key.as_deref().unwrap_or_default(),
            style.render(value, indent)
        )
    };
    let parts = parts(text, container);
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else {
        let inside = container + 1..past_value(text, container) - 1;
        if style.is_one_line {
            return splice(text, inside, &written(""));
        }
        let outer = indent_of_line(text, container);
        let inner = format!("{outer}{}", style.unit);
        let newline = style.newline;
        let body = format!("{newline}{inner}{}{newline}{outer}", written(&inner));
        return splice(text, inside, &body);
    };
    let before = slice(text, &(container + 1..first.start));
    let end = last.value.end..last.value.end;
    match before.rsplit_once('\n') {
        Some((_, indent)) => {
            let part = format!(",{}{indent}{}", style.newline, written(indent));
            splice(text, end, &part)
        }
        None => {
            let space = if style.is_tight { "" } else { " " };
            let indent = indent_of_line(text, container);
            splice(text, end, &format!(",{space}{}", written(indent)))
        }
    }
}

/// Removes one of the parts of the object or array at an offset.
fn cut(text: &str, container: usize, parts: &[Part], index: usize) -> String {
    let before = index.checked_sub(1).and_then(|index| parts.get(index));
    let range = match (before, parts.get(index), parts.get(index + 1)) {
        (_, Some(part), Some(next)) => part.start..next.start,
        (Some(before), Some(part), None) => before.value.end..part.value.end,
        (None, Some(_), None) => container + 1..past_value(text, container) - 1,
        (_, None, _) => return text.to_owned(),
    };
    splice(text, range, "")
}

/// The layout of a text.
struct Style<'t> {
    /// The indentation of one level.
    unit: &'t str,
    newline: &'static str,
    /// Whether the whole text is on one line.
    is_one_line: bool,
    /// Whether there are no spaces behind colons and commas.
    is_tight: bool,
}

impl<'t> Style<'t> {
    /// Detects the layout from the first member of the text.
    fn detect(text: &'t str) -> Self {
        let start = past_space(text, 0);
        let first = parts(text, start).into_iter().next();
        let before = first
            .as_ref()
            .map(|first| slice(text, &(start + 1..first.start)));
        let indent = before.and_then(|before| before.rsplit_once('\n'));
        let is_one_line = first.is_some() && !text.trim().contains('\n');
        let colon = first.map(|first| slice(text, &(first.start..first.value.start)));
        Self {
            unit: indent.map_or("  ", |(_, indent)| indent),
            newline: if text.contains("\r\n") { "\r\n" } else { "\n" },
            is_one_line,
            is_tight: is_one_line && colon.is_some_and(|colon| colon.ends_with(':')),
        }
    }

    /// Writes a value in this layout, for a line with the given indentation.
    fn render(&self, value: &Value, indent: &str) -> String {
        if self.is_one_line {
            return value.to_string();
        }
        let break_line = format!("{}{indent}", self.newline);
        pretty(value, self.unit).replace('\n', &break_line)
    }
}

/// Writes a value on several lines. Line breaks within its texts are escaped, so that every line break separates two lines.
pub(super) fn pretty(value: &Value, unit: &str) -> String {
    let mut bytes = Vec::new();
    let formatter = PrettyFormatter::with_indent(unit.as_bytes());
    let mut serializer = Serializer::with_formatter(&mut bytes, formatter);
    match value.serialize(&mut serializer) {
        Ok(()) => String::from_utf8(bytes).unwrap_or_else(|_| value.to_string()),
        Err(_) => value.to_string(),
    }
}

/// The white space at the beginning of the line that the offset `at` is in.
fn indent_of_line(text: &str, at: usize) -> &str {
    let before = text.get(..at).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |line| line + 1);
    let line = text.get(start..).unwrap_or_default();
    let rest = line.trim_start_matches([' ', '\t']);
    line.get(..line.len() - rest.len()).unwrap_or_default()
}

/// The first offset from `at` on that is not white space.
fn past_space(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r']);
    text.len() - trimmed.len()
}

/// The offset behind the value that begins at `at`. The text is known to be JSON.
fn past_value(text: &str, at: usize) -> usize {
    let mut depth = 0_usize;
    let mut next = at;
    while let Some(first) = byte(text, next) {
        match first {
            b'"' => {
                let mut is_escaped = false;
                let mut rest = text.bytes().enumerate().skip(next + 1);
                let closing_quote = rest.find(|(_, byte)| {
                    let closes = *byte == b'"' && !is_escaped;
                    is_escaped = *byte == b'\\' && !is_escaped;
                    closes
                });
                next = closing_quote.map_or(text.len(), |(index, _)| index + 1);
            }
            b'{' | b'[' => {
                depth += 1;
                next += 1;
                continue;
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                next += 1;
            }
            b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' => {
                next += 1;
                continue;
            }
            _ => {
                let rest = text.get(next..).unwrap_or_default();
                let ends = |c: char| matches!(c, ',' | '}' | ']' | ' ' | '\t' | '\n' | '\r');
                next += rest.find(ends).unwrap_or(rest.len());
            }
        }
        if depth == 0 {
            break;
        }
    }
    next
}

/// The byte at an offset.
fn byte(text: &str, at: usize) -> Option<u8> {
    text.as_bytes().get(at).copied()
}

/// The part of a text in a range of offsets.
fn slice<'t>(text: &'t str, range: &Range<usize>) -> &'t str {
    text.get(range.clone()).unwrap_or_default()
}

/// Returns a text with the part in a range of offsets replaced.
fn splice(text: &str, range: Range<usize>, replacement: &str) -> String {
    let mut text = text.to_owned();
    text.replace_range(range, replacement);
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const PATH: [&str; 2] = ["mcpServers", "linear-ops"];

    #[test]
    fn a_member_is_put_in_as_the_others_are_written() {
        for (before, after) in [
            ("{}", "{\n  \"a\": {\n    \"b\": [\n      1\n    ]\n  }\n}"),
            (
                "{\n\t\"x\": 1.0\n}\n",
                "{\n\t\"x\": 1.0,\n\t\"a\": {\n\t\t\"b\": [\n\t\t\t1\n\t\t]\n\t}\n}\n",
            ),
            (
                "{\r\n    \"a\": { }\r\n}",
                "{\r\n    \"a\": {\r\n        \"b\": [\r\n            1\r\n        ]\r\n    }\r\n}",
            ),
            ("{\"x\":1e2}", "{\"x\":1e2,\"a\":{\"b\":[1]}}"),
            ("{\"a\": {\"x\": 1}}", "{\"a\": {\"x\": 1, \"b\": [1]}}"),
            (
                "{\"a\":{\"b\":\"}\\\"\"}, \"x\":[]}",
                "{\"a\":{\"b\":[1]}, \"x\":[]}",
            ),
        ] {
            assert_eq!(set(before, &["a", "b"], &json!([1])).unwrap(), after);
        }
    }

    #[test]
    fn the_last_of_two_equal_keys_counts_and_both_are_taken_out() {
        let text = r#"{"a": 1, "b": 2, "a": 3}"#;
        assert_eq!(
            set(text, &["a"], &json!(4)).unwrap(),
            r#"{"a": 1, "b": 2, "a": 4}"#
        );
        assert_eq!(remove(text, &["a"]).unwrap(), r#"{"b": 2}"#);
    }

    #[test]
    fn what_is_in_the_way_is_named() {
        for (text, why) in [
            (
                "",
                "is not JSON: EOF while parsing a value at line 1 column 0",
            ),
            ("[]", "holds no JSON object"),
            (
                r#"{"mcpServers": []}"#,
                "has a `mcpServers` that is not an object",
            ),
        ] {
            assert_eq!(set(text, &PATH, &json!(1)).unwrap_err().to_string(), why);
        }
        let text = r#"{"permissions": {"allow": "all"}}"#;
        let wrong = push(text, &["permissions", "allow"], &json!("x")).unwrap_err();
        assert_eq!(wrong.to_string(), "has a `allow` that is not an array");
    }

    /// JSON values as other programs write them, with keys that are in the way of ours.
    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[a-z\"\\\\{}\\[\\],: \\n\u{e9}\u{1f600}]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                objects(inner),
            ]
        })
    }

    fn objects(inner: impl Strategy<Value = Value> + 'static) -> impl Strategy<Value = Value> {
        let key = prop_oneof![Just("mcpServers".to_owned()), "[a-z\"\\\\{} ]{0,6}"];
        prop::collection::hash_map(key, inner, 0..5)
            .prop_map(|members| Value::Object(members.into_iter().collect()))
    }

    /// Entries like those that `setup` writes.
    fn entries() -> impl Strategy<Value = Value> {
        let text = "[a-z\"\\\\ \\n\u{e9}]{0,8}";
        text.prop_map(
            |text| json!({"command": text, "args": [text, 1, true], "env": {}, "x": null}),
        )
    }

    /// The same document in several layouts.
    fn texts(value: &Value) -> [String; 5] {
        [
            value.to_string(),
            pretty(value, "  "),
            pretty(value, "\t") + "\n",
            pretty(value, "    ").replace('\n', "\r\n"),
            format!(" {} \n", value.to_string().replace(",\"", " , \"")),
        ]
    }

    proptest! {
        /// A change alters its own place alone, and after its removal the text is the same as before, byte for byte.
        #[test]
        fn nothing_else_is_changed(document in objects(values()), entry in entries()) {
            for text in texts(&document) {
                let Ok(before) = serde_json::from_str::<Value>(&text) else { continue };
                let servers = &before["mcpServers"];
                let after = match set(&text, &PATH, &entry) {
                    Ok(after) => after,
                    Err(_) => {
                        prop_assert!(!servers.is_null() || before.get("mcpServers").is_some());
                        prop_assert!(!servers.is_object());
                        continue;
                    }
                };
                let mut wanted = before.clone();
                wanted["mcpServers"]["linear-ops"] = entry.clone();
                // The documents are compared as texts, so that the order of the keys and every number count.
                let read: Value = serde_json::from_str(&after).unwrap();
                prop_assert_eq!(read.to_string(), wanted.to_string());
                let mut back = remove(&after, &PATH).unwrap();
                if before.get("mcpServers").is_none() {
                    back = remove(&back, &["mcpServers"]).unwrap();
                }
                prop_assert_eq!(back, text);
            }
        }

        /// The same holds for an item of an array.
        #[test]
        fn an_item_is_put_in_and_taken_out(items in prop::collection::vec(values(), 0..4)) {
            let rule = json!("mcp__linear-ops__linear");
            let path = ["permissions", "allow"];
            for text in texts(&json!({"x": 1, "permissions": {"deny": [], "allow": items}})) {
                let Ok(before) = serde_json::from_str::<Value>(&text) else { continue };
                let after = push(&text, &path, &rule).unwrap();
                let mut wanted = before.clone();
                wanted["permissions"]["allow"].as_array_mut().unwrap().push(rule.clone());
                prop_assert_eq!(serde_json::from_str::<Value>(&after).unwrap(), wanted);
                prop_assert_eq!(pull(&after, &path, &rule).unwrap(), text);
            }
        }
    }
}

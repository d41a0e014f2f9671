//! Scans a line that is not JSON, or that is too long to be kept, for the `id` that its refusal needs, and for whether the line is a
//! request at all.

use serde_json::Value;

use crate::text::escape;

/// The longest key, string or number at the top level of the message that is kept, in bytes.
const LONGEST: usize = 1024;

/// A scan over the bytes of a line, which may come in pieces. The scan keeps one key and one value of the message's top level. Of
/// everything below the top level, it follows only the brackets and the strings.
#[derive(Debug, Default)]
pub(super) struct LineScan {
    /// How many brackets are open.
    depth: usize,
    /// Whether the line's first value is an object, once it has begun.
    object: Option<bool>,
    /// Whether the object has ended.
    closed: bool,
    /// The string that is being read, if one is.
    string: Option<OpenString>,
    /// Whether a key or a value of the top level is being read.
    token_kind: TokenKind,
    /// The bytes of the key or value that is being read, if it is not an object or a list.
    token: Option<Vec<u8>>,
    /// The key whose value is being read.
    key: Option<String>,
    facts: LineFacts,
}

/// A string whose end has not been read yet.
#[derive(Clone, Copy, Debug)]
struct OpenString {
    /// Whether a backslash escapes the next byte.
    escaped: bool,
}

/// The kind of a token at the top level of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum TokenKind {
    #[default]
    Key,
    Value,
}

/// The facts about a line that are known from the top level of its message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LineFacts {
    /// The first `id` that is a string or a number, in JSON as the line has it.
    pub id: Option<String>,
    /// The first `method`.
    method: Option<String>,
    /// Whether there is a `result` or an `error`, as in an answer.
    is_answer: bool,
    /// Whether the message was read to its end.
    is_complete: bool,
}

impl LineFacts {
    /// Whether the sender waits for no answer to the line, because the line is an answer itself or a notification.
    pub(super) fn wants_no_answer(&self) -> bool {
        match &self.method {
            None => self.is_answer,
            Some(method) => {
                self.id.is_none() && (self.is_complete || method.starts_with("notifications/"))
            }
        }
    }
}

impl LineScan {
    /// Scans a whole line, and returns the facts about it.
    pub(super) fn scan(line: &[u8]) -> LineFacts {
        let mut scan = Self::default();
        scan.read(line);
        scan.finish()
    }

    /// Returns the facts about the line, which has ended.
    pub(super) fn finish(mut self) -> LineFacts {
        // A number or a string at the end of an incomplete message may be cut.
        self.token = None;
        self.facts.is_complete = self.closed;
        self.facts
    }

    /// Reads the next bytes of the line.
    pub(super) fn read(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if let Some(string) = self.string {
                self.keep(byte);
                self.string = match (string.escaped, byte) {
                    (false, b'"') => None,
                    (false, b'\\') => Some(OpenString { escaped: true }),
                    _ => Some(OpenString { escaped: false }),
                };
                continue;
            }
            match byte {
                b'{' | b'[' => {
                    if self.depth == 0 {
                        self.object.get_or_insert(byte == b'{');
                    }
                    self.token = None;
                    self.depth += 1;
                }
                b'}' | b']' => {
                    if self.is_top_level() {
                        self.take_value();
                        self.closed = true;
                    }
                    self.depth = self.depth.saturating_sub(1);
                }
                b':' if self.is_top_level() && self.token_kind == TokenKind::Key => {
                    self.key = self.token.take().and_then(|token| text(&token));
                    self.token_kind = TokenKind::Value;
                }
                b',' if self.is_top_level() => {
                    self.take_value();
                    self.token_kind = TokenKind::Key;
                }
                _ => {
                    let starts = !byte.is_ascii_whitespace() && self.is_top_level();
                    if starts && self.token.is_none() {
                        self.token = Some(Vec::new());
                    }
                    self.keep(byte);
                    if byte == b'"' {
                        self.string = Some(OpenString { escaped: false });
                    }
                }
            }
        }
    }

    /// Whether the top level of the message is being read.
    fn is_top_level(&self) -> bool {
        self.depth == 1 && self.object == Some(true) && !self.closed
    }

    /// Adds a byte to the token. Of a token that is too long, one byte more than [`LONGEST`] is kept, so that its length shows that
    /// it is too long.
    fn keep(&mut self, byte: u8) {
        if let Some(token) = &mut self.token
            && token.len() <= LONGEST
        {
            token.push(byte);
        }
    }

    /// Ends the value of a key, and adds what the value says to the facts.
    fn take_value(&mut self) {
        let token = self.token.take();
        let Some(key) = self.key.take() else { return };
        match key.as_str() {
            "id" if self.facts.id.is_none() => {
                self.facts.id = token.and_then(|token| identifier(&token));
            }
            "method" if self.facts.method.is_none() => {
                self.facts.method = token.and_then(|token| text(&token));
            }
            "result" | "error" => self.facts.is_answer = true,
            _ => {}
        }
    }
}

/// Returns the token if it can be an id: a string, even with half an emoji in it, or a number.
fn identifier(token: &[u8]) -> Option<String> {
    let token = token.trim_ascii_end();
    let mended = escape::replace_lone_surrogates(token);
    let read = mended.as_ref().map_or(token, |(mended, _)| mended);
    match serde_json::from_slice(read).ok()? {
        Value::String(_) | Value::Number(_) if token.len() <= LONGEST => {
            String::from_utf8(token.to_vec()).ok()
        }
        _ => None,
    }
}

/// The text of a token that is a string.
fn text(token: &[u8]) -> Option<String> {
    serde_json::from_slice(token).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn id(line: &str) -> Option<String> {
        LineScan::scan(line.as_bytes()).id
    }

    #[test]
    fn the_id_is_the_messages_own() {
        for (line, expected) in [
            (
                r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"x":"\ud83d"}}"#,
                Some("7"),
            ),
            (
                r#"{"method":"tools/call","params":{"id":1,"a":[{"id":2}],"b":"}\"id\":3"},"id":"x-4"}"#,
                Some(r#""x-4""#),
            ),
            (r#"{"params":{"id":1},"method":"x"}"#, None),
            (r#"{"params":{"id":1,"a":[},"id":5}"#, None),
            (r#"{"id":7,}"#, Some("7")),
            (r#" {"\u0069d" : -12 ,"method":"a"#, Some("-12")),
            (r#"{"id":"a\"b\u00e9","#, Some(r#""a\"b\u00e9""#)),
            (r#"{"id":"half \ud83d","method":"#, Some(r#""half \ud83d""#)),
            (r#"{"id":1.50,"x""#, Some("1.50")),
            (
                r#"{"id":18446744073709551615,"#,
                Some("18446744073709551615"),
            ),
            // The id may go on behind the end of the line.
            (r#"{"id":12"#, None),
            (r#"{"id":"12"#, None),
            (r#"{"id":null,"method":"x"}"#, None),
            (r#"{"id":{"id":1},"method":"x"}"#, None),
            (r#"{"id":[1],"method":"x"}"#, None),
            (r#"{"id":true}"#, None),
            (r#"{"id":1 2,"#, None),
            (r#"{"method":"id","x":"id","id" "y","#, None),
            (r#"{"id":1,"id":2}"#, Some("1")),
            (r#"[{"id":1}]"#, None),
            (r#""id":1,"#, None),
            ("", None),
        ] {
            assert_eq!(id(line).as_deref(), expected, "{line}");
        }
        let long = format!(r#"{{"id":"{}","method":"x"}}"#, "y".repeat(LONGEST));
        assert_eq!(id(&long), None);
    }

    #[test]
    fn notifications_and_answers_want_no_answer() {
        for (line, expected) in [
            (
                r#"{"method":"notifications/cancelled","params":{"reason":"\ud83d"#,
                true,
            ),
            (r#"{"method":"notifications/cancelled","id":1,"#, false),
            (r#"{"method":"$/progress","params":{"x":1,}}"#, true),
            (r#"{"method":"tools/call","params":{"x":"broken"#, false),
            (r#"{"id":1,"result":{"x":1,}}"#, true),
            (r#"{"id":1,"error":{"x":1,}}"#, true),
            (r#"{"id":1,}"#, false),
            ("not json", false),
            ("{", false),
        ] {
            assert_eq!(
                LineScan::scan(line.as_bytes()).wants_no_answer(),
                expected,
                "{line}"
            );
        }
    }

    /// What params may be, with keys and texts that look like those of a message.
    fn params() -> impl Strategy<Value = Value> {
        let text = r#"(id|method|[a-z"\\{}\[\],: é\n😀]){0,8}"#;
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            text.prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec((text, inner), 0..4)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_id_of_a_message_is_found_wherever_it_stands_and_whatever_is_broken_behind_it(
            sent_id in prop_oneof![any::<i64>().prop_map(Value::from), "\\PC{0,20}".prop_map(Value::from)],
            params in params(),
            at in 0usize..4,
            pieces in 1usize..9,
            cut in 0usize..1000,
        ) {
            let mut fields = vec![
                ("jsonrpc", json!("2.0")),
                ("method", json!("tools/call")),
                ("params", params),
            ];
            fields.insert(at, ("id", sent_id.clone()));
            let fields: Vec<String> = fields.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
            let line = format!("{{{}}}", fields.join(","));
            let expected = Some(sent_id.to_string());
            prop_assert_eq!(id(&line), expected.clone());
            // The same line is read in pieces.
            let mut scan = LineScan::default();
            line.as_bytes().chunks(pieces).for_each(|piece| scan.read(piece));
            let found = scan.finish();
            prop_assert_eq!(&found.id, &expected);
            prop_assert!(!found.wants_no_answer());
            // The end of the line is cut off: the id is the same, or has not been read yet.
            let part: Vec<u8> = line.bytes().take(cut).collect();
            let found = LineScan::scan(&part).id;
            prop_assert!(found.is_none() || found == expected);
        }

        #[test]
        fn no_bytes_are_too_strange(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let found = LineScan::scan(&bytes);
            if let Some(id) = found.id {
                prop_assert!(id.len() <= LONGEST);
            }
        }
    }
}

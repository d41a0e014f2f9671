//! Reads the messages in the text of a line, and decides how a line or message that cannot be used is answered.

use rmcp::RoleServer;
use rmcp::model::ErrorCode;
use rmcp::service::RxJsonRpcMessage;
use serde_json::{Map, Value, json};

use super::scan::{LineFacts, LineScan};
use super::{LONGEST_LINE, MOST_MESSAGES};
use crate::text::escape;

/// The result of reading a line, or one message of a batch.
#[derive(Debug)]
pub(super) enum ReadMessage {
    /// A message, and how many halves of characters were replaced in its line.
    Valid(Box<RxJsonRpcMessage<RoleServer>>, usize),
    /// A message that cannot be used, with the error that answers it.
    Refused(Refusal),
    /// A message that cannot be used, with the reason. It is not answered, because its sender does not wait for an answer.
    Ignored(String),
}

/// The answer to a message that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The id of the message in JSON, as the line has it, where one was found.
    pub id: Option<String>,
    pub code: ErrorCode,
    /// A sentence on what is wrong. It repeats nothing of the line.
    pub message: String,
}

impl Refusal {
    fn invalid(id: Option<String>, message: impl Into<String>) -> Self {
        Self {
            id,
            code: ErrorCode::INVALID_REQUEST,
            message: message.into(),
        }
    }

    /// Returns the answer as a line, without its line break.
    pub(super) fn line(&self) -> Vec<u8> {
        let id = self.id.as_deref().unwrap_or("null");
        let error = json!({"code": self.code.0, "message": self.message});
        format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{error}}}"#).into_bytes()
    }
}

/// The messages of a line.
#[derive(Debug)]
pub(super) enum LineContent {
    /// Messages that are answered one by one.
    Single(Vec<ReadMessage>),
    /// Messages that are answered together.
    Batch(Vec<ReadMessage>),
}

/// Reads a line. `batches` says whether the protocol's version has batches: where it has, a list of messages is a batch, and
/// elsewhere each request in the list is refused.
pub(super) fn read(line: &[u8], batches: bool) -> LineContent {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let mended = escape::replace_lone_surrogates(line);
    let (text, replaced) = match &mended {
        Some((mended, replaced)) => (mended.as_slice(), *replaced),
        None => (line, 0),
    };
    match serde_json::from_slice(text) {
        Err(error) => LineContent::Single(several(text, line).unwrap_or_else(|| {
            // The text is a single line, so that only the column of the error matters.
            let text = error.to_string();
            let why = match text.split(" at line ").next().unwrap_or_default() {
                "recursion limit exceeded" => "it is nested more than 127 levels deep",
                why => why,
            };
            let column = error.column();
            let message = format!("The line is not readable as JSON: {why}, at column {column}");
            vec![unreadable(
                LineScan::scan(line),
                ErrorCode::PARSE_ERROR,
                message,
            )]
        })),
        Ok(Value::Array(messages)) if messages.is_empty() => {
            let refusal = Refusal::invalid(None, "The batch is empty");
            LineContent::Single(vec![ReadMessage::Refused(refusal)])
        }
        Ok(Value::Array(messages)) if batches && messages.len() <= MOST_MESSAGES => {
            let read = messages.into_iter().map(|message| {
                let id = message_id(&message);
                self::message(message, id, replaced)
            });
            LineContent::Batch(read.collect())
        }
        Ok(Value::Array(messages)) => {
            let why = if batches {
                format!("A batch takes at most {MOST_MESSAGES} messages")
            } else {
                "This version of the protocol has no batches: send each message on a line of its own"
                    .to_owned()
            };
            // Each request is refused, because the sender waits for an answer to each.
            let is_request = |message: &&Value| message.get("method").is_some();
            let ids = messages.iter().filter(is_request).filter_map(message_id);
            let mut refused: Vec<ReadMessage> = ids
                .map(|id| ReadMessage::Refused(Refusal::invalid(Some(id), why.as_str())))
                .collect();
            if refused.is_empty() {
                refused.push(ReadMessage::Refused(Refusal::invalid(None, why)));
            }
            LineContent::Single(refused)
        }
        Ok(value) => {
            let id = LineScan::scan(line).id;
            let has_half_character = id
                .as_ref()
                .is_some_and(|id| escape::replace_lone_surrogates(id.as_bytes()).is_some());
            let read = if has_half_character {
                // rmcp would answer under the repaired id, which the client does not know.
                let why = "The 'id' has half a character in it, and cannot be carried along";
                ReadMessage::Refused(Refusal::invalid(id, why))
            } else {
                message(value, id, replaced)
            };
            LineContent::Single(vec![read])
        }
    }
}

/// Refuses a line that is longer than [`LONGEST_LINE`], or ignores the line where its sender wants no answer.
pub(super) fn too_long(facts: LineFacts) -> ReadMessage {
    let most = LONGEST_LINE / (1024 * 1024);
    let message = format!(
        "The line is longer than {most} MiB ({LONGEST_LINE} bytes), the most that is read; split the request"
    );
    unreadable(facts, ErrorCode::INVALID_REQUEST, message)
}

/// Refuses a line that cannot be read, or ignores the line where its sender wants no answer.
fn unreadable(facts: LineFacts, code: ErrorCode, message: String) -> ReadMessage {
    if facts.wants_no_answer() {
        return ReadMessage::Ignored(message);
    }
    ReadMessage::Refused(Refusal {
        id: facts.id,
        code,
        message,
    })
}

/// Refuses each message of a line that holds several; `None` where the line does not hold several. `text` is `line` after the
/// replacement of halves of characters, which keeps the offset of every other byte.
fn several(text: &[u8], line: &[u8]) -> Option<Vec<ReadMessage>> {
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<Map<String, Value>>();
    let mut found = Vec::new();
    let mut start = 0;
    while found.len() < MOST_MESSAGES && matches!(values.next(), Some(Ok(_))) {
        let part = line.get(start..values.byte_offset())?;
        found.push(LineScan::scan(part));
        start = values.byte_offset();
    }
    let rest = line.get(start..)?.trim_ascii_start();
    if rest.starts_with(b"{") && found.len() < MOST_MESSAGES {
        found.push(LineScan::scan(rest));
    }
    if found.len() < 2 {
        return None;
    }
    let why =
        "A line holds one message, and this one holds several: send each on a line of its own";
    let (unanswered, answered): (Vec<LineFacts>, Vec<LineFacts>) =
        found.into_iter().partition(LineFacts::wants_no_answer);
    if answered.is_empty() {
        return Some(vec![ReadMessage::Ignored(format!(
            "{why} ({})",
            unanswered.len()
        ))]);
    }
    let mut ids: Vec<Option<String>> = answered.into_iter().map(|facts| facts.id).collect();
    // Where no message has an id, one answer without an id is enough.
    if ids.iter().any(Option::is_some) {
        ids.retain(Option::is_some);
    } else {
        ids.truncate(1);
    }
    let refused = |id| ReadMessage::Refused(Refusal::invalid(id, why));
    Some(ids.into_iter().map(refused).collect())
}

/// The id of a message as JSON text; `None` where the message has no id that is a string or a number.
fn message_id(message: &Value) -> Option<String> {
    let id = message.get("id")?;
    (id.is_string() || id.is_number()).then(|| id.to_string())
}

/// Reads one message. `id` is its id as the line has it, and `replaced` is how many halves of characters were replaced in the line.
fn message(value: Value, id: Option<String>, replaced: usize) -> ReadMessage {
    let refuse = |why: &str| {
        let message = format!("The line is no JSON-RPC 2.0 message: {why}");
        ReadMessage::Refused(Refusal::invalid(id.clone(), message))
    };
    let Value::Object(fields) = &value else {
        return refuse("it is no object");
    };
    let has_field = |name: &str| fields.contains_key(name);
    // A notification of an unknown kind, or an answer to a request that was never sent, needs no answer.
    let wants_no_answer = if has_field("method") {
        !has_field("id")
    } else {
        has_field("result") || has_field("error")
    };
    let why = why_invalid(fields);
    match serde_json::from_value(value) {
        Ok(message) => ReadMessage::Valid(Box::new(message), replaced),
        Err(_) if wants_no_answer => ReadMessage::Ignored(why.to_owned()),
        Err(_) => refuse(why),
    }
}

/// Says why an object is not a valid message, in words for the error.
fn why_invalid(fields: &Map<String, Value>) -> &'static str {
    let field = |key: &str| fields.get(key);
    if field("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return "its 'jsonrpc' is not \"2.0\"";
    }
    if field("method").is_some() && (field("result").is_some() || field("error").is_some()) {
        return "it has a 'method' beside a 'result' or an 'error'";
    }
    if !field("method").is_some_and(Value::is_string) {
        return "it has no 'method' that is a text";
    }
    let is_id = |id: &Value| id.is_string() || id.is_i64();
    if !field("id").is_none_or(is_id) {
        return "its 'id' is neither a whole number from -2^63 to 2^63-1 nor a text";
    }
    "its 'id' or its 'params' are not as the protocol has them"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(line: &str) -> ReadMessage {
        match read(line.as_bytes(), false) {
            LineContent::Single(mut read) if read.len() == 1 => read.remove(0),
            other => unreachable!("{line}: {other:?}"),
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_under_its_id_with_the_place() {
        let deep = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{}{}}}"#,
            "[".repeat(200),
            "]".repeat(200)
        );
        for (line, id, code, said) in [
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"ping",}"#,
                Some("1"),
                -32700,
                "trailing comma, at column 41",
            ),
            (
                "{\"id\":\"a\",\"method\":\"ping\",\"params\":{\"x\":\"\u{1}\"}}",
                Some("\"a\""),
                -32700,
                "control character",
            ),
            (&deep, Some("1"), -32700, "127 levels"),
            ("not json", None, -32700, "column"),
            (
                r#"{"jsonrpc":"1.0","id":1.5,"method":"ping"}"#,
                Some("1.5"),
                -32600,
                "'jsonrpc'",
            ),
            (
                r#"{"jsonrpc":"2.0","id":1.50,"method":"ping"}"#,
                Some("1.50"),
                -32600,
                "'id'",
            ),
            (
                r#"{"jsonrpc":"2.0","id":9223372036854775808,"method":"ping"}"#,
                Some("9223372036854775808"),
                -32600,
                "2^63-1",
            ),
            (
                r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
                None,
                -32600,
                "'id'",
            ),
            (r#"{"jsonrpc":"2.0","id":3}"#, Some("3"), -32600, "'method'"),
            (
                r#"{"jsonrpc":"2.0","id":3,"method":"ping","result":{}}"#,
                Some("3"),
                -32600,
                "beside",
            ),
            (r#""text""#, None, -32600, "no object"),
            ("[]", None, -32600, "empty"),
        ] {
            let ReadMessage::Refused(refusal) = one(line) else {
                unreachable!("{line}");
            };
            assert_eq!(
                (refusal.id.as_deref(), refusal.code.0),
                (id, code),
                "{line}"
            );
            assert!(
                refusal.message.contains(said),
                "{line}: {}",
                refusal.message
            );
            let answer: Value = serde_json::from_slice(&refusal.line()).unwrap_or_default();
            let id: Value = serde_json::from_str(id.unwrap_or("null")).unwrap_or_default();
            assert_eq!(
                (&answer["id"], &answer["error"]["code"]),
                (&id, &json!(code))
            );
            let read: Result<rmcp::model::ServerJsonRpcMessage, _> = serde_json::from_value(answer);
            assert!(
                (id.is_number() && !id.is_i64()) || read.is_ok(),
                "rmcp's client cannot read it: {line}"
            );
        }
    }

    #[test]
    fn what_nobody_waits_for_is_not_answered() {
        for line in [
            r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"x":1,}}"#,
            r#"{"jsonrpc":"1.0","method":"$/progress"}"#,
            r#"{"jsonrpc":"1.0","id":1,"result":{}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{"x":,}}"#,
        ] {
            assert!(matches!(one(line), ReadMessage::Ignored(_)), "{line}");
        }
    }

    #[test]
    fn of_several_messages_on_a_line_each_is_refused_under_its_id() {
        let refused = |line: &str| -> Option<Vec<Option<String>>> {
            let LineContent::Single(read) = read(line.as_bytes(), true) else {
                return None;
            };
            let id = |read: ReadMessage| match read {
                ReadMessage::Refused(refusal) if refusal.message.contains("one message") => {
                    Some(refusal.id)
                }
                _ => None,
            };
            read.into_iter().map(id).collect()
        };
        let ids = |ids: &[&str]| Some(ids.iter().map(|id| Some((*id).to_owned())).collect());
        let ping = |id: &str| format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
        let two = ping("1") + &ping("\"b \\ud83d\"");
        assert_eq!(refused(&two), ids(&["1", "\"b \\ud83d\""]));
        let three = format!("{} {}\t{}", ping("1"), ping("2"), ping("3"));
        assert_eq!(refused(&three), ids(&["1", "2", "3"]));
        let broken = ping("1") + &ping("2").replace("}", ",}");
        assert_eq!(refused(&broken), ids(&["1", "2"]));
        let heard = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#.to_owned();
        assert_eq!(refused(&(heard.clone() + &ping("2"))), ids(&["2"]));
        assert_eq!(refused("{}{}"), Some(vec![None]));
        assert!(matches!(
            one(&(heard.clone() + &heard)),
            ReadMessage::Ignored(_)
        ));
        for line in [ping("1") + "x", ping("1") + "1", "1 2".to_owned()] {
            assert_eq!(refused(&line), None, "{line}");
        }
    }

    #[test]
    fn half_an_emoji_is_replaced() {
        let line = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\ud83d","arguments":{"\ude80":"x\ud83d"}}}"#;
        let ReadMessage::Valid(message, 3) = one(line) else {
            unreachable!("it is a request");
        };
        let text = serde_json::to_string(&message).unwrap_or_default();
        assert!(
            text.contains("\"name\":\"\u{fffd}\"") && text.contains("\"\u{fffd}\":\"x\u{fffd}\""),
            "{text}"
        );
    }

    #[test]
    fn an_id_with_half_an_emoji_is_refused_as_it_is_written() {
        let ReadMessage::Refused(refusal) =
            one(r#"{"jsonrpc":"2.0","id":"\ud83d","method":"ping"}"#)
        else {
            unreachable!("it cannot be carried along");
        };
        assert_eq!(refusal.id.as_deref(), Some(r#""\ud83d""#));
    }

    #[test]
    fn a_batch_is_read_or_refused_one_by_one() {
        let line = br#"[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/initialized"},{"jsonrpc":"2.0","id":"x","method":5}]"#;
        let kinds = |batches| -> Vec<String> {
            let kind = |read: ReadMessage| match read {
                ReadMessage::Valid(..) => "message".to_owned(),
                ReadMessage::Refused(refusal) => format!("{:?}", refusal.id.unwrap_or_default()),
                ReadMessage::Ignored(_) => "ignored".to_owned(),
            };
            match read(line, batches) {
                LineContent::Batch(read) if batches => read.into_iter().map(kind).collect(),
                LineContent::Single(read) if !batches => read.into_iter().map(kind).collect(),
                other => unreachable!("{other:?}"),
            }
        };
        assert_eq!(kinds(true), ["message", "message", "\"\\\"x\\\"\""]);
        assert_eq!(kinds(false), ["\"1\"", "\"\\\"x\\\"\""]);
        assert!(matches!(
            one("[1]"),
            ReadMessage::Refused(Refusal { id: None, .. })
        ));
    }
}

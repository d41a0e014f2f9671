//! The functions that the fuzzers run. Each takes any bytes, and panics where an assertion fails.
//! `tests/it/contract/fuzz.rs` runs them on a few inputs, so that they keep compiling and passing.

use std::sync::Arc;
use std::time::Duration;

use linear_ops::cache::Cache;
use linear_ops::clock::Clock;
use linear_ops::effect::Allowed;
use linear_ops::engine::{self, Catalog};
use linear_ops::envelope;
use linear_ops::linear::client::{Client, RetryLimits};
use linear_ops::request;
use linear_ops::sandbox::{InProcess, Sandbox};
use linear_ops::session::Session;
use linear_ops::text::checklist::Checklist;
use linear_ops::text::edit::{Action, Edit, Repeat, apply};
use linear_ops::yaml;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

/// Reads a text as a request twice, with the same result. A request that was read, written as JSON, is read as the same
/// request.
pub fn request(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let first = request::read_all(&text, &Catalog);
    let second = request::read_all(&text, &Catalog);
    assert_eq!(first, second);
    let Ok(first) = first else {
        return;
    };
    let written = json!({"operation": first.operation, "params": first.params});
    let again = request::read(&written.to_string(), &Catalog);
    let Ok(again) = again else {
        // A number or a text that can be read in two ways is refused.
        return;
    };
    assert_eq!(again.operation, first.operation);
    if again.warnings.is_empty() {
        assert_eq!(again.params, first.params);
    }
}

/// Ticks a box of a checklist and unticks it. Nothing but that box changes.
pub fn checklist(data: &[u8]) {
    let Some((first, text)) = data.split_first() else {
        return;
    };
    let text = String::from_utf8_lossy(text);
    let Some(list) = Checklist::parse(&text) else {
        return;
    };
    let index = usize::from(*first) % list.total();
    for checked in [true, false] {
        let changed = list.with_marks(&text, &[index], checked);
        let again = Checklist::parse(&changed).unwrap();
        assert_eq!(again.total(), list.total());
        for (place, (was, is)) in list.items.iter().zip(&again.items).enumerate() {
            assert_eq!(was.text, is.text);
            let expected = if place == index { checked } else { was.checked };
            assert_eq!(is.checked, expected);
        }
        let differing = text
            .bytes()
            .zip(changed.bytes())
            .filter(|(was, is)| was != is);
        assert!(text.len() == changed.len() && differing.count() <= 1);
    }
}

/// Edits a text. The first byte chooses the action; the text, the anchor and what is added are separated by zero bytes.
/// What is added stands in the new text once more, and everything else is as it was, but for white space.
pub fn edit(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else {
        return;
    };
    let mut parts = rest.splitn(3, |byte| *byte == 0);
    let mut part = || String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let (old, anchor, text) = (part(), part(), part());
    let heading = anchor.clone();
    let given = text.clone();
    let (action, adds) = match kind % 9 {
        0 => (Action::Append { text }, true),
        1 => (Action::Prepend { text }, true),
        2 => (Action::InsertAfter { anchor, text }, true),
        3 => (Action::InsertBefore { anchor, text }, true),
        4 => (Action::Replace { anchor, text }, false),
        5 => (Action::ReplaceSection { heading, text }, false),
        6 => (Action::AppendToSection { heading, text }, false),
        7 => (Action::RemoveSection { heading }, false),
        _ => (Action::Remove { anchor }, false),
    };
    let edits = [Edit {
        action,
        once: false,
    }];
    let _ = apply(&old, &edits, Repeat::Possible);
    let Ok(edited) = apply(&old, &edits, Repeat::First) else {
        return;
    };
    if !adds {
        return;
    }
    let filled = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect();
    let (old, new): (Vec<char>, Vec<char>) = (filled(&old), filled(&edited.text));
    let given: Vec<char> = filled(&given);
    assert_eq!(new.len(), old.len() + given.len());
    let same = |(one, other): &(&char, &char)| one == other;
    let head = old.iter().zip(&new).take_while(same).count();
    let tail = old.iter().rev().zip(new.iter().rev());
    assert!(head + tail.take_while(same).count() >= old.len());
}

/// Writes a value as the YAML of an answer, which is read as the same value.
pub fn envelope(data: &[u8]) {
    let value = json!({"data": value(&mut data.iter().copied(), 0)});
    let written = envelope::yaml::write(&value);
    let read = yaml::single_value(&written);
    assert_eq!(read.as_ref(), Some(&value), "{written}");
}

/// Makes a value from bytes: lists and objects of texts with any characters, and of numbers.
fn value(bytes: &mut impl Iterator<Item = u8>, depth: usize) -> Value {
    let Some(kind) = bytes.next() else {
        return Value::Null;
    };
    let length = usize::from(kind / 8);
    match kind % 8 {
        0 if depth < 8 => (0..length % 8).map(|_| value(bytes, depth + 1)).collect(),
        1 | 2 if depth < 8 => {
            let fields = (0..length % 8).map(|_| (text(bytes, 8), value(bytes, depth + 1)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        3 => Value::Bool(length > 15),
        4 => json!(i64::from(bytes.next().unwrap_or(0)) - 100),
        5 => json!(f64::from(bytes.next().unwrap_or(0)) / 8.0),
        _ => Value::String(text(bytes, length * 4)),
    }
}

fn text(bytes: &mut impl Iterator<Item = u8>, length: usize) -> String {
    let bytes: Vec<u8> = bytes.take(length).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Sends any text to the server. The answer is a readable envelope, and is not an internal error.
pub fn sandbox(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let answer = runtime.block_on(async {
        let clock = Clock::system();
        let transport = Arc::new(InProcess::new(Sandbox::new()));
        let client = Client::new(transport, RetryLimits::default(), clock.clone());
        let cache = Cache::new(Duration::from_secs(600), 20_000);
        let session = Session::new(client, cache, clock, Allowed::Deleting);
        let requests = request::read_all(&text, &Catalog);
        engine::answer(&session, requests, CancellationToken::new()).await
    });
    let read = yaml::single_value(&answer.text).unwrap();
    assert_eq!(read["success"], answer.success);
    assert_ne!(
        read.pointer("/error/code"),
        Some(&Value::from("INTERNAL_ERROR"))
    );
}

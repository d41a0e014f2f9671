//! What the fuzzers run. Each target takes any bytes and panics where something does not hold; `tests/it/fuzz.rs` runs
//! the same functions on a few inputs, so that they are kept.

use std::sync::Arc;
use std::time::Duration;

use linear_ops::clock::Clock;
use linear_ops::directory::Directory;
use linear_ops::dispatch::{self, Operations};
use linear_ops::effect::Allowed;
use linear_ops::envelope;
use linear_ops::linear::client::{Client, Patience};
use linear_ops::request;
use linear_ops::sandbox::{InProcess, Sandbox};
use linear_ops::session::Session;
use linear_ops::text::checklist::Checklist;
use linear_ops::yaml;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

/// Reading a request ends, twice in the same way; and what was read, written as JSON, is read as the same request.
pub fn request(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let first = request::read_all(&text, &Operations);
    let second = request::read_all(&text, &Operations);
    assert_eq!(first, second);
    let Ok(first) = first else {
        return;
    };
    let written = json!({"operation": first.operation, "params": first.params});
    let again = request::read(&written.to_string(), &Operations);
    let Ok(again) = again else {
        // A number or a text that JSON would not have written so is refused where it can be read in two ways.
        return;
    };
    assert_eq!(again.operation, first.operation);
    if again.warnings.is_empty() {
        assert_eq!(again.params, first.params);
    }
}

/// Ticking changes the boxes that it is told to and nothing else, and can be taken back.
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

/// Whatever an answer holds is read from its YAML as it was.
pub fn envelope(data: &[u8]) {
    let value = json!({"data": value(&mut data.iter().copied(), 0)});
    let written = envelope::yaml::write(&value);
    let read = yaml::single_value(&written);
    assert_eq!(read.as_ref(), Some(&value), "{written}");
}

/// A value made of bytes: texts of any characters in lists and objects, with numbers between them.
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

/// Any text is answered with an envelope that can be read, and none is a defect of the server.
pub fn sandbox(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let answer = runtime.block_on(async {
        let clock = Clock::system();
        let transport = Arc::new(InProcess::new(Sandbox::new()));
        let client = Client::new(transport, Patience::default(), clock.clone());
        let directory = Directory::new(Duration::from_secs(600), 20_000);
        let session = Session::new(client, directory, clock, Allowed::Deleting);
        let asked = request::read_all(&text, &Operations);
        dispatch::answer(&session, asked, CancellationToken::new()).await
    });
    let read = yaml::single_value(&answer.text).unwrap();
    assert_eq!(read["success"], answer.success);
    assert_ne!(
        read.pointer("/error/code"),
        Some(&Value::from("INTERNAL_ERROR"))
    );
}

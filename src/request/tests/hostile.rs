//! Texts that are made to cost time or memory cost neither.
#![expect(clippy::unwrap_used, reason = "a failing test may panic")]

use std::time::{Duration, Instant};

use super::pieces::PIECES;
use super::{read, read_all, read_stream};
use crate::yaml::MAX_BYTES;

/// Pieces of streams of documents.
const STREAMS: &[&str] = &[
    "---\n",
    "a\n---\n",
    "operation: [\n---\n",
    "---\na: |\n  b\n",
    "--- #\n",
];

/// How much longer the larger text may take: it is eight times as long, so something quadratic takes 64 times.
const MOST: u32 = 32;
/// What the machine's own noise may hide.
const NOISE: Duration = Duration::from_millis(20);

/// The least of three times that `work` takes on a piece repeated up to that many bytes.
fn cost(piece: &str, bytes: usize, work: impl Fn(&str)) -> Duration {
    let text = piece.repeat(bytes / piece.len());
    let time = || {
        let start = Instant::now();
        work(&text);
        start.elapsed()
    };
    time().min(time()).min(time())
}

fn assert_linear(piece: &str, work: impl Fn(&str) + Copy) {
    let small = cost(piece, 1 << 13, work);
    let large = cost(piece, 1 << 16, work);
    let most = small * MOST + NOISE;
    assert!(large < most, "{piece:?}: {small:?}, then {large:?}");
}

#[test]
fn the_cost_of_a_hostile_text_grows_no_faster_than_it_does() {
    for piece in PIECES {
        // Whether some of them are requests does not matter.
        assert_linear(piece, |text| drop(read(text)));
    }
    for piece in STREAMS {
        assert_linear(piece, |text| drop(read_stream(text)));
    }
}

#[test]
fn the_cost_of_one_long_line_grows_no_faster_than_it_does() {
    for piece in [
        "{\"name\": \"a\"}, ",
        "a, ",
        "'a', ",
        "{color: , name: b}, ",
        "{color: }, ",
        "{name: a}, ",
        "{color: #fff}, ",
        "a #1, ",
        "[], ",
        "null, ",
    ] {
        assert_linear(piece, |items| {
            drop(read(&format!(
                "operation: x\nparams: {{labels: [{items}]}}"
            )));
        });
    }
}

/// Texts that are hostile in other ways than by repetition.
fn others() -> Vec<String> {
    let mut texts = vec!["[".repeat(MAX_BYTES), "body: |\n".repeat(MAX_BYTES / 8)];
    texts.push(format!(
        "operation: x\nparams:\n  body: |\n{}",
        "a\n".repeat(1 << 16)
    ));
    texts.push(format!(
        "operation: x, params: {{a: {}",
        "[".repeat(1 << 17)
    ));
    texts.push(format!(
        "operation: x\nparams: {{a: \"{}\"}}",
        "y".repeat(MAX_BYTES - 64)
    ));
    texts.push(format!(
        "operation: x\nparams: {{a: \"{}",
        "y\" ".repeat(MAX_BYTES / 4)
    ));
    let operations: String = (0..100).map(|at| format!("operation: x{at}\n")).collect();
    let keys: String = (0..50_000).map(|at| format!("k{at}: |\n")).collect();
    texts.push(format!("{operations}{keys}"));
    // Ever deeper, and ever less deep, so that no column is ever met again.
    let deep: String = (0..1400)
        .map(|depth| format!("{}body: x\n", " ".repeat(depth)))
        .collect();
    let shallow: String = (0..1400)
        .rev()
        .map(|depth| format!("{}body: x\n", " ".repeat(depth)))
        .collect();
    texts.push(deep);
    texts.push(format!("{shallow}]"));
    texts
}

#[test]
fn no_hostile_text_is_a_request_or_the_end_of_the_reader() {
    for text in others() {
        let shown: String = text.chars().take(40).collect();
        let told = read(&text).map_or_else(
            |error| error.message().len(),
            |request| request.operation.len(),
        );
        assert!(told < 1000, "{shown:?}");
    }
}

#[test]
fn an_alias_bomb_ends_at_the_bounds() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let alias = format!("*a{}", level - 1);
        bomb.push_str(&format!(
            "a{level}: &a{level} [{}]\n",
            [alias.as_str(); 9].join(", ")
        ));
    }
    let error = read(&format!(
        "operation: x\nparams:\n  {}",
        bomb.replace('\n', "\n  ")
    ))
    .unwrap_err();
    assert!(error.message().contains("more than"), "{error}");
}

#[test]
fn bounds_are_told() {
    let long = format!("operation: x\nparams: {{a: {}}}", "y".repeat(MAX_BYTES));
    let deep = format!(
        "operation: x\nparams: {{a: {}1{}}}",
        "[".repeat(70),
        "]".repeat(70)
    );
    let block: String = (0..80)
        .map(|depth| format!("{}a:\n", " ".repeat(depth)))
        .collect();
    let many = format!("operation: x\nparams: {{a: [{}]}}", "1,".repeat(100_001));
    for text in [long, deep, block, many] {
        let error = read(&text).unwrap_err();
        assert!(
            error
                .suggestions()
                .iter()
                .any(|hint| hint.contains("1 MiB")),
            "{error}"
        );
    }
    let nested = format!(
        "operation: x\nparams: {{a: {}1{}}}",
        "[".repeat(60),
        "]".repeat(60)
    );
    assert!(read(&nested).is_ok());
}

#[test]
fn a_text_of_more_requests_than_any_batch_has_is_refused_unread() {
    let stream = |count: usize| "operation: get_team\n---\n".repeat(count);
    assert!(read_all(&stream(1000)).is_ok());
    let error = read_all(&stream(1001)).unwrap_err();
    assert!(error.message().contains("1001 requests"), "{error}");
    assert!(!error.details().contains_key("index"), "{error}");
}

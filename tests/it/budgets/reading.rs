//! How long one reading of a text takes, whatever its shape: no longer than in proportion to its length.

#[path = "../../../src/request/tests/pieces.rs"]
mod pieces;

use std::time::{Duration, Instant};

use linear_ops::engine::Catalog;
use linear_ops::request;
use linear_ops::yaml::MAX_BYTES;

/// How much longer the larger text may take: it is eight times as long, so something quadratic takes 64 times.
const MOST: u32 = 32;
/// What the machine's own noise may hide.
const NOISE: Duration = Duration::from_millis(40);

/// More pieces of whole texts, beside [`pieces::PIECES`].
const MORE: &[&str] = &[
    "# x\n",
    "${a} ",
    "---\noperation: get_team\nparams: {team: ENG}\n",
    "```yaml\noperation: get_team\n```\n",
];

/// Pieces with a number in them, of which the values of a real operation are made.
const NUMBERED: &[&str] = &[
    "k#: , ",
    "k#: v, ",
    "k#: {a: }, ",
    "{k#: }, ",
    "{k#: v}, ",
    "\"k#\": , ",
    "k#: a #1, ",
];

/// Numbered pieces that are lines.
const LINES: &[&str] = &[
    "k#: v\n",
    "k#:\n",
    "k#: # c\n",
    "k#: |\n",
    "k#: a // c\n",
    "k#: \"a\" b\n",
    "- k#\n",
    "- k#:\n",
    "-\n",
    "# #\n",
];

/// A request of a real operation around items on one line or in lines.
fn around(place: &str, items: &str) -> String {
    match place {
        "params" => format!("{{operation: create_issue, params: {{{items}}}}}"),
        "labels" => format!("{{operation: create_issue, params: {{labels: [{items}]}}}}"),
        "label" => format!("{{operation: create_issue, params: {{labels: {{{items}}}}}}}"),
        "filter" => format!("{{operation: list_issues, params: {{filter: {{{items}}}}}}}"),
        "context" => format!("{{operation: get_team, context: {{{items}}}}}"),
        "text" => format!(
            "operation: create_issue\nparams:\n  labels: '- {{{}}}'",
            items.replace('\'', "''")
        ),
        "lines" => format!(
            "operation: create_issue\nparams:\n  {}",
            items.replace('\n', "\n  ")
        ),
        "description" => format!(
            "operation: create_issue\nparams:\n  description:\n    {}",
            items.replace('\n', "\n    ")
        ),
        _ => format!(
            "operation: create_issue\nparams:\n  labels:\n    {}",
            items.replace('\n', "\n    ")
        ),
    }
}

#[test]
fn the_cost_of_many_entries_grows_no_faster_than_they_do() {
    let on_one_line = ["params", "labels", "label", "filter", "context", "text"];
    let on_one_line = on_one_line.map(|place| (place, NUMBERED));
    let in_lines = ["lines", "description", "list"].map(|place| (place, LINES));
    for (place, pieces) in on_one_line.into_iter().chain(in_lines) {
        for piece in pieces {
            let cost = |bytes: usize| {
                let count = bytes / (piece.len() + 4);
                let items: String = (0..count)
                    .map(|at| piece.replacen('#', &at.to_string(), 1))
                    .collect();
                let text = around(place, &items);
                let time = || {
                    let start = Instant::now();
                    drop(request::read(&text, &Catalog));
                    start.elapsed()
                };
                time().min(time()).min(time())
            };
            let (small, large) = (cost(1 << 13), cost(1 << 16));
            assert!(
                large < small * MOST + NOISE,
                "{place} {piece:?}: {small:?}, then {large:?}"
            );
        }
    }
}

/// The cost of one reading of 256 KiB and of 1 MiB, for every shape above, the dearest first; and that of the largest
/// text whose number of values is within the bound. To be run with a build like the released one:
/// `cargo test --release --test it -- --ignored --nocapture one_reading`.
#[test]
#[ignore = "measures"]
fn one_reading_of_the_largest_texts() {
    let mut rows = Vec::new();
    let mut measure = |shape: String, text: String| {
        let start = Instant::now();
        drop(request::read_all(&text, &Catalog));
        rows.push((start.elapsed(), text.len(), shape));
    };
    for bytes in [1 << 18, 1 << 19, MAX_BYTES - 256] {
        for piece in pieces::PIECES.iter().chain(MORE) {
            measure(format!("{piece:?}"), piece.repeat(bytes / piece.len()));
        }
        for place in [
            "params",
            "labels",
            "label",
            "filter",
            "context",
            "text",
            "lines",
            "description",
            "list",
        ] {
            for piece in NUMBERED.iter().chain(LINES) {
                // Every line is indented.
                let count = bytes / (piece.len() + 10);
                let items: String = (0..count)
                    .map(|at| piece.replacen('#', &at.to_string(), 1))
                    .collect();
                measure(format!("{place} {piece:?}"), around(place, &items));
            }
        }
    }
    rows.sort();
    for (time, bytes, shape) in rows.iter().rev().take(40) {
        eprintln!("{time:?} {bytes} {shape}");
    }
    let slow = |(time, ..): &&(Duration, usize, String)| *time > Duration::from_millis(300);
    assert_eq!(rows.iter().filter(slow).count(), 0);
}

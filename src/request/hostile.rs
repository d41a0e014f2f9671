//! Texts that are made to cost time or memory cost neither.
#![expect(clippy::unwrap_used, reason = "a failing test may panic")]

use std::time::{Duration, Instant};

use super::yaml::MAX_BYTES;
use super::{read, read_stream};

/// Far more than an optimised build needs, and far less than anything quadratic takes.
const PATIENCE: Duration = Duration::from_secs(4);

/// A piece again and again, 128 KiB in all: enough for anything quadratic to run out of patience.
fn full(piece: &str) -> String {
    piece.repeat((1 << 17) / piece.len())
}

/// Texts that break a reader or a repair that is quadratic in something.
fn hostile() -> Vec<String> {
    let mut texts: Vec<String> = [
        "[",
        "{",
        "{a: ",
        "- ",
        "? ",
        "a: ",
        "\"",
        "'",
        "`",
        "```\n",
        "~~~\n",
        "#",
        "\n",
        "\t",
        " ",
        "---\n",
        "...\n",
        "//\n",
        " //",
        "a //\n",
        "[ //",
        "&a ",
        "*a ",
        "!a ",
        "%",
        "|\n",
        ">",
        "a: |\n",
        "body: |\n",
        "body: x\n",
        "- body: |\n",
        "body: \"\n",
        "color: #fff ",
        "#fff",
        "a: \"b\" c\n",
        "a: [b] c\n",
        "\"\\\"",
        "a,",
        "\u{feff}",
        "\u{0}",
        "\r",
        "\r\n",
        "operation: x\n",
        "operation: x, params: {",
        "operation: [\n---\n",
        "a: b: c\n",
    ]
    .map(full)
    .to_vec();
    texts.push(format!(
        "operation: x\nparams:\n  body: |\n{}",
        full("a\n").split_off(64)
    ));
    texts.push(format!(
        "operation: x, params: {{a: {}",
        full("[").split_off(64)
    ));
    texts.push(format!(
        "operation: x\nparams: {{a: \"{}\"}}",
        "y".repeat(MAX_BYTES - 64)
    ));
    texts.push(format!(
        "operation: x\nparams: {{a: \"{}",
        "y\" ".repeat(MAX_BYTES / 4)
    ));
    texts.push("[".repeat(MAX_BYTES));
    texts.push("body: |\n".repeat(MAX_BYTES / 8));
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
fn a_hostile_text_costs_little() {
    for text in hostile() {
        let start = Instant::now();
        // Whether some of them are requests does not matter.
        let found = read(&text).is_ok();
        let took = start.elapsed();
        let shown: String = text.chars().take(40).collect();
        assert!(took < PATIENCE, "{shown:?} ({found}) took {took:?}");
    }
}

#[test]
fn a_hostile_stream_costs_little() {
    for text in [
        "---\n",
        "a\n---\n",
        "operation: [\n---\n",
        "---\na: |\n  b\n",
        "--- #\n",
    ]
    .map(full)
    {
        let start = Instant::now();
        drop(read_stream(&text));
        assert!(start.elapsed() < PATIENCE, "{:?}", text.get(..20));
    }
}

#[test]
fn an_alias_bomb_is_refused_at_its_first_anchor() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let alias = format!("*a{}", level - 1);
        bomb.push_str(&format!(
            "a{level}: &a{level} [{}]\n",
            [alias.as_str(); 9].join(", ")
        ));
    }
    let start = Instant::now();
    let error = read(&format!(
        "operation: x\nparams:\n  {}",
        bomb.replace('\n', "\n  ")
    ))
    .unwrap_err();
    assert!(error.message().contains("anchor"), "{error}");
    assert!(start.elapsed() < PATIENCE);
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

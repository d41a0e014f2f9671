//! Tables in Markdown, and numbers as text.

use std::fmt::Write as _;

/// A table in Markdown.
pub struct Table(String);

impl Table {
    /// Returns a table with these headings. A column whose heading begins with a space is aligned to the right.
    pub fn new(headings: &[&str]) -> Self {
        let mut text = row_line(headings.iter().map(|heading| heading.trim()));
        let rules = headings.iter().map(|heading| {
            if heading.starts_with(' ') {
                "--:"
            } else {
                "---"
            }
        });
        text.push_str(&row_line(rules));
        Self(text)
    }

    /// Adds a row.
    pub fn row<S: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.0.push_str(&row_line(cells));
    }

    /// Returns the text of the table.
    pub fn text(self) -> String {
        self.0
    }
}

/// Returns the line of a row.
fn row_line<S: AsRef<str>>(cells: impl IntoIterator<Item = S>) -> String {
    let mut line = "|".to_owned();
    for cell in cells {
        let _ = write!(line, " {} |", cell.as_ref());
    }
    line.push('\n');
    line
}

/// Returns milliseconds with at most two decimals, fewer for greater values, such as `0.08`, `4.2` or `103`.
pub fn ms(value: f64) -> String {
    let digits = match value.abs() {
        small if small < 0.995 => 2,
        middle if middle < 9.95 => 1,
        _ => 0,
    };
    let text = format!("{value:.digits$}");
    let is_zero = text.chars().all(|c| matches!(c, '-' | '0' | '.'));
    if is_zero { "0".to_owned() } else { text }
}

/// Returns mebibytes with one decimal.
#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
pub fn mib(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / (1024.0 * 1024.0))
}

/// Returns a count with commas between thousands, such as `20,111`.
pub fn count(value: usize) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_markdown() {
        let mut table = Table::new(&["operation", " ms"]);
        table.row(["get_issue", "1.0"]);
        assert_eq!(
            table.text(),
            "| operation | ms |\n| --- | --: |\n| get_issue | 1.0 |\n"
        );
    }

    #[test]
    fn figures_have_the_digits_that_mean_something() {
        let times = [0.0, -0.001, 0.084, 0.999, 4.25, 9.97, 103.4, -0.5].map(ms);
        assert_eq!(
            times,
            ["0", "0", "0.08", "1.0", "4.2", "10", "103", "-0.50"]
        );
        assert_eq!(
            [0, 999, 1_000, 20_111, 1_234_567].map(count),
            ["0", "999", "1,000", "20,111", "1,234,567"]
        );
        assert_eq!(mib(12 * 1024 * 1024 + 300_000), "12.3");
    }
}

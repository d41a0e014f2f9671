//! What was found: a line for each, and how they are counted.

use std::fmt;

use serde_json::{Value, json};

use crate::text::secret::hidden;

/// The subject of what is found about the key.
pub(super) const KEY: &str = "key";

/// How good it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// As it should be.
    Ok,
    /// Works, and is worth a look.
    Warning,
    /// Does not work.
    Failure,
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failure => "failure",
        }
    }
}

/// One line of the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// How good it is.
    pub level: Level,
    /// What was looked at, in a word or two.
    pub subject: &'static str,
    /// What was found, and what to do about it.
    pub text: String,
}

impl Finding {
    /// All is well with `subject`.
    pub fn ok(subject: &'static str, text: impl Into<String>) -> Self {
        Self::new(Level::Ok, subject, text)
    }

    /// `subject` works, but somebody should look at it.
    pub fn warning(subject: &'static str, text: impl Into<String>) -> Self {
        Self::new(Level::Warning, subject, text)
    }

    /// `subject` does not work.
    pub fn failure(subject: &'static str, text: impl Into<String>) -> Self {
        Self::new(Level::Failure, subject, text)
    }

    fn new(level: Level, subject: &'static str, text: impl Into<String>) -> Self {
        Self {
            level,
            subject,
            text: text.into(),
        }
    }
}

/// Everything that was found, in the order in which it was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Report(Vec<Finding>);

impl Report {
    /// Takes one more line.
    pub fn add(&mut self, finding: Finding) {
        self.0.push(finding);
    }

    /// Takes several more.
    pub fn extend(&mut self, findings: Vec<Finding>) {
        self.0.extend(findings);
    }

    /// Whether anything does not work.
    pub fn has_failed(&self) -> bool {
        self.count(Level::Failure) > 0
    }

    /// Whether anything about that subject does not work.
    pub fn has_failed_about(&self, subject: &str) -> bool {
        let mut failures = self
            .0
            .iter()
            .filter(|finding| finding.level == Level::Failure);
        failures.any(|finding| finding.subject == subject)
    }

    fn count(&self, level: Level) -> usize {
        let of_level = self.0.iter().filter(|finding| finding.level == level);
        of_level.count()
    }
}

impl Report {
    /// The lines as a JSON array for programs.
    pub fn to_json(&self) -> String {
        let lines = self.0.iter().map(|finding| {
            json!({
                "level": finding.level.word(),
                "subject": finding.subject,
                "text": line(&finding.text),
            })
        });
        format!("{:#}\n", Value::from_iter(lines))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.0.iter().map(|finding| finding.subject.len()).max();
        let width = width.unwrap_or_default();
        for finding in &self.0 {
            let (word, subject) = (finding.level.word(), finding.subject);
            writeln!(f, "{word:7}  {subject:width$}  {}", line(&finding.text))?;
        }
        let (warnings, failures) = (self.count(Level::Warning), self.count(Level::Failure));
        let (one, many) = (plural(warnings), plural(failures));
        writeln!(
            f,
            "\n{} ok, {warnings} warning{one}, {failures} failure{many}",
            self.count(Level::Ok)
        )
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// A text on one line, without what looks like a key and without what steers a terminal: parts of it come from
/// Linear and from files.
fn line(text: &str) -> String {
    hidden(text)
        .chars()
        .map(|char| if steers(char) { ' ' } else { char })
        .collect()
}

/// Whether a character does something else than stand in its place: controls, ends of lines, and those that turn
/// the direction of what follows.
fn steers(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_aligned_counted_and_safe_to_print() {
        let mut report = Report::default();
        report.add(Finding::ok("key", "set"));
        report.extend(vec![
            Finding::warning("account", "a\u{1b}[31m\n\u{202e}name"),
            Finding::failure(".mcp.json", "holds lin_api_secret"),
        ]);
        assert!(report.has_failed());
        assert_eq!(
            report.to_string(),
            "ok       key        set\n\
             warning  account    a [31m  name\n\
             failure  .mcp.json  holds lin_api_…\n\
             \n1 ok, 1 warning, 1 failure\n"
        );
    }

    #[test]
    fn a_report_for_programs_is_an_array() {
        let mut report = Report::default();
        report.add(Finding::failure("key", "lin_api_secret\n"));
        let wanted = json!([{"level": "failure", "subject": "key", "text": "lin_api_… "}]);
        assert_eq!(
            serde_json::from_str::<Value>(&report.to_json()).ok(),
            Some(wanted)
        );
    }

    #[test]
    fn warnings_are_no_failure() {
        let mut report = Report::default();
        report.add(Finding::warning("clock", "late"));
        assert!(!report.has_failed());
    }
}

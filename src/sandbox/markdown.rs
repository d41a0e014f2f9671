//! What Linear does to markdown on saving: it stores the document of an editor and writes markdown out of it again, so
//! the text that is read back is not the text that was sent (`linear/api.md` §6).

mod inline;

/// Returns the markdown that Linear would give back for `text`: `* ` bullets, `[X]`, `[a](<url>)`, `*emphasis*`, short
/// table delimiters, no trailing whitespace, blank lines around rules. Code fences and code spans stay
/// unchanged. Applying the function twice changes nothing more.
pub(super) fn normalise(text: &str) -> String {
    let mut writer = MarkdownWriter::default();
    let mut fence: Option<Fence> = None;
    for line in text.lines() {
        match fence {
            Some(open) => {
                writer.push(line.to_owned());
                if open.closes(line) {
                    fence = None;
                }
            }
            None => {
                fence = Fence::opening(line);
                match fence {
                    Some(_) => writer.push(line.trim_end().to_owned()),
                    None => writer.push_prose(line.trim_end()),
                }
            }
        }
    }
    writer.finish()
}

/// An open code fence: its character, and how often the character is repeated.
#[derive(Clone, Copy)]
struct Fence {
    mark: char,
    length: usize,
}

impl Fence {
    /// Returns the fence that this line opens.
    fn opening(line: &str) -> Option<Self> {
        let line = line.trim_start();
        let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
        let length = line.chars().take_while(|c| *c == mark).count();
        let info = line.trim_start_matches(mark);
        (length >= 3 && !(mark == '`' && info.contains('`'))).then_some(Self { mark, length })
    }

    fn closes(self, line: &str) -> bool {
        let line = line.trim();
        line.chars().count() >= self.length && line.chars().all(|c| c == self.mark)
    }
}

/// The lines that are written so far.
#[derive(Default)]
struct MarkdownWriter {
    lines: Vec<String>,
    /// Whether the last line is a rule, after which the next line must be blank.
    is_after_rule: bool,
}

impl MarkdownWriter {
    fn push(&mut self, line: String) {
        if self.is_after_rule && !line.trim().is_empty() {
            self.lines.push(String::new());
        }
        self.is_after_rule = false;
        self.lines.push(line);
    }

    /// Writes a line that is not part of a code fence.
    fn push_prose(&mut self, line: &str) {
        if let Some(level) = underline(line).filter(|_| self.ends_in_paragraph()) {
            self.make_last_heading(level);
        } else if is_rule(line) {
            self.push_rule();
        } else if is_table_delimiter(line) {
            let columns = line.trim().trim_matches('|').split('|').count();
            self.push(format!("|{}", " -- |".repeat(columns)));
        } else {
            self.push(list_item(line).unwrap_or_else(|| inline::normalise(line)));
        }
    }

    /// Whether an underline below the last line would make it a heading.
    fn ends_in_paragraph(&self) -> bool {
        let starts_block =
            |line: &str| line.starts_with(['#', '>', '|', '<', '*']) || line.starts_with("+++");
        self.lines.last().is_some_and(|line| {
            !line.is_empty() && !starts_block(line.trim_start()) && !is_fence_end(line)
        })
    }

    fn make_last_heading(&mut self, level: &str) {
        if let Some(last) = self.lines.last_mut() {
            *last = format!("{level} {}", last.trim());
        }
    }

    fn push_rule(&mut self) {
        if self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(String::new());
        }
        self.lines.push("---".to_owned());
        self.is_after_rule = true;
    }

    fn finish(self) -> String {
        let text = self.lines.join("\n");
        text.trim_end().trim_start_matches('\n').to_owned()
    }
}

fn is_fence_end(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("```") || line.starts_with("~~~")
}

/// Returns the heading mark that an underline stands for: `#` for `===`, `##` for `---`.
fn underline(line: &str) -> Option<&'static str> {
    let line = line.trim();
    match line.chars().next() {
        Some('=') if line.chars().all(|c| c == '=') => Some("#"),
        Some('-') if line.chars().all(|c| c == '-') => Some("##"),
        _ => None,
    }
}

fn is_rule(line: &str) -> bool {
    let marks: String = line.chars().filter(|c| !c.is_whitespace()).collect();
    marks.len() >= 3
        && ['-', '*', '_']
            .iter()
            .any(|mark| marks.chars().all(|c| c == *mark))
}

fn is_table_delimiter(line: &str) -> bool {
    let line = line.trim();
    line.starts_with('|')
        && line.contains('-')
        && line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '))
}

/// Returns a bullet with `*` as its mark and `[X]` for a task that is done; `None` when the line is not a bullet.
fn list_item(line: &str) -> Option<String> {
    let body = line.trim_start();
    let indent = line.strip_suffix(body)?;
    let rest = ["- ", "* ", "+ "]
        .iter()
        .find_map(|mark| body.strip_prefix(mark))?;
    for (written, kept) in [("[ ] ", "[ ] "), ("[x] ", "[X] "), ("[X] ", "[X] ")] {
        if let Some(text) = rest.trim_start().strip_prefix(written) {
            return Some(format!("{indent}* {kept}{}", inline::normalise(text)));
        }
    }
    Some(format!("{indent}* {}", inline::normalise(rest)))
}

#[cfg(test)]
mod tests {
    use super::normalise;

    #[test]
    fn bullets_tasks_and_trailing_whitespace() {
        assert_eq!(
            normalise("- one  \n  + two\n- [x] done\n- [ ] open\n\n\n"),
            "* one\n  * two\n* [X] done\n* [ ] open"
        );
    }

    #[test]
    fn rules_get_blank_lines_and_underlines_become_headings() {
        assert_eq!(normalise("a\n\n---\nb"), "a\n\n---\n\nb");
        assert_eq!(normalise("# a\n***\nb"), "# a\n\n---\n\nb");
        assert_eq!(normalise("Title\n---\nb"), "## Title\nb");
        assert_eq!(normalise("Title\n==="), "# Title");
    }

    #[test]
    fn table_delimiters_lose_their_alignment() {
        assert_eq!(
            normalise("| a | b |\n|:---|---:|\n| 1 | 2 |"),
            "| a | b |\n| -- | -- |\n| 1 | 2 |"
        );
    }

    #[test]
    fn code_fences_stay_byte_faithful() {
        let text = "```rust\n- not_a_list  \n[x](y) _z_\n---\n```\n- item";
        let kept = "```rust\n- not_a_list  \n[x](y) _z_\n---\n```\n* item";
        assert_eq!(normalise(text), kept);
        let nested = "~~~~\n~~~\n- x\n~~~~";
        assert_eq!(normalise(nested), nested);
    }

    #[test]
    fn collapsible_sections_and_comments_stay() {
        let text = "+++ Details\n* inner\n+++\n<!-- ccpm-checklist-start -->";
        assert_eq!(normalise(text), text);
    }

    #[test]
    fn twice_is_the_same_as_once() {
        let text = "Intro https://a.example/x_y.\n- [x] _soft_ [l](u)\nHead\n---\n| a |\n|---|\n***\nsee example.com";
        let once = normalise(text);
        assert_eq!(normalise(&once), once);
        assert_ne!(once, text);
    }

    proptest::proptest! {
        #[test]
        fn twice_is_the_same_as_once_whatever_the_text(
            pieces in proptest::collection::vec(piece(), 0..24)
        ) {
            let once = normalise(&pieces.concat());
            proptest::prop_assert_eq!(normalise(&once), once);
        }
    }

    /// The pieces of markdown: whole spans and line starts, so that random texts hit the rules.
    fn piece() -> impl proptest::strategy::Strategy<Value = &'static str> {
        proptest::sample::select(vec![
            "\n",
            "\n\n",
            "\n- ",
            "\n* ",
            "\n  + ",
            "\n- [ ] ",
            "\n- [x] ",
            "\n---\n",
            "\n===\n",
            "\n***\n",
            "\n```\n",
            "\n~~~~\n",
            "`a_b` ",
            "``c`` ",
            "_em_ ",
            "__strong__ ",
            "*star* ",
            "[a](b) ",
            "![i](j) ",
            "<u> ",
            "https://a.example/x_y ",
            "b.com ",
            "word ",
            "snake_case ",
            "  ",
            "\n| a |",
            "\n|---|:-:|\n",
            "\n+++ T\n",
            "\n<!-- c -->\n",
            "\\_ ",
            "\n# ",
            "\n> ",
            "\u{e9} ",
            "\u{1f600} ",
            "_ ",
            "[ ",
        ])
    }
}

//! Takes a request out of the code fence or the backticks around it.
//!
//! A fence closes as CommonMark says: by a line of the same character, at least as long, with nothing after it. A
//! fence that is never closed runs to the end. A fence that belongs to a text of the request closes nothing: one as
//! deep as the block text that contains it, and one within a text that lost its indentation, where only the last such
//! line closes. Of several fences, the one that names an operation contains the request.

use super::repair::body::{SeenColumns, is_comment, may_lose_indentation};
use super::repair::lines::{self, indent, is_part, parse_entry};
use super::{MAX_SHOWN_CHARS, MarkdownKeys, failure};
use crate::error::Error;
use crate::text::abbreviate;

/// A request that was taken out of its fence.
#[derive(Debug, PartialEq)]
pub(super) struct FencedRequest {
    /// The text inside the fence.
    pub text: String,
    /// Warnings that there was a fence, and about text outside of it.
    pub warnings: Vec<String>,
}

/// Takes a text out of the code fence or the backticks around it. Of several fences, the one that contains a request
/// is used. Returns `None` where there is no fence, and where something that looks like a request stands before the
/// first fence.
///
/// # Errors
/// INVALID_REQUEST where a second request stands outside of the fence, because it would be lost.
pub(super) fn extract(
    text: &str,
    markdown_keys: &MarkdownKeys,
) -> Result<Option<FencedRequest>, Error> {
    let trimmed = text.trim();
    let inner = trimmed.trim_matches('`');
    if trimmed.starts_with('`') && !trimmed.starts_with("```") && !inner.contains('`') {
        return Ok(Some(fenced_request(inner.trim().to_owned(), Vec::new())));
    }
    let lines: Vec<&str> = text.lines().collect();
    let blocks = find_blocks(&lines, markdown_keys);
    let Some(first) = blocks.first() else {
        return Ok(None);
    };
    let before = lines.get(..first.open).unwrap_or_default();
    // A line before the first fence begins a request where it names an operation or a part of a request, is the brace
    // of JSON, or has a key with block text.
    let begins_a_request = |line: &&str| {
        line.starts_with('{')
            || parse_entry(line).is_some_and(|entry| {
                let is_part = entry.column == 0 && is_part(entry.key) && entry.key != "as";
                is_part || lines::opens_block_text(entry.value)
            })
    };
    if before.iter().any(begins_a_request) {
        return Ok(None);
    }
    let mut requests = blocks
        .iter()
        .filter(|block| holds_a_request(&block.lines_inside(&lines)));
    let block = match (requests.next(), requests.next()) {
        (Some(_), Some(_)) => return Err(failure::second_request()),
        (Some(block), None) => block,
        // The text before the fence may be the request.
        (None, _) if before.iter().any(|line| parse_entry(line).is_some()) => return Ok(None),
        (None, _) => first,
    };
    let behind = lines.get(block.close + 1..).unwrap_or_default();
    let before = lines.get(..block.open).unwrap_or_default();
    let outside = || before.iter().chain(behind).copied();
    if outside().any(names_an_operation) {
        return Err(failure::second_request());
    }
    let outside: Vec<&str> = outside()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let mut text = block.lines_inside(&lines).join("\n");
    text.push('\n');
    Ok(Some(fenced_request(text, outside)))
}

/// The most fences of one text that are looked at.
const MAX_FENCES: usize = 20;

/// A fenced block, by the numbers of its lines.
struct FencedBlock {
    /// The line of the opening fence.
    open: usize,
    /// The line of the closing fence, or the end of the text.
    close: usize,
}

impl FencedBlock {
    /// The lines between the fences.
    fn lines_inside<'t>(&self, lines: &[&'t str]) -> Vec<&'t str> {
        lines
            .get(self.open + 1..self.close)
            .unwrap_or_default()
            .to_vec()
    }
}

/// Finds the first [`MAX_FENCES`] fenced blocks of a text, in their order.
fn find_blocks(lines: &[&str], markdown_keys: &MarkdownKeys) -> Vec<FencedBlock> {
    let mut blocks: Vec<FencedBlock> = Vec::new();
    let mut at = 0;
    while blocks.len() < MAX_FENCES {
        let rest = lines.get(at..).unwrap_or_default();
        let numbered = rest.iter().enumerate();
        let mut fences =
            numbered.filter_map(|(skip, line)| Some((at + skip, FenceLine::parse(line)?)));
        let Some((open, fence)) = fences.next() else {
            break;
        };
        let inside = lines.get(open + 1..).unwrap_or_default();
        let close = fence.close(inside, markdown_keys).unwrap_or(inside.len());
        blocks.push(FencedBlock {
            open,
            close: open + 1 + close,
        });
        at = open + close + 2;
    }
    blocks
}

/// Whether these lines contain a request: one of them names an operation, or an operation's name is all they contain.
fn holds_a_request(lines: &[&str]) -> bool {
    let mut filled = lines
        .iter()
        .map(|line| line.trim())
        .filter(|line| !line.is_empty());
    let is_json = filled
        .clone()
        .next()
        .is_some_and(|line| line.starts_with('{'));
    let names_operation = |line: &&str| match is_json {
        true => line.contains("operation"),
        false => {
            parse_entry(line).is_some_and(|entry| entry.column == 0 && entry.key == "operation")
        }
    };
    let is_operation_name = match (filled.next(), filled.next()) {
        (Some(only), None) => only.contains('_') && super::is_operation_name(only),
        _ => false,
    };
    is_operation_name || lines.iter().any(names_operation)
}

/// Makes the result of [`extract`], with the warnings about the fence and the lines outside of it.
fn fenced_request(text: String, outside: Vec<&str>) -> FencedRequest {
    let mut warnings = vec!["yaml_repaired: took the request out of its code fence".to_owned()];
    if !outside.is_empty() {
        let shown = abbreviate(&outside.join(" "), MAX_SHOWN_CHARS);
        warnings.push(format!(
            "left out what stands outside of the code fence: '{shown}'"
        ));
    }
    FencedRequest { text, warnings }
}

/// Whether a line names the operation of a request that starts at the margin, and is not a sentence that begins with
/// that word.
fn names_an_operation(line: &str) -> bool {
    let without_braces = line.trim_start_matches(['{', ' ']).trim_start();
    let entry = parse_entry(line).or_else(|| parse_entry(without_braces));
    let Some(entry) = entry.filter(|entry| entry.key == "operation" && entry.column == 0) else {
        return false;
    };
    let name = entry.value.trim_start_matches(['"', '\'']);
    let rest = name.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let behind = rest.trim_start_matches(['"', '\'']).trim_start();
    let ends = behind.is_empty() || behind.starts_with([',', '}', '#']) || behind.starts_with("//");
    ends && rest.len() < name.len()
}

/// A line that opens or closes a fence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FenceLine {
    mark: char,
    length: usize,
    /// The column of the fence.
    depth: usize,
    /// Whether nothing follows the fence on its line.
    bare: bool,
}

impl FenceLine {
    fn parse(line: &str) -> Option<Self> {
        let text = line.trim();
        let mark = text
            .chars()
            .next()
            .filter(|mark| matches!(mark, '`' | '~'))?;
        let rest = text.trim_start_matches(mark);
        let length = text.len() - rest.len();
        // A word after backticks contains no backtick itself, otherwise the line is code within a sentence.
        let word = mark == '~' || !rest.contains('`');
        (length >= 3 && word).then_some(Self {
            mark,
            length,
            depth: indent(line),
            bare: rest.is_empty(),
        })
    }

    /// Whether a line closes the fence that this line opens.
    fn closes(self, line: &str) -> bool {
        let fence = Self::parse(line);
        fence.is_some_and(|closing| {
            let shallow = closing.depth <= self.depth + 3;
            closing.bare && shallow && closing.mark == self.mark && closing.length >= self.length
        })
    }

    /// The index of the line that closes the fence, among the lines below the opening line.
    fn close(self, lines: &[&str], markdown_keys: &MarkdownKeys) -> Option<usize> {
        let mut columns = SeenColumns::default();
        let mut text: Option<OpenText> = None;
        let mut last = None;
        for (at, line) in lines.iter().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let entry = parse_entry(line).filter(|entry| !entry.key.is_empty());
            if let Some(open) = &mut text {
                let ends = entry
                    .as_ref()
                    .is_some_and(|entry| columns.continues_request(entry, open.column));
                if !ends {
                    let depth = indent(line);
                    let is_deeper = depth > open.column;
                    if !self.closes(line) {
                        if is_deeper {
                            open.depth.get_or_insert(depth);
                        } else {
                            open.lost |= open.may_be_lost && !is_comment(line, open.column);
                        }
                    } else if open.lost {
                        last = Some(at);
                    } else if is_deeper && open.depth.is_none_or(|least| depth >= least) {
                        // A fence in such a column belongs to the text.
                        open.depth.get_or_insert(depth);
                    } else {
                        return Some(at);
                    }
                    continue;
                }
                text = None;
                last = None;
            }
            if self.closes(line) {
                return Some(at);
            }
            if let Some(entry) = entry {
                columns.add(&entry);
                let is_text =
                    lines::opens_block_text(entry.value) || markdown_keys.contains(entry.key);
                text = is_text.then_some(OpenText {
                    column: entry.column,
                    depth: None,
                    may_be_lost: may_lose_indentation(&entry, markdown_keys),
                    lost: false,
                });
            }
        }
        last
    }
}

/// A text of the request whose end has not been reached yet.
struct OpenText {
    /// The column of the text's key.
    column: usize,
    /// The column of the text's first line.
    depth: Option<usize>,
    /// Whether lines that do not stand deeper than the key can belong to the text.
    may_be_lost: bool,
    /// Whether a line of the text has lost its indentation.
    lost: bool,
}

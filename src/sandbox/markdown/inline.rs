//! Links, emphasis and code spans within one line, in time that grows as the line does.

use std::collections::{BTreeMap, BTreeSet};

/// The text that a rule writes for the start of the line, and the rest of the line.
type Step<'t> = (String, &'t str);

/// A rule, which looks at the rest of the line, at the character before it, and at where spans and brackets end. Returns
/// `None` where it does not apply.
type Rule = for<'t> fn(&'t str, Option<char>, &mut LineIndex) -> Option<Step<'t>>;

/// The rules in the order in which they are tried: text that must stay unchanged comes first.
const RULES: [Rule; 7] = [code_span, escape, angle, image, link, bare_link, emphasis];

/// The endings that make a word look like a domain to Linear's editor.
const DOMAINS: [&str; 7] = [".com", ".org", ".net", ".io", ".dev", ".app", ".ai"];

/// Returns the text of one line as Linear writes it: links in `(<…>)`, bare URLs and domains as links, `*` for emphasis.
pub(super) fn normalise(line: &str) -> String {
    let mut written = String::with_capacity(line.len());
    let mut rest = line;
    let mut index = LineIndex::new(line);
    while let Some(first) = rest.chars().next() {
        let before = written.chars().next_back();
        match RULES.iter().find_map(|rule| rule(rest, before, &mut index)) {
            Some((replacement, after)) => {
                written.push_str(&replacement);
                rest = after;
            }
            None => {
                written.push(first);
                rest = rest.strip_prefix(first).unwrap_or_default();
            }
        }
    }
    written
}

/// Keeps the first `length` bytes of the text unchanged.
fn keep(text: &str, length: usize) -> Option<Step<'_>> {
    text.split_at_checked(length)
        .map(|(first, rest)| (first.to_owned(), rest))
}

fn code_span<'t>(text: &'t str, _: Option<char>, index: &mut LineIndex) -> Option<Step<'t>> {
    let body = text.trim_start_matches('`');
    let ticks = text.len() - body.len();
    if ticks == 0 {
        return None;
    }
    keep(text, index.code_span(text, ticks).unwrap_or(ticks))
}

fn escape<'t>(text: &'t str, _: Option<char>, _: &mut LineIndex) -> Option<Step<'t>> {
    let escaped = text.strip_prefix('\\')?.chars().next()?;
    keep(text, 1 + escaped.len_utf8())
}

/// Keeps `<https://…>` and HTML unchanged.
fn angle<'t>(text: &'t str, _: Option<char>, index: &mut LineIndex) -> Option<Step<'t>> {
    let inside = text.strip_prefix('<')?;
    let starts_tag = inside
        .chars()
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '/' | '!'));
    let end = (starts_tag && index.has_angle_after(text)).then(|| inside.find('>'))??;
    keep(text, end + 2)
}

fn image<'t>(text: &'t str, _: Option<char>, index: &mut LineIndex) -> Option<Step<'t>> {
    let (label, target) = split_link(text.strip_prefix('!')?, index)?;
    keep(text, 1 + label.len() + 2 + target.len() + 2)
}

fn link<'t>(text: &'t str, _: Option<char>, index: &mut LineIndex) -> Option<Step<'t>> {
    let (label, target) = split_link(text, index)?;
    let (_, rest) = text.split_at_checked(label.len() + 2 + target.len() + 2)?;
    let trimmed = target.trim();
    if trimmed.starts_with('<') || trimmed.is_empty() {
        return Some((format!("[{label}]({target})"), rest));
    }
    let written = match trimmed.split_once(' ') {
        Some((url, title)) => format!("[{label}](<{url}> {})", title.trim()),
        None => format!("[{label}](<{trimmed}>)"),
    };
    Some((written, rest))
}

/// Returns `label` and `target` of a text that starts with `[label](target)`.
fn split_link<'t>(text: &'t str, index: &LineIndex) -> Option<(&'t str, &'t str)> {
    let label = inside_brackets(text, '[', index)?;
    let target = inside_brackets(text.get(label.len() + 2..)?, '(', index)?;
    Some((label, target))
}

/// Returns the text between `open`, at the start of the text, and the bracket that closes it.
fn inside_brackets<'t>(text: &'t str, open: char, index: &LineIndex) -> Option<&'t str> {
    let inside = text.strip_prefix(open)?;
    inside.get(..index.closing_bracket(text)?.checked_sub(1)?)
}

fn bare_link<'t>(text: &'t str, before: Option<char>, index: &mut LineIndex) -> Option<Step<'t>> {
    if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '/' | '.' | '@' | '_' | '-')) {
        return None;
    }
    let word = text.get(..index.word(text))?;
    let rest = text.get(word.len()..)?;
    let is_url = |scheme: &str| {
        word.strip_prefix(scheme)
            .is_some_and(|tail| !tail.is_empty())
    };
    if is_url("https://") || is_url("http://") {
        return Some((format!("[{word}](<{word}>)"), rest));
    }
    is_domain(word).then(|| (format!("[{word}](<http://{word}>)"), rest))
}

fn is_domain(word: &str) -> bool {
    DOMAINS
        .iter()
        .find_map(|end| word.strip_suffix(end))
        .is_some_and(|name| {
            !name.is_empty()
                && name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))
        })
}

fn emphasis<'t>(text: &'t str, before: Option<char>, index: &mut LineIndex) -> Option<Step<'t>> {
    if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
        return None;
    }
    let body = text.trim_start_matches('_');
    let marks = text.len() - body.len();
    if !(1..=2).contains(&marks) || body.starts_with(char::is_whitespace) {
        return None;
    }
    let end = index.emphasis(body, marks)?;
    let inner = body.get(..end)?;
    let star = "*".repeat(marks);
    Some((
        format!("{star}{}{star}", normalise(inner)),
        body.get(end + marks..)?,
    ))
}

/// Where the spans and brackets of one line end, found once for the whole line: searched anew at every beginning, the
/// ends would cost the square of the line's length. A position in the line is given by the rest of the line that begins
/// there.
pub(super) struct LineIndex {
    length: usize,
    /// Each `[` and `(` with the bracket that closes it.
    brackets: BTreeMap<usize, usize>,
    /// The positions at which `_` and `__` can end emphasis.
    closers: [Vec<usize>; 2],
    backticks: Vec<usize>,
    last_angle: Option<usize>,
    /// The end of the word that was looked at last, with and without the punctuation after it.
    word_end: (usize, usize),
    /// The numbers of backticks that are not closed by as many backticks later in the line.
    unclosed_ticks: BTreeSet<usize>,
}

impl LineIndex {
    fn new(line: &str) -> Self {
        let mut brackets = BTreeMap::new();
        pair_brackets(line, '[', ']', &mut brackets);
        pair_brackets(line, '(', ')', &mut brackets);
        Self {
            length: line.len(),
            brackets,
            closers: find_closers(line),
            backticks: line.match_indices('`').map(|(at, _)| at).collect(),
            last_angle: line.rfind('>'),
            word_end: (0, 0),
            unclosed_ticks: BTreeSet::new(),
        }
    }

    fn position(&self, rest: &str) -> usize {
        self.length - rest.len()
    }

    /// The distance from the bracket at the start of `rest` to the bracket that closes it.
    fn closing_bracket(&self, rest: &str) -> Option<usize> {
        let at = self.position(rest);
        Some(self.brackets.get(&at)? - at)
    }

    /// Whether a `>` follows.
    fn has_angle_after(&self, rest: &str) -> bool {
        self.last_angle.is_some_and(|at| at >= self.position(rest))
    }

    /// The length of the code span at the start of `rest`, which begins with this many backticks. The backticks count.
    fn code_span(&mut self, rest: &str, ticks: usize) -> Option<usize> {
        if self.unclosed_ticks.contains(&ticks) {
            return None;
        }
        let mut at = ticks;
        while let Some(found) = rest.get(at..)?.find('`') {
            let run_at = at + found;
            let tail = rest.get(run_at..)?;
            at = run_at + tail.len() - tail.trim_start_matches('`').len();
            if at - run_at == ticks {
                return Some(at);
            }
        }
        self.unclosed_ticks.insert(ticks);
        None
    }

    /// The length of the word at the start of `rest`, without the punctuation after it.
    fn word(&mut self, rest: &str) -> usize {
        let at = self.position(rest);
        if at >= self.word_end.0 {
            let end = rest.find(is_word_end).unwrap_or(rest.len());
            let whole = rest.get(..end).unwrap_or_default();
            let word = whole.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'']);
            self.word_end = (at + end, at + word.len());
        }
        self.word_end.1.saturating_sub(at)
    }

    /// The distance to the marks that end the emphasis whose text begins `body`. `None` when there is code within it.
    fn emphasis(&self, body: &str, marks: usize) -> Option<usize> {
        let at = self.position(body);
        let end = first_from(self.closers.get(marks.checked_sub(1)?)?, at)?;
        let code = first_from(&self.backticks, at);
        code.is_none_or(|code| code > end).then(|| end - at)
    }
}

/// Returns the first of these sorted positions that is not before `at`.
fn first_from(positions: &[usize], at: usize) -> Option<usize> {
    positions
        .get(positions.partition_point(|position| *position < at))
        .copied()
}

fn is_word_end(c: char) -> bool {
    c.is_whitespace() || matches!(c, '<' | '>' | '"' | '`' | '[' | ')' | ']' | '*' | '|')
}

fn pair_brackets(line: &str, open: char, close: char, pairs: &mut BTreeMap<usize, usize>) {
    let mut opened = Vec::new();
    for (at, found) in line.char_indices() {
        if found == open {
            opened.push(at);
        } else if found == close
            && let Some(start) = opened.pop()
        {
            pairs.insert(start, at);
        }
    }
}

/// Returns the positions of runs of one and of two `_` that follow a word and do not begin one.
fn find_closers(line: &str) -> [Vec<usize>; 2] {
    let mut closers = [Vec::new(), Vec::new()];
    let mut before = None;
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let after = rest.trim_start_matches('_');
        let run = rest.len() - after.len();
        if run == 0 {
            before = Some(first);
            rest = rest.strip_prefix(first).unwrap_or_default();
            continue;
        }
        let ends_word = !before.is_none_or(char::is_whitespace)
            && !after.starts_with(|c: char| c.is_alphanumeric());
        if ends_word && let Some(positions) = closers.get_mut(run - 1) {
            positions.push(line.len() - rest.len());
        }
        before = Some('_');
        rest = after;
    }
    closers
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::normalise;

    #[test]
    fn links_are_put_in_angle_brackets_once() {
        assert_eq!(
            normalise("see [a](https://b.example/c(d))!"),
            "see [a](<https://b.example/c(d)>)!"
        );
        assert_eq!(normalise("[a](<u>) ![i](u.png)"), "[a](<u>) ![i](u.png)");
        assert_eq!(normalise("[a](u \"t\")"), "[a](<u> \"t\")");
    }

    #[test]
    fn bare_addresses_become_links() {
        assert_eq!(
            normalise("(https://a.example/x_y) and example.com."),
            "([https://a.example/x_y](<https://a.example/x_y>)) and [example.com](<http://example.com>)."
        );
        assert_eq!(
            normalise("mail me@example.com <https://a.example>"),
            "mail me@example.com <https://a.example>"
        );
    }

    #[test]
    fn underscores_become_stars_only_around_words() {
        assert_eq!(
            normalise("_a b_ __c__ snake_case_name _ x"),
            "*a b* **c** snake_case_name _ x"
        );
    }

    #[test]
    fn code_spans_stay() {
        assert_eq!(
            normalise("`_a_ [b](c)` ``x ` _y_`` `open _z_"),
            "`_a_ [b](c)` ``x ` _y_`` `open *z*"
        );
    }

    /// The shortest of three times that a line takes which repeats a piece up to this many bytes.
    fn cost(piece: &str, bytes: usize) -> Duration {
        let text = piece.repeat(bytes / piece.len());
        let time = || {
            let start = Instant::now();
            normalise(&text);
            start.elapsed()
        };
        time().min(time()).min(time())
    }

    #[test]
    fn the_cost_of_a_hostile_line_grows_no_faster_than_the_line() {
        for piece in [
            "[",
            "![",
            "[](",
            "[a](",
            "_a ",
            "__a ",
            "_a __b ",
            "<a",
            "`",
            "\\``",
            "a,",
            "!",
            "_a` ",
            "a_",
            "_",
            "https://a",
            ".com ",
            "+a.com",
        ] {
            let (small, large) = (cost(piece, 1 << 12), cost(piece, 1 << 15));
            // The line is eight times as long. Quadratic work takes 64 times as long; the rest is for the machine's noise.
            let most = small * 32 + Duration::from_millis(20);
            assert!(large < most, "{piece:?}: {small:?}, then {large:?}");
        }
    }
}

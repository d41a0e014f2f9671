//! Links, emphasis and code spans within one line, in time that grows as the line does.

use std::collections::{BTreeMap, BTreeSet};

/// What one rule wrote for the start of the text, and the rest of the text.
type Step<'t> = (String, &'t str);

/// One rule: looks at the start of the text, at the character before it, and at where things end.
type Rule = for<'t> fn(&'t str, Option<char>, &mut LineIndex) -> Option<Step<'t>>;

/// In this order: what must stay untouched comes first.
const RULES: [Rule; 7] = [code_span, escape, angle, image, link, bare_link, emphasis];

/// LineIndex that make a word look like a domain to Linear's editor.
const DOMAINS: [&str; 7] = [".com", ".org", ".net", ".io", ".dev", ".app", ".ai"];

/// One line's text as Linear writes it: links in `(<…>)`, bare URLs and domains as links, `*` for emphasis.
pub(super) fn normalise(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    let mut ends = LineIndex::of(line);
    while let Some(first) = rest.chars().next() {
        let before = out.chars().next_back();
        match RULES.iter().find_map(|rule| rule(rest, before, &mut ends)) {
            Some((written, after)) => {
                out.push_str(&written);
                rest = after;
            }
            None => {
                out.push(first);
                rest = rest.strip_prefix(first).unwrap_or_default();
            }
        }
    }
    out
}

/// The text in two parts, the first of `length` bytes, kept as it is.
fn kept(text: &str, length: usize) -> Option<Step<'_>> {
    text.split_at_checked(length)
        .map(|(first, rest)| (first.to_owned(), rest))
}

fn code_span<'t>(text: &'t str, _: Option<char>, ends: &mut LineIndex) -> Option<Step<'t>> {
    let body = text.trim_start_matches('`');
    let ticks = text.len() - body.len();
    if ticks == 0 {
        return None;
    }
    kept(text, ends.code_span(text, ticks).unwrap_or(ticks))
}

fn escape<'t>(text: &'t str, _: Option<char>, _: &mut LineIndex) -> Option<Step<'t>> {
    let escaped = text.strip_prefix('\\')?.chars().next()?;
    kept(text, 1 + escaped.len_utf8())
}

/// `<https://…>` and HTML stay as they are.
fn angle<'t>(text: &'t str, _: Option<char>, ends: &mut LineIndex) -> Option<Step<'t>> {
    let inside = text.strip_prefix('<')?;
    let starts_tag = inside
        .chars()
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '/' | '!'));
    let end = (starts_tag && ends.angle_follows(text)).then(|| inside.find('>'))??;
    kept(text, end + 2)
}

fn image<'t>(text: &'t str, _: Option<char>, ends: &mut LineIndex) -> Option<Step<'t>> {
    let (label, target) = label_and_target(text.strip_prefix('!')?, ends)?;
    kept(text, 1 + label.len() + 2 + target.len() + 2)
}

fn link<'t>(text: &'t str, _: Option<char>, ends: &mut LineIndex) -> Option<Step<'t>> {
    let (label, target) = label_and_target(text, ends)?;
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

/// `label` and `target` of a text that starts with `[label](target)`.
fn label_and_target<'t>(text: &'t str, ends: &LineIndex) -> Option<(&'t str, &'t str)> {
    let label = balanced(text, '[', ends)?;
    let target = balanced(text.get(label.len() + 2..)?, '(', ends)?;
    Some((label, target))
}

/// What stands between `open` at the start of the text and the bracket that belongs to it.
fn balanced<'t>(text: &'t str, open: char, ends: &LineIndex) -> Option<&'t str> {
    let inside = text.strip_prefix(open)?;
    inside.get(..ends.bracket(text)?.checked_sub(1)?)
}

fn bare_link<'t>(text: &'t str, before: Option<char>, ends: &mut LineIndex) -> Option<Step<'t>> {
    if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '/' | '.' | '@' | '_' | '-')) {
        return None;
    }
    let word = text.get(..ends.word(text))?;
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

fn emphasis<'t>(text: &'t str, before: Option<char>, ends: &mut LineIndex) -> Option<Step<'t>> {
    if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
        return None;
    }
    let body = text.trim_start_matches('_');
    let marks = text.len() - body.len();
    if !(1..=2).contains(&marks) || body.starts_with(char::is_whitespace) {
        return None;
    }
    let end = ends.emphasis(body, marks)?;
    let inner = body.get(..end)?;
    let star = "*".repeat(marks);
    Some((
        format!("{star}{}{star}", normalise(inner)),
        body.get(end + marks..)?,
    ))
}

/// The ends within one line. A place is told by the rest of the line that begins there.
pub(super) struct LineIndex {
    length: usize,
    /// Each `[` and `(` with the bracket that belongs to it.
    brackets: BTreeMap<usize, usize>,
    /// Where `_` and `__` can end emphasis.
    closers: [Vec<usize>; 2],
    ticks: Vec<usize>,
    last_angle: Option<usize>,
    /// The word looked at last: its end, with and without the punctuation after it.
    word: (usize, usize),
    /// Lengths of backticks that nothing later closes.
    unclosed: BTreeSet<usize>,
}

impl LineIndex {
    /// The ends within a line.
    pub(super) fn of(line: &str) -> Self {
        let mut brackets = BTreeMap::new();
        pair(line, '[', ']', &mut brackets);
        pair(line, '(', ')', &mut brackets);
        Self {
            length: line.len(),
            brackets,
            closers: closers(line),
            ticks: line.match_indices('`').map(|(at, _)| at).collect(),
            last_angle: line.rfind('>'),
            word: (0, 0),
            unclosed: BTreeSet::new(),
        }
    }

    fn place(&self, rest: &str) -> usize {
        self.length - rest.len()
    }

    /// How far away the bracket is that belongs to the one at the start of `rest`.
    pub(super) fn bracket(&self, rest: &str) -> Option<usize> {
        let at = self.place(rest);
        Some(self.brackets.get(&at)? - at)
    }

    /// Whether a `>` follows.
    pub(super) fn angle_follows(&self, rest: &str) -> bool {
        self.last_angle.is_some_and(|at| at >= self.place(rest))
    }

    /// How long the code span is that begins `rest` with so many backticks, its marks included.
    pub(super) fn code_span(&mut self, rest: &str, ticks: usize) -> Option<usize> {
        if self.unclosed.contains(&ticks) {
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
        self.unclosed.insert(ticks);
        None
    }

    /// How long the word is at the start of `rest`, without the punctuation after it.
    pub(super) fn word(&mut self, rest: &str) -> usize {
        let at = self.place(rest);
        if at >= self.word.0 {
            let end = rest.find(ends_word).unwrap_or(rest.len());
            let whole = rest.get(..end).unwrap_or_default();
            let word = whole.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'']);
            self.word = (at + end, at + word.len());
        }
        self.word.1.saturating_sub(at)
    }

    /// How far away the marks are that end the emphasis whose text begins `body`. No code stands within it.
    pub(super) fn emphasis(&self, body: &str, marks: usize) -> Option<usize> {
        let at = self.place(body);
        let end = next(self.closers.get(marks.checked_sub(1)?)?, at)?;
        let code = next(&self.ticks, at);
        code.is_none_or(|code| code > end).then(|| end - at)
    }
}

/// The first of these places, which are in order, that is not before `at`.
fn next(places: &[usize], at: usize) -> Option<usize> {
    places
        .get(places.partition_point(|place| *place < at))
        .copied()
}

fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '<' | '>' | '"' | '`' | '[' | ')' | ']' | '*' | '|')
}

fn pair(line: &str, open: char, close: char, pairs: &mut BTreeMap<usize, usize>) {
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

/// Runs of one and of two `_` that follow a word and begin none.
fn closers(line: &str) -> [Vec<usize>; 2] {
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
        let ends = !before.is_none_or(char::is_whitespace)
            && !after.starts_with(|c: char| c.is_alphanumeric());
        if ends && let Some(places) = closers.get_mut(run - 1) {
            places.push(line.len() - rest.len());
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

    /// The least of three times that a piece takes, repeated up to that many bytes.
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
    fn the_cost_of_a_hostile_line_grows_no_faster_than_it_does() {
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
            // Eight times as long: what is quadratic takes 64 times. The rest is for the machine's noise.
            let most = small * 32 + Duration::from_millis(20);
            assert!(large < most, "{piece:?}: {small:?}, then {large:?}");
        }
    }
}

//! Where what begins in a line ends, found once for the whole line: looked for anew at every beginning, it would cost
//! the square of the line's length.

use std::collections::{BTreeMap, BTreeSet};

/// The ends within one line. A place is told by the rest of the line that begins there.
pub(super) struct Ends {
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

impl Ends {
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

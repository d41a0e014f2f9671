//! Links, emphasis and code spans within one line, in time that grows as the line does.

mod ends;

use ends::Ends;

/// What one rule wrote for the start of the text, and the rest of the text.
type Step<'t> = (String, &'t str);

/// One rule: looks at the start of the text, at the character before it, and at where things end.
type Rule = for<'t> fn(&'t str, Option<char>, &mut Ends) -> Option<Step<'t>>;

/// In this order: what must stay untouched comes first.
const RULES: [Rule; 7] = [code_span, escape, angle, image, link, bare_link, emphasis];

/// Ends that make a word look like a domain to Linear's editor.
const DOMAINS: [&str; 7] = [".com", ".org", ".net", ".io", ".dev", ".app", ".ai"];

/// One line's text as Linear writes it: links in `(<…>)`, bare URLs and domains as links, `*` for emphasis.
pub(super) fn normalise(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    let mut ends = Ends::of(line);
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

fn code_span<'t>(text: &'t str, _: Option<char>, ends: &mut Ends) -> Option<Step<'t>> {
    let body = text.trim_start_matches('`');
    let ticks = text.len() - body.len();
    if ticks == 0 {
        return None;
    }
    kept(text, ends.code_span(text, ticks).unwrap_or(ticks))
}

fn escape<'t>(text: &'t str, _: Option<char>, _: &mut Ends) -> Option<Step<'t>> {
    let escaped = text.strip_prefix('\\')?.chars().next()?;
    kept(text, 1 + escaped.len_utf8())
}

/// `<https://…>` and HTML stay as they are.
fn angle<'t>(text: &'t str, _: Option<char>, ends: &mut Ends) -> Option<Step<'t>> {
    let inside = text.strip_prefix('<')?;
    let starts_tag = inside
        .chars()
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '/' | '!'));
    let end = (starts_tag && ends.angle_follows(text)).then(|| inside.find('>'))??;
    kept(text, end + 2)
}

fn image<'t>(text: &'t str, _: Option<char>, ends: &mut Ends) -> Option<Step<'t>> {
    let (label, target) = label_and_target(text.strip_prefix('!')?, ends)?;
    kept(text, 1 + label.len() + 2 + target.len() + 2)
}

fn link<'t>(text: &'t str, _: Option<char>, ends: &mut Ends) -> Option<Step<'t>> {
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
fn label_and_target<'t>(text: &'t str, ends: &Ends) -> Option<(&'t str, &'t str)> {
    let label = balanced(text, '[', ends)?;
    let target = balanced(text.get(label.len() + 2..)?, '(', ends)?;
    Some((label, target))
}

/// What stands between `open` at the start of the text and the bracket that belongs to it.
fn balanced<'t>(text: &'t str, open: char, ends: &Ends) -> Option<&'t str> {
    let inside = text.strip_prefix(open)?;
    inside.get(..ends.bracket(text)?.checked_sub(1)?)
}

fn bare_link<'t>(text: &'t str, before: Option<char>, ends: &mut Ends) -> Option<Step<'t>> {
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

fn emphasis<'t>(text: &'t str, before: Option<char>, ends: &mut Ends) -> Option<Step<'t>> {
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

//! Links, emphasis and code spans within one line.

/// What one rule wrote for the start of the text, and the rest of the text.
type Step<'t> = (String, &'t str);

/// One rule: looks at the start of the text, and at the character before it.
type Rule = for<'t> fn(&'t str, Option<char>) -> Option<Step<'t>>;

/// In this order: what must stay untouched comes first.
const RULES: [Rule; 7] = [code_span, escape, angle, image, link, bare_link, emphasis];

/// Ends that make a word look like a domain to Linear's editor.
const DOMAINS: [&str; 7] = [".com", ".org", ".net", ".io", ".dev", ".app", ".ai"];

/// One line's text as Linear writes it: links in `(<…>)`, bare URLs and domains as links, `*` for emphasis.
pub(super) fn normalise(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let before = out.chars().next_back();
        match RULES.iter().find_map(|rule| rule(rest, before)) {
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

fn code_span(text: &str, _: Option<char>) -> Option<Step<'_>> {
    let body = text.trim_start_matches('`');
    let ticks = text.len() - body.len();
    if ticks == 0 {
        return None;
    }
    let mut at = ticks;
    while let Some(found) = text.get(at..)?.find('`') {
        let run_at = at + found;
        let tail = text.get(run_at..)?;
        let run = tail.len() - tail.trim_start_matches('`').len();
        if run == ticks {
            return kept(text, run_at + run);
        }
        at = run_at + run;
    }
    kept(text, ticks)
}

fn escape(text: &str, _: Option<char>) -> Option<Step<'_>> {
    let escaped = text.strip_prefix('\\')?.chars().next()?;
    kept(text, 1 + escaped.len_utf8())
}

/// `<https://…>` and HTML stay as they are.
fn angle(text: &str, _: Option<char>) -> Option<Step<'_>> {
    let inside = text.strip_prefix('<')?;
    let starts_tag = inside
        .chars()
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '/' | '!'));
    let end = inside.find('>').filter(|_| starts_tag)?;
    kept(text, end + 2)
}

fn image(text: &str, _: Option<char>) -> Option<Step<'_>> {
    let (label, target) = label_and_target(text.strip_prefix('!')?)?;
    kept(text, 1 + label.len() + 2 + target.len() + 2)
}

fn link(text: &str, _: Option<char>) -> Option<Step<'_>> {
    let (label, target) = label_and_target(text)?;
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
fn label_and_target(text: &str) -> Option<(&str, &str)> {
    let label = balanced(text, '[', ']')?;
    let target = balanced(text.get(label.len() + 2..)?, '(', ')')?;
    Some((label, target))
}

/// What stands between `open` at the start of the text and the `close` that belongs to it.
fn balanced(text: &str, open: char, close: char) -> Option<&str> {
    let inside = text.strip_prefix(open)?;
    let mut depth = 1_usize;
    for (at, found) in inside.char_indices() {
        if found == open {
            depth += 1;
        } else if found == close {
            depth -= 1;
        }
        if depth == 0 {
            return inside.get(..at);
        }
    }
    None
}

fn bare_link(text: &str, before: Option<char>) -> Option<Step<'_>> {
    if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '/' | '.' | '@' | '_' | '-')) {
        return None;
    }
    let end = text
        .find(|c: char| {
            c.is_whitespace() || matches!(c, '<' | '>' | '"' | '`' | '[' | ')' | ']' | '*' | '|')
        })
        .unwrap_or(text.len());
    let word = text
        .get(..end)?
        .trim_end_matches(['.', ',', ';', ':', '!', '?', '\'']);
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

fn emphasis(text: &str, before: Option<char>) -> Option<Step<'_>> {
    let body = text.trim_start_matches('_');
    let marks = text.len() - body.len();
    let opens = (1..=2).contains(&marks)
        && before.is_none_or(|c| !c.is_alphanumeric() && c != '_')
        && body.chars().next().is_some_and(|c| !c.is_whitespace());
    if !opens {
        return None;
    }
    let mark = text.get(..marks)?;
    let end = body.match_indices(mark).map(|(at, _)| at).find(|at| {
        let inner = body.get(..*at).unwrap_or_default();
        let after = body.get(at + marks..).unwrap_or_default();
        !inner.ends_with(char::is_whitespace)
            && !inner.contains('`')
            && !inner.ends_with('_')
            && !after.starts_with(|c: char| c.is_alphanumeric() || c == '_')
    })?;
    let inner = body.get(..end)?;
    let star = "*".repeat(marks);
    Some((
        format!("{star}{}{star}", normalise(inner)),
        body.get(end + marks..)?,
    ))
}

#[cfg(test)]
mod tests {
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
}

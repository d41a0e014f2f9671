//! Finds the known names that a caller may have meant.

use std::cmp::Reverse;

use super::name::{fold, has_words};

/// The most characters of a name that are compared, so that a hostile name costs no more than a long one.
const MAX_COMPARED_CHARS: usize = 40;

/// The shortest part of a name that counts as similar: every second name contains `is`.
const MIN_PART_CHARS: usize = 3;

/// At most `limit` candidates that `wanted` may have been meant for, the most similar first, each once.
///
/// Names are compared folded. Similar names are: the same name, a beginning of it, a part of it (at least three
/// characters: words of it, or most of a single word), and names that differ by few edits. At most one edit for three
/// characters is allowed, in each word where there are several; a swap of neighbours is one edit. Of e-mail addresses
/// only the part before the `@` is compared, because it identifies the person.
///
/// ```
/// # use linear_ops::text::nearest::nearest;
/// assert_eq!(nearest("asignee", ["assignee", "title"], 3), ["assignee"]);
/// ```
pub fn nearest<'a, S: AsRef<str> + ?Sized + 'a>(
    wanted: &str,
    candidates: impl IntoIterator<Item = &'a S>,
    limit: usize,
) -> Vec<&'a str> {
    let wanted = fold_beginning(wanted);
    let scored = candidates
        .into_iter()
        .map(|candidate| (likeness(&wanted, candidate.as_ref()), candidate.as_ref()))
        .filter(|(likeness, _)| *likeness != Likeness::Unlike)
        .collect();
    let mut names = sort_names(scored);
    names.truncate(limit);
    names
}

/// All candidates, each once, beginning with those that [`nearest`] would return. All others keep their order, because
/// among dissimilar names the number of edits means nothing.
pub fn rank<'a, S: AsRef<str> + ?Sized + 'a>(
    wanted: &str,
    candidates: impl IntoIterator<Item = &'a S>,
) -> Vec<&'a str> {
    let wanted = fold_beginning(wanted);
    let scored = candidates
        .into_iter()
        .map(|candidate| (likeness(&wanted, candidate.as_ref()), candidate.as_ref()))
        .collect();
    sort_names(scored)
}

/// How similar two names are; the lesser value is the more similar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    Same,
    Beginning {
        rest: usize,
    },
    Part {
        rest: usize,
    },
    Edits {
        edits: usize,
        /// The length of their common beginning: the first letters are rarely mistyped.
        shared: Reverse<usize>,
    },
    Unlike,
}

/// How similar a candidate is to a folded name.
fn likeness(wanted: &str, candidate: &str) -> Likeness {
    let candidate = fold_beginning(candidate);
    if wanted == candidate {
        return Likeness::Same;
    }
    match (wanted.split_once('@'), candidate.split_once('@')) {
        (Some((wanted, _)), Some((candidate, _))) => likeness_of_different(wanted, candidate),
        // A domain is shared by all people of a company, so it is near to none of them.
        (None, Some((_, domain))) if domain.contains(wanted) => Likeness::Unlike,
        _ => likeness_of_different(wanted, &candidate),
    }
}

/// How similar two folded names are that are not equal.
fn likeness_of_different(wanted: &str, candidate: &str) -> Likeness {
    let (wanted_len, candidate_len) = (wanted.chars().count(), candidate.chars().count());
    let rest = wanted_len.abs_diff(candidate_len);
    let (shorter, longer) = if wanted_len < candidate_len {
        (wanted, candidate)
    } else {
        (candidate, wanted)
    };
    if wanted_len.min(candidate_len) >= MIN_PART_CHARS {
        if longer.starts_with(shorter) {
            return Likeness::Beginning { rest };
        }
        let most = rest * 2 < longer.chars().count() && longer.contains(shorter);
        if most || has_words(longer, shorter) {
            return Likeness::Part { rest };
        }
    }
    let longest = wanted_len.max(candidate_len);
    let edits = strsim::osa_distance(wanted, candidate);
    let is_near = edits <= max_edits(wanted, candidate)
        && edits < longest
        && is_near_by_word(wanted, candidate);
    if !is_near {
        return Likeness::Unlike;
    }
    let pairs = wanted.chars().zip(candidate.chars());
    let shared = pairs.take_while(|(one, other)| one == other);
    Likeness::Edits {
        edits,
        shared: Reverse(shared.count()),
    }
}

/// The most edits between two texts that are near.
fn max_edits(one: &str, other: &str) -> usize {
    let longest = one.chars().count().max(other.chars().count());
    (longest / 3).max(1)
}

/// Whether each word of a name of several words, such as a person's, is near to the word at the same position.
/// Otherwise one person's first name would suggest another with the same family name.
fn is_near_by_word(wanted: &str, candidate: &str) -> bool {
    let words = |name: &str| -> Vec<String> {
        let words = name.split([' ', '.']).filter(|word| !word.is_empty());
        words.map(str::to_owned).collect()
    };
    let (wanted, candidate) = (words(wanted), words(candidate));
    let mut pairs = wanted.iter().zip(&candidate);
    wanted.len() != candidate.len()
        || pairs.all(|(one, other)| strsim::osa_distance(one, other) <= max_edits(one, other))
}

/// The names from the most to the least similar, each once.
fn sort_names(mut scored: Vec<(Likeness, &str)>) -> Vec<&str> {
    scored.sort_by_key(|(likeness, _)| *likeness);
    let mut seen = std::collections::HashSet::new();
    scored
        .into_iter()
        .map(|(_, name)| name)
        .filter(|name| seen.insert(*name))
        .collect()
}

/// The folded beginning of a name, of at most [`MAX_COMPARED_CHARS`] characters.
fn fold_beginning(name: &str) -> String {
    let beginning: String = name.trim().chars().take(MAX_COMPARED_CHARS).collect();
    fold(&beginning)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [&str; 6] = [
        "Backlog",
        "Todo",
        "In Progress",
        "In Review",
        "Done",
        "Canceled",
    ];

    #[test]
    fn typing_errors_find_their_name() {
        for (wanted, found) in [
            ("cancelled", "Canceled"),
            ("in progess", "In Progress"),
            ("in-review", "In Review"),
            ("dnoe", "Done"),
            ("BACKLOG", "Backlog"),
        ] {
            assert_eq!(nearest(wanted, STATES, 3).first(), Some(&found), "{wanted}");
        }
    }

    #[test]
    fn a_part_is_near_but_a_letter_is_not() {
        assert_eq!(nearest("review", STATES, 3), ["In Review"]);
        assert_eq!(nearest("i", STATES, 3), [""; 0]);
        assert_eq!(nearest("", STATES, 3), [""; 0]);
    }

    #[test]
    fn another_person_is_not_near() {
        const PEOPLE: [&str; 4] = [
            "Jan Lee",
            "Joanna Bell",
            "john@example.com",
            "jane.smith@example.com",
        ];
        for wanted in [
            "Max Lee",
            "Ann",
            "bob@example.com",
            "Old Timer",
            "smyth@other.example",
        ] {
            assert_eq!(nearest(wanted, PEOPLE, 3), [""; 0], "{wanted}");
        }
        for (wanted, found) in [
            ("jan le", "Jan Lee"),
            ("Bell", "Joanna Bell"),
            ("jonh@example.com", "john@example.com"),
            ("jane.smith@other.example", "jane.smith@example.com"),
        ] {
            assert_eq!(nearest(wanted, PEOPLE, 3).first(), Some(&found), "{wanted}");
        }
    }

    #[test]
    fn a_beginning_is_nearer_than_a_part() {
        assert_eq!(
            nearest("plan", ["replan", "planning"], 3),
            ["planning", "replan"]
        );
    }

    #[test]
    fn what_is_far_is_left_out_and_the_limit_holds() {
        assert_eq!(nearest("qa sign-off", STATES, 3), [""; 0]);
        assert_eq!(nearest("in", ["in1", "in2", "in3"], 2), ["in1", "in2"]);
    }

    #[test]
    fn ranking_keeps_everything_once() {
        let ranked = rank("done", ["Todo", "Done", "Done", "Canceled"]);
        assert_eq!(ranked, ["Done", "Todo", "Canceled"]);
    }

    #[test]
    fn only_the_beginning_of_a_long_name_is_compared() {
        let long = "x".repeat(1 << 20);
        assert_eq!(fold_beginning(&long).len(), MAX_COMPARED_CHARS);
        assert!(nearest(&long, ["a name of the usual length"], 3).is_empty());
    }
}

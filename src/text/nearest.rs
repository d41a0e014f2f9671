//! Which of the known names somebody may have meant.

use std::cmp::Reverse;

use super::name::{fold, has_words};

/// Names are compared on this many characters at most, so that a hostile name costs no more than a long one.
const COMPARED: usize = 40;

/// A part of a name says nothing below this length: every second name contains `is`.
const PART: usize = 3;

/// The candidates that `wanted` may be meant for, the likeliest first, at most `limit`, each once.
///
/// Names are compared folded. Likely are: the same name, a beginning of it, a part of it (three characters at least:
/// words of it, or most of its one word), and names that differ by few edits (one in three characters, and of each word where there are several; a
/// swap of neighbours is one edit). Of e-mail addresses what stands before the `@` is compared, since that tells
/// people apart.
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
    let wanted = folded(wanted);
    let scored = candidates
        .into_iter()
        .map(|candidate| (likeness(&wanted, candidate.as_ref()), candidate.as_ref()))
        .filter(|(likeness, _)| *likeness != Likeness::Unlike)
        .collect();
    let mut names = sorted(scored);
    names.truncate(limit);
    names
}

/// All candidates, each once, those that [`nearest`] would name first; all others stay in their order, because among
/// unlikely ones the count of edits says nothing.
pub fn rank<'a, S: AsRef<str> + ?Sized + 'a>(
    wanted: &str,
    candidates: impl IntoIterator<Item = &'a S>,
) -> Vec<&'a str> {
    let wanted = folded(wanted);
    let scored = candidates
        .into_iter()
        .map(|candidate| (likeness(&wanted, candidate.as_ref()), candidate.as_ref()))
        .collect();
    sorted(scored)
}

/// How alike two names are; the lesser, the more alike.
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
        /// How long a beginning they share: the first letters are rarely mistyped.
        shared: Reverse<usize>,
    },
    Unlike,
}

fn likeness(wanted: &str, candidate: &str) -> Likeness {
    let candidate = folded(candidate);
    if wanted == candidate {
        return Likeness::Same;
    }
    match (wanted.split_once('@'), candidate.split_once('@')) {
        (Some((wanted, _)), Some((candidate, _))) => unequal(wanted, candidate),
        // A domain, which all people of a company share, is near to none of them.
        (None, Some((_, domain))) if domain.contains(wanted) => Likeness::Unlike,
        _ => unequal(wanted, &candidate),
    }
}

/// How alike two folded names are that are not the same.
fn unequal(wanted: &str, candidate: &str) -> Likeness {
    let (wanted_len, candidate_len) = (wanted.chars().count(), candidate.chars().count());
    let rest = wanted_len.abs_diff(candidate_len);
    let (shorter, longer) = if wanted_len < candidate_len {
        (wanted, candidate)
    } else {
        (candidate, wanted)
    };
    if wanted_len.min(candidate_len) >= PART {
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
    let is_near =
        edits <= few(wanted, candidate) && edits < longest && is_near_by_word(wanted, candidate);
    if !is_near {
        return Likeness::Unlike;
    }
    Likeness::Edits {
        edits,
        shared: Reverse(shared(wanted, candidate)),
    }
}

/// How many edits may be between two texts that are near.
fn few(one: &str, other: &str) -> usize {
    let longest = one.chars().count().max(other.chars().count());
    (longest / 3).max(1)
}

/// Whether each word of a name of several, such as a person's, is near to its counterpart: of two people with one
/// family name neither is meant by the other's first name.
fn is_near_by_word(wanted: &str, candidate: &str) -> bool {
    let words = |name: &str| -> Vec<String> {
        let words = name.split([' ', '.']).filter(|word| !word.is_empty());
        words.map(str::to_owned).collect()
    };
    let (wanted, candidate) = (words(wanted), words(candidate));
    let mut pairs = wanted.iter().zip(&candidate);
    wanted.len() != candidate.len()
        || pairs.all(|(one, other)| strsim::osa_distance(one, other) <= few(one, other))
}

fn shared(one: &str, other: &str) -> usize {
    one.chars()
        .zip(other.chars())
        .take_while(|(a, b)| a == b)
        .count()
}

fn sorted(mut scored: Vec<(Likeness, &str)>) -> Vec<&str> {
    scored.sort_by_key(|(likeness, _)| *likeness);
    let mut seen = std::collections::HashSet::new();
    scored
        .into_iter()
        .map(|(_, name)| name)
        .filter(|name| seen.insert(*name))
        .collect()
}

fn folded(name: &str) -> String {
    let beginning: String = name.trim().chars().take(COMPARED).collect();
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
        assert_eq!(folded(&long).len(), COMPARED);
        assert!(nearest(&long, ["a name of the usual length"], 3).is_empty());
    }
}

//! `${NAME}` and `${NAME:-default}`, which Claude Code fills in from its own environment.

use std::collections::BTreeMap;

/// A text with what it refers to filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::cli) struct Expanded {
    /// The text; what could not be filled in stands as it is written.
    pub text: String,
    /// The variables that are not set and have no default.
    pub unset: Vec<String>,
    /// Whether it refers to any variable.
    pub refers: bool,
}

/// Fills in a text.
pub(in crate::cli) fn expand(text: &str, environment: &BTreeMap<String, String>) -> Expanded {
    let mut expanded = Expanded::default();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((inside, behind)) = after.split_once('}') else {
            break;
        };
        let (name, default) = match inside.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inside, None),
        };
        expanded.refers = true;
        expanded.text.push_str(before);
        match environment.get(name).map(String::as_str).or(default) {
            Some(value) => expanded.text.push_str(value),
            None => {
                expanded.text.push_str(&format!("${{{inside}}}"));
                expanded.unset.push(name.to_owned());
            }
        }
        rest = behind;
    }
    expanded.text.push_str(rest);
    expanded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Expanded {
        let set = [("HOME".to_owned(), "/home/ann".to_owned())];
        expand(text, &BTreeMap::from(set))
    }

    #[test]
    fn variables_are_filled_in() {
        for (text, filled) in [
            ("${HOME}/bin", "/home/ann/bin"),
            ("${HOME:-/root}", "/home/ann"),
            ("${TOOLS:-yaml}", "yaml"),
            ("plain $HOME", "plain $HOME"),
            ("${HOME", "${HOME"),
        ] {
            assert_eq!(of(text).text, filled);
            assert!(of(text).unset.is_empty(), "{text}");
        }
        assert!(of("${TOOLS:-x}").refers && !of("$HOME").refers);
    }

    #[test]
    fn what_is_not_set_is_named() {
        let expanded = of("a ${KEY} b ${HOME}");
        assert_eq!(expanded.text, "a ${KEY} b /home/ann");
        assert_eq!(expanded.unset, ["KEY"]);
    }
}

//! The colours of new labels, by name: the consumer's own map (`contract.md`, "Labels").

use crate::cache::fold;
use crate::params::Color;

/// The colour of a label that the map does not name.
const DEFAULT: &str = "#95a2b3";

const MAP: &[(&str, &str)] = &[
    ("planning", "#f7c8c1"),
    ("implementation", "#26b5ce"),
    ("verification", "#f2c94c"),
    ("pr-review", "#5e6ad2"),
    ("done", "#4cb782"),
    ("approved", "#4cb782"),
    ("bug", "#eb5757"),
    ("feature", "#bb87fc"),
    ("epic", "#f7c8c1"),
    ("task", "#26b5ce"),
    ("improvement", "#4ea7fc"),
    ("critical", "#eb5757"),
    ("high-priority", "#f2994a"),
    ("low-priority", "#95a2b3"),
    ("backend", "#26b5ce"),
    ("frontend", "#bb87fc"),
    ("security", "#eb5757"),
    ("performance", "#f2c94c"),
    ("testing", "#4cb782"),
    ("documentation", "#95a2b3"),
    ("blocked", "#eb5757"),
    ("research", "#26b5ce"),
    ("research-complete", "#26b5ce"),
    ("database", "#4ea7fc"),
    ("api", "#26b5ce"),
];

/// The colour that was asked for, or the one for a new label of that name, `#rrggbb`.
pub(super) fn or_default(asked: Option<&Color>, name: &str) -> String {
    asked.map_or_else(|| of(name), Color::as_str).to_owned()
}

fn of(name: &str) -> &'static str {
    let name = fold(name);
    MAP.iter()
        .find(|(known, _)| *known == name)
        .map_or(DEFAULT, |(_, color)| color)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_have_their_colour_in_any_case_and_others_the_default() {
        assert_eq!(of(" Planning"), "#f7c8c1");
        assert_eq!(of("needs-revision"), DEFAULT);
    }
}

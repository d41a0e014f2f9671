//! Labels: their fields in answers, and the default colours of new labels. The module `plan` creates the missing labels
//! that a write needs.

mod change;
pub mod create;
pub mod ensure;
pub mod get_or_create;
pub mod list;
mod plan;
pub mod retire;
pub mod update;

pub(super) use self::plan::{LabelLocks, LabelOutcome, Origin, Plan, locks, report, with_labels};
use super::view::View;
use crate::cache::fold;
use crate::error::{Code, Error};
use crate::linear::model::Label;
use crate::params::Detail;

/// Returns the fields of a label for an answer.
fn view(label: &Label, level: Detail) -> View {
    let group = label.parent.as_ref();
    let scope = if label.team.is_some() {
        "team"
    } else {
        "workspace"
    };
    View::named(level, &label.id, &label.name)
        .brief("group", group.map(|group| group.name.clone()))
        .brief("color", label.color.as_str())
        .brief("is_group", label.is_group.then_some(true))
        .brief("retired", label.retired_at.is_some().then_some(true))
        .standard("scope", scope)
        .full("description", label.description.clone())
}

/// Returns the error for a request to put a group into another group. Linear has only one level of groups
/// (`linear/api.md` §2).
fn nested_group_error(name: &str) -> Error {
    let message = format!("'{name}' is a group, and no group can belong to another");
    Error::new(Code::InvalidLabelName, message)
        .detail("param", "group")
        .suggest("Leave out 'group'")
}

/// The colour of a new label whose name is not in [`COLORS`].
const DEFAULT_COLOR: &str = "#95a2b3";

/// The colours of new labels by name, taken from the map of CCPM, the first consumer (`contract.md`, "Labels").
const COLORS: &[(&str, &str)] = &[
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

/// Returns the colour, as `#rrggbb`, of a new label of this name for which the caller gave no colour.
fn default_color(name: &str) -> &'static str {
    let name = fold(name);
    COLORS
        .iter()
        .find(|(label_name, _)| *label_name == name)
        .map_or(DEFAULT_COLOR, |(_, color)| color)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_have_their_colour_in_any_case_and_others_the_default() {
        assert_eq!(default_color(" Planning"), "#f7c8c1");
        assert_eq!(default_color("needs-revision"), DEFAULT_COLOR);
    }
}

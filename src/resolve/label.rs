//! Labels: by id, name or `group/name`, in the own team first, then its parent teams, then the workspace.

pub mod group;
mod index;

use std::sync::Arc;

use serde_json::{Map, Value, json};

pub use self::index::Index;
use super::{
    Method, Mode, Picked, Resolvable, apart, named, named_exactly, one_of, pick, pick_exact,
};
use crate::directory::fold;
use crate::error::{Code, Error};
use crate::linear::filter::Filter;
use crate::linear::model::{Label, Named, Team};
use crate::params::LabelName;

impl Resolvable for Label {
    const NOUN: &'static str = "Label";
    const NOUNS: &'static str = "labels";
    const NOT_FOUND: Code = Code::LabelNotFound;
    const AVAILABLE: &'static str = "available_labels";
    const LISTED_BY: Option<&'static str> = Some("list_labels");
    const PARAMS: &'static [&'static str] = &[
        "label",
        "labels",
        "add_labels",
        "remove_labels",
        "name",
        "group",
    ];

    fn name(&self) -> &str {
        &self.name
    }

    fn full_name(&self) -> String {
        full_name(self)
    }

    fn is_described_by(&self, key: &str, text: &str) -> Option<bool> {
        is_described_by(self, key, text)
    }

    fn listed(&self) -> Value {
        Value::from(full_name(self))
    }

    fn told_apart(&self) -> Map<String, Value> {
        let owner = self.team.as_ref().map(|team| team.key.as_str());
        let scope = if owner.is_some() { "team" } else { "workspace" };
        let mut row = apart(json!({
            "name": full_name(self),
            "scope": scope,
            "team": owner,
            "id": self.id,
        }));
        row.retain(|_, value| !value.is_null());
        row
    }
}

/// Whether an entry of an object is true of a label: its name, alone or behind its group, or the name or id of its group.
pub(super) fn is_described_by<T: Grouped>(label: &T, key: &str, text: &str) -> Option<bool> {
    let wanted = fold(text);
    let is_group = |group: &str| {
        let own = label.group();
        own.is_some_and(|own| fold(&own.name) == fold(group) || own.id == fold(group))
    };
    match key {
        "name" | "key" | "identifier" => {
            let mut halves = halves(text).into_iter();
            let is_own = fold(label.name()) == wanted;
            Some(
                is_own
                    || halves
                        .any(|(group, name)| is_group(group) && fold(label.name()) == fold(name)),
            )
        }
        "group" | "parent" => Some(is_group(text)),
        _ => None,
    }
}

/// `group/name`, or the name of a label that belongs to no group.
pub fn full_name(label: &Label) -> String {
    in_group(
        label.parent.as_ref().map(|group| group.name.as_str()),
        &label.name,
    )
}

/// `group/name`, or the name alone.
pub fn in_group(group: Option<&str>, name: &str) -> String {
    match group {
        Some(group) => format!("{group}/{name}"),
        None => name.to_owned(),
    }
}

/// What may stand between a group and the name of a label in it; of several that fit, the first counts.
const BETWEEN: [&str; 8] = ["->", "::", "/", "→", "›", "»", ">", ":"];

/// How many places in a text are looked at where a group may end.
const MOST_HALVES: usize = 8;

/// The ways to read a text as a group and the name of a label in it, as in `group/name`, `group → name`, `group > name`
/// or `group: name`.
pub fn halves(text: &str) -> Vec<(&str, &str)> {
    let mut halves = Vec::new();
    let mut rest_at = 0;
    for (at, _) in text.char_indices() {
        let Some((before, behind)) = text.split_at_checked(at) else {
            continue;
        };
        let between = BETWEEN.iter().find(|mark| behind.starts_with(**mark));
        let Some(between) = between.filter(|_| at >= rest_at) else {
            continue;
        };
        rest_at = at + between.len();
        let name = behind.strip_prefix(between).unwrap_or_default();
        let (group, name) = (before.trim(), name.trim());
        if !group.is_empty() && !name.is_empty() {
            halves.push((group, name));
        }
        if halves.len() >= MOST_HALVES {
            break;
        }
    }
    halves
}

/// The ways to read what names a label as a group and a name in it: the one that it says, or those of its text.
fn readings(wanted: &LabelName) -> Vec<(&str, &str)> {
    match wanted.apart() {
        Some(apart) => vec![apart],
        None => halves(wanted.as_str()),
    }
}

/// A label of issues or of projects.
pub trait Grouped: Resolvable {
    /// The group it belongs to.
    fn group(&self) -> Option<&Named>;
}

impl Grouped for Label {
    fn group(&self) -> Option<&Named> {
        self.parent.as_ref()
    }
}

/// The label that is meant as one of a group.
pub fn of_groups<T: Grouped>(wanted: &LabelName, among: &[Arc<T>], method: Method) -> Picked<T> {
    let readings: Vec<(String, String)> = readings(wanted)
        .into_iter()
        .map(|(group, name)| (fold(group), fold(name)))
        .collect();
    let fits = |label: &&Arc<T>| {
        let Some(own) = label.group() else {
            return false;
        };
        let (own_group, own_name) = (fold(&own.name), fold(label.name()));
        readings.iter().any(|(group, name)| {
            (*group == own_group || *group == own.id) && (*name == own_name || *name == label.id())
        })
    };
    if readings.is_empty() {
        return Picked::None;
    }
    one_of(among.iter().filter(fits), method)
}

/// The filter that finds a label by what a caller calls it, whatever its team, and the groups that a label which is
/// missing could be made in.
pub fn filter(wanted: &str) -> Filter {
    let mut any = vec![named(wanted, &["name"])];
    for (group, name) in halves(wanted) {
        let groups = named(group, &["name"]);
        any.push(Filter::all(vec![
            named(name, &["name"]),
            Filter::of("parent", groups.clone()),
        ]));
        any.push(Filter::all(vec![Filter::eq("isGroup", true), groups]));
    }
    Filter::any(any)
}

/// The filter for the labels of the groups that a name means, whatever their team.
pub fn members(wanted: &str) -> Filter {
    Filter::of("parent", named(wanted, &["name"]))
}

/// The filter for labels by their whole name, `group/name` or id, whatever their team, as Linear compares names.
pub fn exact(wanted: &LabelName) -> Filter {
    let of_group = readings(wanted).into_iter().map(|(group, name)| {
        Filter::all(vec![
            named_exactly(name, &["name"]),
            Filter::of("parent", named_exactly(group, &["name"])),
        ])
    });
    let whole = wanted.apart().is_none();
    let whole = whole.then(|| named_exactly(wanted.as_str(), &["name"]));
    Filter::any(whole.into_iter().chain(of_group).collect())
}

/// The filter for exactly this label's name in its group, whatever the team: what people call the same label.
pub fn alike(label: &Label) -> Filter {
    let name = Filter::same_text("name", &label.name);
    match &label.parent {
        Some(group) => Filter::all(vec![
            name,
            Filter::of("parent", Filter::same_text("name", &group.name)),
        ]),
        None => name,
    }
}

/// The filter for what can be used in a team: its own labels, its parents', the workspace's.
pub fn usable_in(team: &Team) -> Filter {
    let ids = std::iter::once(team.id.clone()).chain(team.ancestors.iter().map(|of| of.id.clone()));
    Filter::any(vec![
        Filter::absent("team"),
        Filter::of("team", Filter::one_of("id", ids)),
    ])
}

/// Whether a label can be used in a team.
pub fn is_usable_in(label: &Label, team: &Team) -> bool {
    let of = |id: &str| team.id == id || team.ancestors.iter().any(|ancestor| ancestor.id == id);
    label.team.as_ref().is_none_or(|owner| of(&owner.id))
}

/// How exactly a label has to be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exactness {
    /// By its whole name: where a miss would be created, a part of a name means a new label.
    Whole,
    /// A part that no other label has will do.
    Part,
}

/// The label that is meant in a team; the nearest level that has it decides. A whole name, wherever it is, comes before
/// a name in a group. Who looks several names up among the same labels makes an [`Index`] once.
pub fn find(
    wanted: &LabelName,
    labels: &[Arc<Label>],
    team: Option<&Team>,
    exactness: Exactness,
) -> Picked<Label> {
    let index = Index::new(labels, team);
    match index.find(wanted) {
        Picked::None if exactness == Exactness::Part && wanted.apart().is_none() => {
            pick(wanted.as_str(), &index.labels(), Mode::Read)
        }
        found => found,
    }
}

/// Every label that is meant, in whatever team: those of that whole name, or else those of that name in that group.
pub fn all(wanted: &LabelName, labels: &[Arc<Label>]) -> Vec<Arc<Label>> {
    let whole = match wanted.apart() {
        None => pick_exact(wanted.as_str(), labels),
        Some(_) => Picked::None,
    };
    let found = match whole {
        Picked::None => of_groups(wanted, labels, Method::ExactName),
        found => found,
    };
    match found {
        Picked::One(found) => vec![found.item],
        Picked::Many(several) => several,
        Picked::None => Vec::new(),
    }
}

/// Whether [`exact`] finds these labels, of all that there are `among` others, and no more.
pub fn is_literal(wanted: &LabelName, meant: &[Arc<Label>], among: &[Arc<Label>]) -> bool {
    let same = |name: &str, text: &str| name.to_lowercase() == text.to_lowercase();
    let readings = readings(wanted);
    let is_found = |label: &Label| {
        let whole = same(&label.name, wanted.as_str()) || same(&label.id, wanted.as_str());
        let in_group = readings.iter().any(|(group, name)| {
            let parent = label.parent.as_ref();
            let in_group = parent.is_some_and(|of| same(&of.name, group) || same(&of.id, group));
            in_group && (same(&label.name, name) || same(&label.id, name))
        });
        in_group || (whole && wanted.apart().is_none())
    };
    let is_meant = |label: &Label| meant.iter().any(|other| other.id == label.id);
    meant.iter().all(|label| is_found(label))
        && among
            .iter()
            .all(|label| !is_found(label) || is_meant(label))
}

/// Says why no label can be made with a name, if none can: it is visibly a list, an object or several lines, or the
/// end of a path.
///
/// # Errors
/// INVALID_LABEL_NAME.
pub fn check_new_name(name: &str) -> Result<(), Error> {
    let Some((why, hint)) = name_fault(name) else {
        return Ok(());
    };
    let error = Error::new(
        Code::InvalidLabelName,
        format!("'{name}' is no name for a label: it {why}"),
    )
    .detail("input", name);
    let hint = hint.filter(|inside| name_fault(inside).is_none() && !inside.contains(','));
    Err(match hint {
        Some(inside) => error.suggest(format!("Use '{inside}'")),
        None => error.suggest("Give each label as an item of its own in a list"),
    })
}

/// Why a text is no name for a label, and what may be meant in its place; `None` for a name.
fn name_fault(name: &str) -> Option<(&'static str, Option<&str>)> {
    Some(if fold(name).is_empty() {
        ("has nothing in it that can be seen", None)
    } else if name
        .chars()
        .any(|c| matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}'))
    {
        ("has a line break in it", None)
    } else if name.contains(char::is_control) {
        ("has a tab or another control character in it", None)
    } else if name.contains("://") || name.contains("linear.app/") {
        ("is an address", None)
    } else if joins(name) {
        ("has a comma in it, which may part two labels", None)
    } else if let Some(inside) = wrapped(name) {
        ("has brackets or quotes round it", Some(inside))
    } else if opens_or_closes(name) {
        ("has half a pair of brackets at its end", None)
    } else if name.starts_with(['/', '→']) || name.ends_with(['/', '→']) {
        let inside = name.trim_matches(|c: char| c == '/' || c == '→' || c.is_whitespace());
        ("begins or ends between a group and a name", Some(inside))
    } else {
        return None;
    })
}

/// Whether a comma stands in a name that is not between two digits.
fn joins(name: &str) -> bool {
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    name.match_indices(',').any(|(at, _)| {
        let before = name.get(..at).and_then(|text| text.chars().next_back());
        let behind = name.get(at + 1..).and_then(|text| text.chars().next());
        !(is_digit(before) && is_digit(behind))
    })
}

const BRACKETS: [(char, char); 4] = [('[', ']'), ('{', '}'), ('(', ')'), ('<', '>')];
const QUOTES: [(char, char); 7] = [
    ('"', '"'),
    ('\'', '\''),
    ('`', '`'),
    ('“', '”'),
    ('‘', '’'),
    ('„', '“'),
    ('«', '»'),
];

/// What stands between the brackets or quotes that are round all of a name.
fn wrapped(name: &str) -> Option<&str> {
    let pairs = BRACKETS.into_iter().chain(QUOTES);
    let inside = |(open, close): (char, char)| {
        let inside = name.strip_prefix(open)?.strip_suffix(close)?;
        // In `[a] and [b]` they are not round all of it.
        let closes = open != close && inside.find(close) < inside.find(open);
        (!closes || !inside.contains(close)).then(|| inside.trim())
    };
    pairs.into_iter().find_map(inside)
}

/// Whether a name begins or ends with a bracket that has no other half: it is a piece of a list.
fn opens_or_closes(name: &str) -> bool {
    let half = |(open, close): (char, char)| {
        (name.starts_with(open) && !name.contains(close))
            || (name.ends_with(close) && !name.contains(open))
    };
    let [square, curly, ..] = BRACKETS;
    half(square) || half(curly)
}

/// Says why a label cannot be put on an issue, if it cannot: it is a group, or retired.
///
/// # Errors
/// INVALID_LABEL_NAME, with the group's labels where it is one.
pub fn applicable(label: &Label, labels: &[Arc<Label>]) -> Result<(), Error> {
    if label.is_group {
        let members: Vec<String> = labels
            .iter()
            .filter(|member| {
                member
                    .parent
                    .as_ref()
                    .is_some_and(|group| group.id == label.id)
            })
            .map(|member| full_name(member))
            .collect();
        let message = format!("Label '{}' is a group, which no issue can have", label.name);
        let error =
            Error::new(Code::InvalidLabelName, message).detail("input", label.name.as_str());
        return Err(match members.first() {
            Some(first) => {
                let hint = format!("Use a label of the group: '{first}'");
                error
                    .detail("available_labels", members.clone())
                    .suggest(hint)
            }
            None => error.suggest("Use a label that is no group"),
        });
    }
    if label.retired_at.is_some() {
        let message = format!(
            "Label '{}' is retired and cannot be applied anew",
            full_name(label)
        );
        return Err(Error::new(Code::InvalidLabelName, message)
            .detail("input", label.name.as_str())
            .suggest(
                "Use another label, or restore this one with retire_label and retired: false",
            ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_group_may_stand_in_front_in_several_ways() {
        for text in [
            "Area/api",
            "Area / api",
            "Area → api",
            "Area > api",
            "Area: api",
            "Area:api",
            "Area -> api",
            "Area::api",
        ] {
            assert_eq!(halves(text), [("Area", "api")], "{text}");
        }
        for text in ["api", "/api", "api/", "Area:", "→", ""] {
            assert_eq!(halves(text), [], "{text}");
        }
        assert_eq!(
            halves("CI/CD: build"),
            [("CI", "CD: build"), ("CI/CD", "build")]
        );
        assert_eq!(halves(&"a/".repeat(1 << 19)).len(), MOST_HALVES);
    }

    #[test]
    fn what_is_visibly_no_name_is_refused() {
        for name in [
            "a\nb",
            "[api]",
            "{api}",
            "(api)",
            "<api>",
            "\"api\"",
            "'api'",
            "`api`",
            "“api”",
            "[backend",
            "frontend]",
            "{a",
            "/api",
            "api/",
            "[['a']]",
            "\u{200b}",
            "['a', 'b']",
            "→ api",
            "a, b",
            "a\tb",
            "https://linear.app/acme/settings/labels",
        ] {
            let error = check_new_name(name);
            assert!(
                error.is_err_and(|error| error.code() == Code::InvalidLabelName),
                "{name}"
            );
        }
        for name in [
            "api",
            "design // ux",
            "a/b",
            "CI/CD",
            "type: bug",
            "a > b",
            "[WIP] api",
            "api (old)",
            "(a) or (b)",
            "'90s",
            "it's",
            "<3 api",
            "x -> y",
            "C#",
            "🐛 bug",
            "over 1,000",
        ] {
            assert!(check_new_name(name).is_ok(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_in_halves(text in r"\PC{0,24}|[ab/:> →-]{0,24}") {
            for (group, name) in halves(&text) {
                prop_assert!(!group.is_empty() && !name.is_empty() && text.contains(group) && text.ends_with(name) | text.contains(name));
            }
            let _ = check_new_name(&text);
        }
    }
}

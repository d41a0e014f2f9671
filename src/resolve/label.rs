//! Labels of issues: by id, name or `group/name`; in the team first, then in its parent teams, then in the workspace.

pub mod group;

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::kind::{Kind, List, Lookup, LookupSpec, Owner, Placement};
use super::{
    Candidates, LookupRequest, Match, MatchResult, Method, Mode, Resolvable, Resolved, json_object,
    match_exactly, match_name, match_result, named, named_exactly,
};
use crate::cache::{ANYWHERE, Cache, KindCache, Reach, fold};
use crate::error::{Code, Error};
use crate::linear::documents::Labels;
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

    fn available_entry(&self) -> Value {
        Value::from(full_name(self))
    }

    fn disambiguation(&self) -> Map<String, Value> {
        let owner = self.team.as_ref().map(|team| team.key.as_str());
        let scope = if owner.is_some() { "team" } else { "workspace" };
        let mut row = json_object(json!({
            "name": full_name(self),
            "scope": scope,
            "team": owner,
            "id": self.id,
        }));
        row.retain(|_, value| !value.is_null());
        row
    }
}

impl Kind for Label {
    const FIRST_PAGE: i64 = 250;
    const NAME_MATCHES: i64 = 50;
    const IS_IN_TEAM: bool = true;

    fn cache(cache: &Cache) -> &KindCache<Self> {
        &cache.labels
    }

    fn all_candidates(known: &Resolved) -> &Candidates<Self> {
        &known.labels
    }

    fn list(_request: &LookupRequest) -> List<Self> {
        List::of::<Labels>()
    }

    fn names(request: &LookupRequest) -> Vec<String> {
        texts(request.labels.iter().chain(&request.new_label))
    }

    /// Finds the groups, too, in which a missing label could be created.
    fn filter(name: &str) -> Option<Filter> {
        let mut any = vec![named(name, &["name"])];
        for (group, name) in halves(name) {
            let groups = named(group, &["name"]);
            any.push(Filter::all(vec![
                named(name, &["name"]),
                Filter::of("parent", groups.clone()),
            ]));
            any.push(Filter::all(vec![Filter::eq("isGroup", true), groups]));
        }
        Some(Filter::any(any))
    }

    fn is_all_wanted(request: &LookupRequest) -> bool {
        request.all_labels
    }

    fn spec<'l>(lookup: &'l Lookup<'_>, names: &'l [String]) -> LookupSpec<'l, Self> {
        let request = lookup.request;
        let groups = names.iter().filter(|_| request.members);
        let members = groups.map(|group| Filter::of("parent", named(group, &["name"])));
        let filters = names.iter().filter_map(|name| Self::filter(name));
        let name_filter =
            (!names.is_empty()).then(|| Filter::any(filters.chain(members).collect()));
        let (scope_filter, name_filter) = match &lookup.team {
            Some(Owner::Resolved(team)) => {
                let scope = usable_in(team);
                let in_scope = name_filter.map(|names| Filter::all(vec![scope.clone(), names]));
                (scope, in_scope)
            }
            // The teams whose labels a team inherits are only known once the team is resolved, so names are looked up in
            // every team.
            Some(team) => {
                let team_labels = Filter::of("team", team.filter());
                let scope = Filter::any(vec![Filter::absent("team"), team_labels]);
                (scope, name_filter)
            }
            None => (Filter::absent("team"), name_filter),
        };
        let known_team = lookup.team.as_ref().and_then(Owner::resolved);
        let team = known_team.map(AsRef::as_ref);
        let match_mode = if request.new_labels {
            MatchMode::Whole
        } else {
            MatchMode::Part
        };
        let has_match = move |name: &str, candidates: &[Arc<Self>]| {
            let mut labels = request.labels.iter().filter(|label| label.as_str() == name);
            labels.all(|label| {
                let found = find(label, candidates, team, match_mode);
                // A group without labels in the cache may have got its first label since.
                let is_new_group = request.members && is_empty_group(label, candidates);
                !matches!(found, MatchResult::None) && !is_new_group
            })
        };
        let has_reliable_match = move |name: &str, candidates: &[Arc<Self>], reach: Reach| {
            let labels = request.labels.iter().chain(&request.new_label);
            let mut labels = labels.filter(|label| label.as_str() == name);
            labels.all(|wanted| match find(wanted, candidates, team, match_mode) {
                MatchResult::One(found) => {
                    let label = &found.item;
                    let is_usable = !label.is_group && label.retired_at.is_none();
                    let is_plain = || fold(&label.name) == fold(name);
                    let is_shown = reach < Reach::Old || found.method == Method::Id || is_plain();
                    is_usable && is_shown
                }
                MatchResult::Many(_) | MatchResult::None => false,
            })
        };
        LookupSpec {
            scopes: match &lookup.team {
                Some(_) => lookup.team_id().into_iter().collect(),
                None if request.all_labels => vec![""],
                None => vec![ANYWHERE],
            },
            names,
            may_be_new: request.new_labels,
            scope_filter: Some(scope_filter),
            name_filter,
            is_in_scope: Box::new(move |label| team.is_none_or(|team| is_usable_in(label, team))),
            has_match: Box::new(has_match),
            has_reliable_match: Box::new(has_reliable_match),
        }
    }

    /// A team inherits the labels of its parent teams, which a query that was made before the team was known does not return.
    /// Where all labels are wanted, they are read again.
    fn second_query(lookup: &Lookup<'_>, _is_cut: bool) -> Option<Filter> {
        let team = lookup.team.as_ref().and_then(Owner::resolved)?;
        let is_incomplete = !lists_inherited_labels(lookup) && lookup.request.all_labels;
        is_incomplete.then(|| usable_in(team))
    }

    /// Without a team the workspace's labels are listed, but names are looked up in every team, and no list covers all teams.
    fn placement<'l>(lookup: &'l Lookup<'_>) -> Placement<'l, Self> {
        let request = lookup.request;
        let team = lookup.team.as_ref().and_then(Owner::resolved);
        let scope = match &lookup.team {
            Some(_) => lookup.team_id(),
            None if request.all_labels => Some(""),
            None => Some(ANYWHERE),
        };
        Placement {
            scope,
            covers_scope: request.all_labels
                || (lookup.team.is_some() && lists_inherited_labels(lookup)),
            is_in_scope: Box::new(move |label| team.is_none_or(|team| is_usable_in(label, team))),
        }
    }

    /// Returns for each name the label, and the group in which the label would be created.
    fn meanings(known: &Resolved, request: &LookupRequest) -> Vec<Option<Arc<Self>>> {
        let team = known.team_of_lookup(request);
        let team = team.as_deref();
        let index = Index::new(&known.usable(team), team);
        let meanings = |name| {
            // Only whole names are compared: the first run may have created a label whose name contains this one.
            let label = match index.find(name) {
                MatchResult::One(found) => Some(found.item),
                MatchResult::Many(_) | MatchResult::None => None,
            };
            let place = group::place(name, &index, team);
            [label, place.ok().and_then(|place| place.group)]
        };
        request.labels.iter().flat_map(meanings).collect()
    }

    /// A retired label and a group cannot be applied, and an issue can have only one label of each group.
    fn is_unchanged(&self, now: &Self) -> bool {
        let facts = |label: &Self| (label.is_group, label.retired_at.is_some());
        facts(self) == facts(now) && self.parent == now.parent && self.team == now.team
    }

    fn dry_run_name(&self) -> String {
        full_name(self)
    }
}

/// Whether the query for a team's labels returns the labels that the team inherits from its parent teams, too.
fn lists_inherited_labels(lookup: &Lookup<'_>) -> bool {
    let team = lookup.team.as_ref().and_then(Owner::resolved);
    lookup.is_team_known || team.is_none_or(|team| team.ancestors.is_empty())
}

/// Whether a name means only groups, and none of the candidates belongs to one of them.
fn is_empty_group(name: &LabelName, candidates: &[Arc<Label>]) -> bool {
    let groups = all(name, candidates);
    let is_member = |label: &Arc<Label>| {
        let parent = label.parent.as_ref();
        parent.is_some_and(|parent| groups.iter().any(|group| group.id == parent.id))
    };
    !groups.is_empty()
        && groups.iter().all(|group| group.is_group)
        && !candidates.iter().any(is_member)
}

/// Returns the texts by which labels are looked up.
pub(super) fn texts<'l>(labels: impl IntoIterator<Item = &'l LabelName>) -> Vec<String> {
    let labels = labels.into_iter();
    labels.map(|label| label.as_str().to_owned()).collect()
}

impl Resolved {
    /// Returns the labels that can be used in the team: the labels of the team, of its parent teams and of the workspace.
    pub fn labels_of(&self, team: &Team) -> Vec<Arc<Label>> {
        let all = self.labels.items.iter();
        let usable = all.filter(|label| is_usable_in(label, team));
        usable.map(Arc::clone).collect()
    }

    /// Returns the labels that can be used in the team; without a team, all labels that were looked up.
    pub fn usable(&self, team: Option<&Team>) -> Vec<Arc<Label>> {
        team.map_or_else(|| self.labels.items.clone(), |team| self.labels_of(team))
    }
}

/// Whether an entry of an object is true of a label: the label's name, alone or behind its group, or the name or id of the
/// group. `None` for an entry that does not distinguish labels.
pub(super) fn is_described_by<T: Grouped>(label: &T, key: &str, text: &str) -> Option<bool> {
    let is_group = |text: &str| {
        let group = label.group();
        group.is_some_and(|group| fold(&group.name) == fold(text) || group.id == fold(text))
    };
    let is_name = |text: &str| fold(label.name()) == fold(text);
    match key {
        "name" | "key" | "identifier" => {
            let mut halves = halves(text).into_iter();
            Some(is_name(text) || halves.any(|(group, name)| is_group(group) && is_name(name)))
        }
        "group" | "parent" => Some(is_group(text)),
        _ => None,
    }
}

/// Returns `group/name`, or the name of a label that does not belong to a group.
pub fn full_name(label: &Label) -> String {
    in_group(
        label.parent.as_ref().map(|group| group.name.as_str()),
        &label.name,
    )
}

/// Returns `group/name`, or the name alone where there is no group.
pub fn in_group(group: Option<&str>, name: &str) -> String {
    match group {
        Some(group) => format!("{group}/{name}"),
        None => name.to_owned(),
    }
}

/// The separators between a group and the name of a label. Where several fit, the first in this list counts.
const SEPARATORS: [&str; 8] = ["->", "::", "/", "→", "›", "»", ">", ":"];

/// The largest number of separators in a text at which the text is split.
const MOST_HALVES: usize = 8;

/// Returns the ways to split a text into a group and the name of a label, as in `group/name`, `group → name`, `group > name` or
/// `group: name`.
pub fn halves(text: &str) -> Vec<(&str, &str)> {
    let mut halves = Vec::new();
    let mut rest_at = 0;
    for (at, _) in text.char_indices() {
        let Some((before, behind)) = text.split_at_checked(at) else {
            continue;
        };
        let separator = SEPARATORS.iter().find(|mark| behind.starts_with(**mark));
        let Some(separator) = separator.filter(|_| at >= rest_at) else {
            continue;
        };
        rest_at = at + separator.len();
        let name = behind.strip_prefix(separator).unwrap_or_default();
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

/// Returns the ways to read a label's name as a group and a name in the group: the group and name that the caller gave
/// separately, or else the [`halves`] of the text.
fn readings(wanted: &LabelName) -> Vec<(&str, &str)> {
    match wanted.group_and_name() {
        Some(group_and_name) => vec![group_and_name],
        None => halves(wanted.as_str()),
    }
}

/// A label of issues or of projects.
pub trait Grouped: Resolvable {
    /// Returns the group of the label.
    fn group(&self) -> Option<&Named>;
}

impl Grouped for Label {
    fn group(&self) -> Option<&Named> {
        self.parent.as_ref()
    }
}

/// Returns the labels that a name means when it is read as a group and the name of a label in the group.
pub fn of_groups<T: Grouped>(
    wanted: &LabelName,
    candidates: &[Arc<T>],
    method: Method,
) -> MatchResult<T> {
    let readings: Vec<(String, String)> = readings(wanted)
        .into_iter()
        .map(|(group, name)| (fold(group), fold(name)))
        .collect();
    let fits = |label: &&Arc<T>| {
        let Some(label_group) = label.group() else {
            return false;
        };
        let (group_name, label_name) = (fold(&label_group.name), fold(label.name()));
        readings.iter().any(|(group, name)| {
            let is_group = *group == group_name || *group == label_group.id;
            is_group && (*name == label_name || *name == label.id())
        })
    };
    if readings.is_empty() {
        return MatchResult::None;
    }
    match_result(candidates.iter().filter(fits), method)
}

/// Returns the filter for the labels of all teams with that whole name, `group/name` or id, as Linear compares names.
pub fn exact(wanted: &LabelName) -> Filter {
    let in_group = readings(wanted).into_iter().map(|(group, name)| {
        Filter::all(vec![
            named_exactly(name, &["name"]),
            Filter::of("parent", named_exactly(group, &["name"])),
        ])
    });
    let whole_name = wanted
        .group_and_name()
        .is_none()
        .then(|| named_exactly(wanted.as_str(), &["name"]));
    Filter::any(whole_name.into_iter().chain(in_group).collect())
}

/// Returns the filter for the labels of all teams with this label's name in a group of the same name, which people regard as the
/// same label.
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

/// Returns the filter for the labels that can be used in a team: the labels of the team, of its parent teams and of the
/// workspace.
pub fn usable_in(team: &Team) -> Filter {
    let ancestors = team.ancestors.iter().map(|ancestor| ancestor.id.clone());
    let ids = std::iter::once(team.id.clone()).chain(ancestors);
    Filter::any(vec![
        Filter::absent("team"),
        Filter::of("team", Filter::one_of("id", ids)),
    ])
}

/// Whether a label can be used in a team.
pub fn is_usable_in(label: &Label, team: &Team) -> bool {
    label.team.as_ref().is_none_or(|owner| {
        let mut ancestors = team.ancestors.iter();
        team.id == owner.id || ancestors.any(|ancestor| ancestor.id == owner.id)
    })
}

/// How completely a label has to be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchMode {
    /// By its whole name: an operation that creates missing labels takes any other text for a new label.
    Whole,
    /// By its whole name, or by a part of it that no other label has.
    Part,
}

/// Returns the label that a name means in a team, at the nearest level that has such a label. A whole name at any level comes
/// before a name in a group. To look several names up in the same labels, make an [`Index`] once.
pub fn find(
    wanted: &LabelName,
    labels: &[Arc<Label>],
    team: Option<&Team>,
    match_mode: MatchMode,
) -> MatchResult<Label> {
    let index = Index::new(labels, team);
    match index.find(wanted) {
        MatchResult::None if match_mode == MatchMode::Part && wanted.group_and_name().is_none() => {
            match_name(wanted.as_str(), &index.labels(), Mode::Read)
        }
        found => found,
    }
}

/// Returns the labels of all teams that have that whole name, or else that name in that group.
pub fn all(wanted: &LabelName, labels: &[Arc<Label>]) -> Vec<Arc<Label>> {
    let whole = match wanted.group_and_name() {
        None => match_exactly(wanted.as_str(), labels),
        Some(_) => MatchResult::None,
    };
    let found = match whole {
        MatchResult::None => of_groups(wanted, labels, Method::ExactName),
        found => found,
    };
    match found {
        MatchResult::One(found) => vec![found.item],
        MatchResult::Many(several) => several,
        MatchResult::None => Vec::new(),
    }
}

/// Whether the filter [`exact`] finds all labels that are `meant`, and none of the other candidates.
pub fn is_literal<T: Grouped>(wanted: &LabelName, meant: &[Arc<T>], candidates: &[Arc<T>]) -> bool {
    let same = |name: &str, text: &str| name.to_lowercase() == text.to_lowercase();
    let readings = readings(wanted);
    let is_found = |label: &T| {
        let whole = same(label.name(), wanted.as_str()) || same(label.id(), wanted.as_str());
        let in_group = readings.iter().any(|(group, name)| {
            let parent = label.group();
            let is_group =
                parent.is_some_and(|parent| same(&parent.name, group) || same(&parent.id, group));
            is_group && (same(label.name(), name) || same(label.id(), name))
        });
        in_group || (whole && wanted.group_and_name().is_none())
    };
    let is_meant = |label: &T| meant.iter().any(|other| other.id() == label.id());
    meant.iter().all(|label| is_found(label))
        && candidates
            .iter()
            .all(|label| !is_found(label) || is_meant(label))
}

/// Checks that a label can be created with a name.
///
/// # Errors
/// INVALID_LABEL_NAME for a text that is visibly something else: a list, an object, several lines, the end of a path.
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

/// Returns why a text is not a name for a label, and the text that may be meant in its place; `None` for a usable name.
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
    } else if name.starts_with("...") || name.contains("${") {
        ("is a placeholder that was not filled in", None)
    } else if has_separating_comma(name) {
        ("has a comma in it, which may part two labels", None)
    } else if let Some(inside) = text_in_brackets(name) {
        ("has brackets or quotes round it", Some(inside))
    } else if has_half_a_bracket(name) {
        ("has half a pair of brackets at its end", None)
    } else if name.starts_with(['/', '→']) || name.ends_with(['/', '→']) {
        let inside = name.trim_matches(|c: char| c == '/' || c == '→' || c.is_whitespace());
        ("begins or ends between a group and a name", Some(inside))
    } else {
        return None;
    })
}

/// Whether a name has a comma that is not between two digits.
fn has_separating_comma(name: &str) -> bool {
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

/// Returns the text between the brackets or quotes that enclose a whole name.
fn text_in_brackets(name: &str) -> Option<&str> {
    let pairs = BRACKETS.into_iter().chain(QUOTES);
    let inside = |(open, close): (char, char)| {
        let inside = name.strip_prefix(open)?.strip_suffix(close)?;
        // The outer brackets of `[a] and [b]` do not enclose the whole name.
        let closes_earlier = open != close && inside.find(close) < inside.find(open);
        (!closes_earlier || !inside.contains(close)).then(|| inside.trim())
    };
    pairs.into_iter().find_map(inside)
}

/// Whether a name begins or ends with a bracket without a counterpart, so that it is a piece of a list.
fn has_half_a_bracket(name: &str) -> bool {
    let has_half = |(open, close): (char, char)| {
        (name.starts_with(open) && !name.contains(close))
            || (name.ends_with(close) && !name.contains(open))
    };
    let [square, curly, ..] = BRACKETS;
    has_half(square) || has_half(curly)
}

/// Checks that a label can be put on an issue.
///
/// # Errors
/// INVALID_LABEL_NAME for a retired label, and for a group with the labels in it.
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

/// The labels that can be used in a team, in levels: the team, each parent team upwards, the workspace. Without a team there is
/// one level for all labels.
#[derive(Debug)]
pub struct Index {
    /// The id of each level's team, the nearest first, and `None` for the workspace; the whole list is `None` where there is one
    /// level for all labels.
    owners: Option<Vec<Option<String>>>,
    levels: Vec<Level>,
}

/// The labels of one level.
#[derive(Debug, Default)]
struct Level {
    labels: Vec<Arc<Label>>,
    /// The labels by id in lower case.
    ids: HashMap<String, Arc<Label>>,
    /// The labels by folded name.
    names: HashMap<String, Vec<Arc<Label>>>,
    /// The labels in groups, by the group's folded name or id and the label's folded name or id.
    grouped: HashMap<(String, String), Vec<Arc<Label>>>,
}

impl Index {
    /// Returns the index of the labels for a team.
    pub fn new(labels: &[Arc<Label>], team: Option<&Team>) -> Self {
        let owners = team.map(|team| {
            let ancestors = team.ancestors.iter().map(|team| Some(team.id.clone()));
            let nearest = std::iter::once(Some(team.id.clone()));
            nearest.chain(ancestors).chain([None]).collect::<Vec<_>>()
        });
        let count = owners.as_ref().map_or(1, Vec::len);
        let mut index = Self {
            owners,
            levels: std::iter::repeat_with(Level::default).take(count).collect(),
        };
        labels.iter().for_each(|label| index.add(label));
        index
    }

    /// Adds a label, unless it cannot be used in the team.
    pub fn add(&mut self, label: &Arc<Label>) {
        let owner = label.team.as_ref().map(|team| team.id.as_str());
        let level = match &self.owners {
            None => Some(0),
            Some(owners) => owners.iter().position(|level| level.as_deref() == owner),
        };
        if let Some(level) = level.and_then(|level| self.levels.get_mut(level)) {
            level.add(label);
        }
    }

    /// Returns the label with that whole name, `group/name` or id, at the nearest level that has such a label. A whole name at
    /// any level comes before a name in a group.
    pub fn find(&self, wanted: &LabelName) -> MatchResult<Label> {
        let is_whole_name = wanted.group_and_name().is_none();
        let name = fold(wanted.as_str().trim());
        let levels = self.levels.iter().filter(|_| is_whole_name);
        let by_whole_name = levels.map(|level| match level.ids.get(&name) {
            Some(label) => id_match(label),
            None if name.is_empty() => MatchResult::None,
            None => {
                let labels = level.names.get(&name).into_iter().flatten();
                match_result(labels, Method::ExactName)
            }
        });
        let halves: Vec<(String, String)> = readings(wanted)
            .into_iter()
            .map(|(group, name)| (fold(group), fold(name)))
            .collect();
        let in_group = self.levels.iter().map(|level| {
            let labels = halves.iter().filter_map(|half| level.grouped.get(half));
            match_result(labels.flatten(), Method::ExactName)
        });
        let mut results = by_whole_name.chain(in_group);
        let found = results.find(|result| !matches!(result, MatchResult::None));
        found.unwrap_or(MatchResult::None)
    }

    /// Returns the levels, the nearest first.
    fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// Returns all labels of the index, the nearest first.
    pub fn labels(&self) -> Vec<Arc<Label>> {
        let labels = self.levels.iter().flat_map(|level| &level.labels);
        labels.map(Arc::clone).collect()
    }
}

impl Level {
    fn add(&mut self, label: &Arc<Label>) {
        let name = fold(&label.name);
        self.labels.push(Arc::clone(label));
        let id = label.id.to_ascii_lowercase();
        self.ids.entry(id).or_insert_with(|| Arc::clone(label));
        if let Some(group) = label.group() {
            for group in [fold(&group.name), group.id.clone()] {
                for name in [name.clone(), label.id.clone()] {
                    let labels = self.grouped.entry((group.clone(), name)).or_default();
                    labels.push(Arc::clone(label));
                }
            }
        }
        self.names.entry(name).or_default().push(Arc::clone(label));
    }

    /// Returns the group with that id, or else with that name.
    fn group(&self, wanted: &str) -> MatchResult<Label> {
        let name = fold(wanted.trim());
        if let Some(label) = self.ids.get(&name).filter(|label| label.is_group) {
            return id_match(label);
        }
        let named = self.names.get(&name).into_iter().flatten();
        match_result(named.filter(|label| label.is_group), Method::ExactName)
    }
}

fn id_match(label: &Arc<Label>) -> MatchResult<Label> {
    MatchResult::One(Match {
        item: Arc::clone(label),
        method: Method::Id,
    })
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
            "...repoLabels",
            "${label.name}",
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

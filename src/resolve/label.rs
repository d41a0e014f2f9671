//! Labels: by id, name or `group/name`, in the own team first, then its parent teams, then the workspace.

pub mod group;

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::kind::{Kind, List, Lookup, LookupSpec, Owner, Placement};
use super::{
    Candidates, LookupRequest, Match, MatchResult, Method, Mode, Resolvable, Resolved, apart,
    match_exactly, match_name, named, named_exactly, one_of,
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

impl Kind for Label {
    const FIRST_PAGE: i64 = 250;
    const NAME_MATCHES: i64 = 50;
    const IS_IN_TEAM: bool = true;

    fn cache(cache: &Cache) -> &KindCache<Self> {
        &cache.labels
    }

    fn pool(known: &Resolved) -> &Candidates<Self> {
        &known.labels
    }

    fn list(_wants: &LookupRequest) -> List<Self> {
        List::of::<Labels>()
    }

    fn names(request: &LookupRequest) -> Vec<String> {
        texts(request.labels.iter().chain(&request.new_label))
    }

    /// Finds the groups, too, that a label which is missing could be made in.
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
        let named = (!names.is_empty()).then(|| Filter::any(filters.chain(members).collect()));
        let (within, named) = match &lookup.team {
            Some(Owner::Resolved(team)) => {
                let within = usable_in(team);
                let named = named.map(|named| Filter::all(vec![within.clone(), named]));
                (within, named)
            }
            // Whose labels a team inherits is only known with the team, so names are looked for everywhere.
            Some(team) => {
                let own = Filter::of("team", team.filter());
                (Filter::any(vec![Filter::absent("team"), own]), named)
            }
            None => (Filter::absent("team"), named),
        };
        let known_team = lookup.team.as_ref().and_then(Owner::known);
        let team = known_team.map(AsRef::as_ref);
        let exactness = if request.new_labels {
            MatchMode::Whole
        } else {
            MatchMode::Part
        };
        let means = move |name: &str, among: &[Arc<Self>]| {
            let mut labels = request.labels.iter().filter(|label| label.as_str() == name);
            labels.all(|label| {
                let found = find(label, among, team, exactness);
                // A group whose labels the cache does not have may have got its first one since.
                let is_new_group = request.members && is_empty_group(label, among);
                !matches!(found, MatchResult::None) && !is_new_group
            })
        };
        let is_sure = move |name: &str, among: &[Arc<Self>], reach: Reach| {
            let labels = request.labels.iter().chain(&request.new_label);
            let mut labels = labels.filter(|label| label.as_str() == name);
            labels.all(|wanted| match find(wanted, among, team, exactness) {
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
            within: Some(within),
            named,
            belongs: Box::new(move |label| team.is_none_or(|team| is_usable_in(label, team))),
            means: Box::new(means),
            is_sure: Box::new(is_sure),
        }
    }

    /// Labels are inherited: where the team turns out to have parents, a query that was made before the team was known
    /// does not bring what it inherits, and where all of its labels are wanted they are asked for again.
    fn second_query(lookup: &Lookup<'_>, _is_cut: bool) -> Option<Filter> {
        let team = lookup.team.as_ref().and_then(Owner::known)?;
        let asks_again = !lists_all(lookup) && lookup.request.all_labels;
        asks_again.then(|| usable_in(team))
    }

    /// Without a team the workspace's labels are listed, and a name is looked for everywhere, which no list covers.
    fn placement<'l>(lookup: &'l Lookup<'_>) -> Placement<'l, Self> {
        let request = lookup.request;
        let team = lookup.team.as_ref().and_then(Owner::known);
        let scope = match &lookup.team {
            Some(_) => lookup.team_id(),
            None if request.all_labels => Some(""),
            None => Some(ANYWHERE),
        };
        Placement {
            scope,
            covers: request.all_labels || (lookup.team.is_some() && lists_all(lookup)),
            belongs: Box::new(move |label| team.is_none_or(|team| is_usable_in(label, team))),
        }
    }

    /// Of each label, the label itself and the group in which it would be made.
    fn meanings(known: &Resolved, request: &LookupRequest) -> Vec<Option<Arc<Self>>> {
        let team = known.team_of_lookup(request);
        let team = team.as_deref();
        let index = Index::new(&known.usable(team), team);
        let meanings = |name| {
            // A part of a name may mean another label since the first run, which has made one of that name.
            let label = match index.find(name) {
                MatchResult::One(found) => Some(found.item),
                MatchResult::Many(_) | MatchResult::None => None,
            };
            let place = group::place(name, &index, team);
            [label, place.ok().and_then(|place| place.group)]
        };
        request.labels.iter().flat_map(meanings).collect()
    }

    /// A label that has been retired or made a group cannot be applied, and one of a group not beside another of it.
    fn is_unchanged(&self, now: &Self) -> bool {
        let facts = |label: &Self| (label.is_group, label.retired_at.is_some());
        facts(self) == facts(now) && self.parent == now.parent && self.team == now.team
    }

    fn dry_run_name(&self) -> String {
        full_name(self)
    }
}

/// Whether the query for a team's labels lists all that the team inherits.
fn lists_all(lookup: &Lookup<'_>) -> bool {
    let team = lookup.team.as_ref().and_then(Owner::known);
    lookup.is_team_known || team.is_none_or(|team| team.ancestors.is_empty())
}

/// Whether a name means groups alone, of which none has a label among these.
fn is_empty_group(name: &LabelName, among: &[Arc<Label>]) -> bool {
    let groups = all(name, among);
    let is_member = |label: &Arc<Label>| {
        let parent = label.parent.as_ref();
        parent.is_some_and(|parent| groups.iter().any(|group| group.id == parent.id))
    };
    !groups.is_empty() && groups.iter().all(|group| group.is_group) && !among.iter().any(is_member)
}

/// The texts by which labels are asked for.
pub(super) fn texts<'l>(labels: impl IntoIterator<Item = &'l LabelName>) -> Vec<String> {
    let labels = labels.into_iter();
    labels.map(|label| label.as_str().to_owned()).collect()
}

impl Resolved {
    /// The labels that can be used in the team: its own, its parents', the workspace's.
    pub fn labels_of(&self, team: &Team) -> Vec<Arc<Label>> {
        let all = self.labels.items.iter();
        let usable = all.filter(|label| is_usable_in(label, team));
        usable.map(Arc::clone).collect()
    }

    /// The labels that can be used in the team; without a team, all that were looked up.
    pub fn usable(&self, team: Option<&Team>) -> Vec<Arc<Label>> {
        team.map_or_else(|| self.labels.items.clone(), |team| self.labels_of(team))
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
    match wanted.group_and_name() {
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
pub fn of_groups<T: Grouped>(
    wanted: &LabelName,
    among: &[Arc<T>],
    method: Method,
) -> MatchResult<T> {
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
        return MatchResult::None;
    }
    one_of(among.iter().filter(fits), method)
}

/// The filter for labels by their whole name, `group/name` or id, whatever their team, as Linear compares names.
pub fn exact(wanted: &LabelName) -> Filter {
    let of_group = readings(wanted).into_iter().map(|(group, name)| {
        Filter::all(vec![
            named_exactly(name, &["name"]),
            Filter::of("parent", named_exactly(group, &["name"])),
        ])
    });
    let whole = wanted.group_and_name().is_none();
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
pub enum MatchMode {
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
    exactness: MatchMode,
) -> MatchResult<Label> {
    let index = Index::new(labels, team);
    match index.find(wanted) {
        MatchResult::None if exactness == MatchMode::Part && wanted.group_and_name().is_none() => {
            match_name(wanted.as_str(), &index.labels(), Mode::Read)
        }
        found => found,
    }
}

/// Every label that is meant, in whatever team: those of that whole name, or else those of that name in that group.
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
        in_group || (whole && wanted.group_and_name().is_none())
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

/// The labels that can be used in a team, by how near they are to it: its own, those of each parent team upwards, the
/// workspace's. Without a team all are equally near.
#[derive(Debug)]
pub struct Index {
    /// The owner of each level, the nearest first; `None` where all labels are on one level.
    owners: Option<Vec<Option<String>>>,
    levels: Vec<Level>,
}

/// The labels of one level.
#[derive(Debug, Default)]
struct Level {
    labels: Vec<Arc<Label>>,
    /// By id in lower case.
    ids: HashMap<String, Arc<Label>>,
    /// By folded name.
    names: HashMap<String, Vec<Arc<Label>>>,
    /// Those that belong to a group: by the group's folded name or id, and their own folded name or id.
    grouped: HashMap<(String, String), Vec<Arc<Label>>>,
}

impl Index {
    /// The index of these labels for a team.
    pub fn new(labels: &[Arc<Label>], team: Option<&Team>) -> Self {
        let owners = team.map(|team| {
            let above = team.ancestors.iter().map(|of| Some(of.id.clone()));
            let own = std::iter::once(Some(team.id.clone()));
            own.chain(above).chain([None]).collect::<Vec<_>>()
        });
        let count = owners.as_ref().map_or(1, Vec::len);
        let mut index = Self {
            owners,
            levels: std::iter::repeat_with(Level::default).take(count).collect(),
        };
        labels.iter().for_each(|label| index.add(label));
        index
    }

    /// Adds a label. One that cannot be used in the team is left out.
    pub fn add(&mut self, label: &Arc<Label>) {
        let owner = label.team.as_ref().map(|of| of.id.as_str());
        let level = match &self.owners {
            None => Some(0),
            Some(owners) => owners.iter().position(|of| of.as_deref() == owner),
        };
        if let Some(level) = level.and_then(|level| self.levels.get_mut(level)) {
            level.add(label);
        }
    }

    /// The label that is meant by its whole name, by `group/name` or by its id; the nearest level that has it decides. A
    /// whole name, wherever it is, comes before a name in a group.
    pub fn find(&self, wanted: &LabelName) -> MatchResult<Label> {
        let whole = wanted.group_and_name().is_none();
        let name = fold(wanted.as_str().trim());
        let whole = self.levels.iter().filter(|_| whole);
        let whole = whole.map(|level| level.called(&name));
        let halves: Vec<(String, String)> = readings(wanted)
            .into_iter()
            .map(|(group, name)| (fold(group), fold(name)))
            .collect();
        let of_group = self.levels.iter().map(|level| {
            let labels = halves.iter().filter_map(|half| level.grouped.get(half));
            one_of(labels.flatten(), Method::ExactName)
        });
        let mut found = whole.chain(of_group);
        let found = found.find(|picked| !matches!(picked, MatchResult::None));
        found.unwrap_or(MatchResult::None)
    }

    /// The levels, the nearest first.
    fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// All labels of the index, the nearest first.
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
                for own in [name.clone(), label.id.clone()] {
                    let of = self.grouped.entry((group.clone(), own)).or_default();
                    of.push(Arc::clone(label));
                }
            }
        }
        self.names.entry(name).or_default().push(Arc::clone(label));
    }

    /// The group of that id, or else of that name.
    fn group(&self, wanted: &str) -> MatchResult<Label> {
        let name = fold(wanted.trim());
        if let Some(label) = self.ids.get(&name).filter(|label| label.is_group) {
            return id_match(label);
        }
        let named = self.names.get(&name).into_iter().flatten();
        one_of(named.filter(|label| label.is_group), Method::ExactName)
    }

    /// The label of that id, or else of that folded name.
    fn called(&self, name: &str) -> MatchResult<Label> {
        match self.ids.get(name) {
            Some(label) => id_match(label),
            None if name.is_empty() => MatchResult::None,
            None => one_of(
                self.names.get(name).into_iter().flatten(),
                Method::ExactName,
            ),
        }
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

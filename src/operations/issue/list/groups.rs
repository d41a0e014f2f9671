//! The groups of a list of issues (`group_by`).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::LABELS;
use crate::linear::model::{CycleRef, Issue, IssueKey, IssueRow};
use crate::resolve::state;
use crate::session::Context;
use crate::text::whole_number;

/// The field by whose values issues are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in super::super) enum GroupBy {
    State,
    Assignee,
    Project,
    Cycle,
    Label,
    Priority,
}

impl GroupBy {
    /// Returns the name of the field in a group.
    fn field(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Assignee => "assignee",
            Self::Project => "project",
            Self::Cycle => "cycle",
            Self::Label => "label",
            Self::Priority => "priority",
        }
    }

    /// Returns the names of the fields that the rows of a grouped list leave out, because the group tells them.
    pub(super) fn told_by_group(self) -> &'static [&'static str] {
        match self {
            Self::State => &["state"],
            Self::Assignee => &["assignee"],
            Self::Project => &["project"],
            Self::Cycle => &["cycle"],
            Self::Label => &["labels", "more_labels"],
            Self::Priority => &["priority", "priority_label"],
        }
    }
}

/// The word for the group of issues without a value, which filters take, too. An answer leaves null out.
const NO_VALUE: &str = "none";
/// The words for the priorities 1 to 4.
const PRIORITIES: [&str; 4] = ["urgent", "high", "medium", "low"];

/// The fields of an issue by which it can be grouped.
#[derive(Debug)]
pub(super) struct GroupFields<'i> {
    identifier: &'i str,
    /// The name and the type of the state.
    state: Option<(&'i str, &'i str)>,
    /// The id and the name of the assignee.
    assignee: Option<(&'i str, &'i str)>,
    /// The id and the name of the project.
    project: Option<(&'i str, &'i str)>,
    cycle: Option<&'i CycleRef>,
    labels: Vec<&'i str>,
    has_more_labels: bool,
    priority: f64,
}

/// An issue with the fields by which it can be grouped.
pub(super) trait Groupable {
    /// Returns the fields.
    fn group_fields(&self) -> GroupFields<'_>;
}

impl Groupable for IssueRow {
    fn group_fields(&self) -> GroupFields<'_> {
        GroupFields {
            identifier: &self.identifier,
            state: Some((&self.state.name, &self.state.kind)),
            assignee: self
                .assignee
                .as_ref()
                .map(|user| (user.id.as_deref().unwrap_or(&user.name), user.name.as_str())),
            project: self
                .project
                .as_ref()
                .map(|project| (project.id.as_str(), project.name.as_str())),
            cycle: self.cycle.as_ref(),
            labels: self
                .labels
                .nodes
                .iter()
                .map(|label| label.name.as_str())
                .collect(),
            has_more_labels: self.labels.page_info.has_next_page,
            priority: self.priority,
        }
    }
}

impl Groupable for Issue {
    fn group_fields(&self) -> GroupFields<'_> {
        GroupFields {
            identifier: &self.identifier,
            state: Some((&self.state.name, &self.state.kind)),
            assignee: self
                .assignee
                .as_ref()
                .map(|user| (user.id.as_str(), user.name.as_str())),
            project: self
                .project
                .as_ref()
                .map(|project| (project.id.as_str(), project.name.as_str())),
            cycle: self.cycle.as_ref(),
            labels: self
                .labels
                .nodes
                .iter()
                .map(|label| label.name.as_str())
                .collect(),
            has_more_labels: self.labels.page_info.has_next_page,
            priority: self.priority,
        }
    }
}

impl Groupable for IssueKey {
    fn group_fields(&self) -> GroupFields<'_> {
        GroupFields {
            identifier: self.identifier.as_deref().unwrap_or_default(),
            state: self
                .state
                .as_ref()
                .map(|state| (state.name.as_str(), state.kind.as_str())),
            assignee: self
                .assignee
                .as_ref()
                .map(|user| (user.id.as_deref().unwrap_or(&user.name), user.name.as_str())),
            project: self
                .project
                .as_ref()
                .map(|project| (project.id.as_str(), project.name.as_str())),
            cycle: self.cycle.as_ref(),
            labels: self
                .labels
                .nodes
                .iter()
                .map(|label| label.name.as_str())
                .collect(),
            has_more_labels: self.labels.page_info.has_next_page,
            priority: self.priority.unwrap_or_default(),
        }
    }
}

/// What distinguishes a group from the others, in the order in which groups are shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct GroupKey {
    /// Whether the issues have no value, which puts the group last.
    is_none: bool,
    /// The place before the name counts: the type of a state, a priority, the number of a cycle.
    rank: u32,
    /// The name in lower case.
    folded: String,
    /// The id where entities are told apart by it; else the name.
    id: String,
}

/// A group of issues with one value of the field.
#[derive(Debug)]
pub(super) struct Group {
    /// The field with its value, and what tells the value apart from others of its name.
    head: Map<String, Value>,
    /// The places of the issues in the list, in order.
    pub places: Vec<usize>,
}

impl Group {
    /// Returns the fields of the group in an answer, with this count of its issues.
    pub(super) fn into_data(self, count: Value) -> Map<String, Value> {
        let mut data = self.head;
        data.insert("count".to_owned(), count);
        data
    }
}

/// The groups of a list.
#[derive(Debug)]
pub(super) struct Groups {
    /// The groups, in the order in which they are shown.
    pub groups: Vec<Group>,
    /// The number of issues that have more labels than were read, where the list is grouped by labels.
    pub with_more_labels: usize,
}

impl Groups {
    /// Warns of issues that may be missing in the group of a label, because not all of their labels were read.
    pub(super) fn warn_of_more_labels(&self, cx: &Context<'_>) {
        let issues = match self.with_more_labels {
            0 => return,
            1 => "1 issue has".to_owned(),
            several => format!("{several} issues have"),
        };
        cx.warn(format!(
            "{issues} more than {LABELS} labels; only the groups of the first {LABELS} count them"
        ));
    }

    /// Returns the groups of the issues: states in the order of their types, priorities from urgent to none, all others
    /// by name, and issues without a value last. An issue is in the group of each of its labels.
    pub(super) fn of<'i, T: Groupable + 'i>(
        issues: impl Iterator<Item = &'i T>,
        by: GroupBy,
    ) -> Self {
        let mut groups: BTreeMap<GroupKey, Group> = BTreeMap::new();
        let mut with_more_labels = 0;
        for (place, issue) in issues.enumerate() {
            let fields = issue.group_fields();
            with_more_labels += usize::from(by == GroupBy::Label && fields.has_more_labels);
            for (key, head) in values(&fields, by) {
                let group = groups.entry(key).or_insert_with(|| Group {
                    head,
                    places: Vec::new(),
                });
                if group.places.last() != Some(&place) {
                    group.places.push(place);
                }
            }
        }
        Self {
            groups: with_ids(groups, by),
            with_more_labels,
        }
    }
}

/// Returns the values of an issue in the field: several labels, or else one value, each with the fields that show it.
fn values(fields: &GroupFields<'_>, by: GroupBy) -> Vec<(GroupKey, Map<String, Value>)> {
    let one = |value: Option<(&str, &str)>| match value {
        Some((id, name)) => named(by, 0, id, name.into(), name),
        None => none(by),
    };
    match by {
        GroupBy::State => {
            let Some((name, kind)) = fields.state else {
                return vec![none(by)];
            };
            let types = state::TYPES.iter();
            let rank = types.clone().position(|known| *known == kind);
            let rank = rank.unwrap_or(types.len());
            let (key, mut head) = named(by, rank, &name.to_lowercase(), name.into(), name);
            head.insert("type".to_owned(), kind.into());
            vec![(key, head)]
        }
        GroupBy::Assignee => vec![one(fields.assignee)],
        GroupBy::Project => vec![one(fields.project)],
        GroupBy::Cycle => {
            let Some(cycle) = fields.cycle else {
                return vec![none(by)];
            };
            let number = whole_number(cycle.number);
            let rank = number.as_u64().and_then(|number| number.try_into().ok());
            let team = fields.identifier.rsplit_once('-').map(|(key, _)| key);
            let shown = cycle.name.as_deref().map_or(number, Value::from);
            let text = format!("{}{}", shown, team.unwrap_or_default());
            let (key, mut head) = named(by, rank.unwrap_or_default(), &cycle.id, shown, &text);
            head.extend(team.map(|team| ("team".to_owned(), team.into())));
            vec![(key, head)]
        }
        GroupBy::Label if fields.labels.is_empty() => vec![none(by)],
        GroupBy::Label => {
            let labels = fields.labels.iter();
            labels
                .map(|name| named(by, 0, &name.to_lowercase(), (*name).into(), name))
                .collect()
        }
        GroupBy::Priority => {
            let rank = whole_number(fields.priority).as_u64();
            let rank = rank.and_then(|rank| usize::try_from(rank).ok());
            let word = rank.and_then(|rank| PRIORITIES.get(rank.checked_sub(1)?));
            match (rank, word) {
                (Some(rank), Some(word)) => vec![named(by, rank, word, (*word).into(), word)],
                _ => vec![none(by)],
            }
        }
    }
}

/// Returns the key and the fields of the group of issues that have this value. `text` orders the groups of one rank.
fn named(
    by: GroupBy,
    rank: usize,
    id: &str,
    shown: Value,
    text: &str,
) -> (GroupKey, Map<String, Value>) {
    let key = GroupKey {
        is_none: false,
        rank: u32::try_from(rank).unwrap_or(u32::MAX),
        folded: text.to_lowercase(),
        id: id.to_owned(),
    };
    (key, Map::from_iter([(by.field().to_owned(), shown)]))
}

/// Returns the key and the fields of the group of issues that have no value.
fn none(by: GroupBy) -> (GroupKey, Map<String, Value>) {
    let key = GroupKey {
        is_none: true,
        rank: 0,
        folded: String::new(),
        id: String::new(),
    };
    (
        key,
        Map::from_iter([(by.field().to_owned(), NO_VALUE.into())]),
    )
}

/// Returns the groups in their order. Where several people or projects have one name, their groups show the ids.
fn with_ids(groups: BTreeMap<GroupKey, Group>, by: GroupBy) -> Vec<Group> {
    let has_ids = matches!(by, GroupBy::Assignee | GroupBy::Project);
    let names: Vec<String> = groups.keys().map(|key| key.folded.clone()).collect();
    let is_shared = |name: &String| names.iter().filter(|other| *other == name).count() > 1;
    groups
        .into_iter()
        .map(|(key, mut group)| {
            if has_ids && !key.is_none && is_shared(&key.folded) {
                group.head.insert("id".to_owned(), key.id.into());
            }
            group
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key(fields: Value) -> IssueKey {
        serde_json::from_value(fields).unwrap()
    }

    fn heads(issues: &[IssueKey], by: GroupBy) -> Value {
        let groups = Groups::of(issues.iter(), by).groups.into_iter();
        groups
            .map(|group| {
                let count = group.places.len();
                Value::Object(group.into_data(count.into()))
            })
            .collect()
    }

    #[test]
    fn people_of_one_name_are_two_groups_with_their_ids() {
        let issue = |user: &str, name: &str| {
            key(json!({"id": "i", "assignee": {"id": user, "name": name}}))
        };
        let issues = [
            issue("2", "Ann"),
            issue("1", "ann"),
            issue("3", "Bob"),
            key(json!({"id": "i"})),
        ];
        assert_eq!(
            heads(&issues, GroupBy::Assignee),
            json!([
                {"assignee": "ann", "id": "1", "count": 1},
                {"assignee": "Ann", "id": "2", "count": 1},
                {"assignee": "Bob", "count": 1},
                {"assignee": "none", "count": 1},
            ])
        );
    }

    #[test]
    fn cycles_are_in_the_order_of_their_numbers_and_belong_to_a_team() {
        let issue = |identifier: &str, id: &str, number: u32, name: Value| {
            let cycle = json!({"id": id, "number": number, "name": name});
            key(json!({"id": "i", "identifier": identifier, "cycle": cycle}))
        };
        let issues = [
            issue("ENG-1", "a", 10, json!(null)),
            issue("ENG-2", "b", 9, json!("Hardening")),
            issue("DES-1", "c", 10, json!(null)),
            issue("ENG-3", "a", 10, json!(null)),
        ];
        assert_eq!(
            heads(&issues, GroupBy::Cycle),
            json!([
                {"cycle": "Hardening", "team": "ENG", "count": 1},
                {"cycle": 10, "team": "DES", "count": 1},
                {"cycle": 10, "team": "ENG", "count": 2},
            ])
        );
    }

    #[test]
    fn labels_of_one_name_are_one_group_and_states_of_a_new_type_are_last() {
        let issue = |labels: Value, name: &str, kind: &str| {
            let state = json!({"name": name, "type": kind});
            key(json!({"id": "i", "state": state, "labels": {"nodes": labels}}))
        };
        let issues = [
            issue(json!([{"name": "Bug"}, {"name": "bug"}]), "Odd", "invented"),
            issue(
                json!([{"name": "api"}, {"name": "bug"}]),
                "Todo",
                "unstarted",
            ),
            issue(json!([]), "Done", "completed"),
        ];
        assert_eq!(
            heads(&issues, GroupBy::Label),
            json!([{"label": "api", "count": 1}, {"label": "Bug", "count": 2}, {"label": "none", "count": 1}])
        );
        assert_eq!(
            heads(&issues, GroupBy::State),
            json!([
                {"state": "Todo", "type": "unstarted", "count": 1},
                {"state": "Done", "type": "completed", "count": 1},
                {"state": "Odd", "type": "invented", "count": 1},
            ])
        );
    }
}

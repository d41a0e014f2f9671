//! Groups of labels: the group in which a new label is created, and the look-up of a group by its name.

use std::sync::Arc;

use super::{Index, check_new_name, readings};
use crate::error::{Code, Error};
use crate::linear::model::{Label, Team, TeamKey};
use crate::params::LabelName;
use crate::resolve::{MatchResult, Within, ambiguous, match_exactly, not_found};

/// The group and the name with which a missing label is created.
#[derive(Clone, Debug)]
pub struct Place<'w> {
    /// The group, which belongs to the same team as the label (`linear/api.md` §2).
    pub group: Option<Arc<Label>>,
    /// The name of the label in the group.
    pub name: &'w str,
}

impl Place<'_> {
    /// Returns the team in which the label is created: the group's team, or else the given `team`. `None` is the workspace.
    pub fn owner(&self, team: Option<&Team>) -> Option<TeamKey> {
        match &self.group {
            Some(group) => group.team.clone(),
            None => team.map(|team| TeamKey {
                id: team.id.clone(),
                key: team.key.clone(),
            }),
        }
    }
}

/// Returns where a missing label is created: in the group in front of its name, at the nearest level of the index that has the
/// group. Without such a group, the whole text is the label's name, unless the caller gave group and name separately.
///
/// # Errors
/// INVALID_LABEL_NAME for a text that is not a name; AMBIGUOUS_IDENTIFIER where several groups could be meant; LABEL_NOT_FOUND
/// for a group that was given separately and does not exist.
pub fn place<'w>(
    wanted: &'w LabelName,
    index: &Index,
    team: Option<&Team>,
) -> Result<Place<'w>, Error> {
    let readings = readings(wanted);
    for level in index.levels() {
        let mut places: Vec<(Arc<Label>, &str)> = Vec::new();
        for (group, name) in &readings {
            match level.group(group) {
                MatchResult::None => {}
                found => places.push((found.or_error(group, &[], None)?.item, name)),
            }
        }
        let groups: Vec<Arc<Label>> = places.iter().map(|(group, _)| Arc::clone(group)).collect();
        match (places.pop(), places.is_empty()) {
            (None, _) => {}
            (Some((group, name)), true) => {
                check_new_name(name)?;
                let group = Some(group);
                return Ok(Place { group, name });
            }
            (Some(_), false) => return Err(ambiguous(wanted.as_str(), &groups)),
        }
    }
    if let Some((group, _)) = wanted.group_and_name() {
        return Err(
            match find(
                group,
                &index.labels(),
                team.map(|team| team.id.as_str()),
                team,
            ) {
                Ok(group) => not_a_group(&group.name),
                Err(error) => error,
            },
        );
    }
    check_new_name(wanted.as_str())?;
    Ok(Place {
        group: None,
        name: wanted.as_str(),
    })
}

/// As [`place`], but for a label whose owner is fixed: its group must belong to the same owner, which is the team with the id
/// `owner`, or for `None` the workspace.
///
/// # Errors
/// As [`place`], and INVALID_LABEL_NAME where only another owner has the group.
pub fn place_within<'w>(
    wanted: &'w LabelName,
    labels: &[Arc<Label>],
    owner: Option<&str>,
    team: Option<&Team>,
) -> Result<Place<'w>, Error> {
    let own_labels: Vec<Arc<Label>> = labels
        .iter()
        .filter(|label| is_owned_by(label, owner))
        .map(Arc::clone)
        .collect();
    let place = self::place(wanted, &Index::new(&own_labels, None), None)?;
    if place.group.is_none()
        && let Place {
            group: Some(foreign_group),
            ..
        } = self::place(wanted, &Index::new(labels, None), None)?
    {
        // The look-up fails with the error that says whose group it is.
        find(&foreign_group.name, labels, owner, team)?;
    }
    Ok(place)
}

/// Returns the group with that name or id in which a new label is created: the nearest one that can be used in the team, or
/// without a team a group of the workspace.
///
/// # Errors
/// As [`find`].
pub fn nearest(
    wanted: &str,
    candidates: &[Arc<Label>],
    team: Option<&Team>,
) -> Result<Arc<Label>, Error> {
    let owner = team.map(|team| team.id.as_str());
    let index = team.map(|_| Index::new(candidates, team));
    for level in index.iter().flat_map(Index::levels) {
        match level.group(wanted) {
            MatchResult::None => {}
            found => return Ok(found.or_error(wanted, &[], None)?.item),
        }
    }
    find(wanted, candidates, owner, team)
}

/// Returns the error for a label that is given in place of a group.
fn not_a_group(wanted: &str) -> Error {
    invalid_group(wanted, format!("Label '{wanted}' is no group")).suggest(CREATE_GROUP)
}

/// The suggestion for creating a group.
const CREATE_GROUP: &str = "Call create_issue_label with is_group: true to make a group";

/// Whether a label belongs to the team with that id, or for `None` to the workspace.
fn is_owned_by(label: &Label, team: Option<&str>) -> bool {
    label.team.as_ref().map(|team| team.id.as_str()) == team
}

/// Returns the group with that name or id that belongs to `owner`, the id of a team or `None` for the workspace: Linear lets a
/// label belong only to a group of the same owner (`linear/api.md` §2). A not-found error names `team`.
///
/// # Errors
/// LABEL_NOT_FOUND; INVALID_LABEL_NAME for a label that is not a group, or a group of another owner; AMBIGUOUS_IDENTIFIER.
pub fn find(
    wanted: &str,
    candidates: &[Arc<Label>],
    owner: Option<&str>,
    team: Option<&Team>,
) -> Result<Arc<Label>, Error> {
    let select = |owner_only: bool, groups_only: bool| -> Vec<Arc<Label>> {
        let fits = |label: &&Arc<Label>| {
            (!owner_only || is_owned_by(label, owner)) && (!groups_only || label.is_group)
        };
        candidates.iter().filter(fits).map(Arc::clone).collect()
    };
    let groups = select(true, true);
    match match_exactly(wanted, &groups) {
        MatchResult::None => {}
        found => return Ok(found.or_error(wanted, &groups, None)?.item),
    }
    if let MatchResult::One(foreign) = match_exactly(wanted, &select(false, true)) {
        let owner = foreign.item.team.as_ref();
        let whose = owner.map_or_else(
            || "the workspace".to_owned(),
            |team| format!("team {}", team.key),
        );
        let message = format!("Group '{wanted}' belongs to {whose}, and the label does not");
        return Err(invalid_group(wanted, message).suggest(
            "Use a group of the label's own team; a label of the workspace needs a group of the workspace",
        ));
    }
    if !matches!(
        match_exactly(wanted, &select(true, false)),
        MatchResult::None
    ) {
        return Err(not_a_group(wanted));
    }
    let within = team.map(|team| Within {
        kind: "team",
        name: &team.name,
    });
    Err(not_found(wanted, &groups, within)
        .detail("param", "group")
        .suggest(CREATE_GROUP))
}

fn invalid_group(wanted: &str, message: String) -> Error {
    Error::new(Code::InvalidLabelName, message)
        .detail("param", "group")
        .detail("input", wanted)
}

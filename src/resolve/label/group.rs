//! Groups of labels: where a new label is made, and the group that a label is to belong to.

use std::sync::Arc;

use super::{Index, check_new_name, readings};
use crate::error::{Code, Error};
use crate::linear::model::{Label, Team, TeamKey};
use crate::params::LabelName;
use crate::resolve::{MatchResult, Within, ambiguous, match_exactly, not_found};

/// Where a label is made that is not there yet.
#[derive(Clone, Debug)]
pub struct Place<'w> {
    /// The group it is made in, which is of the same team (`linear/api.md` §2).
    pub group: Option<Arc<Label>>,
    /// Its name there.
    pub name: &'w str,
}

impl Place<'_> {
    /// The team that the label is made in, the workspace for none: its group's, or the one given.
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

/// Where a missing label is made: in the group that stands in front of its name, wherever in reach of the team that is,
/// the nearest first. Where there is no such group, the whole text is its name, unless the group was given apart.
///
/// # Errors
/// INVALID_LABEL_NAME for what is no name; AMBIGUOUS_IDENTIFIER where several groups could be meant; LABEL_NOT_FOUND for
/// a group that was given apart and that there is not.
pub fn place<'w>(
    wanted: &'w LabelName,
    among: &Index,
    team: Option<&Team>,
) -> Result<Place<'w>, Error> {
    let readings = readings(wanted);
    for level in among.levels() {
        let mut places: Vec<(Arc<Label>, &str)> = Vec::new();
        for (group, name) in &readings {
            match level.group(group) {
                MatchResult::None => {}
                found => places.push((found.or_error(group, &[], None)?.item, name)),
            }
        }
        let several: Vec<Arc<Label>> = places.iter().map(|(of, _)| Arc::clone(of)).collect();
        match (places.pop(), places.is_empty()) {
            (None, _) => {}
            (Some((group, name)), true) => {
                check_new_name(name)?;
                let group = Some(group);
                return Ok(Place { group, name });
            }
            (Some(_), false) => return Err(ambiguous(wanted.as_str(), &several)),
        }
    }
    if let Some((group, _)) = wanted.group_and_name() {
        return Err(
            match find(
                group,
                &among.labels(),
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

/// As [`place`], for a label that is or will be of one team, the workspace for none: its group has to be of the same.
///
/// # Errors
/// As [`place`], and INVALID_LABEL_NAME where only another team has the group.
pub fn place_within<'w>(
    wanted: &'w LabelName,
    labels: &[Arc<Label>],
    owner: Option<&str>,
    team: Option<&Team>,
) -> Result<Place<'w>, Error> {
    let own: Vec<Arc<Label>> = labels
        .iter()
        .filter(|label| is_owned_by(label, owner))
        .map(Arc::clone)
        .collect();
    let place = self::place(wanted, &Index::new(&own, None), None)?;
    if place.group.is_none()
        && let Place {
            group: Some(elsewhere),
            ..
        } = self::place(wanted, &Index::new(labels, None), None)?
    {
        find(&elsewhere.name, labels, owner, team)?;
    }
    Ok(place)
}

/// The group of that name or id that a new label is made in: of those in reach of the team, the nearest; without a team
/// the workspace's.
///
/// # Errors
/// As [`find`].
pub fn nearest(
    wanted: &str,
    among: &[Arc<Label>],
    team: Option<&Team>,
) -> Result<Arc<Label>, Error> {
    let owner = team.map(|team| team.id.as_str());
    let index = team.map(|_| Index::new(among, team));
    for level in index.iter().flat_map(Index::levels) {
        match level.group(wanted) {
            MatchResult::None => {}
            found => return Ok(found.or_error(wanted, &[], None)?.item),
        }
    }
    find(wanted, among, owner, team)
}

/// The error of a label that is given for a group.
fn not_a_group(wanted: &str) -> Error {
    wrong(wanted, format!("Label '{wanted}' is no group")).suggest(MAKE)
}

/// How a group is made.
const MAKE: &str = "Call create_issue_label with is_group: true to make a group";

/// Whether a label is the team's own, or without a team the workspace's own.
fn is_owned_by(label: &Label, team: Option<&str>) -> bool {
    label.team.as_ref().map(|of| of.id.as_str()) == team
}

/// The group of that name or id. A label belongs to the same team as its group, and the workspace's labels to the
/// workspace's groups (`linear/api.md` §2): `owner` is that team's id, `team` is told of where nothing is found.
///
/// # Errors
/// LABEL_NOT_FOUND; INVALID_LABEL_NAME for a label that is no group, or that belongs elsewhere; AMBIGUOUS_IDENTIFIER.
pub fn find(
    wanted: &str,
    among: &[Arc<Label>],
    owner: Option<&str>,
    team: Option<&Team>,
) -> Result<Arc<Label>, Error> {
    let of = |owned: bool, group: bool| -> Vec<Arc<Label>> {
        let fits = |label: &&Arc<Label>| {
            (!owned || is_owned_by(label, owner)) && (!group || label.is_group)
        };
        among.iter().filter(fits).map(Arc::clone).collect()
    };
    let groups = of(true, true);
    match match_exactly(wanted, &groups) {
        MatchResult::None => {}
        found => return Ok(found.or_error(wanted, &groups, None)?.item),
    }
    if let MatchResult::One(foreign) = match_exactly(wanted, &of(false, true)) {
        let owner = foreign.item.team.as_ref();
        let whose = owner.map_or_else(
            || "the workspace".to_owned(),
            |team| format!("team {}", team.key),
        );
        let message = format!("Group '{wanted}' belongs to {whose}, and the label does not");
        return Err(wrong(wanted, message).suggest(
            "Use a group of the label's own team; a label of the workspace needs a group of the workspace",
        ));
    }
    if !matches!(match_exactly(wanted, &of(true, false)), MatchResult::None) {
        return Err(not_a_group(wanted));
    }
    let within = team.map(|team| Within {
        kind: "team",
        name: &team.name,
    });
    Err(not_found(wanted, &groups, within)
        .detail("param", "group")
        .suggest(MAKE))
}

fn wrong(wanted: &str, message: String) -> Error {
    Error::new(Code::InvalidLabelName, message)
        .detail("param", "group")
        .detail("input", wanted)
}

//! Groups of labels: the one in front of a name, and the one that a label is to belong to.

use std::sync::Arc;

use super::halves;
use crate::directory::fold;
use crate::error::{Code, Error};
use crate::linear::model::{Label, Team};
use crate::resolve::{Picked, Within, not_found, pick_exact};

/// Whether a label is the team's own, or without a team the workspace's own.
fn is_owned_by(label: &Label, team: Option<&str>) -> bool {
    label.team.as_ref().map(|of| of.id.as_str()) == team
}

/// The group that a missing `group/name` could be created in, when the team itself has it, or without a team the
/// workspace: a child belongs to the same team as its group (`linear/api.md` §2).
pub fn in_front(wanted: &str, labels: &[Arc<Label>], team: Option<&Team>) -> Option<Arc<Label>> {
    let (group, _) = halves(wanted)?;
    let owner = team.map(|team| team.id.as_str());
    let found = labels.iter().find(|label| {
        label.is_group && fold(&label.name) == fold(group) && is_owned_by(label, owner)
    });
    found.map(Arc::clone)
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
    match pick_exact(wanted, &groups) {
        Picked::None => {}
        found => return Ok(found.or_error(wanted, &groups, None)?.item),
    }
    if let Picked::One(foreign) = pick_exact(wanted, &of(false, true)) {
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
    let make = "Call create_issue_label with is_group: true to make a group";
    if !matches!(pick_exact(wanted, &of(true, false)), Picked::None) {
        return Err(wrong(wanted, format!("Label '{wanted}' is no group")).suggest(make));
    }
    let within = team.map(|team| Within {
        kind: "team",
        name: &team.name,
    });
    Err(not_found(wanted, &groups, within)
        .detail("param", "group")
        .suggest(make))
}

fn wrong(wanted: &str, message: String) -> Error {
    Error::new(Code::InvalidLabelName, message)
        .detail("param", "group")
        .detail("input", wanted)
}

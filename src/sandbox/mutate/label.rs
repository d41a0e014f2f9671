//! Issue labels: unique names, groups, retirement (`linear/api.md` §2, "Label rules").

use serde_json::{Value, json};

use crate::sandbox::identifier;
use crate::sandbox::input::{Input, InputValue};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Record, Store, text};
use crate::sandbox::time;

use super::{Arguments, Mutation, reference};
use super::{
    clear_references, create_record, delete_record, id_of, referring_ids, save, set, set_if_given,
    set_trimmed, text_list, touch, update_record,
};

/// The mutations of issue labels.
pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation::new(
        "issueLabelCreate",
        Some(&[EDITABLE, &["id", "teamId"]]),
        create,
    ),
    Mutation::new("issueLabelUpdate", Some(&[EDITABLE]), update),
    Mutation::new("issueLabelDelete", None, |store, arguments| {
        delete_record(store, "IssueLabel", arguments, |store, id| {
            replace_on_issues(store, &[id.to_owned()], None);
            clear_references(store, "IssueLabel", "parentId", id);
        })
    }),
    Mutation::new("issueLabelRetire", None, |store, arguments| {
        set_retired(store, arguments, true)
    }),
    Mutation::new("issueLabelRestore", None, |store, arguments| {
        set_retired(store, arguments, false)
    }),
];

/// The input fields that both creation and change take.
const EDITABLE: &[&str] = &[
    "name",
    "color",
    "description",
    "isGroup",
    "parentId",
    "retiredAt",
];

/// The color of a label that is created without one.
const DEFAULT_COLOR: &str = "#bec2c8";

/// The most labels a group may have.
const MAX_GROUP_SIZE: usize = 250;

fn create(store: &mut Store, arguments: Arguments<'_>) -> Result<Record, Refusal> {
    let input = arguments.input;
    let label = create_record(store, "IssueLabel", input, |store, label| {
        let team = reference::entity(store, "Team", input, "teamId")?;
        set(
            label,
            [
                ("teamId", json!(team.value())),
                ("color", json!(DEFAULT_COLOR)),
                ("isGroup", json!(false)),
                ("creatorId", json!(identifier::viewer_id(store))),
            ],
        );
        edit(store, label, arguments)
    })?;
    Ok(save(store, "IssueLabel", label))
}

fn update(store: &mut Store, arguments: Arguments<'_>) -> Result<Record, Refusal> {
    let before = reference::root(store, "IssueLabel", arguments)?;
    let label = update_record(store, &before, |store, label| edit(store, label, arguments))?;
    Ok(save(store, "IssueLabel", label))
}

/// Checks and writes the fields that creation and change have in common, then the rules on groups and names.
fn edit(store: &mut Store, label: &mut Record, arguments: Arguments<'_>) -> Result<(), Refusal> {
    let input = arguments.input;
    input.check_not_blank("name")?;
    input.check_color()?;
    set_trimmed(label, "name", input);
    input.copy_fields(label, &["description"]);
    for field in ["color", "isGroup"] {
        if let InputValue::Value(value) = input.get(field) {
            set(label, [(field, value.clone())]);
        }
    }
    let retired = input.instant("retiredAt")?.map(time::iso);
    set_if_given(label, "retiredAt", retired);
    let parent = reference::entity(store, "IssueLabel", input, "parentId")?;
    set_if_given(label, "parentId", parent);
    check_nesting(store, label)?;
    settle_name(store, label, arguments.root)
}

/// Checks the group of a label: the parent is a group of the same team or workspace that is not full, and
/// groups are not nested.
fn check_nesting(store: &Store, label: &Record) -> Result<(), Refusal> {
    let refuse = |message: &str| {
        Err(Refusal::invalid(message).saying("Please refresh the page and try again."))
    };
    let id = text(label, "id").unwrap_or_default();
    let is_group = |label: &Record| label.get("isGroup") == Some(&Value::Bool(true));
    if !is_group(label) && !referring_ids(store, "IssueLabel", "parentId", id).is_empty() {
        return refuse("label group is not empty");
    }
    let Some(parent_id) = text(label, "parentId") else {
        return Ok(());
    };
    let Some(parent) = store.get("IssueLabel", parent_id) else {
        return Ok(());
    };
    if !is_group(parent) {
        return refuse("parent label is not a group");
    }
    if is_group(label) {
        return refuse("label groups cannot be nested");
    }
    if text(parent, "teamId") != text(label, "teamId") {
        return refuse("parent label is not of the same team");
    }
    let siblings = referring_ids(store, "IssueLabel", "parentId", parent_id);
    if siblings.iter().filter(|sibling| *sibling != id).count() >= MAX_GROUP_SIZE {
        return refuse("label group is full");
    }
    Ok(())
}

/// Refuses a label whose name is taken. With `replaceTeamLabels` a workspace label takes the place of the team labels of
/// its name, and only another workspace label is in its way.
///
/// Names are compared without case and whatever the group: the name of a team's label within the team and the
/// workspace, the name of a workspace label everywhere.
fn settle_name(store: &mut Store, label: &Record, root: Input<'_>) -> Result<(), Refusal> {
    let name = text(label, "name").unwrap_or_default();
    let team = text(label, "teamId");
    let namesakes: Vec<String> = store
        .all("IssueLabel")
        .filter(|other| text(other, "id") != text(label, "id"))
        .filter(|other| {
            text(other, "name").is_some_and(|other| other.to_lowercase() == name.to_lowercase())
        })
        .filter(|other| {
            let other_team = text(other, "teamId");
            team.is_none() || other_team.is_none() || other_team == team
        })
        .map(id_of)
        .collect();
    let replaces = root.flag("replaceTeamLabels") && team.is_none();
    let conflict = namesakes
        .iter()
        .find(|id| !replaces || team_key(store, id).is_none());
    if let Some(conflict) = conflict {
        let place = team_key(store, conflict)
            .map_or_else(|| "the workspace".to_owned(), |key| format!("team {key}"));
        return Err(Refusal::invalid("duplicate label name").saying(format!(
            "Label \"{name}\" already exists in {place}. Please pick a different name and try again."
        )));
    }
    if replaces {
        replace_on_issues(store, &namesakes, Some(&id_of(label)));
        for id in &namesakes {
            store.remove("IssueLabel", id);
        }
    }
    Ok(())
}

/// The key of the team that a label belongs to; `None` for a label of the workspace.
fn team_key<'s>(store: &'s Store, label: &str) -> Option<&'s str> {
    let team = text(store.get("IssueLabel", label)?, "teamId")?;
    text(store.get("Team", team)?, "key")
}

/// Takes labels off every issue that carries one of them, and puts `replacement` in their place.
fn replace_on_issues(store: &mut Store, labels: &[String], replacement: Option<&str>) {
    let is_replaced = |id: &str| labels.iter().any(|label| label == id);
    let carrying: Vec<String> = store
        .all("Issue")
        .filter(|issue| text_list(issue, "labelIds").any(is_replaced))
        .map(id_of)
        .collect();
    for issue in carrying {
        let Some(issue) = store.get_mut("Issue", &issue) else {
            continue;
        };
        let mut ids: Vec<String> = text_list(issue, "labelIds")
            .filter(|id| !is_replaced(id))
            .map(str::to_owned)
            .collect();
        if let Some(replacement) = replacement
            && !ids.iter().any(|id| id == replacement)
        {
            ids.push(replacement.to_owned());
        }
        set(issue, [("labelIds", json!(ids))]);
    }
}

fn set_retired(
    store: &mut Store,
    arguments: Arguments<'_>,
    retired: bool,
) -> Result<Record, Refusal> {
    let mut label = reference::root(store, "IssueLabel", arguments)?;
    let (retired_at, retired_by) = if retired {
        let now = time::now(store);
        (json!(now), json!(identifier::viewer_id(store)))
    } else {
        (Value::Null, Value::Null)
    };
    set(
        &mut label,
        [("retiredAt", retired_at), ("retiredById", retired_by)],
    );
    touch(store, &mut label);
    Ok(save(store, "IssueLabel", label))
}

//! Issue labels: unique names, groups, retirement (`linear/api.md` §2, "Label rules").

mod rules;

use serde_json::{Map, Value, json};

use crate::sandbox::identifier;
use crate::sandbox::input::{Given, Input};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Record, Store, text};
use crate::sandbox::time;

use super::record::{
    colour, differs, filled, fresh, id_of, input_of, list, new_id, payload, set, set_given, touch,
};
use super::reference;

/// The colour of a label made without one.
const DEFAULT_COLOUR: &str = "#bec2c8";

/// Input fields that both creation and change take.
const ALWAYS: &[&str] = &[
    "name",
    "color",
    "description",
    "isGroup",
    "parentId",
    "retiredAt",
];

/// Runs the mutation when it is one of this module's.
pub(super) fn run(
    store: &mut Store,
    field: &str,
    args: Input<'_>,
) -> Option<Result<Record, Refusal>> {
    Some(match field {
        "issueLabelCreate" => create(store, args),
        "issueLabelUpdate" => update(store, args),
        "issueLabelDelete" => delete(store, args),
        "issueLabelRetire" => retire(store, args, true),
        "issueLabelRestore" => retire(store, args, false),
        _ => return None,
    })
}

fn create(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let empty = Map::new();
    let input = input_of(args, &empty);
    input.only(&[ALWAYS, &["id", "teamId"]])?;
    let id = new_id(store, "IssueLabel", input)?;
    let team = reference::entity(store, "Team", input, "teamId")?;
    let viewer = identifier::viewer_id(store);
    let mut label = fresh(store, id);
    set(
        &mut label,
        [
            ("teamId", json!(team.value())),
            ("color", json!(DEFAULT_COLOUR)),
            ("isGroup", json!(false)),
            ("creatorId", json!(viewer)),
        ],
    );
    edit(store, &mut label, input)?;
    settle_name(store, &label, args)?;
    Ok(finish(store, label))
}

fn update(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let empty = Map::new();
    let input = input_of(args, &empty);
    input.only(&[ALWAYS])?;
    let before = reference::root(store, "IssueLabel", args)?;
    let mut label = before.clone();
    edit(store, &mut label, input)?;
    settle_name(store, &label, args)?;
    if differs(&before, &label) {
        touch(store, &mut label);
    }
    Ok(finish(store, label))
}

fn edit(store: &Store, label: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    filled(input, "name")?;
    colour(input)?;
    if let Some(name) = input.text("name") {
        set(label, [("name", name.trim().into())]);
    }
    input.copy(label, &["description"]);
    for field in ["color", "isGroup"] {
        if let Given::Value(value) = input.get(field) {
            set(label, [(field, value.clone())]);
        }
    }
    set_given(
        label,
        "retiredAt",
        input.instant("retiredAt")?.map(time::iso),
    );
    let parent = reference::entity(store, "IssueLabel", input, "parentId")?;
    set_given(label, "parentId", parent);
    rules::nesting(store, label)
}

/// Refuses a label whose name is taken; with `replaceTeamLabels` a workspace label takes the place of team labels.
fn settle_name(store: &mut Store, label: &Record, args: Input<'_>) -> Result<(), Refusal> {
    let clashes = rules::clashes(store, label);
    if !args.flag("replaceTeamLabels") || text(label, "teamId").is_some() {
        return rules::unique(store, label, &clashes);
    }
    rules::no_workspace_clash(store, label, &clashes)?;
    replace(store, &clashes, &id_of(label));
    Ok(())
}

/// Puts the new label in the place of the team labels of its name, on every issue that carries one.
fn replace(store: &mut Store, old: &[String], new: &str) {
    for issue in carrying(store, old) {
        if let Some(issue) = store.get_mut("Issue", &issue) {
            let mut ids: Vec<String> = without(issue, old);
            if !ids.iter().any(|id| id == new) {
                ids.push(new.to_owned());
            }
            set(issue, [("labelIds", json!(ids))]);
        }
    }
    for id in old {
        store.remove("IssueLabel", id);
    }
}

fn delete(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let id = id_of(&reference::root(store, "IssueLabel", args)?);
    let gone = [id.clone()];
    for issue in carrying(store, &gone) {
        if let Some(issue) = store.get_mut("Issue", &issue) {
            let ids = without(issue, &gone);
            set(issue, [("labelIds", json!(ids))]);
        }
    }
    for child in rules::children(store, &id) {
        if let Some(label) = store.get_mut("IssueLabel", &child) {
            set(label, [("parentId", Value::Null)]);
        }
    }
    store.remove("IssueLabel", &id);
    Ok(payload(store, "entityId", id))
}

fn carrying(store: &Store, labels: &[String]) -> Vec<String> {
    store
        .all("Issue")
        .filter(|issue| list(issue, "labelIds").any(|id| labels.iter().any(|one| one == id)))
        .map(id_of)
        .collect()
}

fn without(issue: &Record, labels: &[String]) -> Vec<String> {
    list(issue, "labelIds")
        .filter(|id| !labels.iter().any(|one| one == id))
        .map(str::to_owned)
        .collect()
}

fn retire(store: &mut Store, args: Input<'_>, retired: bool) -> Result<Record, Refusal> {
    let mut label = reference::root(store, "IssueLabel", args)?;
    let (at, by) = if retired {
        let now = time::now(store);
        (json!(now), json!(identifier::viewer_id(store)))
    } else {
        (Value::Null, Value::Null)
    };
    set(&mut label, [("retiredAt", at), ("retiredById", by)]);
    touch(store, &mut label);
    Ok(finish(store, label))
}

fn finish(store: &mut Store, label: Record) -> Record {
    let id = id_of(&label);
    store.put("IssueLabel", label);
    payload(store, "issueLabelId", id)
}

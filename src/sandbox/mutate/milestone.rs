//! Milestones of projects.

use serde_json::{Map, Value, json};

use crate::sandbox::input::{Given, Input};
use crate::sandbox::markdown;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Record, Store, text};

use super::record::{differs, filled, fresh, id_of, input_of, new_id, payload, set, touch};
use super::reference;

/// Input fields that both creation and change take.
const ALWAYS: &[&str] = &[
    "name",
    "description",
    "projectId",
    "sortOrder",
    "targetDate",
];

/// Runs the mutation when it is one of this module's.
pub(super) fn run(
    store: &mut Store,
    field: &str,
    args: Input<'_>,
) -> Option<Result<Record, Refusal>> {
    Some(match field {
        "projectMilestoneCreate" => create(store, args),
        "projectMilestoneUpdate" => update(store, args),
        "projectMilestoneDelete" => delete(store, args),
        _ => return None,
    })
}

fn create(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let empty = Map::new();
    let input = input_of(args, &empty);
    input.only(&[ALWAYS, &["id"]])?;
    let id = new_id(store, "ProjectMilestone", input)?;
    let mut milestone = fresh(store, id);
    let order = f64::from(u32::try_from(store.all("ProjectMilestone").count()).unwrap_or(0));
    set(
        &mut milestone,
        [("sortOrder", json!(order)), ("status", json!("unstarted"))],
    );
    if let Given::Value(project) = reference::entity(store, "Project", input, "projectId")? {
        set(&mut milestone, [("projectId", project.into())]);
    }
    edit(&mut milestone, input)?;
    Ok(finish(store, milestone))
}

fn update(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let empty = Map::new();
    let input = input_of(args, &empty);
    input.only(&[ALWAYS])?;
    let before = reference::root(store, "ProjectMilestone", args)?;
    let mut milestone = before.clone();
    // Unlike creation, the schema's text does not say that a slug is taken here.
    if let Given::Value(project) = reference::entity(store, "Project", input, "projectId")? {
        set(&mut milestone, [("projectId", project.into())]);
    }
    edit(&mut milestone, input)?;
    if differs(&before, &milestone) {
        touch(store, &mut milestone);
    }
    Ok(finish(store, milestone))
}

fn edit(milestone: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    filled(input, "name")?;
    input.dates(&["targetDate"])?;
    input.copy(milestone, &["targetDate"]);
    if let Some(name) = input.text("name") {
        set(milestone, [("name", name.trim().into())]);
    }
    if let Some(order) = input.number("sortOrder") {
        set(milestone, [("sortOrder", json!(order))]);
    }
    match input.get("description") {
        Given::Absent => {}
        Given::Null => set(milestone, [("description", Value::Null)]),
        Given::Value(text) => {
            let written = markdown::normalise(text.as_str().unwrap_or_default());
            set(milestone, [("description", written.into())]);
        }
    }
    Ok(())
}

fn delete(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let id = id_of(&reference::root(store, "ProjectMilestone", args)?);
    let issues: Vec<String> = store
        .all("Issue")
        .filter(|issue| text(issue, "projectMilestoneId") == Some(&id))
        .map(id_of)
        .collect();
    for issue in issues {
        if let Some(issue) = store.get_mut("Issue", &issue) {
            set(issue, [("projectMilestoneId", Value::Null)]);
        }
    }
    store.remove("ProjectMilestone", &id);
    Ok(payload(store, "entityId", id))
}

fn finish(store: &mut Store, milestone: Record) -> Record {
    let id = id_of(&milestone);
    store.put("ProjectMilestone", milestone);
    payload(store, "projectMilestoneId", id)
}

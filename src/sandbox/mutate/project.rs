//! Projects.

use serde_json::{Map, Value, json};

use crate::sandbox::identifier;
use crate::sandbox::input::{Given, Input};
use crate::sandbox::markdown;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Record, Store, text};
use crate::sandbox::time;

use super::record::{
    at_most, between, colour, differs, filled, fresh, id_of, input_of, list, new_id, payload, set,
    set_given, touch,
};
use super::reference;
use super::shelf::{bring_back, hide, put_away, show};

/// Input fields that both creation and change take.
const ALWAYS: &[&str] = &[
    "name",
    "description",
    "content",
    "icon",
    "color",
    "teamIds",
    "memberIds",
    "labelIds",
    "leadId",
    "leadTeamId",
    "statusId",
    "priority",
    "prioritySortOrder",
    "sortOrder",
    "startDate",
    "targetDate",
    "startDateResolution",
    "targetDateResolution",
    "convertedFromIssueId",
    "lastAppliedTemplateId",
];

/// Fields that are stored as they come.
const PLAIN: &[&str] = &[
    "icon",
    "prioritySortOrder",
    "sortOrder",
    "startDate",
    "targetDate",
    "startDateResolution",
    "targetDateResolution",
];

/// Runs the mutation when it is one of this module's.
pub(super) fn run(
    store: &mut Store,
    field: &str,
    args: Input<'_>,
) -> Option<Result<Record, Refusal>> {
    Some(match field {
        "projectCreate" => create(store, args),
        "projectUpdate" => update(store, args),
        "projectDelete" => put_away(store, "Project", args),
        "projectUnarchive" => bring_back(store, "Project", args),
        _ => return None,
    })
}

fn create(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let empty = Map::new();
    let input = input_of(args, &empty);
    input.only(&[ALWAYS, &["id"]])?;
    let id = new_id(store, "Project", input)?;
    let viewer = identifier::viewer_id(store);
    let slug = identifier::slug_id(&id);
    let mut project = fresh(store, id);
    set(
        &mut project,
        [
            ("slugId", json!(slug)),
            ("creatorId", json!(viewer)),
            ("description", json!("")),
            ("color", json!("#bec2c8")),
            ("priority", json!(0)),
            ("memberIds", json!([])),
            ("labelIds", json!([])),
            ("sortOrder", json!(0.0)),
            ("statusId", json!(first_status(store))),
        ],
    );
    edit(store, &mut project, input)?;
    Ok(finish(store, project))
}

/// The status of a project made without one: the first backlog status.
fn first_status(store: &Store) -> Option<String> {
    store.find("ProjectStatus", "type", "backlog").map(id_of)
}

fn update(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let empty = Map::new();
    let input = input_of(args, &empty);
    input.only(&[ALWAYS, &["trashed", "completedAt", "canceledAt"]])?;
    let before = reference::root_slugged(store, "Project", args)?;
    let mut project = before.clone();
    edit(store, &mut project, input)?;
    for field in ["completedAt", "canceledAt"] {
        set_given(&mut project, field, input.instant(field)?.map(time::iso));
    }
    match input.get("trashed") {
        Given::Absent => {}
        Given::Value(Value::Bool(true)) => hide(store, &mut project),
        Given::Null | Given::Value(_) => show(&mut project),
    }
    if differs(&before, &project) {
        touch(store, &mut project);
    }
    Ok(finish(store, project))
}

fn edit(store: &mut Store, project: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    edit_text(project, input)?;
    input.dates(&["startDate", "targetDate"])?;
    between(input, "priority", 0.0, 4.0)?;
    if let Given::Value(priority) = input.get("priority") {
        set(project, [("priority", priority.clone())]);
    }
    input.copy(project, PLAIN);
    edit_people(store, project, input)?;
    for (kind, field) in [
        ("Issue", "convertedFromIssueId"),
        ("Template", "lastAppliedTemplateId"),
    ] {
        set_given(
            project,
            field,
            reference::entity(store, kind, input, field)?,
        );
    }
    if let Given::Value(status) = reference::entity(store, "ProjectStatus", input, "statusId")? {
        enter(store, project, &status);
    }
    Ok(())
}

/// Lengths as seen from Linear (`linear/api.md` §4).
fn edit_text(project: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    filled(input, "name")?;
    at_most(input, "name", 80)?;
    at_most(input, "description", 255)?;
    colour(input)?;
    if let Some(name) = input.text("name") {
        set(project, [("name", name.trim().into())]);
    }
    match input.get("description") {
        Given::Absent => {}
        Given::Null => set(project, [("description", json!(""))]),
        Given::Value(text) => set(project, [("description", text.clone())]),
    }
    match input.get("content") {
        Given::Absent => {}
        Given::Null => set(project, [("content", Value::Null)]),
        Given::Value(text) => {
            let written = markdown::normalise(text.as_str().unwrap_or_default());
            set(project, [("content", written.into())]);
        }
    }
    if let Some(colour) = input.text("color") {
        set(project, [("color", colour.into())]);
    }
    Ok(())
}

fn edit_people(store: &Store, project: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    set_given(
        project,
        "leadId",
        reference::person(store, input, "leadId", false)?,
    );
    set_given(
        project,
        "leadTeamId",
        reference::entity(store, "Team", input, "leadTeamId")?,
    );
    let members = reference::people(store, input, "memberIds")?;
    let labels = applicable(store, project, input)?;
    for (field, given) in [("memberIds", members), ("labelIds", labels)] {
        match given {
            Given::Absent => {}
            Given::Null => set(project, [(field, json!([]))]),
            Given::Value(ids) => set(project, [(field, json!(ids))]),
        }
    }
    match reference::entities(store, "Team", input, "teamIds")? {
        Given::Absent => Ok(()),
        Given::Value(ids) if !ids.is_empty() => {
            set(project, [("teamIds", json!(ids))]);
            Ok(())
        }
        Given::Null | Given::Value(_) => Err(Refusal::validation(
            "teamIds",
            "arrayMinSize",
            "teamIds must contain at least 1 elements",
        )),
    }
}

/// The labels that a project is to have. A group, and a retired label that it does not have yet, are refused as they are
/// for issues (`linear/api.md` §2, "Label rules").
fn applicable(
    store: &Store,
    project: &Record,
    input: Input<'_>,
) -> Result<Given<Vec<String>>, Refusal> {
    let given = reference::entities(store, "ProjectLabel", input, "labelIds")?;
    let ids = given.clone().value().unwrap_or_default();
    let has = |id: &String| list(project, "labelIds").any(|own| own == id);
    for label in ids.iter().filter(|id| !has(id)) {
        let label = store.get("ProjectLabel", label);
        if label.is_some_and(|label| label.get("isGroup") == Some(&Value::Bool(true))) {
            return Err(Refusal::invalid("labelIds contained a label group"));
        }
        if label.is_some_and(|label| text(label, "retiredAt").is_some()) {
            return Err(Refusal::invalid("labelIds contained a retired label"));
        }
    }
    Ok(given)
}

/// Puts a project into a status and sets the moments that follow from its type.
fn enter(store: &mut Store, project: &mut Record, status: &str) {
    let kind = store
        .get("ProjectStatus", status)
        .and_then(|status| text(status, "type"))
        .unwrap_or_default()
        .to_owned();
    let now = json!(time::now(store));
    let unset = |project: &Record, field: &str| text(project, field).is_none();
    set(project, [("statusId", status.into())]);
    if matches!(kind.as_str(), "started" | "completed") && unset(project, "startedAt") {
        set(project, [("startedAt", now.clone())]);
    }
    for (field, wanted) in [("completedAt", "completed"), ("canceledAt", "canceled")] {
        if kind != wanted {
            set(project, [(field, Value::Null)]);
        } else if unset(project, field) {
            set(project, [(field, now.clone())]);
        }
    }
}

fn finish(store: &mut Store, mut project: Record) -> Record {
    let id = id_of(&project);
    let name = text(&project, "name").unwrap_or_default();
    let url = identifier::page_url(
        "project",
        name,
        text(&project, "slugId").unwrap_or_default(),
    );
    set(&mut project, [("url", url.into())]);
    store.put("Project", project);
    payload(store, "projectId", id)
}

//! Projects and what belongs to them: milestones, status updates; and the cycles of teams.

use serde_json::{Value, json};

use crate::sandbox::identifier;
use crate::sandbox::input::{Input, InputValue};
use crate::sandbox::markdown;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Record, Store, text};
use crate::sandbox::time;

use super::{Arguments, Mutation, reference};
use super::{
    clear_references, create_record, delete_record, edit_trashed, id_of, save, set,
    set_ids_if_given, set_if_given, set_markdown, set_trashed, set_trimmed, text_list, trash,
    update_record,
};

/// The mutations of projects, milestones, status updates and cycles.
pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation::new("projectCreate", Some(&[EDITABLE, &["id"]]), create),
    Mutation::new(
        "projectUpdate",
        Some(&[EDITABLE, &["trashed", "completedAt", "canceledAt"]]),
        update,
    ),
    Mutation::new("projectDelete", None, |store, arguments| {
        set_trashed(store, "Project", arguments, true)
    }),
    Mutation::new("projectUnarchive", None, |store, arguments| {
        set_trashed(store, "Project", arguments, false)
    }),
    Mutation::new(
        "projectMilestoneCreate",
        Some(&[MILESTONE_EDITABLE, &["id"]]),
        create_milestone,
    ),
    Mutation::new(
        "projectMilestoneUpdate",
        Some(&[MILESTONE_EDITABLE]),
        update_milestone,
    ),
    Mutation::new("projectMilestoneDelete", None, |store, arguments| {
        delete_record(store, "ProjectMilestone", arguments, |store, id| {
            clear_references(store, "Issue", "projectMilestoneId", id);
        })
    }),
    Mutation::new(
        "projectUpdateCreate",
        Some(&[&["id", "body", "health", "isDiffHidden", "projectId"]]),
        create_status_update,
    ),
    Mutation::new(
        "cycleUpdate",
        Some(&[&["name", "description", "startsAt", "endsAt", "completedAt"]]),
        update_cycle,
    ),
];

/// The input fields that both creation and change of a project take.
const EDITABLE: &[&str] = &[
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

/// The fields of a project that are stored as they come.
const COPIED: &[&str] = &[
    "icon",
    "prioritySortOrder",
    "sortOrder",
    "startDate",
    "targetDate",
    "startDateResolution",
    "targetDateResolution",
];

/// The input fields that both creation and change of a milestone take.
const MILESTONE_EDITABLE: &[&str] = &[
    "name",
    "description",
    "projectId",
    "sortOrder",
    "targetDate",
];

fn create(store: &mut Store, arguments: Arguments<'_>) -> Result<Record, Refusal> {
    let input = arguments.input;
    let project = create_record(store, "Project", input, |store, project| {
        let slug = identifier::slug_id(text(project, "id").unwrap_or_default());
        // Without a status the project gets the first backlog status.
        let status = store.find("ProjectStatus", "type", "backlog").map(id_of);
        set(
            project,
            [
                ("slugId", json!(slug)),
                ("creatorId", json!(identifier::viewer_id(store))),
                ("description", json!("")),
                ("color", json!("#bec2c8")),
                ("priority", json!(0)),
                ("memberIds", json!([])),
                ("labelIds", json!([])),
                ("sortOrder", json!(0.0)),
                ("statusId", json!(status)),
            ],
        );
        edit(store, project, input)
    })?;
    Ok(store_project(store, project))
}

fn update(store: &mut Store, arguments: Arguments<'_>) -> Result<Record, Refusal> {
    let input = arguments.input;
    let before = reference::root_or_slug(store, "Project", arguments)?;
    let project = update_record(store, &before, |store, project| {
        edit(store, project, input)?;
        for field in ["completedAt", "canceledAt"] {
            set_if_given(project, field, input.instant(field)?.map(time::iso));
        }
        edit_trashed(store, project, input, trash);
        Ok(())
    })?;
    Ok(store_project(store, project))
}

/// Checks and writes the fields that creation and change of a project have in common.
fn edit(store: &mut Store, project: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    edit_texts(project, input)?;
    input.check_dates(&["startDate", "targetDate"])?;
    input.check_range("priority", 0.0, 4.0)?;
    if let InputValue::Value(priority) = input.get("priority") {
        set(project, [("priority", priority.clone())]);
    }
    input.copy_fields(project, COPIED);
    edit_relations(store, project, input)?;
    for (kind, field) in [
        ("Issue", "convertedFromIssueId"),
        ("Template", "lastAppliedTemplateId"),
    ] {
        let entity = reference::entity(store, kind, input, field)?;
        set_if_given(project, field, entity);
    }
    let status = reference::entity(store, "ProjectStatus", input, "statusId")?;
    if let InputValue::Value(status) = status {
        enter_status(store, project, &status);
    }
    Ok(())
}

/// Checks and writes the texts of a project. The longest texts are as seen from Linear (`linear/api.md` §4).
fn edit_texts(project: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    input.check_not_blank("name")?;
    input.check_max_length("name", 80)?;
    input.check_max_length("description", 255)?;
    input.check_color()?;
    set_trimmed(project, "name", input);
    match input.get("description") {
        InputValue::Absent => {}
        InputValue::Null => set(project, [("description", json!(""))]),
        InputValue::Value(description) => set(project, [("description", description.clone())]),
    }
    set_markdown(project, "content", input);
    if let Some(color) = input.text("color") {
        set(project, [("color", color.into())]);
    }
    Ok(())
}

/// Checks and writes the people, labels and teams of a project.
fn edit_relations(store: &Store, project: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    let lead = reference::assignable_user(store, input, "leadId", false)?;
    set_if_given(project, "leadId", lead);
    let lead_team = reference::entity(store, "Team", input, "leadTeamId")?;
    set_if_given(project, "leadTeamId", lead_team);
    let members = reference::active_users(store, input, "memberIds")?;
    let labels = read_labels(store, project, input)?;
    set_ids_if_given(project, "memberIds", members);
    set_ids_if_given(project, "labelIds", labels);
    match reference::entities(store, "Team", input, "teamIds")? {
        InputValue::Absent => Ok(()),
        InputValue::Value(ids) if !ids.is_empty() => {
            set(project, [("teamIds", json!(ids))]);
            Ok(())
        }
        InputValue::Null | InputValue::Value(_) => Err(Refusal::validation(
            "teamIds",
            "arrayMinSize",
            "teamIds must contain at least 1 elements",
        )),
    }
}

/// Returns the labels that a project is to have.
///
/// # Errors
/// A group, and a retired label that the project does not have yet: both are refused as they are for issues
/// (`linear/api.md` §2, "Label rules").
fn read_labels(
    store: &Store,
    project: &Record,
    input: Input<'_>,
) -> Result<InputValue<Vec<String>>, Refusal> {
    let given = reference::entities(store, "ProjectLabel", input, "labelIds")?;
    let ids = given.clone().value().unwrap_or_default();
    let is_new = |id: &&String| !text_list(project, "labelIds").any(|known| known == *id);
    for label in ids.iter().filter(is_new) {
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

/// Puts a project into a status and sets the moments that follow from the type of the status.
fn enter_status(store: &mut Store, project: &mut Record, status: &str) {
    let kind = store
        .get("ProjectStatus", status)
        .and_then(|status| text(status, "type"))
        .unwrap_or_default()
        .to_owned();
    let now = json!(time::now(store));
    let is_unset = |project: &Record, field: &str| text(project, field).is_none();
    set(project, [("statusId", status.into())]);
    if matches!(kind.as_str(), "started" | "completed") && is_unset(project, "startedAt") {
        set(project, [("startedAt", now.clone())]);
    }
    for (field, ending) in [("completedAt", "completed"), ("canceledAt", "canceled")] {
        if kind != ending {
            set(project, [(field, Value::Null)]);
        } else if is_unset(project, field) {
            set(project, [(field, now.clone())]);
        }
    }
}

/// Stores a project under the URL that follows from its name, and returns the payload.
fn store_project(store: &mut Store, mut project: Record) -> Record {
    let name = text(&project, "name").unwrap_or_default();
    let slug = text(&project, "slugId").unwrap_or_default();
    let url = identifier::page_url("project", name, slug);
    set(&mut project, [("url", url.into())]);
    save(store, "Project", project)
}

fn create_milestone(store: &mut Store, arguments: Arguments<'_>) -> Result<Record, Refusal> {
    let input = arguments.input;
    let milestone = create_record(store, "ProjectMilestone", input, |store, milestone| {
        let count = u32::try_from(store.all("ProjectMilestone").count()).unwrap_or(0);
        set(
            milestone,
            [
                ("sortOrder", json!(f64::from(count))),
                ("status", json!("unstarted")),
            ],
        );
        edit_milestone(store, milestone, input)
    })?;
    Ok(save(store, "ProjectMilestone", milestone))
}

fn update_milestone(store: &mut Store, arguments: Arguments<'_>) -> Result<Record, Refusal> {
    let before = reference::root(store, "ProjectMilestone", arguments)?;
    let milestone = update_record(store, &before, |store, milestone| {
        edit_milestone(store, milestone, arguments.input)
    })?;
    Ok(save(store, "ProjectMilestone", milestone))
}

/// Checks and writes the fields that creation and change of a milestone have in common.
fn edit_milestone(store: &Store, milestone: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    let project = reference::entity(store, "Project", input, "projectId")?;
    if let InputValue::Value(project) = project {
        set(milestone, [("projectId", project.into())]);
    }
    input.check_not_blank("name")?;
    input.check_dates(&["targetDate"])?;
    input.copy_fields(milestone, &["targetDate"]);
    set_trimmed(milestone, "name", input);
    if let Some(order) = input.number("sortOrder") {
        set(milestone, [("sortOrder", json!(order))]);
    }
    set_markdown(milestone, "description", input);
    Ok(())
}

/// Creates a status update of a project; its health becomes the project's.
fn create_status_update(store: &mut Store, arguments: Arguments<'_>) -> Result<Record, Refusal> {
    let input = arguments.input;
    let health = json!(input.text("health").unwrap_or("onTrack"));
    let update = create_record(store, "ProjectUpdate", input, |store, update| {
        let project = reference::entity(store, "Project", input, "projectId")?;
        let InputValue::Value(project) = project else {
            return Err(Refusal::bad_reference("Project", "projectId"));
        };
        let body = markdown::normalise(input.text("body").unwrap_or_default());
        let slug = identifier::slug_id(text(update, "id").unwrap_or_default());
        let page = store
            .get("Project", &project)
            .and_then(|project| text(project, "url"))
            .unwrap_or_default();
        let url = format!("{page}#projectUpdate-{slug}");
        set(
            update,
            [
                ("projectId", json!(project)),
                ("userId", json!(identifier::viewer_id(store))),
                ("body", json!(body)),
                ("health", health.clone()),
                ("slugId", json!(slug)),
                ("url", json!(url)),
                ("isDiffHidden", json!(input.flag("isDiffHidden"))),
            ],
        );
        Ok(())
    })?;
    let now = update.get("createdAt").cloned().unwrap_or_default();
    let project = text(&update, "projectId").unwrap_or_default();
    if let Some(project) = store.get_mut("Project", project) {
        set(
            project,
            [
                ("health", health),
                ("healthUpdatedAt", now.clone()),
                ("updatedAt", now),
                ("lastUpdateId", json!(id_of(&update))),
            ],
        );
    }
    Ok(save(store, "ProjectUpdate", update))
}

/// Changes a cycle. Linear creates the cycles itself, so only their particulars can be changed.
fn update_cycle(store: &mut Store, arguments: Arguments<'_>) -> Result<Record, Refusal> {
    let input = arguments.input;
    let before = reference::root(store, "Cycle", arguments)?;
    let cycle = update_record(store, &before, |_, cycle| {
        input.copy_fields(cycle, &["name", "description"]);
        for field in ["startsAt", "endsAt"] {
            let moment = input.instant(field)?;
            if moment == InputValue::Null {
                let message = format!("{field} must be a Date instance");
                return Err(Refusal::validation(field, "isDate", message));
            }
            set_if_given(cycle, field, moment.map(time::iso));
        }
        let completed = input.instant("completedAt")?.map(time::iso);
        set_if_given(cycle, "completedAt", completed);
        let moment = |field: &str| time::field_ms(cycle.get(field)).unwrap_or_default();
        if moment("startsAt") >= moment("endsAt") {
            return Err(Refusal::invalid_input("a cycle must start before it ends"));
        }
        Ok(())
    })?;
    Ok(save(store, "Cycle", cycle))
}

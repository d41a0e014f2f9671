//! The fields of an issue that creation and change have in common.

use serde_json::{Value, json};

use crate::sandbox::identifier;
use crate::sandbox::input::{Given, Input};
use crate::sandbox::markdown;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Record, Store, text};
use crate::sandbox::time;

use super::super::record::{between, filled, set, set_given};
use super::super::reference;
use super::{labels, placement, state};

/// Input fields that both creation and change take.
pub(super) const ALWAYS: &[&str] = &[
    "title",
    "description",
    "priority",
    "estimate",
    "dueDate",
    "sortOrder",
    "prioritySortOrder",
    "subIssueSortOrder",
    "assigneeId",
    "delegateId",
    "subscriberIds",
    "labelIds",
    "stateId",
    "parentId",
    "projectId",
    "projectMilestoneId",
    "cycleId",
    "teamId",
    "lastAppliedTemplateId",
    "inheritsSharedAccess",
];

/// Input fields that creation alone takes.
pub(super) const ON_CREATE: &[&str] = &[
    "id",
    "createdAt",
    "completedAt",
    "templateId",
    "useDefaultTemplate",
];

/// Input fields that change alone takes.
pub(super) const ON_UPDATE: &[&str] = &[
    "addedLabelIds",
    "removedLabelIds",
    "trashed",
    "snoozedById",
    "snoozedUntilAt",
];

/// Fields that are stored as they come.
const PLAIN: &[&str] = &[
    "dueDate",
    "sortOrder",
    "prioritySortOrder",
    "subIssueSortOrder",
    "inheritsSharedAccess",
];

/// Priorities in words, by their number (`linear/api.md` §6).
const PRIORITIES: [&str; 5] = ["No priority", "Urgent", "High", "Medium", "Low"];

/// Checks the input against the issue's team and writes it into the issue.
pub(super) fn edit(store: &mut Store, issue: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    edit_text(issue, input)?;
    edit_numbers(issue, input)?;
    input.dates(&["dueDate"])?;
    input.copy(issue, PLAIN);
    edit_people(store, issue, input)?;
    placement::edit(store, issue, input)?;
    labels::edit(store, issue, input)?;
    let template = reference::entity(store, "Template", input, "lastAppliedTemplateId")?;
    set_given(issue, "lastAppliedTemplateId", template);
    if let Given::Value(wanted) = reference::entity(store, "WorkflowState", input, "stateId")? {
        placement::same_team(store, "WorkflowState", &wanted, issue)?;
        state::enter(store, issue, &wanted);
    }
    Ok(())
}

fn edit_text(issue: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    filled(input, "title")?;
    if let Some(title) = input.text("title") {
        set(issue, [("title", title.trim().into())]);
    }
    match input.get("description") {
        Given::Absent => {}
        Given::Null => set(issue, [("description", Value::Null)]),
        Given::Value(value) => {
            let written = markdown::normalise(value.as_str().unwrap_or_default());
            set(issue, [("description", written.into())]);
        }
    }
    Ok(())
}

fn edit_numbers(issue: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    between(input, "priority", 0.0, 4.0)?;
    match input.get("priority") {
        Given::Absent => {}
        Given::Null => prioritise(issue, 0.0),
        Given::Value(value) => prioritise(issue, value.as_f64().unwrap_or_default()),
    }
    // 64 is the top of the longest scale (exponential, extended); nothing is known of checks against a team's scale.
    between(input, "estimate", 0.0, 64.0)?;
    match input.get("estimate") {
        Given::Absent => {}
        Given::Null => set(issue, [("estimate", Value::Null)]),
        Given::Value(value) => set(issue, [("estimate", json!(value.as_f64()))]),
    }
    Ok(())
}

fn prioritise(issue: &mut Record, priority: f64) {
    let words = PRIORITIES
        .iter()
        .zip(0_u8..)
        .find(|(_, number)| f64::from(*number) == priority)
        .map(|(words, _)| *words);
    set(
        issue,
        [
            ("priority", json!(priority)),
            ("priorityLabel", json!(words)),
        ],
    );
}

fn edit_people(store: &Store, issue: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    for (field, app) in [("assigneeId", false), ("delegateId", true)] {
        set_given(issue, field, reference::person(store, input, field, app)?);
    }
    match reference::entities(store, "User", input, "subscriberIds")? {
        Given::Absent => {}
        Given::Null => set(issue, [("subscriberIds", json!([]))]),
        Given::Value(ids) => set(issue, [("subscriberIds", json!(ids))]),
    }
    let snoozer = reference::entity(store, "User", input, "snoozedById")?;
    set_given(issue, "snoozedById", snoozer);
    let until = input.instant("snoozedUntilAt")?;
    set_given(issue, "snoozedUntilAt", until.map(time::iso));
    Ok(())
}

/// What creation alone may set: moments in the past.
pub(super) fn edit_creation(
    store: &mut Store,
    issue: &mut Record,
    input: Input<'_>,
) -> Result<(), Refusal> {
    let now = store.now_ms();
    for field in ["createdAt", "completedAt"] {
        let Given::Value(moment) = input.instant(field)? else {
            continue;
        };
        if moment > now {
            let text = format!("{field} must be in the past");
            return Err(Refusal::validation(field, "maxDate", text));
        }
        if field == "completedAt" && !state::is(store, issue, "completed") {
            return Err(Refusal::invalid_input(
                "completedAt needs a completed state",
            ));
        }
        set(issue, [(field, time::iso(moment).into())]);
    }
    subscribe_people(store, issue);
    Ok(())
}

/// Whoever is assigned to a new issue follows it.
fn subscribe_people(store: &Store, issue: &mut Record) {
    let assignee = text(issue, "assigneeId").map(str::to_owned);
    if let Some(user) = assignee.filter(|user| *user != identifier::viewer_id(store)) {
        super::add_subscriber(issue, user);
    }
}

//! Issues: creation, change, batches, subscriptions, reminders, archive and trash, and the history that an issue
//! keeps of its changes. What the fields of an issue may be is in `fields`, what a template gives a new issue in
//! `template`.

mod fields;
mod template;

use serde_json::{Map, Value, json};

use crate::sandbox::identifier;
use crate::sandbox::input::{Input, InputValue};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Record, Store, text};
use crate::sandbox::time;

use super::{Arguments, Mutation, reference};
use super::{
    archive_payload, clear_references, create_record, differs, edit_trashed, entity_payload, id_of,
    new_record, payload, referring_ids, restore, set, text_list, touch,
};

/// The mutations of issues. The input fields of creation and change are checked by [`insert`] and [`change`], which batches call for each issue.
pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation::new("issueCreate", None, |store, arguments| {
        let id = insert(store, arguments.input)?;
        Ok(entity_payload(store, "Issue", id))
    }),
    Mutation::new("issueUpdate", None, update),
    Mutation::new("issueBatchCreate", None, create_batch),
    Mutation::new("issueBatchUpdate", None, update_batch),
    Mutation::new("issueAddLabel", None, |store, arguments| {
        change_label(store, arguments, "addedLabelIds")
    }),
    Mutation::new("issueRemoveLabel", None, |store, arguments| {
        change_label(store, arguments, "removedLabelIds")
    }),
    Mutation::new("issueSubscribe", None, subscribe),
    Mutation::new("issueUnsubscribe", None, unsubscribe),
    Mutation::new("issueReminder", None, remind),
    Mutation::new("issueDelete", None, delete),
    Mutation::new("issueArchive", None, archive),
    Mutation::new("issueUnarchive", None, unarchive),
];

/// The most issues one batch takes (`linear/api.md` §1.2).
const MAX_BATCH_SIZE: usize = 50;

/// Changes that come this soon after the creation leave no history (`linear/api.md` §6).
const QUIET_MS: i64 = 3 * 60 * 1000;

/// The most history entries that an issue keeps. The oldest ones go, so that the workspace stays small however often an
/// issue is changed.
const MAX_HISTORY: usize = 500;

/// The fields of an issue whose changes the history keeps, each with the fields of `IssueHistory` for the old and the
/// new value.
const HISTORY_FIELDS: [(&str, &str, &str); 12] = [
    ("assigneeId", "fromAssigneeId", "toAssigneeId"),
    ("cycleId", "fromCycleId", "toCycleId"),
    ("delegateId", "fromDelegateId", "toDelegateId"),
    ("dueDate", "fromDueDate", "toDueDate"),
    ("estimate", "fromEstimate", "toEstimate"),
    ("parentId", "fromParentId", "toParentId"),
    ("priority", "fromPriority", "toPriority"),
    ("projectId", "fromProjectId", "toProjectId"),
    (
        "projectMilestoneId",
        "fromProjectMilestoneId",
        "toProjectMilestoneId",
    ),
    ("stateId", "fromStateId", "toStateId"),
    ("teamId", "fromTeamId", "toTeamId"),
    ("title", "fromTitle", "toTitle"),
];

/// Checks an `IssueCreateInput`, stores the issue and returns its id.
fn insert(store: &mut Store, given: Input<'_>) -> Result<String, Refusal> {
    given.refuse_unmodelled(&[fields::ON_CREATE, fields::EDITABLE])?;
    let mut sub_issues = Vec::new();
    let issue = create_record(store, "Issue", given, |store, issue| {
        check_plan_limit(store)?;
        let InputValue::Value(team) = reference::entity(store, "Team", given, "teamId")? else {
            return Err(Refusal::not_uuid("teamId"));
        };
        let mut prefilled = template::prefill(store, given, &team)?;
        // The schema's text asks "whether the passed sort order should be preserved"; that it is dropped otherwise is
        // the stricter reading.
        if !given.flag("preserveSortOrderOnCreate") {
            prefilled.input.remove("sortOrder");
        }
        sub_issues = prefilled.sub_issues;
        let input = Input(&prefilled.input);
        if input.text("title").is_none() {
            let message = "title should not be empty";
            return Err(Refusal::validation("title", "isNotEmpty", message));
        }
        set_defaults(store, issue, &team);
        if input.text("stateId").is_none() {
            let state = fields::default_state(store, issue);
            fields::enter_state(store, issue, &state);
        }
        fields::edit(store, issue, input)?;
        fields::edit_on_create(store, issue, input)?;
        let number = identifier::next_number(store, text(issue, "teamId").unwrap_or_default());
        identifier::number_issue(store, issue, number);
        Ok(())
    })?;
    let id = id_of(&issue);
    let team = issue.get("teamId").cloned().unwrap_or_default();
    store.put("Issue", issue);
    for mut sub_issue in sub_issues {
        set(
            &mut sub_issue,
            [("teamId", team.clone()), ("parentId", json!(id))],
        );
        insert(store, Input(&sub_issue))?;
    }
    Ok(id)
}

/// Checks the free plan's limit, which Linear does after it has looked at the client's id (`linear/api.md` §6).
fn check_plan_limit(store: &Store) -> Result<(), Refusal> {
    let active = store
        .all("Issue")
        .filter(|issue| issue.get("archivedAt").is_none_or(Value::is_null))
        .count();
    match store.issue_limit() {
        Some(limit) if active >= limit => Err(Refusal::usage_limit()),
        _ => Ok(()),
    }
}

/// Fills a new issue of a team with what an issue has before anything is said about it.
fn set_defaults(store: &Store, issue: &mut Record, team: &str) {
    let viewer = identifier::viewer_id(store);
    let created = issue.get("createdAt").cloned().unwrap_or_default();
    set(
        issue,
        [
            ("teamId", json!(team)),
            ("creatorId", json!(viewer)),
            ("subscriberIds", json!([viewer])),
            ("labelIds", json!([])),
            ("previousIdentifiers", json!([])),
            ("priority", json!(0.0)),
            ("priorityLabel", json!("No priority")),
            ("sortOrder", json!(place_on_top(store, "sortOrder"))),
            (
                "prioritySortOrder",
                json!(place_on_top(store, "prioritySortOrder")),
            ),
            ("boardOrder", json!(0.0)),
            ("addedToTeamAt", created),
            ("customerTicketCount", json!(0)),
            ("reactionData", json!({})),
            ("inheritsSharedAccess", json!(true)),
        ],
    );
}

/// Returns the value of a sort order that lies above those of all issues, and so at the top of every column: lower values
/// come first. Linear puts a new issue at the top of its column too, but how far above the others is not known.
fn place_on_top(store: &Store, field: &str) -> f64 {
    let orders = store
        .all("Issue")
        .filter_map(|issue| issue.get(field)?.as_f64());
    orders.fold(0.0, f64::min) - 1.0
}

/// Changes the issue that the root argument `id` names by its UUID or its identifier.
fn update(store: &mut Store, arguments: Arguments<'_>) -> Result<Record, Refusal> {
    let id = arguments.root.text("id").unwrap_or_default();
    let Some(before) = identifier::issue(store, id).cloned() else {
        return Err(Refusal::not_found("Issue"));
    };
    let id = change(store, before, arguments.input)?;
    Ok(entity_payload(store, "Issue", id))
}

/// Checks an `IssueUpdateInput`, stores the changed issue and returns its id.
fn change(store: &mut Store, before: Record, input: Input<'_>) -> Result<String, Refusal> {
    input.refuse_unmodelled(&[fields::ON_UPDATE, fields::EDITABLE])?;
    let mut issue = before.clone();
    fields::move_to_team(store, &mut issue, input)?;
    if input.get("stateId") == InputValue::Null {
        return Err(Refusal::not_uuid("stateId"));
    }
    let is_null = |field: &&&str| input.get(field) == InputValue::Null;
    if let Some(field) = fields::NOT_NULL.iter().find(is_null) {
        let message = format!("{field} should not be null");
        return Err(Refusal::validation(field, "isDefined", message));
    }
    fields::edit(store, &mut issue, input)?;
    edit_trashed(store, &mut issue, input, |store, issue| {
        hide(store, issue, true);
    });
    identifier::set_url_and_branch(store, &mut issue);
    Ok(commit(store, &before, issue))
}

/// Stores a changed issue, with its history, when any field differs. Returns the issue's id.
fn commit(store: &mut Store, before: &Record, mut issue: Record) -> String {
    let id = id_of(&issue);
    if differs(before, &issue) {
        touch(store, &mut issue);
        let differences = describe_differences(store, before, &issue);
        write_history(store, &issue, differences);
        store.put("Issue", issue);
    }
    id
}

fn create_batch(store: &mut Store, arguments: Arguments<'_>) -> Result<Record, Refusal> {
    let inputs: Vec<&Map<String, Value>> = arguments
        .input
        .get("issues")
        .value()
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .collect();
    check_batch_size("issues", inputs.len())?;
    let ids = inputs
        .into_iter()
        .map(|input| insert(store, Input(input)))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(payload(store, "issueIds", ids))
}

fn update_batch(store: &mut Store, arguments: Arguments<'_>) -> Result<Record, Refusal> {
    let count = arguments
        .root
        .texts("ids")
        .value()
        .map_or(0, |ids| ids.len());
    check_batch_size("ids", count)?;
    let ids = reference::entities(store, "Issue", arguments.root, "ids")?
        .value()
        .unwrap_or_default();
    for id in &ids {
        if let Some(issue) = store.get("Issue", id).cloned() {
            change(store, issue, arguments.input)?;
        }
    }
    Ok(payload(store, "issueIds", ids))
}

fn check_batch_size(field: &str, count: usize) -> Result<(), Refusal> {
    let (constraint, message) = match count {
        0 => (
            "arrayMinSize",
            format!("{field} must contain at least 1 elements"),
        ),
        1..=MAX_BATCH_SIZE => return Ok(()),
        _ => (
            "arrayMaxSize",
            format!("{field} must contain no more than {MAX_BATCH_SIZE} elements"),
        ),
    };
    Err(Refusal::validation(field, constraint, message))
}

/// Adds a label to an issue or takes one off: `delta` is the field of `IssueUpdateInput` that does the same.
fn change_label(
    store: &mut Store,
    arguments: Arguments<'_>,
    delta: &str,
) -> Result<Record, Refusal> {
    let issue = reference::root(store, "Issue", arguments)?;
    let label = reference::argument(store, "IssueLabel", arguments, "labelId")?;
    let input = Map::from_iter([(delta.to_owned(), json!([label]))]);
    let id = change(store, issue, Input(&input))?;
    Ok(entity_payload(store, "Issue", id))
}

/// Subscribes the named user, or else the viewer, to an issue. What Linear says to a deactivated user is not known; such a
/// user is refused as unknown.
fn subscribe(store: &mut Store, arguments: Arguments<'_>) -> Result<Record, Refusal> {
    let mut issue = reference::root(store, "Issue", arguments)?;
    let user = named_user(store, arguments)?;
    if !reference::is_active_user(store, &user) {
        return Err(Refusal::bad_reference("User", "userId"));
    }
    add_subscriber(&mut issue, user);
    Ok(super::save(store, "Issue", issue))
}

/// Takes the named user, or else the viewer, out of the subscribers of an issue. A user who is not one of them is no
/// error.
fn unsubscribe(store: &mut Store, arguments: Arguments<'_>) -> Result<Record, Refusal> {
    let mut issue = reference::root(store, "Issue", arguments)?;
    let user = named_user(store, arguments)?;
    let subscribers: Vec<&str> = text_list(&issue, "subscriberIds")
        .filter(|id| *id != user)
        .collect();
    let subscribers = json!(subscribers);
    set(&mut issue, [("subscriberIds", subscribers)]);
    Ok(super::save(store, "Issue", issue))
}

/// Returns the id of the user whom the root arguments name by `userId` or `userEmail`; the viewer when they name nobody.
/// That `userId` counts where both are given is a guess.
fn named_user(store: &Store, arguments: Arguments<'_>) -> Result<String, Refusal> {
    let root = arguments.root;
    match (root.text("userId"), root.text("userEmail")) {
        (Some(_), _) => reference::argument(store, "User", arguments, "userId"),
        (None, Some(email)) => store
            .find("User", "email", email)
            .map(id_of)
            .ok_or_else(|| Refusal::bad_reference("User", "userEmail")),
        (None, None) => Ok(identifier::viewer_id(store)),
    }
}

/// The field of an issue under which the viewer's reminder is kept. The schema has no such field, so that a reminder can
/// be neither read back nor cleared; a later one replaces it.
const REMINDER: &str = "reminderAt";

/// Sets the moment at which the viewer is reminded of an issue. That it must lie ahead is a guess.
fn remind(store: &mut Store, arguments: Arguments<'_>) -> Result<Record, Refusal> {
    let mut issue = reference::root(store, "Issue", arguments)?;
    let moment = arguments.root.instant("reminderAt")?.value();
    let now = store.now_ms();
    let Some(moment) = moment.filter(|moment| *moment > now) else {
        let message = "reminderAt must be in the future";
        return Err(Refusal::validation("reminderAt", "minDate", message));
    };
    set(&mut issue, [(REMINDER, time::iso(moment).into())]);
    Ok(super::save(store, "Issue", issue))
}

/// Adds a user to the subscribers of an issue who is not one of them yet.
pub(super) fn add_subscriber(issue: &mut Record, user: String) {
    let mut subscribers: Vec<String> = text_list(issue, "subscriberIds")
        .map(str::to_owned)
        .collect();
    if !subscribers.contains(&user) {
        subscribers.push(user);
    }
    set(issue, [("subscriberIds", json!(subscribers))]);
}

/// Puts an issue that is a duplicate of another into its team's first state of type `duplicate`, or into the first
/// canceled one where the team has none. The history tells it in one entry with the other `differences`.
pub(super) fn mark_duplicate(store: &mut Store, id: &str, mut differences: Record) {
    let Some(before) = store.get("Issue", id).cloned() else {
        return;
    };
    let mut issue = before.clone();
    let team = text(&issue, "teamId").unwrap_or_default();
    let state = fields::first_state(store, team, "duplicate")
        .or_else(|| fields::first_state(store, team, "canceled"));
    if let Some(state) = state {
        fields::enter_state(store, &mut issue, &state);
    }
    if differs(&before, &issue) {
        touch(store, &mut issue);
        differences.extend(describe_differences(store, &before, &issue));
    }
    write_history(store, &issue, differences);
    store.put("Issue", issue);
}

/// Writes a history entry about a change that is not one of the issue's own fields: of a relation or an attachment.
pub(super) fn record_change(store: &mut Store, id: &str, differences: Record) {
    if let Some(issue) = store.get("Issue", id).cloned() {
        write_history(store, &issue, differences);
    }
}

/// Moves an issue into the trash, or deletes it for good when an admin asks for that.
fn delete(store: &mut Store, arguments: Arguments<'_>) -> Result<Record, Refusal> {
    let issue = reference::root(store, "Issue", arguments)?;
    if !arguments.root.flag("permanentlyDelete") {
        return Ok(put_away(store, &issue, true));
    }
    let viewer = identifier::viewer(store);
    if !viewer.is_some_and(|user| user.get("admin") == Some(&Value::Bool(true))) {
        return Err(Refusal::forbidden("admin"));
    }
    delete_for_good(store, &id_of(&issue));
    Ok(archive_payload(store, "Issue", None))
}

/// Moves an issue into the archive. Reports differ on whether `issueArchive` takes identifiers, so only a UUID is taken
/// (`linear/api.md` §1.2).
fn archive(store: &mut Store, arguments: Arguments<'_>) -> Result<Record, Refusal> {
    let issue = reference::root(store, "Issue", arguments)?;
    Ok(put_away(store, &issue, arguments.root.flag("trash")))
}

/// Takes an issue out of the archive and out of the trash.
fn unarchive(store: &mut Store, arguments: Arguments<'_>) -> Result<Record, Refusal> {
    let before = reference::root(store, "Issue", arguments)?;
    let mut issue = before.clone();
    restore(&mut issue);
    let id = commit(store, &before, issue);
    Ok(archive_payload(store, "Issue", Some(id)))
}

/// Moves an issue into the archive or into the trash and returns the payload.
fn put_away(store: &mut Store, before: &Record, is_trash: bool) -> Record {
    let mut issue = before.clone();
    hide(store, &mut issue, is_trash);
    let id = commit(store, before, issue);
    archive_payload(store, "Issue", Some(id))
}

/// Marks an issue as archived, or as trashed. An archived issue keeps the moment at which it was archived.
fn hide(store: &mut Store, issue: &mut Record, is_trash: bool) {
    if text(issue, "archivedAt").is_none() {
        let now = time::now(store);
        set(issue, [("archivedAt", json!(now))]);
    }
    if is_trash {
        set(issue, [("trashed", json!(true))]);
    }
}

/// Removes an issue and everything that belongs to it. Its sub-issues stay, without a parent.
fn delete_for_good(store: &mut Store, id: &str) {
    for (kind, field) in [
        ("Comment", "issueId"),
        ("Attachment", "issueId"),
        ("IssueHistory", "issueId"),
        ("IssueRelation", "issueId"),
        ("IssueRelation", "relatedIssueId"),
    ] {
        for referring in referring_ids(store, kind, field, id) {
            store.remove(kind, &referring);
        }
    }
    clear_references(store, "Issue", "parentId", id);
    store.remove("Issue", id);
}

/// Writes one history entry with these fields of `IssueHistory`, when there are any and the issue is old enough. Removes
/// the issue's oldest entries beyond [`MAX_HISTORY`].
fn write_history(store: &mut Store, issue: &Record, differences: Record) {
    let now = store.now_ms();
    let created = time::field_ms(issue.get("createdAt")).unwrap_or(now);
    if now - created < QUIET_MS || differences.is_empty() {
        return;
    }
    let issue_id = id_of(issue);
    let entry_id = store.new_id();
    let actor = identifier::viewer_id(store);
    let mut entry = new_record(store, entry_id);
    set(
        &mut entry,
        [
            ("issueId", issue_id.as_str().into()),
            ("actorId", actor.into()),
        ],
    );
    entry.extend(differences);
    store.put("IssueHistory", entry);
    let entries = referring_ids(store, "IssueHistory", "issueId", &issue_id);
    let surplus = entries.len().saturating_sub(MAX_HISTORY);
    for oldest in entries.iter().take(surplus) {
        store.remove("IssueHistory", oldest);
    }
}

/// Returns what differs between two states of an issue, as fields of `IssueHistory`.
fn describe_differences(store: &Store, before: &Record, after: &Record) -> Record {
    let mut differences = Record::new();
    let value = |record: &Record, field: &str| record.get(field).cloned().unwrap_or_default();
    for (field, from, to) in HISTORY_FIELDS {
        let (old, new) = (value(before, field), value(after, field));
        if old != new {
            set(&mut differences, [(from, old), (to, new)]);
        }
    }
    if value(before, "description") != value(after, "description") {
        let editor = identifier::viewer_id(store);
        set(
            &mut differences,
            [
                ("updatedDescription", json!(true)),
                ("descriptionUpdatedByIds", json!([editor])),
            ],
        );
    }
    let archived = |record: &Record| !value(record, "archivedAt").is_null();
    if archived(before) != archived(after) {
        set(&mut differences, [("archived", json!(archived(after)))]);
    }
    let trashed = |record: &Record| value(record, "trashed") == Value::Bool(true);
    if trashed(before) != trashed(after) {
        set(&mut differences, [("trashed", json!(trashed(after)))]);
    }
    let labels_only_in = |record: &Record, other: &Record| -> Vec<String> {
        let known: Vec<&str> = text_list(other, "labelIds").collect();
        text_list(record, "labelIds")
            .filter(|id| !known.contains(id))
            .map(str::to_owned)
            .collect()
    };
    for (field, labels) in [
        ("addedLabelIds", labels_only_in(after, before)),
        ("removedLabelIds", labels_only_in(before, after)),
    ] {
        if !labels.is_empty() {
            set(&mut differences, [(field, json!(labels))]);
        }
    }
    differences
}

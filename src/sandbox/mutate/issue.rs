//! Issues: creation, change, batches, labels and subscriptions.

mod archive;
mod fields;
mod history;
mod labels;
mod placement;
mod state;
mod team_move;
mod template;

use serde_json::{Map, Value, json};

use crate::sandbox::identifier;
use crate::sandbox::input::{Given, Input};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Record, Store, text};

use super::record::{differs, fresh, id_of, input_of, list, new_id, payload, set, touch};
use super::reference;

/// The most issues one batch takes (`linear/api.md` §1.2).
const BATCH: usize = 50;

/// Runs the mutation when it is one of this module's.
pub(super) fn run(
    store: &mut Store,
    field: &str,
    args: Input<'_>,
) -> Option<Result<Record, Refusal>> {
    Some(match field {
        "issueCreate" => create(store, args),
        "issueUpdate" => update(store, args),
        "issueBatchCreate" => batch_create(store, args),
        "issueBatchUpdate" => batch_update(store, args),
        "issueAddLabel" => change_label(store, args, "addedLabelIds"),
        "issueRemoveLabel" => change_label(store, args, "removedLabelIds"),
        "issueSubscribe" => subscribe(store, args),
        "issueDelete" => archive::delete(store, args),
        "issueArchive" => archive::archive(store, args),
        "issueUnarchive" => archive::unarchive(store, args),
        _ => return None,
    })
}

fn create(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let empty = Map::new();
    let id = insert(store, input_of(args, &empty))?;
    Ok(payload(store, "issueId", id))
}

fn update(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let empty = Map::new();
    let issue = reference::root_issue(store, args)?;
    let id = change(store, issue, input_of(args, &empty))?;
    Ok(payload(store, "issueId", id))
}

fn batch_create(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let inputs: Vec<&Map<String, Value>> = args
        .object("input")
        .and_then(|input| input.0.get("issues")?.as_array())
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .collect();
    within_batch("issues", inputs.len())?;
    let ids = inputs
        .into_iter()
        .map(|input| insert(store, Input(input)))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(payload(store, "issueIds", ids))
}

fn batch_update(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let empty = Map::new();
    let count = args.texts("ids").value().map_or(0, |ids| ids.len());
    within_batch("ids", count)?;
    let ids = reference::entities(store, "Issue", args, "ids")?
        .value()
        .unwrap_or_default();
    for id in &ids {
        if let Some(issue) = store.get("Issue", id).cloned() {
            change(store, issue, input_of(args, &empty))?;
        }
    }
    Ok(payload(store, "issueIds", ids))
}

fn within_batch(field: &str, count: usize) -> Result<(), Refusal> {
    let (constraint, text) = match count {
        0 => (
            "arrayMinSize",
            format!("{field} must contain at least 1 elements"),
        ),
        1..=BATCH => return Ok(()),
        _ => (
            "arrayMaxSize",
            format!("{field} must contain no more than {BATCH} elements"),
        ),
    };
    Err(Refusal::validation(field, constraint, text))
}

fn change_label(store: &mut Store, args: Input<'_>, delta: &str) -> Result<Record, Refusal> {
    let issue = reference::root(store, "Issue", args)?;
    let label = reference::argument(store, "IssueLabel", args, "labelId")?;
    let input = Map::from_iter([(delta.to_owned(), json!([label]))]);
    let id = change(store, issue, Input(&input))?;
    Ok(payload(store, "issueId", id))
}

fn subscribe(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let mut issue = reference::root(store, "Issue", args)?;
    let user = match (args.text("userId"), args.text("userEmail")) {
        (Some(_), _) => reference::argument(store, "User", args, "userId")?,
        (None, Some(email)) => store
            .find("User", "email", email)
            .map(id_of)
            .ok_or_else(|| Refusal::bad_reference("User", "userEmail"))?,
        (None, None) => identifier::viewer_id(store),
    };
    add_subscriber(&mut issue, user);
    let id = id_of(&issue);
    store.put("Issue", issue);
    Ok(payload(store, "issueId", id))
}

/// Adds a subscriber who is not one yet.
pub(super) fn add_subscriber(issue: &mut Record, user: String) {
    let mut subscribers: Vec<String> = list(issue, "subscriberIds").map(str::to_owned).collect();
    if !subscribers.contains(&user) {
        subscribers.push(user);
    }
    set(issue, [("subscriberIds", json!(subscribers))]);
}

/// Checks an `IssueCreateInput` and stores the issue; gives its id.
fn insert(store: &mut Store, given: Input<'_>) -> Result<String, Refusal> {
    given.only(&[fields::ON_CREATE, fields::ALWAYS])?;
    let id = new_id(store, "Issue", given)?;
    within_plan(store)?;
    let team = match reference::entity(store, "Team", given, "teamId")? {
        Given::Value(team) => team,
        Given::Absent | Given::Null => return Err(Refusal::not_uuid("teamId")),
    };
    let merged = template::merged(store, given, &team)?;
    let input = Input(&merged);
    if input.text("title").is_none() {
        let text = "title should not be empty";
        return Err(Refusal::validation("title", "isNotEmpty", text));
    }
    let mut issue = blank(store, id, team);
    if input.text("stateId").is_none() {
        let first = state::default_of(store, &issue);
        state::enter(store, &mut issue, &first);
    }
    fields::edit(store, &mut issue, input)?;
    fields::edit_creation(store, &mut issue, input)?;
    let team = text(&issue, "teamId").unwrap_or_default().to_owned();
    let number = identifier::next_number(store, &team);
    identifier::number_issue(store, &mut issue, number);
    let id = id_of(&issue);
    store.put("Issue", issue);
    Ok(id)
}

/// The free plan's limit, checked after a client's id (`linear/api.md` §6).
fn within_plan(store: &Store) -> Result<(), Refusal> {
    let active = store
        .all("Issue")
        .filter(|issue| issue.get("archivedAt").is_none_or(Value::is_null))
        .count();
    match store.issue_limit() {
        Some(limit) if active >= limit => Err(Refusal::usage_limit()),
        _ => Ok(()),
    }
}

/// An issue of that team with everything unset, made by the viewer.
fn blank(store: &mut Store, id: String, team: String) -> Record {
    let viewer = identifier::viewer_id(store);
    let mut issue = fresh(store, id);
    let created = issue.get("createdAt").cloned().unwrap_or_default();
    // Newer issues stand above older ones, so the order falls with time.
    let order = -f64::from(u32::try_from(store.all("Issue").count()).unwrap_or(u32::MAX));
    set(
        &mut issue,
        [
            ("teamId", json!(team)),
            ("creatorId", json!(viewer)),
            ("subscriberIds", json!([viewer])),
            ("labelIds", json!([])),
            ("previousIdentifiers", json!([])),
            ("priority", json!(0.0)),
            ("priorityLabel", json!("No priority")),
            ("sortOrder", json!(order)),
            ("prioritySortOrder", json!(order)),
            ("boardOrder", json!(0.0)),
            ("addedToTeamAt", created),
            ("customerTicketCount", json!(0)),
            ("reactionData", json!({})),
            ("inheritsSharedAccess", json!(true)),
        ],
    );
    issue
}

/// Checks an `IssueUpdateInput` and stores the changed issue; gives its id.
fn change(store: &mut Store, before: Record, input: Input<'_>) -> Result<String, Refusal> {
    input.only(&[fields::ON_UPDATE, fields::ALWAYS])?;
    let mut issue = before.clone();
    team_move::run(store, &mut issue, input)?;
    if input.get("stateId") == Given::Null {
        return Err(Refusal::not_uuid("stateId"));
    }
    fields::edit(store, &mut issue, input)?;
    archive::edit(store, &mut issue, input);
    identifier::entitle(store, &mut issue);
    let id = id_of(&issue);
    if differs(&before, &issue) {
        touch(store, &mut issue);
        history::write(store, &before, &issue);
        store.put("Issue", issue);
    }
    Ok(id)
}

/// Puts an issue that is a duplicate of another into its team's first state of type `duplicate`, or into the first
/// cancelled one where the team has none.
pub(super) fn mark_duplicate(store: &mut Store, id: &str) {
    let Some(before) = store.get("Issue", id).cloned() else {
        return;
    };
    let mut issue = before.clone();
    let team = text(&issue, "teamId").unwrap_or_default();
    let state = state::of_type(store, team, "duplicate")
        .or_else(|| state::of_type(store, team, "canceled"));
    if let Some(state) = state {
        state::enter(store, &mut issue, &state);
    }
    if differs(&before, &issue) {
        touch(store, &mut issue);
        history::write(store, &before, &issue);
        store.put("Issue", issue);
    }
}

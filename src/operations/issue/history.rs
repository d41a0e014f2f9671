//! `get_issue_history`: what was changed on an issue, with its comments and the time it spent in each state on request,
//! in one request.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::Error;
use crate::linear::documents::{IssueHistory as Document, issue_history};
use crate::linear::model::{
    Comment, Connection, CycleName, HistoryEntry, IssueHistory, NameOnly, RelationChange, StateSpan,
};
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::project::update::priority_word;
use crate::operations::reads::ReadRequest;
use crate::operations::view::{View, moment};
use crate::operations::{comment, page, view};
use crate::params::{Count, Cursor, Detail, Flag, Identifier};
use crate::resolve::issue::IssueRef;
use crate::session::{Context, List, Onward};
use crate::text::{cut, whole_number};

/// The `get_issue_history` operation.
#[derive(Debug)]
pub struct GetIssueHistory;

/// What was changed on an issue, by whom and when, oldest first.
///
/// `limit` counts the entries that Linear keeps, each of which may be several changes. `include_comments` adds the newest
/// 50. `detail: full` tells old, new and time under `fromValue`, `toValue` and `createdAt`, too.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Issue identifier, id or URL.
    issue_id: Identifier,
    /// How many of the newest. Default: 50, at most 250.
    limit: Option<Count>,
    /// `cursor` of the answer before, for older ones.
    cursor: Option<Cursor>,
    /// `false` leaves the changes out.
    #[schemars(extend("unlisted" = true))]
    include_history: Option<Flag>,
    /// Add the comments, oldest first.
    include_comments: Option<Flag>,
    /// Add how long it was in each state (ISO durations).
    time_in_state: Option<Flag>,
}

/// The number of comments that the response shows.
const COMMENTS: i64 = 50;
/// The number of stays in a state from which the time in each state is computed.
const STATES: i64 = 250;
/// The time after an issue's creation in which Linear records no changes (`linear/api.md` §6, "History").
const UNRECORDED_MS: i64 = 3 * 60 * 1000;
/// The name of the actor where Linear names neither a user nor an integration.
const NO_ACTOR: &str = "automation";

impl Operation for GetIssueHistory {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "get_issue_history",
        title: "Get issue history",
        effect: Effect::Read,
        subject: Some("issue_id"),
        aliases: &["issue_history", "list_issue_history"],
        shared: &[
            CommonParam::Detail,
            CommonParam::Fields,
            CommonParam::MaxDescriptionChars,
            CommonParam::Format,
        ],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let issue_ref = IssueRef::parse("issue_id", params.issue_id.as_str())?;
        let limit = page::size("limit", params.limit)
            .map_err(|error| error.suggest("Give the answer's 'cursor' for older ones"))?;
        let cursor = params.cursor.map(|cursor| cursor.0);
        let is_continued = cursor.is_some();
        let is_on = |flag: Option<Flag>| flag.is_some_and(|Flag(on)| on);
        let variables = issue_history::Variables {
            id: issue_ref.id(),
            with_history: params.include_history.is_none_or(|Flag(on)| on),
            first: i64::try_from(limit).unwrap_or(i64::MAX),
            after: cursor,
            with_comments: is_on(params.include_comments),
            comments: COMMENTS,
            with_states: is_on(params.time_in_state),
            states: STATES,
        };
        let mut request = ReadRequest::default();
        let slot = request.require::<Document>(variables, issue_ref.not_found());
        let mut issue = match request.send(cx).await {
            Ok(mut responses) => responses.get(slot)?.issue,
            Err(error) => {
                return Err(super::explain_list(cx, error, &issue_ref, is_continued).await);
            }
        };
        let mut data = serde_json::Map::new();
        data.insert("issue".to_owned(), issue_view(&issue).into_value());
        if let Some(history) = issue.history.take() {
            data.extend(show_history(cx, &issue, history, is_continued));
        }
        if let Some(comments) = issue.comments {
            data.insert("comments".to_owned(), show_comments(cx, comments));
        }
        if let Some(spans) = issue.state_history {
            data.extend(time_in_state(cx, spans).map(|rows| ("time_in_state".to_owned(), rows)));
        }
        Ok(Value::Object(data))
    }
}

/// Returns the view of the issue: a row of a list, and who created the issue when.
fn issue_view(issue: &IssueHistory) -> View {
    let creator = issue.creator.as_ref();
    super::row(&issue.row, Detail::Brief)
        .brief("creator", creator.map(|user| json!({"name": user.name})))
        .brief("created_at", moment(&issue.created_at, Detail::Standard))
}

/// Returns the changes on a page of the history, oldest first, and their counts. Warns where the issue has no changes.
fn show_history(
    cx: &Context<'_>,
    issue: &IssueHistory,
    page: Connection<HistoryEntry>,
    is_continued: bool,
) -> serde_json::Map<String, Value> {
    let entry_cursors = page.cursors();
    let mut changes = Vec::new();
    let mut cursors = Vec::new();
    // Linear sends the newest entry first.
    for (index, entry) in page.nodes.iter().enumerate().rev() {
        let cursor = entry_cursors.get(index).cloned().flatten();
        let of_entry = changes_of(entry, &issue.created_at);
        // The page after an entry's cursor begins with the entry before it, so only the first change of an entry may be
        // the last one that is shown.
        cursors.extend((0..of_entry.len()).map(|index| cursor.clone().filter(|_| index == 0)));
        changes.extend(of_entry);
    }
    let is_whole = !is_continued && !page.page_info.has_next_page;
    if is_whole && changes.iter().all(|change| change.field == "created") {
        cx.warn("history: no changes; Linear records none in the three minutes after an issue is created");
    }
    page::may_cut_oldest(cx, "history", cursors);
    let data = view::list(cx, "history", Detail::Standard, &changes, change_view);
    page::with_counts(data, page.page_info, changes.len(), is_continued)
}

/// A change of one field of an issue.
struct Change<'e> {
    entry: &'e HistoryEntry,
    field: &'static str,
    from: Value,
    to: Value,
    /// Names that were added to the field or taken away, where the field is a list. Each list has its key.
    lists: Vec<(&'static str, Vec<String>)>,
}

/// Returns the changes that an entry of the history records, one for each field. An entry without a field that is known
/// here is the one of the issue's creation, where it was made in the time in which changes are not recorded.
fn changes_of<'e>(entry: &'e HistoryEntry, issue_created_at: &str) -> Vec<Change<'e>> {
    let change = |field, from, to| Change {
        entry,
        field,
        from,
        to,
        lists: Vec::new(),
    };
    let values = [
        ("state", name(&entry.from_state), name(&entry.to_state)),
        (
            "assignee",
            name(&entry.from_assignee),
            name(&entry.to_assignee),
        ),
        (
            "delegate",
            name(&entry.from_delegate),
            name(&entry.to_delegate),
        ),
        (
            "priority",
            priority(entry.from_priority),
            priority(entry.to_priority),
        ),
        (
            "estimate",
            entry.from_estimate.map(whole_number).into(),
            entry.to_estimate.map(whole_number).into(),
        ),
        (
            "project",
            name(&entry.from_project),
            name(&entry.to_project),
        ),
        (
            "milestone",
            name(&entry.from_project_milestone),
            name(&entry.to_project_milestone),
        ),
        ("cycle", cycle(&entry.from_cycle), cycle(&entry.to_cycle)),
        (
            "parent",
            entry
                .from_parent
                .as_ref()
                .map(|issue| &*issue.identifier)
                .into(),
            entry
                .to_parent
                .as_ref()
                .map(|issue| &*issue.identifier)
                .into(),
        ),
        ("team", name(&entry.from_team), name(&entry.to_team)),
        (
            "title",
            entry.from_title.as_deref().into(),
            entry.to_title.as_deref().into(),
        ),
        (
            "due_date",
            entry.from_due_date.as_deref().into(),
            entry.to_due_date.as_deref().into(),
        ),
        ("archived", Value::Null, entry.archived.into()),
        ("trashed", Value::Null, entry.trashed.into()),
    ];
    let mut changes: Vec<Change<'_>> = values
        .into_iter()
        .filter(|(_, from, to)| !from.is_null() || !to.is_null())
        .map(|(field, from, to)| change(field, from, to))
        .collect();
    if entry.updated_description == Some(true) {
        changes.push(change("description", Value::Null, Value::Null));
    }
    if entry.attachment_id.is_some() {
        let title = entry.attachment.as_ref().map(|link| &*link.title);
        changes.push(change("attachment", Value::Null, title.into()));
    }
    for (field, mut lists) in [
        ("labels", label_lists(entry)),
        ("relations", relation_lists(entry)),
    ] {
        lists.retain(|(_, names)| !names.is_empty());
        if !lists.is_empty() {
            changes.push(Change {
                lists,
                ..change(field, Value::Null, Value::Null)
            });
        }
    }
    if changes.is_empty() {
        let age = moment_ms(&entry.created_at).zip(moment_ms(issue_created_at));
        let is_creation = age.is_some_and(|(at, created)| at - created < UNRECORDED_MS);
        let field = if is_creation { "created" } else { "other" };
        changes.push(change(field, Value::Null, Value::Null));
    }
    changes
}

/// Returns the name of an entity; null where there is none.
fn name(entity: &Option<NameOnly>) -> Value {
    entity.as_ref().map(|entity| &*entity.name).into()
}

/// Returns the word for a priority; null where there is none.
fn priority(number: Option<f64>) -> Value {
    let words = (0..=4).map(|word| (f64::from(word), priority_word(word)));
    let word = number.and_then(|number| words.clone().find(|(known, _)| *known == number));
    word.map(|(_, word)| word).into()
}

/// Returns the name of a cycle, or the number of a cycle without a name; null where there is none.
fn cycle(cycle: &Option<CycleName>) -> Value {
    let shown = cycle.as_ref().map(|cycle| match &cycle.name {
        Some(name) => Value::from(name.as_str()),
        None => whole_number(cycle.number),
    });
    shown.unwrap_or_default()
}

/// Returns the labels that were added and those that were removed.
fn label_lists(entry: &HistoryEntry) -> Vec<(&'static str, Vec<String>)> {
    let names = |labels: &Option<Vec<NameOnly>>| {
        let labels = labels.iter().flatten();
        labels.map(|label| label.name.clone()).collect()
    };
    vec![
        ("added", names(&entry.added_labels)),
        ("removed", names(&entry.removed_labels)),
    ]
}

/// Linear's codes for changes of relations (`linear/api.md` §6, "History"), each with the list that the change belongs
/// to and with the kind of the relation.
const RELATION_CODES: [(&str, &str, &str); 11] = [
    ("ax", "added", "blocks"),
    ("ab", "added", "blocked_by"),
    ("ar", "added", "related"),
    ("ad", "added", "duplicate"),
    ("as", "added", "similar"),
    ("rx", "removed", "blocks"),
    ("rb", "removed", "blocked_by"),
    ("rr", "removed", "related"),
    ("rd", "removed", "duplicate"),
    ("rs", "removed", "similar"),
    ("br", "resolved", "blocked_by"),
];

/// Returns the relations that were added, were removed, or no longer block since the other issue was closed. A change
/// with a code that is not known is among the last ones, with its code.
fn relation_lists(entry: &HistoryEntry) -> Vec<(&'static str, Vec<String>)> {
    let changes: Vec<&RelationChange> = entry.relation_changes.iter().flatten().collect();
    let meaning = |code: &str| {
        let known = RELATION_CODES.iter().find(|(known, ..)| *known == code);
        known.map(|(_, list, kind)| (*list, *kind))
    };
    ["added", "removed", "resolved", "changed"]
        .map(|list| {
            let of_list = changes.iter().filter_map(|change| {
                let (key, kind) = meaning(&change.kind).unwrap_or(("changed", &change.kind));
                (key == list).then(|| format!("{kind} {}", change.identifier))
            });
            (list, of_list.collect())
        })
        .into()
}

/// Returns the view of a change.
fn change_view(change: &Change<'_>, level: Detail) -> View {
    let entry = change.entry;
    let list = |key: &str| {
        let list = change.lists.iter().find(|(name, _)| *name == key);
        list.map(|(_, names)| json!(names))
    };
    View::new(level)
        .brief("field", change.field)
        .brief("from", change.from.clone())
        .brief("to", change.to.clone())
        .brief("added", list("added"))
        .brief("removed", list("removed"))
        .brief("resolved", list("resolved"))
        .brief("changed", list("changed"))
        .brief("actor", json!({ "name": actor(change) }))
        .brief("at", moment(&entry.created_at, level))
        .full("fromValue", change.from.clone())
        .full("toValue", change.to.clone())
        .full("createdAt", moment(&entry.created_at, level))
}

/// Returns the name of who made a change.
fn actor(change: &Change<'_>) -> String {
    let entry = change.entry;
    let bot = entry.bot_actor.as_ref().and_then(|bot| bot.name.as_deref());
    let named = entry.actor.as_ref().map(|user| &*user.name).or(bot);
    let editors = entry.description_updated_by.iter().flatten();
    let editors: Vec<&str> = editors.map(|user| &*user.name).collect();
    match named {
        Some(name) => name.to_owned(),
        // Linear joins the changes that several people make to a description.
        None if change.field == "description" && !editors.is_empty() => editors.join(", "),
        None => NO_ACTOR.to_owned(),
    }
}

/// Returns the comments as `list_comments` shows them, oldest first. Warns where there are more.
fn show_comments(cx: &Context<'_>, mut comments: Connection<Comment>) -> Value {
    if comments.page_info.has_next_page {
        cx.warn("comments: only the newest 50 are shown; call list_comments for all");
    }
    let mut cursors = comments.cursors();
    cursors.reverse();
    comment::sort(&mut comments.nodes);
    cx.note(|report| {
        report.outline.put(List {
            key: "comments",
            cursors,
            goes_on_before: true,
            onward: Onward::Operation("list_comments"),
            groups: None,
        });
    });
    let level = cx.common.detail.unwrap_or(Detail::Standard);
    let rows = comments.nodes.iter_mut().map(|comment| {
        if let Some(max_chars) = cx.common.max_description_chars {
            comment.body = cut(std::mem::take(&mut comment.body), max_chars);
        }
        comment::view(comment, level).into_value()
    });
    rows.collect()
}

/// The time that an issue spent in one state, in one or more stays.
struct TimeInState<'s> {
    id: &'s str,
    name: &'s str,
    /// When the issue first entered the state.
    since: &'s str,
    /// When the issue last left the state; `None` while the issue is in it.
    until: Option<&'s str>,
    stays: usize,
    /// The time of all stays; `None` where a timestamp cannot be read.
    ms: Option<i64>,
}

/// Returns the time that the issue spent in each state so far, by the time at which it first entered the state. Returns
/// `None`, with a warning, where Linear did not return all stays: their sum would be too short.
fn time_in_state(cx: &Context<'_>, page: Connection<StateSpan>) -> Option<Value> {
    if page.page_info.has_next_page {
        cx.warn(format!(
            "time_in_state: left out; the issue changed its state more often than the {STATES} times that are read"
        ));
        return None;
    }
    let mut spans = page.nodes;
    if spans.is_empty() {
        cx.warn("time_in_state: left out; Linear has no states of this issue");
        return None;
    }
    spans.sort_by(|one, other| one.started_at.cmp(&other.started_at));
    let now = cx.session.clock.now_ms();
    let mut states: Vec<TimeInState<'_>> = Vec::new();
    for span in &spans {
        let end = match &span.ended_at {
            Some(end) => moment_ms(end),
            None => Some(now),
        };
        let start = moment_ms(&span.started_at);
        let ms = end.zip(start).map(|(end, start)| (end - start).max(0));
        match states.iter_mut().find(|state| state.id == span.state_id) {
            Some(state) => {
                state.until = span.ended_at.as_deref();
                state.stays += 1;
                state.ms = state.ms.zip(ms).map(|(sum, ms)| sum + ms);
            }
            None => states.push(TimeInState {
                id: &span.state_id,
                name: span
                    .state
                    .as_ref()
                    .map_or(&*span.state_id, |state| &*state.name),
                since: &span.started_at,
                until: span.ended_at.as_deref(),
                stays: 1,
                ms,
            }),
        }
    }
    let level = Detail::Standard;
    let rows = states.iter().map(|state| {
        View::new(level)
            .brief("state", state.name)
            .brief("duration", state.ms.map(iso_duration))
            .brief("since", moment(state.since, level))
            .brief("until", view::moment_if(state.until, level))
            .brief("times", (state.stays > 1).then_some(state.stays))
            .into_value()
    });
    Some(rows.collect())
}

/// Returns a timestamp in milliseconds since the epoch; `None` for a text that is not a timestamp.
fn moment_ms(timestamp: &str) -> Option<i64> {
    let moment = timestamp.parse::<Timestamp>().ok()?;
    Some(moment.as_millisecond())
}

/// Returns a duration in ISO 8601, in days, hours, minutes and whole seconds, such as `P2DT3H` or `PT0S`.
fn iso_duration(ms: i64) -> String {
    let seconds = ms / 1000;
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    let (minutes, rest) = (seconds / 60 % 60, seconds % 60);
    let part = |number: i64, unit: char| match number {
        0 => String::new(),
        number => format!("{number}{unit}"),
    };
    let date = part(days, 'D');
    let time = [part(hours, 'H'), part(minutes, 'M'), part(rest, 'S')].concat();
    match (date.is_empty(), time.is_empty()) {
        (true, true) => "PT0S".to_owned(),
        (false, true) => format!("P{date}"),
        (_, false) => format!("P{date}T{time}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(fields: Value) -> HistoryEntry {
        serde_json::from_value(fields).unwrap()
    }

    fn fields(entry: &HistoryEntry) -> Vec<Value> {
        let changes = changes_of(entry, "2025-01-06T10:00:00.000Z");
        let view = |change| change_view(change, Detail::Standard).into_value();
        changes.iter().map(view).collect()
    }

    #[test]
    fn durations_are_written_in_iso_8601() {
        let second = 1000;
        let hour = 3600 * second;
        for (ms, expected) in [
            (0, "PT0S"),
            (999, "PT0S"),
            (59 * second + 999, "PT59S"),
            (hour, "PT1H"),
            (24 * hour, "P1D"),
            (49 * hour + 61 * second, "P2DT1H1M1S"),
            (400 * 24 * hour, "P400D"),
        ] {
            assert_eq!(iso_duration(ms), expected, "{ms}");
        }
    }

    #[test]
    fn an_entry_is_a_row_for_each_field() {
        let entry = entry(json!({
            "createdAt": "2025-01-08T10:00:00.000Z", "actor": {"name": "Ann"},
            "fromState": {"name": "Todo"}, "toState": {"name": "Done"},
            "fromPriority": 0, "toPriority": 2, "toEstimate": 2.5, "fromCycle": {"number": 3, "name": null},
            "toCycle": {"number": 4, "name": "Polish"}, "toParent": {"identifier": "ENG-1"}, "archived": false,
        }));
        let rows = fields(&entry);
        let expected = [
            json!({"field": "state", "from": "Todo", "to": "Done"}),
            json!({"field": "priority", "from": "none", "to": "high"}),
            json!({"field": "estimate", "to": 2.5}),
            json!({"field": "cycle", "from": 3, "to": "Polish"}),
            json!({"field": "parent", "to": "ENG-1"}),
            json!({"field": "archived", "to": false}),
        ];
        assert_eq!(rows.len(), expected.len(), "{rows:?}");
        for (mut expected, row) in expected.into_iter().zip(rows) {
            expected["actor"] = json!({"name": "Ann"});
            expected["at"] = json!("2025-01-08T10:00:00Z");
            assert_eq!(row, expected);
        }
    }

    #[test]
    fn relations_are_told_in_words_and_unknown_codes_as_they_are() {
        let entry = entry(
            json!({ "createdAt": "2025-01-08T10:00:00.000Z", "relationChanges": [
            {"identifier": "ENG-1", "type": "ab"}, {"identifier": "ENG-2", "type": "rx"},
            {"identifier": "ENG-3", "type": "br"}, {"identifier": "ENG-4", "type": "zz"},
        ] }),
        );
        let rows = fields(&entry);
        assert_eq!(
            rows[0],
            json!({
                "field": "relations", "added": ["blocked_by ENG-1"], "removed": ["blocks ENG-2"],
                "resolved": ["blocked_by ENG-3"], "changed": ["zz ENG-4"],
                "actor": {"name": "automation"}, "at": "2025-01-08T10:00:00Z",
            })
        );
    }

    #[test]
    fn the_actor_is_a_user_or_a_bot_or_who_edited_the_description() {
        for (more, expected) in [
            (
                json!({"actor": {"name": "Ann"}, "botActor": {"name": "GitHub"}}),
                "Ann",
            ),
            (json!({"botActor": {"name": "GitHub"}}), "GitHub"),
            (json!({"botActor": {"name": null}}), "automation"),
            (
                json!({"descriptionUpdatedBy": [{"name": "Ann"}, {"name": "Bob"}]}),
                "Ann, Bob",
            ),
            (json!({"descriptionUpdatedBy": []}), "automation"),
        ] {
            let mut entry_fields =
                json!({"createdAt": "2025-01-08T10:00:00Z", "updatedDescription": true});
            let more = more.as_object().unwrap().clone();
            entry_fields.as_object_mut().unwrap().extend(more);
            let rows = fields(&entry(entry_fields));
            assert_eq!(rows[0]["actor"]["name"], expected);
        }
    }

    #[test]
    fn an_entry_without_a_known_field_is_the_creation_or_something_else() {
        for (at, expected) in [
            ("2025-01-06T10:00:00.100Z", "created"),
            ("2025-01-06T10:02:59.000Z", "created"),
            ("2025-01-06T10:03:00.000Z", "other"),
            ("not a time", "other"),
        ] {
            let entry = entry(json!({ "createdAt": at }));
            assert_eq!(fields(&entry)[0]["field"], expected, "{at}");
        }
    }
}

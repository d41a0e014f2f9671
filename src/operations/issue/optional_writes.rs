//! The writes that go with the creation or the update of an issue, and without which the issue stands: users who are added
//! to or removed from its subscribers, the snooze of a new issue, and a reminder. One that fails is a warning.

use serde_json::Value;

use super::why_not_done;
use crate::error::Code;
use crate::linear::client::{Expected, Lookup};
use crate::linear::compose::Part;
use crate::linear::documents::{
    IssueGet, IssueReminder, IssueSubscribe, IssueSubscribers, IssueUnsubscribe, IssueUpdate,
    issue_reminder, issue_subscribe, issue_unsubscribe, issue_update,
};
use crate::linear::failure::Failure;
use crate::linear::model::Named;
use crate::linear::scalars::IssueUpdateInput;
use crate::operations::write::WriteSet;
use crate::patch::Patch;
use crate::session::Context;

/// What an optional write does to the issue.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum OptionalChange {
    /// The user becomes a subscriber.
    Subscribe(Named),
    /// The user is no longer a subscriber.
    Unsubscribe(Named),
    /// The issue is snoozed until this moment.
    Snooze(String),
    /// The owner of the key is reminded of the issue at this moment. Linear tells nobody of the reminder, so it can be
    /// neither read back nor compared.
    Remind(String),
}

impl OptionalChange {
    /// Adds the write for the issue with the UUID `id`. `issue` is the index of the write that creates or changes the
    /// issue. Returns the index of the new write.
    fn add_to(&self, writes: &mut WriteSet, id: &str, issue: Option<usize>) -> usize {
        let id = id.to_owned();
        match self {
            Self::Subscribe(user) => {
                let lookup = Lookup::created(&user.id, subscribers(&id));
                let lookup = lookup.finding(with_subscriber(&user.id));
                let user_id = user.id.clone();
                let variables = issue_subscribe::Variables { id, user_id };
                let mutation = Part::of::<IssueSubscribe>(variables);
                writes.change_of::<IssueSubscribe>(issue, mutation, Some(lookup))
            }
            Self::Unsubscribe(user) => {
                let lookup = Lookup::removed(subscribers(&id));
                let lookup = lookup.finding(with_subscriber(&user.id));
                let user_id = user.id.clone();
                let variables = issue_unsubscribe::Variables { id, user_id };
                let mutation = Part::of::<IssueUnsubscribe>(variables);
                writes.change_of::<IssueUnsubscribe>(issue, mutation, Some(lookup))
            }
            Self::Snooze(until) => {
                let input = IssueUpdateInput {
                    snoozed_until_at: Patch::Set(until.clone()),
                    ..IssueUpdateInput::default()
                };
                let lookup = Lookup::changed(IssueGet::alone(&id), Expected::Input);
                let mutation = Part::of::<IssueUpdate>(issue_update::Variables { id, input });
                writes.change_of::<IssueUpdate>(issue, mutation, Some(lookup))
            }
            Self::Remind(at) => {
                let reminder_at = at.clone();
                let variables = issue_reminder::Variables { id, reminder_at };
                let mutation = Part::of::<IssueReminder>(variables);
                writes.change_of::<IssueReminder>(issue, mutation, None)
            }
        }
    }

    /// Returns the step of an operation that made the change.
    fn step(&self) -> String {
        match self {
            Self::Subscribe(user) => format!("subscribe: {}", user.name),
            Self::Unsubscribe(user) => format!("unsubscribe: {}", user.name),
            Self::Snooze(until) => format!("snooze: until {until}"),
            Self::Remind(at) => format!("remind: at {at}"),
        }
    }

    /// Returns the words for a warning about the change: what it is about, what it does to that, and the participle of the
    /// latter.
    fn words(&self) -> (String, &'static str, &'static str) {
        match self {
            Self::Subscribe(user) => (format!("subscriber '{}'", user.name), "add", "added"),
            Self::Unsubscribe(user) => (format!("subscriber '{}'", user.name), "remove", "removed"),
            Self::Snooze(until) => (format!("snooze until '{until}'"), "set", "set"),
            Self::Remind(at) => (format!("reminder at '{at}'"), "set", "set"),
        }
    }
}

/// Returns the query for the subscribers of an issue.
fn subscribers(issue: &str) -> Part {
    Part::of::<IssueSubscribers>(IssueSubscribers::variables(issue))
}

/// Returns the function that takes an issue out of the answer to [`subscribers`], if the user is a subscriber of it.
fn with_subscriber(user: &str) -> impl Fn(&Value) -> Option<Value> + Send + Sync + 'static {
    let user = user.to_owned();
    move |issue| {
        let nodes = issue.get("subscribers")?.get("nodes")?.as_array()?;
        let has_id = |node: &Value| node.get("id").and_then(Value::as_str) == Some(&user);
        nodes.iter().any(has_id).then(|| issue.clone())
    }
}

/// The optional writes of one issue.
#[derive(Debug, Default)]
pub(super) struct OptionalWrites(Vec<OptionalWrite>);

#[derive(Debug)]
struct OptionalWrite {
    change: OptionalChange,
    /// The place of the mutation among the writes.
    place: usize,
    /// The failure with which Linear rejected the write.
    failure: Option<Failure>,
}

impl OptionalWrites {
    /// Adds the changes of the new issue with the UUID `id` to the writes. `creation` is the index of the write that
    /// creates the issue: the changes are not sent where it fails.
    pub(super) fn of_new(
        changes: Vec<OptionalChange>,
        (id, creation): (&str, usize),
        writes: &mut WriteSet,
    ) -> Self {
        let plan = |change: OptionalChange| OptionalWrite {
            place: change.add_to(writes, id, Some(creation)),
            change,
            failure: None,
        };
        Self(changes.into_iter().map(plan).collect())
    }

    /// Adds the changes of the existing issue with the UUID `id` to the writes. `update` is the index of the write that
    /// changes the issue, if there is one: the changes are not sent where it fails.
    pub(super) fn of_existing(
        changes: Vec<OptionalChange>,
        (id, update): (&str, Option<usize>),
        writes: &mut WriteSet,
    ) -> Self {
        let plan = |change: OptionalChange| {
            let place = change.add_to(writes, id, update);
            // The issue exists already, so a rejection cannot mean that Linear does not see the issue yet.
            writes.may_be_refused(place);
            OptionalWrite {
                change,
                place,
                failure: None,
            }
        };
        Self(changes.into_iter().map(plan).collect())
    }

    /// Returns the places of the mutations among the writes.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> {
        self.0.iter().map(|write| write.place)
    }

    /// Notes that Linear rejected the write at `place`. Returns whether it is one of these writes.
    pub(super) fn handle_rejection(&mut self, place: usize, failure: &Failure) -> bool {
        let write = self.0.iter_mut().find(|write| write.place == place);
        let is_own = write.is_some();
        if let Some(write) = write {
            write.failure = Some(failure.clone());
        }
        is_own
    }

    /// Returns the changes that were made, and warns of each that was not. `last_failure` is the failure after which no
    /// more writes were sent.
    pub(super) fn report(
        &self,
        cx: &Context<'_>,
        writes: &WriteSet,
        last_failure: Option<&Failure>,
    ) -> Vec<OptionalChange> {
        let mut made = Vec::new();
        for write in &self.0 {
            let is_done = writes.is_done(write.place);
            cx.part(is_done);
            if is_done {
                cx.step(write.change.step());
                made.push(write.change.clone());
                continue;
            }
            let failure = write.failure.as_ref().or(last_failure);
            let (subject, verb, participle) = write.change.words();
            let words = (Code::IssueUpdateFailed, verb, participle);
            let reason = why_not_done(writes, write.place, failure, words);
            let reason = reason.unwrap_or_else(|| format!("not {participle}"));
            cx.warn(format!("{subject} {reason}"));
        }
        made
    }
}

//! `update_issue`: one request that reads the issue and looks up the names that the session does not know yet, then the
//! missing labels, the update, its links and its relations in one request. The response lists the changes, which are
//! found by comparing the issue before and after the update.
//!
//! With `changes: false`, the update is sent without reading the issue, unless something else requires the read.

pub mod description;
pub mod shortcuts;
mod writes;

use std::sync::{Arc, Mutex};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use self::writes::IssueUpdate;
use super::create::{milestone_without_project, parent_not_found};
use super::labels::{LabelChange, read_all_labels};
use super::links::LinkWrites;
use super::optional_writes::OptionalChange;
use super::order::Order;
use super::relations::{self, GivenRelations, RelationChange};
use super::subscribers::{self, SubscriberChange};
use super::verify::{self, ExpectedNames, FreshLookup, ResolvedName, ResolvedNames};
use super::{check_estimate, full_name, snooze, warn_of_trash};
use crate::error::{Code, Error};
use crate::linear::client::RetryPolicy;
use crate::linear::documents::{
    IssueDescribe, IssueGet, IssueRelations, IssueSubscribers, issue_relations,
};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::model::{Attachment, Issue, Label, Named, Person, Related, Team};
use crate::linear::scalars::IssueUpdateInput;
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::reads::{ReadError, ReadRequest, look_up_with};
use crate::operations::text_update::TextUpdate;
use crate::operations::text_write::Subject;
use crate::operations::write::{self, Written};
use crate::operations::{changes, label, view};
use crate::params::{
    CycleRef, Day, Detail, Estimate, Fingerprint, Flag, FutureMoment, Identifier, Identifiers,
    LabelNames, LabelSpecs, Links, Markdown, Patch, Priority, Ref, Refs, SeenTimestamp, SortOrder,
    TextEdits, Title,
};
use crate::resolve::issue::IssueRef;
use crate::resolve::label::all as all_labels;
use crate::resolve::{LookupRequest, Method, Resolved, Trust, lookup, lookup_only, project};
use crate::session::Context;

/// The `update_issue` operation.
#[derive(Debug)]
pub struct UpdateIssue;

/// Change an issue; only what is given changes, `null` clears.
///
/// The answer's `changes` tells old and new. With `if_unchanged_since`, an issue of which anything was changed after that
/// time is left as it is, and the error is EDIT_CONFLICT: Linear tells no time for the description alone. A time without
/// a fraction, as answers tell it, means any moment of its second. Where somebody else writes the description between the
/// look and the write, theirs is in the error's `overwritten`.
///
/// `patch` edits the description where it stands: the edits are made in order, all or none, on the text as it is now,
/// and once more where somebody else writes it meanwhile. A new `description` that unticks an item or drops a heading
/// is set with a warning that names them.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Issue identifier, id or URL.
    issue_id: Identifier,
    /// Title.
    #[schemars(extend("null" = "refused"))]
    title: Option<Title>,
    /// Markdown; replaces the whole description.
    #[serde(default)]
    description: Patch<Markdown>,
    patch: Option<TextEdits>,
    /// State name, type, alias or id.
    #[schemars(extend("null" = "refused"))]
    state: Option<Ref>,
    /// Replaces all labels; missing ones are created.
    #[serde(default)]
    labels: Patch<LabelSpecs>,
    /// Labels to add.
    add_labels: Option<LabelSpecs>,
    /// Labels to take off.
    remove_labels: Option<LabelNames>,
    /// User name, e-mail, id or `me`.
    #[serde(default)]
    assignee: Patch<Ref>,
    /// App user (an agent) to delegate the issue to, by name or id.
    #[serde(default)]
    #[schemars(extend("unlisted" = true))]
    delegate: Patch<Ref>,
    /// Replaces all users who are told of changes: names, e-mails, ids or `me`.
    #[serde(default)]
    #[schemars(extend("unlisted" = true))]
    subscribers: Patch<Refs>,
    /// Subscribers to add.
    #[schemars(extend("unlisted" = true))]
    add_subscribers: Option<Refs>,
    /// Subscribers to remove.
    #[schemars(extend("unlisted" = true))]
    remove_subscribers: Option<Refs>,
    /// Snooze the issue until a date (in UTC), a timestamp with offset, or a duration from now such as `P7D`; `null`
    /// wakes it.
    #[serde(default)]
    #[schemars(extend("unlisted" = true))]
    snooze_until: Patch<FutureMoment>,
    /// Remind the owner of the key at a date (in UTC), a timestamp with offset, or a duration from now such as `PT4H`.
    /// A reminder can be neither cleared nor read back.
    #[serde(default)]
    #[schemars(extend("unlisted" = true))]
    reminder_at: Patch<FutureMoment>,
    /// Team to move it to, by name, key or id.
    #[schemars(extend("null" = "refused"))]
    team: Option<Ref>,
    /// Project name, slug, id or URL.
    #[serde(default)]
    project: Patch<Ref>,
    /// Milestone of the project, by name or id.
    #[serde(default)]
    milestone: Patch<Ref>,
    /// Cycle number, name, `current` or `next`.
    #[serde(default)]
    cycle: Patch<CycleRef>,
    /// Identifier, id or URL of the parent issue.
    #[serde(default)]
    parent_id: Patch<Identifier>,
    /// 0-4 or none, urgent, high, medium, low.
    #[serde(default)]
    priority: Patch<Priority>,
    /// Points on the team's scale.
    #[serde(default)]
    estimate: Patch<Estimate>,
    /// YYYY-MM-DD.
    #[serde(default)]
    due_date: Patch<Day>,
    /// Links to attach: `url` and `title`, or a URL alone.
    links: Option<Links>,
    /// Issues that this one blocks. Two issues have one relation: another kind takes the place of the one there is. A relation
    /// that fails is a warning.
    #[schemars(extend("unlisted" = true))]
    blocks: Option<Identifiers>,
    /// Issues that block this one.
    #[schemars(extend("unlisted" = true))]
    blocked_by: Option<Identifiers>,
    /// Issues that this one is related to.
    #[schemars(extend("unlisted" = true))]
    related_to: Option<Identifiers>,
    /// Issue that this one is a duplicate of; Linear moves this one to its team's Duplicate state.
    #[serde(default)]
    #[schemars(extend("unlisted" = true))]
    duplicate_of: Patch<Identifier>,
    /// Issues that this one does not block any more. A relation that is not there is a warning.
    #[schemars(extend("unlisted" = true))]
    remove_blocks: Option<Identifiers>,
    /// Issues that do not block this one any more.
    #[schemars(extend("unlisted" = true))]
    remove_blocked_by: Option<Identifiers>,
    /// Issues that this one is not related to any more.
    #[schemars(extend("unlisted" = true))]
    remove_related_to: Option<Identifiers>,
    /// Issue that this one is no duplicate of; the state stays.
    #[schemars(extend("unlisted" = true))]
    remove_duplicate_of: Option<Identifier>,
    /// Place in the manual order: top, bottom, before or after an issue (`before: ENG-1`), or Linear's number.
    #[schemars(extend("unlisted" = true, "null" = "refused"))]
    sort_order: Option<SortOrder>,
    /// false: no `changes`, one request less.
    changes: Option<Flag>,
    /// `updated_at` as read; refused if the issue changed since.
    #[schemars(extend("unlisted" = true))]
    if_unchanged_since: Option<SeenTimestamp>,
    /// `text_sha256` as read; refused if the description changed since.
    #[schemars(extend("unlisted" = true))]
    expected_sha256: Option<Fingerprint>,
    /// true: refuse a `description` that unticks items or drops headings.
    #[schemars(extend("unlisted" = true))]
    protect: Option<Flag>,
}

/// The parameters that set no field of the issue.
const SET_NO_FIELD: &[&str] = &[
    "issue_id",
    "changes",
    "if_unchanged_since",
    "expected_sha256",
    "protect",
];

impl Operation for UpdateIssue {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "update_issue",
        title: "Update issue",
        effect: Effect::Change,
        subject: Some("issue_id"),
        aliases: &["edit_issue"],
        shared: &[
            CommonParam::Detail,
            CommonParam::Fields,
            CommonParam::RefreshCache,
        ],
        touches: Touches::FieldsGiven {
            except: SET_NO_FIELD,
        },
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        params.check()?;
        let reference = IssueRef::parse("issue_id", params.issue_id.as_str())?;
        let parent = match &params.parent_id {
            Patch::Set(parent) => Patch::Set(IssueRef::parse("parent_id", parent.as_str())?),
            Patch::Clear => Patch::Clear,
            Patch::Absent => Patch::Absent,
        };
        let mut relations = params.relations(&reference)?;
        let order = Order::parse(params.sort_order.as_ref(), Some(&reference))?;
        // The lock comes before the read, because the write is computed from what the read returns.
        let text_update = params.text_update();
        let sets_description = !text_update.is_empty();
        let (_issue_lock, _edit_lock);
        if sets_description && reference.team_key().is_some() {
            _edit_lock = cx.turn_to_edit(&reference.id()).await?;
        } else {
            _issue_lock = cx.lock_issue(&reference.id()).await?;
        }
        if let Some(team) = params.team_without_read(&reference) {
            let written = update_without_read(cx, &params, &reference, team).await?;
            let Written::Entity(after) = written else {
                let name = reference.id();
                let suggestion = format!("call get_issue {name}");
                return Ok(write::unread(cx, &[("issue_id", &name)], &suggestion));
            };
            cx.step(format!("update_issue: {}", after.identifier));
            return Ok(data(cx, &after));
        }
        let reminder = params.reminder(cx)?;
        let (mut before, resolved, team, surroundings) = params
            .read(
                cx,
                &reference,
                parent.value(),
                (&mut relations, order.as_ref()),
            )
            .await?;
        let subject = subject(&before);
        let stored = writes::description(&before);
        let mut new_text = text_update.resolve(cx, &subject, &stored)?;
        let _edit_lock_by_identifier;
        if sets_description && reference.team_key().is_none() {
            // The request names the issue by its UUID, but other requests may lock the issue by its identifier, so this
            // lock is necessary, too.
            _edit_lock_by_identifier = cx.turn_to_edit(&before.identifier).await?;
        }
        let changes_labels = params.label_change().is_any();
        if changes_labels {
            read_all_labels(cx, &mut before).await?;
        }
        warn_of_trash(cx, &before.identifier, before.trashed);
        let mut input = params.resolve(cx, Some(&before), &resolved, team.as_deref())?;
        input.description = new_text.text.clone();
        input.parent_id = parent.clone().map(|parent| parent.id());
        input.sort_order = Patch::from(surroundings.sort_order);
        let (team_labels, _label_locks) = params.lock_labels(cx, &resolved, team.as_ref()).await?;
        let resolved_names = params.resolved_names(&input);
        let new_subscribers = input.subscriber_ids.clone();
        let mut optional_changes =
            (params.subscriber_change()).optional_changes(cx, &resolved, &before)?;
        optional_changes.extend(reminder);
        let mut update = IssueUpdate::plan(
            cx,
            (&before.id, &before.identifier),
            Some(&before),
            params.label_change(),
            (team.as_ref(), &team_labels),
            (input, text_update.probes() && !new_text.text.is_absent()),
            optional_changes,
        )?;
        params
            .check_removed_labels(cx, &before, &resolved, team.as_deref())
            .await?;
        let links = params.links.iter().flat_map(|links| links.iter());
        let links = links.zip(surroundings.attached).collect();
        update.attach_links(cx, links);
        if let Some(related) = &surroundings.related {
            update.change_relations(cx, related, &relations);
        }
        let unread = || {
            let ids = [
                ("id", before.id.as_str()),
                ("identifier", &before.identifier),
            ];
            let suggestion = format!("call get_issue {}", before.identifier);
            Ok(write::unread(cx, &ids, &suggestion))
        };
        let mut after = match update.send(cx).await? {
            Some(Written::Entity(after)) => after,
            Some(Written::Unread) => return unread(),
            None => before.clone(),
        };
        let kept = text_update
            .finish::<IssueDescribe>(
                cx,
                &subject,
                (
                    stored,
                    update.replaced_description(),
                    writes::description(&after),
                ),
                &mut new_text,
            )
            .await?;
        (after.description, after.updated_at) = (kept.text.clone(), kept.updated_at.clone());
        let expected_names =
            ExpectedNames::new(&resolved, &resolved_names, update.label_outcomes());
        // If the update replaces all labels, a label does not stay merely because it was on the issue before.
        let kept_labels = before.labels.nodes.iter().map(|label| label.id.clone());
        let kept_labels: Vec<String> = kept_labels.filter(|_| params.labels.is_absent()).collect();
        let after = verify::verify_names(cx, after, expected_names, &kept_labels, || {
            params.look_up_again(cx, &before, team.as_ref())
        });
        let Written::Entity(after) = after.await else {
            return unread();
        };
        cx.step(format!("update_issue: {}", after.identifier));
        let mut data = data(cx, &after);
        new_text.tell(&mut data, &kept);
        let mut complete = after;
        if changes_labels && read_all_labels(cx, &mut complete).await.is_err() {
            cx.warn("not all labels of the issue could be read, so 'changes' may lack some");
        }
        let mut changed = changed_fields(&before, &complete);
        let order = order.filter(|_| surroundings.sort_order.is_some());
        changed.extend(order.map(|order| format!("sort_order: {order}")));
        changed.extend_from_slice(update.other_changes());
        let new_subscribers = new_subscribers.value().map(Vec::as_slice);
        let made = update.made_changes();
        changed.extend(subscribers::changed(
            &before,
            (new_subscribers, &resolved),
            made,
        ));
        changed.extend(made.iter().filter_map(|change| match change {
            OptionalChange::Remind(at) => Some(format!("reminder_at: set to {at}")),
            _ => None,
        }));
        changes::report(cx, changed, "the issue had these values already");
        Ok(data)
    }
}

/// What a read returns beside the issue that is updated.
#[derive(Debug, Default)]
struct Surroundings {
    /// The issue with its relations, if the update changes relations.
    related: Option<Related>,
    /// For each link to attach, the attachment that the issue has under the same URL.
    attached: Vec<Option<Attachment>>,
    /// The number of the new place in the manual order; `None` if the issue keeps its place.
    sort_order: Option<f64>,
}

/// Returns the description of the issue as messages name it.
fn subject(issue: &Issue) -> Subject {
    Subject {
        id: issue.id.clone(),
        noun: "issue",
        name: issue.identifier.clone(),
        part: "description",
        look: format!("get_issue {}", issue.identifier),
    }
}

/// Returns the issue as the response shows it.
fn data(cx: &Context<'_>, issue: &Issue) -> Value {
    view::entity(
        cx,
        Detail::Standard,
        &["description", "checklist"],
        |level| super::view(issue, level),
    )
}

impl Params {
    /// Checks the parameters as far as possible without a request.
    ///
    /// # Errors
    /// INVALID_PARAM for `labels` beside `add_labels` or `remove_labels`, for the same of subscribers, and for a reminder
    /// that is to be cleared; MISSING_REQUIRED_PARAM if no field is to change.
    fn check(&self) -> Result<(), Error> {
        let replaces_labels = !self.labels.is_absent();
        if replaces_labels && (self.add_labels.is_some() || self.remove_labels.is_some()) {
            let message = "'labels' replaces all labels, so it cannot stand beside 'add_labels' or 'remove_labels'";
            return Err(Error::new(Code::InvalidParam, message)
                .detail("param", "labels")
                .suggest("Use 'add_labels' and 'remove_labels' to keep the other labels"));
        }
        self.subscriber_change().check()?;
        if matches!(self.reminder_at, Patch::Clear) {
            let message = "'reminder_at' cannot be cleared: Linear sets a reminder, and neither shows it nor takes it back";
            return Err(Error::new(Code::InvalidParam, message)
                .detail("param", "reminder_at")
                .suggest(
                    "Leave 'reminder_at' out to keep a reminder as it is, or give a later one",
                ));
        }
        self.text_update().check()?;
        let changes_nothing = self.title.is_none()
            && self.text_update().is_empty()
            && self.state.is_none()
            && self.labels.is_absent()
            && self.add_labels.is_none()
            && self.remove_labels.is_none()
            && self.assignee.is_absent()
            && self.delegate.is_absent()
            && !self.subscriber_change().is_any()
            && self.snooze_until.is_absent()
            && self.reminder_at.is_absent()
            && self.team.is_none()
            && self.project.is_absent()
            && self.milestone.is_absent()
            && self.cycle.is_absent()
            && self.parent_id.is_absent()
            && self.priority.is_absent()
            && self.estimate.is_absent()
            && self.due_date.is_absent()
            && self.sort_order.is_none()
            && !self.has_links()
            && !self.has_relations();
        if changes_nothing {
            let fields = "title, description, patch, state, labels, add_labels, assignee, …";
            return Err(changes::none_given("the issue", fields));
        }
        Ok(())
    }

    /// Whether the parameters have links to attach.
    fn has_links(&self) -> bool {
        self.links.as_ref().is_some_and(|links| !links.is_empty())
    }

    /// Whether the parameters name relations to add or to remove.
    fn has_relations(&self) -> bool {
        let lists = [
            &self.blocks,
            &self.blocked_by,
            &self.related_to,
            &self.remove_blocks,
            &self.remove_blocked_by,
            &self.remove_related_to,
        ];
        lists.into_iter().flatten().any(|list| !list.is_empty())
            || !self.duplicate_of.is_absent()
            || self.remove_duplicate_of.is_some()
    }

    /// Parses the relations of the issue.
    ///
    /// # Errors
    /// As [`RelationChange::parse`].
    fn relations(&self, issue: &IssueRef) -> Result<RelationChange, Error> {
        let added = GivenRelations {
            blocks: self.blocks.as_ref(),
            blocked_by: self.blocked_by.as_ref(),
            related_to: self.related_to.as_ref(),
            duplicate_of: self.duplicate_of.value(),
        };
        let removed = GivenRelations {
            blocks: self.remove_blocks.as_ref(),
            blocked_by: self.remove_blocked_by.as_ref(),
            related_to: self.remove_related_to.as_ref(),
            duplicate_of: self.remove_duplicate_of.as_ref(),
        };
        let clears_duplicate = self.duplicate_of == Patch::Clear;
        RelationChange::parse(Some(issue), added, removed, clears_duplicate)
    }

    /// Returns what the parameters do to the description.
    fn text_update(&self) -> TextUpdate<'_> {
        TextUpdate {
            param: "description",
            whole: &self.description,
            patch: self.patch.as_ref(),
            if_unchanged_since: self.if_unchanged_since,
            expected_sha256: self.expected_sha256.as_ref(),
            protect: self.protect,
        }
    }

    /// Returns the change that the parameters make to the labels.
    fn label_change(&self) -> LabelChange<'_> {
        LabelChange {
            replace: &self.labels,
            add: self.add_labels.as_ref(),
            remove: self.remove_labels.as_ref(),
        }
    }

    /// Returns the change that the parameters make to the subscribers.
    fn subscriber_change(&self) -> SubscriberChange<'_> {
        SubscriberChange {
            replace: &self.subscribers,
            add: self.add_subscribers.as_ref(),
            remove: self.remove_subscribers.as_ref(),
        }
    }

    /// Returns the reminder to set.
    ///
    /// # Errors
    /// INVALID_PARAM for a point in time that does not lie ahead.
    fn reminder(&self, cx: &Context<'_>) -> Result<Option<OptionalChange>, Error> {
        let reminder = self.reminder_at.value();
        let reminder = reminder.map(|at| snooze::ahead(cx, "reminder_at", at));
        Ok(reminder.transpose()?.map(OptionalChange::Remind))
    }

    /// Returns the look-up request for the names in the parameters. `team` is the name of the team in which the other
    /// names are resolved, and `before` the issue before the update, if it has been read.
    fn lookup_request(&self, team: Option<String>, before: Option<&Issue>) -> LookupRequest {
        let text = |name: &Ref| name.as_str().to_owned();
        LookupRequest {
            team: team.filter(|_| self.needs_team(before)),
            states: self.state.iter().map(text).collect(),
            labels: self.label_change().names(before),
            new_labels: true,
            users: {
                let users = self
                    .assignee
                    .value()
                    .into_iter()
                    .chain(self.delegate.value());
                let subscribers = self.subscriber_change().names();
                users.map(text).chain(subscribers).collect()
            },
            project: self.project.value().map(text),
            milestone: self.milestone.value().map(text),
            cycles: self
                .cycle
                .value()
                .map(|cycle| text(cycle))
                .into_iter()
                .collect(),
            trust: Trust::Names,
            ..LookupRequest::default()
        }
    }

    /// Whether the parameters have a name that is resolved within a team.
    fn needs_team(&self, before: Option<&Issue>) -> bool {
        self.team.is_some()
            || self.state.is_some()
            || self.label_change().wanted().is_some()
            || !self.label_change().names(before).is_empty()
            || self.cycle.value().is_some()
            || self.estimate.value().is_some()
    }

    /// Reads the issue and looks the names up. Returns the issue, the resolved names, and the team in which the issue
    /// will be.
    ///
    /// One request does both, because the issue's identifier contains the key of its team. A second request is
    /// necessary if the parameters name the issue by its UUID, if the issue has moved to another team since, or if a
    /// milestone is looked up in the project that the issue is in. A new parent, the issues of the relations and the
    /// neighbours in the manual order are read in the first request, so that a missing issue leaves no new label behind.
    ///
    /// # Errors
    /// ISSUE_NOT_FOUND for the issue, its new parent, or another issue that the parameters name; TEAM_NOT_FOUND; the
    /// error of [`RelationChange::identify`] or of [`Order::resolve`]; else the [`Failure`] of the request.
    async fn read(
        &self,
        cx: &Context<'_>,
        reference: &IssueRef,
        parent: Option<&IssueRef>,
        (relations, order): (&mut RelationChange, Option<&Order>),
    ) -> Result<(Issue, Resolved, Option<Arc<Team>>, Surroundings), Error> {
        let team_name = self.team.as_ref().map(|team| team.as_str().to_owned());
        let guess = team_name
            .clone()
            .or(reference.team_key().map(str::to_owned));
        let lookup_request = match guess {
            Some(_) => self.lookup_request(guess, None),
            None => LookupRequest::default(),
        };
        let id = reference.id();
        let links = self.links.as_deref().unwrap_or_default();
        let build = |request: &mut ReadRequest, resolved: Option<&Resolved>| {
            let slot = request.require_issue(reference, reference.not_found());
            if let Some(parent) = parent {
                request.require_issue(parent, parent_not_found(parent));
            }
            let reads_subscribers = self.subscriber_change().is_any();
            let subscribers = reads_subscribers.then(|| {
                let variables = IssueSubscribers::variables(&id);
                request.require::<IssueSubscribers>(variables, reference.not_found())
            });
            let relation_slots = (!relations.is_empty()).then(|| {
                let variables = issue_relations::Variables { id: id.clone() };
                let related = request.require::<IssueRelations>(variables, reference.not_found());
                (related, relations.ask(request))
            });
            let link_slots = LinkWrites::ask(cx, &id, links, request);
            let new_team = resolved.zip(team_name.as_deref());
            let new_team = new_team.and_then(|(resolved, name)| resolved.team(name).ok());
            let own_key = reference.team_key().filter(|_| team_name.is_none());
            let team = match new_team {
                Some(team) => Some(Filter::eq("id", team.item.id.as_str())),
                None => own_key.map(|key| Filter::eq("key", key)),
            };
            let order_slots = order.map(|order| order.ask(request, team));
            (slot, subscribers, relation_slots, link_slots, order_slots)
        };
        let (mut resolved, slots, mut responses) = look_up_with(cx, &lookup_request, build)
            .await
            .map_err(ReadError::into_error)?;
        let (slot, subscribers, relation_slots, link_slots, order_slots) = slots;
        let mut before = responses.get(slot)?.issue;
        if let Some(subscribers) = subscribers {
            before.subscribers = Some(responses.get(subscribers)?.issue.subscribers);
        }
        let mut surroundings = Surroundings::default();
        if let Some((related, heads)) = relation_slots {
            relations.identify(Some(&before.id), heads, &mut responses)?;
            surroundings.related = Some(responses.get(related)?.issue);
        }
        for slot in link_slots {
            let attachments = responses.get(slot)?.issue.attachments.nodes;
            surroundings.attached.push(attachments.into_iter().next());
        }
        if let Some((order, slots)) = order.zip(order_slots) {
            surroundings.sort_order = order
                .resolve(cx, slots, &mut responses, Some(&before.id))
                .await?;
        }
        let guessed_right =
            team_name.is_some() || reference.team_key() == Some(before.team.key.as_str());
        let by_uuid = reference.team_key().is_none();
        let in_old_project = self.milestone.value().is_some() && self.project.is_absent();
        if (self.needs_team(Some(&before)) && !guessed_right) || in_old_project || by_uuid {
            let team = team_name.clone().unwrap_or_else(|| before.team.id.clone());
            let mut lookup_request = self.lookup_request(Some(team), Some(&before));
            if in_old_project {
                lookup_request.project = before.project.as_ref().map(|project| project.id.clone());
            }
            (resolved, _) = lookup(cx, &lookup_request, |_, _| Vec::new())
                .await
                .map_err(Failure::into_read_error)?;
        }
        let team = match team_name {
            Some(name) => Some(resolved.team(&name)?.item),
            None => resolved.team_by_id(&before.team.id),
        };
        if team.is_none() && self.needs_team(Some(&before)) {
            // Without this error, the names that need the team would be ignored in silence.
            resolved.team(&before.team.name)?;
        }
        Ok((before, resolved, team, surroundings))
    }

    /// Returns the update with the ids of all names except those of the labels and the parent. `before` is the issue
    /// before the update, if it has been read.
    ///
    /// # Errors
    /// The not-found code of a name that matches nothing, AMBIGUOUS_IDENTIFIER for a name that matches several
    /// entities, MISSING_REQUIRED_PARAM for a milestone without a project, or the error for a project that does not
    /// belong to the team.
    fn resolve(
        &self,
        cx: &Context<'_>,
        before: Option<&Issue>,
        resolved: &Resolved,
        team: Option<&Team>,
    ) -> Result<IssueUpdateInput, Error> {
        let team_id = team.map(|team| team.id.as_str());
        let team_id = team_id.or(before.map(|before| before.team.id.as_str()));
        let old_project = before.and_then(|before| before.project.as_ref());
        let mut input = IssueUpdateInput {
            title: Patch::from(self.title.as_ref().map(|title| title.as_str().to_owned())),
            description: self.description.clone().map(Markdown::into_string),
            priority: Priority::patched(self.priority),
            due_date: self.due_date.map(|day| day.to_string()),
            estimate: self.estimate.map(|Estimate(points)| points),
            sort_order: match self.sort_order {
                Some(SortOrder::Number(number)) => Patch::Set(number),
                _ => Patch::Absent,
            },
            assignee_id: self.assignee.try_map(|assignee| {
                let user = resolved.user(assignee.as_str())?.item;
                cx.resolved("user", &user.name, resolved.users.cached);
                Ok(user.id.clone())
            })?,
            delegate_id: self.delegate.try_map(|delegate| {
                let user = resolved.app_user(delegate.as_str())?.item;
                cx.resolved("delegate", &user.name, resolved.users.cached);
                Ok(user.id.clone())
            })?,
            subscriber_ids: match &self.subscribers {
                Patch::Clear => Patch::Set(Vec::new()),
                names => names.try_map(|names| subscribers::ids(cx, resolved, names))?,
            },
            snoozed_until_at: self
                .snooze_until
                .try_map(|until| snooze::ahead(cx, "snooze_until", until))?,
            project_id: self.project.try_map(|project| {
                let project = resolved.project_in(project.as_str(), team_id)?.item;
                let old_team = before.map(|before| (&before.team.id, &before.team.name));
                let team = team.map(|team| (&team.id, &team.name)).or(old_team);
                if let Some((id, name)) = team {
                    project::check_team(&project, id, name)?;
                }
                cx.resolved("project", &project.name, resolved.projects.cached);
                Ok(project.id.clone())
            })?,
            project_milestone_id: self.milestone.try_map(|milestone| {
                let milestone = milestone.as_str();
                let found = match (&self.project, old_project) {
                    (Patch::Set(project), _) => {
                        let project = resolved.project_in(project.as_str(), team_id)?.item;
                        resolved.milestone(milestone, (&project.id, &project.name))
                    }
                    (Patch::Absent, Some(project)) => {
                        resolved.milestone(milestone, (&project.id, &project.name))
                    }
                    _ => return Err(milestone_without_project()),
                };
                Ok(found?.item.id.clone())
            })?,
            ..IssueUpdateInput::default()
        };
        if self.cycle == Patch::Clear {
            input.cycle_id = Patch::Clear;
        }
        // `needs_team` holds for every name below, so there is a team if there is such a name.
        let Some(team) = team else {
            return Ok(input);
        };
        if self.team.is_some() {
            input.team_id = Patch::Set(team.id.clone());
        }
        if let Some(state) = &self.state {
            let state = resolved.state(state.as_str(), team)?.item;
            if self.duplicate_of.value().is_some() {
                relations::state_of_duplicate(&state.kind)?;
            }
            cx.resolved("state", &state.name, resolved.states.cached);
            input.state_id = Patch::Set(state.id.clone());
        }
        input.cycle_id = self
            .cycle
            .try_map(|cycle| Ok(resolved.cycle(cycle.as_str(), team)?.item.id.clone()))?;
        if let Patch::Set(points) = input.estimate {
            check_estimate(cx, team, points);
        }
        Ok(input)
    }

    /// Returns the names in the parameters with the ids to which they were resolved.
    fn resolved_names(&self, input: &IssueUpdateInput) -> ResolvedNames {
        ResolvedNames {
            team: ResolvedName::new(self.team.as_ref(), &input.team_id),
            state: ResolvedName::new(self.state.as_ref(), &input.state_id),
            assignee: ResolvedName::new(self.assignee.value(), &input.assignee_id),
            delegate: ResolvedName::new(self.delegate.value(), &input.delegate_id),
            project: ResolvedName::new(self.project.value(), &input.project_id),
            milestone: ResolvedName::new(self.milestone.value(), &input.project_milestone_id),
        }
    }

    /// Looks the names in the parameters up without the cache. `team` is the team in which they were resolved before.
    ///
    /// # Errors
    /// As [`Self::read`] and [`Self::resolve`].
    async fn look_up_again(
        &self,
        cx: &Context<'_>,
        before: &Issue,
        team: Option<&Arc<Team>>,
    ) -> Result<FreshLookup, Error> {
        let team_name = self.team.as_ref().map(|team| team.as_str().to_owned());
        let lookup_request = LookupRequest {
            fresh: true,
            ..self.lookup_request(
                team_name.clone().or(team.map(|team| team.id.clone())),
                Some(before),
            )
        };
        let resolved = lookup_only(cx, &lookup_request).await?;
        let team = match (team_name, team) {
            (Some(name), _) => Some(resolved.team(&name)?.item),
            (None, team) => team.cloned(),
        };
        // The names are resolved for the second time here, so the reports of this resolution are dropped.
        let dropped_report = Mutex::default();
        let silent = cx.reporting_to(&dropped_report);
        let input = self.resolve(&silent, Some(before), &resolved, team.as_deref())?;
        Ok(FreshLookup {
            names: self.resolved_names(&input),
            resolved,
            team,
        })
    }

    /// Locks the labels that the update creates, so that no other operation creates them at the same time. Returns the
    /// labels that the team can use, with the locks.
    ///
    /// # Errors
    /// CANCELLED, if the request is cancelled before it has the locks.
    async fn lock_labels(
        &self,
        cx: &Context<'_>,
        resolved: &Resolved,
        team: Option<&Arc<Team>>,
    ) -> Result<(Vec<Arc<Label>>, label::LabelLocks), Error> {
        let Some(team) = team else {
            return Ok(Default::default());
        };
        let mut team_labels = resolved.labels_of(team);
        let locks = match self.label_change().wanted() {
            Some(specs) => label::locks(cx, team, &mut team_labels, specs).await?,
            None => label::LabelLocks::default(),
        };
        Ok((team_labels, locks))
    }

    /// Checks that every label to take off exists. A label that the cache lacks is looked up before it is rejected.
    ///
    /// # Errors
    /// LABEL_NOT_FOUND, INVALID_LABEL_NAME for a group, or the failure of the request.
    async fn check_removed_labels(
        &self,
        cx: &Context<'_>,
        before: &Issue,
        resolved: &Resolved,
        team: Option<&Team>,
    ) -> Result<(), Error> {
        let mut labels = resolved.labels.items.clone();
        let mut unknown = self.label_change().unknown_removed(cx, before, &labels)?;
        if !unknown.is_empty() && resolved.labels.cached {
            let lookup_request = LookupRequest {
                team: team.map(|team| team.id.clone()),
                labels: unknown.clone(),
                fresh: true,
                ..LookupRequest::default()
            };
            labels = lookup_only(cx, &lookup_request).await?.labels.items;
            unknown.retain(|name| all_labels(name, &labels).is_empty());
        }
        match unknown.first() {
            Some(name) => Err(LabelChange::removed_not_found(name, before, &labels, team)),
            None => Ok(()),
        }
    }

    /// Returns the name of the team in which the names are resolved, if the update can be sent without reading the
    /// issue; the team comes from the parameters or from the identifier of the issue.
    ///
    /// The read is necessary for labels to take off, for a new parent, for links and relations, of which some may be there
    /// already, for a place among other issues, for edits and guards of the description, for a milestone in the project
    /// that the issue is already in, and for the mutations of subscribers and reminders, which take no identifier.
    fn team_without_read(&self, reference: &IssueRef) -> Option<String> {
        let is_wanted = self.changes.is_some_and(|Flag(changes)| !changes);
        let needs_read = self.text_update().needs_read()
            || self.remove_labels.is_some()
            || self.parent_id.value().is_some()
            || self.has_links()
            || self.has_relations()
            || !matches!(self.sort_order, None | Some(SortOrder::Number(_)))
            || self.add_subscribers.is_some()
            || self.remove_subscribers.is_some()
            || !self.reminder_at.is_absent()
            || (self.milestone.value().is_some() && self.project.is_absent());
        let team = self.team.as_ref().map(Ref::as_str);
        let team = team.or(reference.team_key());
        team.filter(|_| is_wanted && !needs_read).map(str::to_owned)
    }
}

/// Updates the issue without reading it, which costs one request less and cannot tell the old values. `team` is the
/// name of the issue's team. Returns the issue after the update.
///
/// # Errors
/// The same errors as those of an update that reads the issue. Linear finds the faults that the read would have shown.
async fn update_without_read(
    cx: &Context<'_>,
    params: &Params,
    reference: &IssueRef,
    team: String,
) -> Result<Written<Issue>, Error> {
    let mut lookup_request = params.lookup_request(Some(team.clone()), None);
    if params.project.value().is_some() {
        // The team is needed to check that the project belongs to the team.
        lookup_request.team = Some(team.clone());
    }
    // The issue that Linear returns shows neither the team's scale of estimates nor the subscribers, so it cannot tell
    // whether these are out of date in the cache.
    if params.estimate.value().is_none() && params.subscribers.is_absent() {
        lookup_request.trust = Trust::HeldWithKeys;
    }
    let resolved = lookup_only(cx, &lookup_request).await?;
    let team = match &lookup_request.team {
        Some(_) => {
            let found = resolved.team(&team)?;
            // An identifier contains the whole key of its team, so a partial match is another team.
            if found.method == Method::Partial && params.team.is_none() {
                return Err(reference.not_found());
            }
            Some(found.item)
        }
        None => None,
    };
    let mut input = params.resolve(cx, None, &resolved, team.as_deref())?;
    if params.parent_id == Patch::Clear {
        input.parent_id = Patch::Clear;
    }
    let (team_labels, _label_locks) = params.lock_labels(cx, &resolved, team.as_ref()).await?;
    let id = reference.id();
    let resolved_names = params.resolved_names(&input);
    let mut update = IssueUpdate::plan(
        cx,
        (&id, &id),
        None,
        params.label_change(),
        (team.as_ref(), &team_labels),
        (input, false),
        Vec::new(),
    )?;
    let error = match update.send(cx).await {
        Ok(Some(Written::Entity(after))) => {
            let expected_names =
                ExpectedNames::new(&resolved, &resolved_names, update.label_outcomes());
            warn_of_trash(cx, &after.identifier, after.trashed);
            // The old labels are not known, so a correction takes labels off only if the update replaces all of them.
            let kept_labels = after.labels.nodes.iter().map(|label| label.id.clone());
            let kept_labels: Vec<String> =
                kept_labels.filter(|_| params.labels.is_absent()).collect();
            let before = after.clone();
            let after = verify::verify_names(cx, after, expected_names, &kept_labels, || {
                params.look_up_again(cx, &before, team.as_ref())
            });
            return Ok(after.await);
        }
        Ok(Some(Written::Unread)) => return Ok(Written::Unread),
        Ok(None) => {
            return Err(Error::new(Code::InternalError, "There was nothing to send")
                .suggest("Repeat the request without 'changes: false'"));
        }
        Err(error) => error,
    };
    if !error.code().is_refused_write() {
        return Err(error);
    }
    // The issue is read only now, to find out why Linear rejected the update.
    let query = [IssueGet::alone(&reference.id())];
    let error = match cx.send(&query, RetryPolicy::Idempotent).await {
        Err(failure) if failure.rejects(0) => return Err(reference.not_found()),
        Err(_) => error,
        Ok(mut answers) => match answers.take::<IssueGet>(0) {
            Ok(answer) => update.explain_rejection(error, Some(&answer.issue)),
            Err(_) => error,
        },
    };
    Err(error.suggest("Leave out 'changes: false', in case the issue has moved to another team"))
}

/// Returns one line for each field that differs between the two states of the issue: `state: In Progress → Done`,
/// `labels: +verified -planning`, `description: changed`. The issue after the update comes from Linear's response, so
/// the lines include what Linear changed by itself, such as the state after a move to another team.
fn changed_fields(before: &Issue, after: &Issue) -> Vec<String> {
    let name = |entity: &Option<Named>| entity.as_ref().map(|entity| entity.name.clone());
    let cycle = |issue: &Issue| {
        let cycle = issue.cycle.as_ref();
        cycle.map(|cycle| format!("{}", cycle.number))
    };
    let estimate = |issue: &Issue| issue.estimate.map(|points| format!("{points}"));
    let parent = |issue: &Issue| {
        let parent = issue.parent.as_ref();
        parent.map(|parent| parent.identifier.clone())
    };
    let user = |user: &Option<Person>| user.as_ref().map(|user| user.name.clone());
    let fields = |issue: &Issue| {
        [
            ("identifier", Some(issue.identifier.clone())),
            ("team", Some(issue.team.name.clone())),
            ("title", Some(issue.title.clone())),
            ("state", Some(issue.state.name.clone())),
            ("assignee", user(&issue.assignee)),
            ("delegate", user(&issue.delegate)),
            ("snooze_until", issue.snoozed_until_at.clone()),
            ("project", name(&issue.project)),
            ("milestone", name(&issue.project_milestone)),
            ("cycle", cycle(issue)),
            ("parent", parent(issue)),
            ("priority", Some(issue.priority_label.clone())),
            ("estimate", estimate(issue)),
            ("due_date", issue.due_date.clone()),
        ]
    };
    let pairs = fields(before).into_iter().zip(fields(after));
    let mut lines = changes::told(pairs.map(|((field, was), (_, is))| (field, was, is)));
    let signed = |sign: char, issue: &Issue, other: &Issue| -> Vec<String> {
        let other_labels = &other.labels.nodes;
        let labels = issue.labels.nodes.iter();
        labels
            .filter(|label| other_labels.iter().all(|other| other.id != label.id))
            .map(|label| format!("{sign}{}", full_name(label)))
            .collect()
    };
    let mut labels = signed('+', after, before);
    labels.extend(signed('-', before, after));
    if !labels.is_empty() {
        lines.push(format!("labels: {}", labels.join(" ")));
    }
    lines.extend(changes::text(
        "description",
        before.description.as_deref(),
        after.description.as_deref(),
    ));
    lines
}

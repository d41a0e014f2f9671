//! `update_project`: one request that reads the project and looks up all names that the session cache does not have,
//! and one write. The `changes` in the answer are the differences between the project that was read and the project
//! that Linear returns from the write.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{explain_long_description, get, names, view};
use crate::cache::fold;
use crate::error::{Code, Error};
use crate::linear::compose::Part;
use crate::linear::documents::{ProjectUpdate, project_update};
use crate::linear::model::{Named, Project};
use crate::linear::scalars::ProjectUpdateInput;
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::changes::Renamed;
use crate::operations::text_update::{self, TextUpdate};
use crate::operations::text_write::{SetsText as _, Subject};
use crate::operations::view::entity;
use crate::operations::write::Written;
use crate::operations::{changes, write};
use crate::params::{
    Day, Detail, Fingerprint, Flag, LabelNames, Markdown, Patch, Priority, Ref, Refs,
    SeenTimestamp, TextEdits, Title,
};
use crate::resolve::{LookupRequest, Method, Resolved};
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct UpdateProject;

/// Change a project; only what is given changes, `null` clears.
///
/// The answer's `changes` tells old and new.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Project name, slug, id or URL.
    project: Ref,
    /// Team to look in, where several teams' projects share the name.
    team: Option<Ref>,
    /// New name.
    #[schemars(extend("null" = "refused"))]
    name: Option<Title>,
    /// One line, at most 255 characters.
    #[serde(default)]
    description: Patch<Markdown>,
    /// Markdown; replaces the whole content.
    #[serde(default)]
    content: Patch<Markdown>,
    patch: Option<TextEdits>,
    /// Status name or type.
    #[schemars(extend("null" = "refused"))]
    state: Option<Ref>,
    /// User name, e-mail, id or `me`.
    #[serde(default)]
    lead: Patch<Ref>,
    /// Replaces all members.
    #[serde(default)]
    members: Patch<Refs>,
    /// Replaces all teams; one at least.
    #[schemars(extend("null" = "refused"))]
    teams: Option<Refs>,
    /// YYYY-MM-DD.
    #[serde(default)]
    start_date: Patch<Day>,
    /// YYYY-MM-DD.
    #[serde(default)]
    target_date: Patch<Day>,
    /// Replaces all labels; project labels that exist, by name.
    #[serde(default)]
    labels: Patch<LabelNames>,
    /// 0-4 or none, urgent, high, medium, low.
    #[serde(default)]
    priority: Patch<Priority>,
    /// false: no `changes`, one request less.
    changes: Option<Flag>,
    /// `updated_at` as read; refused if the project changed since.
    #[schemars(extend("unlisted" = true))]
    if_unchanged_since: Option<SeenTimestamp>,
    /// `text_sha256` as read; refused if the content changed since.
    #[schemars(extend("unlisted" = true))]
    expected_sha256: Option<Fingerprint>,
    /// true: refuse a `content` that unticks items or drops headings.
    #[schemars(extend("unlisted" = true))]
    protect: Option<Flag>,
}

impl Operation for UpdateProject {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "update_project",
        title: "Update project",
        effect: Effect::Change,
        subject: Some("project"),
        aliases: &["edit_project"],
        shared: &[
            CommonParam::Detail,
            CommonParam::Fields,
            CommonParam::RefreshCache,
        ],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let text_update = params.text_update();
        text_update.check()?;
        if params.is_empty() {
            let fields = "name, description, content, patch, state, lead, …";
            return Err(changes::none_given("the project", fields));
        }
        let lookup_request = params.lookup_request();
        let reports_changes = params.changes.is_none_or(|Flag(changes)| changes);
        let name = params.project.as_str();
        let team = params.team.as_ref().map(Ref::as_str);
        let edits_text = text_update.patch.is_some();
        let _lock = match edits_text {
            true => Some(cx.turn_to_edit(&fold(name)).await?),
            false => None,
        };
        let is_whole = reports_changes || text_update.needs_read();
        let get::Read {
            resolved,
            found,
            team,
            project: before,
        } = get::read(cx, &lookup_request, name, team, is_whole).await?;
        cx.resolved("project", &before.name, resolved.projects.cached);
        let _lock_by_id = match edits_text {
            true => text_update::lock_by_id(cx, &fold(name), &before.id).await?,
            false => None,
        };
        let subject = Subject {
            id: before.id.clone(),
            noun: "project",
            name: before.name.clone(),
            part: "content",
            look: format!("get_project {}", before.slug_id),
        };
        let stored = ProjectUpdate::text(&before);
        let mut new_text = match is_whole {
            true => text_update.resolve(cx, &subject, &stored)?,
            false => text_update.unread(),
        };
        let mut input = params.resolve(cx, &resolved)?;
        input.content = new_text.text.clone();
        let probes = text_update.probes() && !input.content.is_absent();
        let written = if input == ProjectUpdateInput::default() {
            Ok((Written::Entity(Project::clone(&before)), None))
        } else {
            let part = Part::of::<ProjectUpdate>(project_update::Variables {
                id: before.id.clone(),
                input: input.clone(),
            });
            text_update::send::<ProjectUpdate>(cx, &before.id, part, probes).await
        };
        let written = match written {
            Ok((Written::Entity(mut after), replaced)) => {
                let texts = (stored, replaced, ProjectUpdate::text(&after));
                let kept = text_update
                    .finish::<ProjectUpdate>(cx, &subject, texts, &mut new_text)
                    .await?;
                after.content = kept.text;
                names::verify(
                    cx,
                    after,
                    &lookup_request,
                    &resolved,
                    &input,
                    |cx, fresh| params.resolve(cx, fresh),
                )
                .await
            }
            Ok((Written::Unread, _)) => Written::Unread,
            Err(failure) => {
                let error = failure.into_write_error(
                    Code::ProjectUpdateFailed,
                    &format!("update project '{}'", before.name),
                    "Call get_project with refresh_cache: true to see whether it was changed",
                );
                let description = params.description.value().map(Markdown::as_str);
                return Err(explain_long_description(error, description));
            }
        };
        let projects = &cx.session.cache.projects;
        let Written::Entity(after) = written else {
            projects.forget_all();
            let see = format!("call get_project {} with refresh_cache: true", before.id);
            return Ok(write::unread(cx, &[("id", &before.id)], &see));
        };
        let after = Arc::new(after);
        projects.changed(&after);
        cx.step(format!("update_project: {}", after.name));
        if reports_changes {
            let changes = changed_fields(&before, &after, &input);
            changes::report(cx, changes, "the project had these values already");
        } else if input.name.is_absent() && found.method != Method::Id && before.name != after.name
        {
            // The project was not read before the write, so the session cache may have resolved a name that another
            // project has by now.
            let renamed = Renamed::new("project", &before.name, &after.name);
            renamed.warn(cx, ": see whether it is the one that was meant");
        }
        let team_id = team.as_ref().map(|team| team.id.as_str());
        let mut data = entity(cx, Detail::Standard, &["description", "content"], |level| {
            view(&after, team_id, level)
        });
        new_text.tell(&mut data, &ProjectUpdate::text(&after));
        Ok(data)
    }
}

impl Params {
    /// Returns whether no field to change is given.
    fn is_empty(&self) -> bool {
        self.name.is_none()
            && self.description.is_absent()
            && self.text_update().is_empty()
            && self.state.is_none()
            && self.lead.is_absent()
            && self.members.is_absent()
            && self.teams.is_none()
            && self.start_date.is_absent()
            && self.target_date.is_absent()
            && self.labels.is_absent()
            && self.priority.is_absent()
    }

    /// Returns what the parameters do to the content.
    fn text_update(&self) -> TextUpdate<'_> {
        TextUpdate {
            param: "content",
            whole: &self.content,
            patch: self.patch.as_ref(),
            if_unchanged_since: self.if_unchanged_since,
            expected_sha256: self.expected_sha256.as_ref(),
            protect: self.protect,
        }
    }

    /// Returns the request for all names in the parameters.
    fn lookup_request(&self) -> LookupRequest {
        let mut users = names::texts(self.members.value());
        users.extend(self.lead.value().map(|lead| lead.as_str().to_owned()));
        let status = self.state.as_ref();
        let team = self.team.as_ref().map(Ref::as_str);
        LookupRequest {
            teams: names::texts(self.teams.as_ref()),
            users,
            project_statuses: status
                .map(|status| status.as_str().to_owned())
                .into_iter()
                .collect(),
            project_labels: self.labels.value().cloned().unwrap_or_default().into_vec(),
            ..get::lookup_request(self.project.as_str(), team)
        }
    }

    /// Returns the fields to change, with the ids that the names mean.
    ///
    /// # Errors
    /// The error of the first name that cannot be used. Nothing has been written yet.
    fn resolve(&self, cx: &Context<'_>, resolved: &Resolved) -> Result<ProjectUpdateInput, Error> {
        let text = |text: &Patch<Markdown>| text.clone().map(Markdown::into_string);
        let day = |day: Patch<Day>| day.map(|day| day.to_string());
        let status = self.state.as_ref();
        let teams = self.teams.as_ref();
        Ok(ProjectUpdateInput {
            team_ids: teams
                .map(|teams| names::team_ids(cx, resolved, teams))
                .transpose()?
                .into(),
            status_id: status
                .map(|status| names::status_id(cx, resolved, status))
                .transpose()?
                .into(),
            lead_id: self
                .lead
                .try_map(|lead| names::user_id(cx, resolved, "lead", lead.as_str()))?,
            member_ids: cleared_by_empty(
                self.members
                    .try_map(|members| names::member_ids(cx, resolved, members))?,
            ),
            label_ids: cleared_by_empty(
                self.labels
                    .try_map(|labels| names::label_ids(resolved, labels))?,
            ),
            name: Patch::from(self.name.as_ref().map(|name| name.as_str().to_owned())),
            description: text(&self.description),
            content: text(&self.content),
            priority: Priority::patched(self.priority),
            start_date: day(self.start_date),
            target_date: day(self.target_date),
        })
    }
}

/// Replaces null by an empty list to clear a list, because Linear does not document what null means for a list.
fn cleared_by_empty(list: Patch<Vec<String>>) -> Patch<Vec<String>> {
    match list {
        Patch::Clear => Patch::Set(Vec::new()),
        unchanged => unchanged,
    }
}

/// Returns one line for each field that the update set and that has changed, such as `status: Planned → In Progress` or
/// `description: changed`. Fields that only somebody else changed in the meantime are not reported.
fn changed_fields(before: &Project, after: &Project, input: &ProjectUpdateInput) -> Vec<String> {
    let text = |text: &str| Some(text.to_owned());
    let lead = |project: &Project| project.lead.as_ref().map(|lead| lead.name.clone());
    let names = |entities: &[Named]| joined(entities.iter().map(|entity| entity.name.as_str()));
    let teams = |project: &Project| {
        let teams = project.teams.nodes.iter();
        joined(teams.map(|team| team.name.as_str()))
    };
    let fields = [
        (
            input.name.is_absent(),
            ("name", text(&before.name), text(&after.name)),
        ),
        (
            input.status_id.is_absent(),
            (
                "status",
                text(&before.status.name),
                text(&after.status.name),
            ),
        ),
        (
            input.lead_id.is_absent(),
            ("lead", lead(before), lead(after)),
        ),
        (
            input.member_ids.is_absent(),
            (
                "members",
                names(&before.members.nodes),
                names(&after.members.nodes),
            ),
        ),
        (
            input.team_ids.is_absent(),
            ("teams", teams(before), teams(after)),
        ),
        (
            input.start_date.is_absent(),
            (
                "start_date",
                before.start_date.clone(),
                after.start_date.clone(),
            ),
        ),
        (
            input.target_date.is_absent(),
            (
                "target_date",
                before.target_date.clone(),
                after.target_date.clone(),
            ),
        ),
        (
            input.label_ids.is_absent(),
            (
                "labels",
                names(&before.labels.nodes),
                names(&after.labels.nodes),
            ),
        ),
        (
            input.priority.is_absent(),
            (
                "priority",
                text(priority_word(before.priority)),
                text(priority_word(after.priority)),
            ),
        ),
    ];
    let set_fields = fields.into_iter().filter(|(is_absent, _)| !is_absent);
    let mut changes = changes::told(set_fields.map(|(_, field)| field));
    if !input.description.is_absent() {
        let (was, is) = (&*before.description, &*after.description);
        changes.extend(changes::text("description", Some(was), Some(is)));
    }
    if !input.content.is_absent() {
        let (was, is) = (before.content.as_deref(), after.content.as_deref());
        changes.extend(changes::text("content", was, is));
    }
    changes
}

/// Returns the names in alphabetical order; `None` where there are none.
fn joined<'n>(names: impl Iterator<Item = &'n str>) -> Option<String> {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Returns the word for a priority (`linear/api.md` §2).
pub(in crate::operations) fn priority_word(number: u8) -> &'static str {
    match number {
        1 => "urgent",
        2 => "high",
        3 => "medium",
        4 => "low",
        _ => "none",
    }
}

//! `update_project`: one request that reads the project as it is and looks up all names that the session does not know
//! yet, one write. What changed is told by the project as it was read and as Linear gives it back.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{diff, get, names, short_line, verify, view};
use crate::error::{Code, Error};
use crate::linear::client::Expected;
use crate::linear::compose::Part;
use crate::linear::documents::Listing as _;
use crate::linear::documents::ProjectsWhole;
use crate::linear::documents::{ProjectUpdate, project_update};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::model::Project;
use crate::linear::scalars::ProjectUpdateInput;
use crate::operation::{Effect, Operation, Shared, Spec, Touches};
use crate::operations::changes::Renamed;
use crate::operations::view::entity;
use crate::operations::write::Written;
use crate::operations::{changes, write};
use crate::params::{Day, Detail, Flag, LabelNames, Markdown, Patch, Priority, Ref, Refs, Title};
use crate::resolve::{LookupRequest, Method, Resolved};
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct UpdateProject;

/// Change a project; only what is given changes, `null` clears. The answer's `changes` tells old and new.
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
}

impl Operation for UpdateProject {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "update_project",
        title: "Update project",
        effect: Effect::Change,
        subject: Some("project"),
        aliases: &["edit_project"],
        shared: &[Shared::Detail, Shared::Fields, Shared::RefreshCache],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        params.check()?;
        let lookup_request = params.lookup_request();
        let tells_changes = params.changes.is_none_or(|Flag(changes)| changes);
        let called = params.project.as_str();
        let team = params.team.as_ref().map(Ref::as_str);
        let get::Read {
            known,
            found,
            team,
            project: before,
        } = get::read(cx, &lookup_request, called, team, tells_changes).await?;
        cx.resolved("project", &before.name, known.projects.cached);
        let input = params.resolve(cx, &known)?;
        let sent = input.clone();
        let part = Part::of::<ProjectUpdate>(project_update::Variables {
            id: before.id.clone(),
            input,
        });
        let query = ProjectsWhole::one(Filter::eq("id", before.id.as_str()));
        let written = write::change::<ProjectUpdate>(cx, part, query, Expected::Input).await;
        let written = match written {
            Ok(Written::Entity(after)) => {
                verify::verified(cx, after, &lookup_request, &known, &sent, |cx, known| {
                    params.resolve(cx, known)
                })
                .await
            }
            Ok(Written::Unread) => Written::Unread,
            Err(failure) => return Err(explain(failure, &params, &before)),
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
        if tells_changes {
            let changes = diff::changes(&before, &after, &sent);
            changes::report(cx, changes, "the project had these values already");
        } else if sent.name.is_absent() && found.method != Method::Id && before.name != after.name {
            let renamed = Renamed::new("project", &before.name, &after.name);
            renamed.warn(cx, ": see whether it is the one that was meant");
        }
        let team = team.as_ref().map(|team| team.id.as_str());
        Ok(entity(
            cx,
            Detail::Standard,
            &["description", "content"],
            |level| view(&after, team, level),
        ))
    }
}

impl Params {
    /// What can be told to be wrong before anything is asked.
    fn check(&self) -> Result<(), Error> {
        let nothing = self.name.is_none()
            && self.description.is_absent()
            && self.content.is_absent()
            && self.state.is_none()
            && self.lead.is_absent()
            && self.members.is_absent()
            && self.teams.is_none()
            && self.start_date.is_absent()
            && self.target_date.is_absent()
            && self.labels.is_absent()
            && self.priority.is_absent();
        if !nothing {
            return Ok(());
        }
        let fields = "name, description, content, state, lead, …";
        Err(changes::none_given("the project", fields))
    }

    /// What has to be known.
    fn lookup_request(&self) -> LookupRequest {
        let mut users = names::texts(self.members.value());
        users.extend(self.lead.value().map(|lead| lead.as_str().to_owned()));
        LookupRequest {
            teams: names::texts(self.teams.as_ref()),
            users,
            project_status: self.state.as_ref().map(|of| of.as_str().to_owned()),
            project_labels: self.labels.value().cloned().unwrap_or_default().into_vec(),
            ..get::lookup_request(self.project.as_str(), self.team.as_ref().map(Ref::as_str))
        }
    }

    /// Every name as the id it means; nothing has been written yet.
    fn resolve(&self, cx: &Context<'_>, known: &Resolved) -> Result<ProjectUpdateInput, Error> {
        let text = |of: &Patch<Markdown>| of.clone().map(Markdown::into_string);
        let day = |of: Patch<Day>| of.map(|day| day.to_string());
        let state = self.state.as_ref();
        let teams = self.teams.as_ref();
        Ok(ProjectUpdateInput {
            team_ids: teams
                .map(|teams| names::teams(cx, known, teams))
                .transpose()?
                .into(),
            status_id: state
                .map(|state| names::status(cx, known, state))
                .transpose()?
                .into(),
            lead_id: self
                .lead
                .try_map(|lead| names::user(cx, known, "lead", lead.as_str()))?,
            member_ids: emptied(
                self.members
                    .try_map(|members| names::members(cx, known, members))?,
            ),
            label_ids: emptied(self.labels.try_map(|labels| names::labels(known, labels))?),
            name: Patch::from(self.name.as_ref().map(|name| name.as_str().to_owned())),
            description: text(&self.description),
            content: text(&self.content),
            priority: Priority::patched(self.priority),
            start_date: day(self.start_date),
            target_date: day(self.target_date),
        })
    }
}

/// A list is cleared by an empty one: what null means for it is not documented.
fn emptied(list: Patch<Vec<String>>) -> Patch<Vec<String>> {
    match list {
        Patch::Clear => Patch::Set(Vec::new()),
        other => other,
    }
}

fn explain(failure: Failure, params: &Params, before: &Project) -> Error {
    let error = failure.into_write_error(
        Code::ProjectUpdateFailed,
        &format!("update project '{}'", before.name),
        "Call get_project with refresh_cache: true to see whether it was changed",
    );
    let description = params.description.value().map(Markdown::as_str);
    short_line(error, description)
}

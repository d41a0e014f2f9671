//! `create_project`: one look-up of all names that the session cache does not have, one write.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{explain_long_description, names, view};
use crate::error::{Code, Error};
use crate::linear::compose::Part;
use crate::linear::documents::{ProjectCreate, ProjectsWhole, project_create};
use crate::linear::scalars::{ProjectCreateInput, ProjectUpdateInput};
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::view::entity;
use crate::operations::write;
use crate::operations::write::Written;
use crate::params::{Day, Detail, LabelNames, Markdown, Priority, Ref, Refs, Title};
use crate::patch::Patch;
use crate::resolve::{LookupRequest, Resolved, Trust, lookup_only};
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct CreateProject;

/// Create a project from names. A name that resolves to nothing creates nothing; labels have to exist.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Name.
    name: Title,
    /// Team names, keys or ids; one at least.
    teams: Refs,
    /// One line, at most 255 characters.
    description: Option<Markdown>,
    /// Markdown.
    content: Option<Markdown>,
    /// Status name or type. Default: the workspace's own.
    state: Option<Ref>,
    /// User name, e-mail, id or `me`.
    #[schemars(extend("null" = "unset"))]
    lead: Option<Ref>,
    /// Users who work on it.
    members: Option<Refs>,
    /// YYYY-MM-DD.
    #[schemars(extend("null" = "unset"))]
    start_date: Option<Day>,
    /// YYYY-MM-DD.
    #[schemars(extend("null" = "unset"))]
    target_date: Option<Day>,
    /// Project labels that exist, by name.
    labels: Option<LabelNames>,
    /// 0-4 or none, urgent, high, medium, low.
    priority: Option<Priority>,
}

impl Operation for CreateProject {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "create_project",
        title: "Create project",
        effect: Effect::Add,
        subject: None,
        aliases: &["add_project", "new_project"],
        shared: &[
            CommonParam::Detail,
            CommonParam::Fields,
            CommonParam::RefreshCache,
        ],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let lookup_request = lookup_request(&params);
        let resolved = lookup_only(cx, &lookup_request).await?;
        let input = resolve(cx, &params, &resolved)?;
        let sent = resolved_ids(&input);
        let id = input.id.clone();
        let team_id = input.team_ids.first().cloned();
        let part = Part::of::<ProjectCreate>(project_create::Variables { input });
        let written = write::create::<ProjectCreate, ProjectsWhole>(cx, part, &id).await;
        let written = written.map_err(|failure| {
            let error = failure.into_write_error(
                Code::ProjectCreationFailed,
                &format!("create project '{}'", params.name.as_str()),
                "Call list_projects with refresh_cache: true to see whether it was created",
            );
            let description = params.description.as_ref().map(Markdown::as_str);
            explain_long_description(error, description)
        })?;
        let written = match written {
            Written::Entity(project) => {
                names::verify(
                    cx,
                    project,
                    &lookup_request,
                    &resolved,
                    &sent,
                    |cx, fresh| resolve(cx, &params, fresh).map(|input| resolved_ids(&input)),
                )
                .await
            }
            Written::Unread => Written::Unread,
        };
        let Written::Entity(project) = written else {
            let see = format!("call get_project {id}");
            return Ok(write::unread(
                cx,
                &[("id", &id), ("name", params.name.as_str())],
                &see,
            ));
        };
        let project = Arc::new(project);
        let projects = &cx.session.cache.projects;
        projects.added("", &project);
        cx.step(format!("create_project: {}", project.name));
        Ok(entity(
            cx,
            Detail::Standard,
            &["description", "content"],
            |level| view(&project, team_id.as_deref(), level),
        ))
    }
}

/// Returns the request for all names in the parameters.
fn lookup_request(params: &Params) -> LookupRequest {
    let mut users = names::texts(params.members.as_ref());
    users.extend(params.lead.as_ref().map(|lead| lead.as_str().to_owned()));
    let status = params.state.as_ref();
    LookupRequest {
        teams: names::texts(Some(&params.teams)),
        users,
        project_statuses: status
            .map(|status| status.as_str().to_owned())
            .into_iter()
            .collect(),
        project_labels: params.labels.clone().unwrap_or_default().into_vec(),
        trust: Trust::Held,
        ..LookupRequest::default()
    }
}

/// Returns the new project with the ids that its names mean, under a new id.
///
/// # Errors
/// The error of the first name that cannot be used. Nothing has been written yet.
fn resolve(
    cx: &Context<'_>,
    params: &Params,
    resolved: &Resolved,
) -> Result<ProjectCreateInput, Error> {
    let text = |text: &Option<Markdown>| Patch::from(text.clone().map(Markdown::into_string));
    let day = |day: Option<Day>| Patch::from(day.map(|day| day.to_string()));
    let status = params.state.as_ref();
    let lead = params.lead.as_ref();
    let members = params.members.as_ref();
    let labels = params.labels.as_ref();
    Ok(ProjectCreateInput {
        team_ids: names::team_ids(cx, resolved, &params.teams)?,
        status_id: status
            .map(|status| names::status_id(cx, resolved, status))
            .transpose()?
            .into(),
        lead_id: lead
            .map(|lead| names::user_id(cx, resolved, "lead", lead.as_str()))
            .transpose()?
            .into(),
        member_ids: members
            .map(|members| names::member_ids(cx, resolved, members))
            .transpose()?
            .into(),
        label_ids: labels
            .map(|labels| names::label_ids(resolved, labels))
            .transpose()?
            .into(),
        id: cx.session.clock.new_id(),
        name: params.name.as_str().to_owned(),
        description: text(&params.description),
        content: text(&params.content),
        priority: Patch::from(params.priority.map(Priority::number)),
        start_date: day(params.start_date),
        target_date: day(params.target_date),
    })
}

/// Returns the ids that names were resolved to, as an update would set them.
fn resolved_ids(input: &ProjectCreateInput) -> ProjectUpdateInput {
    ProjectUpdateInput {
        team_ids: Patch::Set(input.team_ids.clone()),
        status_id: input.status_id.clone(),
        lead_id: input.lead_id.clone(),
        member_ids: input.member_ids.clone(),
        label_ids: input.label_ids.clone(),
        ..ProjectUpdateInput::default()
    }
}

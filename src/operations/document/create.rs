//! `create_document`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::place::Place;
use super::view;
use crate::error::{Code, Error};
use crate::linear::compose::Part;
use crate::linear::documents::{DocumentCreate, Documents, document_create};
use crate::linear::failure::Failure;
use crate::linear::scalars::DocumentCreateInput;
use crate::operation::{Effect, Operation, Shared, Spec, Touches};
use crate::operations::view::entity;
use crate::operations::write::Written;
use crate::operations::{issue, write};
use crate::params::{Detail, Identifier, Markdown, Ref, Title};
use crate::resolve::{LookupRequest, Trust, lookup_only};
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct CreateDocument;

/// Create a document in a project, on an issue or in a team: exactly one of these.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Title.
    title: Title,
    /// Markdown.
    content: Option<Markdown>,
    /// Project name, slug, id or URL.
    #[schemars(extend("null" = "unset"))]
    project: Option<Ref>,
    /// Issue identifier, id or URL.
    #[schemars(extend("null" = "unset"))]
    issue_id: Option<Identifier>,
    /// Team name, key or id.
    team: Option<Ref>,
}

impl Operation for CreateDocument {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "create_document",
        title: "Create document",
        effect: Effect::Add,
        subject: None,
        aliases: &["add_document"],
        shared: &[Shared::Detail, Shared::Fields, Shared::RefreshCache],
        touches: Touches::Additions,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let (project, issue) = (params.project.as_ref(), params.issue_id.as_ref());
        let place = Place::given(project, issue, params.team.as_ref())?.ok_or_else(nowhere)?;
        let _turn = match place.issue() {
            Some(issue) => cx.turn_to_add(&issue.id()).await?,
            None => None,
        };
        let lookup_request = LookupRequest {
            trust: Trust::Held,
            ..place.lookup_request()
        };
        let known = lookup_only(cx, &lookup_request).await?;
        let target = place.target(cx, &known)?;
        let title = params.title.into_string();
        let id = cx.session.clock.new_id();
        let input = DocumentCreateInput {
            id: id.clone(),
            title: title.clone(),
            content: params.content.map(Markdown::into_string),
            project_id: target.project_id,
            issue_id: target.issue_id,
            team_id: target.team_id,
        };
        let part = Part::of::<DocumentCreate>(document_create::Variables { input });
        let made = write::create::<DocumentCreate, Documents>(cx, part, &id).await;
        let written = match made {
            Ok(Written::Entity(document)) => place.verified(cx, &known, document).await,
            Ok(Written::Unread) => Written::Unread,
            Err(failure) => return Err(explain(cx, failure, &title, &place).await),
        };
        let Written::Entity(document) = written else {
            let see = format!("call get_document {id}");
            return Ok(write::unread(cx, &[("id", &id), ("title", &title)], &see));
        };
        Ok(entity(cx, Detail::Standard, &["content"], |level| {
            view(&document, level)
        }))
    }
}

/// Linear takes no document that belongs to nothing (`linear/api.md` §1.2).
fn nowhere() -> Error {
    Error::new(
        Code::MissingRequiredParam,
        "A document belongs to a project, an issue or a team, and none is given",
    )
    .detail("missing", vec!["project, issue_id or team"])
    .suggest("Give the project in 'project', or the issue in 'issue_id', or the team in 'team'")
}

async fn explain(cx: &Context<'_>, failure: Failure, title: &str, place: &Place) -> Error {
    if let (Failure::Refused(_), Some(of)) = (&failure, place.issue())
        && issue::is_missing(cx, of).await
    {
        return of.not_found();
    }
    failure.into_write_error(
        Code::DocumentCreationFailed,
        &format!("create document '{title}'"),
        &format!("{} to see whether it is there", place.listing()),
    )
}

//! `create_document`: one look-up of the project or team, one write.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Parent, view};
use crate::error::{Code, Error};
use crate::linear::compose::Part;
use crate::linear::documents::{DocumentCreate, Documents, document_create};
use crate::linear::failure::Failure;
use crate::linear::scalars::DocumentCreateInput;
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
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
        shared: &[
            CommonParam::Detail,
            CommonParam::Fields,
            CommonParam::RefreshCache,
        ],
        touches: Touches::Additions,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let (project, issue) = (params.project.as_ref(), params.issue_id.as_ref());
        let Some(parent) = Parent::from_params(project, issue, params.team.as_ref())? else {
            // Linear rejects a document that belongs to nothing (`linear/api.md` §1.2).
            return Err(Error::new(
                Code::MissingRequiredParam,
                "A document belongs to a project, an issue or a team, and none is given",
            )
            .detail("missing", vec!["project, issue_id or team"])
            .suggest(
                "Give the project in 'project', or the issue in 'issue_id', or the team in 'team'",
            ));
        };
        let _lock = match parent.issue() {
            Some(issue) => cx.turn_to_add(&issue.id()).await?,
            None => None,
        };
        let lookup_request = LookupRequest {
            trust: Trust::Held,
            ..parent.lookup_request()
        };
        let resolved = lookup_only(cx, &lookup_request).await?;
        let parent_id = parent.id(cx, &resolved)?;
        let title = params.title.into_string();
        let id = cx.session.clock.new_id();
        let input = DocumentCreateInput {
            id: id.clone(),
            title: title.clone(),
            content: params.content.map(Markdown::into_string),
            project_id: parent_id.project_id,
            issue_id: parent_id.issue_id,
            team_id: parent_id.team_id,
        };
        let part = Part::of::<DocumentCreate>(document_create::Variables { input });
        let written = write::create::<DocumentCreate, Documents>(cx, part, &id).await;
        let written = match written {
            Ok(Written::Entity(document)) => parent.verify(cx, &resolved, document).await,
            Ok(Written::Unread) => Written::Unread,
            Err(failure) => return Err(creation_error(cx, failure, &title, &parent).await),
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

/// Returns the error for a document that could not be created. Where its issue does not exist, the error says so.
async fn creation_error(cx: &Context<'_>, failure: Failure, title: &str, parent: &Parent) -> Error {
    if let (Failure::Refused(_), Some(issue)) = (&failure, parent.issue())
        && issue::is_missing(cx, issue).await
    {
        return issue.not_found();
    }
    // The suggestion is to list the documents, not to search them, because Linear does not document how soon a search
    // finds a new document (`linear/api.md` §1.2).
    let list = match parent {
        Parent::Project(name) => format!("Call list_documents with project: {name}"),
        Parent::Issue(issue) => format!("Call list_documents with issue_id: {}", issue.id()),
        Parent::Team(_) => "Call list_documents, which has the last changed first,".to_owned(),
    };
    failure.into_write_error(
        Code::DocumentCreationFailed,
        &format!("create document '{title}'"),
        &format!("{list} to see whether it is there"),
    )
}

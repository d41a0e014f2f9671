//! `update_document`: one request that reads the document and looks up its new project or team, one write.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Parent, ParentId, view};
use crate::error::{Code, Error};
use crate::linear::client::Expected;
use crate::linear::compose::Part;
use crate::linear::documents::{DocumentGet, DocumentUpdate, document_get, document_update};
use crate::linear::model::Document;
use crate::linear::scalars::DocumentUpdateInput;
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::reads::{ReadError, look_up_with};
use crate::operations::view::entity;
use crate::operations::write::Written;
use crate::operations::{changes, write};
use crate::params::{Detail, Identifier, Markdown, Patch, Ref, Title};
use crate::resolve::LookupRequest;
use crate::resolve::document::DocumentRef;
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct UpdateDocument;

/// Change a document, or move it to another project, issue or team; only what is given changes. The answer's `changes`
/// tells old and new.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Document id, slug or URL.
    document_id: Ref,
    /// Title.
    #[schemars(extend("null" = "refused"))]
    title: Option<Title>,
    /// Markdown; replaces the whole content, and comments in it lose their place.
    #[serde(default)]
    #[schemars(extend("emptied" = "lost"))]
    content: Patch<Markdown>,
    /// Project to move it to, by name, slug, id or URL.
    #[schemars(extend("null" = "refused"))]
    project: Option<Ref>,
    /// Issue to move it to, by identifier, id or URL.
    #[schemars(extend("null" = "refused"))]
    issue_id: Option<Identifier>,
    /// Team to move it to, by name, key or id.
    #[schemars(extend("null" = "refused"))]
    team: Option<Ref>,
}

impl Operation for UpdateDocument {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "update_document",
        title: "Update document",
        effect: Effect::Change,
        subject: Some("document_id"),
        aliases: &["edit_document"],
        shared: &[
            CommonParam::Detail,
            CommonParam::Fields,
            CommonParam::RefreshCache,
        ],
        touches: Touches::Additions,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let reference = DocumentRef::parse("document_id", params.document_id.as_str())?;
        let (project, issue) = (params.project.as_ref(), params.issue_id.as_ref());
        let parent = Parent::from_params(project, issue, params.team.as_ref())?;
        if params.title.is_none() && params.content.is_absent() && parent.is_none() {
            let fields = "title, content, project, issue_id or team";
            return Err(changes::none_given("the document", fields));
        }
        let _lock = cx.lock_issue(reference.id()).await?;
        let lookup_request = match &parent {
            Some(parent) => parent.lookup_request(),
            None => LookupRequest::default(),
        };
        let (resolved, document, mut responses) =
            look_up_with(cx, &lookup_request, |request, _| {
                let id = reference.id().to_owned();
                let variables = document_get::Variables { id };
                let document = request.require::<DocumentGet>(variables, reference.not_found());
                if let Some(issue) = parent.as_ref().and_then(Parent::issue) {
                    request.require_issue(issue, issue.not_found());
                }
                document
            })
            .await
            .map_err(ReadError::into_error)?;
        let before = responses.get(document)?.document;
        let parent_id = match &parent {
            Some(parent) => parent.id(cx, &resolved)?,
            None => ParentId::default(),
        };
        let input = DocumentUpdateInput {
            title: params.title.map(Title::into_string),
            content: params.content.map(Markdown::into_string),
            project_id: parent_id.project_id,
            issue_id: parent_id.issue_id,
            team_id: parent_id.team_id,
        };
        let part = Part::of::<DocumentUpdate>(document_update::Variables {
            id: before.id.clone(),
            input,
        });
        let query = DocumentGet::of(&before.id);
        let written = write::change::<DocumentUpdate>(cx, part, query, Expected::Input).await;
        let written = match (written, &parent) {
            (Ok(Written::Entity(after)), Some(parent)) => parent.verify(cx, &resolved, after).await,
            (Ok(written), _) => written,
            (Err(failure), _) => {
                return Err(failure.into_write_error(
                    Code::DocumentUpdateFailed,
                    &format!("update document '{}'", before.title),
                    &format!(
                        "Call get_document {} to see whether it was changed",
                        before.slug_id
                    ),
                ));
            }
        };
        let Written::Entity(after) = written else {
            let see = format!("call get_document {}", before.slug_id);
            return Ok(write::unread(cx, &[("id", &before.id)], &see));
        };
        let changes = changed_fields(&before, &after);
        changes::report(cx, changes, "the document had these values already");
        Ok(entity(cx, Detail::Standard, &["content"], |level| {
            view(&after, level)
        }))
    }
}

/// Returns one line for each field that has changed: `title: Plan → Roadmap`, `content: changed`.
fn changed_fields(before: &Document, after: &Document) -> Vec<String> {
    let title = |document: &Document| Some(document.title.clone());
    let project = |document: &Document| {
        let project = document.project.as_ref();
        project.map(|project| project.name.clone())
    };
    let issue = |document: &Document| {
        let issue = document.issue.as_ref();
        issue.map(|issue| issue.identifier.clone())
    };
    let team = |document: &Document| document.team.as_ref().map(|team| team.name.clone());
    let mut changes = changes::told([
        ("title", title(before), title(after)),
        ("project", project(before), project(after)),
        ("issue", issue(before), issue(after)),
        ("team", team(before), team(after)),
    ]);
    changes.extend(changes::text(
        "content",
        before.content.as_deref(),
        after.content.as_deref(),
    ));
    changes
}

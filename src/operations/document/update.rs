//! `update_document`: one request that reads the document and looks up its new project or team, one write.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Parent, ParentId, view};
use crate::error::{Code, Error};
use crate::linear::compose::Part;
use crate::linear::documents::{
    DocumentComments, DocumentGet, DocumentUpdate, document_comments, document_get, document_update,
};
use crate::linear::model::{Document, InlineComments};
use crate::linear::scalars::DocumentUpdateInput;
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::reads::{ReadError, look_up_with};
use crate::operations::text_update::{self, TextUpdate};
use crate::operations::text_write::{SetsText as _, Subject};
use crate::operations::view::entity;
use crate::operations::write::Written;
use crate::operations::{changes, write};
use crate::params::{
    Detail, Fingerprint, Flag, Identifier, Markdown, Patch, Ref, SeenTimestamp, TextEdits, Title,
};
use crate::resolve::LookupRequest;
use crate::resolve::document::DocumentRef;
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct UpdateDocument;

/// Change a document, or move it to another project, issue or team; only what is given changes.
///
/// The answer's `changes` tells old and new. `patch` edits the content where it stands: the edits are made in order, all
/// or none, on the content as it is now, and once more where somebody else writes it meanwhile. A new `content` that
/// unticks an item or drops a heading is set with a warning that names them.
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
    patch: Option<TextEdits>,
    /// Project to move it to, by name, slug, id or URL.
    #[schemars(extend("null" = "refused"))]
    project: Option<Ref>,
    /// Issue to move it to, by identifier, id or URL.
    #[schemars(extend("null" = "refused"))]
    issue_id: Option<Identifier>,
    /// Team to move it to, by name, key or id.
    #[schemars(extend("null" = "refused"))]
    team: Option<Ref>,
    /// `updated_at` as read; refused if the document changed since.
    #[schemars(extend("unlisted" = true))]
    if_unchanged_since: Option<SeenTimestamp>,
    /// `text_sha256` as read; refused if the content changed since.
    #[schemars(extend("unlisted" = true))]
    expected_sha256: Option<Fingerprint>,
    /// true: refuse a `content` that unticks items or drops headings.
    #[schemars(extend("unlisted" = true))]
    protect: Option<Flag>,
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
        let text_update = TextUpdate {
            param: "content",
            whole: &params.content,
            patch: params.patch.as_ref(),
            if_unchanged_since: params.if_unchanged_since,
            expected_sha256: params.expected_sha256.as_ref(),
            protect: params.protect,
        };
        text_update.check()?;
        if params.title.is_none() && text_update.is_empty() && parent.is_none() {
            let fields = "title, content, patch, project, issue_id or team";
            return Err(changes::none_given("the document", fields));
        }
        // The lock comes before the read, because an edited text is computed from what the read returns. Other processes
        // matter to the text alone.
        let (_lock, _edit_lock);
        if text_update.is_empty() {
            _lock = cx.lock_issue(reference.id()).await?;
        } else {
            _edit_lock = cx.turn_to_edit(reference.id()).await?;
        }
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
                let comments = (!text_update.is_empty()).then(|| {
                    let id = reference.id().to_owned();
                    let variables = document_comments::Variables { id };
                    request.add::<DocumentComments>(variables)
                });
                (document, comments)
            })
            .await
            .map_err(ReadError::into_error)?;
        let (document, comments) = document;
        let before = responses.get(document)?.document;
        let _lock_by_id = match text_update.patch {
            Some(_) => text_update::lock_by_id(cx, reference.id(), &before.id).await?,
            None => None,
        };
        let subject = Subject {
            id: before.id.clone(),
            noun: "document",
            name: before.title.clone(),
            part: "content",
            look: format!("get_document {}", before.slug_id),
        };
        let stored = DocumentUpdate::text(&before);
        let mut new_text = text_update.resolve(cx, &subject, &stored)?;
        if let Some(comments) = comments.filter(|_| !new_text.text.is_absent()) {
            let document = responses.get(comments)?.document;
            warn_of_inline_comments(cx, &document);
        }
        let parent_id = match &parent {
            Some(parent) => parent.id(cx, &resolved)?,
            None => ParentId::default(),
        };
        let input = DocumentUpdateInput {
            title: params.title.clone().map(Title::into_string),
            content: new_text.text.clone(),
            project_id: parent_id.project_id,
            issue_id: parent_id.issue_id,
            team_id: parent_id.team_id,
        };
        let probes = text_update.probes() && !input.content.is_absent();
        let written = if input == DocumentUpdateInput::default() {
            Ok((Written::Entity(before.clone()), None))
        } else {
            let part = Part::of::<DocumentUpdate>(document_update::Variables {
                id: before.id.clone(),
                input,
            });
            text_update::send::<DocumentUpdate>(cx, &before.id, part, probes).await
        };
        let written = match (written, &parent) {
            (Ok((Written::Entity(mut after), replaced)), parent) => {
                let texts = (stored, replaced, DocumentUpdate::text(&after));
                let kept = text_update
                    .finish::<DocumentUpdate>(cx, &subject, texts, &mut new_text)
                    .await?;
                (after.content, after.updated_at) = (kept.text, kept.updated_at);
                match parent {
                    Some(parent) => parent.verify(cx, &resolved, after).await,
                    None => Written::Entity(after),
                }
            }
            (Ok((Written::Unread, _)), _) => Written::Unread,
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
        let mut data = entity(cx, Detail::Standard, &["content"], |level| {
            view(&after, level)
        });
        new_text.tell(&mut data, &DocumentUpdate::text(&after));
        Ok(data)
    }
}

/// Warns of the comments on passages of the document. They stay, but a new content takes away their passages
/// (`linear/api.md` §6).
fn warn_of_inline_comments(cx: &Context<'_>, document: &InlineComments) {
    let comments = document.comments.nodes.iter();
    let inline = comments
        .filter(|comment| comment.quoted_text.is_some())
        .count();
    let at_least = match document.comments.page_info.has_next_page {
        true => "at least ",
        false => "",
    };
    let comments = match inline {
        0 => return,
        1 => "comment on a passage of the document loses its",
        _ => "comments on passages of the document lose their",
    };
    cx.warn(format!("{at_least}{inline} {comments} place in the text"));
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

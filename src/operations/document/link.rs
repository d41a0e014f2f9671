//! `link_document`: one request that reads the document and the issue, one write.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{Code, Error};
use crate::linear::documents::{DocumentGet, IssueGet, document_get};
use crate::linear::model::{Document, Issue};
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::attachment::attach;
use crate::operations::reads::{ReadError, ReadRequest};
use crate::operations::view::{View, entity};
use crate::operations::write;
use crate::operations::write::Written;
use crate::params::{Detail, Identifier, Ref, Title};
use crate::resolve::document::DocumentRef;
use crate::resolve::issue::IssueRef;
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct LinkDocument;

/// Show a document on an issue, as an attachment.
///
/// The document stays where it belongs; linked already, the link gets the title.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Issue identifier, id or URL.
    issue_id: Identifier,
    /// Document id, slug or URL.
    document_id: Ref,
    /// What to show. Default: the document's title.
    title: Option<Title>,
}

impl Operation for LinkDocument {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "link_document",
        title: "Link document",
        effect: Effect::Ensure,
        subject: None,
        aliases: &["attach_document"],
        shared: &[CommonParam::Detail],
        touches: Touches::Additions,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let issue_ref = IssueRef::parse("issue_id", params.issue_id.as_str())?;
        let document_ref = DocumentRef::parse("document_id", params.document_id.as_str())?;
        let _lock = cx.turn_to_add(&issue_ref.id()).await?;
        let mut request = ReadRequest::default();
        let id = document_ref.id().to_owned();
        let variables = document_get::Variables { id };
        let document = request.require::<DocumentGet>(variables, document_ref.not_found());
        let variables = IssueGet::variables(&issue_ref.id(), Some(MAX_ATTACHMENTS));
        let issue = request.require::<IssueGet>(variables, issue_ref.not_found());
        let mut responses = request.send(cx).await.map_err(ReadError::into_error)?;
        let document = responses.get(document)?.document;
        let issue = responses.get(issue)?.issue;
        let title = params.title.as_ref();
        let title = title.map_or(document.title.as_str(), Title::as_str);
        let url = attached_url(&issue, &document).unwrap_or(&document.url);
        let written = attach(cx, &issue.id, url, Some(title)).await;
        let written = written.map_err(|failure| {
            let identifier = &issue.identifier;
            failure.into_write_error(
                Code::AttachmentCreationFailed,
                &format!("link document '{}' to issue '{identifier}'", document.title),
                &format!("Call get_issue {identifier} to see whether it is linked"),
            )
        })?;
        let Written::Entity((attachment, _)) = written else {
            let see = format!("call get_issue {}", issue.identifier);
            return Ok(write::unread(cx, &[("url", url)], &see));
        };
        Ok(entity(cx, Detail::Standard, &[], |level| {
            let link = View::new(level)
                .standard("id", attachment.id.as_str())
                .brief("title", attachment.title.as_str())
                .brief("url", attachment.url.as_str());
            View::new(level)
                .outcome("linked", true)
                .brief("issue", json!({"identifier": issue.identifier}))
                .brief("attachment", link.into_value())
        }))
    }
}

/// How many attachments of the issue are read at most.
const MAX_ATTACHMENTS: i64 = 100;

/// Returns the URL under which the document is attached to the issue already; `None` where the document is not
/// attached. A document gets another URL when it is renamed, and Linear would attach it a second time under the new
/// URL. So the document is recognised by its slug, which does not change.
fn attached_url<'i>(issue: &'i Issue, document: &Document) -> Option<&'i str> {
    let (workspace_url, _) = document.url.split_once("/document/")?;
    let is_of_document = |url: &&str| {
        url.split_once("/document/")
            .is_some_and(|(front, _)| front == workspace_url)
            && DocumentRef::parse("url", url)
                .is_ok_and(|reference| reference.id() == document.slug_id)
    };
    let attachments = issue.attachments.iter().flat_map(|page| &page.nodes);
    attachments
        .map(|attachment| attachment.url.as_str())
        .find(is_of_document)
}

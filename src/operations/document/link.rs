//! `link_document`: one request that reads the document and the issue, one write.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{Code, Error};
use crate::linear::documents::{DocumentGet, IssueGet, document_get};
use crate::linear::failure::Failure;
use crate::linear::model::{Document, Issue};
use crate::operation::{Effect, Operation, Spec, Touches};
use crate::operations::attachment::attach;
use crate::operations::reads::{ReadError, ReadRequest};
use crate::operations::write;
use crate::operations::write::Written;
use crate::params::{Identifier, Ref, Title};
use crate::resolve::document::DocumentRef;
use crate::resolve::issue::IssueRef;
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct LinkDocument;

/// Show a document on an issue, as an attachment. The document stays where it belongs; linked already, the link gets
/// the title.
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
        shared: &[],
        touches: Touches::Additions,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let to = IssueRef::parse("issue_id", params.issue_id.as_str())?;
        let of = DocumentRef::parse("document_id", params.document_id.as_str())?;
        let _turn = cx.turn_to_add(&to.id()).await?;
        let (document, issue) = read(cx, &of, &to).await?;
        let title = params.title.as_ref();
        let title = title.map_or(document.title.as_str(), Title::as_str);
        let url = known(&issue, &document).unwrap_or(&document.url);
        let linked = attach(cx, &issue.id, url, Some(title)).await;
        let linked = linked.map_err(|failure| failed(failure, &document, &issue))?;
        let Written::Entity((link, _)) = linked else {
            let see = format!("call get_issue {}", issue.identifier);
            return Ok(write::unread(cx, &[("url", url)], &see));
        };
        Ok(json!({
            "linked": true,
            "issue": {"identifier": issue.identifier},
            "attachment": {"id": link.id, "title": link.title, "url": link.url},
        }))
    }
}

/// How many attachments of the issue are looked at.
const ATTACHMENTS: i64 = 100;

/// The address under which the document is linked already: its page has another one since it was renamed, under which
/// it would be linked a second time.
fn known<'i>(issue: &'i Issue, document: &Document) -> Option<&'i str> {
    let (home, _) = document.url.split_once("/document/")?;
    let is_its = |url: &&str| {
        url.split_once("/document/")
            .is_some_and(|(of, _)| of == home)
            && DocumentRef::parse("url", url).is_ok_and(|of| of.id() == document.slug_id)
    };
    let attached = issue.attachments.iter().flat_map(|page| &page.nodes);
    attached.map(|of| of.url.as_str()).find(is_its)
}

/// Both, so that the one that is not there can be named.
async fn read(
    cx: &Context<'_>,
    of: &DocumentRef,
    to: &IssueRef,
) -> Result<(Document, Issue), Error> {
    let id = of.id().to_owned();
    let mut request = ReadRequest::default();
    let document = request.require::<DocumentGet>(document_get::Variables { id }, of.not_found());
    let issue = request.require::<IssueGet>(
        IssueGet::variables(&to.id(), Some(ATTACHMENTS)),
        to.not_found(),
    );
    let mut responses = request.send(cx).await.map_err(ReadError::into_error)?;
    Ok((
        responses.get(document)?.document,
        responses.get(issue)?.issue,
    ))
}

fn failed(failure: Failure, document: &Document, issue: &Issue) -> Error {
    let (title, name) = (&document.title, &issue.identifier);
    failure.into_write_error(
        Code::AttachmentCreationFailed,
        &format!("link document '{title}' to issue '{name}'"),
        &format!("Call get_issue {name} to see whether it is linked"),
    )
}

//! `link_document`: one request that reads the document and the issue, one write.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{Code, Error};
use crate::linear::client::Repeat;
use crate::linear::documents::{DocumentGet, IssueGet};
use crate::linear::failure::Failure;
use crate::linear::model::{Document, Issue};
use crate::operation::{Effect, Operation, Spec};
use crate::operations::attachment::attach;
use crate::params::{Filled, Ref};
use crate::resolve::document::DocumentRef;
use crate::resolve::issue::IssueRef;
use crate::session::Cx;

/// The operation.
#[derive(Debug)]
pub struct LinkDocument;

/// Show a document on an issue, as an attachment. The document stays where it belongs; linked already, the link gets
/// the title.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Issue identifier, id or URL.
    issue_id: Ref,
    /// Document id, slug or URL.
    document_id: Ref,
    /// What to show. Default: the document's title.
    title: Option<Filled>,
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
    };

    async fn run(params: Params, cx: &Cx<'_>) -> Result<Value, Error> {
        let to = IssueRef::parse("issue_id", params.issue_id.as_str())?;
        let of = DocumentRef::parse("document_id", params.document_id.as_str())?;
        let _turn = cx.turn(&to.id()).await?;
        let (document, issue) = read(cx, &of, &to).await?;
        let title = params.title.as_ref();
        let title = title.map_or(document.title.as_str(), Filled::as_str);
        let linked = attach(cx, &issue.id, &document.url, Some(title)).await;
        let (link, _) = linked.map_err(|failure| failed(failure, &document, &issue))?;
        Ok(json!({
            "linked": true,
            "issue": {"identifier": issue.identifier},
            "attachment": {"id": link.id, "title": link.title, "url": link.url},
        }))
    }
}

/// Both, so that the one that is not there can be named.
async fn read(cx: &Cx<'_>, of: &DocumentRef, to: &IssueRef) -> Result<(Document, Issue), Error> {
    let look = [DocumentGet::of(of.id()), IssueGet::alone(&to.id())];
    let mut answers = match cx.send(&look, Repeat::Always).await {
        Err(failure) if failure.declines(0) => return Err(of.not_found()),
        Err(failure) if failure.declines(1) => return Err(to.not_found()),
        outcome => outcome.map_err(Failure::reading)?,
    };
    let document = answers.take::<DocumentGet>(0).map_err(Failure::reading)?;
    let issue = answers.take::<IssueGet>(1).map_err(Failure::reading)?;
    Ok((document.document, issue.issue))
}

fn failed(failure: Failure, document: &Document, issue: &Issue) -> Error {
    let (title, name) = (&document.title, &issue.identifier);
    failure.writing(
        Code::AttachmentCreationFailed,
        &format!("link document '{title}' to issue '{name}'"),
        &format!("Call get_issue {name} to see whether it is linked"),
    )
}

//! Attachments: links that hang on an issue.

use super::write;
use crate::linear::compose::Part;
use crate::linear::documents::{AttachmentCreate, attachment_create};
use crate::linear::failure::Failure;
use crate::linear::model::Attachment;
use crate::linear::scalars::AttachmentCreateInput;
use crate::session::Cx;

/// Attaches a link to an issue, which goes by its UUID or identifier; the one with that URL gets the title, where the
/// issue has one already (`linear/api.md` §1.2).
///
/// # Errors
/// What Linear said.
pub(super) async fn attach(
    cx: &Cx<'_>,
    issue: &str,
    url: &str,
    title: &str,
) -> Result<Attachment, Failure> {
    let input = AttachmentCreateInput {
        id: cx.session.clock.new_id(),
        issue_id: issue.to_owned(),
        title: title.to_owned(),
        url: url.to_owned(),
    };
    let part = Part::of::<AttachmentCreate>(attachment_create::Variables { input });
    write::change::<AttachmentCreate>(cx, part).await
}

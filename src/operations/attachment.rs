//! Attachments: links that hang on an issue.

mod form;
pub mod link;

use self::form::Form;
use super::write;
use crate::linear::client::Repeat;
use crate::linear::compose::Part;
use crate::linear::documents::{
    AttachmentCreate, AttachmentLinkGithubIssue, AttachmentLinkMergeRequest,
    AttachmentLinkPullRequest, AttachmentLinkSlack, IssueAttachments, attachment_create,
    attachment_link_github_issue, attachment_link_merge_request, attachment_link_pull_request,
    attachment_link_slack, issue_attachments,
};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::model::Attachment;
use crate::linear::scalars::AttachmentCreateInput;
use crate::session::Cx;

/// Attaches a link to an issue, which goes by its UUID or identifier, in the richest form that its address allows; the
/// one with that URL is brought up to date, where the issue has one already (`linear/api.md` §1.2). Where Linear
/// declines the rich form, for want of the integration, the link is attached as a plain one, with a warning. Without a
/// title, Linear finds one for a rich form; a plain one keeps the title that it has on the issue, which is looked up
/// unless the issue `is_new`, and else the address stands for it.
///
/// # Errors
/// What Linear said of the plain form, or what became of the request.
pub(super) async fn attach(
    cx: &Cx<'_>,
    issue: &str,
    is_new: bool,
    url: &str,
    title: Option<&str>,
) -> Result<(Attachment, Form), Failure> {
    let link = Link {
        id: cx.session.clock.new_id(),
        is_new,
        issue_id: issue.to_owned(),
        title: title.map(str::to_owned),
        url: url.to_owned(),
    };
    let form = Form::of(url);
    if form == Form::Plain {
        return Ok((link.plain(cx).await?, form));
    }
    let declined = match link.clone().rich(cx, &form).await {
        Err(failure @ (Failure::Refused(_) | Failure::Forbidden(_))) => failure,
        outcome => return Ok((outcome?, form)),
    };
    let attachment = link.plain(cx).await?;
    cx.warn(format!(
        "'{url}' is attached as a plain link; Linear declined the form {}: {declined}",
        form.word()
    ));
    Ok((attachment, Form::Plain))
}

/// The issue's attachment with that URL.
async fn known(cx: &Cx<'_>, issue: &str, url: &str) -> Result<Option<Attachment>, Failure> {
    let part = Part::of::<IssueAttachments>(issue_attachments::Variables {
        id: issue.to_owned(),
        filter: Some(Filter::eq("url", url)),
    });
    let mut answers = cx.send(&[part], Repeat::Always).await?;
    let found = answers.take::<IssueAttachments>(0)?.issue.attachments;
    Ok(found.nodes.into_iter().next())
}

/// What every form takes.
#[derive(Clone, Debug)]
struct Link {
    id: String,
    is_new: bool,
    issue_id: String,
    title: Option<String>,
    url: String,
}

/// Sends a mutation that takes a link's parts, and others where it has them.
macro_rules! send {
    ($cx:ident, $link:ident, $document:ident, $module:ident $(, $name:ident: $value:expr)*) => {
        write::change::<$document>(
            $cx,
            Part::of::<$document>($module::Variables {
                id: Some($link.id),
                issue_id: $link.issue_id,
                title: $link.title,
                url: $link.url,
                $($name: $value,)*
            }),
        )
        .await
    };
}

impl Link {
    async fn plain(self, cx: &Cx<'_>) -> Result<Attachment, Failure> {
        let known = match self.title {
            None if !self.is_new => known(cx, &self.issue_id, &self.url).await?,
            _ => None,
        };
        let title = self.title.or(known.map(|known| known.title));
        let input = AttachmentCreateInput {
            id: self.id,
            issue_id: self.issue_id,
            title: title.unwrap_or_else(|| self.url.clone()),
            url: self.url,
        };
        let part = Part::of::<AttachmentCreate>(attachment_create::Variables { input });
        write::change::<AttachmentCreate>(cx, part).await
    }

    async fn rich(self, cx: &Cx<'_>, form: &Form) -> Result<Attachment, Failure> {
        match form {
            Form::Plain => self.plain(cx).await,
            Form::PullRequest => {
                send!(
                    cx,
                    self,
                    AttachmentLinkPullRequest,
                    attachment_link_pull_request
                )
            }
            Form::GithubIssue => {
                send!(
                    cx,
                    self,
                    AttachmentLinkGithubIssue,
                    attachment_link_github_issue
                )
            }
            Form::MergeRequest { project, number } => send!(
                cx,
                self,
                AttachmentLinkMergeRequest,
                attachment_link_merge_request,
                project: project.clone(),
                number: f64::from(*number)
            ),
            Form::SlackMessage => send!(cx, self, AttachmentLinkSlack, attachment_link_slack),
        }
    }
}

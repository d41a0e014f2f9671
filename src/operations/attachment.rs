//! Attachments: links that hang on an issue.

mod form;
pub mod link;

pub(super) use self::form::Form;
use super::write::Bundle;
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
    let link = Link::new(cx, issue, url, title);
    let mut form = Form::of(url);
    let mut bundle = Bundle::default();
    let title = plain_title(cx, &link, is_new || form != Form::Plain).await?;
    let place = bundle.change(link.part(&form, title));
    match bundle.send(cx).await? {
        None => {}
        Some((_, declined)) if form.is_declined(&declined) => {
            let title = plain_title(cx, &link, is_new).await?;
            bundle.replace(place, link.part(&Form::Plain, title));
            if let Some((_, failure)) = bundle.send(cx).await? {
                return Err(failure);
            }
            cx.warn(form.left(url, &declined));
            form = Form::Plain;
        }
        Some((_, failure)) => return Err(failure),
    }
    let made = bundle.made(place)?;
    let none = || Failure::Malformed("the answer has no attachment".to_owned());
    Ok((made.ok_or_else(none)?, form))
}

/// The title of the link as a plain one: the one that is given, else the one that it has on the issue, which is looked
/// up unless there is none.
async fn plain_title(cx: &Cx<'_>, link: &Link, is_new: bool) -> Result<Option<String>, Failure> {
    if link.title.is_some() || is_new {
        return Ok(link.title.clone());
    }
    let part = Part::of::<IssueAttachments>(issue_attachments::Variables {
        id: link.issue_id.clone(),
        filter: Some(Filter::eq("url", link.url.as_str())),
    });
    let mut answers = cx.send(&[part], Repeat::Always).await?;
    let found = answers.take::<IssueAttachments>(0)?.issue.attachments;
    Ok(found.nodes.into_iter().next().map(|known| known.title))
}

/// A link on its way to an issue.
#[derive(Clone, Debug)]
pub(super) struct Link {
    id: String,
    issue_id: String,
    title: Option<String>,
    /// Its address.
    pub(super) url: String,
}

/// The request for a mutation that takes a link's parts, and others where it has them.
macro_rules! rich {
    ($link:ident, $document:ident, $module:ident $(, $name:ident: $value:expr)*) => {
        Part::of::<$document>($module::Variables {
            id: Some($link.id.clone()),
            issue_id: $link.issue_id.clone(),
            title: $link.title.clone(),
            url: $link.url.clone(),
            $($name: $value,)*
        })
    };
}

impl Link {
    /// A link that is to hang on the issue with that UUID or identifier.
    pub(super) fn new(cx: &Cx<'_>, issue: &str, url: &str, title: Option<&str>) -> Self {
        Self {
            id: cx.session.clock.new_id(),
            issue_id: issue.to_owned(),
            title: title.map(str::to_owned),
            url: url.to_owned(),
        }
    }

    /// The request that attaches it in that form, an upsert on its address. As a plain one it has that title, else the
    /// address stands for it; for a rich one Linear finds one where none was given.
    pub(super) fn part(&self, form: &Form, title: Option<String>) -> Part {
        match form {
            Form::Plain => {
                let input = AttachmentCreateInput {
                    id: self.id.clone(),
                    issue_id: self.issue_id.clone(),
                    title: title.unwrap_or_else(|| self.url.clone()),
                    url: self.url.clone(),
                };
                Part::of::<AttachmentCreate>(attachment_create::Variables { input })
            }
            Form::PullRequest => {
                rich!(
                    self,
                    AttachmentLinkPullRequest,
                    attachment_link_pull_request
                )
            }
            Form::GithubIssue => {
                rich!(
                    self,
                    AttachmentLinkGithubIssue,
                    attachment_link_github_issue
                )
            }
            Form::MergeRequest { project, number } => rich!(
                self,
                AttachmentLinkMergeRequest,
                attachment_link_merge_request,
                project: project.clone(),
                number: f64::from(*number)
            ),
            Form::SlackMessage => rich!(self, AttachmentLinkSlack, attachment_link_slack),
        }
    }

    /// As [`Self::part`] for a plain link on a new issue.
    pub(super) fn plain(&self) -> Part {
        self.part(&Form::Plain, self.title.clone())
    }
}

//! Attachments: links on an issue.

mod form;
pub mod link;

pub(super) use self::form::Form;
use super::write::{WriteSet, Written};
use crate::linear::client::{Lookup, RetryPolicy};
use crate::linear::compose::Part;
use crate::linear::documents::{
    AttachmentCreate, AttachmentLinkGithubIssue, AttachmentLinkMergeRequest,
    AttachmentLinkPullRequest, AttachmentLinkSlack, Attachments, IssueAttachments, Listing as _,
    attachment_create, attachment_link_github_issue, attachment_link_merge_request,
    attachment_link_pull_request, attachment_link_slack, issue_attachments,
};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::model::Attachment;
use crate::linear::scalars::AttachmentCreateInput;
use crate::session::Context;

/// Attaches a link to an issue, which is given by its UUID or identifier, in the richest form that the URL allows. An
/// attachment with the same URL that the issue already has is updated (`linear/api.md` §1.2). Where Linear refuses the
/// rich form because the workspace does not have the integration, the link is attached as a plain link, with a warning.
///
/// Without a `title`, Linear chooses the title of a rich form. A plain link keeps the title that it has on the issue,
/// which is read first; a new plain link shows its URL.
///
/// # Errors
/// The [`Failure`] of the write of the plain link, or of a request that was not answered.
pub(super) async fn attach(
    cx: &Context<'_>,
    issue: &str,
    url: &str,
    title: Option<&str>,
) -> Result<Written<(Attachment, Form)>, Failure> {
    let link = Link::new(cx, issue, url, title);
    let mut form = Form::of(url);
    let mut writes = WriteSet::default();
    let first_title = match form {
        Form::Plain => plain_title(cx, &link).await?,
        _ => link.title.clone(),
    };
    let place = writes.attach(None, link.attaching(&form, first_title, false));
    match writes.submit(cx).await? {
        None => {}
        Some((_, refusal)) if form.is_declined(&refusal) => {
            // After a refusal, the write engine searched the issue for the URL. It found no attachment, so there is no
            // title that could be kept.
            let plain_title = match &refusal {
                Failure::Refused(_) => link.title.clone(),
                _ => plain_title(cx, &link).await?,
            };
            writes.attach_instead(place, link.attaching(&Form::Plain, plain_title, false));
            if let Some((_, failure)) = writes.submit(cx).await? {
                return Err(failure);
            }
            cx.warn(form.left(url, &refusal));
            form = Form::Plain;
        }
        Some((_, failure)) => return Err(failure),
    }
    Ok(match writes.entity::<Attachment>(place) {
        Some(attachment) => {
            let kept_title = attachment.title.as_str();
            if title.is_some_and(|title| title != kept_title) {
                cx.warn(format!(
                    "'{url}' was linked already; it keeps its title '{kept_title}'"
                ));
            }
            let form = form.kept_as(&attachment);
            Written::Entity((attachment, form))
        }
        None => Written::Unread,
    })
}

/// Returns the title that the link gets as a plain link: the given title, or else the title that the attachment with
/// this URL already has on the issue; `None` where there is neither.
///
/// # Errors
/// The [`Failure`] of the request.
async fn plain_title(cx: &Context<'_>, link: &Link) -> Result<Option<String>, Failure> {
    if link.title.is_some() {
        return Ok(link.title.clone());
    }
    let mut answers = cx.send(&[link.query()], RetryPolicy::Idempotent).await?;
    let attachments = answers.take::<IssueAttachments>(0)?.issue.attachments.nodes;
    Ok(attachments
        .into_iter()
        .next()
        .map(|existing| existing.title))
}

/// A link that is to be attached to an issue.
#[derive(Clone, Debug)]
pub(super) struct Link {
    /// The UUID that the attachment gets where Linear creates a new one.
    id: String,
    issue_id: String,
    title: Option<String>,
    /// The URL that the link leads to.
    pub(super) url: String,
}

/// Builds the mutation that attaches a link in a rich form. All these mutations take the fields of the link; some take
/// further variables, given as `name: value`.
macro_rules! rich_mutation {
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
    /// Returns a link that is to be attached to the issue with that UUID or identifier.
    pub(super) fn new(cx: &Context<'_>, issue: &str, url: &str, title: Option<&str>) -> Self {
        Self {
            id: cx.session.clock.new_id(),
            issue_id: issue.to_owned(),
            title: title.map(str::to_owned),
            url: url.to_owned(),
        }
    }

    /// Returns the query for the issue's attachment with this URL.
    fn query(&self) -> Part {
        Part::of::<IssueAttachments>(self.variables())
    }

    /// Returns the variables of the query for the issue's attachment with this URL.
    pub(super) fn variables(&self) -> issue_attachments::Variables {
        issue_attachments::Variables {
            id: self.issue_id.clone(),
            filter: Some(Filter::eq("url", self.url.as_str())),
        }
    }

    /// Returns the mutation that attaches the link in that form, and the look-up that shows whether it was executed.
    ///
    /// A plain link gets the `title`, or else shows its URL; it replaces an attachment with the same URL. For a rich
    /// form, Linear chooses a title where none was given, and refuses a URL that is already attached. The look-up
    /// searches the issue for the URL. Only for a plain link on an issue that `is_new`, it searches for the id of the
    /// attachment instead.
    pub(super) fn attaching(
        &self,
        form: &Form,
        title: Option<String>,
        is_new: bool,
    ) -> (Part, Lookup) {
        let lookup = match form {
            // A query for the attachments of the issue fails where the new issue itself was not created.
            Form::Plain if is_new => Lookup::created(
                &self.id,
                Attachments::one(Filter::eq("id", self.id.as_str())),
            ),
            _ => {
                let is_refused_when_attached = *form != Form::Plain;
                let set_title = title.clone().filter(|_| !is_refused_when_attached);
                Lookup::attached(set_title, is_refused_when_attached, self.query())
                    .finding(|issue| issue.pointer("/attachments/nodes/0").cloned())
            }
        };
        let mutation = match form {
            Form::Plain => {
                let input = AttachmentCreateInput {
                    id: self.id.clone(),
                    issue_id: self.issue_id.clone(),
                    title: title.unwrap_or_else(|| self.url.clone()),
                    url: self.url.clone(),
                };
                Part::of::<AttachmentCreate>(attachment_create::Variables { input })
            }
            Form::PullRequest => rich_mutation!(
                self,
                AttachmentLinkPullRequest,
                attachment_link_pull_request
            ),
            Form::GithubIssue => rich_mutation!(
                self,
                AttachmentLinkGithubIssue,
                attachment_link_github_issue
            ),
            Form::MergeRequest { project, number } => rich_mutation!(
                self,
                AttachmentLinkMergeRequest,
                attachment_link_merge_request,
                project: project.clone(),
                number: f64::from(*number)
            ),
            Form::SlackMessage => rich_mutation!(self, AttachmentLinkSlack, attachment_link_slack),
        };
        (mutation, lookup)
    }

    /// Returns the mutation that attaches a plain link to a new issue, and its look-up, as [`Self::attaching`] does.
    pub(super) fn plain(&self) -> (Part, Lookup) {
        self.attaching(&Form::Plain, self.title.clone(), true)
    }
}

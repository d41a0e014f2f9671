//! Attachments: links that hang on an issue.

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

/// Attaches a link to an issue, which goes by its UUID or identifier, in the richest form that its address allows; the
/// one with that URL is brought up to date, where the issue has one already (`linear/api.md` §1.2). Where Linear
/// declines the rich form, for want of the integration, the link is attached as a plain one, with a warning. Without a
/// title, Linear finds one for a rich form; a plain one keeps the title that it has on the issue, which is looked up,
/// and else the address stands for it.
///
/// # Errors
/// What Linear said of the plain form, or what became of the request.
pub(super) async fn attach(
    cx: &Context<'_>,
    issue: &str,
    url: &str,
    title: Option<&str>,
) -> Result<Written<(Attachment, Form)>, Failure> {
    let link = Link::new(cx, issue, url, title);
    let title_given = title;
    let mut form = Form::of(url);
    let mut writes = WriteSet::default();
    let title = match form {
        Form::Plain => plain_title(cx, &link).await?,
        _ => link.title.clone(),
    };
    let place = writes.attach(None, link.attaching(&form, title, false));
    match writes.submit(cx).await? {
        None => {}
        // The URL is not there yet, for it has been looked up.
        Some((_, declined)) if form.is_declined(&declined) => {
            let title = match &declined {
                Failure::Refused(_) => link.title.clone(),
                _ => plain_title(cx, &link).await?,
            };
            writes.attach_instead(place, link.attaching(&Form::Plain, title, false));
            if let Some((_, failure)) = writes.submit(cx).await? {
                return Err(failure);
            }
            cx.warn(form.left(url, &declined));
            form = Form::Plain;
        }
        Some((_, failure)) => return Err(failure),
    }
    Ok(match writes.entity::<Attachment>(place) {
        Some(attachment) => {
            let kept = attachment.title.as_str();
            if title_given.is_some_and(|title| title != kept) {
                cx.warn(format!(
                    "'{url}' was linked already; it keeps its title '{kept}'"
                ));
            }
            let form = form.kept_as(&attachment);
            Written::Entity((attachment, form))
        }
        None => Written::Unread,
    })
}

/// The title of the link as a plain one: the one that is given, else the one that it has on the issue.
async fn plain_title(cx: &Context<'_>, link: &Link) -> Result<Option<String>, Failure> {
    if link.title.is_some() {
        return Ok(link.title.clone());
    }
    let mut answers = cx.send(&[link.query()], RetryPolicy::Idempotent).await?;
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
    pub(super) fn new(cx: &Context<'_>, issue: &str, url: &str, title: Option<&str>) -> Self {
        Self {
            id: cx.session.clock.new_id(),
            issue_id: issue.to_owned(),
            title: title.map(str::to_owned),
            url: url.to_owned(),
        }
    }

    /// The issue's attachment with this URL.
    fn query(&self) -> Part {
        Part::of::<IssueAttachments>(issue_attachments::Variables {
            id: self.issue_id.clone(),
            filter: Some(Filter::eq("url", self.url.as_str())),
        })
    }

    /// What attaches it in that form, and how that is looked up: by the URL, but a plain link on an issue that `is_new` by
    /// the attachment's id. As a plain link it has that title, else the URL stands for it, and it replaces what is there; for a rich
    /// form Linear finds a title where none was given, and refuses it where the URL is attached already.
    pub(super) fn attaching(
        &self,
        form: &Form,
        title: Option<String>,
        is_new: bool,
    ) -> (Part, Lookup) {
        let lookup = match form {
            // A new issue has no other attachment of that id, and may not be there itself.
            Form::Plain if is_new => Lookup::created(
                &self.id,
                Attachments::one(Filter::eq("id", self.id.as_str())),
            ),
            _ => {
                let refused_when_there = *form != Form::Plain;
                let set = title.clone().filter(|_| !refused_when_there);
                Lookup::attached(set, refused_when_there, self.query())
                    .finding(|issue| issue.pointer("/attachments/nodes/0").cloned())
            }
        };
        (self.part(form, title), lookup)
    }

    /// The request that attaches it in that form, an upsert on its address. As a plain one it has that title, else the
    /// address stands for it; for a rich one Linear finds one where none was given.
    fn part(&self, form: &Form, title: Option<String>) -> Part {
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

    /// As [`Self::attaching`] for a plain link on a new issue.
    pub(super) fn plain(&self) -> (Part, Lookup) {
        self.attaching(&Form::Plain, self.title.clone(), true)
    }
}

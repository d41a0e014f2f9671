//! The links that `create_issue` and `update_issue` attach to an issue, in the same request as the issue itself. A link
//! that cannot be attached becomes a warning.

use super::why_not_done;
use crate::error::Code;
use crate::linear::documents::IssueAttachments;
use crate::linear::failure::Failure;
use crate::linear::model::{Attachment, Connection};
use crate::operations::attachment::{Form, Link};
use crate::operations::reads::{ReadRequest, Slot};
use crate::operations::write::WriteSet;
use crate::params;
use crate::session::Context;

/// The writes that attach links to one issue.
#[derive(Debug, Default)]
pub(super) struct LinkWrites(Vec<LinkWrite>);

/// The write that attaches one link.
#[derive(Debug)]
struct LinkWrite {
    link: Link,
    /// The title that the request gives to the link.
    title: Option<String>,
    /// The form of attachment that the address calls for, such as a pull request.
    form: Form,
    /// The place of the mutation among the writes; `None` for a link that the issue already has.
    place: Option<usize>,
    /// Whether the issue is created by the same writes.
    is_new_issue: bool,
    /// Whether the issue has the link already, and the write gives it another title.
    is_renamed: bool,
    /// The failure with which Linear rejected `form`; the link is then sent as a plain one.
    form_rejection: Option<Failure>,
    /// The failure with which Linear rejected the link.
    failure: Option<Failure>,
}

impl LinkWrites {
    /// Adds the links of a new issue to the writes. `issue` is the id of the issue, which the write at `issue_place`
    /// creates.
    pub(super) fn of_new_issue(
        cx: &Context<'_>,
        (issue, issue_place): (&str, usize),
        links: &[params::Link],
        writes: &mut WriteSet,
    ) -> Self {
        let plan = |link: &params::Link| {
            let mut write = LinkWrite::new(cx, issue, link, true);
            let mutation = match write.form {
                Form::Plain => write.link.plain(),
                _ => write.link.attaching(&write.form, None, true),
            };
            write.place = Some(writes.attach(Some(issue_place), mutation));
            write
        };
        Self(links.iter().map(plan).collect())
    }

    /// Adds to a read of an existing issue, given by its UUID or identifier, a read of the attachment with the URL of
    /// each link.
    pub(super) fn ask(
        cx: &Context<'_>,
        issue: &str,
        links: &[params::Link],
        request: &mut ReadRequest,
    ) -> Vec<Slot<IssueAttachments>> {
        let query = |link: &params::Link| {
            let link = Link::new(cx, issue, link.url.as_str(), None);
            request.add::<IssueAttachments>(link.variables())
        };
        links.iter().map(query).collect()
    }

    /// Adds the links of an existing issue to the writes, each with the attachment that the issue has under the same URL
    /// (`attached`). A link that is already attached is not attached again; a plain one gets the new title. `after` is
    /// the write behind which the links are to be attached.
    pub(super) fn of_issue(
        cx: &Context<'_>,
        issue: &str,
        links: Vec<(&params::Link, Option<Attachment>)>,
        after: Option<usize>,
        writes: &mut WriteSet,
    ) -> Self {
        let plan = |(given, attached): (&params::Link, Option<Attachment>)| {
            let mut write = LinkWrite::new(cx, issue, given, false);
            let url = given.url.as_str();
            if let Some(attached) = attached {
                let kept = attached.title.as_str();
                let title = given.title.as_deref().filter(|title| *title != kept);
                let is_plain = write.form.clone().kept_as(&attached) == Form::Plain;
                let Some(title) = title else {
                    cx.step(format!("attach_link: {url} (already attached)"));
                    return write;
                };
                if !is_plain {
                    cx.warn(format!(
                        "'{url}' was linked already; it keeps its title '{kept}'"
                    ));
                    return write;
                }
                write.form = Form::Plain;
                write.is_renamed = true;
                let mutation = write
                    .link
                    .attaching(&Form::Plain, Some(title.to_owned()), false);
                write.place = Some(writes.attach(after, mutation));
            } else {
                let mutation = write
                    .link
                    .attaching(&write.form, write.title.clone(), false);
                write.place = Some(writes.attach(after, mutation));
            }
            if let Some(place) = write.place {
                writes.may_be_refused(place);
            }
            write
        };
        Self(links.into_iter().map(plan).collect())
    }

    /// Notes that Linear rejected the write at `place`. If the rejection is about the form, because the workspace lacks
    /// the integration, the link is sent once more as a plain one. Returns whether the write is one of these.
    pub(super) fn handle_rejection(
        &mut self,
        writes: &mut WriteSet,
        place: usize,
        failure: &Failure,
    ) -> bool {
        let mut links = self.0.iter_mut();
        let Some(link) = links.find(|link| link.place == Some(place)) else {
            return false;
        };
        if link.form.is_declined(failure) && link.form_rejection.is_none() {
            let plain = match link.is_new_issue {
                true => link.link.plain(),
                false => link.link.attaching(&Form::Plain, link.title.clone(), false),
            };
            writes.attach_instead(place, plain);
            link.form_rejection = Some(failure.clone());
        } else {
            link.failure = Some(failure.clone());
        }
        true
    }

    /// Returns the places of the writes.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> {
        self.0.iter().filter_map(|link| link.place)
    }

    /// Returns the line for the links that were attached, such as `links: +https://example.com`, or that got another
    /// title; `None` where there are none.
    pub(super) fn changes(&self, writes: &WriteSet) -> Option<String> {
        let done = self.0.iter();
        let done = done.filter(|link| link.place.is_some_and(|place| writes.is_done(place)));
        let words: Vec<String> = done
            .map(|link| match link.is_renamed {
                true => format!("{} (title)", link.link.url),
                false => format!("+{}", link.link.url),
            })
            .collect();
        (!words.is_empty()).then(|| format!("links: {}", words.join(" ")))
    }

    /// Returns the attachments that were created, and warns of each link that is not attached, or that is attached in
    /// another form. `last_failure` is the failure after which no more writes were sent.
    pub(super) fn report(
        &self,
        cx: &Context<'_>,
        writes: &WriteSet,
        last_failure: Option<&Failure>,
    ) -> Option<Connection<Attachment>> {
        self.places().next()?;
        let mut attachments = Connection::default();
        for link in &self.0 {
            let Some(place) = link.place else { continue };
            let url = &link.link.url;
            let is_done = writes.is_done(place);
            cx.part(is_done);
            if !is_done {
                let failure = link.failure.as_ref().or(last_failure);
                let words = (Code::AttachmentCreationFailed, "attach", "attached");
                if let Some(reason) = why_not_done(writes, place, failure, words) {
                    cx.warn(format!("link '{url}' {reason}"));
                }
                continue;
            }
            if let Some(rejection) = &link.form_rejection {
                cx.warn(link.form.left(url, rejection));
            }
            match writes.entity(place) {
                Some(attachment) => attachments.nodes.push(attachment),
                None => cx.warn(format!(
                    "link '{url}' is attached; Linear could not show it"
                )),
            }
        }
        cx.step(format!("attach_links: {}", attachments.nodes.len()));
        Some(attachments)
    }
}

impl LinkWrite {
    /// Returns the link in the form that its URL calls for, without a place among the writes.
    fn new(cx: &Context<'_>, issue: &str, link: &params::Link, is_new_issue: bool) -> Self {
        let url = link.url.as_str();
        Self {
            link: Link::new(cx, issue, url, link.title.as_deref()),
            title: link.title.clone(),
            form: Form::of(url),
            place: None,
            is_new_issue,
            is_renamed: false,
            form_rejection: None,
            failure: None,
        }
    }
}

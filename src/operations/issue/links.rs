//! The links of a new issue: in the same request as the issue, each with its own outcome.

use super::labels::told;
use crate::error::Code;
use crate::linear::failure::Failure;
use crate::linear::model::{Attachment, Connection};
use crate::operations::attachment::{Form, Link};
use crate::operations::write::WriteSet;
use crate::params;
use crate::session::Context;

/// Links that are attached with the issue.
#[derive(Debug)]
pub(super) struct Links(Vec<Attaching>);

#[derive(Debug)]
struct Attaching {
    link: Link,
    form: Form,
    place: usize,
    /// Why Linear declined the form that its address deserves.
    left: Option<Failure>,
    /// Why it is not attached.
    failure: Option<Failure>,
}

impl Links {
    /// Adds the links to the writes, for the issue with that id, which the write at that place creates.
    pub(super) fn plan(
        cx: &Context<'_>,
        (issue, place): (&str, usize),
        links: &[params::Link],
        writes: &mut WriteSet,
    ) -> Self {
        let attaching = links.iter().map(|link| {
            let url = link.url.as_str();
            let form = Form::of(url);
            let link = Link::new(cx, issue, url, link.title.as_deref());
            let attaching = match form {
                Form::Plain => link.plain(),
                _ => link.attaching(&form, None, true),
            };
            Attaching {
                place: writes.attach(Some(place), attaching),
                link,
                form,
                left: None,
                failure: None,
            }
        });
        Self(attaching.collect())
    }

    /// Sees to a write that Linear declined, if it is one of these: where it is the form that is declined, for want of
    /// the integration, the link goes as a plain one.
    pub(super) fn declined(&mut self, writes: &mut WriteSet, place: usize, failure: &Failure) {
        let Some(attaching) = self.0.iter_mut().find(|of| of.place == place) else {
            return;
        };
        if attaching.form.is_declined(failure) && attaching.left.is_none() {
            writes.attach_instead(place, attaching.link.plain());
            attaching.left = Some(failure.clone());
        } else {
            attaching.failure = Some(failure.clone());
        }
    }

    /// The attachments that were made, and a warning for each that was not, or not in its form. `ended` is the failure
    /// that ended it before all was sent.
    pub(super) fn report(
        self,
        cx: &Context<'_>,
        writes: &WriteSet,
        ended: Option<&Failure>,
    ) -> Option<Connection<Attachment>> {
        if self.0.is_empty() {
            return None;
        }
        let mut made = Connection::default();
        for of in self.0 {
            let url = &of.link.url;
            let is_done = writes.is_done(of.place);
            cx.part(is_done);
            if !is_done {
                let unknown = writes.unknown(of.place);
                if let Some(failure) = unknown.or(of.failure.as_ref()).or(ended) {
                    warn(cx, url, unknown.is_some(), failure);
                }
                continue;
            }
            if let Some(left) = &of.left {
                cx.warn(of.form.left(url, left));
            }
            match writes.entity(of.place) {
                Some(attachment) => made.nodes.push(attachment),
                None => cx.warn(format!(
                    "link '{url}' is attached; Linear could not show it"
                )),
            }
        }
        cx.step(format!("attach_links: {}", made.nodes.len()));
        Some(made)
    }
}

/// Warns of a link that is not attached, or of which that is `open`.
fn warn(cx: &Context<'_>, url: &str, open: bool, failure: &Failure) {
    let verb = if open {
        "may not be attached, the answer was lost"
    } else {
        "not attached"
    };
    let error = failure
        .clone()
        .into_write_error(Code::AttachmentCreationFailed, "attach it", "");
    cx.warn(format!("link '{url}' {verb}: {}", told(&error)));
}

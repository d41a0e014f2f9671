//! The operation `link_url`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::attach;
use crate::error::{Code, Error};
use crate::linear::failure::Failure;
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::issue;
use crate::operations::view::{View, entity};
use crate::operations::write::{self, Written};
use crate::params::{Detail, Identifier, Title, Url};
use crate::resolve::issue::IssueRef;
use crate::session::Context;

/// The operation `link_url`.
#[derive(Debug)]
pub struct LinkUrl;

/// Attach a link to an issue, once per URL.
///
/// A GitHub pull request or issue, a GitLab merge request and a Slack message are attached as such (`form`) where the
/// workspace has the integration.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Issue identifier, id or URL.
    issue_id: Identifier,
    /// Absolute URL.
    url: Url,
    /// What to show. Default: what Linear finds, or the URL.
    title: Option<Title>,
}

impl Operation for LinkUrl {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "link_url",
        title: "Link URL",
        effect: Effect::Ensure,
        subject: Some("issue_id"),
        aliases: &["attach_url", "attach_link", "add_link"],
        shared: &[CommonParam::Detail, CommonParam::Fields],
        touches: Touches::Additions,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let issue = IssueRef::parse("issue_id", params.issue_id.as_str())?;
        let url = params.url.as_str();
        let title = params.title.as_ref().map(Title::as_str);
        let _lock = cx.turn_to_add(&issue.id()).await?;
        let (attachment, form) = match attach(cx, &issue.id(), url, title).await {
            Ok(Written::Entity(attached)) => attached,
            Ok(Written::Unread) => {
                let see = format!("call get_issue {}", issue.id());
                return Ok(write::unread(cx, &[("url", url)], &see));
            }
            Err(Failure::Refused(_)) if issue::is_missing(cx, &issue).await => {
                return Err(issue.not_found());
            }
            Err(failure) => {
                let name = issue.id();
                return Err(failure.into_write_error(
                    Code::AttachmentCreationFailed,
                    &format!("attach '{url}' to issue '{name}'"),
                    &format!("Call get_issue {name} to see whether it is attached"),
                ));
            }
        };
        cx.step(format!("link_url: {}", issue.id()));
        Ok(entity(cx, Detail::Standard, &[], |level| {
            View::new(level)
                .standard("id", attachment.id.as_str())
                .brief("title", attachment.title.as_str())
                .standard("subtitle", attachment.subtitle.clone())
                .brief("url", attachment.url.as_str())
                .brief("form", form.word())
        }))
    }
}

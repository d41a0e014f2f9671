//! `delete_issue`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::shelf::{self, Shelving};
use crate::error::Error;
use crate::linear::client::Expected;
use crate::linear::compose::Part;
use crate::linear::documents::{IssueDelete, issue_delete};
use crate::operation::{Effect, Operation, Shared, Spec, Touches};
use crate::params::Identifier;
use crate::resolve::issue::IssueRef;
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct DeleteIssue;

/// Delete an issue: it goes to the trash, from which unarchive_issue brings it back until Linear deletes it for good,
/// after 30 days (`kept_until`). Refused unless the server allows deletions.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Issue identifier, id or URL.
    issue_id: Identifier,
}

/// How long Linear keeps what is in the trash (`linear/api.md` §1.2).
const KEPT_MS: i64 = 30 * 24 * 3600 * 1000;

impl Operation for DeleteIssue {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "delete_issue",
        title: "Delete issue",
        effect: Effect::Delete,
        subject: Some("issue_id"),
        aliases: &["trash_issue", "remove_issue"],
        shared: &[Shared::Detail, Shared::Fields],
        touches: Touches::Whole,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let issue = IssueRef::parse("issue_id", params.issue_id.as_str())?;
        let to = Shelving {
            name: Self::SPEC.name,
            verb: "delete",
            is_done: |issue| issue.trashed == Some(true),
            expected: Expected::True("trashed"),
            already: "nothing changed: the issue was in the trash already",
            part: |id| Part::of::<IssueDelete>(issue_delete::Variables { id }),
        };
        let (issue, trashed_now) = shelf::put::<IssueDelete>(cx, &issue, &to).await?;
        // When an issue came into the trash, Linear does not tell.
        let until = jiff::Timestamp::from_millisecond(cx.session.clock.now_ms() + KEPT_MS);
        let until = until.map(|end| end.strftime("%Y-%m-%d").to_string());
        let until = until.ok().filter(|_| trashed_now);
        Ok(shelf::shown(cx, &issue, until.as_deref()))
    }
}

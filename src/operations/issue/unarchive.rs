//! `unarchive_issue`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::shelf::{self, Shelving};
use crate::error::Error;
use crate::linear::client::Expected;
use crate::linear::compose::Part;
use crate::linear::documents::{IssueUnarchive, issue_unarchive};
use crate::operation::{Effect, Operation, Shared, Spec, Touches};
use crate::params::Identifier;
use crate::resolve::issue::IssueRef;
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct UnarchiveIssue;

/// Bring an issue back from the archive or from the trash.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Issue identifier, id or URL.
    issue_id: Identifier,
}

impl Operation for UnarchiveIssue {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "unarchive_issue",
        title: "Unarchive issue",
        effect: Effect::Change,
        subject: Some("issue_id"),
        aliases: &["restore_issue"],
        shared: &[Shared::Detail, Shared::Fields],
        touches: Touches::Whole,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let issue = IssueRef::parse("issue_id", params.issue_id.as_str())?;
        let to = Shelving {
            name: Self::SPEC.name,
            verb: "unarchive",
            is_done: |issue| issue.archived_at.is_none(),
            expected: Expected::Absent("archivedAt"),
            already: "nothing changed: the issue is not archived",
            part: |id| Part::of::<IssueUnarchive>(issue_unarchive::Variables { id }),
        };
        let (issue, _) = shelf::put::<IssueUnarchive>(cx, &issue, &to).await?;
        Ok(shelf::shown(cx, &issue, None))
    }
}

//! `archive_issue`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::shelf::{self, Shelving};
use crate::error::Error;
use crate::linear::client::Expected;
use crate::linear::compose::Part;
use crate::linear::documents::{IssueArchive, issue_archive};
use crate::operation::{Effect, Operation, Shared, Spec, Touches};
use crate::params::Identifier;
use crate::resolve::issue::IssueRef;
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct ArchiveIssue;

/// Archive an issue: it leaves all lists, and unarchive_issue brings it back.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Issue identifier, id or URL.
    issue_id: Identifier,
}

impl Operation for ArchiveIssue {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "archive_issue",
        title: "Archive issue",
        effect: Effect::Change,
        subject: Some("issue_id"),
        aliases: &[],
        shared: &[Shared::Detail, Shared::Fields],
        touches: Touches::Whole,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let issue = IssueRef::parse("issue_id", params.issue_id.as_str())?;
        let to = Shelving {
            name: Self::SPEC.name,
            verb: "archive",
            is_done: |issue| issue.archived_at.is_some(),
            expected: Expected::Present("archivedAt"),
            already: "nothing changed: the issue was archived already",
            part: |id| Part::of::<IssueArchive>(issue_archive::Variables { id }),
        };
        let (issue, _) = shelf::put::<IssueArchive>(cx, &issue, &to).await?;
        Ok(shelf::shown(cx, &issue, None))
    }
}

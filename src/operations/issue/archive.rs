//! `archive_issue`, `unarchive_issue` and `delete_issue`: the three operations that move an issue into the archive,
//! into the trash, or back.
//!
//! Each reads the issue first, because the mutations accept only its UUID (`linear/api.md` §1.2), and because an issue
//! that is already where the operation would move it needs no mutation. The `success` in Linear's response proves
//! nothing here (`linear/api.md` §6), so the operation checks the state of the issue in the response.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::error::{Code, Error};
use crate::linear::client::Expected;
use crate::linear::compose::Part;
use crate::linear::documents::{
    IssueArchive, IssueDelete, IssueShelf, IssueUnarchive, Mutation, issue_archive, issue_delete,
    issue_shelf, issue_unarchive,
};
use crate::linear::failure::{Failure, Refusal};
use crate::linear::model;
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::view::{self, View, moment_if};
use crate::operations::write::Written;
use crate::operations::{reads, write};
use crate::params::{Detail, Identifier};
use crate::resolve::issue::IssueRef;
use crate::session::Context;

/// The `archive_issue` operation.
#[derive(Debug)]
pub struct ArchiveIssue;

/// Archive an issue: it leaves all lists, and unarchive_issue brings it back.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ArchiveParams {
    /// Issue identifier, id or URL.
    issue_id: Identifier,
}

impl Operation for ArchiveIssue {
    type Params = ArchiveParams;
    const SPEC: Spec = Spec {
        name: "archive_issue",
        title: "Archive issue",
        effect: Effect::Change,
        subject: Some("issue_id"),
        aliases: &[],
        shared: &[CommonParam::Detail, CommonParam::Fields],
        touches: Touches::Whole,
    };

    async fn run(params: ArchiveParams, cx: &Context<'_>) -> Result<Value, Error> {
        let issue = IssueRef::parse("issue_id", params.issue_id.as_str())?;
        let archiving = Move {
            operation: Self::SPEC.name,
            verb: "archive",
            is_done: |issue| issue.archived_at.is_some(),
            expected: Expected::Present("archivedAt"),
            already: "nothing changed: the issue was archived already",
            mutation: |id| Part::of::<IssueArchive>(issue_archive::Variables { id }),
        };
        let (issue, _) = move_issue::<IssueArchive>(cx, &issue, &archiving).await?;
        Ok(data(cx, &issue, None))
    }
}

/// The `unarchive_issue` operation.
#[derive(Debug)]
pub struct UnarchiveIssue;

/// Bring an issue back from the archive or from the trash.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct UnarchiveParams {
    /// Issue identifier, id or URL.
    issue_id: Identifier,
}

impl Operation for UnarchiveIssue {
    type Params = UnarchiveParams;
    const SPEC: Spec = Spec {
        name: "unarchive_issue",
        title: "Unarchive issue",
        effect: Effect::Change,
        subject: Some("issue_id"),
        aliases: &["restore_issue"],
        shared: &[CommonParam::Detail, CommonParam::Fields],
        touches: Touches::Whole,
    };

    async fn run(params: UnarchiveParams, cx: &Context<'_>) -> Result<Value, Error> {
        let issue = IssueRef::parse("issue_id", params.issue_id.as_str())?;
        let unarchiving = Move {
            operation: Self::SPEC.name,
            verb: "unarchive",
            is_done: |issue| issue.archived_at.is_none(),
            expected: Expected::Absent("archivedAt"),
            already: "nothing changed: the issue is not archived",
            mutation: |id| Part::of::<IssueUnarchive>(issue_unarchive::Variables { id }),
        };
        let (issue, _) = move_issue::<IssueUnarchive>(cx, &issue, &unarchiving).await?;
        Ok(data(cx, &issue, None))
    }
}

/// The `delete_issue` operation.
#[derive(Debug)]
pub struct DeleteIssue;

/// Delete an issue: it goes to the trash, from which unarchive_issue brings it back until Linear deletes it for good,
/// after 30 days (`kept_until`). Refused unless the server allows deletions.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct DeleteParams {
    /// Issue identifier, id or URL.
    issue_id: Identifier,
}

/// The time in milliseconds for which Linear keeps an issue in the trash (`linear/api.md` §1.2).
const KEPT_MS: i64 = 30 * 24 * 3600 * 1000;

impl Operation for DeleteIssue {
    type Params = DeleteParams;
    const SPEC: Spec = Spec {
        name: "delete_issue",
        title: "Delete issue",
        effect: Effect::Delete,
        subject: Some("issue_id"),
        aliases: &["trash_issue", "remove_issue"],
        shared: &[CommonParam::Detail, CommonParam::Fields],
        touches: Touches::Whole,
    };

    async fn run(params: DeleteParams, cx: &Context<'_>) -> Result<Value, Error> {
        let issue = IssueRef::parse("issue_id", params.issue_id.as_str())?;
        let deletion = Move {
            operation: Self::SPEC.name,
            verb: "delete",
            is_done: |issue| issue.trashed == Some(true),
            expected: Expected::True("trashed"),
            already: "nothing changed: the issue was in the trash already",
            mutation: |id| Part::of::<IssueDelete>(issue_delete::Variables { id }),
        };
        let (issue, trashed_now) = move_issue::<IssueDelete>(cx, &issue, &deletion).await?;
        // Linear does not tell when an issue was moved to the trash, so the day of its final deletion is known only for
        // an issue that this operation has just moved there.
        let kept_until = jiff::Timestamp::from_millisecond(cx.session.clock.now_ms() + KEPT_MS);
        let kept_until = kept_until.map(|end| end.strftime("%Y-%m-%d").to_string());
        let kept_until = kept_until.ok().filter(|_| trashed_now);
        Ok(data(cx, &issue, kept_until.as_deref()))
    }
}

/// A move of an issue into the archive, into the trash, or back from either.
struct Move {
    /// The name of the operation.
    operation: &'static str,
    /// The verb for the move in an error message: `archive`.
    verb: &'static str,
    /// Whether the issue is already where the move would bring it.
    is_done: fn(&model::IssueShelf) -> bool,
    /// The same condition, in the form that is checked to find out whether Linear made the move although the response
    /// was lost.
    expected: Expected,
    /// The warning for an issue that is already where the move would bring it.
    already: &'static str,
    /// Builds the mutation from the UUID of the issue.
    mutation: fn(id: String) -> Part,
}

/// Moves the issue. Returns the issue as it is now, and whether a mutation was necessary.
///
/// # Errors
/// ISSUE_NOT_FOUND, or ISSUE_UPDATE_FAILED with Linear's reason.
async fn move_issue<M>(
    cx: &Context<'_>,
    issue: &IssueRef,
    action: &Move,
) -> Result<(model::IssueShelf, bool), Error>
where
    M: Mutation<Made = model::IssueShelf>,
{
    let _lock = cx.lock_issue(&issue.id()).await?;
    let variables = issue_shelf::Variables { id: issue.id() };
    let before = reads::one::<IssueShelf>(cx, variables, issue.not_found()).await?;
    let before = before.issue;
    if (action.is_done)(&before) {
        cx.warn(action.already);
        return Ok((before, false));
    }
    let mutation = (action.mutation)(before.id.clone());
    let id = before.id.clone();
    let query = Part::of::<IssueShelf>(issue_shelf::Variables { id });
    let written = write::change::<M>(cx, mutation, query, action.expected).await;
    let after = match written {
        Ok(Written::Entity(after)) if (action.is_done)(&after) => Ok(after),
        Ok(Written::Entity(_)) => Err(Failure::Refused(Refusal {
            reason: "Linear answered that it was done, and the issue is where it was".to_owned(),
            ..Refusal::default()
        })),
        // Linear may leave the issue out of its response, as it does for a deleted one (`linear/api.md` §4).
        Ok(Written::Unread) => {
            cx.warn("it was done, but Linear could not answer with the issue; do not repeat it");
            Ok(before.clone())
        }
        Err(failure) => Err(failure),
    };
    let after = after.map_err(|failure| {
        let identifier = &before.identifier;
        failure.into_write_error(
            Code::IssueUpdateFailed,
            &format!("{} issue '{identifier}'", action.verb),
            &format!("Call get_issue {identifier} to see whether it is archived"),
        )
    })?;
    cx.step(format!("{}: {}", action.operation, after.identifier));
    Ok((after, true))
}

/// Returns the issue as the response shows it; `kept_until` is the day until which the issue can be brought back, if
/// this day is known.
fn data(cx: &Context<'_>, issue: &model::IssueShelf, kept_until: Option<&str>) -> Value {
    view::entity(cx, Detail::Standard, &[], |level| {
        View::new(level)
            .standard("id", issue.id.as_str())
            .brief("identifier", issue.identifier.as_str())
            .brief("title", issue.title.as_str())
            .brief(
                "archived_at",
                moment_if(issue.archived_at.as_deref(), level),
            )
            .brief("trashed", issue.trashed.filter(|trashed| *trashed))
            .brief("kept_until", kept_until)
    })
}

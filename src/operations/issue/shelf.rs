//! Archiving, bringing back and deleting: the issue is read first, because these take its UUID alone
//! (`linear/api.md` §1.2) and because what is there already need not be done. Linear's `success` proves nothing here
//! (`linear/api.md` §6), so what counts is the state of the issue in the answer.

use serde_json::Value;

use crate::error::{Code, Error};
use crate::linear::client::Expected;
use crate::linear::compose::Part;
use crate::linear::documents::{IssueShelf, Mutation, issue_shelf};
use crate::linear::failure::{Failure, Refusal};
use crate::linear::model;
use crate::operations::view::{self, View, moment_if};
use crate::operations::write::Written;
use crate::operations::{reads, write};
use crate::params::Detail;
use crate::resolve::issue::IssueRef;
use crate::session::Context;

/// Where an issue is to be put.
pub(super) struct Shelving {
    /// The operation's name.
    pub name: &'static str,
    /// What is done, for people: `archive`.
    pub verb: &'static str,
    /// Whether the issue is where it should be.
    pub is_done: fn(&model::IssueShelf) -> bool,
    /// The same, as the write engine reads it.
    pub expected: Expected,
    /// What is said when it was there before.
    pub already: &'static str,
    /// The mutation.
    pub part: fn(id: String) -> Part,
}

/// Puts the issue there. Answers what it is now, and whether anything had to be done.
///
/// # Errors
/// ISSUE_NOT_FOUND, or ISSUE_UPDATE_FAILED with Linear's reason.
pub(super) async fn put<M>(
    cx: &Context<'_>,
    issue: &IssueRef,
    to: &Shelving,
) -> Result<(model::IssueShelf, bool), Error>
where
    M: Mutation<Made = model::IssueShelf>,
{
    let _turn = cx.lock_issue(&issue.id()).await?;
    let variables = issue_shelf::Variables { id: issue.id() };
    let before = reads::one::<IssueShelf>(cx, variables, issue.not_found()).await?;
    let before = before.issue;
    if (to.is_done)(&before) {
        cx.warn(to.already);
        return Ok((before, false));
    }
    let part = (to.part)(before.id.clone());
    let id = before.id.clone();
    let query = Part::of::<IssueShelf>(issue_shelf::Variables { id });
    let written = write::change::<M>(cx, part, query, to.expected).await;
    // Linear may answer without the issue, as it does of one that is gone (`linear/api.md` §4).
    let after = match written {
        Ok(Written::Entity(after)) if (to.is_done)(&after) => Ok(after),
        Ok(Written::Entity(_)) => Err(Failure::Refused(Refusal {
            reason: "Linear answered that it was done, and the issue is where it was".to_owned(),
            ..Refusal::default()
        })),
        Ok(Written::Unread) => {
            cx.warn("it was done, but Linear could not answer with the issue; do not repeat it");
            Ok(before.clone())
        }
        Err(failure) => Err(failure),
    };
    let after = after.map_err(|failure| {
        let name = &before.identifier;
        failure.into_write_error(
            Code::IssueUpdateFailed,
            &format!("{} issue '{name}'", to.verb),
            &format!("Call get_issue {name} to see whether it is archived"),
        )
    })?;
    cx.step(format!("{}: {}", to.name, after.identifier));
    Ok((after, true))
}

/// The issue as it is shown, with the day until which it can be brought back where that is known.
pub(super) fn shown(
    cx: &Context<'_>,
    issue: &model::IssueShelf,
    kept_until: Option<&str>,
) -> Value {
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

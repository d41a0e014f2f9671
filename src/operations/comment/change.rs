//! The operations that change a comment: `update_comment`, `resolve_comment` and `delete_comment`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{not_found, parse_id, thread_of_refused, view};
use crate::error::{Code, Error};
use crate::linear::client::{Expected, Lookup};
use crate::linear::compose::Part;
use crate::linear::documents::{
    CommentDelete, CommentResolve, CommentUnresolve, CommentUpdate, Comments, Listing as _,
    comment_delete, comment_resolve, comment_unresolve,
};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::text_update::{self, TextUpdate};
use crate::operations::text_write::{SetsText as _, Subject};
use crate::operations::view::{View, entity};
use crate::operations::write::{self, Written};
use crate::operations::{changes, reads};
use crate::params::{
    Detail, Fingerprint, Flag, Identifier, Markdown, Patch, SeenTimestamp, TextEdits,
};
use crate::session::Context;

/// Returns the query for the comment with that id.
fn query(id: &str) -> Part {
    Comments::one(Filter::eq("id", id))
}

/// Returns the data of the answer where a change was executed, but Linear did not send the comment.
fn unread(cx: &Context<'_>, id: &str) -> Value {
    write::unread(cx, &[("id", id)], "call list_comments for its issue")
}

/// The operation `update_comment`.
#[derive(Debug)]
pub struct UpdateComment;

/// Replace the text of a comment, or edit it in place.
///
/// A `body` is set without reading the comment, unless it is guarded or protected.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct UpdateCommentParams {
    /// Comment id.
    comment_id: Identifier,
    /// Markdown; replaces the whole text.
    #[serde(default)]
    #[schemars(extend("null" = "refused"))]
    body: Patch<Markdown>,
    patch: Option<TextEdits>,
    /// `updated_at` as read; refused if the comment changed since.
    #[schemars(extend("unlisted" = true))]
    if_unchanged_since: Option<SeenTimestamp>,
    /// `text_sha256` as read; refused if the text changed since.
    #[schemars(extend("unlisted" = true))]
    expected_sha256: Option<Fingerprint>,
    /// true: refuse a `body` that unticks items or drops headings.
    #[schemars(extend("unlisted" = true))]
    protect: Option<Flag>,
}

impl Operation for UpdateComment {
    type Params = UpdateCommentParams;
    const SPEC: Spec = Spec {
        name: "update_comment",
        title: "Update comment",
        effect: Effect::Change,
        subject: Some("comment_id"),
        aliases: &["edit_comment"],
        shared: &[CommonParam::Detail, CommonParam::Fields],
        touches: Touches::NoIssue,
    };

    async fn run(params: Self::Params, cx: &Context<'_>) -> Result<Value, Error> {
        let id = parse_id("comment_id", &params.comment_id)?;
        let update = TextUpdate {
            param: "body",
            whole: &params.body,
            patch: params.patch.as_ref(),
            if_unchanged_since: params.if_unchanged_since,
            expected_sha256: params.expected_sha256.as_ref(),
            protect: params.protect,
        };
        update.check()?;
        if update.is_empty() {
            return Err(changes::none_given("the comment", "body or patch"));
        }
        let subject = Subject {
            id: id.clone(),
            noun: "comment",
            name: id.clone(),
            part: "body",
            look: "list_comments for its issue".to_owned(),
        };
        // The lock comes before the read, because the write is computed from what the read returns.
        let _lock = cx.turn_to_edit(&id).await?;
        let before = match update.needs_read() {
            true => {
                let comment = reads::by_id::<Comments>(cx, &id).await;
                let comment = comment.map_err(Failure::into_read_error)?;
                Some(comment.ok_or_else(|| not_found(&id))?)
            }
            false => None,
        };
        let stored = before.as_ref().map(CommentUpdate::text);
        let mut new_text = match &stored {
            Some(stored) => update.resolve(cx, &subject, stored)?,
            None => update.unread(),
        };
        if let Some(comment) = before.as_ref().filter(|_| new_text.text.is_absent()) {
            changes::report(cx, Vec::new(), "the comment had this text already");
            let mut data = entity(cx, Detail::Standard, &["body"], |level| {
                view(comment, level)
            });
            new_text.tell(&mut data, &CommentUpdate::text(comment));
            return Ok(data);
        }
        let mutation = CommentUpdate::set(&id, new_text.text.value().cloned());
        let written = text_update::send::<CommentUpdate>(cx, &id, mutation, update.probes()).await;
        let (mut comment, replaced) = match written {
            Ok((Written::Entity(comment), replaced)) => (comment, replaced),
            Ok((Written::Unread, _)) => return Ok(unread(cx, &id)),
            Err(failure) => {
                thread_of_refused(cx, &failure, &id).await?;
                return Err(failure.into_write_error(
                    Code::CommentUpdateFailed,
                    &format!("update comment '{id}'"),
                    "Call list_comments for its issue to see whether it was changed",
                ));
            }
        };
        let mut kept = CommentUpdate::text(&comment);
        if let Some(stored) = stored {
            let texts = (stored, replaced, kept);
            kept = update
                .finish::<CommentUpdate>(cx, &subject, texts, &mut new_text)
                .await?;
            comment.body = kept.text().to_owned();
        }
        let mut data = entity(cx, Detail::Standard, &["body"], |level| {
            view(&comment, level)
        });
        new_text.tell(&mut data, &kept);
        Ok(data)
    }
}

/// The operation `resolve_comment`.
#[derive(Debug)]
pub struct ResolveComment;

/// Resolve the thread that a comment begins, or open it again.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ResolveCommentParams {
    /// Id of the thread's first comment.
    comment_id: Identifier,
    /// `false` opens the thread again. Default: true.
    resolved: Option<Flag>,
}

impl Operation for ResolveComment {
    type Params = ResolveCommentParams;
    const SPEC: Spec = Spec {
        name: "resolve_comment",
        title: "Resolve comment",
        effect: Effect::Change,
        subject: Some("comment_id"),
        aliases: &["resolve_comment_thread"],
        shared: &[CommonParam::Detail, CommonParam::Fields],
        touches: Touches::NoIssue,
    };

    async fn run(params: Self::Params, cx: &Context<'_>) -> Result<Value, Error> {
        let id = parse_id("comment_id", &params.comment_id)?;
        let resolved = params.resolved.is_none_or(|Flag(on)| on);
        let _lock = cx.lock_issue(&id).await?;
        let written = if resolved {
            let part = Part::of::<CommentResolve>(comment_resolve::Variables { id: id.clone() });
            let expected = Expected::Present("resolvedAt");
            write::change::<CommentResolve>(cx, part, query(&id), expected).await
        } else {
            let part =
                Part::of::<CommentUnresolve>(comment_unresolve::Variables { id: id.clone() });
            let expected = Expected::Absent("resolvedAt");
            write::change::<CommentUnresolve>(cx, part, query(&id), expected).await
        };
        let comment = match written {
            Ok(Written::Entity(comment)) => comment,
            Ok(Written::Unread) => return Ok(unread(cx, &id)),
            Err(failure) => {
                let root = thread_of_refused(cx, &failure, &id).await?;
                let verb = if resolved { "resolve" } else { "unresolve" };
                let error = failure.into_write_error(
                    Code::CommentUpdateFailed,
                    &format!("{verb} comment '{id}'"),
                    "Call list_comments for its issue to see whether it is resolved",
                );
                return Err(match root {
                    Some(root) => error.detail("thread", root.as_str()).suggest_first(format!(
                        "Use the thread's first comment: '{root}'; '{id}' is an answer to it"
                    )),
                    None => error,
                });
            }
        };
        Ok(entity(cx, Detail::Standard, &["body"], |level| {
            view(&comment, level).outcome("resolved", comment.resolved_at.is_some())
        }))
    }
}

/// The operation `delete_comment`.
#[derive(Debug)]
pub struct DeleteComment;

/// Delete a comment for good, with the answers to it.
///
/// Refused unless the server allows deletions.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct DeleteCommentParams {
    /// Comment id.
    comment_id: Identifier,
}

impl Operation for DeleteComment {
    type Params = DeleteCommentParams;
    const SPEC: Spec = Spec {
        name: "delete_comment",
        title: "Delete comment",
        effect: Effect::Delete,
        subject: Some("comment_id"),
        aliases: &["remove_comment"],
        shared: &[CommonParam::Detail],
        touches: Touches::NoIssue,
    };

    async fn run(params: Self::Params, cx: &Context<'_>) -> Result<Value, Error> {
        let id = parse_id("comment_id", &params.comment_id)?;
        let _lock = cx.lock_issue(&id).await?;
        let part = Part::of::<CommentDelete>(comment_delete::Variables { id: id.clone() });
        let lookup = Lookup::removed(query(&id));
        if let Err(failure) = write::one::<CommentDelete>(cx, part, lookup).await {
            thread_of_refused(cx, &failure, &id).await?;
            return Err(failure.into_write_error(
                Code::CommentUpdateFailed,
                &format!("delete comment '{id}'"),
                "Call list_comments for its issue to see whether it is gone",
            ));
        }
        Ok(entity(cx, Detail::Standard, &[], |level| {
            View::new(level)
                .standard("id", id.as_str())
                .outcome("deleted", true)
        }))
    }
}

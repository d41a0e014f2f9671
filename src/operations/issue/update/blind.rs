//! An update that is sent without a look at the issue: one request less, and no telling what was before.

use super::super::verify::{self, Names};
use super::super::warn_of_trash;
use super::writing::Writing;
use super::{Params, resolve};
use crate::error::{Code, Error};
use crate::linear::client::RetryPolicy;
use crate::linear::documents::IssueGet;
use crate::linear::model::Issue;
use crate::operations::write::Written;
use crate::patch::Patch;
use crate::resolve::issue::IssueRef;
use crate::resolve::{Method, Trust, lookup_only};
use crate::session::Context;

/// Updates the issue, whose team goes by that name, and answers it as it is now.
///
/// # Errors
/// As the update with a look, where Linear finds out what the look would have.
pub(super) async fn update(
    cx: &Context<'_>,
    params: &Params,
    reference: &IssueRef,
    team: String,
) -> Result<Written<Issue>, Error> {
    let mut lookup_request = params.lookup_request(Some(team.clone()), None);
    if params.project.value().is_some() {
        // Whether the project is the team's.
        lookup_request.team = Some(team.clone());
    }
    // No answer tells the scale of the team.
    if params.estimate.value().is_none() {
        lookup_request.trust = Trust::HeldWithKeys;
    }
    let known = lookup_only(cx, &lookup_request).await?;
    let team = match &lookup_request.team {
        Some(_) => {
            let found = known.team(&team)?;
            // The key of an identifier is a whole one.
            if found.method == Method::Partial && params.team.is_none() {
                return Err(reference.not_found());
            }
            Some(found.item)
        }
        None => None,
    };
    let mut input = resolve(cx, params, None, &known, team.as_deref())?;
    if params.parent_id == Patch::Clear {
        input.parent_id = Patch::Clear;
    }
    let (among, _turns) = params.labels_in_turn(cx, &known, team.as_ref()).await?;
    let id = reference.id();
    let meanings = params.meanings(&input);
    let mut writing = Writing::plan(
        cx,
        (&id, &id),
        None,
        params.label_change(),
        (team.as_ref(), &among),
        (input, false),
    )?;
    let error = match writing.send(cx).await {
        Ok(Some(Written::Entity(after))) => {
            let names = Names::of(&known, &meanings, writing.ensured());
            warn_of_trash(cx, &after.identifier, after.trashed);
            // Which labels it had is not known, so none is taken off but where all are replaced.
            let kept = after.labels.nodes.iter().map(|of| of.id.clone());
            let kept: Vec<String> = kept.filter(|_| params.labels.is_absent()).collect();
            let before = after.clone();
            let after = verify::verified(cx, after, names, &kept, || {
                params.named_afresh(cx, &before, team.as_ref())
            });
            return Ok(after.await);
        }
        Ok(Some(Written::Unread)) => return Ok(Written::Unread),
        Ok(None) => return Err(nothing_sent()),
        Err(error) => error,
    };
    if !error.code().is_refused_write() {
        return Err(error);
    }
    let look = [IssueGet::alone(&reference.id())];
    let error = match cx.send(&look, RetryPolicy::Idempotent).await {
        Err(failure) if failure.rejects(0) => return Err(reference.not_found()),
        Err(_) => error,
        Ok(mut answers) => match answers.take::<IssueGet>(0) {
            Ok(answer) => writing.explained(error, Some(&answer.issue)),
            Err(_) => error,
        },
    };
    Err(error.suggest("Leave out 'changes: false', in case the issue has moved to another team"))
}

fn nothing_sent() -> Error {
    Error::new(Code::InternalError, "There was nothing to send")
        .suggest("Repeat the request without 'changes: false'")
}

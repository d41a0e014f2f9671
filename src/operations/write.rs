//! Creating something once: with an id made here, so that a lost answer can be settled by looking for the id.

use crate::linear::client::Repeat;
use crate::linear::compose::Part;
use crate::linear::documents::Document;
use crate::linear::failure::{Failure, Refusal};
use crate::session::Cx;

/// Sends a create and answers what was made. When the answer is lost, the id is looked for; when it is not there,
/// the create is sent once more, under the same id, which Linear takes only once (`linear/api.md` §6).
///
/// `made` takes the new thing out of the create's answer, `there` out of the look-up's.
///
/// # Errors
/// What Linear said, or the ambiguous failure when nothing could be settled.
pub(super) async fn create<C: Document, L: Document, T>(
    cx: &Cx<'_>,
    create: Part,
    look: Part,
    made: impl Fn(C::Answer) -> Option<T>,
    there: impl Fn(L::Answer) -> Option<T>,
) -> Result<T, Failure> {
    let create = [create];
    let look = [look];
    let lost = match send::<C, T>(cx, &create, &made).await {
        Err(failure) if failure.is_ambiguous() => failure,
        settled => return settled,
    };
    match find::<L, T>(cx, &look, &there).await {
        Ok(Some(found)) => return Ok(found),
        Ok(None) => {}
        Err(_) => return Err(lost),
    }
    let again = match send::<C, T>(cx, &create, &made).await {
        Ok(thing) => return Ok(thing),
        Err(failure) => failure,
    };
    // The first sending may have been executed after it was looked for: then the second was refused, and only
    // another look tells that from a real refusal.
    match find::<L, T>(cx, &look, &there).await {
        Ok(Some(found)) => Ok(found),
        Ok(None) => Err(again),
        Err(_) => Err(lost),
    }
}

async fn find<L: Document, T>(
    cx: &Cx<'_>,
    look: &[Part],
    there: impl Fn(L::Answer) -> Option<T>,
) -> Result<Option<T>, Failure> {
    let mut answers = cx.settle(look).await?;
    Ok(there(answers.take::<L>(0)?))
}

async fn send<C: Document, T>(
    cx: &Cx<'_>,
    create: &[Part],
    made: impl Fn(C::Answer) -> Option<T>,
) -> Result<T, Failure> {
    let mut answers = cx.send(create, Repeat::UnlessSent).await?;
    made(answers.take::<C>(0)?).ok_or_else(|| unsuccessful(answers.lost))
}

/// What a mutation means that answers `success: false`, or without what it made. Where an earlier sending of it was
/// `lost`, that one may have been executed all the same.
pub(super) fn unsuccessful(lost: Option<Failure>) -> Failure {
    lost.unwrap_or_else(|| {
        Failure::Refused(Refusal {
            reason: "Linear answered success: false and gave no reason".to_owned(),
            ..Refusal::default()
        })
    })
}

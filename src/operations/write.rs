//! Sending a write: creates once, with an id made here, so that a lost answer can be settled by looking for the id;
//! changes as often as it takes, since they set values.

mod bundle;

pub(super) use self::bundle::Bundle;
use crate::linear::client::{Answers, Repeat};
use crate::linear::compose::Part;
use crate::linear::documents::{Listing, Mutation};
use crate::linear::failure::{Failure, Refusal};
use crate::linear::filter::Filter;
use crate::session::Cx;

/// Sends a create of the thing with that new id, and answers what was made. When the answer is lost, the id is looked
/// for; when it is not there, the create is sent once more, under the same id, which Linear takes only once
/// (`linear/api.md` §6).
///
/// # Errors
/// What Linear said, or the ambiguous failure when nothing could be settled.
pub(super) async fn create<C, L>(cx: &Cx<'_>, create: Part, id: &str) -> Result<C::Made, Failure>
where
    C: Mutation,
    L: Listing<Node = C::Made>,
{
    create_or_find::<C, _>(cx, create, || find::<L>(cx, id)).await
}

/// As [`create`], with the thing looked for in another way than by its id.
///
/// # Errors
/// As [`create`].
pub(super) async fn create_or_find<C, F>(
    cx: &Cx<'_>,
    create: Part,
    find: impl Fn() -> F,
) -> Result<C::Made, Failure>
where
    C: Mutation,
    F: Future<Output = Result<Option<C::Made>, Failure>>,
{
    let create = [create];
    let lost = match send::<C>(cx, &create, Repeat::UnlessSent).await {
        Err(failure) if failure.is_ambiguous() => failure,
        settled => return settled,
    };
    match find().await {
        Ok(Some(found)) => return Ok(found),
        Ok(None) => {}
        Err(_) => return Err(lost),
    }
    let again = match send::<C>(cx, &create, Repeat::UnlessSent).await {
        Ok(thing) => return Ok(thing),
        Err(failure) => failure,
    };
    // The first sending may have been executed after it was looked for: then the second was refused, and only
    // another look tells that from a real refusal.
    match find().await {
        Ok(Some(found)) => Ok(found),
        Ok(None) => Err(again),
        Err(_) => Err(lost),
    }
}

/// Sends a change, or an upsert: it may be sent again when its answer is lost, because doing it twice is doing it
/// once. Answers the thing as it is now.
///
/// # Errors
/// What Linear said, or the ambiguous failure when no sending was answered.
pub(super) async fn change<M: Mutation>(cx: &Cx<'_>, change: Part) -> Result<M::Made, Failure> {
    send::<M>(cx, &[change], Repeat::Always).await
}

/// Sends the removal of the thing with that id. When the answer is lost, the thing is looked for: gone is done.
///
/// # Errors
/// What Linear said, or the ambiguous failure when it is not known whether the thing is gone.
pub(super) async fn remove<M, L>(cx: &Cx<'_>, removal: Part, id: &str) -> Result<(), Failure>
where
    M: Mutation,
    L: Listing,
{
    match change::<M>(cx, removal).await {
        Err(lost) if lost.is_ambiguous() => match find::<L>(cx, id).await {
            Ok(None) => Ok(()),
            _ => Err(lost),
        },
        settled => settled.map(|_| ()),
    }
}

async fn find<L: Listing>(cx: &Cx<'_>, id: &str) -> Result<Option<L::Node>, Failure> {
    let look = [L::one(Filter::eq("id", id))];
    let mut answers = cx.settle(&look).await?;
    Ok(L::first(answers.take::<L>(0)?))
}

async fn send<M: Mutation>(
    cx: &Cx<'_>,
    parts: &[Part],
    repeat: Repeat,
) -> Result<M::Made, Failure> {
    let mut answers = cx.send(parts, repeat).await?;
    made::<M>(&mut answers, 0)
}

/// What the mutation at that place of a batch made.
///
/// # Errors
/// An answer that is none, or `success: false`.
pub(super) fn made<M: Mutation>(answers: &mut Answers, slot: usize) -> Result<M::Made, Failure> {
    let payload = M::payload(answers.take::<M>(slot)?);
    let made = payload.made.filter(|_| payload.success);
    made.ok_or_else(|| unsuccessful(answers.lost.clone()))
}

/// What a mutation means that answers `success: false`, or without what it made. Where an earlier sending of it was
/// `lost`, that one may have been executed all the same.
fn unsuccessful(lost: Option<Failure>) -> Failure {
    lost.unwrap_or_else(|| {
        Failure::Refused(Refusal {
            reason: "Linear answered success: false and gave no reason".to_owned(),
            ..Refusal::default()
        })
    })
}

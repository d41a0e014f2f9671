//! Writes of several operations in one document, run one after the other, each operation with its own outcome.
//!
//! One that Linear declines voids the whole answer, and stops those behind it (`linear/api.md` §2). Its owner is told.
//! What of the others was done is not known: a write that sets values is sent again, by itself; the owner of a create
//! is told that its answer was lost, and looks for what it made.

use futures::future::join_all;

use super::{Answers, Client, Errand, Repeat};
use crate::linear::compose::{MOST_MUTATIONS, MOST_POINTS, Part};
use crate::linear::failure::Failure;

/// The writes of one operation that are ready to go out.
#[derive(Clone, Debug)]
pub struct Member {
    /// Mutations, in order.
    pub parts: Vec<Part>,
    /// Whether they may be sent again when it is not known if they were executed.
    pub repeat: Repeat,
    /// Whether they want a request of their own.
    pub alone: bool,
}

type Outcome = Result<Answers, Failure>;

impl Client {
    /// Sends the writes of several operations in as few requests as their number and cost allow, in their order; those
    /// that want to be alone go last, side by side. Answers each one's outcome, in the order of `members`.
    pub async fn send_together(&self, members: &[Member], errand: &Errand) -> Vec<Outcome> {
        let mut outcomes: Vec<(usize, Outcome)> = Vec::with_capacity(members.len());
        for chunk in chunks(members) {
            outcomes.extend(self.send_chunk(chunk, errand).await);
        }
        let alone = members
            .iter()
            .enumerate()
            .filter(|(_, member)| member.alone);
        outcomes.extend(self.send_each(alone, errand).await);
        outcomes.sort_by_key(|(place, _)| *place);
        outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }

    /// Each in a request of its own, side by side.
    async fn send_each<'m>(
        &self,
        members: impl Iterator<Item = (usize, &'m Member)>,
        errand: &Errand,
    ) -> Vec<(usize, Outcome)> {
        let send = async |(place, member): (usize, &Member)| {
            let outcome = self.send(&member.parts, member.repeat, errand).await;
            (place, outcome)
        };
        join_all(members.map(send)).await
    }

    async fn send_chunk(
        &self,
        chunk: Vec<(usize, &Member)>,
        errand: &Errand,
    ) -> Vec<(usize, Outcome)> {
        if chunk.len() == 1 {
            return self.send_each(chunk.into_iter(), errand).await;
        }
        let parts: Vec<Part> = chunk
            .iter()
            .flat_map(|(_, member)| member.parts.clone())
            .collect();
        let settles = chunk
            .iter()
            .all(|(_, member)| member.repeat == Repeat::Always);
        let repeat = if settles {
            Repeat::Always
        } else {
            Repeat::UnlessSent
        };
        let failure = match self.send(&parts, repeat, errand).await {
            Ok(answers) => return shares(&chunk, &answers),
            Err(failure) => failure,
        };
        let undone = !failure.is_declined() && !failure.is_ambiguous();
        let final_for = |member: &Member, own: Option<usize>| {
            if undone || own.is_some() {
                Some(failure.clone().at(own))
            } else if member.repeat == Repeat::UnlessSent {
                Some(lost(&failure))
            } else if settles && failure.is_ambiguous() {
                // It was sent as often as may be.
                Some(failure.clone())
            } else {
                None
            }
        };
        let mut outcomes = Vec::with_capacity(chunk.len());
        let mut again = Vec::new();
        for ((place, member), own) in chunk.iter().zip(owned(&chunk, failure.slot())) {
            match final_for(member, own) {
                Some(failure) => outcomes.push((*place, Err(failure))),
                None => again.push((*place, *member)),
            }
        }
        // They have been sent once, so nothing stops them any more.
        let errand = errand.committed();
        let sent = self.send_each(again.into_iter(), &errand).await;
        let sent = sent.into_iter().map(|(place, outcome)| {
            let outcome = outcome.map_err(|again| unless_sent(again, &failure));
            (place, outcome)
        });
        outcomes.extend(sent);
        outcomes
    }
}

/// What the owner of a write that sets values is told whose repetition came to nothing: the first sending, of which
/// only that `failure` is known, may have been executed.
fn unless_sent(again: Failure, failure: &Failure) -> Failure {
    if again.is_declined() || again.is_ambiguous() {
        return again;
    }
    Failure::Interrupted(format!("{}; then: {again}", lost(failure)))
}

/// What the owner of a create is told whose answer is lost.
fn lost(failure: &Failure) -> Failure {
    if failure.is_ambiguous() {
        return failure.clone();
    }
    Failure::Interrupted(format!(
        "another write of the same request was declined: {failure}"
    ))
}

/// Each one's own answers.
fn shares(chunk: &[(usize, &Member)], answers: &Answers) -> Vec<(usize, Outcome)> {
    let mut first = 0;
    let share = |(place, member): &(usize, &Member)| {
        let slots: Vec<usize> = (first..first + member.parts.len()).collect();
        first += member.parts.len();
        (*place, Ok(answers.of(&slots)))
    };
    chunk.iter().map(share).collect()
}

/// For each one the place among its own parts of that slot, if it is one of them.
fn owned(chunk: &[(usize, &Member)], slot: Option<usize>) -> Vec<Option<usize>> {
    let mut first = 0;
    let own = |(_, member): &(usize, &Member)| {
        let before = first;
        first += member.parts.len();
        slot.and_then(|slot| slot.checked_sub(before))
            .filter(|own| *own < member.parts.len())
    };
    chunk.iter().map(own).collect()
}

/// Those that go together, as many as one request takes, with their places.
fn chunks(members: &[Member]) -> Vec<Vec<(usize, &Member)>> {
    let mut chunks: Vec<Vec<(usize, &Member)>> = Vec::new();
    let (mut mutations, mut points) = (0, 0);
    for (place, member) in members
        .iter()
        .enumerate()
        .filter(|(_, member)| !member.alone)
    {
        let cost: u32 = member.parts.iter().map(Part::complexity).sum();
        mutations += member.parts.len();
        points += cost;
        match chunks.last_mut() {
            Some(chunk) if mutations <= MOST_MUTATIONS && points <= MOST_POINTS => {
                chunk.push((place, member));
            }
            _ => {
                (mutations, points) = (member.parts.len(), cost);
                chunks.push(vec![(place, member)]);
            }
        }
    }
    chunks
}

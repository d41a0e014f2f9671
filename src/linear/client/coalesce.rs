//! Reads that wait at the same moment travel in one document, each different question once; who asks what is under
//! way already shares that answer.
//!
//! One that Linear declines voids the whole answer (`linear/api.md` §2). Then whoever asked it is told, and the others
//! travel again without it.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt as _;
use futures::future::join_all;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tracing::Instrument as _;

use super::retry::RetryingTransport;
use super::{Answers, RequestScope, RetryPolicy};
use crate::linear::compose::{MOST_POINTS, Part};
use crate::linear::failure::Failure;

/// What a panic on behalf of several says to each of them.
const DEFECT: &str = "the work on a request to Linear panicked";

type Outcome = Result<Answers, Failure>;

/// The reads of one client that wait or are under way.
#[derive(Default)]
pub(super) struct Coalescer(Mutex<Board>);

#[derive(Default)]
struct Board {
    waiting: Vec<Rider>,
    /// Whether somebody will take those who wait along.
    leaving: bool,
    under_way: Vec<Trip>,
    /// Changes when a write begins, when it ends, and when somebody asks afresh.
    doubts: u64,
    trips: u64,
}

/// Somebody's questions, and where the answers go.
struct Rider {
    parts: Vec<Part>,
    request_scope: RequestScope,
    answer: oneshot::Sender<Outcome>,
}

/// A request that is under way.
struct Trip {
    number: u64,
    parts: Vec<Part>,
    request_scope: RequestScope,
    doubts: u64,
    /// Those who joined after it had left, with how many sendings there had been by then.
    late: Vec<(Rider, u32)>,
}

impl Coalescer {
    /// Notes that there is something newer, or may be, so that nobody who asks from now on is answered by what left
    /// before.
    pub(super) fn invalidate_in_flight(&self) {
        self.board().doubts += 1;
    }

    /// Sends the parts with whatever waits at the same moment.
    ///
    /// # Errors
    /// What became of the request; CANCELLED when that comes first, and that the caller's time is over when that does.
    /// The request goes on for those who wait longer.
    pub(super) async fn send(
        self: &Arc<Self>,
        transport: &Arc<RetryingTransport>,
        parts: &[Part],
        request_scope: &RequestScope,
    ) -> Outcome {
        request_scope.check()?;
        let (answer, outcome) = oneshot::channel();
        let rider = Rider {
            parts: parts.to_vec(),
            request_scope: request_scope.clone(),
            answer,
        };
        if self.board().take_in(rider) {
            self.leave_soon(transport);
        }
        tokio::select! {
            biased;
            failure = request_scope.ended() => Err(failure),
            // Nobody answers only where the work on the request has panicked: that goes on here.
            outcome = outcome => outcome.unwrap_or_else(|_| resume_unwind(Box::new(DEFECT))),
        }
    }

    fn leave_soon(self: &Arc<Self>, transport: &Arc<RetryingTransport>) {
        let travel = Arc::clone(self).leave(Arc::clone(transport));
        tokio::spawn(travel.in_current_span());
    }

    /// Takes along those who wait when there is room for a request. Whoever else is about to ask does so first: it
    /// costs them nothing, and a request less.
    async fn leave(self: Arc<Self>, transport: Arc<RetryingTransport>) {
        tokio::task::yield_now().await;
        // Those who wait when nothing new is to be begun are told so, each on its way.
        let permit = tokio::select! {
            biased;
            () = transport.closing.cancelled() => None,
            permit = transport.permit() => permit,
        };
        let (riders, others) = self.board().embark();
        if others {
            self.leave_soon(&transport);
        }
        if !riders.is_empty() {
            self.travel(&transport, riders, permit).await;
        }
    }

    /// Brings every rider an answer.
    async fn travel(
        &self,
        transport: &RetryingTransport,
        riders: Vec<Rider>,
        mut permit: Option<OwnedSemaphorePermit>,
    ) {
        let mut groups = VecDeque::from([riders]);
        while let Some(mut riders) = groups.pop_front() {
            let parts = distinct(&riders);
            let request_scope =
                RequestScope::together(riders.iter().map(|rider| &rider.request_scope));
            let number = self.board().depart(&parts, &request_scope);
            let request = transport.read(
                &parts,
                RetryPolicy::Idempotent,
                &request_scope,
                permit.take(),
            );
            // A panic must not leave the trip on the board, for others to join and wait for.
            let request = AssertUnwindSafe(request).catch_unwind();
            let mut late = Vec::new();
            let outcome = tokio::select! {
                outcome = request => outcome.ok(),
                () = self.abandoned(number, &mut riders, &mut late) => None,
            };
            let late = self.board().arrive(number, late);
            match outcome {
                Some(outcome) => {
                    riders.extend(late);
                    groups.extend(hand_out(&parts, riders, outcome));
                }
                None => {
                    let waiting = late.into_iter().filter(|rider| !rider.answer.is_closed());
                    let waiting: Vec<Rider> = waiting.collect();
                    if !waiting.is_empty() {
                        groups.push_back(waiting);
                    }
                }
            }
        }
    }

    /// Comes when nobody waits for the answer any more: none of the riders, and none of those who joined after the trip
    /// had begun. Those are put into `late`.
    async fn abandoned(&self, number: u64, riders: &mut [Rider], late: &mut Vec<(Rider, u32)>) {
        join_all(riders.iter_mut().map(|rider| rider.answer.closed())).await;
        loop {
            let joined = self.board().take_late(number);
            if joined.is_empty() {
                return;
            }
            late.extend(joined);
            join_all(late.iter_mut().map(|(rider, _)| rider.answer.closed())).await;
        }
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Board {
    /// Whether somebody has to come for this rider: nobody will, and nothing under way asks the same.
    fn take_in(&mut self, rider: Rider) -> bool {
        let doubts = self.doubts;
        let asks_all = |trip: &&mut Trip| {
            trip.doubts == doubts && rider.parts.iter().all(|part| trip.parts.contains(part))
        };
        if let Some(trip) = self.under_way.iter_mut().find(asks_all) {
            let had = rider.request_scope.joining(&trip.request_scope);
            trip.late.push((rider, had));
            return false;
        }
        self.waiting.push(rider);
        !std::mem::replace(&mut self.leaving, true)
    }

    /// Those who fit into one request, and whether others stay behind.
    fn embark(&mut self) -> (Vec<Rider>, bool) {
        self.waiting.retain(|rider| !rider.answer.is_closed());
        let (mut asked, mut points) = (Vec::new(), 0);
        let fits = self.waiting.iter().take_while(|rider| {
            for part in &rider.parts {
                if !asked.contains(&part) {
                    asked.push(part);
                    points += part.complexity();
                }
            }
            points <= MOST_POINTS
        });
        // One that is too much by itself is Linear's to decline.
        let number = fits.count().max(1).min(self.waiting.len());
        let riders = self.waiting.drain(..number).collect();
        self.leaving = !self.waiting.is_empty();
        (riders, self.leaving)
    }

    fn depart(&mut self, parts: &[Part], request_scope: &RequestScope) -> u64 {
        self.trips += 1;
        self.under_way.push(Trip {
            number: self.trips,
            parts: parts.to_vec(),
            request_scope: request_scope.clone(),
            doubts: self.doubts,
            late: Vec::new(),
        });
        self.trips
    }

    /// Those who have joined the trip since this was asked last.
    fn take_late(&mut self, number: u64) -> Vec<(Rider, u32)> {
        let mut trips = self.under_way.iter_mut();
        let trip = trips.find(|trip| trip.number == number);
        trip.map(|trip| std::mem::take(&mut trip.late))
            .unwrap_or_default()
    }

    /// Ends a trip, and returns all who joined after it had begun: those who were taken out before, and the others.
    fn arrive(&mut self, number: u64, mut late: Vec<(Rider, u32)>) -> Vec<Rider> {
        let place = self.under_way.iter().position(|trip| trip.number == number);
        let Some(trip) = place.map(|place| self.under_way.swap_remove(place)) else {
            return Vec::new();
        };
        late.extend(trip.late);
        let late = late.into_iter().map(|(rider, had)| {
            rider.request_scope.joined(&trip.request_scope, had);
            rider
        });
        late.collect()
    }
}

/// What is asked, each question once.
fn distinct(riders: &[Rider]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for part in riders.iter().flat_map(|rider| &rider.parts) {
        if !parts.contains(part) {
            parts.push(part.clone());
        }
    }
    parts
}

/// Gives each rider its answers. Those whom a refusal is not about travel again: without the part that was declined,
/// or, where that is not known, each by itself. So do those whose answers together are too large.
fn hand_out(parts: &[Part], riders: Vec<Rider>, outcome: Outcome) -> Vec<Vec<Rider>> {
    let together = riders.len() > 1;
    let declined = match &outcome {
        // What is too much together may not be by itself.
        Err(Failure::TooLarge(_)) if together => Some(None),
        Err(failure) if together && failure.is_declined() => Some(failure.slot()),
        _ => None,
    };
    if declined == Some(None) {
        return riders.into_iter().map(|rider| vec![rider]).collect();
    }
    let mut again = Vec::new();
    for rider in riders {
        let seats = seats(parts, &rider);
        let own = |slot: Option<usize>| {
            let slot = slot?;
            seats.iter().position(|seat| *seat == slot)
        };
        let answer = match &outcome {
            Ok(answers) => Ok(answers.of(&seats)),
            Err(failure) => match declined {
                Some(slot) if own(slot).is_none() => {
                    again.push(rider);
                    continue;
                }
                _ => Err(failure.clone().at(own(failure.slot()))),
            },
        };
        // Whoever went away needs no answer.
        let _ = rider.answer.send(answer);
    }
    if again.is_empty() {
        Vec::new()
    } else {
        vec![again]
    }
}

/// Where the rider's parts stand.
fn seats(parts: &[Part], rider: &Rider) -> Vec<usize> {
    let seat = |part: &Part| parts.iter().position(|known| known == part);
    rider.parts.iter().filter_map(seat).collect()
}

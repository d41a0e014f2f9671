//! What requests are sent on behalf of, and what they cost.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::failure::Failure;
use crate::clock::Deadline;

/// What a request is sent on behalf of: it counts what is sent, stops what is not sent yet, and knows until when the
/// caller waits.
#[derive(Clone, Debug)]
pub struct RequestScope {
    /// Whose account it goes on: of several, each counts the request, and its share of the bytes.
    accounts: Vec<Arc<Account>>,
    /// How many requests went out on this very errand.
    sent: Arc<AtomicU32>,
    /// Fires when the caller no longer wants the answer.
    pub cancel: CancellationToken,
    /// Whether it finds out what a write did, which is sent even when nothing new is to be begun.
    settles: bool,
    /// When the caller's time is over; `None` where there is no end. That of a request for several callers is moved
    /// when another one joins who has more time ([`RequestScope::joining`]).
    deadline: Arc<Mutex<Option<Deadline>>>,
    /// Where the calls that it is for are told how far they are.
    steps: Vec<Steps>,
}

/// How far a call is, as whoever waits for it may be told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    /// How much is done. It grows with each step; what is less than a whole step adds a fraction.
    pub done: f64,
    /// How much there is to do, where that is known.
    pub total: Option<f64>,
    /// What was done or is waited for, in a few words.
    pub message: String,
}

/// Where a call tells how far it is. Only the latest step is kept, so that telling never waits and nothing piles up,
/// however slowly anybody listens; where nobody does, nothing is kept.
#[derive(Clone, Debug, Default)]
pub struct Steps(Option<Arc<watch::Sender<Step>>>);

impl Steps {
    /// Steps that somebody follows, and what shows the latest of them.
    pub fn followed() -> (Self, watch::Receiver<Step>) {
        let (sender, receiver) = watch::channel(Step::default());
        (Self(Some(Arc::new(sender))), receiver)
    }

    /// Tells how many parts there are, before the first is done.
    pub fn expect(&self, parts: usize) {
        let parts = f64::from(u32::try_from(parts).unwrap_or(u32::MAX));
        self.change(|step| {
            step.total = Some(parts);
            false
        });
    }

    /// Tells that one more part is done.
    pub fn advance(&self, message: impl Into<String>) {
        self.change(|step| {
            step.done = step.done.floor() + 1.0;
            step.message = message.into();
            true
        });
    }

    /// Tells of something on the way to the next part.
    pub fn note(&self, message: impl Into<String>) {
        self.change(|step| {
            let between = (step.done + step.done.floor() + 1.0) / 2.0;
            // Halves of halves come to nothing at last.
            let grows = between > step.done && between < step.done.floor() + 1.0;
            if grows {
                step.done = between;
                step.message = message.into();
            }
            grows
        });
    }

    /// Tells that a page of a list is asked for: a part, where the call has none that are counted.
    pub fn page(&self, message: impl Into<String>) {
        let counts = |sender: &Arc<watch::Sender<Step>>| sender.borrow().total.is_some();
        if self.0.as_ref().is_some_and(counts) {
            self.note(message);
        } else {
            self.advance(message);
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (one, other) => one.is_none() && other.is_none(),
        }
    }

    fn change(&self, change: impl FnOnce(&mut Step) -> bool) {
        if let Some(sender) = &self.0 {
            sender.send_if_modified(change);
        }
    }
}

/// What the exchanges with Linear have cost so far, retries included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Requests sent.
    pub requests: u32,
    /// Bytes of their bodies.
    pub bytes_sent: u64,
    /// Bytes of the bodies that came back, decompressed; of an answer that broke off, none.
    pub bytes_received: u64,
    /// Time spent on requests that only read, pauses before a retry included.
    pub reading: Duration,
    /// Time spent on requests that write, likewise.
    pub writing: Duration,
}

#[derive(Debug, Default)]
struct Account {
    requests: AtomicU32,
    bytes_sent: AtomicU64,
    bytes_received: AtomicU64,
    reading_us: AtomicU64,
    writing_us: AtomicU64,
}

impl Default for RequestScope {
    fn default() -> Self {
        Self::new(CancellationToken::new())
    }
}

impl RequestScope {
    /// An errand that `cancel` can stop.
    pub fn new(cancel: CancellationToken) -> Self {
        Self {
            accounts: vec![Arc::default()],
            sent: Arc::default(),
            cancel,
            settles: false,
            deadline: Arc::default(),
            steps: Vec::new(),
        }
    }

    /// The same errand, which tells there how far it is.
    #[must_use]
    pub fn telling(self, steps: Steps) -> Self {
        Self {
            steps: vec![steps],
            ..self
        }
    }

    /// Where it tells how far it is.
    pub fn steps(&self) -> Steps {
        self.steps.first().cloned().unwrap_or_default()
    }

    /// Tells all calls that it is for of something that is waited for.
    pub(super) fn note(&self, message: &str) {
        self.steps.iter().for_each(|steps| steps.note(message));
    }

    /// The same errand for a caller who waits for this long from now on.
    #[must_use]
    pub fn within(self, time: Duration) -> Self {
        let deadline = Some(Deadline::after(time));
        Self {
            deadline: Arc::new(Mutex::new(deadline)),
            ..self
        }
    }

    /// An errand for all of these, which none of them can stop, and which has the time of the one that has most. An
    /// account that several share counts once.
    #[must_use]
    pub fn together<'e>(request_scopes: impl IntoIterator<Item = &'e Self>) -> Self {
        let mut accounts: Vec<Arc<Account>> = Vec::new();
        let mut settles = false;
        let mut deadlines: Vec<Option<Deadline>> = Vec::new();
        let mut steps: Vec<Steps> = Vec::new();
        for request_scope in request_scopes {
            settles |= request_scope.settles;
            deadlines.push(request_scope.deadline());
            for account in &request_scope.accounts {
                if !accounts.iter().any(|known| Arc::ptr_eq(known, account)) {
                    accounts.push(Arc::clone(account));
                }
            }
            for own in &request_scope.steps {
                if !steps.iter().any(|known| known.is_same(own)) {
                    steps.push(own.clone());
                }
            }
        }
        let deadline = deadlines.into_iter().reduce(later).flatten();
        Self {
            accounts,
            sent: Arc::default(),
            cancel: CancellationToken::new(),
            settles,
            deadline: Arc::new(Mutex::new(deadline)),
            steps,
        }
    }

    fn deadline(&self) -> Option<Deadline> {
        // A panic cannot leave half a deadline.
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time that is left of the caller's; `None` where there is no end.
    pub fn left(&self) -> Option<Duration> {
        self.deadline().map(Deadline::left)
    }

    /// The failure that means that the caller's time is over; `None` where it has no end.
    pub(super) fn out_of_time(&self) -> Option<Failure> {
        let span = self.deadline()?.span();
        Some(Failure::OutOfTime(span))
    }

    /// The failure that ends the errand's work, if the caller's time is over.
    pub fn overrun(&self) -> Option<Failure> {
        self.out_of_time()
            .filter(|_| self.left() == Some(Duration::ZERO))
    }

    /// Checks that the caller still wants the answer and waits for it.
    ///
    /// # Errors
    /// [`Failure::Cancelled`] or [`Failure::OutOfTime`].
    pub fn check(&self) -> Result<(), Failure> {
        if self.cancel.is_cancelled() {
            return Err(Failure::Cancelled);
        }
        self.overrun().map_or(Ok(()), Err)
    }

    /// Waits until the caller no longer wants the answer, or no longer waits for it, and returns which.
    pub async fn ended(&self) -> Failure {
        let out_of_time = async {
            loop {
                let Some(deadline) = self.deadline() else {
                    return std::future::pending().await;
                };
                deadline.passed().await;
                // Somebody with more time may have joined meanwhile.
                if let Some(failure) = self.overrun() {
                    return failure;
                }
            }
        };
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Failure::Cancelled,
            failure = out_of_time => failure,
        }
    }

    /// Waits for this long, or until the caller's time is over.
    pub(super) async fn pause(&self, time: Duration) {
        tokio::time::sleep(self.left().map_or(time, |left| time.min(left))).await;
    }

    /// What it has cost so far.
    pub fn cost(&self) -> Cost {
        self.accounts
            .first()
            .map(|account| account.cost())
            .unwrap_or_default()
    }

    /// The same errand past the point of no return: what is sent on it is counted and no longer cancelled, not even
    /// when nothing new is to be begun.
    #[must_use]
    pub fn committed(&self) -> Self {
        Self {
            settles: true,
            ..Self::together([self])
        }
    }

    /// Whether it finds out what a write did.
    pub(super) fn settles(&self) -> bool {
        self.settles
    }

    /// Counts a request that goes out now.
    pub(super) fn sending(&self, bytes: usize) {
        self.sent.fetch_add(1, Ordering::Relaxed);
        for (account, share) in self.shares(bytes) {
            account.requests.fetch_add(1, Ordering::Relaxed);
            account.bytes_sent.fetch_add(share, Ordering::Relaxed);
        }
    }

    /// Takes back the last counted request: it never went out.
    pub(super) fn unsent(&self, bytes: usize) {
        self.sent.fetch_sub(1, Ordering::Relaxed);
        for (account, share) in self.shares(bytes) {
            account.requests.fetch_sub(1, Ordering::Relaxed);
            account.bytes_sent.fetch_sub(share, Ordering::Relaxed);
        }
    }

    /// Counts an answer.
    pub(super) fn received(&self, bytes: usize) {
        for (account, share) in self.shares(bytes) {
            account.bytes_received.fetch_add(share, Ordering::Relaxed);
        }
    }

    /// Counts a request of somebody else's that is under way already and answers this one, too; one that is on the
    /// same account is counted there. The other errand goes on for as long as this one's caller waits. Returns how many
    /// had gone out by then, this one included.
    pub(super) fn joining(&self, other: &Self) -> u32 {
        let own = self.deadline();
        {
            let theirs = other.deadline.lock();
            let mut theirs = theirs.unwrap_or_else(PoisonError::into_inner);
            *theirs = later(*theirs, own);
        }
        for account in self.apart_from(other) {
            account.requests.fetch_add(1, Ordering::Relaxed);
        }
        other.sent.load(Ordering::Relaxed).max(1)
    }

    /// Counts what went out for the other errand since this one joined it, when so many `had` gone out; a request that
    /// never went out is taken back.
    pub(super) fn joined(&self, other: &Self, had: u32) {
        let sent = other.sent.load(Ordering::Relaxed);
        for account in self.apart_from(other) {
            // One sum, which wraps where it goes down.
            account
                .requests
                .fetch_add(sent.wrapping_sub(had), Ordering::Relaxed);
        }
    }

    /// The accounts that are not on the other errand.
    fn apart_from(&self, other: &Self) -> impl Iterator<Item = &Arc<Account>> {
        let others = |account: &&Arc<Account>| {
            let mut theirs = other.accounts.iter();
            !theirs.any(|known| Arc::ptr_eq(known, account))
        };
        self.accounts.iter().filter(others)
    }

    /// The accounts, each with its share of so many bytes; all shares together are all bytes.
    fn shares(&self, bytes: usize) -> impl Iterator<Item = (&Account, u64)> {
        let number = self.accounts.len().max(1);
        let share = move |place: usize| bytes / number + usize::from(place < bytes % number);
        let accounts = self.accounts.iter().enumerate();
        accounts.map(move |(place, account)| {
            let bytes = u64::try_from(share(place)).unwrap_or(u64::MAX);
            (account.as_ref(), bytes)
        })
    }

    /// Counts the time that a request took from its first sending to its outcome.
    pub(super) fn waited(&self, reading: bool, time: Duration) {
        let us = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        for account in &self.accounts {
            let spent = if reading {
                &account.reading_us
            } else {
                &account.writing_us
            };
            spent.fetch_add(us, Ordering::Relaxed);
        }
    }
}

/// The later of two deadlines; none is later than all.
fn later(one: Option<Deadline>, other: Option<Deadline>) -> Option<Deadline> {
    one.zip(other).map(|(one, other)| one.max(other))
}

impl Account {
    fn cost(&self) -> Cost {
        let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
        Cost {
            requests: self.requests.load(Ordering::Relaxed),
            bytes_sent: count(&self.bytes_sent),
            bytes_received: count(&self.bytes_received),
            reading: Duration::from_micros(count(&self.reading_us)),
            writing: Duration::from_micros(count(&self.writing_us)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_never_went_out_costs_nothing() {
        let request_scope = RequestScope::default();
        request_scope.sending(100);
        request_scope.unsent(100);
        assert_eq!(request_scope.cost(), Cost::default());
    }

    #[test]
    fn a_request_for_several_counts_for_each_and_its_bytes_are_shared() {
        let (one, two) = (RequestScope::default(), RequestScope::default());
        let all = RequestScope::together([&one, &two, &one.committed()]);
        all.sending(5);
        all.received(8);
        assert_eq!(one.cost().requests, 1);
        assert_eq!(two.cost().requests, 1);
        assert_eq!((one.cost().bytes_sent, two.cost().bytes_sent), (3, 2));
        assert_eq!(one.cost().bytes_received + two.cost().bytes_received, 8);
    }

    #[test]
    fn a_request_that_is_joined_counts_once_on_an_account() {
        let (one, two) = (RequestScope::default(), RequestScope::default());
        one.sending(5);
        let had = one.committed().joining(&one);
        assert_eq!(two.joining(&one), had);
        assert_eq!((one.cost().requests, two.cost().requests), (1, 1));
        one.sending(5);
        one.committed().joined(&one, had);
        two.joined(&one, had);
        assert_eq!((one.cost().requests, two.cost().requests), (2, 2));
    }

    #[test]
    fn a_request_that_is_joined_and_never_went_out_costs_nobody() {
        let (one, two) = (RequestScope::default(), RequestScope::default());
        one.sending(5);
        let had = two.joining(&one);
        one.unsent(5);
        two.joined(&one, had);
        assert_eq!((one.cost().requests, two.cost().requests), (0, 0));
    }

    #[test]
    fn a_request_for_several_has_the_time_of_the_one_that_has_most() {
        let short = RequestScope::default().within(Duration::ZERO);
        let long = RequestScope::default().within(Duration::from_secs(600));
        let endless = RequestScope::default();
        let over = Failure::OutOfTime(Duration::ZERO);
        assert_eq!(short.check(), Err(over.clone()));
        assert_eq!(short.committed().check(), Err(over));
        assert_eq!(RequestScope::together([&short, &long]).check(), Ok(()));
        assert!(long.committed().left().is_some());
        assert_eq!(RequestScope::together([&short, &endless]).left(), None);
        let joined = short.committed();
        long.joining(&joined);
        assert_eq!(joined.check(), Ok(()));
        short.joining(&joined);
        assert_eq!(joined.check(), Ok(()));
        assert!(short.check().is_err());
    }

    #[tokio::test]
    async fn an_errand_ends_when_its_time_is_over_and_one_for_several_with_the_last_of_them() {
        const SHORT: Duration = Duration::from_millis(20);
        const LONGER: Duration = Duration::from_millis(60);
        let request_scope = RequestScope::default().within(SHORT);
        let request = request_scope.committed();
        let joining = async {
            assert_eq!(request_scope.ended().await, Failure::OutOfTime(SHORT));
            assert!(request_scope.check().is_err());
        };
        RequestScope::default().within(LONGER).joining(&request);
        let (requests, ()) = tokio::join!(request.ended(), joining);
        assert_eq!(requests, Failure::OutOfTime(LONGER));
    }

    #[test]
    fn steps_only_grow_and_only_the_latest_is_kept() {
        let (steps, follower) = Steps::followed();
        let request_scope = RequestScope::default().telling(steps.clone());
        steps.expect(2);
        assert!(!follower.has_changed().unwrap_or(true));
        let mut last = 0.0;
        for round in 0..200 {
            RequestScope::together([&request_scope, &request_scope.committed()]).note("waiting");
            steps.page("page 2");
            let step = follower.borrow().clone();
            assert!(step.done >= last && step.done < 1.0, "{round}: {step:?}");
            last = step.done;
        }
        steps.advance("1 of 2");
        steps.advance("2 of 2");
        let step = follower.borrow().clone();
        assert_eq!((step.done, step.total), (2.0, Some(2.0)));
        assert_eq!(step.message, "2 of 2");
        let (pages, follower) = Steps::followed();
        pages.page("page 2");
        pages.page("page 3");
        assert_eq!(follower.borrow().done, 2.0);
        RequestScope::default().steps().advance("nobody follows");
    }

    #[test]
    fn what_is_committed_is_on_the_same_account() {
        let request_scope = RequestScope::default();
        request_scope.sending(100);
        request_scope.committed().sending(20);
        request_scope.committed().received(7);
        request_scope.waited(true, Duration::from_millis(3));
        request_scope
            .committed()
            .waited(false, Duration::from_millis(4));
        let cost = Cost {
            requests: 2,
            bytes_sent: 120,
            bytes_received: 7,
            reading: Duration::from_millis(3),
            writing: Duration::from_millis(4),
        };
        assert_eq!(request_scope.cost(), cost);
    }
}

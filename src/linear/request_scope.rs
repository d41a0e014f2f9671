//! The scope of the requests that one operation sends: who is charged for them, who may cancel them, and until when.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::failure::Failure;
use crate::clock::Deadline;

/// The scope in which requests are sent for one caller, or for several callers that share a request. It counts what is
/// sent, carries the caller's cancellation, and knows until when the caller waits.
#[derive(Clone, Debug)]
pub struct RequestScope {
    /// The cost of each caller. A shared request counts for every caller, and its bytes are divided among them.
    accounts: Vec<Arc<Account>>,
    /// How many requests have been sent in this scope itself.
    sent: Arc<AtomicU32>,
    /// Fires when the caller no longer wants the answer.
    pub cancel: CancellationToken,
    /// Whether requests are sent even while the client is closing. This is so for the requests that find out whether a
    /// write was executed.
    ignores_closing: bool,
    /// When the caller's time is over; `None` for a caller without a time limit. The deadline of a shared request moves
    /// when a caller with more time joins the request ([`RequestScope::join`]).
    deadline: Arc<Mutex<Option<Deadline>>>,
    /// The progress of each call that the requests are for.
    steps: Vec<Steps>,
}

/// The progress of a call, as it is reported to the client that waits for the call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    /// How much is done. This is the number of parts that are done; a note between two parts adds a fraction.
    pub done: f64,
    /// How much there is to do, where that is known.
    pub total: Option<f64>,
    /// What was done last, or what the call waits for, in a few words.
    pub message: String,
}

/// The place where a call reports its progress. Only the latest step is kept, so that reporting never waits and nothing
/// piles up, however slow the receiver is. Without a receiver nothing is kept.
#[derive(Clone, Debug, Default)]
pub struct Steps(Option<Arc<watch::Sender<Step>>>);

impl Steps {
    /// Returns steps that have a receiver, and the receiver, which shows the latest step.
    pub fn followed() -> (Self, watch::Receiver<Step>) {
        let (sender, receiver) = watch::channel(Step::default());
        (Self(Some(Arc::new(sender))), receiver)
    }

    /// Reports how many parts the call has, before the first part is done.
    pub fn expect(&self, parts: usize) {
        let parts = f64::from(u32::try_from(parts).unwrap_or(u32::MAX));
        self.change(|step| {
            step.total = Some(parts);
            false
        });
    }

    /// Reports that one more part is done.
    pub fn advance(&self, message: impl Into<String>) {
        self.change(|step| {
            step.done = step.done.floor() + 1.0;
            step.message = message.into();
            true
        });
    }

    /// Reports an event between two parts, such as a pause.
    pub fn note(&self, message: impl Into<String>) {
        self.change(|step| {
            let between = (step.done + step.done.floor() + 1.0) / 2.0;
            // Each note halves the distance to the next part, until the distance is too small for a float.
            let grows = between > step.done && between < step.done.floor() + 1.0;
            if grows {
                step.done = between;
                step.message = message.into();
            }
            grows
        });
    }

    /// Reports that a page of a list is requested. A page counts as a part in a call that has not reported how many
    /// parts there are, and as a note in any other call.
    pub fn page(&self, message: impl Into<String>) {
        let has_total = |sender: &Arc<watch::Sender<Step>>| sender.borrow().total.is_some();
        if self.0.as_ref().is_some_and(has_total) {
            self.note(message);
        } else {
            self.advance(message);
        }
    }

    fn change(&self, change: impl FnOnce(&mut Step) -> bool) {
        if let Some(sender) = &self.0 {
            sender.send_if_modified(change);
        }
    }
}

/// The cost of the requests that were sent to Linear so far, retries included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// The number of requests sent.
    pub requests: u32,
    /// The bytes of the requests' bodies.
    pub bytes_sent: u64,
    /// The bytes of the answers' bodies, decompressed. An answer that broke off counts as zero.
    pub bytes_received: u64,
    /// The time spent on requests that only read, pauses before a retry included.
    pub reading: Duration,
    /// The time spent on requests that write, pauses before a retry included.
    pub writing: Duration,
}

/// The running cost of one caller.
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
    /// Returns a scope without a time limit, whose requests `cancel` can stop.
    pub fn new(cancel: CancellationToken) -> Self {
        Self {
            accounts: vec![Arc::default()],
            sent: Arc::default(),
            cancel,
            ignores_closing: false,
            deadline: Arc::default(),
            steps: Vec::new(),
        }
    }

    /// Returns the same scope, which reports its progress to `steps`.
    #[must_use]
    pub fn telling(self, steps: Steps) -> Self {
        Self {
            steps: vec![steps],
            ..self
        }
    }

    /// Returns the place where the caller reports its progress.
    pub fn steps(&self) -> Steps {
        self.steps.first().cloned().unwrap_or_default()
    }

    /// Reports an event, such as a pause, to every call that the requests are for.
    pub(super) fn note(&self, message: &str) {
        self.steps.iter().for_each(|steps| steps.note(message));
    }

    /// Returns the same scope for a caller that waits for the answer for this long, counted from now.
    #[must_use]
    pub fn within(self, time: Duration) -> Self {
        let deadline = Some(Deadline::after(time));
        Self {
            deadline: Arc::new(Mutex::new(deadline)),
            ..self
        }
    }

    /// Returns the scope of a request that all of these scopes share. None of their callers can cancel the request, and
    /// its deadline is the latest of theirs. An account that several of the scopes have in common is charged only once.
    #[must_use]
    pub fn merge<'e>(request_scopes: impl IntoIterator<Item = &'e Self>) -> Self {
        let mut accounts: Vec<Arc<Account>> = Vec::new();
        let mut ignores_closing = false;
        let mut deadlines: Vec<Option<Deadline>> = Vec::new();
        let mut steps: Vec<Steps> = Vec::new();
        for request_scope in request_scopes {
            ignores_closing |= request_scope.ignores_closing;
            deadlines.push(request_scope.deadline());
            for account in &request_scope.accounts {
                if !accounts.iter().any(|known| Arc::ptr_eq(known, account)) {
                    accounts.push(Arc::clone(account));
                }
            }
            for call in &request_scope.steps {
                let is_call = |known: &Steps| match (&known.0, &call.0) {
                    (Some(known), Some(call)) => Arc::ptr_eq(known, call),
                    (known, call) => known.is_none() && call.is_none(),
                };
                if !steps.iter().any(is_call) {
                    steps.push(call.clone());
                }
            }
        }
        let deadline = deadlines.into_iter().reduce(later).flatten();
        Self {
            accounts,
            sent: Arc::default(),
            cancel: CancellationToken::new(),
            ignores_closing,
            deadline: Arc::new(Mutex::new(deadline)),
            steps,
        }
    }

    fn deadline(&self) -> Option<Deadline> {
        // A panic cannot leave a deadline half written, so the deadline is used even when the lock is poisoned.
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns how much of the caller's time is left, or `None` when the caller has no time limit.
    pub fn left(&self) -> Option<Duration> {
        self.deadline().map(Deadline::left)
    }

    /// Returns [`Failure::OutOfTime`] with the caller's whole time, or `None` when the caller has no time limit.
    pub(super) fn out_of_time(&self) -> Option<Failure> {
        let span = self.deadline()?.span();
        Some(Failure::OutOfTime(span))
    }

    /// Returns [`Failure::OutOfTime`] when the caller's time is over, else `None`.
    pub fn overrun(&self) -> Option<Failure> {
        self.out_of_time()
            .filter(|_| self.left() == Some(Duration::ZERO))
    }

    /// Checks that the caller still wants the answer and still has time.
    ///
    /// # Errors
    /// Returns [`Failure::Cancelled`] or [`Failure::OutOfTime`].
    pub fn check(&self) -> Result<(), Failure> {
        if self.cancel.is_cancelled() {
            return Err(Failure::Cancelled);
        }
        self.overrun().map_or(Ok(()), Err)
    }

    /// Waits until the caller cancels or the caller's time is over, and returns [`Failure::Cancelled`] or
    /// [`Failure::OutOfTime`].
    pub async fn ended(&self) -> Failure {
        let out_of_time = async {
            loop {
                let Some(deadline) = self.deadline() else {
                    return std::future::pending().await;
                };
                deadline.passed().await;
                // A caller with more time may have joined the request in the meantime, and so have moved the deadline.
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

    /// Returns the caller's cost so far.
    pub fn cost(&self) -> Cost {
        let Some(account) = self.accounts.first() else {
            return Cost::default();
        };
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Cost {
            requests: account.requests.load(Ordering::Relaxed),
            bytes_sent: load(&account.bytes_sent),
            bytes_received: load(&account.bytes_received),
            reading: Duration::from_micros(load(&account.reading_us)),
            writing: Duration::from_micros(load(&account.writing_us)),
        }
    }

    /// Returns a scope with the same account and the same deadline. Neither the caller nor the closing of the client
    /// cancels its requests. Such a scope is for work that must not be left half done.
    #[must_use]
    pub fn uncancellable(&self) -> Self {
        Self {
            ignores_closing: true,
            ..Self::merge([self])
        }
    }

    /// Whether requests are sent even while the client is closing.
    pub(super) fn ignores_closing(&self) -> bool {
        self.ignores_closing
    }

    /// Counts a request that is about to be sent.
    pub(super) fn count_sent(&self, bytes: usize) {
        self.sent.fetch_add(1, Ordering::Relaxed);
        for (account, share) in self.shares(bytes) {
            account.requests.fetch_add(1, Ordering::Relaxed);
            account.bytes_sent.fetch_add(share, Ordering::Relaxed);
        }
    }

    /// Takes back the count of a request that never left this machine.
    pub(super) fn take_back_sent(&self, bytes: usize) {
        self.sent.fetch_sub(1, Ordering::Relaxed);
        for (account, share) in self.shares(bytes) {
            account.requests.fetch_sub(1, Ordering::Relaxed);
            account.bytes_sent.fetch_sub(share, Ordering::Relaxed);
        }
    }

    /// Counts the bytes of an answer.
    pub(super) fn count_received(&self, bytes: usize) {
        for (account, share) in self.shares(bytes) {
            account.bytes_received.fetch_add(share, Ordering::Relaxed);
        }
    }

    /// Lets this scope's caller share a `request` that another caller has sent. The request counts on this caller's
    /// account, unless the account is already one of the request's, and the request goes on for as long as this caller
    /// waits. Returns how often the request has been sent by now, for [`RequestScope::count_sent_since_join`].
    pub(super) fn join(&self, request: &Self) -> u32 {
        let deadline = self.deadline();
        {
            let request_deadline = request.deadline.lock();
            let mut request_deadline = request_deadline.unwrap_or_else(PoisonError::into_inner);
            *request_deadline = later(*request_deadline, deadline);
        }
        for account in self.accounts_not_of(request) {
            account.requests.fetch_add(1, Ordering::Relaxed);
        }
        request.sent.load(Ordering::Relaxed).max(1)
    }

    /// Counts how often a shared `request` was sent after this scope joined it, when it had been sent `sent_before`
    /// times. The count of a request that never left this machine is taken back.
    pub(super) fn count_sent_since_join(&self, request: &Self, sent_before: u32) {
        let sent = request.sent.load(Ordering::Relaxed);
        for account in self.accounts_not_of(request) {
            // The difference may be negative: the addition then wraps to the right sum.
            account
                .requests
                .fetch_add(sent.wrapping_sub(sent_before), Ordering::Relaxed);
        }
    }

    /// Returns the accounts of this scope that are not accounts of the `request`.
    fn accounts_not_of(&self, request: &Self) -> impl Iterator<Item = &Arc<Account>> {
        let is_separate = |account: &&Arc<Account>| {
            let mut request_accounts = request.accounts.iter();
            !request_accounts.any(|known| Arc::ptr_eq(known, account))
        };
        self.accounts.iter().filter(is_separate)
    }

    /// Returns the accounts, each with its share of the bytes. The shares add up to all bytes.
    fn shares(&self, bytes: usize) -> impl Iterator<Item = (&Account, u64)> {
        let number = self.accounts.len().max(1);
        let share = move |place: usize| bytes / number + usize::from(place < bytes % number);
        let accounts = self.accounts.iter().enumerate();
        accounts.map(move |(place, account)| {
            let bytes = u64::try_from(share(place)).unwrap_or(u64::MAX);
            (account.as_ref(), bytes)
        })
    }

    /// Adds the time that a request took, from the first time it was sent to its outcome.
    pub(super) fn add_time(&self, is_read: bool, time: Duration) {
        let us = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        for account in &self.accounts {
            let total = if is_read {
                &account.reading_us
            } else {
                &account.writing_us
            };
            total.fetch_add(us, Ordering::Relaxed);
        }
    }
}

/// Returns the later of two deadlines. `None` stands for no time limit, and is later than any deadline.
fn later(left: Option<Deadline>, right: Option<Deadline>) -> Option<Deadline> {
    left.zip(right).map(|(left, right)| left.max(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_never_went_out_costs_nothing() {
        let request_scope = RequestScope::default();
        request_scope.count_sent(100);
        request_scope.take_back_sent(100);
        assert_eq!(request_scope.cost(), Cost::default());
    }

    #[test]
    fn a_shared_request_counts_for_each_caller_and_its_bytes_are_divided() {
        let (one, two) = (RequestScope::default(), RequestScope::default());
        let shared = RequestScope::merge([&one, &two, &one.uncancellable()]);
        shared.count_sent(5);
        shared.count_received(8);
        assert_eq!(one.cost().requests, 1);
        assert_eq!(two.cost().requests, 1);
        assert_eq!((one.cost().bytes_sent, two.cost().bytes_sent), (3, 2));
        assert_eq!(one.cost().bytes_received + two.cost().bytes_received, 8);
    }

    #[test]
    fn a_request_that_is_joined_counts_once_on_an_account() {
        let (one, two) = (RequestScope::default(), RequestScope::default());
        one.count_sent(5);
        let sent_before = one.uncancellable().join(&one);
        assert_eq!(two.join(&one), sent_before);
        assert_eq!((one.cost().requests, two.cost().requests), (1, 1));
        one.count_sent(5);
        one.uncancellable().count_sent_since_join(&one, sent_before);
        two.count_sent_since_join(&one, sent_before);
        assert_eq!((one.cost().requests, two.cost().requests), (2, 2));
    }

    #[test]
    fn a_request_that_is_joined_and_never_went_out_costs_nobody() {
        let (one, two) = (RequestScope::default(), RequestScope::default());
        one.count_sent(5);
        let sent_before = two.join(&one);
        one.take_back_sent(5);
        two.count_sent_since_join(&one, sent_before);
        assert_eq!((one.cost().requests, two.cost().requests), (0, 0));
    }

    #[test]
    fn a_shared_request_has_the_time_of_its_most_patient_caller() {
        let short = RequestScope::default().within(Duration::ZERO);
        let long = RequestScope::default().within(Duration::from_secs(600));
        let endless = RequestScope::default();
        let over = Failure::OutOfTime(Duration::ZERO);
        assert_eq!(short.check(), Err(over.clone()));
        assert_eq!(short.uncancellable().check(), Err(over));
        assert_eq!(RequestScope::merge([&short, &long]).check(), Ok(()));
        assert!(long.uncancellable().left().is_some());
        assert_eq!(RequestScope::merge([&short, &endless]).left(), None);
        let joined = short.uncancellable();
        long.join(&joined);
        assert_eq!(joined.check(), Ok(()));
        short.join(&joined);
        assert_eq!(joined.check(), Ok(()));
        assert!(short.check().is_err());
    }

    #[tokio::test]
    async fn a_scope_ends_when_its_time_is_over_and_a_merged_scope_with_its_last_caller() {
        const SHORT: Duration = Duration::from_millis(20);
        const LONGER: Duration = Duration::from_millis(60);
        let request_scope = RequestScope::default().within(SHORT);
        let request = request_scope.uncancellable();
        let waiting = async {
            assert_eq!(request_scope.ended().await, Failure::OutOfTime(SHORT));
            assert!(request_scope.check().is_err());
        };
        RequestScope::default().within(LONGER).join(&request);
        let (failure, ()) = tokio::join!(request.ended(), waiting);
        assert_eq!(failure, Failure::OutOfTime(LONGER));
    }

    #[test]
    fn steps_only_grow_and_only_the_latest_is_kept() {
        let (steps, follower) = Steps::followed();
        let request_scope = RequestScope::default().telling(steps.clone());
        steps.expect(2);
        assert!(!follower.has_changed().unwrap_or(true));
        let mut last = 0.0;
        for round in 0..200 {
            RequestScope::merge([&request_scope, &request_scope.uncancellable()]).note("waiting");
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
    fn an_uncancellable_scope_is_on_the_same_account() {
        let request_scope = RequestScope::default();
        request_scope.count_sent(100);
        request_scope.uncancellable().count_sent(20);
        request_scope.uncancellable().count_received(7);
        request_scope.add_time(true, Duration::from_millis(3));
        request_scope
            .uncancellable()
            .add_time(false, Duration::from_millis(4));
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

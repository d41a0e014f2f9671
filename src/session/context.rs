//! The context of one running operation: its session, for whom it runs, what it reports, and the locks that it takes.
//! How it sends its reads and writes is in `context/requests.rs`.

mod requests;

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;

use self::requests::WriteRecord;
use super::guards::{KnownPlaces, Origin};
use super::{
    Addressed, CachedLookup, Claim, DryRun, Lock, LookupRequest, NameWarnings, Progress, Report,
    Resolved, Session,
};
use crate::cache::{CacheLookup, Entity, KindCache};
use crate::effect::Effect;
use crate::error::Error;
use crate::linear::client::{BatchSlot, RequestScope};
use crate::linear::failure::Failure;
use crate::params::CommonParams;

/// For whom an operation runs, and where its results are reported.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'s> {
    /// The scope of the operation's requests: their cost, their deadline, and who may cancel them.
    pub request_scope: &'s RequestScope,
    /// The report of the operation. What is in it survives a panic of the operation.
    pub report: &'s Mutex<Report>,
    /// The progress of the operation.
    pub progress: &'s Progress,
    /// The origin of the request.
    pub origin: &'s Origin,
    /// The slot of the operation in a batch, if it is an item of one. The writes of concurrent items go out together.
    pub slot: Option<&'s BatchSlot>,
    /// The labels that the whole call creates. The operation may be one item of the call.
    pub new_labels: &'s NewLabels,
}

impl Caller<'_> {
    /// Changes the report.
    pub fn note(&self, write: impl FnOnce(&mut Report)) {
        // A panic while the report is written leaves at worst an incomplete report.
        write(&mut self.report.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The labels that a call creates; a batch is one call. Each label is described by the place where it is created and
/// its name, so that a label which several items want, or one item in two runs, counts once.
#[derive(Debug, Default)]
pub struct NewLabels(Mutex<HashSet<String>>);

impl NewLabels {
    /// Adds labels, unless there would be more than `most` of them.
    ///
    /// # Errors
    /// The number of labels that there would be. None of the labels is added then.
    pub fn add(&self, labels: &[String], most: usize) -> Result<(), usize> {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = labels.iter().filter(|label| !counted.contains(*label));
        let new: HashSet<String> = new.cloned().collect();
        let total = counted.len() + new.len();
        if !new.is_empty() && total > most {
            return Err(total);
        }
        counted.extend(new);
        Ok(())
    }
}

/// The context of one running operation.
#[derive(Debug)]
pub struct Context<'s> {
    /// The session in which the operation runs.
    pub session: &'s Session,
    /// The common parameters of the operation.
    pub common: CommonParams,
    /// What the operation does to the workspace. It decides whether the beginning of a name suffices to match an
    /// entity.
    pub effect: Effect,
    /// The warnings about names that were matched although they were not given in full.
    pub name_warnings: NameWarnings,
    caller: Caller<'s>,
    cached_lookup: Mutex<Option<Arc<CachedLookup>>>,
    /// Whether the operation only tries whether the session cache would answer.
    trying: bool,
    dry_run: Option<&'s DryRun>,
    state: Arc<OperationState>,
    /// Whether the outcome of one of the operation's writes is unknown: it had no usable answer, and a later read did
    /// not confirm it.
    in_doubt: AtomicBool,
}

/// The guard of the locks by which one operation at a time edits a text. Dropping it releases the locks.
#[derive(Debug)]
pub struct EditLock {
    _session_lock: OwnedMutexGuard<()>,
    _machine_lock: Option<Lock>,
}

/// The state of an operation that all of its contexts share, such as that of its dry run and that of its second
/// look-up.
#[derive(Debug, Default)]
struct OperationState {
    addresses: Vec<Addressed>,
    claims: Vec<Claim>,
    /// Whether the operation has submitted a mutation. It cannot be refused any more then.
    has_written: AtomicBool,
    /// The error for which the operation is refused: an address of another workspace, an object that contradicts the
    /// entity it names, or a write that the server's settings do not allow.
    refusal: Mutex<Option<Error>>,
    /// The places of entities that the operation has learnt, for the check whether its writes are allowed there.
    known_places: Mutex<KnownPlaces>,
    /// What the audit file says of the operation besides its writes.
    subject: AuditSubject,
    writes: Mutex<WriteRecord>,
}

/// The name of an operation, the issue that its parameters name, and the number of requests that were sent before it.
#[derive(Clone, Debug, Default)]
struct AuditSubject {
    operation: &'static str,
    issue: Option<String>,
    requests_before: u32,
}

impl<'s> Context<'s> {
    /// Creates the context of an operation with that effect which starts now.
    pub fn new(
        session: &'s Session,
        effect: Effect,
        common: CommonParams,
        caller: Caller<'s>,
    ) -> Self {
        Self {
            session,
            common,
            effect,
            name_warnings: NameWarnings::default(),
            caller,
            cached_lookup: Mutex::default(),
            trying: false,
            dry_run: None,
            state: Arc::default(),
            in_doubt: AtomicBool::new(false),
        }
    }

    /// Returns the context with the addresses, and the objects that claim more of an entity than its name, that are
    /// among the parameters of the operation.
    #[must_use]
    pub fn given(self, addresses: Vec<Addressed>, claims: Vec<Claim>) -> Self {
        let state = OperationState {
            addresses,
            claims,
            subject: self.state.subject.clone(),
            ..OperationState::default()
        };
        Self {
            state: Arc::new(state),
            ..self
        }
    }

    /// Returns the context with the name of the operation and the identifier or id of the issue that it is for, if any.
    /// Both are recorded in the audit file.
    #[must_use]
    pub fn named(self, operation: &'static str, issue: Option<String>) -> Self {
        let subject = AuditSubject {
            operation,
            issue,
            requests_before: self.caller.request_scope.cost().requests,
        };
        let state = OperationState {
            subject,
            ..OperationState::default()
        };
        Self {
            state: Arc::new(state),
            ..self
        }
    }

    /// Returns another context of the same operation, without the recorded look-up.
    fn fork(&self) -> Self {
        Self {
            trying: self.trying,
            dry_run: self.dry_run,
            state: Arc::clone(&self.state),
            name_warnings: self.name_warnings.clone(),
            ..Self::new(self.session, self.effect, self.common.clone(), self.caller)
        }
    }

    /// Returns a context that only tries whether the session cache would answer: its look-ups are not counted.
    #[must_use]
    pub fn trying(&self) -> Self {
        Self {
            trying: true,
            ..self.fork()
        }
    }

    /// Returns a context for the second resolution of the operation's names, which writes to another report.
    #[must_use]
    pub fn reporting_to<'r>(&self, report: &'r Mutex<Report>) -> Context<'r>
    where
        's: 'r,
    {
        let caller = Caller {
            report,
            ..self.caller
        };
        Context {
            state: Arc::clone(&self.state),
            ..Context::new(self.session, self.effect, self.common.clone(), caller)
        }
    }

    /// Returns a context for a dry run: reads are sent, and the first mutations are recorded in `dry_run` instead of
    /// being sent. The operation never gets past them.
    #[must_use]
    pub fn with_dry_run(&self, dry_run: &'s DryRun) -> Self {
        Self {
            dry_run: Some(dry_run),
            ..self.fork()
        }
    }

    /// Whether the operation runs as a dry run, which sends no write.
    pub fn is_dry_run(&self) -> bool {
        self.dry_run.is_some()
    }

    /// Returns the objects among the operation's parameters that claim more of an entity than the name by which it is
    /// looked up.
    pub fn claims(&self) -> &[Claim] {
        &self.state.claims
    }

    /// Returns the origin of the request.
    pub fn origin(&self) -> &Origin {
        self.caller.origin
    }

    /// Returns the scope of the operation's requests.
    pub fn request_scope(&self) -> &RequestScope {
        self.caller.request_scope
    }

    /// Returns the progress of the operation.
    pub fn progress(&self) -> &Progress {
        self.caller.progress
    }

    /// Sends a progress notification that a further page of a list is read. `so_far` is the number of rows that were
    /// read before.
    pub fn next_page(&self, page: usize, so_far: usize) {
        let steps = self.caller.request_scope.steps();
        steps.page(format!("reading page {page}: {so_far} so far"));
    }

    /// Changes the report.
    pub fn note(&self, write: impl FnOnce(&mut Report)) {
        self.caller.note(write);
    }

    /// Adds a warning to the report.
    pub fn warn(&self, warning: impl Into<String>) {
        let warning = warning.into();
        self.note(|report| report.warnings.push(warning));
    }

    /// Adds a step to the report.
    pub fn step(&self, step: impl Into<String>) {
        let step = step.into();
        self.note(|report| report.operations.push(step));
    }

    /// Counts a part of a request that does several things at once. `done` says whether the part succeeded.
    pub fn part(&self, done: bool) {
        self.note(|report| {
            report.parts.done += usize::from(done);
            report.parts.total += 1;
        });
    }

    /// Adds the step of a resolved name to the report. `cached` says whether the session cache answered.
    pub fn resolved(&self, kind: &str, name: &str, cached: bool) {
        let cached = if cached { " (cached)" } else { "" };
        self.step(format!("resolve_{kind}: {name}{cached}"));
    }

    /// Counts the look-up of `names` names of a kind in the session cache. The look-up of a list has no names and
    /// counts as one. The cache answers all names of a kind or none, because a query to Linear asks for all of them.
    pub fn looked<T: Entity>(&self, cache: &KindCache<T>, outcome: CacheLookup, names: usize) {
        if self.trying {
            return;
        }
        let lookups = u64::try_from(names.max(1)).unwrap_or(u64::MAX);
        cache.count(outcome, lookups);
        self.note(|report| match outcome {
            CacheLookup::Hit => report.lookups.hits += lookups,
            CacheLookup::Miss => report.lookups.misses += lookups,
            CacheLookup::Bypassed => {}
        });
    }

    /// Records a look-up if any of the entities came from the session cache. An operation that looks names up more than
    /// once looks up all of them the last time, so only the last of these look-ups is kept.
    pub fn record_cached_lookup(&self, request: &LookupRequest, known: &Resolved) {
        if !known.is_cached() {
            return;
        }
        let lookup = Arc::new(CachedLookup {
            request: request.clone(),
            known: known.clone(),
        });
        if known.is_old() {
            self.session.outdated.add(Arc::clone(&lookup));
        }
        let mut last = self
            .cached_lookup
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *last = Some(lookup);
    }

    /// Returns the last look-up of which any entity came from the session cache, if there was one.
    pub fn cached_lookup(&self) -> Option<Arc<CachedLookup>> {
        self.cached_lookup
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits for the lock of an issue, so that no other operation of this session writes to it. The lock has the name
    /// by which the caller names the issue. Dropping the guard releases the lock.
    ///
    /// # Errors
    /// CANCELLED when the caller cancels or the server ends first, and the error of an exceeded deadline when the
    /// operation's time ends first.
    pub async fn lock_issue(&self, issue: &str) -> Result<OwnedMutexGuard<()>, Error> {
        let lock = self.session.entity_locks.take(issue);
        let holder = "another operation of this session that writes to the same thing";
        self.wait_for(holder, lock).await
    }

    /// Waits for the locks to edit a text of an issue, which other processes of this machine may edit, too: first as
    /// [`Context::lock_issue`], then for the lock between the processes. A lock between the processes that is not
    /// released in time is skipped.
    ///
    /// # Errors
    /// As [`Context::lock_issue`].
    pub async fn turn_to_edit(&self, issue: &str) -> Result<EditLock, Error> {
        let session_lock = self.lock_issue(issue).await?;
        let machine_lock = self.session.locks.take(issue);
        let holder = "another process of this machine that writes to the same thing";
        let machine_lock = self.wait_for(holder, machine_lock).await?;
        Ok(EditLock {
            _session_lock: session_lock,
            _machine_lock: machine_lock,
        })
    }

    /// Waits for the lock to add something to an issue that has not been read before, as [`Context::lock_issue`]. The
    /// items of a batch take no lock for it, because their writes go out in their order.
    ///
    /// # Errors
    /// As [`Context::lock_issue`].
    pub async fn turn_to_add(&self, issue: &str) -> Result<Option<OwnedMutexGuard<()>>, Error> {
        match self.caller.slot {
            Some(_) => Ok(None),
            None => self.lock_issue(issue).await.map(Some),
        }
    }

    /// Waits for `event`, which happens when the `holder` releases what this operation needs. The other items of a
    /// batch do not wait for this item in the meantime.
    ///
    /// # Errors
    /// CANCELLED when the caller cancels or the server ends first, and the error of an exceeded deadline when the
    /// operation's time ends first.
    async fn wait_for<T>(&self, holder: &str, event: impl Future<Output = T>) -> Result<T, Error> {
        let event = async {
            match self.caller.slot {
                Some(slot) => slot.wait(event).await,
                None => event.await,
            }
        };
        let closing = self.session.client.closing();
        let failure = tokio::select! {
            biased;
            failure = self.caller.request_scope.ended() => failure,
            () = closing.cancelled() => Failure::Cancelled,
            value = event => return Ok(value),
        };
        let is_late = failure != Failure::Cancelled;
        let error = failure.into_read_error();
        Err(if is_late {
            error.detail("waited_for", holder)
        } else {
            error
        })
    }

    /// Waits for `time`, or until the caller cancels or the operation's time ends.
    pub async fn pause(&self, time: Duration) {
        tokio::select! {
            biased;
            _ = self.caller.request_scope.ended() => {}
            () = tokio::time::sleep(time) => {}
        }
    }

    /// Waits for a running prefetch, for as long as that is faster than a look-up.
    ///
    /// # Errors
    /// The failure when the caller cancels or the operation's time ends first.
    pub async fn warmed(&self) -> Result<(), Failure> {
        tokio::select! {
            biased;
            failure = self.caller.request_scope.ended() => Err(failure),
            () = self.session.prefetch_state.over() => Ok(()),
        }
    }

    /// Claims the creation of the entity with that description for this item of a batch, under that id. Returns the id
    /// under which another item creates the same entity, if there is one.
    pub fn claim(&self, thing: &str, id: &str) -> Option<String> {
        self.caller.slot?.claim(thing, id)
    }

    /// Counts labels that are about to be created among the new labels of the whole call. Each is described by the
    /// place where it is created and its name.
    ///
    /// # Errors
    /// The number of labels that the call would create, where one call may not create so many.
    pub fn make_labels(&self, labels: &[String]) -> Result<(), usize> {
        self.caller.new_labels.add(labels, self.session.new_labels)
    }

    /// Returns the labels that the whole call creates.
    pub fn new_labels(&self) -> &NewLabels {
        self.caller.new_labels
    }

    /// Returns the error for which the operation was refused while it ran. It has written nothing then.
    pub fn refused(&self) -> Option<Error> {
        let refusal = self.state.refusal.lock();
        refusal.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Refuses the operation with that error, unless it has written something. The returned failure ends the operation,
    /// and [`Context::refused`] then has the error.
    ///
    /// # Errors
    /// [`Failure::Cancelled`], where nothing has been written.
    pub fn refuse(&self, error: Error) -> Result<(), Failure> {
        if self.has_written() {
            return Ok(());
        }
        let refusal = self.state.refusal.lock();
        *refusal.unwrap_or_else(PoisonError::into_inner) = Some(error);
        Err(Failure::Cancelled)
    }

    /// Whether the operation has submitted a write.
    pub fn has_written(&self) -> bool {
        self.state.has_written.load(Ordering::Relaxed)
    }

    /// Whether the outcome of one of the operation's writes is unknown, or was unknown until a read showed that the
    /// write was not executed. The operation must not be run again then.
    pub fn is_in_doubt(&self) -> bool {
        self.in_doubt.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_label_counts_once_and_what_is_refused_counts_not_at_all() {
        let made = NewLabels::default();
        assert_eq!(made.add(&labels(&["a", "b", "a"]), 3), Ok(()));
        assert_eq!(made.add(&labels(&["b", "c", "d"]), 3), Err(4));
        assert_eq!(made.add(&labels(&["c", "a"]), 3), Ok(()));
        assert_eq!(made.add(&labels(&["c"]), 3), Ok(()));
        assert_eq!(made.add(&labels(&["d"]), 3), Err(4));
    }
}

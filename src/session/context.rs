//! The context of one running operation: its session, the caller for whom it runs, what it reports, and the locks that
//! it takes. The file `context/requests.rs` has the code that sends the reads and writes of the operation.

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

/// The caller for whom an operation runs, and the places to which the operation reports.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'s> {
    /// The scope of the operation's requests: their cost, their deadline, and who may cancel them.
    pub request_scope: &'s RequestScope,
    /// The report of the operation. Its content survives a panic of the operation.
    pub report: &'s Mutex<Report>,
    /// The progress of the operation.
    pub progress: &'s Progress,
    /// The origin of the request.
    pub origin: &'s Origin,
    /// The slot of the operation, if the operation is an item of a batch. The writes of concurrent items are sent
    /// together.
    pub slot: Option<&'s BatchSlot>,
    /// The labels that the whole call creates. If the call is a batch, the operation is only one of its items.
    pub new_labels: &'s NewLabels,
}

impl Caller<'_> {
    /// Changes the report.
    pub fn note(&self, write: impl FnOnce(&mut Report)) {
        // A panic while the report is written leaves at worst an incomplete report.
        write(&mut self.report.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The labels that a call creates. A batch is one call. Each label is described by the place where it is created and by
/// its name, so that a label counts once even if several items need it, or if one item is run twice.
#[derive(Debug, Default)]
pub struct NewLabels(Mutex<HashSet<String>>);

impl NewLabels {
    /// Adds labels, unless the call would then create more than `most` labels.
    ///
    /// # Errors
    /// The number of labels that the call would create. In this case none of the labels is added.
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
    /// Whether this context only finds out if the session cache could answer.
    trying: bool,
    dry_run: Option<&'s DryRun>,
    state: Arc<OperationState>,
    /// Whether the outcome of one of the operation's writes is unknown: there was no usable answer to the write, and no
    /// later read confirmed it.
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
    /// Whether the operation has submitted a mutation. From then on the operation cannot be refused any more.
    has_written: AtomicBool,
    /// The error for which the operation is refused: an address of another workspace, an object that contradicts the
    /// entity it names, or a write that the server's settings do not allow.
    refusal: Mutex<Option<Error>>,
    /// The places of the entities that the operation has read. They are used to check whether its writes are allowed
    /// there.
    known_places: Mutex<KnownPlaces>,
    /// What the audit file records about the operation besides its writes.
    subject: AuditSubject,
    writes: Mutex<WriteRecord>,
}

/// The name of an operation, the issue that its parameters name, and the number of requests that were sent in its scope
/// before it started.
#[derive(Clone, Debug, Default)]
struct AuditSubject {
    operation: &'static str,
    issue: Option<String>,
    requests_before: u32,
}

impl<'s> Context<'s> {
    /// Creates the context of an operation that has this effect and starts now.
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

    /// Adds to the context what was found among the parameters of the operation: the addresses, and the objects that
    /// say more about an entity than its name.
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

    /// Adds to the context the name of the operation and, if the operation is for an issue, the identifier or id of the
    /// issue. Both are recorded in the audit file.
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

    /// Returns a context that only finds out whether the session cache could answer. Its look-ups are not counted.
    #[must_use]
    pub fn trying(&self) -> Self {
        Self {
            trying: true,
            ..self.fork()
        }
    }

    /// Returns a context in which the operation's names are resolved a second time. This context writes to another
    /// report.
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
    /// being sent. The operation does not continue after that.
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

    /// Returns the objects among the operation's parameters that say more about an entity than the name by which it is
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

    /// Sends a progress notification that a further page of a list is being read. `so_far` is the number of rows that
    /// have been read before this page.
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

    /// Counts one of the parts of a request that does several things at once. `done` says whether the part succeeded.
    pub fn part(&self, done: bool) {
        self.note(|report| {
            report.parts.done += usize::from(done);
            report.parts.total += 1;
        });
    }

    /// Adds a step to the report which says that a name was resolved. `cached` says whether the session cache answered.
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

    /// Records a look-up if any of the entities came from the session cache. If an operation looks names up more than
    /// once, its last look-up has all of the names, so only the last look-up is kept.
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

    /// Returns the last look-up in which an entity came from the session cache, if there was such a look-up.
    pub fn cached_lookup(&self) -> Option<Arc<CachedLookup>> {
        self.cached_lookup
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits for the lock of an issue, so that no other operation of this session writes to it. The name of the lock is
    /// the name by which the caller refers to the issue. Dropping the guard releases the lock.
    ///
    /// # Errors
    /// CANCELLED when the caller cancels or the server ends first, and the error of an exceeded deadline when the
    /// operation's time ends first.
    pub async fn lock_issue(&self, issue: &str) -> Result<OwnedMutexGuard<()>, Error> {
        let lock = self.session.entity_locks.take(issue);
        let holder = "another operation of this session that writes to the same thing";
        self.wait_for(holder, lock).await
    }

    /// Waits for the locks that are needed to edit a text of an issue, because other processes of this machine may edit
    /// the text, too. First waits for the lock within this session, as [`Context::lock_issue`] does, and then for the
    /// lock between the processes. A lock between the processes that is not released in time is skipped.
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

    /// Waits for the lock of an issue, as [`Context::lock_issue`] does, for an operation that adds something to the
    /// issue without reading it first. The items of a batch take no lock for this, because their writes are sent in the
    /// order of the items.
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

    /// Waits for a running prefetch, for as long as waiting is faster than a look-up.
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

    /// Claims the creation of an entity for this item of a batch. `thing` describes the entity, and `id` is the id
    /// under which this item would create it. If another item already creates the same entity, returns the id under
    /// which that item creates it.
    pub fn claim(&self, thing: &str, id: &str) -> Option<String> {
        self.caller.slot?.claim(thing, id)
    }

    /// Adds labels that are about to be created to the new labels of the whole call. Each label is described by the
    /// place where it is created and by its name.
    ///
    /// # Errors
    /// The number of labels that the call would create, if one call may not create so many.
    pub fn make_labels(&self, labels: &[String]) -> Result<(), usize> {
        self.caller.new_labels.add(labels, self.session.new_labels)
    }

    /// Returns the labels that the whole call creates.
    pub fn new_labels(&self) -> &NewLabels {
        self.caller.new_labels
    }

    /// Returns the error for which the operation was refused while it ran. A refused operation has written nothing.
    pub fn refused(&self) -> Option<Error> {
        let refusal = self.state.refusal.lock();
        refusal.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Refuses the operation with this error, unless it has written something. The returned failure ends the operation,
    /// and [`Context::refused`] then has the error.
    ///
    /// # Errors
    /// [`Failure::Cancelled`], if the operation has written nothing.
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
    /// write was not executed. In both cases the operation must not be run again.
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

//! What one running operation knows: for whom it runs, what it sends, what it notes.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::OwnedMutexGuard;

use super::guards::{Entry, Origin, Seen, untold};
use super::{
    Addressed, CachedLookup, Claim, DryRun, Lock, LookupRequest, NewLabels, Progress, Report,
    Resolved, Session, Taken,
};
use crate::cache::{CacheLookup, Entity, KindCache};
use crate::effect::Effect;
use crate::error::{Code, Error, Retry};
use crate::linear::client::{Answers, BatchSlot, Outcome, RequestScope, RetryPolicy, Write};
use crate::linear::compose::Part;
use crate::linear::documents::WorkspaceKeys;
use crate::linear::failure::Failure;
use crate::params::CommonParams;
use crate::text::escape::visible;

/// For whom an operation runs.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'s> {
    /// On whose account its requests go, and who may cancel it.
    pub request_scope: &'s RequestScope,
    /// Where it notes what it does. That stays there if it panics.
    pub report: &'s Mutex<Report>,
    /// Where what it writes is followed.
    pub progress: &'s Progress,
    /// Who asks.
    pub origin: &'s Origin,
    /// Its slot among operations that run side by side, if it is one of several: what it writes is sent with theirs.
    pub slot: Option<&'s BatchSlot>,
    /// The labels that the call makes, of which the operation may be one part.
    pub new_labels: &'s NewLabels,
}

impl Caller<'_> {
    /// Adds to the report.
    pub fn note(&self, write: impl FnOnce(&mut Report)) {
        // A panic while writing a report leaves at worst a line out of it.
        write(&mut self.report.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// One running operation: its session, the shape its answer should have, and for whom it runs.
#[derive(Debug)]
pub struct Context<'s> {
    /// The process it runs in.
    pub session: &'s Session,
    /// The shared parameters it was given.
    pub common: CommonParams,
    /// What the operation does to the workspace, which decides how much of a name it takes to mean an entity.
    pub effect: Effect,
    /// What names were taken to mean that were not given whole.
    pub taken: Taken,
    caller: Caller<'s>,
    cached_lookup: Mutex<Option<Arc<CachedLookup>>>,
    /// Whether it only tries what the session cache would answer.
    trying: bool,
    dry_run: Option<&'s DryRun>,
    given: Arc<Given>,
    /// Whether a write of it got no usable answer and was not found done.
    in_doubt: AtomicBool,
}

/// The turn to edit a text of an issue, which lasts until this is dropped.
#[derive(Debug)]
pub struct EditLock {
    _turn: OwnedMutexGuard<()>,
    _lock: Option<Lock>,
}

/// What an operation was given that is compared with what Linear knows before anything is written.
#[derive(Debug, Default)]
struct Given {
    addresses: Vec<Addressed>,
    claims: Vec<Claim>,
    /// Whether the operation has sent a mutation. It cannot be refused any more then.
    written: AtomicBool,
    /// The error of what turned out to be wrong: an address of another workspace, an object that contradicts itself, or
    /// a write that the server's settings do not allow.
    refusal: Mutex<Option<Error>>,
    /// What is known of the places of things, where it matters where it writes.
    seen: Mutex<Seen>,
    /// The operation's own name, the issue that its parameters name, and the requests sent before it.
    named: Named,
    /// What it has written.
    trail: Mutex<Trail>,
}

/// How an operation is called where its writes are recorded.
#[derive(Clone, Debug, Default)]
struct Named {
    operation: &'static str,
    issue: Option<String>,
    requests: u32,
}

/// The writes of an operation.
#[derive(Debug, Default)]
struct Trail {
    /// Its number in the audit file, once something is written.
    number: Option<String>,
    /// The mutations that were submitted, with the ids that they name. One that is submitted again is not added again.
    entities: Vec<String>,
    /// Those of them that were sent.
    sent: HashSet<String>,
}

impl Trail {
    /// Takes in what became of writes, which go by these `entities`; `None` for a write that changes nothing.
    fn take_in(&mut self, entities: Vec<Option<String>>, outcomes: &[Outcome]) {
        let sent = entities
            .into_iter()
            .zip(outcomes)
            .filter(|(_, outcome)| !outcome.is_unsent());
        self.sent.extend(sent.filter_map(|(entity, _)| entity));
    }

    /// Forgets the writes that were never sent, and returns how many there were.
    fn drop_unsent(&mut self) -> usize {
        let submitted = self.entities.len();
        let sent = &self.sent;
        self.entities.retain(|entity| sent.contains(entity));
        submitted - self.entities.len()
    }
}

impl<'s> Context<'s> {
    /// An operation of that effect that starts now.
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
            taken: Taken::default(),
            caller,
            cached_lookup: Mutex::default(),
            trying: false,
            dry_run: None,
            given: Arc::default(),
            in_doubt: AtomicBool::new(false),
        }
    }

    /// The same operation, which was given these addresses and these objects that say more than a name.
    #[must_use]
    pub fn given(self, addresses: Vec<Addressed>, claims: Vec<Claim>) -> Self {
        let named = self.given.named.clone();
        let given = Given {
            addresses,
            claims,
            named,
            ..Given::default()
        };
        Self {
            given: Arc::new(given),
            ..self
        }
    }

    /// The same operation under its own name, for the issue of that identifier or id, if for one.
    #[must_use]
    pub fn named(self, operation: &'static str, issue: Option<String>) -> Self {
        let named = Named {
            operation,
            issue,
            requests: self.caller.request_scope.cost().requests,
        };
        let given = Given {
            named,
            ..Given::default()
        };
        Self {
            given: Arc::new(given),
            ..self
        }
    }

    /// The objects among the operation's parameters that say more of an entity than what it is looked up by.
    pub fn claims(&self) -> &[Claim] {
        &self.given.claims
    }

    /// Checks that the addresses lead to the key's own workspace, as far as that is known; a prefetch under way is
    /// waited for. Nothing is sent for it: where the workspace is not known, it is asked for with the first read of the
    /// operation, or before its first write. Who asks for a fresh answer has it asked for before an address is
    /// refused.
    ///
    /// # Errors
    /// INVALID_PARAM for an address of another workspace.
    pub async fn check_addresses(&self) -> Result<(), Error> {
        if self.given.addresses.is_empty() {
            return Ok(());
        }
        if !self.session.workspace.is_known() {
            self.warmed().await.map_err(Failure::into_read_error)?;
        }
        if self.foreign().is_some() && self.common.refresh_cache {
            self.ask_workspace().await.map_err(Failure::into_read_error)?;
        }
        self.foreign().map_or(Ok(()), Err)
    }

    /// Asks which workspace the key belongs to.
    async fn ask_workspace(&self) -> Result<(), Failure> {
        let client = &self.session.client;
        let asked = [WorkspaceKeys::part()];
        let mut answers = client
            .send(&asked, RetryPolicy::Idempotent, self.caller.request_scope)
            .await?;
        let keys = answers.take::<WorkspaceKeys>(0)?;
        self.session.workspace.learn(keys.organization);
        Ok(())
    }

    fn foreign(&self) -> Option<Error> {
        let mut addresses = self.given.addresses.iter();
        addresses.find_map(|of| of.refusal(&self.session.workspace))
    }

    /// The error of a parameter that was found to be wrong while the operation ran. Nothing was written then, and
    /// nothing more was sent.
    pub fn refused(&self) -> Option<Error> {
        let refusal = self.given.refusal.lock();
        refusal.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Refuses the operation because of a parameter that was found to be wrong, unless something has been written for
    /// it already. The failure ends the operation; [`Context::refused`] has the reason.
    ///
    /// # Errors
    /// Always, where nothing has been written.
    pub fn refuse(&self, error: Error) -> Result<(), Failure> {
        if self.has_written() {
            return Ok(());
        }
        let refusal = self.given.refusal.lock();
        *refusal.unwrap_or_else(PoisonError::into_inner) = Some(error);
        Err(Failure::Cancelled)
    }

    /// The same operation, without the look-up that the session cache answered for it.
    fn fork(&self) -> Self {
        Self {
            trying: self.trying,
            dry_run: self.dry_run,
            given: Arc::clone(&self.given),
            taken: self.taken.clone(),
            ..Self::new(self.session, self.effect, self.common.clone(), self.caller)
        }
    }

    /// The same operation while it tries what the session cache would answer: its look-ups are not counted.
    #[must_use]
    pub fn trying(&self) -> Self {
        Self {
            trying: true,
            ..self.fork()
        }
    }

    /// The same operation while it resolves its names a second time: what it notes goes to another report.
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
            given: Arc::clone(&self.given),
            ..Context::new(self.session, self.effect, self.common.clone(), caller)
        }
    }

    /// The same operation, which only rehearses: it reads, and where it would write for the first time, that is taken
    /// down and it gets no further.
    #[must_use]
    pub fn with_dry_run(&self, dry_run: &'s DryRun) -> Self {
        Self {
            dry_run: Some(dry_run),
            ..self.fork()
        }
    }

    /// Who asks for it.
    pub fn origin(&self) -> &Origin {
        self.caller.origin
    }

    /// What it sends requests on behalf of.
    pub fn request_scope(&self) -> &RequestScope {
        self.caller.request_scope
    }

    /// Tells whoever follows the call that a further page of a list is asked for: which, and what it has so far.
    pub fn next_page(&self, page: usize, so_far: usize) {
        let steps = self.caller.request_scope.steps();
        steps.page(format!("reading page {page}: {so_far} so far"));
    }

    /// What has become of it so far.
    pub fn progress(&self) -> &Progress {
        self.caller.progress
    }

    /// Adds to the report.
    pub fn note(&self, write: impl FnOnce(&mut Report)) {
        self.caller.note(write);
    }

    /// Adds a warning.
    pub fn warn(&self, warning: impl Into<String>) {
        let warning = warning.into();
        self.note(|report| report.warnings.push(warning));
    }

    /// Adds a step.
    pub fn step(&self, step: impl Into<String>) {
        let step = step.into();
        self.note(|report| report.operations.push(step));
    }

    /// Counts a part of a request that does several things at once.
    pub fn part(&self, done: bool) {
        self.note(|report| {
            report.parts.done += usize::from(done);
            report.parts.total += 1;
        });
    }

    /// Adds the step of a name that was resolved, and that it cost no request where that is so.
    pub fn resolved(&self, kind: &str, name: &str, cached: bool) {
        let cached = if cached { " (cached)" } else { "" };
        self.step(format!("resolve_{kind}: {name}{cached}"));
    }

    /// Counts what came of looking for so many names of a kind in the session cache; a list without names counts as one.
    /// All names of a kind are answered from the cache or none: a question that goes out asks for them all.
    pub fn looked<T: Entity>(&self, table: &KindCache<T>, look: CacheLookup, names: usize) {
        if self.trying {
            return;
        }
        let lookups = u64::try_from(names.max(1)).unwrap_or(u64::MAX);
        table.count(look, lookups);
        self.note(|report| match look {
            CacheLookup::Hit => report.lookups.hits += lookups,
            CacheLookup::Miss => report.lookups.misses += lookups,
            CacheLookup::Bypassed => {}
        });
    }

    /// Whether nothing of what the operation would write is sent.
    pub fn is_dry_run(&self) -> bool {
        self.dry_run.is_some()
    }

    /// Notes what a look-up found, if any of it came from the session cache. An operation that looks names up more than
    /// once wants all of them the last time, so the last such look-up is what counts.
    pub fn record_cached_lookup(&self, lookup_request: &LookupRequest, known: &Resolved) {
        if !known.is_cached() {
            return;
        }
        let lookup = Arc::new(CachedLookup {
            request: lookup_request.clone(),
            known: known.clone(),
        });
        if known.is_old() {
            self.session.outdated.add(Arc::clone(&lookup));
        }
        let mut kept = self
            .cached_lookup
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *kept = Some(lookup);
    }

    /// The last look-up of which anything came from the session cache, if there was one.
    pub fn cached_lookup(&self) -> Option<Arc<CachedLookup>> {
        self.cached_lookup
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits until no other operation of this session writes to that issue, which goes by what the caller calls it.
    /// It is this one's turn until the guard is dropped.
    ///
    /// # Errors
    /// CANCELLED, when that or the end of the server comes before the turn; that the operation's time is over, when that
    /// does.
    pub async fn lock_issue(&self, issue: &str) -> Result<OwnedMutexGuard<()>, Error> {
        let turn = self.session.entity_locks.take(issue);
        let holder = "another operation of this session that writes to the same thing";
        self.wait_for(holder, turn).await
    }

    /// As [`Context::turn`], for a text that other processes of the machine may write, too: waits for their locks for as long
    /// as that is worth it. The lock goes by what the caller calls the issue.
    ///
    /// # Errors
    /// As [`Context::turn`].
    pub async fn turn_to_edit(&self, issue: &str) -> Result<EditLock, Error> {
        let turn = self.lock_issue(issue).await?;
        let lock = self.session.locks.take(issue);
        let holder = "another process of this machine that writes to the same thing";
        let lock = self.wait_for(holder, lock).await?;
        Ok(EditLock {
            _turn: turn,
            _lock: lock,
        })
    }

    /// As [`Context::turn`], for what is hung on an issue without a look at it before. Operations that are done together need
    /// no turns for that: what they write goes out in their order.
    ///
    /// # Errors
    /// As [`Context::turn`].
    pub async fn turn_to_add(&self, issue: &str) -> Result<Option<OwnedMutexGuard<()>>, Error> {
        match self.caller.slot {
            Some(_) => Ok(None),
            None => self.lock_issue(issue).await.map(Some),
        }
    }

    /// Waits until the `holder` lets go of what this operation needs. Operations that are done together with this one do
    /// not wait for it meanwhile.
    ///
    /// # Errors
    /// CANCELLED, when that or the end of the server comes first; that the operation's time is over, when that does.
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

    /// Waits for this long, or until the caller no longer wants the answer or no longer waits for it.
    pub async fn pause(&self, time: Duration) {
        tokio::select! {
            biased;
            _ = self.caller.request_scope.ended() => {}
            () = tokio::time::sleep(time) => {}
        }
    }

    /// Says that this operation makes a thing, which goes by that description, under that id; answers the id under
    /// which another operation, done together with this one, makes it already.
    pub fn claim(&self, thing: &str, id: &str) -> Option<String> {
        self.caller.slot?.claim(thing, id)
    }

    /// Counts labels that are about to be made among those that the whole call makes. Each goes by a description of where
    /// it is made and its name.
    ///
    /// # Errors
    /// How many the call would make, where that is more than one call may.
    pub fn make_labels(&self, labels: &[String]) -> Result<(), usize> {
        self.caller.new_labels.add(labels, self.session.new_labels)
    }

    /// The labels that the whole call makes.
    pub fn new_labels(&self) -> &NewLabels {
        self.caller.new_labels
    }

    /// Waits for the prefetch, if one is under way, for as long as that is worth it.
    ///
    /// # Errors
    /// CANCELLED, when that comes first; that the operation's time is over, when that does.
    pub async fn warmed(&self) -> Result<(), Failure> {
        tokio::select! {
            biased;
            failure = self.caller.request_scope.ended() => Err(failure),
            () = self.session.prefetch_state.over() => Ok(()),
        }
    }

    /// Sends one request of reads on this operation's account. What Linear says beside a complete answer becomes a
    /// warning.
    ///
    /// # Errors
    /// The [`Failure`] of the request.
    pub async fn send(&self, parts: &[Part], repeat: RetryPolicy) -> Result<Answers, Failure> {
        self.send_on(self.caller.request_scope, parts, repeat).await
    }

    /// As [`Context::send`], to learn what a write did: a cancellation does not stop it, the end of the operation's time does.
    ///
    /// # Errors
    /// The [`Failure`] of the request.
    pub async fn settle(&self, parts: &[Part]) -> Result<Answers, Failure> {
        let request_scope = self.caller.request_scope.uncancellable();
        self.send_on(&request_scope, parts, RetryPolicy::Idempotent)
            .await
    }

    /// Submits writes, with those of the operations that run side by side with this one, and returns what became of
    /// each, in their order ([`crate::linear::client::Client::submit`]). A dry run notes them and ends here.
    ///
    /// What the server's settings do not allow is not sent: it is rejected as [`Failure::Guarded`] where the operation has
    /// written something before.
    ///
    /// # Errors
    /// [`Failure::Cancelled`] before anything is sent, where an address leads to another workspace, or where the server's
    /// settings do not allow the writes; [`Context::refused`] has the reason.
    pub async fn submit(&self, mut writes: Vec<Write>) -> Result<Vec<Outcome>, Failure> {
        self.stop_at_foreign()?;
        if self.asks_workspace() {
            // A page of another workspace must not decide what is written in this one.
            match self.ask_workspace().await {
                Ok(()) => self.stop_at_foreign()?,
                Err(failure) => self.refuse(failure.into_read_error())?,
            }
        }
        let entities = match self.admit(&mut writes).await {
            Ok(entities) => entities,
            Err(error) => {
                self.refuse(error.clone())?;
                let rejected = |_| Outcome::Rejected {
                    failure: Failure::Guarded(error.clone()),
                    was_in_doubt: false,
                };
                return Ok(writes.iter().map(rejected).collect());
            }
        };
        if let Some(dry_run) = self.dry_run {
            let parts: Vec<Part> = writes.into_iter().map(|write| write.mutation).collect();
            dry_run.plan(&parts);
            return std::future::pending().await;
        }
        self.given.written.store(true, Ordering::Relaxed);
        self.caller.progress.submit(&writes);
        let outcomes = match self.caller.slot {
            Some(slot) => slot.submit(writes).await.ok_or(Failure::Cancelled)?,
            None => {
                self.session
                    .client
                    .submit(writes, self.caller.request_scope)
                    .await
            }
        };
        self.trail().take_in(entities, &outcomes);
        for outcome in &outcomes {
            match outcome {
                Outcome::Done(done) => {
                    for field in &done.unread {
                        self.warn(format!("Linear: {field}"));
                    }
                }
                Outcome::Rejected {
                    was_in_doubt: true, ..
                }
                | Outcome::Unknown(_) => self.in_doubt.store(true, Ordering::Relaxed),
                Outcome::Rejected { .. } | Outcome::Withheld => {}
            }
        }
        Ok(outcomes)
    }

    /// Whether this operation has submitted a write.
    pub fn has_written(&self) -> bool {
        self.given.written.load(Ordering::Relaxed)
    }

    /// Checks that the server's settings allow these writes, and records that they are begun. Issues that they name by
    /// identifiers are given their ids where that was looked up. Returns by what each write goes in the account that is
    /// kept of writes ([`entity`]); nothing where none is kept.
    ///
    /// # Errors
    /// NOT_ALLOWED or CONFIG_ERROR, or what became of a look-up.
    async fn admit(&self, writes: &mut [Write]) -> Result<Vec<Option<String>>, Error> {
        for write in &*writes {
            self.session.guards.check_making(&write.mutation)?;
        }
        self.check_places(writes).await?;
        let guards = &self.session.guards;
        if !guards.keeps_account() {
            return Ok(Vec::new());
        }
        let entities = writes.iter().map(|write| entity(&write.mutation));
        let entities: Vec<Option<String>> = entities.collect();
        let new: Vec<String> = {
            let trail = self.trail();
            let named = entities.iter().flatten();
            named
                .filter(|entity| !trail.entities.contains(entity))
                .cloned()
                .collect()
        };
        let count = u64::try_from(new.len()).unwrap_or(u64::MAX);
        let audit = guards.audit.as_ref();
        if self.dry_run.is_some() {
            guards.spend(count, true)?;
            if let Some(audit) = audit {
                audit.check().map_err(unrecorded)?;
            }
            return Ok(entities);
        }
        if let Some(audit) = audit
            && self.trail().number.is_none()
        {
            // Before they are counted: what cannot be recorded is not sent.
            guards.spend(count, true)?;
            let number = audit.number();
            let entry = self.entry(number.clone(), new.clone(), "begun");
            audit.append(&entry).await.map_err(unrecorded)?;
            self.trail().number = Some(number);
        }
        guards.spend(count, false)?;
        self.trail().entities.extend(new);
        Ok(entities)
    }

    /// Checks that the writes go where the server's settings allow it.
    async fn check_places(&self, writes: &mut [Write]) -> Result<(), Error> {
        let (guards, cache) = (&self.session.guards, &self.session.cache);
        if guards.places.is_everywhere() {
            return Ok(());
        }
        let judgement = {
            let mutations = writes.iter().map(|write| &write.mutation);
            guards.places.begin(mutations, &mut self.seen(), cache)?
        };
        let questions = judgement.questions();
        if !questions.is_empty() {
            let answers = self.send(&questions, RetryPolicy::Idempotent).await;
            let answers = answers.map_err(|failure| {
                if failure.is_declined() {
                    untold("Linear does not tell", Some(&failure.to_string()))
                } else {
                    failure.into_read_error()
                }
            })?;
            judgement.learn(answers, &mut self.seen());
        }
        let seen = self.seen();
        judgement.pass(&seen, cache)?;
        for write in writes {
            write.mutation = write.mutation.clone().with_ids(|text| seen.id(text));
        }
        Ok(())
    }

    /// Ends the account of what the operation wrote: writes that were never sent no longer count, and what became of the
    /// operation is recorded where it was recorded as begun. A record that fails then is a warning: what is done is done,
    /// and that it was begun is on record.
    pub async fn record(&self, outcome: &Result<Value, Error>) {
        let unsent = self.trail().drop_unsent();
        self.session.guards.give_back(unsent);
        let (Some(audit), Some(number)) = (&self.session.guards.audit, self.trail().number.clone())
        else {
            return;
        };
        let failure = outcome.as_ref().err().map(Error::code);
        let told = match failure {
            None => "done",
            Some(code) if code.retry() == Retry::Check => "unknown",
            Some(code) if code.is_refused_write() => "refused",
            Some(_) => "failed",
        };
        let entities = self.trail().entities.clone();
        let mut entry = self.entry(number, entities, told);
        entry.code = failure.map(Code::name);
        let requests = self.caller.request_scope.cost().requests;
        entry.requests = Some(requests.saturating_sub(self.given.named.requests));
        if entry.issue.is_none() {
            let data = outcome.as_ref().ok();
            let identifier = data.and_then(|data| data.get("identifier")?.as_str());
            entry.issue = identifier.map(str::to_owned);
        }
        if let Err(why) = audit.append(&entry).await {
            self.warn(format!("{why}; what became of this write is not recorded"));
        }
    }

    fn entry(&self, write: String, entities: Vec<String>, outcome: &'static str) -> Entry {
        let shown = |text: &String| visible(&self.session.guards.said(text)).into_owned();
        let now = jiff::Timestamp::from_millisecond(self.session.clock.now_ms());
        let Origin {
            command, trace_id, ..
        } = self.caller.origin;
        Entry {
            time: now.map(|now| now.to_string()).unwrap_or_default(),
            write,
            operation: self.given.named.operation,
            command: command.as_ref().map(shown),
            trace_id: trace_id.as_ref().map(shown),
            issue: self.given.named.issue.clone(),
            entities,
            outcome,
            ..Entry::default()
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.given
            .seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn trail(&self) -> MutexGuard<'_, Trail> {
        self.given
            .trail
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a write of this operation may have been executed although no answer says so, or was in such doubt before
    /// it was refused. The operation must not be run again then.
    pub fn is_in_doubt(&self) -> bool {
        self.in_doubt.load(Ordering::Relaxed)
    }

    async fn send_on(
        &self,
        request_scope: &RequestScope,
        parts: &[Part],
        repeat: RetryPolicy,
    ) -> Result<Answers, Failure> {
        self.stop_at_foreign()?;
        let answers = if self.asks_workspace() {
            self.send_asking_workspace(request_scope, parts, repeat)
                .await?
        } else {
            self.session
                .client
                .send(parts, repeat, request_scope)
                .await?
        };
        if let Some(dry_run) = self.dry_run {
            dry_run.see(answers.roots());
        }
        if self.effect.writes() && !self.session.guards.places.is_everywhere() {
            let mut seen = self.seen();
            answers.roots().for_each(|root| seen.see(root));
        }
        for note in &answers.notes {
            self.warn(format!("Linear: {note}"));
        }
        Ok(answers)
    }

    /// Whether the next read has to ask which workspace the key belongs to.
    fn asks_workspace(&self) -> bool {
        !self.given.addresses.is_empty()
            && !self.has_written()
            && !self.session.workspace.is_known()
    }

    /// Sends a read, and asks with it which workspace the key belongs to.
    async fn send_asking_workspace(
        &self,
        request_scope: &RequestScope,
        parts: &[Part],
        repeat: RetryPolicy,
    ) -> Result<Answers, Failure> {
        let mut asking = parts.to_vec();
        asking.push(WorkspaceKeys::part());
        let mut answers = self
            .session
            .client
            .send(&asking, repeat, request_scope)
            .await?;
        if let Ok(keys) = answers.take::<WorkspaceKeys>(parts.len()) {
            self.session.workspace.learn(keys.organization);
        }
        self.stop_at_foreign()?;
        Ok(answers)
    }

    /// Stops an operation that has written nothing yet where an address that it was given is known by now to lead to
    /// another workspace; [`Context::refused`] has the reason.
    fn stop_at_foreign(&self) -> Result<(), Failure> {
        if self.has_written() {
            return Ok(());
        }
        self.foreign().map_or(Ok(()), |error| self.refuse(error))
    }

    /// As [`Context::send`], for requests that only read.
    ///
    /// # Errors
    /// The failure as the caller is told it.
    pub async fn read(&self, parts: &[Part]) -> Result<Answers, Error> {
        self.send(parts, RetryPolicy::Idempotent)
            .await
            .map_err(Failure::into_read_error)
    }
}

/// What a mutation writes: its root field with the id that it names, or that of the issue where it names none. `None` for
/// one that sets nothing and is sent for its answer alone.
fn entity(mutation: &Part) -> Option<String> {
    let variables = mutation.variables();
    let input = variables.get("input").and_then(Value::as_object);
    if input.is_some_and(Map::is_empty) {
        return None;
    }
    let id = |of: Option<&Value>| of.and_then(|id| id.as_str()).map(str::to_owned);
    let ids = [
        id(variables.get("id")),
        id(variables.pointer("/input/id")),
        id(variables.get("issueId")),
    ];
    let id = ids.into_iter().flatten().next().unwrap_or_default();
    Some(format!("{} {id}", mutation.root()))
}

/// The error of a write that cannot be recorded.
fn unrecorded(why: String) -> Error {
    Error::new(
        Code::ConfigError,
        format!("{why}; nothing is written that is not recorded"),
    )
    .detail("setting", "LINEAR_OPS_AUDIT")
    .suggest("Give the file a place that can be written and has room, then repeat the request")
}

//! How an operation sends its reads and submits its writes, and what is checked and recorded around them: the workspace
//! of the addresses that it was given, the server's guards, and the audit file.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError};

use serde_json::{Map, Value};

use super::Context;
use crate::error::{Code, Error, Retry};
use crate::linear::client::{Answers, Outcome, RequestScope, RetryPolicy, Write};
use crate::linear::compose::Part;
use crate::linear::documents::WorkspaceKeys;
use crate::linear::failure::Failure;
use crate::session::guards::{Entry, KnownPlaces, Origin, unknown_place};
use crate::text::escape::visible;

/// The writes of an operation, as they are counted and recorded in the audit file.
#[derive(Debug, Default)]
pub(super) struct WriteRecord {
    /// The number of the operation in the audit file, once a write is recorded there.
    number: Option<String>,
    /// The descriptions of the mutations that were submitted, made by [`written_entity`]. A mutation that is submitted
    /// again is not added again.
    submitted: Vec<String>,
    /// The descriptions of the mutations that were sent.
    sent: HashSet<String>,
}

impl Context<'_> {
    /// Checks that the addresses among the parameters lead to the workspace of the API key, as far as this workspace is
    /// known. If it is not known, waits for a running prefetch. Usually nothing is sent for the check alone: an unknown
    /// workspace is queried with the first read of the operation, or before its first write. If the caller asks for
    /// fresh answers (`refresh_cache`), the workspace is queried again before an address is refused.
    ///
    /// # Errors
    /// INVALID_PARAM for an address of another workspace.
    pub async fn check_addresses(&self) -> Result<(), Error> {
        if self.state.addresses.is_empty() {
            return Ok(());
        }
        if !self.session.workspace.is_known() {
            self.warmed().await.map_err(Failure::into_read_error)?;
        }
        if self.foreign_address().is_some() && self.common.refresh_cache {
            self.query_workspace()
                .await
                .map_err(Failure::into_read_error)?;
        }
        self.foreign_address().map_or(Ok(()), Err)
    }

    /// Returns the error of the first address that is known to lead to another workspace.
    fn foreign_address(&self) -> Option<Error> {
        let mut addresses = self.state.addresses.iter();
        addresses.find_map(|address| address.refusal(&self.session.workspace))
    }

    /// Refuses an operation that has written nothing yet if one of its addresses is known to lead to another workspace.
    fn refuse_foreign_address(&self) -> Result<(), Failure> {
        if self.has_written() {
            return Ok(());
        }
        self.foreign_address()
            .map_or(Ok(()), |error| self.refuse(error))
    }

    /// Whether the next request has to query which workspace the API key belongs to.
    fn needs_workspace(&self) -> bool {
        !self.state.addresses.is_empty()
            && !self.has_written()
            && !self.session.workspace.is_known()
    }

    /// Queries which workspace the API key belongs to.
    async fn query_workspace(&self) -> Result<(), Failure> {
        let client = &self.session.client;
        let query = [WorkspaceKeys::part()];
        let mut answers = client
            .send(&query, RetryPolicy::Idempotent, self.caller.request_scope)
            .await?;
        let keys = answers.take::<WorkspaceKeys>(0)?;
        self.session.workspace.learn(keys.organization);
        Ok(())
    }

    /// Sends one request with reads in the scope of this operation. If Linear adds remarks to a complete answer, they
    /// become warnings.
    ///
    /// # Errors
    /// The [`Failure`] of the request.
    pub async fn send(&self, parts: &[Part], retry: RetryPolicy) -> Result<Answers, Failure> {
        self.send_within(self.caller.request_scope, parts, retry)
            .await
    }

    /// Sends one request with reads, as [`Context::send`] does, to learn the outcome of a write. A cancellation by the
    /// caller does not stop the request, but the end of the operation's time does.
    ///
    /// # Errors
    /// The [`Failure`] of the request.
    pub async fn settle(&self, parts: &[Part]) -> Result<Answers, Failure> {
        let request_scope = self.caller.request_scope.uncancellable();
        self.send_within(&request_scope, parts, RetryPolicy::Idempotent)
            .await
    }

    /// Sends one request with reads, as [`Context::send`] does, for an operation that only reads.
    ///
    /// # Errors
    /// The [`Failure`] of the request, as the error for the caller.
    pub async fn read(&self, parts: &[Part]) -> Result<Answers, Error> {
        self.send(parts, RetryPolicy::Idempotent)
            .await
            .map_err(Failure::into_read_error)
    }

    async fn send_within(
        &self,
        request_scope: &RequestScope,
        parts: &[Part],
        retry: RetryPolicy,
    ) -> Result<Answers, Failure> {
        self.refuse_foreign_address()?;
        let client = &self.session.client;
        let answers = if self.needs_workspace() {
            let mut with_workspace = parts.to_vec();
            with_workspace.push(WorkspaceKeys::part());
            let mut answers = client.send(&with_workspace, retry, request_scope).await?;
            if let Ok(keys) = answers.take::<WorkspaceKeys>(parts.len()) {
                self.session.workspace.learn(keys.organization);
            }
            self.refuse_foreign_address()?;
            answers
        } else {
            client.send(parts, retry, request_scope).await?
        };
        if let Some(dry_run) = self.dry_run {
            dry_run.record(answers.roots());
        }
        if self.effect.writes() && !self.session.guards.places.is_everywhere() {
            let mut known_places = self.known_places();
            answers.roots().for_each(|root| known_places.learn(root));
        }
        for note in &answers.notes {
            self.warn(format!("Linear: {note}"));
        }
        Ok(answers)
    }

    /// Submits writes, together with the writes of the concurrent items of a batch
    /// ([`crate::linear::client::Client::submit`]). Returns the outcome of each write, in the order of the writes. In a
    /// dry run the writes are recorded, and this never returns.
    ///
    /// Writes that the server's settings do not allow are not sent. If the operation has written something before,
    /// these writes are rejected with [`Failure::Guarded`]. Otherwise the operation is refused.
    ///
    /// # Errors
    /// [`Failure::Cancelled`] if the operation is cancelled before anything is sent, or if it is refused because of an
    /// address in another workspace or because of the server's settings. After a refusal, [`Context::refused`] has the
    /// error.
    pub async fn submit(&self, mut writes: Vec<Write>) -> Result<Vec<Outcome>, Failure> {
        self.refuse_foreign_address()?;
        if self.needs_workspace() {
            // An address that leads to another workspace must not decide what is written in this workspace.
            match self.query_workspace().await {
                Ok(()) => self.refuse_foreign_address()?,
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
        self.state.has_written.store(true, Ordering::Relaxed);
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
        let sent = entities
            .into_iter()
            .zip(&outcomes)
            .filter(|(_, outcome)| !outcome.is_unsent())
            .filter_map(|(entity, _)| entity);
        self.write_record().sent.extend(sent);
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

    /// Checks that the server's settings allow the writes, counts them, and records that they begin. The identifiers of
    /// issues in the mutations are replaced by the ids of the issues whose place was checked. Returns the description
    /// of each write ([`written_entity`]), or an empty list if writes are neither counted nor recorded.
    ///
    /// # Errors
    /// NOT_ALLOWED or CONFIG_ERROR, or the error of a query for the place of a write.
    async fn admit(&self, writes: &mut [Write]) -> Result<Vec<Option<String>>, Error> {
        for write in &*writes {
            self.session.guards.check_side_creation(&write.mutation)?;
        }
        self.check_places(writes).await?;
        let guards = &self.session.guards;
        if !guards.counts_or_records_writes() {
            return Ok(Vec::new());
        }
        let entities = writes.iter().map(|write| written_entity(&write.mutation));
        let entities: Vec<Option<String>> = entities.collect();
        let new: Vec<String> = {
            let record = self.write_record();
            let new = entities
                .iter()
                .flatten()
                .filter(|entity| !record.submitted.contains(entity));
            new.cloned().collect()
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
            && self.write_record().number.is_none()
        {
            // The writes are only checked against the limit here. They are counted after the entry was appended,
            // because writes that cannot be recorded are not sent.
            guards.spend(count, true)?;
            let number = audit.number();
            let entry = self.audit_entry(number.clone(), new.clone(), "begun");
            audit.append(&entry).await.map_err(unrecorded)?;
            self.write_record().number = Some(number);
        }
        guards.spend(count, false)?;
        self.write_record().submitted.extend(new);
        Ok(entities)
    }

    /// Checks that the server's settings allow writes in the teams and projects of these writes. Queries the places
    /// that are not known.
    async fn check_places(&self, writes: &mut [Write]) -> Result<(), Error> {
        let (guards, cache) = (&self.session.guards, &self.session.cache);
        if guards.places.is_everywhere() {
            return Ok(());
        }
        let check = {
            let mutations = writes.iter().map(|write| &write.mutation);
            guards
                .places
                .begin_check(mutations, &mut self.known_places(), cache)?
        };
        let queries = check.queries();
        if !queries.is_empty() {
            let answers = self.send(&queries, RetryPolicy::Idempotent).await;
            let answers = answers.map_err(|failure| {
                if failure.is_declined() {
                    unknown_place("Linear does not tell", Some(&failure.to_string()))
                } else {
                    failure.into_read_error()
                }
            })?;
            check.learn(answers, &mut self.known_places());
        }
        let known_places = self.known_places();
        check.finish(&known_places, cache)?;
        for write in writes {
            let mutation = write.mutation.clone();
            write.mutation = mutation.with_ids(|text| known_places.issue_id(text));
        }
        Ok(())
    }

    /// Ends the counting and recording of the operation's writes. Writes that were never sent are subtracted from the
    /// count. The outcome of the operation is recorded in the audit file if its beginning was recorded there. If the
    /// outcome cannot be recorded, a warning says so; this is no error, because the writes have been sent and their
    /// beginning is recorded.
    pub async fn record(&self, outcome: &Result<Value, Error>) {
        let unsent = {
            let mut record = self.write_record();
            let WriteRecord {
                submitted, sent, ..
            } = &mut *record;
            let count = submitted.len();
            submitted.retain(|entity| sent.contains(entity));
            count - submitted.len()
        };
        self.session.guards.give_back(unsent);
        let number = self.write_record().number.clone();
        let (Some(audit), Some(number)) = (&self.session.guards.audit, number) else {
            return;
        };
        let failure = outcome.as_ref().err().map(Error::code);
        let word = match failure {
            None => "done",
            Some(code) if code.retry() == Retry::Check => "unknown",
            Some(code) if code.is_refused_write() => "refused",
            Some(_) => "failed",
        };
        let entities = self.write_record().submitted.clone();
        let mut entry = self.audit_entry(number, entities, word);
        entry.code = failure.map(Code::name);
        let requests = self.caller.request_scope.cost().requests;
        entry.requests = Some(requests.saturating_sub(self.state.subject.requests_before));
        if entry.issue.is_none() {
            let data = outcome.as_ref().ok();
            let identifier = data.and_then(|data| data.get("identifier")?.as_str());
            entry.issue = identifier.map(str::to_owned);
        }
        if let Err(why) = audit.append(&entry).await {
            self.warn(format!("{why}; what became of this write is not recorded"));
        }
    }

    /// Returns an entry of the audit file for this operation.
    fn audit_entry(&self, write: String, entities: Vec<String>, outcome: &'static str) -> Entry {
        let shown = |text: &String| visible(&self.session.guards.said(text)).into_owned();
        let now = jiff::Timestamp::from_millisecond(self.session.clock.now_ms());
        let Origin {
            command, trace_id, ..
        } = self.caller.origin;
        Entry {
            time: now.map(|now| now.to_string()).unwrap_or_default(),
            write,
            operation: self.state.subject.operation,
            command: command.as_ref().map(shown),
            trace_id: trace_id.as_ref().map(shown),
            issue: self.state.subject.issue.clone(),
            entities,
            outcome,
            ..Entry::default()
        }
    }

    fn known_places(&self) -> MutexGuard<'_, KnownPlaces> {
        self.state
            .known_places
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn write_record(&self) -> MutexGuard<'_, WriteRecord> {
        self.state
            .writes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Describes what a mutation writes: its root field, followed by the id of the entity in its variables or, if there is
/// none, the id of the issue. Returns `None` for a mutation that sets nothing and is sent only for its answer.
fn written_entity(mutation: &Part) -> Option<String> {
    let variables = mutation.variables();
    let input = variables.get("input").and_then(Value::as_object);
    if input.is_some_and(Map::is_empty) {
        return None;
    }
    let ids = [
        variables.get("id"),
        variables.pointer("/input/id"),
        variables.get("issueId"),
    ];
    let id = ids.into_iter().find_map(|id| id?.as_str());
    Some(format!("{} {}", mutation.root(), id.unwrap_or_default()))
}

/// Returns the error of a write that cannot be recorded in the audit file.
fn unrecorded(why: String) -> Error {
    Error::new(
        Code::ConfigError,
        format!("{why}; nothing is written that is not recorded"),
    )
    .detail("setting", "LINEAR_OPS_AUDIT")
    .suggest("Give the file a place that can be written and has room, then repeat the request")
}

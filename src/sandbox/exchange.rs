//! One exchange with the stand-in: what is checked, in which order, and what the script changes about it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;

use super::execution::{self, InvalidRequest, MAX_COMPLEXITY, ValidRequest};
use super::lag::HiddenWrites;
use super::refusal::Refusal;
use super::reply::{self, HOUR_MS, ReplyDraft};
use super::resolvers::ExecutionContext;
use super::schema::{LinearSchema, SchemaError};
use super::script::{Act, Script};
use super::seed::Size;
use super::store::{Record, Store, text};
use super::{derived, identifier, seed, time};
use crate::linear::transport::{Fault, Reply};

/// The number of requests that are kept in the log. A stand-in that is left running may serve requests for days.
const MAX_LOG_LENGTH: usize = 1_000;

/// A workspace of Linear's in memory. Clones share the same workspace.
#[derive(Clone)]
pub struct Sandbox(Arc<Shared>);

struct Shared {
    schema: Arc<LinearSchema>,
    /// The mutex lets in one request at a time; within it, resolvers read and mutations write by turns.
    store: Mutex<RefCell<Store>>,
    hidden_writes: HiddenWrites,
    script: Script,
    /// The last [`MAX_LOG_LENGTH`] requests, oldest first.
    log: Mutex<VecDeque<Logged>>,
}

/// One HTTP request to the GraphQL endpoint.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The Authorization header.
    pub authorization: Option<String>,
    /// The body: `{"query", "variables", "operationName"}` as JSON.
    pub body: Vec<u8>,
}

/// The outcome of a request.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The reply, or how the connection failed.
    pub reply: Result<Reply, Fault>,
    /// How long to wait before the reply is passed on.
    pub delay: Duration,
}

/// One request in the log, executed or not, so that tests can count requests.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Logged {
    /// The name of the operation, when it has one and the document is valid.
    pub operation: Option<String>,
    /// The document's text; empty when the body was not a GraphQL request.
    pub document: String,
    /// The variables as they were sent, `Null` without any.
    pub variables: Value,
    /// Whether the operation is a mutation.
    pub mutation: bool,
    /// The names (not the aliases) of the root fields, in order; empty when the document is not valid.
    pub roots: Vec<String>,
    /// The keys that the root fields answer under, in order: their aliases, else their names.
    pub keys: Vec<String>,
}

/// What the bearer of a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyScope {
    /// Send queries only.
    Read,
    /// Send queries and mutations.
    Full,
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Sandbox {
    /// Creates the standard workspace behind the embedded part of Linear's schema.
    pub fn new() -> Self {
        Self::with_workspace(Size::STANDARD)
    }

    /// Creates the standard workspace, filled up to this size, behind the embedded part of Linear's schema.
    ///
    /// The records of the standard workspace stay as they are; a count below the standard one adds nothing.
    pub fn with_workspace(size: Size) -> Self {
        Self::create(LinearSchema::embedded(), size)
    }

    /// Creates the standard workspace behind another schema, for instance the whole of Linear's.
    ///
    /// Fields of what the stand-in does not store are null, or 0, "", false and empty lists where null is not allowed.
    ///
    /// # Errors
    /// A text that is not a valid schema.
    pub fn with_schema(sdl: &str) -> Result<Self, SchemaError> {
        let schema = LinearSchema::parse(sdl)?;
        Ok(Self::create(Arc::new(schema), Size::STANDARD))
    }

    fn create(schema: Arc<LinearSchema>, size: Size) -> Self {
        Self(Arc::new(Shared {
            schema,
            store: Mutex::new(RefCell::new(seed::workspace(size))),
            hidden_writes: HiddenWrites::default(),
            script: Script::default(),
            log: Mutex::default(),
        }))
    }

    /// The script that makes requests go wrong.
    pub fn script(&self) -> &Script {
        &self.0.script
    }

    /// Returns the requests so far, oldest first; of more than a thousand the last thousand.
    pub fn requests(&self) -> Vec<Logged> {
        self.log().iter().cloned().collect()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        self.log().clear();
    }

    fn log(&self) -> MutexGuard<'_, VecDeque<Logged>> {
        self.0.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn log_request(&self, logged: Logged) {
        let mut log = self.log();
        if log.len() == MAX_LOG_LENGTH {
            log.pop_front();
        }
        log.push_back(logged);
    }

    /// Changes the workspace behind the client's back. Nothing is checked; fields that follow from other records
    /// (progress, counts, which cycle is active) are brought up to date.
    pub fn edit(&self, change: impl FnOnce(&mut Store)) {
        let mut guard = self.store();
        let store = guard.get_mut();
        change(store);
        derived::refresh(store);
    }

    /// Handles one request. Nothing here waits: the caller keeps the delay.
    pub fn handle(&self, request: Request) -> Outcome {
        let (logged, prepared) = execution::prepare(&self.0.schema, &request.body);
        let script = &self.0.script;
        self.0.hidden_writes.count_request(script.now_ms());
        let act = script.take(&logged);
        let mut delay = script.latency_set();
        match &act {
            Some(Act::Slow(by)) => delay += *by,
            Some(Act::Meanwhile { kind, id, fields }) => {
                self.edit(|store| edit_for_others(store, kind, id, fields));
            }
            Some(Act::MeanwhileAdded { kind, record }) => {
                self.edit(|store| add_for_others(store, kind, record));
            }
            _ => {}
        }
        let instead = act
            .as_ref()
            .and_then(|act| reply::reply_instead(script, act));
        let reply = instead.unwrap_or_else(|| {
            let draft = self.answer(&request, &logged, prepared, act.as_ref());
            reply::reply_after(script, draft, act.as_ref())
        });
        self.log_request(logged);
        Outcome { reply, delay }
    }

    /// Returns the reply that Linear would give: checks the key, then the requests left in the window, then the
    /// document.
    fn answer(
        &self,
        request: &Request,
        logged: &Logged,
        prepared: Result<ValidRequest, InvalidRequest>,
        act: Option<&Act>,
    ) -> ReplyDraft {
        let script = &self.0.script;
        let scope = match check_key(request.authorization.as_deref()) {
            Ok(scope) => scope,
            Err(refusal) => return ReplyDraft::refused(script, &refusal, refusal.status),
        };
        let Some(remaining) = script.spend() else {
            return ReplyDraft::rate_limited(script, 400, HOUR_MS);
        };
        let mut draft = match prepared {
            Ok(valid) => self.execute(&valid, logged, scope, act),
            Err(invalid) => ReplyDraft::new(script, 400, invalid.body()),
        };
        draft.remaining = remaining;
        draft.has_search = logged.roots.iter().any(|root| root.starts_with("search"));
        draft
    }

    /// Returns the reply to a valid request with a known key: checks the cost and the scope, then executes the request.
    fn execute(
        &self,
        request: &ValidRequest,
        logged: &Logged,
        scope: KeyScope,
        act: Option<&Act>,
    ) -> ReplyDraft {
        let shared = &*self.0;
        let script = &shared.script;
        let complexity = request.complexity(&shared.schema);
        let mut draft = if complexity > MAX_COMPLEXITY {
            let refusal = Refusal::too_complex(complexity, MAX_COMPLEXITY);
            ReplyDraft::refused(script, &refusal, 400)
        } else if logged.mutation && scope == KeyScope::Read {
            ReplyDraft::refused(script, &Refusal::forbidden("write"), 403)
        } else {
            let error_status = script.status_of_errors();
            let overrides = script.overrides(act);
            let body = self.with_seen_store(logged.mutation, |store| {
                let context = ExecutionContext::new(&shared.schema, store, &overrides);
                request.execute(&context, logged.mutation, error_status)
            });
            let has_errors = body.get("errors").is_some();
            ReplyDraft::new(script, if has_errors { error_status } else { 200 }, body)
        };
        draft.complexity = Some(complexity);
        draft
    }

    /// Executes something over the workspace as the request sees it: a mutation sees everything, a query sees what
    /// [`Script::reads_lag`] does not hide from it.
    fn with_seen_store(
        &self,
        is_mutation: bool,
        execute: impl FnOnce(&RefCell<Store>) -> Value,
    ) -> Value {
        let store = self.store();
        let hidden_writes = &self.0.hidden_writes;
        let Some(lag) = self.0.script.lag() else {
            hidden_writes.show_all();
            return execute(&store);
        };
        if !is_mutation {
            let seen = hidden_writes.seen_store().map(RefCell::new);
            return execute(seen.as_ref().unwrap_or(&store));
        }
        let before = store.borrow().clone();
        let body = execute(&store);
        if store.borrow().last_change() != before.last_change() {
            hidden_writes.hide(before, lag, self.0.script.now_ms());
        }
        body
    }

    fn store(&self) -> MutexGuard<'_, RefCell<Store>> {
        self.0.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns what the Authorization header allows (`linear/api.md` §5).
///
/// `lin_api_…` is a personal key of the viewer's, `lin_api_read_only…` a personal key with the scope `read` alone, and
/// `lin_api_revoked` a key that is no longer valid. `Bearer …` is an OAuth token, unless it is a personal key, for which
/// Linear has a message of its own.
///
/// # Errors
/// `AUTHENTICATION_ERROR`, or the message about a personal key sent as an OAuth token.
fn check_key(authorization: Option<&str>) -> Result<KeyScope, Refusal> {
    const PERSONAL_KEY: &str = "lin_api_";
    let header = authorization.unwrap_or_default();
    if let Some(token) = header.strip_prefix("Bearer ") {
        return match token.trim() {
            "" => Err(Refusal::unauthenticated()),
            token if token.starts_with(PERSONAL_KEY) => Err(Refusal::key_as_bearer()),
            _ => Ok(KeyScope::Full),
        };
    }
    match header.strip_prefix(PERSONAL_KEY) {
        None | Some("" | "revoked") => Err(Refusal::unauthenticated()),
        Some(key) if key.starts_with("read_only") => Ok(KeyScope::Read),
        Some(_) => Ok(KeyScope::Full),
    }
}

/// Changes a record as somebody else would between two requests.
fn edit_for_others(store: &mut Store, kind: &'static str, id: &str, fields: &Record) {
    let now = time::now(store);
    if let Some(record) = store.get_mut(kind, id) {
        record.extend(fields.clone());
        record.insert("updatedAt".to_owned(), now.into());
    }
}

/// Adds a record as somebody else would between two requests.
fn add_for_others(store: &mut Store, kind: &'static str, record: &Record) {
    let now = time::now(store);
    let mut record = record.clone();
    if record.get("id").is_none() {
        record.insert("id".to_owned(), store.new_id().into());
    }
    for moment in ["createdAt", "updatedAt"] {
        record.entry(moment).or_insert_with(|| now.clone().into());
    }
    let issue = text(&record, "issueId").and_then(|id| identifier::issue(store, id));
    if let Some(id) = issue.and_then(|issue| issue.get("id")).cloned() {
        record.insert("issueId".to_owned(), id);
    }
    store.put(kind, record);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::Act;
    use super::{Logged, MAX_LOG_LENGTH, Request, Sandbox};

    #[test]
    fn a_sandbox_can_be_shared_between_threads_and_its_clones_are_itself() {
        fn shared<T: Clone + Send + Sync + 'static>(value: &T) -> T {
            value.clone()
        }
        let sandbox = Sandbox::new();
        let clone = shared(&sandbox);
        clone.edit(|store| {
            store.set_issue_limit(Some(7));
        });
        sandbox.edit(|store| assert_eq!(store.issue_limit(), Some(7)));
    }

    #[test]
    fn every_answer_takes_the_latency_that_is_set_and_a_slow_one_more() {
        let sandbox = Sandbox::new();
        let delay = || sandbox.handle(Request::default()).delay.as_millis();
        assert_eq!(delay(), 0);
        sandbox.script().latency(Duration::from_millis(100));
        sandbox.script().next(Act::Slow(Duration::from_millis(30)));
        assert_eq!([delay(), delay(), delay()], [130, 100, 100]);
    }

    #[test]
    fn the_oldest_requests_are_forgotten() {
        let sandbox = Sandbox::new();
        for number in 0..MAX_LOG_LENGTH + 2 {
            sandbox.log_request(Logged {
                document: number.to_string(),
                ..Logged::default()
            });
        }
        let log = sandbox.requests();
        let ends = [log.first(), log.last()];
        let documents = ends.map(|logged| logged.map(|logged| logged.document.as_str()));
        assert_eq!(log.len(), MAX_LOG_LENGTH);
        assert_eq!(documents, [Some("2"), Some("1001")]);
    }
}

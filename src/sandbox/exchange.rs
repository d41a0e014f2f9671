//! One exchange with the stand-in: what is checked, in which order, and how the script bends it.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;

use super::api::{Api, SchemaError};
use super::auth::{self, Access};
use super::complexity::MAXIMUM;
use super::engine::{self, Prepared};
use super::lag::Unseen;
use super::log::{Log, Logged};
use super::object::Context;
use super::play::{self, Answer};
use super::refusal::Refusal;
use super::script::{Act, Script};
use super::seed::Size;
use super::store::{Record, Store, text};
use super::{identifier, refresh, seed, time};
use crate::linear::transport::{Fault, Reply};

/// A workspace of Linear's in memory. Clones are the same workspace.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    api: Arc<Api>,
    /// The mutex lets in one request at a time; within it, resolvers read and mutations write by turns.
    store: Mutex<RefCell<Store>>,
    unseen: Unseen,
    script: Script,
    log: Log,
}

/// One HTTP request to the GraphQL endpoint.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The Authorization header.
    pub authorization: Option<String>,
    /// The body: `{"query", "variables", "operationName"}` as JSON.
    pub body: Vec<u8>,
}

/// What comes of a request.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The answer, or how the connection failed.
    pub reply: Result<Reply, Fault>,
    /// How long to wait before giving it.
    pub delay: Duration,
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Sandbox {
    /// The standard workspace behind the embedded part of Linear's schema.
    pub fn new() -> Self {
        Self::with_workspace(Size::STANDARD)
    }

    /// The standard workspace filled up to this size, behind the embedded part of Linear's schema.
    ///
    /// What the standard workspace has stays as it is; a count below its own adds nothing.
    pub fn with_workspace(size: Size) -> Self {
        Self::over(Api::embedded(), size)
    }

    /// The standard workspace behind another schema, for instance the whole of Linear's.
    ///
    /// What the stand-in does not keep is answered with null, or 0, "", false and empty lists where null is not
    /// allowed. Errors when the text is not a valid schema.
    pub fn with_schema(sdl: &str) -> Result<Self, SchemaError> {
        Ok(Self::over(Arc::new(Api::parse(sdl)?), Size::STANDARD))
    }

    fn over(api: Arc<Api>, size: Size) -> Self {
        Self(Arc::new(Inner {
            api,
            store: Mutex::new(RefCell::new(seed::workspace(size))),
            unseen: Unseen::default(),
            script: Script::default(),
            log: Log::default(),
        }))
    }

    /// The script that makes requests go wrong.
    pub fn script(&self) -> &Script {
        &self.0.script
    }

    /// The requests so far, oldest first; of more than a thousand the last thousand.
    pub fn requests(&self) -> Vec<Logged> {
        self.0.log.all()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        self.0.log.clear();
    }

    /// Changes the workspace behind the client's back. Nothing is checked; what follows from other records
    /// (progress, counts, which cycle is on) is brought up to date.
    pub fn edit(&self, change: impl FnOnce(&mut Store)) {
        let mut guard = self.store();
        let store = guard.get_mut();
        change(store);
        refresh::run(store);
    }

    /// Answers one request. Nothing here waits: a delay is the caller's to keep.
    pub fn handle(&self, request: Request) -> Outcome {
        let (logged, prepared) = engine::prepare(&self.0.api, &request.body);
        self.0.unseen.count_request(self.0.script.now_ms());
        let act = self.0.script.take(&logged);
        let mut delay = self.0.script.latency_set();
        if let Some(Act::Slow(by)) = &act {
            delay += *by;
        }
        match &act {
            Some(Act::Meanwhile { kind, id, fields }) => {
                self.edit(|store| others_edit(store, kind, id, fields));
            }
            Some(Act::MeanwhileAdded { kind, record }) => {
                self.edit(|store| others_add(store, kind, record));
            }
            _ => {}
        }
        let script = &self.0.script;
        let reply = match act.as_ref().and_then(|act| play::instead(script, act)) {
            Some(reply) => reply,
            None => {
                let answer = self.answer(&request, &logged, prepared, act.as_ref());
                play::afterwards(script, answer, act.as_ref())
            }
        };
        self.0.log.push(logged);
        Outcome { reply, delay }
    }

    /// The answer Linear would give.
    fn answer(
        &self,
        request: &Request,
        logged: &Logged,
        prepared: Result<Prepared, engine::Invalid>,
        act: Option<&Act>,
    ) -> Answer {
        let access = match auth::access(request.authorization.as_deref()) {
            Ok(access) => access,
            Err(refusal) => return Answer::refused(&self.0.script, &refusal, refusal.status),
        };
        let Some(remaining) = self.0.script.spend() else {
            return Answer::rate_limited(&self.0.script, 400, None);
        };
        let mut answer = match prepared {
            Ok(prepared) => self.admitted(&prepared, logged, access, act),
            Err(invalid) => Answer::sent(&self.0.script, 400, invalid.body()),
        };
        answer.budget.remaining = remaining;
        answer.budget.search = logged.roots.iter().any(|root| root.starts_with("search"));
        answer
    }

    /// The answer to a valid request of somebody known.
    fn admitted(
        &self,
        prepared: &Prepared,
        logged: &Logged,
        access: Access,
        act: Option<&Act>,
    ) -> Answer {
        let inner = &*self.0;
        let complexity = prepared.complexity(&inner.api);
        let mut answer = if complexity > MAXIMUM {
            Answer::refused(
                &inner.script,
                &Refusal::too_complex(complexity, MAXIMUM),
                400,
            )
        } else if logged.mutation && access == Access::Read {
            Answer::refused(&inner.script, &Refusal::forbidden("write"), 403)
        } else {
            let status = inner.script.status_of_errors();
            let orders = inner.script.orders(act);
            let body = self.lagging(logged.mutation, |store| {
                let context = Context::new(&inner.api, store, &orders);
                prepared.execute(&context, logged.mutation, status)
            });
            let failed = body.get("errors").is_some();
            Answer::sent(&inner.script, if failed { status } else { 200 }, body)
        };
        answer.budget.complexity = Some(complexity);
        answer
    }

    /// Executes something over the workspace as it is seen: by a mutation as it is, by a query as far as reads do not
    /// lag behind writes.
    fn lagging(&self, mutation: bool, execute: impl FnOnce(&RefCell<Store>) -> Value) -> Value {
        let store = self.store();
        let unseen = &self.0.unseen;
        let Some(lag) = self.0.script.lag() else {
            unseen.show();
            return execute(&store);
        };
        if !mutation {
            let seen = unseen.seen().map(RefCell::new);
            return execute(seen.as_ref().unwrap_or(&store));
        }
        let before = store.borrow().clone();
        let body = execute(&store);
        if store.borrow().last_change() != before.last_change() {
            unseen.hide(before, lag, self.0.script.now_ms());
        }
        body
    }

    fn store(&self) -> MutexGuard<'_, RefCell<Store>> {
        self.0.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What somebody else does to a record between two requests.
fn others_edit(store: &mut Store, kind: &'static str, id: &str, fields: &Record) {
    let now = time::now(store);
    if let Some(record) = store.get_mut(kind, id) {
        record.extend(fields.clone());
        record.insert("updatedAt".to_owned(), now.into());
    }
}

/// Adds the record that somebody else makes between two requests.
fn others_add(store: &mut Store, kind: &'static str, record: &Record) {
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
    use super::{Request, Sandbox};

    #[test]
    fn a_sandbox_can_be_shared_between_threads_and_its_clones_are_itself() {
        fn shared<T: Clone + Send + Sync + 'static>(value: &T) -> T {
            value.clone()
        }
        let sandbox = Sandbox::new();
        let same = shared(&sandbox);
        same.edit(|store| {
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
}

//! One exchange with the stand-in: what is checked, in which order, and how the script bends it.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::api::{Api, SchemaError};
use super::auth::{self, Access};
use super::complexity::MAXIMUM;
use super::engine::{self, Prepared};
use super::limits::{Budget, HOUR_MS, REQUESTS};
use super::log::{Log, Logged};
use super::object::Context;
use super::refusal::Refusal;
use super::script::{Act, Script};
use super::store::Store;
use super::{defaults, refresh, seed};
use crate::linear::transport::{Fault, Reply};

/// A workspace of Linear's in memory. Clones are the same workspace.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    api: Arc<Api>,
    /// The mutex lets in one request at a time; within it, resolvers read and mutations write by turns.
    store: Mutex<RefCell<Store>>,
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

/// The answer before the script bends it.
struct Answer {
    status: u16,
    body: Value,
    budget: Budget,
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Sandbox {
    /// The standard workspace behind the embedded part of Linear's schema.
    pub fn new() -> Self {
        Self::over(Api::embedded())
    }

    /// The standard workspace behind another schema, for instance the whole of Linear's.
    ///
    /// What the stand-in does not keep is answered with null, or 0, "", false and empty lists where null is not
    /// allowed. Errors when the text is not a valid schema.
    pub fn with_schema(sdl: &str) -> Result<Self, SchemaError> {
        Ok(Self::over(Arc::new(Api::parse(sdl)?)))
    }

    fn over(api: Arc<Api>) -> Self {
        Self(Arc::new(Inner {
            api,
            store: Mutex::new(RefCell::new(seed::workspace())),
            script: Script::default(),
            log: Log::default(),
        }))
    }

    /// The script that makes requests go wrong.
    pub fn script(&self) -> &Script {
        &self.0.script
    }

    /// Every request so far, oldest first.
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
    pub fn handle(&self, request: &Request) -> Outcome {
        let (logged, prepared) = engine::prepare(&self.0.api, &request.body);
        let act = self.0.script.take(&logged);
        let mut delay = Duration::ZERO;
        if let Some(Act::Slow(by)) = &act {
            delay = *by;
        }
        let reply = match act.as_ref().and_then(|act| self.instead(act)) {
            Some(reply) => reply,
            None => {
                let answer = self.answer(request, &logged, prepared, act.as_ref());
                self.bend(answer, act.as_ref())
            }
        };
        self.0.log.push(logged);
        Outcome { reply, delay }
    }

    /// The answer of acts that keep the request from being executed.
    fn instead(&self, act: &Act) -> Option<Result<Reply, Fault>> {
        let script = &self.0.script;
        Some(match act {
            Act::RateLimited {
                status,
                reset_in_ms,
                retry_after,
            } => {
                let mut answer = self.refused(&Refusal::rate_limited(REQUESTS, HOUR_MS), *status);
                answer.budget.reset_ms = script.reset_ms(Some(*reset_in_ms));
                let mut reply = answer.reply();
                if let Some(seconds) = retry_after {
                    let header = ("retry-after".to_owned(), seconds.to_string());
                    reply.headers.push(header);
                }
                Ok(reply)
            }
            Act::ServiceUnavailableHtml => Ok(page(503, "Service Unavailable")),
            Act::NotJson => Ok(page(200, "One moment, please")),
            Act::Drop => Err(dropped()),
            Act::EmptyErrors => Ok(self.sent(200, json!({ "errors": [] })).reply()),
            Act::BareError(message) => {
                let status = script.status_of_errors();
                let body = json!({ "errors": [{ "message": message }] });
                Ok(self.sent(status, body).reply())
            }
            Act::InternalError { status } => {
                Ok(self.refused(&Refusal::internal(), *status).reply())
            }
            _ => return None,
        })
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
            Err(refusal) => return self.refused(&refusal, refusal.status),
        };
        let Some(remaining) = self.0.script.spend() else {
            return self.refused(&Refusal::rate_limited(REQUESTS, HOUR_MS), 400);
        };
        let mut answer = match prepared {
            Ok(prepared) => self.admitted(&prepared, logged, access, act),
            Err(invalid) => self.sent(400, invalid.body()),
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
            self.refused(&Refusal::too_complex(complexity, MAXIMUM), 400)
        } else if logged.mutation && access == Access::Read {
            self.refused(&Refusal::forbidden("write"), 403)
        } else {
            let store = self.store();
            let context = Context::new(&inner.api, &store);
            let status = inner.script.status_of_errors();
            let orders = inner.script.orders(act);
            let body = prepared.execute(&context, &orders, logged.mutation, status);
            let failed = body.get("errors").is_some();
            self.sent(if failed { status } else { 200 }, body)
        };
        answer.budget.complexity = Some(complexity);
        answer
    }

    /// What acts make of an answer after the request was executed.
    fn bend(&self, mut answer: Answer, act: Option<&Act>) -> Result<Reply, Fault> {
        match act {
            Some(Act::DropAfterCommit) => return Err(dropped()),
            Some(Act::UnavailableAfterCommit) => return Ok(page(503, "Service Unavailable")),
            Some(Act::ErrorsWithData(refusal)) => {
                let entry = engine::error(refusal, answer.status);
                if let Some(body) = answer.body.as_object_mut() {
                    let errors = body.entry("errors").or_insert_with(|| json!([]));
                    if let Some(errors) = errors.as_array_mut() {
                        errors.push(entry);
                    }
                }
            }
            _ => {}
        }
        let mut reply = answer.reply();
        if act == Some(&Act::Truncated) {
            reply.body.truncate(reply.body.len() / 2);
        }
        Ok(reply)
    }

    fn refused(&self, refusal: &Refusal, status: u16) -> Answer {
        let body = json!({ "errors": [engine::error(refusal, status)] });
        self.sent(status, body)
    }

    fn sent(&self, status: u16, body: Value) -> Answer {
        let budget = Budget {
            reset_ms: self.0.script.reset_ms(None),
            ..Budget::default()
        };
        Answer {
            status,
            body,
            budget,
        }
    }

    fn store(&self) -> MutexGuard<'_, RefCell<Store>> {
        self.0.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Answer {
    fn reply(self) -> Reply {
        let body = defaults::as_javascript(self.body);
        let mut headers = self.budget.headers();
        let json = "application/json; charset=utf-8".to_owned();
        headers.push(("content-type".to_owned(), json));
        Reply {
            status: self.status,
            headers,
            body: body.to_string().into_bytes(),
        }
    }
}

/// A page for people, as gateways send it.
fn page(status: u16, title: &str) -> Reply {
    Reply {
        status,
        headers: vec![("content-type".to_owned(), "text/html".to_owned())],
        body: format!("<!doctype html><html><head><title>{title}</title></head></html>")
            .into_bytes(),
    }
}

fn dropped() -> Fault {
    Fault::Interrupted("connection closed by the server".to_owned())
}

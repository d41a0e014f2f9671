//! What one server process knows, and what one running operation knows of it.

mod lane;
mod rehearsal;
mod reliance;
mod turns;
mod warming;

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::sync::OwnedMutexGuard;

pub use self::lane::{Berth, Lane};
pub use self::rehearsal::{Record, Rehearsal};
pub use self::reliance::Reliance;
pub use self::turns::Turns;
pub use self::warming::{Phase, Underway, Warming};
use crate::clock::Clock;
use crate::directory::{Directory, Entity, Look, Table};
use crate::effect::Allowed;
use crate::error::Error;
use crate::linear::client::{Answers, Client, Errand, Repeat};
use crate::linear::compose::Part;
use crate::linear::failure::Failure;
use crate::meter::{Lookups, Meter};
use crate::params::Shape;

/// One server process: the connection to Linear and what has been learnt over it.
#[derive(Debug)]
pub struct Session {
    /// The connection to Linear.
    pub client: Client,
    /// What is known of the workspace.
    pub directory: Directory,
    /// Time and new ids.
    pub clock: Clock,
    /// What it may do.
    pub allowed: Allowed,
    /// Whose turn it is to write to an issue.
    pub turns: Turns,
    /// What has become of the prefetch.
    pub warming: Warming,
    /// What its operations have cost.
    pub meter: Meter,
    /// How many items a batch may have.
    pub batch_items: usize,
}

impl Session {
    /// A session that knows nothing of the workspace yet. Nothing is sent.
    pub fn new(client: Client, directory: Directory, clock: Clock, allowed: Allowed) -> Self {
        Self {
            client,
            directory,
            clock,
            allowed,
            turns: Turns::default(),
            warming: Warming::default(),
            meter: Meter::default(),
            batch_items: BATCH_ITEMS,
        }
    }
}

/// How many items a batch may have where no setting says otherwise.
const BATCH_ITEMS: usize = 100;

/// What one operation has done so far: everything in its envelope but `data` or `error`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Requests sent to Linear, retries included.
    pub requests: u32,
    /// Which look-ups the session cache answered.
    pub lookups: Lookups,
    /// The steps taken, in names, without ids.
    pub operations: Vec<String>,
    /// What the session remembered wrongly, and has looked up anew before the write was repeated.
    pub healed: Vec<String>,
    /// What an update changed.
    pub changes: Vec<String>,
    /// How a name was resolved: `input` and `method`.
    pub resolution: Option<Value>,
    /// What the caller should know although the operation succeeded.
    pub warnings: Vec<String>,
    /// What became of its parts, where it has several.
    pub parts: Parts,
}

/// The parts of a request that does several things at once, each with its own outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Those that were done.
    pub done: usize,
    /// All of them.
    pub total: usize,
}

impl Parts {
    /// The share that was done, in percent with one digit, half up: `66.7%`. None where nothing failed.
    pub fn rate(self) -> Option<String> {
        if self.done == self.total {
            return None;
        }
        let tenths = (self.done * 2000 + self.total).checked_div(self.total * 2)?;
        Some(format!("{}.{}%", tenths / 10, tenths % 10))
    }
}

/// One running operation: its session, the shape its answer should have, and its report.
#[derive(Debug)]
pub struct Cx<'s> {
    /// The process it runs in.
    pub session: &'s Session,
    /// The shared parameters it was given.
    pub shape: Shape,
    errand: Errand,
    report: &'s Mutex<Report>,
    /// Its place among operations that are done together.
    berth: Option<&'s Berth>,
    relied: Mutex<Option<Arc<dyn Reliance>>>,
    /// Whether it only tries what the session cache would answer.
    trying: bool,
    rehearsal: Option<&'s Rehearsal>,
}

impl<'s> Cx<'s> {
    /// An operation that starts now. What it does is added to `report`, where it stays if the operation panics.
    /// With a `berth`, its writes travel with those of others.
    pub fn new(
        session: &'s Session,
        shape: Shape,
        errand: Errand,
        report: &'s Mutex<Report>,
        berth: Option<&'s Berth>,
    ) -> Self {
        Self {
            session,
            shape,
            errand,
            report,
            berth,
            rehearsal: None,
            relied: Mutex::default(),
            trying: false,
        }
    }

    /// The same operation, with nothing of what it has relied on.
    fn fork(&self) -> Self {
        Self {
            session: self.session,
            shape: self.shape.clone(),
            errand: self.errand.clone(),
            report: self.report,
            berth: self.berth,
            rehearsal: self.rehearsal,
            relied: Mutex::default(),
            trying: self.trying,
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

    /// The same operation, which only rehearses: it reads, and where it would write for the first time, that is taken
    /// down and it gets no further.
    #[must_use]
    pub fn rehearsing(&self, rehearsal: &'s Rehearsal) -> Self {
        Self {
            rehearsal: Some(rehearsal),
            ..self.fork()
        }
    }

    /// What it sends requests on behalf of.
    pub fn errand(&self) -> &Errand {
        &self.errand
    }

    /// Adds to the report.
    pub fn note(&self, write: impl FnOnce(&mut Report)) {
        // A panic while writing a report leaves at worst a line out of it.
        write(&mut self.report.lock().unwrap_or_else(PoisonError::into_inner));
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
    pub fn looked<T: Entity>(&self, table: &Table<T>, look: Look, names: usize) {
        if self.trying {
            return;
        }
        let lookups = u64::try_from(names.max(1)).unwrap_or(u64::MAX);
        table.count(look, lookups);
        self.note(|report| match look {
            Look::Hit => report.lookups.hits += lookups,
            Look::Miss => report.lookups.misses += lookups,
            Look::Passed => {}
        });
    }

    /// Notes what was taken on trust from the session cache. An operation that looks names up more than once wants all
    /// of them the last time, so the last is what counts.
    pub fn rely(&self, on: impl Reliance + 'static) {
        *self.relied.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(on));
    }

    /// What was taken on trust from the session cache, if anything was.
    pub fn relied(&self) -> Option<Arc<dyn Reliance>> {
        self.relied
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits until no other operation of this session writes to that issue, which goes by what the caller calls it.
    /// It is this one's turn until the guard is dropped.
    ///
    /// # Errors
    /// CANCELLED, when that comes before the turn.
    pub async fn turn(&self, issue: &str) -> Result<OwnedMutexGuard<()>, Error> {
        tokio::select! {
            biased;
            () = self.errand.cancel.cancelled() => Err(Failure::Cancelled.reading()),
            turn = self.own_turn(issue) => Ok(turn),
        }
    }

    /// As [`Cx::turn`], for what is hung on an issue without a look at it before. Operations that are done together need
    /// no turns for that: what they write goes out in their order.
    ///
    /// # Errors
    /// As [`Cx::turn`].
    pub async fn turn_to_add(&self, issue: &str) -> Result<Option<OwnedMutexGuard<()>>, Error> {
        match self.berth {
            Some(_) => Ok(None),
            None => self.turn(issue).await.map(Some),
        }
    }

    async fn own_turn(&self, issue: &str) -> OwnedMutexGuard<()> {
        let turn = self.session.turns.take(issue);
        match self.berth {
            Some(berth) => berth.wait(turn).await,
            None => turn.await,
        }
    }

    /// Says that this operation makes a thing, which goes by that description, under that id; answers the id under
    /// which another operation, done together with this one, makes it already.
    pub fn claim(&self, thing: &str, id: &str) -> Option<String> {
        self.berth?.claim(thing, id)
    }

    /// Waits for the prefetch, if one is under way, for as long as that is worth it.
    ///
    /// # Errors
    /// CANCELLED, when that comes first.
    pub async fn warmed(&self) -> Result<(), Failure> {
        tokio::select! {
            biased;
            () = self.errand.cancel.cancelled() => Err(Failure::Cancelled),
            () = self.session.warming.over() => Ok(()),
        }
    }

    /// Sends one request on this operation's account. What Linear says beside a complete answer becomes a warning.
    ///
    /// # Errors
    /// What became of the request.
    pub async fn send(&self, parts: &[Part], repeat: Repeat) -> Result<Answers, Failure> {
        self.send_on(&self.errand, parts, repeat).await
    }

    /// As [`Cx::send`], to learn what became of a write whose answer was lost: a cancellation does not stop it.
    ///
    /// # Errors
    /// What became of the request.
    pub async fn settle(&self, parts: &[Part]) -> Result<Answers, Failure> {
        let errand = self.errand.committed();
        self.send_on(&errand, parts, Repeat::Always).await
    }

    async fn send_on(
        &self,
        errand: &Errand,
        parts: &[Part],
        repeat: Repeat,
    ) -> Result<Answers, Failure> {
        if let Some(rehearsal) = self.rehearsal
            && parts.iter().any(Part::is_mutation)
        {
            rehearsal.plan(parts);
            return std::future::pending().await;
        }
        let answers = match self.berth {
            Some(berth) if parts.iter().any(Part::is_mutation) => berth.send(parts, repeat).await?,
            _ => self.session.client.send(parts, repeat, errand).await?,
        };
        if let Some(rehearsal) = self.rehearsal {
            rehearsal.see(answers.roots());
        }
        for note in &answers.notes {
            self.warn(format!("Linear: {note}"));
        }
        Ok(answers)
    }

    /// As [`Cx::send`], for requests that only read.
    ///
    /// # Errors
    /// The failure as the caller is told it.
    pub async fn read(&self, parts: &[Part]) -> Result<Answers, Error> {
        self.send(parts, Repeat::Always)
            .await
            .map_err(Failure::reading)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_to_a_tenth() {
        let rate = |done, total| Parts { done, total }.rate();
        assert_eq!(rate(2, 3).as_deref(), Some("66.7%"));
        assert_eq!(rate(1, 8).as_deref(), Some("12.5%"));
        assert_eq!(rate(3, 3), None);
        assert_eq!(rate(0, 0), None);
    }
}

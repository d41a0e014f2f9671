//! Whether the session is being filled before anybody has asked: the one thing that a first operation waits for.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::error::Code;
use crate::linear::client::Cost;

/// How long after its start a prefetch is waited for. What takes longer than a look-up of one's own is not worth it.
const PATIENCE: Duration = Duration::from_secs(3);

/// What has become of the prefetch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// There is none in this session.
    #[default]
    Off,
    /// It has been sent, and is waited for until then.
    Running(Instant),
    /// What it brought is in the session cache.
    Done(Cost),
    /// It brought nothing, for that reason. Operations look up what they need.
    Failed(Code, Cost),
}

impl Phase {
    /// The word for it in an answer.
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Running(_) => "running",
            Self::Done(_) => "done",
            Self::Failed(..) => "failed",
        }
    }
}

/// The session's prefetch, of which there is one at a time.
#[derive(Debug, Default)]
pub struct Warming(watch::Sender<Phase>);

impl Warming {
    /// What has become of it so far.
    pub fn phase(&self) -> Phase {
        *self.0.borrow()
    }

    /// Whether it is under way.
    pub fn is_running(&self) -> bool {
        matches!(self.phase(), Phase::Running(_))
    }

    /// Begins one, unless one is under way. It counts as cancelled when what is given out here is dropped unsettled.
    pub fn begin(&self) -> Option<Underway<'_>> {
        let begun = self.0.send_if_modified(|phase| {
            let idle = !matches!(phase, Phase::Running(_));
            if idle {
                *phase = Phase::Running(Instant::now() + PATIENCE);
            }
            idle
        });
        begun.then_some(Underway(self))
    }

    /// Waits until none is under way, or until this one is no longer worth waiting for.
    pub async fn over(&self) {
        let mut phases = self.0.subscribe();
        let phase = *phases.borrow_and_update();
        if let Phase::Running(until) = phase {
            // An error here is the time, or the end of the session: either way there is nothing to wait for.
            let _ = tokio::time::timeout_at(until, phases.changed()).await;
        }
    }
}

/// A prefetch under way.
#[derive(Debug)]
pub struct Underway<'w>(&'w Warming);

impl Underway<'_> {
    /// Settles what became of it.
    pub fn settle(self, phase: Phase) {
        self.0.0.send_replace(phase);
    }
}

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        self.0.0.send_if_modified(|phase| {
            let unsettled = matches!(phase, Phase::Running(_));
            if unsettled {
                *phase = Phase::Failed(Code::Cancelled, Cost::default());
            }
            unsettled
        });
    }
}

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_where_there_is_none() {
        let warming = Warming::default();
        let before = Instant::now();
        warming.over().await;
        assert_eq!(
            (before.elapsed(), warming.phase().word()),
            (Duration::ZERO, "off")
        );
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_waited_for_until_it_is_settled() {
        let warming = Warming::default();
        let underway = warming.begin().unwrap();
        assert!(warming.begin().is_none() && warming.is_running());
        let settle = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            underway.settle(Phase::Done(Cost::default()));
        };
        let before = Instant::now();
        tokio::join!(warming.over(), warming.over(), settle);
        assert_eq!(before.elapsed(), Duration::from_secs(1));
        assert_eq!(warming.phase(), Phase::Done(Cost::default()));
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_not_waited_for_longer_than_it_is_worth_from_its_start_on() {
        let warming = Warming::default();
        let underway = warming.begin().unwrap();
        let before = Instant::now();
        warming.over().await;
        warming.over().await;
        assert_eq!(before.elapsed(), PATIENCE);
        assert!(warming.is_running());
        drop(underway);
    }

    #[tokio::test]
    async fn one_that_is_dropped_keeps_nobody_waiting() {
        let warming = Warming::default();
        drop(warming.begin().unwrap());
        warming.over().await;
        let cancelled = Phase::Failed(Code::Cancelled, Cost::default());
        assert_eq!(warming.phase(), cancelled);
        assert!(warming.begin().is_some());
    }
}

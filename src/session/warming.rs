//! Whether the session is being filled before anybody has asked: the one thing that a first operation waits for.

use std::time::Duration;

use tokio::sync::watch;

use crate::clock::Deadline;
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
    /// There is none, because the snapshot on disk has what a recent one brought.
    Spared,
    /// It has been sent, and is waited for until then.
    Running(Deadline),
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
            Self::Spared => "spared",
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

    /// Notes that none is needed, because of what is on disk.
    pub fn spare(&self) {
        self.0.send_replace(Phase::Spared);
    }

    /// Whether it is under way.
    pub fn is_running(&self) -> bool {
        matches!(self.phase(), Phase::Running(_))
    }

    /// Begins one, unless one is under way. It counts as cancelled when what is given out here is dropped unsettled.
    pub fn begin(&self) -> Option<Underway<'_>> {
        self.begin_for(PATIENCE)
    }

    fn begin_for(&self, patience: Duration) -> Option<Underway<'_>> {
        let begun = self.0.send_if_modified(|phase| {
            let idle = !matches!(phase, Phase::Running(_));
            if idle {
                *phase = Phase::Running(Deadline::after(patience));
            }
            idle
        });
        begun.then(|| Underway(self))
    }

    /// Waits until none is under way, or until this one is no longer worth waiting for.
    pub async fn over(&self) {
        let mut phases = self.0.subscribe();
        let phase = *phases.borrow_and_update();
        if let Phase::Running(until) = phase {
            tokio::select! {
                _ = phases.changed() => {}
                () = until.passed() => {}
            }
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
mod tests {
    use super::*;
    use crate::clock::Stopwatch;

    const SHORT: Duration = Duration::from_millis(30);
    /// Far above what anything here takes.
    const LONG: Duration = Duration::from_secs(600);

    #[tokio::test]
    async fn nobody_waits_where_there_is_none() {
        let warming = Warming::default();
        warming.over().await;
        assert_eq!(warming.phase(), Phase::Off);
    }

    #[tokio::test]
    async fn all_wait_until_it_is_settled() {
        let warming = Warming::default();
        let underway = warming.begin_for(LONG).unwrap();
        assert!(warming.begin().is_none() && warming.is_running());
        let settle = async {
            tokio::time::sleep(SHORT).await;
            underway.settle(Phase::Done(Cost::default()));
        };
        let watch = Stopwatch::start();
        tokio::join!(warming.over(), warming.over(), settle);
        assert!(watch.elapsed() >= SHORT);
        assert_eq!(warming.phase(), Phase::Done(Cost::default()));
    }

    #[tokio::test]
    async fn what_takes_too_long_from_its_start_on_is_waited_for_no_longer() {
        let warming = Warming::default();
        let _underway = warming.begin_for(SHORT).unwrap();
        let watch = Stopwatch::start();
        warming.over().await;
        assert!(watch.elapsed() >= SHORT && warming.is_running());
        let watch = Stopwatch::start();
        warming.over().await;
        assert!(watch.elapsed() < SHORT);
    }

    #[tokio::test]
    async fn one_that_is_dropped_keeps_nobody_waiting() {
        let warming = Warming::default();
        drop(warming.begin_for(LONG).unwrap());
        warming.over().await;
        let cancelled = Phase::Failed(Code::Cancelled, Cost::default());
        assert_eq!(warming.phase(), cancelled);
        assert!(warming.begin().is_some());
    }
}

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
pub enum PrefetchPhase {
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

impl PrefetchPhase {
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
pub struct PrefetchState(watch::Sender<PrefetchPhase>);

impl PrefetchState {
    /// What has become of it so far.
    pub fn phase(&self) -> PrefetchPhase {
        *self.0.borrow()
    }

    /// Notes that none is needed, because of what is on disk.
    pub fn spare(&self) {
        self.0.send_replace(PrefetchPhase::Spared);
    }

    /// Whether it is under way.
    pub fn is_running(&self) -> bool {
        matches!(self.phase(), PrefetchPhase::Running(_))
    }

    /// Begins one, unless one is under way. It counts as cancelled when what is given out here is dropped unsettled.
    pub fn begin(&self) -> Option<PrefetchGuard<'_>> {
        self.begin_for(PATIENCE)
    }

    fn begin_for(&self, retry_limits: Duration) -> Option<PrefetchGuard<'_>> {
        let begun = self.0.send_if_modified(|phase| {
            let idle = !matches!(phase, PrefetchPhase::Running(_));
            if idle {
                *phase = PrefetchPhase::Running(Deadline::after(retry_limits));
            }
            idle
        });
        begun.then(|| PrefetchGuard(self))
    }

    /// Waits until none is under way, or until this one is no longer worth waiting for.
    pub async fn over(&self) {
        let mut phases = self.0.subscribe();
        let phase = *phases.borrow_and_update();
        if let PrefetchPhase::Running(until) = phase {
            tokio::select! {
                _ = phases.changed() => {}
                () = until.passed() => {}
            }
        }
    }
}

/// A prefetch under way.
#[derive(Debug)]
pub struct PrefetchGuard<'w>(&'w PrefetchState);

impl PrefetchGuard<'_> {
    /// Settles what became of it.
    pub fn settle(self, phase: PrefetchPhase) {
        self.0.0.send_replace(phase);
    }
}

impl Drop for PrefetchGuard<'_> {
    fn drop(&mut self) {
        self.0.0.send_if_modified(|phase| {
            let unsettled = matches!(phase, PrefetchPhase::Running(_));
            if unsettled {
                *phase = PrefetchPhase::Failed(Code::Cancelled, Cost::default());
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
        let prefetch_state = PrefetchState::default();
        prefetch_state.over().await;
        assert_eq!(prefetch_state.phase(), PrefetchPhase::Off);
    }

    #[tokio::test]
    async fn all_wait_until_it_is_settled() {
        let prefetch_state = PrefetchState::default();
        let underway = prefetch_state.begin_for(LONG).unwrap();
        assert!(prefetch_state.begin().is_none() && prefetch_state.is_running());
        let settle = async {
            tokio::time::sleep(SHORT).await;
            underway.settle(PrefetchPhase::Done(Cost::default()));
        };
        let watch = Stopwatch::start();
        tokio::join!(prefetch_state.over(), prefetch_state.over(), settle);
        assert!(watch.elapsed() >= SHORT);
        assert_eq!(prefetch_state.phase(), PrefetchPhase::Done(Cost::default()));
    }

    #[tokio::test]
    async fn what_takes_too_long_from_its_start_on_is_waited_for_no_longer() {
        let prefetch_state = PrefetchState::default();
        let _underway = prefetch_state.begin_for(SHORT).unwrap();
        let watch = Stopwatch::start();
        prefetch_state.over().await;
        assert!(watch.elapsed() >= SHORT && prefetch_state.is_running());
        let watch = Stopwatch::start();
        prefetch_state.over().await;
        assert!(watch.elapsed() < SHORT);
    }

    #[tokio::test]
    async fn one_that_is_dropped_keeps_nobody_waiting() {
        let prefetch_state = PrefetchState::default();
        drop(prefetch_state.begin_for(LONG).unwrap());
        prefetch_state.over().await;
        let cancelled = PrefetchPhase::Failed(Code::Cancelled, Cost::default());
        assert_eq!(prefetch_state.phase(), cancelled);
        assert!(prefetch_state.begin().is_some());
    }
}

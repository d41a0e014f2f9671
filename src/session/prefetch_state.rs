//! The state of the prefetch, which fills the session cache before the first operation. Operations wait for a prefetch
//! that is running.

use std::time::Duration;

use tokio::sync::watch;

use crate::clock::Deadline;
use crate::error::Code;
use crate::linear::client::Cost;

/// How long operations wait for a prefetch, from the start of the prefetch. After this time, an operation is faster if
/// it looks the names up itself.
const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// The phase of the prefetch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PrefetchPhase {
    /// This session has no prefetch.
    #[default]
    Off,
    /// No prefetch is needed, because the snapshot on disk has the result of a recent one.
    Spared,
    /// The prefetch is running. Operations wait for it until the deadline.
    Running(Deadline),
    /// The prefetch has filled the session cache. The value is the cost of its requests.
    Done(Cost),
    /// The prefetch failed. The values are the code of the error and the cost of the requests. Operations look up what
    /// they need.
    Failed(Code, Cost),
}

impl PrefetchPhase {
    /// Returns the word for the phase in an answer.
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

/// The state of the session's prefetch. At most one prefetch runs at a time.
#[derive(Debug, Default)]
pub struct PrefetchState(watch::Sender<PrefetchPhase>);

impl PrefetchState {
    /// Returns the present phase.
    pub fn phase(&self) -> PrefetchPhase {
        *self.0.borrow()
    }

    /// Notes that no prefetch is needed, because the snapshot on disk is recent.
    pub fn spare(&self) {
        self.0.send_replace(PrefetchPhase::Spared);
    }

    /// Whether a prefetch is running.
    pub fn is_running(&self) -> bool {
        matches!(self.phase(), PrefetchPhase::Running(_))
    }

    /// Marks a prefetch as running, and returns the guard that is used to end it with a phase. Returns `None` while a
    /// prefetch is running. If the guard is dropped before [`PrefetchGuard::settle`] was called, the prefetch counts as
    /// cancelled.
    pub fn begin(&self) -> Option<PrefetchGuard<'_>> {
        self.begin_for(LONGEST_WAIT)
    }

    fn begin_for(&self, longest_wait: Duration) -> Option<PrefetchGuard<'_>> {
        let begun = self.0.send_if_modified(|phase| {
            let is_idle = !matches!(phase, PrefetchPhase::Running(_));
            if is_idle {
                *phase = PrefetchPhase::Running(Deadline::after(longest_wait));
            }
            is_idle
        });
        begun.then(|| PrefetchGuard(self))
    }

    /// Waits until no prefetch is running, or until the deadline of the one that is running.
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

/// The guard of a running prefetch.
#[derive(Debug)]
pub struct PrefetchGuard<'w>(&'w PrefetchState);

impl PrefetchGuard<'_> {
    /// Ends the prefetch. `phase` is its final phase.
    pub fn settle(self, phase: PrefetchPhase) {
        self.0.0.send_replace(phase);
    }
}

impl Drop for PrefetchGuard<'_> {
    fn drop(&mut self) {
        self.0.0.send_if_modified(|phase| {
            let is_unsettled = matches!(phase, PrefetchPhase::Running(_));
            if is_unsettled {
                *phase = PrefetchPhase::Failed(Code::Cancelled, Cost::default());
            }
            is_unsettled
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Stopwatch;

    const SHORT: Duration = Duration::from_millis(30);
    /// A time that is far longer than anything in these tests takes.
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
        let guard = prefetch_state.begin_for(LONG).unwrap();
        assert!(prefetch_state.begin().is_none() && prefetch_state.is_running());
        let settle = async {
            tokio::time::sleep(SHORT).await;
            guard.settle(PrefetchPhase::Done(Cost::default()));
        };
        let watch = Stopwatch::start();
        tokio::join!(prefetch_state.over(), prefetch_state.over(), settle);
        assert!(watch.elapsed() >= SHORT);
        assert_eq!(prefetch_state.phase(), PrefetchPhase::Done(Cost::default()));
    }

    #[tokio::test]
    async fn what_takes_too_long_from_its_start_on_is_waited_for_no_longer() {
        let prefetch_state = PrefetchState::default();
        let _guard = prefetch_state.begin_for(SHORT).unwrap();
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

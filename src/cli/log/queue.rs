//! The lines that wait to be written to standard error.
//!
//! Whoever logs never waits for whoever reads: a pipe that nobody reads is full after 64 KiB, and a write to it would hold
//! up the whole server.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::thread;
use std::time::Duration;

/// How many bytes may wait. A line that comes when there are more is dropped and counted.
const MOST_BYTES: usize = 1024 * 1024;

/// How long the lines that wait at the end of the process have to be written.
const END: Duration = Duration::from_secs(1);

/// The queue before the process's standard error, which a thread of its own writes.
pub(super) static STDERR: Queue = Queue::new();

/// Has a text of whole lines written to standard error, without waiting for that.
pub(in crate::cli) fn write(text: &str) {
    STDERR.push(text.as_bytes());
}

/// Returns when everything that waits is written to standard error, or has had its time.
pub(in crate::cli) fn finish() {
    STDERR.finish(END);
}

/// Lines that wait, in order.
pub(super) struct Queue {
    state: Mutex<State>,
    /// Told whenever the state changes.
    changed: Condvar,
    begun: Once,
}

struct State {
    waiting: VecDeque<Vec<u8>>,
    /// How many bytes wait or are being written.
    bytes: usize,
    /// How many lines were dropped since that was last told.
    dropped: usize,
}

impl State {
    fn add(&mut self, line: Vec<u8>) {
        self.bytes += line.len();
        self.waiting.push_back(line);
    }

    /// Adds a line on those that were dropped, if any were.
    fn tell_dropped(&mut self) {
        let dropped = std::mem::take(&mut self.dropped);
        if dropped > 0 {
            let lines = if dropped == 1 {
                "line was"
            } else {
                "lines were"
            };
            let told = format!(
                "linear-ops: {dropped} {lines} dropped here, because standard error was not read\n"
            );
            self.add(told.into_bytes());
        }
    }
}

impl Queue {
    const fn new() -> Self {
        Self {
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                bytes: 0,
                dropped: 0,
            }),
            changed: Condvar::new(),
            begun: Once::new(),
        }
    }

    /// Adds whole lines, or counts them as dropped where there is no room. A line that is longer than there ever is room
    /// is taken when nothing else waits.
    fn push(&'static self, text: &[u8]) {
        self.begun.call_once(|| {
            // Without the thread nothing is written; then not even standard input can be read.
            let writer = thread::Builder::new().name("stderr".to_owned());
            drop(writer.spawn(|| self.write_to(&mut io::stderr())));
        });
        self.add(text);
    }

    fn add(&self, text: &[u8]) {
        let mut state = self.state();
        if state.bytes > 0 && state.bytes + text.len() > MOST_BYTES {
            state.dropped += 1;
        } else {
            state.tell_dropped();
            state.add(text.to_vec());
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Writes what comes, for ever.
    fn write_to(&self, out: &mut impl Write) {
        loop {
            let mut state = self.state();
            let line = loop {
                if let Some(line) = state.waiting.pop_front() {
                    break line;
                }
                let woken = self.changed.wait(state);
                state = woken.unwrap_or_else(PoisonError::into_inner);
            };
            drop(state);
            // Where standard error is closed, nobody is to be told.
            let _ = out.write_all(&line);
            self.state().bytes -= line.len();
            self.changed.notify_all();
        }
    }

    /// Returns when everything was written, or after that time.
    fn finish(&self, limit: Duration) {
        let mut state = self.state();
        state.tell_dropped();
        self.changed.notify_all();
        drop(
            self.changed
                .wait_timeout_while(state, limit, |state| state.bytes > 0),
        );
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for &'static Queue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_dropped_and_counted_before_the_next_line_that_does() {
        let queue = Queue::new();
        queue.add(&vec![b'x'; MOST_BYTES + 1]);
        for _ in 0..3 {
            queue.add(b"dropped\n");
        }
        let mut state = queue.state();
        state.waiting.clear();
        state.bytes = 0;
        drop(state);
        queue.add(b"next\n");
        let waiting: Vec<String> = queue
            .state()
            .waiting
            .iter()
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect();
        let told = "linear-ops: 3 lines were dropped here, because standard error was not read\n";
        assert_eq!(waiting, [told, "next\n"]);
    }
}

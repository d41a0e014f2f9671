//! What an operation reports besides its data: the rest of its envelope, the parts of the data that may be left out of
//! a long answer, and its progress.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::watch;

use crate::error::{Code, Error, Retry};
use crate::linear::client::{Stage, Step, Steps, Watch, Write};
use crate::stats::Lookups;

/// What one operation has done so far. It becomes everything in the envelope except `data` and `error`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// The number of requests that were sent to Linear, retries included.
    pub requests: u32,
    /// How many look-ups the session cache answered, and how many it did not.
    pub lookups: Lookups,
    /// The steps of the operation, described by names and without ids.
    pub operations: Vec<String>,
    /// The names for which the session cache had a wrong entity. They were looked up again before the write was
    /// repeated.
    pub retried_names: Vec<String>,
    /// The changes that an update made.
    pub changes: Vec<String>,
    /// The labels that the operation created besides what it was asked to write, by name.
    pub new_labels: Vec<String>,
    /// How a name was resolved, as an object with `input` and `method`.
    pub resolution: Option<Value>,
    /// The warnings about how the text of the request was understood, in cases where the caller may have meant
    /// something else.
    pub reading: Vec<String>,
    /// The other warnings: what the caller should know although the operation succeeded.
    pub warnings: Vec<String>,
    /// How many parts of the request succeeded, if the request has several parts.
    pub parts: Parts,
    /// Whether the answer to a success is an acknowledgement, which has no metadata (`contract.md`, "Detail").
    pub acknowledged: bool,
    /// Which parts of the data may be left out when the whole answer is too long.
    pub outline: Outline,
}

/// How many warnings of one kind are listed one by one.
const MAX_WARNINGS_OF_A_KIND: usize = 5;

impl Report {
    /// Returns the warnings as the caller gets them. All warnings about how the request was understood are listed,
    /// because every change to the caller's text has to be reported. Of each other kind, the first five warnings are
    /// listed, followed by the number of further warnings of the kind.
    pub fn all_warnings(&self) -> Vec<String> {
        let mut counts: Vec<(String, usize)> = Vec::new();
        let mut listed = self.reading.clone();
        for warning in &self.warnings {
            let kind = warning_kind(warning);
            let index = counts.iter().position(|(counted, _)| *counted == kind);
            let count = match index.and_then(|index| counts.get_mut(index)) {
                Some((_, count)) => {
                    *count += 1;
                    *count
                }
                None => {
                    counts.push((kind, 1));
                    1
                }
            };
            if count <= MAX_WARNINGS_OF_A_KIND {
                listed.push(warning.clone());
            }
        }
        let omitted = counts.into_iter().filter_map(|(kind, count)| {
            let rest = count
                .checked_sub(MAX_WARNINGS_OF_A_KIND)
                .filter(|rest| *rest > 0)?;
            Some(format!("{rest} more of the kind: {kind}"))
        });
        listed.extend(omitted);
        listed
    }
}

/// Returns the kind of a warning: its text with every number and everything in single quotes replaced by `…`.
fn warning_kind(warning: &str) -> String {
    let mut kind = String::with_capacity(warning.len());
    for (index, section) in warning.split('\'').enumerate() {
        let is_quoted = index % 2 == 1;
        if is_quoted {
            kind.push('…');
            continue;
        }
        let mut in_number = false;
        for character in section.chars() {
            if !character.is_ascii_digit() {
                kind.push(character);
            } else if !in_number {
                kind.push('…');
            }
            in_number = character.is_ascii_digit();
        }
    }
    kind
}

/// How many parts of a request succeeded. A request that does several things at once has a part for each of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The number of parts that succeeded.
    pub done: usize,
    /// The number of all parts.
    pub total: usize,
}

impl Parts {
    /// Returns the share of the parts that succeeded, in percent with one decimal and rounded half up, as in `66.7%`.
    /// Returns `None` when no part failed.
    pub fn rate(self) -> Option<String> {
        if self.done == self.total {
            return None;
        }
        let tenths = (self.done * 2000 + self.total).checked_div(self.total * 2)?;
        Some(format!("{}.{}%", tenths / 10, tenths % 10))
    }
}

/// Which parts of an operation's data may be left out when the whole answer is too long, and how a caller reads them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// The lists in the data from which rows may be left out.
    pub lists: Vec<List>,
    /// The offset at which the long text in the data begins, in characters of the whole text.
    pub text_offset: usize,
    /// The operation that reads the rest of a long text by its parameter `text_offset`, if there is one for such texts.
    pub reader: Option<&'static str>,
    /// Whether `reader` is the operation itself.
    pub reads_itself: bool,
    /// For each item of a batch, in order: the name of the item in warnings, and the outline of its data.
    pub items: Vec<(String, Self)>,
}

impl Outline {
    /// Adds a list. It replaces a list with the same key.
    pub fn put(&mut self, list: List) {
        self.lists.retain(|existing| existing.key != list.key);
        self.lists.push(list);
    }
}

/// A list in an operation's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// The key of the rows in the data.
    pub key: &'static str,
    /// For each row, in the order of the data, the cursor that continues after the row. When the number of cursors
    /// differs from the number of rows (there may be no cursors at all), no row has a cursor.
    pub cursors: Vec<Option<String>>,
    /// Whether the rows of further pages belong before the first row of this list. This is so if the list shows the
    /// oldest row first, and each further page has older rows.
    pub goes_on_before: bool,
    /// How a caller gets the rows that were left out.
    pub onward: Onward,
    /// Where the rows stand in groups, the places of the rows of each group in the order of the list. The data then has
    /// the groups under [`GROUPS`], each with its rows under `key`. A row may stand in several groups.
    pub groups: Option<Vec<Vec<usize>>>,
}

/// The key of the groups in the data of a grouped list.
pub const GROUPS: &str = "groups";

/// How a caller gets the rows that were left out of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Onward {
    /// By sending the same request with the `cursor` of the answer.
    Cursor,
    /// By calling another operation, which takes the cursors of the list if there are any.
    Operation(&'static str),
}

/// How far an operation has come and, for a batch, how far each of its items has come. If nobody receives the answer,
/// the server logs the outcome, which it takes from here.
#[derive(Debug, Default)]
pub struct Progress {
    number: u64,
    state: Mutex<ProgressState>,
}

#[derive(Debug, Default)]
struct ProgressState {
    operation: Option<String>,
    trace_id: Option<String>,
    /// The stages of the writes that the operation has submitted.
    writes: Vec<Watch>,
    /// How the operation ended, once it has.
    end: Option<Fate>,
    /// The sender of the progress notifications.
    steps: Steps,
    items: Vec<(usize, Arc<Progress>)>,
}

/// The outcome of an operation, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The operation succeeded.
    Done,
    /// Linear executed every write that was sent, but the operation has not ended.
    DoneAsSent,
    /// The operation failed, and the outcome of each of its writes is known.
    Failed(Code),
    /// It is not known whether Linear executed some write of the operation.
    Unknown,
    /// The operation has sent no write.
    NotBegun,
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::DoneAsSent => f.write_str("done, as far as it was sent"),
            Self::Failed(code) => write!(f, "failed ({})", code.name()),
            Self::Unknown => f.write_str("unknown whether it was done"),
            Self::NotBegun => f.write_str("not begun"),
        }
    }
}

impl Progress {
    /// Creates the progress of a request. `number` is the position of the request in the order in which the server
    /// received the requests.
    pub fn of_request(number: u64) -> Self {
        Self {
            number,
            state: Mutex::default(),
        }
    }

    /// Returns the position of the request in the order in which the server received the requests.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Turns on progress notifications, and returns a receiver of the latest step.
    pub fn follow(&self) -> watch::Receiver<Step> {
        let (steps, follower) = Steps::followed();
        self.state().steps = steps;
        follower
    }

    /// Returns the sender of the progress notifications.
    pub fn steps(&self) -> Steps {
        self.state().steps.clone()
    }

    /// Sets the name of the operation and the trace id that the caller gave.
    pub fn name(&self, operation: &str, trace_id: Option<String>) {
        let mut state = self.state();
        state.operation = Some(operation.to_owned());
        state.trace_id = trace_id;
    }

    /// Adds an item of a batch, and returns the progress of the item.
    pub fn item(&self, index: usize, operation: &str) -> Arc<Self> {
        let item = Arc::new(Self::default());
        item.name(operation, None);
        self.state().items.push((index, Arc::clone(&item)));
        item
    }

    /// Notes the writes that are being submitted.
    pub fn submit(&self, writes: &[Write]) {
        let watches = writes.iter().map(|write| write.watch.clone());
        self.state().writes.extend(watches);
    }

    /// Notes that the operation has ended with this outcome.
    pub fn end(&self, outcome: &Result<Value, Error>) {
        let mut state = self.state();
        state.end = Some(match outcome.as_ref().map_err(Error::code) {
            Ok(_) => Fate::Done,
            Err(code) if code.retry() == Retry::Check => Fate::Unknown,
            Err(Code::Cancelled) if state.fate_of_writes() == Fate::NotBegun => Fate::NotBegun,
            Err(code) => Fate::Failed(code),
        });
    }

    /// Returns the outcome of the operation, as far as it is known.
    pub fn fate(&self) -> Fate {
        let state = self.state();
        state.end.unwrap_or_else(|| state.fate_of_writes())
    }

    /// Whether the operation or one of its items has written something, or may have.
    pub fn has_written(&self) -> bool {
        let state = self.state();
        state.fate_of_writes() != Fate::NotBegun
            || state.items.iter().any(|(_, item)| item.has_written())
    }

    /// Returns one line with the outcome of the operation or, for a batch, one line for each item. Returns no line for
    /// a request that is not an operation.
    pub fn lines(&self) -> Vec<String> {
        let state = self.state();
        let Some(operation) = &state.operation else {
            return Vec::new();
        };
        let trace_id = state.trace_id.as_ref();
        let trace_id = trace_id.map_or_else(String::new, |id| format!(" (trace_id: {id})"));
        if state.items.is_empty() {
            let fate = state.end.unwrap_or_else(|| state.fate_of_writes());
            return vec![format!("{operation}{trace_id}: {fate}")];
        }
        let items = state.items.iter().map(|(index, item)| {
            let name = item.state().operation.clone().unwrap_or_default();
            format!(
                "{operation}{trace_id}, item {index} ({name}): {}",
                item.fate()
            )
        });
        items.collect()
    }

    fn state(&self) -> MutexGuard<'_, ProgressState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ProgressState {
    /// Returns the outcome of the operation as its writes alone show it.
    fn fate_of_writes(&self) -> Fate {
        let any_write_is = |stage| self.writes.iter().any(|write| write.stage() == stage);
        match (any_write_is(Stage::Sent), any_write_is(Stage::Done)) {
            (true, _) => Fate::Unknown,
            (false, true) => Fate::DoneAsSent,
            (false, false) => Fate::NotBegun,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_warnings_of_one_kind_are_counted_and_none_of_the_reading_is() {
        let report = Report {
            reading: (0..7)
                .map(|number| format!("read '{number}' as text"))
                .collect(),
            warnings: (0..9)
                .map(|number| format!("label 'l{number}' left out: no such group"))
                .chain(["link 'https://a.example' not attached".to_owned()])
                .collect(),
            ..Report::default()
        };
        let warnings = report.all_warnings();
        assert_eq!(warnings.len(), 7 + 5 + 1 + 1);
        let rest = "4 more of the kind: label … left out: no such group";
        assert_eq!(warnings.last().map(String::as_str), Some(rest));
        assert!(warnings.contains(&"link 'https://a.example' not attached".to_owned()));
    }

    #[test]
    fn shares_are_rounded_to_a_tenth() {
        let rate = |done, total| Parts { done, total }.rate();
        assert_eq!(rate(2, 3).as_deref(), Some("66.7%"));
        assert_eq!(rate(1, 8).as_deref(), Some("12.5%"));
        assert_eq!(rate(3, 3), None);
        assert_eq!(rate(0, 0), None);
    }
}

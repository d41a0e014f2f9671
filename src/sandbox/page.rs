//! Connections: order, cursors and the size of a page (`linear/api.md` §1.2, §6).

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::refusal::Refusal;
use super::store::{Record, text};

/// How many nodes a connection has when neither `first` nor `last` is given.
pub(super) const DEFAULT_SIZE: usize = 50;
/// The most nodes that may be asked for.
const MAX_SIZE: i64 = 250;

/// The arguments every connection takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PageArgs {
    first: Option<usize>,
    last: Option<usize>,
    after: Option<Position>,
    before: Option<Position>,
    /// `createdAt` unless `orderBy` says `updatedAt`.
    by_update: bool,
    /// Whether archived and trashed entities are listed too.
    pub(super) include_archived: bool,
    /// Whether `orderBy` was given: search ranks by relevance without it.
    pub(super) ordered: bool,
}

/// A place in an order: the sort key and, where keys are equal, the id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Position {
    key: String,
    id: String,
}

/// One page of records, with each record's cursor.
#[derive(Clone, Debug, Default)]
pub(super) struct Page {
    pub(super) items: Vec<(String, Record)>,
    pub(super) has_next: bool,
    pub(super) has_previous: bool,
    /// How many records there are on all pages.
    pub(super) total: usize,
}

impl PageArgs {
    /// Reads the arguments of a connection field. Errors when a size is not within 1..=250 or a cursor is not ours.
    pub(super) fn read(args: &Map<String, Value>) -> Result<Self, Refusal> {
        let order = args.get("orderBy").and_then(Value::as_str);
        Ok(Self {
            first: size(args, "first")?,
            last: size(args, "last")?,
            after: cursor(args, "after")?,
            before: cursor(args, "before")?,
            by_update: order == Some("updatedAt"),
            include_archived: flag(args, "includeArchived"),
            ordered: order.is_some(),
        })
    }

    /// The key a record is ordered by, newest first.
    pub(super) fn key(&self, record: &Record) -> String {
        let field = if self.by_update {
            "updatedAt"
        } else {
            "createdAt"
        };
        text(record, field).unwrap_or_default().to_owned()
    }

    /// Cuts one page out of the records, each given with its sort key; the greatest key comes first.
    ///
    /// A cursor names a place in the order and not a row, so entities that are inserted or removed between two
    /// pages neither repeat nor hide others.
    pub(super) fn cut(&self, records: Vec<(String, &Record)>) -> Page {
        let mut all: Vec<(Position, &Record)> = records
            .into_iter()
            .map(|(key, record)| (Position::of(key, record), record))
            .collect();
        all.sort_by(|(one, _), (other, _)| other.cmp(one));
        let total = all.len();
        let before = |position: &Position| self.before.as_ref().is_none_or(|end| position > end);
        let after = |position: &Position| self.after.as_ref().is_none_or(|start| position < start);
        let has_next_beyond = all.iter().any(|(position, _)| !before(position));
        let skipped = all.iter().any(|(position, _)| !after(position));
        all.retain(|(position, _)| after(position) && before(position));
        let (start, end) = self.window(all.len());
        Page {
            has_next: end < all.len() || has_next_beyond,
            has_previous: start > 0 || skipped,
            total,
            items: all
                .into_iter()
                .skip(start)
                .take(end - start)
                .map(|(position, record)| (position.cursor(), record.clone()))
                .collect(),
        }
    }

    /// Which of `len` records the page has: from, and up to but without.
    fn window(&self, len: usize) -> (usize, usize) {
        match (self.first, self.last) {
            (None, Some(last)) => (len.saturating_sub(last), len),
            (Some(first), Some(last)) => {
                let end = first.min(len);
                (end.saturating_sub(last), end)
            }
            (first, None) => (0, first.unwrap_or(DEFAULT_SIZE).min(len)),
        }
    }
}

impl Position {
    fn of(key: String, record: &Record) -> Self {
        let id = text(record, "id").unwrap_or_default().to_owned();
        Self { key, id }
    }

    /// The position as clients see it: hexadecimal, so that nobody is tempted to read or make one.
    fn cursor(&self) -> String {
        let mut out = String::new();
        for byte in self.key.bytes().chain([b'|']).chain(self.id.bytes()) {
            // Writing to a string cannot fail.
            let _ = write!(out, "{byte:02x}");
        }
        out
    }

    fn from_cursor(cursor: &str) -> Option<Self> {
        let digits: Option<Vec<u32>> = cursor.chars().map(|c| c.to_digit(16)).collect();
        let bytes: Option<Vec<u8>> = digits?
            .chunks(2)
            .map(|pair| match pair {
                [high, low] => u8::try_from(high * 16 + low).ok(),
                _ => None,
            })
            .collect();
        let plain = String::from_utf8(bytes?).ok()?;
        let (key, id) = plain.rsplit_once('|')?;
        Some(Self {
            key: key.to_owned(),
            id: id.to_owned(),
        })
    }
}

/// A boolean argument; absent and null are false.
pub(super) fn flag(args: &Map<String, Value>, name: &str) -> bool {
    args.get(name).and_then(Value::as_bool).unwrap_or(false)
}

fn size(args: &Map<String, Value>, name: &str) -> Result<Option<usize>, Refusal> {
    let Some(asked) = args.get(name).and_then(Value::as_i64) else {
        return Ok(None);
    };
    if asked > MAX_SIZE {
        let words = format!("{name} must not be greater than {MAX_SIZE}");
        return Err(Refusal::validation(name, "max", words));
    }
    match usize::try_from(asked) {
        Ok(size) if size > 0 => Ok(Some(size)),
        _ => Err(Refusal::validation(
            name,
            "min",
            format!("{name} must not be less than 1"),
        )),
    }
}

fn cursor(args: &Map<String, Value>, name: &str) -> Result<Option<Position>, Refusal> {
    let Some(cursor) = args.get(name).and_then(Value::as_str) else {
        return Ok(None);
    };
    match Position::from_cursor(cursor) {
        Some(position) => Ok(Some(position)),
        None => Err(Refusal::validation(
            name,
            "isCursor",
            format!("{name} must be a cursor of this connection"),
        )),
    }
}

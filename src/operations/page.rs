//! How much of a list is given, and where it goes on.

use serde_json::{Map, Value};

use crate::error::{Code, Error};
use crate::linear::model::PageInfo;
use crate::params::{Count, Cursor};
use crate::session::{Cx, List, Onward};

/// How many Linear gives on one page (`linear/api.md` §1.2).
const MOST: u32 = 250;
/// How many are given when nothing is said (`contract.md`, "Common parameters").
const USUAL: u32 = 50;

/// How many of a list the caller wants.
///
/// # Errors
/// INVALID_PARAM that names `param`, for more than Linear gives at once, or none.
pub(super) fn size(param: &str, given: Option<Count>) -> Result<usize, Error> {
    let size = given.map_or(USUAL, |Count(size)| size);
    if (1..=MOST).contains(&size) {
        return Ok(usize::try_from(size).unwrap_or(usize::MAX));
    }
    let message = format!("'{param}' cannot be {size}");
    Err(Error::new(Code::InvalidParam, message)
        .detail("param", param)
        .suggest(format!("Use a {param} of 1 to {MOST}")))
}

/// How many of a list the caller wants by its `limit`, where a cursor leads on.
///
/// # Errors
/// As [`size`].
pub(super) fn limit(given: Option<Count>) -> Result<usize, Error> {
    size("limit", given)
        .map_err(|error| error.suggest("Give the answer's 'cursor' for the next ones"))
}

/// `total` when all of the list is here, from its beginning; else `count`, and the cursor that leads on.
pub(super) fn with_counts(
    mut data: Map<String, Value>,
    info: PageInfo,
    shown: usize,
    continued: bool,
) -> Map<String, Value> {
    if !info.has_next_page && !continued {
        data.insert("total".to_owned(), shown.into());
    } else {
        data.insert("count".to_owned(), shown.into());
    }
    data.insert("has_more".to_owned(), info.has_next_page.into());
    if let (true, Some(cursor)) = (info.has_next_page, info.end_cursor) {
        data.insert("cursor".to_owned(), cursor.into());
    }
    data
}

/// Notes that rows of the list under `key` may be left out where the answer is too long: each has the cursor that leads
/// on behind it, where one does.
pub(super) fn may_cut(cx: &Cx<'_>, key: &'static str, cursors: Vec<Option<String>>) {
    put(cx, key, cursors, false);
}

/// As [`may_cut`], for a list that is shown oldest first, and whose cursors lead to older rows.
pub(super) fn may_cut_oldest(cx: &Cx<'_>, key: &'static str, cursors: Vec<Option<String>>) {
    put(cx, key, cursors, true);
}

fn put(cx: &Cx<'_>, key: &'static str, cursors: Vec<Option<String>>, goes_on_before: bool) {
    let list = List {
        key: if cx.shape.table { "rows" } else { key },
        cursors,
        goes_on_before,
        onward: Onward::Cursor,
    };
    cx.note(|report| report.outline.put(list));
}

/// Drops the rows up to the one that a cursor is the id of: the pages of a list that the session has whole.
///
/// # Errors
/// INVALID_PARAM for a cursor that is of none of them.
pub(super) fn go_on<T>(
    rows: &mut Vec<T>,
    cursor: Option<&Cursor>,
    id: impl Fn(&T) -> &str,
) -> Result<(), Error> {
    let Some(Cursor(cursor)) = cursor else {
        return Ok(());
    };
    let Some(last) = rows.iter().position(|row| id(row) == cursor) else {
        let message = "The cursor is of nothing on this list";
        return Err(Error::new(Code::InvalidParam, message)
            .detail("param", "cursor")
            .detail("given", cursor.as_str())
            .suggest("Leave 'cursor' out to begin at the start"));
    };
    rows.drain(..=last);
    Ok(())
}

/// Notes of a list that the session has whole that its rows may be left out, and says of one that goes on behind a cursor
/// how many there are here.
pub(super) fn whole<T>(
    cx: &Cx<'_>,
    key: &'static str,
    rows: &[T],
    id: impl Fn(&T) -> &str,
    data: &mut Map<String, Value>,
    continued: bool,
) {
    let cursors = rows.iter().map(|row| Some(id(row).to_owned()));
    may_cut(cx, key, cursors.collect());
    if continued {
        data.insert("count".to_owned(), rows.len().into());
        data.insert("has_more".to_owned(), false.into());
    }
}

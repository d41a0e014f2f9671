//! A page of a list: how many rows it has, how they are counted, and the cursor that leads on to the next page.

use serde_json::{Map, Value};

use crate::error::{Code, Error};
use crate::linear::model::PageInfo;
use crate::params::{Count, Cursor};
use crate::session::{Context, List, Onward};

/// How many rows Linear puts on one page at most (`linear/api.md` §1.2).
const MOST: u32 = 250;
/// How many rows a page has where the caller does not say (`contract.md`, "Common parameters").
const USUAL: u32 = 50;

/// Returns how many rows the caller wants, as `given` in the parameter `param`.
///
/// # Errors
/// INVALID_PARAM that names `param`, for 0 or for more than Linear puts on one page.
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

/// Returns how many rows the caller wants by the parameter `limit`, of a list with a cursor.
///
/// # Errors
/// As [`size`].
pub(super) fn limit(given: Option<Count>) -> Result<usize, Error> {
    size("limit", given)
        .map_err(|error| error.suggest("Give the answer's 'cursor' for the next ones"))
}

/// Adds to the data of a list its `total` where the answer has the whole list; else the `count` of rows shown, and the
/// cursor that leads on. `continued` says that the page begins after a cursor.
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

/// Notes that rows of the list under `key` may be left out where the answer is too long. `cursors` has the cursor that
/// leads on behind each row, where there is one.
pub(super) fn may_cut(cx: &Context<'_>, key: &'static str, cursors: Vec<Option<String>>) {
    put(cx, key, cursors, false);
}

/// As [`may_cut`], for a list that is shown oldest first and whose cursors lead to older rows.
pub(super) fn may_cut_oldest(cx: &Context<'_>, key: &'static str, cursors: Vec<Option<String>>) {
    put(cx, key, cursors, true);
}

fn put(cx: &Context<'_>, key: &'static str, cursors: Vec<Option<String>>, goes_on_before: bool) {
    let list = List {
        key: if cx.common.table { "rows" } else { key },
        cursors,
        goes_on_before,
        onward: Onward::Cursor,
    };
    cx.note(|report| report.outline.put(list));
}

/// Drops the rows up to the one whose id is the cursor. It makes the pages of a list that the session has whole.
///
/// # Errors
/// INVALID_PARAM for a cursor that is not the id of any row.
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

/// Notes that rows of a list that the session has whole may be left out where the answer is too long. A list that is
/// `continued` after a cursor also gets the count of its rows.
pub(super) fn whole<T>(
    cx: &Context<'_>,
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

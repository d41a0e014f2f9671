//! A page of a list: the number of its rows, the counts in the answer, and the cursor of the next page.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::view::{self, View};
use crate::cache::Entity;
use crate::error::{Code, Error};
use crate::linear::model::PageInfo;
use crate::params::{Count, Cursor, Detail};
use crate::session::{Context, List, Onward};

/// The greatest number of rows that Linear puts on one page (`linear/api.md` §1.2).
const MAX_SIZE: u32 = 250;
/// The number of rows on a page where the caller gives none (`contract.md`, "Common parameters").
const DEFAULT_SIZE: u32 = 50;

/// Returns the number of rows that the caller wants, from the value `given` in the parameter `param`.
///
/// # Errors
/// INVALID_PARAM that names `param`, for 0 or for more rows than Linear puts on one page.
pub(super) fn size(param: &str, given: Option<Count>) -> Result<usize, Error> {
    size_up_to(MAX_SIZE, param, given.unwrap_or(Count(DEFAULT_SIZE)))
}

/// Returns the number of rows that the caller wants, from the value `given` in the parameter `param`.
///
/// # Errors
/// INVALID_PARAM that names `param`, for 0 or for more than `max` rows.
pub(super) fn size_up_to(max: u32, param: &str, Count(size): Count) -> Result<usize, Error> {
    if (1..=max).contains(&size) {
        return Ok(usize::try_from(size).unwrap_or(usize::MAX));
    }
    let message = format!("'{param}' cannot be {size}");
    Err(Error::new(Code::InvalidParam, message)
        .detail("param", param)
        .suggest(format!("Use a {param} of 1 to {max}")))
}

/// Returns the number of rows that the caller wants, from the parameter `limit` of a list with a cursor.
///
/// # Errors
/// Those of [`size`].
pub(super) fn limit(given: Option<Count>) -> Result<usize, Error> {
    size("limit", given)
        .map_err(|error| error.suggest("Give the answer's 'cursor' for the next ones"))
}

/// Adds the counts to the data of a list: the `total` where the answer has the whole list; else the `count` of the rows
/// `shown`, and the cursor of the next page. `is_continued` says that the page begins after a cursor.
pub(super) fn with_counts(
    mut data: Map<String, Value>,
    info: PageInfo,
    shown: usize,
    is_continued: bool,
) -> Map<String, Value> {
    if !info.has_next_page && !is_continued {
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

/// Notes that rows of the list under `key` may be left out where the answer is too long. `cursors` has an entry for
/// each row: the cursor of the page that begins after the row, where there is one.
pub(super) fn may_cut(cx: &Context<'_>, key: &'static str, cursors: Vec<Option<String>>) {
    note_list(cx, key, cursors, false, None);
}

/// As [`may_cut`], for a list whose rows stand in groups. `groups` has, for each group, the places of its rows in the
/// order of the list.
pub(super) fn may_cut_groups(
    cx: &Context<'_>,
    key: &'static str,
    cursors: Vec<Option<String>>,
    groups: Vec<Vec<usize>>,
) {
    note_list(cx, key, cursors, false, Some(groups));
}

/// As [`may_cut`], for a list that is shown oldest first and whose cursors belong to pages with older rows.
pub(super) fn may_cut_oldest(cx: &Context<'_>, key: &'static str, cursors: Vec<Option<String>>) {
    note_list(cx, key, cursors, true, None);
}

/// Notes the list from which rows are left out where the answer is too long.
fn note_list(
    cx: &Context<'_>,
    key: &'static str,
    cursors: Vec<Option<String>>,
    goes_on_before: bool,
    groups: Option<Vec<Vec<usize>>>,
) {
    let list = List {
        key: if cx.common.table { "rows" } else { key },
        cursors,
        goes_on_before,
        onward: Onward::Cursor,
        groups,
    };
    cx.note(|report| report.outline.put(list));
}

/// Returns the data of a list of which the session has all `items`, in the order in which they are shown: the rows after
/// the `cursor`, which is the id of a row, as many as the `limit` where there is one; and the `total` of all items. `build`
/// returns the view of an item at a level of detail.
///
/// # Errors
/// INVALID_PARAM for a cursor that is not the id of an item.
pub(super) fn whole_list<T: Entity>(
    cx: &Context<'_>,
    key: &'static str,
    mut items: Vec<Arc<T>>,
    cursor: Option<&Cursor>,
    limit: Option<usize>,
    build: impl Fn(&T, Detail) -> View,
) -> Result<Value, Error> {
    let total = items.len();
    remove_through(&mut items, cursor)?;
    let shown = limit.unwrap_or(usize::MAX).min(items.len());
    let has_more = items.len() > shown;
    items.truncate(shown);
    let cursors: Vec<Option<String>> = items.iter().map(|row| Some(row.id().to_owned())).collect();
    let mut data = view::list(cx, key, Detail::Brief, &items, |row, level| {
        build(row, level)
    });
    if limit.is_some() || cursor.is_some() {
        let info = PageInfo {
            has_next_page: has_more,
            end_cursor: cursors.last().cloned().flatten(),
        };
        data = with_counts(data, info, shown, cursor.is_some());
    }
    may_cut(cx, key, cursors);
    data.insert("total".to_owned(), total.into());
    Ok(Value::Object(data))
}

/// Removes the rows up to and including the row whose id is the cursor.
///
/// # Errors
/// INVALID_PARAM for a cursor that is not the id of a row.
fn remove_through<T: Entity>(rows: &mut Vec<Arc<T>>, cursor: Option<&Cursor>) -> Result<(), Error> {
    let Some(Cursor(cursor)) = cursor else {
        return Ok(());
    };
    let Some(last) = rows.iter().position(|row| row.id() == cursor) else {
        let message = "The cursor is of nothing on this list";
        return Err(Error::new(Code::InvalidParam, message)
            .detail("param", "cursor")
            .detail("given", cursor.as_str())
            .suggest("Leave 'cursor' out to begin at the start"));
    };
    rows.drain(..=last);
    Ok(())
}

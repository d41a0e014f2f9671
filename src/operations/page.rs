//! How much of a list is given, and where it goes on.

use serde_json::{Map, Value};

use crate::error::{Code, Error};
use crate::linear::model::PageInfo;
use crate::params::Count;

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

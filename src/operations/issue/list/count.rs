//! The number of issues that match (`count_only`).
//!
//! Linear has no total for a list of issues (`linear/api.md` §1.2), so the ids of the issues are read and counted. For a
//! search, Linear returns the total.

use serde_json::{Map, Value};

use super::groups::Groups;
use super::{IssueKey, ListRequest, ListedIssues};
use crate::operations::reads::ReadError;

/// The number of issues that are counted in one request.
pub(super) const COUNTED: usize = 250;
/// The largest number of issues that are counted with `exact: true`.
pub(super) const EXACTLY_COUNTED: usize = 10_000;

impl ListRequest<'_> {
    /// Returns the data of a count: the number of issues, and with `group_by` the number in each group. Where Linear has
    /// more issues than were read, a number is a text such as `250+`, and `has_more` is true.
    ///
    /// # Errors
    /// As [`super::find`].
    pub(super) async fn count(self) -> Result<Map<String, Value>, ReadError> {
        let found = self.read::<IssueKey>().await?;
        let ListedIssues {
            issues,
            info,
            total,
            ..
        } = found;
        let total = total.filter(|_| self.page.group_by.is_none());
        let is_whole = !info.has_next_page || total.is_some();
        let mut data = Map::new();
        let count = total.unwrap_or(issues.len());
        data.insert("count".to_owned(), count_of(count, is_whole));
        if !is_whole {
            data.insert("has_more".to_owned(), true.into());
            let counted = issues.len();
            self.cx.warn(if counted < EXACTLY_COUNTED {
                format!("only the first {counted} issues are counted; exact: true counts up to {EXACTLY_COUNTED}")
            } else {
                format!("only the first {counted} issues are counted; filter for fewer")
            });
        }
        if let Some(by) = self.page.group_by {
            let groups = Groups::of(issues.iter().map(|row| &row.node), by);
            groups.warn_of_more_labels(self.cx);
            let groups = groups.groups.into_iter().map(|group| {
                let count = count_of(group.places.len(), is_whole);
                Value::Object(group.into_data(count))
            });
            data.insert("groups".to_owned(), groups.collect());
        }
        Ok(data)
    }
}

/// Returns a number of issues as an answer shows it: a text with a `+` where there may be more.
pub(super) fn count_of(count: usize, is_whole: bool) -> Value {
    if is_whole {
        count.into()
    } else {
        format!("{count}+").into()
    }
}

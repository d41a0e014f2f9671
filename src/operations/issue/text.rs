//! The text of an issue's description, as it stood a moment before it was overwritten.

use crate::linear::compose::Part;
use crate::linear::documents::{IssueDescribe, issue_describe};
use crate::linear::scalars::IssueUpdateInput;
use crate::patch::Patch;
use crate::text::checklist::is_alike;

/// The update of a description; one that sets nothing shows the text that a later mutation of the same document
/// overwrites.
pub(super) fn describe(id: &str, description: Patch<String>) -> Part {
    Part::of::<IssueDescribe>(issue_describe::Variables {
        id: id.to_owned(),
        input: IssueUpdateInput {
            description,
            ..IssueUpdateInput::default()
        },
    })
}

/// A description and the time at which its issue was changed last.
pub(super) type Dated<'t> = (Option<&'t str>, &'t str);

/// Whether nobody has edited the text in between. Linear may word the same markdown differently in the answer to a write
/// and later, and an update that sets nothing may count as a change; two edits may fall into one moment.
pub(super) fn is_same((seen, at): Dated<'_>, (expected, before): Dated<'_>) -> bool {
    seen == expected
        || (at == before && is_alike(seen.unwrap_or_default(), expected.unwrap_or_default()))
}

//! The types of parameters: lenient about spelling, exact about meaning.
//!
//! Callers are models and scripts; they write `priority: "high"` or `labels: planning, backend`. Each type here accepts what can mean only one thing and refuses the rest with
//! a message that says what would be right. Their JSON schemas show only the recommended form.

mod date;
mod decode;
mod foreign;
pub(crate) mod form;
mod label;
mod link;
mod list;
mod node;
mod null;
mod patch;
mod plain;
mod priority;
mod reference;
mod relation;
mod scalar;
mod schema;
mod shape;
pub(crate) mod written;

pub use date::{Day, Moment, Seen};
pub use decode::decode;
pub(crate) use foreign::{asks_afresh, is_added_by_host, is_context, is_filter, is_meaningless};
pub use form::Form;
pub use label::{Color, LabelName, LabelNames, LabelSpec};
pub use link::{Link, Url};
pub use list::{Indices, LabelSpecs, Links, List, Refs};
pub use null::Null;
pub use patch::Patch;
pub(crate) use plain::switch;
pub use plain::{Count, Cursor, Estimate, Flag, Markdown, Text, Title};
pub use priority::Priority;
pub(crate) use reference::NAMING;
pub use reference::{CycleRef, Identifier, Ref};
pub use relation::RelationKind;
pub use scalar::{Lenient, Scalar, read};
pub use schema::schema;
pub use shape::{Detail, Shape};
pub(crate) use shape::{Written, snake};

/// A name without case and separators: `createdAt`, `created_at` and `Created-At` are the same. Whatever else stands in a
/// name is a part of it, so that `title!!` and a name with a hidden character in it are not known.
pub(crate) fn plain_name(name: &str) -> String {
    let is_separator = |c: char| matches!(c, '_' | '-' | '.') || c.is_whitespace();
    name.chars()
        .filter(|c| !is_separator(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests;

//! Asking Linear for single things, and what it means that one of them is not there.

use crate::error::Error;
use crate::linear::client::Repeat;
use crate::linear::documents::Listing;
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::session::Cx;

/// The error of a read that asks for one thing a part: of `missing`, which has an error for each of the first parts,
/// the one whose thing Linear does not know; else what became of the request.
pub(crate) fn explain(failure: Failure, missing: impl IntoIterator<Item = Error>) -> Error {
    let mut parts = missing.into_iter().enumerate();
    match parts.find(|(part, _)| failure.declines(*part)) {
        Some((_, missing)) => missing,
        None => failure.reading(),
    }
}

/// The thing with that id as it is now, if there is one.
///
/// # Errors
/// What became of the request.
pub(super) async fn by_id<L: Listing>(cx: &Cx<'_>, id: &str) -> Result<Option<L::Node>, Failure> {
    let part = L::one(Filter::eq("id", id));
    let mut answers = cx.send(&[part], Repeat::Always).await?;
    Ok(L::first(answers.take::<L>(0)?))
}

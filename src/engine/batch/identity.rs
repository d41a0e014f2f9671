//! Issues that one item names by its id and another by its identifier: only Linear knows whether they are one.

use std::collections::HashMap;

use futures::future::join_all;

use super::conflicts::doubtful;
use super::item::Item;
use super::target::Target;
use crate::linear::compose::Part;
use crate::linear::documents::{IssueHead, issue_head};
use crate::session::Cx;

/// Gives the issues their identifiers where items would get in each other's way if it were the same one. That costs a
/// request, and where nothing is in doubt none. An id that means nothing is its own item's failure, later.
pub(super) async fn settle(cx: &Cx<'_>, items: &mut [Item]) {
    let ids = doubtful(items);
    let asked = ids.iter().map(|id| identifier(cx, id));
    let found: HashMap<&String, String> = ids
        .iter()
        .zip(join_all(asked).await)
        .filter_map(|(id, identifier)| Some((id, identifier?)))
        .collect();
    for target in items.iter_mut().flat_map(|item| &mut item.about) {
        if let Target::Issue(name) = target
            && let Some(identifier) = found.get(name)
        {
            name.clone_from(identifier);
        }
    }
}

async fn identifier(cx: &Cx<'_>, id: &str) -> Option<String> {
    let id = id.to_owned();
    let head = Part::of::<IssueHead>(issue_head::Variables { id });
    let mut answers = cx.read(&[head]).await.ok()?;
    let answer = answers.take::<IssueHead>(0).ok()?;
    Some(answer.issue.identifier)
}

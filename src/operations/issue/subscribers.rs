//! The subscribers of an issue: the users who are told of its changes.

use super::optional_writes::OptionalChange;
use crate::cache::fold;
use crate::error::{Code, Error};
use crate::linear::model::{Issue, Named};
use crate::params::{Patch, Refs};
use crate::resolve::Resolved;
use crate::session::Context;

/// Returns the users with these names, each once.
///
/// # Errors
/// USER_NOT_FOUND or AMBIGUOUS_IDENTIFIER.
pub(super) fn resolve(
    cx: &Context<'_>,
    resolved: &Resolved,
    names: &Refs,
) -> Result<Vec<Named>, Error> {
    let mut users: Vec<Named> = Vec::new();
    for name in names.iter() {
        let user = resolved.user(name.as_str())?.item;
        cx.resolved("subscriber", &user.name, resolved.users.cached);
        if users.iter().all(|known| known.id != user.id) {
            users.push(Named {
                id: user.id.clone(),
                name: user.name.clone(),
            });
        }
    }
    Ok(users)
}

/// Returns the ids of the users with these names, each once.
///
/// # Errors
/// As [`resolve`].
pub(super) fn ids(
    cx: &Context<'_>,
    resolved: &Resolved,
    names: &Refs,
) -> Result<Vec<String>, Error> {
    let users = resolve(cx, resolved, names)?;
    Ok(users.into_iter().map(|user| user.id).collect())
}

/// The change that the parameters of `update_issue` make to the subscribers.
#[derive(Clone, Copy, Debug)]
pub(super) struct SubscriberChange<'p> {
    /// The whole new set.
    pub replace: &'p Patch<Refs>,
    /// Users to add.
    pub add: Option<&'p Refs>,
    /// Users to remove.
    pub remove: Option<&'p Refs>,
}

impl SubscriberChange<'_> {
    pub(super) fn is_any(&self) -> bool {
        !self.replace.is_absent() || self.add.is_some() || self.remove.is_some()
    }

    /// Checks that the parameters do not contradict each other.
    ///
    /// # Errors
    /// INVALID_PARAM for `subscribers` beside `add_subscribers` or `remove_subscribers`.
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.replace.is_absent() || (self.add.is_none() && self.remove.is_none()) {
            return Ok(());
        }
        let message = "'subscribers' replaces all subscribers, so it cannot stand beside 'add_subscribers' or 'remove_subscribers'";
        Err(Error::new(Code::InvalidParam, message)
            .detail("param", "subscribers")
            .suggest(
                "Use 'add_subscribers' and 'remove_subscribers' to keep the other subscribers",
            ))
    }

    /// Returns the names to look up.
    pub(super) fn names(&self) -> Vec<String> {
        let lists = self
            .replace
            .value()
            .into_iter()
            .chain(self.add)
            .chain(self.remove);
        let names = lists.flat_map(|names| names.iter());
        names.map(|name| name.as_str().to_owned()).collect()
    }

    /// Returns the users to add and to remove as changes of the issue. The name of a subscriber who has left the
    /// workspace is found among the subscribers of the issue itself.
    ///
    /// # Errors
    /// USER_NOT_FOUND or AMBIGUOUS_IDENTIFIER; INVALID_PARAM for a user who is to be both added and removed.
    pub(super) fn optional_changes(
        &self,
        cx: &Context<'_>,
        resolved: &Resolved,
        before: &Issue,
    ) -> Result<Vec<OptionalChange>, Error> {
        let added = match self.add {
            Some(names) => resolve(cx, resolved, names)?,
            None => Vec::new(),
        };
        let mut removed: Vec<Named> = Vec::new();
        for name in self.remove.iter().flat_map(|names| names.iter()) {
            let user = match resolved.user(name.as_str()) {
                Ok(found) => Named {
                    id: found.item.id.clone(),
                    name: found.item.name.clone(),
                },
                Err(error) => own_subscriber(before, name.as_str()).ok_or(error)?,
            };
            cx.resolved("subscriber", &user.name, resolved.users.cached);
            if removed.iter().all(|known| known.id != user.id) {
                removed.push(user);
            }
        }
        if let Some(both) = added.iter().find(|user| removed.contains(user)) {
            let message = format!("'{}' is to be both added and removed", both.name);
            return Err(Error::new(Code::InvalidParam, message)
                .detail("param", "remove_subscribers")
                .suggest("Name each user in one of 'add_subscribers' and 'remove_subscribers'"));
        }
        let added = added.into_iter().map(OptionalChange::Subscribe);
        let removed = removed.into_iter().map(OptionalChange::Unsubscribe);
        Ok(added.chain(removed).collect())
    }
}

/// Returns the subscriber of the issue with that whole name or id.
fn own_subscriber(issue: &Issue, wanted: &str) -> Option<Named> {
    let mut subscribers = issue.subscribers.iter().flat_map(|list| &list.nodes);
    let wanted = fold(wanted);
    let found = subscribers.find(|user| user.id == wanted || fold(&user.name) == wanted);
    found.cloned()
}

/// Returns the line that tells how the subscribers changed, `subscribers: +Jane Smith -John Doe`, or `None` where they did
/// not. `before` is the issue as it was read before; `replaced` has the ids of the new set, if it was replaced, which
/// are looked for in `resolved`; `made` are the changes that were made.
pub(super) fn changed(
    before: &Issue,
    (replaced, resolved): (Option<&[String]>, &Resolved),
    made: &[OptionalChange],
) -> Option<String> {
    let was: &[Named] = before.subscribers.as_ref().map_or(&[], |list| &list.nodes);
    let was_subscribed = |id: &String| was.iter().any(|known| known.id == *id);
    let (mut added, mut removed) = (Vec::new(), Vec::new());
    if let Some(replaced) = replaced {
        let users = resolved.users.items.iter();
        let new = users.filter(|user| replaced.contains(&user.id) && !was_subscribed(&user.id));
        added.extend(new.map(|user| user.name.as_str()));
        let gone = was.iter().filter(|user| !replaced.contains(&user.id));
        removed.extend(gone.map(|user| user.name.as_str()));
    }
    for change in made {
        match change {
            OptionalChange::Subscribe(user) if !was_subscribed(&user.id) => added.push(&user.name),
            OptionalChange::Unsubscribe(user) if was_subscribed(&user.id) => {
                removed.push(&user.name);
            }
            _ => {}
        }
    }
    let added = added.iter().map(|name| format!("+{name}"));
    let removed = removed.iter().map(|name| format!("-{name}"));
    let words: Vec<String> = added.chain(removed).collect();
    (!words.is_empty()).then(|| format!("subscribers: {}", words.join(" ")))
}

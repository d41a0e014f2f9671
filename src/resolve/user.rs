//! Users: by id, name, display name, e-mail address or `me`.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Match, Method, Picked, Resolvable, apart, named, named_exactly};
use crate::directory::{ANYWHERE, Look, fold};
use crate::error::{Code, Error};
use crate::linear::documents::{Listing as _, UsersAll};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::model::User;
use crate::session::Cx;

/// What names a user exactly.
const FIELDS: &[&str] = &["email", "displayName", "name"];

/// The word for the key's owner.
pub(super) const ME: &str = "me";

impl Resolvable for User {
    const NOUN: &'static str = "User";
    const NOUNS: &'static str = "users";
    const NOT_FOUND: Code = Code::UserNotFound;
    const AVAILABLE: &'static str = "available_users";
    const LISTED_BY: Option<&'static str> = Some("list_users");
    const PARAMS: &'static [&'static str] = &["assignee", "lead", "members", "user"];

    fn called(wanted: &str) -> &str {
        wanted.trim().trim_start_matches('@')
    }

    fn exact_names(&self) -> Vec<&str> {
        vec![&self.email, &self.name, &self.display_name]
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn unique(&self) -> String {
        self.email.clone()
    }

    /// Whose key it is does not change.
    fn is_shown_as(&self, called: &str, keys: bool) -> bool {
        let called = fold(called);
        let is_me = self.is_me && called == ME;
        is_me || fold(&self.name) == called || (keys && fold(&self.email) == called)
    }

    fn is_usable(&self) -> bool {
        self.active
    }

    fn is_described_by(&self, key: &str, text: &str) -> Option<bool> {
        let wanted = fold(Self::called(text));
        match key {
            "email" => text.contains('@').then(|| fold(&self.email) == wanted),
            "display_name" => Some(fold(&self.display_name) == wanted),
            "name" | "key" | "identifier" => {
                let names = self.exact_names();
                Some(names.iter().any(|name| fold(name) == wanted))
            }
            _ => None,
        }
    }

    fn listed(&self) -> Value {
        json!({"name": self.name, "email": self.email})
    }

    fn told_apart(&self) -> Map<String, Value> {
        apart(json!({"name": self.name, "email": self.email, "id": self.id}))
    }

    /// What was picked, unless it is somebody by a display name that is also a word in another's name: `john` may be the
    /// display name of one John and the first name of two. `@john` is the display name and nothing else.
    fn unshared(wanted: &str, picked: Picked<Self>, among: &[Arc<Self>]) -> Picked<Self> {
        let Picked::One(found) = &picked else {
            return picked;
        };
        let wanted = super::without_hash(wanted).unwrap_or(wanted);
        let word = fold(Self::called(wanted));
        let own = &found.item;
        let by_display_name =
            fold(&own.display_name) == word && fold(&own.name) != word && fold(&own.email) != word;
        if !by_display_name || wanted.trim().starts_with('@') {
            return picked;
        }
        let shares = |user: &&Arc<Self>| {
            user.id == own.id || fold(&user.name).split_whitespace().any(|part| part == word)
        };
        let sharing: Vec<Arc<Self>> = among.iter().filter(shares).map(Arc::clone).collect();
        if sharing.len() > 1 {
            Picked::Many(sharing)
        } else {
            picked
        }
    }

    fn by_alias(wanted: &str, among: &[Arc<Self>]) -> Option<Picked<Self>> {
        let me = among.iter().find(|user| user.is_me)?;
        (fold(wanted) == ME).then(|| {
            Picked::One(Match {
                item: Arc::clone(me),
                method: Method::Alias,
            })
        })
    }
}

/// Everybody there ever was, those included who have left.
///
/// # Errors
/// The failure of the request.
pub async fn with_disabled(cx: &Cx<'_>) -> Result<Vec<Arc<User>>, Error> {
    let table = &cx.session.directory.users;
    let passed = cx.shape.refresh_cache;
    let known = if passed {
        table.doubt();
        None
    } else {
        table.list(ANYWHERE)
    };
    cx.looked(table, Look::of(known.is_some(), passed), 0);
    if let Some(users) = known {
        return Ok(users);
    }
    let asked = table.mark();
    let mut users = Vec::new();
    let mut after = None;
    for page in 1..=MOST_PAGES {
        if page > 1 {
            cx.next_page(page, users.len());
        }
        let mut answers = cx.read(&[UsersAll::page(None, PAGE, after)]).await?;
        let page = answers.take::<UsersAll>(0).map_err(Failure::reading)?.users;
        users.extend(page.nodes.into_iter().map(Arc::new));
        after = page.page_info.end_cursor;
        if !page.page_info.has_next_page {
            table.put_list(ANYWHERE, &users, asked);
            break;
        }
    }
    Ok(users)
}

/// How many users are asked for at once.
const PAGE: i64 = 250;
/// How many pages of them are followed at most: 10,000 users.
const MOST_PAGES: usize = 40;

/// The filter for users by a whole name, e-mail address or id, or `me`, be they active or not.
pub fn exact(wanted: &str) -> Filter {
    let wanted = User::called(wanted);
    if fold(wanted) == ME {
        return Filter::eq("isMe", true);
    }
    named_exactly(wanted, FIELDS)
}

/// The filter that finds a user by what a caller calls them.
pub fn filter(wanted: &str) -> Filter {
    let wanted = User::called(wanted);
    if fold(wanted) == ME {
        return Filter::eq("isMe", true);
    }
    named(wanted, FIELDS)
}

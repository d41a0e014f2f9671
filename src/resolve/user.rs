//! Users: by id, name, display name, e-mail address or `me`.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Match, Method, Resolvable, apart, named, named_exactly};
use crate::directory::fold;
use crate::error::Code;
use crate::linear::filter::Filter;
use crate::linear::model::User;

/// What names a user exactly.
const FIELDS: &[&str] = &["email", "displayName", "name"];

/// The word for the key's owner.
const ME: &str = "me";

impl Resolvable for User {
    const NOUN: &'static str = "User";
    const NOT_FOUND: Code = Code::UserNotFound;
    const AVAILABLE: &'static str = "available_users";
    const LISTED_BY: Option<&'static str> = None;

    fn called(wanted: &str) -> &str {
        wanted.trim().trim_start_matches('@')
    }

    fn exact_names(&self) -> Vec<&str> {
        vec![&self.email, &self.name, &self.display_name]
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn listed(&self) -> Value {
        json!({"name": self.name, "email": self.email})
    }

    fn told_apart(&self) -> Map<String, Value> {
        apart(json!({"name": self.name, "email": self.email, "id": self.id}))
    }

    fn by_alias(wanted: &str, among: &[Arc<Self>]) -> Option<Match<Self>> {
        let me = among.iter().find(|user| user.is_me)?;
        (fold(wanted) == ME).then(|| Match {
            item: Arc::clone(me),
            method: Method::Alias,
        })
    }
}

/// The filter for a user by a whole name, e-mail address or id, or `me`.
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

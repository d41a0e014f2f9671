//! Users: by id, name, display name, e-mail address or `me`.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::address::PageKind;
use super::kind::{Kind, List, Lookup, LookupSpec, Placement};
use super::{
    Candidates, LookupRequest, Match, MatchResult, Method, Mode, Resolvable, Resolved, json_object,
    match_exactly, match_name, named, named_exactly,
};
use crate::cache::{ANYWHERE, Cache, CacheLookup, KindCache, fold};
use crate::error::{Code, Error};
use crate::linear::documents::{Listing as _, Users, UsersAll};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::model::User;
use crate::session::Context;

/// The fields that name a user exactly.
const FIELDS: &[&str] = &["email", "displayName", "name"];

/// The word for the owner of the API key.
pub(super) const ME: &str = "me";

impl Resolvable for User {
    const NOUN: &'static str = "User";
    const NOUNS: &'static str = "users";
    const NOT_FOUND: Code = Code::UserNotFound;
    const AVAILABLE: &'static str = "available_users";
    const LISTED_BY: Option<&'static str> = Some("list_users");
    const PARAMS: &'static [&'static str] = &[
        "assignee",
        "delegate",
        "subscribers",
        "add_subscribers",
        "remove_subscribers",
        "lead",
        "members",
        "user",
    ];

    fn query_name(wanted: &str) -> &str {
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

    /// `me` needs no comparison, because the owner of the key does not change.
    fn is_shown_as(&self, name: &str, has_keys: bool) -> bool {
        let name = fold(name);
        let is_me = self.is_me && name == ME;
        is_me || fold(&self.name) == name || (has_keys && fold(&self.email) == name)
    }

    fn is_usable(&self) -> bool {
        self.active
    }

    fn is_described_by(&self, key: &str, text: &str) -> Option<bool> {
        let wanted = fold(Self::query_name(text));
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

    fn available_entry(&self) -> Value {
        json!({"name": self.name, "email": self.email})
    }

    fn disambiguation(&self) -> Map<String, Value> {
        json_object(json!({"name": self.name, "email": self.email, "id": self.id}))
    }

    /// A display name that is also a word in another user's name is ambiguous: `john` may be the display name of one John and the
    /// first name of another. `@john` means only the display name.
    fn check_ambiguity(
        wanted: &str,
        matched: MatchResult<Self>,
        candidates: &[Arc<Self>],
    ) -> MatchResult<Self> {
        let MatchResult::One(found) = &matched else {
            return matched;
        };
        let wanted = super::without_hash(wanted).unwrap_or(wanted);
        let word = fold(Self::query_name(wanted));
        let user = &found.item;
        let is_by_display_name = fold(&user.display_name) == word
            && fold(&user.name) != word
            && fold(&user.email) != word;
        if !is_by_display_name || wanted.trim().starts_with('@') {
            return matched;
        }
        let could_be_meant = |other: &&Arc<Self>| {
            let name = fold(&other.name);
            other.id == user.id || name.split_whitespace().any(|part| part == word)
        };
        let users = candidates.iter().filter(could_be_meant);
        let users: Vec<Arc<Self>> = users.map(Arc::clone).collect();
        if users.len() > 1 {
            MatchResult::Many(users)
        } else {
            matched
        }
    }

    fn by_alias(wanted: &str, candidates: &[Arc<Self>]) -> Option<MatchResult<Self>> {
        let me = candidates.iter().find(|user| user.is_me)?;
        (fold(wanted) == ME).then(|| {
            MatchResult::One(Match {
                item: Arc::clone(me),
                method: Method::Alias,
            })
        })
    }
}

impl Kind for User {
    const FIRST_PAGE: i64 = 100;
    const NAME_MATCHES: i64 = 50;
    const PAGE: Option<PageKind> = Some(PageKind::User);

    fn cache(cache: &Cache) -> &KindCache<Self> {
        &cache.users
    }

    fn all_candidates(known: &Resolved) -> &Candidates<Self> {
        &known.users
    }

    fn list(request: &LookupRequest) -> List<Self> {
        // Users who have left are read only where the caller may mean them.
        if request.anyone {
            List::of::<UsersAll>()
        } else {
            List::of::<Users>()
        }
    }

    fn names(request: &LookupRequest) -> Vec<String> {
        request.users.clone()
    }

    fn filter(name: &str) -> Option<Filter> {
        let name = User::query_name(name);
        Some(if fold(name) == ME {
            Filter::eq("isMe", true)
        } else {
            named(name, FIELDS)
        })
    }

    fn is_all_wanted(request: &LookupRequest) -> bool {
        request.all_users && !request.anyone
    }

    fn spec<'l>(lookup: &'l Lookup<'_>, names: &'l [String]) -> LookupSpec<'l, Self> {
        let scopes = if lookup.request.anyone {
            vec!["", ANYWHERE]
        } else {
            vec![""]
        };
        LookupSpec {
            scopes,
            ..lookup.workspace_spec(names)
        }
    }

    fn placement<'l>(lookup: &'l Lookup<'_>) -> Placement<'l, Self> {
        Placement::all(if lookup.request.anyone { ANYWHERE } else { "" })
    }

    fn meanings(known: &Resolved, request: &LookupRequest) -> Vec<Option<Arc<Self>>> {
        let meaning = |name: &String| Some(known.user(name).ok()?.item);
        request.users.iter().map(meaning).collect()
    }
}

impl Resolved {
    /// Returns the active user with that name, e-mail address or id, or `me`. In a write, a part of a name means only people,
    /// because Linear assigns nothing to an integration.
    ///
    /// # Errors
    /// USER_NOT_FOUND or AMBIGUOUS_IDENTIFIER.
    pub fn user(&self, wanted: &str) -> Result<Match<User>, Error> {
        let items = self.users.items.iter();
        let mut active: Vec<Arc<User>> = items.filter(|user| user.active).map(Arc::clone).collect();
        if self.mode() == Mode::Write && matches!(match_exactly(wanted, &active), MatchResult::None)
        {
            active.retain(|user| !user.app);
        }
        let matched = User::check_ambiguity(wanted, self.match_name(wanted, &active), &active);
        matched
            .or_error(wanted, &active, None)
            .map_err(|error| self.users.counted(error))
    }

    /// Returns the active app user (an agent or another integration) with that name, e-mail address or id: what an issue
    /// can be delegated to (`linear/api.md` §1.2).
    ///
    /// # Errors
    /// USER_NOT_FOUND or AMBIGUOUS_IDENTIFIER; INVALID_PARAM for a person.
    pub fn app_user(&self, wanted: &str) -> Result<Match<User>, Error> {
        let active = self.users.items.iter().filter(|user| user.active);
        let (apps, people): (Vec<Arc<User>>, Vec<Arc<User>>) =
            active.map(Arc::clone).partition(|user| user.app);
        let matched = User::check_ambiguity(wanted, self.match_name(wanted, &apps), &apps);
        let person = match matched {
            MatchResult::None => match match_name(wanted, &people, self.mode()) {
                MatchResult::One(found) => Some(found.item),
                MatchResult::Many(several) => several.into_iter().next(),
                MatchResult::None => None,
            },
            _ => None,
        };
        let Some(person) = person else {
            return matched
                .or_error(wanted, &apps, None)
                .map_err(|error| self.users.counted(error));
        };
        let message = format!(
            "'{}' is a person, and an issue is delegated to an app user",
            person.name
        );
        let error = Error::new(Code::InvalidParam, message)
            .detail("param", "delegate")
            .detail("input", wanted);
        let named: Vec<Value> = apps.iter().map(|app| app.available_entry()).collect();
        let error = match named.as_slice() {
            [] => error,
            _ => error.detail("available_app_users", named),
        };
        Err(error
            .suggest("Use 'assignee' for a person")
            .suggest("Call list_users to see the app users"))
    }

    /// Returns the user with that name, e-mail address or id, or `me`, for a filter by user: an active user, or else one who has
    /// left.
    ///
    /// # Errors
    /// USER_NOT_FOUND or AMBIGUOUS_IDENTIFIER.
    pub fn anyone(&self, wanted: &str) -> Result<Match<User>, Error> {
        let all = &self.users.items;
        match self.user(wanted) {
            Err(error) if error.code() == Code::UserNotFound => {
                match User::check_ambiguity(wanted, self.match_name(wanted, all), all) {
                    MatchResult::None => Err(error),
                    found => found.or_error(wanted, all, None),
                }
            }
            settled => settled,
        }
    }

    /// Returns the number of users, including those who have left, that a filter of Linear finds by that name, among the users
    /// that were looked up.
    pub fn users_called(&self, wanted: &str) -> usize {
        let is_found = |user: &&Arc<User>| {
            let is_id = user.id.eq_ignore_ascii_case(wanted.trim());
            let method = if is_id { Method::Id } else { Method::ExactName };
            let item = Arc::clone(user);
            Match { item, method }.is_literal(wanted)
        };
        self.users.items.iter().filter(is_found).count()
    }
}

/// Returns all users of the workspace, including those who have left.
///
/// # Errors
/// The failure of the request.
pub async fn with_disabled(cx: &Context<'_>) -> Result<Vec<Arc<User>>, Error> {
    let cache = &cx.session.cache.users;
    let bypassed = cx.common.refresh_cache;
    let cached = if bypassed {
        cache.invalidate_in_flight();
        None
    } else {
        cache.list(ANYWHERE)
    };
    cx.looked(cache, CacheLookup::of(cached.is_some(), bypassed), 0);
    if let Some(users) = cached {
        return Ok(users);
    }
    let epoch = cache.mark();
    let mut users = Vec::new();
    let mut after = None;
    for page in 1..=MOST_PAGES {
        if page > 1 {
            cx.next_page(page, users.len());
        }
        let mut answers = cx.read(&[UsersAll::page(None, PAGE, after)]).await?;
        let page = answers
            .take::<UsersAll>(0)
            .map_err(Failure::into_read_error)?
            .users;
        users.extend(page.nodes.into_iter().map(Arc::new));
        after = page.page_info.end_cursor;
        if !page.page_info.has_next_page {
            cache.put_list(ANYWHERE, &users, epoch);
            break;
        }
    }
    Ok(users)
}

/// The number of users on a page.
const PAGE: i64 = 250;
/// The largest number of pages that are read: 10,000 users.
const MOST_PAGES: usize = 40;

/// Returns the filter for users with that whole name, e-mail address or id, or `me`, whether they are active or not.
pub fn exact(wanted: &str) -> Filter {
    let wanted = User::query_name(wanted);
    if fold(wanted) == ME {
        return Filter::eq("isMe", true);
    }
    named_exactly(wanted, FIELDS)
}

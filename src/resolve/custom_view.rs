//! Custom views of issues: by id, name, slug or the address of their page.
//!
//! Linear has no filter by slug, but its query for one view takes a slug as well as an id (`linear/api.md` §1.2). So a view
//! that is given by one of these is not looked up, and [`ViewRef`] tells the two cases apart.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::address::{self, PageKind, SLUG};
use super::kind::{Kind, List};
use super::{
    Candidates, LookupRequest, Match, MatchResult, Resolvable, Resolved, is_uuid, json_object,
    match_exactly, named, named_exactly, without_hash,
};
use crate::cache::{Cache, KindCache};
use crate::error::{Code, Error};
use crate::linear::documents::CustomViews;
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::model::CustomView;

/// The fields that name a view exactly, and that Linear can filter by.
const FIELDS: &[&str] = &["name"];
/// The type of a view that lists issues.
const OF_ISSUES: &str = "Issue";

/// A view as a caller gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ViewRef {
    /// The id or the slug of the view.
    Handle {
        /// The id or the slug, by which Linear finds the view.
        handle: String,
        /// The text that the caller gave.
        given: String,
    },
    /// The name of the view, which has to be looked up.
    Name(String),
}

impl ViewRef {
    /// Returns the view that a text refers to.
    pub fn new(text: &str) -> Self {
        let handle = CustomView::query_name(text);
        let handle = address::slug(handle).unwrap_or(handle);
        let is_slug = handle.len() == SLUG && handle.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_address = address::of_kind(text, PageKind::View).is_some();
        if is_slug || is_uuid(handle) || is_address {
            Self::Handle {
                handle: handle.to_ascii_lowercase(),
                given: text.trim().to_owned(),
            }
        } else {
            Self::Name(text.to_owned())
        }
    }
}

impl Resolvable for CustomView {
    const NOUN: &'static str = "View";
    const NOUNS: &'static str = "views of issues";
    const NOT_FOUND: Code = Code::ViewNotFound;
    const AVAILABLE: &'static str = "available_views";
    const LISTED_BY: Option<&'static str> = None;
    const PARAMS: &'static [&'static str] = &["view"];

    fn query_name(wanted: &str) -> &str {
        let address = address::of_kind(wanted, PageKind::View);
        address.map_or(wanted.trim(), |address| address.handle())
    }

    fn other_form(wanted: &str) -> Option<&str> {
        without_hash(wanted)
    }

    fn exact_names(&self) -> Vec<&str> {
        vec![&self.name, &self.slug_id]
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn disambiguation(&self) -> Map<String, Value> {
        let team = self.team.as_ref().map(|team| &team.key);
        json_object(
            json!({"name": self.name, "owner": self.owner.name, "team": team, "id": self.id}),
        )
    }
}

impl Kind for CustomView {
    const FIRST_PAGE: i64 = 50;
    const NAME_MATCHES: i64 = 50;
    const PAGE: Option<PageKind> = Some(PageKind::View);

    fn cache(cache: &Cache) -> &KindCache<Self> {
        &cache.custom_views
    }

    fn all_candidates(known: &Resolved) -> &Candidates<Self> {
        &known.custom_views
    }

    fn list(_request: &LookupRequest) -> List<Self> {
        List::of::<CustomViews>()
    }

    fn names(request: &LookupRequest) -> Vec<String> {
        request.custom_view.iter().cloned().collect()
    }

    fn filter(name: &str) -> Option<Filter> {
        Some(named(CustomView::query_name(name), FIELDS))
    }

    fn meanings(known: &Resolved, request: &LookupRequest) -> Vec<Option<Arc<Self>>> {
        let meaning = |name: &String| Some(known.custom_view(name).ok()?.item);
        request.custom_view.iter().map(meaning).collect()
    }
}

impl Resolved {
    /// Returns the view of issues with that name. A view that lists something else does not compete for the name.
    ///
    /// # Errors
    /// VIEW_NOT_FOUND or AMBIGUOUS_IDENTIFIER; INVALID_PARAM where only a view that lists something else has the name.
    pub fn custom_view(&self, wanted: &str) -> Result<Match<CustomView>, Error> {
        let all = &self.custom_views;
        let (of_issues, others): (Vec<_>, Vec<_>) = all
            .items
            .iter()
            .cloned()
            .partition(|view| view.model_name == OF_ISSUES);
        let matched = self.match_name(wanted, &of_issues);
        if let (MatchResult::None, MatchResult::One(other)) =
            (&matched, match_exactly(wanted, &others))
        {
            return Err(lists_other_entities(
                &other.item.name,
                &other.item.model_name,
            ));
        }
        let found = matched.or_error(wanted, &of_issues, None);
        found.map_err(|error| all.counted(error))
    }
}

/// Returns the filter for views of issues with that whole name or id.
pub fn exact(wanted: &str) -> Filter {
    Filter::all(vec![
        named_exactly(CustomView::query_name(wanted), FIELDS),
        Filter::eq("modelName", OF_ISSUES),
    ])
}

/// Returns the error for an id or a slug that no view has.
pub fn not_found(wanted: &str) -> Error {
    let message = format!("View '{wanted}' not found in Linear workspace");
    Error::new(Code::ViewNotFound, message)
        .detail("input", wanted)
        .suggest("Use the name of a view, as Linear's sidebar shows it")
}

/// Returns the error for a view whose name was found, but which Linear did not return in the same answer: it was renamed
/// or deleted in between.
pub fn unread() -> Error {
    let message = "the view was found by its name, but not returned";
    Failure::Malformed(message.to_owned()).into_read_error()
}

/// Checks that a view lists issues.
///
/// # Errors
/// INVALID_PARAM for a view that lists something else.
pub fn check_lists_issues(name: &str, model_name: &str) -> Result<(), Error> {
    if model_name == OF_ISSUES {
        Ok(())
    } else {
        Err(lists_other_entities(name, model_name))
    }
}

/// Returns the error for a view that does not list issues.
fn lists_other_entities(name: &str, model_name: &str) -> Error {
    let (listed, instead) = match model_name {
        "Project" => (
            "projects",
            "Use a view of issues, or list_projects with filters",
        ),
        "Initiative" => ("initiatives", "Use a view of issues"),
        _ => ("no issues", "Use a view of issues"),
    };
    Error::new(
        Code::InvalidParam,
        format!("The view '{name}' lists {listed}, and 'view' takes a view of issues"),
    )
    .detail("param", "view")
    .detail("given", name)
    .suggest(instead)
}

#[cfg(test)]
mod tests {
    use super::ViewRef;

    #[test]
    fn addresses_slugs_and_ids_are_handles_and_all_else_is_a_name() {
        let handle = |handle: &str, given: &str| ViewRef::Handle {
            handle: handle.to_owned(),
            given: given.to_owned(),
        };
        let slug = "5eed0000c0de";
        for text in [
            "5EED0000c0de",
            "open-bugs-5eed0000c0de",
            "https://linear.app/acme/view/open-bugs-5eed0000c0de",
            "https://linear.app/acme/team/ENG/view/open-bugs-5eed0000c0de?x=1",
        ] {
            assert_eq!(ViewRef::new(text), handle(slug, text), "{text}");
        }
        let id = "5eed0000-0000-4000-8000-000000c0de01";
        assert_eq!(ViewRef::new(id), handle(id, id));
        for text in ["Open bugs", "open-bugs", "5eed", "Bugs of 2024"] {
            assert_eq!(ViewRef::new(text), ViewRef::Name(text.to_owned()));
        }
    }
}

//! Initiatives: by id, name, slug or the address of their page.

use serde_json::{Map, Value, json};

use super::address::{self, PageKind};
use super::kind::{Kind, List};
use super::{
    Candidates, LookupRequest, Match, Resolvable, Resolved, json_object, named, named_exactly,
    without_hash,
};
use crate::cache::{Cache, KindCache};
use crate::error::{Code, Error};
use crate::linear::documents::Initiatives;
use crate::linear::filter::Filter;
use crate::linear::model::Initiative;

/// The fields that name an initiative exactly.
const FIELDS: &[&str] = &["name", "slugId"];

impl Resolvable for Initiative {
    const NOUN: &'static str = "Initiative";
    const NOUNS: &'static str = "initiatives";
    const NOT_FOUND: Code = Code::InitiativeNotFound;
    const AVAILABLE: &'static str = "available_initiatives";
    const LISTED_BY: Option<&'static str> = None;
    const PARAMS: &'static [&'static str] = &["initiative"];

    fn query_name(wanted: &str) -> &str {
        let address = address::of_kind(wanted, PageKind::Initiative);
        address.map_or(wanted.trim(), |address| address.handle())
    }

    fn other_form(wanted: &str) -> Option<&str> {
        without_hash(wanted).or_else(|| address::slug(wanted))
    }

    fn exact_names(&self) -> Vec<&str> {
        vec![&self.name, &self.slug_id]
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn disambiguation(&self) -> Map<String, Value> {
        json_object(json!({"name": self.name, "url": self.url, "id": self.id}))
    }
}

impl Kind for Initiative {
    const FIRST_PAGE: i64 = 50;
    const NAME_MATCHES: i64 = 50;
    const PAGE: Option<PageKind> = Some(PageKind::Initiative);

    fn cache(cache: &Cache) -> &KindCache<Self> {
        &cache.initiatives
    }

    fn all_candidates(known: &Resolved) -> &Candidates<Self> {
        &known.initiatives
    }

    fn list(_request: &LookupRequest) -> List<Self> {
        List::of::<Initiatives>()
    }

    fn names(request: &LookupRequest) -> Vec<String> {
        request.initiatives.clone()
    }

    fn filter(name: &str) -> Option<Filter> {
        let named = named(Initiative::query_name(name), FIELDS);
        let slug = address::slug(name).map(|slug| Filter::same_text("slugId", slug));
        Some(Filter::any(slug.into_iter().chain([named]).collect()))
    }
}

impl Resolved {
    /// Returns the initiative with that name, slug, address or id.
    ///
    /// # Errors
    /// INITIATIVE_NOT_FOUND or AMBIGUOUS_IDENTIFIER.
    pub fn initiative(&self, wanted: &str) -> Result<Match<Initiative>, Error> {
        self.find(wanted)
    }
}

/// Returns the filter for initiatives with that whole name, slug, address or id.
pub fn exact(wanted: &str) -> Filter {
    named_exactly(Initiative::query_name(wanted), FIELDS)
}

//! Initiatives: by id, name, slug or the address of their page.

use serde_json::{Map, Value, json};

use super::address::{self, Kind};
use super::{Resolvable, apart, named, named_exactly, without_hash};
use crate::error::Code;
use crate::linear::filter::Filter;
use crate::linear::model::Initiative;

/// What names an initiative exactly.
const FIELDS: &[&str] = &["name", "slugId"];

impl Resolvable for Initiative {
    const NOUN: &'static str = "Initiative";
    const NOUNS: &'static str = "initiatives";
    const NOT_FOUND: Code = Code::InitiativeNotFound;
    const AVAILABLE: &'static str = "available_initiatives";
    const LISTED_BY: Option<&'static str> = None;
    const PARAMS: &'static [&'static str] = &["initiative"];

    fn called(wanted: &str) -> &str {
        let address = address::of_kind(wanted, Kind::Initiative);
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

    fn told_apart(&self) -> Map<String, Value> {
        apart(json!({"name": self.name, "url": self.url, "id": self.id}))
    }
}

/// The filter that finds an initiative by what a caller calls it.
pub fn filter(wanted: &str) -> Filter {
    let named = named(Initiative::called(wanted), FIELDS);
    let slug = address::slug(wanted).map(|slug| Filter::same_text("slugId", slug));
    Filter::any(slug.into_iter().chain([named]).collect())
}

/// The filter for an initiative by its whole name, slug, address or id.
pub fn exact(wanted: &str) -> Filter {
    named_exactly(Initiative::called(wanted), FIELDS)
}

//! Cycles: by id, number, name, or `current`, `next`, `previous`.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Match, Method, Picked, Resolvable, apart, named, named_exactly};
use crate::directory::fold;
use crate::error::Code;
use crate::linear::filter::Filter;
use crate::linear::model::Cycle;
use crate::text::whole_number;

/// The words for a cycle by its place in time, with the filter key that finds it.
const PLACES: &[(&str, Place)] = &[
    ("current", Place::Active),
    ("active", Place::Active),
    ("now", Place::Active),
    ("next", Place::Next),
    ("upcoming", Place::Next),
    ("previous", Place::Previous),
    ("last", Place::Previous),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Active,
    Next,
    Previous,
}

impl Place {
    fn of(wanted: &str) -> Option<Self> {
        let wanted = fold(wanted);
        let (_, place) = PLACES.iter().find(|(word, _)| *word == wanted)?;
        Some(*place)
    }

    fn key(self) -> &'static str {
        match self {
            Self::Active => "isActive",
            Self::Next => "isNext",
            Self::Previous => "isPrevious",
        }
    }

    fn is(self, cycle: &Cycle) -> bool {
        match self {
            Self::Active => cycle.is_active,
            Self::Next => cycle.is_next,
            Self::Previous => cycle.is_previous,
        }
    }
}

impl Resolvable for Cycle {
    const NOUN: &'static str = "Cycle";
    const NOUNS: &'static str = "cycles";
    const NOT_FOUND: Code = Code::CycleNotFound;
    const AVAILABLE: &'static str = "available_cycles";
    const LISTED_BY: Option<&'static str> = None;
    const PARAMS: &'static [&'static str] = &["cycle"];

    fn called(wanted: &str) -> &str {
        let wanted = wanted.trim();
        wanted.strip_prefix('#').unwrap_or(wanted)
    }

    fn exact_names(&self) -> Vec<&str> {
        self.name.iter().map(String::as_str).collect()
    }

    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    fn is_described_by(&self, key: &str, text: &str) -> Option<bool> {
        match key {
            "name" | "key" | "identifier" | "number" => Some(goes_by(self, text)),
            _ => None,
        }
    }

    fn listed(&self) -> Value {
        let mut row = json!({"number": whole_number(self.number)});
        if let (Some(map), Some(name)) = (row.as_object_mut(), &self.name) {
            map.insert("name".to_owned(), Value::from(name.as_str()));
        }
        row
    }

    fn told_apart(&self) -> Map<String, Value> {
        apart(json!({"number": whole_number(self.number), "name": self.name, "id": self.id}))
    }

    fn by_alias(wanted: &str, among: &[Arc<Self>]) -> Option<Picked<Self>> {
        let number = number(wanted);
        let fits = |cycle: &&Arc<Self>| match (Place::of(wanted), number) {
            (Some(place), _) => place.is(cycle),
            (None, Some(number)) => cycle.number.total_cmp(&number).is_eq(),
            (None, None) => false,
        };
        let method = if number.is_some() {
            Method::ExactName
        } else {
            Method::Alias
        };
        let item = among.iter().find(fits).map(Arc::clone)?;
        Some(Picked::One(Match { item, method }))
    }
}

/// `12`, `#12`, `cycle 12`.
fn number(wanted: &str) -> Option<f64> {
    let wanted = fold(wanted);
    let digits = wanted.strip_prefix("cycle").unwrap_or(&wanted).trim();
    digits.parse::<u32>().ok().map(f64::from)
}

/// Whether [`exact`] finds that cycle: names as Linear compares them.
pub fn goes_by(cycle: &Cycle, wanted: &str) -> bool {
    let called = Cycle::called(wanted);
    if let Some(place) = Place::of(called) {
        return place.is(cycle);
    }
    let by_number = number(called).is_some_and(|number| cycle.number.total_cmp(&number).is_eq());
    by_number
        || cycle
            .name
            .as_deref()
            .is_some_and(|name| name.to_lowercase() == called.to_lowercase())
        || cycle.id == called
}

/// The filter for a cycle by its place in time, when the word is one for that.
pub fn by_place(wanted: &str) -> Option<Filter> {
    Place::of(Cycle::called(wanted)).map(|place| Filter::eq(place.key(), true))
}

/// The filter that finds a cycle by what a caller calls it, within whatever team it is asked of.
pub fn filter(wanted: &str) -> Filter {
    let called = Cycle::called(wanted);
    match (by_place(called), number(called)) {
        (None, None) => named(called, &["name"]),
        _ => exact(called),
    }
}

/// The filter for a cycle by its whole name, number, place or id.
pub fn exact(wanted: &str) -> Filter {
    let wanted = Cycle::called(wanted);
    if let Some(place) = by_place(wanted) {
        return place;
    }
    let name = named_exactly(wanted, &["name"]);
    match number(wanted) {
        Some(number) => Filter::any(vec![Filter::eq("number", number), name]),
        None => name,
    }
}

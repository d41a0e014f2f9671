//! Cycles: by id, number, name, or `current`, `next`, `previous`.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::address::PageKind;
use super::kind::{Kind, List, Lookup, LookupSpec, Placement};
use super::{
    Candidates, LookupRequest, Match, MatchResult, Method, Resolvable, Resolved, in_team,
    json_object, named, named_exactly,
};
use crate::cache::{Cache, KindCache, fold};
use crate::error::{Code, Error};
use crate::linear::documents::Cycles;
use crate::linear::filter::Filter;
use crate::linear::model::{Cycle, Team};
use crate::text::whole_number;

/// The words for a cycle by its relation to today.
const PERIODS: &[(&str, Period)] = &[
    ("current", Period::Active),
    ("active", Period::Active),
    ("now", Period::Active),
    ("next", Period::Next),
    ("upcoming", Period::Next),
    ("previous", Period::Previous),
    ("last", Period::Previous),
];

/// The relation of a cycle to today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Period {
    Active,
    Next,
    Previous,
}

impl Period {
    /// Returns the period that a word stands for.
    fn from_word(wanted: &str) -> Option<Self> {
        let wanted = fold(wanted);
        let (_, period) = PERIODS.iter().find(|(word, _)| *word == wanted)?;
        Some(*period)
    }

    /// Returns the key of Linear's filter that finds the cycle.
    fn key(self) -> &'static str {
        match self {
            Self::Active => "isActive",
            Self::Next => "isNext",
            Self::Previous => "isPrevious",
        }
    }

    /// Whether a cycle is in this period.
    fn contains(self, cycle: &Cycle) -> bool {
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

    fn query_name(wanted: &str) -> &str {
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

    fn available_entry(&self) -> Value {
        let mut row = json!({"number": whole_number(self.number)});
        if let (Some(map), Some(name)) = (row.as_object_mut(), &self.name) {
            map.insert("name".to_owned(), Value::from(name.as_str()));
        }
        row
    }

    fn disambiguation(&self) -> Map<String, Value> {
        json_object(json!({"number": whole_number(self.number), "name": self.name, "id": self.id}))
    }

    fn by_alias(wanted: &str, candidates: &[Arc<Self>]) -> Option<MatchResult<Self>> {
        let number = number(wanted);
        let fits = |cycle: &&Arc<Self>| match (Period::from_word(wanted), number) {
            (Some(period), _) => period.contains(cycle),
            (None, Some(number)) => cycle.number.total_cmp(&number).is_eq(),
            (None, None) => false,
        };
        let method = if number.is_some() {
            Method::ExactName
        } else {
            Method::Alias
        };
        let item = candidates.iter().find(fits).map(Arc::clone)?;
        Some(MatchResult::One(Match { item, method }))
    }
}

impl Kind for Cycle {
    const FIRST_PAGE: i64 = 50;
    const NAME_MATCHES: i64 = 50;
    const IS_IN_TEAM: bool = true;
    const PAGE: Option<PageKind> = Some(PageKind::Cycle);

    fn cache(cache: &Cache) -> &KindCache<Self> {
        &cache.cycles
    }

    fn all_candidates(known: &Resolved) -> &Candidates<Self> {
        &known.cycles
    }

    fn list(_request: &LookupRequest) -> List<Self> {
        List::of::<Cycles>()
    }

    fn names(request: &LookupRequest) -> Vec<String> {
        request.cycles.clone()
    }

    fn filter(name: &str) -> Option<Filter> {
        let name = Cycle::query_name(name);
        Some(match (by_period(name), number(name)) {
            (None, None) => named(name, &["name"]),
            _ => exact(name),
        })
    }

    fn spec<'l>(lookup: &'l Lookup<'_>, names: &'l [String]) -> LookupSpec<'l, Self> {
        let team = lookup.team_id();
        LookupSpec {
            scopes: team.into_iter().collect(),
            is_in_scope: Box::new(move |cycle: &Self| team == Some(&cycle.team.id)),
            ..lookup.workspace_spec(names)
        }
        .restricted_to(lookup.team_filter())
    }

    fn placement<'l>(lookup: &'l Lookup<'_>) -> Placement<'l, Self> {
        Placement::owned(lookup.team_id(), |cycle| &cycle.team.id)
    }

    fn candidates(known: &Resolved, team: Option<&Team>, _name: &str) -> Vec<Arc<Self>> {
        let all = known.cycles.items.iter();
        let in_team = all.filter(|cycle| team.is_none_or(|team| cycle.team.id == team.id));
        in_team.map(Arc::clone).collect()
    }

    fn meanings(known: &Resolved, request: &LookupRequest) -> Vec<Option<Arc<Self>>> {
        let team = known.team_of_lookup(request);
        let meaning = |name: &String| Some(known.cycle(name, team.as_ref()?).ok()?.item);
        Self::names(request).iter().map(meaning).collect()
    }

    fn dry_run_name(&self) -> String {
        self.number.to_string()
    }
}

impl Resolved {
    /// Returns the number of the team's cycles that a word means as a number, a name or a word for a period.
    pub fn cycles_called(&self, wanted: &str, team: &Team) -> usize {
        let own_cycles = Cycle::candidates(self, Some(team), wanted);
        let meant = own_cycles.iter().filter(|cycle| goes_by(cycle, wanted));
        meant.count()
    }

    /// Returns the team's cycle with that number, name or id, or its current, next or previous cycle.
    ///
    /// # Errors
    /// CYCLE_NOT_FOUND or AMBIGUOUS_IDENTIFIER.
    pub fn cycle(&self, wanted: &str, team: &Team) -> Result<Match<Cycle>, Error> {
        let own_cycles = Cycle::candidates(self, Some(team), wanted);
        let matched = self.match_name(wanted, &own_cycles);
        let found = matched.or_error(wanted, &own_cycles, in_team(team));
        found.map_err(|error| self.cycles.counted(error))
    }
}

/// Returns the number in `12` or `cycle 12`.
fn number(wanted: &str) -> Option<f64> {
    let wanted = fold(wanted);
    let digits = wanted.strip_prefix("cycle").unwrap_or(&wanted).trim();
    digits.parse::<u32>().ok().map(f64::from)
}

/// Whether the filter [`exact`] finds the cycle, which compares names as Linear does.
pub fn goes_by(cycle: &Cycle, wanted: &str) -> bool {
    let wanted = Cycle::query_name(wanted);
    if let Some(period) = Period::from_word(wanted) {
        return period.contains(cycle);
    }
    let is_number = number(wanted).is_some_and(|number| cycle.number.total_cmp(&number).is_eq());
    let name = cycle.name.as_deref();
    is_number
        || name.is_some_and(|name| name.to_lowercase() == wanted.to_lowercase())
        || cycle.id == wanted
}

/// Returns the filter for cycles in the period that a word stands for, such as `current`; `None` for any other word.
pub fn by_period(wanted: &str) -> Option<Filter> {
    let period = Period::from_word(Cycle::query_name(wanted))?;
    Some(Filter::eq(period.key(), true))
}

/// Returns the filter for cycles with that whole name, number or id, or in the period that the word stands for.
pub fn exact(wanted: &str) -> Filter {
    let wanted = Cycle::query_name(wanted);
    if let Some(filter) = by_period(wanted) {
        return filter;
    }
    let name = named_exactly(wanted, &["name"]);
    match number(wanted) {
        Some(number) => Filter::any(vec![Filter::eq("number", number), name]),
        None => name,
    }
}

//! Workflow states: by id, name, type or another word for the type; and what they share with the statuses of projects,
//! which have types, too.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::kind::{Kind, List, Lookup, LookupSpec, Placement};
use super::{
    Candidates, LookupRequest, Match, MatchResult, Method, Resolvable, Resolved, Within, apart,
    in_team, named, named_exactly, not_found, one_of,
};
use crate::cache::{Cache, KindCache, fold};
use crate::error::{Code, Error};
use crate::linear::documents::States;
use crate::linear::filter::Filter;
use crate::linear::model::{State, Team};
use crate::text::name::words;

/// The types that Linear has today; it may add others (`linear/api.md` §6).
pub const TYPES: &[&str] = &[
    "triage",
    "backlog",
    "unstarted",
    "started",
    "completed",
    "canceled",
    "duplicate",
];

/// Other words for a type (`contract.md`, "Names"). `blocked` is none of them: the consumer's own map sends it to `canceled`,
/// which would cancel the work it is said of.
const ALIASES: &[(&str, &str)] = &[
    ("todo", "unstarted"),
    ("to do", "unstarted"),
    ("planned", "unstarted"),
    ("planning", "unstarted"),
    ("ready", "unstarted"),
    ("in progress", "started"),
    ("doing", "started"),
    ("wip", "started"),
    ("done", "completed"),
    ("finished", "completed"),
    ("complete", "completed"),
    ("verified", "completed"),
    ("closed", "completed"),
    ("cancelled", "canceled"),
    ("wontfix", "canceled"),
];

/// Words for the started state that has a word in its name, and for no other.
const STAGES: &[(&str, &str)] = &[
    ("in review", "review"),
    ("review", "review"),
    ("testing", "testing"),
    ("qa", "qa"),
];

impl Resolvable for State {
    const NOUN: &'static str = "Status";
    const NOUNS: &'static str = "statuses";
    const NOT_FOUND: Code = Code::StatusNotFound;
    const AVAILABLE: &'static str = "available_statuses";
    const LISTED_BY: Option<&'static str> = Some("list_statuses");
    const PARAMS: &'static [&'static str] = &["state"];

    fn name(&self) -> &str {
        &self.name
    }

    fn is_described_by(&self, key: &str, text: &str) -> Option<bool> {
        match key {
            "name" => Some(fold(&self.name) == fold(text)),
            "type" => {
                Some(kind(text).map_or_else(|| plain(text) == self.kind, |kind| kind == self.kind))
            }
            _ => None,
        }
    }

    fn available_entry(&self) -> Value {
        json!({"name": self.name, "type": self.kind})
    }

    fn disambiguation(&self) -> Map<String, Value> {
        apart(json!({"name": self.name, "type": self.kind, "id": self.id}))
    }

    fn by_alias(wanted: &str, among: &[Arc<Self>]) -> Option<MatchResult<Self>> {
        if let Some(word) = stage(wanted) {
            let found = among.iter().filter(|state| is_at_stage(state, word));
            return Some(one_of(found, Method::Alias));
        }
        let wanted = plain(wanted);
        // There may be types that this server does not know.
        by_word(&wanted, among, Method::Type, |state| state.kind == wanted).or_else(|| {
            let kind = meaning(ALIASES, &wanted)?;
            by_word(&wanted, among, Method::Alias, |state| state.kind == kind)
        })
    }
}

impl Kind for State {
    const FIRST_PAGE: i64 = 100;
    const NAME_MATCHES: i64 = 50;
    const IS_IN_TEAM: bool = true;

    fn cache(cache: &Cache) -> &KindCache<Self> {
        &cache.states
    }

    fn pool(known: &Resolved) -> &Candidates<Self> {
        &known.states
    }

    fn list(_wants: &LookupRequest) -> List<Self> {
        List::of::<States>()
    }

    fn names(request: &LookupRequest) -> Vec<String> {
        request.states.clone()
    }

    fn filter(name: &str) -> Option<Filter> {
        let mut any = vec![named(name, &["name"])];
        let stage = stage(name).map(|_| "started");
        if let Some(kind) = kind(name).or(stage) {
            any.push(Filter::eq("type", kind));
        }
        Some(Filter::any(any))
    }

    fn is_all_wanted(request: &LookupRequest) -> bool {
        request.all_states
    }

    fn spec<'l>(lookup: &'l Lookup<'_>, names: &'l [String]) -> LookupSpec<'l, Self> {
        let Some(team) = &lookup.team else {
            return lookup.in_workspace(names);
        };
        let team = team.known().map(|team| team.id.as_str());
        LookupSpec {
            scopes: team.into_iter().collect(),
            belongs: Box::new(move |state| team.is_none_or(|id| state.team.id == id)),
            within: lookup.team_filter(),
            // A team's states fit on one page, so its list answers for every name; those of all teams may not.
            named: None,
            ..lookup.in_workspace(names)
        }
    }

    /// Before the team was known, every team was asked whose name could be meant: too many for one page.
    fn second_query(lookup: &Lookup<'_>, is_cut: bool) -> Option<Filter> {
        let team = lookup.team_id().filter(|_| is_cut)?;
        Some(Filter::of("team", Filter::eq("id", team)))
    }

    fn placement<'l>(lookup: &'l Lookup<'_>) -> Placement<'l, Self> {
        match lookup.team {
            Some(_) => Placement::owned(lookup.team_id(), |state| &state.team.id),
            None => Placement::whole(""),
        }
    }

    fn candidates(known: &Resolved, team: Option<&Team>, _name: &str) -> Vec<Arc<Self>> {
        team.map_or_else(|| known.states.items.clone(), |team| known.states_of(team))
    }

    fn meanings(known: &Resolved, request: &LookupRequest) -> Vec<Option<Arc<Self>>> {
        let team = known.team_of_lookup(request);
        let meaning = |name: &String| Some(known.state(name, team.as_ref()?).ok()?.item);
        request.states.iter().map(meaning).collect()
    }
}

impl Resolved {
    /// The team's workflow states, in its own order.
    pub fn states_of(&self, team: &Team) -> Vec<Arc<State>> {
        let all = self.states.items.iter();
        let own_states = all.filter(|state| state.team.id == team.id);
        let mut own_states: Vec<Arc<State>> = own_states.map(Arc::clone).collect();
        own_states.sort_by(|a, b| a.position.total_cmp(&b.position));
        own_states
    }

    /// The team's workflow state of that name, type, alias or id.
    ///
    /// # Errors
    /// STATUS_NOT_FOUND with the team's states and types, or AMBIGUOUS_IDENTIFIER.
    pub fn state(&self, wanted: &str, team: &Team) -> Result<Match<State>, Error> {
        let states = self.states_of(team);
        match self.match_name(wanted, &states) {
            MatchResult::None => Err(missing(wanted, &states, in_team(team))),
            picked => picked.or_error(wanted, &states, in_team(team)),
        }
    }
}

/// Whether a state is one of those that the word for a stage of work means: started, with that word in its name.
pub fn is_at_stage(state: &State, word: &str) -> bool {
    let name = fold(&state.name);
    state.kind == "started" && words(&name).any(|other| other == word)
}

/// The error for a state that there is not: with the states and types that would do. Of a word for a stage of work
/// these are the started ones alone, since it means no other.
pub fn missing(wanted: &str, among: &[Arc<State>], within: Option<Within<'_>>) -> Error {
    let started: Vec<Arc<State>> = among
        .iter()
        .filter(|state| state.kind == "started")
        .map(Arc::clone)
        .collect();
    if stage(wanted).is_none() || started.is_empty() {
        return suggest_types(not_found(wanted, among, within), among);
    }
    let mut names: Vec<&str> = Vec::new();
    for state in &started {
        if !names.contains(&state.name.as_str()) {
            names.push(&state.name);
        }
    }
    let error = not_found(wanted, &started, within);
    names.into_iter().rev().fold(error, |error, name| {
        let hint = format!("Use '{name}'");
        if error.suggestions().contains(&hint) {
            error
        } else {
            error.suggest_first(hint)
        }
    })
}

/// The filter for states by their whole name or id.
pub fn exact(wanted: &str) -> Filter {
    named_exactly(wanted, &["name"])
}

/// The word to look for in the names of started states, for `in review` and its like.
pub fn stage(wanted: &str) -> Option<&'static str> {
    meaning(STAGES, &plain(wanted))
}

/// The type that a word stands for, be it the type itself or another word for it.
pub fn kind(wanted: &str) -> Option<&'static str> {
    let wanted = plain(wanted);
    named_type::<State>(&wanted).or_else(|| meaning(ALIASES, &wanted))
}

/// The filter for states, whatever their team, that a type or another word for it means: all of that type, or those that
/// have the very word for their name, written in another way. `None` where it means neither.
///
/// # Errors
/// The states that could be meant, where a state's name begins with the word and another is of the type.
pub fn of_type(wanted: &str, among: &[Arc<State>]) -> Option<Result<Filter, Vec<Arc<State>>>> {
    let word = plain(wanted);
    let kind = kind(wanted).unwrap_or(&word);
    let first = lowest(among, |state| state.kind == kind)?;
    let squeezed_word = squeezed(wanted);
    let same = |state: &&Arc<State>| squeezed(&state.name) == squeezed_word;
    let same = one_of_each_name(among.iter().filter(same));
    if let [_] = same.as_slice() {
        return Some(Ok(called_as(&same)));
    }
    let begins = |state: &&Arc<State>| squeezed(&state.name).starts_with(&squeezed_word);
    let meant = one_of_each_name(among.iter().filter(begins).chain([&first]));
    Some(match meant.as_slice() {
        [_] => Ok(Filter::eq("type", kind)),
        _ => Err(meant),
    })
}

/// One state for each name, in the order of the names.
pub fn one_of_each_name<'s>(states: impl IntoIterator<Item = &'s Arc<State>>) -> Vec<Arc<State>> {
    let mut states: Vec<Arc<State>> = states.into_iter().map(Arc::clone).collect();
    states.sort_by_key(|state| fold(&state.name));
    states.dedup_by_key(|state| fold(&state.name));
    states
}

/// The filter for states that are called as these are.
pub fn called_as<'s>(states: impl IntoIterator<Item = &'s Arc<State>>) -> Filter {
    let names = states.into_iter().map(|state| exact(&state.name));
    Filter::any(names.collect())
}

/// A status that is of a type, and has its place among those of that type.
pub trait Typed: Resolvable {
    /// The types, in the order in which work goes through them.
    const TYPES: &'static [&'static str];

    /// Its type.
    fn kind(&self) -> &str;

    /// Its place: the lowest comes first.
    fn position(&self) -> f64;
}

impl Typed for State {
    const TYPES: &'static [&'static str] = TYPES;

    fn kind(&self) -> &str {
        &self.kind
    }

    fn position(&self) -> f64 {
        self.position
    }
}

/// A word as the tables have it: in lower case, with spaces.
pub(super) fn plain(wanted: &str) -> String {
    fold(wanted).replace(['_', '-'], " ")
}

/// What a table says that a [`plain`] word stands for.
pub(super) fn meaning(
    table: &[(&'static str, &'static str)],
    wanted: &str,
) -> Option<&'static str> {
    let (_, meaning) = table.iter().find(|(word, _)| *word == wanted)?;
    Some(meaning)
}

/// The type that a [`plain`] word is the name of.
pub(super) fn named_type<T: Typed>(wanted: &str) -> Option<&'static str> {
    T::TYPES.iter().find(|kind| **kind == wanted).copied()
}

/// A name without anything but letters and digits: `To Do` and `to-do` are one word so.
pub(super) fn squeezed(name: &str) -> String {
    words(&fold(name)).collect()
}

/// What a word means that stands for the first status that fits, by its place; `None` where none fits. A status that
/// has that very word for its name, written in another way, is meant first; and where another one's name begins with
/// the word, either could be meant.
pub(super) fn by_word<T: Typed>(
    wanted: &str,
    among: &[Arc<T>],
    method: Method,
    fits: impl Fn(&T) -> bool,
) -> Option<MatchResult<T>> {
    let item = lowest(among, fits)?;
    let word = squeezed(wanted);
    let same = one_of(
        among
            .iter()
            .filter(|status| squeezed(status.name()) == word),
        Method::Alias,
    );
    if let MatchResult::One(_) = same {
        return Some(same);
    }
    let begin = among
        .iter()
        .filter(|status| squeezed(status.name()).starts_with(&word));
    Some(match one_of(begin.chain([&item]), method) {
        MatchResult::One(_) => MatchResult::One(Match { item, method }),
        several => several,
    })
}

/// The first of those that fit, by their place.
pub(super) fn lowest<T: Typed>(among: &[Arc<T>], fits: impl Fn(&T) -> bool) -> Option<Arc<T>> {
    let fitting = among.iter().filter(|status| fits(status));
    let first = fitting.min_by(|a, b| a.position().total_cmp(&b.position()));
    first.map(Arc::clone)
}

/// The error of a miss with the types that would do as well.
pub fn suggest_types<T: Typed>(error: Error, among: &[Arc<T>]) -> Error {
    let types: Vec<String> = T::TYPES
        .iter()
        .filter(|kind| among.iter().any(|status| status.kind() == **kind))
        .map(|kind| format!("'{kind}'"))
        .collect();
    if types.is_empty() {
        return error;
    }
    error.suggest(format!("Use a status type: {}", types.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::super::{Mode, match_name};
    use super::*;
    use crate::linear::model::Id;

    fn state(name: &str, kind: &str, position: f64) -> Arc<State> {
        Arc::new(State {
            id: format!("id of {name}"),
            name: name.to_owned(),
            kind: kind.to_owned(),
            color: "#000000".to_owned(),
            position,
            description: None,
            team: Id {
                id: "team".to_owned(),
            },
        })
    }

    fn resolve(wanted: &str) -> (String, Method) {
        let among = [
            state("In Review", "started", 3.0),
            state("In Progress", "started", 2.0),
            state("Backlog", "backlog", 0.0),
            state("Todo", "unstarted", 1.0),
            state("Shipped", "completed", 4.0),
            state("Canceled", "canceled", 5.0),
        ];
        match match_name(wanted, &among, Mode::Read) {
            MatchResult::One(found) => (found.item.name.clone(), found.method),
            other => panic!("{wanted}: {other:?}"),
        }
    }

    #[test]
    fn names_types_aliases_and_parts_in_that_order() {
        for (wanted, name, method) in [
            ("in progress", "In Progress", Method::ExactName),
            (" TODO ", "Todo", Method::ExactName),
            ("started", "In Progress", Method::Type),
            ("Planned", "Todo", Method::Alias),
            ("done", "Shipped", Method::Alias),
            ("cancelled", "Canceled", Method::Alias),
            ("wip", "In Progress", Method::Alias),
            ("in_progress", "In Progress", Method::Alias),
            ("review", "In Review", Method::Alias),
            ("to-do", "Todo", Method::Alias),
            ("ship", "Shipped", Method::Partial),
        ] {
            assert_eq!(resolve(wanted), (name.to_owned(), method), "{wanted}");
        }
    }

    #[test]
    fn blocked_and_short_or_shared_parts_mean_nothing() {
        let among = [
            state("Canceled", "canceled", 1.0),
            state("Todo", "unstarted", 0.0),
        ];
        for wanted in ["Blocked", "ca", "xyz"] {
            assert!(
                matches!(match_name(wanted, &among, Mode::Read), MatchResult::None),
                "{wanted}"
            );
        }
        let among = [
            state("In Progress", "started", 1.0),
            state("In Review", "started", 0.0),
        ];
        assert!(matches!(
            match_name("in ", &among, Mode::Read),
            MatchResult::None
        ));
    }

    /// The names of the states that a word could mean, in either mode.
    fn meant(wanted: &str, among: &[Arc<State>]) -> Vec<String> {
        let meant = [Mode::Read, Mode::Write].map(|mode| match match_name(wanted, among, mode) {
            MatchResult::One(found) => vec![found.item.name.clone()],
            MatchResult::Many(several) => several.iter().map(|state| state.name.clone()).collect(),
            MatchResult::None => Vec::new(),
        });
        assert_eq!(meant[0], meant[1], "{wanted}");
        let [meant, _] = meant;
        meant
    }

    #[test]
    fn a_stage_is_the_started_state_with_that_very_word_and_no_other() {
        let among = [
            state("Code Review", "started", 1.0),
            state("Design Review", "started", 2.0),
            state("In Progress", "started", 0.0),
            state("Testing in QA", "started", 3.0),
            state("Reviewed", "completed", 4.0),
        ];
        for wanted in ["review", "In Review", "in-review"] {
            assert_eq!(meant(wanted, &among), ["Code Review", "Design Review"]);
            assert_eq!(meant(wanted, &among[1..]), ["Design Review"]);
            assert_eq!(meant(wanted, &among[2..]), [""; 0]);
        }
        assert_eq!(meant("qa", &among), ["Testing in QA"]);
        assert_eq!(meant("testing", &among), ["Testing in QA"]);
        assert_eq!(meant("testing", &among[..3]), [""; 0]);
        let pending = [state("Review pending", "unstarted", 0.0)];
        assert_eq!(meant("review", &pending), [""; 0]);
        let named = [
            state("Review", "unstarted", 0.0),
            state("Code Review", "started", 1.0),
        ];
        assert_eq!(meant("review", &named), ["Review"]);
    }

    #[test]
    fn a_word_for_one_state_with_which_another_begins_is_ambiguous() {
        let among = [
            state("Completed", "completed", 1.0),
            state("Done in staging", "started", 0.0),
        ];
        assert_eq!(meant("done", &among), ["Completed", "Done in staging"]);
        let exact = [
            state("Done", "completed", 2.0),
            Arc::clone(&among[0]),
            Arc::clone(&among[1]),
        ];
        assert_eq!(meant("done", &exact), ["Done"]);
        let alone = [state("Done in staging", "completed", 0.0)];
        assert_eq!(meant("done", &alone), ["Done in staging"]);
        let written = [
            state("Ready", "unstarted", 0.0),
            state("To Do", "unstarted", 1.0),
        ];
        assert_eq!(meant("todo", &written), ["To Do"]);
    }
}

//! Workflow states: by id, name, type or another word for the type; and the matching by types that the statuses of projects
//! share ([`Typed`]).

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::kind::{Kind, List, Lookup, LookupSpec, Placement};
use super::{
    Candidates, LookupRequest, Match, MatchResult, Method, Resolvable, Resolved, Within, in_team,
    json_object, match_result, named, named_exactly, not_found,
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

/// Other words for a type (`contract.md`, "Names"). `blocked` is not among them: CCPM maps it to `canceled`, which would cancel
/// the blocked work.
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

/// Words for a stage of work, each with the word that a started state must have in its name to be meant.
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
        json_object(json!({"name": self.name, "type": self.kind, "id": self.id}))
    }

    fn by_alias(wanted: &str, candidates: &[Arc<Self>]) -> Option<MatchResult<Self>> {
        if let Some(word) = stage(wanted) {
            let found = candidates.iter().filter(|state| is_at_stage(state, word));
            return Some(match_result(found, Method::Alias));
        }
        let wanted = plain(wanted);
        // Linear may have types that this server does not know.
        by_word(&wanted, candidates, Method::Type, |state| {
            state.kind == wanted
        })
        .or_else(|| {
            let kind = meaning(ALIASES, &wanted)?;
            by_word(&wanted, candidates, Method::Alias, |state| {
                state.kind == kind
            })
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

    fn all_candidates(known: &Resolved) -> &Candidates<Self> {
        &known.states
    }

    fn list(_request: &LookupRequest) -> List<Self> {
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
            return lookup.workspace_spec(names);
        };
        let team = team.resolved().map(|team| team.id.as_str());
        LookupSpec {
            scopes: team.into_iter().collect(),
            is_in_scope: Box::new(move |state| team.is_none_or(|id| state.team.id == id)),
            scope_filter: lookup.team_filter(),
            // The states of one team fit on one page, so no query for names is needed.
            name_filter: None,
            ..lookup.workspace_spec(names)
        }
    }

    /// Before the team was known, the query was for the states of every team whose name could be meant, which may be more than
    /// one page.
    fn second_query(lookup: &Lookup<'_>, is_cut: bool) -> Option<Filter> {
        let team = lookup.team_id().filter(|_| is_cut)?;
        Some(Filter::of("team", Filter::eq("id", team)))
    }

    fn placement<'l>(lookup: &'l Lookup<'_>) -> Placement<'l, Self> {
        match lookup.team {
            Some(_) => Placement::owned(lookup.team_id(), |state| &state.team.id),
            None => Placement::all(""),
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
    /// Returns the team's workflow states in the order of their positions.
    pub fn states_of(&self, team: &Team) -> Vec<Arc<State>> {
        let all = self.states.items.iter();
        let own_states = all.filter(|state| state.team.id == team.id);
        let mut own_states: Vec<Arc<State>> = own_states.map(Arc::clone).collect();
        own_states.sort_by(|a, b| a.position.total_cmp(&b.position));
        own_states
    }

    /// Returns the team's workflow state with that name, type, alias or id.
    ///
    /// # Errors
    /// STATUS_NOT_FOUND with the team's states and types, or AMBIGUOUS_IDENTIFIER.
    pub fn state(&self, wanted: &str, team: &Team) -> Result<Match<State>, Error> {
        let states = self.states_of(team);
        match self.match_name(wanted, &states) {
            MatchResult::None => Err(missing(wanted, &states, in_team(team))),
            matched => matched.or_error(wanted, &states, in_team(team)),
        }
    }
}

/// Whether a state is at a stage of work: it is started and has the stage's word in its name.
pub fn is_at_stage(state: &State, word: &str) -> bool {
    let name = fold(&state.name);
    state.kind == "started" && words(&name).any(|other| other == word)
}

/// Returns the error for a state that does not exist, with the existing states and types. For a stage of work only started
/// states are listed, because it means no other state.
pub fn missing(wanted: &str, candidates: &[Arc<State>], within: Option<Within<'_>>) -> Error {
    let started: Vec<Arc<State>> = candidates
        .iter()
        .filter(|state| state.kind == "started")
        .map(Arc::clone)
        .collect();
    if stage(wanted).is_none() || started.is_empty() {
        let error = suggest_types(not_found(wanted, candidates, within), candidates);
        return match fold(wanted).as_str() {
            "blocked" => error.suggest_first(
                "Linear has no blocked state by itself: mark the issue with 'add_labels', or relate it to what blocks it with create_relation",
            ),
            _ => error,
        };
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

/// Returns the filter for states with that whole name or id.
pub fn exact(wanted: &str) -> Filter {
    named_exactly(wanted, &["name"])
}

/// Returns the word that the started states of a stage have in their names, for `in review` and the other `STAGES`.
pub fn stage(wanted: &str) -> Option<&'static str> {
    meaning(STAGES, &plain(wanted))
}

/// Returns the type that a word stands for: the type itself, or another word for it.
pub fn kind(wanted: &str) -> Option<&'static str> {
    let wanted = plain(wanted);
    named_type::<State>(&wanted).or_else(|| meaning(ALIASES, &wanted))
}

/// Returns the filter for the states of all teams that a type or another word for it means: the states whose name is that word
/// in another spelling, or else all states of the type. `None` where the word is neither.
///
/// # Errors
/// The states that could be meant, where the name of one state begins with the word and another state is of the type.
pub fn of_type(wanted: &str, candidates: &[Arc<State>]) -> Option<Result<Filter, Vec<Arc<State>>>> {
    let word = plain(wanted);
    let kind = kind(wanted).unwrap_or(&word);
    let first = lowest(candidates, |state| state.kind == kind)?;
    let squeezed_word = squeezed(wanted);
    let has_name = |state: &&Arc<State>| squeezed(&state.name) == squeezed_word;
    let same_named = one_of_each_name(candidates.iter().filter(has_name));
    if let [_] = same_named.as_slice() {
        return Some(Ok(called_as(&same_named)));
    }
    let has_prefix = |state: &&Arc<State>| squeezed(&state.name).starts_with(&squeezed_word);
    let meant = one_of_each_name(candidates.iter().filter(has_prefix).chain([&first]));
    Some(match meant.as_slice() {
        [_] => Ok(Filter::eq("type", kind)),
        _ => Err(meant),
    })
}

/// Returns one state for each name, in the order of the names.
pub fn one_of_each_name<'s>(states: impl IntoIterator<Item = &'s Arc<State>>) -> Vec<Arc<State>> {
    let mut states: Vec<Arc<State>> = states.into_iter().map(Arc::clone).collect();
    states.sort_by_key(|state| fold(&state.name));
    states.dedup_by_key(|state| fold(&state.name));
    states
}

/// Returns the filter for the states of all teams that have the same names as the given states.
pub fn called_as<'s>(states: impl IntoIterator<Item = &'s Arc<State>>) -> Filter {
    let names = states.into_iter().map(|state| exact(&state.name));
    Filter::any(names.collect())
}

/// The types of the states of an issue that is not open.
pub const CLOSED_TYPES: [&str; 3] = ["completed", "canceled", "duplicate"];

/// A status that has a type, and a position by which the first status of a type is known.
pub trait Typed: Resolvable {
    /// The types, in the order in which work goes through them.
    const TYPES: &'static [&'static str];

    /// Returns the type of the status.
    fn kind(&self) -> &str;

    /// Returns the position of the status: the lowest comes first.
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

/// Returns a word in the form of the tables: in lower case, with spaces.
pub(super) fn plain(wanted: &str) -> String {
    fold(wanted).replace(['_', '-'], " ")
}

/// Returns the meaning of a [`plain`] word in a table.
pub(super) fn meaning(
    table: &[(&'static str, &'static str)],
    wanted: &str,
) -> Option<&'static str> {
    let (_, meaning) = table.iter().find(|(word, _)| *word == wanted)?;
    Some(meaning)
}

/// Returns the type whose name is that [`plain`] word.
pub(super) fn named_type<T: Typed>(wanted: &str) -> Option<&'static str> {
    T::TYPES.iter().find(|kind| **kind == wanted).copied()
}

/// Returns the letters and digits of a name, so that `To Do` and `to-do` are equal.
pub(super) fn squeezed(name: &str) -> String {
    words(&fold(name)).collect()
}

/// Returns the status that a word for a type means; `None` where no status `fits`. A status whose name is that word in another
/// spelling comes first; else the fitting status with the lowest position, or several where another name begins with the word.
pub(super) fn by_word<T: Typed>(
    wanted: &str,
    candidates: &[Arc<T>],
    method: Method,
    fits: impl Fn(&T) -> bool,
) -> Option<MatchResult<T>> {
    let item = lowest(candidates, fits)?;
    let word = squeezed(wanted);
    let same_named = match_result(
        candidates
            .iter()
            .filter(|status| squeezed(status.name()) == word),
        Method::Alias,
    );
    if let MatchResult::One(_) = same_named {
        return Some(same_named);
    }
    let prefixed = candidates
        .iter()
        .filter(|status| squeezed(status.name()).starts_with(&word));
    Some(match match_result(prefixed.chain([&item]), method) {
        MatchResult::One(_) => MatchResult::One(Match { item, method }),
        several => several,
    })
}

/// Returns the fitting status with the lowest position.
fn lowest<T: Typed>(candidates: &[Arc<T>], fits: impl Fn(&T) -> bool) -> Option<Arc<T>> {
    let fitting = candidates.iter().filter(|status| fits(status));
    let first = fitting.min_by(|a, b| a.position().total_cmp(&b.position()));
    first.map(Arc::clone)
}

/// Returns the not-found error with a suggestion of the types that the candidates have.
pub fn suggest_types<T: Typed>(error: Error, candidates: &[Arc<T>]) -> Error {
    let types: Vec<String> = T::TYPES
        .iter()
        .filter(|kind| candidates.iter().any(|status| status.kind() == **kind))
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
        let candidates = [
            state("In Review", "started", 3.0),
            state("In Progress", "started", 2.0),
            state("Backlog", "backlog", 0.0),
            state("Todo", "unstarted", 1.0),
            state("Shipped", "completed", 4.0),
            state("Canceled", "canceled", 5.0),
        ];
        match match_name(wanted, &candidates, Mode::Read) {
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
        let candidates = [
            state("Canceled", "canceled", 1.0),
            state("Todo", "unstarted", 0.0),
        ];
        for wanted in ["Blocked", "ca", "xyz"] {
            assert!(
                matches!(
                    match_name(wanted, &candidates, Mode::Read),
                    MatchResult::None
                ),
                "{wanted}"
            );
        }
        let candidates = [
            state("In Progress", "started", 1.0),
            state("In Review", "started", 0.0),
        ];
        assert!(matches!(
            match_name("in ", &candidates, Mode::Read),
            MatchResult::None
        ));
    }

    /// The names of the states that a word could mean, in either mode.
    fn meant(wanted: &str, candidates: &[Arc<State>]) -> Vec<String> {
        let meant =
            [Mode::Read, Mode::Write].map(|mode| match match_name(wanted, candidates, mode) {
                MatchResult::One(found) => vec![found.item.name.clone()],
                MatchResult::Many(several) => {
                    several.iter().map(|state| state.name.clone()).collect()
                }
                MatchResult::None => Vec::new(),
            });
        assert_eq!(meant[0], meant[1], "{wanted}");
        let [meant, _] = meant;
        meant
    }

    #[test]
    fn a_stage_is_the_started_state_with_that_very_word_and_no_other() {
        let candidates = [
            state("Code Review", "started", 1.0),
            state("Design Review", "started", 2.0),
            state("In Progress", "started", 0.0),
            state("Testing in QA", "started", 3.0),
            state("Reviewed", "completed", 4.0),
        ];
        for wanted in ["review", "In Review", "in-review"] {
            assert_eq!(meant(wanted, &candidates), ["Code Review", "Design Review"]);
            assert_eq!(meant(wanted, &candidates[1..]), ["Design Review"]);
            assert_eq!(meant(wanted, &candidates[2..]), [""; 0]);
        }
        assert_eq!(meant("qa", &candidates), ["Testing in QA"]);
        assert_eq!(meant("testing", &candidates), ["Testing in QA"]);
        assert_eq!(meant("testing", &candidates[..3]), [""; 0]);
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
        let candidates = [
            state("Completed", "completed", 1.0),
            state("Done in staging", "started", 0.0),
        ];
        assert_eq!(meant("done", &candidates), ["Completed", "Done in staging"]);
        let exact = [
            state("Done", "completed", 2.0),
            Arc::clone(&candidates[0]),
            Arc::clone(&candidates[1]),
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

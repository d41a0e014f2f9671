//! Turns the names in a request into entities. [`lookup()`] finds all entities that an operation has to know, in the session
//! cache or in one request for all kinds; [`match_name`] decides which entity a name means. What differs between the kinds
//! is in the file of each kind.

pub mod address;
pub mod custom_view;
pub mod cycle;
pub mod document;
pub mod filter;
pub mod initiative;
pub mod issue;
mod kind;
pub mod label;
pub mod lookup;
pub mod milestone;
pub(crate) mod places;
pub mod prefetch;
pub mod project;
pub mod project_label;
pub mod project_status;
pub mod stale;
pub mod state;
pub mod team;
pub mod template;
pub mod user;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

pub use self::kind::{name_of_id, page_of_param};
pub use self::lookup::{lookup, lookup_only};
use crate::cache::{Entity, fold};
use crate::effect::Effect;
use crate::error::{Code, Error};
use crate::linear::filter::Filter;
use crate::linear::model::Team;
use crate::params::NullMeaning;
pub use crate::session::{Candidates, LookupRequest, Resolved, Trust};
use crate::session::{Claim, Context};
use crate::text::name::{begins_with, forms, has_words, lasting_parts, odd_characters};
use crate::text::nearest;

/// How a name was matched (`contract.md`, "Names").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// By its UUID.
    Id,
    /// By a whole name in any case: name, key, e-mail address, slug.
    ExactName,
    /// By the type of the status.
    Type,
    /// By another word for the entity or for its type, such as `me`, `current` or `done`.
    Alias,
    /// By a part of its name that no other entity's name has: some of its words, or in a write its beginning.
    Partial,
}

impl Method {
    /// Returns the word for the method in an envelope.
    pub fn word(self) -> &'static str {
        match self {
            Self::Id => "id_match",
            Self::ExactName => "exact_name_match",
            Self::Type => "type_match",
            Self::Alias => "alias_match",
            Self::Partial => "partial_match",
        }
    }
}

/// The only entity that a name means.
#[derive(Clone, Debug)]
pub struct Match<T> {
    /// The entity.
    pub item: Arc<T>,
    /// How it was matched.
    pub method: Method,
}

/// The entities that a name means.
#[derive(Clone, Debug)]
pub enum MatchResult<T> {
    /// The name means this entity.
    One(Match<T>),
    /// The name could mean any of these entities; none is chosen for the caller.
    Many(Vec<Arc<T>>),
    /// The name means none of the entities.
    None,
}

impl<T: Resolvable> Match<T> {
    /// Whether a filter of Linear finds the entity by the caller's text: by its id, or by a name that differs only in case.
    /// [`fold`] makes more texts equal than Linear does.
    pub fn is_literal(&self, wanted: &str) -> bool {
        let lower = T::query_name(wanted).to_lowercase();
        match self.method {
            Method::Id => true,
            Method::ExactName => {
                let names = self.item.exact_names();
                names.iter().any(|name| name.to_lowercase() == lower)
            }
            Method::Type | Method::Alias | Method::Partial => false,
        }
    }
}

/// Which parts of a name may stand for the whole name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// In an operation that reads: any words of the name that no other name has.
    Read,
    /// In an operation that writes: the beginning of the name, where no other name begins so. The caller is warned.
    #[default]
    Write,
}

impl Mode {
    /// Returns the mode of an operation with this effect.
    pub fn of(effect: Effect) -> Self {
        if effect.writes() {
            Self::Write
        } else {
            Self::Read
        }
    }
}

/// An entity that can be named: the facts of its kind for matching and for errors.
pub trait Resolvable: Entity {
    /// The word for the entity at the beginning of a sentence: `Team`.
    const NOUN: &'static str;
    /// The word for several such entities within a sentence: `teams`.
    const NOUNS: &'static str;
    /// The error code for a name that means no entity.
    const NOT_FOUND: Code;
    /// The key in `details` under which that error lists the existing entities.
    const AVAILABLE: &'static str;
    /// The operation that lists all such entities, where there is one.
    const LISTED_BY: Option<&'static str>;
    /// The parameters that name such entities.
    const PARAMS: &'static [&'static str];

    /// Returns the part of a caller's text that names the entity: the slug in an address, the name behind an `@`.
    fn query_name(wanted: &str) -> &str {
        wanted.trim()
    }

    /// Returns the second form of a text, which is matched where the text itself means nothing: the text behind a `#`, or the
    /// slug at the end of an address.
    fn other_form(wanted: &str) -> Option<&str> {
        without_hash(wanted)
    }

    /// Returns the texts that name the entity exactly, apart from its id.
    fn exact_names(&self) -> Vec<&str> {
        vec![self.name()]
    }

    /// Returns the name that people know the entity by. A part of this name may mean the entity, too.
    fn name(&self) -> &str;

    /// Returns the clearest name of the entity for a sentence.
    fn full_name(&self) -> String {
        self.name().to_owned()
    }

    /// Returns a text that names this entity and no other: its id, or a unique text that reads better.
    fn unique(&self) -> String {
        self.id().to_owned()
    }

    /// Whether an entry of an object that describes the entity, such as `name: Engineering` or `key: ENG`, is true of it;
    /// `None` for an entry that does not distinguish entities.
    fn is_described_by(&self, key: &str, text: &str) -> Option<bool> {
        let names = self.exact_names();
        let wanted = fold(Self::query_name(text));
        matches!(key, "name" | "key" | "identifier" | "slug" | "url")
            .then(|| names.iter().any(|name| fold(name) == wanted))
    }

    /// Whether Linear's answer to a write contains `name` as a name of the entity, so that comparing the two shows whether the
    /// cached entity still has that name. `has_keys` says whether the answer has keys of teams and e-mail addresses, too.
    fn is_shown_as(&self, name: &str, _has_keys: bool) -> bool {
        fold(self.name()) == fold(name)
    }

    /// Whether a write can refer to the entity, as far as its fields show: a user who has left cannot be assigned.
    fn is_usable(&self) -> bool {
        true
    }

    /// Returns the entity's entry in the list of existing entities that a not-found error has.
    fn available_entry(&self) -> Value {
        Value::from(self.name())
    }

    /// Returns the fields by which a caller can choose between entities of the same name.
    fn disambiguation(&self) -> Map<String, Value>;

    /// Returns `matched`, the result of [`match_name`], or several entities where the kind has a rule by which the name could
    /// mean others as well.
    fn check_ambiguity(
        _wanted: &str,
        matched: MatchResult<Self>,
        _among: &[Arc<Self>],
    ) -> MatchResult<Self>
    where
        Self: Sized,
    {
        matched
    }

    /// Returns the entity that a text means by another rule than its name: a type, a word for a type, a number, `me`. Parts of
    /// names are not tried where this returns `Some`.
    fn by_alias(_wanted: &str, _among: &[Arc<Self>]) -> Option<MatchResult<Self>>
    where
        Self: Sized,
    {
        None
    }
}

/// The smallest number of characters of a part of a name that may mean the name: fewer letters occur in too many names.
const SHORTEST_PART: usize = 3;

/// Whether a folded part of a name is long enough to mean the name. Two characters suffice outside ASCII, because in some
/// scripts a character is a syllable or a word.
pub fn is_enough(part: &str) -> bool {
    let length = part.chars().count();
    length >= SHORTEST_PART || (length == 2 && part.chars().all(|c| !c.is_ascii()))
}

/// Returns the name behind a `#`, which people put in front of names and tags; `None` for a text without a `#` or with nothing
/// behind it.
pub fn without_hash(wanted: &str) -> Option<&str> {
    let name = wanted.trim().strip_prefix('#')?.trim_start();
    (!name.is_empty()).then_some(name)
}

/// Returns which of the candidates a name means: the candidate with that id, else with that whole name, else with that alias
/// ([`Resolvable::by_alias`]), else the only one with that part of a name, as `mode` admits parts. A text that means nothing is
/// matched once more in its other form ([`Resolvable::other_form`]).
pub fn match_name<T: Resolvable>(
    wanted: &str,
    candidates: &[Arc<T>],
    mode: Mode,
) -> MatchResult<T> {
    match (
        match_as_written(wanted, candidates, mode),
        T::other_form(wanted),
    ) {
        (MatchResult::None, Some(name)) => match_as_written(name, candidates, mode),
        (found, _) => found,
    }
}

fn match_as_written<T: Resolvable>(
    wanted: &str,
    candidates: &[Arc<T>],
    mode: Mode,
) -> MatchResult<T> {
    match match_exactly(wanted, candidates) {
        MatchResult::None => {}
        found => return found,
    }
    if let Some(found) = T::by_alias(T::query_name(wanted), candidates) {
        return found;
    }
    let part = fold(T::query_name(wanted));
    if !is_enough(&part) {
        return MatchResult::None;
    }
    let has_part = |item: &&Arc<T>| {
        let name = fold(item.name());
        match mode {
            Mode::Read => has_words(&name, &part),
            Mode::Write => begins_with(&name, &part),
        }
    };
    match_result(candidates.iter().filter(has_part), Method::Partial)
}

/// Returns which of the candidates has that id, or else that whole name.
pub fn match_exactly<T: Resolvable>(wanted: &str, candidates: &[Arc<T>]) -> MatchResult<T> {
    let wanted = fold(T::query_name(wanted));
    if let Some(item) = candidates
        .iter()
        .find(|item| item.id().eq_ignore_ascii_case(&wanted))
    {
        return MatchResult::One(Match {
            item: Arc::clone(item),
            method: Method::Id,
        });
    }
    if wanted.is_empty() {
        return MatchResult::None;
    }
    let has_name = |item: &&Arc<T>| item.exact_names().iter().any(|name| fold(name) == wanted);
    match_result(candidates.iter().filter(has_name), Method::ExactName)
}

/// Returns the match result for the entities that were found by a method, each counted once.
fn match_result<'t, T: Resolvable>(
    found: impl Iterator<Item = &'t Arc<T>>,
    method: Method,
) -> MatchResult<T> {
    let mut found: Vec<Arc<T>> = found.map(Arc::clone).collect();
    found.sort_by(|a, b| a.id().cmp(b.id()));
    found.dedup_by(|a, b| a.id() == b.id());
    match found.len() {
        0 => MatchResult::None,
        1 => MatchResult::One(Match {
            item: found.swap_remove(0),
            method,
        }),
        _ => MatchResult::Many(found),
    }
}

/// The team or project in which a name was looked up, for the error.
#[derive(Clone, Copy, Debug)]
pub struct Within<'w> {
    /// The word for the owner, which is also its key in `details`: `team` or `project`.
    pub kind: &'static str,
    /// The name of the owner.
    pub name: &'w str,
}

/// Returns the team as the place in which a name was looked up.
fn in_team(team: &Team) -> Option<Within<'_>> {
    Some(Within {
        kind: "team",
        name: &team.name,
    })
}

impl<T: Resolvable> MatchResult<T> {
    /// Returns the only match. `candidates` are the entities in which the name was looked up.
    ///
    /// # Errors
    /// The kind's not-found code with the candidates, or AMBIGUOUS_IDENTIFIER with the entities that the name could mean.
    pub fn or_error(
        self,
        wanted: &str,
        candidates: &[Arc<T>],
        within: Option<Within<'_>>,
    ) -> Result<Match<T>, Error> {
        match self {
            Self::One(found) => Ok(found),
            Self::Many(several) => Err(ambiguous(wanted, &several)),
            Self::None => Err(not_found(wanted, candidates, within)),
        }
    }
}

/// The largest number of entities with the same name that a not-found error suggests.
const MOST_OF_ONE_NAME: usize = 3;
/// The largest number of entities that an error lists.
const MOST_LISTED: usize = 25;
/// The key in `details` for the number of existing entities, where not all are listed.
const TOTAL: &str = "available_total";

/// Returns the error for a name that means none of the candidates: with the name, the candidates with the most similar names
/// first, and suggestions. `within` is the team or project in which the name was looked up.
pub fn not_found<T: Resolvable>(
    wanted: &str,
    candidates: &[Arc<T>],
    within: Option<Within<'_>>,
) -> Error {
    not_found_but(wanted, candidates, candidates, within)
}

/// As [`not_found`], but suggests only `usable` ones among the candidates.
pub fn not_found_but<T: Resolvable>(
    wanted: &str,
    candidates: &[Arc<T>],
    usable: &[Arc<T>],
    within: Option<Within<'_>>,
) -> Error {
    let place = within.map_or_else(
        || " in Linear workspace".to_owned(),
        |within| format!(" for {} '{}'", within.kind, within.name),
    );
    let message = format!("{} '{wanted}' not found{place}", T::NOUN);
    let mut error = Error::new(T::NOT_FOUND, message).detail("input", wanted);
    if let Some(within) = within {
        error = error.detail(within.kind, within.name);
    }
    // Several cycles may have no name, so each name is mapped to all its entities. Entities that look the same in the list
    // are listed once.
    let mut named: HashMap<&str, Vec<&Arc<T>>> = HashMap::new();
    for item in candidates {
        named.entry(item.name()).or_default().push(item);
    }
    let mut listed: Vec<Value> = Vec::new();
    let mut seen: HashSet<String> = HashSet::new();
    for name in nearest::rank(wanted, candidates.iter().map(|item| item.name())) {
        for item in named.get(name).into_iter().flatten() {
            let row = item.available_entry();
            if seen.insert(row.to_string()) {
                listed.push(row);
            }
        }
    }
    let total = listed.len();
    listed.truncate(MOST_LISTED);
    error = error.detail(T::AVAILABLE, listed);
    if total > MOST_LISTED {
        error = error.detail(TOTAL, total);
    }
    let near = nearest::nearest(wanted, usable.iter().map(|item| item.name()), 2);
    let near = if NullMeaning::is_word(wanted) {
        // A word such as `none` means that there is no value, even if it is similar to a name.
        Vec::new()
    } else if near.is_empty() {
        // The text may be a misspelt key or e-mail address.
        let forms = usable.iter().flat_map(|item| item.exact_names());
        nearest::nearest(wanted, forms, 2)
    } else {
        near
    };
    for name in near {
        let texts = match T::check_ambiguity(name, match_exactly(name, usable), usable) {
            MatchResult::One(_) => vec![name.to_owned()],
            MatchResult::Many(several) => several
                .iter()
                .take(MOST_OF_ONE_NAME)
                .map(|item| item.unique())
                .collect(),
            MatchResult::None => Vec::new(),
        };
        for text in texts {
            let hint = format!("Use '{text}'");
            if !error.suggestions().contains(&hint) {
                error = error.suggest(hint);
            }
        }
    }
    if error.suggestions().is_empty() && !candidates.is_empty() {
        error = error.suggest(format!("Use one of the {} above", T::AVAILABLE));
    }
    if candidates.is_empty() && T::LISTED_BY.is_none() {
        let whose = within.map_or_else(
            || "the workspace".to_owned(),
            |within| format!("{} '{}'", within.kind, within.name),
        );
        let nouns = T::NOUNS;
        error = error.suggest(format!("Leave it out: {whose} has no {nouns}"));
    }
    if let Some(operation) = T::LISTED_BY {
        error = error.suggest(format!("Call {operation} to see all of them"));
    }
    error
}

/// Returns the error for a name that could mean any of the candidates.
pub fn ambiguous<T: Resolvable>(wanted: &str, candidates: &[Arc<T>]) -> Error {
    let noun = T::NOUN.to_lowercase();
    let listed: Vec<Value> = candidates
        .iter()
        .take(MOST_LISTED)
        .map(|item| Value::Object(item.disambiguation()))
        .collect();
    Error::new(
        Code::AmbiguousIdentifier,
        format!(
            "'{wanted}' could mean {} of the {}",
            candidates.len(),
            T::NOUNS
        ),
    )
    .detail("input", wanted)
    .detail("candidates", listed)
    .suggest(format!(
        "Repeat the request with the id of the {noun} that is meant"
    ))
}

/// Whether an object among the operation's parameters names `wanted` and has an entry that is not true of the candidate which
/// it names.
fn is_contradicted<T: Resolvable>(cx: &Context<'_>, wanted: &str, candidates: &[Arc<T>]) -> bool {
    let mode = Mode::of(cx.effect);
    let mut claims = cx.claims().iter().filter(|claim| claim.wanted == wanted);
    claims.any(|claim| untrue_entry(claim, candidates, mode).is_some())
}

/// Returns the candidate that an object among the parameters names, and the first entry of the object that is not true of it.
fn untrue_entry<'c, T: Resolvable>(
    claim: &'c Claim,
    candidates: &[Arc<T>],
    mode: Mode,
) -> Option<(Arc<T>, &'c (String, String))> {
    if !T::PARAMS.contains(&claim.param.as_str()) {
        return None;
    }
    let MatchResult::One(found) = match_name(&claim.wanted, candidates, mode) else {
        return None;
    };
    let mut entries = claim.entries.iter();
    let untrue =
        entries.find(|(key, text)| found.item.is_described_by(key, text) == Some(false))?;
    Some((found.item, untrue))
}

/// Whether a text has the form of a UUID. Linear rejects any other text where it expects an id (`linear/api.md` §2).
pub fn is_uuid(text: &str) -> bool {
    uuid::Uuid::try_parse(text).is_ok() && text.len() == 36
}

/// The largest number of parts of a name in a filter. With fewer parts the filter finds more, and [`match_name`] decides.
const MOST_PARTS: usize = 16;

/// Returns the filter that finds every entity which [`match_name`] could match to a name in either mode: by id, by the whole
/// text of any of these fields, or by words of the name.
///
/// Linear's comparison differs from [`fold`], so the filter finds more than needed: each Unicode normal form of the name, names
/// with the parts that folding leaves unchanged, and names with a character that is invisible or folded into others.
/// [`match_name`] then decides.
fn named(wanted: &str, fields: &[&str]) -> Filter {
    let wanted = wanted.trim();
    if let Some(filter) = by_id(wanted) {
        return filter;
    }
    let mut any = Vec::new();
    for form in std::iter::once(wanted.to_owned()).chain(forms(wanted)) {
        any.extend(fields.iter().map(|field| Filter::same_text(field, &form)));
    }
    let bare = without_hash(wanted);
    for form in bare.into_iter().flat_map(forms) {
        any.extend(fields.iter().map(|field| Filter::same_text(field, &form)));
    }
    let wanted = bare.unwrap_or(wanted);
    let folded = fold(wanted);
    if is_enough(&folded) {
        let parts = lasting_parts(&folded);
        if parts.is_empty() {
            let forms = forms(wanted);
            any.extend(forms.iter().map(|form| Filter::contains("name", form)));
        } else {
            let parts = parts.iter().take(MOST_PARTS);
            let parts = parts.map(|part| Filter::contains("name", part));
            any.push(Filter::all(parts.collect()));
        }
    }
    let characters = odd_characters(&folded);
    any.extend(characters.map(|c| Filter::compare("name", "contains", c.to_string())));
    Filter::any(any)
}

/// Returns the filter for an id, in lower case as Linear writes ids; `None` where the text is not a UUID.
fn by_id(wanted: &str) -> Option<Filter> {
    is_uuid(wanted).then(|| Filter::eq("id", wanted.to_ascii_lowercase()))
}

/// Returns the filter for entities with exactly that text in one of these fields, in any case, or with that id: the entities
/// for which [`Match::is_literal`] is true.
fn named_exactly(wanted: &str, fields: &[&str]) -> Filter {
    let wanted = wanted.trim();
    if let Some(filter) = by_id(wanted) {
        return filter;
    }
    let same = fields.iter().map(|field| Filter::same_text(field, wanted));
    Filter::any(same.collect())
}

/// Returns the object of a `json!` value as a map, for [`Resolvable::disambiguation`].
fn json_object(fields: Value) -> Map<String, Value> {
    match fields {
        Value::Object(map) => map,
        other => Map::from_iter([("name".to_owned(), other)]),
    }
}

/// Returns the `resolution` of an envelope's metadata: the caller's text, and the method by which it was matched.
pub fn resolution(input: &str, method: Method) -> Value {
    json!({"input": input, "method": method.word()})
}

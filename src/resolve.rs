//! From names to entities. [`lookup()`] looks up what an operation needs to know, in one request at most, by one path for
//! all kinds of entities; [`match_name`] is the one matcher. What differs by kind is in the file of the kind.

pub mod address;
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
    /// By its type.
    Type,
    /// By another word for its type.
    Alias,
    /// By words of its name, in a write by its beginning, that no other name has.
    Partial,
}

impl Method {
    /// The word for it in an envelope.
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

/// The one entity that a name means.
#[derive(Clone, Debug)]
pub struct Match<T> {
    /// The entity.
    pub item: Arc<T>,
    /// How it was matched.
    pub method: Method,
}

/// What the matcher makes of a name.
#[derive(Clone, Debug)]
pub enum MatchResult<T> {
    /// It means this one.
    One(Match<T>),
    /// It could mean any of these; none is chosen for the caller.
    Many(Vec<Arc<T>>),
    /// It means nothing here.
    None,
}

impl<T: Resolvable> Match<T> {
    /// Whether Linear itself finds the entity by what the caller wrote: by its id, or by a name that differs in case
    /// alone. A name that is equal only when folded has another spelling there.
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

/// How much of a name it takes to mean an entity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// For an operation that reads: words of the name that no other name has will do.
    Read,
    /// For an operation that writes: the beginning of the name will do, where no other name begins so, and the caller is
    /// told what was taken.
    #[default]
    Write,
}

impl Mode {
    /// The mode of an operation with this effect.
    pub fn of(effect: Effect) -> Self {
        if effect.writes() {
            Self::Write
        } else {
            Self::Read
        }
    }

    /// Whether a part of a name means that name. Both are folded.
    fn admits(self, name: &str, part: &str) -> bool {
        match self {
            Self::Read => has_words(name, part),
            Self::Write => begins_with(name, part),
        }
    }
}

/// What the matcher and the errors have to know of an entity.
pub trait Resolvable: Entity {
    /// The word for the entity in a sentence: `Team`.
    const NOUN: &'static str;
    /// The word for several of them within a sentence: `teams`.
    const NOUNS: &'static str;
    /// The error code of a name that means nothing.
    const NOT_FOUND: Code;
    /// The key in `details` under which that error lists what there is.
    const AVAILABLE: &'static str;
    /// The operation that lists all of them, where there is one.
    const LISTED_BY: Option<&'static str>;
    /// The parameters that name one or several of them.
    const PARAMS: &'static [&'static str];

    /// The part of what a caller wrote that names the entity: a slug out of an address, a name without its `@`.
    fn query_name(wanted: &str) -> &str {
        wanted.trim()
    }

    /// The second form in which a text is matched that means nothing as it is written: what stands behind a `#`, a slug at
    /// the end of the last part of an address.
    fn other_form(wanted: &str) -> Option<&str> {
        without_hash(wanted)
    }

    /// Everything that names the entity exactly, apart from its id.
    fn exact_names(&self) -> Vec<&str> {
        vec![self.name()]
    }

    /// The name that people know the entity by. Parts of it are matched, too.
    fn name(&self) -> &str;

    /// The name of the entity in a sentence: its name, or what is clearer.
    fn full_name(&self) -> String {
        self.name().to_owned()
    }

    /// A text that names the entity and no other: its id, or what reads better.
    fn unique(&self) -> String {
        self.id().to_owned()
    }

    /// Whether an entry of an object that describes the entity is true of it, as `name: Engineering` or `key: ENG`;
    /// `None` for an entry that does not tell entities apart.
    fn is_described_by(&self, key: &str, text: &str) -> Option<bool> {
        let names = self.exact_names();
        let wanted = fold(Self::query_name(text));
        matches!(key, "name" | "key" | "identifier" | "slug" | "url")
            .then(|| names.iter().any(|name| fold(name) == wanted))
    }

    /// Whether the answer to a write shows the entity under the name by which it was called; `keys` says whether such an
    /// answer tells keys of teams and e-mail addresses, too. Another entity of that name would be told by it.
    fn is_shown_as(&self, called: &str, _keys: bool) -> bool {
        fold(self.name()) == fold(called)
    }

    /// Whether the entity can be set at all, as far as is known.
    fn is_usable(&self) -> bool {
        true
    }

    /// The entry for the entity in the list of what there is, in the error of a name that means nothing.
    fn available_entry(&self) -> Value {
        Value::from(self.name())
    }

    /// The fields that tell the entity from another of the same name, for a choice between the two.
    fn disambiguation(&self) -> Map<String, Value>;

    /// Returns what was picked for a name, or several entities where the name could mean others, too, in a way that the
    /// matcher does not know.
    fn unshared(_wanted: &str, picked: MatchResult<Self>, _among: &[Arc<Self>]) -> MatchResult<Self>
    where
        Self: Sized,
    {
        picked
    }

    /// What a text means that is not a whole name: a type, or another word for a type. Where this returns `Some`, the text
    /// means nothing else, even if there is no such entity.
    fn by_alias(_wanted: &str, _among: &[Arc<Self>]) -> Option<MatchResult<Self>>
    where
        Self: Sized,
    {
        None
    }
}

/// The shortest part of a name that means it: fewer letters stand in too many names.
const SHORTEST_PART: usize = 3;

/// Whether a folded part of a name is long enough to mean it. Of scripts in which a character is a syllable or a word,
/// two are.
pub fn is_enough(part: &str) -> bool {
    let length = part.chars().count();
    length >= SHORTEST_PART || (length == 2 && part.chars().all(|c| !c.is_ascii()))
}

/// A name without the `#` that people put in front of names and tags, where there is one and something behind it.
pub fn without_hash(wanted: &str) -> Option<&str> {
    let name = wanted.trim().strip_prefix('#')?.trim_start();
    (!name.is_empty()).then_some(name)
}

/// The matcher: id, then whole name, then alias, then as much of the name as the mode wants, where only one has it. What
/// means nothing as it is written is matched in its other form: without a `#` in front.
pub fn match_name<T: Resolvable>(wanted: &str, among: &[Arc<T>], mode: Mode) -> MatchResult<T> {
    match (pick_as_written(wanted, among, mode), T::other_form(wanted)) {
        (MatchResult::None, Some(name)) => pick_as_written(name, among, mode),
        (found, _) => found,
    }
}

fn pick_as_written<T: Resolvable>(wanted: &str, among: &[Arc<T>], mode: Mode) -> MatchResult<T> {
    match match_exactly(wanted, among) {
        MatchResult::None => {}
        found => return found,
    }
    if let Some(found) = T::by_alias(T::query_name(wanted), among) {
        return found;
    }
    let part = fold(T::query_name(wanted));
    if !is_enough(&part) {
        return MatchResult::None;
    }
    one_of(
        among
            .iter()
            .filter(|item| mode.admits(&fold(item.name()), &part)),
        Method::Partial,
    )
}

/// The first half of the matcher: id, then whole name.
pub fn match_exactly<T: Resolvable>(wanted: &str, among: &[Arc<T>]) -> MatchResult<T> {
    let wanted = fold(T::query_name(wanted));
    if let Some(item) = among
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
    let named = |item: &&Arc<T>| item.exact_names().iter().any(|name| fold(name) == wanted);
    one_of(among.iter().filter(named), Method::ExactName)
}

fn one_of<'t, T: Resolvable>(
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

/// Where a name was looked for, as the errors say it: the key in `details`, and the name.
#[derive(Clone, Copy, Debug)]
pub struct Within<'w> {
    /// `team`, `project`.
    pub kind: &'static str,
    /// Its name.
    pub name: &'w str,
}

/// The team as the place where a name was looked for.
fn in_team(team: &Team) -> Option<Within<'_>> {
    Some(Within {
        kind: "team",
        name: &team.name,
    })
}

impl<T: Resolvable> MatchResult<T> {
    /// The one match, or the error that says what there is instead. `among` is what was looked through.
    ///
    /// # Errors
    /// The entity's not-found code, or AMBIGUOUS_IDENTIFIER.
    pub fn or_error(
        self,
        wanted: &str,
        among: &[Arc<T>],
        within: Option<Within<'_>>,
    ) -> Result<Match<T>, Error> {
        match self {
            Self::One(found) => Ok(found),
            Self::Many(candidates) => Err(ambiguous(wanted, &candidates)),
            Self::None => Err(not_found(wanted, among, within)),
        }
    }
}

/// How many entities of one name a miss suggests at most.
const SEVERAL: usize = 3;
/// How many entities an error lists at most.
const MOST_LISTED: usize = 25;
/// The key in `details` of how many there are, where not all are listed.
const TOTAL: &str = "available_total";

/// The error for a name that means nothing: what was asked, what there is (the nearest first), what to do.
pub fn not_found<T: Resolvable>(
    wanted: &str,
    among: &[Arc<T>],
    within: Option<Within<'_>>,
) -> Error {
    not_found_but(wanted, among, among, within)
}

/// As [`not_found`], where of all that there is only the `usable` ones can be used in place of the name.
pub fn not_found_but<T: Resolvable>(
    wanted: &str,
    among: &[Arc<T>],
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
    // Cycles without a name share one, so each name stands for all that have it; one look is enough for those that
    // look the same.
    let mut named: HashMap<&str, Vec<&Arc<T>>> = HashMap::new();
    for item in among {
        named.entry(item.name()).or_default().push(item);
    }
    let mut listed: Vec<Value> = Vec::new();
    let mut seen: HashSet<String> = HashSet::new();
    for name in nearest::rank(wanted, among.iter().map(|item| item.name())) {
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
        // It means none, however near it is to a name.
        Vec::new()
    } else if near.is_empty() {
        // It may be a key or an e-mail address that is misspelt.
        let forms = usable.iter().flat_map(|item| item.exact_names());
        nearest::nearest(wanted, forms, 2)
    } else {
        near
    };
    for hint in near.into_iter().flat_map(|near| accepted(near, usable)) {
        let hint = format!("Use '{hint}'");
        if !error.suggestions().contains(&hint) {
            error = error.suggest(hint);
        }
    }
    if error.suggestions().is_empty() && !among.is_empty() {
        error = error.suggest(format!("Use one of the {} above", T::AVAILABLE));
    }
    if among.is_empty() && T::LISTED_BY.is_none() {
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

/// What can be written for the things that have that name: the name, or what tells them apart where several could be
/// meant by it.
fn accepted<T: Resolvable>(name: &str, among: &[Arc<T>]) -> Vec<String> {
    match T::unshared(name, match_exactly(name, among), among) {
        MatchResult::One(_) => vec![name.to_owned()],
        MatchResult::Many(several) => several
            .iter()
            .take(SEVERAL)
            .map(|item| item.unique())
            .collect(),
        MatchResult::None => Vec::new(),
    }
}

/// The error for a name that several things have.
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

/// Whether any object of the operation that names the entity `wanted` says something of it that is not so, as far as
/// these entities show.
fn is_contradicted<T: Resolvable>(cx: &Context<'_>, wanted: &str, among: &[Arc<T>]) -> bool {
    let mode = Mode::of(cx.effect);
    let of_name = cx.claims().iter().filter(|claim| claim.wanted == wanted);
    of_name
        .into_iter()
        .any(|claim| untrue_entry(claim, among, mode).is_some())
}

/// The entity that the object names among these, and the first entry of the object that is not true of it.
fn untrue_entry<'c, T: Resolvable>(
    claim: &'c Claim,
    among: &[Arc<T>],
    mode: Mode,
) -> Option<(Arc<T>, &'c (String, String))> {
    if !T::PARAMS.contains(&claim.param.as_str()) {
        return None;
    }
    let MatchResult::One(found) = match_name(&claim.wanted, among, mode) else {
        return None;
    };
    let mut entries = claim.entries.iter();
    let untrue =
        entries.find(|(key, text)| found.item.is_described_by(key, text) == Some(false))?;
    Some((found.item, untrue))
}

/// Whether a text has the form of a UUID, which alone may be sent where Linear wants an id (`linear/api.md` §2).
pub fn is_uuid(text: &str) -> bool {
    uuid::Uuid::try_parse(text).is_ok() && text.len() == 36
}

/// How many parts of a name a filter asks for. Fewer find more, among which [`match_name`] decides.
const MOST_PARTS: usize = 16;

/// The filter that finds what [`match_name`] could match a name to, in either mode: by id, or by any of these text fields
/// whole, or by words of the name.
///
/// Linear compares as it likes, so this asks for more: for each normal form of the name, for names with the letters
/// that last when a name is folded, and for those with a character that cannot be seen or is folded into others.
/// [`match_name`] decides.
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
    let odd = odd_characters(&folded);
    any.extend(odd.map(|c| Filter::compare("name", "contains", c.to_string())));
    Filter::any(any)
}

/// The filter for an id, where the text is one: in lower case, as Linear writes them.
fn by_id(wanted: &str) -> Option<Filter> {
    is_uuid(wanted).then(|| Filter::eq("id", wanted.to_ascii_lowercase()))
}

/// The filter for what goes by exactly that name in any case, as Linear compares: what [`Match::is_literal`] is true of.
fn named_exactly(wanted: &str, fields: &[&str]) -> Filter {
    let wanted = wanted.trim();
    if let Some(filter) = by_id(wanted) {
        return filter;
    }
    let same = fields.iter().map(|field| Filter::same_text(field, wanted));
    Filter::any(same.collect())
}

/// A row for [`Resolvable::disambiguation`].
fn apart(fields: Value) -> Map<String, Value> {
    match fields {
        Value::Object(map) => map,
        other => Map::from_iter([("name".to_owned(), other)]),
    }
}

/// The `resolution` of an answer's metadata.
pub fn resolution(input: &str, method: Method) -> Value {
    json!({"input": input, "method": method.word()})
}

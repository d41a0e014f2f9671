//! The look-up: everything that an operation has to know of the workspace, from the session cache or in one request.
//!
//! The names that are wanted are first looked for in the [`crate::cache`]. Those that the cache cannot answer are asked
//! for, all kinds in one document, with the operation's own reads as riders. So a name that the cache does not have is
//! looked up fresh before it is called unknown, and the error can list what there is without another request.

use std::sync::Arc;

use super::kind::{Kind, Lookup, LookupState, Owner, for_each_kind, functions_of_kinds};
use super::{
    LookupRequest, Match, MatchResult, Method, Mode, Resolvable, Resolved, Trust, match_name,
    project, untrue_entry,
};
use crate::cache::{Reach, kinds};
use crate::error::{Code, Error};
use crate::linear::client::{Answers, RetryPolicy};
use crate::linear::compose::Part;
use crate::linear::documents::{Listing as _, Projects};
use crate::linear::failure::Failure;
use crate::linear::model::{self, Project, Team};
use crate::session::{Claim, Context};

/// How many projects are asked for that have the name of a team.
const SAME_NAMED: i64 = 2;

impl Trust {
    /// Up to where the session cache is taken. A dry run has no answer to compare anything with.
    pub(super) fn reach(self, cx: &Context<'_>) -> Reach {
        match self {
            Self::Own => Reach::Session,
            Self::Held | Self::HeldWithKeys if !cx.is_dry_run() => Reach::Old,
            Self::Names | Self::Held | Self::HeldWithKeys => Reach::Recent,
        }
    }
}

/// Looks up what is wanted, in one request where no list runs over its first page.
///
/// `riders` returns reads of the operation's own that are sent in front of the queries. It is called when it is clear what
/// the cache has: with everything that is wanted, or with `None` when something has to be asked. The answers, with those of
/// the riders in the first slots, are there when anything was sent. A look-up that the cache answered is recorded in `cx`.
///
/// # Errors
/// The failure of the request.
pub async fn lookup(
    cx: &Context<'_>,
    request: &LookupRequest,
    riders: impl FnOnce(Option<&Resolved>) -> Vec<Part>,
) -> Result<(Resolved, Option<Answers>), Failure> {
    warmed(cx, request).await?;
    let mut plan = Plan::make(cx, request);
    let known = plan.lookup.parts.is_empty().then(|| plan.known());
    if let Some(known) = &known {
        refuse_contradictions(cx, request, known)?;
        cx.record_cached_lookup(request, known);
    }
    let mut parts = riders(known.as_ref());
    let first = parts.len();
    parts.append(&mut plan.lookup.parts);
    if parts.is_empty() {
        let known = known.unwrap_or_else(|| Resolved::new(cx.effect, cx.name_warnings.clone()));
        return Ok((known, None));
    }
    let mut answers = cx.send(&parts, RetryPolicy::Idempotent).await?;
    let known = match known {
        Some(known) => known,
        None => {
            let known = plan.settle(&mut answers, first).await?;
            refuse_contradictions(cx, request, &known)?;
            cx.record_cached_lookup(request, &known);
            known
        }
    };
    Ok((known, Some(answers)))
}

/// Waits for the prefetch where it may bring what the cache does not have yet. A caller who wants a fresh answer does not
/// want what the prefetch brings.
async fn warmed(cx: &Context<'_>, request: &LookupRequest) -> Result<(), Failure> {
    let bypassed = request.fresh || cx.common.refresh_cache;
    if bypassed
        || !cx.session.prefetch_state.is_running()
        || Plan::make(&cx.trying(), request).lookup.parts.is_empty()
    {
        return Ok(());
    }
    cx.warmed().await
}

/// As [`lookup()`], without riders, and with the failure as an error for the caller.
///
/// # Errors
/// The failure of the request.
pub async fn lookup_only(cx: &Context<'_>, request: &LookupRequest) -> Result<Resolved, Error> {
    let (known, _) = lookup(cx, request, |_| Vec::new())
        .await
        .map_err(Failure::into_read_error)?;
    Ok(known)
}

macro_rules! plan {
    ($($entity:ident { $(#[$doc:meta])* cache: $cache:ident, $($rest:tt)* })*) => {
        /// The look-up kind by kind: what the cache has of each, or its queries.
        struct Plan<'l> {
            lookup: Lookup<'l>,
            $($cache: LookupState<model::$entity>,)*
        }

        impl<'l> Plan<'l> {
            fn make(cx: &'l Context<'l>, request: &'l LookupRequest) -> Self {
                let mut plan = Self {
                    lookup: Lookup::new(cx, request),
                    $($cache: LookupState::default(),)*
                };
                $(if model::$entity::IS_OWNER {
                    plan.$cache = plan.lookup.look_for();
                })*
                plan.lookup.is_team_known = !matches!(plan.lookup.team, Some(Owner::Called(_)));
                plan.ask_for_same_named_projects();
                $(if !model::$entity::IS_OWNER {
                    plan.$cache = plan.lookup.look_for();
                })*
                plan
            }

            /// What the cache has, when nothing had to be asked.
            fn known(&self) -> Resolved {
                let cx = self.lookup.cx;
                let mut known = Resolved::new(cx.effect, cx.name_warnings.clone());
                $(known.$cache = self.$cache.known();)*
                known
            }

            /// Reads the answers, of which the first belong to the `riders`.
            ///
            /// # Errors
            /// The failure of a part of the request, or of a request for what did not fit on one page.
            async fn settle(
                mut self,
                answers: &mut Answers,
                riders: usize,
            ) -> Result<Resolved, Failure> {
                let cx = self.lookup.cx;
                let mut known = Resolved::new(cx.effect, cx.name_warnings.clone());
                $(if model::$entity::IS_OWNER {
                    let state = std::mem::take(&mut self.$cache);
                    known.$cache = self.lookup.settle(state, answers, riders).await?;
                })*
                known.same_named_projects = self.lookup.read_same_named_projects(answers, riders)?;
                $(if !model::$entity::IS_OWNER {
                    let state = std::mem::take(&mut self.$cache);
                    known.$cache = self.lookup.settle(state, answers, riders).await?;
                })*
                Ok(known)
            }
        }
    };
}

kinds!(plan);

impl Plan<'_> {
    /// Asks for projects by the name of a team that Linear is asked for: callers give a project for a team
    /// (`contract.md`, "CCPM"), and the error for it can then say which team is the project's. Costs no request.
    fn ask_for_same_named_projects(&mut self) {
        let lookup = &mut self.lookup;
        if let (Some(name), LookupState::Asked(_)) = (&lookup.request.team, &self.teams) {
            lookup.same_named_projects = Some(lookup.parts.len());
            let filter = project::exact(name);
            let query = Projects::page(Some(filter), SAME_NAMED, None);
            lookup.parts.push(query);
        }
    }
}

impl Lookup<'_> {
    /// The projects that have the team's name, where no team has it.
    fn read_same_named_projects(
        &self,
        answers: &mut Answers,
        riders: usize,
    ) -> Result<Vec<Arc<Project>>, Failure> {
        let (Some(slot), None) = (self.same_named_projects, self.team_id()) else {
            return Ok(Vec::new());
        };
        let answer = answers.take::<Projects>(riders + slot)?;
        Ok(answer.projects.nodes.into_iter().map(Arc::new).collect())
    }
}

/// Refuses the operation where an object among its parameters names one entity and describes another:
/// `team: {name: Engineering, key: DES}` names two teams, and neither is taken.
///
/// # Errors
/// The failure that ends the operation; [`Context::refused`] has the reason.
fn refuse_contradictions(
    cx: &Context<'_>,
    request: &LookupRequest,
    known: &Resolved,
) -> Result<(), Failure> {
    for claim in cx.claims() {
        if let Some(error) = error(claim, request, known) {
            cx.refuse(error)?;
        }
    }
    Ok(())
}

/// The function that looks for a contradiction about one kind of entity.
type ErrorOfKind = fn(&Claim, &Resolved, Option<&Team>) -> Option<Error>;

/// The error of an object that contradicts itself, whatever kind of entity it names.
fn error(claim: &Claim, request: &LookupRequest, known: &Resolved) -> Option<Error> {
    let team = request.team.as_deref();
    let team = team.and_then(
        |name| match match_name(name, &known.teams.items, known.mode()) {
            MatchResult::One(found) => Some(found.item),
            _ => None,
        },
    );
    let errors: &[ErrorOfKind] = &for_each_kind!(error_of);
    let mut errors = errors.iter();
    errors.find_map(|error_of| error_of(claim, known, team.as_deref()))
}

/// The error of an object that names an entity of the kind and describes another.
fn error_of<K: Kind>(claim: &Claim, known: &Resolved, team: Option<&Team>) -> Option<Error> {
    let mode = known.mode();
    let among = K::candidates(known, team, &claim.wanted);
    let (found, (key, text)) = untrue_entry(claim, &among, mode)?;
    let (param, wanted) = (&claim.param, &claim.wanted);
    let noun = K::NOUN.to_lowercase();
    let message = format!(
        "'{param}' describes two things: '{wanted}' is the {noun} '{}', and its {key} is given as '{text}'",
        found.full_name(),
    );
    let error = Error::new(Code::InvalidParam, message)
        .detail("param", param.as_str())
        .detail("given", wanted.as_str())
        .detail("found", found.disambiguation())
        .detail("contradicted_by", format!("{key}: {text}"))
        .suggest(format!("Use '{wanted}'"));
    let is_group = matches!(key.as_str(), "group" | "parent");
    Some(
        match K::unshared(text, match_name(text, &among, mode), &among) {
            MatchResult::One(other) if !is_group && other.item.id() != found.id() => {
                error.suggest(format!("Use '{text}'"))
            }
            _ => error,
        },
    )
}

/// What names mean among the entities that were found. The methods for each kind, such as [`Resolved::team`], are in the file
/// of the kind.
impl Resolved {
    /// How much of a name it takes to mean an entity.
    pub(super) fn mode(&self) -> Mode {
        Mode::of(self.effect)
    }

    /// What a name means among these entities to the operation that runs. Where a write takes a part of a name for an
    /// entity, the caller is warned.
    pub(super) fn match_name<T: Resolvable>(
        &self,
        wanted: &str,
        among: &[Arc<T>],
    ) -> MatchResult<T> {
        let picked = match_name(wanted, among, self.mode());
        if let MatchResult::One(found) = &picked
            && found.method == Method::Partial
            && self.mode() == Mode::Write
        {
            self.name_warnings.add(format!(
                "{} '{wanted}' taken to mean '{}', the only one whose name begins so",
                T::NOUN.to_lowercase(),
                found.item.name(),
            ));
        }
        picked
    }

    /// What a name means among all entities of the kind that were found.
    ///
    /// # Errors
    /// The kind's not-found code, or AMBIGUOUS_IDENTIFIER.
    pub(super) fn find<K: Kind>(&self, wanted: &str) -> Result<Match<K>, Error> {
        let all = K::pool(self);
        let picked = self.match_name(wanted, &all.items);
        let found = picked.or_error(wanted, &all.items, None);
        found.map_err(|error| all.counted(error))
    }

    /// The team in which names are looked up, where it is known.
    pub(super) fn team_of_lookup(&self, request: &LookupRequest) -> Option<Arc<Team>> {
        let found = self.team(request.team.as_deref()?).ok()?;
        Some(found.item)
    }
}

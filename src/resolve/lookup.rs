//! The look-up of all names that an operation uses, from the session cache or in one request.
//!
//! Each wanted name is first looked up in the [`crate::cache`]. The names that the cache does not have are looked up in Linear,
//! all kinds in one document, together with the operation's own reads. So no name is called unknown before Linear was asked,
//! and the error can list the existing entities without another request.

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
use crate::session::{Claim, Context, ProjectAsTeam};

/// The largest number of projects with the name of a team that are read.
const MOST_SAME_NAMED: i64 = 2;

impl Trust {
    /// Returns which cache entries the look-up may take. A dry run gets no answer by which entries past the usual age could be
    /// checked.
    pub(super) fn reach(self, cx: &Context<'_>) -> Reach {
        match self {
            Self::Own => Reach::Session,
            Self::Held | Self::HeldWithKeys if !cx.is_dry_run() => Reach::Old,
            Self::Names | Self::Held | Self::HeldWithKeys => Reach::Recent,
        }
    }
}

/// Looks up the names of a request, in one request to Linear where no list has more than one page.
///
/// `own_reads` returns the operation's own reads, which are sent in the same document, in front of the queries for names. It is
/// called with the result where the cache has everything, or else with `None`, and with the complexity points of the queries for
/// names. The answers are returned where anything was
/// sent; those to the own reads have the first slots. The look-up is recorded in `cx`.
///
/// # Errors
/// The failure of the request.
pub async fn lookup(
    cx: &Context<'_>,
    request: &LookupRequest,
    own_reads: impl FnOnce(Option<&Resolved>, u32) -> Vec<Part>,
) -> Result<(Resolved, Option<Answers>), Failure> {
    let bypassed = request.fresh || cx.common.refresh_cache;
    // A prefetch in progress may bring the names that the cache does not have yet.
    if !bypassed
        && cx.session.prefetch_state.is_running()
        && !Plan::make(&cx.trying(), request).lookup.parts.is_empty()
    {
        cx.warmed().await?;
    }
    let mut project_as_team = if bypassed {
        None
    } else {
        ProjectAsTeam::in_cache(cx, request)
    };
    let given = request;
    let mut in_team = project_as_team.as_ref().map(|found| found.request(given));
    let request = in_team.as_ref().unwrap_or(given);
    let mut plan = Plan::make(cx, request);
    let known = plan.lookup.parts.is_empty().then(|| plan.cached());
    let known = known.map(|known| Resolved {
        project_as_team: project_as_team.clone(),
        ..known
    });
    if let Some(known) = &known {
        refuse_contradictions(cx, request, known)?;
        cx.record_cached_lookup(request, known);
    }
    let points = plan.lookup.parts.iter().map(Part::complexity).sum();
    let mut parts = own_reads(known.as_ref(), points);
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
            let mut known = plan.settle(&mut answers, first).await?;
            if let (None, Some(name)) = (&project_as_team, &given.team) {
                let teams = match_name(name, &known.teams.items, known.mode());
                if matches!(teams, MatchResult::None) {
                    project_as_team = ProjectAsTeam::new(name, &known.same_named_projects);
                }
                if let Some(found) = &project_as_team {
                    // What is looked up within the team was looked up in a team with the name of the project.
                    known = again(cx, in_team.insert(found.request(given))).await?;
                }
            }
            known.project_as_team = project_as_team;
            let request = in_team.as_ref().unwrap_or(given);
            refuse_contradictions(cx, request, &known)?;
            cx.record_cached_lookup(request, &known);
            known
        }
    };
    Ok((known, Some(answers)))
}

/// Looks up the names of a request whose team the session cache has.
///
/// # Errors
/// The failure of the request.
async fn again(cx: &Context<'_>, request: &LookupRequest) -> Result<Resolved, Failure> {
    let mut plan = Plan::make(cx, request);
    let parts = std::mem::take(&mut plan.lookup.parts);
    if parts.is_empty() {
        return Ok(plan.cached());
    }
    let mut answers = cx.send(&parts, RetryPolicy::Idempotent).await?;
    plan.settle(&mut answers, 0).await
}

/// As [`lookup()`], without reads of the operation's own, and with the failure as an error for the caller.
///
/// # Errors
/// The failure of the request.
pub async fn lookup_only(cx: &Context<'_>, request: &LookupRequest) -> Result<Resolved, Error> {
    let (known, _) = lookup(cx, request, |_, _| Vec::new())
        .await
        .map_err(Failure::into_read_error)?;
    Ok(known)
}

macro_rules! plan {
    ($($entity:ident { $(#[$doc:meta])* cache: $cache:ident, $($rest:tt)* })*) => {
        /// The look-up of every kind before the request is sent.
        struct Plan<'l> {
            lookup: Lookup<'l>,
            $($cache: LookupState<model::$entity>,)*
        }

        impl<'l> Plan<'l> {
            /// Looks every kind up in the cache, and makes the queries for the names that the cache does not have. Teams and
            /// projects come first, because the other kinds are looked up within them.
            fn make(cx: &'l Context<'l>, request: &'l LookupRequest) -> Self {
                let mut plan = Self {
                    lookup: Lookup::new(cx, request),
                    $($cache: LookupState::default(),)*
                };
                $(if model::$entity::IS_OWNER {
                    plan.$cache = plan.lookup.start();
                })*
                plan.lookup.is_team_known = !matches!(plan.lookup.team, Some(Owner::Named(_)));
                plan.query_same_named_projects();
                $(if !model::$entity::IS_OWNER {
                    plan.$cache = plan.lookup.start();
                })*
                plan
            }

            /// Returns the entities that the cache has, where Linear need not be asked.
            fn cached(&self) -> Resolved {
                let cx = self.lookup.cx;
                let mut known = Resolved::new(cx.effect, cx.name_warnings.clone());
                $(known.$cache = self.$cache.cached();)*
                known
            }

            /// Reads the answers, which begin at the slot `offset`.
            ///
            /// # Errors
            /// The failure of a part of the request, or of a request for a further page.
            async fn settle(
                mut self,
                answers: &mut Answers,
                offset: usize,
            ) -> Result<Resolved, Failure> {
                let cx = self.lookup.cx;
                let mut known = Resolved::new(cx.effect, cx.name_warnings.clone());
                $(if model::$entity::IS_OWNER {
                    let state = std::mem::take(&mut self.$cache);
                    known.$cache = self.lookup.settle(state, answers, offset).await?;
                })*
                known.same_named_projects = self.lookup.read_same_named_projects(answers, offset)?;
                $(if !model::$entity::IS_OWNER {
                    let state = std::mem::take(&mut self.$cache);
                    known.$cache = self.lookup.settle(state, answers, offset).await?;
                })*
                Ok(known)
            }
        }
    };
}

kinds!(plan);

impl Plan<'_> {
    /// Adds the query for projects with the name of the team, where Linear is asked for the team anyway. Callers give a project
    /// in place of a team (`contract.md`, "CCPM"): its team is used then, or the error says which teams the project has.
    fn query_same_named_projects(&mut self) {
        let lookup = &mut self.lookup;
        if let (Some(name), LookupState::Pending(_)) = (&lookup.request.team, &self.teams) {
            let epoch = lookup.cx.session.cache.projects.mark();
            lookup.same_named_projects = Some((lookup.parts.len(), epoch));
            let filter = project::exact(name);
            let query = Projects::page(Some(filter), MOST_SAME_NAMED, None);
            lookup.parts.push(query);
        }
    }
}

impl Lookup<'_> {
    /// Returns the projects with the name of the team, where no team has that name. A project that has the name alone is
    /// kept in the session cache.
    fn read_same_named_projects(
        &self,
        answers: &mut Answers,
        offset: usize,
    ) -> Result<Vec<Arc<Project>>, Failure> {
        let (Some((slot, epoch)), None) = (self.same_named_projects, self.team_id()) else {
            return Ok(Vec::new());
        };
        let answer = answers.take::<Projects>(offset + slot)?;
        let projects: Vec<Arc<Project>> = answer.projects.nodes.into_iter().map(Arc::new).collect();
        if let (Some(name), [_]) = (&self.request.team, projects.as_slice()) {
            let cache = &self.cx.session.cache.projects;
            cache.put_name("", Project::query_name(name), &projects, epoch);
        }
        Ok(projects)
    }
}

/// Refuses the operation where an object among its parameters names one entity and describes another, as
/// `team: {name: Engineering, key: DES}` does.
///
/// # Errors
/// The failure that ends the operation; [`Context::refused`] has the reason.
fn refuse_contradictions(
    cx: &Context<'_>,
    request: &LookupRequest,
    known: &Resolved,
) -> Result<(), Failure> {
    if cx.claims().is_empty() {
        return Ok(());
    }
    let team = request.team.as_deref();
    let team = team.and_then(
        |name| match match_name(name, &known.teams.items, known.mode()) {
            MatchResult::One(found) => Some(found.item),
            _ => None,
        },
    );
    let checks: &[ContradictionCheck] = &for_each_kind!(contradiction);
    for claim in cx.claims() {
        let mut errors = checks.iter();
        if let Some(error) = errors.find_map(|check| check(claim, known, team.as_deref())) {
            cx.refuse(error)?;
        }
    }
    Ok(())
}

/// The function [`contradiction`] for one kind of entity.
type ContradictionCheck = fn(&Claim, &Resolved, Option<&Team>) -> Option<Error>;

/// Returns the error for an object that names one entity of the kind and describes another; `None` where it does not.
fn contradiction<K: Kind>(claim: &Claim, known: &Resolved, team: Option<&Team>) -> Option<Error> {
    let mode = known.mode();
    let candidates = K::candidates(known, team, &claim.wanted);
    let (found, (key, text)) = untrue_entry(claim, &candidates, mode)?;
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
        match K::check_ambiguity(text, match_name(text, &candidates, mode), &candidates) {
            MatchResult::One(other) if !is_group && other.item.id() != found.id() => {
                error.suggest(format!("Use '{text}'"))
            }
            _ => error,
        },
    )
}

/// The meaning of names among the entities that were found. The methods for each kind, such as [`Resolved::team`], are in the
/// file of the kind.
impl Resolved {
    /// Returns the mode in which the operation matches names.
    pub(super) fn mode(&self) -> Mode {
        Mode::of(self.effect)
    }

    /// Returns which of the candidates a name means to the operation. The caller is warned where a write matches a part of a
    /// name.
    pub(super) fn match_name<T: Resolvable>(
        &self,
        wanted: &str,
        candidates: &[Arc<T>],
    ) -> MatchResult<T> {
        let matched = match_name(wanted, candidates, self.mode());
        if let MatchResult::One(found) = &matched
            && found.method == Method::Partial
            && self.mode() == Mode::Write
        {
            self.name_warnings.add(format!(
                "{} '{wanted}' taken to mean '{}', the only one whose name begins so",
                T::NOUN.to_lowercase(),
                found.item.name(),
            ));
        }
        matched
    }

    /// Returns the entity that a name means among all entities of the kind that were found.
    ///
    /// # Errors
    /// The kind's not-found code, or AMBIGUOUS_IDENTIFIER.
    pub(super) fn find<K: Kind>(&self, wanted: &str) -> Result<Match<K>, Error> {
        let all = K::all_candidates(self);
        let matched = self.match_name(wanted, &all.items);
        let found = matched.or_error(wanted, &all.items, None);
        found.map_err(|error| all.counted(error))
    }

    /// Returns the team in which the request's names are looked up, if it was found.
    pub(super) fn team_of_lookup(&self, request: &LookupRequest) -> Option<Arc<Team>> {
        let found = self.team(request.team.as_deref()?).ok()?;
        Some(found.item)
    }
}

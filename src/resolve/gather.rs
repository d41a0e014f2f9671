//! Everything that an operation has to know of the workspace, from the session cache or in one request.
//!
//! What is wanted is first looked for in the [`crate::directory`]. What it cannot answer is asked for, all kinds in
//! one document, with the operation's own reads as riders. A name that the cache does not have is so looked up fresh
//! before anybody calls it unknown, and an error can list what there is without asking again.

use std::sync::Arc;

use super::contradiction;
use super::kind::{Kind, Lookup, LookupState, Owner};
use super::{Known, Match, Method, Mode, Picked, Resolvable, Trust, Wants, Within, pick, project};
use crate::directory::{Reach, kinds};
use crate::error::{Code, Error};
use crate::linear::client::{Answers, Repeat};
use crate::linear::compose::Part;
use crate::linear::documents::{Listing as _, Projects};
use crate::linear::failure::Failure;
use crate::linear::model::{
    Cycle, Initiative, Label, Milestone, Project, ProjectLabel, ProjectStatus, State, Team, User,
};
use crate::session::Cx;

/// How many projects are asked for that have the name of a team.
const SAME_NAMED: i64 = 2;

impl Trust {
    /// Up to where the session cache is taken. A dry run has no answer to compare anything with.
    pub(super) fn reach(self, cx: &Cx<'_>) -> Reach {
        match self {
            Self::Own => Reach::Session,
            Self::Held | Self::HeldWithKeys if !cx.is_dry_run() => Reach::Old,
            Self::Names | Self::Held | Self::HeldWithKeys => Reach::Recent,
        }
    }
}

/// Brings what is wanted, in one request where no list runs over its first page.
///
/// `riders` are reads of the operation's own that travel in front of the look-ups. They are made when it is clear
/// what the session knows: with everything that is wanted, or with `None` when something has to be asked. The
/// answers, with the riders' in the first slots, are there when anything was sent. What came from the session cache is
/// noted in `cx`.
///
/// # Errors
/// The failure of the request.
pub async fn gather(
    cx: &Cx<'_>,
    wants: &Wants,
    riders: impl FnOnce(Option<&Known>) -> Vec<Part>,
) -> Result<(Known, Option<Answers>), Failure> {
    warmed(cx, wants).await?;
    let mut plan = Plan::make(cx, wants);
    let known = plan.lookup.parts.is_empty().then(|| plan.known());
    if let Some(known) = &known {
        contradiction::refuse(cx, wants, known)?;
        cx.record_cached_lookup(wants, known);
    }
    let mut parts = riders(known.as_ref());
    let first = parts.len();
    parts.append(&mut plan.lookup.parts);
    if parts.is_empty() {
        let known = known.unwrap_or_else(|| Known::new(cx.effect, cx.taken.clone()));
        return Ok((known, None));
    }
    let mut answers = cx.send(&parts, Repeat::Always).await?;
    let known = match known {
        Some(known) => known,
        None => {
            let known = plan.settle(&mut answers, first).await?;
            contradiction::refuse(cx, wants, &known)?;
            cx.record_cached_lookup(wants, &known);
            known
        }
    };
    Ok((known, Some(answers)))
}

/// Waits for the prefetch where it may bring what the cache does not have yet. Who asks for a fresh answer does not
/// want what it brings.
async fn warmed(cx: &Cx<'_>, wants: &Wants) -> Result<(), Failure> {
    let bypassed = wants.fresh || cx.shape.refresh_cache;
    if bypassed
        || !cx.session.warming.is_running()
        || Plan::make(&cx.trying(), wants).lookup.parts.is_empty()
    {
        return Ok(());
    }
    cx.warmed().await
}

/// The answers of a [`gather()`] whose riders always travel, so that something was sent.
///
/// # Errors
/// INTERNAL_ERROR, when nothing was.
pub fn answered(answers: Option<Answers>) -> Result<Answers, Error> {
    let none = "No answer to a question that was asked";
    let error = || Error::new(Code::InternalError, none).suggest("Repeat the request");
    answers.ok_or_else(error)
}

/// As [`gather()`], without riders, and with the failure as the caller is told it.
///
/// # Errors
/// The failure of the request.
pub async fn look_up(cx: &Cx<'_>, wants: &Wants) -> Result<Known, Error> {
    let (known, _) = gather(cx, wants, |_| Vec::new())
        .await
        .map_err(Failure::reading)?;
    Ok(known)
}

macro_rules! plan {
    ($($entity:ident { $(#[$doc:meta])* cache: $cache:ident, $($rest:tt)* })*) => {
        /// What the cache has and what is asked, kind by kind.
        struct Plan<'l> {
            lookup: Lookup<'l>,
            $($cache: LookupState<$entity>,)*
        }

        impl<'l> Plan<'l> {
            fn make(cx: &'l Cx<'l>, wants: &'l Wants) -> Self {
                let mut plan = Self {
                    lookup: Lookup::new(cx, wants),
                    $($cache: LookupState::default(),)*
                };
                $(if $entity::IS_OWNER {
                    plan.$cache = plan.lookup.look_for();
                })*
                plan.lookup.is_team_known = !matches!(plan.lookup.team, Some(Owner::Called(_)));
                plan.ask_for_same_named_projects();
                $(if !$entity::IS_OWNER {
                    plan.$cache = plan.lookup.look_for();
                })*
                plan
            }

            /// What is known when nothing had to be asked.
            fn known(&self) -> Known {
                let cx = self.lookup.cx;
                let mut known = Known::new(cx.effect, cx.taken.clone());
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
            ) -> Result<Known, Failure> {
                let cx = self.lookup.cx;
                let mut known = Known::new(cx.effect, cx.taken.clone());
                $(if $entity::IS_OWNER {
                    let state = std::mem::take(&mut self.$cache);
                    known.$cache = self.lookup.settle(state, answers, riders).await?;
                })*
                known.same_named_projects = self.lookup.read_same_named_projects(answers, riders)?;
                $(if !$entity::IS_OWNER {
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
        if let (Some(name), LookupState::Asked(_)) = (&lookup.wants.team, &self.teams) {
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

/// Within a team, as the errors say it.
pub(super) fn in_team(team: &Team) -> Option<Within<'_>> {
    Some(Within {
        kind: "team",
        name: &team.name,
    })
}

/// What the names mean among what was found. What differs by kind stands with the kind, as [`Known::team`].
impl Known {
    /// How much of a name it takes to mean something.
    pub(super) fn mode(&self) -> Mode {
        Mode::of(self.effect)
    }

    /// What a name means among these, by the effect of the operation. A write is told what it takes for a name that is
    /// not whole.
    pub(super) fn pick<T: Resolvable>(&self, wanted: &str, among: &[Arc<T>]) -> Picked<T> {
        let picked = pick(wanted, among, self.mode());
        if let Picked::One(found) = &picked
            && found.method == Method::Partial
            && self.mode() == Mode::Write
        {
            self.taken.add(format!(
                "{} '{wanted}' taken to mean '{}', the only one whose name begins so",
                T::NOUN.to_lowercase(),
                found.item.name(),
            ));
        }
        picked
    }

    /// What a name means among all of its kind that was found.
    ///
    /// # Errors
    /// The kind's not-found code, or AMBIGUOUS_IDENTIFIER.
    pub(super) fn find<K: Kind>(&self, wanted: &str) -> Result<Match<K>, Error> {
        let all = K::pool(self);
        let picked = self.pick(wanted, &all.items);
        let found = picked.or_error(wanted, &all.items, None);
        found.map_err(|error| all.counted(error))
    }

    /// The team in which names are looked up, where it is known.
    pub(super) fn team_of_lookup(&self, wants: &Wants) -> Option<Arc<Team>> {
        let found = self.team(wants.team.as_deref()?).ok()?;
        Some(found.item)
    }
}

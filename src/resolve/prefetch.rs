//! The prefetch: one request at the start of a session that reads the first pages of teams, states, labels, users and projects,
//! the owner of the API key, and the names of the workspace in addresses.
//!
//! A list that fits on its first page is kept as a complete list, which answers every name. Of a longer list only the entities
//! are kept, to be found by id: other entities may have the same names, so names are looked up as without a prefetch.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::label::is_usable_in;
use super::user::ME;
use crate::cache::{Entity, Epoch, KindCache};
use crate::linear::client::{Answers, RequestScope, RetryPolicy};
use crate::linear::documents::{Labels, Listing, Projects, States, Teams, Users, WorkspaceKeys};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::model::{Label, State, Team};
use crate::session::{PrefetchPhase, Session};

/// The number of entities on each first page. At 4.2, 3.9, 5.2, 2.8 and 30.8 points an entity, with 2.8 for the owner of the key
/// and 1.2 for the workspace, the request costs 2,475 of the 2,500 points that it may cost (`linear/api.md` §3).
const TEAMS: i64 = 50;
const STATES: i64 = 150;
const LABELS: i64 = 150;
const USERS: i64 = 100;
const PROJECTS: i64 = 20;

/// Fills the session cache with one request, which is never repeated. Meanwhile [`super::lookup()`] waits for it; the outcome is in
/// the session's [`crate::session::PrefetchState`]. A failure does no harm, because look-ups then ask Linear.
///
/// Does nothing while another prefetch is running.
pub async fn prefetch(session: &Session) {
    let Some(guard) = session.prefetch_state.begin() else {
        return;
    };
    let request_scope = RequestScope::default();
    let outcome = fill(session, &request_scope).await;
    let cost = request_scope.cost();
    guard.settle(match outcome {
        Ok(()) => {
            session.cache.prefetched();
            tracing::debug!(bytes = cost.bytes_received, "prefetched");
            PrefetchPhase::Done(cost)
        }
        Err(failure) => {
            tracing::info!(%failure, "nothing was prefetched");
            PrefetchPhase::Failed(failure.into_read_error().code(), cost)
        }
    });
    session.save().await;
}

/// As [`prefetch`], but sends nothing where the snapshot on disk has the names of a recent prefetch. Settings that name teams or
/// projects for writes always need the prefetch, because their ids are not taken from the snapshot.
pub async fn prefetch_unless_known(session: &Session) {
    if session.cache.is_prefetched() && session.guards.places.is_everywhere() {
        session.prefetch_state.spare();
    } else {
        prefetch(session).await;
    }
}

/// Sends the request of the prefetch, and keeps its answers in the cache.
///
/// # Errors
/// The failure of the request.
async fn fill(session: &Session, request_scope: &RequestScope) -> Result<(), Failure> {
    let cache = &session.cache;
    let (teams_epoch, states_epoch) = (cache.teams.mark(), cache.states.mark());
    let (labels_epoch, users_epoch) = (cache.labels.mark(), cache.users.mark());
    let projects_epoch = cache.projects.mark();
    let parts = [
        Teams::page(None, TEAMS, None),
        States::page(None, STATES, None),
        Labels::page(None, LABELS, None),
        Users::page(None, USERS, None),
        Users::page(Some(Filter::eq("isMe", true)), 1, None),
        Projects::page(None, PROJECTS, None),
        WorkspaceKeys::part(),
    ];
    let sent = session
        .client
        .send(&parts, RetryPolicy::Once, request_scope);
    let mut answers = sent.await?;
    let teams = Page::take::<Teams>(&mut answers, 0)?;
    let states = Page::take::<States>(&mut answers, 1)?;
    let labels = Page::take::<Labels>(&mut answers, 2)?;
    let users = Page::take::<Users>(&mut answers, 3)?;
    let me = Page::take::<Users>(&mut answers, 4)?;
    let projects = Page::take::<Projects>(&mut answers, 5)?;
    if let Ok(keys) = answers.take::<WorkspaceKeys>(6) {
        session.workspace.learn(keys.organization);
    }
    teams.keep(&cache.teams, teams_epoch);
    users.keep(&cache.users, users_epoch);
    projects.keep(&cache.projects, projects_epoch);
    if !me.items.is_empty() {
        cache.users.put_name("", ME, &me.items, users_epoch);
    }
    keep_states(&cache.states, &states, &teams, states_epoch);
    keep_labels(&cache.labels, &labels, &teams, labels_epoch);
    Ok(())
}

/// The first page of a list.
struct Page<T> {
    items: Vec<Arc<T>>,
    /// Whether the page holds the whole list.
    is_whole: bool,
}

impl<T: Entity> Page<T> {
    fn take<D: Listing<Node = T>>(answers: &mut Answers, slot: usize) -> Result<Self, Failure> {
        let page = D::connection(answers.take::<D>(slot)?);
        Ok(Self {
            items: page.nodes.into_iter().map(Arc::new).collect(),
            is_whole: !page.page_info.has_next_page,
        })
    }

    /// Keeps the page in the scope of the whole workspace.
    fn keep(&self, cache: &KindCache<T>, epoch: Epoch) {
        if self.is_whole {
            cache.put_list("", &self.items, epoch);
        } else {
            cache.put(&self.items, epoch);
        }
    }
}

/// Keeps the list of the states of all teams, and the list of each team's states.
fn keep_states(cache: &KindCache<State>, states: &Page<State>, teams: &Page<Team>, epoch: Epoch) {
    states.keep(cache, epoch);
    if !states.is_whole {
        return;
    }
    let mut states_by_team: BTreeMap<&str, Vec<Arc<State>>> = BTreeMap::new();
    for team in &teams.items {
        states_by_team.insert(&team.id, Vec::new());
    }
    for state in &states.items {
        let team_states = states_by_team.entry(&state.team.id).or_default();
        team_states.push(Arc::clone(state));
    }
    for (team, team_states) in states_by_team {
        cache.put_list(team, &team_states, epoch);
    }
}

/// Keeps the list of the workspace's own labels, and for each team the list of the labels that can be used in it.
fn keep_labels(cache: &KindCache<Label>, labels: &Page<Label>, teams: &Page<Team>, epoch: Epoch) {
    cache.put(&labels.items, epoch);
    if !labels.is_whole {
        return;
    }
    let select = |fits: &dyn Fn(&Label) -> bool| -> Vec<Arc<Label>> {
        let selected = labels.items.iter().filter(|label| fits(label));
        selected.map(Arc::clone).collect()
    };
    cache.put_list("", &select(&|label| label.team.is_none()), epoch);
    for team in &teams.items {
        let usable = select(&|label| is_usable_in(label, team));
        cache.put_list(&team.id, &usable, epoch);
    }
}

//! What a session knows before anybody has asked: the first pages of teams, states, labels, users and projects, whose
//! key it is, and which workspace's, in one request.
//!
//! A list that fits on its first page answers for every name from then on, as after a look-up. Of a list that goes on, only
//! the entities are kept, to be found by id: entities beyond the page may have the same names, so names are looked up as
//! without a prefetch. Of the workspace itself only its names in addresses are asked for.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::label::is_usable_in;
use super::user::ME;
use crate::cache::{Cache, Entity, Epoch, KindCache};
use crate::linear::client::{Answers, RequestScope, RetryPolicy};
use crate::linear::documents::{Labels, Listing, Projects, States, Teams, Users, WorkspaceKeys};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::model::{Label, State, Team, User};
use crate::session::{PrefetchPhase, Session};

/// How many of each are asked for. At 4.2, 3.9, 5.2, 2.8 and 30.8 points each, 2.8 for the key's owner and 1.2 for the
/// workspace, that is 2,475 points of the 2,500 that this may cost (`linear/api.md` §3).
const TEAMS: i64 = 50;
const STATES: i64 = 150;
const LABELS: i64 = 150;
const USERS: i64 = 100;
const PROJECTS: i64 = 20;

/// Fills the session cache with one request, which is sent once; [`super::lookup()`] waits for it meanwhile. What comes
/// of it is in the session's [`crate::session::PrefetchState`] afterwards. When it fails, nobody is worse off than without.
///
/// Does nothing while another is under way.
pub async fn prefetch(session: &Session) {
    let Some(underway) = session.prefetch_state.begin() else {
        return;
    };
    let request_scope = RequestScope::default();
    let outcome = fill(session, &request_scope).await;
    let cost = request_scope.cost();
    underway.settle(match outcome {
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

/// As [`prefetch`], but asks nothing where the snapshot on disk has what a recent one brought. The ids of the teams and
/// projects that the settings name for writes are not taken from there, so that it is made where there are any.
pub async fn prefetch_unless_known(session: &Session) {
    if session.cache.is_prefetched() && session.guards.places.is_everywhere() {
        session.prefetch_state.spare();
    } else {
        prefetch(session).await;
    }
}

/// Sends the request, and keeps its answers in the cache.
///
/// # Errors
/// The failure of the request.
async fn fill(session: &Session, request_scope: &RequestScope) -> Result<(), Failure> {
    let cache = &session.cache;
    let marks = Marks::of(cache);
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
    teams.keep(&cache.teams, marks.teams);
    users.keep(&cache.users, marks.users);
    projects.keep(&cache.projects, marks.projects);
    keep_me(&cache.users, &me, marks.users);
    keep_states(&cache.states, &states, &teams, marks.states);
    keep_labels(&cache.labels, &labels, &teams, marks.labels);
    Ok(())
}

/// The state of each table before anything is asked.
struct Marks {
    teams: Epoch,
    states: Epoch,
    labels: Epoch,
    users: Epoch,
    projects: Epoch,
}

impl Marks {
    fn of(cache: &Cache) -> Self {
        Self {
            teams: cache.teams.mark(),
            states: cache.states.mark(),
            labels: cache.labels.mark(),
            users: cache.users.mark(),
            projects: cache.projects.mark(),
        }
    }
}

/// The first page of a list.
struct Page<T> {
    items: Vec<Arc<T>>,
    /// Whether the page is the last one, too.
    whole: bool,
}

impl<T: Entity> Page<T> {
    fn take<D: Listing<Node = T>>(answers: &mut Answers, slot: usize) -> Result<Self, Failure> {
        let page = D::connection(answers.take::<D>(slot)?);
        Ok(Self {
            items: page.nodes.into_iter().map(Arc::new).collect(),
            whole: !page.page_info.has_next_page,
        })
    }

    /// Keeps the page of a kind that has the workspace for its only scope.
    fn keep(&self, table: &KindCache<T>, asked: Epoch) {
        if self.whole {
            table.put_list("", &self.items, asked);
        } else {
            table.put(&self.items, asked);
        }
    }
}

/// Keeps the owner of the key under the word for them: the query has one answer, however many users there are.
fn keep_me(table: &KindCache<User>, me: &Page<User>, asked: Epoch) {
    if !me.items.is_empty() {
        table.put_name("", ME, &me.items, asked);
    }
}

/// Keeps the list of each team's states, and the list of the states of all teams.
fn keep_states(table: &KindCache<State>, states: &Page<State>, teams: &Page<Team>, asked: Epoch) {
    states.keep(table, asked);
    if !states.whole {
        return;
    }
    let mut of_teams: BTreeMap<&str, Vec<Arc<State>>> = BTreeMap::new();
    for team in &teams.items {
        of_teams.insert(&team.id, Vec::new());
    }
    for state in &states.items {
        let own = of_teams.entry(&state.team.id).or_default();
        own.push(Arc::clone(state));
    }
    for (team, own) in of_teams {
        table.put_list(team, &own, asked);
    }
}

/// Keeps the list of the workspace's own labels, and for each team the list of the labels that can be used in it.
fn keep_labels(table: &KindCache<Label>, labels: &Page<Label>, teams: &Page<Team>, asked: Epoch) {
    table.put(&labels.items, asked);
    if !labels.whole {
        return;
    }
    let select = |fits: &dyn Fn(&Label) -> bool| -> Vec<Arc<Label>> {
        let selected = labels.items.iter().filter(|label| fits(label));
        selected.map(Arc::clone).collect()
    };
    table.put_list("", &select(&|label| label.team.is_none()), asked);
    for team in &teams.items {
        let usable = select(&|label| is_usable_in(label, team));
        table.put_list(&team.id, &usable, asked);
    }
}

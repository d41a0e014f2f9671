//! What moving an issue to another team does (`linear/api.md` §6, "Team move").

use serde_json::json;

use crate::sandbox::identifier;
use crate::sandbox::input::{Given, Input};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Record, Store, text};
use crate::sandbox::time;

use super::super::record::{list, set};
use super::super::reference;
use super::{labels, placement, state};

/// Applies `teamId`, when given: the state is mapped by its type; the cycle, the old team's labels and a project the
/// new team is not in are dropped; the issue gets a new number and keeps its old identifier as a previous one.
pub(super) fn run(store: &mut Store, issue: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    let team = match reference::entity(store, "Team", input, "teamId")? {
        Given::Absent => return Ok(()),
        Given::Null => return Err(Refusal::not_uuid("teamId")),
        Given::Value(team) => team,
    };
    if text(issue, "teamId") == Some(&team) {
        return Ok(());
    }
    let kind = state::type_of(store, issue);
    let now = time::now(store);
    set(
        issue,
        [("teamId", json!(team)), ("addedToTeamAt", json!(now))],
    );
    let mapped =
        state::of_type(store, &team, &kind).unwrap_or_else(|| state::default_of(store, issue));
    state::enter(store, issue, &mapped);
    placement::leave_cycle(issue);
    drop_labels(store, issue, &team);
    if text(issue, "projectId").is_some_and(|id| !placement::takes_team(store, id, &team)) {
        placement::leave_project(issue);
    }
    renumber(store, issue, &team);
    Ok(())
}

fn drop_labels(store: &Store, issue: &mut Record, team: &str) {
    let kept: Vec<String> = list(issue, "labelIds")
        .filter(|id| {
            store
                .get("IssueLabel", id)
                .is_some_and(|label| labels::usable_by(store, label, team))
        })
        .map(str::to_owned)
        .collect();
    set(issue, [("labelIds", json!(kept))]);
}

fn renumber(store: &mut Store, issue: &mut Record, team: &str) {
    let mut previous: Vec<String> = list(issue, "previousIdentifiers")
        .map(str::to_owned)
        .collect();
    previous.extend(text(issue, "identifier").map(str::to_owned));
    set(issue, [("previousIdentifiers", json!(previous))]);
    let number = identifier::next_number(store, team);
    identifier::number_issue(store, issue, number);
}

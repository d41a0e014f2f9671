//! Custom views: who sees them, and the entities that they list.

use serde_json::{Map, Value};

use super::filter::Filter;
use super::identifier::viewer;
use super::page::flag;
use super::refusal::Refusal;
use super::store::{Record, Store, text};
use super::workspace::Workspace;

/// The lists of a view: the field, the type of its entities, the input type of its filter, and the field that stores the
/// filter.
const LISTS: [(&str, &str, &str, &str); 3] = [
    ("issues", "Issue", "IssueFilter", "filterData"),
    ("projects", "Project", "ProjectFilter", "projectFilterData"),
    (
        "initiatives",
        "Initiative",
        "InitiativeFilter",
        "initiativeFilterData",
    ),
];

/// Returns the type of the entities that a view lists, which follows from the filter that is set.
pub(super) fn model_name(view: &Record) -> &'static str {
    let is_set = |field: &str| view.get(field).is_some_and(|filter| !filter.is_null());
    if is_set("projectFilterData") {
        "Project"
    } else if is_set("initiativeFilterData") {
        "Initiative"
    } else if is_set("feedItemFilterData") {
        "FeedItem"
    } else {
        "Issue"
    }
}

/// Whether the viewer sees a view: a shared one, or one of the viewer's own.
pub(super) fn is_visible(store: &Store, view: &Record) -> bool {
    let is_shared = view.get("shared").and_then(Value::as_bool) == Some(true);
    let viewer_id = viewer(store).and_then(|viewer| text(viewer, "id"));
    is_shared || text(view, "ownerId") == viewer_id
}

/// Returns the entities of a list of a view, oldest first: those that pass the stored filter and, when the view belongs
/// to a team, belong to that team or, with `includeSubTeams`, to a team below it. A list of entities of another type than
/// the view's is empty.
///
/// # Errors
/// A stored filter that is not well-formed, or that has a key which the stand-in does not model.
pub(super) fn listed_entities<'w>(
    workspace: &Workspace<'w>,
    view: &Record,
    field: &str,
    args: &Map<String, Value>,
) -> Result<Vec<&'w Record>, Refusal> {
    let list = LISTS.iter().find(|(name, ..)| *name == field);
    let Some((_, kind, input, stored)) = list.filter(|(_, kind, ..)| *kind == model_name(view))
    else {
        return Ok(Vec::new());
    };
    let filter = Filter::new(*workspace, input, view.get(*stored))?;
    let teams = text(view, "teamId").map(|id| {
        let with_sub_teams = flag(args, "includeSubTeams");
        team_ids(workspace, id, with_sub_teams)
    });
    let is_of_team = |record: &Record| match &teams {
        Some(teams) if *kind == "Issue" => {
            text(record, "teamId").is_some_and(|id| teams.contains(&id))
        }
        Some(teams) if *kind == "Project" => {
            let ids = record.get("teamIds").and_then(Value::as_array);
            let mut ids = ids.into_iter().flatten().filter_map(Value::as_str);
            ids.any(|id| teams.contains(&id))
        }
        _ => true,
    };
    let entities = workspace.store.all(kind);
    Ok(entities
        .filter(|record| is_of_team(record) && filter.admits(kind, record))
        .collect())
}

/// Returns the id of a team, and the ids of the teams below it when they are asked for.
fn team_ids<'v>(workspace: &Workspace<'v>, id: &'v str, with_sub_teams: bool) -> Vec<&'v str> {
    let is_below = |team: &&Record| {
        let mut ancestors = workspace
            .related_entities("Team", team, "ancestors")
            .into_iter();
        with_sub_teams && ancestors.any(|ancestor| text(ancestor, "id") == Some(id))
    };
    let below = workspace.store.all("Team").filter(is_below);
    below
        .filter_map(|team| text(team, "id"))
        .chain([id])
        .collect()
}

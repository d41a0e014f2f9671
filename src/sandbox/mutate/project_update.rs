//! Status updates of projects.

use serde_json::{Map, json};

use crate::sandbox::identifier;
use crate::sandbox::input::{Given, Input};
use crate::sandbox::markdown;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Record, Store, text};

use super::record::{fresh, id_of, input_of, new_id, payload, set};
use super::reference;

/// Runs the mutation when it is this module's.
pub(super) fn run(
    store: &mut Store,
    field: &str,
    args: Input<'_>,
) -> Option<Result<Record, Refusal>> {
    (field == "projectUpdateCreate").then(|| create(store, args))
}

/// Stores the update; its health becomes the project's.
fn create(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let empty = Map::new();
    let input = input_of(args, &empty);
    input.only(&[&["id", "body", "health", "isDiffHidden", "projectId"]])?;
    let id = new_id(store, "ProjectUpdate", input)?;
    let Given::Value(project_id) = reference::entity(store, "Project", input, "projectId")? else {
        return Err(Refusal::bad_reference("Project", "projectId"));
    };
    let health = json!(input.text("health").unwrap_or("onTrack"));
    let body = markdown::normalise(input.text("body").unwrap_or_default());
    let viewer = identifier::viewer_id(store);
    let slug = identifier::slug_id(&id);
    let mut update = fresh(store, id.clone());
    let now = update.get("createdAt").cloned().unwrap_or_default();
    let page = store
        .get("Project", &project_id)
        .and_then(|project| text(project, "url"))
        .unwrap_or_default();
    let url = format!("{page}#projectUpdate-{slug}");
    set(
        &mut update,
        [
            ("projectId", json!(project_id)),
            ("userId", json!(viewer)),
            ("body", json!(body)),
            ("health", health.clone()),
            ("slugId", json!(slug)),
            ("url", json!(url)),
            ("isDiffHidden", json!(input.flag("isDiffHidden"))),
        ],
    );
    let update_id = id_of(&update);
    store.put("ProjectUpdate", update);
    if let Some(project) = store.get_mut("Project", &project_id) {
        set(
            project,
            [
                ("health", health),
                ("healthUpdatedAt", now.clone()),
                ("updatedAt", now),
                ("lastUpdateId", json!(update_id)),
            ],
        );
    }
    Ok(payload(store, "projectUpdateId", id))
}

//! Documents: how they are shown, and where they belong.

pub mod create;
pub mod get;
pub mod link;
pub mod list;
mod place;
pub mod update;

use serde_json::json;

use super::view::{View, moment, moment_if};
use crate::linear::model::Document;
use crate::params::Detail;

/// A document as it is shown (`contract.md`, "Entities").
fn view(of: &Document, level: Detail) -> View {
    let project = of
        .project
        .as_ref()
        .map(|project| View::within(level, &project.id, &project.name).into_value());
    let issue = of.issue.as_ref().map(|issue| {
        View::new(level)
            .full("id", issue.id.as_str())
            .brief("identifier", issue.identifier.as_str())
            .standard("title", issue.title.as_str())
            .into_value()
    });
    let team = of.team.as_ref().map(|team| {
        View::within(level, &team.id, &team.name)
            .standard("key", team.key.as_str())
            .into_value()
    });
    let creator = of.creator.as_ref();
    View::new(level)
        .standard("id", of.id.as_str())
        .brief("slug", of.slug_id.as_str())
        .brief("title", of.title.as_str())
        .standard("url", of.url.as_str())
        .standard("content", of.content.clone())
        .brief("project", project)
        .brief("issue", issue)
        .brief("team", team)
        .full(
            "creator",
            creator.map(|of| json!({"id": of.id, "name": of.name})),
        )
        .standard("created_at", moment(&of.created_at, level))
        .brief("updated_at", moment(&of.updated_at, level))
        .standard("archived_at", moment_if(of.archived_at.as_deref(), level))
}

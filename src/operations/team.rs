//! Teams.

pub mod get;
pub mod list;

use super::view::View;
use crate::linear::model::Team;
use crate::params::Detail;

/// A team as it is shown.
fn view(team: &Team, level: Detail) -> View {
    View::named(level, &team.id, &team.name)
        .brief("key", team.key.as_str())
        .standard("description", team.description.clone())
        .full("triage_enabled", team.triage_enabled)
        .full("cycles_enabled", team.cycles_enabled)
        .full("estimation", team.issue_estimation_type.as_str())
}

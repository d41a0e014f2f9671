//! Workflow states.

pub mod get_valid_id;
pub mod list;

use super::view::View;
use crate::linear::model::State;
use crate::params::Detail;
use crate::text::whole_number;

/// A workflow state as it is shown.
fn view(state: &State, level: Detail) -> View {
    View::named(level, &state.id, &state.name)
        .brief("type", state.kind.as_str())
        .standard("color", state.color.as_str())
        .standard("position", whole_number(state.position))
        .full("description", state.description.clone())
}

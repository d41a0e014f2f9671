//! Users.

pub mod get;
pub mod list;

use super::view::View;
use crate::linear::model::User;
use crate::params::Detail;

/// A user as it is shown.
fn view(user: &User, level: Detail) -> View {
    View::named(level, &user.id, &user.name)
        .brief("display_name", user.display_name.as_str())
        .brief("email", user.email.as_str())
        .brief("active", (!user.active).then_some(false))
        .standard("is_me", user.is_me.then_some(true))
}

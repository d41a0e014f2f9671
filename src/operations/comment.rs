//! Comments.

pub mod create;

use super::view::View;
use crate::linear::model::Comment;
use crate::params::Detail;

/// A comment as it is shown. Its author is the integration that wrote it where no person did.
pub(super) fn view(comment: &Comment, level: Detail) -> View {
    let bot = || comment.bot_actor.as_ref().and_then(|bot| bot.name.clone());
    let user = match &comment.user {
        Some(user) => View::new(level)
            .standard("id", user.id.as_str())
            .brief("name", user.name.as_str()),
        None => View::new(level).brief("name", bot()),
    };
    View::new(level)
        .brief("id", comment.id.as_str())
        .brief("body", comment.body.as_str())
        .brief("created_at", comment.created_at.as_str())
        .full("updated_at", comment.updated_at.as_str())
        .brief("resolved_at", comment.resolved_at.clone())
        .brief("user", user.into_value())
        .brief("parent_id", comment.parent.as_ref().map(|of| of.id.clone()))
        .standard("url", comment.url.as_str())
}

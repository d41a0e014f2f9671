//! Users: how a user is shown, and the operations `get_user` and `list_users`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::page;
use super::view::{View, entity};
use crate::cache::fold;
use crate::error::Error;
use crate::linear::model::User;
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::params::{Count, Cursor, Detail, Flag, Ref, Text};
use crate::resolve::{LookupRequest, lookup_only, resolution, user};
use crate::session::Context;

/// Returns the view of a user.
fn view(user: &User, level: Detail) -> View {
    View::named(level, &user.id, &user.name)
        .brief("display_name", user.display_name.as_str())
        .brief("email", user.email.as_str())
        .brief("active", (!user.active).then_some(false))
        .standard("is_me", user.is_me.then_some(true))
}

/// The operation `get_user`.
#[derive(Debug)]
pub struct GetUser;

/// Get an active user by name, display name, e-mail address or id; `me` is the owner of the key.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GetUserParams {
    /// User name, display name, e-mail, id or `me`.
    user: Ref,
}

impl Operation for GetUser {
    type Params = GetUserParams;
    const SPEC: Spec = Spec {
        name: "get_user",
        title: "Get user",
        effect: Effect::Read,
        subject: Some("user"),
        aliases: &[],
        shared: &[
            CommonParam::Detail,
            CommonParam::Fields,
            CommonParam::RefreshCache,
        ],
        touches: Touches::NoIssue,
    };

    async fn run(params: Self::Params, cx: &Context<'_>) -> Result<Value, Error> {
        let name = params.user.into_string();
        let lookup_request = LookupRequest {
            users: vec![name.clone()],
            ..LookupRequest::default()
        };
        let user = lookup_only(cx, &lookup_request).await?.user(&name)?;
        cx.note(|report| report.resolution = Some(resolution(&name, user.method)));
        Ok(entity(cx, Detail::Standard, &[], |level| {
            view(&user.item, level)
        }))
    }
}

/// The operation `list_users`. It looks up all users and keeps them in the session cache, so that a list with another
/// limit or query needs no further request.
#[derive(Debug)]
pub struct ListUsers;

/// List the workspace's users by name, the active ones alone unless more are asked for.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListUsersParams {
    /// Text to look for in names and e-mail addresses.
    query: Option<Text>,
    /// Those who have left, too.
    include_disabled: Option<Flag>,
    /// Default: 50, at most 250.
    limit: Option<Count>,
    /// `cursor` of the answer before, for the next ones.
    cursor: Option<Cursor>,
}

impl Operation for ListUsers {
    type Params = ListUsersParams;
    const SPEC: Spec = Spec {
        name: "list_users",
        title: "List users",
        effect: Effect::Read,
        subject: None,
        aliases: &["get_users"],
        shared: &[
            CommonParam::Detail,
            CommonParam::Fields,
            CommonParam::Format,
            CommonParam::RefreshCache,
        ],
        touches: Touches::NoIssue,
    };

    async fn run(params: Self::Params, cx: &Context<'_>) -> Result<Value, Error> {
        let limit = page::limit(params.limit)?;
        let mut users = if params.include_disabled.is_some_and(|Flag(on)| on) {
            user::with_disabled(cx).await?
        } else {
            let lookup_request = LookupRequest {
                all_users: true,
                ..LookupRequest::default()
            };
            lookup_only(cx, &lookup_request).await?.users.items
        };
        if let Some(query) = params.query {
            let query = fold(query.as_str());
            users.retain(|user| {
                let texts = [&user.name, &user.display_name, &user.email];
                texts.into_iter().any(|text| fold(text).contains(&query))
            });
        }
        users.sort_by_key(|user| fold(&user.name));
        let cursor = params.cursor.as_ref();
        page::whole_list(cx, "users", users, cursor, Some(limit), view)
    }
}

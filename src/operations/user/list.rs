//! `list_users`: all of them are asked for once and kept, so that a limit or a query costs nothing more.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::cache::fold;
use crate::error::Error;
use crate::linear::model::{PageInfo, User};
use crate::operation::{Effect, Operation, Shared, Spec, Touches};
use crate::operations::{page, view};
use crate::params::{Count, Cursor, Detail, Flag, Text};
use crate::resolve::{LookupRequest, lookup_only, user};
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct ListUsers;

/// List the workspace's users by name, the active ones alone unless more are asked for.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
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
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "list_users",
        title: "List users",
        effect: Effect::Read,
        subject: None,
        aliases: &["get_users"],
        shared: &[
            Shared::Detail,
            Shared::Fields,
            Shared::Format,
            Shared::RefreshCache,
        ],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
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
        let query = params.query.map(|query| fold(query.as_str()));
        users.retain(|user| query.as_deref().is_none_or(|query| mentions(user, query)));
        users.sort_by_key(|user| fold(&user.name));
        let total = users.len();
        page::go_on(&mut users, params.cursor.as_ref(), |user| &user.id)?;
        let info = PageInfo {
            has_next_page: users.len() > limit,
            end_cursor: limit
                .checked_sub(1)
                .and_then(|last| Some(users.get(last)?.id.clone())),
        };
        users.truncate(limit);
        let data = view::list(cx, "users", Detail::Brief, &users, |user, level| {
            super::view(user, level)
        });
        let cursors = users.iter().map(|user| Some(user.id.clone()));
        page::may_cut(cx, "users", cursors.collect());
        let mut data = page::with_counts(data, info, users.len(), params.cursor.is_some());
        data.insert("total".to_owned(), total.into());
        Ok(Value::Object(data))
    }
}

fn mentions(user: &Arc<User>, query: &str) -> bool {
    [&user.name, &user.display_name, &user.email]
        .iter()
        .any(|text| fold(text).contains(query))
}

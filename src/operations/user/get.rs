//! `get_user`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::error::Error;
use crate::operation::{Effect, Operation, Shared, Spec, Touches};
use crate::operations::view;
use crate::params::{Detail, Ref};
use crate::resolve::{LookupRequest, lookup_only, resolution};
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct GetUser;

/// Get an active user by name, display name, e-mail address or id; `me` is the owner of the key.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// User name, display name, e-mail, id or `me`.
    user: Ref,
}

impl Operation for GetUser {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "get_user",
        title: "Get user",
        effect: Effect::Read,
        subject: Some("user"),
        aliases: &[],
        shared: &[Shared::Detail, Shared::Fields, Shared::RefreshCache],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let user = params.user.into_string();
        let lookup_request = LookupRequest {
            users: vec![user.clone()],
            ..LookupRequest::default()
        };
        let found = lookup_only(cx, &lookup_request).await?.user(&user)?;
        cx.note(|report| report.resolution = Some(resolution(&user, found.method)));
        Ok(view::entity(cx, Detail::Standard, &[], |level| {
            super::view(&found.item, level)
        }))
    }
}

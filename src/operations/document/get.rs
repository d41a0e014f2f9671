//! `get_document`: one request.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::view;
use crate::error::Error;
use crate::linear::documents::{DocumentGet, document_get};
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::reads;
use crate::operations::view::entity;
use crate::params::{Detail, Ref};
use crate::resolve::document::DocumentRef;
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct GetDocument;

/// Get a document with its content.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Document id, slug or URL.
    document_id: Ref,
}

impl Operation for GetDocument {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "get_document",
        title: "Get document",
        effect: Effect::Read,
        subject: Some("document_id"),
        aliases: &["fetch_document"],
        shared: &[
            CommonParam::Detail,
            CommonParam::Fields,
            CommonParam::MaxDescriptionChars,
            CommonParam::TextOffset,
        ],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let reference = DocumentRef::parse("document_id", params.document_id.as_str())?;
        let id = reference.id().to_owned();
        let variables = document_get::Variables { id };
        let answer = reads::one::<DocumentGet>(cx, variables, reference.not_found()).await?;
        Ok(entity(cx, Detail::Standard, &[], |level| {
            view(&answer.document, level)
        }))
    }
}

//! `update_issue_description`: CCPM's name for changing the description of an issue, whole or in parts.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::UpdateIssue;
use crate::error::{Code, Error};
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::params::{
    Fingerprint, Flag, Identifier, Markdown, Patch, SectionText, SeenTimestamp, TextEdits,
};
use crate::session::Context;
use crate::text::edit::Action;

/// The operation `update_issue_description`.
#[derive(Debug)]
pub struct UpdateIssueDescription;

/// Replace the description of an issue, or edit it where it stands: `update_issue` for the description alone.
///
/// Exactly one of `description`, `patch`, `append`, `prepend` and `replace_section` is given.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Issue identifier, id or URL.
    issue_id: Identifier,
    /// Markdown; replaces the whole description.
    #[serde(default)]
    description: Patch<Markdown>,
    patch: Option<TextEdits>,
    /// Markdown to add at the end.
    append: Option<Markdown>,
    /// Markdown to add at the beginning.
    prepend: Option<Markdown>,
    /// `{heading, text}`: what is to stand below that heading.
    replace_section: Option<SectionText>,
    /// false: no `changes`, one request less.
    changes: Option<Flag>,
    /// `updated_at` as read; refused if the issue changed since.
    if_unchanged_since: Option<SeenTimestamp>,
    /// `text_sha256` as read; refused if the description changed since.
    expected_sha256: Option<Fingerprint>,
    /// true: refuse a `description` that unticks items or drops headings.
    protect: Option<Flag>,
}

impl Operation for UpdateIssueDescription {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "update_issue_description",
        title: "Update issue description",
        effect: Effect::Change,
        subject: Some("issue_id"),
        aliases: &["edit_issue_description", "set_issue_description"],
        shared: &[CommonParam::Detail, CommonParam::Fields],
        touches: Touches::FieldsGiven {
            except: super::SET_NO_FIELD,
        },
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let mut edits = Vec::new();
        let text = |markdown: Markdown| markdown.into_string();
        edits.extend(params.append.map(|markdown| Action::Append {
            text: text(markdown),
        }));
        edits.extend(params.prepend.map(|markdown| Action::Prepend {
            text: text(markdown),
        }));
        edits.extend(params.replace_section.map(SectionText::into_action));
        let ways = edits.len()
            + usize::from(params.patch.is_some())
            + usize::from(!params.description.is_absent());
        if ways != 1 {
            let message = "Exactly one of 'description', 'patch', 'append', 'prepend' and 'replace_section' has to be given";
            let code = match ways {
                0 => Code::MissingRequiredParam,
                _ => Code::InvalidParam,
            };
            return Err(Error::new(code, message)
                .detail("param", "description")
                .suggest("Put several edits into 'patch': [{op: append, text: …}, {op: replace_section, heading: …, text: …}]"));
        }
        let update = super::Params {
            description: params.description,
            patch: params
                .patch
                .or((!edits.is_empty()).then(|| TextEdits::of(edits))),
            changes: params.changes,
            if_unchanged_since: params.if_unchanged_since,
            expected_sha256: params.expected_sha256,
            protect: params.protect,
            ..super::Params::unchanged(params.issue_id)
        };
        UpdateIssue::run(update, cx).await
    }
}

//! `retire_label`: one look-up of the label, and one write unless the label is in the requested state already.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{change, view};
use crate::error::Error;
use crate::linear::client::Expected;
use crate::linear::compose::Part;
use crate::linear::documents::{LabelRestore, LabelRetire, label_restore, label_retire};
use crate::linear::documents::{Labels, Listing as _};
use crate::linear::filter::Filter;
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::view::entity;
use crate::operations::write;
use crate::operations::write::Written;
use crate::params::{Detail, Flag, LabelName, Ref};
use crate::resolve::label::full_name;
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct RetireLabel;

/// Retire a label, or bring a retired one back. A retired label stays on the issues that have it and cannot be
/// applied anew.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Label name, `group/name` or id.
    label: LabelName,
    /// Team in which it is looked for, by name, key or id. Default: anywhere.
    team: Option<Ref>,
    /// `false` brings it back. Default: true.
    retired: Option<Flag>,
}

impl Operation for RetireLabel {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "retire_label",
        title: "Retire label",
        effect: Effect::Change,
        subject: Some("label"),
        aliases: &["retire_issue_label", "archive_label"],
        shared: &[
            CommonParam::Detail,
            CommonParam::Fields,
            CommonParam::RefreshCache,
        ],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let retired = params.retired.is_none_or(|Flag(on)| on);
        let wanted = change::Wanted {
            label: &params.label,
            team: params.team.as_ref(),
            other_labels: Vec::new(),
            new_name: None,
        };
        let before = change::find(cx, wanted).await?.label;
        let mut after = Arc::clone(&before);
        if before.retired_at.is_some() != retired {
            let verb = if retired { "retire" } else { "restore" };
            let id = before.id.clone();
            let query = Labels::one(Filter::eq("id", id.as_str()));
            let written = if retired {
                let part = Part::of::<LabelRetire>(label_retire::Variables { id });
                let expected = Expected::Present("retiredAt");
                write::change::<LabelRetire>(cx, part, query, expected).await
            } else {
                let part = Part::of::<LabelRestore>(label_restore::Variables { id });
                let expected = Expected::Absent("retiredAt");
                write::change::<LabelRestore>(cx, part, query, expected).await
            };
            after = match written {
                Ok(Written::Entity(label)) => Arc::new(label),
                Ok(Written::Unread) => return Ok(change::unread(cx, &before)),
                Err(failure) => return Err(change::update_error(cx, failure, &before, verb)),
            };
            change::remember(cx, &before, &after);
            cx.step(format!("{verb}_label: {}", full_name(&after)));
        }
        let already = if retired {
            "was retired already"
        } else {
            "was not retired"
        };
        change::report(cx, &before, &after, already);
        Ok(entity(cx, Detail::Standard, &[], |level| {
            view(&after, level)
        }))
    }
}

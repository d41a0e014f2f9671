//! `retire_label`.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{change, view};
use crate::error::Error;
use crate::linear::client::Expected;
use crate::linear::compose::Part;
use crate::linear::documents::Labels;
use crate::linear::documents::Listing as _;
use crate::linear::documents::{LabelRestore, LabelRetire, label_restore, label_retire};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::model::Label;
use crate::operation::{Effect, Operation, Shared, Spec, Touches};
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
        shared: &[Shared::Detail, Shared::Fields, Shared::RefreshCache],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let retired = params.retired.is_none_or(|Flag(on)| on);
        let is_so = |label: &Label| label.retired_at.is_some() == retired;
        let wanted = change::Wanted {
            label: &params.label,
            team: params.team.as_ref(),
            also: Vec::new(),
            new: None,
        };
        let before = change::find(cx, wanted).await?.label;
        let after = if is_so(&before) {
            Arc::clone(&before)
        } else {
            match set(cx, &before, retired).await? {
                Written::Entity(after) => after,
                Written::Unread => return Ok(change::unread(cx, &before)),
            }
        };
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

async fn set(
    cx: &Context<'_>,
    before: &Label,
    retired: bool,
) -> Result<Written<Arc<Label>>, Error> {
    let word = if retired { "retire" } else { "restore" };
    let outcome = send(cx, before.id.clone(), retired).await;
    let after = match outcome {
        Ok(Written::Entity(after)) => Arc::new(after),
        Ok(Written::Unread) => return Ok(Written::Unread),
        Err(failure) => return Err(change::failed(cx, failure, before, word)),
    };
    change::keep(cx, before, &after);
    cx.step(format!("{word}_label: {}", full_name(&after)));
    Ok(Written::Entity(after))
}

/// Either way it is set, so doing it twice is doing it once.
async fn send(cx: &Context<'_>, id: String, retired: bool) -> Result<Written<Label>, Failure> {
    let query = Labels::one(Filter::eq("id", id.as_str()));
    if retired {
        let part = Part::of::<LabelRetire>(label_retire::Variables { id });
        write::change::<LabelRetire>(cx, part, query, Expected::Present("retiredAt")).await
    } else {
        let part = Part::of::<LabelRestore>(label_restore::Variables { id });
        write::change::<LabelRestore>(cx, part, query, Expected::Absent("retiredAt")).await
    }
}

//! `update_label`: one look-up of the label, one write.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::change::{self, Target};
use super::{nested_group_error, view};
use crate::error::Error;
use crate::linear::client::Expected;
use crate::linear::compose::Part;
use crate::linear::documents::{LabelUpdate, Labels, Listing as _, label_update};
use crate::linear::filter::Filter;
use crate::linear::scalars::IssueLabelUpdateInput;
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::view::entity;
use crate::operations::write::Written;
use crate::operations::{changes, write};
use crate::params::{Color, Detail, LabelName, Markdown, Patch, Ref};
use crate::resolve::label::{check_new_name, full_name, group};
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct UpdateLabel;

/// Change a label wherever it is used; only what is given changes, `null` clears.
///
/// The answer's `changes` tells old and new.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Label name, `group/name` or id.
    label: LabelName,
    /// Team in which it is looked for, by name, key or id. Default: anywhere.
    team: Option<Ref>,
    /// New name, without the group.
    #[schemars(extend("null" = "refused", "form" = "label"))]
    name: Option<Ref>,
    /// `#rrggbb`.
    #[schemars(extend("null" = "refused"))]
    color: Option<Color>,
    /// What it is for.
    #[serde(default)]
    description: Patch<Markdown>,
    /// Name or id of a group of the same team; `null` takes the label out of its group.
    #[serde(default)]
    #[schemars(extend("unlisted" = true))]
    group: Patch<Ref>,
}

impl Operation for UpdateLabel {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "update_label",
        title: "Update label",
        effect: Effect::Change,
        subject: Some("label"),
        aliases: &["update_issue_label", "edit_label", "rename_label"],
        shared: &[
            CommonParam::Detail,
            CommonParam::Fields,
            CommonParam::RefreshCache,
        ],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let nothing_given = params.name.is_none()
            && params.color.is_none()
            && params.description.is_absent()
            && params.group.is_absent();
        if nothing_given {
            let fields = "name, color, description or group";
            let error = changes::none_given("the label", fields);
            return Err(error.suggest("Call retire_label to take it out of use"));
        }
        let new_group = params.group.value().map(Ref::as_str);
        let new_name = params.name.as_ref().map(Ref::as_str);
        let wanted = change::Wanted {
            label: &params.label,
            team: params.team.as_ref(),
            other_labels: new_group.and_then(LabelName::new).into_iter().collect(),
            new_name: new_name.and_then(LabelName::new),
        };
        let target = change::find(cx, wanted).await?;
        let before = Arc::clone(&target.label);
        let input = params.input(&target)?;
        if let Some(name) = input.name.value() {
            change::check_free(&target, name)?;
        }
        let part = Part::of::<LabelUpdate>(label_update::Variables {
            id: before.id.clone(),
            input,
        });
        let query = Labels::one(Filter::eq("id", before.id.as_str()));
        let written = write::change::<LabelUpdate>(cx, part, query, Expected::Input).await;
        let after = match written {
            Ok(Written::Entity(after)) => Arc::new(after),
            Ok(Written::Unread) => return Ok(change::unread(cx, &before)),
            Err(failure) => return Err(change::update_error(cx, failure, &before, "update")),
        };
        change::remember(cx, &before, &after);
        cx.step(format!("update_label: {}", full_name(&after)));
        change::report(cx, &before, &after, "had these values already");
        Ok(entity(cx, Detail::Standard, &[], |level| {
            view(&after, level)
        }))
    }
}

impl Params {
    /// Returns the fields to change, with the group resolved to its id. A new name such as `group/name` moves the label
    /// to the group that it starts with.
    ///
    /// # Errors
    /// INVALID_LABEL_NAME for a text that cannot be a name, for a group that is to be put into another group, and for a
    /// group of another team; LABEL_NOT_FOUND or AMBIGUOUS_IDENTIFIER for a group that does not exist or is not unique.
    fn input(&self, target: &Target) -> Result<IssueLabelUpdateInput, Error> {
        let team = target.team.as_deref();
        let owner = target.label.team.as_ref().map(|team| team.id.as_str());
        let candidates = target.resolved.usable(team);
        let mut parent_id = self.group.try_map(|wanted| {
            if target.label.is_group {
                return Err(nested_group_error(&target.label.name));
            }
            group::find(wanted.as_str(), &candidates, owner, team).map(|group| group.id.clone())
        })?;
        let mut name = self.name.as_ref().map(|name| name.as_str().to_owned());
        if let Some(new_name) = name.as_deref().and_then(LabelName::new) {
            check_new_name(new_name.as_str())?;
            if parent_id.is_absent() && !target.label.is_group {
                let place = group::place_within(&new_name, &candidates, owner, team)?;
                parent_id = Patch::from(place.group.as_ref().map(|group| group.id.clone()));
                name = Some(place.name.to_owned());
            }
        }
        Ok(IssueLabelUpdateInput {
            name: Patch::from(name),
            color: Patch::from(self.color.as_ref().map(|color| color.as_str().to_owned())),
            description: self.description.clone().map(Markdown::into_string),
            parent_id,
        })
    }
}

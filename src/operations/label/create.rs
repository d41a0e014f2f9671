//! `create_issue_label`.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{color, failed, nested, send_new, view};
use crate::error::{Code, Error};
use crate::linear::model::{Label, Team};
use crate::linear::scalars::IssueLabelCreateInput;
use crate::operation::{Effect, Operation, Shared, Spec};
use crate::operations::view::entity;
use crate::params::{Color, Detail, Flag, Markdown, Ref};
use crate::resolve::label::{full_name, group, halves};
use crate::resolve::{Known, Wants, look_up};
use crate::session::Cx;

/// The operation.
#[derive(Debug)]
pub struct CreateIssueLabel;

/// Create a label in a team, or without a team in the workspace. A taken name is an error; get_or_create_label uses the
/// label that has it.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Label name, or `group/name` where there is such a group.
    name: Ref,
    /// Team name, key or id. Default: the workspace.
    team: Option<Ref>,
    /// `#rrggbb`. Default: by name.
    color: Option<Color>,
    /// What it is for.
    description: Option<Markdown>,
    /// Name or id of a group of the same team.
    #[schemars(extend("null" = "unset"))]
    group: Option<Ref>,
    /// Make a group: labels belong to it, no issue has it.
    is_group: Option<Flag>,
}

impl Operation for CreateIssueLabel {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "create_issue_label",
        title: "Create label",
        // A name is taken once it is there: a second time adds nothing.
        effect: Effect::Ensure,
        subject: Some("name"),
        aliases: &["create_label"],
        shared: &[Shared::Detail, Shared::Fields, Shared::RefreshCache],
    };

    async fn run(params: Params, cx: &Cx<'_>) -> Result<Value, Error> {
        if params.is_group() && params.group.is_some() {
            return Err(nested(params.name.as_str()));
        }
        let known = look_up(cx, &params.wants()).await?;
        let team = match &params.team {
            Some(team) => Some(known.team(team.as_str())?.item),
            None => None,
        };
        let (group, name) = params.place(&known, team.as_deref())?;
        let input = IssueLabelCreateInput {
            id: cx.session.clock.new_id(),
            color: color::or_default(params.color.as_ref(), name),
            name: name.to_owned(),
            description: params
                .description
                .as_ref()
                .map(|text| text.as_str().to_owned()),
            parent_id: group.map(|group| group.id.clone()),
            team_id: team.as_ref().map(|team| team.id.clone()),
            is_group: params.is_group().then_some(true),
        };
        let label = send_new(cx, input).await.map_err(|failure| {
            let error = failed(failure, params.name.as_str(), team.as_deref());
            if error.code() == Code::LabelCreationFailed {
                error.suggest("Call get_or_create_label to use the label if it is there already")
            } else {
                error
            }
        })?;
        cx.step(format!("create_issue_label: {}", full_name(&label)));
        Ok(entity(cx, Detail::Standard, &[], |level| {
            view(&label, level)
        }))
    }
}

impl Params {
    fn is_group(&self) -> bool {
        self.is_group.is_some_and(|Flag(on)| on)
    }

    /// Whether the name may have a group in front.
    fn may_be_in_group(&self) -> bool {
        self.group.is_none() && !self.is_group() && halves(self.name.as_str()).is_some()
    }

    /// The team, and the group that is named. Whether the label is there already is Linear's to say.
    fn wants(&self) -> Wants {
        let named = self.may_be_in_group().then_some(&self.name);
        let sought = self.group.as_ref().or(named);
        Wants {
            team: self.team.as_ref().map(|team| team.as_str().to_owned()),
            labels: sought
                .map(|of| of.as_str().to_owned())
                .into_iter()
                .collect(),
            new_labels: self.group.is_none(),
            ..Wants::default()
        }
    }

    /// The group that it goes into, and its name there.
    fn place(
        &self,
        known: &Known,
        team: Option<&Team>,
    ) -> Result<(Option<Arc<Label>>, &str), Error> {
        let name = self.name.as_str();
        let among = known.usable(team);
        if let Some(wanted) = &self.group {
            let owner = team.map(|team| team.id.as_str());
            let group = group::find(wanted.as_str(), &among, owner, team)?;
            return Ok((Some(group), name));
        }
        if !self.may_be_in_group() {
            return Ok((None, name));
        }
        let group = group::in_front(name, &among, team);
        let leaf = halves(name).filter(|_| group.is_some());
        Ok((group, leaf.map_or(name, |(_, leaf)| leaf)))
    }
}

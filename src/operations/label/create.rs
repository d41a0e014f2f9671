//! `create_issue_label`.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{color, failed, making, nested, reserve, send_new, view};
use crate::cache::fold;
use crate::error::{Code, Error};
use crate::linear::failure::Failure;
use crate::linear::model::{Label, Team};
use crate::linear::scalars::IssueLabelCreateInput;
use crate::operation::{Effect, Operation, Shared, Spec, Touches};
use crate::operations::view::entity;
use crate::operations::write;
use crate::operations::write::Written;
use crate::params::{Color, Detail, Flag, LabelName, Markdown, Ref};
use crate::resolve::label::group::{self, Place};
use crate::resolve::label::{Index, check_new_name, full_name, halves};
use crate::resolve::{LookupRequest, lookup_only};
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct CreateIssueLabel;

/// Create a label in a team, or without a team in the workspace. A taken name is an error; get_or_create_label uses the
/// label that has it.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Label name, or `group/name` where there is such a group.
    name: LabelName,
    /// Team name, key or id. Default: the workspace.
    team: Option<Ref>,
    /// `#rrggbb`. Default: by name.
    color: Option<Color>,
    /// What it is for.
    description: Option<Markdown>,
    /// Name or id of its group.
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
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        if params.is_group() && params.group.is_some() {
            return Err(nested(params.name.as_str()));
        }
        let known = lookup_only(cx, &params.lookup_request()).await?;
        let team = match &params.team {
            Some(team) => Some(known.team(team.as_str())?.item),
            None => None,
        };
        let mut among = known.usable(team.as_deref());
        if team.is_none() {
            // The workspace's own, where they are known without a request.
            cx.warmed().await.map_err(Failure::reading)?;
            let listed = cx.session.cache.labels.list("");
            among.extend(listed.into_iter().flatten());
        }
        let place = params.place(&among, team.as_deref())?;
        params.check_free(&place, &among, team.as_deref())?;
        reserve(cx, &[making(&place, team.as_deref())])?;
        let (group, name) = (&place.group, place.name);
        let input = IssueLabelCreateInput {
            id: cx.session.clock.new_id(),
            color: color::or_default(params.color.as_ref(), name),
            name: name.to_owned(),
            description: params
                .description
                .as_ref()
                .map(|text| text.as_str().to_owned()),
            parent_id: group.as_ref().map(|group| group.id.clone()),
            team_id: place.owner(team.as_deref()).map(|owner| owner.id),
            is_group: params.is_group().then_some(true),
        };
        let id = input.id.clone();
        let written = send_new(cx, input).await.map_err(|failure| {
            let error = failed(failure, params.name.as_str(), team.as_deref());
            if error.code() == Code::LabelCreationFailed {
                error.suggest("Call get_or_create_label to use the label if it is there already")
            } else {
                error
            }
        })?;
        let Written::Entity(label) = written else {
            let known = [("id", id.as_str()), ("name", name)];
            let see = "call list_labels with refresh_cache: true";
            return Ok(write::unread(cx, &known, see));
        };
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
        let named = self.name.group_and_name().is_some() || !halves(self.name.as_str()).is_empty();
        self.group.is_none() && !self.is_group() && named
    }

    /// The team, the group that is named, and the label itself as far as that costs nothing, or Linear may not see that
    /// it is there already: it compares less of a name.
    fn lookup_request(&self) -> LookupRequest {
        let is_plain = self
            .name
            .as_str()
            .bytes()
            .all(|byte| matches!(byte, b'!'..=b'~'));
        let asked = self.team.is_some() || self.may_be_in_group() || !is_plain;
        let new = Some(self.name.clone()).filter(|_| asked || self.group.is_some());
        let group = self.group.as_ref();
        let group = group.and_then(|group| LabelName::new(group.as_str()));
        LookupRequest {
            team: self.team.as_ref().map(|team| team.as_str().to_owned()),
            labels: group.into_iter().collect(),
            new_label: new,
            ..LookupRequest::default()
        }
    }

    /// Where it is made: in its group, or in the team.
    fn place(&self, among: &[Arc<Label>], team: Option<&Team>) -> Result<Place<'_>, Error> {
        let name = match self.name.group_and_name() {
            Some((_, name)) if self.group.is_some() || self.is_group() => name,
            _ => self.name.as_str(),
        };
        if let Some(wanted) = &self.group {
            let group = group::nearest(wanted.as_str(), among, team)?;
            let name = self.name_within(&group, among)?.unwrap_or(name);
            check_new_name(name)?;
            let group = Some(group);
            return Ok(Place { group, name });
        }
        if !self.may_be_in_group() {
            check_new_name(name)?;
            return Ok(Place { group: None, name });
        }
        if team.is_some() {
            return group::place(&self.name, &Index::new(among, team), team);
        }
        // Without a team it is the workspace's, and so is its group.
        group::place_within(&self.name, among, None, None)
    }

    /// The name behind a group that stands in front of it and is the one in `group`, too; `None` where no group stands
    /// there.
    ///
    /// # Errors
    /// INVALID_PARAM where it is another group.
    fn name_within(&self, group: &Label, among: &[Arc<Label>]) -> Result<Option<&str>, Error> {
        let is = |label: &Label, text: &str| {
            fold(&label.name) == fold(text) || label.id.eq_ignore_ascii_case(text)
        };
        let readings = match self.name.group_and_name() {
            Some(apart) => vec![apart],
            None => halves(self.name.as_str()),
        };
        if let Some((_, name)) = readings.iter().find(|(front, _)| is(group, front)) {
            return Ok(Some(name));
        }
        let is_group = |front: &str| among.iter().any(|of| of.is_group && is(of, front));
        let is_apart = self.name.group_and_name().is_some();
        let Some((front, name)) = readings
            .into_iter()
            .find(|(front, _)| is_apart || is_group(front))
        else {
            return Ok(None);
        };
        let message = format!(
            "Label '{}' is in group '{front}' by its name, and in '{}' by 'group'",
            self.name, group.name
        );
        Err(Error::new(Code::InvalidParam, message)
            .detail("param", "group")
            .detail("given", group.name.as_str())
            .suggest(format!("Leave out 'group' to make it in '{front}'"))
            .suggest(format!(
                "Give name: '{name}' to make it in '{}'",
                group.name
            )))
    }

    /// Says that there is a label of that name already, where Linear would not: where the names are the same but for
    /// what Linear tells apart.
    fn check_free(
        &self,
        place: &Place<'_>,
        among: &[Arc<Label>],
        team: Option<&Team>,
    ) -> Result<(), Error> {
        let name = fold(place.name);
        let there = among.iter().find(|label| {
            fold(&label.name) == name
                && label.name.to_lowercase() != place.name.to_lowercase()
                && (team.is_some() || label.team.is_none())
        });
        let Some(there) = there else {
            return Ok(());
        };
        let of = match team {
            Some(team) => format!("team '{}'", team.name),
            None => "the workspace".to_owned(),
        };
        let message = format!("Failed to create label '{}' in {of}", place.name);
        Err(Error::new(Code::LabelCreationFailed, message)
            .detail(
                "reason",
                format!("Label '{}' is there already", full_name(there)),
            )
            .detail("label_name", place.name)
            .suggest("Call get_or_create_label to use the label that is there"))
    }
}

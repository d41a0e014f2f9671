//! `create_issue_label`: one look-up of the team, the group and the name, one write.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::plan::{creation_error, creation_key, remember, reserve};
use super::{default_color, nested_group_error, view};
use crate::cache::fold;
use crate::error::{Code, Error};
use crate::linear::compose::Part;
use crate::linear::documents::{LabelCreate, Labels, label_create};
use crate::linear::failure::Failure;
use crate::linear::model::{Label, Team};
use crate::linear::scalars::IssueLabelCreateInput;
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
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
    #[schemars(extend("null" = "unset", "unlisted" = true))]
    group: Option<Ref>,
    /// Make a group: labels belong to it, no issue has it.
    #[schemars(extend("unlisted" = true))]
    is_group: Option<Flag>,
}

impl Operation for CreateIssueLabel {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "create_issue_label",
        title: "Create label",
        // A name can be taken only once, so repeating the operation adds nothing.
        effect: Effect::Ensure,
        subject: Some("name"),
        aliases: &["create_label"],
        shared: &[
            CommonParam::Detail,
            CommonParam::Fields,
            CommonParam::RefreshCache,
        ],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        if params.is_group() && params.group.is_some() {
            return Err(nested_group_error(params.name.as_str()));
        }
        let resolved = lookup_only(cx, &params.lookup_request()).await?;
        let team = match &params.team {
            Some(team) => Some(resolved.team(team.as_str())?.item),
            None => None,
        };
        let team = team.as_deref();
        let mut candidates = resolved.usable(team);
        if team.is_none() {
            // Where the session cache has all labels of the workspace, they are candidates, too.
            cx.warmed().await.map_err(Failure::into_read_error)?;
            let cached = cx.session.cache.labels.list("");
            candidates.extend(cached.into_iter().flatten());
        }
        let place = params.place(&candidates, team)?;
        check_free(&place, &candidates, team)?;
        reserve(cx, &[creation_key(&place, team)])?;
        let (group, name) = (&place.group, place.name);
        let color = params.color.as_ref().map(Color::as_str);
        let description = params.description.as_ref().map(Markdown::as_str);
        let id = cx.session.clock.new_id();
        let input = IssueLabelCreateInput {
            id: id.clone(),
            name: name.to_owned(),
            color: color.unwrap_or_else(|| default_color(name)).to_owned(),
            description: description.map(str::to_owned),
            parent_id: group.as_ref().map(|group| group.id.clone()),
            team_id: place.owner(team).map(|owner| owner.id),
            is_group: params.is_group().then_some(true),
        };
        let part = Part::of::<LabelCreate>(label_create::Variables { input });
        let written = write::create::<LabelCreate, Labels>(cx, part, &id).await;
        let written = written.map_err(|failure| {
            let error = creation_error(failure, params.name.as_str(), team);
            if error.code() == Code::LabelCreationFailed {
                error.suggest("Call get_or_create_label to use the label if it is there already")
            } else {
                error
            }
        })?;
        let Written::Entity(label) = written else {
            let known_fields = [("id", id.as_str()), ("name", name)];
            let see = "call list_labels with refresh_cache: true";
            return Ok(write::unread(cx, &known_fields, see));
        };
        let label = Arc::new(label);
        remember(cx, &label);
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

    /// Returns whether `name` may consist of a group and the name of a label in this group, such as `group/name`.
    fn may_be_in_group(&self) -> bool {
        let has_halves =
            self.name.group_and_name().is_some() || !halves(self.name.as_str()).is_empty();
        self.group.is_none() && !self.is_group() && has_halves
    }

    /// Returns the look-up request for the team, the group and the label itself. The label is looked up where this
    /// costs no additional request, and where Linear might not notice that the name is taken: some names mean the same
    /// label to this server but are different names to Linear, such as names that differ only in their spaces.
    fn lookup_request(&self) -> LookupRequest {
        let name = self.name.as_str();
        let is_plain = name.bytes().all(|byte| matches!(byte, b'!'..=b'~'));
        let looks_up_label =
            self.team.is_some() || self.group.is_some() || self.may_be_in_group() || !is_plain;
        let group = self.group.as_ref();
        let group = group.and_then(|group| LabelName::new(group.as_str()));
        LookupRequest {
            team: self.team.as_ref().map(|team| team.as_str().to_owned()),
            labels: group.into_iter().collect(),
            new_label: looks_up_label.then(|| self.name.clone()),
            ..LookupRequest::default()
        }
    }

    /// Returns the place in which the label is to be created: its group, or directly the team or the workspace.
    ///
    /// # Errors
    /// INVALID_LABEL_NAME for a text that cannot be a name; INVALID_PARAM where `name` and `group` name different
    /// groups; LABEL_NOT_FOUND or AMBIGUOUS_IDENTIFIER for a group that does not exist or is not unique.
    fn place(&self, candidates: &[Arc<Label>], team: Option<&Team>) -> Result<Place<'_>, Error> {
        let name = match self.name.group_and_name() {
            Some((_, name)) if self.group.is_some() || self.is_group() => name,
            _ => self.name.as_str(),
        };
        if let Some(wanted) = &self.group {
            let group = group::nearest(wanted.as_str(), candidates, team)?;
            let name = self.name_in_group(&group, candidates)?.unwrap_or(name);
            check_new_name(name)?;
            let group = Some(group);
            return Ok(Place { group, name });
        }
        if !self.may_be_in_group() {
            check_new_name(name)?;
            return Ok(Place { group: None, name });
        }
        if team.is_some() {
            return group::place(&self.name, &Index::new(candidates, team), team);
        }
        // Without a team, the label belongs to the workspace, so its group has to belong to the workspace, too.
        group::place_within(&self.name, candidates, None, None)
    }

    /// Returns the part of `name` behind the group, where `name` starts with the same group that the parameter `group`
    /// gives. Returns `None` where `name` does not start with a group.
    ///
    /// # Errors
    /// INVALID_PARAM where `name` starts with another group.
    fn name_in_group(
        &self,
        group: &Label,
        candidates: &[Arc<Label>],
    ) -> Result<Option<&str>, Error> {
        let is_called = |label: &Label, text: &str| {
            fold(&label.name) == fold(text) || label.id.eq_ignore_ascii_case(text)
        };
        let readings = match self.name.group_and_name() {
            Some(reading) => vec![reading],
            None => halves(self.name.as_str()),
        };
        let of_group = readings.iter().find(|(front, _)| is_called(group, front));
        if let Some((_, name)) = of_group {
            return Ok(Some(name));
        }
        let is_group = |front: &str| {
            candidates
                .iter()
                .any(|label| label.is_group && is_called(label, front))
        };
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
}

/// Checks that no label has a name that Linear takes for a different name, but that means the same label to this
/// server, such as a name that differs only in its spaces. Linear itself rejects a name that it sees as taken.
///
/// # Errors
/// LABEL_CREATION_FAILED, with the label that has such a name.
fn check_free(
    place: &Place<'_>,
    candidates: &[Arc<Label>],
    team: Option<&Team>,
) -> Result<(), Error> {
    let name = fold(place.name);
    let taken_by = candidates.iter().find(|label| {
        fold(&label.name) == name
            && label.name.to_lowercase() != place.name.to_lowercase()
            && (team.is_some() || label.team.is_none())
    });
    let Some(taken_by) = taken_by else {
        return Ok(());
    };
    let owner = match team {
        Some(team) => format!("team '{}'", team.name),
        None => "the workspace".to_owned(),
    };
    let message = format!("Failed to create label '{}' in {owner}", place.name);
    Err(Error::new(Code::LabelCreationFailed, message)
        .detail(
            "reason",
            format!("Label '{}' is there already", full_name(taken_by)),
        )
        .detail("label_name", place.name)
        .suggest("Call get_or_create_label to use the label that is there"))
}

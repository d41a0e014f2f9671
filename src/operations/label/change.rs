//! The steps that `update_label` and `retire_label` share: finding the label, keeping the session cache current, and
//! reporting what changed.

use std::sync::Arc;

use serde_json::Value;

use crate::cache::fold;
use crate::error::{Code, Error};
use crate::linear::failure::Failure;
use crate::linear::model::{Label, Team};
use crate::operations::{changes, write};
use crate::params::{LabelName, Ref};
use crate::resolve::label::{self, MatchMode, full_name};
use crate::resolve::{LookupRequest, Resolved, Within, lookup_only};
use crate::session::Context;

/// The label that the caller means, with everything else that was looked up with it.
#[derive(Debug)]
pub(super) struct Target {
    /// The label as Linear has it now.
    pub label: Arc<Label>,
    /// The team in which the label was looked for.
    pub team: Option<Arc<Team>>,
    /// Everything that the look-up found.
    pub resolved: Resolved,
}

/// The names that are looked up in order to change a label.
#[derive(Clone, Debug)]
pub(super) struct Wanted<'w> {
    /// The name or id of the label that is to be changed.
    pub label: &'w LabelName,
    /// The name, key or id of the team in which the label is looked for.
    pub team: Option<&'w Ref>,
    /// Further labels to look up in the same request, such as the label's new group.
    pub other_labels: Vec<LabelName>,
    /// The new name of the label. It is looked up to see whether another label has this name, or whether the name
    /// starts with a group.
    pub new_name: Option<LabelName>,
}

/// Finds a label by its id or by its whole name, with or without its group in front. The label is looked for in the
/// team, then in its parent teams and the workspace, the nearest first; without a team, it is looked for anywhere.
/// Linear is always asked, because a change shows on each issue that has the label, and by now the name may mean
/// another label than the one in the session cache.
///
/// # Errors
/// LABEL_NOT_FOUND, TEAM_NOT_FOUND or AMBIGUOUS_IDENTIFIER.
pub(super) async fn find(cx: &Context<'_>, wanted: Wanted<'_>) -> Result<Target, Error> {
    let mut labels = vec![wanted.label.clone()];
    labels.extend(wanted.other_labels);
    let lookup_request = LookupRequest {
        team: wanted.team.map(|team| team.as_str().to_owned()),
        labels,
        new_label: wanted.new_name,
        fresh: true,
        ..LookupRequest::default()
    };
    let resolved = lookup_only(cx, &lookup_request).await?;
    let team = match wanted.team {
        Some(team) => Some(resolved.team(team.as_str())?.item),
        None => None,
    };
    let candidates = resolved.usable(team.as_deref());
    let within = team.as_deref().map(|team| Within {
        kind: "team",
        name: &team.name,
    });
    let found = label::find(wanted.label, &candidates, team.as_deref(), MatchMode::Whole)
        .or_error(wanted.label.as_str(), &candidates, within)
        .map_err(|error| match (error.code(), &team) {
            (Code::AmbiguousIdentifier, None) => {
                error.suggest_first("Give the label's team in 'team'")
            }
            _ => error,
        })?;
    Ok(Target {
        label: found.item,
        team,
        resolved,
    })
}

/// Checks that no other label of the same owner has a name that Linear takes for a different name, but that means the
/// same label to this server, such as a name that differs only in its spaces. Linear itself rejects a name that it sees
/// as taken.
///
/// # Errors
/// LABEL_UPDATE_FAILED, with the label that has such a name.
pub(super) fn check_free(target: &Target, name: &str) -> Result<(), Error> {
    let owner_id = |label: &Label| label.team.as_ref().map(|team| team.id.clone());
    let label = &target.label;
    let taken_by = target.resolved.labels.items.iter().find(|other| {
        other.id != label.id
            && owner_id(other) == owner_id(label)
            && fold(&other.name) == fold(name)
            && other.name.to_lowercase() != name.to_lowercase()
    });
    let Some(taken_by) = taken_by else {
        return Ok(());
    };
    let (label_name, taken_by_name) = (full_name(label), full_name(taken_by));
    Err(Error::new(
        Code::LabelUpdateFailed,
        format!("Failed to update label '{label_name}'"),
    )
    .detail(
        "reason",
        format!("Label '{taken_by_name}' is there already"),
    )
    .detail("label_name", label_name)
    .detail("existing_id", taken_by.id.as_str())
    .suggest(format!(
        "Put label '{taken_by_name}' on the issues in its place, and retire this one with retire_label"
    )))
}

/// Updates the session cache with the changed label. Where a group was renamed, all cached labels are forgotten first,
/// because each label of the group shows the group's name.
pub(super) fn remember(cx: &Context<'_>, before: &Label, after: &Arc<Label>) {
    let labels = &cx.session.cache.labels;
    if before.is_group && before.name != after.name {
        labels.forget_all();
    }
    labels.changed(after);
}

/// Returns the error for a change that failed. The `verb` names the change, such as `update`. Where it is not known
/// whether Linear executed the change, the cached labels are forgotten.
pub(super) fn update_error(cx: &Context<'_>, failure: Failure, label: &Label, verb: &str) -> Error {
    let name = full_name(label);
    if failure.is_ambiguous() {
        cx.session.cache.labels.forget_all();
    }
    failure
        .into_write_error(
            Code::LabelUpdateFailed,
            &format!("{verb} label '{name}'"),
            "Call list_labels with refresh_cache: true and detail: full to see what it is now",
        )
        .detail("label_name", name)
}

/// Returns the answer for a change that was executed, but after which the label cannot be read. The cached labels are
/// forgotten.
pub(super) fn unread(cx: &Context<'_>, before: &Label) -> Value {
    cx.session.cache.labels.forget_all();
    let known_fields = [("id", before.id.as_str()), ("name", before.name.as_str())];
    write::unread(
        cx,
        &known_fields,
        "call list_labels with refresh_cache: true",
    )
}

/// Puts one line for each changed field into the answer, such as `name: planing → planning` or `description: changed`.
/// Where nothing changed, a warning says so; `already` is the end of its text.
pub(super) fn report(cx: &Context<'_>, before: &Label, after: &Label, already: &str) {
    let text = |text: &str| Some(text.to_owned());
    let group = |label: &Label| label.parent.as_ref().map(|group| group.name.clone());
    let retired = |label: &Label| {
        let is_retired = label.retired_at.is_some();
        text(if is_retired { "yes" } else { "no" })
    };
    let fields = [
        ("name", text(&before.name), text(&after.name)),
        ("group", group(before), group(after)),
        ("color", text(&before.color), text(&after.color)),
        ("retired", retired(before), retired(after)),
    ];
    let mut changes = changes::told(fields);
    changes.extend(changes::text(
        "description",
        before.description.as_deref(),
        after.description.as_deref(),
    ));
    changes::report(cx, changes, &format!("the label {already}"));
}

//! What changes to a label share: which label is meant, what the session learns, what is told.

use std::sync::Arc;

use crate::cache::fold;
use crate::error::{Code, Error};
use crate::linear::failure::Failure;
use crate::linear::model::{Label, Team};
use crate::operations::changes;
use crate::operations::write;
use crate::params::{LabelName, Ref};
use crate::resolve::label::{MatchMode, find as find_label, full_name};
use crate::resolve::{LookupRequest, Resolved, Within, lookup_only};
use crate::session::Context;
use serde_json::Value;

/// The label that a caller means, and what was looked up with it.
#[derive(Debug)]
pub(super) struct Target {
    /// The label as Linear has it now.
    pub label: Arc<Label>,
    /// The team in which it was looked for.
    pub team: Option<Arc<Team>>,
    /// What else was found out.
    pub known: Resolved,
}

/// What a change to a label has to know.
#[derive(Clone, Debug)]
pub(super) struct Wanted<'w> {
    /// What names the label.
    pub label: &'w LabelName,
    /// What names the team in which it is looked for.
    pub team: Option<&'w Ref>,
    /// Other labels to look up on the way.
    pub also: Vec<LabelName>,
    /// The name that the label is to have, which another label may have.
    pub new: Option<LabelName>,
}

/// Finds a label by whole name, alone or in its group, or id: in the team, its parents or the workspace, the nearest
/// first; without a team anywhere. Linear is always asked: a change shows on every issue that has the label, and the name
/// may mean another label than the session remembers.
///
/// # Errors
/// LABEL_NOT_FOUND, TEAM_NOT_FOUND or AMBIGUOUS_IDENTIFIER.
pub(super) async fn find(cx: &Context<'_>, wanted: Wanted<'_>) -> Result<Target, Error> {
    let Wanted {
        label,
        team,
        also,
        new,
    } = wanted;
    let called = label.as_str();
    let mut labels = vec![label.clone()];
    labels.extend(also);
    let lookup_request = LookupRequest {
        team: team.map(|team| team.as_str().to_owned()),
        labels,
        new_label: new,
        fresh: true,
        ..LookupRequest::default()
    };
    let known = lookup_only(cx, &lookup_request).await?;
    let team = match team {
        Some(team) => Some(known.team(team.as_str())?.item),
        None => None,
    };
    let among = known.usable(team.as_deref());
    let within = team.as_deref().map(|team| Within {
        kind: "team",
        name: &team.name,
    });
    let found = find_label(label, &among, team.as_deref(), MatchMode::Whole)
        .or_error(called, &among, within)
        .map_err(|error| match (error.code(), &team) {
            (Code::AmbiguousIdentifier, None) => {
                error.suggest_first("Give the label's team in 'team'")
            }
            _ => error,
        })?;
    Ok(Target {
        label: found.item,
        team,
        known,
    })
}

/// Checks that no other label of the same team, or of the workspace, has the name already where Linear would not see it:
/// where the names are the same but for what Linear tells apart.
///
/// # Errors
/// LABEL_UPDATE_FAILED with the label that has it.
pub(super) fn check_free(target: &Target, name: &str) -> Result<(), Error> {
    let owner = |label: &Label| label.team.as_ref().map(|team| team.id.clone());
    let label = &target.label;
    let mut others = target.known.labels.items.iter();
    let there = others.find(|other| {
        other.id != label.id
            && owner(other) == owner(label)
            && fold(&other.name) == fold(name)
            && other.name.to_lowercase() != name.to_lowercase()
    });
    let Some(there) = there else {
        return Ok(());
    };
    let own = full_name(label);
    Err(Error::new(
        Code::LabelUpdateFailed,
        format!("Failed to update label '{own}'"),
    )
    .detail(
        "reason",
        format!("Label '{}' is there already", full_name(there)),
    )
    .detail("label_name", own)
    .detail("existing_id", there.id.as_str())
    .suggest(format!(
        "Put label '{}' on the issues in its place, and retire this one with retire_label",
        full_name(there)
    )))
}

/// Keeps a label as it is now. What shows a group's name beside its own is forgotten when that changes.
pub(super) fn keep(cx: &Context<'_>, before: &Label, after: &Arc<Label>) {
    let labels = &cx.session.cache.labels;
    if before.is_group && before.name != after.name {
        labels.forget_all();
    }
    labels.changed(after);
}

/// The error of a change that failed: `what` was tried, as in `update`. What the session knew is forgotten where it may
/// be wrong.
pub(super) fn failed(cx: &Context<'_>, failure: Failure, label: &Label, what: &str) -> Error {
    let name = full_name(label);
    if failure.is_ambiguous() {
        cx.session.cache.labels.forget_all();
    }
    failure
        .into_write_error(
            Code::LabelUpdateFailed,
            &format!("{what} label '{name}'"),
            "Call list_labels with refresh_cache: true and detail: full to see what it is now",
        )
        .detail("label_name", name)
}

/// The answer of a change that was executed, and whose label cannot be read. What the session knew is forgotten.
pub(super) fn unread(cx: &Context<'_>, before: &Label) -> Value {
    cx.session.cache.labels.forget_all();
    let known = [("id", before.id.as_str()), ("name", before.name.as_str())];
    write::unread(cx, &known, "call list_labels with refresh_cache: true")
}

/// One line a changed field: `name: planing → planning`, `description: changed`. Where there is none, `already` says
/// what the label was before.
pub(super) fn report(cx: &Context<'_>, before: &Label, after: &Label, already: &str) {
    let one = |text: &str| Some(text.to_owned());
    let group = |of: &Label| of.parent.as_ref().map(|group| group.name.clone());
    let retired = |of: &Label| one(if of.retired_at.is_some() { "yes" } else { "no" });
    let fields = [
        ("name", one(&before.name), one(&after.name)),
        ("group", group(before), group(after)),
        ("color", one(&before.color), one(&after.color)),
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

//! What an update changed, of what its request sets: the project as it was read against the project as Linear gives it
//! back. What somebody else changed meanwhile is not this request's doing, and is not told.

use crate::linear::model::{Named, Project};
use crate::linear::scalars::ProjectUpdateInput;
use crate::operations::changes::{text, told};

/// Returns one line for each changed field that the update `sent`: `status: Planned → In Progress`,
/// `description: changed`.
pub(super) fn changes(before: &Project, after: &Project, sent: &ProjectUpdateInput) -> Vec<String> {
    let lead = |of: &Project| of.lead.as_ref().map(|lead| lead.name.clone());
    let names = |of: &[Named]| joined(of.iter().map(|of| of.name.as_str()));
    let teams = |of: &Project| joined(of.teams.nodes.iter().map(|of| of.name.as_str()));
    let fields = [
        (
            sent.name.is_absent(),
            ("name", one(&before.name), one(&after.name)),
        ),
        (
            sent.status_id.is_absent(),
            ("status", one(&before.status.name), one(&after.status.name)),
        ),
        (
            sent.lead_id.is_absent(),
            ("lead", lead(before), lead(after)),
        ),
        (
            sent.member_ids.is_absent(),
            (
                "members",
                names(&before.members.nodes),
                names(&after.members.nodes),
            ),
        ),
        (
            sent.team_ids.is_absent(),
            ("teams", teams(before), teams(after)),
        ),
        (
            sent.start_date.is_absent(),
            (
                "start_date",
                before.start_date.clone(),
                after.start_date.clone(),
            ),
        ),
        (
            sent.target_date.is_absent(),
            (
                "target_date",
                before.target_date.clone(),
                after.target_date.clone(),
            ),
        ),
        (
            sent.label_ids.is_absent(),
            (
                "labels",
                names(&before.labels.nodes),
                names(&after.labels.nodes),
            ),
        ),
        (
            sent.priority.is_absent(),
            (
                "priority",
                one(priority(before.priority)),
                one(priority(after.priority)),
            ),
        ),
    ];
    let is_sent = fields.into_iter().filter(|(is_absent, _)| !is_absent);
    let mut changes = told(is_sent.map(|(_, field)| field));
    if !sent.description.is_absent() {
        let (was, is) = (Some(&*before.description), Some(&*after.description));
        changes.extend(text("description", was, is));
    }
    if !sent.content.is_absent() {
        let (was, is) = (before.content.as_deref(), after.content.as_deref());
        changes.extend(text("content", was, is));
    }
    changes
}

fn one(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn joined<'n>(names: impl Iterator<Item = &'n str>) -> Option<String> {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    (!names.is_empty()).then(|| names.join(", "))
}

/// The word for a priority (`linear/api.md` §2).
fn priority(number: u8) -> &'static str {
    match number {
        1 => "urgent",
        2 => "high",
        3 => "medium",
        4 => "low",
        _ => "none",
    }
}

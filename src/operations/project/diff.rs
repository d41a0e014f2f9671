//! What an update changed, of what its request sets: the project as the session knew it against the project as Linear
//! gives it back. What somebody else changed meanwhile is not this request's doing, and is not told.

use crate::linear::model::{Named, Project};
use crate::linear::scalars::ProjectUpdateInput;
use crate::operations::changes::{text, told};

/// The fields that an update sets, by the names that callers know.
#[derive(Clone, Debug)]
pub(super) struct Given(Vec<&'static str>);

impl Given {
    /// What an update sets.
    pub(super) fn of(input: &ProjectUpdateInput) -> Self {
        let fields = [
            ("name", !input.name.is_absent()),
            ("description", !input.description.is_absent()),
            ("content", !input.content.is_absent()),
            ("status", !input.status_id.is_absent()),
            ("lead", !input.lead_id.is_absent()),
            ("members", !input.member_ids.is_absent()),
            ("teams", !input.team_ids.is_absent()),
            ("start_date", !input.start_date.is_absent()),
            ("target_date", !input.target_date.is_absent()),
            ("labels", !input.label_ids.is_absent()),
            ("priority", !input.priority.is_absent()),
        ];
        let given = fields.into_iter().filter(|(_, given)| *given);
        Self(given.map(|(field, _)| field).collect())
    }

    fn has(&self, field: &str) -> bool {
        self.0.contains(&field)
    }
}

/// One line a changed field: `status: Planned → In Progress`, `description: changed`; what the session does not keep, and
/// cannot be compared, is told as it is now.
pub(super) fn changes(before: &Project, after: &Project, given: &Given) -> Vec<String> {
    let lead = |of: &Project| of.lead.as_ref().map(|lead| lead.name.clone());
    let fields = [
        ("name", one(&before.name), one(&after.name)),
        ("status", one(&before.status.name), one(&after.status.name)),
        ("lead", lead(before), lead(after)),
        ("teams", teams(before), teams(after)),
        (
            "start_date",
            before.start_date.clone(),
            after.start_date.clone(),
        ),
        (
            "target_date",
            before.target_date.clone(),
            after.target_date.clone(),
        ),
        (
            "labels",
            joined(&before.labels.nodes),
            joined(&after.labels.nodes),
        ),
        (
            "priority",
            one(priority(before.priority)),
            one(priority(after.priority)),
        ),
    ];
    let mut changes = told(fields.into_iter().filter(|(field, ..)| given.has(field)));
    if given.has("description") {
        let (was, is) = (Some(&*before.description), Some(&*after.description));
        changes.extend(text("description", was, is));
    }
    if given.has("members") {
        let members = joined(&after.members.nodes);
        let members = members.as_deref().unwrap_or("none");
        changes.push(format!("members: set to {members}"));
    }
    if given.has("content") {
        let content = after.content.as_deref().unwrap_or_default();
        let told = if content.trim().is_empty() {
            "content: cleared"
        } else {
            "content: replaced"
        };
        changes.push(told.to_owned());
    }
    changes
}

fn one(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn joined(entities: &[Named]) -> Option<String> {
    let mut names: Vec<&str> = entities.iter().map(|of| of.name.as_str()).collect();
    names.sort_unstable();
    (!names.is_empty()).then(|| names.join(", "))
}

fn teams(of: &Project) -> Option<String> {
    let mut names: Vec<&str> = of.teams.nodes.iter().map(|of| of.name.as_str()).collect();
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

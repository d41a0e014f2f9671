//! What an update changed: the issue as it was against the issue as Linear gives it back, so that what Linear did by
//! itself (a state remapped by a move) is told too.

use super::full_name;
use crate::linear::model::Issue;
use crate::operations::changes::{text, told};

/// One line a changed field: `state: In Progress → Done`, `labels: +verified -planning`, `description: changed`.
pub(super) fn changes(before: &Issue, after: &Issue) -> Vec<String> {
    let name = |of: &Option<crate::linear::model::Named>| of.as_ref().map(|of| of.name.clone());
    let cycle = |issue: &Issue| issue.cycle.as_ref().map(|of| format!("{}", of.number));
    let points = |issue: &Issue| issue.estimate.map(|points| format!("{points}"));
    let parent = |issue: &Issue| issue.parent.as_ref().map(|of| of.identifier.clone());
    let assignee = |issue: &Issue| issue.assignee.as_ref().map(|of| of.name.clone());
    let one = |value: &str| Some(value.to_owned());
    let mut changes = told([
        (
            "identifier",
            one(&before.identifier),
            one(&after.identifier),
        ),
        ("team", one(&before.team.name), one(&after.team.name)),
        ("title", one(&before.title), one(&after.title)),
        ("state", one(&before.state.name), one(&after.state.name)),
        ("assignee", assignee(before), assignee(after)),
        ("project", name(&before.project), name(&after.project)),
        (
            "milestone",
            name(&before.project_milestone),
            name(&after.project_milestone),
        ),
        ("cycle", cycle(before), cycle(after)),
        ("parent", parent(before), parent(after)),
        (
            "priority",
            one(&before.priority_label),
            one(&after.priority_label),
        ),
        ("estimate", points(before), points(after)),
        ("due_date", before.due_date.clone(), after.due_date.clone()),
    ]);
    changes.extend(labels(before, after));
    changes.extend(text(
        "description",
        before.description.as_deref(),
        after.description.as_deref(),
    ));
    changes
}

fn labels(before: &Issue, after: &Issue) -> Option<String> {
    let added = after
        .labels
        .nodes
        .iter()
        .filter(|label| !has(before, &label.id));
    let removed = before
        .labels
        .nodes
        .iter()
        .filter(|label| !has(after, &label.id));
    let words: Vec<String> = added
        .map(|label| format!("+{}", full_name(label)))
        .chain(removed.map(|label| format!("-{}", full_name(label))))
        .collect();
    (!words.is_empty()).then(|| format!("labels: {}", words.join(" ")))
}

/// Whether the issue has the label with that id.
pub(super) fn has(issue: &Issue, label: &str) -> bool {
    issue.labels.nodes.iter().any(|of| of.id == label)
}

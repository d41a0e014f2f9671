//! The answer to a write of an issue, held against the names that the session took for ids.
//!
//! Somebody may have renamed a state, a label or a person since the session remembered it. Then an id that the name
//! stood for is a thing of another name by now, which Linear's answer shows. What the request's words mean is then looked
//! up afresh: where that is another thing, the issue is corrected once; where it is the same or none, the caller is told
//! the new name. As long as all names agree, this costs nothing.

use std::sync::Arc;

use crate::error::Error;
use crate::linear::client::Expected;
use crate::linear::compose::Part;
use crate::linear::documents::{IssueGet, IssueUpdate, issue_update};
use crate::linear::model::{Issue, Label, Team};
use crate::linear::scalars::IssueUpdateInput;
use crate::operations::label::{Ensured, Origin};
use crate::operations::write::{self, Written};
use crate::params::LabelName;
use crate::patch::Patch;
use crate::resolve::label::{Exactness, find, full_name};
use crate::resolve::{Known, Picked};
use crate::session::Cx;

/// The ids that the names of a request were taken for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Ids {
    /// The team, where the request names it.
    pub team: Option<String>,
    /// The workflow state.
    pub state: Option<String>,
    /// Who does it.
    pub assignee: Option<String>,
    /// The project.
    pub project: Option<String>,
    /// The milestone.
    pub milestone: Option<String>,
}

/// A name that the session remembered, and what the thing of that id is called in Linear's answer.
#[derive(Debug)]
struct Renamed {
    kind: &'static str,
    id: String,
    was: String,
    is: String,
    /// The name by which a label was asked for.
    label: Option<LabelName>,
}

/// The names that a write went by.
#[derive(Debug, Default)]
pub(super) struct Names(Vec<Renamed>);

impl Names {
    /// The names of these ids as they were known, and of the labels that were found and not made.
    pub(super) fn of(known: &Known, ids: &Ids, labels: &[Ensured]) -> Self {
        let (teams, states, users) = (&known.teams.items, &known.states.items, &known.users.items);
        let (projects, milestones) = (&known.projects.items, &known.milestones.items);
        let named = [
            ("team", known_as(teams, &ids.team, |of| (&of.id, &of.name))),
            (
                "state",
                known_as(states, &ids.state, |of| (&of.id, &of.name)),
            ),
            (
                "assignee",
                known_as(users, &ids.assignee, |of| (&of.id, &of.name)),
            ),
            (
                "project",
                known_as(projects, &ids.project, |of| (&of.id, &of.name)),
            ),
            (
                "milestone",
                known_as(milestones, &ids.milestone, |of| (&of.id, &of.name)),
            ),
        ];
        let named = named.into_iter().filter_map(|(kind, known)| {
            let (id, was) = known?;
            Some((kind, id, was, None))
        });
        let labels = labels.iter().filter_map(|of| match &of.outcome {
            Ok((label, Origin::Found)) => {
                let wanted = Some(of.wanted.clone());
                Some(("label", label.id.clone(), label.name.clone(), wanted))
            }
            _ => None,
        });
        let all = named.chain(labels).map(|(kind, id, was, label)| Renamed {
            kind,
            id,
            was,
            is: String::new(),
            label,
        });
        Self(all.collect())
    }

    /// Those that the issue shows under another name.
    fn renamed(self, issue: &Issue) -> Vec<Renamed> {
        let shown = |of: &Renamed| {
            let (id, name) = match of.kind {
                "team" => (&issue.team.id, &issue.team.name),
                "state" => (&issue.state.id, &issue.state.name),
                "assignee" => issue.assignee.as_ref().map(|of| (&of.id, &of.name))?,
                "project" => issue.project.as_ref().map(|of| (&of.id, &of.name))?,
                "milestone" => {
                    let milestone = issue.project_milestone.as_ref()?;
                    (&milestone.id, &milestone.name)
                }
                _ => {
                    let label = issue.labels.nodes.iter().find(|label| label.id == of.id)?;
                    (&label.id, &label.name)
                }
            };
            (*id == of.id && *name != of.was).then(|| name.clone())
        };
        let renamed = self.0.into_iter().filter_map(|of| {
            let is = shown(&of)?;
            Some(Renamed { is, ..of })
        });
        renamed.collect()
    }
}

/// The id, and the name under which the session knows it.
fn known_as<T>(
    items: &[Arc<T>],
    id: &Option<String>,
    read: impl Fn(&T) -> (&String, &String),
) -> Option<(String, String)> {
    let id = id.as_ref()?;
    let (id, name) = items
        .iter()
        .map(|item| read(item))
        .find(|(own, _)| *own == id)?;
    Some((id.clone(), name.clone()))
}

/// Holds the issue, as a write answered it, against the names that the write went by, and corrects it where the words of
/// the request mean another thing. `look_up` asks Linear afresh what the words mean: everything that is known, the team,
/// and the ids. `had` are the ids of the labels that the issue had before.
pub(super) async fn verified<F>(
    cx: &Cx<'_>,
    issue: Issue,
    names: Names,
    had: &[String],
    look_up: impl FnOnce() -> F,
) -> Issue
where
    F: Future<Output = Result<(Known, Option<Arc<Team>>, Ids), Error>>,
{
    let renamed = names.renamed(&issue);
    if renamed.is_empty() {
        return issue;
    }
    let Ok((known, team, ids)) = look_up().await else {
        renamed.iter().for_each(|of| told(cx, of));
        return issue;
    };
    let mut input = IssueUpdateInput::default();
    let (mut add, mut remove) = (Vec::new(), Vec::new());
    for of in &renamed {
        let (now, field) = match of.kind {
            "team" => (ids.team.clone(), &mut input.team_id),
            "state" => (ids.state.clone(), &mut input.state_id),
            "assignee" => (ids.assignee.clone(), &mut input.assignee_id),
            "project" => (ids.project.clone(), &mut input.project_id),
            "milestone" => (ids.milestone.clone(), &mut input.project_milestone_id),
            _ => {
                match meant(of, &known, team.as_deref()) {
                    Some(label) => {
                        add.push(label.id.clone());
                        remove.extend(Some(of.id.clone()).filter(|id| !had.contains(id)));
                        corrected(cx, of, &full_name(&label));
                    }
                    None => told(cx, of),
                }
                continue;
            }
        };
        match now.filter(|id| *id != of.id) {
            Some(id) => {
                *field = Patch::Set(id);
                corrected(cx, of, &of.was);
            }
            None => told(cx, of),
        }
    }
    if !add.is_empty() {
        input.added_label_ids = Patch::Set(add);
        input.removed_label_ids = Patch::from(Some(remove).filter(|ids| !ids.is_empty()));
    }
    if input == IssueUpdateInput::default() {
        return issue;
    }
    let id = issue.id.clone();
    let query = IssueGet::alone(&id);
    let part = Part::of::<IssueUpdate>(issue_update::Variables { id, input });
    match write::change::<IssueUpdate>(cx, part, query, Expected::Input).await {
        Ok(Written::Entity(after)) => Issue {
            attachments: issue.attachments,
            ..after
        },
        Ok(Written::Unread) => issue,
        Err(failure) => {
            cx.warn(format!("it could not be corrected: {failure}"));
            issue
        }
    }
}

/// The label that the name means now, if that is another one.
fn meant(of: &Renamed, known: &Known, team: Option<&Team>) -> Option<Arc<Label>> {
    let wanted = of.label.as_ref()?;
    match find(wanted, &known.usable(team), team, Exactness::Whole) {
        Picked::One(found) if found.item.id != of.id && !found.item.is_group => Some(found.item),
        _ => None,
    }
}

fn told(cx: &Cx<'_>, of: &Renamed) {
    let (kind, was, is) = (of.kind, &of.was, &of.is);
    cx.warn(format!("{kind} '{was}' is called '{is}' in Linear now"));
}

fn corrected(cx: &Cx<'_>, of: &Renamed, now: &str) {
    let (kind, was, is) = (of.kind, &of.was, &of.is);
    cx.warn(format!(
        "what the session knew as {kind} '{was}' is called '{is}' now; the issue was corrected to '{now}'"
    ));
}

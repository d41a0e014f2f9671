//! Checks the response to a write of an issue against the cached names by which the write chose its ids.
//!
//! Somebody may have renamed a state, a label, a project or a person since the session cached it, or changed the key of
//! a team or the e-mail address of a person. Then the id that the write sent may belong to another entity than the one
//! the request named, and the issue in Linear's response shows that entity under another name. In that case the names
//! of the request are looked up again without the cache. If a name now belongs to another entity, the issue is
//! corrected once; if it belongs to the same entity or to none, the caller is warned of the new name. As long as all
//! names agree, this check sends no request.

use std::sync::Arc;

use crate::cache::fold;
use crate::error::Error;
use crate::linear::client::Expected;
use crate::linear::compose::Part;
use crate::linear::documents::{IssueGet, IssueUpdate, issue_update};
use crate::linear::model::{Issue, Label, Named, Team};
use crate::linear::scalars::IssueUpdateInput;
use crate::operations::changes::{self, Renamed};
use crate::operations::label::{LabelOutcome, Origin};
use crate::operations::write::{self, Written};
use crate::params::{LabelName, Ref};
use crate::patch::Patch;
use crate::resolve::label::{MatchMode, find};
use crate::resolve::{MatchResult, Resolvable, Resolved, is_uuid};
use crate::session::Context;

/// The names in a request, each with the id to which it was resolved.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ResolvedNames {
    /// The name of the team, if the request has one.
    pub team: Option<ResolvedName>,
    /// The name of the workflow state.
    pub state: Option<ResolvedName>,
    /// The name of the assignee.
    pub assignee: Option<ResolvedName>,
    /// The name of the app user to whom the issue is delegated.
    pub delegate: Option<ResolvedName>,
    /// The name of the project.
    pub project: Option<ResolvedName>,
    /// The name of the milestone.
    pub milestone: Option<ResolvedName>,
}

/// A name as the request spells it, and the id to which it was resolved.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ResolvedName {
    text: String,
    id: String,
}

impl ResolvedName {
    /// Returns the name with its id, or `None` if the request lacks the name or the mutation sets no id.
    pub(super) fn new(name: Option<&Ref>, id: &Patch<String>) -> Option<Self> {
        Some(Self {
            text: name?.as_str().to_owned(),
            id: id.value()?.clone(),
        })
    }
}

/// The field of an issue that a name sets.
#[derive(Clone, Debug, PartialEq)]
enum NamedField {
    Team,
    State,
    Assignee,
    Delegate,
    Project,
    Milestone,
    /// A label, with the name that the request gives it.
    Label(LabelName),
}

impl NamedField {
    /// The word for the field in a warning.
    fn noun(&self) -> &'static str {
        match self {
            Self::Team => "team",
            Self::State => "state",
            Self::Assignee => "assignee",
            Self::Delegate => "delegate",
            Self::Project => "project",
            Self::Milestone => "milestone",
            Self::Label(_) => "label",
        }
    }
}

/// The property of an entity that a name in a request matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MatchedProperty {
    Name,
    /// The key of a team.
    Key,
    /// The e-mail address of a person.
    Email,
}

/// A name by which a write chose an entity. Linear's response is expected to show the entity under the cached name.
#[derive(Clone, Debug)]
struct ExpectedName {
    field: NamedField,
    property: MatchedProperty,
    /// The id of the entity.
    id: String,
    /// The name, key or e-mail address of the entity in the cache.
    cached: String,
}

/// The names by which a write chose its entities. A name in the request that is an id, the type of a state, or a part
/// of a name is not among them, since its meaning does not change when an entity is renamed.
#[derive(Debug, Default)]
pub(super) struct ExpectedNames(Vec<ExpectedName>);

impl ExpectedNames {
    /// Collects the expected names: the names in the request in the form that the cache has (`resolved`), and the names
    /// of the labels that existed before the operation.
    pub(super) fn new(
        resolved: &Resolved,
        names: &ResolvedNames,
        label_outcomes: &[LabelOutcome],
    ) -> Self {
        let (teams, users) = (&resolved.teams.items, &resolved.users.items);
        let (states, projects) = (&resolved.states.items, &resolved.projects.items);
        let milestones = &resolved.milestones.items;
        let team = expected_name(NamedField::Team, &names.team, teams).or_else(|| {
            let (field, key) = (NamedField::Team, MatchedProperty::Key);
            expected_property(field, key, &names.team, teams, |team| &team.key)
        });
        let user = |field: NamedField, name: &Option<ResolvedName>| {
            expected_name(field.clone(), name, users).or_else(|| {
                let email = MatchedProperty::Email;
                expected_property(field, email, name, users, |user| &user.email)
            })
        };
        let fields = [
            team,
            expected_name(NamedField::State, &names.state, states),
            user(NamedField::Assignee, &names.assignee),
            user(NamedField::Delegate, &names.delegate),
            expected_name(NamedField::Project, &names.project, projects),
            expected_name(NamedField::Milestone, &names.milestone, milestones),
        ];
        let labels = label_outcomes
            .iter()
            .filter_map(|label| match &label.outcome {
                Ok((found, Origin::Found)) if !is_uuid(label.wanted.as_str()) => {
                    Some(ExpectedName {
                        field: NamedField::Label(label.wanted.clone()),
                        property: MatchedProperty::Name,
                        id: found.id.clone(),
                        cached: found.name.clone(),
                    })
                }
                _ => None,
            });
        Self(fields.into_iter().flatten().chain(labels).collect())
    }

    /// Returns the update that sets each field whose name now belongs to another entity. A change of the team also sets
    /// everything that belongs to a team, and a change of the project also sets the milestone. `kept_labels` are the
    /// ids of the labels that stay on the issue.
    fn correction(
        &self,
        renamed: &[(ExpectedName, String)],
        kept_labels: &[String],
        fresh: &FreshLookup,
    ) -> IssueUpdateInput {
        let mut input = IssueUpdateInput::default();
        let names = &fresh.names;
        let id =
            |name: &Option<ResolvedName>| Patch::from(name.as_ref().map(|name| name.id.clone()));
        let has_moved = |field: NamedField| {
            let mut renamed = renamed.iter().filter(|(name, _)| name.field == field);
            renamed.any(|(name, _)| name.means_another_entity(fresh))
        };
        let team = has_moved(NamedField::Team);
        let project = team || has_moved(NamedField::Project);
        if team {
            input.team_id = id(&names.team);
        }
        if team || has_moved(NamedField::State) {
            input.state_id = id(&names.state);
        }
        if has_moved(NamedField::Assignee) {
            input.assignee_id = id(&names.assignee);
        }
        if has_moved(NamedField::Delegate) {
            input.delegate_id = id(&names.delegate);
        }
        if project {
            input.project_id = id(&names.project);
        }
        if project || has_moved(NamedField::Milestone) {
            input.project_milestone_id = id(&names.milestone);
        }
        let (mut added, mut removed) = (Vec::new(), Vec::new());
        for name in &self.0 {
            let NamedField::Label(wanted) = &name.field else {
                continue;
            };
            let is_renamed = renamed.iter().any(|(other, _)| other.id == name.id);
            let Some(label) = fresh.label(wanted).filter(|_| team || is_renamed) else {
                continue;
            };
            if label.id != name.id {
                added.push(label.id.clone());
                removed.extend(Some(name.id.clone()).filter(|id| !kept_labels.contains(id)));
            }
        }
        removed.retain(|id| !added.contains(id));
        input.added_label_ids = Patch::from(Some(added).filter(|ids| !ids.is_empty()));
        input.removed_label_ids = Patch::from(Some(removed).filter(|ids| !ids.is_empty()));
        input
    }
}

impl ExpectedName {
    /// Returns the name under which the issue shows the entity, or `None` if the issue does not have the entity.
    fn shown_by(&self, issue: &Issue) -> Option<String> {
        let id_and_name = |entity: &Named| (entity.id.clone(), entity.name.clone());
        let (id, name) = match &self.field {
            NamedField::Team if self.property == MatchedProperty::Key => {
                (issue.team.id.clone(), issue.team.key.clone())
            }
            NamedField::Team => (issue.team.id.clone(), issue.team.name.clone()),
            NamedField::State => (issue.state.id.clone(), issue.state.name.clone()),
            NamedField::Assignee | NamedField::Delegate => {
                let user = match self.field {
                    NamedField::Delegate => issue.delegate.as_ref()?,
                    _ => issue.assignee.as_ref()?,
                };
                let shown = match self.property {
                    MatchedProperty::Email => user.email.clone()?,
                    _ => user.name.clone(),
                };
                (user.id.clone(), shown)
            }
            NamedField::Project => issue.project.as_ref().map(id_and_name)?,
            NamedField::Milestone => issue.project_milestone.as_ref().map(id_and_name)?,
            NamedField::Label(_) => {
                let mut labels = issue.labels.nodes.iter();
                let label = labels.find(|label| label.id == self.id)?;
                (label.id.clone(), label.name.clone())
            }
        };
        (id == self.id).then_some(name)
    }

    /// Whether the name belongs to another entity than the one that the write chose.
    fn means_another_entity(&self, fresh: &FreshLookup) -> bool {
        let names = &fresh.names;
        let name = match &self.field {
            NamedField::Team => &names.team,
            NamedField::State => &names.state,
            NamedField::Assignee => &names.assignee,
            NamedField::Delegate => &names.delegate,
            NamedField::Project => &names.project,
            NamedField::Milestone => &names.milestone,
            NamedField::Label(wanted) => {
                let label = fresh.label(wanted);
                return label.is_some_and(|label| label.id != self.id);
            }
        };
        name.as_ref().is_some_and(|name| name.id != self.id)
    }
}

/// Returns the expected name if the name in the request is the name of the cached entity, or else `None`.
fn expected_name<T: Resolvable>(
    field: NamedField,
    name: &Option<ResolvedName>,
    entities: &[Arc<T>],
) -> Option<ExpectedName> {
    let property = MatchedProperty::Name;
    expected_property(field, property, name, entities, |entity| entity.name())
}

/// Returns the expected name if the name in the request is the given property of the cached entity, or else `None`.
fn expected_property<T: Resolvable>(
    field: NamedField,
    property: MatchedProperty,
    name: &Option<ResolvedName>,
    entities: &[Arc<T>],
    value: impl Fn(&T) -> &str,
) -> Option<ExpectedName> {
    let ResolvedName { text, id } = name.as_ref()?;
    let entity = entities.iter().find(|entity| entity.id() == id)?;
    let cached = value(entity);
    (fold(T::query_name(text)) == fold(cached)).then(|| ExpectedName {
        field,
        property,
        id: id.clone(),
        cached: cached.to_owned(),
    })
}

/// The names of a request, looked up again without the cache.
pub(super) struct FreshLookup {
    /// The entities that the look-up found.
    pub resolved: Resolved,
    /// The team in which the names are resolved.
    pub team: Option<Arc<Team>>,
    /// The names with the ids that they have now.
    pub names: ResolvedNames,
}

impl FreshLookup {
    /// Returns the label to which the name belongs now, unless it is a group, which no issue can have.
    fn label(&self, wanted: &LabelName) -> Option<Arc<Label>> {
        let team = self.team.as_deref();
        let labels = self.resolved.usable(team);
        match find(wanted, &labels, team, MatchMode::Whole) {
            MatchResult::One(found) if !found.item.is_group => Some(found.item),
            _ => None,
        }
    }
}

/// Checks the issue in the response to a write against the expected names, corrects it where a name belongs to another
/// entity now, and warns of each renamed entity. Returns the issue after the correction, or [`Written::Unread`] if the
/// corrected issue cannot be read.
///
/// `look_up` looks the names of the request up without the cache; it is called only if an entity was renamed.
/// `kept_labels` are the ids of the labels that the issue had before the write and keeps.
pub(super) async fn verify_names<F>(
    cx: &Context<'_>,
    issue: Issue,
    names: ExpectedNames,
    kept_labels: &[String],
    look_up: impl FnOnce() -> F,
) -> Written<Issue>
where
    F: Future<Output = Result<FreshLookup, Error>>,
{
    // The names whose entity the issue shows under another name, each with the other name.
    let renamed = names.0.iter().filter_map(|name| {
        let shown = name.shown_by(&issue)?;
        (shown != name.cached).then(|| (name.clone(), shown))
    });
    let renamed: Vec<(ExpectedName, String)> = renamed.collect();
    if renamed.is_empty() {
        return Written::Entity(issue);
    }
    let fresh = look_up().await.ok();
    let correction = fresh.as_ref();
    let correction = correction.map(|fresh| names.correction(&renamed, kept_labels, fresh));
    let correction = correction.filter(|input| *input != IssueUpdateInput::default());
    let is_corrected = correction.is_some();
    let (written, warning_end) = match correction {
        None => (Written::Entity(issue), String::new()),
        Some(input) => {
            let query = IssueGet::alone(&issue.id);
            let id = issue.id.clone();
            let mutation = Part::of::<IssueUpdate>(issue_update::Variables { id, input });
            let written = write::change::<IssueUpdate>(cx, mutation, query, Expected::Input).await;
            // The response to the correction lacks the attachments.
            let attachments = issue.attachments.clone();
            let corrected = written.map(|written| match written {
                Written::Entity(after) => Written::Entity(Issue {
                    attachments,
                    ..after
                }),
                Written::Unread => Written::Unread,
            });
            changes::corrected("issue", issue, corrected)
        }
    };
    for (name, shown) in &renamed {
        let means_another = fresh
            .as_ref()
            .is_some_and(|fresh| name.means_another_entity(fresh));
        let end = if is_corrected && means_another {
            &warning_end
        } else {
            ""
        };
        Renamed::new(name.field.noun(), &name.cached, shown).warn(cx, end);
    }
    written
}

//! The answer to a write of an issue, held against the names that the session took for ids.
//!
//! Somebody may have renamed a state, a label or a person, or given a team another key or a person another e-mail address,
//! since the session remembered it. Then an id that the name
//! stood for is a thing of another name by now, which Linear's answer shows. What the request's words mean is then looked
//! up afresh: where that is another thing, the issue is corrected once; where it is the same or none, the caller is told
//! the new name. As long as all names agree, this costs nothing.

use std::sync::Arc;

use crate::cache::fold;
use crate::error::Error;
use crate::linear::client::Expected;
use crate::linear::compose::Part;
use crate::linear::documents::{IssueGet, IssueUpdate, issue_update};
use crate::linear::failure::Failure;
use crate::linear::model::{Issue, Label, Named, Team};
use crate::linear::scalars::IssueUpdateInput;
use crate::operations::changes::{self, Renamed};
use crate::operations::label::{Ensured, Origin};
use crate::operations::write::{self, Written};
use crate::params::{LabelName, Ref};
use crate::patch::Patch;
use crate::resolve::label::{MatchMode, find};
use crate::resolve::{MatchResult, Resolvable, Resolved, is_uuid};
use crate::session::Context;

/// The names of a request, each with the id that it was taken for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Meanings {
    /// The team, where the request names it.
    pub team: Option<Meaning>,
    /// The workflow state.
    pub state: Option<Meaning>,
    /// Who does it.
    pub assignee: Option<Meaning>,
    /// The project.
    pub project: Option<Meaning>,
    /// The milestone.
    pub milestone: Option<Meaning>,
}

/// A word of a request, and the id that it was taken for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Meaning {
    word: String,
    id: String,
}

impl Meaning {
    /// The word with the id, where the request has one.
    pub(super) fn of(word: Option<&Ref>, id: &Patch<String>) -> Option<Self> {
        Some(Self {
            word: word?.as_str().to_owned(),
            id: id.value()?.clone(),
        })
    }
}

/// What a name names.
#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Team,
    State,
    Assignee,
    Project,
    Milestone,
    /// A label, with the name by which it was asked for.
    Label(LabelName),
}

impl Kind {
    /// The word for it.
    fn word(&self) -> &'static str {
        match self {
            Self::Team => "team",
            Self::State => "state",
            Self::Assignee => "assignee",
            Self::Project => "project",
            Self::Milestone => "milestone",
            Self::Label(_) => "label",
        }
    }
}

/// Which of its names an entity was called by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Name,
    /// The key of a team.
    Key,
    /// The e-mail address of a person.
    Email,
}

/// A name that a write went by, with the id and the name of the entity as the session knew it.
#[derive(Clone, Debug)]
struct Name {
    kind: Kind,
    by: By,
    id: String,
    known: String,
}

/// The names that a write went by: those by which an entity was called, and not its id, its type or a part of its name.
#[derive(Debug, Default)]
pub(super) struct Names(Vec<Name>);

impl Names {
    /// The names of a request as the session knew them, and those of the labels that were found and not made.
    pub(super) fn of(known: &Resolved, meanings: &Meanings, labels: &[Ensured]) -> Self {
        let (teams, users) = (&known.teams.items, &known.users.items);
        let key = || named_by(Kind::Team, By::Key, &meanings.team, teams, |of| &of.key);
        let email = || {
            let who = &meanings.assignee;
            named_by(Kind::Assignee, By::Email, who, users, |of| &of.email)
        };
        let named = [
            named(Kind::Team, &meanings.team, teams).or_else(key),
            named(Kind::State, &meanings.state, &known.states.items),
            named(Kind::Assignee, &meanings.assignee, users).or_else(email),
            named(Kind::Project, &meanings.project, &known.projects.items),
            named(
                Kind::Milestone,
                &meanings.milestone,
                &known.milestones.items,
            ),
        ];
        let labels = labels.iter().filter_map(|ensured| match &ensured.outcome {
            Ok((label, Origin::Found)) if !is_uuid(ensured.wanted.as_str()) => Some(Name {
                kind: Kind::Label(ensured.wanted.clone()),
                by: By::Name,
                id: label.id.clone(),
                known: label.name.clone(),
            }),
            _ => None,
        });
        Self(named.into_iter().flatten().chain(labels).collect())
    }

    /// Those whose entity the issue shows under another name, with that name.
    fn renamed(&self, issue: &Issue) -> Vec<(Name, String)> {
        let renamed = self.0.iter().filter_map(|name| {
            let shown = name.shown_by(issue)?;
            (shown != name.known).then(|| (name.clone(), shown))
        });
        renamed.collect()
    }
}

impl Name {
    /// The name of the entity with that id as the issue shows it.
    fn shown_by(&self, issue: &Issue) -> Option<String> {
        let (id, name) = match &self.kind {
            Kind::Team if self.by == By::Key => (&issue.team.id, &issue.team.key),
            Kind::Team => (&issue.team.id, &issue.team.name),
            Kind::State => (&issue.state.id, &issue.state.name),
            Kind::Assignee if self.by == By::Email => {
                let user = issue.assignee.as_ref()?;
                (&user.id, user.email.as_ref()?)
            }
            Kind::Assignee => issue.assignee.as_ref().map(|user| (&user.id, &user.name))?,
            Kind::Project => id_and_name(issue.project.as_ref())?,
            Kind::Milestone => id_and_name(issue.project_milestone.as_ref())?,
            Kind::Label(_) => {
                let mut labels = issue.labels.nodes.iter();
                let label = labels.find(|label| label.id == self.id)?;
                (&label.id, &label.name)
            }
        };
        (*id == self.id).then(|| name.clone())
    }

    /// Whether the name means another entity than it was taken for.
    fn means_another(&self, fresh: &Fresh) -> bool {
        let meanings = &fresh.meanings;
        let meaning = match &self.kind {
            Kind::Team => &meanings.team,
            Kind::State => &meanings.state,
            Kind::Assignee => &meanings.assignee,
            Kind::Project => &meanings.project,
            Kind::Milestone => &meanings.milestone,
            Kind::Label(wanted) => {
                let label = fresh.label(wanted);
                return label.is_some_and(|label| label.id != self.id);
            }
        };
        let meaning = meaning.as_ref();
        meaning.is_some_and(|meaning| meaning.id != self.id)
    }
}

fn id_and_name(entity: Option<&Named>) -> Option<(&String, &String)> {
    entity.map(|entity| (&entity.id, &entity.name))
}

/// The name of what a word was taken for among these, where the word is the name under which the session knows it.
fn named<T: Resolvable>(kind: Kind, meaning: &Option<Meaning>, items: &[Arc<T>]) -> Option<Name> {
    named_by(kind, By::Name, meaning, items, |entity| entity.name())
}

/// As [`named`], where the session knows what was taken by another name than its first.
fn named_by<T: Resolvable>(
    kind: Kind,
    by: By,
    meaning: &Option<Meaning>,
    items: &[Arc<T>],
    name: impl Fn(&T) -> &str,
) -> Option<Name> {
    let Meaning { word, id } = meaning.as_ref()?;
    let entity = items.iter().find(|entity| entity.id() == id)?;
    let known = name(entity);
    (fold(T::query_name(word)) == fold(known)).then(|| Name {
        kind,
        by,
        id: id.clone(),
        known: known.to_owned(),
    })
}

/// What the words of a request mean when Linear is asked afresh.
pub(super) struct Fresh {
    /// Everything that is known.
    pub known: Resolved,
    /// The team in which names mean something.
    pub team: Option<Arc<Team>>,
    /// The names with their ids.
    pub meanings: Meanings,
}

impl Fresh {
    /// The label that the name means, if it is one that an issue can have.
    fn label(&self, wanted: &LabelName) -> Option<Arc<Label>> {
        let team = self.team.as_deref();
        match find(wanted, &self.known.usable(team), team, MatchMode::Whole) {
            MatchResult::One(found) if !found.item.is_group => Some(found.item),
            _ => None,
        }
    }
}

/// Holds the issue, as a write answered it, against the names that the write went by, and corrects it where the words of
/// the request mean another thing. `look_up` asks Linear afresh what they mean. `kept` are the ids of the labels that the
/// issue had before and keeps. A correction that was made and cannot be read is [`Written::Unread`].
pub(super) async fn verified<F>(
    cx: &Context<'_>,
    issue: Issue,
    names: Names,
    kept: &[String],
    lookup_only: impl FnOnce() -> F,
) -> Written<Issue>
where
    F: Future<Output = Result<Fresh, Error>>,
{
    let renamed = names.renamed(&issue);
    if renamed.is_empty() {
        return Written::Entity(issue);
    }
    let fresh = lookup_only().await.ok();
    let correction = fresh.as_ref();
    let correction = correction.map(|fresh| correction_of(&names, &renamed, kept, fresh));
    let correction = correction.filter(|input| *input != IssueUpdateInput::default());
    let is_corrected = correction.is_some();
    let (written, end) = match correction {
        None => (Written::Entity(issue), String::new()),
        Some(input) => {
            let correction = correct(cx, &issue, input).await;
            changes::corrected("issue", issue, correction)
        }
    };
    for (name, shown) in &renamed {
        let means_another = fresh
            .as_ref()
            .is_some_and(|fresh| name.means_another(fresh));
        let end = if is_corrected && means_another {
            &end
        } else {
            ""
        };
        Renamed::new(name.kind.word(), &name.known, shown).warn(cx, end);
    }
    written
}

/// Changes the issue, and returns it with the attachments that it had: the answer to a change does not hold them.
async fn correct(
    cx: &Context<'_>,
    issue: &Issue,
    input: IssueUpdateInput,
) -> Result<Written<Issue>, Failure> {
    let query = IssueGet::alone(&issue.id);
    let id = issue.id.clone();
    let part = Part::of::<IssueUpdate>(issue_update::Variables { id, input });
    let written = write::change::<IssueUpdate>(cx, part, query, Expected::Input).await?;
    Ok(match written {
        Written::Entity(after) => Written::Entity(Issue {
            attachments: issue.attachments.clone(),
            ..after
        }),
        Written::Unread => Written::Unread,
    })
}

/// What brings the issue to what the names mean afresh. With another team goes all that belongs to it, and with another
/// project its milestone.
fn correction_of(
    names: &Names,
    renamed: &[(Name, String)],
    kept: &[String],
    fresh: &Fresh,
) -> IssueUpdateInput {
    let mut input = IssueUpdateInput::default();
    let meanings = &fresh.meanings;
    let id = |meaning: &Option<Meaning>| Patch::from(meaning.as_ref().map(|of| of.id.clone()));
    let other = |kind: Kind| {
        let mut renamed = renamed.iter().filter(|(name, _)| name.kind == kind);
        renamed.any(|(name, _)| name.means_another(fresh))
    };
    let team = other(Kind::Team);
    let project = team || other(Kind::Project);
    if team {
        input.team_id = id(&meanings.team);
    }
    if team || other(Kind::State) {
        input.state_id = id(&meanings.state);
    }
    if other(Kind::Assignee) {
        input.assignee_id = id(&meanings.assignee);
    }
    if project {
        input.project_id = id(&meanings.project);
    }
    if project || other(Kind::Milestone) {
        input.project_milestone_id = id(&meanings.milestone);
    }
    let (mut add, mut remove) = (Vec::new(), Vec::new());
    for name in &names.0 {
        let Kind::Label(wanted) = &name.kind else {
            continue;
        };
        let is_renamed = renamed.iter().any(|(other, _)| other.id == name.id);
        let Some(label) = fresh.label(wanted).filter(|_| team || is_renamed) else {
            continue;
        };
        if label.id != name.id {
            add.push(label.id.clone());
            remove.extend(Some(name.id.clone()).filter(|id| !kept.contains(id)));
        }
    }
    remove.retain(|id| !add.contains(id));
    input.added_label_ids = Patch::from(Some(add).filter(|ids| !ids.is_empty()));
    input.removed_label_ids = Patch::from(Some(remove).filter(|ids| !ids.is_empty()));
    input
}

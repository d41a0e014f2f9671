//! Issues with their comments, attachments and relations, and the short forms in which an issue names other entities.

use serde::Deserialize;

use super::{Connection, Id, Label, NameOnly, Named};

/// A person as an issue or a comment names it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Person {
    /// The UUID.
    pub id: String,
    /// The full name.
    pub name: String,
    /// The e-mail address, where it is selected.
    pub email: Option<String>,
}

/// A workflow state as an issue names it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct StateRef {
    /// The UUID.
    pub id: String,
    /// The name.
    pub name: String,
    /// The type.
    #[serde(rename = "type")]
    pub kind: String,
}

/// A team as an issue names it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TeamRef {
    /// The UUID.
    pub id: String,
    /// The key.
    pub key: String,
    /// The name.
    pub name: String,
}

/// A label as an issue names it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct LabelRef {
    /// The UUID.
    pub id: String,
    /// The leaf name.
    pub name: String,
    /// `#rrggbb`.
    pub color: String,
    /// The group it belongs to.
    pub parent: Option<NameOnly>,
}

impl From<&LabelRef> for Label {
    /// The label as far as the issue tells: it is not a group, and only the name of its own group is known.
    fn from(label: &LabelRef) -> Self {
        Self {
            id: label.id.clone(),
            name: label.name.clone(),
            color: label.color.clone(),
            description: None,
            is_group: false,
            retired_at: None,
            parent: label.parent.as_ref().map(|group| Named {
                id: String::new(),
                name: group.name.clone(),
            }),
            team: None,
        }
    }
}

/// A cycle as an issue names it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct CycleRef {
    /// The UUID.
    pub id: String,
    /// Its number.
    pub number: f64,
    /// Its name.
    pub name: Option<String>,
}

/// An issue as another one names it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct IssueLink {
    /// The UUID.
    pub id: String,
    /// The identifier.
    pub identifier: String,
    /// The title.
    pub title: String,
}

/// An issue, as the fragment `IssueFields` selects it (or `IssueListFields`, with fewer labels), with what the reading
/// document adds.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Issue {
    /// The UUID.
    pub id: String,
    /// Team key and number.
    pub identifier: String,
    /// The title.
    pub title: String,
    /// Markdown.
    pub description: Option<String>,
    /// Its page.
    pub url: String,
    /// The branch name that Linear proposes, in the workspace's own format.
    pub branch_name: String,
    /// 0 none, 1 urgent, 2 high, 3 medium, 4 low.
    pub priority: f64,
    /// The priority's name.
    pub priority_label: String,
    /// Points on the team's scale.
    pub estimate: Option<f64>,
    /// The day it is due.
    pub due_date: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: String,
    /// When it was archived.
    pub archived_at: Option<String>,
    /// Whether it is in the trash; absent for no.
    pub trashed: Option<bool>,
    /// Its team.
    pub team: TeamRef,
    /// Its workflow state.
    pub state: StateRef,
    /// Who does it.
    pub assignee: Option<Person>,
    /// Who made it; integrations make issues too.
    pub creator: Option<Person>,
    /// Its project.
    pub project: Option<Named>,
    /// Its milestone within the project.
    pub project_milestone: Option<Named>,
    /// Its cycle.
    pub cycle: Option<CycleRef>,
    /// The issue it is a part of.
    pub parent: Option<IssueLink>,
    /// Its labels.
    pub labels: Connection<LabelRef>,
    /// Links to elsewhere, where they are selected.
    pub attachments: Option<Connection<Attachment>>,
    /// Its comments, where they are selected; Linear sends the newest first.
    pub comments: Option<Connection<Comment>>,
    /// Its sub-issues, where they are selected.
    pub children: Option<Connection<Child>>,
    /// Relations from it, where they are selected.
    pub relations: Option<Connection<Relation>>,
    /// Relations to it, where they are selected.
    pub inverse_relations: Option<Connection<Relation>>,
}

/// An issue's description, with the time by which a change of the issue is noticed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IssueText {
    /// The UUID.
    pub id: String,
    /// Team key and number.
    pub identifier: String,
    /// Markdown.
    pub description: Option<String>,
    /// When the issue last changed.
    pub updated_at: String,
    /// Whether it is in the trash; absent for no.
    pub trashed: Option<bool>,
}

/// Whether an issue is archived or in the trash.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IssueShelf {
    /// The UUID.
    pub id: String,
    /// Team key and number.
    pub identifier: String,
    /// The title.
    pub title: String,
    /// When it was archived; an issue in the trash is archived, too.
    pub archived_at: Option<String>,
    /// Whether it is in the trash; absent for no.
    pub trashed: Option<bool>,
}

/// An issue as a list shows it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IssueRow {
    /// The UUID.
    pub id: String,
    /// Team key and number.
    pub identifier: String,
    /// The title.
    pub title: String,
    /// 0 none, 1 urgent, 2 high, 3 medium, 4 low.
    pub priority: f64,
    /// When it last changed.
    pub updated_at: String,
    /// Whether it is in the trash; absent for no.
    pub trashed: Option<bool>,
    /// Its workflow state.
    pub state: StateName,
    /// Who does it.
    pub assignee: Option<NameOnly>,
    /// Its labels.
    pub labels: Connection<NameOnly>,
}

/// A workflow state without its id.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct StateName {
    /// The name.
    pub name: String,
    /// The type.
    #[serde(rename = "type")]
    pub kind: String,
}

/// A sub-issue as its parent shows it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Child {
    /// The UUID.
    pub id: String,
    /// Team key and number.
    pub identifier: String,
    /// The title.
    pub title: String,
    /// 0 none, 1 urgent, 2 high, 3 medium, 4 low.
    pub priority: f64,
    /// Its workflow state.
    pub state: StateRef,
    /// Who does it.
    pub assignee: Option<Person>,
}

/// An issue of which only the labels are selected.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct IssueLabels {
    /// A page of the issue's labels.
    pub labels: Connection<LabelRef>,
}

/// An issue of which only the links are selected.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct IssueAttachments {
    /// A page of the issue's links.
    pub attachments: Connection<Attachment>,
}

/// A link from an issue to elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// The UUID.
    pub id: String,
    /// What is shown.
    pub title: String,
    /// What is shown below it.
    pub subtitle: Option<String>,
    /// Where it leads.
    pub url: String,
    /// The integration that maintains the link, such as `github`; `api` for a plain link. Absent where it is not selected.
    pub source_type: Option<String>,
}

/// An issue of which only the comments are selected; Linear sends the newest first.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct IssueComments {
    /// A page of the issue's comments.
    pub comments: Connection<Comment>,
}

/// A comment.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Comment {
    /// The UUID.
    pub id: String,
    /// Markdown.
    pub body: String,
    /// When it was written.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: String,
    /// When its thread was resolved.
    pub resolved_at: Option<String>,
    /// Its place on the issue's page.
    pub url: String,
    /// Who wrote it.
    pub user: Option<Person>,
    /// The integration that wrote it.
    pub bot_actor: Option<BotActor>,
    /// The comment that this one replies to.
    pub parent: Option<Id>,
    /// The issue it is on, where it is selected.
    pub issue: Option<CommentIssue>,
}

/// The issue of a comment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CommentIssue {
    /// Team key and number.
    pub identifier: String,
    /// Whether it is in the trash; absent for no.
    pub trashed: Option<bool>,
}

/// An integration that acted in a person's stead.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct BotActor {
    /// Its name.
    pub name: Option<String>,
}

/// An issue at one end of a relation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct IssueEnd {
    /// The UUID.
    pub id: String,
    /// Team key and number.
    pub identifier: String,
    /// The title.
    pub title: String,
    /// Its workflow state.
    pub state: StateName,
}

/// A relation between two issues (`linear/api.md` §6, "Relations"): `issue` blocks, duplicates or is related to `related_issue`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Relation {
    /// The UUID.
    pub id: String,
    /// `blocks`, `duplicate`, `related` or `similar`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The issue whose `relations` list this relation.
    pub issue: IssueEnd,
    /// The issue whose `inverseRelations` list this relation.
    pub related_issue: IssueEnd,
}

/// An issue with its relations both ways.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Related {
    /// The UUID.
    pub id: String,
    /// Team key and number.
    pub identifier: String,
    /// The title.
    pub title: String,
    /// Its workflow state.
    pub state: StateName,
    /// Relations from this issue.
    pub relations: Connection<Relation>,
    /// Relations to this issue.
    pub inverse_relations: Connection<Relation>,
}

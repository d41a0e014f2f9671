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
    /// The group that the label belongs to.
    pub parent: Option<NameOnly>,
}

impl From<&LabelRef> for Label {
    /// Makes a label from the fields that an issue has of it: the label is not a group, and only the name of its group is known.
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
    /// The number of the cycle within the team.
    pub number: f64,
    /// The name, if somebody gave the cycle a name.
    pub name: Option<String>,
}

/// An issue as another issue or a document names it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct IssueLink {
    /// The UUID.
    pub id: String,
    /// The identifier.
    pub identifier: String,
    /// The title.
    pub title: String,
}

/// An issue with the fields that the fragment `IssueFields` selects (or `IssueListFields`, with fewer labels), and with the lists that
/// a document selects besides.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Issue {
    /// The UUID.
    pub id: String,
    /// The identifier: the key of the team and a number, such as `ENG-12`.
    pub identifier: String,
    /// The title.
    pub title: String,
    /// Markdown.
    pub description: Option<String>,
    /// The address of the issue's page.
    pub url: String,
    /// The branch name that Linear proposes, in the workspace's own format.
    pub branch_name: String,
    /// 0 none, 1 urgent, 2 high, 3 medium, 4 low.
    pub priority: f64,
    /// The priority's name.
    pub priority_label: String,
    /// Points on the team's scale.
    pub estimate: Option<f64>,
    /// The day on which the issue is due.
    pub due_date: Option<String>,
    /// When the issue was created.
    pub created_at: String,
    /// When the issue last changed.
    pub updated_at: String,
    /// When the issue was archived.
    pub archived_at: Option<String>,
    /// Whether the issue is in the trash; absent for no.
    pub trashed: Option<bool>,
    /// The team of the issue.
    pub team: TeamRef,
    /// The workflow state of the issue.
    pub state: StateRef,
    /// The user who works on the issue.
    pub assignee: Option<Person>,
    /// The app user to whom the issue is delegated.
    pub delegate: Option<Person>,
    /// The moment until which the issue is snoozed.
    pub snoozed_until_at: Option<String>,
    /// The user who created the issue, if a user did; integrations create issues, too.
    pub creator: Option<Person>,
    /// The project of the issue.
    pub project: Option<Named>,
    /// The milestone of the issue within the project.
    pub project_milestone: Option<Named>,
    /// The cycle of the issue.
    pub cycle: Option<CycleRef>,
    /// The parent of the issue.
    pub parent: Option<IssueLink>,
    /// The labels of the issue.
    pub labels: Connection<LabelRef>,
    /// The attachments (links to other places), where they are selected.
    pub attachments: Option<Connection<Attachment>>,
    /// The comments on the issue, where they are selected; Linear sends the newest first.
    pub comments: Option<Connection<Comment>>,
    /// The sub-issues, where they are selected.
    pub children: Option<Connection<Child>>,
    /// The users who are told of changes, where they are selected.
    pub subscribers: Option<Connection<Named>>,
    /// The relations from this issue to others, where they are selected.
    pub relations: Option<Connection<Relation>>,
    /// The relations from others to this issue, where they are selected.
    pub inverse_relations: Option<Connection<Relation>>,
}

/// An issue's description, with the time of the issue's last change, by which a later change is noticed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IssueText {
    /// The UUID.
    pub id: String,
    /// The identifier: the key of the team and a number, such as `ENG-12`.
    pub identifier: String,
    /// Markdown.
    pub description: Option<String>,
    /// When the issue last changed.
    pub updated_at: String,
    /// Whether the issue is in the trash; absent for no.
    pub trashed: Option<bool>,
}

/// An issue with its parent, its sub-issues, and the sub-issues of its parent.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IssueHierarchy {
    /// The issue itself.
    #[serde(flatten)]
    pub issue: IssueInHierarchy,
    /// The number of the issue within its team.
    pub number: f64,
    /// When the issue was created.
    pub created_at: String,
    /// The parent of the issue.
    pub parent: Option<ParentIssue>,
    /// The newest sub-issues, where they are selected.
    pub children: Option<Connection<IssueInHierarchy>>,
}

/// The parent of an issue, with its sub-issues.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParentIssue {
    /// The parent itself.
    #[serde(flatten)]
    pub issue: IssueInHierarchy,
    /// The attachments of the parent, where they are selected.
    pub attachments: Option<Connection<Attachment>>,
    /// What orders the newest 250 sub-issues of the parent.
    pub order: Connection<IssueOrder>,
    /// The newest sub-issues of the parent, where they are selected.
    pub newest: Option<Connection<IssueInHierarchy>>,
}

/// What orders an issue among the sub-issues of its parent.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IssueOrder {
    /// The UUID.
    pub id: String,
    /// The number of the issue within its team.
    pub number: f64,
    /// When the issue was created.
    pub created_at: String,
}

/// An issue in a hierarchy: a parent, a sibling or a sub-issue.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IssueInHierarchy {
    /// The UUID.
    pub id: String,
    /// The identifier: the key of the team and a number, such as `ENG-12`.
    pub identifier: String,
    /// The title.
    pub title: String,
    /// Markdown.
    pub description: Option<String>,
    /// When the issue was archived.
    pub archived_at: Option<String>,
    /// Whether the issue is in the trash; absent for no.
    pub trashed: Option<bool>,
    /// The workflow state of the issue.
    pub state: StateName,
}

/// Whether an issue is archived or in the trash.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IssueShelf {
    /// The UUID.
    pub id: String,
    /// The identifier: the key of the team and a number, such as `ENG-12`.
    pub identifier: String,
    /// The title.
    pub title: String,
    /// When the issue was archived; an issue in the trash is archived, too.
    pub archived_at: Option<String>,
    /// Whether the issue is in the trash; absent for no.
    pub trashed: Option<bool>,
}

/// An issue as a list shows it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IssueRow {
    /// The UUID.
    pub id: String,
    /// The identifier: the key of the team and a number, such as `ENG-12`.
    pub identifier: String,
    /// The title.
    pub title: String,
    /// 0 none, 1 urgent, 2 high, 3 medium, 4 low.
    pub priority: f64,
    /// When the issue last changed.
    pub updated_at: String,
    /// Whether the issue is in the trash; absent for no.
    pub trashed: Option<bool>,
    /// The workflow state of the issue.
    pub state: StateName,
    /// The user who works on the issue; without the id unless it is selected.
    pub assignee: Option<PersonName>,
    /// The labels of the issue.
    pub labels: Connection<NameOnly>,
    /// The project of the issue, where it is selected.
    pub project: Option<Named>,
    /// The cycle of the issue, where it is selected.
    pub cycle: Option<CycleRef>,
}

/// A person as a row of a list names it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PersonName {
    /// The UUID, where it is selected.
    pub id: Option<String>,
    /// The full name.
    pub name: String,
}

/// An issue as it is counted: its id and, where they are selected, the fields by which issues are grouped.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct IssueKey {
    /// The UUID.
    pub id: String,
    /// The identifier: the key of the team and a number, such as `ENG-12`.
    pub identifier: Option<String>,
    /// 0 none, 1 urgent, 2 high, 3 medium, 4 low.
    pub priority: Option<f64>,
    /// The workflow state of the issue.
    pub state: Option<StateName>,
    /// The user who works on the issue.
    pub assignee: Option<PersonName>,
    /// The project of the issue.
    pub project: Option<Named>,
    /// The cycle of the issue.
    pub cycle: Option<CycleRef>,
    /// The labels of the issue.
    #[serde(default)]
    pub labels: Connection<NameOnly>,
}

/// A page of the issues of a custom view.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IssueView<T> {
    /// The name of the view.
    pub name: String,
    /// The type of the entities that the view lists. A view that lists no issues has an empty page.
    pub model_name: String,
    /// The page.
    pub issues: Connection<T>,
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
    /// The identifier: the key of the team and a number, such as `ENG-12`.
    pub identifier: String,
    /// The title.
    pub title: String,
    /// 0 none, 1 urgent, 2 high, 3 medium, 4 low.
    pub priority: f64,
    /// The workflow state of the issue.
    pub state: StateRef,
    /// The user who works on the issue.
    pub assignee: Option<Person>,
}

/// An issue of which only its names are selected.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct IssueName {
    /// The UUID.
    pub id: String,
    /// The identifier: the key of the team and a number, such as `ENG-12`.
    pub identifier: String,
}

/// An issue of which only the subscribers are selected.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct IssueSubscribers {
    /// A page of the issue's subscribers.
    pub subscribers: Connection<Named>,
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

/// An attachment: a link from an issue to another place.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// The UUID.
    pub id: String,
    /// The text of the link.
    pub title: String,
    /// The text below the link.
    pub subtitle: Option<String>,
    /// The address that the link leads to.
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

/// An issue as a list shows it, with its history and the lists that are selected besides.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IssueHistory {
    /// The issue as it is now.
    #[serde(flatten)]
    pub row: IssueRow,
    /// When the issue was created.
    pub created_at: String,
    /// The user who created the issue, if a user did.
    pub creator: Option<NameOnly>,
    /// A page of the changes, where it is selected; Linear sends the newest first.
    pub history: Option<Connection<HistoryEntry>>,
    /// The comments on the issue, where they are selected; Linear sends the newest first.
    pub comments: Option<Connection<Comment>>,
    /// The times that the issue spent in its states, where they are selected, in no order that is known.
    pub state_history: Option<Connection<StateSpan>>,
}

/// What one person or integration changed on an issue at one time. A field that was not changed has neither an old nor
/// a new value.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    /// When the change was made.
    pub created_at: String,
    /// The user who made the change, if a user did.
    pub actor: Option<NameOnly>,
    /// The integration that made the change.
    pub bot_actor: Option<BotActor>,
    /// The users who changed the description.
    pub description_updated_by: Option<Vec<NameOnly>>,
    /// The workflow state before the change.
    pub from_state: Option<NameOnly>,
    /// The workflow state after the change.
    pub to_state: Option<NameOnly>,
    /// The assignee before the change.
    pub from_assignee: Option<NameOnly>,
    /// The assignee after the change.
    pub to_assignee: Option<NameOnly>,
    /// The app user that worked on the issue before the change.
    pub from_delegate: Option<NameOnly>,
    /// The app user that works on the issue after the change.
    pub to_delegate: Option<NameOnly>,
    /// The priority before the change, 0 to 4.
    pub from_priority: Option<f64>,
    /// The priority after the change, 0 to 4.
    pub to_priority: Option<f64>,
    /// The estimate before the change.
    pub from_estimate: Option<f64>,
    /// The estimate after the change.
    pub to_estimate: Option<f64>,
    /// The project before the change.
    pub from_project: Option<NameOnly>,
    /// The project after the change.
    pub to_project: Option<NameOnly>,
    /// The milestone before the change.
    pub from_project_milestone: Option<NameOnly>,
    /// The milestone after the change.
    pub to_project_milestone: Option<NameOnly>,
    /// The cycle before the change.
    pub from_cycle: Option<CycleName>,
    /// The cycle after the change.
    pub to_cycle: Option<CycleName>,
    /// The parent before the change.
    pub from_parent: Option<IdentifierOnly>,
    /// The parent after the change.
    pub to_parent: Option<IdentifierOnly>,
    /// The team before the change.
    pub from_team: Option<NameOnly>,
    /// The team after the change.
    pub to_team: Option<NameOnly>,
    /// The title before the change.
    pub from_title: Option<String>,
    /// The title after the change.
    pub to_title: Option<String>,
    /// The due date before the change.
    pub from_due_date: Option<String>,
    /// The due date after the change.
    pub to_due_date: Option<String>,
    /// The labels that were added.
    pub added_labels: Option<Vec<NameOnly>>,
    /// The labels that were removed.
    pub removed_labels: Option<Vec<NameOnly>>,
    /// Whether the description was changed.
    pub updated_description: Option<bool>,
    /// The relations that were added, removed or changed.
    pub relation_changes: Option<Vec<RelationChange>>,
    /// The id of the link that was added or removed.
    pub attachment_id: Option<String>,
    /// The link that was added or removed; absent where it is gone.
    pub attachment: Option<TitleOnly>,
    /// Whether the issue was archived (`true`) or taken out of the archive (`false`).
    pub archived: Option<bool>,
    /// Whether the issue was moved to the trash (`true`) or taken out of it (`false`).
    pub trashed: Option<bool>,
}

/// A cycle without its id.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct CycleName {
    /// The number of the cycle within the team.
    pub number: f64,
    /// The name, if somebody gave the cycle a name.
    pub name: Option<String>,
}

/// An issue of which only the identifier is selected.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct IdentifierOnly {
    /// The identifier: the key of the team and a number, such as `ENG-12`.
    pub identifier: String,
}

/// A link of which only the title is selected.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TitleOnly {
    /// The text of the link.
    pub title: String,
}

/// A change of a relation between an issue and another issue.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RelationChange {
    /// The identifier of the other issue.
    pub identifier: String,
    /// Linear's code of the change, such as `ab` (`linear/api.md` §6, "History").
    #[serde(rename = "type")]
    pub kind: String,
}

/// A time that an issue spent in one state.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StateSpan {
    /// The UUID of the state.
    pub state_id: String,
    /// When the issue entered the state.
    pub started_at: String,
    /// When the issue left the state; absent while the issue is in it.
    pub ended_at: Option<String>,
    /// The state; absent where it is gone.
    pub state: Option<NameOnly>,
}

/// An issue with a page of the comments that the caller wrote on it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct OwnComments {
    /// The UUID.
    pub id: String,
    /// The identifier: the key of the team and a number, such as `ENG-12`.
    pub identifier: String,
    /// Whether the issue is in the trash; absent for no.
    pub trashed: Option<bool>,
    /// The page of comments, the newest first.
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
    /// When the comment was written.
    pub created_at: String,
    /// When the comment last changed.
    pub updated_at: String,
    /// When the thread of the comment was resolved.
    pub resolved_at: Option<String>,
    /// The address of the comment on the issue's page.
    pub url: String,
    /// The user who wrote the comment.
    pub user: Option<Person>,
    /// The integration that wrote the comment.
    pub bot_actor: Option<BotActor>,
    /// The comment that this comment replies to.
    pub parent: Option<Id>,
    /// The issue of the comment, where it is selected.
    pub issue: Option<CommentIssue>,
}

/// The issue of a comment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CommentIssue {
    /// The identifier: the key of the team and a number, such as `ENG-12`.
    pub identifier: String,
    /// Whether the issue is in the trash; absent for no.
    pub trashed: Option<bool>,
}

/// An integration that acted in place of a user.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct BotActor {
    /// The name of the integration.
    pub name: Option<String>,
}

/// An issue at one end of a relation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct IssueEnd {
    /// The UUID.
    pub id: String,
    /// The identifier: the key of the team and a number, such as `ENG-12`.
    pub identifier: String,
    /// The title.
    pub title: String,
    /// The workflow state of the issue.
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

/// The place of an issue in the manual order.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderedIssue {
    /// The UUID.
    pub id: String,
    /// The number by which Linear sorts; lower numbers come first.
    pub sort_order: f64,
}

/// The place of an issue in the manual order of its team.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IssueSortOrder {
    /// The UUID.
    pub id: String,
    /// The identifier: the key of the team and a number, such as `ENG-12`.
    pub identifier: String,
    /// The number by which Linear sorts; lower numbers come first.
    pub sort_order: f64,
    /// The team of the issue.
    pub team: super::TeamKey,
    /// The workflow state of the issue.
    pub state: StateType,
}

/// The type of a workflow state.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct StateType {
    /// `backlog`, `started`, `completed`, ….
    #[serde(rename = "type")]
    pub kind: String,
}

/// An issue with its relations in both directions.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Related {
    /// The UUID.
    pub id: String,
    /// The identifier: the key of the team and a number, such as `ENG-12`.
    pub identifier: String,
    /// The title.
    pub title: String,
    /// The workflow state of the issue.
    pub state: StateName,
    /// The relations from this issue to others.
    pub relations: Connection<Relation>,
    /// The relations from others to this issue.
    pub inverse_relations: Connection<Relation>,
}

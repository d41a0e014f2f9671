//! The table of all GraphQL operations that this crate sends. The documents are in `documents/`, one file for each entity,
//! and are checked against the schema when the crate is built. The table gives each operation the type of its answer and
//! its cost.
//!
//! The derived modules hold the variables of each operation. Answers are read into the types of [`super::model`], which
//! all operations share, because graphql_client would derive its own types for every operation.

use graphql_client::GraphQLQuery;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::compose::{Cost, Costed, Part, RowCost};
use super::filter::Filter;
use super::model::{self, Connection};

/// An operation with the type of its answer.
pub(crate) trait Document: Costed {
    /// The root fields of the answer.
    type Answer: DeserializeOwned;
}

/// An operation that returns one page of a list of entities by filter.
pub(crate) trait Listing: Document {
    /// The type of the entities.
    type Node;

    /// Returns the request for one page: at most `first` (1 to 250) of the entities that match the filter, from the entity after
    /// the cursor `after` on.
    fn page(filter: Option<Filter>, first: i64, after: Option<String>) -> Part;

    /// Returns the page in the answer.
    fn connection(answer: Self::Answer) -> Connection<Self::Node>;

    /// Returns the request for the first entity that the filter matches. A miss is an empty list and not an error.
    fn one(filter: Filter) -> Part {
        Self::page(Some(filter), 1, None)
    }

    /// Returns the first entity on the page.
    fn first(answer: Self::Answer) -> Option<Self::Node> {
        Self::connection(answer).nodes.into_iter().next()
    }
}

/// A mutation of one entity. Its document gives the changed entity the alias `entity`, so that the write engine reads all
/// payloads alike.
pub(crate) trait Mutation: GraphQLQuery {
    /// The type of the changed entity.
    type Made: DeserializeOwned;
}

/// A cost in tenths of a complexity point. `1925 + 27 * attachments if withAttachments` is 192.5 points, and when the variable
/// `withAttachments` is true, 2.7 points more for each row that the variable `attachments` asks for.
macro_rules! cost {
    ($tenths:literal * $($rest:tt)+) => {
        cost!(0 + $tenths * $($rest)+)
    };
    ($fixed:literal $(+ $tenths:literal * $size:ident $(if $switch:ident)?)*) => {
        Cost {
            fixed: $fixed,
            rows: &[$(RowCost {
                tenths: $tenths,
                size: stringify!($size),
                switches: &[$(stringify!($switch))?],
            }),*],
        }
    };
}

/// Derives the operation of that name in a file, and declares what it costs.
macro_rules! operation {
    ($name:ident, $file:tt, cost: $($cost:tt)+) => {
        #[derive(Clone, Copy, Debug, GraphQLQuery)]
        #[graphql(
                                            schema_path = "schema/client.graphql",
                                            query_path = $file,
                                            custom_scalars_module = "crate::linear::scalars",
                                            variables_derives = "Clone,Debug",
                                            skip_serializing_none
                                        )]
        pub(crate) struct $name;

        impl Costed for $name {
            const COST: Cost = cost!($($cost)+);
        }
    };
}

/// Derives an operation and the type of its answer: `Name, "file", { root field: type }, cost: …`.
macro_rules! document {
    ($name:ident, $answer:ident, $file:tt, { $root:ident: $type:ty }, cost: $($cost:tt)+) => {
        operation!($name, $file, cost: $($cost)+);

        /// The root of the answer.
        #[derive(Debug, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub(crate) struct $answer {
            pub(crate) $root: $type,
        }

        impl Document for $name {
            type Answer = $answer;
        }
    };
}

/// Derives an operation that lists entities, with the variables `filter`, `first` and `after` and no others.
macro_rules! listing {
    ($name:ident, $answer:ident, $module:ident, $file:tt, { $root:ident: $node:ty }, cost: $($cost:tt)+) => {
        document!($name, $answer, $file, { $root: Connection<$node> }, cost: $($cost)+);

        impl Listing for $name {
            type Node = $node;

            fn page(filter: Option<Filter>, first: i64, after: Option<String>) -> Part {
                Part::of::<Self>($module::Variables {
                    filter,
                    first,
                    after,
                })
            }

            fn connection(answer: Self::Answer) -> Connection<Self::Node> {
                answer.$root
            }
        }
    };
}

/// Derives a mutation: `Name, "file", the type of the changed entity, cost: …`.
macro_rules! mutation {
    ($name:ident, $file:tt, $made:ty, cost: $($cost:tt)+) => {
        operation!($name, $file, cost: $($cost)+);

        impl Mutation for $name {
            type Made = $made;
        }
    };
}

listing!(Teams, TeamsAnswer, teams, "src/linear/documents/team.graphql", { teams: model::Team }, cost: 42 * first);
listing!(States, StatesAnswer, states, "src/linear/documents/state.graphql", { workflow_states: model::State }, cost: 39 * first);
listing!(Labels, LabelsAnswer, labels, "src/linear/documents/label.graphql", { issue_labels: model::Label }, cost: 52 * first);
listing!(Users, UsersAnswer, users, "src/linear/documents/user.graphql", { users: model::User }, cost: 29 * first);
listing!(UsersAll, UsersAllAnswer, users_all, "src/linear/documents/user.graphql", { users: model::User }, cost: 29 * first);
listing!(Projects, ProjectsAnswer, projects, "src/linear/documents/project.graphql", { projects: model::Project }, cost: 308 * first);
listing!(ProjectNamesakes, ProjectNamesakesAnswer, project_namesakes, "src/linear/documents/project.graphql", { projects: model::Id }, cost: 23 * first);
listing!(ProjectsWhole, ProjectsWholeAnswer, projects_whole, "src/linear/documents/project.graphql", { projects: model::Project }, cost: 1627 * first);
listing!(ProjectLabels, ProjectLabelsAnswer, project_labels, "src/linear/documents/project.graphql", { project_labels: model::ProjectLabel }, cost: 38 * first);
listing!(Initiatives, InitiativesAnswer, initiatives, "src/linear/documents/project.graphql", { initiatives: model::Initiative }, cost: 26 * first);
listing!(CustomViews, CustomViewsAnswer, custom_views, "src/linear/documents/view.graphql", { custom_views: model::CustomView }, cost: 48 * first);
listing!(Cycles, CyclesAnswer, cycles, "src/linear/documents/cycle.graphql", { cycles: model::Cycle }, cost: 41 * first);
listing!(Milestones, MilestonesAnswer, milestones, "src/linear/documents/milestone.graphql", { project_milestones: model::Milestone }, cost: 36 * first);
listing!(IssuesWhole, IssuesWholeAnswer, issues_whole, "src/linear/documents/issue.graphql", { issues: model::Issue }, cost: 1951 * first);
listing!(OrderFromTop, OrderFromTopAnswer, order_from_top, "src/linear/documents/order.graphql", { issues: model::OrderedIssue }, cost: 24 * first);
listing!(OrderFromBottom, OrderFromBottomAnswer, order_from_bottom, "src/linear/documents/order.graphql", { issues: model::OrderedIssue }, cost: 24 * first);
listing!(Attachments, AttachmentsAnswer, attachments, "src/linear/documents/attachment.graphql", { attachments: model::Attachment }, cost: 27 * first);
listing!(Comments, CommentsAnswer, comments, "src/linear/documents/comment.graphql", { comments: model::Comment }, cost: 62 * first);

document!(Issues, IssuesAnswer, "src/linear/documents/issue.graphql", { issues: Connection<model::IssueRow> }, cost: 183 * first + 26 * first if grouped);
document!(IssuesFull, IssuesFullAnswer, "src/linear/documents/issue.graphql", { issues: Connection<model::Issue> }, cost: 426 * first);
document!(IssueKeys, IssueKeysAnswer, "src/linear/documents/issue.graphql", { issues: Connection<model::IssueKey> }, cost: 23 * first + 51 * first if grouped + 121 * first if labelled);
document!(ViewIssues, ViewIssuesAnswer, "src/linear/documents/view.graphql", { custom_view: model::IssueView<model::IssueRow> }, cost: 12 + 183 * first + 26 * first if grouped);
document!(ViewIssuesFull, ViewIssuesFullAnswer, "src/linear/documents/view.graphql", { custom_view: model::IssueView<model::Issue> }, cost: 12 + 426 * first);
document!(ViewIssueKeys, ViewIssueKeysAnswer, "src/linear/documents/view.graphql", { custom_view: model::IssueView<model::IssueKey> }, cost: 12 + 23 * first + 51 * first if grouped + 121 * first if labelled);
document!(NamedViewIssues, NamedViewIssuesAnswer, "src/linear/documents/view.graphql", { custom_views: Connection<model::IssueView<model::IssueRow>> }, cost: 12 + 183 * first + 26 * first if grouped);
document!(NamedViewIssuesFull, NamedViewIssuesFullAnswer, "src/linear/documents/view.graphql", { custom_views: Connection<model::IssueView<model::Issue>> }, cost: 12 + 426 * first);
document!(NamedViewIssueKeys, NamedViewIssueKeysAnswer, "src/linear/documents/view.graphql", { custom_views: Connection<model::IssueView<model::IssueKey>> }, cost: 12 + 23 * first + 51 * first if grouped + 121 * first if labelled);
document!(IssueComments, IssueCommentsAnswer, "src/linear/documents/comment.graphql", { issue: model::IssueComments }, cost: 10 + 73 * first);
document!(OwnComments, OwnCommentsAnswer, "src/linear/documents/comment.graphql", { issue: model::OwnComments }, cost: 13 + 50 * first);
document!(Documents, DocumentsAnswer, "src/linear/documents/document.graphql", { documents: Connection<model::Document> }, cost: 102 * first + 1 * first if withContent);
document!(IssueDocuments, IssueDocumentsAnswer, "src/linear/documents/document.graphql", { issue: model::IssueDocuments }, cost: 10 + 102 * first + 1 * first if withContent);
document!(DocumentSearch, DocumentSearchAnswer, "src/linear/documents/document.graphql", { search_documents: model::DocumentsFound }, cost: 102 * first + 1 * first if withContent);
document!(DocumentGet, DocumentGetAnswer, "src/linear/documents/document.graphql", { document: model::Document }, cost: 80);
document!(DocumentComments, DocumentCommentsAnswer, "src/linear/documents/document.graphql", { document: model::InlineComments }, cost: 1160);
document!(ProjectPage, ProjectPageAnswer, "src/linear/documents/project.graphql", { projects: Connection<model::Project> }, cost: 319 * first + 19 * first if full);
document!(ProjectStatuses, ProjectStatusesAnswer, "src/linear/documents/project.graphql", { project_statuses: Connection<model::ProjectStatus> }, cost: 26 * first);
document!(IssueAttachments, IssueAttachmentsAnswer, "src/linear/documents/attachment.graphql", { issue: model::IssueAttachments }, cost: 25);
document!(IssueLabels, IssueLabelsAnswer, "src/linear/documents/issue.graphql", { issue: model::IssueLabels }, cost: 10 + 36 * first);
document!(IssueSubscribers, IssueSubscribersAnswer, "src/linear/documents/subscriber.graphql", { issue: model::IssueSubscribers }, cost: 12 + 24 * first);
document!(IssueText, IssueTextAnswer, "src/linear/documents/issue.graphql", { issue: model::IssueText }, cost: 15);
document!(IssueSortOrder, IssueSortOrderAnswer, "src/linear/documents/order.graphql", { issue: model::IssueSortOrder }, cost: 36);
document!(IssueShelf, IssueShelfAnswer, "src/linear/documents/issue.graphql", { issue: model::IssueShelf }, cost: 15);
document!(Templates, TemplatesAnswer, "src/linear/documents/template.graphql", { templates: Vec<model::Template> }, cost: 25);
document!(SearchIssues, SearchIssuesAnswer, "src/linear/documents/search.graphql", { search_issues: model::Hits<model::IssueRow> }, cost: 184 * first + 26 * first if grouped);
document!(SearchIssueKeys, SearchIssueKeysAnswer, "src/linear/documents/search.graphql", { search_issues: model::Hits<model::IssueKey> }, cost: 24 * first + 51 * first if grouped + 121 * first if labelled);
document!(SearchIssuesFull, SearchIssuesFullAnswer, "src/linear/documents/search.graphql", { search_issues: model::Hits<model::Issue> }, cost: 427 * first);
document!(IssueRelations, IssueRelationsAnswer, "src/linear/documents/relation.graphql", { issue: model::Related }, cost: 14825);
document!(RelationGet, RelationGetAnswer, "src/linear/documents/relation.graphql", { issue_relation: model::Relation }, cost: 62);
document!(IssueHead, IssueHeadAnswer, "src/linear/documents/relation.graphql", { issue: model::IssueEnd }, cost: 25);
document!(IssueHistory, IssueHistoryAnswer, "src/linear/documents/issue.graphql", { issue: model::IssueHistory }, cost: 172 + 302 * first if withHistory + 73 * comments if withComments + 36 * states if withStates);
document!(IssueGet, IssueGetAnswer, "src/linear/documents/issue.graphql", { issue: model::Issue }, cost: 1939 + 27 * attachments if withAttachments + 73 * comments if withComments + 52 * children if withChildren + 148 * relations if withRelations);
document!(IssueHierarchy, IssueHierarchyAnswer, "src/linear/documents/issue.graphql", { issue: model::IssueHierarchy }, cost: 6308 + 27 * attachments if withAttachments + 28 * siblings if withSiblings + 40 * children if withChildren);

mutation!(IssueCreate, "src/linear/documents/issue.graphql", model::Issue, cost: 1950);
mutation!(IssueUpdate, "src/linear/documents/issue.graphql", model::Issue, cost: 1950);
mutation!(IssueDescribe, "src/linear/documents/issue.graphql", model::IssueText, cost: 26);
mutation!(IssueArchive, "src/linear/documents/issue.graphql", model::IssueShelf, cost: 26);
mutation!(IssueUnarchive, "src/linear/documents/issue.graphql", model::IssueShelf, cost: 26);
mutation!(IssueDelete, "src/linear/documents/issue.graphql", model::IssueShelf, cost: 26);
mutation!(IssueSubscribe, "src/linear/documents/subscriber.graphql", model::IssueName, cost: 23);
mutation!(IssueUnsubscribe, "src/linear/documents/subscriber.graphql", model::IssueName, cost: 23);
mutation!(IssueReminder, "src/linear/documents/subscriber.graphql", model::IssueName, cost: 23);
mutation!(RelationCreate, "src/linear/documents/relation.graphql", model::Relation, cost: 73);
mutation!(RelationDelete, "src/linear/documents/relation.graphql", String, cost: 12);
mutation!(LabelCreate, "src/linear/documents/label.graphql", model::Label, cost: 51);
mutation!(LabelUpdate, "src/linear/documents/label.graphql", model::Label, cost: 51);
mutation!(LabelRetire, "src/linear/documents/label.graphql", model::Label, cost: 51);
mutation!(LabelRestore, "src/linear/documents/label.graphql", model::Label, cost: 51);
mutation!(CommentCreate, "src/linear/documents/comment.graphql", model::Comment, cost: 73);
mutation!(CommentUpdate, "src/linear/documents/comment.graphql", model::Comment, cost: 61);
mutation!(CommentDelete, "src/linear/documents/comment.graphql", String, cost: 12);
mutation!(CommentResolve, "src/linear/documents/comment.graphql", model::Comment, cost: 61);
mutation!(CommentUnresolve, "src/linear/documents/comment.graphql", model::Comment, cost: 61);
mutation!(DocumentCreate, "src/linear/documents/document.graphql", model::Document, cost: 91);
mutation!(DocumentUpdate, "src/linear/documents/document.graphql", model::Document, cost: 91);
mutation!(ProjectCreate, "src/linear/documents/project.graphql", model::Project, cost: 1626);
mutation!(ProjectUpdate, "src/linear/documents/project.graphql", model::Project, cost: 1626);
mutation!(AttachmentCreate, "src/linear/documents/attachment.graphql", model::Attachment, cost: 26);
mutation!(AttachmentLinkPullRequest, "src/linear/documents/attachment.graphql", model::Attachment, cost: 26);
mutation!(AttachmentLinkGithubIssue, "src/linear/documents/attachment.graphql", model::Attachment, cost: 26);
mutation!(AttachmentLinkMergeRequest, "src/linear/documents/attachment.graphql", model::Attachment, cost: 26);
mutation!(AttachmentLinkSlack, "src/linear/documents/attachment.graphql", model::Attachment, cost: 26);

document!(WorkspaceKeys, WorkspaceKeysAnswer, "src/linear/documents/workspace.graphql", { organization: model::WorkspaceKeys }, cost: 12);
document!(ViewerIds, ViewerIdsAnswer, "src/linear/documents/user.graphql", { viewer: model::ViewerIds }, cost: 22);

operation!(IssuePlace, "src/linear/documents/place.graphql", cost: 36);
operation!(CommentPlace, "src/linear/documents/place.graphql", cost: 47);
operation!(DocumentPlace, "src/linear/documents/place.graphql", cost: 1271);
operation!(ProjectPlace, "src/linear/documents/place.graphql", cost: 1212);
operation!(LabelPlace, "src/linear/documents/place.graphql", cost: 24);
operation!(RelationPlace, "src/linear/documents/place.graphql", cost: 83);

document!(DoctorViewer, DoctorViewerAnswer, "src/linear/documents/doctor.graphql", { viewer: model::Viewer }, cost: 14);
document!(DoctorWorkspace, DoctorWorkspaceAnswer, "src/linear/documents/doctor.graphql", { organization: model::Workspace }, cost: 12);
document!(DoctorProbe, DoctorProbeAnswer, "src/linear/documents/doctor.graphql", { issue_relation_update: model::Probed }, cost: 11);

impl Listing for IssuesFull {
    type Node = model::Issue;

    /// The page holds archived issues, too.
    fn page(filter: Option<Filter>, first: i64, after: Option<String>) -> Part {
        Part::of::<Self>(issues_full::Variables {
            filter,
            first,
            after,
            order_by: None,
            sort: None,
            include_archived: Some(true),
        })
    }

    fn connection(answer: Self::Answer) -> Connection<Self::Node> {
        answer.issues
    }
}

impl Listing for Documents {
    type Node = model::Document;

    /// The page holds the documents' content, and archived documents, too.
    fn page(filter: Option<Filter>, first: i64, after: Option<String>) -> Part {
        Part::of::<Self>(documents::Variables {
            filter,
            first,
            after,
            include_archived: Some(true),
            with_content: true,
        })
    }

    fn connection(answer: Self::Answer) -> Connection<Self::Node> {
        answer.documents
    }
}

impl WorkspaceKeys {
    /// Returns the request for the names of the key's workspace in addresses.
    pub(crate) fn part() -> Part {
        Part::of::<Self>(workspace_keys::Variables)
    }
}

impl DocumentGet {
    /// Returns the request for a document by UUID or slug. Linear declines the request when there is no such document.
    pub(crate) fn of(id: &str) -> Part {
        Part::of::<Self>(document_get::Variables { id: id.to_owned() })
    }
}

impl Listing for ProjectStatuses {
    type Node = model::ProjectStatus;

    /// Returns the request for one page of all statuses. Linear takes no filter here: statuses are few, and belong to the workspace
    /// (`linear/api.md` §2).
    fn page(_: Option<Filter>, first: i64, after: Option<String>) -> Part {
        Part::of::<Self>(project_statuses::Variables { first, after })
    }

    fn connection(answer: Self::Answer) -> Connection<Self::Node> {
        answer.project_statuses
    }
}

impl Listing for Templates {
    type Node = model::Template;

    /// Returns the request for all templates. Linear takes neither a filter nor a size here (`linear/api.md` §1.1).
    fn page(_: Option<Filter>, _: i64, _: Option<String>) -> Part {
        Part::of::<Self>(templates::Variables)
    }

    fn connection(answer: Self::Answer) -> Connection<Self::Node> {
        Connection {
            nodes: answer.templates,
            ..Connection::default()
        }
    }
}

impl IssueSubscribers {
    /// The number of subscribers that are read; [`model::Connection::page_info`] tells whether there are more.
    const FIRST: i64 = 100;

    /// Returns the variables for the subscribers of an issue by identifier or UUID.
    pub(crate) fn variables(id: &str) -> issue_subscribers::Variables {
        issue_subscribers::Variables {
            id: id.to_owned(),
            first: Self::FIRST,
        }
    }
}

impl IssueGet {
    /// Returns the request for an issue by identifier or UUID, without attachments and other lists. Linear declines the request when
    /// there is no such issue.
    pub(crate) fn alone(id: &str) -> Part {
        Part::of::<Self>(Self::variables(id, None))
    }

    /// Returns the variables for an issue by identifier or UUID, with as many of its attachments as `attachments` says.
    pub(crate) fn variables(id: &str, attachments: Option<i64>) -> issue_get::Variables {
        issue_get::Variables {
            id: id.to_owned(),
            with_attachments: attachments.is_some(),
            attachments: attachments.unwrap_or(1),
            with_comments: false,
            comments: 1,
            with_children: false,
            children: 1,
            with_relations: false,
            relations: 1,
        }
    }
}

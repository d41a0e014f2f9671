//! Every GraphQL document that this crate sends: by entity in `documents/`, checked against the schema
//! when the crate is built, with the type that its answer is read into.
//!
//! The derived modules give each operation its variables. Answers are read into [`super::model`]'s types, which
//! all operations share: graphql_client would make each operation its own copy of them.

use graphql_client::GraphQLQuery;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::compose::Part;
use super::filter::Filter;
use super::model::{self, Connection};

/// An operation and what its answer is read into.
pub(crate) trait Document: GraphQLQuery {
    /// The root fields of its answer.
    type Answer: DeserializeOwned;
}

/// An operation that answers one page of a list of entities by filter.
pub(crate) trait Listing: Document {
    /// What the list holds.
    type Node;

    /// The request for one page: which entities, how many at most (1 to 250), after which cursor.
    fn page(filter: Option<Filter>, first: i64, after: Option<String>) -> Part;

    /// The page in the answer.
    fn connection(answer: Self::Answer) -> Connection<Self::Node>;

    /// The request for what the filter matches, or the first of it; a miss is an empty list and not an error.
    fn one(filter: Filter) -> Part {
        Self::page(Some(filter), 1, None)
    }

    /// The first on the page.
    fn first(answer: Self::Answer) -> Option<Self::Node> {
        Self::connection(answer).nodes.into_iter().next()
    }
}

/// An operation that changes one thing. Its document gives the changed thing the alias `made`, so that the write engine
/// reads all payloads alike.
pub(crate) trait Mutation: GraphQLQuery {
    /// The changed thing.
    type Made: DeserializeOwned;
}

/// Derives the operation of that name in a file.
macro_rules! operation {
    ($name:ident, $file:tt) => {
        #[derive(Clone, Copy, Debug, GraphQLQuery)]
        #[graphql(
                                            schema_path = "schema/client.graphql",
                                            query_path = $file,
                                            custom_scalars_module = "crate::linear::scalars",
                                            variables_derives = "Clone,Debug",
                                            skip_serializing_none
                                        )]
        pub(crate) struct $name;
    };
}

/// Ties the operation of that name in a file to its answer: `Name, "file", { root field: type }`.
macro_rules! document {
    ($name:ident, $answer:ident, $file:tt, { $root:ident: $type:ty }) => {
        operation!($name, $file);

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

/// A document with the variables `filter`, `first` and `after`, and nothing else.
macro_rules! listing {
    ($name:ident, $answer:ident, $module:ident, $file:tt, { $root:ident: $node:ty }) => {
        document!($name, $answer, $file, { $root: Connection<$node> });

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

/// A mutation: `Name, "file", the type of the changed thing`.
macro_rules! mutation {
    ($name:ident, $file:tt, $made:ty) => {
        operation!($name, $file);

        impl Mutation for $name {
            type Made = $made;
        }
    };
}

listing!(Teams, TeamsAnswer, teams, "src/linear/documents/team.graphql", { teams: model::Team });
listing!(States, StatesAnswer, states, "src/linear/documents/state.graphql", { workflow_states: model::State });
listing!(Labels, LabelsAnswer, labels, "src/linear/documents/label.graphql", { issue_labels: model::Label });
listing!(Users, UsersAnswer, users, "src/linear/documents/user.graphql", { users: model::User });
listing!(UsersAll, UsersAllAnswer, users_all, "src/linear/documents/user.graphql", { users: model::User });
listing!(Projects, ProjectsAnswer, projects, "src/linear/documents/project.graphql", { projects: model::Project });
listing!(ProjectNamesakes, ProjectNamesakesAnswer, project_namesakes, "src/linear/documents/project.graphql", { projects: model::Id });
listing!(ProjectsWhole, ProjectsWholeAnswer, projects_whole, "src/linear/documents/project.graphql", { projects: model::Project });
listing!(ProjectLabels, ProjectLabelsAnswer, project_labels, "src/linear/documents/project.graphql", { project_labels: model::ProjectLabel });
listing!(Initiatives, InitiativesAnswer, initiatives, "src/linear/documents/project.graphql", { initiatives: model::Initiative });
listing!(Cycles, CyclesAnswer, cycles, "src/linear/documents/cycle.graphql", { cycles: model::Cycle });
listing!(Milestones, MilestonesAnswer, milestones, "src/linear/documents/milestone.graphql", { project_milestones: model::Milestone });
listing!(IssuesWhole, IssuesWholeAnswer, issues_whole, "src/linear/documents/issue.graphql", { issues: model::Issue });
listing!(Attachments, AttachmentsAnswer, attachments, "src/linear/documents/attachment.graphql", { attachments: model::Attachment });
listing!(Comments, CommentsAnswer, comments, "src/linear/documents/comment.graphql", { comments: model::Comment });

document!(Issues, IssuesAnswer, "src/linear/documents/issue.graphql", { issues: Connection<model::IssueRow> });
document!(IssuesFull, IssuesFullAnswer, "src/linear/documents/issue.graphql", { issues: Connection<model::Issue> });
document!(IssueComments, IssueCommentsAnswer, "src/linear/documents/comment.graphql", { issue: model::IssueComments });
document!(Documents, DocumentsAnswer, "src/linear/documents/document.graphql", { documents: Connection<model::Document> });
document!(IssueDocuments, IssueDocumentsAnswer, "src/linear/documents/document.graphql", { issue: model::IssueDocuments });
document!(DocumentSearch, DocumentSearchAnswer, "src/linear/documents/document.graphql", { search_documents: model::DocumentsFound });
document!(DocumentGet, DocumentGetAnswer, "src/linear/documents/document.graphql", { document: model::Document });
document!(ProjectPage, ProjectPageAnswer, "src/linear/documents/project.graphql", { projects: Connection<model::Project> });
document!(ProjectStatuses, ProjectStatusesAnswer, "src/linear/documents/project.graphql", { project_statuses: Connection<model::ProjectStatus> });
document!(IssueAttachments, IssueAttachmentsAnswer, "src/linear/documents/attachment.graphql", { issue: model::IssueAttachments });
document!(IssueLabels, IssueLabelsAnswer, "src/linear/documents/issue.graphql", { issue: model::IssueLabels });
document!(IssueText, IssueTextAnswer, "src/linear/documents/issue.graphql", { issue: model::IssueText });
document!(IssueShelf, IssueShelfAnswer, "src/linear/documents/issue.graphql", { issue: model::IssueShelf });
document!(SearchIssues, SearchIssuesAnswer, "src/linear/documents/search.graphql", { search_issues: model::Hits<model::IssueRow> });
document!(SearchIssuesFull, SearchIssuesFullAnswer, "src/linear/documents/search.graphql", { search_issues: model::Hits<model::Issue> });
document!(IssueRelations, IssueRelationsAnswer, "src/linear/documents/relation.graphql", { issue: model::Related });
document!(RelationGet, RelationGetAnswer, "src/linear/documents/relation.graphql", { issue_relation: model::Relation });
document!(IssueHead, IssueHeadAnswer, "src/linear/documents/relation.graphql", { issue: model::IssueEnd });
document!(IssueGet, IssueGetAnswer, "src/linear/documents/issue.graphql", { issue: model::Issue });

mutation!(
    IssueCreate,
    "src/linear/documents/issue.graphql",
    model::Issue
);
mutation!(
    IssueUpdate,
    "src/linear/documents/issue.graphql",
    model::Issue
);
mutation!(
    IssueDescribe,
    "src/linear/documents/issue.graphql",
    model::IssueText
);
mutation!(
    IssueArchive,
    "src/linear/documents/issue.graphql",
    model::IssueShelf
);
mutation!(
    IssueUnarchive,
    "src/linear/documents/issue.graphql",
    model::IssueShelf
);
mutation!(
    IssueDelete,
    "src/linear/documents/issue.graphql",
    model::IssueShelf
);
mutation!(
    RelationCreate,
    "src/linear/documents/relation.graphql",
    model::Relation
);
mutation!(
    RelationDelete,
    "src/linear/documents/relation.graphql",
    String
);
mutation!(
    LabelCreate,
    "src/linear/documents/label.graphql",
    model::Label
);
mutation!(
    LabelUpdate,
    "src/linear/documents/label.graphql",
    model::Label
);
mutation!(
    LabelRetire,
    "src/linear/documents/label.graphql",
    model::Label
);
mutation!(
    LabelRestore,
    "src/linear/documents/label.graphql",
    model::Label
);
mutation!(
    CommentCreate,
    "src/linear/documents/comment.graphql",
    model::Comment
);
mutation!(
    CommentUpdate,
    "src/linear/documents/comment.graphql",
    model::Comment
);
mutation!(
    CommentDelete,
    "src/linear/documents/comment.graphql",
    String
);
mutation!(
    CommentResolve,
    "src/linear/documents/comment.graphql",
    model::Comment
);
mutation!(
    CommentUnresolve,
    "src/linear/documents/comment.graphql",
    model::Comment
);
mutation!(
    DocumentCreate,
    "src/linear/documents/document.graphql",
    model::Document
);
mutation!(
    DocumentUpdate,
    "src/linear/documents/document.graphql",
    model::Document
);
mutation!(
    ProjectCreate,
    "src/linear/documents/project.graphql",
    model::Project
);
mutation!(
    ProjectUpdate,
    "src/linear/documents/project.graphql",
    model::Project
);
mutation!(
    AttachmentCreate,
    "src/linear/documents/attachment.graphql",
    model::Attachment
);
mutation!(
    AttachmentLinkPullRequest,
    "src/linear/documents/attachment.graphql",
    model::Attachment
);
mutation!(
    AttachmentLinkGithubIssue,
    "src/linear/documents/attachment.graphql",
    model::Attachment
);
mutation!(
    AttachmentLinkMergeRequest,
    "src/linear/documents/attachment.graphql",
    model::Attachment
);
mutation!(
    AttachmentLinkSlack,
    "src/linear/documents/attachment.graphql",
    model::Attachment
);

document!(WorkspaceKeys, WorkspaceKeysAnswer, "src/linear/documents/workspace.graphql", { organization: model::WorkspaceKeys });

operation!(IssuePlace, "src/linear/documents/place.graphql");
operation!(CommentPlace, "src/linear/documents/place.graphql");
operation!(DocumentPlace, "src/linear/documents/place.graphql");
operation!(ProjectPlace, "src/linear/documents/place.graphql");
operation!(LabelPlace, "src/linear/documents/place.graphql");
operation!(RelationPlace, "src/linear/documents/place.graphql");

document!(DoctorViewer, DoctorViewerAnswer, "src/linear/documents/doctor.graphql", { viewer: model::Viewer });
document!(DoctorWorkspace, DoctorWorkspaceAnswer, "src/linear/documents/doctor.graphql", { organization: model::Workspace });
document!(DoctorProbe, DoctorProbeAnswer, "src/linear/documents/doctor.graphql", { issue_relation_update: model::Probed });

impl Listing for IssuesFull {
    type Node = model::Issue;

    /// Archived issues are on it, too.
    fn page(filter: Option<Filter>, first: i64, after: Option<String>) -> Part {
        Part::of::<Self>(issues_full::Variables {
            filter,
            first,
            after,
            order_by: None,
            include_archived: Some(true),
        })
    }

    fn connection(answer: Self::Answer) -> Connection<Self::Node> {
        answer.issues
    }
}

impl Listing for Documents {
    type Node = model::Document;

    /// With their content; archived ones are on it, too.
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
    /// The request for the names of the key's workspace in addresses.
    pub(crate) fn part() -> Part {
        Part::of::<Self>(workspace_keys::Variables)
    }
}

impl DocumentGet {
    /// The request for a document, by UUID or slug; Linear declines a miss.
    pub(crate) fn of(id: &str) -> Part {
        Part::of::<Self>(document_get::Variables { id: id.to_owned() })
    }
}

impl Listing for ProjectStatuses {
    type Node = model::ProjectStatus;

    /// Linear takes no filter here: there are few, and they are the workspace's (`linear/api.md` §2).
    fn page(_: Option<Filter>, first: i64, after: Option<String>) -> Part {
        Part::of::<Self>(project_statuses::Variables { first, after })
    }

    fn connection(answer: Self::Answer) -> Connection<Self::Node> {
        answer.project_statuses
    }
}

impl IssueGet {
    /// The request for an issue alone, by identifier or UUID; Linear declines a miss.
    pub(crate) fn alone(id: &str) -> Part {
        Part::of::<Self>(Self::variables(id, None))
    }

    /// The variables for an issue, by identifier or UUID, with so many of its attachments.
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

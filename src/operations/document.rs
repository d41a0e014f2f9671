//! Documents: how they are shown, and the project, issue or team that a document belongs to.

pub mod create;
pub mod get;
pub mod link;
pub mod list;
pub mod update;

use std::sync::Mutex;

use serde_json::json;

use super::changes::{self, Renamed};
use super::text_write::{Dated, SetsText};
use super::view::{View, moment, moment_if};
use super::write::{self, Written};
use crate::error::{Code, Error};
use crate::linear::client::{Answers, Expected};
use crate::linear::compose::Part;
use crate::linear::documents::{DocumentGet, DocumentUpdate, document_update};
use crate::linear::model::Document;
use crate::linear::scalars::DocumentUpdateInput;
use crate::params::{Detail, Identifier, Ref};
use crate::resolve::issue::IssueRef;
use crate::resolve::{LookupRequest, Resolved, lookup_only};
use crate::session::Context;

/// Returns the fields of a document for an answer (`contract.md`, "Entities").
fn view(document: &Document, level: Detail) -> View {
    let project = document
        .project
        .as_ref()
        .map(|project| View::within(level, &project.id, &project.name).into_value());
    let issue = document.issue.as_ref().map(|issue| {
        View::new(level)
            .full("id", issue.id.as_str())
            .brief("identifier", issue.identifier.as_str())
            .standard("title", issue.title.as_str())
            .into_value()
    });
    let team = document.team.as_ref().map(|team| {
        View::within(level, &team.id, &team.name)
            .standard("key", team.key.as_str())
            .into_value()
    });
    let initiative = document
        .initiative
        .as_ref()
        .map(|initiative| View::within(level, &initiative.id, &initiative.name).into_value());
    let creator = document.creator.as_ref();
    let creator = creator.map(|user| json!({"id": user.id, "name": user.name}));
    View::new(level)
        .standard("id", document.id.as_str())
        .brief("slug", document.slug_id.as_str())
        .brief("title", document.title.as_str())
        .standard("url", document.url.as_str())
        .standard("content", document.content.clone())
        .fingerprint(document.content.as_deref())
        .brief("project", project)
        .brief("issue", issue)
        .brief("team", team)
        .brief("initiative", initiative)
        .full("creator", creator)
        .standard("created_at", moment(&document.created_at, level))
        .brief("updated_at", moment(&document.updated_at, level))
        .standard(
            "archived_at",
            moment_if(document.archived_at.as_deref(), level),
        )
}

impl SetsText for DocumentUpdate {
    const FIELD: &'static str = "content";
    const REFUSED: Code = Code::DocumentUpdateFailed;

    fn set(id: &str, text: Option<String>) -> Part {
        Part::of::<Self>(document_update::Variables {
            id: id.to_owned(),
            input: DocumentUpdateInput {
                content: text.into(),
                ..DocumentUpdateInput::default()
            },
        })
    }

    fn query(id: &str) -> Part {
        DocumentGet::of(id)
    }

    fn take(answers: &mut Answers) -> Option<Document> {
        Some(answers.take::<DocumentGet>(0).ok()?.document)
    }

    fn text(document: &Document) -> Dated {
        Dated {
            text: document.content.clone(),
            updated_at: document.updated_at.clone(),
        }
    }
}

/// What a document is to belong to, as the caller names it. A document belongs to exactly one thing
/// (`linear/api.md` §1.2).
#[derive(Clone, Debug)]
enum Parent {
    Project(String),
    Issue(IssueRef),
    Team(String),
}

/// The id of the parent, in the form in which Linear takes it: at most one of the fields is set.
#[derive(Debug, Default)]
struct ParentId {
    project_id: Option<String>,
    issue_id: Option<String>,
    team_id: Option<String>,
}

impl Parent {
    /// Returns the parent that the parameters name, or `None` where they name none.
    ///
    /// # Errors
    /// INVALID_PARAM for more than one parent, and for an issue that is not an identifier, an id or a URL.
    fn from_params(
        project: Option<&Ref>,
        issue: Option<&Identifier>,
        team: Option<&Ref>,
    ) -> Result<Option<Self>, Error> {
        match (project, issue, team) {
            (None, None, None) => Ok(None),
            (Some(project), None, None) => Ok(Some(Self::Project(project.as_str().to_owned()))),
            (None, Some(issue), None) => {
                IssueRef::parse("issue_id", issue.as_str()).map(|issue| Some(Self::Issue(issue)))
            }
            (None, None, Some(team)) => Ok(Some(Self::Team(team.as_str().to_owned()))),
            _ => Err(Error::new(
                Code::InvalidParam,
                "A document belongs to one thing: a project, an issue or a team",
            )
            .detail(
                "param",
                if project.is_some() {
                    "project"
                } else {
                    "issue_id"
                },
            )
            .suggest("Give only one of project, issue_id and team")
            .suggest("Call link_document to show a project's document on an issue, too")),
        }
    }

    /// Returns the issue, where the parent is an issue.
    fn issue(&self) -> Option<&IssueRef> {
        match self {
            Self::Issue(issue) => Some(issue),
            Self::Project(_) | Self::Team(_) => None,
        }
    }

    /// Returns the look-up request for the name of the parent. An issue needs no look-up, because Linear accepts its
    /// identifier.
    fn lookup_request(&self) -> LookupRequest {
        let mut lookup_request = LookupRequest::default();
        match self {
            Self::Project(name) => lookup_request.project = Some(name.clone()),
            Self::Team(name) => lookup_request.team = Some(name.clone()),
            Self::Issue(_) => {}
        }
        lookup_request
    }

    /// Returns the id of the parent.
    ///
    /// # Errors
    /// PROJECT_NOT_FOUND, TEAM_NOT_FOUND or AMBIGUOUS_IDENTIFIER.
    fn id(&self, cx: &Context<'_>, resolved: &Resolved) -> Result<ParentId, Error> {
        let mut parent_id = ParentId::default();
        match self {
            Self::Project(name) => {
                let project = resolved.project(name, None)?.item;
                cx.resolved("project", &project.name, resolved.projects.cached);
                parent_id.project_id = Some(project.id.clone());
            }
            Self::Team(name) => {
                let team = resolved.team(name)?.item;
                cx.resolved("team", &team.name, resolved.teams.cached);
                parent_id.team_id = Some(team.id.clone());
            }
            Self::Issue(issue) => parent_id.issue_id = Some(issue.id()),
        }
        Ok(parent_id)
    }

    /// Compares the parent of a document that Linear returned from a write with the name in the request. Where the name
    /// means another parent by now, the document is moved there by one further write.
    ///
    /// The session cache may be out of date, because somebody may have renamed the project or team. Then the parent has
    /// another name in Linear's response than in the request. In that case the name of the request is looked up afresh,
    /// and the caller is warned of the parent's new name. Where the document was moved, but cannot be read afterwards,
    /// the result is [`Written::Unread`].
    async fn verify(
        &self,
        cx: &Context<'_>,
        resolved: &Resolved,
        document: Document,
    ) -> Written<Document> {
        let renamed = self.renamed(resolved, &document);
        if renamed.is_empty() {
            return Written::Entity(document);
        }
        let lookup_request = LookupRequest {
            fresh: true,
            ..self.lookup_request()
        };
        // The answer has the step of the first look-up already, so the step of this second look-up is discarded.
        let discarded = Mutex::default();
        let silent_cx = cx.reporting_to(&discarded);
        let fresh = lookup_only(cx, &lookup_request).await;
        let fresh = fresh
            .and_then(|resolved| self.id(&silent_cx, &resolved))
            .ok();
        let project_id = document.project.as_ref().map(|project| &project.id);
        let team_id = document.team.as_ref().map(|team| &team.id);
        let other_parent = fresh.filter(|fresh| {
            fresh.project_id.as_ref() != project_id || fresh.team_id.as_ref() != team_id
        });
        let (written, end) = match other_parent {
            None => (Written::Entity(document), String::new()),
            Some(parent_id) => {
                let part = Part::of::<DocumentUpdate>(document_update::Variables {
                    id: document.id.clone(),
                    input: DocumentUpdateInput {
                        project_id: parent_id.project_id,
                        team_id: parent_id.team_id,
                        ..DocumentUpdateInput::default()
                    },
                });
                let query = DocumentGet::of(&document.id);
                let moved = write::change::<DocumentUpdate>(cx, part, query, Expected::Input);
                changes::corrected("document", document, moved.await)
            }
        };
        for renamed in &renamed {
            renamed.warn(cx, &end);
        }
        written
    }

    /// Returns the parent of the document, where the request named the parent and it has another name in Linear now.
    fn renamed(&self, resolved: &Resolved, document: &Document) -> Vec<Renamed> {
        match self {
            Self::Project(name) => {
                let shown = document.project.as_ref();
                let shown = shown.map(|project| (project.id.as_str(), project.name.as_str()));
                let names = std::slice::from_ref(name);
                Renamed::among("project", names, &resolved.projects.items, shown)
            }
            Self::Team(name) => {
                let shown = document.team.as_ref();
                let shown = shown.map(|team| (team.id.as_str(), team.name.as_str()));
                let names = std::slice::from_ref(name);
                Renamed::among("team", names, &resolved.teams.items, shown)
            }
            Self::Issue(_) => Vec::new(),
        }
    }
}

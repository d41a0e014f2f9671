//! Where a document belongs: to exactly one thing (`linear/api.md` §1.2).

use std::sync::Mutex;

use crate::error::{Code, Error};
use crate::linear::client::Expected;
use crate::linear::compose::Part;
use crate::linear::documents::{DocumentGet, DocumentUpdate, document_update};
use crate::linear::model::Document;
use crate::linear::scalars::DocumentUpdateInput;
use crate::operations::changes::{self, Renamed};
use crate::operations::write::{self, Written};
use crate::params::{Identifier, Ref};
use crate::resolve::issue::IssueRef;
use crate::resolve::{LookupRequest, Resolved, lookup_only};
use crate::session::Context;

/// The thing that a document shall belong to, as the caller calls it.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Project(String),
    Issue(IssueRef),
    Team(String),
}

/// The same, as Linear takes it: one of them is there.
#[derive(Debug, Default)]
pub(super) struct Target {
    pub project_id: Option<String>,
    pub issue_id: Option<String>,
    pub team_id: Option<String>,
}

impl Place {
    /// The place that is given, if one is.
    ///
    /// # Errors
    /// INVALID_PARAM for more than one, and for an issue that is no issue reference.
    pub(super) fn given(
        project: Option<&Ref>,
        issue: Option<&Identifier>,
        team: Option<&Ref>,
    ) -> Result<Option<Self>, Error> {
        let text = |of: &Ref| of.as_str().to_owned();
        match (project, issue, team) {
            (None, None, None) => Ok(None),
            (Some(project), None, None) => Ok(Some(Self::Project(text(project)))),
            (None, Some(issue), None) => {
                IssueRef::parse("issue_id", issue.as_str()).map(|issue| Some(Self::Issue(issue)))
            }
            (None, None, Some(team)) => Ok(Some(Self::Team(text(team)))),
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

    /// The issue, where it is one.
    pub(super) fn issue(&self) -> Option<&IssueRef> {
        match self {
            Self::Issue(issue) => Some(issue),
            Self::Project(_) | Self::Team(_) => None,
        }
    }

    /// How to see what belongs to it. A search would be no proof: how far its index lags is not documented
    /// (`linear/api.md` §1.2).
    pub(super) fn listing(&self) -> String {
        match self {
            Self::Project(name) => format!("Call list_documents with project: {name}"),
            Self::Issue(issue) => format!("Call list_documents with issue_id: {}", issue.id()),
            Self::Team(_) => "Call list_documents, which has the last changed first,".to_owned(),
        }
    }

    /// What has to be looked up for it.
    pub(super) fn lookup_request(&self) -> LookupRequest {
        let mut lookup_request = LookupRequest::default();
        match self {
            Self::Project(name) => lookup_request.project = Some(name.clone()),
            Self::Team(name) => lookup_request.team = Some(name.clone()),
            Self::Issue(_) => {}
        }
        lookup_request
    }

    /// The thing itself. An issue is Linear's to find.
    ///
    /// # Errors
    /// PROJECT_NOT_FOUND, TEAM_NOT_FOUND or AMBIGUOUS_IDENTIFIER.
    pub(super) fn target(&self, cx: &Context<'_>, known: &Resolved) -> Result<Target, Error> {
        let mut target = Target::default();
        match self {
            Self::Project(name) => {
                let found = known.project(name, None)?.item;
                cx.resolved("project", &found.name, known.projects.cached);
                target.project_id = Some(found.id.clone());
            }
            Self::Team(name) => {
                let found = known.team(name)?.item;
                cx.resolved("team", &found.name, known.teams.cached);
                target.team_id = Some(found.id.clone());
            }
            Self::Issue(issue) => target.issue_id = Some(issue.id()),
        }
        Ok(target)
    }

    /// Holds the document, as a write answered it, against the name by which its place was found. Where Linear shows
    /// the place under another name, the name is looked up afresh; the document is moved once where it means another
    /// place, and a warning tells of the new name. A correction that was made and cannot be read is [`Written::Unread`].
    pub(super) async fn verified(
        &self,
        cx: &Context<'_>,
        known: &Resolved,
        document: Document,
    ) -> Written<Document> {
        let renamed = self.renamed(known, &document);
        if renamed.is_empty() {
            return Written::Entity(document);
        }
        let place = self.place_afresh(cx, &document).await;
        let (written, end) = match place {
            None => (Written::Entity(document), String::new()),
            Some(target) => {
                let part = Part::of::<DocumentUpdate>(document_update::Variables {
                    id: document.id.clone(),
                    input: DocumentUpdateInput {
                        project_id: target.project_id,
                        team_id: target.team_id,
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

    /// The place under the name that the document shows, where it went by another one.
    fn renamed(&self, known: &Resolved, document: &Document) -> Vec<Renamed> {
        match self {
            Self::Project(name) => {
                let shown = document.project.as_ref();
                let shown = shown.map(|of| (of.id.as_str(), of.name.as_str()));
                let words = std::slice::from_ref(name);
                Renamed::among("project", words, &known.projects.items, shown)
            }
            Self::Team(name) => {
                let shown = document.team.as_ref();
                let shown = shown.map(|of| (of.id.as_str(), of.name.as_str()));
                let words = std::slice::from_ref(name);
                Renamed::among("team", words, &known.teams.items, shown)
            }
            Self::Issue(_) => Vec::new(),
        }
    }

    /// What the place's name means when Linear is asked afresh, where that is another place than the document's.
    async fn place_afresh(&self, cx: &Context<'_>, document: &Document) -> Option<Target> {
        let lookup_request = LookupRequest {
            fresh: true,
            ..self.lookup_request()
        };
        let known = lookup_only(cx, &lookup_request).await.ok()?;
        // The steps of the first look-up are the request's own.
        let unread = Mutex::default();
        let target = self.target(&cx.reporting_to(&unread), &known).ok()?;
        let project = document.project.as_ref().map(|of| &of.id);
        let team = document.team.as_ref().map(|of| &of.id);
        let is_there = target.project_id.as_ref() == project && target.team_id.as_ref() == team;
        (!is_there).then_some(target)
    }
}

//! Where a document belongs: to exactly one thing (`linear/api.md` §1.2).

use crate::error::{Code, Error};
use crate::params::{Identifier, Ref};
use crate::resolve::issue::IssueRef;
use crate::resolve::{Known, Wants};
use crate::session::Cx;

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
    pub(super) fn wants(&self) -> Wants {
        let mut wants = Wants::default();
        match self {
            Self::Project(name) => wants.project = Some(name.clone()),
            Self::Team(name) => wants.team = Some(name.clone()),
            Self::Issue(_) => {}
        }
        wants
    }

    /// The thing itself. An issue is Linear's to find.
    ///
    /// # Errors
    /// PROJECT_NOT_FOUND, TEAM_NOT_FOUND or AMBIGUOUS_IDENTIFIER.
    pub(super) fn target(&self, cx: &Cx<'_>, known: &Known) -> Result<Target, Error> {
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
}

//! `list_documents`: one request, cold or warm, unless a project goes by a part of its name. A project that the session
//! does not know is filtered by its name and looked up in the same request, so that a name that means nothing is told
//! from an empty result. With a query it is a search: no filter looks into content (`linear/api.md` §1.2).

mod search;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::view;
use crate::error::Error;
use crate::linear::client::{Answers, Repeat};
use crate::linear::compose::Part;
use crate::linear::documents::{
    Documents, IssueDocuments, Listing as _, ProjectNamesakes, documents, issue_documents,
};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::model::{Connection, Document};
use crate::operation::{Effect, Operation, Shared, Spec, Touches};
use crate::operations::view::{level, list};
use crate::operations::{issue, page};
use crate::params::{Count, Cursor, Detail, Flag, Identifier, Ref, Text};
use crate::resolve::issue::IssueRef;
use crate::resolve::{Known, Method, Wants, gather, project};
use crate::session::Cx;

/// The operation.
#[derive(Debug)]
pub struct ListDocuments;

/// List documents, the last changed first; with a query, search them, the best match first. All filters must match; a
/// project or an issue that there is not is an error, never an empty list.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Project name, slug, id or URL.
    #[schemars(extend("null" = "refused"))]
    project: Option<Ref>,
    /// Issue identifier, id or URL.
    #[schemars(extend("null" = "refused"))]
    issue_id: Option<Identifier>,
    /// Words to look for in title and content.
    query: Option<Text>,
    /// Default: 50, at most 250.
    limit: Option<Count>,
    /// `cursor` of the answer before, for the next ones.
    cursor: Option<Cursor>,
    /// Archived ones too.
    include_archived: Option<Flag>,
}

impl Operation for ListDocuments {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "list_documents",
        title: "List documents",
        effect: Effect::Read,
        subject: None,
        aliases: &["get_documents", "search_documents"],
        shared: Shared::OF_A_LIST,
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Cx<'_>) -> Result<Value, Error> {
        let size = page::limit(params.limit)?;
        let of = params.issue_id.as_ref();
        let wanted = Page {
            of: of
                .map(|issue| IssueRef::parse("issue_id", issue.as_str()))
                .transpose()?,
            size: i64::try_from(size).unwrap_or(i64::MAX),
            after: params.cursor.as_ref().map(|cursor| cursor.0.clone()),
            archived: params.include_archived.is_some_and(|Flag(on)| on),
            content: level(cx, Detail::Brief) > Detail::Brief,
        };
        let project = params.project.as_ref().map(Ref::as_str);
        let query = params.query.as_ref().map(|query| query.as_str().trim());
        let found = match query.filter(|query| !query.is_empty()) {
            Some(query) => search::fetch(cx, query, project, &wanted).await?,
            None => fetch(cx, project, &wanted).await?,
        };
        let data = list(cx, "documents", Detail::Brief, &found.nodes, view);
        page::may_cut(cx, "documents", found.cursors());
        Ok(Value::Object(page::with_counts(
            data,
            found.page_info,
            found.nodes.len(),
            params.cursor.is_some(),
        )))
    }
}

/// Which part of which list, and whether with the documents' content.
#[derive(Debug)]
struct Page {
    of: Option<IssueRef>,
    size: i64,
    after: Option<String>,
    archived: bool,
    content: bool,
}

impl Page {
    /// The request for those of the project that the filter matches.
    fn part(&self, project: Option<Filter>) -> Part {
        let filter = project.map(|project| Filter::of("project", project));
        let after = self.after.clone();
        let include_archived = Some(self.archived);
        match &self.of {
            Some(issue) => Part::of::<IssueDocuments>(issue_documents::Variables {
                id: issue.id(),
                filter,
                first: self.size,
                after,
                include_archived,
                with_content: self.content,
            }),
            None => Part::of::<Documents>(documents::Variables {
                filter,
                first: self.size,
                after,
                include_archived,
                with_content: self.content,
            }),
        }
    }

    /// The page, which stands first in the answers.
    fn take(&self, answers: &mut Answers) -> Result<Connection<Document>, Error> {
        let found = match &self.of {
            Some(_) => answers
                .take::<IssueDocuments>(0)
                .map(|answer| answer.issue.documents),
            None => answers.take::<Documents>(0).map(|answer| answer.documents),
        };
        found.map_err(Failure::reading)
    }

    /// What it means that Linear did not give it.
    async fn explain(&self, cx: &Cx<'_>, failure: Failure) -> Error {
        match &self.of {
            Some(of) => issue::explain_list(cx, failure, 0, of, self.after.is_some()).await,
            None => failure.reading(),
        }
    }
}

async fn fetch(
    cx: &Cx<'_>,
    called: Option<&str>,
    page: &Page,
) -> Result<Connection<Document>, Error> {
    let wants = Wants {
        project: called.map(str::to_owned),
        ..Wants::default()
    };
    let mut settled = false;
    let gathered = gather(cx, &wants, |known| {
        let project = match known.map(|known| resolved(called, known)) {
            Some(Ok((project, _))) => {
                settled = true;
                project
            }
            // Nothing need be sent for a request that cannot be answered.
            Some(Err(_)) => return Vec::new(),
            None => called.map(project::exact),
        };
        let mut parts = vec![page.part(project)];
        if let (Some(called), false) = (called, settled) {
            let named = Some(project::exact(called));
            parts.push(ProjectNamesakes::page(named, NAMESAKES, None));
        }
        parts
    });
    let (known, answers) = match gathered.await {
        Ok(gathered) => gathered,
        Err(failure) => return Err(page.explain(cx, failure).await),
    };
    let (project, by_name) = resolved(called, &known)?;
    if let Some(mut answers) = answers
        && (settled || (by_name && is_alone(called, &mut answers)?))
    {
        return page.take(&mut answers);
    }
    let part = page.part(project);
    match cx.send(&[part], Repeat::Always).await {
        Ok(mut answers) => page.take(&mut answers),
        Err(failure) => Err(page.explain(cx, failure).await),
    }
}

/// How many projects of one name are looked at.
const NAMESAKES: i64 = 2;

/// Whether the project is the only one of its name: archived ones are no answer to a name, and a filter by it finds
/// their documents all the same.
fn is_alone(called: Option<&str>, answers: &mut Answers) -> Result<bool, Error> {
    if called.is_none() {
        return Ok(true);
    }
    let found = answers.take::<ProjectNamesakes>(1);
    Ok(found.map_err(Failure::reading)?.projects.nodes.len() < 2)
}

/// The filter for the project that is meant, and whether its name alone would have found it.
///
/// # Errors
/// PROJECT_NOT_FOUND or AMBIGUOUS_IDENTIFIER.
fn resolved(called: Option<&str>, known: &Known) -> Result<(Option<Filter>, bool), Error> {
    let Some(called) = called else {
        return Ok((None, true));
    };
    let found = known.project(called, None)?;
    let by_name = matches!(found.method, Method::Id | Method::ExactName);
    Ok((Some(Filter::eq("id", found.item.id.as_str())), by_name))
}

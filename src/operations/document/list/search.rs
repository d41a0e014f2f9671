//! Documents by words in them. The search endpoint knows neither projects nor issues, so what it finds is sifted here; the
//! cursor of the last one that is given leads on, whatever was left out.

use super::Page;
use crate::error::Error;
use crate::linear::compose::Part;
use crate::linear::documents::{DocumentSearch, IssueGet, document_search};
use crate::linear::failure::Failure;
use crate::linear::model::{Connection, Document, DocumentsFound, Edge, PageInfo};
use crate::resolve::{Wants, answered, gather};
use crate::session::Cx;

/// How many are sifted at once: the most that Linear gives (`linear/api.md` §1.2).
const SIFTED: i64 = 250;

/// Those that were found, of a project and of an issue where these are given.
///
/// # Errors
/// PROJECT_NOT_FOUND, AMBIGUOUS_IDENTIFIER or ISSUE_NOT_FOUND; what became of the request.
pub(super) async fn fetch(
    cx: &Cx<'_>,
    term: &str,
    called: Option<&str>,
    page: &Page,
) -> Result<Connection<Document>, Error> {
    let wants = Wants {
        project: called.map(str::to_owned),
        ..Wants::default()
    };
    let sifts = called.is_some() || page.of.is_some();
    let search = Part::of::<DocumentSearch>(document_search::Variables {
        term: term.to_owned(),
        first: if sifts { SIFTED } else { page.size },
        after: page.after.clone(),
        include_archived: Some(page.archived),
        with_content: page.content,
    });
    let of = page.of.as_ref();
    let gathered = gather(cx, &wants, |known| {
        let means_nothing =
            |called| known.is_some_and(|known| known.project(called, None).is_err());
        if called.is_some_and(means_nothing) {
            // Nothing need be sent for a request that cannot be answered.
            return Vec::new();
        }
        let issue = of.map(|issue| IssueGet::alone(&issue.id()));
        std::iter::once(search).chain(issue).collect()
    });
    let (known, answers) = match (gathered.await, of) {
        (Err(failure), Some(issue)) if failure.declines(1) => return Err(issue.not_found()),
        (outcome, _) => outcome.map_err(Failure::reading)?,
    };
    let project = called
        .map(|called| known.project(called, None))
        .transpose()?;
    let mut answers = answered(answers)?;
    let answer = answers
        .take::<DocumentSearch>(0)
        .map_err(Failure::reading)?;
    let issue = match of {
        Some(_) => Some(answers.take::<IssueGet>(1).map_err(Failure::reading)?.issue),
        None => None,
    };
    let wanted = |document: &Document| {
        let in_project = |id: &str| document.project.as_ref().is_some_and(|of| of.id == id);
        let on_issue = |id: &str| document.issue.as_ref().is_some_and(|of| of.id == id);
        project
            .as_ref()
            .is_none_or(|project| in_project(&project.item.id))
            && issue.as_ref().is_none_or(|issue| on_issue(&issue.id))
    };
    Ok(sift(answer.search_documents, page.size, wanted))
}

/// The first of those that are wanted, and where the list goes on behind them.
fn sift(
    found: DocumentsFound,
    most: i64,
    wanted: impl Fn(&Document) -> bool,
) -> Connection<Document> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut page_info = found.page_info;
    let mut nodes = Vec::new();
    let mut edges: Vec<Edge> = Vec::new();
    for found in found.edges.into_iter().filter(|found| wanted(&found.node)) {
        if nodes.len() == most {
            page_info = PageInfo {
                has_next_page: true,
                end_cursor: edges.last().map(|last| last.cursor.clone()),
            };
            break;
        }
        edges.push(Edge {
            cursor: found.cursor,
        });
        nodes.push(found.node);
    }
    Connection {
        nodes,
        edges,
        page_info,
    }
}

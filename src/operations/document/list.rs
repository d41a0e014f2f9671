//! `list_documents`: one request, or two where a name in a filter is a part of a name. A query is sent as a search,
//! because no filter of Linear looks into the content of documents (`linear/api.md` §1.2).
//!
//! To add a filter, add a field to [`Params`] and its declaration to `Params::filters`.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::view;
use crate::error::Error;
use crate::linear::documents::{
    DocumentSearch, Documents, IssueDocuments, document_search, documents, issue_documents,
};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::model::{Connection, Document, Edge, PageInfo};
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::filters::{Filters, Relation, check_not_empty, read_first_page};
use crate::operations::reads::{ReadError, ReadRequest, Slot, look_up_with};
use crate::operations::view::{level, list};
use crate::operations::{issue, page};
use crate::params::{Count, Cursor, Detail, Flag, Identifier, Moment, Ref, Refs, Text};
use crate::resolve::filter::{INITIATIVE, PROJECT, TEAMS, USER};
use crate::resolve::issue::IssueRef;
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct ListDocuments;

/// List documents, the last changed first; with a query, search them, the best match first. All filters must match; a
/// name that means nothing is an error, never an empty list.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Project name, slug, id or URL.
    #[schemars(extend("null" = "refused"))]
    project: Option<Ref>,
    /// Issue identifier, id or URL.
    #[schemars(extend("null" = "refused"))]
    issue_id: Option<Identifier>,
    /// Teams that it belongs to itself, not through a project or an issue.
    #[schemars(extend("unlisted" = true, "null" = "refused"))]
    team: Option<Refs>,
    /// Initiatives that it belongs to itself, not through a project.
    #[schemars(extend("unlisted" = true, "null" = "refused"))]
    initiative: Option<Refs>,
    /// Who made it: user names, e-mails, ids or `me`.
    #[schemars(extend("null" = "refused"))]
    creator: Option<Refs>,
    /// Words to look for in title and content.
    query: Option<Text>,
    /// Made since: date, timestamp or `-P7D`.
    #[schemars(extend("unlisted" = true))]
    created_after: Option<Moment>,
    /// Made before: date, timestamp or `-P7D`.
    #[schemars(extend("unlisted" = true))]
    created_before: Option<Moment>,
    /// Changed since: date, timestamp or `-P7D`.
    #[schemars(extend("unlisted" = true))]
    updated_after: Option<Moment>,
    /// Changed last before: date, timestamp or `-P7D`.
    #[schemars(extend("unlisted" = true))]
    updated_before: Option<Moment>,
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
        shared: CommonParam::OF_A_LIST,
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let size = page::limit(params.limit)?;
        let issue = params.issue_id.as_ref();
        let page = Page {
            issue: issue
                .map(|issue| IssueRef::parse("issue_id", issue.as_str()))
                .transpose()?,
            size: i64::try_from(size).unwrap_or(i64::MAX),
            after: params.cursor.as_ref().map(|cursor| cursor.0.clone()),
            include_archived: params.include_archived.is_some_and(|Flag(on)| on),
            with_content: level(cx, Detail::Brief) > Detail::Brief,
        };
        let filters = params.filters(cx.session.clock.now())?;
        let query = params.query.as_ref().map(|query| query.as_str().trim());
        let found = match query.filter(|query| !query.is_empty()) {
            Some(query) => search(cx, query, &filters, &page).await?,
            None => fetch(cx, &filters, &page).await?,
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

impl Params {
    /// Returns the filters: for each, its form in a request to Linear and its form for documents that a search found.
    /// Durations count from `now`.
    ///
    /// # Errors
    /// INVALID_PARAM for a list without items.
    fn filters(&self, now: Timestamp) -> Result<Filters<'_, Document>, Error> {
        check_not_empty("team", self.team.as_ref())?;
        check_not_empty("initiative", self.initiative.as_ref())?;
        check_not_empty("creator", self.creator.as_ref())?;
        let mut filters: Filters<'_, Document> = Filters::new(None);
        filters
            .named(&PROJECT, &self.project, Relation::One("project"))
            .in_rows(|document| {
                let project = document.project.iter();
                Some(project.map(|project| project.id.as_str()).collect())
            });
        filters
            .named(&TEAMS, &self.team, Relation::One("team"))
            .in_rows(|document| {
                let team = document.team.iter();
                Some(team.map(|team| team.id.as_str()).collect())
            });
        filters
            .named(&INITIATIVE, &self.initiative, Relation::One("initiative"))
            .in_rows(|document| {
                let initiative = document.initiative.iter();
                Some(
                    initiative
                        .map(|initiative| initiative.id.as_str())
                        .collect(),
                )
            });
        filters
            .named(&USER, &self.creator, Relation::One("creator"))
            .in_rows(|document| {
                let creator = document.creator.iter();
                Some(creator.map(|creator| creator.id.as_str()).collect())
            });
        let at = |bound: &Option<Moment>| Some(bound.as_ref()?.at(now));
        let (after, before) = (at(&self.created_after), at(&self.created_before));
        filters.window_in_rows("createdAt", after, before, |document| {
            Some(&document.created_at)
        });
        let (after, before) = (at(&self.updated_after), at(&self.updated_before));
        filters.window_in_rows("updatedAt", after, before, |document| {
            Some(&document.updated_at)
        });
        Ok(filters)
    }
}

/// The page of documents that the caller asks for.
#[derive(Debug)]
struct Page {
    /// The issue whose documents are listed; `None` for the documents of the whole workspace.
    issue: Option<IssueRef>,
    size: i64,
    /// The cursor after which the page starts.
    after: Option<String>,
    include_archived: bool,
    with_content: bool,
}

/// The slot of a page of documents. There is one variant for each kind of read that fills the slot.
#[derive(Clone, Copy, Debug)]
enum PageSlot {
    OfIssue(Slot<IssueDocuments>),
    OfAll(Slot<Documents>),
}

impl Page {
    /// Adds to the request the read of the page, which has the documents that match the filter.
    fn add(
        &self,
        request: &mut ReadRequest,
        filters: &Filters<'_, Document>,
        filter: &Filter,
    ) -> PageSlot {
        let filter = (!filters.is_empty()).then(|| filter.clone());
        let after = self.after.clone();
        let include_archived = Some(self.include_archived);
        match &self.issue {
            Some(issue) => {
                let variables = issue_documents::Variables {
                    id: issue.id(),
                    filter,
                    first: self.size,
                    after,
                    include_archived,
                    with_content: self.with_content,
                };
                PageSlot::OfIssue(request.require::<IssueDocuments>(variables, issue.not_found()))
            }
            None => PageSlot::OfAll(request.add::<Documents>(documents::Variables {
                filter,
                first: self.size,
                after,
                include_archived,
                with_content: self.with_content,
            })),
        }
    }
}

/// Returns the documents that match the filters, the last changed first.
///
/// # Errors
/// The not-found code of a name in a filter, AMBIGUOUS_IDENTIFIER or ISSUE_NOT_FOUND; the error of a request that failed.
async fn fetch(
    cx: &Context<'_>,
    filters: &Filters<'_, Document>,
    page: &Page,
) -> Result<Connection<Document>, Error> {
    let read = async {
        let first_page = read_first_page(cx, filters, |request, filter, _| {
            page.add(request, filters, filter)
        });
        let corrected = first_page
            .await?
            .corrected(cx, |request, filter| page.add(request, filters, filter));
        corrected.await
    };
    let (_, slot, mut responses) = match read.await {
        Ok(read) => read,
        Err(error) => {
            return Err(match &page.issue {
                Some(issue) => issue::explain_list(cx, error, issue, page.after.is_some()).await,
                None => error.into_error(),
            });
        }
    };
    Ok(match slot {
        PageSlot::OfIssue(slot) => responses.get(slot)?.issue.documents,
        PageSlot::OfAll(slot) => responses.get(slot)?.documents,
    })
}

/// How many results of a search are read where the results are filtered here afterwards. It is the most that Linear
/// allows (`linear/api.md` §1.2).
const MAX_SEARCH_RESULTS: i64 = 250;

/// Returns the documents that contain the words, the best match first. Linear's search takes no filter, so its results
/// are filtered here. Where more documents match than fit on the page, the next page starts after
/// the last document that is returned; otherwise it starts after the last result of the search.
///
/// # Errors
/// The not-found code of a name in a filter, AMBIGUOUS_IDENTIFIER or ISSUE_NOT_FOUND; LINEAR_API_ERROR for a document with
/// a time that cannot be read, so that whether it matches cannot be decided; the error of a request that failed.
async fn search(
    cx: &Context<'_>,
    words: &str,
    filters: &Filters<'_, Document>,
    page: &Page,
) -> Result<Connection<Document>, Error> {
    let is_filtered = !filters.is_empty() || page.issue.is_some();
    let search = document_search::Variables {
        term: words.to_owned(),
        first: if is_filtered {
            MAX_SEARCH_RESULTS
        } else {
            page.size
        },
        after: page.after.clone(),
        include_archived: Some(page.include_archived),
        with_content: page.with_content,
    };
    let (resolved, slots, mut responses) =
        look_up_with(cx, filters.lookup_request(), |request, cached| {
            // Where a name cannot be resolved, the search is not sent, because its results could not be used.
            cached.map(|cached| filters.resolve(cached)).transpose()?;
            let found = request.add::<DocumentSearch>(search);
            let issue = page.issue.as_ref();
            let issue = issue.map(|issue| request.require_issue(issue, issue.not_found()));
            Ok::<_, Error>((found, issue))
        })
        .await
        .map_err(ReadError::into_error)?;
    let (found, issue) = slots?;
    let resolved = filters.resolve(&resolved)?;
    let found = responses.get(found)?.search_documents;
    let issue = issue.map(|slot| responses.get(slot)).transpose()?;
    let issue_id = issue.map(|response| response.issue.id);
    let is_wanted = |document: &Document| {
        let on_issue = |id: &String| document.issue.as_ref().is_some_and(|issue| issue.id == *id);
        let matches = filters.matches(&resolved, document).ok_or_else(|| {
            let message = format!("whether '{}' matches cannot be told", document.title);
            Failure::Malformed(message)
                .into_read_error()
                .detail("document", document.slug_id.as_str())
                .suggest("List the documents without 'query'")
        })?;
        Ok::<_, Error>(matches && issue_id.as_ref().is_none_or(on_issue))
    };
    let size = usize::try_from(page.size).unwrap_or(usize::MAX);
    let mut page_info = found.page_info;
    let mut nodes = Vec::new();
    let mut edges: Vec<Edge> = Vec::new();
    for edge in found.edges {
        if !is_wanted(&edge.node)? {
            continue;
        }
        if nodes.len() == size {
            page_info = PageInfo {
                has_next_page: true,
                end_cursor: edges.last().map(|last| last.cursor.clone()),
            };
            break;
        }
        edges.push(Edge {
            cursor: edge.cursor,
        });
        nodes.push(edge.node);
    }
    Ok(Connection {
        nodes,
        edges,
        page_info,
    })
}

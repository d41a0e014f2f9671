//! Strategies for every query of this crate, with generated variables.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::Value;

use super::super::compose::Part;
use super::super::documents::*;
use super::super::filter::Filter;
use super::super::scalars::{IssueSortInput, SortOrder};
use super::stand_in::{READ_ONLY, ask, column, ids};

/// A UUID that no entity has.
pub(super) const MISSING: &str = "00000000-0000-4000-8000-00000000dead";

/// Page sizes. Most are small, so that a dozen lists fit into one document.
fn size() -> impl Strategy<Value = i64> + Clone {
    prop_oneof![6 => 1_i64..=12, 1 => 13_i64..=250]
}

/// No filter, or a filter of any kind that the crate sends: by id, by text, alone and combined.
fn filter(kind: &str, text: &'static str) -> impl Strategy<Value = Option<Filter>> + use<> {
    let ids = ids(kind);
    let few = 1..=ids.len().min(3);
    let one_of = |ids| Filter::one_of("id", ids);
    let letter = select(&["a", "e", "x", "\"", "Züge"][..]);
    let plain = prop_oneof![
        select(ids.clone()).prop_map(|id| Filter::eq("id", id)),
        Just(Filter::eq("id", MISSING)),
        subsequence(ids, few).prop_map(one_of),
        letter.clone().prop_map(|part| Filter::contains(text, part)),
        letter.prop_map(|whole| Filter::same_text(text, whole)),
    ];
    let several = proptest::collection::vec(plain, 0..4);
    let combined = (several, any::<bool>()).prop_map(|(filters, all)| match all {
        true => Filter::all(filters),
        false => Filter::any(filters),
    });
    proptest::option::of(combined)
}

/// No cursor, or the cursor after the first entry of this page.
fn after(page: &Part) -> impl Strategy<Value = Option<String>> + use<> {
    let answer = ask(&READ_ONLY, std::slice::from_ref(page)).alone().unwrap();
    let mut lists = answer.values();
    let cursor = lists.find_map(|list| list.pointer("/pageInfo/endCursor"));
    let cursor = cursor.and_then(Value::as_str).unwrap().to_owned();
    proptest::option::weighted(0.3, Just(cursor))
}

fn listing<L: Listing>(kind: &str, text: &'static str) -> BoxedStrategy<Part> {
    let after = after(&L::page(None, 1, None));
    (filter(kind, text), size(), after)
        .prop_map(|(filter, first, after)| L::page(filter, first, after))
        .boxed()
}

/// The lists whose variables are a filter, a size and a cursor.
fn listings() -> Vec<BoxedStrategy<Part>> {
    vec![
        listing::<Teams>("Team", "name"),
        listing::<States>("WorkflowState", "name"),
        listing::<Labels>("IssueLabel", "name"),
        listing::<Users>("User", "displayName"),
        listing::<UsersAll>("User", "email"),
        listing::<Projects>("Project", "name"),
        listing::<ProjectNamesakes>("Project", "name"),
        listing::<ProjectsWhole>("Project", "name"),
        listing::<ProjectStatuses>("ProjectStatus", "name"),
        listing::<ProjectLabels>("ProjectLabel", "name"),
        listing::<Initiatives>("Initiative", "name"),
        listing::<CustomViews>("CustomView", "name"),
        listing::<Cycles>("Cycle", "name"),
        listing::<Milestones>("ProjectMilestone", "name"),
        listing::<Comments>("Comment", "body"),
        listing::<Attachments>("Attachment", "title"),
        listing::<IssuesFull>("Issue", "title"),
        listing::<IssuesWhole>("Issue", "title"),
        listing::<OrderFromTop>("Issue", "title"),
        listing::<OrderFromBottom>("Issue", "title"),
        listing::<Documents>("Document", "title"),
    ]
}

/// The variables of a list of issues: a filter, a size, and two switches.
fn issues() -> impl Strategy<Value = (Option<Filter>, i64, [bool; 2])> {
    (filter("Issue", "title"), size(), any::<[bool; 2]>())
}

/// The lists of the issues of custom views.
fn views() -> Vec<BoxedStrategy<Part>> {
    let view_id = select(ids("CustomView"));
    vec![
        (issues(), view_id.clone())
            .prop_map(|((filter, first, [archived, grouped]), id)| {
                Part::of::<ViewIssues>(view_issues::Variables {
                    id,
                    filter,
                    first,
                    after: None,
                    order_by: None,
                    sort: Some(vec![IssueSortInput::DueDate(SortOrder::Ascending)]),
                    include_archived: Some(archived),
                    grouped,
                })
            })
            .boxed(),
        (issues(), view_id.clone())
            .prop_map(|((filter, first, _), id)| {
                Part::of::<ViewIssuesFull>(view_issues_full::Variables {
                    id,
                    filter,
                    first,
                    after: None,
                    order_by: Some(view_issues_full::PaginationOrderBy::updatedAt),
                    sort: None,
                    include_archived: None,
                })
            })
            .boxed(),
        (issues(), view_id)
            .prop_map(|((filter, first, [grouped, labelled]), id)| {
                Part::of::<ViewIssueKeys>(view_issue_keys::Variables {
                    id,
                    filter,
                    first,
                    after: None,
                    order_by: None,
                    include_archived: None,
                    grouped,
                    labelled,
                })
            })
            .boxed(),
        (issues(), filter("CustomView", "name"))
            .prop_map(|((filter, first, [archived, grouped]), view)| {
                Part::of::<NamedViewIssues>(named_view_issues::Variables {
                    view,
                    filter,
                    first,
                    after: None,
                    order_by: None,
                    sort: Some(vec![IssueSortInput::Manual(SortOrder::Ascending)]),
                    include_archived: Some(archived),
                    grouped,
                })
            })
            .boxed(),
        (issues(), filter("CustomView", "name"))
            .prop_map(|((filter, first, _), view)| {
                Part::of::<NamedViewIssuesFull>(named_view_issues_full::Variables {
                    view,
                    filter,
                    first,
                    after: None,
                    order_by: Some(named_view_issues_full::PaginationOrderBy::createdAt),
                    sort: None,
                    include_archived: None,
                })
            })
            .boxed(),
        (issues(), filter("CustomView", "name"))
            .prop_map(|((filter, first, [grouped, labelled]), view)| {
                Part::of::<NamedViewIssueKeys>(named_view_issue_keys::Variables {
                    view,
                    filter,
                    first,
                    after: None,
                    order_by: None,
                    include_archived: None,
                    grouped,
                    labelled,
                })
            })
            .boxed(),
    ]
}

/// The lists that have further variables.
fn lists() -> Vec<BoxedStrategy<Part>> {
    let term = || select(&["login", "sign", "a", "nothing at all"][..]);
    vec![
        issues()
            .prop_map(|(filter, first, [archived, ordered])| {
                Part::of::<Issues>(issues::Variables {
                    filter,
                    first,
                    after: None,
                    order_by: ordered.then_some(issues::PaginationOrderBy::updatedAt),
                    sort: (!ordered).then(|| vec![IssueSortInput::Priority(SortOrder::Descending)]),
                    include_archived: archived.then_some(true),
                    grouped: ordered,
                })
            })
            .boxed(),
        issues()
            .prop_map(|(filter, first, [grouped, labelled])| {
                Part::of::<IssueKeys>(issue_keys::Variables {
                    filter,
                    first,
                    after: None,
                    order_by: Some(issue_keys::PaginationOrderBy::createdAt),
                    include_archived: None,
                    grouped,
                    labelled,
                })
            })
            .boxed(),
        (issues(), term())
            .prop_map(|((filter, first, [archived, _]), term)| {
                Part::of::<SearchIssues>(search_issues::Variables {
                    term: term.to_owned(),
                    filter,
                    first,
                    after: None,
                    order_by: None,
                    include_archived: Some(archived),
                    grouped: archived,
                })
            })
            .boxed(),
        (issues(), term())
            .prop_map(|((filter, first, [grouped, labelled]), term)| {
                Part::of::<SearchIssueKeys>(search_issue_keys::Variables {
                    term: term.to_owned(),
                    filter,
                    first,
                    after: None,
                    order_by: None,
                    include_archived: None,
                    grouped,
                    labelled,
                })
            })
            .boxed(),
        (issues(), term())
            .prop_map(|((filter, first, [_, ordered]), term)| {
                Part::of::<SearchIssuesFull>(search_issues_full::Variables {
                    term: term.to_owned(),
                    filter,
                    first,
                    after: None,
                    order_by: ordered.then_some(search_issues_full::PaginationOrderBy::createdAt),
                    include_archived: None,
                })
            })
            .boxed(),
        (term(), size(), any::<[bool; 2]>())
            .prop_map(|(term, first, [archived, with_content])| {
                Part::of::<DocumentSearch>(document_search::Variables {
                    term: term.to_owned(),
                    first,
                    after: None,
                    include_archived: Some(archived),
                    with_content,
                })
            })
            .boxed(),
        (filter("Project", "name"), size(), any::<[bool; 2]>())
            .prop_map(|(filter, first, [include_archived, full])| {
                Part::of::<ProjectPage>(project_page::Variables {
                    filter,
                    first,
                    after: None,
                    include_archived,
                    full,
                })
            })
            .boxed(),
    ]
}

/// The queries about one issue.
fn issue_queries(id: &BoxedStrategy<String>) -> Vec<BoxedStrategy<Part>> {
    let plain = |part: fn(String) -> Part| id.clone().prop_map(part).boxed();
    let page = || (id.clone(), size(), any::<[bool; 2]>());
    vec![
        plain(|id| Part::of::<IssueText>(issue_text::Variables { id })),
        plain(|id| Part::of::<IssueShelf>(issue_shelf::Variables { id })),
        plain(|id| Part::of::<IssuePlace>(issue_place::Variables { id })),
        plain(|id| Part::of::<IssueHead>(issue_head::Variables { id })),
        plain(|id| Part::of::<IssueSortOrder>(issue_sort_order::Variables { id })),
        plain(|id| Part::of::<IssueRelations>(issue_relations::Variables { id })),
        (id.clone(), filter("Attachment", "title"))
            .prop_map(|(id, filter)| {
                Part::of::<IssueAttachments>(issue_attachments::Variables { id, filter })
            })
            .boxed(),
        page()
            .prop_map(|(id, first, _)| {
                let after = None;
                Part::of::<IssueLabels>(issue_labels::Variables { id, first, after })
            })
            .boxed(),
        page()
            .prop_map(|(id, first, _)| {
                let after = None;
                Part::of::<IssueComments>(issue_comments::Variables { id, first, after })
            })
            .boxed(),
        (page(), filter("Comment", "body"))
            .prop_map(|((id, first, _), filter)| {
                Part::of::<OwnComments>(own_comments::Variables { id, filter, first })
            })
            .boxed(),
        (page(), filter("Document", "title"))
            .prop_map(|((id, first, [archived, with_content]), filter)| {
                Part::of::<IssueDocuments>(issue_documents::Variables {
                    id,
                    filter,
                    first,
                    after: None,
                    include_archived: archived.then_some(true),
                    with_content,
                })
            })
            .boxed(),
        (id.clone(), any::<[bool; 3]>(), size())
            .prop_map(|(id, flags, size)| {
                Part::of::<IssueHistory>(issue_history::Variables {
                    id,
                    with_history: flags[0],
                    first: size,
                    after: None,
                    with_comments: flags[1],
                    comments: 5,
                    with_states: flags[2],
                    states: size,
                })
            })
            .boxed(),
        (id.clone(), size())
            .prop_map(|(id, first)| {
                Part::of::<IssueSubscribers>(issue_subscribers::Variables { id, first })
            })
            .boxed(),
        (id.clone(), any::<[bool; 4]>(), size())
            .prop_map(|(id, flags, size)| {
                Part::of::<IssueGet>(issue_get::Variables {
                    id,
                    with_attachments: flags[0],
                    attachments: size,
                    with_comments: flags[1],
                    comments: size,
                    with_children: flags[2],
                    children: 5,
                    with_relations: flags[3],
                    relations: size,
                })
            })
            .boxed(),
        (id.clone(), any::<[bool; 3]>(), size())
            .prop_map(|(id, flags, size)| {
                Part::of::<IssueHierarchy>(issue_hierarchy::Variables {
                    id,
                    with_attachments: flags[0],
                    attachments: size,
                    with_siblings: flags[1],
                    siblings: size,
                    with_children: flags[2],
                    children: size,
                })
            })
            .boxed(),
    ]
}

fn document(id: impl Strategy<Value = String> + 'static) -> BoxedStrategy<Part> {
    id.prop_map(|id| DocumentGet::of(&id)).boxed()
}

fn comments_of_document(id: impl Strategy<Value = String> + 'static) -> BoxedStrategy<Part> {
    id.prop_map(|id| Part::of::<DocumentComments>(document_comments::Variables { id }))
        .boxed()
}

fn relation(id: impl Strategy<Value = String> + 'static) -> BoxedStrategy<Part> {
    id.prop_map(|id| Part::of::<RelationGet>(relation_get::Variables { id }))
        .boxed()
}

/// A query that asks where the first entity which matches a filter belongs.
fn place(
    filter: impl Strategy<Value = Option<Filter>> + 'static,
    part: fn(Option<Filter>) -> Part,
) -> BoxedStrategy<Part> {
    filter.prop_map(part).boxed()
}

/// A query that asks where the issues of a relation belong.
fn related(id: impl Strategy<Value = String> + 'static) -> BoxedStrategy<Part> {
    id.prop_map(|id| Part::of::<RelationPlace>(relation_place::Variables { id }))
        .boxed()
}

/// The UUID or the identifier of an issue.
pub(super) fn issue() -> BoxedStrategy<String> {
    let names = column("Issue", "identifier", |_| true);
    prop_oneof![select(ids("Issue")), select(names)].boxed()
}

/// Returns a strategy for each query, whose variables name existing entities.
pub(super) fn answered() -> Vec<BoxedStrategy<Part>> {
    let mut pool = [listings(), lists(), views(), issue_queries(&issue())].concat();
    pool.extend([
        document(select(ids("Document"))),
        comments_of_document(select(ids("Document"))),
        relation(select(ids("IssueRelation"))),
        related(select(ids("IssueRelation"))),
        place(filter("Comment", "body"), |filter| {
            Part::of::<CommentPlace>(comment_place::Variables { filter })
        }),
        place(filter("Document", "title"), |filter| {
            Part::of::<DocumentPlace>(document_place::Variables { filter })
        }),
        place(filter("Project", "name"), |filter| {
            Part::of::<ProjectPlace>(project_place::Variables { filter })
        }),
        place(filter("IssueLabel", "name"), |filter| {
            Part::of::<LabelPlace>(label_place::Variables { filter })
        }),
        Just(Part::of::<DoctorViewer>(doctor_viewer::Variables)).boxed(),
        Just(Part::of::<DoctorWorkspace>(doctor_workspace::Variables)).boxed(),
        Just(WorkspaceKeys::part()).boxed(),
        Just(Templates::page(None, 1, None)).boxed(),
        Just(Part::of::<ViewerIds>(viewer_ids::Variables)).boxed(),
    ]);
    pool
}

/// Returns a strategy for each query that asks for one entity by its id, with an id that no entity has.
pub(super) fn declined() -> Vec<BoxedStrategy<Part>> {
    let missing = Just(MISSING.to_owned());
    let mut pool = issue_queries(&missing.clone().boxed());
    pool.extend([
        document(missing.clone()),
        relation(missing.clone()),
        related(missing),
    ]);
    pool
}

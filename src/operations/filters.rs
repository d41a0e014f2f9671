//! The filters of a list. Each is declared once with all of its forms: the look-up of its names, the filter by the ids
//! of the entities that the names mean, the filter by the names themselves while these ids are not known, and the check
//! of rows that this server already has in memory.
//!
//! ```text
//! let mut filters = Filters::new(&params.team);
//! filters.condition(Filter::eq("priority", 1));
//! filters.named(&STATE, &params.state, Relation::One("state"));
//! filters.named(&LABEL, &params.labels, Relation::Many("labels"));
//! ```
//!
//! A list takes one request, whether or not the session cache has the names. Where the cache does not have them, the
//! request reads the list by the names and also looks the names up. The look-up shows whether an empty list is due to a
//! name that no entity has. Only where a name means an entity that Linear does not find by that name (an alias, or a
//! part of a name), the list is requested again, by ids.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::reads::{ReadError, ReadRequest, Responses, Slot, look_up_with};
use crate::cache::fold;
use crate::error::{Code, Error};
use crate::linear::client::RetryPolicy;
use crate::linear::documents::{IssueGet, IssuesFull, ProjectNamesakes};
use crate::linear::filter::Filter;
use crate::linear::model::{CustomView, Team};
use crate::params::{CycleRefs, Identifier, LabelName, LabelNames, List, Patch, Ref, Refs};
use crate::resolve::filter::{Meaning, NameFilter};
use crate::resolve::issue::IssueRef;
use crate::resolve::{LookupRequest, Resolved};
use crate::session::Context;

/// The filters of a list of `Row`s; a row must match all of them.
pub(super) struct Filters<'p, Row = ()> {
    /// The names that have to be looked up.
    lookup_request: LookupRequest,
    /// The caller's name for the team in which the other names are looked up.
    team: Option<&'p str>,
    conditions: Vec<Condition<'p, Row>>,
    /// The issues that rows are filtered by, each with the name of the parameter that refers to it. The list fails
    /// where one of these issues does not exist.
    issues: Vec<(&'static str, IssueRef)>,
    /// The name of the custom view whose issues are listed, where it has to be looked up.
    view: Option<&'p str>,
}

/// One condition of a list. A condition with several names is about all entities that any of the names means.
struct Condition<'p, Row> {
    /// The filter by the names themselves, used while it is not known what the names mean. For a condition without a
    /// name, this is its only filter.
    by_name: Filter,
    /// Whether [`Self::by_name`] has the whole condition. Where it does not, a list by the names has too many rows.
    is_complete_by_name: bool,
    /// For each name, the function that returns what the name means; empty for a condition without a name.
    names: Vec<Box<Resolve<'p>>>,
    /// The field of a row that the condition is about.
    relation: Relation,
    /// How the entities that the names mean and the field of a row have to agree.
    agreement: Agreement,
    /// The filter for all entities with that name, archived ones included. It is present where a list by that name may
    /// only be used after a check that no other entity has the name.
    same_named: Option<Filter>,
    /// Returns whether a row matches, given the ids that the name means; `None` where the row does not have enough data
    /// to decide that.
    matches: Option<Box<Matches<'p, Row>>>,
}

type Resolve<'p> = dyn Fn(&Resolved, Option<&Team>) -> Result<Meaning, Error> + Send + Sync + 'p;
type Matches<'p, Row> = dyn Fn(&Row, &[String]) -> Option<bool> + Send + Sync + 'p;

/// How the field of a row and the entities that a condition is about have to agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Agreement {
    /// The field has one of the entities.
    Has,
    /// The field has one of the entities, or is empty.
    HasOrIsEmpty,
    /// The field has none of the entities.
    HasNone,
}

/// The field of a row that holds the entity that the rows are filtered by.
#[derive(Clone, Copy, Debug)]
pub(super) enum Relation {
    /// A field with one entity or none.
    One(&'static str),
    /// A field with any number of entities.
    Many(&'static str),
    /// A field with one entity or none, which itself has a field with any number of entities.
    ManyOfOne(&'static str, &'static str),
}

impl Relation {
    /// Returns the filter for rows whose field has an entity that matches the filter `entity`.
    fn filter_for(self, entity: Filter) -> Filter {
        match self {
            Self::One(field) => Filter::of(field, entity),
            Self::Many(field) => Filter::of(field, Filter::of("some", entity)),
            Self::ManyOfOne(field, many) => Filter::of(field, Self::Many(many).filter_for(entity)),
        }
    }

    /// Returns the filter for rows whose field has only entities that match the filter `entity`. A field with one entity
    /// must not be empty.
    fn filter_for_only(self, entity: Filter) -> Filter {
        match self {
            Self::One(field) => Filter::of(field, entity),
            Self::Many(field) => Filter::of(field, Filter::of("every", entity)),
            Self::ManyOfOne(field, many) => {
                Filter::of(field, Self::Many(many).filter_for_only(entity))
            }
        }
    }

    /// Returns the filter for rows whose field is empty.
    fn filter_for_empty(self) -> Filter {
        match self {
            Self::One(field) => Filter::absent(field),
            Self::Many(field) => Filter::of(field, Filter::eq("length", 0)),
            Self::ManyOfOne(field, many) => {
                let empty = Filter::of(field, Self::Many(many).filter_for_empty());
                Filter::any(vec![Filter::absent(field), empty])
            }
        }
    }
}

impl Agreement {
    /// Returns the filter for rows whose field agrees with the entities that match any of the filters `entities`. `None`
    /// where Linear has no such filter.
    fn filter(self, relation: Relation, entities: Vec<Filter>) -> Option<Filter> {
        match self {
            Self::Has => Some(relation.filter_for(Filter::any(entities))),
            Self::HasOrIsEmpty => Some(Filter::any(vec![
                relation.filter_for_empty(),
                relation.filter_for(Filter::any(entities)),
            ])),
            Self::HasNone => {
                let others = Filter::any(entities).negated()?;
                Some(relation.filter_for_only(others))
            }
        }
    }
}

/// The value that a caller gives for a filter.
#[derive(Debug)]
pub(super) enum FilterValue<'p, N: ?Sized> {
    /// The caller gave no value, so the rows are not filtered.
    Unset,
    /// The caller gave `null`, for rows whose field is empty.
    Null,
    /// Names of entities, all of which a row must have in the field.
    All(Vec<&'p N>),
    /// Names of entities, one of which a row must have in the field.
    Any(Vec<&'p N>),
    /// Names of entities, one of which a row must have in the field unless the field is empty.
    AnyOrEmpty(Vec<&'p N>),
    /// Names of entities, none of which a row may have in the field.
    Without(Vec<&'p N>),
}

impl<'p> From<&'p Option<Ref>> for FilterValue<'p, str> {
    fn from(given: &'p Option<Ref>) -> Self {
        given
            .as_ref()
            .map_or(Self::Unset, |name| Self::Any(vec![name.as_str()]))
    }
}

impl<'p, N: ?Sized> FilterValue<'p, N> {
    /// Returns the value of a filter from the value `given` in a parameter, for rows that have one of the names that
    /// `names` returns.
    fn from_patch<T>(given: &'p Patch<T>, names: impl FnOnce(&'p T) -> Vec<&'p N>) -> Self {
        match given {
            Patch::Absent => Self::Unset,
            Patch::Clear => Self::Null,
            Patch::Set(value) => Self::Any(names(value)),
        }
    }
}

impl<'p> FilterValue<'p, str> {
    /// Returns the value of a filter from the names `given` in a parameter, for rows that have one of them. A word such as
    /// `none` or `nobody` among the names stands for an empty field.
    pub(super) fn or_none<T>(given: &'p Patch<List<T>>, text: impl Fn(&'p T) -> &'p str) -> Self {
        let names = match given {
            Patch::Absent => return Self::Unset,
            Patch::Clear => return Self::Null,
            Patch::Set(names) => names.iter().map(text),
        };
        let (empty, names): (Vec<&str>, Vec<&str>) = names.partition(|name| is_none_word(name));
        match (empty.is_empty(), names.is_empty()) {
            (true, _) => Self::Any(names),
            (false, true) => Self::Null,
            (false, false) => Self::AnyOrEmpty(names),
        }
    }
}

/// Whether a word stands for an empty field in a filter.
pub(super) fn is_none_word(word: &str) -> bool {
    ["none", "unassigned", "nobody"].contains(&fold(word).as_str())
}

/// Checks that the list in the parameter `param` has items, since it would be unclear whether it means all rows or none.
///
/// # Errors
/// INVALID_PARAM for a list without items.
pub(super) fn check_not_empty<T>(param: &str, list: Option<&List<T>>) -> Result<(), Error> {
    match list {
        Some(list) if list.is_empty() => Err(empty_list(param)),
        _ => Ok(()),
    }
}

/// Returns the error for a list of names or numbers without any.
pub(super) fn empty_list(param: &str) -> Error {
    Error::new(Code::InvalidParam, format!("'{param}' is an empty list"))
        .detail("param", param)
        .suggest(format!("Name what '{param}' is to match, or leave it out"))
}

impl<'p> From<&'p Patch<Ref>> for FilterValue<'p, str> {
    fn from(given: &'p Patch<Ref>) -> Self {
        Self::from_patch(given, |name| vec![name.as_str()])
    }
}

impl<'p> From<&'p Patch<Refs>> for FilterValue<'p, str> {
    fn from(given: &'p Patch<Refs>) -> Self {
        Self::from_patch(given, |names| names.iter().map(Ref::as_str).collect())
    }
}

impl<'p> From<&'p Option<Refs>> for FilterValue<'p, str> {
    fn from(given: &'p Option<Refs>) -> Self {
        given.as_ref().map_or(Self::Unset, |names| {
            Self::Any(names.iter().map(Ref::as_str).collect())
        })
    }
}

impl<'p> From<&'p Patch<CycleRefs>> for FilterValue<'p, str> {
    fn from(given: &'p Patch<CycleRefs>) -> Self {
        Self::from_patch(given, |names| {
            names.iter().map(|cycle| cycle.as_str()).collect()
        })
    }
}

impl<'p> From<&'p Patch<LabelNames>> for FilterValue<'p, LabelName> {
    /// A row must have all of the labels.
    fn from(given: &'p Patch<LabelNames>) -> Self {
        match given {
            Patch::Absent => Self::Unset,
            Patch::Clear => Self::Null,
            Patch::Set(names) => Self::All(names.iter().collect()),
        }
    }
}

/// The conditions that were added last. With them, the caller can set how rows are checked.
pub(super) struct AddedConditions<'f, 'p, Row>(&'f mut [Condition<'p, Row>]);

impl<'p, Row: 'p> AddedConditions<'_, 'p, Row> {
    /// Sets the function that returns the ids in the field of a row, or `None` where the field may have further ids.
    pub(super) fn in_rows(self, ids: fn(&Row) -> Option<Vec<&str>>) {
        for condition in self.0 {
            let is_null = condition.names.is_empty();
            let agreement = condition.agreement;
            condition.matches = Some(Box::new(move |row, wanted_ids| {
                let row_ids = ids(row)?;
                let has_one = || wanted_ids.iter().any(|id| row_ids.contains(&id.as_str()));
                match (wanted_ids, agreement) {
                    ([], _) if is_null => Some(row_ids.is_empty()),
                    // The name stands for a filter without ids, so whether the row matches cannot be decided here.
                    ([], _) => None,
                    (_, Agreement::Has) => Some(has_one()),
                    (_, Agreement::HasOrIsEmpty) => Some(row_ids.is_empty() || has_one()),
                    (_, Agreement::HasNone) => Some(!has_one()),
                }
            }));
        }
    }

    /// Sets the function that returns whether a row matches a condition without a name.
    pub(super) fn matching(self, matches: impl Fn(&Row) -> bool + Clone + Send + Sync + 'p) {
        for condition in self.0 {
            let matches = matches.clone();
            condition.matches = Some(Box::new(move |row, _| Some(matches(row))));
        }
    }
}

impl<'p, Row> Filters<'p, Row> {
    /// Returns an empty set of filters. The names in them will be looked up in the `team`, where there is one.
    pub(super) fn new(team: Option<&'p Ref>) -> Self {
        Self {
            lookup_request: LookupRequest::default(),
            team: team.map(Ref::as_str),
            conditions: Vec::new(),
            issues: Vec::new(),
            view: None,
        }
    }

    /// Looks the name of a custom view up together with the names in the filters. The rows are not filtered by it.
    pub(super) fn look_up_view(&mut self, name: &'p str) {
        self.lookup_request.custom_view = Some(name.to_owned());
        self.view = Some(name);
    }

    /// Adds a condition without a name.
    pub(super) fn condition(&mut self, filter: Filter) -> AddedConditions<'_, 'p, Row> {
        self.conditions.push(Condition {
            by_name: filter,
            is_complete_by_name: true,
            names: Vec::new(),
            relation: Relation::One(""),
            agreement: Agreement::Has,
            same_named: None,
            matches: None,
        });
        self.added(1)
    }

    /// Adds the conditions that the `field` lies in a window of time: not before `after`, and before `before`.
    pub(super) fn window<T: fmt::Display>(
        &mut self,
        field: &str,
        after: Option<&T>,
        before: Option<&T>,
    ) {
        for (comparator, bound) in [("gte", after), ("lt", before)] {
            if let Some(bound) = bound {
                self.condition(Filter::compare(field, comparator, bound.to_string()));
            }
        }
    }

    /// Adds the conditions of [`Self::window`] for a field that rows have, too: `in_row` returns its day or timestamp in a
    /// row, and `None` where it is empty, which is in no window. The bounds must not be durations, so that Linear and this
    /// server mean the same by them.
    pub(super) fn window_in_rows<T: fmt::Display>(
        &mut self,
        field: &str,
        after: Option<T>,
        before: Option<T>,
        in_row: fn(&Row) -> Option<&str>,
    ) where
        Row: 'p,
    {
        for (comparator, bound) in [("gte", after), ("lt", before)] {
            let Some(bound) = bound.map(|bound| bound.to_string()) else {
                continue;
            };
            let limit = instant(&bound);
            let condition = Filter::compare(field, comparator, bound);
            for condition in self.condition(condition).0 {
                condition.matches = Some(Box::new(move |row, _| {
                    let Some(text) = in_row(row) else {
                        return Some(false);
                    };
                    let (moment, limit) = (instant(text)?, limit?);
                    Some(match comparator {
                        "gte" => moment >= limit,
                        _ => moment < limit,
                    })
                }));
            }
        }
    }

    /// Adds the filter for rows that have, in the field of the `relation`, the entities with the names `given`. Entities
    /// can be excluded ([`FilterValue::Without`]) from a collection, and from a field with one entity that is never empty.
    pub(super) fn named<N: ?Sized + Sync>(
        &mut self,
        kind: &'static NameFilter<N>,
        given: impl Into<FilterValue<'p, N>>,
        relation: Relation,
    ) -> AddedConditions<'_, 'p, Row> {
        let (groups, agreement) = match given.into() {
            FilterValue::Unset => return self.added(0),
            FilterValue::Null => return self.condition(relation.filter_for_empty()),
            FilterValue::All(names) => {
                let alone = names.into_iter().map(|name| vec![name]);
                (alone.collect(), Agreement::Has)
            }
            FilterValue::Any(names) => (vec![names], Agreement::Has),
            FilterValue::AnyOrEmpty(names) => (vec![names], Agreement::HasOrIsEmpty),
            FilterValue::Without(names) => (vec![names], Agreement::HasNone),
        };
        let count = groups.len();
        for names in groups {
            let mut by_name = Vec::new();
            for name in &names {
                (kind.want)(&mut self.lookup_request, name);
                by_name.push((kind.by_name)(name, self.team));
            }
            let same_named = kind.matches_archived.then(|| Filter::any(by_name.clone()));
            let by_name = agreement.filter(relation, by_name);
            self.conditions.push(Condition {
                same_named,
                is_complete_by_name: by_name.is_some(),
                by_name: by_name.unwrap_or_else(|| Filter::all(Vec::new())),
                names: names
                    .into_iter()
                    .map(|name| -> Box<Resolve<'p>> {
                        Box::new(move |resolved, team| (kind.resolve)(name, resolved, team))
                    })
                    .collect(),
                relation,
                agreement,
                matches: None,
            });
        }
        self.added(count)
    }

    /// Adds the filter for rows that have, in the field of the `relation`, the issue that is `given` in the parameter
    /// `param`.
    ///
    /// # Errors
    /// INVALID_PARAM for a value that does not refer to an issue.
    pub(super) fn issue(
        &mut self,
        param: &'static str,
        given: &Patch<Identifier>,
        relation: Relation,
    ) -> Result<(), Error> {
        match given.try_map(|issue| IssueRef::parse(param, issue.as_str()))? {
            Patch::Absent => {}
            Patch::Clear => {
                self.condition(relation.filter_for_empty());
            }
            Patch::Set(issue) => {
                self.condition(relation.filter_for(issue_filter(&issue)));
                self.issues.push((param, issue));
            }
        }
        Ok(())
    }

    /// Returns the `count` conditions that were added last.
    fn added(&mut self, count: usize) -> AddedConditions<'_, 'p, Row> {
        let first = self.conditions.len().saturating_sub(count);
        AddedConditions(self.conditions.split_at_mut(first).1)
    }

    /// Returns the look-up request for the names in the filters.
    pub(super) fn lookup_request(&self) -> &LookupRequest {
        &self.lookup_request
    }

    /// Returns whether there are no filters.
    pub(super) fn is_empty(&self) -> bool {
        self.conditions.is_empty()
    }

    /// Returns the filter by the names themselves.
    fn by_name(&self) -> Filter {
        let conditions = self.conditions.iter();
        Filter::all(
            conditions
                .map(|condition| condition.by_name.clone())
                .collect(),
        )
    }

    /// Returns the filters with the ids that the names mean.
    ///
    /// # Errors
    /// The not-found code of the first name that no entity has, or AMBIGUOUS_IDENTIFIER.
    pub(super) fn resolve(&self, names: &Resolved) -> Result<ResolvedFilters, Error> {
        let team = self.team.map(|name| names.team(name)).transpose()?;
        let team = team.map(|team| team.item);
        let mut filters = Vec::new();
        let mut ids = Vec::new();
        let view = self.view.map(|name| names.custom_view(name)).transpose()?;
        let mut is_literal = match (self.view, &view) {
            (Some(name), Some(view)) => view.is_literal(name),
            _ => true,
        };
        let view = view.map(|view| view.item);
        for condition in &self.conditions {
            if condition.names.is_empty() {
                filters.push(condition.by_name.clone());
                ids.push(Vec::new());
                continue;
            }
            let mut meanings = Vec::new();
            for resolve in &condition.names {
                meanings.push(resolve(names, team.as_deref())?);
            }
            is_literal &= condition.is_complete_by_name;
            is_literal &= meanings.iter().all(|meaning| meaning.is_literal);
            let has_all_ids = meanings.iter().all(|meaning| !meaning.ids.is_empty());
            let meant_ids = meanings.iter().flat_map(|meaning| meaning.ids.clone());
            let meant_ids: Vec<String> = meant_ids.filter(|_| has_all_ids).collect();
            let meant = meanings.into_iter().map(|meaning| meaning.filter);
            let filter = condition
                .agreement
                .filter(condition.relation, meant.collect());
            // A filter without a counterpart is one of entities whose ids are known.
            filters.push(filter.unwrap_or_else(|| {
                let others = Filter::none_of("id", meant_ids.clone());
                condition.relation.filter_for_only(others)
            }));
            ids.push(meant_ids);
        }
        Ok(ResolvedFilters {
            filter: Filter::all(filters),
            team,
            view,
            is_literal,
            ids,
        })
    }

    /// Returns whether the row matches all filters; `None` where the row does not have enough data to decide that.
    pub(super) fn matches(&self, resolved: &ResolvedFilters, row: &Row) -> Option<bool> {
        let mut matches_all = true;
        for (condition, ids) in self.conditions.iter().zip(&resolved.ids) {
            let matches = condition.matches.as_ref()?;
            matches_all &= matches(row, ids)?;
        }
        Some(matches_all)
    }

    /// Returns the rows that match all filters; `None` where there is a row for which that cannot be decided.
    pub(super) fn matching(
        &self,
        resolved: &ResolvedFilters,
        rows: &[Arc<Row>],
    ) -> Option<Vec<Arc<Row>>> {
        if self
            .conditions
            .iter()
            .any(|condition| condition.matches.is_none())
        {
            return None;
        }
        let mut matching = Vec::new();
        for row in rows {
            if self.matches(resolved, row)? {
                matching.push(Arc::clone(row));
            }
        }
        Some(matching)
    }
}

/// The filters of a list after the look-up of their names.
#[derive(Debug)]
pub(super) struct ResolvedFilters {
    /// The filter by the ids that the names mean.
    pub filter: Filter,
    /// The team in which the other names were looked up.
    pub team: Option<Arc<Team>>,
    /// The custom view whose name was looked up.
    pub view: Option<Arc<CustomView>>,
    /// Whether the filter by the names themselves finds the same entities as the filter by ids.
    is_literal: bool,
    /// For each condition, the ids that its names mean; empty where the ids of a name are not known.
    ids: Vec<Vec<String>>,
}

/// The first page of a list, requested by ids where the session cache had the names in the filters, else by the names.
#[derive(Debug)]
pub(super) struct FirstPage<S> {
    /// The filters with the ids that the names mean.
    pub resolved: ResolvedFilters,
    /// The slots of the reads of the page.
    pub slots: S,
    /// The answers to these reads, where a request was sent.
    pub responses: Responses,
    /// Whether the page has the rows that match the filter by ids. Where it does not, [`Self::corrected`] requests the
    /// page again.
    pub is_right: bool,
}

/// The number of projects that are requested for one name. A second project shows that the name is not unique.
const SAME_NAMED: i64 = 2;

/// Reads the first page of a list, together with the look-up of the names in its filters.
///
/// `add` is called with the filter of the list, and adds the reads of the page to the request. Where the session cache
/// has all names, `add` is also given the resolved filters. Nothing is sent where `add` adds no reads and the cache has
/// all names, or where the cache shows that a name is wrong.
///
/// # Errors
/// The not-found code of the first name that no entity has, or AMBIGUOUS_IDENTIFIER; ISSUE_NOT_FOUND for an issue that
/// the list is filtered by; the [`crate::linear::failure::Failure`] of the request.
pub(super) async fn read_first_page<Row, S>(
    cx: &Context<'_>,
    filters: &Filters<'_, Row>,
    add: impl FnOnce(&mut ReadRequest, &Filter, Option<&ResolvedFilters>) -> S,
) -> Result<FirstPage<S>, ReadError> {
    let (names, added, mut responses) =
        look_up_with(cx, &filters.lookup_request, |request, names| {
            let resolved = names.map(|names| filters.resolve(names)).transpose()?;
            let issues = filters.issues.iter();
            let issues: Vec<Slot<IssuesFull>> = issues
                .map(|(_, issue)| request.page(Some(issue_filter(issue)), 1))
                .collect();
            let mut same_named: Vec<(usize, Slot<ProjectNamesakes>)> = Vec::new();
            if resolved.is_none() {
                for (index, condition) in filters.conditions.iter().enumerate() {
                    if let Some(filter) = condition.same_named.clone() {
                        same_named.push((index, request.page(Some(filter), SAME_NAMED)));
                    }
                }
            }
            // The rows of the page are added last: their number depends on what the other reads cost.
            let slots = match &resolved {
                Some(resolved) => add(request, &resolved.filter, Some(resolved)),
                None => add(request, &filters.by_name(), None),
            };
            Ok::<_, Error>((resolved, slots, issues, same_named))
        })
        .await?;
    let (resolved, slots, issues, same_named) = added?;
    let was_resolved = resolved.is_some();
    let resolved = match resolved {
        Some(resolved) => resolved,
        None => filters.resolve(&names)?,
    };
    if responses.is_sent() {
        for ((param, issue), slot) in filters.issues.iter().zip(issues) {
            if responses.get(slot)?.issues.nodes.is_empty() {
                let not_found = issue.not_found().detail("param", *param);
                // Filters match current identifiers only, but the query for one issue also finds an issue by the
                // identifier that it had before it was moved to another team.
                let query = [IssueGet::alone(&issue.id())];
                let answers = cx.send(&query, RetryPolicy::Idempotent).await;
                let moved = answers.and_then(|mut answers| answers.take::<IssueGet>(0));
                return Err(ReadError::Refused(match moved {
                    Ok(answer) => not_found
                        .suggest_first(format!("It has moved: use '{}'", answer.issue.identifier)),
                    Err(_) => not_found,
                }));
            }
        }
    }
    let mut is_right = was_resolved || resolved.is_literal;
    for (index, slot) in same_named {
        if is_right {
            let projects = responses.get(slot)?.projects.nodes;
            let wanted_ids = resolved.ids.get(index);
            let is_wanted = |id: &String| wanted_ids.is_some_and(|ids| ids.contains(id));
            is_right = projects.iter().all(|project| is_wanted(&project.id));
        }
    }
    Ok(FirstPage {
        resolved,
        slots,
        responses,
        is_right,
    })
}

impl<S> FirstPage<S> {
    /// Returns the resolved filters, and the slots and answers of the page. Where the page was requested by names and
    /// may have other rows than the page by ids, it is requested again, by ids. `add` adds the reads of the page by a
    /// filter, as for [`read_first_page`].
    ///
    /// # Errors
    /// The [`crate::linear::failure::Failure`] of the request.
    pub(super) async fn corrected(
        self,
        cx: &Context<'_>,
        add: impl FnOnce(&mut ReadRequest, &Filter) -> S,
    ) -> Result<(ResolvedFilters, S, Responses), ReadError> {
        if self.is_right {
            return Ok((self.resolved, self.slots, self.responses));
        }
        let mut request = ReadRequest::default();
        let slots = add(&mut request, &self.resolved.filter);
        let responses = request.send(cx).await?;
        Ok((self.resolved, slots, responses))
    }
}

/// Returns the moment that a day or a timestamp means to Linear, for a day its midnight in UTC; `None` for another text.
fn instant(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let day: Date = text.parse().ok()?;
        let midnight = day.to_zoned(TimeZone::UTC).ok()?;
        Some(midnight.timestamp())
    })
}

/// Returns the filter that finds an issue. Linear has no filter by identifier, so an identifier becomes a filter by
/// team key and number (`linear/api.md` §2).
pub(super) fn issue_filter(issue: &IssueRef) -> Filter {
    match issue {
        IssueRef::Id(id) => Filter::eq("id", id.as_str()),
        IssueRef::Identifier { key, number } => Filter::all(vec![
            Filter::of("team", Filter::eq("key", key.as_str())),
            Filter::eq("number", *number),
        ]),
    }
}

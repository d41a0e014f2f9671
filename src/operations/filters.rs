//! The filters of a list, each declared once with all of its forms: where its names are looked up, how it filters once
//! it is known what the names mean, how it filters by the names while that is not known, and how it is checked on rows
//! that the server has already.
//!
//! ```text
//! let mut filters = Filters::new(&params.team);
//! filters.condition(Filter::eq("priority", 1));
//! filters.named(&STATE, &params.state, Relation::One("state"));
//! filters.named(&LABEL, &params.labels, Relation::Many("labels"));
//! ```
//!
//! A list takes one request, whether or not the session cache knows the names: a list by names goes together with the
//! look-up of the names. A name that means nothing is then told from an empty list. Only where a name means something
//! that Linear does not find by it (an alias, a part of a name), the list is asked for again, by ids.

use std::sync::Arc;

use super::reads::{ReadError, ReadRequest, Responses, Slot, look_up_with};
use crate::error::Error;
use crate::linear::client::RetryPolicy;
use crate::linear::documents::{IssueGet, IssuesFull, ProjectNamesakes};
use crate::linear::filter::Filter;
use crate::linear::model::Team;
use crate::params::{CycleRef, Identifier, LabelName, LabelNames, Patch, Ref};
use crate::resolve::filter::{Meaning, NameFilter};
use crate::resolve::issue::IssueRef;
use crate::resolve::{LookupRequest, Resolved};
use crate::session::Context;

/// The filters of a list of `Row`s; a row must match all of them.
pub(super) struct Filters<'p, Row = ()> {
    /// Everything that has to be looked up.
    lookup_request: LookupRequest,
    /// The team in which the other names are looked up, as the caller calls it.
    team: Option<&'p str>,
    conditions: Vec<Condition<'p, Row>>,
    /// Issues that rows are filtered by, with the parameter that names each: they have to exist.
    issues: Vec<(&'static str, IssueRef)>,
}

/// One condition of a list.
struct Condition<'p, Row> {
    /// The filter while it is not known what the name means; of a condition without a name, the filter.
    by_name: Filter,
    /// Returns what the name means, for a condition with one.
    resolve: Option<Box<Resolve<'p>>>,
    /// How the entity that the name means is related to the rows.
    relation: Relation,
    /// The filter for the entities of that name, where they have to be counted before a list by it is used.
    namesakes: Option<Filter>,
    /// Returns whether a row matches, by the ids that the name means; `None` where the row does not tell.
    matches: Option<Box<Matches<'p, Row>>>,
}

type Resolve<'p> = dyn Fn(&Resolved, Option<&Team>) -> Result<Meaning, Error> + Send + Sync + 'p;
type Matches<'p, Row> = dyn Fn(&Row, &[String]) -> Option<bool> + Send + Sync + 'p;

/// The field of a row in which an entity stands that the rows are filtered by.
#[derive(Clone, Copy, Debug)]
pub(super) enum Relation {
    /// A field with one entity or none.
    One(&'static str),
    /// A field with any number of entities.
    Many(&'static str),
}

impl Relation {
    /// Returns the filter for rows that are related to an entity that matches `entity`.
    fn to(self, entity: Filter) -> Filter {
        match self {
            Self::One(field) => Filter::of(field, entity),
            Self::Many(field) => Filter::of(field, Filter::of("some", entity)),
        }
    }

    /// Returns the filter for rows that are related to nothing.
    fn to_nothing(self) -> Filter {
        match self {
            Self::One(field) => Filter::absent(field),
            Self::Many(field) => Filter::of(field, Filter::eq("length", 0)),
        }
    }
}

/// What a caller gives as the value of a filter.
#[derive(Debug)]
pub(super) enum Given<'p, N: ?Sized> {
    /// Nothing: the rows are not filtered.
    Unset,
    /// `null`: rows without one.
    Null,
    /// Names, all of which a row has to be related to.
    Names(Vec<&'p N>),
}

impl<'p> From<&'p Option<Ref>> for Given<'p, str> {
    fn from(given: &'p Option<Ref>) -> Self {
        given
            .as_ref()
            .map_or(Self::Unset, |name| Self::Names(vec![name.as_str()]))
    }
}

impl<'p, N: ?Sized> Given<'p, N> {
    fn of<T>(given: &'p Patch<T>, names: impl FnOnce(&'p T) -> Vec<&'p N>) -> Self {
        match given {
            Patch::Absent => Self::Unset,
            Patch::Clear => Self::Null,
            Patch::Set(value) => Self::Names(names(value)),
        }
    }
}

impl<'p> From<&'p Patch<Ref>> for Given<'p, str> {
    fn from(given: &'p Patch<Ref>) -> Self {
        Self::of(given, |name| vec![name.as_str()])
    }
}

impl<'p> From<&'p Patch<CycleRef>> for Given<'p, str> {
    fn from(given: &'p Patch<CycleRef>) -> Self {
        Self::of(given, |name| vec![name.as_str()])
    }
}

impl<'p> From<&'p Patch<LabelNames>> for Given<'p, LabelName> {
    fn from(given: &'p Patch<LabelNames>) -> Self {
        Self::of(given, |names| names.iter().collect())
    }
}

/// The conditions that were added last, to say how they are checked on rows.
pub(super) struct Added<'f, 'p, Row>(&'f mut [Condition<'p, Row>]);

impl<'p, Row: 'p> Added<'_, 'p, Row> {
    /// Says which ids a row has in the field that it is filtered by; `None` where the row may have more.
    pub(super) fn in_rows(self, ids: fn(&Row) -> Option<Vec<&str>>) {
        for condition in self.0 {
            let is_null = condition.resolve.is_none();
            condition.matches = Some(Box::new(move |row, meant| {
                let own = ids(row)?;
                match meant {
                    [] if is_null => Some(own.is_empty()),
                    // The name does not mean entities by their ids.
                    [] => None,
                    _ => Some(meant.iter().any(|id| own.contains(&id.as_str()))),
                }
            }));
        }
    }

    /// Says which rows match a condition without a name.
    pub(super) fn matching(self, matches: impl Fn(&Row) -> bool + Clone + Send + Sync + 'p) {
        for condition in self.0 {
            let matches = matches.clone();
            condition.matches = Some(Box::new(move |row, _| Some(matches(row))));
        }
    }
}

impl<'p, Row> Filters<'p, Row> {
    /// No filters, for a list whose names are looked up in that team.
    pub(super) fn new(team: Option<&'p Ref>) -> Self {
        Self {
            lookup_request: LookupRequest::default(),
            team: team.map(Ref::as_str),
            conditions: Vec::new(),
            issues: Vec::new(),
        }
    }

    /// Adds a condition without a name.
    pub(super) fn condition(&mut self, filter: Filter) -> Added<'_, 'p, Row> {
        self.add(Condition {
            by_name: filter,
            resolve: None,
            relation: Relation::One(""),
            namesakes: None,
            matches: None,
        });
        self.added(1)
    }

    /// Adds the filter for rows that are related to the entities of these names.
    pub(super) fn named<N: ?Sized + Sync>(
        &mut self,
        kind: &'static NameFilter<N>,
        given: impl Into<Given<'p, N>>,
        relation: Relation,
    ) -> Added<'_, 'p, Row> {
        let names = match given.into() {
            Given::Unset => return self.added(0),
            Given::Null => return self.condition(relation.to_nothing()),
            Given::Names(names) => names,
        };
        let count = names.len();
        for name in names {
            (kind.want)(&mut self.lookup_request, name);
            let by_name = (kind.by_name)(name, self.team);
            self.add(Condition {
                namesakes: kind.matches_archived.then(|| by_name.clone()),
                by_name: relation.to(by_name),
                resolve: Some(Box::new(|known, team| (kind.resolve)(name, known, team))),
                relation,
                matches: None,
            });
        }
        self.added(count)
    }

    /// Adds the filter for rows that are related to the issue that the parameter names.
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
                self.condition(relation.to_nothing());
            }
            Patch::Set(issue) => {
                self.condition(relation.to(issue_filter(&issue)));
                self.issues.push((param, issue));
            }
        }
        Ok(())
    }

    fn add(&mut self, condition: Condition<'p, Row>) {
        self.conditions.push(condition);
    }

    fn added(&mut self, count: usize) -> Added<'_, 'p, Row> {
        let before = self.conditions.len().saturating_sub(count);
        Added(self.conditions.split_at_mut(before).1)
    }

    /// Returns what has to be looked up for the filters.
    pub(super) fn lookup_request(&self) -> &LookupRequest {
        &self.lookup_request
    }

    /// Whether there are no filters.
    pub(super) fn is_empty(&self) -> bool {
        self.conditions.is_empty()
    }

    /// Returns the filter by the names themselves.
    fn by_name(&self) -> Filter {
        let all = self.conditions.iter();
        Filter::all(all.map(|condition| condition.by_name.clone()).collect())
    }

    /// Returns what the names mean.
    ///
    /// # Errors
    /// The not-found code of the first name that means nothing, or AMBIGUOUS_IDENTIFIER.
    pub(super) fn resolve(&self, known: &Resolved) -> Result<ResolvedFilters, Error> {
        let team = self.team.map(|name| known.team(name)).transpose()?;
        let team = team.map(|found| found.item);
        let mut all = Vec::new();
        let mut ids = Vec::new();
        let mut is_literal = true;
        for condition in &self.conditions {
            let Some(resolve) = &condition.resolve else {
                all.push(condition.by_name.clone());
                ids.push(Vec::new());
                continue;
            };
            let meaning = resolve(known, team.as_deref())?;
            all.push(condition.relation.to(meaning.filter));
            ids.push(meaning.ids);
            is_literal &= meaning.is_literal;
        }
        Ok(ResolvedFilters {
            filter: Filter::all(all),
            team,
            is_literal,
            ids,
        })
    }

    /// Returns whether the row matches all filters; `None` where the row does not tell.
    pub(super) fn matches(&self, resolved: &ResolvedFilters, row: &Row) -> Option<bool> {
        let mut all = true;
        for (condition, ids) in self.conditions.iter().zip(&resolved.ids) {
            let matches = condition.matches.as_ref()?;
            all &= matches(row, ids)?;
        }
        Some(all)
    }

    /// Returns the rows that match all filters; `None` where some row does not tell whether it does.
    pub(super) fn matching(
        &self,
        resolved: &ResolvedFilters,
        rows: &[Arc<Row>],
    ) -> Option<Vec<Arc<Row>>> {
        if self.conditions.iter().any(|it| it.matches.is_none()) {
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

/// What the names in the filters of a list mean.
#[derive(Debug)]
pub(super) struct ResolvedFilters {
    /// The filter by what the names mean.
    pub filter: Filter,
    /// The team in which the other names were looked up.
    pub team: Option<Arc<Team>>,
    /// Whether the filter by the names themselves matches the same rows.
    is_literal: bool,
    /// For each condition, the ids that its name means.
    ids: Vec<Vec<String>>,
}

/// The first page of a list, as it was asked for before or after it was known what the names in its filters mean.
#[derive(Debug)]
pub(super) struct FirstPage<S> {
    /// What the names mean.
    pub resolved: ResolvedFilters,
    /// The slots of the reads.
    pub slots: S,
    /// Their answers, if anything was sent.
    pub responses: Responses,
    /// Whether the list in the answers is the one that the filters mean.
    pub is_right: bool,
}

/// How many projects of one name are asked for: two tell that it is not the only one.
const NAMESAKES: i64 = 2;

/// Reads the first page of a list, together with the look-up of the names in its filters.
///
/// `add` adds the reads of the page by the filter that it is given, and gets what the names mean where the session cache
/// knows that. Nothing is sent where it adds nothing and the cache knows all names, or where a name that the cache knows
/// makes the request wrong.
///
/// # Errors
/// The not-found code of the first name that means nothing, or AMBIGUOUS_IDENTIFIER; ISSUE_NOT_FOUND for an issue that
/// the list is filtered by; the [`crate::linear::failure::Failure`] of the request.
pub(super) async fn read_first_page<Row, S>(
    cx: &Context<'_>,
    filters: &Filters<'_, Row>,
    add: impl FnOnce(&mut ReadRequest, &Filter, Option<&ResolvedFilters>) -> S,
) -> Result<FirstPage<S>, ReadError> {
    let (known, sent, mut responses) =
        look_up_with(cx, &filters.lookup_request, |request, known| {
            let resolved = known.map(|known| filters.resolve(known)).transpose()?;
            let slots = match &resolved {
                Some(resolved) => add(request, &resolved.filter, Some(resolved)),
                None => add(request, &filters.by_name(), None),
            };
            let issues = filters.issues.iter();
            let issues: Vec<Slot<IssuesFull>> = issues
                .map(|(_, issue)| request.page(Some(issue_filter(issue)), 1))
                .collect();
            let mut namesakes: Vec<(usize, Slot<ProjectNamesakes>)> = Vec::new();
            if resolved.is_none() {
                for (index, condition) in filters.conditions.iter().enumerate() {
                    let named = condition.namesakes.clone();
                    namesakes.extend(named.map(|it| (index, request.page(Some(it), NAMESAKES))));
                }
            }
            Ok::<_, Error>((resolved, slots, issues, namesakes))
        })
        .await?;
    let (resolved, slots, issues, namesakes) = sent?;
    let was_resolved = resolved.is_some();
    let resolved = match resolved {
        Some(resolved) => resolved,
        None => filters.resolve(&known)?,
    };
    if responses.is_sent() {
        for ((param, issue), slot) in filters.issues.iter().zip(issues) {
            if responses.get(slot)?.issues.nodes.is_empty() {
                return Err(issue_not_found(cx, param, issue).await.into());
            }
        }
    }
    let mut is_right = was_resolved || resolved.is_literal;
    for (index, slot) in namesakes {
        if is_right {
            let namesakes = responses.get(slot)?.projects.nodes;
            let meant = resolved.ids.get(index);
            let is_meant = |id: &String| meant.is_some_and(|ids| ids.contains(id));
            is_right = namesakes.iter().all(|namesake| is_meant(&namesake.id));
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
    /// Returns what the names mean and the right page, for which Linear is asked again where the list by the names is
    /// another one. `add` adds the reads of the page by a filter, as for [`read_first_page`].
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

/// Returns the filter that finds an issue; Linear has none by identifier (`linear/api.md` §2).
pub(super) fn issue_filter(issue: &IssueRef) -> Filter {
    match issue {
        IssueRef::Id(id) => Filter::eq("id", id.as_str()),
        IssueRef::Identifier { key, number } => Filter::all(vec![
            Filter::of("team", Filter::eq("key", key.as_str())),
            Filter::eq("number", *number),
        ]),
    }
}

/// Returns the error for an issue that no filter finds. Filters know the identifiers of today only, so the issue is
/// looked up by itself: where it had that identifier before a move, the error suggests the one that it has now.
async fn issue_not_found(cx: &Context<'_>, param: &str, issue: &IssueRef) -> Error {
    let not_found = issue.not_found().detail("param", param);
    let query = [IssueGet::alone(&issue.id())];
    let answers = cx.send(&query, RetryPolicy::Idempotent).await;
    match answers.and_then(|mut answers| answers.take::<IssueGet>(0)) {
        Ok(answer) => {
            not_found.suggest_first(format!("It has moved: use '{}'", answer.issue.identifier))
        }
        Err(_) => not_found,
    }
}

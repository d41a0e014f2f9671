//! The place of an issue in the manual order (`sort_order`). Linear keeps the place as a number, by which it sorts with
//! the lowest first. The number for a place is found between those of the neighbours, which one read returns.

use std::fmt;

use crate::error::{Code, Error};
use crate::linear::documents::{
    IssueSortOrder, Listing as _, OrderFromBottom, OrderFromTop, issue_sort_order, order_from_top,
};
use crate::linear::filter::Filter;
use crate::linear::model::{self, OrderedIssue};
use crate::operations::reads::{ReadError, ReadRequest, Responses, Slot};
use crate::params::SortOrder;
use crate::resolve::issue::IssueRef;
use crate::resolve::state::CLOSED_TYPES;
use crate::session::Context;

/// The distance to the only neighbour of an issue at the top or the bottom. It leaves room for further issues between
/// the two.
const STEP: f64 = 100.0;

/// The number of issues on one page of the manual order.
const PAGE: i64 = 250;

/// The most pages that are read to find the neighbours of an issue.
const MOST_PAGES: usize = 8;

/// A place in the manual order.
#[derive(Clone, Debug)]
pub(super) enum Order {
    /// The number that Linear sorts by.
    At(f64),
    /// Above all issues of the team.
    Top,
    /// Below all issues of the team.
    Bottom,
    /// Directly above or below another issue.
    Beside {
        /// The other issue.
        issue: IssueRef,
        /// Whether the place is below the other issue.
        is_below: bool,
    },
}

/// The slots of the reads that a place needs.
#[derive(Debug, Default)]
pub(super) enum OrderSlots {
    /// Nothing is read.
    #[default]
    None,
    Top(Slot<OrderFromTop>),
    Bottom(Slot<OrderFromBottom>),
    /// The other issue, and the first page of the open issues of the team whose key its identifier has.
    Beside(Slot<IssueSortOrder>, Option<Slot<OrderFromTop>>),
}

impl fmt::Display for Order {
    /// The place as answers show it: `top`, `before ENG-1`, or the number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(number) => number.fmt(f),
            Self::Top => f.write_str("top"),
            Self::Bottom => f.write_str("bottom"),
            Self::Beside { issue, is_below } => {
                let word = if *is_below { "after" } else { "before" };
                write!(f, "{word} {}", issue.id())
            }
        }
    }
}

impl Order {
    /// Parses the parameter `sort_order`. `own` is the issue that gets the place, if it exists already.
    ///
    /// # Errors
    /// INVALID_PARAM for a neighbour that is no reference to an issue, or that is the issue itself.
    pub(super) fn parse(
        given: Option<&SortOrder>,
        own: Option<&IssueRef>,
    ) -> Result<Option<Self>, Error> {
        let order = match given {
            None => return Ok(None),
            Some(SortOrder::Number(number)) => Self::At(*number),
            Some(SortOrder::Top) => Self::Top,
            Some(SortOrder::Bottom) => Self::Bottom,
            Some(SortOrder::Before(issue)) => Self::Beside {
                issue: IssueRef::parse("sort_order", issue.as_str())?,
                is_below: false,
            },
            Some(SortOrder::After(issue)) => Self::Beside {
                issue: IssueRef::parse("sort_order", issue.as_str())?,
                is_below: true,
            },
        };
        match &order {
            Self::Beside { issue, .. } if Some(issue) == own => Err(beside_itself(&issue.id())),
            _ => Ok(Some(order)),
        }
    }

    /// Whether the place is found by a read.
    pub(super) fn needs_read(&self) -> bool {
        !matches!(self, Self::At(_))
    }

    /// Adds the reads that the place needs to a request. `team` is a filter for the team of the issue. Without it the
    /// ends of the order of all teams are read, which are beyond the ends of each team.
    pub(super) fn ask(&self, request: &mut ReadRequest, team: Option<Filter>) -> OrderSlots {
        let in_team = team.map(|team| Filter::of("team", team));
        match self {
            Self::At(_) => OrderSlots::None,
            // The issue itself may be the first.
            Self::Top => OrderSlots::Top(request.page::<OrderFromTop>(in_team, 2)),
            Self::Bottom => OrderSlots::Bottom(request.page::<OrderFromBottom>(in_team, 2)),
            Self::Beside { issue, .. } => {
                let not_found = issue.not_found().detail("param", "sort_order");
                let variables = issue_sort_order::Variables { id: issue.id() };
                let head = request.require::<IssueSortOrder>(variables, not_found);
                let page = issue.team_key().map(|key| {
                    let filter = neighbours(Filter::eq("key", key), None);
                    request.page::<OrderFromTop>(Some(filter), PAGE)
                });
                OrderSlots::Beside(head, page)
            }
        }
    }

    /// Returns the number for the place; `None` where the issue `own` has the place already. The place beside an issue
    /// far down the order takes further requests.
    ///
    /// # Errors
    /// INVALID_PARAM for an issue that is to stand beside itself, and for a place whose neighbours are not found or
    /// leave no room; else the [`crate::linear::failure::Failure`] of the request.
    pub(super) async fn resolve(
        &self,
        cx: &Context<'_>,
        slots: OrderSlots,
        responses: &mut Responses,
        own: Option<&str>,
    ) -> Result<Option<f64>, Error> {
        match (self, slots) {
            (Self::At(number), _) => Ok(Some(*number)),
            (_, OrderSlots::Top(slot)) => {
                let issues = responses.get(slot)?.issues.nodes;
                Ok(beyond(&issues, own, -STEP))
            }
            (_, OrderSlots::Bottom(slot)) => {
                let issues = responses.get(slot)?.issues.nodes;
                Ok(beyond(&issues, own, STEP))
            }
            (Self::Beside { issue, is_below }, OrderSlots::Beside(head, page)) => {
                let pivot = responses.get(head)?.issue;
                if Some(pivot.id.as_str()) == own {
                    return Err(beside_itself(&pivot.identifier));
                }
                let is_open = !CLOSED_TYPES.contains(&pivot.state.kind.as_str());
                let is_in_team = issue.team_key() == Some(pivot.team.key.as_str());
                let first = page.filter(|_| is_open && is_in_team);
                let first = first.map(|page| responses.get(page)).transpose()?;
                let first = first.map(OrderFromTop::connection);
                self.between(cx, &pivot, (first, is_open), own, *is_below)
                    .await
            }
            _ => Ok(None),
        }
    }

    /// Returns the number for the place directly above or below the issue `pivot`, as [`Self::resolve`] does. `first` is
    /// the first page of the order in which the neighbours are looked for, if it was read, and `is_open` says whether
    /// these are the open issues.
    async fn between(
        &self,
        cx: &Context<'_>,
        pivot: &model::IssueSortOrder,
        (first, is_open): (Option<model::Connection<OrderedIssue>>, bool),
        own: Option<&str>,
        is_below: bool,
    ) -> Result<Option<f64>, Error> {
        let closed_type = (!is_open).then_some(pivot.state.kind.as_str());
        let filter = neighbours(Filter::eq("id", pivot.team.id.as_str()), closed_type);
        let mut above: Option<f64> = None;
        let mut own_order: Option<f64> = None;
        let mut next_page = first;
        let mut after = None;
        for _ in 0..MOST_PAGES {
            let page = match next_page.take() {
                Some(page) => page,
                None => {
                    let mut request = ReadRequest::default();
                    let slot = request.add::<OrderFromTop>(order_from_top::Variables {
                        filter: Some(filter.clone()),
                        first: PAGE,
                        after: after.take(),
                    });
                    let responses = request.send(cx).await;
                    let mut responses = responses.map_err(ReadError::into_error)?;
                    OrderFromTop::connection(responses.get(slot)?)
                }
            };
            let mut below: Option<f64> = None;
            for issue in &page.nodes {
                let order = issue.sort_order;
                if Some(issue.id.as_str()) == own {
                    own_order = Some(order);
                } else if order < pivot.sort_order {
                    above = Some(above.map_or(order, |above| above.max(order)));
                } else if order > pivot.sort_order {
                    below = Some(below.map_or(order, |below| below.min(order)));
                }
            }
            if below.is_none() && page.page_info.has_next_page {
                after = page.page_info.end_cursor;
                continue;
            }
            let (low, high) = if is_below {
                (
                    pivot.sort_order,
                    below.unwrap_or(pivot.sort_order + 2.0 * STEP),
                )
            } else {
                (
                    above.unwrap_or(pivot.sort_order - 2.0 * STEP),
                    pivot.sort_order,
                )
            };
            if own_order.is_some_and(|own| low < own && own < high) {
                return Ok(None);
            }
            let middle = low + (high - low) / 2.0;
            if low < middle && middle < high {
                return Ok(Some(middle));
            }
            let message = format!("There is no room {self}: its neighbour has the same place");
            return Err(invalid(message, &pivot.identifier));
        }
        let many = MOST_PAGES * usize::try_from(PAGE).unwrap_or_default();
        let name = &pivot.identifier;
        let message = format!("'{name}' is not among the first {many} issues of its team");
        Err(invalid(message, name))
    }
}

/// Returns the filter of the issues that may be neighbours of an issue of the team: the open ones, or those in states of
/// the type `closed_type`.
fn neighbours(team: Filter, closed_type: Option<&str>) -> Filter {
    let state = match closed_type {
        Some(kind) => Filter::eq("type", kind),
        None => Filter::compare("type", "nin", CLOSED_TYPES.to_vec()),
    };
    Filter::all(vec![Filter::of("team", team), Filter::of("state", state)])
}

/// Returns the number for a place beyond the first of these issues, at the distance `step`; `None` where the issue `own`
/// is the first already.
fn beyond(issues: &[OrderedIssue], own: Option<&str>, step: f64) -> Option<f64> {
    match issues.first() {
        Some(first) if Some(first.id.as_str()) == own => None,
        Some(first) => Some(first.sort_order + step),
        None => Some(0.0),
    }
}

/// Returns the error for an issue that is to stand beside itself.
fn beside_itself(name: &str) -> Error {
    let message = format!("Issue '{name}' cannot stand before or after itself");
    Error::new(Code::InvalidParam, message)
        .detail("param", "sort_order")
        .detail("given", name)
        .suggest("Give another issue, or top or bottom")
}

/// Returns the error for a place beside an issue that cannot be found.
fn invalid(message: String, name: &str) -> Error {
    Error::new(Code::InvalidParam, message)
        .detail("param", "sort_order")
        .detail("given", name)
        .suggest("Use top or bottom, or place it beside another issue")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue(id: &str, sort_order: f64) -> OrderedIssue {
        OrderedIssue {
            id: id.to_owned(),
            sort_order,
        }
    }

    #[test]
    fn a_place_at_an_end_is_beyond_the_other_issues() {
        let issues = [issue("a", -3.0), issue("b", 4.0)];
        assert_eq!(beyond(&issues, Some("b"), -STEP), Some(-103.0));
        assert_eq!(beyond(&issues, Some("a"), -STEP), None);
        assert_eq!(beyond(&issues, None, STEP), Some(97.0));
        assert_eq!(beyond(&[], None, STEP), Some(0.0));
    }
}

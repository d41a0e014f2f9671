//! The order of a list of issues: `order_by` and `descending`.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::{Code, Error};
use crate::linear::scalars::{IssueSortInput, SortOrder};

/// What a list is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) enum OrderBy {
    CreatedAt,
    UpdatedAt,
    Priority,
    #[serde(rename = "due_date")]
    DueDate,
    Manual,
}

/// The order in which Linear returns issues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Order {
    /// No order was asked for: a search returns the best match first, and a list the issue that changed last.
    Default,
    /// The issue that changed last comes first.
    LastUpdated,
    /// The issue that was created last comes first.
    LastCreated,
    /// The order of Linear's argument `sort`, which lists have and searches do not.
    Sorted(IssueSortInput),
}

impl Order {
    /// Returns the order that the parameters ask for. Each order has a natural direction (newest first, urgent first,
    /// soonest first, as on the board), which `descending` replaces: `true` puts the newest, the most urgent, the latest
    /// due date or the bottom of the board first, and `false` the other end.
    pub(super) fn new(order_by: Option<OrderBy>, descending: Option<bool>) -> Self {
        let direction = |is_descending: bool| match descending.unwrap_or(is_descending) {
            true => SortOrder::Descending,
            false => SortOrder::Ascending,
        };
        let is_newest_first = descending != Some(false);
        match order_by {
            None if descending.is_none() => Self::Default,
            None | Some(OrderBy::UpdatedAt) if is_newest_first => Self::LastUpdated,
            None | Some(OrderBy::UpdatedAt) => {
                Self::Sorted(IssueSortInput::UpdatedAt(SortOrder::Ascending))
            }
            Some(OrderBy::CreatedAt) if is_newest_first => Self::LastCreated,
            Some(OrderBy::CreatedAt) => {
                Self::Sorted(IssueSortInput::CreatedAt(SortOrder::Ascending))
            }
            Some(OrderBy::Priority) => Self::Sorted(IssueSortInput::Priority(direction(true))),
            Some(OrderBy::DueDate) => Self::Sorted(IssueSortInput::DueDate(direction(false))),
            Some(OrderBy::Manual) => Self::Sorted(IssueSortInput::Manual(direction(false))),
        }
    }

    /// Returns the value of the argument `sort`.
    pub(super) fn sort(self) -> Option<Vec<IssueSortInput>> {
        match self {
            Self::Sorted(sort) => Some(vec![sort]),
            Self::Default | Self::LastUpdated | Self::LastCreated => None,
        }
    }

    /// Checks that Linear's search can return issues in this order. `descending` is the caller's parameter.
    ///
    /// # Errors
    /// INVALID_PARAM for an order that only a list can have.
    pub(super) fn check_search(
        self,
        order_by: Option<OrderBy>,
        descending: Option<bool>,
    ) -> Result<(), Error> {
        let by_relevance = order_by.is_none() && descending.is_some();
        if !by_relevance && !matches!(self, Self::Sorted(_)) {
            return Ok(());
        }
        let param = if descending.is_some() {
            "descending"
        } else {
            "order_by"
        };
        let message = "A search returns the best match first, or with order_by the newest first";
        Err(Error::new(Code::InvalidParam, message)
            .detail("param", param)
            .suggest("Call list_issues with the same 'query': it lists the issues that contain the text, in any order")
            .suggest("Use order_by: createdAt or updatedAt without 'descending'"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_order_has_a_natural_direction_that_descending_replaces() {
        let sorted = |order_by, descending| {
            serde_json::to_value(Order::new(Some(order_by), descending).sort()).unwrap()
        };
        let priority = |order: &str| json!([{"priority": {"order": order}}]);
        assert_eq!(sorted(OrderBy::Priority, None), priority("Descending"));
        assert_eq!(
            sorted(OrderBy::Priority, Some(true)),
            priority("Descending")
        );
        assert_eq!(
            sorted(OrderBy::Priority, Some(false)),
            priority("Ascending")
        );
        let due = |order: &str| json!([{"dueDate": {"order": order}}]);
        assert_eq!(sorted(OrderBy::DueDate, None), due("Ascending"));
        assert_eq!(sorted(OrderBy::DueDate, Some(true)), due("Descending"));
        assert_eq!(sorted(OrderBy::UpdatedAt, Some(true)), json!(null));
        let updated = json!([{"updatedAt": {"order": "Ascending"}}]);
        assert_eq!(sorted(OrderBy::UpdatedAt, Some(false)), updated);
        assert_eq!(Order::new(None, None), Order::Default);
        assert_eq!(Order::new(None, Some(true)), Order::LastUpdated);
        assert_eq!(
            Order::new(None, Some(false)),
            Order::new(Some(OrderBy::UpdatedAt), Some(false))
        );
    }
}

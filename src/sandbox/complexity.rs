//! What a document costs by Linear's published rule: a property 0.1, an object 1, and a connection multiplies its
//! children by the page size asked for (`linear/api.md` §3).

use std::cell::RefCell;
use std::collections::HashMap;

use apollo_compiler::ast::{DirectiveList, Value};
use apollo_compiler::executable::{Field, Operation, Selection};
use apollo_compiler::response::JsonMap;
use apollo_compiler::{ExecutableDocument, Name};

use super::api::{Api, Shape};
use super::page::DEFAULT_SIZE;

/// The most points one document may cost.
pub(super) const MAXIMUM: f64 = 10_000.0;

/// The points of an operation, before rounding up. A page size counts as asked for, whether or not that many exist.
pub(super) fn points(
    api: &Api,
    document: &ExecutableDocument,
    operation: &Operation,
    variables: &JsonMap,
) -> f64 {
    let meter = Meter {
        api,
        document,
        variables,
        fragments: RefCell::default(),
    };
    meter.sum(&operation.selection_set.selections)
}

struct Meter<'a> {
    api: &'a Api,
    document: &'a ExecutableDocument,
    variables: &'a JsonMap,
    /// What each fragment costs: fragments within fragments would be counted anew for every path that leads to them.
    fragments: RefCell<HashMap<&'a Name, f64>>,
}

impl<'a> Meter<'a> {
    fn sum(&self, selections: &[Selection]) -> f64 {
        selections
            .iter()
            .filter(|selection| self.is_included(selection.directives()))
            .map(|selection| match selection {
                Selection::Field(field) => self.field(field),
                Selection::InlineFragment(inline) => self.sum(&inline.selection_set.selections),
                Selection::FragmentSpread(spread) => self.fragment(&spread.fragment_name),
            })
            .sum()
    }

    fn fragment(&self, name: &Name) -> f64 {
        let Some((name, fragment)) = self.document.fragments.get_key_value(name) else {
            return 0.0;
        };
        if let Some(known) = self.fragments.borrow().get(name) {
            return *known;
        }
        let points = self.sum(&fragment.selection_set.selections);
        self.fragments.borrow_mut().insert(name, points);
        points
    }

    fn field(&self, field: &Field) -> f64 {
        let children = || self.sum(&field.selection_set.selections);
        match self.api.shape(field.ty().inner_named_type().as_str()) {
            Shape::Leaf => 0.1,
            Shape::Page(_) => self.size(field) * children(),
            Shape::Object | Shape::Abstract => 1.0 + children(),
        }
    }

    fn size(&self, field: &Field) -> f64 {
        let asked = |name: &str| match field.specified_argument_by_name(name)?.as_ref() {
            Value::Int(size) => size.try_to_f64().ok(),
            Value::Variable(variable) => self.variables.get(variable.as_str())?.as_f64(),
            _ => None,
        };
        let default = u32::try_from(DEFAULT_SIZE).map_or(0.0, f64::from);
        asked("first").or_else(|| asked("last")).unwrap_or(default)
    }

    /// Whether `@include` and `@skip` leave a selection in.
    fn is_included(&self, directives: &DirectiveList) -> bool {
        let condition = |name: &str| {
            let directive = directives.get(name)?;
            match directive.specified_argument_by_name("if")?.as_ref() {
                Value::Boolean(value) => Some(*value),
                Value::Variable(variable) => self.variables.get(variable.as_str())?.as_bool(),
                _ => None,
            }
        };
        condition("include").unwrap_or(true) && !condition("skip").unwrap_or(false)
    }
}

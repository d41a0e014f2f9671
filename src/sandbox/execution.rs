//! From the bytes of a request to a valid document, from the document to its cost, and from there to its answer.

use std::cell::RefCell;
use std::collections::HashMap;

use apollo_compiler::ast::{DirectiveList, Value as AstValue};
use apollo_compiler::executable::{Field, Operation, Selection};
use apollo_compiler::request::coerce_variable_values;
use apollo_compiler::resolvers::Execution;
use apollo_compiler::response::{ExecutionResponse, GraphQLError, JsonMap};
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Name};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::exchange::Logged;
use super::page::DEFAULT_SIZE;
use super::refusal::Refusal;
use super::resolvers::{ExecutionContext, RootResolver};
use super::schema::{LinearSchema, TypeShape};

/// The most points that one document may cost (`linear/api.md` §3).
pub(super) const MAX_COMPLEXITY: f64 = 10_000.0;

/// A request body as GraphQL over HTTP has it. Other keys (`extensions`) are ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    query: String,
    #[serde(default)]
    variables: Option<JsonMap>,
    #[serde(default)]
    operation_name: Option<String>,
}

/// A request that is well-formed and valid against the schema, variables included.
pub(super) struct ValidRequest {
    document: Valid<ExecutableDocument>,
    operation_name: Option<String>,
    variables: Valid<JsonMap>,
}

/// The errors that were found before execution, as they stand in the answer.
pub(super) struct InvalidRequest(Vec<Value>);

impl InvalidRequest {
    fn new(message: impl Into<String>) -> Self {
        Self(vec![error_entry(&Refusal::graphql(message), 400)])
    }

    /// Returns the body of the answer: errors and no `data`.
    pub(super) fn body(self) -> Value {
        json!({ "errors": self.0 })
    }
}

/// Parses and validates the body of a request. Also returns what is to be logged of it.
pub(super) fn prepare(
    schema: &LinearSchema,
    body: &[u8],
) -> (Logged, Result<ValidRequest, InvalidRequest>) {
    let body: Body = match serde_json::from_slice(body) {
        Ok(body) => body,
        Err(error) => {
            let message = format!("The request is not GraphQL over JSON: {error}");
            return (Logged::default(), Err(InvalidRequest::new(message)));
        }
    };
    let mut logged = Logged {
        document: body.query.clone(),
        variables: serde_json::to_value(&body.variables).unwrap_or_default(),
        ..Logged::default()
    };
    let validated = validate(schema, body, &mut logged);
    (logged, validated)
}

fn validate(
    schema: &LinearSchema,
    body: Body,
    logged: &mut Logged,
) -> Result<ValidRequest, InvalidRequest> {
    let parsed = schema.parsed();
    let document = ExecutableDocument::parse_and_validate(parsed, body.query, "request.graphql")
        .map_err(|invalid| {
            let diagnostics = invalid.errors.iter();
            let entries = diagnostics.map(|diagnostic| validation_entry(&diagnostic.to_json()));
            InvalidRequest(entries.collect())
        })?;
    let operation = document
        .operations
        .get(body.operation_name.as_deref())
        .map_err(|unknown| InvalidRequest::new(unknown.message().to_string()))?;
    logged.operation = operation.name.as_ref().map(ToString::to_string);
    logged.mutation = operation.is_mutation();
    for field in operation.root_fields(&document) {
        logged.roots.push(field.name.to_string());
        logged.keys.push(field.response_key().to_string());
    }
    if operation.is_subscription() {
        return Err(InvalidRequest::new(
            "Subscriptions are not answered over HTTP",
        ));
    }
    let variables = coerce_variable_values(parsed, operation, &body.variables.unwrap_or_default())
        .map_err(|invalid| InvalidRequest::new(invalid.message().to_string()))?;
    Ok(ValidRequest {
        operation_name: body.operation_name,
        variables,
        document,
    })
}

impl ValidRequest {
    /// Returns what the request costs, in points.
    pub(super) fn complexity(&self, schema: &LinearSchema) -> f64 {
        match self.document.operations.get(self.operation_name.as_deref()) {
            Ok(operation) => count_points(schema, &self.document, operation, &self.variables),
            Err(_) => 0.0,
        }
    }

    /// Executes the request and returns the body of its answer, which has `data`, and `errors` when there are any.
    /// `error_status` is the HTTP status that errors are sent under; the errors repeat it.
    pub(super) fn execute(
        &self,
        context: &ExecutionContext<'_>,
        is_mutation: bool,
        error_status: u16,
    ) -> Value {
        let root = RootResolver {
            context,
            is_mutation,
        };
        let execution = Execution::new(context.schema.parsed(), &self.document)
            .coerced_variable_values(&self.variables)
            .enable_schema_introspection(true)
            .operation_name(self.operation_name.as_deref())
            .and_then(|execution| execution.execute_sync(&root));
        match execution {
            Ok(response) => answer_body(context, &response, error_status),
            Err(unknown) => InvalidRequest::new(unknown.message().to_string()).body(),
        }
    }
}

fn answer_body(
    context: &ExecutionContext<'_>,
    response: &ExecutionResponse,
    error_status: u16,
) -> Value {
    let mut body = Map::new();
    if !response.errors.is_empty() {
        let errors = response.errors.iter();
        let entries = errors.map(|error| execution_entry(context, error, error_status));
        body.insert("errors".into(), entries.collect());
    }
    let data = serde_json::to_value(&response.data).unwrap_or_default();
    body.insert("data".into(), data);
    Value::Object(body)
}

/// Returns the entry of `errors` for a field that failed: the resolver's refusal, or the executor's own message as an
/// internal error.
fn execution_entry(context: &ExecutionContext<'_>, error: &GraphQLError, status: u16) -> Value {
    let refusal = context.refusal(&error.message).unwrap_or_else(|| Refusal {
        message: error.message.clone(),
        ..Refusal::internal()
    });
    let mut entry = error_entry(&refusal, status);
    if let Some(map) = entry.as_object_mut() {
        map.insert("path".into(), json!(error.path));
        map.insert("locations".into(), json!(error.locations));
    }
    entry
}

/// Returns the entry of `errors` for an error of the validator, with its location in the document.
///
/// Linear's wording is known of one message only (`linear/api.md` §4); the others keep the validator's wording.
fn validation_entry(error: &GraphQLError) -> Value {
    let mut parts = error.message.split('`');
    let message = match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some("type "), Some(kind), Some(" does not have a field "), Some(field)) => {
            format!("Cannot query field \"{field}\" on type \"{kind}\".")
        }
        _ => error.message.clone(),
    };
    let mut entry = error_entry(&Refusal::graphql(message), 400);
    if let Some(map) = entry.as_object_mut() {
        map.insert("locations".into(), json!(error.locations));
    }
    entry
}

/// Returns the entry of `errors` for a refusal, in an answer that is sent under this HTTP status.
pub(super) fn error_entry(refusal: &Refusal, http_status: u16) -> Value {
    json!({ "message": refusal.message, "extensions": refusal.extensions(http_status) })
}

/// Returns what an operation costs by Linear's published rule, before rounding up: a property costs 0.1 points, an
/// object 1, and a connection multiplies its children by the page size (`linear/api.md` §3). A page size counts as it
/// is asked for, whether or not that many nodes exist.
pub(super) fn count_points(
    schema: &LinearSchema,
    document: &ExecutableDocument,
    operation: &Operation,
    variables: &JsonMap,
) -> f64 {
    let counter = CostCounter {
        schema,
        document,
        variables,
        fragments: RefCell::default(),
    };
    counter.sum(&operation.selection_set.selections)
}

struct CostCounter<'a> {
    schema: &'a LinearSchema,
    document: &'a ExecutableDocument,
    variables: &'a JsonMap,
    /// The cost of each fragment. Fragments within fragments would otherwise be counted again on every path that leads
    /// to them.
    fragments: RefCell<HashMap<&'a Name, f64>>,
}

impl<'a> CostCounter<'a> {
    fn sum(&self, selections: &[Selection]) -> f64 {
        selections
            .iter()
            .filter(|selection| self.is_included(selection.directives()))
            .map(|selection| match selection {
                Selection::Field(field) => self.field_cost(field),
                Selection::InlineFragment(inline) => self.sum(&inline.selection_set.selections),
                Selection::FragmentSpread(spread) => self.fragment_cost(&spread.fragment_name),
            })
            .sum()
    }

    fn fragment_cost(&self, name: &Name) -> f64 {
        let Some((name, fragment)) = self.document.fragments.get_key_value(name) else {
            return 0.0;
        };
        if let Some(cost) = self.fragments.borrow().get(name) {
            return *cost;
        }
        let cost = self.sum(&fragment.selection_set.selections);
        self.fragments.borrow_mut().insert(name, cost);
        cost
    }

    fn field_cost(&self, field: &Field) -> f64 {
        let children = || self.sum(&field.selection_set.selections);
        match self.schema.shape(field.ty().inner_named_type().as_str()) {
            TypeShape::Leaf => 0.1,
            TypeShape::Page(_) => self.page_size(field) * children(),
            TypeShape::Object | TypeShape::Abstract => 1.0 + children(),
        }
    }

    fn page_size(&self, field: &Field) -> f64 {
        let argument = |name: &str| match field.specified_argument_by_name(name)?.as_ref() {
            AstValue::Int(size) => size.try_to_f64().ok(),
            AstValue::Variable(variable) => self.variables.get(variable.as_str())?.as_f64(),
            _ => None,
        };
        let default = u32::try_from(DEFAULT_SIZE).map_or(0.0, f64::from);
        argument("first")
            .or_else(|| argument("last"))
            .unwrap_or(default)
    }

    /// Whether `@include` and `@skip` leave a selection in the document.
    fn is_included(&self, directives: &DirectiveList) -> bool {
        let condition = |name: &str| {
            let directive = directives.get(name)?;
            match directive.specified_argument_by_name("if")?.as_ref() {
                AstValue::Boolean(value) => Some(*value),
                AstValue::Variable(variable) => self.variables.get(variable.as_str())?.as_bool(),
                _ => None,
            }
        };
        condition("include").unwrap_or(true) && !condition("skip").unwrap_or(false)
    }
}

//! From a request's bytes to a document, and from a document to an answer.

use apollo_compiler::ExecutableDocument;
use apollo_compiler::executable::Operation;
use apollo_compiler::request::coerce_variable_values;
use apollo_compiler::resolvers::Execution;
use apollo_compiler::response::{ExecutionResponse, GraphQLError, JsonMap};
use apollo_compiler::validation::Valid;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::api::Api;
use super::log::Logged;
use super::object::Context;
use super::refusal::Refusal;
use super::root::Root;

/// A request body as GraphQL over HTTP has it. Other keys (`extensions`) are let through.
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
pub(super) struct Prepared {
    document: Valid<ExecutableDocument>,
    operation_name: Option<String>,
    variables: Valid<JsonMap>,
}

/// Errors found before execution, as they stand in the answer.
pub(super) struct Invalid(Vec<Value>);

impl Invalid {
    fn new(refusal: &Refusal) -> Self {
        Self(vec![error(refusal, 400)])
    }

    /// The answer's body: errors and no `data`.
    pub(super) fn body(self) -> Value {
        json!({ "errors": self.0 })
    }
}

/// Reads and validates a request, and says what is to be logged of it.
pub(super) fn prepare(api: &Api, body: &[u8]) -> (Logged, Result<Prepared, Invalid>) {
    let body: Body = match serde_json::from_slice(body) {
        Ok(body) => body,
        Err(broken) => {
            let refusal =
                Refusal::graphql(format!("The request is not GraphQL over JSON: {broken}"));
            return (Logged::default(), Err(Invalid::new(&refusal)));
        }
    };
    let mut logged = Logged {
        document: body.query.clone(),
        variables: serde_json::to_value(&body.variables).unwrap_or_default(),
        ..Logged::default()
    };
    let prepared = validate(api, body, &mut logged);
    (logged, prepared)
}

fn validate(api: &Api, body: Body, logged: &mut Logged) -> Result<Prepared, Invalid> {
    let schema = api.schema();
    let document = ExecutableDocument::parse_and_validate(schema, body.query, "request.graphql")
        .map_err(|broken| {
            Invalid(
                broken
                    .errors
                    .iter()
                    .map(|d| located(&d.to_json()))
                    .collect(),
            )
        })?;
    let name = body.operation_name.as_deref();
    let refuse = |refusal: Refusal| Invalid::new(&refusal);
    let operation = document
        .operations
        .get(name)
        .map_err(|unknown| refuse(Refusal::graphql(unknown.message().to_string())))?;
    describe(operation, &document, logged);
    if operation.is_subscription() {
        return Err(refuse(Refusal::graphql(
            "Subscriptions are not answered over HTTP",
        )));
    }
    let variables = coerce_variable_values(schema, operation, &body.variables.unwrap_or_default())
        .map_err(|wrong| refuse(Refusal::graphql(wrong.message().to_string())))?;
    Ok(Prepared {
        operation_name: body.operation_name,
        variables,
        document,
    })
}

fn describe(operation: &Operation, document: &ExecutableDocument, logged: &mut Logged) {
    logged.operation = operation.name.as_ref().map(ToString::to_string);
    logged.mutation = operation.is_mutation();
    logged.roots = operation
        .root_fields(document)
        .map(|field| field.name.to_string())
        .collect();
    logged.keys = operation
        .root_fields(document)
        .map(|field| field.response_key().to_string())
        .collect();
}

impl Prepared {
    /// What the request costs, in points.
    pub(super) fn complexity(&self, api: &Api) -> f64 {
        match self.document.operations.get(self.operation_name.as_deref()) {
            Ok(operation) => {
                super::complexity::points(api, &self.document, operation, &self.variables)
            }
            Err(_) => 0.0,
        }
    }

    /// Executes the request. The body has `data`, and `errors` when there are any; `error_status` is the HTTP status
    /// that errors are sent under, which they repeat.
    pub(super) fn execute(
        &self,
        context: &Context<'_>,
        mutation: bool,
        error_status: u16,
    ) -> Value {
        let root = Root { context, mutation };
        let execution = Execution::new(context.api.schema(), &self.document)
            .coerced_variable_values(&self.variables)
            .enable_schema_introspection(true)
            .operation_name(self.operation_name.as_deref())
            .and_then(|execution| execution.execute_sync(&root));
        match execution {
            Ok(response) => body(context, response, error_status),
            Err(unknown) => Invalid::new(&Refusal::graphql(unknown.message().to_string())).body(),
        }
    }
}

fn body(context: &Context<'_>, response: ExecutionResponse, status: u16) -> Value {
    let mut body = Map::new();
    if !response.errors.is_empty() {
        let errors = response.errors.iter();
        let errors = errors
            .map(|error| executed(context, error, status))
            .collect();
        body.insert("errors".into(), Value::Array(errors));
    }
    let data = serde_json::to_value(&response.data).unwrap_or_default();
    body.insert("data".into(), data);
    Value::Object(body)
}

/// An error of a field: the resolver's refusal, or the executor's own words as an internal error.
fn executed(context: &Context<'_>, found: &GraphQLError, status: u16) -> Value {
    let refusal = context.refusal(&found.message).unwrap_or_else(|| Refusal {
        message: found.message.clone(),
        ..Refusal::internal()
    });
    let mut entry = error(&refusal, status);
    if let Some(map) = entry.as_object_mut() {
        map.insert("path".into(), json!(found.path));
        map.insert("locations".into(), json!(found.locations));
    }
    entry
}

/// An error of the validator, with its place in the document.
fn located(found: &GraphQLError) -> Value {
    let refusal = Refusal::graphql(in_linears_words(&found.message));
    let mut entry = error(&refusal, 400);
    if let Some(map) = entry.as_object_mut() {
        map.insert("locations".into(), json!(found.locations));
    }
    entry
}

/// The one message of the validator's that is known from Linear (`linear/api.md` §4), in Linear's words; others stay.
fn in_linears_words(message: &str) -> String {
    let mut parts = message.split('`');
    let (start, kind) = (parts.next(), parts.next());
    match (start, kind, parts.next(), parts.next()) {
        (Some("type "), Some(kind), Some(" does not have a field "), Some(field)) => {
            format!("Cannot query field \"{field}\" on type \"{kind}\".")
        }
        _ => message.to_owned(),
    }
}

/// One entry of `errors`.
pub(super) fn error(refusal: &Refusal, http_status: u16) -> Value {
    json!({ "message": refusal.message, "extensions": refusal.extensions(http_status) })
}

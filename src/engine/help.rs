//! `help`: what the operations are and what they take.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::engine::catalog::{self, Toolset};
use crate::error::{Code, Error, Retry};
use crate::operation::{Effect, Entry, Field, Operation, Spec, Touches};
use crate::params::Ref;
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct Help;

/// Explain an operation: what it does, its parameters, an example. Without one, list all operations; `codes` lists the
/// error codes.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Name of an operation or a toolset, or `codes`. Default: all operations, a line each.
    #[schemars(extend("form" = "word"))]
    operation: Option<Ref>,
}

impl Operation for Help {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "help",
        title: "Help",
        effect: Effect::Read,
        subject: Some("operation"),
        aliases: &["list_operations", "describe_operation"],
        shared: &[],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, _: &Context<'_>) -> Result<Value, Error> {
        match params.operation.as_ref().map(Ref::as_str) {
            None => Ok(overview(Toolset::All)),
            Some("codes") => Ok(codes()),
            Some(name) => match Toolset::find(name) {
                Some(toolset) => Ok(overview(toolset)),
                None => catalog::find(name).map(contract),
            },
        }
    }
}

/// Returns the operations of a toolset by category, each with the first sentence of its description.
fn overview(toolset: Toolset) -> Value {
    let summary = |entry: &Entry| {
        let summary = entry.signature().summary();
        (entry.spec.name.to_owned(), summary.into())
    };
    let operations: Map<String, Value> = toolset
        .by_category()
        .map(|(category, entries)| {
            let summaries: Map<String, Value> = entries.into_iter().map(summary).collect();
            (category.toolset.clone(), summaries.into())
        })
        .collect();
    json!({
        "operations": operations,
        "more": "help with operation: NAME explains one; with operation: codes it lists the error codes",
    })
}

/// Returns the whole description of one operation.
fn contract(entry: &Entry) -> Value {
    let (spec, signature) = (&entry.spec, entry.signature());
    let parameters: Vec<Value> = signature
        .fields
        .iter()
        .map(|field| parameter(entry, field))
        .collect();
    let mut contract = Map::new();
    contract.insert("operation".to_owned(), spec.name.into());
    contract.insert(
        "description".to_owned(),
        signature.description.as_str().into(),
    );
    contract.insert("effect".to_owned(), spec.effect.meaning().into());
    if !spec.aliases.is_empty() {
        contract.insert("also_called".to_owned(), spec.aliases.into());
    }
    contract.insert("parameters".to_owned(), parameters.into());
    contract.insert("example".to_owned(), entry.example.into());
    contract.into()
}

/// Returns the description of one parameter. `required` is left out of an optional parameter, and `none`, how to express no
/// value, where the parameter has no such form.
fn parameter(entry: &Entry, field: &Field) -> Value {
    let spellings = entry.signature().spellings(&entry.spec, field);
    let mut parameter = Map::new();
    parameter.insert("name".to_owned(), field.name.as_str().into());
    parameter.insert("type".to_owned(), field.kind().into());
    if field.required {
        parameter.insert("required".to_owned(), true.into());
    }
    if let Some(rule) = field.null_rule() {
        parameter.insert("none".to_owned(), rule.into());
    }
    if !field.description.is_empty() {
        parameter.insert("description".to_owned(), field.description.as_str().into());
    }
    if !spellings.is_empty() {
        parameter.insert("also".to_owned(), spellings.into());
    }
    parameter.into()
}

/// Returns the table of error codes, with `repeat` only where repeating the request may help.
fn codes() -> Value {
    let codes = Code::ALL.iter().map(|code| {
        let mut row = Map::new();
        row.insert("number".to_owned(), code.number().into());
        row.insert("code".to_owned(), code.name().into());
        if code.retry() != Retry::No {
            row.insert("repeat".to_owned(), code.retry().word().into());
        }
        row.insert("meaning".to_owned(), code.meaning().into());
        Value::from(row)
    });
    json!({ "codes": codes.collect::<Vec<_>>() })
}

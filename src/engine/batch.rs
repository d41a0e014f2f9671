//! `batch`: several operations in one request. Independent items run side by side, an item that refers to an earlier result
//! waits for it, and every item has its own outcome.
//!
//! The batch as a whole is checked before any item runs: its size, the names of its operations, the references, and that no two
//! items write the same field of one issue. A problem of one item alone (a name that means nothing, a refusal) fails only
//! that item.

mod item;
mod references;
mod report;
mod run;
mod schedule;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Error as _, Unexpected};
use serde_json::Value;

use crate::effect::Touches;
use crate::error::{Code, Error};
use crate::operation::{CommonParam, Effect, Operation, Spec};
use crate::params::Flag;
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct Batch;

/// Run several operations in one request, each with its own outcome. `${name.identifier}` in params stands for what an
/// earlier item answered, by its `as` or index.
///
/// Neighbours that all write, or all read, run side by side; an item waits for those that it refers to, and reads see
/// what stands written before them. A reference may be any path (`${new.id}`, `${new.labels[1].name}`), alone or within
/// a text; an index (`${0.id}`) is one only where it is the whole value. A `${HOME}` that names no item is text, and
/// `$${` is a plain `${`. Two items that write the same field of one issue are refused, unless one refers to
/// the other. A line for each item comes back; what was read, or `detail: full`, brings its data. With `dry_run: true`
/// every item says what it would send.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Objects with `operation`, `params`, optional `as`.
    operations: Items,
    /// One after the other, until one fails.
    stop_on_error: Option<Flag>,
}

/// The items as the caller wrote them.
#[derive(Debug)]
struct Items(Vec<Value>);

impl<'de> Deserialize<'de> for Items {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let given = Value::deserialize(deserializer)?;
        match given {
            Value::Array(items) => Ok(Self(items)),
            _ => Err(D::Error::invalid_type(
                Unexpected::Other("no list"),
                &"a list of operations",
            )),
        }
    }
}

impl JsonSchema for Items {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Items".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": { "type": "object", "form": "operations" } })
    }
}

impl Operation for Batch {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "batch",
        title: "Batch",
        effect: Effect::Composite,
        subject: None,
        aliases: &["bulk", "batch_operations"],
        shared: &[CommonParam::Detail, CommonParam::RefreshCache],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let Items(values) = params.operations;
        check_size(values.len(), cx.session.batch_items)?;
        let mut items = item::read(values)?;
        // One misspelt parameter refuses the whole batch, because the other items may have been meant to run only together with
        // this one.
        for item in &items {
            if let Err(error) = &item.canonical
                && error.details().contains_key("unknown")
            {
                return Err(error.clone().detail("index", item.index));
            }
        }
        schedule::identify(cx, &mut items).await;
        schedule::check_conflicts(&items)?;
        for item in &items {
            for warning in &item.warnings {
                let warning = format!("{}: {warning}", item.label());
                cx.note(|report| report.reading.push(warning));
            }
        }
        let writes = items.iter().filter(|item| item.writes()).count();
        if writes > 0 {
            // Checked for the whole batch, because half of a batch may be worse than none of it.
            cx.session.guards.check_writes(writes)?;
        }
        let stop = params.stop_on_error.is_some_and(|Flag(on)| on);
        let steps = if stop {
            (0..items.len()).map(|index| vec![index]).collect()
        } else {
            schedule::schedule(&items)
        };
        let outcomes = run::run(cx, &items, steps, stop).await;
        report::report(cx, &items, &outcomes)
    }
}

/// Checks that a batch has at least one item and at most `most`.
///
/// # Errors
/// INVALID_PARAM with the number of items.
fn check_size(items: usize, most: usize) -> Result<(), Error> {
    if (1..=most).contains(&items) {
        return Ok(());
    }
    let message = format!("A batch takes 1 to {most} operations, and this one has {items}");
    let error = Error::new(Code::InvalidParam, message)
        .detail("param", "operations")
        .detail("given", items)
        .detail("expected", format!("1 to {most} operations"));
    Err(if items == 0 {
        error.suggest("Give operations, each with `operation` and `params`")
    } else {
        error.suggest(format!(
            "Send batches of {most} operations, one after the other"
        ))
    })
}

/// Returns the error of an item that refuses the whole batch; `why` completes the sentence "Item 3 of the batch …".
fn item_error(index: usize, why: &str) -> Error {
    Error::new(
        Code::InvalidParam,
        format!("Item {index} of the batch {why}"),
    )
    .detail("param", format!("operations[{index}]"))
}

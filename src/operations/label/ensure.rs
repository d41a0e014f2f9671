//! `ensure_labels_exist`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Ensured, Origin, ensure, step};
use crate::error::{Code, Error, Retry};
use crate::operation::{Effect, Operation, Shared, Spec, Touches};
use crate::params::{LabelSpecs, Ref};
use crate::resolve::{LookupRequest, Trust, lookup_only};
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct EnsureLabelsExist;

/// Make sure that labels exist in a team, creating those that are missing. Each has its own outcome; one that fails
/// does not stop the others.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Team name, key or id.
    team: Ref,
    /// Objects with `name`, `color` and `description`, or names alone.
    #[schemars(extend("items" = {"type": "object", "form": "label"}))]
    labels: LabelSpecs,
}

impl Operation for EnsureLabelsExist {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "ensure_labels_exist",
        title: "Ensure labels exist",
        effect: Effect::Ensure,
        subject: Some("labels"),
        aliases: &["ensure_labels"],
        shared: &[Shared::RefreshCache],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let called = params.team.into_string();
        let names = params.labels.iter().map(|spec| spec.name.clone());
        let lookup_request = LookupRequest {
            team: Some(called.clone()),
            labels: names.collect(),
            new_labels: true,
            trust: Trust::Names,
            ..LookupRequest::default()
        };
        let known = lookup_only(cx, &lookup_request).await?;
        let team = known.team(&called)?.item;
        let among = known.labels_of(&team);
        let ensured = ensure(cx, &team, among, &params.labels).await?;
        step(cx, &ensured);
        report_failures(cx, &ensured)?;
        let rows: Vec<Value> = ensured.iter().map(row).collect();
        Ok(json!({ "labels": rows }))
    }
}

/// A label's line; of one that failed, with the reason and without an id (`contract.md`, "Partial results").
fn row(ensured: &Ensured) -> Value {
    match &ensured.outcome {
        Ok((label, origin)) => json!({
            "id": label.id,
            "name": label.name,
            "group": label.parent.as_ref().map(|group| &group.name),
            "created": *origin == Origin::Created,
            // It is there, and no issue can have it.
            "is_group": label.is_group.then_some(true),
            "retired": label.retired_at.is_some().then_some(true),
        }),
        Err(error) => json!({
            "name": ensured.wanted.as_str(),
            "created": false,
            "error": reason(error),
        }),
    }
}

/// Why there is no such label; of one that may be there, that this is not known.
fn reason(error: &Error) -> String {
    let reason = error.details().get("reason").and_then(Value::as_str);
    match reason {
        Some(reason) if error.code().retry() == Retry::Check => {
            format!("{} ({reason})", error.message())
        }
        Some(reason) => reason.to_owned(),
        None => error.message().to_owned(),
    }
}

/// Warns of the labels that failed; when all did, the operation fails, with the first failure that leaves open whether a
/// label was created, else with the first of all.
fn report_failures(cx: &Context<'_>, ensured: &[Ensured]) -> Result<(), Error> {
    let total = ensured.len();
    ensured.iter().for_each(|of| cx.part(of.outcome.is_ok()));
    let failed: Vec<&Ensured> = ensured.iter().filter(|of| of.outcome.is_err()).collect();
    let errors = || failed.iter().filter_map(|of| of.outcome.as_ref().err());
    let open = errors().find(|error| error.code().retry() == Retry::Check);
    let Some(error) = open.or(errors().next()) else {
        return Ok(());
    };
    if failed.len() == total {
        let names: Vec<&str> = failed.iter().map(|of| of.wanted.as_str()).collect();
        let error = error.clone();
        return Err(if error.code() == Code::LabelCreationFailed && total > 1 {
            error.detail("failed_labels", names)
        } else {
            error
        });
    }
    let names: Vec<&str> = failed.iter().map(|of| of.wanted.as_str()).collect();
    cx.warn(format!(
        "Failed to create {} of {total} labels: {}",
        failed.len(),
        names.join(", ")
    ));
    Ok(())
}

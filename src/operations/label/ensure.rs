//! `ensure_labels_exist`: one look-up of all labels, one request that creates the missing ones.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::plan::{LabelOutcome, Origin, ensure, step};
use crate::error::{Code, Error, Retry};
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::view::level;
use crate::params::{Detail, LabelSpecs, Ref};
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
        shared: &[CommonParam::Detail, CommonParam::RefreshCache],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let team_name = params.team.into_string();
        let names = params.labels.iter().map(|spec| spec.name.clone());
        let lookup_request = LookupRequest {
            team: Some(team_name.clone()),
            labels: names.collect(),
            new_labels: true,
            trust: Trust::Names,
            ..LookupRequest::default()
        };
        let resolved = lookup_only(cx, &lookup_request).await?;
        let team = resolved.team(&team_name)?.item;
        let candidates = resolved.labels_of(&team);
        let outcomes = ensure(cx, &team, candidates, &params.labels).await?;
        step(cx, &outcomes);
        report_failures(cx, &outcomes)?;
        let shows_ids = level(cx, Detail::Standard) > Detail::Brief;
        let rows = outcomes.iter().map(|requested| match &requested.outcome {
            Ok((label, origin)) => json!({
                "id": shows_ids.then_some(&label.id),
                "name": label.name,
                "group": label.parent.as_ref().map(|group| &group.name),
                "created": *origin == Origin::Created,
                // A label that is a group, or that is retired, exists but cannot be put on an issue.
                "is_group": label.is_group.then_some(true),
                "retired": label.retired_at.is_some().then_some(true),
            }),
            // The row of a label that failed has a reason and no id (`contract.md`, "Partial results").
            Err(error) => json!({
                "name": requested.wanted.as_str(),
                "created": false,
                "error": reason(error),
            }),
        });
        let rows: Vec<Value> = rows.collect();
        Ok(json!({ "labels": rows }))
    }
}

/// Returns the reason why a label has no result. Where it is not known whether the label was created, the reason says
/// so.
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

/// Counts the outcomes, and warns of the labels that failed.
///
/// # Errors
/// Where all labels failed, the first error that leaves open whether a label was created, or else the first error.
fn report_failures(cx: &Context<'_>, outcomes: &[LabelOutcome]) -> Result<(), Error> {
    let total = outcomes.len();
    let mut failed: Vec<(&str, &Error)> = Vec::new();
    for requested in outcomes {
        cx.part(requested.outcome.is_ok());
        if let Err(error) = &requested.outcome {
            failed.push((requested.wanted.as_str(), error));
        }
    }
    let names: Vec<&str> = failed.iter().map(|(name, _)| *name).collect();
    let in_doubt = failed
        .iter()
        .find(|(_, error)| error.code().retry() == Retry::Check);
    let Some((_, error)) = in_doubt.or(failed.first()) else {
        return Ok(());
    };
    if failed.len() == total {
        let error = (*error).clone();
        return Err(if error.code() == Code::LabelCreationFailed && total > 1 {
            error.detail("failed_labels", names)
        } else {
            error
        });
    }
    cx.warn(format!(
        "Failed to create {} of {total} labels: {}",
        failed.len(),
        names.join(", ")
    ));
    Ok(())
}

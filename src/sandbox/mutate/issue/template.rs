//! Templates of issues: which template a new issue is created from, and what the template gives the issue.

use serde_json::{Map, Value};

use crate::sandbox::identifier;
use crate::sandbox::input::Input;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Record, Store, text};
use crate::sandbox::time;

use super::super::reference;
use super::super::{set, text_list};

/// The attributes of a template's data that are applied. The schema says no more of the data than that they are a
/// JSON-encoded string with "pre-filled attributes"; that the attributes go by the names of `IssueCreateInput` is a
/// guess. Any other attribute is passed over, as it is part of the workspace and not of the request.
const ATTRIBUTES: &[&str] = &[
    "title",
    "description",
    "priority",
    "estimate",
    "dueDate",
    "stateId",
    "labelIds",
    "assigneeId",
    "delegateId",
    "subscriberIds",
    "projectId",
    "projectMilestoneId",
    "cycleId",
];

/// The attribute with the sub-issues that are created together with the issue: a list of objects with [`ATTRIBUTES`].
/// Linear's templates can have sub-issues, but the name of the attribute is a guess.
const SUB_ISSUES: &str = "subIssues";

/// An `IssueCreateInput` with what its template adds.
pub(super) struct Prefilled {
    /// The input over the attributes of the template.
    pub(super) input: Map<String, Value>,
    /// The attributes of the sub-issues that the template asks for.
    pub(super) sub_issues: Vec<Map<String, Value>>,
}

/// Returns the input over the attributes of the template that it names: by `templateId`, or the team's default template
/// with `useDefaultTemplate: true`. Templates are applied only when asked for (`linear/api.md` §6), and a field that the
/// input gives counts more than the template's. Null counts as not given. The template remembers when it was applied.
///
/// # Errors
/// A `templateId` that is not a UUID or names no template, and the refusals of [`check_usable`].
pub(super) fn prefill(
    store: &mut Store,
    input: Input<'_>,
    team: &str,
) -> Result<Prefilled, Refusal> {
    let named = reference::entity(store, "Template", input, "templateId")?.value();
    let wants_default = input.flag("useDefaultTemplate");
    let default = || default_template(store, team).filter(|_| wants_default);
    let Some(id) = named.or_else(default) else {
        return Ok(Prefilled {
            input: input.0.clone(),
            sub_issues: Vec::new(),
        });
    };
    check_usable(store, &id, team)?;
    let data = read_data(store, &id);
    let mut attributes = pick_attributes(&data);
    if input.text("projectId").is_some() {
        // The milestone belongs to the template's project.
        attributes.remove("projectMilestoneId");
    }
    let sub_issues = data.get(SUB_ISSUES).and_then(Value::as_array);
    let sub_issues = sub_issues.into_iter().flatten();
    let sub_issues = sub_issues.filter_map(Value::as_object).map(pick_attributes);
    let sub_issues = sub_issues.collect();
    let now = time::now(store);
    if let Some(template) = store.get_mut("Template", &id) {
        set(template, [("lastAppliedAt", now.into())]);
    }
    attributes.insert("lastAppliedTemplateId".to_owned(), id.into());
    let given = input.0.iter().filter(|(_, value)| !value.is_null());
    attributes.extend(given.map(|(field, value)| (field.clone(), value.clone())));
    Ok(Prefilled {
        input: attributes,
        sub_issues,
    })
}

/// Returns the id of the team's default template for the viewer, who may be a member of the team or not.
fn default_template(store: &Store, team: &str) -> Option<String> {
    let team = store.get("Team", team)?;
    let viewer = identifier::viewer_id(store);
    let is_member = text_list(team, "memberIds").any(|id| id == viewer);
    let field = if is_member {
        "defaultTemplateForMembersId"
    } else {
        "defaultTemplateForNonMembersId"
    };
    text(team, field).map(str::to_owned)
}

/// Checks that a template is one of issues, and belongs to the workspace or to this team. A template that a team has
/// from the team above it is a template of its own (`inheritedFrom`).
///
/// # Errors
/// A template of something else or of another team. Linear's own refusals are not known.
pub(super) fn check_usable(store: &Store, id: &str, team: &str) -> Result<(), Refusal> {
    let Some(template) = store.get("Template", id) else {
        return Ok(());
    };
    if text(template, "type") != Some("issue") {
        return Err(Refusal::invalid_input("The template is not one of issues"));
    }
    if text(template, "teamId").is_some_and(|owner| owner != team) {
        return Err(Refusal::invalid_input(
            "Discrepancy between issue team and template",
        ));
    }
    Ok(())
}

/// Returns the data of a template, which are stored as Linear gives them: an object as a JSON-encoded string.
fn read_data(store: &Store, id: &str) -> Record {
    let template = store.get("Template", id);
    let encoded = template.and_then(|template| text(template, "templateData"));
    encoded
        .and_then(|data| serde_json::from_str(data).ok())
        .unwrap_or_default()
}

/// Returns the attributes of a template's data, or of one of its sub-issues, that have a value.
fn pick_attributes(data: &Record) -> Map<String, Value> {
    let present = |field: &&str| data.get(*field).filter(|value| !value.is_null()).cloned();
    let fields = ATTRIBUTES.iter();
    fields
        .filter_map(|field| Some(((*field).to_owned(), present(field)?)))
        .collect()
}

//! Templates of issues: applied only when asked for (`linear/api.md` §6).

use serde_json::{Map, Value};

use crate::sandbox::input::Input;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Store, text};

use super::super::reference;

/// The input over the data of the template it names: by `templateId`, or the team's default with
/// `useDefaultTemplate: true`. What the input says itself counts more.
pub(super) fn merged(
    store: &Store,
    input: Input<'_>,
    team: &str,
) -> Result<Map<String, Value>, Refusal> {
    let named = reference::entity(store, "Template", input, "templateId")?.value();
    let wanted = named.or_else(|| {
        let team = store.get("Team", team)?;
        let default = text(team, "defaultTemplateForMembersId")?;
        input.flag("useDefaultTemplate").then(|| default.to_owned())
    });
    let Some(id) = wanted else {
        return Ok(input.0.clone());
    };
    let mut merged = store
        .get("Template", &id)
        .and_then(|template| template.get("templateData")?.as_object().cloned())
        .unwrap_or_default();
    merged.insert("lastAppliedTemplateId".to_owned(), id.into());
    let said = input.0.iter().filter(|(_, value)| !value.is_null());
    merged.extend(said.map(|(field, value)| (field.clone(), value.clone())));
    Ok(merged)
}

//! An answer as it stands on the wire.

use serde::Deserialize;
use serde_json::Value;

/// A GraphQL answer as Linear gives it; every key may be missing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct GraphQlAnswer {
    /// The root fields, or null; absent where nothing was executed (GraphQL specification, §7.1).
    #[serde(deserialize_with = "present")]
    pub data: Option<Value>,
    /// What went wrong.
    pub errors: Option<Vec<GraphQlError>>,
}

/// A value that is there, be it null.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// One error of an answer (`linear/api.md` §4).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct GraphQlError {
    message: Option<String>,
    path: Option<Vec<Value>>,
    pub(super) extensions: Extensions,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Extensions {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) code: Option<String>,
    user_presentable_message: Option<String>,
    pub(super) meta: Value,
    validation_errors: Value,
}

impl GraphQlError {
    /// Linear's sentence for people, else its message, else its kind (`linear/api.md` §4).
    pub fn reason(&self) -> String {
        let extensions = &self.extensions;
        extensions
            .user_presentable_message
            .as_ref()
            .or(self.message.as_ref())
            .or(extensions.kind.as_ref())
            .cloned()
            .unwrap_or_else(|| "Linear gave no reason".to_owned())
    }

    /// Every text in which Linear may name what the error is about.
    pub(crate) fn texts(&self) -> Vec<String> {
        let presentable = self.extensions.user_presentable_message.as_ref();
        let texts = self.message.iter().chain(presentable);
        texts.cloned().collect()
    }

    /// The field below the root field that could not be answered, as a dotted path without the places in lists; `None`
    /// where the root field itself failed, or nothing is said.
    pub(crate) fn field(&self) -> Option<String> {
        let below = self.path.as_ref()?.get(1..)?;
        let names: Vec<&str> = below.iter().filter_map(Value::as_str).collect();
        (!names.is_empty()).then(|| names.join("."))
    }

    /// The root field that it happened under.
    pub(crate) fn root(&self) -> Option<&str> {
        self.path.as_ref()?.first()?.as_str()
    }
}

impl Extensions {
    /// Whether the input is at fault (`linear/api.md` §4).
    pub(super) fn blames_input(&self) -> bool {
        let kind = self.kind.as_deref();
        matches!(kind, Some("invalid input" | "user error" | "graphql error"))
            || matches!(self.code.as_deref(), Some("INPUT_ERROR" | "INVALID_INPUT"))
    }

    /// The sentences under `validationErrors[].constraints`.
    pub(super) fn constraints(&self) -> Vec<String> {
        let errors = self.validation_errors.as_array().into_iter().flatten();
        errors
            .filter_map(|error| error.get("constraints")?.as_object())
            .flat_map(|constraints| constraints.values())
            .filter_map(|sentence| sentence.as_str().map(str::to_owned))
            .collect()
    }
}

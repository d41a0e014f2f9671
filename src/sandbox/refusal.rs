//! The errors Linear answers with, one constructor each, in the shapes of `linear/api.md` §4.

use serde_json::{Map, Value, json};

/// Why a field was refused: one entry of the answer's `errors`, without its path.
///
/// `Display` gives the message alone.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// `errors[].message`.
    pub message: String,
    /// `extensions.type`, for instance `invalid input`.
    pub kind: &'static str,
    /// `extensions.code`, for instance `INPUT_ERROR`.
    pub code: &'static str,
    /// `extensions.statusCode`: what Linear calls the status, whatever the HTTP status is.
    pub status: u16,
    /// `extensions.userPresentableMessage`; left out when `None`.
    pub user_presentable: Option<String>,
    /// `extensions.userError`.
    pub user_error: bool,
    /// `extensions.validationErrors`; left out when empty.
    pub validation: Vec<Validation>,
    /// `extensions.meta`; left out when `None`. Boxed, because nearly every refusal is without it.
    pub meta: Option<Box<Value>>,
}

/// One argument that failed its check: an entry of `extensions.validationErrors`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validation {
    /// The argument or input field, for instance `teamId`.
    pub property: String,
    /// The check's name, for instance `isUuid`.
    pub constraint: &'static str,
    /// The check in words, for instance `teamId must be a UUID`.
    pub text: String,
}

impl Refusal {
    /// An `invalid input` refusal with that code, a user error of status 400.
    fn input(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            kind: "invalid input",
            code,
            status: 400,
            user_presentable: None,
            user_error: true,
            validation: Vec::new(),
            meta: None,
        }
    }

    /// `invalid input` / `INPUT_ERROR`: what Linear says about input that is well-formed but wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::input("INPUT_ERROR", message)
    }

    /// `invalid input` / `INVALID_INPUT`, the code of the checks across fields and of argument validation.
    pub fn invalid_input(message: impl Into<String>) -> Self {
        Self::input("INVALID_INPUT", message)
    }

    /// The same refusal with that `userPresentableMessage`.
    #[must_use]
    pub fn saying(mut self, words: impl Into<String>) -> Self {
        self.user_presentable = Some(words.into());
        self
    }

    /// The entity that a root's `id` names does not exist: `Entity not found: Issue`.
    pub fn not_found(kind: &str) -> Self {
        Self::invalid(format!("Entity not found: {kind}"))
            .saying(format!("Could not find referenced {kind}."))
    }

    /// An id inside the input names nothing: `field` is the input field (`teamIds`), `kind` the type (`Team`).
    pub fn bad_reference(kind: &str, field: &str) -> Self {
        let message = if field.ends_with("Ids") {
            format!("Entity not found: {kind}: {field} contained an entry that could not be found.")
        } else {
            format!("Entity not found: {kind}")
        };
        Self::invalid(message).saying(format!("Could not find referenced {kind}."))
    }

    /// An argument or input field that must be a UUID and is not.
    pub fn not_uuid(field: &str) -> Self {
        Self::validation(field, "isUuid", format!("{field} must be a UUID"))
    }

    /// A list of ids with an entry that is not a UUID.
    pub fn not_uuids(field: &str) -> Self {
        Self::validation(
            field,
            "isUuid",
            format!("each value in {field} must be a UUID"),
        )
    }

    /// `Argument Validation Error` about one field; `text` is the check in words, without a full stop.
    pub fn validation(field: &str, constraint: &'static str, text: impl Into<String>) -> Self {
        let text = text.into();
        let mut refusal =
            Self::invalid_input("Argument Validation Error").saying(format!("{text}."));
        refusal.validation.push(Validation {
            property: field.to_owned(),
            constraint,
            text,
        });
        refusal
    }

    /// A client-made id that is taken already.
    pub fn conflict(kind: &str, id: &str) -> Self {
        Self::invalid(format!("conflict on insert of {kind}"))
            .saying(format!("Entity {kind} with id {id} already exists."))
    }

    /// `attachmentLink*` with a URL that the issue has an attachment with already.
    pub fn duplicate_attachment() -> Self {
        Self::invalid("Duplicate attachment for duplicate url")
            .saying("An attachment with the same URL already exists.")
    }

    /// The key lacks this scope (`write`).
    pub fn forbidden(scope: &str) -> Self {
        Self {
            kind: "forbidden",
            code: "FORBIDDEN",
            status: 403,
            ..Self::invalid(format!("Invalid scope: `{scope}` required"))
        }
    }

    /// The free plan's limit on active issues.
    pub fn usage_limit() -> Self {
        Self {
            kind: "usage limit exceeded",
            code: "USAGE_LIMIT_EXCEEDED",
            meta: Some(Box::new(json!({ "usageMetric": "activeIssueCount" }))),
            ..Self::invalid("usage limit exceeded").saying(
                "You've exceeded the free issue limit for this workspace. \
                 Please upgrade or contact sales@linear.app for a free trial.",
            )
        }
    }

    /// The workspace's plan does not have the feature behind this root field. Of Linear's own answer only the type is
    /// known.
    pub fn feature_off(feature: &str) -> Self {
        Self {
            kind: "feature not accessible",
            code: "FEATURE_NOT_ACCESSIBLE",
            status: 403,
            ..Self::invalid(format!("Feature not accessible: {feature}"))
        }
    }

    /// No key, or one that Linear does not know.
    pub fn unauthenticated() -> Self {
        Self {
            kind: "authentication error",
            code: "AUTHENTICATION_ERROR",
            status: 401,
            ..Self::invalid("Authentication required, not authenticated")
                .saying("You need to authenticate to access this operation.")
        }
    }

    /// A personal key sent as an OAuth token.
    pub fn key_as_bearer() -> Self {
        const WORDS: &str = "It looks like you're trying to use an API key as a Bearer token. \
                             Remove the Bearer prefix from the Authorization header.";
        Self::invalid(WORDS).saying(WORDS)
    }

    /// A document or variables that do not fit the schema; `message` is the validator's.
    pub fn graphql(message: impl Into<String>) -> Self {
        Self {
            kind: "graphql error",
            ..Self::input("GRAPHQL_VALIDATION_FAILED", message)
        }
    }

    /// More requests (or points) than the window allows; `limit` per `duration_ms`.
    pub fn rate_limited(limit: u64, duration_ms: u64) -> Self {
        let words = format!(
            "Rate limit exceeded. Only {limit} requests are allowed per 1 hour. For more information \
             see our developer docs at: https://linear.app/developers/rate-limiting"
        );
        Self {
            kind: "ratelimited",
            code: "RATELIMITED",
            status: 429,
            meta: Some(Box::new(json!({ "rateLimitResult": {
                "allowed": false, "requested": 1, "remaining": 0,
                "duration": duration_ms, "limit": limit,
            }}))),
            ..Self::invalid(words.clone()).saying(format!("{words}."))
        }
    }

    /// A document that costs more than Linear allows one request.
    pub fn too_complex(complexity: f64, maximum: f64) -> Self {
        Self::invalid("Query too complex").saying(format!(
            "The query is too complex. Complexity: {complexity}. Maximum allowed complexity: {maximum}."
        ))
    }

    /// Linear's own failure.
    pub fn internal() -> Self {
        Self {
            kind: "internal error",
            code: "INTERNAL_SERVER_ERROR",
            status: 500,
            user_error: false,
            ..Self::invalid("Internal server error")
        }
    }

    /// A root field or argument that the schema has and the stand-in does not answer.
    pub fn not_modelled(what: &str) -> Self {
        Self {
            message: format!("{what} is not modelled by the stand-in"),
            ..Self::internal()
        }
    }

    /// `errors[].extensions`; `http_status` is the status the whole answer is sent under.
    pub fn extensions(&self, http_status: u16) -> Value {
        let mut map = Map::new();
        map.insert("type".into(), self.kind.into());
        map.insert("code".into(), self.code.into());
        map.insert("statusCode".into(), self.status.into());
        map.insert("userError".into(), self.user_error.into());
        if let Some(words) = &self.user_presentable {
            map.insert("userPresentableMessage".into(), words.clone().into());
        }
        if let Some(meta) = &self.meta {
            map.insert("meta".into(), Value::clone(meta));
        }
        if !self.validation.is_empty() {
            let entries = self.validation.iter().map(Validation::json).collect();
            map.insert("validationErrors".into(), Value::Array(entries));
        }
        map.insert(
            "http".into(),
            json!({ "headers": {}, "status": http_status }),
        );
        Value::Object(map)
    }
}

impl Validation {
    fn json(&self) -> Value {
        json!({
            "property": self.property,
            "children": [],
            "constraints": { self.constraint: self.text },
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Refusal;

    #[test]
    fn a_failed_check_names_its_field_and_its_constraint() {
        let extensions = Refusal::not_uuid("teamId").extensions(200);
        assert_eq!(extensions["code"], "INVALID_INPUT");
        assert_eq!(
            extensions["validationErrors"],
            json!([{ "property": "teamId", "children": [],
                     "constraints": { "isUuid": "teamId must be a UUID" } }])
        );
        assert_eq!(
            extensions["userPresentableMessage"],
            "teamId must be a UUID."
        );
    }

    #[test]
    fn keys_that_do_not_apply_are_left_out() {
        let extensions = Refusal::internal().extensions(200);
        assert!(extensions.get("validationErrors").is_none());
        assert!(extensions.get("meta").is_none());
        assert!(extensions.get("userPresentableMessage").is_none());
        assert_eq!(extensions["userError"], false);
    }

    #[test]
    fn references_in_lists_name_the_list() {
        assert_eq!(
            Refusal::bad_reference("Team", "teamIds").message,
            "Entity not found: Team: teamIds contained an entry that could not be found."
        );
        assert_eq!(
            Refusal::bad_reference("WorkflowState", "stateId").message,
            "Entity not found: WorkflowState"
        );
    }
}

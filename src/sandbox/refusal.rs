//! The errors of Linear, one constructor each, in the shapes of `linear/api.md` §4.

use serde_json::{Map, Value, json};

/// Why a field was refused: one entry of the answer's `errors`, without its path.
///
/// `Display` shows only the message.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// `errors[].message`.
    pub message: String,
    /// `extensions.type`, for instance `invalid input`.
    pub kind: &'static str,
    /// `extensions.code`, for instance `INPUT_ERROR`.
    pub code: &'static str,
    /// `extensions.statusCode`, which may differ from the HTTP status.
    pub status: u16,
    /// `extensions.userPresentableMessage`; left out when `None`.
    pub user_presentable: Option<String>,
    /// `extensions.userError`.
    pub user_error: bool,
    /// `extensions.validationErrors`; left out when empty.
    pub validation: Vec<Validation>,
    /// `extensions.meta`; left out when `None`. It is boxed because few refusals have it.
    pub meta: Option<Box<Value>>,
}

/// One argument that failed its check: an entry of `extensions.validationErrors`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validation {
    /// The argument or input field, for instance `teamId`.
    pub property: String,
    /// The name of the check, for instance `isUuid`.
    pub constraint: &'static str,
    /// The check in words, for instance `teamId must be a UUID`.
    pub text: String,
}

impl Refusal {
    /// Returns an `invalid input` refusal with this code: a user error of status 400.
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

    /// Returns `invalid input` / `INPUT_ERROR`, the refusal of input that is well-formed but wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::input("INPUT_ERROR", message)
    }

    /// Returns `invalid input` / `INVALID_INPUT`, the refusal of the checks across fields and of argument validation.
    pub fn invalid_input(message: impl Into<String>) -> Self {
        Self::input("INVALID_INPUT", message)
    }

    /// Returns the refusal with this `userPresentableMessage`.
    #[must_use]
    pub fn saying(mut self, words: impl Into<String>) -> Self {
        self.user_presentable = Some(words.into());
        self
    }

    /// Returns the refusal of a root field whose `id` names no entity: `Entity not found: Issue`.
    pub fn not_found(kind: &str) -> Self {
        Self::invalid(format!("Entity not found: {kind}"))
            .saying(format!("Could not find referenced {kind}."))
    }

    /// Returns the refusal of an id in the input that names no entity: `field` is the input field (`teamIds`), `kind` the
    /// type (`Team`).
    pub fn bad_reference(kind: &str, field: &str) -> Self {
        let message = if field.ends_with("Ids") {
            format!("Entity not found: {kind}: {field} contained an entry that could not be found.")
        } else {
            format!("Entity not found: {kind}")
        };
        Self::invalid(message).saying(format!("Could not find referenced {kind}."))
    }

    /// Returns the refusal of an argument or input field that must be a UUID and is not.
    pub fn not_uuid(field: &str) -> Self {
        Self::validation(field, "isUuid", format!("{field} must be a UUID"))
    }

    /// Returns the refusal of a list of ids with an entry that is not a UUID.
    pub fn not_uuids(field: &str) -> Self {
        Self::validation(
            field,
            "isUuid",
            format!("each value in {field} must be a UUID"),
        )
    }

    /// Returns `Argument Validation Error` about one field; `text` is the check in words, without a full stop.
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

    /// Returns the refusal of an id that the client made and that is taken already.
    pub fn conflict(kind: &str, id: &str) -> Self {
        Self::invalid(format!("conflict on insert of {kind}"))
            .saying(format!("Entity {kind} with id {id} already exists."))
    }

    /// Returns the refusal of `attachmentLink*` with a URL that the issue has an attachment with already.
    pub fn duplicate_attachment() -> Self {
        Self::invalid("Duplicate attachment for duplicate url")
            .saying("An attachment with the same URL already exists.")
    }

    /// Returns the refusal of a key that lacks this scope (`write`).
    pub fn forbidden(scope: &str) -> Self {
        Self {
            kind: "forbidden",
            code: "FORBIDDEN",
            status: 403,
            ..Self::invalid(format!("Invalid scope: `{scope}` required"))
        }
    }

    /// Returns the refusal of an issue that exceeds the free plan's limit on active issues.
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

    /// Returns the refusal of a root field whose feature the workspace's plan does not have. Of Linear's own error only the
    /// type is known.
    pub fn feature_off(feature: &str) -> Self {
        Self {
            kind: "feature not accessible",
            code: "FEATURE_NOT_ACCESSIBLE",
            status: 403,
            ..Self::invalid(format!("Feature not accessible: {feature}"))
        }
    }

    /// Returns the refusal of a request without a key, or with a key that Linear does not know.
    pub fn unauthenticated() -> Self {
        Self {
            kind: "authentication error",
            code: "AUTHENTICATION_ERROR",
            status: 401,
            ..Self::invalid("Authentication required, not authenticated")
                .saying("You need to authenticate to access this operation.")
        }
    }

    /// Returns the refusal of a personal key that is sent as an OAuth token.
    pub fn key_as_bearer() -> Self {
        const WORDS: &str = "It looks like you're trying to use an API key as a Bearer token. \
                             Remove the Bearer prefix from the Authorization header.";
        Self::invalid(WORDS).saying(WORDS)
    }

    /// Returns the refusal of a document or variables that do not fit the schema; `message` is the validator's.
    pub fn graphql(message: impl Into<String>) -> Self {
        Self {
            kind: "graphql error",
            ..Self::input("GRAPHQL_VALIDATION_FAILED", message)
        }
    }

    /// Returns the refusal of a request (or of points) beyond the `limit` of a window of `duration_ms`.
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

    /// Returns the refusal of a document that costs more points than one request may.
    pub fn too_complex(complexity: f64, maximum: f64) -> Self {
        Self::invalid("Query too complex").saying(format!(
            "The query is too complex. Complexity: {complexity}. Maximum allowed complexity: {maximum}."
        ))
    }

    /// Returns a failure of Linear's own.
    pub fn internal() -> Self {
        Self {
            kind: "internal error",
            code: "INTERNAL_SERVER_ERROR",
            status: 500,
            user_error: false,
            ..Self::invalid("Internal server error")
        }
    }

    /// Returns the refusal of a root field or argument that the schema has and the stand-in does not model.
    pub fn not_modelled(what: &str) -> Self {
        Self {
            message: format!("{what} is not modelled by the stand-in"),
            ..Self::internal()
        }
    }

    /// Returns `errors[].extensions`; `http_status` is the status that the whole answer is sent under.
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

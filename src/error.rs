//! The failures that a caller sees: one error type, and the one table of its codes.

use serde_json::{Map, Value};

use crate::text::cut;

/// The most characters of a message, or of a text under `details`. Both may repeat what a caller sent.
const MAX_TEXT_CHARS: usize = 600;
/// The most characters of a suggestion.
const MAX_SUGGESTION_CHARS: usize = 300;

/// Whether sending the request again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// The same request fails in the same way; it has to be changed first.
    No,
    /// The same request may succeed later.
    Later,
    /// The request may have been executed already; that has to be checked first.
    Check,
}

impl Retry {
    /// The word for the advice in the documentation.
    pub fn word(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Later => "later",
            Self::Check => "check first",
        }
    }
}

/// Makes the enum and its table from one list, so that they cannot differ.
macro_rules! codes {
    ($($number:literal $variant:ident $name:literal $retry:ident $meaning:literal)*) => {
        /// A machine-readable reason. The numbers are those of `contract.md`, "Error codes"; no number is ever reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $meaning] $variant = $number,)*
        }

        impl Code {
            /// Every code, by number.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name that an envelope shows.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What the code means, in one sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }

            /// Whether sending the request again can help.
            pub fn retry(self) -> Retry {
                match self { $(Self::$variant => Retry::$retry,)* }
            }
        }
    };
}

codes! {
    1001 TeamNotFound "TEAM_NOT_FOUND" No "No team has that name, key or id."
    1002 ProjectNotFound "PROJECT_NOT_FOUND" No "No project has that name, slug or id."
    1003 LabelNotFound "LABEL_NOT_FOUND" No "No label of that name can be used there."
    1004 StatusNotFound "STATUS_NOT_FOUND" No "The team has no workflow state, or the workspace no project status, of that name, type or alias."
    1005 IssueNotFound "ISSUE_NOT_FOUND" No "No issue has that identifier or id."
    1006 UserNotFound "USER_NOT_FOUND" No "No active user has that name, e-mail address or id."
    1007 DocumentNotFound "DOCUMENT_NOT_FOUND" No "No document has that id or slug."
    1008 CycleNotFound "CYCLE_NOT_FOUND" No "The team has no such cycle."
    1009 CommentNotFound "COMMENT_NOT_FOUND" No "No comment has that id."
    1010 MilestoneNotFound "MILESTONE_NOT_FOUND" No "The project has no milestone of that name."
    1011 InitiativeNotFound "INITIATIVE_NOT_FOUND" No "No initiative has that name or id."
    1012 ViewNotFound "VIEW_NOT_FOUND" No "No custom view that the key's owner sees has that name, slug or id."
    1013 TemplateNotFound "TEMPLATE_NOT_FOUND" No "Neither the team nor the workspace has a template of issues of that name or id."
    1101 InvalidTeamIdentifier "INVALID_TEAM_IDENTIFIER" No "The team is not given as a name, key or id."
    1102 InvalidStateName "INVALID_STATE_NAME" No "The state is not given as a name, type or id."
    1103 InvalidLabelName "INVALID_LABEL_NAME" No "A label is not given as a name or id, or cannot be applied to an issue."
    1104 InvalidPriority "INVALID_PRIORITY" No "The priority is neither 0-4 nor one of their names."
    1105 InvalidDateFormat "INVALID_DATE_FORMAT" No "A date is neither YYYY-MM-DD nor an ISO timestamp."
    1106 MissingRequiredParam "MISSING_REQUIRED_PARAM" No "A parameter without which nothing can be done is missing."
    1107 InvalidParam "INVALID_PARAM" No "A parameter has a value that it cannot have."
    1108 UnknownOperation "UNKNOWN_OPERATION" No "There is no operation of that name."
    1109 InvalidRequest "INVALID_REQUEST" No "The request is not readable as YAML or JSON, or is not a request."
    1110 AmbiguousIdentifier "AMBIGUOUS_IDENTIFIER" No "Several things match the name; none is chosen for the caller."
    1111 InvalidIndices "INVALID_INDICES" No "An index points past the items of the checklist."
    1112 NoChecklist "NO_CHECKLIST" No "The description has no checklist."
    1113 EditConflict "EDIT_CONFLICT" Later "The text was changed by somebody else while it was being edited."
    1114 PatchFailed "PATCH_FAILED" No "An edit of a text names an anchor or a heading that is not there, or not just once."
    1115 UnsupportedOperation "UNSUPPORTED_OPERATION" No "Linear has no such thing; the suggestions say what does instead."
    1201 LabelCreationFailed "LABEL_CREATION_FAILED" No "Linear refused to create the label."
    1202 IssueCreationFailed "ISSUE_CREATION_FAILED" No "Linear refused to create the issue."
    1203 CommentCreationFailed "COMMENT_CREATION_FAILED" No "Linear refused to create the comment."
    1204 ProjectCreationFailed "PROJECT_CREATION_FAILED" No "Linear refused to create the project."
    1205 DocumentCreationFailed "DOCUMENT_CREATION_FAILED" No "Linear refused to create the document."
    1206 AttachmentCreationFailed "ATTACHMENT_CREATION_FAILED" No "Linear refused to create the attachment."
    1301 IssueUpdateFailed "ISSUE_UPDATE_FAILED" No "Linear refused to change the issue."
    1302 ProjectUpdateFailed "PROJECT_UPDATE_FAILED" No "Linear refused to change the project."
    1303 LabelUpdateFailed "LABEL_UPDATE_FAILED" No "Linear refused to change the label."
    1304 CommentUpdateFailed "COMMENT_UPDATE_FAILED" No "Linear refused to change the comment."
    1305 DocumentUpdateFailed "DOCUMENT_UPDATE_FAILED" No "Linear refused to change the document."
    1401 LinearApiError "LINEAR_API_ERROR" Later "Linear answered with an error that is not one of the others."
    1402 LinearApiRateLimit "LINEAR_API_RATE_LIMIT" Later "Linear's request or complexity budget is used up; what met the limit was not executed."
    1403 LinearApiTimeout "LINEAR_API_TIMEOUT" Later "Linear did not answer in time, or the operation's time was over; what was not answered or not sent changed nothing."
    1404 LinearApiUnauthorized "LINEAR_API_UNAUTHORIZED" No "Linear does not accept the key."
    1405 LinearApiForbidden "LINEAR_API_FORBIDDEN" No "The key may not do this, or the workspace has no such feature."
    1406 LinearApiUnreachable "LINEAR_API_UNREACHABLE" Later "No connection to Linear could be made; what needed it was not executed."
    1407 OutcomeUnknown "OUTCOME_UNKNOWN" Check "The answer to a write was lost, and whether it was done could not be settled."
    1408 UsageLimitExceeded "USAGE_LIMIT_EXCEEDED" No "The workspace's plan allows no more of these."
    1501 ConfigError "CONFIG_ERROR" No "A setting is missing or cannot be used."
    1502 ReadOnly "READ_ONLY" No "The operation writes, and the server is read-only (--read-only or LINEAR_OPS_READ_ONLY), or the tool is linear_read."
    1503 Cancelled "CANCELLED" No "The caller cancelled the request, or this server ended, before it was sent."
    1504 InternalError "INTERNAL_ERROR" Later "A defect of this server."
    1505 NotAllowed "NOT_ALLOWED" No "The server's settings do not allow this operation, this place, or one more write."
}

impl Code {
    /// The number of the code in the contract.
    pub fn number(self) -> u16 {
        self as u16
    }

    /// Whether the code says that Linear refused a write: the contract's ranges for creations and updates.
    pub fn is_refused_write(self) -> bool {
        (1200..1400).contains(&self.number())
    }

    /// The code for an invalid value of a parameter. For some parameters the contract has a code of their own.
    pub fn for_param(name: &str) -> Self {
        match name {
            "team" | "teams" => Self::InvalidTeamIdentifier,
            "state" => Self::InvalidStateName,
            "labels" | "add_labels" | "remove_labels" => Self::InvalidLabelName,
            "priority" => Self::InvalidPriority,
            "due_date" | "start_date" | "target_date" | "snooze_until" | "reminder_at" => {
                Self::InvalidDateFormat
            }
            _ if name.ends_with("_after") || name.ends_with("_before") => Self::InvalidDateFormat,
            _ => Self::InvalidParam,
        }
    }
}

/// A failure as the caller sees it: code, message, details and suggestions (`contract.md`, "Envelope"). Long texts
/// in it are cut.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}: {}", .0.code.name(), .0.message)]
pub struct Error(Box<ErrorData>);

/// The parts of an [`Error`].
#[derive(Clone, Debug, PartialEq)]
struct ErrorData {
    code: Code,
    message: String,
    details: Map<String, Value>,
    suggestions: Vec<String>,
}

impl Error {
    /// Makes an error with a message, and without details and suggestions.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self(Box::new(ErrorData {
            code,
            message: cut(message.into(), MAX_TEXT_CHARS),
            details: Map::new(),
            suggestions: Vec::new(),
        }))
    }

    /// Adds a value under `details`.
    #[must_use]
    pub fn detail(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0
            .details
            .insert(key.to_owned(), cut_texts(value.into()));
        self
    }

    /// Adds a suggestion. Suggest only what exists: values that would resolve, operations of this server.
    #[must_use]
    pub fn suggest(mut self, suggestion: impl Into<String>) -> Self {
        self.0.suggestions.push(cut_suggestion(suggestion));
        self
    }

    /// Adds a suggestion before all others.
    #[must_use]
    pub fn suggest_first(mut self, suggestion: impl Into<String>) -> Self {
        self.0.suggestions.insert(0, cut_suggestion(suggestion));
        self
    }

    /// Removes the suggestions for which `keeps` returns false.
    #[must_use]
    pub fn retain_suggestions(mut self, keeps: impl Fn(&str) -> bool) -> Self {
        self.0.suggestions.retain(|suggestion| keeps(suggestion));
        self
    }

    /// Rewrites every text in the error: message, details and suggestions.
    #[must_use]
    pub fn map_texts(mut self, rewrite: impl Fn(&str) -> String) -> Self {
        let ErrorData {
            message,
            details,
            suggestions,
            ..
        } = &mut *self.0;
        *message = rewrite(message);
        for suggestion in suggestions {
            *suggestion = rewrite(suggestion);
        }
        *details = std::mem::take(details)
            .into_iter()
            .map(|(key, value)| (rewrite(&key), rewrite_texts(value, &rewrite)))
            .collect();
        self
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The message.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The details, in the order in which they were added.
    pub fn details(&self) -> &Map<String, Value> {
        &self.0.details
    }

    /// The suggestions, the best first.
    pub fn suggestions(&self) -> &[String] {
        &self.0.suggestions
    }
}

/// A suggestion of at most [`MAX_SUGGESTION_CHARS`] characters.
fn cut_suggestion(suggestion: impl Into<String>) -> String {
    cut(suggestion.into(), MAX_SUGGESTION_CHARS)
}

/// A value under `details` with every text in it cut.
fn cut_texts(value: Value) -> Value {
    match value {
        Value::String(text) => cut(text, MAX_TEXT_CHARS).into(),
        Value::Array(items) => items.into_iter().map(cut_texts).collect(),
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| (key, cut_texts(value)))
            .collect::<Map<_, _>>()
            .into(),
        other => other,
    }
}

/// A value under `details` with every text in it rewritten. Keys are rewritten too, because some of them repeat what a
/// caller sent.
fn rewrite_texts(value: Value, rewrite: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => rewrite(&text).into(),
        Value::Array(items) => items
            .into_iter()
            .map(|item| rewrite_texts(item, rewrite))
            .collect(),
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| (rewrite(&key), rewrite_texts(value, rewrite)))
            .collect::<Map<_, _>>()
            .into(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_are_unique_and_ordered() {
        assert!(
            Code::ALL
                .windows(2)
                .all(|pair| pair[0].number() < pair[1].number())
        );
        let names: std::collections::BTreeSet<_> =
            Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
    }

    #[test]
    fn an_error_prints_its_code_and_sentence() {
        let error = Error::new(Code::TeamNotFound, "Team 'X' not found");
        assert_eq!(error.to_string(), "TEAM_NOT_FOUND: Team 'X' not found");
    }

    #[test]
    fn long_texts_are_cut_wherever_they_stand() {
        let long = "ä".repeat(300_000);
        let error = Error::new(Code::TeamNotFound, format!("Team '{long}' not found"))
            .detail("input", long.as_str())
            .detail("inputs", vec![long.as_str(), "short"])
            .detail("teams", serde_json::json!([{"name": long}]))
            .suggest(long.as_str())
            .suggest_first(format!("Use '{long}'"));
        let whole = format!("{}… [cut: 600 of 300000 characters]", "ä".repeat(600));
        assert!(error.message().starts_with("Team 'ä"));
        assert!(
            error
                .message()
                .ends_with("… [cut: 600 of 300017 characters]")
        );
        assert_eq!(error.details()["input"], whole);
        assert_eq!(error.details()["inputs"][0], whole);
        assert_eq!(error.details()["inputs"][1], "short");
        assert_eq!(error.details()["teams"][0]["name"], whole);
        let cut = |text: &String| text.chars().count() < 350 && text.contains("[cut: 300 of ");
        assert!(error.suggestions().iter().all(cut), "{error:?}");
    }
}

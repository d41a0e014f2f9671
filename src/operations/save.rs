//! The operations `save_issue`, `save_comment`, `save_document` and `save_project`, which other servers for Linear have:
//! with an id they change an entity, as its update operation does; without one they create it, as its create operation
//! does. An id that means nothing is the update operation's not-found error, and never creates anything.
//!
//! They take the parameters of both operations. Which of the two runs depends on the id alone, so a parameter that only the
//! other one has is refused.

use std::borrow::Cow;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use crate::error::{Code, Error};
use crate::linear::documents::Comments;
use crate::linear::filter::Filter;
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::comment;
use crate::operations::comment::{change::UpdateComment, create::CreateComment};
use crate::operations::document::{create::CreateDocument, update::UpdateDocument};
use crate::operations::filters::issue_filter;
use crate::operations::issue::{create::CreateIssue, update::UpdateIssue};
use crate::operations::project::{create::CreateProject, update::UpdateProject};
use crate::operations::reads::{ReadError, ReadRequest};
use crate::params;
use crate::resolve::issue::IssueRef;
use crate::session::Context;

/// The two operations that a save operation consists of.
trait Pair: Send + 'static {
    /// The operation that creates the entity.
    type Create: Operation;
    /// The operation that changes the entity.
    type Update: Operation;
    /// The name of the save operation.
    const NAME: &'static str;
    /// The parameter that names the entity to change.
    const ID: &'static str;
    /// What the operation does, as `help` says it.
    const DESCRIPTION: &'static str;

    /// Returns the schemas of the parameters that neither of the two operations has.
    fn more() -> Map<String, Value> {
        Map::new()
    }
}

/// The parameters of a save operation under their canonical names, not decoded yet.
#[derive(Debug)]
pub struct Params<P>(Map<String, Value>, PhantomData<fn() -> P>);

impl<'de, P> Deserialize<'de> for Params<P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::deserialize(deserializer).map(|params| Self(params, PhantomData))
    }
}

impl<P: Pair> JsonSchema for Params<P> {
    fn schema_name() -> Cow<'static, str> {
        P::NAME.into()
    }

    /// Returns the parameters of both operations, none of them required. A parameter that both have is described as the
    /// update operation describes it, because that also says what `null` does.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut all = properties::<P::Update>();
        for (name, property) in properties::<P::Create>() {
            all.entry(name).or_insert(property);
        }
        all.extend(P::more());
        let mut schema = Schema::default();
        schema.insert("type".to_owned(), "object".into());
        schema.insert("description".to_owned(), P::DESCRIPTION.into());
        schema.insert("properties".to_owned(), all.into());
        schema
    }
}

/// Returns the schemas of an operation's parameters.
fn properties<O: Operation>() -> Map<String, Value> {
    match params::schema::<O::Params>().get("properties") {
        Some(Value::Object(properties)) => properties.clone(),
        _ => Map::new(),
    }
}

/// Runs the update operation where the id is given, and else the create operation.
///
/// # Errors
/// INVALID_PARAM for a parameter that only the other operation has; MISSING_REQUIRED_PARAM for one without which nothing can
/// be created; else the error of the operation that runs.
async fn save<P: Pair>(params: Map<String, Value>, cx: &Context<'_>) -> Result<Value, Error> {
    if params.contains_key(P::ID) {
        check_params::<P, P::Update>(&params)?;
        P::Update::run(params::decode(params)?, cx).await
    } else {
        check_params::<P, P::Create>(&params)?;
        P::Create::run(params::decode(params)?, cx).await
    }
}

/// Checks that the operation which is going to run has all the given parameters, and is given all that it requires.
///
/// # Errors
/// As [`save`].
fn check_params<P: Pair, O: Operation>(params: &Map<String, Value>) -> Result<(), Error> {
    let (name, id) = (P::NAME, P::ID);
    let known = properties::<O>();
    let says_nothing = |value: &Value| match value {
        Value::Array(items) => items.is_empty(),
        value => value.is_null(),
    };
    let foreign: Vec<&str> = params
        .iter()
        .filter(|(param, value)| !known.contains_key(*param) && !says_nothing(value))
        .map(|(param, _)| param.as_str())
        .collect();
    if let Some(first) = foreign.first() {
        let case = if params.contains_key(id) {
            "with"
        } else {
            "without"
        };
        let named = foreign.join("', '");
        let message = format!(
            "{name} {case} '{id}' is {}, which does not take '{named}'",
            O::SPEC.name
        );
        let error = Error::new(Code::InvalidParam, message)
            .detail("param", *first)
            .suggest(format!("Leave out '{named}'"));
        return Err(match *first {
            "sub_issues" => error.suggest(
                "Call create_issue with 'parent_id' for each sub-issue of an issue that exists",
            ),
            "add_teams" => {
                error.suggest("Call get_project, and give all the teams it is to have in 'teams'")
            }
            _ => error,
        });
    }
    let schema = params::schema::<O::Params>();
    let required = schema.get("required").and_then(Value::as_array);
    let missing: Vec<&str> = required
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter(|param| params.get(*param).is_none_or(Value::is_null))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let named = missing.join("', '");
    let message = if params.contains_key(id) {
        format!("{name} needs '{named}'")
    } else {
        format!("{name} without '{id}' creates something, and needs '{named}'")
    };
    let error = Error::new(Code::MissingRequiredParam, message).detail("missing", missing);
    Err(error.suggest(format!(
        "Give '{id}' to change what exists, or '{named}' to create"
    )))
}

/// Declares a save operation.
macro_rules! save_operation {
    (
        $(#[$doc:meta])*
        $type:ident: $name:literal, $title:literal, $create:ty, $update:ty, id: $id:literal, touches: $touches:expr,
        description: $description:literal $(, more: $more:path)?;
        $adjust:path
    ) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $type;

        impl Pair for $type {
            type Create = $create;
            type Update = $update;
            const NAME: &'static str = $name;
            const ID: &'static str = $id;
            const DESCRIPTION: &'static str = $description;
            $(
                fn more() -> Map<String, Value> {
                    $more()
                }
            )?
        }

        impl Operation for $type {
            type Params = Params<Self>;
            const SPEC: Spec = Spec {
                name: $name,
                title: $title,
                effect: Effect::Save,
                subject: Some($id),
                aliases: &[],
                shared: &[CommonParam::Detail, CommonParam::Fields, CommonParam::RefreshCache],
                touches: $touches,
            };

            async fn run(Params(params, _): Self::Params, cx: &Context<'_>) -> Result<Value, Error> {
                let params = $adjust(params, cx).await?;
                save::<Self>(params, cx).await
            }
        }
    };
}

save_operation! {
    /// The operation `save_issue`.
    SaveIssue: "save_issue", "Save issue", CreateIssue, UpdateIssue, id: "issue_id",
    touches: Touches::FieldsGiven { except: &["issue_id", "changes", "if_unchanged_since"] },
    description: "Change the issue of that id, or create one where none is given: update_issue or create_issue.";
    unadjusted
}

save_operation! {
    /// The operation `save_document`.
    SaveDocument: "save_document", "Save document", CreateDocument, UpdateDocument, id: "document_id",
    touches: Touches::Additions,
    description: "Change the document of that id, or create one where none is given: update_document or create_document.";
    unadjusted
}

save_operation! {
    /// The operation `save_comment`.
    SaveComment: "save_comment", "Save comment", CreateComment, UpdateComment, id: "comment_id",
    touches: Touches::Additions,
    description: "Change the comment of that id, or create one where none is given: update_comment or create_comment.";
    check_issue
}

save_operation! {
    /// The operation `save_project`.
    SaveProject: "save_project", "Save project", CreateProject, UpdateProject, id: "project",
    touches: Touches::NoIssue,
    description: "Change the project of that id, or create one where none is given: update_project or create_project.",
    more: words_for_project;
    in_words_of_project
}

/// Returns the parameters as they are.
async fn unadjusted(
    params: Map<String, Value>,
    _: &Context<'_>,
) -> Result<Map<String, Value>, Error> {
    Ok(params)
}

/// Checks the issue that is given beside the id of a comment, and takes it out of the parameters: update_comment needs the
/// id alone.
///
/// # Errors
/// COMMENT_NOT_FOUND; INVALID_PARAM for a comment of another issue, or the failure of the request.
async fn check_issue(
    mut params: Map<String, Value>,
    cx: &Context<'_>,
) -> Result<Map<String, Value>, Error> {
    #[derive(Deserialize)]
    struct Given {
        issue_id: params::Identifier,
        comment_id: params::Identifier,
    }
    if !params.contains_key("comment_id") || !params.contains_key("issue_id") {
        return Ok(params);
    }
    let given: Given = params::decode(params.clone())?;
    let issue = IssueRef::parse("issue_id", given.issue_id.as_str())?;
    let id = comment::parse_id("comment_id", &given.comment_id)?;
    let by_id = || Filter::eq("id", id.as_str());
    let of_issue = Filter::of("issue", issue_filter(&issue));
    let mut request = ReadRequest::default();
    let anywhere = request.page::<Comments>(Some(by_id()), 1);
    let on_issue = request.page::<Comments>(Some(Filter::all(vec![by_id(), of_issue])), 1);
    let mut responses = request.send(cx).await.map_err(ReadError::into_error)?;
    if responses.get(anywhere)?.comments.nodes.is_empty() {
        return Err(comment::not_found(&id));
    }
    if responses.get(on_issue)?.comments.nodes.is_empty() {
        let message = format!("Comment '{id}' is not on issue '{}'", issue.id());
        return Err(Error::new(Code::InvalidParam, message)
            .detail("param", "issue_id")
            .suggest("Leave out 'issue_id' to change the comment")
            .suggest("Leave out 'comment_id' to add a comment to the issue"));
    }
    params.shift_remove("issue_id");
    Ok(params)
}

/// Returns the schemas of the parameters of a project that only other servers have.
fn words_for_project() -> Map<String, Value> {
    let mut words = Map::new();
    let summary = "One line, at most 255 characters; beside it, `description` is the content.";
    words.insert(
        "summary".to_owned(),
        json!({ "type": "string", "form": "markdown", "description": summary }),
    );
    words.insert(
        "add_teams".to_owned(),
        json!({
            "type": "array",
            "items": { "type": "string" },
            "form": "name",
            "description": "The teams of a new project.",
        }),
    );
    words
}

/// Replaces the words that other servers have for the texts and the teams of a project by those of `create_project` and
/// `update_project`: they call the line below the name `summary` and the content `description`.
///
/// # Errors
/// INVALID_PARAM for a content that is given twice.
async fn in_words_of_project(
    mut params: Map<String, Value>,
    cx: &Context<'_>,
) -> Result<Map<String, Value>, Error> {
    let is_long = |text: &Value| {
        let text = text.as_str().unwrap_or_default().trim();
        text.contains('\n') || text.chars().count() > LONGEST_SUMMARY
    };
    let summary = params.shift_remove("summary");
    let has_long_description = params.get("description").is_some_and(is_long);
    if summary.is_some() || has_long_description {
        if let Some(content) = params.shift_remove("description") {
            if params.contains_key("content") {
                let message = "'description' and 'content' both hold the content of the project";
                return Err(Error::new(Code::InvalidParam, message)
                    .detail("param", "description")
                    .suggest("Give one of 'description' and 'content'"));
            }
            if summary.is_none() {
                cx.warn("'description' has more than one line, and was taken as 'content'");
            }
            params.insert("content".to_owned(), content);
        }
        params.extend(summary.map(|summary| ("description".to_owned(), summary)));
    }
    if params.contains_key("project") {
        return Ok(params);
    }
    // A new project has no team yet in which it could be looked for.
    for word in ["add_teams", "team"] {
        if !params.contains_key("teams")
            && let Some(teams) = params.shift_remove(word)
        {
            params.insert("teams".to_owned(), teams);
        }
    }
    Ok(params)
}

/// The largest number of characters of a project's description (`linear/api.md` §1.2).
const LONGEST_SUMMARY: usize = 255;

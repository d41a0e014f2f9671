//! The tools of the server, and the request that a call of a tool makes. There is a tool for each operation, in the order of the
//! catalog, and there are `linear` and `linear_read`, which run any operation and any operation that reads.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, LazyLock};

use rmcp::model::{JsonObject, MetaObject, Tool, ToolAnnotations};
use serde_json::{Map, Value, json};

use crate::effect::{Allowed, Effect};
use crate::engine::catalog::{self, Toolset};
use crate::engine::{self, Catalog};
use crate::error::{Code, Error};
use crate::operation::Entry;
use crate::operation::{Field, is_added_by_host};
use crate::request::{self, Request};
use crate::session::Guards;
use crate::settings::Listing;
use crate::text::nearest::nearest;
use crate::text::secret::redact;

/// The tool that takes any operation as YAML text.
pub const LINEAR: &str = "linear";
/// The tool that takes any operation that only reads, as YAML text. A host may allow this tool without asking the user.
pub const LINEAR_READ: &str = "linear_read";

/// The toolset of [`LINEAR`] and [`LINEAR_READ`]. All other toolsets are [`Toolset`]s.
const YAML: &str = "yaml";

/// A name that means nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
struct UnknownName {
    /// The name, cut to the length of a tool's name, and hidden where it looks like a key.
    shown: String,
    nearest: Option<&'static str>,
}

impl UnknownName {
    /// `known` are the names that the unknown name may have been meant for.
    fn new(name: &str, known: impl Iterator<Item = &'static str>) -> Self {
        Self {
            shown: redact(&name.chars().take(60).collect::<String>()),
            nearest: nearest(name, known, 1).first().copied(),
        }
    }
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.shown)?;
        match self.nearest {
            Some(nearest) => write!(f, "; the nearest is '{nearest}'"),
            None => Ok(()),
        }
    }
}

/// The name of a tool that does not exist, with the nearest tool.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("There is no tool {0}")]
pub struct UnknownTool(UnknownName);

/// Names in a listing that are neither tools nor toolsets, each with the nearest tool or toolset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct UnknownNames(Vec<UnknownName>);

impl fmt::Display for UnknownNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.0.iter().enumerate() {
            let separator = if index > 0 { "; " } else { "" };
            write!(f, "{separator}There is no tool or toolset {name}")?;
        }
        let toolsets: Vec<&str> = toolset_names().collect();
        write!(f, ". The toolsets are {}", toolsets.join(", "))
    }
}

/// The reason why no tools can be listed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unlistable {
    /// Some of the names are neither tools nor toolsets.
    #[error(transparent)]
    Unknown(#[from] UnknownNames),
    /// All named tools write, and nothing may be written.
    #[error("Every tool named writes, and nothing may be written (--read-only)")]
    Nothing,
    /// The settings that name operations allow none of the named tools.
    #[error("No tool named may run (LINEAR_OPS_OPERATIONS, LINEAR_OPS_DENY)")]
    Denied,
}

/// A tool that is called.
#[derive(Clone, Copy, Debug)]
pub enum CalledTool {
    /// `linear`, which runs the operation that the request names.
    Linear,
    /// `linear_read`, which runs the operation that the request names, if it reads.
    LinearRead,
    /// The tool of this operation.
    Operation(&'static Entry),
}

impl CalledTool {
    /// The name of the tool.
    pub fn name(self) -> &'static str {
        match self {
            Self::Linear => LINEAR,
            Self::LinearRead => LINEAR_READ,
            Self::Operation(entry) => entry.spec.name,
        }
    }
}

/// Finds the tool of a name. Every operation can be called, also by its aliases and where its tool is not listed, because tools are
/// left out of a listing only to save tokens.
///
/// # Errors
/// When there is no such tool.
pub fn find(name: &str) -> Result<CalledTool, UnknownTool> {
    get(name).ok_or_else(|| UnknownTool(UnknownName::new(name, tool_names())))
}

/// Returns the tool of a name, as [`find`] does, or `None` where there is no such tool.
fn get(name: &str) -> Option<CalledTool> {
    match name {
        LINEAR => Some(CalledTool::Linear),
        LINEAR_READ => Some(CalledTool::LinearRead),
        _ => catalog::get(name).map(CalledTool::Operation),
    }
}

/// The tools that are listed.
#[derive(Debug)]
pub struct Tools(Vec<Tool>);

impl Tools {
    /// Makes the tools of a listing. Tools that may not run under the guards are left out. An answer has at most `answer_chars`
    /// characters.
    ///
    /// # Errors
    /// When the listing has names of neither tools nor toolsets, or names no tool that may run.
    pub fn new(
        listing: &Listing,
        guards: &Guards,
        answer_chars: Option<usize>,
    ) -> Result<Self, Unlistable> {
        let named = names_of_tools(listing)?;
        let allowed: Vec<&Entry> = catalog::TABLE
            .iter()
            .filter(|entry| guards.offers(entry.spec.name, entry.spec.effect))
            .collect();
        let typed: Vec<Tool> = allowed
            .iter()
            .filter(|entry| named.contains(&entry.spec.name))
            .map(|entry| operation_tool(entry, guards.allowed))
            .collect();
        let has_typed = !typed.is_empty();
        let linear = named
            .contains(&LINEAR)
            .then(|| linear_tool(&allowed, !has_typed, guards.allowed));
        let names_operations = !has_typed && !named.contains(&LINEAR);
        let linear_read = named
            .contains(&LINEAR_READ)
            .then(|| linear_read_tool(&allowed, names_operations));
        let tools = linear.into_iter().chain(linear_read).chain(typed);
        let max_result_size = answer_chars.unwrap_or(0).max(MAX_RESULT_SIZE);
        let meta = json!({"anthropic/maxResultSizeChars": max_result_size});
        let tools: Vec<Tool> = tools
            .map(|tool| tool.with_meta(MetaObject(object(meta.clone()))))
            .collect();
        if tools.is_empty() {
            return Err(if guards.operations.is_some() {
                Unlistable::Denied
            } else {
                Unlistable::Nothing
            });
        }
        Ok(Self(tools))
    }

    /// The tools in the order in which they are listed.
    pub fn listed(&self) -> &[Tool] {
        &self.0
    }

    /// The listed tool of that name.
    pub fn get(&self, name: &str) -> Option<&Tool> {
        self.0.iter().find(|tool| tool.name == name)
    }
}

/// Returns the names of all tools.
fn tool_names() -> impl Iterator<Item = &'static str> {
    let operations = catalog::TABLE.iter().map(|entry| entry.spec.name);
    [LINEAR, LINEAR_READ].into_iter().chain(operations)
}

/// Returns the names of all toolsets.
fn toolset_names() -> impl Iterator<Item = &'static str> {
    Toolset::names().chain([YAML])
}

/// Returns the names of the tools that a listing chooses. It names tools, also by aliases of their operations, and toolsets.
///
/// # Errors
/// When some of the names are neither tools nor toolsets.
fn names_of_tools(listing: &Listing) -> Result<BTreeSet<&'static str>, UnknownNames> {
    let mut chosen = BTreeSet::new();
    let mut unknown = Vec::new();
    for name in listing.names() {
        if let Some(tools) = tools_of_toolset(name) {
            chosen.extend(tools);
        } else if let Some(tool) = get(name) {
            chosen.insert(tool.name());
        } else {
            unknown.push(UnknownName::new(name, toolset_names().chain(tool_names())));
        }
    }
    if unknown.is_empty() {
        Ok(chosen)
    } else {
        Err(UnknownNames(unknown))
    }
}

/// Returns the names of the tools of the toolset with that name, or `None` where there is no such toolset.
fn tools_of_toolset(name: &str) -> Option<Vec<&'static str>> {
    if name.eq_ignore_ascii_case(YAML) {
        return Some(vec![LINEAR, LINEAR_READ]);
    }
    let toolset = Toolset::find(name)?;
    let operations = catalog::listed().filter(|entry| toolset.has(entry));
    let mut tools: Vec<&str> = operations.map(|entry| entry.spec.name).collect();
    if !matches!(toolset, Toolset::Category(_)) {
        tools.push(LINEAR);
    }
    Some(tools)
}

/// Makes the tool `linear`. Where no tool of an operation is listed, its description names the operations (`names_operations`).
fn linear_tool(operations: &[&Entry], names_operations: bool, allowed: Allowed) -> Tool {
    let mut description =
        "Runs a Linear operation given as YAML text (operation, params, context), or several parted by ---."
            .to_owned();
    if names_operations {
        let listed = operations.iter().filter(|entry| entry.is_listed());
        let names: Vec<&str> = listed.map(|entry| entry.spec.name).collect();
        description.push_str(" Operations: ");
        description.push_str(&names.join(", "));
        description.push_str(". `help` with `operation` explains one.");
    } else {
        description.push_str(
            " It takes the operations that are not listed as tools, too: `help` names all.",
        );
    }
    let schema = json!({
        "type": "object",
        "properties": {
            "request": {
                "type": "string",
                "description": "The request, for example \"operation: get_issue\\nparams:\\n  issue_id: PSN-123\".",
            },
        },
        "required": ["request"],
    });
    // The annotations must hold for every operation that the tool may run.
    let annotations = if allowed == Allowed::Reading {
        annotations(Effect::Read)
    } else {
        annotations(Effect::Change).idempotent(false)
    };
    tool(LINEAR, description, object(schema))
        .with_title("Run a Linear request")
        .with_annotations(annotations)
}

/// Makes the tool `linear_read`. Where neither `linear` nor the tool of an operation is listed, its description names the operations
/// (`names_operations`).
fn linear_read_tool(operations: &[&Entry], names_operations: bool) -> Tool {
    let mut description =
        "As `linear`, for operations that only read; refuses all others. Prefer it for reading."
            .to_owned();
    if names_operations {
        let reads = operations
            .iter()
            .filter(|entry| entry.is_listed() && !entry.spec.effect.writes());
        let names: Vec<&str> = reads.map(|entry| entry.spec.name).collect();
        description.push_str(" Operations: ");
        description.push_str(&names.join(", "));
        description.push('.');
    }
    let schema = json!({
        "type": "object",
        "properties": { "request": { "type": "string" } },
        "required": ["request"],
    });
    tool(LINEAR_READ, description, object(schema))
        .with_title("Run a Linear request that reads")
        .with_annotations(annotations(Effect::Read))
}

/// Makes the tool of an operation.
fn operation_tool(entry: &Entry, allowed: Allowed) -> Tool {
    // Where nothing may be written, an operation that runs others can only read.
    let effect = match entry.spec.effect {
        Effect::Composite if allowed == Allowed::Reading => Effect::Read,
        effect => effect,
    };
    let signature = entry.signature();
    tool(
        entry.spec.name,
        signature.tool_description().to_owned(),
        signature.input_schema(|field| common_meanings().contains(&meaning(field))),
    )
    .with_title(entry.spec.title)
    .with_annotations(annotations(effect))
}

/// The name of a field, and its meaning.
type Meaning<'f> = (&'f str, &'f str);

/// The name and the meaning of a field.
fn meaning(field: &Field) -> Meaning<'_> {
    (&field.name, &field.description)
}

/// The fields that several operations have with the same meaning. The schemas of the tools leave out this meaning, because the
/// server's instructions have it once.
fn common_meanings() -> &'static BTreeSet<Meaning<'static>> {
    static COMMON: LazyLock<BTreeSet<Meaning<'static>>> = LazyLock::new(|| {
        let mut seen = BTreeSet::new();
        let fields = catalog::listed().flat_map(|entry| &entry.signature().fields);
        // A meaning that was seen before occurs at least twice.
        fields
            .map(meaning)
            .filter(|meaning| !seen.insert(*meaning))
            .collect()
    });
    &COMMON
}

/// The size of an answer in characters up to which the metadata of every tool asks Claude Code to hand the answer on. Without it,
/// Claude Code replaces an answer of more than 50,000 characters by the name of a file, which a subagent with this one tool cannot
/// read. What Claude Code returns from a subagent to the main conversation is cut at about 100,000 characters anyway.
const MAX_RESULT_SIZE: usize = 100_000;

fn tool(name: &'static str, description: String, schema: Map<String, Value>) -> Tool {
    Tool::new(name, description, Arc::new(schema))
}

/// The annotations of a tool, by which clients tell their users what it does.
fn annotations(effect: Effect) -> ToolAnnotations {
    ToolAnnotations::new()
        .read_only(!effect.writes())
        .destructive(effect.destructive())
        .idempotent(effect.idempotent())
        .open_world(true)
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// The argument that holds a whole request.
const REQUEST: &str = "request";

/// Reads the request that a call of a tool makes.
///
/// `linear` and `linear_read` take the request as YAML text or as an object under `request`, or its `operation`, `params` and
/// `context` as arguments. The tool of an operation takes the operation's fields, with an optional `context` beside them, or
/// a whole request for this operation in any of those forms. A text of several requests becomes a `batch`. Arguments that
/// hosts add to every call are left out.
///
/// # Errors
/// INVALID_REQUEST when the request cannot be read, when there are arguments beside `request`, and when the tool of an operation
/// gets a request for another operation; UNKNOWN_OPERATION when such a request names an operation that does not exist.
pub fn read_request(called: CalledTool, arguments: JsonObject) -> Result<Request, Error> {
    let mut request = read_arguments(called, arguments)?;
    request.reads_only = matches!(called, CalledTool::LinearRead);
    Ok(request)
}

fn read_arguments(called: CalledTool, mut arguments: JsonObject) -> Result<Request, Error> {
    arguments.retain(|key, _| {
        let is_field = match called {
            CalledTool::Linear | CalledTool::LinearRead => false,
            CalledTool::Operation(entry) => entry.signature().field(key).is_some(),
        };
        is_field || !is_added_by_host(key)
    });
    let whole = arguments
        .shift_remove(REQUEST)
        .filter(|value| !value.is_null());
    match (called, whole) {
        (_, Some(_)) if !arguments.is_empty() => {
            let names: Vec<&str> = arguments.keys().map(String::as_str).take(10).collect();
            let message = format!("There are arguments beside 'request': {}", names.join(", "));
            Err(Error::new(Code::InvalidRequest, message)
                .suggest("Put them into the request's params, or leave 'request' out"))
        }
        (CalledTool::Linear | CalledTool::LinearRead, Some(value)) => read_value(value),
        (CalledTool::Linear | CalledTool::LinearRead, None) => {
            request::from_value(Value::Object(arguments), &Catalog)
        }
        (CalledTool::Operation(entry), Some(value)) => check_operation(entry, read_value(value)?),
        (CalledTool::Operation(entry), None) => read_fields(entry, arguments),
    }
}

fn read_value(value: Value) -> Result<Request, Error> {
    match value {
        Value::String(text) => request::read_all(&text, &Catalog),
        other => request::from_value(other, &Catalog),
    }
}

/// Reads the arguments of an operation's tool as the fields of the operation. Some callers send `operation` or `params`, as a whole
/// request has them, to any tool; where the operation has no such field, the arguments are read as a request.
fn read_fields(entry: &Entry, mut arguments: JsonObject) -> Result<Request, Error> {
    let is_field = |name: &str| entry.signature().field(name).is_some();
    let name = Value::from(entry.spec.name);
    if !is_field("operation") && arguments.contains_key("operation") {
        return check_operation(
            entry,
            request::from_value(Value::Object(arguments), &Catalog)?,
        );
    }
    if !is_field("params") && arguments.contains_key("params") {
        arguments.insert("operation".to_owned(), name);
        return request::from_value(Value::Object(arguments), &Catalog);
    }
    let context = if is_field("context") {
        None
    } else {
        arguments.shift_remove("context")
    };
    let mut parts = JsonObject::new();
    parts.insert("operation".to_owned(), name);
    parts.insert("params".to_owned(), Value::Object(arguments));
    parts.extend(context.map(|context| ("context".to_owned(), context)));
    request::from_value(Value::Object(parts), &Catalog)
}

/// Returns the request if it is for this operation. The tool of one operation does not run another, because the user may have
/// allowed this tool alone.
///
/// # Errors
/// INVALID_REQUEST when the request is for another operation, UNKNOWN_OPERATION when there is no such operation.
fn check_operation(entry: &Entry, request: Request) -> Result<Request, Error> {
    let requested = engine::find(&request.operation)?;
    if requested.spec.name == entry.spec.name {
        return Ok(request);
    }
    let (tool, operation) = (entry.spec.name, requested.spec.name);
    let message = format!("The tool '{tool}' was given a request for '{operation}'");
    Err(Error::new(Code::InvalidRequest, message)
        .detail("tool", tool)
        .detail("operation", operation)
        .suggest(format!(
            "Call the tool '{operation}', or 'linear', which takes every operation"
        )))
}

#[cfg(test)]
mod tests;

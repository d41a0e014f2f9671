//! Which tools there are: one per operation, in the table's order, and `linear` for them all.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, LazyLock};

use rmcp::model::{MetaObject, Tool, ToolAnnotations};
use serde_json::{Map, Value, json};

use crate::dispatch;
use crate::effect::{Allowed, Effect};
use crate::operation::Entry;
use crate::operation::Field;
use crate::operations;
use crate::session::Guards;
use crate::settings::Listing;
use crate::text::nearest::nearest;
use crate::text::secret::hidden;

/// The tool that takes any operation as YAML text.
pub const LINEAR: &str = "linear";
/// The same for operations that read, whatever is listed: a host may let it run without asking anybody.
pub const LINEAR_READ: &str = "linear_read";

/// Names that are no tools, each with the nearest that is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct UnknownTools(Vec<(String, Option<&'static str>)>);

impl fmt::Display for UnknownTools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (name, near)) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str("; ")?;
            }
            write!(f, "There is no tool '{name}'")?;
            if let Some(near) = near {
                write!(f, "; the nearest is '{near}'")?;
            }
        }
        Ok(())
    }
}

/// Why no tools can be listed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unlistable {
    /// Some that were named do not exist.
    #[error(transparent)]
    Unknown(#[from] UnknownTools),
    /// None is left of those that were named.
    #[error("Every tool named writes, and nothing may be written (--read-only)")]
    Nothing,
    /// None is left of those that were named, by the settings that name operations.
    #[error("No tool named may run (LINEAR_OPS_OPERATIONS, LINEAR_OPS_DENY)")]
    Denied,
}

/// What a call asks for.
#[derive(Clone, Copy, Debug)]
pub enum Asked {
    /// Whatever operation the request names.
    Any,
    /// Whatever operation the request names, if it reads.
    Reading,
    /// This operation.
    One(&'static Entry),
}

impl Asked {
    /// The name of the tool.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => LINEAR,
            Self::Reading => LINEAR_READ,
            Self::One(entry) => entry.spec.name,
        }
    }
}

/// The tool of that name. Every operation can be called, listed or not, by its aliases too: what is listed is a
/// matter of tokens.
///
/// # Errors
/// When there is none.
pub fn find(name: &str) -> Result<Asked, UnknownTools> {
    if name == LINEAR {
        return Ok(Asked::Any);
    }
    if name == LINEAR_READ {
        return Ok(Asked::Reading);
    }
    dispatch::find(name).map(Asked::One).map_err(|_| {
        let near = nearest(name, names(), 1).first().copied();
        UnknownTools(vec![(short(name), near)])
    })
}

/// The tools that are listed.
#[derive(Debug)]
pub struct Tools(Vec<Tool>);

impl Tools {
    /// The tools of a listing, whose answers have at most so many characters. Those that may not run are left out.
    ///
    /// # Errors
    /// When it names tools that do not exist, or none that may be listed.
    pub fn new(
        listing: &Listing,
        guards: &Guards,
        answer_chars: Option<usize>,
    ) -> Result<Self, Unlistable> {
        let may = guards.allowed;
        let named = match listing {
            Listing::All => std::iter::once(LINEAR).chain(operations()).collect(),
            Listing::Yaml => vec![LINEAR, LINEAR_READ],
            Listing::Names(named) => chosen(named)?,
        };
        let allowed: Vec<&Entry> = operations::TABLE
            .iter()
            .filter(|entry| guards.offers(entry.spec.name, entry.spec.effect))
            .collect();
        let typed: Vec<Tool> = allowed
            .iter()
            .filter(|entry| named.contains(&entry.spec.name))
            .map(|entry| typed(entry, may))
            .collect();
        let alone = typed.is_empty();
        let first = named
            .contains(&LINEAR)
            .then(|| linear(&allowed, alone, may));
        let lists = alone && !named.contains(&LINEAR);
        let second = named
            .contains(&LINEAR_READ)
            .then(|| linear_read(&allowed, lists));
        let tools = first.into_iter().chain(second).chain(typed);
        let tools: Vec<Tool> = tools.map(|tool| handed_on(tool, answer_chars)).collect();
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

/// The names of all tools.
fn names() -> Vec<&'static str> {
    [LINEAR, LINEAR_READ]
        .into_iter()
        .chain(operations())
        .collect()
}

/// The names of the operations' own tools.
fn operations() -> impl Iterator<Item = &'static str> {
    operations::TABLE.iter().map(|entry| entry.spec.name)
}

/// The tools' own names of those that were named.
fn chosen(named: &[String]) -> Result<Vec<&'static str>, UnknownTools> {
    let mut known = Vec::new();
    let mut unknown = Vec::new();
    for name in named {
        match find(name) {
            Ok(Asked::Any) => known.push(LINEAR),
            Ok(Asked::Reading) => known.push(LINEAR_READ),
            Ok(Asked::One(entry)) => known.push(entry.spec.name),
            Err(UnknownTools(names)) => unknown.extend(names),
        }
    }
    if unknown.is_empty() {
        Ok(known)
    } else {
        Err(UnknownTools(unknown))
    }
}

/// A caller's text for an error: no longer than any name of ours, and no key.
fn short(name: &str) -> String {
    hidden(&name.chars().take(60).collect::<String>())
}

/// `linear`. Where no typed tool stands beside it, its description names the operations that are allowed.
fn linear(allowed: &[&Entry], alone: bool, may: Allowed) -> Tool {
    let mut description =
        "Runs a Linear operation given as YAML text (operation, params, context), or several parted by ---."
            .to_owned();
    if alone {
        let operations: Vec<&str> = allowed.iter().map(|entry| entry.spec.name).collect();
        description.push_str(" Operations: ");
        description.push_str(&operations.join(", "));
        description.push_str(". `help` with `operation` explains one.");
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
    // Whatever it is told to run, the promise must hold.
    let annotations = if may == Allowed::Reading {
        annotations(Effect::Read)
    } else {
        annotations(Effect::Change).idempotent(false)
    };
    tool(LINEAR, description, object(schema))
        .with_title("Run a Linear request")
        .with_annotations(annotations)
}

/// `linear_read`, which promises what `linear` cannot. Where that does not stand beside it, its description names the
/// operations.
fn linear_read(allowed: &[&Entry], lists: bool) -> Tool {
    let mut description =
        "As `linear`, for operations that only read; refuses all others. Prefer it for reading."
            .to_owned();
    if lists {
        let reads = allowed.iter().filter(|entry| !entry.spec.effect.writes());
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

/// The tool of an operation.
fn typed(entry: &Entry, may: Allowed) -> Tool {
    // Where nothing may be written, nothing that is given to it writes.
    let effect = match entry.spec.effect {
        Effect::Composite if may == Allowed::Reading => Effect::Read,
        effect => effect,
    };
    let signature = entry.signature();
    tool(
        entry.spec.name,
        signature.tool_description().to_owned(),
        signature.input_schema(|field| told().contains(&meaning(field))),
    )
    .with_title(entry.spec.title)
    .with_annotations(annotations(effect))
}

/// A field's name and what it means.
type Meaning<'f> = (&'f str, &'f str);

fn meaning(field: &Field) -> Meaning<'_> {
    (&field.name, &field.description)
}

/// What several operations' fields of one name mean alike: the server's instructions tell it once, in its place.
fn told() -> &'static BTreeSet<Meaning<'static>> {
    static TOLD: LazyLock<BTreeSet<Meaning<'static>>> = LazyLock::new(|| {
        let mut seen = BTreeSet::new();
        let fields = operations::TABLE
            .iter()
            .flat_map(|entry| &entry.signature().fields);
        // What was seen before is told.
        fields
            .map(meaning)
            .filter(|meaning| !seen.insert(*meaning))
            .collect()
    });
    &TOLD
}

/// The length of answer that Claude Code is asked to hand on, in characters: what it hands back from a subagent to the
/// main conversation is cut at about that length anyway.
const HANDED_ON: usize = 100_000;

/// The tool with the request to Claude Code to hand on its answers, which have at most so many characters. By itself it
/// replaces an answer of more than 50,000 by the name of a file, which a subagent with this one tool cannot read.
fn handed_on(tool: Tool, answer_chars: Option<usize>) -> Tool {
    let most = answer_chars.unwrap_or(0).max(HANDED_ON);
    let meta = json!({"anthropic/maxResultSizeChars": most});
    tool.with_meta(MetaObject(object(meta)))
}

fn tool(name: &'static str, description: String, schema: Map<String, Value>) -> Tool {
    Tool::new(name, description, Arc::new(schema))
}

/// What clients may promise their users about a tool.
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

#[cfg(test)]
mod tests;

//! Requests: what a caller asks for, read from YAML or JSON text or from a JSON object (`contract.md`, "Requests").
//!
//! ```yaml
//! operation: get_issue      # which operation
//! params: {issue_id: PSN-1} # its parameters
//! context: {cache: false}   # optional: who asks and why; `cache: false` asks Linear afresh
//! ```
//!
//! Requests written by hand or by a model break in known ways; [`repair`] mends those and says so in `warnings`, and
//! what parses but may not mean what YAML says is told apart by what the parameter can hold ([`Grammar`]). Every scalar
//! of the parameters reaches them unchanged, or a warning says what was done with it, or the request is refused: with
//! its line, column and a hint, and where it can be read in two ways, with both.

mod failure;
mod fence;
mod grammar;
mod interpret;
pub mod repair;
mod stream;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde_json::{Map, Value};

use crate::error::Error;
use crate::params::{Form, asks_afresh, is_added_by_host, is_context, plain_name, written};
use crate::text::cut::start;
use crate::yaml::{Content, Node, Style};
pub use grammar::{Grammar, Parameter};
use interpret::interpret;
use repair::{Fit, Loaded};

/// How much of a caller's text a warning repeats, in characters.
const SHOWN: usize = 60;
/// How many warnings of one kind are told one by one: more than a request written by hand has.
const MOST: usize = 100;

/// One request, its parameters not yet checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    /// The operation's name as it was written.
    pub operation: String,
    /// The parameters as they were written; empty when there were none.
    pub params: Map<String, Value>,
    /// Who asks and why.
    pub context: Context,
    /// What was repaired or ignored while reading, in sentences for the envelope's `warnings`.
    pub warnings: Vec<String>,
    /// Whether it came through a door that lets no writes through. Nothing in the request's text says so.
    pub reads_only: bool,
}

/// What a request says about itself. Nothing in it is ever required, and unknown keys in it mean nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Context {
    /// The command that asks, such as `/ccpm:work`.
    pub command: Option<String>,
    /// Why it asks.
    pub purpose: Option<String>,
    /// An id for tracing, `trace_id` or `traceId`.
    pub trace_id: Option<String>,
    /// Whether to ask Linear even for what the session knows: `cache: false` or `refresh_cache: true`.
    pub refresh_cache: bool,
}

/// Reads a text that holds exactly one request, as YAML or JSON; a bare word is an operation without parameters.
///
/// # Errors
/// INVALID_REQUEST: with `line`, `column` and `text` under `details` when the text is not readable, else saying what
/// is missing. A text with several requests is an error too.
pub fn read(text: &str, grammar: &dyn Grammar) -> Result<Request, Error> {
    let (value, loaded) = load(text, grammar)?;
    let mut request = from_value(value, grammar)?;
    request.warnings.splice(0..0, loaded.warnings);
    Ok(request)
}

/// The request in a text as an object, with how it was read.
fn load(text: &str, grammar: &dyn Grammar) -> Result<(Value, Loaded), Error> {
    let mut loaded = repair::load(text, fit, grammar)?;
    let value = interpret(&mut loaded, None, grammar)?;
    Ok((value, loaded))
}

/// Reads a stream of requests: YAML documents parted by lines of `---`. One that cannot be read does not keep the
/// others from being read. An empty stream has no requests.
pub fn read_stream(text: &str, grammar: &dyn Grammar) -> Vec<Result<Request, Error>> {
    let (inner, mut warnings) = stream::unfenced(text, grammar);
    let texts = repair::split(&inner);
    if texts.len() < 2 {
        return texts.into_iter().map(|_| read(text, grammar)).collect();
    }
    let read = |text| {
        let mut request = read(text, grammar)?;
        request.warnings.splice(0..0, warnings.drain(..));
        Ok(request)
    };
    texts.into_iter().map(read).collect()
}

/// Reads a text that holds one request, or a stream of several, which is a `batch` of them: each may have an `as` beside
/// its `operation`. What is said of who asks is the first one's.
///
/// A text that is a stream as it stands is one. Where something has to be mended first, it is one request if it can be
/// that: what looks like a second request may belong to a text that lost its indentation, and is never run then.
///
/// # Errors
/// As [`read()`]; of several, the first that cannot be read, with its `index` under `details`, so that nothing is done
/// by half.
pub fn read_all(text: &str, grammar: &dyn Grammar) -> Result<Request, Error> {
    let (inner, warnings) = stream::unfenced(text, grammar);
    let texts = repair::split(&inner);
    if texts.len() < 2 {
        return read(text, grammar);
    }
    let batch = || {
        let mut batch = stream::batch(&texts, grammar)?;
        batch.warnings.splice(0..0, warnings);
        Ok(batch)
    };
    if stream::stands(&inner) {
        return batch();
    }
    read(text, grammar).or_else(|_| batch())
}

/// Reads a stream to be run request by request, as [`read_stream`]. Where one of the documents has an `as`, which is
/// for others to refer to it, they are one `batch`, as [`read_all`].
pub fn read_run(text: &str, grammar: &dyn Grammar) -> Vec<Result<Request, Error>> {
    if stream::has_names(text, grammar) {
        vec![read_all(text, grammar)]
    } else {
        read_stream(text, grammar)
    }
}

/// Makes a request of a JSON object with `operation`, `params` and `context`.
///
/// `params` may also be a text that holds YAML or JSON. Without `params`, the other keys are the parameters; a key
/// beside `params` is one more of them. What belongs into a context and is no parameter of the operation is taken as
/// context wherever it stands, in any spelling of its key. All of this with a warning. A `context` that is no object is
/// ignored. The items of a batch are read in the same way.
///
/// # Errors
/// INVALID_REQUEST when there is no `operation`, `params` is no mapping, or a key stands in `params` and beside it with
/// two values.
pub fn from_value(value: Value, grammar: &dyn Grammar) -> Result<Request, Error> {
    let mut map = match value {
        Value::Object(map) => map,
        Value::String(word) if is_name(&word) => {
            Map::from_iter([("operation".to_owned(), Value::String(word))])
        }
        Value::String(_) => return Err(failure::not_a_request("it names no operation")),
        _ => return Err(failure::not_a_request("it is not a mapping")),
    };
    let mut warnings = Vec::new();
    let operation = operation(&mut map)?;
    let said = said(map.shift_remove("context"), &mut warnings);
    let beside = context_beside(&operation, &mut map, grammar);
    let context = context(said, beside, &operation, &mut warnings);
    let mut params = params(map, &operation, grammar, &mut warnings)?;
    read_items(&operation, &mut params, grammar, &mut warnings)?;
    Ok(Request {
        operation,
        params,
        context,
        warnings: bounded(warnings, "warnings about keys"),
        reads_only: false,
    })
}

/// Reads the parts of a batch's items as those of a request are read: `params` that arrive as text, and a `context`.
fn read_items(
    operation: &str,
    params: &mut Map<String, Value>,
    grammar: &dyn Grammar,
    warnings: &mut Vec<String>,
) -> Result<(), Error> {
    let keys: Vec<&str> = params.keys().map(String::as_str).collect();
    let known = grammar.parameters(operation, &keys);
    for (value, parameter) in params.values_mut().zip(known) {
        if !parameter.is_some_and(|parameter| parameter.form == Form::Operations) {
            continue;
        }
        if let Value::String(text) = value
            && let Ok(Some(items)) = written::list(text, Form::Operations)
        {
            *value = items.into();
        }
        let items = value.as_array_mut().into_iter().flatten();
        for (index, item) in items.enumerate() {
            let Value::Object(item) = item else { continue };
            let mut found = Vec::new();
            read_item(item, grammar, &mut found).map_err(|error| error.detail("index", index))?;
            let found = found.into_iter();
            warnings.extend(found.map(|warning| format!("item {index}: {warning}")));
        }
    }
    Ok(())
}

fn read_item(
    item: &mut Map<String, Value>,
    grammar: &dyn Grammar,
    warnings: &mut Vec<String>,
) -> Result<(), Error> {
    let mut parts = item.iter();
    let operation = parts.find(|(key, _)| plain_name(key) == "operation");
    let operation = operation.and_then(|(_, value)| value.as_str());
    let operation = operation.unwrap_or_default().trim().to_owned();
    for (key, value) in item.iter_mut() {
        match (plain_name(key).as_str(), &mut *value) {
            ("params", Value::String(text)) => {
                *value = params_of_text(text, &operation, grammar, warnings)?;
            }
            ("context", context) => *value = said(Some(context.take()), warnings).into(),
            _ => {}
        }
    }
    Ok(())
}

/// Takes out of the keys beside `params` those that belong into the context and are no parameters of the operation, and
/// drops what hosts add to every call.
fn context_beside(
    operation: &str,
    map: &mut Map<String, Value>,
    grammar: &dyn Grammar,
) -> Map<String, Value> {
    let keys: Vec<&str> = map.keys().map(String::as_str).collect();
    let known = grammar.parameters(operation, &keys);
    let mut parameters = known.into_iter().map(|parameter| parameter.is_some());
    let mut taken = Map::new();
    let mut kept = Map::new();
    for (key, value) in std::mem::take(map) {
        let is_parameter = parameters.next().unwrap_or_default();
        if !is_parameter && is_context(&plain_name(&key)) {
            taken.insert(key, value);
        } else if is_parameter || !is_added_by_host(&key) {
            kept.insert(key, value);
        }
    }
    *map = kept;
    taken
}

fn operation(map: &mut Map<String, Value>) -> Result<String, Error> {
    let Some(value) = map.shift_remove("operation") else {
        let keys: Vec<String> = map.keys().take(20).map(|key| shown(key)).collect();
        return Err(failure::not_a_request("it names no operation").detail("keys", keys));
    };
    let name = value.as_str().map(str::trim).unwrap_or_default();
    if name.is_empty() {
        return Err(failure::not_a_request("its 'operation' is not a name"));
    }
    Ok(name.to_owned())
}

/// The parameters among what is left of a request once `operation` and what belongs to the context are taken out. What
/// stands beside `params` lost its indentation: to leave it out would be to do something else than was asked for.
fn params(
    mut map: Map<String, Value>,
    operation: &str,
    grammar: &dyn Grammar,
    warnings: &mut Vec<String>,
) -> Result<Map<String, Value>, Error> {
    let params = match map.shift_remove("params") {
        None | Some(Value::Null) => return Ok(stray_params(map, warnings)),
        Some(Value::String(text)) if text.trim().is_empty() => {
            return Ok(stray_params(map, warnings));
        }
        Some(Value::String(text)) => params_of_text(&text, operation, grammar, warnings)?,
        Some(value) => value,
    };
    let Value::Object(mut params) = params else {
        return Err(failure::not_a_request("its 'params' is not a mapping"));
    };
    for (key, value) in map {
        let shown = shown(&key);
        match params.get(&key) {
            Some(within) if *within == value => {}
            Some(_) => return Err(failure::two_values(&shown)),
            None => {
                params.insert(key, value);
                warnings.push(format!(
                    "took '{shown}', which stands beside 'params', as a parameter"
                ));
            }
        }
    }
    Ok(params)
}

/// The parameters of an operation that arrive as text, in YAML or JSON; none where the text is blank.
fn params_of_text(
    text: &str,
    operation: &str,
    grammar: &dyn Grammar,
    warnings: &mut Vec<String>,
) -> Result<Value, Error> {
    if text.trim().is_empty() {
        return Ok(Map::new().into());
    }
    let mut loaded = repair::load(text, fit_params, grammar)?;
    let value = interpret(&mut loaded, Some(operation), grammar)?;
    warnings.extend(loaded.warnings);
    Ok(value)
}

/// A request without `params`: its other keys are what it would hold.
fn stray_params(map: Map<String, Value>, warnings: &mut Vec<String>) -> Map<String, Value> {
    if !map.is_empty() {
        warnings.push("'params' is missing: took the other keys as parameters".to_owned());
    }
    map
}

/// What a request says of itself, as it is written.
fn said(value: Option<Value>, warnings: &mut Vec<String>) -> Map<String, Value> {
    match value {
        Some(Value::Object(map)) => map,
        None | Some(Value::Null) => Map::new(),
        // What JavaScript prints for a value that is not there.
        Some(Value::String(text)) if matches!(text.trim(), "" | "undefined") => Map::new(),
        Some(_) => {
            warnings.push("'context' is not a mapping and was ignored".to_owned());
            Map::new()
        }
    }
}

/// The context of a request: what it says under `context`, and what stands beside `params` and belongs there, in any
/// spelling. Where both say something about one thing, the former counts; but asking Linear afresh is never wrong.
fn context(
    said: Map<String, Value>,
    beside: Map<String, Value>,
    operation: &str,
    warnings: &mut Vec<String>,
) -> Context {
    let refresh_cache = asks_afresh(&said) || asks_afresh(&beside);
    let mut all: HashMap<String, Value> = HashMap::new();
    for (key, value) in said {
        all.entry(plain_name(&key)).or_insert(value);
    }
    for (key, value) in beside {
        let shown = shown(&key);
        match all.entry(plain_name(&key)) {
            Entry::Vacant(entry) => {
                entry.insert(value);
                warnings.push(format!(
                    "took '{shown}' as context: it is no parameter of {}",
                    failure::shorten(operation)
                ));
            }
            Entry::Occupied(entry) if *entry.get() == value => {}
            Entry::Occupied(entry) => warnings.push(match entry.key().as_str() {
                "cache" => format!("'{shown}' is given twice: Linear is asked afresh"),
                _ => format!("left out '{shown}', for which 'context' has another value"),
            }),
        }
    }
    let text = |key: &str| all.get(key).and_then(Value::as_str).map(str::to_owned);
    Context {
        command: text("command"),
        purpose: text("purpose"),
        trace_id: text("traceid"),
        refresh_cache,
    }
}

/// The first of many, and how many more there are.
fn bounded(mut all: Vec<String>, what: &str) -> Vec<String> {
    let more = all.len().saturating_sub(MOST);
    all.truncate(MOST);
    all.extend((more > 0).then(|| format!("{more} more {what}")));
    all
}

/// A key as warnings and errors repeat it.
fn shown(key: &str) -> String {
    start(key, SHOWN)
}

/// Whether a document is a request as it stands. One whose `params` has neighbours that look like no parameter is
/// doubtful: a text that lost its indentation can look like that (`Status: done`), and then [`repair`] finds a better
/// reading. Neighbours that do look like parameters are parameters.
fn fit(node: &Node) -> Fit {
    match &node.content {
        Content::Scalar(word, Style::Plain | Style::Single | Style::Double) if is_name(word) => {
            Fit::Yes
        }
        Content::Map(entries, _) if node.entry("operation").is_some() => {
            let params = node.entry("params");
            let named = params.is_some_and(|params| !params.value.is_null());
            if named && !entries.iter().all(|entry| is_param_name(&entry.key)) {
                Fit::Doubtful
            } else {
                Fit::Yes
            }
        }
        _ => Fit::No,
    }
}

/// Whether a document can be the parameters of a request.
fn fit_params(node: &Node) -> Fit {
    match node.content {
        Content::Map(..) => Fit::Yes,
        _ => Fit::No,
    }
}

/// Whether a key is spelt as parameters are, in snake_case or camelCase.
fn is_param_name(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_lowercase())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

#[cfg(test)]
mod tests;

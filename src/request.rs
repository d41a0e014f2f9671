//! Requests: what a caller asks for, read from YAML or JSON text or from a JSON object (`contract.md`, "Requests").
//!
//! ```yaml
//! operation: get_issue      # which operation
//! params: {issue_id: PSN-1} # its parameters
//! context: {cache: false}   # optional: who asks and why; `cache: false` asks Linear afresh
//! ```
//!
//! Requests written by hand or by a model break in known ways. [`repair`] repairs those and says so in `warnings`. Text
//! that parses, but may be meant differently from what YAML says, is judged by what the parameter can hold
//! ([`Grammar`]). Every scalar of the parameters either is kept unchanged, or a warning says what was changed, or the
//! request is refused: with the line, the column and a hint or, where the text can be read in two ways, with both
//! readings.

mod failure;
mod fence;
mod interpret;
pub mod repair;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::params::{
    Form, NullMeaning, asks_for_refresh, from_text, is_added_by_host, is_context_key, plain_name,
};
use crate::text::abbreviate;
use crate::yaml::{self, Content, Node, Style};
use interpret::interpret;
use repair::lines;
use repair::{DocumentFit, LoadedDocument};

/// The most characters of a caller's text that a warning repeats.
const MAX_SHOWN_CHARS: usize = 60;
/// The most warnings of one kind that are given one by one; a request written by hand never has more.
const MAX_WARNINGS: usize = 100;

/// One request, whose parameters are not checked yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    /// The operation's name as the caller wrote it.
    pub operation: String,
    /// The parameters as the caller wrote them; empty where there were none.
    pub params: Map<String, Value>,
    /// Who asks, and why.
    pub context: RequestContext,
    /// What was repaired or ignored while reading, in sentences for the envelope's `warnings`.
    pub warnings: Vec<String>,
    /// Whether the request came through an entry that allows no writes, such as the tool `linear_read`. The text of a
    /// request cannot set this.
    pub reads_only: bool,
}

/// What a request says about itself. No part of it is ever required, and unknown keys are ignored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestContext {
    /// The command that sends the request, such as `/ccpm:work`.
    pub command: Option<String>,
    /// The purpose of the request.
    pub purpose: Option<String>,
    /// An id for tracing, `trace_id` or `traceId`.
    pub trace_id: Option<String>,
    /// Whether to ask Linear even for names that the session has cached: `cache: false` or `refresh_cache: true`.
    pub refresh_cache: bool,
}

/// What the reader of requests has to know about the operations: the form of a parameter's value decides what a `#` or
/// a line break in it can mean. The table of operations implements this trait, so that the reader needs no operation.
pub trait Grammar: Sync {
    /// Returns the parameters that these keys mean together for an operation, in the order of the keys: `None` for a
    /// key that is not one of its parameters, and for every key of an unknown operation.
    fn parameters(&self, operation: &str, keys: &[&str]) -> Vec<Option<Parameter>>;

    /// Returns the keys that mean Markdown for an operation or, where the operation is unknown, for any operation. The
    /// keys are returned without case and separators.
    fn markdown_keys(&self, operation: &str) -> HashSet<String>;
}

/// A parameter as the reader of requests sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// What the value can hold; for a list, what each item can hold.
    pub form: Form,
    /// Whether the value is a list.
    pub list: bool,
    /// What `null` means as the value; [`NullMeaning::Refused`] also for a required parameter.
    pub null: NullMeaning,
}

/// The keys of a text that mean Markdown for the operations that the text names.
pub(super) struct MarkdownKeys {
    keys: HashSet<String>,
}

impl MarkdownKeys {
    /// Finds the operations in the lines of a text, whether the text parses or not, and collects their Markdown keys.
    pub fn find(text: &str, grammar: &dyn Grammar) -> Self {
        let mut operations: HashSet<String> = HashSet::new();
        for line in text.lines() {
            let Some(entry) = lines::parse_entry(line).filter(|entry| entry.key == "operation")
            else {
                continue;
            };
            let name = entry.value.trim_start_matches(['"', '\'']).chars();
            let name = name.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
            operations.insert(name.take(MAX_NAME_CHARS).collect());
            if operations.len() >= MAX_OPERATIONS {
                break;
            }
        }
        if operations.is_empty() {
            operations.insert(String::new());
        }
        let keys = operations.iter();
        Self {
            keys: keys.flat_map(|name| grammar.markdown_keys(name)).collect(),
        }
    }

    /// Whether a key means Markdown for any of the operations.
    pub fn contains(&self, key: &str) -> bool {
        self.keys.contains(&plain_name(key))
    }
}

/// The longest name of an operation that is looked up, in characters.
const MAX_NAME_CHARS: usize = 60;

/// The most different operations of one text that are looked up: more than there are.
const MAX_OPERATIONS: usize = 100;

/// Reads a text that holds exactly one request, as YAML or JSON. A single word is an operation without parameters.
///
/// # Errors
/// INVALID_REQUEST: with `line`, `column` and `text` under `details` when the text cannot be parsed, otherwise saying
/// what is missing. A text with several requests is an error, too.
pub fn read(text: &str, grammar: &dyn Grammar) -> Result<Request, Error> {
    let (value, loaded) = load(text, grammar)?;
    let mut request = from_value(value, grammar)?;
    request.warnings.splice(0..0, loaded.warnings);
    Ok(request)
}

/// Reads the request in a text as an object, together with how the text was read.
fn load(text: &str, grammar: &dyn Grammar) -> Result<(Value, LoadedDocument), Error> {
    let mut loaded = repair::load(text, request_fit, grammar)?;
    let value = interpret(&mut loaded, None, grammar)?;
    Ok((value, loaded))
}

/// Reads a stream of requests: YAML documents with lines of `---` between them. A request that cannot be read does not
/// prevent the others from being read. An empty stream has no requests.
pub fn read_stream(text: &str, grammar: &dyn Grammar) -> Vec<Result<Request, Error>> {
    let (inner, mut warnings) = without_fence(text, grammar);
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

/// Reads a text that holds one request or a stream of several. A stream becomes one `batch`, in which each request may
/// have an `as` beside its `operation`; the context is that of the first request.
///
/// A text that parses as a stream without repairs is a stream. A text that needs a repair is read as one request if
/// that is possible, because an apparent second request may belong to a text that lost its indentation, and must not
/// be run then.
///
/// # Errors
/// As [`read()`]. For a stream, the error of the first request that cannot be read, with its `index` under `details`:
/// no request is run then.
pub fn read_all(text: &str, grammar: &dyn Grammar) -> Result<Request, Error> {
    let (inner, warnings) = without_fence(text, grammar);
    let texts = repair::split(&inner);
    if texts.len() < 2 {
        return read(text, grammar);
    }
    let as_batch = || {
        let mut batch = batch(&texts, grammar)?;
        batch.warnings.splice(0..0, warnings);
        Ok(batch)
    };
    let is_stream = yaml::parse(&inner).is_ok_and(|documents| {
        let mut fits = documents.iter().map(request_fit);
        documents.len() > 1 && fits.all(|fit| fit == DocumentFit::Yes)
    });
    if is_stream {
        return as_batch();
    }
    read(text, grammar).or_else(|_| as_batch())
}

/// Reads a stream to be run request by request, as [`read_stream`] does. Where one of the documents has an `as`, so
/// that others can refer to it, all of them become one `batch`, as with [`read_all`].
pub fn read_run(text: &str, grammar: &dyn Grammar) -> Vec<Result<Request, Error>> {
    let (inner, _) = without_fence(text, grammar);
    let texts = repair::split(&inner);
    let has_name = |text: &&str| {
        let read = repair::load(text, request_fit, grammar);
        read.is_ok_and(|loaded| loaded.node.entry("as").is_some())
    };
    if texts.len() > 1 && texts.iter().any(has_name) {
        vec![read_all(text, grammar)]
    } else {
        read_stream(text, grammar)
    }
}

/// The most requests in one text. No batch may have more, whatever the settings say.
const MAX_REQUESTS: usize = 1000;

/// Removes a code fence around the whole text, and normalizes line breaks as YAML does. Returns the text and the
/// warnings.
fn without_fence(text: &str, grammar: &dyn Grammar) -> (String, Vec<String>) {
    let text = lines::normalized(text);
    let markdown_keys = MarkdownKeys::find(&text, grammar);
    match fence::extract(&text, &markdown_keys) {
        Ok(Some(fenced)) => (fenced.text, fenced.warnings),
        // Each request of the stream may have its own fence.
        Ok(None) | Err(_) => (text.into_owned(), Vec::new()),
    }
}

/// Makes a batch of these requests, in their order.
///
/// # Errors
/// INVALID_REQUEST for too many or too large requests, for a request that cannot be read (with its `index`), and for a
/// request whose end is uncertain.
fn batch(texts: &[&str], grammar: &dyn Grammar) -> Result<Request, Error> {
    if texts.iter().map(|text| text.len()).sum::<usize>() > yaml::MAX_BYTES {
        let error = failure::not_a_request("its documents are larger than 1 MiB together");
        return Err(error.suggest("Send fewer requests at once"));
    }
    if texts.len() > MAX_REQUESTS {
        let why = format!(
            "it holds {} requests; the most is {MAX_REQUESTS}",
            texts.len()
        );
        return Err(failure::not_a_request(&why).suggest("Send fewer requests at once"));
    }
    let mut batch = Request {
        operation: "batch".to_owned(),
        ..Request::default()
    };
    let mut items = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        let read = batch_item(text, grammar).map_err(|error| error.detail("index", index));
        let (item, request, guessed_end) = read?;
        if index + 1 < texts.len() && guessed_end {
            // The text may continue after the `---` below it, so that the next request may not be one.
            let why = "a text in it has lost its indentation, so what stands behind '---' may belong to it";
            return Err(failure::not_a_request(why)
                .detail("index", index)
                .suggest("Indent every line of a block ('key: |') deeper than its key"));
        }
        let warnings = request.warnings.iter();
        let warnings = warnings.map(|warning| format!("item {index}: {warning}"));
        batch.warnings.extend(warnings);
        if index == 0 {
            batch.context = request.context.clone();
            // The flag belongs to the first request alone, whose item has it already.
            batch.context.refresh_cache = false;
        }
        items.push(item);
    }
    batch.warnings = bounded(batch.warnings, "warnings about the requests");
    batch.params.insert("operations".to_owned(), items.into());
    Ok(batch)
}

/// Reads one request as an item of the batch. Also returns the request itself, and whether the end of a text in it was
/// guessed.
fn batch_item(text: &str, grammar: &dyn Grammar) -> Result<(Value, Request, bool), Error> {
    let (mut value, loaded) = load(text, grammar)?;
    let name = value
        .as_object_mut()
        .and_then(|fields| fields.shift_remove("as"));
    let mut request = from_value(value, grammar)?;
    request.warnings.splice(0..0, loaded.warnings);
    let mut item = Map::new();
    item.extend(name.map(|name| ("as".to_owned(), name)));
    item.insert("operation".to_owned(), request.operation.as_str().into());
    item.insert(
        "params".to_owned(),
        std::mem::take(&mut request.params).into(),
    );
    if request.context.refresh_cache {
        item.insert("context".to_owned(), json!({"cache": false}));
    }
    Ok((item.into(), request, loaded.guessed_end))
}

/// Makes a request of a JSON object with `operation`, `params` and `context`.
///
/// `params` may also be a text that holds YAML or JSON. Without `params`, the other keys are the parameters; beside
/// `params`, a further key is one more parameter. A key that belongs into a context, and is not a parameter of the
/// operation, is taken as context wherever it stands, in any spelling. Each of these produces a warning. A `context`
/// that is not an object is ignored. The items of a batch are read in the same way.
///
/// # Errors
/// INVALID_REQUEST when there is no `operation`, when `params` is not a mapping, or when a key stands in `params` and
/// beside it with different values.
pub fn from_value(value: Value, grammar: &dyn Grammar) -> Result<Request, Error> {
    let mut map = match value {
        Value::Object(map) => map,
        Value::String(word) if is_operation_name(&word) => {
            Map::from_iter([("operation".to_owned(), Value::String(word))])
        }
        Value::String(_) => return Err(failure::not_a_request("it names no operation")),
        _ => return Err(failure::not_a_request("it is not a mapping")),
    };
    let mut warnings = Vec::new();
    let Some(operation) = map.shift_remove("operation") else {
        let keys: Vec<String> = map.keys().take(20).map(|key| shown(key)).collect();
        return Err(failure::not_a_request("it names no operation").detail("keys", keys));
    };
    let operation = operation.as_str().unwrap_or_default().trim().to_owned();
    if operation.is_empty() {
        return Err(failure::not_a_request("its 'operation' is not a name"));
    }
    let given_context = context_map(map.shift_remove("context"), &mut warnings);
    let context_keys = take_context_keys(&operation, &mut map, grammar);
    let context = merge_context(given_context, context_keys, &operation, &mut warnings);
    let mut params = collect_params(map, &operation, grammar, &mut warnings)?;
    read_items(&operation, &mut params, grammar, &mut warnings)?;
    Ok(Request {
        operation,
        params,
        context,
        warnings: bounded(warnings, "warnings about keys"),
        reads_only: false,
    })
}

/// Reads the items of a batch in the same way as requests: `params` that arrive as text, and a `context`.
///
/// # Errors
/// The error of the item that cannot be read, with its `index`.
fn read_items(
    operation: &str,
    params: &mut Map<String, Value>,
    grammar: &dyn Grammar,
    warnings: &mut Vec<String>,
) -> Result<(), Error> {
    let keys: Vec<&str> = params.keys().map(String::as_str).collect();
    let parameters = grammar.parameters(operation, &keys);
    for (value, parameter) in params.values_mut().zip(parameters) {
        if !parameter.is_some_and(|parameter| parameter.form == Form::Operations) {
            continue;
        }
        if let Value::String(text) = value
            && let Ok(Some(items)) = from_text::list(text, Form::Operations)
        {
            *value = items.into();
        }
        let items = value.as_array_mut().into_iter().flatten();
        for (index, item) in items.enumerate() {
            let Value::Object(item) = item else { continue };
            let item_operation = item
                .iter()
                .find(|(key, _)| plain_name(key) == "operation")
                .and_then(|(_, value)| value.as_str())
                .unwrap_or_default()
                .trim()
                .to_owned();
            let mut item_warnings = Vec::new();
            for (key, value) in item.iter_mut() {
                match (plain_name(key).as_str(), &mut *value) {
                    ("params", Value::String(text)) => {
                        *value = parse_params(text, &item_operation, grammar, &mut item_warnings)
                            .map_err(|error| error.detail("index", index))?;
                    }
                    ("context", context) => {
                        *value = context_map(Some(context.take()), &mut item_warnings).into();
                    }
                    _ => {}
                }
            }
            let item_warnings = item_warnings.into_iter();
            warnings.extend(item_warnings.map(|warning| format!("item {index}: {warning}")));
        }
    }
    Ok(())
}

/// Moves keys that belong into the context, and are not parameters of the operation, from the keys beside `params` to
/// the returned map. Drops the keys that hosts add to every call.
fn take_context_keys(
    operation: &str,
    map: &mut Map<String, Value>,
    grammar: &dyn Grammar,
) -> Map<String, Value> {
    let keys: Vec<&str> = map.keys().map(String::as_str).collect();
    let parameters = grammar.parameters(operation, &keys);
    let mut parameters = parameters.into_iter().map(|parameter| parameter.is_some());
    let mut context_keys = Map::new();
    let mut kept = Map::new();
    for (key, value) in std::mem::take(map) {
        let is_parameter = parameters.next().unwrap_or_default();
        if !is_parameter && is_context_key(&plain_name(&key)) {
            context_keys.insert(key, value);
        } else if is_parameter || !is_added_by_host(&key) {
            kept.insert(key, value);
        }
    }
    *map = kept;
    context_keys
}

/// Collects the parameters from the rest of a request, without `operation` and the context. A key beside `params` has
/// lost its indentation; ignoring it would change what the request asks for.
///
/// # Errors
/// INVALID_REQUEST where `params` is not a mapping, or a key has two values.
fn collect_params(
    mut map: Map<String, Value>,
    operation: &str,
    grammar: &dyn Grammar,
    warnings: &mut Vec<String>,
) -> Result<Map<String, Value>, Error> {
    let params = match map.shift_remove("params") {
        None | Some(Value::Null) => return Ok(params_without_key(map, warnings)),
        Some(Value::String(text)) if text.trim().is_empty() => {
            return Ok(params_without_key(map, warnings));
        }
        Some(Value::String(text)) => parse_params(&text, operation, grammar, warnings)?,
        Some(value) => value,
    };
    let Value::Object(mut params) = params else {
        return Err(failure::not_a_request("its 'params' is not a mapping"));
    };
    for (key, value) in map {
        let shown = shown(&key);
        match params.get(&key) {
            Some(param) if *param == value => {}
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

/// Parses the parameters of an operation that arrive as YAML or JSON text; an empty object where the text is blank.
fn parse_params(
    text: &str,
    operation: &str,
    grammar: &dyn Grammar,
    warnings: &mut Vec<String>,
) -> Result<Value, Error> {
    if text.trim().is_empty() {
        return Ok(Map::new().into());
    }
    let params_fit = |node: &Node| match node.content {
        Content::Map(..) => DocumentFit::Yes,
        _ => DocumentFit::No,
    };
    let mut loaded = repair::load(text, params_fit, grammar)?;
    let value = interpret(&mut loaded, Some(operation), grammar)?;
    warnings.extend(loaded.warnings);
    Ok(value)
}

/// The parameters of a request without `params`: its other keys.
fn params_without_key(map: Map<String, Value>, warnings: &mut Vec<String>) -> Map<String, Value> {
    if !map.is_empty() {
        warnings.push("'params' is missing: took the other keys as parameters".to_owned());
    }
    map
}

/// The map under `context`; empty, with a warning, where the value is not a map.
fn context_map(value: Option<Value>, warnings: &mut Vec<String>) -> Map<String, Value> {
    match value {
        Some(Value::Object(map)) => map,
        None | Some(Value::Null) => Map::new(),
        // JavaScript prints an absent value like this.
        Some(Value::String(text)) if matches!(text.trim(), "" | "undefined") => Map::new(),
        Some(_) => {
            warnings.push("'context' is not a mapping and was ignored".to_owned());
            Map::new()
        }
    }
}

/// Makes the context of a request from the map under `context` and from the context keys beside `params`. A value
/// under `context` wins over one beside it, except that asking to bypass the cache always wins.
fn merge_context(
    given_context: Map<String, Value>,
    context_keys: Map<String, Value>,
    operation: &str,
    warnings: &mut Vec<String>,
) -> RequestContext {
    let refresh_cache = asks_for_refresh(&given_context) || asks_for_refresh(&context_keys);
    let mut values: HashMap<String, Value> = HashMap::new();
    for (key, value) in given_context {
        values.entry(plain_name(&key)).or_insert(value);
    }
    for (key, value) in context_keys {
        let shown = shown(&key);
        match values.entry(plain_name(&key)) {
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
    let text = |key: &str| values.get(key).and_then(Value::as_str).map(str::to_owned);
    RequestContext {
        command: text("command"),
        purpose: text("purpose"),
        trace_id: text("traceid"),
        refresh_cache,
    }
}

/// The first [`MAX_WARNINGS`] of the warnings, and a line that says how many more there are.
fn bounded(mut warnings: Vec<String>, what: &str) -> Vec<String> {
    let omitted = warnings.len().saturating_sub(MAX_WARNINGS);
    warnings.truncate(MAX_WARNINGS);
    warnings.extend((omitted > 0).then(|| format!("{omitted} more {what}")));
    warnings
}

/// A key as warnings and errors repeat it.
fn shown(key: &str) -> String {
    abbreviate(key, MAX_SHOWN_CHARS)
}

/// Whether a document is a request. The answer is doubtful where a key beside `params` does not look like a parameter:
/// a text that lost its indentation can look like that (`Status: done`), and then [`repair`] finds a better reading. A
/// key that does look like a parameter is a parameter.
fn request_fit(node: &Node) -> DocumentFit {
    match &node.content {
        Content::Scalar(word, Style::Plain | Style::Single | Style::Double)
            if is_operation_name(word) =>
        {
            DocumentFit::Yes
        }
        Content::Map(entries, _) if node.entry("operation").is_some() => {
            let params = node.entry("params");
            let named = params.is_some_and(|params| !params.value.is_null());
            if named && !entries.iter().all(|entry| is_param_name(&entry.key)) {
                DocumentFit::Doubtful
            } else {
                DocumentFit::Yes
            }
        }
        _ => DocumentFit::No,
    }
}

/// Whether a key is spelt like a parameter, in snake_case or camelCase.
fn is_param_name(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_lowercase())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether a word can be the name of an operation.
fn is_operation_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

#[cfg(test)]
mod tests;

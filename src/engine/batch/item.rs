//! One operation of a batch: parsing it, and finding the entities and earlier items that its parameters name.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::item_error;
use super::references::{self, Scope};
use crate::effect::Effect;
use crate::engine::catalog::find;
use crate::error::Error;
use crate::operation::Entry;
use crate::params::{Ref, asks_for_refresh, plain_name};
use crate::resolve::address;
use crate::resolve::issue::{IssueRef, mentions};

/// The category of the operations whose result is an issue.
const ISSUES: &str = "issue";

/// The longest name that an item may have, in characters.
const LONGEST_NAME: usize = 40;

/// The parameters that name the entity an operation writes to, besides the subject of an operation that changes one.
const TARGET_PARAMS: [&str; 4] = ["issue_id", "related_issue_id", "comment_id", "document_id"];

/// The fields of a result that name the entity which the whole result is.
const IDENTITY_FIELDS: [&str; 3] = ["id", "identifier", "url"];

/// One operation of a batch.
#[derive(Debug)]
pub(super) struct Item {
    /// The place in the batch, from 0.
    pub index: usize,
    /// The name by which other items refer to it (`as`).
    pub name: Option<String>,
    /// The operation.
    pub entry: &'static Entry,
    /// The parameters as the caller wrote them, references included.
    pub params: Map<String, Value>,
    /// The parameters under their canonical names, references included; or why they cannot be used.
    pub canonical: Result<Map<String, Value>, Error>,
    /// Whether the item's own context asks for `refresh_cache`.
    pub refresh_cache: bool,
    /// The places of the earlier items that the parameters refer to.
    pub needs: Vec<usize>,
    /// The entities that the parameters name as the operation's object, whether it reads or writes them.
    pub targets: Vec<Target>,
    /// Warnings about the references in the parameters, and about text that looks like one.
    pub warnings: Vec<String>,
}

impl Item {
    /// Whether the operation may send mutations.
    pub fn writes(&self) -> bool {
        self.entry.spec.effect.writes()
    }

    /// Returns the entities that the operation writes to; none for an operation that only reads.
    pub fn written_targets(&self) -> &[Target] {
        if self.writes() { &self.targets } else { &[] }
    }

    /// Returns the existing issue that is the operation's whole result, for an operation on one issue.
    pub fn result_issue(&self) -> Option<&Target> {
        let returns_its_issue =
            self.entry.category == ISSUES && self.entry.spec.subject == Some("issue_id");
        self.targets.first().filter(|_| returns_its_issue)
    }

    /// Whether the order of two items matters if they write to the same target: both change the target, or their operations are
    /// of the same category. An operation that only adds conflicts with none.
    pub fn conflicts_with(&self, other: &Self) -> bool {
        let effects = [self.entry.spec.effect, other.entry.spec.effect];
        let same_category = self.entry.category == other.entry.category;
        let both_change = effects.iter().all(|effect| effect.changes_subject());
        !effects.contains(&Effect::Add) && (same_category || both_change)
    }

    /// Whether the operation puts an issue at a place among others in the manual order. The place is read before it is written, so
    /// that two such operations side by side would put two issues at one place.
    pub fn takes_place(&self) -> bool {
        let params = self.canonical.as_ref().ok();
        let place = params.and_then(|params| params.get("sort_order"));
        place.is_some_and(|place| !place.is_number() && !place.is_null())
    }

    /// Returns the name of the item in messages: `item 3 (update_issue)`.
    pub fn label(&self) -> String {
        format!("item {} ({})", self.index, self.entry.spec.name)
    }
}

/// The places of the items that have a name, by name.
pub(super) type Names = HashMap<String, usize>;

/// Reads the items from `values`, the batch's `operations`.
///
/// # Errors
/// UNKNOWN_OPERATION or INVALID_PARAM with the item's place: a value that is not an item, a batch within the batch, a name
/// that two items have, a reference to an item that is not an earlier one, or a reference whose path no result can have.
pub(super) fn read(values: Vec<Value>) -> Result<Vec<Item>, Error> {
    let parsed: Vec<Item> = values
        .into_iter()
        .enumerate()
        .map(|(index, value)| parse(index, value))
        .collect::<Result<_, Error>>()?;
    let mut names = Names::new();
    for item in &parsed {
        let Some(name) = &item.name else { continue };
        if let Some(first) = names.insert(name.clone(), item.index) {
            let why = format!("is called '{name}', as item {first} is");
            let error = item_error(item.index, &why);
            return Err(error.suggest("Give each item a name of its own in 'as'"));
        }
    }
    let count = parsed.len();
    let mut items: Vec<Item> = Vec::with_capacity(count);
    for mut item in parsed {
        let scope = Scope {
            names: &names,
            items: count,
            index: item.index,
        };
        (item.needs, item.warnings) = scope.survey(&item.params)?;
        item.targets = targets(&item, &items, scope);
        items.push(item);
    }
    Ok(items)
}

/// Parses the item at a place of the batch, without its references.
fn parse(index: usize, value: Value) -> Result<Item, Error> {
    let Value::Object(fields) = value else {
        return Err(item_error(index, "is not an object").suggest(SHAPE));
    };
    let mut parts = Parts::default();
    for (key, value) in fields {
        parts.set(index, &key, value)?;
    }
    // A name must be able to stand in a reference, and must not look like an index.
    let is_usable_name = |name: &str| {
        let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        starts_well && name.len() <= LONGEST_NAME && name.chars().all(references::is_word)
    };
    let name = match parts.name {
        None => None,
        Some(Value::String(name)) if is_usable_name(&name) => Some(name),
        Some(_) => {
            let error = item_error(index, "has no usable name in 'as'");
            return Err(error.suggest(format!(
                "Use letters, digits, _ and -, a letter first, {LONGEST_NAME} at most"
            )));
        }
    };
    let Some(operation) = parts.operation.filter(|text| !text.trim().is_empty()) else {
        return Err(item_error(index, "names no operation").suggest(SHAPE));
    };
    let entry = find(&operation).map_err(|error| error.detail("index", index))?;
    if entry.spec.effect == Effect::Composite {
        return Err(item_error(index, "is a batch itself").suggest("Put its items into this batch"));
    }
    // The lengths of lists are checked when the item runs, because a reference may stand for a list.
    let canonical = entry
        .signature()
        .canonical(&entry.spec, parts.params.clone(), usize::MAX);
    Ok(Item {
        index,
        name,
        entry,
        canonical: canonical.map(|(params, _)| params),
        params: parts.params,
        refresh_cache: parts.refresh_cache,
        needs: Vec::new(),
        targets: Vec::new(),
        warnings: Vec::new(),
    })
}

/// The suggestion for a value that is not an item.
const SHAPE: &str = "An item looks like this: {as: new, operation: create_issue, params: {team: ENG, title: Fix login}}";

/// The keys of an item with their values.
#[derive(Default)]
struct Parts {
    name: Option<Value>,
    operation: Option<String>,
    params: Map<String, Value>,
    refresh_cache: bool,
}

impl Parts {
    /// Stores the value of a key, whose case and separators do not matter.
    fn set(&mut self, index: usize, key: &str, value: Value) -> Result<(), Error> {
        let plain_key = plain_name(key);
        match (plain_key.as_str(), value) {
            (_, Value::Null) => {}
            ("as", name) => self.name = Some(name),
            ("operation", Value::String(name)) => self.operation = Some(name),
            ("params", Value::Object(params)) => self.params = params,
            ("context", Value::Object(context)) => self.refresh_cache = asks_for_refresh(&context),
            // An item uses nothing from a context of any other form.
            ("context", _) => {}
            ("operation", _) => {
                return Err(item_error(index, "has an 'operation' that is no name").suggest(SHAPE));
            }
            ("params", _) => {
                return Err(item_error(index, "has 'params' that are not an object").suggest(SHAPE));
            }
            _ => {
                let shown: String = key.chars().take(LONGEST_NAME).collect();
                let why = format!("has '{shown}' beside 'operation' and 'params'");
                return Err(
                    item_error(index, &why).suggest(format!("Put '{shown}' into its params"))
                );
            }
        }
        Ok(())
    }
}

/// An entity that an item names as its operation's object. Two items with equal targets mean the same entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// The issue with this identifier or UUID. Whether an identifier and a UUID mean the same issue only Linear knows.
    Issue(String),
    /// The result of the item at this place.
    Result(usize),
    /// The entity that this text names in this parameter.
    Other(&'static str, String),
}

/// Returns the entities that an item names as its operation's object; none where its parameters cannot be used. `earlier`
/// are the items in front of this one.
fn targets(item: &Item, earlier: &[Item], scope: Scope<'_>) -> Vec<Target> {
    let spec = &item.entry.spec;
    let Ok(params) = &item.canonical else {
        return Vec::new();
    };
    let subject = spec
        .subject
        .filter(|name| spec.effect.changes_subject() && !TARGET_PARAMS.contains(name));
    TARGET_PARAMS
        .into_iter()
        .chain(subject)
        .filter_map(|name| target(name, params.get(name)?, earlier, scope))
        .collect()
}

/// Returns the entity that the value of a parameter names; `None` for a value that names nothing.
fn target(
    param: &'static str,
    value: &Value,
    earlier: &[Item],
    scope: Scope<'_>,
) -> Option<Target> {
    let reference: Ref = serde_json::from_value(value.clone()).ok()?;
    let text = reference.as_str();
    let Some(reference) = scope.alone(text) else {
        let is_issue = param.ends_with("issue_id");
        let issue = is_issue.then(|| {
            let parsed = IssueRef::parse(param, text).ok();
            // A text with one identifier in it means that issue, if anything.
            parsed.or_else(|| match mentions(text)?.as_slice() {
                [only] => Some(only.clone()),
                _ => None,
            })
        });
        let issue = issue.flatten();
        return Some(match issue {
            Some(issue) => Target::Issue(issue.id()),
            None => Target::Other(param, address::name(text).to_lowercase()),
        });
    };
    let path: Vec<&str> = reference.path.iter().map(String::as_str).collect();
    let means_whole_result = match path.strip_prefix(&["data"]).unwrap_or(&path) {
        [] => true,
        [field] => IDENTITY_FIELDS.contains(field),
        _ => false,
    };
    if !means_whole_result {
        return Some(Target::Other(param, text.to_owned()));
    }
    let issue = earlier.get(reference.place).and_then(Item::result_issue);
    Some(issue.cloned().unwrap_or(Target::Result(reference.place)))
}

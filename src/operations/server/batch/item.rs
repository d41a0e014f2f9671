//! One operation of a batch: reading it, and what can be told to be wrong with it before anything is sent.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::refs::{self, Scope};
use super::target::{Earlier, Target};
use super::unfit;
use crate::effect::Effect;
use crate::error::Error;
use crate::operation::Entry;
use crate::operations::find;
use crate::params::{asks_for_refresh, plain_name};

/// The category of the operations that answer an issue.
const ISSUES: &str = "issue";

/// The longest name that an item may have, in characters.
const LONGEST_NAME: usize = 40;

/// One operation of a batch.
#[derive(Debug)]
pub(super) struct Item {
    /// Its place, from 0.
    pub index: usize,
    /// The name by which others refer to it.
    pub name: Option<String>,
    /// The operation.
    pub entry: &'static Entry,
    /// Its parameters as they were written, references and all.
    pub params: Map<String, Value>,
    /// Its parameters under their canonical names, references and all; else why they cannot be used.
    pub canonical: Result<Map<String, Value>, Error>,
    /// Whether its own context asks Linear afresh.
    pub refresh_cache: bool,
    /// The places of the earlier items that it refers to.
    pub needs: Vec<usize>,
    /// The things that it is about, as far as its parameters tell.
    pub about: Vec<Target>,
    /// What its author has to be told of the references in it, or of what looks like one.
    pub warnings: Vec<String>,
}

impl Item {
    /// Whether it may send mutations.
    pub fn writes(&self) -> bool {
        self.entry.spec.effect.writes()
    }

    /// The things that it writes to.
    pub fn targets(&self) -> &[Target] {
        if self.writes() { &self.about } else { &[] }
    }

    /// The issue that its whole answer is, where it is asked for one that is there already.
    pub fn answers(&self) -> Option<&Target> {
        let spec = &self.entry.spec;
        let is_issue = self.entry.category == ISSUES && spec.subject == Some("issue_id");
        self.about.first().filter(|_| is_issue)
    }

    /// Whether the order of the two matters where they write to the same thing: both change it, or are about the same
    /// of what hangs on it. What is new meets nobody.
    pub fn meets(&self, other: &Self) -> bool {
        let effects = [self.entry.spec.effect, other.entry.spec.effect];
        let changes = |effect: &Effect| matches!(effect, Effect::Change | Effect::Delete);
        let alike = self.entry.category == other.entry.category;
        !effects.contains(&Effect::Add) && (alike || effects.iter().all(changes))
    }

    /// How it is spoken of: `item 3 (update_issue)`.
    pub fn called(&self) -> String {
        format!("item {} ({})", self.index, self.entry.spec.name)
    }
}

/// The places of the items that have a name.
pub(super) type Names = HashMap<String, usize>;

/// Reads the items.
///
/// # Errors
/// UNKNOWN_OPERATION or INVALID_PARAM with the item's place: something that is no item, a batch within the batch, a
/// name that two items have, a reference to an item that is not an earlier one, or one whose path no answer can have.
pub(super) fn read(written: Vec<Value>) -> Result<Vec<Item>, Error> {
    let parsed: Vec<Item> = written
        .into_iter()
        .enumerate()
        .map(|(index, value)| parse(index, value))
        .collect::<Result<_, Error>>()?;
    let names = names(&parsed)?;
    let count = parsed.len();
    let mut items: Vec<Item> = Vec::with_capacity(count);
    for mut item in parsed {
        let scope = Scope {
            names: &names,
            items: count,
            index: item.index,
        };
        (item.needs, item.warnings) = scope.survey(&item.params)?;
        let earlier = Earlier {
            items: &items,
            scope,
        };
        item.about = Target::all(&item, earlier);
        items.push(item);
    }
    Ok(items)
}

/// The places of the items that have a name.
///
/// # Errors
/// INVALID_PARAM for a name that two items have.
fn names(items: &[Item]) -> Result<Names, Error> {
    let mut names = Names::new();
    for item in items {
        let Some(name) = &item.name else { continue };
        if let Some(first) = names.insert(name.clone(), item.index) {
            let why = format!("is called '{name}', as item {first} is");
            let error = unfit(item.index, &why);
            return Err(error.suggest("Give each item a name of its own in 'as'"));
        }
    }
    Ok(names)
}

fn parse(index: usize, value: Value) -> Result<Item, Error> {
    let Value::Object(fields) = value else {
        return Err(unfit(index, "is not an object").suggest(SHAPE));
    };
    let mut parts = Parts::default();
    for (key, value) in fields {
        parts.take(index, &key, value)?;
    }
    let name = parts
        .name
        .map(|name| checked_name(index, name))
        .transpose()?;
    let Some(operation) = parts.operation.filter(|text| !text.trim().is_empty()) else {
        return Err(unfit(index, "names no operation").suggest(SHAPE));
    };
    let entry = find(&operation).map_err(|error| error.detail("index", index))?;
    if entry.spec.effect == Effect::Composite {
        return Err(unfit(index, "is a batch itself").suggest("Put its items into this batch"));
    }
    // Its lists are counted when it runs: a reference may stand for one.
    let read = entry
        .signature()
        .canonical(&entry.spec, parts.params.clone(), usize::MAX);
    Ok(Item {
        index,
        name,
        entry,
        canonical: read.map(|(params, _)| params),
        params: parts.params,
        refresh_cache: parts.refresh_cache,
        needs: Vec::new(),
        about: Vec::new(),
        warnings: Vec::new(),
    })
}

const SHAPE: &str = "An item looks like this: {as: new, operation: create_issue, params: {team: ENG, title: Fix login}}";

#[derive(Default)]
struct Parts {
    name: Option<Value>,
    operation: Option<String>,
    params: Map<String, Value>,
    refresh_cache: bool,
}

impl Parts {
    fn take(&mut self, index: usize, key: &str, value: Value) -> Result<(), Error> {
        let plain = plain_name(key);
        match (plain.as_str(), value) {
            (_, Value::Null) => {}
            ("as", name) => self.name = Some(name),
            ("operation", Value::String(name)) => self.operation = Some(name),
            ("params", Value::Object(params)) => self.params = params,
            ("context", Value::Object(context)) => self.refresh_cache = asks_for_refresh(&context),
            // What else a context may be says nothing.
            ("context", _) => {}
            ("operation", _) => {
                return Err(unfit(index, "has an 'operation' that is no name").suggest(SHAPE));
            }
            ("params", _) => {
                return Err(unfit(index, "has 'params' that are not an object").suggest(SHAPE));
            }
            _ => {
                let shown: String = key.chars().take(LONGEST_NAME).collect();
                let why = format!("has '{shown}' beside 'operation' and 'params'");
                return Err(unfit(index, &why).suggest(format!("Put '{shown}' into its params")));
            }
        }
        Ok(())
    }
}

/// A name that can stand in a reference and is no index.
fn checked_name(index: usize, name: Value) -> Result<String, Error> {
    let fits = |name: &str| {
        let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        starts && name.len() <= LONGEST_NAME && name.chars().all(refs::is_word)
    };
    match name {
        Value::String(name) if fits(&name) => Ok(name),
        _ => Err(unfit(index, "has no usable name in 'as'").suggest(format!(
            "Use letters, digits, _ and -, a letter first, {LONGEST_NAME} at most"
        ))),
    }
}

//! The table of all operations, the look-up of an operation by its name, and the toolsets that group the operations. The MCP server
//! lists the table, requests name its rows, `help` and the reference describe them, and the tests run through them.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{LazyLock, OnceLock};

use super::batch::Batch;
use super::cache_status::CacheStatus;
use super::help::Help;
use crate::error::{Code, Error};
use crate::operation::{Entry, Listed};
use crate::operations;
use crate::params::{Form, NullMeaning, plain_name};
use crate::request::{Grammar, Parameter};
use crate::text::nearest;

/// The category of the operations on this server itself, which send nothing to Linear themselves.
const SERVER: &str = "server";

/// Every operation, ordered by category: those on Linear, then those on this server. Names are unique, aliases included.
pub static TABLE: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let mut table = operations::table();
    table.extend([
        Entry::new::<Batch>(SERVER, include_str!("../../examples/batch.yaml")).core(),
        Entry::new::<Help>(SERVER, include_str!("../../examples/help.yaml")),
        Entry::new::<CacheStatus>(SERVER, include_str!("../../examples/cache_status.yaml")),
    ]);
    table
});

/// The operations by their names and aliases in plain form. One request looks its operation up several times.
static BY_NAME: LazyLock<HashMap<String, &'static Entry>> = LazyLock::new(|| {
    let names = TABLE.iter().flat_map(|entry| {
        let names = std::iter::once(&entry.spec.name).chain(entry.spec.aliases);
        names.map(move |name| (plain_name(name), entry))
    });
    names.collect()
});

/// Returns the operation with that name or alias. Case, separators and a `linear_` in front, which the tools of other servers
/// have, do not matter.
pub fn get(name: &str) -> Option<&'static Entry> {
    let wanted = plain_name(name);
    let wanted = wanted.strip_prefix("linear").unwrap_or(&wanted);
    BY_NAME.get(wanted).copied()
}

/// Operations that cannot exist, because Linear has no such thing: the words that their names contain, what Linear does not have or
/// do, and what to do instead.
const UNSUPPORTED: &[(&[&str], &str, &[&str])] = &[
    (
        &["customfield"],
        "Linear has no custom fields",
        &[
            "Keep the value as a label: call update_issue with 'add_labels'",
            "Keep the values in a fenced block of the description: call update_issue with 'patch'",
        ],
    ),
    (
        &["phase"],
        "Linear has no phases; an issue has a state",
        &[
            "Call update_issue with 'state'",
            "Call list_statuses with the team to see its states",
        ],
    ),
    (
        &[
            "createcycle",
            "addcycle",
            "savecycle",
            "updatecycle",
            "deletecycle",
        ],
        "Linear makes the cycles of a team itself",
        &["Call update_issue with 'cycle': current or next, or a cycle's number or name"],
    ),
    (
        &[
            "createstate",
            "createstatus",
            "createissuestatus",
            "createworkflowstate",
            "addstatus",
            "savestatus",
        ],
        "The states of a team are set up in Linear, and this server makes none",
        &["Call list_statuses with the team, and use one of its states"],
    ),
    (
        &[
            "createteam",
            "addteam",
            "saveteam",
            "updateteam",
            "deleteteam",
        ],
        "Teams are set up in Linear, and this server changes none",
        &["Call list_teams to see what teams there are"],
    ),
];

/// Returns the error for an operation that cannot exist; `None` for any other name.
fn unsupported(name: &str) -> Option<Error> {
    let plain = plain_name(name);
    let contains = |words: &&[&str]| words.iter().any(|word| plain.contains(word));
    let (_, reason, instead) = UNSUPPORTED.iter().find(|(words, ..)| contains(words))?;
    let error = Error::new(
        Code::UnsupportedOperation,
        format!("There is no operation '{name}': {reason}"),
    );
    let error = error.detail("input", name);
    Some(instead.iter().fold(error, |error, way| error.suggest(*way)))
}

/// Returns the operation with that name or alias.
///
/// # Errors
/// UNSUPPORTED_OPERATION for what Linear does not have; else UNKNOWN_OPERATION with the nearest names, or with all of them where
/// none is near.
pub fn find(name: &str) -> Result<&'static Entry, Error> {
    if let Some(entry) = get(name) {
        return Ok(entry);
    }
    let wanted = name.trim();
    if let Some(error) = unsupported(wanted) {
        return Err(error);
    }
    let names: Vec<&str> = TABLE.iter().map(|entry| entry.spec.name).collect();
    let mut error = Error::new(
        Code::UnknownOperation,
        format!("There is no operation '{wanted}'"),
    )
    .detail("input", wanted);
    for near in nearest::nearest(wanted, &names, 3) {
        error = error.suggest(format!("Use '{near}'"));
    }
    if error.suggestions().is_empty() {
        return Err(error
            .suggest("Use one of the available_operations above")
            .detail("available_operations", names));
    }
    Err(error.suggest("Call help to see all of them"))
}

/// Returns the operations that have a tool in at least one toolset.
pub fn listed() -> impl Iterator<Item = &'static Entry> {
    TABLE.iter().filter(|entry| entry.is_listed())
}

/// Returns the operations whose tools are listed only where they are named.
pub fn unlisted() -> impl Iterator<Item = &'static Entry> {
    TABLE.iter().filter(|entry| !entry.is_listed())
}

/// A category of operations.
#[derive(Debug)]
pub struct Category {
    /// The entity that the operations are about: `issue`.
    pub name: &'static str,
    /// The name of the toolset of these operations: `issues`.
    pub toolset: String,
    /// The operations, in the table's order.
    pub operations: &'static [Entry],
}

/// Every category, in the table's order.
pub static CATEGORIES: LazyLock<Vec<Category>> = LazyLock::new(|| {
    let categories = TABLE.chunk_by(|a, b| a.category == b.category);
    let category = |operations: &'static [Entry]| {
        let name = operations.first()?.category;
        // There is one server.
        let plural = if name == SERVER { "" } else { "s" };
        Some(Category {
            name,
            toolset: format!("{name}{plural}"),
            operations,
        })
    };
    categories.filter_map(category).collect()
});

/// Returns the category with that name, or with that toolset. Case and separators do not matter.
fn category(name: &str) -> Option<&'static Category> {
    let plain = plain_name(name);
    let mut categories = CATEGORIES.iter();
    categories.find(|category| category.name == plain || category.toolset == plain)
}

/// A set of operations with a name of its own, by which their tools are listed and `help` explains them.
#[derive(Clone, Copy, Debug)]
pub enum Toolset {
    /// The operations that are marked with [`Entry::core`].
    Core,
    /// The operations of a category.
    Category(&'static Category),
    /// All operations.
    All,
}

impl Toolset {
    /// The name of [`Self::Core`].
    pub const CORE: &'static str = "core";
    /// The name of [`Self::All`].
    pub const ALL: &'static str = "all";

    /// Returns the toolset with that name; a category's also by the name of the category. Case and separators do not matter.
    pub fn find(name: &str) -> Option<Self> {
        match plain_name(name).as_str() {
            Self::CORE => Some(Self::Core),
            Self::ALL => Some(Self::All),
            plain => category(plain).map(Self::Category),
        }
    }

    /// Returns the names of all toolsets.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let categories = CATEGORIES.iter().map(|category| category.toolset.as_str());
        std::iter::once(Self::CORE)
            .chain(categories)
            .chain([Self::ALL])
    }

    /// Whether the operation is in this toolset.
    pub fn has(self, entry: &Entry) -> bool {
        match self {
            Self::Core => entry.listed == Listed::Core,
            Self::Category(category) => entry.category == category.name,
            Self::All => true,
        }
    }

    /// Returns the toolset's operations by category, without the categories of which there are none.
    pub fn by_category(self) -> impl Iterator<Item = (&'static Category, Vec<&'static Entry>)> {
        CATEGORIES.iter().filter_map(move |category| {
            let operations = category.operations.iter();
            let operations: Vec<&Entry> = operations.filter(|entry| self.has(entry)).collect();
            (!operations.is_empty()).then_some((category, operations))
        })
    }
}

/// Returns the names of the operations that may run: the operations in `allow`, or all where `allow` is empty, without the
/// operations in `deny`. Both lists hold names, aliases and categories, in any spelling. `None` where all operations may run.
///
/// An operation that others carry out may run where it is named itself or where all of these may run, and in no case where one
/// of these is denied: what may not be done under one name may not be done under another.
///
/// # Errors
/// The first text that is neither an operation nor a category, with the setting that holds it.
pub fn selection(
    allow: &[String],
    deny: &[String],
) -> Result<Option<BTreeSet<&'static str>>, Unselectable> {
    if allow.is_empty() && deny.is_empty() {
        return Ok(None);
    }
    let mut selected = operations_of_setting("LINEAR_OPS_OPERATIONS", allow)?;
    if allow.is_empty() {
        selected.extend(TABLE.iter().map(|entry| entry.spec.name));
    }
    let carried_out = TABLE.iter().filter(|entry| {
        let operations = entry.carried_out_by;
        !operations.is_empty() && operations.iter().all(|name| selected.contains(name))
    });
    let carried_out: Vec<&str> = carried_out.map(|entry| entry.spec.name).collect();
    selected.extend(carried_out);
    for denied in denied(deny)? {
        selected.remove(denied);
    }
    Ok(Some(selected))
}

/// Returns the names of the operations that `LINEAR_OPS_DENY` forbids, from the names, aliases and categories in it, with the
/// operations that a forbidden operation carries out.
///
/// # Errors
/// The first text that is neither an operation nor a category.
pub fn denied(deny: &[String]) -> Result<BTreeSet<&'static str>, Unselectable> {
    let mut denied = operations_of_setting("LINEAR_OPS_DENY", deny)?;
    let carried_out = TABLE.iter().filter(|entry| {
        let mut operations = entry.carried_out_by.iter();
        operations.any(|name| denied.contains(name))
    });
    let carried_out: Vec<&str> = carried_out.map(|entry| entry.spec.name).collect();
    denied.extend(carried_out);
    Ok(denied)
}

/// Returns the names of the operations that a setting holds as names, aliases and categories.
fn operations_of_setting(
    setting: &'static str,
    names: &[String],
) -> Result<BTreeSet<&'static str>, Unselectable> {
    let mut selected = BTreeSet::new();
    for name in names {
        if let Some(category) = category(name) {
            selected.extend(category.operations.iter().map(|entry| entry.spec.name));
        } else if let Some(entry) = get(name) {
            selected.insert(entry.spec.name);
        } else {
            return Err(Unselectable::new(setting, name));
        }
    }
    Ok(selected)
}

/// A text in a setting that is neither an operation nor a category.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: there is no operation or category '{name}'{}", near.map(|near| format!("; the nearest is '{near}'")).unwrap_or_default())]
pub struct Unselectable {
    setting: &'static str,
    name: String,
    near: Option<&'static str>,
}

impl Unselectable {
    fn new(setting: &'static str, name: &str) -> Self {
        let categories = CATEGORIES.iter().map(|category| category.name);
        let names = TABLE.iter().map(|entry| entry.spec.name).chain(categories);
        let near = nearest::nearest(name, names, 1).first().copied();
        Self {
            setting,
            name: name.chars().take(LONGEST_SHOWN).collect(),
            near,
        }
    }
}

/// The largest number of characters of an unknown name that the error repeats.
const LONGEST_SHOWN: usize = 60;

/// The forms of the operations' parameters, for the parser of requests.
#[derive(Clone, Copy, Debug)]
pub struct Catalog;

impl Grammar for Catalog {
    fn parameters(&self, operation: &str, keys: &[&str]) -> Vec<Option<Parameter>> {
        let Some(entry) = get(operation) else {
            return vec![None; keys.len()];
        };
        let fields = entry
            .signature()
            .fields_for_keys(&entry.spec, keys)
            .into_iter();
        fields
            .map(|field| {
                let field = field?;
                Some(Parameter {
                    form: field.form,
                    list: field.is_list(),
                    null: if field.required {
                        NullMeaning::Refused
                    } else {
                        field.null
                    },
                })
            })
            .collect()
    }

    fn markdown_keys(&self, operation: &str) -> HashSet<String> {
        let keys = |entry: &Entry| entry.signature().keys_for_form(&entry.spec, Form::Markdown);
        match get(operation) {
            Some(entry) => keys(entry),
            None => MARKDOWN_KEYS
                .get_or_init(|| TABLE.iter().flat_map(keys).collect())
                .clone(),
        }
    }
}

/// The keys whose values are Markdown in at least one operation.
static MARKDOWN_KEYS: OnceLock<HashSet<String>> = OnceLock::new();

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn an_operation_is_found_however_its_name_is_spelt() {
        for name in ["get_issue", "getIssue", " Get-Issue ", "linear_get_issue"] {
            let found = get(name).map(|entry| entry.spec.name);
            assert_eq!(found, Some("get_issue"), "{name}");
        }
        for name in ["", "_", "linear", "get", "get_issues_of"] {
            assert!(get(name).is_none(), "{name}");
        }
    }

    #[test]
    fn no_name_means_two_operations() {
        let mut owners = BTreeMap::new();
        for entry in TABLE.iter() {
            for name in std::iter::once(&entry.spec.name).chain(entry.spec.aliases) {
                let plain = plain_name(name);
                assert!(!plain.starts_with("linear"), "{name}");
                assert_eq!(owners.insert(plain, entry.spec.name), None, "{name}");
            }
        }
        // `--tools` and `help` take both. `yaml` is a toolset of the server, and `codes` a topic of `help`.
        for name in Toolset::names().chain(["yaml", "codes"]) {
            assert_eq!(owners.insert(name.to_owned(), "a toolset"), None, "{name}");
        }
        for category in CATEGORIES.iter() {
            let toolset = owners.insert(category.name.to_owned(), "a toolset");
            assert!(matches!(toolset, None | Some("a toolset")), "{category:?}");
        }
    }

    #[test]
    fn a_toolset_is_found_by_its_name_and_by_its_category() {
        let names = |name: &str| {
            let toolset = Toolset::find(name)?;
            let rows = TABLE.iter().filter(|entry| toolset.has(entry));
            Some(rows.map(|entry| entry.spec.name).collect::<Vec<_>>())
        };
        assert_eq!(
            names("relations"),
            Some(vec!["create_relation", "delete_relation"])
        );
        for name in ["relation", " Relations ", "RELATIONS"] {
            assert_eq!(names(name), names("relations"), "{name}");
        }
        assert_eq!(names("server").unwrap(), ["batch", "help", "cache_status"]);
        assert_eq!(names("all").unwrap().len(), TABLE.len());
        for name in ["servers", "relationss", "yaml", "get_issue", ""] {
            assert!(Toolset::find(name).is_none(), "{name}");
        }
        let sizes = CATEGORIES
            .iter()
            .map(|category| names(&category.toolset).unwrap().len());
        assert_eq!(sizes.sum::<usize>(), TABLE.len());
    }

    #[test]
    fn operations_are_selected_by_any_name_and_by_category() {
        let owned = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        let select = |allow: &[&str], deny: &[&str]| selection(&owned(allow), &owned(deny));
        assert_eq!(select(&[], &[]), Ok(None));
        let some = select(&["getIssue", "trash_issue", "Label"], &["retire-label"]).unwrap();
        let expected = [
            "create_issue_label",
            "delete_issue",
            "ensure_labels_exist",
            "get_issue",
            "get_or_create_label",
            "list_labels",
            "update_label",
        ];
        assert_eq!(some, Some(BTreeSet::from(expected)));
        assert_eq!(select(&["labels"], &[]), select(&["label"], &[]));
        let most = select(&[], &["issue"]).unwrap().unwrap();
        assert!(!most.contains("get_issue") && most.contains("get_team"));
        let wrong = select(&[], &["delete_isue"]).unwrap_err().to_string();
        assert!(
            wrong.contains("LINEAR_OPS_DENY") && wrong.contains("'delete_issue'"),
            "{wrong}"
        );
        assert!(select(&["*"], &[]).is_err());
    }
}

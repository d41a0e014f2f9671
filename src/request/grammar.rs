//! What the reader of requests has to know of the operations: what the value of a parameter can hold decides what a `#`
//! or a line break in it can mean. The table of operations implements it; this module knows none of them.

use std::collections::HashSet;

use super::repair::lines::entry;
use crate::params::{Form, Null, plain_name};

/// What is known of the parameters of the operations.
pub trait Grammar: Sync {
    /// The parameters that these keys mean together for an operation, in the order of the keys: `None` for a key that
    /// is none of its parameters, and for every key of an operation that there is not.
    fn parameters(&self, operation: &str, keys: &[&str]) -> Vec<Option<Parameter>>;

    /// The keys that mean Markdown for an operation, or, where there is no such operation, for any operation; without
    /// case and separators.
    fn markdown_keys(&self, operation: &str) -> HashSet<String>;
}

/// A parameter as the reader of requests sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// What its value can hold; of a list, each item.
    pub form: Form,
    /// Whether it is a list.
    pub list: bool,
    /// What `null` means for it; [`Null::Refused`] for what is required, too.
    pub null: Null,
}

/// Which keys of a text mean Markdown, by the operations that the text names.
pub(super) struct Texts {
    keys: HashSet<String>,
}

impl Texts {
    /// Reads the names of the operations off the lines of a text, whether it parses or not.
    pub fn of(text: &str, grammar: &dyn Grammar) -> Self {
        let mut operations: HashSet<String> = HashSet::new();
        for line in text.lines() {
            let Some(entry) = entry(line).filter(|entry| entry.key == "operation") else {
                continue;
            };
            let name = entry.value.trim_start_matches(['"', '\'']).chars();
            let name = name.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
            operations.insert(name.take(LONGEST_NAME).collect());
            if operations.len() >= MOST_OPERATIONS {
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
    pub fn has(&self, key: &str) -> bool {
        self.keys.contains(&plain_name(key))
    }
}

/// The longest name of an operation that is looked up, in characters.
const LONGEST_NAME: usize = 60;

/// How many operations of one text are told apart: as many as a batch has of different ones, and more than there are.
const MOST_OPERATIONS: usize = 100;

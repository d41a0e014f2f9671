//! What the reader of requests has to know of the operations: what the value of a parameter can hold decides what a `#`
//! or a line break in it can mean. The table of operations implements it; this module knows none of them.

use std::cell::RefCell;
use std::collections::HashMap;

use super::repair::lines::entry;
use crate::params::{Form, Null};

/// What is known of the parameters of the operations.
pub trait Grammar: Sync {
    /// The parameters that these keys mean together for an operation, in the order of the keys: `None` for a key that
    /// is none of its parameters, and for every key of an operation that there is not.
    fn parameters(&self, operation: &str, keys: &[&str]) -> Vec<Option<Parameter>>;

    /// Whether a key means Markdown for an operation, or, where there is no such operation, for any operation.
    fn is_markdown(&self, operation: &str, key: &str) -> bool;
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
pub(super) struct Texts<'g> {
    grammar: &'g dyn Grammar,
    operations: Vec<String>,
    known: RefCell<HashMap<String, bool>>,
}

impl<'g> Texts<'g> {
    /// Reads the names of the operations off the lines of a text, whether it parses or not.
    pub fn of(text: &str, grammar: &'g dyn Grammar) -> Self {
        let mut operations: Vec<String> = Vec::new();
        for line in text.lines() {
            let Some(entry) = entry(line).filter(|entry| entry.key == "operation") else {
                continue;
            };
            let name: String = entry
                .value
                .trim_start_matches(['"', '\''])
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
                .collect();
            if !operations.contains(&name) && operations.len() < MOST_OPERATIONS {
                operations.push(name);
            }
        }
        if operations.is_empty() {
            operations.push(String::new());
        }
        Self {
            grammar,
            operations,
            known: RefCell::default(),
        }
    }

    /// Whether a key means Markdown for any of the operations.
    pub fn has(&self, key: &str) -> bool {
        if let Some(known) = self.known.borrow().get(key) {
            return *known;
        }
        let mut operations = self.operations.iter();
        let markdown = operations.any(|name| self.grammar.is_markdown(name, key));
        self.known.borrow_mut().insert(key.to_owned(), markdown);
        markdown
    }
}

/// How many operations of one text are told apart: as many as a batch has of different ones, and more than there are.
const MOST_OPERATIONS: usize = 100;

//! What the reader of requests has to know of the operations, read off their table.

use std::collections::HashSet;
use std::sync::OnceLock;

use crate::operation::Entry;
use crate::operations;
use crate::params::{Form, NullMeaning};
use crate::request::{Grammar, Parameter};

/// The parameters of the operations in [`operations::TABLE`].
#[derive(Clone, Copy, Debug)]
pub struct Operations;

impl Grammar for Operations {
    fn parameters(&self, operation: &str, keys: &[&str]) -> Vec<Option<Parameter>> {
        let Some(entry) = operations::get(operation) else {
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
        let of = |entry: &Entry| entry.signature().keys_for_form(&entry.spec, Form::Markdown);
        match operations::get(operation) {
            Some(entry) => of(entry),
            None => ANY
                .get_or_init(|| operations::TABLE.iter().flat_map(of).collect())
                .clone(),
        }
    }
}

/// The keys that mean Markdown for some operation.
static ANY: OnceLock<HashSet<String>> = OnceLock::new();

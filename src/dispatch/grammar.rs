//! What the reader of requests has to know of the operations, read off their table.

use crate::operation::Entry;
use crate::operations;
use crate::params::{Form, Null};
use crate::request::{Grammar, Parameter};

/// The parameters of the operations in [`operations::TABLE`].
#[derive(Clone, Copy, Debug)]
pub struct Operations;

impl Grammar for Operations {
    fn parameters(&self, operation: &str, keys: &[&str]) -> Vec<Option<Parameter>> {
        let Some(entry) = operations::get(operation) else {
            return vec![None; keys.len()];
        };
        let fields = entry.signature().meanings(&entry.spec, keys).into_iter();
        fields
            .map(|field| {
                let field = field?;
                Some(Parameter {
                    form: field.form,
                    list: field.is_list(),
                    null: if field.required {
                        Null::Refused
                    } else {
                        field.null
                    },
                })
            })
            .collect()
    }

    fn is_markdown(&self, operation: &str, key: &str) -> bool {
        let markdown = |entry: &Entry| {
            let fields = entry.signature().candidates(&entry.spec, key);
            fields.iter().any(|field| field.form == Form::Markdown)
        };
        match operations::get(operation) {
            Some(entry) => markdown(entry),
            None => operations::TABLE.iter().any(markdown),
        }
    }
}

//! Putting what references stand for in their place.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Map, Value};

use super::{Piece, Reference, Scope};
use crate::error::{Code, Error};

/// How much may be put into one item's parameters, in bytes: as much as a whole request may have. Without a bound,
/// items that repeat each other would double it at every step.
pub(super) const MOST_INSERTED: usize = 1024 * 1024;

/// How much may be put into the parameters of all items of a batch: a hundred copies of one long text would be held
/// several times over.
const MOST_IN_ALL: usize = 8 * MOST_INSERTED;

/// How many bytes may still be put into the parameters of a batch's items.
#[derive(Debug)]
pub(in super::super) struct ByteBudget(AtomicUsize);

impl Default for ByteBudget {
    fn default() -> Self {
        Self(AtomicUsize::new(MOST_IN_ALL))
    }
}

impl ByteBudget {
    /// Takes so many, where there are as many left.
    fn take(&self, bytes: usize) -> Option<()> {
        let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
        let left = |left: usize| left.checked_sub(bytes);
        self.0.fetch_update(set, fetch, left).ok().map(drop)
    }
}

/// Puts what is referred to into the parameters of the item whose `scope` it is. A text that is a reference and nothing
/// else becomes the value as it is; within a longer text the value is written out. `data` has an earlier item's answer.
///
/// # Errors
/// INVALID_PARAM for a path that leads to nothing, a value within a text that has no one-line form, and values that
/// are too large.
pub(in super::super) fn fill<'r, 'd>(
    params: &Map<String, Value>,
    scope: Scope<'r>,
    in_all: &'r ByteBudget,
    data: impl Fn(&Reference) -> Option<&'d Value>,
) -> Result<Map<String, Value>, Error> {
    let mut filling = Filling {
        scope,
        data,
        room: MOST_INSERTED,
        in_all,
    };
    let filled = params.iter().map(|(key, value)| {
        let value = filling.value(value)?;
        Ok((key.clone(), value))
    });
    filled.collect()
}

struct Filling<'r, F> {
    scope: Scope<'r>,
    data: F,
    /// How many bytes may still be put in.
    room: usize,
    in_all: &'r ByteBudget,
}

impl<'d, F: Fn(&Reference) -> Option<&'d Value>> Filling<'_, F> {
    fn value(&mut self, value: &Value) -> Result<Value, Error> {
        Ok(match value {
            Value::String(text) if text.contains("${") => self.text(text)?,
            Value::Array(items) => {
                let items: Result<Vec<Value>, Error> =
                    items.iter().map(|item| self.value(item)).collect();
                items?.into()
            }
            Value::Object(fields) => {
                let fields: Result<Map<String, Value>, Error> = fields
                    .iter()
                    .map(|(key, value)| Ok((key.clone(), self.value(value)?)))
                    .collect();
                fields?.into()
            }
            other => other.clone(),
        })
    }

    fn text(&mut self, text: &str) -> Result<Value, Error> {
        if let Some(reference) = self.scope.alone(text) {
            return self.of(&reference).cloned();
        }
        let mut filled = String::with_capacity(text.len());
        for piece in self.scope.pieces(text)?.pieces {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Reference(reference) => match self.of(&reference)? {
                    Value::String(value) => filled.push_str(value),
                    Value::Array(_) | Value::Object(_) => return Err(no_text(&reference)),
                    scalar => filled.push_str(&scalar.to_string()),
                },
            }
        }
        Ok(filled.into())
    }

    /// What a reference stands for, while there is room for it.
    fn of(&mut self, reference: &Reference) -> Result<&'d Value, Error> {
        // Whether the item answered is the caller's to see to.
        let data = (self.data)(reference).unwrap_or(&Value::Null);
        let value = reference.value(data)?;
        let size = match value {
            Value::String(text) => text.len(),
            Value::Array(_) | Value::Object(_) => value.to_string().len(),
            _ => 8,
        };
        self.room = self.room.checked_sub(size).ok_or_else(|| {
            let message = "What its references stand for is larger than 1 MiB";
            too_large(message, reference).suggest("Refer to shorter values")
        })?;
        self.in_all.take(size).ok_or_else(|| {
            let message = "What the references of the batch stand for is larger than 8 MiB";
            too_large(message, reference).suggest("Send fewer such operations at once")
        })?;
        Ok(value)
    }
}

fn too_large(message: &str, reference: &Reference) -> Error {
    Error::new(Code::InvalidParam, message).detail("reference", reference.to_string())
}

fn no_text(reference: &Reference) -> Error {
    let message = format!("'{reference}' is a list or an object, which cannot stand within a text");
    Error::new(Code::InvalidParam, message)
        .detail("reference", reference.to_string())
        .suggest("Refer to one of its fields, or let the reference be the whole value")
}

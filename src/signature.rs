//! What an operation takes, read from its parameter type: the one source of `help`, the tool schema, the README's
//! tables, the names accepted for a parameter and the warnings about unknown ones.

use serde_json::{Map, Value};

use crate::error::Error;
use crate::operation::Spec;

/// A parameter as its type and doc comment describe it.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The canonical name, snake_case.
    pub name: String,
    /// Whether nothing can be done without it.
    pub required: bool,
    /// The doc comment, on one line.
    pub description: String,
    /// The JSON schema of its value, without noise.
    pub schema: Value,
}

/// An operation's description and parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature {
    /// The doc comment of the parameter type.
    pub description: String,
    /// The operation's own parameters in order of declaration, then the shared ones.
    pub fields: Vec<Field>,
}

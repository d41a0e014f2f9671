//! The client's estimate of what its documents cost, which knows no schema, against what they are counted at.

use std::fs;
use std::path::Path;

use apollo_compiler::ExecutableDocument;
use apollo_compiler::executable::Operation;
use apollo_compiler::response::JsonMap;
use serde_json::{Value, json};

use crate::linear::compose::Part;
use crate::sandbox::execution::count_points;
use crate::sandbox::schema::LinearSchema;

/// The texts of all documents that this crate sends.
fn texts() -> Vec<&'static str> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/linear/documents");
    let files = fs::read_dir(folder).unwrap();
    let text = |path| String::leak(fs::read_to_string(path).unwrap());
    files.map(|file| &*text(file.unwrap().path())).collect()
}

/// Every page size of an operation's variables as `size`, every switch as `on`.
fn variables(operation: &Operation, size: u64, on: bool) -> Value {
    let declared = operation.variables.iter();
    let known = declared.filter_map(|variable| {
        let value = match variable.ty.inner_named_type().as_str() {
            "Int" => json!(size),
            "Boolean" => json!(on),
            _ => return None,
        };
        Some((variable.name.to_string(), value))
    });
    known.collect()
}

/// Points rounded up; they are sums of tenths, which a binary fraction only comes near to.
fn rounded(points: f64) -> f64 {
    ((points * 10.0).round() / 10.0).ceil()
}

#[test]
fn every_document_is_counted_at_what_the_client_estimates() {
    let api = LinearSchema::embedded();
    let mut compared = 0;
    for text in texts() {
        let document = ExecutableDocument::parse(api.parsed(), text, "file.graphql").unwrap();
        for (name, operation) in &document.operations.named {
            for size in [1, 10, 50, 250] {
                for on in [false, true] {
                    let variables = variables(operation, size, on);
                    let map: JsonMap = serde_json::from_value(variables.clone()).unwrap();
                    let counted = count_points(&api, &document, operation, &map);
                    let part = Part::written(name.to_string().leak(), text, variables);
                    let estimate = f64::from(part.complexity());
                    assert_eq!(estimate, rounded(counted), "{name}, {size}, {on}");
                    compared += 1;
                }
            }
        }
    }
    assert!(compared >= 8 * 60, "{compared}");
}

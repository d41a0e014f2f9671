//! The costs that `linear/documents.rs` declares, compared with what the stand-in counts for the same documents.

use std::collections::BTreeSet;

use apollo_compiler::ExecutableDocument;
use apollo_compiler::response::JsonMap;
use serde_json::{Value, json};

use crate::linear::compose::{Part, compose};
use crate::linear::tests::merging::one_of_each;
use crate::sandbox::execution::count_points;
use crate::sandbox::schema::LinearSchema;

/// Asserts that the part costs what the stand-in counts: with page sizes from 1 to 250, a different one for each variable,
/// and with all switches on, all off, and each one alone on. Returns how many combinations were compared.
fn assert_cost(schema: &LinearSchema, part: &Part) -> usize {
    let query = compose(std::slice::from_ref(part)).query;
    let document = ExecutableDocument::parse(schema.parsed(), query, "query.graphql").unwrap();
    let operation = document.operations.iter().next().unwrap();
    let named = |kind: &str| {
        let declared = operation.variables.iter();
        let declared = declared.filter(|variable| variable.ty.inner_named_type() == kind);
        declared.map(|variable| variable.name.as_str()).collect()
    };
    let (sizes, switches): (Vec<&str>, Vec<&str>) = (named("Int"), named("Boolean"));
    let mut settings = vec![switches.clone(), Vec::new()];
    settings.extend(switches.iter().map(|switch| vec![*switch]));
    let mut compared = 0;
    for least in [1, 10, 50, 240] {
        for on in &settings {
            let sizes = sizes.iter().zip(least..);
            let sizes = sizes.map(|(name, size)| (name.to_string(), json!(size)));
            let flags = switches.iter();
            let flags = flags.map(|name| (name.to_string(), json!(on.contains(name))));
            let variables: Value = sizes.chain(flags).collect();
            let map: JsonMap = serde_json::from_value(variables.clone()).unwrap();
            let counted = count_points(schema, &document, operation, &map) * 10.0;
            let part = part.clone().with_variables(variables);
            assert_eq!(
                part.tenths_of_points() as f64,
                counted.round(),
                "`cost:` of {} in linear/documents.rs, in tenths of a point, with {}",
                part.name(),
                part.variables()
            );
            compared += 1;
        }
    }
    compared
}

#[test]
fn every_document_costs_what_its_row_declares() {
    let schema = LinearSchema::embedded();
    let mut names = BTreeSet::new();
    let mut parts = one_of_each();
    parts.retain(|part| names.insert(part.name()));
    let compared: usize = parts.iter().map(|part| assert_cost(&schema, part)).sum();
    assert!(names.len() >= 60 && compared >= 8 * 60, "{compared}");
}

//! The check that one schema is a part of another, so that a document that is valid by the part is valid by the whole.

use std::fmt::Display;

use apollo_compiler::Node;
use apollo_compiler::ast::{Definition, Document, FieldDefinition, InputValueDefinition};

use crate::ast;

/// Returns a line for each difference that makes `part` not a subset of `whole`.
///
/// Checked are: each type exists with the same kind; each field, argument, input field, enum value, union member and
/// interface exists, with the identical type and default; no required argument and no required input field is missing;
/// the root types are the same.
pub fn differences(part: &Document, whole: &Document) -> Vec<String> {
    let whole_types = ast::types(whole);
    let mut differences = Vec::new();
    for (name, definition) in ast::types(part) {
        match whole_types.get(name) {
            None => differences.push(format!("{name} does not exist")),
            Some(published) if ast::kind(published) != ast::kind(definition) => {
                differences.push(format!(
                    "{name} is declared as {}, not as {}",
                    ast::kind(published),
                    ast::kind(definition)
                ))
            }
            Some(published) => compare(name, definition, published, &mut differences),
        }
    }
    report_missing("schema", &roots(part), &roots(whole), &mut differences);
    differences
}

/// Returns the root operations as text, such as `query: Query`.
fn roots(document: &Document) -> Vec<String> {
    document
        .definitions
        .iter()
        .filter_map(Definition::as_schema_definition)
        .flat_map(|schema| &schema.root_operations)
        .map(|operation| format!("{}: {}", operation.0, operation.1))
        .collect()
}

/// Compares two definitions of the same name and kind.
fn compare(name: &str, part: &Definition, whole: &Definition, differences: &mut Vec<String>) {
    for field in ast::fields(part) {
        match ast::fields(whole).iter().find(|f| f.name == field.name) {
            Some(published) => compare_fields(name, field, published, differences),
            None => differences.push(format!("{name}.{} does not exist", field.name)),
        }
    }
    compare_inputs(
        name,
        ast::input_fields(part),
        ast::input_fields(whole),
        differences,
    );
    report_missing(
        name,
        &ast::enum_values(part),
        &ast::enum_values(whole),
        differences,
    );
    report_missing(name, ast::members(part), ast::members(whole), differences);
    report_missing(
        name,
        ast::interfaces(part),
        ast::interfaces(whole),
        differences,
    );
}

/// Compares one field of an object or interface.
fn compare_fields(
    owner: &str,
    part: &FieldDefinition,
    whole: &FieldDefinition,
    differences: &mut Vec<String>,
) {
    let path = format!("{owner}.{}", part.name);
    if part.ty != whole.ty {
        differences.push(format!("{path} is {}, not {}", whole.ty, part.ty));
    }
    compare_inputs(&path, &part.arguments, &whole.arguments, differences);
}

/// Compares arguments or input fields.
fn compare_inputs(
    owner: &str,
    part: &[Node<InputValueDefinition>],
    whole: &[Node<InputValueDefinition>],
    differences: &mut Vec<String>,
) {
    for input in part {
        let name = &input.name;
        match whole.iter().find(|other| other.name == *name) {
            None => differences.push(format!("{owner}.{name} does not exist")),
            Some(published) if published.ty != input.ty => {
                differences.push(format!(
                    "{owner}.{name} is {}, not {}",
                    published.ty, input.ty
                ));
            }
            Some(published) if published.default_value != input.default_value => {
                differences.push(format!("{owner}.{name} has another default"));
            }
            Some(_) => {}
        }
    }
    for input in whole.iter().filter(|input| input.is_required()) {
        if !part.iter().any(|other| other.name == input.name) {
            differences.push(format!("{owner}.{} is required but missing", input.name));
        }
    }
}

/// Reports the items of `part` that `whole` does not have.
fn report_missing<T: PartialEq + Display>(
    owner: &str,
    part: &[T],
    whole: &[T],
    differences: &mut Vec<String>,
) {
    let missing = part.iter().filter(|item| !whole.contains(item));
    differences.extend(missing.map(|item| format!("{owner} has no {item}")));
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "
        schema { query: Query }
        type Query { issue(id: ID!, first: Int = 50): Issue! }
        interface Node { id: ID! }
        type Issue implements Node { id: ID! title: String kind: Kind }
        type User { id: ID! }
        union Thing = Issue | User
        enum Kind { A B }
        input Filter { id: ID! title: String }
        scalar DateTime
    ";

    fn found(part: &str) -> Vec<String> {
        let part = Document::parse(part, "part").unwrap();
        let whole = Document::parse(WHOLE, "whole").unwrap();
        differences(&part, &whole)
    }

    #[test]
    fn the_whole_and_a_true_part_of_it_are_subsets() {
        assert_eq!(found(WHOLE), Vec::<String>::new());
        let part =
            "schema { query: Query } type Query { issue(id: ID!): Issue! } type Issue { id: ID! }
            union Thing = Issue enum Kind { B } input Filter { id: ID! }";
        assert_eq!(found(part), Vec::<String>::new());
    }

    #[test]
    fn each_difference_is_named() {
        let cases = [
            ("type Ghost { id: ID! }", "Ghost does not exist"),
            (
                "scalar Filter",
                "Filter is declared as input, not as scalar",
            ),
            ("type Issue { owner: Int }", "Issue.owner does not exist"),
            ("type Issue { id: ID }", "Issue.id is ID!, not ID"),
            (
                "type Issue { title: [String] }",
                "Issue.title is String, not [String]",
            ),
            (
                "type Query { issue(first: Int = 50): Issue! }",
                "Query.issue.id is required but missing",
            ),
            (
                "type Query { issue(id: ID): Issue! }",
                "Query.issue.id is ID!, not ID",
            ),
            (
                "type Query { issue(id: ID!, last: Int): Issue! }",
                "Query.issue.last does not exist",
            ),
            (
                "type Query { issue(id: ID!, first: Int = 9): Issue! }",
                "Query.issue.first has another default",
            ),
            (
                "input Filter { title: String }",
                "Filter.id is required but missing",
            ),
            (
                "input Filter { id: ID! up: Int }",
                "Filter.up does not exist",
            ),
            ("enum Kind { A C }", "Kind has no C"),
            ("union Thing = Issue | Node", "Thing has no Node"),
            ("type User implements Node { id: ID! }", "User has no Node"),
            (
                "schema { mutation: Query }",
                "schema has no mutation: Query",
            ),
        ];
        for (part, expected) in cases {
            assert_eq!(found(part), [expected], "{part}");
        }
    }
}

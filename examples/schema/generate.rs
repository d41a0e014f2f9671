//! The contents of the two schema files under `schema/`.

use std::collections::BTreeSet;

use apollo_compiler::ast::{Definition, DirectiveList, Document, ScalarTypeDefinition};

use crate::keep::KeepList;
use crate::{ast, subset, trim};

/// The texts of the two schema files.
pub struct Files {
    /// `linear.graphql`.
    pub linear: String,
    /// `client.graphql`.
    pub client: String,
}

/// Returns the texts of the files, made from the keep list and the published schema.
///
/// The errors name the rules that cannot be met, and the reasons why the result is not a valid part of the published
/// schema.
pub fn files(list: &str, published: &str) -> Result<Files, Vec<String>> {
    let published = parse(published, "published schema").map_err(|error| vec![error])?;
    let part = trim::trim(&published, &KeepList::parse(list)?)?;
    let mut errors = subset::differences(&part, &published);
    let client = client_schema(&part);
    for schema in [&part, &client] {
        if let Err(invalid) = schema.to_schema_validate() {
            errors.push(invalid.errors.to_string());
        }
    }
    if errors.is_empty() {
        Ok(Files {
            linear: linear_text(&part),
            client: with_header(&client),
        })
    } else {
        Err(errors)
    }
}

/// Parses a schema in SDL. The error is the report of the parser.
pub fn parse(text: &str, name: &str) -> Result<Document, String> {
    Document::parse(text, name).map_err(|invalid| invalid.errors.to_string())
}

/// Returns the text of `linear.graphql`.
fn linear_text(schema: &Document) -> String {
    format!(
        "# The part of Linear's published schema that keep.txt lists; Linear's licence for it is in LICENSE.\n\
         # Written by `cargo run --example schema`.\n\n{schema}"
    )
}

/// Returns the text of `client.graphql` for the schema in `linear.graphql`.
pub fn client_text(linear: &Document) -> String {
    with_header(&client_schema(linear))
}

/// Returns the text of `client.graphql` for the client's schema.
fn with_header(schema: &Document) -> String {
    format!(
        "# linear.graphql with its input objects as scalars: the client's types are derived from this one.\n\
         # Written by `cargo run --example schema`.\n\n{schema}"
    )
}

/// Returns the schema from which the client's types are derived: `schema` with every input object that a field takes
/// declared as a scalar, and without the input objects that only other input objects mention. The derive macro then
/// generates no Rust code for inputs. Any filter reaches all other filters, and the macro would generate all of them
/// for every document.
fn client_schema(schema: &Document) -> Document {
    let argument_types: BTreeSet<&str> = schema
        .definitions
        .iter()
        .flat_map(ast::fields)
        .flat_map(|field| &field.arguments)
        .map(|argument| argument.ty.inner_named_type().as_str())
        .collect();
    let mut client = Document::new();
    client.definitions = schema
        .definitions
        .iter()
        .filter_map(|definition| match definition {
            Definition::InputObjectTypeDefinition(input) => {
                argument_types.contains(input.name.as_str()).then(|| {
                    Definition::from(ScalarTypeDefinition {
                        description: None,
                        name: input.name.clone(),
                        directives: DirectiveList::new(),
                    })
                })
            }
            other => Some(other.clone()),
        })
        .collect();
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLISHED: &str = "
        \"Prose.\" schema { query: Query subscription: Subscription }
        type Query { issue(id: ID!): Issue }
        type Subscription { issue: Issue }
        \"\"\"More prose.\"\"\" type Issue { id: ID! }
    ";

    #[test]
    fn both_files_have_a_header_and_no_prose() {
        let files = files("query issue\nkeep Issue", PUBLISHED).unwrap();
        let body = "schema {\n  query: Query\n}\n\n\
                    type Query {\n  issue(id: ID!): Issue\n}\n\n\
                    type Issue {\n  id: ID!\n}\n";
        for text in [&files.linear, &files.client] {
            let (header, rest) = text.split_once("\n\n").unwrap();
            assert!(header.lines().all(|line| line.starts_with("# ")));
            assert_eq!(rest, body);
        }
    }

    #[test]
    fn a_result_that_is_no_valid_schema_is_refused() {
        let hollow = "type Query { issue: Issue } type Issue { old: Int @deprecated }";
        let errors = files("query issue\nkeep Issue", hollow).err().unwrap();
        assert!(errors.iter().any(|e| e.contains("`Issue`")), "{errors:?}");
    }

    #[test]
    fn a_required_input_field_that_is_not_kept_is_refused() {
        let published = "type Query { issues(filter: Filter!): Int }
            input Filter { id: ID needed: Other! } input Other { id: ID }";
        let errors = files("query issues", published).err().unwrap();
        assert_eq!(errors, ["Filter.needed is required but missing"]);
    }

    #[test]
    fn input_objects_become_scalars_where_a_field_takes_them() {
        let schema = "type Query { issues(filter: Filter, kinds: [Kind!]): Int } enum Kind { A }
            input Filter { and: [Filter!] id: IdFilter } input IdFilter { eq: ID }";
        let schema = Document::parse(schema, "schema").unwrap();
        let expected = "type Query {\n  issues(filter: Filter, kinds: [Kind!]): Int\n}\n\n\
                        enum Kind {\n  A\n}\n\nscalar Filter\n";
        assert_eq!(client_schema(&schema).to_string(), expected);
    }
}

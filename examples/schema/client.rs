//! `schema/client.graphql`: the schema the client's types are derived from.

use std::collections::BTreeSet;

use apollo_compiler::ast::{Definition, DirectiveList, Document, ScalarTypeDefinition};

use crate::ast;

/// `schema` with every input object that a field takes declared as a scalar, and the input objects that only other
/// input objects mention left out. The derive then generates no Rust code for inputs: any filter reaches all the
/// others, and they would be generated anew for every document.
pub fn client(schema: &Document) -> Document {
    let taken: BTreeSet<&str> = schema
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
                taken.contains(input.name.as_str()).then(|| {
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

    #[test]
    fn input_objects_become_scalars_where_a_field_takes_them() {
        let schema = "type Query { issues(filter: Filter, kinds: [Kind!]): Int } enum Kind { A }
            input Filter { and: [Filter!] id: IdFilter } input IdFilter { eq: ID }";
        let schema = Document::parse(schema, "schema").unwrap();
        let expected = "type Query {\n  issues(filter: Filter, kinds: [Kind!]): Int\n}\n\n\
                        enum Kind {\n  A\n}\n\nscalar Filter\n";
        assert_eq!(client(&schema).to_string(), expected);
    }
}

//! Takes prose and directives out of a schema, so that names and types are left.

use apollo_compiler::Node;
use apollo_compiler::ast::{
    Definition, DirectiveList, Document, FieldDefinition, InputValueDefinition,
};

/// Clears the two attributes that every kind of definition has, though no trait says so.
macro_rules! clear {
    ($node:expr) => {{
        let bare = $node.make_mut();
        bare.description = None;
        bare.directives = DirectiveList::new();
        bare
    }};
}

/// Removes every description and every directive from the definitions of `document`.
pub fn strip(document: &mut Document) {
    for definition in &mut document.definitions {
        match definition {
            Definition::SchemaDefinition(schema) => {
                clear!(schema);
            }
            Definition::ScalarTypeDefinition(scalar) => {
                clear!(scalar);
            }
            Definition::ObjectTypeDefinition(object) => fields(&mut clear!(object).fields),
            Definition::InterfaceTypeDefinition(interface) => {
                fields(&mut clear!(interface).fields);
            }
            Definition::UnionTypeDefinition(union) => {
                clear!(union);
            }
            Definition::EnumTypeDefinition(r#enum) => {
                for value in &mut clear!(r#enum).values {
                    clear!(value);
                }
            }
            Definition::InputObjectTypeDefinition(input) => inputs(&mut clear!(input).fields),
            _ => {}
        }
    }
}

/// Strips output fields and their arguments.
fn fields(fields: &mut [Node<FieldDefinition>]) {
    for field in fields {
        inputs(&mut clear!(field).arguments);
    }
}

/// Strips arguments or input fields.
fn inputs(inputs: &mut [Node<InputValueDefinition>]) {
    for input in inputs {
        clear!(input);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_types_and_defaults_are_left() {
        let prosy = r#"
            "P" schema @d { query: Query }
            "P" scalar S @d
            "P" interface I @d { "P" a("P" b: Int = 1 @d): Int @d }
            "P" type Query implements I @d { "P" a("P" b: Int = 1 @d): Int @d }
            "P" union U @d = Query
            "P" enum E @d { "P" A @d }
            "P" input N @d { "P" a: Int! = 2 @d }
        "#;
        let plain = "schema { query: Query } scalar S interface I { a(b: Int = 1): Int }
            type Query implements I { a(b: Int = 1): Int } union U = Query enum E { A } input N { a: Int! = 2 }";
        let mut document = Document::parse(prosy, "prosy").unwrap();
        strip(&mut document);
        assert_eq!(document, Document::parse(plain, "plain").unwrap());
    }
}

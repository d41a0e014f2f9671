//! Queries on a parsed schema document, shared by the other modules.

use std::collections::{BTreeMap, BTreeSet};

use apollo_compiler::ast::{Definition, Document, FieldDefinition, InputValueDefinition};
use apollo_compiler::{Name, Node};

/// The types that every schema has without declaring them.
const BUILT_IN: [&str; 5] = ["Boolean", "Float", "ID", "Int", "String"];

/// The type definitions of a schema by name, without directive and schema definitions.
pub type Types<'a> = BTreeMap<&'a str, &'a Definition>;

/// Indexes the type definitions of `document` by name.
pub fn types(document: &Document) -> Types<'_> {
    document
        .definitions
        .iter()
        .filter(|definition| is_type(definition))
        .filter_map(|definition| Some((definition.name()?.as_str(), definition)))
        .collect()
}

/// Returns whether `definition` declares a named type.
fn is_type(definition: &Definition) -> bool {
    is_leaf(definition)
        || matches!(
            definition,
            Definition::ObjectTypeDefinition(_)
                | Definition::InterfaceTypeDefinition(_)
                | Definition::UnionTypeDefinition(_)
                | Definition::InputObjectTypeDefinition(_)
        )
}

/// Returns whether `definition` is a scalar or an enum, which are the types that refer to no other type.
pub fn is_leaf(definition: &Definition) -> bool {
    matches!(
        definition,
        Definition::ScalarTypeDefinition(_) | Definition::EnumTypeDefinition(_)
    )
}

/// Returns whether `name` is a type that GraphQL itself defines.
pub fn is_built_in(name: &str) -> bool {
    BUILT_IN.contains(&name)
}

/// Returns the fields of an object or interface; none for every other kind.
pub fn fields(definition: &Definition) -> &[Node<FieldDefinition>] {
    match definition {
        Definition::ObjectTypeDefinition(object) => &object.fields,
        Definition::InterfaceTypeDefinition(interface) => &interface.fields,
        _ => &[],
    }
}

/// Returns the fields of an input object; none for every other kind.
pub fn input_fields(definition: &Definition) -> &[Node<InputValueDefinition>] {
    match definition {
        Definition::InputObjectTypeDefinition(input) => &input.fields,
        _ => &[],
    }
}

/// Returns the interfaces that an object or interface implements.
pub fn interfaces(definition: &Definition) -> &[Name] {
    match definition {
        Definition::ObjectTypeDefinition(object) => &object.implements_interfaces,
        Definition::InterfaceTypeDefinition(interface) => &interface.implements_interfaces,
        _ => &[],
    }
}

/// Returns the member types of a union; none for every other kind.
pub fn members(definition: &Definition) -> &[Name] {
    match definition {
        Definition::UnionTypeDefinition(union) => &union.members,
        _ => &[],
    }
}

/// Returns the values of an enum; none for every other kind.
pub fn enum_values(definition: &Definition) -> Vec<&str> {
    match definition {
        Definition::EnumTypeDefinition(r#enum) => {
            r#enum.values.iter().map(|v| v.value.as_str()).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns the keyword that declares this kind of type.
pub fn kind(definition: &Definition) -> &'static str {
    match definition {
        Definition::ScalarTypeDefinition(_) => "scalar",
        Definition::ObjectTypeDefinition(_) => "type",
        Definition::InterfaceTypeDefinition(_) => "interface",
        Definition::UnionTypeDefinition(_) => "union",
        Definition::EnumTypeDefinition(_) => "enum",
        Definition::InputObjectTypeDefinition(_) => "input",
        _ => "definition",
    }
}

/// Returns every type that is reached from `roots` over fields, arguments, interfaces, implementers, union members and
/// input fields.
pub fn reachable<'a>(types: &Types<'a>, roots: &[&'a str]) -> BTreeSet<&'a str> {
    let implementers = implementers(types);
    let mut reached = BTreeSet::new();
    let mut open = roots.to_vec();
    while let Some(name) = open.pop() {
        let Some(definition) = types.get(name) else {
            continue;
        };
        if reached.insert(name) {
            open.extend(references(definition));
            open.extend(implementers.get(name).into_iter().flatten());
        }
    }
    reached
}

/// Returns the types that implement each interface.
fn implementers<'a>(types: &Types<'a>) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut by_interface: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (&name, definition) in types {
        for interface in interfaces(definition) {
            by_interface.entry(interface).or_default().push(name);
        }
    }
    by_interface
}

/// Returns the names of the types that `definition` mentions.
fn references(definition: &Definition) -> Vec<&str> {
    let outputs = fields(definition).iter().flat_map(|field| {
        let arguments = field.arguments.iter().map(|a| a.ty.inner_named_type());
        std::iter::once(field.ty.inner_named_type()).chain(arguments)
    });
    let inputs = input_fields(definition)
        .iter()
        .map(|field| field.ty.inner_named_type());
    outputs
        .chain(inputs)
        .chain(interfaces(definition))
        .chain(members(definition))
        .map(Name::as_str)
        .collect()
}

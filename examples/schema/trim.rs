//! Reduces the published schema to the part that the keep list names.
//!
//! Kept are: the listed types; the types that kept root fields return and the inputs they require; the `Connection`
//! and `Edge` of every kept type; scalars and enums wherever a kept field uses them. A field of a kept type stays when
//! its own type is kept, its required arguments' types are kept, and it is not deprecated; an optional argument stays
//! when its type is kept. The result has names and types only: no descriptions, no directives.

use std::collections::BTreeSet;

use apollo_compiler::Node;
use apollo_compiler::ast::{
    Definition, DirectiveList, Document, FieldDefinition, InputValueDefinition,
};

use crate::ast::{self, Types};
use crate::keep::KeepList;

/// The two root types that are kept. Subscriptions are never kept, because Linear does not offer them to API keys.
const ROOTS: [&str; 2] = ["Query", "Mutation"];

/// Returns the kept part of `published`, with the types in the published order.
///
/// The errors name every rule of the list that cannot be met: a type or field that does not exist, a listed field whose
/// type is not kept, a listed type that nothing refers to.
pub fn trim(published: &Document, keep: &KeepList) -> Result<Document, Vec<String>> {
    let trimmer = Trimmer::new(published, keep);
    let mut part = Document::new();
    part.definitions = published
        .definitions
        .iter()
        .filter_map(|definition| trimmer.trim_definition(definition))
        .collect();
    let reached: BTreeSet<String> = ast::reachable(&ast::types(&part), &ROOTS)
        .into_iter()
        .map(str::to_owned)
        .collect();
    part.definitions.retain(|definition| {
        definition.as_schema_definition().is_some()
            || definition
                .name()
                .is_some_and(|name| reached.contains(name.as_str()))
    });
    strip(&mut part);
    let errors = unmet_rules(&trimmer.published, &part, keep);
    if errors.is_empty() {
        Ok(part)
    } else {
        Err(errors)
    }
}

/// Returns an error for each rule of `keep` that the published schema or the result does not meet.
fn unmet_rules(published: &Types, part: &Document, keep: &KeepList) -> Vec<String> {
    let kept = ast::types(part);
    let missing_types = keep.types().filter_map(|name| {
        if !published.contains_key(name) {
            Some(format!("{name} is not in the published schema"))
        } else if !kept.contains_key(name) {
            Some(format!("{name} is listed but nothing kept refers to it"))
        } else {
            None
        }
    });
    let missing_fields = keep
        .wanted()
        .filter(|(owner, field)| !has_field(&kept, owner, field))
        .map(|(owner, field)| {
            format!("{owner}.{field} is listed but does not exist or uses a type that is not kept")
        });
    let unknown_drops = keep
        .dropped()
        .filter(|(owner, field)| !has_field(published, owner, field))
        .map(|(owner, field)| format!("{owner}.{field} is dropped but does not exist"));
    missing_types
        .chain(missing_fields)
        .chain(unknown_drops)
        .collect()
}

/// Returns whether the type `owner` has an output field or an input field of that name.
fn has_field(types: &Types, owner: &str, field: &str) -> bool {
    types.get(owner).is_some_and(|definition| {
        ast::fields(definition).iter().any(|f| f.name == *field)
            || ast::input_fields(definition)
                .iter()
                .any(|f| f.name == *field)
    })
}

/// Decides which types, fields and arguments are kept.
struct Trimmer<'a> {
    published: Types<'a>,
    keep: &'a KeepList,
    kept: BTreeSet<&'a str>,
}

impl<'a> Trimmer<'a> {
    fn new(published: &'a Document, keep: &'a KeepList) -> Self {
        let published = ast::types(published);
        let kept = kept_types(&published, keep);
        Self {
            published,
            keep,
            kept,
        }
    }

    /// Returns whether a field or an argument of this type can be kept.
    fn keeps_type(&self, name: &str) -> bool {
        ast::is_built_in(name)
            || self.kept.contains(name)
            || self.published.get(name).is_some_and(|d| ast::is_leaf(d))
    }

    /// Returns the kept part of a definition; `None` where the definition is not kept. All values of an enum are kept,
    /// because Linear may still send deprecated ones.
    fn trim_definition(&self, definition: &Definition) -> Option<Definition> {
        let name = definition.name().map_or("", |name| name.as_str());
        if definition.as_schema_definition().is_none() && !self.keeps_type(name) {
            return None;
        }
        let mut kept = definition.clone();
        match &mut kept {
            Definition::SchemaDefinition(schema) => schema
                .make_mut()
                .root_operations
                .retain(|operation| self.keeps_type(&operation.1)),
            Definition::ObjectTypeDefinition(object) => {
                let object = object.make_mut();
                self.trim_fields(name, &mut object.fields);
                object.implements_interfaces.retain(|i| self.keeps_type(i));
            }
            Definition::InterfaceTypeDefinition(interface) => {
                let interface = interface.make_mut();
                self.trim_fields(name, &mut interface.fields);
                interface
                    .implements_interfaces
                    .retain(|i| self.keeps_type(i));
            }
            Definition::UnionTypeDefinition(union) => {
                union
                    .make_mut()
                    .members
                    .retain(|member| self.keeps_type(member));
            }
            Definition::InputObjectTypeDefinition(input) => input
                .make_mut()
                .fields
                .retain(|field| self.keeps_input(name, field)),
            Definition::ScalarTypeDefinition(_) | Definition::EnumTypeDefinition(_) => {}
            _ => return None,
        }
        Some(kept)
    }

    /// Removes the fields of the type `owner` that are not kept, and the arguments of kept fields that are not kept.
    fn trim_fields(&self, owner: &str, fields: &mut Vec<Node<FieldDefinition>>) {
        fields.retain(|field| {
            self.keep
                .allows(owner, &field.name, field.directives.has("deprecated"))
                && self.keeps_type(field.ty.inner_named_type())
                && required_types(&field.arguments).all(|name| self.keeps_type(name))
        });
        for field in fields {
            field
                .make_mut()
                .arguments
                .retain(|argument| self.keeps_type(argument.ty.inner_named_type()));
        }
    }

    /// Returns whether a field of the input object `owner` is kept. A required field is kept even when it is
    /// deprecated, because no value of the type is valid without it.
    fn keeps_input(&self, owner: &str, field: &InputValueDefinition) -> bool {
        let is_dispensable = field.directives.has("deprecated") && !field.is_required();
        self.keep.allows(owner, &field.name, is_dispensable)
            && self.keeps_type(field.ty.inner_named_type())
    }
}

/// Returns the composite types that are kept, by the rules at the top of this module.
fn kept_types<'a>(published: &Types<'a>, keep: &KeepList) -> BTreeSet<&'a str> {
    let listed = keep
        .types()
        .filter_map(|name| Some(*published.get_key_value(name)?.0));
    let roots = ROOTS.iter().filter_map(|root| published.get(*root));
    let by_root = roots.flat_map(|root| {
        let owner = root.name().map(|name| name.as_str()).unwrap_or_default();
        ast::fields(root)
            .iter()
            .filter(move |field| keep.allows(owner, &field.name, true))
            .flat_map(|field| {
                std::iter::once(field.ty.inner_named_type().as_str())
                    .chain(required_types(&field.arguments))
            })
    });
    let mut kept: BTreeSet<&str> = listed.chain(by_root).collect();
    let pages: Vec<&str> = kept
        .iter()
        .flat_map(|name| [format!("{name}Connection"), format!("{name}Edge")])
        .filter_map(|name| Some(*published.get_key_value(name.as_str())?.0))
        .collect();
    kept.extend(pages);
    kept
}

/// Returns the types of the required arguments.
fn required_types(arguments: &[Node<InputValueDefinition>]) -> impl Iterator<Item = &str> {
    arguments
        .iter()
        .filter(|argument| argument.is_required())
        .map(|argument| argument.ty.inner_named_type().as_str())
}

/// Removes the description and the directives of a node. Every kind of definition has these two fields, but no trait
/// has them.
macro_rules! clear {
    ($node:expr) => {{
        let bare = $node.make_mut();
        bare.description = None;
        bare.directives = DirectiveList::new();
        bare
    }};
}

/// Removes all descriptions and directives from the definitions of `document`, so that names and types are left.
fn strip(document: &mut Document) {
    for definition in &mut document.definitions {
        match definition {
            Definition::SchemaDefinition(schema) => {
                clear!(schema);
            }
            Definition::ScalarTypeDefinition(scalar) => {
                clear!(scalar);
            }
            Definition::ObjectTypeDefinition(object) => strip_fields(&mut clear!(object).fields),
            Definition::InterfaceTypeDefinition(interface) => {
                strip_fields(&mut clear!(interface).fields);
            }
            Definition::UnionTypeDefinition(union) => {
                clear!(union);
            }
            Definition::EnumTypeDefinition(r#enum) => {
                for value in &mut clear!(r#enum).values {
                    clear!(value);
                }
            }
            Definition::InputObjectTypeDefinition(input) => strip_inputs(&mut clear!(input).fields),
            _ => {}
        }
    }
}

/// Strips output fields and their arguments.
fn strip_fields(fields: &mut [Node<FieldDefinition>]) {
    for field in fields {
        strip_inputs(&mut clear!(field).arguments);
    }
}

/// Strips arguments or input fields.
fn strip_inputs(inputs: &mut [Node<InputValueDefinition>]) {
    for input in inputs {
        clear!(input);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLISHED: &str = r#"
        schema { query: Query mutation: Mutation subscription: Subscription }
        "Marks." directive @mark on OBJECT
        type Subscription { issue: Issue }
        type Query {
          issue(id: ID!, "Prose." format: Format, sort: Sort): Issue!
          issues(filter: Filter, first: Int = 50): IssueConnection!
          team: Team
          old: Issue @deprecated
        }
        type Mutation { create(input: CreateInput!): Payload! refuse(input: Sort!): Payload! }
        interface Node { id: ID! }
        interface Entity implements Node { id: ID! }
        "Prose." type Issue implements Node & Entity @mark {
          id: ID! team: Team owner: User at: DateTime! kind: Kind
          rank(by: Sort!): Int board: Float @deprecated plan: Float @deprecated
        }
        type Team { id: ID! issues: IssueConnection! secret: String }
        type User { id: ID! }
        type IssueConnection { edges: [IssueEdge!]! nodes: [Issue!]! pageInfo: PageInfo! }
        type IssueEdge { node: Issue! }
        type PageInfo { more: Boolean! }
        type Payload { issue: Issue user: User }
        input Filter { and: [Filter!] id: ID user: UserFilter was: Int @deprecated }
        input UserFilter { id: ID }
        input CreateInput { "Prose." title: String! sort: Sort old: Int! @deprecated }
        input Sort { up: Boolean }
        enum Kind { "Prose." A B @deprecated }
        enum Format { SHORT }
        enum Unused { X }
        scalar DateTime
        union Thing = Issue | User
    "#;

    const KEPT: &str = "schema {
  query: Query
  mutation: Mutation
}

type Query {
  issue(id: ID!, format: Format): Issue!
  issues(filter: Filter, first: Int = 50): IssueConnection!
}

type Mutation {
  create(input: CreateInput!): Payload!
}

interface Node {
  id: ID!
}

type Issue implements Node {
  id: ID!
  team: Team
  at: DateTime!
  kind: Kind
  board: Float
}

type Team {
  id: ID!
  issues: IssueConnection!
}

type IssueConnection {
  edges: [IssueEdge!]!
  nodes: [Issue!]!
  pageInfo: PageInfo!
}

type IssueEdge {
  node: Issue!
}

type PageInfo {
  more: Boolean!
}

type Payload {
  issue: Issue
}

input Filter {
  and: [Filter!]
  id: ID
}

input CreateInput {
  title: String!
  old: Int!
}

enum Kind {
  A
  B
}

enum Format {
  SHORT
}

scalar DateTime
";

    fn trimmed(list: &str) -> Result<String, Vec<String>> {
        let published = Document::parse(PUBLISHED, "published").unwrap();
        let keep = KeepList::parse(list).unwrap();
        trim(&published, &keep).map(|part| part.to_string())
    }

    #[test]
    fn what_is_listed_stays_and_the_rest_goes() {
        let list = "query issue issues\nmutation create\nkeep Issue Node PageInfo Filter\n\
                    drop Team secret\nalso Issue board";
        assert_eq!(trimmed(list).unwrap(), KEPT);
    }

    #[test]
    fn rules_that_cannot_be_met_are_named() {
        let list = "query issue nothing\nmutation refuse\nkeep Issue User Ghost Sort UserFilter\n\
                    drop Team gone\nonly Payload issue cost";
        assert_eq!(
            trimmed(list).unwrap_err(),
            [
                "Ghost is not in the published schema",
                "UserFilter is listed but nothing kept refers to it",
                "Payload.cost is listed but does not exist or uses a type that is not kept",
                "Query.nothing is listed but does not exist or uses a type that is not kept",
                "Team.gone is dropped but does not exist",
            ]
        );
    }

    #[test]
    fn a_union_keeps_its_kept_members() {
        let published = "type Query { thing: Thing } union Thing = Issue | User
            type Issue { id: ID! } type User { id: ID! }";
        let published = Document::parse(published, "published").unwrap();
        let keep = KeepList::parse("query thing\nkeep Issue").unwrap();
        let part = trim(&published, &keep).unwrap().to_string();
        assert!(part.contains("union Thing = Issue\n"), "{part}");
        assert!(!part.contains("User"), "{part}");
    }

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

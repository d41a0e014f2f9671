//! Cuts the published schema down to the part that the keep list names.
//!
//! Kept are: the listed types; the types that kept root fields return and the inputs they require; the `Connection`
//! and `Edge` of every kept type; scalars and enums wherever a kept field uses them. A field of a kept type stays when
//! its own type is kept, its required arguments' types are kept, and it is not deprecated; an optional argument stays
//! when its type is kept. The result has names and types only: no descriptions, no directives.

use std::collections::BTreeSet;

use apollo_compiler::Node;
use apollo_compiler::ast::{
    Definition, DirectiveList, Document, EnumValueDefinition, FieldDefinition, InputValueDefinition,
};

use crate::ast::{self, Types};
use crate::keep::KeepList;

/// The two root types; Linear's subscriptions are not for API keys and are never kept.
const ROOTS: [&str; 2] = ["Query", "Mutation"];

/// The kept part of `published`, types in the published order.
///
/// Errors name every rule of the list that cannot be met: a type or field that does not exist, a listed field whose
/// type is not kept, a listed type that nothing refers to.
pub fn trim(published: &Document, keep: &KeepList) -> Result<Document, Vec<String>> {
    let trimmer = Trimmer::new(published, keep);
    let mut part = Document::new();
    part.definitions = published
        .definitions
        .iter()
        .filter_map(|definition| trimmer.definition(definition))
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
    let errors = unmet(&trimmer.published, &part, keep);
    if errors.is_empty() {
        Ok(part)
    } else {
        Err(errors)
    }
}

/// The rules of `keep` that the published schema or the result does not meet.
fn unmet(published: &Types, part: &Document, keep: &KeepList) -> Vec<String> {
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
    let lost = keep
        .wanted()
        .filter(|(owner, field)| !has_field(&kept, owner, field))
        .map(|(owner, field)| {
            format!("{owner}.{field} is listed but does not exist or uses a type that is not kept")
        });
    let needless = keep
        .dropped()
        .filter(|(owner, field)| !has_field(published, owner, field))
        .map(|(owner, field)| format!("{owner}.{field} is dropped but does not exist"));
    missing_types.chain(lost).chain(needless).collect()
}

/// Whether `owner` has a field of that name, as an output or an input.
fn has_field(types: &Types, owner: &str, field: &str) -> bool {
    types.get(owner).is_some_and(|definition| {
        ast::fields(definition).iter().any(|f| f.name == *field)
            || ast::input_fields(definition)
                .iter()
                .any(|f| f.name == *field)
    })
}

/// Decides what stays.
struct Trimmer<'a> {
    published: Types<'a>,
    keep: &'a KeepList,
    kept: BTreeSet<&'a str>,
}

impl<'a> Trimmer<'a> {
    fn new(published: &'a Document, keep: &'a KeepList) -> Self {
        let published = ast::types(published);
        let kept = kept(&published, keep);
        Self {
            published,
            keep,
            kept,
        }
    }

    /// Whether a field or argument of this type can stay.
    fn knows(&self, name: &str) -> bool {
        ast::is_built_in(name)
            || self.kept.contains(name)
            || self.published.get(name).is_some_and(|d| ast::is_leaf(d))
    }

    /// The definition as it is kept, or nothing.
    fn definition(&self, definition: &Definition) -> Option<Definition> {
        if let Definition::SchemaDefinition(schema) = definition {
            let mut schema = (**schema).clone();
            schema
                .root_operations
                .retain(|operation| self.kept.contains(operation.1.as_str()));
            schema.description = None;
            schema.directives = DirectiveList::new();
            return Some(schema.into());
        }
        let name = definition.name()?.as_str();
        if !self.knows(name) {
            return None;
        }
        self.type_definition(name, definition)
    }

    fn type_definition(&self, name: &str, definition: &Definition) -> Option<Definition> {
        // A macro, because the definitions share no trait that has these two fields.
        macro_rules! bare {
            ($node:expr) => {{
                let mut bare = (**$node).clone();
                bare.description = None;
                bare.directives = DirectiveList::new();
                bare
            }};
        }
        Some(match definition {
            Definition::ScalarTypeDefinition(scalar) => bare!(scalar).into(),
            Definition::EnumTypeDefinition(r#enum) => {
                let mut bare = bare!(r#enum);
                bare.values = r#enum.values.iter().map(value).collect();
                bare.into()
            }
            Definition::ObjectTypeDefinition(object) => {
                let mut bare = bare!(object);
                bare.fields = self.fields(name, &object.fields);
                bare.implements_interfaces
                    .retain(|interface| self.knows(interface));
                bare.into()
            }
            Definition::InterfaceTypeDefinition(interface) => {
                let mut bare = bare!(interface);
                bare.fields = self.fields(name, &interface.fields);
                bare.implements_interfaces
                    .retain(|interface| self.knows(interface));
                bare.into()
            }
            Definition::UnionTypeDefinition(union) => {
                let mut bare = bare!(union);
                bare.members.retain(|member| self.knows(member));
                bare.into()
            }
            Definition::InputObjectTypeDefinition(input) => {
                let mut bare = bare!(input);
                bare.fields = self.inputs(name, &input.fields);
                bare.into()
            }
            _ => return None,
        })
    }

    /// The fields of `owner` that stay.
    fn fields(&self, owner: &str, fields: &[Node<FieldDefinition>]) -> Vec<Node<FieldDefinition>> {
        fields
            .iter()
            .filter(|field| {
                self.keep
                    .allows(owner, &field.name, field.directives.has("deprecated"))
                    && self.knows(field.ty.inner_named_type())
                    && required(&field.arguments).all(|name| self.knows(name))
            })
            .map(|field| {
                Node::new(FieldDefinition {
                    description: None,
                    name: field.name.clone(),
                    arguments: field
                        .arguments
                        .iter()
                        .filter(|argument| self.knows(argument.ty.inner_named_type()))
                        .map(bare_input)
                        .collect(),
                    ty: field.ty.clone(),
                    directives: DirectiveList::new(),
                })
            })
            .collect()
    }

    /// The fields of the input object `owner` that stay. A required one stays even when it is deprecated: without it
    /// no value of the type could be valid.
    fn inputs(
        &self,
        owner: &str,
        fields: &[Node<InputValueDefinition>],
    ) -> Vec<Node<InputValueDefinition>> {
        fields
            .iter()
            .filter(|field| {
                let dispensable = field.directives.has("deprecated") && !field.is_required();
                self.keep.allows(owner, &field.name, dispensable)
                    && self.knows(field.ty.inner_named_type())
            })
            .map(bare_input)
            .collect()
    }
}

/// The composite types that are kept, by the rules at the top of this module.
fn kept<'a>(published: &Types<'a>, keep: &KeepList) -> BTreeSet<&'a str> {
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
                    .chain(required(&field.arguments))
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

/// The types of the arguments that a caller must give.
fn required(arguments: &[Node<InputValueDefinition>]) -> impl Iterator<Item = &str> {
    arguments
        .iter()
        .filter(|argument| argument.is_required())
        .map(|argument| argument.ty.inner_named_type().as_str())
}

/// An argument or input field without prose and directives.
fn bare_input(input: &Node<InputValueDefinition>) -> Node<InputValueDefinition> {
    let mut bare = (**input).clone();
    bare.description = None;
    bare.directives = DirectiveList::new();
    Node::new(bare)
}

/// An enum value without prose and directives. Deprecated values stay: Linear may still answer with them.
fn value(value: &Node<EnumValueDefinition>) -> Node<EnumValueDefinition> {
    Node::new(EnumValueDefinition {
        description: None,
        value: value.value.clone(),
        directives: DirectiveList::new(),
    })
}

//! The schema the stand-in answers by, with the questions the rest of it asks.

use std::sync::{Arc, OnceLock};

use apollo_compiler::Schema;
use apollo_compiler::schema::{ExtendedType, FieldDefinition, Type};
use apollo_compiler::validation::Valid;

/// The part of Linear's schema that this package keeps (`linear/api.md` §0).
const EMBEDDED: &str = include_str!("../../schema/linear.graphql");

/// A schema that cannot be used: it does not parse, or it is not a valid schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the schema cannot be used: {0}")]
pub struct SchemaError(String);

/// A parsed and validated schema.
#[derive(Debug)]
pub struct Api {
    schema: Valid<Schema>,
}

/// What a named output type is to the resolvers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape<'a> {
    /// A scalar or an enum.
    Leaf,
    /// A connection, or a search payload, whose nodes have this type.
    Page(&'a str),
    /// Any other object.
    Object,
    /// An interface or a union: which object stands behind it is not stored.
    Abstract,
}

impl Api {
    /// Reads a schema in SDL. Errors when it is not a valid schema.
    pub fn parse(sdl: &str) -> Result<Self, SchemaError> {
        match Schema::parse_and_validate(sdl, "schema.graphql") {
            Ok(schema) => Ok(Self { schema }),
            Err(broken) => Err(SchemaError(broken.errors.to_string())),
        }
    }

    /// The embedded schema, parsed once per process.
    #[expect(
        clippy::expect_used,
        reason = "the text is a constant of the build; every test of the stand-in parses it"
    )]
    pub fn embedded() -> Arc<Self> {
        static PARSED: OnceLock<Arc<Api>> = OnceLock::new();
        Arc::clone(
            PARSED.get_or_init(|| {
                Arc::new(Self::parse(EMBEDDED).expect("the embedded schema is valid"))
            }),
        )
    }

    /// The schema itself, for apollo-compiler.
    pub(super) fn schema(&self) -> &Valid<Schema> {
        &self.schema
    }

    /// The definition of an object's field.
    pub(super) fn field(&self, kind: &str, field: &str) -> Option<&FieldDefinition> {
        Some(self.schema.get_object(kind)?.fields.get(field)?)
    }

    /// All fields of an object, with their types.
    pub(super) fn fields(&self, kind: &str) -> impl Iterator<Item = (&str, &Type)> {
        self.schema
            .get_object(kind)
            .into_iter()
            .flat_map(|object| object.fields.iter())
            .map(|(name, definition)| (name.as_str(), &definition.ty))
    }

    /// The type of a field of an input object.
    pub(super) fn input_type(&self, input: &str, field: &str) -> Option<&Type> {
        let definition = self.schema.get_input_object(input)?.fields.get(field)?;
        Some(&definition.ty)
    }

    /// Whether an input object of that name exists.
    pub(super) fn is_input(&self, name: &str) -> bool {
        self.schema.get_input_object(name).is_some()
    }

    /// The first value of an enum; `None` for anything else.
    pub(super) fn first_enum_value(&self, name: &str) -> Option<&str> {
        let values = &self.schema.get_enum(name)?.values;
        values.keys().next().map(|value| value.as_str())
    }

    /// What the type of that name is to the resolvers.
    pub(super) fn shape(&self, name: &str) -> Shape<'_> {
        match self.schema.types.get(name) {
            Some(ExtendedType::Object(object)) => match object.fields.get("nodes") {
                Some(nodes) => Shape::Page(nodes.ty.inner_named_type().as_str()),
                None => Shape::Object,
            },
            Some(ExtendedType::Interface(_) | ExtendedType::Union(_)) => Shape::Abstract,
            _ => Shape::Leaf,
        }
    }
}

/// The table in which entities of a type are stored: a search result is the entity itself.
pub(super) fn table(type_name: &str) -> &str {
    type_name
        .strip_suffix("SearchResult")
        .filter(|kind| !kind.is_empty() && *kind != "Semantic")
        .unwrap_or(type_name)
}

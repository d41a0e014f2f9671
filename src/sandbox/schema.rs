//! The schema that the stand-in serves: what its types are, and values in the types that its fields ask for.

use std::sync::{Arc, OnceLock};

use apollo_compiler::Schema;
use apollo_compiler::schema::{ExtendedType, FieldDefinition, Type};
use apollo_compiler::validation::Valid;
use serde_json::{Map, Value};

/// The part of Linear's schema that this package keeps (`linear/api.md` §0).
const EMBEDDED: &str = include_str!("../../schema/linear.graphql");

/// A schema that cannot be used, because its text does not parse or is not a valid schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the schema cannot be used: {0}")]
pub struct SchemaError(String);

/// A parsed and validated schema.
#[derive(Debug)]
pub struct LinearSchema {
    parsed: Valid<Schema>,
}

/// What a named output type is to the resolvers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TypeShape<'a> {
    /// A scalar or an enum.
    Leaf,
    /// A connection, or a search payload, whose nodes have this type.
    Page(&'a str),
    /// Any other object.
    Object,
    /// An interface or a union. The stand-in does not store which object stands behind it.
    Abstract,
}

impl LinearSchema {
    /// Parses a schema in SDL.
    ///
    /// # Errors
    /// A text that is not a valid schema.
    pub fn parse(sdl: &str) -> Result<Self, SchemaError> {
        match Schema::parse_and_validate(sdl, "schema.graphql") {
            Ok(parsed) => Ok(Self { parsed }),
            Err(invalid) => Err(SchemaError(invalid.errors.to_string())),
        }
    }

    /// Returns the embedded schema, which is parsed once per process.
    #[expect(
        clippy::expect_used,
        reason = "the text is a constant of the build; every test of the stand-in parses it"
    )]
    pub fn embedded() -> Arc<Self> {
        static PARSED: OnceLock<Arc<LinearSchema>> = OnceLock::new();
        Arc::clone(
            PARSED.get_or_init(|| {
                Arc::new(Self::parse(EMBEDDED).expect("the embedded schema is valid"))
            }),
        )
    }

    /// The schema in the form that apollo-compiler's functions take.
    pub(super) fn parsed(&self) -> &Valid<Schema> {
        &self.parsed
    }

    /// The definition of a field of an object type.
    pub(super) fn field(&self, kind: &str, field: &str) -> Option<&FieldDefinition> {
        Some(self.parsed.get_object(kind)?.fields.get(field)?)
    }

    /// The names of all fields of an object type, with the types of the fields.
    pub(super) fn fields(&self, kind: &str) -> impl Iterator<Item = (&str, &Type)> {
        self.parsed
            .get_object(kind)
            .into_iter()
            .flat_map(|object| object.fields.iter())
            .map(|(name, definition)| (name.as_str(), &definition.ty))
    }

    /// The type of a field of an input object.
    pub(super) fn input_type(&self, input: &str, field: &str) -> Option<&Type> {
        let definition = self.parsed.get_input_object(input)?.fields.get(field)?;
        Some(&definition.ty)
    }

    /// Whether an input object of this name exists.
    pub(super) fn is_input(&self, name: &str) -> bool {
        self.parsed.get_input_object(name).is_some()
    }

    /// Returns what the type of this name is to the resolvers.
    pub(super) fn shape(&self, name: &str) -> TypeShape<'_> {
        match self.parsed.types.get(name) {
            Some(ExtendedType::Object(object)) => match object.fields.get("nodes") {
                Some(nodes) => TypeShape::Page(nodes.ty.inner_named_type().as_str()),
                None => TypeShape::Object,
            },
            Some(ExtendedType::Interface(_) | ExtendedType::Union(_)) => TypeShape::Abstract,
            _ => TypeShape::Leaf,
        }
    }
}

/// Returns the type under which the entities of a type are stored: a search result is stored as the entity that it is.
pub(super) fn table(type_name: &str) -> &str {
    type_name
        .strip_suffix("SearchResult")
        .filter(|kind| !kind.is_empty() && *kind != "Semantic")
        .unwrap_or(type_name)
}

/// Returns the name of a type as the name of a field: `projectMilestone` for `ProjectMilestone`.
pub(super) fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// Returns a stored value in the form that the type of its field asks for. `Null` stands for a field that is not stored:
/// it stays null where the type allows that, and becomes 0, "", false, [], {} or the first value of the enum where it
/// does not.
pub(super) fn fit_to_type(schema: &LinearSchema, ty: &Type, value: Value) -> Value {
    if value.is_null() {
        return if ty.is_non_null() {
            default_value(schema, ty)
        } else {
            Value::Null
        };
    }
    match value {
        Value::Array(items) if ty.is_list() => {
            let item_type = ty.item_type();
            Value::Array(
                items
                    .into_iter()
                    .map(|value| fit_to_type(schema, item_type, value))
                    .collect(),
            )
        }
        // A `Float` needs a JSON number with a fraction and an `Int` one without, whichever way the number was stored.
        value => match ty.inner_named_type().as_str() {
            "Float" => value.as_f64().map_or(value, Value::from),
            "Int" => value.as_f64().map_or(value, whole_number),
            _ => value,
        },
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "an Int is within 32 bits, and the fraction is what is to be dropped"
)]
fn whole_number(float: f64) -> Value {
    Value::from(float as i64)
}

fn default_value(schema: &LinearSchema, ty: &Type) -> Value {
    if ty.is_list() {
        return Value::Array(Vec::new());
    }
    let named = ty.inner_named_type().as_str();
    let values = schema.parsed.get_enum(named).map(|named| &named.values);
    if let Some(first) = values.and_then(|values| values.keys().next()) {
        return first.as_str().into();
    }
    match named {
        "Int" => 0.into(),
        "Float" => 0.0.into(),
        "Boolean" => false.into(),
        "DateTime" => "1970-01-01T00:00:00.000Z".into(),
        "TimelessDate" => "1970-01-01".into(),
        "ID" | "UUID" => "00000000-0000-4000-8000-000000000000".into(),
        "JSON" | "JSONObject" => Value::Object(Map::new()),
        _ => "".into(),
    }
}

/// Returns a value with its numbers as JavaScript writes them: 2.0 becomes 2, at any depth.
pub(super) fn as_javascript(value: Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 1e15 => {
                whole_number(float)
            }
            _ => Value::Number(number),
        },
        Value::Array(items) => Value::Array(items.into_iter().map(as_javascript).collect()),
        Value::Object(map) => Value::Object(
            map.into_iter()
                .map(|(key, value)| (key, as_javascript(value)))
                .collect(),
        ),
        other => other,
    }
}

//! The resolvers: records as apollo-compiler's executor wants them.

use std::cell::{Ref, RefCell};

use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::schema::FieldDefinition;
use serde_json::{Map, Value};

use super::api::{Api, Shape, table};
use super::connection::{Connection, connection};
use super::orders::{FIRST, Orders};
use super::page::Page;
use super::refusal::Refusal;
use super::store::{Record, Store};
use super::world::{World, is_hidden};
use super::{defaults, relations};

/// One request being executed.
pub(super) struct Context<'s> {
    pub(super) api: &'s Api,
    pub(super) store: &'s RefCell<Store>,
    pub(super) orders: &'s Orders,
    /// What resolvers refused, in order. The executor carries a number into this list in the error's message.
    refusals: RefCell<Vec<Refusal>>,
}

/// A field's value, detached from the workspace.
pub(super) enum Found<'s> {
    Leaf(Value),
    Leaves(Vec<Value>),
    One(&'s str, Record),
    Many(&'s str, Vec<Record>),
    Page(&'s str, Page),
}

impl<'s> Context<'s> {
    pub(super) fn new(api: &'s Api, store: &'s RefCell<Store>, orders: &'s Orders) -> Self {
        Self {
            api,
            store,
            orders,
            refusals: RefCell::default(),
        }
    }

    pub(super) fn world<'w>(&'w self, store: &'w Ref<'_, Store>) -> World<'w> {
        World {
            api: self.api,
            store,
        }
    }

    /// Keeps a refusal for the answer and gives the error that stands for it.
    pub(super) fn refuse(&self, refusal: Refusal) -> FieldError {
        let mut refusals = self.refusals.borrow_mut();
        refusals.push(refusal);
        FieldError {
            message: (refusals.len() - 1).to_string(),
        }
    }

    /// The refusal that an error of the executor stands for; `None` for the executor's own errors.
    pub(super) fn refusal(&self, message: &str) -> Option<Refusal> {
        let number: usize = message.strip_prefix("resolver error: ")?.parse().ok()?;
        self.refusals.borrow().get(number).cloned()
    }

    /// Follows the path of the field that is ordered to fail into the field being resolved.
    ///
    /// `path` leads on from the object that has the field. What is returned leads on from the field's own value, and is
    /// empty when the path does not lead there. Errors when the path ends at this field, and the executor nulls the
    /// field, or what is around it, by the schema.
    pub(super) fn follow<'a>(
        &self,
        path: &'a [String],
        info: &ResolveInfo<'_>,
    ) -> Result<&'a [String], FieldError> {
        let Some((step, rest)) = path.split_first() else {
            return Ok(&[]);
        };
        if !self.leads_to(step, rest.is_empty(), info) {
            return Ok(&[]);
        }
        match rest {
            [] => match self.orders.fail_once() {
                Some(refusal) => Err(self.refuse(refusal)),
                None => Ok(&[]),
            },
            rest => Ok(rest),
        }
    }

    /// Whether a step of a path names the field being resolved, by its name or its alias. The step for the first field
    /// means the first one of all at the end of the path, and before its end the first one that has fields.
    fn leads_to(&self, step: &str, is_last: bool, info: &ResolveInfo<'_>) -> bool {
        if step == FIRST {
            let inner = info.field_definition().ty.inner_named_type().as_str();
            return is_last || self.api.shape(inner) != Shape::Leaf;
        }
        let selected = info.field_selections().first();
        let key = selected.map(|field| field.response_key().as_str());
        step == info.field_name() || Some(step) == key
    }

    /// The found value as a resolved one. `path` leads from it to the field that is ordered to fail.
    pub(super) fn resolved<'a>(
        &'a self,
        found: Found<'a>,
        path: &'a [String],
    ) -> ResolvedValue<'a> {
        match found {
            Found::Leaf(value) => ResolvedValue::leaf(value),
            Found::Leaves(values) => {
                ResolvedValue::list(values.into_iter().map(ResolvedValue::leaf))
            }
            Found::One(type_name, record) => self.object(type_name, record, path),
            Found::Many(type_name, records) => {
                let objects = records.into_iter();
                ResolvedValue::list(objects.map(|record| self.object(type_name, record, path)))
            }
            Found::Page(type_name, page) => ResolvedValue::object(Connection {
                context: self,
                type_name,
                page,
                path,
            }),
        }
    }

    /// A record as an object of that type. `path` leads from it to the field that is ordered to fail.
    pub(super) fn object<'a>(
        &'a self,
        type_name: &'a str,
        record: Record,
        path: &'a [String],
    ) -> ResolvedValue<'a> {
        ResolvedValue::object(Entity {
            context: self,
            type_name,
            record,
            path,
        })
    }
}

/// The coerced arguments of the field being resolved.
pub(super) fn arguments(info: &ResolveInfo<'_>) -> Map<String, Value> {
    match serde_json::to_value(info.arguments()) {
        Ok(Value::Object(arguments)) => arguments,
        _ => Map::new(),
    }
}

/// A record under the name of a type of the schema.
struct Entity<'a> {
    context: &'a Context<'a>,
    type_name: &'a str,
    record: Record,
    /// Leads to the field that is ordered to fail; empty when it is elsewhere.
    path: &'a [String],
}

impl ObjectValue for Entity<'_> {
    fn type_name(&self) -> &str {
        self.type_name
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        let path = self.context.follow(self.path, info)?;
        let kind = table(self.type_name);
        let args = arguments(info);
        let found = {
            let store = self.context.store.borrow();
            let world = self.context.world(&store);
            field(&world, kind, &self.record, info.field_definition(), &args)
        };
        match found {
            Ok(found) => Ok(self.context.resolved(found, path)),
            Err(refusal) => Err(self.context.refuse(refusal)),
        }
    }
}

/// The value of a record's field, whatever its type.
fn field<'d>(
    world: &World<'_>,
    kind: &str,
    record: &Record,
    definition: &'d FieldDefinition,
    args: &Map<String, Value>,
) -> Result<Found<'d>, Refusal> {
    let name = definition.name.as_str();
    let ty = &definition.ty;
    let inner = ty.inner_named_type().as_str();
    match world.api.shape(inner) {
        Shape::Leaf => {
            let value = world.leaf(kind, record, name);
            Ok(leaf(world, definition, value))
        }
        Shape::Page(node) => {
            let page = connection(
                world,
                world.many(kind, record, name),
                table(node),
                definition,
                args,
            )?;
            Ok(Found::Page(inner, page))
        }
        _ if ty.is_list() => Ok(list(world, kind, record, definition)),
        _ => match embedded(record, name) {
            Some(value) => Ok(Found::One(inner, value)),
            None => match world.one(kind, record, name) {
                Some(other) => Ok(Found::One(inner, other.clone())),
                None => Ok(missing(world, definition)),
            },
        },
    }
}

/// A scalar, an enum or a list of them, in the type that the field has.
pub(super) fn leaf<'d>(world: &World<'_>, definition: &FieldDefinition, value: Value) -> Found<'d> {
    match defaults::fit(world.api, &definition.ty, value) {
        // A scalar may be an array inside (`JSON`), and is none of the executor's business then.
        Value::Array(values) if definition.ty.is_list() => Found::Leaves(values),
        value => Found::Leaf(value),
    }
}

/// A plain list of objects: stored as such, or a to-many relation without pages.
fn list<'d>(
    world: &World<'_>,
    kind: &str,
    record: &Record,
    definition: &'d FieldDefinition,
) -> Found<'d> {
    let name = definition.name.as_str();
    let inner = definition.ty.inner_named_type().as_str();
    if let Some(Value::Array(items)) = record.get(name) {
        let records = items.iter().filter_map(|item| item.as_object().cloned());
        return Found::Many(inner, records.collect());
    }
    let others = world.many(kind, record, name);
    if others.is_empty() && !definition.ty.is_non_null() {
        return Found::Leaf(Value::Null);
    }
    let shown = others.into_iter().filter(|other| !is_hidden(other));
    Found::Many(inner, shown.cloned().collect())
}

/// An object that is stored inside its owner (`uploadFile`).
fn embedded(record: &Record, field: &str) -> Option<Record> {
    record.get(field)?.as_object().cloned()
}

/// What stands where nothing is stored: null, or an object of defaults when null is not allowed.
///
/// An entity of a kind that the stand-in does keep is never made up; its absence is an error, as it is at Linear.
pub(super) fn missing<'d>(world: &World<'_>, definition: &'d FieldDefinition) -> Found<'d> {
    let inner = definition.ty.inner_named_type().as_str();
    let kept = relations::is_kept(table(inner)) || world.api.shape(inner) == Shape::Abstract;
    if !definition.ty.is_non_null() || kept {
        return Found::Leaf(Value::Null);
    }
    Found::One(inner, Record::new())
}

//! The root fields: queries by their type, mutations through `mutate`.

use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::schema::FieldDefinition;
use serde_json::{Map, Value, json};

use super::api::{Shape, table};
use super::connection::{connection, filter};
use super::limits;
use super::object::{Context, Found, arguments, leaf, missing};
use super::page::flag;
use super::refusal::Refusal;
use super::store::{Record, text};
use super::world::{World, is_hidden};
use super::{identifier, lookup, mutate, relations, search};

/// The root object of an operation.
pub(super) struct Root<'s> {
    pub(super) context: &'s Context<'s>,
    pub(super) mutation: bool,
}

impl ObjectValue for Root<'_> {
    fn type_name(&self) -> &str {
        if self.mutation { "Mutation" } else { "Query" }
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        let args = arguments(info);
        let definition = info.field_definition();
        let selected = info.field_selections().first();
        let key = selected.map_or("", |field| field.response_key().as_str());
        let orders = self.context.orders;
        orders.begin(key);
        match self.found(definition, key, &args) {
            Ok(found) => {
                let path = orders.path_below(definition.name.as_str(), key);
                Ok(self.context.resolved(found, path))
            }
            Err(refusal) => Err(self.context.refuse(refusal)),
        }
    }
}

impl Root<'_> {
    fn found<'d>(
        &self,
        definition: &'d FieldDefinition,
        key: &str,
        args: &Map<String, Value>,
    ) -> Result<Found<'d>, Refusal> {
        let name = definition.name.as_str();
        if self.mutation {
            let mut payload = self.mutate(name, key, args)?;
            let type_name = definition.ty.inner_named_type().as_str();
            if self.context.orders.hides_entity(name, key) {
                self.hide_entity(type_name, &mut payload);
            }
            return Ok(Found::One(type_name, payload));
        }
        let store = self.context.store.borrow();
        self.context.orders.allow(name, key)?;
        query(&self.context.world(&store), definition, args)
    }

    /// Runs one mutation and gives its payload.
    fn mutate(&self, name: &str, key: &str, args: &Map<String, Value>) -> Result<Record, Refusal> {
        let mut store = self.context.store.borrow_mut();
        self.context.orders.allow(name, key)?;
        if self.context.orders.fails_quietly(name, key) {
            let mut payload = Record::new();
            payload.insert("success".into(), false.into());
            return Ok(payload);
        }
        mutate::run(&mut store, name, args).unwrap_or_else(|| Err(Refusal::not_modelled(name)))
    }

    /// Takes the entities out of a payload that may be null in it.
    fn hide_entity(&self, type_name: &str, payload: &mut Record) {
        let api = self.context.api;
        for (field, ty) in api.fields(type_name) {
            let inner = ty.inner_named_type().as_str();
            if !ty.is_non_null() && api.shape(inner) == Shape::Object {
                payload.remove(&format!("{field}Id"));
            }
        }
    }
}

/// The value of a field of `Query`.
fn query<'d>(
    world: &World<'_>,
    definition: &'d FieldDefinition,
    args: &Map<String, Value>,
) -> Result<Found<'d>, Refusal> {
    let name = definition.name.as_str();
    let inner = definition.ty.inner_named_type().as_str();
    let argument = |name: &str| args.get(name).and_then(Value::as_str);
    match name {
        "viewer" => optional(inner, identifier::viewer(world.store)),
        "organization" => optional(inner, world.store.all("Organization").next()),
        "issueVcsBranchSearch" => {
            let branch = argument("branchName").unwrap_or_default();
            optional(inner, lookup::by_branch(world.store, branch))
        }
        "issuePriorityValues" => Ok(Found::Many(inner, priorities())),
        "rateLimitStatus" => Ok(Found::One(inner, limits::status())),
        "searchIssues" | "searchProjects" | "searchDocuments" => {
            let filter = filter(world, definition, args)?;
            let Shape::Page(node) = world.api.shape(inner) else {
                return Err(Refusal::not_modelled(name));
            };
            let kind = table(node);
            let page = search::run(world, kind, args, |record| filter.admits(kind, record))?;
            Ok(Found::Page(inner, page))
        }
        _ => by_type(world, definition, args),
    }
}

/// A root field that is what its type says: a list of everything, one entity by its id, or nothing we keep.
fn by_type<'d>(
    world: &World<'_>,
    definition: &'d FieldDefinition,
    args: &Map<String, Value>,
) -> Result<Found<'d>, Refusal> {
    let ty = &definition.ty;
    let inner = ty.inner_named_type().as_str();
    match world.api.shape(inner) {
        Shape::Page(node) => {
            let kind = table(node);
            let listed = world
                .store
                .all(kind)
                .filter(|record| lists(record, definition, args));
            let page = connection(world, listed.collect(), kind, definition, args)?;
            Ok(Found::Page(inner, page))
        }
        Shape::Leaf => Ok(leaf(world, definition, Value::Null)),
        _ if ty.is_list() => {
            let all = world.store.all(inner).filter(|record| !is_hidden(record));
            Ok(Found::Many(inner, all.cloned().collect()))
        }
        _ => match args.get("id").and_then(Value::as_str) {
            Some(id) => optional(inner, Some(lookup::find(world.store, table(inner), id)?)),
            None if relations::is_kept(table(inner)) => Err(Refusal::not_found(inner)),
            None => Ok(missing(world, definition)),
        },
    }
}

/// Whether a root list has the record at all, before any filter: what the arguments besides `filter` say.
fn lists(record: &Record, definition: &FieldDefinition, args: &Map<String, Value>) -> bool {
    match definition.name.as_str() {
        "users" => {
            let active = record.get("active").and_then(Value::as_bool);
            active != Some(false) || flag(args, "includeDisabled")
        }
        "attachmentsForURL" => text(record, "url") == args.get("url").and_then(Value::as_str),
        _ => true,
    }
}

fn optional<'d>(type_name: &'d str, record: Option<&Record>) -> Result<Found<'d>, Refusal> {
    Ok(match record {
        Some(record) => Found::One(type_name, record.clone()),
        None => Found::Leaf(Value::Null),
    })
}

/// `issuePriorityValues` (`linear/api.md` §6, "Misc").
fn priorities() -> Vec<Record> {
    let labels = ["No priority", "Urgent", "High", "Medium", "Low"];
    let values = labels.iter().enumerate().map(|(priority, label)| {
        let value = json!({ "priority": priority, "label": label });
        value.as_object().cloned().unwrap_or_default()
    });
    values.collect()
}

//! The resolvers: root fields, records, connections and edges as apollo-compiler's executor wants them.
//!
//! A root field of `Query` is resolved by its name ([`query`]) or by its type ([`query_by_type`]). A root field of
//! `Mutation` runs in `mutate`, and its payload is a record like any other. Every field below is resolved by its type
//! ([`field_value`]).

use std::cell::{Ref, RefCell};

use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::schema::FieldDefinition;
use serde_json::{Map, Value, json};

use super::page::{Page, flag, list_page, search_page};
use super::refusal::Refusal;
use super::schema::{LinearSchema, TypeShape, fit_to_type, table};
use super::script::{FIRST, Overrides};
use super::store::{Record, Store, text};
use super::workspace::{Workspace, is_hidden, is_stored};
use super::{custom_view, derived, identifier, mutate, reply};

/// One request that is being executed.
pub(super) struct ExecutionContext<'s> {
    pub(super) schema: &'s LinearSchema,
    store: &'s RefCell<Store>,
    overrides: &'s Overrides,
    /// The refusals of resolvers, in order. The executor carries the index into this list in the message of its error.
    refusals: RefCell<Vec<Refusal>>,
}

/// The value of a field, detached from the workspace.
enum FieldValue<'s> {
    /// A scalar or an enum.
    Leaf(Value),
    /// A list of scalars or enums.
    Leaves(Vec<Value>),
    /// An object of this type.
    One(&'s str, Record),
    /// A plain list of objects of this type.
    Many(&'s str, Vec<Record>),
    /// A connection or a search payload of this type.
    Page(&'s str, Page),
}

impl<'s> ExecutionContext<'s> {
    pub(super) fn new(
        schema: &'s LinearSchema,
        store: &'s RefCell<Store>,
        overrides: &'s Overrides,
    ) -> Self {
        Self {
            schema,
            store,
            overrides,
            refusals: RefCell::default(),
        }
    }

    fn workspace<'w>(&'w self, store: &'w Ref<'_, Store>) -> Workspace<'w> {
        Workspace {
            schema: self.schema,
            store,
        }
    }

    /// Keeps a refusal for the answer and returns the executor's error that stands for it.
    fn refuse(&self, refusal: Refusal) -> FieldError {
        let mut refusals = self.refusals.borrow_mut();
        refusals.push(refusal);
        FieldError {
            message: (refusals.len() - 1).to_string(),
        }
    }

    /// Returns the refusal that an error of the executor stands for; `None` for the executor's own errors.
    pub(super) fn refusal(&self, message: &str) -> Option<Refusal> {
        let index: usize = message.strip_prefix("resolver error: ")?.parse().ok()?;
        self.refusals.borrow().get(index).cloned()
    }

    /// Follows the path to the field that is ordered to fail by one step, into the field that is being resolved.
    ///
    /// `path` leads on from the object that has the field. The returned path leads on from the field's value; it is
    /// empty when the path does not lead through this field.
    ///
    /// # Errors
    /// The ordered failure, when the path ends at this field. The executor then nulls the field, or the nearest field
    /// around it that may be null.
    fn follow<'a>(
        &self,
        path: &'a [String],
        info: &ResolveInfo<'_>,
    ) -> Result<&'a [String], FieldError> {
        let Some((step, rest)) = path.split_first() else {
            return Ok(&[]);
        };
        if !self.is_step_to(step, rest.is_empty(), info) {
            return Ok(&[]);
        }
        match rest {
            [] => match self.overrides.fail_once() {
                Some(refusal) => Err(self.refuse(refusal)),
                None => Ok(&[]),
            },
            rest => Ok(rest),
        }
    }

    /// Whether a step of a path names the field that is being resolved, by its name or its alias. [`FIRST`] means the
    /// first field of all at the end of the path, and before the end the first field that has fields itself.
    fn is_step_to(&self, step: &str, is_last: bool, info: &ResolveInfo<'_>) -> bool {
        if step == FIRST {
            let inner = info.field_definition().ty.inner_named_type().as_str();
            return is_last || self.schema.shape(inner) != TypeShape::Leaf;
        }
        let selected = info.field_selections().first();
        let key = selected.map(|field| field.response_key().as_str());
        step == info.field_name() || Some(step) == key
    }

    /// Returns a field's value as the executor wants it. `path` leads from the value to the field that is ordered to
    /// fail.
    fn resolve<'a>(&'a self, value: FieldValue<'a>, path: &'a [String]) -> ResolvedValue<'a> {
        match value {
            FieldValue::Leaf(value) => ResolvedValue::leaf(value),
            FieldValue::Leaves(values) => {
                ResolvedValue::list(values.into_iter().map(ResolvedValue::leaf))
            }
            FieldValue::One(type_name, record) => self.object(type_name, record, path),
            FieldValue::Many(type_name, records) => {
                let objects = records.into_iter();
                ResolvedValue::list(objects.map(|record| self.object(type_name, record, path)))
            }
            FieldValue::Page(type_name, page) => ResolvedValue::object(ConnectionResolver {
                context: self,
                type_name,
                page,
                path,
            }),
        }
    }

    /// Returns a record as an object of this type. `path` leads from the object to the field that is ordered to fail.
    fn object<'a>(
        &'a self,
        type_name: &'a str,
        record: Record,
        path: &'a [String],
    ) -> ResolvedValue<'a> {
        ResolvedValue::object(EntityResolver {
            context: self,
            type_name,
            record,
            path,
        })
    }
}

/// Returns the coerced arguments of the field that is being resolved.
fn read_arguments(info: &ResolveInfo<'_>) -> Map<String, Value> {
    match serde_json::to_value(info.arguments()) {
        Ok(Value::Object(arguments)) => arguments,
        _ => Map::new(),
    }
}

/// The root object of an operation.
pub(super) struct RootResolver<'s> {
    pub(super) context: &'s ExecutionContext<'s>,
    pub(super) is_mutation: bool,
}

impl ObjectValue for RootResolver<'_> {
    fn type_name(&self) -> &str {
        if self.is_mutation {
            "Mutation"
        } else {
            "Query"
        }
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        let args = read_arguments(info);
        let definition = info.field_definition();
        let selected = info.field_selections().first();
        let key = selected.map_or("", |field| field.response_key().as_str());
        let overrides = self.context.overrides;
        overrides.begin(key);
        match self.root_value(definition, key, &args) {
            Ok(value) => {
                let path = overrides.path_below(definition.name.as_str(), key);
                Ok(self.context.resolve(value, path))
            }
            Err(refusal) => Err(self.context.refuse(refusal)),
        }
    }
}

impl RootResolver<'_> {
    /// Returns the value of the root field that answers under this key: the data of a query, or the payload of a
    /// mutation that is run now.
    fn root_value<'d>(
        &self,
        definition: &'d FieldDefinition,
        key: &str,
        args: &Map<String, Value>,
    ) -> Result<FieldValue<'d>, Refusal> {
        let name = definition.name.as_str();
        let overrides = self.context.overrides;
        if !self.is_mutation {
            let store = self.context.store.borrow();
            overrides.check_allowed(name, key)?;
            return query(&self.context.workspace(&store), definition, args);
        }
        let mut store = self.context.store.borrow_mut();
        overrides.check_allowed(name, key)?;
        let type_name = definition.ty.inner_named_type().as_str();
        let mut payload = if overrides.is_unsuccessful(name, key) {
            Record::from_iter([("success".to_owned(), false.into())])
        } else {
            let outcome = mutate::run(&mut store, name, args);
            outcome.unwrap_or_else(|| Err(Refusal::not_modelled(name)))?
        };
        if overrides.nulls_entity(name, key) {
            // Only the entities that may be null in the payload are taken out of it.
            let schema = self.context.schema;
            for (field, ty) in schema.fields(type_name) {
                let inner = ty.inner_named_type().as_str();
                if !ty.is_non_null() && schema.shape(inner) == TypeShape::Object {
                    payload.remove(&format!("{field}Id"));
                }
            }
        }
        Ok(FieldValue::One(type_name, payload))
    }
}

/// Returns the value of a root field of `Query`.
fn query<'d>(
    workspace: &Workspace<'_>,
    definition: &'d FieldDefinition,
    args: &Map<String, Value>,
) -> Result<FieldValue<'d>, Refusal> {
    let name = definition.name.as_str();
    let inner = definition.ty.inner_named_type().as_str();
    let store = workspace.store;
    match name {
        "viewer" => Ok(one_or_null(inner, identifier::viewer(store))),
        "organization" => Ok(one_or_null(inner, store.all("Organization").next())),
        "issueVcsBranchSearch" => {
            let branch = args.get("branchName").and_then(Value::as_str);
            let issue = identifier::issue_of_branch(store, branch.unwrap_or_default());
            Ok(one_or_null(inner, issue))
        }
        "issuePriorityValues" => {
            // `linear/api.md` §6, "Misc".
            let labels = ["No priority", "Urgent", "High", "Medium", "Low"];
            let values = labels.iter().enumerate().map(|(priority, label)| {
                let value = json!({ "priority": priority, "label": label });
                value.as_object().cloned().unwrap_or_default()
            });
            Ok(FieldValue::Many(inner, values.collect()))
        }
        "rateLimitStatus" => Ok(FieldValue::One(inner, reply::rate_limit_status())),
        "searchIssues" | "searchProjects" | "searchDocuments" => {
            let TypeShape::Page(node) = workspace.schema.shape(inner) else {
                return Err(Refusal::not_modelled(name));
            };
            let page = search_page(workspace, table(node), definition, args)?;
            Ok(FieldValue::Page(inner, page))
        }
        _ => query_by_type(workspace, definition, args),
    }
}

/// Returns the value of a root field whose type says what it is: a list of everything, one entity by its id, or
/// something that the stand-in does not store.
fn query_by_type<'d>(
    workspace: &Workspace<'_>,
    definition: &'d FieldDefinition,
    args: &Map<String, Value>,
) -> Result<FieldValue<'d>, Refusal> {
    let ty = &definition.ty;
    let inner = ty.inner_named_type().as_str();
    let store = workspace.store;
    match workspace.schema.shape(inner) {
        TypeShape::Page(node) => {
            let kind = table(node);
            let listed = store
                .all(kind)
                .filter(|record| is_listed(store, record, definition, args));
            let page = list_page(workspace, listed.collect(), kind, definition, args)?;
            Ok(FieldValue::Page(inner, page))
        }
        TypeShape::Leaf => Ok(leaf_value(workspace, definition, Value::Null)),
        _ if ty.is_list() => {
            let shown = store.all(inner).filter(|record| !is_hidden(record));
            Ok(FieldValue::Many(inner, shown.cloned().collect()))
        }
        _ => match args.get("id").and_then(Value::as_str) {
            Some(id) => {
                let record = identifier::find_entity(store, table(inner), id)?;
                Ok(one_or_null(inner, Some(record)))
            }
            None if is_stored(table(inner)) => Err(Refusal::not_found(inner)),
            None => Ok(missing_value(workspace, definition)),
        },
    }
}

/// Whether a root list has the record before any filter, by the arguments besides `filter`.
fn is_listed(
    store: &Store,
    record: &Record,
    definition: &FieldDefinition,
    args: &Map<String, Value>,
) -> bool {
    match definition.name.as_str() {
        "customViews" => custom_view::is_visible(store, record),
        "attachmentsForURL" => text(record, "url") == args.get("url").and_then(Value::as_str),
        _ => is_shown_user(record, definition, args),
    }
}

/// Whether a list of users has the record: a list that takes `includeDisabled` leaves out deactivated users unless that
/// is true. All other lists have every record.
fn is_shown_user(record: &Record, definition: &FieldDefinition, args: &Map<String, Value>) -> bool {
    let is_active = record.get("active").and_then(Value::as_bool) != Some(false);
    is_active
        || definition.argument_by_name("includeDisabled").is_none()
        || flag(args, "includeDisabled")
}

fn one_or_null<'d>(type_name: &'d str, record: Option<&Record>) -> FieldValue<'d> {
    match record {
        Some(record) => FieldValue::One(type_name, record.clone()),
        None => FieldValue::Leaf(Value::Null),
    }
}

/// A record as an object of a type of the schema.
struct EntityResolver<'a> {
    context: &'a ExecutionContext<'a>,
    type_name: &'a str,
    record: Record,
    /// Leads to the field that is ordered to fail; empty when that field is elsewhere.
    path: &'a [String],
}

impl ObjectValue for EntityResolver<'_> {
    fn type_name(&self) -> &str {
        self.type_name
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        let path = self.context.follow(self.path, info)?;
        let kind = table(self.type_name);
        let args = read_arguments(info);
        let value = {
            let store = self.context.store.borrow();
            let workspace = self.context.workspace(&store);
            field_value(
                &workspace,
                kind,
                &self.record,
                info.field_definition(),
                &args,
            )
        };
        match value {
            Ok(value) => Ok(self.context.resolve(value, path)),
            Err(refusal) => Err(self.context.refuse(refusal)),
        }
    }
}

/// Returns the value of a record's field, by the type of the field.
fn field_value<'d>(
    workspace: &Workspace<'_>,
    kind: &str,
    record: &Record,
    definition: &'d FieldDefinition,
    args: &Map<String, Value>,
) -> Result<FieldValue<'d>, Refusal> {
    let name = definition.name.as_str();
    let ty = &definition.ty;
    let inner = ty.inner_named_type().as_str();
    match workspace.schema.shape(inner) {
        TypeShape::Leaf => {
            let value = workspace.scalar(kind, record, name);
            Ok(leaf_value(workspace, definition, value))
        }
        TypeShape::Page(node) => {
            let computed = derived::computed_entities(workspace, kind, record, name);
            let entities: Vec<&Record> = match &computed {
                Some(entities) => entities.iter().collect(),
                None if kind == "CustomView" => {
                    custom_view::listed_entities(workspace, record, name, args)?
                }
                None => workspace.related_entities(kind, record, name),
            };
            let shown = entities.into_iter();
            let entities = shown.filter(|entity| is_shown_user(entity, definition, args));
            let entities = entities.collect();
            let page = list_page(workspace, entities, table(node), definition, args)?;
            Ok(FieldValue::Page(inner, page))
        }
        _ if ty.is_list() => Ok(list_value(workspace, kind, record, definition)),
        _ => {
            // An object may be stored inside its owner (`uploadFile`).
            let embedded = record.get(name).and_then(Value::as_object);
            match embedded.or_else(|| workspace.related_entity(kind, record, name)) {
                Some(object) => Ok(FieldValue::One(inner, object.clone())),
                None => Ok(missing_value(workspace, definition)),
            }
        }
    }
}

/// Returns a scalar, an enum or a list of them in the type of its field.
fn leaf_value<'d>(
    workspace: &Workspace<'_>,
    definition: &FieldDefinition,
    value: Value,
) -> FieldValue<'d> {
    match fit_to_type(workspace.schema, &definition.ty, value) {
        // A scalar may contain an array (`JSON`), which is not a list to the executor.
        Value::Array(values) if definition.ty.is_list() => FieldValue::Leaves(values),
        value => FieldValue::Leaf(value),
    }
}

/// Returns a plain list of objects: a stored list, or a to-many relation without pages.
fn list_value<'d>(
    workspace: &Workspace<'_>,
    kind: &str,
    record: &Record,
    definition: &'d FieldDefinition,
) -> FieldValue<'d> {
    let name = definition.name.as_str();
    let inner = definition.ty.inner_named_type().as_str();
    if let Some(Value::Array(items)) = record.get(name) {
        let records = items.iter().filter_map(|item| item.as_object().cloned());
        return FieldValue::Many(inner, records.collect());
    }
    let entities = workspace.related_entities(kind, record, name);
    if entities.is_empty() && !definition.ty.is_non_null() {
        return FieldValue::Leaf(Value::Null);
    }
    let shown = entities.into_iter().filter(|entity| !is_hidden(entity));
    FieldValue::Many(inner, shown.cloned().collect())
}

/// Returns the value of an object field of which nothing is stored: null, or an object of defaults where null is not
/// allowed.
///
/// An entity of a type that the stand-in stores is never made up. Its absence is an error, as it is at Linear.
fn missing_value<'d>(workspace: &Workspace<'_>, definition: &'d FieldDefinition) -> FieldValue<'d> {
    let inner = definition.ty.inner_named_type().as_str();
    let is_abstract = workspace.schema.shape(inner) == TypeShape::Abstract;
    if !definition.ty.is_non_null() || is_stored(table(inner)) || is_abstract {
        return FieldValue::Leaf(Value::Null);
    }
    FieldValue::One(inner, Record::new())
}

/// A connection, or a search payload.
struct ConnectionResolver<'a> {
    context: &'a ExecutionContext<'a>,
    type_name: &'a str,
    page: Page,
    /// Leads to the field that is ordered to fail; empty when that field is elsewhere.
    path: &'a [String],
}

impl ObjectValue for ConnectionResolver<'_> {
    fn type_name(&self) -> &str {
        self.type_name
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        let path = self.context.follow(self.path, info)?;
        let inner = info.field_definition().ty.inner_named_type().as_str();
        let items = &self.page.items;
        Ok(match info.field_name() {
            "nodes" => ResolvedValue::list(
                items
                    .iter()
                    .map(|(_, record)| self.context.object(inner, record.clone(), path)),
            ),
            "edges" => ResolvedValue::list(items.iter().map(|(cursor, record)| {
                ResolvedValue::object(EdgeResolver {
                    context: self.context,
                    type_name: inner,
                    cursor,
                    record,
                    path,
                })
            })),
            "pageInfo" => {
                let cursor = |item: Option<&(String, Record)>| match item {
                    Some((cursor, _)) => Value::from(cursor.as_str()),
                    None => Value::Null,
                };
                let page_info = Record::from_iter([
                    ("hasNextPage".to_owned(), self.page.has_next.into()),
                    ("hasPreviousPage".to_owned(), self.page.has_previous.into()),
                    ("startCursor".to_owned(), cursor(items.first())),
                    ("endCursor".to_owned(), cursor(items.last())),
                ]);
                self.context.object(inner, page_info, path)
            }
            // `totalCount` is a `Float` in Linear's schema.
            "totalCount" => {
                let total = u32::try_from(self.page.total).unwrap_or(u32::MAX);
                ResolvedValue::leaf(f64::from(total))
            }
            _ => self.context.object(inner, Record::new(), path),
        })
    }
}

/// A node of a connection with its cursor.
struct EdgeResolver<'a> {
    context: &'a ExecutionContext<'a>,
    type_name: &'a str,
    cursor: &'a str,
    record: &'a Record,
    /// Leads to the field that is ordered to fail; empty when that field is elsewhere.
    path: &'a [String],
}

impl ObjectValue for EdgeResolver<'_> {
    fn type_name(&self) -> &str {
        self.type_name
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        let path = self.context.follow(self.path, info)?;
        let inner = info.field_definition().ty.inner_named_type().as_str();
        Ok(match info.field_name() {
            "cursor" => ResolvedValue::leaf(self.cursor),
            _ => self.context.object(inner, self.record.clone(), path),
        })
    }
}

//! Connections: which records a page is cut from, and the page as the executor wants it.

use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::schema::FieldDefinition;
use serde_json::{Map, Value};

use super::filter::Filter;
use super::object::Context;
use super::page::{Page, PageArgs};
use super::refusal::Refusal;
use super::store::Record;
use super::world::{World, is_hidden};

/// One page of the entities of type `kind`, filtered by the `filter` argument.
pub(super) fn connection(
    world: &World<'_>,
    records: Vec<&Record>,
    kind: &str,
    definition: &FieldDefinition,
    args: &Map<String, Value>,
) -> Result<Page, Refusal> {
    let page = PageArgs::read(args)?;
    let filter = filter(world, definition, args)?;
    if args.get("sort").is_some_and(|sort| !sort.is_null()) {
        return Err(Refusal::invalid("The stand-in does not know `sort`"));
    }
    let shown = records.into_iter().filter(|record| {
        (page.include_archived || !is_hidden(record)) && filter.admits(kind, record)
    });
    let keyed = shown.map(|record| (page.key(record), record)).collect();
    Ok(page.cut(keyed))
}

/// The `filter` argument of a field, checked.
pub(super) fn filter<'w>(
    world: &World<'w>,
    definition: &'w FieldDefinition,
    args: &'w Map<String, Value>,
) -> Result<Filter<'w>, Refusal> {
    let input = definition
        .argument_by_name("filter")
        .map_or("", |argument| argument.ty.inner_named_type().as_str());
    Filter::new(*world, input, args.get("filter"))
}

/// A connection, or a search payload.
pub(super) struct Connection<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) type_name: &'a str,
    pub(super) page: Page,
    /// Leads to the field that is ordered to fail; empty when it is elsewhere.
    pub(super) path: &'a [String],
}

impl ObjectValue for Connection<'_> {
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
                    .map(|(_, r)| self.context.object(inner, r.clone(), path)),
            ),
            "edges" => ResolvedValue::list(items.iter().map(|(cursor, record)| {
                ResolvedValue::object(Edge {
                    context: self.context,
                    type_name: inner,
                    cursor,
                    record,
                    path,
                })
            })),
            "pageInfo" => self.context.object(inner, self.page_info(), path),
            "totalCount" => ResolvedValue::leaf(total(self.page.total)),
            _ => self.context.object(inner, Record::new(), path),
        })
    }
}

impl Connection<'_> {
    fn page_info(&self) -> Record {
        let cursor = |item: Option<&(String, Record)>| match item {
            Some((cursor, _)) => Value::from(cursor.as_str()),
            None => Value::Null,
        };
        let mut info = Record::new();
        info.insert("hasNextPage".into(), self.page.has_next.into());
        info.insert("hasPreviousPage".into(), self.page.has_previous.into());
        info.insert("startCursor".into(), cursor(self.page.items.first()));
        info.insert("endCursor".into(), cursor(self.page.items.last()));
        info
    }
}

/// `totalCount` is a `Float` in Linear's schema.
fn total(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

/// A node with its cursor.
struct Edge<'a> {
    context: &'a Context<'a>,
    type_name: &'a str,
    cursor: &'a str,
    record: &'a Record,
    path: &'a [String],
}

impl ObjectValue for Edge<'_> {
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

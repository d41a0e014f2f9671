//! How entities are shown: the fields of each level of detail, selected fields, shortened texts, and tables
//! (`contract.md`, "Detail").

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use crate::operation::Effect;
use crate::params::Detail;
use crate::session::Context;
use crate::text::{abbreviate, cut, fingerprint, nearest, tail};

/// The fields of an entity at a level of detail. A field is part of the view at the field's own level and at all levels
/// above; a field without a value is left out at all of them.
#[derive(Debug)]
pub struct View {
    level: Detail,
    fields: Map<String, Value>,
    /// The names of all fields that the entity can have, at any level.
    names: Vec<String>,
    /// The names of the fields that are lists. They are shown as empty lists where the caller asks for them by name.
    lists: Vec<&'static str>,
    /// The names of the lists of the entity that this answer does not have, but that `get_issue` returns.
    elsewhere: Vec<&'static str>,
}

impl View {
    /// Returns an empty view at that level.
    pub fn new(level: Detail) -> Self {
        Self {
            level,
            fields: Map::new(),
            names: Vec::new(),
            lists: Vec::new(),
            elsewhere: Vec::new(),
        }
    }

    /// Returns a view that begins with the id and the name of the entity. The id is shown from the standard level on.
    pub fn named(level: Detail, id: &str, name: &str) -> Self {
        Self::new(level).standard("id", id).brief("name", name)
    }

    /// Returns a view of an entity inside another one. It begins with the name, by which requests refer to the entity.
    /// The id is shown at the full level only, because it costs more tokens than the rest of the view.
    pub fn within(level: Detail, id: &str, name: &str) -> Self {
        Self::new(level).full("id", id).brief("name", name)
    }

    /// Adds a field that tells the outcome of a write, such as whether something was created. Every level shows it.
    pub fn outcome(self, name: &str, value: impl Into<Value>) -> Self {
        self.at(Detail::Ack, name, value)
    }

    /// Adds a field that every level shows except `ack`.
    pub fn brief(self, name: &str, value: impl Into<Value>) -> Self {
        self.at(Detail::Brief, name, value)
    }

    /// Adds a field that the standard and the full level show.
    pub fn standard(self, name: &str, value: impl Into<Value>) -> Self {
        self.at(Detail::Standard, name, value)
    }

    /// Adds a list of entities that belong to the entity, such as the comments of an issue, at that level. A list that
    /// was `fetched` is shown even when empty, where the caller asks for it by name. Where it was not fetched, a caller
    /// who asks for it gets a warning that it is not part of this answer.
    pub fn hanging(
        mut self,
        level: Detail,
        name: &'static str,
        fetched: bool,
        list: Option<Value>,
    ) -> Self {
        if fetched {
            self.lists.push(name);
            self.at(level, name, list)
        } else {
            self.elsewhere.push(name);
            self
        }
    }

    /// Adds a field that only the full level shows.
    pub fn full(self, name: &str, value: impl Into<Value>) -> Self {
        self.at(Detail::Full, name, value)
    }

    /// Adds the fingerprint of the entity's text, which only the full level shows. An update that gives it back is made
    /// only if the text is still the same.
    pub fn fingerprint(self, text: Option<&str>) -> Self {
        let shown = text.filter(|text| self.level == Detail::Full && !text.is_empty());
        self.full("text_sha256", shown.map(fingerprint))
    }

    /// Adds a field that the `level` and the levels above it show.
    fn at(mut self, level: Detail, name: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        self.names.push(name.to_owned());
        if self.level >= level && !value.is_null() {
            self.fields.insert(name.to_owned(), value);
        }
        self
    }

    /// Removes the fields with these names, for an answer that never has them.
    pub fn without(mut self, names: &[&str]) -> Self {
        self.names.retain(|name| !names.contains(&name.as_str()));
        self.fields
            .retain(|name, _| !names.contains(&name.as_str()));
        self
    }

    /// Returns the fields of the view.
    pub fn into_map(self) -> Map<String, Value> {
        self.fields
    }

    /// Returns the fields of the view as an object.
    pub fn into_value(self) -> Value {
        Value::Object(self.fields)
    }
}

/// Returns a timestamp as it is shown: its day in a brief view, else the timestamp to the second. Both are rounded
/// down, so that a list of the entities that changed since the shown time includes the entity.
pub fn moment(timestamp: &str, level: Detail) -> String {
    if level <= Detail::Brief
        && let Some((day, _)) = timestamp.split_once('T')
    {
        return day.to_owned();
    }
    let without_zone = timestamp.strip_suffix('Z');
    match without_zone.and_then(|timestamp| timestamp.split_once('.')) {
        Some((seconds, _)) => format!("{seconds}Z"),
        None => timestamp.to_owned(),
    }
}

/// Returns a timestamp as [`moment`] does; `None` where there is no timestamp.
pub fn moment_if(timestamp: Option<&str>, level: Detail) -> Option<String> {
    timestamp.map(|timestamp| moment(timestamp, level))
}

/// Returns the data of one entity, in the form that the caller asked for, or at the level `default`. `build` returns
/// the view of the entity at a level. `hidden` has the names of long texts that the caller has just sent; they are
/// shown only where the caller asks for them by name or by level.
pub fn entity(
    cx: &Context<'_>,
    default: Detail,
    hidden: &'static [&'static str],
    build: impl Fn(Detail) -> View,
) -> Value {
    if let Some(paths) = &cx.common.fields {
        let whole = build(Detail::Full);
        warn_unknown_fields(cx, paths, &whole, std::slice::from_ref(&whole));
    }
    shaped(cx, default, hidden, cx.common.text_offset, build)
}

/// Returns the data of one entity, as [`entity`] does, without warnings of unknown fields and with the long text from
/// `text_offset` on.
fn shaped(
    cx: &Context<'_>,
    default: Detail,
    hidden: &'static [&'static str],
    text_offset: usize,
    build: impl Fn(Detail) -> View,
) -> Value {
    let common = &cx.common;
    if common.fields.is_none() && text_offset > 0 {
        let mut map = build(Detail::Full).into_map();
        let text = TEXTS.iter().rev().find(|name| map.contains_key(**name));
        map.retain(|name, _| {
            SHOWN_WITH_TEXT.contains(&name.as_str()) || Some(&name.as_str()) == text
        });
        cut_texts(cx, &mut map, text_offset);
        return Value::Object(map);
    }
    let Some(paths) = &common.fields else {
        let mut map = match common.detail {
            Some(Detail::Ack) if cx.effect.writes() => acknowledgement(cx, &build),
            _ => build(level(cx, default)).into_map(),
        };
        if !common.detail_given {
            map.retain(|name, _| !hidden.contains(&name.as_str()));
        }
        cut_texts(cx, &mut map, text_offset);
        return Value::Object(map);
    };
    let whole = build(Detail::Full);
    let lists = whole.lists.clone();
    let mut value = whole.into_value();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    keep_paths(&mut value, &paths);
    if let Value::Object(map) = &mut value {
        for name in lists.into_iter().filter(|name| asks_for(cx, name)) {
            let entry = map.entry(name).or_insert_with(|| json!([]));
            if entry.as_object().is_some_and(Map::is_empty) {
                *entry = json!([]);
            }
        }
        cut_texts(cx, map, text_offset);
    }
    value
}

/// The fields by which an acknowledgement names the entity that was written: the first of them that the entity has.
const WRITTEN_NAMES: [&str; 3] = ["identifier", "slug", "id"];
/// The fields by which a row of a list with `detail: ack` names its entity: the first of them that the entity has.
const ROW_NAMES: [&str; 4] = ["identifier", "slug", "name", "id"];

/// Returns the fields that acknowledge a write: the name of the entity for later requests, the address of a new entity,
/// and the outcome of the write.
fn acknowledgement(cx: &Context<'_>, build: &impl Fn(Detail) -> View) -> Map<String, Value> {
    let mut fields = named_by(&WRITTEN_NAMES, build(Detail::Full));
    if matches!(cx.effect, Effect::Add | Effect::Save)
        && let Some(url) = build(Detail::Standard).into_map().get("url")
    {
        fields.insert("url".to_owned(), url.clone());
    }
    fields.extend(build(Detail::Ack).into_map());
    fields
}

/// Returns the row of an entity in a list with `detail: ack`: the name of the entity, and its title. A row without a name
/// is brief.
fn least_row(build: impl Fn(Detail) -> View) -> Value {
    let mut view = build(Detail::Standard);
    let title = view.fields.shift_remove("title");
    let mut fields = named_by(&ROW_NAMES, view);
    if fields.is_empty() {
        // The row is not an entity but a fact, such as a change in the history of an issue.
        return build(Detail::Brief).into_value();
    }
    fields.extend(title.map(|title| ("title".to_owned(), title)));
    Value::Object(fields)
}

/// Returns the first of the fields `names` that the view has, alone.
fn named_by(names: &[&str], view: View) -> Map<String, Value> {
    let fields = view.into_map();
    let name = names.iter().find_map(|name| fields.get_key_value(*name));
    name.map(|(key, value)| (key.clone(), value.clone()))
        .into_iter()
        .collect()
}

/// Removes from an entity, or from each entity of a list, the fields that are not on these paths, such as `title` or
/// `state.name`.
fn keep_paths(value: &mut Value, paths: &[&str]) {
    match value {
        Value::Object(map) => map.retain(|name, value| {
            let inner_paths: Vec<&str> = paths
                .iter()
                .filter_map(|path| path.strip_prefix(name.as_str())?.strip_prefix('.'))
                .collect();
            let is_selected = paths.contains(&name.as_str());
            if !is_selected {
                keep_paths(value, &inner_paths);
            }
            is_selected || !inner_paths.is_empty()
        }),
        Value::Array(items) => items.iter_mut().for_each(|item| keep_paths(item, paths)),
        _ => {}
    }
}

/// Returns whether the caller asks by name for that field, or for a field inside it.
pub fn asks_for(cx: &Context<'_>, field: &str) -> bool {
    let mut paths = cx.common.fields.iter().flatten();
    paths.any(|path| first_field(path) == field)
}

/// Returns the field that a path begins with.
fn first_field(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

/// Returns the level of detail that has to be fetched so that the answer can show every field that the caller asks for.
/// It is never `ack`, whose fields are part of every view.
pub fn level(cx: &Context<'_>, default: Detail) -> Detail {
    match &cx.common.fields {
        Some(_) => Detail::Full,
        None => cx.common.detail.unwrap_or(default).max(Detail::Brief),
    }
}

/// Returns the data of a list: its rows under `key`, or as a table, in the form that the caller asked for or at the
/// level `default`. `build` returns the view of an item at a level.
pub fn list<T>(
    cx: &Context<'_>,
    key: &str,
    default: Detail,
    items: &[T],
    build: impl Fn(&T, Detail) -> View,
) -> Map<String, Value> {
    let is_least = cx.common.detail == Some(Detail::Ack) && cx.common.fields.is_none();
    if is_least {
        cx.note(|report| report.acknowledged = true);
    }
    let rows: Vec<Value> = items
        .iter()
        .map(|item| {
            let build = |level| build(item, level);
            if is_least {
                least_row(build)
            } else {
                shaped(cx, default, &[], 0, build)
            }
        })
        .collect();
    let first = items.first().map(|first| build(first, Detail::Full));
    if let (Some(first), Some(paths)) = (&first, &cx.common.fields) {
        let views: Vec<View> = items.iter().map(|item| build(item, Detail::Full)).collect();
        warn_unknown_fields(cx, paths, first, &views);
    }
    let names = first.map(|first| first.names).unwrap_or_default();
    let mut data = Map::new();
    if cx.common.table {
        let (columns, rows) = table(&rows, names);
        data.insert("columns".to_owned(), json!(columns));
        data.insert("rows".to_owned(), Value::Array(rows));
    } else {
        data.insert(key.to_owned(), Value::Array(rows));
    }
    data
}

/// Warns of requested paths that lead to no field: paths that begin with a field that no entity of this kind has, and
/// paths that lead to nothing in any entity of the answer. `views` has the full views of these entities, and `example`
/// is one of them.
///
/// Where there are several fields that no entity has, there is one warning for all of them, which names the first few.
fn warn_unknown_fields(cx: &Context<'_>, paths: &[String], example: &View, views: &[View]) {
    let known: HashSet<&str> = example.names.iter().map(String::as_str).collect();
    let mut unknown: Vec<&str> = Vec::new();
    for path in paths {
        let field = first_field(path);
        if example.elsewhere.contains(&field) {
            cx.warn(format!(
                "'{field}' is not part of this answer; get_issue with fields: [{field}] brings it"
            ));
        } else if known.contains(field) {
            let values = views.iter().filter_map(|view| view.fields.get(field));
            if let Some(warning) = unknown_inner_field(values.collect(), path) {
                cx.warn(warning);
            }
        } else {
            unknown.push(field);
        }
    }
    let names = example.names.iter().map(String::as_str);
    let names: Vec<&str> = names.chain(example.elsewhere.iter().copied()).collect();
    match unknown.as_slice() {
        [] => {}
        [field] => cx.warn(unknown_field(field, "", names)),
        several => {
            let shown: Vec<String> = several
                .iter()
                .take(NAMED_FIELDS)
                .map(|field| format!("'{}'", abbreviate(field, SHOWN_FIELD)))
                .collect();
            let more = match several.len() - shown.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            cx.warn(format!(
                "no fields {}{more} here; there are {}",
                shown.join(", "),
                names.join(", ")
            ));
        }
    }
}

/// The number of unknown fields that a warning names.
const NAMED_FIELDS: usize = 5;
/// The number of characters of an unknown field's name that a warning repeats.
const SHOWN_FIELD: usize = 40;

/// Returns the warning for a path whose first field exists, but whose later part leads to nothing in any of the
/// `values` of that field; `None` where the path leads to a field, or where there is no value.
fn unknown_inner_field(mut values: Vec<&Value>, path: &str) -> Option<String> {
    let mut parent = first_field(path).to_owned();
    for field in path.split('.').skip(1) {
        let objects: Vec<&Map<String, Value>> =
            values.iter().flat_map(|value| objects(value)).collect();
        let next: Vec<&Value> = objects
            .iter()
            .filter_map(|object| object.get(field))
            .collect();
        if next.is_empty() {
            let names: Vec<&str> = objects
                .iter()
                .flat_map(|object| object.keys())
                .map(String::as_str)
                .collect();
            let is_empty = values
                .iter()
                .all(|value| value.as_array().is_some_and(Vec::is_empty));
            return (!is_empty).then(|| unknown_field(field, &format!(" in '{parent}'"), names));
        }
        values = next;
        parent = format!("{parent}.{field}");
    }
    None
}

/// Returns the objects in a value: the value itself, or the objects in a list.
fn objects(value: &Value) -> Vec<&Map<String, Value>> {
    match value {
        Value::Object(object) => vec![object],
        Value::Array(items) => items.iter().filter_map(Value::as_object).collect(),
        _ => Vec::new(),
    }
}

/// Returns the warning for an unknown field. The warning suggests the most similar of the fields `names`. `place` says
/// where the field was looked for, and may be empty.
fn unknown_field(field: &str, place: &str, mut names: Vec<&str>) -> String {
    let mut seen = HashSet::new();
    names.retain(|name| seen.insert(*name));
    match nearest::nearest(field, names.iter().copied(), 1).first() {
        Some(near) => format!("no field '{field}'{place} here; did you mean '{near}'?"),
        None if names.is_empty() => format!("no field '{field}'{place} here"),
        None => format!(
            "no field '{field}'{place} here; there are {}",
            names.join(", ")
        ),
    }
}

/// The fields that are long texts. Where an entity has several, `text_offset` belongs to the last one.
const TEXTS: [&str; 3] = ["description", "body", "content"];
/// The fields that are shown next to a text that begins at `text_offset`: the name of the entity, and the time of its
/// last change. The time shows whether the text has changed since the caller read its beginning.
const SHOWN_WITH_TEXT: [&str; 5] = ["identifier", "slug", "name", "title", "updated_at"];

/// Removes the part of the long text before `text_offset`, and shortens long texts where the caller asked for that. A
/// shortened text says that it is shortened.
fn cut_texts(cx: &Context<'_>, fields: &mut Map<String, Value>, text_offset: usize) {
    let text_field = TEXTS.iter().rev().find(|name| fields.contains_key(**name));
    if let Some(name) = text_field.filter(|_| text_offset > 0)
        && let Some(Value::String(text)) = fields.get_mut(*name)
    {
        *text = text_from_offset(cx, name, text).to_owned();
    }
    let Some(max_chars) = cx.common.max_description_chars else {
        return;
    };
    for name in TEXTS {
        let Some(Value::String(text)) = fields.get_mut(name) else {
            continue;
        };
        *text = cut(std::mem::take(text), max_chars);
    }
}

/// Returns the part of a long text from `text_offset` on, and notes the offset for the answer. Warns where the text is
/// shorter than the offset.
pub fn text_from_offset<'t>(cx: &Context<'_>, field: &str, text: &'t str) -> &'t str {
    let offset = cx.common.text_offset;
    if offset == 0 {
        return text;
    }
    let length = text.chars().count();
    if offset > length {
        cx.warn(format!(
            "text_offset {offset} is behind the end: '{field}' has {length} characters"
        ));
    }
    cx.note(|report| report.outline.text_offset = offset);
    tail(text, offset)
}

/// Returns the columns and the rows of a table. The columns are the fields `names`, in their order, that at least one
/// row has. A nested entity is shown by its name. An empty cell is an empty text, which costs fewer tokens than a null.
fn table(rows: &[Value], names: Vec<String>) -> (Vec<String>, Vec<Value>) {
    let mut columns = names;
    columns.retain(|name| rows.iter().any(|row| row.get(name).is_some()));
    let cells = rows
        .iter()
        .map(|row| {
            let cell = |name: &String| row.get(name).map_or_else(|| Value::from(""), cell);
            Value::Array(columns.iter().map(cell).collect())
        })
        .collect();
    (columns, cells)
}

/// Returns a field's value as a cell of a table.
fn cell(value: &Value) -> Value {
    match value {
        Value::Object(entity) => ["name", "identifier", "number"]
            .iter()
            .find_map(|key| entity.get(*key))
            .cloned()
            .unwrap_or_default(),
        Value::Array(items) => {
            let names: Vec<String> = items
                .iter()
                .map(|item| match cell(item) {
                    Value::String(name) => name,
                    other => other.to_string(),
                })
                .collect();
            Value::from(names.join(", "))
        }
        scalar => scalar.clone(),
    }
}

//! How entities are shown: which fields at which level of detail, picked fields, cut texts, tables (`contract.md`, "Detail").

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use crate::params::Detail;
use crate::session::Context;
use crate::text::nearest;
use crate::text::{abbreviate, cut, tail};

/// An entity being written down at a level of detail. A field stands at its own level and those above; an absent
/// value is left out at all of them.
#[derive(Debug)]
pub struct View {
    level: Detail,
    fields: Map<String, Value>,
    /// Every field that the entity could have had, at whatever level.
    names: Vec<String>,
    /// Those of them that are lists, and stay there as empty ones where they are asked for by name.
    lists: Vec<&'static str>,
    /// The lists that hang on such an entity, and that are not part of this kind of answer; `get_issue` has them.
    elsewhere: Vec<&'static str>,
}

impl View {
    /// An empty view at that level.
    pub fn new(level: Detail) -> Self {
        Self {
            level,
            fields: Map::new(),
            names: Vec::new(),
            lists: Vec::new(),
            elsewhere: Vec::new(),
        }
    }

    /// A view of an entity that begins with its id, from the contract's object on, and its name.
    pub fn named(level: Detail, id: &str, name: &str) -> Self {
        Self::new(level).standard("id", id).brief("name", name)
    }

    /// An entity inside another one. It goes by its name, as in every request; its id costs more tokens than all else
    /// that is said of it, and stands in the whole entity alone.
    pub fn within(level: Detail, id: &str, name: &str) -> Self {
        Self::new(level).full("id", id).brief("name", name)
    }

    /// A field that every level shows.
    pub fn brief(self, name: &str, value: impl Into<Value>) -> Self {
        self.at(Detail::Brief, name, value)
    }

    /// A field that the contract's object has.
    pub fn standard(self, name: &str, value: impl Into<Value>) -> Self {
        self.at(Detail::Standard, name, value)
    }

    /// A list that hangs on the entity and stands at that level, where it was `fetched`. Where its name is asked for and
    /// nothing is in it, it is there as an empty list; where it was not fetched, the caller is told that this kind of
    /// answer has no such field.
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

    /// A field that only the whole entity shows.
    pub fn full(self, name: &str, value: impl Into<Value>) -> Self {
        self.at(Detail::Full, name, value)
    }

    fn at(mut self, level: Detail, name: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        self.names.push(name.to_owned());
        if self.level >= level && !value.is_null() {
            self.fields.insert(name.to_owned(), value);
        }
        self
    }

    /// The view without fields that this kind of answer never has.
    pub fn without(mut self, names: &[&str]) -> Self {
        self.names.retain(|name| !names.contains(&name.as_str()));
        self.fields
            .retain(|name, _| !names.contains(&name.as_str()));
        self
    }

    /// The fields so far.
    pub fn into_map(self) -> Map<String, Value> {
        self.fields
    }

    /// The fields so far, as a value.
    pub fn into_value(self) -> Value {
        Value::Object(self.fields)
    }
}

/// A moment as it is shown: to the day in a brief view, which is read for what is new, and else to the second. Both are
/// rounded down, so that a list of what changed since then has the entity in it.
pub fn moment(at: &str, level: Detail) -> String {
    let day = at.split_once('T').filter(|_| level == Detail::Brief);
    if let Some((day, _)) = day {
        return day.to_owned();
    }
    let second = at.strip_suffix('Z').and_then(|at| at.split_once('.'));
    second.map_or_else(|| at.to_owned(), |(second, _)| format!("{second}Z"))
}

/// As [`moment`], of one that may not have come.
pub fn moment_if(at: Option<&str>, level: Detail) -> Option<String> {
    at.map(|at| moment(at, level))
}

/// The fields that an operation leaves out unless they are asked for by name or by level: long texts that the
/// caller has just sent.
pub type Unsaid = &'static [&'static str];

/// One entity, in the shape that the caller asked for, or at the operation's own level.
pub fn entity(
    cx: &Context<'_>,
    default: Detail,
    unsaid: Unsaid,
    build: impl Fn(Detail) -> View,
) -> Value {
    if let Some(wanted) = &cx.common.fields {
        let whole = build(Detail::Full);
        warn_unknown_fields(cx, wanted, &whole, std::slice::from_ref(&whole));
    }
    shaped(cx, default, unsaid, cx.common.text_offset, build)
}

/// As [`entity`], of one whose long text begins at that offset.
fn shaped(
    cx: &Context<'_>,
    default: Detail,
    unsaid: Unsaid,
    text_offset: usize,
    build: impl Fn(Detail) -> View,
) -> Value {
    let shape = &cx.common;
    if shape.fields.is_none() && text_offset > 0 {
        let mut map = build(Detail::Full).into_map();
        let text = TEXTS.iter().rev().find(|name| map.contains_key(**name));
        map.retain(|name, _| {
            BESIDE_A_TEXT.contains(&name.as_str()) || Some(&name.as_str()) == text
        });
        cut_texts(cx, &mut map, text_offset);
        return Value::Object(map);
    }
    let Some(wanted) = &shape.fields else {
        let mut map = build(shape.detail.unwrap_or(default)).into_map();
        if shape.detail.is_none() {
            map.retain(|name, _| !unsaid.contains(&name.as_str()));
        }
        cut_texts(cx, &mut map, text_offset);
        return Value::Object(map);
    };
    let whole = build(Detail::Full);
    let lists = whole.lists.clone();
    let mut value = whole.into_value();
    let paths: Vec<&str> = wanted.iter().map(String::as_str).collect();
    match_name(&mut value, &paths);
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

/// Keeps of an entity, or of each entity of a list, the fields on these paths: `title`, `state.name`.
fn match_name(value: &mut Value, paths: &[&str]) {
    match value {
        Value::Object(map) => map.retain(|name, value| {
            let below: Vec<&str> = paths
                .iter()
                .filter_map(|path| path.strip_prefix(name.as_str())?.strip_prefix('.'))
                .collect();
            let whole = paths.contains(&name.as_str());
            if !whole {
                match_name(value, &below);
            }
            whole || !below.is_empty()
        }),
        Value::Array(items) => items.iter_mut().for_each(|item| match_name(item, paths)),
        _ => {}
    }
}

/// Whether the caller asks for that field by its name, or for something in it.
pub fn asks_for(cx: &Context<'_>, field: &str) -> bool {
    let wanted = cx.common.fields.iter().flatten();
    wanted.map(|path| head(path)).any(|name| name == field)
}

/// The field that a path begins with.
fn head(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

/// The level that has every field which the caller asks for: what has to be fetched.
pub fn level(cx: &Context<'_>, default: Detail) -> Detail {
    match &cx.common.fields {
        Some(_) => Detail::Full,
        None => cx.common.detail.unwrap_or(default),
    }
}

/// A list under `key`, in the shape that the caller asked for, with `total` when all of it is there.
pub fn list<T>(
    cx: &Context<'_>,
    key: &str,
    default: Detail,
    items: &[T],
    build: impl Fn(&T, Detail) -> View,
) -> Map<String, Value> {
    let rows: Vec<Value> = items
        .iter()
        .map(|item| shaped(cx, default, &[], 0, |level| build(item, level)))
        .collect();
    let first = items.first().map(|first| build(first, Detail::Full));
    if let (Some(first), Some(wanted)) = (&first, &cx.common.fields) {
        let whole: Vec<View> = items.iter().map(|item| build(item, Detail::Full)).collect();
        warn_unknown_fields(cx, wanted, first, &whole);
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

/// Says which of the asked-for fields no entity of this kind has, and which of the entities here has nothing on that
/// path: `one` is any of them, `all` are all of them, whole.
///
/// Several fields that no entity has are one warning, which names the first of them.
fn warn_unknown_fields(cx: &Context<'_>, wanted: &[String], one: &View, all: &[View]) {
    let known: HashSet<&str> = one.names.iter().map(String::as_str).collect();
    let mut unknown: Vec<&str> = Vec::new();
    for path in wanted {
        let field = head(path);
        if one.elsewhere.contains(&field) {
            cx.warn(format!(
                "'{field}' is not part of this answer; get_issue with fields: [{field}] brings it"
            ));
            continue;
        }
        if !known.contains(field) {
            unknown.push(field);
            continue;
        }
        let values = all.iter().filter_map(|view| view.fields.get(field));
        cx.note(|report| {
            report
                .warnings
                .extend(nothing_below(values.collect(), path))
        });
    }
    let names = one.names.iter().map(String::as_str);
    let names: Vec<&str> = names.chain(one.elsewhere.iter().copied()).collect();
    match unknown.as_slice() {
        [] => {}
        [field] => cx.warn(no_field(field, "", names)),
        several => {
            let shown: Vec<String> = several
                .iter()
                .take(NAMED_FIELDS)
                .map(|field| format!("'{}'", abbreviate(field, SHOWN_FIELD)))
                .collect();
            let more = several.len() - shown.len();
            let more = match more {
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

/// How many unknown fields a warning names.
const NAMED_FIELDS: usize = 5;
/// How much of an unknown field's name a warning repeats, in characters.
const SHOWN_FIELD: usize = 40;

/// The warning for the first step of a path behind its field that leads nowhere in any of the field's values; none where
/// there is no value.
fn nothing_below(mut values: Vec<&Value>, path: &str) -> Option<String> {
    let mut place = head(path).to_owned();
    for step in path.split('.').skip(1) {
        let objects: Vec<&Map<String, Value>> =
            values.iter().flat_map(|value| objects(value)).collect();
        let next: Vec<&Value> = objects
            .iter()
            .filter_map(|object| object.get(step))
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
            return (!is_empty).then(|| no_field(step, &format!(" in '{place}'"), names));
        }
        values = next;
        place = format!("{place}.{step}");
    }
    None
}

/// The objects that a value is: itself, or those in a list.
fn objects(value: &Value) -> Vec<&Map<String, Value>> {
    match value {
        Value::Object(object) => vec![object],
        Value::Array(items) => items.iter().filter_map(Value::as_object).collect(),
        _ => Vec::new(),
    }
}

/// The warning for a field that is not there, with the nearest of those that are.
fn no_field(field: &str, place: &str, mut names: Vec<&str>) -> String {
    let mut seen = std::collections::HashSet::new();
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

/// The fields that are long texts. Of several, the last is the one that `text_offset` is about.
const TEXTS: [&str; 3] = ["description", "body", "content"];
/// What is told with a text that is read on: what it belongs to, and by when it was last changed whether it still is the
/// text that was begun.
const BESIDE_A_TEXT: [&str; 5] = ["identifier", "slug", "name", "title", "updated_at"];

/// Leaves out of the long text what comes before `text_offset`, and cuts long texts where the caller asked for that,
/// which is said in the text itself.
fn cut_texts(cx: &Context<'_>, fields: &mut Map<String, Value>, text_offset: usize) {
    let read_on = TEXTS.iter().rev().find(|name| fields.contains_key(**name));
    if let Some(name) = read_on.filter(|_| text_offset > 0)
        && let Some(Value::String(text)) = fields.get_mut(*name)
    {
        *text = text_from_offset(cx, name, text).to_owned();
    }
    let Some(most) = cx.common.max_description_chars else {
        return;
    };
    for name in TEXTS {
        let Some(Value::String(text)) = fields.get_mut(name) else {
            continue;
        };
        *text = cut(std::mem::take(text), most);
    }
}

/// What of a long text stands behind `text_offset`; the answer is told where it begins.
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

/// Rows of values in the order of the columns: of the entity's fields, in its own order, those that some row has.
/// Nested entities stand by their name; a cell with nothing in it is an empty text, which costs less than a null.
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

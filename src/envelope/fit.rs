//! Shortens answers that are longer than their caller accepts. Rows, texts and facts are left out until the rest fits.
//! `warnings` say what was left out and how to read on, so that nothing is lost between two answers.
//!
//! Without this, the host would cut the answer, which leaves broken YAML, or put it into a file that a subagent cannot
//! read.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::{Envelope, yaml};
use crate::session::{GROUPS, List, Onward, Outline, Report};
use crate::text::{cut, head};

/// The keys of the long texts of entities.
const TEXTS: [&str; 3] = ["description", "body", "content"];
/// The length to which texts are cut before lists without a cursor are cut, in characters.
const SHORTEST_TEXT: usize = 100;
/// The length of a text in the row of an item that is reduced to its outcome, in characters.
const LINE_TEXT: usize = 60;
/// The length of a warning where not all warnings fit, in characters.
const LONGEST_WARNING: usize = 600;
/// The length of a text in the metadata where not everything fits, in characters.
const LONGEST_NOTE: usize = 300;
/// The keys whose value names a row in a warning, the best first.
const NAMES: [&str; 5] = ["identifier", "slug", "name", "title", "id"];

/// Returns the length of a text as hosts count it: in UTF-16 units, which are never fewer than its characters.
pub fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Returns an envelope as YAML of at most `max_chars` characters. The outcomes of a batch's items are never left out,
/// even where they alone need more.
pub(super) fn write(envelope: &Envelope, max_chars: usize) -> String {
    let whole = envelope.to_value();
    let text = yaml::write(&whole);
    if length(&text) <= max_chars {
        return text;
    }
    let frame = Frame::new(envelope, whole, max_chars);
    let outline = &envelope.report.outline;
    let fits =
        |body: &Value, warnings: &[String]| length(&frame.write(body, warnings)) <= max_chars;
    let results = ["/results", "/details/results"]
        .into_iter()
        .find(|place| frame.body.pointer(place).is_some())
        .filter(|_| !outline.items.is_empty());
    let (body, warnings) = match results {
        Some(place) => BatchAnswer::new(&frame, place, outline, max_chars).shorten(&fits),
        None => shorten(&frame.body, outline, max_chars, &fits),
    };
    frame.write(&body, &warnings)
}

/// An envelope taken apart: its data or error, and the fields around it.
struct Frame {
    success: bool,
    /// `data` or `error`.
    key: &'static str,
    body: Value,
    warnings: Vec<String>,
    /// `None` in an acknowledgement.
    metadata: Option<Value>,
}

impl Frame {
    /// Takes an envelope apart. Its warnings are shortened to a quarter of the answer, and each list of its metadata to
    /// a sixteenth.
    fn new(envelope: &Envelope, whole: Value, max_chars: usize) -> Self {
        let mut whole = match whole {
            Value::Object(whole) => whole,
            _ => Map::new(),
        };
        let success = envelope.is_success();
        let key = if success { "data" } else { "error" };
        let mut metadata = whole.shift_remove("metadata");
        for note in metadata
            .iter_mut()
            .filter_map(Value::as_object_mut)
            .flat_map(Map::values_mut)
        {
            let texts = note.as_array().map(|texts| {
                let texts = texts.iter().filter_map(Value::as_str);
                texts.map(str::to_owned).collect()
            });
            *note = match texts {
                Some(texts) => bounded(texts, max_chars / 16).into(),
                None => Copier::new(LONGEST_NOTE, usize::MAX).copy(note, 0),
            };
        }
        Self {
            success,
            key,
            body: whole.shift_remove(key).unwrap_or_default(),
            warnings: bounded(envelope.report.all_warnings(), max_chars / 4),
            metadata,
        }
    }

    /// Returns the envelope as YAML, with `body` as its data or error, and with `warnings` behind its own warnings.
    fn write(&self, body: &Value, warnings: &[String]) -> String {
        let cuts = Report {
            warnings: warnings.to_vec(),
            ..Report::default()
        };
        let mut map = Map::new();
        map.insert("success".to_owned(), self.success.into());
        map.insert(self.key.to_owned(), body.clone());
        super::put_list(
            &mut map,
            "warnings",
            &[self.warnings.as_slice(), &cuts.all_warnings()].concat(),
        );
        let metadata = self.metadata.clone();
        map.extend(metadata.map(|metadata| ("metadata".to_owned(), metadata)));
        yaml::write(&Value::Object(map))
    }
}

/// Returns the first of the texts, as many as fit into `budget` characters together, and a text that says how many more
/// there are.
fn bounded(texts: Vec<String>, budget: usize) -> Vec<String> {
    let total: usize = texts.iter().map(|text| length(text)).sum();
    if total <= budget {
        return texts;
    }
    let count = texts.len();
    let mut remaining = budget;
    let mut kept: Vec<String> = Vec::new();
    for text in texts {
        let text = cut(text, LONGEST_WARNING.min(budget / 2));
        let Some(rest) = remaining.checked_sub(length(&text)) else {
            break;
        };
        remaining = rest;
        kept.push(text);
    }
    if kept.len() < count {
        kept.push(format!("{} more are left out", count - kept.len()));
    }
    kept
}

/// How much of a body is kept.
#[derive(Clone, Debug)]
struct Limits {
    /// The number of rows of each list of the outline.
    kept: Vec<usize>,
    /// The number of characters of each text.
    text: usize,
    /// The number of rows of every other list, and of entries of every object inside another one.
    rows: usize,
}

/// Returns data, or an error, shortened as little as possible so that it fits together with the warnings about what is
/// left out, and those warnings. Rows that a cursor leads to are left out first, then the ends of long texts, then the
/// rows of other lists; where not even this helps, the whole body is left out.
fn shorten(
    body: &Value,
    outline: &Outline,
    max_chars: usize,
    fits: &dyn Fn(&Value, &[String]) -> bool,
) -> (Value, Vec<String>) {
    let lists: Vec<(&List, Cow<'_, [Value]>)> = outline
        .lists
        .iter()
        .filter_map(|list| Some((list, rows_of(list, body)?)))
        .collect();
    let mut limits = Limits {
        kept: lists.iter().map(|(_, rows)| rows.len()).collect(),
        text: usize::MAX,
        rows: usize::MAX,
    };
    let render = |limits: &Limits| render(body, outline, &lists, limits, max_chars);
    let fitting = |limits: &Limits| {
        let (body, warnings) = render(limits);
        fits(&body, &warnings)
    };
    if fitting(&limits) {
        return render(&limits);
    }
    let longest = longest_text(body).min(max_chars);
    let paged = lists
        .iter()
        .position(|(list, _)| list.onward == Onward::Cursor);
    if let Some(place) = paged {
        let (least, budget) = match lists.get(place) {
            Some((list, rows)) => (
                min_page_rows(list, rows.len()),
                rows_within(rows, list, max_chars),
            ),
            None => (0, 0),
        };
        if search(
            &mut limits,
            least,
            budget.max(least),
            &fitting,
            |limits, kept| {
                let list = lists.get(place);
                let kept = list.map_or(kept, |(list, rows)| whole_rows(list, rows.len(), kept));
                set_kept_rows(limits, place, kept);
            },
        ) {
            return render(&limits);
        }
    } else {
        // A text keeps at least half of the budget before the lists beside it are cut.
        if search(
            &mut limits,
            max_chars / 2,
            longest.max(max_chars / 2),
            &fitting,
            |limits, text| limits.text = text,
        ) {
            return render(&limits);
        }
        let mut places: Vec<usize> = (0..lists.len()).collect();
        let size = |place: &usize| {
            let rows = lists.get(*place).into_iter().flat_map(|(_, rows)| &**rows);
            rows.map(|row| length(&yaml::write(row))).sum::<usize>()
        };
        places.sort_by_key(|place| std::cmp::Reverse(size(place)));
        for place in places {
            let budget = lists
                .get(place)
                .map_or(0, |(list, rows)| rows_within(rows, list, max_chars));
            if search(&mut limits, 0, budget, &fitting, |limits, kept| {
                set_kept_rows(limits, place, kept)
            }) {
                return render(&limits);
            }
        }
    }
    let longest = longest.max(SHORTEST_TEXT);
    if search(
        &mut limits,
        SHORTEST_TEXT,
        longest,
        &fitting,
        |limits, text| limits.text = text,
    ) || search(&mut limits, 0, most_rows(body), &fitting, |limits, rows| {
        limits.rows = rows
    }) {
        return render(&limits);
    }
    let warning = format!(
        "all of it is left out: it does not fit into the {max_chars} characters of an answer; ask for less (`fields`, `detail: brief`, `limit`), or raise LINEAR_OPS_MAX_ANSWER_CHARS"
    );
    (json!({}), vec![warning])
}

/// Returns the rows of a list in the data; `None` where the data do not have the list. Each row of a grouped list is
/// returned once, in the order of the list.
fn rows_of<'b>(list: &List, body: &'b Value) -> Option<Cow<'b, [Value]>> {
    let Some(groups) = &list.groups else {
        return Some(body.get(list.key)?.as_array()?.as_slice().into());
    };
    let mut rows = vec![Value::Null; list.cursors.len()];
    for (group, places) in body.get(GROUPS)?.as_array()?.iter().zip(groups) {
        for (row, place) in group.get(list.key)?.as_array()?.iter().zip(places) {
            if let Some(slot) = rows.get_mut(*place) {
                slot.clone_from(row);
            }
        }
    }
    Some(rows.into())
}

/// Sets the number of rows that are kept of a list.
fn set_kept_rows(limits: &mut Limits, place: usize, kept: usize) {
    if let Some(rows) = limits.kept.get_mut(place) {
        *rows = kept;
    }
}

/// Calls `set` with the greatest number from `least` to `greatest` with which the limits fit, and returns true. Where
/// there is none, calls it with `least` and returns false.
fn search(
    limits: &mut Limits,
    least: usize,
    greatest: usize,
    fitting: &dyn Fn(&Limits) -> bool,
    set: impl Fn(&mut Limits, usize),
) -> bool {
    let mut fits = |number: usize| {
        set(limits, number);
        fitting(limits)
    };
    if !fits(least) {
        return false;
    }
    let (mut low, mut high) = (least, greatest);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if fits(middle) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    set(limits, low);
    true
}

/// Returns the smallest number of rows that a page may have: the last row needs a cursor from which the next page
/// begins.
fn min_page_rows(list: &List, rows: usize) -> usize {
    let has_cursor = |kept: &usize| cursor_after(list, rows, *kept).is_some();
    (1..rows).find(has_cursor).unwrap_or(1).min(rows)
}

/// Returns the greatest number of rows, at most `kept`, behind which a cursor leads to the others. Several rows may show
/// one entry of Linear's, of which only the last row has a cursor. Returns `kept` where no row has a cursor.
fn whole_rows(list: &List, rows: usize, kept: usize) -> usize {
    let is_end = |kept: &usize| *kept == rows || cursor_after(list, rows, *kept).is_some();
    (1..=kept).rev().find(is_end).unwrap_or(kept)
}

/// Returns the cursor behind the last of the rows that are kept, if it is known.
fn cursor_after(list: &List, rows: usize, kept: usize) -> Option<&str> {
    if list.cursors.len() != rows {
        return None;
    }
    let last = if list.goes_on_before {
        rows.checked_sub(kept)?
    } else {
        kept.checked_sub(1)?
    };
    list.cursors.get(last)?.as_deref()
}

/// Returns how many of the rows fit into `max_chars` characters together, plus one. The result bounds the search for
/// the number of rows to keep.
fn rows_within(rows: &[Value], list: &List, max_chars: usize) -> usize {
    let sizes = rows.iter().map(|row| length(&yaml::write(row)));
    let sizes: Vec<usize> = if list.goes_on_before {
        sizes.rev().collect()
    } else {
        sizes.collect()
    };
    let mut sum = 0;
    let within = sizes.iter().take_while(|size| {
        sum += **size;
        sum <= max_chars
    });
    (within.count() + 1).min(rows.len())
}

/// Returns the length of the longest text in a value, in characters.
fn longest_text(value: &Value) -> usize {
    match value {
        Value::String(text) => text.chars().count(),
        Value::Array(items) => items.iter().map(longest_text).max().unwrap_or(0),
        Value::Object(map) => map.values().map(longest_text).max().unwrap_or(0),
        _ => 0,
    }
}

/// Returns the number of rows or entries of the longest list or object in a value.
fn most_rows(value: &Value) -> usize {
    match value {
        Value::Array(items) => items
            .iter()
            .map(most_rows)
            .max()
            .unwrap_or(0)
            .max(items.len()),
        Value::Object(map) => map
            .values()
            .map(most_rows)
            .max()
            .unwrap_or(0)
            .max(map.len()),
        _ => 0,
    }
}

/// Returns the body within the limits, and the warnings about what is left out.
fn render(
    body: &Value,
    outline: &Outline,
    lists: &[(&List, Cow<'_, [Value]>)],
    limits: &Limits,
    max_chars: usize,
) -> (Value, Vec<String>) {
    let mut copier = Copier::new(limits.text, limits.rows);
    let Value::Object(fields) = body else {
        let copy = copier.copy(body, 0);
        return (copy, copier.warnings());
    };
    let readable = readable(fields, outline);
    let mut out = Map::new();
    let mut warnings = Vec::new();
    for (key, value) in fields {
        let list = lists
            .iter()
            .zip(&limits.kept)
            .find(|((list, _), _)| match list.groups {
                Some(_) => key == GROUPS,
                None => list.key == key,
            });
        let columns = fields.get("columns").and_then(Value::as_array);
        let copy = match (value, list) {
            (
                Value::Array(shown_groups),
                Some((
                    (
                        List {
                            key,
                            groups: Some(groups),
                            ..
                        },
                        _,
                    ),
                    kept,
                )),
            ) => {
                let groups = shown_groups.iter().zip(groups).map(|(group, places)| {
                    let fields = group.as_object().into_iter().flatten();
                    let fields = fields.map(|(name, value)| {
                        let copy = match value.as_array().filter(|_| name == key) {
                            Some(rows) => {
                                let kept =
                                    rows.iter().zip(places).filter(|(_, place)| *place < kept);
                                kept.map(|(row, _)| {
                                    copier.row(row, columns, outline, &mut warnings)
                                })
                                .collect()
                            }
                            None => copier.copy(value, 2),
                        };
                        (name.clone(), copy)
                    });
                    Value::Object(fields.collect())
                });
                groups.collect()
            }
            (_, Some(((list, rows), kept))) => {
                let shown = if list.goes_on_before {
                    rows.get(rows.len().saturating_sub(*kept)..)
                } else {
                    rows.get(..*kept)
                };
                let shown = shown.unwrap_or_default().iter();
                if list.onward == Onward::Cursor {
                    shown
                        .map(|row| copier.row(row, columns, outline, &mut warnings))
                        .collect()
                } else {
                    shown.map(|row| copier.copy(row, 1)).collect()
                }
            }
            (Value::String(text), None) if Some(key.as_str()) == readable => {
                let (shown, characters) = head(text, limits.text);
                if shown.len() < text.len() {
                    let next = outline.text_offset + characters;
                    warnings.extend(outline.reader.map(|reader| {
                        let total = outline.text_offset + text.chars().count();
                        format!("'{key}' is cut at character {next} of {total}: an answer has at most {max_chars} characters; go on with {reader} and text_offset: {next}")
                    }));
                    out.insert(key.clone(), shown.into());
                    out.insert("next_offset".to_owned(), next.into());
                    continue;
                }
                shown.into()
            }
            (value, None) => copier.copy(value, 0),
        };
        out.insert(key.clone(), copy);
    }
    if let Some(next) = copier.next_offset {
        out.insert("next_offset".to_owned(), next.into());
    }
    for ((list, rows), kept) in lists.iter().zip(&limits.kept) {
        if *kept < rows.len() {
            warnings.push(record_cut_rows(
                &mut out,
                list,
                rows.len(),
                *kept,
                max_chars,
            ));
        }
    }
    warnings.extend(copier.warnings());
    (Value::Object(out), warnings)
}

/// Returns the key of the text that `text_offset` continues: the longest text of an entity.
fn readable<'f>(fields: &'f Map<String, Value>, outline: &Outline) -> Option<&'f str> {
    outline.reader?;
    let texts = TEXTS.iter().filter_map(|key| {
        let (key, value) = fields.get_key_value(*key)?;
        Some((key.as_str(), value.as_str()?.len()))
    });
    texts.max_by_key(|(_, length)| *length).map(|(key, _)| key)
}

/// Returns the warning that only `kept` rows of a list are shown, with the way to get the others, and updates `count`,
/// `has_more` and `cursor` in the data.
fn record_cut_rows(
    data: &mut Map<String, Value>,
    list: &List,
    rows: usize,
    kept: usize,
    max_chars: usize,
) -> String {
    let cursor = cursor_after(list, rows, kept);
    let key = list.key;
    let shown =
        format!("{kept} of {rows} {key} are shown: an answer has at most {max_chars} characters");
    match list.onward {
        Onward::Cursor => {
            data.insert("count".to_owned(), kept.into());
            data.insert("has_more".to_owned(), true.into());
            data.shift_remove("cursor");
            match cursor {
                Some(cursor) => {
                    data.insert("cursor".to_owned(), cursor.into());
                    format!(
                        "{shown}; give the cursor for the others, or ask for less of each (`fields`, `format: table`)"
                    )
                }
                None => format!(
                    "{shown}, and no cursor leads to the others; give a smaller `limit`, or ask for less of each (`fields`, `format: table`)"
                ),
            }
        }
        Onward::Operation(operation) => match cursor {
            Some(cursor) => format!("{shown}; {operation} with cursor: {cursor} has the others"),
            None => format!("{shown}; {operation} has them all"),
        },
    }
}

/// Copies values with their texts and lists cut where they are too long.
struct Copier {
    text: usize,
    rows: usize,
    /// Whether a text was cut, with a mark at its end.
    marked: bool,
    /// Whether a list was cut.
    trimmed: bool,
    /// The offset at which the cut text of a row continues, where the operation itself takes it as `text_offset`.
    next_offset: Option<usize>,
}

impl Copier {
    fn new(text: usize, rows: usize) -> Self {
        Self {
            text,
            rows,
            marked: false,
            trimmed: false,
            next_offset: None,
        }
    }

    /// Returns a cut copy of a value that lies `level` levels below the body.
    fn copy(&mut self, value: &Value, level: usize) -> Value {
        match value {
            Value::String(text) => {
                let copy = cut(text.clone(), self.text);
                self.marked |= copy != *text;
                copy.into()
            }
            Value::Array(items) => {
                self.trimmed |= items.len() > self.rows;
                let kept = items.iter().take(self.rows);
                kept.map(|item| self.copy(item, level + 1)).collect()
            }
            Value::Object(map) => {
                let rows = if level == 0 { usize::MAX } else { self.rows };
                self.trimmed |= map.len() > rows;
                let kept = map.iter().take(rows);
                let kept = kept.map(|(key, value)| (key.clone(), self.copy(value, level + 1)));
                Value::Object(kept.collect())
            }
            other => other.clone(),
        }
    }

    /// Returns a cut copy of a row of a list with a cursor, and adds warnings about its long texts. Such a text is cut
    /// without a mark, because the caller continues behind the last character that is shown.
    fn row(
        &mut self,
        row: &Value,
        columns: Option<&Vec<Value>>,
        outline: &Outline,
        warnings: &mut Vec<String>,
    ) -> Value {
        let cells: Vec<(&str, &Value)> = match (row, columns) {
            (Value::Object(row), _) => row.iter().map(|(key, cell)| (key.as_str(), cell)).collect(),
            (Value::Array(cells), Some(columns)) => {
                let keys = columns.iter().map(|key| key.as_str().unwrap_or_default());
                keys.zip(cells).collect()
            }
            _ => return self.copy(row, 1),
        };
        let named = |key: &&str| cells.iter().find(|(cell_key, _)| cell_key == key);
        let name = NAMES
            .iter()
            .find_map(named)
            .and_then(|(_, name)| name.as_str());
        let mut copies = Vec::with_capacity(cells.len());
        for (key, cell) in &cells {
            let copy = match (cell, outline.reader) {
                (Value::String(text), Some(reader)) if TEXTS.contains(key) => {
                    let (shown, characters) = head(text, self.text);
                    if shown.len() < text.len() {
                        let next = outline.text_offset + characters;
                        let total = outline.text_offset + text.chars().count();
                        let of_row =
                            name.map(|name| format!(" of {}", cut(name.to_owned(), LINE_TEXT)));
                        let of_row = of_row.unwrap_or_default();
                        warnings.push(format!("'{key}'{of_row} is cut at character {next} of {total}; go on with {reader} and text_offset: {next}"));
                        self.next_offset = outline.reads_itself.then_some(next);
                    }
                    shown.into()
                }
                (cell, _) => self.copy(cell, 2),
            };
            copies.push((*key, copy));
        }
        match row {
            Value::Array(_) => copies.into_iter().map(|(_, copy)| copy).collect(),
            _ => {
                let copies = copies.into_iter().map(|(key, copy)| (key.to_owned(), copy));
                Value::Object(copies.collect())
            }
        }
    }

    /// Returns the warnings about the texts and lists that were cut.
    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.marked {
            warnings.push(
                "texts are cut where they say so, because the answer would be too long".to_owned(),
            );
        }
        if self.trimmed {
            warnings.push(format!("lists are cut to {} rows, because the answer would be too long; ask for less at once (`fields`, `detail: brief`)", self.rows));
        }
        warnings
    }
}

/// The keys of an item's row that tell its outcome.
const OUTCOME: [&str; 6] = ["index", "as", "operation", "code", "not_run", "not_planned"];

/// The answer of a batch. The outcomes of all items are kept, and the data of the items share the rest of the budget.
struct BatchAnswer<'f> {
    body: &'f Value,
    place: &'static str,
    rows: &'f [Value],
    outline: &'f Outline,
    max_chars: usize,
}

impl<'f> BatchAnswer<'f> {
    fn new(frame: &'f Frame, place: &'static str, outline: &'f Outline, max_chars: usize) -> Self {
        let rows = frame.body.pointer(place).and_then(Value::as_array);
        Self {
            body: &frame.body,
            place,
            rows: rows.map(Vec::as_slice).unwrap_or_default(),
            outline,
            max_chars,
        }
    }

    /// Returns the body within the limit, and the warnings about what is left out. Where the data of the items do not
    /// fit at all, only the outcomes stay.
    fn shorten(&self, fits: &dyn Fn(&Value, &[String]) -> bool) -> (Value, Vec<String>) {
        // The number of characters that each row needs in addition to the outcome.
        let outcome_lengths: Vec<usize> = self
            .rows
            .iter()
            .map(|row| line_length(&outcome_line(row)))
            .collect();
        let extra = self
            .rows
            .iter()
            .zip(&outcome_lengths)
            .map(|(row, outcome_length)| line_length(row).saturating_sub(*outcome_length));
        let extra: Vec<usize> = extra.collect();
        let lines: usize = outcome_lengths.iter().sum();
        let mut share = fair_share(&extra, self.max_chars.saturating_sub(lines));
        while share >= SHORTEST_SHARE {
            let (body, warnings) = self.with_share(&extra, &outcome_lengths, share);
            if fits(&body, &warnings) {
                return (body, warnings);
            }
            share = share * 4 / 5;
        }
        let (body, warnings) = self.with_share(&extra, &outcome_lengths, 0);
        if fits(&body, &warnings) {
            return (body, warnings);
        }
        let warnings = vec!["the items' lines are left out, because the answer would be too long: `outcomes` says what became of each; send fewer at once".to_owned()];
        (self.with_rows("outcomes", outcomes(self.rows)), warnings)
    }

    /// Returns the body in which each item has `share` characters for all that stands beside its outcome, and the
    /// warnings about what is left out.
    fn with_share(
        &self,
        extra: &[usize],
        outcome_lengths: &[usize],
        share: usize,
    ) -> (Value, Vec<String>) {
        let mut warnings = Vec::new();
        let none = (String::new(), Outline::default());
        let sizes = extra.iter().zip(outcome_lengths);
        let rows = self.rows.iter().zip(sizes).enumerate().map(
            |(place, (row, (extra, outcome_length)))| {
                if *extra <= share {
                    return row.clone();
                }
                let (item_name, outline) = self.outline.items.get(place).unwrap_or(&none);
                let max_chars = outcome_length + share;
                let (line, cuts) = shortened_line(row, outline, max_chars);
                warnings.extend(cuts.into_iter().map(|cut| format!("{item_name}: {cut}")));
                line
            },
        );
        let rows: Value = rows.collect();
        let key = self.place.rsplit('/').next().unwrap_or_default();
        (self.with_rows(key, rows), warnings)
    }

    /// Returns the body with `key` and `value` in the place of the items' rows.
    fn with_rows(&self, key: &str, value: Value) -> Value {
        let mut body = self.body.clone();
        let parent = match self.place.rsplit_once('/') {
            Some((parent, _)) => body.pointer_mut(parent).and_then(Value::as_object_mut),
            None => None,
        };
        if let Some(parent) = parent {
            parent.shift_remove("results");
            parent.insert(key.to_owned(), value);
        }
        body
    }
}

/// The smallest share of an item, in characters; below it, all items are reduced to their outcomes.
const SHORTEST_SHARE: usize = 50;

/// Returns the largest share of the budget that every need can have, where none takes more than it needs.
fn fair_share(needs: &[usize], budget: usize) -> usize {
    let mut needs = needs.to_vec();
    needs.sort_unstable();
    let mut left = budget;
    let count = needs.len();
    for (place, need) in needs.into_iter().enumerate() {
        let share = left / (count - place);
        if need > share {
            return share;
        }
        left -= need;
    }
    budget
}

/// Returns the length of an item's row as it stands in the answer, with its indentation.
fn line_length(row: &Value) -> usize {
    let text = yaml::write(row);
    length(&text) + 3 * text.lines().count()
}

/// Returns an item's row without lists and objects, and with its texts cut short: the outcome of the item and what the
/// item is about.
fn outcome_line(row: &Value) -> Value {
    let fields = row.as_object().into_iter().flatten();
    let kept = fields.filter_map(|(key, value)| {
        let kept = match value {
            Value::String(text) => cut(text.clone(), LINE_TEXT).into(),
            Value::Array(_) | Value::Object(_) => return None,
            other => other.clone(),
        };
        Some((key.clone(), kept))
    });
    Value::Object(kept.collect())
}

/// Returns an item's row in at most `max_chars` characters, and the warnings about what is left out of it.
fn shortened_line(row: &Value, outline: &Outline, max_chars: usize) -> (Value, Vec<String>) {
    let with_data = |data: Value| {
        let mut line = row.as_object().cloned().unwrap_or_default();
        line.insert("data".to_owned(), data);
        Value::Object(line)
    };
    let is_short = |line: &Value| line_length(line) <= max_chars;
    if let Some(data) = row.get("data") {
        let fits = |data: &Value, _: &[String]| is_short(&with_data(data.clone()));
        let (data, warnings) = shorten(data, outline, max_chars, &fits);
        let line = with_data(data);
        if is_short(&line) {
            return (line, warnings);
        }
    }
    let fields = row.as_object().cloned().unwrap_or_default();
    let (line, facts): (Map<String, Value>, Map<String, Value>) = fields
        .into_iter()
        .partition(|(key, _)| OUTCOME.contains(&key.as_str()));
    let with_facts = |facts: &Value| {
        let mut line = line.clone();
        line.extend(facts.as_object().cloned().unwrap_or_default());
        Value::Object(line)
    };
    let fits = |facts: &Value, _: &[String]| is_short(&with_facts(facts));
    let facts = Value::Object(facts);
    let (facts, cuts) = shorten(&facts, &Outline::default(), max_chars, &fits);
    if facts.as_object().is_some_and(|facts| !facts.is_empty()) {
        return (with_facts(&facts), cuts);
    }
    let warning = "what stands beside the outcome is left out; ask for it alone".to_owned();
    (outcome_line(row), vec![warning])
}

/// Returns the indexes of the items by outcome: `{succeeded: 0-41 43, ISSUE_NOT_FOUND: 42, not_run: 44-99}`.
fn outcomes(rows: &[Value]) -> Value {
    let mut groups: Map<String, Value> = Map::new();
    let mut open: Option<(&str, u64, u64)> = None;
    let mut close = |run: Option<(&str, u64, u64)>| {
        let Some((outcome, first, last)) = run else {
            return;
        };
        let range = if first == last {
            first.to_string()
        } else {
            format!("{first}-{last}")
        };
        let entry = groups.entry(outcome).or_insert_with(|| "".into());
        let ranges = entry.as_str().unwrap_or_default();
        let gap = if ranges.is_empty() { "" } else { " " };
        *entry = format!("{ranges}{gap}{range}").into();
    };
    for row in rows {
        let index = row.get("index").and_then(Value::as_u64).unwrap_or_default();
        let outcome = match row.get("code").and_then(Value::as_str) {
            Some(code) => code,
            None if row.get("not_run").is_some() => "not_run",
            None if row.get("not_planned").is_some() => "not_planned",
            None => "succeeded",
        };
        open = match open {
            Some((known, first, last)) if known == outcome && last + 1 == index => {
                Some((known, first, index))
            }
            other => {
                close(other);
                Some((outcome, index, index))
            }
        };
    }
    close(open);
    Value::Object(groups)
}

#[cfg(test)]
mod tests;

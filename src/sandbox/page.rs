//! Pages of records: which records a list or a search has, their order, cursors and the size of a page
//! (`linear/api.md` §1.2, §6).

use std::fmt::Write as _;

use apollo_compiler::schema::FieldDefinition;
use serde_json::{Map, Value};

use super::filter::Filter;
use super::input::is_uuid;
use super::refusal::Refusal;
use super::sort::SortOrder;
use super::store::{Record, text};
use super::workspace::{Workspace, is_hidden};

/// The number of nodes that a connection has when neither `first` nor `last` is given.
pub(super) const DEFAULT_SIZE: usize = 50;
/// The most nodes that may be asked for.
const MAX_SIZE: i64 = 250;

/// The arguments that every connection takes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct PageArgs {
    first: Option<usize>,
    last: Option<usize>,
    after: Option<SortPosition>,
    before: Option<SortPosition>,
    /// The field that records are ordered by: `createdAt` unless `orderBy` says `updatedAt`.
    order_field: &'static str,
    /// Whether archived and trashed entities are listed too.
    include_archived: bool,
    /// Whether `orderBy` was given. A search ranks by relevance without it.
    has_order: bool,
}

/// The position of a record in an order: its sort key and, where keys are equal, its id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct SortPosition {
    key: String,
    id: String,
}

/// One page of records, each with its cursor.
#[derive(Clone, Debug, Default)]
pub(super) struct Page {
    pub(super) items: Vec<(String, Record)>,
    pub(super) has_next: bool,
    pub(super) has_previous: bool,
    /// The number of records on all pages.
    pub(super) total: usize,
}

/// Returns one page of these records, which are entities of type `kind`, as the arguments of the connection ask for it.
///
/// # Errors
/// A page argument, a filter or a `sort` that is not well-formed or that the stand-in does not model.
pub(super) fn list_page(
    workspace: &Workspace<'_>,
    records: Vec<&Record>,
    kind: &str,
    definition: &FieldDefinition,
    args: &Map<String, Value>,
) -> Result<Page, Refusal> {
    let page = PageArgs::read(args)?;
    let filter = read_filter(workspace, definition, args)?;
    let order = SortOrder::read(*workspace, kind, args.get("sort"))?;
    let shown = records.into_iter().filter(|record| {
        (page.include_archived || !is_hidden(record)) && filter.admits(kind, record)
    });
    let keyed = shown
        .map(|record| (order.key(record) + &page.sort_key(record), record))
        .collect();
    Ok(page.cut(keyed))
}

/// Returns one page of `searchIssues`, `searchProjects` or `searchDocuments` over the entities of type `kind`.
///
/// Every word of the term must occur, whatever the case (`linear/api.md` §1.2 "search"). Results come by relevance
/// unless `orderBy` is given; titles rank above bodies, and `teamId` ranks the entities of a team above equals.
/// Identifiers are not searched: nobody has verified that Linear finds an issue by one.
///
/// # Errors
/// A page argument, a filter or a `teamId` that is not well-formed.
pub(super) fn search_page(
    workspace: &Workspace<'_>,
    kind: &str,
    definition: &FieldDefinition,
    args: &Map<String, Value>,
) -> Result<Page, Refusal> {
    let filter = read_filter(workspace, definition, args)?;
    let page = PageArgs::read(args)?;
    let term = args.get("term").and_then(Value::as_str).unwrap_or_default();
    let team = args.get("teamId").and_then(Value::as_str);
    if team.is_some_and(|id| !is_uuid(id)) {
        return Err(Refusal::not_uuid("teamId"));
    }
    let include_comments = flag(args, "includeComments");
    let matches = workspace.store.all(kind).filter(|record| {
        let is_shown = page.include_archived || !is_hidden(record);
        let content = || searchable_content(workspace, kind, record, include_comments);
        is_shown && contains_words(&content(), term) && filter.admits(kind, record)
    });
    let ranked = matches.map(|record| {
        let date = page.sort_key(record);
        let key = if page.has_order {
            date
        } else {
            format!("{} {date}", rank(record, term, team))
        };
        (key, record)
    });
    Ok(page.cut(ranked.collect()))
}

/// Reads and checks the `filter` argument of a field.
fn read_filter<'w>(
    workspace: &Workspace<'w>,
    definition: &'w FieldDefinition,
    args: &'w Map<String, Value>,
) -> Result<Filter<'w>, Refusal> {
    let input = definition
        .argument_by_name("filter")
        .map_or("", |argument| argument.ty.inner_named_type().as_str());
    Filter::new(*workspace, input, args.get("filter"))
}

/// Returns the text of an entity that a search looks at, with or without its comments.
pub(super) fn searchable_content(
    workspace: &Workspace<'_>,
    kind: &str,
    record: &Record,
    include_comments: bool,
) -> String {
    let mut content = String::new();
    for field in ["title", "name", "description", "content"] {
        if let Some(part) = text(record, field) {
            content.push_str(part);
            content.push('\n');
        }
    }
    if include_comments {
        for comment in workspace.related_entities(kind, record, "comments") {
            content.push_str(text(comment, "body").unwrap_or_default());
            content.push('\n');
        }
    }
    content
}

/// Whether every word of the term occurs in the content, whatever the case. A term without words occurs nowhere.
pub(super) fn contains_words(content: &str, term: &str) -> bool {
    let content = content.to_lowercase();
    let term = term.to_lowercase();
    let mut words = term.split_whitespace().peekable();
    words.peek().is_some() && words.all(|word| content.contains(word))
}

/// Returns the relevance of a record, from 0 to 7: the whole term in the title counts most, then its words in the title,
/// then the team that was asked for.
fn rank(record: &Record, term: &str, team: Option<&str>) -> u8 {
    let title = text(record, "title")
        .or(text(record, "name"))
        .unwrap_or_default();
    let has_term = title.to_lowercase().contains(&term.to_lowercase());
    let has_words = contains_words(title, term);
    let is_of_team = team.is_some() && text(record, "teamId") == team;
    u8::from(has_term) * 4 + u8::from(has_words) * 2 + u8::from(is_of_team)
}

impl PageArgs {
    /// Reads the arguments of a connection field.
    ///
    /// # Errors
    /// A size that is not within 1..=250, and a cursor that the stand-in did not make.
    fn read(args: &Map<String, Value>) -> Result<Self, Refusal> {
        let order = args.get("orderBy").and_then(Value::as_str);
        Ok(Self {
            first: read_size(args, "first")?,
            last: read_size(args, "last")?,
            after: read_cursor(args, "after")?,
            before: read_cursor(args, "before")?,
            order_field: match order {
                Some("updatedAt") => "updatedAt",
                _ => "createdAt",
            },
            include_archived: flag(args, "includeArchived"),
            has_order: order.is_some(),
        })
    }

    /// The key that a record is ordered by.
    fn sort_key(&self, record: &Record) -> String {
        text(record, self.order_field)
            .unwrap_or_default()
            .to_owned()
    }

    /// Cuts one page out of the records, each given with its sort key; the greatest key comes first.
    ///
    /// A cursor names a position in the order and not a row, so entities that are inserted or removed between two
    /// pages neither repeat nor hide others.
    fn cut(&self, records: Vec<(String, &Record)>) -> Page {
        let mut sorted: Vec<(SortPosition, &Record)> = records
            .into_iter()
            .map(|(key, record)| {
                let id = text(record, "id").unwrap_or_default().to_owned();
                (SortPosition { key, id }, record)
            })
            .collect();
        sorted.sort_by(|(one, _), (other, _)| other.cmp(one));
        let total = sorted.len();
        let is_before_end =
            |position: &SortPosition| self.before.as_ref().is_none_or(|end| position > end);
        let is_after_start =
            |position: &SortPosition| self.after.as_ref().is_none_or(|start| position < start);
        let has_later = sorted.iter().any(|(position, _)| !is_before_end(position));
        let has_earlier = sorted.iter().any(|(position, _)| !is_after_start(position));
        sorted.retain(|(position, _)| is_after_start(position) && is_before_end(position));
        let (start, end) = self.window(sorted.len());
        Page {
            has_next: end < sorted.len() || has_later,
            has_previous: start > 0 || has_earlier,
            total,
            items: sorted
                .into_iter()
                .skip(start)
                .take(end - start)
                .map(|(position, record)| (position.cursor(), record.clone()))
                .collect(),
        }
    }

    /// Returns which of `len` records the page has: the first one's index, and the index after the last one.
    fn window(&self, len: usize) -> (usize, usize) {
        match (self.first, self.last) {
            (None, Some(last)) => (len.saturating_sub(last), len),
            (Some(first), Some(last)) => {
                let end = first.min(len);
                (end.saturating_sub(last), end)
            }
            (first, None) => (0, first.unwrap_or(DEFAULT_SIZE).min(len)),
        }
    }
}

impl SortPosition {
    /// Returns the position as clients see it: in hexadecimal, so that nobody is tempted to read a cursor or make one.
    fn cursor(&self) -> String {
        let mut cursor = String::new();
        for byte in self.key.bytes().chain([b'|']).chain(self.id.bytes()) {
            // Writing to a string cannot fail.
            let _ = write!(cursor, "{byte:02x}");
        }
        cursor
    }

    fn from_cursor(cursor: &str) -> Option<Self> {
        let digits: Option<Vec<u32>> = cursor.chars().map(|digit| digit.to_digit(16)).collect();
        let bytes: Option<Vec<u8>> = digits?
            .chunks(2)
            .map(|pair| match pair {
                [high, low] => u8::try_from(high * 16 + low).ok(),
                _ => None,
            })
            .collect();
        let decoded = String::from_utf8(bytes?).ok()?;
        let (key, id) = decoded.rsplit_once('|')?;
        Some(Self {
            key: key.to_owned(),
            id: id.to_owned(),
        })
    }
}

/// The value of a boolean argument; absent and null are false.
pub(super) fn flag(args: &Map<String, Value>, name: &str) -> bool {
    args.get(name).and_then(Value::as_bool).unwrap_or(false)
}

fn read_size(args: &Map<String, Value>, name: &str) -> Result<Option<usize>, Refusal> {
    let Some(size) = args.get(name).and_then(Value::as_i64) else {
        return Ok(None);
    };
    if size > MAX_SIZE {
        let message = format!("{name} must not be greater than {MAX_SIZE}");
        return Err(Refusal::validation(name, "max", message));
    }
    match usize::try_from(size) {
        Ok(size) if size > 0 => Ok(Some(size)),
        _ => Err(Refusal::validation(
            name,
            "min",
            format!("{name} must not be less than 1"),
        )),
    }
}

fn read_cursor(args: &Map<String, Value>, name: &str) -> Result<Option<SortPosition>, Refusal> {
    let Some(cursor) = args.get(name).and_then(Value::as_str) else {
        return Ok(None);
    };
    match SortPosition::from_cursor(cursor) {
        Some(position) => Ok(Some(position)),
        None => Err(Refusal::validation(
            name,
            "isCursor",
            format!("{name} must be a cursor of this connection"),
        )),
    }
}

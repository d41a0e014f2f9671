//! Full-text search: every word of the term must occur, titles rank above bodies (`linear/api.md` §1.2 "search").

use serde_json::{Map, Value};

use super::input::is_uuid;
use super::page::{Page, PageArgs, flag};
use super::refusal::Refusal;
use super::store::{Record, text};
use super::world::{World, is_hidden};

/// Runs `searchIssues`, `searchProjects` or `searchDocuments` over the entities of type `kind`.
///
/// Results come by relevance unless `orderBy` is given; `teamId` ranks a team's entities above others like them. An identifier is not searched for: nobody has verified that
/// Linear finds one. Errors when a page argument or `teamId` is not well-formed.
pub(super) fn run(
    world: &World<'_>,
    kind: &str,
    args: &Map<String, Value>,
    admits: impl Fn(&Record) -> bool,
) -> Result<Page, Refusal> {
    let page = PageArgs::read(args)?;
    let term = args.get("term").and_then(Value::as_str).unwrap_or_default();
    let team = args.get("teamId").and_then(Value::as_str);
    if team.is_some_and(|id| !is_uuid(id)) {
        return Err(Refusal::not_uuid("teamId"));
    }
    let comments = flag(args, "includeComments");
    let found = world.store.all(kind).filter_map(|record| {
        let shown = page.include_archived || !is_hidden(record);
        if !shown
            || !contains_words(&content(world, kind, record, comments), term)
            || !admits(record)
        {
            return None;
        }
        let date = page.key(record);
        let key = if page.ordered {
            date
        } else {
            format!("{} {date}", rank(record, term, team))
        };
        Some((key, record))
    });
    Ok(page.cut(found.collect()))
}

/// The text of an entity that search looks at, with or without its comments.
pub(super) fn content(world: &World<'_>, kind: &str, record: &Record, comments: bool) -> String {
    let mut out = String::new();
    for field in ["title", "name", "description", "content"] {
        if let Some(part) = text(record, field) {
            out.push_str(part);
            out.push('\n');
        }
    }
    if comments {
        for comment in world.many(kind, record, "comments") {
            out.push_str(text(comment, "body").unwrap_or_default());
            out.push('\n');
        }
    }
    out
}

/// Whether every word of the term occurs, whatever the case.
pub(super) fn contains_words(content: &str, term: &str) -> bool {
    let content = content.to_lowercase();
    let term = term.to_lowercase();
    let mut words = term.split_whitespace().peekable();
    words.peek().is_some() && words.all(|word| content.contains(word))
}

/// 0 to 7, the greater the better: the whole term in the title, then its words, and the asked team before others.
fn rank(record: &Record, term: &str, team: Option<&str>) -> u8 {
    let title = text(record, "title")
        .or(text(record, "name"))
        .unwrap_or_default();
    let whole = title.to_lowercase().contains(&term.to_lowercase());
    let words = contains_words(title, term);
    let boosted = team.is_some() && text(record, "teamId") == team;
    u8::from(whole) * 4 + u8::from(words) * 2 + u8::from(boosted)
}

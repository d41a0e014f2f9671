//! Addresses of pages in an operation's parameters, before it runs: what is not one of Linear, or is the address of
//! another kind of thing than the parameter takes, is refused.

use serde_json::{Map, Value};

use crate::error::{Code, Error};
use crate::operation::Entry;
use crate::params::NAMING;
use crate::resolve::address::{self, PageKind};
use crate::resolve::issue::IssueRef;
use crate::resolve::page_of_param;
use crate::session::Addressed;

/// The category of the operations whose `parent_id` is a comment.
const COMMENTS: &str = "comment";

/// The kind of thing that a parameter names.
pub(super) fn kind_of(entry: &Entry, param: &str) -> Option<PageKind> {
    match param {
        "issue_id" | "related_issue_id" => Some(PageKind::Issue),
        "parent_id" if entry.category != COMMENTS => Some(PageKind::Issue),
        "document_id" => Some(PageKind::Document),
        _ => page_of_param(param),
    }
}

/// Reads the addresses among an operation's parameters. Those of teams and people are replaced by what names them: a
/// team's key, a display name; the others are read where they are used.
///
/// # Errors
/// INVALID_PARAM with the parameter, for an address that it cannot have.
pub(super) fn read(
    entry: &Entry,
    params: &mut Map<String, Value>,
) -> Result<Vec<Addressed>, Error> {
    let mut found = Vec::new();
    let team = team_key(params);
    for (param, value) in params {
        if let Some(kind) = kind_of(entry, param) {
            read_value(param, kind, value, team.as_deref(), &mut found)?;
        }
    }
    Ok(found)
}

/// The error of a cycle's address: its number means another cycle in another team, and the operation has one already,
/// which is known where its key is given.
fn not_a_number(param: &str, text: &str, number: &str, team: Option<&str>) -> Error {
    let text = text.trim();
    let key = address::team_of_cycle(text).unwrap_or_default();
    let is_own = team.is_some_and(|team| team.eq_ignore_ascii_case(key));
    let hint = if is_own {
        format!("Use '{number}'")
    } else {
        format!("Give its number, {number}, where the team is '{key}'; a cycle is of one team")
    };
    let message =
        format!("'{text}' is the address of a cycle, and '{param}' takes its number or name");
    Error::new(Code::InvalidParam, message)
        .detail("param", param)
        .detail("given", text)
        .suggest(hint)
}

/// What an operation's team goes by: what is given for it, or the key in the identifier of the issue.
fn team_key(params: &Map<String, Value>) -> Option<String> {
    let text = |param: &str| params.get(param).and_then(Value::as_str);
    if let Some(team) = text("team") {
        return Some(team.trim().to_owned());
    }
    let issue = IssueRef::parse("issue_id", text("issue_id")?).ok()?;
    issue.team_key().map(str::to_owned)
}

fn read_value(
    param: &str,
    kind: PageKind,
    value: &mut Value,
    team: Option<&str>,
    found: &mut Vec<Addressed>,
) -> Result<(), Error> {
    match value {
        Value::String(text) => {
            let Some(address) = address::expect(param, text, kind)? else {
                return Ok(());
            };
            if kind == PageKind::Cycle {
                return Err(not_a_number(param, text, address.name, team));
            }
            found.extend(address.workspace.map(|workspace| Addressed {
                param: param.to_owned(),
                given: text.trim().to_owned(),
                workspace: workspace.to_owned(),
            }));
            match kind {
                PageKind::Team => *text = address.name.to_owned(),
                PageKind::User => *text = format!("@{}", address.name),
                _ => {}
            }
            Ok(())
        }
        Value::Array(items) => items
            .iter_mut()
            .try_for_each(|item| read_value(param, kind, item, team, found)),
        Value::Object(fields) => fields
            .iter_mut()
            .filter(|(key, _)| NAMING.contains(&key.as_str()))
            .try_for_each(|(_, value)| match value {
                Value::String(_) => read_value(param, kind, value, team, found),
                _ => Ok(()),
            }),
        _ => Ok(()),
    }
}

//! Checks of the parameters that name entities, before an operation runs: addresses of pages at Linear, objects that describe an
//! entity by more than its name, and objects that name an issue in several ways.

use serde::Deserialize as _;
use serde_json::{Map, Value};

use crate::error::{Code, Error};
use crate::linear::documents::{IssueHead, issue_head};
use crate::operation::Entry;
use crate::operations::reads::{ReadError, ReadRequest, Slot};
use crate::params::{Form, LabelName, NAMING_KEYS, Ref, sub_issue_entries};
use crate::resolve::address::{self, PageKind};
use crate::resolve::issue::{IssueRef, mentions};
use crate::resolve::{LookupRequest, lookup_only, page_of_param};
use crate::session::{Addressed, Claim, Context};
use crate::text::cut;

/// The category of the operations whose `parent_id` is a comment.
const COMMENTS: &str = "comment";

/// The entries of an object that name an issue.
const ISSUE_NAMING: [&str; 4] = ["id", "identifier", "key", "url"];

/// Returns the kind of the entity that a parameter names, for entities that have a page at Linear.
fn page_kind(entry: &Entry, param: &str) -> Option<PageKind> {
    match param {
        "issue_id" | "related_issue_id" => Some(PageKind::Issue),
        "parent_id" if entry.category != COMMENTS => Some(PageKind::Issue),
        "blocks"
        | "blocked_by"
        | "related_to"
        | "duplicate_of"
        | "remove_blocks"
        | "remove_blocked_by"
        | "remove_related_to"
        | "remove_duplicate_of" => Some(PageKind::Issue),
        "document_id" => Some(PageKind::Document),
        _ => page_of_param(param),
    }
}

/// Returns the addresses of pages among an operation's parameters. In `params`, the address of a team or a user is replaced by the
/// team's key or the user's display name; other addresses stay, and are parsed again where the parameter is used.
///
/// # Errors
/// INVALID_PARAM with the parameter, for an address that is not Linear's, or of another kind than the parameter takes.
pub(super) fn take_addresses(
    entry: &Entry,
    params: &mut Map<String, Value>,
) -> Result<Vec<Addressed>, Error> {
    let mut addresses = Vec::new();
    let team_key = team_key(params);
    let team_key = team_key.as_deref();
    for (param, value) in params {
        match (param.as_str(), page_kind(entry, param)) {
            (_, Some(kind)) => take_address(param, kind, value, team_key, &mut addresses)?,
            ("sort_order", None) => take_neighbour(param, value, &mut addresses)?,
            ("sub_issues", None) => {
                let sub_issues = value.as_array_mut().into_iter().flatten();
                for (key, value) in sub_issues.filter_map(Value::as_object_mut).flatten() {
                    if let Some(kind) = page_kind(entry, key) {
                        take_address(key, kind, value, team_key, &mut addresses)?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(addresses)
}

/// Adds the address of the neighbour in a place such as `{before: address}` or `before address`.
fn take_neighbour(
    param: &str,
    place: &mut Value,
    addresses: &mut Vec<Addressed>,
) -> Result<(), Error> {
    match place {
        Value::String(text) => {
            let start = ["http", "linear:"]
                .into_iter()
                .find_map(|word| text.find(word));
            let address = start.and_then(|start| text.get(start..));
            let mut address = Value::from(address.unwrap_or_default());
            take_address(param, PageKind::Issue, &mut address, None, addresses)
        }
        Value::Object(fields) => fields
            .values_mut()
            .try_for_each(|issue| take_address(param, PageKind::Issue, issue, None, addresses)),
        _ => Ok(()),
    }
}

/// Returns the key of the operation's team: the `team` parameter, or the key in the identifier of the issue.
fn team_key(params: &Map<String, Value>) -> Option<String> {
    let text = |param: &str| params.get(param).and_then(Value::as_str);
    if let Some(team) = text("team") {
        return Some(team.trim().to_owned());
    }
    let issue = IssueRef::parse("issue_id", text("issue_id")?).ok()?;
    issue.team_key().map(str::to_owned)
}

/// Adds the addresses in the value of one parameter, as [`take_addresses`] does.
fn take_address(
    param: &str,
    kind: PageKind,
    value: &mut Value,
    team_key: Option<&str>,
    addresses: &mut Vec<Addressed>,
) -> Result<(), Error> {
    match value {
        Value::String(text) => {
            let Some(address) = address::expect(param, text, kind)? else {
                return Ok(());
            };
            if kind == PageKind::Cycle {
                return Err(cycle_address(param, text, address.name, team_key));
            }
            addresses.extend(address.workspace.map(|workspace| Addressed {
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
            .try_for_each(|item| take_address(param, kind, item, team_key, addresses)),
        Value::Object(fields) => fields
            .iter_mut()
            .filter(|(key, value)| NAMING_KEYS.contains(&key.as_str()) && value.is_string())
            .try_for_each(|(_, value)| take_address(param, kind, value, team_key, addresses)),
        _ => Ok(()),
    }
}

/// Returns the error for the address of a cycle. Its number means a cycle only in the address's own team, while the operation has
/// a team of its own; the suggestion depends on whether the two are known to be the same.
fn cycle_address(param: &str, text: &str, number: &str, team_key: Option<&str>) -> Error {
    let text = text.trim();
    let key = address::team_of_cycle(text).unwrap_or_default();
    let is_same_team = team_key.is_some_and(|team_key| team_key.eq_ignore_ascii_case(key));
    let hint = if is_same_team {
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

/// Replaces each text that is given for an issue, and that is neither an identifier, a UUID, an address nor the name of a
/// branch with one identifier in it, by the only identifier in it whose key is a team's. In an operation that writes, the
/// caller is warned. A text without such an identifier stays, and is refused where the parameter is used.
///
/// The teams come from the session cache or from a request of its own, which only such a text needs.
///
/// # Errors
/// AMBIGUOUS_IDENTIFIER for a text with several such identifiers, or the failure of the request.
pub(super) async fn read_issue_texts(
    entry: &Entry,
    params: &mut Map<String, Value>,
    cx: &Context<'_>,
) -> Result<(), Error> {
    for (param, value) in params {
        if page_kind(entry, param) != Some(PageKind::Issue) {
            continue;
        }
        let texts = match value {
            Value::Array(items) => items.as_mut_slice(),
            value => std::slice::from_mut(value),
        };
        for text in texts {
            if let Value::String(text) = text
                && let Some(issue) = issue_in_text(param, text, cx).await?
            {
                *text = issue.id();
            }
        }
    }
    Ok(())
}

/// Returns the issue that a text means because it has one identifier of a team in it; `None` for a text that needs no such
/// reading, or that has no such identifier.
///
/// # Errors
/// As [`read_issue_texts`].
async fn issue_in_text(
    param: &str,
    text: &str,
    cx: &Context<'_>,
) -> Result<Option<IssueRef>, Error> {
    if IssueRef::parse(param, text).is_ok() {
        return Ok(None);
    }
    let candidates = mentions(text).unwrap_or_default();
    let Some(first) = candidates.first() else {
        return Ok(None);
    };
    let mut keys = candidates.iter().map(IssueRef::team_key);
    // Several identifiers with one key are several issues or none, so the teams need not be known.
    let is_certain = candidates.len() > 1 && keys.all(|key| key == first.team_key());
    let found = if is_certain {
        candidates
    } else {
        match of_teams(&candidates, false, cx).await? {
            // A team may be newer than the session cache.
            found if found.is_empty() => of_teams(&candidates, true, cx).await?,
            found => found,
        }
    };
    // Without white space, the text is the name of a branch or the like, which is refused where the parameter is used.
    if found.len() > 1 && !text.trim().contains(char::is_whitespace) {
        return Ok(None);
    }
    let (issue, more) = match found.as_slice() {
        [] => return Ok(None),
        [issue, more @ ..] => (issue, more),
    };
    let shown = cut(text.trim().to_owned(), LONGEST_SHOWN);
    if more.is_empty() {
        if cx.effect.writes() {
            let issue = issue.id();
            cx.warn(format!(
                "'{shown}' taken to mean {issue}, the only issue named in it"
            ));
        }
        return Ok(Some(issue.clone()));
    }
    let ids: Vec<String> = found.iter().map(IssueRef::id).collect();
    let message = format!("'{shown}' names several issues: {}", ids.join(", "));
    let error = Error::new(Code::AmbiguousIdentifier, message)
        .detail("param", param)
        .detail("input", text.trim());
    let suggest = |error: Error, id: &String| error.suggest(format!("Use '{id}'"));
    Err(ids.iter().take(MOST_SUGGESTED).fold(error, suggest))
}

/// The longest part of a text that a warning or an error repeats, in characters.
const LONGEST_SHOWN: usize = 80;
/// The largest number of issues that an error suggests.
const MOST_SUGGESTED: usize = 4;

/// Returns the issues among the candidates whose key is a team's. `fresh` says whether the session cache is bypassed.
///
/// # Errors
/// The failure of the request.
async fn of_teams(
    candidates: &[IssueRef],
    fresh: bool,
    cx: &Context<'_>,
) -> Result<Vec<IssueRef>, Error> {
    let all_teams = LookupRequest {
        all_teams: true,
        fresh,
        ..LookupRequest::default()
    };
    let teams = lookup_only(cx, &all_teams).await?.teams;
    let is_of_team = |issue: &&IssueRef| match issue.team_key() {
        Some(key) => teams
            .items
            .iter()
            .any(|team| team.key.eq_ignore_ascii_case(key)),
        // A UUID comes from the address of an issue.
        None => true,
    };
    Ok(candidates.iter().filter(is_of_team).cloned().collect())
}

/// Returns the claims of the objects among an operation's canonical parameters: the entries besides the text by which the entity
/// is looked up, such as `key` in `team: {name: Engineering, key: DES}`. A claim is compared with the entity once the name is
/// resolved.
pub(super) fn claims(entry: &Entry, params: &Map<String, Value>) -> Vec<Claim> {
    let mut claims = Vec::new();
    for field in &entry.signature().fields {
        let Some(value) = params.get(&field.name) else {
            continue;
        };
        let items = match value {
            Value::Array(items) => items.as_slice(),
            value => std::slice::from_ref(value),
        };
        let objects = items.iter().filter_map(Value::as_object);
        if field.form == Form::SubIssue {
            for (param, form, value) in objects.flat_map(sub_issue_entries) {
                let values = match value {
                    Value::Array(items) => items.as_slice(),
                    value => std::slice::from_ref(value),
                };
                let objects = values.iter().filter_map(Value::as_object);
                claims.extend(objects.filter_map(|object| claim(param, form, object)));
            }
            continue;
        }
        claims.extend(objects.filter_map(|object| claim(&field.name, field.form, object)));
    }
    claims
}

/// Returns the claim of one object; `None` where the object has no further entries, or names nothing.
fn claim(param: &str, form: Form, object: &Map<String, Value>) -> Option<Claim> {
    let value = Value::Object(object.clone());
    let wanted = match form {
        Form::Name | Form::Cycle => Ref::deserialize(value).ok()?.into_string(),
        // A label without an id is looked up by everything that its object says.
        Form::Label if object.get("id").is_some_and(|id| !id.is_null()) => {
            LabelName::deserialize(value).ok()?.as_str().to_owned()
        }
        _ => return None,
    };
    let entries = object.iter().filter_map(|(key, value)| {
        // An object within the object, such as a label's group, is compared by its name.
        let is_comparable = matches!(
            value,
            Value::String(_) | Value::Number(_) | Value::Object(_)
        );
        let text = is_comparable
            .then(|| Ref::deserialize(value).ok())
            .flatten()?;
        let text = text.into_string();
        (text != wanted).then(|| (key.clone(), text))
    });
    let entries: Vec<(String, String)> = entries.collect();
    (!entries.is_empty()).then(|| Claim {
        param: param.to_owned(),
        wanted,
        entries,
    })
}

/// An issue that an object names by its UUID and by its identifier.
struct DoublyNamedIssue<'p> {
    param: &'p str,
    id: String,
    identifier: IssueRef,
}

/// Checks that each object which names an issue in several ways, as answers do (`{id, identifier, url}`), names one issue.
/// Other entries of the object, such as an older title, do not matter. A UUID and an identifier are compared by asking Linear,
/// which also knows an issue by the identifiers that it had before it was moved.
///
/// # Errors
/// INVALID_PARAM for an object that names two issues, or the failure of the request.
pub(super) async fn check_issues(
    entry: &Entry,
    params: &Map<String, Value>,
    cx: &Context<'_>,
) -> Result<(), Error> {
    let mut issues = Vec::new();
    for (param, value) in params {
        if page_kind(entry, param) != Some(PageKind::Issue) {
            continue;
        }
        let items = match value {
            Value::Array(items) => items.as_slice(),
            value => std::slice::from_ref(value),
        };
        for object in items.iter().filter_map(Value::as_object) {
            issues.extend(doubly_named_issue(param, object)?);
        }
    }
    if issues.is_empty() {
        return Ok(());
    }
    let mut request = ReadRequest::default();
    let slots: Vec<Slot<IssueHead>> = issues
        .iter()
        .map(|issue| {
            let id = issue.identifier.id();
            request.require::<IssueHead>(issue_head::Variables { id }, issue.identifier.not_found())
        })
        .collect();
    let mut responses = request.send(cx).await.map_err(ReadError::into_error)?;
    for (issue, slot) in issues.iter().zip(slots) {
        let answer = responses.get(slot)?;
        if !answer.issue.id.eq_ignore_ascii_case(&issue.id) {
            return Err(two_issues(issue.param, &issue.identifier.id(), &issue.id));
        }
    }
    Ok(())
}

/// Returns the issue of an object that has both a UUID and an identifier.
///
/// # Errors
/// INVALID_PARAM for two UUIDs or two identifiers that differ.
fn doubly_named_issue<'p>(
    param: &'p str,
    object: &Map<String, Value>,
) -> Result<Option<DoublyNamedIssue<'p>>, Error> {
    let texts = ISSUE_NAMING
        .iter()
        .filter_map(|key| object.get(*key)?.as_str());
    let (mut by_id, mut by_identifier): (Option<IssueRef>, Option<IssueRef>) = (None, None);
    for issue in texts.filter_map(IssueRef::named) {
        let known = match &issue {
            IssueRef::Id(_) => &mut by_id,
            IssueRef::Identifier { .. } => &mut by_identifier,
        };
        match known {
            Some(other) if *other != issue => {
                return Err(two_issues(param, &other.id(), &issue.id()));
            }
            _ => *known = Some(issue),
        }
    }
    Ok(by_id
        .zip(by_identifier)
        .map(|(id, identifier)| DoublyNamedIssue {
            param,
            id: id.id(),
            identifier,
        }))
}

/// Returns the error for a parameter that names two issues.
fn two_issues(param: &str, one: &str, other: &str) -> Error {
    let message = format!("'{param}' names two issues: '{one}' and '{other}'");
    Error::new(Code::InvalidParam, message)
        .detail("param", param)
        .suggest(format!("Use '{one}'"))
        .suggest(format!("Use '{other}'"))
}

//! Objects in an operation's parameters that name an issue in several ways, as answers do: `{id, identifier, url}`. All
//! of them have to mean one issue. What else such an object says (an older title) changes nothing about which it is.

use serde_json::{Map, Value};

use super::addresses::kind_of;
use crate::error::{Code, Error};
use crate::linear::documents::{IssueHead, issue_head};
use crate::operation::Entry;
use crate::operations::reads::{ReadError, ReadRequest, Slot};
use crate::resolve::address::Kind;
use crate::resolve::issue::IssueRef;
use crate::session::Cx;

/// The entries of an object that name an issue.
const NAMING: [&str; 4] = ["id", "identifier", "key", "url"];

/// An issue that is given by its id and by its identifier.
struct Both<'p> {
    param: &'p str,
    id: String,
    named: IssueRef,
}

/// Checks that each object names one issue. An id and an identifier are compared by asking Linear, which knows an issue
/// by the identifiers that it had before it moved, too.
///
/// # Errors
/// INVALID_PARAM for an object that names two issues, or what became of the request.
pub(super) async fn check(
    entry: &Entry,
    params: &Map<String, Value>,
    cx: &Cx<'_>,
) -> Result<(), Error> {
    let mut both = Vec::new();
    for (param, value) in params {
        if let (Some(Kind::Issue), Value::Object(object)) = (kind_of(entry, param), value) {
            both.extend(read(param, object)?);
        }
    }
    if both.is_empty() {
        return Ok(());
    }
    let mut request = ReadRequest::default();
    let head = |of: &Both<'_>| {
        let variables = issue_head::Variables { id: of.named.id() };
        request.require::<IssueHead>(variables, of.named.not_found())
    };
    let slots: Vec<Slot<IssueHead>> = both.iter().map(head).collect();
    let mut responses = request.send(cx).await.map_err(ReadError::into_error)?;
    for (of, slot) in both.iter().zip(slots) {
        let answer = responses.get(slot)?;
        if !answer.issue.id.eq_ignore_ascii_case(&of.id) {
            return Err(two(of.param, &of.named.id(), &of.id));
        }
    }
    Ok(())
}

/// The id and the identifier in an object, where it has both.
///
/// # Errors
/// INVALID_PARAM for two identifiers that differ.
fn read<'p>(param: &'p str, object: &Map<String, Value>) -> Result<Option<Both<'p>>, Error> {
    let texts = NAMING.iter().filter_map(|key| object.get(*key)?.as_str());
    let (mut id, mut named): (Option<IssueRef>, Option<IssueRef>) = (None, None);
    for issue in texts.filter_map(IssueRef::named) {
        let known = match &issue {
            IssueRef::Id(_) => &mut id,
            IssueRef::Identifier { .. } => &mut named,
        };
        match known {
            Some(other) if *other != issue => return Err(two(param, &other.id(), &issue.id())),
            _ => *known = Some(issue),
        }
    }
    Ok(id.zip(named).map(|(id, named)| Both {
        param,
        id: id.id(),
        named,
    }))
}

fn two(param: &str, one: &str, other: &str) -> Error {
    let message = format!("'{param}' names two issues: '{one}' and '{other}'");
    Error::new(Code::InvalidParam, message)
        .detail("param", param)
        .suggest(format!("Use '{one}'"))
        .suggest(format!("Use '{other}'"))
}

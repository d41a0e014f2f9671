//! Attachments: links on issues, one per issue and URL (`linear/api.md` §1.2).
//!
//! `attachmentCreate` updates the attachment that the issue has with that URL. The `attachmentLink*` mutations refuse
//! such a repeat and leave the attachment as it is, whoever made it.

use serde_json::{Map, Value, json};

use crate::sandbox::identifier;
use crate::sandbox::input::{Given, Input};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Record, Store, text};

use super::record::{filled, fresh, id_of, input_of, new_id, payload, set, touch};
use super::reference;

/// The source type of an attachment that no integration made.
const PLAIN: &str = "api";

/// The hosts that `attachmentLinkURL` recognises, each with the integration that makes a rich attachment of its URLs.
/// The name of the integration is the attachment's source type.
const SOURCES: [(&str, &str); 5] = [
    ("github.com", "github"),
    ("gitlab.com", "gitlab"),
    ("figma.com", "figma"),
    ("slack.com", "slack"),
    ("sentry.io", "sentry"),
];

/// Runs the mutation when it is one of this module's.
pub(super) fn run(
    store: &mut Store,
    field: &str,
    args: Input<'_>,
) -> Option<Result<Record, Refusal>> {
    Some(match field {
        "attachmentCreate" => create(store, args),
        "attachmentUpdate" => update(store, args),
        "attachmentDelete" => delete(store, args),
        "attachmentLinkURL" => link(store, args, None, &[]),
        "attachmentLinkGitHubPR" => link(store, args, Some("github"), &["linkKind"]),
        "attachmentLinkGitHubIssue" => link(store, args, Some("github"), &[]),
        "attachmentLinkGitLabMR" => link(
            store,
            args,
            Some("gitlab"),
            &["number", "projectPathWithNamespace"],
        ),
        "attachmentLinkSlack" => link(store, args, Some("slack"), &["syncToCommentThread"]),
        _ => return None,
    })
}

fn create(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let empty = Map::new();
    let input = input_of(args, &empty);
    input.only(&[&[
        "id",
        "issueId",
        "title",
        "subtitle",
        "url",
        "iconUrl",
        "metadata",
        "groupBySource",
        "commentBody",
    ]])?;
    let (issue, url) = target(store, input)?;
    let mut attachment = match attached(store, &issue, &url) {
        Some(mut known) => {
            touch(store, &mut known);
            known
        }
        None => new(store, input, &issue, &url, PLAIN)?,
    };
    edit(&mut attachment, input)?;
    if let Given::Value(grouped) = input.get("groupBySource") {
        set(&mut attachment, [("groupBySource", grouped.clone())]);
    }
    if let Some(body) = input.text("commentBody") {
        comment(store, &attachment, body)?;
    }
    Ok(finish(store, attachment))
}

/// Links a URL. An attachment without a title is titled with its URL.
///
/// The attachment is the integration's where the workspace has it: the integration named by `integration`, else the
/// one that knows the URL's host. Otherwise it is a plain one, with the source type `api` and no metadata.
///
/// A URL that the issue has already is refused, before the client's id is looked at. That order is a guess: both
/// refusals are known from Linear, but not which of them comes first.
fn link(
    store: &mut Store,
    args: Input<'_>,
    integration: Option<&'static str>,
    own: &[&str],
) -> Result<Record, Refusal> {
    args.only(&[&["id", "issueId", "title", "url"], own])?;
    let (issue, url) = target(store, args)?;
    if attached(store, &issue, &url).is_some() {
        return Err(Refusal::duplicate_attachment());
    }
    let integration = integration
        .or_else(|| source_of(&url))
        .filter(|name| store.has_integration(name));
    let mut attachment = new(store, args, &issue, &url, integration.unwrap_or(PLAIN))?;
    let title = args.text("title").unwrap_or(&url);
    set(&mut attachment, [("title", title.into())]);
    if integration.is_some() {
        set(&mut attachment, [("metadata", metadata(args, &url))]);
    }
    Ok(finish(store, attachment))
}

/// The issue and the URL that the input names.
///
/// # Errors
/// An issue that does not exist, or a URL that is not one.
fn target(store: &Store, input: Input<'_>) -> Result<(String, String), Refusal> {
    let Given::Value(issue) = reference::issue(store, input, "issueId")? else {
        return Err(Refusal::bad_reference("Issue", "issueId"));
    };
    let url = input.text("url").unwrap_or_default();
    let is_url = url
        .split_once("://")
        .is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty());
    if !is_url || url.contains(char::is_whitespace) {
        return Err(Refusal::validation(
            "url",
            "isUrl",
            "url must be a URL address",
        ));
    }
    Ok((issue, url.to_owned()))
}

/// The attachment with this URL on this issue.
fn attached(store: &Store, issue: &str, url: &str) -> Option<Record> {
    store
        .all("Attachment")
        .find(|one| text(one, "issueId") == Some(issue) && text(one, "url") == Some(url))
        .cloned()
}

/// A new attachment without a title.
fn new(
    store: &mut Store,
    input: Input<'_>,
    issue: &str,
    url: &str,
    source: &str,
) -> Result<Record, Refusal> {
    let id = new_id(store, "Attachment", input)?;
    let viewer = identifier::viewer_id(store);
    let mut attachment = fresh(store, id);
    set(
        &mut attachment,
        [
            ("issueId", json!(issue)),
            ("url", json!(url)),
            ("creatorId", json!(viewer)),
            ("metadata", json!({})),
            ("sourceType", json!(source)),
            ("source", json!({ "type": source })),
            ("groupBySource", json!(false)),
        ],
    );
    Ok(attachment)
}

/// What an integration notes of the linked object. Which keys Linear's integrations use is not known; a client may
/// rely only on there being some, with strings and numbers as their values.
fn metadata(args: Input<'_>, url: &str) -> Value {
    let mut metadata = Map::from_iter([("url".to_owned(), json!(url))]);
    let last = url.rsplit('/').next().unwrap_or_default();
    let in_url = last.parse::<u32>().ok().map(f64::from);
    if let Some(number) = args.number("number").or(in_url) {
        metadata.insert("number".to_owned(), json!(number));
    }
    if let Some(kind) = args.text("linkKind") {
        metadata.insert("linkKind".to_owned(), json!(kind));
    }
    Value::Object(metadata)
}

fn source_of(url: &str) -> Option<&'static str> {
    let host = url.split_once("://")?.1.split('/').next()?;
    SOURCES
        .iter()
        .find(|(name, _)| host == *name || host.ends_with(&format!(".{name}")))
        .map(|(_, kind)| *kind)
}

fn comment(store: &mut Store, attachment: &Record, body: &str) -> Result<(), Refusal> {
    let issue = text(attachment, "issueId").unwrap_or_default();
    let input = json!({ "input": { "issueId": issue, "body": body } });
    let args = input.as_object().cloned().unwrap_or_default();
    match super::comment::run(store, "commentCreate", Input(&args)) {
        Some(outcome) => outcome.map(drop),
        None => Ok(()),
    }
}

fn update(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let empty = Map::new();
    let input = input_of(args, &empty);
    input.only(&[&["title", "subtitle", "metadata", "iconUrl"]])?;
    let mut attachment = reference::root(store, "Attachment", args)?;
    edit(&mut attachment, input)?;
    touch(store, &mut attachment);
    Ok(finish(store, attachment))
}

/// `iconUrl` is taken and not kept: no field of `Attachment` gives it back.
fn edit(attachment: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    filled(input, "title")?;
    input.copy(attachment, &["title", "subtitle"]);
    if let Given::Value(metadata) = input.get("metadata") {
        let flat = metadata.as_object().is_some_and(|map| {
            map.values()
                .all(|value| value.is_string() || value.is_number())
        });
        if !flat {
            return Err(Refusal::validation(
                "metadata",
                "isMetadata",
                "metadata must be an object with string and number values",
            ));
        }
        set(attachment, [("metadata", metadata.clone())]);
    }
    Ok(())
}

fn delete(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let id = id_of(&reference::root(store, "Attachment", args)?);
    store.remove("Attachment", &id);
    Ok(payload(store, "entityId", id))
}

fn finish(store: &mut Store, attachment: Record) -> Record {
    let id = id_of(&attachment);
    store.put("Attachment", attachment);
    payload(store, "attachmentId", id)
}

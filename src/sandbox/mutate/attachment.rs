//! Attachments: links on issues, one per issue and URL (`linear/api.md` §1.2).

use serde_json::{Map, Value, json};

use crate::sandbox::identifier;
use crate::sandbox::input::{Given, Input};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Record, Store, text};

use super::record::{filled, fresh, id_of, input_of, new_id, payload, set, touch};
use super::reference;

/// Hosts that make a rich attachment, and the source type it has then.
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
    let source = input.text("url").and_then(source_of);
    let mut attachment = upsert(store, input, source)?;
    edit(&mut attachment, input)?;
    if let Given::Value(grouped) = input.get("groupBySource") {
        set(&mut attachment, [("groupBySource", grouped.clone())]);
    }
    if let Some(body) = input.text("commentBody") {
        comment(store, &attachment, body)?;
    }
    Ok(finish(store, attachment))
}

/// A link by its URL; without a title it gets the URL for one.
fn link(
    store: &mut Store,
    args: Input<'_>,
    source: Option<&str>,
    own: &[&str],
) -> Result<Record, Refusal> {
    args.only(&[&["id", "issueId", "title", "url"], own])?;
    let source = source.or_else(|| args.text("url").and_then(source_of));
    let mut attachment = upsert(store, args, source)?;
    let title = args.text("title").or(args.text("url")).unwrap_or_default();
    set(&mut attachment, [("title", title.into())]);
    if let Some(kind) = args.text("linkKind") {
        set(&mut attachment, [("metadata", json!({ "linkKind": kind }))]);
    }
    Ok(finish(store, attachment))
}

/// The attachment with this URL on this issue, or a new one.
fn upsert(store: &mut Store, input: Input<'_>, source: Option<&str>) -> Result<Record, Refusal> {
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
    let known = store
        .all("Attachment")
        .find(|one| text(one, "issueId") == Some(&issue) && text(one, "url") == Some(url))
        .cloned();
    if let Some(mut attachment) = known {
        touch(store, &mut attachment);
        return Ok(attachment);
    }
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
            (
                "source",
                source.map_or(Value::Null, |kind| json!({ "type": kind })),
            ),
            ("groupBySource", json!(false)),
        ],
    );
    Ok(attachment)
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

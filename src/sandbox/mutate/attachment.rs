//! Attachments: links on issues, one per issue and URL (`linear/api.md` §1.2).
//!
//! `attachmentCreate` updates the attachment that the issue has with that URL. The `attachmentLink*` mutations refuse
//! such a repeat and leave the attachment unchanged, whoever made it.

use serde_json::{Map, Value, json};

use crate::sandbox::identifier;
use crate::sandbox::input::{Input, InputValue};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Record, Store, text};

use super::{Arguments, Mutation, issue, reference};
use super::{create_record, delete_record, id_of, save, set, touch};

/// The mutations of attachments.
pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation::new(
        "attachmentCreate",
        Some(&[
            EDITABLE,
            &["id", "issueId", "url", "groupBySource", "commentBody"],
        ]),
        create,
    ),
    Mutation::new("attachmentUpdate", Some(&[EDITABLE]), update),
    Mutation::new("attachmentDelete", None, |store, arguments| {
        delete_record(store, "Attachment", arguments, |store, id| {
            let attachment = store.get("Attachment", id);
            let issue = attachment.and_then(|attachment| text(attachment, "issueId"));
            if let Some(issue) = issue.map(str::to_owned) {
                record_change(store, &issue, id);
            }
        })
    }),
    Mutation::new("attachmentLinkURL", Some(&[LINKED]), |store, arguments| {
        link(store, arguments, None)
    }),
    Mutation::new(
        "attachmentLinkGitHubPR",
        Some(&[LINKED, &["linkKind"]]),
        |store, arguments| link(store, arguments, Some("github")),
    ),
    Mutation::new(
        "attachmentLinkGitHubIssue",
        Some(&[LINKED]),
        |store, arguments| link(store, arguments, Some("github")),
    ),
    Mutation::new(
        "attachmentLinkGitLabMR",
        Some(&[LINKED, &["number", "projectPathWithNamespace"]]),
        |store, arguments| link(store, arguments, Some("gitlab")),
    ),
    Mutation::new(
        "attachmentLinkSlack",
        Some(&[LINKED, &["syncToCommentThread"]]),
        |store, arguments| link(store, arguments, Some("slack")),
    ),
];

/// The input fields that both `attachmentCreate` and `attachmentUpdate` take.
const EDITABLE: &[&str] = &["title", "subtitle", "metadata", "iconUrl"];

/// The arguments that all `attachmentLink*` mutations take.
const LINKED: &[&str] = &["id", "issueId", "title", "url"];

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

fn create(store: &mut Store, arguments: Arguments<'_>) -> Result<Record, Refusal> {
    let input = arguments.input;
    let (issue, url) = read_target(store, input)?;
    let mut attachment = match find_attached(store, &issue, &url) {
        Some(mut known) => {
            touch(store, &mut known);
            known
        }
        None => new_attachment(store, input, &issue, &url, PLAIN)?,
    };
    edit(&mut attachment, input)?;
    if let InputValue::Value(grouped) = input.get("groupBySource") {
        set(&mut attachment, [("groupBySource", grouped.clone())]);
    }
    if let Some(body) = input.text("commentBody") {
        let fields = Map::from_iter([
            ("issueId".to_owned(), json!(issue)),
            ("body".to_owned(), json!(body)),
        ]);
        let (root, input) = (Input(&fields), Input(&fields));
        super::comment::create(store, Arguments { root, input })?;
    }
    Ok(save(store, "Attachment", attachment))
}

/// Links a URL. An attachment without a title is titled with its URL.
///
/// The attachment belongs to an integration when the workspace has it: to the one named by `integration`, else to
/// the one that recognises the host of the URL. Otherwise the attachment is a plain one, with the source type `api`
/// and no metadata.
///
/// # Errors
/// A URL that the issue has already is refused before the client's id is looked at. That order is a guess: both
/// refusals are known from Linear, but not which of them comes first.
fn link(
    store: &mut Store,
    arguments: Arguments<'_>,
    integration: Option<&'static str>,
) -> Result<Record, Refusal> {
    let input = arguments.input;
    let (issue, url) = read_target(store, input)?;
    if find_attached(store, &issue, &url).is_some() {
        return Err(Refusal::duplicate_attachment());
    }
    let host = url
        .split_once("://")
        .and_then(|(_, rest)| rest.split('/').next());
    let recognised = || {
        let host = host?;
        let serves = |name: &str| host == name || host.ends_with(&format!(".{name}"));
        let (_, source) = SOURCES.iter().find(|(name, _)| serves(name))?;
        Some(*source)
    };
    let integration = integration
        .or_else(recognised)
        .filter(|name| store.has_integration(name));
    let source = integration.unwrap_or(PLAIN);
    let mut attachment = new_attachment(store, input, &issue, &url, source)?;
    let title = input.text("title").unwrap_or(&url);
    set(&mut attachment, [("title", title.into())]);
    if integration.is_some() {
        let metadata = integration_metadata(input, &url);
        set(&mut attachment, [("metadata", metadata)]);
    }
    Ok(save(store, "Attachment", attachment))
}

/// Returns the id of the issue and the URL that the input names.
///
/// # Errors
/// An issue that does not exist, or a text that is not a URL.
fn read_target(store: &Store, input: Input<'_>) -> Result<(String, String), Refusal> {
    let InputValue::Value(issue) = reference::issue(store, input, "issueId")? else {
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

/// Returns the attachment with this URL on this issue.
fn find_attached(store: &Store, issue: &str, url: &str) -> Option<Record> {
    store
        .all("Attachment")
        .find(|attachment| {
            text(attachment, "issueId") == Some(issue) && text(attachment, "url") == Some(url)
        })
        .cloned()
}

/// Notes in the history of an issue that an attachment was added or removed.
fn record_change(store: &mut Store, issue: &str, attachment: &str) {
    let change = Record::from_iter([("attachmentId".to_owned(), json!(attachment))]);
    issue::record_change(store, issue, change);
}

/// Returns a new attachment without a title, and notes it in the history of its issue.
fn new_attachment(
    store: &mut Store,
    input: Input<'_>,
    issue: &str,
    url: &str,
    source: &str,
) -> Result<Record, Refusal> {
    let attachment = create_record(store, "Attachment", input, |store, attachment| {
        set(
            attachment,
            [
                ("issueId", json!(issue)),
                ("url", json!(url)),
                ("creatorId", json!(identifier::viewer_id(store))),
                ("metadata", json!({})),
                ("sourceType", json!(source)),
                ("source", json!({ "type": source })),
                ("groupBySource", json!(false)),
            ],
        );
        Ok(())
    })?;
    record_change(store, issue, &id_of(&attachment));
    Ok(attachment)
}

/// Returns what an integration notes of the linked object. Which keys Linear's integrations use is not known; a client
/// may rely only on there being some, with strings and numbers as their values.
fn integration_metadata(input: Input<'_>, url: &str) -> Value {
    let mut metadata = Map::from_iter([("url".to_owned(), json!(url))]);
    let last = url.rsplit('/').next().unwrap_or_default();
    let number_in_url = last.parse::<u32>().ok().map(f64::from);
    if let Some(number) = input.number("number").or(number_in_url) {
        metadata.insert("number".to_owned(), json!(number));
    }
    if let Some(kind) = input.text("linkKind") {
        metadata.insert("linkKind".to_owned(), json!(kind));
    }
    Value::Object(metadata)
}

fn update(store: &mut Store, arguments: Arguments<'_>) -> Result<Record, Refusal> {
    let mut attachment = reference::root(store, "Attachment", arguments)?;
    edit(&mut attachment, arguments.input)?;
    touch(store, &mut attachment);
    Ok(save(store, "Attachment", attachment))
}

/// Checks and writes the fields that creation and change have in common. `iconUrl` is taken and not kept, because no
/// field of `Attachment` gives it back.
fn edit(attachment: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    input.check_not_blank("title")?;
    input.copy_fields(attachment, &["title", "subtitle"]);
    if let InputValue::Value(metadata) = input.get("metadata") {
        let is_flat = metadata.as_object().is_some_and(|map| {
            map.values()
                .all(|value| value.is_string() || value.is_number())
        });
        if !is_flat {
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

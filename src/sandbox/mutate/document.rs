//! Documents: one target each (`linear/api.md` §1.2).

use serde_json::{Value, json};

use crate::sandbox::identifier;
use crate::sandbox::input::{Input, InputValue};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Record, Store, text};
use crate::sandbox::time;

use super::{Arguments, Mutation, reference};
use super::{
    create_record, differs, edit_trashed, save, set, set_if_given, set_markdown, set_trashed,
    set_trimmed, trash, update_record,
};

/// The mutations of documents.
pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation::new(
        "documentCreate",
        Some(&[EDITABLE, &TARGETS, &["id"]]),
        create,
    ),
    Mutation::new(
        "documentUpdate",
        Some(&[EDITABLE, &TARGETS, &["trashed", "hiddenAt"]]),
        update,
    ),
    Mutation::new("documentDelete", None, |store, arguments| {
        set_trashed(store, "Document", arguments, true)
    }),
    Mutation::new("documentUnarchive", None, |store, arguments| {
        set_trashed(store, "Document", arguments, false)
    }),
];

/// The fields that name the target of a document.
const TARGETS: [&str; 5] = ["projectId", "issueId", "initiativeId", "teamId", "cycleId"];

/// The input fields that both creation and change take, besides the targets.
const EDITABLE: &[&str] = &[
    "title",
    "content",
    "icon",
    "color",
    "sortOrder",
    "subDocumentSortOrder",
    "ownerId",
    "parentDocumentId",
    "subscriberIds",
    "lastAppliedTemplateId",
];

fn create(store: &mut Store, arguments: Arguments<'_>) -> Result<Record, Refusal> {
    let input = arguments.input;
    let document = create_record(store, "Document", input, |store, document| {
        let viewer = identifier::viewer_id(store);
        let slug = identifier::slug_id(text(document, "id").unwrap_or_default());
        let content_id = store.new_id();
        set(
            document,
            [
                ("slugId", json!(slug)),
                ("documentContentId", json!(content_id)),
                ("creatorId", json!(viewer)),
                ("updatedById", json!(viewer)),
                ("sortOrder", json!(0.0)),
                ("subscriberIds", json!([viewer])),
            ],
        );
        edit(store, document, input)?;
        let has_target = TARGETS.iter().any(|field| text(document, field).is_some());
        if !has_target && text(document, "parentDocumentId").is_none() {
            return Err(reference::not_one_target(&TARGETS));
        }
        Ok(())
    })?;
    Ok(store_document(store, document))
}

fn update(store: &mut Store, arguments: Arguments<'_>) -> Result<Record, Refusal> {
    let input = arguments.input;
    let before = reference::root_or_slug(store, "Document", arguments)?;
    let document = update_record(store, &before, |store, document| {
        edit(store, document, input)?;
        let hidden = input.instant("hiddenAt")?.map(time::iso);
        set_if_given(document, "hiddenAt", hidden);
        edit_trashed(store, document, input, trash);
        if differs(&before, document) {
            let viewer = identifier::viewer_id(store);
            set(document, [("updatedById", json!(viewer))]);
        }
        Ok(())
    })?;
    Ok(store_document(store, document))
}

/// Checks and writes the fields that creation and change have in common.
fn edit(store: &Store, document: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    input.check_not_blank("title")?;
    input.check_color()?;
    set_trimmed(document, "title", input);
    set_markdown(document, "content", input);
    input.copy_fields(
        document,
        &["icon", "color", "sortOrder", "subDocumentSortOrder"],
    );
    for (kind, field) in [
        ("User", "ownerId"),
        ("Document", "parentDocumentId"),
        ("Template", "lastAppliedTemplateId"),
    ] {
        let entity = reference::entity(store, kind, input, field)?;
        set_if_given(document, field, entity);
    }
    let subscribers = reference::entities(store, "User", input, "subscriberIds")?;
    if let InputValue::Value(ids) = subscribers {
        set(document, [("subscriberIds", json!(ids))]);
    }
    set_target(store, document, input)
}

/// Points a document at the one target that is given; its old target is cleared.
///
/// # Errors
/// Several targets, or one that does not exist.
fn set_target(store: &Store, document: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    let named: Vec<&str> = TARGETS
        .into_iter()
        .filter(|field| input.text(field).is_some())
        .collect();
    let field = match named.as_slice() {
        [] => return Ok(()),
        [field] => *field,
        _ => return Err(reference::not_one_target(&TARGETS)),
    };
    let given = match field {
        "projectId" => reference::entity(store, "Project", input, field)?,
        "issueId" => reference::issue(store, input, field)?,
        "initiativeId" => reference::entity(store, "Initiative", input, field)?,
        "teamId" => reference::entity(store, "Team", input, field)?,
        _ => reference::entity(store, "Cycle", input, field)?,
    };
    for target in TARGETS {
        set(document, [(target, Value::Null)]);
    }
    set_if_given(document, field, given);
    Ok(())
}

/// Stores a document under the URL that follows from its title, and returns the payload.
fn store_document(store: &mut Store, mut document: Record) -> Record {
    let title = text(&document, "title").unwrap_or_default();
    let slug = text(&document, "slugId").unwrap_or_default();
    let url = identifier::page_url("document", title, slug);
    set(&mut document, [("url", url.into())]);
    save(store, "Document", document)
}

//! Documents: one target each (`linear/api.md` §1.2).

use serde_json::{Map, Value, json};

use crate::sandbox::identifier;
use crate::sandbox::input::{Given, Input};
use crate::sandbox::markdown;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Record, Store, text};
use crate::sandbox::time;

use super::record::{
    colour, differs, filled, fresh, id_of, input_of, new_id, payload, set, set_given, touch,
};
use super::reference;
use super::shelf::{bring_back, hide, put_away, show};

/// The fields that name a document's target.
const TARGETS: [&str; 5] = ["projectId", "issueId", "initiativeId", "teamId", "cycleId"];

/// Input fields that both creation and change take, besides the targets.
const ALWAYS: &[&str] = &[
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

/// Runs the mutation when it is one of this module's.
pub(super) fn run(
    store: &mut Store,
    field: &str,
    args: Input<'_>,
) -> Option<Result<Record, Refusal>> {
    Some(match field {
        "documentCreate" => create(store, args),
        "documentUpdate" => update(store, args),
        "documentDelete" => put_away(store, "Document", args),
        "documentUnarchive" => bring_back(store, "Document", args),
        _ => return None,
    })
}

fn create(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let empty = Map::new();
    let input = input_of(args, &empty);
    input.only(&[ALWAYS, &TARGETS, &["id"]])?;
    let id = new_id(store, "Document", input)?;
    let viewer = identifier::viewer_id(store);
    let slug = identifier::slug_id(&id);
    let mut document = fresh(store, id);
    let content_id = store.new_id();
    set(
        &mut document,
        [
            ("slugId", json!(slug)),
            ("documentContentId", json!(content_id)),
            ("creatorId", json!(viewer)),
            ("updatedById", json!(viewer)),
            ("sortOrder", json!(0.0)),
            ("subscriberIds", json!([viewer])),
        ],
    );
    edit(store, &mut document, input)?;
    let placed = TARGETS.iter().any(|field| text(&document, field).is_some());
    if !placed && text(&document, "parentDocumentId").is_none() {
        return Err(one_target());
    }
    Ok(finish(store, document))
}

fn update(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let empty = Map::new();
    let input = input_of(args, &empty);
    input.only(&[ALWAYS, &TARGETS, &["trashed", "hiddenAt"]])?;
    let before = reference::root_slugged(store, "Document", args)?;
    let mut document = before.clone();
    edit(store, &mut document, input)?;
    set_given(
        &mut document,
        "hiddenAt",
        input.instant("hiddenAt")?.map(time::iso),
    );
    match input.get("trashed") {
        Given::Absent => {}
        Given::Value(Value::Bool(true)) => hide(store, &mut document),
        Given::Null | Given::Value(_) => show(&mut document),
    }
    if differs(&before, &document) {
        let viewer = identifier::viewer_id(store);
        set(&mut document, [("updatedById", json!(viewer))]);
        touch(store, &mut document);
    }
    Ok(finish(store, document))
}

fn edit(store: &Store, document: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    filled(input, "title")?;
    colour(input)?;
    if let Some(title) = input.text("title") {
        set(document, [("title", title.trim().into())]);
    }
    match input.get("content") {
        Given::Absent => {}
        Given::Null => set(document, [("content", Value::Null)]),
        Given::Value(text) => {
            let written = markdown::normalise(text.as_str().unwrap_or_default());
            set(document, [("content", written.into())]);
        }
    }
    input.copy(
        document,
        &["icon", "color", "sortOrder", "subDocumentSortOrder"],
    );
    for (kind, field) in [
        ("User", "ownerId"),
        ("Document", "parentDocumentId"),
        ("Template", "lastAppliedTemplateId"),
    ] {
        set_given(
            document,
            field,
            reference::entity(store, kind, input, field)?,
        );
    }
    if let Given::Value(ids) = reference::entities(store, "User", input, "subscriberIds")? {
        set(document, [("subscriberIds", json!(ids))]);
    }
    aim(store, document, input)
}

/// Points a document at the one target that is given; its old one is cleared.
fn aim(store: &Store, document: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    let named: Vec<&str> = TARGETS
        .into_iter()
        .filter(|field| input.text(field).is_some())
        .collect();
    let field = match named.as_slice() {
        [] => return Ok(()),
        [field] => *field,
        _ => return Err(one_target()),
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
    set_given(document, field, given);
    Ok(())
}

fn one_target() -> Refusal {
    Refusal::invalid_input("Argument Validation Error").saying(format!(
        "Exactly one of {} must be given.",
        TARGETS.join(", ")
    ))
}

fn finish(store: &mut Store, mut document: Record) -> Record {
    let id = id_of(&document);
    let title = text(&document, "title").unwrap_or_default();
    let url = identifier::page_url(
        "document",
        title,
        text(&document, "slugId").unwrap_or_default(),
    );
    set(&mut document, [("url", url.into())]);
    store.put("Document", document);
    payload(store, "documentId", id)
}

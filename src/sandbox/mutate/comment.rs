//! Comments: one target each, replies with the same target, resolution (`linear/api.md` §6, "Comments").

use serde_json::{Value, json};

use crate::sandbox::identifier;
use crate::sandbox::input::{Input, InputValue};
use crate::sandbox::markdown;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Record, Store, text};
use crate::sandbox::time;

use super::{Arguments, Mutation, reference};
use super::{
    create_record, delete_record, differs, id_of, referring_ids, save, set, touch, update_record,
};

/// The mutations of comments.
pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation::new(
        "commentCreate",
        Some(&[
            &[
                "id",
                "body",
                "parentId",
                "quotedText",
                "createdAt",
                "doNotSubscribeToIssue",
            ],
            &TARGETS,
        ]),
        create,
    ),
    Mutation::new("commentUpdate", Some(&[&["body", "quotedText"]]), update),
    Mutation::new("commentDelete", None, |store, arguments| {
        delete_record(store, "Comment", arguments, |store, id| {
            for reply in referring_ids(store, "Comment", "parentId", id) {
                store.remove("Comment", &reply);
            }
        })
    }),
    Mutation::new("commentResolve", None, resolve),
    Mutation::new("commentUnresolve", None, unresolve),
];

/// The fields that name the target of a comment.
const TARGETS: [&str; 5] = [
    "issueId",
    "projectId",
    "initiativeId",
    "projectUpdateId",
    "documentContentId",
];

/// The most characters a body may have (`linear/api.md` §4).
const MAX_BODY_LENGTH: usize = 100_000;

/// Creates a comment on the target that the input names. `attachmentCreate` creates its `commentBody` with it too.
pub(super) fn create(store: &mut Store, arguments: Arguments<'_>) -> Result<Record, Refusal> {
    let input = arguments.input;
    let viewer = identifier::viewer_id(store);
    let comment = create_record(store, "Comment", input, |store, comment| {
        if input.text("body").is_none() {
            return Err(Refusal::validation(
                "body",
                "isNotEmpty",
                "body should not be empty",
            ));
        }
        let (field, target) = find_target(store, input)?;
        set(
            comment,
            [(field, target.into()), ("userId", viewer.clone().into())],
        );
        edit(comment, input)?;
        attach_to_parent(store, comment, input)?;
        if let InputValue::Value(moment) = input.instant("createdAt")? {
            set(comment, [("createdAt", time::iso(moment).into())]);
        }
        set_url(store, comment);
        Ok(())
    })?;
    // Whoever comments on an issue follows it.
    if !input.flag("doNotSubscribeToIssue")
        && let Some(issue) = store.get_mut("Issue", text(&comment, "issueId").unwrap_or_default())
    {
        super::issue::add_subscriber(issue, viewer);
    }
    Ok(save(store, "Comment", comment))
}

/// Returns the field and the id of the one target that the input names.
///
/// # Errors
/// No target, several, or one that does not exist.
fn find_target(store: &Store, input: Input<'_>) -> Result<(&'static str, String), Refusal> {
    let named: Vec<&'static str> = TARGETS
        .into_iter()
        .filter(|field| input.text(field).is_some())
        .collect();
    let [field] = named.as_slice() else {
        return Err(reference::not_one_target(&TARGETS));
    };
    let given = match *field {
        "issueId" => reference::issue(store, input, field)?,
        "projectId" => reference::entity(store, "Project", input, field)?,
        "initiativeId" => reference::entity(store, "Initiative", input, field)?,
        "projectUpdateId" => reference::entity(store, "ProjectUpdate", input, field)?,
        _ => input.uuid(field)?.map(str::to_owned),
    };
    let id = given.value().unwrap_or_default();
    if *field == "documentContentId" && store.find("Document", field, &id).is_none() {
        return Err(Refusal::bad_reference("DocumentContent", field));
    }
    Ok((field, id))
}

/// Writes the parent of a reply.
///
/// # Errors
/// A parent that does not exist or has another target, and a parent that is a reply itself. What Linear does about a
/// reply to a reply is not known; it shows threads of one level, so such a reply is refused.
fn attach_to_parent(store: &Store, comment: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    let InputValue::Value(parent_id) = reference::entity(store, "Comment", input, "parentId")?
    else {
        return Ok(());
    };
    if let Some(parent) = store.get("Comment", &parent_id) {
        let differs = |field: &&str| text(parent, field) != text(comment, field);
        if TARGETS.iter().any(differs) {
            return Err(Refusal::invalid_input(
                "The parent comment belongs to another entity",
            ));
        }
        if text(parent, "parentId").is_some() {
            return Err(Refusal::invalid_input(
                "The parent comment is a reply itself",
            ));
        }
    }
    set(comment, [("parentId", parent_id.into())]);
    Ok(())
}

fn edit(comment: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    input.check_not_blank("body")?;
    input.check_max_length("body", MAX_BODY_LENGTH)?;
    if let Some(body) = input.text("body") {
        set(comment, [("body", markdown::normalise(body).into())]);
    }
    input.copy_fields(comment, &["quotedText"]);
    Ok(())
}

/// Writes the URL of a comment: the URL of its issue or project with an anchor made of the comment's id.
fn set_url(store: &Store, comment: &mut Record) {
    let page = [("Issue", "issueId"), ("Project", "projectId")]
        .into_iter()
        .find_map(|(kind, field)| text(store.get(kind, text(comment, field)?)?, "url"))
        .unwrap_or("https://linear.app/acme");
    let id = id_of(comment);
    let anchor = id.rsplit('-').next().unwrap_or_default();
    set(
        comment,
        [("url", format!("{page}#comment-{anchor}").into())],
    );
}

fn update(store: &mut Store, arguments: Arguments<'_>) -> Result<Record, Refusal> {
    let before = reference::root(store, "Comment", arguments)?;
    let mut comment = update_record(store, &before, |_, comment| edit(comment, arguments.input))?;
    if differs(&before, &comment) && !arguments.root.flag("skipEditedAt") {
        let now = comment.get("updatedAt").cloned().unwrap_or_default();
        set(&mut comment, [("editedAt", now)]);
    }
    Ok(save(store, "Comment", comment))
}

fn resolve(store: &mut Store, arguments: Arguments<'_>) -> Result<Record, Refusal> {
    let mut comment = reference::root(store, "Comment", arguments)?;
    if text(&comment, "parentId").is_some() {
        return Err(Refusal::invalid(
            "only the root comment of a thread can be resolved",
        ));
    }
    let resolving_id = arguments.root.uuid("resolvingCommentId")?.value();
    let replies = referring_ids(store, "Comment", "parentId", &id_of(&comment));
    if resolving_id.is_some_and(|id| !replies.iter().any(|reply| reply == id)) {
        return Err(Refusal::internal());
    }
    let now = time::now(store);
    let viewer = identifier::viewer_id(store);
    set(
        &mut comment,
        [
            ("resolvedAt", json!(now)),
            ("resolvingUserId", json!(viewer)),
            ("resolvingCommentId", json!(resolving_id)),
        ],
    );
    touch(store, &mut comment);
    Ok(save(store, "Comment", comment))
}

fn unresolve(store: &mut Store, arguments: Arguments<'_>) -> Result<Record, Refusal> {
    let mut comment = reference::root(store, "Comment", arguments)?;
    for field in ["resolvedAt", "resolvingUserId", "resolvingCommentId"] {
        set(&mut comment, [(field, Value::Null)]);
    }
    touch(store, &mut comment);
    Ok(save(store, "Comment", comment))
}

//! Comments: one target each, replies with the same target, resolution (`linear/api.md` §6, "Comments").

use serde_json::{Map, Value, json};

use crate::sandbox::identifier;
use crate::sandbox::input::{Given, Input};
use crate::sandbox::markdown;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Record, Store, text};
use crate::sandbox::time;

use super::record::{
    at_most, differs, filled, fresh, id_of, input_of, new_id, payload, set, touch,
};
use super::reference;

/// The fields that name a comment's target.
const TARGETS: [&str; 5] = [
    "issueId",
    "projectId",
    "initiativeId",
    "projectUpdateId",
    "documentContentId",
];

/// The longest body (`linear/api.md` §4).
const LONGEST_BODY: usize = 100_000;

/// Runs the mutation when it is one of this module's.
pub(super) fn run(
    store: &mut Store,
    field: &str,
    args: Input<'_>,
) -> Option<Result<Record, Refusal>> {
    Some(match field {
        "commentCreate" => create(store, args),
        "commentUpdate" => update(store, args),
        "commentDelete" => delete(store, args),
        "commentResolve" => resolve(store, args),
        "commentUnresolve" => unresolve(store, args),
        _ => return None,
    })
}

fn create(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let empty = Map::new();
    let input = input_of(args, &empty);
    let own: &[&str] = &[
        "id",
        "body",
        "parentId",
        "quotedText",
        "createdAt",
        "doNotSubscribeToIssue",
    ];
    input.only(&[own, &TARGETS])?;
    let id = new_id(store, "Comment", input)?;
    if input.text("body").is_none() {
        return Err(Refusal::validation(
            "body",
            "isNotEmpty",
            "body should not be empty",
        ));
    }
    let (field, target) = target(store, input)?;
    let viewer = identifier::viewer_id(store);
    let mut comment = fresh(store, id);
    set(
        &mut comment,
        [(field, target.into()), ("userId", viewer.into())],
    );
    edit(&mut comment, input)?;
    place_reply(store, &mut comment, input)?;
    if let Given::Value(moment) = input.instant("createdAt")? {
        set(&mut comment, [("createdAt", time::iso(moment).into())]);
    }
    locate(store, &mut comment);
    if !input.flag("doNotSubscribeToIssue") {
        subscribe(store, &comment);
    }
    Ok(finish(store, comment))
}

/// Whoever comments on an issue follows it.
fn subscribe(store: &mut Store, comment: &Record) {
    let viewer = identifier::viewer_id(store);
    let issue = text(comment, "issueId").unwrap_or_default();
    if let Some(issue) = store.get_mut("Issue", issue) {
        super::issue::add_subscriber(issue, viewer);
    }
}

/// The one target a comment has: its field and its id.
fn target(store: &Store, input: Input<'_>) -> Result<(&'static str, String), Refusal> {
    let named: Vec<&'static str> = TARGETS
        .into_iter()
        .filter(|field| input.text(field).is_some())
        .collect();
    let [field] = named.as_slice() else {
        return Err(
            Refusal::invalid_input("Argument Validation Error").saying(format!(
                "Exactly one of {} must be given.",
                TARGETS.join(", ")
            )),
        );
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

/// A reply needs its parent and the parent's own target. What Linear does about a reply to a reply is not known; it
/// shows threads of one level, so it is refused.
fn place_reply(store: &Store, comment: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    let Given::Value(parent_id) = reference::entity(store, "Comment", input, "parentId")? else {
        return Ok(());
    };
    if let Some(parent) = store.get("Comment", &parent_id)
        && TARGETS
            .iter()
            .any(|field| text(parent, field) != text(comment, field))
    {
        return Err(Refusal::invalid_input(
            "The parent comment belongs to another entity",
        ));
    }
    let replies_itself = |parent: &Record| text(parent, "parentId").is_some();
    if store.get("Comment", &parent_id).is_some_and(replies_itself) {
        return Err(Refusal::invalid_input(
            "The parent comment is a reply itself",
        ));
    }
    set(comment, [("parentId", parent_id.into())]);
    Ok(())
}

fn edit(comment: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    filled(input, "body")?;
    at_most(input, "body", LONGEST_BODY)?;
    if let Some(body) = input.text("body") {
        set(comment, [("body", markdown::normalise(body).into())]);
    }
    input.copy(comment, &["quotedText"]);
    Ok(())
}

/// A comment's URL: that of its issue or project, with its own anchor.
fn locate(store: &Store, comment: &mut Record) {
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

fn update(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let empty = Map::new();
    let input = input_of(args, &empty);
    input.only(&[&["body", "quotedText"]])?;
    let before = reference::root(store, "Comment", args)?;
    let mut comment = before.clone();
    edit(&mut comment, input)?;
    if differs(&before, &comment) {
        touch(store, &mut comment);
        if !args.flag("skipEditedAt") {
            let now = comment.get("updatedAt").cloned().unwrap_or_default();
            set(&mut comment, [("editedAt", now)]);
        }
    }
    Ok(finish(store, comment))
}

fn delete(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let id = id_of(&reference::root(store, "Comment", args)?);
    for reply in replies(store, &id) {
        store.remove("Comment", &reply);
    }
    store.remove("Comment", &id);
    Ok(payload(store, "entityId", id))
}

fn replies(store: &Store, id: &str) -> Vec<String> {
    store
        .all("Comment")
        .filter(|comment| text(comment, "parentId") == Some(id))
        .map(id_of)
        .collect()
}

fn resolve(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let mut comment = reference::root(store, "Comment", args)?;
    if text(&comment, "parentId").is_some() {
        return Err(Refusal::invalid(
            "only the root comment of a thread can be resolved",
        ));
    }
    let by = args.uuid("resolvingCommentId")?.value();
    if by.is_some_and(|by| !replies(store, &id_of(&comment)).iter().any(|id| id == by)) {
        return Err(Refusal::internal());
    }
    let now = time::now(store);
    let viewer = identifier::viewer_id(store);
    set(
        &mut comment,
        [
            ("resolvedAt", json!(now)),
            ("resolvingUserId", json!(viewer)),
            ("resolvingCommentId", json!(by)),
        ],
    );
    touch(store, &mut comment);
    Ok(finish(store, comment))
}

fn unresolve(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let mut comment = reference::root(store, "Comment", args)?;
    for field in ["resolvedAt", "resolvingUserId", "resolvingCommentId"] {
        set(&mut comment, [(field, Value::Null)]);
    }
    touch(store, &mut comment);
    Ok(finish(store, comment))
}

fn finish(store: &mut Store, comment: Record) -> Record {
    let id = id_of(&comment);
    store.put("Comment", comment);
    payload(store, "commentId", id)
}

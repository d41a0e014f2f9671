//! The operation `upsert_comment`: the author of the key has one comment for each key on an issue, and the operation
//! writes it, whether it exists or not.
//!
//! The comment begins with a line that is the key alone, in bold or as a heading. One request reads the author's comments
//! that may begin so; a second one changes the comment, or creates it. The id of a new comment is derived from the
//! workspace, the issue, the author and the key, so that Linear refuses a second comment for the same key, and the writer
//! who comes second changes the comment of the first. Linear does not give an id twice, so where a comment was deleted, the
//! next id is derived for another one.

use std::sync::{Mutex, PoisonError};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{sort, view};
use crate::error::{Code, Error};
use crate::linear::compose::Part;
use crate::linear::documents::{
    CommentCreate, CommentUpdate, Comments, Listing as _, OwnComments, ViewerIds, comment_create,
    own_comments, viewer_ids,
};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::model::{self, Comment};
use crate::linear::scalars::CommentCreateInput;
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::patch::patch_failed;
use crate::operations::reads::{self, ReadError, ReadRequest};
use crate::operations::text_update::{TextUpdate, warn_of_repetition};
use crate::operations::text_write::{self, Dated, SetsText as _, Subject, TextChange};
use crate::operations::view::entity;
use crate::operations::write::{self, WriteSet};
use crate::operations::{changes, issue};
use crate::params::{
    Detail, Fingerprint, Flag, Identifier, Lenient as _, Markdown, Patch, Scalar, SeenTimestamp,
    TextEdits, Title,
};
use crate::resolve::issue::IssueRef;
use crate::session::Context;
use crate::text::edit::{self, Action, Edit, EditFailure, Edited, Repeat};
use crate::text::name::{fold, lasting_parts};
use crate::text::{fingerprint, sha256};

/// The most characters of a key.
const MAX_KEY_CHARS: usize = 200;
/// The most comments that are read to find the one with the key.
const PAGE: i64 = 50;
/// The most parts of the key by which Linear searches the comments.
const MAX_PARTS: usize = 4;
/// The number of ids that are derived for one key. Each deleted comment uses up one of them.
const DERIVED_IDS: usize = 4;
/// The most creations whose answer is lost.
const MAX_LOST: usize = 3;

/// The operation `upsert_comment`.
#[derive(Debug)]
pub struct UpsertComment;

/// Write your one comment with this key on an issue, such as a workpad: created, replaced or edited in place.
///
/// The key stands in bold above the text. A `body` that begins with it, in bold or as a heading, is kept as it is. Where
/// there is no such comment yet, `patch` starts from the key alone.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct UpsertCommentParams {
    /// Issue identifier, id or URL.
    issue_id: Identifier,
    /// Title of the comment: Workpad.
    key: Title,
    /// Markdown; replaces the whole text.
    #[serde(default)]
    #[schemars(extend("null" = "refused"))]
    body: Patch<Markdown>,
    patch: Option<TextEdits>,
    /// `updated_at` as read; refused if the comment changed since.
    #[schemars(extend("unlisted" = true))]
    if_unchanged_since: Option<SeenTimestamp>,
    /// `text_sha256` as read; refused if the text changed since.
    #[schemars(extend("unlisted" = true))]
    expected_sha256: Option<Fingerprint>,
    /// true: refuse a `body` that unticks items or drops headings.
    #[schemars(extend("unlisted" = true))]
    protect: Option<Flag>,
}

impl UpsertCommentParams {
    /// Returns the update of the comment's text. `whole` is the body as it is sent.
    fn update<'p>(
        &'p self,
        whole: &'p Patch<Markdown>,
        patch: Option<&'p TextEdits>,
    ) -> TextUpdate<'p> {
        TextUpdate {
            param: "body",
            whole,
            patch,
            if_unchanged_since: self.if_unchanged_since,
            expected_sha256: self.expected_sha256.as_ref(),
            protect: self.protect,
        }
    }

    /// Whether the request is meant only for the comment that the caller has read.
    fn is_guarded(&self) -> bool {
        self.if_unchanged_since.is_some() || self.expected_sha256.is_some()
    }
}

impl Operation for UpsertComment {
    type Params = UpsertCommentParams;
    const SPEC: Spec = Spec {
        name: "upsert_comment",
        title: "Write a comment by its key",
        effect: Effect::Change,
        subject: Some("issue_id"),
        aliases: &["update_workpad", "upsert_workpad"],
        shared: &[CommonParam::Detail, CommonParam::Fields],
        touches: Touches::Additions,
    };

    async fn run(params: Self::Params, cx: &Context<'_>) -> Result<Value, Error> {
        let reference = IssueRef::parse("issue_id", params.issue_id.as_str())?;
        let key = Key::parse(&params.key)?;
        let update = params.update(&params.body, params.patch.as_ref());
        update.check()?;
        if update.is_empty() {
            return Err(changes::none_given(
                "the issue and the key",
                "body or patch",
            ));
        }
        // The lock comes before the read, because the write is computed from what the read returns.
        let (_issue_lock, _edit_lock);
        let (issue, author) = if reference.team_key().is_some() {
            _edit_lock = cx.turn_to_edit(&reference.id()).await?;
            read(cx, &reference, &key).await?
        } else {
            _issue_lock = cx.lock_issue(&reference.id()).await?;
            let found = read(cx, &reference, &key).await?;
            // Requests that name the issue by its identifier lock it by that name.
            _edit_lock = cx.turn_to_edit(&found.0.identifier).await?;
            found
        };
        issue::warn_of_trash(cx, &issue.identifier, issue.trashed);
        let upsert = Upsert {
            cx,
            params: &params,
            key: &key,
            issue: &issue,
            author: &author,
        };
        let mut comment = upsert.choose();
        if comment.is_none() && params.is_guarded() {
            // Somebody may have rewritten the first line of the comment.
            let found = reads::by_id::<Comments>(cx, &upsert.id(0)).await;
            comment = found.map_err(Failure::into_read_error)?;
        }
        match comment {
            Some(comment) => upsert.change(comment, Repeat::First).await,
            None => upsert.create().await,
        }
    }
}

/// Reads the issue with the author's comments that may begin with the key, and the ids of the author and the workspace.
///
/// # Errors
/// ISSUE_NOT_FOUND, or the failure of the request.
async fn read(
    cx: &Context<'_>,
    reference: &IssueRef,
    key: &Key,
) -> Result<(model::OwnComments, model::ViewerIds), Error> {
    let parts = lasting_parts(&key.folded).into_iter().take(MAX_PARTS);
    let parts = parts.map(|part| Filter::contains("body", part));
    let own = [
        Filter::of("user", Filter::eq("isMe", true)),
        Filter::absent("parent"),
    ];
    let variables = own_comments::Variables {
        id: reference.id(),
        filter: Some(Filter::all(own.into_iter().chain(parts).collect())),
        first: PAGE,
    };
    let mut request = ReadRequest::default();
    let issue = request.require::<OwnComments>(variables, reference.not_found());
    let author = request.add::<ViewerIds>(viewer_ids::Variables);
    let mut responses = request.send(cx).await.map_err(ReadError::into_error)?;
    Ok((responses.get(issue)?.issue, responses.get(author)?.viewer))
}

/// The key of a comment.
#[derive(Debug)]
struct Key {
    /// The key as the caller writes it.
    text: String,
    /// The key as it is compared.
    folded: String,
}

/// The first line of a comment, which is the key.
#[derive(Debug, PartialEq)]
struct KeyLine<'t> {
    /// The line.
    line: &'t str,
    /// The text below the line.
    below: &'t str,
    /// Whether the key is bold or a heading. A comment that begins with the bare words may be any comment.
    is_marked: bool,
}

impl Key {
    /// Checks that the key can stand in bold on a line of its own.
    ///
    /// # Errors
    /// INVALID_PARAM.
    fn parse(given: &Title) -> Result<Self, Error> {
        let text = given.as_str();
        let folded = comparable(text);
        let is_long = text.chars().count() > MAX_KEY_CHARS;
        if !folded.is_empty() && !is_long && !text.contains(['*', '`']) {
            let text = text.to_owned();
            return Ok(Self { text, folded });
        }
        let problem = match (is_long, folded.is_empty()) {
            (true, _) => "is too long for a key",
            (_, true) => "has no visible characters",
            _ => "cannot be a key because of its '*' or '`'",
        };
        let shown = crate::text::abbreviate(text, MAX_KEY_CHARS);
        Err(
            Error::new(Code::InvalidParam, format!("'{shown}' {problem}"))
                .detail("param", "key")
                .detail("given", shown)
                .detail(
                    "expected",
                    format!("one line of at most {MAX_KEY_CHARS} characters without '*' and '`'"),
                )
                .suggest("Give a short title, such as 'Workpad'"),
        )
    }

    /// The line that a comment with this key begins with.
    fn line(&self) -> String {
        format!("**{}**", self.text)
    }

    /// Returns the first line of a text, if it is the key: alone, in bold, or as a heading.
    fn find<'t>(&self, text: &'t str) -> Option<KeyLine<'t>> {
        let text = text.trim_start();
        let (line, below) = text.split_once('\n').unwrap_or((text, ""));
        let line = line.trim_end();
        let level = line.bytes().take_while(|byte| *byte == b'#').count();
        let heading = line
            .get(level..)
            .filter(|title| (1..=6).contains(&level) && title.starts_with([' ', '\t']))
            .map(|title| {
                // The `#`s at the end of a heading belong to it only where there is white space in front of them.
                let open = title.trim_end_matches('#');
                if open.ends_with([' ', '\t']) {
                    open
                } else {
                    title
                }
            });
        let title = heading.unwrap_or(line).trim();
        let bold = ["**", "__"]
            .into_iter()
            .find_map(|mark| title.strip_prefix(mark)?.strip_suffix(mark));
        let is_key = comparable(bold.unwrap_or(title)) == self.folded;
        is_key.then_some(KeyLine {
            line,
            below,
            is_marked: heading.is_some() || bold.is_some(),
        })
    }

    /// Returns the first line of a comment, if it is the key in bold or as a heading.
    fn find_marked<'t>(&self, text: &'t str) -> Option<KeyLine<'t>> {
        self.find(text).filter(|found| found.is_marked)
    }

    /// Returns the body with the line of the key above it, unless the body begins with the key. `line` is the line in the
    /// form in which it stands there already.
    fn with_line(&self, line: Option<&str>, body: &str) -> String {
        let new_line;
        let line = match line {
            Some(line) => line,
            None => {
                new_line = self.line();
                &new_line
            }
        };
        match self.find(body) {
            Some(found) if found.is_marked => body.to_owned(),
            Some(found) => format!("{line}\n{}", found.below),
            None => format!("{line}\n\n{body}"),
        }
    }

    /// Applies edits to the text of a comment, in which `prepend` means: below the line of the key.
    ///
    /// # Errors
    /// The first edit that cannot be applied.
    fn apply(&self, text: &str, edits: &[Edit], repeat: Repeat) -> Result<Edited, EditFailure> {
        let is_prepend = |edit: &Edit| matches!(edit.action, Action::Prepend { .. });
        let mut result = Edited {
            text: text.to_owned(),
            already_there: Vec::new(),
        };
        let mut done = 0;
        for group in edits.chunk_by(|one, next| is_prepend(one) == is_prepend(next)) {
            let line = match group.first().is_some_and(is_prepend) {
                true => self.find_marked(&result.text),
                false => None,
            };
            let rest = line.as_ref().map_or(result.text.as_str(), |line| {
                line.below.trim_start_matches(['\n', '\r'])
            });
            let edited = edit::apply(rest, group, repeat).map_err(|failure| EditFailure {
                index: done + failure.index,
                ..failure
            })?;
            let there = edited.already_there.iter().map(|index| done + index);
            result.already_there.extend(there);
            if edited.text != rest {
                result.text = match line {
                    Some(KeyLine { line, .. }) => format!("{line}\n\n{}", edited.text),
                    None => edited.text,
                };
            }
            done += group.len();
        }
        Ok(result)
    }
}

/// The form in which keys are compared: as names are, and without the backslashes by which Linear keeps a character from
/// being read as Markdown.
fn comparable(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c != '\\' || !rest.peek().is_some_and(char::is_ascii_punctuation) {
            plain.push(c);
        }
    }
    fold(&plain)
}

/// Edits of a comment with a key, which can be made again in a text that somebody else has written.
struct KeyedEdits<'p> {
    key: &'p Key,
    edits: &'p [Edit],
    subject: &'p Subject,
}

impl KeyedEdits<'_> {
    /// Applies the edits to the text of the comment.
    ///
    /// # Errors
    /// PATCH_FAILED.
    fn edit(&self, text: &str, repeat: Repeat) -> Result<Edited, Error> {
        self.key
            .apply(text, self.edits, repeat)
            .map_err(|failure| patch_failed(&failure, self.subject))
    }
}

impl TextChange for KeyedEdits<'_> {
    type Edit = Edited;

    fn apply(&self, text: &str, repeat: Repeat) -> Result<Edited, String> {
        let edited = self.edit(text, repeat);
        edited.map_err(|error| error.message().to_owned())
    }

    fn edited(edit: &Edited) -> &str {
        &edit.text
    }
}

/// A whole new text. It goes over what somebody else writes at the same moment, and remembers that text.
struct Replacement {
    text: String,
    overwritten: Mutex<Option<String>>,
}

impl TextChange for Replacement {
    type Edit = String;

    fn apply(&self, text: &str, _: Repeat) -> Result<String, String> {
        let mut overwritten = self
            .overwritten
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *overwritten = Some(text.to_owned());
        Ok(self.text.clone())
    }

    fn edited(edit: &String) -> &str {
        edit
    }

    /// A text that is the new one was written by an attempt whose answer was lost.
    fn without_own(&self, theirs: &str, reference: &str) -> String {
        let own = is_same(theirs, &self.text);
        if own { reference } else { theirs }.to_owned()
    }
}

/// Whether two texts are the same but for how Linear writes Markdown.
fn is_same(one: &str, other: &str) -> bool {
    holds(one, other) && holds(other, one)
}

/// Whether the lines of `part` are in the text, whatever stands around them.
fn holds(text: &str, part: &str) -> bool {
    let edits = [Edit {
        action: Action::Append {
            text: part.to_owned(),
        },
        once: true,
    }];
    edit::apply(text, &edits, Repeat::Possible).is_ok_and(|edited| !edited.already_there.is_empty())
}

/// What became of one creation.
#[derive(Debug)]
enum Creation {
    /// Linear created the comment. `None` where Linear did not send it in a form that can be read.
    Done(Option<Comment>),
    /// Linear refused it.
    Refused(Failure),
    /// The answer was lost.
    Lost(Failure),
}

/// One request, with what was read for it.
struct Upsert<'u> {
    cx: &'u Context<'u>,
    params: &'u UpsertCommentParams,
    key: &'u Key,
    issue: &'u model::OwnComments,
    author: &'u model::ViewerIds,
}

impl Upsert<'_> {
    /// Returns the derived id of the comment: the first 128 bits of a SHA-256 in the form of a UUID v4. `number` counts the
    /// ids of the same key, from 0.
    fn id(&self, number: usize) -> String {
        let workspace = &self.author.organization.id;
        let (issue, author) = (&self.issue.id, &self.author.id);
        // A folded key has no line breaks, so the lines cannot be mistaken for each other.
        let lines = format!(
            "{workspace}\n{issue}\n{author}\n{}\n{number}",
            self.key.folded
        );
        let digits = sha256(&lines);
        let digits = digits.get(..32).unwrap_or_default();
        let number = u128::from_str_radix(digits, 16).unwrap_or_default();
        let uuid = uuid::Builder::from_random_bytes(number.to_be_bytes());
        uuid.into_uuid().to_string()
    }

    /// Returns the comment with the key among those that were read: the one with the derived id, else the oldest. Warns if
    /// there are several.
    fn choose(&self) -> Option<Comment> {
        let first_id = self.id(0);
        let read = self.issue.comments.nodes.iter();
        let has_key = |comment: &&Comment| {
            comment.id == first_id || self.key.find_marked(&comment.body).is_some()
        };
        let mut own: Vec<Comment> = read.filter(has_key).cloned().collect();
        sort(&mut own);
        let count = own.len();
        let place = own.iter().position(|comment| comment.id == first_id);
        let chosen = own.into_iter().nth(place.unwrap_or(0))?;
        if count > 1 {
            let (id, key) = (&chosen.id, &self.key.text);
            self.cx.warn(format!(
                "{count} of your comments on this issue begin with '{key}'; only '{id}' was taken, so delete the others or change their first lines"
            ));
        }
        Some(chosen)
    }

    /// Returns the subject of the messages about the comment with that id.
    fn subject(&self, id: &str) -> Subject {
        Subject {
            id: id.to_owned(),
            noun: "comment",
            name: self.key.text.clone(),
            part: "body",
            look: format!("list_comments with issue_id: {}", self.issue.identifier),
        }
    }

    /// Changes the text of the comment. `repeat` says whether the text may already contain the change.
    ///
    /// # Errors
    /// EDIT_CONFLICT for a guard that fails, PATCH_FAILED, INVALID_PARAM for a body that takes away what is protected, and
    /// the errors of the write.
    async fn change(&self, mut comment: Comment, repeat: Repeat) -> Result<Value, Error> {
        let (cx, subject) = (self.cx, self.subject(&comment.id));
        let stored = CommentUpdate::text(&comment);
        let Some(edits) = &self.params.patch else {
            return self.replace(comment, &subject).await;
        };
        let guards = self.params.update(&Patch::Absent, None);
        guards.resolve(cx, &subject, &stored)?;
        let change = KeyedEdits {
            key: self.key,
            edits,
            subject: &subject,
        };
        let edited = change.edit(stored.text(), repeat)?;
        let already_there = match repeat {
            Repeat::First => edited.already_there.clone(),
            // The edits may have been made by this very request.
            Repeat::Possible => Vec::new(),
        };
        for index in &already_there {
            let is_skipped = edits.get(*index).is_some_and(|edit| edit.once);
            warn_of_repetition(cx, *index, is_skipped);
        }
        let before = comment.body.clone();
        if edited.text != before {
            let written =
                text_write::write::<CommentUpdate, _>(cx, &subject, stored, &change, edited, None);
            let (_, kept) = written.await?;
            set_text(&mut comment, kept);
        }
        self.report(&before, &comment);
        let mut data = self.show(&comment, false);
        if let (false, Some(data)) = (already_there.is_empty(), data.as_object_mut()) {
            data.insert("already_there".to_owned(), json!(true));
        }
        Ok(data)
    }

    /// Replaces the text of the comment by the body.
    ///
    /// # Errors
    /// As [`Self::change`].
    async fn replace(&self, mut comment: Comment, subject: &Subject) -> Result<Value, Error> {
        let cx = self.cx;
        let stored = CommentUpdate::text(&comment);
        let line = self.key.find_marked(stored.text()).map(|found| found.line);
        let whole = self.body(line);
        let update = self.params.update(&whole, None);
        let mut new_text = update.resolve(cx, subject, &stored)?;
        let text = new_text.text.value().cloned().unwrap_or_default();
        if text.trim_end() == stored.text().trim_end() {
            self.report(&comment.body, &comment);
            return Ok(self.show(&comment, false));
        }
        let change = Replacement {
            text: text.clone(),
            overwritten: Mutex::default(),
        };
        let before = stored.clone();
        let written =
            text_write::write::<CommentUpdate, _>(cx, subject, before, &change, text, None);
        let (_, kept) = written.await?;
        let overwritten = change
            .overwritten
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .filter(|text| text != stored.text());
        if self.params.is_guarded() {
            let theirs = overwritten.clone().map(|text| Dated {
                text: Some(text),
                updated_at: String::new(),
            });
            let texts = (stored.clone(), theirs, kept.clone());
            update
                .finish::<CommentUpdate>(cx, subject, texts, &mut new_text)
                .await?;
        }
        set_text(&mut comment, kept);
        self.report(stored.text(), &comment);
        let mut data = self.show(&comment, false);
        if let (Some(text), Some(data)) = (overwritten, data.as_object_mut()) {
            cx.warn(
                "the comment was changed by another writer at the same moment, and 'overwritten' has that text",
            );
            data.insert("overwritten".to_owned(), json!(text));
        }
        Ok(data)
    }

    /// Returns the body with the line of the key above it.
    fn body(&self, line: Option<&str>) -> Patch<Markdown> {
        let body = self.params.body.value();
        let text = body.map(|body| self.key.with_line(line, body.as_str()));
        let body = text.and_then(|text| Markdown::from_scalar(&Scalar::from_text(&text)));
        body.into()
    }

    /// Creates the comment. Where another writer has created it since it was looked for, changes it.
    ///
    /// # Errors
    /// EDIT_CONFLICT for a guard, because there is no comment that it could be meant for; PATCH_FAILED; and the errors of
    /// the write.
    async fn create(&self) -> Result<Value, Error> {
        let cx = self.cx;
        if self.params.is_guarded() {
            let (key, issue) = (&self.key.text, &self.issue.identifier);
            let message =
                format!("There is no comment '{key}' of yours on '{issue}'; nothing was written");
            return Err(Error::new(Code::EditConflict, message)
                .detail("input", key.as_str())
                .suggest(format!(
                    "Call list_comments with issue_id: {issue} to see the comments"
                ))
                .suggest("Leave out 'if_unchanged_since' and 'expected_sha256' to create it"));
        }
        let text = match &self.params.patch {
            Some(edits) => {
                let subject = self.subject("");
                let edits = KeyedEdits {
                    key: self.key,
                    edits,
                    subject: &subject,
                };
                edits.edit(&self.key.line(), Repeat::First)?.text
            }
            None => {
                let body = self.body(None);
                body.value()
                    .map(|body| body.as_str().to_owned())
                    .unwrap_or_default()
            }
        };
        let derived = (0..DERIVED_IDS).map(|number| self.id(number));
        let mut ids = derived.chain(std::iter::once_with(|| cx.session.clock.new_id()));
        let mut id = ids.next().unwrap_or_default();
        let mut lost = 0;
        loop {
            let failure = match self.send(&id, &text).await? {
                Creation::Done(Some(comment)) => return Ok(self.created(&comment)),
                Creation::Done(None) => {
                    return Ok(match self.find(&id).await {
                        Ok(Some(comment)) => self.created(&comment),
                        _ => self.unread(&id),
                    });
                }
                // Linear names the id in the error for an id that has been given.
                Creation::Refused(failure) if !failure.to_string().contains(&id) => {
                    return Err(self.create_error(failure));
                }
                Creation::Refused(failure) => failure,
                Creation::Lost(failure) => {
                    lost += 1;
                    match self.find(&id).await {
                        Ok(None) if lost < MAX_LOST => continue,
                        Ok(Some(comment)) => return self.found(comment, &text, true).await,
                        _ => return Err(self.create_error(failure)),
                    }
                }
            };
            match self.find(&id).await {
                Ok(Some(comment)) => return self.found(comment, &text, lost > 0).await,
                // The comment was deleted.
                Ok(None) => match ids.next() {
                    Some(next) => (id, lost) = (next, 0),
                    None => return Err(self.create_error(failure)),
                },
                Err(failure) => return Err(self.create_error(failure)),
            }
        }
    }

    /// Sends the creation of the comment once. The write engine does not look for the comment when the answer is lost,
    /// because another writer may have created one with this id.
    ///
    /// # Errors
    /// The error of a creation that was not sent.
    async fn send(&self, id: &str, text: &str) -> Result<Creation, Error> {
        let input = CommentCreateInput {
            id: id.to_owned(),
            issue_id: self.issue.id.clone(),
            body: text.to_owned(),
            parent_id: None,
        };
        let mutation = Part::of::<CommentCreate>(comment_create::Variables { input });
        let mut writes = WriteSet::default();
        let place = writes.change_after::<CommentCreate>(mutation, None);
        match writes.submit(self.cx).await {
            Ok(None) => Ok(Creation::Done(writes.entity(place))),
            Ok(Some((_, failure))) => Ok(Creation::Refused(failure)),
            Err(failure) if writes.unknown(place).is_some() => Ok(Creation::Lost(failure)),
            Err(failure) => Err(self.create_error(failure)),
        }
    }

    /// Returns the comment with that id, or `None` where there is none. It is asked for by an update that sets nothing,
    /// because a mutation sees what a read may not show yet.
    ///
    /// # Errors
    /// The failure of the request, where it is not known whether there is such a comment.
    async fn find(&self, id: &str) -> Result<Option<Comment>, Failure> {
        let mut writes = WriteSet::default();
        let probe = writes.change_after::<CommentUpdate>(CommentUpdate::set(id, None), None);
        let failure = writes.submit(self.cx).await.err();
        if let Some(comment) = writes.entity(probe) {
            return Ok(Some(comment));
        }
        let mut answers = self.cx.settle(&[CommentUpdate::query(id)]).await?;
        let found = Comments::first(answers.take::<Comments>(0)?);
        match failure {
            _ if found.is_some() => Ok(found),
            Some(failure) => Err(failure),
            None if writes.is_done(probe) => {
                let text = "the comment cannot be read".to_owned();
                Err(Failure::Malformed(text))
            }
            // Linear has refused the update, and does not show the comment.
            None => Ok(None),
        }
    }

    /// Continues with the comment that has the derived id although no answer says that this request created it. `text` is
    /// what this request sent, and `may_be_ours` says whether an answer was lost.
    ///
    /// # Errors
    /// As [`Self::change`].
    async fn found(&self, comment: Comment, text: &str, may_be_ours: bool) -> Result<Value, Error> {
        if may_be_ours && holds(&comment.body, text) {
            return Ok(self.created(&comment));
        }
        let repeat = match may_be_ours {
            true => Repeat::Possible,
            false => Repeat::First,
        };
        self.change(comment, repeat).await
    }

    /// Returns the error for a comment that was not created.
    fn create_error(&self, failure: Failure) -> Error {
        let (key, issue) = (&self.key.text, &self.issue.identifier);
        failure.into_write_error(
            Code::CommentCreationFailed,
            &format!("comment '{key}' on issue '{issue}'"),
            &format!("Call list_comments with issue_id: {issue} to see whether it is there"),
        )
    }

    /// Reports the change of the text.
    fn report(&self, before: &str, after: &Comment) {
        let line = changes::text("body", Some(before), Some(&after.body));
        let reason = "the comment had this text already";
        changes::report(self.cx, line.into_iter().collect(), reason);
    }

    /// Returns the answer for a new comment.
    fn created(&self, comment: &Comment) -> Value {
        self.cx
            .note(|report| report.changes = vec!["comment: created".to_owned()]);
        self.show(comment, true)
    }

    /// Returns the answer for a comment that was written, but that Linear did not send.
    fn unread(&self, id: &str) -> Value {
        let look = self.subject(id).look;
        let known = [("id", id), ("key", &self.key.text)];
        write::unread(self.cx, &known, &format!("call {look}"))
    }

    /// Returns the answer, with the fingerprint that the next edit of the text can give.
    fn show(&self, comment: &Comment, created: bool) -> Value {
        let mut data = entity(self.cx, Detail::Standard, &["body"], |level| {
            view(comment, level)
                .brief("key", self.key.text.as_str())
                .outcome("created", created)
        });
        if let Some(data) = data.as_object_mut() {
            data.insert("text_sha256".to_owned(), json!(fingerprint(&comment.body)));
        }
        data
    }
}

/// Sets the text of a comment to the one that Linear keeps.
fn set_text(comment: &mut Comment, kept: Dated) {
    comment.body = kept.text.unwrap_or_default();
    comment.updated_at = kept.updated_at;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Key {
        Key {
            text: text.to_owned(),
            folded: comparable(text),
        }
    }

    #[test]
    fn a_comment_begins_with_its_key_in_bold_or_as_a_heading() {
        let progress = key("Progress of C#");
        for text in [
            "**Progress of C#**",
            "\n  **progress  of c\\#**  \r\ntext",
            "__Progress of C#__\n",
            "# Progress of C#\n\ntext",
            "### **Progress of C#** ##",
        ] {
            assert!(progress.find_marked(text).is_some(), "{text}");
        }
        for text in [
            "",
            "#Progress of C#",
            "####### Progress of C#",
            "**Progress of C#** and more",
            "text\n\n**Progress of C#**",
            "**Progress of C**",
        ] {
            assert_eq!(progress.find(text), None, "{text}");
        }
        let bare = progress.find("Progress of C#\ntext").unwrap();
        assert!(!bare.is_marked);
        assert_eq!(bare.below, "text");
        let found = progress.find("# Progress of C#\n\ntext").unwrap();
        assert_eq!((found.line, found.below), ("# Progress of C#", "\ntext"));
    }

    #[test]
    fn the_line_is_put_above_a_body_that_does_not_begin_with_it() {
        let pad = key("Pad");
        for (line, body, expected) in [
            (None, "text", "**Pad**\n\ntext"),
            (None, "PAD\n\ntext", "**Pad**\n\ntext"),
            (None, "## pad\ntext", "## pad\ntext"),
            (Some("# PAD"), "text", "# PAD\n\ntext"),
            (Some("# PAD"), "**Pad**\n\ntext", "**Pad**\n\ntext"),
            (None, "    code", "**Pad**\n\n    code"),
        ] {
            assert_eq!(pad.with_line(line, body), expected, "{body}");
        }
    }

    #[test]
    fn prepend_goes_below_the_line_and_every_edit_keeps_its_index() {
        let pad = key("Pad");
        let edit = |action| Edit {
            action,
            once: false,
        };
        let text = |text: &str| text.to_owned();
        let edits = [
            edit(Action::Append { text: text("end") }),
            edit(Action::Prepend { text: text("one") }),
            edit(Action::Prepend { text: text("two") }),
        ];
        let first = pad.apply("**Pad**", &edits, Repeat::First).unwrap();
        assert_eq!(first.text, "**Pad**\n\ntwo\n\none\n\nend");
        let again = pad.apply(&first.text, &edits, Repeat::Possible).unwrap();
        assert!(again.text.starts_with("**Pad**\n\n"), "{}", again.text);
        assert!(again.already_there.contains(&2));
        let elsewhere = pad.apply("text", &edits[1..2], Repeat::First).unwrap();
        assert_eq!(elsewhere.text, "one\n\ntext");
        let missing = edit(Action::Remove {
            anchor: text("gone"),
        });
        let edits = [edits[1].clone(), missing];
        let failure = pad.apply("**Pad**", &edits, Repeat::First).unwrap_err();
        assert_eq!(failure.index, 1);
    }
}

//! How an update changes a text of an entity: it sets the whole text, or it edits the stored text with a patch. Both may
//! be guarded by what the caller has read.

use serde_json::{Value, json};

use super::patch::patch_failed;
use super::text_write::{self, Dated, SetsText, Subject, TextChange};
use super::view::moment;
use super::write::{WriteSet, Written};
use crate::error::{Code, Error};
use crate::linear::client::{Expected, Lookup};
use crate::linear::compose::Part;
use crate::linear::failure::Failure;
use crate::params::{Detail, Fingerprint, Flag, Markdown, Patch, SeenTimestamp, TextEdits};
use crate::session::{Context, EditLock};
use crate::text::abbreviate;
use crate::text::edit::{self, Edit, Edited, Repeat};
use crate::text::fingerprint;
use crate::text::rewrite::Losses;

/// The most headings or items that a warning or an error names.
const NAMED_LOSSES: usize = 5;
/// The most characters of a heading or an item that a warning or an error repeats.
const LOSS_CHARS: usize = 60;

/// What the parameters of an update do to a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextUpdate<'p> {
    /// The parameter that sets the whole text, such as `description`.
    pub param: &'static str,
    /// The whole new text.
    pub whole: &'p Patch<Markdown>,
    /// The edits of the stored text.
    pub patch: Option<&'p TextEdits>,
    /// Refuses the update if the entity was changed after this time.
    pub if_unchanged_since: Option<SeenTimestamp>,
    /// Refuses the update if the stored text has another fingerprint.
    pub expected_sha256: Option<&'p Fingerprint>,
    /// Whether to refuse a whole new text that takes something away from the stored one.
    pub protect: Option<Flag>,
}

/// The new text of an entity.
#[derive(Debug)]
pub(super) struct NewText {
    /// The text to send. A patch that changes nothing sends none.
    pub text: Patch<String>,
    /// The result of the patch, if there is one.
    edited: Option<Edited>,
}

impl TextUpdate<'_> {
    /// Whether the update changes no text.
    pub fn is_empty(&self) -> bool {
        self.whole.is_absent() && self.patch.is_none()
    }

    /// Whether the stored text has to be read before the update.
    pub fn needs_read(&self) -> bool {
        self.patch.is_some() || self.is_guarded() || self.is_protected()
    }

    /// Whether the response has to show which text the update replaced, because the update is only meant for the text
    /// that was read.
    pub fn probes(&self) -> bool {
        !self.is_empty() && (self.patch.is_some() || self.is_guarded())
    }

    fn is_guarded(&self) -> bool {
        self.if_unchanged_since.is_some() || self.expected_sha256.is_some()
    }

    fn is_protected(&self) -> bool {
        !self.whole.is_absent() && self.protect.is_some_and(|Flag(on)| on)
    }

    /// Checks that the parameters go together.
    ///
    /// # Errors
    /// INVALID_PARAM for a patch beside a whole text.
    pub fn check(&self) -> Result<(), Error> {
        let param = self.param;
        if self.patch.is_some() && !self.whole.is_absent() {
            let message =
                format!("'{param}' replaces the whole text, so 'patch' cannot stand beside it");
            return Err(Error::new(Code::InvalidParam, message)
                .detail("param", "patch")
                .suggest(format!("Leave out '{param}' to edit the text in place")));
        }
        Ok(())
    }

    /// Returns the new text of an entity that was not read.
    pub fn unread(&self) -> NewText {
        NewText {
            text: self.whole.clone().map(Markdown::into_string),
            edited: None,
        }
    }

    /// Checks the guards against the entity that was read, and returns its new text. Warns of what a whole new text
    /// takes away.
    ///
    /// # Errors
    /// EDIT_CONFLICT for a guard that fails, PATCH_FAILED for an edit that cannot be made, INVALID_PARAM for a whole
    /// new text that takes something away where that is refused. Nothing has been written yet.
    pub fn resolve(
        &self,
        cx: &Context<'_>,
        subject: &Subject,
        stored: &Dated,
    ) -> Result<NewText, Error> {
        self.check_guards(subject, stored)?;
        let Some(patch) = self.patch else {
            match self.whole {
                Patch::Set(text) => self.check_losses(cx, subject, stored, text.as_str())?,
                // Who clears a text knows that everything in it goes, but may have asked for protection of it.
                Patch::Clear if self.is_protected() => {
                    self.check_losses(cx, subject, stored, "")?
                }
                Patch::Clear | Patch::Absent => {}
            }
            return Ok(self.unread());
        };
        let edited = edit::apply(stored.text(), patch, Repeat::First)
            .map_err(|failure| patch_failed(&failure, subject))?;
        for index in &edited.already_there {
            let skipped = patch.get(*index).is_some_and(|edit| edit.once);
            warn_of_repetition(cx, *index, skipped);
        }
        let text = Some(edited.text.clone()).filter(|text| text != stored.text());
        Ok(NewText {
            text: text.into(),
            edited: Some(edited),
        })
    }

    /// Checks that the entity is as the caller has read it.
    ///
    /// # Errors
    /// EDIT_CONFLICT.
    fn check_guards(&self, subject: &Subject, stored: &Dated) -> Result<(), Error> {
        let Subject {
            noun, name, look, ..
        } = subject;
        let changed_at = moment(&stored.updated_at, Detail::Full);
        if self
            .if_unchanged_since
            .is_some_and(|since| since.is_before(&stored.updated_at))
        {
            let message =
                format!("The {noun} '{name}' was changed at {changed_at}; nothing was written");
            return Err(Error::new(Code::EditConflict, message)
                .detail("input", name.as_str())
                .detail("updated_at", changed_at)
                .suggest(format!(
                    "Call {look}, make the change on what it says now, and give its updated_at in 'if_unchanged_since'"
                )));
        }
        if self
            .expected_sha256
            .is_some_and(|expected| !expected.matches(stored.text()))
        {
            let param = self.param;
            let message = format!(
                "The {param} of {noun} '{name}' is not the text that 'expected_sha256' means; nothing was written"
            );
            return Err(Error::new(Code::EditConflict, message)
                .detail("input", name.as_str())
                .detail("text_sha256", fingerprint(stored.text()))
                .detail("updated_at", changed_at)
                .suggest(format!(
                    "Call {look} with fields: [{param}, text_sha256], make the change on what it says now, and give its text_sha256 in 'expected_sha256'"
                )));
        }
        Ok(())
    }

    /// Warns of the ticks and headings of the stored text that the whole new text does not have, or refuses it.
    ///
    /// # Errors
    /// INVALID_PARAM, if `protect` is set.
    fn check_losses(
        &self,
        cx: &Context<'_>,
        subject: &Subject,
        stored: &Dated,
        text: &str,
    ) -> Result<(), Error> {
        let losses = Losses::between(stored.text(), text);
        if losses.is_empty() {
            return Ok(());
        }
        let headings = match losses.headings.as_slice() {
            [_] => "drops the heading",
            _ => "drops the headings",
        };
        let mut lost = Vec::new();
        for (verb, names) in [("unticks", &losses.unticked), (headings, &losses.headings)] {
            let Some(named) = names.chunks(NAMED_LOSSES).next() else {
                continue;
            };
            let shown: Vec<String> = named
                .iter()
                .map(|name| format!("'{}'", abbreviate(name, LOSS_CHARS)))
                .collect();
            let more = match names.len() - named.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            lost.push(format!("{verb} {}{more}", shown.join(", ")));
        }
        let lost = lost.join("; ");
        let param = self.param;
        if !self.is_protected() {
            cx.warn(format!(
                "the new {param} {lost}; 'patch' changes a part of the text, and 'protect: true' refuses this"
            ));
            return Ok(());
        }
        let Subject { noun, name, .. } = subject;
        let message = format!("The new {param} of {noun} '{name}' {lost}; nothing was written");
        Err(Error::new(Code::InvalidParam, message)
            .detail("param", param)
            .detail("unticked", losses.unticked)
            .detail("dropped_headings", losses.headings)
            .suggest("Use 'patch' to change a part of the text and keep the rest")
            .suggest("Leave out 'protect' to replace the text all the same"))
    }

    /// Finishes the write of the text. `before` is the text that was read, `replaced` the text that the response shows
    /// as replaced, and `after` the text after the write. If somebody else had written the replaced text, a patch is
    /// made once more in their text. Returns the text that Linear keeps.
    ///
    /// # Errors
    /// EDIT_CONFLICT for a whole new text that replaced the text of somebody else, and the errors of
    /// [`text_write::rewrite`].
    pub async fn finish<T: SetsText>(
        &self,
        cx: &Context<'_>,
        subject: &Subject,
        (before, replaced, after): (Dated, Option<Dated>, Dated),
        new_text: &mut NewText,
    ) -> Result<Dated, Error> {
        // If Linear executed the probe late, the response to the probe shows the text after the write, and nothing was
        // overwritten.
        let theirs =
            replaced.filter(|text| !text.is_unedited(&before) && !text.is_unedited(&after));
        let Some(theirs) = theirs else {
            return Ok(after);
        };
        let (Some(patch), Some(edited)) = (self.patch, new_text.edited.take()) else {
            return Err(self.overwritten_error(subject, theirs.text));
        };
        let change = PatchChange {
            edits: patch,
            subject,
        };
        let texts = (theirs.text, after);
        let told = edited.already_there.clone();
        let (edited, kept) =
            text_write::rewrite::<T, _>(cx, subject, before, texts, &change, edited).await?;
        let known = edited.already_there.iter();
        for index in known.filter(|index| !told.contains(index)) {
            warn_of_repetition(cx, *index, true);
        }
        new_text.edited = Some(edited);
        Ok(kept)
    }

    /// Returns the error for an update that replaced a text which somebody else wrote after the entity was read.
    fn overwritten_error(&self, subject: &Subject, overwritten: Option<String>) -> Error {
        let Subject { noun, name, .. } = subject;
        let param = self.param;
        let message = format!(
            "The update of {noun} '{name}' was made, and its {param} went over one that somebody else wrote at the same moment"
        );
        Error::new(Code::EditConflict, message)
            .detail("input", name.as_str())
            .detail("overwritten", overwritten)
            .suggest(format!(
                "Put the overwritten text and the new one together, and set '{param}' to both"
            ))
    }
}

impl NewText {
    /// Adds to the answer what the caller needs to go on from an edited text: its fingerprint, and whether the text of
    /// an edit stood there already.
    pub fn tell(&self, data: &mut Value, kept: &Dated) {
        let (Some(edited), Some(data)) = (&self.edited, data.as_object_mut()) else {
            return;
        };
        if !edited.already_there.is_empty() {
            data.insert("already_there".to_owned(), json!(true));
        }
        data.insert("text_sha256".to_owned(), json!(fingerprint(kept.text())));
    }
}

/// Warns that the text of an edit stood in the stored text already, and says whether the edit was `skipped`.
pub(super) fn warn_of_repetition(cx: &Context<'_>, index: usize, skipped: bool) {
    let end = match skipped {
        true => "; it was not repeated",
        false => "; it stands there twice now",
    };
    cx.warn(format!("edit {index}: its text stood there already{end}"));
}

/// Edits that are made again in a text that somebody else has written.
struct PatchChange<'p> {
    edits: &'p [Edit],
    subject: &'p Subject,
}

impl TextChange for PatchChange<'_> {
    type Edit = Edited;

    fn apply(&self, text: &str, repeat: Repeat) -> Result<Edited, String> {
        edit::apply(text, self.edits, repeat)
            .map_err(|failure| patch_failed(&failure, self.subject).message().to_owned())
    }

    fn edited(edit: &Edited) -> &str {
        &edit.text
    }
}

/// Waits for the lock of an entity under its `id`. The entity was locked before it was read, under the `name` by which the
/// request refers to it; another request may refer to it by another name. If that request writes before this lock is
/// acquired, the response to the probe shows it. Returns no lock where the name is the id.
///
/// # Errors
/// As [`Context::lock_issue`].
pub(super) async fn lock_by_id(
    cx: &Context<'_>,
    name: &str,
    id: &str,
) -> Result<Option<EditLock>, Error> {
    Ok(match name == id {
        true => None,
        false => Some(cx.turn_to_edit(id).await?),
    })
}

/// Sends an update that may set a text. With `probes`, the response also shows the text that the update replaced. If
/// Linear refuses to show it, the update is sent without. Returns the entity after the update, and the replaced text.
///
/// # Errors
/// The failure of the update.
pub(super) async fn send<T: SetsText>(
    cx: &Context<'_>,
    id: &str,
    mutation: Part,
    probes: bool,
) -> Result<(Written<T::Made>, Option<Dated>), Failure> {
    let mut writes = WriteSet::default();
    let probe = probes.then(|| writes.change_after::<T>(T::set(id, None), None));
    let lookup = Lookup::changed(T::query(id), Expected::Input);
    let update = writes.change_after::<T>(mutation, Some(lookup));
    loop {
        match writes.submit(cx).await {
            Ok(None) => break,
            Ok(Some((place, _))) if Some(place) == probe => {}
            Ok(Some((_, failure))) => return Err(failure),
            // Only the probe failed.
            Err(_) if writes.is_done(update) => break,
            Err(failure) => return Err(failure),
        }
    }
    let replaced = probe.and_then(|probe| Some(T::text(&writes.entity(probe)?)));
    Ok(match writes.entity(update) {
        Some(entity) => (Written::Entity(entity), replaced),
        None => (Written::Unread, replaced),
    })
}

//! The parameter that changes parts of a Markdown text: a list of edits.

use std::fmt;
use std::ops::Deref;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use super::decode::{Lenient, List, Scalar, parameter, read};
use super::values::Flag;
use super::{Form, plain_name};
use crate::text::edit::{Action, Edit};

/// The most edits of one text in one request. Each edit reads the whole text.
const MAX_EDITS: usize = 100;

/// The edits of a text, in the order in which they are applied: a list of objects, or one object. There is at least
/// one, and at most 100.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextEdits(Vec<Edit>);

impl TextEdits {
    /// The edits that make these changes, in this order. There has to be at least one.
    pub fn of(actions: Vec<Action>) -> Self {
        let edit = |action| Edit {
            action,
            once: false,
        };
        Self(actions.into_iter().map(edit).collect())
    }
}

impl Deref for TextEdits {
    type Target = [Edit];

    fn deref(&self) -> &[Edit] {
        &self.0
    }
}

impl<'de> Deserialize<'de> for TextEdits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let edits = List::<TextEdit>::deserialize(deserializer)?;
        if (1..=MAX_EDITS).contains(&edits.len()) {
            return Ok(Self(edits.into_iter().map(|edit| edit.0).collect()));
        }
        let expected = format!("a list of 1 to {MAX_EDITS} edits");
        Err(D::Error::invalid_length(edits.len(), &expected.as_str()))
    }
}

impl JsonSchema for TextEdits {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TextEdits".into()
    }

    /// The description is short because several tools list it; a wrong edit is refused with what would be right.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "array",
            "items": generator.subschema_for::<TextEdit>(),
            "description": "Edits {op, anchor|heading, text}: append, insert_after, replace, remove, append_to_section, replace_section, …",
        })
    }
}

/// One edit, as a request gives it.
struct TextEdit(Edit);

impl Lenient for TextEdit {
    const EXPECTED: &'static str = "{op, text} with an anchor or a heading, such as {op: insert_after, anchor: ..., text: ...}";

    fn from_scalar(_: &Scalar<'_>) -> Option<Self> {
        None
    }

    fn from_map<'de, A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        Given::read(map)?.into_edit().map(Self)
    }
}

parameter!(TextEdit, Edits, { "type": "object" });

/// What is to stand below a heading: `{heading, text}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectionText(Edit);

impl SectionText {
    /// The change of the section.
    pub fn into_action(self) -> Action {
        self.0.action
    }
}

impl Lenient for SectionText {
    const EXPECTED: &'static str = "{heading: ..., text: ...}";

    fn from_scalar(_: &Scalar<'_>) -> Option<Self> {
        None
    }

    fn from_map<'de, A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        let mut given = Given::read(map)?;
        given.op = Some(Op::ReplaceSection);
        given.into_edit().map(Self)
    }
}

parameter!(SectionText, Edits, { "type": "object" });

/// The keys of an edit.
#[derive(Clone, Copy)]
enum Key {
    Op,
    Anchor,
    Heading,
    Text,
    Once,
}

impl Key {
    const NAMES: [&'static str; 5] = ["op", "anchor", "heading", "text", "once"];

    /// The key that is meant by a name without case and separators.
    fn find(plain: &str) -> Option<Self> {
        Some(match plain {
            "op" | "operation" | "action" | "type" => Self::Op,
            "anchor" | "find" | "old" | "oldtext" | "oldstring" => Self::Anchor,
            "heading" | "section" => Self::Heading,
            "text" | "new" | "newtext" | "newstring" | "content" | "body" | "markdown" => {
                Self::Text
            }
            "once" => Self::Once,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Op => "op",
            Self::Anchor => "anchor",
            Self::Heading => "heading",
            Self::Text => "text",
            Self::Once => "once",
        }
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;

        impl Visitor<'_> for KeyVisitor {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key of an edit")
            }

            fn visit_str<E: Error>(self, key: &str) -> Result<Key, E> {
                Key::find(&plain_name(key)).ok_or_else(|| E::unknown_field(key, &Key::NAMES))
            }
        }
        deserializer.deserialize_identifier(KeyVisitor)
    }
}

/// The form of the value under a key of an edit.
pub(super) fn form_of_entry(key: &str) -> Form {
    match Key::find(&plain_name(key)) {
        Some(Key::Anchor | Key::Text) => Form::Markdown,
        Some(Key::Heading) => Form::Heading,
        Some(Key::Op | Key::Once) | None => Form::Word,
    }
}

/// The keys of an edit whose values are Markdown of several lines, without case and separators.
pub(crate) const MARKDOWN_KEYS: [&str; 6] = ["anchor", "text", "old", "new", "content", "body"];

/// What an edit does.
#[derive(Clone, Copy, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Op {
    Append,
    Prepend,
    InsertAfter,
    InsertBefore,
    Replace,
    Remove,
    ReplaceSection,
    AppendToSection,
    RemoveSection,
}

/// The values of an edit.
#[derive(Default)]
struct Given {
    op: Option<Op>,
    anchor: Option<EditText>,
    heading: Option<HeadingLine>,
    text: Option<EditText>,
    once: Option<Option<Flag>>,
}

impl Given {
    /// Reads the values of an edit.
    ///
    /// # Errors
    /// An unknown key, a key that is there twice, or a value that is not of its type.
    fn read<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut given = Self::default();
        while let Some(key) = map.next_key()? {
            let is_repeated = match key {
                Key::Op => given.op.replace(map.next_value()?).is_some(),
                Key::Anchor => given.anchor.replace(map.next_value()?).is_some(),
                Key::Heading => given.heading.replace(map.next_value()?).is_some(),
                Key::Text => given.text.replace(map.next_value()?).is_some(),
                Key::Once => given
                    .once
                    .replace(map.next_value::<Option<Flag>>()?)
                    .is_some(),
            };
            if is_repeated {
                return Err(A::Error::custom(format_args!(
                    "'{}' is there twice",
                    key.name()
                )));
            }
        }
        Ok(given)
    }

    /// The edit, which has exactly the values that its action needs.
    ///
    /// # Errors
    /// A value is missing, or there is one that the action does not have.
    fn into_edit<E: Error>(self) -> Result<Edit, E> {
        let op = self.op.ok_or_else(|| E::missing_field("op"))?;
        let place = |is_anchor: bool| {
            let (unused, name, advice) = if is_anchor {
                (
                    self.heading.is_some(),
                    "heading",
                    "the actions on headings are replace_section, append_to_section and remove_section",
                )
            } else {
                (
                    self.anchor.is_some(),
                    "anchor",
                    "the actions on anchors are insert_after, insert_before, replace and remove",
                )
            };
            refuse(unused, name, advice)
        };
        let no_text = || {
            let advice = "replace and replace_section put a text in the place of what was there";
            refuse(self.text.is_some(), "text", advice)
        };
        match op {
            Op::Append | Op::Prepend => {
                place(false)?;
                place(true)?;
            }
            Op::InsertAfter | Op::InsertBefore | Op::Replace => place(true)?,
            Op::Remove => {
                place(true)?;
                no_text()?;
            }
            Op::ReplaceSection | Op::AppendToSection => place(false)?,
            Op::RemoveSection => {
                place(false)?;
                no_text()?;
            }
        }
        let anchor = || {
            self.anchor
                .clone()
                .map(|text| text.0)
                .ok_or_else(|| E::missing_field("anchor"))
        };
        let heading = || {
            self.heading
                .clone()
                .map(|text| text.0)
                .ok_or_else(|| E::missing_field("heading"))
        };
        let text = || {
            self.text
                .clone()
                .map(|text| text.0)
                .ok_or_else(|| E::missing_field("text"))
        };
        let action = match op {
            Op::Append => Action::Append { text: text()? },
            Op::Prepend => Action::Prepend { text: text()? },
            Op::InsertAfter => Action::InsertAfter {
                anchor: anchor()?,
                text: text()?,
            },
            Op::InsertBefore => Action::InsertBefore {
                anchor: anchor()?,
                text: text()?,
            },
            Op::Replace => Action::Replace {
                anchor: anchor()?,
                text: text()?,
            },
            Op::Remove => Action::Remove { anchor: anchor()? },
            Op::ReplaceSection => Action::ReplaceSection {
                heading: heading()?,
                text: text()?,
            },
            Op::AppendToSection => Action::AppendToSection {
                heading: heading()?,
                text: text()?,
            },
            Op::RemoveSection => Action::RemoveSection {
                heading: heading()?,
            },
        };
        let once = self.once.flatten().is_some_and(|Flag(once)| once);
        Ok(Edit { action, once })
    }
}

/// Refuses a value that the action of an edit does not have.
fn refuse<E: Error>(is_given: bool, name: &str, advice: &str) -> Result<(), E> {
    if is_given {
        return Err(E::custom(format_args!(
            "this 'op' takes no '{name}'; {advice}"
        )));
    }
    Ok(())
}

/// Text that is not blank, exactly as it is given.
#[derive(Clone)]
struct EditText(String);

impl Lenient for EditText {
    const EXPECTED: &'static str = "Markdown that is not empty";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        let text = given.text();
        (!text.trim().is_empty()).then(|| Self(text.into_owned()))
    }
}

impl<'de> Deserialize<'de> for EditText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer)
    }
}

/// The line of a heading, with or without its `#`s.
#[derive(Clone)]
struct HeadingLine(String);

impl Lenient for HeadingLine {
    const EXPECTED: &'static str = "the line of a heading, such as \"## Plan\"";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        let text = given.text();
        let line = text.trim();
        let has_title = !line.trim_start_matches('#').trim().is_empty();
        (has_title && !line.contains(['\n', '\r'])).then(|| Self(line.to_owned()))
    }
}

impl<'de> Deserialize<'de> for HeadingLine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer)
    }
}

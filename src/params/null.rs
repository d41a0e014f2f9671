//! What `null` means as the value of a parameter.

use serde_json::Value;

/// What `null` means as the value of a parameter, and with it the words for none (`none`, `unassigned`, an empty text).
///
/// The type of a parameter states it by the keyword `null` in its JSON schema: a [`super::Patch`] by itself, another
/// type where its field says `#[schemars(extend("null" = "refused"))]`. [`crate::operation::Field`] has it, and the
/// keyword is in no schema that a caller sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Null {
    /// It is the same as leaving the parameter out.
    #[default]
    Absent,
    /// It is the same as leaving the parameter out, and so are the words for none: a reference or a date of something
    /// that is made.
    Unset,
    /// It empties the field; as a filter it matches what has none.
    Clears,
    /// It is refused: an update cannot empty the field.
    Refused,
}

/// The keyword by which a parameter tells what `null` means for it in its JSON schema.
pub(crate) const NULL: &str = "null";

impl Null {
    /// Every meaning that a schema can state.
    const STATED: [Self; 3] = [Self::Unset, Self::Clears, Self::Refused];

    /// The word for it in a schema.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Unset => "unset",
            Self::Clears => "clears",
            Self::Refused => "refused",
        }
    }

    /// The meaning that a schema states for its value; [`Null::Absent`] where it states none.
    pub(crate) fn stated(schema: &Value) -> Self {
        let word = schema.get(NULL).and_then(Value::as_str);
        let stated = Self::STATED
            .into_iter()
            .find(|null| Some(null.word()) == word);
        stated.unwrap_or_default()
    }

    /// Takes the keyword out of a schema.
    pub(crate) fn remove(schema: &mut Value) {
        if let Some(map) = schema.as_object_mut() {
            map.shift_remove(NULL);
        }
    }

    /// Whether a text is one of the words by which callers say none: `none`, `unassigned` and `null`, in any case.
    pub(crate) fn is_word(text: &str) -> bool {
        let text = text.trim();
        ["none", "unassigned", "null"]
            .iter()
            .any(|word| text.eq_ignore_ascii_case(word))
    }
}

//! What the value of a parameter can hold. The reader of requests goes by it where YAML written by hand can be read in
//! two ways.

use serde_json::Value;
use uuid::Uuid;

/// How long a UUID is, with its hyphens.
const UUID: usize = 36;
/// How long the slug of a project or a document is.
const SLUG: usize = 12;

/// What the value of a parameter can hold, which decides what a `#`, a `//` or a line break in it can mean.
///
/// The type of a parameter states it by the keyword `form` in its JSON schema; [`crate::operation::Field`] has it,
/// and the keyword is in no schema that a caller sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Markdown of any number of lines: a description, a comment, the content of a document.
    Markdown,
    /// Text of one line: a title, words to search for.
    Line,
    /// The name of an entity, or whatever else names it.
    Name,
    /// What names an entity without white space in it: an identifier, a UUID, an address.
    Identifier,
    /// One word, number or address without white space in it: a date, a switch, an enumeration.
    #[default]
    Word,
    /// A colour, which begins with a `#`.
    Color,
    /// The name of a cycle, or its number, which may have a `#` in front.
    Cycle,
    /// The name of a label, or an object that describes one.
    Label,
    /// An address, or an object with an address and a title.
    Link,
    /// The operations of a batch, each with parameters of its own.
    Operations,
}

/// The keyword by which a type tells its [`Form`] in its JSON schema.
pub(crate) const FORM: &str = "form";

impl Form {
    /// Every form.
    const ALL: [Self; 10] = [
        Self::Markdown,
        Self::Line,
        Self::Name,
        Self::Identifier,
        Self::Word,
        Self::Color,
        Self::Cycle,
        Self::Label,
        Self::Link,
        Self::Operations,
    ];

    /// The word for it in a schema.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Markdown => "markdown",
            Self::Line => "line",
            Self::Name => "name",
            Self::Identifier => "identifier",
            Self::Word => "word",
            Self::Color => "color",
            Self::Cycle => "cycle",
            Self::Label => "label",
            Self::Link => "link",
            Self::Operations => "operations",
        }
    }

    /// The form that a schema states for its value or, of a list, for the items; [`Form::Word`] where it states none.
    pub(crate) fn stated(schema: &Value) -> Self {
        let word = schema.get(FORM).and_then(Value::as_str);
        match (word, schema.get("items")) {
            (Some(word), _) => Self::ALL
                .into_iter()
                .find(|form| form.word() == word)
                .unwrap_or_default(),
            (None, Some(items)) => Self::stated(items),
            (None, None) => Self::default(),
        }
    }

    /// Takes the keyword out of a schema and out of that of its items.
    pub(crate) fn remove(schema: &mut Value) {
        if let Some(map) = schema.as_object_mut() {
            map.shift_remove(FORM);
            if let Some(items) = map.get_mut("items") {
                Self::remove(items);
            }
        }
    }

    /// Whether a text is an id, an address or an e-mail address where that names a thing, so that nothing behind a blank
    /// can belong to it.
    pub fn is_exact(self, text: &str) -> bool {
        let address = ["https://", "http://", "linear://"]
            .iter()
            .any(|scheme| text.starts_with(scheme));
        let id = address || Uuid::try_parse(text).is_ok_and(|_| text.len() == UUID);
        let exact = match self {
            Self::Name => id || is_slug(text) || is_email(text),
            Self::Label => id,
            _ => false,
        };
        exact && !text.contains(char::is_whitespace)
    }

    /// The form of an entry of an object that is the value, or an item of it: `color` of a label.
    pub fn entry(self, key: &str) -> Self {
        match (self, key) {
            (Self::Label | Self::Name | Self::Cycle, "id") => Self::Identifier,
            (Self::Label, "color" | "colour") => Self::Color,
            (Self::Label, "description") => Self::Markdown,
            // Its name, its group, or `Area: api`, whose key is the group.
            (Self::Label, _) => Self::Name,
            (Self::Link, "title") => Self::Line,
            (Self::Name | Self::Cycle, "name") => Self::Name,
            _ => Self::Word,
        }
    }
}

/// Whether a text is a slug of Linear's, or ends in one behind a hyphen: hexadecimal digits, a decimal one among them.
fn is_slug(text: &str) -> bool {
    let slug = text.rsplit_once('-').map_or(text, |(_, slug)| slug);
    slug.len() == SLUG
        && slug.bytes().all(|byte| byte.is_ascii_hexdigit())
        && slug.bytes().any(|byte| byte.is_ascii_digit())
}

/// Whether a text is an e-mail address.
fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(user, host)| {
        let known = |c: char| c.is_alphanumeric() || "-.".contains(c);
        let dotted = host
            .split_once('.')
            .is_some_and(|(name, rest)| !name.is_empty() && rest.ends_with(char::is_alphanumeric));
        !user.is_empty() && dotted && host.chars().all(known)
    })
}

//! The parameters that mean the same in every operation that takes them.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Count, Flag, Refs, decode};
use crate::error::Error;

/// How much of an entity an answer shows (`contract.md`, "Detail"). The same field has the same shape at every level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// What a line of a list needs: no ids, no long texts, days for moments.
    Brief,
    /// The contract's object, where what is inside goes by its name.
    Standard,
    /// Everything that the entity has.
    Full,
}

/// How the caller wants the answer, as far as it was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// How much of each entity; the operation's own default when nothing was said.
    pub detail: Option<Detail>,
    /// Exactly these fields of each entity, in snake_case; overrides `detail`. Never an empty list, which says nothing.
    pub fields: Option<Vec<String>>,
    /// Where long texts are cut, in characters.
    pub max_description_chars: Option<usize>,
    /// Where a long text begins, in characters.
    pub text_offset: usize,
    /// Lists as `columns` and `rows`.
    pub table: bool,
    /// Ask Linear even for what the session knows.
    pub refresh_cache: bool,
    /// Say what would be sent, and write nothing.
    pub dry_run: bool,
}

/// The shared parameters as they are written; the doc comments are what `help` and the tool schemas show.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Written {
    /// How much of each entity.
    detail: Option<Detail>,
    /// Only these fields of each entity.
    #[schemars(extend("form" = "word"))]
    fields: Option<Refs>,
    /// Cut long texts here.
    max_description_chars: Option<Count>,
    /// Read a long text on from here: the `next_offset` of the answer before.
    text_offset: Option<Count>,
    /// `table`: lists as columns and rows.
    format: Option<Format>,
    /// Ask Linear, not the cache.
    refresh_cache: Option<Flag>,
    /// Resolve and check everything, say what would be sent, write nothing.
    dry_run: Option<Flag>,
}

#[derive(Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Format {
    Yaml,
    Table,
}

impl Shape {
    /// Takes these parameters out of canonical ones and reads them; the others stay.
    ///
    /// # Errors
    /// What [`decode()`] says about a value that one of them cannot have.
    pub fn take<'a>(
        params: &mut Map<String, Value>,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, Error> {
        let taken = names
            .into_iter()
            .filter_map(|name| params.shift_remove_entry(name))
            .collect();
        let written: Written = decode(taken)?;
        let fields = written
            .fields
            .filter(|fields| !fields.is_empty())
            .map(|fields| fields.iter().map(|field| snake(field.as_str())).collect());
        let chars = |Count(chars)| usize::try_from(chars).unwrap_or(usize::MAX);
        Ok(Self {
            detail: written.detail,
            fields,
            max_description_chars: written.max_description_chars.map(chars),
            text_offset: written.text_offset.map_or(0, chars),
            table: written.format == Some(Format::Table),
            refresh_cache: written.refresh_cache.is_some_and(|Flag(on)| on),
            dry_run: written.dry_run.is_some_and(|Flag(on)| on),
        })
    }
}

/// `createdAt` → `created_at`; what is snake_case already, and dots, stay.
pub(crate) fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut after_small = false;
    for c in name.chars() {
        if c.is_uppercase() {
            if after_small {
                snake.push('_');
            }
            snake.extend(c.to_lowercase());
        } else if c == '-' || c == ' ' {
            snake.push('_');
        } else {
            snake.push(c);
        }
        after_small = c.is_lowercase() || c.is_ascii_digit();
    }
    snake
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::Code;

    fn take(mut params: Value) -> Result<(Shape, Value), Error> {
        let Value::Object(map) = &mut params else {
            panic!("an object")
        };
        let names = [
            "detail",
            "fields",
            "max_description_chars",
            "text_offset",
            "format",
            "refresh_cache",
            "dry_run",
        ];
        let shape = Shape::take(map, names)?;
        Ok((shape, params))
    }

    #[test]
    fn they_are_taken_out_and_the_rest_stays() {
        let (shape, rest) = take(json!({
            "query": "auth", "detail": "Full", "fields": "identifier, createdAt, state.name",
            "max_description_chars": "200", "text_offset": 90_000, "format": "table", "refresh_cache": "yes", "dry_run": "on", "detail_of": 5,
        }))
        .unwrap();
        assert_eq!(rest, json!({ "query": "auth", "detail_of": 5 }));
        let fields = ["identifier", "created_at", "state.name"].map(str::to_owned);
        let expected = Shape {
            detail: Some(Detail::Full),
            fields: Some(fields.to_vec()),
            max_description_chars: Some(200),
            text_offset: 90_000,
            table: true,
            refresh_cache: true,
            dry_run: true,
        };
        assert_eq!(shape, expected);
    }

    #[test]
    fn nothing_said_is_the_default() {
        for said in [json!({ "team": "ENG" }), json!({ "fields": [] })] {
            let (shape, _) = take(said).unwrap();
            assert_eq!(shape, Shape::default());
        }
    }

    #[test]
    fn a_wrong_word_names_the_right_ones() {
        let error = take(json!({ "detail": "ful" })).unwrap_err();
        assert_eq!(error.code(), Code::InvalidParam);
        assert_eq!(error.message(), "Parameter 'detail' cannot be 'ful'");
        let all = error.details().get("expected").unwrap();
        assert_eq!(all, "one of brief, standard, full");
        assert_eq!(error.suggestions(), ["Use 'full'"]);
    }
}

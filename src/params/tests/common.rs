//! The parameters that mean the same in every operation.

use serde_json::{Value, json};

use crate::error::{Code, Error};
use crate::params::{AnswerDefaults, CommonParams, Detail};

fn take(params: Value) -> Result<(CommonParams, Value), Error> {
    take_or(params, AnswerDefaults::default())
}

fn take_or(mut params: Value, defaults: AnswerDefaults) -> Result<(CommonParams, Value), Error> {
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
    let shape = CommonParams::take(map, names, defaults)?;
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
    let expected = CommonParams {
        detail: Some(Detail::Full),
        detail_given: true,
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
        assert_eq!(shape, CommonParams::default());
    }
}

#[test]
fn a_default_stands_in_for_what_is_not_given_and_only_where_it_is_taken() {
    let defaults = AnswerDefaults {
        detail: Some(Detail::Ack),
        table: true,
    };
    let (shape, _) = take_or(json!({}), defaults).unwrap();
    assert_eq!((shape.detail, shape.detail_given), (defaults.detail, false));
    assert!(shape.table);
    let given = json!({ "detail": "standard", "format": "yaml" });
    let (shape, _) = take_or(given, defaults).unwrap();
    assert_eq!(shape.detail, Some(Detail::Standard));
    assert!(shape.detail_given && !shape.table);
    let mut params = serde_json::Map::new();
    let shape = CommonParams::take(&mut params, ["fields"], defaults).unwrap();
    assert_eq!(shape, CommonParams::default());
}

#[test]
fn what_is_read_is_brief_at_least() {
    let for_reading = |detail| {
        let defaults = AnswerDefaults {
            detail,
            table: false,
        };
        defaults.for_reading().detail
    };
    assert_eq!(for_reading(Some(Detail::Ack)), Some(Detail::Brief));
    assert_eq!(for_reading(Some(Detail::Full)), Some(Detail::Full));
    assert_eq!(for_reading(None), None);
}

#[test]
fn a_wrong_word_names_the_right_ones() {
    let error = take(json!({ "detail": "ful" })).unwrap_err();
    assert_eq!(error.code(), Code::InvalidParam);
    assert_eq!(error.message(), "Parameter 'detail' cannot be 'ful'");
    let all = error.details().get("expected").unwrap();
    assert_eq!(all, "one of ack, brief, standard, full");
    assert_eq!(error.suggestions(), ["Use 'full'"]);
}

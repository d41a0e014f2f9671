#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing test may panic"
)]

use proptest::prelude::*;
use serde_json::json;

use super::fill::MOST_INSERTED;
use super::*;

fn filled(params: Value, data: &Value) -> Result<Value, Error> {
    let Value::Object(params) = params else {
        panic!("an object")
    };
    fill(&params, &Room::default(), |_| Some(data)).map(Value::Object)
}

fn read(inner: &str) -> Option<(String, Vec<String>)> {
    Reference::parse(inner).map(|read| (read.item, read.path))
}

#[test]
fn a_reference_is_a_name_and_a_path() {
    let path = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    for (inner, item, words) in [
        ("a", "a", path(&[])),
        ("a.id", "a", path(&["id"])),
        (" a.data.id ", "a", path(&["data", "id"])),
        ("0.labels[1].name", "0", path(&["labels", "1", "name"])),
        ("a.labels.1", "a", path(&["labels", "1"])),
        ("a[0][2]", "a", path(&["0", "2"])),
    ] {
        assert_eq!(read(inner), Some((item.to_owned(), words)), "{inner}");
    }
    for inner in [
        "",
        ".",
        "a.",
        ".a",
        "a..b",
        "a b",
        "a[",
        "a[x]",
        "a[]",
        "a[1",
        "[0]",
        "a.map(l => l.id)",
        "ä",
    ] {
        assert_eq!(read(inner), None, "{inner}");
    }
}

#[test]
fn a_whole_value_keeps_its_type_and_a_text_takes_it_in() {
    let data = json!({"id": "i-1", "priority": 2, "labels": [{"name": "bug"}], "parent": null});
    let params = json!({
        "alone": "${a.priority}", "spaced": " ${a.data.priority} ", "object": "${a.labels.0}",
        "text": "see ${a.id}, ${a.priority} and ${a.labels[0].name}", "plain": "costs $5 {really}",
        "escaped": "echo $${HOME} of ${a.id}", "deep": [{"x": "${a.id}"}], "number": 7,
    });
    assert_eq!(
        filled(params, &data).unwrap(),
        json!({
            "alone": 2, "spaced": 2, "object": {"name": "bug"},
            "text": "see i-1, 2 and bug", "plain": "costs $5 {really}",
            "escaped": "echo ${HOME} of i-1", "deep": [{"x": "i-1"}], "number": 7,
        })
    );
}

#[test]
fn a_field_called_data_is_found_before_the_envelopes() {
    let data = json!({"data": {"id": "inner"}, "id": "outer"});
    assert_eq!(
        filled(json!({"x": "${a.data.id}"}), &data).unwrap(),
        json!({"x": "inner"})
    );
}

#[test]
fn a_path_to_nothing_says_what_there_is() {
    let data = json!({"id": "i", "labels": [{"name": "bug"}], "none": [], "parent": null});
    for (reference, hint) in [
        ("${a.identifer}", "id, labels, none, parent"),
        ("${a.labels[3]}", "a list of 1"),
        ("${a.none[0]}", "empty"),
        ("${a.id.length}", "end the path before it"),
        ("${a.parent}", "id, labels"),
    ] {
        let error = filled(json!({ "x": reference }), &data).unwrap_err();
        assert_eq!(error.code(), Code::InvalidParam);
        assert!(
            error
                .message()
                .contains(&reference.replace("[3]", ".3").replace("[0]", ".0")),
            "{error}"
        );
        let hints = error.suggestions().join(" ");
        assert!(hints.contains(hint), "{reference}: {hints}");
    }
}

#[test]
fn an_object_cannot_stand_within_a_text() {
    let data = json!({"labels": ["x"]});
    let error = filled(json!({"x": "labels: ${a.labels}"}), &data).unwrap_err();
    assert!(
        error.message().contains("cannot stand within a text"),
        "{error}"
    );
}

#[test]
fn what_is_put_in_is_bounded() {
    let data = json!({"title": "x".repeat(MOST_INSERTED / 2)});
    let twice = json!({"x": "${a.title}${a.title}"});
    assert!(filled(twice, &data).is_ok());
    let thrice = json!({"x": "${a.title}${a.title}", "y": "${a.title}"});
    let error = filled(thrice, &data).unwrap_err();
    assert!(error.message().contains("1 MiB"), "{error}");
}

#[test]
fn what_is_put_into_all_items_is_bounded_too() {
    let data = json!({"title": "x".repeat(MOST_INSERTED)});
    let params = Map::from_iter([("x".to_owned(), Value::from("${a.title}"))]);
    let room = Room::default();
    for _ in 0..8 {
        assert!(fill(&params, &room, |_| Some(&data)).is_ok());
    }
    let error = fill(&params, &room, |_| Some(&data)).unwrap_err();
    assert!(error.message().contains("8 MiB"), "{error}");
}

#[test]
fn what_only_begins_like_a_reference_is_refused_with_a_way_out() {
    for text in ["${HOME", "${labels.map(l => l.id)}", "${}", "a ${ b c } d"] {
        let params = Map::from_iter([("body".to_owned(), Value::from(text))]);
        let error = all(3, &params).unwrap_err();
        assert!(error.message().contains("Item 3"), "{error}");
        assert!(error.suggestions().iter().any(|hint| hint.contains("$${")));
    }
}

proptest! {
    /// Whatever a text is, it can be written so that it means itself.
    #[test]
    fn an_escaped_text_is_itself(text in r"(\PC|\$|\{|\}|\$\{){0,40}") {
        let escaped = text.replace("${", "$${");
        let pieces = pieces(&escaped).unwrap();
        let mut back = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => back.push_str(text),
                Piece::Reference(of) => panic!("{of}"),
            }
        }
        prop_assert_eq!(back, text);
    }

    /// A reference reads the same as it is shown, wherever it stands.
    #[test]
    fn a_reference_is_read_as_it_is_written(
        item in "[A-Za-z_][A-Za-z0-9_-]{0,8}|[0-9]{1,2}",
        path in prop::collection::vec("[a-z_]{1,8}|[0-9]{1,3}", 0..20),
        before in "[^$]{0,10}",
        behind in "[^$]{0,10}",
    ) {
        let reference = Reference { item, path };
        let text = format!("{before}{reference}{behind}");
        let found = pieces(&text).unwrap();
        prop_assert!(found.contains(&Piece::Reference(reference.clone())));
        prop_assert_eq!(alone(&reference.to_string()), Some(reference));
    }

    /// No text makes it panic, and what it takes apart is all there.
    #[test]
    fn any_text_is_read_or_refused(text in r"(\PC|\$\{|\}|\[|\]|\.|a|0){0,60}") {
        let _ = pieces(&text);
        let _ = alone(&text);
    }
}

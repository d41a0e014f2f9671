use proptest::prelude::*;
use serde_json::json;

use super::*;

/// The names of a batch of four items, of which the last but one refers to others.
fn names() -> Names {
    Names::from([
        ("a".to_owned(), 0),
        ("own".to_owned(), 2),
        ("z".to_owned(), 3),
    ])
}

fn scope(names: &Names) -> Scope<'_> {
    Scope {
        names,
        items: 4,
        index: 2,
    }
}

fn filled(params: Value, data: &Value) -> Result<Value, Error> {
    fill(
        &object(params),
        scope(&names()),
        &ByteBudget::default(),
        |_| Some(data),
    )
    .map(Value::Object)
}

fn object(params: Value) -> Map<String, Value> {
    match params {
        Value::Object(params) => params,
        other => panic!("{other}"),
    }
}

/// What a text means as the value of a parameter: the warnings about it.
fn warned(text: &str) -> Vec<String> {
    let params = object(json!({ "x": text }));
    scope(&names()).survey(&params).unwrap().1
}

#[test]
fn a_reference_is_a_name_and_a_path() {
    let path = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let names = names();
    for (inner, item, words) in [
        ("a", "a", path(&[])),
        ("a.id", "a", path(&["id"])),
        (" a.data.id ", "a", path(&["data", "id"])),
        ("0.labels[1].name", "0", path(&["labels", "1", "name"])),
        ("1", "1", path(&[])),
        ("a.labels.1", "a", path(&["labels", "1"])),
        ("a[0][2]", "a", path(&["0", "2"])),
    ] {
        let read = scope(&names).alone(&format!(" ${{{inner}}} ")).unwrap();
        let place = usize::from(item == "1");
        assert_eq!(
            (read.item.as_str(), read.place, read.path),
            (item, place, words),
            "{inner}"
        );
    }
    for path in [
        ".",
        "..b",
        "[",
        "[x]",
        "[]",
        "[1",
        ".map(l => l.id)",
        " .b c",
        "[0]x",
        ".ä",
    ] {
        for text in [format!("${{a{path}}}"), format!("b ${{ a{path}}} c")] {
            let error = scope(&names).pieces(&text).unwrap_err();
            assert!(error.message().contains("no path"), "{text}: {error}");
            assert!(error.suggestions().iter().any(|hint| hint.contains("$${")));
        }
    }
}

#[test]
fn what_names_no_item_is_text() {
    let data = json!({"id": "i-1"});
    for text in [
        "${HOME}",
        "${{ github.ref }}",
        "${a b}",
        "${a",
        "${",
        "${}",
        "$${",
        "${ ${a",
        "${b.id}",
        "${.id}",
        "${[0]}",
        "${A.id}",
        "${7}",
        "${7.id}",
        "${99999999999999999999.id}",
        "${+1}",
        "x ${0.id}",
        "${1} y",
        "${0.id}${1.id}",
        "${ä}",
        "${a:-b}",
        "echo ${HOME",
        "{$a} $a $$ {a}",
        "${labels.map(l => l.id)}",
    ] {
        let expected = text.replace("$${", "${");
        let params = json!({"x": text, "y": {"z": [text]}});
        let filled = filled(params, &data).unwrap();
        assert_eq!(filled, json!({"x": expected, "y": {"z": [expected]}}));
    }
    let mixed = filled(json!({"x": "${ ${a.id} } ${HOME} $${a.id} ${0.id}"}), &data).unwrap();
    assert_eq!(mixed["x"], "${ i-1 } ${HOME} ${a.id} ${0.id}");
}

#[test]
fn what_names_a_later_item_is_refused() {
    let names = names();
    for (text, which) in [
        ("${z.id}", "item 3, a later one"),
        ("to ${ z } and on", "item 3, a later one"),
        ("${own.id}", "the item itself"),
        ("${3}", "item 3, a later one"),
        (" ${2.id} ", "the item itself"),
    ] {
        let error = scope(&names).pieces(text).unwrap_err();
        assert!(error.message().contains("Item 2"), "{error}");
        assert!(error.message().contains(which), "{error}");
        assert_eq!(error.suggestions()[0], "Earlier items are called 'a'");
        assert!(error.suggestions().iter().any(|hint| hint.contains("$${")));
    }
}

#[test]
fn what_may_have_been_meant_otherwise_is_told() {
    for (text, told) in [
        (
            "$${HOME}",
            "'$${HOME}' was read as '${HOME}'; '$$${HOME}' keeps both signs",
        ),
        ("a $${ b", "'$${ b' was read as '${ b'"),
        (
            "of ${0.title}",
            "'${0.title}' stays text: an index is read only where it is the whole value; write '${a.title}'",
        ),
        ("of ${1.id}", "the whole value; give item 1 a name in 'as'"),
        (
            "${9.id}",
            "'${9.id}' stays text: no earlier item has that index",
        ),
        ("${A.id}", "no item is called 'A', but one is called 'a'"),
        ("${a.id", "'${a.id' stays text: it has no closing brace"),
    ] {
        let warnings = warned(text);
        assert_eq!(warnings.len(), 1, "{text}: {warnings:?}");
        assert!(warnings[0].contains(told), "{text}: {warnings:?}");
    }
    for text in [
        "${HOME}",
        "${{ github.ref }}",
        "${1}",
        "cost ${2",
        "$${a.id}",
        "$${z}",
        "${a b}",
        "$$${",
        "${user.name}",
    ] {
        let own = warned(text)
            .into_iter()
            .filter(|warning| warning.contains("stays text"));
        assert_eq!(own.count(), 0, "{text}");
    }
    assert_eq!(warned(&"$${HOME} ${A.x} ${0.y}".repeat(1000)).len(), 3);
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
    let room = ByteBudget::default();
    for _ in 0..8 {
        assert!(fill(&params, scope(&names()), &room, |_| Some(&data)).is_ok());
    }
    let error = fill(&params, scope(&names()), &room, |_| Some(&data)).unwrap_err();
    assert!(error.message().contains("8 MiB"), "{error}");
}

proptest! {
    /// A text without a reference to an item is itself.
    #[test]
    fn a_text_that_names_no_item_is_itself(text in r"(\PC|\$|\{|\}|\$\{|\.|HOME|0|7){0,40}") {
        prop_assume!(!text.contains("$${"));
        let names = Names::from([("item".to_owned(), 0)]);
        let scope = Scope { names: &names, items: 2, index: 1 };
        let is_index = |text: &str| text.trim().strip_prefix("${").is_some_and(|inner| inner.trim_start().starts_with('0'));
        prop_assume!(!is_index(&text));
        let params = object(json!({ "x": text }));
        let filled = fill(&params, scope, &ByteBudget::default(), |_| None).unwrap();
        prop_assert_eq!(filled, params);
    }

    /// Whatever a text is, it can be written so that it means itself.
    #[test]
    fn an_escaped_text_is_itself(text in r"(\PC|\$|\{|\}|\$\{|\$\{a\.id\}|\$\{z\}|a|0){0,40}") {
        let escaped = text.replace("${", "$${");
        let params = object(json!({ "x": escaped }));
        let filled = fill(&params, scope(&names()), &ByteBudget::default(), |_| None).unwrap();
        prop_assert_eq!(&filled["x"], &text);
    }

    /// A reference reads the same as it is shown, by a name wherever it stands, by an index alone.
    #[test]
    fn a_reference_is_read_as_it_is_written(
        (item, place) in prop_oneof![Just(("a", 0)), Just(("0", 0)), Just(("1", 1))],
        path in prop::collection::vec("[a-z_]{1,8}|[0-9]{1,3}", 0..20),
        before in "[^$]{0,10}",
        behind in "[^$]{0,10}",
    ) {
        let names = names();
        let reference = Reference { item: item.to_owned(), place, path };
        prop_assert_eq!(scope(&names).alone(&reference.to_string()), Some(reference.clone()));
        let text = format!("{before}{reference}{behind}");
        let found = scope(&names).pieces(&text).unwrap().pieces;
        let is_alone = before.trim().is_empty() && behind.trim().is_empty();
        prop_assert_eq!(found.contains(&Piece::Reference(reference)), item == "a" || is_alone);
    }

    /// No text makes it panic.
    #[test]
    fn any_text_is_read_or_refused(text in r"(\PC|\$\{|\}|\[|\]|\.|a|0){0,60}") {
        let names = names();
        let _ = scope(&names).pieces(&text);
        let _ = scope(&names).alone(&text);
        let _ = scope(&names).survey(&object(json!({ "x": text })));
    }
}

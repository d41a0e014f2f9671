//! Every way to write a list as text, and what is none.

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// The items of a text that is a list.
#[track_caller]
fn items(text: &str, form: Form) -> Value {
    match list(text, form) {
        Ok(Some(items)) => items.into(),
        other => json!(format!("{other:?}")),
    }
}

#[test]
fn a_list_is_read_in_every_notation() {
    for text in [
        r#"["backend", "front end"]"#,
        r#"["backend", "front end",]"#,
        "['backend', 'front end']",
        "['backend', \"front end\"]",
        "[backend, front end]",
        " [ backend ,\n front end , ] ",
        "- backend\n- front end",
        "- backend\n- 'front end'\n",
        "-\n  backend\n- front end",
        "backend, front end",
        "backend,front end,",
        "'backend', 'front end'",
        "\"backend\", front end",
        "backend,\nfront end",
    ] {
        for form in [Form::Name, Form::Label] {
            assert_eq!(items(text, form), json!(["backend", "front end"]), "{text}");
        }
    }
}

#[test]
fn numbers_of_json_stay_as_they_are_written() {
    assert_eq!(
        items("[1.10, 007, 2.0, 1e3, 12, -1, true, null]", Form::Label),
        json!(["1.10", "007", "2.0", "1e3", "12", "-1", "true", null])
    );
    assert_eq!(
        items(
            "[1.10, 2.0, 1e3, 12, -1, true, null, {\"a\": 0.50}]",
            Form::Label
        ),
        json!(["1.10", 2.0, "1e3", 12, -1, true, null, {"a": "0.50"}])
    );
}

#[test]
fn strings_are_unescaped_as_their_writers_escape_them() {
    for (text, item) in [
        (r#"['it\'s']"#, "it's"),
        ("['it''s']", "it's"),
        (r#"["it's"]"#, "it's"),
        (r"['a\\b']", r"a\b"),
        (r"['C:\dir']", r"C:\dir"),
        (r"['a\tb']", "a\tb"),
        (r"['caf\xe9']", "café"),
        (r#"["\u00fc \ud83d\ude80"]"#, "ü 🚀"),
        (r"['\U0001f680']", "🚀"),
        (r#"["a, b] # c"]"#, "a, b] # c"),
        ("['']", ""),
    ] {
        assert_eq!(items(text, Form::Name), json!([item]), "{text}");
    }
    for malformed in [r#"["\q"]"#, r#"["\ud800"]"#, r"['\x4']", r#"["a\"]"#] {
        assert!(list(malformed, Form::Name).is_err(), "{malformed}");
    }
}

#[test]
fn objects_are_read_in_every_notation() {
    let label = json!([{"name": "api", "color": "#f2994a"}]);
    for text in [
        r##"{"name": "api", "color": "#f2994a"}"##,
        "{'name': 'api', 'color': '#f2994a',}",
        "{name: api, color: #f2994a}",
        "[{name: api, color: '#f2994a'}]",
        "- name: api\n  color: \"#f2994a\"",
        "name: api\ncolor: \"#f2994a\"",
    ] {
        assert_eq!(items(text, Form::Label), label, "{text}");
    }
    assert_eq!(
        items("{name: a}, {'name': None}", Form::Label),
        json!([{"name": "a"}, {"name": null}])
    );
    assert_eq!(
        object("{'a': [1, {'b': 'c'}], d: https://x.org}"),
        Ok(json!({"a": ["1", {"b": "c"}], "d": "https://x.org"})
            .as_object()
            .cloned())
    );
    assert_eq!(object(r#"{"n": 2, "on": true}"#).unwrap().unwrap()["n"], 2);
    assert_eq!(object("api"), Ok(None));
    for malformed in [
        "{a",
        "{a: b",
        "{a}",
        "{a: b}}",
        "{a: b, a: c}",
        "{: b}",
        "{a: b} c",
    ] {
        assert!(object(malformed).is_err(), "{malformed}");
    }
}

#[test]
fn a_damaged_list_is_refused() {
    for (text, malformed) in [
        ("[backend", Malformed::Bracket),
        ("backend]", Malformed::Bracket),
        ("[backend, frontend", Malformed::Bracket),
        ("backend, frontend]", Malformed::Bracket),
        ("[[backend]", Malformed::Bracket),
        ("[backend]]", Malformed::Bracket),
        ("[a], [b]", Malformed::Bracket),
        ("['backend]", Malformed::Quote),
        ("[backend']", Malformed::Quote),
        ("'backend", Malformed::Quote),
        ("backend'", Malformed::Quote),
        ("\"a\", b\"", Malformed::Quote),
        ("['a' 'b']", Malformed::Quote),
        ("[a,, b]", Malformed::Comma),
        ("[, a]", Malformed::Comma),
        ("[,]", Malformed::Comma),
        ("a\nb", Malformed::Lines),
        ("[a\nb]", Malformed::Lines),
        ("- a\n- b # c", Malformed::Hash),
        ("- a\n- b #c", Malformed::Hash),
        ("[a # b]", Malformed::Hash),
        ("{name: a", Malformed::Bracket),
        ("(a, b)", Malformed::Bracket),
        ("('a',)", Malformed::Bracket),
        ("{'a', 'b'}", Malformed::Syntax),
    ] {
        assert_eq!(list(text, Form::Name), Err(malformed), "{text}");
        assert!(!malformed.reason().is_empty());
    }
    assert!(list(&"[".repeat(1 << 16), Form::Name).is_err());
}

#[test]
fn one_plain_item_stays_as_it_is() {
    for text in [
        "backend",
        "Area: api",
        "[bug] crash",
        "[page](https://linear.app/acme/team/ENG)",
        "customers' requests",
        "API (v2)",
        "(old) API",
        "CI // CD",
        "sprint #12",
        "-5",
        "${new.id}",
        "",
    ] {
        assert_eq!(list(text, Form::Name), Ok(None), "{text}");
    }
    for text in [
        "[ ] Write tests",
        "[x] done, really",
        "[Docs](https://x.org), updated",
        "Write tests, then run them",
        "Handle {name} in [paths]",
        "It's \"done\"",
    ] {
        assert_eq!(list(text, Form::Line), Ok(None), "{text}");
    }
    for text in ["[half", "half]", "[a], [b"] {
        assert!(list(text, Form::Line).is_err(), "{text}");
    }
}

#[test]
fn a_list_of_texts_keeps_what_is_in_its_items() {
    let right = json!(["one, two", "three # 3"]);
    for text in [
        r#"["one, two", "three # 3"]"#,
        "['one, two', 'three # 3']",
        "- one, two\n- three # 3",
        "- \"one, two\"\n- 'three # 3'",
    ] {
        assert_eq!(items(text, Form::Line), right, "{text}");
    }
}

#[test]
fn addresses_are_parted_where_a_blank_follows_the_comma() {
    let (one, two) = ("https://x.org/?a=1,2", "figma://b");
    let both = json!([one, two]);
    for text in [
        format!("{one}, {two}"),
        format!("{one},\n{two},"),
        format!("{one}\n{two}\n"),
        format!("[{one}, {two}]").replace("1,2", "1%2C2"),
    ] {
        let both = match text.contains("%2C") {
            true => json!(["https://x.org/?a=1%2C2", two]),
            false => both.clone(),
        };
        assert_eq!(items(&text, Form::Link), both, "{text}");
    }
    assert_eq!(list(one, Form::Link), Ok(None));
    assert_eq!(
        list("https://a.org,https://b.org", Form::Link),
        Err(Malformed::Addresses)
    );
}

/// A string as Python's `repr` writes it.
fn repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut written = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            '\t' => written.push_str("\\t"),
            '\r' => written.push_str("\\r"),
            c if c == quote => written.extend(['\\', c]),
            c if (c as u32) < 0x20 || (0x7f..0xa1).contains(&(c as u32)) => {
                written.push_str(&format!("\\x{:02x}", c as u32));
            }
            c if (c as u32) > 0xffff => written.push_str(&format!("\\U{:08x}", c as u32)),
            c => written.push(c),
        }
    }
    written.push(quote);
    written
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,6}( [a-z]{1,6})?",
        "[\\]\\[{}'\",:#\\\\a-c \n-]{1,8}",
        any::<String>(),
    ]
}

proptest! {
    #[test]
    fn whatever_list_reads_the_same_in_each_notation(texts in proptest::collection::vec(any_text(), 1..5)) {
        let right = Value::from(texts.clone());
        let json: Vec<String> = texts.iter().map(|text| json!(text).to_string()).collect();
        let python: Vec<String> = texts.iter().map(|text| repr(text)).collect();
        for quoted in [&json, &python] {
            let inside = quoted.join(", ");
            for text in [
                format!("[{inside}]"),
                format!("[{inside},]"),
                format!(" [ {} ]\n", quoted.join(" ,\n")),
            ] {
                for form in [Form::Name, Form::Label, Form::Line, Form::Link] {
                    prop_assert_eq!(items(&text, form), right.clone(), "{}", text);
                }
            }
            prop_assert_eq!(items(&inside, Form::Name), right.clone(), "{}", inside);
        }
    }

    #[test]
    fn plain_names_read_the_same_in_each_notation(names in proptest::collection::vec("[a-z][a-z0-9_.]{0,5}( [a-z]{1,3})?", 2..5)) {
        let names: Vec<String> = names.into_iter().map(|name| format!("x{name}")).collect();
        let right = Value::from(names.clone());
        for text in [
            names.join(", "),
            names.join(","),
            format!("{},", names.join(" ,")),
            format!("[{}]", names.join(", ")),
            format!("[{},]", names.join(",")),
            names.iter().map(|name| format!("- {name}\n")).collect(),
            names.iter().map(|name| format!("- '{name}'\n")).collect(),
        ] {
            for form in [Form::Name, Form::Label, Form::Word] {
                prop_assert_eq!(items(&text, form), right.clone(), "{}", text);
            }
        }
    }

    #[test]
    fn no_damaged_list_is_read(names in proptest::collection::vec("[a-z]{1,6}", 1..5), python: bool, at: usize) {
        let quote = if python { '\'' } else { '"' };
        let quoted: Vec<String> = names.iter().map(|name| format!("{quote}{name}{quote}")).collect();
        let text = format!("[{}]", quoted.join(", "));
        let marks: Vec<usize> = text
            .char_indices()
            .filter(|(_, c)| *c == quote || matches!(c, '[' | ']'))
            .map(|(at, _)| at)
            .collect();
        let mut damaged = text.clone();
        damaged.remove(marks[at % marks.len()]);
        for form in [Form::Name, Form::Label, Form::Line, Form::Word] {
            prop_assert!(list(&damaged, form).is_err(), "{}", damaged);
        }
    }

    #[test]
    fn no_text_panics_and_what_is_read_once_is_read_the_same_again(text in any_text()) {
        for form in [Form::Name, Form::Label, Form::Line, Form::Link, Form::Word, Form::Operations] {
            if let Ok(Some(items)) = list(&text, form) {
                let again = Value::from(items.clone()).to_string();
                prop_assert_eq!(list(&again, form), Ok(Some(items)), "{}", text);
            }
            let _ = object(&text);
        }
    }
}

//! The edits of a text.

use serde_json::{Value, json};

use super::{all, ok, told};
use crate::error::Code;
use crate::text::edit::{Action, Edit};

fn edits(value: Value) -> Vec<Edit> {
    ok(json!({ "patch": value })).patch.unwrap().to_vec()
}

#[test]
fn each_action_has_its_values() {
    let text = || "t".to_owned();
    let anchor = || "a".to_owned();
    let heading = || "## H".to_owned();
    for (given, action) in [
        (
            json!({"op": "append", "text": "t"}),
            Action::Append { text: text() },
        ),
        (
            json!({"op": "prepend", "text": "t"}),
            Action::Prepend { text: text() },
        ),
        (
            json!({"op": "insert_after", "anchor": "a", "text": "t"}),
            Action::InsertAfter {
                anchor: anchor(),
                text: text(),
            },
        ),
        (
            json!({"action": "InsertBefore", "find": "a", "content": "t"}),
            Action::InsertBefore {
                anchor: anchor(),
                text: text(),
            },
        ),
        (
            json!({"type": "REPLACE", "old_string": "a", "newString": "t"}),
            Action::Replace {
                anchor: anchor(),
                text: text(),
            },
        ),
        (
            json!({"op": "remove", "anchor": "a"}),
            Action::Remove { anchor: anchor() },
        ),
        (
            json!({"op": "replace-section", "heading": " ## H\n", "text": "t"}),
            Action::ReplaceSection {
                heading: heading(),
                text: text(),
            },
        ),
        (
            json!({"op": "append_to_section", "section": "## H", "text": "t"}),
            Action::AppendToSection {
                heading: heading(),
                text: text(),
            },
        ),
        (
            json!({"op": "remove_section", "heading": "## H"}),
            Action::RemoveSection { heading: heading() },
        ),
    ] {
        let once = |once| {
            vec![Edit {
                action: action.clone(),
                once,
            }]
        };
        assert_eq!(edits(json!([given])), once(false), "{given}");
        assert_eq!(edits(given.clone()), once(false), "{given}");
        assert_eq!(
            edits(json!(json!([given]).to_string())),
            once(false),
            "{given}"
        );
        let mut with_once = given.clone();
        with_once["once"] = json!("yes");
        assert_eq!(edits(json!([with_once])), once(true), "{given}");
    }
}

#[test]
fn texts_and_anchors_stay_as_they_are() {
    let given = json!([{"op": "replace", "anchor": " a ", "text": "\n  b\n"}]);
    let action = Action::Replace {
        anchor: " a ".to_owned(),
        text: "\n  b\n".to_owned(),
    };
    assert_eq!(edits(given)[0].action, action);
    let number = json!([{"op": "append", "text": 12}]);
    assert_eq!(
        edits(number)[0].action,
        Action::Append {
            text: "12".to_owned()
        }
    );
}

#[test]
fn a_wrong_edit_is_refused_with_what_would_be_right() {
    for (given, expected) in [
        (
            json!([{"text": "x"}]),
            "Parameter 'patch[0]' lacks 'op'. Add 'op' to 'patch[0]'",
        ),
        (
            json!([{"op": "append", "text": "x"}, {"op": "replace", "text": "x"}]),
            "Parameter 'patch[1]' lacks 'anchor'. Add 'anchor' to 'patch[1]'",
        ),
        (
            json!([{"op": "replace_section", "text": "x"}]),
            "Parameter 'patch[0]' lacks 'heading'. Add 'heading' to 'patch[0]'",
        ),
        (
            json!([{"op": "append"}]),
            "Parameter 'patch[0]' lacks 'text'. Add 'text' to 'patch[0]'",
        ),
        (
            json!([{"op": "insert_behind", "anchor": "a", "text": "x"}]),
            "Parameter 'patch[0].op' cannot be 'insert_behind'. Use 'insert_before'",
        ),
        (
            json!([{"op": "append", "txt": "x"}]),
            "Parameter 'patch[0]' has the unknown key 'txt'. Use 'text'",
        ),
        (
            json!([{"op": "append", "text": " \n"}]),
            "Parameter 'patch[0].text' cannot be empty. Set 'patch[0].text' to Markdown that is not empty",
        ),
        (
            json!([{"op": "remove_section", "heading": "## "}]),
            "Parameter 'patch[0].heading' cannot be '## '. Set 'patch[0].heading' to the line of a heading, such as \"## Plan\"",
        ),
        (
            json!([{"op": "append", "text": "x", "new": "y"}]),
            "Parameter 'patch[0]' is an object: 'text' is there twice. Set 'patch[0]' to another value",
        ),
        (
            json!([]),
            "Parameter 'patch' cannot be a list of 0. Set 'patch' to a list of 1 to 100 edits",
        ),
        (
            json!("append"),
            "Parameter 'patch' cannot be 'append'. Set 'patch' to a list such as [\"a\", \"b\"], each item in quotes: it cannot be read as a list or an object",
        ),
    ] {
        assert_eq!(told(json!({ "patch": given })), expected, "{given}");
    }
    let many = vec![json!({"op": "append", "text": "x"}); 101];
    assert!(told(json!({ "patch": many })).contains("1 to 100 edits"));
}

#[test]
fn a_value_that_the_action_does_not_have_is_not_ignored() {
    for (given, expected) in [
        (
            json!({"op": "append", "heading": "H", "text": "x"}),
            "append_to_section",
        ),
        (
            json!({"op": "append", "anchor": "a", "text": "x"}),
            "insert_after",
        ),
        (
            json!({"op": "replace", "heading": "H", "text": "x"}),
            "replace_section",
        ),
        (json!({"op": "remove_section", "anchor": "a"}), "remove"),
        (
            json!({"op": "remove", "anchor": "a", "text": "x"}),
            "replace",
        ),
    ] {
        let error = all(json!({ "patch": [given] })).unwrap_err();
        assert_eq!(error.code(), Code::InvalidParam);
        assert!(error.message().contains("this 'op' takes no"), "{error}");
        assert!(error.message().contains(expected), "{error}");
    }
}

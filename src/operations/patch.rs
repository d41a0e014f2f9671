//! The failure of an edit of a text, as the caller sees it.

use serde_json::{Value, json};

use crate::error::{Code, Error};
use crate::text::edit::{EditFailure, Problem};

/// Returns PATCH_FAILED for an edit of `field` of the entity that cannot be applied. The message names the edit by its
/// index in the request, from 0; `details` has the index, the action, the count of the places that match, and the lines
/// that match or are similar.
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "no operation has the parameter yet")
)]
pub(super) fn patch_failed(failure: &EditFailure, field: &str, entity_name: &str) -> Error {
    let EditFailure {
        index,
        op,
        problem,
        nearest,
    } = failure;
    let part = if op.ends_with("_section") || op.ends_with("_to_section") {
        "heading"
    } else {
        "anchor"
    };
    let (sentence, count) = match problem {
        Problem::NotFound => (format!("the {part} is not in the {field}"), 0),
        Problem::Several(count) => (
            format!("the {part} is in the {field} {count} times, and must be there once"),
            *count,
        ),
        Problem::OtherHeading => (
            format!("the {field} has the heading only with other case or another number of '#'s"),
            0,
        ),
    };
    let lines: Vec<Value> = nearest
        .iter()
        .map(|near| json!({"line": near.line, "text": near.text}))
        .collect();
    let message =
        format!("Edit {index} ({op}) of '{entity_name}': {sentence}; nothing was changed");
    let error = Error::new(Code::PatchFailed, message)
        .detail("index", *index)
        .detail("op", *op)
        .detail("count", count)
        .detail("nearest", lines);
    let first = nearest.first().map(|near| near.text.as_str());
    match (problem, first) {
        (Problem::Several(_), _) if part == "heading" => error
            .suggest("Give the heading with its '#'s where the levels differ")
            .suggest(
                "Use replace or insert_after with an anchor of several lines that is there once",
            ),
        (Problem::Several(_), _) => error.suggest(
            "Make the anchor longer: a whole line, or several lines, as far as it is there once",
        ),
        (Problem::OtherHeading, Some(line)) => error
            .suggest(format!("Write the heading as it stands there: '{line}'"))
            .suggest("Use append with the heading and its text, if a second heading is meant"),
        (Problem::NotFound, Some(line)) => error
            .suggest(format!("Did you mean '{line}'?"))
            .suggest(format!(
                "Copy the {part} from the {field} as it is now; upper and lower case matter"
            )),
        (_, None) => error.suggest(format!(
            "Read the {field} with detail: full, and copy the {part} from it"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::edit::{Action, Edit, Repeat, apply};

    fn failed(text: &str, action: Action) -> Error {
        let edits = [Edit {
            action,
            once: false,
        }];
        patch_failed(
            &apply(text, &edits, Repeat::First).unwrap_err(),
            "description",
            "ENG-1",
        )
    }

    #[test]
    fn a_failure_says_which_edit_how_often_and_what_is_near() {
        let missing = failed(
            "- [ ] Write tests\n- [ ] Ship",
            Action::Remove {
                anchor: "- [ ] write tests".into(),
            },
        );
        assert_eq!(missing.code(), Code::PatchFailed);
        assert_eq!(
            missing.message(),
            "Edit 0 (remove) of 'ENG-1': the anchor is not in the description; nothing was changed"
        );
        assert_eq!(missing.details()["count"], 0);
        assert_eq!(
            missing.details()["nearest"][0],
            json!({"line": 1, "text": "- [ ] Write tests"})
        );
        assert_eq!(
            missing.suggestions()[0],
            "Did you mean '- [ ] Write tests'?"
        );
        let several = failed(
            "## A\n## A",
            Action::RemoveSection {
                heading: "A".into(),
            },
        );
        assert_eq!(several.details()["count"], 2);
        assert_eq!(several.details()["op"], "remove_section");
        assert!(
            several
                .message()
                .contains("the heading is in the description 2 times")
        );
        let other = failed(
            "### Plan",
            Action::AppendToSection {
                heading: "## Plan".into(),
                text: "x".into(),
            },
        );
        assert_eq!(
            other.suggestions()[0],
            "Write the heading as it stands there: '### Plan'"
        );
        let empty = failed("", Action::Remove { anchor: "x".into() });
        assert_eq!(
            empty.suggestions(),
            ["Read the description with detail: full, and copy the anchor from it"]
        );
    }
}

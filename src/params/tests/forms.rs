//! The forms in which each type may be written.

use serde_json::{Value, json};

use super::{Order, all, message, ok, told};
use crate::error::Code;
use crate::params::{Color, Estimate, Patch, Ref};

/// What `read` makes of each form is `right`.
#[track_caller]
fn same<T: std::fmt::Debug + PartialEq>(
    forms: impl IntoIterator<Item = Value>,
    right: T,
    read: impl Fn(Value) -> T,
) {
    for form in forms {
        let shown = form.to_string();
        assert_eq!(read(form), right, "{shown}");
    }
}

#[test]
fn references_are_trimmed_texts() {
    let team = |value| ok(json!({ "team": value })).team.unwrap().into_string();
    same(
        [
            json!("ENG"),
            json!("  ENG\t"),
            json!({ "key": "ENG", "name": "Engineering" }),
            json!({ "id": null, "identifier": "ENG", "color": [1] }),
        ],
        "ENG".to_owned(),
        team,
    );
    same([json!(123), json!("123")], "123".to_owned(), team);
    same([json!(true)], "true".to_owned(), team);
    let url = "https://linear.app/acme/issue/ENG-1//x";
    assert_eq!(team(json!(url)), url);
}

#[test]
fn a_cycle_goes_by_its_number_whatever_a_writer_made_of_it() {
    let cycle = |value| ok(json!({ "cycle": value })).cycle.unwrap().to_string();
    same(
        [json!(12), json!(12.0), json!("12"), json!(" 12 ")],
        "12".to_owned(),
        cycle,
    );
    same([json!("2.0")], "2.0".to_owned(), cycle);
}

#[test]
fn blank_references_are_errors_with_the_codes_of_their_parameters() {
    for blank in [json!(""), json!("  "), json!({}), json!({ "id": " " })] {
        let error = all(json!({ "team": blank })).unwrap_err();
        assert_eq!(error.code(), Code::InvalidTeamIdentifier, "{blank}");
    }
    assert_eq!(
        told(json!({ "team": ["ENG"] })),
        "Parameter 'team' cannot be a list of 1. Set 'team' to a name or id"
    );
}

#[test]
fn lists_are_lists_or_one_or_joined() {
    let labels = |value| {
        let labels = ok(json!({ "labels": value })).labels.unwrap();
        labels.iter().map(Ref::to_string).collect::<Vec<_>>()
    };
    same(
        [
            json!(["bug", "high priority"]),
            json!("bug,high priority"),
            json!(" bug, ,high priority ,"),
            json!("[\"bug\", \"high priority\"]"),
            json!([{ "name": "bug" }, "high priority"]),
        ],
        vec!["bug".to_owned(), "high priority".to_owned()],
        labels,
    );
    same(
        [json!("a"), json!({ "name": "a" }), json!(["a"])],
        vec!["a".to_owned()],
        labels,
    );
    same([json!(["a, b"])], vec!["a, b".to_owned()], labels);
    same(
        [json!(["CI // CD"]), json!("CI // CD")],
        vec!["CI // CD".to_owned()],
        labels,
    );
    same([json!("[wip]")], vec!["wip".to_owned()], labels);
    same(
        [json!("[bug] crash")],
        vec!["[bug] crash".to_owned()],
        labels,
    );
    same([json!(7)], vec!["7".to_owned()], labels);
    same([json!([])], vec![], labels);
}

#[test]
fn a_blank_string_is_not_the_empty_list() {
    let error = all(json!({ "labels": " , " })).unwrap_err();
    assert_eq!(error.code(), Code::InvalidLabelName);
}

#[test]
fn text_is_kept_exactly() {
    let title = |value| ok(json!({ "title": value })).title.unwrap().0;
    for text in ["", " a // b ", "1.10", "line\n  two\r\n"] {
        assert_eq!(title(json!(text)), text);
    }
    assert_eq!(title(json!(12)), "12");
    assert_eq!(title(json!(1.5)), "1.5");
    assert_eq!(title(json!(false)), "false");
}

#[test]
fn counts_are_whole_and_not_negative() {
    let limit = |value| ok(json!({ "limit": value })).limit.unwrap().0;
    same(
        [
            json!(50),
            json!("50"),
            json!(50.0),
            json!(" 50 "),
            json!("50.0"),
        ],
        50,
        limit,
    );
    for wrong in [
        json!(-1),
        json!(1.5),
        json!("many"),
        json!("+5"),
        json!("1e1"),
        json!("0x10"),
        json!("1_0"),
        json!("5."),
        json!("٥"),
        json!(true),
        json!(1_u64 << 40),
    ] {
        assert_eq!(
            told(json!({ "limit": wrong })),
            format!(
                "Parameter 'limit' cannot be {}. Set 'limit' to a whole number from 0",
                match &wrong {
                    Value::String(text) => format!("'{text}'"),
                    other => other.to_string(),
                }
            )
        );
    }
    let indices = |value| ok(json!({ "indices": value })).indices.into_vec();
    same(
        [
            json!([0, 3]),
            json!(["0", 3.0]),
            json!("0, 3"),
            json!("[0,3]"),
        ],
        vec![0, 3],
        indices,
    );
    same([json!(4)], vec![4], indices);
}

#[test]
fn switches_are_read_in_every_spelling() {
    let include = |value| ok(json!({ "include": value })).include.0;
    same(
        [
            json!(true),
            json!("True"),
            json!("yes"),
            json!(1),
            json!(" 1 "),
            json!(1.0),
        ],
        true,
        include,
    );
    same(
        [json!(false), json!("no"), json!("off"), json!(0)],
        false,
        include,
    );
    assert!(told(json!({ "include": "maybe" })).ends_with("Set 'include' to true or false"));
}

#[test]
fn priorities_are_numbers_or_names() {
    let priority = |value| ok(json!({ "priority": value })).priority.unwrap().number();
    same(
        [
            json!(2),
            json!(2.0),
            json!("2"),
            json!("High"),
            json!(" HIGH "),
        ],
        2,
        priority,
    );
    same([json!("medium"), json!("Normal")], 3, priority);
    same([json!("none"), json!("No priority"), json!(0)], 0, priority);
    same([json!("urgent")], 1, priority);
    same([json!("low")], 4, priority);
    for wrong in [
        json!(5),
        json!(-1),
        json!("asap"),
        json!(2.5),
        json!(true),
        json!([1]),
    ] {
        let error = all(json!({ "priority": wrong })).unwrap_err();
        assert_eq!(error.code(), Code::InvalidPriority, "{wrong}");
    }
}

#[test]
fn days_exist() {
    let due = |value| {
        ok(json!({ "due_date": value }))
            .due_date
            .value()
            .unwrap()
            .to_string()
    };
    same(
        [
            json!("2024-02-29"),
            json!("2024-02-29T23:30:00-08:00"),
            json!("2024-02-29T00:00:00.000Z"),
            json!("2024-02-29 10:00"),
            json!(" 2024-02-29 "),
        ],
        "2024-02-29".to_owned(),
        due,
    );
    for wrong in [
        "2025-02-29",
        "2025-13-01",
        "20250201",
        "01.02.2025",
        "tomorrow",
        "2025-2-1",
        "",
    ] {
        let error = all(json!({ "due_date": wrong })).unwrap_err();
        assert_eq!(error.code(), Code::InvalidDateFormat, "{wrong}");
    }
}

#[test]
fn moments_are_what_linear_takes() {
    let after = |value| {
        ok(json!({ "updated_after": value }))
            .updated_after
            .unwrap()
            .to_string()
    };
    for (written, right) in [
        ("2025-02-01", "2025-02-01"),
        ("2025-02-01T10:00:00+02:00", "2025-02-01T08:00:00Z"),
        ("2025-02-01T10:00:00", "2025-02-01T10:00:00Z"),
        ("2025-02-01 10:00Z", "2025-02-01T10:00:00Z"),
        ("-P7D", "-P7D"),
        ("-p1y2m", "-P1Y2M"),
        ("-PT1H", "-PT1H"),
    ] {
        assert_eq!(after(json!(written)), right);
    }
    for (ahead, back) in [("P7D", "-P7D"), ("+p1w", "-P1W"), (" PT1H ", "-PT1H")] {
        let error = all(json!({ "updated_after": ahead })).unwrap_err();
        assert_eq!(error.code(), Code::InvalidDateFormat);
        let end = format!("it lies ahead; did you mean {back}?");
        assert!(error.message().ends_with(&end), "{error}");
    }
    for wrong in ["7 days ago", "-7d", "P", "last week", "2025-02-30", "7"] {
        let error = all(json!({ "updated_after": wrong })).unwrap_err();
        assert_eq!(error.code(), Code::InvalidDateFormat, "{wrong}");
    }
}

#[test]
fn a_patch_tells_absent_from_null() {
    assert_eq!(ok(json!({})).estimate, Patch::Absent);
    assert_eq!(ok(json!({ "estimate": null })).estimate, Patch::Clear);
    assert_eq!(
        ok(json!({ "estimate": "5" })).estimate,
        Patch::Set(Estimate(5))
    );
    assert_eq!(
        told(json!({ "estimate": -5 })),
        "Parameter 'estimate' cannot be -5. Set 'estimate' to whole estimate points from 0"
    );
}

#[test]
fn labels_are_names_or_objects() {
    let specs =
        ok(json!({ "specs": ["bug", { "name": " api ", "color": "#F90", "description": null }] }))
            .specs;
    let named: Vec<_> = specs
        .iter()
        .map(|spec| (spec.name.as_str(), spec.color.as_ref().map(Color::as_str)))
        .collect();
    assert_eq!(named, [("bug", None), ("api", Some("#ff9900"))]);
    assert_eq!(ok(json!({ "specs": "a, b" })).specs.len(), 2);

    let error = all(json!({ "specs": ["bug", { "name": "api", "colr": "#fff" }] })).unwrap_err();
    assert_eq!(
        error.message(),
        "Parameter 'specs[1]' has the unknown key 'colr'"
    );
    assert_eq!(
        error.details().get("expected").unwrap(),
        "one of name, group, color, description"
    );
    assert_eq!(error.suggestions(), ["Use 'color'"]);
    assert_eq!(
        message(json!({ "specs": [{}] })),
        "Parameter 'specs[0]' lacks 'name'"
    );
    assert_eq!(
        told(json!({ "specs": [{ "name": "a", "color": "red" }] })),
        "Parameter 'specs[0].color' cannot be 'red'. Set 'specs[0].color' to a colour such as \"#f2994a\", in quotes"
    );
}

#[test]
fn colours_are_lower_case_and_long() {
    let color = |value| ok(json!({ "color": value })).color.unwrap().to_string();
    same(
        [json!("#F2994A"), json!("f2994a"), json!(" #f2994a ")],
        "#f2994a".to_owned(),
        color,
    );
    same([json!(112_233)], "#112233".to_owned(), color);
    for wrong in ["add", "#12345", "#ggg", "#ＦＦＦ", "", "##fff"] {
        assert!(all(json!({ "color": wrong })).is_err(), "{wrong}");
    }
}

#[test]
fn links_are_absolute() {
    let links = ok(json!({ "links": ["figma://file/1", { "url": "https://x.org/a//b", "title": "T" }, { "url": "http://a" , "title": " "}] })).links;
    let read: Vec<_> = links
        .iter()
        .map(|link| (link.url.as_str(), link.title.as_deref()))
        .collect();
    assert_eq!(
        read,
        [
            ("figma://file/1", None),
            ("https://x.org/a//b", Some("T")),
            ("http://a", None)
        ]
    );
    assert_eq!(
        ok(json!({ "links": "https://x.org/?a=1,2" })).links.len(),
        1
    );
    for wrong in [
        "x.org/a",
        "/a",
        "https://",
        "https:///a",
        "https://a b",
        "1a://b",
        "a@b.org",
    ] {
        assert!(
            all(json!({ "links": [{ "url": wrong }] })).is_err(),
            "{wrong}"
        );
    }
    assert!(message(json!({ "links": [{ "title": "T" }] })).ends_with("lacks 'url'"));
}

#[test]
fn words_are_matched_in_every_spelling() {
    let order = |value| ok(json!({ "order_by": value })).order_by.unwrap();
    same(
        [
            json!("created_at"),
            json!("createdAt"),
            json!(" Created-At "),
        ],
        Order::CreatedAt,
        order,
    );
    assert_eq!(order(json!("updatedAt")), Order::UpdatedAt);
    let error = all(json!({ "order_by": "updated" })).unwrap_err();
    assert_eq!(error.message(), "Parameter 'order_by' cannot be 'updated'");
    assert_eq!(
        error.details().get("expected").unwrap(),
        "one of created_at, updated_at"
    );
    assert_eq!(error.suggestions().first().unwrap(), "Use 'updated_at'");
    assert!(all(json!({ "order_by": 1 })).is_err());
}

//! Bounds, and that what is cut can be read on without a loss.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

use super::*;
use crate::envelope::Format;
use crate::error::{Code, Error};

fn envelope(outcome: Result<Value, Error>, report: Report) -> Envelope {
    Envelope {
        outcome,
        report,
        cached: false,
        duration_ms: 143,
    }
}

/// What a caller reads of an envelope that may have so many characters.
fn read(envelope: &Envelope, most: usize) -> Value {
    let text = envelope.write(Format::Yaml, Some(most));
    assert!(length(&text) <= most, "{} > {most}\n{text}", length(&text));
    serde_yaml::from_str(&text).unwrap()
}

fn warnings(read: &Value) -> Vec<&str> {
    let warnings = read["warnings"].as_array();
    warnings
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// A text of lines, words and characters that take more room than they have characters.
fn text() -> BoxedStrategy<String> {
    let piece = prop_oneof![
        8 => "[a-z]{1,12}",
        4 => Just(" ".to_owned()),
        2 => Just("\n".to_owned()),
        1 => Just("\n\n- [ ] ".to_owned()),
        1 => Just(": \"#".to_owned()),
        1 => Just("🚀 ünï".to_owned()),
        1 => Just("\u{202e}".to_owned()),
    ];
    let short = vec(piece.clone(), 0..150).prop_map(|pieces| pieces.concat());
    let long = vec(piece, 0..1_500).prop_map(|pieces| pieces.concat());
    let line = "[a-z ]{0,6000}";
    prop_oneof![4 => short, 2 => long, 1 => line].boxed()
}

/// The page of a list that begins behind so many rows.
fn page(rows: &[Value], from: usize, goes_on_before: bool, table: bool) -> Envelope {
    let mut shown: Vec<Value> = rows[from..].to_vec();
    let cursors = (from..rows.len()).map(|place| Some(format!("cursor-{place}")));
    let mut cursors: Vec<Option<String>> = cursors.collect();
    if goes_on_before {
        shown.reverse();
        cursors.reverse();
    }
    let key = if table { "rows" } else { "issues" };
    let mut data = json!({});
    if table {
        data["columns"] = json!(["identifier", "title", "description"]);
        let cells = |row: &Value| row.as_object().unwrap().values().cloned().collect();
        shown = shown.iter().map(cells).collect();
    }
    data[key] = shown.into();
    data["total"] = rows.len().into();
    data["has_more"] = false.into();
    let mut report = Report::default();
    report.outline.reader = Some("get_issue");
    report.outline.put(List {
        key,
        cursors,
        goes_on_before,
        onward: Onward::Cursor,
        groups: None,
    });
    envelope(Ok(data), report)
}

/// Returns the answer for the rows from `from` on, of which each stands in one of three groups.
fn grouped_page(rows: &[Value], from: usize) -> Envelope {
    let rows = &rows[from..];
    let places: Vec<Vec<usize>> = (0..3)
        .map(|group| {
            (0..rows.len())
                .filter(|place| (from + place) % 3 == group)
                .collect()
        })
        .collect();
    let groups = places.iter().enumerate().map(|(group, places)| {
        let issues: Vec<&Value> = places.iter().map(|place| &rows[*place]).collect();
        json!({"state": format!("State {group}"), "count": places.len(), "issues": issues})
    });
    let groups: Vec<Value> = groups.collect();
    let cursors = (0..rows.len()).map(|place| Some(format!("cursor-{}", from + place)));
    let mut report = Report::default();
    report.outline.put(List {
        key: "issues",
        cursors: cursors.collect(),
        goes_on_before: false,
        onward: Onward::Cursor,
        groups: Some(places),
    });
    let data = json!({"groups": groups, "total": rows.len(), "has_more": false});
    envelope(Ok(data), report)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_pages_of_a_grouped_list_have_every_row_once(
        texts in vec(text(), 1..25),
        most in 2_000_usize..8_000,
    ) {
        let rows: Vec<Value> = texts
            .iter()
            .enumerate()
            .map(|(number, text)| {
                let title: String = text.chars().take(400).collect();
                json!({"identifier": format!("PSN-{number}"), "title": title})
            })
            .collect();
        let mut from = 0;
        loop {
            let answer = read(&grouped_page(&rows, from), most);
            let data = &answer["data"];
            let mut shown: Vec<usize> = Vec::new();
            for (group, data) in data["groups"].as_array().unwrap().iter().enumerate() {
                let in_group = (from..rows.len()).filter(|place| place % 3 == group).count();
                prop_assert_eq!(&data["count"], in_group);
                for row in data["issues"].as_array().unwrap() {
                    let number = row["identifier"].as_str().unwrap().strip_prefix("PSN-");
                    let number: usize = number.unwrap().parse().unwrap();
                    prop_assert_eq!(row, &rows[number]);
                    prop_assert_eq!(number % 3, group);
                    shown.push(number);
                }
            }
            shown.sort_unstable();
            prop_assert!(!shown.is_empty());
            let expected: Vec<usize> = (from..from + shown.len()).collect();
            prop_assert_eq!(&shown, &expected);
            from += shown.len();
            if from == rows.len() {
                prop_assert_eq!(&data["has_more"], false);
                break;
            }
            prop_assert_eq!(&data["has_more"], true);
            prop_assert_eq!(&data["count"], shown.len());
            prop_assert_eq!(data["cursor"].as_str().unwrap(), format!("cursor-{}", from - 1));
        }
    }

    #[test]
    fn the_pages_of_a_list_have_every_row_once(
        texts in vec(text(), 1..25),
        most in 2_000_usize..8_000,
        goes_on_before: bool,
        table: bool,
    ) {
        let rows: Vec<Value> = texts
            .iter()
            .enumerate()
            .map(|(number, text)| {
                let title: String = text.chars().take(60).collect();
                json!({"identifier": format!("PSN-{number}"), "title": title, "description": text})
            })
            .collect();
        let mut from = 0;
        loop {
            let answer = read(&page(&rows, from, goes_on_before, table), most);
            let data = &answer["data"];
            let mut shown = data[if table { "rows" } else { "issues" }].as_array().unwrap().clone();
            if goes_on_before {
                shown.reverse();
            }
            prop_assert!(!shown.is_empty());
            for (row, whole) in shown.iter().zip(&rows[from..]) {
                let cell = |key: &str, place: usize| if table { &row[place] } else { &row[key] };
                prop_assert_eq!(cell("identifier", 0), &whole["identifier"]);
                let (text, all) = (cell("description", 2).as_str().unwrap(), whole["description"].as_str().unwrap());
                prop_assert!(all.starts_with(text));
                if text.len() < all.len() {
                    // Only a row that does not fit by itself, and the warning says where it goes on.
                    prop_assert_eq!(shown.len(), 1);
                    let on = format!("get_issue and text_offset: {}", text.chars().count());
                    prop_assert!(warnings(&answer).iter().any(|warning| warning.ends_with(&on)));
                }
            }
            from += shown.len();
            if from == rows.len() {
                prop_assert_eq!(&data["has_more"], false);
                break;
            }
            prop_assert_eq!(&data["has_more"], true);
            prop_assert_eq!(&data["count"], shown.len());
            prop_assert_eq!(data["cursor"].as_str().unwrap(), format!("cursor-{}", from - 1));
            prop_assert!(!warnings(&answer).is_empty());
        }
    }

    #[test]
    fn a_long_text_is_read_on_to_its_end(text in text(), most in 2_000_usize..6_000) {
        let mut begun = 0;
        let mut pieces = String::new();
        loop {
            let rest = crate::text::tail(&text, begun);
            let mut report = Report::default();
            report.outline.reader = Some("get_issue");
            report.outline.text_offset = begun;
            let data = json!({"identifier": "PSN-1", "description": rest, "state": {"name": "Todo"}});
            let answer = read(&envelope(Ok(data), report), most);
            pieces.push_str(answer["data"]["description"].as_str().unwrap());
            let Some(next) = answer["data"]["next_offset"].as_u64() else {
                prop_assert!(warnings(&answer).is_empty());
                break;
            };
            let next = usize::try_from(next).unwrap();
            prop_assert!(next > begun);
            let on = format!("get_issue and text_offset: {next}");
            prop_assert!(warnings(&answer).iter().any(|warning| warning.ends_with(&on)));
            begun = next;
        }
        prop_assert_eq!(pieces, text);
    }

    #[test]
    fn what_became_of_each_item_of_a_batch_is_always_told(
        texts in vec(text(), 1..40),
        most in 2_000_usize..8_000,
        fails: bool,
    ) {
        let mut report = Report::default();
        let row = |(index, text): (usize, &String)| match index % 4 {
            0 => json!({"index": index, "as": format!("a{index}"), "data": {"identifier": "PSN-1", "description": text}}),
            1 => json!({"index": index, "data": {"issues": text.lines().map(|line| json!({"title": line})).collect::<Vec<_>>(), "total": 1}}),
            2 => json!({"index": index, "code": "LABEL_NOT_FOUND", "message": text, "suggestions": [text]}),
            _ => json!({"index": index, "not_run": "item 2 (get_team) failed"}),
        };
        let rows: Vec<Value> = texts.iter().enumerate().map(row).collect();
        for (index, row) in rows.iter().enumerate() {
            let mut outline = Outline {
                reader: Some("get_issue"),
                ..Outline::default()
            };
            if row.pointer("/data/issues").is_some() {
                let count = row["data"]["issues"].as_array().unwrap().len();
                outline.put(List {
                    key: "issues",
                    cursors: (0..count).map(|place| Some(place.to_string())).collect(),
                    goes_on_before: false,
                    onward: Onward::Cursor,
                    groups: None,
                });
            }
            report.outline.items.push((format!("item {index} (list_issues)"), outline));
        }
        let outcome = if fails {
            Err(Error::new(Code::LabelNotFound, "No item of the batch succeeded").detail("results", rows.clone()))
        } else {
            Ok(json!({"succeeded": 1, "failed": 2, "unknown": 0, "results": rows.clone()}))
        };
        let answer = read(&envelope(outcome, report), most);
        let body = if fails { &answer["error"]["details"] } else { &answer["data"] };
        let Some(shown) = body["results"].as_array() else {
            let told: usize = body["outcomes"].as_object().unwrap().values().map(|indices| members(indices.as_str().unwrap()).len()).sum();
            prop_assert_eq!(told, rows.len());
            return Ok(());
        };
        prop_assert_eq!(shown.len(), rows.len());
        for (row, whole) in shown.iter().zip(&rows) {
            for key in OUTCOME {
                prop_assert_eq!(row.get(key), whole.get(key));
            }
            if let (Some(all), Some(some)) = (whole.pointer("/data/issues"), row.pointer("/data/issues")) {
                let (all, some) = (all.as_array().unwrap(), some.as_array().unwrap());
                prop_assert!(some.len() <= all.len());
                if some.len() < all.len() && !some.is_empty() {
                    prop_assert_eq!(row["data"]["cursor"].as_str().unwrap(), (some.len() - 1).to_string());
                }
            }
        }
    }

    #[test]
    fn no_answer_is_longer_than_it_may_be(
        texts in vec(text(), 1..40),
        warned in vec(text(), 0..20),
        most in 2_000_usize..8_000,
        fails: bool,
    ) {
        let report = Report {
            operations: texts.clone(),
            reading: warned.clone(),
            warnings: warned,
            changes: texts.clone(),
            resolution: Some(json!({"input": texts[0]})),
            ..Report::default()
        };
        let facts = json!({"a": texts.clone(), "b": {"c": {"d": texts}}});
        let outcome = if fails {
            let error = Error::new(Code::LabelNotFound, "Who?").detail("available_labels", facts);
            Err(error.suggest("Look"))
        } else {
            Ok(facts)
        };
        let answer = read(&envelope(outcome, report), most);
        prop_assert_eq!(&answer["success"], !fails);
        if fails {
            prop_assert_eq!(&answer["error"]["code"], "LABEL_NOT_FOUND");
        }
    }
}

/// The numbers in `0-3 5`.
fn members(ranges: &str) -> Vec<u64> {
    let range = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        first.parse::<u64>().unwrap()..=last.parse::<u64>().unwrap()
    };
    ranges.split(' ').flat_map(range).collect()
}

#[test]
fn an_answer_that_fits_is_left_as_it_is() {
    let whole = envelope(
        Ok(json!({"description": "x".repeat(1_000)})),
        Report::default(),
    );
    assert_eq!(whole.write(Format::Yaml, Some(2_000)), whole.to_yaml());
    assert_eq!(whole.write(Format::Yaml, None), whole.to_yaml());
}

#[test]
fn characters_are_counted_as_hosts_count_them() {
    assert_eq!(length("aü🚀"), 4);
}

/// Comments go before the text that they hang on, and the text before the last half of the room.
#[test]
fn of_an_issue_the_oldest_comments_are_left_out_and_the_text_where_it_is_long() {
    let comments: Vec<Value> = (0..100)
        .map(|number| json!({"body": format!("Comment {number:03} {}", "x".repeat(100))}))
        .collect();
    let issue = |characters: usize| {
        let mut report = Report::default();
        report.outline.reader = Some("get_issue");
        report.outline.put(List {
            key: "comments",
            cursors: (0..100).map(|place| Some(format!("c{place}"))).collect(),
            goes_on_before: true,
            onward: Onward::Operation("list_comments"),
            groups: None,
        });
        let text = "A line.\n".repeat(characters / 8);
        let data = json!({"identifier": "PSN-1", "description": text, "comments": comments});
        read(&envelope(Ok(data), report), 8_000)
    };
    let short = issue(800);
    let shown = short["data"]["comments"].as_array().unwrap();
    assert!(short["data"].get("next_offset").is_none());
    assert!((40..70).contains(&shown.len()), "{}", shown.len());
    assert_eq!(shown.last(), comments.last());
    let first = 100 - shown.len();
    assert_eq!(shown[0], comments[first]);
    let said = format!("; list_comments with cursor: c{first} has the others");
    assert!(warnings(&short)[0].ends_with(&said), "{short}");
    let long = issue(80_000);
    let shown = long["data"]["description"].as_str().unwrap();
    assert!(
        shown.len() >= 3_500 && shown.ends_with('\n'),
        "{}",
        shown.len()
    );
    assert_eq!(long["data"]["next_offset"], shown.len());
    assert!(long["data"]["comments"].as_array().unwrap().len() > 10);
}

#[test]
fn outcomes_are_told_in_ranges() {
    let rows = [
        json!({"index": 0, "identifier": "PSN-1"}),
        json!({"index": 1, "data": {}}),
        json!({"index": 2, "code": "OUTCOME_UNKNOWN"}),
        json!({"index": 3, "name": "x"}),
        json!({"index": 4, "not_run": "it refers to item 2"}),
        json!({"index": 5, "not_run": "it refers to item 2"}),
    ];
    let expected = json!({"succeeded": "0-1 3", "OUTCOME_UNKNOWN": "2", "not_run": "4-5"});
    assert_eq!(outcomes(&rows), expected);
}

//! Every request that the consumer CCPM sends, in our own words: what its commands, helpers and skills ask for, and what
//! they read of the answer.
//!
//! The requests are in `consumer/*.yaml`. Each case says what its request is for (`does`) and how many places of the
//! consumer send it in this form (`sites`), and has the `request` as it arrives, well formed or not. What is right:
//! `reads` has values of the envelope by JSON pointer, `shows` parts of texts in it, `finds` what has to be there, and
//! `lacks` what must not be. A case with a `code` has to fail with it and `suggests` something. `warns` has parts of the
//! warnings, one for each; without it there must be none. `first` has requests that are run before, `then` is a request
//! with expectations of its own that is run afterwards, and `calls` is the exact number of requests to Linear.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::support::{Answer, TestWorkspace};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    does: String,
    #[serde(default)]
    sites: usize,
    #[serde(default)]
    first: Vec<String>,
    request: String,
    #[serde(default)]
    reads: BTreeMap<String, Value>,
    #[serde(default)]
    shows: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    finds: Vec<String>,
    #[serde(default)]
    lacks: Vec<String>,
    code: Option<String>,
    suggests: Option<String>,
    #[serde(default)]
    warns: Vec<String>,
    calls: Option<u64>,
    then: Option<Box<Case>>,
}

/// Returns the cases of all files, each with the name of its file.
fn cases() -> Vec<(String, Case)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/contract/consumer");
    let mut cases = Vec::new();
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    for path in paths {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let read: Vec<Case> = serde_yaml::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        cases.extend(read.into_iter().map(|case| (name.clone(), case)));
    }
    cases
}

/// The operation that a request names, however it is written.
fn operation(request: &str) -> &str {
    let (_, behind) = request.split_once("operation").unwrap();
    let behind = behind.trim_start_matches(['"', ':', ' ']);
    let end = behind.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    &behind[..end.unwrap_or(behind.len())]
}

impl Case {
    /// Runs the case, and returns what is wrong with the answers.
    async fn run(&self, workspace: &TestWorkspace) -> Vec<String> {
        let mut wrong = Vec::new();
        for request in &self.first {
            let answer = workspace.answer(request).await;
            if answer.at("/success") != true {
                wrong.push(format!("a request before failed: {:#}", answer.0));
            }
        }
        let answer = workspace.answer(&self.request).await;
        let before = wrong.len();
        self.compare(&answer, &mut wrong);
        if wrong.len() > before {
            wrong.push(format!("{}{:#}", self.request, answer.0));
        }
        if let Some(then) = &self.then {
            wrong.extend(Box::pin(then.run(workspace)).await);
        }
        wrong
    }

    fn compare(&self, answer: &Answer, wrong: &mut Vec<String>) {
        if *answer.at("/success") != self.code.is_none() {
            wrong.push("success is not what was expected".to_owned());
        }
        if let Some(code) = &self.code {
            if answer.text("/error/code") != code {
                wrong.push(format!("the code is not {code}"));
            }
            if answer.text("/error/message").is_empty() {
                wrong.push("no message".to_owned());
            }
            let suggestions = answer.texts("/error/suggestions").join("\n");
            let expected = self.suggests.as_deref().unwrap_or("a 'suggests'");
            if !suggestions.contains(expected) {
                wrong.push(format!("nothing suggests: {expected}"));
            }
        }
        for (pointer, expected) in &self.reads {
            let value = answer.at(pointer);
            if value != expected {
                wrong.push(format!("{pointer} is {value}, not {expected}"));
            }
        }
        for (pointer, parts) in &self.shows {
            for part in parts {
                if !answer.text(pointer).contains(part.as_str()) {
                    wrong.push(format!("{pointer} does not contain {part:?}"));
                }
            }
        }
        for pointer in &self.finds {
            if answer.at(pointer).is_null() {
                wrong.push(format!("{pointer} is missing"));
            }
        }
        for pointer in &self.lacks {
            if !answer.at(pointer).is_null() {
                wrong.push(format!("{pointer} is there"));
            }
        }
        let warnings = answer.texts("/warnings");
        let told = |part: &String| {
            warnings
                .iter()
                .any(|warning| warning.contains(part.as_str()))
        };
        if warnings.len() != self.warns.len() || !self.warns.iter().all(told) {
            wrong.push(format!(
                "the warnings are {warnings:?}, not {:?}",
                self.warns
            ));
        }
        if let Some(calls) = self.calls
            && answer.calls() != calls
        {
            wrong.push(format!("{} calls, not {calls}", answer.calls()));
        }
        if *answer.at("/metadata/duration_ms") == Value::Null {
            wrong.push("no duration".to_owned());
        }
    }
}

/// `CONSUMER=words cargo test --test it -- consumer` runs the cases whose name contains the words.
#[tokio::test]
async fn each_request_gets_the_right_answer() {
    let only = std::env::var("CONSUMER").unwrap_or_default();
    let (mut run, mut failed, mut report) = (0, 0, String::new());
    for (file, case) in cases() {
        if !case.does.contains(&only) {
            continue;
        }
        run += 1;
        let workspace = TestWorkspace::new().await;
        let wrong = case.run(&workspace).await;
        if !wrong.is_empty() {
            failed += 1;
            writeln!(report, "\n{file}: {}\n{}", case.does, wrong.join("\n")).unwrap();
        }
    }
    assert!(failed == 0, "{failed} of {run} cases:\n{report}");
}

/// The number of places that send each operation: 57 in commands, 17 in helpers, 2 in skills.
#[test]
fn every_place_that_sends_a_request_is_counted() {
    let expected = [
        ("get_issue", 20),
        ("create_comment", 16),
        ("update_issue", 11),
        ("update_checklist_items", 6),
        ("update_issue_description", 6),
        ("create_issue", 3),
        ("list_comments", 3),
        ("get_issue_hierarchy", 2),
        ("get_issue_history", 2),
        ("get_comments", 1),
        ("search_issues", 1),
        ("get_or_create_label", 1),
        ("ensure_labels_exist", 1),
        ("get_valid_state_id", 1),
        ("update_issue_custom_fields", 1),
        ("update_issue_state", 1),
    ];
    let mut sites: BTreeMap<String, usize> = BTreeMap::new();
    for (_, case) in cases().iter().filter(|(_, case)| case.sites > 0) {
        *sites
            .entry(operation(&case.request).to_owned())
            .or_default() += case.sites;
    }
    let expected: BTreeMap<String, usize> = expected.map(|(name, n)| (name.to_owned(), n)).into();
    assert_eq!(sites, expected);
    assert_eq!(sites.values().sum::<usize>(), 76);
}

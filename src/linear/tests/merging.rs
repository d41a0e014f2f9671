//! Tests that, for any set of operations, the composed document is valid against the schema and the split answers equal
//! the answers to separate requests.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use apollo_compiler::ast;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::{Union, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value};

use super::super::compose::Part;
use super::stand_in::{Answer, READ_ONLY, ask, state};
use super::{reads, writes};
use crate::sandbox::Sandbox;

/// The maximum complexity of a document (`linear/api.md` §3).
const MOST_POINTS: u32 = 10_000;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn any_of(strategies: Vec<BoxedStrategy<Part>>) -> Union<BoxedStrategy<Part>> {
    Union::new(strategies)
}

/// Returns as many of the parts as fit into one document by their declared complexity, and the sum of it.
fn affordable(parts: Vec<Part>) -> (Vec<Part>, u32) {
    let mut points = 0;
    let fits = |part: &Part| {
        let sum = points + part.complexity();
        let fits = sum <= MOST_POINTS;
        points = if fits { sum } else { points };
        fits
    };
    let parts = parts.into_iter().filter(fits).collect();
    (parts, points)
}

/// The outcome of a part that was sent alone: its root fields, or the message with which it was rejected.
type Outcome = Result<Map<String, Value>, String>;

/// Sends the parts one by one, and stops after the first part that is rejected.
fn one_by_one(sandbox: &Sandbox, parts: &[Part]) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for part in parts {
        let outcome = ask(sandbox, std::slice::from_ref(part)).alone();
        let is_rejected = outcome.is_err();
        outcomes.push(outcome);
        if is_rejected {
            break;
        }
    }
    outcomes
}

/// Asserts that one document with all parts has the outcome of separate requests: all answers, or the error of the first
/// rejected part, whose path leads to this part. A rejected part leaves no data at all (`linear/api.md` §2, "Trap").
fn assert_same(together: Answer, alone: Vec<Outcome>) -> Result<(), TestCaseError> {
    let slot = alone.len() - 1;
    match alone.into_iter().collect::<Result<Vec<_>, _>>() {
        Ok(answers) => {
            prop_assert_eq!(together.errors, vec![]);
            prop_assert_eq!(together.data, Some(answers));
            prop_assert_eq!(together.left_over, 0);
        }
        Err(message) => {
            prop_assert_eq!(together.errors, vec![(Some(slot), message)]);
            prop_assert_eq!(together.data, None);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(24))]

    #[test]
    fn reads_together_answer_as_reads_alone(parts in vec(any_of(reads::answered()), 1..=12)) {
        let (parts, points) = affordable(parts);
        prop_assume!(!parts.is_empty());
        let outcomes = one_by_one(&READ_ONLY, &parts);
        prop_assert!(outcomes.iter().all(Result::is_ok));
        let together = ask(&READ_ONLY, &parts);
        // The declared complexity of each part is rounded, so the sums may differ by one.
        prop_assert!(together.points <= points + 1);
        assert_same(together, outcomes)?;
    }

    #[test]
    fn the_error_of_a_declined_read_leads_to_it(
        fine in vec(any_of(reads::answered()), 0..6),
        declined in vec(any_of(reads::declined()), 1..3),
        turn in any::<Index>(),
    ) {
        let (mut parts, _) = affordable([declined, fine].concat());
        let turn = turn.index(parts.len());
        parts.rotate_left(turn);
        let outcomes = one_by_one(&READ_ONLY, &parts);
        prop_assert!(outcomes.iter().any(Result::is_err));
        assert_same(ask(&READ_ONLY, &parts), outcomes)?;
    }

    #[test]
    fn writes_together_do_what_writes_one_by_one_do(
        groups in vec(prop_oneof![
            9 => any_of(writes::pool()).prop_map(|part| vec![part]),
            1 => writes::family(),
            1 => Just(vec![writes::declined()]),
        ], 1..=8),
    ) {
        let (parts, points) = affordable(groups.concat());
        let (one, other) = (Sandbox::new(), Sandbox::new());
        let outcomes = one_by_one(&one, &parts);
        let together = ask(&other, &parts);
        prop_assert!(together.points <= points + 1);
        assert_same(together, outcomes)?;
        prop_assert!(state(&one) == state(&other), "the workspaces differ");
    }
}

/// Returns the names of all operations in the documents' folder.
fn operation_names() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/linear/documents");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let documents = files.map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        ast::Document::parse(text, path).unwrap()
    });
    let mut names = BTreeSet::new();
    for document in documents {
        let operations = document
            .definitions
            .iter()
            .filter_map(|definition| definition.as_operation_definition());
        names.extend(operations.map(|operation| operation.name.as_ref().unwrap().to_string()));
    }
    names
}

/// Draws one part from every strategy for parts, which together cover every operation.
pub(crate) fn one_of_each() -> Vec<Part> {
    let mut runner = TestRunner::deterministic();
    let strategies = [reads::answered(), writes::pool()].concat();
    let drawn = strategies.iter().map(|part| part.new_tree(&mut runner));
    drawn.map(|tree| tree.unwrap().current()).collect()
}

#[test]
fn every_document_takes_part() {
    let drawn = one_of_each();
    let drawn: BTreeSet<String> = drawn.iter().map(|part| part.name().to_owned()).collect();
    assert_eq!(drawn, operation_names());
}

//! What `linear::compose`, which merges documents, relies on in every document that this crate sends.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use apollo_compiler::ast::{Definition, Document, Selection};

fn documents() -> Vec<(String, Document)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/linear/documents");
    let mut documents: Vec<(String, Document)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).unwrap();
            (name, Document::parse(text, path).unwrap())
        })
        .collect();
    documents.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(!documents.is_empty());
    documents
}

#[test]
fn each_operation_has_its_own_name_and_a_root_of_fields() {
    let mut names = BTreeSet::new();
    for (name, document) in documents() {
        for definition in &document.definitions {
            let Definition::OperationDefinition(operation) = definition else {
                continue;
            };
            let operation_name = operation.name.as_ref().unwrap().to_string();
            assert!(names.insert(operation_name), "{name}: {:?}", operation.name);
            let fields = |selection: &Selection| matches!(selection, Selection::Field(_));
            assert!(operation.selection_set.iter().all(fields), "{name}");
            assert!(operation.directives.is_empty(), "{name}");
        }
    }
}

#[test]
fn fragments_use_no_variables_and_one_name_is_one_fragment() {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for (name, document) in documents() {
        for definition in &document.definitions {
            let Definition::FragmentDefinition(fragment) = definition else {
                continue;
            };
            let text = fragment.serialize().no_indent().to_string();
            assert!(!text.contains('$'), "{name}: {text}");
            let known = seen
                .entry(fragment.name.to_string())
                .or_insert_with(|| text.clone());
            assert_eq!(*known, text, "{name}: another '{}'", fragment.name);
        }
    }
    assert!(seen.contains_key("IssueFields"));
}

/// Collects the paths of the fields that are lists without a `first`.
fn unbounded(selections: &[Selection], below: &str, found: &mut Vec<String>) {
    for selection in selections {
        match selection {
            Selection::Field(field) => {
                let is_list = field
                    .selection_set
                    .iter()
                    .any(|inner| matches!(inner, Selection::Field(inner) if inner.name == "nodes"));
                let bounded = field
                    .arguments
                    .iter()
                    .any(|argument| argument.name == "first");
                let path = format!("{below}.{}", field.name);
                if is_list && !bounded {
                    found.push(path.clone());
                }
                unbounded(&field.selection_set, &path, found);
            }
            Selection::InlineFragment(inner) => unbounded(&inner.selection_set, below, found),
            Selection::FragmentSpread(_) => {}
        }
    }
}

/// A list costs its size in complexity, and 50 where the size is not given (`linear/api.md` §3).
#[test]
fn every_list_says_how_many_it_wants() {
    let mut found = Vec::new();
    for (name, document) in documents() {
        for definition in &document.definitions {
            let selections = match definition {
                Definition::OperationDefinition(operation) => &operation.selection_set,
                Definition::FragmentDefinition(fragment) => &fragment.selection_set,
                _ => continue,
            };
            unbounded(selections, &name, &mut found);
        }
    }
    assert!(found.is_empty(), "{found:?}");
}

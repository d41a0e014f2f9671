//! When Linear refuses a write, the error has the code of the operation and Linear's sentence, whatever the operation.

use std::collections::{BTreeMap, BTreeSet};

use linear_ops::effect::{Allowed, Effect};
use linear_ops::engine::catalog::TABLE;
use linear_ops::error::Code;

use crate::support::failures::{REASON, refuse};
use crate::support::{Answer, TestWorkspace};

/// A workspace in which everything may be done, with the labels of the seed or without any.
async fn workspace_with(labels: bool) -> TestWorkspace {
    let mut workspace = TestWorkspace::new().await;
    workspace.session.guards.allowed = Allowed::Deleting;
    if !labels {
        workspace.sandbox.edit(|store| {
            let labels = store.all("IssueLabel");
            let ids: Vec<String> = labels
                .map(|label| label["id"].as_str().unwrap().to_owned())
                .collect();
            for id in ids {
                store.remove("IssueLabel", &id);
            }
        });
    }
    workspace
}

/// The mutations that were sent since the last time this was asked.
fn mutations(workspace: &TestWorkspace) -> BTreeSet<String> {
    let received = workspace.take_requests().into_iter();
    received
        .filter(|request| request.mutation)
        .flat_map(|request| request.roots)
        .collect()
}

/// The mutations that a request sends in a workspace of its own.
async fn sent(example: &str, labels: bool) -> BTreeSet<String> {
    let workspace = workspace_with(labels).await;
    workspace.run(example).await;
    mutations(&workspace)
}

/// The code with which a request fails when that mutation is refused. Where its caller is only warned, whatever is sent
/// all the same is refused, too; none where even then the request succeeds.
async fn refused(example: &str, labels: bool, mutation: String) -> Option<String> {
    let mut refusing = BTreeSet::from([mutation]);
    loop {
        let workspace = workspace_with(labels).await;
        for mutation in &refusing {
            refuse(&workspace, mutation, 20);
        }
        let answer = Answer(workspace.run(example).await.to_value());
        let text = answer.0.to_string();
        assert!(text.contains(REASON), "{refusing:?} {text}");
        if answer.at("/success") == false {
            assert_eq!(answer.text("/error/details/reason"), REASON, "{text}");
            let code = answer.code();
            let known = Code::ALL.iter().find(|known| known.name() == code).unwrap();
            assert!(known.is_refused_write(), "{text}");
            return Some(code.to_owned());
        }
        assert!(!answer.texts("/warnings").is_empty(), "{refusing:?} {text}");
        let before = refusing.len();
        refusing.extend(mutations(&workspace));
        if refusing.len() == before {
            return None;
        }
    }
}

#[tokio::test]
async fn whatever_writes_tells_a_refusal_with_its_own_code_and_linears_sentence() {
    let mut codes: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    // The items of a batch report their own refusals, so that `batch` is left out.
    let writes = |effect: Effect| effect.writes() && effect != Effect::Composite;
    for entry in TABLE.iter().filter(|entry| writes(entry.spec.effect)) {
        let name = entry.spec.name;
        // An operation that ensures something sends nothing where the thing exists.
        for labels in [true, false] {
            for mutation in sent(entry.example, labels).await {
                if let Some(code) = refused(entry.example, labels, mutation).await {
                    codes.entry(name).or_default().insert(code);
                }
            }
        }
        assert!(codes.contains_key(name), "{name} is never refused");
    }
    for (operation, code) in [
        ("create_issue", "ISSUE_CREATION_FAILED"),
        ("update_issue", "ISSUE_UPDATE_FAILED"),
        ("get_or_create_label", "LABEL_CREATION_FAILED"),
        ("update_label", "LABEL_UPDATE_FAILED"),
        ("create_comment", "COMMENT_CREATION_FAILED"),
    ] {
        assert!(codes[operation].contains(code), "{codes:?}");
    }
}

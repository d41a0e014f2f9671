//! Helpers of the tests that script failures: scripted answers of the stand-in, and counts of its records.

use linear_ops::engine;
use linear_ops::envelope::yaml;
use linear_ops::request;
use linear_ops::sandbox::refusal::Refusal;
use linear_ops::sandbox::store::text;
use linear_ops::sandbox::{Act, Logged};
use tokio_util::sync::CancellationToken;

pub use crate::support::mutations;
use crate::support::{Answer, TestWorkspace, snapshot_but_for};

/// A well-formed id that no record has.
pub const NOTHING: &str = "00000000-0000-4000-8000-00000000dead";

/// Compares an envelope with the snapshot of that name. Durations, times and new ids may differ.
#[track_caller]
pub fn snapshot(name: &str, answer: &Answer) {
    let made = [
        (
            r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
            "[id]",
        ),
        (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "[time]"),
    ];
    snapshot_but_for(&made, name, &yaml::write(&answer.0));
}

/// Counts the requests that have this root field.
pub fn with_root(received: &[Logged], root: &str) -> usize {
    let has = |request: &&Logged| request.roots.iter().any(|name| name == root);
    received.iter().filter(has).count()
}

/// Counts the records of a type that have this value in a field.
pub fn records(workspace: &TestWorkspace, kind: &str, field: &str, value: &str) -> usize {
    let mut count = 0;
    workspace.sandbox.edit(|store| {
        let same = |record: &&_| text(record, field) == Some(value);
        count = store.all(kind).filter(same).count();
    });
    count
}

/// Counts the records of a type.
pub fn all_records(workspace: &TestWorkspace, kind: &str) -> usize {
    let mut count = 0;
    workspace
        .sandbox
        .edit(|store| count = store.all(kind).count());
    count
}

/// Scripts the next requests that have `target` as their operation name or root field: each gets one of the acts, in
/// order.
pub fn script_acts(workspace: &TestWorkspace, target: &str, acts: impl IntoIterator<Item = Act>) {
    for act in acts {
        workspace.sandbox.script().next_for(target, act);
    }
}

/// Asserts that every act that [`script_acts`] scripted was used.
pub fn assert_acts_used(workspace: &TestWorkspace, answer: &Answer) {
    assert_eq!(workspace.sandbox.script().pending(), 0, "{:#}", answer.0);
}

/// Returns the act by which Linear refuses the mutation with this root field, for this reason.
pub fn refused(field: &str, reason: &str) -> Act {
    Act::Refuse {
        field: field.to_owned(),
        refusal: Refusal::invalid(reason),
    }
}

/// The sentence with which [`refuse`] lets Linear refuse a mutation.
pub const REASON: &str = "The moon is in the wrong house.";

/// Lets Linear refuse the next so many requests with that mutation, each time with the sentence [`REASON`].
pub fn refuse(workspace: &TestWorkspace, root: &str, times: usize) {
    let act = Act::Refuse {
        field: root.to_owned(),
        refusal: Refusal::invalid("wrong house").saying(REASON),
    };
    script_acts(workspace, root, vec![act; times]);
}

/// Lets Linear refuse the next request with this mutation, for this reason.
pub fn refuse_once(workspace: &TestWorkspace, root: &str, reason: &str) {
    script_acts(workspace, root, [refused(root, reason)]);
}

/// Runs a request that `cancel` can cancel, and returns its envelope.
pub async fn cancellable(
    workspace: &TestWorkspace,
    yaml: &str,
    cancel: CancellationToken,
) -> Answer {
    let request = request::read(yaml, &linear_ops::engine::Catalog).unwrap();
    Answer(
        engine::run(&workspace.session, request, cancel)
            .await
            .to_value(),
    )
}

/// Returns the operations that the suggestions of an error name after `Call `.
pub fn named_operations(answer: &Answer) -> Vec<&str> {
    let suggestions = answer.texts("/error/suggestions");
    let named = suggestions
        .into_iter()
        .filter_map(|text| text.strip_prefix("Call ")?.split(' ').next());
    named.collect()
}

/// Returns a rate limit that ends in an hour, which is longer than the client waits.
pub fn far_limit() -> Act {
    Act::RateLimited {
        status: 400,
        reset_in_ms: 3_600_000,
        retry_after: None,
    }
}

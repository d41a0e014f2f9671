//! What the tests of failures share.

use linear_ops::dispatch;
use linear_ops::envelope::yaml;
use linear_ops::request;
use linear_ops::sandbox::refusal::Refusal;
use linear_ops::sandbox::store::text;
use linear_ops::sandbox::{Act, Logged};
use tokio_util::sync::CancellationToken;

pub use crate::support::mutations;
use crate::support::{Answer, World, snapshot_but_for};

/// An unmistakable id that names nothing.
pub const NOTHING: &str = "00000000-0000-4000-8000-00000000dead";

/// Compares an envelope with the one kept under that name; only the time it took and the ids made for it may differ.
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

/// How many of the requests had that root field.
pub fn with_root(seen: &[Logged], root: &str) -> usize {
    let has = |request: &&Logged| request.roots.iter().any(|name| name == root);
    seen.iter().filter(has).count()
}

/// How many records of that type have that value in that field.
pub fn records(world: &World, kind: &str, field: &str, value: &str) -> usize {
    let mut count = 0;
    world.sandbox.edit(|store| {
        let same = |record: &&_| text(record, field) == Some(value);
        count = store.all(kind).filter(same).count();
    });
    count
}

/// How many records of that type there are.
pub fn all_records(world: &World, kind: &str) -> usize {
    let mut count = 0;
    world.sandbox.edit(|store| count = store.all(kind).count());
    count
}

/// The next requests with that name or root field go these ways, in this order.
pub fn play(world: &World, target: &str, acts: impl IntoIterator<Item = Act>) {
    for act in acts {
        world.sandbox.script().next_for(target, act);
    }
}

/// Asserts that all which [`play`] set down has happened.
pub fn played(world: &World, answer: &Answer) {
    assert_eq!(world.sandbox.script().pending(), 0, "{:#}", answer.0);
}

/// A request in which Linear declines the mutation with that root field, for that reason.
pub fn refused(field: &str, reason: &str) -> Act {
    Act::Refuse {
        field: field.to_owned(),
        refusal: Refusal::invalid(reason),
    }
}

/// The sentence with which [`refuse`] lets Linear refuse a mutation.
pub const REASON: &str = "The moon is in the wrong house.";

/// Lets Linear refuse the next so many requests with that mutation, each time with the sentence [`REASON`].
pub fn refuse(world: &World, root: &str, times: usize) {
    let act = Act::Refuse {
        field: root.to_owned(),
        refusal: Refusal::invalid("wrong house").saying(REASON),
    };
    play(world, root, vec![act; times]);
}

/// Linear declines the next request with that mutation, for that reason.
pub fn refuse_once(world: &World, root: &str, reason: &str) {
    play(world, root, [refused(root, reason)]);
}

/// Runs a request that `cancel` may stop.
pub async fn cancellable(world: &World, yaml: &str, cancel: CancellationToken) -> Answer {
    let request = request::read(yaml, &linear_ops::dispatch::Operations).unwrap();
    Answer(
        dispatch::run(&world.session, request, cancel)
            .await
            .to_value(),
    )
}

/// Every operation of the table that a suggestion names after `Call `.
pub fn named_operations(answer: &Answer) -> Vec<&str> {
    let suggestions = answer.texts("/error/suggestions");
    let named = suggestions
        .into_iter()
        .filter_map(|text| text.strip_prefix("Call ")?.split(' ').next());
    named.collect()
}

/// A limit that ends too late to be waited for.
pub fn far_limit() -> Act {
    Act::RateLimited {
        status: 400,
        reset_in_ms: 3_600_000,
        retry_after: None,
    }
}

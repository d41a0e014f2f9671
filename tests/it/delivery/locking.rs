//! Operations of one session at the same time.

use std::time::Duration;

use linear_ops::sandbox::Act;

use crate::support::World;

#[tokio::test]
async fn writes_to_one_issue_keep_their_order() {
    let world = World::new().await;
    // The first request of all is the slowest by far.
    world
        .sandbox
        .script()
        .next(Act::Slow(Duration::from_millis(400)));
    let (first, second, other) = tokio::join!(
        world.call("update_issue", "{issue_id: ENG-231, title: First}"),
        world.call("update_issue", "{issue_id: eng-231, title: Second}"),
        world.call("update_issue", "{issue_id: ENG-232, title: Other}"),
    );
    first.data();
    assert_eq!(other.data()["title"], "Other");
    assert_eq!(
        second.texts("/metadata/changes"),
        ["title: First \u{2192} Second"]
    );
    let now = world.call("get_issue", "{issue_id: ENG-231}").await;
    assert_eq!(now.data()["title"], "Second");
}

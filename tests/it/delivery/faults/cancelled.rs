//! Requests that the caller no longer wants: nothing more is sent, and what was sent is settled.

use tokio_util::sync::CancellationToken;

use super::*;
use crate::support::failures::cancellable;

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_request_cancelled_before_it_is_sent_sends_nothing() {
    let world = World::new().await;
    let cancel = CancellationToken::new();
    cancel.cancel();
    for create in &CREATES {
        let yaml = create.yaml();
        let answer = cancellable(&world, &yaml, cancel.clone()).await;
        assert_eq!(answer.code(), "CANCELLED");
        assert_eq!(answer.calls(), 0);
        assert_eq!(create.made(&world), 0);
    }
    assert!(world.seen().is_empty());
}

/// Runs a request that is cancelled as soon as the stand-in has seen that root field.
async fn cancelled_at(world: &World, root: &str, yaml: &str) -> Answer {
    let cancel = CancellationToken::new();
    let watch = async {
        while with_root(&world.sandbox.requests(), root) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        cancel.cancel();
    };
    // The watch first, so that an answer that has come cannot overtake it.
    tokio::join!(biased; watch, cancellable(world, yaml, cancel.clone())).1
}

#[tokio::test]
async fn a_read_that_is_cancelled_is_dropped_and_nothing_is_written() {
    let world = World::new().await;
    play(&world, "teams", [Act::Slow(LONG)]);
    let yaml = "operation: create_issue\nparams: {team: ENG, title: Once, labels: [once]}\n";
    let answer = cancelled_at(&world, "teams", yaml).await;
    assert_eq!(answer.code(), "CANCELLED");
    assert_eq!(answer.calls(), 1);
    assert_eq!(mutations(&world.seen()), 0);
    CREATES[0].run(&world).await.data();
}

#[tokio::test]
async fn a_write_that_is_cancelled_is_seen_through_and_the_next_is_not_begun() {
    let world = World::new().await;
    play(
        &world,
        "issueCreate",
        [Act::Slow(Duration::from_millis(300))],
    );
    // The issue and nineteen links go out together, the twentieth after them.
    let links: Vec<String> = (1..=20)
        .map(|of| format!("'https://a.example/{of}'"))
        .collect();
    let links = links.join(", ");
    let yaml =
        format!("operation: create_issue\nparams: {{team: ENG, title: Once, links: [{links}]}}\n");
    let answer = cancelled_at(&world, "issueCreate", &yaml).await;
    assert_eq!(answer.data()["title"], "Once");
    assert_eq!(answer.data()["attachments"].as_array().unwrap().len(), 19);
    let warnings = answer.texts("/warnings");
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("https://a.example/20"), "{warnings:?}");
    assert!(warnings[0].contains("CANCELLED"), "{warnings:?}");
    assert_eq!(mutations(&world.seen()), 1);
    assert_eq!(records(&world, "Issue", "title", "Once"), 1);
}

#[tokio::test]
async fn a_write_that_is_cancelled_and_whose_answer_is_lost_is_settled_all_the_same() {
    let short = Duration::from_millis(500);
    for create in CREATES.iter().filter(|create| create.look.is_some()) {
        let world = World::with(|endpoint| endpoint.timeout = short).await;
        play(&world, create.root, [Act::Slow(LONG)]);
        let yaml = create.yaml();
        let answer = cancelled_at(&world, create.root, &yaml).await;
        answer.data();
        assert_eq!(create.made(&world), 1, "{}", create.root);
        assert_eq!(with_root(&world.seen(), create.root), 1);
    }
    let world = World::with(|endpoint| endpoint.timeout = short).await;
    play(&world, "issueUpdate", [Act::Slow(LONG)]);
    let yaml = "operation: update_issue\nparams: {issue_id: ENG-231, title: Set once}\n";
    let answer = cancelled_at(&world, "issueUpdate", yaml).await;
    assert_eq!(answer.data()["title"], "Set once");
    assert_eq!(with_root(&world.seen(), "issueUpdate"), 1);
}

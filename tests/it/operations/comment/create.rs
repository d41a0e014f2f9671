//! `create_comment`.

use crate::support::{World, snapshot, variable};

#[tokio::test]
async fn a_comment_as_it_is_shown() {
    let world = World::new().await;
    let params = "{issue_id: PSN-123, body: \"## Update\\n\\n- done\"}";
    snapshot("comment", &world.yaml("create_comment", params).await);
    let full = "{issue_id: PSN-123, body: Once more, detail: full}";
    snapshot("comment_full", &world.yaml("create_comment", full).await);
    let brief = "{issue_id: PSN-123, body: And again, detail: brief}";
    snapshot("comment_brief", &world.yaml("create_comment", brief).await);
    let missing = "{issue_id: PSN-999, body: Nobody reads this}";
    snapshot(
        "comment_issue_missing",
        &world.yaml("create_comment", missing).await,
    );
    let orphan = "{issue_id: PSN-123, body: B, parent_id: 5eed0000-0000-4000-8000-00000000ffff}";
    snapshot(
        "comment_parent_missing",
        &world.yaml("create_comment", orphan).await,
    );
    let nonsense = "{issue_id: PSN-123, body: B, parent_id: PSN-1}";
    snapshot(
        "comment_parent_nonsense",
        &world.yaml("create_comment", nonsense).await,
    );
}

#[tokio::test]
async fn the_text_arrives_as_it_was_written() {
    let world = World::new().await;
    let request = "operation: create_comment\nparams:\n  issue_id: PSN-123\n  body: |\n    ## Progress\n\n    \
        ```yaml\n    key: \"value\"   # kept\n    ```\n    — 100% 😀 'quoted' \"twice\" C:\\path\n";
    world.run(request).await;
    let seen = world.seen();
    let input = variable(&seen, "commentCreate", "input");
    assert_eq!(
        input["body"],
        "## Progress\n\n```yaml\nkey: \"value\"   # kept\n```\n— 100% 😀 'quoted' \"twice\" C:\\path\n"
    );
    assert_eq!(input["issueId"], "PSN-123");
}

#[tokio::test]
async fn an_answer_stands_below_the_comment_it_answers() {
    let world = World::new().await;
    let first = world
        .call("create_comment", "{issue_id: PSN-124, body: Question}")
        .await;
    let parent = first.text("/data/id").to_owned();
    for spelling in ["parent_id", "parentId", "parent", "parent_comment_id"] {
        let params = format!("{{issue_id: PSN-124, body: Answer, {spelling}: {parent}}}");
        let answer = world.call("create_comment", &params).await;
        assert_eq!(answer.data()["parent_id"], parent.as_str(), "{spelling}");
    }
}

#[tokio::test]
async fn every_spelling_of_the_text_and_the_issue_is_understood() {
    let world = World::new().await;
    for params in [
        "{issue_id: PSN-124, body: text}",
        "{issueId: psn-124, comment: text}",
        "{id: PSN-124, content: text}",
        "{identifier: PSN-124, text: text}",
        "{issue: 'https://linear.app/acme/issue/PSN-124/x', markdown: text}",
        "{ticket: PSN-124, message: text}",
    ] {
        world.call("add_comment", params).await.data();
        let seen = world.seen();
        let input = variable(&seen, "commentCreate", "input");
        assert_eq!(input["body"], "text", "{params}");
        assert_eq!(input["issueId"], "PSN-124", "{params}");
    }
}

#[tokio::test]
async fn two_comments_of_the_same_text_are_two() {
    let world = World::new().await;
    let params = "{issue_id: PSN-124, body: Again}";
    let one = world.call("create_comment", params).await;
    let two = world.call("create_comment", params).await;
    assert_ne!(one.data()["id"], two.data()["id"]);
    let issue = world
        .call("get_issue", "{id: PSN-124, include_comments: true}")
        .await;
    assert_eq!(issue.data()["comments"].as_array().unwrap().len(), 2);
}

//! It is not documented whether a mutation can use what an earlier one in the same request has created
//! (`linear/api.md` §2). Where it cannot, the operation succeeds with one request more.

use crate::support::TestWorkspace;
use crate::support::failures::{records, refused};

#[tokio::test]
async fn where_a_request_does_not_see_its_own_labels_the_issue_follows_in_another() {
    let workspace = TestWorkspace::new().await;
    workspace.call("list_labels", "{team: ENG}").await.data();
    workspace.take_requests();
    let unseen = || refused("p1_issueCreate", "Entity not found: IssueLabel");
    workspace.sandbox.script().next(unseen());
    let params = "{team: ENG, title: First, labels: [one]}";
    let answer = workspace.call("create_issue", params).await;
    assert_eq!(answer.data()["labels"][0]["name"], "one");
    assert!(answer.texts("/warnings").is_empty(), "{:#}", answer.0);
    // The three requests are: the labels with the issue, a look-up of the created labels, and the issue alone.
    assert_eq!(answer.calls(), 3);
    // From then on the session sends dependent writes in a second request.
    workspace.sandbox.script().next(unseen());
    let params = "{team: ENG, title: Second, labels: [two, three], links: ['https://a.example']}";
    let answer = workspace.call("create_issue", params).await;
    assert_eq!(answer.data()["labels"].as_array().unwrap().len(), 2);
    assert_eq!(answer.calls(), 3, "labels, issue, link");
    for (kind, field, value) in [
        ("Issue", "title", "First"),
        ("Issue", "title", "Second"),
        ("IssueLabel", "name", "one"),
        ("Attachment", "url", "https://a.example"),
    ] {
        assert_eq!(records(&workspace, kind, field, value), 1, "{value}");
    }
}

//! The examples of the contract, as CCPM's commands write them, each with the answer that the contract promises.

use serde_json::json;

use crate::support::TestWorkspace;

/// Appendix B's complete example.
const APPENDIX_B: &str = r###"
operation: create_issue
params:
  team: "Engineering"
  title: "Implement OAuth 2.0 flow"
  description: |
    ## Overview
    Add OAuth 2.0 authentication flow to support third-party login.

    ## Requirements
    - Google OAuth provider
    - Facebook OAuth provider
    - JWT token generation
    - Refresh token support

    ## Acceptance Criteria
    - [ ] Users can log in with Google
    - [ ] Users can log in with Facebook
    - [ ] Tokens expire after 1 hour
    - [ ] Refresh tokens work correctly
  state: "In Progress"
  labels:
    - "planning"
    - "backend"
    - "security"
  assignee: "john@example.com"
  project: "Auth System"
  priority: 2
  estimate: 13
  due_date: "2025-02-15"
  links:
    - url: "https://figma.com/design/oauth-flow"
      title: "OAuth Flow Design"
    - url: "https://confluence.com/oauth-spec"
      title: "OAuth Specification"
context:
  command: "planning:create"
  purpose: "Creating new authentication feature"
  trace_id: "trace-abc-123"
"###;

/// §8.1, with the placeholders filled in.
const LABELLED: &str = r#"
operation: create_issue
params:
  team: Engineering
  title: "Rate-limit the login form"
  description: |
    ## Overview
    Five attempts a minute.
  state: "In Progress"
  labels:
    - "planning"
    - "backend"
    - "high-priority"
  assignee: "me"
context:
  command: "planning:create"
  purpose: "Creating planned task with workflow labels"
"#;

/// §8.2.
const ENSURE: &str = r##"
operation: ensure_labels_exist
params:
  team: Engineering
  labels:
    - name: "planning"
      color: "#f7c8c1"
    - name: "implementation"
      color: "#26b5ce"
    - name: "verification"
      color: "#f2c94c"
    - name: "pr-review"
      color: "#5e6ad2"
    - name: "done"
      color: "#4cb782"
context:
  command: "utils:ensure-labels"
"##;

/// §8.3, both requests.
const TEAM_OF: &str = "operation: get_issue\nparams:\n  issue_id: PSN-123\n";
const DONE: &str = "operation: update_issue\nparams:\n  issue_id: PSN-123\n  state: \"Done\"\ncontext:\n  command: \"implementation:update\"\n";

/// §8.4, for an issue that is not there.
const FETCH: &str = "operation: get_issue\nparams:\n  issue_id: PSN-9999\n  include_comments: true\ncontext:\n  command: \"planning:plan\"\n";

#[tokio::test]
async fn appendix_b_comes_out_as_written() {
    let workspace = TestWorkspace::new().await;
    let answer = workspace.answer(APPENDIX_B).await;
    let data = answer.data();
    for (field, value) in [
        ("/identifier", json!("ENG-234")),
        ("/title", json!("Implement OAuth 2.0 flow")),
        ("/state/name", json!("In Progress")),
        ("/state/type", json!("started")),
        ("/team/name", json!("Engineering")),
        ("/team/key", json!("ENG")),
        ("/project/name", json!("Auth System")),
        ("/assignee/name", json!("John Doe")),
        ("/assignee/email", json!("john@example.com")),
        ("/priority", json!(2)),
        ("/estimate", json!(13)),
        // Linear keeps a day and not a moment.
        ("/due_date", json!("2025-02-15")),
        (
            "/branch_name",
            json!("john/eng-234-implement-oauth-2-0-flow"),
        ),
        ("/attachments/0/title", json!("OAuth Flow Design")),
        (
            "/attachments/1/url",
            json!("https://confluence.com/oauth-spec"),
        ),
    ] {
        assert_eq!(data.pointer(field), Some(&value), "{field}");
    }
    // Colours, and the ids of what stands inside the issue, are in the whole issue alone: the consumer reads none of
    // them (`contract.md`, "CCPM" has `labels[].name`), every request takes names, and an id costs twenty tokens.
    let whole = workspace
        .call("get_issue", "{issue_id: ENG-234, detail: full}")
        .await;
    for entity in ["state", "team", "project", "assignee"] {
        assert_eq!(data[entity].get("id"), None, "{entity}");
        assert!(whole.data()[entity]["id"].is_string(), "{entity}");
    }
    let mut labels: Vec<(&str, &str)> = whole.data()["labels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|label| {
            (
                label["name"].as_str().unwrap(),
                label["color"].as_str().unwrap(),
            )
        })
        .collect();
    labels.sort_unstable();
    let wanted = [
        ("backend", "#26b5ce"),
        ("planning", "#f7c8c1"),
        ("security", "#eb5757"),
    ];
    assert_eq!(labels, wanted);
    assert!(
        data.get("description").is_none(),
        "the caller has just sent it"
    );
    // One look-up; then the label that was missing, the issue and its two links. The contract's own example needs 5.
    assert_eq!(answer.calls(), 2);

    let read = workspace.call("get_issue", "{issue_id: ENG-234}").await;
    assert_eq!(read.at("/data/checklist/total"), 4);
    assert_eq!(read.at("/data/checklist/completed"), 0);
}

#[tokio::test]
async fn section_8_comes_out_as_written() {
    let workspace = TestWorkspace::new().await;

    let first = workspace.answer(LABELLED).await;
    assert_eq!(first.text("/data/identifier"), "ENG-234");
    assert_eq!(first.text("/data/assignee/name"), "John Doe");

    let ensured = workspace.answer(ENSURE).await;
    let created: Vec<bool> = ensured.data()["labels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|label| label["created"].as_bool().unwrap())
        .collect();
    assert_eq!(created, [false, true, true, true, true]);
    let again = workspace.answer(ENSURE).await;
    assert_eq!(
        (again.calls(), again.at("/metadata/cached")),
        (0, &json!(true))
    );

    let issue = workspace.answer(TEAM_OF).await;
    assert_eq!(issue.text("/data/team/name"), "Personal");
    let done = workspace.answer(DONE).await;
    assert_eq!(
        done.texts("/metadata/changes"),
        ["state: In Progress → Done"]
    );

    let missing = workspace.answer(FETCH).await;
    assert_eq!(missing.code(), "ISSUE_NOT_FOUND");
    assert!(!missing.texts("/error/suggestions").is_empty());
}

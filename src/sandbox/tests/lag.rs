//! Point 17: reads that lag behind writes, and the refusal of ids whose records are still hidden.

use std::time::Duration;

use serde_json::{Value, json};

use super::{data, error, fixture, read, send};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::{Act, Sandbox};

const ID: &str = "11111111-1111-4111-8111-111111111111";

/// The creations that take an id of the client: the type, the mutation, the type of its input, and the input without the
/// id.
fn creations() -> [(&'static str, &'static str, &'static str, Value); 9] {
    let issue = fixture::issue_id(1);
    [
        (
            "Issue",
            "issueCreate",
            "IssueCreateInput",
            json!({ "teamId": fixture::ENG, "title": "New" }),
        ),
        (
            "Comment",
            "commentCreate",
            "CommentCreateInput",
            json!({ "issueId": issue, "body": "New" }),
        ),
        (
            "IssueLabel",
            "issueLabelCreate",
            "IssueLabelCreateInput",
            json!({ "name": "New" }),
        ),
        (
            "Document",
            "documentCreate",
            "DocumentCreateInput",
            json!({ "issueId": issue, "title": "New" }),
        ),
        (
            "Project",
            "projectCreate",
            "ProjectCreateInput",
            json!({ "teamIds": [fixture::ENG], "name": "New" }),
        ),
        (
            "ProjectMilestone",
            "projectMilestoneCreate",
            "ProjectMilestoneCreateInput",
            json!({ "name": "New" }),
        ),
        (
            "ProjectUpdate",
            "projectUpdateCreate",
            "ProjectUpdateCreateInput",
            json!({ "body": "New" }),
        ),
        (
            "IssueRelation",
            "issueRelationCreate",
            "IssueRelationCreateInput",
            json!({ "issueId": issue, "relatedIssueId": fixture::issue_id(3), "type": "related" }),
        ),
        (
            "Attachment",
            "attachmentCreate",
            "AttachmentCreateInput",
            json!({ "issueId": issue, "url": "https://a.example", "title": "New" }),
        ),
    ]
}

/// Returns a workspace with one project, whose id is the only one that tests have to fill in.
fn workspace() -> (Sandbox, String) {
    let sandbox = fixture::sandbox();
    let query = "mutation($team: String!) { projectCreate(input: { teamIds: [$team], name: \"P\" }) { project { id } } }";
    let answer = read(&send(&sandbox, query, &json!({ "team": fixture::ENG })));
    let id = answer["data"]["projectCreate"]["project"]["id"].as_str();
    (sandbox, id.unwrap().to_owned())
}

fn create(sandbox: &Sandbox, root: &str, input_type: &str, input: &Value) -> Value {
    let query =
        format!("mutation($input: {input_type}!) {{ made: {root}(input: $input) {{ success }} }}");
    read(&send(sandbox, &query, &json!({ "input": input })))
}

#[test]
fn a_clients_id_is_refused_by_every_creation_although_no_query_shows_it() {
    for (kind, root, input_type, input) in creations() {
        for status in [200_u16, 400] {
            let mut input = input.clone();
            let (sandbox, project) = workspace();
            sandbox.script().error_status(status);
            sandbox.script().reads_lag(9);
            input["id"] = json!(ID);
            if matches!(kind, "ProjectMilestone" | "ProjectUpdate") {
                input["projectId"] = json!(project);
            }
            let first = create(&sandbox, root, input_type, &input);
            assert_eq!(first["data"]["made"]["success"], true, "{first}");
            if kind == "Attachment" {
                // The attachment with the same URL would be updated, whatever the id is.
                input["url"] = json!("https://b.example");
            }
            let again = create(&sandbox, root, input_type, &input);
            assert_eq!(again["data"], json!(null), "{kind}");
            let refusal = error(&again);
            assert_eq!(refusal["message"], format!("conflict on insert of {kind}"));
            assert_eq!(refusal["path"], json!(["made"]));
            let shown = format!("Entity {kind} with id {ID} already exists.");
            assert_eq!(
                refusal["extensions"],
                json!({ "type": "invalid input", "code": "INPUT_ERROR", "statusCode": 400, "userError": true,
                        "userPresentableMessage": shown, "http": { "headers": {}, "status": status } })
            );
        }
    }
}

/// Retitles ENG-1 and returns the title in the answer.
fn retitle(sandbox: &Sandbox, title: &str) -> Value {
    let query = "mutation($id: String!, $title: String!) {
        issueUpdate(id: $id, input: { title: $title }) { issue { title } } }";
    let variables = json!({ "id": fixture::issue_id(1), "title": title });
    read(&send(sandbox, query, &variables))["data"]["issueUpdate"]["issue"]["title"].clone()
}

/// Queries the title of ENG-1.
fn title(sandbox: &Sandbox) -> Value {
    data(sandbox, "{ issue(id: \"ENG-1\") { title } }")["issue"]["title"].clone()
}

#[test]
fn a_query_sees_a_write_after_so_many_further_requests() {
    let sandbox = fixture::sandbox();
    sandbox.script().reads_lag(2);
    assert_eq!(title(&sandbox), "Fix login");
    assert_eq!(retitle(&sandbox, "one"), "one");
    assert_eq!(title(&sandbox), "Fix login");
    // The second write is a request too, and is hidden for two further requests.
    assert_eq!(retitle(&sandbox, "two"), "two");
    assert_eq!(title(&sandbox), "one");
    assert_eq!(title(&sandbox), "one");
    assert_eq!(title(&sandbox), "two");
}

#[test]
fn what_a_later_write_builds_on_is_there_for_it() {
    let sandbox = fixture::sandbox();
    sandbox.script().reads_lag(9);
    let label = json!({ "id": ID, "name": "fresh" });
    create(
        &sandbox,
        "issueLabelCreate",
        "IssueLabelCreateInput",
        &label,
    );
    let query = "mutation($id: String!, $label: String!) {
        issueAddLabel(id: $id, labelId: $label) { issue { labels { nodes { name } } } } }";
    let variables = json!({ "id": fixture::issue_id(3), "label": ID });
    let answer = read(&send(&sandbox, query, &variables));
    let labels = &answer["data"]["issueAddLabel"]["issue"]["labels"]["nodes"];
    assert_eq!(labels, &json!([{ "name": "fresh" }]));
    let query = "{ issue(id: \"ENG-3\") { labels { nodes { name } } } }";
    assert_eq!(data(&sandbox, query)["issue"]["labels"]["nodes"], json!([]));
    sandbox.script().reads_keep_up();
    assert_eq!(&data(&sandbox, query)["issue"]["labels"]["nodes"], labels);
}

#[test]
fn a_query_sees_a_write_after_so_long() {
    let sandbox = fixture::sandbox();
    let script = sandbox.script();
    script.reads_lag(Duration::from_millis(400));
    script.wall_clock_ms(Some(1_000));
    retitle(&sandbox, "one");
    for now in [1_000, 1_250, 1_399] {
        script.wall_clock_ms(Some(now));
        assert_eq!(title(&sandbox), "Fix login");
    }
    script.wall_clock_ms(Some(1_400));
    assert_eq!(title(&sandbox), "one");
    script.wall_clock_ms(None);
    retitle(&sandbox, "two");
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(title(&sandbox), "two");
}

#[test]
fn what_was_refused_or_only_read_hides_nothing() {
    let sandbox = fixture::sandbox();
    sandbox.script().reads_lag(9);
    let refusal = Refusal::invalid("Not today");
    sandbox.script().next(Act::refuse("issueUpdate", refusal));
    retitle(&sandbox, "refused");
    sandbox.edit(|store| {
        let issue = store.get_mut("Issue", &fixture::issue_id(1)).unwrap();
        issue.insert("title".to_owned(), json!("edited"));
    });
    assert_eq!(title(&sandbox), "edited");
}

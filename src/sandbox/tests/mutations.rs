//! Points 8 to 11 and 13 to 16: writing to the standard workspace. Each single rule is tested in `mutate`.

use serde_json::{Value, json};

use super::{ask, column, data, error, read, send};
use crate::sandbox::Sandbox;
use crate::sandbox::store::{Store, text};

const OWN_ID: &str = "0b8f7c1a-3d52-4e6f-9a7b-1c2d3e4f5a6b";

/// The id of the first record of a type whose field has this value.
fn id(sandbox: &Sandbox, kind: &str, field: &str, value: &str) -> String {
    let mut id = None;
    sandbox.edit(|store: &mut Store| {
        let record = store.find(kind, field, value);
        id = record
            .and_then(|record| text(record, "id"))
            .map(str::to_owned);
    });
    id.unwrap()
}

/// Creates an issue in a team and returns the whole answer.
fn create(sandbox: &Sandbox, team: &str, mut input: Value) -> Value {
    input["teamId"] = id(sandbox, "Team", "key", team).into();
    let query = "mutation($input: IssueCreateInput!) { issueCreate(input: $input) {
        success lastSyncId
        issue { id identifier number title description url branchName priority priorityLabel estimate
                createdAt state { name type } team { key } labels { nodes { name } } assignee { name }
                creator { displayName } subscribers { nodes { name } } previousIdentifiers parent { identifier } } } }";
    read(&send(sandbox, query, &json!({ "input": input })))
}

/// Updates an issue and returns the whole answer.
fn update(sandbox: &Sandbox, id: &str, input: Value) -> Value {
    let query = "mutation($id: String!, $input: IssueUpdateInput!) { issueUpdate(id: $id, input: $input) {
        success issue { identifier state { name } labels { nodes { name } } project { name } cycle { number }
                        assignee { name } dueDate previousIdentifiers } } }";
    read(&send(sandbox, query, &json!({ "id": id, "input": input })))
}

#[test]
fn an_issue_is_created_and_read_back_in_one_exchange() {
    let sandbox = Sandbox::new();
    let answer = create(
        &sandbox,
        "ENG",
        json!({ "title": "Say \"hi\"", "priority": 2, "estimate": 3, "parentId": "ENG-231",
                "labelIds": [id(&sandbox, "IssueLabel", "name", "bug")],
                "assigneeId": id(&sandbox, "User", "displayName", "jane") }),
    );
    assert_eq!(answer.get("errors"), None, "{answer}");
    let mut issue = answer["data"]["issueCreate"]["issue"].clone();
    for field in ["id", "createdAt"] {
        assert!(issue[field].is_string(), "{issue}");
        issue[field] = Value::Null;
    }
    assert_eq!(
        issue,
        json!({
            "id": null, "identifier": "ENG-234", "number": 234, "title": "Say \"hi\"", "description": null,
            "url": "https://linear.app/acme/issue/ENG-234/say-hi", "branchName": "john/eng-234-say-hi",
            "priority": 2, "priorityLabel": "High", "estimate": 3, "createdAt": null,
            "state": { "name": "Backlog", "type": "backlog" }, "team": { "key": "ENG" },
            "labels": { "nodes": [{ "name": "bug" }] }, "assignee": { "name": "Jane Smith" },
            "creator": { "displayName": "john" },
            "subscribers": { "nodes": [{ "name": "Jane Smith" }, { "name": "John Doe" }] },
            "previousIdentifiers": [], "parent": { "identifier": "ENG-231" },
        })
    );
}

#[test]
fn point_08_label_rules() {
    let sandbox = Sandbox::new();
    let label = |name: &str| id(&sandbox, "IssueLabel", "name", name);
    let answer = update(
        &sandbox,
        "ENG-231",
        json!({ "labelIds": [label("Chore"), label("Spike")] }),
    );
    assert_eq!(
        error(&answer)["message"],
        "labelIds not exclusive child labels"
    );
    assert_eq!(error(&answer)["path"], json!(["issueUpdate"]));
    assert_eq!(error(&answer)["extensions"]["code"], "INPUT_ERROR");
    assert_eq!(answer["data"], Value::Null);
    let answer = update(
        &sandbox,
        "ENG-231",
        json!({ "addedLabelIds": [label("Chore")] }),
    );
    let labels = &answer["data"]["issueUpdate"]["issue"]["labels"];
    assert!(column(labels, "name").contains(&json!("Chore")), "{answer}");
}

#[test]
fn point_09_references_across_teams_and_null() {
    let sandbox = Sandbox::new();
    let project = id(&sandbox, "Project", "name", "Design System");
    let answer = update(&sandbox, "ENG-230", json!({ "projectId": project }));
    assert_eq!(error(&answer)["extensions"]["code"], "INVALID_INPUT");
    let answer = update(&sandbox, "ENG-230", json!({ "dueDate": null }));
    let issue = &answer["data"]["issueUpdate"]["issue"];
    assert_eq!(
        (&issue["dueDate"], &issue["assignee"]["name"]),
        (&Value::Null, &json!("John Roe"))
    );
}

#[test]
fn point_10_a_clients_id_is_taken_once() {
    let sandbox = Sandbox::new();
    let input = json!({ "title": "x", "id": OWN_ID });
    let first = create(&sandbox, "ENG", input.clone());
    assert_eq!(first["data"]["issueCreate"]["issue"]["id"], OWN_ID);
    let second = create(&sandbox, "ENG", input);
    assert_eq!(error(&second)["message"], "conflict on insert of Issue");
    let created = data(
        &sandbox,
        &format!("{{ issue(id: \"{OWN_ID}\") {{ identifier }} }}"),
    );
    assert_eq!(created["issue"]["identifier"], "ENG-234");
}

#[test]
fn point_11_markdown_is_normalised() {
    let sandbox = Sandbox::new();
    let answer = create(
        &sandbox,
        "ENG",
        json!({ "title": "x", "description": "- [x] see [a](b)\n" }),
    );
    let description = &answer["data"]["issueCreate"]["issue"]["description"];
    assert_eq!(description, "* [X] see [a](<b>)");
}

#[test]
fn point_13_a_move_renumbers_and_the_old_identifier_still_works() {
    let sandbox = Sandbox::new();
    let answer = update(
        &sandbox,
        "ENG-230",
        json!({ "teamId": id(&sandbox, "Team", "key", "DES") }),
    );
    assert_eq!(
        answer["data"]["issueUpdate"]["issue"],
        json!({ "identifier": "DES-13", "state": { "name": "In Progress" },
                "labels": { "nodes": [{ "name": "feature" }] }, "project": null, "cycle": null,
                "assignee": { "name": "John Roe" }, "dueDate": "2025-01-24",
                "previousIdentifiers": ["ENG-230"] })
    );
    let moved = data(&sandbox, "{ issue(id: \"ENG-230\") { identifier } }");
    assert_eq!(moved["issue"]["identifier"], "DES-13");
    let next = create(&sandbox, "ENG", json!({ "title": "x" }));
    assert_eq!(
        next["data"]["issueCreate"]["issue"]["identifier"],
        "ENG-234"
    );
}

#[test]
fn point_14_one_relation_per_pair() {
    let sandbox = Sandbox::new();
    let relate = |one: &str, kind: &str, other: &str| {
        let query = format!(
            "mutation {{ issueRelationCreate(input: {{ issueId: \"{one}\", relatedIssueId: \"{other}\", type: {kind} }}) {{
                issueRelation {{ id type issue {{ identifier }} relatedIssue {{ identifier }} }} }} }}"
        );
        data(&sandbox, &query)["issueRelationCreate"]["issueRelation"].clone()
    };
    let first = relate("ENG-233", "blocks", "ENG-231");
    let second = relate("ENG-231", "duplicate", "ENG-233");
    assert_eq!(first["id"], second["id"]);
    assert_eq!(
        (&second["type"], &second["issue"]["identifier"]),
        (&json!("duplicate"), &json!("ENG-231"))
    );
    let issue = data(
        &sandbox,
        "{ issue(id: \"ENG-231\") { state { name } relations { nodes { id } } inverseRelations { nodes { id } } } }",
    );
    assert_eq!(issue["issue"]["state"]["name"], "Duplicate");
    assert_eq!(
        column(&issue["issue"]["relations"], "id"),
        [first["id"].clone()]
    );
    assert_eq!(issue["issue"]["inverseRelations"]["nodes"], json!([]));
}

#[test]
fn point_15_comment_targets_attachments_documents_triage_templates_batches() {
    let sandbox = Sandbox::new();
    let answer = ask(
        &sandbox,
        "mutation { commentCreate(input: { body: \"x\" }) { comment { id } } }",
    );
    assert_eq!(error(&answer)["extensions"]["code"], "INVALID_INPUT");
    let attach = "mutation { attachmentCreate(input: { issueId: \"ENG-231\", title: \"t\", url: \"https://a.example\" }) {
        attachment { id issue { identifier } } } }";
    let (one, two) = (data(&sandbox, attach), data(&sandbox, attach));
    assert_eq!(one, two);
    let document = data(
        &sandbox,
        "mutation { documentCreate(input: { title: \"t\", issueId: \"ENG-231\" }) {
            document { issue { identifier } project { id } } } }",
    );
    let made = &document["documentCreate"]["document"];
    assert_eq!(
        made,
        &json!({ "issue": { "identifier": "ENG-231" }, "project": null })
    );
    let triaged = create(&sandbox, "SUP", json!({ "title": "x" }));
    assert_eq!(
        triaged["data"]["issueCreate"]["issue"]["state"]["type"],
        "triage"
    );
    let templated = create(&sandbox, "ENG", json!({ "useDefaultTemplate": true }));
    assert_eq!(templated["data"]["issueCreate"]["issue"]["title"], "Bug:");
    let batch = "mutation($ids: [UUID!]!) { issueBatchUpdate(ids: $ids, input: { priority: 1 }) { issues { priority } } }";
    let ids = |count: usize| json!({ "ids": vec![id(&sandbox, "Issue", "identifier", "ENG-231"); count] });
    let many = read(&send(&sandbox, batch, &ids(51)));
    assert_eq!(error(&many)["message"], "Argument Validation Error");
    let few = read(&send(&sandbox, batch, &ids(1)));
    assert_eq!(
        few["data"]["issueBatchUpdate"]["issues"],
        json!([{ "priority": 1 }])
    );
}

#[test]
fn everything_about_an_issue_is_written_by_one_document() {
    let sandbox = Sandbox::new();
    let (parent, child) = (OWN_ID, "0b8f7c1a-3d52-4e6f-9a7b-1c2d3e4f5a6c");
    let document = "mutation($parent: String!, $input: IssueCreateInput!, $child: IssueCreateInput!) {
        entity: issueCreate(input: $input) { issue { identifier } }
        blocks: issueRelationCreate(input: { issueId: $parent, relatedIssueId: \"ENG-231\", type: blocks }) {
            issueRelation { type relatedIssue { identifier } } }
        blocked: issueRelationCreate(input: { issueId: \"ENG-232\", relatedIssueId: $parent, type: blocks }) {
            issueRelation { type issue { identifier } } }
        link: attachmentCreate(input: { issueId: $parent, title: \"t\", url: \"https://a.example\" }) {
            attachment { url } }
        sub: issueCreate(input: $child) { issue { parent { identifier } subIssueSortOrder } }
        snooze: issueUpdate(id: $parent, input: { snoozedUntilAt: \"2025-02-01T09:00:00Z\" }) {
            issue { snoozedUntilAt } }
        reminder: issueReminder(id: $parent, reminderAt: \"2025-02-01T09:00:00Z\") { success }
        away: issueUnsubscribe(id: $parent) { issue { subscribers { nodes { name } } } } }";
    let team = id(&sandbox, "Team", "key", "ENG");
    let variables = json!({
        "parent": parent,
        "input": { "id": parent, "teamId": team,
                   "templateId": id(&sandbox, "Template", "name", "Bug report"),
                   "delegateId": id(&sandbox, "User", "displayName", "cibot"),
                   "subscriberIds": [id(&sandbox, "User", "displayName", "johnr")] },
        "child": { "id": child, "teamId": team, "title": "Below", "parentId": parent },
    });
    let answer = read(&send(&sandbox, document, &variables));
    assert_eq!(
        answer,
        json!({ "data": {
            "entity": { "issue": { "identifier": "ENG-234" } },
            "blocks": { "issueRelation": { "type": "blocks", "relatedIssue": { "identifier": "ENG-231" } } },
            "blocked": { "issueRelation": { "type": "blocks", "issue": { "identifier": "ENG-232" } } },
            "link": { "attachment": { "url": "https://a.example" } },
            "sub": { "issue": { "parent": { "identifier": "ENG-234" }, "subIssueSortOrder": 1 } },
            "snooze": { "issue": { "snoozedUntilAt": "2025-02-01T09:00:00.000Z" } },
            "reminder": { "success": true },
            "away": { "issue": { "subscribers": { "nodes": [{ "name": "John Roe" }] } } },
        } })
    );
    let found = data(
        &sandbox,
        "{ issue(id: \"ENG-234\") { title delegate { displayName } lastAppliedTemplate { name team { key } }
             children { nodes { title } } attachments { nodes { url } }
             relations { nodes { relatedIssue { identifier } } }
             inverseRelations { nodes { issue { identifier } } } } }",
    );
    assert_eq!(
        found["issue"],
        json!({
            "title": "Bug:", "delegate": { "displayName": "cibot" },
            "lastAppliedTemplate": { "name": "Bug report", "team": { "key": "ENG" } },
            "children": { "nodes": [{ "title": "Below" }] },
            "attachments": { "nodes": [{ "url": "https://a.example" }] },
            "relations": { "nodes": [{ "relatedIssue": { "identifier": "ENG-231" } }] },
            "inverseRelations": { "nodes": [{ "issue": { "identifier": "ENG-232" } }] },
        })
    );
}

#[test]
fn a_creation_takes_no_snooze() {
    let answer = ask(
        &Sandbox::new(),
        "mutation { issueCreate(input: { teamId: \"x\", snoozedUntilAt: \"2025-02-01T09:00:00Z\" }) { success } }",
    );
    assert_eq!(
        error(&answer)["extensions"]["code"],
        "GRAPHQL_VALIDATION_FAILED"
    );
}

#[test]
fn point_16_the_free_plans_limit() {
    let sandbox = Sandbox::new();
    sandbox.edit(|store| store.set_issue_limit(Some(5)));
    let answer = create(&sandbox, "ENG", json!({ "title": "x" }));
    let extensions = &error(&answer)["extensions"];
    assert_eq!(extensions["type"], "usage limit exceeded");
    assert_eq!(extensions["code"], "USAGE_LIMIT_EXCEEDED");
    assert_eq!(
        extensions["meta"],
        json!({ "usageMetric": "activeIssueCount" })
    );
}

#[test]
fn every_kind_of_payload_is_answered() {
    let sandbox = Sandbox::new();
    let id_of = |kind: &str, field: &str, value: &str| id(&sandbox, kind, field, value);
    let issue = id_of("Issue", "identifier", "ENG-233");
    let team = id_of("Team", "key", "ENG");
    let project = id_of("Project", "name", "Auth System");
    let cycle = id_of("Cycle", "name", "Hardening");
    let answer = data(
        &sandbox,
        &format!(
            "mutation {{
                issueArchive(id: \"{issue}\") {{ success entity {{ identifier archivedAt trashed }} }}
                issueLabelCreate(input: {{ name: \"api\", teamId: \"{team}\" }}) {{ issueLabel {{ name color team {{ key }} }} }}
                projectCreate(input: {{ name: \"P\", teamIds: [\"{team}\"] }}) {{ project {{ name status {{ type }} teams {{ nodes {{ key }} }} }} }}
                projectMilestoneCreate(input: {{ name: \"M\", projectId: \"{project}\" }}) {{ projectMilestone {{ name project {{ name }} }} }}
                projectUpdateCreate(input: {{ projectId: \"{project}\", body: \"b\" }}) {{ projectUpdate {{ health project {{ lastUpdate {{ body }} }} user {{ name }} }} }}
                cycleUpdate(id: \"{cycle}\", input: {{ name: \"C\" }}) {{ cycle {{ name isNext team {{ key }} }} }}
                projectDelete(id: \"{project}\") {{ entity {{ name trashed }} }}
            }}"
        ),
    );
    assert!(answer["issueArchive"]["entity"]["archivedAt"].is_string());
    assert_eq!(
        answer["issueLabelCreate"]["issueLabel"]["team"]["key"],
        "ENG"
    );
    assert_eq!(
        answer["projectCreate"]["project"]["status"]["type"],
        "backlog"
    );
    assert_eq!(
        answer["projectMilestoneCreate"]["projectMilestone"]["project"]["name"],
        "Auth System"
    );
    let update = &answer["projectUpdateCreate"]["projectUpdate"];
    assert_eq!(update["project"]["lastUpdate"]["body"], "b");
    assert_eq!(
        answer["cycleUpdate"]["cycle"],
        json!({ "name": "C", "isNext": true, "team": { "key": "ENG" } })
    );
    assert_eq!(
        answer["projectDelete"]["entity"],
        json!({ "name": "Auth System", "trashed": true })
    );
    let label = id_of("IssueLabel", "name", "api");
    let gone = data(
        &sandbox,
        &format!("mutation {{ issueLabelDelete(id: \"{label}\") {{ entityId success }} }}"),
    );
    assert_eq!(
        gone["issueLabelDelete"],
        json!({ "entityId": label, "success": true })
    );
}

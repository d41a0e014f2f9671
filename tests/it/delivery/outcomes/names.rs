//! Rules 8 and 10: writes by names that another client has changed since the session cached them.

use linear_ops::sandbox::Act;
use linear_ops::sandbox::store::text;
use serde_json::Value;

use super::{ReportedOutcome, warned};
use crate::support::external_changes::{remove, set};
use crate::support::failures::{assert_acts_used, records, with_root};
use crate::support::{Answer, TestWorkspace, mutations};

/// A name in a request, the type of its record, and another record of that type.
pub struct Name {
    pub kind: &'static str,
    /// The parameters of create_issue beside the title.
    create: &'static str,
    /// The parameters of update_issue beside the issue.
    update: &'static str,
    /// The name.
    pub name: &'static str,
    /// The name of the other record.
    pub other: &'static str,
    /// The field of the issue's record that has the id.
    field: &'static str,
}

pub const NAMES: [Name; 5] = [
    Name {
        kind: "WorkflowState",
        create: "team: ENG, state: Done",
        update: "state: Done",
        name: "Done",
        other: "Canceled",
        field: "stateId",
    },
    Name {
        kind: "IssueLabel",
        create: "team: ENG, labels: [backend]",
        update: "add_labels: [backend]",
        name: "backend",
        other: "planning",
        field: "labelIds",
    },
    Name {
        kind: "User",
        create: "team: ENG, assignee: Jane Smith",
        update: "assignee: Jane Smith",
        name: "Jane Smith",
        other: "John Roe",
        field: "assigneeId",
    },
    Name {
        kind: "Project",
        create: "team: ENG, project: Auth System",
        update: "project: Auth System",
        name: "Auth System",
        other: "Legacy Portal",
        field: "projectId",
    },
    Name {
        kind: "ProjectMilestone",
        create: "team: ENG, project: Auth System, milestone: Beta",
        update: "project: Auth System, milestone: Beta",
        name: "Beta",
        other: "GA",
        field: "projectMilestoneId",
    },
];

/// What another client does to the two names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// The first record gets a new name, and no record gets its old name.
    Rename,
    /// The first record gets a new name, and the other record gets its old name.
    Swap,
}

/// Changes the names in the stand-in, which the session's cache does not notice.
pub fn change(workspace: &TestWorkspace, kind: &str, names: (&str, &str), how: Others) {
    workspace.sandbox.edit(|store| {
        set(store, kind, names.0, "name", "Elsewhere");
        if how == Others::Swap {
            set(store, kind, names.1, "name", names.0);
            set(store, kind, "Elsewhere", "name", names.1);
        }
    });
}

/// The requests that write an issue with the name.
const REQUESTS: [&str; 3] = ["create", "update", "blind"];

impl Name {
    /// The parameters of create_issue beside the team and the title.
    pub fn create_params(&self) -> &'static str {
        self.create.trim_start_matches("team: ENG, ")
    }

    fn request(&self, how: &str) -> (&'static str, String) {
        match how {
            "create" => ("create_issue", format!("{{title: Named, {}}}", self.create)),
            "update" => (
                "update_issue",
                format!("{{issue_id: ENG-233, title: Named, {}}}", self.update),
            ),
            _ => (
                "update_issue",
                format!(
                    "{{issue_id: ENG-233, title: Named, changes: false, {}}}",
                    self.update
                ),
            ),
        }
    }

    /// Returns a test workspace whose cache has the name, the id of the record with this name, and the id of the other record.
    pub async fn warm(&self) -> (TestWorkspace, String, String) {
        let workspace = TestWorkspace::new().await;
        workspace.sandbox.edit(|store| {
            // The project is archived in the seed.
            set(store, "Project", "Legacy Portal", "archivedAt", Value::Null);
        });
        let params = format!("{{title: Warm, {}}}", self.create);
        workspace.call("create_issue", &params).await.data();
        let mut ids = Vec::new();
        workspace.sandbox.edit(|store| {
            let team = text(store.find("Team", "key", "ENG").unwrap(), "id");
            for name in [self.name, self.other] {
                let found = store.all(self.kind).find(|record| {
                    let owner = text(record, "teamId");
                    text(record, "name") == Some(name) && (owner.is_none() || owner == team)
                });
                ids.push(text(found.unwrap(), "id").unwrap().to_owned());
            }
        });
        workspace.take_requests();
        let other = ids.pop().unwrap();
        (workspace, ids.pop().unwrap(), other)
    }

    /// Whether the issue with this title has the id in the field.
    fn is_on_issue(&self, workspace: &TestWorkspace, id: &str) -> bool {
        let mut is = false;
        workspace.sandbox.edit(|store| {
            let issue = store.find("Issue", "title", "Named").unwrap();
            is = match &issue[self.field] {
                Value::Array(ids) => ids.iter().any(|own_id| own_id == id),
                own => own == id,
            };
        });
        is
    }
}

async fn call(workspace: &TestWorkspace, name: &Name, how: &str) -> Answer {
    let (operation, params) = name.request(how);
    let answer = workspace.call(operation, &params).await;
    assert_eq!(
        ReportedOutcome::of(&answer),
        ReportedOutcome::Done,
        "{:#}",
        answer.0
    );
    assert_eq!(records(workspace, "Issue", "title", "Named"), 1);
    answer
}

#[tokio::test]
async fn rule_10_names_that_agree_cost_nothing() {
    for name in &NAMES {
        for how in REQUESTS {
            let (workspace, id, _) = name.warm().await;
            let answer = call(&workspace, name, how).await;
            let what = format!("{how} {}: {:#}", name.name, answer.0);
            assert!(answer.texts("/warnings").is_empty(), "{what}");
            let requests = if how == "update" { 2 } else { 1 };
            assert_eq!(answer.calls(), requests, "{what}");
            assert!(name.is_on_issue(&workspace, &id), "{what}");
        }
    }
}

#[tokio::test]
async fn rule_10_a_renamed_thing_is_told_by_its_new_name() {
    for name in &NAMES {
        for how in REQUESTS {
            let (workspace, id, _) = name.warm().await;
            change(
                &workspace,
                name.kind,
                (name.name, name.other),
                Others::Rename,
            );
            let answer = call(&workspace, name, how).await;
            let what = format!("{how} {}: {:#}", name.name, answer.0);
            assert!(name.is_on_issue(&workspace, &id), "{what}");
            warned(&answer, "Elsewhere");
            assert_eq!(mutations(&workspace.take_requests()), 1, "{what}");
        }
    }
}

#[tokio::test]
async fn rule_10_a_name_that_means_another_thing_now_is_corrected_once() {
    for name in &NAMES {
        for how in REQUESTS {
            let (workspace, id, other) = name.warm().await;
            change(&workspace, name.kind, (name.name, name.other), Others::Swap);
            let answer = call(&workspace, name, how).await;
            let what = format!("{how} {}: {:#}", name.name, answer.0);
            assert!(name.is_on_issue(&workspace, &other), "{what}");
            // Without a read of the issue it is not known whether the issue had the label before.
            let stays = how == "blind" && name.field == "labelIds";
            assert_eq!(name.is_on_issue(&workspace, &id), stays, "{what}");
            warned(&answer, name.other);
            warned(&answer, "corrected");
            assert_eq!(mutations(&workspace.take_requests()), 2, "{what}");
            // The answer shows the corrected values.
            let shown = answer.data().to_string();
            assert!(shown.contains(&format!("\"{}\"", name.name)), "{what}");
            let old = format!("\"{}\"", name.other);
            assert_eq!(shown.contains(&old), stays, "{what}");
        }
    }
}

/// Another client renames the record between the session's look-up and its write.
#[tokio::test]
async fn rule_10_a_name_that_changes_meanwhile_is_told() {
    for name in &NAMES {
        let (workspace, id, _) = name.warm().await;
        let act = Act::renamed(name.kind, id.clone(), "Elsewhere");
        workspace.sandbox.script().next_for("issueCreate", act);
        let answer = call(&workspace, name, "create").await;
        assert_acts_used(&workspace, &answer);
        assert!(name.is_on_issue(&workspace, &id));
        warned(&answer, "Elsewhere");
        assert_eq!(mutations(&workspace.take_requests()), 1);
    }
}

/// What the issue had before the write stays on it.
#[tokio::test]
async fn rule_10_a_label_that_was_on_the_issue_stays_on_it() {
    let name = &NAMES[1];
    let (workspace, id, other) = name.warm().await;
    let before = format!("{{issue_id: ENG-233, title: Named, add_labels: ['{id}']}}");
    workspace.call("update_issue", &before).await.data();
    workspace.take_requests();
    change(&workspace, name.kind, (name.name, name.other), Others::Swap);
    let answer = call(&workspace, name, "update").await;
    assert!(name.is_on_issue(&workspace, &other), "{:#}", answer.0);
    assert!(name.is_on_issue(&workspace, &id), "{:#}", answer.0);
}

#[tokio::test]
async fn rule_10_a_renamed_team_is_told_or_the_issue_moved() {
    let names = ("Engineering", "Design");
    for (how, key) in [(Others::Rename, "ENG"), (Others::Swap, "DES")] {
        let workspace = TestWorkspace::new().await;
        let params = "{team: Engineering, title: Warm}";
        workspace.call("create_issue", params).await.data();
        change(&workspace, "Team", names, how);
        workspace.take_requests();
        let named = params.replace("Warm", "Named");
        let answer = workspace.call("create_issue", &named).await;
        let identifier = answer.data()["identifier"].as_str().unwrap();
        assert!(identifier.starts_with(key), "{how:?}: {:#}", answer.0);
        assert_eq!(answer.texts("/warnings").len(), 1, "{:#}", answer.0);
        assert_eq!(records(&workspace, "Issue", "title", "Named"), 1);
        let sent = mutations(&workspace.take_requests());
        assert_eq!(sent, if how == Others::Swap { 2 } else { 1 });
    }
}

/// An id in a request means the record with that id, whatever its name is now.
#[tokio::test]
async fn rule_10_an_id_in_the_request_is_not_held_against_a_name() {
    let (workspace, id, _) = NAMES[0].warm().await;
    change(
        &workspace,
        "WorkflowState",
        ("Done", "Canceled"),
        Others::Swap,
    );
    let params = format!("{{team: ENG, title: Named, state: {id}}}");
    let answer = workspace.call("create_issue", &params).await;
    assert_eq!(answer.data()["state"]["name"], "Canceled", "{:#}", answer.0);
    assert!(answer.texts("/warnings").is_empty(), "{:#}", answer.0);
    assert_eq!(mutations(&workspace.take_requests()), 1);
}

/// In a batch, each item is corrected by itself.
#[tokio::test]
async fn rule_10_the_items_of_a_batch_are_corrected_each() {
    let (workspace, _, other) = NAMES[0].warm().await;
    change(
        &workspace,
        "WorkflowState",
        ("Done", "Canceled"),
        Others::Swap,
    );
    let item = |title: &str, state: &str| {
        format!(
            "{{operation: create_issue, params: {{team: ENG, title: {title}, state: {state}}}}}"
        )
    };
    let items = [
        item("One", "Done"),
        item("Two", "Todo"),
        item("Three", "Done"),
    ];
    let params = format!("{{operations: [{}]}}", items.join(", "));
    let answer = workspace.call("batch", &params).await;
    assert_eq!(answer.data()["succeeded"], 3, "{:#}", answer.0);
    for (title, is_done) in [("One", true), ("Two", false), ("Three", true)] {
        workspace.sandbox.edit(|store| {
            let issue = store.find("Issue", "title", title).unwrap();
            assert_eq!(text(issue, "stateId") == Some(&other), is_done, "{title}");
        });
    }
    let warnings = answer.texts("/warnings");
    let count = |item: &str| {
        warnings
            .iter()
            .filter(|reported| reported.starts_with(item))
            .count()
    };
    assert_eq!(
        (count("item 0"), count("item 1"), count("item 2")),
        (1, 0, 1),
        "{warnings:?}"
    );
}

/// Rule 8: a create with an unknown outcome is not repeated with the new meaning of a stale name, whatever is refused
/// later.
#[tokio::test]
async fn rule_8_nothing_is_run_again_while_a_create_is_in_doubt() {
    for first in [None, Some(Act::Drop), Some(Act::DropAfterCommit)] {
        for lag in [0_usize, 5, 99] {
            let (workspace, ..) = NAMES[1].warm().await;
            let in_doubt = first.is_some();
            if let Some(act) = first.clone() {
                workspace.sandbox.script().next_for("issueCreate", act);
            }
            workspace.sandbox.edit(|store| {
                if first != Some(Act::DropAfterCommit) {
                    remove(store, "IssueLabel", "backend");
                }
            });
            if first == Some(Act::DropAfterCommit) {
                // The label is removed right after the first attempt was executed, and the second attempt is refused
                // for that reason.
                let refused = crate::support::failures::refused(
                    "issueCreate",
                    "Entity not found: IssueLabel",
                );
                workspace.sandbox.script().next_for("issueCreate", refused);
            }
            workspace.sandbox.script().reads_lag(lag);
            let params = "{team: ENG, title: Named, labels: [backend]}";
            let answer = workspace.call("create_issue", params).await;
            let what = format!("{first:?} lag {lag}: {:#}", answer.0);
            let there = records(&workspace, "Issue", "title", "Named");
            assert!(there <= 1, "{what}");
            let reported = ReportedOutcome::of(&answer);
            if lag <= 5 {
                reported.fits(there, &answer);
            }
            let healed = answer.0.to_string().contains("healed");
            assert_eq!(healed, !in_doubt, "{what}");
            let sent = with_root(&workspace.take_requests(), "issueCreate");
            assert!(sent <= 2, "{what}");
        }
    }
}

/// A project's own names: the kind, the parameter, the name, and the other thing of that kind.
const OF_A_PROJECT: [(&str, &str, &str, &str); 5] = [
    ("Team", "teams", "Engineering", "Design"),
    ("ProjectStatus", "state", "Paused", "Completed"),
    ("User", "lead", "Jane Smith", "John Roe"),
    ("User", "members", "Jane Smith", "John Roe"),
    ("ProjectLabel", "labels", "Q1", "Q2"),
];

/// The id of a project label that the seed does not have.
const Q2: &str = "5eed0000-0000-4000-8000-0000000f0002";

/// The field of a project's record that has the ids of a parameter.
fn project_field(param: &str) -> &str {
    match param {
        "teams" => "teamIds",
        "state" => "statusId",
        "lead" => "leadId",
        "members" => "memberIds",
        _ => "labelIds",
    }
}

/// Whether the project of that name has the id in the field of its record.
fn is_on_project(workspace: &TestWorkspace, name: &str, field: &str, id: &str) -> bool {
    let mut is = false;
    workspace.sandbox.edit(|store| {
        is = match &store.find("Project", "name", name).unwrap()[field] {
            Value::Array(ids) => ids.iter().any(|own_id| own_id == id),
            own => own == id,
        };
    });
    is
}

#[tokio::test]
async fn rule_10_the_names_of_a_project_are_told_or_corrected() {
    for (kind, param, name, other) in OF_A_PROJECT {
        for operation in ["create_project", "update_project"] {
            for how in [None, Some(Others::Rename), Some(Others::Swap)] {
                let workspace = TestWorkspace::new().await;
                workspace.sandbox.edit(|store| {
                    let mut label = store.find("ProjectLabel", "name", "Q1").unwrap().clone();
                    label.insert("id".to_owned(), Q2.into());
                    label.insert("name".to_owned(), "Q2".into());
                    store.put("ProjectLabel", label);
                });
                let teams = if param == "teams" { "" } else { "teams: PLT, " };
                let warm = format!("{{name: Warm, {teams}{param}: {name}}}");
                workspace.call("create_project", &warm).await.data();
                let (id, other_id) = (
                    workspace.id(kind, "name", name),
                    workspace.id(kind, "name", other),
                );
                if let Some(how) = how {
                    change(&workspace, kind, (name, other), how);
                }
                workspace.take_requests();
                let params = match operation {
                    "create_project" => format!("{{name: Named, {teams}{param}: {name}}}"),
                    _ => format!("{{project: Warm, name: Named, {param}: {name}}}"),
                };
                let answer = workspace.call(operation, &params).await;
                let what = format!("{operation} {param} {how:?}: {:#}", answer.0);
                answer.data();
                let is_swapped = how == Some(Others::Swap);
                let field = project_field(param);
                assert_eq!(
                    is_on_project(&workspace, "Named", field, &id),
                    !is_swapped,
                    "{what}"
                );
                assert_eq!(
                    is_on_project(&workspace, "Named", field, &other_id),
                    is_swapped,
                    "{what}"
                );
                let sent = mutations(&workspace.take_requests());
                assert_eq!(sent, if is_swapped { 2 } else { 1 }, "{what}");
                match how {
                    None => assert!(answer.texts("/warnings").is_empty(), "{what}"),
                    Some(Others::Rename) => warned(&answer, "Elsewhere"),
                    Some(Others::Swap) => warned(&answer, "the project was corrected"),
                }
            }
        }
    }
}

#[tokio::test]
async fn rule_10_the_place_of_a_document_is_told_or_corrected() {
    let places = [
        (
            "Project",
            "project",
            "Auth System",
            "Legacy Portal",
            "projectId",
        ),
        ("Team", "team", "Engineering", "Design", "teamId"),
    ];
    for (kind, param, name, other, field) in places {
        for operation in ["create_document", "update_document"] {
            for how in [None, Some(Others::Rename), Some(Others::Swap)] {
                let workspace = TestWorkspace::new().await;
                workspace.sandbox.edit(|store| {
                    // The project is archived in the seed.
                    set(store, "Project", "Legacy Portal", "archivedAt", Value::Null);
                });
                let warm = format!("{{title: Warm, {param}: {name}}}");
                let warm = workspace.call("create_document", &warm).await;
                let warm = warm.text("/data/id").to_owned();
                let (id, other_id) = (
                    workspace.id(kind, "name", name),
                    workspace.id(kind, "name", other),
                );
                if let Some(how) = how {
                    change(&workspace, kind, (name, other), how);
                }
                workspace.take_requests();
                let params = match operation {
                    "create_document" => format!("{{title: Named, {param}: {name}}}"),
                    _ => format!("{{document_id: {warm}, title: Named, {param}: {name}}}"),
                };
                let answer = workspace.call(operation, &params).await;
                let what = format!("{operation} {param} {how:?}: {:#}", answer.0);
                answer.data();
                let expected = if how == Some(Others::Swap) {
                    &other_id
                } else {
                    &id
                };
                workspace.sandbox.edit(|store| {
                    let document = store.find("Document", "title", "Named").unwrap();
                    assert_eq!(text(document, field), Some(expected.as_str()), "{what}");
                });
                let sent = mutations(&workspace.take_requests());
                assert_eq!(
                    sent,
                    if how == Some(Others::Swap) { 2 } else { 1 },
                    "{what}"
                );
                match how {
                    None => assert!(answer.texts("/warnings").is_empty(), "{what}"),
                    Some(Others::Rename) => warned(&answer, "Elsewhere"),
                    Some(Others::Swap) => warned(&answer, "the document was corrected"),
                }
            }
        }
    }
}

/// The project itself is given by a name, too: nothing is written to a project that was renamed meanwhile.
#[tokio::test]
async fn rule_10_a_project_is_changed_that_has_the_name_now() {
    for how in [Others::Rename, Others::Swap] {
        let workspace = TestWorkspace::new().await;
        workspace.sandbox.edit(|store| {
            // The project is archived in the seed.
            set(store, "Project", "Legacy Portal", "archivedAt", Value::Null);
        });
        let warm = "{project: Auth System}";
        workspace.call("get_project", warm).await.data();
        let other = workspace.id("Project", "name", "Legacy Portal");
        change(&workspace, "Project", ("Auth System", "Legacy Portal"), how);
        workspace.take_requests();
        let params = "{project: Auth System, description: Changed}";
        let answer = workspace.call("update_project", params).await;
        if how == Others::Rename {
            assert_eq!(answer.code(), "PROJECT_NOT_FOUND");
            assert_eq!(mutations(&workspace.take_requests()), 0);
        } else {
            assert_eq!(answer.text("/data/id"), other, "{:#}", answer.0);
            assert_eq!(mutations(&workspace.take_requests()), 1);
            assert_eq!(records(&workspace, "Project", "description", "Changed"), 1);
        }
    }
    // Without a read before the write, only the answer shows the wrong project.
    let workspace = TestWorkspace::new().await;
    workspace
        .call("get_project", "{project: Auth System}")
        .await
        .data();
    workspace
        .sandbox
        .edit(|store| set(store, "Project", "Auth System", "name", "Elsewhere"));
    let params = "{project: Auth System, description: Changed, changes: false}";
    let answer = workspace.call("update_project", params).await;
    warned(
        &answer,
        "project 'Auth System' is called 'Elsewhere' in Linear now",
    );
}

/// A change of a label shows on every issue that has it: the label is changed that has the name now, or none.
#[tokio::test]
async fn rule_10_a_label_is_changed_that_has_the_name_now() {
    for how in [Others::Rename, Others::Swap] {
        for (operation, rest, field) in [
            ("update_label", ", color: '#123456'", "color"),
            ("retire_label", "", "retiredAt"),
        ] {
            let (workspace, id, other) = NAMES[1].warm().await;
            change(&workspace, "IssueLabel", ("backend", "planning"), how);
            let params = format!("{{team: ENG, label: backend{rest}}}");
            let answer = workspace.call(operation, &params).await;
            let what = format!("{operation} {how:?}: {:#}", answer.0);
            workspace.sandbox.edit(|store| {
                let is_changed = |id: &str| {
                    let value = &store.get("IssueLabel", id).unwrap()[field];
                    value == "#123456" || (field == "retiredAt" && !value.is_null())
                };
                assert!(!is_changed(&id), "{what}");
                assert_eq!(is_changed(&other), how == Others::Swap, "{what}");
            });
            if how == Others::Rename {
                assert_eq!(answer.code(), "LABEL_NOT_FOUND", "{what}");
                assert_eq!(mutations(&workspace.take_requests()), 0, "{what}");
            }
        }
    }
}

/// What another client changed meanwhile is not reported as a change of the request.
#[tokio::test]
async fn changes_of_a_project_are_those_of_the_request() {
    let workspace = TestWorkspace::new().await;
    let team = "{project: Auth System}";
    workspace.call("get_project", team).await.data();
    workspace.sandbox.edit(|store| {
        set(store, "Project", "Auth System", "targetDate", "2025-12-24");
        set(store, "Project", "Auth System", "priority", 3);
    });
    let params = "{project: Auth System, priority: low, state: Paused}";
    let answer = workspace.call("update_project", params).await;
    let changes = answer.texts("/metadata/changes");
    assert_eq!(
        changes,
        ["status: Planned → Paused", "priority: medium → low"]
    );
}

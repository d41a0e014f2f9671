//! Point 8: all rules on labels, their replacement, and adding and removing them.

use serde_json::{Value, json};

use super::{
    change, done, id_where, issue, issue_id, label_id, named, new_issue, refusal, refused, team_id,
    workspace,
};
use crate::sandbox::store::{Store, text};

fn create(team: Option<String>, name: &str) -> Value {
    json!({ "input": { "teamId": team, "name": name, "color": "#112233" } })
}

fn put_on(store: &mut Store, id: &str, labels: &[String]) -> String {
    let args = json!({ "id": id, "input": { "labelIds": labels } });
    refused(store, "issueUpdate", args)
}

#[test]
fn names_are_unique_in_team_and_workspace_whatever_their_case() {
    let mut store = workspace();
    let eng = team_id(&store, "ENG");
    let words = refusal(
        &mut store,
        "issueLabelCreate",
        create(Some(eng.clone()), "Planning"),
    );
    assert_eq!(words.message, "duplicate label name");
    let shown = words.user_presentable.unwrap();
    assert!(
        shown.starts_with("Label \"Planning\" already exists in team ENG."),
        "{shown}"
    );
    // The name of a workspace label is taken in every team, and so are the names of groups and of their children.
    for name in ["BUG", "type", "chore"] {
        let args = create(Some(eng.clone()), name);
        assert_eq!(
            refused(&mut store, "issueLabelCreate", args),
            "duplicate label name"
        );
    }
    let des = team_id(&store, "DES");
    done(
        &mut store,
        "issueLabelCreate",
        create(Some(des), "planning"),
    );
}

#[test]
fn a_workspace_label_clashes_with_team_labels_unless_it_replaces_them() {
    let mut store = workspace();
    let mut args = create(None, "frontend");
    assert_eq!(
        refused(&mut store, "issueLabelCreate", args.clone()),
        "duplicate label name"
    );
    args["replaceTeamLabels"] = json!(true);
    let payload = done(&mut store, "issueLabelCreate", args);
    let new = text(&payload, "issueLabelId").unwrap();
    let called = store
        .all("IssueLabel")
        .filter(|one| text(one, "name") == Some("frontend"));
    assert_eq!(called.count(), 1);
    for id in ["ENG-232", "DES-12"] {
        let labels = issue(&store, id)["labelIds"].clone();
        assert!(
            labels.as_array().unwrap().contains(&json!(new)),
            "{id}: {labels}"
        );
    }
}

#[test]
fn a_renamed_workspace_label_may_replace_team_labels_but_no_workspace_label() {
    let mut store = workspace();
    let feature = label_id(&store, None, "feature");
    let rename =
        |name: &str| json!({ "id": feature, "input": { "name": name }, "replaceTeamLabels": true });
    assert_eq!(
        refused(&mut store, "issueLabelUpdate", rename("bug")),
        "duplicate label name"
    );
    done(&mut store, "issueLabelUpdate", rename("frontend"));
    // ENG-232 had both labels, and has the remaining one once.
    assert_eq!(issue(&store, "ENG-232")["labelIds"], json!([feature]));
}

#[test]
fn one_label_of_a_group_at_a_time() {
    let mut store = workspace();
    let (chore, spike) = (
        label_id(&store, Some("ENG"), "Chore"),
        label_id(&store, Some("ENG"), "Spike"),
    );
    let both = [chore.clone(), spike];
    assert_eq!(
        put_on(&mut store, "ENG-231", &both),
        "labelIds not exclusive child labels"
    );
    // ENG-230 has Spike: adding Chore does not swap the two.
    let args = json!({ "id": "ENG-230", "input": { "addedLabelIds": [chore] } });
    let words = refusal(&mut store, "issueUpdate", args)
        .user_presentable
        .unwrap();
    assert!(
        words.contains("'Chore' is in the same group as 'Spike'"),
        "{words}"
    );
}

#[test]
fn groups_retired_labels_and_other_teams_labels_cannot_be_applied() {
    let mut store = workspace();
    for (team, name, message) in [
        ("ENG", "Type", "labelIds contained a label group"),
        ("ENG", "legacy", "labelIds contained a retired label"),
        ("DES", "frontend", "LabelIds for incorrect team"),
    ] {
        let label = label_id(&store, Some(team), name);
        assert_eq!(put_on(&mut store, "ENG-231", &[label]), message);
    }
    // Labels that an issue has already stay when others are added.
    let bug = label_id(&store, None, "bug");
    let after = change(&mut store, "ENG-228", json!({ "addedLabelIds": [bug] }));
    assert_eq!(after["labelIds"].as_array().unwrap().len(), 2);
}

#[test]
fn a_sub_team_uses_its_parents_labels_but_not_the_other_way() {
    let mut store = workspace();
    let backend = label_id(&store, Some("ENG"), "backend");
    new_issue(&mut store, "PLT", json!({ "labelIds": [backend] }));
    let plt = team_id(&store, "PLT");
    done(&mut store, "issueLabelCreate", create(Some(plt), "kernel"));
    let kernel = label_id(&store, Some("PLT"), "kernel");
    assert_eq!(
        put_on(&mut store, "ENG-231", &[kernel]),
        "LabelIds for incorrect team"
    );
}

#[test]
fn replacement_then_additions_then_removals() {
    let mut store = workspace();
    let bug = label_id(&store, None, "bug");
    let feature = label_id(&store, None, "feature");
    let backend = label_id(&store, Some("ENG"), "backend");
    let input = json!({ "addedLabelIds": [feature, feature], "removedLabelIds": [bug] });
    let after = change(&mut store, "ENG-231", input);
    assert_eq!(after["labelIds"], json!([backend, feature]));
    let after = change(&mut store, "ENG-231", json!({ "labelIds": [bug] }));
    assert_eq!(after["labelIds"], json!([bug]));
    let after = change(&mut store, "ENG-231", json!({ "labelIds": null }));
    assert_eq!(after["labelIds"], json!([]));
    let args = json!({ "id": issue_id(&store, "ENG-231"), "labelId": feature });
    done(&mut store, "issueAddLabel", args.clone());
    assert_eq!(issue(&store, "ENG-231")["labelIds"], json!([feature]));
    done(&mut store, "issueRemoveLabel", args);
    assert_eq!(issue(&store, "ENG-231")["labelIds"], json!([]));
}

#[test]
fn a_parent_is_a_group_of_the_same_team_and_groups_do_not_nest() {
    let mut store = workspace();
    let eng = team_id(&store, "ENG");
    let backend = label_id(&store, Some("ENG"), "backend");
    let group = label_id(&store, Some("ENG"), "Type");
    let input = |parent: &str, team: &Value, is_group: bool| json!({ "input": { "name": "Child", "teamId": team, "parentId": parent, "isGroup": is_group } });
    let no_group = input(&backend, &json!(eng), false);
    assert_eq!(
        refused(&mut store, "issueLabelCreate", no_group),
        "parent label is not a group"
    );
    let elsewhere = input(&group, &Value::Null, false);
    refused(&mut store, "issueLabelCreate", elsewhere);
    let nested = input(&group, &json!(eng), true);
    refused(&mut store, "issueLabelCreate", nested);
    let payload = done(
        &mut store,
        "issueLabelCreate",
        input(&group, &json!(eng), false),
    );
    let child = named(&store, "IssueLabel", &payload, "issueLabelId");
    assert_eq!(
        (text(&child, "name"), text(&child, "parentId")),
        (Some("Child"), Some(group.as_str()))
    );
}

#[test]
fn retirement_and_restoration() {
    let mut store = workspace();
    let feature = label_id(&store, None, "feature");
    done(&mut store, "issueLabelRetire", json!({ "id": feature }));
    let message = put_on(&mut store, "ENG-231", std::slice::from_ref(&feature));
    assert_eq!(message, "labelIds contained a retired label");
    done(&mut store, "issueLabelRestore", json!({ "id": feature }));
    change(&mut store, "ENG-231", json!({ "labelIds": [feature] }));
}

#[test]
fn a_deleted_label_leaves_its_issues() {
    let mut store = workspace();
    let bug = label_id(&store, None, "bug");
    let payload = done(&mut store, "issueLabelDelete", json!({ "id": bug }));
    assert_eq!(payload["entityId"], json!(bug));
    let carrier = store
        .all("Issue")
        .find(|one| one["labelIds"].as_array().unwrap().contains(&json!(bug)));
    assert_eq!(carrier, None);
}

#[test]
fn an_update_keeps_the_name_unique_and_the_team_as_it_is() {
    let mut store = workspace();
    let backend = label_id(&store, Some("ENG"), "backend");
    let args = json!({ "id": backend, "input": { "name": "Frontend" } });
    assert_eq!(
        refused(&mut store, "issueLabelUpdate", args),
        "duplicate label name"
    );
    let args = json!({ "id": backend, "input": { "name": "Backend", "color": "#000000" } });
    done(&mut store, "issueLabelUpdate", args);
    let label = id_where(&store, "IssueLabel", |one| {
        text(one, "name") == Some("Backend")
    });
    assert_eq!(label, backend);
    let args = json!({ "id": backend, "input": { "color": "blue" } });
    assert_eq!(
        refused(&mut store, "issueLabelUpdate", args),
        "Argument Validation Error"
    );
}

//! By which words a parameter is found.

use super::*;

#[test]
fn an_issue_has_many_spellings() {
    for spelling in [
        "issue_id",
        "issueId",
        "issueID",
        "ISSUE_ID",
        "issue-id",
        "issueid",
        "id",
        "identifier",
        "issue",
        "key",
        "issueIdentifier",
    ] {
        assert_eq!(
            quiet(issue(json!({ spelling: "PSN-1" }))),
            json!({ "issue_id": "PSN-1" }),
            "{spelling}"
        );
    }
}

#[test]
fn other_words_mean_their_field() {
    let given = json!({
        "id": "PSN-1", "status": "Done", "label": "bug", "assigneeId": null, "name": "New title",
    });
    let right = json!({
        "issue_id": "PSN-1", "state": "Done", "labels": "bug", "assignee": null, "title": "New title",
    });
    assert_eq!(quiet(issue(given)), right);
}

#[test]
fn a_fields_own_name_is_never_taken_for_another() {
    let label = spec("get_label", "name");
    let given = json!({ "name": "bug", "teamKey": "ENG" });
    assert_eq!(
        quiet(canonical::<GetLabel>(&label, given)),
        json!({ "name": "bug", "team": "ENG" })
    );
    for spelling in ["label", "label_name", "id"] {
        assert_eq!(
            quiet(canonical::<GetLabel>(&label, json!({ spelling: "bug" }))),
            json!({ "name": "bug" })
        );
    }
}

#[test]
fn the_name_of_another_thing_is_no_new_name() {
    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema matters")]
    struct Rename {
        id: Ref,
        name: Option<Text>,
    }
    for (operation, spelling, known) in [
        ("update_project", "label_name", false),
        ("update_project", "label", false),
        ("update_project", "project_name", false),
        ("update_label", "project_name", false),
        ("create_project", "project_name", true),
        ("update_label", "label_name", true),
        ("update_project", "new_name", true),
    ] {
        let given = json!({ "id": "x", spelling: "Q1" });
        let read = canonical::<Rename>(&spec(operation, "id"), given);
        assert_eq!(read.is_ok(), known, "{operation} {spelling}");
        if let Err(error) = read {
            let suggestions = error.suggestions();
            assert!(
                !suggestions.iter().any(|way| way.contains("'name'")),
                "{error}"
            );
        }
    }
}

#[test]
fn a_comment_is_the_id_alone_and_the_text_beside_it() {
    let comment = spec("update_comment", "comment_id");
    let right = json!({ "comment_id": "c1", "body": "text" });
    for given in [
        json!({ "comment": "c1", "body": "text" }),
        json!({ "comment_id": "c1", "comment": "text" }),
        json!({ "id": "c1", "content": "text" }),
        json!({ "id": "c1", "comment": "text" }),
    ] {
        assert_eq!(quiet(canonical::<UpdateComment>(&comment, given)), right);
    }
}

#[test]
fn filters_are_parameters() {
    let given = json!({ "id": "PSN-1", "filters": { "status": "Done", "label": "bug" } });
    assert_eq!(
        quiet(issue(given)),
        json!({ "issue_id": "PSN-1", "state": "Done", "labels": "bug" })
    );
}

#[test]
fn two_spellings_may_agree_but_not_differ() {
    assert_eq!(
        quiet(issue(json!({ "id": "PSN-1", "issueId": "PSN-1" }))),
        json!({ "issue_id": "PSN-1" })
    );
    let error = issue(json!({ "id": "PSN-1", "issueId": "PSN-2" })).unwrap_err();
    assert_eq!(error.code(), Code::InvalidParam);
    assert_eq!(
        error.message(),
        "'id' and 'issueId' both mean 'issue_id' and have different values"
    );
    assert_eq!(
        error.details().get("spellings").unwrap(),
        &json!(["id", "issueId"])
    );
    let long = format!("id{}", "-".repeat(1 << 16));
    let error = issue(json!({ "id": "PSN-1", long: "PSN-2" })).unwrap_err();
    assert!(error.message().len() < 200);
}

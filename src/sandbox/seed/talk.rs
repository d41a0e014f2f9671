//! What hangs on issues and projects: comments, attachments, relations, history, project updates.

use serde_json::{Value, json};

use crate::sandbox::markdown;
use crate::sandbox::store::text;

use super::builder::Seed;

/// Plants all of it.
pub(super) fn plant(seed: &mut Seed) {
    plant_comments(seed);
    plant_attachments(seed);
    plant_relations(seed);
    plant_history(seed);
    plant_project_update(seed);
}

fn plant_comments(seed: &mut Seed) {
    let first = comment(
        seed,
        "first",
        6,
        "jane",
        "Should sessions survive a password change?",
        None,
    );
    comment(
        seed,
        "reply",
        5,
        "john",
        "No: a change ends them all.",
        Some(&first),
    );
    comment(
        seed,
        "decision",
        4,
        "john",
        "\u{1f4cb} **Decision: argon2id**\n\n* memory: 19 MiB\n* \"iterations\": 2\n\n```toml\nm_cost = 19456\n```",
        None,
    );
}

fn comment(
    seed: &mut Seed,
    handle: &str,
    days_ago: i64,
    user: &str,
    body: &str,
    parent: Option<&str>,
) -> String {
    let issue = seed.id("Issue", "PSN-123");
    let page = issue_url(seed, "PSN-123");
    let fields = json!({ "body": markdown::normalise(body), "issueId": issue, "userId": seed.id("User", user),
                         "parentId": parent, "reactionData": {} });
    let id = seed.add("Comment", handle, days_ago, fields);
    let anchor = id.rsplit('-').next().unwrap_or_default();
    let url = format!("{page}#comment-{anchor}");
    seed.amend("Comment", handle, json!({ "url": url }));
    id
}

fn issue_url(seed: &mut Seed, handle: &str) -> String {
    let id = seed.id("Issue", handle);
    let issue = seed.store().get("Issue", &id);
    issue
        .and_then(|issue| text(issue, "url"))
        .unwrap_or_default()
        .to_owned()
}

fn plant_attachments(seed: &mut Seed) {
    for (kind, title, url) in [
        (
            "figma",
            "Login screens",
            "https://www.figma.com/design/abc123/Login-screens",
        ),
        (
            "github",
            "#42 Add the session table",
            "https://github.com/acme/app/pull/42",
        ),
    ] {
        let fields = json!({
            "title": title, "subtitle": null, "url": url, "sourceType": kind,
            "source": { "type": kind }, "metadata": { "url": url }, "groupBySource": false,
            "issueId": seed.id("Issue", "PSN-123"), "creatorId": seed.id("User", "john"),
        });
        seed.add("Attachment", kind, 5, fields);
    }
}

fn plant_relations(seed: &mut Seed) {
    for (kind, one, other) in [
        ("blocks", "ENG-230", "ENG-232"),
        ("duplicate", "SUP-6", "SUP-7"),
    ] {
        let fields = json!({
            "type": kind, "issueId": seed.id("Issue", one), "relatedIssueId": seed.id("Issue", other),
        });
        seed.add("IssueRelation", kind, 3, fields);
    }
}

fn plant_history(seed: &mut Seed) {
    let state = |seed: &Seed, name: &str| seed.id("WorkflowState", &format!("PSN/{name}"));
    let moves = [
        (
            9,
            json!({ "fromStateId": state(seed, "Backlog"), "toStateId": state(seed, "Todo") }),
        ),
        (
            8,
            json!({ "addedLabelIds": seed.ids("IssueLabel", &["PSN/planning"]) }),
        ),
        (
            8,
            json!({ "fromStateId": state(seed, "Todo"), "toStateId": state(seed, "In Progress") }),
        ),
        (7, json!({ "fromPriority": 2.0, "toPriority": 3.0 })),
    ];
    for (index, (days_ago, said)) in moves.into_iter().enumerate() {
        let handle = format!("PSN-123/{index}");
        let fields = json!({ "issueId": seed.id("Issue", "PSN-123"),
                             "actorId": seed.id("User", "john") });
        seed.add("IssueHistory", &handle, days_ago, fields);
        seed.amend("IssueHistory", &handle, said);
    }
    let moments = json!({ "startedAt": Seed::day(8), "updatedAt": Seed::day(7) });
    seed.amend("Issue", "PSN-123", moments);
}

fn plant_project_update(seed: &mut Seed) {
    let project = seed.id("Project", "auth");
    let slug = "f00dcafe0001";
    let page = seed
        .store()
        .get("Project", &project)
        .and_then(|project| text(project, "url"))
        .unwrap_or_default()
        .to_owned();
    let fields = json!({
        "projectId": project, "userId": seed.id("User", "john"), "health": "onTrack",
        "body": "The session table is in.\n\n* next: tokens", "slugId": slug,
        "url": format!("{page}#projectUpdate-{slug}"), "isDiffHidden": false, "reactionData": {},
    });
    let id = seed.add("ProjectUpdate", "auth", 3, fields);
    let health: Value =
        json!({ "health": "onTrack", "healthUpdatedAt": Seed::day(3), "lastUpdateId": id });
    seed.amend("Project", "auth", health);
}

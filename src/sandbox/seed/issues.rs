//! The issues, and what belongs to issues and projects: comments, attachments, relations, history, status updates.

use serde_json::{Value, json};

use crate::sandbox::{identifier, markdown};

use super::{SeedBuilder, day};

/// An issue in short. Team, labels, assignee, parent, project, milestone and cycle are handles; `state` is the name of a
/// state of the team.
pub(super) struct Issue<'s> {
    pub(super) team: &'s str,
    pub(super) number: u32,
    pub(super) title: &'s str,
    pub(super) description: Option<&'s str>,
    pub(super) days_ago: i64,
    pub(super) state: &'s str,
    pub(super) priority: usize,
    pub(super) estimate: Option<f64>,
    pub(super) labels: &'s [&'s str],
    pub(super) assignee: Option<&'s str>,
    pub(super) parent: Option<&'s str>,
    pub(super) project: Option<&'s str>,
    pub(super) milestone: Option<&'s str>,
    pub(super) cycle: Option<&'s str>,
    pub(super) due: Option<&'s str>,
}

pub(super) const PLAIN_ISSUE: Issue<'_> = Issue {
    team: "ENG",
    number: 0,
    title: "",
    description: None,
    days_ago: 0,
    state: "Backlog",
    priority: 0,
    estimate: None,
    labels: &[],
    assignee: None,
    parent: None,
    project: None,
    milestone: None,
    cycle: None,
    due: None,
};

const ISSUES: [Issue<'_>; 17] = [
    Issue {
        team: "PSN",
        number: 100,
        title: "Authentication epic",
        description: Some("All that signing in needs."),
        days_ago: 20,
        state: "In Progress",
        priority: 2,
        assignee: Some("john"),
        ..PLAIN_ISSUE
    },
    Issue {
        team: "PSN",
        number: 123,
        title: "Implement user authentication",
        description: Some(AUTHENTICATION),
        days_ago: 10,
        state: "In Progress",
        priority: 3,
        estimate: Some(5.0),
        labels: &["bug", "PSN/planning"],
        assignee: Some("john"),
        parent: Some("PSN-100"),
        ..PLAIN_ISSUE
    },
    Issue {
        team: "PSN",
        number: 124,
        title: "Reset forgotten passwords",
        description: Some(PASSWORD_RESET),
        days_ago: 9,
        state: "Todo",
        priority: 4,
        parent: Some("PSN-100"),
        ..PLAIN_ISSUE
    },
    Issue {
        team: "PSN",
        number: 125,
        title: "Tidy the desk",
        days_ago: 8,
        state: "Done",
        ..PLAIN_ISSUE
    },
    Issue {
        team: "PSN",
        number: 130,
        title: "Renew the domain",
        days_ago: 2,
        due: Some("2025-02-01"),
        ..PLAIN_ISSUE
    },
    Issue {
        number: 226,
        title: "Set up the repository",
        days_ago: 45,
        state: "Done",
        priority: 3,
        estimate: Some(2.0),
        labels: &["ENG/Chore"],
        assignee: Some("jane"),
        project: Some("auth"),
        milestone: Some("Beta"),
        cycle: Some("ENG/11"),
        ..PLAIN_ISSUE
    },
    Issue {
        number: 227,
        title: "Support Internet Explorer",
        days_ago: 44,
        state: "Canceled",
        labels: &["ENG/frontend"],
        ..PLAIN_ISSUE
    },
    Issue {
        number: 228,
        title: "Move the old portal's accounts",
        days_ago: 43,
        state: "Done",
        labels: &["ENG/legacy"],
        project: Some("legacy"),
        ..PLAIN_ISSUE
    },
    Issue {
        number: 229,
        title: "Created by mistake",
        days_ago: 42,
        state: "Backlog",
        ..PLAIN_ISSUE
    },
    Issue {
        number: 230,
        title: "Rotate signing keys",
        description: Some("Keys live a day; `kid` names them.\n\nDepends on the session store."),
        days_ago: 12,
        state: "In Review",
        priority: 2,
        estimate: Some(8.0),
        labels: &["ENG/backend", "feature", "ENG/Spike"],
        assignee: Some("johnr"),
        project: Some("auth"),
        milestone: Some("Beta"),
        cycle: Some("ENG/12"),
        due: Some("2025-01-24"),
        ..PLAIN_ISSUE
    },
    Issue {
        number: 231,
        title: "Fix \"smart quotes\": parser chokes on key: value \u{1f600}",
        description: Some(AWKWARD),
        days_ago: 7,
        state: "In Progress",
        priority: 1,
        labels: &["bug", "ENG/backend"],
        assignee: Some("john"),
        cycle: Some("ENG/12"),
        ..PLAIN_ISSUE
    },
    Issue {
        number: 232,
        title: "Login form",
        days_ago: 5,
        state: "Todo",
        priority: 3,
        estimate: Some(3.0),
        labels: &["ENG/frontend", "feature"],
        assignee: Some("jane"),
        project: Some("auth"),
        milestone: Some("GA"),
        cycle: Some("ENG/12"),
        ..PLAIN_ISSUE
    },
    Issue {
        number: 233,
        title: "Plan the offline mode",
        days_ago: 1,
        state: "Backlog",
        labels: &["ENG/planning"],
        project: Some("mobile-eng"),
        ..PLAIN_ISSUE
    },
    Issue {
        team: "PLT",
        number: 3,
        title: "Deploy with one command",
        days_ago: 6,
        state: "Todo",
        labels: &["ENG/backend"],
        assignee: Some("johnr"),
        ..PLAIN_ISSUE
    },
    Issue {
        team: "DES",
        number: 12,
        title: "Icons for the app",
        days_ago: 4,
        state: "In Progress",
        labels: &["DES/frontend"],
        assignee: Some("jane"),
        project: Some("mobile-des"),
        ..PLAIN_ISSUE
    },
    Issue {
        team: "SUP",
        number: 6,
        title: "Invoices arrive twice",
        days_ago: 3,
        state: "Duplicate",
        labels: &["bug"],
        ..PLAIN_ISSUE
    },
    Issue {
        team: "SUP",
        number: 7,
        title: "Customer cannot sign in",
        days_ago: 1,
        state: "Triage",
        labels: &["bug"],
        ..PLAIN_ISSUE
    },
];

const PRIORITY_LABELS: [&str; 5] = ["No priority", "Urgent", "High", "Medium", "Low"];

/// Adds the issues of the standard workspace, and what belongs to issues and projects.
pub(super) fn add_all(seed: &mut SeedBuilder) {
    for issue in &ISSUES {
        add_issue(seed, issue);
    }
    let archived = day(15);
    seed.amend("Issue", "ENG-228", json!({ "archivedAt": archived }));
    let trashed = json!({ "archivedAt": archived, "trashed": true });
    seed.amend("Issue", "ENG-229", trashed);
    add_comments(seed);
    add_attachments(seed);
    add_relations(seed);
    add_history(seed);
    add_project_update(seed);
}

/// Adds an issue. Its handle is its identifier.
pub(super) fn add_issue(seed: &mut SeedBuilder, issue: &Issue<'_>) {
    let creator = seed.id("User", "john");
    let order = -f64::from(issue.number);
    let description = issue.description.map(markdown::normalise);
    let fields = json!({
        "title": issue.title, "description": description, "teamId": seed.id("Team", issue.team),
        "stateId": seed.id("WorkflowState", &format!("{}/{}", issue.team, issue.state)),
        "priority": f64::from(u8::try_from(issue.priority).unwrap_or_default()),
        "priorityLabel": PRIORITY_LABELS.get(issue.priority), "estimate": issue.estimate,
        "labelIds": seed.ids("IssueLabel", issue.labels),
        "assigneeId": seed.id_or_null("User", issue.assignee),
        "parentId": seed.id_or_null("Issue", issue.parent),
        "projectId": seed.id_or_null("Project", issue.project),
        "projectMilestoneId": seed.id_or_null("ProjectMilestone", issue.milestone),
        "cycleId": seed.id_or_null("Cycle", issue.cycle), "dueDate": issue.due,
        "creatorId": creator, "subscriberIds": [creator], "previousIdentifiers": [],
        "sortOrder": order, "prioritySortOrder": order, "boardOrder": 0.0, "trashed": null,
        "customerTicketCount": 0, "reactionData": {}, "inheritsSharedAccess": true,
    });
    let handle = format!("{}-{}", issue.team, issue.number);
    let id = seed.add("Issue", &handle, issue.days_ago, fields);
    if let Some(mut record) = seed.store.get("Issue", &id).cloned() {
        identifier::number_issue(&seed.store, &mut record, issue.number);
        seed.store.put("Issue", record);
    }
    let started = day(issue.days_ago - 1);
    let ended = day(issue.days_ago / 2);
    let moments = match issue.state {
        "In Progress" | "In Review" => json!({ "startedAt": started, "updatedAt": started }),
        "Done" => json!({ "startedAt": started, "completedAt": ended, "updatedAt": ended }),
        "Canceled" | "Duplicate" => json!({ "canceledAt": ended, "updatedAt": ended }),
        "Triage" => json!({ "startedTriageAt": day(issue.days_ago) }),
        _ => return,
    };
    seed.amend("Issue", &handle, moments);
}

fn add_comments(seed: &mut SeedBuilder) {
    let first = add_comment(
        seed,
        "first",
        6,
        "jane",
        "Should sessions survive a password change?",
        None,
    );
    add_comment(
        seed,
        "reply",
        5,
        "john",
        "No: a change ends them all.",
        Some(&first),
    );
    add_comment(
        seed,
        "decision",
        4,
        "john",
        "\u{1f4cb} **Decision: argon2id**\n\n* memory: 19 MiB\n* \"iterations\": 2\n\n```toml\nm_cost = 19456\n```",
        None,
    );
}

/// Adds a comment on PSN-123 and returns its id.
fn add_comment(
    seed: &mut SeedBuilder,
    handle: &str,
    days_ago: i64,
    user: &str,
    body: &str,
    parent: Option<&str>,
) -> String {
    let issue = seed.id("Issue", "PSN-123");
    let page = seed.url("Issue", "PSN-123");
    let fields = json!({ "body": markdown::normalise(body), "issueId": issue, "userId": seed.id("User", user),
                         "parentId": parent, "reactionData": {} });
    let id = seed.add("Comment", handle, days_ago, fields);
    let anchor = id.rsplit('-').next().unwrap_or_default();
    let url = format!("{page}#comment-{anchor}");
    seed.amend("Comment", handle, json!({ "url": url }));
    id
}

fn add_attachments(seed: &mut SeedBuilder) {
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

fn add_relations(seed: &mut SeedBuilder) {
    for (kind, issue, related) in [
        ("blocks", "ENG-230", "ENG-232"),
        ("duplicate", "SUP-6", "SUP-7"),
    ] {
        let fields = json!({
            "type": kind, "issueId": seed.id("Issue", issue), "relatedIssueId": seed.id("Issue", related),
        });
        seed.add("IssueRelation", kind, 3, fields);
    }
}

fn add_history(seed: &mut SeedBuilder) {
    let state = |seed: &SeedBuilder, name: &str| seed.id("WorkflowState", &format!("PSN/{name}"));
    let changes = [
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
    for (index, (days_ago, change)) in changes.into_iter().enumerate() {
        let handle = format!("PSN-123/{index}");
        let fields = json!({ "issueId": seed.id("Issue", "PSN-123"),
                             "actorId": seed.id("User", "john") });
        seed.add("IssueHistory", &handle, days_ago, fields);
        seed.amend("IssueHistory", &handle, change);
    }
    let moments = json!({ "startedAt": day(8), "updatedAt": day(7) });
    seed.amend("Issue", "PSN-123", moments);
}

/// Adds a history with what is rare: a state path from Backlog to Done, changes by an integration and by several people,
/// a label that was added and removed again. It comes after all other records, whose ids therefore do not depend on it.
pub(super) fn add_further_history(seed: &mut SeedBuilder) {
    let state = |seed: &SeedBuilder, name: &str| seed.id("WorkflowState", &format!("ENG/{name}"));
    let jane = seed.id("User", "jane");
    let backend = seed.ids("IssueLabel", &["ENG/backend"]);
    let bot = json!({ "id": "github", "type": "github", "name": "GitHub" });
    let changes = [
        (
            "ENG-226",
            44,
            json!({ "actorId": jane, "fromStateId": state(seed, "Backlog"),
                    "toStateId": state(seed, "In Progress"), "toAssigneeId": jane }),
        ),
        (
            "ENG-226",
            40,
            json!({ "actorId": jane, "addedLabelIds": backend }),
        ),
        (
            "ENG-226",
            30,
            json!({ "actorId": jane, "removedLabelIds": backend }),
        ),
        (
            "ENG-226",
            22,
            json!({ "botActor": bot, "fromStateId": state(seed, "In Progress"),
                    "toStateId": state(seed, "Done") }),
        ),
        (
            "PSN-123",
            7,
            json!({ "updatedDescription": true,
                    "descriptionUpdatedByIds": seed.ids("User", &["john", "jane"]) }),
        ),
    ];
    for (index, (issue, days_ago, change)) in changes.into_iter().enumerate() {
        let handle = format!("{issue}/further/{index}");
        let at = day(days_ago);
        let fields =
            json!({ "issueId": seed.id("Issue", issue), "createdAt": at, "updatedAt": at });
        seed.add("IssueHistory", &handle, days_ago, fields);
        seed.amend("IssueHistory", &handle, change);
    }
}

fn add_project_update(seed: &mut SeedBuilder) {
    let project = seed.id("Project", "auth");
    let slug = "f00dcafe0001";
    let page = seed.url("Project", "auth");
    let fields = json!({
        "projectId": project, "userId": seed.id("User", "john"), "health": "onTrack",
        "body": "The session table is in.\n\n* next: tokens", "slugId": slug,
        "url": format!("{page}#projectUpdate-{slug}"), "isDiffHidden": false, "reactionData": {},
    });
    let id = seed.add("ProjectUpdate", "auth", 3, fields);
    let health: Value =
        json!({ "health": "onTrack", "healthUpdatedAt": day(3), "lastUpdateId": id });
    seed.amend("Project", "auth", health);
}

/// The description of PSN-123, with a checklist between CCPM's markers.
const AUTHENTICATION: &str = "\
## Overview

Users sign in with *email and password*; sessions last 30 days.

<!-- ccpm-checklist-start -->
* [X] Design the session table
* [ ] Hash passwords with argon2
* [ ] Issue and rotate tokens
* [ ] Rate-limit failed attempts
<!-- ccpm-checklist-end -->

Progress: 25% (1/4 completed)
Last updated: 2025-01-14 09:30 UTC

## Notes

Keep `auth_token` out of the logs.";

/// The description of PSN-124, with a checklist under a header.
const PASSWORD_RESET: &str = "\
Reset by mail.

## Implementation Checklist

* [X] Mail template
* [X] Token with a one-hour life
* [ ] Form";

/// A description full of text that breaks careless YAML: quotes, colons, emoji, a fence, a line that looks like a document end.
const AWKWARD: &str = "\
He said: \"it's 100% broken\" \u{2014} see key: value, [brackets], {braces}, #hash and 'quotes' \u{1f600}

```yaml
operation: get_issue
params:
  issue_id: \"ENG-231\"   # trailing comment
---
```

* first: a
* second: \"b\"
* no: yes";

//! Projects with what belongs to them, initiatives, cycles, documents, templates.

use serde_json::json;

use crate::sandbox::markdown;

use super::{SeedBuilder, day};

/// The name, type and color of the project statuses, one for each type.
const STATUSES: [(&str, &str, &str); 6] = [
    ("Backlog", "backlog", "#bec2c8"),
    ("Planned", "planned", "#e2e2e2"),
    ("In Progress", "started", "#f2c94c"),
    ("Paused", "paused", "#f2994a"),
    ("Completed", "completed", "#5e6ad2"),
    ("Canceled", "canceled", "#95a2b3"),
];

/// A project in short. Team and lead are handles.
pub(super) struct Project<'s> {
    pub(super) handle: &'s str,
    pub(super) name: &'s str,
    pub(super) team: &'s str,
    pub(super) status: &'s str,
    pub(super) lead: Option<&'s str>,
    pub(super) description: &'s str,
}

/// Two of the projects have the same name.
const PROJECTS: [Project<'_>; 5] = [
    Project {
        handle: "auth",
        name: "Auth System",
        team: "ENG",
        status: "Planned",
        lead: Some("john"),
        description: "Sign-in, sessions and tokens",
    },
    Project {
        handle: "design",
        name: "Design System",
        team: "DES",
        status: "In Progress",
        lead: Some("jane"),
        description: "Components & tokens: one source",
    },
    Project {
        handle: "mobile-eng",
        name: "Mobile App",
        team: "ENG",
        status: "In Progress",
        lead: None,
        description: "The app itself",
    },
    Project {
        handle: "mobile-des",
        name: "Mobile App",
        team: "DES",
        status: "Backlog",
        lead: Some("jane"),
        description: "How the app looks",
    },
    Project {
        handle: "legacy",
        name: "Legacy Portal",
        team: "ENG",
        status: "Completed",
        lead: None,
        description: "",
    },
];

/// Adds the project statuses, the projects with their milestones, the initiative, the cycles, the document and the
/// template of the standard workspace.
pub(super) fn add_all(seed: &mut SeedBuilder) {
    for (position, (name, kind, color)) in (0_u8..).zip(STATUSES) {
        let fields = json!({ "name": name, "type": kind, "color": color, "indefinite": false,
                             "position": f64::from(position) });
        seed.add("ProjectStatus", name, 395, fields);
    }
    for project in &PROJECTS {
        add_project(seed, project, 60);
    }
    set_project_details(seed);
    add_milestones(seed);
    add_initiative(seed);
    add_cycles(seed);
    add_document(seed);
    add_template(seed);
}

/// Adds a project that was created so many days ago.
pub(super) fn add_project(seed: &mut SeedBuilder, project: &Project<'_>, days_ago: i64) {
    let members: Vec<&str> = project.lead.into_iter().collect();
    let fields = json!({
        "name": project.name, "description": project.description, "content": null,
        "statusId": seed.id("ProjectStatus", project.status),
        "teamIds": [seed.id("Team", project.team)], "labelIds": [],
        "leadId": seed.id_or_null("User", project.lead), "memberIds": seed.ids("User", &members),
        "creatorId": seed.id("User", "john"), "color": "#5e6ad2", "icon": "Project",
        "priority": 0, "priorityLabel": "No priority", "sortOrder": 0.0, "prioritySortOrder": 0.0,
    });
    seed.add("Project", project.handle, days_ago, fields);
    seed.set_page_url("Project", project.handle, "project", project.name);
}

fn set_project_details(seed: &mut SeedBuilder) {
    let label = seed.id("ProjectLabel", "q1");
    seed.amend(
        "Project",
        "auth",
        json!({ "startDate": "2025-01-06", "targetDate": "2025-03-31", "labelIds": [label],
                "content": markdown::normalise(AUTH_PROJECT) }),
    );
    let started = json!({ "startedAt": day(40) });
    seed.amend("Project", "design", started.clone());
    seed.amend("Project", "mobile-eng", started);
    seed.amend(
        "Project",
        "legacy",
        json!({ "archivedAt": day(10), "startedAt": day(50), "completedAt": day(11) }),
    );
}

fn add_milestones(seed: &mut SeedBuilder) {
    for (order, (name, date)) in (0_u8..).zip([("Beta", "2025-02-14"), ("GA", "2025-03-31")]) {
        let fields = json!({
            "name": name, "projectId": seed.id("Project", "auth"), "targetDate": date,
            "sortOrder": f64::from(order), "status": "unstarted", "description": null,
        });
        seed.add("ProjectMilestone", name, 55, fields);
    }
}

fn add_initiative(seed: &mut SeedBuilder) {
    let fields = json!({
        "name": "Trustworthy accounts", "description": "Sign-in that nobody worries about",
        "status": "Active", "ownerId": seed.id("User", "john"),
        "creatorId": seed.id("User", "john"), "projectIds": [seed.id("Project", "auth")],
        "organizationId": seed.id("Organization", "acme"), "sortOrder": 0.0, "priority": 0,
        "color": "#5e6ad2", "targetDate": "2025-06-30", "identifier": "I-1",
        "previousIdentifiers": [], "labelIds": [], "frequencyResolution": "weekly",
        "visibility": "public",
    });
    seed.add("Initiative", "accounts", 58, fields);
    seed.set_page_url(
        "Initiative",
        "accounts",
        "initiative",
        "Trustworthy accounts",
    );
}

/// Adds three cycles of two weeks each, of which the second is active at the moment of the seed.
fn add_cycles(seed: &mut SeedBuilder) {
    for (number, name, starts, ends) in [
        (11.0, None, "2024-12-30", "2025-01-13"),
        (12.0, None, "2025-01-13", "2025-01-27"),
        (13.0, Some("Hardening"), "2025-01-27", "2025-02-10"),
    ] {
        let done = (number < 12.0).then(|| format!("{ends}T00:00:00.000Z"));
        let fields = json!({
            "number": number, "name": name, "teamId": seed.id("Team", "ENG"),
            "startsAt": format!("{starts}T00:00:00.000Z"),
            "endsAt": format!("{ends}T00:00:00.000Z"), "completedAt": done,
        });
        seed.add("Cycle", &format!("ENG/{number}"), 30, fields);
    }
}

fn add_document(seed: &mut SeedBuilder) {
    let content = seed.store.new_id();
    let author = seed.id("User", "john");
    let fields = json!({
        "title": "Auth System Spec", "content": markdown::normalise(AUTH_SPEC), "icon": null, "color": null,
        "projectId": seed.id("Project", "auth"), "documentContentId": content,
        "creatorId": author, "updatedById": author, "subscriberIds": [author], "sortOrder": 0.0,
    });
    seed.add("Document", "spec", 20, fields);
    seed.set_page_url("Document", "spec", "document", "Auth System Spec");
}

fn add_template(seed: &mut SeedBuilder) {
    let fields = json!({
        "name": "Bug report", "type": "issue", "teamId": seed.id("Team", "ENG"),
        "description": "What happened, what should have", "sortOrder": 0.0,
        "creatorId": seed.id("User", "jane"), "organizationId": seed.id("Organization", "acme"),
        "templateData": json!({
            "title": "Bug: ", "description": "## Steps\n\n## Expected\n\n## Actual",
            "priority": 2, "labelIds": [seed.id("IssueLabel", "bug")],
        }).to_string(),
    });
    let id = seed.add("Template", "bug-report", 250, fields);
    seed.amend("Team", "ENG", json!({ "defaultTemplateForMembersId": id }));
}

/// Adds templates with what is rare: names that two teams have, or a team and the workspace; sub-issues; a default for
/// those who are not members; a template of projects. They come after all other records, whose ids therefore do not
/// depend on them.
pub(super) fn add_further_templates(seed: &mut SeedBuilder) {
    let bug = seed.id("IssueLabel", "bug");
    let templates = [
        (
            "incident",
            None,
            "Incident",
            "issue",
            json!({
                "title": "Incident: ", "description": "## Impact\n\n* [ ] Tell the customers",
                "priority": 1, "labelIds": [bug],
                "subIssues": [{ "title": "Write the review", "priority": 2 },
                              { "title": "Close the gap" }],
            }),
        ),
        (
            "ENG/feature",
            Some("ENG"),
            "Feature request",
            "issue",
            json!({
                "title": "Feature: ", "description": "## Why\n\n## What",
                "stateId": seed.id("WorkflowState", "ENG/Todo"),
                "assigneeId": seed.id("User", "jane"), "estimate": 3,
                "labelIds": seed.ids("IssueLabel", &["feature", "ENG/planning"]),
                "projectId": seed.id("Project", "auth"),
            }),
        ),
        (
            "feature",
            None,
            "Feature request",
            "issue",
            json!({ "title": "Request: ", "labelIds": seed.ids("IssueLabel", &["feature"]) }),
        ),
        (
            "DES/bug-report",
            Some("DES"),
            "Bug report",
            "issue",
            json!({ "title": "Design bug: ", "priority": 3 }),
        ),
        (
            "SUP/customer",
            Some("SUP"),
            "Customer request",
            "issue",
            json!({ "description": "## Who asks", "priority": 2 }),
        ),
        (
            "quarter",
            None,
            "Quarterly plan",
            "project",
            json!({ "name": "Plan for the quarter" }),
        ),
    ];
    for (position, (handle, team, name, kind, data)) in (1_u8..).zip(templates) {
        let fields = json!({
            "name": name, "type": kind, "teamId": seed.id_or_null("Team", team),
            "description": null, "sortOrder": f64::from(position),
            "creatorId": seed.id("User", "jane"), "organizationId": seed.id("Organization", "acme"),
            "templateData": data.to_string(),
        });
        seed.add("Template", handle, 200, fields);
    }
    let default = seed.id("Template", "SUP/customer");
    let default = json!({ "defaultTemplateForNonMembersId": default });
    seed.amend("Team", "SUP", default);
}

/// The content of the project "Auth System", before it is normalised.
const AUTH_PROJECT: &str = "# Goal\n\nOne sign-in for every surface.";

/// The content of the document "Auth System Spec", before it is normalised.
const AUTH_SPEC: &str = "\
# Auth System Spec

## Flow

1. The user signs in.
2. The server answers with a token.

```rust
fn verify(token: &str) -> bool {
    !token.is_empty() // - not a list
}
```
";

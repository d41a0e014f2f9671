//! Projects with what belongs to them, initiatives, cycles, documents, templates.

use serde_json::json;

use crate::sandbox::{identifier, markdown};

use super::builder::Seed;
use super::texts;

/// Name, type and colour of the project statuses, one for each type.
const STATUSES: [(&str, &str, &str); 6] = [
    ("Backlog", "backlog", "#bec2c8"),
    ("Planned", "planned", "#e2e2e2"),
    ("In Progress", "started", "#f2c94c"),
    ("Paused", "paused", "#f2994a"),
    ("Completed", "completed", "#5e6ad2"),
    ("Canceled", "canceled", "#95a2b3"),
];

/// A project in short. Handles are those of the other tables.
pub(super) struct Project<'s> {
    pub(super) handle: &'s str,
    pub(super) name: &'s str,
    pub(super) team: &'s str,
    pub(super) status: &'s str,
    pub(super) lead: Option<&'s str>,
    pub(super) description: &'s str,
}

/// Two of them have the same name.
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

/// Plants the projects and their surroundings.
pub(super) fn plant(seed: &mut Seed) {
    for (position, (name, kind, color)) in (0_u8..).zip(STATUSES) {
        let fields = json!({ "name": name, "type": kind, "color": color, "indefinite": false,
                             "position": f64::from(position) });
        seed.add("ProjectStatus", name, 395, fields);
    }
    for project in &PROJECTS {
        plant_project(seed, project, 60);
    }
    plant_dates(seed);
    plant_milestones(seed);
    plant_initiative(seed);
    plant_cycles(seed);
    plant_document(seed);
    plant_template(seed);
}

/// Plants a project made so many days ago.
pub(super) fn plant_project(seed: &mut Seed, project: &Project<'_>, days_ago: i64) {
    let members: Vec<&str> = project.lead.into_iter().collect();
    let fields = json!({
        "name": project.name, "description": project.description, "content": null,
        "statusId": seed.id("ProjectStatus", project.status),
        "teamIds": [seed.id("Team", project.team)], "labelIds": [],
        "leadId": seed.maybe("User", project.lead), "memberIds": seed.ids("User", &members),
        "creatorId": seed.id("User", "john"), "color": "#5e6ad2", "icon": "Project",
        "priority": 0, "priorityLabel": "No priority", "sortOrder": 0.0, "prioritySortOrder": 0.0,
    });
    let id = seed.add("Project", project.handle, days_ago, fields);
    let slug = identifier::slug_id(&id);
    let url = identifier::page_url("project", project.name, &slug);
    seed.amend(
        "Project",
        project.handle,
        json!({ "slugId": slug, "url": url }),
    );
}

fn plant_dates(seed: &mut Seed) {
    let label = seed.id("ProjectLabel", "q1");
    seed.amend(
        "Project",
        "auth",
        json!({ "startDate": "2025-01-06", "targetDate": "2025-03-31", "labelIds": [label],
                "content": markdown::normalise(texts::AUTH_PROJECT) }),
    );
    let started = json!({ "startedAt": Seed::day(40) });
    seed.amend("Project", "design", started.clone());
    seed.amend("Project", "mobile-eng", started);
    seed.amend(
        "Project",
        "legacy",
        json!({ "archivedAt": Seed::day(10), "startedAt": Seed::day(50), "completedAt": Seed::day(11) }),
    );
}

fn plant_milestones(seed: &mut Seed) {
    for (order, (name, date)) in (0_u8..).zip([("Beta", "2025-02-14"), ("GA", "2025-03-31")]) {
        let fields = json!({
            "name": name, "projectId": seed.id("Project", "auth"), "targetDate": date,
            "sortOrder": f64::from(order), "status": "unstarted", "description": null,
        });
        seed.add("ProjectMilestone", name, 55, fields);
    }
}

fn plant_initiative(seed: &mut Seed) {
    let fields = json!({
        "name": "Trustworthy accounts", "description": "Sign-in that nobody worries about",
        "status": "Active", "ownerId": seed.id("User", "john"),
        "creatorId": seed.id("User", "john"), "projectIds": [seed.id("Project", "auth")],
        "organizationId": seed.id("Organization", "acme"), "sortOrder": 0.0, "priority": 0,
        "color": "#5e6ad2", "targetDate": "2025-06-30", "identifier": "I-1",
        "previousIdentifiers": [], "labelIds": [], "frequencyResolution": "weekly",
        "visibility": "public",
    });
    let id = seed.add("Initiative", "accounts", 58, fields);
    let slug = identifier::slug_id(&id);
    let url = identifier::page_url("initiative", "Trustworthy accounts", &slug);
    seed.amend(
        "Initiative",
        "accounts",
        json!({ "slugId": slug, "url": url }),
    );
}

/// Three cycles of two weeks around the clock's day, the second of them on.
fn plant_cycles(seed: &mut Seed) {
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

fn plant_document(seed: &mut Seed) {
    let content = seed.store().new_id();
    let author = seed.id("User", "john");
    let fields = json!({
        "title": "Auth System Spec", "content": markdown::normalise(texts::AUTH_SPEC), "icon": null, "color": null,
        "projectId": seed.id("Project", "auth"), "documentContentId": content,
        "creatorId": author, "updatedById": author, "subscriberIds": [author], "sortOrder": 0.0,
    });
    let id = seed.add("Document", "spec", 20, fields);
    let slug = identifier::slug_id(&id);
    let url = identifier::page_url("document", "Auth System Spec", &slug);
    seed.amend("Document", "spec", json!({ "slugId": slug, "url": url }));
}

fn plant_template(seed: &mut Seed) {
    let fields = json!({
        "name": "Bug report", "type": "issue", "teamId": seed.id("Team", "ENG"),
        "description": "What happened, what should have", "sortOrder": 0.0,
        "creatorId": seed.id("User", "jane"), "organizationId": seed.id("Organization", "acme"),
        "templateData": {
            "title": "Bug: ", "description": "## Steps\n\n## Expected\n\n## Actual",
            "priority": 2, "labelIds": [seed.id("IssueLabel", "bug")],
        },
    });
    let id = seed.add("Template", "bug-report", 250, fields);
    seed.amend("Team", "ENG", json!({ "defaultTemplateForMembersId": id }));
}

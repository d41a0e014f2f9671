//! The organization, its users, its teams with their workflow states, and its labels.

use serde_json::{Value, json};

use crate::sandbox::identifier::LAST_NUMBER;

use super::{SeedBuilder, day};

/// A user in short.
pub(super) struct Person<'s> {
    pub(super) handle: &'s str,
    pub(super) name: &'s str,
    pub(super) display_name: &'s str,
    pub(super) email: &'s str,
    pub(super) initials: &'s str,
    pub(super) admin: bool,
    pub(super) active: bool,
    pub(super) app: bool,
}

pub(super) const PLAIN_PERSON: Person<'_> = Person {
    handle: "",
    name: "",
    display_name: "",
    email: "",
    initials: "",
    admin: false,
    active: true,
    app: false,
};

/// Two Johns, of whom the first is the viewer; a user who has left; an app.
const PEOPLE: [Person<'_>; 5] = [
    Person {
        handle: "john",
        name: "John Doe",
        display_name: "john",
        email: "john@example.com",
        initials: "JD",
        admin: true,
        ..PLAIN_PERSON
    },
    Person {
        handle: "jane",
        name: "Jane Smith",
        display_name: "jane",
        email: "jane@example.com",
        initials: "JS",
        ..PLAIN_PERSON
    },
    Person {
        handle: "johnr",
        name: "John Roe",
        display_name: "johnr",
        email: "john.roe@example.com",
        initials: "JR",
        ..PLAIN_PERSON
    },
    Person {
        handle: "old",
        name: "Old Timer",
        display_name: "oldtimer",
        email: "old.timer@example.com",
        initials: "OT",
        active: false,
        ..PLAIN_PERSON
    },
    Person {
        handle: "bot",
        name: "CI Bot",
        display_name: "cibot",
        email: "ci-bot@example.com",
        initials: "CB",
        app: true,
        ..PLAIN_PERSON
    },
];

/// A team in short. Its handle is its key.
pub(super) struct Team<'s> {
    pub(super) name: &'s str,
    pub(super) key: &'s str,
    pub(super) parent: Option<&'s str>,
    pub(super) estimates: &'s str,
    pub(super) triage: bool,
    pub(super) cycles: bool,
    pub(super) members: &'s [&'s str],
    /// The number of the team's newest issue.
    pub(super) last_number: u32,
}

pub(super) const PLAIN_TEAM: Team<'_> = Team {
    name: "",
    key: "",
    parent: None,
    estimates: "notUsed",
    triage: false,
    cycles: false,
    members: &[],
    last_number: 0,
};

const TEAMS: [Team<'_>; 6] = [
    Team {
        name: "Engineering",
        key: "ENG",
        estimates: "fibonacci",
        cycles: true,
        members: &["john", "jane", "johnr", "bot"],
        last_number: 233,
        ..PLAIN_TEAM
    },
    Team {
        name: "Platform",
        key: "PLT",
        parent: Some("ENG"),
        estimates: "exponential",
        members: &["john", "johnr"],
        last_number: 3,
        ..PLAIN_TEAM
    },
    Team {
        name: "Design",
        key: "DES",
        estimates: "linear",
        members: &["jane"],
        last_number: 12,
        ..PLAIN_TEAM
    },
    Team {
        name: "Personal",
        key: "PSN",
        members: &["john"],
        last_number: 130,
        ..PLAIN_TEAM
    },
    Team {
        name: "Support",
        key: "SUP",
        estimates: "tShirt",
        triage: true,
        members: &["jane", "johnr"],
        last_number: 7,
        ..PLAIN_TEAM
    },
    Team {
        name: "Operations",
        key: "OPS",
        members: &["john"],
        ..PLAIN_TEAM
    },
];

/// The name, type and color of the workflow states, in order of position. A list of states comes newest first and so in
/// the opposite order.
pub(super) const STATES: [(&str, &str, &str); 7] = [
    ("Backlog", "backlog", "#bec2c8"),
    ("Todo", "unstarted", "#e2e2e2"),
    ("In Progress", "started", "#f2c94c"),
    ("In Review", "started", "#0f783c"),
    ("Done", "completed", "#5e6ad2"),
    ("Canceled", "canceled", "#95a2b3"),
    ("Duplicate", "duplicate", "#95a2b3"),
];

/// A label in short: its team (`None` for the workspace), name, color and group.
pub(super) type Label<'s> = (Option<&'s str>, &'s str, &'s str, Option<&'s str>);

/// `frontend` is the name of a label in two teams, `planning` in two others.
const LABELS: [Label<'_>; 10] = [
    (None, "bug", "#eb5757", None),
    (None, "feature", "#bb87fc", None),
    (Some("ENG"), "planning", "#f7c8c1", None),
    (Some("ENG"), "backend", "#26b5ce", None),
    (Some("ENG"), "frontend", "#4cb782", None),
    (Some("DES"), "frontend", "#f2994a", None),
    (Some("PSN"), "planning", "#f7c8c1", None),
    (Some("ENG"), "Chore", "#95a2b3", Some("ENG/Type")),
    (Some("ENG"), "Spike", "#5e6ad2", Some("ENG/Type")),
    (Some("ENG"), "legacy", "#bec2c8", None),
];

/// The number of labels of the team Operations: more than one page of 250 holds.
const SERVICE_LABELS: u16 = 300;

/// Adds the organization, the users, the teams and the labels of the standard workspace.
pub(super) fn add_all(seed: &mut SeedBuilder) {
    seed.add(
        "Organization",
        "acme",
        400,
        json!({ "name": "Acme", "urlKey": "acme", "userCount": PEOPLE.len(),
                "workingDays": [1.0, 2.0, 3.0, 4.0, 5.0], "fiscalYearStartMonth": 0.0,
                "previousUrlKeys": ["acme-labs"], "roadmapEnabled": true }),
    );
    for person in &PEOPLE {
        add_person(seed, person, 399);
    }
    for team in &TEAMS {
        add_team(seed, team, 390);
    }
    add_standard_labels(seed);
}

/// Adds a user who joined so many days ago.
pub(super) fn add_person(seed: &mut SeedBuilder, person: &Person<'_>, days_ago: i64) {
    let name = person.display_name;
    let fields = json!({
        "name": person.name, "displayName": name, "email": person.email,
        "initials": person.initials, "admin": person.admin, "owner": person.admin,
        "active": person.active, "app": person.app, "guest": false,
        "isMe": person.handle == "john", "isAssignable": person.active,
        "isMentionable": person.active, "supportsAgentSessions": person.app,
        "canAccessAnyPublicTeam": true, "avatarBackgroundColor": "#5e6ad2",
        "timezone": "Europe/London", "organizationId": seed.id("Organization", "acme"),
        "url": format!("https://linear.app/acme/profiles/{name}"),
    });
    seed.add("User", person.handle, days_ago, fields);
}

/// Adds a team that was created so many days ago, and its workflow states, which came ten days later.
pub(super) fn add_team(seed: &mut SeedBuilder, team: &Team<'_>, days_ago: i64) {
    let ancestors = seed.ids("Team", team.parent.as_slice());
    let fields = json!({
        "name": team.name, "displayName": team.name, "key": team.key,
        "description": format!("The {} team", team.name), "color": "#5e6ad2", "icon": "Computer",
        "parentId": seed.id_or_null("Team", team.parent), "ancestorIds": ancestors,
        "memberIds": seed.ids("User", team.members),
        "organizationId": seed.id("Organization", "acme"),
        "private": false, "visibility": "public", "timezone": "Europe/London",
        "triageEnabled": team.triage, "cyclesEnabled": team.cycles, "cycleDuration": 2.0,
        "cycleCooldownTime": 0.0, "cycleStartDay": 1.0, "upcomingCycleCount": 2.0,
        "issueEstimationType": team.estimates,
        "issueEstimationExtended": team.estimates == "fibonacci",
        "issueEstimationAllowZero": false, "defaultIssueEstimate": 1.0,
        "inheritIssueEstimation": false, "inheritWorkflowStatuses": false,
        "autoArchivePeriod": 6.0, "setIssueSortOrderOnStateChange": "default",
        "viewerCanJoin": true, "viewerCanLeave": true,
        LAST_NUMBER: team.last_number,
    });
    seed.add("Team", team.key, days_ago, fields);
    let triage = [("Triage", "triage", "#fc7840")];
    let states = triage.iter().filter(|_| team.triage).chain(&STATES);
    for (position, (name, kind, color)) in (0_u8..).zip(states) {
        let handle = format!("{}/{name}", team.key);
        let fields = json!({
            "name": name, "type": kind, "color": color, "position": f64::from(position),
            "teamId": seed.id("Team", team.key),
        });
        seed.add("WorkflowState", &handle, days_ago - 10, fields);
    }
    let state_id = |name: &str| json!(seed.id("WorkflowState", &format!("{}/{name}", team.key)));
    let triage_id = if team.triage {
        state_id("Triage")
    } else {
        Value::Null
    };
    let defaults =
        json!({ "defaultIssueStateId": state_id("Backlog"), "triageIssueStateId": triage_id });
    seed.amend("Team", team.key, defaults);
}

fn add_standard_labels(seed: &mut SeedBuilder) {
    add_label(seed, (Some("ENG"), "Type", "#5e6ad2", None), 300);
    seed.amend("IssueLabel", "ENG/Type", json!({ "isGroup": true }));
    for label in LABELS {
        add_label(seed, label, 300);
    }
    let retirement = json!({
        "retiredAt": day(30), "retiredById": seed.id("User", "john"),
        "description": "Work on the old portal",
    });
    seed.amend("IssueLabel", "ENG/legacy", retirement);
    for number in 1..=SERVICE_LABELS {
        let name = format!("service-{number:03}");
        add_label(seed, (Some("OPS"), &name, "#95a2b3", None), 100);
    }
    let creator = seed.id("User", "john");
    seed.add(
        "ProjectLabel",
        "q1",
        200,
        json!({ "name": "Q1", "color": "#f2c94c", "isGroup": false, "creatorId": creator }),
    );
}

/// Adds a label that was created so many days ago. Its handle is its name, after its team's key and a slash where it
/// belongs to a team.
pub(super) fn add_label(
    seed: &mut SeedBuilder,
    (team, name, color, group): Label<'_>,
    days_ago: i64,
) {
    let handle = team.map_or_else(|| name.to_owned(), |team| format!("{team}/{name}"));
    let fields = json!({
        "name": name, "color": color, "isGroup": false, "description": null,
        "teamId": seed.id_or_null("Team", team), "parentId": seed.id_or_null("IssueLabel", group),
        "organizationId": seed.id("Organization", "acme"),
        "creatorId": seed.id("User", "john"), "retiredAt": null,
    });
    seed.add("IssueLabel", &handle, days_ago, fields);
}

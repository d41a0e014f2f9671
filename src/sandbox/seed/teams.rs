//! Teams and their workflow states.

use serde_json::{Value, json};

use crate::sandbox::identifier::LAST_NUMBER;

use super::builder::Seed;

/// A team in short; its handle is its key.
pub(super) struct Team<'s> {
    pub(super) name: &'s str,
    pub(super) key: &'s str,
    pub(super) parent: Option<&'s str>,
    pub(super) estimates: &'s str,
    pub(super) triage: bool,
    pub(super) cycles: bool,
    pub(super) members: &'s [&'s str],
    pub(super) last_number: u32,
}

const TEAMS: [Team<'_>; 6] = [
    Team {
        name: "Engineering",
        key: "ENG",
        parent: None,
        estimates: "fibonacci",
        triage: false,
        cycles: true,
        members: &["john", "jane", "johnr", "bot"],
        last_number: 233,
    },
    Team {
        name: "Platform",
        key: "PLT",
        parent: Some("ENG"),
        estimates: "exponential",
        triage: false,
        cycles: false,
        members: &["john", "johnr"],
        last_number: 3,
    },
    Team {
        name: "Design",
        key: "DES",
        parent: None,
        estimates: "linear",
        triage: false,
        cycles: false,
        members: &["jane"],
        last_number: 12,
    },
    Team {
        name: "Personal",
        key: "PSN",
        parent: None,
        estimates: "notUsed",
        triage: false,
        cycles: false,
        members: &["john"],
        last_number: 130,
    },
    Team {
        name: "Support",
        key: "SUP",
        parent: None,
        estimates: "tShirt",
        triage: true,
        cycles: false,
        members: &["jane", "johnr"],
        last_number: 7,
    },
    Team {
        name: "Operations",
        key: "OPS",
        parent: None,
        estimates: "notUsed",
        triage: false,
        cycles: false,
        members: &["john"],
        last_number: 0,
    },
];

/// Name, type and colour, in order of position. A list comes newest first and so in the opposite order.
pub(super) const STATES: [(&str, &str, &str); 7] = [
    ("Backlog", "backlog", "#bec2c8"),
    ("Todo", "unstarted", "#e2e2e2"),
    ("In Progress", "started", "#f2c94c"),
    ("In Review", "started", "#0f783c"),
    ("Done", "completed", "#5e6ad2"),
    ("Canceled", "canceled", "#95a2b3"),
    ("Duplicate", "duplicate", "#95a2b3"),
];

/// Plants the teams, each with its states.
pub(super) fn plant(seed: &mut Seed) {
    for team in &TEAMS {
        plant_team(seed, team, 390);
    }
}

/// Plants a team made so many days ago, with its states.
pub(super) fn plant_team(seed: &mut Seed, team: &Team<'_>, days_ago: i64) {
    plant_alone(seed, team, days_ago);
    plant_states(seed, team, days_ago - 10);
}

fn plant_alone(seed: &mut Seed, team: &Team<'_>, days_ago: i64) {
    let ancestors = seed.ids("Team", team.parent.as_slice());
    let fields = json!({
        "name": team.name, "displayName": team.name, "key": team.key,
        "description": format!("The {} team", team.name), "color": "#5e6ad2", "icon": "Computer",
        "parentId": seed.maybe("Team", team.parent), "ancestorIds": ancestors,
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
}

fn plant_states(seed: &mut Seed, team: &Team<'_>, days_ago: i64) {
    let triage = [("Triage", "triage", "#fc7840")];
    let states = triage.iter().filter(|_| team.triage).chain(&STATES);
    for (position, (name, kind, color)) in (0_u8..).zip(states) {
        let handle = format!("{}/{name}", team.key);
        let fields = json!({
            "name": name, "type": kind, "color": color, "position": f64::from(position),
            "teamId": seed.id("Team", team.key),
        });
        seed.add("WorkflowState", &handle, days_ago, fields);
    }
    let backlog = seed.id("WorkflowState", &format!("{}/Backlog", team.key));
    let triage = if team.triage {
        json!(seed.id("WorkflowState", &format!("{}/Triage", team.key)))
    } else {
        Value::Null
    };
    seed.amend(
        "Team",
        team.key,
        json!({ "defaultIssueStateId": backlog, "triageIssueStateId": triage }),
    );
}

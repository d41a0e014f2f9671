//! The issues.

use serde_json::json;

use crate::sandbox::{identifier, markdown};

use super::builder::Seed;
use super::texts;

/// An issue in short. Handles are those of the other tables; `state` is a state's name in the issue's team.
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

pub(super) const PLAIN: Issue<'_> = Issue {
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
        ..PLAIN
    },
    Issue {
        team: "PSN",
        number: 123,
        title: "Implement user authentication",
        description: Some(texts::AUTHENTICATION),
        days_ago: 10,
        state: "In Progress",
        priority: 3,
        estimate: Some(5.0),
        labels: &["bug", "PSN/planning"],
        assignee: Some("john"),
        parent: Some("PSN-100"),
        ..PLAIN
    },
    Issue {
        team: "PSN",
        number: 124,
        title: "Reset forgotten passwords",
        description: Some(texts::PASSWORD_RESET),
        days_ago: 9,
        state: "Todo",
        priority: 4,
        parent: Some("PSN-100"),
        ..PLAIN
    },
    Issue {
        team: "PSN",
        number: 125,
        title: "Tidy the desk",
        days_ago: 8,
        state: "Done",
        ..PLAIN
    },
    Issue {
        team: "PSN",
        number: 130,
        title: "Renew the domain",
        days_ago: 2,
        due: Some("2025-02-01"),
        ..PLAIN
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
        ..PLAIN
    },
    Issue {
        number: 227,
        title: "Support Internet Explorer",
        days_ago: 44,
        state: "Canceled",
        labels: &["ENG/frontend"],
        ..PLAIN
    },
    Issue {
        number: 228,
        title: "Move the old portal's accounts",
        days_ago: 43,
        state: "Done",
        labels: &["ENG/legacy"],
        project: Some("legacy"),
        ..PLAIN
    },
    Issue {
        number: 229,
        title: "Created by mistake",
        days_ago: 42,
        state: "Backlog",
        ..PLAIN
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
        ..PLAIN
    },
    Issue {
        number: 231,
        title: "Fix \"smart quotes\": parser chokes on key: value \u{1f600}",
        description: Some(texts::AWKWARD),
        days_ago: 7,
        state: "In Progress",
        priority: 1,
        labels: &["bug", "ENG/backend"],
        assignee: Some("john"),
        cycle: Some("ENG/12"),
        ..PLAIN
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
        ..PLAIN
    },
    Issue {
        number: 233,
        title: "Plan the offline mode",
        days_ago: 1,
        state: "Backlog",
        labels: &["ENG/planning"],
        project: Some("mobile-eng"),
        ..PLAIN
    },
    Issue {
        team: "PLT",
        number: 3,
        title: "Deploy with one command",
        days_ago: 6,
        state: "Todo",
        labels: &["ENG/backend"],
        assignee: Some("johnr"),
        ..PLAIN
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
        ..PLAIN
    },
    Issue {
        team: "SUP",
        number: 6,
        title: "Invoices arrive twice",
        days_ago: 3,
        state: "Duplicate",
        labels: &["bug"],
        ..PLAIN
    },
    Issue {
        team: "SUP",
        number: 7,
        title: "Customer cannot sign in",
        days_ago: 1,
        state: "Triage",
        labels: &["bug"],
        ..PLAIN
    },
];

const PRIORITIES: [&str; 5] = ["No priority", "Urgent", "High", "Medium", "Low"];

/// Plants the issues; an issue's handle is its identifier.
pub(super) fn plant(seed: &mut Seed) {
    for issue in &ISSUES {
        plant_issue(seed, issue);
    }
    let gone = Seed::day(15);
    seed.amend("Issue", "ENG-228", json!({ "archivedAt": gone }));
    seed.amend(
        "Issue",
        "ENG-229",
        json!({ "archivedAt": gone, "trashed": true }),
    );
}

/// Plants an issue; its handle is its identifier.
pub(super) fn plant_issue(seed: &mut Seed, issue: &Issue<'_>) {
    let creator = seed.id("User", "john");
    let order = -f64::from(issue.number);
    let description = issue.description.map(markdown::normalise);
    let fields = json!({
        "title": issue.title, "description": description, "teamId": seed.id("Team", issue.team),
        "stateId": seed.id("WorkflowState", &format!("{}/{}", issue.team, issue.state)),
        "priority": f64::from(u8::try_from(issue.priority).unwrap_or_default()),
        "priorityLabel": PRIORITIES.get(issue.priority), "estimate": issue.estimate,
        "labelIds": seed.ids("IssueLabel", issue.labels),
        "assigneeId": seed.maybe("User", issue.assignee),
        "parentId": seed.maybe("Issue", issue.parent),
        "projectId": seed.maybe("Project", issue.project),
        "projectMilestoneId": seed.maybe("ProjectMilestone", issue.milestone),
        "cycleId": seed.maybe("Cycle", issue.cycle), "dueDate": issue.due,
        "creatorId": creator, "subscriberIds": [creator], "previousIdentifiers": [],
        "sortOrder": order, "prioritySortOrder": order, "boardOrder": 0.0, "trashed": null,
        "customerTicketCount": 0, "reactionData": {}, "inheritsSharedAccess": true,
    });
    let handle = format!("{}-{}", issue.team, issue.number);
    let id = seed.add("Issue", &handle, issue.days_ago, fields);
    if let Some(mut record) = seed.store().get("Issue", &id).cloned() {
        identifier::number_issue(seed.store(), &mut record, issue.number);
        seed.store().put("Issue", record);
    }
    plant_moments(seed, &handle, issue);
}

/// When work began and ended, as the state has it.
fn plant_moments(seed: &mut Seed, handle: &str, issue: &Issue<'_>) {
    let begun = Seed::day(issue.days_ago - 1);
    let ended = Seed::day(issue.days_ago / 2);
    let fields = match issue.state {
        "In Progress" | "In Review" => json!({ "startedAt": begun, "updatedAt": begun }),
        "Done" => json!({ "startedAt": begun, "completedAt": ended, "updatedAt": ended }),
        "Canceled" | "Duplicate" => json!({ "canceledAt": ended, "updatedAt": ended }),
        "Triage" => json!({ "startedTriageAt": Seed::day(issue.days_ago) }),
        _ => return,
    };
    seed.amend("Issue", handle, fields);
}

//! Issue labels and project labels.

use serde_json::{Value, json};

use super::builder::Seed;

/// Team (none for the workspace), name, colour, group.
type Label = (
    Option<&'static str>,
    &'static str,
    &'static str,
    Option<&'static str>,
);

/// `frontend` stands in two teams, `planning` in two others.
const LABELS: [Label; 10] = [
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

/// How many labels Operations has: more than one page of 250 holds.
const SERVICES: u16 = 300;

/// Plants all labels. A label's handle is its name, after its team's key and a slash where it has a team.
pub(super) fn plant(seed: &mut Seed) {
    add(seed, (Some("ENG"), "Type", "#5e6ad2", None));
    seed.amend("IssueLabel", "ENG/Type", json!({ "isGroup": true }));
    for label in LABELS {
        add(seed, label);
    }
    let retired = json!({
        "retiredAt": Seed::day(30), "retiredById": seed.id("User", "john"),
        "description": "Work on the old portal",
    });
    seed.amend("IssueLabel", "ENG/legacy", retired);
    for number in 1..=SERVICES {
        plant_service(seed, number);
    }
    let creator = seed.id("User", "john");
    seed.add(
        "ProjectLabel",
        "q1",
        200,
        json!({ "name": "Q1", "color": "#f2c94c", "isGroup": false, "creatorId": creator }),
    );
}

fn plant_service(seed: &mut Seed, number: u16) {
    let name = format!("service-{number:03}");
    plant_label(seed, Some("OPS"), &name, ("#95a2b3", None), 100);
}

fn add(seed: &mut Seed, (team, name, color, group): Label) {
    plant_label(seed, team, name, (color, group), 300);
}

/// Plants a label of a team, or of the workspace, with its colour and group, made so many days ago.
pub(super) fn plant_label(
    seed: &mut Seed,
    team: Option<&str>,
    name: &str,
    (color, group): (&str, Option<&str>),
    days_ago: i64,
) {
    let handle = team.map_or_else(|| name.to_owned(), |team| format!("{team}/{name}"));
    let fields = fields(seed, team, name, color, group);
    seed.add("IssueLabel", &handle, days_ago, fields);
}

fn fields(seed: &Seed, team: Option<&str>, name: &str, color: &str, group: Option<&str>) -> Value {
    json!({
        "name": name, "color": color, "isGroup": false, "description": null,
        "teamId": seed.maybe("Team", team), "parentId": seed.maybe("IssueLabel", group),
        "organizationId": seed.id("Organization", "acme"),
        "creatorId": seed.id("User", "john"), "retiredAt": null,
    })
}

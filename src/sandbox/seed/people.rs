//! The organization and its users.

use serde_json::json;

use super::builder::Seed;

/// A user in short; `handle` is what other tables call them.
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

pub(super) const PLAIN: Person<'_> = Person {
    handle: "",
    name: "",
    display_name: "",
    email: "",
    initials: "",
    admin: false,
    active: true,
    app: false,
};

/// Two Johns, of whom one is the viewer; one who has left; one app.
const PEOPLE: [Person<'_>; 5] = [
    Person {
        handle: "john",
        name: "John Doe",
        display_name: "john",
        email: "john@example.com",
        initials: "JD",
        admin: true,
        ..PLAIN
    },
    Person {
        handle: "jane",
        name: "Jane Smith",
        display_name: "jane",
        email: "jane@example.com",
        initials: "JS",
        ..PLAIN
    },
    Person {
        handle: "johnr",
        name: "John Roe",
        display_name: "johnr",
        email: "john.roe@example.com",
        initials: "JR",
        ..PLAIN
    },
    Person {
        handle: "old",
        name: "Old Timer",
        display_name: "oldtimer",
        email: "old.timer@example.com",
        initials: "OT",
        active: false,
        ..PLAIN
    },
    Person {
        handle: "bot",
        name: "CI Bot",
        display_name: "cibot",
        email: "ci-bot@example.com",
        initials: "CB",
        app: true,
        ..PLAIN
    },
];

/// Plants the organization and its users; the first is the viewer.
pub(super) fn plant(seed: &mut Seed) {
    seed.add(
        "Organization",
        "acme",
        400,
        json!({ "name": "Acme", "urlKey": "acme", "userCount": PEOPLE.len(),
                "workingDays": [1.0, 2.0, 3.0, 4.0, 5.0], "fiscalYearStartMonth": 0.0,
                "previousUrlKeys": ["acme-labs"], "roadmapEnabled": true }),
    );
    for person in &PEOPLE {
        plant_person(seed, person, 399);
    }
}

/// Plants a user who joined so many days ago.
pub(super) fn plant_person(seed: &mut Seed, person: &Person<'_>, days_ago: i64) {
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

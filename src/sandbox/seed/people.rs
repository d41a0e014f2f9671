//! The organization and its users.

use serde_json::json;

use super::builder::Seed;

struct Person {
    handle: &'static str,
    name: &'static str,
    display_name: &'static str,
    email: &'static str,
    initials: &'static str,
    admin: bool,
    active: bool,
    app: bool,
}

const PLAIN: Person = Person {
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
const PEOPLE: [Person; 5] = [
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
    let organization = seed.add(
        "Organization",
        "acme",
        400,
        json!({ "name": "Acme", "urlKey": "acme", "userCount": PEOPLE.len(),
                "workingDays": [1.0, 2.0, 3.0, 4.0, 5.0], "fiscalYearStartMonth": 0.0,
                "previousUrlKeys": [], "roadmapEnabled": true }),
    );
    for person in &PEOPLE {
        let name = person.display_name;
        seed.add(
            "User",
            person.handle,
            399,
            json!({
                "name": person.name, "displayName": name, "email": person.email,
                "initials": person.initials, "admin": person.admin, "owner": person.admin,
                "active": person.active, "app": person.app, "guest": false,
                "isMe": person.handle == "john", "isAssignable": person.active,
                "isMentionable": person.active, "supportsAgentSessions": person.app,
                "canAccessAnyPublicTeam": true, "avatarBackgroundColor": "#5e6ad2",
                "timezone": "Europe/London", "organizationId": organization,
                "url": format!("https://linear.app/acme/profiles/{name}"),
            }),
        );
    }
}

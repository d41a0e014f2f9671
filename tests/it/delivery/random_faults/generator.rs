//! What the random tests are built from: random numbers, faults, and what the workspace has afterwards.

use std::collections::BTreeSet;

use linear_ops::sandbox::Act;
use linear_ops::sandbox::refusal::Refusal;
use linear_ops::sandbox::store::text;
use serde_json::Value;

use crate::support::{Answer, TestWorkspace};

/// The new labels that the scenarios ask for.
pub const NEW: [&str; 3] = ["fault-a", "fault-b", "fault-c"];

/// Random numbers that are the same for the same seed (xorshift).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self((seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % most
    }

    pub fn match_name<T: Clone>(&mut self, among: &[T]) -> T {
        among[self.below(among.len())].clone()
    }
}

/// A fault: the request that it affects, and how the request fails.
pub type Fault = (&'static str, Act);

fn refusal(dice: &mut Dice) -> Refusal {
    match dice.below(4) {
        0 => Refusal::forbidden("write"),
        1 => Refusal::usage_limit(),
        _ => Refusal::invalid("Not today"),
    }
}

/// The mutations whose payload may have no entity beside `success: false`.
const NULLABLE: [&str; 4] = [
    "issueCreate",
    "issueUpdate",
    "projectCreate",
    "projectUpdate",
];

/// Returns a random fault of a request with this root field: the field, or a part of a merged document, is refused,
/// limited, or executed without a readable answer, or the whole request fails.
pub fn fault(dice: &mut Dice, roots: &[&'static str]) -> Fault {
    let root = dice.match_name(roots);
    let part = format!("p{}_{root}", dice.below(5));
    let field = dice.match_name(&[root.to_owned(), part]);
    let reset_in_ms = dice.match_name(&[1, 3_600_000]);
    let below = dice.match_name(&[
        "*",
        "entity.id",
        "*.*",
        "*.*.*",
        "entity.title",
        "entity.name",
        "entity.state.name",
    ]);
    let act = match dice.below(22) {
        14 | 15 => Act::field_error(format!("{field}.{below}"), refusal(dice)),
        16 => Act::field_error(format!("*.{below}"), refusal(dice)),
        17 | 18 => Act::null_entity(field),
        19 => Act::VoidedAfterCommit(refusal(dice)),
        20 => Act::limit(field),
        0..=3 => Act::Refuse {
            field,
            refusal: refusal(dice),
        },
        4 if NULLABLE.contains(&root) => Act::SuccessFalse { field },
        4 => Act::null_entity(field),
        5 => Act::RateLimited {
            status: 400,
            reset_in_ms,
            retry_after: None,
        },
        6 => Act::ServiceUnavailableHtml,
        7 => Act::Truncated,
        8 => Act::Drop,
        9 => Act::DropAfterCommit,
        10 => Act::UnavailableAfterCommit,
        11 => Act::EmptyErrors,
        12 => Act::BareError("Something is off".to_owned()),
        _ => Act::InternalError { status: 200 },
    };
    (root, act)
}

/// The records that the workspace has of what a scenario asked for.
#[derive(Debug)]
pub struct Found {
    pub labels: Vec<(String, String)>,
    pub issues: Vec<(String, String, Vec<String>)>,
    pub urls: Vec<String>,
    pub all_labels: BTreeSet<String>,
}

pub fn found(workspace: &TestWorkspace) -> Found {
    let mut found = None;
    workspace.sandbox.edit(|store| {
        let value = |record: &_, field: &str| text(record, field).unwrap_or_default().to_owned();
        let labels = store.all("IssueLabel");
        let labels = labels.map(|label| (value(label, "id"), value(label, "name").to_lowercase()));
        let labels: Vec<(String, String)> = labels.collect();
        let issues = store.all("Issue").map(|issue| {
            let ids = issue.get("labelIds").and_then(Value::as_array);
            let ids = ids.into_iter().flatten().filter_map(Value::as_str);
            (
                value(issue, "identifier"),
                value(issue, "title"),
                ids.map(str::to_owned).collect(),
            )
        });
        found = Some(Found {
            all_labels: labels.iter().map(|(id, _)| id.clone()).collect(),
            issues: issues.collect(),
            urls: store
                .all("Attachment")
                .map(|link| value(link, "url"))
                .collect(),
            labels: labels
                .into_iter()
                .filter(|(_, name)| NEW.contains(&name.as_str()))
                .collect(),
        });
    });
    found.unwrap()
}

impl Found {
    pub fn label(&self, name: &str) -> Option<&str> {
        let mut matches = self.labels.iter().filter(|(_, other)| other == name);
        let found = matches.next().map(|(id, _)| id.as_str());
        assert!(matches.next().is_none(), "label {name} twice");
        found
    }

    pub fn titled(&self, title: &str) -> Option<&(String, String, Vec<String>)> {
        let mut matches = self.issues.iter().filter(|(_, other, _)| other == title);
        let found = matches.next();
        assert!(matches.next().is_none(), "issue {title} twice");
        found
    }

    pub fn is_linked(&self, url: &str) -> bool {
        let count = self.urls.iter().filter(|other| *other == url).count();
        assert!(count < 2, "link {url} twice");
        count == 1
    }

    /// Asserts that nothing exists twice, and that every label of an issue exists.
    pub fn check(&self) {
        for name in NEW {
            self.label(name);
        }
        for (identifier, _, labels) in &self.issues {
            let dead = labels.iter().find(|id| !self.all_labels.contains(*id));
            assert!(dead.is_none(), "{identifier} has a label that is none");
            let distinct: BTreeSet<&String> = labels.iter().collect();
            assert_eq!(distinct.len(), labels.len(), "{identifier}");
        }
    }
}

/// What is reported about one operation, which ran alone or as an item of a batch.
pub struct Report {
    pub succeeded: bool,
    pub code: String,
    pub data: Value,
    /// The whole report as a text, in which warnings and suggestions are searched.
    pub text: String,
}

impl Report {
    pub fn of(answer: &Answer) -> Self {
        Self {
            succeeded: answer.at("/success") == true,
            code: answer.text("/error/code").to_owned(),
            data: answer.at("/data").clone(),
            text: answer.0.to_string(),
        }
    }

    pub fn is_unknown(&self) -> bool {
        self.code == "OUTCOME_UNKNOWN"
    }

    /// Whether the report says that the label was created, or that this is unknown.
    pub fn tells_of_label(&self, name: &str) -> bool {
        self.text.contains(name) || self.text.contains("list_labels")
    }
}

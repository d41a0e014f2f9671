//! An answer reports the true outcome of a write: one test for each rule by which the write engine decides it.
//!
//! Each test sends YAML, and compares the envelope with what the stand-in has afterwards: nothing exists twice, nothing
//! that exists is reported as failed, and nothing that does not exist is reported as done.

mod answers;
mod changes;
mod documents;
mod links;
mod names;
mod reads;
mod regressions;

use linear_ops::sandbox::refusal::Refusal;
use linear_ops::sandbox::store::text;
use linear_ops::sandbox::{Act, Logged};
use serde_json::Value;

use crate::support::failures::{records, with_root};
use crate::support::{Answer, TestWorkspace};

/// The text of every scripted error below a root, which a warning has to repeat.
pub const UNREADABLE: &str = "this field cannot be read";

/// An operation that creates one record, in three variants that do not affect each other.
pub struct Create {
    pub operation: &'static str,
    /// The mutation.
    pub root: &'static str,
    /// The root field of the query that looks for what the mutation created.
    pub look: &'static str,
    /// The parameters of a variant.
    pub params: fn(usize) -> String,
    /// Counts the records of a variant.
    pub count: fn(&TestWorkspace, usize) -> usize,
    /// Whether the record gets an id that the client chose, so that Linear refuses to create it a second time.
    pub has_own_id: bool,
}

/// A word for each variant.
pub const WORDS: [&str; 3] = ["amber", "birch", "cedar"];
/// Two issues for each variant.
pub const PAIRS: [(&str, &str); 3] = [
    ("ENG-231", "PSN-123"),
    ("ENG-232", "PSN-124"),
    ("ENG-233", "PSN-130"),
];

pub const CREATES: [Create; 9] = [
    Create {
        operation: "create_issue",
        root: "issueCreate",
        look: "issues",
        params: |variant| format!("{{team: ENG, title: {}}}", WORDS[variant]),
        count: |workspace, variant| records(workspace, "Issue", "title", WORDS[variant]),
        has_own_id: true,
    },
    Create {
        operation: "create_comment",
        root: "commentCreate",
        look: "comments",
        params: |variant| format!("{{issue_id: ENG-231, body: {}}}", WORDS[variant]),
        count: |workspace, variant| records(workspace, "Comment", "body", WORDS[variant]),
        has_own_id: true,
    },
    Create {
        operation: "get_or_create_label",
        root: "issueLabelCreate",
        look: "issueLabels",
        params: |variant| format!("{{team: ENG, name: {}}}", WORDS[variant]),
        count: |workspace, variant| records(workspace, "IssueLabel", "name", WORDS[variant]),
        has_own_id: true,
    },
    Create {
        operation: "ensure_labels_exist",
        root: "issueLabelCreate",
        look: "issueLabels",
        params: |variant| format!("{{team: ENG, labels: [{}]}}", WORDS[variant]),
        count: |workspace, variant| records(workspace, "IssueLabel", "name", WORDS[variant]),
        has_own_id: true,
    },
    Create {
        operation: "link_url",
        root: "attachmentCreate",
        look: "issue",
        params: |variant| {
            let (issue, word) = (PAIRS[variant].0, WORDS[variant]);
            format!("{{issue_id: {issue}, url: 'https://{word}.example', title: {word}}}")
        },
        count: |workspace, variant| {
            let url = format!("https://{}.example", WORDS[variant]);
            records(workspace, "Attachment", "url", &url)
        },
        has_own_id: false,
    },
    Create {
        operation: "link_url",
        root: "attachmentLinkGitHubPR",
        look: "issue",
        params: |variant| {
            let (issue, word) = (PAIRS[variant].0, WORDS[variant]);
            format!("{{issue_id: {issue}, url: 'https://github.com/acme/{word}/pull/7'}}")
        },
        count: |workspace, variant| {
            let url = format!("https://github.com/acme/{}/pull/7", WORDS[variant]);
            records(workspace, "Attachment", "url", &url)
        },
        has_own_id: false,
    },
    Create {
        operation: "create_document",
        root: "documentCreate",
        look: "documents",
        params: |variant| format!("{{project: Auth System, title: {}}}", WORDS[variant]),
        count: |workspace, variant| records(workspace, "Document", "title", WORDS[variant]),
        has_own_id: true,
    },
    Create {
        operation: "create_project",
        root: "projectCreate",
        look: "projects",
        params: |variant| format!("{{name: {}, teams: [ENG]}}", WORDS[variant]),
        count: |workspace, variant| records(workspace, "Project", "name", WORDS[variant]),
        has_own_id: true,
    },
    Create {
        operation: "create_relation",
        root: "issueRelationCreate",
        look: "issue",
        params: |variant| {
            let (one, other) = PAIRS[variant];
            format!("{{issue_id: {one}, related_issue_id: {other}, type: related}}")
        },
        count: |workspace, variant| {
            let issue = workspace.id("Issue", "identifier", PAIRS[variant].0);
            let other = workspace.id("Issue", "identifier", PAIRS[variant].1);
            let mut count = 0;
            workspace.sandbox.edit(|store| {
                let between = |relation: &&_| {
                    text(relation, "issueId") == Some(&issue)
                        && text(relation, "relatedIssueId") == Some(&other)
                };
                count = store.all("IssueRelation").filter(between).count();
            });
            count
        },
        has_own_id: true,
    },
];

/// How an operation is asked for: by itself, or as the only item of a batch.
pub const WAYS: [Way; 2] = [Way::Alone, Way::InBatch];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Alone,
    InBatch,
}

impl Create {
    /// Runs the first variant, alone or in a batch.
    pub async fn run(&self, workspace: &TestWorkspace, way: Way) -> Answer {
        let params = (self.params)(0);
        match way {
            Way::Alone => workspace.call(self.operation, &params).await,
            Way::InBatch => {
                let item = format!("{{operation: {}, params: {params}}}", self.operation);
                workspace
                    .call("batch", &format!("{{operations: [{item}]}}"))
                    .await
            }
        }
    }

    /// Counts the records of the first variant, and asserts that there are not two.
    pub fn made(&self, workspace: &TestWorkspace) -> usize {
        let made = (self.count)(workspace, 0);
        assert!(made <= 1, "{} made {made} things", self.operation);
        made
    }

    /// Counts the requests with the root field of the look-up that are sent before the mutation.
    pub async fn looks_before(&self) -> usize {
        let workspace = TestWorkspace::new().await;
        self.run(&workspace, Way::Alone).await.data();
        let received = workspace.take_requests();
        let before: Vec<Logged> = received
            .into_iter()
            .take_while(|request| !request.mutation)
            .collect();
        with_root(&before, self.look)
    }

    /// Scripts the answer to the mutation, and the answers to the look-ups after it.
    pub async fn script(&self, workspace: &TestWorkspace, act: Act, looks: Vec<Act>) {
        workspace.sandbox.script().next_for(self.root, act);
        if looks.is_empty() {
            return;
        }
        for _ in 0..self.looks_before().await {
            let through = Act::Slow(std::time::Duration::ZERO);
            workspace.sandbox.script().next_for(self.look, through);
        }
        for look in looks {
            workspace.sandbox.script().next_for(self.look, look);
        }
    }
}

/// What an answer, or a row of a batch, reports about a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportedOutcome {
    Done,
    Failed(String),
    Unknown,
}

impl ReportedOutcome {
    /// Reads the report of an answer; for a batch, that of its only item.
    pub fn of(answer: &Answer) -> Self {
        Self::rows(answer).remove(0)
    }

    /// Reads the report of each item of a batch, or of the one operation.
    pub fn rows(answer: &Answer) -> Vec<Self> {
        let lists = ["/data/results", "/error/details/results"];
        let rows = lists.iter().find_map(|list| answer.at(list).as_array());
        match rows {
            Some(rows) => rows.iter().map(|row| Self::coded(&row["code"])).collect(),
            None => vec![Self::coded(answer.at("/error/code"))],
        }
    }

    fn coded(code: &Value) -> Self {
        match code.as_str() {
            None => Self::Done,
            Some("OUTCOME_UNKNOWN") => Self::Unknown,
            Some(code) => Self::Failed(code.to_owned()),
        }
    }

    /// Asserts that the report is true of a record that exists `there` times.
    pub fn fits(&self, there: usize, answer: &Answer) {
        assert!(there <= 1, "it is there {there} times: {:#}", answer.0);
        match self {
            Self::Done => assert_eq!(there, 1, "called done: {:#}", answer.0),
            Self::Failed(_) => assert_eq!(there, 0, "called failed: {:#}", answer.0),
            Self::Unknown => {}
        }
    }
}

/// Returns an error at a field below a root field.
pub fn unreadable() -> Refusal {
    Refusal::invalid(UNREADABLE)
}

/// Asserts that the answer does not ask for the write to be sent again.
pub fn asks_for_no_repeat(answer: &Answer) {
    let text = answer.0.to_string().to_lowercase();
    let text = text.replace("do not repeat", "");
    assert!(!text.contains("repeat"), "{:#}", answer.0);
}

/// Asserts that a warning has these words.
pub fn warned(answer: &Answer, words: &str) {
    let warnings = answer.texts("/warnings");
    let is_warned = warnings.iter().any(|warning| warning.contains(words));
    assert!(is_warned, "no warning has '{words}': {:#}", answer.0);
}

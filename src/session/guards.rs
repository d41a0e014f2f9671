//! What the server's starter lets its operations do: which operations run, where they write, how often, and what has to
//! be recorded of it. This is the one place that decides whether a write may go.
//!
//! [`Guards::check`] decides by the operation, before anything is sent for it. What can only be told by the mutations
//! themselves is decided when they are handed in ([`super::Context::submit`]), also in a dry run: [`Places`] by the ids in
//! them, then the number of writes, then the audit file. What cannot be told is refused.

mod audit;
mod places;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

pub use self::audit::{Audit, Entry};
pub use self::places::{PROJECTS, Place, Places, TEAMS};
pub(super) use self::places::{Seen, untold};
use crate::effect::{Allowed, Effect};
use crate::error::{Code, Error};
use crate::linear::compose::Part;
use crate::text::secret::Secrets;

/// The setting that allows what cannot be taken back.
pub const ALLOW_DESTRUCTIVE: &str = "LINEAR_OPS_ALLOW_DESTRUCTIVE";

/// How much is told of what a request says of who asks, in characters.
const SAID: usize = 120;

/// Where a setting is changed.
const WHERE: &str = "in the `env` of this server's entry in .mcp.json, then restart it";

/// Something that operations make by themselves, and that writes of issues make beside the issue.
#[derive(Debug)]
pub struct Making {
    /// The mutation.
    pub root: &'static str,
    /// What it makes.
    pub thing: &'static str,
    /// The operations that make it by themselves.
    pub operations: &'static [&'static str],
}

const LABEL: &str = "issueLabelCreate";

const fn link(root: &'static str) -> Making {
    Making {
        root,
        thing: "a link",
        operations: &["link_url"],
    }
}

/// What is made only where an operation may run that makes it by itself.
pub const MAKINGS: &[Making] = &[
    Making {
        root: LABEL,
        thing: "a label",
        operations: &[
            "create_issue_label",
            "get_or_create_label",
            "ensure_labels_exist",
        ],
    },
    link("attachmentCreate"),
    link("attachmentLinkGitHubPR"),
    link("attachmentLinkGitHubIssue"),
    link("attachmentLinkGitLabMR"),
    link("attachmentLinkSlack"),
];

/// What one server process may do.
#[derive(Debug, Default)]
pub struct Guards {
    /// Whether it may write, and delete.
    pub allowed: Allowed,
    /// The own names of the operations that may run; all where there is none.
    pub operations: Option<BTreeSet<&'static str>>,
    /// The own names of those among the others that `LINEAR_OPS_DENY` keeps back.
    pub denied: BTreeSet<&'static str>,
    /// Variables in the environment that are no settings and may be meant for a guard. Nothing is written while there
    /// are any.
    pub misnamed: Vec<String>,
    /// What cannot be used in its settings, one sentence each. Nothing is run while there is any.
    pub problems: Vec<String>,
    /// Where it may write.
    pub places: Places,
    /// How many writes it may send.
    pub most_writes: Option<u64>,
    /// How many it has sent, or is about to send.
    pub sent: AtomicU64,
    /// Where its writes are recorded.
    pub audit: Option<Audit>,
    /// What it must not show or write.
    pub secrets: Secrets,
}

/// Who asks for an operation, as far as that decides what may run and is recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The command that asks, as the request's context says.
    pub command: Option<String>,
    /// The id for tracing, as the request's context says.
    pub trace_id: Option<String>,
    /// Whether it was asked for through a tool that promises to read only.
    pub reads_only: bool,
}

impl Guards {
    /// Guards that look at no more than what an operation does to the workspace.
    pub fn new(allowed: Allowed) -> Self {
        Self {
            allowed,
            ..Self::default()
        }
    }

    /// Whether an operation can be told to callers as one of this server's.
    pub fn offers(&self, operation: &str, effect: Effect) -> bool {
        self.names(operation) && self.allowed.permits(effect)
    }

    /// An error as it may be told: it may repeat what a caller sent, and a key among that.
    pub fn shown(&self, error: Error) -> Error {
        error.map_texts(|text| self.secrets.hide(text))
    }

    /// The beginning of what a request says of who asks and of what it asks for, without secrets.
    pub fn said(&self, text: &str) -> String {
        let start: String = text.chars().take(SAID).collect();
        self.secrets.hide(&start)
    }

    /// Whether writes are counted or recorded.
    pub(super) fn keeps_account(&self) -> bool {
        self.most_writes.is_some() || self.audit.is_some()
    }

    /// Whether nothing is ever written.
    pub fn reads_only(&self) -> bool {
        self.allowed == Allowed::Reading
    }

    fn names(&self, operation: &str) -> bool {
        self.operations
            .as_ref()
            .is_none_or(|names| names.contains(operation))
    }

    /// Checks that the settings can be used.
    ///
    /// # Errors
    /// CONFIG_ERROR with everything that cannot be used.
    pub fn check_settings(&self) -> Result<(), Error> {
        let Some(first) = self.problems.first() else {
            return Ok(());
        };
        let message = format!("{first}. Nothing is run until that is put right");
        Err(Error::new(Code::ConfigError, message)
            .detail("settings", self.problems.clone())
            .suggest(format!(
                "Correct or remove the variables where the client was started or {WHERE}"
            )))
    }

    /// Checks that an operation may run.
    ///
    /// # Errors
    /// NOT_ALLOWED, READ_ONLY, or CONFIG_ERROR.
    pub fn check(&self, operation: &str, effect: Effect, origin: &Origin) -> Result<(), Error> {
        if !self.names(operation) {
            let message = format!("This server's settings do not allow '{operation}'");
            return Err(self.kept_back(message, operation));
        }
        let writes = effect.writes_itself();
        if writes && origin.reads_only {
            let message = format!("'{operation}' writes, and the tool linear_read only reads");
            return Err(Error::new(Code::ReadOnly, message).suggest("Call `linear` with it"));
        }
        if writes && self.reads_only() {
            let message = format!(
                "'{operation}' writes, and this server is read-only (--read-only or LINEAR_OPS_READ_ONLY)"
            );
            return Err(Error::new(Code::ReadOnly, message)
                .suggest("Start the server without --read-only and without LINEAR_OPS_READ_ONLY"));
        }
        if !self.allowed.permits(effect) {
            let message =
                format!("'{operation}' deletes, and this server was not told to allow that");
            let instead = match operation {
                "delete_issue" => {
                    Some("Use archive_issue instead: what is archived can be brought back")
                }
                "delete_comment" => Some(
                    "Use resolve_comment instead: the thread is closed, and can be opened again",
                ),
                _ => None,
            };
            return Err(destructive(message, instead));
        }
        match self.misnamed.as_slice() {
            [first, ..] if writes => {
                let message = format!("{first} Nothing is written until that is put right");
                Err(Error::new(Code::ConfigError, message)
                    .detail("settings", self.misnamed.clone())
                    .suggest(format!("Rename or remove the variable {WHERE}")))
            }
            _ => Ok(()),
        }
    }

    /// Checks that a mutation makes nothing that the server keeps operations from making: a label or a link, which the
    /// writes of issues make beside the issue.
    ///
    /// # Errors
    /// NOT_ALLOWED where no operation may run that makes such a thing by itself.
    pub(super) fn check_making(&self, mutation: &Part) -> Result<(), Error> {
        let makes = |making: &&Making| making.root == mutation.root();
        let Some(making) = MAKINGS.iter().find(makes) else {
            return Ok(());
        };
        if making
            .operations
            .iter()
            .any(|operation| self.names(operation))
        {
            return Ok(());
        }
        let input = mutation.variables().get("input");
        let name = input.and_then(|input| input.get("name")?.as_str());
        let message = match name {
            Some(name) if making.root == LABEL => {
                format!(
                    "There is no label '{name}', and this server's settings allow no operation that makes labels"
                )
            }
            _ => format!(
                "This would make {}, and this server's settings allow no operation that does",
                making.thing
            ),
        };
        let operation = making.operations.first().copied().unwrap_or_default();
        Err(self
            .kept_back(message, operation)
            .detail("operations", making.operations.to_vec()))
    }

    /// The error of what needs an operation that the settings do not allow.
    fn kept_back(&self, message: String, operation: &str) -> Error {
        let setting = if self.denied.contains(operation) {
            "LINEAR_OPS_DENY"
        } else {
            "LINEAR_OPS_OPERATIONS"
        };
        Error::new(Code::NotAllowed, message)
            .detail("setting", setting)
            .suggest(format!(
                "Whoever starts the server decides: {setting} {WHERE}"
            ))
    }

    /// Checks that a text may be emptied that cannot be brought back.
    ///
    /// # Errors
    /// CONFIG_ERROR, unless what cannot be taken back is allowed.
    pub fn check_emptying(&self, operation: &str, param: &str) -> Result<(), Error> {
        if self.allowed.permits(Effect::Delete) {
            return Ok(());
        }
        let message = format!(
            "'{operation}' would empty '{param}', which cannot be taken back, and this server was not told to allow that"
        );
        let instead = format!("Give the text that '{param}' is to have, or leave '{param}' out");
        Err(destructive(message, Some(&instead)).detail("param", param))
    }

    /// Checks that so many writes more may be sent, and counts them unless they are only planned.
    ///
    /// # Errors
    /// NOT_ALLOWED where they are more than are left.
    pub(super) fn spend(&self, writes: u64, planned: bool) -> Result<(), Error> {
        let Some(most) = self.most_writes else {
            return Ok(());
        };
        let count = |sent: u64| sent.checked_add(writes).filter(|sum| *sum <= most);
        let spent = if planned {
            count(self.sent.load(Ordering::Relaxed)).ok_or(())
        } else {
            let update = self
                .sent
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, count);
            update.map_err(drop)
        };
        spent.map(drop).map_err(|()| self.spent(writes))
    }

    /// Takes back writes that were counted and never sent.
    pub(super) fn give_back(&self, writes: usize) {
        if self.most_writes.is_some() {
            let writes = u64::try_from(writes).unwrap_or_default();
            self.sent.fetch_sub(writes, Ordering::Relaxed);
        }
    }

    /// Checks that operations that write may be begun, each of which is taken for one write.
    ///
    /// # Errors
    /// NOT_ALLOWED where they are more than the writes that are left.
    pub fn check_writes(&self, operations: usize) -> Result<(), Error> {
        self.spend(u64::try_from(operations).unwrap_or(u64::MAX), true)
    }

    fn spent(&self, writes: u64) -> Error {
        let most = self.most_writes.unwrap_or_default();
        let left = most.saturating_sub(self.sent.load(Ordering::Relaxed));
        let message = format!(
            "This takes {writes} write{}, and {left} of the {most} that this session may send are left",
            if writes == 1 { "" } else { "s" }
        );
        Error::new(Code::NotAllowed, message)
            .detail("setting", "LINEAR_OPS_MAX_WRITES")
            .detail("left", left)
            .suggest("Tell whoever started the server what is left to be done")
            .suggest(format!("Set LINEAR_OPS_MAX_WRITES higher {WHERE}"))
    }
}

/// The error of what cannot be taken back.
fn destructive(message: String, instead: Option<&str>) -> Error {
    let error = Error::new(Code::ConfigError, message).detail("setting", ALLOW_DESTRUCTIVE);
    let error = match instead {
        Some(instead) => error.suggest(instead),
        None => error,
    };
    error.suggest(format!("Set {ALLOW_DESTRUCTIVE}=1 {WHERE}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_are_counted_whole_and_plans_are_not() {
        let guards = Guards {
            most_writes: Some(3),
            ..Guards::default()
        };
        assert!(guards.spend(3, true).is_ok());
        assert!(guards.spend(2, false).is_ok());
        let error = guards.spend(2, false).map_err(|error| error.code());
        assert_eq!(error, Err(Code::NotAllowed));
        assert!(guards.spend(2, true).is_err());
        assert!(guards.spend(1, false).is_ok());
        assert!(guards.spend(1, false).is_err());
        assert!(guards.spend(0, false).is_ok());
        guards.give_back(1);
        assert!(guards.spend(2, false).is_err());
        assert!(guards.spend(1, false).is_ok());
        assert!(Guards::default().spend(u64::MAX, false).is_ok());
    }
}

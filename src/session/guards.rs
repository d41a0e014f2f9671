//! The limits that the user who starts the server sets: which operations run, where they write, how many writes they
//! send, and whether writes are recorded. Only this module decides whether a write may be sent.
//!
//! [`Guards::check`] checks the limits that depend only on the operation, before anything is sent for it. The other
//! limits depend on the mutations and are checked when the mutations are submitted ([`super::Context::submit`]), also
//! in a dry run. First, [`Places`] checks the ids in the mutations. Then the number of writes is checked. Last, the
//! write is recorded in the audit file; a dry run only checks that the file can be written. A write that cannot be
//! checked is refused.

mod audit;
mod places;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

pub use self::audit::{Audit, Entry};
pub(super) use self::places::{KnownPlaces, unknown_place};
pub use self::places::{PROJECTS, Place, Places, TEAMS};
use crate::effect::{Allowed, Effect};
use crate::error::{Code, Error};
use crate::linear::compose::Part;
use crate::text::secret::Secrets;

/// The setting that allows operations that cannot be undone.
pub const ALLOW_DESTRUCTIVE: &str = "LINEAR_OPS_ALLOW_DESTRUCTIVE";

/// The length, in characters, to which a text of a request is shortened in logs and in the audit file.
const EXCERPT_LENGTH: usize = 120;

/// The end of the suggestions in errors. It says in which place the user changes a setting.
const WHERE: &str = "in the `env` of this server's entry in .mcp.json, then restart it";

/// A kind of entity that can be created in two ways: by operations that create only this entity, and as a side effect
/// of creating or updating an issue.
#[derive(Debug)]
pub struct SideCreation {
    /// The root field of the mutation that creates the entity.
    pub root: &'static str,
    /// The words for the entity in messages, such as `a label`.
    pub thing: &'static str,
    /// The operations that create only this entity.
    pub operations: &'static [&'static str],
}

const LABEL: &str = "issueLabelCreate";

const fn link(root: &'static str) -> SideCreation {
    SideCreation {
        root,
        thing: "a link",
        operations: &["link_url"],
    }
}

/// The kinds of entities that the creation or update of an issue may create only if the server allows one of their own
/// operations, which create nothing else.
pub const SIDE_CREATIONS: &[SideCreation] = &[
    SideCreation {
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
    SideCreation {
        root: "issueRelationCreate",
        thing: "a relation",
        operations: &["create_relation"],
    },
    SideCreation {
        root: "issueRelationDelete",
        thing: "a change of relations",
        operations: &["delete_relation"],
    },
];

/// The limits of one server process.
#[derive(Debug, Default)]
pub struct Guards {
    /// Whether the server may write, and whether it may delete.
    pub allowed: Allowed,
    /// The canonical names of the operations that may run. `None` allows all operations.
    pub operations: Option<BTreeSet<&'static str>>,
    /// The canonical names of the operations that may not run because of `LINEAR_OPS_DENY`.
    pub denied: BTreeSet<&'static str>,
    /// Sentences about variables in the environment that are not settings and may be misspelt names of a limit. Nothing
    /// is written while there are any.
    pub misnamed: Vec<String>,
    /// Sentences about settings that cannot be used. No operation runs while there are any.
    pub problems: Vec<String>,
    /// The teams and projects in which the server may write.
    pub places: Places,
    /// How many writes the server may send. `None` sets no limit.
    pub most_writes: Option<u64>,
    /// How many writes the server has sent, or is about to send.
    pub sent: AtomicU64,
    /// The audit file, if writes are recorded.
    pub audit: Option<Audit>,
    /// The secrets that must not be in answers, logs or files.
    pub secrets: Secrets,
}

/// The origin of a request. It says who sent the request, which is recorded in the audit file, and whether the request
/// came through a tool that only reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The command in the context of the request.
    pub command: Option<String>,
    /// The trace id in the context of the request.
    pub trace_id: Option<String>,
    /// Whether the request came through the tool `linear_read`, which only reads.
    pub reads_only: bool,
}

impl Guards {
    /// Creates guards that check only whether the effect of an operation is allowed.
    pub fn new(allowed: Allowed) -> Self {
        Self {
            allowed,
            ..Self::default()
        }
    }

    /// Whether the server lists an operation among those that it offers.
    pub fn offers(&self, operation: &str, effect: Effect) -> bool {
        self.allows(operation) && self.allowed.permits(effect)
    }

    /// Returns the error with the secrets removed. An error may repeat what the caller sent, which may contain an API
    /// key.
    pub fn shown(&self, error: Error) -> Error {
        error.map_texts(|text| self.secrets.hide(text))
    }

    /// Returns the beginning of a text of the request, such as its command or its operation, with the secrets removed.
    pub fn said(&self, text: &str) -> String {
        let start: String = text.chars().take(EXCERPT_LENGTH).collect();
        self.secrets.hide(&start)
    }

    /// Whether writes are counted or recorded.
    pub(super) fn counts_or_records_writes(&self) -> bool {
        self.most_writes.is_some() || self.audit.is_some()
    }

    /// Whether the server never writes.
    pub fn reads_only(&self) -> bool {
        self.allowed == Allowed::Reading
    }

    /// Whether the settings allow the operation with this name.
    fn allows(&self, operation: &str) -> bool {
        self.operations
            .as_ref()
            .is_none_or(|names| names.contains(operation))
    }

    /// Checks that all settings can be used.
    ///
    /// # Errors
    /// CONFIG_ERROR with all settings that cannot be used.
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
    /// NOT_ALLOWED, READ_ONLY or CONFIG_ERROR, depending on the limit that forbids the operation.
    pub fn check(&self, operation: &str, effect: Effect, origin: &Origin) -> Result<(), Error> {
        if !self.allows(operation) {
            let message = format!("This server's settings do not allow '{operation}'");
            return Err(self.not_allowed(message, operation));
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

    /// Checks a mutation that creates a label or a link ([`SIDE_CREATIONS`]), which an operation on an issue may send
    /// besides the write of the issue. Other mutations pass the check.
    ///
    /// # Errors
    /// NOT_ALLOWED if the settings allow none of the operations that create only such an entity.
    pub(super) fn check_side_creation(&self, mutation: &Part) -> Result<(), Error> {
        let is_created = |creation: &&SideCreation| creation.root == mutation.root();
        let Some(creation) = SIDE_CREATIONS.iter().find(is_created) else {
            return Ok(());
        };
        let mut operations = creation.operations.iter();
        if operations.any(|operation| self.allows(operation)) {
            return Ok(());
        }
        let input = mutation.variables().get("input");
        let name = input.and_then(|input| input.get("name")?.as_str());
        let message = match name {
            Some(name) if creation.root == LABEL => {
                format!(
                    "There is no label '{name}', and this server's settings allow no operation that makes labels"
                )
            }
            _ => format!(
                "This would make {}, and this server's settings allow no operation that does",
                creation.thing
            ),
        };
        let operation = creation.operations.first().copied().unwrap_or_default();
        Err(self
            .not_allowed(message, operation)
            .detail("operations", creation.operations.to_vec()))
    }

    /// Returns the error of a request that needs an operation which the settings do not allow.
    fn not_allowed(&self, message: String, operation: &str) -> Error {
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

    /// Checks that a text which cannot be restored may be emptied.
    ///
    /// # Errors
    /// CONFIG_ERROR, unless operations that cannot be undone are allowed.
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

    /// Checks that this number of further writes may be sent. Also counts them as sent, unless `planned` is set.
    ///
    /// # Errors
    /// NOT_ALLOWED if fewer writes than that are left.
    pub(super) fn spend(&self, writes: u64, planned: bool) -> Result<(), Error> {
        let Some(most) = self.most_writes else {
            return Ok(());
        };
        let with_writes = |sent: u64| sent.checked_add(writes).filter(|sum| *sum <= most);
        let is_within_limit = if planned {
            with_writes(self.sent.load(Ordering::Relaxed)).is_some()
        } else {
            self.sent
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, with_writes)
                .is_ok()
        };
        if is_within_limit {
            return Ok(());
        }
        let left = most.saturating_sub(self.sent.load(Ordering::Relaxed));
        let message = format!(
            "This takes {writes} write{}, and {left} of the {most} that this session may send are left",
            if writes == 1 { "" } else { "s" }
        );
        Err(Error::new(Code::NotAllowed, message)
            .detail("setting", "LINEAR_OPS_MAX_WRITES")
            .detail("left", left)
            .suggest("Tell whoever started the server what is left to be done")
            .suggest(format!("Set LINEAR_OPS_MAX_WRITES higher {WHERE}")))
    }

    /// Subtracts writes that were counted but never sent from the count.
    pub(super) fn give_back(&self, writes: usize) {
        if self.most_writes.is_some() {
            let writes = u64::try_from(writes).unwrap_or_default();
            self.sent.fetch_sub(writes, Ordering::Relaxed);
        }
    }

    /// Checks that this number of writing operations may start. Each operation is assumed to send one write.
    ///
    /// # Errors
    /// NOT_ALLOWED if fewer writes than that are left.
    pub fn check_writes(&self, operations: usize) -> Result<(), Error> {
        self.spend(u64::try_from(operations).unwrap_or(u64::MAX), true)
    }
}

/// Returns the error of a request that cannot be undone.
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

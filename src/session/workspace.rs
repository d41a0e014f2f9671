//! The workspace that the API key belongs to, and the check that the addresses given to an operation are in this
//! workspace.

use std::sync::{PoisonError, RwLock};

use crate::error::{Code, Error};
use crate::linear::model::WorkspaceKeys;

/// The names that the workspace of the API key has in addresses (`linear.app/<name>/…`), once they are known.
#[derive(Debug, Default)]
pub struct Workspace(RwLock<Option<WorkspaceKeys>>);

impl Workspace {
    /// Keeps the names that Linear returned.
    pub fn learn(&self, keys: WorkspaceKeys) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(keys);
    }

    /// Whether the names are known.
    pub fn is_known(&self) -> bool {
        self.keys().is_some()
    }

    /// Whether `name` is known to be the name of another workspace.
    pub fn is_foreign(&self, name: &str) -> bool {
        self.keys().is_some_and(|keys| !keys.has(name))
    }

    fn keys(&self) -> Option<WorkspaceKeys> {
        let keys = self.0.read().unwrap_or_else(PoisonError::into_inner);
        keys.clone()
    }
}

/// The address of a page in a workspace, given as the value of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressed {
    /// The parameter that holds the address.
    pub param: String,
    /// The address as the caller wrote it.
    pub given: String,
    /// The name of the workspace in the address.
    pub workspace: String,
}

impl Addressed {
    /// Returns the error for an address that is known to lead to another workspace than the workspace of the API key.
    /// Returns `None` for any other address.
    pub(super) fn refusal(&self, workspace_of_key: &Workspace) -> Option<Error> {
        let keys = workspace_of_key
            .keys()
            .filter(|keys| !keys.has(&self.workspace))?;
        let Self {
            param,
            given,
            workspace,
        } = self;
        let message = format!(
            "'{given}' is in the workspace '{workspace}', and the API key belongs to '{}'",
            keys.url_key
        );
        let error = Error::new(Code::InvalidParam, message)
            .detail("param", param.as_str())
            .detail("given", given.as_str())
            .detail("workspace", keys.url_key.as_str())
            .suggest(format!(
                "Use the address of a page in the workspace '{}', or what names it there",
                keys.url_key
            ));
        Some(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_goes_by_its_name_and_those_it_had() {
        let ours = Workspace::default();
        let addressed = |workspace: &str| Addressed {
            param: "issue_id".to_owned(),
            given: format!("https://linear.app/{workspace}/issue/ENG-1"),
            workspace: workspace.to_owned(),
        };
        assert!(!ours.is_known() && !ours.is_foreign("other"));
        assert!(addressed("other").refusal(&ours).is_none());
        ours.learn(WorkspaceKeys {
            url_key: "acme".to_owned(),
            previous_url_keys: vec!["acme-labs".to_owned()],
        });
        for name in ["acme", "ACME", "acme-labs"] {
            assert!(!ours.is_foreign(name));
            assert!(addressed(name).refusal(&ours).is_none());
        }
        assert!(ours.is_known() && ours.is_foreign("acme2"));
        let error = addressed("other").refusal(&ours).unwrap();
        assert_eq!(error.code(), Code::InvalidParam);
        assert!(error.message().contains("'other'") && error.message().contains("'acme'"));
    }
}

//! What `doctor` asks: who the key belongs to, and whether it may write.

use serde::Deserialize;

/// Whose key it is.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Viewer {
    /// The full name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
    /// Whether they administer the workspace.
    pub admin: bool,
    /// Whether they see only the teams that they were invited to.
    pub guest: bool,
}

/// The one workspace of a key (`linear/api.md` §5).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Workspace {
    /// The name.
    pub name: String,
    /// Its part of every URL: `linear.app/<url_key>`.
    pub url_key: String,
}

/// The answer to a change of something that does not exist, which never comes: Linear declines it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Probed {
    /// Whether Linear says that it was done.
    pub success: bool,
}

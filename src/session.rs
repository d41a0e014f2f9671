//! What one server process knows, and what one running operation knows of it.

use std::sync::Mutex;
use std::time::Duration;

use serde_json::Value;
use tokio_util::sync::CancellationToken;

/// What one operation has done so far: everything in its envelope but `data` or `error`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Requests sent to Linear, retries included.
    pub requests: u32,
    /// The steps taken, in names, without ids.
    pub operations: Vec<String>,
    /// What an update changed.
    pub changes: Vec<String>,
    /// How a name was resolved: `input` and `method`.
    pub resolution: Option<Value>,
    /// What the caller should know although the operation succeeded.
    pub warnings: Vec<String>,
    /// The share of the parts that succeeded, where there were several and one failed.
    pub success_rate: Option<String>,
}

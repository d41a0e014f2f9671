//! What one server process knows, and what one running operation knows of it.

mod claim;
mod cx;
pub mod guards;
mod locks;
mod new_labels;
mod progress;
mod rehearsal;
mod reliance;
mod report;
mod taken;
mod turns;
mod warming;
mod workspace;

use std::time::Duration;

pub use self::claim::Claim;
pub use self::cx::{Caller, Cx, EditTurn};
pub use self::guards::{Guards, Origin};
pub(crate) use self::locks::digest;
pub use self::locks::{Lock, Locks};
pub use self::new_labels::NewLabels;
pub use self::progress::{Fate, Progress};
pub use self::rehearsal::{Record, Rehearsal};
pub use self::reliance::Reliance;
pub use self::report::{Parts, Report};
pub use self::taken::Taken;
pub use self::turns::Turns;
pub use self::warming::{Phase, Underway, Warming};
pub use self::workspace::{Addressed, Workspace};
use crate::clock::Clock;
use crate::directory::Directory;
use crate::effect::Allowed;
use crate::linear::client::Client;
use crate::meter::Meter;

/// One server process: the connection to Linear and what has been learnt over it.
#[derive(Debug)]
pub struct Session {
    /// The connection to Linear.
    pub client: Client,
    /// What is known of the workspace.
    pub directory: Directory,
    /// Which workspace the key belongs to, once that is known.
    pub workspace: Workspace,
    /// Time and new ids.
    pub clock: Clock,
    /// What it may do.
    pub guards: Guards,
    /// Whose turn it is to write to an issue.
    pub turns: Turns,
    /// The locks that it shares with other processes of the machine; none by default.
    pub locks: Locks,
    /// What has become of the prefetch.
    pub warming: Warming,
    /// What its operations have cost.
    pub meter: Meter,
    /// How many items a batch may have.
    pub batch_items: usize,
    /// How long one operation may take.
    pub deadline: Duration,
    /// How many items a list in a request may have.
    pub list_items: usize,
    /// How many labels one call may make.
    pub new_labels: usize,
}

impl Session {
    /// A session that knows nothing of the workspace yet. Nothing is sent.
    pub fn new(client: Client, directory: Directory, clock: Clock, allowed: Allowed) -> Self {
        Self {
            client,
            directory,
            workspace: Workspace::default(),
            clock,
            guards: Guards::new(allowed),
            turns: Turns::default(),
            locks: Locks::default(),
            warming: Warming::default(),
            meter: Meter::default(),
            batch_items: BATCH_ITEMS,
            deadline: DEADLINE,
            list_items: LIST_ITEMS,
            new_labels: NEW_LABELS,
        }
    }
}

/// How many items a batch may have where no setting says otherwise.
const BATCH_ITEMS: usize = 100;

/// How long one operation may take where no setting says otherwise.
const DEADLINE: Duration = Duration::from_secs(45);
/// How many items a list may have where no setting says otherwise.
const LIST_ITEMS: usize = 250;
/// How many labels one call may make where no setting says otherwise.
const NEW_LABELS: usize = 50;

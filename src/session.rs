//! What one server process knows, and what one running operation knows of it.

mod claim;
mod cx;
pub mod guards;
mod rehearsal;
mod reliance;
mod report;
mod taken;
mod turns;
mod warming;
mod workspace;

pub use self::claim::Claim;
pub use self::cx::{Caller, Cx};
pub use self::guards::{Guards, Origin};
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
    /// What has become of the prefetch.
    pub warming: Warming,
    /// What its operations have cost.
    pub meter: Meter,
    /// How many items a batch may have.
    pub batch_items: usize,
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
            warming: Warming::default(),
            meter: Meter::default(),
            batch_items: BATCH_ITEMS,
        }
    }
}

/// How many items a batch may have where no setting says otherwise.
const BATCH_ITEMS: usize = 100;

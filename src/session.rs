//! What one server process knows, and what one running operation knows of it.

mod claim;
mod context;
mod dry_run;
mod entity_locks;
pub mod guards;
mod locks;
mod lookup;
mod new_labels;
mod outline;
mod prefetch_state;
mod progress;
mod report;
mod taken;
mod workspace;

use std::sync::OnceLock;
use std::time::Duration;

pub use self::claim::Claim;
pub use self::context::{Caller, Context, EditLock};
pub use self::dry_run::{DryRun, DryRunLog};
pub use self::entity_locks::EntityLocks;
pub use self::guards::{Guards, Origin};
pub(crate) use self::locks::digest;
pub use self::locks::{Lock, Locks};
pub use self::lookup::{CachedLookup, Candidates, LookupRequest, Outdated, Resolved, Trust};
pub use self::new_labels::NewLabels;
pub use self::outline::{List, Onward, Outline};
pub use self::prefetch_state::{PrefetchGuard, PrefetchPhase, PrefetchState};
pub use self::progress::{Fate, Progress};
pub use self::report::{Parts, Report};
pub use self::taken::Taken;
pub use self::workspace::{Addressed, Workspace};
use crate::cache::{Cache, Disk};
use crate::clock::Clock;
use crate::effect::Allowed;
use crate::linear::client::Client;
pub use crate::linear::client::Step;
use crate::stats::Stats;

/// One server process: the connection to Linear and what has been learnt over it.
#[derive(Debug)]
pub struct Session {
    /// The connection to Linear.
    pub client: Client,
    /// What is known of the workspace.
    pub cache: Cache,
    /// Where the names in it are kept between processes; nowhere by default.
    pub disk: OnceLock<Disk>,
    /// What operations have taken from it past its usual age.
    pub outdated: Outdated,
    /// Which workspace the key belongs to, once that is known.
    pub workspace: Workspace,
    /// Time and new ids.
    pub clock: Clock,
    /// What it may do.
    pub guards: Guards,
    /// Whose turn it is to write to an issue.
    pub entity_locks: EntityLocks,
    /// The locks that it shares with other processes of the machine; none by default.
    pub locks: Locks,
    /// What has become of the prefetch.
    pub prefetch_state: PrefetchState,
    /// What its operations have cost.
    pub stats: Stats,
    /// How many items a batch may have.
    pub batch_items: usize,
    /// How long one operation may take.
    pub deadline: Duration,
    /// How many items a list in a request may have.
    pub list_items: usize,
    /// How many labels one call may make.
    pub new_labels: usize,
    /// How many characters one answer may have; any number where there is none.
    pub answer_chars: Option<usize>,
}

impl Session {
    /// A session that knows nothing of the workspace yet. Nothing is sent.
    pub fn new(client: Client, cache: Cache, clock: Clock, allowed: Allowed) -> Self {
        Self {
            client,
            cache,
            disk: OnceLock::new(),
            outdated: Outdated::default(),
            workspace: Workspace::default(),
            clock,
            guards: Guards::new(allowed),
            entity_locks: EntityLocks::default(),
            locks: Locks::default(),
            prefetch_state: PrefetchState::default(),
            stats: Stats::default(),
            batch_items: BATCH_ITEMS,
            deadline: DEADLINE,
            list_items: LIST_ITEMS,
            new_labels: NEW_LABELS,
            answer_chars: None,
        }
    }

    /// Takes in the names of a snapshot, which is from now on where the session's names are kept. Only the first is.
    pub fn recall(&self, disk: Disk) {
        disk.load(&self.cache);
        // Names of a second snapshot would be of the same workspace.
        let _ = self.disk.set(disk);
    }

    /// Writes the names that it knows to disk, where they are kept there and have changed.
    pub async fn save(&self) {
        if let Some(disk) = self.disk.get() {
            disk.save(&self.cache).await;
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

//! The session of one server process, and the context of each running operation.

mod context;
mod dry_run;
pub mod guards;
mod locks;
mod lookup;
mod prefetch_state;
mod report;
mod workspace;

use std::sync::OnceLock;
use std::time::Duration;

pub use self::context::{Caller, Context, EditLock, NewLabels};
pub use self::dry_run::{DryRun, DryRunLog};
pub use self::guards::{Guards, Origin};
pub(crate) use self::locks::digest;
pub use self::locks::{EntityLocks, Lock, Locks};
pub use self::lookup::{
    CachedLookup, Candidates, Claim, LookupRequest, NameWarnings, Outdated, ProjectAsTeam,
    Resolved, Trust,
};
pub use self::prefetch_state::{PrefetchGuard, PrefetchPhase, PrefetchState};
pub use self::report::{Fate, GROUPS, List, Onward, Outline, Parts, Progress, Report};
pub use self::workspace::{Addressed, Workspace};
use crate::cache::{Cache, Disk};
use crate::clock::Clock;
use crate::effect::Allowed;
use crate::linear::client::Client;
pub use crate::linear::client::Step;
use crate::params::AnswerDefaults;
use crate::stats::Stats;

/// The session of one server process: its connection to Linear, what it has learnt of the workspace, and its limits.
#[derive(Debug)]
pub struct Session {
    /// The connection to Linear.
    pub client: Client,
    /// The session cache, which holds the entities that were looked up by name.
    pub cache: Cache,
    /// The snapshot on disk that keeps the names of the cache between processes. There is none by default.
    pub disk: OnceLock<Disk>,
    /// The look-ups that the cache answered with entries past its usual age.
    pub outdated: Outdated,
    /// The workspace that the API key belongs to, once it is known.
    pub workspace: Workspace,
    /// The clock, which also generates new ids.
    pub clock: Clock,
    /// The limits on what the session may do.
    pub guards: Guards,
    /// The locks between the operations of this session that write to the same issue.
    pub entity_locks: EntityLocks,
    /// The locks between the processes of this machine. They are off by default.
    pub locks: Locks,
    /// The state of the prefetch.
    pub prefetch_state: PrefetchState,
    /// The statistics of the operations.
    pub stats: Stats,
    /// How many items a batch may have.
    pub batch_items: usize,
    /// How long one operation may take.
    pub deadline: Duration,
    /// How many items a list in a request may have.
    pub list_items: usize,
    /// How many labels one call may create.
    pub new_labels: usize,
    /// The form of answers where the request does not say it.
    pub answer_defaults: AnswerDefaults,
    /// How many characters one answer may have. `None` sets no limit.
    pub answer_chars: Option<usize>,
}

impl Session {
    /// Creates a session that knows nothing of the workspace yet. Nothing is sent.
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
            answer_defaults: AnswerDefaults::default(),
            answer_chars: None,
        }
    }

    /// Loads the names of a snapshot into the cache. From then on the session saves its names to the first snapshot
    /// that was loaded.
    pub fn recall(&self, disk: Disk) {
        disk.load(&self.cache);
        // The session already has a snapshot if this fails. The second one would hold names of the same workspace.
        let _ = self.disk.set(disk);
    }

    /// Saves the names of the cache to the snapshot, if there is one and the names have changed.
    pub async fn save(&self) {
        if let Some(disk) = self.disk.get() {
            disk.save(&self.cache).await;
        }
    }
}

/// The default for [`Session::batch_items`].
const BATCH_ITEMS: usize = 100;
/// The default for [`Session::deadline`].
const DEADLINE: Duration = Duration::from_secs(45);
/// The default for [`Session::list_items`].
const LIST_ITEMS: usize = 250;
/// The default for [`Session::new_labels`].
const NEW_LABELS: usize = 50;

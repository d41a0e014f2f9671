//! All that is measured, and how often.

use std::path::Path;
use std::time::Duration;

use tokio::runtime::Runtime;

use crate::create::Create;
use crate::many::Many;
use crate::process::Process;
use crate::stand::Stands;
use crate::{Failure, create, each, job, large, many, process};

/// How often each thing is done.
pub struct Rounds {
    /// Each operation, where requests take no time on their way.
    pub near: usize,
    /// Each operation, where they take [`Rounds::latency`].
    pub far: usize,
    /// Warm creates.
    pub creates: usize,
    /// Each request to the standard and to the large workspace.
    pub large: usize,
    /// Starts of the process.
    pub starts: usize,
    /// Cached look-ups through stdio.
    pub look_ups: usize,
    /// After how many operations the process's memory is read, the second more than the first.
    pub operations: [usize; 2],
    /// The time that a request takes on its way, where it takes any.
    pub latency: Duration,
}

impl Rounds {
    /// The whole run.
    pub const WHOLE: Self = Self {
        near: 11,
        far: 3,
        creates: 200,
        large: 7,
        starts: 30,
        look_ups: 1_000,
        operations: [1_000, 10_000],
        latency: Duration::from_millis(100),
    };
    /// Enough to see that everything runs.
    pub const QUICK: Self = Self {
        near: 1,
        far: 1,
        creates: 5,
        large: 1,
        starts: 2,
        look_ups: 20,
        operations: [10, 100],
        latency: Duration::from_millis(5),
    };
}

/// All figures of one run.
pub struct Figures {
    /// How often each thing was done.
    pub rounds: Rounds,
    /// Each operation.
    pub each: Vec<each::Row>,
    /// Warm creates.
    pub create: Create,
    /// The job of the other servers.
    pub job: job::Job,
    /// Creates at the same time, without latency and with it.
    pub many: [[Many; 2]; 2],
    /// The large workspace.
    pub large: Vec<large::Row>,
    /// The process.
    pub process: Process,
}

/// Measures everything.
pub fn measure(runtime: &Runtime, binary: &Path, rounds: Rounds) -> Result<Figures, Failure> {
    let stands = Stands::start()?;
    let near = Duration::ZERO;
    let far = rounds.latency;
    // First, while nothing else of this program has run: what it measures is another process.
    let process = process::measure(&stands, binary, &rounds)?;
    runtime.block_on(async {
        Ok(Figures {
            create: create::measure(&stands, rounds.creates).await?,
            each: each::measure(&stands, &rounds).await?,
            job: job::measure(&stands, far).await?,
            many: [
                many::measure(&stands, near).await?,
                many::measure(&stands, far).await?,
            ],
            large: large::measure(&stands, rounds.large).await?,
            process,
            rounds,
        })
    })
}

//! The figures of one run of the benchmark, and the number of rounds of each measurement.

use std::path::Path;
use std::time::Duration;

use tokio::runtime::Runtime;

use crate::creates::{BulkCreate, Create};
use crate::process::Process;
use crate::session::SandboxThread;
use crate::{Failure, creates, job, large, operations, process};

/// The number of times that each measurement is repeated.
pub struct Rounds {
    /// Runs of each operation without latency.
    pub near: usize,
    /// Runs of each operation with [`Rounds::latency`].
    pub far: usize,
    /// Warm creates.
    pub creates: usize,
    /// Runs of each request in the standard and in the large workspace.
    pub large: usize,
    /// Starts of the process.
    pub starts: usize,
    /// Cached look-ups through stdio.
    pub look_ups: usize,
    /// The two numbers of operations after which the memory of the process is read, in rising order.
    pub operations: [usize; 2],
    /// The latency of a request to Linear, in the measurements with latency.
    pub latency: Duration,
}

impl Rounds {
    /// The rounds of a full run.
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
    /// The rounds of a run that only shows that everything works.
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
    /// The number of rounds.
    pub rounds: Rounds,
    /// The figures of each operation.
    pub operations: Vec<operations::Row>,
    /// Warm creates.
    pub create: Create,
    /// The job at which other servers were measured, too.
    pub job: job::Job,
    /// Creates at the same time, without and with latency.
    pub bulk_creates: [[BulkCreate; 2]; 2],
    /// Requests in the standard and in the large workspace.
    pub large: Vec<large::Row>,
    /// The server as a process.
    pub process: Process,
}

/// Measures everything.
pub fn measure(runtime: &Runtime, binary: &Path, rounds: Rounds) -> Result<Figures, Failure> {
    let sandboxes = SandboxThread::start()?;
    let near = Duration::ZERO;
    let far = rounds.latency;
    // The process comes first, because later measurements leave work behind in this program.
    let process = process::measure(&sandboxes, binary, &rounds)?;
    runtime.block_on(async {
        Ok(Figures {
            create: creates::measure(&sandboxes, rounds.creates).await?,
            operations: operations::measure(&sandboxes, &rounds).await?,
            job: job::measure(&sandboxes, far).await?,
            bulk_creates: [
                creates::measure_bulk(&sandboxes, near).await?,
                creates::measure_bulk(&sandboxes, far).await?,
            ],
            large: large::measure(&sandboxes, rounds.large).await?,
            process,
            rounds,
        })
    })
}

//! Makes the parts that a command needs before it can begin: the runtime, the signals, and the session with its guards.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use etcetera::base_strategy::{BaseStrategy as _, choose_base_strategy};
use secrecy::ExposeSecret as _;
use tokio_util::sync::CancellationToken;

use super::{UsageError, stand_in};
use crate::cache::{Cache, Disk, Identity, LONGEST_AGE};
use crate::clock::Clock;
use crate::engine::catalog::{self, Unselectable};
use crate::linear::client::Client;
use crate::linear::http::Http;
use crate::linear::transport::Transport;
use crate::session::guards::{Audit, Guards, Places};
use crate::session::{Locks, Session};
use crate::settings::Settings;

/// How long the last write of the names to disk may delay the end of the process.
const LONGEST_SAVE: Duration = Duration::from_millis(500);

/// Makes the session of a process from its settings. With `sandbox`, the session has a stand-in for Linear of its own.
/// Nothing is sent yet.
///
/// # Errors
/// When the settings name operations that do not exist, or no stand-in is built in.
pub(super) fn session(settings: &Settings, sandbox: bool) -> Result<Session, UsageError> {
    let clock = Clock::system();
    let transport = transport(settings, sandbox)?;
    let client = Client::new(transport, settings.retry_limits(), clock.clone());
    let longest_age = if keeps_names(settings, sandbox) {
        LONGEST_AGE
    } else {
        settings.cache_age
    };
    let cache = Cache::lasting(settings.cache_age, longest_age, settings.cache_entries);
    let mut session = Session::new(client, cache, clock, settings.allowed());
    if let Some(disk) = disk(settings, sandbox, &session.clock) {
        session.recall(disk);
    }
    session.guards = guards(settings)?;
    session.batch_items = settings.batch_items;
    session.deadline = settings.deadline;
    session.list_items = settings.list_items;
    session.new_labels = settings.new_labels;
    session.answer_defaults = settings.answer_defaults;
    // No other process writes to the stand-in of this process.
    if !sandbox && let Some(folder) = state_folder(settings.state_folder.clone()) {
        session.locks = Locks::within(folder.join("locks"), &settings.address.url);
    }
    if let Some(Err(why)) = session.guards.audit.as_ref().map(Audit::check) {
        tracing::warn!("{why}; nothing is written until it can be");
    }
    Ok(session)
}

/// Whether the names that this process learns are kept on disk for later processes. Names belong to the workspace of a key, so that
/// none are kept without a key. The names of a stand-in are not kept, because it ends with its process. A setting turns this off.
fn keeps_names(settings: &Settings, sandbox: bool) -> bool {
    !sandbox && settings.cache_on_disk && settings.authorization.is_ok()
}

/// The file in which the names are kept on disk; `None` where names are not kept, as long as the key is not known, and on a platform
/// without a cache folder.
pub(super) fn disk(settings: &Settings, sandbox: bool, clock: &Clock) -> Option<Disk> {
    if !keeps_names(settings, sandbox) {
        return None;
    }
    let key = settings.authorization.as_ref().ok()?;
    let authorization = key.header()?.expose_secret();
    let Ok(base) = choose_base_strategy() else {
        tracing::debug!("there is no cache folder, so that names are kept in memory alone");
        return None;
    };
    let identity = Identity::of(&settings.address.url, authorization);
    let folder = base.cache_dir().join("linear-ops");
    Some(Disk::new(folder, identity, clock.clone()))
}

/// Fetches a key that a file or a command gives, and loads the names that are on disk for this key into the session. Nothing is done
/// where the key was known at the start, because [`session`] has loaded the names then, and where names are not kept. A failure to
/// fetch the key is not reported here: the first request that needs the key reports it.
pub(super) async fn recall(settings: &Settings, sandbox: bool, session: &Session) {
    let is_pending = keeps_names(settings, sandbox) && session.disk.get().is_none();
    let key = settings.authorization.as_ref().ok().filter(|_| is_pending);
    if let Some(key) = key
        && key.fetch(settings.timeout).await.is_ok()
        && let Some(disk) = disk(settings, sandbox, &session.clock)
    {
        session.recall(disk);
    }
}

/// Writes the names that the session has learnt to disk, within the time that is left until the process ends.
pub(super) async fn save(session: &Session, left: Duration) {
    // The next process asks Linear for names that could not be written in time.
    let _ = tokio::time::timeout(left.min(LONGEST_SAVE), session.save()).await;
}

/// The folder in which the processes of this machine keep the state that they share: `configured` where a setting gives one,
/// else `linear-ops` in the platform's folder for state; `None` where there is no home folder.
pub(super) fn state_folder(configured: Option<PathBuf>) -> Option<PathBuf> {
    configured.or_else(|| {
        let base = choose_base_strategy().ok()?;
        let state = base.state_dir().unwrap_or_else(|| base.cache_dir());
        Some(state.join("linear-ops"))
    })
}

/// The guards of a session: what its operations may do by the settings.
///
/// # Errors
/// When the settings name operations that do not exist.
pub(super) fn guards(settings: &Settings) -> Result<Guards, UsageError> {
    let to_error =
        |unknown: Unselectable| UsageError(settings.secrets().hide(&unknown.to_string()));
    Ok(Guards {
        operations: catalog::selection(&settings.operations, &settings.deny).map_err(to_error)?,
        denied: catalog::denied(&settings.deny).map_err(to_error)?,
        misnamed: settings.misnamed.clone(),
        places: Places::new(settings.teams.clone(), settings.projects.clone()),
        most_writes: settings.max_writes,
        audit: settings.audit.clone().map(Audit::new),
        secrets: settings.secrets(),
        ..Guards::new(settings.allowed())
    })
}

/// One sentence for each name in the settings that is neither an operation nor a category.
pub(super) fn unselectable(settings: &Settings) -> Vec<String> {
    let allowed = settings.operations.iter().map(std::slice::from_ref);
    let denied = settings.deny.iter().map(std::slice::from_ref);
    let unknown = allowed
        .filter_map(|name| catalog::selection(name, &[]).err())
        .chain(denied.filter_map(|name| catalog::denied(name).err()));
    let secrets = settings.secrets();
    unknown
        .map(|unknown| secrets.hide(&unknown.to_string()))
        .collect()
}

/// Whether a server begins with a prefetch. There is no prefetch without a key, because Linear would refuse it, nor where only one
/// request is sent at a time, because the first call would have to wait for the prefetch.
pub(super) fn prefetches(settings: &Settings, sandbox: bool) -> bool {
    let has_access = sandbox || settings.authorization.is_ok();
    settings.prefetch && has_access && settings.in_flight > 1
}

/// The transport to Linear, or with `sandbox` to a new stand-in within this process.
///
/// # Errors
/// When no stand-in is built in.
pub(super) fn transport(
    settings: &Settings,
    sandbox: bool,
) -> Result<Arc<dyn Transport>, UsageError> {
    if sandbox {
        stand_in::transport()
    } else {
        Ok(Arc::new(Http::new(settings.endpoint())))
    }
}

/// Runs a future to its end on this thread. Threads that are still blocked then, such as the thread that reads standard input, are
/// left running.
///
/// # Errors
/// When the runtime does not start, or signals cannot be received.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, UsageError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| UsageError::new(format!("The runtime does not start: {error}")))?;
    {
        let _within = runtime.enter();
        outlive_full_files()?;
    }
    let value = runtime.block_on(future);
    runtime.shutdown_background();
    Ok(value)
}

/// Makes a write beyond the size limit of files (`ulimit -f`) fail instead of ending the process: once the program listens for
/// the signal, the system no longer takes the default action. It must be called within the runtime.
#[cfg(all(
    target_os = "linux",
    not(any(target_arch = "mips", target_arch = "mips64"))
))]
fn outlive_full_files() -> Result<(), UsageError> {
    use tokio::signal::unix::{SignalKind, signal};

    /// The signal SIGXFSZ.
    const FILE_TOO_LARGE: i32 = 25;
    signal(SignalKind::from_raw(FILE_TOO_LARGE))
        .map(drop)
        .map_err(|error| UsageError::new(format!("Signals cannot be received: {error}")))
}

#[cfg(not(all(
    target_os = "linux",
    not(any(target_arch = "mips", target_arch = "mips64"))
)))]
fn outlive_full_files() -> Result<(), UsageError> {
    Ok(())
}

/// Returns a token that is cancelled when the process is asked to end (SIGTERM, SIGINT, SIGHUP). It must be called within the
/// runtime.
///
/// # Errors
/// When signals cannot be received.
pub(super) fn stop_signal() -> Result<CancellationToken, UsageError> {
    let token = CancellationToken::new();
    let end_requested = end_requested()?;
    let to_cancel = token.clone();
    tokio::spawn(async move {
        end_requested.await;
        to_cancel.cancel();
    });
    Ok(token)
}

/// Begins to listen for the signals, and returns a future that completes when one is received.
#[cfg(unix)]
fn end_requested() -> Result<impl Future<Output = ()>, UsageError> {
    use tokio::signal::unix::{SignalKind, signal};

    let listen = |kind| {
        signal(kind)
            .map_err(|error| UsageError::new(format!("Signals cannot be received: {error}")))
    };
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut hangup = listen(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hangup.recv() => {}
        }
    })
}

/// Returns a future that completes when Ctrl-C is pressed.
#[cfg(not(unix))]
fn end_requested() -> Result<impl Future<Output = ()>, UsageError> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

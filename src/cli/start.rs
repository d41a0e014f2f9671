//! What a command needs before it can begin: a runtime, signals, a session.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use etcetera::base_strategy::{BaseStrategy as _, choose_base_strategy};
use secrecy::ExposeSecret as _;
use tokio_util::sync::CancellationToken;

use super::{Wrong, stand_in};
use crate::clock::Clock;
use crate::directory::{Directory, Disk, Identity, LONGEST_AGE};
use crate::engine::catalog::{self, Unselectable};
use crate::linear::client::Client;
use crate::linear::http::Http;
use crate::linear::transport::Transport;
use crate::session::guards::{Audit, Guards, Places};
use crate::session::{Locks, Session};
use crate::settings::Settings;

/// How long writing the names to disk may take at the end.
const LONGEST_SAVE: Duration = Duration::from_millis(500);

/// A session over Linear, or over a stand-in of its own. Nothing is sent yet.
pub(super) fn session(settings: &Settings, sandbox: bool) -> Result<Session, Wrong> {
    let clock = Clock::system();
    let transport = transport(settings, sandbox)?;
    let client = Client::new(transport, settings.patience(), clock.clone());
    let longest = match keeps_names(settings, sandbox) {
        true => LONGEST_AGE,
        false => settings.cache_age,
    };
    let directory = Directory::lasting(settings.cache_age, longest, settings.cache_entries);
    let mut session = Session::new(client, directory, clock, settings.allowed());
    if let Some(disk) = disk(settings, sandbox, &session.clock) {
        session.recall(disk);
    }
    session.guards = guards(settings)?;
    session.batch_items = settings.batch_items;
    session.deadline = settings.deadline;
    session.list_items = settings.list_items;
    session.new_labels = settings.new_labels;
    // Nobody else has the stand-in of this process.
    if !sandbox {
        session.locks = locks(settings);
    }
    if let Some(Err(why)) = session.guards.audit.as_ref().map(Audit::check) {
        tracing::warn!("{why}; nothing is written until it can be");
    }
    Ok(session)
}

/// Whether the names that this process learns are kept for those after it: not without a key, whose names they are, not for
/// a stand-in that ends with the process, and not where the settings say so.
fn keeps_names(settings: &Settings, sandbox: bool) -> bool {
    !sandbox && settings.cache_on_disk && settings.authorization.is_ok()
}

/// Where the names are kept: nowhere as long as the key is not known, or where the platform has no place for them.
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

/// Fetches a key that a file or a command gives, and takes the names of its snapshot into the session. Nothing is done where
/// the key was known at the start, or where no names are kept. What is wrong with the key is told to whoever needs it.
pub(super) async fn recall(settings: &Settings, sandbox: bool, session: &Session) {
    let late = keeps_names(settings, sandbox) && session.disk.get().is_none();
    let key = settings.authorization.as_ref().ok().filter(|_| late);
    if let Some(key) = key
        && key.fetch(settings.timeout).await.is_ok()
        && let Some(disk) = disk(settings, sandbox, &session.clock)
    {
        session.recall(disk);
    }
}

/// Writes what the session has learnt to disk, for as long as the end may take.
pub(super) async fn save(session: &Session, left: Duration) {
    // What cannot be written in time is left to the next process.
    let _ = tokio::time::timeout(left.min(LONGEST_SAVE), session.save()).await;
}

/// The folder in which this program keeps what it has to remember: the one that is set, else one in the platform's
/// folder for state; `None` where there is no home folder.
pub(super) fn state_folder(set: Option<PathBuf>) -> Option<PathBuf> {
    let platforms = || {
        let base = choose_base_strategy().ok()?;
        let state = base.state_dir().unwrap_or_else(|| base.cache_dir());
        Some(state.join("linear-ops"))
    };
    set.or_else(platforms)
}

/// The locks that this process shares with others, in its state folder.
fn locks(settings: &Settings) -> Locks {
    match state_folder(settings.state_folder.clone()) {
        Some(folder) => Locks::within(folder.join("locks"), &settings.address.url),
        None => Locks::default(),
    }
}

/// What the settings let operations do.
///
/// # Errors
/// Where they name operations that do not exist.
pub(super) fn guards(settings: &Settings) -> Result<Guards, Wrong> {
    let wrong = |unknown: Unselectable| Wrong(settings.secrets().hide(&unknown.to_string()));
    Ok(Guards {
        operations: catalog::selection(&settings.operations, &settings.deny).map_err(wrong)?,
        denied: catalog::denied(&settings.deny).map_err(wrong)?,
        misnamed: settings.misnamed.clone(),
        places: Places::new(settings.teams.clone(), settings.projects.clone()),
        most_writes: settings.max_writes,
        audit: settings.audit.clone().map(Audit::new),
        secrets: settings.secrets(),
        ..Guards::new(settings.allowed())
    })
}

/// The names in the settings that are neither operations nor categories, a sentence each.
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

/// Whether a server begins with a prefetch. Without a key there is no answer; where one request is sent at a time,
/// everybody else's would have to wait for it.
pub(super) fn prefetches(settings: &Settings, sandbox: bool) -> bool {
    let answered = sandbox || settings.authorization.is_ok();
    settings.prefetch && answered && settings.in_flight > 1
}

/// The way to Linear, or to a stand-in of its own.
pub(super) fn transport(settings: &Settings, sandbox: bool) -> Result<Arc<dyn Transport>, Wrong> {
    if sandbox {
        stand_in::transport()
    } else {
        Ok(Arc::new(Http::new(settings.endpoint())))
    }
}

/// Runs a future to its end on this thread. Threads that still wait for something then, such as standard input, are
/// left behind instead of waited for.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Wrong> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Wrong::new(format!("The runtime does not start: {error}")))?;
    {
        let _within = runtime.enter();
        outlive_full_files()?;
    }
    let value = runtime.block_on(future);
    runtime.shutdown_background();
    Ok(value)
}

/// Makes a write beyond the size that files may have (`ulimit -f`) fail instead of ending the process: once the signal
/// is listened for, its default action is never taken again. To be called within the runtime.
#[cfg(all(
    target_os = "linux",
    not(any(target_arch = "mips", target_arch = "mips64"))
))]
fn outlive_full_files() -> Result<(), Wrong> {
    use tokio::signal::unix::{SignalKind, signal};

    /// SIGXFSZ.
    const FILE_TOO_LARGE: i32 = 25;
    signal(SignalKind::from_raw(FILE_TOO_LARGE))
        .map(drop)
        .map_err(|error| Wrong::new(format!("Signals cannot be received: {error}")))
}

#[cfg(not(all(
    target_os = "linux",
    not(any(target_arch = "mips", target_arch = "mips64"))
)))]
fn outlive_full_files() -> Result<(), Wrong> {
    Ok(())
}

/// A token that fires when the process is asked to end (SIGTERM, SIGINT, SIGHUP). To be called within the runtime.
pub(super) fn stop_signal() -> Result<CancellationToken, Wrong> {
    let token = CancellationToken::new();
    let asked = asked_to_end()?;
    let fire = token.clone();
    tokio::spawn(async move {
        asked.await;
        fire.cancel();
    });
    Ok(token)
}

#[cfg(unix)]
fn asked_to_end() -> Result<impl Future<Output = ()>, Wrong> {
    use tokio::signal::unix::{SignalKind, signal};

    let listen = |kind| {
        signal(kind).map_err(|error| Wrong::new(format!("Signals cannot be received: {error}")))
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

#[cfg(not(unix))]
fn asked_to_end() -> Result<impl Future<Output = ()>, Wrong> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

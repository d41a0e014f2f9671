//! Locks for writes to the same entity: between the operations of this process, and between the processes of one
//! machine.
//!
//! The locks between processes are advisory locks on empty files. The operating system releases them when a process
//! ends, however it ends, so a file that is left behind locks nothing. Processes on other machines do not see these
//! locks. Correctness must therefore not rely on them; the locks only avoid work that would have to be repeated.

use std::collections::HashMap;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// How long to wait for a lock that another process holds.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// How long to wait before trying a lock again.
const PAUSE: Duration = Duration::from_millis(10);

/// The locks between the operations of one session: only one operation at a time writes to an entity, and the
/// operations get the lock in the order in which they asked for it.
#[derive(Debug, Default)]
pub struct EntityLocks(Mutex<HashMap<String, Weak<AsyncMutex<()>>>>);

impl EntityLocks {
    /// Waits for the lock of the entity with this name. Dropping the guard releases the lock.
    pub async fn take(&self, name: &str) -> OwnedMutexGuard<()> {
        let lock = {
            // A panic while this mutex is held leaves at worst an unused entry, which the next call removes.
            let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            locks.retain(|_, lock| lock.strong_count() > 0);
            locks.get(name).and_then(Weak::upgrade).unwrap_or_else(|| {
                let lock = Arc::default();
                locks.insert(name.to_owned(), Arc::downgrade(&lock));
                lock
            })
        };
        lock.lock_owned().await
    }
}

/// The locks that the processes of one machine share. By default there is no folder for them, and no lock is taken.
#[derive(Clone, Debug, Default)]
pub struct Locks {
    folder: Option<PathBuf>,
    /// The beginning of the file names. It distinguishes the locks of one API address from those of another.
    prefix: String,
    /// How long to wait for a lock that another process holds.
    longest_wait: Duration,
}

/// A lock between processes. Dropping it releases the lock.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held")] File);

impl Locks {
    /// Creates locks for the entities at an API address. They are files in `folder`, which is created when it is first
    /// needed.
    pub fn within(folder: PathBuf, address: &str) -> Self {
        Self {
            folder: Some(folder),
            prefix: format!("{:016x}", digest(address)),
            longest_wait: LONGEST_WAIT,
        }
    }

    /// Takes the lock of the entity with this name. Returns `None` if there is no folder, if the folder cannot be used,
    /// or if another process does not release the lock in time. The last two cases are logged.
    pub async fn take(&self, name: &str) -> Option<Lock> {
        let path = self.folder.as_ref()?.join(self.file_name(name));
        let lock = async {
            // Opening and locking a file may both block for long on a network file system, so neither runs on this
            // thread.
            let mut file = spawn_blocking(move || open(&path)).await?;
            loop {
                let attempt = spawn_blocking(move || match file.try_lock() {
                    Ok(()) => Ok((file, true)),
                    Err(TryLockError::WouldBlock) => Ok((file, false)),
                    Err(TryLockError::Error(error)) => Err(error),
                });
                let is_locked;
                (file, is_locked) = attempt.await?;
                if is_locked {
                    return Ok::<_, io::Error>(Lock(file));
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        match tokio::time::timeout(self.longest_wait, lock).await {
            Ok(Ok(lock)) => Some(lock),
            Ok(Err(error)) => {
                tracing::warn!(%error, "no lock could be taken; going on without it");
                None
            }
            Err(_) => {
                tracing::warn!("a lock was not released in time; going on without it");
                None
            }
        }
    }

    /// Returns the name of the lock file for an entity. It contains the name of the entity if this name is safe in a
    /// file name, and the digest of the name otherwise.
    fn file_name(&self, name: &str) -> String {
        let is_safe = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if name.len() <= 64 && name.chars().all(is_safe) {
            format!("{}-{name}.lock", self.prefix)
        } else {
            format!("{}-{:016x}.lock", self.prefix, digest(name))
        }
    }
}

async fn spawn_blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let result = tokio::task::spawn_blocking(work).await;
    result.unwrap_or_else(|failed| Err(io::Error::other(failed)))
}

/// Opens a lock file. Creates the file and its folder if they are missing, with access for this user alone.
fn open(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Returns the 64-bit FNV-1a hash of a text. It is the same in every build, so that processes of different versions use
/// the same lock files.
pub(crate) fn digest(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[tokio::test]
    async fn a_lock_is_held_by_one_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/locks");
        let locks = move || Locks::within(path.clone(), "https://one.example");
        let first = locks().take("PSN-1").await.unwrap();
        // The locks of another issue and of another API address are free.
        assert!(locks().take("PSN-2").await.is_some());
        let other = Locks::within(folder.path().join("a/locks"), "https://two.example");
        assert!(other.take("PSN-1").await.is_some());
        let second = tokio::spawn(async move { locks().take("PSN-1").await.is_some() });
        tokio::time::sleep(PAUSE * 5).await;
        assert!(!second.is_finished());
        drop(first);
        assert!(second.await.unwrap());
    }

    #[tokio::test]
    async fn what_is_not_released_in_time_is_done_without() {
        let folder = tempfile::tempdir().unwrap();
        let locks = Locks {
            longest_wait: PAUSE * 5,
            ..Locks::within(folder.path().to_owned(), "https://one.example")
        };
        let lock = locks.take("PSN-1").await;
        assert!(lock.is_some());
        assert!(locks.take("PSN-1").await.is_none());
    }

    #[tokio::test]
    async fn without_a_folder_there_is_no_lock() {
        assert!(Locks::default().take("PSN-1").await.is_none());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let below = Locks::within(file.join("locks"), "https://one.example");
        assert!(below.take("PSN-1").await.is_none());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn the_folder_is_the_users_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let locks = Locks::within(folder.path().join("state/locks"), "https://one.example");
        let _lock = locks.take("../../etc").await.unwrap();
        for path in ["state", "state/locks"] {
            let mode = fs::metadata(folder.path().join(path))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o700, "{path}");
        }
        assert_eq!(
            fs::read_dir(folder.path().join("state/locks"))
                .unwrap()
                .count(),
            1
        );
    }

    #[test]
    fn a_digest_is_that_of_fnv() {
        assert_eq!(digest(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(digest("foobar"), 0x8594_4171_f739_67e8);
    }
}

//! Locks that the processes of one machine share, so that those that edit one text take turns.
//!
//! They are advisory locks on empty files, which the operating system releases when a process ends, however it ends: a
//! file that is left behind locks nothing. Processes on other machines are not held back by them, so nothing may rely
//! on a lock to be safe; it spares work that would have to be done again.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a lock that another process holds is waited for.
const LONGEST: Duration = Duration::from_secs(10);
/// How long to wait before a lock is tried again.
const PAUSE: Duration = Duration::from_millis(10);

/// Where the locks are, if there are any.
#[derive(Clone, Debug, Default)]
pub struct Locks {
    folder: Option<PathBuf>,
    /// What the names of the files begin with: which server the locked things are on.
    prefix: String,
    /// How long a lock that another process holds is waited for.
    longest: Duration,
}

/// A lock that is held until this is dropped.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held")] File);

impl Locks {
    /// Locks as files in a folder, which is made when it is needed, for what is at that address.
    pub fn within(folder: PathBuf, address: &str) -> Self {
        Self {
            folder: Some(folder),
            prefix: format!("{:016x}", digest(address)),
            longest: LONGEST,
        }
    }

    /// Takes the lock for the thing of that name. `None` where there is none to be had: the folder cannot be used, or
    /// another process does not let go of it in time; that is logged.
    pub async fn take(&self, name: &str) -> Option<Lock> {
        let path = self.folder.as_ref()?.join(self.file(name));
        match tokio::time::timeout(self.longest, locked(path)).await {
            Ok(Ok(file)) => Some(Lock(file)),
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

    /// The name of a file: that of the thing, if it is harmless as one, else its digest.
    fn file(&self, name: &str) -> String {
        let harmless = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if name.len() <= 64 && name.chars().all(harmless) {
            format!("{}-{name}.lock", self.prefix)
        } else {
            format!("{}-{:016x}.lock", self.prefix, digest(name))
        }
    }
}

/// Opens and locks a file. Both may take their time on a network's file system, so neither is done on this thread.
async fn locked(path: PathBuf) -> io::Result<File> {
    let mut file = blocking(move || open(&path)).await?;
    loop {
        let tried = blocking(move || match file.try_lock() {
            Ok(()) => Ok((file, true)),
            Err(TryLockError::WouldBlock) => Ok((file, false)),
            Err(TryLockError::Error(error)) => Err(error),
        });
        let held;
        (file, held) = tried.await?;
        if held {
            return Ok(file);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|failed| Err(io::Error::other(failed)))
}

/// Opens a file for locking; makes it, and its folder for this user alone, where they are missing.
fn open(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// The 64-bit FNV-1a hash of a text: the same in every build, so that processes of different versions meet.
pub(crate) fn digest(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_lock_is_held_by_one_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/locks");
        let locks = move || Locks::within(path.clone(), "https://one.example");
        let first = locks().take("PSN-1").await.unwrap();
        // Another issue, and another server, are not held back.
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
            longest: PAUSE * 5,
            ..Locks::within(folder.path().to_owned(), "https://one.example")
        };
        let held = locks.take("PSN-1").await;
        assert!(held.is_some());
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

//! The file in which the snapshot of names is kept between processes.
//!
//! Only the user can read the file, and it is replaced as a whole: when two processes write at the same time, one of
//! the two snapshots remains. A file that cannot be used is ignored, and names are queried from Linear as if there were
//! no snapshot.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Cache;
use super::snapshot::{Captured, Identity, LARGEST};
use crate::clock::{Clock, Stopwatch};

/// The age up to which an entry of a snapshot is used. A file that is older than this has no usable entries.
pub const LONGEST_AGE: Duration = Duration::from_secs(24 * 60 * 60);
/// How many files of the folder are examined at most when expired files are removed.
const MAX_SWEPT: usize = 1000;

/// The snapshot file of one API address and key.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
    identity: Identity,
    clock: Clock,
    /// The start of this process, on the monotonic clock and in milliseconds since the Unix epoch.
    opened: (Stopwatch, i64),
    status: Mutex<DiskStatus>,
}

/// How this process has used the snapshot.
#[derive(Clone, Copy, Debug, Default)]
pub struct DiskStatus {
    /// The file that was found at the start.
    pub found: Found,
    /// When this process last wrote the snapshot.
    pub saved: Option<Stopwatch>,
    /// The revision of the cache at the time when it was last loaded from disk or saved to disk.
    revision: u64,
}

/// What a process finds at the path of the snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Found {
    /// There was no readable file, or the file was a snapshot of another version.
    #[default]
    None,
    /// There was a snapshot, which was loaded. The value is its age.
    Used(Duration),
    /// There was a file that cannot be used. The value is the reason.
    Ignored(&'static str),
}

/// Why a file cannot be used.
#[derive(Debug)]
enum Unusable {
    /// This process cannot read the file, for example because there is no folder.
    Unreadable(io::Error),
    /// The file differs from what this program writes. This is logged as a warning.
    Invalid(&'static str),
}

impl From<io::Error> for Unusable {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error)
    }
}

impl Disk {
    /// Creates the snapshot file of this identity in a folder, without reading or writing anything. The folder is
    /// created when the snapshot is first saved.
    pub fn new(folder: PathBuf, identity: Identity, clock: Clock) -> Self {
        let opened = (Stopwatch::start(), clock.now_ms());
        Self {
            folder,
            identity,
            clock,
            opened,
            status: Mutex::default(),
        }
    }

    /// Returns how this process has used the snapshot so far.
    pub fn status(&self) -> DiskStatus {
        *self.lock_status()
    }

    fn lock_status(&self) -> MutexGuard<'_, DiskStatus> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the path of the snapshot.
    pub fn path(&self) -> PathBuf {
        self.folder.join(format!("{}.names", self.identity.name))
    }

    /// Loads the snapshot into the cache. A file that cannot be used is logged and ignored.
    pub fn load(&self, cache: &Cache) {
        let found = match self.merge_into(cache) {
            Ok(age) => age.map_or(Found::None, Found::Used),
            Err(Unusable::Unreadable(error)) => {
                tracing::debug!(%error, "no snapshot of names can be read");
                Found::None
            }
            Err(Unusable::Invalid(why)) => {
                let path = self.path();
                tracing::warn!(
                    "the snapshot of names is ignored: {why}; it is replaced by the next one ({})",
                    path.display()
                );
                Found::Ignored(why)
            }
        };
        let mut status = self.lock_status();
        status.found = found;
        status.revision = cache.revision();
    }

    /// Adds the entries of the file to the cache, and returns the age of the file. Returns `None` if there is no
    /// snapshot of this version.
    fn merge_into(&self, cache: &Cache) -> Result<Option<Duration>, Unusable> {
        let Some(bytes) = read(&self.folder, &self.path())? else {
            return Ok(None);
        };
        let contents = self.identity.open(&bytes).map_err(Unusable::Invalid)?;
        let age = contents.map(|contents| contents.restore(cache, self.clock.now_ms()));
        age.transpose().map_err(Unusable::Invalid)
    }

    /// Saves the names of the cache, unless they are on disk already. First loads what another process has saved in the
    /// meantime. The entries are copied on this thread, and the copy is converted and written on another thread. A
    /// failure is logged at debug level only, because the snapshot is merely an optimisation.
    pub async fn save(&self, cache: &Cache) {
        if self.status().revision == cache.revision() {
            return;
        }
        // A file that cannot be used was logged at the start.
        let _ = self.merge_into(cache);
        let revision = cache.revision();
        let captured = Captured::of(cache);
        let now = self.clock.now_ms();
        let (started, started_ms) = self.opened;
        let measured = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
        // While the machine sleeps, the monotonic clock may stand still, but the time of day goes on.
        let slept = now.saturating_sub(started_ms).saturating_sub(measured);
        let slept = Duration::from_millis(u64::try_from(slept).unwrap_or_default());
        let (folder, path) = (self.folder.clone(), self.path());
        let temporary = self.folder.join(format!("{}.tmp", self.clock.new_id()));
        let identity = self.identity.clone();
        let written = tokio::task::spawn_blocking(move || {
            let Some(bytes) = identity.seal(&captured.contents(now, slept)) else {
                return Err(io::Error::other("the snapshot would be too large"));
            };
            replace_file(&folder, &temporary, &path, &bytes)?;
            remove_expired(&folder);
            Ok(bytes.len())
        });
        match written.await {
            Ok(Ok(bytes)) => {
                tracing::debug!(bytes, "the snapshot of names is written");
                let mut status = self.lock_status();
                status.revision = revision;
                status.saved = Some(Stopwatch::start());
            }
            Ok(Err(error)) => tracing::debug!(%error, "no snapshot of names is written"),
            Err(error) => tracing::debug!(%error, "no snapshot of names is written"),
        }
    }
}

/// Reads the file. Returns `None` if there is no file. Does not follow a symbolic link, neither at the path of the file
/// nor at the path of its folder.
fn read(folder: &Path, path: &Path) -> Result<Option<Vec<u8>>, Unusable> {
    let metadata = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        metadata => metadata?,
    };
    if !metadata.is_file() {
        return Err(Unusable::Invalid("it is not a regular file"));
    }
    check_owner(&fs::symlink_metadata(folder)?, &metadata)?;
    if metadata.len() > LARGEST as u64 {
        return Err(Unusable::Invalid("it is larger than any that is written"));
    }
    let file = File::open(path)?;
    if !is_same(&metadata, &file.metadata()?) {
        return Err(Unusable::Invalid("it was replaced while it was opened"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    file.take(LARGEST as u64 + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Checks that no other user can write the file or replace it.
#[cfg(unix)]
fn check_owner(folder: &Metadata, file: &Metadata) -> Result<(), Unusable> {
    use std::os::unix::fs::MetadataExt as _;
    /// The permission bits by which the group and all other users may write.
    const OTHERS_WRITE: u32 = 0o022;
    if !folder.is_dir() {
        return Err(Unusable::Invalid("its folder is a symbolic link"));
    }
    if file.mode() & OTHERS_WRITE != 0 || folder.mode() & OTHERS_WRITE != 0 {
        return Err(Unusable::Invalid("others may write it"));
    }
    if file.uid() != folder.uid() {
        return Err(Unusable::Invalid("it is another user's than its folder"));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_owner(_: &Metadata, _: &Metadata) -> Result<(), Unusable> {
    Ok(())
}

/// Whether the open file is the file whose metadata was checked.
#[cfg(unix)]
fn is_same(checked: &Metadata, open: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (checked.dev(), checked.ino()) == (open.dev(), open.ino())
}

#[cfg(not(unix))]
fn is_same(_: &Metadata, open: &Metadata) -> bool {
    open.is_file()
}

/// Writes the bytes to a temporary file and renames it to the path, so that the file is replaced as a whole.
fn replace_file(folder: &Path, temporary: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    if !fs::symlink_metadata(folder)?.is_dir() {
        return Err(io::Error::other("the folder is a symbolic link"));
    }
    let mut options = OpenOptions::new();
    // `create_new` does not follow a symbolic link that exists already.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(temporary)?;
    let written = file.write_all(bytes);
    drop(file);
    let replaced = written.and_then(|()| fs::rename(temporary, path));
    if replaced.is_err() {
        // If the file cannot be removed now, [`remove_expired`] removes it when it has expired.
        let _ = fs::remove_file(temporary);
    }
    replaced
}

/// Removes the expired files of this program in the folder: snapshots of keys that are no longer used, and temporary
/// files of interrupted writes.
fn remove_expired(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().take(MAX_SWEPT);
    for entry in entries.flatten() {
        let path = entry.path();
        let is_ours = path
            .extension()
            .is_some_and(|extension| extension == "names" || extension == "tmp");
        let modified = entry.metadata().ok().filter(Metadata::is_file);
        let modified = modified.and_then(|metadata| metadata.modified().ok());
        let age = modified.and_then(|at| at.elapsed().ok());
        if is_ours && age.is_some_and(|age| age > LONGEST_AGE) {
            let _ = fs::remove_file(path);
        }
    }
}

//! The file in which the snapshot of names is kept between processes.
//!
//! It is the user's alone, and replaced as a whole: two processes that write at once leave one snapshot or the other. A
//! file that cannot be used is passed over; what is in it is then asked for, as without a snapshot.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Cache;
use super::snapshot::{Captured, Identity, LARGEST};
use crate::clock::{Clock, Stopwatch};

/// How old an entry of a snapshot may be to be used. A file of that age has none.
pub const LONGEST_AGE: Duration = Duration::from_secs(24 * 60 * 60);
/// How many files of the folder are looked at when those that have expired are removed.
const MOST_SWEPT: usize = 1000;

/// Where the snapshot of one API address and key is.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
    identity: Identity,
    clock: Clock,
    /// When this process began to measure, and the time of day then, in milliseconds.
    opened: (Stopwatch, i64),
    status: Mutex<DiskStatus>,
}

/// What has become of the snapshot in this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct DiskStatus {
    /// What was found at the start.
    pub found: Found,
    /// When a snapshot was last written.
    pub saved: Option<Stopwatch>,
    /// The directory's revision that is on disk.
    revision: u64,
}

/// What a process finds in the place of a snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Found {
    /// No snapshot, or none of this version.
    #[default]
    None,
    /// A snapshot of that age.
    Used(Duration),
    /// A file that cannot be used, for that reason.
    Ignored(&'static str),
}

/// Why a file is not used.
#[derive(Debug)]
enum Unusable {
    /// The file system does not let this process read it, as where there is no folder.
    Unreadable(io::Error),
    /// Something is wrong with the file, and somebody should know.
    Wrong(&'static str),
}

impl From<io::Error> for Unusable {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error)
    }
}

impl Disk {
    /// The place of a snapshot within a folder, which is made when it is needed.
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

    /// What has become of the snapshot so far.
    pub fn status(&self) -> DiskStatus {
        *self.locked()
    }

    fn locked(&self) -> MutexGuard<'_, DiskStatus> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file in which it is.
    pub fn path(&self) -> PathBuf {
        self.folder.join(format!("{}.names", self.identity.name))
    }

    /// Reads the snapshot into the directory. One that cannot be used is told of in the log and passed over.
    pub fn load(&self, cache: &Cache) {
        let found = match self.take_in(cache) {
            Ok(age) => age.map_or(Found::None, Found::Used),
            Err(Unusable::Unreadable(error)) => {
                tracing::debug!(%error, "no snapshot of names can be read");
                Found::None
            }
            Err(Unusable::Wrong(why)) => {
                let path = self.path();
                tracing::warn!(
                    "the snapshot of names is ignored: {why}; it is replaced by the next one ({})",
                    path.display()
                );
                Found::Ignored(why)
            }
        };
        let mut status = self.locked();
        status.found = found;
        status.revision = cache.revision();
    }

    /// Takes into the directory what the file has, and returns how old the file is; `None` where there is none of this
    /// version.
    fn take_in(&self, cache: &Cache) -> Result<Option<Duration>, Unusable> {
        let Some(bytes) = read(&self.folder, &self.path())? else {
            return Ok(None);
        };
        let contents = self.identity.open(&bytes).map_err(Unusable::Wrong)?;
        let age = contents.map(|contents| contents.restore(cache, self.clock.now_ms()));
        age.transpose().map_err(Unusable::Wrong)
    }

    /// Writes what the directory knows, unless that is on disk already. What another process has written meanwhile is
    /// taken in first. Only the collecting is done on this thread. Where nothing can be written, that is logged for who
    /// looks for it: a snapshot is a help and no promise.
    pub async fn save(&self, cache: &Cache) {
        if self.status().revision == cache.revision() {
            return;
        }
        // A file that cannot be used was told of at the start.
        let _ = self.take_in(cache);
        let revision = cache.revision();
        let captured = Captured::of(cache);
        let now = self.clock.now_ms();
        let (since, then) = self.opened;
        let measured = i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX);
        // A machine that sleeps does not measure, and its time of day goes on.
        let slept = now.saturating_sub(then).saturating_sub(measured);
        let slept = Duration::from_millis(u64::try_from(slept).unwrap_or_default());
        let contents = move || captured.contents(now, slept);
        let (folder, path) = (self.folder.clone(), self.path());
        let temporary = self.folder.join(format!("{}.tmp", self.clock.new_id()));
        let seal = self.identity.clone();
        let written = tokio::task::spawn_blocking(move || {
            let Some(bytes) = seal.seal(&contents()) else {
                return Err(io::Error::other("the snapshot would be too large"));
            };
            write(&folder, &temporary, &path, &bytes)?;
            sweep(&folder);
            Ok(bytes.len())
        });
        match written.await {
            Ok(Ok(bytes)) => {
                tracing::debug!(bytes, "the snapshot of names is written");
                let mut status = self.locked();
                status.revision = revision;
                status.saved = Some(Stopwatch::start());
            }
            Ok(Err(error)) => tracing::debug!(%error, "no snapshot of names is written"),
            Err(error) => tracing::debug!(%error, "no snapshot of names is written"),
        }
    }
}

/// The bytes of the file; `None` where there is none. No symbolic link is followed, in place of the file or of its folder.
fn read(folder: &Path, path: &Path) -> Result<Option<Vec<u8>>, Unusable> {
    let named = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        named => named?,
    };
    if !named.is_file() {
        return Err(Unusable::Wrong("it is not a regular file"));
    }
    check_owner(&fs::symlink_metadata(folder)?, &named)?;
    if named.len() > LARGEST as u64 {
        return Err(Unusable::Wrong("it is larger than any that is written"));
    }
    let file = File::open(path)?;
    if !is_same(&named, &file.metadata()?) {
        return Err(Unusable::Wrong("it was replaced while it was opened"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(named.len()).unwrap_or_default());
    file.take(LARGEST as u64 + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Checks that nobody else can write the file, or put another in its place.
#[cfg(unix)]
fn check_owner(folder: &Metadata, file: &Metadata) -> Result<(), Unusable> {
    use std::os::unix::fs::MetadataExt as _;
    /// Those of the group and of all others to write.
    const OTHERS_WRITE: u32 = 0o022;
    if !folder.is_dir() {
        return Err(Unusable::Wrong("its folder is a symbolic link"));
    }
    if file.mode() & OTHERS_WRITE != 0 || folder.mode() & OTHERS_WRITE != 0 {
        return Err(Unusable::Wrong("others may write it"));
    }
    if file.uid() != folder.uid() {
        return Err(Unusable::Wrong("it is another user's than its folder"));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_owner(_: &Metadata, _: &Metadata) -> Result<(), Unusable> {
    Ok(())
}

/// Whether the open file is the one that was looked at.
#[cfg(unix)]
fn is_same(named: &Metadata, open: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (named.dev(), named.ino()) == (open.dev(), open.ino())
}

#[cfg(not(unix))]
fn is_same(_: &Metadata, open: &Metadata) -> bool {
    open.is_file()
}

/// Puts the bytes in the place of the file, as a whole.
fn write(folder: &Path, temporary: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    if !fs::symlink_metadata(folder)?.is_dir() {
        return Err(io::Error::other("the folder is a symbolic link"));
    }
    let mut options = OpenOptions::new();
    // A link that is there already is not followed.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(temporary)?;
    let written = file.write_all(bytes);
    drop(file);
    let placed = written.and_then(|()| fs::rename(temporary, path));
    if placed.is_err() {
        // What is left is swept away later.
        let _ = fs::remove_file(temporary);
    }
    placed
}

/// Removes the files of this program in the folder of which nothing can be used any more: snapshots of keys that have gone
/// out of use, and what an interrupted write left.
fn sweep(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().take(MOST_SWEPT);
    for entry in entries.flatten() {
        let path = entry.path();
        let ours = path
            .extension()
            .is_some_and(|end| end == "names" || end == "tmp");
        let modified = entry.metadata().ok().filter(Metadata::is_file);
        let modified = modified.and_then(|of| of.modified().ok());
        let age = modified.and_then(|at| at.elapsed().ok());
        if ours && age.is_some_and(|age| age > LONGEST_AGE) {
            let _ = fs::remove_file(path);
        }
    }
}

//! The user's files that `setup` changes, and the record of the files, folders and entries that `setup` made.
//!
//! A file is read as a whole, and is replaced as a whole or not at all. Links to the file and its permissions are kept. The record
//! lets `setup --remove` take away exactly the things that `setup` made.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use crate::cli::UsageError;
use crate::cli::claude_code::{BYTE_ORDER_MARK, read_whole};

/// How often the lock of a file that Claude Code is writing is tried.
const LOCK_ATTEMPTS: u32 = 40;
/// How long to wait between two attempts.
const LOCK_PAUSE: Duration = Duration::from_millis(50);
/// The age from which a lock counts as left behind by a process that ended. Claude Code uses the same.
const ABANDONED: Duration = Duration::from_secs(10);

/// A file of the user with the text that was read from it.
#[derive(Clone, Debug)]
pub(super) struct UserFile {
    /// The path, which may be that of a link.
    pub path: PathBuf,
    /// The file to which the path leads.
    target: PathBuf,
    /// The text without a byte-order mark; `None` where the file does not exist.
    pub text: Option<String>,
    has_byte_order_mark: bool,
}

impl UserFile {
    /// Reads a file, which need not exist.
    ///
    /// # Errors
    /// When the file exists and cannot be read, or is a link to a file that does not exist.
    pub fn read(path: &Path) -> Result<Self, UsageError> {
        let error_with = |why: String| UsageError::new(format!("{} {why}", path.display()));
        let mut file = Self {
            path: path.to_owned(),
            target: path.to_owned(),
            text: None,
            has_byte_order_mark: false,
        };
        match fs::symlink_metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(file),
            Err(error) => return Err(error_with(format!("cannot be read: {error}"))),
            Ok(data) if data.is_symlink() => {
                file.target = path.canonicalize().map_err(|error| {
                    error_with(format!(
                        "is a link that leads nowhere ({error}): mend or remove it"
                    ))
                })?;
            }
            Ok(_) => {}
        }
        let text =
            read_whole(path).map_err(|error| error_with(format!("cannot be read: {error}")))?;
        file.has_byte_order_mark = text.starts_with(BYTE_ORDER_MARK);
        file.text = Some(text.trim_start_matches(BYTE_ORDER_MARK).to_owned());
        Ok(file)
    }

    /// The reason why the file must not be written, in words that follow its name; `None` where no such reason is known.
    pub fn write_obstacle(&self) -> Option<&'static str> {
        let is_read_only = self.text.is_some()
            && fs::metadata(&self.target).is_ok_and(|data| data.permissions().readonly());
        is_read_only.then_some(
            "is read-only, so that another program may be in charge of it: change it there, or make it writable",
        )
    }

    /// Replaces the file by a file with the text, or creates the file and its folders. New folders are recorded. `is_private` says
    /// whether a new file is readable for its owner alone.
    ///
    /// # Errors
    /// When the file cannot be written, or was changed since it was read. The file is unchanged then.
    pub fn write(
        &self,
        text: &str,
        is_private: bool,
        record: &mut InstallRecord,
    ) -> Result<(), UsageError> {
        self.check_unchanged()?;
        self.replace(text, is_private, record).map_err(|error| {
            UsageError::new(format!(
                "{} cannot be written: {error}",
                self.path.display()
            ))
        })
    }

    /// Writes a temporary file beside the target, and renames it over the target.
    fn replace(
        &self,
        text: &str,
        is_private: bool,
        record: &mut InstallRecord,
    ) -> std::io::Result<()> {
        let folder = self.target.parent().unwrap_or(Path::new(""));
        let missing: Vec<&Path> = folder
            .ancestors()
            .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
            .collect();
        fs::create_dir_all(folder)?;
        for folder in missing {
            record.add(folder.display().to_string());
        }
        let name = self
            .target
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let temporary = folder.join(format!(".{name}.{}.tmp", std::process::id()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        if is_private {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        #[cfg(not(unix))]
        let _ = is_private;
        let replaced = options.open(&temporary).and_then(|mut file| {
            if let Ok(data) = fs::metadata(&self.target) {
                file.set_permissions(data.permissions())?;
            }
            if self.has_byte_order_mark {
                file.write_all(BYTE_ORDER_MARK.to_string().as_bytes())?;
            }
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&temporary, &self.target)
        });
        if replaced.is_err() {
            // The failure to write is returned; a failure to remove the temporary file is not.
            let _ = fs::remove_file(&temporary);
        }
        replaced
    }

    /// Removes the file, or the link to it.
    ///
    /// # Errors
    /// When the file cannot be removed, or was changed since it was read.
    pub fn remove(&self) -> Result<(), UsageError> {
        self.check_unchanged()?;
        fs::remove_file(&self.path).map_err(|error| {
            UsageError::new(format!(
                "{} cannot be removed: {error}",
                self.path.display()
            ))
        })
    }

    /// Fails where another program has changed the file since it was read.
    fn check_unchanged(&self) -> Result<(), UsageError> {
        if Self::read(&self.path)?.text == self.text {
            return Ok(());
        }
        Err(UsageError::new(format!(
            "{} was changed by another program at this moment: run this again",
            self.path.display()
        )))
    }
}

/// The lock that Claude Code takes while it writes its own file. It is released when this is dropped.
pub(super) struct ClientLock(PathBuf);

impl ClientLock {
    /// Takes the lock of a file, and waits while another process has the lock; `None` where the lock cannot be made.
    ///
    /// # Errors
    /// When another process keeps the lock for too long.
    pub fn take(file: &Path) -> Result<Option<Self>, UsageError> {
        let mut name = file.as_os_str().to_owned();
        name.push(".lock");
        let lock = PathBuf::from(name);
        for _ in 0..LOCK_ATTEMPTS {
            match fs::create_dir(&lock) {
                Ok(()) => return Ok(Some(Self(lock))),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                // Where there is no folder yet, nobody writes the file. Other failures show when the file is written.
                Err(_) => return Ok(None),
            }
            let age = fs::metadata(&lock).and_then(|data| data.modified());
            let age = age.ok().and_then(|modified| modified.elapsed().ok());
            if age.is_some_and(|age| age > ABANDONED) {
                let _ = fs::remove_dir(&lock);
            } else {
                std::thread::sleep(LOCK_PAUSE);
            }
        }
        Err(UsageError::new(format!(
            "{} is being written by Claude Code ({} is there): try again in a moment",
            file.display(),
            lock.display()
        )))
    }
}

impl Drop for ClientLock {
    fn drop(&mut self) {
        // Where the removal fails, the next process treats the lock as left behind.
        let _ = fs::remove_dir(&self.0);
    }
}

/// The record of the things that `setup` made on this machine: files and folders by their paths, and places within files as
/// `path#place`. Nothing without an entry in the record is removed, because it may have existed before.
#[derive(Debug)]
pub(super) struct InstallRecord {
    file: Option<PathBuf>,
    entries: BTreeSet<String>,
}

impl InstallRecord {
    /// Reads the record in a folder. Without a folder, no record is kept.
    pub fn read(folder: Option<PathBuf>) -> Self {
        let file = folder.map(|folder| folder.join("setup.json"));
        let text = file.as_deref().and_then(|file| read_whole(file).ok());
        let entries = text.and_then(|text| {
            let record: serde_json::Value = serde_json::from_str(&text).ok()?;
            serde_json::from_value(record.get("made")?.clone()).ok()
        });
        Self {
            file,
            entries: entries.unwrap_or_default(),
        }
    }

    pub fn has(&self, entry: &str) -> bool {
        self.entries.contains(entry)
    }

    /// The recorded places within a file.
    pub fn places<'r>(&'r self, file: &'r str) -> impl Iterator<Item = &'r str> {
        let entries = self.entries.iter();
        entries.filter_map(move |entry| entry.strip_prefix(file)?.strip_prefix('#'))
    }

    pub fn add(&mut self, entry: String) {
        self.entries.insert(entry);
    }

    pub fn remove(&mut self, entry: &str) {
        self.entries.remove(entry);
    }

    /// Removes the recorded folders that are empty, the inner ones first.
    pub fn remove_empty_folders(&mut self) {
        for entry in self.entries.clone().iter().rev() {
            if fs::remove_dir(entry).is_ok() {
                self.entries.remove(entry);
            }
        }
    }

    /// Writes the record, or removes its file where the record is empty.
    ///
    /// # Errors
    /// When the file cannot be read, written or removed.
    pub fn save(&self) -> Result<(), UsageError> {
        let Some(path) = &self.file else {
            return Ok(());
        };
        let file = UserFile::read(path)?;
        if !self.entries.is_empty() {
            let text = format!("{:#}\n", json!({ "made": self.entries }));
            if file.text.as_ref() != Some(&text) {
                // The folders of the record itself are not recorded.
                let mut discarded = Self {
                    file: None,
                    entries: BTreeSet::new(),
                };
                file.write(&text, false, &mut discarded)?;
            }
        } else if file.text.is_some() {
            file.remove()?;
            // The folder stays where there are other files in it.
            let _ = path.parent().map(fs::remove_dir);
        }
        Ok(())
    }
}

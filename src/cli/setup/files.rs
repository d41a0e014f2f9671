//! Files that belong to somebody else: read whole, changed at once or not at all, and left in their place behind links
//! and under their permissions. And the note of what `setup` made, by which it takes just that away again.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use crate::cli::Wrong;
use crate::cli::claude_code::{MARK, read_whole};

/// How long Claude Code is waited for that is writing its file, and how often it is looked for.
const LOOKS: u32 = 40;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
/// The age at which Claude Code itself takes a lock for one that a process left behind.
const ABANDONED: Duration = Duration::from_secs(10);

/// A file as it was found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// The path that was asked for, which may be a link.
    pub path: PathBuf,
    /// Where the bytes are.
    target: PathBuf,
    /// What it holds, without a byte-order mark; `None` where there is no such file.
    pub text: Option<String>,
    has_mark: bool,
}

impl Found {
    /// Reads a file that may be missing.
    ///
    /// # Errors
    /// When it is there and cannot be read, or it is a link to nothing.
    pub fn read(path: &Path) -> Result<Self, Wrong> {
        let cannot = |why: String| Wrong::new(format!("{} {why}", path.display()));
        let mut found = Self {
            path: path.to_owned(),
            target: path.to_owned(),
            text: None,
            has_mark: false,
        };
        match fs::symlink_metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(found),
            Err(error) => return Err(cannot(format!("cannot be read: {error}"))),
            Ok(data) if data.is_symlink() => {
                found.target = path.canonicalize().map_err(|error| {
                    cannot(format!(
                        "is a link that leads nowhere ({error}): mend or remove it"
                    ))
                })?;
            }
            Ok(_) => {}
        }
        let text = read_whole(path).map_err(|error| cannot(format!("cannot be read: {error}")))?;
        found.has_mark = text.starts_with(MARK);
        found.text = Some(text.trim_start_matches(MARK).to_owned());
        Ok(found)
    }

    /// Why the file may not be written, in words that go on from its name; `None` where it may, as far as can be told
    /// before it is tried.
    pub fn guarded(&self) -> Option<&'static str> {
        let is_read_only = self.text.is_some()
            && fs::metadata(&self.target).is_ok_and(|data| data.permissions().readonly());
        is_read_only.then_some(
            "is read-only, so that another program may be in charge of it: change it there, or make it writable",
        )
    }

    /// Replaces the file by one with that text, or makes it with the folders that it is in, which are noted.
    ///
    /// # Errors
    /// When that fails, or it was changed since it was read; the file is then as it was.
    pub fn write(&self, text: &str, private: bool, notes: &mut Notes) -> Result<(), Wrong> {
        self.unchanged()?;
        self.replace(text, private, notes).map_err(|error| {
            Wrong::new(format!(
                "{} cannot be written: {error}",
                self.path.display()
            ))
        })
    }

    fn replace(&self, text: &str, private: bool, notes: &mut Notes) -> std::io::Result<()> {
        let folder = self.target.parent().unwrap_or(Path::new(""));
        let missing: Vec<&Path> = folder
            .ancestors()
            .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
            .collect();
        fs::create_dir_all(folder)?;
        for folder in missing {
            notes.add(folder.display().to_string());
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
        if private {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        #[cfg(not(unix))]
        let _ = private;
        let done = options.open(&temporary).and_then(|mut file| {
            if let Ok(data) = fs::metadata(&self.target) {
                file.set_permissions(data.permissions())?;
            }
            if self.has_mark {
                file.write_all(MARK.to_string().as_bytes())?;
            }
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&temporary, &self.target)
        });
        if done.is_err() {
            // Nothing more can be done about it, and the failure itself is what counts.
            let _ = fs::remove_file(&temporary);
        }
        done
    }

    /// Removes the file, or the link to it.
    ///
    /// # Errors
    /// When that fails, or it was changed since it was read.
    pub fn remove(&self) -> Result<(), Wrong> {
        self.unchanged()?;
        fs::remove_file(&self.path).map_err(|error| {
            Wrong::new(format!(
                "{} cannot be removed: {error}",
                self.path.display()
            ))
        })
    }

    /// Fails where the file is not as it was read: another program has written it meanwhile.
    fn unchanged(&self) -> Result<(), Wrong> {
        if Self::read(&self.path)?.text == self.text {
            return Ok(());
        }
        Err(Wrong::new(format!(
            "{} was changed by another program at this moment: run this again",
            self.path.display()
        )))
    }
}

/// The lock that Claude Code takes while it writes its own file. It is given back when this is dropped.
pub(super) struct ClientLock(PathBuf);

impl ClientLock {
    /// Takes the lock of a file.
    ///
    /// # Errors
    /// When another process keeps it.
    pub fn take(file: &Path) -> Result<Option<Self>, Wrong> {
        let mut name = file.as_os_str().to_owned();
        name.push(".lock");
        let lock = PathBuf::from(name);
        for _ in 0..LOOKS {
            match fs::create_dir(&lock) {
                Ok(()) => return Ok(Some(Self(lock))),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                // No folder yet, so that nobody writes there; other failures show when the file is written.
                Err(_) => return Ok(None),
            }
            let age = fs::metadata(&lock).and_then(|data| data.modified());
            let age = age.ok().and_then(|modified| modified.elapsed().ok());
            if age.is_some_and(|age| age > ABANDONED) {
                let _ = fs::remove_dir(&lock);
            } else {
                std::thread::sleep(BETWEEN_LOOKS);
            }
        }
        Err(Wrong::new(format!(
            "{} is being written by Claude Code ({} is there): try again in a moment",
            file.display(),
            lock.display()
        )))
    }
}

impl Drop for ClientLock {
    fn drop(&mut self) {
        // Whoever wants the lock next takes one that was left behind.
        let _ = fs::remove_dir(&self.0);
    }
}

/// What `setup` made on this machine: files and folders by their paths, and what it put into files as `path#place`.
/// Without the note nothing is taken away, because it may have been there before.
#[derive(Debug)]
pub(super) struct Notes {
    file: Option<PathBuf>,
    made: BTreeSet<String>,
}

impl Notes {
    /// The notes in that folder; none are kept without a folder.
    pub fn read(folder: Option<PathBuf>) -> Self {
        let file = folder.map(|folder| folder.join("setup.json"));
        let text = file.as_deref().and_then(|file| read_whole(file).ok());
        let made = text.and_then(|text| {
            let notes: serde_json::Value = serde_json::from_str(&text).ok()?;
            serde_json::from_value(notes.get("made")?.clone()).ok()
        });
        Self {
            file,
            made: made.unwrap_or_default(),
        }
    }

    pub fn has(&self, made: &str) -> bool {
        self.made.contains(made)
    }

    /// The places within a file of which there are notes.
    pub fn places<'n>(&'n self, file: &'n str) -> impl Iterator<Item = &'n str> {
        let made = self.made.iter();
        made.filter_map(move |made| made.strip_prefix(file)?.strip_prefix('#'))
    }

    pub fn add(&mut self, made: String) {
        self.made.insert(made);
    }

    /// Strikes a note out.
    pub fn strike(&mut self, made: &str) {
        self.made.remove(made);
    }

    /// Removes the folders that are noted and that nothing is in any more, those within others first.
    pub fn remove_empty_folders(&mut self) {
        for made in self.made.clone().iter().rev() {
            if fs::remove_dir(made).is_ok() {
                self.made.remove(made);
            }
        }
    }

    /// Writes the notes down, or removes their file where there are none.
    ///
    /// # Errors
    /// When that fails.
    pub fn save(&self) -> Result<(), Wrong> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let found = Found::read(file)?;
        let mut of_itself = Self {
            file: None,
            made: BTreeSet::new(),
        };
        if !self.made.is_empty() {
            let text = format!("{:#}\n", json!({ "made": self.made }));
            if found.text.as_ref() != Some(&text) {
                found.write(&text, false, &mut of_itself)?;
            }
        } else if found.text.is_some() {
            found.remove()?;
            // Others keep their files there, too.
            let _ = file.parent().map(fs::remove_dir);
        }
        Ok(())
    }
}

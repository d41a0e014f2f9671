//! The audit file (`LINEAR_OPS_AUDIT`): a file of JSON lines with two lines for each operation that writes.
//!
//! The first line, with the outcome `begun`, is on disk before the first mutation is sent; if the line cannot be
//! written, nothing is sent. The second line, with the same number, has the outcome of the operation and is on disk
//! before the answer is returned. A number without a second line belongs to an operation whose outcome is not known:
//! the process ended, the operation panicked, or the disk was full. No line holds texts of the workspace.
//!
//! The file is opened anew for every line, so that a new file is created after the old file was moved away. Lines are
//! written on a thread for blocking work, because the disk may be slow to write and sync them.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

/// The audit file.
#[derive(Debug)]
pub struct Audit {
    path: Arc<PathBuf>,
    /// The lock that is held while a line is written.
    write_lock: Arc<Mutex<()>>,
    /// How many operations have got a number so far.
    numbered: AtomicU64,
}

/// A line of the audit file.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Entry {
    /// The time at which the line was written, in ISO 8601.
    pub time: String,
    /// The id of the process and the number of the operation, joined by a hyphen.
    pub write: String,
    /// The canonical name of the operation.
    pub operation: &'static str,
    /// The command in the context of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The trace id in the context of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// The identifier of the issue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issue: Option<String>,
    /// The mutations, each with the id of the entity that it writes.
    pub entities: Vec<String>,
    /// `begun` in the first line; `done`, `refused` (by Linear), `unknown` or `failed` in the second line.
    pub outcome: &'static str,
    /// The code of the error, if the operation failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// The number of requests that were sent for the operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<u32>,
}

impl Audit {
    /// Creates an audit file at this path. The file is first opened when a line is written or when it is checked.
    pub fn new(path: PathBuf) -> Self {
        Self {
            path: Arc::new(path),
            write_lock: Arc::default(),
            numbered: AtomicU64::new(0),
        }
    }

    /// Returns a new number for an operation. It differs from the numbers of other processes that use the same file.
    pub fn number(&self) -> String {
        let number = self.numbered.fetch_add(1, Ordering::Relaxed) + 1;
        format!("{}-{number}", std::process::id())
    }

    /// Checks that the file can be opened for writing. Creates the file if there is none.
    ///
    /// # Errors
    /// The reason why the file cannot be written, with its path.
    pub fn check(&self) -> Result<(), String> {
        open(&self.path)
            .map(drop)
            .map_err(|error| cannot_write(&self.path, &error))
    }

    /// Appends a line and waits until it is on disk.
    ///
    /// # Errors
    /// The reason why the line cannot be written, with the path of the file.
    pub async fn append(&self, entry: &Entry) -> Result<(), String> {
        let mut line = serde_json::to_vec(entry).map_err(|error| error.to_string())?;
        line.push(b'\n');
        let (path, write_lock) = (Arc::clone(&self.path), Arc::clone(&self.write_lock));
        let write = move || {
            // A panic while the lock was held left at worst an incomplete line. The next call ends this line before it
            // writes its own.
            let _guard = write_lock.lock().unwrap_or_else(PoisonError::into_inner);
            append(&path, &line).map_err(|error| cannot_write(&path, &error))
        };
        let written = tokio::task::spawn_blocking(write).await;
        written.unwrap_or_else(|error| Err(error.to_string()))
    }
}

/// Returns the text of an error which says that the file cannot be written.
fn cannot_write(path: &Path, error: &io::Error) -> String {
    format!(
        "LINEAR_OPS_AUDIT: '{}' cannot be written: {error}",
        path.display()
    )
}

fn append(path: &Path, line: &[u8]) -> io::Result<()> {
    let mut file = open(path)?;
    let mut bytes = Vec::with_capacity(line.len() + 1);
    if file.metadata()?.len() > 0 {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last != [b'\n'] {
            // The last line is incomplete: the disk was full, or a process ended while it wrote the line.
            bytes.push(b'\n');
        }
    }
    bytes.extend_from_slice(line);
    // The line is written in one call, so that the lines of several processes do not mix.
    file.write_all(&bytes)?;
    file.sync_data()
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    // Only regular files are opened: the opening of a pipe would wait for a reader, and a device would keep nothing.
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(io::Error::other("it is no file"));
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(write: &str) -> Entry {
        Entry {
            write: write.to_owned(),
            outcome: "begun",
            ..Entry::default()
        }
    }

    #[tokio::test]
    async fn a_torn_line_does_not_spoil_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        std::fs::write(&path, "{\"write\":").unwrap();
        let audit = Audit::new(path.clone());
        audit.append(&entry("1")).await.unwrap();
        audit.append(&entry("2")).await.unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        for line in lines.iter().skip(1) {
            assert!(
                serde_json::from_str::<serde_json::Value>(line).is_ok(),
                "{line}"
            );
        }
        assert!(text.ends_with('\n'));
    }

    #[tokio::test]
    async fn what_is_no_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let audit = Audit::new(folder.path().to_owned());
        assert!(audit.check().is_err());
        assert!(
            audit
                .append(&entry("1"))
                .await
                .unwrap_err()
                .contains("no file")
        );
    }
}

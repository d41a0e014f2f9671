//! The record of what was written (`LINEAR_OPS_AUDIT`): a file of JSON lines, two for each operation that writes.
//!
//! The first, with the outcome `begun`, is on disk before the first mutation is sent; where it cannot be written, nothing
//! is sent. The second, with the same number, says what became of it, and is on disk before the answer is given. A
//! number without a second line belongs to a write whose outcome is not known: the process ended, the operation panicked,
//! or the disk was full.
//! No line holds a text of the workspace.
//!
//! The file is opened for every line, so that one which was moved away is begun anew, and on a thread for blocking work:
//! writing and syncing take as long as the disk does.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

/// Where writes are recorded.
#[derive(Debug)]
pub struct Audit {
    path: Arc<PathBuf>,
    /// Held while a line is written.
    turn: Arc<Mutex<()>>,
    /// How many writes were begun.
    begun: AtomicU64,
}

/// A line of the record.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Entry {
    /// When it was written, ISO 8601.
    pub time: String,
    /// The number of the operation, with that of the process before it.
    pub write: String,
    /// The operation's own name.
    pub operation: &'static str,
    /// The command of the request's context.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The trace id of the request's context.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// The identifier of the issue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issue: Option<String>,
    /// What was written: the mutations with the ids that they name.
    pub entities: Vec<String>,
    /// `begun`; then `done`, `refused` by Linear, `unknown`, or `failed`.
    pub outcome: &'static str,
    /// The error's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// The requests that were sent for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<u32>,
}

impl Audit {
    /// The record in that file, which is opened with the first line.
    pub fn new(path: PathBuf) -> Self {
        Self {
            path: Arc::new(path),
            turn: Arc::default(),
            begun: AtomicU64::new(0),
        }
    }

    /// A number for a write, unlike those of other processes that record in the same file.
    pub fn number(&self) -> String {
        let number = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
        format!("{}-{number}", std::process::id())
    }

    /// Opens the file, which is made where there is none.
    ///
    /// # Errors
    /// Why it cannot be written, with its path.
    pub fn check(&self) -> Result<(), String> {
        open(&self.path)
            .map(drop)
            .map_err(|error| told(&self.path, &error))
    }

    /// Adds a line and waits until it is on disk.
    ///
    /// # Errors
    /// Why it cannot be written, with the file's path.
    pub async fn append(&self, entry: &Entry) -> Result<(), String> {
        let mut line = serde_json::to_vec(entry).map_err(|error| error.to_string())?;
        line.push(b'\n');
        let (path, turn) = (Arc::clone(&self.path), Arc::clone(&self.turn));
        let write = move || {
            // A panic while it was held left at worst half a line, which the next one ends.
            let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
            append(&path, &line).map_err(|error| told(&path, &error))
        };
        let written = tokio::task::spawn_blocking(write).await;
        written.unwrap_or_else(|error| Err(error.to_string()))
    }
}

fn told(path: &Path, error: &io::Error) -> String {
    format!(
        "LINEAR_OPS_AUDIT: '{}' cannot be written: {error}",
        path.display()
    )
}

fn append(path: &Path, line: &[u8]) -> io::Result<()> {
    let mut file = open(path)?;
    let mut bytes = Vec::with_capacity(line.len() + 1);
    if is_torn(&mut file)? {
        bytes.push(b'\n');
    }
    bytes.extend_from_slice(line);
    // In one call, so that lines of several processes do not mix.
    file.write_all(&bytes)?;
    file.sync_data()
}

/// Whether the last line has no end: the disk was full, or a process ended while writing it.
fn is_torn(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != [b'\n'])
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    // A pipe would wait for a reader, and what is no file keeps nothing.
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

//! The key that requests to Linear are sent with. It comes from a setting, a file or a command.
//!
//! Linear takes a personal key without a prefix and an OAuth token after `Bearer `, and rejects a personal key after `Bearer `.
//! A key in the form of the other kind is therefore corrected, with a warning.
//!
//! A key file is read, and a key command is run, when the first request needs the key, so that neither delays the start of a
//! server. The key is then kept until the process ends. After a failure, a later request tries again, so that a locked
//! password manager can be unlocked without a restart.

use std::fmt;
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;

use super::transport::WrongSetting;
use crate::clock::Deadline;
use crate::text::secret::{LateSecret, OAUTH, PERSONAL};

/// The setting that holds a personal key.
pub const API_KEY: &str = "LINEAR_API_KEY";
/// The setting that holds an OAuth token.
pub const ACCESS_TOKEN: &str = "LINEAR_ACCESS_TOKEN";
/// The setting that names a file which holds the key.
pub const API_KEY_FILE: &str = "LINEAR_API_KEY_FILE";
/// The setting that holds a command which prints the key.
pub const API_KEY_COMMAND: &str = "LINEAR_API_KEY_COMMAND";

/// The most bytes that are read of a key file or of a command's output. Keys and tokens are far shorter.
const MOST_BYTES: usize = 4_096;

/// How long a failure to fetch the key is returned to further requests before the key is fetched again. Without this pause, each
/// item of a batch would run a command that fails.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The error for a text that cannot be a key, in words that follow the name of the setting.
const NOT_A_KEY: &str = "holds characters that no key has (the value is not shown)";

/// A key for Linear's API, known or still to be fetched. Clones share the fetched key. `Debug` does not show it.
#[derive(Clone)]
pub struct Key(Arc<State>);

struct State {
    /// The setting that gives the key.
    setting: &'static str,
    origin: Origin,
    /// The `Authorization` header, once the key is known.
    header: OnceLock<SecretString>,
    /// The key without `Bearer `, for everything that hides it in texts.
    secret: LateSecret,
    /// The last failure to fetch the key, and until when it is returned. The lock is held while the key is being fetched.
    failure: Mutex<Option<(Deadline, WrongSetting)>>,
}

/// Where a key comes from.
enum Origin {
    /// The setting holds the key.
    Setting,
    /// This file holds the key.
    File(PathBuf),
    /// This shell command prints the key. The command may hold a secret itself.
    Command(SecretString),
}

impl Key {
    /// Makes a key that is known. `header` is the whole `Authorization` header.
    pub fn known(setting: &'static str, header: impl Into<SecretString>) -> Self {
        let key = Self::new(setting, Origin::Setting);
        key.set_header(header.into());
        key
    }

    /// Makes a key that is read from this file when it is needed. A path that begins with `~/` is in the home folder.
    pub fn in_file(path: impl Into<PathBuf>) -> Self {
        Self::new(API_KEY_FILE, Origin::File(path.into()))
    }

    /// Makes a key that this shell command prints when it is needed.
    pub fn printed_by(command: &str) -> Self {
        Self::new(API_KEY_COMMAND, Origin::Command(command.into()))
    }

    fn new(setting: &'static str, origin: Origin) -> Self {
        Self(Arc::new(State {
            setting,
            origin,
            header: OnceLock::new(),
            secret: LateSecret::default(),
            failure: Mutex::default(),
        }))
    }

    /// The name of the setting that gives the key.
    pub fn setting(&self) -> &'static str {
        self.0.setting
    }

    /// The key itself, which is empty until the key is known.
    pub fn secret(&self) -> &LateSecret {
        &self.0.secret
    }

    /// Whether both keys are known and have the same header.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self.0.header.get(), other.0.header.get()) {
            (Some(header), Some(other)) => header.expose_secret() == other.expose_secret(),
            _ => false,
        }
    }

    /// The `Authorization` header, where the key is known.
    pub fn header(&self) -> Option<&SecretString> {
        self.0.header.get()
    }

    /// Returns the `Authorization` header, and fetches the key before that where it is not known. One caller at a time
    /// fetches the key, within `limit`; a command that takes longer is killed.
    ///
    /// # Errors
    /// When the key cannot be fetched. The error holds nothing of the file's text or of the command's output.
    pub async fn fetch(&self, limit: Duration) -> Result<SecretString, WrongSetting> {
        match tokio::time::timeout(limit, self.fetch_once()).await {
            Ok(fetched) => fetched,
            Err(_) => Err(self.wrong(&format!(
                "did not bring the key within {} s",
                limit.as_secs_f64()
            ))),
        }
    }

    /// Fetches the key like [`Key::fetch`], without a time limit. A recent failure is returned again instead.
    async fn fetch_once(&self) -> Result<SecretString, WrongSetting> {
        let mut failure = self.0.failure.lock().await;
        if let Some(header) = self.header() {
            return Ok(header.clone());
        }
        if let Some((until, wrong)) = &*failure
            && !until.left().is_zero()
        {
            return Err(wrong.clone());
        }
        let fetched = match &self.0.origin {
            Origin::Setting => Err("is empty".to_owned()),
            Origin::File(path) => read_file(path.clone()).await,
            Origin::Command(command) => run_command(command.expose_secret()).await,
        };
        let header = fetched.and_then(|text| {
            let (header, warnings) = authorization(&text, false)?;
            for warning in warnings {
                tracing::warn!("{} {warning}", self.0.setting);
            }
            Ok(header)
        });
        match header {
            Ok(header) => {
                self.set_header(header.clone());
                Ok(header)
            }
            Err(why) => {
                let wrong = self.wrong(&why);
                *failure = Some((Deadline::after(RETRY_AFTER), wrong.clone()));
                Err(wrong)
            }
        }
    }

    /// Keeps the header of the key. The secret is set first, so that the key is hidden in texts before anybody can use it.
    fn set_header(&self, header: SecretString) {
        let text = header.expose_secret();
        self.0
            .secret
            .set(text.strip_prefix("Bearer ").unwrap_or(text));
        // A header that is set already is not replaced, and a key is not fetched twice.
        let _ = self.0.header.set(header);
    }

    /// Makes the error for a key that could not be fetched. `why` says what is wrong, in words that follow the name of the setting.
    pub(super) fn wrong(&self, why: &str) -> WrongSetting {
        let setting = self.0.setting;
        let why = format!("{setting} {why}");
        let remedy = match &self.0.origin {
            Origin::Setting => return WrongSetting::no_key(why),
            Origin::File(_) => format!(
                "Put the key, and nothing else, into the file that {setting} names, and let its owner alone read it (chmod 600)"
            ),
            Origin::Command(_) => format!(
                "Run the command of {setting} in a shell: it has to print the key, and nothing else, and must not ask anything in the terminal"
            ),
        };
        WrongSetting {
            why,
            remedy,
            sent: false,
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("setting", &self.0.setting)
            .finish_non_exhaustive()
    }
}

/// Makes a known key from a whole `Authorization` header, as if `LINEAR_API_KEY` had given it.
impl From<&str> for Key {
    fn from(header: &str) -> Self {
        Self::known(API_KEY, header)
    }
}

/// Makes a known key from a whole `Authorization` header, as if `LINEAR_API_KEY` had given it.
impl From<String> for Key {
    fn from(header: String) -> Self {
        Self::known(API_KEY, header)
    }
}

/// Returns the `Authorization` header for the key in a text, and warnings about the text's form. `bearer` says whether the
/// setting is for tokens, which are sent after `Bearer `. Where the beginning of the key shows the other kind, the key decides.
///
/// # Errors
/// When the text cannot be a key. Errors and warnings are words that follow the name of the setting, and repeat nothing of the text.
pub fn authorization(text: &str, bearer: bool) -> Result<(SecretString, Vec<String>), String> {
    let mut warnings = Vec::new();
    let key = match text.split_once(' ') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => {
            if !bearer {
                warnings.push("begins with 'Bearer ', which is left out".to_owned());
            }
            rest.trim_start()
        }
        _ => text,
    };
    // A header takes visible ASCII. No key has quotes, which would be left over from a file or a shell.
    let is_key_char = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\'' | '`');
    if key.is_empty() || !key.chars().all(is_key_char) {
        return Err(NOT_A_KEY.to_owned());
    }
    let sent_as_bearer = (bearer || key.starts_with(OAUTH)) && !key.starts_with(PERSONAL);
    if sent_as_bearer != bearer {
        let kind = if bearer {
            "holds a personal key, which is sent as it is"
        } else {
            "holds an OAuth token, which is sent as Bearer"
        };
        warnings.push(kind.to_owned());
    }
    let header = if sent_as_bearer {
        format!("Bearer {key}")
    } else {
        key.to_owned()
    };
    Ok((header.into(), warnings))
}

/// Returns the only line of a file or of a command's output, without the white space around it.
///
/// # Errors
/// When the bytes are too many, are not text, or do not hold exactly one line. The error begins with `subject`, the part of a
/// sentence that ends in a verb: "it printed".
fn only_line(bytes: Vec<u8>, subject: &str) -> Result<String, String> {
    if bytes.len() > MOST_BYTES {
        return Err(format!("{subject} more than {MOST_BYTES} bytes"));
    }
    let text = String::from_utf8(bytes).map_err(|_| format!("{subject} text that is not UTF-8"))?;
    let text = text.trim();
    if text.is_empty() {
        return Err(format!("{subject} nothing"));
    }
    if text.contains(['\n', '\r']) {
        return Err(format!("{subject} more than one line"));
    }
    Ok(text.to_owned())
}

/// Reads the key in a file, on a thread for blocking work, because a file on a network drive may take long.
///
/// # Errors
/// When the file cannot be read, is not a regular file, is open to others than its owner, or does not hold one line. The
/// error is in words that follow the name of the setting, and repeats nothing of the file's text.
async fn read_file(path: PathBuf) -> Result<String, String> {
    let reading = tokio::task::spawn_blocking(move || {
        let path = match (path.strip_prefix("~"), etcetera::home_dir()) {
            (Ok(rest), Ok(home)) => home.join(rest),
            _ => path,
        };
        let subject = format!("names '{}', which", path.display());
        let unreadable = |error: io::Error| format!("{subject} cannot be read: {error}");
        // The check comes before the file is opened, because opening a pipe waits until somebody writes into it.
        check_private(&fs::metadata(&path).map_err(unreadable)?, &subject)?;
        let file = File::open(&path).map_err(unreadable)?;
        // The path may lead to another file by now, so that the open file is checked again.
        check_private(&file.metadata().map_err(unreadable)?, &subject)?;
        let mut bytes = Vec::with_capacity(MOST_BYTES + 1);
        let most = u64::try_from(MOST_BYTES + 1).unwrap_or(u64::MAX);
        file.take(most)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        only_line(bytes, &format!("{subject} holds"))
    });
    reading.await.unwrap_or_else(|error| Err(error.to_string()))
}

/// Checks that a key file is a regular file that its owner alone may use.
fn check_private(metadata: &Metadata, subject: &str) -> Result<(), String> {
    if !metadata.is_file() {
        return Err(format!("{subject} is not a regular file"));
    }
    match open_mode(metadata) {
        Some(mode) => Err(format!(
            "{subject} is open to others than its owner (mode {mode:04o})"
        )),
        None => Ok(()),
    }
}

/// The permissions of a file, where its group or others may use it.
#[cfg(unix)]
fn open_mode(metadata: &Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = metadata.permissions().mode() & 0o7777;
    (mode & 0o077 != 0).then_some(mode)
}

/// Returns `None`, because files have no such permissions on this platform.
#[cfg(not(unix))]
fn open_mode(_: &Metadata) -> Option<u32> {
    None
}

/// Runs a command, such as a password manager's, and returns the line that it prints. The command gets no input, and its
/// standard error is dropped. It is killed, with the processes that it started, when the returned future is dropped or
/// when it prints more than a key.
///
/// The command is given to a shell, as git, mbsync and msmtp do with theirs: quotes, pipes and variables then mean what they mean
/// where the user tried the command out.
///
/// # Errors
/// When the command cannot be started, fails, or does not print one line. The error is in words that follow the name of the setting,
/// and repeats nothing of the command or its output.
async fn run_command(command: &str) -> Result<String, String> {
    let child = shell(command)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("cannot be run: {error}"))?;
    let mut running = RunningCommand {
        child,
        has_ended: false,
    };
    let unreadable = |error: io::Error| format!("cannot be read from: {error}");
    let mut bytes = Vec::with_capacity(MOST_BYTES + 1);
    if let Some(output) = running.child.stdout.take() {
        let most = u64::try_from(MOST_BYTES + 1).unwrap_or(u64::MAX);
        let mut output = output.take(most);
        output.read_to_end(&mut bytes).await.map_err(unreadable)?;
    }
    if bytes.len() <= MOST_BYTES {
        let status = running.child.wait().await.map_err(unreadable)?;
        running.has_ended = true;
        if !status.success() {
            return Err(match status.code() {
                Some(code) => format!("failed: the command ended with exit code {code}"),
                None => "failed: the command was ended by a signal".to_owned(),
            });
        }
    }
    only_line(bytes, "cannot be used: the command printed")
}

/// The shell that runs a command. Its processes are a group of their own, so that all of them can be killed.
#[cfg(unix)]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).process_group(0);
    shell
}

/// The shell that runs a command. It parses the text by its own rules, so that nothing in the text is escaped.
#[cfg(windows)]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("cmd");
    shell.arg("/C").raw_arg(command);
    shell
}

/// A running command. A command that has not ended when this is dropped is killed, with the processes that it started.
struct RunningCommand {
    child: Child,
    has_ended: bool,
}

impl Drop for RunningCommand {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        // Where there is no group, or the group cannot be killed, tokio kills the shell alone.
        #[cfg(unix)]
        if let Some(group) = self
            .child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(rustix::process::Pid::from_raw)
        {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_line_is_a_key() {
        for (bytes, line) in [
            (&b" lin_api_1\r\n"[..], Ok("lin_api_1")),
            (b"", Err("it printed nothing")),
            (b" \n\n", Err("it printed nothing")),
            (
                b"lin_api_1\nuser: ann\n",
                Err("it printed more than one line"),
            ),
            (b"a\rb", Err("it printed more than one line")),
            (b"\xff\xfe", Err("it printed text that is not UTF-8")),
            (
                &[b'x'; MOST_BYTES + 1],
                Err("it printed more than 4096 bytes"),
            ),
        ] {
            let read = only_line(bytes.to_vec(), "it printed");
            assert_eq!(read.as_deref().map_err(String::as_str), line);
        }
    }

    #[test]
    fn quotes_are_no_part_of_a_key() {
        for text in ["\"\"", "''", "\"lin_api_1\"", "`lin_api_1`", "", "Bearer "] {
            assert_eq!(authorization(text, false).err().as_deref(), Some(NOT_A_KEY));
        }
    }

    #[tokio::test]
    async fn a_failure_is_returned_for_a_while_and_then_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let key = Key::in_file(&path);
        let limit = Duration::from_secs(60);
        let wrong = key.fetch(limit).await.unwrap_err();
        assert!(wrong.why.contains("cannot be read"), "{}", wrong.why);
        write(&path, "lin_api_1");
        let later = Deadline::after(Duration::from_secs(3_600));
        *key.0.failure.lock().await = Some((later, wrong.clone()));
        assert_eq!(key.fetch(limit).await.unwrap_err(), wrong);
        *key.0.failure.lock().await = Some((Deadline::after(Duration::ZERO), wrong));
        let header = key.clone().fetch(limit).await.unwrap();
        assert_eq!(header.expose_secret(), "lin_api_1");
        // The key is kept when the file is removed.
        std::fs::remove_file(&path).unwrap();
        assert!(key.fetch(limit).await.is_ok() && key.header().is_some());
    }

    /// Writes a file that its owner alone may read.
    fn write(path: &std::path::Path, text: &str) {
        std::fs::write(path, text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(path, mode).unwrap();
        }
    }

    #[test]
    fn debug_shows_neither_key_nor_command() {
        let known = Key::from("lin_api_secret");
        let printed = Key::printed_by("echo lin_api_secret");
        let shown = format!("{known:?} {printed:#?}");
        assert!(shown.contains("LINEAR_API_KEY_COMMAND"), "{shown}");
        assert!(!shown.contains("secret"), "{shown}");
    }
}

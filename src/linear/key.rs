//! The key that requests to Linear are sent with, and where it comes from.
//!
//! Linear takes a personal key as it is and an OAuth token after `Bearer `, and rejects a personal key after `Bearer `, so a
//! key that is given in the form of the other kind is corrected, with a warning.
//!
//! A key file is read, and a key command is run, when the first request needs the key: neither delays the start of a server.
//! The key is then kept until the process ends. After a failure, a later request tries again, so that a locked password
//! manager can be unlocked without a restart.

mod command;
mod file;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
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

/// The most bytes that are read of a file or of a command's output. Keys and tokens are far shorter.
const LONGEST: usize = 4_096;

/// How long a failure to fetch the key is returned to those who ask, before it is tried again: the items of a batch do
/// not each run a command that fails.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// What is said of text that cannot be a key, after the name of the setting.
const NO_KEY: &str = "holds characters that no key has (the value is not shown)";

/// A key of Linear's, known or still to be fetched. Clones share what was fetched. `Debug` does not show the key.
#[derive(Clone)]
pub struct Key(Arc<State>);

struct State {
    /// The setting that gives the key.
    setting: &'static str,
    origin: Origin,
    /// The `Authorization` header, once it is known.
    header: OnceLock<SecretString>,
    /// The key without `Bearer `, for those who must not show it.
    secret: LateSecret,
    /// The last failure to fetch the key, and until when it is returned. Locked while the key is being fetched.
    failure: Mutex<Option<(Deadline, WrongSetting)>>,
}

/// Where a key comes from.
enum Origin {
    /// The setting holds it.
    Setting,
    /// This file holds it.
    File(PathBuf),
    /// This shell command prints it. The command may hold a secret itself.
    Command(SecretString),
}

impl Key {
    /// A key that is known: `header` is the whole `Authorization` header.
    pub fn known(setting: &'static str, header: impl Into<SecretString>) -> Self {
        let key = Self::new(setting, Origin::Setting);
        key.learn(header.into());
        key
    }

    /// The key that this file will hold when it is needed. A path that begins with `~/` is in the home folder.
    pub fn in_file(path: impl Into<PathBuf>) -> Self {
        Self::new(API_KEY_FILE, Origin::File(path.into()))
    }

    /// The key that this shell command will print when it is needed.
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

    /// Whether both are known and give the same header.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self.0.header.get(), other.0.header.get()) {
            (Some(header), Some(other)) => header.expose_secret() == other.expose_secret(),
            _ => false,
        }
    }

    /// The `Authorization` header, where it is known.
    pub fn header(&self) -> Option<&SecretString> {
        self.0.header.get()
    }

    /// Returns the `Authorization` header, and fetches the key before that if it is not known. The key is fetched by one
    /// caller at a time, within `limit`; a command that takes longer is killed.
    ///
    /// # Errors
    /// Why there is no key, without anything of what the file holds or the command printed.
    pub async fn fetch(&self, limit: Duration) -> Result<SecretString, WrongSetting> {
        match tokio::time::timeout(limit, self.fetch_once()).await {
            Ok(fetched) => fetched,
            Err(_) => Err(self.wrong(&format!(
                "did not bring the key within {} s",
                limit.as_secs_f64()
            ))),
        }
    }

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
            Origin::File(path) => file::read(path.clone()).await,
            Origin::Command(command) => command::run(command.expose_secret()).await,
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
                self.learn(header.clone());
                Ok(header)
            }
            Err(why) => {
                let wrong = self.wrong(&why);
                *failure = Some((Deadline::after(RETRY_AFTER), wrong.clone()));
                Err(wrong)
            }
        }
    }

    /// Keeps the header. The secret comes first: nobody has the header before it is hidden.
    fn learn(&self, header: SecretString) {
        let text = header.expose_secret();
        self.0
            .secret
            .set(text.strip_prefix("Bearer ").unwrap_or(text));
        // A second header is never fetched, and would be the same.
        let _ = self.0.header.set(header);
    }

    /// The error of a key that could not be fetched: `why` follows the name of the setting.
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

/// A whole `Authorization` header, as `LINEAR_API_KEY` would give it.
impl From<&str> for Key {
    fn from(header: &str) -> Self {
        Self::known(API_KEY, header)
    }
}

/// A whole `Authorization` header, as `LINEAR_API_KEY` would give it.
impl From<String> for Key {
    fn from(header: String) -> Self {
        Self::known(API_KEY, header)
    }
}

/// Returns the `Authorization` header for a key, and warnings about its form. `bearer` says how the key is sent unless
/// its own beginning says otherwise.
///
/// # Errors
/// When the text cannot be a key. Errors and warnings are to follow the name of the setting; neither repeats the text.
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
    // A header takes visible ASCII, and no key has quotes: they are left over from a file or a shell.
    let is_of_key = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\'' | '`');
    if key.is_empty() || !key.chars().all(is_of_key) {
        return Err(NO_KEY.to_owned());
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

/// The one line that a file or a command's output holds, without the white space around it. `from` names the place in
/// errors: "the file".
fn only_line(bytes: Vec<u8>, from: &str) -> Result<String, String> {
    if bytes.len() > LONGEST {
        return Err(format!("{from} more than {LONGEST} bytes"));
    }
    let text = String::from_utf8(bytes).map_err(|_| format!("{from} text that is not UTF-8"))?;
    let text = text.trim();
    if text.is_empty() {
        return Err(format!("{from} nothing"));
    }
    if text.contains(['\n', '\r']) {
        return Err(format!("{from} more than one line"));
    }
    Ok(text.to_owned())
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
            (&[b'x'; LONGEST + 1], Err("it printed more than 4096 bytes")),
        ] {
            let read = only_line(bytes.to_vec(), "it printed");
            assert_eq!(read.as_deref().map_err(String::as_str), line);
        }
    }

    #[test]
    fn quotes_are_no_part_of_a_key() {
        for text in ["\"\"", "''", "\"lin_api_1\"", "`lin_api_1`", "", "Bearer "] {
            assert_eq!(authorization(text, false).err().as_deref(), Some(NO_KEY));
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
        // It is kept, whatever becomes of the file.
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

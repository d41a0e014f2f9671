//! Where the key comes from: of the settings that can give it, the one that is set.
//!
//! Two of them may belong to two workspaces, one set for this server and the other inherited from a shell. Neither takes
//! precedence then: which workspace is written to is not guessed.

use std::path::Path;

use super::Settings;
use crate::linear::key::{
    ACCESS_TOKEN, API_KEY, API_KEY_COMMAND, API_KEY_FILE, Key, authorization,
};
use crate::linear::transport::WrongSetting;
use crate::text::secret::MARKS;

/// What a setting that can give the key holds.
#[derive(Clone, Debug)]
pub(super) enum Given {
    /// A `${NAME}` that nobody expanded: some clients pass it on as it is when NAME is not set. It counts as not set
    /// where another setting gives the key.
    Unexpanded(WrongSetting),
    /// A key, or something else than one.
    Set(&'static str, Result<Key, WrongSetting>),
}

impl Given {
    /// The key, where there is one.
    pub(super) fn key(&self) -> Option<&Key> {
        match self {
            Self::Set(_, Ok(key)) => Some(key),
            Self::Set(_, Err(_)) | Self::Unexpanded(_) => None,
        }
    }
}

pub(super) fn api_key(settings: &mut Settings, value: &str) -> Result<(), String> {
    give_text(settings, API_KEY, value, false);
    Ok(())
}

pub(super) fn access_token(settings: &mut Settings, value: &str) -> Result<(), String> {
    give_text(settings, ACCESS_TOKEN, value, true);
    Ok(())
}

pub(super) fn api_key_file(settings: &mut Settings, value: &str) -> Result<(), String> {
    let path = Path::new(value);
    let given = if value.contains("${") {
        unexpanded(API_KEY_FILE, "the path of a file")
    } else if looks_like_one(value) {
        Given::Set(API_KEY_FILE, Err(misplaced(API_KEY_FILE, "a path")))
    } else if path.is_absolute() || path.starts_with("~") {
        Given::Set(API_KEY_FILE, Ok(Key::in_file(path)))
    } else {
        let why = format!(
            "{API_KEY_FILE} is '{}', which is not an absolute path, nor one that begins with ~/",
            value.escape_debug()
        );
        Given::Set(API_KEY_FILE, Err(WrongSetting::no_key(why)))
    };
    settings.keys.push(given);
    Ok(())
}

pub(super) fn api_key_command(settings: &mut Settings, value: &str) -> Result<(), String> {
    // Other processes can read the arguments of a command, so a key is not given to a shell.
    let key = if looks_like_one(value) {
        Err(misplaced(API_KEY_COMMAND, "a command"))
    } else {
        Ok(Key::printed_by(value))
    };
    settings.keys.push(Given::Set(API_KEY_COMMAND, key));
    Ok(())
}

/// Whether a value that is no key's is likely to be one all the same.
pub(super) fn looks_like_one(value: &str) -> bool {
    MARKS.iter().any(|mark| value.contains(mark))
}

/// Returns the key of the setting that gives one.
///
/// # Errors
/// When none does, or when several do and not all are known to give the same key.
pub(super) fn chosen(given: &[Given]) -> Result<Key, WrongSetting> {
    let mut unexpanded = None;
    let mut set = Vec::new();
    for given in given {
        match given {
            Given::Unexpanded(wrong) => unexpanded = unexpanded.or(Some(wrong)),
            Given::Set(setting, key) => set.push((*setting, key)),
        }
    }
    let Some(((setting, first), others)) = set.split_first() else {
        return Err(unexpanded.cloned().unwrap_or_else(none));
    };
    let is_first =
        |key: &Result<Key, _>| matches!((first, key), (Ok(first), Ok(key)) if first.is_same(key));
    if others.iter().all(|(_, key)| is_first(key)) {
        return (*first).clone();
    }
    let settings: Vec<&str> = set.iter().map(|(setting, _)| *setting).collect();
    Err(WrongSetting {
        why: format!(
            "{} are set, and may give the keys of different workspaces",
            settings.join(" and ")
        ),
        remedy: format!(
            "Set one of them, then restart this server. What the shell exports is unset by an empty value in the `env` of this server's entry in .mcp.json, such as \"{setting}\": \"\""
        ),
        sent: false,
    })
}

/// No setting gives a key.
pub(super) fn none() -> WrongSetting {
    WrongSetting::no_key(format!(
        "None of {API_KEY}, {ACCESS_TOKEN}, {API_KEY_FILE} and {API_KEY_COMMAND} is set"
    ))
}

/// Takes a key out of the setting itself. A value that is no key is a key that is missing: an operation's answer says what
/// to do.
fn give_text(settings: &mut Settings, setting: &'static str, value: &str, bearer: bool) {
    let given = if value.contains("${") {
        unexpanded(setting, "a key")
    } else {
        let key = match authorization(value, bearer) {
            Ok((header, warnings)) => {
                let warnings = warnings.into_iter();
                settings
                    .warnings
                    .extend(warnings.map(|warning| format!("{setting} {warning}")));
                Ok(Key::known(setting, header))
            }
            Err(why) => Err(WrongSetting::no_key(format!("{setting} {why}"))),
        };
        Given::Set(setting, key)
    };
    settings.keys.push(given);
}

fn unexpanded(setting: &str, wanted: &str) -> Given {
    Given::Unexpanded(WrongSetting::no_key(format!(
        "{setting} holds '${{…}}' instead of {wanted}: the variable that it names is not set where the client was started"
    )))
}

fn misplaced(setting: &str, wanted: &str) -> WrongSetting {
    WrongSetting::no_key(format!(
        "{setting} holds what looks like a key, which is not shown, instead of {wanted}: {API_KEY} takes keys"
    ))
}

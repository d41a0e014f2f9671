//! The table of settings, and how the value of each is read.
//!
//! Four settings can give the key. Two of them may give the keys of two workspaces, when one is set for this server and the other is
//! inherited from a shell. Neither takes precedence, so that this program does not guess which workspace is written to.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use tracing_subscriber::EnvFilter;

use super::{Listing, LogFormat, Settings, shown_value};
use crate::linear::address::{self, Address, AddressError};
use crate::linear::key::{
    ACCESS_TOKEN, API_KEY, API_KEY_COMMAND, API_KEY_FILE, Key, authorization,
};
use crate::linear::transport::WrongSetting;
use crate::params::Detail;
use crate::text::secret::MARKS;

/// A setting: a variable of the environment, its meaning, and how its value is read.
#[derive(Debug)]
pub struct Setting {
    /// The name of the variable.
    pub name: &'static str,
    /// The value in force when the variable is not set; empty where there is none.
    pub default: &'static str,
    /// The meaning of the setting, for `--help` and the README.
    pub meaning: &'static str,
    /// Which values the setting takes: the end of a sentence that begins with "it takes".
    pub takes: &'static str,
    /// Reads a value that is not empty into the settings, or returns what is wrong with it, such as "is 'x'".
    pub(super) read: fn(&mut Settings, &str) -> Result<(), String>,
}

/// Every setting, in the order in which they are documented.
pub const TABLE: &[Setting] = &[
    Setting {
        name: "LINEAR_API_KEY",
        default: "",
        meaning: "A personal API key of Linear, sent as it is. Only one of these four is to be set: two may belong to two workspaces, and are refused.",
        takes: "a key from Linear's settings (Security & access), as it is shown there",
        read: |settings, value| {
            read_key(settings, API_KEY, value, false);
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_ACCESS_TOKEN",
        default: "",
        meaning: "An OAuth access token of Linear, sent as a bearer token.",
        takes: "an OAuth access token",
        read: |settings, value| {
            read_key(settings, ACCESS_TOKEN, value, true);
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_API_KEY_FILE",
        default: "",
        meaning: "A file that holds the key or token alone, and that nobody but its owner may read. It is read at the first request.",
        takes: "the path of a file, absolute or from ~/",
        read: |settings, value| {
            settings.keys.push(key_file(value));
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_API_KEY_COMMAND",
        default: "",
        meaning: "A shell command that prints the key or token, such as a password manager's. It is run at the first request, once, within LINEAR_OPS_TIMEOUT_MS.",
        takes: "a command for sh (cmd on Windows) that prints one line and asks nothing in the terminal",
        read: |settings, value| {
            // Other processes can read the arguments of a shell, so that a key must not get there.
            let key = if looks_like_key(value) {
                Err(misplaced(API_KEY_COMMAND, "a command"))
            } else {
                Ok(Key::printed_by(value))
            };
            settings.keys.push(ConfiguredKey::Set(API_KEY_COMMAND, key));
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_API_URL",
        default: address::LINEAR,
        meaning: "Linear's GraphQL endpoint.",
        takes: "an https URL, or an http one on this machine (localhost, 127.0.0.0/8, [::1]), without user name and password",
        read: |settings, value| {
            settings.address = Address::parse(value).map_err(|error| match error {
                // The query and the fragment may hold a secret.
                AddressError::Scheme => {
                    shown_value(value.split(['?', '#']).next().unwrap_or_default())
                }
                AddressError::Credentials => error.to_string(),
            })?;
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_CACHE_TTL_SECONDS",
        default: "600",
        meaning: "How long teams, states, labels and the like are remembered.",
        takes: "a whole number of seconds from 1 to 86400",
        read: |settings, value| {
            settings.cache_age = Duration::from_secs(number(value, 1..=86_400)?);
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_CACHE_ENTRIES",
        default: "20000",
        meaning: "How many of them are remembered of each kind.",
        takes: "a whole number from 100 to 1000000",
        read: |settings, value| {
            settings.cache_entries = number(value, 100..=1_000_000)?;
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_CACHE",
        default: "disk",
        meaning: "Whether names are remembered from one process to the next: `disk` keeps names, ids, keys, e-mail addresses and types, and no texts, in a file of the user's cache folder (`linear-ops` in it, one file for each key) for a day; `memory` keeps nothing. `--sandbox` always does with memory.",
        takes: "disk or memory",
        read: |settings, value| {
            settings.cache_on_disk = match value.to_ascii_lowercase().as_str() {
                "disk" => true,
                "memory" => false,
                _ => return Err(shown_value(value)),
            };
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_TIMEOUT_MS",
        default: "30000",
        meaning: "How long one request to Linear may take.",
        takes: "a whole number of milliseconds from 100 to 600000",
        read: |settings, value| {
            settings.timeout = Duration::from_millis(number(value, 100..=600_000)?);
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_DEADLINE_MS",
        default: "45000",
        meaning: "How long one operation may take, with all its requests, retries and waiting; a `batch` is one. The client should wait longer than that.",
        takes: "a whole number of milliseconds from 1000 to 3600000",
        read: |settings, value| {
            settings.deadline = Duration::from_millis(number(value, 1_000..=3_600_000)?);
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_MAX_WAIT_MS",
        default: "2000",
        meaning: "How long the reset of a rate limit is waited for; a later one is answered as LINEAR_API_RATE_LIMIT.",
        takes: "a whole number of milliseconds from 0 to 600000",
        read: |settings, value| {
            settings.max_wait = Duration::from_millis(number(value, 0..=600_000)?);
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_IN_FLIGHT",
        default: "8",
        meaning: "How many requests to Linear are under way at once.",
        takes: "a whole number from 1 to 64",
        read: |settings, value| {
            settings.in_flight = number(value, 1..=64)?;
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_GRACE_MS",
        default: "5000",
        meaning: "How long calls under way may take to finish once the client closes a stream or the process is asked to end; nothing new is begun then.",
        takes: "a whole number of milliseconds from 0 to 600000",
        read: |settings, value| {
            settings.grace = Duration::from_millis(number(value, 0..=600_000)?);
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_PREFETCH",
        default: "on",
        meaning: "Whether a server asks for teams, states, labels, users and projects at its start, in one request.",
        takes: ON_OR_OFF,
        read: |settings, value| {
            settings.prefetch = on_or_off(value)?;
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_BATCH_ITEMS",
        default: "100",
        meaning: "How many operations one `batch` may have.",
        takes: "a whole number from 1 to 1000",
        read: |settings, value| {
            settings.batch_items = number(value, 1..=1000)?;
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_LIST_ITEMS",
        default: "250",
        meaning: "How many items a list in a request may have; `operations` of a `batch` have a bound of their own.",
        takes: "a whole number from 10 to 1000",
        read: |settings, value| {
            settings.list_items = number(value, 10..=1000)?;
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_NEW_LABELS",
        default: "50",
        meaning: "How many new labels one call may make; a `batch` is one call.",
        takes: "a whole number from 1 to 1000",
        read: |settings, value| {
            settings.new_labels = number(value, 1..=1000)?;
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_MAX_ANSWER_CHARS",
        default: "45000",
        meaning: "How many characters one answer of the server may have; a longer one is cut and says how to read on. Claude Code keeps back what a subagent hands back beyond about 50000. `run` prints everything.",
        takes: "a whole number from 2000 to 500000",
        read: |settings, value| {
            settings.answer_chars = number(value, 2_000..=500_000)?;
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_DETAIL",
        default: "",
        meaning: "How much answers show where a request gives no `detail`; without it, most lists are `brief` and the rest is `standard`. `ack` is for writes (the identifier, no metadata), and means `brief` for what is read.",
        takes: "ack, brief, standard or full",
        read: |settings, value| {
            let mut levels = Detail::ALL.into_iter();
            let detail = levels.find(|detail| detail.word().eq_ignore_ascii_case(value));
            settings.answer_defaults.detail = Some(detail.ok_or_else(|| shown_value(value))?);
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_FORMAT",
        default: "rows",
        meaning: "How lists are given where a request gives no `format`: `rows`, each with its own keys (in a request `format: yaml`), or `table`, as `columns` and `rows`, which can cost half.",
        takes: "rows, yaml (the same) or table",
        read: |settings, value| {
            settings.answer_defaults.table = match value.to_ascii_lowercase().as_str() {
                "rows" | "yaml" => false,
                "table" => true,
                _ => return Err(shown_value(value)),
            };
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_TOOLS",
        default: Listing::DEFAULT,
        meaning: "Which MCP tools are listed, in any mix: `core` (`linear`, which takes any operation as YAML, and the operations that most work needs), a category's (`issues`, `labels`, `projects`, `documents`, `comments`, …), `all`, `yaml` (`linear` and `linear_read`, which takes those that read), or operations by name. Every operation can be called all the same; LINEAR_OPS_OPERATIONS decides that.",
        takes: "names of toolsets (core, issues, …, all, yaml) and of operations parted by commas",
        read: |settings, value| {
            settings.tools = Listing::parse(value).ok_or_else(|| shown_value(value))?;
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_READ_ONLY",
        default: "0",
        meaning: "Whether every operation that writes is refused.",
        takes: ON_OR_OFF,
        read: |settings, value| {
            settings.read_only = on_or_off(value)?;
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_ALLOW_DESTRUCTIVE",
        default: "0",
        meaning: "Whether what cannot be taken back is allowed: `delete_issue`, `delete_comment`, and emptying a document's text.",
        takes: ON_OR_OFF,
        read: |settings, value| {
            settings.allow_destructive = on_or_off(value)?;
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_STATE_DIR",
        default: "",
        meaning: "The folder in which the processes of this machine keep their locks on descriptions that they edit. By default `linear-ops` in the platform's folder for state.",
        takes: "the absolute path of a folder, which is made where it is missing",
        read: |settings, value| {
            let folder = PathBuf::from(value);
            if !folder.is_absolute() {
                return Err(shown_value(value));
            }
            settings.state_folder = Some(folder);
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_OPERATIONS",
        default: "",
        meaning: "Which operations may run, and no others, whichever tool asks for them; without it, all. `batch` and `help` count, too.",
        takes: "names of operations or categories (issue, label, server, …) parted by commas",
        read: |settings, value| {
            settings.operations = comma_list(value)?;
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_DENY",
        default: "",
        meaning: "Which operations may not run, whichever tool asks for them, also where LINEAR_OPS_OPERATIONS has them. Without `update_issue`, `close_issue` and all others that do a part of it may not run either.",
        takes: "names of operations or categories (issue, label, server, …) parted by commas",
        read: |settings, value| {
            settings.deny = comma_list(value)?;
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_TEAMS",
        default: "",
        meaning: "Which teams may be written to; without it, all. A project counts with all of its teams, and what belongs to no team is not written.",
        takes: "names, keys or ids of teams parted by commas",
        read: |settings, value| {
            settings.teams = comma_list(value)?;
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_PROJECTS",
        default: "",
        meaning: "Which projects may be written to; without it, all. What belongs to no project, such as a label, is not written.",
        takes: "names, slugs, addresses or ids of projects parted by commas",
        read: |settings, value| {
            settings.projects = comma_list(value)?;
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_MAX_WRITES",
        default: "",
        meaning: "How many writes a session may send; without it, any number. A new issue with a new label and a link is three.",
        takes: "a whole number from 0 to 1000000",
        read: |settings, value| {
            settings.max_writes = Some(number(value, 0..=1_000_000)?);
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_AUDIT",
        default: "",
        meaning: "A file to which every write is recorded as lines of JSON; where that fails, nothing is written.",
        takes: "the path of a file",
        read: |settings, value| {
            if looks_like_key(value) {
                return Err(shown_value(value));
            }
            settings.audit = Some(PathBuf::from(value));
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_LOG",
        default: "warn",
        meaning: "What is logged to stderr: a level (`info` has a line for each request), or directives such as `linear_ops=debug`.",
        takes: "off, error, warn, info, debug or trace, also by module: `warn,linear_ops=debug`",
        read: |settings, value| {
            EnvFilter::builder()
                .parse(value)
                .map_err(|_| shown_value(value))?;
            value.clone_into(&mut settings.log);
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_LOG_FORMAT",
        default: "text",
        meaning: "How it is logged: `text`, or `json`, an object on each line; that of a request has its metrics.",
        takes: "text or json",
        read: |settings, value| {
            settings.log_format = match value.to_ascii_lowercase().as_str() {
                "text" => LogFormat::Text,
                "json" => LogFormat::Json,
                _ => return Err(shown_value(value)),
            };
            Ok(())
        },
    },
];

/// The values of a setting that is on or off.
const ON_OR_OFF: &str = "1, true, yes or on; 0, false, no or off";

/// Reads a list of texts that are separated by commas.
fn comma_list(value: &str) -> Result<Vec<String>, String> {
    if looks_like_key(value) {
        return Err(shown_value(value));
    }
    let texts = value.split(',').map(str::trim);
    let texts: Vec<String> = texts
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
        .collect();
    if texts.is_empty() {
        Err(shown_value(value))
    } else {
        Ok(texts)
    }
}

/// Reads a value that is on or off.
fn on_or_off(value: &str) -> Result<bool, String> {
    match value.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(true),
        "0" | "false" | "no" | "off" => Ok(false),
        _ => Err(shown_value(value)),
    }
}

/// Reads a whole number within the range.
fn number<T: FromStr + PartialOrd>(value: &str, range: RangeInclusive<T>) -> Result<T, String> {
    match value.parse::<T>() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(shown_value(value)),
    }
}

/// The key of a setting that can give a key and is set.
#[derive(Clone, Debug)]
pub(super) enum ConfiguredKey {
    /// The setting holds a `${NAME}` that nobody expanded, which some clients pass on when NAME is not set. The setting counts as not
    /// set where another setting gives the key.
    Unexpanded(WrongSetting),
    /// The name of the setting, and its key or why its value is not a key.
    Set(&'static str, Result<Key, WrongSetting>),
}

impl ConfiguredKey {
    /// The key, where the setting gives one.
    pub(super) fn key(&self) -> Option<&Key> {
        match self {
            Self::Set(_, Ok(key)) => Some(key),
            Self::Set(_, Err(_)) | Self::Unexpanded(_) => None,
        }
    }
}

/// Reads the path of a key file.
fn key_file(value: &str) -> ConfiguredKey {
    let path = Path::new(value);
    if value.contains("${") {
        unexpanded(API_KEY_FILE, "the path of a file")
    } else if looks_like_key(value) {
        ConfiguredKey::Set(API_KEY_FILE, Err(misplaced(API_KEY_FILE, "a path")))
    } else if path.is_absolute() || path.starts_with("~") {
        ConfiguredKey::Set(API_KEY_FILE, Ok(Key::in_file(path)))
    } else {
        let why = format!(
            "{API_KEY_FILE} is '{}', which is not an absolute path, nor one that begins with ~/",
            value.escape_debug()
        );
        ConfiguredKey::Set(API_KEY_FILE, Err(WrongSetting::no_key(why)))
    }
}

/// Whether the value of a setting that takes no key is likely to be a key.
pub(super) fn looks_like_key(value: &str) -> bool {
    MARKS.iter().any(|mark| value.contains(mark))
}

/// Returns the key that the settings give.
///
/// # Errors
/// When no setting gives a key, or when several settings do and are not known to give the same key.
pub(super) fn choose_key(keys: &[ConfiguredKey]) -> Result<Key, WrongSetting> {
    let mut unexpanded = None;
    let mut set = Vec::new();
    for key in keys {
        match key {
            ConfiguredKey::Unexpanded(error) => unexpanded = unexpanded.or(Some(error)),
            ConfiguredKey::Set(setting, key) => set.push((*setting, key)),
        }
    }
    let Some(((setting, first), others)) = set.split_first() else {
        return Err(unexpanded.cloned().unwrap_or_else(no_key_set));
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

/// The error that no setting gives a key.
pub(super) fn no_key_set() -> WrongSetting {
    WrongSetting::no_key(format!(
        "None of {API_KEY}, {ACCESS_TOKEN}, {API_KEY_FILE} and {API_KEY_COMMAND} is set"
    ))
}

/// Reads a setting whose value is the key. A value that is not a key does not keep the server from starting: the first request
/// then fails for want of a key, and its answer says what to do.
fn read_key(settings: &mut Settings, setting: &'static str, value: &str, bearer: bool) {
    let configured = if value.contains("${") {
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
        ConfiguredKey::Set(setting, key)
    };
    settings.keys.push(configured);
}

/// The configured key of a setting that holds a variable that nobody expanded. `wanted` says what the setting takes.
fn unexpanded(setting: &str, wanted: &str) -> ConfiguredKey {
    ConfiguredKey::Unexpanded(WrongSetting::no_key(format!(
        "{setting} holds '${{…}}' instead of {wanted}: the variable that it names is not set where the client was started"
    )))
}

/// The error that a setting holds a key although it takes something else, which `wanted` names.
fn misplaced(setting: &str, wanted: &str) -> WrongSetting {
    WrongSetting::no_key(format!(
        "{setting} holds what looks like a key, which is not shown, instead of {wanted}: {API_KEY} takes keys"
    ))
}

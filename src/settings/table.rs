//! The one list of settings.

use std::path::PathBuf;
use std::time::Duration;

use tracing_subscriber::EnvFilter;

use super::number::number;
use super::{Listing, LogFormat, Settings, key, shown};
use crate::linear::address::{self, Address, Unfit};

/// A setting: a variable, what it is for, and how it is read.
#[derive(Debug)]
pub struct Setting {
    /// The variable.
    pub name: &'static str,
    /// The value in force when it is not set; empty when there is none.
    pub default: &'static str,
    /// What it is for, in one sentence.
    pub meaning: &'static str,
    /// Which values it takes: the end of "it takes …".
    pub takes: &'static str,
    /// Reads a value that is not empty into the settings, or says what is wrong with it: "is 'x'".
    pub(super) read: fn(&mut Settings, &str) -> Result<(), String>,
}

/// Every setting, in the order in which they are documented.
pub const TABLE: &[Setting] = &[
    Setting {
        name: "LINEAR_API_KEY",
        default: "",
        meaning: "A personal API key of Linear, sent as it is. Only one of these four is to be set: two may belong to two workspaces, and are refused.",
        takes: "a key from Linear's settings (Security & access), as it is shown there",
        read: key::api_key,
    },
    Setting {
        name: "LINEAR_ACCESS_TOKEN",
        default: "",
        meaning: "An OAuth access token of Linear, sent as a bearer token.",
        takes: "an OAuth access token",
        read: key::access_token,
    },
    Setting {
        name: "LINEAR_API_KEY_FILE",
        default: "",
        meaning: "A file that holds the key or token alone, and that nobody but its owner may read. It is read at the first request.",
        takes: "the path of a file, absolute or from ~/",
        read: key::api_key_file,
    },
    Setting {
        name: "LINEAR_API_KEY_COMMAND",
        default: "",
        meaning: "A shell command that prints the key or token, such as a password manager's. It is run at the first request, once, within LINEAR_OPS_TIMEOUT_MS.",
        takes: "a command for sh (cmd on Windows) that prints one line and asks nothing in the terminal",
        read: key::api_key_command,
    },
    Setting {
        name: "LINEAR_API_URL",
        default: address::LINEAR,
        meaning: "Linear's GraphQL endpoint.",
        takes: "an https URL, or an http one on this machine (localhost, 127.0.0.0/8, [::1]), without user name and password",
        read: |settings, value| {
            settings.address = Address::parse(value).map_err(|unfit| match unfit {
                // What follows the path may be a secret.
                Unfit::Scheme => shown(value.split(['?', '#']).next().unwrap_or_default()),
                Unfit::Credentials => unfit.to_string(),
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
                _ => return Err(shown(value)),
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
        takes: SWITCH,
        read: |settings, value| {
            settings.prefetch = switch(value)?;
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
        name: "LINEAR_OPS_TOOLS",
        default: "all",
        meaning: "Which MCP tools are listed: `all`, `yaml` (`linear`, which takes any operation as YAML, and `linear_read`, which takes those that read), or names. Every operation can be called all the same; LINEAR_OPS_OPERATIONS decides that.",
        takes: "`all`, `yaml`, or names of tools parted by commas",
        read: |settings, value| {
            settings.tools = Listing::parse(value).ok_or_else(|| shown(value))?;
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_READ_ONLY",
        default: "0",
        meaning: "Whether every operation that writes is refused.",
        takes: SWITCH,
        read: |settings, value| {
            settings.read_only = switch(value)?;
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_ALLOW_DESTRUCTIVE",
        default: "0",
        meaning: "Whether what cannot be taken back is allowed: `delete_issue`, `delete_comment`, and emptying a document's text.",
        takes: SWITCH,
        read: |settings, value| {
            settings.allow_destructive = switch(value)?;
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
                return Err(shown(value));
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
            settings.operations = list(value)?;
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_DENY",
        default: "",
        meaning: "Which operations may not run, whichever tool asks for them, also where LINEAR_OPS_OPERATIONS has them.",
        takes: "names of operations or categories (issue, label, server, …) parted by commas",
        read: |settings, value| {
            settings.deny = list(value)?;
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_TEAMS",
        default: "",
        meaning: "Which teams may be written to; without it, all. A project counts with all of its teams, and what belongs to no team is not written.",
        takes: "names, keys or ids of teams parted by commas",
        read: |settings, value| {
            settings.teams = list(value)?;
            Ok(())
        },
    },
    Setting {
        name: "LINEAR_OPS_PROJECTS",
        default: "",
        meaning: "Which projects may be written to; without it, all. What belongs to no project, such as a label, is not written.",
        takes: "names, slugs, addresses or ids of projects parted by commas",
        read: |settings, value| {
            settings.projects = list(value)?;
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
            if key::looks_like_one(value) {
                return Err(shown(value));
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
                .map_err(|_| shown(value))?;
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
                _ => return Err(shown(value)),
            };
            Ok(())
        },
    },
];

/// What a setting takes that is on or off.
const SWITCH: &str = "1, true, yes or on; 0, false, no or off";

/// The texts between commas.
fn list(value: &str) -> Result<Vec<String>, String> {
    if key::looks_like_one(value) {
        return Err(shown(value));
    }
    let texts = value.split(',').map(str::trim);
    let texts: Vec<String> = texts
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
        .collect();
    if texts.is_empty() {
        Err(shown(value))
    } else {
        Ok(texts)
    }
}

fn switch(value: &str) -> Result<bool, String> {
    match value.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(true),
        "0" | "false" | "no" | "off" => Ok(false),
        _ => Err(shown(value)),
    }
}

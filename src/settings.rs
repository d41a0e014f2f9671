//! What the environment says, read once at the start. [`TABLE`] is the one list of settings: reading, its errors,
//! `--help` and the table in `examples/REFERENCE.md` all come from it.

mod key;
mod misnamed;
mod number;
mod table;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

pub use self::table::{Setting, TABLE};
use crate::effect::Allowed;
use crate::linear::address::{self, Address};
use crate::linear::client::Patience;
use crate::linear::http::Endpoint;
use crate::linear::key::Key;
use crate::linear::transport::WrongSetting;
use crate::text::secret::Secrets;

/// The variables from which the HTTP client takes the proxy for an https address, in its order.
pub const PROXIES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// Which tools the MCP server lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Listing {
    /// One per operation, and `linear`.
    #[default]
    All,
    /// Only `linear`, which takes the YAML text of any operation, and `linear_read`, which takes that of one that reads.
    Yaml,
    /// Those of these names, which may be none of ours: `server::tools` says so.
    Names(Vec<String>),
}

impl Listing {
    /// Reads `all`, `yaml` or names parted by commas; `None` when there is nothing in it, or what looks like a key:
    /// names that are no tools are repeated to whoever gave them.
    pub fn parse(text: &str) -> Option<Self> {
        if key::looks_like_one(text) {
            return None;
        }
        match text.trim() {
            "all" => Some(Self::All),
            "yaml" => Some(Self::Yaml),
            names => {
                let names: Vec<String> = names
                    .split(',')
                    .map(|name| name.trim().to_owned())
                    .filter(|name| !name.is_empty())
                    .collect();
                (!names.is_empty()).then_some(Self::Names(names))
            }
        }
    }
}

/// How a line of the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// A JSON object.
    Json,
}

/// The settings in force. `Debug` shows no key: it is in a redacting type.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The key, known or still to be fetched, or why there is none.
    pub authorization: Result<Key, WrongSetting>,
    /// What each of the settings holds that can give the key.
    keys: Vec<key::Given>,
    /// Linear's GraphQL endpoint.
    pub address: Address,
    /// Whether the environment's proxy, if there is one, can be used. The variables are those of other programs, so that
    /// one that cannot be used stops no server: it is told where a request would need it.
    pub proxy: Result<(), WrongSetting>,
    /// How long what is known of the workspace is believed.
    pub cache_age: Duration,
    /// How many entities are remembered of each kind.
    pub cache_entries: u64,
    /// Whether names are kept on disk between processes.
    pub cache_on_disk: bool,
    /// How long one request to Linear may take.
    pub timeout: Duration,
    /// How long one operation may take, with all its requests.
    pub deadline: Duration,
    /// How long a rate limit's reset is waited for.
    pub max_wait: Duration,
    /// How many requests are under way at once.
    pub in_flight: usize,
    /// How long what is under way may take at the end.
    pub grace: Duration,
    /// Whether a server asks for the workspace's basics at its start.
    pub prefetch: bool,
    /// How many operations one batch may have.
    pub batch_items: usize,
    /// How many items a list in a request may have.
    pub list_items: usize,
    /// How many labels one call may make.
    pub new_labels: usize,
    /// How many characters one answer of the server may have.
    pub answer_chars: usize,
    /// Which tools are listed.
    pub tools: Listing,
    /// Whether writes are refused.
    pub read_only: bool,
    /// Whether what cannot be taken back is allowed.
    pub allow_destructive: bool,
    /// Where the processes of this machine keep what they share, where that is set.
    pub state_folder: Option<PathBuf>,
    /// The operations that may run, by any name or category; all where it is empty.
    pub operations: Vec<String>,
    /// The operations that may not run, by any name or category.
    pub deny: Vec<String>,
    /// The teams that may be written to; all where it is empty.
    pub teams: Vec<String>,
    /// The projects that may be written to; all where it is empty.
    pub projects: Vec<String>,
    /// How many writes a session may send.
    pub max_writes: Option<u64>,
    /// The file in which writes are recorded.
    pub audit: Option<PathBuf>,
    /// Variables that are no settings and may be meant for one that keeps writes back, one sentence each: nothing is
    /// written while there are any.
    pub misnamed: Vec<String>,
    /// What is logged: directives of `tracing_subscriber`'s `EnvFilter`.
    pub log: String,
    /// How it is written.
    pub log_format: LogFormat,
    /// What is odd about the environment and was put right or left alone, one sentence each.
    pub warnings: Vec<String>,
}

/// What cannot be used in the environment: all of it, so that it is put right in one go.
#[derive(Clone, Debug, thiserror::Error)]
pub struct Problems {
    each: Vec<String>,
    /// What could be read, and the defaults in place of what could not. Nothing may be run under these settings.
    pub others: Box<Settings>,
}

impl Problems {
    /// Each of them: the variable, what it holds (a key never), and what it takes.
    pub fn each(&self) -> impl Iterator<Item = &str> {
        self.each.iter().map(String::as_str)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.each.join("\n"))
    }
}

impl Settings {
    /// Reads the variables; those of other programs are passed over, and an empty one counts as not set. A guard that
    /// holds white space alone, or a `${…}` that nobody expanded, cannot be used.
    ///
    /// # Errors
    /// Every value that cannot be used: the variable, what it holds (a key never), and what it takes.
    pub fn from_env(vars: impl IntoIterator<Item = (String, String)>) -> Result<Self, Problems> {
        let mut blank = BTreeSet::new();
        let set: BTreeMap<String, String> = vars
            .into_iter()
            .inspect(|(name, value)| {
                if !value.is_empty() && value.trim().is_empty() {
                    blank.insert(name.clone());
                }
            })
            .map(|(name, value)| {
                // The HTTP client takes a proxy's address as it is.
                let value = if PROXIES.contains(&name.as_str()) {
                    value
                } else {
                    value.trim().to_owned()
                };
                (name, value)
            })
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let mut settings = Self::blank();
        let mut problems = Vec::new();
        for setting in TABLE {
            // Of a guard that somebody meant to set: without its value it would guard nothing, and nobody would know.
            if misnamed::is_guard(setting.name) {
                let (name, takes) = (setting.name, setting.takes);
                if blank.contains(name) {
                    problems.push(format!("{name} is blank; it takes {takes}"));
                }
                if set.get(name).is_some_and(|value| value.contains("${")) {
                    problems.push(format!(
                        "{name} holds '${{…}}' instead of a value: the variable that it names is not set where this was started; it takes {takes}"
                    ));
                    continue;
                }
            }
            let value = set
                .get(setting.name)
                .map_or(setting.default, String::as_str);
            if value.is_empty() {
                continue;
            }
            if let Err(what) = (setting.read)(&mut settings, value) {
                let (name, takes) = (setting.name, setting.takes);
                problems.push(format!("{name} {what}; it takes {takes}"));
                if !setting.default.is_empty() {
                    // A default can be read: a test reads them all.
                    let _ = (setting.read)(&mut settings, setting.default);
                }
            }
        }
        settings.authorization = key::chosen(&settings.keys);
        settings.proxy = proxy(&set);
        for (name, near) in misnamed::strangers(set.keys().map(String::as_str)) {
            match near {
                misnamed::Near::Guard(near) => {
                    settings
                        .misnamed
                        .push(format!("{name} is no setting; did you mean {near}?"));
                }
                misnamed::Near::Other(near) => settings.warnings.push(format!(
                    "{name} is no setting and is ignored; did you mean {near}?"
                )),
                misnamed::Near::None => settings
                    .warnings
                    .push(format!("{name} is no setting and is ignored")),
            }
        }
        // A value that is in the wrong variable may be the key.
        let secrets = settings.secrets();
        for text in problems.iter_mut().chain(&mut settings.warnings) {
            *text = secrets.hide(text);
        }
        if problems.is_empty() {
            Ok(settings)
        } else {
            Err(Problems {
                each: problems,
                others: Box::new(settings),
            })
        }
    }

    /// How Linear is reached.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint {
            url: self.address.url.clone(),
            authorization: self.authorization.clone(),
            timeout: self.timeout,
            loopback: self.address.loopback,
            proxy: self.proxy.clone(),
        }
    }

    /// What must not be shown: every key that is given, and what stands in the query of the endpoint's URL.
    pub fn secrets(&self) -> Secrets {
        let query = self.address.query();
        let values = query.split('&').filter_map(|pair| pair.split_once('='));
        let values = values.map(|(_, value)| value);
        let secrets = Secrets::new([query].into_iter().chain(values));
        // Those too that are refused because there are several.
        let keys = self.keys.iter().filter_map(key::Given::key);
        keys.fold(secrets, |secrets, key| secrets.and(key.secret()))
    }

    /// How patient the client is.
    pub fn patience(&self) -> Patience {
        Patience {
            max_wait: self.max_wait,
            in_flight: self.in_flight,
            ..Patience::default()
        }
    }

    /// What operations may do.
    pub fn allowed(&self) -> Allowed {
        match (self.read_only, self.allow_destructive) {
            (true, _) => Allowed::Reading,
            (false, true) => Allowed::Deleting,
            (false, false) => Allowed::Writing,
        }
    }

    /// Before anything is read. What has a default gets it from [`TABLE`].
    fn blank() -> Self {
        Self {
            authorization: Err(key::none()),
            keys: Vec::new(),
            address: Address {
                url: String::new(),
                loopback: false,
            },
            proxy: Ok(()),
            cache_age: Duration::ZERO,
            cache_entries: 0,
            cache_on_disk: false,
            timeout: Duration::ZERO,
            deadline: Duration::ZERO,
            max_wait: Duration::ZERO,
            in_flight: 1,
            grace: Duration::ZERO,
            prefetch: false,
            batch_items: 1,
            list_items: 0,
            new_labels: 0,
            answer_chars: 0,
            tools: Listing::All,
            read_only: false,
            allow_destructive: false,
            state_folder: None,
            operations: Vec::new(),
            deny: Vec::new(),
            teams: Vec::new(),
            projects: Vec::new(),
            max_writes: None,
            audit: None,
            misnamed: Vec::new(),
            log: String::new(),
            log_format: LogFormat::Text,
            warnings: Vec::new(),
        }
    }
}

/// Checks the proxy that the HTTP client takes from the environment for an https address: of the variables for https,
/// else of those for all, the first that is set.
///
/// # Errors
/// The variable that holds no address of a proxy. What it holds may be a password, and is not shown.
fn proxy(set: &BTreeMap<String, String>) -> Result<(), WrongSetting> {
    let Some((name, value)) = PROXIES.iter().find_map(|name| set.get_key_value(*name)) else {
        return Ok(());
    };
    if address::is_proxy(value) {
        return Ok(());
    }
    Err(WrongSetting {
        why: format!("{name} is not the address of a proxy (its value is not shown)"),
        remedy: format!(
            "Set {name} to an http or https URL such as http://proxy.example:3128, or unset it, then restart this server"
        ),
        sent: false,
    })
}

/// A value for an error: short, and hidden when it looks like a key that went into the wrong variable.
fn shown(value: &str) -> String {
    const LONGEST: usize = 60;
    if key::looks_like_one(value) {
        return "holds what looks like a key, which is not shown".to_owned();
    }
    let short: String = value.chars().take(LONGEST).collect();
    let cut = if short.len() < value.len() { "…" } else { "" };
    format!("is '{}{cut}'", short.escape_debug())
}

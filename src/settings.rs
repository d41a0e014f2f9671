//! The settings of a process, read once at the start from the variables of its environment. [`TABLE`] is the only list of
//! settings: the reading, its errors, `--help` and the README all come from it.
//!
//! The name of a variable may be a misspelt setting. Where it may be meant for a guard, a setting that keeps operations or writes
//! back, all writes are refused: a misspelt guard would keep nothing back, and nobody would notice.

mod table;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use strsim::osa_distance;

use self::table::{ConfiguredKey, looks_like_key};
pub use self::table::{Setting, TABLE};
use crate::effect::Allowed;
use crate::linear::address::{self, Address};
use crate::linear::client::RetryLimits;
use crate::linear::http::Endpoint;
use crate::linear::key::Key;
use crate::linear::transport::WrongSetting;
use crate::params::AnswerDefaults;
use crate::text::nearest::nearest;
use crate::text::secret::Secrets;

/// The variables from which the HTTP client takes the proxy for an https address, in the order in which it looks at them.
pub const PROXIES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// Which tools the MCP server lists: the names of toolsets, tools and operations, in any mix. `server::tools` checks whether they exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing(Vec<String>);

impl Listing {
    /// The value of the setting where it is not set.
    const DEFAULT: &'static str = "core";

    /// Reads names separated by commas. Returns `None` for a text without names, and for a text that looks like a key, because an
    /// error would repeat the text as the name of a tool.
    pub fn parse(text: &str) -> Option<Self> {
        if looks_like_key(text) {
            return None;
        }
        let names = text.split(',').map(str::trim);
        let names: Vec<String> = names
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect();
        (!names.is_empty()).then_some(Self(names))
    }

    /// The names as they were given.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl Default for Listing {
    fn default() -> Self {
        Self(vec![Self::DEFAULT.to_owned()])
    }
}

impl fmt::Display for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(","))
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

/// The settings of a process. `Debug` does not show the key, which is in a redacting type.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The key, known or still to be fetched, or why there is none.
    pub authorization: Result<Key, WrongSetting>,
    /// The key of each setting that can give one and is set.
    keys: Vec<ConfiguredKey>,
    /// Linear's GraphQL endpoint.
    pub address: Address,
    /// Whether the proxy of the environment, if there is one, can be used. The variables of the proxy belong to other programs,
    /// so that an unusable proxy does not stop a server: the request that would need the proxy reports the fault.
    pub proxy: Result<(), WrongSetting>,
    /// How long cached entities are used before Linear is asked for them again.
    pub cache_age: Duration,
    /// How many entities of each kind are cached.
    pub cache_entries: u64,
    /// Whether names are kept on disk between processes.
    pub cache_on_disk: bool,
    /// How long one request to Linear may take.
    pub timeout: Duration,
    /// How long one operation may take, with all its requests.
    pub deadline: Duration,
    /// How long the client waits for the reset of a rate limit.
    pub max_wait: Duration,
    /// How many requests to Linear are under way at once.
    pub in_flight: usize,
    /// How long calls under way may take once the process has been asked to end.
    pub grace: Duration,
    /// Whether a server asks for teams, states, labels and the like at its start.
    pub prefetch: bool,
    /// How many operations one batch may have.
    pub batch_items: usize,
    /// How many items a list in a request may have.
    pub list_items: usize,
    /// How many labels one call may create.
    pub new_labels: usize,
    /// How many characters one answer of the server may have.
    pub answer_chars: usize,
    /// The form of answers where the request does not say it.
    pub answer_defaults: AnswerDefaults,
    /// Which tools are listed.
    pub tools: Listing,
    /// Whether writes are refused.
    pub read_only: bool,
    /// Whether operations that cannot be undone are allowed.
    pub allow_destructive: bool,
    /// The folder for the state that the processes of this machine share, where a setting gives one.
    pub state_folder: Option<PathBuf>,
    /// The operations that may run, by any of their names or by category; all where the list is empty.
    pub operations: Vec<String>,
    /// The operations that may not run, by any of their names or by category.
    pub deny: Vec<String>,
    /// The teams that may be written to; all where the list is empty.
    pub teams: Vec<String>,
    /// The projects that may be written to; all where the list is empty.
    pub projects: Vec<String>,
    /// How many writes a session may send.
    pub max_writes: Option<u64>,
    /// The file in which writes are recorded.
    pub audit: Option<PathBuf>,
    /// One sentence for each variable that is not a setting and may be meant for a guard. Nothing is written while there
    /// are any.
    pub misnamed: Vec<String>,
    /// Which events are logged, as directives of `tracing_subscriber`'s `EnvFilter`.
    pub log: String,
    /// How the lines of the log are written.
    pub log_format: LogFormat,
    /// One sentence for each oddity of the environment that was corrected or ignored.
    pub warnings: Vec<String>,
}

/// All problems with the settings in the environment, so that the user can correct them in one go.
#[derive(Clone, Debug, thiserror::Error)]
pub struct Problems {
    each: Vec<String>,
    /// The settings that could be read, and the defaults of the settings that could not. Nothing may be run under these settings.
    pub others: Box<Settings>,
}

impl Problems {
    /// One sentence for each problem: the variable, its value (never a key), and which values it takes.
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
    /// Reads the settings from the variables of an environment. Variables of other programs are ignored, and an empty variable
    /// counts as not set. A guard that holds only white space, or a `${…}` that nobody expanded, is a problem, because without a
    /// value the guard would keep nothing back.
    ///
    /// # Errors
    /// When any value cannot be used. The error holds all problems.
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
                // The HTTP client does not trim the address of a proxy, so that white space in it is a problem.
                let value = if PROXIES.contains(&name.as_str()) {
                    value
                } else {
                    value.trim().to_owned()
                };
                (name, value)
            })
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let mut settings = Self::empty();
        let mut problems = Vec::new();
        for setting in TABLE {
            let (name, takes) = (setting.name, setting.takes);
            if is_guard(name) {
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
            let value = set.get(name).map_or(setting.default, String::as_str);
            if value.is_empty() {
                continue;
            }
            if let Err(why) = (setting.read)(&mut settings, value) {
                problems.push(format!("{name} {why}; it takes {takes}"));
                if !setting.default.is_empty() {
                    // Reading a default cannot fail: a test reads every default.
                    let _ = (setting.read)(&mut settings, setting.default);
                }
            }
        }
        settings.authorization = table::choose_key(&settings.keys);
        settings.proxy = check_proxy(&set);
        for (name, intended) in misnamed_variables(set.keys().map(String::as_str)) {
            match intended {
                Intended::Guard(guard) => {
                    settings
                        .misnamed
                        .push(format!("{name} is no setting; did you mean {guard}?"));
                }
                Intended::Other(setting) => settings.warnings.push(format!(
                    "{name} is no setting and is ignored; did you mean {setting}?"
                )),
                Intended::Unknown => settings
                    .warnings
                    .push(format!("{name} is no setting and is ignored")),
            }
        }
        // The value of a wrong variable may be the key.
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

    /// The endpoint of Linear's API, with everything that a request to it needs.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint {
            url: self.address.url.clone(),
            authorization: self.authorization.clone(),
            timeout: self.timeout,
            loopback: self.address.loopback,
            proxy: self.proxy.clone(),
        }
    }

    /// The secrets, which must not be shown: every key that a setting gives, and the values in the query of the endpoint's URL.
    pub fn secrets(&self) -> Secrets {
        let query = self.address.query();
        let values = query.split('&').filter_map(|pair| pair.split_once('='));
        let values = values.map(|(_, value)| value);
        let secrets = Secrets::new([query].into_iter().chain(values));
        // All keys are secrets, also where they are refused because there are several.
        let keys = self.keys.iter().filter_map(ConfiguredKey::key);
        keys.fold(secrets, |secrets, key| secrets.and(key.secret()))
    }

    /// The limits for the client: how long it waits for a rate limit, and how many requests it sends at once.
    pub fn retry_limits(&self) -> RetryLimits {
        RetryLimits {
            max_wait: self.max_wait,
            in_flight: self.in_flight,
            ..RetryLimits::default()
        }
    }

    /// What operations may do to the workspace.
    pub fn allowed(&self) -> Allowed {
        match (self.read_only, self.allow_destructive) {
            (true, _) => Allowed::Reading,
            (false, true) => Allowed::Deleting,
            (false, false) => Allowed::Writing,
        }
    }

    /// The settings before any is read. [`Settings::from_env`] fills in the defaults from [`TABLE`].
    fn empty() -> Self {
        Self {
            authorization: Err(table::no_key_set()),
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
            answer_defaults: AnswerDefaults::default(),
            tools: Listing::default(),
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

/// Checks the proxy that the HTTP client takes from the environment for an https address: the first of [`PROXIES`] that is set.
///
/// # Errors
/// When the variable does not hold the address of a proxy. Its value may hold a password, and is not shown.
fn check_proxy(set: &BTreeMap<String, String>) -> Result<(), WrongSetting> {
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

/// The words that show a value in an error, after the name of its variable. The value is shortened, and hidden when it looks like a
/// key that was put into the wrong variable.
fn shown_value(value: &str) -> String {
    const LONGEST: usize = 60;
    if looks_like_key(value) {
        return "holds what looks like a key, which is not shown".to_owned();
    }
    let short: String = value.chars().take(LONGEST).collect();
    let ellipsis = if short.len() < value.len() { "…" } else { "" };
    format!("is '{}{ellipsis}'", short.escape_debug())
}

/// How the names of this program's settings begin, without separators.
const SETTING_PREFIX: &str = "LINEAROPS";
/// How other names begin that may be misspelt settings of this program. Other programs have such names, too.
const RELATED_PREFIX: &str = "LINEAR";
/// What may stand between [`RELATED_PREFIX`] and the name of a guard.
const INFIXES: [&str; 2] = ["OP", "MCP"];
/// The setting for operations that may not run. Its hint words take precedence over those of other guards: a name with such a word
/// must not be taken for a setting that allows something.
const DENY: &str = "LINEAR_OPS_DENY";

/// The guards: the settings that keep operations or writes back, or record them. Each guard has the words, without separators, that
/// hint at it when they are in a name.
const GUARDS: &[(&str, &[&str])] = &[
    ("LINEAR_OPS_READ_ONLY", &["READONLY", "READ", "NOWRITE"]),
    (
        "LINEAR_OPS_ALLOW_DESTRUCTIVE",
        &["ALLOW", "DESTRUCT", "DELET"],
    ),
    (
        DENY,
        &[
            "DENY",
            "DENI",
            "DISALLOW",
            "FORBID",
            "BLOCK",
            "EXCLUD",
            "PROHIBIT",
            "NODELET",
            "NODESTRUCT",
            "DISABLEDELET",
            "DISABLEDESTRUCT",
            "PREVENT",
        ],
    ),
    ("LINEAR_OPS_OPERATIONS", &["OPERATION"]),
    ("LINEAR_OPS_TEAMS", &["TEAM"]),
    ("LINEAR_OPS_PROJECTS", &["PROJECT"]),
    ("LINEAR_OPS_MAX_WRITES", &["WRITE"]),
    ("LINEAR_OPS_AUDIT", &["AUDIT"]),
];

/// The largest number of typing errors with which a name may still be meant for a guard.
const MOST_EDITS: usize = 2;
/// The abbreviation of read-only. It hints at the guard only as a whole name, because many words hold these letters.
const READ_ONLY_SHORT: &str = "RO";
/// The words that hint at a guard also in a name without this program's prefix. They are so specific that other programs are unlikely
/// to use them.
const UNMISTAKABLE: &[(&str, &str)] = &[
    ("READONLY", "LINEAR_OPS_READ_ONLY"),
    ("DESTRUCTIVE", "LINEAR_OPS_ALLOW_DESTRUCTIVE"),
    ("MAXWRITES", "LINEAR_OPS_MAX_WRITES"),
    ("OPERATIONS", "LINEAR_OPS_OPERATIONS"),
];
/// The words with which a name without this program's prefix begins where it is meant for [`DENY`].
const DENIALS: [&str; 4] = ["DENY", "DENIED", "DISALLOW", "FORBID"];

/// The setting that a misnamed variable may be meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Intended {
    /// This guard.
    Guard(&'static str),
    /// This setting, which is not a guard.
    Other(&'static str),
    /// No setting is near to the name.
    Unknown,
}

/// Finds the variables whose names look like settings of this program, in upper or lower case, and are none. Returns each name with
/// the setting that it may be meant for.
fn misnamed_variables<'n>(
    names: impl Iterator<Item = &'n str>,
) -> impl Iterator<Item = (&'n str, Intended)> {
    let is_known = |name: &str| TABLE.iter().any(|setting| setting.name == name);
    names
        .filter(move |name| !is_known(name))
        .filter_map(|name| {
            let letters = letters(name);
            let intended = match letters.strip_prefix(SETTING_PREFIX) {
                Some(suffix) => intended_setting(suffix, name),
                None => Intended::Guard(intended_guard(letters.strip_prefix(RELATED_PREFIX)?)?),
            };
            Some((name, intended))
        })
}

/// The guard that a name without this program's prefix may be meant for. `rest` is the part after `LINEAR`. Other programs have
/// variables with this prefix, too, so that the rest of the name must nearly equal the name of a guard.
fn intended_guard(rest: &str) -> Option<&'static str> {
    let suffix = INFIXES.iter().find_map(|infix| rest.strip_prefix(infix));
    let suffix = suffix.unwrap_or(rest);
    if suffix == READ_ONLY_SHORT {
        return Some("LINEAR_OPS_READ_ONLY");
    }
    if DENIALS.iter().any(|word| suffix.starts_with(word)) {
        return Some(DENY);
    }
    if let Some((_, guard)) = UNMISTAKABLE.iter().find(|(word, _)| rest.contains(word)) {
        return Some(guard);
    }
    let distances = GUARDS.iter().map(|(guard, _)| {
        let letters = letters(guard);
        let guard_suffix = letters.strip_prefix(SETTING_PREFIX).unwrap_or(&letters);
        // The prefix itself may be misspelt, as in `LINEAR_OSP_TEAMS`.
        let edits_with_prefix = osa_distance(rest, &format!("OPS{guard_suffix}"));
        let edits = osa_distance(suffix, guard_suffix).min(osa_distance(rest, guard_suffix));
        let may_be_mistyped = UNMISTAKABLE.iter().any(|(_, hinted)| hinted == guard);
        let is_near =
            edits == 0 || edits_with_prefix <= MOST_EDITS || edits <= MOST_EDITS && may_be_mistyped;
        (edits.min(edits_with_prefix), is_near, *guard)
    });
    distances
        .filter(|(_, is_near, _)| *is_near)
        .min_by_key(|(edits, ..)| *edits)
        .map(|(.., guard)| guard)
}

/// The setting that a name with this program's prefix may be meant for. `suffix` is the part after the prefix.
fn intended_setting(suffix: &str, name: &str) -> Intended {
    let distance = |setting: &str| {
        let letters = letters(setting);
        osa_distance(
            suffix,
            letters.strip_prefix(SETTING_PREFIX).unwrap_or(&letters),
        )
    };
    let has_hint = |words: &[&str]| words.iter().any(|word| suffix.contains(word));
    if GUARDS
        .iter()
        .any(|(guard, words)| *guard == DENY && has_hint(words))
    {
        return Intended::Guard(DENY);
    }
    if suffix == READ_ONLY_SHORT {
        return Intended::Guard("LINEAR_OPS_READ_ONLY");
    }
    let fewest_edits = TABLE.iter().map(|setting| distance(setting.name)).min();
    let hinted = GUARDS.iter().filter(|(_, words)| has_hint(words));
    let mistyped = GUARDS.iter().filter(|(guard, _)| {
        let edits = distance(guard);
        edits <= MOST_EDITS && Some(edits) == fewest_edits
    });
    let guards = hinted.chain(mistyped).map(|(guard, _)| *guard);
    if let Some(guard) = guards.min_by_key(|guard| distance(guard)) {
        return Intended::Guard(guard);
    }
    let settings = TABLE.iter().map(|setting| setting.name);
    match nearest(name, settings, 1).first() {
        Some(setting) => Intended::Other(setting),
        None => Intended::Unknown,
    }
}

/// Whether a setting is one of the [`GUARDS`].
fn is_guard(name: &str) -> bool {
    GUARDS.iter().any(|(guard, _)| *guard == name)
}

/// The letters and digits of a name in upper case, without separators.
fn letters(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_uppercase()).collect()
}

//! Every place in which Claude Code looks for servers, and what it says of this one.
//!
//! What the user registered is started as it is registered, and asked for its tools. What a folder's `.mcp.json` or a
//! plugin brings comes from somebody else: of that nothing is run but this very program, without a key.

mod command;
mod entry;
mod expand;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map, Value};

pub(in crate::cli) use self::command::{
    Program, find as find_program, is_of_this_program, starts_this,
};
use self::entry::{Entry, Origin};
pub(in crate::cli) use self::entry::{KEYS, fetches_key, gives_key, has_value};
use super::finding::Finding;
use crate::cli::claude_code::{Locations, PROJECT_FILE as FILE, SERVER as OWN, object};

/// How many other servers are named.
const NAMED: usize = 10;

/// How many plugins are looked at.
const MOST_PLUGINS: usize = 500;

/// What Claude Code's own file is about.
const USER: &str = "user scope";
const LOCAL: &str = "local scope";
const PLUGIN: &str = "plugin";

/// A server of this program that is in use.
#[derive(Clone, Debug)]
pub(super) struct Server {
    /// Its name, as the names of its tools have it.
    pub name: String,
    /// The tools that it lists, where it was started and listed them.
    pub tools: Option<Vec<String>>,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Registered {
    pub findings: Vec<Finding>,
    pub servers: Vec<Server>,
    /// Whether Claude Code trusts the folder, so that what the folder brings counts.
    pub trusted: bool,
}

/// A server of this program where it is registered.
struct Registration {
    origin: Origin,
    name: String,
    entry: Value,
    file: PathBuf,
}

/// Looks at every place. A client would read them that is started in the current folder under this environment.
pub(super) fn check(here: &Locations, environment: &BTreeMap<String, String>) -> Registered {
    let mut registered = Registered::default();
    let global = match object(&here.global) {
        Ok(global) => global.unwrap_or_default(),
        Err(why) => {
            let text = format!(
                "{} {why}. Claude Code sets such a file aside and begins anew: mend it, or restore one of {}",
                here.global.display(),
                here.config.join("backups").display()
            );
            registered.findings.push(Finding::failure(USER, text));
            Map::new()
        }
    };
    let folders = global.get("projects").and_then(Value::as_object);
    let of_folder = |folder: &std::path::Path| folders?.get(folder.to_str()?);
    registered.trusted = here
        .folder
        .ancestors()
        .chain([here.root.as_path()])
        .any(|folder| {
            let accepted = of_folder(folder).and_then(|known| known.get("hasTrustDialogAccepted"));
            accepted == Some(&Value::Bool(true))
        });
    let known = of_folder(&here.root);
    let mut all = Vec::new();
    let mut add = |origin: Origin, servers: Option<&Value>, file: &PathBuf| {
        let servers = servers.and_then(Value::as_object).into_iter().flatten();
        let ours = servers.filter(|(name, entry)| is_ours(name, entry, environment));
        all.extend(ours.map(|(name, entry)| Registration {
            origin,
            name: name.clone(),
            entry: entry.clone(),
            file: file.clone(),
        }));
    };
    add(
        Origin::Local,
        known.and_then(|known| known.get("mcpServers")),
        &here.global,
    );
    for (file, servers) in project(here, environment, &mut registered.findings) {
        add(Origin::Project, Some(&servers), &file);
    }
    add(Origin::User, global.get("mcpServers"), &here.global);
    let approvals = Approvals::read(here, known, registered.trusted);
    // In the order in which one takes precedence over another of its name.
    for (index, registration) in all.iter().enumerate() {
        let before = all.iter().take(index);
        let mut above = before.filter(|other| other.name == registration.name);
        let above = above.find(|other| approvals.is_in_use(other));
        registered.add(registration, above, &approvals, environment);
    }
    registered.plugins(here, environment);
    let is_registered = !all.is_empty() || !registered.servers.is_empty();
    if !is_registered {
        let text =
            "Claude Code knows no server of this program here: linear-ops setup registers it";
        registered
            .findings
            .push(Finding::warning("registration", text));
    }
    registered
}

impl Registered {
    fn add(
        &mut self,
        registration: &Registration,
        above: Option<&Registration>,
        approvals: &Approvals,
        environment: &BTreeMap<String, String>,
    ) {
        let Registration {
            origin,
            name,
            entry,
            file,
        } = registration;
        if let Some(above) = above {
            let text = format!(
                "'{name}' in {} is not used here, because the {} comes before it",
                file.display(),
                above.origin.place(&above.file)
            );
            let is_alike = ["command", "args", "env"]
                .iter()
                .all(|key| entry.get(key) == above.entry.get(key));
            self.findings.push(if is_alike {
                Finding::ok(origin.subject(), format!("{text}, which is the same"))
            } else {
                Finding::warning(
                    origin.subject(),
                    format!("{text}; they differ, so take one out"),
                )
            });
            return;
        }
        if approvals.off.contains(name) {
            let text = format!("'{name}' is turned off in this folder: turn it on with /mcp");
            self.findings.push(Finding::failure(origin.subject(), text));
            return;
        }
        let told = Entry::new(*origin, name, entry, file, environment).check();
        self.findings.extend(told.findings);
        if *origin == Origin::Project && !approvals.is_in_use(registration) {
            let text = if approvals.is_rejected(name) {
                format!(
                    "'{name}' was turned down in this folder: claude mcp reset-project-choices has Claude Code ask again"
                )
            } else {
                format!(
                    "'{name}' waits for your approval: start claude in this folder once, and approve it"
                )
            };
            self.findings.push(Finding::warning("approval", text));
        }
        self.servers.push(Server {
            name: name.clone(),
            tools: told.tools,
        });
    }

    /// The plugins that bring this server.
    fn plugins(&mut self, here: &Locations, environment: &BTreeMap<String, String>) {
        let installed = here.config.join("plugins").join("installed_plugins.json");
        let Ok(Some(installed)) = object(&installed) else {
            return;
        };
        let plugins = installed.get("plugins").and_then(Value::as_object);
        for (plugin, places) in plugins.into_iter().flatten().take(MOST_PLUGINS) {
            let places = places.as_array().into_iter().flatten();
            let is_of_folder = |place: &&Value| {
                let folder = place.get("projectPath").and_then(Value::as_str);
                folder.is_none_or(|folder| {
                    here.folder.starts_with(folder) || here.root.starts_with(folder)
                })
            };
            let paths = places.filter(is_of_folder);
            let Some(path) = paths
                .filter_map(|place| place.get("installPath")?.as_str())
                .next()
            else {
                continue;
            };
            self.plugin(plugin, PathBuf::from(path), here, environment);
        }
    }

    fn plugin(
        &mut self,
        plugin: &str,
        path: PathBuf,
        here: &Locations,
        environment: &BTreeMap<String, String>,
    ) {
        let file = path.join(FILE);
        let named = object(&file).ok().flatten();
        let manifest = path.join(".claude-plugin").join("plugin.json");
        let manifest = object(&manifest).ok().flatten();
        // A plugin names its servers in either file, with or without the member around them.
        let servers = [named, manifest].into_iter().flatten();
        let servers = servers.filter_map(|file| match file.get("mcpServers") {
            Some(servers) => servers.as_object().cloned(),
            None => Some(file),
        });
        let ours: Vec<(String, Value)> = servers
            .flatten()
            .filter(|(name, entry)| entry.is_object() && is_ours(name, entry, environment))
            .collect();
        if ours.is_empty() {
            return;
        }
        let mut environment = environment.clone();
        // What Claude Code fills in itself.
        for (_, entry) in &ours {
            let text = entry.to_string();
            let names = text
                .split("${")
                .skip(1)
                .filter_map(|rest| rest.split_once('}'));
            let own = names.filter(|(name, _)| name.starts_with("user_config."));
            environment.extend(own.map(|(name, _)| (name.to_owned(), "…".to_owned())));
        }
        environment.insert("CLAUDE_PLUGIN_ROOT".to_owned(), path.display().to_string());
        if !is_enabled(plugin, here) {
            let text =
                format!("{plugin} is installed and turned off: claude plugin enable {plugin}");
            self.findings.push(Finding::warning(PLUGIN, text));
            return;
        }
        let short = plugin.split('@').next().unwrap_or_default();
        for (name, entry) in ours {
            let told = Entry::new(Origin::Plugin, &name, &entry, &file, &environment).check();
            self.findings.extend(told.findings);
            self.servers.push(Server {
                name: format!("plugin_{short}_{name}"),
                tools: told.tools,
            });
        }
    }
}

/// Whether an installed plugin is turned on, by the settings that come last.
fn is_enabled(plugin: &str, here: &Locations) -> bool {
    let files = here.project_settings().into_iter().chain([here.settings()]);
    // Those of the folder come first, and the local ones before those.
    let mut said = files.filter_map(|file| {
        let settings = object(&file).ok().flatten()?;
        settings.get("enabledPlugins")?.get(plugin)?.as_bool()
    });
    said.next().unwrap_or(true)
}

/// Which servers the user has let Claude Code start in a folder.
struct Approvals {
    /// Whether all servers that the folder names are approved.
    all: bool,
    approved: Vec<String>,
    rejected: Vec<String>,
    /// The servers that are turned off in the folder, wherever they are registered.
    off: Vec<String>,
}

impl Approvals {
    /// As Claude Code has them: what the folder's own settings approve counts once the folder is trusted.
    fn read(here: &Locations, known: Option<&Value>, trusted: bool) -> Self {
        let settings = |file: PathBuf| object(&file).ok().flatten().map(Value::Object);
        let mut said = vec![(settings(here.settings()), true), (known.cloned(), trusted)];
        let of_folder = here.project_settings().into_iter();
        said.extend(of_folder.map(|file| (settings(file), trusted)));
        let mut approvals = Self {
            all: false,
            approved: Vec::new(),
            rejected: Vec::new(),
            off: Vec::new(),
        };
        let names = |said: &Value, key: &str| -> Vec<String> {
            let names = said
                .get(key)
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            names
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect()
        };
        if let Some(known) = known {
            approvals.off = names(known, "disabledMcpServers");
        }
        for (said, counts) in said {
            let Some(said) = said else {
                continue;
            };
            approvals
                .rejected
                .extend(names(&said, "disabledMcpjsonServers"));
            if counts {
                approvals
                    .approved
                    .extend(names(&said, "enabledMcpjsonServers"));
                approvals.all |= said.get("enableAllProjectMcpServers") == Some(&Value::Bool(true));
            }
        }
        approvals
    }

    fn is_rejected(&self, name: &str) -> bool {
        self.rejected.iter().any(|rejected| rejected == name)
    }

    /// Whether Claude Code starts a server without a question.
    fn is_in_use(&self, registration: &Registration) -> bool {
        let name = &registration.name;
        registration.origin != Origin::Project
            || (!self.is_rejected(name) && (self.all || self.approved.contains(name)))
    }
}

/// Whether an entry is of this program: by its name, or by what it starts.
fn is_ours(name: &str, entry: &Value, environment: &BTreeMap<String, String>) -> bool {
    name == OWN || is_of_this_program(entry, environment)
}

/// The servers that the folder and those above it name, by file, the nearest first. What is said of the files goes to
/// `findings`.
fn project(
    here: &Locations,
    environment: &BTreeMap<String, String>,
    findings: &mut Vec<Finding>,
) -> Vec<(PathBuf, Value)> {
    let mut files = Vec::new();
    let mut others = Vec::new();
    for path in here.project_files() {
        let file = match object(&path) {
            Ok(Some(file)) => file,
            Ok(None) => continue,
            Err(why) => {
                findings.push(Finding::failure(FILE, format!("{} {why}", path.display())));
                continue;
            }
        };
        match file.get("mcpServers") {
            Some(Value::Object(servers)) => {
                let strangers = servers
                    .iter()
                    .filter(|(name, entry)| !is_ours(name, entry, environment));
                others.extend(strangers.map(|(name, _)| name.clone()));
                files.push((path, Value::Object(servers.clone())));
            }
            _ => {
                let text = format!(
                    "{} has no object `mcpServers`, in which clients look for servers",
                    path.display()
                );
                findings.push(Finding::failure(FILE, text));
            }
        }
    }
    let has_ours = files.iter().any(|(_, servers)| {
        let mut servers = servers.as_object().into_iter().flatten();
        servers.any(|(name, entry)| is_ours(name, entry, environment))
    });
    if has_ours || (files.is_empty() && !findings.is_empty()) {
        return files;
    }
    findings.push(Finding::ok(
        FILE,
        if files.is_empty() {
            "none in this folder or above it".to_owned()
        } else {
            let named: Vec<&str> = others.iter().map(String::as_str).take(NAMED).collect();
            let named = match others.len().saturating_sub(NAMED) {
                _ if named.is_empty() => "no server".to_owned(),
                0 => named.join(", "),
                more => format!("{} and {more} more", named.join(", ")),
            };
            format!("names {named}, and not this server")
        },
    ));
    files
}

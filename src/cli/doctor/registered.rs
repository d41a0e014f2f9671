//! The checks of every place in which Claude Code looks for servers: whether this server is registered there, and how.
//!
//! A server that the user registered is started by its entry, and asked for its tools. The `.mcp.json` of a folder and a plugin come
//! from somebody else: of the servers in them, only the program that is running now is started, and it gets no key.

mod entry;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map, Value};

use self::entry::{Entry, Origin};
use super::Diagnostic;
use crate::cli::claude_code::{Locations, PROJECT_FILE, SERVER, object};
use crate::cli::registration::is_of_this_program;

/// How many other servers of a folder are named.
const MOST_NAMED: usize = 10;

/// How many installed plugins are looked at.
const MOST_PLUGINS: usize = 500;

/// The subject of servers that Claude Code's own file registers for every folder.
const USER: &str = "user scope";
/// The subject of servers that Claude Code's own file registers for one folder.
const LOCAL: &str = "local scope";
/// The subject of servers that plugins register.
const PLUGIN: &str = "plugin";

/// A server of this program that Claude Code uses.
#[derive(Clone, Debug)]
pub(super) struct Server {
    /// The name of the server within the full names of its tools.
    pub name: String,
    /// The tools that the server lists, where it was started and listed them.
    pub tools: Option<Vec<String>>,
}

/// The result of the checks.
#[derive(Debug, Default)]
pub(super) struct Registered {
    pub diagnostics: Vec<Diagnostic>,
    pub servers: Vec<Server>,
    /// Whether Claude Code trusts the folder. The permissions in the folder's files count only then.
    pub is_trusted: bool,
}

/// An entry for a server of this program, and the place where it is registered.
struct Registration {
    origin: Origin,
    name: String,
    entry: Value,
    file: PathBuf,
}

/// Checks every place in which Claude Code would look for servers if it were started under this environment.
pub(super) fn check(locations: &Locations, environment: &BTreeMap<String, String>) -> Registered {
    let mut registered = Registered::default();
    let global = match object(&locations.global) {
        Ok(global) => global.unwrap_or_default(),
        Err(why) => {
            let text = format!(
                "{} {why}. Claude Code sets such a file aside and begins anew: mend it, or restore one of {}",
                locations.global.display(),
                locations.config.join("backups").display()
            );
            registered.diagnostics.push(Diagnostic::failure(USER, text));
            Map::new()
        }
    };
    let folders = global.get("projects").and_then(Value::as_object);
    let folder_settings = |folder: &std::path::Path| folders?.get(folder.to_str()?);
    registered.is_trusted = locations
        .folder
        .ancestors()
        .chain([locations.root.as_path()])
        .any(|folder| {
            let settings = folder_settings(folder);
            let accepted = settings.and_then(|settings| settings.get("hasTrustDialogAccepted"));
            accepted == Some(&Value::Bool(true))
        });
    let root_settings = folder_settings(&locations.root);
    let mut registrations = Vec::new();
    let mut add = |origin: Origin, servers: Option<&Value>, file: &PathBuf| {
        let servers = servers.and_then(Value::as_object).into_iter().flatten();
        let ours = servers.filter(|(name, entry)| is_ours(name, entry, environment));
        registrations.extend(ours.map(|(name, entry)| Registration {
            origin,
            name: name.clone(),
            entry: entry.clone(),
            file: file.clone(),
        }));
    };
    add(
        Origin::Local,
        root_settings.and_then(|settings| settings.get("mcpServers")),
        &locations.global,
    );
    for (file, servers) in project_servers(locations, environment, &mut registered.diagnostics) {
        add(Origin::Project, Some(&servers), &file);
    }
    add(Origin::User, global.get("mcpServers"), &locations.global);
    let approvals = Approvals::read(locations, root_settings, registered.is_trusted);
    // Of registrations with the same name, an earlier one takes precedence over a later one.
    for (index, registration) in registrations.iter().enumerate() {
        let earlier = registrations.iter().take(index);
        let mut same_name = earlier.filter(|other| other.name == registration.name);
        let used_instead = same_name.find(|other| approvals.is_in_use(other));
        registered.check_registration(registration, used_instead, &approvals, environment);
    }
    registered.check_plugins(locations, environment);
    if registrations.is_empty() && registered.servers.is_empty() {
        let text =
            "Claude Code knows no server of this program here: linear-ops setup registers it";
        registered
            .diagnostics
            .push(Diagnostic::warning("registration", text));
    }
    registered
}

impl Registered {
    /// Checks one registration. `used_instead` is the registration of the same name that takes precedence over it, if any.
    fn check_registration(
        &mut self,
        registration: &Registration,
        used_instead: Option<&Registration>,
        approvals: &Approvals,
        environment: &BTreeMap<String, String>,
    ) {
        let Registration {
            origin,
            name,
            entry,
            file,
        } = registration;
        if let Some(other) = used_instead {
            let text = format!(
                "'{name}' in {} is not used here, because the {} comes before it",
                file.display(),
                other.origin.place(&other.file)
            );
            let is_same = ["command", "args", "env"]
                .iter()
                .all(|key| entry.get(key) == other.entry.get(key));
            self.diagnostics.push(if is_same {
                Diagnostic::ok(origin.subject(), format!("{text}, which is the same"))
            } else {
                Diagnostic::warning(
                    origin.subject(),
                    format!("{text}; they differ, so take one out"),
                )
            });
            return;
        }
        if approvals.disabled.contains(name) {
            let text = format!("'{name}' is turned off in this folder: turn it on with /mcp");
            self.diagnostics
                .push(Diagnostic::failure(origin.subject(), text));
            return;
        }
        let checked = Entry::new(*origin, name, entry, file, environment).check();
        self.diagnostics.extend(checked.diagnostics);
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
            self.diagnostics.push(Diagnostic::warning("approval", text));
        }
        self.servers.push(Server {
            name: name.clone(),
            tools: checked.tools,
        });
    }

    /// Checks the plugins that are installed for this folder.
    fn check_plugins(&mut self, locations: &Locations, environment: &BTreeMap<String, String>) {
        let installed = locations
            .config
            .join("plugins")
            .join("installed_plugins.json");
        let Ok(Some(installed)) = object(&installed) else {
            return;
        };
        let plugins = installed.get("plugins").and_then(Value::as_object);
        for (plugin, installations) in plugins.into_iter().flatten().take(MOST_PLUGINS) {
            let installations = installations.as_array().into_iter().flatten();
            let is_for_folder = |installation: &&Value| {
                let folder = installation.get("projectPath").and_then(Value::as_str);
                folder.is_none_or(|folder| {
                    locations.folder.starts_with(folder) || locations.root.starts_with(folder)
                })
            };
            let mut paths = installations
                .filter(is_for_folder)
                .filter_map(|installation| installation.get("installPath")?.as_str());
            if let Some(path) = paths.next() {
                self.check_plugin(plugin, PathBuf::from(path), locations, environment);
            }
        }
    }

    /// Checks the servers of this program that the plugin in the folder `path` registers.
    fn check_plugin(
        &mut self,
        plugin: &str,
        path: PathBuf,
        locations: &Locations,
        environment: &BTreeMap<String, String>,
    ) {
        let file = path.join(PROJECT_FILE);
        let servers_file = object(&file).ok().flatten();
        let manifest = path.join(".claude-plugin").join("plugin.json");
        let manifest = object(&manifest).ok().flatten();
        // A plugin registers its servers in either file, in the member `mcpServers` or without it.
        let servers = [servers_file, manifest].into_iter().flatten();
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
        // Claude Code fills in the following variables itself.
        for (_, entry) in &ours {
            let text = entry.to_string();
            let names = text
                .split("${")
                .skip(1)
                .filter_map(|rest| rest.split_once('}'));
            let options = names.filter(|(name, _)| name.starts_with("user_config."));
            environment.extend(options.map(|(name, _)| (name.to_owned(), "…".to_owned())));
        }
        environment.insert("CLAUDE_PLUGIN_ROOT".to_owned(), path.display().to_string());
        // The files of the folder come before the user's, and the folder's local file before its shared one. The first file that
        // mentions the plugin decides.
        let settings_files = locations
            .project_settings()
            .into_iter()
            .chain([locations.settings()]);
        let mut enabled = settings_files.filter_map(|file| {
            let settings = object(&file).ok().flatten()?;
            settings.get("enabledPlugins")?.get(plugin)?.as_bool()
        });
        if enabled.next() == Some(false) {
            let text =
                format!("{plugin} is installed and turned off: claude plugin enable {plugin}");
            self.diagnostics.push(Diagnostic::warning(PLUGIN, text));
            return;
        }
        let plugin_name = plugin.split('@').next().unwrap_or_default();
        for (name, entry) in ours {
            let checked = Entry::new(Origin::Plugin, &name, &entry, &file, &environment).check();
            self.diagnostics.extend(checked.diagnostics);
            self.servers.push(Server {
                name: format!("plugin_{plugin_name}_{name}"),
                tools: checked.tools,
            });
        }
    }
}

/// Which servers the user lets Claude Code start in a folder.
struct Approvals {
    /// Whether all servers that the folder registers are approved.
    all: bool,
    approved: Vec<String>,
    rejected: Vec<String>,
    /// The servers that are turned off in the folder, wherever they are registered.
    disabled: Vec<String>,
}

impl Approvals {
    /// Reads the approvals from Claude Code's files. `root_settings` is the entry of the folder in Claude Code's own file. An
    /// approval in this entry or in a file of the folder counts only where the folder is trusted; a rejection counts always.
    fn read(locations: &Locations, root_settings: Option<&Value>, is_trusted: bool) -> Self {
        let settings = |file: PathBuf| object(&file).ok().flatten().map(Value::Object);
        let mut sources = vec![
            (settings(locations.settings()), true),
            (root_settings.cloned(), is_trusted),
        ];
        let project_files = locations.project_settings().into_iter();
        sources.extend(project_files.map(|file| (settings(file), is_trusted)));
        let mut approvals = Self {
            all: false,
            approved: Vec::new(),
            rejected: Vec::new(),
            disabled: Vec::new(),
        };
        let names = |settings: &Value, key: &str| -> Vec<String> {
            let names = settings
                .get(key)
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            names
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect()
        };
        if let Some(settings) = root_settings {
            approvals.disabled = names(settings, "disabledMcpServers");
        }
        for (settings, may_approve) in sources {
            let Some(settings) = settings else {
                continue;
            };
            approvals
                .rejected
                .extend(names(&settings, "disabledMcpjsonServers"));
            if may_approve {
                approvals
                    .approved
                    .extend(names(&settings, "enabledMcpjsonServers"));
                approvals.all |=
                    settings.get("enableAllProjectMcpServers") == Some(&Value::Bool(true));
            }
        }
        approvals
    }

    fn is_rejected(&self, name: &str) -> bool {
        self.rejected.iter().any(|rejected| rejected == name)
    }

    /// Whether Claude Code starts a server without asking the user.
    fn is_in_use(&self, registration: &Registration) -> bool {
        let name = &registration.name;
        registration.origin != Origin::Project
            || (!self.is_rejected(name) && (self.all || self.approved.contains(name)))
    }
}

/// Whether an entry is meant to start this program: by the name of its server, or by its command.
fn is_ours(name: &str, entry: &Value, environment: &BTreeMap<String, String>) -> bool {
    name == SERVER || is_of_this_program(entry, environment)
}

/// Returns the `.mcp.json` files of the folder and of the folders above it, each with its servers, the nearest file first.
/// Diagnostics about the files are added to `diagnostics`.
fn project_servers(
    locations: &Locations,
    environment: &BTreeMap<String, String>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<(PathBuf, Value)> {
    let mut files = Vec::new();
    let mut others = Vec::new();
    for path in locations.project_files() {
        let file = match object(&path) {
            Ok(Some(file)) => file,
            Ok(None) => continue,
            Err(why) => {
                diagnostics.push(Diagnostic::failure(
                    PROJECT_FILE,
                    format!("{} {why}", path.display()),
                ));
                continue;
            }
        };
        match file.get("mcpServers") {
            Some(Value::Object(servers)) => {
                let other_servers = servers
                    .iter()
                    .filter(|(name, entry)| !is_ours(name, entry, environment));
                others.extend(other_servers.map(|(name, _)| name.clone()));
                files.push((path, Value::Object(servers.clone())));
            }
            _ => {
                let text = format!(
                    "{} has no object `mcpServers`, in which clients look for servers",
                    path.display()
                );
                diagnostics.push(Diagnostic::failure(PROJECT_FILE, text));
            }
        }
    }
    let has_ours = files.iter().any(|(_, servers)| {
        let mut servers = servers.as_object().into_iter().flatten();
        servers.any(|(name, entry)| is_ours(name, entry, environment))
    });
    if has_ours || (files.is_empty() && !diagnostics.is_empty()) {
        return files;
    }
    diagnostics.push(Diagnostic::ok(
        PROJECT_FILE,
        if files.is_empty() {
            "none in this folder or above it".to_owned()
        } else {
            let names: Vec<&str> = others.iter().map(String::as_str).take(MOST_NAMED).collect();
            let names = match others.len().saturating_sub(MOST_NAMED) {
                _ if names.is_empty() => "no server".to_owned(),
                0 => names.join(", "),
                more => format!("{} and {more} more", names.join(", ")),
            };
            format!("names {names}, and not this server")
        },
    ));
    files
}

//! One server's entry: what it starts, with which arguments, under which variables.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::command::{self, Program};
use super::expand::expand;
use super::{FILE, LOCAL, OWN, PLUGIN, USER};
use crate::cli::arguments::{self, Command, Parsed, Serve};
use crate::cli::doctor::finding::{Finding, Level};
use crate::cli::doctor::launch::{LONGEST, Launch};
use crate::cli::start;
use crate::linear::key::{ACCESS_TOKEN, API_KEY, API_KEY_COMMAND, API_KEY_FILE};
use crate::server;
use crate::settings::{Settings, TABLE};
use crate::text::secret::hidden;

/// The variables that hold a key.
pub(in crate::cli) const KEYS: [&str; 2] = [API_KEY, ACCESS_TOKEN];

/// The settings that say where a key is to be fetched.
const SOURCES: [&str; 2] = [API_KEY_FILE, API_KEY_COMMAND];

/// Whether a setting gives the key, or says where it is to be fetched.
pub(in crate::cli) fn gives_key(name: &str) -> bool {
    KEYS.contains(&name) || SOURCES.contains(&name)
}

/// Whether an entry's variables say where the key is to be fetched. An empty key beside that takes away what the shell
/// exports.
pub(in crate::cli) fn fetches_key(variables: &Map<String, Value>) -> bool {
    SOURCES.iter().any(|name| {
        let value = variables.get(*name).and_then(Value::as_str);
        value.is_some_and(|value| !value.trim().is_empty())
    })
}

/// Whether a variable of the environment is set to more than white space.
pub(in crate::cli) fn has_value(environment: &BTreeMap<String, String>, name: &str) -> bool {
    environment
        .get(name)
        .is_some_and(|value| !value.trim().is_empty())
}

/// The settings that somebody else's file does not get to make where the server is started to see its tools: they lead
/// to another address, or to files.
const KEPT_BACK: [&str; 3] = ["LINEAR_API_URL", "LINEAR_OPS_AUDIT", "LINEAR_OPS_STATE_DIR"];

/// How many tools are named.
const NAMED: usize = 4;

/// Where an entry stands. `Local` comes before `Project`, and that before `User`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// In Claude Code's own file, for the current folder.
    Local,
    /// In the `.mcp.json` of the folder or of one above it.
    Project,
    /// In Claude Code's own file, for every folder.
    User,
    /// In a plugin.
    Plugin,
}

impl Origin {
    pub fn subject(self) -> &'static str {
        match self {
            Self::Local => LOCAL,
            Self::Project => FILE,
            Self::User => USER,
            Self::Plugin => PLUGIN,
        }
    }

    /// The place in words.
    pub fn place(self, file: &Path) -> String {
        match self {
            Self::Local | Self::User => format!("{} of {}", self.subject(), file.display()),
            Self::Project | Self::Plugin => file.display().to_string(),
        }
    }

    /// Whether the user wrote it, so that it is started as it is written.
    fn is_the_users(self) -> bool {
        matches!(self, Self::Local | Self::User)
    }
}

/// What there is to say of an entry.
pub(super) struct Told {
    pub findings: Vec<Finding>,
    /// The tools that the server lists, where it was started and listed them.
    pub tools: Option<Vec<String>>,
}

/// An entry that is meant to start this server.
pub(super) struct Entry<'a> {
    origin: Origin,
    name: &'a str,
    entry: &'a Value,
    file: &'a Path,
    environment: &'a BTreeMap<String, String>,
}

impl<'a> Entry<'a> {
    /// The entry of that name in that file, read under that environment.
    pub fn new(
        origin: Origin,
        name: &'a str,
        entry: &'a Value,
        file: &'a Path,
        environment: &'a BTreeMap<String, String>,
    ) -> Self {
        Self {
            origin,
            name,
            entry,
            file,
            environment,
        }
    }

    /// What is to be said of it; one line when all is well.
    pub fn check(&self) -> Told {
        let only = |finding| Told {
            findings: vec![finding],
            tools: None,
        };
        let kind = self.entry.get("type").and_then(Value::as_str);
        if self.entry.get("url").is_some() || kind.is_some_and(|kind| kind != "stdio") {
            return only(self.warning("is reached over a network; this server speaks stdio alone"));
        }
        let Some(written) = self.entry.get("command").and_then(Value::as_str) else {
            return only(self.failure(&format!("has no `command`, such as \"{OWN}\"")));
        };
        let mut findings = Vec::new();
        let (program, mut text) = self.program(written, &mut findings);
        let serve = self.serve(written, &mut findings);
        let variables = self.variables(&mut findings);
        self.settings(&variables, serve.as_ref(), &mut findings);
        let sandbox = serve.as_ref().is_some_and(|serve| serve.access.sandbox);
        if sandbox {
            let text = "starts with --sandbox: nothing reaches Linear, and nothing is kept";
            findings.push(self.warning(text));
        } else {
            self.key(&variables, &mut findings);
        }
        let has_failed = findings
            .iter()
            .any(|finding| finding.level == Level::Failure);
        let program = program.filter(|_| !has_failed);
        let launch = program.map(|program| self.launch(program, serve.is_some(), &variables));
        let mut tools = None;
        match launch.map(|launch| launch.map(|launch| launch.tools(LONGEST))) {
            Some(Ok(Ok(listed))) => {
                text.push_str(&format!(" and lists {}", named(&listed)));
                tools = Some(listed);
            }
            Some(Ok(Err(why))) => findings.push(self.failure(&why)),
            Some(Err(why)) => {
                text.push_str(&format!(
                    "; it was not started to see its tools, because {why}"
                ));
            }
            None => {}
        }
        if findings.is_empty() {
            findings.push(self.ok(&text));
        }
        if !has_failed {
            findings.extend(self.own_settings(&variables, serve.as_ref()));
        }
        Told { findings, tools }
    }

    /// How the server is started to see its tools. Where the file comes from somebody else, only this very program is,
    /// as a server, with no key and with no more of what the file sets than the harmless settings; where the user wrote
    /// it, what is written.
    ///
    /// # Errors
    /// When it is not to be started, with the reason.
    fn launch(
        &self,
        program: (PathBuf, bool),
        serves: bool,
        variables: &Map<String, Value>,
    ) -> Result<Launch, &'static str> {
        let (program, is_this) = program;
        let args = self.entry.get("args").and_then(Value::as_array);
        let args = args.into_iter().flatten().filter_map(Value::as_str);
        let args = args.map(|arg| expand(arg, self.environment).text).collect();
        let set = variables.iter().filter_map(|(name, value)| {
            Some((name.clone(), expand(value.as_str()?, self.environment).text))
        });
        let mut environment = self.environment.clone();
        if self.origin.is_the_users() {
            if !is_this && program.is_relative() {
                return Err("what its path leads to depends on the folder");
            }
            environment.extend(set);
        } else if is_this && serves {
            environment.retain(|name, _| !is_setting(name));
            environment.extend(set.filter(|(name, _)| {
                let name = name.as_str();
                is_setting(name) && !gives_key(name) && !KEPT_BACK.contains(&name)
            }));
        } else {
            return Err("the file comes from somebody else");
        }
        // It is asked for its tools alone, and those it knows by itself.
        for (name, value) in [
            ("LINEAR_OPS_PREFETCH", "off"),
            ("LINEAR_OPS_CACHE", "memory"),
        ] {
            environment.insert(name.to_owned(), value.to_owned());
        }
        Ok(Launch {
            program,
            args,
            environment: environment.into_iter().collect(),
        })
    }

    /// What holds for this server and not for a command that is run in this shell.
    fn own_settings(
        &self,
        variables: &Map<String, Value>,
        serve: Option<&Serve>,
    ) -> Option<Finding> {
        let differs = |(name, value): &(&String, &Value)| {
            let value = value.as_str().unwrap_or_default();
            let filled = expand(value, self.environment).text;
            is_setting(name)
                && !KEYS.contains(&name.as_str())
                && self.environment.get(*name).map(String::as_str) != Some(filled.as_str())
        };
        let mut own: Vec<&str> = variables
            .iter()
            .filter(differs)
            .map(|(name, _)| name.as_str())
            .collect();
        if serve.is_some_and(|serve| serve.access.read_only) {
            own.push("--read-only");
        }
        (!own.is_empty()).then(|| {
            let text = format!(
                "alone has {}; the settings above are those of this shell",
                own.join(", ")
            );
            self.ok(&text)
        })
    }

    /// The file that is started, whether it is this program, and both in words; what keeps it from being started.
    fn program(
        &self,
        written: &str,
        findings: &mut Vec<Finding>,
    ) -> (Option<(PathBuf, bool)>, String) {
        let expanded = expand(written, self.environment);
        findings.extend(
            expanded
                .unset
                .iter()
                .map(|name| self.unset("command", name)),
        );
        let command = &expanded.text;
        let problem = match command::find(command, self.environment) {
            _ if !expanded.unset.is_empty() => return (None, String::new()),
            Program::This(file) => {
                let text = format!("starts this program ({})", file.display());
                return (Some((file, true)), text);
            }
            Program::Another(file) => {
                if command::is_own_name(command) {
                    let text = format!(
                        "starts another {OWN} than the one that you run now: {}",
                        file.display()
                    );
                    findings.push(self.warning(&text));
                }
                let text = format!("starts {}", file.display());
                return (Some((file, false)), text);
            }
            Program::Unfit(file) => {
                format!(
                    "starts {}, which cannot be run: make it executable",
                    file.display()
                )
            }
            Program::Nowhere => format!(
                "starts '{written}', which is not found: put it on the PATH, or write its whole path"
            ),
        };
        findings.push(self.failure(&problem));
        (None, String::new())
    }

    /// The arguments as this program would read them, where it is started itself.
    fn serve(&self, command: &str, findings: &mut Vec<Finding>) -> Option<Serve> {
        let mut texts = vec![OWN.to_owned()];
        match self.entry.get("args") {
            None => {}
            Some(Value::Array(args)) if args.iter().all(Value::is_string) => {
                let args = args.iter().filter_map(Value::as_str);
                texts.extend(args.map(|arg| expand(arg, self.environment).text));
            }
            Some(_) => findings.push(self.failure("has `args` that are no list of texts")),
        }
        if texts.iter().any(|text| hidden(text) != *text) {
            let text = "has a key in its `args`, where every process can read it: move it to `env`";
            findings.push(self.warning(text));
        }
        if !command::is_own_name(command) {
            return None;
        }
        match arguments::parse(texts.into_iter().map(OsString::from)) {
            Parsed::Arguments(arguments) => match arguments.command {
                None => return Some(arguments.serve),
                Some(Command::Serve(serve)) => return Some(serve),
                Some(_) => {
                    let text = "starts a command that is no MCP server: leave `args` out, or begin them with serve";
                    findings.push(self.failure(text));
                }
            },
            Parsed::Text(_) => {
                findings.push(self.failure("has `args` that only print a text and end"));
            }
            Parsed::Misuse(_) if self.args_refer() => findings.push(self.failure(
                "has `args` that are not understood when what they refer to is filled in",
            )),
            Parsed::Misuse(why) => {
                let why = why.lines().next().unwrap_or_default();
                findings.push(self.failure(&format!("has `args` that are not understood: {why}")));
            }
        }
        None
    }

    /// Whether any argument refers to a variable, whose value is not to be shown.
    fn args_refer(&self) -> bool {
        let args = self.entry.get("args").and_then(Value::as_array);
        args.is_some_and(|args| {
            args.iter()
                .filter_map(Value::as_str)
                .any(|arg| expand(arg, self.environment).refers)
        })
    }

    /// The variables of the entry, as they are written.
    fn variables(&self, findings: &mut Vec<Finding>) -> Map<String, Value> {
        match self.entry.get("env") {
            None => Map::new(),
            Some(Value::Object(variables)) => {
                for (name, _) in variables.iter().filter(|(_, value)| !value.is_string()) {
                    let text =
                        format!("has {name} in `env` as something else than a text: quote it");
                    findings.push(self.failure(&text));
                }
                variables.clone()
            }
            Some(_) => {
                findings.push(self.failure("has an `env` that is no object"));
                Map::new()
            }
        }
    }

    /// What the server would say of its settings at the start.
    fn settings(
        &self,
        variables: &Map<String, Value>,
        serve: Option<&Serve>,
        findings: &mut Vec<Finding>,
    ) {
        let set = self.set(variables, findings);
        match Settings::from_env(set) {
            Ok(mut settings) => {
                let warnings = settings.warnings.iter();
                findings
                    .extend(warnings.map(|text| self.warning(&format!("in its `env`: {text}"))));
                let misnamed = settings.misnamed.iter();
                findings.extend(misnamed.map(|text| {
                    let text = format!("in its `env`: {text} Every write is refused");
                    self.failure(&text)
                }));
                settings.read_only |= serve.is_some_and(|serve| serve.access.read_only);
                let named = serve.and_then(|serve| serve.tools.as_ref());
                let listing = named.unwrap_or(&settings.tools);
                let listable = start::guards(&settings)
                    .map(|guards| server::listable(listing, &guards).map_err(|why| why.to_string()))
                    .unwrap_or_else(|wrong| Err(wrong.to_string()));
                if let Err(why) = listable {
                    let mut text = "asks for tools that cannot be listed".to_owned();
                    if !self.args_refer() {
                        text.push_str(&format!(": {why}"));
                    }
                    findings.push(self.failure(&text));
                }
            }
            Err(problems) => {
                let each = problems.each();
                findings.extend(each.map(|text| self.failure(&format!("in its `env`: {text}"))));
            }
        }
    }

    /// The settings that the entry makes, filled in. One that refers to what it cannot use is told here and left out:
    /// the file comes with a folder, and what it refers to may be anything in the environment, so that is not shown.
    fn set(
        &self,
        variables: &Map<String, Value>,
        findings: &mut Vec<Finding>,
    ) -> Vec<(String, String)> {
        let mut set = Vec::new();
        for (name, value) in variables {
            let written = value.as_str().unwrap_or_default();
            if KEYS.contains(&name.as_str()) {
                continue;
            }
            if elsewhere(name, written.trim()) {
                let text = format!(
                    "sets {name} to another address than Linear's: what is asked, and the key, go there"
                );
                findings.push(self.warning(&text));
            }
            let expanded = expand(written, self.environment);
            findings.extend(expanded.unset.iter().map(|unset| self.unset(name, unset)));
            if !expanded.unset.is_empty() {
                continue;
            }
            let one = (name.clone(), expanded.text);
            if expanded.refers && !usable(&one) {
                let text =
                    format!("in its `env`: {name} cannot be used when {written} is filled in here");
                findings.push(self.failure(&text));
            } else {
                set.push(one);
            }
        }
        set
    }

    /// Whether the server gets a key, and does not keep it where others read it.
    fn key(&self, variables: &Map<String, Value>, findings: &mut Vec<Finding>) {
        let is_fetched = fetches_key(variables);
        let mut given = is_fetched;
        for name in KEYS {
            let Some(value) = variables.get(name).and_then(Value::as_str) else {
                continue;
            };
            given = true;
            let expanded = expand(value, self.environment);
            findings.extend(expanded.unset.iter().map(|unset| self.unset(name, unset)));
            let pasted = hidden(value) != value || !expanded.refers;
            if value.trim().is_empty() {
                if !is_fetched {
                    findings.push(self.failure(&format!("has an empty {name} in its `env`")));
                }
            } else if pasted {
                let text = format!(
                    "has a key in plain text as {name}: whoever reads the file has it. Take it out, as linear-ops setup does \
                     (Claude Code passes its environment on), or write \"{name}\": \"${{{name}}}\", and make a new key where the file was shared"
                );
                findings.push(self.warning(&text));
            }
        }
        let mut set = self.environment.keys().filter(|name| gives_key(name));
        if !given && !set.any(|name| has_value(self.environment, name)) {
            let text = "gets no key: there is none in its `env`, and none in this shell to be passed on. \
                        Export LINEAR_API_KEY in the shell that starts the client";
            findings.push(self.warning(text));
        }
    }

    fn unset(&self, place: &str, variable: &str) -> Finding {
        self.warning(&format!(
            "refers to ${{{variable}}} in {place}, which is not set here: \
             export {variable} in the shell that starts the client"
        ))
    }

    fn ok(&self, text: &str) -> Finding {
        Finding::ok(self.origin.subject(), self.told(text))
    }

    fn warning(&self, text: &str) -> Finding {
        Finding::warning(self.origin.subject(), self.told(text))
    }

    fn failure(&self, text: &str) -> Finding {
        Finding::failure(self.origin.subject(), self.told(text))
    }

    /// The entry by its name, and by its file where that is not the folder's own.
    fn told(&self, text: &str) -> String {
        match self.origin {
            Origin::Project => format!("'{}' {text}", self.name),
            _ => format!("'{}' in {} {text}", self.name, self.file.display()),
        }
    }
}

/// Whether a variable is a setting of this program.
fn is_setting(name: &str) -> bool {
    TABLE.iter().any(|setting| setting.name == name)
}

/// Tools by their names, or how many there are.
fn named(tools: &[String]) -> String {
    match tools {
        [] => "no tools".to_owned(),
        few if few.len() <= NAMED => few.join(", "),
        many => format!("{} tools", many.len()),
    }
}

/// Whether this setting leads away from Linear.
fn elsewhere(name: &str, value: &str) -> bool {
    let mut address = TABLE
        .iter()
        .filter(|setting| setting.name == "LINEAR_API_URL");
    address.any(|setting| name == setting.name && !value.is_empty() && value != setting.default)
}

/// Whether a setting can be used by itself.
fn usable(one: &(String, String)) -> bool {
    Settings::from_env([one.clone()]).is_ok_and(|settings| {
        let guards = start::guards(&settings);
        guards.is_ok_and(|guards| server::listable(&settings.tools, &guards).is_ok())
    })
}

//! The checks of one server's entry: the program that it starts, the arguments, and the variables.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::{LOCAL, PLUGIN, USER};
use crate::cli::arguments::{self, Command, ParsedLine, Serve};
use crate::cli::claude_code::{PROJECT_FILE, SERVER};
use crate::cli::doctor::launch::{LONGEST_START, Launch};
use crate::cli::doctor::{Diagnostic, Level};
use crate::cli::registration::{
    KEYS, Program, expand, fetches_key, find_program, gives_key, has_own_name, has_value,
};
use crate::cli::start;
use crate::server;
use crate::settings::{Settings, TABLE};
use crate::text::secret::redact;

/// The settings that are left out of an entry in somebody else's file when the server is started to list its tools, because they name
/// an address or a file that the server would use.
const WITHHELD: [&str; 3] = ["LINEAR_API_URL", "LINEAR_OPS_AUDIT", "LINEAR_OPS_STATE_DIR"];

/// The largest number of tools that are listed by name.
const MOST_NAMED: usize = 4;

/// The place of an entry. An entry of `Local` takes precedence over one of `Project`, and `Project` over `User`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Claude Code's own file, for the current folder.
    Local,
    /// The `.mcp.json` of the folder or of one above it.
    Project,
    /// Claude Code's own file, for every folder.
    User,
    /// A plugin.
    Plugin,
}

impl Origin {
    /// The subject of diagnostics about an entry in this place.
    pub fn subject(self) -> &'static str {
        match self {
            Self::Local => LOCAL,
            Self::Project => PROJECT_FILE,
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
}

/// The result of the checks of an entry.
pub(super) struct CheckedEntry {
    pub diagnostics: Vec<Diagnostic>,
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
    /// Makes the entry of a name in a file, to be checked under an environment.
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

    /// Checks the entry. Where nothing is wrong there is one diagnostic that says so, and a second one if the entry has settings that
    /// differ from those of this shell.
    pub fn check(&self) -> CheckedEntry {
        let with_one_diagnostic = |diagnostic| CheckedEntry {
            diagnostics: vec![diagnostic],
            tools: None,
        };
        let kind = self.entry.get("type").and_then(Value::as_str);
        if self.entry.get("url").is_some() || kind.is_some_and(|kind| kind != "stdio") {
            return with_one_diagnostic(
                self.warning("is reached over a network; this server speaks stdio alone"),
            );
        }
        let Some(command) = self.entry.get("command").and_then(Value::as_str) else {
            return with_one_diagnostic(
                self.failure(&format!("has no `command`, such as \"{SERVER}\"")),
            );
        };
        let mut diagnostics = Vec::new();
        let (program, mut text) = self.check_program(command, &mut diagnostics);
        let serve = self.check_args(command, &mut diagnostics);
        let variables = self.check_variables(&mut diagnostics);
        self.check_settings(&variables, serve.as_ref(), &mut diagnostics);
        let sandbox = serve.as_ref().is_some_and(|serve| serve.access.sandbox);
        if sandbox {
            let text = "starts with --sandbox: nothing reaches Linear, and nothing is kept";
            diagnostics.push(self.warning(text));
        } else {
            self.check_key(&variables, &mut diagnostics);
        }
        let has_failed = diagnostics
            .iter()
            .any(|diagnostic| diagnostic.level == Level::Failure);
        let program = program.filter(|_| !has_failed);
        let launch = program.map(|program| self.launch(program, serve.is_some(), &variables));
        let mut tools = None;
        match launch.map(|launch| launch.map(|launch| launch.tools(LONGEST_START))) {
            Some(Ok(Ok(listed))) => {
                let tools_in_words = match listed.as_slice() {
                    [] => "no tools".to_owned(),
                    few if few.len() <= MOST_NAMED => few.join(", "),
                    many => format!("{} tools", many.len()),
                };
                text.push_str(&format!(" and lists {tools_in_words}"));
                tools = Some(listed);
            }
            Some(Ok(Err(why))) => diagnostics.push(self.failure(&why)),
            Some(Err(why)) => {
                text.push_str(&format!(
                    "; it was not started to see its tools, because {why}"
                ));
            }
            None => {}
        }
        if diagnostics.is_empty() {
            diagnostics.push(self.ok(&text));
        }
        if !has_failed {
            diagnostics.extend(self.differing_settings(&variables, serve.as_ref()));
        }
        CheckedEntry { diagnostics, tools }
    }

    /// Returns how the server is started to list its tools. The server of an entry that the user wrote is started with everything in
    /// the entry. Of other entries only the program that is running now is started, as a server, without a key, and without the
    /// settings in [`WITHHELD`].
    ///
    /// # Errors
    /// When the server must not be started, with the reason.
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
        let values = variables.iter().filter_map(|(name, value)| {
            Some((name.clone(), expand(value.as_str()?, self.environment).text))
        });
        let mut environment = self.environment.clone();
        let is_written_by_user = matches!(self.origin, Origin::Local | Origin::User);
        if is_written_by_user {
            if !is_this && program.is_relative() {
                return Err("what its path leads to depends on the folder");
            }
            environment.extend(values);
        } else if is_this && serves {
            environment.retain(|name, _| !is_setting(name));
            environment.extend(values.filter(|(name, _)| {
                let name = name.as_str();
                is_setting(name) && !gives_key(name) && !WITHHELD.contains(&name)
            }));
        } else {
            return Err("the file comes from somebody else");
        }
        // The server is only asked for its tools, for which it needs neither Linear nor names.
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

    /// The diagnostic that names the settings of this server that a command in this shell does not have; `None` where there are none.
    fn differing_settings(
        &self,
        variables: &Map<String, Value>,
        serve: Option<&Serve>,
    ) -> Option<Diagnostic> {
        let differs = |(name, value): &(&String, &Value)| {
            let value = value.as_str().unwrap_or_default();
            let filled = expand(value, self.environment).text;
            is_setting(name)
                && !KEYS.contains(&name.as_str())
                && self.environment.get(*name).map(String::as_str) != Some(filled.as_str())
        };
        let mut names: Vec<&str> = variables
            .iter()
            .filter(differs)
            .map(|(name, _)| name.as_str())
            .collect();
        if serve.is_some_and(|serve| serve.access.read_only) {
            names.push("--read-only");
        }
        (!names.is_empty()).then(|| {
            let text = format!(
                "alone has {}; the settings above are those of this shell",
                names.join(", ")
            );
            self.ok(&text)
        })
    }

    /// Checks the program that the command starts. Returns the program's file with whether it is the program that is running now, and
    /// a sentence that says so; no file where no program can be started.
    fn check_program(
        &self,
        written: &str,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> (Option<(PathBuf, bool)>, String) {
        let expanded = expand(written, self.environment);
        diagnostics.extend(
            expanded
                .unset
                .iter()
                .map(|name| self.unset("command", name)),
        );
        let command = &expanded.text;
        let problem = match find_program(command, self.environment) {
            _ if !expanded.unset.is_empty() => return (None, String::new()),
            Program::This(file) => {
                let text = format!("starts this program ({})", file.display());
                return (Some((file, true)), text);
            }
            Program::Other(file) => {
                if has_own_name(command) {
                    let text = format!(
                        "starts another {SERVER} than the one that you run now: {}",
                        file.display()
                    );
                    diagnostics.push(self.warning(&text));
                }
                let text = format!("starts {}", file.display());
                return (Some((file, false)), text);
            }
            Program::NotExecutable(file) => {
                format!(
                    "starts {}, which cannot be run: make it executable",
                    file.display()
                )
            }
            Program::NotFound => format!(
                "starts '{written}', which is not found: put it on the PATH, or write its whole path"
            ),
        };
        diagnostics.push(self.failure(&problem));
        (None, String::new())
    }

    /// Checks the arguments. Where the command has the name of this program, returns the arguments as this program parses them.
    fn check_args(&self, command: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Serve> {
        let mut line = vec![SERVER.to_owned()];
        match self.entry.get("args") {
            None => {}
            Some(Value::Array(args)) if args.iter().all(Value::is_string) => {
                let args = args.iter().filter_map(Value::as_str);
                line.extend(args.map(|arg| expand(arg, self.environment).text));
            }
            Some(_) => diagnostics.push(self.failure("has `args` that are no list of texts")),
        }
        if line.iter().any(|text| redact(text) != *text) {
            let text = "has a key in its `args`, where every process can read it: move it to `env`";
            diagnostics.push(self.warning(text));
        }
        if !has_own_name(command) {
            return None;
        }
        match arguments::parse(line.into_iter().map(OsString::from)) {
            ParsedLine::Arguments(arguments) => match arguments.command {
                None => return Some(arguments.serve),
                Some(Command::Serve(serve)) => return Some(serve),
                Some(_) => {
                    let text = "starts a command that is no MCP server: leave `args` out, or begin them with serve";
                    diagnostics.push(self.failure(text));
                }
            },
            ParsedLine::Text(_) => {
                diagnostics.push(self.failure("has `args` that only print a text and end"));
            }
            ParsedLine::Misuse(_) if self.args_have_references() => diagnostics.push(self.failure(
                "has `args` that are not understood when what they refer to is filled in",
            )),
            ParsedLine::Misuse(why) => {
                let why = why.lines().next().unwrap_or_default();
                diagnostics
                    .push(self.failure(&format!("has `args` that are not understood: {why}")));
            }
        }
        None
    }

    /// Whether any argument refers to a variable, whose value must not be shown.
    fn args_have_references(&self) -> bool {
        let args = self.entry.get("args").and_then(Value::as_array);
        args.is_some_and(|args| {
            args.iter()
                .filter_map(Value::as_str)
                .any(|arg| expand(arg, self.environment).has_references)
        })
    }

    /// Checks the form of the variables of the entry, and returns them as they are written.
    fn check_variables(&self, diagnostics: &mut Vec<Diagnostic>) -> Map<String, Value> {
        match self.entry.get("env") {
            None => Map::new(),
            Some(Value::Object(variables)) => {
                for (name, _) in variables.iter().filter(|(_, value)| !value.is_string()) {
                    let text =
                        format!("has {name} in `env` as something else than a text: quote it");
                    diagnostics.push(self.failure(&text));
                }
                variables.clone()
            }
            Some(_) => {
                diagnostics.push(self.failure("has an `env` that is no object"));
                Map::new()
            }
        }
    }

    /// Checks the settings in the entry, as the server would at its start.
    fn check_settings(
        &self,
        variables: &Map<String, Value>,
        serve: Option<&Serve>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let expanded = self.expand_settings(variables, diagnostics);
        match Settings::from_env(expanded) {
            Ok(mut settings) => {
                let warnings = settings.warnings.iter();
                diagnostics
                    .extend(warnings.map(|text| self.warning(&format!("in its `env`: {text}"))));
                let misnamed = settings.misnamed.iter();
                diagnostics.extend(misnamed.map(|text| {
                    let text = format!("in its `env`: {text} Every write is refused");
                    self.failure(&text)
                }));
                settings.read_only |= serve.is_some_and(|serve| serve.access.read_only);
                let from_args = serve.and_then(|serve| serve.tools.as_ref());
                let listing = from_args.unwrap_or(&settings.tools);
                let listable = start::guards(&settings)
                    .map(|guards| server::listable(listing, &guards).map_err(|why| why.to_string()))
                    .unwrap_or_else(|error| Err(error.to_string()));
                if let Err(why) = listable {
                    let mut text = "asks for tools that cannot be listed".to_owned();
                    if !self.args_have_references() {
                        text.push_str(&format!(": {why}"));
                    }
                    diagnostics.push(self.failure(&text));
                }
            }
            Err(problems) => {
                let problems = problems.each();
                diagnostics
                    .extend(problems.map(|text| self.failure(&format!("in its `env`: {text}"))));
            }
        }
    }

    /// Returns the settings in the entry, with their references to variables filled in. A setting that cannot be used with the values
    /// filled in is left out, and its diagnostic does not show the value: the file may come from somebody else, and may refer to any
    /// variable of the environment.
    fn expand_settings(
        &self,
        variables: &Map<String, Value>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Vec<(String, String)> {
        let mut settings = Vec::new();
        for (name, value) in variables {
            let written = value.as_str().unwrap_or_default();
            if KEYS.contains(&name.as_str()) {
                continue;
            }
            let default_address = TABLE
                .iter()
                .find(|setting| setting.name == "LINEAR_API_URL" && setting.name == name)
                .map(|setting| setting.default);
            let address = written.trim();
            if default_address.is_some_and(|default| !address.is_empty() && address != default) {
                let text = format!(
                    "sets {name} to another address than Linear's: what is asked, and the key, go there"
                );
                diagnostics.push(self.warning(&text));
            }
            let expanded = expand(written, self.environment);
            diagnostics.extend(expanded.unset.iter().map(|unset| self.unset(name, unset)));
            if !expanded.unset.is_empty() {
                continue;
            }
            let setting = (name.clone(), expanded.text);
            if expanded.has_references && !is_usable(&setting) {
                let text =
                    format!("in its `env`: {name} cannot be used when {written} is filled in here");
                diagnostics.push(self.failure(&text));
            } else {
                settings.push(setting);
            }
        }
        settings
    }

    /// Checks whether the server gets a key, and whether others can read the key in the entry.
    fn check_key(&self, variables: &Map<String, Value>, diagnostics: &mut Vec<Diagnostic>) {
        let is_fetched = fetches_key(variables);
        let mut has_key = is_fetched;
        for name in KEYS {
            let Some(value) = variables.get(name).and_then(Value::as_str) else {
                continue;
            };
            has_key = true;
            let expanded = expand(value, self.environment);
            diagnostics.extend(expanded.unset.iter().map(|unset| self.unset(name, unset)));
            let is_plain_text = redact(value) != value || !expanded.has_references;
            if value.trim().is_empty() {
                if !is_fetched {
                    diagnostics.push(self.failure(&format!("has an empty {name} in its `env`")));
                }
            } else if is_plain_text {
                let text = format!(
                    "has a key in plain text as {name}: whoever reads the file has it. Take it out, as linear-ops setup does \
                     (Claude Code passes its environment on), or write \"{name}\": \"${{{name}}}\", and make a new key where the file was shared"
                );
                diagnostics.push(self.warning(&text));
            }
        }
        let mut exported = self.environment.keys().filter(|name| gives_key(name));
        if !has_key && !exported.any(|name| has_value(self.environment, name)) {
            let text = "gets no key: there is none in its `env`, and none in this shell to be passed on. \
                        Export LINEAR_API_KEY in the shell that starts the client";
            diagnostics.push(self.warning(text));
        }
    }

    /// A warning that a place of the entry refers to a variable that is not set.
    fn unset(&self, place: &str, variable: &str) -> Diagnostic {
        self.warning(&format!(
            "refers to ${{{variable}}} in {place}, which is not set here: \
             export {variable} in the shell that starts the client"
        ))
    }

    fn ok(&self, text: &str) -> Diagnostic {
        Diagnostic::ok(self.origin.subject(), self.sentence(text))
    }

    fn warning(&self, text: &str) -> Diagnostic {
        Diagnostic::warning(self.origin.subject(), self.sentence(text))
    }

    fn failure(&self, text: &str) -> Diagnostic {
        Diagnostic::failure(self.origin.subject(), self.sentence(text))
    }

    /// A sentence that begins with the name of the entry, and with its file unless that is the `.mcp.json` of the folder.
    fn sentence(&self, text: &str) -> String {
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

/// Whether a setting can be used alone, without the others.
fn is_usable(setting: &(String, String)) -> bool {
    Settings::from_env([setting.clone()]).is_ok_and(|settings| {
        let guards = start::guards(&settings);
        guards.is_ok_and(|guards| server::listable(&settings.tools, &guards).is_ok())
    })
}

//! `setup`: registers this server, its subagent and a permission rule in the files of Claude Code, and removes them again.
//!
//! All changes are planned before anything is written, and every change is shown. The files belong to the user: everything in
//! them that does not belong to this program stays byte for byte, and no key is ever written.

mod agent;
mod clients;
mod files;
mod json;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Map, Value, json};

use self::agent::FileState;
pub(super) use self::agent::placed_by;
use self::files::{ClientLock, InstallRecord, UserFile};
use super::arguments::{self, Access, Client, ParsedLine, Scope, Setup};
use super::claude_code::{
    self, Locations, PLUGIN, PLUGIN_SERVER, PROJECT_FILE, SERVER, allows, tool,
};
use super::registration::{
    KEYS, Program, fetches_key, find_program, gives_key, has_value, is_of_this_program, starts_this,
};
use super::{DONE, UsageError, check_tools, doctor, print, start};
use crate::text::secret::redact;

/// The repository that holds the marketplace of the plugin.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// How many unchanged lines are shown before and after the changed lines.
const CONTEXT_LINES: usize = 2;

/// Sets up or removes the server as the options say, lets the doctor check the result, and returns the exit code.
///
/// # Errors
/// When the server could not list the tools that the options name, and when a file cannot be read or edited, has another server's entry
/// under the name of this server, or cannot be written.
pub(super) fn run(options: &Setup, vars: Vec<(String, String)>) -> Result<u8, UsageError> {
    check_tools(options.tools.as_ref(), options.read_only)?;
    let environment: BTreeMap<String, String> = vars.iter().cloned().collect();
    if options.client != Client::Claude {
        print(&clients::instructions(options, &environment)?)?;
        return Ok(DONE);
    }
    let locations = Locations::find(&environment).map_err(UsageError::new)?;
    let state_folder = environment.get("LINEAR_OPS_STATE_DIR").map(PathBuf::from);
    let state_folder = state_folder.filter(|folder| folder.is_absolute());
    let mut record = InstallRecord::read(start::state_folder(state_folder));
    let writes_global = options.scope == Scope::User && !options.plugin && !options.dry_run;
    let lock = if writes_global {
        ClientLock::take(&locations.global)?
    } else {
        None
    };
    let planner = Planner {
        options,
        locations: &locations,
        environment: &environment,
    };
    let mut changes = planner.changes(&record)?;
    let commands = planner.commands();
    let mut shown: String = changes.iter().map(Change::to_text).collect();
    for command in &commands {
        let _ = writeln!(shown, "\n$ claude {}", command.join(" "));
    }
    if options.dry_run {
        shown.push_str("\nNothing was changed (--dry-run).\n");
    }
    print(&redact(&shown))?;
    if options.dry_run {
        return Ok(DONE);
    }
    for command in &commands {
        let printed = match run_claude(command, &environment) {
            // The command fails when its part does not exist any more, and the other parts are to be removed all the same.
            Err(error) if options.remove => format!("note: {error}\n"),
            printed => printed?,
        };
        print(&redact(&printed))?;
    }
    if !commands.is_empty() {
        // The commands have made Claude Code write its files.
        changes = planner.changes(&record)?;
    }
    let written = write(&changes, &mut record);
    // The lock may be in a folder that is removed below.
    drop(lock);
    if options.remove {
        record.remove_empty_folders();
    }
    record.save()?;
    written?;
    if options.remove {
        return Ok(DONE);
    }
    if options.plugin {
        print(&format!(
            "\nThe plugin keeps the key: give it in Claude Code with /plugin configure {PLUGIN}\n"
        ))?;
    }
    let is_unchanged = |change: &Change| matches!(change.content, NewContent::Unchanged);
    let next = if changes.iter().all(is_unchanged) && commands.is_empty() {
        "Nothing had to be changed."
    } else {
        "Claude Code reads this when it starts: start it anew."
    };
    print(&format!("\n{next} What the doctor says:\n\n"))?;
    let access = Access {
        read_only: options.read_only,
        ..Access::default()
    };
    doctor::run(&access, false, vars)
}

/// Makes the changes in order.
///
/// # Errors
/// When a change fails. The changes after it are not made, and the error names the files that were written before.
fn write(changes: &[Change], record: &mut InstallRecord) -> Result<(), UsageError> {
    let mut written: Vec<String> = Vec::new();
    for change in changes {
        if let Err(error) = change.make(record) {
            let earlier = if written.is_empty() {
                String::new()
            } else {
                format!(". Written before that: {}", written.join(", "))
            };
            return Err(UsageError(format!("{error}{earlier}")));
        }
        written.push(change.file.path.display().to_string());
    }
    Ok(())
}

/// The planned change of one file.
struct Change {
    file: UserFile,
    content: NewContent,
    /// The part of the file that changes, in words or as a path of keys, and the lines that differ.
    diff: Option<(String, String)>,
    /// Sentences to show with the change.
    remarks: Vec<String>,
    /// The entries that are added to the record once the change is made.
    recorded: Vec<String>,
    /// The entries that are taken out of the record once the change is made.
    unrecorded: Vec<String>,
    /// Whether a new file must not be readable for others.
    is_private: bool,
}

/// The content of a file after a change.
enum NewContent {
    /// The file stays unchanged, or absent.
    Unchanged,
    /// The file gets this text.
    Text(String),
    /// The file is removed.
    Removed,
}

impl Change {
    /// Makes the change that leaves a file unchanged.
    fn none(file: UserFile, remarks: Vec<String>) -> Self {
        Self {
            file,
            content: NewContent::Unchanged,
            diff: None,
            remarks,
            recorded: Vec::new(),
            unrecorded: Vec::new(),
            is_private: false,
        }
    }

    /// The text that shows the change to the user, in the format of `diff`.
    fn to_text(&self) -> String {
        let path = self.file.path.display();
        let mut text = match (&self.content, &self.file.text) {
            (NewContent::Unchanged, None) => format!("\n{path}: not there\n"),
            (NewContent::Unchanged, Some(_)) if self.remarks.is_empty() => {
                format!("\n{path}: as it should be\n")
            }
            (NewContent::Unchanged, Some(_)) => format!("\n{path}: stays as it is\n"),
            (NewContent::Removed, _) => format!("\n--- {path}\n+++ /dev/null\n"),
            (NewContent::Text(_), None) => format!("\n--- /dev/null\n+++ {path}\n"),
            (NewContent::Text(_), Some(_)) => format!("\n--- {path}\n+++ {path}\n"),
        };
        if let Some((place, lines)) = &self.diff {
            let _ = write!(text, "@@ {place} @@\n{lines}");
        }
        for remark in &self.remarks {
            let _ = writeln!(text, "note: {remark}");
        }
        text
    }

    /// Makes the change, and records it.
    fn make(&self, record: &mut InstallRecord) -> Result<(), UsageError> {
        match &self.content {
            NewContent::Unchanged => return Ok(()),
            NewContent::Text(text) => self.file.write(text, self.is_private, record)?,
            NewContent::Removed => self.file.remove()?,
        }
        for entry in &self.recorded {
            record.add(entry.clone());
        }
        for entry in &self.unrecorded {
            record.remove(entry);
        }
        Ok(())
    }
}

/// Plans the changes.
struct Planner<'a> {
    options: &'a Setup,
    locations: &'a Locations,
    environment: &'a BTreeMap<String, String>,
}

impl Planner<'_> {
    /// Plans all changes. The registration of the server comes last, so that a server is not registered without its subagent and rule.
    fn changes(&self, record: &InstallRecord) -> Result<Vec<Change>, UsageError> {
        let mut changes = if self.options.remove {
            vec![self.remove_agent()?, self.remove_rule(record)?]
        } else {
            vec![self.place_agent()?, self.add_rule()?]
        };
        if !self.options.plugin {
            changes.push(if self.options.remove {
                self.remove_entry(record)?
            } else {
                self.add_entry()?
            });
        }
        for change in &changes {
            let why = change.file.write_obstacle();
            if let (Some(why), false) = (why, matches!(change.content, NewContent::Unchanged)) {
                let path = change.file.path.display();
                return Err(UsageError(format!("{path} {why}")));
            }
        }
        Ok(changes)
    }

    /// The command lines of Claude Code itself that install or remove the plugin.
    fn commands(&self) -> Vec<Vec<&'static str>> {
        let scope = match self.options.scope {
            Scope::User => "user",
            Scope::Project => "project",
        };
        let marketplace = SERVER;
        match (self.options.plugin, self.options.remove) {
            (false, _) => Vec::new(),
            (true, false) => vec![
                vec!["plugin", "marketplace", "add", REPOSITORY, "--scope", scope],
                vec!["plugin", "install", PLUGIN, "--scope", scope],
            ],
            (true, true) => vec![
                vec!["plugin", "uninstall", PLUGIN, "--scope", scope],
                vec!["plugin", "marketplace", "remove", marketplace],
            ],
        }
    }

    /// The name of the server.
    fn name(&self) -> &str {
        &self.options.name
    }

    /// The path of the subagent's file.
    fn agent_file(&self) -> PathBuf {
        let folder = match self.options.scope {
            Scope::User => self.locations.config.clone(),
            Scope::Project => self.locations.folder.join(".claude"),
        };
        let name = claude_code::agent(self.name());
        folder.join("agents").join(format!("{name}.md"))
    }

    /// Plans to place the subagent's file.
    fn place_agent(&self) -> Result<Change, UsageError> {
        let file = UserFile::read(&self.agent_file())?;
        let wanted = agent::text(self.name());
        let state = file
            .text
            .as_deref()
            .map(|text| agent::file_state(text, self.name()));
        match state {
            Some(FileState::Current { .. }) => return Ok(Change::none(file, Vec::new())),
            Some(FileState::Foreign) if !self.options.force => {
                return Err(UsageError(format!(
                    "{} is not as setup placed it: somebody wrote or edited it. Keep it under another name, or replace it with --force. Nothing was changed",
                    file.path.display()
                )));
            }
            Some(FileState::Outdated | FileState::Foreign) | None => {}
        }
        let before = file.text.as_deref().unwrap_or_default();
        let lines = line_diff(before, &wanted);
        let mut change = Change::none(file, Vec::new());
        change.diff = Some(("the subagent".to_owned(), lines));
        change.content = NewContent::Text(wanted);
        Ok(change)
    }

    /// Plans to remove the subagent's file.
    fn remove_agent(&self) -> Result<Change, UsageError> {
        let file = UserFile::read(&self.agent_file())?;
        let Some(text) = &file.text else {
            return Ok(Change::none(file, Vec::new()));
        };
        let why = match agent::file_state(text, self.name()) {
            FileState::Current { is_placed: true } | FileState::Outdated => None,
            _ if self.options.force => None,
            FileState::Current { is_placed: false } => {
                Some("it was copied here by somebody else than setup")
            }
            FileState::Foreign => Some("it is not as setup placed it"),
        };
        if let Some(why) = why {
            let remark = format!("{why}; --force removes it");
            return Ok(Change::none(file, vec![remark]));
        }
        let lines = line_diff(text, "");
        let mut change = Change::none(file, Vec::new());
        change.diff = Some(("the subagent".to_owned(), lines));
        change.content = NewContent::Removed;
        Ok(change)
    }

    /// The permission rule: the name of the tool that the subagent may call without a question to the user.
    fn permission_rule(&self) -> String {
        if self.options.plugin {
            tool(PLUGIN_SERVER)
        } else {
            tool(self.name())
        }
    }

    /// Plans to add the permission rule. In either scope the rule is added to the user's settings, because the settings of a folder do
    /// not count until the folder is trusted.
    fn add_rule(&self) -> Result<Change, UsageError> {
        let file = UserFile::read(&self.locations.settings())?;
        let rule = self.permission_rule();
        let document = document(&file)?;
        let rules = document
            .pointer("/permissions/allow")
            .and_then(Value::as_array);
        let mut rules = rules.into_iter().flatten().filter_map(Value::as_str);
        if rules.any(|existing| allows(existing, &rule)) {
            return Ok(Change::none(file, Vec::new()));
        }
        let text = json::push(text_of(&file), &ALLOW, &Value::from(rule.as_str()))
            .map_err(|error| edit_error(&file, &error))?;
        let added = vec![ALLOW.join("."), format!("{}:{rule}", ALLOW.join("."))];
        Ok(self.addition(
            file,
            text,
            &["permissions"],
            added,
            format!("+{}\n", Value::from(rule)),
            &ALLOW,
        ))
    }

    /// Plans to remove the permission rule.
    fn remove_rule(&self, record: &InstallRecord) -> Result<Change, UsageError> {
        let file = UserFile::read(&self.locations.settings())?;
        let rule = self.permission_rule();
        let value = Value::from(rule.as_str());
        let document = document(&file)?;
        let rules = document
            .pointer("/permissions/allow")
            .and_then(Value::as_array);
        if !rules.is_some_and(|rules| rules.contains(&value)) {
            return Ok(Change::none(file, Vec::new()));
        }
        if let Some(other) = self.registered_elsewhere()? {
            let remark = format!(
                "the rule {rule} stays: {} registers {} as well",
                other.display(),
                self.name()
            );
            return Ok(Change::none(file, vec![remark]));
        }
        let place = format!("{}:{rule}", ALLOW.join("."));
        if !self.may_remove(&file, &place, record) {
            let remark = format!(
                "the rule {rule} stays: there is no note that setup made it; --force removes it"
            );
            return Ok(Change::none(file, vec![remark]));
        }
        let text = json::pull(text_of(&file), &ALLOW, &value)
            .map_err(|error| edit_error(&file, &error))?;
        self.removal(
            file,
            text,
            &[&ALLOW, &["permissions"]],
            place,
            format!("-{value}\n"),
            record,
        )
    }

    /// The path of the file in which the server is registered.
    fn entry_file(&self) -> PathBuf {
        match self.options.scope {
            Scope::User => self.locations.global.clone(),
            Scope::Project => self.locations.folder.join(PROJECT_FILE),
        }
    }

    /// The path of the file of the other scope, if this file registers the server, too.
    fn registered_elsewhere(&self) -> Result<Option<PathBuf>, UsageError> {
        let other = match self.options.scope {
            Scope::Project => self.locations.global.clone(),
            Scope::User => self.locations.folder.join(PROJECT_FILE),
        };
        let is_registered = !self.options.plugin
            && document(&UserFile::read(&other)?)?
                .pointer(&format!("/{SERVERS}/{}", self.name()))
                .is_some();
        Ok(is_registered.then_some(other))
    }

    /// Plans to register the server, or to correct its entry.
    fn add_entry(&self) -> Result<Change, UsageError> {
        let file = UserFile::read(&self.entry_file())?;
        let document = document(&file)?;
        let existing = document
            .get(SERVERS)
            .and_then(|servers| servers.get(self.name()));
        let mut remarks = Vec::new();
        let wanted = match existing {
            Some(ours @ Value::Object(entry)) if is_of_this_program(ours, self.environment) => {
                Value::Object(self.corrected_entry(entry.clone(), &mut remarks))
            }
            Some(_) if !self.options.force => {
                return Err(UsageError(format!(
                    "{} registers another server as {}. Choose another name with --name, or replace it with --force. Nothing was changed",
                    file.path.display(),
                    self.name()
                )));
            }
            _ => {
                let variables: Map<String, Value> = self.variables().collect();
                json!({
                    "type": "stdio",
                    "command": self.command(&mut remarks),
                    "args": self.options.args(),
                    "env": variables,
                })
            }
        };
        if existing == Some(&wanted) {
            return Ok(Change::none(file, remarks));
        }
        remarks.extend(self.key_remark(&wanted));
        let path = [SERVERS, self.name()];
        let text =
            json::set(text_of(&file), &path, &wanted).map_err(|error| edit_error(&file, &error))?;
        let before = existing.map(|entry| json::pretty(&masked(entry), "  "));
        let lines = line_diff(
            &before.unwrap_or_default(),
            &json::pretty(&masked(&wanted), "  "),
        );
        let is_new = existing.is_none();
        let added = is_new.then(|| path.join(".")).into_iter().collect();
        let mut change = self.addition(file, text, &[SERVERS], added, lines, &path);
        change.remarks = remarks;
        change.is_private = self.options.scope == Scope::User;
        Ok(change)
    }

    /// A remark on the key that the server will get; `None` where the entry gives a key, or the default server gets an exported one.
    fn key_remark(&self, entry: &Value) -> Option<String> {
        let variables = entry.get("env").and_then(Value::as_object);
        let mut given = variables.into_iter().flat_map(Map::keys);
        let mut exported = self.environment.keys().filter(|name| gives_key(name));
        if given.any(|name| gives_key(name)) {
            None
        } else if self.name() != SERVER {
            Some(format!(
                "{} uses the same key as every other server. For another workspace, run this again with \
                 --env 'LINEAR_API_KEY=${{LINEAR_WORK_API_KEY}}', by the name of the variable that holds its key",
                self.name()
            ))
        } else if !exported.any(|name| has_value(self.environment, name)) {
            Some(
                "no key is written: Claude Code passes its environment on. Export LINEAR_API_KEY in the shell that starts it"
                    .to_owned(),
            )
        } else {
            None
        }
    }

    /// Plans to remove the server's entry.
    fn remove_entry(&self, record: &InstallRecord) -> Result<Change, UsageError> {
        let file = UserFile::read(&self.entry_file())?;
        let document = document(&file)?;
        let Some(entry) = document
            .get(SERVERS)
            .and_then(|servers| servers.get(self.name()))
        else {
            return Ok(Change::none(file, Vec::new()));
        };
        let path = [SERVERS, self.name()];
        let place = path.join(".");
        if !self.may_remove(&file, &place, record) {
            let remark = format!(
                "the server {} stays: there is no note that setup registered it; --force removes it",
                self.name()
            );
            return Ok(Change::none(file, vec![remark]));
        }
        let text =
            json::remove(text_of(&file), &path).map_err(|error| edit_error(&file, &error))?;
        let lines = line_diff(&json::pretty(&masked(entry), "  "), "");
        self.removal(file, text, &[&[SERVERS]], place, lines, record)
    }

    /// The variables that the options give to the server.
    fn variables(&self) -> impl Iterator<Item = (String, Value)> + '_ {
        let variables = self.options.variables.iter();
        variables.map(|(name, value)| (name.clone(), Value::from(value.as_str())))
    }

    /// Returns an entry of this program with its faults corrected and with the changes that the options ask for. The rest of the entry
    /// is kept.
    fn corrected_entry(
        &self,
        mut entry: Map<String, Value>,
        remarks: &mut Vec<String>,
    ) -> Map<String, Value> {
        let command = entry.get("command").and_then(Value::as_str);
        if !command.is_some_and(|command| starts_this(command, self.environment)) {
            entry.insert("command".to_owned(), Value::from(self.command(remarks)));
        }
        let has_new_args = self.options.tools.is_some() || self.options.read_only;
        if has_new_args || !entry.get("args").is_some_and(are_serve_args) {
            entry.insert("args".to_owned(), Value::from(self.options.args()));
        }
        let mut variables = match entry.get("env") {
            Some(Value::Object(variables)) => variables.clone(),
            _ => Map::new(),
        };
        let is_fetched = fetches_key(&variables);
        for name in KEYS {
            let Some(value) = variables.get(name).and_then(Value::as_str) else {
                continue;
            };
            let is_empty = value.trim().is_empty();
            if is_empty && is_fetched {
                continue;
            }
            if is_empty || (!value.contains("${") && has_value(self.environment, name)) {
                variables.shift_remove(name);
                remarks.push(format!(
                    "{name} is taken out of the file: Claude Code passes it on from its own environment"
                ));
            } else if !value.contains("${") {
                remarks.push(format!(
                    "the file holds a key in plain text as {name}. Export {name} in the shell that starts Claude Code, then run this again: it takes the key out"
                ));
            }
        }
        variables.extend(self.variables());
        if entry.contains_key("env") || !variables.is_empty() {
            entry.insert("env".to_owned(), Value::Object(variables));
        }
        entry
    }

    /// The command to register. A remark is added where the command is not the bare name of this program.
    fn command(&self, remarks: &mut Vec<String>) -> String {
        let (command, why) = start_command(self.environment);
        let other_users = match self.options.scope {
            Scope::User => "",
            Scope::Project => ". Whoever else works in this folder needs it at the same place",
        };
        remarks.extend(
            why.map(|why| format!("the command is the whole path, because {why}{other_users}")),
        );
        command
    }

    /// Whether a place may be taken out of a file, because the record says that `setup` added it, or because of `--force`.
    fn may_remove(&self, file: &UserFile, place: &str, record: &InstallRecord) -> bool {
        self.options.force || record.has(&record_entry(&file.path, place))
    }

    /// Makes the change that gives a file `text`, in which something is new at `path`; `lines` is the diff. The places in `added`, the
    /// objects around them in `containers`, and the file itself are recorded where they did not exist before.
    fn addition(
        &self,
        file: UserFile,
        text: String,
        containers: &[&str],
        added: Vec<String>,
        lines: String,
        path: &[&str],
    ) -> Change {
        let before = document(&file).unwrap_or_default();
        let containers = containers.iter().map(|key| (*key).to_owned());
        let places = added.into_iter().chain(containers);
        let is_missing = |place: &String| {
            let pointer = format!("/{}", place.replace('.', "/"));
            before.pointer(&pointer).is_none()
        };
        let new_places = places.filter(is_missing);
        let mut recorded: Vec<String> = new_places
            .map(|place| record_entry(&file.path, &place))
            .collect();
        if file.text.is_none() {
            recorded.push(file.path.display().to_string());
        }
        let mut change = Change::none(file, Vec::new());
        change.content = NewContent::Text(text);
        change.diff = Some((path.join("."), lines));
        change.recorded = recorded;
        change
    }

    /// Makes the change that gives a file `text`, from which `place` is taken out; `lines` is the diff. `containers` are the objects
    /// and arrays around the place, the inner ones first. Those that are empty now are taken out, too, where the record has them, and
    /// an empty file is removed where the record has it.
    fn removal(
        &self,
        file: UserFile,
        mut text: String,
        containers: &[&[&str]],
        place: String,
        lines: String,
        record: &InstallRecord,
    ) -> Result<Change, UsageError> {
        let mut remarks = Vec::new();
        let mut unrecorded = vec![record_entry(&file.path, &place)];
        for path in containers {
            let document: Value = serde_json::from_str(&text).unwrap_or_default();
            let container = document.pointer(&format!("/{}", path.join("/")));
            if !container.is_some_and(is_empty) {
                break;
            }
            let entry = record_entry(&file.path, &path.join("."));
            if !record.has(&entry) {
                let remark = format!(
                    "`{}` is left empty: it may have been there before",
                    path.join(".")
                );
                remarks.push(remark);
                break;
            }
            text = json::remove(&text, path).map_err(|error| edit_error(&file, &error))?;
            unrecorded.push(entry);
        }
        let path = file.path.display().to_string();
        let is_bare =
            serde_json::from_str::<Value>(&text).is_ok_and(|document| is_empty(&document));
        let is_removed = is_bare && record.has(&path);
        // Once the file has nothing of this program any more, the record of the file and of the objects in it is of no use.
        let is_ours = |place: &&str| place.contains(':') || place.starts_with("mcpServers.");
        if !record
            .places(&path)
            .any(|other| is_ours(&other) && other != place)
        {
            let entries = record.places(&path);
            unrecorded.extend(entries.map(|place| record_entry(&file.path, place)));
            unrecorded.push(path);
        }
        let mut change = Change::none(file, remarks);
        change.content = if is_removed {
            NewContent::Removed
        } else {
            NewContent::Text(text)
        };
        change.diff = Some((place, lines));
        change.unrecorded = unrecorded;
        Ok(change)
    }
}

/// The command that starts this program: its bare name where the `PATH` leads from the name to this program, else its whole path with
/// the reason.
fn start_command(environment: &BTreeMap<String, String>) -> (String, Option<String>) {
    let why = match find_program(SERVER, environment) {
        Program::This(_) => return (SERVER.to_owned(), None),
        Program::Other(other) => format!("'{SERVER}' on the PATH is {}", other.display()),
        Program::NotExecutable(_) | Program::NotFound => format!("'{SERVER}' is not on the PATH"),
    };
    match std::env::current_exe() {
        Ok(path) => (path.display().to_string(), Some(why)),
        Err(_) => (SERVER.to_owned(), None),
    }
}

/// The member of a client's file in which servers are registered.
const SERVERS: &str = "mcpServers";

/// The path of the rules that allow tools, in Claude Code's settings.
const ALLOW: [&str; 2] = ["permissions", "allow"];

/// The entry of the record for a place within a file.
fn record_entry(file: &Path, place: &str) -> String {
    format!("{}#{place}", file.display())
}

/// The text of a file before a change; the text of an empty object where there is no file.
fn text_of(file: &UserFile) -> &str {
    file.text.as_deref().unwrap_or("{}\n")
}

/// The JSON that a file holds; an empty object where there is no file.
fn document(file: &UserFile) -> Result<Value, UsageError> {
    serde_json::from_str(text_of(file)).map_err(|error| {
        UsageError(format!(
            "{} is not JSON, so nothing was changed: {error}",
            file.path.display()
        ))
    })
}

/// The error for a file that cannot be edited.
fn edit_error(file: &UserFile, error: &json::EditError) -> UsageError {
    UsageError(format!(
        "{} {error}, so nothing was changed",
        file.path.display()
    ))
}

/// Whether a value is an object without members or an array without items.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// Whether the arguments of an entry start this program as a server.
fn are_serve_args(args: &Value) -> bool {
    let Some(args) = args.as_array() else {
        return false;
    };
    let texts: Option<Vec<&str>> = args.iter().map(Value::as_str).collect();
    let Some(texts) = texts else {
        return false;
    };
    let line = std::iter::once(SERVER).chain(texts).map(OsString::from);
    match arguments::parse(line) {
        ParsedLine::Arguments(arguments) => {
            matches!(arguments.command, None | Some(arguments::Command::Serve(_)))
        }
        ParsedLine::Text(_) | ParsedLine::Misuse(_) => false,
    }
}

/// Returns an entry with `…` in place of the keys in it, to be shown.
fn masked(entry: &Value) -> Value {
    let mut entry = entry.clone();
    if let Some(Value::Object(variables)) = entry.get_mut("env") {
        for name in KEYS {
            if let Some(value) = variables.get_mut(name)
                && !value
                    .as_str()
                    .is_some_and(|text| text.is_empty() || text.contains("${"))
            {
                *value = Value::from("…");
            }
        }
    }
    entry
}

/// The lines that differ between two texts, each after `-` or `+`, with a few unchanged lines around them.
fn line_diff(before: &str, after: &str) -> String {
    let before: Vec<&str> = before.lines().collect();
    let after: Vec<&str> = after.lines().collect();
    let pairs = before.iter().zip(&after);
    let common_head = pairs.take_while(|(old, new)| old == new).count();
    let rest = before.len().min(after.len()) - common_head;
    let pairs = before.iter().rev().zip(after.iter().rev());
    let common_tail = pairs.take(rest).take_while(|(old, new)| old == new).count();
    let differing = |lines: &[&str]| common_head..lines.len() - common_tail;
    let mut text = String::new();
    let mut add_line = |sign: char, line: &str| {
        let _ = writeln!(text, "{sign}{line}");
    };
    let leading = before
        .iter()
        .take(common_head)
        .skip(common_head.saturating_sub(CONTEXT_LINES));
    leading.for_each(|line| add_line(' ', line));
    for (sign, lines) in [('-', &before), ('+', &after)] {
        let lines = lines.get(differing(lines)).unwrap_or_default();
        lines.iter().for_each(|line| add_line(sign, line));
    }
    let trailing = before
        .iter()
        .skip(before.len() - common_tail)
        .take(CONTEXT_LINES);
    trailing.for_each(|line| add_line(' ', line));
    text
}

/// Runs a command line of Claude Code itself, and returns its output.
///
/// # Errors
/// When Claude Code is not on the `PATH`, cannot be run, or fails.
fn run_claude(args: &[&str], environment: &BTreeMap<String, String>) -> Result<String, UsageError> {
    let (Program::This(program) | Program::Other(program)) = find_program("claude", environment)
    else {
        return Err(UsageError::new(
            "claude is not on the PATH: install Claude Code first, or set up without --plugin",
        ));
    };
    let output = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| UsageError(format!("claude cannot be run: {error}")))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    if output.status.success() {
        return Ok(format!("{}\n", text(&output.stdout)));
    }
    Err(UsageError(format!(
        "claude {} failed: {} {}",
        args.join(" "),
        text(&output.stderr),
        text(&output.stdout)
    )))
}

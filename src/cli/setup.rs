//! `setup`: what Claude Code has to know of this server, written into its own files, and taken out again.
//!
//! Everything is planned before anything is written, and every change is shown. The files are the user's: what is not of
//! this program stays as it is, byte for byte, and no key is ever written.

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

use self::agent::Standing;
pub(super) use self::agent::placed_by;
use self::files::{ClientLock, Found, Notes};
use super::arguments::{self, Access, Client, Parsed, Scope, Setup};
use super::claude_code::{
    self, Locations, PLUGIN, PLUGIN_SERVER, PROJECT_FILE, SERVER, allows, tool,
};
use super::doctor::{
    self, KEYS, Program, fetches_key, find_program, gives_key, has_value, is_of_this_program,
    starts_this,
};
use super::{DONE, Wrong, output, start};
use crate::text::secret::hidden;

/// Where the plugin's marketplace is.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// How many lines that stay are shown on each side of those that change.
const AROUND: usize = 2;

/// Sets up, or takes away, what is asked for, and has it checked; returns the exit code.
///
/// # Errors
/// When a file cannot be used, belongs to somebody else or cannot be written.
pub(super) fn run(asked: &Setup, vars: Vec<(String, String)>) -> Result<u8, Wrong> {
    let environment: BTreeMap<String, String> = vars.iter().cloned().collect();
    if asked.client != Client::Claude {
        output::print(&clients::told(asked, &environment)?)?;
        return Ok(DONE);
    }
    let here = Locations::find(&environment).map_err(Wrong::new)?;
    let set = environment.get("LINEAR_OPS_STATE_DIR").map(PathBuf::from);
    let set = set.filter(|folder| folder.is_absolute());
    let mut notes = Notes::read(start::state_folder(set));
    let writes_global = asked.scope == Scope::User && !asked.plugin && !asked.dry_run;
    let lock = if writes_global {
        ClientLock::take(&here.global)?
    } else {
        None
    };
    let planner = Planner {
        asked,
        here: &here,
        environment: &environment,
    };
    let mut changes = planner.changes(&notes)?;
    let commands = planner.commands();
    let mut shown: String = changes.iter().map(Change::shown).collect();
    for command in &commands {
        let _ = writeln!(shown, "\n$ claude {}", command.join(" "));
    }
    if asked.dry_run {
        shown.push_str("\nNothing was changed (--dry-run).\n");
    }
    output::print(&hidden(&shown))?;
    if asked.dry_run {
        return Ok(DONE);
    }
    for command in &commands {
        let printed = match claude(command, &environment) {
            // What is not there any more is not in the way of taking the rest away.
            Err(wrong) if asked.remove => format!("note: {wrong}\n"),
            printed => printed?,
        };
        output::print(&hidden(&printed))?;
    }
    if !commands.is_empty() {
        // Claude Code has written to its files meanwhile.
        changes = planner.changes(&notes)?;
    }
    let written = write(&changes, &mut notes);
    // The lock may be in a folder that goes.
    drop(lock);
    if asked.remove {
        notes.remove_empty_folders();
    }
    notes.save()?;
    written?;
    if asked.remove {
        return Ok(DONE);
    }
    if asked.plugin {
        output::print(&format!(
            "\nThe plugin keeps the key: give it in Claude Code with /plugin configure {PLUGIN}\n"
        ))?;
    }
    let is_same = |change: &Change| matches!(change.after, After::Same);
    let next = if changes.iter().all(is_same) && commands.is_empty() {
        "Nothing had to be changed."
    } else {
        "Claude Code reads this when it starts: start it anew."
    };
    output::print(&format!("\n{next} What the doctor says:\n\n"))?;
    let access = Access {
        read_only: asked.read_only,
        ..Access::default()
    };
    doctor::run(&access, false, vars)
}

/// Makes the changes in their order. One that fails ends it; what was written before is told then.
fn write(changes: &[Change], notes: &mut Notes) -> Result<(), Wrong> {
    let mut written: Vec<String> = Vec::new();
    for change in changes {
        if let Err(wrong) = change.make(notes) {
            let before = if written.is_empty() {
                String::new()
            } else {
                format!(". Written before that: {}", written.join(", "))
            };
            return Err(Wrong(format!("{wrong}{before}")));
        }
        written.push(change.found.path.display().to_string());
    }
    Ok(())
}

/// What becomes of one file.
struct Change {
    found: Found,
    after: After,
    /// The place within the file that changes, and how its lines change.
    diff: Option<(String, String)>,
    /// What else is to be said, in sentences.
    remarks: Vec<String>,
    /// What is noted as made when the change is made.
    made: Vec<String>,
    /// The notes that are struck out then.
    unmade: Vec<String>,
    /// Whether a new file is for nobody else to read.
    private: bool,
}

/// A file after a change.
enum After {
    Same,
    Text(String),
    Gone,
}

impl Change {
    fn none(found: Found, remarks: Vec<String>) -> Self {
        Self {
            found,
            after: After::Same,
            diff: None,
            remarks,
            made: Vec::new(),
            unmade: Vec::new(),
            private: false,
        }
    }

    fn shown(&self) -> String {
        let path = self.found.path.display();
        let mut text = match (&self.after, &self.found.text) {
            (After::Same, None) => format!("\n{path}: not there\n"),
            (After::Same, Some(_)) if self.remarks.is_empty() => {
                format!("\n{path}: as it should be\n")
            }
            (After::Same, Some(_)) => format!("\n{path}: stays as it is\n"),
            (After::Gone, _) => format!("\n--- {path}\n+++ /dev/null\n"),
            (After::Text(_), None) => format!("\n--- /dev/null\n+++ {path}\n"),
            (After::Text(_), Some(_)) => format!("\n--- {path}\n+++ {path}\n"),
        };
        if let Some((place, lines)) = &self.diff {
            let _ = write!(text, "@@ {place} @@\n{lines}");
        }
        for remark in &self.remarks {
            let _ = writeln!(text, "note: {remark}");
        }
        text
    }

    fn make(&self, notes: &mut Notes) -> Result<(), Wrong> {
        match &self.after {
            After::Same => return Ok(()),
            After::Text(text) => self.found.write(text, self.private, notes)?,
            After::Gone => self.found.remove()?,
        }
        for mark in &self.made {
            notes.add(mark.clone());
        }
        for mark in &self.unmade {
            notes.strike(mark);
        }
        Ok(())
    }
}

/// Plans the changes.
struct Planner<'a> {
    asked: &'a Setup,
    here: &'a Locations,
    environment: &'a BTreeMap<String, String>,
}

impl Planner<'_> {
    /// The changes, the registration last: without the rest it is of no use.
    fn changes(&self, notes: &Notes) -> Result<Vec<Change>, Wrong> {
        let mut changes = if self.asked.remove {
            vec![self.without_agent()?, self.without_rule(notes)?]
        } else {
            vec![self.agent()?, self.rule()?]
        };
        if !self.asked.plugin {
            changes.push(if self.asked.remove {
                self.without_entry(notes)?
            } else {
                self.entry()?
            });
        }
        for change in &changes {
            let why = change.found.guarded();
            if let (Some(why), false) = (why, matches!(change.after, After::Same)) {
                let path = change.found.path.display();
                return Err(Wrong(format!("{path} {why}")));
            }
        }
        Ok(changes)
    }

    /// What Claude Code is told by its own command line.
    fn commands(&self) -> Vec<Vec<&'static str>> {
        let scope = match self.asked.scope {
            Scope::User => "user",
            Scope::Project => "project",
        };
        let marketplace = SERVER;
        match (self.asked.plugin, self.asked.remove) {
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

    fn name(&self) -> &str {
        &self.asked.name
    }

    fn agent_file(&self) -> PathBuf {
        let folder = match self.asked.scope {
            Scope::User => self.here.config.clone(),
            Scope::Project => self.here.folder.join(".claude"),
        };
        let name = claude_code::agent(self.name());
        folder.join("agents").join(format!("{name}.md"))
    }

    fn agent(&self) -> Result<Change, Wrong> {
        let found = Found::read(&self.agent_file())?;
        let wanted = agent::text(self.name());
        let standing = found
            .text
            .as_deref()
            .map(|text| agent::standing(text, self.name()));
        match standing {
            Some(Standing::Current { .. }) => return Ok(Change::none(found, Vec::new())),
            Some(Standing::Foreign) if !self.asked.force => {
                return Err(Wrong(format!(
                    "{} is not as setup placed it: somebody wrote or edited it. Keep it under another name, or replace it with --force. Nothing was changed",
                    found.path.display()
                )));
            }
            Some(Standing::Former | Standing::Foreign) | None => {}
        }
        let before = found.text.as_deref().unwrap_or_default();
        let lines = line_diff(before, &wanted);
        let mut change = Change::none(found, Vec::new());
        change.diff = Some(("the subagent".to_owned(), lines));
        change.after = After::Text(wanted);
        Ok(change)
    }

    fn without_agent(&self) -> Result<Change, Wrong> {
        let found = Found::read(&self.agent_file())?;
        let Some(text) = &found.text else {
            return Ok(Change::none(found, Vec::new()));
        };
        let why = match agent::standing(text, self.name()) {
            Standing::Current { is_placed: true } | Standing::Former => None,
            _ if self.asked.force => None,
            Standing::Current { is_placed: false } => {
                Some("it was copied here by somebody else than setup")
            }
            Standing::Foreign => Some("it is not as setup placed it"),
        };
        if let Some(why) = why {
            let remark = format!("{why}; --force removes it");
            return Ok(Change::none(found, vec![remark]));
        }
        let lines = line_diff(text, "");
        let mut change = Change::none(found, Vec::new());
        change.diff = Some(("the subagent".to_owned(), lines));
        change.after = After::Gone;
        Ok(change)
    }

    /// The tool that the subagent is allowed to call without a question.
    fn allowed(&self) -> String {
        if self.asked.plugin {
            tool(PLUGIN_SERVER)
        } else {
            tool(self.name())
        }
    }

    /// The rule goes to the user's settings in either scope: those of a folder do not count until it is trusted.
    fn rule(&self) -> Result<Change, Wrong> {
        let found = Found::read(&self.here.settings())?;
        let rule = self.allowed();
        let document = document(&found)?;
        let rules = document
            .pointer("/permissions/allow")
            .and_then(Value::as_array);
        let mut rules = rules.into_iter().flatten().filter_map(Value::as_str);
        if rules.any(|existing| allows(existing, &rule)) {
            return Ok(Change::none(found, Vec::new()));
        }
        let after = json::push(text_of(&found), &ALLOW, &Value::from(rule.as_str()))
            .map_err(|why| misfit(&found, &why))?;
        let made = vec![ALLOW.join("."), format!("{}:{rule}", ALLOW.join("."))];
        Ok(self.change(
            found,
            after,
            &["permissions"],
            made,
            format!("+{}\n", Value::from(rule)),
            &ALLOW,
        ))
    }

    fn without_rule(&self, notes: &Notes) -> Result<Change, Wrong> {
        let found = Found::read(&self.here.settings())?;
        let rule = self.allowed();
        let value = Value::from(rule.as_str());
        let document = document(&found)?;
        let rules = document
            .pointer("/permissions/allow")
            .and_then(Value::as_array);
        if !rules.is_some_and(|rules| rules.contains(&value)) {
            return Ok(Change::none(found, Vec::new()));
        }
        if let Some(other) = self.registered_elsewhere()? {
            let remark = format!(
                "the rule {rule} stays: {} registers {} as well",
                other.display(),
                self.name()
            );
            return Ok(Change::none(found, vec![remark]));
        }
        let place = format!("{}:{rule}", ALLOW.join("."));
        if !self.may_take(&found, &place, notes) {
            let remark = format!(
                "the rule {rule} stays: there is no note that setup made it; --force removes it"
            );
            return Ok(Change::none(found, vec![remark]));
        }
        let after =
            json::pull(text_of(&found), &ALLOW, &value).map_err(|why| misfit(&found, &why))?;
        self.emptied(
            found,
            after,
            &[&ALLOW, &["permissions"]],
            place,
            format!("-{value}\n"),
            notes,
        )
    }

    fn entry_file(&self) -> PathBuf {
        match self.asked.scope {
            Scope::User => self.here.global.clone(),
            Scope::Project => self.here.folder.join(PROJECT_FILE),
        }
    }

    /// The other scope's file, where that registers the server as well.
    fn registered_elsewhere(&self) -> Result<Option<PathBuf>, Wrong> {
        let other = match self.asked.scope {
            Scope::Project => self.here.global.clone(),
            Scope::User => self.here.folder.join(PROJECT_FILE),
        };
        let is_registered = !self.asked.plugin
            && document(&Found::read(&other)?)?
                .pointer(&format!("/{SERVERS}/{}", self.name()))
                .is_some();
        Ok(is_registered.then_some(other))
    }

    fn entry(&self) -> Result<Change, Wrong> {
        let found = Found::read(&self.entry_file())?;
        let document = document(&found)?;
        let existing = document
            .get(SERVERS)
            .and_then(|servers| servers.get(self.name()));
        let mut remarks = Vec::new();
        let wanted = match existing {
            Some(ours @ Value::Object(entry)) if is_of_this_program(ours, self.environment) => {
                self.kept(entry.clone(), &mut remarks)
            }
            Some(_) if !self.asked.force => {
                return Err(Wrong(format!(
                    "{} registers another server as {}. Choose another name with --name, or replace it with --force. Nothing was changed",
                    found.path.display(),
                    self.name()
                )));
            }
            _ => self.new_entry(&mut remarks),
        };
        let wanted = Value::Object(wanted);
        if existing == Some(&wanted) {
            return Ok(Change::none(found, remarks));
        }
        remarks.extend(self.key_remark(&wanted));
        let path = [SERVERS, self.name()];
        let after =
            json::set(text_of(&found), &path, &wanted).map_err(|why| misfit(&found, &why))?;
        let before = existing.map(|entry| json::pretty(&masked(entry), "  "));
        let lines = line_diff(
            &before.unwrap_or_default(),
            &json::pretty(&masked(&wanted), "  "),
        );
        let is_new = existing.is_none();
        let made = is_new.then(|| path.join(".")).into_iter().collect();
        let mut change = self.change(found, after, &[SERVERS], made, lines, &path);
        change.remarks = remarks;
        change.private = self.asked.scope == Scope::User;
        Ok(change)
    }

    /// What is to be said of the key that a server gets, where it is not plain.
    fn key_remark(&self, entry: &Value) -> Option<String> {
        let variables = entry.get("env").and_then(Value::as_object);
        let mut given = variables.into_iter().flat_map(Map::keys);
        let mut set = self.environment.keys().filter(|name| gives_key(name));
        if given.any(|name| gives_key(name)) {
            None
        } else if self.name() != SERVER {
            Some(format!(
                "{} uses the same key as every other server. For another workspace, run this again with \
                 --env 'LINEAR_API_KEY=${{LINEAR_WORK_API_KEY}}', by the name of the variable that holds its key",
                self.name()
            ))
        } else if !set.any(|name| has_value(self.environment, name)) {
            Some(
                "no key is written: Claude Code passes its environment on. Export LINEAR_API_KEY in the shell that starts it"
                    .to_owned(),
            )
        } else {
            None
        }
    }

    fn without_entry(&self, notes: &Notes) -> Result<Change, Wrong> {
        let found = Found::read(&self.entry_file())?;
        let document = document(&found)?;
        let Some(entry) = document
            .get(SERVERS)
            .and_then(|servers| servers.get(self.name()))
        else {
            return Ok(Change::none(found, Vec::new()));
        };
        let path = [SERVERS, self.name()];
        let place = path.join(".");
        if !self.may_take(&found, &place, notes) {
            let remark = format!(
                "the server {} stays: there is no note that setup registered it; --force removes it",
                self.name()
            );
            return Ok(Change::none(found, vec![remark]));
        }
        let after = json::remove(text_of(&found), &path).map_err(|why| misfit(&found, &why))?;
        let lines = line_diff(&json::pretty(&masked(entry), "  "), "");
        self.emptied(found, after, &[&[SERVERS]], place, lines, notes)
    }

    fn new_entry(&self, remarks: &mut Vec<String>) -> Map<String, Value> {
        let variables: Map<String, Value> = self.variables().collect();
        let entry = json!({
            "type": "stdio",
            "command": self.command(remarks),
            "args": self.asked.args(),
            "env": variables,
        });
        match entry {
            Value::Object(entry) => entry,
            _ => Map::new(),
        }
    }

    fn variables(&self) -> impl Iterator<Item = (String, Value)> + '_ {
        let variables = self.asked.variables.iter();
        variables.map(|(name, value)| (name.clone(), Value::from(value.as_str())))
    }

    /// An entry of ours, put right where it is wrong and changed where that is asked for; the rest of it is kept.
    fn kept(&self, mut entry: Map<String, Value>, remarks: &mut Vec<String>) -> Map<String, Value> {
        let command = entry.get("command").and_then(Value::as_str);
        if !command.is_some_and(|command| starts_this(command, self.environment)) {
            entry.insert("command".to_owned(), Value::from(self.command(remarks)));
        }
        let is_asked = self.asked.tools.is_some() || self.asked.read_only;
        if is_asked || !entry.get("args").is_some_and(serves) {
            entry.insert("args".to_owned(), Value::from(self.asked.args()));
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

    /// What is registered as the command.
    fn command(&self, remarks: &mut Vec<String>) -> String {
        let (command, why) = own_command(self.environment);
        let others = match self.asked.scope {
            Scope::User => "",
            Scope::Project => ". Whoever else works in this folder needs it at the same place",
        };
        remarks
            .extend(why.map(|why| format!("the command is the whole path, because {why}{others}")));
        command
    }

    /// Whether something may be taken out of a file: it is noted as made by `setup`, or that is forced.
    fn may_take(&self, found: &Found, place: &str, notes: &Notes) -> bool {
        self.asked.force || notes.has(&mark(&found.path, place))
    }

    /// The change of a file to that text, which has what is at `path`. Of the objects on the way to it, those in
    /// `above`, and of the file, it is noted that they were made where they are missing.
    fn change(
        &self,
        found: Found,
        after: String,
        above: &[&str],
        made: Vec<String>,
        lines: String,
        path: &[&str],
    ) -> Change {
        let before = document(&found).unwrap_or_default();
        let mut places: Vec<String> = made;
        places.extend(above.iter().map(|key| (*key).to_owned()));
        let is_missing = |place: &String| {
            let pointer = format!("/{}", place.replace('.', "/"));
            before.pointer(&pointer).is_none()
        };
        let made = places.into_iter().filter(is_missing);
        let mut made: Vec<String> = made.map(|place| mark(&found.path, &place)).collect();
        if found.text.is_none() {
            made.push(found.path.display().to_string());
        }
        let mut change = Change::none(found, Vec::new());
        change.after = After::Text(after);
        change.diff = Some((path.join("."), lines));
        change.made = made;
        change
    }

    /// The change of a file to that text, from which what was at `place` is taken out. Of `containers`, the inner ones
    /// first, those that are empty now are taken out as well where they are noted as made, and so is the file.
    fn emptied(
        &self,
        found: Found,
        mut after: String,
        containers: &[&[&str]],
        place: String,
        lines: String,
        notes: &Notes,
    ) -> Result<Change, Wrong> {
        let mut remarks = Vec::new();
        let mut unmade = vec![mark(&found.path, &place)];
        for path in containers {
            let document: Value = serde_json::from_str(&after).unwrap_or_default();
            let container = document.pointer(&format!("/{}", path.join("/")));
            if !container.is_some_and(is_empty) {
                break;
            }
            let place = mark(&found.path, &path.join("."));
            if !notes.has(&place) {
                let remark = format!(
                    "`{}` is left empty: it may have been there before",
                    path.join(".")
                );
                remarks.push(remark);
                break;
            }
            after = json::remove(&after, path).map_err(|why| misfit(&found, &why))?;
            unmade.push(place);
        }
        let file = found.path.display().to_string();
        let is_bare =
            serde_json::from_str::<Value>(&after).is_ok_and(|document| is_empty(&document));
        let is_gone = is_bare && notes.has(&file);
        // Without anything of this program in the file, it does not matter any more who made the rest.
        let is_ours = |place: &&str| place.contains(':') || place.starts_with("mcpServers.");
        if !notes
            .places(&file)
            .any(|other| is_ours(&other) && other != place)
        {
            unmade.extend(notes.places(&file).map(|place| mark(&found.path, place)));
            unmade.push(file);
        }
        let mut change = Change::none(found, remarks);
        change.after = if is_gone {
            After::Gone
        } else {
            After::Text(after)
        };
        change.diff = Some((place, lines));
        change.unmade = unmade;
        Ok(change)
    }
}

/// The command that starts this program: its bare name where that leads here, else its whole path and why.
fn own_command(environment: &BTreeMap<String, String>) -> (String, Option<String>) {
    let why = match find_program(SERVER, environment) {
        Program::This(_) => return (SERVER.to_owned(), None),
        Program::Another(other) => format!("'{SERVER}' on the PATH is {}", other.display()),
        Program::Unfit(_) | Program::Nowhere => format!("'{SERVER}' is not on the PATH"),
    };
    match std::env::current_exe() {
        Ok(own) => (own.display().to_string(), Some(why)),
        Err(_) => (SERVER.to_owned(), None),
    }
}

/// The member in which clients look for servers.
const SERVERS: &str = "mcpServers";

/// The place of the rules that let tools run.
const ALLOW: [&str; 2] = ["permissions", "allow"];

/// What a note says of a place within a file.
fn mark(file: &Path, place: &str) -> String {
    format!("{}#{place}", file.display())
}

/// The text that a change begins with.
fn text_of(found: &Found) -> &str {
    found.text.as_deref().unwrap_or("{}\n")
}

/// The JSON that a file holds; an empty object where there is no file.
fn document(found: &Found) -> Result<Value, Wrong> {
    serde_json::from_str(text_of(found)).map_err(|error| {
        Wrong(format!(
            "{} is not JSON, so nothing was changed: {error}",
            found.path.display()
        ))
    })
}

fn misfit(found: &Found, why: &json::Misfit) -> Wrong {
    Wrong(format!(
        "{} {why}, so nothing was changed",
        found.path.display()
    ))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// Whether arguments start the server.
fn serves(args: &Value) -> bool {
    let Some(args) = args.as_array() else {
        return false;
    };
    let texts: Option<Vec<&str>> = args.iter().map(Value::as_str).collect();
    let Some(texts) = texts else {
        return false;
    };
    let line = std::iter::once(SERVER).chain(texts).map(OsString::from);
    match arguments::parse(line) {
        Parsed::Arguments(arguments) => {
            matches!(arguments.command, None | Some(arguments::Command::Serve(_)))
        }
        Parsed::Text(_) | Parsed::Misuse(_) => false,
    }
}

/// An entry to be shown: without the keys that it holds.
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

/// The lines that differ, behind `-` and `+`, between a few that do not.
fn line_diff(before: &str, after: &str) -> String {
    let before: Vec<&str> = before.lines().collect();
    let after: Vec<&str> = after.lines().collect();
    let pairs = before.iter().zip(&after);
    let head = pairs.take_while(|(old, new)| old == new).count();
    let longest = before.len().min(after.len()) - head;
    let pairs = before.iter().rev().zip(after.iter().rev());
    let tail = pairs
        .take(longest)
        .take_while(|(old, new)| old == new)
        .count();
    let differing = |lines: &[&str]| head..lines.len() - tail;
    let mut text = String::new();
    let mut put = |sign: char, line: &str| {
        let _ = writeln!(text, "{sign}{line}");
    };
    let around = before.iter().take(head).skip(head.saturating_sub(AROUND));
    around.for_each(|line| put(' ', line));
    for (sign, lines) in [('-', &before), ('+', &after)] {
        let lines = lines.get(differing(lines)).unwrap_or_default();
        lines.iter().for_each(|line| put(sign, line));
    }
    let behind = before.iter().skip(before.len() - tail).take(AROUND);
    behind.for_each(|line| put(' ', line));
    text
}

/// Runs Claude Code's own command line, and returns what it printed.
fn claude(args: &[&str], environment: &BTreeMap<String, String>) -> Result<String, Wrong> {
    let (Program::This(program) | Program::Another(program)) = find_program("claude", environment)
    else {
        return Err(Wrong::new(
            "claude is not on the PATH: install Claude Code first, or set up without --plugin",
        ));
    };
    let ran = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Wrong(format!("claude cannot be run: {error}")))?;
    let printed = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    if ran.status.success() {
        return Ok(format!("{}\n", printed(&ran.stdout)));
    }
    Err(Wrong(format!(
        "claude {} failed: {} {}",
        args.join(" "),
        printed(&ran.stderr),
        printed(&ran.stdout)
    )))
}

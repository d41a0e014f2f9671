//! Claude Code's files and names, as its version 2.1 has them. `setup` writes these files and `doctor` reads them, so
//! that what both know of the client stands here.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Error, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::server::LINEAR;

/// The name under which the server is registered unless another one is asked for; the program's own name, too.
pub(super) const SERVER: &str = "linear-ops";

/// The plugin's full name: its own, and its marketplace's.
pub(super) const PLUGIN: &str = "linear-ops@linear-ops";

/// The name that Claude Code gives the plugin's server.
pub(super) const PLUGIN_SERVER: &str = "plugin_linear-ops_linear-ops";

/// The file in which a folder names its servers.
pub(super) const PROJECT_FILE: &str = ".mcp.json";

/// The longest configuration file that is read. Claude Code keeps a history of every folder in one of them.
const LONGEST: u64 = 32 << 20;

/// The full name of the tool `linear` of a server, by which agents and permission rules know it.
pub(super) fn tool(server: &str) -> String {
    format!("mcp__{server}__{LINEAR}")
}

/// The name of the subagent that uses a server.
pub(super) fn agent(server: &str) -> String {
    format!("{server}-agent")
}

/// Whether a permission rule is about a tool of a server: it names the tool, or the whole server, or has a `*` for any
/// text.
pub(super) fn covers(rule: &str, tool: &str) -> bool {
    let mut parts = rule.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = tool.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else {
        // A rule without a tool is about all tools of its server.
        return rest.is_empty() || (rest.starts_with("__") && first.matches("__").count() == 1);
    };
    for part in between {
        match rest.split_once(part) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Whether a rule lets a tool run. Claude Code passes over rules of this kind that do not name the server in full.
pub(super) fn allows(rule: &str, tool: &str) -> bool {
    let server = tool.rsplit_once("__").map_or(tool, |(server, _)| server);
    rule.starts_with(server) && covers(rule, tool)
}

/// Where Claude Code looks for its configuration when it is started in a folder.
#[derive(Clone, Debug)]
pub(super) struct Locations {
    /// The user's folder: `~/.claude`, or what `CLAUDE_CONFIG_DIR` names.
    pub config: PathBuf,
    /// The user's file with servers and what is known of each folder: `~/.claude.json`.
    pub global: PathBuf,
    /// The folder in which Claude Code is started.
    pub folder: PathBuf,
    /// The folder under whose name `global` keeps what belongs to `folder`: the main work tree of its git repository,
    /// or else `folder` itself.
    pub root: PathBuf,
}

impl Locations {
    /// The locations for the current folder.
    ///
    /// # Errors
    /// When there is no home folder and none is set, or the current folder is gone.
    pub fn find(environment: &BTreeMap<String, String>) -> Result<Self, String> {
        let folder = std::env::current_dir()
            .map_err(|error| format!("the current folder cannot be found: {error}"))?;
        let set = environment
            .get("CLAUDE_CONFIG_DIR")
            .filter(|set| !set.is_empty());
        let (config, global) = match set {
            Some(set) => {
                let config = folder.join(set);
                let global = config.join(".claude.json");
                (config, global)
            }
            None => {
                let home = etcetera::home_dir()
                    .map_err(|_| "there is no home folder: set HOME".to_owned())?;
                (home.join(".claude"), home.join(".claude.json"))
            }
        };
        // The file's former place, which Claude Code goes on using where there is one.
        let former = config.join(".config.json");
        Ok(Self {
            global: if former.is_file() { former } else { global },
            config,
            root: project_root(&folder),
            folder,
        })
    }

    /// The user's settings, whose permission rules count in every folder.
    pub fn settings(&self) -> PathBuf {
        self.config.join("settings.json")
    }

    /// The settings that a folder brings, which count once the user trusts the folder.
    pub fn project_settings(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        for folder in [&self.folder, &self.root] {
            for name in ["settings.local.json", "settings.json"] {
                let file = folder.join(".claude").join(name);
                if !files.contains(&file) && file != self.settings() {
                    files.push(file);
                }
            }
        }
        files
    }

    /// The folders with the project's subagents, whose files come first, and the user's.
    pub fn agents(&self) -> Vec<PathBuf> {
        let mut folders = Vec::new();
        for folder in [&self.folder, &self.root] {
            folders.push(folder.join(".claude").join("agents"));
        }
        folders.push(self.config.join("agents"));
        folders.dedup();
        folders
    }

    /// The `.mcp.json` of the folder and of those above it, the nearest first.
    pub fn project_files(&self) -> impl Iterator<Item = PathBuf> + '_ {
        self.folder
            .ancestors()
            .map(|folder| folder.join(PROJECT_FILE))
    }
}

/// The main work tree of the git repository that a folder is in, or the folder itself.
fn project_root(folder: &Path) -> PathBuf {
    for candidate in folder.ancestors() {
        let git = candidate.join(".git");
        if git.is_dir() {
            return candidate.to_owned();
        }
        if git.is_file() {
            return main_work_tree(candidate, &git).unwrap_or_else(|| candidate.to_owned());
        }
    }
    folder.to_owned()
}

/// The main work tree of the repository whose additional work tree has this `.git` file. A submodule has such a file as
/// well, and no main work tree.
fn main_work_tree(work_tree: &Path, git: &Path) -> Option<PathBuf> {
    let text = read(git).ok()?;
    let folder = work_tree.join(text.trim().strip_prefix("gitdir:")?.trim());
    let common = read(&folder.join("commondir")).ok()?;
    let common = folder.join(common.trim()).canonicalize().ok()?;
    let is_named_git = common.file_name().is_some_and(|name| name == ".git");
    is_named_git.then(|| common.parent().map(Path::to_owned))?
}

/// The text of a file, without a byte-order mark. Some of these files come with a folder: a pipe or a device would never
/// end.
///
/// # Errors
/// When it is not a regular file, is too long, cannot be read or is not UTF-8.
pub(super) fn read(file: &Path) -> std::io::Result<String> {
    let mut text = read_whole(file)?;
    if text.starts_with(MARK) {
        text.drain(..MARK.len_utf8());
    }
    Ok(text)
}

/// The byte-order mark, which Claude Code passes over.
pub(super) const MARK: char = '\u{feff}';

/// As [`read`], byte-order mark included.
///
/// # Errors
/// As [`read`].
pub(super) fn read_whole(file: &Path) -> std::io::Result<String> {
    if !std::fs::metadata(file)?.is_file() {
        return Err(Error::new(ErrorKind::InvalidInput, "it is no regular file"));
    }
    let mut text = String::new();
    let mut reader = File::open(file)?.take(LONGEST + 1);
    reader.read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST {
        let why = format!("it is longer than {LONGEST} bytes");
        return Err(Error::new(ErrorKind::FileTooLarge, why));
    }
    Ok(text)
}

/// The object that a JSON file holds; `None` where there is no such file.
///
/// # Errors
/// In words that go on from the name of the file.
pub(super) fn object(file: &Path) -> Result<Option<Map<String, Value>>, String> {
    let text = match read(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("cannot be read: {error}")),
    };
    match serde_json::from_str(&text) {
        Ok(Value::Object(object)) => Ok(Some(object)),
        Ok(_) => Err("holds no JSON object".to_owned()),
        Err(error) => Err(format!("is no JSON: {error}")),
    }
}

/// The front matter of an agent file, as Claude Code finds it: it ends at the first `---` behind its first line, also
/// within a line. `None` where there is none.
pub(super) fn front_matter(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("---")?;
    let (rest_of_line, rest) = rest.split_once('\n')?;
    if !rest_of_line.trim().is_empty() {
        return None;
    }
    rest.split_once("---").map(|(front, _)| front)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_rule_is_about_a_tool_or_a_server() {
        let tool = tool("linear-ops");
        for (rule, about, lets) in [
            ("mcp__linear-ops__linear", true, true),
            ("mcp__linear-ops", true, true),
            ("mcp__linear-ops__*", true, true),
            ("mcp__linear-ops__lin*", true, true),
            ("mcp__*", true, false),
            ("mcp__*__linear", true, false),
            ("*", true, false),
            ("mcp__linear-ops__linear_read", false, false),
            ("mcp__linear", false, false),
            ("mcp__linear-ops__", false, false),
            ("Bash", false, false),
        ] {
            assert_eq!(covers(rule, &tool), about, "{rule}");
            assert_eq!(allows(rule, &tool), lets, "{rule}");
        }
    }

    #[test]
    fn front_matter_ends_at_the_first_three_dashes() {
        assert_eq!(front_matter("---\nname: a\n---\nbody"), Some("name: a\n"));
        assert_eq!(
            front_matter("---\r\nname: a --- b\n---\n"),
            Some("name: a ")
        );
        for text in [
            "name: a\n---\n",
            "---\nname: a\n",
            "--- x\nname: a\n---\n",
            "",
        ] {
            assert_eq!(front_matter(text), None, "{text}");
        }
    }

    #[test]
    fn the_root_of_a_folder_is_that_of_its_repository() {
        let temporary = tempfile::tempdir().unwrap();
        let top = temporary.path().canonicalize().unwrap();
        let below = top.join("main/a/b");
        fs::create_dir_all(&below).unwrap();
        assert_eq!(project_root(&below), below);
        fs::create_dir_all(top.join("main/.git/worktrees/other")).unwrap();
        assert_eq!(project_root(&below), top.join("main"));
        // An additional work tree belongs to the main one; a submodule is a repository of its own.
        let other = top.join("other");
        fs::create_dir_all(other.join("deep")).unwrap();
        let folder = top.join("main/.git/worktrees/other");
        fs::write(
            other.join(".git"),
            format!("gitdir: {}\n", folder.display()),
        )
        .unwrap();
        fs::write(folder.join("commondir"), "../..\n").unwrap();
        assert_eq!(project_root(&other.join("deep")), top.join("main"));
        fs::remove_file(folder.join("commondir")).unwrap();
        assert_eq!(project_root(&other.join("deep")), other);
    }
}

//! The files and names of Claude Code 2.1. `setup` writes these files and `doctor` reads them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Error, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::server::LINEAR;

/// The name under which the server is registered by default. It is the name of this program, too.
pub(super) const SERVER: &str = "linear-ops";

/// The full name of the plugin: its name and that of its marketplace.
pub(super) const PLUGIN: &str = "linear-ops@linear-ops";

/// The name that Claude Code gives to the server of the plugin.
pub(super) const PLUGIN_SERVER: &str = "plugin_linear-ops_linear-ops";

/// The file in which a folder registers servers.
pub(super) const PROJECT_FILE: &str = ".mcp.json";

/// The longest configuration file that is read. Claude Code keeps a history of every folder in one of them.
const LONGEST: u64 = 32 << 20;

/// The full name of the tool `linear` of a server, as subagents and permission rules have it.
pub(super) fn tool(server: &str) -> String {
    format!("mcp__{server}__{LINEAR}")
}

/// The name of the subagent that uses a server.
pub(super) fn agent(server: &str) -> String {
    format!("{server}-agent")
}

/// Whether a permission rule applies to a tool of a server. A rule names a tool or a whole server, and `*` in it stands for any
/// text.
pub(super) fn covers(rule: &str, tool: &str) -> bool {
    let mut parts = rule.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = tool.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        // A rule without a tool applies to all tools of its server.
        return rest.is_empty() || (rest.starts_with("__") && first.matches("__").count() == 1);
    };
    for part in middle {
        match rest.split_once(part) {
            Some((_, remainder)) => rest = remainder,
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Whether a rule in a list of allowed tools allows this tool. Claude Code ignores rules of this list that do not name the server in
/// full.
pub(super) fn allows(rule: &str, tool: &str) -> bool {
    let server = tool.rsplit_once("__").map_or(tool, |(server, _)| server);
    rule.starts_with(server) && covers(rule, tool)
}

/// The places where Claude Code looks for its configuration when it is started in a folder.
#[derive(Clone, Debug)]
pub(super) struct Locations {
    /// The user's folder: `~/.claude`, or the folder that `CLAUDE_CONFIG_DIR` names.
    pub config: PathBuf,
    /// The user's file with servers, and with Claude Code's notes on each folder: `~/.claude.json`.
    pub global: PathBuf,
    /// The folder in which Claude Code is started.
    pub folder: PathBuf,
    /// The folder under whose name `global` has the notes on `folder`: the main work tree of its git repository, or else `folder`
    /// itself.
    pub root: PathBuf,
}

impl Locations {
    /// Finds the locations for the current folder.
    ///
    /// # Errors
    /// When there is no home folder and `CLAUDE_CONFIG_DIR` is not set, or the current folder does not exist any more.
    pub fn find(environment: &BTreeMap<String, String>) -> Result<Self, String> {
        let folder = std::env::current_dir()
            .map_err(|error| format!("the current folder cannot be found: {error}"))?;
        let configured = environment
            .get("CLAUDE_CONFIG_DIR")
            .filter(|path| !path.is_empty());
        let (config, global) = match configured {
            Some(path) => {
                let config = folder.join(path);
                let global = config.join(".claude.json");
                (config, global)
            }
            None => {
                let home = etcetera::home_dir()
                    .map_err(|_| "there is no home folder: set HOME".to_owned())?;
                (home.join(".claude"), home.join(".claude.json"))
            }
        };
        // Claude Code goes on using a file in the former place.
        let former = config.join(".config.json");
        Ok(Self {
            global: if former.is_file() { former } else { global },
            config,
            root: project_root(&folder),
            folder,
        })
    }

    /// The file of the user's settings, whose permission rules count in every folder.
    pub fn settings(&self) -> PathBuf {
        self.config.join("settings.json")
    }

    /// The files of the folder's settings, which count once the user trusts the folder.
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

    /// The folders with subagents, first those of the project, whose files take precedence, then the user's.
    pub fn agents(&self) -> Vec<PathBuf> {
        let mut folders = Vec::new();
        for folder in [&self.folder, &self.root] {
            folders.push(folder.join(".claude").join("agents"));
        }
        folders.push(self.config.join("agents"));
        folders.dedup();
        folders
    }

    /// The paths of `.mcp.json` in the folder and in those above it, the nearest first.
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

/// The main work tree of the repository whose additional work tree has this `.git` file; `None` for a submodule, which has such a
/// file, too, but no main work tree.
fn main_work_tree(work_tree: &Path, git: &Path) -> Option<PathBuf> {
    let text = read(git).ok()?;
    let folder = work_tree.join(text.trim().strip_prefix("gitdir:")?.trim());
    let common = read(&folder.join("commondir")).ok()?;
    let common = folder.join(common.trim()).canonicalize().ok()?;
    let is_named_git = common.file_name().is_some_and(|name| name == ".git");
    is_named_git.then(|| common.parent().map(Path::to_owned))?
}

/// Reads the text of a file, without a byte-order mark. Only regular files are read, because some of these files come with a
/// folder, and reading a pipe or a device might never end.
///
/// # Errors
/// When the file is not regular, is too long, cannot be read or is not UTF-8.
pub(super) fn read(file: &Path) -> std::io::Result<String> {
    let mut text = read_whole(file)?;
    if text.starts_with(BYTE_ORDER_MARK) {
        text.drain(..BYTE_ORDER_MARK.len_utf8());
    }
    Ok(text)
}

/// The byte-order mark, which Claude Code ignores.
pub(super) const BYTE_ORDER_MARK: char = '\u{feff}';

/// Reads the text of a file like [`read`], with its byte-order mark.
///
/// # Errors
/// Those of [`read`].
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

/// Reads the object that a JSON file holds; `None` where there is no such file.
///
/// # Errors
/// When the file cannot be read or does not hold a JSON object. The error follows the name of the file.
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

/// The front matter of a subagent's file, as Claude Code finds it: it ends at the first `---` after the first line of the file, even
/// within a line. `None` where the file has no front matter.
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

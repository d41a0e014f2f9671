//! The build script: gives the program the version that `--version` prints, with the commit that it is built from.
//!
//! The commit is read from the files of the checkout's own git folder. A package, or a checkout without git, has no commit:
//! git folders further up belong to something else.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// How many digits of the commit are told.
const DIGITS: usize = 12;

fn main() -> io::Result<()> {
    let folder = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let version = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let mut watched = vec![PathBuf::from("src/build.rs")];
    let commit = folder.and_then(|folder| commit(&folder, &mut watched));
    let version = match commit {
        Some(commit) => format!("{version} ({commit})"),
        None => version,
    };
    let mut cargo = io::stdout().lock();
    // Without this, cargo runs this script whenever any file of the package changes.
    for path in watched {
        writeln!(cargo, "cargo::rerun-if-changed={}", path.display())?;
    }
    writeln!(cargo, "cargo::rustc-env=VERSION_WITH_COMMIT={version}")
}

/// Returns the beginning of the commit that is checked out, and adds the files that change with it to `watched`. Files that
/// are not there are not added: cargo would run this script at every build.
pub(crate) fn commit(folder: &Path, watched: &mut Vec<PathBuf>) -> Option<String> {
    let git = git_folder(&folder.join(".git"))?;
    let head = read(&git.join("HEAD"), watched)?;
    let commit = match head.strip_prefix("ref: ") {
        None => head,
        Some(name) => {
            // The folder of a worktree names the one that has the branches.
            let common = fs::read_to_string(git.join("commondir")).ok();
            let common = common.map_or(git.clone(), |common| git.join(common.trim()));
            // A branch that moves from `packed-refs` to a file of its own is seen here.
            read(&git.join("logs/HEAD"), watched);
            let packed = read(&common.join("packed-refs"), watched);
            read(&common.join(name), watched).or_else(|| unpack(&packed?, name))?
        }
    };
    let is_commit = commit.len() >= DIGITS && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    commit
        .get(..DIGITS)
        .filter(|_| is_commit)
        .map(str::to_owned)
}

/// The git folder of a checkout: `.git` itself, or the folder that a worktree's file of that name points to.
fn git_folder(git: &Path) -> Option<PathBuf> {
    if git.is_dir() {
        return Some(git.to_owned());
    }
    let text = fs::read_to_string(git).ok()?;
    let path = text.trim().strip_prefix("gitdir: ")?;
    Some(git.parent()?.join(path))
}

/// The text of a file, which is watched if there is one.
fn read(path: &Path, watched: &mut Vec<PathBuf>) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    watched.push(path.to_owned());
    Some(text.trim().to_owned())
}

/// The commit of a branch in `packed-refs`.
fn unpack(packed: &str, name: &str) -> Option<String> {
    let mut branches = packed.lines().filter_map(|line| line.split_once(' '));
    let (commit, _) = branches.find(|(_, branch)| *branch == name)?;
    Some(commit.to_owned())
}

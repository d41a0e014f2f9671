//! The build script: sets the version that `--version` prints, with the commit that the program is built from.
//!
//! The commit is read from the git folder of the checkout itself. A package, or a checkout without a git folder, has no commit,
//! because git folders further up belong to other projects.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// How many digits of the commit are shown.
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
    // Without these lines, cargo would run this script whenever any file of the package changes.
    for path in watched {
        writeln!(cargo, "cargo::rerun-if-changed={}", path.display())?;
    }
    writeln!(cargo, "cargo::rustc-env=VERSION_WITH_COMMIT={version}")
}

/// Returns the first digits of the commit that is checked out, and adds the files that change with the commit to `watched`. Missing
/// files are not added, because cargo would run this script at every build for them.
pub(crate) fn commit(folder: &Path, watched: &mut Vec<PathBuf>) -> Option<String> {
    let git = git_folder(&folder.join(".git"))?;
    let head = read(&git.join("HEAD"), watched)?;
    let commit = match head.strip_prefix("ref: ") {
        None => head,
        Some(name) => {
            // The git folder of a worktree names the git folder that has the branches.
            let common = fs::read_to_string(git.join("commondir")).ok();
            let common = common.map_or(git.clone(), |common| git.join(common.trim()));
            // This log also changes when a branch moves from `packed-refs` to a file of its own.
            read(&git.join("logs/HEAD"), watched);
            let packed = read(&common.join("packed-refs"), watched);
            read(&common.join(name), watched).or_else(|| {
                let packed = packed?;
                let mut branches = packed.lines().filter_map(|line| line.split_once(' '));
                let (commit, _) = branches.find(|(_, branch)| *branch == name)?;
                Some(commit.to_owned())
            })?
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

/// Returns the text of a file, and adds an existing file to `watched`.
fn read(path: &Path, watched: &mut Vec<PathBuf>) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    watched.push(path.to_owned());
    Some(text.trim().to_owned())
}

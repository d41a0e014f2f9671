//! `--version`, and how the build script finds the commit that it names.

use std::fs;
use std::path::Path;

#[expect(dead_code, reason = "the script's own beginning is not called here")]
#[path = "../../../src/build.rs"]
mod build;

use crate::support::binary;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// The commit that is found in a folder, after asserting that every file that is watched is there.
fn commit(folder: &Path) -> Option<String> {
    let mut watched = Vec::new();
    let commit = build::commit(folder, &mut watched);
    assert!(watched.iter().all(|path| path.is_file()), "{watched:?}");
    commit
}

#[test]
fn the_version_names_the_commit_where_there_is_one() {
    let output = binary::command().arg("--version").output().unwrap();
    let reported = String::from_utf8(output.stdout).unwrap();
    // The version was set when the program was built. The checkout may be at another commit by now.
    let version = env!("VERSION_WITH_COMMIT");
    assert_eq!(reported, format!("linear-ops {version}\n"));
    let named = version.strip_prefix(env!("CARGO_PKG_VERSION")).unwrap();
    let is_digit = |c: char| c.is_ascii_hexdigit();
    match commit(Path::new(env!("CARGO_MANIFEST_DIR"))) {
        Some(_) => {
            let named = named.strip_prefix(" (").unwrap();
            let named = named.strip_suffix(')').unwrap();
            assert!(
                named.len() == 12 && named.chars().all(is_digit),
                "{reported}"
            );
        }
        None => assert_eq!(named, ""),
    }
}

#[test]
fn the_commit_is_found_in_every_kind_of_checkout() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    assert_eq!(commit(folder), None);
    let found = Some(COMMIT[..12].to_owned());
    // These heads have no commit: nothing is checked out, the branch has no commit, or the text is invalid.
    write(folder, ".git/HEAD", &format!("{COMMIT}\n"));
    assert_eq!(commit(folder), found);
    for head in [
        "ref: refs/heads/main\n",
        "ref: \n",
        "",
        "no commit at all",
        "é",
    ] {
        write(folder, ".git/HEAD", head);
        assert_eq!(commit(folder), None, "{head}");
    }
    write(folder, ".git/HEAD", "ref: refs/heads/main\n");
    let packed = format!(
        "# pack-refs with: peeled\n{} refs/heads/mainly\n{COMMIT} refs/heads/main\n^{}\n",
        "f".repeat(40),
        "e".repeat(40)
    );
    write(folder, ".git/packed-refs", &packed);
    assert_eq!(commit(folder), found);
    write(
        folder,
        ".git/refs/heads/main",
        &format!("{}\n", "a".repeat(40)),
    );
    assert_eq!(commit(folder), Some("a".repeat(12)));
    // A worktree has a git folder beside the git folder with its branches.
    let tree = folder.join("tree");
    write(&tree, ".git", "gitdir: ../.git/worktrees/tree\n");
    write(folder, ".git/worktrees/tree/HEAD", "ref: refs/heads/side\n");
    write(folder, ".git/worktrees/tree/commondir", "../..\n");
    write(folder, ".git/refs/heads/side", COMMIT);
    assert_eq!(commit(&tree), found);
    // A folder within a checkout, such as an unpacked package, has no commit.
    fs::create_dir(folder.join("inside")).unwrap();
    assert_eq!(commit(&folder.join("inside")), None);
}

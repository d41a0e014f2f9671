//! The program run from a terminal.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::process::Stdio;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::support::binary;

/// The two ends of a new terminal: what a person types into and reads from, and what a program has.
fn terminal() -> (File, File) {
    let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&person).unwrap();
    unlockpt(&person).unwrap();
    let name = ptsname(&person, Vec::new()).unwrap();
    let program = OpenOptions::new()
        .read(true)
        .write(true)
        .open(name.to_str().unwrap());
    (File::from(person), program.unwrap())
}

#[test]
fn alone_it_says_what_it_is_instead_of_waiting() {
    for args in [&[][..], &["--sandbox"]] {
        let (_person, program) = terminal();
        let output = binary::command()
            .args(args)
            .stdin(program)
            .output()
            .unwrap();
        let reported = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
        for part in [
            "MCP server",
            "linear-ops doctor",
            "linear-ops help",
            "linear-ops run",
        ] {
            assert!(reported.contains(part), "{reported}");
        }
    }
}

#[test]
fn told_to_serve_it_serves_and_says_what_it_waits_for() {
    let (mut person, program) = terminal();
    let child = binary::command()
        .args(["serve", "--sandbox"])
        .stdin(program)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Ctrl-D sends this byte at the end of input.
    person.write_all(b"\x04").unwrap();
    let output = child.wait_with_output().unwrap();
    let reported = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0));
    assert!(
        reported.contains("waiting for the messages of an MCP client"),
        "{reported}"
    );
}

#[test]
fn run_without_a_file_says_what_it_takes() {
    let (_person, program) = terminal();
    let output = binary::command()
        .args(["run", "--sandbox"])
        .stdin(program)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let reported = String::from_utf8(output.stderr).unwrap();
    assert!(reported.contains("run --help"), "{reported}");
}

#[test]
fn what_it_prints_does_not_steer_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let request = folder.path().join("request.yaml");
    let hostile = "operation: create_issue\nparams: {team: ENG, title: \"t\\e[31m\\e]0;x\\a\\x9b1m\\u202e\"}\n";
    std::fs::write(&request, hostile).unwrap();
    for more in [None, Some("--json")] {
        let (mut person, program) = terminal();
        let mut child = binary::command()
            .args(["run", "--sandbox"])
            .args(more)
            .arg(&request)
            .stdin(Stdio::null())
            .stdout(program)
            .spawn()
            .unwrap();
        assert!(child.wait().unwrap().success());
        let mut shown = [0; 65_536];
        let length = person.read(&mut shown).unwrap();
        let shown = std::str::from_utf8(&shown[..length]).unwrap();
        assert!(shown.contains("[31m"), "{shown}");
        let steers = |c: char| c.is_control() && !matches!(c, '\r' | '\n') || c == '\u{202e}';
        assert!(!shown.contains(steers), "{shown:?}");
    }
}

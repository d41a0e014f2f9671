//! The requests of the pages, run against the stand-in, with what the pages say of their answers; and their commands.

use std::fs;
use std::path::Path;
use std::process::Output;

use linear_ops::sandbox::Sandbox;

use super::{page, pages};
use crate::support::binary;
use crate::support::{TestWorkspace, serve};

/// The fenced blocks of a language in all pages.
fn blocks(language: &str) -> Vec<String> {
    let blocks: Vec<String> = pages()
        .iter()
        .flat_map(|path| fenced(&page(path), language))
        .collect();
    assert!(!blocks.is_empty(), "{language}");
    blocks
}

/// The fenced blocks of a language in a Markdown text, without the indentation of the list that they stand in.
pub fn fenced(text: &str, language: &str) -> Vec<String> {
    let opening = format!("```{language}");
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim_start() != opening {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let block: Vec<&str> = lines
            .by_ref()
            .take_while(|line| line.trim_start() != "```")
            .map(|line| line.get(indent..).unwrap_or_default())
            .collect();
        blocks.push(format!("{}\n", block.join("\n")));
    }
    blocks
}

/// The answers to a block of requests, in one session, parted as `run` parts them.
async fn answers(requests: &str) -> String {
    let workspace = TestWorkspace::new().await;
    let mut answers = Vec::new();
    for request in requests.split("---\n") {
        answers.push(workspace.run(request).await.to_yaml());
    }
    answers.join("---\n")
}

/// Asserts that the lines shown are lines of the answer, in its order. `# …` stands for any that are left out; where
/// it does not stand, none is.
fn assert_shown(shown: &str, answer: &str) {
    let mut lines = answer.lines();
    let mut leap = false;
    for line in shown.lines() {
        if line.trim() == "# …" {
            leap = true;
            continue;
        }
        let found = if leap {
            lines.any(|real| real == line)
        } else {
            lines.next() == Some(line)
        };
        assert!(found, "{line:?} is not next in\n{answer}");
        leap = false;
    }
    assert!(leap || lines.next().is_none(), "more follows in\n{answer}");
}

#[tokio::test]
async fn every_request_is_answered_as_its_page_says() {
    // The README shows the answer to the request of its first command before any other.
    let first = fs::read_to_string("examples/create_issue.yaml").unwrap();
    let mut answer = answers(&first).await;
    let (mut ran, mut compared) = (0, 0);
    for block in blocks("yaml") {
        if block.starts_with("operation: ") {
            answer = answers(&block).await;
            ran += 1;
        } else {
            assert_shown(&block, &answer);
            compared += 1;
        }
    }
    assert!(ran > 15 && compared > 15, "{ran}, {compared}");
}

/// The command lines that begin with a word, without what is said of them.
fn commands(word: &str) -> Vec<Vec<String>> {
    let lines = blocks("sh").concat();
    let lines = lines.lines().filter_map(|line| line.strip_prefix(word));
    let commands: Vec<Vec<String>> = lines
        .map(|line| line.split_once(" #").map_or(line, |(command, _)| command))
        .map(|line| line.split_whitespace().map(str::to_owned).collect())
        .collect();
    assert!(!commands.is_empty(), "{word}");
    commands
}

/// Runs the binary where the files that the pages name are, with the stand-in as Linear.
async fn run(args: Vec<String>, url: String) -> Output {
    let run = move || {
        let folder = tempfile::tempdir().unwrap();
        let request = "operation: get_team\nparams: {team: ENG}\n";
        fs::write(folder.path().join("request.yaml"), request).unwrap();
        let examples = folder.path().join("examples");
        fs::create_dir(&examples).unwrap();
        let example = "examples/create_issue.yaml";
        fs::copy(example, folder.path().join(example)).unwrap();
        binary::command()
            .args(args)
            .current_dir(folder.path())
            .env("HOME", folder.path())
            .env("USERPROFILE", folder.path())
            .env("LINEAR_OPS_STATE_DIR", folder.path().join("state"))
            .env("LINEAR_API_URL", url)
            .env("LINEAR_API_KEY", "lin_api_x")
            .output()
            .unwrap()
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

/// All commands except `linear-ops sandbox`, which runs until it is ended and is tested in `cli`.
#[tokio::test]
async fn every_command_of_the_pages_works() {
    let server = serve(&Sandbox::new()).await;
    let mut ran = commands("linear-ops");
    ran.extend(commands("cargo run -- "));
    ran.retain(|args| args != &["sandbox"]);
    for args in ran {
        let output = run(args.clone(), format!("{}/graphql", server.uri())).await;
        let (out, err) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(output.status.success(), "{args:?}\n{out}{err}");
    }
}

#[tokio::test]
async fn the_doctor_says_what_the_set_up_page_shows() {
    let server = serve(&Sandbox::new()).await;
    let url = format!("{}/graphql", server.uri());
    // Everything is set up except the rule.
    let run = move || {
        let home = tempfile::tempdir().unwrap();
        let bin = Path::new(env!("CARGO_BIN_EXE_linear-ops"));
        let run = |command: &str| {
            let ran = binary::command()
                .arg(command)
                .current_dir(home.path())
                .env("HOME", home.path())
                .env("USERPROFILE", home.path())
                .env("PATH", bin.parent().unwrap())
                .env("LINEAR_OPS_STATE_DIR", home.path().join("state"))
                .env("LINEAR_API_URL", &url)
                .env("LINEAR_API_KEY", "lin_api_read_only")
                .output();
            String::from_utf8(ran.unwrap().stdout).unwrap()
        };
        run("setup");
        fs::remove_file(home.path().join(".claude/settings.json")).unwrap();
        let out = run("doctor").replace(home.path().to_str().unwrap(), "/home/ann");
        out.replace(bin.to_str().unwrap(), "/home/ann/.cargo/bin/linear-ops")
    };
    let out = tokio::task::spawn_blocking(run).await.unwrap();
    let reported: Vec<&str> = squeezed(&out).collect();
    let shown = fenced(&page("examples/SETUP.md"), "text").concat();
    assert!(!shown.is_empty());
    for line in squeezed(&shown) {
        assert!(reported.contains(&line), "{line:?}\n{out}");
    }
}

/// The lines with something in them.
fn squeezed(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.is_empty())
}

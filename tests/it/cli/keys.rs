//! The settings that can give the key, through the real binary against the stand-in over HTTP: what is sent, how often
//! a command is run, and what is told when there is no key. The key is in no output.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use linear_ops::sandbox::Sandbox;
use tempfile::TempDir;
use wiremock::MockServer;

use crate::support::binary::{self, Ended};
use crate::support::serve;

/// What no output may hold.
const SECRET: &str = "Xyzzy4711Unmistakable";

const TEAM: &str = "operation: get_team\nparams: {team: ENG}\n";

/// Runs a request against a server, with everything logged, and asserts that the key is not in the output.
async fn run(server: &MockServer, request: &str, vars: &[(&str, &str)]) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("request.yaml");
    fs::write(&file, request).unwrap();
    let mut command = binary::command();
    command
        .arg("run")
        .arg(&file)
        .env("LINEAR_API_URL", format!("{}/graphql", server.uri()))
        .env("LINEAR_OPS_LOG", "trace")
        .env("PATH", std::env::var_os("PATH").unwrap())
        .envs(vars.iter().copied());
    let output = tokio::task::spawn_blocking(move || command.output()).await;
    let output = output.unwrap().unwrap();
    let ended = Ended::from(output);
    assert!(!ended.out.contains(SECRET), "{}", ended.out);
    assert!(!ended.err.contains(SECRET), "{}", ended.err);
    ended
}

/// The `Authorization` headers that a server has seen.
async fn headers(server: &MockServer) -> Vec<String> {
    let requests = server.received_requests().await.unwrap();
    let headers = requests.iter().filter_map(|request| {
        let header = request.headers.get("authorization")?;
        Some(header.to_str().unwrap().to_owned())
    });
    headers.collect()
}

/// A file with that text and those permissions.
fn file(folder: &TempDir, name: &str, bytes: &[u8], mode: u32) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn a_key_comes_from_a_file_or_from_a_command() {
    let folder = tempfile::tempdir().unwrap();
    let personal = format!("lin_api_{SECRET}");
    let token = format!("lin_oauth_{SECRET}");
    let private = file(
        &folder,
        "key",
        format!(" {personal}\r\n\n").as_bytes(),
        0o600,
    );
    let oauth = file(&folder, "token", token.as_bytes(), 0o400);
    let link = folder.path().join("link");
    symlink(&private, &link).unwrap();
    let bearer = format!("Bearer {token}");
    let print = format!("printf ' {personal}\\n\\n'");
    let piped = format!("printf '{personal}\\nuser: ann\\n' | head -n 1; echo {SECRET} >&2");
    let of_shell = format!("key=\"$PREFIX\"'{SECRET}'; echo \"${{key}}\"");
    for (name, value, header) in [
        ("LINEAR_API_KEY_FILE", text(&private), &personal),
        ("LINEAR_API_KEY_FILE", text(&link), &personal),
        ("LINEAR_API_KEY_FILE", "~/key", &personal),
        ("LINEAR_API_KEY_FILE", text(&oauth), &bearer),
        ("LINEAR_API_KEY_COMMAND", of_shell.as_str(), &personal),
        ("LINEAR_API_KEY_COMMAND", "cat \"$HOME\"/token", &bearer),
        (
            "LINEAR_API_KEY_COMMAND",
            "head -n 1 < key 2>/dev/null || cat ~/key",
            &personal,
        ),
    ] {
        let server = serve(&Sandbox::new()).await;
        let vars = [
            (name, value),
            ("HOME", text(folder.path())),
            ("PREFIX", "lin_api_"),
            // Clients pass variables that are not set on like this.
            ("LINEAR_API_KEY", ""),
            ("LINEAR_ACCESS_TOKEN", "${LINEAR_ACCESS_TOKEN}"),
        ];
        let ended = run(&server, TEAM, &vars).await;
        assert_eq!(ended.code, Some(0), "{value}: {}", ended.out);
        assert_eq!(headers(&server).await, [header.as_str()], "{value}");
    }
    // A key in the command itself is visible to every process of the machine.
    for command in [print, piped] {
        let server = serve(&Sandbox::new()).await;
        let vars = [("LINEAR_API_KEY_COMMAND", command.as_str())];
        let ended = run(&server, TEAM, &vars).await;
        assert_eq!(ended.code, Some(4), "{}", ended.out);
        assert!(ended.out.contains("looks like a key"), "{}", ended.out);
    }
}

#[tokio::test]
async fn a_file_that_is_no_key_file_is_told_and_nothing_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let key = format!("lin_api_{SECRET}");
    let pipe = folder.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    fs::set_permissions(&pipe, fs::Permissions::from_mode(0o600)).unwrap();
    let long = format!("{key}{}", "x".repeat(1_000_000));
    let sub = folder.path().join("folder");
    fs::create_dir(&sub).unwrap();
    for (path, part) in [
        (folder.path().join("missing"), "cannot be read"),
        (sub, "is not a regular file"),
        (pipe, "is not a regular file"),
        (PathBuf::from("/dev/zero"), "is not a regular file"),
        (file(&folder, "open", key.as_bytes(), 0o644), "(mode 0644)"),
        (file(&folder, "group", key.as_bytes(), 0o640), "(mode 0640)"),
        (
            file(&folder, "long", long.as_bytes(), 0o600),
            "holds more than 4096 bytes",
        ),
        (file(&folder, "empty", b"\n", 0o600), "holds nothing"),
        (
            file(&folder, "two", format!("{key}\n{key}\n").as_bytes(), 0o600),
            "holds more than one line",
        ),
        (file(&folder, "bytes", b"\xff\xfe", 0o600), "not UTF-8"),
        (
            file(&folder, "quoted", format!("\"{key}\"").as_bytes(), 0o600),
            "holds characters that no key has",
        ),
        (PathBuf::from("key"), "is not an absolute path"),
    ] {
        let server = serve(&Sandbox::new()).await;
        let ended = run(&server, TEAM, &[("LINEAR_API_KEY_FILE", text(&path))]).await;
        assert_eq!(ended.code, Some(4), "{path:?}: {}", ended.out);
        assert!(ended.out.contains("code: CONFIG_ERROR\n"), "{}", ended.out);
        assert!(ended.out.contains("LINEAR_API_KEY_FILE"), "{}", ended.out);
        assert!(ended.out.contains(part), "{path:?}: {}", ended.out);
        assert!(headers(&server).await.is_empty(), "{path:?}");
    }
}

#[tokio::test]
async fn a_command_that_brings_no_key_is_told_and_nothing_is_sent() {
    let half = SECRET.split_at(10);
    let secret = format!("{}''{}", half.0, half.1);
    for (command, part) in [
        (format!("echo {secret}; exit 3"), "ended with exit code 3"),
        (
            format!("echo {secret} >&2; exit 1"),
            "ended with exit code 1",
        ),
        (
            "no-such-command-at-all".to_owned(),
            "ended with exit code 127",
        ),
        (
            format!("echo {secret}; kill -KILL $$"),
            "was ended by a signal",
        ),
        (
            format!("echo {secret}; sleep 600"),
            "did not bring the key within 1.5 s",
        ),
        (format!("yes {secret}"), "printed more than 4096 bytes"),
        (
            format!("yes {secret} | head -c 50000000"),
            "printed more than 4096 bytes",
        ),
        ("true".to_owned(), "printed nothing"),
        ("cat".to_owned(), "printed nothing"),
        (
            format!("echo {secret}; echo {secret}"),
            "printed more than one line",
        ),
        ("printf '\\377'".to_owned(), "not UTF-8"),
        (
            format!("echo 'two words {secret}'"),
            "holds characters that no key has",
        ),
    ] {
        let server = serve(&Sandbox::new()).await;
        let vars = [
            ("LINEAR_API_KEY_COMMAND", command.as_str()),
            (
                "LINEAR_OPS_TIMEOUT_MS",
                if part.contains("1.5") {
                    "1500"
                } else {
                    "60000"
                },
            ),
            ("LINEAR_OPS_DEADLINE_MS", "120000"),
        ];
        let ended = run(&server, TEAM, &vars).await;
        assert_eq!(ended.code, Some(4), "{command}: {}", ended.out);
        assert!(ended.out.contains("code: CONFIG_ERROR\n"), "{}", ended.out);
        assert!(
            ended.out.contains("LINEAR_API_KEY_COMMAND"),
            "{}",
            ended.out
        );
        assert!(ended.out.contains(part), "{command}: {}", ended.out);
        assert!(ended.out.contains("mcp_calls: 0\n"), "{}", ended.out);
        assert!(headers(&server).await.is_empty(), "{command}");
    }
}

#[tokio::test]
async fn a_command_that_hangs_is_killed_with_what_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    let command = format!(
        "echo $$ > {0}; sleep 600 & echo $! >> {0}; (sleep 600 | cat) & wait",
        text(&pids)
    );
    let server = serve(&Sandbox::new()).await;
    let vars = [
        ("LINEAR_API_KEY_COMMAND", command.as_str()),
        ("LINEAR_OPS_TIMEOUT_MS", "2000"),
    ];
    let ended = run(&server, TEAM, &vars).await;
    assert_eq!(ended.code, Some(4), "{}", ended.out);
    let pids = fs::read_to_string(&pids).unwrap();
    assert_eq!(pids.lines().count(), 2, "{pids}");
    for pid in pids.lines() {
        let alive = || {
            // A process that has ended but that its parent has not waited for is a zombie.
            let status = fs::read_to_string(format!("/proc/{pid}/stat"));
            status.is_ok_and(|status| !status.contains(") Z "))
        };
        for _ in 0..600 {
            if !alive() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        assert!(!alive(), "{pid} is still running");
    }
}

#[tokio::test]
async fn two_settings_that_give_a_key_are_refused_before_either_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let ran = folder.path().join("ran");
    let key = file(&folder, "key", SECRET.as_bytes(), 0o600);
    let touch = format!("touch {}", text(&ran));
    let server = serve(&Sandbox::new()).await;
    let vars = [
        ("LINEAR_API_KEY", SECRET),
        ("LINEAR_API_KEY_FILE", text(&key)),
        ("LINEAR_API_KEY_COMMAND", touch.as_str()),
    ];
    for vars in [&vars[..2], &vars[1..], &vars] {
        let ended = run(&server, TEAM, vars).await;
        assert_eq!(ended.code, Some(4), "{}", ended.out);
        for (name, _) in vars {
            assert!(ended.out.contains(name), "{}", ended.out);
        }
        assert!(ended.out.contains("different workspaces"), "{}", ended.out);
    }
    assert!(headers(&server).await.is_empty() && !ran.exists());
}

/// A Linear that accepts no key.
async fn refusing() -> MockServer {
    let server = MockServer::start().await;
    wiremock::Mock::given(wiremock::matchers::any())
        .respond_with(wiremock::ResponseTemplate::new(401))
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn a_key_that_linear_refuses_is_told_by_its_setting() {
    let folder = tempfile::tempdir().unwrap();
    let key = file(&folder, "key", SECRET.as_bytes(), 0o600);
    let print = format!("cat {}", text(&key));
    let batch = format!("as: a\n{TEAM}---\noperation: list_teams\n");
    for (name, value, part) in [
        ("LINEAR_API_KEY", SECRET, "set LINEAR_API_KEY to it"),
        (
            "LINEAR_ACCESS_TOKEN",
            SECRET,
            "set LINEAR_ACCESS_TOKEN to it",
        ),
        (
            "LINEAR_API_KEY_FILE",
            text(&key),
            "the file that LINEAR_API_KEY_FILE names",
        ),
        (
            "LINEAR_API_KEY_COMMAND",
            &print,
            "the command of LINEAR_API_KEY_COMMAND",
        ),
    ] {
        let server = refusing().await;
        for request in [TEAM, &batch] {
            let ended = run(&server, request, &[(name, value)]).await;
            assert_eq!(ended.code, Some(4), "{}", ended.out);
            assert!(ended.out.contains("UNAUTHORIZED"), "{}", ended.out);
            assert!(ended.out.contains(part), "{}", ended.out);
        }
    }
}

#[tokio::test]
async fn what_repeats_a_key_that_was_fetched_is_not_told() {
    let folder = tempfile::tempdir().unwrap();
    let key = file(&folder, "key", format!("Bearer {SECRET}").as_bytes(), 0o600);
    let print = format!("cat {}", text(&key));
    let body = format!(
        r#"{{"errors": [{{"message": "No {SECRET} here", "extensions": {{"userPresentableMessage": "Bearer {SECRET} is bad"}}}}]}}"#
    );
    let server = MockServer::start().await;
    wiremock::Mock::given(wiremock::matchers::any())
        .respond_with(wiremock::ResponseTemplate::new(200).set_body_string(body))
        .mount(&server)
        .await;
    for (name, value) in [
        ("LINEAR_API_KEY_FILE", text(&key)),
        ("LINEAR_API_KEY_COMMAND", print.as_str()),
    ] {
        // The second request repeats the key itself, as a name and as a text to be written.
        let requests = format!(
            "{TEAM}---\noperation: get_team\nparams: {{team: {SECRET}, {SECRET}: 1}}\n---\noperation: create_comment\nparams: {{issue_id: ENG-231, body: {SECRET}}}\n"
        );
        let ended = run(&server, &requests, &[(name, value)]).await;
        assert_eq!(ended.code, Some(1), "{}", ended.out);
        assert!(ended.out.contains("LINEAR_API_ERROR"), "{}", ended.out);
        assert!(ended.out.contains("API key or token"), "{}", ended.out);
    }
}

#[tokio::test]
async fn success_without_a_key_needs_none() {
    let server = serve(&Sandbox::new()).await;
    let ended = run(&server, "operation: help\n", &[]).await;
    assert_eq!(ended.code, Some(0), "{}", ended.out);
}

//! `linear-ops setup` through the real binary. Each test has its own home folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use linear_ops::sandbox::Sandbox;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::binary::{self, Ended};
use crate::support::serve;

/// A user's home folder, a folder to work in, and what the user's shell has.
pub struct Home {
    temporary: TempDir,
    variables: Vec<(String, String)>,
}

impl Home {
    /// An empty home, with this program on the `PATH` and a key for an address where nobody answers.
    pub fn new() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        for folder in ["home", "work"] {
            fs::create_dir(temporary.path().join(folder)).unwrap();
        }
        let bin = Path::new(env!("CARGO_BIN_EXE_linear-ops"))
            .parent()
            .unwrap();
        let mut home = Self {
            temporary,
            variables: Vec::new(),
        };
        let folder = home.path("home").display().to_string();
        home.set("HOME", &folder);
        home.set("USERPROFILE", &folder);
        home.set("PATH", bin.to_str().unwrap());
        home.set("LINEAR_API_KEY", "lin_api_sandbox");
        home.set("LINEAR_API_URL", "http://127.0.0.1:1/graphql");
        let state = home.path("state").display().to_string();
        home.set("LINEAR_OPS_STATE_DIR", &state);
        home
    }

    /// Sets an environment variable of the commands.
    pub fn set(&mut self, name: &str, value: &str) {
        self.unset(name);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    pub fn unset(&mut self, name: &str) {
        self.variables.retain(|(other, _)| other != name);
    }

    /// A path below `home` or `work`, as Claude Code writes paths.
    pub fn path(&self, path: &str) -> PathBuf {
        self.temporary.path().canonicalize().unwrap().join(path)
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    pub fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.read(path)).unwrap()
    }

    pub fn run(&self, args: &[&str]) -> Ended {
        let output = binary::command()
            .args(args)
            .current_dir(self.path("work"))
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .output()
            .unwrap();
        Ended::from(output)
    }

    /// Runs `setup` with these arguments, which has to find everything usable.
    pub fn setup(&self, args: &[&str]) -> String {
        let ended = self.run(&[&["setup"], args].concat());
        assert_ne!(ended.code, Some(2), "{}", ended.err);
        ended.out
    }

    /// Runs `setup` with these arguments, which has to change nothing; returns why.
    fn refused(&self, args: &[&str]) -> String {
        let before = self.tree();
        let ended = self.run(&[&["setup"], args].concat());
        assert_eq!(ended.code, Some(2), "{}", ended.out);
        assert_eq!(self.tree(), before);
        ended.err
    }

    /// Everything below the home, the folder and the state: folders, files with their bytes and modes, and links.
    fn tree(&self) -> BTreeMap<PathBuf, String> {
        let mut tree = BTreeMap::new();
        let mut folders = vec![self.path("")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let data = fs::symlink_metadata(&path).unwrap();
                let mode = data.permissions();
                let what = if data.is_symlink() {
                    format!("link to {}", fs::read_link(&path).unwrap().display())
                } else if data.is_dir() {
                    folders.push(path.clone());
                    format!("folder {mode:?}")
                } else {
                    format!("{mode:?} {}", fs::read_to_string(&path).unwrap())
                };
                tree.insert(path, what);
            }
        }
        tree
    }
}

const GLOBAL: &str = "home/.claude.json";
const SETTINGS: &str = "home/.claude/settings.json";
const AGENT: &str = "home/.claude/agents/linear-ops-agent.md";

/// As Claude Code leaves its file, with things in it that a program would not write so.
const USED: &str = "{\n  \"numStartups\": 3,\n  \"ratio\": 1.50,\n  \"big\": 12345678901234567890123,\n  \"name\": \"caf\\u00e9\",\n  \"mcpServers\": {\n    \"github\": { \"command\": \"gh\", \"env\": {\"TOKEN\": \"ghp_of_somebody\"} }\n  },\n  \"projects\": {}\n}";

fn entry() -> Value {
    json!({"type": "stdio", "command": "linear-ops", "args": ["--tools", "yaml"], "env": {}})
}

#[tokio::test]
async fn all_is_well_after_setup_a_second_one_changes_nothing_and_remove_takes_it_back() {
    let server = serve(&Sandbox::new()).await;
    let url = format!("{}/graphql", server.uri());
    let work = move || {
        let mut home = Home::new();
        home.set("LINEAR_API_URL", &url);
        home.write(GLOBAL, USED);
        home.write(SETTINGS, "{\n\t\"model\": \"opus\",\n\t\"permissions\": {\n\t\t\"allow\": [\"Bash(ls)\"]\n\t}\n}\n");
        let before = home.tree();

        let first = home.run(&["setup"]);
        assert_eq!(
            (first.code, first.err.as_str()),
            (Some(0), ""),
            "{}",
            first.out
        );
        assert!(
            first.out.contains(" 0 warnings, 0 failures\n"),
            "{}",
            first.out
        );
        assert!(
            first.out.contains("lists linear, linear_read"),
            "{}",
            first.out
        );
        assert!(
            first.out.contains("+  \"command\": \"linear-ops\","),
            "{}",
            first.out
        );
        assert!(!first.out.contains("ghp_of_somebody"), "{}", first.out);
        let global = home.read(GLOBAL);
        assert_eq!(home.json(GLOBAL)["mcpServers"]["linear-ops"], entry());
        let (start, rest) = USED.split_once(" }\n  },").unwrap();
        assert!(
            global.starts_with(start) && global.ends_with(rest),
            "{global}"
        );
        assert_eq!(
            home.json(SETTINGS)["permissions"]["allow"],
            json!(["Bash(ls)", "mcp__linear-ops__linear"])
        );
        assert!(home.read(AGENT).contains("\nname: linear-ops-agent\n"));

        let after = home.tree();
        let second = home.run(&["setup"]);
        assert_eq!(second.code, Some(0), "{}", second.out);
        assert_eq!(
            second.out.matches(": as it should be\n").count(),
            3,
            "{}",
            second.out
        );
        assert!(
            second.out.contains("Nothing had to be changed."),
            "{}",
            second.out
        );
        assert_eq!(home.tree(), after);

        let removed = home.run(&["setup", "--remove"]);
        assert_eq!((removed.code, removed.err.as_str()), (Some(0), ""));
        assert!(!removed.out.contains("note:"), "{}", removed.out);
        assert_eq!(home.tree(), before);
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}

#[test]
fn nothing_is_left_in_a_home_that_was_empty() {
    for scope in ["user", "project"] {
        let home = Home::new();
        let before = home.tree();
        home.setup(&["--scope", scope]);
        assert_eq!(
            home.json(SETTINGS)["permissions"]["allow"],
            json!(["mcp__linear-ops__linear"])
        );
        let (servers, agent) = match scope {
            "user" => (GLOBAL, AGENT),
            _ => ("work/.mcp.json", "work/.claude/agents/linear-ops-agent.md"),
        };
        assert_eq!(
            home.json(servers),
            json!({"mcpServers": {"linear-ops": entry()}})
        );
        assert!(home.path(agent).is_file());
        home.setup(&["--scope", scope, "--remove"]);
        assert_eq!(home.tree(), before, "{scope}");
    }
}

#[test]
fn a_dry_run_shows_every_change_and_makes_none() {
    let home = Home::new();
    home.write(GLOBAL, USED);
    let before = home.tree();
    let out = home.setup(&["--dry-run", "--read-only", "--tools", "linear,get_issue"]);
    assert_eq!(home.tree(), before);
    for part in [
        "@@ mcpServers.linear-ops @@",
        "+    \"linear,get_issue\",\n+    \"--read-only\"\n",
        "@@ permissions.allow @@\n+\"mcp__linear-ops__linear\"\n",
        "+name: linear-ops-agent\n",
        "Nothing was changed",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
    assert!(!out.contains("ghp_of_somebody"), "{out}");
    home.setup(&[]);
    let before = home.tree();
    let out = home.setup(&["--dry-run", "--remove"]);
    assert!(out.contains("-\"mcp__linear-ops__linear\"\n"), "{out}");
    assert_eq!(home.tree(), before);
}

#[test]
fn a_name_is_that_of_server_agent_tool_and_rule() {
    let home = Home::new();
    home.setup(&[]);
    let before = home.tree();
    let key = "LINEAR_API_KEY=${LINEAR_WORK_API_KEY}";
    let out = home.setup(&[
        "--name",
        "linear-work",
        "--env",
        key,
        "--env",
        "LINEAR_OPS_TEAMS=ENG",
    ]);
    assert!(!out.contains("same key"), "{out}");
    let entry = &home.json(GLOBAL)["mcpServers"]["linear-work"];
    assert_eq!(
        entry["env"],
        json!({"LINEAR_API_KEY": "${LINEAR_WORK_API_KEY}", "LINEAR_OPS_TEAMS": "ENG"})
    );
    let agent = home.read("home/.claude/agents/linear-work-agent.md");
    assert!(agent.contains("\nname: linear-work-agent\n"), "{agent}");
    assert!(
        agent.contains("\ntools: mcp__linear-work__linear\n"),
        "{agent}"
    );
    let rules = home.json(SETTINGS)["permissions"]["allow"].clone();
    assert_eq!(
        rules,
        json!(["mcp__linear-ops__linear", "mcp__linear-work__linear"])
    );
    assert!(
        out.contains("linear-work-agent.md calls mcp__linear-work__linear"),
        "{out}"
    );
    assert!(out.contains("alone has LINEAR_OPS_TEAMS"), "{out}");
    home.setup(&["--name", "linear-work", "--remove"]);
    assert_eq!(home.tree(), before);
    let out = home.setup(&["--name", "linear-work", "--dry-run"]);
    assert!(
        out.contains("uses the same key as every other server"),
        "{out}"
    );
}

#[cfg(unix)]
#[test]
fn links_and_permissions_stay_and_a_read_only_file_is_left_alone() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let mode = |path: &Path, mode: u32| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let home = Home::new();
    home.write("home/dotfiles/claude.json", &format!("\u{feff}{USED}"));
    mode(&home.path("home/dotfiles/claude.json"), 0o640);
    symlink("dotfiles/claude.json", home.path(GLOBAL)).unwrap();
    let before = home.tree();
    home.setup(&[]);
    assert_eq!(
        fs::read_link(home.path(GLOBAL)).unwrap(),
        Path::new("dotfiles/claude.json")
    );
    let file = home.path("home/dotfiles/claude.json");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    let text = fs::read_to_string(file).unwrap();
    assert!(
        text.starts_with("\u{feff}{") && text.contains("linear-ops"),
        "{text}"
    );
    home.setup(&["--remove"]);
    assert_eq!(home.tree(), before);

    mode(&home.path("home/dotfiles/claude.json"), 0o400);
    let why = home.refused(&[]);
    assert!(why.contains(".claude.json is read-only"), "{why}");
    fs::remove_file(home.path("home/dotfiles/claude.json")).unwrap();
    let why = home.refused(&[]);
    assert!(why.contains("is a link that leads nowhere"), "{why}");
    // Other users must not be able to read Claude Code's file.
    fs::remove_file(home.path(GLOBAL)).unwrap();
    home.setup(&[]);
    let data = home.path(GLOBAL).metadata().unwrap();
    assert_eq!(data.permissions().mode() & 0o777, 0o600);
}

#[test]
fn what_cannot_be_used_is_refused_before_anything_is_written() {
    for (path, text, part) in [
        (
            GLOBAL,
            "{\n  \"a\": 1,\n}",
            ".claude.json is not JSON, so nothing was changed: trailing comma at line 3 column 1",
        ),
        (SETTINGS, "{ // rules\n}", "settings.json is not JSON"),
        (GLOBAL, "[]", ".claude.json holds no JSON object"),
        (
            GLOBAL,
            r#"{"mcpServers": []}"#,
            "`mcpServers` that is not an object",
        ),
        (
            SETTINGS,
            r#"{"permissions": {"allow": "all"}}"#,
            "`allow` that is not an array",
        ),
        (
            GLOBAL,
            r#"{"mcpServers": {"linear-ops": {"command": "other"}}}"#,
            "registers another server as linear-ops",
        ),
        (
            GLOBAL,
            r#"{"mcpServers": {"linear-ops": {"url": "https://a.example"}}}"#,
            "--force",
        ),
        (AGENT, "---\nname: mine\n---\n", "is not as setup placed it"),
    ] {
        let home = Home::new();
        home.write(path, text);
        let why = home.refused(&[]);
        assert!(why.contains(part), "{text}: {why}");
    }
    let home = Home::new();
    for (args, part) in [
        (&["--name", "a b"][..], "letters, digits"),
        (&["--name", "a__b"], "single underscores"),
        (
            &["--env", "LINEAR_API_KEY=lin_api_secret"],
            "a key does not belong",
        ),
        (&["--env", "LINEAR_API_KEY=plain"], "a key does not belong"),
        (&["--env", "LINEAR_OPS_TEAM=ENG"], "no such setting"),
        (&["--plugin", "--name", "x"], "cannot be used with"),
        (&["--client", "codex", "--force"], "Claude Code alone"),
        (&["--client", "emacs"], "possible values"),
    ] {
        let why = home.refused(args);
        assert!(why.contains(part), "{why}");
        assert!(!why.contains("secret"), "{why}");
    }
}

#[test]
fn claude_code_s_own_lock_is_waited_for_and_an_old_one_taken_over() {
    let home = Home::new();
    home.write(GLOBAL, USED);
    let lock = home.path("home/.claude.json.lock");
    fs::create_dir(&lock).unwrap();
    let why = home.refused(&[]);
    assert!(why.contains("is being written by Claude Code"), "{why}");
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1);
    fs::File::open(&lock)
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
    home.setup(&[]);
    assert!(!lock.exists());
}

#[test]
fn an_agent_of_a_former_version_is_replaced_and_an_edited_one_only_by_force() {
    let home = Home::new();
    home.setup(&[]);
    let current = home.read(AGENT);
    // An outdated file that nobody has edited has the same text with another version in the comment.
    let version = format!("setup {} (", env!("CARGO_PKG_VERSION"));
    home.write(AGENT, &current.replace(&version, "setup 0.0.1 ("));
    let ended = home.run(&["doctor", "--sandbox"]);
    assert!(
        ended.out.contains("was placed by linear-ops 0.0.1"),
        "{}",
        ended.out
    );
    let edited = current.replace("model: haiku", "model: sonnet");
    assert_ne!(edited, current);
    home.write(AGENT, &edited);
    assert!(home.refused(&[]).contains("somebody wrote or edited it"));
    let out = home.setup(&["--remove"]);
    assert!(
        out.contains("it is not as setup placed it; --force removes it"),
        "{out}"
    );
    assert_eq!(home.read(AGENT), edited);
    let out = home.setup(&["--force"]);
    assert!(out.contains("-model: sonnet\n+model: haiku\n"), "{out}");
    assert_eq!(home.read(AGENT), current);
    // A copy that was made by hand is accepted, and is not removed.
    let (first, rest) = current.split_once('\n').unwrap();
    let (_, rest) = rest.split_once('\n').unwrap();
    let copied = format!("{first}\n{rest}");
    home.write(AGENT, &copied);
    home.setup(&[]);
    home.setup(&["--remove"]);
    assert_eq!(home.read(AGENT), copied);
}

#[test]
fn an_entry_that_is_there_is_kept_but_for_what_is_wrong_or_asked_for() {
    let mut home = Home::new();
    let bin = env!("CARGO_BIN_EXE_linear-ops");
    let registered = |entry: Value| json!({"mcpServers": {"linear-ops": entry}}).to_string();
    let entry = |home: &Home| home.json(GLOBAL)["mcpServers"]["linear-ops"].clone();
    let users_entry = json!({"command": bin, "args": ["--tools", "all", "--read-only"], "env": {"LINEAR_OPS_TEAMS": "ENG"}, "timeout": 5});
    home.write(GLOBAL, &registered(users_entry.clone()));
    home.setup(&[]);
    assert_eq!(entry(&home), users_entry);
    home.setup(&["--tools", "yaml"]);
    let mut wanted = users_entry.clone();
    wanted["args"] = json!(["--tools", "yaml"]);
    assert_eq!(entry(&home), wanted);
    // The entry existed before `setup`, so that it is not removed.
    let out = home.setup(&["--remove"]);
    assert!(
        out.contains("no note that setup registered it; --force removes it"),
        "{out}"
    );
    assert_eq!(entry(&home), wanted);
    home.setup(&["--remove", "--force"]);
    assert_eq!(entry(&home), Value::Null);

    let wrong =
        json!({"command": "/nowhere/linear-ops", "args": ["run"], "env": {"LINEAR_API_KEY": ""}});
    home.write(GLOBAL, &registered(wrong));
    home.setup(&[]);
    assert_eq!(
        entry(&home),
        json!({"command": "linear-ops", "args": ["--tools", "yaml"], "env": {}})
    );

    // A key in plain text is taken out where the shell has it, and never shown.
    let plain = json!({"command": "linear-ops", "args": [], "env": {"LINEAR_ACCESS_TOKEN": "hunter2hunter2"}});
    home.write(GLOBAL, &registered(plain.clone()));
    let out = home.setup(&[]);
    assert!(
        out.contains("holds a key in plain text as LINEAR_ACCESS_TOKEN"),
        "{out}"
    );
    assert!(!out.contains("hunter2"), "{out}");
    assert_eq!(entry(&home), plain);
    home.set("LINEAR_ACCESS_TOKEN", "hunter2hunter2");
    let out = home.setup(&[]);
    assert!(out.contains("LINEAR_ACCESS_TOKEN is taken out"), "{out}");
    assert!(!out.contains("hunter2"), "{out}");
    assert_eq!(entry(&home)["env"], json!({}));
}

#[test]
fn what_setup_did_not_make_stays_and_is_named() {
    let home = Home::new();
    home.write(GLOBAL, "{\n  \"mcpServers\": {}\n}\n");
    home.write(
        SETTINGS,
        "{\n  \"permissions\": {\n    \"allow\": [\n      \"mcp__linear-ops\"\n    ]\n  }\n}\n",
    );
    home.setup(&[]);
    assert_eq!(
        home.json(SETTINGS)["permissions"]["allow"],
        json!(["mcp__linear-ops"])
    );
    let out = home.setup(&["--remove"]);
    assert!(
        out.contains("`mcpServers` is left empty: it may have been there before"),
        "{out}"
    );
    assert_eq!(home.read(GLOBAL), "{\n  \"mcpServers\": {}\n}\n");
    assert_eq!(
        home.json(SETTINGS)["permissions"]["allow"],
        json!(["mcp__linear-ops"])
    );
    assert!(
        !home.path("state/setup.json").exists(),
        "nothing is left to be noted"
    );
    // Both scopes share one permission rule.
    home.write(SETTINGS, "{}");
    home.setup(&[]);
    home.setup(&["--scope", "project"]);
    let out = home.setup(&["--scope", "project", "--remove"]);
    assert!(
        out.contains("the rule mcp__linear-ops__linear stays: "),
        "{out}"
    );
    assert!(!home.path("work/.mcp.json").exists());
    // Without the record, entries that may have existed before `setup` stay.
    fs::remove_dir_all(home.path("state")).unwrap();
    let out = home.setup(&["--remove"]);
    assert_eq!(
        out.matches("there is no note that setup").count(),
        2,
        "{out}"
    );
    assert!(home.read(GLOBAL).contains("linear-ops"));
    assert!(
        !home.path(AGENT).exists(),
        "the file itself says who placed it"
    );
}

#[test]
fn without_the_program_on_the_path_its_whole_path_is_registered_and_why_is_told() {
    let mut home = Home::new();
    home.unset("PATH");
    let out = home.setup(&["--scope", "project"]);
    assert!(
        out.contains("whole path, because 'linear-ops' is not on the PATH. Whoever else"),
        "{out}"
    );
    let command = home.json("work/.mcp.json")["mcpServers"]["linear-ops"]["command"].clone();
    let bin = Path::new(env!("CARGO_BIN_EXE_linear-ops"))
        .canonicalize()
        .unwrap();
    assert_eq!(command, bin.to_str().unwrap());
}

#[test]
fn without_a_key_it_says_where_one_goes() {
    let mut home = Home::new();
    home.unset("LINEAR_API_KEY");
    let out = home.setup(&["--dry-run"]);
    assert!(
        out.contains("Export LINEAR_API_KEY in the shell that starts it"),
        "{out}"
    );
}

#[test]
fn a_folder_of_its_own_for_claude_code_is_used() {
    let mut home = Home::new();
    let before = home.tree();
    let folder = home.path("home/other").display().to_string();
    home.set("CLAUDE_CONFIG_DIR", &folder);
    let out = home.setup(&[]);
    for file in [
        ".claude.json",
        "settings.json",
        "agents/linear-ops-agent.md",
    ] {
        assert!(home.path("home/other").join(file).is_file(), "{file}");
    }
    assert!(!home.path("home/.claude").exists());
    assert!(out.contains("'linear-ops' in "), "{out}");
    home.setup(&["--remove"]);
    assert_eq!(home.tree(), before);
    // A file in the former place is used where it exists.
    home.write("home/other/.config.json", "{}");
    home.setup(&[]);
    assert!(home.read("home/other/.config.json").contains("linear-ops"));
}

#[cfg(unix)]
#[test]
fn the_plugin_is_installed_by_claude_code_itself() {
    use std::os::unix::fs::PermissionsExt as _;

    let mut home = Home::new();
    // The script writes to the settings itself, as Claude Code does.
    let script = r#"#!/bin/sh
echo "$@" >> "$HOME/calls"
echo done "$2"
mkdir -p "$HOME/.claude"
[ "$2" != install ] || echo '{"enabledPlugins": {"x": true}}' > "$HOME/.claude/settings.json"
"#;
    home.write("home/bin/claude", script);
    let script = home.path("home/bin/claude");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let why = home.refused(&["--plugin"]);
    assert!(why.contains("claude is not on the PATH"), "{why}");
    let path = format!("{}:/usr/bin:/bin", home.path("home/bin").display());
    home.set("PATH", &path);
    let out = home.setup(&["--plugin"]);
    let repository = env!("CARGO_PKG_REPOSITORY");
    assert_eq!(
        home.read("home/calls"),
        format!(
            "plugin marketplace add {repository} --scope user\nplugin install linear-ops@linear-ops --scope user\n"
        )
    );
    assert!(out.contains("done install"), "{out}");
    assert!(
        out.contains("/plugin configure linear-ops@linear-ops"),
        "{out}"
    );
    let rule = "mcp__plugin_linear-ops_linear-ops__linear";
    assert_eq!(
        home.json(SETTINGS),
        json!({"enabledPlugins": {"x": true}, "permissions": {"allow": [rule]}})
    );
    assert!(!home.path(GLOBAL).exists());
    assert!(home.path(AGENT).is_file());
    home.setup(&["--plugin", "--remove"]);
    assert!(home.read("home/calls").ends_with(
        "plugin uninstall linear-ops@linear-ops --scope user\nplugin marketplace remove linear-ops\n"
    ));
    assert_eq!(home.read(SETTINGS), "{\"enabledPlugins\": {\"x\": true}}\n");
    assert!(!home.path("home/.claude/agents").exists());
    fs::remove_file(home.path(SETTINGS)).unwrap();
    home.write(
        "home/bin/claude",
        "#!/bin/sh\necho 'no network' >&2\nexit 1\n",
    );
    let out = home.setup(&["--plugin", "--remove"]);
    assert!(out.contains("note: claude plugin uninstall"), "{out}");
    let ended = home.run(&["setup", "--plugin"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("failed: no network"), "{}", ended.err);
    assert!(!home.path(SETTINGS).exists());
}

#[test]
fn other_clients_are_told_of_and_nothing_is_written() {
    let home = Home::new();
    let before = home.tree();
    for (client, parts) in [
        (
            "codex",
            &[
                "[mcp_servers.linear-ops]\ncommand = \"linear-ops\"\nargs = [\"--tools\",\"yaml\"]\nenv_vars = [\"LINEAR_API_KEY\"]\n",
            ][..],
        ),
        (
            "gemini",
            &[
                "gemini mcp add --scope user linear-ops -e 'LINEAR_API_KEY=$LINEAR_API_KEY' linear-ops --tools yaml\n",
            ],
        ),
        (
            "opencode",
            &["opencode mcp add linear-ops -- linear-ops --tools yaml\n"],
        ),
        (
            "cursor",
            &[
                "~/.cursor/mcp.json",
                "\"LINEAR_API_KEY\": \"${env:LINEAR_API_KEY}\"",
            ],
        ),
        (
            "vscode",
            &[
                "\"servers\"",
                "\"LINEAR_API_KEY\": \"${input:linear-api-key}\"",
            ],
        ),
    ] {
        let ended = home.run(&["setup", "--client", client]);
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        for part in parts {
            assert!(ended.out.contains(part), "{}", ended.out);
        }
        let ended = home.run(&[
            "setup",
            "--client",
            client,
            "--scope",
            "project",
            "--read-only",
            "--name",
            "work",
        ]);
        assert!(
            ended.out.contains("work") && ended.out.contains("--read-only"),
            "{}",
            ended.out
        );
        let ended = home.run(&["setup", "--client", client, "--remove", "--name", "work"]);
        assert!(
            ended.code == Some(0) && ended.out.contains("work"),
            "{}",
            ended.out
        );
    }
    assert_eq!(home.tree(), before);
}

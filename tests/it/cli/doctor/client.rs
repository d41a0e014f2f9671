//! What `doctor` reports about Claude Code: every place in which the server is registered, the subagent, and the
//! permission rules.

use serde_json::{Value, json};

use super::Visit;
use crate::cli::setup::Home;

const GLOBAL: &str = "home/.claude.json";
const SETTINGS: &str = "home/.claude/settings.json";
const AGENT: &str = "home/.claude/agents/linear-ops-agent.md";

fn ask(home: &Home) -> Visit {
    let ended = home.run(&["doctor", "--sandbox"]);
    Visit {
        code: ended.code,
        out: ended.out,
        err: ended.err,
    }
}

/// Returns a home folder as `setup` leaves it.
fn well() -> Home {
    let home = Home::new();
    home.setup(&[]);
    home
}

/// Changes a JSON file.
fn change(home: &Home, path: &str, change: impl FnOnce(&mut Value)) {
    let mut value = home.json(path);
    change(&mut value);
    home.write(path, &value.to_string());
}

fn entry(args: &[&str]) -> Value {
    json!({"command": env!("CARGO_BIN_EXE_linear-ops"), "args": args})
}

#[test]
fn a_chain_that_works_is_four_lines_and_json_has_them_too() {
    let home = well();
    let report = ask(&home);
    assert_eq!(report.code, Some(0), "{}", report.out);
    assert!(
        report.out.ends_with(" 0 warnings, 0 failures\n"),
        "{}",
        report.out
    );
    for (subject, part) in [
        ("user scope", " and lists linear, linear_read"),
        (".mcp.json", "none in this folder or above it"),
        ("agent", "calls mcp__linear-ops__linear"),
        ("rule", "mcp__linear-ops__linear is allowed in "),
    ] {
        assert!(report.only(subject).contains(part), "{}", report.out);
    }
    let ended = home.run(&["doctor", "--sandbox", "--json"]);
    let lines: Value = serde_json::from_str(&ended.out).unwrap();
    let lines = lines.as_array().unwrap();
    let of_rule = lines.iter().find(|line| line["subject"] == "rule").unwrap();
    assert_eq!(of_rule["level"], "ok");
    assert!(of_rule["text"].as_str().unwrap().contains("is allowed"));
    assert_eq!(lines.len(), report.out.lines().count() - 2);
}

#[test]
fn the_nearest_place_counts_and_the_others_are_named() {
    let home = well();
    let folder = home.path("work").display().to_string();
    home.write(
        "work/.mcp.json",
        &json!({"mcpServers": {"linear-ops": entry(&[])}}).to_string(),
    );
    // The folder's server is not approved yet, so that the user's server stays in use.
    let report = ask(&home);
    report.says("approval", "waits for your approval");
    report.is("user scope", "ok");
    change(&home, GLOBAL, |global| {
        global["projects"] = json!({&folder: {"enabledMcpjsonServers": ["linear-ops"], "hasTrustDialogAccepted": true}});
    });
    let report = ask(&home);
    assert!(report.about("approval").is_empty(), "{}", report.out);
    let line = report.only("user scope");
    assert!(
        line.starts_with("warning") && line.contains("is not used here, because the "),
        "{line}"
    );
    assert!(line.contains("they differ"), "{line}");
    // A server that is registered for this folder alone takes precedence.
    change(&home, GLOBAL, |global| {
        global["projects"][&folder]["mcpServers"] = json!({"linear-ops": entry(&[])});
    });
    let report = ask(&home);
    report.says("local scope", "tools");
    let line = report.only(".mcp.json");
    assert!(
        line.starts_with("ok") && line.contains("which is the same"),
        "{line}"
    );
    change(&home, GLOBAL, |global| {
        global["projects"][&folder] = json!({"disabledMcpjsonServers": ["linear-ops"]});
    });
    assert!(ask(&home).only("approval").contains("was turned down"));
    change(&home, GLOBAL, |global| {
        global["projects"][&folder] = json!({"disabledMcpServers": ["linear-ops"]});
    });
    let report = ask(&home);
    report.says("user scope", "is turned off in this folder");
    assert_eq!(report.code, Some(1));
}

#[test]
fn the_file_of_a_folder_above_counts() {
    let home = Home::new();
    home.write("work/deep/x", "");
    home.write(
        ".mcp.json",
        &json!({"mcpServers": {"linear-ops": entry(&[])}}).to_string(),
    );
    let report = ask(&home);
    report.says(".mcp.json", "'linear-ops' starts this program");
    assert!(report.about("registration").is_empty(), "{}", report.out);
}

#[test]
fn an_agent_that_is_not_what_it_is_meant_to_be_is_told() {
    let home = well();
    let text = home.read(AGENT);
    let tools = text
        .lines()
        .find(|line| line.starts_with("tools:"))
        .unwrap();
    let replaced = |from: &str, to: &str| text.replacen(from, to, 1);
    for (text, level, part) in [
        (
            replaced("description: ", "description: one --- two "),
            "failure",
            "three dashes within line",
        ),
        (
            replaced(tools, "tools: mcp__linear__linear"),
            "failure",
            "the servers that are registered have mcp__linear-ops__linear",
        ),
        (
            replaced(&format!("{tools}\n"), ""),
            "warning",
            "names no `tools`",
        ),
        (
            replaced("name: linear-ops-agent\n", ""),
            "failure",
            "has no `name`",
        ),
        (
            "You carry requests.\n".to_owned(),
            "failure",
            "has no front matter",
        ),
    ] {
        home.write(AGENT, &text);
        let report = ask(&home);
        let line = report.only("agent");
        assert!(line.starts_with(level) && line.contains(part), "{line}");
        assert_eq!(
            report.code,
            Some(i32::from(level == "failure")),
            "{}",
            report.out
        );
    }
    std::fs::remove_file(home.path(AGENT)).unwrap();
    let report = ask(&home);
    let line = report.only("agent");
    assert!(
        line.starts_with("warning") && line.contains("there is no 'linear-ops-agent'"),
        "{line}"
    );
    // A subagent in the folder takes precedence over the user's, whatever its file is called.
    home.write(AGENT, &text);
    home.write("work/.claude/agents/tracker.md", &text);
    let report = ask(&home);
    let lines = report.about("agent").join("\n");
    assert!(
        lines.contains("tracker.md calls mcp__linear-ops__linear"),
        "{lines}"
    );
    assert!(
        lines.contains("linear-ops-agent.md is passed over"),
        "{lines}"
    );
}

#[test]
fn an_agent_without_its_server_or_its_tool_cannot_work() {
    let home = well();
    home.setup(&["--tools", "get_issue"]);
    let report = ask(&home);
    report.says("agent", "which the server does not list");
    assert_eq!(report.code, Some(1));
    home.write(GLOBAL, "{}");
    let report = ask(&home);
    assert_eq!(report.code, Some(1));
    report.is("registration", "warning");
    report.says("agent", "no such server is registered here");
    assert!(report.about("rule").is_empty(), "{}", report.out);
}

#[test]
fn rules_are_read_where_they_count() {
    let home = well();
    let rule = "mcp__linear-ops__linear";
    let user = |kind: &str, rule: &str| {
        home.write(
            SETTINGS,
            &json!({"permissions": {kind: [rule]}}).to_string(),
        )
    };
    for (kind, rule, level, part) in [
        (
            "allow",
            "Bash(ls)",
            "warning",
            "is not allowed, so that the first call asks",
        ),
        ("allow", "mcp__linear-ops__*", "ok", "is allowed in"),
        ("allow", "mcp__*", "warning", "is not allowed"),
        ("ask", rule, "warning", "claude -p cannot ask"),
        ("deny", "mcp__*", "failure", "is denied by \"mcp__*\""),
    ] {
        user(kind, rule);
        let report = ask(&home);
        let line = report.only("rule");
        assert!(line.starts_with(level) && line.contains(part), "{line}");
        assert_eq!(
            report.code,
            Some(i32::from(level == "failure")),
            "{}",
            report.out
        );
    }
    std::fs::remove_file(home.path(SETTINGS)).unwrap();
    home.write(
        "work/.claude/settings.json",
        &json!({"permissions": {"allow": [rule]}}).to_string(),
    );
    let report = ask(&home);
    let line = report.only("rule");
    assert!(
        line.starts_with("warning") && line.contains("only once Claude Code trusts the folder"),
        "{line}"
    );
    let folder = home.path("work").display().to_string();
    change(&home, GLOBAL, |global| {
        global["projects"] = json!({folder: {"hasTrustDialogAccepted": true}});
    });
    assert!(ask(&home).only("rule").starts_with("ok"));
    home.write(SETTINGS, "{ // mine\n}");
    let report = ask(&home);
    assert_eq!(report.code, Some(1));
    assert!(
        report
            .out
            .contains("Claude Code passes over all that it says"),
        "{}",
        report.out
    );
}

#[test]
fn a_key_that_is_empty_or_in_plain_text_is_told_in_every_scope() {
    let home = well();
    let folder = home.path("work").display().to_string();
    for (value, level, part) in [
        (
            "lin_api_secret",
            "warning",
            "a key in plain text as LINEAR_API_KEY",
        ),
        ("", "failure", "an empty LINEAR_API_KEY"),
    ] {
        let mut entry_with_key = entry(&[]);
        entry_with_key["env"] = json!({"LINEAR_API_KEY": value});
        for (subject, global) in [
            (
                "user scope",
                json!({"mcpServers": {"linear-ops": entry_with_key}}),
            ),
            (
                "local scope",
                json!({"projects": {&folder: {"mcpServers": {"linear-ops": entry_with_key}}}}),
            ),
        ] {
            home.write(GLOBAL, &global.to_string());
            let report = ask(&home);
            let line = report.only(subject);
            assert!(line.starts_with(level) && line.contains(part), "{line}");
            assert!(!report.out.contains("secret"), "{}", report.out);
        }
    }
}

#[test]
fn claude_code_s_own_file_has_to_be_json() {
    let home = well();
    home.write(GLOBAL, "{\n  \"mcpServers\": {,}\n}");
    let report = ask(&home);
    assert_eq!(report.code, Some(1));
    let line = report.only("user scope");
    assert!(
        line.contains("line 2 column 18") && line.contains("backups"),
        "{line}"
    );
}

#[test]
fn settings_of_the_server_alone_are_named() {
    let home = well();
    change(&home, GLOBAL, |global| {
        let entry = &mut global["mcpServers"]["linear-ops"];
        entry["env"] = json!({"LINEAR_OPS_TEAMS": "ENG"});
        entry["args"] = json!(["--tools", "yaml", "--read-only"]);
    });
    let report = ask(&home);
    let lines = report.about("user scope").join("\n");
    assert!(
        lines.contains("alone has LINEAR_OPS_TEAMS, --read-only"),
        "{lines}"
    );
    assert_eq!(report.code, Some(0));
}

#[cfg(unix)]
mod started {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// Returns a script that writes a file when it is run, and then runs these commands.
    fn script(home: &Home, then: &str) -> String {
        home.write(
            "home/server",
            &format!(
                "#!/bin/sh\nenv > \"{}\"\n{then}\n",
                home.path("trace").display()
            ),
        );
        let path = home.path("home/server");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path.display().to_string()
    }

    #[test]
    fn the_user_s_own_server_is_started_as_it_is_registered() {
        let mut home = well();
        home.set("PATH", "/usr/bin:/bin");
        let list = r#"echo '{"jsonrpc":"2.0","id":2,"result":{"tools":[{"name":"linear"}]}}'"#;
        let command = script(&home, list);
        let own = json!({"command": command, "env": {"LINEAR_OPS_TEAMS": "${TEAM:-OPS}"}});
        home.write(
            GLOBAL,
            &json!({"mcpServers": {"linear-ops": own}}).to_string(),
        );
        let report = ask(&home);
        let line = report.about("user scope").join("\n");
        assert!(line.contains("server and lists linear"), "{line}");
        let trace = home.read("trace");
        assert!(trace.contains("LINEAR_OPS_TEAMS=OPS\n"), "{trace}");
        assert!(
            trace.contains("LINEAR_API_KEY=lin_api_sandbox\n"),
            "{trace}"
        );
        let command = script(&home, "echo 'no such thing' >&2; exit 3");
        home.write(
            GLOBAL,
            &json!({"mcpServers": {"linear-ops": {"command": command}}}).to_string(),
        );
        let report = ask(&home);
        assert_eq!(report.code, Some(1), "{}", report.out);
        report.says("user scope", "(exit status: 3): no such thing");
    }

    #[test]
    fn a_path_that_leads_into_the_folder_is_not_followed() {
        let home = Home::new();
        script(&home, "cat");
        fs::copy(home.path("home/server"), home.path("work/server")).unwrap();
        let own = json!({"mcpServers": {"linear-ops": {"command": "./server"}}});
        home.write(GLOBAL, &own.to_string());
        let report = ask(&home);
        let line = report.only("user scope");
        assert!(
            line.contains("it was not started") && line.contains("depends on the folder"),
            "{line}"
        );
        assert!(!home.path("trace").exists());
    }

    #[test]
    fn what_a_folder_or_a_plugin_brings_is_not_run() {
        let home = Home::new();
        let foreign = json!({"command": script(&home, "cat"), "args": []});
        let servers = json!({"mcpServers": {"linear-ops": foreign}}).to_string();
        home.write("work/.mcp.json", &servers);
        home.write("home/plugin/.mcp.json", &servers);
        plugin(&home);
        let report = ask(&home);
        report.says(".mcp.json", "it was not started");
        report.says("plugin", "it was not started");
        assert!(!home.path("trace").exists());
    }

    /// Installs the plugin whose files are in `home/plugin`, as Claude Code does.
    fn plugin(home: &Home) {
        let path = home.path("home/plugin").display().to_string();
        let installed = json!({"version": 2, "plugins": {"linear-ops@linear-ops": [{"scope": "user", "installPath": path}]}});
        home.write(
            "home/.claude/plugins/installed_plugins.json",
            &installed.to_string(),
        );
    }

    #[test]
    fn this_program_gets_no_key_and_no_path_from_a_folder() {
        let home = Home::new();
        let audit = home.path("audit").display().to_string();
        let mut own = entry(&["--tools", "yaml"]);
        own["env"] = json!({"LINEAR_OPS_AUDIT": audit, "LINEAR_API_URL": "http://127.0.0.1:9/graphql", "LD_PRELOAD": "/nowhere.so"});
        home.write(
            "work/.mcp.json",
            &json!({"mcpServers": {"linear-ops": own}}).to_string(),
        );
        let report = ask(&home);
        let lines = report.about(".mcp.json").join("\n");
        assert!(lines.contains("another address than Linear's"), "{lines}");
        assert!(!home.path("audit").exists());
        let bare = json!({"mcpServers": {"linear-ops": entry(&["--tools", "yaml"])}});
        home.write("work/.mcp.json", &bare.to_string());
        assert!(
            ask(&home)
                .only(".mcp.json")
                .ends_with("lists linear, linear_read")
        );
    }

    #[test]
    fn a_plugin_is_looked_at_and_told_when_it_is_turned_off() {
        let home = Home::new();
        let mut own = entry(&["--tools", "yaml"]);
        own["env"] = json!({"LINEAR_API_KEY": "${user_config.api_key}"});
        home.write(
            "home/plugin/.mcp.json",
            &json!({"mcpServers": {"linear-ops": own}}).to_string(),
        );
        plugin(&home);
        let rule = "mcp__plugin_linear-ops_linear-ops__linear";
        home.write(
            SETTINGS,
            &json!({"permissions": {"allow": [rule]}}).to_string(),
        );
        let report = ask(&home);
        assert!(
            report.only("plugin").ends_with("lists linear, linear_read"),
            "{}",
            report.out
        );
        report.is("rule", "ok");
        report.says("agent", "linear-ops:linear-ops-agent");
        assert_eq!(report.code, Some(0));
        home.write(
            SETTINGS,
            r#"{"enabledPlugins": {"linear-ops@linear-ops": false}}"#,
        );
        let report = ask(&home);
        report.says("plugin", "turned off");
        report.is("registration", "warning");
    }
}

#[test]
fn proxy_and_certificates_are_told() {
    let mut home = Home::new();
    home.set("LINEAR_API_URL", "https://linear.invalid/graphql");
    let network_line = |home: &Home| {
        let ended = home.run(&["doctor"]);
        let line = ended
            .out
            .lines()
            .find(|line| line.contains("  network  "))
            .map(str::to_owned);
        line.unwrap()
    };
    let certificate = home.path("home/ca.pem").display().to_string();
    home.set("SSL_CERT_FILE", &certificate);
    let line = network_line(&home);
    assert!(
        line.starts_with("warning") && line.contains("which is not there"),
        "{line}"
    );
    home.write("home/ca.pem", "");
    home.set("HTTPS_PROXY", "http://ann:secret@127.0.0.1:1");
    home.set("NO_PROXY", "a.example");
    let line = network_line(&home);
    assert!(
        line.contains("the proxy of HTTPS_PROXY") && line.contains("but for a.example"),
        "{line}"
    );
    assert!(
        line.contains("SSL_CERT_FILE (") && !line.contains("secret"),
        "{line}"
    );
}

//! What `doctor` reports about the `.mcp.json` of the folder that it runs in.

use std::path::Path;

use tempfile::TempDir;

use super::visit;

/// A folder with this `.mcp.json`.
fn with_file(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(".mcp.json"), text).unwrap();
    folder
}

/// The code and the lines about the `.mcp.json` with that entry of this server, `BIN` being the binary.
fn entry(entry: &str, vars: &[(&str, &str)]) -> (Option<i32>, Vec<String>) {
    let bin = env!("CARGO_BIN_EXE_linear-ops");
    let entry = entry.replace("BIN", bin);
    let folder = with_file(&format!(r#"{{"mcpServers": {{"linear-ops": {entry}}}}}"#));
    let report = visit(folder.path(), &["--sandbox"], vars);
    let lines = report.about(".mcp.json");
    (report.code, lines.into_iter().map(str::to_owned).collect())
}

const KEYED: &str = r#""env": {"LINEAR_API_KEY": "${LINEAR_API_KEY}"}"#;

#[test]
fn an_entry_that_is_right_is_one_line() {
    let bin = Path::new(env!("CARGO_BIN_EXE_linear-ops"));
    let folder = bin.parent().unwrap().to_str().unwrap();
    let vars = [("LINEAR_API_KEY", "lin_api_x"), ("PATH", folder)];
    for right in [
        format!(r#"{{"command": "BIN", {KEYED}}}"#),
        format!(r#"{{"command": "linear-ops", "args": [], {KEYED}}}"#),
        format!(
            r#"{{"type": "stdio", "command": "BIN", "args": ["serve", "--tools", "yaml"], {KEYED}}}"#
        ),
    ] {
        let (code, lines) = entry(&right, &vars);
        assert_eq!((code, lines.len()), (Some(0), 1), "{lines:?}");
        assert!(lines[0].starts_with("ok"), "{lines:?}");
        assert!(
            lines[0].contains("'linear-ops' starts this program"),
            "{lines:?}"
        );
        assert!(lines[0].contains(" and lists "), "{lines:?}");
    }
}

#[test]
fn a_key_is_passed_on_where_there_is_one() {
    let bare = r#"{"command": "BIN", "args": ["--tools", "yaml"]}"#;
    let (_, lines) = entry(bare, &[("LINEAR_API_KEY", "lin_api_x")]);
    assert!(lines[0].starts_with("ok") && lines.len() == 1, "{lines:?}");
    for vars in [&[][..], &[("LINEAR_API_KEY", " ")]] {
        let (_, lines) = entry(bare, vars);
        assert!(lines[0].starts_with("warning"), "{lines:?}");
        assert!(lines[0].contains("gets no key"), "{lines:?}");
    }
}

#[test]
fn an_entry_is_known_by_its_name_or_by_what_it_starts() {
    let bin = env!("CARGO_BIN_EXE_linear-ops");
    let file = format!(
        r#"{{"mcpServers": {{"linear-ops": {{"command": "nowhere-at-all"}},
            "tracker": {{"command": "/nowhere/bin/linear-ops"}}, "work": {{"command": "{bin}"}},
            "far": {{"url": "https://a.example"}}}}}}"#
    );
    let report = visit(with_file(&file).path(), &["--sandbox"], &[]);
    let lines = report.about(".mcp.json").join("\n");
    for name in ["'linear-ops' starts", "'tracker' starts", "'work' "] {
        assert!(lines.contains(name), "{lines}");
    }
    assert!(!lines.contains("'far'"), "{lines}");
}

/// Asserts that each of these entries is reported at this level, in a line that contains this text.
fn assert_reported(cases: &[(&str, &str, &str)]) {
    let vars = [("LINEAR_API_KEY", "lin_api_x")];
    for (wrong, level, part) in cases {
        let (code, lines) = entry(&wrong.replace("ENV", KEYED), &vars);
        let found = lines
            .iter()
            .any(|line| line.starts_with(level) && line.contains(part));
        assert!(found, "{wrong}: {lines:#?}");
        let failed = lines.iter().any(|line| line.starts_with("failure"));
        assert_eq!(code, Some(i32::from(failed)), "{wrong}");
        assert!(!lines.join("").contains("secret"), "{lines:?}");
    }
}

#[test]
fn what_is_wrong_with_the_program_and_its_arguments_is_told() {
    assert_reported(&[
        ("[]", "failure", "has no `command`"),
        (
            r#"{"url": "https://a.example", "type": "http"}"#,
            "warning",
            "speaks stdio alone",
        ),
        (
            r#"{"command": "linear-ops", ENV}"#,
            "failure",
            "'linear-ops', which is not found",
        ),
        (
            r#"{"command": "./.mcp.json", ENV}"#,
            "failure",
            "make it executable",
        ),
        (
            r#"{"command": "${NOWHERE}/x", ENV}"#,
            "warning",
            "${NOWHERE} in command",
        ),
        (
            r#"{"command": "BIN", "args": "serve", ENV}"#,
            "failure",
            "no list of texts",
        ),
        (
            r#"{"command": "BIN", "args": ["--tool", "all"], ENV}"#,
            "failure",
            "unexpected argument '--tool'",
        ),
        (
            r#"{"command": "BIN", "args": ["run"], ENV}"#,
            "failure",
            "no MCP server",
        ),
        (
            r#"{"command": "BIN", "args": ["--help"], ENV}"#,
            "failure",
            "only print a text",
        ),
        (
            r#"{"command": "BIN", "args": ["--sandbox"]}"#,
            "warning",
            "nothing reaches Linear",
        ),
        (
            r#"{"command": "BIN", "args": ["--key", "lin_api_secret"], ENV}"#,
            "warning",
            "a key in its `args`",
        ),
        (
            r#"{"command": "BIN", "args": ["--tools", "get_isue"], ENV}"#,
            "failure",
            "the nearest is 'get_issue'",
        ),
    ]);
}

#[test]
fn what_is_wrong_with_the_variables_is_told() {
    assert_reported(&[
        (
            r#"{"command": "BIN", "env": {"LINEAR_OPS_TOOLS": "create_issue", "LINEAR_API_KEY": "${LINEAR_API_KEY}"}, "args": ["--read-only"]}"#,
            "failure",
            "nothing may be written",
        ),
        (
            r#"{"command": "BIN", "env": []}"#,
            "failure",
            "an `env` that is no object",
        ),
        (
            r#"{"command": "BIN", "env": {"LINEAR_API_KEY": "lin_api_secret"}}"#,
            "warning",
            "a key in plain text",
        ),
        (
            r#"{"command": "BIN", "env": {"LINEAR_API_KEY": " "}}"#,
            "failure",
            "an empty LINEAR_API_KEY",
        ),
        (
            r#"{"command": "BIN", "env": {"LINEAR_API_KEY": "${MY_KEY}"}}"#,
            "warning",
            "export MY_KEY",
        ),
        (
            r#"{"command": "BIN", "env": {"LINEAR_OPS_READ_ONLY": 1, "LINEAR_API_KEY": "${LINEAR_API_KEY}"}}"#,
            "failure",
            "quote it",
        ),
        (
            r#"{"command": "BIN", "env": {"LINEAR_OPS_TOOL": "yaml", "LINEAR_API_KEY": "${LINEAR_API_KEY}"}}"#,
            "warning",
            "did you mean LINEAR_OPS_TOOLS?",
        ),
        (
            r#"{"command": "BIN", "env": {"LINEAR_API_URL": "https://a.example/graphql", "LINEAR_API_KEY": "${LINEAR_API_KEY}"}}"#,
            "warning",
            "another address than Linear's",
        ),
        (
            r#"{"command": "BIN", "env": {"LINEAR_OPS_IN_FLIGHT": "many", "LINEAR_API_KEY": "${LINEAR_API_KEY}"}}"#,
            "failure",
            "it takes a whole number from 1 to 64",
        ),
    ]);
}

#[test]
fn what_an_entry_refers_to_is_not_shown() {
    let vars = [("LINEAR_API_KEY", "lin_api_x"), ("PASSWORD", "hunter2")];
    for (wrong, part) in [
        (
            r#"{"command": "${PASSWORD}", ENV}"#,
            "'${PASSWORD}', which is not found",
        ),
        (
            r#"{"command": "BIN", "args": ["--${PASSWORD}"], ENV}"#,
            "when what they refer to is filled in",
        ),
        (
            r#"{"command": "BIN", "args": ["--tools", "${PASSWORD}"], ENV}"#,
            "tools that cannot be listed",
        ),
        (
            r#"{"command": "BIN", "env": {"LINEAR_OPS_IN_FLIGHT": "${PASSWORD}"}}"#,
            "LINEAR_OPS_IN_FLIGHT cannot be used when ${PASSWORD} is filled in here",
        ),
        (
            r#"{"command": "BIN", "env": {"LINEAR_OPS_TOOLS": "${PASSWORD}"}}"#,
            "LINEAR_OPS_TOOLS cannot be used when ${PASSWORD} is filled in here",
        ),
    ] {
        let (code, lines) = entry(&wrong.replace("ENV", KEYED), &vars);
        let all = lines.join("\n");
        assert_eq!(code, Some(1), "{all}");
        assert!(all.contains(part) && !all.contains("hunter2"), "{all}");
    }
}

#[test]
fn what_is_no_file_or_too_long_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".mcp.json")).unwrap();
    let report = visit(folder.path(), &["--sandbox"], &[]);
    report.says(".mcp.json", "no regular file");
    let folder = with_file("");
    let long = std::fs::File::options()
        .write(true)
        .open(folder.path().join(".mcp.json"));
    long.unwrap().set_len((32 << 20) + 1).unwrap();
    let report = visit(folder.path(), &["--sandbox"], &[]);
    report.says(".mcp.json", "longer than 33554432 bytes");
    let many: Vec<String> = (0..12).map(|n| format!(r#""s{n:02}": {{}}"#)).collect();
    let folder = with_file(&format!(r#"{{"mcpServers": {{{}}}}}"#, many.join(", ")));
    let report = visit(folder.path(), &["--sandbox"], &[]);
    report.says(".mcp.json", "s09 and 2 more, and not this server");
}

#[cfg(unix)]
#[test]
fn another_binary_of_the_same_name_is_told() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("linear-ops");
    std::fs::write(&other, "#!/bin/sh\n").unwrap();
    std::fs::set_permissions(&other, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = folder.path().to_str().unwrap();
    let vars = [("PATH", path), ("LINEAR_API_KEY", "lin_api_x")];
    let (code, lines) = entry(&format!(r#"{{"command": "linear-ops", {KEYED}}}"#), &vars);
    assert_eq!(code, Some(0));
    assert!(
        lines[0].starts_with("warning") && lines[0].contains("another linear-ops"),
        "{lines:?}"
    );
}

#[test]
fn a_file_that_is_no_json_or_names_others_is_told() {
    for (text, code, part) in [
        (
            "{\n  \"mcpServers\": {\n    \"linear-ops\": {\"command\": \"x\",}\n",
            1,
            "line 3 column 35",
        ),
        ("{}", 1, "no object `mcpServers`"),
        ("[]", 1, "holds no JSON object"),
        (r#"{"mcpServers": []}"#, 1, "no object `mcpServers`"),
        (
            r#"{"mcpServers": {}}"#,
            0,
            "names no server, and not this server",
        ),
        (
            r#"{"mcpServers": {"github": {"command": "x"}}}"#,
            0,
            "names github, and not this server",
        ),
    ] {
        let folder = with_file(text);
        let report = visit(folder.path(), &["--sandbox"], &[]);
        assert_eq!(report.code, Some(code), "{}", report.out);
        report.says(".mcp.json", part);
    }
}

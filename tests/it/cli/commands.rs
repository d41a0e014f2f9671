//! The command line through the real binary.

use assert_cmd::Command;
use serde_json::Value;

use crate::support::binary::{self, Ended};
use linear_ops::engine::catalog;
use linear_ops::request;
use linear_ops::settings::TABLE;

/// Runs the binary under an environment that has only these variables.
fn run(args: &[&str], input: &str, vars: &[(&str, &str)]) -> Ended {
    let output = Command::from_std(binary::command())
        .args(args)
        .envs(vars.iter().copied())
        .write_stdin(input)
        .output()
        .unwrap();
    Ended::from(output)
}

const TEAM: &str = "operation: get_team\nparams: {team: ENG}\n";

#[test]
fn a_request_on_standard_input_is_answered() {
    for args in [&["run", "--sandbox"][..], &["run", "--sandbox", "-"]] {
        let ended = run(args, TEAM, &[]);
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
        assert!(
            ended.out.starts_with("success: true\ndata:\n"),
            "{}",
            ended.out
        );
        assert!(ended.out.contains("key: ENG\n"), "{}", ended.out);
    }
}

#[test]
fn several_documents_of_which_one_has_a_name_are_a_batch() {
    let stream = "as: new\noperation: create_issue\nparams: {team: ENG, title: New}\n---\n\
        operation: create_comment\nparams: {issue_id: '${new.identifier}', body: 'of ${new.title}'}\n---\n";
    let ended = run(&["run", "--sandbox"], stream, &[]);
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
    assert!(ended.out.contains("succeeded: 2\n"), "{}", ended.out);
    assert!(!ended.out.contains("---\n"), "{}", ended.out);
    // In a single request, `as` has no effect: no other request can refer to the name, and it is not a parameter.
    let ended = run(&["run", "--sandbox"], &format!("as: new\n{TEAM}"), &[]);
    assert_eq!(ended.code, Some(0));
    assert!(ended.out.contains("key: ENG\n"), "{}", ended.out);
}

#[test]
fn several_documents_run_in_order_in_one_session() {
    let stream = format!("{TEAM}---\noperation: get_team\nparams: {{team: nowhere}}\n---\n{TEAM}");
    let ended = run(&["run", "--sandbox"], &stream, &[]);
    assert_eq!(ended.code, Some(1));
    let envelopes: Vec<&str> = ended.out.split("---\n").collect();
    let [first, second, third] = envelopes[..] else {
        unreachable!("{}", ended.out)
    };
    assert!(
        first.contains("success: true") && first.contains("cached: false"),
        "{first}"
    );
    assert!(second.contains("code: TEAM_NOT_FOUND"), "{second}");
    assert!(third.contains("cached: true"), "{third}");
}

#[test]
fn a_document_that_cannot_be_read_fails_alone() {
    let ended = run(
        &["run", "--sandbox"],
        &format!("operation: [\n---\n{TEAM}"),
        &[],
    );
    assert_eq!(ended.code, Some(1));
    assert!(ended.out.contains("code: INVALID_REQUEST"), "{}", ended.out);
    assert!(ended.out.contains("key: ENG"), "{}", ended.out);
}

#[test]
fn files_are_run_in_order_and_none_when_one_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let [team, issue] = ["team", "issue"].map(|name| folder.path().join(name));
    std::fs::write(&team, TEAM).unwrap();
    std::fs::write(&issue, "operation: get_issue\nparams: {id: PSN-123}\n").unwrap();
    let [team, issue] = [&team, &issue].map(|path| path.to_str().unwrap());
    let ended = run(&["run", "--sandbox", team, issue], "", &[]);
    assert_eq!(ended.code, Some(0));
    let (first, second) = ended.out.split_once("---\n").unwrap();
    assert!(first.contains("key: ENG") && second.contains("identifier: PSN-123"));

    let ended = run(&["run", "--sandbox", team, "no-such-file"], "", &[]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""));
    assert!(
        ended.err.contains("no-such-file cannot be read"),
        "{}",
        ended.err
    );
}

#[test]
fn nothing_to_run_is_wrong_usage() {
    let ended = run(&["run", "--sandbox"], "", &[]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""));
    assert!(
        ended.err.contains("Standard input holds no request"),
        "{}",
        ended.err
    );
}

#[test]
fn read_only_comes_from_flag_or_variable() {
    let write = "operation: create_comment\nparams: {issue_id: PSN-123, body: x}\n";
    for (args, vars) in [
        (&["run", "--sandbox", "--read-only"][..], &[][..]),
        (&["run", "--sandbox"], &[("LINEAR_OPS_READ_ONLY", "1")]),
    ] {
        let ended = run(args, write, vars);
        assert_eq!(ended.code, Some(1));
        assert!(ended.out.contains("code: READ_ONLY"), "{}", ended.out);
    }
}

#[test]
fn the_form_of_answers_comes_from_variables() {
    let requests = "operation: update_issue\nparams: {issue_id: ENG-232, state: Done}\n\
                    ---\noperation: list_issues\nparams: {team: ENG, limit: 1}\n\
                    ---\noperation: list_issues\nparams: {team: ENG, limit: 1, format: yaml}\n";
    let vars = [("LINEAR_OPS_DETAIL", "ack"), ("LINEAR_OPS_FORMAT", "table")];
    let ended = run(&["run", "--sandbox"], requests, &vars);
    let answers: Vec<&str> = ended.out.split("---\n").collect();
    let acknowledged =
        "success: true\ndata:\n identifier: ENG-232\n changes: [\"state: Todo → Done\"]\n";
    assert_eq!(answers[0], acknowledged);
    let columns = "columns: [identifier, title, state, ";
    assert!(answers[1].contains(columns), "{}", ended.out);
    assert!(answers[2].contains("issues:"), "{}", ended.out);
    assert!(answers[2].contains("metadata:"), "{}", ended.out);
    let ended = run(&["doctor", "--sandbox"], "", &vars);
    let shown = "detail ack, lists as tables";
    assert!(ended.out.contains(shown), "{}", ended.out);
}

#[test]
fn wrong_usage_is_told_on_standard_error() {
    for (args, part) in [
        (&["serv"][..], "serve"),
        (&["run", "--nonsense"], "--nonsense"),
        (&["--sandbox", "--tools", "get_isue"], "get_issue"),
        (
            &["serve", "--sandbox", "--tools", "core,commets"],
            "no tool or toolset 'commets'; the nearest is 'comments'. The toolsets are core, ",
        ),
        (&["setup", "--tools", "yaml,get_isue"], "get_issue"),
        (
            &[
                "setup",
                "--client",
                "codex",
                "--read-only",
                "--tools",
                "create_issue",
            ],
            "--tools: Every tool named writes",
        ),
        (
            &["--sandbox", "--read-only", "--tools", "create_issue"],
            "--tools: Every tool named writes",
        ),
        (&["help", "get_isue"], "get_issue"),
        (&["sandbox", "--listen", "0.0.0.0:0"], "127.0.0.1"),
        (&["sandbox", "--schema", "no-such-file"], "no-such-file"),
    ] {
        let ended = run(args, "", &[]);
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{args:?}");
        assert!(ended.err.starts_with("linear-ops: "), "{}", ended.err);
        assert!(ended.err.contains(part), "{}", ended.err);
    }
}

#[test]
fn settings_that_cannot_be_used_are_all_named() {
    let vars = [
        ("LINEAR_OPS_TIMEOUT_MS", "5s"),
        ("LINEAR_API_URL", "http://example.com"),
    ];
    let ended = run(&["run"], TEAM, &vars);
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""));
    let names = |text: &str| vars.iter().all(|(name, _)| text.contains(name));
    assert!(names(&ended.err), "{}", ended.err);
    // A server starts all the same, and reports the problem to its client (`mcp/settings.rs`) and in its log.
    for args in [&["serve"][..], &[]] {
        let ended = run(args, "", &vars);
        assert_eq!((ended.code, ended.out.as_str()), (Some(0), ""), "{args:?}");
        assert!(names(&ended.err), "{}", ended.err);
    }
}

#[test]
fn a_key_in_the_wrong_place_is_not_shown() {
    let secret = "lin_api_very_secret";
    let set = TABLE.iter().map(|setting| (setting.name, secret));
    for var in set {
        let ended = run(&["--sandbox"], "", &[var]);
        assert!(!ended.err.contains("very_secret"), "{}", ended.err);
    }
    for args in [
        &["--sandbox", "--tools", secret][..],
        &["--sandbox", "--tools", "get_issue,lin_oauth_very_secret"],
        &["help", secret],
        &["run", secret],
        &["sandbox", "--listen", secret],
        &[secret],
    ] {
        let ended = run(args, "", &[]);
        assert_eq!(ended.code, Some(2), "{args:?}");
        assert!(!ended.err.contains("very_secret"), "{}", ended.err);
    }
}

#[test]
fn a_request_is_logged_with_its_context_and_without_its_parameters() {
    let context = "context: {command: /ccpm:work, purpose: \"to\\nlook\", trace_id: t-1}\n";
    let stream = format!(
        "{TEAM}{context}---\noperation: get_team\nparams: {{team: nowhere}}\ncontext: {{purpose: {}}}\n",
        "x".repeat(500)
    );
    let vars = [("LINEAR_OPS_LOG", "info")];
    let ended = run(&["run", "--sandbox"], &stream, &vars);
    let lines: Vec<&str> = ended.err.lines().collect();
    let [done, failed] = lines[..] else {
        unreachable!("{}", ended.err)
    };
    for part in [
        r#"request{operation="get_team" command="/ccpm:work" purpose="to\nlook" trace_id="t-1"}"#,
        r#"answered outcome="OK" requests=1 duration_ms="#,
    ] {
        assert!(done.contains(part), "{done}");
    }
    assert!(failed.contains(r#"outcome="TEAM_NOT_FOUND""#), "{failed}");
    assert!(failed.contains(&"x".repeat(120)) && !failed.contains(&"x".repeat(121)));
    for param in ["ENG", "nowhere"] {
        assert!(!ended.err.contains(param), "{}", ended.err);
    }
    assert_eq!(run(&["run", "--sandbox"], TEAM, &[]).err, "");
}

#[test]
fn envelopes_are_printed_as_lines_of_json() {
    let stream = format!(
        "{TEAM}---\noperation: get_team\nparams: {{team: \"a\\u202e\\e[31m\\x9b\\x7f\"}}\n---\n{TEAM}"
    );
    let ended = run(&["run", "--sandbox", "--json"], &stream, &[]);
    assert_eq!((ended.code, ended.err.as_str()), (Some(1), ""));
    let envelopes: Vec<Value> = ended
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(envelopes.len(), 3, "{}", ended.out);
    assert_eq!(envelopes[0]["data"]["key"], "ENG");
    assert_eq!(envelopes[1]["error"]["code"], "TEAM_NOT_FOUND");
    let input = &envelopes[1]["error"]["details"]["input"];
    assert_eq!(*input, "a\u{202e}\u{1b}[31m\u{9b}\u{7f}");
    assert!(is_plain(&ended.out), "{:?}", ended.out);
    assert_eq!(envelopes[2]["metadata"]["cached"], true);
}

/// Whether nothing in a text steers a terminal.
fn is_plain(text: &str) -> bool {
    !text.contains(|c: char| c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c))
}

#[test]
fn nothing_that_others_wrote_steers_a_terminal() {
    let hostile = r#""t\e]0;x\a\e[31m\x9b31m\x85\x7f\r\b\u202e\u2066\u200f\u2028\U000E0041""#;
    let create = format!(
        "operation: create_issue\nparams:\n  team: ENG\n  title: {hostile}\n  description: {hostile}\n  labels: [{hostile}]\n  links: [{{url: 'https://a.example/', title: {hostile}}}]\n"
    );
    let stream = format!(
        "{create}---\noperation: get_issue\nparams: {{issue_id: {hostile}}}\n---\noperation: {hostile}\n---\n{hostile}: 1\n---\noperation: search_issues\nparams: {{query: {hostile}}}\ncontext: {{command: {hostile}, purpose: {hostile}}}\n"
    );
    for (args, log) in [
        (&["run", "--sandbox"][..], "text"),
        (&["run", "--sandbox", "--json"], "json"),
    ] {
        let vars = [("LINEAR_OPS_LOG", "debug"), ("LINEAR_OPS_LOG_FORMAT", log)];
        let ended = run(args, &stream, &vars);
        assert!(ended.out.contains("31m"), "{}", ended.out);
        assert!(ended.err.contains("31m"), "{}", ended.err);
        assert!(is_plain(&ended.out), "{:?}", ended.out);
        assert!(is_plain(&ended.err), "{:?}", ended.err);
    }
    let hostile = "t\u{1b}[31m\u{9b}\u{202e}";
    for args in [
        &["run", hostile][..],
        &["help", hostile],
        &["--tools", hostile],
        &["sandbox", "--listen", hostile],
        &[hostile],
    ] {
        let ended = run(args, "", &[]);
        assert_eq!(ended.code, Some(2), "{args:?}");
        assert!(
            ended.err.contains("31m") && is_plain(&ended.err),
            "{:?}",
            ended.err
        );
    }
    let ended = run(
        &["run"],
        TEAM,
        &[("LINEAR_OPS_TEAMS_X", "1"), ("LINEAR_OPS_LOG", hostile)],
    );
    assert!(
        ended.err.contains("31m") && is_plain(&ended.err),
        "{:?}",
        ended.err
    );
}

#[test]
fn an_operation_in_place_of_a_command_is_told_how_to_run() {
    for name in ["get_issue", "getIssue", "fetch_issue"] {
        let ended = run(&[name, "PSN-123"], "", &[]);
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""));
        for part in [
            "get_issue is an operation, not a command",
            "linear-ops help get_issue",
            "linear-ops run",
            "issue_id: PSN-123",
        ] {
            assert!(ended.err.contains(part), "{}", ended.err);
        }
    }
}

#[test]
fn completions_know_commands_and_operations() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ended = run(&["completions", shell], "", &[]);
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{shell}");
        for part in ["linear-ops", "doctor", "read-only"] {
            assert!(ended.out.contains(part), "{shell} has no {part}");
        }
        // The scripts of the other shells do not complete the values of arguments.
        let knows_values = matches!(shell, "bash" | "zsh");
        assert_eq!(ended.out.contains("create_issue"), knows_values, "{shell}");
    }
    let ended = run(&["completions", "cobol"], "", &[]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""));
    assert!(ended.err.contains("bash"), "{}", ended.err);
}

#[test]
fn the_manual_page_has_every_setting_command_and_exit_code() {
    let ended = run(&["man"], "", &[]);
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
    assert!(ended.out.contains(".TH linear-ops 1"), "{}", ended.out);
    let page = ended.out.replace("\\-", "-");
    for setting in TABLE {
        assert!(page.contains(setting.name), "{}", setting.name);
    }
    for part in [
        "linear-ops run [OPTIONS] [FILE]...",
        "linear-ops completions",
        ".SH \"EXIT STATUS\"",
        "none that Linear accepts",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
}

#[test]
fn help_tells_the_exit_codes() {
    for command in ["--help", "help"] {
        let args = match command {
            "help" => vec!["help", "run"],
            other => vec![other],
        };
        let ended = run(&args, "", &[]);
        assert!(ended.out.contains("Exit code"), "{}", ended.out);
        assert!(ended.out.contains('4'), "{}", ended.out);
    }
}

#[test]
fn a_misspelt_setting_is_warned_about() {
    let ended = run(&["run", "--sandbox"], TEAM, &[("LINEAR_OPS_LOGS", "x")]);
    assert_eq!(ended.code, Some(0));
    assert!(
        ended.err.contains("did you mean LINEAR_OPS_LOG?"),
        "{}",
        ended.err
    );
}

#[test]
fn without_a_key_the_answer_says_how_to_give_one() {
    for vars in [&[][..], &[("LINEAR_API_KEY", "paste your key here")]] {
        let ended = run(&["run"], TEAM, vars);
        assert_eq!(ended.code, Some(4));
        assert!(ended.out.contains("code: CONFIG_ERROR"), "{}", ended.out);
        assert!(ended.out.contains("LINEAR_API_KEY"), "{}", ended.out);
        assert!(!ended.out.contains("paste"), "{}", ended.out);
    }
}

#[test]
fn help_tells_every_operation_and_needs_no_settings() {
    let vars = [("LINEAR_OPS_TIMEOUT_MS", "5s")];
    let all = run(&["help"], "", &vars);
    assert_eq!((all.code, all.err.as_str()), (Some(0), ""));
    for entry in catalog::TABLE.iter() {
        assert!(all.out.contains(entry.spec.name), "{}", entry.spec.name);
        let help = run(&["help", entry.spec.name], "", &[]);
        let (_, example) = help.out.split_once("\nExample\n").unwrap();
        let example: String = example
            .lines()
            .map(|line| format!("{}\n", line.trim_end()))
            .collect();
        assert_eq!(
            request::read(&example, &linear_ops::engine::Catalog)
                .unwrap()
                .operation,
            entry.spec.name
        );
    }
    assert!(
        run(&["help", "codes"], "", &[])
            .out
            .contains("1001  TEAM_NOT_FOUND")
    );
    assert!(run(&["help", "run"], "", &[]).out.contains("[FILE]..."));
    let comments = run(&["help", "comments"], "", &[]).out;
    assert!(comments.contains("\ncomments\n") && comments.contains("  create_comment  "));
    assert!(!comments.contains("get_issue"), "{comments}");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    use std::process::Stdio;

    let mut child = binary::command()
        .args(["help", "codes"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), output.stderr.as_slice()),
        (Some(0), &b""[..])
    );
}

#[cfg(unix)]
#[test]
fn the_sandbox_says_how_to_reach_it_and_answers_there() {
    use std::io::{BufRead as _, BufReader};
    use std::process::Stdio;

    let mut sandbox = binary::command()
        .args(["sandbox", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(sandbox.stdout.take().unwrap()).lines();
    let lines: Vec<String> = lines.take(3).map(Result::unwrap).collect();
    let vars: Vec<(&str, &str)> = lines
        .iter()
        .filter_map(|line| line.split_once('='))
        .collect();
    assert_eq!(vars.len(), 2, "{lines:?}");
    let ended = run(&["run"], TEAM, &vars);
    assert_eq!(ended.code, Some(0), "{}", ended.out);

    let taken = vars[0]
        .1
        .trim_start_matches("http://")
        .trim_end_matches("/graphql");
    let second = run(&["sandbox", "--listen", taken], "", &[]);
    assert_eq!(second.code, Some(2));
    assert!(second.err.contains("--listen"), "{}", second.err);

    let kill = format!("kill -TERM {}", sandbox.id());
    assert!(
        std::process::Command::new("sh")
            .args(["-c", &kill])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(sandbox.wait().unwrap().code(), Some(0));
}

#[test]
fn operations_that_are_named_in_settings_have_to_exist() {
    for name in ["LINEAR_OPS_OPERATIONS", "LINEAR_OPS_DENY"] {
        let ended = run(
            &["run", "--sandbox"],
            TEAM,
            &[(name, "get_team, delete_isue")],
        );
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""));
        assert!(
            ended.err.contains(name) && ended.err.contains("'delete_issue'"),
            "{}",
            ended.err
        );
    }
}

#[test]
fn every_request_of_a_stream_is_kept_to_the_settings() {
    let stream = format!(
        "{TEAM}---\noperation: createComment\nparams: {{issue_id: ENG-231, body: B}}\n---\n{TEAM}"
    );
    let ended = run(
        &["run", "--sandbox"],
        &stream,
        &[("LINEAR_OPS_DENY", "comment")],
    );
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.out.matches("key: ENG\n").count(), 2, "{}", ended.out);
    assert_eq!(ended.out.matches("NOT_ALLOWED").count(), 1, "{}", ended.out);
}

#[test]
fn neither_the_key_nor_the_query_of_the_address_is_told() {
    let secrets = ["Xyzzy4711-Unmistakable", "q5ecret-of-the-address"];
    let url = format!("http://127.0.0.1:1/graphql?token={}", secrets[1]);
    let vars = [
        ("LINEAR_ACCESS_TOKEN", secrets[0]),
        ("LINEAR_API_URL", url.as_str()),
        ("LINEAR_OPS_LOG", "trace"),
    ];
    let stranger = format!(
        "operation: get_team\nparams: {{team: ENG, '{}': 1}}\n",
        secrets[0]
    );
    for (args, input) in [
        (&["run"][..], TEAM),
        (&["run"], stranger.as_str()),
        (&["doctor"], ""),
    ] {
        let ended = run(args, input, &vars);
        assert_eq!(ended.code, Some(1), "{args:?}");
        for secret in secrets {
            assert!(!ended.out.contains(secret), "{args:?} {}", ended.out);
            assert!(!ended.err.contains(secret), "{args:?} {}", ended.err);
        }
    }
    let unfit = [("LINEAR_API_URL", "http://linear.example/?token=q5ecret")];
    for args in [&["run"][..], &["doctor"]] {
        let ended = run(args, TEAM, &unfit);
        assert_ne!(ended.code, Some(0));
        assert!(!(ended.out + &ended.err).contains("q5ecret"), "{args:?}");
    }
}

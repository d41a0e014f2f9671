use secrecy::ExposeSecret as _;

use super::*;
use crate::params::Detail;

fn read(vars: &[(&str, &str)]) -> Result<Settings, Problems> {
    let vars = vars
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Settings::from_env(vars)
}

fn header(vars: &[(&str, &str)]) -> String {
    let key = read(vars).unwrap().authorization.unwrap();
    key.header().unwrap().expose_secret().to_owned()
}

/// Why there is no key.
fn missing(vars: &[(&str, &str)]) -> String {
    read(vars).unwrap().authorization.unwrap_err().why
}

fn problem(name: &str, value: &str) -> String {
    let text = read(&[(name, value)]).unwrap_err().to_string();
    assert!(text.starts_with(name), "{text}");
    text
}

#[test]
fn nothing_set_is_the_defaults_without_a_key() {
    let settings = read(&[]).unwrap();
    assert!(missing(&[]).contains("LINEAR_API_KEY"));
    assert_eq!(settings.address.url, "https://api.linear.app/graphql");
    assert!(!settings.address.loopback);
    assert_eq!(settings.cache_age, Duration::from_secs(600));
    assert_eq!(settings.cache_entries, 20_000);
    assert_eq!(settings.timeout, Duration::from_secs(30));
    assert_eq!(settings.deadline, Duration::from_secs(45));
    assert_eq!(settings.proxy, Ok(()));
    assert_eq!(settings.max_wait, Duration::from_secs(2));
    assert_eq!(settings.in_flight, 8);
    assert_eq!(settings.answer_defaults, AnswerDefaults::default());
    assert_eq!(settings.tools, Listing::default());
    assert!(!settings.read_only);
    assert_eq!(settings.log, "warn");
    assert_eq!(settings.log_format, LogFormat::Text);
    assert!(settings.warnings.is_empty());
}

#[test]
fn of_a_url_that_cannot_be_used_no_secret_is_shown() {
    for url in [
        "http://a.example/graphql?token=Xyzzy",
        "a.example?Xyzzy",
        "https://me:Xyzzy@a.example/",
        "ftp://a.example/#Xyzzy",
    ] {
        let problem = problem("LINEAR_API_URL", url);
        assert!(!problem.contains("Xyzzy"), "{problem}");
    }
}

/// The HTTP client takes the first that is set of those for https, else of those for all.
#[test]
fn the_proxy_that_would_be_used_is_checked() {
    let wrong = |vars: &[(&str, &str)]| read(vars).unwrap().endpoint().proxy.unwrap_err();
    for name in PROXIES {
        let setting = wrong(&[(name, "http://me:Xyzzy@proxy.example:port")]);
        assert!(setting.why.starts_with(name), "{setting:?}");
        assert!(setting.remedy.contains(name), "{setting:?}");
        assert!(!format!("{setting:?}").contains("Xyzzy"));
    }
    // It is taken as it is, white space and all.
    wrong(&[("HTTPS_PROXY", " http://proxy.example")]);
    for vars in [
        [
            ("HTTPS_PROXY", "http://proxy.example:3128"),
            ("ALL_PROXY", "no url"),
        ],
        [("HTTP_PROXY", "no url"), ("NO_PROXY", "no url")],
        [("HTTPS_PROXY", ""), ("ALL_PROXY", "")],
    ] {
        assert_eq!(read(&vars).unwrap().proxy, Ok(()));
    }
}

#[test]
fn the_defaults_agree_with_the_client() {
    assert_eq!(read(&[]).unwrap().retry_limits(), RetryLimits::default());
}

#[test]
fn values_reach_what_they_are_for() {
    let settings = read(&[
        ("LINEAR_OPS_TIMEOUT_MS", " 1500 "),
        ("LINEAR_OPS_DEADLINE_MS", "9000"),
        ("LINEAR_OPS_IN_FLIGHT", "2"),
        ("LINEAR_OPS_MAX_WAIT_MS", "0"),
        ("LINEAR_OPS_READ_ONLY", "TRUE"),
        ("LINEAR_OPS_DETAIL", "Ack"),
        ("LINEAR_OPS_FORMAT", "table"),
        ("LINEAR_OPS_TOOLS", "get_issue, linear,"),
        ("LINEAR_OPS_LOG", "warn,linear_ops=debug"),
        ("LINEAR_OPS_LOG_FORMAT", "JSON"),
        ("LINEAR_API_URL", "http://127.0.0.1:8686/graphql"),
        ("PATH", "/bin"),
    ])
    .unwrap();
    assert_eq!(settings.endpoint().timeout, Duration::from_millis(1500));
    assert_eq!(settings.deadline, Duration::from_secs(9));
    assert!(settings.endpoint().loopback);
    assert_eq!(settings.retry_limits().in_flight, 2);
    assert_eq!(settings.retry_limits().max_wait, Duration::ZERO);
    assert!(settings.read_only);
    let defaults = AnswerDefaults {
        detail: Some(Detail::Ack),
        table: true,
    };
    assert_eq!(settings.answer_defaults, defaults);
    let names: Vec<&str> = settings.tools.names().collect();
    assert_eq!(names, ["get_issue", "linear"]);
    assert_eq!(settings.log, "warn,linear_ops=debug");
    assert_eq!(settings.log_format, LogFormat::Json);
    assert!(settings.warnings.is_empty());
}

#[test]
fn what_cannot_be_used_is_named_with_what_would_be_right() {
    let text = problem("LINEAR_OPS_TIMEOUT_MS", "5s");
    assert_eq!(
        text,
        "LINEAR_OPS_TIMEOUT_MS is '5s'; it takes a whole number of milliseconds from 100 to 600000"
    );
    for (name, value) in [
        ("LINEAR_OPS_CACHE_TTL_SECONDS", "0"),
        ("LINEAR_OPS_CACHE_TTL_SECONDS", "86401"),
        ("LINEAR_OPS_CACHE_ENTRIES", "-1"),
        ("LINEAR_OPS_IN_FLIGHT", "65"),
        ("LINEAR_OPS_READ_ONLY", "maybe"),
        ("LINEAR_OPS_DETAIL", "least"),
        ("LINEAR_OPS_FORMAT", "csv"),
        ("LINEAR_OPS_TOOLS", ","),
        ("LINEAR_OPS_LOG", "linear_ops=loud"),
    ] {
        assert!(problem(name, value).contains(value));
    }
}

#[test]
fn a_guard_that_is_blank_or_not_filled_in_is_refused() {
    for name in [
        "LINEAR_OPS_READ_ONLY",
        "LINEAR_OPS_OPERATIONS",
        "LINEAR_OPS_DENY",
        "LINEAR_OPS_TEAMS",
        "LINEAR_OPS_PROJECTS",
        "LINEAR_OPS_MAX_WRITES",
        "LINEAR_OPS_AUDIT",
    ] {
        for value in [" ", "\t\n"] {
            assert!(problem(name, value).contains("is blank"), "{name}");
        }
        for value in ["${GUARD}", "ENG,${GUARD:-}"] {
            assert!(problem(name, value).contains("'${…}'"), "{name}");
        }
        assert!(read(&[(name, "")]).is_ok(), "{name}");
    }
    assert!(read(&[("LINEAR_OPS_LOG", " ")]).is_ok());
}

#[test]
fn a_guard_without_the_prefix_keeps_writes_back() {
    for name in ["LINEAR_READ_ONLY", "LINEAR_OP_READ_ONLY", "LINEAR_OPS_RO"] {
        let misnamed = read(&[(name, "1")]).unwrap().misnamed;
        let told = format!("{name} is no setting; did you mean LINEAR_OPS_READ_ONLY?");
        assert_eq!(misnamed, [told]);
    }
    let settings = read(&[("LINEAR_WEBHOOK_SECRET", "x"), ("LINEAR_TEAM_ID", "x")]).unwrap();
    assert!(settings.misnamed.is_empty() && settings.warnings.is_empty());
}

#[test]
fn every_problem_is_told_at_once() {
    let problems = read(&[("LINEAR_OPS_IN_FLIGHT", "x"), ("LINEAR_OPS_LOG", "a=b=c")]);
    assert_eq!(problems.unwrap_err().to_string().lines().count(), 2);
}

#[test]
fn a_key_is_sent_raw_and_a_token_as_bearer() {
    assert_eq!(header(&[("LINEAR_API_KEY", " lin_api_1\n")]), "lin_api_1");
    assert_eq!(header(&[("LINEAR_ACCESS_TOKEN", "abc")]), "Bearer abc");
    assert_eq!(
        header(&[("LINEAR_ACCESS_TOKEN", "Bearer abc")]),
        "Bearer abc"
    );
}

#[test]
fn two_settings_that_may_give_different_keys_are_refused() {
    for vars in [
        [
            ("LINEAR_API_KEY", "lin_api_1"),
            ("LINEAR_ACCESS_TOKEN", "abc"),
        ],
        [("LINEAR_API_KEY", "no key"), ("LINEAR_ACCESS_TOKEN", "abc")],
        [
            ("LINEAR_API_KEY", "lin_api_1"),
            ("LINEAR_API_KEY_FILE", "/key"),
        ],
        [
            ("LINEAR_API_KEY", "lin_api_1"),
            ("LINEAR_API_KEY_FILE", "key"),
        ],
        [
            ("LINEAR_ACCESS_TOKEN", "abc"),
            ("LINEAR_API_KEY_COMMAND", "pass linear"),
        ],
        [
            ("LINEAR_API_KEY_FILE", "/key"),
            ("LINEAR_API_KEY_COMMAND", "pass linear"),
        ],
    ] {
        let why = missing(&vars);
        let [(one, _), (other, _)] = vars;
        assert!(why.contains(&format!("{one} and {other} are set")), "{why}");
    }
    let two = [
        ("LINEAR_API_KEY", "Xyzzy4711"),
        ("LINEAR_ACCESS_TOKEN", "Plugh4712"),
    ];
    let shown = read(&two).unwrap().secrets().hide("Xyzzy4711 Plugh4712");
    assert_eq!(shown, "… …");
    let same = [
        ("LINEAR_API_KEY", "lin_api_1"),
        ("LINEAR_ACCESS_TOKEN", "lin_api_1"),
    ];
    assert_eq!(header(&same), "lin_api_1");
    let empty = [
        ("LINEAR_API_KEY", ""),
        ("LINEAR_ACCESS_TOKEN", " \n"),
        ("LINEAR_API_KEY_FILE", "${LINEAR_API_KEY_FILE}"),
        ("LINEAR_API_KEY_COMMAND", "pass linear"),
    ];
    let key = read(&empty).unwrap().authorization.unwrap();
    assert_eq!(key.setting(), "LINEAR_API_KEY_COMMAND");
}

#[test]
fn a_file_and_a_command_are_left_alone_until_the_key_is_needed() {
    for (name, value) in [
        ("LINEAR_API_KEY_FILE", "/no/such/file"),
        ("LINEAR_API_KEY_FILE", "~/no-such-file"),
        ("LINEAR_API_KEY_COMMAND", "exit 1"),
    ] {
        let key = read(&[(name, value)]).unwrap().authorization.unwrap();
        assert_eq!(key.setting(), name);
        assert!(key.header().is_none());
    }
    for (name, value) in [
        ("LINEAR_API_KEY_FILE", "key"),
        ("LINEAR_API_KEY_FILE", "~ann/key"),
        ("LINEAR_API_KEY_FILE", "${HOME}/key"),
        ("LINEAR_API_KEY_FILE", "lin_api_1"),
        ("LINEAR_API_KEY_COMMAND", "echo lin_api_1"),
    ] {
        let why = missing(&[(name, value)]);
        assert!(why.starts_with(name) && !why.contains("lin_api_1"), "{why}");
    }
}

#[test]
fn every_setting_that_is_empty_is_not_set() {
    for setting in TABLE {
        let empty = read(&[(setting.name, "")]).unwrap();
        assert_eq!(format!("{empty:?}"), format!("{:?}", read(&[]).unwrap()));
        // A guard that is blank is refused: see above.
        if !is_guard(setting.name) {
            let blank = read(&[(setting.name, " \t\n")]).unwrap();
            assert_eq!(format!("{blank:?}"), format!("{empty:?}"));
        }
    }
}

#[test]
fn a_key_in_the_other_form_is_put_right_with_a_warning() {
    for (name, value, sent) in [
        ("LINEAR_API_KEY", "Bearer lin_api_1", "lin_api_1"),
        ("LINEAR_API_KEY", "lin_oauth_1", "Bearer lin_oauth_1"),
        ("LINEAR_ACCESS_TOKEN", "lin_api_1", "lin_api_1"),
    ] {
        assert_eq!(header(&[(name, value)]), sent);
        assert_eq!(read(&[(name, value)]).unwrap().warnings.len(), 1, "{value}");
    }
}

#[test]
fn an_unexpanded_variable_is_no_key() {
    let var = ("LINEAR_API_KEY", "${LINEAR_API_KEY}");
    let why = missing(&[var]);
    assert!(why.contains("LINEAR_API_KEY holds '${…}'"), "{why}");
    assert_eq!(header(&[var, ("LINEAR_ACCESS_TOKEN", "abc")]), "Bearer abc");
}

#[test]
fn what_is_no_key_keeps_nothing_from_starting() {
    for name in ["LINEAR_API_KEY", "LINEAR_ACCESS_TOKEN"] {
        for value in ["paste your key here", "Bearer my key", "«key»"] {
            let why = missing(&[(name, value)]);
            assert!(why.starts_with(name), "{value}: {why}");
        }
    }
}

#[test]
fn an_empty_key_is_not_set() {
    assert!(
        read(&[("LINEAR_API_KEY", " \n")])
            .unwrap()
            .authorization
            .is_err()
    );
}

#[test]
fn a_key_is_shown_nowhere() {
    let secret = "lin_api_very_secret";
    let settings = read(&[("LINEAR_API_KEY", secret)]).unwrap();
    assert!(!format!("{settings:?} {:?}", settings.endpoint()).contains("very_secret"));
    for value in [
        "lin_api_very_secret\r\nX: y",
        "lin_api_very_secretä",
        "two very_secret",
    ] {
        let why = missing(&[("LINEAR_API_KEY", value)]);
        assert!(!why.contains("very_secret"), "{why}");
    }
    for setting in TABLE {
        let found = read(&[(setting.name, secret)]);
        let told = match &found {
            Ok(settings) => format!("{:?} {:?}", settings.tools, settings.warnings),
            Err(problems) => format!("{problems} {problems:?}"),
        };
        assert!(!told.contains("very_secret"), "{told}");
    }
    let url = "http://me:very_secret@example.com";
    assert!(!problem("LINEAR_API_URL", url).contains("very_secret"));
    let broken = "http://me:very_secret@exa mple.com";
    assert!(!problem("LINEAR_API_URL", broken).contains("very_secret"));
}

#[test]
fn the_key_is_not_sent_in_the_open() {
    let text = problem("LINEAR_API_URL", "http://api.linear.app/graphql");
    assert!(
        text.contains("is 'http://api.linear.app/graphql'; it takes an https URL"),
        "{text}"
    );
}

#[test]
fn a_misspelt_variable_is_warned_about() {
    let warnings = read(&[("LINEAR_OPS_TIMEOUT", "1")]).unwrap().warnings;
    assert_eq!(
        warnings,
        ["LINEAR_OPS_TIMEOUT is no setting and is ignored; did you mean LINEAR_OPS_TIMEOUT_MS?"]
    );
}

fn intended(name: &str) -> Option<Intended> {
    misnamed_variables(std::iter::once(name))
        .next()
        .map(|(_, intended)| intended)
}

#[test]
fn what_may_be_meant_for_a_guard_is_one() {
    for (name, guard) in [
        ("LINEAR_OPS_READONLY", "LINEAR_OPS_READ_ONLY"),
        ("linear_ops_read_only", "LINEAR_OPS_READ_ONLY"),
        ("Linear_Ops_Read_Only", "LINEAR_OPS_READ_ONLY"),
        ("LINEAR_OPS_REDA_ONLY", "LINEAR_OPS_READ_ONLY"),
        ("LINEAR_OPS_RAED_ONYL", "LINEAR_OPS_READ_ONLY"),
        ("LINEAROPS_READ_ONLY", "LINEAR_OPS_READ_ONLY"),
        ("LINEAR_OPS-READ-ONLY", "LINEAR_OPS_READ_ONLY"),
        ("LINEAR_OPS_ALLOW_DELETE", "LINEAR_OPS_ALLOW_DESTRUCTIVE"),
        ("LINEAR_OPS_ALLOWED_TEAMS", "LINEAR_OPS_TEAMS"),
        ("LINEAR_OPS_DENIED", "LINEAR_OPS_DENY"),
        ("LINEAR_OPS_DENY_OPERATIONS", "LINEAR_OPS_DENY"),
        ("LINEAR_OPS_OPERATIONS_DENIED", "LINEAR_OPS_DENY"),
        ("LINEAR_OPS_DISALLOW", "LINEAR_OPS_DENY"),
        ("LINEAR_OPS_FORBID_DELETE", "LINEAR_OPS_DENY"),
        ("LINEAR_OPS_BLOCK_OPERATIONS", "LINEAR_OPS_DENY"),
        ("LINEAR_OPS_NO_DELETE", "LINEAR_OPS_DENY"),
        ("LINEAR_OPS_RO", "LINEAR_OPS_READ_ONLY"),
        ("LINEAR_OP_READ_ONLY", "LINEAR_OPS_READ_ONLY"),
        ("LINEAR_READ_ONLY", "LINEAR_OPS_READ_ONLY"),
        ("linear_readonly", "LINEAR_OPS_READ_ONLY"),
        ("LINEAR_REDA_ONLY", "LINEAR_OPS_READ_ONLY"),
        ("LINEAR_MCP_READ_ONLY", "LINEAR_OPS_READ_ONLY"),
        ("LINEAR_RO", "LINEAR_OPS_READ_ONLY"),
        ("LINEAR_DENY", "LINEAR_OPS_DENY"),
        ("LINEAR_DENY_OPERATIONS", "LINEAR_OPS_DENY"),
        ("LINEAR_OP_DENY", "LINEAR_OPS_DENY"),
        ("LINEAR_OPERATIONS", "LINEAR_OPS_OPERATIONS"),
        ("LINEAR_OP_TEAMS", "LINEAR_OPS_TEAMS"),
        ("LINEAR_OSP_TEAMS", "LINEAR_OPS_TEAMS"),
        ("LINEAR_TEAMS", "LINEAR_OPS_TEAMS"),
        ("LINEAR_PROJECTS", "LINEAR_OPS_PROJECTS"),
        ("LINEAR_MAX_WRITES", "LINEAR_OPS_MAX_WRITES"),
        ("LINEAR_AUDIT", "LINEAR_OPS_AUDIT"),
        ("LINEAR_OPS_DNEY", "LINEAR_OPS_DENY"),
        ("LINEAR_OPS_TEAM", "LINEAR_OPS_TEAMS"),
        ("LINEAR_OPS_TEMAS", "LINEAR_OPS_TEAMS"),
        ("linear_ops_projects", "LINEAR_OPS_PROJECTS"),
        ("LINEAR_OPS_OPERATION", "LINEAR_OPS_OPERATIONS"),
        ("LINEAR_OPS_MAXWRITES", "LINEAR_OPS_MAX_WRITES"),
        ("LINEAR_OPS_WRITES_MAX", "LINEAR_OPS_MAX_WRITES"),
        ("LINEAR_OPS_AUDIT_FILE", "LINEAR_OPS_AUDIT"),
        ("LINEAR_OPS_AUDTI", "LINEAR_OPS_AUDIT"),
    ] {
        assert_eq!(intended(name), Some(Intended::Guard(guard)), "{name}");
    }
}

#[test]
fn other_names_are_near_to_others_or_to_nothing() {
    for (name, near) in [
        (
            "LINEAR_OPS_TIMEOUT",
            Intended::Other("LINEAR_OPS_TIMEOUT_MS"),
        ),
        (
            "LINEAR_OPS_MAX_WAIT",
            Intended::Other("LINEAR_OPS_MAX_WAIT_MS"),
        ),
        ("linear_ops_tools", Intended::Other("LINEAR_OPS_TOOLS")),
        ("LINEAR_OPS_LOGS", Intended::Other("LINEAR_OPS_LOG")),
    ] {
        assert_eq!(intended(name), Some(near), "{name}");
    }
    for name in [
        "LINEAR_API_KEYS",
        "LINEAR_WEBHOOK_SECRET",
        "LINEAR_TEAM",
        "LINEAR_TEAM_ID",
        "LINEAR_TEAM_KEY",
        "LINEAR_PROJECT",
        "LINEAR_PROJECT_ID",
        "LINEAR_CLIENT_ID",
        "LINEAR_CLIENT_SECRET",
        "LINEAR_TOKEN",
        "LINEAR_WORKSPACE",
        "LINEAR_BASE_URL",
        "LINEAR_BLOCKED_LABEL",
        "LINEAR_PROXY",
        "LINEAR_LABEL",
        "LINEAR_USER",
        "LINEAR_OPEN",
        "LINEAR_OPTIONS",
        "LINEAR_STATE",
        "LINEAR_OAUTH_TOKEN",
        "LINEAR_REDIRECT_URI",
        "LINEAR",
        "LINEARB_TOKEN",
    ] {
        assert_eq!(intended(name), None, "{name}");
    }
    assert_eq!(intended("PATH"), None);
    for setting in TABLE {
        assert_eq!(intended(setting.name), None);
    }
}

#[test]
fn every_guard_is_a_setting() {
    for (guard, _) in GUARDS {
        assert!(
            TABLE.iter().any(|setting| setting.name == *guard),
            "{guard}"
        );
    }
}

//! The invariants that `src/lib.rs` promises and that can be read off the sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use linear_ops::operation::Touches;

/// Each module with the modules that it may use, besides itself.
const MAY_USE: &[(&str, &[&str])] = &[
    ("error", &["text"]),
    ("text", &[]),
    ("yaml", &[]),
    ("clock", &[]),
    ("effect", &[]),
    ("patch", &[]),
    ("linear", &["clock", "error", "patch", "text"]),
    ("params", &["error", "patch", "text", "yaml"]),
    ("cache", &["clock", "linear", "text"]),
    ("stats", &["clock", "error", "linear"]),
    (
        "session",
        &[
            "clock", "cache", "effect", "error", "linear", "stats", "params", "text",
        ],
    ),
    (
        "resolve",
        &[
            "cache", "effect", "error", "linear", "params", "session", "text",
        ],
    ),
    (
        "operation",
        &["effect", "error", "params", "session", "text"],
    ),
    (
        "operations",
        &[
            "cache",
            "error",
            "linear",
            "operation",
            "params",
            "patch",
            "resolve",
            "session",
            "text",
        ],
    ),
    ("request", &["error", "params", "text", "yaml"]),
    ("envelope", &["error", "session", "text"]),
    (
        "engine",
        &[
            "clock",
            "cache",
            "effect",
            "envelope",
            "error",
            "linear",
            "stats",
            "operation",
            "operations",
            "params",
            "request",
            "resolve",
            "session",
            "text",
        ],
    ),
    ("settings", &["effect", "linear", "params", "text"]),
    (
        "server",
        &[
            "effect",
            "engine",
            "error",
            "operation",
            "request",
            "session",
            "settings",
            "text",
        ],
    ),
    // The outermost module: it makes the session, over Linear or over the stand-in.
    (
        "cli",
        &[
            "clock",
            "cache",
            "effect",
            "engine",
            "error",
            "linear",
            "operation",
            "request",
            "resolve",
            "sandbox",
            "server",
            "session",
            "settings",
            "text",
        ],
    ),
];

/// A source file: the module that it belongs to, and its code.
struct Source {
    path: PathBuf,
    module: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                files.push(path);
            }
        }
    }
    let sources: Vec<Source> = files
        .into_iter()
        .filter_map(|path| {
            let inside = path.strip_prefix(&root).unwrap().to_path_buf();
            let is_test = |part: &std::ffi::OsStr| part == "tests" || part == "tests.rs";
            if inside.iter().any(is_test) {
                return None;
            }
            let first = inside.iter().next().unwrap().to_string_lossy();
            let module = first.trim_end_matches(".rs").to_owned();
            let text = code(&fs::read_to_string(&path).unwrap());
            Some(Source { path, module, text })
        })
        .collect();
    assert!(sources.len() > 100, "where are the sources?");
    sources
}

/// A source without its comments and without the tests at its end.
fn code(text: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines() {
        if line.starts_with("mod tests {") {
            break;
        }
        if !line.trim_start().starts_with("//") {
            lines.push(line);
        }
    }
    lines.join("\n")
}

/// The modules that a source names after `crate::`.
fn used(source: &Source) -> BTreeSet<&str> {
    source
        .text
        .split("crate::")
        .skip(1)
        .filter_map(|rest| {
            rest.split(|c: char| !c.is_alphanumeric() && c != '_')
                .next()
        })
        .filter(|module| !module.is_empty())
        .collect()
}

#[test]
fn imports_go_one_way() {
    let mut wrong = Vec::new();
    for source in sources() {
        if matches!(source.module.as_str(), "main" | "lib" | "build" | "sandbox") {
            continue;
        }
        let (_, may_use) = MAY_USE
            .iter()
            .find(|(module, _)| *module == source.module)
            .unwrap_or_else(|| panic!("{} is in no known module", source.path.display()));
        for module in used(&source) {
            if module != source.module && !may_use.contains(&module) {
                wrong.push(format!("{} uses {module}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_a_module_may_use_it_does_use() {
    let sources = sources();
    let mut unused = Vec::new();
    for (module, may_use) in MAY_USE {
        for other in *may_use {
            let does = |source: &Source| source.module == *module && used(source).contains(other);
            if !sources.iter().any(does) {
                unused.push(format!("{module} does not use {other}"));
            }
        }
    }
    assert!(unused.is_empty(), "{unused:#?}");
}

/// The map at the top of the library and the table of this test have every module.
#[test]
fn every_module_is_on_the_map() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs");
    let map = fs::read_to_string(path).unwrap();
    let mut modules = 0;
    for line in map.lines() {
        // A module without code, which is a page of the documentation, ends in braces.
        let Some(module) = line
            .strip_prefix("pub mod ")
            .and_then(|line| line.strip_suffix(';'))
        else {
            continue;
        };
        modules += 1;
        let mut first_cells = map.lines().filter_map(|line| line.split('|').nth(1));
        let named = format!("[`{module}`]");
        assert!(first_cells.any(|cell| cell.contains(&named)), "{module}");
        let has_rule = MAY_USE.iter().any(|(name, _)| *name == module);
        assert!(has_rule || module == "sandbox", "{module}");
    }
    assert!(modules > 15, "where is the map?");
}

#[test]
fn the_stand_in_knows_nothing_but_the_transport() {
    for source in sources().iter().filter(|source| source.module == "sandbox") {
        for rest in source.text.split("crate::").skip(1) {
            let is_allowed = rest.starts_with("sandbox") || rest.starts_with("linear::transport");
            assert!(
                is_allowed,
                "{} uses {}",
                source.path.display(),
                rest.lines().next().unwrap()
            );
        }
    }
}

/// Asserts that only the files whose path ends so name any of the words.
fn only(words: &[&str], allowed: &[&str]) {
    let mut wrong = Vec::new();
    for source in sources() {
        let path = source.path.to_string_lossy().into_owned();
        if allowed.iter().any(|part| path.contains(part)) {
            continue;
        }
        for word in words.iter().filter(|word| source.text.contains(**word)) {
            wrong.push(format!("{path} names {word}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_failure_picks_the_codes_of_linears_own_failures() {
    let codes = ["LinearApi", "OutcomeUnknown", "UsageLimitExceeded"];
    let picks: Vec<String> = codes.iter().map(|code| format!("Code::{code}")).collect();
    let picks: Vec<&str> = picks.iter().map(String::as_str).collect();
    only(&picks, &["src/linear/failure.rs"]);
}

#[test]
fn time_and_ids_come_from_the_clock() {
    // The stand-in has a clock of its own.
    let sources = ["Timestamp::now", "SystemTime", "Zoned::now", "new_v4"];
    only(&sources, &["src/clock.rs", "src/sandbox/"]);
    only(&["Instant::now"], &["src/clock.rs"]);
}

#[test]
fn only_linear_sees_http_and_graphql() {
    let words = ["reqwest", "graphql_client", "GraphQLQuery", "\"query "];
    only(&words, &["src/linear/"]);
}

#[test]
fn only_resolve_turns_names_into_ids() {
    // These are the functions that match names, and the filters that look a name up.
    let words = [
        "resolve::match_name",
        "match_exactly(",
        "same_text(",
        "eqIgnoreCase",
    ];
    only(
        &words,
        &["src/resolve", "src/linear/filter.rs", "src/sandbox/"],
    );
}

#[test]
fn only_the_envelope_writes_yaml() {
    only(&["yaml::write("], &["src/envelope.rs", "src/envelope/"]);
}

#[test]
fn only_main_ends_the_process() {
    only(&["process::exit"], &["src/main.rs"]);
}

#[test]
fn every_operation_has_its_file_and_its_example() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for entry in linear_ops::engine::catalog::TABLE.iter() {
        let example = root.join(format!("examples/{}.yaml", entry.spec.name));
        assert_eq!(fs::read_to_string(example).unwrap(), entry.example);
        assert!(
            entry
                .example
                .starts_with(&format!("operation: {}\n", entry.spec.name))
        );
    }
    let examples = fs::read_dir(root.join("examples")).unwrap();
    let yaml = examples.filter(|entry| {
        let path = entry.as_ref().unwrap().path();
        path.extension().is_some_and(|end| end == "yaml")
    });
    assert_eq!(yaml.count(), linear_ops::engine::catalog::TABLE.len());
}

#[test]
fn names_and_aliases_are_unique_and_subjects_are_parameters() {
    let mut names = BTreeSet::new();
    for entry in linear_ops::engine::catalog::TABLE.iter() {
        assert!(names.insert(entry.spec.name), "{}", entry.spec.name);
        for alias in entry.spec.aliases {
            assert!(names.insert(alias), "{alias}");
        }
        if let Some(subject) = entry.spec.subject {
            let field = entry.signature().field(subject);
            assert!(field.is_some(), "{}: {subject}", entry.spec.name);
        }
    }
}

/// A batch refuses items that would overwrite each other by what their operations declare.
#[test]
fn every_operation_that_writes_to_an_issue_declares_what_it_touches() {
    let mut declared = 0;
    for entry in linear_ops::engine::catalog::TABLE.iter() {
        let name = entry.spec.name;
        let signature = entry.signature();
        let names_issue = ["issue_id", "related_issue_id"]
            .iter()
            .any(|param| signature.field(param).is_some());
        let writes_to_issue = names_issue && entry.spec.effect.writes();
        let declares = entry.spec.touches != Touches::NoIssue;
        assert_eq!(declares, writes_to_issue, "{name}");
        declared += usize::from(declares);
        if let Touches::FieldsGiven { except } = entry.spec.touches {
            for param in except {
                assert!(signature.field(param).is_some(), "{name}: {param}");
            }
        }
    }
    assert!(declared > 5, "where are the operations?");
}

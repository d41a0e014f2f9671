//! References to issues: an identifier in any case, a UUID, the address of the issue's page, or the name of a branch. Here they
//! are only parsed; Linear itself resolves identifiers, including those that an issue had before it was moved
//! (`linear/api.md` §1.2). [`mentions`] finds the identifiers in any other text, where only the keys of the teams tell
//! an identifier from a word such as `UTF-8`.

use super::address::{self, PageKind, Reading, is_host, unwrapped};
use crate::error::{Code, Error};
use crate::resolve::is_uuid;

/// A reference to an issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssueRef {
    /// The identifier: the key of a team and a number.
    Identifier {
        /// The team's key, in upper case.
        key: String,
        /// The number within the team.
        number: u32,
    },
    /// The UUID.
    Id(String),
}

impl IssueRef {
    /// Parses `ENG-123`, `eng-123`, a UUID, an address as [`address::read`] accepts it, or the name of a branch with exactly one
    /// identifier in it: `feature/eng-123-login`.
    ///
    /// # Errors
    /// INVALID_PARAM that names `param`, for any other text: the address of another page or site, a branch with two identifiers,
    /// or a link whose label and target are different issues.
    pub fn parse(param: &str, text: &str) -> Result<Self, Error> {
        let (label, target) = unwrapped(text);
        let found = match address::expect(param, text, PageKind::Issue)? {
            Some(address) => Self::exact(address.name),
            None => match Self::exact(target) {
                Some(found) => Some(found),
                None => match on_branch(target).unwrap_or_default().as_slice() {
                    [] => None,
                    [only] => identifier(only),
                    several => return Err(two_issues(param, target, several)),
                },
            },
        };
        let read = found.ok_or_else(|| invalid(param, text))?;
        match label.and_then(identifier) {
            Some(other) if read.team_key().is_some() && other != read => {
                Err(two_issues(param, text, &[other.id(), read.id()]))
            }
            _ => Ok(read),
        }
    }

    /// Parses an identifier, a UUID or an address. Names of branches are not accepted, because in a text to search for, words with
    /// dashes are just words.
    pub fn named(text: &str) -> Option<Self> {
        let address = address::of_kind(text, PageKind::Issue);
        Self::exact(address.map_or(unwrapped(text).1, |address| address.name))
    }

    /// Parses an identifier or a UUID.
    pub(super) fn exact(name: &str) -> Option<Self> {
        if is_uuid(name) {
            return Some(Self::Id(name.to_ascii_lowercase()));
        }
        identifier(name)
    }

    /// Returns the text that Linear accepts as the issue's id.
    pub fn id(&self) -> String {
        match self {
            Self::Identifier { key, number } => format!("{key}-{number}"),
            Self::Id(id) => id.clone(),
        }
    }

    /// Returns the team's key in the identifier.
    pub fn team_key(&self) -> Option<&str> {
        match self {
            Self::Identifier { key, .. } => Some(key),
            Self::Id(_) => None,
        }
    }

    /// Returns the error for a reference to an issue that does not exist.
    pub fn not_found(&self) -> Error {
        let name = self.id();
        Error::new(Code::IssueNotFound, format!("Issue '{name}' not found"))
            .detail("input", name)
            .suggest("Check the team key and the number")
            .suggest("Call list_issues with a query to find it by its title")
    }
}

/// The longest text in which identifiers are looked for, in bytes.
const LONGEST_TEXT: usize = 1000;

/// The largest number of identifiers that are looked for in a text.
const MOST_MENTIONS: usize = 16;

/// Returns what may be identifiers of issues in a text, each once and in the order of their first appearances. A key is
/// not necessarily the key of a team: `UTF-8` is among them.
///
/// Returns `None` for a text with the address of another site or of a page that is not an issue's, and for a text that is
/// longer than a sentence or two, or joins an identifier to something by another character than those of a branch or a sentence.
pub fn mentions(text: &str) -> Option<Vec<IssueRef>> {
    if text.len() > LONGEST_TEXT {
        return None;
    }
    let mut found: Vec<IssueRef> = Vec::new();
    let mut add = |issue: IssueRef| {
        if !found.contains(&issue) && found.len() < MOST_MENTIONS {
            found.push(issue);
        }
    };
    // The label and the target of a link are words of their own.
    let text = text.replace("](", " ").replace('|', " ");
    for word in text.split_whitespace() {
        let word = word.trim_matches(|c: char| "()[]{}<>\"'`.,;:!?".contains(c));
        match address::read(word) {
            Reading::Linear(address) if address.kind == PageKind::Issue => {
                add(IssueRef::exact(address.name)?);
            }
            Reading::Linear(_) | Reading::Foreign => return None,
            // An e-mail address is not the name of a branch.
            Reading::Name if word.contains('@') => {}
            Reading::Name => {
                let parts = word.split(|c: char| "()[]{}<>\"'`,;:!?~^*\\".contains(c));
                for part in parts {
                    let names = on_branch(part)?;
                    let issues = names.iter().filter_map(|name| identifier(name));
                    issues.for_each(&mut add);
                }
            }
        }
    }
    Some(found)
}

/// Parses an identifier.
fn identifier(name: &str) -> Option<IssueRef> {
    let (key, digits) = name.rsplit_once('-')?;
    let is_key = !key.is_empty()
        && key.len() <= 16
        && key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let number = digits
        .parse::<u32>()
        .ok()
        .filter(|_| !digits.starts_with('+'))?;
    is_key.then(|| IssueRef::Identifier {
        key: key.to_ascii_uppercase(),
        number,
    })
}

fn invalid(param: &str, text: &str) -> Error {
    let text = text.trim();
    Error::new(
        Code::InvalidParam,
        format!("'{text}' is no issue identifier"),
    )
    .detail("param", param)
    .detail("given", text)
    .detail(
        "expected",
        "an identifier such as ENG-123, a UUID, or the address of the issue's page",
    )
    .suggest("Use the team's key and the issue's number: 'ENG-123'")
}

/// Returns the error for a text that names several issues.
fn two_issues(param: &str, text: &str, issues: &[String]) -> Error {
    let text = text.trim();
    let shown = issues.get(..MOST_SUGGESTED).unwrap_or(issues);
    let message = format!("'{text}' names several issues: {}", shown.join(", "));
    let error = Error::new(Code::InvalidParam, message)
        .detail("param", param)
        .detail("given", text);
    shown.iter().fold(error, |error, issue| {
        error.suggest(format!("Use '{issue}'"))
    })
}

/// The largest number of identifiers in the name of a branch that an error suggests.
const MOST_SUGGESTED: usize = 4;

/// The longest team key that is recognised in the name of a branch, where any word may stand in front of a number.
const LONGEST_KEY: usize = 10;

/// Top-level domains by which a host is recognised. Other words may be a last name: `john.doe/eng-123-login` is a branch.
const TOP_LEVEL: [&str; 26] = [
    "ai",
    "app",
    "biz",
    "cloud",
    "co",
    "com",
    "corp",
    "dev",
    "edu",
    "eu",
    "example",
    "gov",
    "info",
    "internal",
    "invalid",
    "io",
    "lan",
    "local",
    "localhost",
    "me",
    "net",
    "org",
    "test",
    "tv",
    "us",
    "xyz",
];

/// Returns the first identifiers in the name of a branch, each once: a key and a number, with no letter or digit at either end.
/// Returns none for a text that cannot be the name of a branch, that looks like a path at a host, or that is the beginning of a
/// UUID.
///
/// Returns `None` where it is unclear whether an identifier ends, as in `ENG-1+ENG-2`: the second is not the only one.
fn on_branch(name: &str) -> Option<Vec<String>> {
    let is_branch_char = |c: char| {
        (c.is_ascii_graphic() || c.is_alphanumeric()) && !"~^:?*[]\\<>\"'`|,;{}".contains(c)
    };
    if !name.chars().all(is_branch_char) || is_cut_id(name) {
        return Some(Vec::new());
    }
    let (first, rest) = name.split_once('/').unwrap_or(("", name));
    let begins_with_host = is_host(first);
    let top_level = first
        .rsplit('.')
        .next()
        .unwrap_or(first)
        .to_ascii_lowercase();
    let is_certain_host = top_level == first
        || top_level.bytes().all(|byte| byte.is_ascii_digit())
        || TOP_LEVEL.contains(&top_level.as_str());
    if begins_with_host && is_certain_host {
        return Some(Vec::new());
    }
    let mut found = Vec::new();
    // Whether words follow an identifier, as in the names that Linear gives to branches.
    let mut has_words_behind = false;
    let mut from = if begins_with_host {
        name.len() - rest.len()
    } else {
        0
    };
    while let Some(dash) = name.get(from..).and_then(|rest| rest.find('-')) {
        let dash = from + dash;
        from = dash + 1;
        let (before, behind) = (
            name.get(..dash).unwrap_or_default(),
            name.get(from..).unwrap_or_default(),
        );
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, after) = behind.split_at(digits);
        let start = before
            .char_indices()
            .rev()
            .find(|(_, c)| !c.is_alphanumeric())
            .map_or(0, |(at, c)| at + c.len_utf8());
        let key = before.get(start..).unwrap_or_default();
        if key.len() <= LONGEST_KEY
            && let Some(IssueRef::Identifier { key, number }) =
                identifier(&format!("{key}-{digits}"))
        {
            match NumberEnd::of(after) {
                NumberEnd::Clear => {
                    let issue = format!("{key}-{number}");
                    if !found.contains(&issue) && found.len() <= MOST_SUGGESTED {
                        found.push(issue);
                    }
                    has_words_behind |= after.starts_with('-');
                }
                NumberEnd::GoesOn => {}
                NumberEnd::Unclear => return None,
            }
        }
    }
    // Linear names a branch `john.doe/eng-123-login`; `tracker.intern/ENG-123` is an address.
    if begins_with_host && !has_words_behind {
        found.clear();
    }
    Some(found)
}

/// What the text behind the digits of what may be an identifier says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NumberEnd {
    /// The digits are an issue's number.
    Clear,
    /// The digits are a part of something else: a version (`release-1.2`), or a number of two parts (`CVE-2024-1234`).
    GoesOn,
    /// The digits may be an issue's number, with a character behind them that joins it to another one.
    Unclear,
}

impl NumberEnd {
    /// Returns what the text `after` the digits says.
    fn of(after: &str) -> Self {
        let mut next = after.chars();
        let separator = next.next();
        let behind = next.as_str();
        let behind_digits = behind.trim_start_matches(|c: char| c.is_ascii_digit());
        let is_part = behind_digits.len() < behind.len();
        let is_clear = match separator {
            None => true,
            Some('.') => {
                let is_word = behind.is_empty() || behind.starts_with(char::is_alphanumeric);
                if !is_word {
                    return Self::Unclear;
                }
                !is_part
            }
            Some('-') => !is_part || behind_digits.starts_with(char::is_alphanumeric),
            // `ENG-1/2` and `ENG-1_2` may be a mistyped number.
            Some('/' | '_') => !is_part && !behind.is_empty(),
            Some(letter) if letter.is_alphanumeric() => false,
            Some(_) => return Self::Unclear,
        };
        if is_clear { Self::Clear } else { Self::GoesOn }
    }
}

/// Whether a text begins like a UUID.
fn is_cut_id(text: &str) -> bool {
    let mut parts = text.split('-').map(|part| {
        let hex = part.chars().all(|c| c.is_ascii_hexdigit());
        part.len() * usize::from(hex)
    });
    parts.next() == Some(8) && parts.next() == Some(4)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn identifiers_ids_and_addresses_are_read() {
        let psn = IssueRef::Identifier {
            key: "PSN".to_owned(),
            number: 123,
        };
        for text in [
            "PSN-123",
            " psn-123 ",
            "https://linear.app/acme/issue/PSN-123/implement-user-authentication",
            "https://linear.app/acme/issue/psn-123#comment-1",
        ] {
            assert_eq!(IssueRef::parse("issue_id", text).unwrap(), psn, "{text}");
        }
        let id = "5eed0000-0000-4000-8000-00000000000a";
        assert_eq!(
            IssueRef::parse("issue_id", &id.to_uppercase())
                .unwrap()
                .id(),
            id
        );
    }

    #[test]
    fn a_link_and_a_branch_are_read() {
        for text in [
            "<ENG-231>",
            "[Login](ENG-231)",
            "[ENG-231](https://linear.app/acme/issue/eng-231/x)",
            "<https://linear.app/acme/issue/ENG-231|ENG-231>",
            "linear://acme/issue/ENG-231",
            "feature/eng-231-login",
            "eng-231-login",
            "john.doe/eng-231-login",
            "jane.li/eng-231-login-form",
            "refs/heads/feature/ENG-231",
            "feature_eng-231_login",
            "fix/issue/ENG-231",
            "john/issue/eng-231-login",
            "release-1.2/eng-231-x",
            "eng-231/eng-231-again",
            "eng-231-implementation-2",
            "v1.2/eng-231",
            "eng-231-2fa-login",
            "eng-231-fix-cve-2024-1234",
            "eng-231.md",
        ] {
            let read = IssueRef::parse("issue_id", text).unwrap();
            assert_eq!(read.id(), "ENG-231", "{text}");
        }
        for text in [
            "feature/eng-231-login",
            "eng-231-login",
            "how to eng-231",
            "https://example.net/issue/ENG-231",
        ] {
            assert_eq!(IssueRef::named(text), None, "{text}");
        }
        for text in [
            "eng-231",
            "<ENG-231>",
            "https://linear.app/acme/issue/ENG-231/x",
        ] {
            assert_eq!(IssueRef::named(text).unwrap().id(), "ENG-231", "{text}");
        }
    }

    #[test]
    fn what_names_two_issues_is_refused_with_both() {
        for text in [
            "feature/eng-231-and-eng-232",
            "eng-231/eng-232-x",
            "[ENG-231](https://linear.app/acme/issue/ENG-232/x)",
            "<https://linear.app/acme/issue/ENG-232|ENG-231>",
        ] {
            let error = IssueRef::parse("issue_id", text).unwrap_err();
            assert_eq!(error.code(), Code::InvalidParam, "{text}");
            for issue in ["ENG-231", "ENG-232"] {
                let hint = format!("Use '{issue}'");
                assert!(error.suggestions().contains(&hint), "{text}");
            }
        }
    }

    #[test]
    fn what_leads_elsewhere_is_refused() {
        for (text, told) in [
            (
                "https://tracker.example.net/issue/ENG-232",
                "not an address of Linear",
            ),
            (
                "tracker.example.net/issue/ENG-232",
                "not an address of Linear",
            ),
            (
                "[ENG-232](https://tracker.example.net/issue/ENG-232)",
                "not an address of Linear",
            ),
            (
                "https://linear.app/acme/project/x-1a2b3c4d5e6f",
                "the address of a project",
            ),
            (
                "https://linear.app/acme/document/x-1a2b3c4d5e6f",
                "the address of a document",
            ),
            (
                "https://linear.app/acme/team/ENG/all",
                "the address of a team",
            ),
            ("https://linear.app/acme", "the address of another page"),
            (
                "https://linear.app/acme/issue/",
                "the address of another page",
            ),
            ("https://linear.app/acme/issue/login", "no issue identifier"),
            ("github.com/acme/ENG-232", "no issue identifier"),
            ("example.net/ENG-232-x", "no issue identifier"),
            ("tracker.intern/ENG-232", "no issue identifier"),
            ("git@github.com:acme/eng-232", "no issue identifier"),
            ("localhost/ENG-232", "no issue identifier"),
        ] {
            let error = IssueRef::parse("issue_id", text).unwrap_err();
            assert_eq!(error.code(), Code::InvalidParam, "{text}");
            assert!(error.message().contains(told), "{text}: {error}");
        }
    }

    #[test]
    fn the_identifiers_in_a_text_are_found() {
        for (text, expected) in [
            ("the one with the login", &[][..]),
            ("see ENG-12", &["ENG-12"]),
            ("(eng-12)", &["ENG-12"]),
            ("Fix ENG-12: UTF-8 in titles", &["ENG-12", "UTF-8"]),
            ("feature/iso-8601-eng-12", &["ISO-8601", "ENG-12"]),
            ("ENG-12, ENG-13 and eng-12", &["ENG-12", "ENG-13"]),
            ("ENG-12/ENG-13", &["ENG-12", "ENG-13"]),
            ("mail john@eng-12.example about it", &[]),
            ("ENG-12-3 or ENG-1.5", &[]),
            (
                "<https://linear.app/acme/issue/ENG-12|ENG-13>",
                &["ENG-12", "ENG-13"],
            ),
        ] {
            let found = mentions(text).unwrap();
            let found: Vec<String> = found.iter().map(IssueRef::id).collect();
            assert_eq!(found, expected, "{text}");
        }
        for text in [
            "ENG-12 is https://tracker.example.net/issue/ENG-12",
            "ENG-12 of https://linear.app/acme/team/ENG/all",
            &"ENG-12 ".repeat(200),
        ] {
            assert_eq!(mentions(text), None, "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "PSN",
            "123",
            "PSN-",
            "-1",
            "PSN-12a",
            "PSN 12",
            "PSN-+1",
            "PSN-99999999999",
            "see PSN-12",
            "feature/login",
            "release-1.2",
            "fix/CVE-2024-1234",
            "INV-2024-001",
            "ENG-231-2",
            "a1b2c3d4-0000-4000-8000-00000000000",
            "[PSN-12]",
            "PSN-12,PSN-13",
        ] {
            let error = IssueRef::parse("parent_id", text).unwrap_err();
            assert_eq!(error.code(), Code::InvalidParam, "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_identifier_is_the_same_in_any_case_and_as_an_address(
            key in "[a-zA-Z][a-zA-Z0-9_]{0,15}",
            number in 0_u32..,
            behind in "([/?#][ -~]{0,12})?",
        ) {
            let expected = IssueRef::Identifier { key: key.to_ascii_uppercase(), number };
            for text in [
                format!("{key}-{number}"),
                format!(" {}-{number}\n", key.to_lowercase()),
                format!("https://linear.app/acme/issue/{key}-{number}{behind}"),
            ] {
                prop_assert_eq!(&IssueRef::parse("issue_id", &text).unwrap(), &expected);
            }
        }

        /// A branch means the one identifier in it, whatever words stand around it.
        #[test]
        fn a_branch_means_its_identifier(
            folder in "([a-z]{1,8}[/_]|[a-z]{1,6}\\.[a-z]{4,6}/)?",
            key in "[a-z][a-z0-9]{0,6}",
            number in 0_u32..100_000,
            words in "(-[a-z]{1,8}){1,4}",
        ) {
            let text = format!("{folder}{key}-{number}{words}");
            prop_assume!(!folder.ends_with(".local/") && !is_cut_id(&text));
            let read = IssueRef::parse("issue_id", &text).unwrap();
            prop_assert_eq!(read.id(), format!("{}-{number}", key.to_ascii_uppercase()));
            let two = format!("{text}-other-{}", number + 1);
            prop_assert!(IssueRef::parse("issue_id", &two).is_err());
        }

        /// What a text mentions are its identifiers, whatever other words with numbers stand around them.
        #[test]
        fn a_text_mentions_its_identifiers(
            words in proptest::collection::vec(
                proptest::sample::select(&["see", "UTF-8", "(iso-8601)", "sha-256,", "release-1.2", "fix:", "CVE-2024-1234", "-", "v2-", "10-4", "«x»"][..]),
                0..6,
            ),
            at in 0_usize..6,
            number in 0_u32..100_000,
            form in proptest::sample::select(&["{}", "({}),", "{}.", "**{}**", "john/{}-fix-it", "'{}'!", "https://linear.app/acme/issue/{}/x", "[{}](https://linear.app/acme/issue/{}/x)"][..]),
        ) {
            let mut words: Vec<String> = words.into_iter().map(str::to_owned).collect();
            let at = at.min(words.len());
            words.insert(at, form.replace("{}", &format!("eng-{number}")));
            let found = mentions(&words.join(" ")).unwrap();
            let keys = ["ENG", "UTF", "ISO", "SHA"];
            prop_assert!(found.iter().all(|issue| keys.contains(&issue.team_key().unwrap())), "{:?}", found);
            let own = found.iter().filter(|issue| issue.team_key() == Some("ENG"));
            let own: Vec<String> = own.map(IssueRef::id).collect();
            prop_assert_eq!(own, [format!("ENG-{number}")]);
        }

        /// Any text is read, and what is found in it is an identifier or a UUID.
        #[test]
        fn whatever_is_mentioned_can_be_sent(text in r"\PC{0,40}|([a-zA-Z]{1,4}[-./ :|@(]|[0-9]{1,3}[- ]?){0,12}") {
            for issue in mentions(&text).into_iter().flatten() {
                prop_assert_eq!(IssueRef::parse("issue_id", &issue.id()).unwrap(), issue);
            }
        }

        /// Linear is only ever sent a UUID or an identifier.
        #[test]
        fn whatever_is_read_reads_the_same_again(text in r"\PC{0,24}|[-A-Za-z0-9_/#?.:<>| ]{0,40}|[A-Z]{1,3}-\PC{1,4}|([a-z]{1,4}[-./]|[0-9]{1,3}-?){1,6}") {
            if let Ok(read) = IssueRef::parse("issue_id", &text) {
                let id = read.id();
                prop_assert!(id.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)), "{}", id);
                prop_assert_eq!(IssueRef::parse("issue_id", &id).unwrap(), read);
            }
        }
    }
}

//! Parses the addresses of pages at Linear. Nothing is looked up here; [`crate::session::Workspace`] compares the workspace in an
//! address with the workspace of the API key.

use crate::error::{Code, Error};
use crate::resolve::is_uuid;
use crate::resolve::issue::IssueRef;

/// The length of a slug.
pub(super) const SLUG: usize = 12;

/// The facts about the pages of one kind of entity.
struct PageFacts {
    /// The folder of the pages: `https://linear.app/acme/issue/…`.
    folder: Option<&'static str>,
    /// The noun for the entity in a sentence, with its article.
    noun: &'static str,
    /// The suggestion of what to give in place of an address.
    instead: &'static str,
    /// Whether the name in the address ends in a slug, the only part that stays when the entity is renamed.
    has_slug: bool,
}

macro_rules! pages {
    ($($(#[$doc:meta])* $kind:ident { $($facts:tt)* })*) => {
        /// The kind of entity that a page at Linear shows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum PageKind {
            $($(#[$doc])* $kind,)*
        }

        impl PageKind {
            const ALL: &[Self] = &[$(Self::$kind),*];

            fn facts(self) -> PageFacts {
                match self {
                    $(Self::$kind => PageFacts { $($facts)* },)*
                }
            }
        }
    };
}

pages! {
    /// An issue, by its identifier or UUID.
    Issue {
        folder: Some("issue"),
        noun: "an issue",
        instead: "Use the team's key and the issue's number: 'ENG-123'",
        has_slug: false,
    }
    /// A document, by its title and slug.
    Document {
        folder: Some("document"),
        noun: "a document",
        instead: "Call list_documents with a query to find the document's id",
        has_slug: true,
    }
    /// A project, by its name and slug.
    Project {
        folder: Some("project"),
        noun: "a project",
        instead: "Call list_projects to see the projects' names",
        has_slug: true,
    }
    /// An initiative, by its name and slug.
    Initiative {
        folder: Some("initiative"),
        noun: "an initiative",
        instead: "Use the initiative's name",
        has_slug: true,
    }
    /// A custom view, by its name and slug. The address of a team's view names the team as well.
    View {
        folder: Some("view"),
        noun: "a view",
        instead: "Use the view's name",
        has_slug: true,
    }
    /// A team, by its key.
    Team {
        folder: Some("team"),
        noun: "a team",
        instead: "Call list_teams to see the teams' names and keys",
        has_slug: false,
    }
    /// A cycle of a team, by its number. No parameter takes this address, because it names a team as well.
    Cycle {
        folder: None,
        noun: "a cycle",
        instead: "Use the cycle's number",
        has_slug: false,
    }
    /// A user, by the display name.
    User {
        folder: Some("profiles"),
        noun: "a user",
        instead: "Call list_users to see the users' names",
        has_slug: false,
    }
    /// Any other page.
    Other {
        folder: None,
        noun: "another page",
        instead: "Use its name",
        has_slug: false,
    }
}

impl PageKind {
    /// Returns the kind of the pages in that folder.
    fn of_folder(folder: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|kind| kind.facts().folder == Some(folder))
    }

    /// Returns the noun for the entity in a sentence, with its article.
    pub fn noun(self) -> &'static str {
        self.facts().noun
    }
}

/// The address of a page at Linear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address<'t> {
    /// The name of the workspace in the address, if it has one.
    pub workspace: Option<&'t str>,
    /// The kind of entity that the page shows.
    pub kind: PageKind,
    /// The text that names the entity in the address: an identifier, a UUID, a title with a slug, a key.
    pub name: &'t str,
}

impl<'t> Address<'t> {
    /// Returns the text by which Linear finds the entity: the slug at the end of the name where the kind has one, else the whole
    /// name.
    pub fn handle(&self) -> &'t str {
        if !self.kind.facts().has_slug || is_uuid(self.name) {
            return self.name;
        }
        match self.name.rsplit_once('-') {
            Some((_, end))
                if end.bytes().all(|byte| byte.is_ascii_hexdigit()) && end.len() >= 8 =>
            {
                end
            }
            _ => self.name,
        }
    }
}

/// The result of parsing a text as an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading<'t> {
    /// The text is the address of a page at Linear.
    Linear(Address<'t>),
    /// The text is the address of another site.
    Foreign,
    /// The text is not an address.
    Name,
}

/// Parses a text such as `https://linear.app/acme/issue/ENG-123/title?x#y`. The host may be a subdomain of linear.app, the scheme
/// may be `http`, `linear` or absent, and the address may be enclosed in `<…>` or `[…](…)`.
///
/// Names may have dots and slashes in them, too. So a text without a scheme is an address only where it begins with a host of
/// Linear, where it begins with another host and has a folder that trackers use, or where it is a path as copied from a page:
/// `/acme/issue/ENG-123`.
pub fn read(text: &str) -> Reading<'_> {
    let (_, text) = unwrapped(text);
    if let Some((scheme, rest)) = scheme(text) {
        return match scheme.to_ascii_lowercase().as_str() {
            "http" | "https" => at_host(rest),
            "linear" => {
                // Behind `linear://` stands the workspace, or a host in front of it.
                let rest = rest.trim_start_matches('/');
                let (first, _) = split_at_path(rest);
                if first.contains(['.', ':', '@']) {
                    at_host(rest)
                } else {
                    page(rest).map_or(Reading::Foreign, Reading::Linear)
                }
            }
            _ => Reading::Foreign,
        };
    }
    if let Some(rest) = text.strip_prefix("//") {
        return at_host(rest);
    }
    let (host, path) = split_at_path(text);
    if is_linear(host) {
        return page(path).map_or(Reading::Name, Reading::Linear);
    }
    let folders = path.split(['?', '#']).next().unwrap_or_default();
    let is_tracker_folder = |part: &str| {
        let part = part.to_ascii_lowercase();
        let singular = part.strip_suffix('s').unwrap_or(&part);
        part == "browse" || part == "profiles" || PageKind::of_folder(singular).is_some()
    };
    if is_host(host) && folders.split('/').any(is_tracker_folder) {
        return Reading::Foreign;
    }
    relative_address(text).map_or(Reading::Name, Reading::Linear)
}

/// Returns the address in the value of a parameter that takes entities of that kind, or `None` where the value is a name.
///
/// # Errors
/// INVALID_PARAM that names `param`, for the address of another site, or of another kind of entity.
pub fn expect<'t>(
    param: &str,
    text: &'t str,
    kind: PageKind,
) -> Result<Option<Address<'t>>, Error> {
    let error = |message: String| {
        Error::new(Code::InvalidParam, message)
            .detail("param", param)
            .detail("given", text.trim())
            .suggest(kind.facts().instead)
    };
    match read(text) {
        Reading::Name => Ok(None),
        Reading::Linear(address) if address.kind == kind => Ok(Some(address)),
        Reading::Linear(address) => Err(error(format!(
            "'{}' is the address of {}, and '{param}' takes {}",
            text.trim(),
            address.kind.noun(),
            kind.noun()
        ))),
        Reading::Foreign => Err(error(format!(
            "'{}' is not an address of Linear",
            text.trim()
        ))),
    }
}

/// Returns the address that a text is, if it is the address of that kind of page at Linear.
pub fn of_kind(text: &str, kind: PageKind) -> Option<Address<'_>> {
    match read(text) {
        Reading::Linear(address) if address.kind == kind => Some(address),
        _ => None,
    }
}

/// Returns the text that names an entity: the slug or key in an address of Linear, else the whole text.
pub fn name(text: &str) -> &str {
    match read(text) {
        Reading::Linear(address) if address.kind != PageKind::Other => address.handle(),
        _ => text,
    }
}

/// Returns the slug at the end of a text that has the form of the last part of an address: `auth-system-1a2b3c4d5e6f`.
pub(super) fn slug(text: &str) -> Option<&str> {
    let text = text.trim();
    let (front, slug) = text.rsplit_once('-')?;
    let is_slug = slug.len() == SLUG && slug.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_path = !front.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '-');
    (is_slug && is_path && !is_uuid(text)).then_some(slug)
}

/// Returns the key of the team in the address of a cycle.
pub fn team_of_cycle(text: &str) -> Option<&str> {
    let (_, text) = unwrapped(text);
    let (front, _) = text.split_once("/cycle/")?;
    front.rsplit('/').next()
}

/// Returns the workspace in an address of Linear.
pub fn workspace(text: &str) -> Option<&str> {
    match read(text) {
        Reading::Linear(address) => address.workspace,
        Reading::Foreign | Reading::Name => None,
    }
}

/// Returns the label and the target of a link in Markdown or Slack's form, both trimmed: `[label](target)`, `<target>`,
/// `<target|label>`. The target of a text that is not a link is the text itself.
pub fn unwrapped(text: &str) -> (Option<&str>, &str) {
    let text = text.trim();
    if let Some(link) = enclosed(text, '[', ')')
        && let Some((label, target)) = link.split_once("](")
    {
        // A link may have a title: `[label](target "title")`.
        let target = match target.split_once(char::is_whitespace) {
            Some((target, title)) if title.trim_start().starts_with(['"', '\'']) => target,
            _ => target,
        };
        // CommonMark allows one pair of `<…>` round the target.
        let target = target.trim();
        let target = enclosed(target, '<', '>').map_or(target, str::trim);
        return (Some(label.trim()), target);
    }
    let Some(target) = enclosed(text, '<', '>') else {
        return (None, text);
    };
    match target.split_once('|') {
        Some((target, label)) => (Some(label.trim()), target.trim()),
        None => (None, target.trim()),
    }
}

/// Returns the text between two characters that enclose it.
fn enclosed(text: &str, first: char, last: char) -> Option<&str> {
    text.strip_prefix(first)?.strip_suffix(last)
}

/// Returns the scheme of an absolute address, and the text behind its `://`.
fn scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    is_scheme.then_some((scheme, rest))
}

/// Splits a text in front of its path, query or fragment.
fn split_at_path(text: &str) -> (&str, &str) {
    let end = text.find(['/', '?', '#']).unwrap_or(text.len());
    text.split_at(end)
}

/// Parses the host and path of an address, the text behind `https://`.
fn at_host(text: &str) -> Reading<'_> {
    let (host, path) = split_at_path(text);
    let page = is_linear(host).then(|| page(path)).flatten();
    page.map_or(Reading::Foreign, Reading::Linear)
}

/// Whether a host is Linear's. A host with a user name in front of it, as in `me@linear.app`, is not.
fn is_linear(host: &str) -> bool {
    let host = host
        .strip_suffix(":443")
        .unwrap_or(host)
        .to_ascii_lowercase();
    let subdomain = host.strip_suffix(".linear.app");
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    host == "linear.app"
        || subdomain.is_some_and(|name| !name.is_empty() && name.chars().all(is_name))
}

/// Whether a word has the form of a host: a domain name with a top-level domain, an IPv4 address, `localhost`, or any name with a
/// port.
pub fn is_host(word: &str) -> bool {
    let (name, port) = match word.rsplit_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (word, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !port.is_none_or(digits) {
        return false;
    }
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    if !name.split('.').all(is_label) {
        return false;
    }
    let top_level = name.rsplit_once('.').map(|(_, last)| last);
    let is_domain = top_level
        .is_some_and(|last| last.len() >= 2 && last.chars().all(|c| c.is_ascii_alphabetic()));
    let is_ip_address = name.split('.').count() == 4 && name.split('.').all(digits);
    is_domain || is_ip_address || port.is_some() || name.eq_ignore_ascii_case("localhost")
}

/// Returns the page of a path such as `/acme/issue/ENG-123/title`, or `/issue/ENG-123`, which Linear accepts without a workspace.
/// `None` for an empty path.
fn page(path: &str) -> Option<Address<'_>> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    let (first, second) = (parts.next()?, parts.next());
    let third = parts.next();
    let folder = |part: &str| PageKind::of_folder(&part.to_ascii_lowercase());
    let (workspace, kind, name) = match (second.and_then(folder), folder(first), second, third) {
        (Some(kind), _, _, Some(name)) => (Some(first), kind, name),
        (None, Some(kind), Some(name), _) => (None, kind, name),
        _ => (Some(first), PageKind::Other, ""),
    };
    let (kind, name) = match (kind, parts.next(), parts.next()) {
        (PageKind::Team, Some("cycle"), Some(number)) if workspace.is_some() => {
            (PageKind::Cycle, number)
        }
        (PageKind::Team, Some("view"), Some(view)) if workspace.is_some() => (PageKind::View, view),
        _ => (kind, name),
    };
    Some(Address {
        workspace,
        kind,
        name,
    })
}

/// Returns the page of a path without a host. Names and branches may have slashes in them, so a path that does not begin with a
/// slash is an address only where it ends in an identifier or a slug, and its first part is not taken for a workspace.
fn relative_address(text: &str) -> Option<Address<'_>> {
    let address = page(text)?;
    let is_rooted = text.starts_with('/');
    let slug = address.handle();
    let has_slug = slug.len() >= SLUG && slug.chars().all(|c| c.is_ascii_hexdigit());
    let is_address = match address.kind {
        PageKind::Issue if is_rooted => true,
        PageKind::Issue => address.workspace.is_some() && IssueRef::exact(address.name).is_some(),
        PageKind::Document if is_rooted => true,
        PageKind::Team | PageKind::User | PageKind::Cycle => {
            is_rooted && address.workspace.is_some()
        }
        PageKind::Other => false,
        kind => kind.facts().has_slug && (has_slug || is_uuid(address.name)),
    };
    is_address.then_some(Address {
        workspace: address.workspace.filter(|_| is_rooted),
        ..address
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SLUGGED: &str = "auth-system-1a2b3c4d5e6f";

    fn address<'t>(workspace: Option<&'t str>, kind: PageKind, name: &'t str) -> Reading<'t> {
        Reading::Linear(Address {
            workspace,
            kind,
            name,
        })
    }

    #[test]
    fn a_link_within_links_is_no_address() {
        let deep = format!("{}x{}", "[](".repeat(100_000), ")".repeat(100_000));
        assert_eq!(workspace(&deep), None);
        assert_eq!(
            unwrapped("[a](<https://linear.app/acme/issue/ENG-1>)").1,
            "https://linear.app/acme/issue/ENG-1"
        );
    }

    #[test]
    fn an_address_is_read_in_every_form() {
        let path = "acme/issue/ENG-232/login-form?x=1#comment-2";
        for text in [
            format!("https://linear.app/{path}"),
            format!(" http://linear.app/{path} "),
            format!("HTTPS://Linear.App/{path}"),
            format!("https://linear.app:443/{path}"),
            format!("https://eu.linear.app/{path}"),
            format!("linear.app/{path}"),
            format!("//linear.app/{path}"),
            format!("www.linear.app/{path}"),
            format!("linear://{path}"),
            format!("linear:///{path}"),
            format!("linear://linear.app/{path}"),
            format!("/{path}"),
            format!("<https://linear.app/{path}>"),
            format!("[Login form](https://linear.app/{path})"),
            format!("[ENG-232: Login (form)](<https://linear.app/{path}>)"),
            format!("[x](https://linear.app/{path} \"A title\")"),
            format!("<https://linear.app/{path}|ENG-232>"),
            "https://linear.app/acme/issue/ENG-232".to_owned(),
            "https://linear.app//acme//issue/ENG-232/".to_owned(),
            "https://linear.app/acme/issue/ENG-232#comment".to_owned(),
            "https://linear.app/acme/issue/ENG-232?a=/issue/ENG-1".to_owned(),
        ] {
            let expected = address(Some("acme"), PageKind::Issue, "ENG-232");
            assert_eq!(read(&text), expected, "{text}");
        }
        for text in [
            "https://linear.app/issue/ENG-232",
            "linear://issue/ENG-232/x",
            "acme/issue/ENG-232",
        ] {
            assert_eq!(
                read(text),
                address(None, PageKind::Issue, "ENG-232"),
                "{text}"
            );
        }
    }

    #[test]
    fn an_address_says_what_its_page_shows() {
        for (path, kind, name) in [
            (format!("document/{SLUGGED}"), PageKind::Document, SLUGGED),
            (
                format!("project/{SLUGGED}/overview"),
                PageKind::Project,
                SLUGGED,
            ),
            (
                format!("initiative/{SLUGGED}"),
                PageKind::Initiative,
                SLUGGED,
            ),
            ("team/ENG/all".to_owned(), PageKind::Team, "ENG"),
            ("team/ENG/cycle/12".to_owned(), PageKind::Cycle, "12"),
            ("profiles/john".to_owned(), PageKind::User, "john"),
            ("settings/api".to_owned(), PageKind::Other, ""),
            ("issue".to_owned(), PageKind::Other, ""),
            (format!("view/{SLUGGED}"), PageKind::View, SLUGGED),
            (format!("team/ENG/view/{SLUGGED}"), PageKind::View, SLUGGED),
            ("roadmap/1a2b3c".to_owned(), PageKind::Other, ""),
            (String::new(), PageKind::Other, ""),
        ] {
            let text = format!("https://linear.app/acme/{path}");
            assert_eq!(read(&text), address(Some("acme"), kind, name), "{text}");
        }
        let Reading::Linear(read) = read("https://linear.app/acme/project/auth-1a2b3c4d5e6f")
        else {
            unreachable!()
        };
        assert_eq!(read.handle(), "1a2b3c4d5e6f");
    }

    #[test]
    fn what_leads_elsewhere_is_foreign() {
        for text in [
            "https://tracker.example.net/issue/ENG-232",
            "tracker.example.net/issue/ENG-232",
            "//tracker.example.net/issue/ENG-232",
            "https://other.example/project/auth-1a2b3c4d5e6f",
            "other.example/acme/document/x",
            "other.example:8080/initiative/x",
            "localhost/issue/ENG-1",
            "localhost:3000/issues/ENG-1",
            "10.0.0.1/issue/ENG-1",
            "jira.example.com/browse/ENG-1",
            "ftp://linear.app/acme/issue/ENG-1",
            "https://notlinear.app/acme/issue/ENG-1",
            "https://linear.app.example.net/acme/issue/ENG-1",
            "https://linear.app@example.net/acme/issue/ENG-1",
            "https://me@linear.app/acme/issue/ENG-1",
            "https://linear.app\\@example.net/acme/issue/ENG-1",
            "https://linear.app:8080/acme/issue/ENG-1",
            "https://.linear.app/acme/issue/ENG-1",
            "https://example.net/?u=https://linear.app/acme/issue/ENG-1",
            "https://example.net/https://linear.app/acme/issue/ENG-1",
            "linear://example.net/issue/ENG-1",
            "https:///acme/issue/ENG-1",
            "https://linear.app",
            "<https://example.net/issue/ENG-1>",
            "[https://linear.app/acme/issue/ENG-1](https://example.net/issue/ENG-1)",
        ] {
            assert_eq!(read(text), Reading::Foreign, "{text}");
        }
    }

    #[test]
    fn a_name_is_no_address() {
        for text in [
            "",
            "ENG-232",
            "<ENG-232>",
            "Auth System",
            "linear.app",
            "jane@example.com",
            "Next.js/React migration",
            "example.com redesign",
            "Ops/project/alpha",
            "a/b",
            "feature/eng-231-login",
            "john.doe/eng-231-login",
            "docs/document/eng-231-login",
            "john/issue/eng-231-login",
            "team/eng-231-x",
            "[backend](urgent)",
            "Ratio 3:4 / issue",
            "http:/x",
        ] {
            assert_eq!(read(text), Reading::Name, "{text}");
        }
    }

    #[test]
    fn an_address_of_another_kind_is_refused_and_says_what_it_is() {
        let project = format!("https://linear.app/acme/project/{SLUGGED}");
        let error = expect("issue_id", &project, PageKind::Issue).unwrap_err();
        assert!(
            error
                .message()
                .contains("is the address of a project, and 'issue_id' takes an issue")
        );
        let foreign = "https://tracker.example.net/issue/ENG-232";
        let error = expect("parent_id", foreign, PageKind::Issue).unwrap_err();
        assert_eq!(error.code(), Code::InvalidParam);
        assert!(error.message().contains("is not an address of Linear"));
        assert_eq!(expect("issue_id", "ENG-1", PageKind::Issue).unwrap(), None);
    }

    proptest! {
        /// An address is Linear's exactly where its host is, whatever follows the name of the page.
        #[test]
        fn the_host_decides(
            scheme in "(https?://|)",
            host in "(linear\\.app|[a-z]{1,6}\\.linear\\.app|[a-z]{1,8}\\.(com|net|app)|linear\\.app\\.[a-z]{2,3})",
            workspace in "[a-z0-9-]{1,10}",
            number in 0_u32..,
            behind in "([/?#][ -;=?-~]{0,12})?",
        ) {
            prop_assume!(PageKind::of_folder(&workspace).is_none());
            let name = format!("ENG-{number}");
            let text = format!("{scheme}{host}/{workspace}/issue/{name}{behind}");
            let expected = if host.ends_with("linear.app") && (host.len() == 10 || host.ends_with(".linear.app")) {
                address(Some(&workspace), PageKind::Issue, &name)
            } else {
                Reading::Foreign
            };
            prop_assert_eq!(read(&text), expected);
            let link = format!("<{text}>");
            prop_assert_eq!(read(&link), expected);
        }

        /// No text makes it panic, and what an address names is part of the text.
        #[test]
        fn any_text_is_read(text in r"\PC{0,30}|[-a-zA-Z0-9_/#?.:@<>()\[\]| ]{0,50}|(https://|linear\.app|/|acme|issue|project|team|ENG-1|[?#<>]){0,8}") {
            if let Reading::Linear(address) = read(&text) {
                prop_assert!(text.contains(address.name));
                let slug = address.handle();
                prop_assert!(address.name.ends_with(slug));
            }
            let _ = expect("x", &text, PageKind::Issue);
        }
    }
}

//! Which form of attachment an address deserves, by the address alone. What only looks like a known one is a plain
//! link: Linear would be told that it is something which it is not.

use crate::linear::failure::Failure;
use crate::linear::model::Attachment;

/// The form of an attachment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::operations) enum Form {
    /// A link and no more.
    Plain,
    /// A pull request on GitHub.
    PullRequest,
    /// An issue on GitHub.
    GithubIssue,
    /// A merge request on GitLab, be it gitlab.com or somebody's own.
    MergeRequest {
        /// The path of the project with its groups.
        project: String,
        /// The number within the project.
        number: u32,
    },
    /// A message on Slack.
    SlackMessage,
}

impl Form {
    /// The form of an absolute address.
    pub(in crate::operations) fn of(url: &str) -> Self {
        Self::rich(url).unwrap_or(Self::Plain)
    }

    /// The form in which Linear keeps an attachment that has this form by its address: a link and no more where it says
    /// that no integration keeps it.
    pub(in crate::operations) fn kept_as(self, attachment: &Attachment) -> Self {
        match attachment.source_type.as_deref() {
            Some("api") => Self::Plain,
            _ => self,
        }
    }

    /// The name that answers use.
    pub(in crate::operations) fn word(&self) -> &'static str {
        match self {
            Self::Plain => "link",
            Self::PullRequest => "github_pull_request",
            Self::GithubIssue => "github_issue",
            Self::MergeRequest { .. } => "gitlab_merge_request",
            Self::SlackMessage => "slack_message",
        }
    }

    /// Whether Linear declined this form for what it is, so that the link may be taken as a plain one.
    pub(in crate::operations) fn is_declined(&self, failure: &Failure) -> bool {
        let declined = matches!(failure, Failure::Refused(_) | Failure::Forbidden(_));
        *self != Self::Plain && declined
    }

    /// The warning that a link is attached as a plain one.
    pub(in crate::operations) fn left(&self, url: &str, declined: &Failure) -> String {
        format!(
            "'{url}' is attached as a plain link; Linear declined the form {}: {declined}",
            self.word()
        )
    }

    fn rich(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        if !["https", "http"].contains(&scheme.to_ascii_lowercase().as_str()) {
            return None;
        }
        let rest = rest.split(['?', '#']).next()?;
        let (host, path) = rest.split_once('/')?;
        let host = host.to_ascii_lowercase();
        let segments: Vec<&str> = path.split('/').collect();
        match host.as_str() {
            "github.com" | "www.github.com" => github(&segments),
            _ if host.ends_with(".slack.com") && is_name(&host) => slack(&segments),
            _ => gitlab(&host, &segments),
        }
    }
}

/// `owner/repository/pull/12`, and what may follow within it.
fn github(segments: &[&str]) -> Option<Form> {
    let [owner, repository, kind, wanted, ..] = segments else {
        return None;
    };
    number(wanted)?;
    match *kind {
        "pull" if is_name(owner) && is_name(repository) => Some(Form::PullRequest),
        "issues" if is_name(owner) && is_name(repository) => Some(Form::GithubIssue),
        _ => None,
    }
}

/// `group/subgroup/project/-/merge_requests/12`; on gitlab.com also without the dash, as its addresses once were.
fn gitlab(host: &str, segments: &[&str]) -> Option<Form> {
    let (name, port) = host.split_once(':').unwrap_or((host, "0"));
    if !is_name(name) || port.parse::<u16>().is_err() {
        return None;
    }
    let place = segments.iter().position(|part| *part == "merge_requests")?;
    let (project, rest) = segments.split_at_checked(place)?;
    let project = match project.split_last() {
        Some((&"-", project)) => project,
        _ if host == "gitlab.com" => project,
        _ => return None,
    };
    let number = number(rest.get(1)?)?;
    let whole = project.len() >= 2 && project.iter().all(|part| is_name(part));
    whole.then(|| Form::MergeRequest {
        project: project.join("/"),
        number,
    })
}

/// `archives/C0123456789/p1700000000000000`.
fn slack(segments: &[&str]) -> Option<Form> {
    let ["archives", channel, message] = segments else {
        return None;
    };
    let is_channel = channel.starts_with(['C', 'D', 'G'])
        && channel
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    let digits = message.strip_prefix('p')?;
    let is_message = digits.len() >= 10 && digits.chars().all(|c| c.is_ascii_digit());
    (is_channel && is_message).then_some(Form::SlackMessage)
}

/// A number as such addresses have it: from 1, in plain digits.
fn number(text: &str) -> Option<u32> {
    let plain = text.chars().all(|c| c.is_ascii_digit()) && !text.starts_with('0');
    plain.then(|| text.parse().ok()).flatten()
}

/// What may stand between two slashes, or for a host: no escapes, no user, no step up.
fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    !text.is_empty() && text != "." && text != ".." && text.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_addresses_get_their_form() {
        let merge = |project: &str, number| Form::MergeRequest {
            project: project.to_owned(),
            number,
        };
        for (url, form) in [
            ("https://github.com/acme/web-app/pull/12", Form::PullRequest),
            (
                "HTTPS://GitHub.com/acme/web.app/pull/12/files?w=1#r3",
                Form::PullRequest,
            ),
            (
                "http://www.github.com/acme/web/issues/4#issuecomment-9",
                Form::GithubIssue,
            ),
            (
                "https://gitlab.com/acme/web/-/merge_requests/7",
                merge("acme/web", 7),
            ),
            (
                "https://gitlab.com/acme/web/merge_requests/7",
                merge("acme/web", 7),
            ),
            (
                "https://git.example.org:8443/a/b/c/-/merge_requests/7/diffs",
                merge("a/b/c", 7),
            ),
            (
                "https://acme.slack.com/archives/C0123ABCD/p1700000000123456?thread_ts=1.2",
                Form::SlackMessage,
            ),
        ] {
            assert_eq!(Form::of(url), form, "{url}");
        }
    }

    #[test]
    fn what_only_looks_like_one_is_a_plain_link() {
        for url in [
            "https://example.com",
            "https://github.com/acme/web",
            "https://github.com/acme/web/pulls",
            "https://github.com/acme/web/pull/",
            "https://github.com/acme/web/pull/new",
            "https://github.com/acme/web/pull/0",
            "https://github.com/acme/web/pull/99999999999999999999",
            "https://github.com/acme/../pull/1",
            "https://github.com//web/pull/1",
            "https://github.com@evil.example/acme/web/pull/1",
            "https://github.com:pw@evil.example/acme/web/pull/1",
            "https://github.com.evil.example/acme/web/pull/1",
            "https://github.com:8080/acme/web/pull/1",
            "https://evil.example/https://github.com/acme/web/pull/1",
            "https://evil.example?https://github.com/acme/web/pull/1",
            "https://evil.example#/acme/web/-/merge_requests/1",
            "https://github.com\\@evil.example/acme/web/pull/1",
            "https://github.com/acme%2Fweb/x/pull/1",
            "ftp://github.com/acme/web/pull/1",
            "javascript://github.com/acme/web/pull/1",
            "https://example.org/acme/web/merge_requests/7",
            "https://example.org/web/-/merge_requests/7",
            "https://example.org/acme/web/-/merge_requests/x",
            "https://example.org/acme/web/-/merge_requests",
            "https://u:p@example.org/acme/web/-/merge_requests/7",
            "https://example.org:port/acme/web/-/merge_requests/7",
            "https://slack.com/archives/C0123ABCD/p1700000000123456",
            "https://evilslack.com/archives/C0123ABCD/p1700000000123456",
            "https://x@acme.slack.com/archives/C0123ABCD/p1700000000123456",
            "https://acme.slack.com/archives/C0123ABCD",
            "https://acme.slack.com/archives/c0123abcd/p1700000000123456",
            "https://acme.slack.com/archives/C0123ABCD/p17",
            "://",
            "",
        ] {
            assert_eq!(Form::of(url), Form::Plain, "{url}");
        }
    }

    proptest! {
        #[test]
        fn whatever_the_names_a_form_is_known(
            owner in "[A-Za-z0-9][A-Za-z0-9._-]{0,10}",
            name in "[A-Za-z0-9][A-Za-z0-9._-]{0,10}",
            groups in "([a-z0-9]{1,6}/){1,4}",
            number in 1_u32..,
            behind in "([/?#][ -~]{0,12})?",
        ) {
            let github = format!("https://GitHub.com/{owner}/{name}");
            prop_assert_eq!(Form::of(&format!("{github}/pull/{number}{behind}")), Form::PullRequest);
            prop_assert_eq!(Form::of(&format!("{github}/issues/{number}{behind}")), Form::GithubIssue);
            let gitlab = format!("https://git.example.org/{groups}{name}/-/merge_requests/{number}{behind}");
            let project = format!("{groups}{name}");
            prop_assert_eq!(Form::of(&gitlab), Form::MergeRequest { project, number });
        }

        /// What Linear's integrations are told is never taken from a stranger's host, another scheme or an escape.
        #[test]
        fn anything_else_is_a_plain_link(
            scheme in "https?|ftp|javascript|[a-z]{1,4}",
            host in "github\\.com|[a-z.@:%]{0,12}github\\.com[a-z.@:%]{0,6}|\\PC{0,8}",
            path in "/[a-z%.@/]{0,8}/(pull|issues)/[0-9]{1,3}|/\\PC{0,16}",
        ) {
            let url = format!("{scheme}://{host}{path}");
            let form = Form::of(&url);
            if matches!(form, Form::PullRequest | Form::GithubIssue) {
                prop_assert!(["http", "https"].contains(&scheme.as_str()), "{}", url);
                prop_assert!(["github.com", "www.github.com"].contains(&host.as_str()), "{}", url);
                prop_assert!(!path.contains(['%', '@']), "{}", url);
            }
        }
    }
}

//! The form of an attachment, read from its URL alone. A URL that only resembles the URL of a pull request, an issue, a
//! merge request or a message is a plain link, so that Linear is never given a wrong form.

use crate::linear::failure::Failure;
use crate::linear::model::Attachment;

/// The form of an attachment: a plain link, or a rich form, which an integration of Linear keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::operations) enum Form {
    /// A link without an integration.
    Plain,
    /// A pull request on GitHub.
    PullRequest,
    /// An issue on GitHub.
    GithubIssue,
    /// A merge request on GitLab, at gitlab.com or on another host.
    MergeRequest {
        /// The path of the project with its groups.
        project: String,
        /// The number of the merge request within the project.
        number: u32,
    },
    /// A message on Slack.
    SlackMessage,
}

impl Form {
    /// Returns the form of an absolute URL.
    pub(in crate::operations) fn of(url: &str) -> Self {
        rich_form(url).unwrap_or(Self::Plain)
    }

    /// Returns the form in which Linear keeps an attachment whose URL has this form: a plain link where the source type
    /// of the attachment shows that no integration keeps it.
    pub(in crate::operations) fn kept_as(self, attachment: &Attachment) -> Self {
        match attachment.source_type.as_deref() {
            Some("api") => Self::Plain,
            _ => self,
        }
    }

    /// Returns the name that answers show for the form.
    pub(in crate::operations) fn word(&self) -> &'static str {
        match self {
            Self::Plain => "link",
            Self::PullRequest => "github_pull_request",
            Self::GithubIssue => "github_issue",
            Self::MergeRequest { .. } => "gitlab_merge_request",
            Self::SlackMessage => "slack_message",
        }
    }

    /// Returns whether the failure means that Linear rejected this rich form, so that the link can be attached as a
    /// plain one instead.
    pub(in crate::operations) fn is_declined(&self, failure: &Failure) -> bool {
        let is_declined = matches!(failure, Failure::Refused(_) | Failure::Forbidden(_));
        *self != Self::Plain && is_declined
    }

    /// Returns the warning that a link was attached as a plain one because Linear rejected this form.
    pub(in crate::operations) fn left(&self, url: &str, declined: &Failure) -> String {
        format!(
            "'{url}' is attached as a plain link; Linear declined the form {}: {declined}",
            self.word()
        )
    }
}

/// Returns the rich form of a URL, which is any form other than a plain link; `None` for a URL that has none.
fn rich_form(url: &str) -> Option<Form> {
    let (scheme, rest) = url.split_once("://")?;
    if !["https", "http"].contains(&scheme.to_ascii_lowercase().as_str()) {
        return None;
    }
    let rest = rest.split(['?', '#']).next()?;
    let (host, path) = rest.split_once('/')?;
    let host = host.to_ascii_lowercase();
    let segments: Vec<&str> = path.split('/').collect();
    match host.as_str() {
        "github.com" | "www.github.com" => github_form(&segments),
        _ if host.ends_with(".slack.com") && is_name(&host) => slack_form(&segments),
        _ => gitlab_form(&host, &segments),
    }
}

/// Returns the form of a path on GitHub, such as `owner/repository/pull/12`. Further segments may follow.
fn github_form(segments: &[&str]) -> Option<Form> {
    let [owner, repository, kind, digits, ..] = segments else {
        return None;
    };
    number(digits)?;
    match *kind {
        "pull" if is_name(owner) && is_name(repository) => Some(Form::PullRequest),
        "issues" if is_name(owner) && is_name(repository) => Some(Form::GithubIssue),
        _ => None,
    }
}

/// Returns the form of a path on GitLab, such as `group/subgroup/project/-/merge_requests/12`. On gitlab.com the dash
/// may be missing, as in its older URLs.
fn gitlab_form(host: &str, segments: &[&str]) -> Option<Form> {
    let (name, port) = host.split_once(':').unwrap_or((host, "0"));
    if !is_name(name) || port.parse::<u16>().is_err() {
        return None;
    }
    let index = segments
        .iter()
        .position(|segment| *segment == "merge_requests")?;
    let (project, rest) = segments.split_at_checked(index)?;
    let project = match project.split_last() {
        Some((&"-", project)) => project,
        _ if host == "gitlab.com" => project,
        _ => return None,
    };
    let number = number(rest.get(1)?)?;
    let is_project = project.len() >= 2 && project.iter().all(|segment| is_name(segment));
    is_project.then(|| Form::MergeRequest {
        project: project.join("/"),
        number,
    })
}

/// Returns the form of a path on Slack, such as `archives/C0123456789/p1700000000000000`.
fn slack_form(segments: &[&str]) -> Option<Form> {
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

/// Parses the number of a pull request, an issue or a merge request: at least 1, in ASCII digits without a sign or
/// leading zeros.
fn number(text: &str) -> Option<u32> {
    let is_number = text.chars().all(|c| c.is_ascii_digit()) && !text.starts_with('0');
    is_number.then(|| text.parse().ok()).flatten()
}

/// Returns whether the text is a path segment or a host without escapes, user information or `..`.
fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    !text.is_empty() && text != "." && text != ".." && text.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_urls_get_their_form() {
        let merge_request = |project: &str, number| Form::MergeRequest {
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
                merge_request("acme/web", 7),
            ),
            (
                "https://gitlab.com/acme/web/merge_requests/7",
                merge_request("acme/web", 7),
            ),
            (
                "https://git.example.org:8443/a/b/c/-/merge_requests/7/diffs",
                merge_request("a/b/c", 7),
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
    fn a_url_that_only_resembles_a_known_one_is_a_plain_link() {
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
        fn urls_with_any_names_get_their_form(
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

        /// A URL with a foreign host, another scheme or an escape never gets the form of an integration.
        #[test]
        fn any_other_url_is_a_plain_link(
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

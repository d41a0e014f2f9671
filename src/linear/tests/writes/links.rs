//! Strategies for the mutations of attachments and relations.

use proptest::prelude::*;
use proptest::sample::select;

use super::super::super::compose::Part;
use super::super::super::documents::*;
use super::super::super::scalars::*;
use super::super::reads::issue;
use super::super::stand_in::ids;
use super::{uuid, words};

pub(super) fn url() -> impl Strategy<Value = String> {
    "https://[a-z]{1,8}\\.example/[a-z0-9/]{0,12}"
}

pub(super) fn attachment_create(id: String, issue_id: String, url: String) -> Part {
    let input = AttachmentCreateInput {
        id,
        issue_id,
        title: url.clone(),
        url,
    };
    Part::of::<AttachmentCreate>(attachment_create::Variables { input })
}

/// A strategy for the attachments whose documents differ only in their root field.
macro_rules! link {
    ($document:ident, $module:ident) => {
        (
            proptest::option::of(uuid()),
            issue(),
            proptest::option::of(words()),
            url(),
        )
            .prop_map(|(id, issue_id, title, url)| {
                Part::of::<$document>($module::Variables {
                    id,
                    issue_id,
                    title,
                    url,
                })
            })
            .boxed()
    };
}

pub(super) fn attachments() -> Vec<BoxedStrategy<Part>> {
    vec![
        (uuid(), issue(), url())
            .prop_map(|(id, issue, url)| attachment_create(id, issue, url))
            .boxed(),
        link!(AttachmentLinkPullRequest, attachment_link_pull_request),
        link!(AttachmentLinkGithubIssue, attachment_link_github_issue),
        link!(AttachmentLinkSlack, attachment_link_slack),
        (uuid(), issue(), url(), 1_u16..)
            .prop_map(|(id, issue_id, url, number)| {
                Part::of::<AttachmentLinkMergeRequest>(attachment_link_merge_request::Variables {
                    id: Some(id),
                    issue_id,
                    title: None,
                    url,
                    number: number.into(),
                    project: "acme/app".to_owned(),
                })
            })
            .boxed(),
    ]
}

pub(super) fn relation_create(id: String, issue_id: String, related_issue_id: String) -> Part {
    let input = IssueRelationCreateInput {
        id,
        issue_id,
        related_issue_id,
        kind: "blocks",
    };
    Part::of::<RelationCreate>(relation_create::Variables { input })
}

pub(super) fn relations() -> Vec<BoxedStrategy<Part>> {
    let relation = || select(ids("IssueRelation"));
    vec![
        (uuid(), issue(), issue())
            .prop_map(|(id, issue, related)| relation_create(id, issue, related))
            .boxed(),
        relation()
            .prop_map(|id| Part::of::<RelationDelete>(relation_delete::Variables { id }))
            .boxed(),
        relation()
            .prop_map(|id| Part::of::<DoctorProbe>(doctor_probe::Variables { id }))
            .boxed(),
    ]
}

//! The answer to a write of a project, held against the names that the session took for ids.
//!
//! Somebody may have renamed a team, a status, a user or a label since the session remembered it. Then Linear's answer
//! shows the id under another name. What the words of the request mean is looked up afresh: where that is another entity,
//! the project is corrected once; the caller is told the new name either way. As long as all names agree, this costs
//! nothing.

use std::sync::Mutex;

use crate::error::Error;
use crate::linear::client::Expected;
use crate::linear::compose::Part;
use crate::linear::documents::{Listing as _, ProjectUpdate, ProjectsWhole, project_update};
use crate::linear::filter::Filter;
use crate::linear::model::Project;
use crate::linear::scalars::ProjectUpdateInput;
use crate::operations::changes::{self, Renamed};
use crate::operations::write::{self, Written};
use crate::patch::Patch;
use crate::resolve::{LookupRequest, Resolved, lookup_only};
use crate::session::Context;

/// Returns the project after a correction, if it needs one. `wants` holds the words of the request, `known` what the
/// session took them for, `sent` the ids that the write set, and `resolve` turns what is known into such ids. A correction
/// that was made and cannot be read is [`Written::Unread`].
pub(super) async fn verified(
    cx: &Context<'_>,
    project: Project,
    lookup_request: &LookupRequest,
    known: &Resolved,
    sent: &ProjectUpdateInput,
    resolve: impl FnOnce(&Context<'_>, &Resolved) -> Result<ProjectUpdateInput, Error>,
) -> Written<Project> {
    let renamed = renamed(lookup_request, known, &project);
    if renamed.is_empty() {
        return Written::Entity(project);
    }
    let lookup_request = LookupRequest {
        fresh: true,
        ..lookup_request.clone()
    };
    // The steps of the first look-up are the request's own.
    let unread = Mutex::default();
    let own = cx.reporting_to(&unread);
    let fresh = lookup_only(cx, &lookup_request).await;
    let fresh = fresh.and_then(|known| resolve(&own, &known)).ok();
    let correction = fresh.map(|fresh| correction(sent, fresh));
    let (written, end) = match correction.filter(|input| *input != ProjectUpdateInput::default()) {
        None => (Written::Entity(project), String::new()),
        Some(input) => {
            let id = project.id.clone();
            let query = ProjectsWhole::one(Filter::eq("id", id.as_str()));
            let part = Part::of::<ProjectUpdate>(project_update::Variables { id, input });
            let correction = write::change::<ProjectUpdate>(cx, part, query, Expected::Input);
            changes::corrected("project", project, correction.await)
        }
    };
    for renamed in &renamed {
        renamed.warn(cx, &end);
    }
    written
}

/// The entities of the project that the request named otherwise than Linear does.
fn renamed(lookup_request: &LookupRequest, known: &Resolved, project: &Project) -> Vec<Renamed> {
    let status = &project.status;
    let teams = project.teams.nodes.iter();
    let teams = teams.map(|team| (team.id.as_str(), team.name.as_str()));
    let people = project.lead.iter().chain(&project.members.nodes);
    let people = people.map(|user| (user.id.as_str(), user.name.as_str()));
    let labels = project.labels.nodes.iter();
    let labels = labels.map(|label| (label.id.as_str(), label.name.as_str()));
    let label_words = lookup_request.project_labels.iter();
    let label_words: Vec<String> = label_words.map(|of| of.as_str().to_owned()).collect();
    let status_words: Vec<String> = lookup_request.project_status.iter().cloned().collect();
    let mut renamed = Renamed::among("team", &lookup_request.teams, &known.teams.items, teams);
    let status = [(status.id.as_str(), status.name.as_str())];
    let statuses = &known.project_statuses.items;
    renamed.extend(Renamed::among("status", &status_words, statuses, status));
    for user in Renamed::among("user", &lookup_request.users, &known.users.items, people) {
        // The lead may be a member, too.
        if !renamed.contains(&user) {
            renamed.push(user);
        }
    }
    let known_labels = &known.project_labels.items;
    renamed.extend(Renamed::among("label", &label_words, known_labels, labels));
    renamed
}

/// What brings the project from the ids that were `sent` to those that the words mean afresh.
fn correction(sent: &ProjectUpdateInput, fresh: ProjectUpdateInput) -> ProjectUpdateInput {
    fn other<T: PartialEq>(fresh: Patch<T>, sent: &Patch<T>) -> Patch<T> {
        if fresh == *sent { Patch::Absent } else { fresh }
    }
    ProjectUpdateInput {
        team_ids: other(fresh.team_ids, &sent.team_ids),
        status_id: other(fresh.status_id, &sent.status_id),
        lead_id: other(fresh.lead_id, &sent.lead_id),
        member_ids: other(fresh.member_ids, &sent.member_ids),
        label_ids: other(fresh.label_ids, &sent.label_ids),
        ..ProjectUpdateInput::default()
    }
}

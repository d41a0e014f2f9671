//! The table of the kinds of entities that are looked up by name and kept in the session cache.

/// Passes the rows of all kinds to the macro `$generate`, which generates the code that a module has for each kind,
/// such as the fields of a struct or the calls of a function. An `$argument` is passed on in front of the rows.
///
/// | column | meaning |
/// |---|---|
/// | `cache` | the field of the kind in [`Cache`](crate::cache::Cache) and in the results of a look-up; its doc comment names the scopes of its lists and names |
/// | `usage` | the word for the kind in what `cache_status` returns |
/// | `kept` | how long entries are kept: `lasting` past the usual age, and in the snapshot as rows of the type that follows; `usual` up to the usual age; `brief` for a minute at most |
/// | `wanted` | the field in which a look-up request names entities of the kind |
///
/// All other differences between the kinds are in `resolve/<kind>.rs`, in an `impl Kind`.
macro_rules! kinds {
    ($generate:ident $($argument:ident)?) => {
        $generate! {
            $($argument)?
            Team {
                /// Teams. All have the scope `""`.
                cache: teams,
                usage: "team",
                kept: lasting as TeamRow,
                /// Teams in addition to `team`. No other entities are looked up in these teams.
                wanted: teams: Vec<String>,
            }
            State {
                /// Workflow states. The states of a team have the team's id as their scope, and the list of the states
                /// of all teams has the scope `""`.
                cache: states,
                usage: "status",
                kept: lasting as StateRow,
                /// Workflow states of the team.
                wanted: states: Vec<String>,
            }
            Label {
                /// Labels. The labels that can be used in a team have the team's id as their scope, and the labels of
                /// the workspace have the scope `""`. Names that were looked up in all teams have the scope
                /// [`ANYWHERE`](crate::cache::ANYWHERE).
                cache: labels,
                usage: "label",
                kept: lasting as LabelRow,
                /// Labels that can be used in the team, or in any team if no `team` is given.
                wanted: labels: Vec<LabelName>,
            }
            User {
                /// Users. The active users have the scope `""`. All users, including those who left the workspace, have
                /// the scope [`ANYWHERE`](crate::cache::ANYWHERE).
                cache: users,
                usage: "user",
                kept: lasting as UserRow,
                /// Users. Only active users are looked up unless `anyone` is set.
                wanted: users: Vec<String>,
            }
            Project {
                /// Projects. All have the scope `""`.
                cache: projects,
                usage: "project",
                kept: lasting as ProjectRow,
                /// A project.
                wanted: project: Option<String>,
            }
            ProjectStatus {
                /// Project statuses. All have the scope `""`.
                cache: project_statuses,
                usage: "project_status",
                kept: lasting as ProjectStatusRow,
                /// Project statuses.
                wanted: project_statuses: Vec<String>,
            }
            ProjectLabel {
                /// Project labels. All have the scope `""`.
                cache: project_labels,
                usage: "project_label",
                kept: lasting as ProjectLabelRow,
                /// Labels of projects.
                wanted: project_labels: Vec<LabelName>,
            }
            Initiative {
                /// Initiatives. All have the scope `""`.
                cache: initiatives,
                usage: "initiative",
                kept: usual,
                /// Initiatives.
                wanted: initiatives: Vec<String>,
            }
            Template {
                /// Templates of issues, projects and documents. All have the scope `""`.
                cache: templates,
                usage: "template",
                kept: usual,
                /// A template of issues.
                wanted: template: Option<String>,
            }
            CustomView {
                /// Custom views that the key's owner sees. All have the scope `""`.
                cache: custom_views,
                usage: "custom_view",
                kept: usual,
                /// A custom view of issues.
                wanted: custom_view: Option<String>,
            }
            Cycle {
                /// Cycles. Their scope is the team's id. Which cycle is the current one changes without a write.
                cache: cycles,
                usage: "cycle",
                kept: brief,
                /// Cycles of the team.
                wanted: cycles: Vec<String>,
            }
            Milestone {
                /// Milestones. Their scope is the project's id.
                cache: milestones,
                usage: "milestone",
                kept: lasting as MilestoneRow,
                /// A milestone of the project.
                wanted: milestone: Option<String>,
            }
        }
    };
}

pub(crate) use kinds;

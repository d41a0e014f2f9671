//! The table of the kinds of entities that are looked up by name and kept in the session cache.

/// Hands the row of every kind to the macro `$generate`, which makes of them what a module has for each kind: the fields
/// of a struct, the calls of a function. A word behind the macro's name is handed on in front of the rows.
///
/// | column | meaning |
/// |---|---|
/// | `cache` | the field of the kind in [`Cache`](crate::directory::Cache) and in the results of a look-up, with the scopes by which its lists and names are kept |
/// | `usage` | the word for the kind in what `cache_status` returns |
/// | `kept` | for how long: `lasting` past the usual age and in the snapshot, as rows of the type that follows; `usual` up to the usual age; `brief` for a minute at most |
/// | `wanted` | the field in which a look-up request names entities of the kind |
///
/// What differs by kind beyond these columns is in `resolve/<kind>.rs`, as an `impl Kind`.
macro_rules! kinds {
    ($generate:ident $($argument:ident)?) => {
        $generate! {
            $($argument)?
            Team {
                /// Teams; one scope, `""`.
                cache: teams,
                usage: "team",
                kept: lasting as TeamRow,
                /// Other teams than `team`, in which nothing is looked up.
                wanted: teams: Vec<String>,
            }
            State {
                /// Workflow states, by team id; those of all teams under `""`.
                cache: states,
                usage: "status",
                kept: lasting as StateRow,
                /// Workflow states of the team.
                wanted: states: Vec<String>,
            }
            Label {
                /// Labels usable in a team, by its id; the workspace's own under `""`; names in whatever team under
                /// [`ANYWHERE`](crate::directory::ANYWHERE).
                cache: labels,
                usage: "label",
                kept: lasting as LabelRow,
                /// Labels that can be used in the team; without a team, anywhere.
                wanted: labels: Vec<LabelName>,
            }
            User {
                /// Users; the active ones under `""`, all there ever were under
                /// [`ANYWHERE`](crate::directory::ANYWHERE).
                cache: users,
                usage: "user",
                kept: lasting as UserRow,
                /// Users, who are active unless `anyone` is set.
                wanted: users: Vec<String>,
            }
            Project {
                /// Projects; one scope, `""`.
                cache: projects,
                usage: "project",
                kept: lasting as ProjectRow,
                /// A project.
                wanted: project: Option<String>,
            }
            ProjectStatus {
                /// Project statuses; one scope, `""`.
                cache: project_statuses,
                usage: "project_status",
                kept: lasting as ProjectStatusRow,
                /// A project status.
                wanted: project_status: Option<String>,
            }
            ProjectLabel {
                /// Project labels; one scope, `""`.
                cache: project_labels,
                usage: "project_label",
                kept: lasting as ProjectLabelRow,
                /// Labels of projects.
                wanted: project_labels: Vec<LabelName>,
            }
            Initiative {
                /// Initiatives; one scope, `""`.
                cache: initiatives,
                usage: "initiative",
                kept: usual,
                /// An initiative.
                wanted: initiative: Option<String>,
            }
            Cycle {
                /// Cycles, by team id. Which of them is the current one changes by itself.
                cache: cycles,
                usage: "cycle",
                kept: brief,
                /// A cycle of the team.
                wanted: cycle: Option<String>,
            }
            Milestone {
                /// Milestones, by project id.
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

//! The rows of a snapshot: how the entities of each kind are stored, and which values are valid.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};

use crate::cache::Entity;
use crate::linear::model::{
    Connection, Id, Label, Milestone, Named, Project, ProjectLabel, ProjectStatus, State, Team,
    TeamKey, TeamRef, User,
};

/// The length of the longest text that a snapshot may have, in bytes.
pub(super) const LONGEST_TEXT: usize = 1024;

pub(super) fn is_id(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

/// Whether a text is short enough for a snapshot.
pub(super) fn is_text(text: &str) -> bool {
    text.len() <= LONGEST_TEXT
}

/// A kind of entity that a snapshot has.
pub(super) trait Stored: Entity + Sized {
    /// The row of an entity in the snapshot.
    type Row: Serialize + DeserializeOwned;

    /// Returns the row of the entity, or `None` if one of its values is not valid in a snapshot.
    fn to_row(&self) -> Option<Self::Row>;

    /// Returns the entity of a row, without texts such as descriptions, or `None` if one of the values is invalid.
    fn from_row(row: Self::Row) -> Option<Self>;
}

/// Returns the value if all `ids` are ids and all `texts` are short enough for a snapshot.
fn valid<T>(value: T, ids: &[&str], texts: &[&str]) -> Option<T> {
    let is_valid = ids.iter().all(|id| is_id(id)) && texts.iter().all(|text| is_text(text));
    is_valid.then_some(value)
}

/// Defines a row type. A row is serialized as the list of its values, without the names of the fields. This takes half
/// the space and is faster to read.
macro_rules! row {
    (struct $row:ident { $($(#[$doc:meta])* $field:ident: $type:ty,)* }) => {
        #[derive(Debug, Deserialize)]
        pub(in crate::cache) struct $row {
            $($(#[$doc])* $field: $type,)*
        }

        impl Serialize for $row {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                ($(&self.$field,)*).serialize(serializer)
            }
        }
    };
}

/// The id and the name of an entity, or the id and the key of a team.
type Pair = (String, String);

row! {
    struct TeamRow {
        id: String,
        key: String,
        name: String,
        triage: bool,
        cycles: bool,
        scale: String,
        zero: bool,
        extended: bool,
        above: Vec<String>,
    }
}

impl TeamRow {
    /// Returns the row if all its values are valid.
    fn valid(self) -> Option<Self> {
        let are_ids = self.above.iter().all(|id| is_id(id));
        let is_valid =
            are_ids && valid((), &[&self.id], &[&self.key, &self.name, &self.scale]).is_some();
        is_valid.then_some(self)
    }
}

impl Stored for Team {
    type Row = TeamRow;

    fn to_row(&self) -> Option<TeamRow> {
        let row = TeamRow {
            id: self.id.clone(),
            key: self.key.clone(),
            name: self.name.clone(),
            triage: self.triage_enabled,
            cycles: self.cycles_enabled,
            scale: self.issue_estimation_type.clone(),
            zero: self.issue_estimation_allow_zero,
            extended: self.issue_estimation_extended,
            above: self.ancestors.iter().map(|team| team.id.clone()).collect(),
        };
        row.valid()
    }

    fn from_row(row: TeamRow) -> Option<Self> {
        let row = row.valid()?;
        Some(Self {
            id: row.id,
            key: row.key,
            name: row.name,
            description: None,
            triage_enabled: row.triage,
            cycles_enabled: row.cycles,
            issue_estimation_type: row.scale,
            issue_estimation_allow_zero: row.zero,
            issue_estimation_extended: row.extended,
            ancestors: row.above.into_iter().map(|id| Id { id }).collect(),
        })
    }
}

row! {
    struct StateRow {
        id: String,
        name: String,
        kind: String,
        position: f64,
        team: String,
    }
}

impl Stored for State {
    type Row = StateRow;

    fn to_row(&self) -> Option<StateRow> {
        let row = StateRow {
            id: self.id.clone(),
            name: self.name.clone(),
            kind: self.kind.clone(),
            position: self.position,
            team: self.team.id.clone(),
        };
        let is_finite = self.position.is_finite();
        valid(row, &[&self.id, &self.team.id], &[&self.name, &self.kind]).filter(|_| is_finite)
    }

    fn from_row(row: StateRow) -> Option<Self> {
        valid((), &[&row.id, &row.team], &[&row.name, &row.kind])?;
        Some(Self {
            id: row.id,
            name: row.name,
            kind: row.kind,
            color: String::new(),
            position: row.position,
            description: None,
            team: Id { id: row.team },
        })
    }
}

row! {
    struct LabelRow {
        id: String,
        name: String,
        group: bool,
        retired: Option<String>,
        parent: Option<Pair>,
        team: Option<Pair>,
    }
}

impl LabelRow {
    /// Returns the row if all its values are valid.
    fn valid(self) -> Option<Self> {
        let pairs = [&self.parent, &self.team];
        let is_pair = |(id, text): &Pair| is_id(id) && is_text(text);
        let is_valid = pairs.into_iter().flatten().all(is_pair)
            && self.retired.as_deref().is_none_or(is_text)
            && valid((), &[&self.id], &[&self.name]).is_some();
        is_valid.then_some(self)
    }
}

fn to_pair(named: &Named) -> Pair {
    (named.id.clone(), named.name.clone())
}

fn from_pair((id, name): Pair) -> Named {
    Named { id, name }
}

impl Stored for Label {
    type Row = LabelRow;

    fn to_row(&self) -> Option<LabelRow> {
        let row = LabelRow {
            id: self.id.clone(),
            name: self.name.clone(),
            group: self.is_group,
            retired: self.retired_at.clone(),
            parent: self.parent.as_ref().map(to_pair),
            team: self
                .team
                .as_ref()
                .map(|team| (team.id.clone(), team.key.clone())),
        };
        row.valid()
    }

    fn from_row(row: LabelRow) -> Option<Self> {
        let row = row.valid()?;
        Some(Self {
            id: row.id,
            name: row.name,
            color: String::new(),
            description: None,
            is_group: row.group,
            retired_at: row.retired,
            parent: row.parent.map(from_pair),
            team: row.team.map(|(id, key)| TeamKey { id, key }),
        })
    }
}

row! {
    struct UserRow {
        id: String,
        name: String,
        display_name: String,
        email: String,
        active: bool,
        app: bool,
        me: bool,
    }
}

impl Stored for User {
    type Row = UserRow;

    fn to_row(&self) -> Option<UserRow> {
        let row = UserRow {
            id: self.id.clone(),
            name: self.name.clone(),
            display_name: self.display_name.clone(),
            email: self.email.clone(),
            active: self.active,
            app: self.app,
            me: self.is_me,
        };
        valid(
            row,
            &[&self.id],
            &[&self.name, &self.display_name, &self.email],
        )
    }

    fn from_row(row: UserRow) -> Option<Self> {
        valid((), &[&row.id], &[&row.name, &row.display_name, &row.email])?;
        Some(Self {
            id: row.id,
            name: row.name,
            display_name: row.display_name,
            email: row.email,
            active: row.active,
            app: row.app,
            is_me: row.me,
        })
    }
}

row! {
    struct ProjectRow {
        id: String,
        name: String,
        slug: String,
        archived: Option<String>,
        /// The id, key and name of each team.
        teams: Vec<(String, String, String)>,
    }
}

impl ProjectRow {
    /// Returns the row if all its values are valid.
    fn valid(self) -> Option<Self> {
        let mut teams = self.teams.iter();
        let is_valid = teams.all(|(id, key, name)| is_id(id) && is_text(key) && is_text(name))
            && self.archived.as_deref().is_none_or(is_text)
            && valid((), &[&self.id], &[&self.name, &self.slug]).is_some();
        is_valid.then_some(self)
    }
}

impl Stored for Project {
    type Row = ProjectRow;

    fn to_row(&self) -> Option<ProjectRow> {
        // A row cannot say that a project has further teams, so a project with more teams than were read is left out.
        if self.teams.page_info.has_next_page {
            return None;
        }
        let teams = self.teams.nodes.iter();
        let teams = teams.map(|team| (team.id.clone(), team.key.clone(), team.name.clone()));
        let row = ProjectRow {
            id: self.id.clone(),
            name: self.name.clone(),
            slug: self.slug_id.clone(),
            archived: self.archived_at.clone(),
            teams: teams.collect(),
        };
        row.valid()
    }

    fn from_row(row: ProjectRow) -> Option<Self> {
        let row = row.valid()?;
        let teams = row.teams.into_iter();
        let teams = teams.map(|(id, key, name)| TeamRef { id, key, name });
        Some(Self {
            id: row.id,
            name: row.name,
            slug_id: row.slug,
            description: String::new(),
            url: String::new(),
            start_date: None,
            target_date: None,
            priority: 0,
            created_at: String::new(),
            archived_at: row.archived,
            status: ProjectStatus {
                id: String::new(),
                name: String::new(),
                kind: String::new(),
                position: 0.0,
            },
            lead: None,
            teams: Connection {
                nodes: teams.collect(),
                ..Connection::default()
            },
            labels: Connection::default(),
            content: None,
            progress: None,
            health: None,
            updated_at: None,
            started_at: None,
            completed_at: None,
            canceled_at: None,
            creator: None,
            members: Connection::default(),
            project_milestones: Connection::default(),
        })
    }
}

row! {
    struct ProjectStatusRow {
        id: String,
        name: String,
        kind: String,
        position: f64,
    }
}

impl Stored for ProjectStatus {
    type Row = ProjectStatusRow;

    fn to_row(&self) -> Option<ProjectStatusRow> {
        let row = ProjectStatusRow {
            id: self.id.clone(),
            name: self.name.clone(),
            kind: self.kind.clone(),
            position: self.position,
        };
        let is_finite = self.position.is_finite();
        valid(row, &[&self.id], &[&self.name, &self.kind]).filter(|_| is_finite)
    }

    fn from_row(row: ProjectStatusRow) -> Option<Self> {
        valid((), &[&row.id], &[&row.name, &row.kind])?;
        Some(Self {
            id: row.id,
            name: row.name,
            kind: row.kind,
            position: row.position,
        })
    }
}

row! {
    struct ProjectLabelRow {
        id: String,
        name: String,
        group: bool,
        retired: Option<String>,
        parent: Option<Pair>,
    }
}

impl ProjectLabelRow {
    /// Returns the row if all its values are valid.
    fn valid(self) -> Option<Self> {
        let parent = self.parent.iter();
        let is_valid = parent.clone().all(|(id, name)| is_id(id) && is_text(name))
            && self.retired.as_deref().is_none_or(is_text)
            && valid((), &[&self.id], &[&self.name]).is_some();
        is_valid.then_some(self)
    }
}

impl Stored for ProjectLabel {
    type Row = ProjectLabelRow;

    fn to_row(&self) -> Option<ProjectLabelRow> {
        let row = ProjectLabelRow {
            id: self.id.clone(),
            name: self.name.clone(),
            group: self.is_group,
            retired: self.retired_at.clone(),
            parent: self.parent.as_ref().map(to_pair),
        };
        row.valid()
    }

    fn from_row(row: ProjectLabelRow) -> Option<Self> {
        let row = row.valid()?;
        Some(Self {
            id: row.id,
            name: row.name,
            is_group: row.group,
            retired_at: row.retired,
            parent: row.parent.map(from_pair),
        })
    }
}

row! {
    struct MilestoneRow {
        id: String,
        name: String,
        project: String,
    }
}

impl Stored for Milestone {
    type Row = MilestoneRow;

    fn to_row(&self) -> Option<MilestoneRow> {
        let row = MilestoneRow {
            id: self.id.clone(),
            name: self.name.clone(),
            project: self.project.id.clone(),
        };
        valid(row, &[&self.id, &self.project.id], &[&self.name])
    }

    fn from_row(row: MilestoneRow) -> Option<Self> {
        valid((), &[&row.id, &row.project], &[&row.name])?;
        Some(Self {
            id: row.id,
            name: row.name,
            target_date: None,
            project: Id { id: row.project },
        })
    }
}

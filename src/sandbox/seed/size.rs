//! How large a workspace is.

/// How many records of each kind a workspace has, all told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Teams, each with its seven workflow states.
    pub teams: usize,
    /// Issue labels, groups and retired ones included.
    pub labels: usize,
    /// Users, whoever has left and apps included.
    pub users: usize,
    /// Projects, archived ones included.
    pub projects: usize,
    /// Issues, archived and trashed ones included.
    pub issues: usize,
}

impl Size {
    /// The workspace every stand-in starts with.
    pub const STANDARD: Self = Self {
        teams: 6,
        labels: 311,
        users: 5,
        projects: 5,
        issues: 17,
    };

    /// So many times as many of everything.
    pub fn times(self, factor: usize) -> Self {
        let more = |count: usize| count.saturating_mul(factor);
        Self {
            teams: more(self.teams),
            labels: more(self.labels),
            users: more(self.users),
            projects: more(self.projects),
            issues: more(self.issues),
        }
    }
}

//! What operations do to the workspace, and what they are allowed to do.

/// What an operation may do to the workspace. Everything that promises something about it (read-only mode,
/// tool annotations, retries) reads this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Adds something; doing it twice adds two.
    Add,
    /// Adds what is missing; doing it twice changes nothing more.
    Ensure,
    /// Sets values over older ones, or takes something off; doing it twice changes nothing more.
    Change,
    /// Deletes something with all that hangs on it, which cannot be taken back, or only for a while. Refused unless the
    /// server was told to allow it.
    Delete,
    /// Does what the operations do that it is given, each of which is allowed or refused by itself.
    Composite,
}

impl Effect {
    /// What it does to the workspace, for people.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Read => "reads only",
            Self::Add => "writes: adds something; doing it twice adds two",
            Self::Ensure => "writes: adds what is missing; doing it twice changes nothing more",
            Self::Change => {
                "writes: sets values over older ones, or takes something off; doing it twice changes nothing more"
            }
            Self::Delete => {
                "deletes; refused unless the server runs with LINEAR_OPS_ALLOW_DESTRUCTIVE=1"
            }
            Self::Composite => "does what its operations do, each allowed or refused by itself",
        }
    }

    /// Whether it sends mutations, or may.
    pub fn writes(self) -> bool {
        self != Self::Read
    }

    /// Whether it writes by itself, and not by the operations that it is given, each of which is looked at alone.
    pub fn writes_itself(self) -> bool {
        self.writes() && self != Self::Composite
    }

    /// Whether values that stood there before can be lost.
    pub fn destructive(self) -> bool {
        matches!(self, Self::Change | Self::Delete | Self::Composite)
    }

    /// Whether doing it twice is the same as doing it once.
    pub fn idempotent(self) -> bool {
        !matches!(self, Self::Add | Self::Composite)
    }
}

/// What an operation writes of the issues that its parameters name. A batch refuses two items that would overwrite each
/// other's part of one issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touches {
    /// Nothing: the operation only reads the issue, or its parameters do not name one.
    NoIssue,
    /// Something beside what exists, such as a comment or a link.
    Additions,
    /// The fields for which a parameter is given, except for these parameters, which set no field.
    FieldsGiven {
        /// The canonical names of the parameters.
        except: &'static [&'static str],
    },
    /// Single items of the list in the description, each on the text as it is then.
    DescriptionItems,
    /// The issue as a whole: it is archived, restored or deleted.
    Whole,
}

/// What the server's starter lets its operations do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Allowed {
    /// Change nothing.
    Reading,
    /// Everything but what cannot be taken back.
    #[default]
    Writing,
    /// Everything.
    Deleting,
}

impl Allowed {
    /// Whether an operation of that effect may run.
    pub fn permits(self, effect: Effect) -> bool {
        match self {
            Self::Reading => matches!(effect, Effect::Read | Effect::Composite),
            Self::Writing => effect != Effect::Delete,
            Self::Deleting => true,
        }
    }
}

//! What operations do to the workspace, and what they are allowed to do.

/// What an operation may do to the workspace. Read-only mode, tool annotations and retries are all derived from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Adds something. Running it twice adds two.
    Add,
    /// Adds what is missing. Running it twice changes nothing more.
    Ensure,
    /// Replaces values, or removes something from an entity. Running it twice changes nothing more.
    Change,
    /// Changes the entity whose id is given. Without an id, it adds one, and running it twice adds two.
    Save,
    /// Deletes an entity with everything that belongs to it, which cannot be undone, or only for a while. The operation
    /// is refused unless the server was started with deletions allowed.
    Delete,
    /// Runs other operations, each of which is allowed or refused by its own effect.
    Composite,
}

impl Effect {
    /// The effect in words, for people.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Read => "reads only",
            Self::Add => "writes: adds something; doing it twice adds two",
            Self::Ensure => "writes: adds what is missing; doing it twice changes nothing more",
            Self::Change => {
                "writes: sets values over older ones, or takes something off; doing it twice changes nothing more"
            }
            Self::Save => {
                "writes: changes what the id names; without an id adds something, and doing that twice adds two"
            }
            Self::Delete => {
                "deletes; refused unless the server runs with LINEAR_OPS_ALLOW_DESTRUCTIVE=1"
            }
            Self::Composite => "does what its operations do, each allowed or refused by itself",
        }
    }

    /// Whether the operation sends mutations, or may send them.
    pub fn writes(self) -> bool {
        self != Self::Read
    }

    /// Whether the operation sends mutations itself, and not only through operations that it is given.
    pub fn writes_itself(self) -> bool {
        self.writes() && self != Self::Composite
    }

    /// Whether present values can be lost.
    pub fn destructive(self) -> bool {
        matches!(
            self,
            Self::Change | Self::Save | Self::Delete | Self::Composite
        )
    }

    /// Whether running the operation twice has the same result as running it once.
    pub fn idempotent(self) -> bool {
        !matches!(self, Self::Add | Self::Save | Self::Composite)
    }

    /// Whether the operation changes or deletes the entity that its parameters name.
    pub fn changes_subject(self) -> bool {
        matches!(self, Self::Change | Self::Save | Self::Delete)
    }
}

/// What an operation writes of the issues that its parameters name. A batch refuses two items that would overwrite each
/// other's part of one issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touches {
    /// Nothing: the operation only reads the issue, or its parameters do not name one.
    NoIssue,
    /// Additions that leave the fields of the issue unchanged, such as a comment or a link.
    Additions,
    /// The fields for which a parameter is given, except for these parameters, which set no field.
    FieldsGiven {
        /// The canonical names of the parameters.
        except: &'static [&'static str],
    },
    /// These fields, whatever parameters are given. A field has the name of the parameter of `update_issue` that sets it.
    Fields(&'static [&'static str]),
    /// Single items of the checklist in the description. The operation changes the text that it reads, and not the text
    /// of the caller.
    DescriptionItems,
    /// The issue as a whole: it is archived, restored or deleted.
    Whole,
}

/// What the server may do, as decided when it was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Allowed {
    /// Reads only.
    Reading,
    /// Everything that can be undone.
    #[default]
    Writing,
    /// Everything.
    Deleting,
}

impl Allowed {
    /// Whether an operation with the effect may run.
    pub fn permits(self, effect: Effect) -> bool {
        match self {
            Self::Reading => matches!(effect, Effect::Read | Effect::Composite),
            Self::Writing => effect != Effect::Delete,
            Self::Deleting => true,
        }
    }
}

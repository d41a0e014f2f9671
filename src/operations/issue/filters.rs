//! What a list or a search of issues is narrowed down by.

use crate::directory::fold;
use crate::error::{Code, Error};
use crate::params::{CycleRef, Flag, Identifier, LabelNames, Moment, Patch, Priority, Ref};

/// What issues are filtered by; all of it must match.
#[derive(Debug, Default)]
pub(super) struct Filters {
    /// The team.
    pub team: Option<Ref>,
    /// The workflow state.
    pub state: Option<Ref>,
    /// Who does it; cleared for nobody.
    pub assignee: Patch<Ref>,
    /// Labels that it must all have; cleared for none.
    pub labels: Patch<LabelNames>,
    /// The project; cleared for none.
    pub project: Patch<Ref>,
    /// The cycle; cleared for none.
    pub cycle: Patch<CycleRef>,
    /// The priority; cleared for those without one.
    pub priority: Patch<Priority>,
    /// The parent issue; cleared for none.
    pub parent_id: Patch<Identifier>,
    /// Changed since.
    pub updated_after: Option<Moment>,
    /// Made since.
    pub created_after: Option<Moment>,
}

/// The filters among an operation's parameters, where each stands under its own name, with the short words for them.
macro_rules! among {
    ($params:ident) => {
        $crate::operations::issue::filters::Filters {
            team: $params.team,
            state: $params.state,
            assignee: $params.assignee,
            labels: $params.labels,
            project: $params.project,
            cycle: $params.cycle,
            priority: $params.priority,
            parent_id: $params.parent_id,
            updated_after: $params.updated_after,
            created_after: $params.created_after,
        }
        .with_words($params.mine, $params.recent)
    };
}
pub(super) use among;

/// How far back `recent` reaches (`contract.md`, "CCPM").
const RECENT: &str = "-P7D";

impl Filters {
    /// With the short words that callers use: `mine` for what is assigned to the key's owner, `recent` for what
    /// changed in the last seven days.
    ///
    /// # Errors
    /// INVALID_PARAM when one contradicts the filter that it stands for.
    pub(super) fn with_words(
        mut self,
        mine: Option<Flag>,
        recent: Option<Flag>,
    ) -> Result<Self, Error> {
        let on = |flag: Option<Flag>| flag.is_some_and(|Flag(on)| on);
        if on(mine) {
            if self.assignee == Patch::Clear {
                return Err(contradiction("mine", "assignee", "null"));
            }
            if let Some(other) = self.assignee.value().filter(|of| fold(of.as_str()) != "me") {
                return Err(contradiction("mine", "assignee", other.as_str()));
            }
            self.assignee = Ref::new("me").map_or(Patch::Absent, Patch::Set);
        }
        if on(recent) {
            if let Some(other) = &self.updated_after {
                return Err(contradiction("recent", "updated_after", other.as_str()));
            }
            self.updated_after = Moment::new(RECENT);
        }
        Ok(self)
    }
}

fn contradiction(word: &str, param: &str, given: &str) -> Error {
    let message = format!("'{word}' and '{param}: {given}' cannot both be meant");
    Error::new(Code::InvalidParam, message)
        .detail("param", word)
        .suggest(format!("Give '{word}' or '{param}'"))
}

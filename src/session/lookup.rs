//! The data of a look-up: the names that an operation asks for, and the entities that were found. `resolve` carries the
//! look-ups out and matches the names.

use std::sync::{Arc, Mutex, PoisonError};

use crate::cache::kinds;
use crate::effect::Effect;
use crate::linear::model;
use crate::params::LabelName;

/// An object that names an entity, as in `team: {name: Engineering, key: DES}`. The entity is looked up by one of the
/// entries, and the entity that is found has to match the other entries, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The parameter that holds the object.
    pub param: String,
    /// The text by which the entity is looked up.
    pub wanted: String,
    /// The other entries: their keys, with their values as text.
    pub entries: Vec<(String, String)>,
}

/// The warnings of one operation about names that were matched although they were not given in full. Each warning is
/// kept once, however often the name is looked up. Clones share one list.
#[derive(Clone, Debug, Default)]
pub struct NameWarnings(Arc<Mutex<Vec<String>>>);

impl NameWarnings {
    /// Adds a warning, unless the same warning has been added before.
    pub fn add(&self, warning: String) {
        let mut warnings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }

    /// Removes the warnings and returns them.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Which entries of the session cache an operation accepts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// Only entries that this session has read from Linear itself. They include texts such as descriptions.
    #[default]
    Own,
    /// Also entries of the snapshot up to the usual age, which have names but no texts. This is for operations that
    /// return no texts.
    Names,
    /// Also entries past the usual age. This is for writes that compare the names with those in Linear's answer, and
    /// that correct the write if the names differ.
    Held,
    /// The same entries as [`Trust::Held`]. This is for writes whose answer also has the keys of teams and the e-mail
    /// addresses of users.
    HeldWithKeys,
}

/// A project whose name was given as the name of a team, and the only team of the project, which is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectAsTeam {
    /// The name as the caller wrote it.
    pub wanted: String,
    /// The name of the project.
    pub project: String,
    /// The id of the team.
    pub team_id: String,
}

macro_rules! lookup {
    ($($entity:ident {
        $(#[$doc:meta])*
        cache: $cache:ident,
        usage: $word:literal,
        kept: $kept:ident $(as $row:ident)?,
        $(#[$wanted_doc:meta])*
        wanted: $wanted:ident: $names:ty,
    })*) => {
        /// The entities that an operation needs. The names are as the caller wrote them.
        #[derive(Clone, Debug, Default)]
        pub struct LookupRequest {
            $($(#[$wanted_doc])* pub $wanted: $names,)*
            /// The team in which states, labels and cycles are looked up.
            pub team: Option<String>,
            /// Whether all teams are looked up.
            pub all_teams: bool,
            /// Whether all workflow states of the team are looked up.
            pub all_states: bool,
            /// Whether a label name may be the name of a label group, which then stands for all labels in the group.
            pub members: bool,
            /// A label that is going to be created. It is looked up with the other labels, and may be missing.
            pub new_label: Option<LabelName>,
            /// Whether all labels that can be used in the team are looked up. Without a team, these are the labels of
            /// the workspace.
            pub all_labels: bool,
            /// Whether all labels of projects are looked up.
            pub all_project_labels: bool,
            /// Whether missing labels will be created. A complete list of labels in the cache is then not read again to
            /// confirm that a label is missing.
            pub new_labels: bool,
            /// Whether users who have left the workspace are looked up, too, because the operation searches for what
            /// users did.
            pub anyone: bool,
            /// Whether all active users are looked up.
            pub all_users: bool,
            /// Whether the session cache is bypassed.
            pub fresh: bool,
            /// Which cache entries are accepted when `fresh` is not set.
            pub trust: Trust,
        }

        /// The entities of each kind that a look-up found.
        #[derive(Clone, Debug)]
        pub struct Resolved {
            /// What the operation does to the workspace. It decides whether the beginning of a name suffices to match
            /// an entity.
            pub effect: Effect,
            /// The list to which warnings about names that were not given in full are added.
            pub name_warnings: NameWarnings,
            $($(#[$doc])* pub $cache: Candidates<model::$entity>,)*
            /// The projects that have a name which was given as the name of a team, although no team has this name.
            pub same_named_projects: Vec<Arc<model::Project>>,
            /// The project that was given as the team, if there is one whose only team is used.
            pub project_as_team: Option<ProjectAsTeam>,
        }

        impl Resolved {
            /// Creates an empty result of a look-up for an operation with this effect.
            pub fn new(effect: Effect, name_warnings: NameWarnings) -> Self {
                Self {
                    effect,
                    name_warnings,
                    $($cache: Candidates::default(),)*
                    same_named_projects: Vec::new(),
                    project_as_team: None,
                }
            }

            /// Whether any entity in the result came from the session cache.
            pub fn is_cached(&self) -> bool {
                [$(self.$cache.remembered()),*].contains(&true)
            }

            /// Whether any entity in the result is past the usual age of the session cache.
            pub fn is_old(&self) -> bool {
                [$(self.$cache.old),*].contains(&true)
            }
        }
    };
}

kinds!(lookup);

/// The entities of one kind that names are matched against.
#[derive(Debug)]
pub struct Candidates<T> {
    /// The entities.
    pub items: Vec<Arc<T>>,
    /// Whether the entities came from the session cache.
    pub cached: bool,
    /// Whether Linear has more entities than were read.
    pub more: bool,
    /// Whether the entities are past the usual age of the session cache.
    pub old: bool,
}

impl<T> Candidates<T> {
    /// Whether there is an entity that came from the session cache.
    pub fn remembered(&self) -> bool {
        self.cached && !self.items.is_empty()
    }
}

// A derived `Clone` would require `T: Clone`, which an `Arc` does not need.
impl<T> Clone for Candidates<T> {
    fn clone(&self) -> Self {
        Self {
            items: self.items.clone(),
            cached: self.cached,
            more: self.more,
            old: self.old,
        }
    }
}

impl<T> Default for Candidates<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            cached: true,
            more: false,
            old: false,
        }
    }
}

/// A look-up that the session cache answered, at least in part. If Linear refuses a write that uses the entities, the
/// names are looked up again and the results are compared.
#[derive(Debug)]
pub struct CachedLookup {
    /// The names that were looked up.
    pub request: LookupRequest,
    /// The entities that were found. At least some of them came from the cache.
    pub known: Resolved,
}

/// How many look-ups [`Outdated`] keeps. The names of further look-ups are looked up again when they are next needed.
const MAX_OUTDATED: usize = 16;

/// The look-ups that the session cache answered with entries past its usual age. A background task repeats them after
/// the operations have answered. Nothing is kept in a session without such a task.
#[derive(Debug, Default)]
pub struct Outdated(Option<Mutex<Vec<Arc<CachedLookup>>>>);

impl Outdated {
    /// Turns the list on. This is for a session that has a background task which takes the look-ups.
    pub fn enable(&mut self) {
        self.0 = Some(Mutex::default());
    }

    /// Adds a look-up, unless the list is off or full.
    pub fn add(&self, lookup: Arc<CachedLookup>) {
        if let Some(lookups) = &self.0 {
            let mut lookups = lookups.lock().unwrap_or_else(PoisonError::into_inner);
            if lookups.len() < MAX_OUTDATED {
                lookups.push(lookup);
            }
        }
    }

    /// Removes all look-ups and returns them.
    pub fn take(&self) -> Vec<Arc<CachedLookup>> {
        self.0.as_ref().map_or_else(Vec::new, |lookups| {
            std::mem::take(&mut *lookups.lock().unwrap_or_else(PoisonError::into_inner))
        })
    }
}

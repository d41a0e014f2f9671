//! The look-ups of a running operation as plain data: what it asks for by name, and what was found. `resolve` carries
//! them out and matches the names.

use std::sync::{Arc, Mutex, PoisonError};

use super::Taken;
use crate::cache::kinds;
use crate::effect::Effect;
use crate::linear::model;
use crate::params::LabelName;

/// How far an operation goes by what the session cache knows of names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// By what this session has read, with its texts.
    #[default]
    Own,
    /// By names of the snapshot, too, up to the usual age: for operations that show no texts.
    Names,
    /// By names past the usual age, too: for writes that are compared with the names in Linear's answer, and corrected
    /// where these differ.
    Held,
    /// As [`Trust::Held`], for writes whose answer tells keys of teams and e-mail addresses, too.
    HeldWithKeys,
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
        /// What an operation needs to know. Names are as the caller wrote them.
        #[derive(Clone, Debug, Default)]
        pub struct LookupRequest {
            $($(#[$wanted_doc])* pub $wanted: $names,)*
            /// The team, in which states, labels and cycles are looked up.
            pub team: Option<String>,
            /// All teams.
            pub all_teams: bool,
            /// All workflow states of the team.
            pub all_states: bool,
            /// Whether a label may be a group that stands for all of its labels.
            pub members: bool,
            /// A label that is going to be made: it is looked for beside the others, and may be missing.
            pub new_label: Option<LabelName>,
            /// All labels that can be used in the team; without a team, the workspace's own.
            pub all_labels: bool,
            /// Whether missing labels will be created, so that a list known whole need not be asked for again.
            pub new_labels: bool,
            /// Whether the users may have left: what they did is looked for.
            pub anyone: bool,
            /// All active users.
            pub all_users: bool,
            /// Whether the session cache is not to be believed.
            pub fresh: bool,
            /// How far the session cache is believed otherwise.
            pub trust: Trust,
        }

        /// What a look-up found, of each kind.
        #[derive(Clone, Debug)]
        pub struct Resolved {
            /// What the operation does to the workspace, which decides how much of a name it takes to mean an entity.
            pub effect: Effect,
            /// Where it is noted what was taken for names that are not whole.
            pub taken: Taken,
            $($(#[$doc])* pub $cache: Candidates<model::$entity>,)*
            /// Projects that have the name of a team that does not exist.
            pub same_named_projects: Vec<Arc<model::Project>>,
        }

        impl Resolved {
            /// Nothing yet, for an operation of that effect.
            pub fn new(effect: Effect, taken: Taken) -> Self {
                Self {
                    effect,
                    taken,
                    $($cache: Candidates::default(),)*
                    same_named_projects: Vec::new(),
                }
            }

            /// Whether anything in it came from the session cache.
            pub fn is_cached(&self) -> bool {
                [$(self.$cache.remembered()),*].contains(&true)
            }

            /// Whether anything in it is past the usual age of the session cache.
            pub fn is_old(&self) -> bool {
                [$(self.$cache.old),*].contains(&true)
            }
        }
    };
}

kinds!(lookup);

/// Entities of one kind that names are matched against.
#[derive(Debug)]
pub struct Candidates<T> {
    /// The entities.
    pub items: Vec<Arc<T>>,
    /// Whether they came from the session cache.
    pub cached: bool,
    /// Whether there are more of them than were read.
    pub more: bool,
    /// Whether they are past the usual age of the session cache.
    pub old: bool,
}

impl<T> Candidates<T> {
    /// Whether anything in it came from the session cache.
    pub fn remembered(&self) -> bool {
        self.cached && !self.items.is_empty()
    }
}

// Derived `Clone` would ask for `T: Clone`, which an `Arc` does not need.
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

/// A look-up that the session cache answered, at least in part: the names that were looked up, and the entities that the
/// cache had for them. Where Linear refuses what was made of them, they are looked up anew and compared.
#[derive(Debug)]
pub struct CachedLookup {
    /// The names.
    pub request: LookupRequest,
    /// The entities.
    pub known: Resolved,
}

/// How many operations' look-ups are kept. What is left out is looked up when it is next needed.
const MOST_OUTDATED: usize = 16;

/// The look-ups that the session cache answered past its usual age, to be repeated once the operations have answered, in
/// a session where something repeats them.
#[derive(Debug, Default)]
pub struct Outdated(Option<Mutex<Vec<Arc<CachedLookup>>>>);

impl Outdated {
    /// Keeps look-ups from now on, for a session in which somebody takes them.
    pub fn enable(&mut self) {
        self.0 = Some(Mutex::default());
    }

    /// Adds the look-up of an operation.
    pub fn add(&self, lookup: Arc<CachedLookup>) {
        if let Some(kept) = &self.0 {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() < MOST_OUTDATED {
                kept.push(lookup);
            }
        }
    }

    /// Takes all of them out.
    pub fn take(&self) -> Vec<Arc<CachedLookup>> {
        let kept = self.0.as_ref();
        let kept = kept.map(|kept| kept.lock().unwrap_or_else(PoisonError::into_inner));
        kept.map(|mut kept| std::mem::take(&mut *kept))
            .unwrap_or_default()
    }
}

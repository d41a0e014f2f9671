//! What is to go otherwise than it would while a request is executed.

use std::cell::{Cell, OnceCell};

use super::refusal::Refusal;

/// The name that stands for the first field at its place.
pub(super) const FIRST: &str = "*";

/// Orders for one execution, from the script and its switches.
#[derive(Clone, Debug, Default)]
pub(super) struct Orders {
    /// A root field that is refused, and how.
    pub(super) refuse: Option<(String, Refusal)>,
    /// A mutation that answers `success: false` and does nothing.
    pub(super) unsuccessful: Option<String>,
    /// A mutation that is executed and answers without its entity, where the entity may be null.
    pub(super) entity_null: Option<String>,
    /// A field below a root that cannot be read.
    pub(super) unreadable: Option<Unreadable>,
    /// Root fields that the workspace's plan does not have.
    features_off: Vec<String>,
    /// The key of the root field that was executed first.
    first: OnceCell<String>,
}

/// A field below a root whose reading fails once.
#[derive(Clone, Debug)]
pub(super) struct Unreadable {
    root: String,
    below: Vec<String>,
    refusal: Refusal,
    failed: Cell<bool>,
}

impl Unreadable {
    /// The field at this path: the root field and those below it, joined by dots.
    pub(super) fn new(path: &str, refusal: Refusal) -> Self {
        let mut steps = path.split('.').map(str::to_owned);
        Self {
            root: steps.next().unwrap_or_default(),
            below: steps.collect(),
            refusal,
            failed: Cell::new(false),
        }
    }
}

impl Orders {
    /// No orders but that the workspace's plan does not have these root fields.
    pub(super) fn without(features_off: Vec<String>) -> Self {
        Self {
            features_off,
            ..Self::default()
        }
    }

    /// Notes that a root field is about to be executed, which answers under that key.
    pub(super) fn begin(&self, key: &str) {
        self.first.get_or_init(|| key.to_owned());
    }

    /// Whether a root field may run, which answers under that key. Errors with the refusal that was ordered.
    pub(super) fn allow(&self, field: &str, key: &str) -> Result<(), Refusal> {
        if let Some((refused, refusal)) = &self.refuse
            && self.names(refused, field, key)
        {
            return Err(refusal.clone());
        }
        if self.features_off.iter().any(|off| off == field) {
            return Err(Refusal::feature_off(field));
        }
        Ok(())
    }

    /// Whether a mutation is to answer `success: false`.
    pub(super) fn fails_quietly(&self, field: &str, key: &str) -> bool {
        let ordered = self.unsuccessful.as_deref();
        ordered.is_some_and(|ordered| self.names(ordered, field, key))
    }

    /// Whether a mutation is to answer without its entity.
    pub(super) fn hides_entity(&self, field: &str, key: &str) -> bool {
        let ordered = self.entity_null.as_deref();
        ordered.is_some_and(|ordered| self.names(ordered, field, key))
    }

    /// The path of the unreadable field from this root field on; empty when it is not below this one.
    pub(super) fn path_below(&self, field: &str, key: &str) -> &[String] {
        match &self.unreadable {
            Some(unreadable) if self.names(&unreadable.root, field, key) => &unreadable.below,
            _ => &[],
        }
    }

    /// The refusal of the unreadable field. It is given once; the field can be read afterwards.
    pub(super) fn fail_once(&self) -> Option<Refusal> {
        let unreadable = self.unreadable.as_ref()?;
        let failed = unreadable.failed.replace(true);
        (!failed).then(|| unreadable.refusal.clone())
    }

    /// Whether an ordered name means the root field: it is the field's name or key, or it means the first one.
    fn names(&self, ordered: &str, field: &str, key: &str) -> bool {
        let is_first = || self.first.get().is_some_and(|first| first == key);
        ordered == field || ordered == key || (ordered == FIRST && is_first())
    }
}

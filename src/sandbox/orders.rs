//! What is to go otherwise than it would while a request is executed.

use super::refusal::Refusal;

/// Orders for one execution, from the script and its switches.
#[derive(Clone, Debug, Default)]
pub(super) struct Orders {
    /// A root field that is refused, by its name or alias, and how.
    pub(super) refuse: Option<(String, Refusal)>,
    /// A mutation that answers `success: false` and does nothing.
    pub(super) unsuccessful: Option<String>,
    /// Root fields that the workspace's plan does not have.
    pub(super) features_off: Vec<String>,
}

impl Orders {
    /// Whether a root field, which answers under that key, may run. Errors with the refusal that was ordered.
    pub(super) fn allow(&self, field: &str, key: &str) -> Result<(), Refusal> {
        if let Some((refused, refusal)) = &self.refuse
            && (refused == field || refused == key)
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
        ordered == Some(field) || ordered == Some(key)
    }
}

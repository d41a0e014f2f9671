//! How many labels a call makes.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// The labels that a call makes, a batch being one call. Each goes by a description of where it is made and its name, so
/// that one which several operations want, or one operation on two runs, counts once.
#[derive(Debug, Default)]
pub struct NewLabels(Mutex<HashSet<String>>);

impl NewLabels {
    /// Adds labels where there are no more than `most` then.
    ///
    /// # Errors
    /// How many there would be; none of them is added.
    pub fn add(&self, labels: &[String], most: usize) -> Result<(), usize> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new: HashSet<&String> = labels.iter().filter(|of| !known.contains(*of)).collect();
        let total = known.len() + new.len();
        if !new.is_empty() && total > most {
            return Err(total);
        }
        let new: Vec<String> = new.into_iter().cloned().collect();
        known.extend(new);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_label_counts_once_and_what_is_refused_counts_not_at_all() {
        let made = NewLabels::default();
        assert_eq!(made.add(&labels(&["a", "b", "a"]), 3), Ok(()));
        assert_eq!(made.add(&labels(&["b", "c", "d"]), 3), Err(4));
        assert_eq!(made.add(&labels(&["c", "a"]), 3), Ok(()));
        assert_eq!(made.add(&labels(&["c"]), 3), Ok(()));
        assert_eq!(made.add(&labels(&["d"]), 3), Err(4));
    }
}

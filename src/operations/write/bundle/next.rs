//! What of a bundle goes out next.

use super::{Bundle, State};
use crate::linear::client::Repeat;
use crate::linear::compose::{MOST_MUTATIONS, MOST_POINTS, Part};

impl Bundle {
    /// What is not done yet, in order.
    pub(super) fn waiting(&self) -> Vec<usize> {
        let writes = self.writes.iter().enumerate();
        let waiting = writes.filter(|(_, write)| matches!(write.state, State::Waiting));
        waiting.map(|(place, _)| place).collect()
    }

    /// The next to go out together, in order: as many as one request takes. Where writes do not see what those in front of
    /// them make, what follows from others waits until these are done.
    pub(super) fn next(&self, sees_own: bool) -> Vec<usize> {
        let most = if self.singly { 1 } else { MOST_MUTATIONS };
        let mut points = 0;
        let mut makes = false;
        let waiting = self.waiting().into_iter().take(most);
        let fits = waiting.take_while(|place| {
            let Some(write) = self.writes.get(*place) else {
                return false;
            };
            let first = points == 0;
            points += write.part.complexity();
            let waits = makes && write.follows && (!sees_own || write.again);
            makes |= write.find.is_some();
            first || (points <= MOST_POINTS && !waits)
        });
        fits.collect()
    }

    /// Whether that one makes a thing.
    pub(super) fn makes(&self, place: usize) -> bool {
        let write = self.writes.get(place);
        write.is_some_and(|write| write.find.is_some())
    }

    pub(super) fn parts(&self, places: &[usize]) -> Vec<Part> {
        let part = |place: &usize| self.writes.get(*place).map(|write| write.part.clone());
        places.iter().filter_map(part).collect()
    }

    pub(super) fn repeat(&self, places: &[usize]) -> Repeat {
        if places.iter().any(|place| self.makes(*place)) {
            Repeat::UnlessSent
        } else {
            Repeat::Always
        }
    }
}

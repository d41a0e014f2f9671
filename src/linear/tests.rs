//! Documents and merging against the stand-in: what holds for any set of operations.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failing test may panic"
)]

mod deadlines;
pub(crate) mod merging;
mod reads;
mod stand_in;
mod writes;

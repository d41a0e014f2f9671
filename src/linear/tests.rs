//! Documents and merging against the stand-in: what holds for any set of operations.

mod deadlines;
pub(crate) mod merging;
mod reads;
mod stand_in;
mod writes;

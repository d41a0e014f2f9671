//! Documents and merging against the stand-in: what holds for any set of operations.

mod deadlines;
mod merging;
mod reads;
mod stand_in;
mod writes;

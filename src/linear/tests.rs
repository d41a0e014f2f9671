//! Tests of documents and of merging against the stand-in, for generated sets of operations.

mod deadlines;
pub(crate) mod merging;
mod reads;
mod stand_in;
mod writes;

//! Pure functions on text.

pub mod checklist;
pub mod nearest;
pub mod number;

//! Pure functions on text.

pub mod nearest;

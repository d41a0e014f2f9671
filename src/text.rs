//! Pure functions on text.

pub mod checklist;
pub mod cut;
pub mod escape;
pub mod name;
pub mod nearest;
pub mod number;
pub mod secret;
pub mod surrogates;

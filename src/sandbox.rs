//! The stand-in for Linear: an in-memory workspace behind Linear's own schema.
mod markdown;
pub mod refusal;
pub mod store;

//! The stand-in for Linear: an in-memory workspace behind Linear's own schema.
pub mod store;
pub mod refusal;

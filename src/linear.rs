//! Everything that knows HTTP, GraphQL text and Linear's limits.
pub mod transport;

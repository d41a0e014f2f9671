//! The client of Linear's API: the only module that knows HTTP, GraphQL text and Linear's limits. The layers above it
//! see typed operations, typed answers and a typed [`failure::Failure`].

pub mod address;
#[doc = include_str!("linear/api.md")]
pub mod api {}
pub mod client;
pub mod compose;
pub(crate) mod documents;
pub mod failure;
pub mod filter;
pub mod http;
pub mod key;
mod lenient;
pub mod model;
pub mod request_scope;
pub mod scalars;
pub mod transport;

#[cfg(test)]
#[cfg(feature = "sandbox")]
pub(crate) mod tests;

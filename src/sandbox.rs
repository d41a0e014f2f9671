//! The stand-in for Linear: an in-memory workspace behind Linear's own schema.
mod derive;
mod identifier;
mod input;
mod markdown;
mod mutate;
pub mod refusal;
pub mod store;
mod time;
mod api;
mod auth;
mod complexity;
mod defaults;
mod derived;
mod engine;
mod exchange;
mod filter;
mod limits;
mod log;
mod lookup;
mod object;
mod orders;
mod page;
mod relations;
mod root;
mod script;
mod search;
mod world;

pub use api::SchemaError;
pub use exchange::{Outcome, Request, Sandbox};
pub use log::Logged;
pub use script::{Act, Script};

#[cfg(test)]
mod tests;

//! The stand-in for Linear: an in-memory workspace behind Linear's own schema.
mod api;
mod auth;
mod complexity;
mod defaults;
mod derived;
mod engine;
mod exchange;
mod filter;
pub mod http;
mod identifier;
mod in_process;
mod input;
mod limits;
mod log;
mod lookup;
mod markdown;
mod mutate;
mod object;
mod orders;
mod page;
mod refresh;
pub mod refusal;
mod relations;
mod root;
mod script;
mod search;
mod seed;
pub mod store;
mod time;
mod world;

pub use api::SchemaError;
pub use exchange::{Outcome, Request, Sandbox};
pub use in_process::InProcess;
pub use log::Logged;
pub use script::{Act, Script};

#[cfg(test)]
mod tests;

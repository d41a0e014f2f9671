//! The stand-in for Linear: an in-memory workspace behind Linear's own schema.
//!
//! It parses and validates every document and its variables, executes them over a seeded workspace, and is as strict as
//! `linear/api.md` says Linear is: what it refuses, Linear would refuse. It knows no query of the client's. Where
//! Linear's behaviour is not known, the stricter guess is taken and written down beside the code.
//!
//! Of Linear's rate limits only two are kept: the points of one document, and the requests of an hour where the
//! script sets how many are left. The points of an hour and the searches of a minute are headers and nothing more:
//! no answer spends of them, and no request is refused for them.
//!
//! [`Sandbox::handle`] is one HTTP exchange: `exchange` checks the key, the budget, the document and its cost;
//! `engine`, `root`, `object` and `connection` execute it; `world`, `filter`, `page` and `search` read the `store`;
//! `mutate` changes it; `script` and `play` make it go wrong, `lag` hides writes from queries for a while. [`InProcess`] and [`http::serve`] carry it.
mod api;
mod auth;
mod complexity;
mod connection;
mod defaults;
mod derived;
mod engine;
mod exchange;
mod filter;
pub mod http;
mod identifier;
mod in_process;
mod input;
mod lag;
mod limits;
mod log;
mod lookup;
mod markdown;
mod mutate;
mod object;
mod orders;
mod page;
mod play;
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
pub use lag::Lag;
pub use log::Logged;
pub use script::{Act, Script};
pub use seed::Size;

#[cfg(test)]
mod tests;

//! The stand-in for Linear: an in-memory workspace behind Linear's own schema.
//!
//! The stand-in parses and validates every document and its variables, executes them over a seeded workspace, and is as
//! strict as `linear/api.md` says Linear is: what the stand-in refuses, Linear would refuse. It knows none of the
//! client's queries. Where Linear's behaviour is not known, the stricter guess is taken and written down beside the
//! code.
//!
//! Only two of Linear's rate limits are enforced: the points of one document, and the requests of an hour where the
//! script sets how many are left. The points of an hour and the searches of a minute exist as headers only: no request
//! uses them up, and none is refused for them.
//!
//! # How a request runs
//!
//! 1. [`http::serve`] or [`InProcess`] passes the request to [`Sandbox::handle`] (`exchange`).
//! 2. `execution` parses the body, validates the document and its variables against the schema (`schema`), and says
//!    what is to be logged of the request ([`Logged`]).
//! 3. The [`Script`] may have an [`Act`] for the request: a reply in its place, a change of the workspace before it, a
//!    root field that fails. `reply` plays the acts that are about the whole reply.
//! 4. `exchange` checks the key, the requests that are left in the window, the cost of the document, and whether the
//!    key may write. `lag` decides which state of the workspace a query sees.
//! 5. The executor of apollo-compiler walks the document and asks `resolvers` for each field. Queries read records from
//!    the [`store`] through `workspace` (relations), `filter`, `page` (lists and searches) and `derived` (fields that
//!    follow from other records). Mutations run in `mutate`, on a copy of the workspace that replaces the workspace
//!    when they succeed.
//! 6. A refused field becomes an entry of `errors` ([`refusal`]). `reply` writes the body and the headers of the rate
//!    limits.
//!
//! # Where to add to it
//!
//! | what | where |
//! |---|---|
//! | a mutation | its function and its row in `MUTATIONS` of the entity's file below `mutate/`, as the front page of `mutate` says |
//! | a filter | nothing for a field of the entity; `filter` for a key with another name than the field, and for an operator; `derived` for a computed value |
//! | a `sort` | `SORTED_FIELDS` in `sort` |
//! | a type of entity | `workspace` (`STORED_TYPES`, and `FOREIGN_KEYS` where its types do not tell a relation), its records in `seed`, its mutations |
//! | a root query with rules of its own | `query` in `resolvers` |
//! | a way to fail | an [`Act`], played by `reply` when it is about the whole reply, or by `Overrides` in `script` when it is about one field |
//! | an error of Linear's | its constructor in [`refusal`] |
mod custom_view;
mod derived;
mod exchange;
mod execution;
mod filter;
pub mod http;
mod identifier;
mod in_process;
mod input;
mod lag;
mod markdown;
mod mutate;
mod page;
pub mod refusal;
mod reply;
mod resolvers;
mod schema;
mod script;
mod seed;
mod sort;
pub mod store;
mod time;
mod workspace;

pub use exchange::{Logged, Outcome, Request, Sandbox};
pub use in_process::InProcess;
pub use lag::Lag;
pub use schema::SchemaError;
pub use script::{Act, Script};
pub use seed::Size;

#[cfg(test)]
mod tests;

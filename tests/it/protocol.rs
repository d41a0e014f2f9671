//! The protocol through the real binary: rmcp's own client, and a raw one for what a client never does.

mod batch;
mod bounds;
mod client;
mod day;
mod end;
mod guards;
mod lines;
mod log;
mod prefetch;
mod progress;
pub mod raw;
mod settings;
mod shutdown;
mod stream;
mod tokens;

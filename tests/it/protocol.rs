//! The protocol through the real binary: rmcp's own client, and a raw one for what a client never does.

mod batch;
mod client;
mod day;
mod end;
mod guards;
mod log;
mod prefetch;
mod raw;
mod stream;
mod tokens;

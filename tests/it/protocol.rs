//! The protocol through the real binary: rmcp's own client, and a raw one for what a client never does.
#![expect(clippy::indexing_slicing, reason = "a failing test may panic")]

mod client;
mod end;
mod raw;
mod stream;

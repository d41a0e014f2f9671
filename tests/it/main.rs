//! The whole house: YAML in, envelope out, requests counted, against the stand-in over real HTTP; and the protocol
//! through the real binary.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing test may panic"
)]

mod architecture;
mod cli;
mod documents;
mod examples;
#[cfg(unix)]
mod protocol;
mod readme;
mod world;

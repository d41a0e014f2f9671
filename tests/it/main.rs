//! The whole house: YAML in, envelope out, requests counted, against the stand-in over real HTTP; and the protocol
//! through the real binary.
#![expect(clippy::unwrap_used, reason = "a failing test may panic")]

mod architecture;
mod documents;
mod errors;
mod errors_names;
mod errors_params;
mod errors_requests;
mod examples;
mod partial;
mod world;

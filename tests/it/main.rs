//! The whole house: YAML in, envelope out, requests counted, against the stand-in over real HTTP; and the protocol
//! through the real binary.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing test may panic"
)]

mod agent;
mod architecture;
mod cache;
mod cli;
mod comments;
mod contract;
mod doctor;
mod documents;
mod errors;
mod errors_linear;
mod errors_names;
mod errors_params;
mod errors_requests;
mod examples;
mod faults;
mod http;
mod issues_create;
mod issues_get;
mod issues_list;
mod issues_update;
mod labels;
mod partial;
#[cfg(unix)]
mod protocol;
mod readme;
mod requests;
mod secrets;
mod stale;
mod states_teams;
mod transfer;
mod turns;
mod world;

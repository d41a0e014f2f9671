//! The whole house: YAML in, envelope out, requests counted, against the stand-in over real HTTP; and the protocol
//! through the real binary.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing test may panic"
)]

mod addresses;
mod agent;
mod answers;
mod appendix;
mod architecture;
mod batch;
mod behind;
mod binary;
mod bounds;
mod cache;
mod checklists;
mod cli;
mod codes;
mod comments;
mod comments_change;
mod comments_list;
mod connections;
mod contract;
mod deadlines;
mod described;
mod docs_read;
mod docs_write;
mod doctor;
mod documents;
mod dry_run;
mod errors;
mod errors_linear;
mod errors_names;
mod errors_params;
mod errors_requests;
mod examples;
mod faults;
mod fuzz;
mod guards;
mod healing;
mod healing_writes;
mod help_operation;
mod http;
mod issues_create;
mod issues_get;
mod issues_list;
mod issues_search;
mod issues_shelf;
mod issues_update;
#[cfg(unix)]
mod keys;
mod label_create;
mod label_update;
mod labels;
mod lenient;
mod links;
mod meant;
mod metrics;
mod names;
mod nothing_lost;
mod outcomes;
mod params;
mod partial;
mod prefetch;
mod processes;
mod projects_get;
mod projects_list;
mod projects_write;
#[cfg(unix)]
mod protocol;
mod reading;
mod readme;
mod references;
mod refusals;
mod relations;
mod requests;
mod secrets;
mod setup;
mod stale;
mod states_teams;
mod storms;
#[cfg(unix)]
mod terminal;
mod together;
mod tokens;
mod transfer;
mod turns;
mod unseen;
mod users;
mod version;
mod warm;
mod world;

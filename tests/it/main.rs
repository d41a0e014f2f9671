//! Tests of the whole server against the stand-in over HTTP: YAML in, envelope out, requests counted; and tests of the
//! protocol and of the command line through the real binary.
//!
//! - `budgets`: how many requests and tokens operations cost, how long reading takes, and the statistics of a session
//! - `cache`: the session cache, the prefetch, and the snapshot on disk
//! - `cli`: the commands of the program
//! - `contract`: what callers rely on in every operation, such as names, parameters, errors and guards
//! - `delivery`: faults, cancellation, deadlines and concurrency, and the true outcome of every write
//! - `docs`: the README, the files that users install, and the rules of the source tree
//! - `mcp`: the protocol over standard input and output
//! - `operations`: what each operation does, an entity a folder
//! - `support`: what tests share
//!
//! A snapshot is kept in the folder `snapshots` beside the file of its test.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing test may panic"
)]

mod budgets {
    mod metrics;
    mod reading;
    mod requests;
    pub mod tokens;
}

mod cache {
    mod prefetch;
    mod session;
    mod stale;
    mod warm;
}

mod cli {
    mod commands;
    mod doctor;
    #[cfg(unix)]
    mod keys;
    pub mod setup;
    #[cfg(unix)]
    mod terminal;
    mod version;
}

mod contract {
    mod addresses;
    mod appendix;
    mod bounds;
    mod commands;
    mod consumer;
    mod described;
    mod detail;
    mod dry_run;
    mod errors {
        mod codes;
        mod linear;
        mod names;
        mod params;
        pub mod refusals;
        mod requests;
    }
    mod fuzz;
    mod guards;
    mod long_answers;
    mod meant;
    mod names;
    mod nothing_lost;
    mod other_names;
    mod params;
    mod project_as_team;
    mod secrets;
}

mod delivery {
    mod broken_answers;
    mod concurrency;
    mod connections;
    mod deadlines;
    mod faults;
    mod graphql_documents;
    pub mod outcomes;
    mod partial;
    mod processes;
    mod random_faults;
    pub mod stale_retry;
    #[cfg(unix)]
    mod texts;
    mod write_visibility;
}

mod docs {
    mod agent;
    mod architecture;
    pub mod readme;
    mod references;
}

#[cfg(unix)]
mod mcp {
    mod batch;
    mod bounds;
    pub mod ccpm_session;
    pub mod client;
    mod exit;
    mod guards;
    mod lines;
    mod log;
    mod prefetch;
    mod progress;
    pub mod raw;
    mod settings;
    mod shutdown;
    mod stream;
    pub mod tokens;
    mod toolsets;
}

mod operations {
    mod attachment;
    mod comment {
        mod read;
        mod upsert;
        mod write;
    }
    mod document {
        mod read;
        mod write;
    }
    pub mod issue {
        mod archival;
        mod checklist_changes;
        pub mod checklists;
        mod create;
        mod delegates;
        mod get;
        mod hierarchy;
        mod history;
        mod issue_texts;
        mod links;
        mod list;
        mod order;
        mod relations;
        mod reminders;
        mod search;
        mod shortcuts;
        mod sub_issues;
        mod subscribers;
        mod templates;
        mod update;
    }
    pub mod label {
        pub mod create;
        mod ensure;
        mod update;
    }
    mod project {
        mod read;
        mod write;
    }
    mod relation;
    mod save;
    pub mod server {
        pub mod batch;
        mod help;
    }
    mod team;
    mod text_edits;
    mod user;
}

mod support;

//! The whole house: YAML in, envelope out, requests counted, against the stand-in over real HTTP; and the protocol
//! through the real binary.
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
    mod described;
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
    mod params;
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
    mod ccpm_session;
    mod client;
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
    mod tokens;
}

mod operations {
    mod attachment;
    mod comment {
        mod read;
        mod write;
    }
    mod document {
        mod read;
        mod write;
    }
    pub mod issue {
        mod archival;
        pub mod checklists;
        mod create;
        mod get;
        mod list;
        mod search;
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
    pub mod server {
        pub mod batch;
        mod help;
    }
    mod team;
    mod user;
}

mod support;

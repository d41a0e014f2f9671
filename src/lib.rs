//! The backend of the `linear-ops-agent` subagent: YAML requests in, one structured envelope out.
pub mod clock;
pub mod directory;
pub mod envelope;
pub mod error;
pub mod linear;
pub mod operation;
pub mod params;
pub mod patch;
pub mod resolve;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod session;
pub mod settings;
pub mod signature;
pub mod text;

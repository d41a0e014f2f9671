//! The backend of the `linear-ops-agent` subagent: YAML requests in, one structured envelope out.
pub mod error;
pub mod linear;
pub mod params;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod text;

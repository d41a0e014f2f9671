//! The server itself: what it can do, and what it has done. Nothing here asks Linear.

pub mod cache_status;
pub mod help;

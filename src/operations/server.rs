//! The server itself: what it can do, what it has done, and several operations in one request. Nothing here asks
//! Linear by itself.

pub mod batch;
pub mod cache_status;
pub mod help;

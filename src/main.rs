//! The `linear-ops` command.
fn main() {}

//! What a running operation takes on trust.

use std::fmt::Debug;

use futures::future::BoxFuture;

use super::Cx;
use crate::linear::failure::Failure;

/// What an operation took from the session cache without asking Linear. The session keeps it, and knows no more of it
/// than that it can be looked into again.
pub trait Reliance: Debug + Send + Sync {
    /// Asks Linear about all of it anew, in one request where no list runs over its first page, and remembers the
    /// answer. Answers a step for each thing that is not what it was taken for; none where all of it still holds.
    ///
    /// # Errors
    /// What became of the request.
    fn recheck<'c>(&'c self, cx: &'c Cx<'c>) -> BoxFuture<'c, Result<Vec<String>, Failure>>;

    /// As [`Reliance::recheck`], but asks only about what the session does not know up to the usual age.
    ///
    /// # Errors
    /// What became of the request.
    fn refresh<'c>(&'c self, cx: &'c Cx<'c>) -> BoxFuture<'c, Result<Vec<String>, Failure>>;
}

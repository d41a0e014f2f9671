//! The faults that the stand-in for Linear is made to have.

use std::time::Duration;

use linear_ops::sandbox::Act;
use linear_ops::sandbox::refusal::Refusal;

/// A fault: its name in the report, and the act of the stand-in.
pub type Fault = (&'static str, Act);

/// Returns the faults that any request can have.
pub fn of_requests() -> Vec<Fault> {
    let limited = |status, reset_in_ms| Act::RateLimited {
        status,
        reset_in_ms,
        retry_after: None,
    };
    vec![
        ("connection lost before it was executed", Act::Drop),
        (
            "connection lost after it was executed",
            Act::DropAfterCommit,
        ),
        ("503 before it was executed", Act::ServiceUnavailableHtml),
        ("503 after it was executed", Act::UnavailableAfterCommit),
        ("answer cut off", Act::Truncated),
        ("answer that is not JSON", Act::NotJson),
        (
            "internal error, HTTP 200",
            Act::InternalError { status: 200 },
        ),
        (
            "internal error, HTTP 500",
            Act::InternalError { status: 500 },
        ),
        ("rate limit that ends soon, HTTP 400", limited(400, 1)),
        ("rate limit that ends soon, HTTP 429", limited(429, 1)),
        ("rate limit that ends in an hour", limited(400, 3_600_000)),
        ("no data and no error", Act::EmptyErrors),
        (
            "error without a code",
            Act::BareError("Something is off".to_owned()),
        ),
        (
            "error beside complete data",
            Act::ErrorsWithData(Refusal::internal()),
        ),
    ]
}

/// Returns the faults that a mutation, or one of the mutations of a document, can have.
pub fn of_mutations() -> Vec<Fault> {
    let first = Act::FIRST;
    vec![
        (
            "refused: invalid",
            Act::refuse(first, Refusal::invalid("Not today")),
        ),
        (
            "refused: forbidden",
            Act::refuse(first, Refusal::forbidden("write")),
        ),
        (
            "refused: usage limit",
            Act::refuse(first, Refusal::usage_limit()),
        ),
        ("refused: one over the rate limit", Act::limit(first)),
        // Only the payloads of these mutations can be without an entity, so only they can have `success: false`.
        (
            "success: false of a new issue",
            Act::success_false("issueCreate"),
        ),
        (
            "success: false of a changed issue",
            Act::success_false("issueUpdate"),
        ),
        (
            "success: false of a new project",
            Act::success_false("projectCreate"),
        ),
        (
            "success: false of a changed project",
            Act::success_false("projectUpdate"),
        ),
        ("no entity beside success: true", Act::null_entity(first)),
        (
            "a field that cannot be read",
            Act::field_error("*.*.*", Refusal::internal()),
        ),
        (
            "an entity that cannot be read",
            Act::field_error("*.*", Refusal::internal()),
        ),
        (
            "data: null after it was executed",
            Act::VoidedAfterCommit(Refusal::internal()),
        ),
    ]
}

/// Returns an act without a fault. Put in front of a fault, it moves the fault from the next request to the one after.
pub fn no_fault() -> Act {
    Act::Slow(Duration::ZERO)
}

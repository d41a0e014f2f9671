//! What an agent pays for: tokens (o200k) of answers. What must not grow has a budget; all figures are in
//! `examples/TOKENS.md`, so that growth shows in a review.

mod answers;
pub mod budgets;

use std::sync::LazyLock;

use linear_ops::envelope::Envelope;
use linear_ops::resolve::is_uuid;
use tiktoken_rs::CoreBPE;

static VOCABULARY: LazyLock<CoreBPE> = LazyLock::new(|| tiktoken_rs::o200k_base().unwrap());

pub fn tokens(text: &str) -> usize {
    VOCABULARY.encode_ordinary(text).len()
}

/// An id with as many tokens as ids of Linear have on average. Those of the stand-in are shorter.
const TYPICAL_ID: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

/// Returns the text of an answer as Linear's would be, and with the same duration in every run: its ids and its cursor
/// are replaced by ids of the usual length.
pub fn typical(mut envelope: Envelope) -> String {
    envelope.duration_ms = 143;
    let text = envelope.to_yaml();
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        let length = match rest.get(..TYPICAL_ID.len()) {
            Some(id) if is_uuid(id) => id.len(),
            _ if rest.starts_with("\n cursor: ") => {
                out.push_str("\n cursor: ");
                rest = &rest["\n cursor: ".len()..];
                rest.find('\n').unwrap()
            }
            _ => {
                out.push(first);
                rest = &rest[first.len_utf8()..];
                continue;
            }
        };
        out.push_str(TYPICAL_ID);
        rest = &rest[length..];
    }
    out
}

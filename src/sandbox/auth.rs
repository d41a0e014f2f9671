//! Who may ask, by the Authorization header alone (`linear/api.md` §5).

use super::refusal::Refusal;

/// What the bearer of a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Queries only.
    Read,
    /// Everything.
    Full,
}

/// Reads an Authorization header.
///
/// `lin_api_…` is a personal key of the viewer's, `lin_api_read_only…` one with the scope `read` alone, and
/// `lin_api_revoked` one that is no longer good. `Bearer …` is an OAuth token, unless it is a personal key, which
/// Linear answers with a message of its own. Errors with `AUTHENTICATION_ERROR` or that message.
pub(super) fn access(authorization: Option<&str>) -> Result<Access, Refusal> {
    const KEY: &str = "lin_api_";
    let header = authorization.unwrap_or_default();
    if let Some(token) = header.strip_prefix("Bearer ") {
        return match token.trim() {
            "" => Err(Refusal::unauthenticated()),
            token if token.starts_with(KEY) => Err(Refusal::key_as_bearer()),
            _ => Ok(Access::Full),
        };
    }
    match header.strip_prefix(KEY) {
        None | Some("" | "revoked") => Err(Refusal::unauthenticated()),
        Some(rest) if rest.starts_with("read_only") => Ok(Access::Read),
        Some(_) => Ok(Access::Full),
    }
}

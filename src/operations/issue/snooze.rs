//! Points in time that a request gives for later: until when an issue is snoozed, and when somebody is reminded of it.

use crate::error::{Code, Error};
use crate::params::FutureMoment;
use crate::session::Context;

/// Returns the point in time as Linear takes it. `param` is the parameter that holds it.
///
/// # Errors
/// INVALID_PARAM for a point that does not lie ahead.
pub(super) fn ahead(cx: &Context<'_>, param: &str, moment: &FutureMoment) -> Result<String, Error> {
    moment.resolve(cx.session.clock.now_ms()).ok_or_else(|| {
        let message = format!("'{param}' has to lie ahead of now, and '{moment}' does not");
        Error::new(Code::InvalidParam, message)
            .detail("param", param)
            .detail("given", moment.to_string())
            .suggest("Give a later date or timestamp, or a duration from now such as P7D")
    })
}

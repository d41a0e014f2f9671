//! Keys. Linear takes a personal key raw and an OAuth token after `Bearer `, and answers 400 to a personal key after
//! `Bearer ` (`linear/api.md` §5), so what was pasted in the other's form is put right with a warning.

use secrecy::SecretString;

use super::Settings;
use crate::text::secret::{MARKS, OAUTH, PERSONAL};

pub(super) fn api_key(settings: &mut Settings, value: &str) -> Result<(), String> {
    accept(settings, "LINEAR_API_KEY", value, false);
    Ok(())
}

pub(super) fn access_token(settings: &mut Settings, value: &str) -> Result<(), String> {
    if settings.authorization.is_ok() {
        let warning = "LINEAR_ACCESS_TOKEN is ignored, because LINEAR_API_KEY is set";
        settings.warnings.push(warning.to_owned());
        return Ok(());
    }
    accept(settings, "LINEAR_ACCESS_TOKEN", value, true);
    Ok(())
}

/// Whether a value that is no key's is likely to be one all the same.
pub(super) fn looks_like_one(value: &str) -> bool {
    MARKS.iter().any(|mark| value.contains(mark))
}

/// Makes the `Authorization` header of a key. `bearer` is how the variable's values are sent unless their own
/// beginning says otherwise. A value that is no key is a key that is missing: a server that does not start is shown
/// as no more than a failure, while an operation's answer says what to do.
fn accept(settings: &mut Settings, name: &str, value: &str, bearer: bool) {
    if value.contains("${") {
        // Some clients pass `${NAME}` on as it is when NAME is not set.
        settings.authorization = Err(format!(
            "{name} holds '${{…}}' instead of a key: the variable that it names is not set where the client was started"
        ));
        return;
    }
    let key = match value.split_once(' ') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => {
            if !bearer {
                warn(
                    settings,
                    format!("{name} begins with 'Bearer ', which is left out"),
                );
            }
            rest.trim_start()
        }
        _ => value,
    };
    // A header takes visible ASCII and nothing else.
    if key.is_empty() || !key.chars().all(|char| char.is_ascii_graphic()) {
        settings.authorization = Err(format!(
            "{name} holds characters that no key has (the value is not shown)"
        ));
        return;
    }
    let sent_as_bearer = (bearer || key.starts_with(OAUTH)) && !key.starts_with(PERSONAL);
    if sent_as_bearer != bearer {
        let kind = if bearer {
            "a personal key and is sent raw"
        } else {
            "an OAuth token and is sent as Bearer"
        };
        warn(settings, format!("{name} holds {kind}"));
    }
    settings.authorization = Ok(SecretString::from(if sent_as_bearer {
        format!("Bearer {key}")
    } else {
        key.to_owned()
    }));
}

fn warn(settings: &mut Settings, warning: String) {
    settings.warnings.push(warning);
}

//! Keys in texts: Linear marks its own by how they begin.

/// What personal keys begin with.
pub(crate) const PERSONAL: &str = "lin_api_";
/// What OAuth tokens begin with, where Linear marks them.
pub(crate) const OAUTH: &str = "lin_oauth_";

/// A text for people to read, with what looks like keys in it hidden.
pub(crate) fn hidden(text: &str) -> String {
    [PERSONAL, OAUTH]
        .into_iter()
        .fold(text.to_owned(), |text, mark| {
            let mut parts = text.split(mark);
            let first = parts.next().unwrap_or_default().to_owned();
            parts.fold(first, |shown, part| {
                let rest = part
                    .trim_start_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-'));
                format!("{shown}{mark}…{rest}")
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_hidden_wherever_they_stand() {
        let told = hidden("no 'lin_api_very_secret' nor lin_oauth_very-secret; lin_api_");
        assert_eq!(told, "no 'lin_api_…' nor lin_oauth_…; lin_api_…");
    }
}

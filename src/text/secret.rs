//! Keys and passwords in texts: what must not be shown to anybody, and what must not be written anywhere.

use secrecy::{ExposeSecret as _, SecretString};

use super::name::is_invisible;

/// What personal keys begin with.
pub(crate) const PERSONAL: &str = "lin_api_";
/// What OAuth tokens begin with, where Linear marks them.
pub(crate) const OAUTH: &str = "lin_oauth_";

/// The shortest value that counts as a secret, in bytes: every second text contains a shorter one.
const SHORTEST: usize = 8;
/// How many bytes of a secret's beginning are a part of it that is hidden, too: messages cut long texts.
const BEGINNING: usize = 12;

/// A text for people to read, with what looks like keys in it hidden.
pub(crate) fn hidden(text: &str) -> String {
    Secrets::default().hide(text)
}

/// The values that this process knows and must not show: the key in use, and what stands in the query of the URL that
/// it is sent to. `Debug` shows none of them.
#[derive(Clone, Debug, Default)]
pub struct Secrets(Vec<SecretString>);

/// What is wrong with a text that is to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leak {
    /// It holds an API key or a token of Linear.
    Key,
    /// It holds a link with a password in it.
    Password,
}

impl Secrets {
    /// These values, but those that are too short to be told from ordinary text.
    pub fn new<'v>(values: impl IntoIterator<Item = &'v str>) -> Self {
        let long = values.into_iter().filter(|value| value.len() >= SHORTEST);
        Self(long.map(SecretString::from).collect())
    }

    /// The text without these values and without what looks like a key of Linear, however they are escaped in it.
    pub fn hide(&self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let length = match self.own(rest) {
                Some(length) => {
                    shown.push('…');
                    length
                }
                None => match marked(rest) {
                    Some((mark, length)) => {
                        shown.push_str(mark);
                        shown.push('…');
                        length
                    }
                    None => {
                        shown.push(next);
                        next.len_utf8()
                    }
                },
            };
            rest = rest.get(length..).unwrap_or_default();
        }
        shown
    }

    /// How much of the text's beginning is one of these values, or the beginning of one.
    fn own(&self, text: &str) -> Option<usize> {
        let lengths = self.0.iter().filter_map(|secret| {
            let secret = secret.expose_secret().as_bytes();
            let (matched, length) = match_start(text, secret);
            let enough = matched == secret.len() || matched >= BEGINNING;
            enough.then_some(length)
        });
        lengths.max()
    }

    /// Whether a text that is to be written holds a key of Linear's, one of these values, or a link with a password.
    pub fn leak(&self, text: &str) -> Option<Leak> {
        let starts = text.char_indices().map(|(at, _)| at);
        let holds_key = starts.filter_map(|at| text.get(at..)).any(|rest| {
            let is_whole = |secret: &SecretString| {
                let secret = secret.expose_secret().as_bytes();
                match_start(rest, secret).0 == secret.len()
            };
            let follows = |mark: &str| {
                let (matched, length) = match_start(rest, mark.as_bytes());
                let next = rest.get(length..).and_then(unit);
                matched == mark.len() && next.is_some_and(|(byte, _)| byte.is_ascii_alphanumeric())
            };
            [PERSONAL, OAUTH].into_iter().any(follows) || self.0.iter().any(is_whole)
        });
        if holds_key {
            Some(Leak::Key)
        } else {
            has_password(text).then_some(Leak::Password)
        }
    }
}

/// The mark with which a key of Linear begins where the text begins with one, and how long the key is.
fn marked(text: &str) -> Option<(&'static str, usize)> {
    let mark = [PERSONAL, OAUTH]
        .into_iter()
        .find(|mark| match_start(text, mark.as_bytes()).0 == mark.len())?;
    let (_, mut length) = match_start(text, mark.as_bytes());
    while let Some(rest) = text.get(length..) {
        let of_token = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let next = match rest.chars().next() {
            Some(other) if !other.is_ascii() && other.is_alphanumeric() => other.len_utf8(),
            _ => match unit(rest) {
                Some((byte, length)) if of_token(byte) => length,
                _ => break,
            },
        };
        length += next;
    }
    Some((mark, length))
}

/// How many bytes of `wanted` the text begins with, in any case and however they are escaped, and how long that is in
/// the text. Invisible characters between them do not count.
fn match_start(text: &str, wanted: &[u8]) -> (usize, usize) {
    let (mut matched, mut length) = (0, 0);
    while let Some(next) = wanted.get(matched) {
        let rest = text.get(length..).unwrap_or_default();
        let raw = rest.bytes().next();
        if raw.is_some_and(|byte| byte.eq_ignore_ascii_case(next)) {
            (matched, length) = (matched + 1, length + 1);
            continue;
        }
        if let Some((byte, escaped)) = unit(rest)
            && byte.eq_ignore_ascii_case(next)
        {
            (matched, length) = (matched + 1, length + escaped);
            continue;
        }
        match rest.chars().next() {
            Some(other) if matched > 0 && is_invisible(other) => length += other.len_utf8(),
            _ => break,
        }
    }
    (matched, length)
}

/// The ASCII character that the text begins with, and how long it is: as it is, or escaped for a URL (`%5F`, also twice:
/// `%255F`), for JSON or YAML (`\u005f`, `\x5f`), for Markdown (`\_`) or for HTML (`&#95;`, `&#x5f;`).
fn unit(text: &str) -> Option<(u8, usize)> {
    let first = text.bytes().next().filter(u8::is_ascii)?;
    let hex = |at: usize, digits: usize| {
        let digits = text.get(at..at + digits)?;
        let value = u32::from_str_radix(digits, 16).ok()?;
        u8::try_from(value).ok().filter(u8::is_ascii)
    };
    let escaped = match first {
        b'%' => {
            let mut at = 1;
            while text.get(at..at + 2) == Some("25") {
                at += 2;
            }
            hex(at, 2).map(|byte| (byte, at + 2))
        }
        b'\\' => match text.as_bytes().get(1) {
            Some(b'u') => hex(2, 4).map(|byte| (byte, 6)),
            Some(b'x') => hex(2, 2).map(|byte| (byte, 4)),
            Some(mark) if mark.is_ascii_punctuation() => Some((*mark, 2)),
            _ => None,
        },
        b'&' => text.strip_prefix("&#").and_then(|entity| {
            let (number, _) = entity.split_once(';')?;
            let value = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            let byte = u8::try_from(value.ok()?).ok().filter(u8::is_ascii)?;
            Some((byte, number.len() + 3))
        }),
        _ => None,
    };
    Some(escaped.unwrap_or((first, 1)))
}

/// Whether an http address with a user name and a password stands in a text.
fn has_password(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let mut schemes = lower.match_indices("http");
    schemes.any(|(at, scheme)| {
        let rest = text.get(at + scheme.len()..).unwrap_or_default();
        let rest = rest.strip_prefix(['s', 'S']).unwrap_or(rest);
        let Some(rest) = rest.strip_prefix(':') else {
            return false;
        };
        let ends = |c: char| {
            c.is_whitespace() || matches!(c, '/' | '\\' | '?' | '#' | '<' | '>' | '"' | '`')
        };
        // Browsers take any number of slashes for two.
        let authority = rest.trim_start_matches(['/', '\\']);
        let authority = authority.split(ends).next().unwrap_or_default();
        let user = authority.rsplit_once('@').map(|(user, _)| user);
        let password = user.and_then(|user| user.split_once(':'));
        password.is_some_and(|(_, password)| !password.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str = "q7Xw-Token_0123456789";

    #[test]
    fn keys_are_hidden_wherever_they_stand() {
        let told = hidden("no 'lin_api_very_secret' nor lin_oauth_very-secret; lin_api_");
        assert_eq!(told, "no 'lin_api_…' nor lin_oauth_…; lin_api_…");
    }

    #[test]
    fn the_key_in_use_is_hidden_however_it_is_written() {
        let secrets = Secrets::new([TOKEN, "short"]);
        for (text, shown) in [
            (format!("a {TOKEN} b"), "a … b"),
            (TOKEN.to_uppercase(), "…"),
            ("x=q7Xw%2DToken%5f0123456789&y".to_owned(), "x=…&y"),
            ("q7Xw%252DToken%255F0123456789".to_owned(), "…"),
            (r"q7Xw-Token\_0123456789".to_owned(), "…"),
            (r"q7Xw\u002dToken\x5f0123456789".to_owned(), "…"),
            ("q7Xw&#45;Token&#x5f;0123456789".to_owned(), "…"),
            ("q7Xw-\u{200b}Token_0123456789".to_owned(), "…"),
            ("q7Xw-Token_01… [cut]".to_owned(), "…… [cut]"),
            ("q7Xw and short".to_owned(), "q7Xw and short"),
            ("lin%5Fapi%5Fabc".to_owned(), "lin_api_…"),
        ] {
            assert_eq!(secrets.hide(&text), shown, "{text}");
        }
        assert!(!format!("{secrets:?}").contains(TOKEN));
    }

    #[test]
    fn what_may_not_be_written_is_found() {
        let secrets = Secrets::new([TOKEN]);
        for (text, leak) in [
            ("the key lin_api_0a1B", Some(Leak::Key)),
            (r"lin\_oauth\_0a1B", Some(Leak::Key)),
            ("https://a.example/?k=lin%5Fapi%5F0a1B", Some(Leak::Key)),
            (
                "Authorization: Bearer q7Xw-Token_0123456789",
                Some(Leak::Key),
            ),
            ("keys begin with lin_api_ or `lin_oauth_`", None),
            ("lin_api_…", None),
            ("https://me:word@a.example/x", Some(Leak::Password)),
            ("[x](HTTP://me:word@a.example)", Some(Leak::Password)),
            ("https:/\\me:word@a.example", Some(Leak::Password)),
            ("https://me@a.example:80/x", None),
            ("https://me:@a.example", None),
            ("https://a.example/me:word@x", None),
            ("https://a.example:80/?q=me@b.example", None),
            ("", None),
        ] {
            assert_eq!(secrets.leak(text), leak, "{text}");
        }
    }

    proptest! {
        /// No part of a text is lost but the secret itself, and it is never shown.
        #[test]
        fn nothing_else_is_hidden(before in "[a-z äß€%\\\\&]{0,20}", after in "[ .,;%&]{0,20}") {
            let secrets = Secrets::new([TOKEN]);
            let shown = secrets.hide(&format!("{before} {TOKEN}{after}"));
            prop_assert_eq!(shown, format!("{before} …{after}"));
            let text = format!("{before}{after}");
            prop_assert_eq!(secrets.hide(&text), text.clone());
            prop_assert_eq!(secrets.leak(&text), None);
        }
    }
}

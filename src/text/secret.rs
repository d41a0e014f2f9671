//! Keys and passwords in texts: what must never be shown, and what must never be written to Linear.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use secrecy::{ExposeSecret as _, SecretString};

use super::name::is_invisible;

/// The prefix of personal API keys.
pub(crate) const PERSONAL: &str = "lin_api_";
/// The prefix of OAuth tokens, where Linear gives them one.
pub(crate) const OAUTH: &str = "lin_oauth_";

/// The prefix of webhook secrets.
const WEBHOOK: &str = "lin_wh_";
/// The prefixes of Linear's secrets.
pub(crate) const MARKS: [&str; 3] = [PERSONAL, OAUTH, WEBHOOK];

/// The most bytes of a link that are searched for a password.
const MAX_USER_BYTES: usize = 2_048;
/// The shortest user name, without a password and with a digit in it, that counts as a token, in bytes.
const MIN_TOKEN_BYTES: usize = 16;

/// The shortest value that counts as a secret, in bytes: every second text contains a shorter one.
const MIN_SECRET_BYTES: usize = 8;
/// The shortest beginning of a secret that is hidden as well, in bytes: messages cut long texts.
const MIN_BEGINNING_BYTES: usize = 12;

/// A text for people to read, in which everything that looks like a key is replaced.
pub(crate) fn redact(text: &str) -> String {
    Secrets::default().hide(text)
}

/// The secret values that this process knows: the key in use, and the query of the URL that it is sent to. `Debug`
/// shows none of them.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    known: Vec<SecretString>,
    late: Vec<LateSecret>,
}

/// A secret that may become known only later, such as a key that a command prints. Clones share it; `Debug` does not
/// show it.
#[derive(Clone, Debug, Default)]
pub struct LateSecret(Arc<OnceLock<SecretString>>);

impl LateSecret {
    /// Makes the secret known. Only the first value counts.
    pub fn set(&self, value: &str) {
        let _ = self.0.set(value.into());
    }
}

/// Why a text must not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leak {
    /// The text contains an API key, a token or a webhook secret of Linear.
    Key,
    /// The text contains a link with a password in it.
    Password,
}

impl Secrets {
    /// Makes secrets of the values. A value that is too short to differ from ordinary text is left out.
    pub fn new<'v>(values: impl IntoIterator<Item = &'v str>) -> Self {
        let long_enough = values
            .into_iter()
            .filter(|value| value.len() >= MIN_SECRET_BYTES);
        Self {
            known: long_enough.map(SecretString::from).collect(),
            late: Vec::new(),
        }
    }

    /// Adds a secret that may not be known yet.
    #[must_use]
    pub fn and(mut self, late: &LateSecret) -> Self {
        self.late.push(late.clone());
        self
    }

    /// The secrets that are known now.
    fn values(&self) -> impl Iterator<Item = &str> {
        let late = self.late.iter().filter_map(|late| late.0.get());
        let late = late.filter(|secret| secret.expose_secret().len() >= MIN_SECRET_BYTES);
        self.known
            .iter()
            .chain(late)
            .map(SecretString::expose_secret)
    }

    /// The text without the known values, without anything that looks like a key of Linear, however the key is escaped,
    /// and without the passwords in links.
    pub fn hide(&self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        let mut end = 0;
        for range in passwords(text) {
            if range.start >= end {
                shown.push_str(&self.hide_values(text.get(end..range.start).unwrap_or_default()));
                shown.push('…');
            }
            end = end.max(range.end);
        }
        shown.push_str(&self.hide_values(text.get(end..).unwrap_or_default()));
        shown
    }

    /// The text with the known values and with everything hidden that looks like a key of Linear.
    fn hide_values(&self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            // The length of the secret, or of the beginning of one, that the rest begins with.
            let secret_length = self
                .values()
                .filter_map(|secret| {
                    let (matched, length) = match_start(rest, secret.as_bytes());
                    let is_enough = matched == secret.len() || matched >= MIN_BEGINNING_BYTES;
                    is_enough.then_some(length)
                })
                .max();
            let length = match secret_length {
                Some(length) => {
                    shown.push('…');
                    length
                }
                None => match key_length(rest) {
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

    /// Whether a text to be written contains a key of Linear, one of these values, or a link with a password.
    pub fn leak(&self, text: &str) -> Option<Leak> {
        let starts = text.char_indices().map(|(at, _)| at);
        let holds_key = starts.filter_map(|at| text.get(at..)).any(|rest| {
            let is_whole = |secret: &str| match_start(rest, secret.as_bytes()).0 == secret.len();
            let follows = |mark: &str| {
                let (matched, length) = match_start(rest, mark.as_bytes());
                let next = rest.get(length..).and_then(ascii_character);
                matched == mark.len() && next.is_some_and(|(byte, _)| byte.is_ascii_alphanumeric())
            };
            MARKS.into_iter().any(follows) || self.values().any(is_whole)
        });
        if holds_key {
            Some(Leak::Key)
        } else {
            passwords(text).next().map(|_| Leak::Password)
        }
    }
}

/// The prefix and the length of the key of Linear that the text begins with.
fn key_length(text: &str) -> Option<(&'static str, usize)> {
    let mark = MARKS
        .into_iter()
        .find(|mark| match_start(text, mark.as_bytes()).0 == mark.len())?;
    let (_, mut length) = match_start(text, mark.as_bytes());
    while let Some(rest) = text.get(length..) {
        let belongs_to_token =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let next = match rest.chars().next() {
            Some(other) if !other.is_ascii() && other.is_alphanumeric() => other.len_utf8(),
            _ => match ascii_character(rest) {
                Some((byte, length)) if belongs_to_token(byte) => length,
                _ => break,
            },
        };
        length += next;
    }
    Some((mark, length))
}

/// The number of bytes of `wanted` that the text begins with, in any case and however they are escaped, and their
/// length in the text. Invisible characters between them are skipped.
fn match_start(text: &str, wanted: &[u8]) -> (usize, usize) {
    let (mut matched, mut length) = (0, 0);
    while let Some(next) = wanted.get(matched) {
        let rest = text.get(length..).unwrap_or_default();
        let raw = rest.bytes().next();
        if raw.is_some_and(|byte| byte.eq_ignore_ascii_case(next)) {
            (matched, length) = (matched + 1, length + 1);
            continue;
        }
        if let Some((byte, escaped)) = ascii_character(rest)
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

/// The ASCII character that the text begins with, and its length in the text: plain, or escaped for a URL (`%5F`, also
/// twice: `%255F`), for JSON or YAML (`\u005f`, `\x5f`), for Markdown (`\_`) or for HTML (`&#95;`, `&#x5f;`).
fn ascii_character(text: &str) -> Option<(u8, usize)> {
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

/// The ranges of user names with passwords, or of tokens in their place, in the links of a text, in their order.
fn passwords(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut from = 0;
    std::iter::from_fn(move || {
        while let Some(start) = next_authority(text, from) {
            from = start;
            if let Some(length) = text.get(start..).and_then(user_length) {
                from += length;
                return Some(start..from);
            }
        }
        None
    })
}

/// The offset of the next authority (user and host) of a link, at `from` or after it. It follows slashes; browsers
/// need none after `http:`, and accept backslashes.
fn next_authority(text: &str, from: usize) -> Option<usize> {
    let is_slash = |byte: &u8| matches!(byte, b'/' | b'\\');
    let ends_in = |bytes: &[u8], scheme: &[u8]| {
        let start = bytes.len().checked_sub(scheme.len());
        start
            .and_then(|start| bytes.get(start..))
            .is_some_and(|end| end.eq_ignore_ascii_case(scheme))
    };
    let bytes = text.as_bytes();
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or_default();
        let slashes = rest.iter().take_while(|byte| is_slash(byte)).count();
        let before = bytes.get(from..at).unwrap_or_default();
        let has_scheme = *byte == b':' && (ends_in(before, b"http") || ends_in(before, b"https"));
        at += slashes.max(1);
        if has_scheme {
            let rest = bytes.get(at..).unwrap_or_default();
            return Some(at + rest.iter().take_while(|byte| is_slash(byte)).count());
        }
        if slashes >= 2 && rest.iter().take(slashes).any(|byte| *byte == b'/') {
            return Some(at);
        }
    }
    None
}

/// The length of the user name and password at the beginning of a link's authority; `None` where it has neither a
/// password nor a token.
fn user_length(link: &str) -> Option<usize> {
    let ends = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '`');
    let longest = link.char_indices().map(|(at, _)| at);
    let longest = longest.take_while(|at| *at <= MAX_USER_BYTES).last()?;
    let link = link
        .get(..longest)
        .filter(|_| link.len() > MAX_USER_BYTES)
        .unwrap_or(link);
    let link = link.split(ends).next().unwrap_or_default();
    let authority = link.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    if let Some((user, _)) = authority.rsplit_once('@') {
        let is_secret = match user.split_once(':') {
            Some((_, password)) => !password.is_empty(),
            // A user name without a password that looks like a token and not like a name.
            None => user.len() >= MIN_TOKEN_BYTES && user.bytes().any(|byte| byte.is_ascii_digit()),
        };
        return is_secret.then_some(user.len());
    }
    // A password may contain a slash that was not escaped. A port has no letters.
    let (_, password) = authority
        .split_once(':')
        .filter(|_| !authority.starts_with('['))?;
    let is_port = password.bytes().all(|byte| byte.is_ascii_digit());
    (!is_port).then(|| link.rfind('@'))?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str = "q7Xw-Token_0123456789";

    #[test]
    fn keys_are_hidden_wherever_they_stand() {
        let told = redact("no 'lin_api_very_secret' nor lin_oauth_very-secret; lin_api_");
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
    fn a_secret_is_hidden_from_when_it_is_known() {
        let late = LateSecret::default();
        let secrets = Secrets::new([]).and(&late);
        assert_eq!(secrets.hide(TOKEN), TOKEN);
        assert_eq!(secrets.leak(TOKEN), None);
        late.set(TOKEN);
        late.set("another value");
        assert_eq!(secrets.clone().hide(TOKEN), "…");
        assert_eq!(secrets.leak(TOKEN), Some(Leak::Key));
        assert!(!format!("{secrets:?}").contains(TOKEN));
        let short = LateSecret::default();
        short.set("short");
        assert_eq!(Secrets::new([]).and(&short).hide("short"), "short");
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
            ("the hook lin_wh_0a1B", Some(Leak::Key)),
            ("postgres://me:word@a.example/db", Some(Leak::Password)),
            ("see //me:word@a.example", Some(Leak::Password)),
            (r"redis:\/\/:word@a.example", Some(Leak::Password)),
            (
                "https://a.example https://me:wo/rd@b.example",
                Some(Leak::Password),
            ),
            (
                "https://ghp_0123456789abcdef@a.example",
                Some(Leak::Password),
            ),
            ("ssh://git@a.example/x.git, git@a.example:x.git", None),
            ("mail me@a.example or mailto:me@a.example", None),
            ("https://first.lastname@a.example", None),
            ("http://[::1]:80/@x https://a.example/@me", None),
            ("// a comment: me@a.example", None),
            ("", None),
        ] {
            assert_eq!(secrets.leak(text), leak, "{text}");
        }
    }

    #[test]
    fn passwords_in_links_are_hidden() {
        for (text, shown) in [
            ("a https://me:word@b.example/x.", "a https://…@b.example/x."),
            ("//me:wo/rd@b HTTPS:me:word@b", "//…@b HTTPS:…@b"),
            ("ssh://git@b.example", "ssh://git@b.example"),
        ] {
            assert_eq!(redact(text), shown);
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

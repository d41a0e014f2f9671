//! Where Linear is. A key is sent there, so it goes over TLS or does not leave this machine.

use std::net::IpAddr;

use reqwest::Url;

/// The address of a GraphQL endpoint that a key may be sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The URL: https, or http on this machine.
    pub url: String,
    /// Whether it is this machine's own.
    pub loopback: bool,
}

/// Why a text is no such address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A user name or a password is in it, or may be; it is not to be shown.
    #[error("holds a user name or a password, or something like it")]
    Credentials,
    /// No URL, or one whose scheme would send the key in the open.
    #[error("is no https URL, nor an http one on this machine")]
    Scheme,
}

impl Address {
    /// The URL as it may be shown: without its query, which may hold a token.
    pub fn shown(&self) -> &str {
        self.url.split(['?', '#']).next().unwrap_or_default()
    }

    /// What stands behind the question mark of the URL; empty where there is none.
    pub fn query(&self) -> &str {
        self.url.split_once('?').map_or("", |(_, query)| query)
    }

    /// Reads a URL.
    ///
    /// # Errors
    /// When it holds credentials, is no URL, or is neither https nor on this machine: `localhost`, 127.0.0.0/8, `::1`.
    pub fn parse(text: &str) -> Result<Self, Unfit> {
        let Ok(url) = Url::parse(text) else {
            let unfit = if text.contains('@') {
                Unfit::Credentials
            } else {
                Unfit::Scheme
            };
            return Err(unfit);
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Unfit::Credentials);
        }
        let loopback = url.host_str().is_some_and(is_loopback);
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            _ => return Err(Unfit::Scheme),
        }
        Ok(Self {
            url: url.into(),
            loopback,
        })
    }
}

/// Whether a URL's host, IPv6 addresses in brackets, is this machine itself.
fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_goes_to_this_machine_only() {
        for (url, loopback) in [
            ("http://localhost:1/graphql", true),
            ("http://127.9.9.9/", true),
            ("http://[::1]:8/x", true),
            ("https://proxy.example/linear", false),
        ] {
            let url = url.to_owned();
            assert_eq!(Address::parse(&url), Ok(Address { url, loopback }));
        }
        for url in [
            "http://api.linear.app/graphql",
            "http://localhost.example/",
            "http://[::ffff:127.0.0.1]/",
            "ftp://127.0.0.1/",
            "api.linear.app",
        ] {
            assert_eq!(Address::parse(url), Err(Unfit::Scheme), "{url}");
        }
    }

    #[test]
    fn nothing_that_holds_credentials_is_an_address() {
        for url in [
            "https://me:word@example.com/",
            "https://me@example.com/",
            "http://me:word@exa mple.com",
        ] {
            assert_eq!(Address::parse(url), Err(Unfit::Credentials), "{url}");
        }
    }
}

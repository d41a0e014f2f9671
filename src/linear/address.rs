//! The addresses of Linear's API and of a proxy. The key is sent to the API, so that its address must be https or on this machine.

use std::net::IpAddr;

use reqwest::Url;

/// Linear's own GraphQL endpoint.
pub const LINEAR: &str = "https://api.linear.app/graphql";

/// The address of a GraphQL endpoint that a key may be sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The URL: https, or http on this machine.
    pub url: String,
    /// Whether the address is on this machine.
    pub loopback: bool,
}

/// Why a text is not an address that a key may be sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The text holds a user name or a password, or may hold one, and must not be shown.
    #[error("holds a user name or a password, or something like it")]
    Credentials,
    /// The text is not a URL, or has a scheme that would send the key unencrypted.
    #[error("is no https URL, nor an http one on this machine")]
    Scheme,
}

impl Address {
    /// The query of the URL, without its question mark; empty where there is none.
    pub fn query(&self) -> &str {
        self.url.split_once('?').map_or("", |(_, query)| query)
    }

    /// Reads an address from a URL.
    ///
    /// # Errors
    /// When the text holds credentials, is not a URL, or is neither https nor on this machine (`localhost`, 127.0.0.0/8, `::1`).
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let Ok(url) = Url::parse(text) else {
            return Err(if text.contains('@') {
                AddressError::Credentials
            } else {
                AddressError::Scheme
            });
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::Credentials);
        }
        let loopback = url.host_str().is_some_and(is_loopback);
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            _ => return Err(AddressError::Scheme),
        }
        Ok(Self {
            url: url.into(),
            loopback,
        })
    }
}

/// Returns the part of a URL that may be shown: all but user name, password, query and fragment, in which people put secrets.
/// Of a text that is not a URL, returns the part after the last `@` and before the first `?` or `#`.
pub fn shown(url: &str) -> String {
    match Url::parse(url) {
        Ok(parsed) if parsed.has_host() => {
            let mut public = parsed;
            public.set_query(None);
            public.set_fragment(None);
            // The setters fail only for a URL without a host.
            let _ = public.set_username("");
            let _ = public.set_password(None);
            public.into()
        }
        _ => {
            let text = url.split(['?', '#']).next().unwrap_or_default();
            let after_user = text.rsplit('@').next().unwrap_or_default();
            after_user.to_owned()
        }
    }
}

/// Whether a text is the address of a proxy that can be used: an http or https URL, or a host with or without a port.
pub fn is_proxy(text: &str) -> bool {
    let with_scheme = if text.contains("://") {
        text.to_owned()
    } else {
        format!("http://{text}")
    };
    // The HTTP client ignores an address that it cannot read, and then sends requests without the proxy. So this check must not
    // accept more than the client does.
    let is_host = |host: &str| {
        let is_host_char = |char: char| char.is_ascii_alphanumeric() || ".-_:[]".contains(char);
        !host.is_empty() && host.chars().all(is_host_char)
    };
    text.chars().all(|char| char.is_ascii_graphic())
        && Url::parse(&with_scheme).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(is_host)
        })
}

/// Whether the host of a URL is this machine. IPv6 addresses are in brackets.
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
            assert_eq!(Address::parse(url), Err(AddressError::Scheme), "{url}");
        }
    }

    #[test]
    fn what_is_shown_of_a_url_holds_no_secret() {
        for (url, plain) in [
            (
                "https://a.example/graphql?token=x#y",
                "https://a.example/graphql",
            ),
            ("https://me:word@a.example:8443/", "https://a.example:8443/"),
            ("http://me:word@a b/x?token", "a b/x"),
            ("a.example/graphql?token", "a.example/graphql"),
        ] {
            assert_eq!(shown(url), plain);
        }
    }

    #[test]
    fn a_proxy_is_a_url_or_a_host() {
        for text in [
            "http://proxy.example:3128",
            "https://me:word@proxy.example/",
            "proxy.example:3128",
            "me:word@proxy.example:3128",
            "10.0.0.1",
        ] {
            assert!(is_proxy(text), "{text}");
        }
        for text in [
            "",
            "http://",
            "http://proxy.example:port",
            "http://proxy.example:99999",
            "http://me:wo#rd@proxy.example",
            "socks5://proxy.example:1080",
            "proxy example",
            "${PROXY}",
        ] {
            assert!(!is_proxy(text), "{text}");
        }
    }

    #[test]
    fn nothing_that_holds_credentials_is_an_address() {
        for url in [
            "https://me:word@example.com/",
            "https://me@example.com/",
            "http://me:word@exa mple.com",
        ] {
            assert_eq!(Address::parse(url), Err(AddressError::Credentials), "{url}");
        }
    }
}

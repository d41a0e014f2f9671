//! Where Linear is. A key is sent there, so it goes over TLS or does not leave this machine.

use std::net::IpAddr;

use reqwest::Url;

use super::{Settings, shown};

pub(super) fn read(settings: &mut Settings, value: &str) -> Result<(), String> {
    let url = Url::parse(value).map_err(|_| held(value))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user name or a password".to_owned());
    }
    let loopback = url.host_str().is_some_and(is_loopback);
    match url.scheme() {
        "https" => {}
        "http" if loopback => {}
        _ => return Err(held(value)),
    }
    settings.loopback = loopback;
    settings.url = url.into();
    Ok(())
}

/// The value for an error, unless a password may be in it.
fn held(value: &str) -> String {
    if value.contains('@') {
        "is no such URL".to_owned()
    } else {
        shown(value)
    }
}

/// Whether a URL's host, IPv6 addresses in brackets, is this machine itself.
fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

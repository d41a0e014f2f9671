//! Keys that stand among parameters although no operation has such a parameter.

use super::plain_name;

/// What the hosts of a server, such as n8n, add to every call, whatever it is for.
const HOST: [&str; 5] = ["toolcallid", "sessionid", "action", "chatinput", "meta"];

/// What callers send along that holds nothing to store and nothing to filter by, so that leaving it out changes no
/// outcome: what belongs in `context`, the name of a request that nobody refers to, and the custom fields that Linear has
/// not. Never add a key here whose value
/// could end up in Linear or narrow a list.
const MEANINGLESS: [&str; 12] = [
    "as",
    "includecustomfields",
    "cache",
    "context",
    "command",
    "purpose",
    "traceid",
    "mode",
    "changetype",
    "fromphase",
    "tophase",
    "batchid",
];

/// Whether a key is one that hosts add to every call, so that nothing need be said about it.
pub(crate) fn is_added_by_host(key: &str) -> bool {
    // `meta` itself may be somebody's word for something.
    key != "meta" && HOST.contains(&plain_name(key).as_str())
}

/// Whether a key, given without case and separators, is one that callers send and that means nothing here.
pub(crate) fn is_meaningless(plain: &str) -> bool {
    MEANINGLESS.contains(&plain)
}

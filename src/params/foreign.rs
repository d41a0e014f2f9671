//! Keys that stand among parameters although no operation has such a parameter.

use serde_json::{Map, Value};

use super::plain::switch;
use super::plain_name;

/// What the hosts of a server, such as n8n, add to every call, whatever it is for.
const HOST: [&str; 5] = ["toolcallid", "sessionid", "action", "chatinput", "meta"];

/// What callers say of themselves and of why they ask: the keys of a request's `context`, as the commands of CCPM write
/// them.
const CONTEXT: [&str; 9] = [
    "batchid",
    "cache",
    "changetype",
    "command",
    "fromphase",
    "mode",
    "purpose",
    "tophase",
    "traceid",
];

/// What callers send along that holds nothing to store and nothing to filter by, so that leaving it out changes no
/// outcome: a context among the parameters, the name of a request that nobody refers to, and a wish for custom fields,
/// which Linear does not have. Never add a key here whose value could end up in Linear or narrow a list.
const MEANINGLESS: [&str; 3] = ["as", "context", "includecustomfields"];

/// Whether a key is one that hosts add to every call, so that nothing need be said about it.
pub(crate) fn is_added_by_host(key: &str) -> bool {
    // `meta` itself may be somebody's word for something.
    key != "meta" && HOST.contains(&plain_name(key).as_str())
}

/// Whether a key, given without case and separators, is one that callers send and that means nothing here.
pub(crate) fn is_meaningless(plain: &str) -> bool {
    MEANINGLESS.contains(&plain) || is_context(plain)
}

/// Whether a key, given without case and separators, holds filters one by one, each of which is a parameter.
pub(crate) fn is_filter(plain: &str) -> bool {
    matches!(plain, "filter" | "filters")
}

/// Whether a key, given without case and separators, belongs into a request's `context`.
pub(crate) fn is_context(plain: &str) -> bool {
    CONTEXT.contains(&plain)
}

/// Whether a `context` says that Linear is to be asked even for what the session knows: `cache: false` or
/// `refresh_cache: true`, its keys in any spelling.
pub(crate) fn asks_afresh(context: &Map<String, Value>) -> bool {
    context
        .iter()
        .any(|(key, value)| match plain_name(key).as_str() {
            "cache" => switch(value) == Some(false),
            "refreshcache" => switch(value) == Some(true),
            _ => false,
        })
}

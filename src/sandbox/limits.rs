//! The headers and numbers of Linear's rate limits (`linear/api.md` §3).

use serde_json::json;

use super::store::Record;

/// Requests a personal key may make in an hour.
pub(super) const REQUESTS: u64 = 2_500;
/// Points a personal key may spend in an hour.
const POINTS: u64 = 3_000_000;
/// Searches a minute.
const SEARCHES: u64 = 30;
/// The length of the window for requests and points.
pub(super) const HOUR_MS: u64 = 3_600_000;

/// What the headers of one reply tell.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Budget {
    /// Requests left in the window.
    pub(super) remaining: u64,
    /// When the window ends, in milliseconds since the epoch.
    pub(super) reset_ms: u64,
    /// The document's points, when it got as far as being counted.
    pub(super) complexity: Option<f64>,
    /// Whether a search field was asked for, which has a limit of its own.
    pub(super) search: bool,
}

impl Budget {
    /// The headers, names in lower case.
    pub(super) fn headers(&self) -> Vec<(String, String)> {
        let reset = self.reset_ms.to_string();
        let complexity = self.complexity.unwrap_or_default().ceil();
        let mut headers = vec![
            ("x-ratelimit-requests-limit", REQUESTS.to_string()),
            ("x-ratelimit-requests-remaining", self.remaining.to_string()),
            ("x-ratelimit-requests-reset", reset.clone()),
            ("x-ratelimit-complexity-limit", POINTS.to_string()),
            (
                "x-ratelimit-complexity-remaining",
                format!("{}", POINTS as f64 - complexity),
            ),
            ("x-ratelimit-complexity-reset", reset.clone()),
        ];
        if self.complexity.is_some() {
            headers.push(("x-complexity", format!("{complexity}")));
        }
        if self.search {
            headers.push(("x-ratelimit-endpoint-requests-limit", SEARCHES.to_string()));
            headers.push((
                "x-ratelimit-endpoint-requests-remaining",
                (SEARCHES - 1).to_string(),
            ));
            headers.push(("x-ratelimit-endpoint-requests-reset", reset));
            headers.push(("x-ratelimit-endpoint-name", "search".into()));
        }
        headers
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}

/// The answer to `rateLimitStatus`. The stand-in's windows are always full unless the script says otherwise, so what
/// this reports are the limits themselves.
pub(super) fn status() -> Record {
    let limit = |kind: &str, allowed: u64| {
        json!({
            "type": kind, "requestedAmount": 1, "allowedAmount": allowed,
            "period": HOUR_MS, "remainingAmount": allowed - 1, "reset": HOUR_MS,
        })
    };
    let mut status = Record::new();
    status.insert("identifier".into(), "lin_api".into());
    status.insert("kind".into(), "apiKey".into());
    let limits = [limit("requests", REQUESTS), limit("complexity", POINTS)];
    status.insert("limits".into(), limits.into_iter().collect());
    status
}

//! What is left of the budgets, from the headers that Linear sends with every answer (`linear/api.md` §3).

use super::finding::Finding;
use super::witness::Exchange;
use crate::linear::transport::Reply;

/// Below this share of what is allowed, others use the key heavily.
const LOW: f64 = 0.1;

/// A budget: its name in the headers, and what it counts.
const BUDGETS: [(&str, &str); 2] = [
    ("requests", "requests"),
    ("complexity", "complexity points"),
];

/// What is left of each budget after that answer.
pub(super) fn check(exchange: &Exchange) -> Finding {
    let budgets: Vec<Budget> = BUDGETS
        .iter()
        .filter_map(|(name, unit)| Budget::read(&exchange.reply, name, unit))
        .collect();
    if budgets.is_empty() {
        return Finding::ok("rate limit", "the answer does not say what is left");
    }
    let told: Vec<String> = budgets.iter().map(Budget::told).collect();
    let text = format!("{} left", told.join(" and "));
    let Some(low) = budgets.iter().find(|budget| budget.is_low()) else {
        let text = format!("{text}; what is used comes back within the hour");
        return Finding::ok("rate limit", text);
    };
    let text = format!(
        "{text}; what is used comes back within {} min. All keys of one user share it: \
         see which other tools use them, and send fewer requests",
        low.minutes(exchange.received_ms)
    );
    if low.is_used_up() {
        Finding::failure("rate limit", text)
    } else {
        Finding::warning("rate limit", text)
    }
}

struct Budget {
    unit: &'static str,
    left: f64,
    limit: f64,
    reset_ms: i64,
}

impl Budget {
    /// As the headers tell it, when they tell it whole.
    fn read(reply: &Reply, name: &str, unit: &'static str) -> Option<Self> {
        let number = |what: &str| {
            let header = reply.header(&format!("x-ratelimit-{name}-{what}"))?;
            header.trim().parse::<f64>().ok()
        };
        Some(Self {
            unit,
            left: number("remaining")?,
            limit: number("limit")?,
            reset_ms: number("reset")? as i64,
        })
    }

    fn told(&self) -> String {
        format!("{} of {} {}", self.left, self.limit, self.unit)
    }

    fn is_low(&self) -> bool {
        self.left < self.limit * LOW
    }

    fn is_used_up(&self) -> bool {
        self.left < 1.0
    }

    /// Minutes until the window is reset, an hour at most.
    fn minutes(&self, now_ms: i64) -> i64 {
        ((self.reset_ms - now_ms).max(0) / 60_000 + 1).min(60)
    }
}

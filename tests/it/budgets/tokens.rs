//! What an agent pays for: tokens (o200k) of answers. The numbers are a snapshot, so that growth shows in a review;
//! what must not grow has a budget.

mod answers;
mod budgets;

use std::fmt::Write as _;
use std::sync::LazyLock;

use linear_ops::engine::catalog::TABLE;
use tiktoken_rs::CoreBPE;

use crate::support::TestWorkspace;

static VOCABULARY: LazyLock<CoreBPE> = LazyLock::new(|| tiktoken_rs::o200k_base().unwrap());

pub fn tokens(text: &str) -> usize {
    VOCABULARY.encode_ordinary(text).len()
}

#[tokio::test]
async fn what_answers_cost() {
    let mut table = String::new();
    for entry in TABLE.iter() {
        let workspace = TestWorkspace::deleting().await;
        let answer = workspace.run(entry.example).await.to_yaml();
        let settled = timeless(&answer);
        writeln!(table, "{:24} {}", entry.spec.name, tokens(&settled)).unwrap();
    }
    insta::assert_snapshot!("tokens_of_answers", table);
}

/// Returns the answer without its durations, which differ from run to run.
pub fn timeless(answer: &str) -> String {
    let lines = answer.lines().filter(|line| {
        let line = line.trim_start();
        ![
            "duration_ms:",
            "mean_ms:",
            "p50_ms:",
            "p95_ms:",
            "uptime_seconds:",
        ]
        .iter()
        .any(|key| line.starts_with(key))
    });
    lines.collect::<Vec<_>>().join("\n")
}

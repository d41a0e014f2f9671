//! The targets for the figures, and whether they are met.

use crate::figures::Figures;
use crate::process::Memory;
use crate::table::{count, mib, ms};

/// A target and its measurement.
pub struct Target {
    /// The name of the figure.
    pub figure: String,
    /// The target value in words.
    pub limit: String,
    /// The measured value in words.
    pub measured: String,
    /// Whether the target is met; `None` where the figure could not be measured.
    pub met: Option<bool>,
}

const MIB: u64 = 1024 * 1024;

/// The size of a binary is given in decimal megabytes.
const MB: u64 = 1_000_000;

/// Returns all targets.
pub fn all(figures: &Figures) -> Vec<Target> {
    let process = &figures.process;
    let mut targets = vec![
        time_target(
            "a warm create over its bare request, p50",
            figures.create.own.p50,
            2.0,
        ),
        time_target(
            "a cached look-up through stdio, p50",
            process.cached_lookup.p50,
            1.0,
        ),
        time_target(
            "process start to `initialize` answered, p50",
            process.initialized.p50,
            20.0,
        ),
    ];
    let [early, late] = process.memory;
    targets.extend(memory_targets(early, late));
    targets.push(Target {
        figure: "release binary".to_owned(),
        limit: "≤ 12 MB".to_owned(),
        measured: format!("{} MB", with_one_decimal(process.size, MB)),
        met: Some(process.size <= 12 * MB),
    });
    targets
}

/// Returns the target of a time of at most `limit` milliseconds.
fn time_target(figure: &'static str, measured: f64, limit: f64) -> Target {
    Target {
        figure: figure.to_owned(),
        limit: format!("≤ {limit} ms"),
        measured: format!("{} ms", ms(measured)),
        met: Some(measured <= limit),
    }
}

/// Returns the targets of the memory after the first number of operations, and of its growth until the second.
fn memory_targets(early: Memory, late: Memory) -> [Target; 2] {
    let target = |memory: Memory, limit: &str, met| Target {
        figure: format!("memory (RSS) after {} operations", count(memory.operations)),
        limit: limit.to_owned(),
        measured: resident(memory.resident),
        met,
    };
    let is_small = early.resident.map(|size| size <= 20 * MIB);
    let both = early.resident.zip(late.resident);
    let is_flat = both.map(|(early, late)| late <= early + early / 10);
    [
        target(early, "≤ 20 MiB", is_small),
        target(late, "within a tenth of that", is_flat),
    ]
}

/// Returns the resident memory in words.
pub fn resident(bytes: Option<u64>) -> String {
    bytes.map_or_else(
        || "not measured".to_owned(),
        |bytes| format!("{} MiB", mib(bytes)),
    )
}

/// Returns a size in that unit with one decimal.
fn with_one_decimal(bytes: u64, unit: u64) -> String {
    let tenths = (bytes * 10 + unit / 2) / unit;
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_met_up_to_itself() {
        let met = |measured| time_target("it", measured, 2.0).met;
        assert_eq!([met(2.0), met(2.001)], [Some(true), Some(false)]);
        assert_eq!(with_one_decimal(12_049_999, MB), "12.0");
    }

    #[test]
    fn memory_may_grow_by_a_tenth() {
        let after = |operations, resident| Memory {
            operations,
            resident,
        };
        let met =
            |early, late| memory_targets(after(1, early), after(9, late)).map(|target| target.met);
        let sizes = |early: u64, late: u64| met(Some(early * MIB), Some(late * MIB));
        assert_eq!(sizes(10, 11), [Some(true), Some(true)]);
        assert_eq!(sizes(21, 24), [Some(false), Some(false)]);
        assert_eq!(met(None, None), [None, None]);
    }
}

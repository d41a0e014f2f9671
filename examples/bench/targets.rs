//! What was aimed at, and whether it was reached.

use crate::figures::Figures;
use crate::process::Memory;
use crate::table::{count, mib, ms};

/// One aim.
pub struct Target {
    /// What is measured.
    pub what: String,
    /// The figure aimed at.
    pub aim: String,
    /// The figure measured.
    pub measured: String,
    /// Whether it was reached; none where it could not be measured.
    pub met: Option<bool>,
}

const MIB: u64 = 1024 * 1024;

/// Decimal megabytes are what binaries are told in.
const MB: u64 = 1_000_000;

/// All aims.
pub fn all(figures: &Figures) -> Vec<Target> {
    let process = &figures.process;
    let mut targets = vec![
        within(
            "a warm create over its bare request, p50",
            figures.create.own.p50,
            2.0,
        ),
        within(
            "a cached look-up through stdio, p50",
            process.lookup_only.p50,
            1.0,
        ),
        within(
            "process start to `initialize` answered, p50",
            process.initialized.p50,
            20.0,
        ),
    ];
    let [early, late] = process.memory;
    targets.extend(memory(early, late));
    targets.push(Target {
        what: "release binary".to_owned(),
        aim: "≤ 12 MB".to_owned(),
        measured: format!("{} MB", tenths(process.size, MB)),
        met: Some(process.size <= 12 * MB),
    });
    targets
}

fn within(what: &'static str, measured: f64, limit: f64) -> Target {
    Target {
        what: what.to_owned(),
        aim: format!("≤ {limit} ms"),
        measured: format!("{} ms", ms(measured)),
        met: Some(measured <= limit),
    }
}

/// Memory after the first count of operations, and how much of it was added until the last.
fn memory(early: Memory, late: Memory) -> [Target; 2] {
    let target = |of: Memory, aim: &str, met| Target {
        what: format!("memory (RSS) after {} operations", count(of.operations)),
        aim: aim.to_owned(),
        measured: resident(of.resident),
        met,
    };
    let small = early.resident.map(|size| size <= 20 * MIB);
    let flat = early.resident.zip(late.resident);
    let flat = flat.map(|(early, late)| late <= early + early / 10);
    [
        target(early, "≤ 20 MiB", small),
        target(late, "within a tenth of that", flat),
    ]
}

/// Resident memory in words.
pub fn resident(bytes: Option<u64>) -> String {
    bytes.map_or_else(
        || "not measured".to_owned(),
        |bytes| format!("{} MiB", mib(bytes)),
    )
}

fn tenths(bytes: u64, unit: u64) -> String {
    let tenths = (bytes * 10 + unit / 2) / unit;
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_met_up_to_itself() {
        let met = |measured| within("it", measured, 2.0).met;
        assert_eq!([met(2.0), met(2.001)], [Some(true), Some(false)]);
        assert_eq!(tenths(12_049_999, MB), "12.0");
    }

    #[test]
    fn memory_may_grow_by_a_tenth() {
        let after = |operations, resident| Memory {
            operations,
            resident,
        };
        let met = |early, late| memory(after(1, early), after(9, late)).map(|target| target.met);
        let sizes = |early: u64, late: u64| met(Some(early * MIB), Some(late * MIB));
        assert_eq!(sizes(10, 11), [Some(true), Some(true)]);
        assert_eq!(sizes(21, 24), [Some(false), Some(false)]);
        assert_eq!(met(None, None), [None, None]);
    }
}

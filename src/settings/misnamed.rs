//! Variables that look like this program's own and are none. One that may be meant for a guard keeps all writes back: a
//! guard that is misspelt would guard nothing, and nobody would know.

use strsim::osa_distance;

use super::TABLE;
use crate::text::nearest;

/// What the names of this program's own variables begin with, without separators.
const OWN: &str = "LINEAROPS";

/// The settings that keep operations or writes back, or record them, each with the parts of names that speak for it,
/// without separators.
const GUARDS: &[(&str, &[&str])] = &[
    ("LINEAR_OPS_READ_ONLY", &["READONLY", "READ", "NOWRITE"]),
    (
        "LINEAR_OPS_ALLOW_DESTRUCTIVE",
        &["ALLOW", "DESTRUCT", "DELET"],
    ),
    ("LINEAR_OPS_DENY", &["DENY", "DENI", "FORBID", "BLOCK"]),
    ("LINEAR_OPS_OPERATIONS", &["OPERATION"]),
    ("LINEAR_OPS_TEAMS", &["TEAM"]),
    ("LINEAR_OPS_PROJECTS", &["PROJECT"]),
    ("LINEAR_OPS_MAX_WRITES", &["WRITE"]),
    ("LINEAR_OPS_AUDIT", &["AUDIT"]),
];

/// How many edits make another name of a guard's.
const EDITS: usize = 2;

/// What a variable may be meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Near {
    /// This setting, which keeps something back.
    Guard(&'static str),
    /// This other setting.
    Other(&'static str),
    /// No setting.
    None,
}

/// The variables that look like this program's own, in any case, and are no settings.
pub(super) fn strangers<'n>(
    names: impl Iterator<Item = &'n str>,
) -> impl Iterator<Item = (&'n str, Near)> {
    let is_known = |name: &str| TABLE.iter().any(|setting| setting.name == name);
    names
        .filter(move |name| !is_known(name))
        .filter_map(|name| Some((name, near(plain(name).strip_prefix(OWN)?, name))))
}

/// What a name is near to; `own` is what follows the program's own prefix.
fn near(own: &str, name: &str) -> Near {
    let distance = |setting: &str| {
        let plain = plain(setting);
        osa_distance(own, plain.strip_prefix(OWN).unwrap_or(&plain))
    };
    let of_table = TABLE.iter().map(|setting| distance(setting.name)).min();
    let spoken = GUARDS
        .iter()
        .filter(|(_, words)| words.iter().any(|word| own.contains(word)));
    let mistyped = GUARDS.iter().filter(|(setting, _)| {
        let edits = distance(setting);
        edits <= EDITS && Some(edits) == of_table
    });
    let guard = spoken.chain(mistyped).map(|(setting, _)| *setting);
    if let Some(setting) = guard.min_by_key(|setting| distance(setting)) {
        return Near::Guard(setting);
    }
    let known = TABLE.iter().map(|setting| setting.name);
    match nearest::nearest(name, known, 1).first() {
        Some(near) => Near::Other(near),
        None => Near::None,
    }
}

fn plain(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Option<Near> {
        strangers(std::iter::once(name))
            .next()
            .map(|(_, near)| near)
    }

    #[test]
    fn what_may_be_meant_for_a_guard_is_one() {
        for (name, guard) in [
            ("LINEAR_OPS_READONLY", "LINEAR_OPS_READ_ONLY"),
            ("linear_ops_read_only", "LINEAR_OPS_READ_ONLY"),
            ("Linear_Ops_Read_Only", "LINEAR_OPS_READ_ONLY"),
            ("LINEAR_OPS_REDA_ONLY", "LINEAR_OPS_READ_ONLY"),
            ("LINEAR_OPS_RAED_ONYL", "LINEAR_OPS_READ_ONLY"),
            ("LINEAROPS_READ_ONLY", "LINEAR_OPS_READ_ONLY"),
            ("LINEAR_OPS-READ-ONLY", "LINEAR_OPS_READ_ONLY"),
            ("LINEAR_OPS_ALLOW_DELETE", "LINEAR_OPS_ALLOW_DESTRUCTIVE"),
            ("LINEAR_OPS_ALLOWED_TEAMS", "LINEAR_OPS_TEAMS"),
            ("LINEAR_OPS_DENIED", "LINEAR_OPS_DENY"),
            ("LINEAR_OPS_DENY_OPERATIONS", "LINEAR_OPS_OPERATIONS"),
            ("LINEAR_OPS_DNEY", "LINEAR_OPS_DENY"),
            ("LINEAR_OPS_TEAM", "LINEAR_OPS_TEAMS"),
            ("LINEAR_OPS_TEMAS", "LINEAR_OPS_TEAMS"),
            ("linear_ops_projects", "LINEAR_OPS_PROJECTS"),
            ("LINEAR_OPS_OPERATION", "LINEAR_OPS_OPERATIONS"),
            ("LINEAR_OPS_MAXWRITES", "LINEAR_OPS_MAX_WRITES"),
            ("LINEAR_OPS_WRITES_MAX", "LINEAR_OPS_MAX_WRITES"),
            ("LINEAR_OPS_AUDIT_FILE", "LINEAR_OPS_AUDIT"),
            ("LINEAR_OPS_AUDTI", "LINEAR_OPS_AUDIT"),
        ] {
            assert_eq!(of(name), Some(Near::Guard(guard)), "{name}");
        }
    }

    #[test]
    fn other_names_are_near_to_others_or_to_nothing() {
        for (name, near) in [
            ("LINEAR_OPS_TIMEOUT", Near::Other("LINEAR_OPS_TIMEOUT_MS")),
            ("LINEAR_OPS_MAX_WAIT", Near::Other("LINEAR_OPS_MAX_WAIT_MS")),
            ("linear_ops_tools", Near::Other("LINEAR_OPS_TOOLS")),
            ("LINEAR_OPS_LOGS", Near::Other("LINEAR_OPS_LOG")),
        ] {
            assert_eq!(of(name), Some(near), "{name}");
        }
        assert_eq!(of("LINEAR_API_KEYS"), None);
        assert_eq!(of("PATH"), None);
        for setting in TABLE {
            assert_eq!(of(setting.name), None);
        }
    }

    #[test]
    fn every_guard_is_a_setting() {
        for (guard, _) in GUARDS {
            assert!(
                TABLE.iter().any(|setting| setting.name == *guard),
                "{guard}"
            );
        }
    }
}

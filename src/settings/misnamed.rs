//! Variables that look like this program's own and are none, with its prefix or with another that begins with `LINEAR`.
//! One that may be meant for a guard keeps all writes back: a guard that is misspelt would guard nothing, and nobody
//! would know.

use strsim::osa_distance;

use super::TABLE;
use crate::text::nearest;

/// What the names of this program's own variables begin with, without separators.
const OWN: &str = "LINEAROPS";
/// What the names begin with that may be misspelt names of this program's own; other programs have such, too.
const RELATED: &str = "LINEAR";
/// What may stand between that and a guard's name.
const INFIXES: [&str; 2] = ["OP", "MCP"];
/// The setting for what is kept back. Its words win: a name with one of them must not be taken for a setting that allows.
const DENY: &str = "LINEAR_OPS_DENY";

/// The settings that keep operations or writes back, or record them, each with the parts of names that speak for it,
/// without separators.
const GUARDS: &[(&str, &[&str])] = &[
    ("LINEAR_OPS_READ_ONLY", &["READONLY", "READ", "NOWRITE"]),
    (
        "LINEAR_OPS_ALLOW_DESTRUCTIVE",
        &["ALLOW", "DESTRUCT", "DELET"],
    ),
    (
        DENY,
        &[
            "DENY",
            "DENI",
            "DISALLOW",
            "FORBID",
            "BLOCK",
            "EXCLUD",
            "PROHIBIT",
            "NODELET",
            "NODESTRUCT",
            "DISABLEDELET",
            "DISABLEDESTRUCT",
            "PREVENT",
        ],
    ),
    ("LINEAR_OPS_OPERATIONS", &["OPERATION"]),
    ("LINEAR_OPS_TEAMS", &["TEAM"]),
    ("LINEAR_OPS_PROJECTS", &["PROJECT"]),
    ("LINEAR_OPS_MAX_WRITES", &["WRITE"]),
    ("LINEAR_OPS_AUDIT", &["AUDIT"]),
];

/// How many edits make another name of a guard's.
const EDITS: usize = 2;
/// Short for read-only, as a whole name: many words hold it.
const READ_ONLY_SHORT: &str = "RO";
/// What speaks for a guard in a name without this program's own prefix, where other programs have names of their own.
const UNMISTAKABLE: &[(&str, &str)] = &[
    ("READONLY", "LINEAR_OPS_READ_ONLY"),
    ("DESTRUCTIVE", "LINEAR_OPS_ALLOW_DESTRUCTIVE"),
    ("MAXWRITES", "LINEAR_OPS_MAX_WRITES"),
    ("OPERATIONS", "LINEAR_OPS_OPERATIONS"),
];
/// How names begin, without this program's own prefix, that are meant for what is kept back.
const DENIALS: [&str; 4] = ["DENY", "DENIED", "DISALLOW", "FORBID"];

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
        .filter_map(|name| {
            let plain = plain(name);
            let near = match plain.strip_prefix(OWN) {
                Some(own) => near(own, name),
                None => Near::Guard(related(plain.strip_prefix(RELATED)?)?),
            };
            Some((name, near))
        })
}

/// The guard that a name without this program's own prefix may be meant for; `rest` is what follows `LINEAR`. Other
/// programs have variables of Linear's, too: a name must be a guard's, or nearly.
fn related(rest: &str) -> Option<&'static str> {
    let own = INFIXES.iter().find_map(|infix| rest.strip_prefix(infix));
    let own = own.unwrap_or(rest);
    if own == READ_ONLY_SHORT {
        return Some("LINEAR_OPS_READ_ONLY");
    }
    if DENIALS.iter().any(|word| own.starts_with(word)) {
        return Some(DENY);
    }
    if let Some((_, guard)) = UNMISTAKABLE.iter().find(|(word, _)| rest.contains(word)) {
        return Some(guard);
    }
    let distances = GUARDS.iter().map(|(guard, _)| {
        let plain = plain(guard);
        let suffix = plain.strip_prefix(OWN).unwrap_or(&plain).to_owned();
        // `LINEAR_OSP_TEAMS`: the prefix may be what is misspelt.
        let whole = osa_distance(rest, &format!("OPS{suffix}"));
        let edits = osa_distance(own, &suffix).min(osa_distance(rest, &suffix));
        let is_typed = UNMISTAKABLE.iter().any(|(_, of)| of == guard);
        let is_near = edits == 0 || whole <= EDITS || edits <= EDITS && is_typed;
        (edits.min(whole), is_near, *guard)
    });
    let near = distances.filter(|(_, is_near, _)| *is_near);
    near.min_by_key(|(edits, ..)| *edits)
        .map(|(.., guard)| guard)
}

/// What a name is near to; `own` is what follows the program's own prefix.
fn near(own: &str, name: &str) -> Near {
    let distance = |setting: &str| {
        let plain = plain(setting);
        osa_distance(own, plain.strip_prefix(OWN).unwrap_or(&plain))
    };
    let speaks = |words: &[&str]| words.iter().any(|word| own.contains(word));
    if GUARDS
        .iter()
        .any(|(guard, words)| *guard == DENY && speaks(words))
    {
        return Near::Guard(DENY);
    }
    if own == READ_ONLY_SHORT {
        return Near::Guard("LINEAR_OPS_READ_ONLY");
    }
    let of_table = TABLE.iter().map(|setting| distance(setting.name)).min();
    let spoken = GUARDS.iter().filter(|(_, words)| speaks(words));
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

/// Whether a setting is one of those that keep operations or writes back, or record them.
pub(super) fn is_guard(name: &str) -> bool {
    GUARDS.iter().any(|(guard, _)| *guard == name)
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
            ("LINEAR_OPS_DENY_OPERATIONS", "LINEAR_OPS_DENY"),
            ("LINEAR_OPS_OPERATIONS_DENIED", "LINEAR_OPS_DENY"),
            ("LINEAR_OPS_DISALLOW", "LINEAR_OPS_DENY"),
            ("LINEAR_OPS_FORBID_DELETE", "LINEAR_OPS_DENY"),
            ("LINEAR_OPS_BLOCK_OPERATIONS", "LINEAR_OPS_DENY"),
            ("LINEAR_OPS_NO_DELETE", "LINEAR_OPS_DENY"),
            ("LINEAR_OPS_RO", "LINEAR_OPS_READ_ONLY"),
            ("LINEAR_OP_READ_ONLY", "LINEAR_OPS_READ_ONLY"),
            ("LINEAR_READ_ONLY", "LINEAR_OPS_READ_ONLY"),
            ("linear_readonly", "LINEAR_OPS_READ_ONLY"),
            ("LINEAR_REDA_ONLY", "LINEAR_OPS_READ_ONLY"),
            ("LINEAR_MCP_READ_ONLY", "LINEAR_OPS_READ_ONLY"),
            ("LINEAR_RO", "LINEAR_OPS_READ_ONLY"),
            ("LINEAR_DENY", "LINEAR_OPS_DENY"),
            ("LINEAR_DENY_OPERATIONS", "LINEAR_OPS_DENY"),
            ("LINEAR_OP_DENY", "LINEAR_OPS_DENY"),
            ("LINEAR_OPERATIONS", "LINEAR_OPS_OPERATIONS"),
            ("LINEAR_OP_TEAMS", "LINEAR_OPS_TEAMS"),
            ("LINEAR_OSP_TEAMS", "LINEAR_OPS_TEAMS"),
            ("LINEAR_TEAMS", "LINEAR_OPS_TEAMS"),
            ("LINEAR_PROJECTS", "LINEAR_OPS_PROJECTS"),
            ("LINEAR_MAX_WRITES", "LINEAR_OPS_MAX_WRITES"),
            ("LINEAR_AUDIT", "LINEAR_OPS_AUDIT"),
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
        for name in [
            "LINEAR_API_KEYS",
            "LINEAR_WEBHOOK_SECRET",
            "LINEAR_TEAM",
            "LINEAR_TEAM_ID",
            "LINEAR_TEAM_KEY",
            "LINEAR_PROJECT",
            "LINEAR_PROJECT_ID",
            "LINEAR_CLIENT_ID",
            "LINEAR_CLIENT_SECRET",
            "LINEAR_TOKEN",
            "LINEAR_WORKSPACE",
            "LINEAR_BASE_URL",
            "LINEAR_BLOCKED_LABEL",
            "LINEAR_PROXY",
            "LINEAR_LABEL",
            "LINEAR_USER",
            "LINEAR_OPEN",
            "LINEAR_OPTIONS",
            "LINEAR_STATE",
            "LINEAR_OAUTH_TOKEN",
            "LINEAR_REDIRECT_URI",
            "LINEAR",
            "LINEARB_TOKEN",
        ] {
            assert_eq!(of(name), None, "{name}");
        }
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

//! How one issue stands to another.

use super::plain_name;
use super::scalar::{Lenient, Scalar, parameter};

/// A relation as seen from the issue that it is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelationKind {
    /// The other issue has to wait for it.
    Blocks,
    /// It has to wait for the other issue.
    BlockedBy,
    /// It says the same as the other issue, which stays.
    Duplicate,
    /// The other issue says the same as it.
    DuplicatedBy,
    /// They have to do with each other.
    Related,
}

impl RelationKind {
    /// Every one.
    pub const ALL: [Self; 5] = [
        Self::Blocks,
        Self::BlockedBy,
        Self::Duplicate,
        Self::DuplicatedBy,
        Self::Related,
    ];

    /// The recommended word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Blocks => "blocks",
            Self::BlockedBy => "blocked_by",
            Self::Duplicate => "duplicate",
            Self::DuplicatedBy => "duplicated_by",
            Self::Related => "related",
        }
    }
}

impl Lenient for RelationKind {
    const EXPECTED: &'static str = "one of blocks, blocked_by, duplicate, duplicated_by, related";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        let word = plain_name(&given.text());
        Some(match word.strip_prefix("is").unwrap_or(&word) {
            "block" | "blocks" | "blocking" => Self::Blocks,
            "blockedby" | "blocked" | "dependson" => Self::BlockedBy,
            "duplicate" | "duplicates" | "duplicateof" => Self::Duplicate,
            "duplicatedby" | "hasduplicate" => Self::DuplicatedBy,
            "related" | "relates" | "relatedto" | "relatesto" => Self::Related,
            _ => return None,
        })
    }
}

parameter!(RelationKind, Word, {
    "type": "string",
    "enum": ["blocks", "blocked_by", "duplicate", "duplicated_by", "related"]
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_means_itself_and_other_words_mean_it_too() {
        for kind in RelationKind::ALL {
            let read = RelationKind::from_scalar(&Scalar::of(kind.word()));
            assert_eq!(read, Some(kind));
        }
        for (word, kind) in [
            ("Blocked By", RelationKind::BlockedBy),
            ("isBlockedBy", RelationKind::BlockedBy),
            ("duplicate-of", RelationKind::Duplicate),
            ("is duplicate of", RelationKind::Duplicate),
            ("relates_to", RelationKind::Related),
        ] {
            assert_eq!(RelationKind::from_scalar(&Scalar::of(word)), Some(kind));
        }
        for word in ["", "is", "similar", "parent"] {
            assert_eq!(RelationKind::from_scalar(&Scalar::of(word)), None);
        }
    }
}

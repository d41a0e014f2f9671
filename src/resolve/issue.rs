//! Issues: by identifier in any case, UUID, or the address of their page. Linear itself resolves identifiers, old
//! ones after a move included (`linear/api.md` §1.2); here is only read what kind of reference it is.

use crate::error::{Code, Error};
use crate::resolve::is_uuid;

/// A reference to an issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssueRef {
    /// Team key and number.
    Identifier {
        /// The team's key, in upper case.
        key: String,
        /// The number within the team.
        number: u32,
    },
    /// The UUID.
    Id(String),
}

impl IssueRef {
    /// Reads `ENG-123`, `eng-123`, a UUID, or `https://linear.app/acme/issue/ENG-123/…`.
    ///
    /// # Errors
    /// INVALID_PARAM that names `param`, for anything else.
    pub fn parse(param: &str, text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let name = match text.split_once("/issue/") {
            Some((_, rest)) => rest.split(['/', '?', '#']).next().unwrap_or(rest),
            None => text,
        };
        if is_uuid(name) {
            return Ok(Self::Id(name.to_ascii_lowercase()));
        }
        identifier(name).ok_or_else(|| {
            Error::new(
                Code::InvalidParam,
                format!("'{text}' is no issue identifier"),
            )
            .detail("param", param)
            .detail("given", text)
            .detail(
                "expected",
                "an identifier such as ENG-123, a UUID, or the address of the issue's page",
            )
            .suggest("Use the team's key and the issue's number: 'ENG-123'")
        })
    }

    /// What Linear takes for it.
    pub fn id(&self) -> String {
        match self {
            Self::Identifier { key, number } => format!("{key}-{number}"),
            Self::Id(id) => id.clone(),
        }
    }

    /// The key of the team that it was made in, which its identifier shows.
    pub fn team_key(&self) -> Option<&str> {
        match self {
            Self::Identifier { key, .. } => Some(key),
            Self::Id(_) => None,
        }
    }

    /// The error for a reference that Linear knows nothing by.
    pub fn not_found(&self) -> Error {
        let name = self.id();
        Error::new(Code::IssueNotFound, format!("Issue '{name}' not found"))
            .detail("input", name)
            .suggest("Check the team key and the number")
            .suggest("Call list_issues with a query to find it by its title")
    }
}

fn identifier(name: &str) -> Option<IssueRef> {
    let (key, digits) = name.rsplit_once('-')?;
    let is_key = !key.is_empty()
        && key.len() <= 16
        && key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let number = digits
        .parse::<u32>()
        .ok()
        .filter(|_| !digits.starts_with('+'))?;
    is_key.then(|| IssueRef::Identifier {
        key: key.to_ascii_uppercase(),
        number,
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failing test may panic")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn identifiers_ids_and_addresses_are_read() {
        let psn = IssueRef::Identifier {
            key: "PSN".to_owned(),
            number: 123,
        };
        for text in [
            "PSN-123",
            " psn-123 ",
            "https://linear.app/acme/issue/PSN-123/implement-user-authentication",
            "https://linear.app/acme/issue/psn-123#comment-1",
        ] {
            assert_eq!(IssueRef::parse("issue_id", text).unwrap(), psn, "{text}");
        }
        let id = "5eed0000-0000-4000-8000-00000000000a";
        assert_eq!(
            IssueRef::parse("issue_id", &id.to_uppercase())
                .unwrap()
                .id(),
            id
        );
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "PSN",
            "123",
            "PSN-",
            "-1",
            "PSN-12a",
            "PSN 12",
            "PSN-+1",
            "PSN-99999999999",
        ] {
            let error = IssueRef::parse("parent_id", text).unwrap_err();
            assert_eq!(error.code(), Code::InvalidParam, "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_identifier_is_the_same_in_any_case_and_as_an_address(
            key in "[a-zA-Z][a-zA-Z0-9_]{0,15}",
            number in 0_u32..,
            behind in "([/?#][ -~]{0,12})?",
        ) {
            let expected = IssueRef::Identifier { key: key.to_ascii_uppercase(), number };
            for text in [
                format!("{key}-{number}"),
                format!(" {}-{number}\n", key.to_lowercase()),
                format!("https://linear.app/acme/issue/{key}-{number}{behind}"),
            ] {
                prop_assert_eq!(&IssueRef::parse("issue_id", &text).unwrap(), &expected);
            }
        }

        /// Linear is only ever sent a UUID or an identifier.
        #[test]
        fn whatever_is_read_reads_the_same_again(text in r"\PC{0,24}|[-A-Za-z0-9_/#?.: ]{0,40}|[A-Z]{1,3}-\PC{1,4}") {
            if let Ok(read) = IssueRef::parse("issue_id", &text) {
                let id = read.id();
                prop_assert!(id.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)), "{}", id);
                prop_assert_eq!(IssueRef::parse("issue_id", &id).unwrap(), read);
            }
        }
    }
}

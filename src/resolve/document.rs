//! References to documents: a UUID, a slug, or the address of the document's page. Here they are only parsed; Linear itself looks
//! documents up (`linear/api.md` §1.2).

use super::address::{self, PageKind, SLUG, unwrapped};
use crate::error::{Code, Error};
use crate::resolve::is_uuid;

/// A reference to a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentRef {
    given: String,
    id: String,
}

impl DocumentRef {
    /// Parses a UUID, the slug `1a2b3c4d5e6f`, the end of an address `auth-system-spec-1a2b3c4d5e6f`, or the address
    /// `https://linear.app/acme/document/auth-system-spec-1a2b3c4d5e6f` as [`address::read`] accepts it.
    ///
    /// # Errors
    /// INVALID_PARAM that names `param`, for any other text, such as a title or the address of another page or site.
    pub fn parse(param: &str, text: &str) -> Result<Self, Error> {
        let given = text.trim();
        let address = address::expect(param, given, PageKind::Document)?;
        let name = address.map_or(unwrapped(given).1, |address| address.name);
        let word = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if name.is_empty() || !name.chars().all(word) {
            return Err(Error::new(
                Code::InvalidParam,
                format!("'{given}' is no document id or slug"),
            )
            .detail("param", param)
            .detail("given", given)
            .detail(
                "expected",
                "a UUID, a slug, or the address of the document's page",
            )
            .suggest("Call list_documents with a query to find it by its title"));
        }
        Ok(Self {
            given: given.to_owned(),
            id: if is_uuid(name) {
                name.to_ascii_lowercase()
            } else {
                slug(name).to_owned()
            },
        })
    }

    /// Returns the text that Linear accepts as the document's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the error for a reference to a document that does not exist.
    pub fn not_found(&self) -> Error {
        let given = &self.given;
        Error::new(
            Code::DocumentNotFound,
            format!("Document '{given}' not found"),
        )
        .detail("input", given.as_str())
        .suggest("Call list_documents with a query to find it by its title")
        .suggest("Call list_documents with its project to see the documents there")
    }
}

/// Returns the slug at the end of an address, or the whole text where it does not end in a slug.
fn slug(name: &str) -> &str {
    match name.rsplit_once('-') {
        Some((_, end)) if end.len() == SLUG && end.chars().all(|c| c.is_ascii_hexdigit()) => end,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_slugs_and_addresses_are_read() {
        for text in [
            "1a2b3c4d5e6f",
            " auth-system-spec-1a2b3c4d5e6f ",
            "https://linear.app/acme/document/auth-system-spec-1a2b3c4d5e6f",
            "https://linear.app/acme/document/auth-1a2b3c4d5e6f/edit?x=1#comment-2",
            "linear://acme/document/auth-1a2b3c4d5e6f",
            "linear.app/acme/document/auth-1a2b3c4d5e6f",
            "[Auth](https://linear.app/acme/document/auth-1a2b3c4d5e6f)",
            "<auth-1a2b3c4d5e6f>",
            "/acme/document/auth-1a2b3c4d5e6f",
        ] {
            let read = DocumentRef::parse("document_id", text).unwrap();
            assert_eq!(read.id(), "1a2b3c4d5e6f", "{text}");
        }
        let id = "5eed0000-0000-4000-8000-00000000000a";
        let read = DocumentRef::parse("document_id", &id.to_uppercase()).unwrap();
        assert_eq!(read.id(), id);
        let odd = DocumentRef::parse("document_id", "doc-abc-123").unwrap();
        assert_eq!(odd.id(), "doc-abc-123");
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "Auth System Spec",
            "https://linear.app/acme/project/x-1a2b3c4d5e6f",
            "https://linear.app/acme/document/",
            "https://other.example/acme/document/x-1a2b3c4d5e6f",
            "other.example/document/x-1a2b3c4d5e6f",
            "https://linear.app/acme/issue/ENG-1",
        ] {
            let error = DocumentRef::parse("document_id", text).unwrap_err();
            assert_eq!(error.code(), Code::InvalidParam, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_slug_is_found_behind_any_title(title in "([a-z0-9]{1,8}-){0,4}", slug in "[0-9a-f]{12}", behind in "([/?#][ -~]{0,12})?") {
            // A title and slug in the form of a UUID are read as a UUID.
            prop_assume!(!is_uuid(&format!("{title}{slug}")));
            for text in [
                format!("{title}{slug}"),
                format!("https://linear.app/acme/document/{title}{slug}{behind}"),
            ] {
                let read = DocumentRef::parse("document_id", &text).unwrap();
                prop_assert_eq!(read.id(), &slug);
            }
        }

        /// Linear is only ever sent a word.
        #[test]
        fn whatever_is_read_reads_the_same_again(text in r"\PC{0,24}|[-A-Za-z0-9/#?.: ]{0,40}") {
            if let Ok(read) = DocumentRef::parse("document_id", &text) {
                let id = read.id();
                prop_assert!(!id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{}", id);
                let again = DocumentRef::parse("document_id", id).unwrap();
                prop_assert_eq!(again.id(), id);
            }
        }
    }
}

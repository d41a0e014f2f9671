//! What the files under `schema/` must hold.

use apollo_compiler::ast::Document;

use crate::keep::KeepList;
use crate::{client, subset, trim};

/// The texts of the two files.
pub struct Files {
    /// `linear.graphql`.
    pub linear: String,
    /// `client.graphql`.
    pub client: String,
}

/// What the files must hold, from the texts of the keep list and the published schema.
///
/// Errors name the rules that cannot be met, and what would make the result no valid part of the published schema.
pub fn files(list: &str, published: &str) -> Result<Files, Vec<String>> {
    let published = parse(published, "published schema").map_err(|error| vec![error])?;
    let part = trim::trim(&published, &KeepList::parse(list)?)?;
    let mut errors = subset::differences(&part, &published);
    let client = client::client(&part);
    for schema in [&part, &client] {
        if let Err(invalid) = schema.to_schema_validate() {
            errors.push(invalid.errors.to_string());
        }
    }
    if errors.is_empty() {
        Ok(Files {
            linear: linear_text(&part),
            client: with_header(&client),
        })
    } else {
        Err(errors)
    }
}

/// Parses SDL. The error is the parser's report.
pub fn parse(text: &str, name: &str) -> Result<Document, String> {
    Document::parse(text, name).map_err(|invalid| invalid.errors.to_string())
}

/// The text of `linear.graphql`.
fn linear_text(schema: &Document) -> String {
    format!(
        "# The part of Linear's published schema that keep.txt lists; Linear's licence for it is in LICENSE.\n\
         # Written by `cargo run --example schema`.\n\n{schema}"
    )
}

/// The text of `client.graphql` beside a `linear.graphql` that holds `linear`.
pub fn client_text(linear: &Document) -> String {
    with_header(&client::client(linear))
}

/// The text of `client.graphql` from its schema.
fn with_header(schema: &Document) -> String {
    format!(
        "# linear.graphql with its input objects as scalars: the client's types are derived from this one.\n\
         # Written by `cargo run --example schema`.\n\n{schema}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLISHED: &str = "
        \"Prose.\" schema { query: Query subscription: Subscription }
        type Query { issue(id: ID!): Issue }
        type Subscription { issue: Issue }
        \"\"\"More prose.\"\"\" type Issue { id: ID! }
    ";

    #[test]
    fn both_files_have_a_header_and_no_prose() {
        let files = files("query issue\nkeep Issue", PUBLISHED).unwrap();
        let body = "schema {\n  query: Query\n}\n\n\
                    type Query {\n  issue(id: ID!): Issue\n}\n\n\
                    type Issue {\n  id: ID!\n}\n";
        for text in [&files.linear, &files.client] {
            let (header, rest) = text.split_once("\n\n").unwrap();
            assert!(header.lines().all(|line| line.starts_with("# ")));
            assert_eq!(rest, body);
        }
    }

    #[test]
    fn a_result_that_is_no_valid_schema_is_refused() {
        let hollow = "type Query { issue: Issue } type Issue { old: Int @deprecated }";
        let errors = files("query issue\nkeep Issue", hollow).err().unwrap();
        assert!(errors.iter().any(|e| e.contains("`Issue`")), "{errors:?}");
    }

    #[test]
    fn a_required_input_field_that_is_not_kept_is_refused() {
        let published = "type Query { issues(filter: Filter!): Int }
            input Filter { id: ID needed: Other! } input Other { id: ID }";
        let errors = files("query issues", published).err().unwrap();
        assert_eq!(errors, ["Filter.needed is required but missing"]);
    }
}

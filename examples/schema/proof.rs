//! The claims about the files under `schema/`, and whether they hold.

use std::error::Error;
use std::fmt;
use std::fs;
use std::path::Path;

use apollo_compiler::Schema;

use crate::documents::{self, Source};
use crate::generate::{self, client_text, parse};
use crate::subset;

/// One claim with everything that speaks against it.
pub struct Proof {
    claim: String,
    breaches: Vec<String>,
}

impl Proof {
    /// A claim that holds when `breaches` is empty.
    pub fn new(claim: impl Into<String>, breaches: Vec<String>) -> Self {
        Self {
            claim: claim.into(),
            breaches,
        }
    }

    /// Whether nothing speaks against the claim.
    pub fn holds(&self) -> bool {
        self.breaches.is_empty()
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.holds() { "ok    " } else { "FAILED" };
        write!(f, "{verdict} {}", self.claim)?;
        for breach in &self.breaches {
            write!(
                f,
                "\n       {}",
                breach.trim_end().replace('\n', "\n       ")
            )?;
        }
        Ok(())
    }
}

/// Proves what can be proved about the package at `root`; more with the text of the published schema than without.
///
/// Errors when a file cannot be read or a schema cannot be parsed: then no claim means anything.
pub fn all(root: &Path, published: Option<&str>) -> Result<Vec<Proof>, Box<dyn Error>> {
    let linear = read(root, "schema/linear.graphql")?;
    let on_disk = read(root, "schema/client.graphql")?;
    let documents = documents::read(&root.join("src/linear/documents"))?;
    let mut proofs = Vec::new();
    if let Some(published) = published {
        let list = read(root, "schema/keep.txt")?;
        proofs.extend(against_published(published, &list, &linear, &documents)?);
    }
    let schema = parse(&linear, "schema/linear.graphql")?;
    let derived = client_text(&schema);
    proofs.push(same("schema/client.graphql", &on_disk, &derived));
    proofs.push(valid(&documents, &linear, "schema/linear.graphql"));
    Ok(proofs)
}

/// The claims that need the published schema.
fn against_published(
    published: &str,
    list: &str,
    linear: &str,
    documents: &[Source],
) -> Result<Vec<Proof>, Box<dyn Error>> {
    let whole = parse(published, "published schema")?;
    let part = parse(linear, "schema/linear.graphql")?;
    let current = match generate::files(list, published) {
        Ok(files) => same("schema/linear.graphql", linear, &files.linear),
        Err(errors) => Proof::new("schema/keep.txt can be met", errors),
    };
    Ok(vec![
        Proof::new(
            "schema/linear.graphql is a subset of the published schema",
            subset::differences(&part, &whole),
        ),
        current,
        valid(documents, published, "the published schema"),
    ])
}

/// The claim that a file is what the tool would write now; the first line that differs speaks against it.
fn same(name: &str, on_disk: &str, expected: &str) -> Proof {
    let breaches = if on_disk == expected {
        Vec::new()
    } else {
        vec![difference(on_disk, expected)]
    };
    Proof::new(format!("{name} is what the tool writes"), breaches)
}

/// The first line in which two texts differ.
fn difference(on_disk: &str, expected: &str) -> String {
    let mut lines = on_disk.lines();
    let mut others = expected.lines();
    let mut number = 0;
    loop {
        number += 1;
        match (lines.next(), others.next()) {
            (None, None) => return "the line ends differ".to_owned(),
            (here, there) if here == there => {}
            (here, there) => {
                let text = |line: Option<&str>| line.unwrap_or("the end of the file").to_owned();
                return format!("line {number} is `{}`, not `{}`", text(here), text(there));
            }
        }
    }
}

/// The claim that every document is valid by the schema `sdl`, which itself must be valid.
fn valid(documents: &[Source], sdl: &str, name: &str) -> Proof {
    let breaches = match Schema::parse_and_validate(sdl, name) {
        Ok(schema) => documents::faults(documents, &schema),
        Err(invalid) => vec![invalid.errors.to_string()],
    };
    let claim = format!("every document ({}) is valid by {name}", documents.len());
    Proof::new(claim, breaches)
}

/// Reads a file of the package; the error names it.
fn read(root: &Path, name: &str) -> Result<String, String> {
    fs::read_to_string(root.join(name)).map_err(|error| format!("{name}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "schema { query: Query } type Query { issue(id: ID!): Issue } type Issue { id: ID! title: String }";
    const LIST: &str = "query issue\nonly Issue id";

    /// A package folder with the files that `list` asks for.
    fn package(list: &str) -> tempfile::TempDir {
        let files = generate::files(list, WHOLE).unwrap();
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("schema")).unwrap();
        fs::create_dir_all(root.path().join("src/linear/documents")).unwrap();
        write(&root, "schema/keep.txt", list);
        write(&root, "schema/linear.graphql", &files.linear);
        write(&root, "schema/client.graphql", &files.client);
        root
    }

    fn write(root: &tempfile::TempDir, name: &str, text: &str) {
        fs::write(root.path().join(name), text).unwrap();
    }

    /// The claims that do not hold, as printed.
    fn failures(root: &Path, published: Option<&str>) -> Vec<String> {
        let proofs = all(root, published).unwrap();
        let failed = proofs.iter().filter(|proof| !proof.holds());
        failed.map(Proof::to_string).collect()
    }

    #[test]
    fn the_files_of_this_package_hold() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(failures(root, None), Vec::<String>::new());
    }

    #[test]
    fn a_current_package_proves_every_claim() {
        let root = package(LIST);
        write(
            &root,
            "src/linear/documents/issue.graphql",
            "query I { issue(id: 1) { id } }",
        );
        let proofs = all(root.path(), Some(WHOLE)).unwrap();
        let lines: Vec<String> = proofs.iter().map(Proof::to_string).collect();
        assert_eq!(
            lines,
            [
                "ok     schema/linear.graphql is a subset of the published schema",
                "ok     schema/linear.graphql is what the tool writes",
                "ok     every document (1) is valid by the published schema",
                "ok     schema/client.graphql is what the tool writes",
                "ok     every document (1) is valid by schema/linear.graphql",
            ]
        );
    }

    #[test]
    fn a_document_outside_the_kept_part_fails_there_alone() {
        let root = package(LIST);
        write(
            &root,
            "src/linear/documents/issue.graphql",
            "query I { issue(id: 1) { title } }",
        );
        let failures = failures(root.path(), Some(WHOLE));
        assert_eq!(failures.len(), 1);
        let failure = failures.first().unwrap();
        assert!(failure.starts_with("FAILED every document (1) is valid by schema/linear.graphql"));
        assert!(failure.contains("issue.graphql:1"), "{failure}");
        assert!(failure.contains("`title`"), "{failure}");
    }

    #[test]
    fn a_changed_list_makes_the_file_stale() {
        let root = package(LIST);
        write(&root, "schema/keep.txt", "query issue\nkeep Issue");
        assert_eq!(
            failures(root.path(), Some(WHOLE)),
            [
                "FAILED schema/linear.graphql is what the tool writes\n       \
              line 14 is `}`, not `  title: String`"
            ]
        );
    }

    #[test]
    fn a_file_changed_by_hand_is_found() {
        let root = package(LIST);
        let client = read(root.path(), "schema/client.graphql").unwrap();
        write(&root, "schema/client.graphql", &(client + "scalar Mine\n"));
        assert_eq!(
            failures(root.path(), None),
            [
                "FAILED schema/client.graphql is what the tool writes\n       \
              line 15 is `scalar Mine`, not `the end of the file`"
            ]
        );
    }

    #[test]
    fn a_published_schema_that_moved_on_breaks_the_subset() {
        let root = package(LIST);
        let moved = WHOLE.replace("id: ID! title", "id: String! title");
        let failures = failures(root.path(), Some(&moved));
        assert!(
            failures.contains(
                &"FAILED schema/linear.graphql is a subset of the published schema\n       \
              Issue.id is String!, not ID!"
                    .to_owned()
            )
        );
    }

    #[test]
    fn a_missing_file_is_named() {
        let root = package(LIST);
        fs::remove_file(root.path().join("schema/client.graphql")).unwrap();
        let error = all(root.path(), None).err().unwrap();
        assert!(error.to_string().starts_with("schema/client.graphql: "));
    }
}

//! The claims about the files under `schema/` and about the client's documents, and whether they hold.

use std::error::Error;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};

use crate::generate::{self, client_text, parse};
use crate::subset;

/// A claim and its breaches.
pub struct Proof {
    claim: String,
    breaches: Vec<String>,
}

impl Proof {
    /// Returns a claim that holds when `breaches` is empty.
    pub fn new(claim: impl Into<String>, breaches: Vec<String>) -> Self {
        Self {
            claim: claim.into(),
            breaches,
        }
    }

    /// Returns whether the claim has no breaches.
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

/// Checks the claims about the package at `root`. Some claims need the text of the published schema.
///
/// Errors when a file cannot be read or a schema cannot be parsed, because then no claim can be checked.
pub fn all(root: &Path, published: Option<&str>) -> Result<Vec<Proof>, Box<dyn Error>> {
    let linear = read(root, "schema/linear.graphql")?;
    let on_disk = read(root, "schema/client.graphql")?;
    let documents = read_documents(&root.join("src/linear/documents"))?;
    let mut proofs = Vec::new();
    if let Some(published) = published {
        let list = read(root, "schema/keep.txt")?;
        proofs.extend(against_published(published, &list, &linear, &documents)?);
    }
    let schema = parse(&linear, "schema/linear.graphql")?;
    let derived = client_text(&schema);
    proofs.push(is_current("schema/client.graphql", &on_disk, &derived));
    proofs.push(documents_are_valid(
        &documents,
        &linear,
        "schema/linear.graphql",
    ));
    Ok(proofs)
}

/// Checks the claims that need the published schema.
fn against_published(
    published: &str,
    list: &str,
    linear: &str,
    documents: &[Source],
) -> Result<Vec<Proof>, Box<dyn Error>> {
    let whole = parse(published, "published schema")?;
    let part = parse(linear, "schema/linear.graphql")?;
    let current = match generate::files(list, published) {
        Ok(files) => is_current("schema/linear.graphql", linear, &files.linear),
        Err(errors) => Proof::new("schema/keep.txt can be met", errors),
    };
    Ok(vec![
        Proof::new(
            "schema/linear.graphql is a subset of the published schema",
            subset::differences(&part, &whole),
        ),
        current,
        documents_are_valid(documents, published, "the published schema"),
    ])
}

/// Checks the claim that a file is what the tool writes. The breach is the first line that differs.
fn is_current(name: &str, on_disk: &str, expected: &str) -> Proof {
    let breaches = if on_disk == expected {
        Vec::new()
    } else {
        vec![first_difference(on_disk, expected)]
    };
    Proof::new(format!("{name} is what the tool writes"), breaches)
}

/// Returns the first line in which two texts differ.
fn first_difference(on_disk: &str, expected: &str) -> String {
    let mut lines = on_disk.lines();
    let mut expected_lines = expected.lines();
    let mut number = 0;
    loop {
        number += 1;
        match (lines.next(), expected_lines.next()) {
            (None, None) => return "the line ends differ".to_owned(),
            (found, expected) if found == expected => {}
            (found, expected) => {
                let text = |line: Option<&str>| line.unwrap_or("the end of the file").to_owned();
                return format!(
                    "line {number} is `{}`, not `{}`",
                    text(found),
                    text(expected)
                );
            }
        }
    }
}

/// Checks the claim that every document is valid by the schema `sdl`. That the schema is not valid is a breach, too.
fn documents_are_valid(documents: &[Source], sdl: &str, name: &str) -> Proof {
    let breaches = match Schema::parse_and_validate(sdl, name) {
        Ok(schema) => invalid_documents(documents, &schema),
        Err(invalid) => vec![invalid.errors.to_string()],
    };
    let claim = format!("every document ({}) is valid by {name}", documents.len());
    Proof::new(claim, breaches)
}

/// Reads a file of the package. The error names the file.
fn read(root: &Path, name: &str) -> Result<String, String> {
    fs::read_to_string(root.join(name)).map_err(|error| format!("{name}: {error}"))
}

/// A document of the client: its file name and its text.
struct Source {
    name: String,
    text: String,
}

/// Returns the `.graphql` files of `folder`, sorted by name; none when the folder does not exist.
///
/// Errors when a file cannot be read.
fn read_documents(folder: &Path) -> io::Result<Vec<Source>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut paths = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<Vec<PathBuf>>>()?;
    paths.retain(|path| path.extension().is_some_and(|e| e == "graphql"));
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            Ok(Source {
                text: fs::read_to_string(&path)?,
                name: path
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
            })
        })
        .collect()
}

/// Returns the reports of the validator on documents that are not valid by `schema`, each with file and line.
fn invalid_documents(documents: &[Source], schema: &Valid<Schema>) -> Vec<String> {
    documents
        .iter()
        .filter_map(|document| {
            ExecutableDocument::parse_and_validate(schema, &document.text, &document.name)
                .err()
                .map(|invalid| invalid.errors.to_string())
        })
        .collect()
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

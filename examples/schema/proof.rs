//! The claims about the files under `schema/`, and whether they hold.

use std::error::Error;
use std::fmt;
use std::fs;
use std::path::Path;

use apollo_compiler::Schema;

use crate::documents::{self, Source};
use crate::{client, client_text, generate, parse, subset};

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
    let derived = client_text(&client::client(&schema));
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
    let current = match generate(list, published) {
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
    let claim = format!("{} documents are valid by {name}", documents.len());
    Proof::new(claim, breaches)
}

/// Reads a file of the package; the error names it.
fn read(root: &Path, name: &str) -> Result<String, String> {
    fs::read_to_string(root.join(name)).map_err(|error| format!("{name}: {error}"))
}

//! Proves that the client's documents are valid.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};

/// A document of the client: its file name and its text.
pub struct Source {
    name: String,
    text: String,
}

/// The `.graphql` files of `folder`, by name; none when the folder does not exist.
///
/// Errors when a file cannot be read.
pub fn read(folder: &Path) -> io::Result<Vec<Source>> {
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

/// What is invalid in `sources` by the rules of `schema`: the validator's reports, each with file and line.
pub fn faults(sources: &[Source], schema: &Valid<Schema>) -> Vec<String> {
    sources
        .iter()
        .filter_map(|source| {
            ExecutableDocument::parse_and_validate(schema, &source.text, &source.name)
                .err()
                .map(|invalid| invalid.errors.to_string())
        })
        .collect()
}

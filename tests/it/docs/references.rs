//! What comments and pages refer to is in this repository: every Markdown file that they name, and every heading of it.

use std::fs;
use std::path::{Path, PathBuf};

/// The text files below a folder whose comments or sentences may refer to a page.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path
            .extension()
            .is_some_and(|kind| kind == "rs" || kind == "md" || kind == "graphql")
        {
            found.push(path);
        }
    }
}

/// The page of that name: below the repository's root, below `src`, or beside the file that refers to it.
fn page(root: &Path, from: &Path, name: &str) -> Option<String> {
    [root.to_owned(), root.join("src"), from.parent()?.to_owned()]
        .iter()
        .find_map(|folder| fs::read_to_string(folder.join(name)).ok())
}

/// Whether the page has a heading of that number (`1.2`) or of that name.
fn has_heading(page: &str, heading: &str) -> bool {
    let headings = page.lines().filter(|line| line.starts_with('#'));
    let mut headings = headings.map(|line| line.trim_start_matches('#').trim());
    headings.any(|title| {
        let number = title.split(' ').next().unwrap_or_default();
        title == heading || number.trim_end_matches('.') == heading
    })
}

/// The pages in backquotes that a text refers to, each with the number (`§1.2`) or name (`, "Names"`) of a heading
/// behind it. Comments break anywhere, so lines are joined first.
fn references(text: &str) -> Vec<(String, Option<String>)> {
    let words: Vec<&str> = text
        .lines()
        .map(|line| line.trim_start().trim_start_matches(['/', '!', '#']).trim())
        .collect();
    let text = words.join(" ");
    let mut found = Vec::new();
    for (at, _) in text.match_indices(".md`") {
        let Some(begin) = text[..at].rfind('`') else {
            continue;
        };
        let name = format!("{}.md", &text[begin + 1..at]);
        if !name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c))
        {
            continue;
        }
        let behind = &text[at + ".md`".len()..];
        let number = behind.strip_prefix(" §").map(|rest| {
            let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'));
            rest[..end.unwrap_or(rest.len())].trim_end_matches('.')
        });
        let title = behind
            .strip_prefix(", \"")
            .and_then(|rest| rest.split_once('"'));
        let heading = number.or(title.map(|(title, _)| title));
        found.push((name, heading.map(str::to_owned)));
    }
    found
}

#[test]
fn every_page_and_heading_that_is_referred_to_is_here() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = vec![root.join("README.md")];
    for folder in ["src", "tests", "examples", "schema"] {
        files(&root.join(folder), &mut paths);
    }
    let (mut received, mut missing) = (0, Vec::new());
    for path in paths {
        for (name, heading) in references(&fs::read_to_string(&path).unwrap()) {
            received += 1;
            let shown = path.strip_prefix(root).unwrap().display();
            match (page(root, &path, &name), heading) {
                (None, _) => missing.push(format!("{shown}: there is no {name}")),
                (Some(page), Some(heading)) if !has_heading(&page, &heading) => {
                    missing.push(format!("{shown}: {name} has no heading {heading:?}"));
                }
                _ => {}
            }
        }
    }
    assert!(received > 100, "{received}");
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn references_are_found_across_lines_with_their_headings() {
    let text = "/// One (`linear/api.md`\n/// §1.2) and `contract.md`,\n/// \"Common parameters\"; `README.md`.";
    let found = references(text);
    let expected = [
        ("linear/api.md", Some("1.2")),
        ("contract.md", Some("Common parameters")),
        ("README.md", None),
    ];
    let expected = expected.map(|(name, heading)| (name.to_owned(), heading.map(str::to_owned)));
    assert_eq!(found, expected);
}

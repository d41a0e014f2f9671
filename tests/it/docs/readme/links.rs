//! The links of all pages: contents list every section, and every relative link names a file and a heading that exist.

use std::fs;
use std::path::{Path, PathBuf};

use super::{page, pages};

/// A heading as GitHub makes an anchor of it.
fn anchor(heading: &str) -> String {
    let kept = heading
        .to_lowercase()
        .replace(|c: char| !c.is_alphanumeric() && !" -_".contains(c), "");
    kept.trim().replace(' ', "-")
}

/// The lines of a Markdown text that are not in a fenced block.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        !inside && !fence
    })
}

/// The anchors of the headings that begin with these signs, and a space behind them.
fn anchors(text: &str, signs: &[&str]) -> Vec<String> {
    let headings = prose(text).filter_map(|line| {
        let (sign, heading) = line.split_once(' ')?;
        signs.contains(&sign).then(|| anchor(heading))
    });
    headings.collect()
}

/// The targets of the links in a text, those to other hosts left out.
fn targets(text: &str) -> Vec<String> {
    let prose: Vec<&str> = prose(text).collect();
    let prose = prose.join("\n");
    let links = prose.split("](").skip(1);
    links
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target.to_owned())
        .filter(|target| !target.starts_with("http"))
        .collect()
}

/// What is wrong with a link on a page at this path; none where it leads somewhere.
fn broken(root: &Path, path: &Path, target: &str) -> Option<String> {
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    let linked = if file.is_empty() {
        root.join(path)
    } else {
        root.join(path).parent()?.join(file)
    };
    if !linked.exists() {
        return Some(format!("{}: there is no {target}", path.display()));
    }
    if heading.is_empty() {
        return None;
    }
    let text = fs::read_to_string(&linked).unwrap_or_default();
    let known = anchors(&text, &["#", "##", "###", "####"]);
    (!known.iter().any(|name| name == heading))
        .then(|| format!("{}: {target} has no such heading", path.display()))
}

/// Every Markdown file below a folder, by its path below the root.
fn markdown(root: &Path, folder: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(root.join(folder)).unwrap() {
        let path = entry.unwrap().path();
        let below = path.strip_prefix(root).unwrap();
        if path.is_dir() {
            markdown(root, below.to_str().unwrap(), found);
        } else if path.extension().is_some_and(|kind| kind == "md") {
            found.push(below.to_owned());
        }
    }
}

#[test]
fn every_relative_link_leads_to_a_file_and_a_heading() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = vec![PathBuf::from("README.md"), "tests/fuzz/README.md".into()];
    for folder in ["examples", ".github", ".plugin"] {
        markdown(root, folder, &mut paths);
    }
    let (mut links, mut wrong) = (0, Vec::new());
    for path in paths {
        for target in targets(&fs::read_to_string(root.join(&path)).unwrap()) {
            links += 1;
            wrong.extend(broken(root, &path, &target));
        }
    }
    assert!(links > 60, "{links}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_link_to_no_file_or_to_no_heading_is_found() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let from = Path::new("examples/README.md");
    let leads = [
        "../README.md",
        "SETUP.md#the-key",
        "#examples",
        "create_issue.yaml",
    ];
    for target in leads {
        assert_eq!(broken(root, from, target), None);
    }
    for target in [
        "README.markdown",
        "SETUP.md#the-keys",
        "#nothing",
        "examples/SETUP.md",
    ] {
        assert!(broken(root, from, target).is_some(), "{target}");
    }
}

#[test]
fn contents_list_every_section_in_its_order() {
    let mut received = 0;
    for path in pages() {
        let text = page(&path);
        let Some((_, rest)) = text.split_once("Contents: ") else {
            continue;
        };
        let (contents, _) = rest.split_once("\n\n").unwrap();
        let listed: Vec<String> = targets(contents)
            .iter()
            .map(|target| target.trim_start_matches('#').to_owned())
            .collect();
        assert_eq!(listed, anchors(&text, &["##"]), "{path}");
        received += 1;
    }
    assert!(received >= 4, "{received}");
}

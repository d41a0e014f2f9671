//! The subagent's file as `setup` places it, and how `setup` recognises a file that it placed.

use crate::cli::claude_code::{SERVER, agent, front_matter, tool};
use crate::session::digest;

/// The file for a server with the default name, which users may also copy by hand.
const EXAMPLE: &str = include_str!("../../../examples/agents/linear-ops-agent.md");

/// The beginning of the comment by which a placed file is recognised. The comment is in the front matter, which models do not see.
const COMMENT: &str = "# Placed by linear-ops setup ";

/// The state of an existing file in the place of the subagent's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileState {
    /// The file has the text that would be placed.
    Current {
        /// Whether the file has the comment, so that `setup` placed it.
        is_placed: bool,
    },
    /// Another version of `setup` placed the file, and nobody has edited the file since.
    Outdated,
    /// Somebody else wrote or edited the file.
    Foreign,
}

/// The text of the subagent's file for a server of that name, with the comment.
pub(super) fn text(server: &str) -> String {
    with_comment(&plain_text(server))
}

/// Returns the state of the existing file in the place of the subagent of that server.
pub(super) fn file_state(existing: &str, server: &str) -> FileState {
    // Git may have converted the line breaks on the way to this machine.
    let existing = existing.replace("\r\n", "\n");
    if existing == plain_text(server) {
        return FileState::Current { is_placed: false };
    }
    let plain = without_comment(&existing);
    if read_comment(&existing).is_none_or(|comment| comment.checksum != checksum(&plain)) {
        FileState::Foreign
    } else if plain == plain_text(server) {
        FileState::Current { is_placed: true }
    } else {
        FileState::Outdated
    }
}

/// The version of this program that placed a file, and whether the file is unedited since; `None` where `setup` did not place the
/// file.
pub(in crate::cli) fn placed_by(text: &str) -> Option<(String, bool)> {
    let text = text.replace("\r\n", "\n");
    let comment = read_comment(&text)?;
    let is_unedited = comment.checksum == checksum(&without_comment(&text));
    Some((comment.version.to_owned(), is_unedited))
}

/// The text of the subagent's file without the comment: the example with the names of that server. For the default name, the example
/// is used unchanged; it also names the tool of the plugin, which belongs to the same workspace.
fn plain_text(server: &str) -> String {
    if server == SERVER {
        return EXAMPLE.to_owned();
    }
    let front = front_matter(EXAMPLE).unwrap_or_default();
    let body = EXAMPLE
        .split_once(front)
        .map(|(_, body)| body)
        .unwrap_or_default();
    let front: String = front
        .lines()
        .map(|line| match line.split_once(':') {
            Some(("name", _)) => format!("name: {}\n", agent(server)),
            Some(("tools", _)) => format!("tools: {}\n", tool(server)),
            _ => format!("{line}\n"),
        })
        .collect();
    format!("---\n{front}{body}")
}

/// The comment in a placed file.
struct Comment<'t> {
    version: &'t str,
    checksum: &'t str,
}

/// Adds the comment after the first line of a text.
fn with_comment(text: &str) -> String {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let version = env!("CARGO_PKG_VERSION");
    let checksum = checksum(text);
    format!(
        "{first}\n{COMMENT}{version} ({checksum}); it leaves the file alone once that is edited\n{rest}"
    )
}

/// Reads the comment in the second line of a text.
fn read_comment(text: &str) -> Option<Comment<'_>> {
    let line = text.lines().nth(1)?.strip_prefix(COMMENT)?;
    let (version, rest) = line.split_once(" (")?;
    let (checksum, _) = rest.split_once(')')?;
    Some(Comment { version, checksum })
}

/// Returns a text without the comment in its second line.
fn without_comment(text: &str) -> String {
    let lines = text.split_inclusive('\n').enumerate();
    lines
        .filter(|(index, line)| *index != 1 || !line.starts_with(COMMENT))
        .map(|(_, line)| line)
        .collect()
}

/// The checksum that shows whether a file was edited. It need not be safe against forgery, because nobody gains anything by a forged
/// checksum.
fn checksum(text: &str) -> String {
    format!("{:016x}", digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placed_file_is_known_again_until_it_is_edited() {
        for server in ["linear-ops", "linear-work"] {
            let text = text(server);
            let placed = FileState::Current { is_placed: true };
            assert_eq!(file_state(&text, server), placed);
            assert_eq!(file_state(&text.replace('\n', "\r\n"), server), placed);
            let copied = FileState::Current { is_placed: false };
            assert_eq!(file_state(&plain_text(server), server), copied);
            let edited = text.replace("haiku", "sonnet");
            assert_eq!(file_state(&edited, server), FileState::Foreign);
            let outdated = with_comment(&plain_text(server).replace("haiku", "sonnet"));
            assert_eq!(file_state(&outdated, server), FileState::Outdated);
            assert_eq!(file_state("", server), FileState::Foreign);
            let version = env!("CARGO_PKG_VERSION").to_owned();
            assert_eq!(placed_by(&text), Some((version.clone(), true)));
            assert_eq!(placed_by(&edited), Some((version, false)));
        }
    }

    #[test]
    fn the_names_of_another_server_are_its_own() {
        let text = text("linear-work");
        let front = front_matter(&text).unwrap();
        assert!(front.contains("\nname: linear-work-agent\n"), "{front}");
        assert!(
            front.contains("\ntools: mcp__linear-work__linear\n"),
            "{front}"
        );
        assert!(!text.contains("linear-ops_"), "{text}");
        assert!(!text.contains("mcp__linear-ops"), "{text}");
    }

    #[test]
    fn the_comment_is_all_that_is_added() {
        assert_eq!(without_comment(&text("linear-ops")), EXAMPLE);
        assert!(
            front_matter(&text("linear-ops"))
                .unwrap()
                .starts_with(COMMENT)
        );
    }
}

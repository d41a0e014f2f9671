//! The subagent's file as `setup` places it, and how it knows a file of its own again.

use crate::cli::claude_code::{SERVER, agent, front_matter, tool};
use crate::session::digest;

/// The file that users copy by hand, for the server under its own name.
const EXAMPLE: &str = include_str!("../../../examples/agents/linear-ops-agent.md");

/// How the comment begins by which a placed file is known. It stands in the front matter, which no model gets to see.
const MARK: &str = "# Placed by linear-ops setup ";

/// What a file is that lies where the subagent's belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// The text that would be placed, with or without the comment.
    Current {
        /// Whether it has the comment, so that `setup` placed it.
        is_placed: bool,
    },
    /// Placed by `setup` of another version, and not edited since.
    Former,
    /// Somebody else's, or edited.
    Foreign,
}

/// The file for a server of that name.
pub(super) fn text(server: &str) -> String {
    mark(&unmarked(server))
}

/// What the file is that lies where the subagent of that server belongs.
pub(super) fn standing(existing: &str, server: &str) -> Standing {
    // Git may have changed the ends of lines on the way to this machine.
    let existing = existing.replace("\r\n", "\n");
    if existing == unmarked(server) {
        return Standing::Current { is_placed: false };
    }
    let plain = without_mark(&existing);
    if mark_of(&existing).is_none_or(|mark| mark.checksum != checksum(&plain)) {
        Standing::Foreign
    } else if plain == unmarked(server) {
        Standing::Current { is_placed: true }
    } else {
        Standing::Former
    }
}

/// The version of this program that placed a file, and whether the file is still as it was placed.
pub(in crate::cli) fn placed_by(text: &str) -> Option<(String, bool)> {
    let text = text.replace("\r\n", "\n");
    let mark = mark_of(&text)?;
    let is_whole = mark.checksum == checksum(&without_mark(&text));
    Some((mark.version.to_owned(), is_whole))
}

/// The example, with the names of that server. Under the server's own name it stays as it is: it names the plugin's tool
/// as well, which belongs to the same workspace.
fn unmarked(server: &str) -> String {
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

struct Mark<'t> {
    version: &'t str,
    checksum: &'t str,
}

/// The text with the comment behind its first line.
fn mark(text: &str) -> String {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let version = env!("CARGO_PKG_VERSION");
    let checksum = checksum(text);
    format!(
        "{first}\n{MARK}{version} ({checksum}); it leaves the file alone once that is edited\n{rest}"
    )
}

fn mark_of(text: &str) -> Option<Mark<'_>> {
    let line = text.lines().nth(1)?.strip_prefix(MARK)?;
    let (version, rest) = line.split_once(" (")?;
    let (checksum, _) = rest.split_once(')')?;
    Some(Mark { version, checksum })
}

fn without_mark(text: &str) -> String {
    let lines = text.split_inclusive('\n').enumerate();
    lines
        .filter(|(index, line)| *index != 1 || !line.starts_with(MARK))
        .map(|(_, line)| line)
        .collect()
}

/// What tells an edited file from one that is not; nobody gains by forging it.
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
            let placed = Standing::Current { is_placed: true };
            assert_eq!(standing(&text, server), placed);
            assert_eq!(standing(&text.replace('\n', "\r\n"), server), placed);
            let copied = Standing::Current { is_placed: false };
            assert_eq!(standing(&unmarked(server), server), copied);
            let edited = text.replace("haiku", "sonnet");
            assert_eq!(standing(&edited, server), Standing::Foreign);
            let former = mark(&unmarked(server).replace("haiku", "sonnet"));
            assert_eq!(standing(&former, server), Standing::Former);
            assert_eq!(standing("", server), Standing::Foreign);
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
        assert_eq!(without_mark(&text("linear-ops")), EXAMPLE);
        assert!(front_matter(&text("linear-ops")).unwrap().starts_with(MARK));
    }
}

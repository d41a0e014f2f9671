//! The arguments of the command line, as clap reads them, and the texts of `--help`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::claude_code::SERVER;
use super::registration::KEYS;
use super::{DONE, FAILED, NO_KEY, UsageError, WRONG_USAGE};
use crate::engine::catalog::{self, Toolset};
use crate::settings::{Listing, TABLE};
use crate::text::secret::redact;

/// The exit codes with their meanings.
pub(super) const EXIT_CODES: [(u8, &str); 4] = [
    (DONE, "All was done."),
    (
        FAILED,
        "A request failed, or doctor found something that does not work.",
    ),
    (
        WRONG_USAGE,
        "Nothing was done: the arguments, a file or the environment cannot be used. A server starts all the same when it is the environment, and tells its client.",
    ),
    (
        NO_KEY,
        "A request or the doctor failed because there is no key, or none that Linear accepts.",
    ),
];

/// Examples of command lines, each with its effect.
pub(super) const EXAMPLES: &str = "\
  linear-ops                              the MCP server, as an MCP client starts it
  linear-ops --sandbox                    the same over a stand-in for Linear: no key, no network
  linear-ops run request.yaml             one or more requests from a file
  echo list_teams | linear-ops run        from standard input
  linear-ops help get_issue               what an operation takes and does
  linear-ops setup                        registers the server and its subagent with Claude Code
  linear-ops doctor                       whether all is well, and what to do where it is not
";

const SETUP_EXAMPLES: &str = "\
It registers the server, places the subagent's file, allows the subagent its one tool, and asks the doctor. It shows
every change, writes no key anywhere, and changes nothing where all is as it should be. Without --tools and --read-only
the arguments of a server that is registered already are kept. --remove takes away what it made, and nothing else.
Exit code: that of the doctor; 2 when nothing could be set up.

Examples:
  linear-ops setup --dry-run              what it would change
  linear-ops setup                        for you, in every folder
  linear-ops setup --scope project        for everybody who works in this folder
  linear-ops setup --name linear-work --env 'LINEAR_API_KEY=${LINEAR_WORK_API_KEY}'
                                          a second workspace, with the subagent linear-work-agent
  linear-ops setup --client codex         what another client has to be told
  linear-ops setup --remove
";

const RUN_EXAMPLES: &str = "\
Several requests in one file or stream are parted by lines of ---; they run in order, and their envelopes are parted
in the same way. Where one has an `as: NAME`, they are one batch, and the others may use its results: ${NAME.id}.
Exit code: 0 when all succeeded, 1 when one failed, 2 when nothing could be run, 4 when there is no key or Linear does
not accept it.

Examples:
  linear-ops run --sandbox request.yaml
  printf 'operation: list_issues\\nparams: {team: ENG, limit: 5}\\n' | linear-ops run -
";

const DOCTOR_EXAMPLES: &str = "\
It sends two requests to Linear: what the key may see, and a change to something that does not exist, which Linear
declines in one way when the key may write and in another when it may not. With --read-only the second is not sent.
Of Claude Code it looks at every place in which servers are registered, the subagent, and the permission rules. A
server that you registered is started as it is registered, and asked for its tools. Of what a folder's .mcp.json
registers, nothing is run but this very program, without a key.
Exit code: 0 when nothing failed, warnings included; 1 when something failed; 2 on wrong usage; 4 when there is no key
or Linear does not accept it.

Examples:
  linear-ops doctor
  linear-ops doctor --sandbox             the same without a key, over a stand-in for Linear
  linear-ops doctor --json                for programs: a list of {level, subject, text}
";

const SANDBOX_EXAMPLES: &str = "\
Examples:
  linear-ops sandbox
  LINEAR_API_URL=http://127.0.0.1:8686/graphql LINEAR_API_KEY=lin_api_sandbox linear-ops run request.yaml
";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  linear-ops completions bash > ~/.local/share/bash-completion/completions/linear-ops
  linear-ops completions zsh > \"${fpath[1]}/_linear-ops\"
  linear-ops completions fish > ~/.config/fish/completions/linear-ops.fish
";

const MAN_EXAMPLES: &str = "\
Examples:
  linear-ops man > ~/.local/share/man/man1/linear-ops.1
  linear-ops man | man -l -
";

const HELP_EXAMPLES: &str = "\
Examples:
  linear-ops help                         all operations
  linear-ops help labels                  the operations of a toolset
  linear-ops help create_issue            one operation: parameters, example, effect
  linear-ops help codes                   the error codes
";

/// Linear for agents: YAML requests in, one structured envelope out
#[derive(Clone, Debug, Parser)]
#[command(
    name = "linear-ops",
    version = env!("VERSION_WITH_COMMIT"),
    propagate_version = true,
    disable_help_subcommand = true,
    args_conflicts_with_subcommands = true
)]
pub struct Arguments {
    /// The command; `serve` when there is none.
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) serve: Serve,
}

#[derive(Clone, Debug, Subcommand)]
pub(super) enum Command {
    /// The MCP server on standard input and output (what runs without a command, too)
    Serve(Serve),
    /// Runs YAML requests from files or standard input and prints their envelopes
    #[command(after_help = RUN_EXAMPLES)]
    Run {
        /// Files of requests; `-`, or none, is standard input
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Print each envelope as one line of JSON instead of YAML
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        access: Access,
    },
    /// Registers the server and its subagent with Claude Code, or says how with another client
    #[command(after_help = SETUP_EXAMPLES)]
    Setup(Setup),
    /// Checks settings, key, connection, permissions, registration, subagent and more, and says what to do
    #[command(after_help = DOCTOR_EXAMPLES)]
    Doctor {
        #[command(flatten)]
        access: Access,
        /// Print the findings as JSON
        #[arg(long)]
        json: bool,
    },
    /// A stand-in for Linear over HTTP on this machine, to try things and to test other tools against
    #[command(after_help = SANDBOX_EXAMPLES)]
    Sandbox {
        /// Where to listen: an address of this machine's own, and a port (0 is any that is free)
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8686")]
        listen: String,
        /// Serve this GraphQL schema instead of the part of Linear's that is built in
        #[arg(long, value_name = "FILE")]
        schema: Option<PathBuf>,
    },
    /// Explains an operation, or lists those of a toolset; without a name, lists them all
    #[command(after_help = HELP_EXAMPLES)]
    Help {
        /// An operation, a toolset, a command, or `codes`
        #[arg(value_name = "OPERATION")]
        topic: Option<String>,
    },
    /// Prints a script that completes command lines in a shell
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// The shell
        #[arg(value_name = "SHELL")]
        shell: Shell,
    },
    /// Prints the manual page
    #[command(after_help = MAN_EXAMPLES)]
    Man,
}

#[derive(Args, Clone, Debug, Default)]
pub(super) struct Serve {
    #[command(flatten)]
    pub access: Access,
    /// Which tools are listed: toolsets (core, issues, labels, projects, documents, comments, …, all, yaml) and
    /// operations parted by commas. What is not listed can be called all the same: LINEAR_OPS_OPERATIONS and
    /// LINEAR_OPS_DENY keep operations from running [env: LINEAR_OPS_TOOLS] [default: core]
    #[arg(long, value_name = "LIST", value_parser = listing)]
    pub tools: Option<Listing>,
}

#[derive(Args, Clone, Debug, Default)]
pub(super) struct Access {
    /// Use a stand-in for Linear inside this process: no key, no network, nothing kept
    #[arg(long)]
    pub sandbox: bool,
    /// Refuse every operation that writes [env: LINEAR_OPS_READ_ONLY]
    #[arg(long)]
    pub read_only: bool,
}

/// The options of `setup`.
#[derive(Args, Clone, Debug)]
pub(super) struct Setup {
    /// The client; for any but Claude Code the command or file is printed, and nothing is written
    #[arg(long, value_enum, default_value_t = Client::Claude)]
    pub client: Client,
    /// For you in every folder, or for everybody who works in this one
    #[arg(long, value_enum, default_value_t = Scope::User)]
    pub scope: Scope,
    /// The server's name; the subagent is called NAME-agent
    #[arg(long, default_value = SERVER, value_parser = server_name)]
    pub name: String,
    /// Which tools the server lists: toolsets (core, issues, …, all, yaml) and operations parted by commas [default for a
    /// new server: yaml]
    #[arg(long, value_name = "LIST", value_parser = listing)]
    pub tools: Option<Listing>,
    /// Let the server refuse every operation that writes
    #[arg(long)]
    pub read_only: bool,
    /// A setting of this server alone. A key is given as a reference to another variable: 'LINEAR_API_KEY=${MY_KEY}'
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    pub variables: Vec<(String, String)>,
    /// Install the plugin, by `claude plugin`, instead of registering the server
    #[arg(long, conflicts_with_all = ["client", "name", "tools", "read_only", "variables"])]
    pub plugin: bool,
    /// Take away what was set up
    #[arg(long, conflicts_with_all = ["tools", "read_only", "variables"])]
    pub remove: bool,
    /// Replace, or remove, also what is not known to be of this program
    #[arg(long)]
    pub force: bool,
    /// Show what would be changed, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// A program that starts MCP servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Client {
    Claude,
    Codex,
    Gemini,
    Opencode,
    Cursor,
    Vscode,
}

/// For whom the server is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Scope {
    User,
    Project,
}

impl Setup {
    /// The arguments that a newly registered server is started with.
    pub fn args(&self) -> Vec<String> {
        let tools = self.tools.as_ref().map(ToString::to_string);
        let tools = tools.unwrap_or_else(|| "yaml".to_owned());
        let mut args = vec!["--tools".to_owned(), tools];
        if self.read_only {
            args.push("--read-only".to_owned());
        }
        args
    }
}

/// The result of parsing a command line.
#[derive(Debug)]
pub(super) enum ParsedLine {
    /// The arguments of a command to carry out.
    Arguments(Box<Arguments>),
    /// A text to print: help or the version.
    Text(String),
    /// The error of a command line that is not understood.
    Misuse(String),
}

/// Parses a command line, the program's name first.
pub(super) fn parse(args: impl IntoIterator<Item = OsString>) -> ParsedLine {
    let parsed = command()
        .try_get_matches_from(args)
        .and_then(|matches| Arguments::from_arg_matches(&matches));
    match parsed {
        Ok(arguments) => ParsedLine::Arguments(Box::new(arguments)),
        Err(error) => {
            let text = error.render().to_string();
            // The name of an operation may have been given in place of a command.
            let entry = match error.get(ContextKind::InvalidSubcommand) {
                Some(ContextValue::String(name)) => catalog::get(name),
                _ => None,
            };
            match (error.kind(), entry) {
                (ErrorKind::DisplayHelp | ErrorKind::DisplayVersion, _) => ParsedLine::Text(text),
                (_, Some(entry)) => {
                    let name = entry.spec.name;
                    let request: String = entry
                        .example
                        .lines()
                        .map(|line| format!("  {line}\n"))
                        .collect();
                    ParsedLine::Misuse(format!(
                        "{name} is an operation, not a command. linear-ops help {name} explains it, and linear-ops run runs a request for it, \
                         from a file or standard input:\n\n{request}"
                    ))
                }
                _ => ParsedLine::Misuse(text.trim_start_matches("error: ").to_owned()),
            }
        }
    }
}

/// Returns the script that completes command lines in a shell, the names of operations and toolsets included.
///
/// # Errors
/// When the script is not text.
pub(super) fn completions(shell: Shell) -> Result<String, UsageError> {
    let names = catalog::TABLE.iter().map(|entry| entry.spec.name);
    let topics: Vec<&str> = names.chain(Toolset::names()).chain(["codes"]).collect();
    let mut command = command().mut_subcommand("help", |help| {
        help.mut_arg("topic", |topic| topic.value_parser(topics))
    });
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "linear-ops", &mut script);
    String::from_utf8(script).map_err(|error| UsageError(error.to_string()))
}

/// Returns the `--help` of the command of that name; `None` where there is no such command.
pub(super) fn command_help(name: &str) -> Option<String> {
    let mut command = command();
    command.build();
    let mut found = command.find_subcommand(name)?.clone();
    Some(found.render_help().to_string())
}

/// The whole command line, with the settings, the exit codes and the examples in its help.
fn command() -> clap::Command {
    let codes: String = EXIT_CODES
        .iter()
        .map(|(code, meaning)| format!("  {code}  {meaning}\n"))
        .collect();
    let settings = TABLE.iter().map(|setting| {
        let default = match setting.default {
            "" => String::new(),
            value => format!(" [default: {value}]"),
        };
        format!("  {}{default}\n      {}\n", setting.name, setting.meaning)
    });
    let settings: String = settings.collect();
    Arguments::command().after_help(format!(
        "Environment:\n{settings}\nExit codes:\n{codes}\nExamples:\n{EXAMPLES}"
    ))
}

/// Parses the value of `--tools`.
fn listing(text: &str) -> Result<Listing, String> {
    Listing::parse(text)
        .ok_or_else(|| "give names of toolsets and operations parted by commas".to_owned())
}

/// Parses a name under which Claude Code can register a server. In the names of tools, two underscores separate the server from the
/// tool, so that the name of a server must not have two underscores in a row.
fn server_name(text: &str) -> Result<String, String> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_name = !text.is_empty() && text.len() <= 40 && text.bytes().all(is_allowed);
    if is_name && !text.contains("__") && !text.starts_with(['-', '_']) && !text.ends_with('_') {
        Ok(text.to_owned())
    } else {
        Err("it takes up to 40 letters, digits, hyphens and single underscores".to_owned())
    }
}

/// Parses a setting with its value. Everybody who reads the client's file can read the value, so that a key is refused.
fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("give NAME=VALUE")?;
    if TABLE.iter().all(|setting| setting.name != name) {
        return Err("there is no such setting; linear-ops --help lists them".to_owned());
    }
    let is_key = KEYS.contains(&name);
    if redact(value) != value || (is_key && !value.contains("${")) {
        return Err(format!(
            "a key does not belong in a client's file: name the variable that holds it, '{name}=${{MY_KEY}}'"
        ));
    }
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {

    use super::*;

    fn read(line: &str) -> Arguments {
        match parse(line.split_whitespace().map(OsString::from)) {
            ParsedLine::Arguments(arguments) => *arguments,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn without_a_command_it_serves() {
        let arguments = read("linear-ops --sandbox --tools yaml");
        assert!(arguments.command.is_none());
        assert!(arguments.serve.access.sandbox);
        assert_eq!(arguments.serve.tools, Listing::parse("yaml"));
    }

    #[test]
    fn serve_takes_the_same_flags() {
        let Some(Command::Serve(serve)) = read("linear-ops serve --read-only").command else {
            panic!("not serve");
        };
        assert!(serve.access.read_only && !serve.access.sandbox && serve.tools.is_none());
    }

    #[test]
    fn run_takes_files_and_a_dash() {
        let Some(Command::Run {
            files,
            json,
            access,
        }) = read("linear-ops run --sandbox a.yaml -").command
        else {
            panic!("not run");
        };
        assert_eq!(files, [PathBuf::from("a.yaml"), PathBuf::from("-")]);
        assert!(access.sandbox && !json);
    }

    #[test]
    fn help_and_version_are_texts_and_misuse_is_not() {
        for (line, part) in [
            (
                "linear-ops --help",
                "LINEAR_OPS_TIMEOUT_MS [default: 30000]",
            ),
            ("linear-ops run --help", "parted by lines of ---"),
            ("linear-ops --version", env!("CARGO_PKG_VERSION")),
            ("linear-ops sandbox --version", env!("CARGO_PKG_VERSION")),
        ] {
            let parsed = parse(line.split_whitespace().map(OsString::from));
            assert!(
                matches!(&parsed, ParsedLine::Text(text) if text.contains(part)),
                "{line}: {parsed:?}"
            );
        }
        for line in [
            "linear-ops serv",
            "linear-ops --tools ,",
            "linear-ops --sandbox run",
        ] {
            let parsed = parse(line.split_whitespace().map(OsString::from));
            assert!(
                matches!(parsed, ParsedLine::Misuse(_)),
                "{line}: {parsed:?}"
            );
        }
    }

    #[test]
    fn every_setting_is_in_the_help() {
        let help = command().render_help().to_string();
        for setting in TABLE {
            assert!(
                help.contains(setting.name) && help.contains(setting.meaning),
                "{}",
                setting.name
            );
        }
    }

    #[test]
    fn commands_have_help_of_their_own() {
        assert!(command_help("sandbox").is_some_and(|text| text.contains("--listen")));
        assert!(command_help("get_issue").is_none());
    }
}

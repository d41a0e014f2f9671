//! The command line: what each command does, its exit code, and what it prints. Only the server's transport and `output` write to
//! standard output.

mod arguments;
mod claude_code;
mod doctor;
mod help;
mod log;
mod manual;
mod output;
mod run;
mod setup;
mod stand_in;
mod start;

use std::any::Any;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use std::sync::{Arc, OnceLock};

pub use self::arguments::Arguments;
use self::arguments::{Access, Command, Parsed, Serve};
use crate::clock::Stopwatch;
use crate::effect::Allowed;
use crate::engine::Format;
use crate::resolve::prefetch::prefetch_unless_known;
use crate::server::{self, Server, stdio};
use crate::session::Guards;
use crate::settings::{Listing, LogFormat, Settings};
use crate::text::escape;
use crate::text::secret::{Secrets, hidden};

/// Everything that was asked for was done.
pub const DONE: u8 = 0;
/// An operation failed, and its envelope says why; or `doctor` found something that does not work.
pub const FAILED: u8 = 1;
/// Nothing was done, because the arguments, a file or the environment cannot be used.
pub const WRONG_USAGE: u8 = 2;
/// As [`FAILED`], because there is no key, or none that Linear accepts.
pub const NO_KEY: u8 = 4;

/// What somebody is told who starts the program by hand.
const BY_HAND: &str = "\
this is an MCP server. A client such as Claude Code starts it and talks to it over standard input, which is a terminal here.

  linear-ops doctor                       whether all is well, and what to do where it is not
  linear-ops help                         the operations
  echo list_teams | linear-ops run        runs a request
  linear-ops --help                       everything else

linear-ops serve serves this terminal all the same.";

/// Why a command cannot be carried out, in a sentence for standard error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Wrong(String);

impl Wrong {
    fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

/// Carries out a command line (`args`, the program's name first) under an environment, and answers the exit code.
///
/// When it returns, a thread may be left that waits for standard input: only `exit` ends the process for sure.
pub fn enter(args: impl IntoIterator<Item = OsString>, vars: Vec<(String, String)>) -> u8 {
    std::panic::set_hook(Box::new(report_panic));
    let done = match arguments::parse(args) {
        Parsed::Arguments(arguments) => carry_out(*arguments, vars),
        Parsed::Text(text) => output::print(&text).map(|_| DONE),
        Parsed::Misuse(text) => Err(Wrong(text)),
    };
    let code = done.unwrap_or_else(|wrong| {
        complain(&wrong.0);
        WRONG_USAGE
    });
    log::finish();
    code
}

fn carry_out(arguments: Arguments, vars: Vec<(String, String)>) -> Result<u8, Wrong> {
    let by_hand = io::stdin().is_terminal();
    let Some(command) = arguments.command else {
        if by_hand {
            return Err(Wrong::new(BY_HAND));
        }
        return serve(arguments.serve, vars);
    };
    match command {
        Command::Serve(asked) => {
            if by_hand {
                complain("waiting for the messages of an MCP client on this terminal; Ctrl-D ends");
            }
            serve(asked, vars)
        }
        Command::Run {
            files,
            json,
            access,
        } => {
            let requests = run::requests(&files)?;
            let settings = settings(&access, vars)?;
            let session = start::session(&settings, access.sandbox)?;
            let format = if json { Format::Json } else { Format::Yaml };
            start::block_on(run::run(&session, requests, format, settings.grace))?
        }
        Command::Setup(asked) => setup::run(&asked, vars),
        Command::Doctor { access, json } => doctor::run(&access, json, vars),
        Command::Sandbox { listen, schema } => {
            log::begin("warn", LogFormat::Text, Secrets::default());
            stand_in::serve(&listen, schema.as_deref())
        }
        Command::Help { topic } => {
            output::print(&help::text(topic.as_deref())?)?;
            Ok(DONE)
        }
        Command::Completions { shell } => {
            output::print(&arguments::completions(shell)?)?;
            Ok(DONE)
        }
        Command::Man => {
            output::print(&manual::page()?)?;
            Ok(DONE)
        }
    }
}

/// Serves MCP. A wrong environment does not end the server, which clients show as no more than a lost connection: it lists
/// tools and answers each call with what is wrong.
///
/// # Errors
/// When the command line cannot be carried out, whatever the environment.
fn serve(asked: Serve, vars: Vec<(String, String)>) -> Result<u8, Wrong> {
    let tools = asked.tools.as_ref();
    if let Some(tools) = tools {
        let flags = Guards::new(if asked.access.read_only {
            Allowed::Reading
        } else {
            Allowed::Deleting
        });
        server::listable(tools, &flags).map_err(|why| Wrong(format!("--tools: {why}")))?;
    }
    let (mut settings, mut problems) = match Settings::from_env(vars) {
        Ok(settings) => (settings, Vec::new()),
        Err(problems) => {
            let each = problems.each().map(str::to_owned).collect();
            (*problems.others, each)
        }
    };
    begin(&mut settings, &asked.access);
    let unselectable = start::unselectable(&settings);
    if !unselectable.is_empty() {
        problems.extend(unselectable);
        // Nothing is run, so they need not keep anything back.
        settings.operations.clear();
        settings.deny.clear();
    }
    let mut session = start::session(&settings, asked.access.sandbox)?;
    let mut listing = tools.unwrap_or(&settings.tools);
    if let Err(why) = server::listable(listing, &session.guards) {
        let source = tools.map_or("LINEAR_OPS_TOOLS", |_| "--tools");
        problems.push(settings.secrets().hide(&format!("{source}: {why}")));
        listing = &Listing::All;
    }
    for problem in &problems {
        complain(problem);
    }
    let prefetches = problems.is_empty() && start::prefetches(&settings, asked.access.sandbox);
    session.guards.problems = problems;
    session.answer_chars = Some(settings.answer_chars);
    if prefetches {
        session.outdated.enable();
    }
    let session = Arc::new(session);
    let server = Server::new(Arc::clone(&session), listing)
        .map_err(|why| Wrong(settings.secrets().hide(&why.to_string())))?;
    let grace = settings.grace;
    let served = start::block_on(async move {
        if prefetches {
            // Left to itself, so that it is in nobody's way: not at the beginning, nor at the end.
            let session = Arc::clone(&session);
            tokio::spawn(async move {
                start::recall(&settings, asked.access.sandbox, &session).await;
                prefetch_unless_known(&session).await;
            });
        }
        let ending = Arc::new(OnceLock::new());
        let (begun, closing) = (Arc::clone(&ending), session.client.closing());
        tokio::spawn(async move {
            closing.cancelled().await;
            begun.set(Stopwatch::start())
        });
        let served = stdio::serve(server, start::stop_signal()?, grace).await;
        let passed = ending.get().map(Stopwatch::elapsed).unwrap_or_default();
        start::save(&session, grace.saturating_sub(passed)).await;
        served.map_err(Wrong)
    })?;
    for lost in served? {
        complain(&format!("not answered: {lost}"));
    }
    Ok(DONE)
}

/// The settings, flags first, with logging begun and their warnings in it.
fn settings(access: &Access, vars: Vec<(String, String)>) -> Result<Settings, Wrong> {
    let mut settings = Settings::from_env(vars).map_err(|problems| Wrong(problems.to_string()))?;
    begin(&mut settings, access);
    Ok(settings)
}

/// Applies the flags to the settings and begins logging, with the warnings about the settings in the log.
fn begin(settings: &mut Settings, access: &Access) {
    settings.read_only |= access.read_only;
    log::begin(&settings.log, settings.log_format, settings.secrets());
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    for misnamed in &settings.misnamed {
        tracing::warn!("{misnamed} Nothing is written until that is put right");
    }
}

/// Writes to standard error, after the program's name. Where that is closed, nobody is to be told. A key that was
/// given in a wrong place is not shown: clients keep what is written there.
fn complain(text: &str) {
    let text = hidden(text.trim_end());
    let text = escape::visible(&text);
    log::write(&format!("linear-ops: {text}\n"));
}

/// A panic is a defect of this program: where and, in the words of its source, what; nothing of the data at hand.
fn report_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map(|place| format!(" at {place}"));
    let what = literal(panic.payload()).map(|what| format!(": {what}"));
    complain(&format!(
        "panic{}{}",
        place.unwrap_or_default(),
        what.unwrap_or_default()
    ));
    // Nothing else waits for the line where the panic ends the process.
    log::finish();
}

/// The message of a panic when it is a literal of the source: one that was put together may hold data.
fn literal(payload: &(dyn Any + Send)) -> Option<&'static str> {
    payload.downcast_ref::<&'static str>().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_tells_nothing_of_the_data_at_hand() {
        assert_eq!(literal(&"a literal"), Some("a literal"));
        assert_eq!(literal(&"put together".to_owned()), None);
    }
}

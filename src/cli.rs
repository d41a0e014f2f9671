//! The command line: what each command does, its exit code, and what it prints. Only the server's transport and `output` write to
//! standard output.

mod arguments;
mod claude_code;
mod doctor;
mod help;
mod log;
mod output;
mod run;
mod setup;
mod stand_in;
mod start;

use std::any::Any;
use std::ffi::OsString;
use std::sync::Arc;

pub use self::arguments::Arguments;
use self::arguments::{Access, Command, Parsed, Serve};
use crate::resolve::prefetch::prefetch;
use crate::server::{Server, stdio};
use crate::settings::{LogFormat, Settings};
use crate::text::escape;
use crate::text::secret::{Secrets, hidden};

/// Everything that was asked for was done.
pub const DONE: u8 = 0;
/// An operation failed, and its envelope says why; or `doctor` found something that does not work.
pub const FAILED: u8 = 1;
/// Nothing was done, because the arguments, a file or the environment cannot be used.
pub const WRONG_USAGE: u8 = 2;

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
    let command = arguments.command.unwrap_or(Command::Serve(arguments.serve));
    match command {
        Command::Serve(asked) => serve(asked, vars),
        Command::Run { files, access } => {
            let requests = run::requests(&files)?;
            let settings = settings(&access, vars)?;
            let session = start::session(&settings, access.sandbox)?;
            start::block_on(run::run(&session, requests, settings.grace))?
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
    }
}

fn serve(asked: Serve, vars: Vec<(String, String)>) -> Result<u8, Wrong> {
    let settings = settings(&asked.access, vars)?;
    let session = Arc::new(start::session(&settings, asked.access.sandbox)?);
    let listing = asked.tools.as_ref().unwrap_or(&settings.tools);
    let server = Server::new(Arc::clone(&session), listing).map_err(|why| {
        let source = if asked.tools.is_some() {
            "--tools"
        } else {
            "LINEAR_OPS_TOOLS"
        };
        let why = settings.secrets().hide(&why.to_string());
        Wrong(format!("{source}: {why}"))
    })?;
    let prefetches = start::prefetches(&settings, asked.access.sandbox);
    let served = start::block_on(async {
        if prefetches {
            // Left to itself, so that it is in nobody's way: not at the beginning, nor at the end.
            tokio::spawn(async move { prefetch(&session).await });
        }
        stdio::serve(server, start::stop_signal()?, settings.grace)
            .await
            .map_err(Wrong)
    })?;
    for lost in served? {
        complain(&format!("not answered: {lost}"));
    }
    Ok(DONE)
}

/// The settings, flags first, with logging begun and their warnings in it.
fn settings(access: &Access, vars: Vec<(String, String)>) -> Result<Settings, Wrong> {
    let mut settings = Settings::from_env(vars).map_err(|problems| Wrong(problems.to_string()))?;
    settings.read_only |= access.read_only;
    log::begin(&settings.log, settings.log_format, settings.secrets());
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    for misnamed in &settings.misnamed {
        tracing::warn!("{misnamed} Nothing is written until that is put right");
    }
    Ok(settings)
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

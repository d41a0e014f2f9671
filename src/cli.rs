//! The command line: the commands, their exit codes, and the text that they print. This module has `serve` and `run`; the other
//! commands have modules of their own. Only the server's transport and [`print`] write to standard output.

mod arguments;
mod claude_code;
mod doctor;
mod help;
mod log;
mod registration;
mod setup;
mod stand_in;
mod start;

use std::any::Any;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal as _, Read, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

pub use self::arguments::Arguments;
use self::arguments::{Access, Command, ParsedLine, Serve};
use crate::clock::Stopwatch;
use crate::effect::Allowed;
use crate::engine::{self, Catalog, Format};
use crate::error::Error;
use crate::request::{self, Request};
use crate::resolve::prefetch::prefetch_unless_known;
use crate::server::{self, Server, stdio};
use crate::session::{Guards, Progress, Session};
use crate::settings::{Listing, LogFormat, Settings};
use crate::text::escape;
use crate::text::secret::{Secrets, redact};

/// The exit code when everything that was asked for was done.
pub const DONE: u8 = 0;
/// The exit code when an operation failed, with the reason in its envelope, or when `doctor` found something that does not work.
pub const FAILED: u8 = 1;
/// The exit code when nothing was done, because the arguments, a file or the environment cannot be used.
pub const WRONG_USAGE: u8 = 2;
/// The exit code in place of [`FAILED`] when there is no key, or none that Linear accepts.
pub const NO_KEY: u8 = 4;

/// The largest file or stream of requests that is read, in bytes. One request has a mebibyte at most, so this holds many.
const LARGEST_INPUT: u64 = 16 * 1024 * 1024;

/// The text for a person who starts the program in a terminal, without a command.
const BY_HAND: &str = "\
this is an MCP server. A client such as Claude Code starts it and talks to it over standard input, which is a terminal here.

  linear-ops doctor                       whether all is well, and what to do where it is not
  linear-ops help                         the operations
  echo list_teams | linear-ops run        runs a request
  linear-ops --help                       everything else

linear-ops serve serves this terminal all the same.";

/// Why a command cannot be carried out, in a sentence for standard error. The exit code is [`WRONG_USAGE`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(String);

impl UsageError {
    fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// Carries out a command line (`args`, the program's name first) under an environment, and returns the exit code.
///
/// A thread that waits for standard input may be left when this returns, so that only `exit` ends the process for sure.
pub fn enter(args: impl IntoIterator<Item = OsString>, vars: Vec<(String, String)>) -> u8 {
    std::panic::set_hook(Box::new(report_panic));
    let done = match arguments::parse(args) {
        ParsedLine::Arguments(arguments) => carry_out(*arguments, vars),
        ParsedLine::Text(text) => print(&text).map(|_| DONE),
        ParsedLine::Misuse(text) => Err(UsageError(text)),
    };
    let code = done.unwrap_or_else(|error| {
        complain(&error.0);
        WRONG_USAGE
    });
    log::finish();
    code
}

/// Carries out the command that the arguments name, and returns the exit code.
///
/// # Errors
/// When the command cannot be carried out.
fn carry_out(arguments: Arguments, vars: Vec<(String, String)>) -> Result<u8, UsageError> {
    let is_terminal = io::stdin().is_terminal();
    let Some(command) = arguments.command else {
        if is_terminal {
            return Err(UsageError::new(BY_HAND));
        }
        return serve(arguments.serve, vars);
    };
    match command {
        Command::Serve(options) => {
            if is_terminal {
                complain("waiting for the messages of an MCP client on this terminal; Ctrl-D ends");
            }
            serve(options, vars)
        }
        Command::Run {
            files,
            json,
            access,
        } => {
            let requests = read_requests(&files)?;
            let mut settings =
                Settings::from_env(vars).map_err(|problems| UsageError(problems.to_string()))?;
            begin_log(&mut settings, &access);
            let session = start::session(&settings, access.sandbox)?;
            let format = if json { Format::Json } else { Format::Yaml };
            start::block_on(run(&session, requests, format, settings.grace))?
        }
        Command::Setup(options) => setup::run(&options, vars),
        Command::Doctor { access, json } => doctor::run(&access, json, vars),
        Command::Sandbox { listen, schema } => {
            log::begin("warn", LogFormat::Text, Secrets::default());
            stand_in::serve(&listen, schema.as_deref())
        }
        Command::Help { topic } => print(&help::text(topic.as_deref())?).map(|_| DONE),
        Command::Completions { shell } => print(&arguments::completions(shell)?).map(|_| DONE),
        Command::Man => print(&help::manual_page()?).map(|_| DONE),
    }
}

/// Serves MCP. Settings that cannot be used do not end the server, because clients would show only a lost connection. The server
/// lists its tools all the same, and answers each call with an error that says what is wrong with the settings.
///
/// # Errors
/// When the command line cannot be carried out, whatever the environment.
fn serve(options: Serve, vars: Vec<(String, String)>) -> Result<u8, UsageError> {
    let tools = options.tools.as_ref();
    check_tools(tools, options.access.read_only)?;
    let (mut settings, mut problems) = match Settings::from_env(vars) {
        Ok(settings) => (settings, Vec::new()),
        Err(problems) => {
            let sentences = problems.each().map(str::to_owned).collect();
            (*problems.others, sentences)
        }
    };
    begin_log(&mut settings, &options.access);
    let unselectable = start::unselectable(&settings);
    if !unselectable.is_empty() {
        problems.extend(unselectable);
        // A server with problems runs nothing, so these settings need not keep anything back.
        settings.operations.clear();
        settings.deny.clear();
    }
    let mut session = start::session(&settings, options.access.sandbox)?;
    let default_listing = Listing::default();
    let mut listing = tools.unwrap_or(&settings.tools);
    if let Err(why) = server::listable(listing, &session.guards) {
        let source = tools.map_or("LINEAR_OPS_TOOLS", |_| "--tools");
        problems.push(settings.secrets().hide(&format!("{source}: {why}")));
        listing = &default_listing;
    }
    for problem in &problems {
        complain(problem);
    }
    let prefetches = problems.is_empty() && start::prefetches(&settings, options.access.sandbox);
    session.guards.problems = problems;
    session.answer_chars = Some(settings.answer_chars);
    if prefetches {
        session.outdated.enable();
    }
    let session = Arc::new(session);
    let server = Server::new(Arc::clone(&session), listing)
        .map_err(|why| UsageError(settings.secrets().hide(&why.to_string())))?;
    let grace = settings.grace;
    let served = start::block_on(async move {
        if prefetches {
            // This is a task of its own, so that neither the first call nor the end of the server waits for the prefetch.
            let session = Arc::clone(&session);
            tokio::spawn(async move {
                start::recall(&settings, options.access.sandbox, &session).await;
                prefetch_unless_known(&session).await;
            });
        }
        let since_closing = Arc::new(OnceLock::new());
        let (stopwatch, closing) = (Arc::clone(&since_closing), session.client.closing());
        tokio::spawn(async move {
            closing.cancelled().await;
            stopwatch.set(Stopwatch::start())
        });
        let served = stdio::serve(server, start::stop_signal()?, grace).await;
        let elapsed = since_closing
            .get()
            .map(Stopwatch::elapsed)
            .unwrap_or_default();
        start::save(&session, grace.saturating_sub(elapsed)).await;
        served.map_err(UsageError)
    })?;
    for outcome in served? {
        complain(&format!("not answered: {outcome}"));
    }
    Ok(DONE)
}

/// Checks whether a server can list the tools that its command line names.
///
/// # Errors
/// When there are no such tools, or when all of them write and the server is read-only.
fn check_tools(tools: Option<&Listing>, is_read_only: bool) -> Result<(), UsageError> {
    let Some(tools) = tools else {
        return Ok(());
    };
    let guards = Guards::new(if is_read_only {
        Allowed::Reading
    } else {
        Allowed::Deleting
    });
    server::listable(tools, &guards).map_err(|why| UsageError(format!("--tools: {why}")))
}

/// Applies the flags to the settings and begins logging, with the warnings about the settings in the log.
fn begin_log(settings: &mut Settings, access: &Access) {
    settings.read_only |= access.read_only;
    log::begin(&settings.log, settings.log_format, settings.secrets());
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    for misnamed in &settings.misnamed {
        tracing::warn!("{misnamed} Nothing is written until that is put right");
    }
}

/// Reads the requests of all the files in order. The path `-`, or no file at all, is standard input. Everything is read
/// before anything is run, so that a missing file does not leave half of the work done. A request that cannot be understood is an
/// error in the returned list, so that the other requests run.
///
/// # Errors
/// When a file cannot be read, is too large, is not text or holds no request, and when there is no file and standard input is
/// a terminal.
fn read_requests(files: &[PathBuf]) -> Result<Vec<Result<Request, Error>>, UsageError> {
    if files.is_empty() && io::stdin().is_terminal() {
        return Err(UsageError::new(
            "run takes files of requests, or requests on standard input; see linear-ops run --help",
        ));
    }
    let stdin = [PathBuf::from("-")];
    let files = if files.is_empty() { &stdin } else { files };
    let mut requests = Vec::new();
    for file in files {
        let is_stdin = file == Path::new("-");
        let name = if is_stdin {
            "Standard input".to_owned()
        } else {
            file.display().to_string()
        };
        let bytes = if is_stdin {
            read_bounded(io::stdin().lock())
        } else {
            File::open(file).and_then(read_bounded)
        };
        let bytes = bytes.map_err(|error| UsageError(format!("{name} cannot be read: {error}")))?;
        let text =
            String::from_utf8(bytes).map_err(|_| UsageError(format!("{name} is no UTF-8 text")))?;
        let found = request::read_run(&text, &Catalog);
        if found.is_empty() {
            return Err(UsageError(format!("{name} holds no request")));
        }
        requests.extend(found);
    }
    Ok(requests)
}

/// Reads all bytes of a source.
///
/// # Errors
/// When the source cannot be read, or has more bytes than [`LARGEST_INPUT`].
fn read_bounded(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(LARGEST_INPUT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_INPUT {
        let why = format!("it is larger than {} MiB", LARGEST_INPUT / (1024 * 1024));
        return Err(io::Error::other(why));
    }
    Ok(bytes)
}

/// Runs the requests in order in one session, prints their envelopes in the given format, and returns the exit code. When
/// nobody reads standard output any more, or the process is asked to end, nothing new is begun, the request under way
/// has `grace` to finish, the run counts as failed, and a line on standard error reports the outcome of each request that
/// has no envelope.
///
/// # Errors
/// When signals cannot be received, or standard output cannot be written for another reason than that nobody reads it.
async fn run(
    session: &Session,
    requests: Vec<Result<Request, Error>>,
    format: Format,
    grace: Duration,
) -> Result<u8, UsageError> {
    let stop = start::stop_signal()?;
    let closing = session.client.closing();
    let mut code = DONE;
    let mut reader = Reader::Present;
    let mut unanswered = Vec::new();
    for (index, request) in requests.into_iter().enumerate() {
        let progress = Progress::default();
        if let Ok(request) = &request {
            engine::name(session, &progress, request);
        }
        let answer = if reader == Reader::Gone || stop.is_cancelled() {
            None
        } else {
            let grace_over = async {
                stop.cancelled().await;
                closing.cancel();
                tokio::time::sleep(grace).await;
            };
            let cancel = CancellationToken::new();
            tokio::select! {
                biased;
                answer = engine::answer_in(session, request, cancel, &progress, format) => Some(answer),
                () = grace_over => None,
            }
        };
        let Some(answer) = answer else {
            code = FAILED;
            unanswered.extend(progress.lines());
            continue;
        };
        if !answer.success {
            code = FAILED;
        }
        // Envelopes in JSON are lines, which need no separator.
        let separator = if index > 0 && format == Format::Yaml {
            "---\n"
        } else {
            ""
        };
        reader = print(&format!("{separator}{}", answer.text))?;
        if reader == Reader::Gone {
            code = FAILED;
            unanswered.extend(progress.lines());
        }
    }
    for outcome in unanswered {
        complain(&format!("not answered: {outcome}"));
    }
    if !stop.is_cancelled() {
        start::save(session, grace).await;
    }
    if code == FAILED && session.client.lacked_key() {
        code = NO_KEY;
    }
    Ok(code)
}

/// Whether anybody still reads standard output. A reader may close its end at any time: `linear-ops help | head -1` does not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    /// No write has failed so far.
    Present,
    /// The reader closed its end.
    Gone,
}

/// Writes a text to standard output with every hidden character in it escaped, and flushes it.
///
/// # Errors
/// When standard output cannot be written for another reason than that nobody reads it.
fn print(text: &str) -> Result<Reader, UsageError> {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(escape::visible(text).as_bytes())
        .and_then(|()| stdout.flush())
    {
        Ok(()) => Ok(Reader::Present),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => Err(UsageError::new(format!(
            "Standard output cannot be written: {error}"
        ))),
    }
}

/// Writes a message to standard error, after the program's name. Text that looks like a key is hidden, because clients keep
/// everything that is written to standard error. A closed standard error is not a failure.
fn complain(message: &str) {
    let message = redact(message.trim_end());
    let message = escape::visible(&message);
    log::write(&format!("linear-ops: {message}\n"));
}

/// Reports a panic, which is a defect of this program: its location in the source, and its message where that is a literal.
fn report_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let location = panic.location().map(|location| format!(" at {location}"));
    let message = literal(panic.payload()).map(|message| format!(": {message}"));
    complain(&format!(
        "panic{}{}",
        location.unwrap_or_default(),
        message.unwrap_or_default()
    ));
    // Nothing else waits until the line is written where the panic ends the process.
    log::finish();
}

/// The message of a panic when it is a literal of the source; `None` for a formatted message, which may hold a caller's data.
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

    #[test]
    fn reading_is_bounded() {
        assert_eq!(
            read_bounded(io::repeat(b'x').take(LARGEST_INPUT))
                .unwrap()
                .len() as u64,
            LARGEST_INPUT
        );
        assert!(
            read_bounded(io::repeat(b'x'))
                .unwrap_err()
                .to_string()
                .contains("16 MiB")
        );
    }

    #[test]
    fn all_files_are_read_before_anything_is_run() {
        let folder = tempfile::tempdir().unwrap();
        let good = folder.path().join("good.yaml");
        std::fs::write(&good, "operation: get_team\n---\noperation: [\n").unwrap();
        let read = read_requests(std::slice::from_ref(&good)).unwrap();
        let readable: Vec<bool> = read.iter().map(Result::is_ok).collect();
        assert_eq!(readable, [true, false]);
        let missing = folder.path().join("missing.yaml");
        let wrong = read_requests(&[good, missing]).unwrap_err().to_string();
        assert!(wrong.contains("missing.yaml cannot be read"), "{wrong}");
    }

    #[test]
    fn a_file_without_text_or_request_is_named() {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes, why) in [
            ("empty.yaml", &b"\n"[..], "holds no request"),
            ("bytes.yaml", &b"\xff\xfe"[..], "is no UTF-8 text"),
        ] {
            let file = folder.path().join(name);
            std::fs::write(&file, bytes).unwrap();
            let wrong = read_requests(&[file]).unwrap_err().to_string();
            assert!(wrong.contains(name) && wrong.contains(why), "{wrong}");
        }
    }
}

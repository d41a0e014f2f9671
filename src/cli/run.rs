//! `run`: requests from files or standard input, one after the other in one session.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::output::{self, Reader};
use super::{DONE, FAILED, NO_KEY, Wrong, complain, start};
use crate::engine::{self, Catalog, Format};
use crate::error::Error;
use crate::request::{self, Request};
use crate::session::{Progress, Session};

/// The largest file or stream that is read. A request is a mebibyte at most, so this is many of them.
const LARGEST: u64 = 16 * 1024 * 1024;

/// The requests of all the files, `-` and no file being standard input. Everything is read before anything is run, so
/// that a missing file does not leave half of the work done.
///
/// # Errors
/// A file that cannot be read, is too large, is no text or holds no request; no file on a terminal.
pub(super) fn requests(files: &[PathBuf]) -> Result<Vec<Result<Request, Error>>, Wrong> {
    if files.is_empty() && io::stdin().is_terminal() {
        return Err(Wrong::new(
            "run takes files of requests, or requests on standard input; see linear-ops run --help",
        ));
    }
    let stdin = [PathBuf::from("-")];
    let files = if files.is_empty() { &stdin } else { files };
    let mut requests = Vec::new();
    for file in files {
        let found = request::read_run(&text(file)?, &Catalog);
        if found.is_empty() {
            return Err(Wrong(format!("{} holds no request", named(file))));
        }
        requests.extend(found);
    }
    Ok(requests)
}

/// Runs the requests in order and prints their envelopes in that format; answers the exit code. Ends early, as failed,
/// when nobody reads any more or the process is asked to end: then nothing new is begun, the request under way has
/// `grace` to finish, and standard error tells of each that has no envelope what became of it.
pub(super) async fn run(
    session: &Session,
    requests: Vec<Result<Request, Error>>,
    format: Format,
    grace: Duration,
) -> Result<u8, Wrong> {
    let stop = start::stop_signal()?;
    let closing = session.client.closing();
    let mut code = DONE;
    let (mut gone, mut lost) = (false, Vec::new());
    for (place, request) in requests.into_iter().enumerate() {
        let progress = Progress::default();
        if let Ok(request) = &request {
            engine::name(session, &progress, request);
        }
        let answer = if gone || stop.is_cancelled() {
            None
        } else {
            let late = async {
                stop.cancelled().await;
                closing.cancel();
                tokio::time::sleep(grace).await;
            };
            let cancel = CancellationToken::new();
            tokio::select! {
                biased;
                answer = engine::answer_in(session, request, cancel, &progress, format) => Some(answer),
                () = late => None,
            }
        };
        let Some(answer) = answer else {
            code = FAILED;
            lost.extend(progress.lines());
            continue;
        };
        if !answer.success {
            code = FAILED;
        }
        // Lines of JSON part themselves.
        let parting = if place > 0 && format == Format::Yaml {
            "---\n"
        } else {
            ""
        };
        if output::print(&format!("{parting}{}", answer.text))? == Reader::Gone {
            code = FAILED;
            gone = true;
            lost.extend(progress.lines());
        }
    }
    for lost in lost {
        complain(&format!("not answered: {lost}"));
    }
    if !stop.is_cancelled() {
        start::save(session, grace).await;
    }
    if code == FAILED && session.client.lacked_key() {
        code = NO_KEY;
    }
    Ok(code)
}

fn text(file: &Path) -> Result<String, Wrong> {
    let unreadable = |error: io::Error| Wrong(format!("{} cannot be read: {error}", named(file)));
    let bytes = if file == Path::new("-") {
        bounded(io::stdin().lock())
    } else {
        File::open(file).and_then(bounded)
    };
    let bytes = bytes.map_err(unreadable)?;
    String::from_utf8(bytes).map_err(|_| Wrong(format!("{} is no UTF-8 text", named(file))))
}

/// All bytes, when they are not too many.
fn bounded(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        let why = format!("it is larger than {} MiB", LARGEST / (1024 * 1024));
        return Err(io::Error::other(why));
    }
    Ok(bytes)
}

fn named(file: &Path) -> String {
    if file == Path::new("-") {
        "Standard input".to_owned()
    } else {
        file.display().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_is_bounded() {
        assert_eq!(
            bounded(io::repeat(b'x').take(LARGEST)).unwrap().len() as u64,
            LARGEST
        );
        assert!(
            bounded(io::repeat(b'x'))
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
        let read = requests(std::slice::from_ref(&good)).unwrap();
        let readable: Vec<bool> = read.iter().map(Result::is_ok).collect();
        assert_eq!(readable, [true, false]);
        let missing = folder.path().join("missing.yaml");
        let wrong = requests(&[good, missing]).unwrap_err().to_string();
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
            let wrong = requests(&[file]).unwrap_err().to_string();
            assert!(wrong.contains(name) && wrong.contains(why), "{wrong}");
        }
    }
}

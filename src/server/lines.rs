//! The protocol's lines on two streams. What cannot be read is answered, no more is read than is answered, and at the
//! end nothing new is begun and what is under way is waited for.
//!
//! rmcp's own transport drops what it cannot read, reads on while nobody reads the answers, and waits for calls under
//! way by its own clock.

mod message;
mod scan;

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rmcp::RoleServer;
use rmcp::model::{
    ClientNotification, ClientRequest, ErrorCode, GetExtensions as _, GetMeta as _, JsonRpcMessage,
    ProtocolVersion, RequestId, ServerResult,
};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Sleep;
use tokio_util::sync::CancellationToken;

use self::message::{Content, Read, Refusal};
use self::scan::{Found, Scan};
use super::{METHODS, no_method};
use crate::session::Progress;

/// The longest line that is read. A request is a mebibyte at most, and escapes can make a few of it.
const LONGEST_LINE: usize = 4 * 1024 * 1024;

/// How many requests may be under way or wait, and answers be unread, while more is read.
const MOST_MESSAGES: usize = 1024;

/// How many bytes those requests and answers may have together.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// The method that begins a session.
const INITIALIZE: &str = "initialize";

/// How the server ends.
#[derive(Clone, Debug)]
pub(super) struct Ending {
    /// Fires when the process is asked to end.
    pub stop: CancellationToken,
    /// Fired when the end begins, whatever it comes from: from then on nothing new is begun.
    pub begun: CancellationToken,
    /// Fires when nobody can read answers any more.
    pub gone: CancellationToken,
    /// How long what is under way may take.
    pub grace: Duration,
}

/// The number of halves of characters that were replaced in a request; it travels with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Replaced(pub usize);

/// The requests of which the client has not heard how they ended, by their numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Unanswered(Arc<Mutex<BTreeMap<u64, Open>>>);

#[derive(Debug)]
struct Open {
    id: RequestId,
    progress: Arc<Progress>,
    standing: Standing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It is under way.
    UnderWay,
    /// It is under way, and is not answered any more.
    Cancelled,
    /// Its answer waits to be written.
    Answered,
}

impl Unanswered {
    /// Takes out what has become of each, those first that came first. A cancelled one is among them if it has written
    /// something.
    pub(super) fn take(&self) -> Vec<Arc<Progress>> {
        std::mem::take(&mut *self.open())
            .into_values()
            .filter(|open| open.standing != Standing::Cancelled || open.progress.has_written())
            .map(|open| open.progress)
            .collect()
    }

    /// Whether a request with this id is under way.
    fn has(&self, id: &RequestId) -> bool {
        let is_it = |open: &Open| open.id == *id && open.standing != Standing::Answered;
        self.open().values().any(is_it)
    }

    /// Notes that the request with this id, which is under way, now stands so; returns its number.
    fn note(&self, id: &RequestId, standing: Standing) -> Option<u64> {
        let mut all = self.open();
        let is_it = |open: &&mut Open| open.id == *id && open.standing == Standing::UnderWay;
        let open = all.values_mut().find(is_it)?;
        open.standing = standing;
        Some(open.progress.number())
    }

    /// Notes that an answer was written.
    fn written(&self, number: u64) {
        self.open().remove(&number);
    }

    /// Notes that a request is not under way any more. What a cancelled one has written is logged, because nobody is
    /// answered.
    fn ended(&self, number: u64) {
        let mut all = self.open();
        let is_cancelled = |open: &Open| open.standing == Standing::Cancelled;
        if !all.get(&number).is_some_and(is_cancelled) {
            return;
        }
        let open = all.remove(&number);
        drop(all);
        let wrote = open.filter(|open| open.progress.has_written());
        for line in wrote.iter().flat_map(|open| open.progress.lines()) {
            tracing::warn!("cancelled by the client, and ended since: {line}");
        }
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<u64, Open>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Travels with a request for as long as it is under way.
struct UnderWay {
    number: u64,
    unanswered: Unanswered,
    _load: Held,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.unanswered.ended(self.number);
    }
}

/// The transport.
pub(super) struct Lines<R> {
    input: Input<R>,
    /// Messages that were read and not yet received.
    read: VecDeque<RxJsonRpcMessage<RoleServer>>,
    /// The lines to be written, until the end.
    output: Option<mpsc::UnboundedSender<Line>>,
    writer: Option<JoinHandle<()>>,
    load: Load,
    unanswered: Unanswered,
    /// How many requests there have been.
    requests: u64,
    ending: Ending,
    /// When what is under way has had its time, once the end has begun.
    deadline: Option<Pin<Box<Sleep>>>,
    /// Whether the client has begun the session: by `initialize`, or by a request that brings what that would say.
    begun: bool,
    /// Whether the protocol's version has batches.
    has_batches: bool,
    /// Those that are not answered yet.
    batches: Vec<Batch>,
}

/// A batch whose answers are gathered, to be written together.
#[derive(Default)]
struct Batch {
    waiting: Vec<RequestId>,
    lines: Vec<Vec<u8>>,
    answers: Vec<Answers>,
    load: Vec<Held>,
}

impl Batch {
    /// A batch that waits for the answers to the requests in it, and has those to what is refused.
    fn of(read: &[Read]) -> Self {
        let mut batch = Self::default();
        for read in read {
            match read {
                Read::Message(message, _) => {
                    if let JsonRpcMessage::Request(request) = &**message {
                        batch.waiting.push(request.id.clone());
                    }
                }
                Read::Refused(refusal) => batch.lines.push(refusal.line()),
                Read::Ignored(_) => {}
            }
        }
        batch
    }
}

impl<R: AsyncRead + Send + Unpin> Lines<R> {
    /// The transport over two streams, with the list of the requests that are not answered. To be called within the
    /// runtime.
    pub(super) fn new<W>(input: R, output: W, ending: Ending) -> (Self, Unanswered)
    where
        W: AsyncWrite + Send + Unpin + 'static,
    {
        let unanswered = Unanswered::default();
        let (sender, lines) = mpsc::unbounded_channel();
        let gone = ending.gone.clone();
        let lines = Self {
            input: Input::new(input),
            read: VecDeque::new(),
            output: Some(sender),
            writer: Some(tokio::spawn(write(output, lines, gone))),
            load: Load::default(),
            unanswered: unanswered.clone(),
            requests: 0,
            ending,
            deadline: None,
            begun: false,
            has_batches: false,
            batches: Vec::new(),
        };
        (lines, unanswered)
    }

    /// Takes in what was read.
    fn take(&mut self, content: Content, bytes: usize) {
        let (read, is_batch) = match content {
            Content::Single(read) => (read, false),
            Content::Batch(read) => (read, true),
        };
        let mut ids = HashSet::new();
        let read: Vec<Read> = read
            .into_iter()
            .map(|read| self.checked(read, &mut ids))
            .collect();
        if is_batch {
            self.batches.push(Batch::of(&read));
        }
        let share = bytes / read.len().max(1);
        for read in read {
            match read {
                Read::Message(message, replaced) => {
                    let message = self.admit(*message, replaced, share);
                    self.read.push_back(message);
                }
                Read::Refused(refusal) => {
                    report(&refusal);
                    if !is_batch {
                        drop(self.push(refusal.line(), Vec::new()));
                    }
                }
                Read::Ignored(why) => {
                    tracing::warn!("a message that wants no answer cannot be used: {why}");
                }
            }
        }
        self.answer_batches();
    }

    /// What was read, or what is made of it where it has no place here: before the session has begun, or under the id of
    /// a request that is under way. `ids` are those of the requests before it on its line.
    fn checked(&mut self, read: Read, ids: &mut HashSet<RequestId>) -> Read {
        let Read::Message(message, _) = &read else {
            return read;
        };
        let JsonRpcMessage::Request(request) = &**message else {
            // rmcp ends the server over it.
            return if self.begun {
                read
            } else {
                Read::Ignored("it came before 'initialize'".to_owned())
            };
        };
        let refuse = |code, message: &str| {
            Read::Refused(Refusal {
                id: serde_json::to_string(&request.id).ok(),
                code,
                message: message.to_owned(),
            })
        };
        if self.unanswered.has(&request.id) || !ids.insert(request.id.clone()) {
            let why = "A request with this id is under way; nothing of this one was begun: give it an id of its own";
            return refuse(ErrorCode::INVALID_REQUEST, why);
        }
        let method = request.request.method();
        let is_initialize = method == INITIALIZE;
        let is_custom = matches!(request.request, ClientRequest::CustomRequest(_));
        let is_served = is_initialize || is_custom || METHODS.contains(&method);
        if self.begun {
            if is_initialize {
                let why = "The session has begun already: 'initialize' is sent once, before anything else";
                return refuse(ErrorCode::INVALID_REQUEST, why);
            }
            if !is_served {
                let fault = no_method(method);
                return refuse(fault.code, &fault.message);
            }
            return read;
        }
        match &request.request {
            ClientRequest::InitializeRequest(_) => self.begun = true,
            ClientRequest::PingRequest(_) | ClientRequest::DiscoverRequest(_) => {}
            _ if is_initialize => {
                let why = "The params of initialize have the wrong shape";
                return refuse(ErrorCode::INVALID_PARAMS, why);
            }
            other => {
                // A request may bring what `initialize` would say; rmcp says what is missing of that.
                let meta = other.get_meta();
                let Some(version) = meta.protocol_version() else {
                    let why = "The session has not begun: send 'initialize' first";
                    return refuse(ErrorCode::INVALID_REQUEST, why);
                };
                let needed = meta.missing_required_keys(&ProtocolVersion::V_2026_07_28);
                self.begun =
                    needed.is_empty() && ProtocolVersion::KNOWN_VERSIONS.contains(&version);
                if self.begun && !is_served {
                    let fault = no_method(method);
                    return refuse(fault.code, &fault.message);
                }
            }
        }
        read
    }

    /// Writes the answers of every batch that waits for no more of them. One of notifications alone has none.
    fn answer_batches(&mut self) {
        let is_whole = |batch: &mut Batch| batch.waiting.is_empty();
        let whole: Vec<Batch> = self.batches.extract_if(.., is_whole).collect();
        for batch in whole {
            if !batch.lines.is_empty() {
                let line = [b"[", batch.lines.join(&b","[..]).as_slice(), b"]"].concat();
                drop(self.push(line, batch.answers));
            }
        }
    }

    /// Has the answer to a request written: together with those of its batch, if it is in one.
    fn answer(&mut self, id: &RequestId, line: Vec<u8>) -> Option<oneshot::Receiver<()>> {
        let number = self.unanswered.note(id, Standing::Answered);
        let answers = number.map(|number| Answers {
            number,
            unanswered: self.unanswered.clone(),
        });
        let place = |batch: &Batch| batch.waiting.iter().position(|waiting| waiting == id);
        let mut batches = self.batches.iter_mut();
        let Some((place, batch)) = batches.find_map(|batch| Some((place(batch)?, batch))) else {
            return Some(self.push(line, answers.into_iter().collect()));
        };
        batch.waiting.swap_remove(place);
        batch.load.push(self.load.add(line.len()));
        batch.lines.push(line);
        batch.answers.extend(answers);
        self.answer_batches();
        None
    }

    /// A message with what travels with it.
    fn admit(
        &mut self,
        mut message: RxJsonRpcMessage<RoleServer>,
        replaced: usize,
        bytes: usize,
    ) -> RxJsonRpcMessage<RoleServer> {
        match &mut message {
            JsonRpcMessage::Request(request) => {
                self.requests += 1;
                let progress = Arc::new(Progress::of_request(self.requests));
                let extensions = request.request.extensions_mut();
                extensions.insert(Arc::new(UnderWay {
                    number: self.requests,
                    unanswered: self.unanswered.clone(),
                    _load: self.load.add(bytes),
                }));
                extensions.insert(Arc::clone(&progress));
                if replaced > 0 {
                    extensions.insert(Replaced(replaced));
                }
                let open = Open {
                    id: request.id.clone(),
                    progress,
                    standing: Standing::UnderWay,
                };
                self.unanswered.open().insert(self.requests, open);
            }
            JsonRpcMessage::Notification(notification) => {
                if let ClientNotification::CancelledNotification(cancelled) =
                    &notification.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    self.unanswered.note(id, Standing::Cancelled);
                    for batch in &mut self.batches {
                        batch.waiting.retain(|waiting| waiting != id);
                    }
                    self.answer_batches();
                }
            }
            JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => {}
        }
        message
    }

    /// Has a line written; the receiver hears when it was.
    fn push(&self, mut bytes: Vec<u8>, answers: Vec<Answers>) -> oneshot::Receiver<()> {
        bytes.push(b'\n');
        let (written, told) = oneshot::channel();
        let line = Line {
            _load: self.load.add(bytes.len()),
            bytes,
            answers,
            written,
        };
        if let Some(output) = &self.output {
            // Where nobody reads any more, that is known by another way.
            let _ = output.send(line);
        }
        told
    }

    /// Begins the end: what is under way has its time from now on.
    fn end(&mut self) {
        self.ending.begun.cancel();
        self.deadline
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(self.ending.grace)));
    }
}

/// Logs that a line cannot be used, and nothing of what stands in it.
fn report(refusal: &Refusal) {
    tracing::warn!(
        code = refusal.code.0,
        id_found = refusal.id.is_some(),
        "a line cannot be used: {}",
        refusal.message
    );
}

impl<R: AsyncRead + Send + Unpin> Transport<RoleServer> for Lines<R> {
    type Error = io::Error;

    /// Has a message written. That nobody reads any more is no error: it ends [`Transport::receive`].
    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let id = match &item {
            JsonRpcMessage::Response(response) => {
                if let ServerResult::InitializeResult(begun) = &response.result {
                    self.has_batches = begun.protocol_version == ProtocolVersion::V_2025_03_26;
                }
                Some(&response.id)
            }
            JsonRpcMessage::Error(error) => error.id.as_ref(),
            JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_) => None,
        };
        let written = serde_json::to_vec(&item).map(|line| match id {
            Some(id) => self.answer(id, line),
            None => Some(self.push(line, Vec::new())),
        });
        async move {
            if let Some(written) = written.map_err(io::Error::other)? {
                // Whoever writes has gone where nobody reads.
                let _ = written.await;
            }
            Ok(())
        }
    }

    /// The next message. `None` once the end has begun and what was under way is answered, or has had its time.
    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            if let Some(message) = self.read.pop_front() {
                return Some(message);
            }
            if let Some(deadline) = &mut self.deadline {
                tokio::select! {
                    () = self.load.none() => {}
                    () = deadline => {}
                }
                return None;
            }
            let next = async {
                self.load.room().await;
                self.input.next().await
            };
            let next = tokio::select! {
                biased;
                () = self.ending.stop.cancelled() => None,
                () = self.ending.gone.cancelled() => None,
                next = next => next,
            };
            match next {
                Some(Next::Line(line)) => {
                    if !line.trim_ascii().is_empty() {
                        self.take(message::read(&line, self.has_batches), line.len());
                    }
                }
                Some(Next::TooLong(found)) => {
                    self.take(Content::Single(vec![message::too_long(found)]), 0)
                }
                None => self.end(),
            }
        }
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.output = None;
        if let Some(writer) = self.writer.take() {
            writer.await.map_err(io::Error::other)?;
        }
        Ok(())
    }
}

/// Lines as they come in.
struct Input<R> {
    reader: BufReader<R>,
    /// The beginning of a line.
    line: Vec<u8>,
    /// What is known of a line that is too long to be kept.
    long: Option<Scan>,
    ended: bool,
}

enum Next {
    /// A line without its line break.
    Line(Vec<u8>),
    /// A line that was too long to be kept.
    TooLong(Found),
}

impl<R: AsyncRead + Unpin> Input<R> {
    fn new(input: R) -> Self {
        Self {
            reader: BufReader::with_capacity(64 * 1024, input),
            line: Vec::new(),
            long: None,
            ended: false,
        }
    }

    /// The next line; what stands behind the last line break is one, too. `None` at the end of the stream. Whoever drops
    /// the future loses nothing.
    async fn next(&mut self) -> Option<Next> {
        while !self.ended {
            let bytes = match self.reader.fill_buf().await {
                Ok(bytes) => bytes,
                Err(error) => {
                    tracing::error!(%error, "standard input cannot be read");
                    &[]
                }
            };
            self.ended = bytes.is_empty();
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let (part, _) = bytes.split_at(end.unwrap_or(bytes.len()));
            match &mut self.long {
                Some(scan) => scan.read(part),
                None if self.line.len() + part.len() > LONGEST_LINE => {
                    let mut scan = Scan::default();
                    scan.read(&std::mem::take(&mut self.line));
                    scan.read(part);
                    self.long = Some(scan);
                }
                None => self.line.extend_from_slice(part),
            }
            let used = part.len() + usize::from(end.is_some());
            self.reader.consume(used);
            if end.is_some() || self.ended {
                let line = std::mem::take(&mut self.line);
                return match self.long.take() {
                    Some(scan) => Some(Next::TooLong(scan.end())),
                    None if self.ended && line.is_empty() => None,
                    None => Some(Next::Line(line)),
                };
            }
        }
        None
    }
}

/// A line to be written.
struct Line {
    bytes: Vec<u8>,
    answers: Vec<Answers>,
    written: oneshot::Sender<()>,
    _load: Held,
}

/// The request that a line answers.
struct Answers {
    number: u64,
    unanswered: Unanswered,
}

/// Writes lines until there are no more, or nobody reads them: then `gone` fires.
async fn write<W: AsyncWrite + Unpin>(
    mut output: W,
    mut lines: mpsc::UnboundedReceiver<Line>,
    gone: CancellationToken,
) {
    while let Some(line) = lines.recv().await {
        let writing = async {
            output.write_all(&line.bytes).await?;
            output.flush().await
        };
        let written = tokio::select! {
            biased;
            written = writing => written,
            () = gone.cancelled() => return,
        };
        if let Err(error) = written {
            tracing::warn!(%error, "standard output cannot be written");
            gone.cancel();
            return;
        }
        for answers in &line.answers {
            answers.unanswered.written(answers.number);
        }
        // Whoever sent it may have gone away.
        let _ = line.written.send(());
    }
}

/// What is under way, waits, or is not read by the client: how many messages, and how many bytes of them.
#[derive(Clone)]
struct Load(Arc<watch::Sender<(usize, usize)>>);

impl Default for Load {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new((0, 0))))
    }
}

impl Load {
    /// Counts one more message, of so many bytes, until what is returned is dropped.
    fn add(&self, bytes: usize) -> Held {
        self.0.send_modify(|(messages, all)| {
            *messages += 1;
            *all += bytes;
        });
        Held {
            load: self.clone(),
            bytes,
        }
    }

    /// Returns when there is room for more.
    async fn room(&self) {
        let has_room = |load: &(usize, usize)| load.0 < MOST_MESSAGES && load.1 < MOST_BYTES;
        // It fails only where there is no sender, and this is one.
        let _ = self.0.subscribe().wait_for(has_room).await;
    }

    /// Returns when there is nothing left.
    async fn none(&self) {
        let _ = self.0.subscribe().wait_for(|load| load.0 == 0).await;
    }
}

/// A message that is counted in a [`Load`] until this is dropped.
struct Held {
    load: Load,
    bytes: usize,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.load.0.send_modify(|(messages, all)| {
            *messages -= 1;
            *all -= self.bytes;
        });
    }
}

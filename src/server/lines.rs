//! The transport of the protocol: messages as lines on two streams. A line that cannot be read is answered with an error. Reading
//! stops while too many requests are under way or too many answers are unread. At the end nothing new is begun, and requests under
//! way have a limited time to finish.
//!
//! The transport of rmcp does none of this: it drops lines that it cannot read, goes on reading while nobody reads the answers, and
//! waits for calls under way for a fixed time.

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

use self::message::{LineContent, ReadMessage, Refusal};
use self::scan::{LineFacts, LineScan};
use super::{METHODS, no_method};
use crate::session::Progress;

/// The longest line that is read, in bytes. The text of a request has at most 1 MiB, which JSON escapes can make several times longer.
const LONGEST_LINE: usize = 4 * 1024 * 1024;

/// How many requests and unread answers there may be before reading stops.
const MOST_MESSAGES: usize = 1024;

/// How many bytes these requests and answers may have together before reading stops.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// The method that begins a session.
const INITIALIZE: &str = "initialize";

/// How the server ends.
#[derive(Clone, Debug)]
pub(super) struct Shutdown {
    /// Cancelled when the process is asked to end.
    pub stop: CancellationToken,
    /// Cancelled by this transport when the end begins, whatever the cause. From then on nothing new is begun.
    pub closing: CancellationToken,
    /// Cancelled when nobody can read answers any more.
    pub output_gone: CancellationToken,
    /// How long requests under way may still take once the end has begun.
    pub grace: Duration,
}

/// The number of halves of characters that were replaced in a request. The transport adds this extension to the request.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReplacedHalves(pub usize);

/// The requests whose answers are not written yet, by their numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct UnansweredRequests(Arc<Mutex<BTreeMap<u64, PendingRequest>>>);

/// A request whose answer is not written yet.
#[derive(Debug)]
struct PendingRequest {
    id: RequestId,
    progress: Arc<Progress>,
    state: RequestState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RequestState {
    /// The request is under way.
    Running,
    /// The client has cancelled the request, which is still under way and will not be answered.
    Cancelled,
    /// The answer waits to be written.
    Answered,
}

impl UnansweredRequests {
    /// Takes out all requests, and returns the progress of each in the order in which the requests came. A cancelled request is left
    /// out unless it has written something to Linear.
    pub(super) fn take(&self) -> Vec<Arc<Progress>> {
        std::mem::take(&mut *self.lock())
            .into_values()
            .filter(|request| {
                request.state != RequestState::Cancelled || request.progress.has_written()
            })
            .map(|request| request.progress)
            .collect()
    }

    /// Whether a request with this id is under way.
    fn has(&self, id: &RequestId) -> bool {
        self.lock()
            .values()
            .any(|request| request.id == *id && request.state != RequestState::Answered)
    }

    /// Sets the state of the request with this id, if it is running, and returns its number.
    fn set_state(&self, id: &RequestId, state: RequestState) -> Option<u64> {
        let mut requests = self.lock();
        let request = requests
            .values_mut()
            .find(|request| request.id == *id && request.state == RequestState::Running)?;
        request.state = state;
        Some(request.progress.number())
    }

    /// Removes a request whose answer was written.
    fn remove(&self, number: u64) {
        self.lock().remove(&number);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, PendingRequest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An extension of a request that is dropped when the request is not under way any more. A cancelled request is then removed from
/// the unanswered requests, and its writes to Linear are logged, because no answer reports them.
struct RequestGuard {
    number: u64,
    unanswered: UnansweredRequests,
    _load: LoadGuard,
}

impl Drop for RequestGuard {
    fn drop(&mut self) {
        let mut requests = self.unanswered.lock();
        let is_cancelled = |request: &PendingRequest| request.state == RequestState::Cancelled;
        if !requests.get(&self.number).is_some_and(is_cancelled) {
            return;
        }
        let request = requests.remove(&self.number);
        drop(requests);
        let has_written = request.filter(|request| request.progress.has_written());
        for line in has_written
            .iter()
            .flat_map(|request| request.progress.lines())
        {
            tracing::warn!("cancelled by the client, and ended since: {line}");
        }
    }
}

/// The transport of messages as lines.
pub(super) struct LineTransport<R> {
    input: LineReader<R>,
    /// The valid messages that rmcp has not received yet.
    received: VecDeque<RxJsonRpcMessage<RoleServer>>,
    /// The queue of lines to be written, until the transport is closed.
    output: Option<mpsc::UnboundedSender<OutputLine>>,
    writer: Option<JoinHandle<()>>,
    load: Load,
    unanswered: UnansweredRequests,
    /// How many requests have been read.
    requests: u64,
    shutdown: Shutdown,
    /// The end of the time for requests under way, once the end has begun.
    deadline: Option<Pin<Box<Sleep>>>,
    /// Whether the client has begun the session: by `initialize`, or by a request with the same information in its `_meta`.
    has_begun: bool,
    /// Whether the protocol's version has batches.
    has_batches: bool,
    /// The batches that are not answered yet.
    batches: Vec<Batch>,
}

/// A batch, whose answers are collected to be written together.
#[derive(Default)]
struct Batch {
    /// The ids of the requests that have no answer yet.
    waiting: Vec<RequestId>,
    /// The answers so far.
    lines: Vec<Vec<u8>>,
    /// The requests that these answers belong to.
    answered: Vec<AnsweredRequest>,
    load: Vec<LoadGuard>,
}

impl Batch {
    /// Makes a batch that waits for the answers to its requests, and already has the answers to its refused messages.
    fn new(messages: &[ReadMessage]) -> Self {
        let mut batch = Self::default();
        for message in messages {
            match message {
                ReadMessage::Valid(message, _) => {
                    if let JsonRpcMessage::Request(request) = &**message {
                        batch.waiting.push(request.id.clone());
                    }
                }
                ReadMessage::Refused(refusal) => batch.lines.push(refusal.line()),
                ReadMessage::Ignored(_) => {}
            }
        }
        batch
    }
}

impl<R: AsyncRead + Send + Unpin> LineTransport<R> {
    /// Makes the transport over two streams, and the list of its unanswered requests. It must be called within the runtime.
    pub(super) fn new<W>(input: R, output: W, shutdown: Shutdown) -> (Self, UnansweredRequests)
    where
        W: AsyncWrite + Send + Unpin + 'static,
    {
        let unanswered = UnansweredRequests::default();
        let (sender, lines) = mpsc::unbounded_channel();
        let output_gone = shutdown.output_gone.clone();
        let transport = Self {
            input: LineReader::new(input),
            received: VecDeque::new(),
            output: Some(sender),
            writer: Some(tokio::spawn(write_lines(output, lines, output_gone))),
            load: Load::default(),
            unanswered: unanswered.clone(),
            requests: 0,
            shutdown,
            deadline: None,
            has_begun: false,
            has_batches: false,
            batches: Vec::new(),
        };
        (transport, unanswered)
    }

    /// Handles the messages of a line of `bytes` bytes: queues the valid messages for rmcp, and answers the refused ones.
    fn handle(&mut self, content: LineContent, bytes: usize) {
        let (messages, is_batch) = match content {
            LineContent::Single(messages) => (messages, false),
            LineContent::Batch(messages) => (messages, true),
        };
        let mut ids = HashSet::new();
        let messages: Vec<ReadMessage> = messages
            .into_iter()
            .map(|message| self.check(message, &mut ids))
            .collect();
        if is_batch {
            self.batches.push(Batch::new(&messages));
        }
        let bytes_each = bytes / messages.len().max(1);
        for message in messages {
            match message {
                ReadMessage::Valid(message, replaced) => {
                    let message = self.register(*message, replaced, bytes_each);
                    self.received.push_back(message);
                }
                ReadMessage::Refused(refusal) => {
                    // Nothing of the line itself is logged.
                    tracing::warn!(
                        code = refusal.code.0,
                        id_found = refusal.id.is_some(),
                        "a line cannot be used: {}",
                        refusal.message
                    );
                    if !is_batch {
                        drop(self.push(refusal.line(), Vec::new()));
                    }
                }
                ReadMessage::Ignored(why) => {
                    tracing::warn!("a message that wants no answer cannot be used: {why}");
                }
            }
        }
        self.answer_batches();
    }

    /// Checks a message, and returns it if it may be handled now. Otherwise the message is returned as refused or ignored: because it
    /// comes before the session has begun, begins it twice, has the id of a request under way, or calls a method that is not served.
    /// `ids` holds the ids of the requests before it on the same line.
    fn check(&mut self, read: ReadMessage, ids: &mut HashSet<RequestId>) -> ReadMessage {
        let ReadMessage::Valid(message, _) = &read else {
            return read;
        };
        let JsonRpcMessage::Request(request) = &**message else {
            // rmcp would end the server because of such a message before `initialize`.
            return if self.has_begun {
                read
            } else {
                ReadMessage::Ignored("it came before 'initialize'".to_owned())
            };
        };
        let refuse = |code, message: &str| {
            ReadMessage::Refused(Refusal {
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
        if self.has_begun {
            if is_initialize {
                let why = "The session has begun already: 'initialize' is sent once, before anything else";
                return refuse(ErrorCode::INVALID_REQUEST, why);
            }
            if !is_served {
                let error = no_method(method);
                return refuse(error.code, &error.message);
            }
            return read;
        }
        match &request.request {
            ClientRequest::InitializeRequest(_) => self.has_begun = true,
            ClientRequest::PingRequest(_) | ClientRequest::DiscoverRequest(_) => {}
            _ if is_initialize => {
                let why = "The params of initialize have the wrong shape";
                return refuse(ErrorCode::INVALID_PARAMS, why);
            }
            other => {
                // A request may have the information of `initialize` in its `_meta`; rmcp says which part is missing.
                let meta = other.get_meta();
                let Some(version) = meta.protocol_version() else {
                    let why = "The session has not begun: send 'initialize' first";
                    return refuse(ErrorCode::INVALID_REQUEST, why);
                };
                let missing = meta.missing_required_keys(&ProtocolVersion::V_2026_07_28);
                self.has_begun =
                    missing.is_empty() && ProtocolVersion::KNOWN_VERSIONS.contains(&version);
                if self.has_begun && !is_served {
                    let error = no_method(method);
                    return refuse(error.code, &error.message);
                }
            }
        }
        read
    }

    /// Writes the answers of every batch that is complete. A batch of notifications alone has no answers.
    fn answer_batches(&mut self) {
        let is_complete = |batch: &mut Batch| batch.waiting.is_empty();
        let complete: Vec<Batch> = self.batches.extract_if(.., is_complete).collect();
        for batch in complete {
            if !batch.lines.is_empty() {
                let line = [b"[", batch.lines.join(&b","[..]).as_slice(), b"]"].concat();
                drop(self.push(line, batch.answered));
            }
        }
    }

    /// Queues the answer to a request, or adds the answer to the batch of the request. Returns a receiver that is notified when the
    /// answer is written; `None` for an answer in a batch.
    fn answer(&mut self, id: &RequestId, line: Vec<u8>) -> Option<oneshot::Receiver<()>> {
        let number = self.unanswered.set_state(id, RequestState::Answered);
        let answered = number.map(|number| AnsweredRequest {
            number,
            unanswered: self.unanswered.clone(),
        });
        let position = |batch: &Batch| batch.waiting.iter().position(|waiting| waiting == id);
        let mut batches = self.batches.iter_mut();
        let Some((index, batch)) = batches.find_map(|batch| Some((position(batch)?, batch))) else {
            return Some(self.push(line, answered.into_iter().collect()));
        };
        batch.waiting.swap_remove(index);
        batch.load.push(self.load.add(line.len()));
        batch.lines.push(line);
        batch.answered.extend(answered);
        self.answer_batches();
        None
    }

    /// Registers a request as unanswered and adds its extensions, or carries out a notification that cancels a request. Returns the
    /// message. `replaced` is how many halves of characters were replaced in it.
    fn register(
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
                extensions.insert(Arc::new(RequestGuard {
                    number: self.requests,
                    unanswered: self.unanswered.clone(),
                    _load: self.load.add(bytes),
                }));
                extensions.insert(Arc::clone(&progress));
                if replaced > 0 {
                    extensions.insert(ReplacedHalves(replaced));
                }
                let pending = PendingRequest {
                    id: request.id.clone(),
                    progress,
                    state: RequestState::Running,
                };
                self.unanswered.lock().insert(self.requests, pending);
            }
            JsonRpcMessage::Notification(notification) => {
                if let ClientNotification::CancelledNotification(cancelled) =
                    &notification.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    self.unanswered.set_state(id, RequestState::Cancelled);
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

    /// Queues a line to be written, which answers these requests. The returned receiver is notified when the line is written.
    fn push(&self, mut bytes: Vec<u8>, answered: Vec<AnsweredRequest>) -> oneshot::Receiver<()> {
        bytes.push(b'\n');
        let (sender, written) = oneshot::channel();
        let line = OutputLine {
            _load: self.load.add(bytes.len()),
            bytes,
            answered,
            written: sender,
        };
        if let Some(output) = &self.output {
            // Sending fails where nobody reads the output any more; `output_gone` is cancelled then.
            let _ = output.send(line);
        }
        written
    }
}

impl<R: AsyncRead + Send + Unpin> Transport<RoleServer> for LineTransport<R> {
    type Error = io::Error;

    /// Queues a message, and waits until the message is written. A closed output is not an error here: it ends
    /// [`Transport::receive`].
    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let id = match &item {
            JsonRpcMessage::Response(response) => {
                if let ServerResult::InitializeResult(result) = &response.result {
                    self.has_batches = result.protocol_version == ProtocolVersion::V_2025_03_26;
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
                // Waiting fails where the writer has ended because nobody reads the output.
                let _ = written.await;
            }
            Ok(())
        }
    }

    /// Returns the next message; `None` once the end has begun and either all requests are answered or the grace is over.
    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            if let Some(message) = self.received.pop_front() {
                return Some(message);
            }
            if let Some(deadline) = &mut self.deadline {
                tokio::select! {
                    () = self.load.wait_until_empty() => {}
                    () = deadline => {}
                }
                return None;
            }
            let next = async {
                self.load.wait_for_room().await;
                self.input.next_line().await
            };
            let next = tokio::select! {
                biased;
                () = self.shutdown.stop.cancelled() => None,
                () = self.shutdown.output_gone.cancelled() => None,
                next = next => next,
            };
            match next {
                Some(InputLine::Complete(line)) => {
                    if !line.trim_ascii().is_empty() {
                        self.handle(message::read(&line, self.has_batches), line.len());
                    }
                }
                Some(InputLine::TooLong(facts)) => {
                    self.handle(LineContent::Single(vec![message::too_long(facts)]), 0)
                }
                None => {
                    // The end begins: nothing new is begun, and requests under way have the grace from now on.
                    self.shutdown.closing.cancel();
                    let grace = self.shutdown.grace;
                    self.deadline
                        .get_or_insert_with(|| Box::pin(tokio::time::sleep(grace)));
                }
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

/// Reads lines from a stream.
struct LineReader<R> {
    reader: BufReader<R>,
    /// The part of the current line that has been read.
    line: Vec<u8>,
    /// The scan of a line that is too long to be kept.
    long_line: Option<LineScan>,
    has_ended: bool,
}

/// A line that was read.
enum InputLine {
    /// A line without its line break.
    Complete(Vec<u8>),
    /// The facts about a line that was too long to be kept.
    TooLong(LineFacts),
}

impl<R: AsyncRead + Unpin> LineReader<R> {
    fn new(input: R) -> Self {
        Self {
            reader: BufReader::with_capacity(64 * 1024, input),
            line: Vec::new(),
            long_line: None,
            has_ended: false,
        }
    }

    /// Reads the next line; `None` at the end of the stream. The text after the last line break counts as a line. No input is lost
    /// when the returned future is dropped.
    async fn next_line(&mut self) -> Option<InputLine> {
        while !self.has_ended {
            let bytes = match self.reader.fill_buf().await {
                Ok(bytes) => bytes,
                Err(error) => {
                    tracing::error!(%error, "standard input cannot be read");
                    &[]
                }
            };
            self.has_ended = bytes.is_empty();
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let (part, _) = bytes.split_at(end.unwrap_or(bytes.len()));
            match &mut self.long_line {
                Some(scan) => scan.read(part),
                None if self.line.len() + part.len() > LONGEST_LINE => {
                    let mut scan = LineScan::default();
                    scan.read(&std::mem::take(&mut self.line));
                    scan.read(part);
                    self.long_line = Some(scan);
                }
                None => self.line.extend_from_slice(part),
            }
            let consumed = part.len() + usize::from(end.is_some());
            self.reader.consume(consumed);
            if end.is_some() || self.has_ended {
                let line = std::mem::take(&mut self.line);
                return match self.long_line.take() {
                    Some(scan) => Some(InputLine::TooLong(scan.finish())),
                    None if self.has_ended && line.is_empty() => None,
                    None => Some(InputLine::Complete(line)),
                };
            }
        }
        None
    }
}

/// A line to be written.
struct OutputLine {
    bytes: Vec<u8>,
    /// The requests that the line answers.
    answered: Vec<AnsweredRequest>,
    /// Notified when the line is written.
    written: oneshot::Sender<()>,
    _load: LoadGuard,
}

/// A request whose answer waits to be written.
struct AnsweredRequest {
    number: u64,
    unanswered: UnansweredRequests,
}

/// Writes lines until there are no more or nobody reads them. In the second case, `output_gone` is cancelled.
async fn write_lines<W: AsyncWrite + Unpin>(
    mut output: W,
    mut lines: mpsc::UnboundedReceiver<OutputLine>,
    output_gone: CancellationToken,
) {
    while let Some(line) = lines.recv().await {
        let writing = async {
            output.write_all(&line.bytes).await?;
            output.flush().await
        };
        let written = tokio::select! {
            biased;
            written = writing => written,
            () = output_gone.cancelled() => return,
        };
        if let Err(error) = written {
            tracing::warn!(%error, "standard output cannot be written");
            output_gone.cancel();
            return;
        }
        for request in &line.answered {
            request.unanswered.remove(request.number);
        }
        // The sender of the message may have stopped waiting.
        let _ = line.written.send(());
    }
}

/// The number of the messages that this server holds, and their bytes: requests under way, and answers that the client has not read.
#[derive(Clone)]
struct Load(Arc<watch::Sender<(usize, usize)>>);

impl Default for Load {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new((0, 0))))
    }
}

impl Load {
    /// Counts a message of this size until the returned guard is dropped.
    fn add(&self, bytes: usize) -> LoadGuard {
        self.0.send_modify(|(messages, total_bytes)| {
            *messages += 1;
            *total_bytes += bytes;
        });
        LoadGuard {
            load: self.clone(),
            bytes,
        }
    }

    /// Waits until there is room for another message.
    async fn wait_for_room(&self) {
        let has_room = |load: &(usize, usize)| load.0 < MOST_MESSAGES && load.1 < MOST_BYTES;
        // Waiting fails only without a sender, and `self` is one.
        let _ = self.0.subscribe().wait_for(has_room).await;
    }

    /// Waits until no message is left.
    async fn wait_until_empty(&self) {
        let _ = self.0.subscribe().wait_for(|load| load.0 == 0).await;
    }
}

/// A message that is counted in a [`Load`] until this guard is dropped.
struct LoadGuard {
    load: Load,
    bytes: usize,
}

impl Drop for LoadGuard {
    fn drop(&mut self) {
        self.load.0.send_modify(|(messages, total_bytes)| {
            *messages -= 1;
            *total_bytes -= self.bytes;
        });
    }
}

//! The backend of the `linear-ops-agent` subagent: it reads a YAML request, resolves names through a session cache, sends as
//! few requests to Linear as the work allows, and returns one structured envelope.
//!
//! # The layers
//!
//! Each module may use only the modules to its right in this picture, as a test holds (`tests/it/docs/architecture.rs`, which
//! lists them one by one):
//!
//! ```text
//! main > cli > server > engine > operations > resolve > session > cache, stats > linear > error, text, clock, patch, effect
//!                      request, envelope       operation, params > yaml
//!        settings                                                   sandbox > linear::transport
//! ```
//!
//! | module | what it does | what it rests on |
//! |---|---|---|
//! | `main` | passes the arguments and the environment to `cli`; only here the process ends | `cli` |
//! | [`cli`] | makes a session from arguments and settings; serves it, runs requests from files, registers the server with clients (`setup`), checks an installation (`doctor`); prints | all modules, but not the insides of operations |
//! | [`settings`] | reads and validates the environment; holds the key in a type that cannot be printed | `linear`, `params` |
//! | [`server`] | speaks MCP over stdio: lists the operations as tools, and passes each call on as a request | `engine` |
//! | [`request`] | reads text or JSON as a request: repairs known mistakes, and refuses text that has two readings | `yaml`, `params` |
//! | [`engine`] | runs a request: the catalog of operations, the steps that every operation goes through, batches, dry runs | `operations` |
//! | [`envelope`] | writes answers, and is the only module that writes YAML | `session` |
//! | [`operations`] | the operations on Linear: one line each in its table, and one file with each operation's whole story | `resolve` |
//! | [`operation`] | what an operation is, and what it takes: names, aliases and rules, read from its types | `params`, `session` |
//! | [`params`] | the types of parameters, and how they are decoded | `yaml` |
//! | [`resolve`] | finds the entities that names mean: one matcher, one look-up request for all kinds, one file for each kind | `cache`, `linear` |
//! | [`session`] | what the process knows ([`session::Session`]), what it may do ([`session::Guards`]), and what one running operation knows ([`session::Context`]) | `cache`, `stats` |
//! | [`cache`] | the session cache: every kind of entity that is looked up by name, never issues; and a snapshot of the names on disk | `linear` |
//! | [`stats`] | counts what the session's operations cost: requests, errors, durations, bytes | `linear` |
//! | [`linear`] | speaks to Linear: documents, merging, sending, retries, failures; no other module knows HTTP or GraphQL | the network |
//! | [`effect`] | what an operation does to the workspace, and what the server was started to allow | – |
//! | [`error`] | the one table of error codes | `text` |
//! | [`clock`] | the time, and new ids | – |
//! | [`patch`] | what an update does to a field: leave it, clear it, or set it | – |
//! | [`text`] | pure functions on text: checklists, edits of Markdown, similar names, secrets | – |
//! | [`yaml`] | reads YAML and JSON within bounds; no other module knows the parser | – |
//! | [`sandbox`] | a stand-in for Linear, for tests and trials | [`linear::transport`] alone |
//!
//! What callers may count on is in [`contract`], and what is known of Linear's API in [`linear::api`]. Comments refer to the
//! headings of these two.
//!
//! No two of these modules use each other. Within a module, some files do: [`engine::catalog`] lists `batch`, and `batch` runs
//! what the catalog lists; `setup` ends with a `doctor`, which looks for what `setup` wrote; reading a request and the errors of
//! that name each other's types; an issue may be named by its address, and an address may name an issue.
//!
//! # One request, step by step
//!
//! `create_issue` with the team "Engineering", the state "In Progress", and a label that does not exist yet:
//!
//! 1. The client calls the tool `linear` with the YAML. `server` passes the text to [`request::read`], which repairs known
//!    mistakes of hand-written YAML and reports each repair in `warnings`.
//! 2. [`engine::run`] finds the operation in [`engine::catalog::TABLE`]. [`engine::pipeline`] gives every parameter its canonical
//!    name by the [`operation::Signature`], takes out the common parameters (`detail`, `fields`, …), and decodes the rest into
//!    the operation's own type.
//! 3. `operations/issue/create.rs` lists the names to look up in a [`resolve::LookupRequest`]. [`resolve::lookup()`] takes from
//!    the [`cache`] what it holds. The rest becomes one merged document ([`linear::compose`]), which [`linear::client`] sends
//!    once; the answers are put into the cache.
//! 4. [`resolve::Resolved`] turns each name into one entity, or into an error that lists the available ones. Nothing has been
//!    written yet, so a wrong name leaves nothing behind.
//! 5. The missing label, the issue and its links are created by one document, each under an id that the client chose. When
//!    the answer is lost, or Linear refuses a part, the client looks these ids up before it repeats anything: nothing is
//!    created twice, and what can still be created alone is. If Linear refuses the write although the cache knew all names,
//!    the pipeline looks the names up again, and runs the operation once more where one has changed.
//! 6. The operation returns the issue as `data`. Its steps, warnings and changes were noted in the [`session::Context`].
//!    [`envelope`] writes everything as YAML.
//!
//! A server has done most of step 3 before the first call: [`resolve::prefetch`] fills the cache with one request while the
//! client initialises, and `lookup` waits for it ([`session::PrefetchState`]).
//!
//! With `dry_run: true`, the steps are the same up to 5: the first mutation is recorded instead of sent ([`session::DryRun`]), and
//! the plan is returned. A `batch` goes through the steps for each of its items, and merges their requests.
//!
//! Whether a write is allowed is decided by [`session::Guards`] alone: for the operation before anything is sent, and for each
//! mutation before it is sent.
//!
//! Operations run side by side. Operations that write to the same issue run one after the other, in the order in which they
//! arrived ([`session::EntityLocks`]).
//!
//! # Invariants
//!
//! Each is held by a test: only `envelope` writes answers; while serving, only the server's transport writes to stdout; reads
//! never send a mutation; only `resolve` turns a name into an id; only `linear` knows HTTP and GraphQL; only
//! `linear/failure.rs` chooses the 14xx codes; time and ids come from [`clock::Clock`], which the session owns; imports follow
//! the layers above.

pub mod cache;
pub mod cli;
pub mod clock;
#[doc = include_str!("contract.md")]
pub mod contract {}
pub mod effect;
pub mod engine;
pub mod envelope;
pub mod error;
pub mod linear;
pub mod operation;
pub mod operations;
pub mod params;
pub mod patch;
pub mod request;
pub mod resolve;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod server;
pub mod session;
pub mod settings;
pub mod stats;
pub mod text;
pub mod yaml;

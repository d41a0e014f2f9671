//! The backend of the `linear-ops-agent` subagent: a YAML request in, names resolved through a session cache, as few
//! requests to Linear as the work allows, one structured envelope out.
//!
//! # The house
//!
//! Data flows one way; each room may use only what stands to its right. A test holds it (`tests/it/docs/architecture.rs`).
//!
//! ```text
//! main > cli > server > engine > operations > resolve > session > directory, meter > linear > error, text, clock, patch, effect
//!                      request, envelope       operation, params
//!        settings                                                    sandbox > linear::transport
//! ```
//!
//! | room | what happens there | what it may touch |
//! |---|---|---|
//! | `main` | hands arguments and environment to `cli`; the process ends here and nowhere else | `cli` |
//! | [`cli`] | arguments and settings become a session; fills and serves it, runs requests, registers the server with clients, or checks that all is well; prints | everything but operations' insides |
//! | [`settings`] | the environment, validated at start; the key in a type that does not print | – |
//! | [`server`] | MCP over stdio: the table as tools, a call as a request; knows no Linear | engine |
//! | [`request`] | text or JSON becomes a request: repaired, carried out as it was meant, or refused with both readings | yaml, the forms of parameters |
//! | [`engine`] | from a request to its envelope: the table of operations, the steps that each goes through, batches, dry runs | operations |
//! | [`envelope`] | the only writer of answers, and of YAML | – |
//! | [`operation`] | what an operation is, and what it takes, read from its types: names, aliases, values in place of text | session, params |
//! | [`params`] | the types of parameters, and how they are decoded | yaml |
//! | [`operations`] | **the table**, one line an operation; each file one operation's whole story | resolve, documents |
//! | [`resolve`] | names become entities: one matcher, one look-up request for all kinds, one file a kind | directory, documents |
//! | [`session`] | what the process knows ([`session::Session`]), what it may do ([`session::Guards`]), what one running operation knows ([`session::Context`]) | – |
//! | [`cache`] | the session cache: one table of the kinds of entities that are looked up by name, never issues; and their names on disk, between processes | – |
//! | [`stats`] | what the session's operations have cost: counts, errors, durations, bytes | – |
//! | [`linear`] | documents, merging, sending, repeating, failures: the only room with HTTP or GraphQL text | the network |
//! | [`effect`] | what an operation does to the workspace, and what the starter allows | – |
//! | [`error`] | the one table of codes | – |
//! | [`clock`] | the time, and new ids | – |
//! | [`patch`] | what an update does to a field: leaves it, clears it, sets it | – |
//! | [`text`] | pure functions on text: checklists, near names | – |
//! | [`yaml`] | YAML and JSON text becomes values, within bounds: the only module that knows the parser | – |
//! | [`sandbox`] | the stand-in for Linear, which knows nothing of all this but [`linear::transport`] | – |
//!
//! What callers may count on is in [`contract`], what is known of Linear's API in [`linear::api`]; comments refer to the
//! headings of these two.
//!
//! # One request on its way
//!
//! `create_issue` with team "Engineering", state "In Progress", a label that does not exist yet:
//!
//! 1. The client calls the tool `linear` with the YAML. `server` passes the text to [`request::read`], which repairs
//!    it where hand-written YAML breaks in known ways and says so in `warnings`.
//! 2. [`engine::run`] finds the row in [`catalog::TABLE`], lets its [`operation::Signature`] give every parameter
//!    its canonical name, takes out the shared ones (`detail`, `fields`, …), and decodes the rest into the
//!    operation's own type.
//! 3. `operations/issue/create.rs` lists what it has to know as [`resolve::LookupRequest`]. [`resolve::lookup()`] takes from
//!    the [`cache`] what it has; the rest becomes parts of one document ([`linear::compose`]), sent once by
//!    [`linear::client`], split back, kept in the directory.
//! 4. [`resolve::Resolved`] turns each name into one entity, or into an error that lists what there is instead. Nothing
//!    has been written yet, so a name that means nothing leaves nothing behind.
//! 5. The missing label, the issue and its links go in one document, each under an id made here: when its answer is
//!    lost, or Linear refuses a part, the ids are looked for before anything is repeated, so nothing is done twice, and
//!    what can still be done is done by itself. What Linear refuses although the cache knew its names is looked into by
//!    [`engine::pipeline`], and run once more where something has gone since.
//! 6. The operation answers the entity as `data`; steps, warnings and changes have been noted in its
//!    [`session::Context`]. [`envelope`] writes it all down.
//!
//! Where a server runs, most of step 3 is done before anybody asks: [`resolve::prefetch`] fills the directory with one
//! request while the client still initialises, and `gather` waits for it ([`session::PrefetchState`]).
//!
//! With `dry_run: true` the same way is gone up to 5: the first mutation is taken down instead of sent
//! ([`session::DryRun`]), and is the answer. A `batch` goes it once for each of its operations.
//!
//! Whether a write may go is decided by [`session::Guards`] alone: by its operation before anything is sent, and by the
//! mutations themselves where they are handed in.
//!
//! Operations run side by side; those that write to one issue take turns in the order in which they came
//! ([`session::EntityLocks`]).
//!
//! # What always holds
//!
//! Each has a test: only `envelope` writes answers; only the server's transport writes stdout while serving; reads never
//! send a mutation; only `resolve` turns a name into an id; only `linear` sees HTTP or GraphQL text; only
//! `linear/failure.rs` picks 14xx codes; time and ids come from [`clock::Clock`], which the session owns; imports
//! follow the direction above.

pub mod cli;
pub mod clock;
#[doc = include_str!("contract.md")]
pub mod contract {}
pub mod cache;
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

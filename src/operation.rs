//! What an operation is: its parameters, its effect on Linear, its work, and its entry in the table of operations.
//!
//! What an operation takes is read from its parameter type ([`Signature`]), with the names that callers may use for
//! it.

mod canonical;
mod names;
mod signature;
mod unknown;

use std::future::Future;
use std::sync::OnceLock;

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub use self::signature::{Field, Signature};
pub use crate::effect::{Effect, Touches};
use crate::error::Error;
use crate::params;
pub(crate) use crate::params::is_added_by_host;
use crate::session::Context;

/// A parameter that means the same in every operation that accepts it. Each operation lists those it accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shared {
    /// `detail: brief | standard | full`.
    Detail,
    /// `fields: [..]`: exactly these fields of each entity.
    Fields,
    /// `max_description_chars: N`: cut long texts, and say so.
    MaxDescriptionChars,
    /// `text_offset: N`: where a long text begins. Only that text is returned then, with the entity it belongs to.
    TextOffset,
    /// `format: table`: a list as `columns` and `rows`.
    Format,
    /// `refresh_cache: true`: ask Linear even for names that the session has cached.
    RefreshCache,
    /// `dry_run: true`: say what would be sent, and write nothing. Every writing operation takes it without listing
    /// it.
    DryRun,
}

impl Shared {
    /// The shared parameters of a list whose rows have long texts and whose names are cached: all of them.
    pub const OF_A_LIST: &'static [Self] = &[
        Self::Detail,
        Self::Fields,
        Self::MaxDescriptionChars,
        Self::Format,
        Self::RefreshCache,
    ];

    /// The parameter's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Detail => "detail",
            Self::Fields => "fields",
            Self::MaxDescriptionChars => "max_description_chars",
            Self::TextOffset => "text_offset",
            Self::Format => "format",
            Self::RefreshCache => "refresh_cache",
            Self::DryRun => "dry_run",
        }
    }
}

/// The fixed facts about an operation.
#[derive(Debug)]
pub struct Spec {
    /// The name in requests, snake_case.
    pub name: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// What the operation may do to the workspace.
    pub effect: Effect,
    /// The parameter that `id`, `identifier`, `key` and `name` stand for, unless the operation has a parameter of that
    /// name.
    pub subject: Option<&'static str>,
    /// Other names under which callers ask for the operation.
    pub aliases: &'static [&'static str],
    /// The shared parameters that the operation takes.
    pub shared: &'static [Shared],
    /// What it writes of the issues that its parameters name.
    pub touches: Touches,
}

/// One operation. Its file holds everything about it: the parameters (whose doc comments are the documentation
/// everywhere), what it looks up, what it sends and what it returns.
pub trait Operation: 'static {
    /// The decoded parameters. The type's doc comment describes the operation, the fields' doc comments the parameters.
    type Params: DeserializeOwned + JsonSchema + Send;
    /// The fixed facts about the operation.
    const SPEC: Spec;

    /// Does the work and returns the envelope's `data`. Everything else in the envelope is reported through `cx`.
    ///
    /// # Errors
    /// The failure of the operation, as the caller is told it.
    fn run(
        params: Self::Params,
        cx: &Context<'_>,
    ) -> impl Future<Output = Result<Value, Error>> + Send;
}

/// An operation's work with its parameter type erased.
type Run = for<'c> fn(Map<String, Value>, &'c Context<'c>) -> BoxFuture<'c, Result<Value, Error>>;

/// An entry of the table of operations: an operation with its types erased.
#[derive(Debug)]
pub struct Entry {
    /// The fixed facts about the operation.
    pub spec: Spec,
    /// The kind of entity that the operation is about, in one word: `issue`, `label`.
    pub category: &'static str,
    /// An example request as YAML: the file in `examples/` that has the operation's name.
    pub example: &'static str,
    describe: fn() -> schemars::Schema,
    run: Run,
    signature: OnceLock<Signature>,
}

impl Entry {
    /// Makes the table entry of an operation from its category and an example request.
    pub const fn of<O: Operation>(category: &'static str, example: &'static str) -> Self {
        Self {
            spec: O::SPEC,
            category,
            example,
            describe: params::schema::<O::Params>,
            run: |params, cx| Box::pin(async move { O::run(params::decode(params)?, cx).await }),
            signature: OnceLock::new(),
        }
    }

    /// Returns the operation's description and parameters, the shared ones included, as read from its types.
    pub fn signature(&self) -> &Signature {
        self.signature
            .get_or_init(|| Signature::read(&(self.describe)(), &self.spec))
    }

    /// Decodes `params`, whose keys have to be canonical, and runs the operation.
    ///
    /// # Errors
    /// The decoding error that [`params::decode`] describes, or the operation's own.
    pub fn run<'c>(
        &self,
        params: Map<String, Value>,
        cx: &'c Context<'c>,
    ) -> BoxFuture<'c, Result<Value, Error>> {
        (self.run)(params, cx)
    }
}

//! What an operation is: its parameters, its effect on Linear, its work, and the row it makes in the table.

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
pub use crate::effect::Effect;
use crate::error::Error;
use crate::params;
pub(crate) use crate::params::is_added_by_host;
use crate::session::Cx;

/// A parameter that means the same wherever it is accepted; the operation names those it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shared {
    /// `detail: brief | standard | full`.
    Detail,
    /// `fields: [..]`: exactly these fields of each entity.
    Fields,
    /// `max_description_chars: N`: cut long texts, and say so.
    MaxDescriptionChars,
    /// `text_offset: N`: where a long text begins; only it is returned then, with what it belongs to.
    TextOffset,
    /// `format: table`: a list as `columns` and `rows`.
    Format,
    /// `refresh_cache: true`: ask Linear even for what the session knows.
    RefreshCache,
    /// `dry_run: true`: say what would be sent, and write nothing. Whatever writes takes it without naming it.
    DryRun,
}

impl Shared {
    /// What a list takes whose rows have long texts and whose names are remembered: all of them.
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

/// What is fixed about an operation.
#[derive(Debug)]
pub struct Spec {
    /// The name in requests, snake_case.
    pub name: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// What it may do to the workspace.
    pub effect: Effect,
    /// The parameter that `id`, `identifier`, `key` and `name` mean where they are no parameters of their own.
    pub subject: Option<&'static str>,
    /// Other names by which callers ask for it.
    pub aliases: &'static [&'static str],
    /// The shared parameters it takes.
    pub shared: &'static [Shared],
}

/// One operation. Its file holds its whole story: parameters (whose doc comments are the documentation
/// everywhere), what it looks up, what it sends, what it answers.
pub trait Operation: 'static {
    /// The decoded parameters. The type's doc comment describes the operation, the fields' doc comments the parameters.
    type Params: DeserializeOwned + JsonSchema + Send;
    /// What is fixed about it.
    const SPEC: Spec;

    /// Does the work and answers the envelope's `data`; everything else in the envelope is reported through `cx`.
    fn run(params: Self::Params, cx: &Cx<'_>) -> impl Future<Output = Result<Value, Error>> + Send;
}

/// An operation's work with its parameter type erased.
type Run = for<'c> fn(Map<String, Value>, &'c Cx<'c>) -> BoxFuture<'c, Result<Value, Error>>;

/// A row of the table: an operation with its types erased.
#[derive(Debug)]
pub struct Entry {
    /// What is fixed about it.
    pub spec: Spec,
    /// What it is about, one word: `issue`, `label`.
    pub category: &'static str,
    /// A request that shows it, as YAML: the file of its name in `examples/`.
    pub example: &'static str,
    describe: fn() -> schemars::Schema,
    run: Run,
    signature: OnceLock<Signature>,
}

impl Entry {
    /// The row of an operation, with its category and a request that shows it.
    pub const fn of<O: Operation>(category: &'static str, example: &'static str) -> Self {
        Self {
            spec: O::SPEC,
            category,
            example,
            describe: params::schema::<O::Params>,
            run: |params, cx| Box::pin(start::<O>(params, cx)),
            signature: OnceLock::new(),
        }
    }

    /// Its description and parameters, the shared ones included, as read from its types.
    pub fn signature(&self) -> &Signature {
        self.signature
            .get_or_init(|| Signature::read(&(self.describe)(), &self.spec))
    }

    /// Decodes `params`, whose keys are canonical already, and runs it.
    ///
    /// # Errors
    /// The decoding error that [`params::decode`] describes, or the operation's own.
    pub fn run<'c>(
        &self,
        params: Map<String, Value>,
        cx: &'c Cx<'c>,
    ) -> BoxFuture<'c, Result<Value, Error>> {
        (self.run)(params, cx)
    }
}

async fn start<O: Operation>(params: Map<String, Value>, cx: &Cx<'_>) -> Result<Value, Error> {
    O::run(params::decode(params)?, cx).await
}

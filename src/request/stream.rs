//! Several requests in one text: the one `batch` that they make.

use serde_json::{Map, Value, json};

use super::grammar::{Grammar, Texts};
use super::repair::{Fit, lines};
use super::{Request, bounded, failure, fence, fit, from_value, load, repair};
use crate::error::Error;
use crate::yaml;

/// How many requests one text may hold: no batch may have more, whatever the settings say.
const MOST_REQUESTS: usize = 1000;

/// Whether a text is several requests without any repair.
pub(super) fn stands(text: &str) -> bool {
    yaml::parse(text)
        .is_ok_and(|found| found.len() > 1 && found.iter().all(|one| fit(one) == Fit::Yes))
}

/// A text without the fence that is round all of it, with the line breaks as YAML reads them; and what that made to warn
/// of.
pub(super) fn unfenced(text: &str, grammar: &dyn Grammar) -> (String, Vec<String>) {
    let text = lines::normalized(text);
    let texts = Texts::of(&text, grammar);
    match fence::take_out(&text, &texts) {
        Ok(Some(unfenced)) => (unfenced.text, unfenced.warnings),
        // Each request of the stream may have a fence of its own.
        Ok(None) | Err(_) => (text.into_owned(), Vec::new()),
    }
}

/// Whether a text is several requests, one of which has a name for others to refer to.
pub(super) fn has_names(text: &str, grammar: &dyn Grammar) -> bool {
    let (text, _) = unfenced(text, grammar);
    let texts = repair::split(&text);
    let named = |text: &&str| {
        let read = repair::load(text, fit, grammar);
        read.is_ok_and(|loaded| loaded.node.entry("as").is_some())
    };
    texts.len() > 1 && texts.iter().any(named)
}

/// The batch of these requests, in their order.
pub(super) fn batch(texts: &[&str], grammar: &dyn Grammar) -> Result<Request, Error> {
    if texts.iter().map(|text| text.len()).sum::<usize>() > yaml::MAX_BYTES {
        let error = failure::not_a_request("its documents are larger than 1 MiB together");
        return Err(error.suggest("Send fewer requests at once"));
    }
    if texts.len() > MOST_REQUESTS {
        let why = format!(
            "it holds {} requests; the most is {MOST_REQUESTS}",
            texts.len()
        );
        return Err(failure::not_a_request(&why).suggest("Send fewer requests at once"));
    }
    let mut batch = Request {
        operation: "batch".to_owned(),
        ..Request::default()
    };
    let mut items = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        let read = item(text, grammar).map_err(|error| error.detail("index", index));
        let (item, request, guessed_end) = read?;
        if index + 1 < texts.len() && guessed_end {
            return Err(doubtful(index));
        }
        let warnings = request.warnings.iter();
        let warnings = warnings.map(|warning| format!("item {index}: {warning}"));
        batch.warnings.extend(warnings);
        if index == 0 {
            batch.context = request.context.clone();
            // That one's own, and no other's.
            batch.context.refresh_cache = false;
        }
        items.push(item);
    }
    batch.warnings = bounded(batch.warnings, "warnings about the requests");
    batch.params.insert("operations".to_owned(), items.into());
    Ok(batch)
}

/// The error of a request whose text may go on beyond the `---` behind it: what stands there is not to be run.
fn doubtful(index: usize) -> Error {
    let why = "a text in it has lost its indentation, so what stands behind '---' may belong to it";
    failure::not_a_request(why)
        .detail("index", index)
        .suggest("Indent every line of a block ('key: |') deeper than its key")
}

/// One request, as an item of the batch, and whether the end of a text in it was guessed.
fn item(text: &str, grammar: &dyn Grammar) -> Result<(Value, Request, bool), Error> {
    let (mut value, loaded) = load(text, grammar)?;
    let name = value
        .as_object_mut()
        .and_then(|fields| fields.shift_remove("as"));
    let mut request = from_value(value, grammar)?;
    request.warnings.splice(0..0, loaded.warnings);
    let mut item = Map::new();
    item.extend(name.map(|name| ("as".to_owned(), name)));
    item.insert("operation".to_owned(), request.operation.as_str().into());
    item.insert(
        "params".to_owned(),
        std::mem::take(&mut request.params).into(),
    );
    if request.context.refresh_cache {
        item.insert("context".to_owned(), json!({"cache": false}));
    }
    Ok((item.into(), request, loaded.guessed_end))
}

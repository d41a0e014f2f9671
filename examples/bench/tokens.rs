//! Tokens, as the vocabulary o200k counts them.

use std::sync::OnceLock;

use tiktoken_rs::CoreBPE;

use crate::Failure;

/// How many tokens a text is.
///
/// Errors when the vocabulary, which is part of the program, cannot be read.
pub fn count(text: &str) -> Result<usize, Failure> {
    static VOCABULARY: OnceLock<Option<CoreBPE>> = OnceLock::new();
    let vocabulary = VOCABULARY.get_or_init(|| tiktoken_rs::o200k_base().ok());
    let vocabulary = vocabulary.as_ref().ok_or("the vocabulary cannot be read")?;
    Ok(vocabulary.encode_ordinary(text).len())
}

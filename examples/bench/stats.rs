//! Statistics of measured values, and the number of tokens in a text.

use std::sync::OnceLock;

use tiktoken_rs::CoreBPE;

use crate::Failure;

/// The median and the 95th percentile of measured values.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spread {
    /// The median.
    pub p50: f64,
    /// The 95th percentile.
    pub p95: f64,
}

impl Spread {
    /// Returns the percentiles of these values; zeros where there are no values.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        Self {
            p50: percentile(&values, 50),
            p95: percentile(&values, 95),
        }
    }
}

/// Returns the percentile of sorted values: the smallest value that at least `percent` of the values do not exceed; 0
/// where there are no values.
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

/// Returns the number of tokens of a text, in the vocabulary o200k.
///
/// Errors when the vocabulary, which is part of the program, cannot be read.
pub fn count_tokens(text: &str) -> Result<usize, Failure> {
    static VOCABULARY: OnceLock<Option<CoreBPE>> = OnceLock::new();
    let vocabulary = VOCABULARY.get_or_init(|| tiktoken_rs::o200k_base().ok());
    let vocabulary = vocabulary.as_ref().ok_or("the vocabulary cannot be read")?;
    Ok(vocabulary.encode_ordinary(text).len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        let spread = Spread {
            p50: 50.0,
            p95: 95.0,
        };
        assert_eq!(Spread::of(hundred.into_iter().rev()), spread);
        assert_eq!(Spread::of([3.0, 1.0, 2.0]), Spread { p50: 2.0, p95: 3.0 });
        assert_eq!(Spread::of([7.0]), Spread { p50: 7.0, p95: 7.0 });
        assert_eq!(Spread::of([]), Spread::default());
    }
}

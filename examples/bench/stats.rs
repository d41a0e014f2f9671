//! Middle and far values of what was measured.

/// The median and the 95th percentile.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spread {
    /// Half of the values are no greater.
    pub p50: f64,
    /// Of a hundred values, 95 are no greater.
    pub p95: f64,
}

impl Spread {
    /// Of these values; zeros where there are none.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        Self {
            p50: percentile(&values, 50),
            p95: percentile(&values, 95),
        }
    }
}

/// The smallest of the sorted values that this share of them (in percent) does not exceed; 0 where there are none.
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
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

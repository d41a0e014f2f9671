//! Durations in a fixed number of buckets.

use std::time::Duration;

/// Buckets per doubling, as a power of two.
const FINE: u32 = 4;
const PER_DOUBLING: usize = 1 << FINE;
/// The doublings above the exact range: up to 2^36 µs, 19 hours. What is longer counts as that long.
const DOUBLINGS: usize = 32;
const BUCKETS: usize = PER_DOUBLING * (DOUBLINGS + 1);

/// Durations counted in buckets whose width is a sixteenth of where they begin: [`Self::percentile`] is within
/// 1/32 (3.2 %) of the true one, or exact below 32 µs. 2 KiB however many there are.
#[derive(Clone, Debug)]
pub struct Histogram {
    buckets: Box<[u32; BUCKETS]>,
    count: u64,
    longest: u64,
    total: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            buckets: Box::new([0; BUCKETS]),
            count: 0,
            longest: 0,
            total: 0,
        }
    }
}

impl Histogram {
    /// Counts one duration.
    pub fn add(&mut self, duration: Duration) {
        let us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        if let Some(bucket) = self.buckets.get_mut(place(us)) {
            *bucket = bucket.saturating_add(1);
        }
        self.count += 1;
        self.longest = self.longest.max(us);
        self.total = self.total.saturating_add(us);
    }

    /// How many were counted.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their sum.
    pub fn total(&self) -> Duration {
        Duration::from_micros(self.total)
    }

    /// The longest, exactly.
    pub fn longest(&self) -> Duration {
        Duration::from_micros(self.longest)
    }

    /// Their mean, exactly; zero when there are none.
    pub fn mean(&self) -> Duration {
        Duration::from_micros(self.total.checked_div(self.count).unwrap_or(0))
    }

    /// The shortest duration that `percent` (1-100) of them do not exceed, near enough; zero when there are none.
    pub fn percentile(&self, percent: u64) -> Duration {
        let rank = (self.count * percent).div_ceil(100).max(1);
        if rank >= self.count {
            return self.longest();
        }
        let mut passed = 0;
        for (place, bucket) in self.buckets.iter().enumerate() {
            passed += u64::from(*bucket);
            if passed >= rank {
                return Duration::from_micros(middle(place).min(self.longest));
            }
        }
        self.longest()
    }
}

/// The bucket of a duration in microseconds.
fn place(us: u64) -> usize {
    let fine = us.checked_ilog2().unwrap_or(0).saturating_sub(FINE);
    let within = us >> fine;
    let place = (u64::from(fine) << FINE) + within;
    usize::try_from(place).map_or(BUCKETS - 1, |place| place.min(BUCKETS - 1))
}

/// The middle of a bucket, in microseconds.
fn middle(place: usize) -> u64 {
    let doubling = (place / PER_DOUBLING).saturating_sub(1);
    let within = place - doubling * PER_DOUBLING;
    let start = (within as u64) << doubling;
    start + ((1_u64 << doubling) - 1) / 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(durations: &[u64]) -> Histogram {
        let mut histogram = Histogram::default();
        for us in durations {
            histogram.add(Duration::from_micros(*us));
        }
        histogram
    }

    proptest! {
        #[test]
        fn percentiles_are_near_the_true_ones(
            mut durations in prop::collection::vec(prop_oneof![0_u64..100, 0_u64..10_000_000, 0_u64..60_000_000_000], 1..200),
            percent in 1_u64..=100,
        ) {
            let histogram = of(&durations);
            durations.sort_unstable();
            let rank = (durations.len() * usize::try_from(percent).unwrap_or(100)).div_ceil(100);
            let exact = durations[rank - 1];
            let found = u64::try_from(histogram.percentile(percent).as_micros()).unwrap_or(u64::MAX);
            prop_assert!(found.abs_diff(exact) * 32 <= exact, "{found} for {exact}");
        }

        #[test]
        fn a_longer_duration_is_in_no_lower_bucket(short in any::<u64>(), long in any::<u64>()) {
            prop_assert!(place(short.min(long)) <= place(short.max(long)));
        }
    }

    #[test]
    fn every_bucket_holds_its_own_middle() {
        for bucket in 0..BUCKETS {
            assert_eq!(place(middle(bucket)), bucket);
        }
    }

    #[test]
    fn nothing_counted_is_zero_and_the_ends_are_exact() {
        let none = Histogram::default();
        assert_eq!(
            (none.mean(), none.percentile(95)),
            (Duration::ZERO, Duration::ZERO)
        );
        let some = of(&[1_000, 3_000, u64::MAX]);
        assert_eq!(some.longest(), Duration::from_micros(u64::MAX));
        assert_eq!(some.count(), 3);
        assert_eq!(of(&[1_000, 3_000]).mean(), Duration::from_millis(2));
        assert_eq!(of(&[1_000, 3_000]).total(), Duration::from_millis(4));
    }
}

//! A histogram of durations with a fixed number of buckets.

use std::time::Duration;

/// The binary logarithm of the number of buckets per doubling.
const BUCKET_BITS: u32 = 4;
/// The number of buckets per doubling of the duration.
const PER_DOUBLING: usize = 1 << BUCKET_BITS;
/// The number of doublings above the range in which buckets are exact. The buckets reach to 2^36 µs (19 hours). Longer
/// durations are counted in the last bucket.
const DOUBLINGS: usize = 32;
const BUCKETS: usize = PER_DOUBLING * (DOUBLINGS + 1);

/// A histogram of durations. The width of a bucket is at most a sixteenth of its start, so [`Self::percentile`] is
/// within 1/32 (3.2 %) of the true value, and exact below 32 µs. A histogram takes 2 KiB for any number of durations.
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
        if let Some(bucket) = self.buckets.get_mut(bucket_of(us)) {
            *bucket = bucket.saturating_add(1);
        }
        self.count += 1;
        self.longest = self.longest.max(us);
        self.total = self.total.saturating_add(us);
    }

    /// Returns the number of durations.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns the sum of the durations.
    pub fn total(&self) -> Duration {
        Duration::from_micros(self.total)
    }

    /// Returns the longest duration, exactly.
    pub fn longest(&self) -> Duration {
        Duration::from_micros(self.longest)
    }

    /// Returns the mean of the durations, exactly, or zero when there are none.
    pub fn mean(&self) -> Duration {
        Duration::from_micros(self.total.checked_div(self.count).unwrap_or(0))
    }

    /// Returns approximately the shortest duration that `percent` percent (1 to 100) of the durations do not exceed.
    /// Returns zero if there are no durations.
    pub fn percentile(&self, percent: u64) -> Duration {
        let rank = (self.count * percent).div_ceil(100).max(1);
        if rank >= self.count {
            return self.longest();
        }
        let mut counted = 0;
        for (index, bucket) in self.buckets.iter().enumerate() {
            counted += u64::from(*bucket);
            if counted >= rank {
                return Duration::from_micros(bucket_middle(index).min(self.longest));
            }
        }
        self.longest()
    }
}

/// Returns the index of the bucket of a duration in microseconds.
fn bucket_of(us: u64) -> usize {
    let doubling = us.checked_ilog2().unwrap_or(0).saturating_sub(BUCKET_BITS);
    let offset = us >> doubling;
    let index = (u64::from(doubling) << BUCKET_BITS) + offset;
    usize::try_from(index).map_or(BUCKETS - 1, |index| index.min(BUCKETS - 1))
}

/// Returns the middle of the bucket with this index, in microseconds.
fn bucket_middle(index: usize) -> u64 {
    let doubling = (index / PER_DOUBLING).saturating_sub(1);
    let offset = index - doubling * PER_DOUBLING;
    let start = (offset as u64) << doubling;
    start + ((1_u64 << doubling) - 1) / 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn histogram_of(durations: &[u64]) -> Histogram {
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
            let histogram = histogram_of(&durations);
            durations.sort_unstable();
            let rank = (durations.len() * usize::try_from(percent).unwrap_or(100)).div_ceil(100);
            let exact = durations[rank - 1];
            let found = u64::try_from(histogram.percentile(percent).as_micros()).unwrap_or(u64::MAX);
            prop_assert!(found.abs_diff(exact) * 32 <= exact, "{found} for {exact}");
        }

        #[test]
        fn a_longer_duration_is_in_no_lower_bucket(short in any::<u64>(), long in any::<u64>()) {
            prop_assert!(bucket_of(short.min(long)) <= bucket_of(short.max(long)));
        }
    }

    #[test]
    fn every_bucket_holds_its_own_middle() {
        for bucket in 0..BUCKETS {
            assert_eq!(bucket_of(bucket_middle(bucket)), bucket);
        }
    }

    #[test]
    fn nothing_counted_is_zero_and_the_ends_are_exact() {
        let none = Histogram::default();
        assert_eq!(
            (none.mean(), none.percentile(95)),
            (Duration::ZERO, Duration::ZERO)
        );
        let some = histogram_of(&[1_000, 3_000, u64::MAX]);
        assert_eq!(some.longest(), Duration::from_micros(u64::MAX));
        assert_eq!(some.count(), 3);
        assert_eq!(
            histogram_of(&[1_000, 3_000]).mean(),
            Duration::from_millis(2)
        );
        assert_eq!(
            histogram_of(&[1_000, 3_000]).total(),
            Duration::from_millis(4)
        );
    }
}

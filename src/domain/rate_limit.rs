//! Token buckets as arithmetic: how much is too much, and when to come again.

use std::time::Duration;

use super::time::Timestamp;

/// One hour: limits are counts an hour.
const HOUR_MILLIS: u64 = 3_600_000;

/// How full one key's bucket is. It starts full and fills up again over an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// Milliseconds' worth of requests already taken; drains with time.
    debt: u64,
    at: Timestamp,
}

impl Bucket {
    /// A full one.
    pub const fn full(now: Timestamp) -> Self {
        Self { debt: 0, at: now }
    }

    /// Takes one of `an_hour`.
    ///
    /// # Errors
    /// How long until one is there, when none is; nothing is taken then.
    pub fn take(self, an_hour: u32, now: Timestamp) -> Result<Self, Duration> {
        let debt = self.drained(now);
        let price = HOUR_MILLIS / u64::from(an_hour.max(1));
        let after = debt + price;
        if after > HOUR_MILLIS {
            return Err(Duration::from_millis(after - HOUR_MILLIS));
        }
        Ok(Self {
            debt: after,
            at: now,
        })
    }

    /// What is owed still, in milliseconds; at zero the key can be forgotten.
    pub fn owed(self, now: Timestamp) -> u64 {
        self.drained(now)
    }

    fn drained(self, now: Timestamp) -> u64 {
        let passed = u64::try_from(now.since(self.at).as_millis()).unwrap_or(u64::MAX);
        self.debt.saturating_sub(passed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_an_hour_are_ten_then_one_each_six_minutes() {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
        let mut bucket = Bucket::full(at(0));
        for _ in 0..10 {
            bucket = bucket.take(10, at(0)).unwrap();
        }
        assert_eq!(bucket.take(10, at(0)), Err(Duration::from_secs(360)));
        assert_eq!(bucket.take(10, at(359)), Err(Duration::from_secs(1)));
        bucket = bucket.take(10, at(360)).unwrap();
        assert!(bucket.take(10, at(360)).is_err());
        assert!(bucket.owed(at(3_600)) > 0);
        assert_eq!(bucket.owed(at(360 + 3_600)), 0);
    }
}

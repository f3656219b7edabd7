//! Limits as arithmetic (GCRA): what one costs, how much may be owed, and when to come again. A statement compares what is counted here.

use std::time::Duration;

use super::time::Timestamp;

/// One hour: limits are counts an hour.
const HOUR_MILLIS: u32 = 3_600_000;

/// So many an hour: all at once from a full bucket, then one after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Until the bucket has one more.
    price: Duration,
    /// How much a bucket may owe.
    window: Duration,
}

/// What decides about one more at one moment. `full_at` is when a key's bucket is full again; one that was never asked is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    pub now: Timestamp,
    /// What is added to `full_at`, in milliseconds.
    pub price: i64,
    /// `full_at` of a bucket that was full until now.
    pub first: Timestamp,
    /// There is one while `full_at` is not after this.
    pub latest: Timestamp,
    /// No clock near ours writes a `full_at` after this: ours was set back since, and the bucket counts as full.
    pub absurd: Timestamp,
}

impl Limit {
    /// Never more than `count` at once, and never faster than `count` an hour.
    pub fn an_hour(count: u32) -> Self {
        let count = count.max(1);
        let price = Duration::from_millis(u64::from(HOUR_MILLIS.div_ceil(count)));
        Self {
            price,
            window: price.saturating_mul(count),
        }
    }

    /// What decides now.
    pub fn terms(self, now: Timestamp) -> Terms {
        Terms {
            now,
            price: i64::try_from(self.price.as_millis()).unwrap_or(i64::MAX),
            first: now.plus(self.price),
            latest: now.plus(self.window.saturating_sub(self.price)),
            // A second window for clocks that differ: forgiving a debt for that would open the limit.
            absurd: now.plus(self.window.saturating_mul(2)),
        }
    }
}

impl Terms {
    /// How long until there is one; none where there is one now.
    pub fn wait(&self, full_at: Timestamp) -> Option<Duration> {
        let wait = full_at.since(self.latest);
        (!wait.is_zero() && full_at <= self.absurd).then_some(wait)
    }

    /// Takes one: when the bucket is full again then. What the store's statement does, in words that can be tested.
    ///
    /// # Errors
    /// How long until there is one; nothing is taken then.
    pub fn take(&self, full_at: Timestamp) -> Result<Timestamp, Duration> {
        match self.wait(full_at) {
            Some(wait) => Err(wait),
            None if full_at > self.now && full_at <= self.absurd => {
                Ok(full_at.plus(Duration::from_millis(self.price.unsigned_abs())))
            }
            None => Ok(self.first),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NEVER: Timestamp = Timestamp::from_millis(0);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000 + seconds * 1000)
    }

    #[test]
    fn ten_an_hour_are_ten_then_one_each_six_minutes() {
        let limit = Limit::an_hour(10);
        let mut full_at = NEVER;
        for _ in 0..10 {
            full_at = limit.terms(at(0)).take(full_at).unwrap();
        }
        let take = |full_at, seconds| limit.terms(at(seconds)).take(full_at);
        assert_eq!(take(full_at, 0), Err(Duration::from_secs(360)));
        assert_eq!(take(full_at, 359), Err(Duration::from_secs(1)));
        full_at = take(full_at, 360).unwrap();
        assert!(take(full_at, 360).is_err());
        assert_eq!(full_at, at(360 + 3_600), "an hour later nothing is owed");
    }

    #[test]
    fn a_clock_that_was_set_back_shuts_nobody_out() {
        let limit = Limit::an_hour(1);
        let next_year = limit.terms(at(365 * 86_400)).take(NEVER).unwrap();
        assert!(limit.terms(at(0)).take(next_year).is_ok());
        // An instance whose clock is a little slow honours what one that is a little fast wrote.
        let ahead = limit.terms(at(30)).take(NEVER).unwrap();
        assert!(limit.terms(at(0)).take(ahead).is_err());
    }

    proptest! {
        /// Whenever people come: in no hour more than the bucket and what an hour brings; and who waits as told is let in.
        #[test]
        fn never_more_than_is_allowed(
            count in 1u32..200_000,
            gaps in prop::collection::vec(prop_oneof![0u64..50, 0u64..600_000], 1..400),
        ) {
            let limit = Limit::an_hour(count);
            let (mut now, mut full_at) = (at(0), NEVER);
            let mut taken = Vec::new();
            for gap in gaps {
                now = now.plus(Duration::from_millis(gap));
                let terms = limit.terms(now);
                match terms.take(full_at) {
                    Ok(after) => {
                        prop_assert!(after > now && after <= now.plus(limit.window));
                        full_at = after;
                        taken.push(now);
                    }
                    Err(wait) => {
                        prop_assert!(wait <= limit.price, "nobody waits longer than for one");
                        let almost = now.plus(wait.saturating_sub(Duration::from_millis(1)));
                        prop_assert!(limit.terms(almost).take(full_at).is_err());
                        prop_assert!(limit.terms(now.plus(wait)).take(full_at).is_ok());
                    }
                }
            }
            for (n, from) in taken.iter().enumerate() {
                let within = |span: Duration| taken[n..].iter().filter(|at| at.since(*from) < span).count() as u64;
                let price = limit.price;
                prop_assert!(within(price) <= u64::from(count) + 1);
                prop_assert!(within(Duration::from_millis(u64::from(HOUR_MILLIS))) <= 2 * u64::from(count));
            }
        }

        /// A bucket only gets fuller until the time that a refusal names: it may be remembered until then.
        #[test]
        fn a_refusal_holds_until_its_time(count in 1u32..100_000, taken in 1u32..300, later in 0u64..3_600_000) {
            let limit = Limit::an_hour(count);
            let mut full_at = NEVER;
            for _ in 0..taken {
                full_at = limit.terms(at(0)).take(full_at).unwrap_or(full_at);
            }
            if let Some(wait) = limit.terms(at(0)).wait(full_at) {
                let later = Duration::from_millis(later);
                let asked = limit.terms(at(0).plus(later)).wait(full_at);
                prop_assert_eq!(asked.is_some(), later < wait);
            }
        }
    }
}

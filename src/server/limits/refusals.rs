//! What is refused until when, remembered by this process alone: until then a bucket only gets fuller, whoever asks, so that the
//! database need not be asked again. It forgets when it has too much to remember; then the database answers once more.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::time::Timestamp;

/// How many keys are remembered at most: about one MiB.
const MOST: usize = 10_000;
/// No refusal holds longer than until one of one an hour is there; one that says so is of a clock that was set back.
const LONGEST: Duration = Duration::from_secs(3_600);

/// Keys that are refused, and until when; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Refusals(Arc<Mutex<HashMap<[u8; 32], Timestamp>>>);

impl Refusals {
    /// How long a key is still refused; none where nothing is known.
    pub(super) fn wait(&self, key: &[u8; 32], now: Timestamp) -> Option<Duration> {
        let wait = self.known().get(key)?.since(now);
        (!wait.is_zero() && wait <= LONGEST).then_some(wait)
    }

    /// Remembers that a key is refused until then.
    pub(super) fn remember(&self, key: [u8; 32], until: Timestamp, now: Timestamp) {
        let mut known = self.known();
        if known.len() >= MOST {
            known.retain(|_, until| *until > now);
        }
        if known.len() >= MOST {
            // The half that ends first: they will be asked again soon anyway.
            let mut ends: Vec<Timestamp> = known.values().copied().collect();
            let middle = ends.len() / 2;
            let (_, median, _) = ends.select_nth_unstable(middle);
            let median = *median;
            known.retain(|_, until| *until > median);
        }
        known.insert(key, until);
    }

    fn known(&self) -> MutexGuard<'_, HashMap<[u8; 32], Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn key(n: usize) -> [u8; 32] {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&n.to_le_bytes());
        key
    }

    #[test]
    fn a_key_is_refused_until_its_time() {
        let refusals = Refusals::default();
        refusals.remember(key(1), at(1_000), at(0));
        assert_eq!(
            refusals.wait(&key(1), at(400)),
            Some(Duration::from_millis(600))
        );
        assert_eq!(refusals.wait(&key(1), at(1_000)), None);
        assert_eq!(refusals.wait(&key(2), at(0)), None);
    }

    #[test]
    fn a_clock_that_was_set_back_refuses_nobody_for_long() {
        let refusals = Refusals::default();
        refusals.remember(key(1), at(10_000_000), at(9_999_000));
        assert_eq!(refusals.wait(&key(1), at(0)), None);
    }

    #[test]
    fn it_never_remembers_more_than_it_may_and_forgets_what_ends_first() {
        let refusals = Refusals::default();
        for n in 0..3 * MOST {
            let until = at(1_000 + i64::try_from(n).unwrap());
            refusals.remember(key(n), until, at(0));
            assert!(refusals.known().len() <= MOST);
        }
        assert!(refusals.wait(&key(3 * MOST - 1), at(0)).is_some());
        assert!(refusals.wait(&key(0), at(0)).is_none());
        // All end at the same time.
        let refusals = Refusals::default();
        for n in 0..=MOST {
            refusals.remember(key(n), at(1_000), at(0));
        }
        assert!(refusals.known().len() <= MOST);
    }
}

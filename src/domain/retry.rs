//! When a mail that could not be handed over is tried again: within its own life, never after it.

use std::time::Duration;

use super::time::Timestamp;

/// Seconds to wait after the first, second … failed attempt; the last repeats.
const LADDER: [u64; 6] = [5, 15, 45, 120, 300, 600];

/// What becomes of a mail after a temporary failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Try again at that time.
    At(Timestamp),
    /// It could not be in time any more.
    GiveUp,
}

/// Decides after the `attempts`th attempt (counted from one) failed at `now`; the mail is worth sending until `give_up_at`.
pub fn after_failure(attempts: u32, now: Timestamp, give_up_at: Timestamp) -> Retry {
    let step = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let wait = LADDER.get(step).or(LADDER.last()).copied().unwrap_or(600);
    let at = now.plus(Duration::from_secs(wait));
    if at < give_up_at {
        Retry::At(at)
    } else {
        Retry::GiveUp
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end_with_the_life_of_the_mail() {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
        assert_eq!(after_failure(1, at(0), at(1800)), Retry::At(at(5)));
        assert_eq!(after_failure(3, at(0), at(1800)), Retry::At(at(45)));
        assert_eq!(after_failure(99, at(0), at(1800)), Retry::At(at(600)));
        assert_eq!(after_failure(6, at(1200), at(1800)), Retry::GiveUp);
    }
}

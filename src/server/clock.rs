//! The one place that reads the machine's clock; everything else is handed a [`Timestamp`].
//!
//! All instances over one database have one authority. On PostgreSQL it is the server's clock, measured now and then (`timekeeper.rs`)
//! and carried on by this machine's steady counter, so that neither a wrong clock here nor one that is set meanwhile counts for
//! anything. On SQLite, which is of one machine, it is the machine's clock.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::domain::time::Timestamp;

/// How far the machine's clock and its steady counter may part before somebody has set the clock, or the machine has slept.
const STEP: i64 = 1_000;

/// How far back the authority may go without being followed at once. Held back for longer, one instance would be apart from the others
/// for twice as long: what they mint now would not yet be born here, and what is owed here would be past its end there.
const SMALL: i64 = 60_000;

/// The authority on time of one running server; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    state: Arc<Mutex<State>>,
    /// Milliseconds by which a test has moved time, for all clocks that came from one; zero in every real run.
    moved: Arc<AtomicI64>,
    /// Milliseconds by which a test has this machine's clock go wrong; zero in every real run.
    wrong_by: i64,
}

#[derive(Debug, Default)]
struct State {
    authority: Option<Measured>,
    /// What was said last, and when that was.
    said: Option<(Instant, i64)>,
}

/// What another clock said.
#[derive(Debug, Clone, Copy)]
struct Measured {
    at: Instant,
    millis: i64,
    /// What this machine's said then.
    machine: i64,
}

impl Clock {
    /// The machine's time, until another authority is measured.
    pub fn system() -> Self {
        Self::default()
    }

    /// For tests: the clock of another machine, wrong by so many milliseconds. Where time is moved, it is for both.
    #[must_use]
    pub fn beside(&self, wrong_by: i64) -> Self {
        Self {
            state: Arc::default(),
            moved: self.moved.clone(),
            wrong_by,
        }
    }

    /// The time now. It goes back with no small step of the authority: time passes at half its speed then until that has caught up, so
    /// that neither a lease nor a token is judged twice by the same moment. A step of more than a minute is followed at once, with a
    /// word in the log: all instances must have the same time.
    pub fn now(&self) -> Timestamp {
        let at = Instant::now();
        let (now, back) = {
            let mut state = self.state();
            let authority = match state.authority {
                Some(measured) => measured.millis.saturating_add(between(measured.at, at)),
                None => self.machine(),
            };
            let millis = authority.saturating_add(self.moved.load(Ordering::Relaxed));
            let before = state.said.map_or(millis, |(_, said)| said);
            let now = state.steady(at, millis);
            (now, before.saturating_sub(now))
        };
        if back > 0 {
            tracing::error!(
                "the clock that counts was set back by {} s: what was dated meanwhile lies in the future",
                back / 1_000
            );
        }
        Timestamp::from_millis(now)
    }

    /// Takes what an authority said at `at`; tells by how many milliseconds this machine's clock is before (or, less than zero, behind) it.
    pub fn take(&self, authority: Timestamp, at: Instant) -> i64 {
        let machine = self.machine().saturating_sub(between(at, Instant::now()));
        let millis = authority.millis();
        self.state().authority = Some(Measured {
            at,
            millis,
            machine,
        });
        machine.saturating_sub(millis)
    }

    /// Whether the machine's clock was set, or the machine slept, since the authority was measured: then it is to be measured anew.
    pub fn was_set(&self) -> bool {
        let measured = self.state().authority;
        measured.is_some_and(|then| {
            let passed = between(then.at, Instant::now());
            let shown = self.machine().saturating_sub(then.machine);
            shown.saturating_sub(passed).abs() > STEP
        })
    }

    /// Moves time forward, so that a test need not sleep.
    pub fn advance(&self, span: Duration) {
        let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        self.moved.fetch_add(millis, Ordering::Relaxed);
    }

    /// This machine's clock.
    #[expect(clippy::disallowed_methods, reason = "this is the room of the clock")]
    fn machine(&self) -> i64 {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let millis = i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX);
        millis.saturating_add(self.wrong_by)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn steady(&mut self, at: Instant, millis: i64) -> i64 {
        match self.said {
            Some((then, said)) if millis < said && said.saturating_sub(millis) <= SMALL => {
                let passed = between(then, at) / 2;
                // Kept where it was for less than a millisecond, or it would never pass.
                if passed > 0 {
                    self.said = Some((at, said + passed));
                }
                said + passed
            }
            _ => {
                self.said = Some((at, millis));
                millis
            }
        }
    }
}

/// Milliseconds from one moment to another; zero where it is not after it.
fn between(from: Instant, to: Instant) -> i64 {
    i64::try_from(to.saturating_duration_since(from).as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn a_wrong_clock_counts_for_nothing_once_the_authority_is_measured() {
        let right = Clock::system();
        for wrong_by in [HOUR, -HOUR] {
            let wrong = right.beside(wrong_by);
            let off = wrong.take(right.now(), Instant::now());
            assert!((off - wrong_by).abs() < 1_000, "{off}");
            assert!((wrong.now().millis() - right.now().millis()).abs() < 1_000);
            assert!(!wrong.was_set());
        }
    }

    #[test]
    fn what_a_test_moves_is_moved_for_all_and_not_measured_away() {
        let one = Clock::system();
        let other = one.beside(0);
        let before = one.now();
        one.advance(Duration::from_secs(3_600));
        other.take(before, Instant::now());
        assert!(other.now().since(before) >= Duration::from_secs(3_600));
    }

    #[test]
    fn a_clock_that_is_set_is_seen() {
        let mut clock = Clock::system();
        clock.take(clock.now(), Instant::now());
        clock.wrong_by = -HOUR;
        assert!(clock.was_set());
    }

    #[test]
    fn time_goes_back_by_no_small_step_and_the_authority_catches_up() {
        let mut state = State::default();
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        assert_eq!(state.steady(at(0), 100_000), 100_000);
        // Set back by a minute.
        assert_eq!(state.steady(at(10), 50_000), 105_000);
        assert_eq!(state.steady(at(60), 100_000), 130_000);
        assert_eq!(state.steady(at(160), 200_000), 200_000, "caught up");
        assert_eq!(state.steady(at(161), 201_000), 201_000);
        // Many looks within one millisecond do not stop it.
        for half in 0..20_000 {
            let since = Duration::from_micros(500 * half);
            let authority = 171_000 + i64::try_from(since.as_millis()).unwrap();
            state.steady(at(161) + since, authority);
        }
        assert_eq!(state.steady(at(171), 181_000), 206_000);
    }

    #[test]
    fn a_big_step_back_is_followed_at_once() {
        let mut state = State::default();
        let start = Instant::now();
        assert_eq!(state.steady(start, 10 * HOUR), 10 * HOUR);
        assert_eq!(state.steady(start, 10 * HOUR - SMALL), 10 * HOUR, "held");
        assert_eq!(state.steady(start, 9 * HOUR), 9 * HOUR, "followed");
        assert_eq!(state.steady(start, 9 * HOUR + 1), 9 * HOUR + 1);
    }
}

//! When a mail that could not be handed over is tried again: within its own life, never after it.
//!
//! Two ladders inside the life of a reset mail. The quick one is for faults that pass by themselves; the other is for servers that
//! want to be asked again later: Postgrey waits 300 seconds, and asking too often starts its clock anew.

use std::time::Duration;

use super::time::Timestamp;

/// Seconds from the first attempt to each of the others, for faults that pass.
const QUICK: [u64; 9] = [10, 30, 60, 120, 210, 300, 450, 630, 840];
/// The same for greylisting, rates and full mailboxes.
const GREYLIST: [u64; 4] = [60, 315, 630, 840];
/// Beyond the ladder's end each wait is half of the time that has gone, within these bounds: notices live for days.
const SLOW: [Duration; 2] = [Duration::from_secs(300), Duration::from_secs(3_600)];
/// Before a mail's end there is one last attempt, where the one before it was so long ago.
const LAST_AFTER: Duration = Duration::from_secs(120);
/// So long before the end it begins: an attempt takes its time.
const LAST_BEFORE: Duration = Duration::from_secs(30);
/// Longest wait that a server is believed.
const MAX_HINT: Duration = Duration::from_secs(24 * 3_600);

/// By how much a wait differs from the plan, so that mails which failed together do not come together: up to a tenth either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jitter(i16);

impl Jitter {
    /// As planned.
    pub const NONE: Self = Self(0);

    /// From 16 random bits.
    pub const fn from_random(bits: u16) -> Self {
        // 0 to 200, evenly but for a bias of one in three hundred.
        #[expect(clippy::cast_possible_wrap, reason = "at most 200")]
        Self((bits % 201) as i16 - 100)
    }

    /// A little earlier or later.
    pub fn around(self, span: Duration) -> Duration {
        let thousandths = u32::try_from(1_000 + i32::from(self.0)).unwrap_or(1_000);
        span * thousandths / 1_000
    }

    /// Later at most: somebody else's clock must have run out.
    pub fn after(self, span: Duration) -> Duration {
        Self(self.0.abs()).around(span)
    }
}

/// Which ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ladder {
    /// Q of the table of failures.
    Quick,
    /// G.
    Greylist,
}

/// What has happened to a mail so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tried {
    /// When its first attempt began.
    pub first_at: Timestamp,
    /// When the last one failed.
    pub now: Timestamp,
    /// Not worth sending from then on.
    pub give_up_at: Timestamp,
    /// What the server said about how long to wait.
    pub hint: Option<Duration>,
}

/// What becomes of a mail after a failure that may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Try again at that time.
    At(Timestamp),
    /// It could not be in time any more.
    GiveUp,
}

/// Decides after a failure.
pub fn after_failure(ladder: Ladder, tried: Tried, jitter: Jitter) -> Retry {
    let gone = tried.now.since(tried.first_at);
    let planned = rung(ladder, gone)
        .map(|at| at.saturating_sub(gone))
        .unwrap_or_else(|| (gone / 2).clamp(SLOW[0], SLOW[1]));
    let wait = match ladder {
        Ladder::Quick => jitter.around(planned),
        Ladder::Greylist => jitter.after(planned),
    };
    let asked_for = tried.hint.map(|hint| jitter.after(hint.min(MAX_HINT)));
    let wait = asked_for.map_or(wait, |asked_for| asked_for.max(wait));
    let at = tried.now.plus(wait);
    if at < tried.give_up_at {
        return Retry::At(at);
    }
    let last = tried.give_up_at.minus(LAST_BEFORE);
    let early = asked_for.is_some_and(|asked_for| last < tried.now.plus(asked_for));
    if last >= tried.now.plus(LAST_AFTER) && !early {
        Retry::At(last)
    } else {
        Retry::GiveUp
    }
}

/// The next rung, counted from the first attempt. One that is almost reached is passed already: jitter let that attempt begin early.
fn rung(ladder: Ladder, gone: Duration) -> Option<Duration> {
    let rungs: &[u64] = match ladder {
        Ladder::Quick => &QUICK,
        Ladder::Greylist => &GREYLIST,
    };
    let passed = gone * 115 / 100 + Duration::from_secs(4);
    rungs
        .iter()
        .map(|seconds| Duration::from_secs(*seconds))
        .find(|at| *at > passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    fn tried(now: Timestamp, give_up_at: i64) -> Tried {
        Tried {
            first_at: at(0),
            now,
            give_up_at: at(give_up_at),
            hint: None,
        }
    }

    /// The offsets of all attempts in whole seconds, each failing at once.
    fn climb(ladder: Ladder, give_up_at: i64, jitter: Jitter) -> Vec<i64> {
        let mut attempts = vec![0];
        let mut now = at(0);
        while let Retry::At(next) = after_failure(ladder, tried(now, give_up_at), jitter) {
            assert!(next > now && next < at(give_up_at), "{next:?}");
            attempts.push(next.millis() / 1_000);
            now = next;
        }
        attempts
    }

    #[test]
    fn the_ladders_are_those_of_the_table_and_end_with_the_mails_life() {
        assert_eq!(
            climb(Ladder::Quick, 900, Jitter::NONE),
            [0, 10, 30, 60, 120, 210, 300, 450, 630, 840]
        );
        assert_eq!(
            climb(Ladder::Greylist, 900, Jitter::NONE),
            [0, 60, 315, 630, 840]
        );
        // Half an hour, as a reset mail has: one more in between, and one just before the end.
        let usual = climb(Ladder::Quick, 1_800, Jitter::NONE);
        assert_eq!(usual[9..], [840, 1_260, 1_770]);
    }

    #[test]
    fn jitter_skips_no_rung_and_climbs_none_twice() {
        for bits in 0..=200 {
            let jitter = Jitter::from_random(bits);
            let quick = climb(Ladder::Quick, 900, jitter);
            assert_eq!(quick.len(), 10, "{jitter:?} {quick:?}");
            let grey = climb(Ladder::Greylist, 960, jitter);
            assert_eq!(grey.len(), 5, "{jitter:?} {grey:?}");
            // Never before Postgrey's five minutes.
            assert!(grey[2] - grey[0] >= 315, "{grey:?}");
        }
    }

    #[test]
    fn a_notice_is_tried_for_days_ever_more_slowly() {
        let days = climb(Ladder::Quick, 3 * 24 * 3_600, Jitter::NONE);
        assert!((70..100).contains(&days.len()), "{}", days.len());
        let waits: Vec<_> = days.windows(2).map(|two| two[1] - two[0]).collect();
        assert!(waits.iter().all(|wait| *wait <= 3_600), "{waits:?}");
        let slow = &waits[12..waits.len() - 1];
        assert!(slow.iter().is_sorted(), "{slow:?}");
    }

    #[test]
    fn a_mail_that_waited_for_the_relay_goes_on_where_the_time_is() {
        // The second attempt came after seven minutes, because nothing was sent meanwhile.
        let next = after_failure(Ladder::Quick, tried(at(420), 1_800), Jitter::NONE);
        assert_eq!(next, Retry::At(at(630)));
    }

    #[test]
    fn what_the_server_asks_for_is_waited_for_and_never_beyond_the_end() {
        let asked = |hint, give_up_at| Tried {
            hint: Some(Duration::from_secs(hint)),
            ..tried(at(0), give_up_at)
        };
        let next = |tried| after_failure(Ladder::Greylist, tried, Jitter::NONE);
        assert_eq!(next(asked(300, 1_800)), Retry::At(at(300)));
        assert_eq!(
            next(asked(5, 1_800)),
            Retry::At(at(60)),
            "not before the rung"
        );
        assert_eq!(next(asked(3_600, 1_800)), Retry::GiveUp);
        assert_eq!(next(asked(u64::MAX, 1_800)), Retry::GiveUp);
    }

    #[test]
    fn what_ends_soon_is_given_up() {
        let next = after_failure(Ladder::Quick, tried(at(0), 10), Jitter::NONE);
        assert_eq!(next, Retry::GiveUp);
        let over = after_failure(Ladder::Quick, tried(at(50), 20), Jitter::NONE);
        assert_eq!(over, Retry::GiveUp);
    }
}

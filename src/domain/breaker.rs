//! Whether the relay is asked at all: after it could not be reached three times in a row, or said something that only a change of
//! settings mends, mail waits, and one at a time finds out whether it goes again.

use std::time::Duration;

use super::retry::Jitter;
use super::time::Timestamp;

/// So many failures in a row to reach the relay shut the way.
const FAILURES: u32 = 3;
/// How often one mail tries a relay that could not be reached.
const PROBE_EVERY: Duration = Duration::from_secs(15);
/// How often what only a change of settings mends is looked at again: passwords seldom, as some servers lock accounts.
const RECHECK: Duration = Duration::from_secs(60);
const RECHECK_AUTH: Duration = Duration::from_secs(300);
const RECHECK_LOCKOUT: Duration = Duration::from_secs(900);

/// What an attempt says about the relay, whatever it says about its mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// It takes mail, or refuses this one for its own sake.
    Works,
    /// The connection or TLS failed: the id of the diagnosis.
    Unreachable(&'static str),
    /// Every other mail would fail so until somebody changes something: the id of the diagnosis.
    Broken(&'static str),
}

/// Why the way is shut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It could not be reached; it may come back by itself.
    Unreachable,
    /// Somebody must change the settings, here or there.
    Held,
}

/// A way that is shut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shut {
    pub why: Why,
    /// The id of the diagnosis that shut it, or of a later one that told more.
    pub diagnosis: &'static str,
    pub since: Timestamp,
    /// When it was last tried.
    pub tried_at: Timestamp,
    /// When one mail tries it again.
    pub next_try: Timestamp,
}

/// What an attempt changed: each is worth one line to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Nothing that was not known.
    None,
    /// The way is shut now, or for another reason than before.
    Shut,
    /// The way is open again.
    Open,
}

/// The state of the way to the relay.
#[derive(Debug, Clone, Default)]
pub struct Breaker {
    failures: u32,
    shut: Option<Shut>,
}

impl Breaker {
    /// How it is shut, where it is.
    pub const fn shut(&self) -> Option<&Shut> {
        self.shut.as_ref()
    }

    /// Whether a mail may be tried at `now`.
    pub fn may_try(&self, now: Timestamp) -> bool {
        self.shut.as_ref().is_none_or(|shut| shut.next_try <= now)
    }

    /// Learns from an attempt that ended at `now`.
    pub fn saw(&mut self, seen: Seen, now: Timestamp, jitter: Jitter) -> Change {
        match seen {
            Seen::Works => {
                self.failures = 0;
                match self.shut.take() {
                    Some(_) => Change::Open,
                    None => Change::None,
                }
            }
            Seen::Unreachable(diagnosis) => {
                self.failures = self.failures.saturating_add(1);
                match &mut self.shut {
                    // What somebody must mend stays so while it cannot even be reached.
                    Some(shut) => {
                        shut.tried_at = now;
                        shut.next_try = now.plus(jitter.around(PROBE_EVERY));
                        Change::None
                    }
                    None if self.failures < FAILURES => Change::None,
                    None => {
                        self.shut = Some(Shut {
                            why: Why::Unreachable,
                            diagnosis,
                            since: now,
                            tried_at: now,
                            next_try: now.plus(jitter.around(PROBE_EVERY)),
                        });
                        Change::Shut
                    }
                }
            }
            Seen::Broken(diagnosis) => {
                let known = self
                    .shut
                    .as_ref()
                    .filter(|shut| shut.why == Why::Held && shut.diagnosis == diagnosis)
                    .map(|shut| shut.since);
                let since = known.unwrap_or(now);
                let wait = jitter.after(recheck(diagnosis, now.since(since)));
                self.shut = Some(Shut {
                    why: Why::Held,
                    diagnosis,
                    since,
                    tried_at: now,
                    next_try: now.plus(wait),
                });
                if known.is_some() {
                    Change::None
                } else {
                    Change::Shut
                }
            }
        }
    }

    /// A probe with the saved settings passed at `at`: true where that opens the way.
    pub fn probe_passed(&mut self, at: Timestamp) -> bool {
        let opens = self.shut.as_ref().is_some_and(|shut| at > shut.tried_at);
        if opens {
            *self = Self::default();
        }
        opens
    }
}

/// How long to wait before something that only a change of settings mends is looked at again, when it was so for `held` already:
/// ever less often, as the one who could mend it was told.
pub fn recheck(diagnosis: &str, held: Duration) -> Duration {
    let base = match diagnosis {
        "auth.lockout" => RECHECK_LOCKOUT,
        id if id.starts_with("auth.") => RECHECK_AUTH,
        _ => RECHECK,
    };
    base.max((held / 10).min(RECHECK_LOCKOUT))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    fn saw(breaker: &mut Breaker, seen: Seen, seconds: i64) -> Change {
        breaker.saw(seen, at(seconds), Jitter::NONE)
    }

    const REFUSED: Seen = Seen::Unreachable("tcp.refused");
    const BAD: Seen = Seen::Broken("auth.bad");

    #[test]
    fn three_failures_in_a_row_shut_it_and_one_mail_tries_each_quarter_minute() {
        let mut breaker = Breaker::default();
        assert_eq!(saw(&mut breaker, REFUSED, 0), Change::None);
        assert_eq!(saw(&mut breaker, REFUSED, 1), Change::None);
        assert_eq!(saw(&mut breaker, Seen::Works, 2), Change::None);
        for second in [3, 4] {
            assert_eq!(saw(&mut breaker, REFUSED, second), Change::None);
            assert!(breaker.may_try(at(second)));
        }
        assert_eq!(saw(&mut breaker, REFUSED, 5), Change::Shut);
        assert!(!breaker.may_try(at(19)));
        assert!(breaker.may_try(at(20)));
        assert_eq!(saw(&mut breaker, REFUSED, 20), Change::None, "told once");
        assert!(!breaker.may_try(at(34)));
        assert_eq!(breaker.shut().unwrap().since, at(5));
        assert_eq!(saw(&mut breaker, Seen::Works, 35), Change::Open);
        assert!(breaker.may_try(at(35)));
        assert_eq!(saw(&mut breaker, REFUSED, 36), Change::None, "counts anew");
    }

    #[test]
    fn a_fault_of_the_settings_shuts_it_at_once_and_is_told_once() {
        let mut breaker = Breaker::default();
        assert_eq!(saw(&mut breaker, BAD, 0), Change::Shut);
        assert!(!breaker.may_try(at(299)));
        assert!(breaker.may_try(at(300)));
        assert_eq!(saw(&mut breaker, BAD, 300), Change::None);
        assert!(!breaker.may_try(at(599)));
        let shut = breaker.shut().unwrap();
        assert_eq!((shut.since, shut.tried_at), (at(0), at(300)));
        // Something else to mend is news.
        let renewed = Seen::Broken("tls.expired");
        assert_eq!(saw(&mut breaker, renewed, 600), Change::Shut);
        assert!(breaker.may_try(at(660)));
        assert_eq!(saw(&mut breaker, Seen::Works, 660), Change::Open);
    }

    #[test]
    fn unreachable_meanwhile_does_not_end_what_somebody_must_mend() {
        let mut breaker = Breaker::default();
        saw(&mut breaker, BAD, 0);
        for second in [300, 315, 330, 345] {
            assert_eq!(saw(&mut breaker, REFUSED, second), Change::None);
        }
        assert_eq!(breaker.shut().unwrap().why, Why::Held);
    }

    #[test]
    fn only_a_probe_after_the_last_try_opens_it() {
        let mut breaker = Breaker::default();
        assert!(!breaker.probe_passed(at(0)), "nothing was shut");
        saw(&mut breaker, BAD, 10);
        assert!(!breaker.probe_passed(at(9)));
        assert!(!breaker.probe_passed(at(10)));
        assert!(breaker.probe_passed(at(11)));
        assert!(breaker.may_try(at(11)) && breaker.shut().is_none());
    }

    #[test]
    fn passwords_are_tried_seldom_and_everything_ever_less_often() {
        let seconds = |id, held| recheck(id, Duration::from_secs(held)).as_secs();
        assert_eq!(seconds("tls.expired", 0), 60);
        assert_eq!(seconds("auth.bad", 0), 300);
        assert_eq!(seconds("auth.lockout", 0), 900);
        assert_eq!(seconds("tls.expired", 1_200), 120);
        assert_eq!(seconds("tls.expired", 1_000_000), 900);
    }
}

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
pub enum Seen<'a> {
    /// It takes mail, or refuses this one for its own sake.
    Works,
    /// It answers, but has no time or no room, which says nothing about the rest: a way that is shut stays so.
    Busy,
    /// The connection or TLS failed: the id of the diagnosis.
    Unreachable(&'static str),
    /// Every other mail would fail so until somebody changes something: the id of the diagnosis.
    Broken(&'static str),
    /// A reply from RCPT on that would mean the same: the id of the diagnosis, and the recipient's domain. One mail alone does not
    /// prove it, as its recipient may be somebody whom a stranger chose; the next to another domain does.
    Suspected(&'static str, &'a str),
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
    /// The last attempt, where it was suspected: the id of its diagnosis, and the recipient's domain.
    suspicion: Option<(&'static str, String)>,
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
    pub fn saw(&mut self, seen: Seen<'_>, now: Timestamp, jitter: Jitter) -> Change {
        let suspicion = self.suspicion.take();
        match seen {
            Seen::Works => self.open(),
            Seen::Busy => {
                self.suspicion = suspicion;
                if let Some(shut) = &mut self.shut {
                    let wait = match shut.why {
                        Why::Unreachable => jitter.around(PROBE_EVERY),
                        Why::Held => jitter.after(recheck(shut.diagnosis, now.since(shut.since))),
                    };
                    shut.tried_at = now;
                    shut.next_try = now.plus(wait);
                }
                Change::None
            }
            Seen::Suspected(diagnosis, domain) => {
                let before = suspicion.is_some_and(|(id, of)| id == diagnosis && of != domain);
                let shut = self.shut.as_ref();
                if before || shut.is_some_and(|shut| shut.diagnosis == diagnosis) {
                    return self.saw(Seen::Broken(diagnosis), now, jitter);
                }
                let change = self.open();
                self.suspicion = Some((diagnosis, domain.to_owned()));
                change
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

    fn open(&mut self) -> Change {
        self.failures = 0;
        match self.shut.take() {
            Some(_) => Change::Open,
            None => Change::None,
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

    fn saw(breaker: &mut Breaker, seen: Seen<'_>, seconds: i64) -> Change {
        breaker.saw(seen, at(seconds), Jitter::NONE)
    }

    const REFUSED: Seen<'_> = Seen::Unreachable("tcp.refused");
    const BAD: Seen<'_> = Seen::Broken("auth.bad");

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
    fn what_one_mail_meets_behind_its_recipient_shuts_nothing() {
        let dkim = |domain| Seen::Suspected("block.dkim", domain);
        let mut breaker = Breaker::default();
        for second in 0..5 {
            assert_eq!(saw(&mut breaker, dkim("a.example"), second), Change::None);
        }
        assert!(breaker.may_try(at(5)));
        // Not in a row, and not the same.
        saw(&mut breaker, Seen::Works, 5);
        assert_eq!(saw(&mut breaker, dkim("b.example"), 6), Change::None);
        let other = Seen::Suspected("block.dnsbl", "c.example");
        assert_eq!(saw(&mut breaker, other, 7), Change::None);
        assert_eq!(saw(&mut breaker, dkim("d.example"), 8), Change::None);
        assert_eq!(saw(&mut breaker, Seen::Busy, 9), Change::None);
        // The same for another domain: it is about us, until a mail goes.
        assert_eq!(saw(&mut breaker, dkim("e.example"), 10), Change::Shut);
        assert!(!breaker.may_try(at(69)));
        assert_eq!(saw(&mut breaker, dkim("e.example"), 70), Change::None);
        assert!(!breaker.may_try(at(129)), "still shut");
        assert_eq!(saw(&mut breaker, Seen::Works, 130), Change::Open);
        // Whoever comes as far as the recipient is signed in.
        saw(&mut breaker, BAD, 200);
        assert_eq!(saw(&mut breaker, dkim("a.example"), 500), Change::Open);
    }

    #[test]
    fn a_busy_relay_opens_no_way_that_somebody_must_mend() {
        let mut breaker = Breaker::default();
        assert_eq!(saw(&mut breaker, Seen::Busy, 0), Change::None);
        assert!(breaker.may_try(at(0)));
        saw(&mut breaker, BAD, 1);
        assert_eq!(saw(&mut breaker, Seen::Busy, 301), Change::None);
        let shut = breaker.shut().unwrap();
        assert_eq!((shut.diagnosis, shut.tried_at), ("auth.bad", at(301)));
        assert!(!breaker.may_try(at(600)));
        assert!(breaker.may_try(at(601)));
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

//! What differs between two conversations with the same relay: the first thing to look at when mail stopped today.

use std::fmt;

use super::step::Step;
use super::transcript::{StepState, TlsRecord, Transcript};

/// One difference; `then` is the earlier conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Another address was chosen.
    Peer { then: String, now: String },
    /// This step passed then and fails now.
    Fails(Step),
    /// This step was there then and is missing now.
    Missing(Step),
    /// This step is new.
    New(Step),
    /// A step takes much longer, in milliseconds: ten times, and half a second at least.
    Slower { step: Step, then: u64, now: u64 },
    /// A line of EHLO's reply is gone.
    CapabilityGone { line: String, within_tls: bool },
    /// A line of EHLO's reply is new.
    CapabilityNew { line: String, within_tls: bool },
    /// TLS is gone or new.
    Tls { now: bool },
    /// `TLSv1.3` became `TLSv1.2`.
    TlsVersion { then: String, now: String },
    /// Another cipher suite.
    Cipher { then: String, now: String },
    /// The server shows another certificate: the fingerprints.
    Certificate { then: String, now: String },
}

/// How much longer is worth a line.
const FACTOR: u64 = 10;
const LEAST_MS: u64 = 500;

/// All differences, in the order of the conversation. A step that the shorter conversation was not asked to reach is none.
pub fn changes(then: &Transcript, now: &Transcript) -> Vec<Change> {
    let mut found = Vec::new();
    if let (Some(old), Some(new)) = (&then.peer, &now.peer)
        && old != new
    {
        found.push(Change::Peer {
            then: old.clone(),
            now: new.clone(),
        });
    }
    steps(then, now, &mut found);
    for within_tls in [false, true] {
        let lines = |of: &Transcript| match within_tls {
            false => of.before_tls.clone(),
            true => of.within_tls.clone(),
        };
        capabilities(&lines(then), &lines(now), within_tls, &mut found);
    }
    tls(then, now, &mut found);
    found
}

/// The last word on a step: a retry that passed counts as passed.
fn standing(of: &Transcript, step: Step) -> Option<(StepState, u64)> {
    let last = of.steps.iter().rfind(|record| record.step == step)?;
    Some((last.state, last.took_ms))
}

fn steps(then: &Transcript, now: &Transcript, found: &mut Vec<Change>) {
    // Beyond where one of them ended, nothing can be said; QUIT is said wherever that is.
    let counts = |step: &Step| *step <= Step::Message;
    let steps = |of: &Transcript| {
        of.steps
            .iter()
            .map(|record| record.step)
            .filter(counts)
            .max()
    };
    let reached = |of: &Transcript| if of.reused { None } else { steps(of) };
    let Some(end) = reached(then).min(reached(now)) else {
        return;
    };
    for step in Step::ALL.into_iter().filter(|step| *step <= end) {
        match (standing(then, step), standing(now, step)) {
            (Some((StepState::Passed, _)), Some((StepState::Failed, _))) => {
                found.push(Change::Fails(step));
            }
            (Some((StepState::Passed, old)), Some((StepState::Passed, new)))
                if new >= LEAST_MS && new >= old.saturating_mul(FACTOR) =>
            {
                found.push(Change::Slower {
                    step,
                    then: old,
                    now: new,
                });
            }
            (Some((StepState::Passed, _)), None) => found.push(Change::Missing(step)),
            (None, Some((StepState::Passed | StepState::Failed, _))) => {
                found.push(Change::New(step));
            }
            _ => {}
        }
    }
}

fn capabilities(then: &[String], now: &[String], within_tls: bool, found: &mut Vec<Change>) {
    // The first line is the server's greeting; and what was never reached cannot have changed.
    let (Some((_, then)), Some((_, now))) = (then.split_first(), now.split_first()) else {
        return;
    };
    let missing =
        |from: &[String], line: &String| !from.iter().any(|l| l.eq_ignore_ascii_case(line));
    for line in then.iter().filter(|line| missing(now, line)).cloned() {
        found.push(Change::CapabilityGone { line, within_tls });
    }
    for line in now.iter().filter(|line| missing(then, line)).cloned() {
        found.push(Change::CapabilityNew { line, within_tls });
    }
}

fn tls(then: &Transcript, now: &Transcript, found: &mut Vec<Change>) {
    let (old, new) = match (&then.tls, &now.tls) {
        (Some(old), Some(new)) => (old, new),
        // Only where the conversation without it got beyond where TLS belongs.
        (None, Some(_)) if said_ehlo(then) => return found.push(Change::Tls { now: true }),
        (Some(_), None) if said_ehlo(now) => return found.push(Change::Tls { now: false }),
        _ => return,
    };
    let leaf = |record: &TlsRecord| record.chain.first().map(|leaf| leaf.sha256.clone());
    type Make = fn(String, String) -> Change;
    let pairs: [(Option<String>, Option<String>, Make); 3] = [
        (old.version.clone(), new.version.clone(), |then, now| {
            Change::TlsVersion { then, now }
        }),
        (old.cipher.clone(), new.cipher.clone(), |then, now| {
            Change::Cipher { then, now }
        }),
        (leaf(old), leaf(new), |then, now| Change::Certificate {
            then,
            now,
        }),
    ];
    for (then, now, make) in pairs {
        if let (Some(then), Some(now)) = (then, now)
            && then != now
        {
            found.push(make(then, now));
        }
    }
}

fn said_ehlo(of: &Transcript) -> bool {
    matches!(standing(of, Step::Ehlo), Some((StepState::Passed, _)))
}

/// One line for people.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = |within: &bool| if *within { "within TLS" } else { "before TLS" };
        match self {
            Self::Peer { then, now } => write!(f, "another address: {now}, then {then}"),
            Self::Fails(step) => write!(f, "{step} fails, then it passed"),
            Self::Missing(step) => write!(f, "{step} is missing, then it was there"),
            Self::New(step) => write!(f, "{step} is new"),
            Self::Slower { step, then, now } => {
                write!(f, "{step} takes {now} ms, then {then} ms")
            }
            Self::CapabilityGone { line, within_tls } => {
                write!(f, "{line} is no longer offered {}", place(within_tls))
            }
            Self::CapabilityNew { line, within_tls } => {
                write!(f, "{line} is newly offered {}", place(within_tls))
            }
            Self::Tls { now: true } => f.write_str("encrypted, then it was not"),
            Self::Tls { now: false } => f.write_str("not encrypted, then it was"),
            Self::TlsVersion { then, now } => write!(f, "{now}, then {then}"),
            Self::Cipher { then, now } => write!(f, "cipher suite {now}, then {then}"),
            Self::Certificate { then, now } => {
                write!(f, "another certificate: SHA-256 {now}, then {then}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::smtp::transcript::{CertificateRecord, StepRecord};
    use crate::domain::time::Timestamp;

    fn step(step: Step, state: StepState, took_ms: u64) -> StepRecord {
        StepRecord {
            step,
            at_ms: 0,
            took_ms,
            state,
            lines: Vec::new(),
        }
    }

    fn conversation() -> Transcript {
        let start = Timestamp::from_millis(0);
        let mut made = Transcript::new(start, "mx.example.org:587".into());
        made.peer = Some("192.0.2.1:587".into());
        for passed in [
            Step::Dns,
            Step::Connect,
            Step::Banner,
            Step::Ehlo,
            Step::StartTls,
            Step::Tls,
            Step::Ehlo,
            Step::Auth,
        ] {
            made.steps.push(step(passed, StepState::Passed, 20));
        }
        made.before_tls = vec!["mx hello".into(), "STARTTLS".into()];
        made.within_tls = vec!["mx hello".into(), "AUTH PLAIN".into()];
        made.tls = Some(TlsRecord {
            version: Some("TLSv1.3".into()),
            cipher: Some("X".into()),
            expected_name: "mx.example.org".into(),
            name_matches: true,
            trusted: true,
            fault: None,
            chain: vec![CertificateRecord {
                subject: "CN=mx.example.org".into(),
                issuer: "CN=ca".into(),
                names: vec!["mx.example.org".into()],
                not_before: start,
                not_after: start,
                days_left: 20,
                serial: "1".into(),
                key: "EC P-256".into(),
                signature: "ecdsa-with-SHA256".into(),
                sha256: "aa".into(),
            }],
        });
        made
    }

    #[test]
    fn the_same_conversation_has_not_changed() {
        assert_eq!(changes(&conversation(), &conversation()), []);
        let mut greeted = conversation();
        greeted.before_tls[0] = "mx says hello at noon".into();
        greeted.steps[1].took_ms = 400;
        assert_eq!(changes(&conversation(), &greeted), []);
    }

    #[test]
    fn every_part_is_compared() {
        let mut now = conversation();
        now.peer = Some("192.0.2.2:587".into());
        now.steps[1].took_ms = 4_000;
        now.steps[7].state = StepState::Failed;
        now.before_tls[1] = "SIZE 1000".into();
        let tls = now.tls.as_mut().unwrap();
        tls.version = Some("TLSv1.2".into());
        tls.chain[0].sha256 = "bb".into();
        let said: Vec<_> = changes(&conversation(), &now)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            said,
            [
                "another address: 192.0.2.2:587, then 192.0.2.1:587",
                "connect takes 4000 ms, then 20 ms",
                "AUTH fails, then it passed",
                "STARTTLS is no longer offered before TLS",
                "SIZE 1000 is newly offered before TLS",
                "TLSv1.2, then TLSv1.3",
                "another certificate: SHA-256 bb, then aa",
            ]
        );
    }

    #[test]
    fn what_a_shorter_conversation_never_reached_has_not_changed() {
        let mut short = conversation();
        short.steps.truncate(2);
        short.steps.push(step(Step::Quit, StepState::Passed, 1));
        short.before_tls.clear();
        short.within_tls.clear();
        short.tls = None;
        assert_eq!(changes(&conversation(), &short), []);
        assert_eq!(changes(&short, &conversation()), []);
    }

    #[test]
    fn lost_encryption_is_told() {
        let mut plain = conversation();
        plain
            .steps
            .retain(|one| one.step != Step::Tls && one.step != Step::StartTls);
        plain.within_tls.clear();
        plain.tls = None;
        let found = changes(&conversation(), &plain);
        assert!(found.contains(&Change::Tls { now: false }), "{found:?}");
        assert!(
            found.contains(&Change::Missing(Step::StartTls)),
            "{found:?}"
        );
        let found = changes(&plain, &conversation());
        assert!(found.contains(&Change::Tls { now: true }), "{found:?}");
    }
}

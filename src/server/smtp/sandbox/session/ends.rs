//! Both ends of a session and of a message: the first word, the handshake, the reply to the final dot, the last word.

use std::time::Duration;

use super::fault::{instead, touched};
use super::{Next, Outcome, Session, State, Step, end, step};
use crate::domain::smtp::faults::{Act, Certificate, Deed, Stage};
use crate::server::smtp::sandbox::reply::Reply;

/// How a handshake goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handshake {
    pub wait: Duration,
    pub shake: Shake,
    /// The rules of the script that made it so.
    pub fired: Vec<String>,
}

/// What the server does in a handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shake {
    /// Shows this certificate.
    With(Certificate),
    /// Answers with an alert.
    Alert,
    /// Answers with what is no TLS.
    Garbage,
    /// Answers in TLS 1.1.
    OldVersion,
    /// Does this instead.
    Not(Next),
}

/// What the script has decided about a message that is whole.
#[derive(Debug)]
pub struct Ended {
    deed: Deed,
    close_after: bool,
}

impl Ended {
    /// Whether the message is to be kept: the script does not refuse it.
    pub fn is_kept(&self) -> bool {
        instead(&self.deed).is_none()
    }
}

impl Session {
    /// The first word (RFC 5321 3.1).
    pub fn open(&mut self) -> Step {
        let deed = self.decide(Stage::Banner, "");
        let refused = matches!(&deed.act, Some(Act::Reply { code, .. }) if *code >= 400);
        let mut step = self.obey(deed, |_, _| {
            step(Reply::new(
                220,
                "localhost ESMTP Postern sandbox: mail is kept here and goes nowhere",
            ))
        });
        if refused && step.next == Next::Line {
            // A client may only QUIT after 554 (RFC 5321 3.1); ending it is what most servers do.
            step.next = Next::Close;
        }
        step
    }

    /// What the handshake shall be.
    pub fn handshake(&self) -> Handshake {
        let deed = self.decide(Stage::Tls, "");
        let shake = match deed.act {
            Some(Act::Certificate(kind)) => Shake::With(kind),
            Some(Act::Alert) => Shake::Alert,
            Some(Act::Garbage) => Shake::Garbage,
            Some(Act::OldVersion) => Shake::OldVersion,
            Some(Act::Close) => Shake::Not(Next::Close),
            Some(Act::Reset) => Shake::Not(Next::Reset),
            Some(Act::Silent) => Shake::Not(Next::Silence),
            _ => Shake::With(Certificate::Good),
        };
        Handshake {
            wait: deed.delay,
            shake,
            fired: deed.fired,
        }
    }

    /// The conversation begins anew inside TLS: nothing said before counts (RFC 3207 4.2).
    pub fn secured(&mut self) {
        let (policy, faults) = (self.policy.clone(), self.faults.clone());
        let (auth_seen, errors) = (self.auth_seen, self.errors);
        *self = Self::new(policy, faults);
        (self.tls, self.auth_seen, self.errors) = (true, auth_seen, errors);
    }

    /// The final dot is there: what the script thinks of the message.
    pub fn dot(&self) -> Ended {
        Ended {
            deed: self.decide(Stage::Dot, ""),
            close_after: matches!(self.state, State::Data(_, true)),
        }
    }

    /// Says what became of the message; `None` where the script did not let it be kept.
    pub fn after_data(&mut self, ended: Ended, outcome: Option<Outcome>) -> Step {
        self.state = State::Idle;
        let Ended { deed, close_after } = ended;
        let mut step = match (instead(&deed), outcome) {
            (Some(step), _) => step,
            (None, Some(Outcome::Kept(_))) if close_after => end(Reply::nothing()),
            (None, Some(outcome)) => touched(self.told(outcome), deed.act.as_ref()),
            (None, None) => self.told(Outcome::Failed),
        };
        step.wait = deed.delay;
        step.fired = deed.fired;
        step
    }

    fn told(&mut self, outcome: Outcome) -> Step {
        self.say(match outcome {
            Outcome::Kept(id) => Reply::new(250, format!("2.0.0 Kept in the sandbox as {id}")),
            Outcome::TooLarge => self.too_large(),
            Outcome::Failed => Reply::new(451, "4.3.0 The message could not be kept"),
        })
    }

    /// Said instead of anything else when the server stops.
    pub fn stopping() -> Reply {
        Reply::new(421, "4.3.2 The sandbox is stopping")
    }

    /// Said to who was silent for too long.
    pub fn idle() -> Reply {
        Reply::new(421, "4.4.2 Nothing was said for too long")
    }

    /// Said to who finds no place.
    pub fn crowded() -> Reply {
        Reply::new(421, "4.3.2 Too many connections")
    }
}

//! MAIL, RCPT and DATA: one message's envelope, in order (RFC 5321 3.3).

use super::{MAX_RECIPIENTS, Next, Session, State, Step, step};
use crate::server::smtp::sandbox::message::Envelope;
use crate::server::smtp::sandbox::reply::Reply;

impl Session {
    pub(super) fn mail(&mut self, from: String, size: Option<u64>, utf8: bool) -> Step {
        let Some(helo) = self.helo.clone() else {
            return self.say(Reply::new(503, "5.5.1 EHLO first"));
        };
        if !matches!(self.state, State::Idle) {
            return self.say(Reply::new(
                503,
                "5.5.1 A message is open already; RSET drops it",
            ));
        }
        if self.policy.credentials.is_some() && !self.authenticated {
            return self.say(Reply::new(530, "5.7.0 Authentication required"));
        }
        let unknown = [("SIZE", size.is_some()), ("SMTPUTF8", utf8)];
        let unknown = unknown
            .into_iter()
            .find(|(word, used)| *used && self.extensions.lacks(word));
        if let Some((word, _)) = unknown {
            return self.say(Reply::new(555, format!("5.5.4 {word} is not offered")));
        }
        if size.is_some_and(|octets| octets > self.policy.max_bytes as u64) {
            return self.say(self.too_large());
        }
        if !utf8 && !from.is_ascii() {
            return self.say(needs_utf8());
        }
        self.state = State::Open(Envelope {
            helo,
            from,
            to: Vec::new(),
            utf8,
        });
        self.say(Reply::new(250, "2.1.0 Sender ok"))
    }

    pub(super) fn rcpt(&mut self, to: String) -> Step {
        let reply = match &mut self.state {
            State::Open(envelope) if !envelope.utf8 && !to.is_ascii() => needs_utf8(),
            State::Open(envelope) if envelope.to.len() >= MAX_RECIPIENTS => {
                Reply::new(452, "4.5.3 Too many recipients")
            }
            State::Open(envelope) => {
                envelope.to.push(to);
                Reply::new(250, "2.1.5 Recipient ok")
            }
            _ => Reply::new(503, "5.5.1 MAIL first"),
        };
        self.say(reply)
    }

    pub(super) fn data(&mut self, close_after: bool) -> Step {
        match std::mem::replace(&mut self.state, State::Idle) {
            State::Open(envelope) if !envelope.to.is_empty() => {
                self.state = State::Data(envelope, close_after);
                Step {
                    next: Next::Data,
                    ..step(Reply::new(
                        354,
                        "Go ahead; end with a line that is a single dot",
                    ))
                }
            }
            other => {
                let why = match other {
                    State::Open(_) => Reply::new(554, "5.5.1 No valid recipients"),
                    _ => Reply::new(503, "5.5.1 MAIL first"),
                };
                self.state = other;
                self.say(why)
            }
        }
    }
}

fn needs_utf8() -> Reply {
    Reply::new(
        553,
        "5.6.7 An address beyond ASCII needs the SMTPUTF8 parameter of MAIL",
    )
}

//! AUTH PLAIN and LOGIN (RFC 4954): every answer is accepted, none is kept.

use super::{Session, State, Step};
use crate::server::smtp::sandbox::command::Mechanism;
use crate::server::smtp::sandbox::reply::Reply;

impl Session {
    pub(super) fn auth(&mut self, mechanism: Mechanism, answered: bool) -> Step {
        if self.helo.is_none() || self.authenticated || !matches!(self.state, State::Idle) {
            return self.say(Reply::new(
                503,
                "5.5.1 AUTH comes once, after EHLO and before MAIL",
            ));
        }
        // LOGIN asks for "Username:" and "Password:" in base64; PLAIN has an empty challenge (RFC 4954 4).
        let mut challenges = match mechanism {
            Mechanism::Plain => vec![""],
            Mechanism::Login => vec!["UGFzc3dvcmQ6", "VXNlcm5hbWU6"],
        };
        if answered {
            challenges.pop();
        }
        self.challenge(challenges)
    }

    /// Any answer will do, and none is kept: a sandbox, so that programs with credentials can be tried.
    pub(super) fn auth_answer(&mut self, challenges: Vec<&'static str>, line: &[u8]) -> Step {
        if line == b"*" {
            self.state = State::Idle;
            return self.say(Reply::new(501, "5.7.0 AUTH given up"));
        }
        self.challenge(challenges)
    }

    fn challenge(&mut self, mut challenges: Vec<&'static str>) -> Step {
        let Some(challenge) = challenges.pop() else {
            self.state = State::Idle;
            self.authenticated = true;
            return self.say(Reply::new(
                235,
                "2.7.0 Accepted; the sandbox checks nothing",
            ));
        };
        self.state = State::Auth(challenges);
        self.say(Reply::new(334, challenge))
    }
}

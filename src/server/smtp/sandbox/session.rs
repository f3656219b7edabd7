//! The conversation as a state machine without IO: a line goes in, a reply and what to read next come out.
//!
//! `command::parse` reads the words, `Session::apply` decides. A script of faults will sit between the two.

use super::command::{Command, parse};
use super::message::Envelope;
use super::reply::Reply;

mod auth;
mod transaction;

/// Recipients of one message, at most; the least a server may allow (RFC 5321 4.5.3.1.8).
pub const MAX_RECIPIENTS: usize = 100;
/// Refusals in one session before it ends.
pub const MAX_ERRORS: u32 = 20;

/// One client's conversation.
#[derive(Debug)]
pub struct Session {
    max_bytes: usize,
    state: State,
    /// The name of HELO or EHLO; none before.
    helo: Option<String>,
    authenticated: bool,
    errors: u32,
}

#[derive(Debug)]
enum State {
    /// Between messages.
    Idle,
    /// After MAIL.
    Open(Envelope),
    /// After DATA's 354: the lines are the message's.
    Data(Envelope),
    /// In AUTH: the challenges still to be answered, the next one last.
    Auth(Vec<&'static str>),
}

/// What to say, and what comes next from the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub reply: Reply,
    pub next: Next,
}

/// What the connection does after the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Reads a line.
    Line,
    /// Reads a message up to its final dot.
    Data,
    /// Ends.
    Close,
}

/// What became of a message after its final dot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Kept under this id.
    Kept(String),
    TooLarge,
    /// Ours to blame; the client may try again.
    Failed,
}

impl Session {
    /// A session that takes messages of up to `max_bytes`.
    pub fn new(max_bytes: usize) -> Self {
        Self {
            max_bytes,
            state: State::Idle,
            helo: None,
            authenticated: false,
            errors: 0,
        }
    }

    /// The first thing said (RFC 5321 3.1).
    pub fn banner() -> Reply {
        Reply::new(
            220,
            "localhost ESMTP Postern sandbox: mail is kept here and goes nowhere",
        )
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

    /// Takes one line without its line end.
    pub fn line(&mut self, line: &[u8]) -> Step {
        if let State::Auth(challenges) = &mut self.state {
            let challenges = std::mem::take(challenges);
            return self.auth_answer(challenges, line);
        }
        match parse(line) {
            Ok(command) => self.apply(command),
            Err(reply) => self.say(reply),
        }
    }

    /// Takes a line that was longer than is read.
    pub fn line_too_long(&mut self) -> Step {
        if matches!(self.state, State::Auth(_)) {
            self.state = State::Idle;
        }
        self.say(Reply::new(500, "5.5.2 Line too long"))
    }

    /// The envelope of the message now being read, which ends the transaction; none outside DATA.
    pub fn take_envelope(&mut self) -> Option<Envelope> {
        match std::mem::replace(&mut self.state, State::Idle) {
            State::Data(envelope) => Some(envelope),
            other => {
                self.state = other;
                None
            }
        }
    }

    /// Says what became of the message.
    pub fn after_data(&mut self, outcome: Outcome) -> Step {
        self.state = State::Idle;
        self.say(match outcome {
            Outcome::Kept(id) => Reply::new(250, format!("2.0.0 Kept in the sandbox as {id}")),
            Outcome::TooLarge => self.too_large(),
            Outcome::Failed => Reply::new(451, "4.3.0 The message could not be kept"),
        })
    }

    fn apply(&mut self, command: Command) -> Step {
        match command {
            Command::Greet { extended, name } => self.greet(extended, name),
            Command::Mail { from, size, utf8 } => self.mail(from, size, utf8),
            Command::Rcpt { to } => self.rcpt(to),
            Command::Data => self.data(),
            Command::Rset => {
                self.state = State::Idle;
                self.say(Reply::new(250, "2.0.0 Forgotten"))
            }
            Command::Noop => self.say(Reply::new(250, "2.0.0 Ok")),
            Command::Vrfy => self.say(Reply::new(252, "2.1.5 Everybody is accepted here")),
            Command::Expn => self.say(Reply::new(502, "5.5.1 EXPN is not offered")),
            Command::StartTls => self.say(Reply::new(502, "5.5.1 STARTTLS is not offered")),
            Command::Help => self.say(Reply::new(
                214,
                "2.0.0 EHLO HELO MAIL RCPT DATA RSET NOOP VRFY AUTH HELP QUIT (RFC 5321)",
            )),
            Command::Auth {
                mechanism,
                answered,
            } => self.auth(mechanism, answered),
            Command::Quit => end(Reply::new(221, "2.0.0 Bye")),
            Command::Http => end(Reply::new(421, "4.7.0 This is SMTP, not HTTP")),
        }
    }

    fn greet(&mut self, extended: bool, name: String) -> Step {
        self.state = State::Idle;
        self.helo = Some(name);
        if !extended {
            return self.say(Reply::new(250, "localhost"));
        }
        let lines = vec![
            "localhost".into(),
            "PIPELINING".into(),
            format!("SIZE {}", self.max_bytes).into(),
            "8BITMIME".into(),
            "SMTPUTF8".into(),
            "ENHANCEDSTATUSCODES".into(),
            "AUTH PLAIN LOGIN".into(),
            "HELP".into(),
        ];
        self.say(Reply::lines(250, lines))
    }

    fn too_large(&self) -> Reply {
        Reply::new(
            552,
            format!("5.3.4 The message is larger than {} octets", self.max_bytes),
        )
    }

    fn say(&mut self, reply: Reply) -> Step {
        if reply.is_refusal() {
            self.errors += 1;
            if self.errors > MAX_ERRORS {
                return end(Reply::new(421, "4.7.0 Too many errors"));
            }
        }
        Step {
            reply,
            next: Next::Line,
        }
    }
}

fn end(reply: Reply) -> Step {
    Step {
        reply,
        next: Next::Close,
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;

//! The conversation as a state machine without IO: a line goes in, a reply and what to read next come out.
//!
//! `command::parse` reads the words, the fault script may step in, `Session::apply` decides.

use std::time::Duration;

use super::command::{Command, Mechanism, parse};
use super::faults::Faults;
use super::message::Envelope;
use super::reply::Reply;
use crate::domain::smtp::faults::{Act, Deed, Moment, Stage};
use crate::server::secrets::Secret;

mod auth;
mod ends;
mod extensions;
mod fault;
mod shown;
mod transaction;

pub use ends::Shake;
pub use shown::{Shown, printable};

use auth::Exchange;
use extensions::Extensions;

/// Recipients of one message, at most; the least a server may allow (RFC 5321 4.5.3.1.8).
pub const MAX_RECIPIENTS: usize = 100;
/// Refusals in one session before it ends.
pub const MAX_ERRORS: u32 = 20;

/// What this server is, whoever comes.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Octets of one message, at most.
    pub max_bytes: usize,
    /// Whether STARTTLS is offered also without a script that needs it.
    pub starttls: bool,
    /// Who may send; none: anybody, with any credentials or none.
    pub credentials: Option<(String, Secret)>,
}

/// One client's conversation.
#[derive(Debug)]
pub struct Session {
    policy: Policy,
    faults: Faults,
    state: State,
    /// The name of HELO or EHLO; none before.
    helo: Option<String>,
    extensions: Extensions,
    authenticated: bool,
    /// Whether a line ever began with AUTH, so that what is not understood may be half of a secret.
    auth_seen: bool,
    tls: bool,
    errors: u32,
}

#[derive(Debug)]
enum State {
    /// Between messages.
    Idle,
    /// After MAIL.
    Open(Envelope),
    /// After DATA's 354: the lines are the message's. Whether the script wants the connection to end after the final dot.
    Data(Envelope, bool),
    /// In AUTH: what is known, and what is still to be answered.
    Auth(Exchange),
    /// XOAUTH2 failed: the client has been told why and answers anything before it is refused.
    Refused(Box<Step>),
}

/// What to say, and what comes next from the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub reply: Reply,
    pub next: Next,
    /// How long to wait before the reply.
    pub wait: Duration,
    /// The rules of the script that made it so.
    pub fired: Vec<String>,
}

/// What the connection does after the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Reads a line.
    Line,
    /// Reads a message up to its final dot.
    Data,
    /// Forgets what was read and goes over to TLS.
    Tls,
    /// Ends.
    Close,
    /// Tears the connection.
    Reset,
    /// Reads and says nothing any more.
    Silence,
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
    /// A session with a client that has just connected.
    pub fn new(policy: Policy, faults: Faults) -> Self {
        Self {
            policy,
            faults,
            state: State::Idle,
            helo: None,
            extensions: Extensions::default(),
            authenticated: false,
            auth_seen: false,
            tls: false,
            errors: 0,
        }
    }

    /// Takes one line without its line end.
    pub fn line(&mut self, line: &[u8]) -> Step {
        match std::mem::replace(&mut self.state, State::Idle) {
            State::Auth(exchange) => return self.auth_answer(exchange, line),
            State::Refused(step) => return *step,
            other => self.state = other,
        }
        self.auth_seen |= shown::is_auth(line);
        match parse(line) {
            Ok(command) => self.meet(command),
            Err(reply) => {
                let deed = self.decide(Stage::Any, "");
                self.obey(deed, |session, _| session.say(reply))
            }
        }
    }

    /// Takes a line that was longer than is read.
    pub fn line_too_long(&mut self) -> Step {
        if matches!(self.state, State::Auth(_) | State::Refused(_)) {
            self.state = State::Idle;
        }
        self.say(Reply::new(500, "5.5.2 Line too long"))
    }

    /// The envelope of the message now being read, which ends the transaction; none outside DATA.
    pub fn take_envelope(&mut self) -> Option<Envelope> {
        match std::mem::replace(&mut self.state, State::Idle) {
            State::Data(envelope, _) => Some(envelope),
            other => {
                self.state = other;
                None
            }
        }
    }

    /// The client's name, once it gave one.
    pub fn helo(&self) -> Option<&str> {
        self.helo.as_deref()
    }

    /// A command, unless the script has something else in mind.
    fn meet(&mut self, command: Command) -> Step {
        let (stage, subject) = command.moment();
        let deed = match command {
            // The script is asked at the end of a sign-in, when it is known whose it is.
            Command::Auth { .. } => Deed::default(),
            _ => self.decide(stage, subject),
        };
        self.obey(deed, |session, deed| session.apply(command, deed))
    }

    fn decide(&self, stage: Stage, subject: &str) -> Deed {
        let tls = self.tls;
        self.faults.decide(&Moment {
            stage,
            subject,
            tls,
        })
    }

    fn apply(&mut self, command: Command, deed: &Deed) -> Step {
        match command {
            Command::Greet { extended, name } => self.greet(extended, name, deed),
            Command::Mail { from, size, utf8 } => self.mail(from, size, utf8),
            Command::Rcpt { to } => self.rcpt(to),
            Command::Data => self.data(deed.act == Some(Act::CloseAfterDot)),
            Command::Rset => {
                self.state = State::Idle;
                self.say(Reply::new(250, "2.0.0 Forgotten"))
            }
            Command::Noop => self.say(Reply::new(250, "2.0.0 Ok")),
            Command::Vrfy => self.say(Reply::new(252, "2.1.5 Everybody is accepted here")),
            Command::Expn => self.say(Reply::new(502, "5.5.1 EXPN is not offered")),
            Command::StartTls => self.start_tls(),
            Command::Help => self.say(Reply::new(
                214,
                "2.0.0 EHLO HELO STARTTLS AUTH MAIL RCPT DATA RSET NOOP VRFY HELP QUIT (RFC 5321)",
            )),
            Command::Auth {
                mechanism,
                response,
            } => self.auth(mechanism, response),
            Command::Quit => end(Reply::new(221, "2.0.0 Bye")),
            Command::Http => end(Reply::new(421, "4.7.0 This is SMTP, not HTTP")),
        }
    }

    fn greet(&mut self, extended: bool, name: String, deed: &Deed) -> Step {
        self.state = State::Idle;
        self.helo = Some(name);
        if !extended {
            self.extensions = Extensions::default();
            return self.say(Reply::new(250, "localhost"));
        }
        let starttls = self.policy.starttls || self.faults.wants_tls();
        self.extensions = Extensions::new(self.policy.max_bytes, starttls, self.tls, deed);
        let mut lines = vec!["localhost".into()];
        lines.extend(self.extensions.lines());
        self.say(Reply::lines(250, lines))
    }

    fn start_tls(&mut self) -> Step {
        if self.tls {
            return self.say(Reply::new(503, "5.5.1 This is TLS already"));
        }
        if !self.extensions.offers("STARTTLS") {
            return self.say(Reply::new(502, "5.5.1 STARTTLS is not offered"));
        }
        self.state = State::Idle;
        Step {
            next: Next::Tls,
            ..step(Reply::new(220, "2.0.0 Go ahead"))
        }
    }

    fn too_large(&self) -> Reply {
        let limit = self.policy.max_bytes;
        Reply::new(
            552,
            format!("5.3.4 The message is larger than {limit} octets"),
        )
    }

    fn say(&mut self, reply: Reply) -> Step {
        if reply.is_refusal() {
            self.errors += 1;
            if self.errors > MAX_ERRORS {
                return end(Reply::new(421, "4.7.0 Too many errors"));
            }
        }
        step(reply)
    }
}

fn step(reply: Reply) -> Step {
    Step {
        reply,
        next: Next::Line,
        wait: Duration::ZERO,
        fired: Vec::new(),
    }
}

fn end(reply: Reply) -> Step {
    Step {
        next: Next::Close,
        ..step(reply)
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "session_fault_tests.rs"]
mod fault_tests;

//! A written script of faults for the sandbox mailbox: which step of a conversation goes wrong, when, and how.
//!
//! `Script::parse` reads it, [`Engine`] decides from steps, counters and a time that is handed in. Nothing here does anything; the
//! grammar for people is in `docs/sandbox-faults.md`.

mod engine;
mod error;
mod examples;
mod parse;
mod pattern;
mod scan;
mod words;

use std::time::Duration;

pub use engine::{Deed, Engine, Moment};
pub use error::ScriptError;
pub use examples::{EXAMPLES, Example, by_id as example};
pub use pattern::Pattern;

/// Octets of a script, at most.
pub const MAX_SCRIPT: usize = 16 * 1024;
/// Rules of a script, at most.
pub const MAX_RULES: usize = 200;
/// The longest delay, also of several together.
pub const MAX_DELAY: Duration = Duration::from_secs(10 * 60);

/// Rules in the order in which they are asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    source: String,
    rules: Vec<Rule>,
}

/// One rule: at this step, under these conditions, this happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Where it is written; from 1.
    pub line: usize,
    /// As it is written, without comment.
    pub text: String,
    pub stage: Stage,
    pub when: When,
    pub act: Act,
}

/// Where in a conversation a rule stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// `*`: every command line; of the moments, one that has no name of its own.
    Any,
    /// The connection, before the first word.
    Banner,
    Ehlo,
    Helo,
    /// The command; the handshake is [`Stage::Tls`].
    StartTls,
    /// The handshake, after STARTTLS or from the first byte.
    Tls,
    /// The end of a sign-in, when the credentials are there.
    Auth,
    Mail,
    Rcpt,
    Data,
    /// The final dot: the message is there and not yet kept.
    Dot,
    Rset,
    Noop,
    Quit,
    /// `RATE`: a MAIL too many.
    Rate,
}

/// The conditions of a rule; all must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct When {
    /// Which of the occasions, counted over the life of the script and over all connections.
    pub count: Option<Count>,
    /// Only for such addresses, names or users; others are not counted.
    pub pattern: Option<Pattern>,
    /// Only inside or only outside TLS; others are not counted.
    pub tls: Option<bool>,
    /// Until this long after the same address was first seen: greylisting.
    pub grey: Option<Duration>,
    /// Of `RATE`.
    pub rate: Option<Rate>,
}

/// Which occasions of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// This one alone; from 1.
    Nth(u32),
    /// The first so many.
    First(u32),
    /// All after so many.
    After(u32),
    /// Each so manieth.
    Every(u32),
}

/// So many in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub most: u32,
    pub span: Duration,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// The answer comes later.
    Delay(Duration),
    /// This is said. 4xx and 5xx: the step is not done, and 421 ends the connection (RFC 5321 3.8). 2xx and 3xx: it is done and, where
    /// it succeeds, told in these words.
    Reply { code: u16, lines: Vec<String> },
    /// This line is said as it stands; the step is not done.
    Raw(String),
    /// The connection ends without a word.
    Close,
    /// The connection is torn: RST.
    Reset,
    /// Nothing is said any more.
    Silent,
    /// `no X`: an extension is neither listed nor understood.
    Withhold(String),
    /// `offer X …`: an extension is listed, with these words, whatever it means.
    Offer(String),
    /// The handshake shows a bad certificate.
    Certificate(Certificate),
    /// The handshake ends with an alert.
    Alert,
    /// The handshake is answered with what is no TLS.
    Garbage,
    /// The handshake is answered with TLS 1.1.
    OldVersion,
    /// DATA: the connection ends after 354.
    CloseInMessage,
    /// DATA: the connection ends after the final dot, and the message is kept.
    CloseAfterDot,
    /// STARTTLS: an unencrypted line stands behind the 220, as if somebody on the way had put it there.
    Inject,
}

/// What is wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Certificate {
    /// Nothing: signed by the sandbox's authority, for its names, now.
    Good,
    Expired,
    NotYetValid,
    WrongName,
    SelfSigned,
    UnknownIssuer,
}

impl Script {
    /// As it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The rules, in order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Whether nothing goes wrong.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Whether it speaks about TLS, so that STARTTLS must be offered for it to mean anything.
    pub fn wants_tls(&self) -> bool {
        self.rules.iter().any(|rule| {
            matches!(rule.stage, Stage::StartTls | Stage::Tls) || rule.when.tls == Some(true)
        })
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod parse_tests;

#[cfg(test)]
#[path = "engine_tests.rs"]
mod engine_tests;

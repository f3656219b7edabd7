//! What a failure means: exactly one row of the table for any evidence, with its class, cause, fix and what to do next.

use serde::{Deserialize, Serialize};

use super::evidence::{Evidence, Fault, What};

/// What kind of failure; exactly one for each outcome (DESIGN §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Names, network, silence, a server that is closing.
    Connection,
    /// No encryption, or a certificate that cannot be trusted.
    Tls,
    /// Credentials missing or refused.
    Authentication,
    /// A policy about senders: lists, rates, content.
    Blocking,
    /// About this recipient or this message.
    Delivery,
    /// Replies that make no sense.
    Protocol,
    /// Our own side.
    Local,
}

impl Class {
    /// The name in the database and in logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Tls => "tls",
            Self::Authentication => "authentication",
            Self::Blocking => "blocking",
            Self::Delivery => "delivery",
            Self::Protocol => "protocol",
            Self::Local => "local",
        }
    }
}

/// What to do next with a mail that failed so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Next {
    /// Q: the quick ladder.
    Quick,
    /// G: the ladder for greylisting and rates.
    Greylist,
    /// H: hold until settings change or a probe passes, and alert; consumes no attempt.
    Hold,
    /// N: never again.
    Never,
}

/// Whom a failure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The relay or our settings: every other mail would fail so as well.
    Relay,
    /// This mail or its recipient alone.
    Mail,
}

/// One row of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// 1 to 70, the order of the documentation.
    pub number: u8,
    /// `auth.bad`: stable, in the database, in JSON, in the documentation.
    pub id: &'static str,
    pub class: Class,
    pub scope: Scope,
    /// What [`Diagnosis::next`] is where basic and enhanced code agree.
    pub next: Next,
    /// A few words: `wrong user name or password`.
    pub title: &'static str,
    /// One or two plain sentences: what has most probably happened.
    pub cause: &'static str,
    /// One or two plain sentences: what to do about it.
    pub fix: &'static str,
}

/// What a failure means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Diagnosis {
    pub row: &'static Row,
    /// Where the codes of a reply disagree, the basic one decides.
    pub next: Next,
}

impl Diagnosis {
    /// The row's id.
    pub const fn id(self) -> &'static str {
        self.row.id
    }

    /// The row's class.
    pub const fn class(self) -> Class {
        self.row.class
    }
}

/// The meaning of a failure. Total: any evidence has exactly one.
pub fn diagnose(evidence: &Evidence) -> Diagnosis {
    let row = match &evidence.what {
        What::Reply(reply) if reply.is_transient() => &TABLE[0],
        What::Fault(Fault::Expired) | What::Reply(_) | What::Fault(_) => &TABLE[1],
    };
    Diagnosis {
        row,
        next: row.next,
    }
}

/// The row of that id.
pub fn by_id(id: &str) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.id == id)
}

/// All rows, in the order of their numbers.
pub static TABLE: [Row; 2] = [
    Row {
        number: 67,
        id: "other.4xx",
        class: Class::Delivery,
        scope: Scope::Mail,
        next: Next::Quick,
        title: "refused for now",
        cause: "The server cannot take it now.",
        fix: "Wait.",
    },
    Row {
        number: 68,
        id: "other.5xx",
        class: Class::Delivery,
        scope: Scope::Mail,
        next: Next::Never,
        title: "refused for good",
        cause: "The server does not take it.",
        fix: "Read what it says.",
    },
];

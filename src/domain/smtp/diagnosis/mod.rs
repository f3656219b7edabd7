//! What a failure means: exactly one row of the table for any evidence, with its class, cause, fix and what to do next.

mod faults;
mod hint;
mod likely;
mod replies;
pub mod table;
mod wording;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::evidence::{Evidence, What};
use super::reply::Reply;
pub use hint::wait_hint;
pub use likely::likely_step;
pub use table::TABLE;

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
    /// G: the ladder for greylisting and rates; a server that says how long to wait is heard ([`wait_hint`]).
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

/// The meaning of a failure. Total: any evidence has exactly one. The first of these that knows decides: the kind of fault; what
/// providers are known to say at that step; step and enhanced code; step and basic code; the first digit.
pub fn diagnose(evidence: &Evidence) -> Diagnosis {
    let step = evidence.step;
    match &evidence.what {
        What::Fault(fault) => {
            let row = faults::row(step, fault);
            Diagnosis {
                row,
                next: row.next,
            }
        }
        What::Reply(reply) => {
            let row = replies::row(step, reply);
            Diagnosis {
                row,
                next: next(reply, row),
            }
        }
    }
}

/// What the row says, unless the basic code contradicts it (`550 4.7.1`, `450 5.1.1`): a 4xx is never for ever, a 5xx is not tried
/// again (RFC 5321 4.2.1).
const fn next(reply: &Reply, row: &Row) -> Next {
    match row.next {
        Next::Never if reply.is_transient() => Next::Quick,
        Next::Quick | Next::Greylist if reply.code >= 500 => Next::Never,
        next => next,
    }
}

/// The row of that id.
pub fn by_id(id: &str) -> Option<&'static Row> {
    TABLE.iter().copied().find(|row| row.id == id)
}

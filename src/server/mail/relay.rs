//! How one mail is handed to a relay: the interface between the worker and the wire, in two parts, so that a token is drawn only
//! once the relay has taken the recipient. What fails before leaves the link that is in the mailbox alone.

use std::time::Duration;

use async_trait::async_trait;

use super::message::OutgoingMessage;
use crate::domain::identifier::EmailAddress;
use crate::domain::smtp::diagnosis::Diagnosis;
use crate::domain::smtp::evidence::Evidence;
use crate::domain::smtp::reply::Reply;
use crate::domain::smtp::transcript::Transcript;

/// Hands mails over, one at a time or many at once; keeps connections open between them.
#[async_trait]
pub trait Relay: Send + Sync {
    /// Goes as far as the accepted recipient: connection (a used one where there is one), TLS, AUTH, MAIL, RCPT. Bounded in time.
    ///
    /// # Errors
    /// The whole attempt, where it ends here.
    async fn begin(&self, envelope: &RelayEnvelope) -> Result<Box<dyn Handover>, Box<Attempt>>;
}

/// A recipient that the relay has taken, and a message that is still missing.
#[async_trait]
pub trait Handover: Send {
    /// DATA, the message, and the reply to its final dot. Bounded in time. Dropping the future ends the attempt; like a failure after
    /// the final dot, that may leave a mail that is delivered all the same.
    async fn finish(self: Box<Self>, message: &OutgoingMessage) -> Attempt;

    /// Nothing is to be sent after all: RSET, and the connection stays for the next.
    async fn abandon(self: Box<Self>);
}

/// Who sends and who receives (RFC 5321 3.3), and for how long it is worth it.
#[derive(Debug, Clone)]
pub struct RelayEnvelope {
    /// The address alone, without a name.
    pub from: EmailAddress,
    pub to: EmailAddress,
    /// For `BY=` where the relay offers DELIVERBY (RFC 2852): a link must not come after its end.
    pub deliver_within: Option<Duration>,
}

/// One attempt, over.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub end: End,
    /// The recipient in it is masked.
    pub transcript: Transcript,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The relay took the mail: the reply to the final dot.
    Accepted(Reply),
    /// It did not, or nobody knows (`data.ambiguous`).
    Failed {
        evidence: Evidence,
        diagnosis: Diagnosis,
    },
}

//! How one message is handed to a mail server: the interface, so that a recorded dialogue can take lettre's place.

mod lettre_transport;
mod redact;
mod verdict;

pub use lettre_transport::{LettreTransport, TransportError};

use async_trait::async_trait;

use super::message::OutgoingMessage;

/// Hands messages to a mail server, one at a time or many at once.
#[async_trait]
pub trait MailTransport: Send + Sync {
    /// Makes one attempt, bounded in time, and says how it ended. Dropping the future ends the attempt; like a failure
    /// after the final dot, that may leave a mail that is delivered all the same.
    async fn send(&self, message: &OutgoingMessage) -> Delivery;
}

/// How one attempt ended. Details are one line without secrets or the recipient's address, fit for logs and screens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The server took the mail: the reply to the final dot.
    Accepted {
        /// For example `250 2.0.0 Ok: queued as 4XyZ`.
        response: String,
    },
    /// Another attempt may do better: a 4xx reply, a fault on the way, or settings that somebody can mend.
    TemporaryFailure {
        /// What kind of failure.
        class: FailureClass,
        /// Which step, and what the server or the network said.
        detail: String,
    },
    /// This mail will not be taken: a 5xx reply.
    PermanentFailure {
        /// What kind of failure.
        class: FailureClass,
        /// Which step, and what the server said.
        detail: String,
    },
}

/// What kind of failure; exactly one for each outcome (DESIGN §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureClass {
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

impl FailureClass {
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

#[cfg(test)]
mod tests;

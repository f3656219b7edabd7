//! Our side of an SMTP conversation: every step recorded as it happens, timed, bounded, and without what must not be kept.

mod recorder;
mod target;

pub use recorder::Recorder;
pub use target::{AddressRule, Credentials, Family, Limits, Mechanism, StopAfter, Target, Trust};

use std::sync::Arc;

use crate::domain::smtp::evidence::Evidence;
use crate::domain::smtp::reply::Reply;

/// An open conversation.
pub struct Dialogue {
    #[expect(dead_code, reason = "the engine is being written")]
    target: Arc<Target>,
}

impl Dialogue {
    /// Connects and goes as far as a mail could be handed over (banner, EHLO, TLS, AUTH), or as `stop` says.
    ///
    /// # Errors
    /// What the first failing step ended with; the recorder has everything that happened until then.
    pub async fn open(
        target: Arc<Target>,
        recorder: Recorder,
        stop: StopAfter,
    ) -> Result<Self, Evidence> {
        let _ = (recorder, stop);
        Ok(Self { target })
    }

    /// MAIL and RCPT.
    ///
    /// # Errors
    /// What the failing step ended with.
    pub async fn envelope(&mut self, from: &str, to: &str) -> Result<(), Evidence> {
        let _ = (from, to);
        unreachable!("the engine is being written")
    }

    /// DATA, the message with its dots stuffed, and the reply to the final dot.
    ///
    /// # Errors
    /// What the failing step ended with; [`crate::domain::smtp::step::Step::Message`] without a reply is ambiguous.
    pub async fn message(
        &mut self,
        message: &crate::server::mail::message::OutgoingMessage,
    ) -> Result<Reply, Evidence> {
        let _ = message;
        unreachable!("the engine is being written")
    }

    /// Sends one line that a person typed and reads the reply; recorded as [`crate::domain::smtp::step::Step::Other`] or the step
    /// that the verb names. `secret` lines are recorded as `[secret]`.
    ///
    /// # Errors
    /// When the connection is over.
    pub async fn say(&mut self, line: &str, secret: bool) -> Result<Reply, Evidence> {
        let _ = (line, secret);
        unreachable!("the engine is being written")
    }

    /// QUIT, waited for briefly: it changes nothing any more.
    pub async fn quit(self) {
        unreachable!("the engine is being written")
    }
}

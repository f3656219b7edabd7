//! The recorded relay as lettre's `AsyncTransport`: for whoever builds messages with lettre and wants to see how they leave.

use std::sync::Arc;

use async_trait::async_trait;
use lettre::AsyncTransport;
use lettre::address::Envelope;

use super::message::OutgoingMessage;
use super::relay::{Attempt, End, Relay, RelayEnvelope};
use crate::domain::identifier::EmailAddress;

/// Hands over what lettre has built.
#[derive(Clone)]
pub struct RelayTransport {
    relay: Arc<dyn Relay>,
}

/// Why a message was not handed over to all of its recipients.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// An envelope without a sender or a recipient, or with an address that cannot be written to.
    #[error("the envelope has an address that cannot be written to, or none")]
    Envelope,
    /// An attempt that failed, with its transcript. Recipients before this one have the mail.
    #[error("{}", said(.0))]
    Attempt(Box<Attempt>),
}

impl RelayTransport {
    /// Through that relay.
    pub fn new(relay: Arc<dyn Relay>) -> Self {
        Self { relay }
    }
}

#[async_trait]
impl AsyncTransport for RelayTransport {
    /// One attempt for each recipient, in the envelope's order.
    type Ok = Vec<Attempt>;
    type Error = RelayError;

    async fn send_raw(
        &self,
        envelope: &Envelope,
        email: &[u8],
    ) -> Result<Vec<Attempt>, RelayError> {
        let address = |text: &str| EmailAddress::parse(text).map_err(|_| RelayError::Envelope);
        let from = envelope.from().ok_or(RelayError::Envelope)?;
        let from = address(from.as_ref())?;
        let recipients = envelope.to().iter().map(|to| address(to.as_ref()));
        let recipients: Vec<EmailAddress> = recipients.collect::<Result<_, _>>()?;
        let message = OutgoingMessage::new(envelope.clone(), message_id(email), email.to_vec());
        let mut attempts = Vec::new();
        for to in recipients {
            let envelope = RelayEnvelope {
                from: from.clone(),
                to,
                deliver_within: None,
            };
            let attempt = match self.relay.begin(&envelope).await {
                Ok(handover) => handover.finish(&message).await,
                Err(attempt) => *attempt,
            };
            match attempt.end {
                End::Accepted(_) => attempts.push(attempt),
                End::Failed { .. } => return Err(RelayError::Attempt(Box::new(attempt))),
            }
        }
        Ok(attempts)
    }
}

/// The message's own, where it has one; lettre writes it on one line.
fn message_id(email: &[u8]) -> String {
    let header = email
        .split(|b| *b == b'\n')
        .take_while(|line| *line != b"\r");
    let text = header.filter_map(|line| std::str::from_utf8(line).ok());
    let named = text.filter_map(|line| line.split_once(':'));
    let mut own = named.filter(|(name, _)| name.eq_ignore_ascii_case("message-id"));
    own.next()
        .map(|(_, id)| id.trim().chars().take(998).collect())
        .unwrap_or_default()
}

fn said(attempt: &Attempt) -> String {
    match &attempt.end {
        End::Accepted(reply) => reply.to_string(),
        End::Failed { evidence, .. } => evidence.to_string(),
    }
}

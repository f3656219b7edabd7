//! `postern outbox …`: mail that is owed, what became of it, and each attempt at it.

mod change;
mod list;
mod show;

use clap::Subcommand;
use serde::Serialize;

use super::context::Context;
use super::exit::CliError;
use super::output;
use crate::server::mail::outbox::OutboxError;
use crate::server::store::{MailRow, MailState};

/// The commands about the outbox.
#[derive(Debug, Subcommand)]
pub enum Outbox {
    List(list::List),
    Show(show::Show),
    Resend(change::Resend),
    Drop(change::Drop),
}

impl Outbox {
    pub async fn run(self, context: &Context) -> Result<(), CliError> {
        match self {
            Self::List(list) => list.run(context).await,
            Self::Show(show) => show.run(context).await,
            Self::Resend(resend) => resend.run(context).await,
            Self::Drop(drop) => drop.run(context).await,
        }
    }
}

impl From<OutboxError> for CliError {
    fn from(error: OutboxError) -> Self {
        match error {
            OutboxError::Unknown(_) => Self::NotFound(error.to_string()),
            OutboxError::Ambiguous(_) => Self::Usage(error.to_string()),
            OutboxError::Sending | OutboxError::Refused(_) => Self::Refused(error.to_string()),
            OutboxError::Failure(failure) => failure.into(),
        }
    }
}

/// A mail as `--json` shows it.
#[derive(Debug, Serialize)]
struct Seen {
    id: String,
    kind: String,
    reference: Option<String>,
    /// Masked.
    recipient: Option<String>,
    state: &'static str,
    /// Whether it waits for somebody to mend the settings.
    held: bool,
    attempts: u32,
    diagnosis: Option<String>,
    reason: Option<String>,
    created_at: String,
    /// When it is tried next; none once it is over.
    next_at: Option<String>,
    give_up_at: String,
    sent_at: Option<String>,
}

impl Seen {
    fn new(mail: &MailRow) -> Self {
        let next_at = (mail.state == MailState::Queued).then(|| output::time(mail.not_before));
        Self {
            id: mail.id.clone(),
            kind: mail.kind.clone(),
            reference: mail.reference.clone(),
            recipient: mail.recipient.clone(),
            state: mail.state.name(),
            held: mail.held,
            attempts: mail.attempts,
            diagnosis: mail.diagnosis.clone(),
            reason: mail.reason.clone(),
            created_at: output::time(mail.created_at),
            next_at,
            give_up_at: output::time(mail.give_up_at),
            sent_at: mail.sent_at.map(output::time),
        }
    }
}

fn or_dash(text: Option<&str>) -> String {
    text.unwrap_or("-").to_owned()
}

/// The state in one word; what is held is queued as well.
const fn state(mail: &MailRow) -> &'static str {
    if mail.held { "held" } else { mail.state.name() }
}

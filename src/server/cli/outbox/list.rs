//! `postern outbox list`: mails, newest first.

use clap::Args;

use super::{Seen, or_dash, state};
use crate::domain::reference::Reference;
use crate::server::cli::context::Context;
use crate::server::cli::exit::CliError;
use crate::server::cli::output;
use crate::server::store::{MailFilter, MailState};

/// So many digits of an id are shown; they are enough to name it.
const SHORT: usize = 8;

const AFTER_HELP: &str = "\
Examples:
  postern outbox list --state held
  postern outbox list --reference K7QF-2M
  postern outbox show 3f9a1c02";

/// List mails, newest first.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct List {
    /// Only those: queued, held, sent, discarded, failed or expired
    #[arg(long, value_name = "STATE", value_parser = wanted)]
    state: Option<Wanted>,
    /// Only that of this reset request
    #[arg(long, value_name = "REFERENCE")]
    reference: Option<String>,
    /// At most so many
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// As one JSON array
    #[arg(long)]
    json: bool,
}

/// A state, or that it is held, which is a queued mail too.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    State(MailState),
    Held,
}

fn wanted(text: &str) -> Result<Wanted, String> {
    match MailState::from_name(text) {
        Some(state) => Ok(Wanted::State(state)),
        None if text == "held" => Ok(Wanted::Held),
        None => Err("write queued, held, sent, discarded, failed or expired".to_owned()),
    }
}

impl List {
    pub async fn run(self, context: &Context) -> Result<(), CliError> {
        let reference = match &self.reference {
            None => None,
            Some(text) => Some(
                Reference::parse(text)
                    .ok_or_else(|| {
                        let words = format!("{text:?} is no reference such as K7QF-2M");
                        CliError::Usage(words)
                    })?
                    .as_str()
                    .to_owned(),
            ),
        };
        let (state_wanted, held) = match self.state {
            None => (None, None),
            Some(Wanted::State(state)) => (Some(state), None),
            Some(Wanted::Held) => (Some(MailState::Queued), Some(true)),
        };
        let filter = MailFilter {
            state: state_wanted,
            held,
            reference,
            limit: self.limit,
            before: None,
        };
        let service = context.service().await?;
        let mut tx = service.store.read().await?;
        let mails = tx.mails(&filter).await?;
        if self.json {
            return output::print_json(&mails.iter().map(Seen::new).collect::<Vec<_>>());
        }
        let rows: Vec<_> = mails
            .iter()
            .map(|mail| {
                [
                    mail.id.chars().take(SHORT).collect(),
                    output::time(mail.created_at),
                    mail.kind.clone(),
                    or_dash(mail.reference.as_deref()),
                    or_dash(mail.recipient.as_deref()),
                    state(mail).to_owned(),
                    mail.attempts.to_string(),
                    or_dash(mail.diagnosis.as_deref()),
                ]
            })
            .collect();
        output::print(&output::table(
            [
                "ID",
                "CREATED",
                "KIND",
                "REQUEST",
                "TO",
                "STATE",
                "TRIES",
                "DIAGNOSIS",
            ],
            &rows,
        ))
    }
}
